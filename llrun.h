/* llrun.h - runs GGUF language models on any machine. One header, C99 (or C++11), nothing but libc, libm and pthreads.
 *
 * QUICK START. In exactly one source file:
 *
 *     #define LLRUN_IMPLEMENTATION
 *     #include "llrun.h"
 *     #include <stdio.h>
 *
 *     int main(int argc, char **argv)
 *     {
 *         llr_model *model; llr_session *session; llr_error err; int32_t ids[512]; size_t n; int i;
 *         if (argc < 3) return 2;
 *         if (llr_model_open(&model, argv[1], NULL, &err) ||
 *             llr_session_new(&session, model, NULL, &err) ||
 *             llr_tokenize(llr_model_vocab(model), argv[2], strlen(argv[2]), LLR_TOK_SPECIAL, ids, 512, &n, &err) ||
 *             llr_session_eval(session, ids, n, &err)) { fprintf(stderr, "%s\n", err.msg); return 1; }
 *         if (n == 0) return 1;
 *         for (i = 0; i < 64; i++) {
 *             char piece[256];
 *             int32_t id = llr_argmax(llr_session_logits(session), llr_vocab_size(llr_model_vocab(model)));
 *             if (llr_vocab_is_eog(llr_model_vocab(model), id)) break;
 *             n = llr_token_piece(llr_model_vocab(model), id, 0, piece, sizeof piece);
 *             fwrite(piece, 1, n < sizeof piece ? n : sizeof piece, stdout);
 *             if (llr_session_eval(session, &id, 1, &err)) break;
 *         }
 *         llr_session_free(session); llr_model_close(model);
 *         return 0;
 *     }
 *
 *     cc -O3 app.c -o app -lm -lpthread
 *
 * CONTENTS. Search for the tags; a section uses only what stands above it.
 *     >>public      the API; stop there if that is all you want
 *     >>table       what a library for GPUs exports           >>pool        threads
 *     >>platform    compilers, files, threads, clock          >>gpu         loading that library
 *     >>util        checked arithmetic, errors, maps, math    >>ops         matrix products, norms, attention
 *     >>types       tensor types                              >>model       architectures, loading
 *     >>convert     what every type means, codebooks          >>placement   layers on a GPU
 *     >>gguf        the file reader                           >>session     KV cache, the forward pass, guesses
 *     >>strip       what the kernels of all tiers share       >>tokenizer   text to ids and back
 *     >>kernels     the arithmetic, once for all tiers        >>sampler     choosing a token, streaming text
 *     >>dispatch    tiers, CPU detection                      >>template    chat templates
 *
 * COMPILE-TIME OPTIONS, all for the file with the implementation but LLRUN_STATIC, which every includer must agree on.
 *     LLRUN_IMPLEMENTATION   the implementation, in one file. Include it before other headers if you can: it asks the
 *                            system for what it needs (64-bit file offsets, thread affinity); included later, some of
 *                            that may be missing, and nothing breaks
 *     LLRUN_STATIC           all functions are static: no symbols leave the file
 *     LLRUN_NO_SIMD          portable C kernels only
 *     LLRUN_TIERS            bit mask of (1 << llr_isa): kernel tiers to build, for quick builds; default all
 *     LLRUN_FILE             the name of this file, if you have changed it: it reads itself once per tier
 * Do not use -ffast-math (results would differ between tiers and compilers), and you need no -march: wider instructions are
 * compiled per function and chosen when a model is opened. With -march=native the program runs only on such a CPU.
 *
 * PROMISES
 *   Errors      Every failure is a status and a sentence with the numbers. The library never exits, aborts, prints or
 *               reads the environment. After a failed call the objects are as before it, or as its comment says.
 *   Memory      All memory comes from the allocator in llr_options. llr_session_plan says exactly what a session will
 *               take; llr_eval allocates nothing. Weights are used where they lie in the mapped file, in its own format.
 *               What the system does not have available is not taken: opening, making a session, and the first use of
 *               every 256 positions (64 within the first 256) look before they touch and fail with LLR_E_NOMEM (not with an
 *               allocator of your own, which knows better, nor with the option overcommit).
 *   Threads     Models, files and vocabularies are immutable and may be used from any thread. A session, sampler or stream
 *               belongs to one thread at a time; llr_session_cancel may be called from anywhere. No global state.
 *   Same bits   The logits of a token do not depend on the number of threads, on how a prompt is cut into calls, on which
 *               sessions are evaluated together, or on what was guessed in advance. They are the same on all tiers without,
 *               and on all tiers with fused multiply-add (avx2 and up), as far as weights are quantised; not on 32-bit x87,
 *               and not with layers on a GPU.
 *   Safety      Model files and texts are untrusted: every offset, size and count is checked. If a mapped file is cut short
 *               while it is in use, the system sends SIGBUS: see llr_guard for how a program survives that.
 *   CPU         An instruction is executed only after CPUID and XGETBV have said that CPU and OS support it.
 */
#ifndef LLRUN_H
#define LLRUN_H

#ifdef LLRUN_IMPLEMENTATION             /* what >>platform asks of the system; it must come before any system header */
#  if defined(__linux__) && !defined(_GNU_SOURCE)
#    define _GNU_SOURCE 1
#  endif
#  ifndef _FILE_OFFSET_BITS
#    define _FILE_OFFSET_BITS 64
#  endif
#endif
#include <stddef.h>
#include <stdint.h>

#define LLRUN_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* >>public -----------------------------------------------------------------------------------------------------------
 * Every function that can fail returns an llr_status and fills *err (may be NULL) with a sentence that carries the
 * numbers. On failure outputs are untouched unless the comment says otherwise. Handles are opaque; `_free` and `_close`
 * accept NULL. Strings returned belong to the handle they came from.
 */
#ifndef LLR_API
#  if defined(LLRUN_STATIC) && defined(__GNUC__)
#    define LLR_API static __attribute__((unused))
#  elif defined(LLRUN_STATIC)
#    define LLR_API static
#  else
#    define LLR_API extern
#  endif
#endif

/* One row per status: name, value, text. The values are stable. */
#define LLR_STATUS_LIST(X) \
    X(LLR_OK,              0, "done") \
    X(LLR_E_ARG,          -1, "wrong argument") \
    X(LLR_E_NOMEM,        -2, "not enough memory") \
    X(LLR_E_IO,           -3, "input or output failed") \
    X(LLR_E_FORMAT,       -4, "the file is damaged or not a GGUF") \
    X(LLR_E_UNSUPPORTED,  -5, "valid, but not supported") \
    X(LLR_E_CPU,          -6, "this CPU or OS cannot run the kernels asked for") \
    X(LLR_E_FULL,         -7, "no room left in the context or buffer") \
    X(LLR_E_CANCELLED,    -8, "cancelled") \
    X(LLR_E_DEVICE,       -9, "the GPU failed")

typedef enum llr_status {
#define LLR_X(name, value, text) name = value,
    LLR_STATUS_LIST(LLR_X)
#undef LLR_X
    LLR_STATUS_MAX_ = 0x7fffffff
} llr_status;

/* A constant sentence for a status; never NULL. Any thread. */
LLR_API const char *llr_status_text(llr_status status);

/* Filled on failure. msg is UTF-8, one line, NUL-terminated, cut if longer. */
typedef struct llr_error { llr_status code; char msg[508]; } llr_error;

/* All memory comes from here. Zeroed: malloc and free. `align` is a power of two up to 4096. Called on the thread that
 * called the library, never on workers. `free` gets the size that was asked for. */
typedef struct llr_allocator {
    void *(*alloc)(void *ud, size_t n_bytes, size_t align);
    void  (*free)(void *ud, void *p, size_t n_bytes);
    void  *ud;
} llr_allocator;

/* Kernel tiers in rising order of preference. */
typedef enum llr_isa {
    LLR_ISA_BEST = 0, LLR_ISA_SCALAR, LLR_ISA_SSE2, LLR_ISA_SSSE3, LLR_ISA_AVX, LLR_ISA_AVX2, LLR_ISA_AVXVNNI,
    LLR_ISA_AVX512, LLR_ISA_COUNT
} llr_isa;

typedef enum llr_phase { LLR_PHASE_LOAD = 0, LLR_PHASE_EVAL = 1 } llr_phase;
typedef enum llr_log_level { LLR_LOG_INFO = 0, LLR_LOG_WARN = 1 } llr_log_level;

/* Zeroed = defaults: malloc, silent, best kernels, memory-mapped. Copied by the functions that take it. Callbacks run on
 * the calling thread. */
typedef struct llr_options {
    llr_allocator mem;
    void (*log)(void *ud, llr_log_level level, const char *msg);
    int  (*progress)(void *ud, llr_phase phase, uint64_t done, uint64_t total);  /* nonzero stops: LLR_E_CANCELLED */
    void *ud;                    /* given to log and progress */
    llr_isa isa;                 /* exactly this tier, or LLR_E_CPU */
    int no_mmap;                 /* read the file into memory instead of mapping it */
    int mlock;                   /* llr_gguf_lock when opened; failure is a warning */
    int no_vocab;                /* do not read the tokenizer: token ids only */
    struct llr_guard *guard;     /* lists the mapped files for llr_guard_catch; NULL: none */
    int overcommit;              /* take memory that does not seem to be there: the system may kill the process for it */
    const char *proc, *sys;      /* where the system is asked for memory and CPUs; NULL: /proc and /sys. Kept, not copied */
} llr_options;

/* --- Files that fail while they are mapped ------------------------------------------------------------------------------
 * If a mapped file is cut short, or its disk or network gives up, the system sends SIGBUS to the thread that reads it. The
 * library installs no signal handlers. A program that wants to live on gives a guard (static and zeroed; it must outlive
 * what is opened with it; several models may share it) and calls llr_guard_catch with si_addr in its own SIGBUS handler, on
 * whatever thread that runs. 1: zeros stand for the rest of the file now, and the handler returns. The call that was running
 * ends with LLR_E_IO, as do all later ones on that model that return a status: close it; everything else goes on. 0: the address is in none of
 * the files, or the system cannot do it (Windows): the program ends. Safe in signal handlers, changes no errno. */
enum { LLR_GUARD_FILES = 256 };  /* mappings at a time; later ones are not guarded */
typedef struct llr_guard {
    struct { volatile int32_t state, bad_page; const void *volatile base; volatile size_t n_bytes; } file[LLR_GUARD_FILES];
} llr_guard;
LLR_API int        llr_guard_catch(llr_guard *guard, const void *address);

/* --- CPU ------------------------------------------------------------------------------------------------------------ */
typedef struct llr_cpu_info {
    char brand[64];              /* "" where unknown */
    uint32_t built, usable;      /* bit (1 << llr_isa) per tier of this build / that this CPU and OS can run */
    llr_isa best;
    uint64_t xcr0;               /* register state that the OS saves; 0 if it does not use XSAVE */
    uint32_t features;           /* bit (1 << i): feature i of llr_cpu_feature_name, as the CPU reports it */
    char why[160];               /* why no higher tier than `best` was chosen */
} llr_cpu_info;
LLR_API void llr_cpu(llr_cpu_info *out);
LLR_API const char *llr_cpu_feature_name(int i);      /* NULL after the last */
LLR_API const char *llr_isa_name(llr_isa isa);        /* "avx2"; NULL if out of range */
LLR_API llr_isa llr_isa_from_name(const char *name);  /* LLR_ISA_COUNT if unknown */

/* --- GGUF files: metadata and tensors, whatever the architecture ---------------------------------------------------- */
typedef struct llr_gguf llr_gguf;   /* immutable after open; any number of threads */

typedef enum llr_meta_type {
    LLR_META_U8, LLR_META_I8, LLR_META_U16, LLR_META_I16, LLR_META_U32, LLR_META_I32, LLR_META_F32, LLR_META_BOOL,
    LLR_META_STRING, LLR_META_ARRAY, LLR_META_U64, LLR_META_I64, LLR_META_F64, LLR_META_COUNT
} llr_meta_type;

/* A metadata value, read in place. Integers (bool too) are in i and f, floats in f; strings in s, n_bytes (not
 * NUL-terminated). Arrays: elem_type and count, elements by llr_gguf_meta_element. */
typedef struct llr_meta {
    const char *key; size_t key_bytes;          /* not NUL-terminated */
    llr_meta_type type, elem_type;
    int64_t i; uint64_t u; double f;
    const char *s; size_t n_bytes;
    uint64_t count;                             /* elements of an array; 1 else */
} llr_meta;

typedef struct llr_tensor {
    const char *name; size_t name_bytes;        /* not NUL-terminated */
    uint32_t type; const char *type_name;       /* GGUF tensor type and its name, "q4_K" */
    int n_dims; uint64_t ne[4];                 /* ne[0] is the row length; missing dimensions are 1 */
    uint64_t n_elements, n_bytes, offset;       /* offset: in its file */
    int shard;
} llr_tensor;

/* Opens a GGUF file (all shards of a split one if path is the first) and checks its whole structure. fd: reads `length`
 * bytes (0: to the end) at `offset` of a descriptor, which may be closed afterwards. mem: `data` must outlive the handle. */
LLR_API llr_status llr_gguf_open(llr_gguf **out, const char *path, const llr_options *opt, llr_error *err);
LLR_API llr_status llr_gguf_open_fd(llr_gguf **out, int fd, uint64_t offset, uint64_t length, const llr_options *opt, llr_error *err);
LLR_API llr_status llr_gguf_open_mem(llr_gguf **out, const void *data, size_t n_bytes, const llr_options *opt, llr_error *err);
LLR_API void       llr_gguf_close(llr_gguf *g);
LLR_API size_t     llr_gguf_meta_count(const llr_gguf *g);
LLR_API int        llr_gguf_meta(const llr_gguf *g, size_t index, llr_meta *out);            /* 1, or 0 past the end */
LLR_API int        llr_gguf_meta_find(const llr_gguf *g, const char *key, llr_meta *out);    /* 1 if there */
LLR_API int        llr_gguf_meta_element(const llr_meta *array, uint64_t index, llr_meta *out);  /* O(index) for strings */
LLR_API size_t     llr_gguf_tensor_count(const llr_gguf *g);
LLR_API int        llr_gguf_tensor(const llr_gguf *g, size_t index, llr_tensor *out);        /* 1, or 0 past the end */
LLR_API int        llr_gguf_version(const llr_gguf *g);
LLR_API int        llr_gguf_is_mapped(const llr_gguf *g);     /* 1: weights are used from a file mapping; 0: from memory */
LLR_API uint64_t   llr_gguf_file_bytes(const llr_gguf *g);    /* of all shards */
/* Dequantises n elements from element `first` (a multiple of the type's block, n too, or up to the end of a row). */
LLR_API llr_status llr_gguf_read(const llr_gguf *g, size_t tensor, uint64_t first, size_t n, float *out, llr_error *err);
/* LLR_E_IO if its guard caught a fault: what was read from the file since, strings too, may be zeros. */
LLR_API llr_status llr_gguf_check(const llr_gguf *g, llr_error *err);
/* The bytes of file `shard`, as long as g is open: those of a tensor begin at its offset. NULL past the last. */
LLR_API const void *llr_gguf_bytes(const llr_gguf *g, int shard, size_t *n_bytes);
/* Touches the whole mapping in order with `progress`, so that a cold file is read at the speed of the disk. */
LLR_API llr_status llr_gguf_preload(const llr_gguf *g, const llr_options *opt, llr_error *err);
/* Keeps the files in memory until they are closed, if they fit: best when the sessions are made, which need theirs first. A failure
 * does no harm. */
LLR_API llr_status llr_gguf_lock(const llr_gguf *g, const llr_options *opt, llr_error *err);

/* --- Vocabulary: text <-> token ids ------------------------------------------------------------------------------------ */
typedef struct llr_vocab llr_vocab;  /* immutable; any number of threads */

enum {
    LLR_TOK_SPECIAL = 1,     /* add BOS/EOS/CLS/SEP as the vocabulary wants */
    LLR_TOK_PARSE   = 2      /* text such as "<|eot_id|>" becomes the control token; else it is plain text */
};
/* Reads the tokenizer of a file, which must stay open. LLR_E_UNSUPPORTED names what is unknown. */
LLR_API llr_status llr_vocab_new(llr_vocab **out, const llr_gguf *g, const llr_options *opt, llr_error *err);
LLR_API void       llr_vocab_free(llr_vocab *v);
LLR_API int32_t    llr_vocab_size(const llr_vocab *v);
typedef struct llr_vocab_info { int32_t n_tokens, bos, eos, eot, unk, sep, pad, nl; int add_bos, add_eos; const char *model, *pre; } llr_vocab_info;  /* -1: none */
LLR_API void       llr_vocab_describe(const llr_vocab *v, llr_vocab_info *out);
LLR_API int        llr_vocab_is_eog(const llr_vocab *v, int32_t id);       /* ends the generation */
LLR_API int        llr_vocab_is_control(const llr_vocab *v, int32_t id);   /* not for printing */
/* *n_out = number of ids; at most `cap` are written, and LLR_E_FULL is returned if there are more. */
LLR_API llr_status llr_tokenize(const llr_vocab *v, const char *text, size_t n_bytes, unsigned flags,
                                int32_t *out, size_t cap, size_t *n_out, llr_error *err);
/* The same for a text with stretches that a user wrote (in order, not empty): nothing that touches one becomes a control
 * token. The rest of the text is cut as if there were no spans. */
typedef struct llr_span { size_t begin, end; } llr_span;     /* of bytes */
LLR_API llr_status llr_tokenize_spans(const llr_vocab *v, const char *text, size_t n_bytes, const llr_span *user, size_t n_user,
                                      unsigned flags, int32_t *out, size_t cap, size_t *n_out, llr_error *err);
/* The bytes of one token, which may be a part of a UTF-8 sequence. Returns the number needed, writes at most cap. With
 * `special` control tokens are spelled out, else they are empty. */
LLR_API size_t     llr_token_piece(const llr_vocab *v, int32_t id, int special, char *out, size_t cap);
/* The exact bytes of a sequence, control tokens spelled out. *n_out bytes; LLR_E_FULL if more than cap. */
LLR_API llr_status llr_detokenize(const llr_vocab *v, const int32_t *ids, size_t n, char *out, size_t cap, size_t *n_out, llr_error *err);

/* Streaming text: pieces in, valid UTF-8 out (other bytes become U+FFFD) that never contains a stop string nor what may
 * become one. One thread at a time. */
typedef struct llr_stream llr_stream;
LLR_API llr_status llr_stream_new(llr_stream **out, const llr_vocab *v, const char *const *stops, size_t n_stops,
                                  const llr_options *opt, llr_error *err);
LLR_API void       llr_stream_free(llr_stream *s);
/* Adds a token. *text, *n_bytes: what may be shown now (valid until the next call). *stopped = 1 when a stop string is
 * complete: nothing more comes. */
LLR_API llr_status llr_stream_put(llr_stream *s, int32_t id, const char **text, size_t *n_bytes, int *stopped, llr_error *err);
/* What was held back, at the end of the generation. Incomplete UTF-8 becomes U+FFFD. */
LLR_API void       llr_stream_end(llr_stream *s, const char **text, size_t *n_bytes);

/* --- Threads ----------------------------------------------------------------------------------------------------------- */
typedef struct llr_pool llr_pool;    /* one evaluation at a time; may be shared by sessions: others wait */
LLR_API int        llr_threads_default(void);   /* physical cores within the affinity mask and the cgroup quota */
LLR_API llr_status llr_pool_new(llr_pool **out, int n_threads /* 0: default */, const llr_options *opt, llr_error *err);
LLR_API void       llr_pool_free(llr_pool *p);                  /* free its sessions first */
LLR_API int        llr_pool_threads(const llr_pool *p);

/* --- Rooflines: how fast matrix products could be at best, to compare with how fast they are ------------------------------ */
typedef enum llr_arith {             /* what products with a weight cost depends on the integers that the weights are made of */
    LLR_ARITH_INT4 = 0, LLR_ARITH_INT6, LLR_ARITH_INT7, LLR_ARITH_INT8, LLR_ARITH_FLOAT, LLR_ARITH_BF16 /* FLOAT without AVX512_BF16 */, LLR_ARITH_COUNT
} llr_arith;
LLR_API llr_arith  llr_type_arith(uint32_t type);               /* of a tensor type */
/* `rounds` (at most 2^30, of some microseconds) of nothing but products in registers, as this tier does them, shared by the
 * threads of the pool (NULL: the caller alone). The caller takes the time. *n_ops: operations done, two for a multiplication
 * with addition; 0 if this compiler cannot be kept from leaving out work whose result nobody reads. Allocates nothing. */
LLR_API llr_status llr_peak_run(double *n_ops, llr_isa isa, llr_arith arith, int rounds, llr_pool *pool, llr_error *err);

/* --- Models ------------------------------------------------------------------------------------------------------------ */
typedef struct llr_model llr_model;  /* immutable after open; any number of sessions and threads */

LLR_API llr_status llr_model_open(llr_model **out, const char *path, const llr_options *opt, llr_error *err);
LLR_API llr_status llr_model_open_fd(llr_model **out, int fd, uint64_t offset, uint64_t length, const llr_options *opt, llr_error *err);
LLR_API llr_status llr_model_open_mem(llr_model **out, const void *data, size_t n_bytes, const llr_options *opt, llr_error *err);
LLR_API void       llr_model_close(llr_model *m);   /* free its sessions first */
typedef struct llr_model_info {
    const char *arch;                            /* "llama" */
    int32_t n_vocab, n_embd, n_layer, n_head, n_head_kv, n_ff;   /* heads, n_ff: of layer 0 */
    uint32_t n_ctx_train;
    uint64_t n_params, weights_bytes;
    llr_isa isa;                                 /* kernels chosen */
} llr_model_info;
LLR_API void             llr_model_describe(const llr_model *m, llr_model_info *out);
LLR_API const llr_gguf  *llr_model_gguf(const llr_model *m);
LLR_API const llr_vocab *llr_model_vocab(const llr_model *m);   /* NULL: no_vocab, or the file says that it has none */
LLR_API const char      *llr_arch_name(int i);                  /* supported architectures; NULL after the last */

/* --- Sessions: a context with its KV cache ----------------------------------------------------------------------------- */
typedef struct llr_session llr_session;  /* one thread at a time, except cancel */
typedef enum llr_kv_type { LLR_KV_F16 = 0, LLR_KV_F32, LLR_KV_Q8_0 } llr_kv_type;

typedef struct llr_session_options {     /* zeroed = defaults */
    uint32_t n_ctx;          /* positions; 0: the largest power of two up to 8192 that fits memory and what the model was trained with */
    uint32_t n_batch;        /* tokens per pass over the weights; 0: 512, or less down to 64 if that is what fits */
    llr_kv_type kv;
    int exact;               /* float32 weights and activations throughout: slow, for checking. Else activations are rounded, to 8 bits for
                              * quantised weights, to bf16 for those of bf16 if the CPU has AVX512_BF16 */
    int all_logits;          /* keep the logits of every token of a call (n_batch rows) instead of the last alone */
    llr_pool *pool;          /* shared threads; NULL: the session makes its own with n_threads */
    int n_threads;           /* 0: llr_threads_default() */
    uint32_t n_guess;        /* tokens to compute in advance, at most LLR_MAX_GUESS: see Speculation; 0: none */
    int guess_always;        /* as many as can be guessed, even where it does not pay: for checking */
    llr_session *draft;      /* guesses for this one; NULL: guesses come from the text alone */
    uint64_t spare_bytes;    /* what choosing n_ctx and n_batch leaves for others: the caller will need it beside the session */
    const struct llr_placement *gpu;     /* layers of this model that are computed on GPUs; must live as long. NULL: none */
} llr_session_options;

/* Speculation: with n_guess, a session that is evaluated alone with one token guesses what may follow, and computes the
 * guesses in the same pass over the weights, which takes less time than a pass for each. When the next call goes on with the
 * token that was guessed, its results are there already. Nothing else shows: positions, logits, errors and what a rewind
 * reaches are those of a session without guesses, to the bit, whatever is guessed, so any sampler and any end of the text work
 * as always. n_guess rows of logits are kept for it.
 *   Guesses are what followed the last two or more tokens where they stood before in the context (prompt lookup decoding,
 * Saxena 2023), or what `draft` finds most probable: a session of a smaller model with the same vocabulary (LLR_E_ARG if not),
 * used by no one else, which must live as long (speculative decoding, Leviathan et al. 2022). A draft that fails, or whose
 * context is full, guesses nothing. How many are computed follows from how often such guesses were right and from how long
 * passes took: where they are wrong there are none, and nothing is lost. */
enum { LLR_MAX_GUESS = 15 };
typedef struct llr_guesses { uint64_t drafted, accepted; } llr_guesses;     /* tokens computed in advance; those the text went on with */

/* Memory of a run, before anything of it is allocated, from the code that allocates. llr_session_new allocates kv_bytes +
 * scratch_bytes and, if it is given no pool, its own threads. */
typedef struct llr_plan {
    uint64_t weights_bytes;     /* the model's files: mapped, so that the system can drop and re-read them, or in memory */
    uint64_t kv_bytes, scratch_bytes;
    uint64_t other_bytes;       /* model handle, tokenizer, threads */
    uint64_t vocab_bytes, thread_bytes;              /* parts of other_bytes: tokenizer, threads */
    uint64_t total_bytes, resident_bytes;            /* resident: all but mapped weights */
    uint64_t system_bytes;      /* beside the total: page tables, and room for the pages of files that are in use */
    uint64_t new_bytes;         /* what the session adds to what this process has now: it is made only if that is available */
    uint64_t gpu_bytes;         /* beside all that, of GPUs: keys, values and scratch of the layers there */
    uint32_t n_ctx, n_batch;    /* as they will be used */
} llr_plan;
LLR_API llr_status llr_session_plan(const llr_model *m, const llr_session_options *opt, llr_plan *out, llr_error *err);

/* What this process may still take, and what says so. UINT64_MAX: unknown, or no limit. */
typedef struct llr_memory {
    uint64_t available_bytes;   /* the smallest of the next three */
    uint64_t machine_bytes;     /* free, or file cache that can be dropped (MemAvailable) */
    uint64_t group_bytes;       /* left in the control group, ours or one above, where least is; file cache is not counted as used */
    uint64_t space_bytes;       /* addresses: RLIMIT_AS, or a 32-bit program */
    uint64_t swap_bytes;        /* free swap, not in the above, because it is slow; 0 if unknown */
    uint64_t group_limit;       /* of that control group */
    char group[512];            /* the file with that limit; "": there is none */
} llr_memory;
LLR_API void       llr_memory_look(llr_memory *out, const llr_options *opt);   /* opt: for proc and sys; may be NULL */
LLR_API uint64_t   llr_memory_available(void);                                 /* available_bytes alone */

LLR_API llr_status llr_session_new(llr_session **out, const llr_model *m, const llr_session_options *opt, llr_error *err);
LLR_API void       llr_session_free(llr_session *s);
/* Appends tokens and computes. Sessions of one model, each at most once, share one pass over the weights; results do not
 * depend on the company. Allocates nothing. On failure the sessions keep the positions they had before the call; one whose
 * window has already forgotten what that takes is empty instead. All sessions of a call must have the same placement. After
 * LLR_E_DEVICE they have none any more: they take the memory for the CPU from the allocator, and the next call computes the text so
 * far again.
 * counts[i] tokens for sessions[i]; LLR_E_FULL if they do not fit its context; LLR_E_ARG names an id out of range. */
LLR_API llr_status llr_eval(llr_session *const *sessions, const int32_t *const *tokens, const size_t *counts, size_t n_sessions, llr_error *err);
LLR_API llr_status llr_session_eval(llr_session *s, const int32_t *tokens, size_t n, llr_error *err);
LLR_API const float *llr_session_logits(const llr_session *s);               /* [n_vocab] of the last token; NULL before the first eval and after one that failed */
/* Row i of the last call, 0 = its first token: needs all_logits; the last n_batch rows are kept. NULL if not there. */
LLR_API const float *llr_session_logits_at(const llr_session *s, size_t i);
LLR_API uint32_t   llr_session_pos(const llr_session *s);                    /* tokens in the context */
LLR_API uint32_t   llr_session_ctx(const llr_session *s);
/* Forgets the tokens from position pos on. Returns the position reached, which is smaller where a window or a state has
 * lost what it would need: evaluate from there. */
LLR_API uint32_t   llr_session_rewind(llr_session *s, uint32_t pos);
LLR_API void       llr_session_guesses(const llr_session *s, llr_guesses *out);     /* since the session was made */
LLR_API void       llr_session_cancel(llr_session *s);   /* any thread: the running or next eval ends with LLR_E_CANCELLED */

/* --- GPU: layers of a model may lie there -----------------------------------------------------------------------------------
 * The kernels are in a library of their own (cuda_kernels.cu, `make cuda`), which is loaded when it is asked for. Layers are
 * placed from the last to the first, the output matrix before them, on one GPU or on several, one after another; what does not
 * fit stays on the CPU. Results differ from the CPU's in the last digits, and with the number of tokens of a pass; on several
 * GPUs of a kind they are those of one. Whatever goes wrong is LLR_E_DEVICE with a sentence. After a failure in an evaluation
 * that GPU is not used any more: all sessions that have layers there go on with the CPU, and new ones begin there. */
typedef struct llr_gpu llr_gpu;              /* a library and a device of it; any thread, one at a time */
typedef struct llr_gpu_info {
    char name[128], uuid[48];
    int index, n_visible;                    /* among those that are visible; how many these are */
    int capability, driver, runtime;         /* 90: compute capability 9.0; 13000: CUDA 13.0 */
    uint64_t total_bytes, free_bytes;        /* memory when it was opened */
} llr_gpu_info;
/* path: of the library; without a slash it is in the current folder. It becomes part of the program: only load one that nobody else can
 * write. device: its index, or its UUID or the beginning of it; NULL: the first. */
LLR_API llr_status llr_gpu_open(llr_gpu **out, const char *path, const char *device, const llr_options *opt, llr_error *err);
LLR_API void       llr_gpu_close(llr_gpu *g);        /* free what is placed on it first */
LLR_API void       llr_gpu_describe(const llr_gpu *g, llr_gpu_info *out);

typedef struct llr_placement llr_placement;  /* layers of a model on GPUs; immutable; sessions may share it */
enum { LLR_MAX_GPUS = 16 };
typedef struct llr_share {                   /* of one GPU */
    int32_t gpu, first, n_layers;            /* index among those given; its layers, of which the output matrix may be the last */
    uint64_t weights_bytes, session_bytes;   /* of these layers; what each session with the options given will take */
    uint64_t free_bytes, total_bytes;        /* memory before */
} llr_share;
typedef struct llr_placement_info {
    int32_t n_layers, n_all;                 /* on GPUs; that there are, the output matrix is one */
    uint64_t weights_bytes, session_bytes;   /* on all GPUs */
    uint64_t all_bytes;                      /* weights of all layers */
    int32_t n_shares; llr_share share[LLR_MAX_GPUS];    /* those with layers, in the order given: the first has the last layers */
    char why[400];                           /* why there are no more layers, "" if all are there */
} llr_placement_info;
/* Uploads n_layers, the output matrix first (-1: as many as fit in the free memory beside n_sessions sessions with these
 * options, with a margin), or fewer if not so much memory is given; at least one. gpus [n_gpus]: each takes what it can before
 * the next is used. Then multiplies with every type of weights and compares with the CPU. dry: uploads nothing, for
 * llr_session_plan alone. */
LLR_API llr_status llr_placement_new(llr_placement **out, llr_gpu *const *gpus, int n_gpus, const llr_model *m, int32_t n_layers,
                                     const llr_session_options *so, int n_sessions, int dry, llr_error *err);
LLR_API void       llr_placement_free(llr_placement *p);     /* free its sessions first */
LLR_API void       llr_placement_describe(const llr_placement *p, llr_placement_info *out);

/* --- Sampling ---------------------------------------------------------------------------------------------------------- */
typedef struct llr_sampling {
    float temp;                  /* <= 0: greedy */
    int32_t top_k; float top_p, min_p, typical_p;
    float repeat_penalty, frequency_penalty, presence_penalty; int32_t penalty_last_n;
    uint64_t seed;
} llr_sampling;
typedef struct llr_sampler llr_sampler;  /* one thread at a time */
/* Usual defaults, overridden by the file's general.sampling.* where there (g may be NULL). */
LLR_API void       llr_sampling_defaults(llr_sampling *out, const llr_gguf *g);
LLR_API llr_status llr_sampler_new(llr_sampler **out, int32_t n_vocab, const llr_gguf *g /* suppress_tokens; may be NULL */,
                                   const llr_sampling *how, const llr_options *opt, llr_error *err);
LLR_API void       llr_sampler_free(llr_sampler *s);
LLR_API void       llr_sampler_accept(llr_sampler *s, int32_t id);              /* prompt tokens too: penalties see them */
LLR_API int32_t    llr_sampler_sample(llr_sampler *s, const float *logits);     /* logits [n_vocab], unchanged; accepts the token drawn; the argmax if all are NaN or banned */
/* llr_sampler_sample of the logits of the last token, which need not be fetched from a GPU for it if a few are enough: without
 * penalties, and with top_k or at a temperature of 0. logit: of the token. LLR_E_DEVICE: the GPU failed, and the session goes on
 * without it, as after llr_eval, but has its logits: sample again. */
LLR_API llr_status llr_session_sample(llr_session *s, llr_sampler *p, int32_t *id, float *logit, llr_error *err);
LLR_API int32_t    llr_argmax(const float *logits, int32_t n);                  /* the largest, the lowest id on a tie; NaN never wins */
LLR_API void       llr_sampler_ban(llr_sampler *s, int32_t id);                 /* never sample it (ignore_eos) */

/* --- Chat templates -------------------------------------------------------------------------------------------------------
 * A Jinja interpreter for the templates that model files carry. They are untrusted: steps, memory, output and nesting are
 * bounded, and whatever is not supported is an error with line, column and name. */
typedef struct llr_template llr_template;    /* immutable; any number of threads may render it */
LLR_API llr_status llr_template_new(llr_template **out, const char *text, size_t n_bytes, const llr_options *opt, llr_error *err);
/* tokenizer.chat_template of the file, or its variant `name` ("tool_use"). LLR_E_UNSUPPORTED if there is none. */
LLR_API llr_status llr_template_from_gguf(llr_template **out, const llr_gguf *g, const char *name, const llr_options *opt, llr_error *err);
/* Source of a template for files without one, guessed from the control tokens: a constant, or NULL if nothing is known, as
 * for base models. *family (may be NULL): its name, for messages. */
LLR_API const char *llr_template_fallback(const llr_gguf *g, const char **family);
LLR_API void       llr_template_free(llr_template *t);
/* json: an object with the variables: messages, tools, add_generation_prompt, bos_token, eos_token, ..., and `now`, the local
 * time for strftime_now ("2026-01-31T12:00:00"; not visible to the template). *out: text, NUL-terminated, from the allocator
 * of the template; free it with llr_template_text_free. LLR_E_UNSUPPORTED: the template refused with raise_exception, and the
 * message is its text; or the template failed, and the message begins with "template line". */
LLR_API llr_status llr_template_render(const llr_template *t, const char *json, size_t json_bytes, char **out, size_t *n_out, llr_error *err);
LLR_API void       llr_template_text_free(const llr_template *t, char *text, size_t n_bytes);

/* A conversation as the tokens that ask for an answer. The variables of `json` are the conversation's: no text of theirs
 * becomes a control token, whatever the template does with it; exempt are roles that are plain names, and bos_token and
 * eos_token, which come from v. What the caller says is first made into what the template can show: without content, it is
 * empty; parts become a text, or a text parts; `developer` and `system` go where the template has no such role to the system
 * or the next message; arguments of tool calls become objects or JSON; an empty list of tools is none.
 * v NULL: text and spans alone. flags: as llr_tokenize; a BOS or EOS that the tokenizer adds is no longer in the text. */
typedef struct llr_prompt {
    char *text; size_t n_bytes;                  /* NUL-terminated */
    llr_span *user; size_t n_user;               /* what the conversation said of it */
    int32_t *ids; size_t n_ids, cap_ids;
} llr_prompt;
LLR_API llr_status llr_template_chat(const llr_template *t, const llr_vocab *v, const char *json, size_t json_bytes,
                                     unsigned flags, llr_prompt *out, llr_error *err);
LLR_API void       llr_prompt_free(const llr_template *t, llr_prompt *p);

#ifdef __cplusplus
}
#endif
/* Stop here if you only want the API. */
#endif /* LLRUN_H */

/* >>table -------------------------------------------------------------------------------------------------------------
 * What a library with kernels for a GPU exports: one function, llrun_gpu, that returns a table of functions. The steps of a
 * layer are the functions of >>ops, argument by argument, on memory of the GPU: so the forward pass is the same text
 * wherever its layers lie. For the implementation and for cuda_kernels.cu, which defines LLRUN_GPU_LIBRARY.
 */
#if (defined(LLRUN_IMPLEMENTATION) || defined(LLRUN_GPU_LIBRARY)) && !defined(LLRI_GPU_ABI)
#define LLRI_GPU_ABI 4                      /* another number: another table */
#ifdef __cplusplus
extern "C" {
#endif
typedef struct llri_mat { uint32_t type; const uint8_t *data; int64_t n_in, n_out; size_t row_bytes; } llri_mat;   /* rows as in the file */

enum { LLRI_NORM_RMS = 0, LLRI_NORM_LAYER = 1 };
enum { LLRI_ACT_SILU, LLRI_ACT_GELU, LLRI_ACT_GELU_QUICK, LLRI_ACT_RELU2, LLRI_ACT_XIELU, LLRI_ACT_SOFTCAP, LLRI_ACT_NONE };
enum { LLRI_VEC_ADD, LLRI_VEC_AXPY, LLRI_VEC_SCALE, LLRI_VEC_CLAMP, LLRI_VEC_SOFTCAP };

/* KV cache of one layer of one session. The row of (kv head, slot) is at (head * capacity + slot) * row bytes,
 * slot = position % capacity; capacity is a multiple of LLRI_KV_TILE. */
typedef struct llri_kvc { uint8_t *k, *v; int type; uint32_t capacity; int n_head_kv, dk, dv; } llri_kvc;

typedef struct llri_attn {
    int n_head, n_head_kv, dk, dv;
    float scale, softcap;               /* softcap 0: none */
    uint32_t window;                    /* positions seen, itself included; 0: all */
    const float *slopes, *sinks;        /* per head, or NULL */
} llri_attn;

/* The codebooks of the iq types, for the GPU to have the same. */
enum { LLRI_BOOK_IQ2_XXS, LLRI_BOOK_IQ2_XS, LLRI_BOOK_IQ2_S, LLRI_BOOK_IQ3_XXS, LLRI_BOOK_IQ3_S, LLRI_BOOK_IQ1, LLRI_BOOKS };
typedef struct llri_book { const void *data; size_t n_bytes; } llri_book;

/* Functions that return an int: 0, or what went wrong is in why (cap bytes), one sentence without a full stop. Those on a
 * stream return nothing: they are done in order, some time later; after the first that fails none does anything, until finish
 * has told what it was. A device is used by one thread at a time while memory is taken or given back. */
typedef struct llri_gpu_table {
    uint32_t abi, sizes;                /* LLRI_GPU_ABI and LLRI_GPU_SIZES: nothing else is looked at before they are right */
    uint64_t types;                     /* bit per tensor type that products know */
    int32_t max_head_dim;
    int  (*open)(void **device, const char *which, const llri_book *books, llr_gpu_info *info, char *why, size_t cap);
    void (*close)(void *device);
    int  (*memory)(void *device, uint64_t *n_free, uint64_t *n_total, char *why, size_t cap);
    int  (*alloc)(void *device, void **p, uint64_t n_bytes, char *why, size_t cap);     /* at a multiple of 256; 16 bytes more may be read */
    void (*release)(void *device, void *p);
    int  (*upload)(void *device, void *to, const void *from, uint64_t n_bytes, char *why, size_t cap);   /* done when it returns */
    uint64_t (*stream_bytes)(int64_t max_in, int max_rows, int max_head, int max_head_dim);
    int  (*stream_new)(void **stream, void *device, int64_t max_in, int max_rows, int max_head, int max_head_dim, char *why, size_t cap);
    void (*stream_free)(void *stream);
    int  (*finish)(void *stream, char *why, size_t cap);                               /* waits for all */
    void (*put)(void *stream, void *to, const void *from, size_t n_bytes);             /* to the GPU; `from` may change at once */
    void (*get)(void *stream, void *to, const void *from, size_t n_bytes);             /* from the GPU; waits */
    int  (*replay)(void *stream, uint32_t pos);         /* 1: the steps that were recorded are done for one token at pos; 0: do them, they are recorded */
    void (*recorded)(void *stream);                     /* these were all; no put or get before. Without a recording: nothing */
    void (*copy)(void *stream, void *to, int64_t ldt, const void *from, int64_t ldf, int64_t width, int n);   /* n rows, in bytes */
    void (*input)(void *stream, const float *x, int64_t ldx, int n, int64_t n_in);
    void (*matmul)(void *stream, const llri_mat *w, const float *bias, float *y, int64_t ldy, int exact);
    void (*norm)(void *stream, int kind, float *y, int64_t ldy, const float *x, int64_t ldx, int n, int n_heads, int width,
                 const float *w, int w_rows, const float *b, float eps);
    void (*rope)(void *stream, float *x, int64_t ldx, int n, int n_heads, int head_dim, int n_rot, int neox, const float *cs);
    void (*act)(void *stream, int act, float *y, int64_t ldy, const float *gate, const float *up, int64_t ldg, int n, int width, const float *p /* [4], not on the GPU, or NULL */);
    void (*vec)(void *stream, int op, float *y, const float *x, float a, float b, int64_t n);
    void (*store)(void *stream, const llri_kvc *c, const float *k, int64_t ldk, const float *v, int64_t ldv, uint32_t pos, int n);
    void (*attend)(void *stream, const llri_attn *a, const llri_kvc *c, float *out, int64_t ldo, const float *q, int64_t ldq, uint32_t pos, int n);
    /* The k largest of n numbers in order, as keys (0: there are no more); see llri_candidates_of_keys. Waits. 0: not done, with or without an error */
    int  (*top)(void *stream, const float *x, int32_t n, int k, uint64_t *keys);
} llri_gpu_table;
/* The sizes of all structs that cross the border in one number: both sides were compiled from the same ones. */
#define LLRI_GPU_SIZES ((uint32_t)((((((sizeof(llri_gpu_table) * 31 + sizeof(llri_mat)) * 31 + sizeof(llri_kvc)) * 31 + sizeof(llri_attn)) * 31 + \
                                    sizeof(llri_book)) * 31 + sizeof(llr_gpu_info)) * 31 + LLRI_BOOKS))
typedef const llri_gpu_table *(*llri_gpu_library)(void);                              /* llrun_gpu */
#ifdef __cplusplus
}
#endif
#endif

/* The implementation: once, however often this file is included, and again for each kernel tier (LLRI_PASS). */
#if defined(LLRUN_IMPLEMENTATION) && (defined(LLRI_PASS) || !defined(LLRI_IMPLEMENTED))
#define LLRI_IMPLEMENTED
#ifndef LLRI_PASS /* ------------- first reading: everything below the kernels ------------- */
/* >>platform ----------------------------------------------------------------------------------------------------------
 * Everything that depends on the compiler or the operating system, behind plain functions: atomics, threads, clock,
 * files and mappings. Wants to be included before any system header, because it asks for 64-bit file offsets and for
 * the GNU extensions. Included later nothing breaks: an older clock, no CPU affinity, files up to 2 GiB on 32-bit systems.
 */
#ifdef _WIN32
#  define LLRI_WINDOWS 1
#  ifndef WIN32_LEAN_AND_MEAN
#    define WIN32_LEAN_AND_MEAN
#  endif
#  ifndef NOMINMAX
#    define NOMINMAX
#  endif
#  ifndef _WIN32_WINNT
#    define _WIN32_WINNT 0x0601            /* Windows 7: nothing newer is called */
#  endif
#else
#  define LLRI_WINDOWS 0
#endif

#include <errno.h>
#include <limits.h>
#include <math.h>                          /* on paths that matter only the exact ones: fabs, floor, sqrt, fmod */
#include <stdarg.h>
#include <stdio.h>                         /* vsnprintf alone */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if LLRI_WINDOWS
#  include <windows.h>
#  include <io.h>                          /* _get_osfhandle */
#else
#  include <fcntl.h>
#  include <pthread.h>
#  include <sched.h>
#  include <signal.h>
#  include <sys/mman.h>
#  include <sys/resource.h>
#  include <sys/stat.h>
#  include <sys/types.h>
#  include <unistd.h>
#endif

#if defined(__x86_64__) || defined(_M_X64)
#  define LLRI_X86 1
#  define LLRI_X64 1
#elif defined(__i386__) || defined(_M_IX86)
#  define LLRI_X86 1
#  define LLRI_X64 0
#else
#  define LLRI_X86 0
#  define LLRI_X64 0
#endif
#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#  define LLRI_BIG_ENDIAN 1
#else
#  define LLRI_BIG_ENDIAN 0
#endif
#if defined(__clang__)                     /* as in __GNUC__ tests elsewhere: real GCC only, Clang apart */
#  define LLRI_GCC 0
#elif defined(__GNUC__)
#  define LLRI_GCC (__GNUC__ * 100 + __GNUC_MINOR__)
#else
#  define LLRI_GCC 0
#endif

/* Intrinsics: declared for every instruction set, used only in functions that carry the target attribute. */
#if LLRI_X86 && (LLRI_GCC >= 500 || defined(__clang__))
#  if LLRI_GCC && defined(__cplusplus)      /* its intrinsics say `__m512 x = x`, of which it warns in C++ */
#    pragma GCC diagnostic push
#    pragma GCC diagnostic ignored "-Wuninitialized"
#    pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#  endif
#  include <immintrin.h>
#  if LLRI_GCC && defined(__cplusplus)
#    pragma GCC diagnostic pop
#  endif
#  include <cpuid.h>
#  define LLRI_ATTR(features) __attribute__((target(features)))
#elif LLRI_X86 && defined(_MSC_VER)
#  include <immintrin.h>
#  include <intrin.h>
#  define LLRI_ATTR(features)
#else
#  define LLRI_ATTR(features)
#endif
#if defined(_MSC_VER) && !LLRI_X86
#  include <intrin.h>
#endif

#define LLRI_INLINE static inline
#if defined(__GNUC__)
#  define LLRI_ALWAYS_INLINE static inline __attribute__((always_inline))
#  define LLRI_NOINLINE static __attribute__((noinline))
#  define LLRI_RESTRICT __restrict__
#elif defined(_MSC_VER)
#  define LLRI_ALWAYS_INLINE static __forceinline
#  define LLRI_NOINLINE static __declspec(noinline)
#  define LLRI_RESTRICT __restrict
#else
#  define LLRI_ALWAYS_INLINE static inline
#  define LLRI_NOINLINE static
#  define LLRI_RESTRICT
#endif
#if defined(__MINGW32__) && LLRI_GCC
#  define LLRI_PRINTF(a, b) __attribute__((format(gnu_printf, a, b)))
#elif defined(__GNUC__)
#  define LLRI_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#  define LLRI_PRINTF(a, b)
#endif
/* i386 callers may enter with a stack aligned to 4 bytes only; vector code needs 16. For functions that others call. */
#if LLRI_X86 && !LLRI_X64 && defined(__GNUC__)
#  define LLRI_ENTRY __attribute__((force_align_arg_pointer))
#else
#  define LLRI_ENTRY
#endif

/* a * b + c must not become a fused multiply-add where nobody wrote one: results would depend on the tier and on the
 * optimiser. Each compiler has its own switch, and GCC fuses even intrinsics. The end of the header undoes it. With
 * GCC before 5 or with -ffast-math in Clang only the command line flag -ffp-contract=off helps. */
#if defined(__clang__)
#  pragma STDC FP_CONTRACT OFF
#elif LLRI_GCC >= 500
#  pragma GCC push_options
#  pragma GCC optimize ("fp-contract=off")
#elif defined(_MSC_VER)
#  pragma fp_contract(off)
#endif
/* 1 if float arithmetic is carried out in float: false on x87, where results are right but not the same bits. */
#if defined(FLT_EVAL_METHOD)
#  define LLRI_FLT_EXACT (FLT_EVAL_METHOD == 0)
#elif defined(__FLT_EVAL_METHOD__)
#  define LLRI_FLT_EXACT (__FLT_EVAL_METHOD__ == 0)
#else
#  define LLRI_FLT_EXACT (!(LLRI_X86 && !LLRI_X64))
#endif

/* --- atomics: sequentially consistent. Without them (very old or small compilers) pools have one thread. --- */
#if defined(__clang__) || LLRI_GCC >= 407
#  define LLRI_ATOMICS 1
static inline int32_t llri_atomic_add(volatile int32_t *p, int32_t v) { return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST); }
static inline int32_t llri_atomic_load(const volatile int32_t *p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
static inline void llri_atomic_store(volatile int32_t *p, int32_t v) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); }
#elif defined(_MSC_VER)
#  define LLRI_ATOMICS 1
static inline int32_t llri_atomic_add(volatile int32_t *p, int32_t v) {
    return (int32_t)_InterlockedExchangeAdd((volatile long *)p, (long)v);
}
static inline int32_t llri_atomic_load(const volatile int32_t *p) {
    return (int32_t)_InterlockedExchangeAdd((volatile long *)p, 0);
}
static inline void llri_atomic_store(volatile int32_t *p, int32_t v) { (void)_InterlockedExchange((volatile long *)p, (long)v); }
#else
#  define LLRI_ATOMICS 0
static inline int32_t llri_atomic_add(volatile int32_t *p, int32_t v) { int32_t old = *p; *p = old + v; return old; }
static inline int32_t llri_atomic_load(const volatile int32_t *p) { return *p; }
static inline void llri_atomic_store(volatile int32_t *p, int32_t v) { *p = v; }
#endif

/* Tells the CPU that this is a waiting loop. */
static inline void llri_cpu_relax(void) {
#if LLRI_X86 && defined(__GNUC__)
    __asm__ __volatile__("rep; nop" ::: "memory");          /* "pause"; a nop on CPUs without it */
#elif LLRI_X86 && defined(_MSC_VER)
    _mm_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
    __asm__ __volatile__("yield" ::: "memory");
#endif
}

/* --- threads, mutexes, conditions. Functions that can fail return 1 for success. --- */
#define LLRI_STACK_BYTES ((size_t)1 << 20)  /* explicit: musl's default is 128 KiB */

#if LLRI_WINDOWS
typedef SRWLOCK llri_mutex;
typedef CONDITION_VARIABLE llri_cond;
typedef struct llri_thread { HANDLE id; void (*fn)(void *arg); void *arg; } llri_thread;

static inline int  llri_mutex_init(llri_mutex *m) { InitializeSRWLock(m); return 1; }
static inline void llri_mutex_free(llri_mutex *m) { (void)m; }
static inline void llri_mutex_lock(llri_mutex *m) { AcquireSRWLockExclusive(m); }
static inline void llri_mutex_unlock(llri_mutex *m) { ReleaseSRWLockExclusive(m); }
static inline int  llri_cond_init(llri_cond *c) { InitializeConditionVariable(c); return 1; }
static inline void llri_cond_free(llri_cond *c) { (void)c; }
static inline void llri_cond_wait(llri_cond *c, llri_mutex *m) { (void)SleepConditionVariableSRW(c, m, INFINITE, 0); }
static inline void llri_cond_broadcast(llri_cond *c) { WakeAllConditionVariable(c); }
static inline void llri_thread_yield(void) { (void)SwitchToThread(); }

LLRI_ENTRY static DWORD WINAPI llri_thread_entry(LPVOID p) {
    llri_thread *t = (llri_thread *)p;
    t->fn(t->arg);
    return 0;
}

/* *t must stay where it is until the join. */
static int llri_thread_start(llri_thread *t, void (*fn)(void *), void *arg) {
    t->fn = fn;
    t->arg = arg;
    t->id = CreateThread(NULL, LLRI_STACK_BYTES, llri_thread_entry, t, 0, NULL);
    return t->id != NULL;
}

static void llri_thread_join(llri_thread *t) {
    (void)WaitForSingleObject(t->id, INFINITE);
    (void)CloseHandle(t->id);
}
#else
typedef pthread_mutex_t llri_mutex;
typedef pthread_cond_t llri_cond;
typedef struct llri_thread { pthread_t id; void (*fn)(void *arg); void *arg; } llri_thread;

static inline int  llri_mutex_init(llri_mutex *m) { return pthread_mutex_init(m, NULL) == 0; }
static inline void llri_mutex_free(llri_mutex *m) { (void)pthread_mutex_destroy(m); }
static inline void llri_mutex_lock(llri_mutex *m) { (void)pthread_mutex_lock(m); }
static inline void llri_mutex_unlock(llri_mutex *m) { (void)pthread_mutex_unlock(m); }
static inline int  llri_cond_init(llri_cond *c) { return pthread_cond_init(c, NULL) == 0; }
static inline void llri_cond_free(llri_cond *c) { (void)pthread_cond_destroy(c); }
static inline void llri_cond_wait(llri_cond *c, llri_mutex *m) { (void)pthread_cond_wait(c, m); }
static inline void llri_cond_broadcast(llri_cond *c) { (void)pthread_cond_broadcast(c); }
static inline void llri_thread_yield(void) { (void)sched_yield(); }

LLRI_ENTRY static void *llri_thread_entry(void *p) {
    llri_thread *t = (llri_thread *)p;
    t->fn(t->arg);
    return NULL;
}

/* *t must stay where it is until the join. Signals meant for the process are left to the caller's threads. */
static int llri_thread_start(llri_thread *t, void (*fn)(void *), void *arg) {
    pthread_attr_t attr;
    int ok;
    t->fn = fn;
    t->arg = arg;
    if (pthread_attr_init(&attr) != 0) return 0;
    (void)pthread_attr_setstacksize(&attr, LLRI_STACK_BYTES);
    {
#ifdef SIG_SETMASK
        sigset_t all, old;
        (void)sigfillset(&all);
        (void)sigdelset(&all, SIGSEGV);
        (void)sigdelset(&all, SIGBUS);
        (void)sigdelset(&all, SIGILL);
        (void)sigdelset(&all, SIGFPE);
        (void)pthread_sigmask(SIG_SETMASK, &all, &old);
        ok = pthread_create(&t->id, &attr, llri_thread_entry, t) == 0;
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
#else
        ok = pthread_create(&t->id, &attr, llri_thread_entry, t) == 0;
#endif
    }
    (void)pthread_attr_destroy(&attr);
    return ok;
}

static inline void llri_thread_join(llri_thread *t) { (void)pthread_join(t->id, NULL); }
#endif

/* Seconds, of a clock that only goes forward if there is one. */
static double llri_seconds(void) {
#if LLRI_WINDOWS
    LARGE_INTEGER t, f;
    (void)QueryPerformanceCounter(&t);
    (void)QueryPerformanceFrequency(&f);
    return (double)t.QuadPart / (double)f.QuadPart;
#elif defined(CLOCK_MONOTONIC)
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#else
    return (double)clock() / CLOCKS_PER_SEC;
#endif
}

/* --- files. Errors are errno values on every system; LLRI_E_SPECIAL and LLRI_E_LENGTH are ours. --- */
#define LLRI_E_SPECIAL 100001               /* neither a file nor a directory: a pipe, a device */
#define LLRI_E_LENGTH  100002               /* the file ended before the bytes asked for */

/* Own texts: strerror depends on the locale and is not safe in threads. */
static const char *llri_errno_text(int code) {
    static const struct { int code; const char *text; } texts[] = {
        { ENOENT, "no such file" }, { EACCES, "permission denied" }, { EPERM, "operation not permitted" },
        { EISDIR, "it is a directory" }, { ENOTDIR, "a part of the path is not a directory" },
        { EMFILE, "too many open files in this process" }, { ENFILE, "too many open files in this system" },
        { ENOMEM, "not enough memory or address space" }, { EIO, "the disk or network failed to deliver the data" },
        { EINVAL, "the system refused the arguments" }, { ENODEV, "not supported by this file system" },
        { EFBIG, "the file is too large for this program" }, { ENAMETOOLONG, "the path is too long" },
        { EBADF, "not an open file descriptor" }, { EAGAIN, "a resource limit was reached" },
#ifdef ELOOP
        { ELOOP, "too many symbolic links" },
#endif
#ifdef EOVERFLOW
        { EOVERFLOW, "the file is too large for this 32-bit program" },
#endif
#ifdef ESTALE
        { ESTALE, "the file vanished from its network drive" },
#endif
        { LLRI_E_SPECIAL, "it is not a regular file" },
        { LLRI_E_LENGTH, "the file became shorter while it was read" }
    };
    size_t i;
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].code == code) return texts[i].text;
    return "the system reported an error";
}

typedef struct llri_file {                  /* opened for reading */
#if LLRI_WINDOWS
    HANDLE h;
#else
    int fd;
#endif
    uint64_t size;
} llri_file;

typedef struct llri_mapping { void *base; size_t n; } llri_mapping;   /* whole pages; base NULL: none */

#if LLRI_WINDOWS
static int llri_last_errno(void) {
    DWORD e = GetLastError();
    switch (e) {
    case ERROR_FILE_NOT_FOUND: case ERROR_PATH_NOT_FOUND: case ERROR_INVALID_NAME: return ENOENT;
    case ERROR_ACCESS_DENIED: case ERROR_SHARING_VIOLATION: case ERROR_LOCK_VIOLATION: return EACCES;
    case ERROR_NOT_ENOUGH_MEMORY: case ERROR_OUTOFMEMORY: case ERROR_COMMITMENT_LIMIT: return ENOMEM;
    case ERROR_TOO_MANY_OPEN_FILES: return EMFILE;
    case ERROR_INVALID_HANDLE: return EBADF;
    case ERROR_INVALID_PARAMETER: return EINVAL;
    default: return EIO;
    }
}

static int llri_file_stat(llri_file *f) {
    LARGE_INTEGER n;
    if (GetFileType(f->h) != FILE_TYPE_DISK) return LLRI_E_SPECIAL;
    if (!GetFileSizeEx(f->h, &n)) return llri_last_errno();
    f->size = (uint64_t)n.QuadPart;
    return 0;
}

static void llri_file_close(llri_file *f) { (void)CloseHandle(f->h); }

/* path is UTF-8. Returns 0 or an error code; every llri_file_… function does. */
static int llri_file_open(llri_file *f, const char *path) {
    wchar_t wide[4096];
    DWORD attributes;
    int code;
    if (!MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, (int)(sizeof wide / sizeof wide[0])))
        return GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : ENOENT;
    attributes = GetFileAttributesW(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY)) return EISDIR;
    f->h = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_ATTRIBUTE_NORMAL, NULL);
    if (f->h == INVALID_HANDLE_VALUE) return llri_last_errno();
    code = llri_file_stat(f);
    if (code) llri_file_close(f);
    return code;
}

/* Borrows a descriptor of the C library; not to be closed. */
static int llri_file_from_fd(llri_file *f, int fd) {
    f->h = (HANDLE)_get_osfhandle(fd);
    return f->h == INVALID_HANDLE_VALUE ? EBADF : llri_file_stat(f);
}

static int llri_file_read(const llri_file *f, uint64_t offset, void *out, size_t n) {
    uint8_t *p = (uint8_t *)out;
    while (n) {
        OVERLAPPED at;
        DWORD got = 0, want = n > (1u << 30) ? 1u << 30 : (DWORD)n;
        memset(&at, 0, sizeof at);
        at.Offset = (DWORD)(offset & 0xffffffffu);
        at.OffsetHigh = (DWORD)(offset >> 32);
        if (!ReadFile(f->h, p, want, &got, &at)) return GetLastError() == ERROR_HANDLE_EOF ? LLRI_E_LENGTH : llri_last_errno();
        if (!got) return LLRI_E_LENGTH;
        p += got;
        offset += got;
        n -= got;
    }
    return 0;
}

static size_t llri_page_bytes(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwAllocationGranularity ? info.dwAllocationGranularity : 65536;
}

/* Maps n > 0 bytes from `offset`, which must be a multiple of llri_page_bytes(). The file may be closed afterwards. */
static int llri_file_map(const llri_file *f, uint64_t offset, size_t n, llri_mapping *out) {
    HANDLE m = CreateFileMappingW(f->h, NULL, PAGE_READONLY, 0, 0, NULL);
    int code = 0;
    if (!m) return llri_last_errno();
    out->base = MapViewOfFile(m, FILE_MAP_READ, (DWORD)(offset >> 32), (DWORD)(offset & 0xffffffffu), n);
    out->n = n;
    if (!out->base) code = llri_last_errno();
    (void)CloseHandle(m);
    return code;
}

static void llri_unmap(llri_mapping *m) {
    if (m->base) (void)UnmapViewOfFile(m->base);
    m->base = NULL;
}

static inline int llri_zero_pages(void *p, size_t n) { (void)p; (void)n; return 0; }      /* a view cannot be replaced in part */

static inline void llri_advise_willneed(const void *p, size_t n) { (void)p; (void)n; }
static inline void llri_advise_ahead(const void *p, size_t n, int on) { (void)p; (void)n; (void)on; }
static inline void llri_advise_huge(void *p, size_t n) { (void)p; (void)n; }

static int llri_lock_pages(const void *p, size_t n) { return VirtualLock((void *)(uintptr_t)p, n) ? 0 : llri_last_errno(); }
static inline void llri_unlock_pages(const void *p, size_t n) { (void)VirtualUnlock((void *)(uintptr_t)p, n); }
#else
#  ifdef O_CLOEXEC
#    define LLRI_O_CLOEXEC O_CLOEXEC
#  else
#    define LLRI_O_CLOEXEC 0
#  endif
static int llri_file_stat(llri_file *f) {
    struct stat st;
    f->size = 0;
    if (fstat(f->fd, &st) != 0) return errno;
    if (S_ISDIR(st.st_mode)) return EISDIR;
    if (!S_ISREG(st.st_mode)) return LLRI_E_SPECIAL;
    f->size = (uint64_t)st.st_size;
    return 0;
}

static void llri_file_close(llri_file *f) { (void)close(f->fd); }

/* Returns 0 or an error code; every llri_file_… function does. Does not wait for a writer if path is a pipe. */
static int llri_file_open(llri_file *f, const char *path) {
    int code, flags = O_RDONLY | LLRI_O_CLOEXEC;
#ifdef O_NONBLOCK
    flags |= O_NONBLOCK;
#endif
    do f->fd = open(path, flags); while (f->fd < 0 && errno == EINTR);
    if (f->fd < 0) return errno;
    code = llri_file_stat(f);
    if (code) llri_file_close(f);
    return code;
}

/* Borrows a descriptor; not to be closed. */
static int llri_file_from_fd(llri_file *f, int fd) {
    f->fd = fd;
    return llri_file_stat(f);
}

#if defined(__GLIBC__) && !defined(__USE_UNIX98) && !defined(__USE_XOPEN2K8)     /* included late in strict C: no pread */
static ssize_t llri_pread(int fd, void *p, size_t n, off_t offset) {
    off_t old = lseek(fd, 0, SEEK_CUR);
    ssize_t got = lseek(fd, offset, SEEK_SET) == offset ? read(fd, p, n) : -1;
    int code = errno;
    (void)lseek(fd, old, SEEK_SET);
    errno = code;
    return got;
}
#else
#  define llri_pread pread
#endif

static int llri_file_read(const llri_file *f, uint64_t offset, void *out, size_t n) {
    uint8_t *p = (uint8_t *)out;
    while (n) {
        size_t want = n > ((size_t)1 << 30) ? (size_t)1 << 30 : n;
        ssize_t got = llri_pread(f->fd, p, want, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return LLRI_E_LENGTH;
        p += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return 0;
}

static size_t llri_page_bytes(void) {
    long n = sysconf(_SC_PAGESIZE);
    return n > 0 ? (size_t)n : 4096;
}

/* Maps n > 0 bytes from `offset`, which must be a multiple of llri_page_bytes(). The file may be closed afterwards. */
static int llri_file_map(const llri_file *f, uint64_t offset, size_t n, llri_mapping *out) {
    void *p = mmap(NULL, n, PROT_READ, MAP_SHARED, f->fd, (off_t)offset);
    if (p == MAP_FAILED) return errno;
    out->base = p;
    out->n = n;
    return 0;
}

static void llri_unmap(llri_mapping *m) {
    if (m->base) (void)munmap(m->base, m->n);
    m->base = NULL;
}

/* Zeros in place of mapped pages. */
static int llri_zero_pages(void *p, size_t n) {
#ifdef MAP_ANONYMOUS
    int code = errno, ok = mmap(p, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
    errno = code;
    return ok;
#else
    (void)p; (void)n;
    return 0;
#endif
}

/* p at the start of a page. */
static inline void llri_advise_willneed(const void *p, size_t n) {
#if defined(MADV_WILLNEED)
    (void)madvise((void *)(uintptr_t)p, n, MADV_WILLNEED);
#else
    (void)p; (void)n;
#endif
}

/* Whether pages are read ahead. p at the start of a page. */
static inline void llri_advise_ahead(const void *p, size_t n, int on) {
#if defined(MADV_RANDOM)
    (void)madvise((void *)(uintptr_t)p, n, on ? MADV_NORMAL : MADV_RANDOM);
#else
    (void)p; (void)n; (void)on;
#endif
}

/* Large pages for memory that will be used as a whole: with them, touching it takes a fifth of the time. */
static inline void llri_advise_huge(void *p, size_t n) {
#if defined(MADV_HUGEPAGE)
    const uintptr_t huge = (uintptr_t)2 << 20, from = ((uintptr_t)p + huge - 1) & ~(huge - 1), to = ((uintptr_t)p + n) & ~(huge - 1);
    if (from < to) (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
    (void)p; (void)n;
#endif
}

static int llri_lock_pages(const void *p, size_t n) { return mlock(p, n) == 0 ? 0 : errno; }
static inline void llri_unlock_pages(const void *p, size_t n) { (void)munlock(p, n); }
#endif

/* --- libraries that are loaded at run time. They stay loaded: drivers have threads of their own. The functions for it are weak,
 * so that nothing needs -ldl where libc does not have them (glibc before 2.34; linked with -Wl,--no-as-needed -ldl they are there);
 * dlopen is asked for by its name, because linkers warn of it in static programs. --- */
#if !LLRI_WINDOWS
#  include <dlfcn.h>
#  if defined(__ELF__)
#    pragma weak dlsym
#    pragma weak dlerror
#  endif
#  ifndef RTLD_DEFAULT
#    define RTLD_DEFAULT ((void *)0)
#  endif
#  if defined(__GLIBC__)
#    include <sys/auxv.h>
#    define LLRI_STATIC_PROGRAM (!getauxval(AT_BASE))      /* no loader has loaded it, and one of its own would bring a second libc */
#  else
#    define LLRI_STATIC_PROGRAM 0
#  endif
/* Do all parts of an ELF file lie within it? Of one that was cut short, dlopen would touch pages that are not there. */
static int llri_elf_whole(const llri_file *f) {
    uint8_t h[64], part[56];
    uint64_t at = 0, offset = 0, n = 0;
    size_t word, each;                              /* bytes of an address, and of an entry of the table of parts */
    int i, n_parts;
    if (llri_file_read(f, 0, h, sizeof h) || memcmp(h, "\177ELF", 4) || h[4] < 1 || h[4] > 2 || h[5] != 1)
        return f->size >= sizeof h;                 /* of another kind: dlopen says so */
    word = h[4] == 1 ? 4 : 8;
    each = h[4] == 1 ? 32 : 56;
    memcpy(&at, h + 24 + word, word);
    n_parts = h[h[4] == 1 ? 44 : 56] | h[h[4] == 1 ? 45 : 57] << 8;
    for (i = 0; i < n_parts; i++, at += each) {
        if (at > f->size || llri_file_read(f, at, part, each)) return 0;
        memcpy(&offset, part + word, word);
        memcpy(&n, part + 4 * word, word);
        if (offset > f->size || n > f->size - offset) return 0;
    }
    return 1;
}
#endif

/* A function of a library by its name; NULL, and why. path is UTF-8, and a path also without a slash. */
static void (*llri_library_function(const char *path, const char *name, char *why, size_t cap))(void) {
    void (*function)(void) = NULL;
    llri_file f;
    int code;
    memset(&f, 0, sizeof f);
    code = llri_file_open(&f, path);
    if (code) {
        (void)snprintf(why, cap, "%s", llri_errno_text(code));
        return NULL;
    }
#if LLRI_WINDOWS
    {
        wchar_t wide[4096];
        HMODULE library = NULL;
        FARPROC p;
        llri_file_close(&f);
        if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, (int)(sizeof wide / sizeof wide[0]))) library = LoadLibraryExW(wide, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
        p = library ? GetProcAddress(library, name) : NULL;
        if (p) memcpy((void *)&function, (void *)&p, sizeof function);
        else if (library) (void)snprintf(why, cap, "it has no function %s", name);
        else (void)snprintf(why, cap, "Windows cannot load it (error %lu)", (unsigned long)GetLastError());
    }
#else
    {
        int whole = llri_elf_whole(&f);
        char here[300];
        void *(*load)(const char *, int) = NULL, *library, *p = LLRI_STATIC_PROGRAM || !dlsym || !dlerror ? NULL : dlsym(RTLD_DEFAULT, "dlopen");
        llri_file_close(&f);
        if (!whole) {
            (void)snprintf(why, cap, "the file was cut short");
            return NULL;
        }
        if (!p) {
            (void)snprintf(why, cap, "this program was linked without dlopen, and cannot load libraries: link it dynamically, before glibc 2.34 also with -Wl,--no-as-needed -ldl");
            return NULL;
        }
        memcpy((void *)&load, (void *)&p, sizeof load);
        (void)snprintf(here, sizeof here, "./%.290s", path);       /* what has no slash dlopen looks for elsewhere */
        library = load(strchr(path, '/') ? path : here, RTLD_NOW | RTLD_LOCAL);
        p = library ? dlsym(library, name) : NULL;
        if (p) memcpy((void *)&function, (void *)&p, sizeof function);
        else {
            const char *text = dlerror();
            (void)snprintf(why, cap, "%.300s", text ? text : "the system does not say why");
        }
    }
#endif
    return function;
}

/* --- mappings that a signal handler can find. A slot is claimed by the first to count it up from 0, and readable while
 * LLRI_GUARDED is in its state. --- */
enum { LLRI_GUARDED = 1 << 16 };

/* Lists a mapping: its slot, or -1 if there is none. */
static int llri_guard_add(llr_guard *guard, const llri_mapping *m) {
    int i;
    for (i = 0; guard && i < LLR_GUARD_FILES; i++) {
        if (llri_atomic_add(&guard->file[i].state, 1) == 0) {
            guard->file[i].bad_page = 0;
            guard->file[i].base = m->base;
            guard->file[i].n_bytes = m->n;
            (void)llri_atomic_add(&guard->file[i].state, LLRI_GUARDED);
            return i;
        }
        (void)llri_atomic_add(&guard->file[i].state, -1);
    }
    return -1;
}

static void llri_guard_remove(llr_guard *guard, int slot) {
    (void)llri_atomic_add(&guard->file[slot].state, -LLRI_GUARDED);
    (void)llri_atomic_add(&guard->file[slot].state, -1);
}

/* Pages are counted from 1 in bad_page; the first one that failed is kept. */
LLR_API int llr_guard_catch(llr_guard *guard, const void *address) {
    size_t page = llri_page_bytes();
    int i;
    for (i = 0; i < LLR_GUARD_FILES; i++) {
        const void *base;
        size_t n, at;
        if (llri_atomic_load(&guard->file[i].state) < LLRI_GUARDED) continue;
        base = guard->file[i].base;
        n = guard->file[i].n_bytes;
        at = (size_t)((uintptr_t)address - (uintptr_t)base) / page * page;
        if (at >= n || guard->file[i].base != base) continue;           /* closed and used again meanwhile */
        if (!llri_atomic_load(&guard->file[i].bad_page))
            llri_atomic_store(&guard->file[i].bad_page, at / page < INT32_MAX ? (int32_t)(at / page + 1) : INT32_MAX);
        return llri_zero_pages((char *)(uintptr_t)base + at, n - at);
    }
    return 0;
}

/* >>util --------------------------------------------------------------------------------------------------------------
 * What every section needs and the C library does not offer in a form that can be trusted with files from anywhere:
 * checked arithmetic, allocation through the caller's hooks, string views, error sentences, unaligned little-endian
 * reads, a string map, double-precision functions with the same bits on every machine, and what the system allows.
 */

/* --- checked arithmetic: 1 and *out, or 0 if the result does not fit --- */
static inline int llri_mul_u64(uint64_t a, uint64_t b, uint64_t *out) {
    if (b && a > UINT64_MAX / b) return 0;
    *out = a * b;
    return 1;
}

static inline int llri_add_u64(uint64_t a, uint64_t b, uint64_t *out) {
    if (a > UINT64_MAX - b) return 0;
    *out = a + b;
    return 1;
}

static inline int llri_mul_size(size_t a, size_t b, size_t *out) {
    if (b && a > SIZE_MAX / b) return 0;
    *out = a * b;
    return 1;
}

static inline int llri_add_size(size_t a, size_t b, size_t *out) {
    if (a > SIZE_MAX - b) return 0;
    *out = a + b;
    return 1;
}

/* --- string views --- */
typedef struct llri_str { const char *p; size_t n; } llri_str;      /* not NUL-terminated, belongs to someone else */

/* Arguments for "%.*s": hostile files have names of any length, messages do not. */
#define LLRI_S(s) ((int)((s).n > 120 ? 120 : (s).n)), (s).p

static inline llri_str llri_cstr(const char *s) {
    llri_str v;
    v.p = s;
    v.n = strlen(s);
    return v;
}

static inline int llri_str_eq(llri_str a, const char *b) { return a.n == strlen(b) && memcmp(a.p, b, a.n) == 0; }
static inline int llri_str_same(llri_str a, llri_str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

/* Bytes of the valid UTF-8 sequence at s, 0 if there is none. */
static size_t llri_utf8_len(const uint8_t *s, size_t n) {
    size_t len, i;
    if (n == 0) return 0;
    if (s[0] < 0x80) return 1;
    len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n < len) return 0;
    for (i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)) return 0;      /* overlong, surrogates */
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) return 0;      /* overlong, above U+10FFFF */
    return len;
}

/* --- errors and log --- */
LLR_API const char *llr_status_text(llr_status status) {
    switch ((int)status) {
#define LLR_X(name, value, text) case value: return text;
    LLR_STATUS_LIST(LLR_X)
#undef LLR_X
    default: return "unknown status";
    }
}

/* Makes a message printable anywhere: one line, valid UTF-8, no control characters, because names from a file may hold
 * terminal commands. Drops a sequence that the end of the buffer has cut. */
static void llri_clean_text(char *text) {
    uint8_t *s = (uint8_t *)text;
    size_t n = strlen(text), i = 0;
    while (i < n) {
        size_t len = llri_utf8_len(s + i, n - i);
        if (len == 0 && s[i] >= 0xc2 && n - i < 4 && n >= sizeof ((llr_error *)0)->msg - 4) { s[i] = 0; return; }
        if (len == 0 || (len == 1 && (s[i] < 0x20 || s[i] == 0x7f)) || (len == 2 && s[i] == 0xc2 && s[i + 1] < 0xa0)) {
            s[i] = '?';
            if (len == 2) s[i + 1] = '?';
        }
        i += len ? len : 1;
    }
}

static void llri_vformat(char *out, size_t cap, const char *fmt, va_list args) LLRI_PRINTF(3, 0);
static void llri_vformat(char *out, size_t cap, const char *fmt, va_list args) {
    out[0] = 0;
    (void)vsnprintf(out, cap, fmt, args);
    out[cap - 1] = 0;
    llri_clean_text(out);
}

/* Fills *err (may be NULL) and returns code. Integers (as unsigned long long) and strings only: floats depend on the locale. */
static llr_status llri_fail(llr_error *err, llr_status code, const char *fmt, ...) LLRI_PRINTF(3, 4);
static llr_status llri_fail(llr_error *err, llr_status code, const char *fmt, ...) {
    if (err) {
        va_list args;
        err->code = code;
        va_start(args, fmt);
        llri_vformat(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
    }
    return code;
}

static void llri_log(const llr_options *opt, llr_log_level level, const char *fmt, ...) LLRI_PRINTF(3, 4);
static void llri_log(const llr_options *opt, llr_log_level level, const char *fmt, ...) {
    char msg[sizeof ((llr_error *)0)->msg];
    va_list args;
    if (!opt || !opt->log) return;
    va_start(args, fmt);
    llri_vformat(msg, sizeof msg, fmt, args);
    va_end(args);
    opt->log(opt->ud, level, msg);
}

/* Nonzero if the caller wants to stop. */
static inline int llri_progress(const llr_options *opt, llr_phase phase, uint64_t done, uint64_t total) {
    return opt && opt->progress ? opt->progress(opt->ud, phase, done, total) : 0;
}

typedef struct llri_text { char s[32]; } llri_text;

/* 3435973836 -> "3.2 GiB" */
static llri_text llri_size_text(uint64_t n_bytes) {
    static const char units[] = "KMGTPE";
    llri_text t;
    int shift = 0;
    uint64_t rest;
    while (shift < 60 && n_bytes >> shift >= 1024) shift += 10;
    rest = n_bytes & (((uint64_t)1 << shift) - 1);
    if (shift == 0) (void)snprintf(t.s, sizeof t.s, "%llu bytes", (unsigned long long)n_bytes);
    else (void)snprintf(t.s, sizeof t.s, "%llu.%d %ciB", (unsigned long long)(n_bytes >> shift), (int)(rest * 10 >> shift),
                        units[shift / 10 - 1]);
    return t;
}

/* --- allocation. a is never NULL; one that is zeroed means malloc. --- */
static inline const llr_allocator *llri_opt_mem(const llr_options *opt) {
    static const llr_allocator plain = { NULL, NULL, NULL };
    return opt ? &opt->mem : &plain;
}

/* malloc with any alignment: the start of the block is kept just below the address given out. */
static void *llri_malloc_aligned(size_t n, size_t align, int zero) {
    size_t total;
    void *base;
    uint8_t *p;
    if (align < sizeof(void *)) align = sizeof(void *);
    if (!llri_add_size(n, align + sizeof(void *), &total)) return NULL;
    base = zero ? calloc(1, total) : malloc(total);
    if (!base) return NULL;
    p = (uint8_t *)base + sizeof(void *);
    p += (align - ((uintptr_t)p & (align - 1))) & (align - 1);
    memcpy(p - sizeof(void *), &base, sizeof base);
    return p;
}

/* n bytes aligned to align (a power of two up to 4096), NULL on failure. n 0 is taken as 1. */
static void *llri_alloc(const llr_allocator *a, size_t n, size_t align) {
    if (n == 0) n = 1;
    return a->alloc ? a->alloc(a->ud, n, align) : llri_malloc_aligned(n, align, 0);
}

/* Like llri_alloc, filled with zeros. */
static void *llri_calloc(const llr_allocator *a, size_t n, size_t align) {
    void *p;
    if (n == 0) n = 1;
    if (!a->alloc) return llri_malloc_aligned(n, align, 1);
    p = a->alloc(a->ud, n, align);
    if (p) memset(p, 0, n);
    return p;
}

/* n: as given to llri_alloc. p may be NULL. */
static void llri_free(const llr_allocator *a, void *p, size_t n) {
    if (!p) return;
    if (a->alloc) {
        if (a->free) a->free(a->ud, p, n ? n : 1);
    } else {
        void *base;
        memcpy(&base, (uint8_t *)p - sizeof(void *), sizeof base);
        free(base);
    }
}

static llr_status llri_nomem(llr_error *err, const char *what, size_t n_bytes) {
    return llri_fail(err, LLR_E_NOMEM, "not enough memory: %s needs %s (%llu bytes)", what, llri_size_text(n_bytes).s,
                     (unsigned long long)n_bytes);
}

/* --- little endian, any alignment --- */
static inline uint16_t llri_rd16(const void *p) {
    uint16_t v;
    memcpy(&v, p, 2);                       /* compilers do not always see through bytes put together */
    return LLRI_BIG_ENDIAN ? (uint16_t)(v >> 8 | v << 8) : v;
}

static inline uint32_t llri_rd32(const void *p) {
#if LLRI_BIG_ENDIAN
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
#else
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
#endif
}

static inline uint64_t llri_rd64(const void *p) {
    return (uint64_t)llri_rd32(p) | (uint64_t)llri_rd32((const uint8_t *)p + 4) << 32;
}

static inline float llri_rdf32(const void *p) {
    uint32_t u = llri_rd32(p);
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline double llri_rdf64(const void *p) {
    uint64_t u = llri_rd64(p);
    double f;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* --- string map --- */
/* SipHash-1-3 (Aumasson & Bernstein 2012). The seed is an address, which a file cannot know: it cannot prepare keys that all
 * collide. */
static inline uint64_t llri_rotl(uint64_t x, int n) { return x << n | x >> (64 - n); }
static inline void llri_sip_round(uint64_t v[4]) {
    v[0] += v[1]; v[1] = llri_rotl(v[1], 13) ^ v[0]; v[0] = llri_rotl(v[0], 32);
    v[2] += v[3]; v[3] = llri_rotl(v[3], 16) ^ v[2];
    v[0] += v[3]; v[3] = llri_rotl(v[3], 21) ^ v[0];
    v[2] += v[1]; v[1] = llri_rotl(v[1], 17) ^ v[2]; v[2] = llri_rotl(v[2], 32);
}
static uint64_t llri_hash_seeded(const void *p, size_t n, uint64_t seed) {
    const uint8_t *b = (const uint8_t *)p;
    uint64_t key = seed * 0x9e3779b97f4a7c15u + 1, w, last = (uint64_t)n << 56, v[4];
    v[0] = seed ^ 0x736f6d6570736575u; v[1] = key ^ 0x646f72616e646f6du;
    v[2] = seed ^ 0x6c7967656e657261u; v[3] = key ^ 0x7465646279746573u;
    for (; n >= 8; n -= 8, b += 8) {
        w = llri_rd64(b);
        v[3] ^= w;
        llri_sip_round(v);
        v[0] ^= w;
    }
    for (; n; n--) last |= (uint64_t)b[n - 1] << (8 * (n - 1));
    v[3] ^= last;
    llri_sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    llri_sip_round(v);
    llri_sip_round(v);
    llri_sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
static inline uint64_t llri_hash(const void *p, size_t n) { return llri_hash_seeded(p, n, 0x2545f4914f6cdd1du); }

/* From a text to an index; the texts live elsewhere and key_of(ctx, index) finds them. Open addressing, at most half full. */
typedef struct llri_map { uint32_t *slots; size_t n_slots; } llri_map;      /* n_slots: a power of two; empty: UINT32_MAX */
typedef llri_str (*llri_key_of)(const void *ctx, uint32_t i);

static void llri_map_free(llri_map *m, const llr_allocator *a) {
    llri_free(a, m->slots, m->n_slots * sizeof *m->slots);
    m->slots = NULL;
    m->n_slots = 0;
}

/* Room for n_keys; 0 = no memory. */
static int llri_map_init(llri_map *m, const llr_allocator *a, size_t n_keys) {
    size_t n = 4;
    m->slots = NULL;
    m->n_slots = 0;
    if (n_keys > UINT32_MAX / 4 || n_keys > SIZE_MAX / 64) return 0;
    while (n < 2 * n_keys) n *= 2;
    m->slots = (uint32_t *)llri_alloc(a, n * sizeof *m->slots, 64);
    if (!m->slots) return 0;
    m->n_slots = n;
    memset(m->slots, 0xff, n * sizeof *m->slots);
    return 1;
}

/* The slot where key is or would be. The address of the table is the seed: it changes nothing that can be seen. */
static size_t llri_map_slot(const llri_map *m, llri_str key, llri_key_of key_of, const void *ctx) {
    size_t mask = m->n_slots - 1, i = (size_t)llri_hash_seeded(key.p, key.n, (uint64_t)(uintptr_t)m->slots) & mask;
    while (m->slots[i] != UINT32_MAX && !llri_str_same(key_of(ctx, m->slots[i]), key)) i = (i + 1) & mask;
    return i;
}

/* The index of key, or UINT32_MAX. */
static uint32_t llri_map_find(const llri_map *m, llri_str key, llri_key_of key_of, const void *ctx) {
    return m->slots ? m->slots[llri_map_slot(m, key, key_of, ctx)] : UINT32_MAX;
}

/* Adds an index; an index with the same text is replaced. */
static void llri_map_put(llri_map *m, uint32_t index, llri_key_of key_of, const void *ctx) {
    m->slots[llri_map_slot(m, key_of(ctx, index), key_of, ctx)] = index;
}

/* --- double precision functions: libm chooses variants by CPU, so its last bits move from machine to machine --- */
/* x * 2^k, in two steps so that results below the normal range are rounded once. */
static double llri_scale2(double x, int k) {
    int half = k / 2;
    uint64_t a = (uint64_t)(half + 1023) << 52, b = (uint64_t)(k - half + 1023) << 52;
    double fa, fb;
    memcpy(&fa, &a, sizeof fa);
    memcpy(&fb, &b, sizeof fb);
    return x * fa * fb;
}

#define LLRI_LN2_HI (2977044471.0 / 4294967296.0)       /* 32 bits: products with an exponent are exact */
#define LLRI_LN2_LO 1.908214929270587700022e-10

/* e^x, about 1 ulp: x = k ln 2 + r, Taylor series of r to degree 13 (|r| <= 0.35: remainder 4e-18). */
static double llri_exp(double x) {
    double k, r, p = 1.0;
    int i;
    if (x != x) return x;
    if (x > 709.79) return HUGE_VAL;
    if (x < -745.14) return 0.0;
    k = floor(x * 1.44269504088896340736 + 0.5);
    r = x - k * LLRI_LN2_HI - k * LLRI_LN2_LO;
    for (i = 13; i >= 2; i--) p = 1.0 + p * r / i;
    return llri_scale2(1.0 + r * p, (int)k);
}

/* Natural logarithm (llri_log writes messages), about 1 ulp: x = 2^e m with m in [0.7, 1.4]; series of atanh(s), s = (m - 1) / (m + 1). */
static double llri_ln(double x) {
    uint64_t u;
    int e = 0, i;
    double m, f, s, z, r = 0.0, half;
    if (!(x > 0)) return x == 0 ? -HUGE_VAL : x - x + (0.0 * HUGE_VAL);
    if (x > 1.7976931348623157e308) return x;
    if (x < 2.2250738585072014e-308) { x *= 18014398509481984.0; e = -54; }
    memcpy(&u, &x, sizeof u);
    e += (int)(u >> 52) - 1023;
    u = (u & 0xfffffffffffffu) | (uint64_t)1023 << 52;
    memcpy(&m, &u, sizeof m);
    if (m > 1.41421356237309504880) { m *= 0.5; e++; }
    f = m - 1.0;
    s = f / (2.0 + f);
    z = s * s;
    for (i = 23; i >= 3; i -= 2) r = z * (r + 2.0 / i);      /* log(1+f) = 2s + s r = f - (f^2/2 - s (f^2/2 + r)) */
    half = 0.5 * f * f;
    return e * LLRI_LN2_HI - ((half - (s * (half + r) + e * LLRI_LN2_LO)) - f);
}

/* x^y for x >= 0: relative error below 1e-15 for |y| <= 1, 4e-15 for |y| <= 20; NaN for x < 0. */
static double llri_pow(double x, double y) {
    double l, l_lo, p, p_lo, split, a, b, a_lo, b_lo, e;
    if (y == 0 || x == 1) return 1.0;
    if (!(x > 0) || !(fabs(y) < 1e300) || x > 1e300 || x < 1e-300) return llri_exp(y * llri_ln(x));
    l = llri_ln(x);
    l_lo = (x - llri_exp(l)) / x;                           /* what the logarithm lost in rounding */
    p = y * l;
    if (!(fabs(p) < 745)) return llri_exp(p);
    split = 134217729.0;                                     /* exact product of two doubles, Dekker 1971 */
    a = y * split; a = a - (a - y); a_lo = y - a;
    b = l * split; b = b - (b - l); b_lo = l - b;
    p_lo = ((a * b - p) + a * b_lo + a_lo * b) + a_lo * b_lo + y * l_lo;
    e = llri_exp(p);
    return p_lo == p_lo ? e + e * p_lo : e;
}

/* Sine and cosine, error about 1e-16 up to |x| = 5e7, growing beyond. pi/2 in parts of 28 bits, so that the products with
 * the quadrant number are exact (Cody and Waite 1980). */
static void llri_sincos(double x, double *s, double *c) {
    double k, w, hi, lo, r, z, ps = 0.0, pc = 0.0, sn, cs;
    int i, q;
    if (!(fabs(x) < 1e300)) { *s = *c = 0.0 * HUGE_VAL; return; }
    if (fabs(x) > 5e7) x = fmod(x, 6.28318530717958647693);
    k = floor(x * 0.63661977236758134308 + 0.5);
    r = x - k * (210828714.0 / 134217728.0);
    w = k * (35743938.0 / 36028797018963968.0);
    hi = r - w;
    lo = (r - hi) - w - k * (55331942.0 / 9671406556917033397649408.0) - k * 1.64462569363242576015e-26;
    r = hi + lo;
    lo = (hi - r) + lo;
    z = r * r;
    for (i = 17; i >= 3; i -= 2) ps = z * (1.0 + ps) / -(double)(i * (i - 1));    /* sin r = r + r ps */
    for (i = 16; i >= 4; i -= 2) pc = z * (1.0 + pc) / -(double)(i * (i - 1));    /* cos r = 1 - z/2 (1 + pc) */
    sn = r + (r * ps + lo);
    cs = 1.0 - (0.5 * z * (1.0 + pc) + r * lo);
    q = (int)(k - 4.0 * floor(k * 0.25));
    *s = q == 0 ? sn : q == 1 ? cs : q == 2 ? -sn : -cs;
    *c = q == 0 ? cs : q == 1 ? -sn : q == 2 ? -cs : sn;
}

/* --- what the system allows. Linux tells it in small text files; elsewhere little is known. --- */
#if defined(__linux__)
/* The first cap-1 bytes of a file, NUL-terminated; 0 if it cannot be read. */
static int llri_sys_read(const char *path, char *out, size_t cap) {
    size_t n = 0;
    int fd = open(path, O_RDONLY | LLRI_O_CLOEXEC);
    if (fd < 0) return 0;
    while (n + 1 < cap) {
        ssize_t got = read(fd, out + n, cap - 1 - n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        n += (size_t)got;
    }
    out[n] = 0;
    (void)close(fd);
    return n > 0;
}

/* The decimal number at s after blanks; UINT64_MAX if there is none ("max") or it does not fit. */
static uint64_t llri_sys_number(const char *s) {
    uint64_t v = 0;
    while (*s == ' ' || *s == '\t') s++;
    if (*s < '0' || *s > '9') return UINT64_MAX;
    for (; *s >= '0' && *s <= '9'; s++) {
        if (v > (UINT64_MAX - 9) / 10) return UINT64_MAX;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    return v;
}

/* The number of the line "name 123" or "name: 123" of text; UINT64_MAX if it is not there. */
static uint64_t llri_sys_field(const char *text, const char *name) {
    size_t n = strlen(name);
    const char *line = text;
    while (line) {
        if (strncmp(line, name, n) == 0 && (line[n] == ' ' || line[n] == ':')) return llri_sys_number(line + n + 1);
        line = strchr(line, '\n');
        if (line) line++;
    }
    return UINT64_MAX;
}

/* Where Linux describes the machine and this process: /proc and /sys, or copies of them. */
typedef struct llri_roots { const char *proc, *sys; } llri_roots;
static llri_roots llri_opt_roots(const llr_options *opt) {
    llri_roots r;
    r.proc = opt && opt->proc ? opt->proc : "/proc";
    r.sys = opt && opt->sys ? opt->sys : "/sys";
    return r;
}

/* The file root/name; 0 if it cannot be read. */
static int llri_sys_text(const char *root, const char *name, char *out, size_t cap) {
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", root, name);
    return n > 0 && (size_t)n < sizeof path && llri_sys_read(path, out, cap);
}

/* Where this process stands in the hierarchy of a version 1 controller ("memory") or of version 2 (""): *path, and the list of
 * the controllers mounted together, "cpu,cpuacct"; both within text. 0: nowhere. */
static int llri_cgroup_path(const llri_roots *r, const char *controller, char *text, size_t cap, char **list, char **path) {
    char *line, *next, *c;
    size_t n = strlen(controller);
    if (!llri_sys_text(r->proc, "self/cgroup", text, cap)) return 0;
    for (line = text; line && *line; line = next) {          /* "4:cpu,cpuacct:/path" */
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        *list = strchr(line, ':');
        *path = *list ? strchr(++*list, ':') : NULL;
        if (!*path) continue;
        *(*path)++ = 0;
        for (c = *list; c; c = strchr(c, ',') ? strchr(c, ',') + 1 : NULL)
            if (strncmp(c, controller, n) == 0 && (c[n] == 0 || (n && c[n] == ','))) return 1;
    }
    return 0;
}

/* Calls visit(ctx, folder, v2) for the control group of this process and all above it: limits hold along the whole chain.
 * In a container the path may be one of the host; the walk then ends at the root, which is the container's own group. */
static void llri_cgroup_walk(const llri_roots *r, const char *controller, void (*visit)(void *ctx, const char *folder, int v2), void *ctx) {
    int v2, i;
    for (v2 = 0; v2 < 2; v2++) {
        char text[8192], folder[4096], *list, *path;
        size_t n;
        if (!llri_cgroup_path(r, v2 ? "" : controller, text, sizeof text, &list, &path)) continue;
        for (n = strlen(path);;) {
            while (n && path[n - 1] == '/') n--;
            path[n] = 0;
            for (i = 0; i < 2; i++) {       /* mounted by name or by list; version 2 alone or beside version 1 */
                const char *mount = v2 ? (i ? "/unified" : "") : i ? list : controller;
                if (i && strcmp(mount, controller) == 0) continue;
                (void)snprintf(folder, sizeof folder, "%s/fs/cgroup%s%s%s", r->sys, v2 ? "" : "/", mount, path);
                visit(ctx, folder, v2);
            }
            if (n == 0) break;
            while (n && path[n - 1] != '/') n--;
        }
    }
}

static uint64_t llri_cgroup_number(const char *folder, const char *file) {
    char text[64];
    return llri_sys_text(folder, file, text, sizeof text) ? llri_sys_number(text) : UINT64_MAX;
}

/* Lowers what is left to that of this group: limit - (used - file cache that the kernel can drop). Above memory.high a group
 * is not killed, but slowed down until it is of no use. */
static void llri_cgroup_memory(void *ctx, const char *folder, int v2) {
    static const char *const limits[2][2] = { { "memory.limit_in_bytes", NULL }, { "memory.max", "memory.high" } };
    llr_memory *m = (llr_memory *)ctx;
    uint64_t used = llri_cgroup_number(folder, v2 ? "memory.current" : "memory.usage_in_bytes"), cache = 0, a, b;
    char text[8192];
    int i;
    if (used == UINT64_MAX) return;
    if (llri_sys_text(folder, "memory.stat", text, sizeof text)) {
        a = llri_sys_field(text, v2 ? "inactive_file" : "total_inactive_file");
        b = llri_sys_field(text, v2 ? "active_file" : "total_active_file");
        cache = (a == UINT64_MAX ? 0 : a) + (b == UINT64_MAX ? 0 : b);
    }
    used -= cache < used ? cache : used;
    for (i = 0; i < 2 && limits[v2][i]; i++) {
        uint64_t limit = llri_cgroup_number(folder, limits[v2][i]), left = used < limit ? limit - used : 0;
        if (limit > UINT64_MAX / 4 || left >= m->group_bytes) continue;     /* version 1 writes 2^63 - 4096 for none */
        m->group_bytes = left;
        m->group_limit = limit;
        (void)snprintf(m->group, sizeof m->group, "%.480s/%s", folder, limits[v2][i]);
    }
}
#endif

/* What the address space of this process still allows; UINT64_MAX: no limit known. */
static uint64_t llri_address_space_left(void) {
    uint64_t limit = sizeof(void *) < 8 ? (uint64_t)3 << 30 : UINT64_MAX, used = 0;
#if !LLRI_WINDOWS && defined(RLIMIT_AS)
    struct rlimit r;
    if (getrlimit(RLIMIT_AS, &r) == 0 && r.rlim_cur != RLIM_INFINITY && (uint64_t)r.rlim_cur < limit) limit = (uint64_t)r.rlim_cur;
#endif
    if (limit == UINT64_MAX) return limit;
#if defined(__linux__)
    {
        char text[128];
        if (llri_sys_read("/proc/self/statm", text, sizeof text)) used = llri_sys_number(text);
        used = used == UINT64_MAX ? 0 : used * llri_page_bytes();
    }
#endif
    return used < limit ? limit - used : 0;
}

LLR_API void llr_memory_look(llr_memory *out, const llr_options *opt) {
    memset(out, 0, sizeof *out);
    out->machine_bytes = out->group_bytes = out->group_limit = UINT64_MAX;
    out->space_bytes = llri_address_space_left();
#if LLRI_WINDOWS
    {
        MEMORYSTATUSEX m;
        m.dwLength = sizeof m;
        if (GlobalMemoryStatusEx(&m)) out->machine_bytes = m.ullAvailPhys;
    }
#elif defined(__linux__)
    {
        llri_roots r = llri_opt_roots(opt);
        char text[4096];
        if (llri_sys_text(r.proc, "meminfo", text, sizeof text)) {
            uint64_t kib = llri_sys_field(text, "MemAvailable"), swap = llri_sys_field(text, "SwapFree");
            if (kib == UINT64_MAX) kib = llri_sys_field(text, "MemFree");        /* kernels before 3.14 */
            if (kib < UINT64_MAX / 1024) out->machine_bytes = kib * 1024;
            if (swap < UINT64_MAX / 1024) out->swap_bytes = swap * 1024;
        }
        llri_cgroup_walk(&r, "memory", llri_cgroup_memory, out);
    }
#endif
    (void)opt;
    out->available_bytes = out->machine_bytes < out->group_bytes ? out->machine_bytes : out->group_bytes;
    if (out->space_bytes < out->available_bytes) out->available_bytes = out->space_bytes;
}

static uint64_t llri_memory_left(const llr_options *opt) {
    llr_memory m;
    llr_memory_look(&m, opt);
    return m.available_bytes;
}
LLR_API uint64_t llr_memory_available(void) { return llri_memory_left(NULL); }
/* The same, but for addresses: what pages of files may take. */
static uint64_t llri_memory_for_pages(const llr_memory *m) { return m->machine_bytes < m->group_bytes ? m->machine_bytes : m->group_bytes; }

/* Memory is not taken before asking the system, unless the caller answers for it: by an allocator, or by saying so. */
static int llri_memory_guarded(const llr_options *opt) { return !opt || (!opt->mem.alloc && !opt->overcommit); }

/* What the kernel needs beside n bytes in use: page tables, and room for the pages of files that are at work, those of the
 * program too. */
#define LLRI_ROOM_BYTES ((uint64_t)3 << 20)
/* Pages that are being read cannot be dropped, and some disks are set to read 16 MiB ahead. Where all that is left may be such
 * pages when another thread needs one, the kernel kills: with less than this for each thread nothing is read ahead. */
#define LLRI_AHEAD_BYTES ((uint64_t)16 << 20)
static uint64_t llri_system_bytes(uint64_t n) { return LLRI_ROOM_BYTES + n / 512; }

/* >>types ------------------------------------------------------------------------------------------------------------
 * The tensor types of GGUF files. A row of a tensor is a whole number of blocks; a block packs a fixed number of weights
 * with their scales. Blocks are structs of bytes: they lie unaligned in the file and multi-byte fields are little endian,
 * so every such field is an array read through llri_rd16/llri_rd32. One list holds every type; names, sizes, ids and the
 * dequantiser table of the next section are derived from it, so they cannot disagree. What the fields mean is defined by
 * the dequantisers in >>convert.
 */

/* Plain types: a block is one element. */
typedef struct llri_block_f32  { uint8_t v[4]; } llri_block_f32;
typedef struct llri_block_f16  { uint8_t v[2]; } llri_block_f16;
typedef struct llri_block_bf16 { uint8_t v[2]; } llri_block_bf16;
typedef struct llri_block_f64  { uint8_t v[8]; } llri_block_f64;
typedef struct llri_block_i8   { uint8_t v[1]; } llri_block_i8;
typedef struct llri_block_i16  { uint8_t v[2]; } llri_block_i16;
typedef struct llri_block_i32  { uint8_t v[4]; } llri_block_i32;
typedef struct llri_block_i64  { uint8_t v[8]; } llri_block_i64;

/* Small blocks, 32 to 128 elements. d: scale, m: minimum, both halves unless a comment says otherwise. */
typedef struct llri_block_q1_0   { uint8_t d[2], qs[16]; } llri_block_q1_0;               /* 128: one sign bit each */
typedef struct llri_block_q2_0   { uint8_t d[2], qs[16]; } llri_block_q2_0;               /* 64: two bits each */
typedef struct llri_block_q4_0   { uint8_t d[2], qs[16]; } llri_block_q4_0;
typedef struct llri_block_q4_1   { uint8_t d[2], m[2], qs[16]; } llri_block_q4_1;
typedef struct llri_block_q5_0   { uint8_t d[2], qh[4], qs[16]; } llri_block_q5_0;        /* qh: u32, fifth bits */
typedef struct llri_block_q5_1   { uint8_t d[2], m[2], qh[4], qs[16]; } llri_block_q5_1;
typedef struct llri_block_q8_0   { uint8_t d[2]; int8_t qs[32]; } llri_block_q8_0;
typedef struct llri_block_q8_1   { uint8_t d[2], s[2]; int8_t qs[32]; } llri_block_q8_1;  /* s: d * sum of qs */
typedef struct llri_block_iq4_nl { uint8_t d[2], qs[16]; } llri_block_iq4_nl;
typedef struct llri_block_mxfp4  { uint8_t e, qs[16]; } llri_block_mxfp4;                 /* e: power of two */
typedef struct llri_block_nvfp4  { uint8_t e[4], qs[32]; } llri_block_nvfp4;              /* 64; e: ue4m3 per 16 */

/* Super-blocks of 256 elements: one or two halves, and small integer scales for groups of 16 or 32. */
typedef struct llri_block_q2_K { uint8_t scales[16], qs[64], d[2], dmin[2]; } llri_block_q2_K;
typedef struct llri_block_q3_K { uint8_t hmask[32], qs[64], scales[12], d[2]; } llri_block_q3_K;
typedef struct llri_block_q4_K { uint8_t d[2], dmin[2], scales[12], qs[128]; } llri_block_q4_K;
typedef struct llri_block_q5_K { uint8_t d[2], dmin[2], scales[12], qh[32], qs[128]; } llri_block_q5_K;
typedef struct llri_block_q6_K { uint8_t ql[128], qh[64]; int8_t scales[16]; uint8_t d[2]; } llri_block_q6_K;
typedef struct llri_block_q8_K { uint8_t d[4]; int8_t qs[256]; uint8_t bsums[16][2]; } llri_block_q8_K;  /* d: f32 */
typedef struct llri_block_tq1_0   { uint8_t qs[48], qh[4], d[2]; } llri_block_tq1_0;
typedef struct llri_block_tq2_0   { uint8_t qs[64], d[2]; } llri_block_tq2_0;
typedef struct llri_block_iq1_s   { uint8_t d[2], qs[32], qh[8][2]; } llri_block_iq1_s;
typedef struct llri_block_iq1_m   { uint8_t qs[32], qh[16], scales[4][2]; } llri_block_iq1_m;
typedef struct llri_block_iq2_xxs { uint8_t d[2], qs[8][8]; } llri_block_iq2_xxs;         /* 4 indices, u32 of signs */
typedef struct llri_block_iq2_xs  { uint8_t d[2], qs[32][2], scales[8]; } llri_block_iq2_xs;
typedef struct llri_block_iq2_s   { uint8_t d[2], qs[32], signs[32], qh[8], scales[8]; } llri_block_iq2_s;
typedef struct llri_block_iq3_xxs { uint8_t d[2], qs[64], signs[8][4]; } llri_block_iq3_xxs;
typedef struct llri_block_iq3_s   { uint8_t d[2], qs[64], qh[8], signs[32], scales[4]; } llri_block_iq3_s;
typedef struct llri_block_iq4_xs  { uint8_t d[2], scales_h[2], scales_l[4], qs[128]; } llri_block_iq4_xs;

/* Every id a file may carry, in order. T: id, constant, name, elements per block, 1 = can be dequantised (0: exists only
 * for activations). R: id, name of a type that files no longer use. */
#define LLRI_TYPE_LIST(T, R) \
    T( 0, LLRI_F32,     f32,       1, 1) \
    T( 1, LLRI_F16,     f16,       1, 1) \
    T( 2, LLRI_Q4_0,    q4_0,     32, 1) \
    T( 3, LLRI_Q4_1,    q4_1,     32, 1) \
    R( 4, Q4_2) \
    R( 5, Q4_3) \
    T( 6, LLRI_Q5_0,    q5_0,     32, 1) \
    T( 7, LLRI_Q5_1,    q5_1,     32, 1) \
    T( 8, LLRI_Q8_0,    q8_0,     32, 1) \
    T( 9, LLRI_Q8_1,    q8_1,     32, 0) \
    T(10, LLRI_Q2_K,    q2_K,    256, 1) \
    T(11, LLRI_Q3_K,    q3_K,    256, 1) \
    T(12, LLRI_Q4_K,    q4_K,    256, 1) \
    T(13, LLRI_Q5_K,    q5_K,    256, 1) \
    T(14, LLRI_Q6_K,    q6_K,    256, 1) \
    T(15, LLRI_Q8_K,    q8_K,    256, 1) \
    T(16, LLRI_IQ2_XXS, iq2_xxs, 256, 1) \
    T(17, LLRI_IQ2_XS,  iq2_xs,  256, 1) \
    T(18, LLRI_IQ3_XXS, iq3_xxs, 256, 1) \
    T(19, LLRI_IQ1_S,   iq1_s,   256, 1) \
    T(20, LLRI_IQ4_NL,  iq4_nl,   32, 1) \
    T(21, LLRI_IQ3_S,   iq3_s,   256, 1) \
    T(22, LLRI_IQ2_S,   iq2_s,   256, 1) \
    T(23, LLRI_IQ4_XS,  iq4_xs,  256, 1) \
    T(24, LLRI_I8,      i8,        1, 1) \
    T(25, LLRI_I16,     i16,       1, 1) \
    T(26, LLRI_I32,     i32,       1, 1) \
    T(27, LLRI_I64,     i64,       1, 1) \
    T(28, LLRI_F64,     f64,       1, 1) \
    T(29, LLRI_IQ1_M,   iq1_m,   256, 1) \
    T(30, LLRI_BF16,    bf16,      1, 1) \
    R(31, Q4_0_4_4) \
    R(32, Q4_0_4_8) \
    R(33, Q4_0_8_8) \
    T(34, LLRI_TQ1_0,   tq1_0,   256, 1) \
    T(35, LLRI_TQ2_0,   tq2_0,   256, 1) \
    R(36, IQ4_NL_4_4) \
    R(37, IQ4_NL_4_8) \
    R(38, IQ4_NL_8_8) \
    T(39, LLRI_MXFP4,   mxfp4,    32, 1) \
    T(40, LLRI_NVFP4,   nvfp4,    64, 1) \
    T(41, LLRI_Q1_0,    q1_0,    128, 1) \
    T(42, LLRI_Q2_0,    q2_0,     64, 1)

#define LLRI_T(id, constant, name, block, dequant) constant = id,
#define LLRI_R(id, name)
typedef enum llri_type_id { LLRI_TYPE_LIST(LLRI_T, LLRI_R) LLRI_TYPE_MAX_ = 0x7fffffff } llri_type_id;
#undef LLRI_T
#undef LLRI_R

/* block: elements per block, 0 for a removed type; bytes: size of a block. */
typedef struct llri_type_info { const char *name; uint32_t block, bytes; } llri_type_info;

#define LLRI_T(id, constant, name, block, dequant) { #name, block, (uint32_t)sizeof(llri_block_##name) },
#define LLRI_R(id, name) { #name, 0, 0 },
static const llri_type_info llri_types[] = { LLRI_TYPE_LIST(LLRI_T, LLRI_R) };
#undef LLRI_T
#undef LLRI_R
enum { LLRI_N_TYPES = sizeof(llri_types) / sizeof(llri_types[0]) };

/* The array above is indexed by id, so the list must have a row for every id, in order. */
#define LLRI_STATIC_ASSERT(name, condition) typedef char llri_assert_##name[(condition) ? 1 : -1]
#define LLRI_T(id, constant, name, block, dequant) LLRI_TYPE_ROW_##id,
#define LLRI_R(id, name) LLRI_TYPE_ROW_##id,
enum { LLRI_TYPE_LIST(LLRI_T, LLRI_R) LLRI_TYPE_ROWS };
#undef LLRI_T
#undef LLRI_R
#define LLRI_T(id, constant, name, block, dequant) LLRI_STATIC_ASSERT(type_row_##id, LLRI_TYPE_ROW_##id == id);
#define LLRI_R(id, name) LLRI_STATIC_ASSERT(type_row_##id, LLRI_TYPE_ROW_##id == id);
LLRI_TYPE_LIST(LLRI_T, LLRI_R)
#undef LLRI_T
#undef LLRI_R

/* The sizes that the format prescribes: a compiler that pads a struct of bytes must not build this. */
#define LLRI_SIZE(name, n) LLRI_STATIC_ASSERT(size_##name, sizeof(llri_block_##name) == (n))
LLRI_SIZE(f32, 4);      LLRI_SIZE(f16, 2);      LLRI_SIZE(bf16, 2);    LLRI_SIZE(f64, 8);
LLRI_SIZE(i8, 1);       LLRI_SIZE(i16, 2);      LLRI_SIZE(i32, 4);     LLRI_SIZE(i64, 8);
LLRI_SIZE(q1_0, 18);    LLRI_SIZE(q2_0, 18);    LLRI_SIZE(q4_0, 18);   LLRI_SIZE(q4_1, 20);
LLRI_SIZE(q5_0, 22);    LLRI_SIZE(q5_1, 24);    LLRI_SIZE(q8_0, 34);   LLRI_SIZE(q8_1, 36);
LLRI_SIZE(q2_K, 84);    LLRI_SIZE(q3_K, 110);   LLRI_SIZE(q4_K, 144);  LLRI_SIZE(q5_K, 176);
LLRI_SIZE(q6_K, 210);   LLRI_SIZE(q8_K, 292);   LLRI_SIZE(tq1_0, 54);  LLRI_SIZE(tq2_0, 66);
LLRI_SIZE(iq1_s, 50);   LLRI_SIZE(iq1_m, 56);   LLRI_SIZE(iq2_s, 82);  LLRI_SIZE(iq2_xs, 74);
LLRI_SIZE(iq2_xxs, 66); LLRI_SIZE(iq3_s, 110);  LLRI_SIZE(iq3_xxs, 98);
LLRI_SIZE(iq4_nl, 18);  LLRI_SIZE(iq4_xs, 136); LLRI_SIZE(mxfp4, 17);  LLRI_SIZE(nvfp4, 36);
#undef LLRI_SIZE

/* The type with this id, or NULL if files may not use it (unknown or removed). Constant time. */
static const llri_type_info *llri_type(uint32_t id) {
    return id < (uint32_t)LLRI_N_TYPES && llri_types[id].block ? &llri_types[id] : NULL;
}

/* "Q4_2" for an id that files no longer use, NULL for every other id: to say which type a file is too old for. */
static const char *llri_type_removed_name(uint32_t id) {
    return id < (uint32_t)LLRI_N_TYPES && !llri_types[id].block ? llri_types[id].name : NULL;
}

/* >>convert ----------------------------------------------------------------------------------------------------------
 * Half and bfloat16 numbers, and one plain dequantiser per tensor type: block of bytes in, floats out. These functions
 * are the definition of the formats for the rest of this file; kernels are tested against them. They favour clearness
 * over speed, and keep the order of the multiplications, so that results agree with the reference in every bit,
 * the signs of zeros included: products are made in float from left to right, never from integers first.
 */

/* ---- numbers ---- */

static float llri_bits_to_f32(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
static uint32_t llri_f32_to_bits(float f) { uint32_t bits; memcpy(&bits, &f, 4); return bits; }

/* Exact. A signalling NaN becomes a quiet one, as in the conversion instructions of every CPU. */
static float llri_f16_to_f32(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, e = h >> 10 & 31, m = h & 1023;
    if (e == 31) return llri_bits_to_f32(sign | 0x7f800000 | m << 13 | (m ? 0x400000u : 0));
    if (e) return llri_bits_to_f32(sign | (e + 112) << 23 | m << 13);
    { float f = (float)m * (1.0f / 16777216); return sign ? -f : f; }  /* zero, or a subnormal: m * 2^-24 */
}

/* To nearest, ties to even; 65520 and above give infinity. In integers, so that no rounding mode and no flush of
 * subnormals has a say. */
static uint16_t llri_f32_to_f16(float f) {
    uint32_t bits = llri_f32_to_bits(f), a = bits & 0x7fffffff, sign = bits >> 16 & 0x8000, r, m, rest, half;
    if (a > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (a >> 13 & 0x3ff));                 /* NaN, made quiet */
    if (a >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
    if (a >= 0x38800000) {                                                                    /* 2^-14: normal */
        a -= 112u << 23;
        return (uint16_t)(sign | (a + 0xfff + (a >> 13 & 1)) >> 13);
    }
    if (a < 0x33000000) return (uint16_t)sign;                                                /* below 2^-25 */
    half = 1u << (125 - (a >> 23));                    /* half of a unit of 2^-24, in units of f's last place */
    m = (a & 0x7fffff) | 0x800000;
    r = m / (2 * half);
    rest = m % (2 * half);
    return (uint16_t)(sign | (r + (rest > half || (rest == half && (r & 1)))));
}

static float llri_bf16_to_f32(uint16_t h) { return llri_bits_to_f32((uint32_t)h << 16); }

static float llri_rd_f16(const void *p) { return llri_f16_to_f32(llri_rd16(p)); }

/* Half of the E8M0 number e, that is 2^(e-128): the tables of 4-bit floats below hold doubled values. Compilers make vectors of
 * this and the next, for which they need integers of 32 bits, no branches, and no shift by a variable. */
static float llri_e8m0_half(uint32_t e) {
    return llri_bits_to_f32(e < 2 ? (e + 1) << 21 : (e - 1) << 23);  /* 2^-128, 2^-127: subnormal */
}

/* Half of the unsigned E4M3 number x: 4 bits of exponent (bias 7), 3 of mantissa. 0x7f is NaN and counts as 0. */
static float llri_ue4m3_half(uint32_t x) {
    uint32_t e = x >> 3 & 15, m = ((x & 7) + ((e != 0) << 3)) * (x != 0x7f);
    return (float)(int32_t)m * llri_bits_to_f32((e + (e == 0) + 116) << 23);
}

/* ---- fixed tables of the formats ---- */

/* Values of 4-bit codes: iq4_nl and iq4_xs; E2M1 floats, doubled (mxfp4, nvfp4; minus zero counts as zero). */
static const int8_t llri_values_iq4[16] = { -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113 };
static const int8_t llri_values_fp4[16] = { 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12 };

/* The codebooks of the iq types: vectors of 8 (iq1, iq2) or 4 (iq3) small integers, one byte each, element 0 in the least
 * significant byte. In the source a vector of 8 is 16 bits, two per element, element 0 lowest, and a literal holds two
 * vectors, the first one low; a vector of 4 is four octal digits, element 0 first. The macros turn codes into values:
 *   iq2: 0 1 2 -> 8 25 43;  iq1: -1 0 1 in two bits -> 2 10 18;  iq3s: c -> 1 + 2c;  iq3xxs: c -> 4 + 8c, but 7 -> 62. */
#define LLRI_SPREAD4(x) (((uint64_t)(x) * 0x1000001 & 0x000000ff000000ffull) * 0x1001 & 0x000f000f000f000full)
#define LLRI_SPREAD2(x) (LLRI_SPREAD4(x) * 0x41 & 0x0303030303030303ull)         /* 16 bits -> 8 bytes of two bits */
#define LLRI_HIGHBIT(x) (LLRI_SPREAD2(x) >> 1 & 0x0101010101010101ull)
#define LLRI_IQ1(x) (LLRI_SPREAD2(x) * 8 + 0x0a0a0a0a0a0a0a0aull - LLRI_HIGHBIT(x) * 32)
#define LLRI_IQ2(x) (LLRI_SPREAD2(x) * 17 + LLRI_HIGHBIT(x) + 0x0808080808080808ull)
#define LLRI_TWO(V, x) V((x) & 0xffff), V((x) >> 16)
#define LLRI_SIXTEEN(V, a, b, c, d, e, f, g, h) LLRI_TWO(V, a), LLRI_TWO(V, b), LLRI_TWO(V, c), LLRI_TWO(V, d), \
    LLRI_TWO(V, e), LLRI_TWO(V, f), LLRI_TWO(V, g), LLRI_TWO(V, h)
#define LLRI_G1(a, b, c, d, e, f, g, h) LLRI_SIXTEEN(LLRI_IQ1, a, b, c, d, e, f, g, h)
#define LLRI_G2(a, b, c, d, e, f, g, h) LLRI_SIXTEEN(LLRI_IQ2, a, b, c, d, e, f, g, h)
#define LLRI_DIGITS(x) ((uint32_t)(x) >> 9 | ((x) & 0700u) << 2 | ((x) & 070u) << 13 | ((x) & 07u) << 24)
#define LLRI_IQ3S(x) (LLRI_DIGITS(x) * 2 + 0x01010101u)
#define LLRI_IQ3X(x) (LLRI_DIGITS(x) * 8 + 0x04040404u + ((LLRI_DIGITS(x) + 0x01010101u) >> 2 & 0x02020202u))
#define LLRI_FOUR(V, a, b, c, d) V(a), V(b), V(c), V(d)
#define LLRI_G3S(a, b, c, d, e, f, g, h) LLRI_FOUR(LLRI_IQ3S, a, b, c, d), LLRI_FOUR(LLRI_IQ3S, e, f, g, h)
#define LLRI_G3X(a, b, c, d, e, f, g, h) LLRI_FOUR(LLRI_IQ3X, a, b, c, d), LLRI_FOUR(LLRI_IQ3X, e, f, g, h)
static const uint64_t llri_grid_iq2xxs[256] = {
    LLRI_G2(0x00020000,0x00080005,0x0011000a,0x00200014,0x00280022,0x0041002a,0x00500044,0x00610058),
    LLRI_G2(0x00800064,0x008a0082,0x010100a2,0x01100104,0x01400115,0x01980184,0x02020200,0x02820222),
    LLRI_G2(0x04040401,0x04210410,0x04400424,0x04480442,0x04810460,0x04900484,0x050004a4,0x05080502),
    LLRI_G2(0x05460520,0x05800569,0x06090591,0x06400610,0x06a40684,0x08050800,0x08140808,0x08410828),
    LLRI_G2(0x08500844,0x08880852,0x09400904,0x0a140a02,0x10041001,0x10211010,0x10601040,0x10901084),
    LLRI_G2(0x11001095,0x11201108,0x115a1150,0x12241180,0x14001245,0x14201408,0x14491425,0x15181480),
    LLRI_G2(0x16001562,0x18011616,0x18101804,0x18811840,0x19051900,0x1a5119a0,0x20022000,0x2044200a),
    LLRI_G2(0x20802061,0x21292082,0x22002148,0x24012202,0x24102404,0x24562440,0x25412500,0x26902564),
    LLRI_G2(0x28202808,0x2a442894,0x40044001,0x40184010,0x40244021,0x40484040,0x40604056,0x40844081),
    LLRI_G2(0x41004090,0x41614120,0x41854180,0x42104201,0x42564248,0x44004268,0x44204408,0x44994480),
    LLRI_G2(0x45244512,0x48014600,0x48104804,0x48454840,0x49584900,0x49824961,0x4a904a45,0x50085000),
    LLRI_G2(0x50195011,0x50805020,0x51045088,0x51a45142,0x54905291,0x550a5492,0x56545601,0x58115800),
    LLRI_G2(0x58645819,0x5a085940,0x60106004,0x60686040,0x61556100,0x62606218,0x64056400,0x65126510),
    LLRI_G2(0x68426584,0x80028000,0x8041800a,0x81048082,0x81408118,0x84018211,0x84108404,0x84408415),
    LLRI_G2(0x85008460,0x85948546,0x86408609,0x88028660,0x8a118904,0x90109004,0x90409024,0x911690a1),
    LLRI_G2(0x92459180,0x94229400,0x95519444,0x99209881,0xa050a002,0xa109a085,0xa418a200,0xa904a850),
};

static const uint64_t llri_grid_iq2xs[512] = {
    LLRI_G2(0x00020000,0x00080005,0x0011000a,0x00160014,0x00200019,0x00250022,0x00410028,0x00460044),
    LLRI_G2(0x00500049,0x00550052,0x00610058,0x00800064,0x00850082,0x00910088,0x00990094,0x010100a0),
    LLRI_G2(0x01060104,0x01100109,0x01150112,0x011a0118,0x01240121,0x01420140,0x01480145,0x01540151),
    LLRI_G2(0x01680160,0x01840181,0x02000190,0x02050202,0x02110208,0x02200214,0x02440241,0x02550250),
    LLRI_G2(0x028a0280,0x04040401,0x04090406,0x04120410,0x04180415,0x04240421,0x04420440,0x04480445),
    LLRI_G2(0x04540451,0x04600456,0x04840481,0x05000490,0x05050502,0x05110508,0x05200514,0x05440541),
    LLRI_G2(0x05610550,0x06010580,0x06100604,0x06400626,0x06840642,0x08020800,0x08080805,0x0811080a),
    LLRI_G2(0x08200814,0x08410825,0x08500844,0x08800858,0x08aa08a0,0x09040901,0x09400910,0x09890981),
    LLRI_G2(0x0a200a00,0x0a960a28,0x10010aa0,0x10061004,0x10101009,0x10151012,0x10211018,0x10401024),
    LLRI_G2(0x10451042,0x10511048,0x10601054,0x1081106a,0x10901084,0x11021100,0x11081105,0x11141111),
    LLRI_G2(0x11411120,0x11501144,0x11941180,0x12011196,0x12061204,0x12401210,0x14001260,0x14051402),
    LLRI_G2(0x14111408,0x14201414,0x14441441,0x14501449,0x14801464,0x15041501,0x15401510,0x16141600),
    LLRI_G2(0x18011649,0x18101804,0x18401812,0x18861854,0x19051900,0x1a511966,0x20001aa9,0x20052002),
    LLRI_G2(0x200a2008,0x20142011,0x20412020,0x20502044,0x20a02080,0x21042101,0x21402110,0x21652148),
    LLRI_G2(0x22222200,0x22a82280,0x24042401,0x24292410,0x25002440,0x25522541,0x26012599,0x26a6261a),
    LLRI_G2(0x28082800,0x2820280a,0x28882855,0x296828a2,0x2a082990,0x2a822a20,0x2a8a2a88,0x40044001),
    LLRI_G2(0x40094006,0x40124010,0x40184015,0x40244021,0x40424040,0x40484045,0x4051404a,0x40604054),
    LLRI_G2(0x40814065,0x40904084,0x41024100,0x41084105,0x41144111,0x41414120,0x41504144,0x41854180),
    LLRI_G2(0x420141a2,0x42104204,0x42294212,0x44004240,0x44054402,0x44114408,0x44194414,0x44414420),
    LLRI_G2(0x44504444,0x44944480,0x45044501,0x45244510,0x459a4540,0x460a4600,0x46504644,0x48044801),
    LLRI_G2(0x48404810,0x48544845,0x49004862,0x49444911,0x49694950,0x50004a04,0x50055002,0x50115008),
    LLRI_G2(0x50205014,0x50415028,0x50505044,0x51015080,0x51105104,0x51405115,0x52005142,0x52aa5244),
    LLRI_G2(0x54045401,0x54215410,0x54605440,0x54a15481,0x55085500,0x55885580,0x56685621,0x580056a1),
    LLRI_G2(0x58415814,0x58995850,0x5940591a,0x5a855942,0x60046001,0x60406010,0x60626054,0x60a96086),
    LLRI_G2(0x62246100,0x6292624a,0x64166400,0x65406510,0x65a46545,0x686a6801,0x6a066925,0x6a626a54),
    LLRI_G2(0x80028000,0x80088005,0x80148011,0x802a8020,0x80448041,0x80808050,0x80a88082,0x810180aa),
    LLRI_G2(0x81068104,0x81408110,0x81598151,0x82208200,0x82828280,0x82a882a0,0x84048401,0x84128410),
    LLRI_G2(0x84408415,0x84898460,0x85448500,0x861885a5,0x8800866a,0x88258808,0x8880885a,0x88a88882),
    LLRI_G2(0x8a228906,0x8a888a80,0x8aa88a96,0x90049001,0x90409010,0x90849056,0x91229100,0x92569164),
    LLRI_G2(0x94009289,0x94449405,0x94589450,0x95909529,0x96419592,0x98a69851,0x9a159949,0xa0009a60),
    LLRI_G2(0xa008a002,0xa020a00a,0xa0a0a02a,0xa159a151,0xa200a1a6,0xa208a202,0xa280a22a,0xa440a2a0),
    LLRI_G2(0xa665a495,0xa80aa698,0xa822a820,0xa8a0a828,0xa904a8a8,0xa986a984,0xaa2aaa28,0xaaaaaa91),
};

static const uint64_t llri_grid_iq2s[1024] = {
    LLRI_G2(0x00020000,0x00080005,0x0011000a,0x00160014,0x00200019,0x00250022,0x00410028,0x00460044),
    LLRI_G2(0x00500049,0x00550052,0x00610058,0x00660064,0x00800069,0x00850082,0x00910088,0x00a00094),
    LLRI_G2(0x00aa00a5,0x01040101,0x01090106,0x01120110,0x01180115,0x01240121,0x01420140,0x01480145),
    LLRI_G2(0x01540151,0x01590156,0x01650160,0x01810168,0x01900184,0x01950192,0x01a401a1,0x02020200),
    LLRI_G2(0x02080205,0x02140211,0x022a0220,0x02440241,0x02490246,0x02550250,0x02850280,0x0294028a),
    LLRI_G2(0x040102a2,0x04060404,0x04100409,0x04150412,0x04210418,0x04260424,0x04400429,0x04450442),
    LLRI_G2(0x044a0448,0x04540451,0x04590456,0x04620460,0x04810465,0x04860484,0x04900489,0x04980495),
    LLRI_G2(0x04a404a1,0x05020500,0x05080505,0x0511050a,0x05160514,0x05200519,0x05280525,0x05440541),
    LLRI_G2(0x05490546,0x05520550,0x05580555,0x05640561,0x05820580,0x05880585,0x05940591,0x060105a0),
    LLRI_G2(0x06060604,0x06100609,0x06400615,0x06480645,0x06540651,0x06810660,0x06900684,0x08020800),
    LLRI_G2(0x08080805,0x08140811,0x08190816,0x08250820,0x0841082a,0x08460844,0x08500849,0x08550852),
    LLRI_G2(0x08610858,0x08800864,0x08940885,0x090108aa,0x09100904,0x09150912,0x09210918,0x09450940),
    LLRI_G2(0x09510948,0x09600954,0x09900981,0x0a110a00,0x0a220a14,0x0a2a0a28,0x0a990a50,0x10041001),
    LLRI_G2(0x10091006,0x10121010,0x10181015,0x10241021,0x10401026,0x10451042,0x10511048,0x10561054),
    LLRI_G2(0x10601059,0x10651062,0x10811068,0x10861084,0x10951090,0x10a11098,0x110010a4,0x11051102),
    LLRI_G2(0x110a1108,0x11141111,0x11191116,0x11221120,0x11281125,0x11441141,0x11491146,0x11521150),
    LLRI_G2(0x11581155,0x11641161,0x11821180,0x11881185,0x11941191,0x12041201,0x12101209,0x12211215),
    LLRI_G2(0x12401224,0x12511245,0x12811254,0x12901284,0x14021400,0x14081405,0x14141411,0x14191416),
    LLRI_G2(0x14251420,0x14411428,0x14461444,0x14501449,0x14551452,0x14611458,0x14801464,0x14851482),
    LLRI_G2(0x14911488,0x14a01494,0x15041501,0x15091506,0x15121510,0x15181515,0x15241521,0x15421540),
    LLRI_G2(0x15481545,0x15541551,0x15811560,0x15901584,0x16051600,0x16111608,0x16201614,0x16441641),
    LLRI_G2(0x16801650,0x180116aa,0x18061804,0x18101809,0x18181815,0x18401821,0x18451842,0x18511848),
    LLRI_G2(0x18601854,0x18841881,0x19021900,0x19081905,0x19141911,0x19411920,0x19501944,0x19a21969),
    LLRI_G2(0x1a101a04,0x1a561a40,0x20022000,0x20082005,0x20142011,0x20192016,0x20252020,0x2041202a),
    LLRI_G2(0x20502044,0x20552052,0x20802064,0x2094208a,0x210120aa,0x21102104,0x21152112,0x21402121),
    LLRI_G2(0x21452142,0x21542151,0x21812160,0x21902184,0x220a2200,0x22282222,0x2244222a,0x22882250),
    LLRI_G2(0x22a8228a,0x24042401,0x24092406,0x24152410,0x24212418,0x24402424,0x24452442,0x24512448),
    LLRI_G2(0x24602454,0x24842481,0x25002490,0x25082505,0x25142511,0x25412520,0x25502544,0x25802566),
    LLRI_G2(0x26042601,0x26402610,0x28002659,0x28112805,0x28412814,0x28502844,0x28aa288a,0x29042901),
    LLRI_G2(0x29952910,0x2a222a0a,0x2a882a64,0x40012a8a,0x40064004,0x40104009,0x40154012,0x401a4018),
    LLRI_G2(0x40244021,0x40404026,0x40454042,0x404a4048,0x40544051,0x40594056,0x40624060,0x40814065),
    LLRI_G2(0x40904084,0x40984095,0x40a440a1,0x41024100,0x41084105,0x41144111,0x41194116,0x41224120),
    LLRI_G2(0x41414125,0x41464144,0x41504149,0x41554152,0x41614158,0x41804164,0x41854182,0x41914188),
    LLRI_G2(0x41a04194,0x42044201,0x42124210,0x42184215,0x42404224,0x42484245,0x42544251,0x42814260),
    LLRI_G2(0x44004284,0x44054402,0x440a4408,0x44144411,0x44194416,0x44224420,0x44284425,0x44444441),
    LLRI_G2(0x44494446,0x44524450,0x44584455,0x44644461,0x44824480,0x44884485,0x44944491,0x450144a0),
    LLRI_G2(0x45064504,0x45104509,0x45154512,0x45214518,0x45404524,0x45454542,0x45514548,0x45604554),
    LLRI_G2(0x4581456a,0x45904584,0x46024600,0x46084605,0x46144611,0x46414620,0x46504644,0x46a54680),
    LLRI_G2(0x48044801,0x48104809,0x48154812,0x48214818,0x48404824,0x48454842,0x48514848,0x48604854),
    LLRI_G2(0x48904884,0x49024900,0x49084905,0x49144911,0x49414920,0x49504944,0x49964980,0x4a044a01),
    LLRI_G2(0x4a404a10,0x50025000,0x50085005,0x50145011,0x50195016,0x50225020,0x50285025,0x50445041),
    LLRI_G2(0x50495046,0x50525050,0x50585055,0x50645061,0x50825080,0x50885085,0x50945091,0x51045101),
    LLRI_G2(0x51095106,0x51125110,0x51185115,0x51245121,0x51425140,0x51485145,0x51545151,0x51815160),
    LLRI_G2(0x51905184,0x52055200,0x52115208,0x52205214,0x52445241,0x52695250,0x54015280,0x54065404),
    LLRI_G2(0x54105409,0x54155412,0x54215418,0x54405424,0x54455442,0x54515448,0x54605454,0x54845481),
    LLRI_G2(0x55005490,0x55055502,0x55115508,0x55205514,0x55445541,0x55805550,0x56045601,0x56265610),
    LLRI_G2(0x58005640,0x58055802,0x58115808,0x58205814,0x58445841,0x585a5850,0x59015880,0x59105904),
    LLRI_G2(0x5a005940,0x5a855a19,0x60015aa8,0x60066004,0x60126010,0x60186015,0x60246021,0x60456040),
    LLRI_G2(0x60516048,0x60606054,0x60906084,0x61026100,0x61086105,0x61146111,0x61416120,0x61506144),
    LLRI_G2(0x61996180,0x62106204,0x62566240,0x640062a1,0x64086405,0x64146411,0x64416420,0x64506444),
    LLRI_G2(0x65016480,0x65106504,0x654a6540,0x65926568,0x66946600,0x68046801,0x68656810,0x69006898),
    LLRI_G2(0x6a42692a,0x80006aa1,0x80058002,0x80118008,0x80198014,0x80258020,0x80448041,0x80528050),
    LLRI_G2(0x80588055,0x80808061,0x80918085,0x81018094,0x81098104,0x81128110,0x81188115,0x81248121),
    LLRI_G2(0x81428140,0x81488145,0x81548151,0x81848181,0x81a98190,0x82058200,0x8211820a,0x82418214),
    LLRI_G2(0x82508244,0x84048401,0x84098406,0x84128410,0x84188415,0x84408421,0x84458442,0x84518448),
    LLRI_G2(0x84608454,0x84848481,0x85008490,0x85058502,0x85118508,0x85208514,0x85448541,0x85808550),
    LLRI_G2(0x8601858a,0x86108604,0x86408629,0x88058800,0x88148811,0x88448841,0x88a28850,0x89048901),
    LLRI_G2(0x89658940,0x8a588a22,0x8a828a5a,0x90018aa2,0x90099004,0x90129010,0x90189015,0x90409024),
    LLRI_G2(0x90459042,0x90519048,0x90609054,0x90849081,0x91009090,0x91119105,0x91419114,0x91509144),
    LLRI_G2(0x9201915a,0x92109204,0x92a69240,0x94029400,0x94089405,0x94149411,0x94419420,0x94509444),
    LLRI_G2(0x94969480,0x95049501,0x95409510,0x95a19598,0x96469600,0x98019664,0x98109804,0x98409826),
    LLRI_G2(0x990098a9,0x99529949,0xa0009a90,0xa00aa005,0xa022a014,0xa041a02a,0xa050a044,0xa0aaa0a2),
    LLRI_G2(0xa165a140,0xa20aa202,0xa228a222,0xa282a22a,0xa28aa288,0xa401a2a8,0xa410a404,0xa489a440),
    LLRI_G2(0xa500a4a4,0xa651a519,0xa828a80a,0xa954a8a2,0xaa08a986,0xaa20aa0a,0xaa28aa22,0xaaaaaa88),
};

static const uint32_t llri_grid_iq3xxs[256] = {
    LLRI_G3X(00000,02000,04000,01100,03100,07100,00200,02200), LLRI_G3X(01300,02400,03700,05700,01010,03010,00110,02110),
    LLRI_G3X(01210,05210,00310,02310,01410,04510,00710,00020), LLRI_G3X(02020,04020,01120,00220,02220,01320,03320,07320),
    LLRI_G3X(01520,07520,05720,01030,07030,00130,02130,05230), LLRI_G3X(00730,03140,07340,04440,07540,03740,05740,01050),
    LLRI_G3X(07050,02350,02550,05360,04660,00170,04170,06170), LLRI_G3X(03470,01670,01001,03001,00101,02101,01201,03201),
    LLRI_G3X(00301,02301,04301,07401,00501,00011,02011,01111), LLRI_G3X(00211,02211,01021,03021,00121,02121,01221,00321),
    LLRI_G3X(02721,00031,02031,00231,01331,06431,06631,01041), LLRI_G3X(05041,00541,00251,04251,06451,01751,05061,02271),
    LLRI_G3X(00471,00002,02002,01102,03102,00202,02202,06202), LLRI_G3X(01302,02402,01012,03012,05012,00112,02112,01212),
    LLRI_G3X(00312,03612,07612,00712,00022,02022,01122,07122), LLRI_G3X(00222,02222,07322,00422,05522,01032,00132,04132),
    LLRI_G3X(00732,04732,05342,03542,03052,07252,01452,04752), LLRI_G3X(01072,03072,06172,05472,01003,00103,02103,01203),
    LLRI_G3X(03203,00503,05603,02703,00013,02013,00213,01313), LLRI_G3X(04413,06413,01023,03023,00123,05223,02523,02723),
    LLRI_G3X(01133,03333,00343,07443,02743,00053,06053,02253), LLRI_G3X(05553,04163,06363,03663,03373,00673,04004,07104),
    LLRI_G3X(05304,07304,03504,07504,04714,00224,07324,00424), LLRI_G3X(00624,06624,07034,05434,04044,01544,04644,05254),
    LLRI_G3X(03454,00754,05074,00174,02174,00374,02105,01405), LLRI_G3X(00705,00015,06015,06215,05515,04125,02325,02725),
    LLRI_G3X(02035,03535,00145,03245,07245,02745,02055,01355), LLRI_G3X(00565,04275,02475,04206,04406,06406,04606,01216),
    LLRI_G3X(01616,07126,04626,00336,06336,04446,05056,02556), LLRI_G3X(03366,03076,01276,03007,05007,07007,00107,02307),
    LLRI_G3X(02507,06217,00417,02127,05427,02527,00037,05137), LLRI_G3X(03337,00637,01247,01447,00057,02057,04257,00367),
};

static const uint32_t llri_grid_iq3s[512] = {
    LLRI_G3S(00000,01000,02000,05000,07000,00100,01100,02100), LLRI_G3S(04100,06100,00200,01200,05200,03300,00400,02400),
    LLRI_G3S(05400,07400,01500,03500,00600,02600,01700,04700), LLRI_G3S(07700,00010,01010,02010,04010,00110,01110,05110),
    LLRI_G3S(00210,03210,07210,01310,05310,04410,01610,05610), LLRI_G3S(02710,00020,01020,05020,07020,00120,03120,06120),
    LLRI_G3S(01220,05220,00320,04320,02420,05420,07420,01520), LLRI_G3S(03520,00720,03720,03030,01130,05130,00230,02230),
    LLRI_G3S(01330,03330,06330,04430,00530,02530,07630,01730), LLRI_G3S(05730,00040,03140,07140,01240,04240,02340,00440),
    LLRI_G3S(03440,01540,00740,02050,04050,00250,02250,06250), LLRI_G3S(03350,01450,05450,07450,06650,03750,06060,01160),
    LLRI_G3S(03160,01360,02560,01760,00070,02070,04070,00270), LLRI_G3S(02270,06270,03370,00570,04570,00001,01001,02001),
    LLRI_G3S(04001,00101,01101,03101,05101,07101,00201,02201), LLRI_G3S(01301,04301,06301,04501,06501,01601,02701,00011),
    LLRI_G3S(01011,03011,06011,00111,04111,01211,00311,03311), LLRI_G3S(01411,00511,02511,00711,06711,00021,02121,05121),
    LLRI_G3S(07121,00221,04221,02321,00421,03421,05521,00621), LLRI_G3S(02721,01031,04031,07031,00131,03131,01231,07231),
    LLRI_G3S(00331,04331,01431,02631,00731,03041,05041,02141), LLRI_G3S(04141,01341,03341,02441,06441,00541,04541,01051),
    LLRI_G3S(00151,03151,01251,00351,02351,01551,00261,04261), LLRI_G3S(07261,04461,06461,01071,03071,00171,02171,01271),
    LLRI_G3S(05371,01471,02671,00771,00002,01002,03002,05002), LLRI_G3S(07002,00102,02102,04102,06102,01202,03202,07202),
    LLRI_G3S(00302,02302,01402,03402,05402,00502,02502,07602), LLRI_G3S(00702,03702,05702,00012,02012,00112,03112,07112),
    LLRI_G3S(02212,05212,01312,04312,02412,01512,01022,04022), LLRI_G3S(07022,01222,03222,00322,07322,01422,03522,07522),
    LLRI_G3S(01722,04722,00032,02032,05032,01132,02232,04232), LLRI_G3S(01332,03332,02432,00532,06632,01042,07042,00242),
    LLRI_G3S(03242,02342,05342,01442,02742,05742,04052,01152), LLRI_G3S(02252,07352,00452,03552,00752,00062,02062,07062),
    LLRI_G3S(01262,05562,01662,05072,01172,06272,00372,03472), LLRI_G3S(00572,02003,01103,03103,05103,07103,02203,01303),
    LLRI_G3S(03303,05303,02403,04403,07403,01503,03603,01703), LLRI_G3S(01013,03013,05013,04113,01213,03213,00413,00613),
    LLRI_G3S(02713,06713,00023,02123,00223,02323,04323,00523), LLRI_G3S(01033,00133,04133,01233,03233,07233,00333,01433),
    LLRI_G3S(03433,07433,05533,03733,03043,01143,06143,02243), LLRI_G3S(01343,02543,00643,04643,01053,00153,02153,05253),
    LLRI_G3S(02353,04453,06553,03753,06163,01463,01073,03073), LLRI_G3S(00273,02273,05373,00004,04004,02104,00204,04204),
    LLRI_G3S(07204,02304,01404,00504,00704,02014,07014,01114), LLRI_G3S(03114,02214,00314,05314,03414,01514,05514,01024),
    LLRI_G3S(03024,00124,05124,01224,03324,00424,07524,02624), LLRI_G3S(00724,04034,01134,03134,00234,02234,01334,05334),
    LLRI_G3S(00044,02044,04244,07344,00444,01744,05054,07054), LLRI_G3S(01254,02654,03164,04364,00664,00174,05174,00374),
    LLRI_G3S(03474,01574,02005,00105,04105,02205,00405,04405), LLRI_G3S(07405,02505,06605,04705,01015,03015,05015,02115),
    LLRI_G3S(01215,02315,02715,00025,01125,03225,00325,06325), LLRI_G3S(03525,02035,07035,00135,07235,04435,01535,05635),
    LLRI_G3S(03735,01045,04045,00245,02345,06445,02155,06255), LLRI_G3S(01555,03555,02465,02075,04075,02275,01106,03106),
    LLRI_G3S(05106,01306,03306,00606,00016,00216,07216,04616), LLRI_G3S(02126,04326,02426,05526,02626,00726,00036,04136),
    LLRI_G3S(01236,00436,05246,03446,02646,00056,03056,04356), LLRI_G3S(00656,05066,00466,01176,03176,00007,04007,07007),
    LLRI_G3S(00207,02207,06307,00407,04507,02607,02017,01117), LLRI_G3S(04217,03417,05417,01027,04027,00127,06127,01227),
    LLRI_G3S(00327,01527,02037,02337,05337,03537,01047,05047), LLRI_G3S(03147,00247,00547,02257,02457,02067,01367,00077),
};

static const uint64_t llri_grid_iq1s[2048] = {
    LLRI_G1(0xfffdffff,0xfff7fff0,0xffccfff5,0xffdfffc0,0xffd7ffdd,0xff30ffd5,0xff03ff0c,0xff10ff01),
    LLRI_G1(0xff7dff7f,0xff75ff77,0xff5fff40,0xff57ff5d,0xfcf3ff55,0xfcccfcf0,0xfcc1fcc3,0xfcc5fcc4),
    LLRI_G1(0xfc3cfcd0,0xfc34fc31,0xfc00fc0d,0xfc1cfc05,0xfc11fc13,0xfc70fc17,0xfc43fc4c,0xfc50fc41),
    LLRI_G1(0xfdfdfdff,0xfdf5fdf7,0xfddffdc0,0xfdd7fddd,0xfd30fdd5,0xfd04fd0c,0xfd14fd13,0xfd7dfd7f),
    LLRI_G1(0xfd75fd77,0xfd40fd4c,0xfd5ffd44,0xfd57fd5d,0xf3ccfd55,0xf3c1f3c3,0xf33cf3d0,0xf300f334),
    LLRI_G1(0xf313f305,0xf34cf310,0xf350f344,0xf0f3f0fc,0xf0f1f0f0,0xf0c7f0c0,0xf0d4f0c5,0xf030f03f),
    LLRI_G1(0xf00ff035,0xf003f00c,0xf001f000,0xf01ff004,0xf010f01d,0xf015f017,0xf04cf07c,0xf047f040),
    LLRI_G1(0xf05cf045,0xf050f053,0xf054f051,0xf1c4f1c3,0xf133f13c,0xf10df10f,0xf107f100,0xf11cf11f),
    LLRI_G1(0xf114f111,0xf14cf170,0xf144f143,0xf7fdf7ff,0xf7f5f7f7,0xf7dff7c0,0xf7d7f7dd,0xf730f7d5),
    LLRI_G1(0xf701f70c,0xf77ff710,0xf777f77d,0xf740f775,0xf75df75f,0xf755f757,0xf4ccf4f0,0xf4c4f4c3),
    LLRI_G1(0xf4d0f4d3,0xf40ff43c,0xf400f40c,0xf413f41c,0xf44cf414,0xf441f443,0xf450f444,0xf5fdf5ff),
    LLRI_G1(0xf5f5f5f7,0xf5dff5c0,0xf5d7f5dd,0xf530f5d5,0xf504f50c,0xf510f51c,0xf57df57f,0xf577f570),
    LLRI_G1(0xf540f575,0xf55df55f,0xf555f557,0xcfcccfcf,0xcfc4cfc3,0xcfd0cfd3,0xcf33cf3c,0xcf00cf0f),
    LLRI_G1(0xcf1ccf07,0xcf10cf13,0xcf4ccf14,0xcf41cf43,0xcf50cf5c,0xccf3ccfc,0xccf4ccf1,0xcccdcccf),
    LLRI_G1(0xccc7ccc0,0xccd3ccdc,0xcc30ccd4,0xcc0fcc35,0xcc0dcc0c,0xcc00cc03,0xcc04cc01,0xcc10cc1f),
    LLRI_G1(0xcc4dcc73,0xcc5ccc40,0xcdcccc53,0xcdc1cdc3,0xcd3fcdd0,0xcd34cd31,0xcd00cd0d,0xcd05cd07),
    LLRI_G1(0xcd11cd13,0xcd4ccd70,0xcd41cd43,0xc3fccd50,0xc3f4c3f1,0xc3c0c3c3,0xc3c4c3c7,0xc3d1c3dc),
    LLRI_G1(0xc330c33c,0xc337c331,0xc30cc335,0xc300c303,0xc304c301,0xc310c31d,0xc373c317,0xc34fc374),
    LLRI_G1(0xc340c343,0xc344c347,0xc35cc345,0xc350c353,0xc0fdc354,0xc0f5c0f0,0xc0c3c0cc,0xc0c1c0c0),
    LLRI_G1(0xc0dfc0c4,0xc0d0c0dd,0xc0d5c0d7,0xc033c03c,0xc031c030,0xc00dc00c,0xc000c003,0xc004c001),
    LLRI_G1(0xc01cc005,0xc010c013,0xc014c011,0xc07dc07f,0xc070c073,0xc075c077,0xc04cc04f,0xc040c043),
    LLRI_G1(0xc044c041,0xc05fc045,0xc050c05d,0xc1f3c1fc,0xc1f1c1f0,0xc1c1c1c0,0xc1c5c1c7,0xc1d1c1dc),
    LLRI_G1(0xc13dc13f,0xc130c133,0xc135c137,0xc100c10c,0xc107c101,0xc11cc104,0xc110c113,0xc114c117),
    LLRI_G1(0xc171c115,0xc14dc175,0xc153c140,0xc7ccc154,0xc7d0c7c1,0xc733c73c,0xc734c731,0xc700c70f),
    LLRI_G1(0xc705c707,0xc71cc71f,0xc711c713,0xc770c714,0xc743c74c,0xc4cfc750,0xc4c0c4cd,0xc4dcc4c5),
    LLRI_G1(0xc43dc4d0,0xc430c433,0xc40cc437,0xc400c403,0xc404c401,0xc41fc405,0xc415c410,0xc44cc474),
    LLRI_G1(0xc440c44d,0xc45cc447,0xc454c451,0xc5c1c5f4,0xc5d1c5d3,0xc531c533,0xc50fc534,0xc500c50d),
    LLRI_G1(0xc51cc507,0xc514c511,0xc54cc570,0xc545c541,0xdffddfff,0xdff5dff7,0xdfdfdfc0,0xdfd0dfdd),
    LLRI_G1(0xdfd5dfd7,0xdf0cdf30,0xdf1cdf04,0xdf7fdf10,0xdf77df7d,0xdf40df75,0xdf5ddf5f,0xdf57df50),
    LLRI_G1(0xdcf0df55,0xdcc3dccc,0xdcd0dcc4,0xdc33dc3d,0xdc00dc34,0xdc05dc07,0xdc13dc1c,0xdc11dc10),
    LLRI_G1(0xdc4fdc70,0xdc44dc41,0xddfcdc50,0xddf5ddf7,0xddc0ddcc,0xdddddddf,0xddd5ddd7,0xdd0cdd30),
    LLRI_G1(0xdd04dd01,0xdd7cdd10,0xdd75dd77,0xdd40dd4c,0xdd5ddd5f,0xdd55dd57,0xd3c3d3f0,0xd3c4d3c1),
    LLRI_G1(0xd333d3d0,0xd331d330,0xd30dd334,0xd307d300,0xd311d305,0xd34cd370,0xd344d343,0xd350d35c),
    LLRI_G1(0xd0c0d0f4,0xd0d4d0dc,0xd030d03f,0xd00cd037,0xd000d003,0xd01dd004,0xd017d010,0xd04fd074),
    LLRI_G1(0xd040d043,0xd045d047,0xd053d05c,0xd054d051,0xd1cfd1f0,0xd1c4d1cd,0xd13cd1d0,0xd100d134),
    LLRI_G1(0xd11cd11f,0xd173d114,0xd14fd171,0xd7ffd145,0xd7f7d7fd,0xd7c0d7f5,0xd7ddd7df,0xd7d5d7d7),
    LLRI_G1(0xd70cd730,0xd710d703,0xd77dd77f,0xd775d777,0xd75dd75f,0xd755d757,0xd4ccd4f4,0xd4c4d4c3),
    LLRI_G1(0xd431d4d0,0xd40dd434,0xd41cd400,0xd411d413,0xd470d414,0xd441d44f,0xd453d444,0xd5ffd450),
    LLRI_G1(0xd5f7d5fd,0xd5dfd5f5,0xd5d7d5dd,0xd530d5d5,0xd501d50c,0xd510d504,0xd57dd57f,0xd575d577),
    LLRI_G1(0xd55fd540,0xd557d55d,0x3ff0d555,0x3fc13fcc,0x3f343fd0,0x3f003f0d,0x3f053f07,0x3f133f1c),
    LLRI_G1(0x3f433f11,0x3f5c3f44,0x3cff3f51,0x3cf33cfc,0x3cf43cf1,0x3cc03ccd,0x3cc73cc1,0x3cdc3cc5),
    LLRI_G1(0x3cd43cd1,0x3c373c30,0x3c0c3c35,0x3c003c03,0x3c043c01,0x3c103c05,0x3c153c17,0x3c733c7c),
    LLRI_G1(0x3c4f3c71,0x3c403c4d,0x3c5c3c5f,0x3df03c5d,0x3dc33dcc,0x3dd03dc1,0x3d0d3d3c,0x3d053d00),
    LLRI_G1(0x3d143d13,0x3d433d74,0x33fc3d50,0x33c433c0,0x333033d4,0x33353337,0x3303330c,0x33013300),
    LLRI_G1(0x331d331c,0x33173310,0x337c3315,0x33743371,0x334d334f,0x335f3340,0x3354335c,0x30fd30fc),
    LLRI_G1(0x30f530f0,0x30c330cc,0x30c130c0,0x30df30c4,0x30d530d0,0x3033303c,0x30313030,0x300f3034),
    LLRI_G1(0x3003300c,0x30013000,0x30043007,0x3013301c,0x30113010,0x307d3014,0x30703073,0x304c3077),
    LLRI_G1(0x30403043,0x30443041,0x30503045,0x30553057,0x31f031fc,0x31c331f4,0x31c731c0,0x31dc31c5),
    LLRI_G1(0x31d431d3,0x313d313f,0x31373130,0x310c310f,0x3100310d,0x31043101,0x3110311d,0x317c3117),
    LLRI_G1(0x31753170,0x31403143,0x3153315c,0x37f03151,0x37c037cc,0x37d037c5,0x3734373d,0x3700370f),
    LLRI_G1(0x371c3707,0x37113713,0x37703714,0x3743374c,0x37443741,0x34fc3750,0x34f134f0,0x34cf34f5),
    LLRI_G1(0x34c034c3,0x34dc34c7,0x34d134d3,0x3430343f,0x340c3435,0x3403340d,0x34013400,0x341f3404),
    LLRI_G1(0x3410341d,0x34153411,0x34743471,0x3440344d,0x34473441,0x3453345c,0x34543451,0x353335c1),
    LLRI_G1(0x35343531,0x35073500,0x35133505,0x35433514,0x0ffc3550,0x0ff00ff3,0x0ff40ff1,0x0fc00fcd),
    LLRI_G1(0x0fdc0fc5,0x0fd40fd3,0x0f300f3f,0x0f0c0f37,0x0f000f03,0x0f040f01,0x0f170f10,0x0f740f71),
    LLRI_G1(0x0f470f40,0x0f5c0f5f,0x0f540f51,0x0cf70cf0,0x0cf50cf4,0x0cc30ccc,0x0cc10cc0,0x0cc40cc7),
    LLRI_G1(0x0cd00cdf,0x0cd70cd1,0x0c3c0cd5,0x0c300c33,0x0c340c31,0x0c0c0c0f,0x0c030c0d,0x0c010c00),
    LLRI_G1(0x0c040c07,0x0c1c0c05,0x0c100c13,0x0c140c11,0x0c700c7d,0x0c430c4c,0x0c410c40,0x0c5f0c44),
    LLRI_G1(0x0c550c50,0x0df10dfc,0x0dc00dcd,0x0ddc0dc5,0x0d3d0dd3,0x0d350d30,0x0d030d0c,0x0d010d00),
    LLRI_G1(0x0d1d0d04,0x0d700d10,0x0d4d0d4f,0x0d440d40,0x0d530d45,0x03f003f3,0x03c303cc,0x03c103c0),
    LLRI_G1(0x03c403c7,0x03d003dc,0x03d503d7,0x0333033c,0x03310330,0x03350334,0x030c030f,0x03000303),
    LLRI_G1(0x03070301,0x03050304,0x031d031c,0x03100313,0x03140311,0x0377037f,0x034c0375,0x03400343),
    LLRI_G1(0x03440341,0x0353035c,0x03550350,0x00fd00fc,0x00f000f3,0x00f400f1,0x00cc00cf,0x00c300cd),
    LLRI_G1(0x00c100c0,0x00c500c4,0x00d300dc,0x00d100d0,0x003f00d4,0x003d003c,0x00300033,0x00370031),
    LLRI_G1(0x000f0034,0x000d000c,0x00000003,0x00070001,0x00050004,0x001c001f,0x00100013,0x00170011),
    LLRI_G1(0x00150014,0x0073007c,0x00740070,0x004f0075,0x0043004c,0x00410040,0x00440047,0x0053005c),
    LLRI_G1(0x00510050,0x01ff0054,0x01fd01fc,0x01f101f3,0x01f401f7,0x01c301cc,0x01c701c0,0x01df01c4),
    LLRI_G1(0x01dd01dc,0x01d001d3,0x01d701d1,0x013c01d4,0x01310130,0x01340137,0x010f0135,0x010d010c),
    LLRI_G1(0x01000103,0x01070101,0x01050104,0x0113011c,0x01140110,0x0170017d,0x01770171,0x01750174),
    LLRI_G1(0x0140014c,0x015d0145,0x01510150,0x01540157,0x07f007f3,0x07f407f1,0x07c007cf,0x07dc07c7),
    LLRI_G1(0x073007d5,0x07350737,0x0703070c,0x07010700,0x07040707,0x071d071f,0x07100713,0x0774077d),
    LLRI_G1(0x074d074f,0x07470740,0x0754075c,0x04fd04fc,0x04f504f0,0x04c304cc,0x04c104c0,0x04d004c4),
    LLRI_G1(0x0433043c,0x04310430,0x040f0434,0x040d040c,0x04000403,0x04070401,0x04050404,0x0413041c),
    LLRI_G1(0x04110410,0x047c0414,0x04740470,0x0443044c,0x04410440,0x04440447,0x05f30450,0x05c005f7),
    LLRI_G1(0x05df05c5,0x05d105d0,0x053005d4,0x05340537,0x0500050c,0x05070501,0x051d0504,0x05170510),
    LLRI_G1(0x057c0515,0x054d0575,0x05410540,0x05450547,0x1ff0055c,0x1fc11fc3,0x1fd01fc4,0x1f0f1f33),
    LLRI_G1(0x1f011f00,0x1f051f07,0x1f131f1c,0x1f141f11,0x1f411f7c,0x1cfc1f50,0x1cf11cf3,0x1ccd1cf4),
    LLRI_G1(0x1cdc1cc0,0x1cd11cdd,0x1c301cd4,0x1c0c1c34,0x1c011c00,0x1c101c04,0x1c151c11,0x1c751c73),
    LLRI_G1(0x1c401c4d,0x1c511c5c,0x1dcc1c54,0x1dc41dc1,0x1d3c1d3f,0x1d001d31,0x1d071d01,0x1d701d1f),
    LLRI_G1(0x1d411d4c,0x13cc1d50,0x13c013cd,0x13c513c1,0x13d113dc,0x133f13d4,0x1330133d,0x13351337),
    LLRI_G1(0x1303130c,0x13011300,0x13051304,0x131d131f,0x13731310,0x13741370,0x134d134f,0x13401343),
    LLRI_G1(0x13471341,0x135c1345,0x13541353,0x10f710f0,0x10cc10f5,0x10c110c0,0x103310c4,0x10311030),
    LLRI_G1(0x100f1034,0x1003100c,0x10011000,0x101c1004,0x10101013,0x10141011,0x10741071,0x104c1075),
    LLRI_G1(0x10411040,0x10451044,0x1050105d,0x10571051,0x11f411fd,0x11df11c0,0x11d711d1,0x113f11d4),
    LLRI_G1(0x11371130,0x110c1135,0x11001103,0x11071101,0x111f1105,0x11171110,0x117d117f,0x11751170),
    LLRI_G1(0x11411143,0x11441147,0x1153115f,0x11551151,0x17c417c1,0x173c17d0,0x1700170d,0x171c1705),
    LLRI_G1(0x17701714,0x1747174c,0x14fc1751,0x14cf14f3,0x14dc14c0,0x14d114d3,0x143f14d4,0x1430143c),
    LLRI_G1(0x14371431,0x1403140c,0x14011400,0x141f1404,0x14151410,0x1473147d,0x14401475,0x1453145c),
    LLRI_G1(0x14541450,0x15c115cc,0x153c15c7,0x15341533,0x1500150f,0x15051507,0x15101513,0x15711514),
    LLRI_G1(0x15471543,0x15511545,0x7ffd7fff,0x7ff57ff7,0x7fdd7fdf,0x7fd57fd7,0x7f0f7f30,0x7f037f0c),
    LLRI_G1(0x7f047f01,0x7f7f7f10,0x7f777f7d,0x7f407f75,0x7f5d7f5f,0x7f557f57,0x7ccc7cf0,0x7cc17cc3),
    LLRI_G1(0x7cd07cc4,0x7c337c3c,0x7c0f7c34,0x7c007c0d,0x7c077c01,0x7c137c04,0x7c147c11,0x7c747c70),
    LLRI_G1(0x7c417c43,0x7c507c44,0x7dfd7dff,0x7df57df7,0x7ddf7dc0,0x7dd77ddd,0x7d0c7dd5,0x7d047d03),
    LLRI_G1(0x7d7f7d10,0x7d777d7d,0x7d407d75,0x7d5d7d5f,0x7d557d57,0x73c473c3,0x7333733c,0x7300730c),
    LLRI_G1(0x731c7305,0x73147313,0x73447343,0x70f470fc,0x70c070cd,0x70d170c5,0x703f70d4,0x7030703c),
    LLRI_G1(0x700c7037,0x70007003,0x70047001,0x70107005,0x70177011,0x707c7015,0x70717073,0x704f7074),
    LLRI_G1(0x7040704d,0x70517047,0x71c171cc,0x71d071c4,0x7133713c,0x71357134,0x7100710f,0x71057104),
    LLRI_G1(0x7111711c,0x71707115,0x7145714c,0x77ff7153,0x77f777fd,0x77c077f5,0x77dd77df,0x77d577d7),
    LLRI_G1(0x7730773c,0x7703770c,0x77107704,0x777f7714,0x7777777d,0x77407775,0x775d775f,0x77557757),
    LLRI_G1(0x74f174f0,0x74c374cc,0x74d074c1,0x7433743c,0x74347431,0x740d740f,0x74057400,0x7413741c),
    LLRI_G1(0x74417470,0x74507444,0x75fd75ff,0x75f575f7,0x75df75c0,0x75d775dd,0x753075d5,0x7503750c),
    LLRI_G1(0x757f7501,0x7577757d,0x75407575,0x755d755f,0x75557557,0x4fcc4ff0,0x4fc74fc1,0x4fd04fc4),
    LLRI_G1(0x4f314f3c,0x4f004f34,0x4f054f07,0x4f154f14,0x4f4c4f70,0x4f414f43,0x4f504f44,0x4cf34cfc),
    LLRI_G1(0x4cf44cf1,0x4cc04ccf,0x4cc54cc7,0x4cd34cdc,0x4cd44cd1,0x4c304c3f,0x4c0c4c0f,0x4c004c03),
    LLRI_G1(0x4c044c01,0x4c104c1d,0x4c714c73,0x4c404c4d,0x4c5c4c47,0x4c514c53,0x4df04c54,0x4dc34dcc),
    LLRI_G1(0x4dd04dc4,0x4d314d33,0x4d0f4d34,0x4d004d0d,0x4d114d07,0x4d704d14,0x4d414d43,0x43fc4d54),
    LLRI_G1(0x43f143f3,0x43c043cf,0x43d143c7,0x4335433f,0x4303430c,0x43014300,0x43044307,0x431c431f),
    LLRI_G1(0x4310431d,0x43714373,0x4343434d,0x43474340,0x4354435c,0x40f040ff,0x40f540f7,0x40cc40cf),
    LLRI_G1(0x40c040c3,0x40c440c1,0x40d040dc,0x40d540d4,0x4033403c,0x40314030,0x400f4034,0x400d400c),
    LLRI_G1(0x40004003,0x40074001,0x40054004,0x4013401c,0x40114010,0x407c4014,0x40774070,0x404d404c),
    LLRI_G1(0x40404043,0x40444041,0x405f4045,0x4050405d,0x40554057,0x41f341fc,0x41c041cf,0x41df41c4),
    LLRI_G1(0x41d441d1,0x41374130,0x410c4134,0x4100410d,0x41044101,0x41174110,0x4173417d,0x41754174),
    LLRI_G1(0x4143414d,0x41534140,0x41544151,0x47c147f0,0x47d047c4,0x4731473c,0x470d470f,0x47014700),
    LLRI_G1(0x47134705,0x47704710,0x4741474c,0x47504744,0x44f144f3,0x44cf44f4,0x44c044cd,0x44c544c7),
    LLRI_G1(0x44dc44df,0x44d144d3,0x443d443f,0x44374430,0x440c4435,0x44004403,0x44044401,0x4410441d),
    LLRI_G1(0x44154411,0x4473447c,0x444d444f,0x44454440,0x4451445c,0x45c045f0,0x453345d0,0x45344531),
    LLRI_G1(0x4500450f,0x451c4507,0x454c4570,0x45404543,0x5fff4541,0x5ff75ffd,0x5fc05ff5,0x5fdd5fdf),
    LLRI_G1(0x5fd55fd7,0x5f0c5f30,0x5f015f03,0x5f7f5f04,0x5f775f7d,0x5f405f75,0x5f5d5f5f,0x5f555f57),
    LLRI_G1(0x5cf45cf0,0x5cc35ccc,0x5cc45cc1,0x5c315cc5,0x5c0c5c34,0x5c075c00,0x5c1c5c05,0x5c705c13),
    LLRI_G1(0x5c4d5c4f,0x5c445c41,0x5df75dfd,0x5dcf5df5,0x5ddd5dc4,0x5dd55dd7,0x5d0c5d30,0x5d045d01),
    LLRI_G1(0x5d7f5d10,0x5d775d7d,0x5d405d75,0x5d5d5d5f,0x5d555d57,0x53d053c4,0x5333533c,0x5303530f),
    LLRI_G1(0x53075300,0x531c5305,0x53115310,0x53145317,0x50f15370,0x50cf50f4,0x50c050cd,0x50d150c7),
    LLRI_G1(0x503d50d4,0x500c5030,0x50005003,0x50045001,0x50155010,0x5073507c,0x50715070,0x504d5074),
    LLRI_G1(0x50475040,0x51cc51f0,0x51c551c1,0x51d051dc,0x51315133,0x510d5135,0x51015100,0x511f5107),
    LLRI_G1(0x5171511d,0x5140514f,0x51445141,0x5153515c,0x57ff5151,0x57f757fd,0x57df57f5,0x57d757dd),
    LLRI_G1(0x570c57d5,0x57015703,0x577f5704,0x5777577d,0x57405775,0x575d575f,0x57555757,0x54c354f0),
    LLRI_G1(0x54dc54c4,0x543c54d0,0x5400540f,0x541c5405,0x54145411,0x5441544f,0x55fd55ff,0x55f555f7),
    LLRI_G1(0x55dd55df,0x55d555d7,0x5503550c,0x557f5501,0x5577557d,0x55405575,0x555d555f,0x55555557),
};

#undef LLRI_SPREAD4
#undef LLRI_SPREAD2
#undef LLRI_HIGHBIT
#undef LLRI_IQ1
#undef LLRI_IQ2
#undef LLRI_TWO
#undef LLRI_SIXTEEN
#undef LLRI_G1
#undef LLRI_G2
#undef LLRI_DIGITS
#undef LLRI_IQ3S
#undef LLRI_IQ3X
#undef LLRI_FOUR
#undef LLRI_G3S
#undef LLRI_G3X

/* ---- plain types: a block is one element ---- */

static void llri_dequant_f32(const llri_block_f32 *b, float *y) { *y = llri_rdf32(b->v); }
static void llri_dequant_f16(const llri_block_f16 *b, float *y) { *y = llri_rd_f16(b->v); }
static void llri_dequant_bf16(const llri_block_bf16 *b, float *y) { *y = llri_bf16_to_f32(llri_rd16(b->v)); }
static void llri_dequant_i8(const llri_block_i8 *b, float *y) { *y = (float)(int8_t)b->v[0]; }
static void llri_dequant_i16(const llri_block_i16 *b, float *y) { *y = (float)(int16_t)llri_rd16(b->v); }
static void llri_dequant_i32(const llri_block_i32 *b, float *y) { *y = (float)(int32_t)llri_rd32(b->v); }
static void llri_dequant_i64(const llri_block_i64 *b, float *y) { *y = (float)(int64_t)llri_rd64(b->v); }

static void llri_dequant_f64(const llri_block_f64 *b, float *y) {
    uint64_t bits = llri_rd64(b->v);
    double v;
    memcpy(&v, &bits, 8);
    *y = (float)v;
}

/* ---- blocks of 32: byte j holds element j in its low nibble and element j + 16 in its high one ---- */

static void llri_dequant_q4_0(const llri_block_q4_0 *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int j = 0; j < 16; j++) {
        y[j]      = d * ((b->qs[j] & 15) - 8);
        y[j + 16] = d * ((b->qs[j] >> 4) - 8);
    }
}

static void llri_dequant_q4_1(const llri_block_q4_1 *b, float *y) {
    float d = llri_rd_f16(b->d), m = llri_rd_f16(b->m);
    for (int j = 0; j < 16; j++) {
        y[j]      = d * (b->qs[j] & 15) + m;
        y[j + 16] = d * (b->qs[j] >> 4) + m;
    }
}

/* Bit i of qh is the fifth bit of element i. */
static void llri_dequant_q5_0(const llri_block_q5_0 *b, float *y) {
    float d = llri_rd_f16(b->d);
    uint32_t qh = llri_rd32(b->qh);
    for (int j = 0; j < 16; j++) {
        int lo = (b->qs[j] & 15) | (int)(qh >> j & 1) << 4, hi = b->qs[j] >> 4 | (int)(qh >> (j + 16) & 1) << 4;
        y[j]      = d * (lo - 16);
        y[j + 16] = d * (hi - 16);
    }
}

static void llri_dequant_q5_1(const llri_block_q5_1 *b, float *y) {
    float d = llri_rd_f16(b->d), m = llri_rd_f16(b->m);
    uint32_t qh = llri_rd32(b->qh);
    for (int j = 0; j < 16; j++) {
        int lo = (b->qs[j] & 15) | (int)(qh >> j & 1) << 4, hi = b->qs[j] >> 4 | (int)(qh >> (j + 16) & 1) << 4;
        y[j]      = d * lo + m;
        y[j + 16] = d * hi + m;
    }
}

static void llri_dequant_q8_0(const llri_block_q8_0 *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int j = 0; j < 32; j++) y[j] = d * b->qs[j];
}

static void llri_dequant_iq4_nl(const llri_block_iq4_nl *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int j = 0; j < 16; j++) {
        y[j]      = d * llri_values_iq4[b->qs[j] & 15];
        y[j + 16] = d * llri_values_iq4[b->qs[j] >> 4];
    }
}

static void llri_dequant_mxfp4(const llri_block_mxfp4 *b, float *y) {
    float d = llri_e8m0_half(b->e);
    for (int j = 0; j < 16; j++) {
        y[j]      = d * llri_values_fp4[b->qs[j] & 15];
        y[j + 16] = d * llri_values_fp4[b->qs[j] >> 4];
    }
}

/* ---- blocks of 64 and 128 ---- */

/* Four groups of 16, each with its own scale; byte j of a group: element j low, element j + 8 high. */
static void llri_dequant_nvfp4(const llri_block_nvfp4 *b, float *y) {
    for (int k = 0; k < 4; k++) {
        const uint8_t *q = b->qs + 8 * k;
        float d = llri_ue4m3_half(b->e[k]);
        for (int j = 0; j < 8; j++) {
            y[16 * k + j]     = d * llri_values_fp4[q[j] & 15];
            y[16 * k + j + 8] = d * llri_values_fp4[q[j] >> 4];
        }
    }
}

static void llri_dequant_q1_0(const llri_block_q1_0 *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int i = 0; i < 128; i++) y[i] = b->qs[i / 8] >> i % 8 & 1 ? d : -d;
}

static void llri_dequant_q2_0(const llri_block_q2_0 *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int i = 0; i < 64; i++) y[i] = d * ((b->qs[i / 4] >> 2 * (i % 4) & 3) - 1);
}

/* ---- super-blocks of 256 ----
 * Two-bit fields (q2_K, q3_K, tq2_0, high bits of q6_K): each half c = 0, 1 of the block has 32 bytes; bits 2g, 2g+1 of
 * byte l belong to element 128c + 32g + l. Group k of 16 elements is thus c = k/8, g = k%8/2, bytes 16(k%2)... */

static void llri_dequant_q2_K(const llri_block_q2_K *b, float *y) {
    float d = llri_rd_f16(b->d), dmin = llri_rd_f16(b->dmin);
    for (int k = 0; k < 16; k++) {
        const uint8_t *q = b->qs + 32 * (k / 8) + 16 * (k % 2);
        float s = d * (b->scales[k] & 15), m = dmin * (b->scales[k] >> 4);
        for (int j = 0; j < 16; j++) y[16 * k + j] = s * (q[j] >> 2 * (k % 8 / 2) & 3) - m;
    }
}

/* Scale of group k, -32..31: 4 low bits in a nibble of the first 8 bytes, 2 high bits in the last 4 bytes. */
static int llri_q3_K_scale(const uint8_t *scales, int k) {
    int lo = scales[k % 8] >> 4 * (k / 8) & 15, hi = scales[8 + k % 4] >> 2 * (k / 4) & 3;
    return (lo | hi << 4) - 32;
}

/* Bit 4c + g = k/2 of hmask is the third bit of the element, in the sense that a cleared bit means minus 4. */
static void llri_dequant_q3_K(const llri_block_q3_K *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int k = 0; k < 16; k++) {
        const uint8_t *q = b->qs + 32 * (k / 8) + 16 * (k % 2), *h = b->hmask + 16 * (k % 2);
        float s = d * llri_q3_K_scale(b->scales, k);
        for (int j = 0; j < 16; j++) y[16 * k + j] = s * ((q[j] >> 2 * (k % 8 / 2) & 3) - (h[j] >> k / 2 & 1 ? 0 : 4));
    }
}

/* q4_K, q5_K: 6-bit scale and min of group k of 32. Groups 0..3 use the low 6 bits of bytes 0..7; groups 4..7 have 4 bits
 * each in bytes 8..11, and the top 2 bits of bytes 0..7. */
static void llri_q4_K_scale(const uint8_t *s, int k, int *scale, int *min) {
    if (k < 4) {
        *scale = s[k] & 63;
        *min = s[k + 4] & 63;
    } else {
        *scale = (s[k + 4] & 15) | s[k - 4] >> 6 << 4;
        *min = s[k + 4] >> 4 | s[k] >> 6 << 4;
    }
}

/* Groups 2c and 2c + 1 are the low and the high nibbles of bytes 32c.. */
static void llri_dequant_q4_K(const llri_block_q4_K *b, float *y) {
    float d = llri_rd_f16(b->d), dmin = llri_rd_f16(b->dmin);
    for (int k = 0; k < 8; k++) {
        const uint8_t *q = b->qs + 32 * (k / 2);
        int scale, min;
        llri_q4_K_scale(b->scales, k, &scale, &min);
        { float s = d * scale, m = dmin * min;
          for (int j = 0; j < 32; j++) y[32 * k + j] = s * (q[j] >> 4 * (k % 2) & 15) - m; }
    }
}

/* As q4_K; bit k of qh[j] is the fifth bit of element j of group k. */
static void llri_dequant_q5_K(const llri_block_q5_K *b, float *y) {
    float d = llri_rd_f16(b->d), dmin = llri_rd_f16(b->dmin);
    for (int k = 0; k < 8; k++) {
        const uint8_t *q = b->qs + 32 * (k / 2);
        int scale, min;
        llri_q4_K_scale(b->scales, k, &scale, &min);
        { float s = d * scale, m = dmin * min;
          for (int j = 0; j < 32; j++) y[32 * k + j] = s * ((q[j] >> 4 * (k % 2) & 15) | (b->qh[j] >> k & 1) << 4) - m; }
    }
}

/* Low 4 bits: per half 64 bytes, g = 0, 1 in the low nibbles and g = 2, 3 in the high ones; high 2 bits as above. */
static void llri_dequant_q6_K(const llri_block_q6_K *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int k = 0; k < 16; k++) {
        int c = k / 8, g = k % 8 / 2;
        const uint8_t *lo = b->ql + 64 * c + 32 * (g % 2) + 16 * (k % 2), *hi = b->qh + 32 * c + 16 * (k % 2);
        float s = d * b->scales[k];
        for (int j = 0; j < 16; j++)
            y[16 * k + j] = s * (((lo[j] >> 4 * (g / 2) & 15) | (hi[j] >> 2 * g & 3) << 4) - 32);
    }
}

static void llri_dequant_q8_K(const llri_block_q8_K *b, float *y) {
    float d = llri_rdf32(b->d);
    for (int i = 0; i < 256; i++) y[i] = d * b->qs[i];
}

/* Eight groups of 32 with 6-bit scales, 4 low bits in nibbles of scales_l, 2 high bits in scales_h. */
static void llri_dequant_iq4_xs(const llri_block_iq4_xs *b, float *y) {
    float d = llri_rd_f16(b->d);
    int high = llri_rd16(b->scales_h);
    for (int k = 0; k < 8; k++) {
        const uint8_t *q = b->qs + 16 * k;
        float s = d * (((b->scales_l[k / 2] >> 4 * (k % 2) & 15) | (high >> 2 * k & 3) << 4) - 32);
        for (int j = 0; j < 16; j++) {
            y[32 * k + j]      = s * llri_values_iq4[q[j] & 15];
            y[32 * k + j + 16] = s * llri_values_iq4[q[j] >> 4];
        }
    }
}

/* ---- ternary ---- */

/* Digit n of a byte, base 3, as a fixed-point fraction: x * 3^n modulo 256 moves it to the front, * 3 / 256 reads it. */
static int llri_ternary_digit(uint8_t x, int n) {
    static const uint8_t pow3[5] = { 1, 3, 9, 27, 81 };
    return (uint8_t)(x * pow3[n]) * 3 >> 8;
}

/* Three runs of bytes, 32 and 16 of five digits and 4 of four digits; a run goes through digit 0 of all its bytes first. */
static void llri_dequant_tq1_0(const llri_block_tq1_0 *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int i = 0; i < 160; i++) y[i]       = d * (llri_ternary_digit(b->qs[i % 32], i / 32) - 1);
    for (int i = 0; i < 80; i++)  y[160 + i] = d * (llri_ternary_digit(b->qs[32 + i % 16], i / 16) - 1);
    for (int i = 0; i < 16; i++)  y[240 + i] = d * (llri_ternary_digit(b->qh[i % 4], i / 4) - 1);
}

static void llri_dequant_tq2_0(const llri_block_tq2_0 *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int i = 0; i < 256; i++) y[i] = d * ((b->qs[32 * (i / 128) + i % 32] >> 2 * (i % 128 / 32) & 3) - 1);
}

/* ---- codebook types: 8 groups k of 32 elements, each 4 vectors l of 8; n = 4k + l is the vector's index ---- */

/* y[j] = s * element j of the vector, negated where bit j of the mask is set. */
static void llri_put_signed(float *y, int n, uint64_t vector, unsigned mask, float s) {
    for (int j = 0; j < n; j++) {
        float v = s * (int)(vector >> 8 * j & 255);
        y[j] = mask >> j & 1 ? -v : v;
    }
}

/* Sign mask from 7 stored bits: the eighth makes the number of minus signs even. */
static unsigned llri_sign_mask(uint32_t s) {
    uint32_t parity = (s &= 127);
    parity ^= parity >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    return (unsigned)(s | (parity & 1) << 7);
}

/* Per group: 4 index bytes, then a u32 with 4 x 7 bits of signs and the scale in the top 4 bits. */
static void llri_dequant_iq2_xxs(const llri_block_iq2_xxs *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int k = 0; k < 8; k++) {
        uint32_t w = llri_rd32(b->qs[k] + 4);
        float s = d * (0.5f + (float)(w >> 28)) * 0.25f;
        for (int l = 0; l < 4; l++)
            llri_put_signed(y + 32 * k + 8 * l, 8, llri_grid_iq2xxs[b->qs[k][l]], llri_sign_mask(w >> 7 * l), s);
    }
}

/* Per vector a u16: 9 bits of index, 7 of signs. A nibble of scale per 16 elements. */
static void llri_dequant_iq2_xs(const llri_block_iq2_xs *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int n = 0; n < 32; n++) {
        uint32_t v = llri_rd16(b->qs[n]);
        float s = d * (0.5f + (b->scales[n / 4] >> 4 * (n % 4 / 2) & 15)) * 0.25f;
        llri_put_signed(y + 8 * n, 8, llri_grid_iq2xs[v & 511], llri_sign_mask(v >> 9), s);
    }
}

/* Index: 8 bits in qs, 2 in qh; signs: a byte per vector; scales as iq2_xs. */
static void llri_dequant_iq2_s(const llri_block_iq2_s *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int n = 0; n < 32; n++) {
        int index = b->qs[n] | (b->qh[n / 4] >> 2 * (n % 4) & 3) << 8;
        float s = d * (0.5f + (b->scales[n / 4] >> 4 * (n % 4 / 2) & 15)) * 0.25f;
        llri_put_signed(y + 8 * n, 8, llri_grid_iq2s[index], b->signs[n], s);
    }
}

/* A vector of 8 is two of 4. The u32 of a group as in iq2_xxs. */
static void llri_dequant_iq3_xxs(const llri_block_iq3_xxs *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int k = 0; k < 8; k++) {
        uint32_t w = llri_rd32(b->signs[k]);
        float s = d * (0.5f + (float)(w >> 28)) * 0.5f;
        for (int m = 0; m < 8; m++)
            llri_put_signed(y + 32 * k + 4 * m, 4, llri_grid_iq3xxs[b->qs[8 * k + m]],
                            llri_sign_mask(w >> 7 * (m / 2)) >> 4 * (m % 2), s);
    }
}

/* Index: 8 bits in qs, one in qh; a bit of sign per element; a nibble of scale per group. */
static void llri_dequant_iq3_s(const llri_block_iq3_s *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int k = 0; k < 8; k++) {
        float s = d * (1 + 2 * (b->scales[k / 2] >> 4 * (k % 2) & 15));
        for (int m = 0; m < 8; m++) {
            int index = b->qs[8 * k + m] | (b->qh[k] >> m & 1) << 8;
            llri_put_signed(y + 32 * k + 4 * m, 4, llri_grid_iq3s[index], b->signs[4 * k + m / 2] >> 4 * (m % 2), s);
        }
    }
}

/* y[j] = s * (element j, -1, 0 or 1, + delta) */
static void llri_put_shifted(float *y, uint64_t vector, float delta, float s) {
    for (int j = 0; j < 8; j++) y[j] = s * ((float)((int)(vector >> 8 * j & 255) - 10) / 8 + delta);
}

/* qh of a group, u16: 4 x 3 high bits of the indices, 3 bits of scale, sign of the delta. */
static void llri_dequant_iq1_s(const llri_block_iq1_s *b, float *y) {
    float d = llri_rd_f16(b->d);
    for (int k = 0; k < 8; k++) {
        int h = llri_rd16(b->qh[k]);
        float s = d * (2 * (h >> 12 & 7) + 1), delta = h & 0x8000 ? -0.125f : 0.125f;
        for (int l = 0; l < 4; l++)
            llri_put_shifted(y + 32 * k + 8 * l, llri_grid_iq1s[b->qs[4 * k + l] | (h >> 3 * l & 7) << 8], delta, s);
    }
}

/* A nibble of qh per vector: 3 high bits of the index, sign of the delta. scales: four u16, whose top nibbles together
 * are the half d, and whose other bits are 3-bit scales of 16 elements. */
static void llri_dequant_iq1_m(const llri_block_iq1_m *b, float *y) {
    uint16_t sc[4], h = 0;
    float d;
    for (int q = 0; q < 4; q++) {
        sc[q] = llri_rd16(b->scales[q]);
        h = (uint16_t)(h | sc[q] >> 12 << 4 * q);
    }
    d = llri_f16_to_f32(h);
    for (int n = 0; n < 32; n++) {
        int t = b->qh[n / 2] >> 4 * (n % 2) & 15;
        float s = d * (2 * (sc[n / 8] >> 3 * (n % 8 / 2) & 7) + 1);
        llri_put_shifted(y + 8 * n, llri_grid_iq1s[b->qs[n] | (t & 7) << 8], t & 8 ? -0.125f : 0.125f, s);
    }
}

/* ---- any type ---- */

/* For every type that can be dequantised a loop over blocks, and a table of these loops by id. */
#define LLRI_LOOP_0(name, block)
#define LLRI_LOOP_1(name, block) \
    static void llri_dequant_blocks_##name(const void *src, float *dst, size_t n_blocks) { \
        const llri_block_##name *b = (const llri_block_##name *)src; \
        for (size_t i = 0; i < n_blocks; i++) llri_dequant_##name(b + i, dst + i * block); \
    }
#define LLRI_T(id, constant, name, block, dequant) LLRI_LOOP_##dequant(name, block)
#define LLRI_R(id, name)
LLRI_TYPE_LIST(LLRI_T, LLRI_R)
#undef LLRI_T
#undef LLRI_R
#undef LLRI_LOOP_0
#undef LLRI_LOOP_1

typedef void (*llri_dequant_fn)(const void *src, float *dst, size_t n_blocks);

#define LLRI_LOOP_0(name) NULL,
#define LLRI_LOOP_1(name) llri_dequant_blocks_##name,
#define LLRI_T(id, constant, name, block, dequant) LLRI_LOOP_##dequant(name)
#define LLRI_R(id, name) NULL,
static const llri_dequant_fn llri_dequant_fns[LLRI_N_TYPES] = { LLRI_TYPE_LIST(LLRI_T, LLRI_R) };
#undef LLRI_T
#undef LLRI_R
#undef LLRI_LOOP_0
#undef LLRI_LOOP_1

/* 1 if llri_dequant() may be called for this type id (any number). */
static int llri_dequant_ok(uint32_t type) {
    return type < (uint32_t)LLRI_N_TYPES && llri_dequant_fns[type] != NULL;
}

/* src: whole blocks of a type for which llri_dequant_ok() holds; dst: their n elements. */
static void llri_dequant(uint32_t type, const void *src, float *dst, size_t n) {
    llri_dequant_fns[type](src, dst, n / llri_types[type].block);
}

/* >>gguf --------------------------------------------------------------------------------------------------------------
 * Reads GGUF containers, versions 2 and 3, whatever the architecture inside. A file is a header, metadata (key, type,
 * value), a table of tensors, padding, tensor bytes. Nothing is copied: keys, values and tensors are views into the
 * mapping. Files come from anywhere, so the whole structure is checked once at open (every length against the bytes that
 * remain, every product for overflow, names for duplicates, tensors for overlap), and later code may rely on it.
 *
 * Where practice differs from the letter of the format: tensors may lie in any order as long as they are aligned, inside
 * the file and do not overlap; integer keys may have any integer type. Arrays of arrays, tensors with an empty dimension
 * and big-endian files are refused.
 */
#ifndef LLRI_TYPE_LIST
#  error "the sections >>types and >>convert come before >>gguf"
#endif

enum {
    LLRI_MAX_ENTRIES = 1 << 20,             /* keys, or tensors of one file: real files have fewer than 100,000 */
    LLRI_MAX_KEY = 65535, LLRI_MAX_NAME = 63, LLRI_MAX_SHARDS = 1024,
    LLRI_READ_STEP = 16 << 20               /* bytes between two calls of `progress` */
};
#define LLRI_MAX_LENGTH ((uint64_t)1 << 30)     /* bytes of a string, elements of an array; as other readers have it */
#define LLRI_MAX_ALIGN  ((uint64_t)1 << 24)
#define LLRI_MAX_FILE   ((uint64_t)1 << 50)      /* what a damaged offset would ask for is larger */
#define LLRI_REDO "The file is damaged or cut short: download it again and compare its SHA-256."

/* data: first byte of the value in the file. A string: its bytes, count = length. An array: its first element. */
typedef struct llri_kv { llri_str key; uint32_t type, elem_type; uint64_t count; const uint8_t *data; } llri_kv;

/* ne: row length first, missing dimensions 1. data may have any alignment. offset: in the file of this shard. */
typedef struct llri_tensor {
    llri_str name;
    uint32_t type;
    int n_dims;
    uint64_t ne[4];
    uint64_t n_elements, n_bytes;
    const uint8_t *data;
    uint64_t offset;
    int shard;
} llri_tensor;

/* One file. Its bytes are base[0..n-1], in a mapping, in memory of ours, or in memory of the caller. */
typedef struct llri_shard {
    const uint8_t *base;
    size_t n;
    llri_mapping map;
    void *mem;
    int guarded, locked;                        /* guarded: 1 + its slot in the guard, or 0; locked: in memory, all shards or none */
} llri_shard;

struct llr_gguf {
    llr_allocator mem;
    llr_guard *guard;
    uint32_t version;
    llri_kv *kvs;                           /* of the first shard */
    size_t n_kvs;
    llri_tensor *tensors;                   /* of all shards, in order */
    size_t n_tensors;
    llri_map kv_map, tensor_map;
    llri_shard *shards;
    int n_shards;
};

/* --- the reader: a position in one file, and what is being read, for messages --- */
typedef struct llri_reader {
    const uint8_t *base;
    uint64_t n, pos;
    const char *file;                       /* its name without folders, or what else to call it */
    const char *item;                       /* "key" or "tensor" number index of total, called name once that is known */
    uint64_t index, total;
    llri_str name;
    llr_error *err;
} llri_reader;

static const char *llri_base_name(const char *path) {
    const char *p, *base = path;
    for (p = path; *p; p++)
        if (*p == '/' || (LLRI_WINDOWS && *p == '\\')) base = p + 1;
    return base;
}

static size_t llri_digits(const char *s) {
    size_t n = 0;
    while (s[n] >= '0' && s[n] <= '9') n++;
    return n;
}

/* "x.gguf.part1of2", "x.gguf-split-a": pieces of a file that was cut to fit a limit of its host. */
static int llri_is_piece_name(const char *file) {
    const char *p = strstr(file, "-split-");
    if (p && p[7] >= 'a' && p[7] <= 'z' && (p[8] == 0 || p[9] == 0)) return 1;
    for (p = strstr(file, "part"); p; p = strstr(p + 1, "part")) {
        size_t a = llri_digits(p + 4), b = a && strncmp(p + 4 + a, "of", 2) == 0 ? llri_digits(p + 6 + a) : 0;
        if (b && p[6 + a + b] == 0) return 1;
    }
    return 0;
}

static const char *llri_way_out(const llri_reader *r) {
    return llri_is_piece_name(r->file)
        ? "By its name it is one piece of a larger file: join the pieces, cat PIECE1 PIECE2 ... > model.gguf" : LLRI_REDO;
}

/* "FILE: invalid GGUF at byte N, key 3 of 9 'x': WHAT" */
static llr_status llri_bad(llri_reader *r, llr_status code, const char *fmt, ...) LLRI_PRINTF(3, 4);
static llr_status llri_bad(llri_reader *r, llr_status code, const char *fmt, ...) {
    char what[400], where[256];
    llri_str file = llri_cstr(r->file);
    va_list args;
    va_start(args, fmt);
    llri_vformat(what, sizeof what, fmt, args);
    va_end(args);
    where[0] = 0;
    if (r->item && r->name.p)
        (void)snprintf(where, sizeof where, ", %s %llu of %llu '%.*s'", r->item, (unsigned long long)r->index + 1,
                       (unsigned long long)r->total, LLRI_S(r->name));
    else if (r->item)
        (void)snprintf(where, sizeof where, ", %s %llu of %llu", r->item, (unsigned long long)r->index + 1,
                       (unsigned long long)r->total);
    return llri_fail(r->err, code, "%.*s: %s at byte %llu%s: %s", LLRI_S(file),
                     code == LLR_E_UNSUPPORTED ? "unsupported GGUF" : "invalid GGUF", (unsigned long long)r->pos, where, what);
}

static uint64_t llri_left(const llri_reader *r) { return r->n - r->pos; }

static llr_status llri_need(llri_reader *r, uint64_t n, const char *what) {
    if (llri_left(r) >= n) return LLR_OK;
    return llri_bad(r, LLR_E_FORMAT, "the file ends inside %s: %llu bytes needed, %llu left. %s", what,
                    (unsigned long long)n, (unsigned long long)llri_left(r), llri_way_out(r));
}

static llr_status llri_read_u32(llri_reader *r, uint32_t *out, const char *what) {
    llr_status st = llri_need(r, 4, what);
    if (st) return st;
    *out = llri_rd32(r->base + r->pos);
    r->pos += 4;
    return LLR_OK;
}

static llr_status llri_read_u64(llri_reader *r, uint64_t *out, const char *what) {
    llr_status st = llri_need(r, 8, what);
    if (st) return st;
    *out = llri_rd64(r->base + r->pos);
    r->pos += 8;
    return LLR_OK;
}

static llr_status llri_read_str(llri_reader *r, llri_str *out, const char *what) {
    uint64_t n;
    llr_status st = llri_read_u64(r, &n, what);
    if (st) return st;
    if (n > llri_left(r) || n > LLRI_MAX_LENGTH) {
        r->pos -= 8;
        return llri_bad(r, LLR_E_FORMAT, "%s claims a length of %llu bytes, but only %llu follow. %s", what,
                        (unsigned long long)n, (unsigned long long)(llri_left(r) - 8), llri_way_out(r));
    }
    out->p = (const char *)r->base + r->pos;
    out->n = (size_t)n;
    r->pos += n;
    return LLR_OK;
}

/* --- metadata values --- */
/* Bytes of a value or array element; 0 for strings, arrays and unknown types. */
static size_t llri_meta_bytes(uint32_t type) {
    static const uint8_t bytes[LLR_META_COUNT] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
    return type < LLR_META_COUNT ? bytes[type] : 0;
}

/* Decodes a number or bool at p into i, u and f of *out; 0 for other types. */
static int llri_meta_number(uint32_t type, const uint8_t *p, llr_meta *out) {
    switch (type) {
    case LLR_META_U8:   out->i = p[0]; break;
    case LLR_META_I8:   out->i = (int8_t)p[0]; break;
    case LLR_META_U16:  out->i = llri_rd16(p); break;
    case LLR_META_I16:  out->i = (int16_t)llri_rd16(p); break;
    case LLR_META_U32:  out->i = llri_rd32(p); break;
    case LLR_META_I32:  out->i = (int32_t)llri_rd32(p); break;
    case LLR_META_BOOL: out->i = p[0] != 0; break;
    case LLR_META_I64:
    case LLR_META_U64:  out->i = (int64_t)llri_rd64(p); break;
    case LLR_META_F32:  out->f = llri_rdf32(p); return 1;
    case LLR_META_F64:  out->f = llri_rdf64(p); return 1;
    default: return 0;
    }
    out->u = (uint64_t)out->i;
    out->f = type == LLR_META_U64 ? (double)out->u : (double)out->i;
    return 1;
}

static int llri_meta_is_float(uint32_t type) { return type == LLR_META_F32 || type == LLR_META_F64; }

/* Number i of an array, or i = 0 of a scalar. Returns its type, or LLR_META_COUNT if there is none. */
static uint32_t llri_kv_number(const llri_kv *kv, uint64_t i, llr_meta *out) {
    uint32_t type = kv->type == LLR_META_ARRAY ? kv->elem_type : kv->type;
    size_t bytes = llri_meta_bytes(type);
    if (!bytes || i >= kv->count) return LLR_META_COUNT;
    memset(out, 0, sizeof *out);
    return llri_meta_number(type, kv->data + (size_t)i * bytes, out) ? type : (uint32_t)LLR_META_COUNT;
}

/* Element i of an array of numbers or bools, or i = 0 of a scalar: 1 and *out, or 0 if it is no such thing or does not fit. */
static int llri_kv_elem_u64(const llri_kv *kv, uint64_t i, uint64_t *out) {
    llr_meta m;
    uint32_t type = llri_kv_number(kv, i, &m);
    if (type == LLR_META_COUNT || llri_meta_is_float(type) || (type != LLR_META_U64 && m.i < 0)) return 0;
    *out = m.u;
    return 1;
}

static int llri_kv_elem_f64(const llri_kv *kv, uint64_t i, double *out) {
    llr_meta m;
    if (llri_kv_number(kv, i, &m) == LLR_META_COUNT) return 0;
    *out = m.f;
    return 1;
}

/* The same for scalars alone. */
static int llri_kv_u64(const llri_kv *kv, uint64_t *out) { return kv->type != LLR_META_ARRAY && llri_kv_elem_u64(kv, 0, out); }
static int llri_kv_f64(const llri_kv *kv, double *out) { return kv->type != LLR_META_ARRAY && llri_kv_elem_f64(kv, 0, out); }

static int llri_kv_bool(const llri_kv *kv, int *out) {
    if (kv->type != LLR_META_BOOL) return 0;
    *out = kv->data[0] != 0;
    return 1;
}

static int llri_kv_str(const llri_kv *kv, llri_str *out) {
    if (kv->type != LLR_META_STRING) return 0;
    out->p = (const char *)kv->data;
    out->n = (size_t)kv->count;
    return 1;
}

/* The strings of an array, in order; the lengths were checked at open. */
typedef struct llri_str_iter { const uint8_t *p; uint64_t left; } llri_str_iter;

static int llri_str_iter_init(llri_str_iter *it, const llri_kv *kv) {
    if (kv->type != LLR_META_ARRAY || kv->elem_type != LLR_META_STRING) return 0;
    it->p = kv->data;
    it->left = kv->count;
    return 1;
}

static int llri_str_iter_next(llri_str_iter *it, llri_str *out) {
    if (it->left == 0) return 0;
    out->n = (size_t)llri_rd64(it->p);
    out->p = (const char *)it->p + 8;
    it->p += 8 + out->n;
    it->left--;
    return 1;
}

static llri_str llri_kv_key_of(const void *ctx, uint32_t i) { return ((const llr_gguf *)ctx)->kvs[i].key; }
static llri_str llri_tensor_name_of(const void *ctx, uint32_t i) { return ((const llr_gguf *)ctx)->tensors[i].name; }

static const llri_kv *llri_gguf_kv(const llr_gguf *g, const char *key) {
    uint32_t i = llri_map_find(&g->kv_map, llri_cstr(key), llri_kv_key_of, g);
    return i == UINT32_MAX ? NULL : &g->kvs[i];
}

static const llri_tensor *llri_gguf_tensor_at(const llr_gguf *g, size_t i) { return i < g->n_tensors ? &g->tensors[i] : NULL; }

static const llri_tensor *llri_gguf_find_tensor(const llr_gguf *g, const char *name) {
    uint32_t i = llri_map_find(&g->tensor_map, llri_cstr(name), llri_tensor_name_of, g);
    return i == UINT32_MAX ? NULL : &g->tensors[i];
}

/* --- what a file that is no GGUF is, and what to do about it --- */
typedef struct llri_magic { uint8_t at, n; const char *bytes, *text; } llri_magic;

static const llri_magic llri_magics[] = {
    { 0, 7, "version", "a git-lfs pointer, not the file itself: run git lfs pull, or download the file from its web page" },
    { 0, 4, "lmgg", "a GGML file from before August 2023, which nothing reads any more: get the GGUF version of the model" },
    { 0, 4, "fmgg", "a GGML file from before August 2023, which nothing reads any more: get the GGUF version of the model" },
    { 0, 4, "tjgg", "a GGML file from before August 2023, which nothing reads any more: get the GGUF version of the model" },
    { 0, 4, "algg", "an old GGML LoRA adapter: get the GGUF version, and the model it belongs to" },
    { 0, 4, "PK\3\4", "a zip archive or a PyTorch checkpoint: unpack it, or get the GGUF version of the model" },
    { 0, 2, "\x1f\x8b", "compressed with gzip: unpack it first" },
    { 0, 4, "\x28\xb5\x2f\xfd", "compressed with zstd: unpack it first" },
    { 0, 6, "\xfd" "7zXZ\0", "compressed with xz: unpack it first" },
    { 0, 4, "7z\xbc\xaf", "a 7z archive: unpack it first" },
    { 0, 2, "\x80\2", "a PyTorch checkpoint (pickle): get the GGUF version of the model" },
    { 8, 1, "{", "a safetensors file, the format for training: get the GGUF version of the model, or convert it" },
    { 0, 1, "{", "JSON text, perhaps the answer of a server that refused the download: open it to see what it says" },
    { 0, 4, "gguf", "like a GGUF, but its first bytes are in lower case: the file is damaged or was edited" },
    { 0, 4, "\0\0\0\0", "zeros where it should begin: a download that reserved its space and did not finish. Download it again" }
};

static llr_status llri_not_gguf(const llri_reader *r) {
    const uint8_t *b = r->base;
    llri_str file = llri_cstr(r->file);
    size_t i = 0, n = r->n > 64 ? 64 : (size_t)r->n;
    const char *text = NULL;
    while (i < n && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t')) i++;
    if (i + 1 < n && b[i] == '<' && (b[i + 1] == '!' || b[i + 1] == '?' || (b[i + 1] | 32) == 'h'))
        text = "a web page (HTML), not a model: download from the 'resolve' address, not the 'blob' page; a gated model needs a login";
    for (i = 0; !text && i < sizeof llri_magics / sizeof llri_magics[0]; i++) {
        const llri_magic *m = &llri_magics[i];
        if (n >= (size_t)m->at + m->n && memcmp(b + m->at, m->bytes, m->n) == 0) text = m->text;
    }
    if (llri_is_piece_name(r->file)) text = "by its name one piece of a larger file: join the pieces, cat PIECE1 PIECE2 ... > model.gguf";
    if (text) return llri_fail(r->err, LLR_E_FORMAT, "%.*s is not a GGUF file. It is %s.", LLRI_S(file), text);
    return llri_fail(r->err, LLR_E_FORMAT, "%.*s is not a GGUF file: it begins with the bytes %02x %02x %02x %02x instead of "
                     "47 47 55 46 (\"GGUF\"). It is something else, or damaged.", LLRI_S(file), b[0], b[1], b[2], b[3]);
}

/* --- header --- */
static llr_status llri_read_header(llri_reader *r, uint32_t *version, uint64_t *n_tensors, uint64_t *n_kvs) {
    llr_status st;
    llri_str file = llri_cstr(r->file);
    uint32_t v = 0;
    if (r->n == 0)
        return llri_fail(r->err, LLR_E_FORMAT, "%.*s is empty (0 bytes): the download failed or the disk was full. "
                         "Download it again.", LLRI_S(file));
    if (r->n < 4 || memcmp(r->base, "GGUF", 4) != 0) {
        if (r->n >= 4) return llri_not_gguf(r);
        return llri_fail(r->err, LLR_E_FORMAT, "%.*s has only %d bytes: no GGUF file. Download it again.", LLRI_S(file), (int)r->n);
    }
    r->pos = 4;
    if ((st = llri_read_u32(r, &v, "the version")) != LLR_OK) return st;
    r->pos -= 4;
    if (v == 1)
        return llri_bad(r, LLR_E_UNSUPPORTED, "GGUF version 1 was used for some weeks in August 2023; get a newer conversion of the model");
    if (v != 0 && (v & 0xffff) == 0)
        return llri_bad(r, LLR_E_UNSUPPORTED, "the file is big-endian (for s390x and the like); get the usual little-endian one");
    if (v == 0) return llri_bad(r, LLR_E_FORMAT, "version 0 does not exist. " LLRI_REDO);
    if (v > 3)
        return llri_bad(r, LLR_E_UNSUPPORTED, "version %llu; versions 2 and 3 are known to llrun " LLRUN_VERSION
                        ". A newer llrun may read it, or the file is damaged", (unsigned long long)v);
    r->pos += 4;
    *version = v;
    if ((st = llri_read_u64(r, n_tensors, "the number of tensors")) != LLR_OK) return st;
    return llri_read_u64(r, n_kvs, "the number of keys");
}

/* A count of entries that take at least min_bytes each. */
static llr_status llri_check_count(llri_reader *r, uint64_t count, uint64_t min_bytes, const char *what) {
    if (count > llri_left(r) / min_bytes)
        return llri_bad(r, LLR_E_FORMAT, "the header claims %llu %s, but only %llu bytes follow. %s", (unsigned long long)count, what,
                        (unsigned long long)llri_left(r), llri_way_out(r));
    if (count > LLRI_MAX_ENTRIES)
        return llri_bad(r, LLR_E_UNSUPPORTED, "%llu %s; at most %d are read", (unsigned long long)count, what, (int)LLRI_MAX_ENTRIES);
    return LLR_OK;
}

/* --- metadata --- */
static llr_status llri_read_array(llri_reader *r, llri_kv *kv) {
    llr_status st;
    uint64_t i, bytes;
    llri_str s;
    if ((st = llri_read_u32(r, &kv->elem_type, "the element type of an array")) != LLR_OK) return st;
    if (kv->elem_type == LLR_META_ARRAY)
        return llri_bad(r, LLR_E_UNSUPPORTED, "an array of arrays, which no known model uses");
    if (kv->elem_type >= LLR_META_COUNT)
        return llri_bad(r, LLR_E_FORMAT, "array element type %llu does not exist (0 to 12 do). " LLRI_REDO,
                        (unsigned long long)kv->elem_type);
    if ((st = llri_read_u64(r, &kv->count, "the length of an array")) != LLR_OK) return st;
    bytes = llri_meta_bytes(kv->elem_type);
    if (kv->count > LLRI_MAX_LENGTH || kv->count > llri_left(r) / (bytes ? bytes : 8))
        return llri_bad(r, LLR_E_FORMAT, "the array claims %llu elements, but only %llu bytes follow. %s",
                        (unsigned long long)kv->count, (unsigned long long)llri_left(r), llri_way_out(r));
    kv->data = r->base + r->pos;
    if (bytes) {
        r->pos += kv->count * bytes;
        return LLR_OK;
    }
    for (i = 0; i < kv->count; i++)
        if ((st = llri_read_str(r, &s, "a string of an array")) != LLR_OK) return st;
    return LLR_OK;
}

static llr_status llri_read_kv(llri_reader *r, llri_kv *kv) {
    llr_status st;
    llri_str s;
    size_t bytes;
    if ((st = llri_read_str(r, &s, "the key")) != LLR_OK) return st;
    r->name = s;
    if (s.n == 0) return llri_bad(r, LLR_E_FORMAT, "the key is empty. " LLRI_REDO);
    if (s.n > LLRI_MAX_KEY || memchr(s.p, 0, s.n))
        return llri_bad(r, LLR_E_FORMAT, "the key has %llu bytes (limit %d) or holds a zero byte. " LLRI_REDO,
                        (unsigned long long)s.n, (int)LLRI_MAX_KEY);
    kv->key = s;
    kv->elem_type = LLR_META_COUNT;
    kv->count = 1;
    if ((st = llri_read_u32(r, &kv->type, "the type of a value")) != LLR_OK) return st;
    if (kv->type >= LLR_META_COUNT)
        return llri_bad(r, LLR_E_FORMAT, "value type %llu does not exist (0 to 12 do). " LLRI_REDO, (unsigned long long)kv->type);
    if (kv->type == LLR_META_ARRAY) return llri_read_array(r, kv);
    if (kv->type == LLR_META_STRING) {
        if ((st = llri_read_str(r, &s, "the string")) != LLR_OK) return st;
        kv->data = (const uint8_t *)s.p;
        kv->count = s.n;
        return LLR_OK;
    }
    bytes = llri_meta_bytes(kv->type);
    if ((st = llri_need(r, bytes, "a value")) != LLR_OK) return st;
    kv->data = r->base + r->pos;
    r->pos += bytes;
    return LLR_OK;
}

/* Reads n key/value pairs into g->kvs, which is empty. */
static llr_status llri_read_kvs(llr_gguf *g, llri_reader *r, uint64_t n) {
    uint64_t i;
    llr_status st = llri_check_count(r, n, 14, "keys");
    if (st) return st;
    g->kvs = (llri_kv *)llri_calloc(&g->mem, (size_t)n * sizeof *g->kvs, 16);
    if (!g->kvs) return llri_nomem(r->err, "the table of keys", (size_t)n * sizeof *g->kvs);
    g->n_kvs = (size_t)n;
    if (!llri_map_init(&g->kv_map, &g->mem, (size_t)n)) return llri_nomem(r->err, "the index of keys", (size_t)n * 16);
    r->item = "key";
    r->total = n;
    for (i = 0; i < n; i++) {
        llri_kv *kv = &g->kvs[i];
        r->index = i;
        r->name.p = NULL;
        if ((st = llri_read_kv(r, kv)) != LLR_OK) return st;
        if (llri_map_find(&g->kv_map, kv->key, llri_kv_key_of, g) != UINT32_MAX)
            return llri_bad(r, LLR_E_FORMAT, "the key is there twice. " LLRI_REDO);
        llri_map_put(&g->kv_map, (uint32_t)i, llri_kv_key_of, g);
    }
    r->item = NULL;
    return LLR_OK;
}

static void llri_free_kvs(llr_gguf *g) {
    llri_map_free(&g->kv_map, &g->mem);
    llri_free(&g->mem, g->kvs, g->n_kvs * sizeof *g->kvs);
    g->kvs = NULL;
    g->n_kvs = 0;
}

static llr_status llri_read_alignment(const llr_gguf *g, llri_reader *r, uint64_t *align) {
    const llri_kv *kv = llri_gguf_kv(g, "general.alignment");
    *align = 32;
    if (!kv) return LLR_OK;
    if (kv->type != LLR_META_U32)
        return llri_bad(r, LLR_E_FORMAT, "general.alignment has value type %llu, it must be 4 (u32). " LLRI_REDO,
                        (unsigned long long)kv->type);
    *align = llri_rd32(kv->data);
    if (*align == 0 || (*align & (*align - 1)) || *align > LLRI_MAX_ALIGN)
        return llri_bad(r, LLR_E_FORMAT, "general.alignment is %llu; it must be a power of two up to %llu. " LLRI_REDO,
                        (unsigned long long)*align, (unsigned long long)LLRI_MAX_ALIGN);
    return LLR_OK;
}

/* --- tensor table --- */
/* Elements and bytes of a tensor from its type and dimensions. */
static llr_status llri_tensor_size(llri_reader *r, llri_tensor *t) {
    const llri_type_info *info = llri_type(t->type);
    const char *removed = llri_type_removed_name(t->type);
    int i;
    if (removed)
        return llri_bad(r, LLR_E_UNSUPPORTED, "tensor type %llu (%s) is no longer in use: get a newer conversion, for example "
                        "q4_0, q4_K_M or iq4_nl", (unsigned long long)t->type, removed);
    if (!info)
        return llri_bad(r, t->type < 1000 ? LLR_E_UNSUPPORTED : LLR_E_FORMAT, "tensor type %llu is unknown to llrun " LLRUN_VERSION
                        " (0 to %d are known). Get a common type such as q4_K_M or q8_0, or a newer llrun, or the file is damaged",
                        (unsigned long long)t->type, (int)LLRI_N_TYPES - 1);
    t->n_elements = 1;
    for (i = 0; i < t->n_dims; i++) {
        if (t->ne[i] == 0) return llri_bad(r, LLR_E_FORMAT, "dimension %d is 0. " LLRI_REDO, i);
        if (!llri_mul_u64(t->n_elements, t->ne[i], &t->n_elements) || t->n_elements > INT64_MAX)
            return llri_bad(r, LLR_E_FORMAT, "dimensions %llu x %llu x %llu x %llu overflow. " LLRI_REDO,
                            (unsigned long long)t->ne[0], (unsigned long long)t->ne[1], (unsigned long long)t->ne[2],
                            (unsigned long long)t->ne[3]);
    }
    if (t->ne[0] % info->block)
        return llri_bad(r, LLR_E_FORMAT, "rows of %llu elements are not a whole number of %s blocks of %llu. " LLRI_REDO,
                        (unsigned long long)t->ne[0], info->name, (unsigned long long)info->block);
    if (!llri_mul_u64(t->n_elements / info->block, info->bytes, &t->n_bytes))
        return llri_bad(r, LLR_E_FORMAT, "%llu elements of %s overflow the size. " LLRI_REDO,
                        (unsigned long long)t->n_elements, info->name);
    return LLR_OK;
}

static llr_status llri_read_tensor(llri_reader *r, llri_tensor *t, uint64_t align) {
    llr_status st;
    uint32_t n_dims;
    int i;
    if ((st = llri_read_str(r, &t->name, "the name of a tensor")) != LLR_OK) return st;
    r->name = t->name;
    if (t->name.n == 0 || t->name.n > LLRI_MAX_NAME || memchr(t->name.p, 0, t->name.n))
        return llri_bad(r, LLR_E_FORMAT, "the name has %llu bytes (1 to %d are allowed) or holds a zero byte. " LLRI_REDO,
                        (unsigned long long)t->name.n, (int)LLRI_MAX_NAME);
    if ((st = llri_read_u32(r, &n_dims, "the number of dimensions")) != LLR_OK) return st;
    if (n_dims > 4)
        return llri_bad(r, LLR_E_FORMAT, "%llu dimensions; at most 4 are allowed. " LLRI_REDO, (unsigned long long)n_dims);
    t->n_dims = (int)n_dims;
    for (i = 0; i < 4; i++) {
        t->ne[i] = 1;
        if (i < t->n_dims && (st = llri_read_u64(r, &t->ne[i], "the dimensions")) != LLR_OK) return st;
    }
    if ((st = llri_read_u32(r, &t->type, "the type of a tensor")) != LLR_OK) return st;
    if ((st = llri_tensor_size(r, t)) != LLR_OK) return st;
    if ((st = llri_read_u64(r, &t->offset, "the offset of a tensor")) != LLR_OK) return st;
    if (t->offset & (align - 1))
        return llri_bad(r, LLR_E_FORMAT, "offset %llu is not a multiple of the alignment %llu. " LLRI_REDO,
                        (unsigned long long)t->offset, (unsigned long long)align);
    return LLR_OK;
}

/* Makes room for n more tensors. */
static llr_status llri_grow_tensors(llr_gguf *g, size_t n, llr_error *err) {
    size_t old_bytes = g->n_tensors * sizeof *g->tensors, bytes = (g->n_tensors + n) * sizeof *g->tensors;
    llri_tensor *t;
    llri_map_free(&g->tensor_map, &g->mem);
    t = (llri_tensor *)llri_calloc(&g->mem, bytes, 16);
    if (!t) return llri_nomem(err, "the table of tensors", bytes);
    if (old_bytes) memcpy(t, g->tensors, old_bytes);
    llri_free(&g->mem, g->tensors, old_bytes);
    g->tensors = t;
    g->n_tensors += n;
    if (!llri_map_init(&g->tensor_map, &g->mem, g->n_tensors)) return llri_nomem(err, "the index of tensors", g->n_tensors * 16);
    return LLR_OK;
}

/* Where the tensors lie in the file, and that all of their bytes are there. */
static llr_status llri_place_tensors(llri_reader *r, llri_tensor *t, size_t n, uint64_t align) {
    uint64_t start = (r->pos + align - 1) & ~(align - 1), end = 0, missing = 0, total = start;
    size_t i, first = n;
    llri_str file = llri_cstr(r->file);
    for (i = 0; i < n; i++) {
        if (!llri_add_u64(start, t[i].offset, &t[i].offset) || !llri_add_u64(t[i].offset, t[i].n_bytes, &end)) {
            r->name = t[i].name;
            r->index = i;
            return llri_bad(r, LLR_E_FORMAT, "the offset plus %llu bytes overflows. " LLRI_REDO, (unsigned long long)t[i].n_bytes);
        }
        if (end > total) total = end;
        if (end > r->n && first == n) { first = i; missing = end - r->n; }
        t[i].data = r->base + (end <= r->n ? t[i].offset : 0);
    }
    if (first == n) return LLR_OK;
    r->name = t[first].name;
    r->index = first;
    if (total > LLRI_MAX_FILE)
        return llri_bad(r, LLR_E_FORMAT, "%llu bytes at byte %llu would need a file of %s. " LLRI_REDO,
                        (unsigned long long)t[first].n_bytes, (unsigned long long)t[first].offset, llri_size_text(total).s);
    return llri_fail(r->err, LLR_E_FORMAT, "%.*s is incomplete: it has %s of %s; tensor '%.*s' ends %llu bytes past the end "
                     "of the file (byte %llu). %s", LLRI_S(file), llri_size_text(r->n).s, llri_size_text(total).s, LLRI_S(r->name),
                     (unsigned long long)missing, (unsigned long long)r->n, llri_is_piece_name(r->file) ? llri_way_out(r)
                     : "Resume the download and compare the SHA-256.");
}

/* Heap sort of indices by tensor offset: no recursion, no memory, no bad case that a file could choose. */
static void llri_sift(uint32_t *a, size_t i, size_t n, const llri_tensor *t) {
    for (;;) {
        size_t c = 2 * i + 1;
        uint32_t x;
        if (c >= n) return;
        if (c + 1 < n && t[a[c + 1]].offset > t[a[c]].offset) c++;
        if (t[a[c]].offset <= t[a[i]].offset) return;
        x = a[i];
        a[i] = a[c];
        a[c] = x;
        i = c;
    }
}

static void llri_sort_by_offset(uint32_t *a, size_t n, const llri_tensor *t) {
    size_t i;
    for (i = n / 2; i-- > 0;) llri_sift(a, i, n, t);
    for (i = n; i-- > 1;) {
        uint32_t x = a[0];
        a[0] = a[i];
        a[i] = x;
        llri_sift(a, 0, i, t);
    }
}

static int llri_overlap(const llri_tensor *a, const llri_tensor *b) { return a->offset + a->n_bytes > b->offset; }

/* Tensors of one file must not share bytes. Files are written in order, so the sort is rarely needed. */
static llr_status llri_check_overlap(const llr_gguf *g, llri_reader *r, const llri_tensor *t, size_t n) {
    size_t i, bytes = n * sizeof(uint32_t);
    uint32_t *order;
    llr_status st = LLR_OK;
    for (i = 1; i < n && !llri_overlap(&t[i - 1], &t[i]); i++) {}
    if (i >= n) return LLR_OK;
    order = (uint32_t *)llri_alloc(&g->mem, bytes, 16);
    if (!order) return llri_nomem(r->err, "sorting the tensors", bytes);
    for (i = 0; i < n; i++) order[i] = (uint32_t)i;
    llri_sort_by_offset(order, n, t);
    for (i = 1; i < n && !st; i++) {
        const llri_tensor *a = &t[order[i - 1]], *b = &t[order[i]];
        if (!llri_overlap(a, b)) continue;
        r->name = b->name;
        r->index = order[i];
        st = llri_bad(r, LLR_E_FORMAT, "it begins at byte %llu, inside '%.*s', which has %llu bytes from byte %llu: they overlap. "
                      LLRI_REDO, (unsigned long long)b->offset, LLRI_S(a->name), (unsigned long long)a->n_bytes,
                      (unsigned long long)a->offset);
    }
    llri_free(&g->mem, order, bytes);
    return st;
}

/* Adds the tensors of a shard to the table. */
static llr_status llri_read_tensors(llr_gguf *g, llri_reader *r, uint64_t n, int shard) {
    uint64_t align;
    size_t i, old = g->n_tensors;
    llr_status st;
    if ((st = llri_read_alignment(g, r, &align)) != LLR_OK) return st;
    if (n == 0) return LLR_OK;
    if ((st = llri_check_count(r, n, 24, "tensors")) != LLR_OK) return st;
    if ((st = llri_grow_tensors(g, (size_t)n, r->err)) != LLR_OK) return st;
    for (i = 0; i < old; i++) llri_map_put(&g->tensor_map, (uint32_t)i, llri_tensor_name_of, g);
    r->item = "tensor";
    r->total = n;
    for (i = 0; i < n; i++) {
        llri_tensor *t = &g->tensors[old + i];
        r->index = i;
        r->name.p = NULL;
        if ((st = llri_read_tensor(r, t, align)) != LLR_OK) return st;
        t->shard = shard;
        if (llri_map_find(&g->tensor_map, t->name, llri_tensor_name_of, g) != UINT32_MAX)
            return llri_bad(r, LLR_E_FORMAT, "a tensor of this name is there twice. " LLRI_REDO);
        llri_map_put(&g->tensor_map, (uint32_t)(old + i), llri_tensor_name_of, g);
    }
    if ((st = llri_place_tensors(r, g->tensors + old, (size_t)n, align)) != LLR_OK) return st;
    return llri_check_overlap(g, r, g->tensors + old, (size_t)n);
}

/* Reads the structure of shard i; its metadata is in g->kvs afterwards. */
static llr_status llri_parse_shard(llr_gguf *g, int i, const char *file, llr_error *err) {
    llri_reader r;
    uint64_t n_tensors = 0, n_kvs = 0;
    llr_status st;
    memset(&r, 0, sizeof r);
    r.base = g->shards[i].base;
    r.n = g->shards[i].n;
    r.file = file;
    r.err = err;
    if ((st = llri_read_header(&r, &g->version, &n_tensors, &n_kvs)) != LLR_OK) return st;
    if ((st = llri_check_count(&r, n_tensors, 24, "tensors")) != LLR_OK) return st;
    if ((st = llri_read_kvs(g, &r, n_kvs)) != LLR_OK) return st;
    return llri_read_tensors(g, &r, n_tensors, i);
}

/* --- getting the bytes: a mapping, or memory --- */
typedef struct llri_loader {                /* what one open call needs throughout */
    const llr_options *opt;
    llr_error *err;
    uint64_t done, total;                   /* bytes, for `progress` */
} llri_loader;

/* Reads a file into memory. Refused where the system would have to kill the process. */
static llr_status llri_read_file(llr_gguf *g, llri_shard *s, const llri_file *f, uint64_t offset, const char *file, llri_loader *l) {
    uint64_t available = llri_memory_left(l->opt);
    llri_str name = llri_cstr(file);
    size_t pos = 0;
    if (!llri_memory_guarded(l->opt) || s->n <= available) s->mem = llri_alloc(&g->mem, s->n, 64);
    if (!s->mem)
        return llri_fail(l->err, LLR_E_NOMEM, "%.*s needs %s to be read into memory, but %s are available. Use a smaller model%s.",
                         LLRI_S(name), llri_size_text(s->n).s, llri_size_text(available).s,
                         l->opt && l->opt->no_mmap ? ", or allow mapping it (no --no-mmap)" : "");
    s->base = (const uint8_t *)s->mem;
    while (pos < s->n) {
        size_t step = s->n - pos > LLRI_READ_STEP ? (size_t)LLRI_READ_STEP : s->n - pos;
        int code;
        if (llri_progress(l->opt, LLR_PHASE_LOAD, l->done, l->total))
            return llri_fail(l->err, LLR_E_CANCELLED, "loading was cancelled after %s", llri_size_text(l->done).s);
        code = llri_file_read(f, offset + pos, (uint8_t *)s->mem + pos, step);
        if (code)
            return llri_fail(l->err, LLR_E_IO, "cannot read %.*s at byte %llu: %s (error %d)", LLRI_S(name),
                             (unsigned long long)(offset + pos), llri_errno_text(code), code);
        pos += step;
        l->done += step;
    }
    if (llri_progress(l->opt, LLR_PHASE_LOAD, l->done, l->total))
        return llri_fail(l->err, LLR_E_CANCELLED, "loading was cancelled after %s", llri_size_text(l->done).s);
    return LLR_OK;
}

/* Bytes offset .. offset+n-1 of a file become the image of a shard. */
static llr_status llri_load_file(llr_gguf *g, llri_shard *s, const llri_file *f, uint64_t offset, uint64_t n, const char *file,
                                 llri_loader *l) {
    uint64_t skip = offset % llri_page_bytes();
    llri_str name = llri_cstr(file);
    llr_status st = LLR_OK;
    llr_memory now;
    int code;
    if (n > SIZE_MAX - skip)
        return llri_fail(l->err, LLR_E_NOMEM, "%.*s has %s, more than a %d-bit program can address. Use a 64-bit build of llrun, or a "
                         "model under 2 GiB.", LLRI_S(name), llri_size_text(n).s, (int)sizeof(void *) * 8);
    s->n = (size_t)n;
    if (n == 0) return LLR_OK;              /* the parser says what is wrong with it */
    if (l->opt && l->opt->no_mmap) {
        st = llri_read_file(g, s, f, offset, file, l);
    } else {
        code = llri_file_map(f, offset - skip, (size_t)(n + skip), &s->map);
        if (code) {
            llri_log(l->opt, LLR_LOG_WARN, "%.*s: mapping it failed: %s; reading it into memory instead (needs %s)", LLRI_S(name),
                     llri_errno_text(code), llri_size_text(n).s);
            st = llri_read_file(g, s, f, offset, file, l);
            if (st == LLR_E_NOMEM && sizeof(void *) < 8)
                return llri_fail(l->err, st, "%.*s: %s fit neither a mapping nor the memory of this 32-bit program. Use a 64-bit "
                                 "build of llrun, or a smaller model.", LLRI_S(name), llri_size_text(n).s);
        } else {
            s->base = (const uint8_t *)s->map.base + skip;
            s->guarded = llri_guard_add(g->guard, &s->map) + 1;
            llr_memory_look(&now, l->opt);
            if (llri_memory_for_pages(&now) < 4 * LLRI_AHEAD_BYTES) llri_advise_ahead(s->map.base, s->map.n, 0);
        }
    }
    return st;
}

static llr_status llri_open_path(llri_file *f, const char *path, llr_error *err) {
    int code = llri_file_open(f, path);
    if (!code) return LLR_OK;
    return llri_fail(err, LLR_E_IO, "cannot open %.300s: %s (error %d)", path, llri_errno_text(code), code);
}

static llr_status llri_load_path(llr_gguf *g, llri_shard *s, const char *path, llri_loader *l) {
    llri_file f;
    llr_status st = llri_open_path(&f, path, l->err);
    if (st) return st;
    if (l->total < l->done + f.size) l->total = l->done + f.size;
    st = llri_load_file(g, s, &f, 0, f.size, llri_base_name(path), l);
    llri_file_close(&f);
    return st;
}

/* --- split files: <prefix>-00001-of-00003.gguf --- */
/* A metadata number of the file read last, or `absent`. */
static uint64_t llri_gguf_u64(const llr_gguf *g, const char *key, uint64_t absent) {
    const llri_kv *kv = llri_gguf_kv(g, key);
    uint64_t v;
    return kv && llri_kv_u64(kv, &v) ? v : absent;
}

/* Turns the path of the first shard into that of shard i (0-based): same length. 0 if path is not named like one. */
static int llri_shard_path(char *path, int i, int count) {
    char want[32];
    size_t n = strlen(path), w;
    (void)snprintf(want, sizeof want, "-00001-of-%05d.gguf", count);
    w = strlen(want);
    if (n < w || memcmp(path + n - w, want, w) != 0) return 0;
    (void)snprintf(want, sizeof want, "-%05d-of-%05d.gguf", i + 1, count);
    memcpy(path + n - w, want, w);
    return 1;
}

/* Opens and checks shard i of count. name: a copy of the path of the first, which is changed. */
static llr_status llri_load_shard(llr_gguf *g, int i, int count, char *name, llri_loader *l) {
    uint64_t no, n;
    llri_kv *kvs = g->kvs;
    size_t n_kvs = g->n_kvs;
    llri_map kv_map = g->kv_map;
    llr_status st = llri_load_path(g, &g->shards[i], name, l);
    if (st) return st;
    g->kvs = NULL;                          /* set aside: those of later shards are only looked at */
    g->n_kvs = 0;
    g->kv_map.slots = NULL;
    st = llri_parse_shard(g, i, llri_base_name(name), l->err);
    no = st ? 0 : llri_gguf_u64(g, "split.no", UINT64_MAX);
    n = st ? 0 : llri_gguf_u64(g, "split.count", UINT64_MAX);
    llri_free_kvs(g);
    g->kvs = kvs;
    g->n_kvs = n_kvs;
    g->kv_map = kv_map;
    if (st) return st;
    if (no != (uint64_t)i || n != (uint64_t)count)
        return llri_fail(l->err, LLR_E_FORMAT, "%s should be shard %d of %d, but its metadata say split.no %lld and split.count %lld. "
                         "Files of different models may be mixed, or it was renamed: download it again.", llri_base_name(name), i + 1,
                         count, (long long)no, (long long)n);
    return LLR_OK;
}

/* Looks for all shards before any is read, and adds up their sizes. path is changed to each name in turn. */
static llr_status llri_find_shards(char *path, char *name, size_t path_bytes, int count, llri_loader *l) {
    int i;
    for (i = 1; i < count; i++) {
        llri_file f;
        int code;
        memcpy(name, path, path_bytes);
        (void)llri_shard_path(name, i, count);
        code = llri_file_open(&f, name);
        if (code)
            return llri_fail(l->err, LLR_E_IO, "shard %d of %d cannot be opened: %s (error %d). Expected it at %s", i + 1, count,
                             llri_errno_text(code), code, name);
        l->total += f.size;
        llri_file_close(&f);
    }
    return LLR_OK;
}

/* Reads shards 1 .. count-1. */
static llr_status llri_load_rest(llr_gguf *g, const char *path, int count, llri_loader *l) {
    size_t path_bytes = strlen(path) + 1, shard_bytes = (size_t)count * sizeof(llri_shard);
    char *first = (char *)llri_alloc(&g->mem, 2 * path_bytes, 16), *name = first ? first + path_bytes : NULL;
    llri_shard *shards = (llri_shard *)llri_calloc(&g->mem, shard_bytes, 16);
    uint64_t n_tensors;
    llr_status st = LLR_OK;
    int i;
    if (!first || !shards) st = llri_nomem(l->err, "the list of shards", shard_bytes + 2 * path_bytes);
    if (!st) {
        memcpy(first, path, path_bytes);
        shards[0] = g->shards[0];
        llri_free(&g->mem, g->shards, sizeof *g->shards);
        g->shards = shards;
        g->n_shards = count;
        shards = NULL;
        memcpy(name, path, path_bytes);
        if (!llri_shard_path(name, 0, count))
            st = llri_fail(l->err, LLR_E_FORMAT, "%s is the first of %d shards, whose names must end in -00001-of-%05d.gguf and so "
                           "on for the others to be found. Give them their original names back.", llri_base_name(path), count, count);
    }
    if (!st) st = llri_find_shards(first, name, path_bytes, count, l);
    for (i = 1; i < count && !st; i++) {
        memcpy(name, path, path_bytes);
        (void)llri_shard_path(name, i, count);
        st = llri_load_shard(g, i, count, name, l);
    }
    if (!st) {
        n_tensors = llri_gguf_u64(g, "split.tensors.count", g->n_tensors);
        if (n_tensors != g->n_tensors)
            st = llri_fail(l->err, LLR_E_FORMAT, "%s: the shards hold %llu tensors, but split.tensors.count says %llu. They do not belong "
                           "together, or one is damaged: download them again.", llri_base_name(path),
                           (unsigned long long)g->n_tensors, (unsigned long long)n_tensors);
    }
    llri_free(&g->mem, shards, shard_bytes);
    llri_free(&g->mem, first, 2 * path_bytes);
    return st;
}

/* After the first file was parsed: reads the others if there are any. path NULL: not opened by name. */
static llr_status llri_load_split(llr_gguf *g, const char *path, const char *file, llri_loader *l) {
    uint64_t count = llri_gguf_u64(g, "split.count", 0), no = llri_gguf_u64(g, "split.no", 0);
    llri_str name = llri_cstr(file);
    if (count <= 1) return LLR_OK;
    if (count > LLRI_MAX_SHARDS)
        return llri_fail(l->err, LLR_E_FORMAT, "%.*s claims to be one of %llu shards; at most %d are read. " LLRI_REDO, LLRI_S(name),
                         (unsigned long long)count, (int)LLRI_MAX_SHARDS);
    if (no >= count)
        return llri_fail(l->err, LLR_E_FORMAT, "%.*s: split.no %llu is not below split.count %llu. " LLRI_REDO, LLRI_S(name),
                         (unsigned long long)no, (unsigned long long)count);
    if (no != 0)
        return llri_fail(l->err, LLR_E_UNSUPPORTED, "%.*s is shard %llu of %llu: open the first one, its name ends in "
                         "-00001-of-%05d.gguf", LLRI_S(name), (unsigned long long)no + 1, (unsigned long long)count, (int)count);
    if (!path)
        return llri_fail(l->err, LLR_E_UNSUPPORTED, "%.*s is the first of %llu shards: open it by its path, so that the others are "
                         "found, or merge them first", LLRI_S(name), (unsigned long long)count);
    return llri_load_rest(g, path, (int)count, l);
}

/* --- open and close --- */
static void llri_shard_unlock(llri_shard *s) {
    if (s->locked) llri_unlock_pages(s->map.base ? s->map.base : s->mem, s->map.base ? s->map.n : s->n);
    s->locked = 0;
}

LLR_API void llr_gguf_close(llr_gguf *g) {
    llr_allocator mem;
    int i;
    if (!g) return;
    mem = g->mem;
    for (i = 0; i < g->n_shards; i++) {
        llri_shard *s = &g->shards[i];
        llri_shard_unlock(s);
        if (s->guarded) llri_guard_remove(g->guard, s->guarded - 1);
        llri_unmap(&s->map);
        llri_free(&mem, s->mem, s->n);
    }
    llri_free(&mem, g->shards, (size_t)g->n_shards * sizeof *g->shards);
    llri_free_kvs(g);
    llri_map_free(&g->tensor_map, &mem);
    llri_free(&mem, g->tensors, g->n_tensors * sizeof *g->tensors);
    llri_free(&mem, g, sizeof *g);
}

/* A handle with one empty shard. */
static llr_gguf *llri_gguf_new(const llr_options *opt, llr_error *err) {
    const llr_allocator *mem = llri_opt_mem(opt);
    llr_gguf *g = (llr_gguf *)llri_calloc(mem, sizeof *g, 16);
    if (g) {
        g->mem = *mem;
        g->guard = opt ? opt->guard : NULL;
        g->shards = (llri_shard *)llri_calloc(mem, sizeof *g->shards, 16);
        g->n_shards = 1;
        if (g->shards) return g;
        llri_free(mem, g, sizeof *g);
    }
    (void)llri_nomem(err, "a file handle", sizeof *g);
    return NULL;
}

LLR_API llr_status llr_gguf_check(const llr_gguf *g, llr_error *err) {
    int i;
    for (i = 0; i < g->n_shards; i++) {
        const llri_shard *s = &g->shards[i];
        int32_t page = s->guarded ? llri_atomic_load(&g->guard->file[s->guarded - 1].bad_page) : 0;
        uint64_t at = page ? (uint64_t)(page - 1) * llri_page_bytes() : 0, skip = page ? (uint64_t)(s->base - (const uint8_t *)s->map.base) : 0;
        if (page)
            return llri_fail(err, LLR_E_IO, "the model file was cut short, or its disk failed, while it was in use: from byte %llu of %llu "
                             "on (file %d of %d) it cannot be read. Load it again when it is whole.",
                             (unsigned long long)(at > skip ? at - skip : 0), (unsigned long long)s->n, i + 1, g->n_shards);
    }
    return LLR_OK;
}

/* Parses what was loaded as shard 0, and the rest of a split file. Gives *out, or frees g. */
static llr_status llri_gguf_finish(llr_gguf **out, llr_gguf *g, llr_status st, const char *path, const char *file, llri_loader *l) {
    if (!st) st = llri_parse_shard(g, 0, file, l->err);
    if (!st) st = llri_load_split(g, path, file, l);
    if (llr_gguf_check(g, l->err)) st = LLR_E_IO;       /* and the zeros may have looked like a damaged file */
    if (!st && l->opt && l->opt->mlock) {
        llr_error why;
        if (llr_gguf_lock(g, l->opt, &why)) llri_log(l->opt, LLR_LOG_WARN, "%s: %s. Continuing.", file, why.msg);
    }
    if (st) llr_gguf_close(g);
    else *out = g;
    return st;
}

LLR_API llr_status llr_gguf_open(llr_gguf **out, const char *path, const llr_options *opt, llr_error *err) {
    llri_loader l;
    llr_gguf *g;
    memset(&l, 0, sizeof l);
    l.opt = opt;
    l.err = err;
    if (!out || !path) return llri_fail(err, LLR_E_ARG, "llr_gguf_open: out and path must not be NULL");
    g = llri_gguf_new(opt, err);
    if (!g) return LLR_E_NOMEM;
    return llri_gguf_finish(out, g, llri_load_path(g, g->shards, path, &l), path, llri_base_name(path), &l);
}

static llr_status llri_load_fd(llr_gguf *g, int fd, uint64_t offset, uint64_t length, llri_loader *l) {
    llri_file f;
    int code = llri_file_from_fd(&f, fd);
    if (code) return llri_fail(l->err, LLR_E_IO, "descriptor %d cannot be read as a file: %s (error %d)", fd, llri_errno_text(code), code);
    if (offset > f.size || length > f.size - offset)
        return llri_fail(l->err, LLR_E_ARG, "%llu bytes at offset %llu are not inside the file of %llu bytes", (unsigned long long)length,
                         (unsigned long long)offset, (unsigned long long)f.size);
    l->total = length ? length : f.size - offset;
    return llri_load_file(g, g->shards, &f, offset, l->total, "the file", l);
}

LLR_API llr_status llr_gguf_open_fd(llr_gguf **out, int fd, uint64_t offset, uint64_t length, const llr_options *opt, llr_error *err) {
    llri_loader l;
    llr_gguf *g;
    memset(&l, 0, sizeof l);
    l.opt = opt;
    l.err = err;
    if (!out) return llri_fail(err, LLR_E_ARG, "llr_gguf_open_fd: out must not be NULL");
    g = llri_gguf_new(opt, err);
    if (!g) return LLR_E_NOMEM;
    return llri_gguf_finish(out, g, llri_load_fd(g, fd, offset, length, &l), NULL, "the file", &l);
}

LLR_API llr_status llr_gguf_open_mem(llr_gguf **out, const void *data, size_t n_bytes, const llr_options *opt, llr_error *err) {
    llri_loader l;
    llr_gguf *g;
    memset(&l, 0, sizeof l);
    l.opt = opt;
    l.err = err;
    if (!out || (!data && n_bytes)) return llri_fail(err, LLR_E_ARG, "llr_gguf_open_mem: out and data must not be NULL");
    g = llri_gguf_new(opt, err);
    if (!g) return LLR_E_NOMEM;
    g->shards->base = (const uint8_t *)data;
    g->shards->n = n_bytes;
    return llri_gguf_finish(out, g, LLR_OK, NULL, "the file in memory", &l);
}

/* --- queries --- */
LLR_API const void *llr_gguf_bytes(const llr_gguf *g, int shard, size_t *n_bytes) {
    if (shard < 0 || shard >= g->n_shards) return NULL;
    *n_bytes = g->shards[shard].n;
    return g->shards[shard].base;
}

LLR_API size_t llr_gguf_meta_count(const llr_gguf *g) { return g->n_kvs; }
LLR_API size_t llr_gguf_tensor_count(const llr_gguf *g) { return g->n_tensors; }
LLR_API int llr_gguf_version(const llr_gguf *g) { return (int)g->version; }

LLR_API int llr_gguf_is_mapped(const llr_gguf *g) {
    int i, mapped = 1;
    for (i = 0; i < g->n_shards; i++) mapped &= g->shards[i].map.base != NULL;
    return mapped;
}

/* What is mapped of the files, in whole pages, and what is in memory. */
static uint64_t llri_gguf_mapped_bytes(const llr_gguf *g) {
    uint64_t n = 0, page = llri_page_bytes();
    int i;
    for (i = 0; i < g->n_shards; i++) if (g->shards[i].map.base) n += (g->shards[i].map.n + page - 1) / page * page;
    return n;
}
static uint64_t llri_gguf_memory_bytes(const llr_gguf *g, int own) {    /* own: only what the handle has allocated */
    uint64_t n = 0;
    int i;
    for (i = 0; i < g->n_shards; i++) if (own ? g->shards[i].mem != NULL : !g->shards[i].map.base) n += g->shards[i].n;
    return n;
}

static void llri_gguf_ahead(const llr_gguf *g, int on) {
    int i;
    for (i = 0; i < g->n_shards; i++) if (g->shards[i].map.base) llri_advise_ahead(g->shards[i].map.base, g->shards[i].map.n, on);
}

LLR_API uint64_t llr_gguf_file_bytes(const llr_gguf *g) {
    uint64_t n = 0;
    int i;
    for (i = 0; i < g->n_shards; i++) n += g->shards[i].n;
    return n;
}

LLR_API int llr_gguf_meta(const llr_gguf *g, size_t index, llr_meta *out) {
    const llri_kv *kv;
    if (index >= g->n_kvs) return 0;
    kv = &g->kvs[index];
    memset(out, 0, sizeof *out);
    out->key = kv->key.p;
    out->key_bytes = kv->key.n;
    out->type = (llr_meta_type)kv->type;
    out->elem_type = (llr_meta_type)kv->elem_type;
    out->count = 1;
    if (kv->type == LLR_META_ARRAY) {
        out->count = kv->count;
        out->s = (const char *)kv->data;    /* where llr_gguf_meta_element reads */
    } else if (kv->type == LLR_META_STRING) {
        out->s = (const char *)kv->data;
        out->n_bytes = (size_t)kv->count;
    } else {
        (void)llri_meta_number(kv->type, kv->data, out);
    }
    return 1;
}

LLR_API int llr_gguf_meta_find(const llr_gguf *g, const char *key, llr_meta *out) {
    const llri_kv *kv = llri_gguf_kv(g, key);
    return kv ? llr_gguf_meta(g, (size_t)(kv - g->kvs), out) : 0;
}

LLR_API int llr_gguf_meta_element(const llr_meta *array, uint64_t index, llr_meta *out) {
    llri_kv kv;
    llri_str_iter it;
    llri_str s = { NULL, 0 };
    llr_meta m;
    kv.key.p = array->key;
    kv.key.n = array->key_bytes;
    kv.type = (uint32_t)array->type;
    kv.elem_type = (uint32_t)array->elem_type;
    kv.count = array->count;
    kv.data = (const uint8_t *)array->s;
    if (kv.type != LLR_META_ARRAY || index >= kv.count) return 0;
    memset(&m, 0, sizeof m);
    if (llri_str_iter_init(&it, &kv)) {
        do (void)llri_str_iter_next(&it, &s); while (index--);
        m.s = s.p;
        m.n_bytes = s.n;
    } else {
        (void)llri_kv_number(&kv, index, &m);
    }
    m.key = array->key;
    m.key_bytes = array->key_bytes;
    m.type = array->elem_type;
    m.elem_type = LLR_META_COUNT;
    m.count = 1;
    *out = m;
    return 1;
}

LLR_API int llr_gguf_tensor(const llr_gguf *g, size_t index, llr_tensor *out) {
    const llri_tensor *t = llri_gguf_tensor_at(g, index);
    if (!t) return 0;
    memset(out, 0, sizeof *out);
    out->name = t->name.p;
    out->name_bytes = t->name.n;
    out->type = t->type;
    out->type_name = llri_type(t->type)->name;
    out->n_dims = t->n_dims;
    memcpy(out->ne, t->ne, sizeof out->ne);
    out->n_elements = t->n_elements;
    out->n_bytes = t->n_bytes;
    out->offset = t->offset;
    out->shard = t->shard;
    return 1;
}

LLR_API llr_status llr_gguf_read(const llr_gguf *g, size_t tensor, uint64_t first, size_t n, float *out, llr_error *err) {
    const llri_tensor *t = llri_gguf_tensor_at(g, tensor);
    const llri_type_info *info;
    if (!out && n) return llri_fail(err, LLR_E_ARG, "llr_gguf_read: out is NULL");
    if (!t)
        return llri_fail(err, LLR_E_ARG, "tensor %llu does not exist, there are %llu", (unsigned long long)tensor,
                         (unsigned long long)g->n_tensors);
    info = llri_type(t->type);
    if (first > t->n_elements || n > t->n_elements - first)
        return llri_fail(err, LLR_E_ARG, "elements %llu to %llu are not inside tensor '%.*s', which has %llu", (unsigned long long)first,
                         (unsigned long long)(first + n), LLRI_S(t->name), (unsigned long long)t->n_elements);
    if (first % info->block || n % info->block)
        return llri_fail(err, LLR_E_ARG, "start %llu and count %llu must be multiples of %llu, the block of %s", (unsigned long long)first,
                         (unsigned long long)n, (unsigned long long)info->block, info->name);
    if (!llri_dequant_ok(t->type))
        return llri_fail(err, LLR_E_UNSUPPORTED, "tensor '%.*s' has type %s, which is for activations and holds no weights",
                         LLRI_S(t->name), info->name);
    llri_dequant(t->type, t->data + (size_t)(first / info->block) * info->bytes, out, n);
    return llr_gguf_check(g, err);
}

/* Locked pages cannot be dropped: more of them than there is memory would be the end of the process. */
LLR_API llr_status llr_gguf_lock(const llr_gguf *g, const llr_options *opt, llr_error *err) {
    uint64_t total = llr_gguf_file_bytes(g), more = llri_gguf_mapped_bytes(g), left = llri_memory_left(opt);
    const char *help = "";
    int i, code = 0;
    if (!(opt && opt->overcommit) && more && (more > left || left - more < llri_system_bytes(more)))
        return llri_fail(err, LLR_E_NOMEM, "%s of weights are not locked in memory: %s are available", llri_size_text(more).s, llri_size_text(left).s);
    for (i = 0; i < g->n_shards && !code; i++) {
        llri_shard *s = &g->shards[i];
        if (s->locked || (!s->map.base && !s->mem)) continue;
        code = llri_lock_pages(s->map.base ? s->map.base : s->mem, s->map.base ? s->map.n : s->n);
        s->locked = !code;
    }
    if (!code) return LLR_OK;
    for (i = 0; i < g->n_shards; i++) llri_shard_unlock(&g->shards[i]);
#if !LLRI_WINDOWS && defined(RLIMIT_MEMLOCK)
    {
        struct rlimit limit;
        if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && (uint64_t)limit.rlim_cur < total)
            help = ". The limit for locked memory is smaller: ulimit -l unlimited, in Docker --ulimit memlock=-1";
    }
#endif
    return llri_fail(err, LLR_E_NOMEM, "%s of weights are not locked in memory: %s%s", llri_size_text(total).s, llri_errno_text(code), help);
}

LLR_API llr_status llr_gguf_preload(const llr_gguf *g, const llr_options *opt, llr_error *err) {
    uint64_t done = 0, total = llr_gguf_file_bytes(g);
    size_t page = llri_page_bytes();
    int i;
    for (i = 0; i < g->n_shards; i++) {
        const llri_shard *s = &g->shards[i];
        const uint8_t *start = (const uint8_t *)s->map.base;
        size_t pos, next, n = s->map.base ? s->map.n : 0;
        for (pos = 0; pos < n; pos = next) {
            next = n - pos > LLRI_READ_STEP ? pos + LLRI_READ_STEP : n;
            if (llri_progress(opt, LLR_PHASE_LOAD, done + pos < total ? done + pos : total, total))
                return llri_fail(err, LLR_E_CANCELLED, "loading was cancelled after %s", llri_size_text(done + pos).s);
            llri_advise_willneed(start + pos, n - pos > 2 * (size_t)LLRI_READ_STEP ? 2 * (size_t)LLRI_READ_STEP : n - pos);
            for (; pos < next; pos += page) (void)*(const volatile uint8_t *)(start + pos);
        }
        done += s->n;
    }
    if (llri_progress(opt, LLR_PHASE_LOAD, total, total)) return llri_fail(err, LLR_E_CANCELLED, "loading was cancelled at its end");
    return llr_gguf_check(g, err);
}

/* Bytes that will be wanted: into the second cache, which more lines can be under way to on most CPUs; and into the first */
#if defined(__GNUC__)
#  define LLRI_PREFETCH(address) __builtin_prefetch((const void *)(address), 0, 2)
#  define LLRI_PREFETCH_NEAR(address) __builtin_prefetch((const void *)(address))
#else
#  define LLRI_PREFETCH(address) (void)(address)
#  define LLRI_PREFETCH_NEAR(address) (void)(address)
#endif

/* >>strip -------------------------------------------------------------------------------------------------------------
 * What the kernels of all tiers share: the unpacked form of quantised weights, the forms of activations, and the table of
 * functions that each tier fills. Only pointers and integers cross this boundary, never vectors.
 */
#define LLRI_PASS_SCALAR  1             /* the values of llr_isa, for the preprocessor */
#define LLRI_PASS_SSE2    2
#define LLRI_PASS_SSSE3   3
#define LLRI_PASS_AVX     4
#define LLRI_PASS_AVX2    5
#define LLRI_PASS_AVXVNNI 6
#define LLRI_PASS_AVX512  7

#define LLRI_STRIP_ROWS 16              /* rows of a strip */
#define LLRI_STRIPS 4                   /* strips that a slice of many tokens meets while it is in the inner caches, and after which gate and up take turns */
#define LLRI_SLICE 256                  /* its columns: 8 groups of 32 */
#define LLRI_FLOATS 512                 /* and those of a slice of floats, or of pairs */
#define LLRI_PREFETCH_BYTES 2048        /* of a row of floats: how long before its use it is asked for */
#define LLRI_ASK_BYTES 10240            /* of quantised rows, with few tokens: likewise, in 1 to LLRI_STRIPS whole strips */
#define LLRI_ASK_PAGES 32768            /* and one line of each of their pages at least so much earlier: its address, too, comes from memory */
#define LLRI_STREAM (1 << 18)           /* results of so many floats do not stay in the inner caches */
#define LLRI_KV_TILE 32                 /* positions of the KV cache that are widened together */
#define LLRI_KV_CHUNK 512               /* positions whose softmax is computed at once, at multiples of this */

#define LLRI_LOOK 160                   /* bytes per row: 64 indices of 16 bits, 8 words of signs */
typedef struct llri_strip {
    uint8_t q[8 * LLRI_STRIP_ROWS * 32 * 2];            /* [group][row][32], one or two bytes each; or nibbles, see LLRI_HIGH */
    uint8_t look[LLRI_STRIP_ROWS][LLRI_LOOK];           /* of types with a codebook: indices and signs, see LLRI_UNPACK_GRID */
    float   scale[2][8][LLRI_STRIP_ROWS];               /* [1]: of the second half of a group, nvfp4 only */
    float   min[2][8][LLRI_STRIP_ROWS];                 /* added per activation: min * sum(a); [1]: second half, q2_K only */
    float   sub[2][8][LLRI_STRIP_ROWS];                 /* integer sub-scales of the halves of a group: products below 2^24 are exact */
    int16_t sub16[2][8][LLRI_STRIP_ROWS];               /* the same, for sums of pairs */
    int16_t corr[8][LLRI_STRIP_ROWS][2];                /* -offset * sub-scale of each half */
    /* as they come from the blocks; made into the above for all rows together */
    uint16_t half[2][8][LLRI_STRIP_ROWS];               /* scales and mins per group, of nvfp4 scales per half; or per 256: */
    uint32_t super[LLRI_STRIP_ROWS];                    /* a scale, and in the high half a min */
    uint8_t head[LLRI_STRIP_ROWS][16];                  /* bytes with the integer factors of the groups, also with a scale and a min */
    volatile int to_first;                              /* see LLRI_NEXT; volatile, or compilers make two of each loop that asks for it */
} llri_strip;

/* Activations of a slice. q: int8 or int16 (MADDWD). sum: two int16 in 32 bits, the sums of the halves of a group.
 * As rows (few tokens): q [token][k], scale and sum [token][group].
 * As columns (many tokens), in vectors of QL tokens: q [vector][k / KL][QL][KL], scale and sum [vector][group][QL]. The
 * slices of all vectors follow each other: what a strip meets at a time is in one piece, and never in the same cache sets. */
typedef struct llri_quants {
    const uint8_t *q; const float *scale; const int32_t *sum;
    size_t q_stride, g_stride;                          /* per token or vector: bytes of q, entries of scale and sum */
} llri_quants;

typedef enum llri_form {                /* how the integers of a type are combined; one pair of kernels for each */
    LLRI_FORM_PLAIN15, LLRI_FORM_PLAIN31, LLRI_FORM_PLAIN127,   /* a scale per group; the number is the largest u */
    LLRI_FORM_SIGNED,                           /* q fills int8 */
    LLRI_FORM_MIN15, LLRI_FORM_MIN31,           /* scale and min per group */
    LLRI_FORM_SUB31, LLRI_FORM_SUB63, LLRI_FORM_SUB127, /* integer sub-scales per half */
    LLRI_FORM_MINS63,                           /* a min per half */
    LLRI_FORM_HALVES,                           /* a float scale per half, u <= 31 */
    LLRI_FORM_COUNT
} llri_form;

/* What will be wanted next, `bytes` of each of 16 rows that are `stride` apart, is asked for while something else is computed, little by
 * little: rows lie too far apart for the hardware to foresee, and a CPU waits if it is asked for many lines at once. `asked` rows are
 * under way; returns how many when `parts` of n parts of the work are begun. */
typedef struct llri_wanted { uintptr_t at; size_t stride, bytes; } llri_wanted;
LLRI_ALWAYS_INLINE int llri_ask(const llri_wanted *w, int asked, int parts, int n)
{
    for (; asked < LLRI_STRIP_ROWS && asked * n < LLRI_STRIP_ROWS * parts; asked++) {
        const uintptr_t row = w->at + (size_t)asked * w->stride, end = row + w->bytes;
        uintptr_t line;
        for (line = row & ~(uintptr_t)63; line < end; line += 64) LLRI_PREFETCH(line);
    }
    return asked;
}

#define LLRI_ATTEND_QUERIES 32          /* n * n_heads at most */
#define LLRI_PIECES_PER_THREAD 4        /* with fewer, chunks of positions are pieces of their own */
typedef struct llri_attend {            /* n consecutive tokens of a sequence from position pos on; heads of one kv head */
    const llri_attn *attn;
    llri_kvc kv;
    int head, n_heads, n;
    uint32_t pos, chunk;                /* chunk: the first position of those that are looked at */
    const float *q; int64_t ldq;        /* row of the first token */
} llri_attend;

/* Where the CPU multiplies pairs of bf16, a row of bf16 is a row of half as many elements of this type, 4 bytes each; activations are
 * rounded to such pairs. No tensor has this type. */
#define LLRI_PAIRS (-1)
typedef struct llri_ops {
    int isa, ql, vf, kl, act_bytes;     /* lanes of integer and float kernels; see above; bytes of a quantised activation */
    uint32_t few_quant;                 /* bit n: for n tokens the row form pays; a whole vector of them may be better as columns */
    int few_float;                      /* up to so many tokens it does */
    void (*unpack[43])(llri_strip *s, const uint8_t *w, size_t row_bytes, int rows, int groups, const llri_wanted *next);     /* by tensor type */
    void (*direct[43])(llri_strip *s, const uint8_t *w, size_t row_bytes, int groups, uintptr_t next, const llri_quants *a, int n, float *acc /* [n][16] */);    /* 16 rows of any length; s: work; or NULL */
    void (*gemv[LLRI_FORM_COUNT])(const llri_strip *s, int off, int groups, const llri_quants *a, int n, float *acc /* [n][16] */);
    void (*gemm[LLRI_FORM_COUNT])(const llri_strip *s, int off, int groups, const llri_quants *a, int n_vec, float *acc /* [16][n_vec * ql] */, const llri_wanted *next);
    void (*quantize)(const float *x, int groups, void *q, float *scale, int32_t *sum);
    void (*columns)(const void *rows /* [ql] */, size_t row_bytes, int n, void *to /* [n][ql] */);  /* of 4 bytes */
    void (*pair)(const float *x, int n, uint8_t *pairs);     /* n floats to bf16. NULL: no kernels for LLRI_PAIRS */
    void (*transpose)(const uint8_t *const *row /* [vf], of floats */, int k, float *xp /* [chain][column][vf] */);
    void (*fgemv)(int type, const uint8_t *const *row /* [16] */, int k, const float *x, int64_t ldx, int n, float *acc /* [n][16] */, uintptr_t next);
    void (*fgemm)(int type, const float *w /* [16][LLRI_FLOATS] */, int k, const float *xp /* [vector][chain][column][vf] */, int64_t stride, int n_vec, float *acc /* [16][n_vec * vf] */, const llri_wanted *next);
    void (*spread)(const float *acc /* [n_rows, padded to 16][ld], and vf floats */, size_t ld, int n_rows, int n, float *y, int64_t ldy);
    void (*widen)(int type, const uint8_t *src, float *dst, int n);                                  /* f32, f16, bf16, q8_0 */
    void (*narrow)(int kv_type, uint8_t *dst, const float *x, int n);
    void (*act)(int act, float *y, const float *gate, const float *up, int n, const float *p);
    void (*attend)(const llri_attend *a, float *part /* [n * n_heads][llri_part_floats] */, float *work);
    void (*join)(float *total, const float *part, int dv);
    int  (*peak)(llr_arith arith);      /* a round of llr_peak_run; returns its operations */
} llri_ops;

/* form and offset by tensor type; a type that is not here has no integer kernels */
typedef struct llri_quant_row { uint8_t type, form, offset; } llri_quant_row;
static const llri_quant_row llri_quant_rows[] = {
    { LLRI_Q4_0, LLRI_FORM_PLAIN15, 8 },     { LLRI_Q4_1, LLRI_FORM_MIN15, 0 },       { LLRI_Q5_0, LLRI_FORM_PLAIN31, 16 },
    { LLRI_Q5_1, LLRI_FORM_MIN31, 0 },       { LLRI_Q8_0, LLRI_FORM_SIGNED, 0 },     { LLRI_Q2_K, LLRI_FORM_MINS63, 0 },
    { LLRI_Q3_K, LLRI_FORM_SUB31, 4 },       { LLRI_Q4_K, LLRI_FORM_MIN15, 0 },       { LLRI_Q5_K, LLRI_FORM_MIN31, 0 },
    { LLRI_Q6_K, LLRI_FORM_SUB63, 32 },      { LLRI_IQ2_XXS, LLRI_FORM_PLAIN127, 43 }, { LLRI_IQ2_XS, LLRI_FORM_SUB127, 43 },
    { LLRI_IQ3_XXS, LLRI_FORM_PLAIN127, 62 }, { LLRI_IQ1_S, LLRI_FORM_PLAIN31, 9 },    { LLRI_IQ4_NL, LLRI_FORM_SIGNED, 0 },
    { LLRI_IQ3_S, LLRI_FORM_PLAIN31, 15 },   { LLRI_IQ2_S, LLRI_FORM_SUB127, 43 },     { LLRI_IQ4_XS, LLRI_FORM_SIGNED, 0 },
    { LLRI_IQ1_M, LLRI_FORM_SUB63, 9 },      { LLRI_TQ1_0, LLRI_FORM_PLAIN15, 1 },    { LLRI_TQ2_0, LLRI_FORM_PLAIN15, 1 },
    { LLRI_MXFP4, LLRI_FORM_PLAIN31, 12 },   { LLRI_NVFP4, LLRI_FORM_HALVES, 12 },   { LLRI_Q1_0, LLRI_FORM_PLAIN15, 1 },
    { LLRI_Q2_0, LLRI_FORM_PLAIN15, 1 }
};
static const llri_quant_row *llri_quant(uint32_t type)
{
    size_t i;
    for (i = 0; i < sizeof llri_quant_rows / sizeof *llri_quant_rows; i++)
        if (llri_quant_rows[i].type == type) return &llri_quant_rows[i];
    return NULL;
}

/* To nearest even, as vector instructions round: 1.5 * 2^23 pushes the fraction out. For |x| < 2^22. */
LLRI_INLINE float llri_round_even(float x)
{
    if (LLRI_FLT_EXACT) return (x + 12582912.0f) - 12582912.0f;
    else {
        volatile float t = x + 12582912.0f;     /* x87 registers would keep the fraction */
        return t - 12582912.0f;
    }
}
LLRI_INLINE int llri_pad16(int n) { return (n + 15) & ~15; }
/* to = what is left of a row, less than a cache line, and zeros, which all float types write as bytes of 0 */
static const uint8_t *llri_padded(uint8_t to[64], const uint8_t *p, int bytes)
{
    memset(to, 0, 64);
    if (bytes > 0) memcpy(to, p, (size_t)bytes);
    return to;
}
static size_t llri_kv_row_bytes(int type, int n)
{
    return type == LLR_KV_F32 ? (size_t)n * 4 : type == LLR_KV_F16 ? (size_t)n * 2 : (size_t)((n + 31) / 32) * 34;
}
/* Sums of a chunk for one query: [dv, padded] values, maximum of the scores, sum of the weights */
LLRI_INLINE size_t llri_part_floats(int dv) { return (size_t)llri_pad16(dv) + 16; }
static size_t llri_attend_floats(int n_queries, int dk, int dv)     /* work of llri_attention; the last part of llri_ops.attend */
{
    size_t k = (size_t)llri_pad16(dk), v = (size_t)llri_pad16(dv);
    return (size_t)n_queries * (k + LLRI_KV_CHUNK + 2 * llri_part_floats(dv)) + LLRI_KV_TILE * (k > v ? k : v);
}
static const uint8_t llri_fp4_plus12[16] = { 12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0 };  /* doubled E2M1, + 12 */

#endif /* !LLRI_PASS */

#ifdef LLRI_PASS /* ------------- read once per tier, see >>dispatch ------------- */
/* >>kernels ----------------------------------------------------------------------------------------------------------
 * The arithmetic, written once. This section is read once per tier (see >>dispatch) with LLRI_PASS, LLRI_ISA and
 * LLRI_TARGET set: first the vector words of the tier are defined, then the kernels in terms of them. Two tiers skip those
 * for floats, see LLRI_OWN_FLOATS.
 *
 * Quantised weights. A strip is 16 rows by 256 columns of a matrix, unpacked into one form for every type:
 * w = scale * (u - offset) [* integer sub-scale per 16] [+ min], per group of 32. Activations are int8 with a float scale
 * per group of 32. For each group the integer sum is exact; then one float step adds it to the result, groups in rising
 * order. So the bits do not depend on how many tokens are computed together, nor on which kernel did it.
 *
 * Three families of integer arithmetic:
 *   VNNI     u8 x s8 -> int32 in one instruction. Full-range types are stored as u = q + 128.
 *   MADDUBS  u8 x s8 -> pairs in int16, saturating: u <= 127 keeps 2*127*127 below 2^15. `lim` such pair sums fit in int16.
 *            Full-range types: with few tokens they stay signed, |w| x sign(a, w); with many u = q + 128 is two nibbles.
 *   MADDWD   int16 x int16 -> int32. The strip holds signed products (u - offset) * sub-scale as int16.
 */
#if LLRI_PASS == LLRI_PASS_SCALAR       /* its vectors are arrays: no faster, and minutes to compile */
#  define LLRI_UNROLL
#elif defined(__clang__)
#  define LLRI_UNROLL _Pragma("unroll")
#elif LLRI_GCC >= 800
#  define LLRI_UNROLL _Pragma("GCC unroll 16")
#else
#  define LLRI_UNROLL
#endif
#define LLRI_CAT3_(a, b, c) a##b##_##c
#define LLRI_CAT3(a, b, c) LLRI_CAT3_(a, b, c)
#define LLRI_K(name) LLRI_CAT3(llri_, name, LLRI_ISA)
#define LLRI_WORD LLRI_TARGET LLRI_ALWAYS_INLINE

/* Two tiers differ from the one below in integers alone, and have the kernels for floats of that, if it is built. */
#if LLRI_PASS == LLRI_PASS_SSSE3 && LLRI_HAS_SSE2
#  define LLRI_FLOAT_K(name) llri_##name##_sse2
#elif LLRI_PASS == LLRI_PASS_AVXVNNI && LLRI_HAS_AVX2
#  define LLRI_FLOAT_K(name) llri_##name##_avx2
#else
#  define LLRI_OWN_FLOATS
#  define LLRI_FLOAT_K(name) LLRI_K(name)
#endif

#define LLRI_VNNI    (LLRI_PASS == LLRI_PASS_AVXVNNI || LLRI_PASS == LLRI_PASS_AVX512)
#define LLRI_MADDWD  (LLRI_PASS <= LLRI_PASS_SSE2)
#define LLRI_MADDUBS (!LLRI_VNNI && !LLRI_MADDWD)
/* Assemblers as old as these compilers know the instruction. Apple numbers Clang otherwise, and no Mac has it. */
#if LLRI_PASS == LLRI_PASS_AVX512 && !defined(__APPLE__) && (LLRI_GCC >= 1000 || (defined(__clang__) && __clang_major__ >= 9))
#  define LLRI_HAS_PAIRS 1
#  define LLRI_PAIR LLRI_K(pair)
#else
#  define LLRI_HAS_PAIRS 0
#  define LLRI_PAIR NULL
#endif

/* --- words: vf = LLRI_VF floats ------------------------------------------------------------------------------------------- */
#if LLRI_PASS == LLRI_PASS_SCALAR
#define LLRI_VF 4
typedef struct { float v[4]; } LLRI_K(vf_t);
typedef struct { int32_t v[4]; } LLRI_K(vi_t);
#define vf LLRI_K(vf_t)
#define vi LLRI_K(vi_t)
#define LLRI_LANES(expr) int i; vf r; for (i = 0; i < 4; i++) r.v[i] = (expr); return r
LLRI_WORD vf LLRI_K(vf_set)(float x) { LLRI_LANES(x); }
LLRI_WORD vf LLRI_K(vf_load)(const float *p) { LLRI_LANES(p[i]); }
LLRI_WORD void LLRI_K(vf_store)(float *p, vf a) { int i; for (i = 0; i < 4; i++) p[i] = a.v[i]; }
LLRI_WORD vf LLRI_K(vf_add)(vf a, vf b) { LLRI_LANES(a.v[i] + b.v[i]); }
LLRI_WORD vf LLRI_K(vf_sub)(vf a, vf b) { LLRI_LANES(a.v[i] - b.v[i]); }
LLRI_WORD vf LLRI_K(vf_mul)(vf a, vf b) { LLRI_LANES(a.v[i] * b.v[i]); }
LLRI_WORD vf LLRI_K(vf_div)(vf a, vf b) { LLRI_LANES(a.v[i] / b.v[i]); }
LLRI_WORD vf LLRI_K(vf_max)(vf a, vf b) { LLRI_LANES(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
LLRI_WORD vf LLRI_K(vf_min)(vf a, vf b) { LLRI_LANES(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
LLRI_WORD vf LLRI_K(vf_fma)(vf a, vf b, vf c) { LLRI_LANES(a.v[i] * b.v[i] + c.v[i]); }
LLRI_WORD vf LLRI_K(vf_abs)(vf a) { LLRI_LANES(fabsf(a.v[i])); }
LLRI_WORD vf LLRI_K(vf_round)(vf a) { LLRI_LANES(llri_round_even(a.v[i])); }
LLRI_WORD vf LLRI_K(vf_pow2)(vf n) { LLRI_LANES(llri_bits_to_f32((uint32_t)((n.v[i] == n.v[i] ? (int32_t)n.v[i] : 0) + 127) << 23)); }   /* NaN has no int */
LLRI_WORD vf LLRI_K(vf_lo)(vf a, vf b) { LLRI_LANES(i % 2 ? b.v[i / 2] : a.v[i / 2]); }
LLRI_WORD vf LLRI_K(vf_hi)(vf a, vf b) { LLRI_LANES(i % 2 ? b.v[2 + i / 2] : a.v[2 + i / 2]); }
LLRI_WORD vf LLRI_K(vf_shuffle)(vf a, vf b, int n) { LLRI_LANES(i < 2 ? a.v[n >> 2 * i & 3] : b.v[n >> 2 * i & 3]); }
LLRI_WORD vf LLRI_K(vf_where_ge)(vf a, vf b, vf x, vf y) { LLRI_LANES(a.v[i] >= b.v[i] ? x.v[i] : y.v[i]); }
#undef LLRI_LANES
#define vf_set LLRI_K(vf_set)
#define vf_load LLRI_K(vf_load)
#define vf_store LLRI_K(vf_store)
#define vf_stream vf_store
#define vf_add LLRI_K(vf_add)
#define vf_sub LLRI_K(vf_sub)
#define vf_mul LLRI_K(vf_mul)
#define vf_div LLRI_K(vf_div)
#define vf_max LLRI_K(vf_max)
#define vf_min LLRI_K(vf_min)
#define vf_fma LLRI_K(vf_fma)
#define vf_abs LLRI_K(vf_abs)
#define vf_round LLRI_K(vf_round)
#define vf_pow2 LLRI_K(vf_pow2)
#define vf_lo LLRI_K(vf_lo)
#define vf_hi LLRI_K(vf_hi)
#define vf_shuffle LLRI_K(vf_shuffle)
#define vf_where_ge LLRI_K(vf_where_ge)         /* a >= b ? x : y */

#elif LLRI_PASS <= LLRI_PASS_SSSE3
#define LLRI_VF 4
#define vf __m128
#define vi __m128i
#define vf_set(x) _mm_set1_ps(x)
#define vf_load(p) _mm_loadu_ps(p)
#define vf_store(p, a) _mm_storeu_ps(p, a)
#define vf_stream(p, a) _mm_stream_ps(p, a)         /* past the caches; p is aligned */
#define vf_add(a, b) _mm_add_ps(a, b)
#define vf_sub(a, b) _mm_sub_ps(a, b)
#define vf_mul(a, b) _mm_mul_ps(a, b)
#define vf_div(a, b) _mm_div_ps(a, b)
#define vf_max(a, b) _mm_max_ps(a, b)
#define vf_min(a, b) _mm_min_ps(a, b)
#define vf_fma(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
#define vf_abs(a) _mm_and_ps(a, _mm_castsi128_ps(_mm_set1_epi32(0x7fffffff)))
#define vf_round(a) _mm_cvtepi32_ps(_mm_cvtps_epi32(a))
#define vf_lo(a, b) _mm_unpacklo_ps(a, b)
#define vf_hi(a, b) _mm_unpackhi_ps(a, b)
#define vf_shuffle(a, b, n) _mm_shuffle_ps(a, b, n)
#define vf_pow2(n) _mm_castsi128_ps(_mm_slli_epi32(_mm_add_epi32(_mm_cvtps_epi32(n), _mm_set1_epi32(127)), 23))
#define vf_where_ge(a, b, x, y) _mm_or_ps(_mm_and_ps(_mm_cmpge_ps(a, b), x), _mm_andnot_ps(_mm_cmpge_ps(a, b), y))

#elif LLRI_PASS <= LLRI_PASS_AVXVNNI
#define LLRI_VF 8
#define vf __m256
#define vf_set(x) _mm256_set1_ps(x)
#define vf_load(p) _mm256_loadu_ps(p)
#define vf_store(p, a) _mm256_storeu_ps(p, a)
#define vf_stream(p, a) _mm256_stream_ps(p, a)
#define vf_add(a, b) _mm256_add_ps(a, b)
#define vf_sub(a, b) _mm256_sub_ps(a, b)
#define vf_mul(a, b) _mm256_mul_ps(a, b)
#define vf_div(a, b) _mm256_div_ps(a, b)
#define vf_max(a, b) _mm256_max_ps(a, b)
#define vf_min(a, b) _mm256_min_ps(a, b)
#define vf_abs(a) _mm256_and_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff)))
#define vf_lo(a, b) _mm256_unpacklo_ps(a, b)
#define vf_hi(a, b) _mm256_unpackhi_ps(a, b)
#define vf_shuffle(a, b, n) _mm256_shuffle_ps(a, b, n)
#define vf_round(a) _mm256_cvtepi32_ps(_mm256_cvtps_epi32(a))
#define vf_where_ge(a, b, x, y) _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_GE_OQ))
#  if LLRI_PASS == LLRI_PASS_AVX      /* no FMA, and integers are 128 bits wide */
#define vi __m128i
#define vf_fma(a, b, c) _mm256_add_ps(_mm256_mul_ps(a, b), c)
LLRI_WORD vf LLRI_K(vf_pow2)(vf n)
{
    __m256i e = _mm256_cvtps_epi32(n);
    __m128i bias = _mm_set1_epi32(127);
    __m128i lo = _mm_slli_epi32(_mm_add_epi32(_mm256_castsi256_si128(e), bias), 23);
    __m128i hi = _mm_slli_epi32(_mm_add_epi32(_mm256_extractf128_si256(e, 1), bias), 23);
    return _mm256_castsi256_ps(_mm256_insertf128_si256(_mm256_castsi128_si256(lo), hi, 1));
}
#define vf_pow2 LLRI_K(vf_pow2)
#  else
#define vi __m256i
#define vf_fma(a, b, c) _mm256_fmadd_ps(a, b, c)
#define vf_pow2(n) _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23))
#  endif

#else
#define LLRI_VF 16
#define vf __m512
#define vi __m512i
#define vf_set(x) _mm512_set1_ps(x)
#define vf_load(p) _mm512_loadu_ps(p)
#define vf_store(p, a) _mm512_storeu_ps(p, a)
#define vf_stream(p, a) _mm512_stream_ps(p, a)
#define vf_add(a, b) _mm512_add_ps(a, b)
#define vf_sub(a, b) _mm512_sub_ps(a, b)
#define vf_mul(a, b) _mm512_mul_ps(a, b)
#define vf_div(a, b) _mm512_div_ps(a, b)
#define vf_max(a, b) _mm512_max_ps(a, b)
#define vf_min(a, b) _mm512_min_ps(a, b)
#define vf_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define vf_abs(a) _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a), _mm512_set1_epi32(0x7fffffff)))
#define vf_round(a) _mm512_cvtepi32_ps(_mm512_cvtps_epi32(a))
#define vf_where_ge(a, b, x, y) _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GE_OQ), y, x)
#define vf_lo(a, b) _mm512_unpacklo_ps(a, b)
#define vf_hi(a, b) _mm512_unpackhi_ps(a, b)
#define vf_shuffle(a, b, n) _mm512_shuffle_ps(a, b, n)
#define vf_pow2(n) _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23))
#endif

/* f + w x; of pairs both products. As assembly, because the intrinsic is refused where the target lacks its feature, and with the
 * feature in their target the compiler might use it in functions that run without. Volatile: not moved above a condition. */
LLRI_WORD vf LLRI_K(mul_add)(int type, vf w, vf x, vf f)
{
#if LLRI_HAS_PAIRS
    if (type == LLRI_PAIRS) {
        __asm__ volatile("{vdpbf16ps %2, %1, %0|vdpbf16ps %0, %1, %2}" : "+v"(f) : "v"(w), "v"(x));
        return f;
    }
#else
    (void)type;
#endif
    return vf_fma(w, x, f);
}

/* --- words: vi = LLRI_QL int32 lanes of the integer kernels, qf = as many floats ------------------------------------------- */
#if LLRI_PASS == LLRI_PASS_AVX
#define LLRI_QL 4
#define qf __m128
#define qf_set(x) _mm_set1_ps(x)
#define qf_load(p) _mm_loadu_ps(p)
#define qf_store(p, a) _mm_storeu_ps(p, a)
#define qf_mul(a, b) _mm_mul_ps(a, b)
#define qf_fma(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
#else
#define LLRI_QL LLRI_VF
#define qf vf
#define qf_set vf_set
#define qf_load vf_load
#define qf_store vf_store
#define qf_mul vf_mul
#define qf_fma vf_fma
#endif

#if LLRI_PASS == LLRI_PASS_SCALAR
#define LLRI_KL 2                            /* elements per 32-bit lane of packed activations */
#define LLRI_MR 4                       /* micro-kernel: rows x vectors of tokens */
#define LLRI_NV 1
#define LLRI_LANES(expr) int i; vi r; for (i = 0; i < 4; i++) r.v[i] = (expr); return r
LLRI_WORD vi LLRI_K(vi_set)(int32_t x) { LLRI_LANES(x); }
LLRI_WORD vi LLRI_K(vi_load)(const void *p) { vi r; memcpy(&r, p, sizeof r); return r; }
LLRI_WORD vi LLRI_K(vi_add)(vi a, vi b) { LLRI_LANES(a.v[i] + b.v[i]); }
LLRI_WORD vi LLRI_K(vi_and)(vi a, uint32_t m) { LLRI_LANES((int32_t)((uint32_t)a.v[i] & m)); }
LLRI_WORD vi LLRI_K(vi_or)(vi a, vi b) { LLRI_LANES(a.v[i] | b.v[i]); }
LLRI_WORD vi LLRI_K(vi_shl)(vi a, int n) { LLRI_LANES((int32_t)((uint32_t)a.v[i] << n)); }
LLRI_WORD vi LLRI_K(vi_shr)(vi a, int n) { LLRI_LANES((int32_t)((uint32_t)a.v[i] >> n)); }
LLRI_WORD vi LLRI_K(vi_sar)(vi a, int n) { LLRI_LANES(a.v[i] >> n); }
LLRI_WORD int32_t LLRI_K(madd1)(int32_t x, int32_t y)   /* two int16 in a lane, multiplied and added */
{
    int16_t a[2], b[2];
    memcpy(a, &x, 4); memcpy(b, &y, 4);
    return a[0] * b[0] + a[1] * b[1];
}
LLRI_WORD vi LLRI_K(vi_madd)(vi a, vi b) { LLRI_LANES(LLRI_K(madd1)(a.v[i], b.v[i])); }
LLRI_WORD vf LLRI_K(vi_float)(vi a) { int i; vf r; for (i = 0; i < 4; i++) r.v[i] = (float)a.v[i]; return r; }
#undef LLRI_LANES
#define vi_set LLRI_K(vi_set)
#define vi_load LLRI_K(vi_load)
#define vi_add LLRI_K(vi_add)
#define vi_madd LLRI_K(vi_madd)
#define vi_float LLRI_K(vi_float)
#define vi_and LLRI_K(vi_and)
#define vi_or LLRI_K(vi_or)
#define vi_shl LLRI_K(vi_shl)
#define vi_shr LLRI_K(vi_shr)
#define vi_sar LLRI_K(vi_sar)
#elif LLRI_QL == 4
#define LLRI_KL (LLRI_MADDWD ? 2 : 4)
#define LLRI_MR 2
#define LLRI_NV 4
#define vi_set(x) _mm_set1_epi32(x)
#define vi_load(p) _mm_loadu_si128((const __m128i *)(p))
#define vi_add(a, b) _mm_add_epi32(a, b)
#define vi_madd(a, b) _mm_madd_epi16(a, b)
#define vi_float(a) _mm_cvtepi32_ps(a)
#define vi_and(a, m) _mm_and_si128(a, _mm_set1_epi32((int32_t)(m)))
#define vi_or(a, b) _mm_or_si128(a, b)
#define vi_shl(a, n) _mm_sll_epi32(a, _mm_cvtsi32_si128(n))
#define vi_shr(a, n) _mm_srl_epi32(a, _mm_cvtsi32_si128(n))
#define vi_sar(a, n) _mm_sra_epi32(a, _mm_cvtsi32_si128(n))
#define vi_lo32(a, b) _mm_unpacklo_epi32(a, b)
#define vi_hi32(a, b) _mm_unpackhi_epi32(a, b)
#define vi_lo64(a, b) _mm_unpacklo_epi64(a, b)
#define vi_hi64(a, b) _mm_unpackhi_epi64(a, b)
#define vs_madd(w, a) _mm_maddubs_epi16(w, a)
#define vs_add(a, b) _mm_add_epi16(a, b)
#define vs_abs(w) _mm_abs_epi8(w)
#define vs_sign(a, w) _mm_sign_epi8(a, w)
#define vs_set(x) _mm_set1_epi16(x)
#elif LLRI_QL == 8
#define LLRI_KL 4
#define LLRI_MR 4
#define LLRI_NV 2
#define vi_set(x) _mm256_set1_epi32(x)
#define vi_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define vi_add(a, b) _mm256_add_epi32(a, b)
#define vi_madd(a, b) _mm256_madd_epi16(a, b)
#define vi_float(a) _mm256_cvtepi32_ps(a)
#define vi_and(a, m) _mm256_and_si256(a, _mm256_set1_epi32((int32_t)(m)))
#define vi_or(a, b) _mm256_or_si256(a, b)
#define vi_shl(a, n) _mm256_sll_epi32(a, _mm_cvtsi32_si128(n))
#define vi_shr(a, n) _mm256_srl_epi32(a, _mm_cvtsi32_si128(n))
#define vi_sar(a, n) _mm256_sra_epi32(a, _mm_cvtsi32_si128(n))
#define vi_lo32(a, b) _mm256_unpacklo_epi32(a, b)
#define vi_hi32(a, b) _mm256_unpackhi_epi32(a, b)
#define vi_lo64(a, b) _mm256_unpacklo_epi64(a, b)
#define vi_hi64(a, b) _mm256_unpackhi_epi64(a, b)
#define vi_dot(c, w, a) _mm256_dpbusd_avx_epi32(c, w, a)
#define vs_madd(w, a) _mm256_maddubs_epi16(w, a)
#define vs_add(a, b) _mm256_add_epi16(a, b)
#define vs_abs(w) _mm256_abs_epi8(w)
#define vs_sign(a, w) _mm256_sign_epi8(a, w)
#define vs_set(x) _mm256_set1_epi16(x)
#else
#define LLRI_KL 4
#define LLRI_MR 4
#define LLRI_NV 3
#define vi_set(x) _mm512_set1_epi32(x)
#define vi_load(p) _mm512_loadu_si512((const void *)(p))
#define vi_add(a, b) _mm512_add_epi32(a, b)
#define vi_madd(a, b) _mm512_madd_epi16(a, b)
#define vi_float(a) _mm512_cvtepi32_ps(a)
#define vi_and(a, m) _mm512_and_si512(a, _mm512_set1_epi32((int32_t)(m)))
#define vi_or(a, b) _mm512_or_si512(a, b)
#define vi_shl(a, n) _mm512_sll_epi32(a, _mm_cvtsi32_si128(n))
#define vi_shr(a, n) _mm512_srl_epi32(a, _mm_cvtsi32_si128(n))
#define vi_sar(a, n) _mm512_sra_epi32(a, _mm_cvtsi32_si128(n))
#define vi_lo32(a, b) _mm512_unpacklo_epi32(a, b)
#define vi_hi32(a, b) _mm512_unpackhi_epi32(a, b)
#define vi_lo64(a, b) _mm512_unpacklo_epi64(a, b)
#define vi_hi64(a, b) _mm512_unpackhi_epi64(a, b)
#define vi_dot(c, w, a) _mm512_dpbusd_epi32(c, w, a)
#endif
/* LLRI_HIDE(v): the compiler does not know what v is from here on, and keeps it in a register. vi_acc(c, x), vs_acc(c, x):
 * c + x, such that chains of integer sums stay chains: GCC would make trees of them, whose leaves do not fit in registers. */
#if !defined(__GNUC__)
#define LLRI_HIDE(v) (void)0
#elif LLRI_PASS == LLRI_PASS_SCALAR
#define LLRI_HIDE(v) __asm__ volatile("" : "+m"(v))
#elif LLRI_PASS == LLRI_PASS_AVX512
#define LLRI_HIDE(v) __asm__ volatile("" : "+v"(v))
#else
#define LLRI_HIDE(v) __asm__ volatile("" : "+x"(v))
#endif
/* LLRI_INT(v): an integer that the compiler shall have here, and not make part of a vector */
#if defined(__GNUC__) && UINTPTR_MAX > 0xffffffffu
#define LLRI_INT(v) __asm__("" : "+r"(v))
#else
#define LLRI_INT(v) (void)0
#endif
#if LLRI_PASS == LLRI_PASS_SCALAR
#define vi_acc(c, x) vi_add(c, x)
#else
LLRI_WORD vi LLRI_K(vi_acc)(vi c, vi x) { c = vi_add(c, x); LLRI_HIDE(c); return c; }
#define vi_acc(c, x) LLRI_K(vi_acc)(c, x)
#endif
#if LLRI_MADDUBS
LLRI_WORD vi LLRI_K(vs_acc)(vi c, vi x) { c = vs_add(c, x); LLRI_HIDE(c); return c; }
#define vs_acc(c, x) LLRI_K(vs_acc)(c, x)
#endif
#if LLRI_MADDWD
#define LLRI_AE int16_t                 /* activation element */
#else
#define LLRI_AE int8_t
#endif

/* --- words: b32 = 32 bytes, one group ------------------------------------------------------------------------------- */
#if LLRI_PASS == LLRI_PASS_SCALAR
typedef struct { uint8_t v[32]; } LLRI_K(b32_t);
#define b32 LLRI_K(b32_t)
#define LLRI_LANES(expr) int i; b32 r; for (i = 0; i < 32; i++) r.v[i] = (uint8_t)(expr); return r
LLRI_WORD b32 LLRI_K(b32_load)(const void *p) { b32 r; memcpy(&r, p, 32); return r; }
LLRI_WORD void LLRI_K(b32_store)(void *p, b32 a) { memcpy(p, &a, 32); }
LLRI_WORD b32 LLRI_K(b32_set)(int x) { LLRI_LANES(x); }
LLRI_WORD b32 LLRI_K(b32_digits)(b32 a) { LLRI_LANES(a.v[i] * 3 >> 8); }          /* leading ternary digits of fractions of 256 */
LLRI_WORD b32 LLRI_K(b32_twice)(const uint8_t *p) { LLRI_LANES(p[i & 15]); }
LLRI_WORD b32 LLRI_K(b32_set32)(const uint8_t *p) { LLRI_LANES(p[i & 3]); }
LLRI_WORD b32 LLRI_K(b32_nibbles)(const uint8_t *p) { int i; b32 r; for (i = 0; i < 16; i++) { r.v[i] = p[i] & 15; r.v[16 + i] = p[i] >> 4; } return r; }
LLRI_WORD b32 LLRI_K(b32_shr)(b32 a, int n, int mask) { LLRI_LANES(a.v[i] >> n & mask); }
LLRI_WORD b32 LLRI_K(b32_shl)(b32 a, int n, int mask) { LLRI_LANES(a.v[i] << n & mask); }
LLRI_WORD b32 LLRI_K(b32_and)(b32 a, b32 b) { LLRI_LANES(a.v[i] & b.v[i]); }
LLRI_WORD b32 LLRI_K(b32_or)(b32 a, b32 b) { LLRI_LANES(a.v[i] | b.v[i]); }
LLRI_WORD b32 LLRI_K(b32_xor)(b32 a, b32 b) { LLRI_LANES(a.v[i] ^ b.v[i]); }
LLRI_WORD b32 LLRI_K(b32_add)(b32 a, b32 b) { LLRI_LANES(a.v[i] + b.v[i]); }
LLRI_WORD b32 LLRI_K(b32_sub)(b32 a, b32 b) { LLRI_LANES(a.v[i] - b.v[i]); }
LLRI_WORD b32 LLRI_K(b32_bits)(uint32_t m) { LLRI_LANES(m >> i & 1 ? 255 : 0); }   /* bit i -> byte i, all ones or zero */
LLRI_WORD b32 LLRI_K(b32_lookup)(const uint8_t *table16, b32 a) { LLRI_LANES(table16[a.v[i] & 15]); }
LLRI_WORD b32 LLRI_K(b32_interleave8)(b32 a) { LLRI_LANES(a.v[(i & 7) | (i & 8) << 1 | (i & 16) >> 1]); }   /* 8-byte quarters 0,2,1,3 */
/* 32 bits, little-endian */
LLRI_WORD b32 LLRI_K(b32_shl32)(b32 a, int n, uint32_t mask) { LLRI_LANES((llri_rd32(a.v + (i & ~3)) << n & mask) >> (8 * (i & 3))); }
LLRI_WORD b32 LLRI_K(b32_ones32)(b32 a, int bit) { LLRI_LANES(llri_rd32(a.v + (i & ~3)) >> bit & 1 ? 255 : 0); }   /* all if that one is set */
LLRI_WORD b32 LLRI_K(b32_words)(b32 a, b32 b, int odd) { LLRI_LANES((i < 16 ? a : b).v[2 * (i & 12) + 4 * odd + (i & 3)]); }       /* of 32 bits, even or odd ones */
LLRI_WORD b32 LLRI_K(b32_odd8)(b32 a, b32 b) { LLRI_LANES((i < 16 ? a : b).v[2 * (i & 15) + 1]); }
LLRI_WORD b32 LLRI_K(b32_widen8)(const uint8_t *p) { LLRI_LANES(i & 3 ? 0 : p[i / 4]); }            /* bytes to 32 bits */
LLRI_WORD b32 LLRI_K(b32_widen16)(const uint8_t *p) { LLRI_LANES(i & 2 ? 0 : p[(i >> 1 & ~1) + (i & 1)]); }
LLRI_WORD void LLRI_K(b32_pairs)(uint8_t *d, b32 low, b32 high) { int i; for (i = 0; i < 32; i++) { d[2 * i] = low.v[i]; d[2 * i + 1] = high.v[i]; } }
#undef LLRI_LANES
#define b32_load LLRI_K(b32_load)
#define b32_store LLRI_K(b32_store)
#define b32_set LLRI_K(b32_set)
#define b32_digits LLRI_K(b32_digits)
#define b32_twice LLRI_K(b32_twice)
#define b32_set32 LLRI_K(b32_set32)
#define b32_nibbles LLRI_K(b32_nibbles)
#define b32_shr LLRI_K(b32_shr)
#define b32_shl LLRI_K(b32_shl)
#define b32_and LLRI_K(b32_and)
#define b32_or LLRI_K(b32_or)
#define b32_xor LLRI_K(b32_xor)
#define b32_add LLRI_K(b32_add)
#define b32_sub LLRI_K(b32_sub)
#define b32_bits LLRI_K(b32_bits)
#define b32_lookup LLRI_K(b32_lookup)
#define b32_interleave8 LLRI_K(b32_interleave8)
#define b32_shl32 LLRI_K(b32_shl32)
#define b32_ones32 LLRI_K(b32_ones32)
#define b32_words LLRI_K(b32_words)
#define b32_odd8 LLRI_K(b32_odd8)
#define b32_widen8 LLRI_K(b32_widen8)
#define b32_widen16 LLRI_K(b32_widen16)
#define b32_pairs LLRI_K(b32_pairs)

#elif LLRI_PASS <= LLRI_PASS_AVX
typedef struct { __m128i a, b; } LLRI_K(b32_t);
#define b32 LLRI_K(b32_t)
LLRI_WORD b32 LLRI_K(b32_of)(__m128i a, __m128i b) { b32 r; r.a = a; r.b = b; return r; }
#define b32_load(p) LLRI_K(b32_of)(_mm_loadu_si128((const __m128i *)(p)), _mm_loadu_si128((const __m128i *)(p) + 1))
LLRI_WORD void LLRI_K(b32_store)(void *p, b32 v) { _mm_storeu_si128((__m128i *)p, v.a); _mm_storeu_si128((__m128i *)p + 1, v.b); }
#define b32_store LLRI_K(b32_store)
#define b32_set(x) LLRI_K(b32_of)(_mm_set1_epi8((char)(x)), _mm_set1_epi8((char)(x)))
#define LLRI_ABOVE(x, n) _mm_min_epu8(_mm_subs_epu8(x, _mm_set1_epi8((char)(n))), _mm_set1_epi8(1))
#define b32_digits(x) LLRI_K(b32_of)(_mm_add_epi8(LLRI_ABOVE((x).a, 85), LLRI_ABOVE((x).a, 170)), _mm_add_epi8(LLRI_ABOVE((x).b, 85), LLRI_ABOVE((x).b, 170)))
LLRI_WORD b32 LLRI_K(b32_twice)(const uint8_t *p) { __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p); return LLRI_K(b32_of)(v, v); }
#define b32_twice LLRI_K(b32_twice)
#define b32_set32(p) LLRI_K(b32_of)(_mm_set1_epi32((int)llri_rd32(p)), _mm_set1_epi32((int)llri_rd32(p)))
LLRI_WORD b32 LLRI_K(b32_nibbles)(const uint8_t *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)p), m = _mm_set1_epi8(15);
    return LLRI_K(b32_of)(_mm_and_si128(v, m), _mm_and_si128(_mm_srli_epi16(v, 4), m));
}
#define b32_nibbles LLRI_K(b32_nibbles)
/* 16-bit shifts carry bits across bytes; the mask removes them */
LLRI_WORD b32 LLRI_K(b32_shr)(b32 v, int n, int mask)
{
    __m128i m = _mm_set1_epi8((char)mask), c = _mm_cvtsi32_si128(n);
    return LLRI_K(b32_of)(_mm_and_si128(_mm_srl_epi16(v.a, c), m), _mm_and_si128(_mm_srl_epi16(v.b, c), m));
}
LLRI_WORD b32 LLRI_K(b32_shl)(b32 v, int n, int mask)
{
    __m128i m = _mm_set1_epi8((char)mask), c = _mm_cvtsi32_si128(n);
    return LLRI_K(b32_of)(_mm_and_si128(_mm_sll_epi16(v.a, c), m), _mm_and_si128(_mm_sll_epi16(v.b, c), m));
}
#define b32_shr LLRI_K(b32_shr)
#define b32_shl LLRI_K(b32_shl)
#define b32_and(x, y) LLRI_K(b32_of)(_mm_and_si128((x).a, (y).a), _mm_and_si128((x).b, (y).b))
#define b32_or(x, y) LLRI_K(b32_of)(_mm_or_si128((x).a, (y).a), _mm_or_si128((x).b, (y).b))
#define b32_xor(x, y) LLRI_K(b32_of)(_mm_xor_si128((x).a, (y).a), _mm_xor_si128((x).b, (y).b))
#define b32_add(x, y) LLRI_K(b32_of)(_mm_add_epi8((x).a, (y).a), _mm_add_epi8((x).b, (y).b))
#define b32_sub(x, y) LLRI_K(b32_of)(_mm_sub_epi8((x).a, (y).a), _mm_sub_epi8((x).b, (y).b))
LLRI_WORD b32 LLRI_K(b32_bits)(uint32_t m)        /* bit i -> byte i, all ones or zero */
{
    __m128i bit = _mm_set1_epi64x((int64_t)0x8040201008040201ull);
    __m128i v = _mm_cvtsi32_si128((int)m), x, y;
    v = _mm_unpacklo_epi8(v, v);                                    /* each byte twice */
    v = _mm_unpacklo_epi16(v, v);                                   /* four times */
    x = _mm_shuffle_epi32(v, 0x50);                                 /* eight times: bytes 0, 1 and 2, 3 */
    y = _mm_shuffle_epi32(v, 0xfa);
    return LLRI_K(b32_of)(_mm_cmpeq_epi8(_mm_and_si128(x, bit), bit), _mm_cmpeq_epi8(_mm_and_si128(y, bit), bit));
}
#define b32_bits LLRI_K(b32_bits)
#  if LLRI_PASS == LLRI_PASS_SSE2       /* no byte shuffle: the steps of the table that lie below, added up */
LLRI_WORD b32 LLRI_K(b32_lookup)(const uint8_t *table16, b32 v)
{
    b32 r = b32_set(table16[0]);
    int i;
    LLRI_UNROLL
    for (i = 1; i < 16; i++) {
        __m128i step = _mm_set1_epi8((char)(table16[i] - table16[i - 1])), n = _mm_set1_epi8((char)(i - 1));
        r.a = _mm_add_epi8(r.a, _mm_and_si128(_mm_cmpgt_epi8(v.a, n), step));
        r.b = _mm_add_epi8(r.b, _mm_and_si128(_mm_cmpgt_epi8(v.b, n), step));
    }
    return r;
}
#  else
LLRI_WORD b32 LLRI_K(b32_lookup)(const uint8_t *table16, b32 v)
{
    __m128i t = _mm_loadu_si128((const __m128i *)table16);
    return LLRI_K(b32_of)(_mm_shuffle_epi8(t, v.a), _mm_shuffle_epi8(t, v.b));
}
#  endif
#define b32_lookup LLRI_K(b32_lookup)
#define b32_interleave8(x) LLRI_K(b32_of)(_mm_unpacklo_epi64((x).a, (x).b), _mm_unpackhi_epi64((x).a, (x).b))   /* quarters 0,2,1,3 */
#define b32_shl32(x, n, mask) LLRI_K(b32_of)(_mm_and_si128(_mm_slli_epi32((x).a, n), _mm_set1_epi32((int)(mask))), _mm_and_si128(_mm_slli_epi32((x).b, n), _mm_set1_epi32((int)(mask))))
#define b32_ones32(x, bit) LLRI_K(b32_of)(_mm_srai_epi32(_mm_slli_epi32((x).a, 31 - (bit)), 31), _mm_srai_epi32(_mm_slli_epi32((x).b, 31 - (bit)), 31))
#define LLRI_WORDS(x, odd) _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps((x).a), _mm_castsi128_ps((x).b), (odd) ? 0xdd : 0x88))
#define b32_words(x, y, odd) LLRI_K(b32_of)(LLRI_WORDS(x, odd), LLRI_WORDS(y, odd))
#define b32_odd8(x, y) LLRI_K(b32_of)(_mm_packus_epi16(_mm_srli_epi16((x).a, 8), _mm_srli_epi16((x).b, 8)), _mm_packus_epi16(_mm_srli_epi16((y).a, 8), _mm_srli_epi16((y).b, 8)))
LLRI_WORD b32 LLRI_K(b32_widen)(__m128i v) { return LLRI_K(b32_of)(_mm_unpacklo_epi16(v, _mm_setzero_si128()), _mm_unpackhi_epi16(v, _mm_setzero_si128())); }
#define b32_widen8(p) LLRI_K(b32_widen)(_mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)(const void *)(p)), _mm_setzero_si128()))
#define b32_widen16(p) LLRI_K(b32_widen)(_mm_loadu_si128((const __m128i *)(const void *)(p)))
LLRI_WORD void LLRI_K(b32_pairs)(uint8_t *d, b32 low, b32 high)
{
    b32_store(d, LLRI_K(b32_of)(_mm_unpacklo_epi8(low.a, high.a), _mm_unpackhi_epi8(low.a, high.a)));
    b32_store(d + 32, LLRI_K(b32_of)(_mm_unpacklo_epi8(low.b, high.b), _mm_unpackhi_epi8(low.b, high.b)));
}
#define b32_pairs LLRI_K(b32_pairs)

#else
#define b32 __m256i
#define b32_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define b32_store(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define b32_set(x) _mm256_set1_epi8((char)(x))
#define LLRI_ABOVE(x, n) _mm256_min_epu8(_mm256_subs_epu8(x, _mm256_set1_epi8((char)(n))), _mm256_set1_epi8(1))
#define b32_digits(x) _mm256_add_epi8(LLRI_ABOVE(x, 85), LLRI_ABOVE(x, 170))
#define b32_twice(p) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define b32_set32(p) _mm256_set1_epi32((int)llri_rd32(p))
LLRI_WORD b32 LLRI_K(b32_nibbles)(const uint8_t *p)     /* what is shifted in from the next byte is masked */
{
    return _mm256_and_si256(_mm256_srlv_epi64(b32_twice(p), _mm256_setr_epi64x(0, 0, 4, 4)), _mm256_set1_epi8(15));
}
#define b32_nibbles LLRI_K(b32_nibbles)
#define b32_shr(v, n, mask) _mm256_and_si256(_mm256_srl_epi16(v, _mm_cvtsi32_si128(n)), _mm256_set1_epi8((char)(mask)))
#define b32_shl(v, n, mask) _mm256_and_si256(_mm256_sll_epi16(v, _mm_cvtsi32_si128(n)), _mm256_set1_epi8((char)(mask)))
#define b32_and(x, y) _mm256_and_si256(x, y)
#define b32_or(x, y) _mm256_or_si256(x, y)
#define b32_xor(x, y) _mm256_xor_si256(x, y)
#define b32_add(x, y) _mm256_add_epi8(x, y)
#define b32_sub(x, y) _mm256_sub_epi8(x, y)
LLRI_WORD b32 LLRI_K(b32_bits)(uint32_t m)        /* bit i -> byte i, all ones or zero */
{
    __m256i which = _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
    __m256i bit = _mm256_set1_epi64x((int64_t)0x8040201008040201ull);
    __m256i v = _mm256_shuffle_epi8(_mm256_set1_epi32((int)m), which);
    return _mm256_cmpeq_epi8(_mm256_and_si256(v, bit), bit);
}
#define b32_bits LLRI_K(b32_bits)
#define b32_lookup(table16, v) _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table16))), v)
#define b32_interleave8(v) _mm256_permute4x64_epi64(v, 0xd8)          /* quarters 0,2,1,3 */
#define b32_shl32(v, n, mask) _mm256_and_si256(_mm256_slli_epi32(v, n), _mm256_set1_epi32((int)(mask)))
#define b32_ones32(v, bit) _mm256_srai_epi32(_mm256_slli_epi32(v, 31 - (bit)), 31)
#define b32_words(x, y, odd) b32_interleave8(_mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(x), _mm256_castsi256_ps(y), (odd) ? 0xdd : 0x88)))
#define b32_odd8(x, y) b32_interleave8(_mm256_packus_epi16(_mm256_srli_epi16(x, 8), _mm256_srli_epi16(y, 8)))
#define b32_widen8(p) _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p)))
#define b32_widen16(p) _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p)))
LLRI_WORD void LLRI_K(b32_pairs)(uint8_t *d, b32 low, b32 high)
{
    b32 x = b32_interleave8(low), y = b32_interleave8(high);
    b32_store(d, _mm256_unpacklo_epi8(x, y));
    b32_store(d + 32, _mm256_unpackhi_epi8(x, y));
}
#define b32_pairs LLRI_K(b32_pairs)
#endif

/* --- words: w2 = the same group of two rows, p and q, where a vector has room for both; else of row p ------------------- */
#if LLRI_QL == 16
#define LLRI_W2 2
#define w2 __m512i
#define w2_of(x, y) _mm512_inserti64x4(_mm512_castsi256_si512(x), y, 1)
#define w2_load(p, q) w2_of(b32_load(p), b32_load(q))
#define w2_both(p) _mm512_loadu_si512(p)
LLRI_WORD w2 LLRI_K(w2_twice)(const uint8_t *p, const uint8_t *q)       /* 16 bytes in both halves */
{
    w2 v = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)p));
    return _mm512_mask_broadcast_i32x4(v, 0xff00, _mm_loadu_si128((const __m128i *)(const void *)q));
}
#define w2_twice LLRI_K(w2_twice)
#define w2_nibbles(p, q) _mm512_and_si512(_mm512_srlv_epi64(w2_twice(p, q), _mm512_setr_epi64(0, 0, 4, 4, 0, 0, 4, 4)), _mm512_set1_epi8(15))
#define w2_lookup(table16, v) _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)(table16))), v)
#define w2_store(p, v) _mm512_storeu_si512(p, v)
#define w2_shr(v, n, mask) _mm512_and_si512(_mm512_srl_epi16(v, _mm_cvtsi32_si128(n)), _mm512_set1_epi8((char)(mask)))
#define w2_shl(v, n, mask) _mm512_and_si512(_mm512_sll_epi16(v, _mm_cvtsi32_si128(n)), _mm512_set1_epi8((char)(mask)))
#define w2_and(v, mask) _mm512_and_si512(v, _mm512_set1_epi8((char)(mask)))
#define w2_or(x, y) _mm512_or_si512(x, y)
#define w2_flip(v) _mm512_xor_si512(v, _mm512_set1_epi8((char)0x80))
LLRI_WORD w2 LLRI_K(w2_times)(w2 v, const uint8_t *p, const uint8_t *q)   /* 0 to 3 times p[0] & 15 in the first half, p[1] & 15 in the second */
{
    int a = (p[0] & 15) * 0x03020100, b = (p[1] & 15) * 0x03020100, c = (q[0] & 15) * 0x03020100, d = (q[1] & 15) * 0x03020100;
    return _mm512_shuffle_epi8(_mm512_inserti64x4(_mm512_castsi256_si512(_mm256_setr_epi32(a, a, a, a, b, b, b, b)), _mm256_setr_epi32(c, c, c, c, d, d, d, d), 1), v);
}
#define w2_times LLRI_K(w2_times)
#define w2_interleave8(v) _mm512_permutex_epi64(v, 0xd8)
#define w2_xor(x, y) _mm512_xor_si512(x, y)
#define w2_add(x, y) _mm512_add_epi8(x, y)
#define w2_select(v, bits) _mm512_and_si512(v, _mm512_broadcast_i64x4(b32_load(bits)))  /* those of both rows that are set in 32 bytes */
#define w2_set32(p, q) _mm512_mask_set1_epi32(_mm512_set1_epi32((int)llri_rd32(p)), 0xff00, (int)llri_rd32(q))
LLRI_WORD w2 LLRI_K(w2_digits)(w2 v)
{
    w2 one = _mm512_set1_epi8(1), d = _mm512_maskz_mov_epi8(_mm512_cmpgt_epu8_mask(v, _mm512_set1_epi8(85)), one);
    return _mm512_mask_add_epi8(d, _mm512_cmpgt_epu8_mask(v, _mm512_set1_epi8((char)170)), d, one);
}
#define w2_digits LLRI_K(w2_digits)
#define w2_shl32(v, n, mask) _mm512_and_si512(_mm512_sll_epi32(v, _mm_cvtsi32_si128(n)), _mm512_set1_epi32((int)(mask)))
#define w2_ones32(v, bit) _mm512_srai_epi32(_mm512_slli_epi32(v, 31 - (bit)), 31)
#define w2_words(x, y, odd) w2_interleave8(_mm512_castps_si512(_mm512_shuffle_ps(_mm512_castsi512_ps(x), _mm512_castsi512_ps(y), (odd) ? 0xdd : 0x88)))
#define w2_odd8(x, y) w2_interleave8(_mm512_packus_epi16(_mm512_srli_epi16(x, 8), _mm512_srli_epi16(y, 8)))
#define w2_widen8(p, q) w2_of(b32_widen8(p), b32_widen8(q))
#define w2_widen16(p, q) w2_of(b32_widen16(p), b32_widen16(q))
LLRI_WORD void LLRI_K(w2_pairs)(uint8_t *d, w2 low, w2 high)             /* 16 of each row, then 16 more */
{
    w2 x = w2_interleave8(low), y = w2_interleave8(high);
    w2_store(d, _mm512_unpacklo_epi8(x, y));
    w2_store(d + 64, _mm512_unpackhi_epi8(x, y));
}
#define w2_pairs LLRI_K(w2_pairs)
#define w2_signs(d, v) w2_store(d, _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15), v))    /* those of a group together */
LLRI_WORD w2 LLRI_K(w2_negate)(w2 v, const uint8_t *signs, int off)      /* off - v where a bit is set, else off + v */
{
    w2 o = _mm512_set1_epi8((char)off);
    return _mm512_mask_sub_epi8(_mm512_add_epi8(o, v), llri_rd64(signs), o, v);
}
#define w2_negate LLRI_K(w2_negate)
#define w2_less2(v, signs) _mm512_mask_sub_epi8(v, llri_rd64(signs), v, _mm512_set1_epi8(2))     /* v, less 2 where a bit is set */
#define w2_bits(p, q, value) _mm512_maskz_set1_epi8(llri_rd32(p) | (uint64_t)llri_rd32(q) << 32, (char)(value))    /* 32 bits to bytes of 0 or value */
#else
#define LLRI_W2 1
#define w2_of(x, y) (x)
#define w2_xor(x, y) b32_xor(x, y)
#define w2_add(x, y) b32_add(x, y)
#define w2_select(v, bits) b32_and(v, b32_load(bits))
#define w2_set32(p, q) ((void)(q), b32_set32(p))
#define w2_digits(v) b32_digits(v)
#define w2_twice(p, q) ((void)(q), b32_twice(p))
#define w2_shl32(v, n, mask) b32_shl32(v, n, mask)
#define w2_ones32(v, bit) b32_ones32(v, bit)
#define w2_words(x, y, odd) b32_words(x, y, odd)
#define w2_odd8(x, y) b32_odd8(x, y)
#define w2_widen8(p, q) ((void)(q), b32_widen8(p))
#define w2_widen16(p, q) ((void)(q), b32_widen16(p))
#define w2_interleave8(v) b32_interleave8(v)
#define w2_pairs(d, low, high) b32_pairs(d, low, high)
#define w2_signs(d, v) b32_store(d, v)
LLRI_WORD b32 LLRI_K(w2_negate)(b32 v, const uint8_t *signs, int off)
{
    b32 m = b32_bits(llri_rd32(signs));
    return b32_add(b32_sub(b32_xor(v, m), m), b32_set(off));
}
#define w2_negate LLRI_K(w2_negate)
#define w2_less2(v, signs) b32_sub(v, b32_and(b32_bits(llri_rd32(signs)), b32_set(2)))
#define w2_bits(p, q, value) ((void)(q), b32_and(b32_bits(llri_rd32(p)), b32_set(value)))
#define w2 b32
#define w2_load(p, q) ((void)(q), b32_load(p))
#define w2_both(p) b32_load(p)
#define w2_nibbles(p, q) ((void)(q), b32_nibbles(p))
#define w2_lookup(table16, v) b32_lookup(table16, v)
#define w2_store(p, v) b32_store(p, v)
#define w2_shr(v, n, mask) b32_shr(v, n, mask)
#define w2_shl(v, n, mask) b32_shl(v, n, mask)
#define w2_and(v, mask) b32_and(v, b32_set(mask))
#define w2_or(x, y) b32_or(x, y)
#define w2_flip(v) b32_xor(v, b32_set(0x80))
#  if LLRI_PASS >= LLRI_PASS_SSSE3
LLRI_WORD w2 LLRI_K(w2_times)(w2 v, const uint8_t *p, const uint8_t *q)
{
    __m128i a = _mm_set1_epi32((p[0] & 15) * 0x03020100), b = _mm_set1_epi32((p[1] & 15) * 0x03020100);
    (void)q;
#    if LLRI_PASS >= LLRI_PASS_AVX2
    return _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1), v);
#    else
    return LLRI_K(b32_of)(_mm_shuffle_epi8(a, v.a), _mm_shuffle_epi8(b, v.b));
#    endif
}
#    define w2_times LLRI_K(w2_times)
#  endif
#endif

#if LLRI_PASS >= LLRI_PASS_AVX2
#define half_load(p) _cvtsh_ss(llri_rd16(p))
#else
#define half_load(p) llri_f16_to_f32(llri_rd16(p))
#endif

/* --- unpacking: one kernel per type ---------------------------------------------------------------------------------
 * LLRI_PUT stores the 32 integers of a group. Scales are collected as they are in the file, and made into floats for 16 rows at
 * a time by a `finish` function: its vectors are rows. */
#define LLRI_STRIP_Q(s, g, r) ((s)->q + ((size_t)(g) * LLRI_STRIP_ROWS + (size_t)(r)) * 32 * sizeof(LLRI_WE))
#if LLRI_MADDWD
#define LLRI_WE int16_t
LLRI_WORD void LLRI_K(put16)(llri_strip *s, int g, int r, b32 v, int is_signed, int off, int sub0, int sub1)
{
#  if LLRI_PASS == LLRI_PASS_SCALAR
    int16_t *d = (int16_t *)(void *)LLRI_STRIP_Q(s, g, r);
    int i;
    for (i = 0; i < 32; i++) d[i] = (int16_t)(((is_signed ? (int8_t)v.v[i] : v.v[i]) - off) * (i < 16 ? sub0 : sub1));
#  else
    __m128i *d = (__m128i *)(void *)LLRI_STRIP_Q(s, g, r), o = _mm_set1_epi16((int16_t)off), m0 = _mm_set1_epi16((int16_t)sub0), m1 = _mm_set1_epi16((int16_t)sub1);
    __m128i neg = _mm_set1_epi8(is_signed ? -1 : 0), z = _mm_setzero_si128();
    __m128i ha = _mm_and_si128(_mm_cmpgt_epi8(z, v.a), neg), hb = _mm_and_si128(_mm_cmpgt_epi8(z, v.b), neg);
    _mm_storeu_si128(d, _mm_mullo_epi16(_mm_sub_epi16(_mm_unpacklo_epi8(v.a, ha), o), m0));
    _mm_storeu_si128(d + 1, _mm_mullo_epi16(_mm_sub_epi16(_mm_unpackhi_epi8(v.a, ha), o), m0));
    _mm_storeu_si128(d + 2, _mm_mullo_epi16(_mm_sub_epi16(_mm_unpacklo_epi8(v.b, hb), o), m1));
    _mm_storeu_si128(d + 3, _mm_mullo_epi16(_mm_sub_epi16(_mm_unpackhi_epi8(v.b, hb), o), m1));
#  endif
}
#define LLRI_PUT(s, g, r, v, off, s0, s1) LLRI_K(put16)(s, g, r, v, 0, off, s0, s1)
#define LLRI_PUT_TIMES(s, g, r, v, p, q) ((void)(q), LLRI_K(put16)(s, g, r, v, 0, 0, (p)[0] & 15, (p)[1] & 15))
#define LLRI_PUT_SIGNED(s, g, r, v) LLRI_K(put16)(s, g, r, v, 1, 0, 1, 1)
#else
#define LLRI_WE uint8_t
#define LLRI_PUT(s, g, r, v, off, s0, s1) w2_store(LLRI_STRIP_Q(s, g, r), v)   /* the sub-scales are in s->head too */
#define LLRI_PUT_TIMES(s, g, r, v, p, q) w2_store(LLRI_STRIP_Q(s, g, r), w2_times(v, p, q))
#define LLRI_HIGH (8 * LLRI_STRIP_ROWS * 32)    /* MADDUBS: u = q + 128 lies in the strip as all low nibbles, then, so many bytes further, all high ones */
#  if LLRI_VNNI
#define LLRI_PUT_SIGNED(s, g, r, v) w2_store(LLRI_STRIP_Q(s, g, r), w2_flip(v))
#  else
LLRI_WORD void LLRI_K(put_signed)(llri_strip *s, int g, int r, w2 v)
{
    uint8_t *d = LLRI_STRIP_Q(s, g, r);
    v = w2_flip(v);
    w2_store(d, w2_and(v, 15));
    w2_store(d + LLRI_HIGH, w2_shr(v, 4, 15));
}
#define LLRI_PUT_SIGNED(s, g, r, v) LLRI_K(put_signed)(s, g, r, v)
#  endif
#endif

#if LLRI_PASS != LLRI_PASS_SCALAR && LLRI_PASS < LLRI_PASS_AVX2
/* exponent and fraction moved into place, the exponent's bias put right by 2^112 */
LLRI_WORD __m128 LLRI_K(half4_high)(__m128i w)    /* a half in the high half of each lane, the rest is zero */
{
    __m128i m = _mm_and_si128(w, _mm_set1_epi32(0x7fffffff));
    __m128i inf = _mm_and_si128(_mm_cmpgt_epi32(m, _mm_set1_epi32(0x7bffffff)), _mm_set1_epi32(0x7f800000));
    __m128i f = _mm_and_si128(_mm_srai_epi32(w, 3), _mm_set1_epi32((int)0x8fffe000u));
    return _mm_or_ps(_mm_castsi128_ps(inf), _mm_mul_ps(_mm_castsi128_ps(f), _mm_castsi128_ps(_mm_set1_epi32(0x77800000))));
}
LLRI_WORD __m128 LLRI_K(half4)(__m128i h) { return LLRI_K(half4_high)(_mm_unpacklo_epi16(_mm_setzero_si128(), h)); }     /* four in the low half */
#endif
LLRI_WORD void LLRI_K(halves16)(float *d, const uint16_t *h)      /* 16 halves in native order */
{
#if LLRI_VF == 16
    vf_store(d, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)h)));
#elif LLRI_PASS >= LLRI_PASS_AVX2
    vf_store(d, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)h)));
    vf_store(d + 8, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(h + 8))));
#else
    int i;
#  if LLRI_PASS == LLRI_PASS_SCALAR
    for (i = 0; i < 16; i++) d[i] = llri_f16_to_f32(h[i]);
#  else
    for (i = 0; i < 16; i += 4) _mm_storeu_ps(d + i, LLRI_K(half4)(_mm_loadl_epi64((const __m128i *)(const void *)(h + i))));
#  endif
#endif
}
LLRI_WORD void LLRI_K(floats16)(float *d, const int8_t *i8)       /* d = i8 */
{
#if LLRI_PASS == LLRI_PASS_SCALAR
    int i;
    for (i = 0; i < 16; i++) d[i] = i8[i];
#elif LLRI_VF == 16
    vf_store(d, vi_float(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)i8))));
#elif LLRI_PASS >= LLRI_PASS_AVX2
    vf_store(d, vi_float(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)i8))));
    vf_store(d + 8, vi_float(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(i8 + 8)))));
#else
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)i8), lo = _mm_unpacklo_epi8(x, x), hi = _mm_unpackhi_epi8(x, x);
    qf_store(d, vi_float(_mm_srai_epi32(_mm_unpacklo_epi16(lo, lo), 24)));
    qf_store(d + 4, vi_float(_mm_srai_epi32(_mm_unpackhi_epi16(lo, lo), 24)));
    qf_store(d + 8, vi_float(_mm_srai_epi32(_mm_unpacklo_epi16(hi, hi), 24)));
    qf_store(d + 12, vi_float(_mm_srai_epi32(_mm_unpackhi_epi16(hi, hi), 24)));
#endif
}
LLRI_WORD qf LLRI_K(half_lanes)(vi v)             /* the half in the low 16 bits of each lane */
{
#if LLRI_PASS == LLRI_PASS_SCALAR
    int i;
    vf r;
    for (i = 0; i < 4; i++) r.v[i] = llri_f16_to_f32((uint16_t)v.v[i]);
    return r;
#elif LLRI_QL == 16
    return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(v));
#elif LLRI_QL == 8
    v = vi_and(v, 0xffff);
    return _mm256_cvtph_ps(_mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
#else
    return LLRI_K(half4_high)(vi_shl(v, 16));
#endif
}
/* 16 bytes of each of QL rows as 4 words: w[j] = bytes 4j to 4j + 3 of the rows, a row per lane. b: rows 0, 4, 8, 12, as four
 * pointers are few enough for registers. */
#define LLRI_ROW(r) (b[(r) / 4] + (size_t)((r) % 4) * row_bytes)
#if LLRI_PASS == LLRI_PASS_SCALAR
LLRI_WORD void LLRI_K(turn)(vi w[4], const uint8_t *const b[1], size_t row_bytes, int at)
{
    int i, j;
    for (j = 0; j < 4; j++) for (i = 0; i < 4; i++) w[j].v[i] = (int32_t)llri_rd32(LLRI_ROW(i) + at + 4 * j);
}
#else
LLRI_WORD vi LLRI_K(rows16)(const uint8_t *const b[LLRI_QL / 4], size_t row_bytes, int r, int at)      /* of rows r, r + 4, r + 8, r + 12 */
{
#  define LLRI_16(r) _mm_loadu_si128((const __m128i *)(const void *)(LLRI_ROW(r) + at))
#  if LLRI_QL == 16
    vi w = _mm512_inserti32x4(_mm512_castsi128_si512(LLRI_16(r)), LLRI_16(r + 4), 1);
    return _mm512_inserti32x4(_mm512_inserti32x4(w, LLRI_16(r + 8), 2), LLRI_16(r + 12), 3);
#  elif LLRI_QL == 8
    return _mm256_inserti128_si256(_mm256_castsi128_si256(LLRI_16(r)), LLRI_16(r + 4), 1);
#  else
    return LLRI_16(r);
#  endif
#  undef LLRI_16
}
LLRI_WORD void LLRI_K(turn)(vi w[4], const uint8_t *const b[LLRI_QL / 4], size_t row_bytes, int at)
{
    vi d[4], x, y;
    int i;
    LLRI_UNROLL
    for (i = 0; i < 4; i++) d[i] = LLRI_K(rows16)(b, row_bytes, i, at);
    x = vi_lo32(d[0], d[1]);
    y = vi_lo32(d[2], d[3]);
    w[0] = vi_lo64(x, y);
    w[1] = vi_hi64(x, y);
    x = vi_hi32(d[0], d[1]);
    y = vi_hi32(d[2], d[3]);
    w[2] = vi_lo64(x, y);
    w[3] = vi_hi64(x, y);
}
#endif

LLRI_WORD void LLRI_K(finish_half)(llri_strip *s, int groups, int mins)           /* a scale, and a min, per group */
{
    int g;
    for (g = 0; g < groups; g++) {
        LLRI_K(halves16)(s->scale[0][g], s->half[0][g]);
        if (mins) LLRI_K(halves16)(s->min[0][g], s->half[1][g]);
    }
}
/* The scales of types with blocks of 256: one for all, in s->super or in s->head, and small integers for the groups or their
 * halves. LLRI_FINISH(name) { for QL rows from r on; w: their 16 bytes of s->head as words, of which some may be undefined } */
#define LLRI_FINISH(name) \
    LLRI_WORD void LLRI_K(name##_rows)(llri_strip *s, int r, const vi w[4]); \
    LLRI_TARGET LLRI_NOINLINE void LLRI_K(name)(llri_strip *s) \
    { \
        int r, i; \
        for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL) { \
            const uint8_t *b[LLRI_QL / 4]; \
            vi w[4]; \
            for (i = 0; i < LLRI_QL / 4; i++) b[i] = s->head[r + 4 * i]; \
            LLRI_K(turn)(w, b, sizeof s->head[0], 0); \
            LLRI_K(name##_rows)(s, r, w); \
        } \
    } \
    LLRI_WORD void LLRI_K(name##_rows)(llri_strip *s, int r, const vi w[4])
#define LLRI_BYTE(v, j) vi_and(vi_shr(v, 8 * (j)), 255)
/* The scale for all, times a power of two, and the min */
LLRI_WORD qf LLRI_K(super)(const llri_strip *s, int r, float factor) { return qf_mul(LLRI_K(half_lanes)(vi_load(s->super + r)), qf_set(factor)); }
LLRI_WORD qf LLRI_K(super_min)(const llri_strip *s, int r) { return qf_mul(LLRI_K(half_lanes)(vi_shr(vi_load(s->super + r), 16)), qf_set(-1.0f)); }
LLRI_WORD void LLRI_K(scale_all)(llri_strip *s, int r, qf d)
{
    int g;
    LLRI_UNROLL
    for (g = 0; g < 8; g++) qf_store(s->scale[0][g] + r, d);
}
LLRI_WORD void LLRI_K(scale4)(float (*to)[LLRI_STRIP_ROWS], int r, qf d, vi v)     /* of four groups, from the bytes of v */
{
    int j;
    LLRI_UNROLL
    for (j = 0; j < 4; j++) qf_store(to[j] + r, qf_mul(d, vi_float(LLRI_BYTE(v, j))));
}
LLRI_TARGET LLRI_NOINLINE void LLRI_K(finish_super)(llri_strip *s)
{
    int r;
    for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL) LLRI_K(scale_all)(s, r, LLRI_K(super)(s, r, 1.0f));
}
LLRI_TARGET LLRI_NOINLINE void LLRI_K(finish_sub)(llri_strip *s, int off)         /* sub-scales in 16 bits, and what the offset takes away: for gemm with MADDUBS */
{
#if !LLRI_MADDUBS
    (void)s; (void)off;
#else
    __m128i x[2], less = _mm_set1_epi16((int16_t)-off);
    int h, g, r;
    for (g = 0; g < 8; g++)
        for (r = 0; r < LLRI_STRIP_ROWS; r += 8) {
            for (h = 0; h < 2; h++) {
                const float *sub = s->sub[h][g] + r;
                x[h] = _mm_packs_epi32(_mm_cvttps_epi32(_mm_loadu_ps(sub)), _mm_cvttps_epi32(_mm_loadu_ps(sub + 4)));
                _mm_storeu_si128((__m128i *)(void *)(s->sub16[h][g] + r), x[h]);
                x[h] = _mm_mullo_epi16(x[h], less);
            }
            _mm_storeu_si128((__m128i *)(void *)s->corr[g][r], _mm_unpacklo_epi16(x[0], x[1]));
            _mm_storeu_si128((__m128i *)(void *)s->corr[g][r + 4], _mm_unpackhi_epi16(x[0], x[1]));
        }
#endif
}

/* Rows w, w + row_bytes, ... of a slice of `groups` groups; rows past `rows` repeat the last one. head: the scales of the block at p,
 * first group g, row r; group: the weights of group k of the blocks at p and q, which `put` stores as v. `next` is asked for meanwhile.
 * Most types compute few tokens with these alone, see LLRI_DIRECT. */
#define LLRI_UNPACK(name, head, group, block_bytes, block_groups, finish, put) \
    static LLRI_TARGET void LLRI_K(unpack_##name)(llri_strip *s, const uint8_t *w, size_t row_bytes, int rows, int groups, const llri_wanted *next) \
    { \
        int r, g, k, asked = 0; \
        for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_W2) { \
            const uint8_t *p = w + (size_t)(r < rows ? r : rows - 1) * row_bytes, *q = LLRI_W2 == 2 && r + 1 < rows ? p + row_bytes : p; \
            asked = llri_ask(next, asked, r + LLRI_W2, LLRI_STRIP_ROWS); \
            for (g = 0; g < groups; g += block_groups, p += block_bytes, q += block_bytes) { \
                LLRI_K(head)(s, p, g, r); \
                if (LLRI_W2 == 2) LLRI_K(head)(s, q, g, r + 1); \
                LLRI_UNROLL \
                for (k = 0; k < block_groups; k++) { \
                    w2 v = LLRI_K(group)(p, q, k); \
                    put; \
                } \
            } \
        } \
        finish; \
    }

/* Types whose 256 weights are bits of chunks of 32 bytes, from byte `at` of the block on. LLRI_BITS_type(x, k): group k, chunk i being x(i) */
#define LLRI_CHUNK(i) w2_load(p + 32 * (i), q + 32 * (i))
#define LLRI_CHUNKS(name, at) \
    LLRI_WORD w2 LLRI_K(group_##name)(const uint8_t *p, const uint8_t *q, int k) \
    { \
        p += at; \
        q += at; \
        return LLRI_BITS_##name(LLRI_CHUNK, k); \
    }

LLRI_WORD void LLRI_K(head_scale)(llri_strip *s, const uint8_t *p, int g, int r) { s->half[0][g][r] = llri_rd16(p); }
LLRI_WORD void LLRI_K(head_scale_min)(llri_strip *s, const uint8_t *p, int g, int r)
{
    s->half[0][g][r] = llri_rd16(p);
    s->half[1][g][r] = llri_rd16(p + 2);
}
LLRI_WORD w2 LLRI_K(group_q4_0)(const uint8_t *p, const uint8_t *q, int k) { (void)k; return w2_nibbles(p + 2, q + 2); }
LLRI_WORD w2 LLRI_K(group_q4_1)(const uint8_t *p, const uint8_t *q, int k) { (void)k; return w2_nibbles(p + 4, q + 4); }
LLRI_WORD w2 LLRI_K(group_iq4_nl)(const uint8_t *p, const uint8_t *q, int k) { (void)k; return w2_lookup((const uint8_t *)llri_values_iq4, w2_nibbles(p + 2, q + 2)); }
LLRI_UNPACK(q4_0, head_scale, group_q4_0, 18, 1, LLRI_K(finish_half)(s, groups, 0), LLRI_PUT(s, g, r, v, 8, 1, 1))
LLRI_UNPACK(q4_1, head_scale_min, group_q4_1, 20, 1, LLRI_K(finish_half)(s, groups, 1), LLRI_PUT(s, g, r, v, 0, 1, 1))
LLRI_UNPACK(iq4_nl, head_scale, group_iq4_nl, 18, 1, LLRI_K(finish_half)(s, groups, 0), LLRI_PUT_SIGNED(s, g, r, v))

LLRI_WORD w2 LLRI_K(group_q5_0)(const uint8_t *p, const uint8_t *q, int k) { (void)k; return w2_or(w2_nibbles(p + 6, q + 6), w2_bits(p + 2, q + 2, 16)); }
LLRI_WORD w2 LLRI_K(group_q5_1)(const uint8_t *p, const uint8_t *q, int k) { return LLRI_K(group_q5_0)(p + 2, q + 2, k); }
LLRI_UNPACK(q5_0, head_scale, group_q5_0, 22, 1, LLRI_K(finish_half)(s, groups, 0), LLRI_PUT(s, g, r, v, 16, 1, 1))
LLRI_UNPACK(q5_1, head_scale_min, group_q5_1, 24, 1, LLRI_K(finish_half)(s, groups, 1), LLRI_PUT(s, g, r, v, 0, 1, 1))

LLRI_WORD w2 LLRI_K(group_q8_0)(const uint8_t *p, const uint8_t *q, int k) { (void)k; return w2_load(p + 2, q + 2); }
LLRI_UNPACK(q8_0, head_scale, group_q8_0, 34, 1, LLRI_K(finish_half)(s, groups, 0), LLRI_PUT_SIGNED(s, g, r, v))

LLRI_WORD void LLRI_K(head_mxfp4)(llri_strip *s, const uint8_t *p, int g, int r) { s->half[0][g][r] = p[0]; }
LLRI_TARGET LLRI_NOINLINE void LLRI_K(finish_mxfp4)(llri_strip *s)
{
    const uint16_t *e = (const uint16_t *)(const void *)s->half;
    float *scale = (float *)(void *)s->scale;
    int i;
    for (i = 0; i < 8 * LLRI_STRIP_ROWS; i++) scale[i] = llri_e8m0_half(e[i]);
}
LLRI_WORD w2 LLRI_K(group_mxfp4)(const uint8_t *p, const uint8_t *q, int k) { (void)k; return w2_lookup(llri_fp4_plus12, w2_nibbles(p + 1, q + 1)); }
LLRI_UNPACK(mxfp4, head_mxfp4, group_mxfp4, 17, 1, LLRI_K(finish_mxfp4)(s), LLRI_PUT(s, g, r, v, 12, 1, 1))

LLRI_WORD void LLRI_K(head_nvfp4)(llri_strip *s, const uint8_t *p, int g, int r)
{
    int h;
    for (h = 0; h < 4; h++) s->half[h & 1][g + h / 2][r] = p[h];
}
LLRI_TARGET LLRI_NOINLINE void LLRI_K(finish_nvfp4)(llri_strip *s)
{
    const uint16_t *e = (const uint16_t *)(const void *)s->half;
    float *scale = (float *)(void *)s->scale;
    int i;
    for (i = 0; i < 2 * 8 * LLRI_STRIP_ROWS; i++) scale[i] = llri_ue4m3_half(e[i]);
}
LLRI_WORD w2 LLRI_K(group_nvfp4)(const uint8_t *p, const uint8_t *q, int k) { return w2_interleave8(w2_lookup(llri_fp4_plus12, w2_nibbles(p + 4 + 16 * k, q + 4 + 16 * k))); }
LLRI_UNPACK(nvfp4, head_nvfp4, group_nvfp4, 36, 2, LLRI_K(finish_nvfp4)(s), LLRI_PUT(s, g + k, r, v, 12, 1, 1))

LLRI_WORD void LLRI_K(head_q1_0)(llri_strip *s, const uint8_t *p, int g, int r) { int k; for (k = 0; k < 4; k++) LLRI_K(head_scale)(s, p, g + k, r); }
LLRI_WORD w2 LLRI_K(group_q1_0)(const uint8_t *p, const uint8_t *q, int k) { return w2_bits(p + 2 + 4 * k, q + 2 + 4 * k, 2); }
LLRI_UNPACK(q1_0, head_q1_0, group_q1_0, 18, 4, LLRI_K(finish_half)(s, groups, 0), LLRI_PUT(s, g + k, r, v, 1, 1, 1))

/* In each 32 bits 4 fields of n bits, from the lowest on -> a byte each */
LLRI_WORD w2 LLRI_K(fields)(w2 v, int n)
{
    uint32_t two = (1u << 2 * n) - 1, one = ((1u << n) - 1) * 0x10001u;
    v = w2_or(w2_shl32(v, 0, two), w2_shl32(v, 16 - 2 * n, two << 16));
    return w2_or(w2_shl32(v, 0, one), w2_shl32(v, 8 - n, one << 8));
}
LLRI_WORD void LLRI_K(head_q2_0)(llri_strip *s, const uint8_t *p, int g, int r) { int k; for (k = 0; k < 2; k++) LLRI_K(head_scale)(s, p, g + k, r); }
LLRI_WORD w2 LLRI_K(group_q2_0)(const uint8_t *p, const uint8_t *q, int k) { return LLRI_K(fields)(w2_widen8(p + 2 + 8 * k, q + 2 + 8 * k), 2); }
LLRI_UNPACK(q2_0, head_q2_0, group_q2_0, 18, 2, LLRI_K(finish_half)(s, groups, 0), LLRI_PUT(s, g + k, r, v, 1, 1, 1))

LLRI_WORD void LLRI_K(head_q2_K)(llri_strip *s, const uint8_t *p, int g, int r)
{
    (void)g;
    s->super[r] = llri_rd32(p + 80);
    memcpy(s->head[r], p, 16);
}
#define LLRI_BITS_q2_K(x, k) w2_shr(x(k / 4), 2 * (k % 4), 3)
LLRI_CHUNKS(q2_K, 16)
LLRI_FINISH(finish_q2_K)                /* sub-scales and mins of the halves share a byte */
{
    qf m = LLRI_K(super_min)(s, r);
    int k;
    LLRI_K(scale_all)(s, r, LLRI_K(super)(s, r, 1.0f));
    LLRI_UNROLL
    for (k = 0; k < 16; k++) {
        vi v = LLRI_BYTE(w[k / 4], k % 4);
        qf_store(s->sub[k % 2][k / 2] + r, vi_float(vi_and(v, 15)));
        qf_store(s->min[k % 2][k / 2] + r, qf_mul(m, vi_float(vi_shr(v, 4))));
    }
}

LLRI_UNPACK(q2_K, head_q2_K, group_q2_K, 84, 8, LLRI_K(finish_q2_K)(s), LLRI_PUT_TIMES(s, g + k, r, v, p + 2 * k, q + 2 * k))

/* 12 bytes hold 16 sub-scales of 6 bits, + 32: low nibbles of 0 to 7 and of 8 to 15, then the high bits */
LLRI_WORD void LLRI_K(head_q3_K)(llri_strip *s, const uint8_t *p, int g, int r)
{
    (void)g;
    memcpy(s->head[r], p + 96, 12);
    s->super[r] = llri_rd16(p + 108);
}
LLRI_WORD int LLRI_K(sub_q3_K)(int low, int high, int k) { return ((low >> (k / 8 * 4) & 15) | (high >> (2 * (k / 4)) & 3) << 4) - 32; }
#define LLRI_BITS_q3_K(x, k) w2_or(w2_shr(x(1 + k / 4), 2 * (k % 4), 3), k < 2 ? w2_shl(x(0), 2 - k, 4) : w2_shr(x(0), k - 2, 4))
LLRI_CHUNKS(q3_K, 0)
LLRI_FINISH(finish_q3_K)
{
    vi v[4];
    int k;
    for (k = 0; k < 2; k++) {
        v[k] = vi_or(vi_and(w[k], 0x0f0f0f0f), vi_and(vi_shl(w[2], 4 - 2 * k), 0x30303030));
        v[2 + k] = vi_or(vi_and(vi_shr(w[k], 4), 0x0f0f0f0f), vi_and(vi_shr(w[2], 2 * k), 0x30303030));
    }
    LLRI_K(scale_all)(s, r, LLRI_K(super)(s, r, 1.0f));
    LLRI_UNROLL
    for (k = 0; k < 16; k++) qf_store(s->sub[k % 2][k / 2] + r, vi_float(vi_add(LLRI_BYTE(v[k / 4], k % 4), vi_set(-32))));
}
LLRI_UNPACK(q3_K, head_q3_K, group_q3_K, 110, 8, LLRI_K(finish_q3_K)(s); LLRI_K(finish_sub)(s, 4), LLRI_PUT(s, g + k, r, v, 4,
            LLRI_K(sub_q3_K)(p[96 + 2 * k % 8], p[104 + 2 * k % 4], 2 * k), LLRI_K(sub_q3_K)(p[97 + 2 * k % 8], p[105 + 2 * k % 4], 2 * k + 1)))

/* A scale and a min per 256, and 6-bit factors of them for the 8 groups: 16 bytes */
LLRI_FINISH(finish_scales6)
{
    qf d = LLRI_K(half_lanes)(w[0]), m = qf_mul(LLRI_K(half_lanes)(vi_shr(w[0], 16)), qf_set(-1.0f));
    LLRI_K(scale4)(s->scale[0], r, d, vi_and(w[1], 0x3f3f3f3f));
    LLRI_K(scale4)(s->min[0], r, m, vi_and(w[2], 0x3f3f3f3f));
    LLRI_K(scale4)(s->scale[0] + 4, r, d, vi_or(vi_and(w[3], 0x0f0f0f0f), vi_and(vi_shr(w[1], 2), 0x30303030)));
    LLRI_K(scale4)(s->min[0] + 4, r, m, vi_or(vi_and(vi_shr(w[3], 4), 0x0f0f0f0f), vi_and(vi_shr(w[2], 2), 0x30303030)));
}

LLRI_WORD void LLRI_K(head_q4_K)(llri_strip *s, const uint8_t *p, int g, int r) { (void)g; memcpy(s->head[r], p, 16); }
#define LLRI_NIBBLE(v, high) ((high) ? w2_shr(v, 4, 15) : w2_and(v, 15))
#define LLRI_BITS_q4_K(x, k) LLRI_NIBBLE(x(k / 2), k % 2)
LLRI_CHUNKS(q4_K, 16)
LLRI_UNPACK(q4_K, head_q4_K, group_q4_K, 144, 8, LLRI_K(finish_scales6)(s), LLRI_PUT(s, g + k, r, v, 0, 1, 1))

#define LLRI_BITS_q5_K(x, k) w2_or(LLRI_NIBBLE(x(1 + k / 2), k % 2), k < 4 ? w2_shl(x(0), 4 - k, 16) : w2_shr(x(0), k - 4, 16))
LLRI_CHUNKS(q5_K, 16)
LLRI_UNPACK(q5_K, head_q4_K, group_q5_K, 176, 8, LLRI_K(finish_scales6)(s), LLRI_PUT(s, g + k, r, v, 0, 1, 1))

LLRI_WORD void LLRI_K(head_q6_K)(llri_strip *s, const uint8_t *p, int g, int r)
{
    (void)g;
    memcpy(s->head[r], p + 192, 16);
    s->super[r] = llri_rd16(p + 208);
}
#define LLRI_BITS_q6_K(x, k) w2_or(LLRI_NIBBLE(x(k / 4 * 2 + k % 2), k / 2 % 2), \
                                   k % 4 < 2 ? w2_shl(x(4 + k / 4), 4 - 2 * (k % 4), 48) : w2_shr(x(4 + k / 4), 2 * (k % 4) - 4, 48))
LLRI_CHUNKS(q6_K, 0)
LLRI_FINISH(finish_q6_K)
{
    int k;
    LLRI_K(scale_all)(s, r, LLRI_K(super)(s, r, 1.0f));
    LLRI_UNROLL
    for (k = 0; k < 16; k++) qf_store(s->sub[k % 2][k / 2] + r, vi_float(vi_sar(vi_shl(w[k / 4], 24 - 8 * (k % 4)), 24)));
}
LLRI_UNPACK(q6_K, head_q6_K, group_q6_K, 210, 8, LLRI_K(finish_q6_K)(s); LLRI_K(finish_sub)(s, 32), LLRI_PUT(s, g + k, r, v, 32, (int8_t)p[192 + 2 * k], (int8_t)p[193 + 2 * k]))

LLRI_WORD void LLRI_K(head_iq4_xs)(llri_strip *s, const uint8_t *p, int g, int r) { (void)g; memcpy(s->head[r], p, 8); }
LLRI_WORD w2 LLRI_K(group_iq4_xs)(const uint8_t *p, const uint8_t *q, int k) { return w2_lookup((const uint8_t *)llri_values_iq4, w2_nibbles(p + 8 + 16 * k, q + 8 + 16 * k)); }
LLRI_FINISH(finish_iq4_xs)              /* a half, the high bits of the 8 groups' factors, their low nibbles */
{
    qf d = LLRI_K(half_lanes)(w[0]);
    int k;
    LLRI_UNROLL
    for (k = 0; k < 8; k++) {
        vi v = vi_or(vi_and(vi_shr(w[1], 4 * k), 15), vi_and(vi_shr(w[0], 12 + 2 * k), 48));
        qf_store(s->scale[0][k] + r, qf_mul(d, vi_float(vi_add(v, vi_set(-32)))));
    }
}
LLRI_UNPACK(iq4_xs, head_iq4_xs, group_iq4_xs, 136, 8, LLRI_K(finish_iq4_xs)(s), LLRI_PUT_SIGNED(s, g + k, r, v))

/* Types with a codebook. `look` brings the indices and signs of a block, or of those of two rows, into one form, in s->look:
 * 16 indices of 16 bits of each row at a time, for 8 or for 4 weights each; then for each group the 32 signs of each row. `group`
 * takes what they stand for from the table, and applies the signs. */
#define LLRI_UNPACK_GRID(name, head, group, block_bytes, finish, off, sub0, sub1) \
    static LLRI_TARGET void LLRI_K(unpack_##name)(llri_strip *s, const uint8_t *w, size_t row_bytes, int rows, int groups, const llri_wanted *next) \
    { \
        int r, k, asked = 0; \
        (void)groups; \
        for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_W2) { \
            const uint8_t *p = w + (size_t)(r < rows ? r : rows - 1) * row_bytes, *q = LLRI_W2 == 2 && r + 1 < rows ? p + row_bytes : p; \
            asked = llri_ask(next, asked, r + LLRI_W2, LLRI_STRIP_ROWS); \
            LLRI_K(head)(s, p, 0, r); \
            if (LLRI_W2 == 2) LLRI_K(head)(s, q, 0, r + 1); \
            LLRI_K(look_##name)(s->look[r], p, q); \
        } \
        finish; \
        for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_W2) { \
            const uint8_t *p = w + (size_t)(r < rows ? r : rows - 1) * row_bytes; \
            (void)p; \
            for (k = 0; k < 8; k++) LLRI_PUT(s, k, r, LLRI_K(group)(s, k, r), off, sub0, sub1); \
        } \
    }
/* 7 signs in each byte: the eighth makes the number of minus signs even */
LLRI_WORD w2 LLRI_K(even)(w2 v)
{
    static const uint8_t odd[16] = { 0, 128, 128, 0, 128, 0, 0, 128, 128, 0, 0, 128, 0, 128, 128, 0 };
    return w2_or(v, w2_lookup(odd, w2_and(w2_xor(v, w2_shr(v, 4, 15)), 15)));
}
#define LLRI_SIGNS(look) ((look) + 128 * LLRI_W2)
LLRI_WORD void LLRI_K(look_iq2_xxs)(uint8_t *look, const uint8_t *p, const uint8_t *q)
{
    w2 a = w2_load(p + 2, q + 2), b = w2_load(p + 34, q + 34), index = w2_words(a, b, 0);
    w2_pairs(look, index, w2_xor(index, index));
    w2_signs(LLRI_SIGNS(look), LLRI_K(even)(LLRI_K(fields)(w2_words(a, b, 1), 7)));
}
LLRI_WORD void LLRI_K(look_iq2_xs)(uint8_t *look, const uint8_t *p, const uint8_t *q)
{
    w2 a = w2_load(p + 2, q + 2), b = w2_load(p + 34, q + 34);
    w2_store(look, w2_shl32(a, 0, 0x01ff01ff));
    w2_store(look + 32 * LLRI_W2, w2_shl32(b, 0, 0x01ff01ff));
    w2_signs(LLRI_SIGNS(look), LLRI_K(even)(w2_shr(w2_odd8(a, b), 1, 127)));
}
LLRI_WORD void LLRI_K(look_iq2_s)(uint8_t *look, const uint8_t *p, const uint8_t *q)
{
    w2_pairs(look, w2_load(p + 2, q + 2), LLRI_K(fields)(w2_widen8(p + 66, q + 66), 2));
    w2_signs(LLRI_SIGNS(look), w2_load(p + 34, q + 34));
}
LLRI_WORD void LLRI_K(look_iq3_xxs)(uint8_t *look, const uint8_t *p, const uint8_t *q)
{
    int h;
    for (h = 0; h < 64; h += 32) {
        w2 index = w2_load(p + 2 + h, q + 2 + h);
        w2_pairs(look + 2 * LLRI_W2 * h, index, w2_xor(index, index));
    }
    w2_signs(LLRI_SIGNS(look), LLRI_K(even)(LLRI_K(fields)(w2_load(p + 66, q + 66), 7)));
}
LLRI_WORD void LLRI_K(look_iq3_s)(uint8_t *look, const uint8_t *p, const uint8_t *q)
{
    int h;
    for (h = 0; h < 2; h++) w2_pairs(look + 64 * LLRI_W2 * h, w2_load(p + 2 + 32 * h, q + 2 + 32 * h), w2_bits(p + 66 + 4 * h, q + 66 + 4 * h, 1));
    w2_signs(LLRI_SIGNS(look), w2_load(p + 74, q + 74));
}
LLRI_WORD void LLRI_K(look_iq1_s)(uint8_t *look, const uint8_t *p, const uint8_t *q)
{
    w2 high = w2_widen16(p + 34, q + 34);
    w2_pairs(look, w2_load(p + 2, q + 2), LLRI_K(fields)(w2_shl32(high, 0, 0xfff), 3));
    w2_signs(LLRI_SIGNS(look), w2_ones32(high, 15));
}
LLRI_WORD void LLRI_K(look_iq1_m)(uint8_t *look, const uint8_t *p, const uint8_t *q)
{
    static const uint8_t minus[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255 };
    w2 high = LLRI_K(fields)(w2_widen16(p + 32, q + 32), 4);
    w2_pairs(look, w2_load(p, q), w2_and(high, 7));
    w2_signs(LLRI_SIGNS(look), w2_lookup(minus, high));
}
/* The 32 weights that 4 or 8 indices of 16 bits stand for */
#if LLRI_PASS == LLRI_PASS_SCALAR
#define LLRI_ENTRIES(name, each, type, rd) \
    LLRI_WORD b32 LLRI_K(name)(const type *grid, const uint8_t *index) \
    { \
        b32 to; \
        int l; \
        for (l = 0; l < each; l++) { \
            type v = rd(grid + llri_rd16(index + 2 * l)); \
            memcpy(to.v + sizeof v * l, &v, sizeof v); \
        } \
        return to; \
    }
LLRI_ENTRIES(entries8, 4, uint64_t, llri_rd64)
LLRI_ENTRIES(entries4, 8, uint32_t, llri_rd32)
#undef LLRI_ENTRIES
#else
#define LLRI_GRID_AT(l) (grid + llri_rd16(index + 2 * (l)))
LLRI_WORD __m128i LLRI_K(entries8_half)(const uint64_t *grid, const uint8_t *index)
{
    return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)LLRI_GRID_AT(0))), (const __m64 *)(const void *)LLRI_GRID_AT(1)));
}
LLRI_WORD __m128i LLRI_K(entries4_half)(const uint32_t *grid, const uint8_t *index)
{
#  define LLRI_ENTRY4(l) _mm_cvtsi32_si128((int)*LLRI_GRID_AT(l))
#  if LLRI_PASS >= LLRI_PASS_AVX
    return _mm_insert_epi32(_mm_insert_epi32(_mm_insert_epi32(LLRI_ENTRY4(0), (int)*LLRI_GRID_AT(1), 1), (int)*LLRI_GRID_AT(2), 2), (int)*LLRI_GRID_AT(3), 3);
#  else
    return _mm_unpacklo_epi64(_mm_unpacklo_epi32(LLRI_ENTRY4(0), LLRI_ENTRY4(1)), _mm_unpacklo_epi32(LLRI_ENTRY4(2), LLRI_ENTRY4(3)));
#  endif
#  undef LLRI_ENTRY4
}
#undef LLRI_GRID_AT
#  if LLRI_PASS >= LLRI_PASS_AVX2
#define LLRI_HALVES(a, b) _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1)
#  else
#define LLRI_HALVES(a, b) LLRI_K(b32_of)(a, b)
#  endif
LLRI_WORD b32 LLRI_K(entries8)(const uint64_t *grid, const uint8_t *index) { return LLRI_HALVES(LLRI_K(entries8_half)(grid, index), LLRI_K(entries8_half)(grid, index + 4)); }
LLRI_WORD b32 LLRI_K(entries4)(const uint32_t *grid, const uint8_t *index) { return LLRI_HALVES(LLRI_K(entries4_half)(grid, index), LLRI_K(entries4_half)(grid, index + 8)); }
#undef LLRI_HALVES
#endif
/* and those of group k of rows r and r + 1, or of row r: a group has `each` indices */
#define LLRI_INDEX(s, k, r, each) ((s)->look[r] + 32 * LLRI_W2 * ((each) * (k) / 16) + 2 * ((each) * (k) % 16))
#define LLRI_GRID8(s, k, r, grid) w2_of(LLRI_K(entries8)(grid, LLRI_INDEX(s, k, r, 4)), LLRI_K(entries8)(grid, LLRI_INDEX(s, k, r, 4) + 32))
#define LLRI_GRID4(s, k, r, grid) w2_of(LLRI_K(entries4)(grid, LLRI_INDEX(s, k, r, 8)), LLRI_K(entries4)(grid, LLRI_INDEX(s, k, r, 8) + 32))
#define LLRI_SIGNS_AT(s, k, r) (LLRI_SIGNS((s)->look[r]) + 4 * LLRI_W2 * (k))
#define LLRI_SIGNED(name, entries, off) LLRI_WORD w2 LLRI_K(group_##name)(const llri_strip *s, int k, int r) { return w2_negate(entries(s, k, r, llri_grid_##name), LLRI_SIGNS_AT(s, k, r), off); }
LLRI_SIGNED(iq2xxs, LLRI_GRID8, 43)
LLRI_SIGNED(iq2xs, LLRI_GRID8, 43)
LLRI_SIGNED(iq2s, LLRI_GRID8, 43)
LLRI_SIGNED(iq3xxs, LLRI_GRID4, 62)
LLRI_SIGNED(iq3s, LLRI_GRID4, 15)
#undef LLRI_SIGNED
/* 8 times a byte of -1, 0, 1, + 9, and 1 more, or less where a sign is set: 0..18 */
LLRI_WORD w2 LLRI_K(group_iq1s)(const llri_strip *s, int k, int r) { return w2_less2(LLRI_GRID8(s, k, r, llri_grid_iq1s), LLRI_SIGNS_AT(s, k, r)); }

/* Their scales: of a group or of its halves, 2 * (a small integer) + 1 */
LLRI_WORD void LLRI_K(head_iq2_xxs)(llri_strip *s, const uint8_t *p, int g, int r)
{
    int k;
    (void)g;
    s->super[r] = llri_rd16(p);
    for (k = 0; k < 8; k++) s->head[r][k] = p[9 + 8 * k];
}
LLRI_WORD void LLRI_K(head_iq3_xxs)(llri_strip *s, const uint8_t *p, int g, int r)
{
    int k;
    (void)g;
    s->super[r] = llri_rd16(p);
    for (k = 0; k < 8; k++) s->head[r][k] = p[69 + 4 * k];
}
LLRI_WORD void LLRI_K(finish_high)(llri_strip *s, int r, const vi w[4], float factor)
{
    qf d = LLRI_K(super)(s, r, factor);
    int h;
    for (h = 0; h < 2; h++) LLRI_K(scale4)(s->scale[0] + 4 * h, r, d, vi_or(vi_and(vi_shr(w[h], 3), 0x1e1e1e1e), vi_set(0x01010101)));
}
LLRI_FINISH(finish_iq2_xxs) { LLRI_K(finish_high)(s, r, w, 0.125f); }
LLRI_FINISH(finish_iq3_xxs) { LLRI_K(finish_high)(s, r, w, 0.25f); }
LLRI_WORD void LLRI_K(head_iq2_xs)(llri_strip *s, const uint8_t *p, int g, int r)
{
    (void)g;
    s->super[r] = llri_rd16(p);
    memcpy(s->head[r], p + 66, 8);
}
LLRI_WORD void LLRI_K(head_iq2_s)(llri_strip *s, const uint8_t *p, int g, int r)
{
    (void)g;
    s->super[r] = llri_rd16(p);
    memcpy(s->head[r], p + 74, 8);
}
LLRI_WORD qf LLRI_K(odd)(vi v) { return vi_float(vi_add(vi_add(v, v), vi_set(1))); }
LLRI_FINISH(finish_iq2)
{
    int k;
    LLRI_K(scale_all)(s, r, LLRI_K(super)(s, r, 0.125f));
    LLRI_UNROLL
    for (k = 0; k < 16; k++) qf_store(s->sub[k % 2][k / 2] + r, LLRI_K(odd)(vi_and(vi_shr(w[k / 8], 4 * (k % 8)), 15)));
}
LLRI_WORD void LLRI_K(head_iq3_s)(llri_strip *s, const uint8_t *p, int g, int r)
{
    (void)g;
    s->super[r] = llri_rd16(p);
    memcpy(s->head[r], p + 106, 4);
}
LLRI_FINISH(finish_iq3_s)
{
    qf d = LLRI_K(super)(s, r, 1.0f);
    int k;
    LLRI_UNROLL
    for (k = 0; k < 8; k++) qf_store(s->scale[0][k] + r, qf_mul(d, LLRI_K(odd)(vi_and(vi_shr(w[k / 8], 4 * (k % 8)), 15))));
}
LLRI_WORD void LLRI_K(head_iq1_s)(llri_strip *s, const uint8_t *p, int g, int r)
{
    (void)g;
    s->super[r] = llri_rd16(p);
    memcpy(s->head[r], p + 34, 16);
}
LLRI_FINISH(finish_iq1_s)
{
    qf d = LLRI_K(super)(s, r, 0.125f);
    int k;
    LLRI_UNROLL
    for (k = 0; k < 8; k++) qf_store(s->scale[0][k] + r, qf_mul(d, LLRI_K(odd)(vi_and(vi_shr(w[k / 2], 16 * (k % 2) + 12), 7))));
}
LLRI_WORD void LLRI_K(head_iq1_m)(llri_strip *s, const uint8_t *p, int g, int r) { (void)g; memcpy(s->head[r], p + 48, 8); }
LLRI_FINISH(finish_iq1_m)               /* four times 16 bits: 4 sub-scales of 3 and 4 of the half, from the lowest on */
{
    vi half = vi_or(vi_or(vi_and(vi_shr(w[0], 12), 0x000f), vi_and(vi_shr(w[0], 24), 0x00f0)),
                    vi_or(vi_and(vi_shr(w[1], 4), 0x0f00), vi_and(vi_shr(w[1], 16), 0xf000)));
    int k;
    LLRI_K(scale_all)(s, r, qf_mul(LLRI_K(half_lanes)(half), qf_set(0.125f)));
    LLRI_UNROLL
    for (k = 0; k < 16; k++) qf_store(s->sub[k % 2][k / 2] + r, LLRI_K(odd)(vi_and(vi_shr(w[k / 8], 16 * (k / 4 % 2) + 3 * (k % 4)), 7)));
}
LLRI_UNPACK_GRID(iq2_xxs, head_iq2_xxs, group_iq2xxs, 66, LLRI_K(finish_iq2_xxs)(s), 43, 1, 1)
LLRI_UNPACK_GRID(iq2_xs, head_iq2_xs, group_iq2xs, 74, LLRI_K(finish_iq2)(s); LLRI_K(finish_sub)(s, 43), 43, 2 * (p[66 + k] & 15) + 1, 2 * (p[66 + k] >> 4) + 1)
LLRI_UNPACK_GRID(iq2_s, head_iq2_s, group_iq2s, 82, LLRI_K(finish_iq2)(s); LLRI_K(finish_sub)(s, 43), 43, 2 * (p[74 + k] & 15) + 1, 2 * (p[74 + k] >> 4) + 1)
LLRI_UNPACK_GRID(iq3_xxs, head_iq3_xxs, group_iq3xxs, 98, LLRI_K(finish_iq3_xxs)(s), 62, 1, 1)
LLRI_UNPACK_GRID(iq3_s, head_iq3_s, group_iq3s, 110, LLRI_K(finish_iq3_s)(s), 15, 1, 1)
LLRI_UNPACK_GRID(iq1_s, head_iq1_s, group_iq1s, 50, LLRI_K(finish_iq1_s)(s), 9, 1, 1)
LLRI_UNPACK_GRID(iq1_m, head_iq1_m, group_iq1s, 56, LLRI_K(finish_iq1_m)(s); LLRI_K(finish_sub)(s, 9), 9,
                 2 * (llri_rd16(p + 48 + k / 2 * 2) >> (6 * (k % 2)) & 7) + 1, 2 * (llri_rd16(p + 48 + k / 2 * 2) >> (6 * (k % 2) + 3) & 7) + 1)
#undef LLRI_UNPACK_GRID

/* Bytes are fixed point fractions of 256, with 5 ternary digits: 32 bytes, 16 bytes, 4 bytes with 4 of them */
LLRI_WORD void LLRI_K(head_tq1_0)(llri_strip *s, const uint8_t *p, int g, int r) { (void)g; s->super[r] = llri_rd16(p + 52); }
LLRI_WORD w2 LLRI_K(times3)(w2 v) { return w2_add(v, w2_add(v, v)); }
LLRI_WORD w2 LLRI_K(group_tq1_0)(const uint8_t *p, const uint8_t *q, int k)
{
    static const uint32_t half[2][8] = { { ~0u, ~0u, ~0u, ~0u, 0, 0, 0, 0 }, { 0, 0, 0, 0, ~0u, ~0u, ~0u, ~0u } };
    static const uint32_t lanes[2][8] = { { 0, 0, 0, 0, 0, ~0u, 0, ~0u }, { 0, 0, 0, 0, 0, 0, ~0u, ~0u } };
    w2 x = k < 5 ? w2_load(p, q) : w2_twice(p + 32, q + 32);
    if (k == 5 || k == 6) x = w2_add(x, w2_select(w2_add(x, x), half[1]));      /* digits 0 and 1, 2 and 3; 4, and 0 to 3 of the last bytes */
    if (k >= 6 || (k >= 1 && k < 5)) x = LLRI_K(times3)(x);
    if (k >= 6 || (k >= 2 && k < 5)) x = LLRI_K(times3)(x);
    if (k == 3 || k == 4 || k == 7) x = LLRI_K(times3)(x);
    if (k == 4 || k == 7) x = LLRI_K(times3)(x);
    if (k == 7) {
        w2 z = w2_set32(p + 48, q + 48);
        z = w2_add(z, w2_select(w2_add(z, z), lanes[0]));
        z = w2_add(z, w2_select(w2_shl(z, 3, 0xf8), lanes[1]));
        x = w2_or(w2_select(x, half[0]), w2_select(z, half[1]));
    }
    return w2_digits(x);
}
LLRI_UNPACK(tq1_0, head_tq1_0, group_tq1_0, 54, 8, LLRI_K(finish_super)(s), LLRI_PUT(s, g + k, r, v, 1, 1, 1))

LLRI_WORD void LLRI_K(head_tq2_0)(llri_strip *s, const uint8_t *p, int g, int r) { (void)g; s->super[r] = llri_rd16(p + 64); }
#define LLRI_BITS_tq2_0 LLRI_BITS_q2_K
LLRI_CHUNKS(tq2_0, 0)
LLRI_UNPACK(tq2_0, head_tq2_0, group_tq2_0, 66, 8, LLRI_K(finish_super)(s), LLRI_PUT(s, g + k, r, v, 1, 1, 1))
#undef LLRI_FINISH
#undef LLRI_BYTE
#undef LLRI_UNPACK
#undef LLRI_CHUNKS
#undef LLRI_CHUNK

/* --- activations -> int8 --------------------------------------------------------------------------------------------
 * Per group of 32: q = x * 127 / max|x| to nearest even, the scale that then fits best (least squares: sum(x q) / sum(q q)),
 * and the sums of both halves. A group with a NaN or an infinity gets scale NaN and zeros, so that it shows in the result. */
#define LLRI_GROUPS (LLRI_VF / 4)       /* at once, one in each 128 bits */
/* lane k = the sum of the lanes of z[k], within each 128 bits: (0 + 2) + (1 + 3) */
LLRI_WORD vf LLRI_K(sum4)(const vf z[4])
{
    vf x = vf_add(vf_lo(z[0], z[1]), vf_hi(z[0], z[1])), y = vf_add(vf_lo(z[2], z[3]), vf_hi(z[2], z[3]));
    return vf_add(vf_shuffle(x, y, 0x44), vf_shuffle(x, y, 0xee));
}
#if LLRI_VF == 16
LLRI_WORD void LLRI_K(quarters)(vf to[4], vf a, vf b, vf c, vf d)      /* to[i]: the 128 bits i of each */
{
    vf x0 = _mm512_shuffle_f32x4(a, b, 0x44), x1 = _mm512_shuffle_f32x4(a, b, 0xee);
    vf y0 = _mm512_shuffle_f32x4(c, d, 0x44), y1 = _mm512_shuffle_f32x4(c, d, 0xee);
    to[0] = _mm512_shuffle_f32x4(x0, y0, 0x88);
    to[1] = _mm512_shuffle_f32x4(x0, y0, 0xdd);
    to[2] = _mm512_shuffle_f32x4(x1, y1, 0x88);
    to[3] = _mm512_shuffle_f32x4(x1, y1, 0xdd);
}
#endif
/* c[i] = the numbers 4i .. 4i + 3 of each group, of which there are n in all; the others are zero */
LLRI_WORD void LLRI_K(groups_load)(vf c[8], const float *x, int n)
{
    float all[32 * LLRI_GROUPS];
    int i;
    if (n < 32 * LLRI_GROUPS) {
        for (i = 0; i < 32 * LLRI_GROUPS; i++) all[i] = i < n ? x[i] : 0.0f;
        x = all;
    }
    LLRI_UNROLL
    for (i = 0; i < 8; i += LLRI_GROUPS) {
#if LLRI_VF == 4
        c[i] = vf_load(x + 4 * i);
#elif LLRI_VF == 8
        vf a = vf_load(x + 4 * i), b = vf_load(x + 32 + 4 * i);
        c[i] = _mm256_permute2f128_ps(a, b, 0x20);
        c[i + 1] = _mm256_permute2f128_ps(a, b, 0x31);
#else
        LLRI_K(quarters)(c + i, vf_load(x + 4 * i), vf_load(x + 32 + 4 * i), vf_load(x + 64 + 4 * i), vf_load(x + 96 + 4 * i));
#endif
    }
}
/* d = such numbers, which are integers, one group after the other */
LLRI_WORD void LLRI_K(groups_store)(const vf c[8], int8_t *d)
{
    int i;
#if LLRI_PASS == LLRI_PASS_SCALAR
    for (i = 0; i < 32; i++) d[i] = (int8_t)c[i / 4].v[i % 4];
#elif LLRI_QL == 4
    float t[8 * LLRI_VF];
    LLRI_UNROLL
    for (i = 0; i < 8; i++) vf_store(t + i * LLRI_VF, c[i]);
    LLRI_UNROLL
    for (i = 0; i < 2 * LLRI_GROUPS; i++) {
        const float *p = t + 4 * (i % 2) * LLRI_VF + 4 * (i / 2);
        __m128i x = _mm_packs_epi32(_mm_cvtps_epi32(_mm_loadu_ps(p)), _mm_cvtps_epi32(_mm_loadu_ps(p + LLRI_VF)));
        __m128i y = _mm_packs_epi32(_mm_cvtps_epi32(_mm_loadu_ps(p + 2 * LLRI_VF)), _mm_cvtps_epi32(_mm_loadu_ps(p + 3 * LLRI_VF)));
        _mm_storeu_si128((__m128i *)(void *)(d + 16 * i), _mm_packs_epi16(x, y));
    }
#elif LLRI_QL == 8
    __m256i h[2];
    LLRI_UNROLL
    for (i = 0; i < 2; i++)
        h[i] = _mm256_packs_epi16(_mm256_packs_epi32(_mm256_cvtps_epi32(c[4 * i]), _mm256_cvtps_epi32(c[4 * i + 1])),
            _mm256_packs_epi32(_mm256_cvtps_epi32(c[4 * i + 2]), _mm256_cvtps_epi32(c[4 * i + 3])));
    b32_store(d, _mm256_permute2x128_si256(h[0], h[1], 0x20));
    b32_store(d + 32, _mm256_permute2x128_si256(h[0], h[1], 0x31));
#else
    __m512i h[2];
    LLRI_UNROLL
    for (i = 0; i < 2; i++)
        h[i] = _mm512_packs_epi16(_mm512_packs_epi32(_mm512_cvtps_epi32(c[4 * i]), _mm512_cvtps_epi32(c[4 * i + 1])),
            _mm512_packs_epi32(_mm512_cvtps_epi32(c[4 * i + 2]), _mm512_cvtps_epi32(c[4 * i + 3])));
    _mm512_storeu_si512(d, _mm512_permutex2var_epi64(h[0], _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), h[1]));
    _mm512_storeu_si512(d + 64, _mm512_permutex2var_epi64(h[0], _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), h[1]));
#endif
}
/* The numbers x of LLRI_GROUPS groups -> q, as floats; returns the largest |x| of each, NaN if one of them is not finite */
LLRI_WORD vf LLRI_K(groups_round)(const vf x[8], vf q[8])
{
    vf top = vf_set(0.0f), bad = top, inv;
    int i;
    LLRI_UNROLL
    for (i = 0; i < 8; i++) {
        top = vf_max(top, vf_abs(x[i]));
        bad = vf_add(bad, vf_mul(x[i], vf_set(0.0f)));
    }
    top = vf_max(top, vf_shuffle(top, top, 0x4e));
    bad = vf_add(bad, vf_shuffle(bad, bad, 0x4e));
    top = vf_add(vf_max(top, vf_shuffle(top, top, 0xb1)), vf_add(bad, vf_shuffle(bad, bad, 0xb1)));
    inv = vf_div(vf_set(127.0f), vf_max(top, vf_set(1e-36f)));
    LLRI_UNROLL                         /* numbers below that, where it might overflow, are zero, as are those that are not finite */
    for (i = 0; i < 8; i++) q[i] = vf_where_ge(top, vf_set(1e-36f), vf_round(vf_mul(x[i], inv)), vf_set(0.0f));
    return top;
}

/* sum(x q) is added up in four chains in every tier, so that all get the same bits; sums without x are exact as floats, too. */
static LLRI_TARGET void LLRI_K(quantize)(const float *x, int groups, void *q, float *scale, int32_t *sum)
{
    LLRI_AE *d = (LLRI_AE *)q;
    int g, i;
    for (g = 0; g < groups; g += LLRI_GROUPS) {
        const int n = groups - g < LLRI_GROUPS ? groups - g : LLRI_GROUPS;
        float fit[LLRI_VF], sums[LLRI_VF];
        int8_t bytes[32 * LLRI_GROUPS], *to = LLRI_MADDWD || n < LLRI_GROUPS ? bytes : (int8_t *)(d + 32 * g);
        vf v[8], r[8], s[4], f = vf_set(0.0f), top;
        LLRI_K(groups_load)(v, x + 32 * g, 32 * n);
        top = LLRI_K(groups_round)(v, r);
        s[0] = s[1] = s[2] = vf_set(0.0f);
        LLRI_UNROLL
        for (i = 0; i < 8; i++) {
            f = vf_add(f, vf_mul(v[i], r[i]));
            s[i / 4] = vf_add(s[i / 4], r[i]);
            s[2] = vf_add(s[2], vf_mul(r[i], r[i]));
        }
        s[3] = s[2];
        s[0] = LLRI_K(sum4)(s);         /* of the halves, and of the squares: 0, or 127^2 and more */
        f = vf_add(f, vf_shuffle(f, f, 0xb1));
        f = vf_div(vf_add(f, vf_shuffle(f, f, 0x4e)), vf_max(vf_shuffle(s[0], s[0], 0xaa), vf_set(1.0f)));
        f = vf_where_ge(top, vf_set(1e30f), vf_div(top, vf_set(127.0f)), f);        /* sum(x q) might overflow */
        f = vf_where_ge(top, vf_set(1e-36f), f, vf_mul(top, vf_set(0.0f)));         /* or NaN */
        vf_store(fit, f);
        vf_store(sums, s[0]);
        LLRI_K(groups_store)(r, to);
        for (i = 0; i < n; i++) {
            scale[g + i] = fit[4 * i];
            sum[g + i] = (int32_t)((uint32_t)(uint16_t)(int)sums[4 * i] | (uint32_t)(uint16_t)(int)sums[4 * i + 1] << 16);
        }
        if (to == bytes) for (i = 0; i < 32 * n; i++) d[32 * g + i] = bytes[i];
    }
}

/* QL rows of n words -> n vectors of a word of each row. A row is read to a multiple of 4 words. */
static LLRI_TARGET void LLRI_K(columns)(const void *rows, size_t row_bytes, int n, void *to)
{
    const uint8_t *from = (const uint8_t *)rows;
    uint8_t *d = (uint8_t *)to;
    int i, j;
#if LLRI_PASS == LLRI_PASS_SCALAR       /* which may be big-endian: words of the machine, not of a file as in turn */
    for (i = 0; i < n; i++)
        for (j = 0; j < LLRI_QL; j++, d += 4) memcpy(d, from + (size_t)j * row_bytes + 4 * i, 4);
#else
    const uint8_t *b[LLRI_QL / 4];
    for (i = 0; i < LLRI_QL / 4; i++) b[i] = from + (size_t)(4 * i) * row_bytes;
    for (i = 0; i < n; i += 4) {
        vi w[4];
        LLRI_K(turn)(w, b, row_bytes, 4 * i);
        for (j = 0; j < 4 && i + j < n; j++, d += sizeof(vi)) memcpy(d, &w[j], sizeof(vi));
    }
#endif
}

/* --- few tokens: rows become lanes ----------------------------------------------------------------------------------
 * row_dots: adds to c0 the products of a group of QL rows with the activations a of one token, or to c0 and c1 those of its
 * halves. The weights are words of rows, or int16 where they lie in a strip; each row's products are summed across lanes. */
#define LLRI_NW (LLRI_QL / LLRI_W2)     /* words for QL rows */
#if LLRI_MADDWD
typedef const int16_t *LLRI_K(rows_t);
#define rows_load(p) ((const int16_t *)(const void *)(p))
#else
typedef w2 LLRI_K(rows_t);
#define rows_load(p) w2_both(p)
#endif
#define rows LLRI_K(rows_t)
LLRI_WORD int32_t LLRI_K(rd4)(const void *p) { int32_t x; memcpy(&x, p, 4); return x; }

#if LLRI_PASS != LLRI_PASS_SCALAR
LLRI_WORD vi LLRI_K(reduce4)(vi a, vi b, vi c, vi d)      /* in each 128 bits: sums of the lanes of a, b, c, d */
{
    vi x = vi_add(vi_lo32(a, b), vi_hi32(a, b)), y = vi_add(vi_lo32(c, d), vi_hi32(c, d));
    return vi_add(vi_lo64(x, y), vi_hi64(x, y));
}
#endif
#if LLRI_PASS == LLRI_PASS_SCALAR
LLRI_WORD void LLRI_K(row_dots)(vi *c0, vi *c1, const rows *w, const LLRI_AE *a, int is_signed, int lim, int halves)
{
    int i, k;
    (void)is_signed; (void)lim;
    for (i = 0; i < 4; i++) {
        int32_t first = 0, second = 0;
        for (k = 0; k < 16; k++) {
            first += w[i][k] * a[k];
            second += w[i][16 + k] * a[16 + k];
        }
        c0->v[i] += halves ? first : first + second;
        c1->v[i] += second;
    }
}
#elif LLRI_QL == 4
LLRI_WORD void LLRI_K(row_dots)(vi *c0, vi *c1, const rows *w, const LLRI_AE *a, int is_signed, int lim, int halves)
{
    vi z[4], y[4];
    int i;
    (void)is_signed; (void)lim;
    LLRI_UNROLL
    for (i = 0; i < 4; i++) {
#  if LLRI_MADDWD
        z[i] = vi_add(vi_madd(vi_load(w[i]), vi_load(a)), vi_madd(vi_load(w[i] + 8), vi_load(a + 8)));
        y[i] = vi_add(vi_madd(vi_load(w[i] + 16), vi_load(a + 16)), vi_madd(vi_load(w[i] + 24), vi_load(a + 24)));
#  else
        __m128i a0 = vi_load(a), a1 = vi_load(a + 16);
        __m128i p0 = is_signed ? vs_madd(vs_abs(w[i].a), vs_sign(a0, w[i].a)) : vs_madd(w[i].a, a0);
        __m128i p1 = is_signed ? vs_madd(vs_abs(w[i].b), vs_sign(a1, w[i].b)) : vs_madd(w[i].b, a1);
        if (lim > 1 && !halves) {
            z[i] = vi_madd(vs_add(p0, p1), vs_set(1));
            continue;
        }
        z[i] = vi_madd(p0, vs_set(1));
        y[i] = vi_madd(p1, vs_set(1));
#  endif
        if (!halves) z[i] = vi_add(z[i], y[i]);
    }
    *c0 = vi_add(*c0, LLRI_K(reduce4)(z[0], z[1], z[2], z[3]));
    if (halves) *c1 = vi_add(*c1, LLRI_K(reduce4)(y[0], y[1], y[2], y[3]));
}
#elif LLRI_QL == 8
LLRI_WORD void LLRI_K(row_dots)(vi *c0, vi *c1, const rows *w, const LLRI_AE *a, int is_signed, int lim, int halves)
{
    vi z[8], x, y, av = vi_load(a);
    int i;
    (void)is_signed; (void)lim;
    LLRI_UNROLL
    for (i = 0; i < 8; i++)
#  if LLRI_VNNI
        z[i] = vi_dot(_mm256_setzero_si256(), w[i], av);
#  else
        z[i] = vi_madd(is_signed ? vs_madd(vs_abs(w[i]), vs_sign(av, w[i])) : vs_madd(w[i], av), vs_set(1));
#  endif
    x = LLRI_K(reduce4)(z[0], z[1], z[2], z[3]);
    y = LLRI_K(reduce4)(z[4], z[5], z[6], z[7]);
    *c0 = vi_add(*c0, _mm256_permute2x128_si256(x, y, 0x20));
    *(halves ? c1 : c0) = vi_add(*(halves ? c1 : c0), _mm256_permute2x128_si256(x, y, 0x31));
}
#else
LLRI_WORD void LLRI_K(row_dots)(vi *c0, vi *c1, const rows *w, const LLRI_AE *a, int is_signed, int lim, int halves)
{
    vi z[8], x, y, even, odd, av = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(const void *)a));
    vi order = _mm512_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);         /* rows 0 2 4 6 1 3 5 7 8 10 ... */
    int i;
    (void)is_signed; (void)lim;
    LLRI_UNROLL
    for (i = 0; i < 8; i++) z[i] = vi_dot(_mm512_setzero_si512(), w[i], av);            /* a vector holds rows 2i and 2i + 1 */
    x = LLRI_K(reduce4)(z[0], z[1], z[2], z[3]);
    y = LLRI_K(reduce4)(z[4], z[5], z[6], z[7]);
    even = _mm512_shuffle_i32x4(x, y, 0x88);
    odd = _mm512_shuffle_i32x4(x, y, 0xdd);
    if (halves) *c1 = vi_add(*c1, _mm512_permutexvar_epi32(order, odd));
    else even = vi_add(even, odd);
    *c0 = vi_add(*c0, _mm512_permutexvar_epi32(order, even));
}
#endif

/* Wide vectors, where the same words serve several tokens or groups: they are turned once, then nothing is summed across lanes,
 * and the activations are broadcast. */
#define LLRI_TURN (LLRI_QL >= 8)
#if LLRI_TURN
LLRI_WORD void LLRI_K(turn32)(vi w[8], const uint8_t *const b[LLRI_QL / 4], size_t row_bytes, int at, int half)
{
    LLRI_K(turn)(w, b, row_bytes, at);
    LLRI_K(turn)(w + 4, b, row_bytes, at + half);
}
LLRI_WORD void LLRI_K(turn_words)(w2 w[8])       /* words of rows -> turned */
{
    uint8_t t[LLRI_QL * 32];
    const uint8_t *b[LLRI_QL / 4];
    int i;
    LLRI_UNROLL
    for (i = 0; i < 8; i++) w2_store(t + 32 * LLRI_W2 * i, w[i]);
    for (i = 0; i < LLRI_QL / 4; i++) b[i] = t + 128 * i;
    LLRI_K(turn32)(w, b, 32, 0, 16);
}
/* word k of 8. p: what was summed since c was added to, four words or `lim` ago (8: not with halves) */
LLRI_WORD void LLRI_K(turned_dot)(vi c[2], vi *p, int k, vi w, const int8_t *a, int is_signed, int lim, int halves)
{
    const vi av = vi_set(LLRI_K(rd4)(a + 4 * k));
    vi *to = &c[halves ? k / 4 : 0];
    (void)is_signed; (void)lim;
#  if LLRI_VNNI
    if (k % 4 == 0) *p = k && !halves ? vi_set(0) : *to;        /* two chains in any case */
    *p = vi_dot(*p, w, av);
    if (k % 4 == 3) *to = k > 4 && !halves ? vi_add(*to, *p) : *p;
#  else
    vi d = is_signed ? vs_madd(vs_abs(w), vs_sign(av, w)) : vs_madd(w, av);
    *p = k % lim == 0 ? d : lim > 4 ? vs_acc(*p, d) : vs_add(*p, d);      /* of four a tree is better */
    if (k % lim == lim - 1) *to = vi_add(*to, vi_madd(*p, vs_set(1)));          /* as many as fit in 16 bits */
#  endif
}
#elif !LLRI_MADDWD
LLRI_WORD void LLRI_K(turn_words)(rows *w) { (void)w; }
#endif

/* A group of QL rows from r on: its factors; its integer sums, which begin with what the offset takes away; f + what they amount to.
 * sub, parts, mins: has integer factors of its halves; float ones of so many parts; mins of so many. */
LLRI_WORD void LLRI_K(group_factors)(qf m[6], const llri_strip *s, int g, int r, int sub, int parts, int mins)
{
    int h;
    for (h = 0; h < 2; h++) {
        if (h < parts) m[h] = qf_load(s->scale[h][g] + r);
        if (h < mins) m[2 + h] = qf_load(s->min[h][g] + r);
        if (sub && !LLRI_MADDWD) m[4 + h] = qf_load(s->sub[h][g] + r);
    }
}
#define LLRI_APART(sub, parts) ((parts) == 2 || ((sub) && !LLRI_MADDWD))        /* the sums of the halves: else they are in c[0] */
LLRI_WORD void LLRI_K(group_begin)(vi c[2], int32_t sum, int off, int sub, int parts)
{
    const uint32_t o = LLRI_MADDWD ? 0 : (uint16_t)-off;                /* else it is in the weights */
    c[0] = c[1] = vi_set(0);
    if (!o) return;
    c[0] = vi_madd(vi_set(sum), vi_set((int32_t)(LLRI_APART(sub, parts) ? o : o * 0x10001u)));
    c[1] = vi_madd(vi_set(sum), vi_set((int32_t)(o << 16)));
}
LLRI_WORD qf LLRI_K(group_end)(qf f, const vi c[2], const qf m[6], int32_t sum, float scale, int sub, int parts, int mins)
{
    int h;
    LLRI_UNROLL
    for (h = 0; h < parts; h++) {
        qf x = vi_float(c[h]);
        if (sub && !LLRI_MADDWD) x = qf_fma(vi_float(c[1]), m[5], qf_mul(x, m[4]));
        f = qf_fma(x, qf_mul(m[h], qf_set(scale)), f);
    }
    LLRI_UNROLL
    for (h = 0; h < mins; h++)
        f = qf_fma(m[2 + h], qf_mul(vi_float(vi_madd(vi_set(sum), vi_set(mins == 1 ? 0x10001 : 1 << 16 * h))), qf_set(scale)), f);
    return f;
}

/* acc[t][r..] += what group g of rows r.. gives, for each of n tokens, or to *one instead of acc. w: the weights, as words of rows
 * or `turned`; group: g's place in the activations */
LLRI_WORD void LLRI_K(add_group)(float *acc, qf *one, int n, const llri_strip *s, int g, int r, const rows *w, const llri_quants *a, int group,
                                 int off, int turned, int is_signed, int lim, int sub, int parts, int mins)
{
    const uint8_t *q = a->q + (size_t)group * 32 * sizeof(LLRI_AE);
    const size_t q_stride = a->q_stride, g_stride = a->g_stride;
    const float *scale = a->scale + group;
    const int32_t *sum = a->sum + group;
    qf m[6];
    int t;
    LLRI_K(group_factors)(m, s, g, r, sub, parts, mins);        /* once: compilers cannot know that acc is apart from s */
    (void)turned;
    for (t = 0, acc += r; t < n; t++, acc += LLRI_STRIP_ROWS, q += q_stride, scale += g_stride, sum += g_stride) {
        const LLRI_AE *k = (const LLRI_AE *)(const void *)q;
        vi c[2];
        qf f = one ? *one : qf_load(acc);
        LLRI_K(group_begin)(c, *sum, off, sub, parts);
#if LLRI_TURN
        if (turned) {
            vi p;
            int i;
            LLRI_UNROLL
            for (i = 0; i < 8; i++) LLRI_K(turned_dot)(c, &p, i, w[i], k, is_signed, lim, LLRI_APART(sub, parts));
        } else
#endif
        LLRI_K(row_dots)(&c[0], &c[1], w, k, is_signed, lim, LLRI_APART(sub, parts));
        f = LLRI_K(group_end)(f, c, m, *sum, *scale, sub, parts, mins);
        if (one) *one = f;
        else qf_store(acc, f);
    }
}

LLRI_WORD void LLRI_K(strip_words)(rows *w, const uint8_t *p)       /* QL rows of a strip, turned if that is done */
{
    int i;
#if LLRI_TURN
    const uint8_t *b[4];
    for (i = 0; i < LLRI_QL / 4; i++) b[i] = p + 128 * i;
    LLRI_K(turn32)(w, b, 32, 0, 16);
#else
    LLRI_UNROLL
    for (i = 0; i < LLRI_NW; i++) w[i] = rows_load(p + 32 * sizeof(LLRI_WE) * LLRI_W2 * (size_t)i);
#endif
}
LLRI_WORD void LLRI_K(gemv_form)(const llri_strip *s, int off, int groups, const llri_quants *a, int n, float *acc,
                       int is_signed, int lim, int sub, int parts, int mins)
{
    int r, g, i;
    if (LLRI_VNNI && is_signed) off = 128;
    for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL)
        for (g = 0; g < groups; g++) {
            rows w[LLRI_NW];
            LLRI_K(strip_words)(w, LLRI_STRIP_Q(s, g, r));
#if LLRI_MADDUBS
            if (is_signed) {
                rows high[LLRI_NW];
                LLRI_K(strip_words)(high, LLRI_STRIP_Q(s, g, r) + LLRI_HIGH);
                for (i = 0; i < LLRI_NW; i++) w[i] = w2_flip(w2_or(w[i], w2_shl(high[i], 4, 0xf0)));
            }
#else
            (void)i;
#endif
            LLRI_K(add_group)(acc, NULL, n, s, g, r, w, a, g, off, LLRI_TURN, is_signed, lim, sub, parts, mins);
        }
}

#if !LLRI_MADDWD
/* Few tokens, straight from the file. The same text is compiled for one token alone, whose sums wide vectors keep in a register f. */
#define LLRI_ALONE (LLRI_TURN && tokens == 1)
#define LLRI_ONE_OR_FEW(name) \
    LLRI_WORD void LLRI_K(rows_##name)(llri_strip *s, const uint8_t *w, size_t row_bytes, int groups, uintptr_t next, const llri_quants *a, int tokens, float *acc); \
    static LLRI_TARGET void LLRI_K(direct_##name)(llri_strip *s, const uint8_t *w, size_t row_bytes, int groups, uintptr_t next, const llri_quants *a, int n, float *acc) \
    { \
        if (n == 1) LLRI_K(rows_##name)(s, w, row_bytes, groups, next, a, 1, acc); \
        else LLRI_K(rows_##name)(s, w, row_bytes, groups, next, a, n, acc); \
    }
/* One token and blocks of 32 nibbles: half the work of a strip, with the same sums in the same order. Low and high nibbles meet
 * their own half of the activations; the rows are laid out such that the reduction leaves them in order. table: 16 values that
 * the nibbles stand for, or NULL; only signed types have signed ones. */
LLRI_WORD vi LLRI_K(nibble_rows)(const uint8_t *const b[4], size_t row_bytes, int r, int at, const int8_t *a, const uint8_t *table, int is_signed)
{
    vi d[4], low, high, m, t, lo, hi, w;
    int i;
#  if LLRI_QL == 16
    low = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)a));
    high = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)(a + 16)));
    t = table ? _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)table)) : low;
    if (is_signed) t = w2_flip(t);
    m = _mm512_set1_epi8(15);
    LLRI_UNROLL
    for (i = 0; i < 4; i++) {
        w = LLRI_K(rows16)(b, row_bytes, r + i, at);
        lo = _mm512_and_si512(w, m);
        hi = _mm512_and_si512(_mm512_srli_epi16(w, 4), m);
        if (table) { lo = _mm512_shuffle_epi8(t, lo); hi = _mm512_shuffle_epi8(t, hi); }
        d[i] = vi_dot(vi_dot(_mm512_setzero_si512(), lo, low), hi, high);
    }
#  else
#    if LLRI_QL == 8
    low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)a));
    high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(a + 16)));
    t = table ? _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table)) : low;
    if (LLRI_VNNI && is_signed) t = w2_flip(t);
    m = _mm256_set1_epi8(15);
#    else
    low = vi_load(a);
    high = vi_load(a + 16);
    t = table ? vi_load(table) : low;
    m = _mm_set1_epi8(15);
#    endif
    LLRI_UNROLL
    for (i = 0; i < 4; i++) {
        w = LLRI_K(rows16)(b, row_bytes, r + i, at);
#    if LLRI_QL == 8
        lo = _mm256_and_si256(w, m);
        hi = _mm256_and_si256(_mm256_srli_epi16(w, 4), m);
        if (table) { lo = _mm256_shuffle_epi8(t, lo); hi = _mm256_shuffle_epi8(t, hi); }
#    else
        lo = _mm_and_si128(w, m);
        hi = _mm_and_si128(_mm_srli_epi16(w, 4), m);
        if (table) { lo = _mm_shuffle_epi8(t, lo); hi = _mm_shuffle_epi8(t, hi); }
#    endif
#    if LLRI_VNNI
        d[i] = vi_dot(vi_dot(_mm256_setzero_si256(), lo, low), hi, high);
#    else
        if (is_signed) d[i] = vi_add(vi_madd(vs_madd(vs_abs(lo), vs_sign(low, lo)), vs_set(1)), vi_madd(vs_madd(vs_abs(hi), vs_sign(high, hi)), vs_set(1)));
        else d[i] = vi_madd(vs_add(vs_madd(lo, low), vs_madd(hi, high)), vs_set(1));
#    endif
    }
#  endif
    return LLRI_K(reduce4)(d[0], d[1], d[2], d[3]);
}

/* LLRI_NEXT(pair, of, bytes): asks for so many at `next`, and moves it past them. What is asked for at once must be little, or more
 * lines would be under way than can be: the branch keeps compilers from gathering it. pair: of the eight pairs of
 * rows, the one that is asked for on Zen 5; there lines of eight places in turn, into the first cache, come faster than in the order
 * of their bytes, but for most blocks of 256. -1: in that order, as on all others. of: groups that a row has here; a row's last, if
 * fewer than eight, ask for all pairs between them. */
LLRI_WORD uintptr_t LLRI_K(ask)(const llri_strip *s, uintptr_t next, size_t row_bytes, int pair, int of, int bytes)
{
    const int first = s->to_first, apart = first && pair >= 0;
    uintptr_t p = apart ? next + 2 * (size_t)pair * row_bytes : next;
    int i, k;
    if (apart && of < 8) {
        for (k = 8 * pair / of; k < 8 * (pair + 1) / of; k++)
            for (i = 0; i < bytes / 8 * of; i += 64) LLRI_PREFETCH_NEAR(next + 2 * (size_t)k * row_bytes + (uintptr_t)i);
        return pair < of - 1 ? next : next + (uintptr_t)(bytes / 8 * of);
    }
    if (first) for (i = 0; i < bytes; i += 64) LLRI_PREFETCH_NEAR(p + (uintptr_t)i);
    else {
        LLRI_INT(p);            /* else the addresses for both are computed before the branch, and kept in vectors meanwhile */
        for (i = 0; i < bytes; i += 64) LLRI_PREFETCH(p + (uintptr_t)i);
    }
    return apart && pair < LLRI_STRIP_ROWS / 2 - 1 ? next : next + (uintptr_t)bytes;
}
#define LLRI_NEXT(pair, of, bytes) next = LLRI_K(ask)(s, next, row_bytes, pair, of, bytes)
/* The scales of a slice are fetched, and its lines come to the first cache with them, while the slice before it is multiplied: a
 * vector must not be loaded from 16 places just stored to. LLRI_HEADS: those of n groups, `ahead` bytes behind b. */
#define LLRI_HEADS(head, block_bytes, block_groups) \
    for (g = 0; g < n; g += block_groups) { \
        LLRI_UNROLL \
        for (i = 0; i < LLRI_STRIP_ROWS; i++) LLRI_K(head)(s, LLRI_ROW(i) + ahead + g / block_groups * block_bytes, g, i); \
    }
/* Halves at the beginning of blocks of 18 bytes: with wide vectors the 8 of a row at once, s->half being
 * [row][8] until finish18 turns them to lanes of rows */
LLRI_WORD void LLRI_K(heads18)(llri_strip *s, const uint8_t *const b[4], size_t row_bytes, int ahead, int n)
{
    int g, i;
#  if LLRI_QL == 16
    uint16_t *h = (uint16_t *)(void *)s->half;
    const __m512i places = _mm512_castsi128_si512(_mm_setr_epi16(0, 9, 18, 27, 36, 45, 54, 63));
    if (n == 8) {
        LLRI_UNROLL
        for (i = 0; i < LLRI_STRIP_ROWS; i++) {
            __m512i x = _mm512_permutex2var_epi16(_mm512_loadu_si512(LLRI_ROW(i) + ahead), places, _mm512_loadu_si512(LLRI_ROW(i) + ahead + 64));
            _mm_storeu_si128((__m128i *)(void *)(h + 8 * i), _mm512_castsi512_si128(x));
        }
    } else for (i = 0; i < LLRI_STRIP_ROWS; i++) for (g = 0; g < n; g++) h[8 * i + g] = llri_rd16(LLRI_ROW(i) + ahead + 18 * g);
#  else
    LLRI_HEADS(head_scale, 18, 1)
#  endif
}
LLRI_WORD void LLRI_K(finish18)(llri_strip *s, int n)
{
#  if LLRI_QL == 16
    static const uint16_t turned[32] = { 0, 8, 16, 24, 32, 40, 48, 56, 1, 9, 17, 25, 33, 41, 49, 57, 2, 10, 18, 26, 34, 42, 50, 58, 3, 11, 19, 27, 35, 43, 51, 59 };
    const __m512i first = _mm512_loadu_si512(turned), pairs = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    __m512i z[4], x, y;
    int i, k;
    (void)n;
    LLRI_UNROLL
    for (i = 0; i < 4; i++) z[i] = _mm512_loadu_si512((const uint16_t *)(const void *)s->half + 32 * i);
    LLRI_UNROLL
    for (i = 0; i < 8; i += 4) {                /* groups i to i + 3, in lanes of 8 rows */
        const __m512i places = _mm512_add_epi16(first, _mm512_set1_epi16((int16_t)i));
        x = _mm512_permutex2var_epi16(z[0], places, z[1]);
        y = _mm512_permutex2var_epi16(z[2], places, z[3]);
        LLRI_UNROLL
        for (k = i; k < i + 4; k += 2) {
            const __m512i two = _mm512_permutex2var_epi64(x, _mm512_add_epi64(pairs, _mm512_set1_epi64(2 * (k - i))), y);
            qf_store(s->scale[0][k], _mm512_cvtph_ps(_mm512_castsi512_si256(two)));
            qf_store(s->scale[0][k + 1], _mm512_cvtph_ps(_mm512_extracti64x4_epi64(two, 1)));
        }
    }
#  else
    LLRI_K(finish_half)(s, n, 0);
#  endif
}

/* The same rows for several tokens: their nibbles as words of add_group */
LLRI_WORD void LLRI_K(nibble_words)(rows *w, const uint8_t *const b[4], size_t row_bytes, int r, int at, const uint8_t *table, int flip)
{
    int i;
#  if LLRI_TURN
    vi v[4];
    (void)r;
    LLRI_K(turn)(v, b + r / 4, row_bytes, at);
    LLRI_UNROLL
    for (i = 0; i < 4; i++) {
        w[i] = w2_and(v[i], 15);
        w[4 + i] = w2_shr(v[i], 4, 15);
    }
#  else
    LLRI_UNROLL
    for (i = 0; i < LLRI_NW; i++) w[i] = w2_nibbles(LLRI_ROW(r + i) + at, NULL);
#  endif
    LLRI_UNROLL
    for (i = 0; i < LLRI_NW; i++) {
        if (table) w[i] = w2_lookup(table, w[i]);
        if (flip) w[i] = w2_flip(w[i]);
    }
}

/* LLRI_NIBBLES(type, bytes per block, its groups, heads and finish for the scales of a slice, ...): heads are fetched all at once, or
 * where that is `spread`, by `head` with each group. The nibbles begin at `at`, those of a row's next group `step` bytes further on. */
#define LLRI_NIBBLES(name, block_bytes, block_groups, heads, spread, head, finish, at, step, offset, table, is_signed, mins) \
    LLRI_ONE_OR_FEW(name) \
    LLRI_WORD void LLRI_K(rows_##name)(llri_strip *s, const uint8_t *w, size_t row_bytes, int groups, uintptr_t next, const llri_quants *a, int tokens, float *acc) \
    { \
        const int off = !is_signed ? offset : LLRI_VNNI ? 128 : 0; \
        const int8_t *q = (const int8_t *)a->q; \
        const float *scale = a->scale; \
        const int32_t *halves = a->sum; \
        const uint8_t *b[4]; \
        qf f[LLRI_STRIP_ROWS / LLRI_QL]; \
        int now, ahead = 0, n = groups < 8 ? groups : 8, block, g, i, r; \
        for (i = 0; i < 4; i++) b[i] = w + (size_t)(4 * i) * row_bytes; \
        heads; \
        ahead = 8 / block_groups * block_bytes; \
        LLRI_UNROLL \
        for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL) f[r / LLRI_QL] = qf_load(acc + r); \
        for (block = 0; block < groups; block += 8) { \
            int32_t sum[8]; \
            now = n; \
            finish; \
            n = groups - block < 16 ? groups - block - 8 : 8; \
            if (!(spread)) { heads; } \
            for (g = 0; g < now; g++) sum[g] = (int16_t)halves[g] + (int16_t)((uint32_t)halves[g] >> 16); \
            for (g = 0; g < now; g++, q += 32) { \
                LLRI_NEXT(g, now, LLRI_STRIP_ROWS * block_bytes / block_groups); \
                LLRI_UNROLL \
                for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL) { \
                    if (tokens == 1) { \
                        vi c = vi_add(LLRI_K(nibble_rows)(b, row_bytes, r, at, q, table, is_signed), vi_set(-off * sum[g])); \
                        f[r / LLRI_QL] = qf_fma(vi_float(c), qf_mul(qf_load(s->scale[0][g] + r), qf_set(scale[g])), f[r / LLRI_QL]); \
                        if (mins) f[r / LLRI_QL] = qf_fma(qf_load(s->min[0][g] + r), qf_set((float)sum[g] * scale[g]), f[r / LLRI_QL]); \
                    } else { \
                        rows x[LLRI_NW]; \
                        LLRI_K(nibble_words)(x, b, row_bytes, r, at, table, LLRI_VNNI && is_signed); \
                        LLRI_K(add_group)(acc, NULL, tokens, s, g, r, x, a, block + g, off, LLRI_TURN, is_signed, is_signed ? 1 : 4, 0, 1, mins); \
                    } \
                } \
                if ((spread) && g < n) { \
                    LLRI_UNROLL \
                    for (i = 0; i < LLRI_STRIP_ROWS; i++) LLRI_K(head)(s, LLRI_ROW(i) + 8 * block_bytes, g, i); \
                } \
                for (i = 0; i < 4; i++) b[i] += step; \
            } \
            for (i = 0; i < 4; i++) b[i] += ahead - 8 * step; \
            scale += 8; \
            halves += 8; \
        } \
        if (tokens == 1) { \
            LLRI_UNROLL \
            for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL) qf_store(acc + r, f[r / LLRI_QL]); \
        } \
    }
LLRI_NIBBLES(q4_0, 18, 1, LLRI_K(heads18)(s, b, row_bytes, ahead, n), LLRI_QL < 16, head_scale, LLRI_K(finish18)(s, now), 2, 18, 8, NULL, 0, 0)
LLRI_NIBBLES(q4_1, 20, 1, LLRI_HEADS(head_scale_min, 20, 1), 1, head_scale_min, LLRI_K(finish_half)(s, now, 1), 4, 20, 0, NULL, 0, 1)
LLRI_NIBBLES(iq4_nl, 18, 1, LLRI_K(heads18)(s, b, row_bytes, ahead, n), LLRI_QL < 16, head_scale, LLRI_K(finish18)(s, now), 2, 18, 0, (const uint8_t *)llri_values_iq4, 1, 0)
LLRI_NIBBLES(iq4_xs, 136, 8, LLRI_HEADS(head_iq4_xs, 136, 8), 0, head_iq4_xs, LLRI_K(finish_iq4_xs)(s), 8, 16, 0, (const uint8_t *)llri_values_iq4, 1, 0)
LLRI_NIBBLES(mxfp4, 17, 1, LLRI_HEADS(head_mxfp4, 17, 1), 0, head_mxfp4, LLRI_K(finish_mxfp4)(s), 1, 17, 12, llri_fp4_plus12, 0, 0)
#undef LLRI_NIBBLES

/* The same for types whose groups are whole words: only the scales go through a strip. */
#define LLRI_DIRECT(name, head, group, block_bytes, block_groups, finish, off, is_signed, lim, sub, parts, mins) \
    LLRI_ONE_OR_FEW(name) \
    LLRI_WORD void LLRI_K(rows_##name)(llri_strip *s, const uint8_t *w, size_t row_bytes, int groups, uintptr_t next, const llri_quants *a, int tokens, float *acc) \
    { \
        const uint8_t *b[4]; \
        int at, n, r, g, k, i; \
        for (at = 0; at < groups; at += 8, w += 8 / block_groups * block_bytes) { \
            n = groups - at < 8 ? groups - at : 8; \
            for (r = 0; r < LLRI_STRIP_ROWS; r++) \
                for (g = 0; g < n; g += block_groups) LLRI_K(head)(s, w + (size_t)r * row_bytes + g / block_groups * block_bytes, g, r); \
            finish; \
            for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL) { \
                qf f = qf_load(acc + r); \
                for (i = 0; i < LLRI_QL / 4; i++) b[i] = w + (size_t)(r + 4 * i) * row_bytes; \
                for (g = 0; g < n; g += block_groups) { \
                    LLRI_UNROLL \
                    for (k = 0; k < block_groups; k++) { \
                        w2 x[LLRI_NW]; \
                        LLRI_NEXT(block_groups == 1 ? g : -1, n, LLRI_QL * block_bytes / block_groups); \
                        LLRI_UNROLL \
                        for (i = 0; i < LLRI_NW; i++) { \
                            x[i] = LLRI_K(group)(LLRI_ROW(i * LLRI_W2), LLRI_ROW(i * LLRI_W2 + LLRI_W2 - 1), k); \
                            if (LLRI_VNNI && is_signed) x[i] = w2_flip(x[i]); \
                        } \
                        if (tokens > 1) LLRI_K(turn_words)(x); \
                        LLRI_K(add_group)(acc, LLRI_ALONE ? &f : NULL, tokens, s, g + k, r, x, a, at + g + k, LLRI_VNNI && is_signed ? 128 : off, LLRI_TURN && tokens > 1, is_signed, lim, sub, parts, mins); \
                    } \
                    for (i = 0; i < LLRI_QL / 4; i++) b[i] += block_bytes; \
                } \
                if (LLRI_ALONE) qf_store(acc + r, f); \
            } \
        } \
    }
LLRI_DIRECT(q8_0, head_scale, group_q8_0, 34, 1, LLRI_K(finish_half)(s, n, 0), 0, 1, 1, 0, 1, 0)
#if LLRI_TURN            /* in narrow vectors no faster than by way of a strip */
LLRI_DIRECT(q5_0, head_scale, group_q5_0, 22, 1, LLRI_K(finish_half)(s, n, 0), 16, 0, 4, 0, 1, 0)
LLRI_DIRECT(q5_1, head_scale_min, group_q5_1, 24, 1, LLRI_K(finish_half)(s, n, 1), 0, 0, 4, 0, 1, 1)
LLRI_DIRECT(q1_0, head_q1_0, group_q1_0, 18, 4, LLRI_K(finish_half)(s, n, 0), 1, 0, 4, 0, 1, 0)
LLRI_DIRECT(nvfp4, head_nvfp4, group_nvfp4, 36, 2, LLRI_K(finish_nvfp4)(s), 12, 0, 4, 0, 2, 0)
#  define LLRI_WIDE(name) LLRI_K(direct_##name)
#else
#  define LLRI_WIDE(name) NULL
#endif
/* and for LLRI_CHUNKS: words are turned when the first group needs them, and serve all. first: the group that is the first to
 * need chunk j, whose second half lies `half` bytes behind its first. */
#if LLRI_TURN
#define LLRI_TURNED(c) t[c][i]
#define LLRI_DIRECT_CHUNKS(name, head, at, n, first, half, block_bytes, finish, off, lim, sub, mins) \
    LLRI_ONE_OR_FEW(name) \
    LLRI_WORD void LLRI_K(rows_##name)(llri_strip *s, const uint8_t *w, size_t row_bytes, int groups, uintptr_t next, const llri_quants *a, int tokens, float *acc) \
    { \
        const uint8_t *b[4]; \
        const int8_t *q = (const int8_t *)a->q; \
        const float *scale = a->scale; \
        const int32_t *sum = a->sum; \
        int block, r, k, i, j; \
        for (r = 0; r < LLRI_STRIP_ROWS; r++) LLRI_K(head)(s, w + (size_t)r * row_bytes, 0, r); \
        for (block = 0; block < groups; block += 8, w += block_bytes, q += 256, scale += 8, sum += 8) { \
            finish; \
            for (r = 0; r < LLRI_STRIP_ROWS && block + 8 < groups; r++) LLRI_K(head)(s, w + block_bytes + (size_t)r * row_bytes, 0, r); \
            for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL) { \
                vi t[n][8]; \
                qf f = qf_load(acc + r); \
                for (i = 0; i < LLRI_QL / 4; i++) b[i] = w + (size_t)(r + 4 * i) * row_bytes; \
                LLRI_UNROLL \
                for (k = 0; k < 8; k++) { \
                    vi x[8], c[2], p; \
                    qf m[6]; \
                    LLRI_UNROLL \
                    for (j = 0; j < n; j++) \
                        if (k == (first)) LLRI_K(turn32)(t[j], b, row_bytes, at + 32 * j, half); \
                    LLRI_NEXT(-1, 8, LLRI_QL * block_bytes / 8); \
                    if (LLRI_ALONE) {           /* each word is used before the next is made: there are few registers */ \
                        LLRI_K(group_factors)(m, s, k, r, sub, 1, mins); \
                        LLRI_K(group_begin)(c, sum[k], off, sub, 1); \
                        LLRI_UNROLL \
                        for (i = 0; i < 8; i++) LLRI_K(turned_dot)(c, &p, i, LLRI_BITS_##name(LLRI_TURNED, k), q + 32 * k, 0, lim, sub); \
                        f = LLRI_K(group_end)(f, c, m, sum[k], scale[k], sub, 1, mins); \
                        continue; \
                    } \
                    LLRI_UNROLL \
                    for (i = 0; i < 8; i++) x[i] = LLRI_BITS_##name(LLRI_TURNED, k); \
                    LLRI_K(add_group)(acc, NULL, tokens, s, k, r, x, a, block + k, off, 1, 0, lim, sub, 1, mins); \
                } \
                if (LLRI_ALONE) qf_store(acc + r, f); \
            } \
        } \
    }
#else
#define LLRI_DIRECT_CHUNKS(name, head, at, n, first, half, block_bytes, finish, off, lim, sub, mins) \
    LLRI_DIRECT(name, head, group_##name, block_bytes, 8, finish, off, 0, lim, sub, 1, mins)
#endif
LLRI_DIRECT_CHUNKS(q2_K, head_q2_K, 16, 2, 4 * j, 16, 84, LLRI_K(finish_q2_K)(s), 0, 4, 1, 2)
LLRI_DIRECT_CHUNKS(q3_K, head_q3_K, 0, 3, j ? 4 * j - 4 : 0, 16, 110, LLRI_K(finish_q3_K)(s), 4, 4, 1, 0)
LLRI_DIRECT_CHUNKS(q4_K, head_q4_K, 16, 4, 2 * j, 16, 144, LLRI_K(finish_scales6)(s), 0, 4, 0, 1)
LLRI_DIRECT_CHUNKS(q5_K, head_q4_K, 16, 5, j ? 2 * j - 2 : 0, 16, 176, LLRI_K(finish_scales6)(s), 0, 4, 0, 1)
LLRI_DIRECT_CHUNKS(q6_K, head_q6_K, 0, 6, j < 4 ? j / 2 * 4 + j % 2 : 4 * j - 16, 16, 210, LLRI_K(finish_q6_K)(s), 32, 2, 1, 0)
/* each use of a word of fractions leaves their next digits in it; the second half of chunk 1 ends with the last 4 bytes */
LLRI_WORD w2 LLRI_K(next_digits)(w2 *word)
{
    w2 d = w2_digits(*word);
    *word = LLRI_K(times3)(*word);
    return d;
}
#define LLRI_BITS_tq1_0(x, k) LLRI_K(next_digits)((k) < 5 ? &x(0) : (k) == 7 && i >= 4 ? &t[1][7] : &t[1][i % 4])
LLRI_DIRECT_CHUNKS(tq1_0, head_tq1_0, 0, 2, 5 * j, j ? 4 : 16, 54, LLRI_K(finish_super)(s), 1, 8, 0, 0)
LLRI_DIRECT_CHUNKS(tq2_0, head_tq2_0, 0, 2, 4 * j, 16, 66, LLRI_K(finish_super)(s), 1, 8, 0, 0)
#undef LLRI_DIRECT_CHUNKS
#undef LLRI_TURNED
#undef LLRI_DIRECT
/* and with a codebook */
#if LLRI_QL == 8
#define LLRI_DONE LLRI_HIDE     /* else the words of all rows are begun before one is done, more than there are registers */
#else
#define LLRI_DONE(word) (void)0
#endif
#define LLRI_DIRECT_GRID(name, head, group, block_bytes, finish, off, lim, sub) \
    LLRI_ONE_OR_FEW(name) \
    LLRI_WORD void LLRI_K(rows_##name)(llri_strip *s, const uint8_t *w, size_t row_bytes, int groups, uintptr_t next, const llri_quants *a, int tokens, float *acc) \
    { \
        int block, r, k, i; \
        for (block = 0; block < groups; block += 8, w += block_bytes) { \
            for (r = 0; r < LLRI_STRIP_ROWS; r++) LLRI_K(head)(s, w + (size_t)r * row_bytes, 0, r); \
            for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_W2) { \
                LLRI_K(look_##name)(s->look[r], w + (size_t)r * row_bytes, w + (size_t)(r + LLRI_W2 - 1) * row_bytes); \
                LLRI_NEXT(-1, 8, LLRI_W2 * block_bytes); \
            } \
            finish; \
            for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_QL) { \
                qf f = qf_load(acc + r); \
                for (k = 0; k < 8; k++) { \
                    w2 x[LLRI_NW]; \
                    LLRI_UNROLL \
                    for (i = 0; i < LLRI_NW; i++) { \
                        x[i] = LLRI_K(group)(s, k, r + i * LLRI_W2); \
                        LLRI_DONE(x[i]); \
                    } \
                    if (tokens > 1) LLRI_K(turn_words)(x); \
                    LLRI_K(add_group)(acc, LLRI_ALONE ? &f : NULL, tokens, s, k, r, x, a, block + k, off, LLRI_TURN && tokens > 1, 0, lim, sub, 1, 0); \
                } \
                if (LLRI_ALONE) qf_store(acc + r, f); \
            } \
        } \
    }
LLRI_DIRECT_GRID(iq2_xxs, head_iq2_xxs, group_iq2xxs, 66, LLRI_K(finish_iq2_xxs)(s), 43, 1, 0)
LLRI_DIRECT_GRID(iq2_xs, head_iq2_xs, group_iq2xs, 74, LLRI_K(finish_iq2)(s), 43, 1, 1)
LLRI_DIRECT_GRID(iq2_s, head_iq2_s, group_iq2s, 82, LLRI_K(finish_iq2)(s), 43, 1, 1)
LLRI_DIRECT_GRID(iq3_xxs, head_iq3_xxs, group_iq3xxs, 98, LLRI_K(finish_iq3_xxs)(s), 62, 1, 0)
LLRI_DIRECT_GRID(iq3_s, head_iq3_s, group_iq3s, 110, LLRI_K(finish_iq3_s)(s), 15, 4, 0)
LLRI_DIRECT_GRID(iq1_s, head_iq1_s, group_iq1s, 50, LLRI_K(finish_iq1_s)(s), 9, 4, 0)
LLRI_DIRECT_GRID(iq1_m, head_iq1_m, group_iq1s, 56, LLRI_K(finish_iq1_m)(s), 9, 4, 1)
#undef LLRI_DIRECT_GRID
#undef LLRI_DONE
#undef LLRI_ONE_OR_FEW
#undef LLRI_ALONE
#undef LLRI_NEXT
#undef LLRI_HEADS
#define LLRI_DIRECTS { NULL, NULL, LLRI_K(direct_q4_0), LLRI_K(direct_q4_1), NULL, NULL, LLRI_WIDE(q5_0), LLRI_WIDE(q5_1), LLRI_K(direct_q8_0), NULL, \
                  LLRI_K(direct_q2_K), LLRI_K(direct_q3_K), LLRI_K(direct_q4_K), LLRI_K(direct_q5_K), LLRI_K(direct_q6_K), NULL, \
                  LLRI_K(direct_iq2_xxs), LLRI_K(direct_iq2_xs), LLRI_K(direct_iq3_xxs), LLRI_K(direct_iq1_s), LLRI_K(direct_iq4_nl), \
                  LLRI_K(direct_iq3_s), LLRI_K(direct_iq2_s), LLRI_K(direct_iq4_xs), NULL, NULL, NULL, NULL, NULL, LLRI_K(direct_iq1_m), \
                  NULL, NULL, NULL, NULL, LLRI_K(direct_tq1_0), LLRI_K(direct_tq2_0), NULL, NULL, NULL, LLRI_K(direct_mxfp4), LLRI_WIDE(nvfp4), LLRI_WIDE(q1_0), NULL }
#else
#define LLRI_DIRECTS { NULL }
#endif

/* --- many tokens: tokens are lanes, weights are broadcast ------------------------------------------------------------
 * LLRI_WIDTH: vectors of tokens that a tile takes when `left` are left: `most`, 2 or 1, and not 3 and 1 for 4. LLRI_TILES: how
 * many there are at least. */
#define LLRI_WIDTH(left, most) ((left) >= (most) && !((most) == 3 && (left) == 4) ? (most) : (most) > 2 && (left) >= 2 ? 2 : 1)
#define LLRI_TILES(n_vec, most, rows) (((n_vec) + (most) - 1) / (most) * (LLRI_STRIP_ROWS / (rows)))

/* One half of a group: c[row][vector] += 16 products for rows r.. and vectors of tokens at q; MADDUBS: times the sub-scale, or 16
 * times those with the `high` nibbles, see LLRI_HIGH.
 * p: sums of pairs in 16 bits; if 8 fit (lim), those of half 0 wait there for half 1. */
LLRI_WORD void LLRI_K(half_group)(vi c[LLRI_MR][LLRI_NV], vi p[LLRI_MR][LLRI_NV], const llri_strip *s, int g, int r, int h, const uint8_t *q, size_t q_stride,
                        int nv, int high, int lim, int sub)
{
    int i, v, k;
#if LLRI_MADDWD
    (void)p; (void)high; (void)lim; (void)sub;
    LLRI_UNROLL
    for (k = 0; k < 8; k++)
        LLRI_UNROLL
        for (i = 0; i < LLRI_MR; i++) {
            vi w = vi_set(LLRI_K(rd4)(LLRI_STRIP_Q(s, g, r + i) + 32 * h + 4 * k));
            LLRI_UNROLL
            for (v = 0; v < nv; v++) c[i][v] = vi_acc(c[i][v], vi_madd(w, vi_load(q + (size_t)v * q_stride + (size_t)(8 * h + k) * LLRI_QL * 4)));
        }
#else
    LLRI_UNROLL
    for (k = 0; k < 4; k++) {
        vi a[LLRI_NV];
        LLRI_UNROLL
        for (v = 0; v < nv; v++) a[v] = vi_load(q + (size_t)v * q_stride + (size_t)(4 * h + k) * LLRI_QL * 4);
        LLRI_UNROLL
        for (i = 0; i < LLRI_MR; i++) {
            vi w = vi_set(LLRI_K(rd4)(LLRI_STRIP_Q(s, g, r + i) + (high ? LLRI_HIGH : 0) + 16 * h + 4 * k));
#  if LLRI_VNNI
            LLRI_UNROLL
            for (v = 0; v < nv; v++) c[i][v] = vi_dot(c[i][v], w, a[v]);
#  else
            LLRI_UNROLL
            for (v = 0; v < nv; v++) {
                vi d = vs_madd(w, a[v]);
                p[i][v] = (4 * h + k) % lim == 0 ? d : vs_acc(p[i][v], d);
            }
#  endif
        }
#  if LLRI_VNNI
        (void)p; (void)lim; (void)sub;
#  else
        if ((4 * h + k) % lim == lim - 1)       /* as many as fit in 16 bits */
            LLRI_UNROLL
            for (i = 0; i < LLRI_MR; i++) {
                vi m = vs_set((int16_t)(sub ? s->sub16[h][g][r + i] : high ? 16 : 1));
                LLRI_UNROLL
                for (v = 0; v < nv; v++) c[i][v] = vi_acc(c[i][v], vi_madd(p[i][v], m));
            }
#  endif
    }
#endif
}

/* MR rows from r on times nv vectors of tokens, the groups of a slice. With VNNI the sums of a group, or those of a half if there
 * are sub-scales, begin with what the offset takes away; MADDUBS adds it at the end: its first sum then is no addition. */
LLRI_WORD void LLRI_K(tile)(const llri_strip *s, int off, int groups, const llri_quants *a, int v0, int nv, int r, float *acc, size_t ld,
                  int is_signed, int lim, int sub, int parts, int mins)
{
    const uint8_t *q = a->q + (size_t)v0 * a->q_stride;
    const int apart = parts == 2 || (LLRI_VNNI && sub);
    qf f[LLRI_MR][LLRI_NV];
    int g, h, i, v, j;
    if (!LLRI_MADDWD && is_signed) off = 128;
    LLRI_UNROLL
    for (i = 0; i < LLRI_MR; i++)
        LLRI_UNROLL
        for (v = 0; v < nv; v++) f[i][v] = qf_load(acc + (size_t)(r + i) * ld + (size_t)(v0 + v) * LLRI_QL);
    for (g = 0; g < groups; g++, q += 32 / LLRI_KL * LLRI_QL * 4) {
        size_t at = (size_t)v0 * a->g_stride + (size_t)g * LLRI_QL;
        vi c[LLRI_MR][LLRI_NV], p[LLRI_MR][LLRI_NV];
        qf x[LLRI_MR][LLRI_NV];
        LLRI_UNROLL
        for (h = 0; h < 2; h++) {
            const int32_t o = (int32_t)(apart ? (uint32_t)(uint16_t)-off << (16 * h) : (uint32_t)(uint16_t)-off * 0x10001u);
            if (h == 0 || apart) {
                LLRI_UNROLL
                for (v = 0; v < nv; v++) {
                    vi first = LLRI_VNNI && !mins ? vi_madd(vi_load(a->sum + at + (size_t)v * a->g_stride), vi_set(o)) : vi_set(0);
                    LLRI_UNROLL
                    for (i = 0; i < LLRI_MR; i++) c[i][v] = first;
                }
            }
            LLRI_K(half_group)(c, p, s, g, r, h, q, a->q_stride, nv, 0, lim, sub);
            if (h == 0 && !apart) continue;
            if (LLRI_MADDUBS && is_signed) {
                LLRI_K(half_group)(c, p, s, g, r, 0, q, a->q_stride, nv, 1, lim, 0);
                LLRI_K(half_group)(c, p, s, g, r, 1, q, a->q_stride, nv, 1, lim, 0);
            }
            LLRI_UNROLL
            for (v = 0; v < nv; v++) {
                vi sum = vi_load(a->sum + at + (size_t)v * a->g_stride), less = vi_madd(sum, vi_set(o));
                LLRI_UNROLL
                for (i = 0; i < LLRI_MR; i++) {
                    if (LLRI_MADDUBS && !mins) c[i][v] = vi_add(c[i][v], sub ? vi_madd(sum, vi_set(LLRI_K(rd4)(s->corr[g][r + i]))) : less);
                    if (!LLRI_VNNI || !sub) x[i][v] = vi_float(c[i][v]);
                    else if (h == 0) x[i][v] = qf_mul(vi_float(c[i][v]), qf_set(s->sub[0][g][r + i]));
                    else x[i][v] = qf_fma(vi_float(c[i][v]), qf_set(s->sub[1][g][r + i]), x[i][v]);
                }
            }
            if (h == 0 && parts == 1) continue;
            LLRI_UNROLL
            for (v = 0; v < nv; v++) {
                vi sum = vi_load(a->sum + at + (size_t)v * a->g_stride);
                qf as = qf_load(a->scale + at + (size_t)v * a->g_stride), am[2];
                LLRI_UNROLL
                for (j = 0; j < mins; j++) am[j] = qf_mul(vi_float(vi_madd(sum, vi_set(mins == 1 ? 0x10001 : 1 << (16 * j)))), as);
                LLRI_UNROLL
                for (i = 0; i < LLRI_MR; i++) {
                    f[i][v] = qf_fma(x[i][v], qf_mul(qf_set(s->scale[parts == 2 ? h : 0][g][r + i]), as), f[i][v]);
                    LLRI_UNROLL
                    for (j = 0; j < mins; j++) f[i][v] = qf_fma(qf_set(s->min[j][g][r + i]), am[j], f[i][v]);
                }
            }
        }
    }
    LLRI_UNROLL
    for (i = 0; i < LLRI_MR; i++)
        LLRI_UNROLL
        for (v = 0; v < nv; v++) qf_store(acc + (size_t)(r + i) * ld + (size_t)(v0 + v) * LLRI_QL, f[i][v]);
}

LLRI_WORD void LLRI_K(gemm_form)(const llri_strip *s, int off, int groups, const llri_quants *a, int n_vec, float *acc, const llri_wanted *next,
                       int is_signed, int lim, int sub, int parts, int mins)
{
    const size_t ld = (size_t)n_vec * LLRI_QL;
    int v, r, nv, tile = 0, asked = 0;
    for (v = 0; v < n_vec; v += nv) {
        nv = LLRI_WIDTH(n_vec - v, LLRI_NV);
        for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_MR) {
            asked = llri_ask(next, asked, ++tile, LLRI_TILES(n_vec, LLRI_NV, LLRI_MR));
            if (nv == LLRI_NV) LLRI_K(tile)(s, off, groups, a, v, LLRI_NV, r, acc, ld, is_signed, lim, sub, parts, mins);
            else if (nv == 1) LLRI_K(tile)(s, off, groups, a, v, 1, r, acc, ld, is_signed, lim, sub, parts, mins);
            else LLRI_K(tile)(s, off, groups, a, v, LLRI_NV > 2 ? 2 : 1, r, acc, ld, is_signed, lim, sub, parts, mins);
        }
    }
}

/* LLRI_FORM(name, signed, pair sums that fit in int16 (of the 8 of a group), integer sub-scales, scales and mins per group) */
#define LLRI_GEMM(name, is_signed, lim, sub, parts, mins) \
    static LLRI_TARGET void LLRI_K(gemm_##name)(const llri_strip *s, int off, int groups, const llri_quants *a, int n_vec, float *acc, const llri_wanted *next) \
    { LLRI_K(gemm_form)(s, off, groups, a, n_vec, acc, next, is_signed, lim, sub, parts, mins); }
#define LLRI_GEMV(name, is_signed, lim, sub, parts, mins) \
    static LLRI_TARGET void LLRI_K(gemv_##name)(const llri_strip *s, int off, int groups, const llri_quants *a, int n, float *acc) \
    { LLRI_K(gemv_form)(s, off, groups, a, n, acc, is_signed, lim, sub, parts, mins); }
#define LLRI_FORM(name, is_signed, lim, sub, parts, mins) LLRI_GEMM(name, is_signed, lim, sub, parts, mins) LLRI_GEMV(name, is_signed, lim, sub, parts, mins)
LLRI_FORM(plain31,  0, 4, 0, 1, 0)
LLRI_FORM(min31,    0, 4, 0, 1, 1)
LLRI_FORM(sub31,    0, 4, 1, 1, 0)
LLRI_FORM(mins63,   0, 2, 0, 1, 2)
LLRI_FORM(halves,   0, 4, 0, 2, 0)
/* The table of m = gemv or gemm. Eight sums of pairs do not pay in gemv: it takes n = 31 for the forms of 15 too. */
#if LLRI_MADDUBS        /* only here does the range of u matter */
LLRI_GEMM(plain15,  0, 8, 0, 1, 0)
LLRI_GEMM(min15,    0, 8, 0, 1, 1)
LLRI_FORM(plain127, 0, 1, 0, 1, 0)
LLRI_GEMM(signed,   1, 8, 0, 1, 0)
LLRI_GEMV(signed,   1, 1, 0, 1, 0)
LLRI_FORM(sub63,    0, 2, 1, 1, 0)
LLRI_FORM(sub127,   0, 1, 1, 1, 0)
#define LLRI_FORMS(m, n) { LLRI_K(m##_plain##n), LLRI_K(m##_plain31), LLRI_K(m##_plain127), LLRI_K(m##_signed), LLRI_K(m##_min##n), LLRI_K(m##_min31), LLRI_K(m##_sub31), LLRI_K(m##_sub63), LLRI_K(m##_sub127), LLRI_K(m##_mins63), LLRI_K(m##_halves) }
#else
LLRI_FORM(signed,   1, 1, 0, 1, 0)
#define LLRI_FORMS(m, n) { LLRI_K(m##_plain31), LLRI_K(m##_plain31), LLRI_K(m##_plain31), LLRI_K(m##_signed), LLRI_K(m##_min31), LLRI_K(m##_min31), LLRI_K(m##_sub31), LLRI_K(m##_sub31), LLRI_K(m##_sub31), LLRI_K(m##_mins63), LLRI_K(m##_halves) }
#endif
#undef LLRI_GEMM
#undef LLRI_GEMV
#undef LLRI_FORM

#ifdef LLRI_OWN_FLOATS
/* --- float weights: f32, f16, bf16, and every type in `exact` ------------------------------------------------------------
 * Of each slice, 16 chains of multiply-adds per result, chain i % 16 for column i, folded in half four times; then slices in
 * rising order. With few tokens the chains are lanes, and weights are used as they lie in the file. With many, tokens are lanes:
 * then a chain is computed after the other, in the order in which pairs of them can be added at once: LLRI_CHAIN(c) is the one
 * after c others. Activations are packed in that order, [chain][its columns]; weights are floats in rows. LLRI_PAIRS: a column is two. */
#define LLRI_CHAIN(c) (((c) & 1) << 3 | ((c) & 2) << 1 | ((c) & 4) >> 1 | ((c) & 8) >> 3)
#define LLRI_FLOAT_BYTES(type) ((type) == LLRI_F32 || (type) == LLRI_PAIRS ? 4 : 2)
/* LLRI_VF elements of a float type */
LLRI_WORD vf LLRI_K(floats)(int type, const uint8_t *p)
{
#if LLRI_PASS == LLRI_PASS_SCALAR
    float t[LLRI_VF];
    if (type == LLRI_F32) { memcpy(t, p, sizeof t); return vf_load(t); }    /* may be unaligned */
#else
    if (type == LLRI_F32 || type == LLRI_PAIRS) return vf_load((const float *)(const void *)p);
#endif
#if LLRI_VF == 16
    { __m256i h = b32_load(p); return type == LLRI_F16 ? _mm512_cvtph_ps(h) : _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16)); }
#elif LLRI_PASS >= LLRI_PASS_AVX2
    { __m128i h = _mm_loadu_si128((const __m128i *)(const void *)p); return type == LLRI_F16 ? _mm256_cvtph_ps(h) : _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16)); }
#elif LLRI_PASS != LLRI_PASS_SCALAR
    {
        __m128i z = _mm_setzero_si128(), h = LLRI_VF == 8 ? _mm_loadu_si128((const __m128i *)(const void *)p) : _mm_loadl_epi64((const __m128i *)(const void *)p);
        __m128 f = type == LLRI_F16 ? LLRI_K(half4)(h) : _mm_castsi128_ps(_mm_unpacklo_epi16(z, h));
#  if LLRI_VF == 4
        return f;
#  else
        return _mm256_insertf128_ps(_mm256_castps128_ps256(f), type == LLRI_F16 ? LLRI_K(half4)(_mm_unpackhi_epi64(h, h)) : _mm_castsi128_ps(_mm_unpackhi_epi16(z, h)), 1);
#  endif
    }
#else
    { int i; for (i = 0; i < LLRI_VF; i++) t[i] = type == LLRI_F16 ? half_load(p + 2 * i) : llri_bf16_to_f32(llri_rd16(p + 2 * i)); return vf_load(t); }
#endif
}

/* lane r of c[k] <-> lane k of c[r] */
LLRI_WORD void LLRI_K(transpose_lanes)(vf c[LLRI_VF])
{
    vf t[LLRI_VF];
    int i, j;
    LLRI_UNROLL
    for (i = 0; i < LLRI_VF; i += 4) {          /* in each quarter of 4 lanes */
        vf a = vf_lo(c[i], c[i + 1]), b = vf_hi(c[i], c[i + 1]), d = vf_lo(c[i + 2], c[i + 3]), e = vf_hi(c[i + 2], c[i + 3]);
        t[i] = vf_shuffle(a, d, 0x44);
        t[i + 1] = vf_shuffle(a, d, 0xee);
        t[i + 2] = vf_shuffle(b, e, 0x44);
        t[i + 3] = vf_shuffle(b, e, 0xee);
    }
    LLRI_UNROLL
    for (j = 0; j < 4; j++) {                   /* then the quarters */
#if LLRI_VF == 4
        c[j] = t[j];
#elif LLRI_VF == 8
        c[j] = _mm256_permute2f128_ps(t[j], t[4 + j], 0x20);
        c[4 + j] = _mm256_permute2f128_ps(t[j], t[4 + j], 0x31);
#else
        vf q[4];
        LLRI_K(quarters)(q, t[j], t[4 + j], t[8 + j], t[12 + j]);
        LLRI_UNROLL
        for (i = 0; i < 4; i++) c[4 * i + j] = q[i];
#endif
    }
}

static LLRI_TARGET void LLRI_K(transpose)(const uint8_t *const *row, int n_k, float *xp)
{
    int k, j;
    for (k = 0; k < n_k; k += LLRI_VF) {
        uint8_t rest[64];
        vf c[LLRI_VF];
        LLRI_UNROLL
        for (j = 0; j < LLRI_VF; j++)
            c[j] = LLRI_K(floats)(LLRI_F32, n_k - k < LLRI_VF ? llri_padded(rest, row[j] + 4 * k, 4 * (n_k - k)) : row[j] + 4 * k);
        LLRI_K(transpose_lanes)(c);
        LLRI_UNROLL
        for (j = 0; j < LLRI_VF; j++) vf_store(xp + (LLRI_CHAIN(k + j) * (LLRI_FLOATS / 16) + (k + j) / 16) * LLRI_VF, c[j]);
    }
}

#if LLRI_HAS_PAIRS
static LLRI_TARGET void LLRI_K(pair)(const float *x, int n, uint8_t *pairs)     /* to nearest even */
{
    int i;
    for (i = 0; i < n; i++) {
        uint32_t u = llri_f32_to_bits(x[i]);
        uint16_t h = (uint16_t)(((u & 0x7fffffff) > 0x7f800000 ? u | 0x400000 : u + 0x7fff + (u >> 16 & 1)) >> 16);
        memcpy(pairs + 2 * i, &h, 2);
    }
}
#endif

/* 128-bit part g = the lanes of z[g] folded in half until 4 are left */
LLRI_WORD vf LLRI_K(fold)(const vf z[LLRI_VF / 4])
{
#if LLRI_VF == 4
    return z[0];
#elif LLRI_VF == 8
    return vf_add(_mm256_permute2f128_ps(z[0], z[1], 0x20), _mm256_permute2f128_ps(z[0], z[1], 0x31));
#else
    vf x = vf_add(_mm512_shuffle_f32x4(z[0], z[1], 0x44), _mm512_shuffle_f32x4(z[0], z[1], 0xee));
    vf y = vf_add(_mm512_shuffle_f32x4(z[2], z[3], 0x44), _mm512_shuffle_f32x4(z[2], z[3], 0xee));
    return vf_add(_mm512_shuffle_f32x4(x, y, 0x88), _mm512_shuffle_f32x4(x, y, 0xdd));
#endif
}

/* z += products of n_rows rows and n tokens, of the columns that a cache line has of a row */
LLRI_WORD void LLRI_K(fgemv_line)(int type, const uint8_t *const *row, int n_rows, size_t at, const float *x, int64_t ldx, int n, vf z[4][4][16 / LLRI_VF])
{
    const int size = LLRI_FLOAT_BYTES(type), line = 64 / size;
    int k, a, t, h;
    LLRI_UNROLL
    for (k = 0; k < line; k += 16)
        LLRI_UNROLL
        for (h = 0; h < 16 / LLRI_VF; h++) {
            const int i = k + h * LLRI_VF;
            vf v[4];
            LLRI_UNROLL
            for (t = 0; t < n; t++) v[t] = vf_load(x + t * ldx + i);
            LLRI_UNROLL
            for (a = 0; a < n_rows; a++) {
                vf w = LLRI_K(floats)(type, row[a] + at + (size_t)(i * size));
                LLRI_UNROLL
                for (t = 0; t < n; t++) z[a][t][h] = LLRI_K(mul_add)(type, w, v[t], z[a][t][h]);
            }
        }
}
/* Four rows and LLRI_VF / 4 slices: acc[t][0..3] += the sums of n tokens, a row's slices in their order. In registers are the sums of
 * n_rows rows and all tokens; those of the rows and slices become lanes together. lead: so many bytes on are asked for, from byte
 * `turn` on in the next four rows, `jump` bytes further; 0: nothing is. */
LLRI_WORD void LLRI_K(fgemv_n)(int type, const uint8_t *const *row, int n_rows, int n_k, const float *x, int64_t ldx, int n, float *acc, int lead, int turn, uintptr_t jump)
{
    const int size = LLRI_FLOAT_BYTES(type), n_slices = LLRI_VF / 4, step = 64 / size;
    const int lines = 4 / n;        /* of them without a branch: the fewer instructions, the further ahead the CPU asks for memory */
    vf y[4][4][LLRI_VF / 4], z[4][4][16 / LLRI_VF];
    int i, a0, a, b, t, h, k;
    for (b = 0; b < n_slices; b++) {
        const int from = b * LLRI_FLOATS, to = n_k - from < LLRI_FLOATS ? n_k : from + LLRI_FLOATS;
        LLRI_UNROLL
        for (a0 = 0; a0 < 4; a0 += n_rows) {
            const uint8_t *const *some = row + a0;
            LLRI_UNROLL
            for (a = 0; a < n_rows; a++)
                LLRI_UNROLL
                for (t = 0; t < n; t++)
                    LLRI_UNROLL
                    for (h = 0; h < 16 / LLRI_VF; h++) z[a][t][h] = vf_set(0.0f);
            for (i = from; i < to; i += lines * step) {
                if (lead) {
                    const uintptr_t then = (uintptr_t)(i * size + lead) + (i * size < turn ? 0 : jump);
                    LLRI_UNROLL
                    for (a = 0; a < n_rows; a++)
                        LLRI_UNROLL
                        for (k = 0; k < lines; k++) {
                            LLRI_PREFETCH((uintptr_t)some[a] + then + (uintptr_t)(64 * k));
                            LLRI_PREFETCH_NEAR((uintptr_t)some[a] + (uintptr_t)(i * size + 64 * k + LLRI_PREFETCH_BYTES / 4));
                        }
                }
                if (i + lines * step > to) break;
                LLRI_UNROLL
                for (k = 0; k < lines; k++) LLRI_K(fgemv_line)(type, some, n_rows, (size_t)(i + k * step) * (size_t)size, x + i + k * step, ldx, n, z);
            }
            for (; i < to; i += step) {         /* what is left, line by line, the last perhaps in part */
                const uint8_t *p[4];
                uint8_t rest[4][64];
                float more[4 * 32];
                const float *v = x + i;
                int64_t ldv = ldx;
                for (a = 0; a < n_rows; a++) p[a] = some[a] + i * size;
                if (to - i < step) {
                    for (a = 0; a < n_rows; a++) p[a] = llri_padded(rest[a], p[a], (to - i) * size);
                    memset(more, 0, sizeof more);
                    for (t = 0; t < n; t++) memcpy(more + 32 * t, v + t * ldx, (size_t)(to - i) * sizeof(float));
                    v = more;
                    ldv = 32;
                }
                LLRI_K(fgemv_line)(type, p, n_rows, 0, v, ldv, n, z);
            }
            LLRI_UNROLL
            for (a = 0; a < n_rows; a++)
                LLRI_UNROLL
                for (t = 0; t < n; t++)
#if LLRI_VF == 16
                    y[t][a0 + a][b] = z[a][t][0];
#elif LLRI_VF == 8
                    y[t][a0 + a][b] = vf_add(z[a][t][0], z[a][t][1]);
#else
                    y[t][a0 + a][b] = vf_add(vf_add(z[a][t][0], z[a][t][2]), vf_add(z[a][t][1], z[a][t][3]));
#endif
        }
    }
    for (t = 0; t < n; t++) {
        float sums[LLRI_VF];
        vf f[4];
        LLRI_UNROLL
        for (a = 0; a < 4; a++) f[a] = LLRI_K(fold)(y[t][a]);
        vf_store(sums, LLRI_K(sum4)(f));
        for (b = 0; b < n_slices && b * LLRI_FLOATS < n_k; b++)
            for (a = 0; a < 4; a++) acc[t * LLRI_STRIP_ROWS + a] += sums[4 * b + a];
    }
}
/* Four rows are read to their end before the next four: memory is read faster in few streams than in 16, and if it is asked for
 * LLRI_PREFETCH_BYTES before in each. */
LLRI_WORD void LLRI_K(fgemv_type)(int type, const uint8_t *const *row, int n_k, const float *x, int64_t ldx, int n, float *acc, uintptr_t next)
{
    const int size = LLRI_FLOAT_BYTES(type), block = LLRI_VF / 4 * LLRI_FLOATS, lead = n_k * size < LLRI_PREFETCH_BYTES ? n_k * size : LLRI_PREFETCH_BYTES;
    const uint8_t *p[4];
    int r, k, t, a, m;
    for (r = 0; r < LLRI_STRIP_ROWS; r += 4) {
        const uintptr_t jump = (r + 4 < LLRI_STRIP_ROWS ? (uintptr_t)row[r + 4] : next) - (uintptr_t)row[r] - (uintptr_t)(n_k * size);
        for (k = 0; k < n_k; k += block) {
            const int left = n_k - k < block ? n_k - k : block, turn = (n_k - k) * size - lead;
            for (a = 0; a < 4; a++) p[a] = row[r + a] + k * size;
            for (t = 0; t < n; t += m) {        /* only the first have to wait for memory */
                const float *from = x + t * ldx + k;
                float *to = acc + t * LLRI_STRIP_ROWS + r;
                m = LLRI_VF == 16 && n - t >= 4 ? 4 : n - t >= 2 ? 2 : 1;
                if (m == 4) LLRI_K(fgemv_n)(type, p, 4, left, from, ldx, 4, to, t ? 0 : lead, turn, jump);
                else if (m == 2) LLRI_K(fgemv_n)(type, p, LLRI_VF / 2 < 4 ? 1 : LLRI_VF / 4, left, from, ldx, 2, to, t ? 0 : lead, turn, jump);
                else LLRI_K(fgemv_n)(type, p, LLRI_VF / 2 < 4 ? LLRI_VF / 2 : 4, left, from, ldx, 1, to, t ? 0 : lead, turn, jump);
            }
        }
    }
}
static LLRI_TARGET void LLRI_K(fgemv)(int type, const uint8_t *const *row, int n_k, const float *x, int64_t ldx, int n, float *acc, uintptr_t next)
{
    if (LLRI_HAS_PAIRS && type == LLRI_PAIRS) LLRI_K(fgemv_type)(LLRI_PAIRS, row, n_k, x, ldx, n, acc, next);
    else if (type == LLRI_F32) LLRI_K(fgemv_type)(LLRI_F32, row, n_k, x, ldx, n, acc, next);
    else if (type == LLRI_F16) LLRI_K(fgemv_type)(LLRI_F16, row, n_k, x, ldx, n, acc, next);
    else LLRI_K(fgemv_type)(LLRI_BF16, row, n_k, x, ldx, n, acc, next);
}
#undef LLRI_FLOAT_BYTES

/* The micro-kernel: rows x vectors of tokens, which is tile number `tile` of n; returns how many rows of `next` are asked for then */
#if LLRI_VF == 16
#define LLRI_FMR 8
#define LLRI_FNV 3
#elif LLRI_PASS >= LLRI_PASS_AVX2
#define LLRI_FMR 4
#define LLRI_FNV 3
#else
#define LLRI_FMR LLRI_MR
#define LLRI_FNV LLRI_NV
#endif
LLRI_WORD int LLRI_K(ftile)(int type, const float *w, int n_k, const float *xp, int64_t stride, int nv, float *acc, size_t ld, const llri_wanted *next, int asked, int tile, int n)
{
    vf f[LLRI_FMR][LLRI_FNV], kept[4][LLRI_FMR][LLRI_FNV];      /* kept[l]: the sum of 2^l chains that waits for as many more */
    int i, v, c, k, l;
    for (c = 0; c < 16; c++) {
        const float *x = xp + c * (LLRI_FLOATS / 16) * LLRI_VF;
        asked = llri_ask(next, asked, 16 * tile + c + 1, 16 * n);
        LLRI_UNROLL
        for (i = 0; i < LLRI_FMR; i++)
            LLRI_UNROLL
            for (v = 0; v < nv; v++) f[i][v] = vf_set(0.0f);
        for (k = LLRI_CHAIN(c); k < n_k; k += 16, x += LLRI_VF) {
            vf a[LLRI_FNV];
            LLRI_UNROLL
            for (v = 0; v < nv; v++) a[v] = vf_load(x + v * stride);
            LLRI_UNROLL
            for (i = 0; i < LLRI_FMR; i++) {
                vf b = vf_set(w[i * LLRI_FLOATS + k]);
                LLRI_UNROLL
                for (v = 0; v < nv; v++) f[i][v] = LLRI_K(mul_add)(type, b, a[v], f[i][v]);
            }
        }
        for (l = 0; c >> l & 1; l++)
            LLRI_UNROLL
            for (i = 0; i < LLRI_FMR; i++)
                LLRI_UNROLL
                for (v = 0; v < nv; v++) f[i][v] = vf_add(kept[l][i][v], f[i][v]);
        LLRI_UNROLL
        for (i = 0; i < LLRI_FMR; i++)
            LLRI_UNROLL
            for (v = 0; v < nv; v++) {
                float *to = acc + (size_t)i * ld + (size_t)v * LLRI_VF;
                if (l < 4) kept[l][i][v] = f[i][v];
                else vf_store(to, vf_add(vf_load(to), f[i][v]));
            }
    }
    return asked;
}

LLRI_WORD void LLRI_K(fgemm_type)(int type, const float *w, int n_k, const float *xp, int64_t stride, int n_vec, float *acc, const llri_wanted *next)
{
    const size_t ld = (size_t)n_vec * LLRI_VF;
    const int n = LLRI_TILES(n_vec, LLRI_FNV, LLRI_FMR);
    int v, r, nv, tile = 0, asked = 0;
    for (v = 0; v < n_vec; v += nv) {
        nv = LLRI_WIDTH(n_vec - v, LLRI_FNV);
        for (r = 0; r < LLRI_STRIP_ROWS; r += LLRI_FMR, tile++) {
            float *c = acc + (size_t)r * ld + (size_t)v * LLRI_VF;
            if (nv == LLRI_FNV) asked = LLRI_K(ftile)(type, w + r * LLRI_FLOATS, n_k, xp + v * stride, stride, LLRI_FNV, c, ld, next, asked, tile, n);
            else if (nv == 1) asked = LLRI_K(ftile)(type, w + r * LLRI_FLOATS, n_k, xp + v * stride, stride, 1, c, ld, next, asked, tile, n);
            else asked = LLRI_K(ftile)(type, w + r * LLRI_FLOATS, n_k, xp + v * stride, stride, LLRI_FNV > 2 ? 2 : 1, c, ld, next, asked, tile, n);
        }
    }
}
static LLRI_TARGET void LLRI_K(fgemm)(int type, const float *w, int n_k, const float *xp, int64_t stride, int n_vec, float *acc, const llri_wanted *next)
{
    if (LLRI_HAS_PAIRS && type == LLRI_PAIRS) LLRI_K(fgemm_type)(LLRI_PAIRS, w, n_k, xp, stride, n_vec, acc, next);
    else LLRI_K(fgemm_type)(LLRI_F32, w, n_k, xp, stride, n_vec, acc, next);
}
#undef LLRI_FMR
#undef LLRI_FNV
#undef LLRI_CHAIN

/* The sums of many tokens -> rows of the result: y[t * ldy + r] = acc[r * ld + t]. Long rows go past the caches: they would be
 * driven out before they are used, and what is not read first need not be fetched. */
static LLRI_TARGET void LLRI_K(spread)(const float *acc, size_t ld, int n_rows, int n, float *y, int64_t ldy)
{
    const int past = (int64_t)n * ldy >= LLRI_STREAM && ((uintptr_t)y | (uintptr_t)ldy * sizeof(float)) % (LLRI_VF * sizeof(float)) == 0;
    int t, r, i;
    for (t = 0; t < n; t += LLRI_VF)            /* a vector of tokens, all their rows: whole cache lines are written */
        for (r = 0; r < n_rows; r += LLRI_VF) {
            const int tokens = n - t < LLRI_VF ? n - t : LLRI_VF, rows = n_rows - r < LLRI_VF ? n_rows - r : LLRI_VF;
            vf c[LLRI_VF];
            float lane[LLRI_VF];
            LLRI_UNROLL
            for (i = 0; i < LLRI_VF; i++) c[i] = vf_load(acc + (size_t)(r + i) * ld + (size_t)t);
            LLRI_K(transpose_lanes)(c);
            LLRI_UNROLL
            for (i = 0; i < LLRI_VF; i++) {
                float *to = y + (t + i) * ldy + r;
                if (i >= tokens) break;
                if (rows < LLRI_VF) { vf_store(lane, c[i]); memcpy(to, lane, (size_t)rows * sizeof(float)); }
                else if (past) vf_stream(to, c[i]);
                else vf_store(to, c[i]);
            }
        }
#if LLRI_PASS != LLRI_PASS_SCALAR
    if (past) _mm_sfence();
#endif
}

LLRI_WORD void LLRI_K(widen16)(float *d, float s, const int8_t *q)      /* d = s * q */
{
    float t[16];
    int i;
    LLRI_K(floats16)(t, q);
    LLRI_UNROLL
    for (i = 0; i < 16; i += LLRI_VF) vf_store(d + i, vf_mul(vf_set(s), vf_load(t + i)));
}

/* n elements of a float type or q8_0 (whole blocks, or one partial block at the end) to float */
static LLRI_TARGET void LLRI_K(widen)(int type, const uint8_t *p, float *d, int n)
{
    int i = 0, j;
    if (type == LLRI_F32) memcpy(d, p, (size_t)n * 4);
    else if (type == LLRI_BF16) {
        for (; i + LLRI_VF <= n; i += LLRI_VF) vf_store(d + i, LLRI_K(floats)(LLRI_BF16, p + 2 * i));
        for (; i < n; i++) d[i] = llri_bf16_to_f32(llri_rd16(p + 2 * i));
    }
    else if (type == LLRI_F16) {
#if LLRI_VF == 16
        for (; i + 16 <= n; i += 16) vf_store(d + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)(p + 2 * i))));
#elif LLRI_PASS >= LLRI_PASS_AVX2
        for (; i + 8 <= n; i += 8) vf_store(d + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(p + 2 * i))));
#elif LLRI_PASS != LLRI_PASS_SCALAR
        for (; i + 8 <= n; i += 8) {        /* as half4, but infinity and NaN are rare */
            __m128i h = _mm_loadu_si128((const __m128i *)(const void *)(p + 2 * i)), keep = _mm_set1_epi32((int)0x8fffe000u), z = _mm_setzero_si128();
            __m128 by = _mm_castsi128_ps(_mm_set1_epi32(0x77800000));
            __m128i lo = _mm_and_si128(_mm_srai_epi32(_mm_unpacklo_epi16(z, h), 3), keep), hi = _mm_and_si128(_mm_srai_epi32(_mm_unpackhi_epi16(z, h), 3), keep);
            if (_mm_movemask_epi8(_mm_cmpgt_epi16(_mm_and_si128(h, _mm_set1_epi16(0x7fff)), _mm_set1_epi16(0x7bff)))) {
                _mm_storeu_ps(d + i, LLRI_K(half4)(h));
                _mm_storeu_ps(d + i + 4, LLRI_K(half4)(_mm_srli_si128(h, 8)));
            } else {
                _mm_storeu_ps(d + i, _mm_mul_ps(_mm_castsi128_ps(lo), by));
                _mm_storeu_ps(d + i + 4, _mm_mul_ps(_mm_castsi128_ps(hi), by));
            }
        }
#endif
        for (; i < n; i++) d[i] = half_load(p + 2 * i);
    } else
        for (; i < n; i += 32, p += 34) {
            float s = half_load(p);
            if (n - i >= 32) for (j = 0; j < 32; j += 16) LLRI_K(widen16)(d + i + j, s, (const int8_t *)p + 2 + j);
            else for (j = 0; i + j < n; j++) d[i + j] = s * (float)(int8_t)p[2 + j];
        }
}

/* --- into the KV cache ---------------------------------------------------------------------------------------------------
 * Rounded as llri_f32_to_f16 does, to nearest even. */
#if LLRI_PASS != LLRI_PASS_SCALAR && LLRI_PASS < LLRI_PASS_AVX2
LLRI_WORD __m128i LLRI_K(either)(__m128i mask, __m128i x, __m128i y) { return _mm_or_si128(_mm_and_si128(mask, x), _mm_andnot_si128(mask, y)); }
LLRI_WORD __m128i LLRI_K(to_half4)(__m128i a)     /* four floats without their signs -> halves in 32 bits each */
{
    __m128i shifted = _mm_srli_epi32(a, 13), odd = _mm_and_si128(shifted, _mm_set1_epi32(1));
    __m128i normal = _mm_srli_epi32(_mm_add_epi32(_mm_add_epi32(a, odd), _mm_set1_epi32(0xfff - (112 << 23))), 13);
    __m128i small = _mm_sub_epi32(_mm_castps_si128(_mm_add_ps(_mm_castsi128_ps(a), _mm_set1_ps(0.5f))), _mm_set1_epi32(0x3f000000));  /* 0.5 has the unit 2^-24 */
    __m128i nan = _mm_or_si128(_mm_and_si128(shifted, _mm_set1_epi32(0x3ff)), _mm_set1_epi32(0x7e00));
    __m128i r = LLRI_K(either)(_mm_cmpgt_epi32(_mm_set1_epi32(0x38800000), a), small, normal);
    r = LLRI_K(either)(_mm_cmpgt_epi32(a, _mm_set1_epi32(0x477fefff)), _mm_set1_epi32(0x7c00), r);
    return LLRI_K(either)(_mm_cmpgt_epi32(a, _mm_set1_epi32(0x7f800000)), nan, r);
}
#endif
LLRI_WORD int LLRI_K(narrow_halves)(uint8_t *d, const float *x, int n)     /* returns how many */
{
    int i = 0;
#if LLRI_VF == 16
    for (; i + 16 <= n; i += 16) _mm256_storeu_si256((__m256i *)(void *)(d + 2 * i), _mm512_cvtps_ph(vf_load(x + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif LLRI_PASS >= LLRI_PASS_AVX2
    for (; i + 8 <= n; i += 8) _mm_storeu_si128((__m128i *)(void *)(d + 2 * i), _mm256_cvtps_ph(vf_load(x + i), _MM_FROUND_TO_NEAREST_INT));
#elif LLRI_PASS != LLRI_PASS_SCALAR
    for (; i + 8 <= n; i += 8) {
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(x + i)), b = _mm_loadu_si128((const __m128i *)(const void *)(x + i + 4));
        __m128i m = _mm_set1_epi32(0x7fffffff), sign = _mm_packs_epi32(_mm_srai_epi32(a, 31), _mm_srai_epi32(b, 31));
        __m128i h = _mm_packs_epi32(LLRI_K(to_half4)(_mm_and_si128(a, m)), LLRI_K(to_half4)(_mm_and_si128(b, m)));
        _mm_storeu_si128((__m128i *)(void *)(d + 2 * i), _mm_or_si128(h, _mm_slli_epi16(sign, 15)));
    }
#endif
    (void)d; (void)x; (void)n;
    return i;
}
/* n floats to a row of the cache. q8_0: a block with a NaN or an infinity gets scale NaN, so that it shows. */
static LLRI_TARGET void LLRI_K(narrow)(int type, uint8_t *d, const float *x, int n)
{
    int i;
    if (type == LLR_KV_F32) memcpy(d, x, (size_t)n * 4);
    else if (type == LLR_KV_F16)
        for (i = LLRI_K(narrow_halves)(d, x, n); i < n; i++) {
            uint16_t h = llri_f32_to_f16(x[i]);
            d[2 * i] = (uint8_t)h;
            d[2 * i + 1] = (uint8_t)(h >> 8);
        }
    else
        for (i = 0; i < n; i += 32 * LLRI_GROUPS) {
            const int left = n - i < 32 * LLRI_GROUPS ? n - i : 32 * LLRI_GROUPS;
            float top[LLRI_VF];
            int8_t bytes[32 * LLRI_GROUPS];
            vf v[8], r[8];
            int g;
            LLRI_K(groups_load)(v, x + i, left);
            vf_store(top, LLRI_K(groups_round)(v, r));
            LLRI_K(groups_store)(r, bytes);
            for (g = 0; g < (left + 31) / 32; g++, d += 34) {
                const uint16_t h = top[4 * g] == top[4 * g] ? llri_f32_to_f16(top[4 * g] / 127.0f) : 0x7e00;
                d[0] = (uint8_t)h;
                d[1] = (uint8_t)(h >> 8);
                memcpy(d + 2, bytes + 32 * g, 32);
            }
        }
}

/* --- exp and the activations -------------------------------------------------------------------------------------------
 * exp(x) = 2^n * exp(r), |r| <= ln(2)/2, by its Taylor series to r^7 (error below half a unit in the last place). Results
 * below the smallest normal number stay there; NaN stays NaN: max and min return their second operand then. */
LLRI_WORD vf LLRI_K(vexp)(vf x)
{
    vf n, r, p;
    x = vf_min(vf_set(88.37f), vf_max(vf_set(-87.33f), x));
    n = vf_round(vf_mul(x, vf_set(1.44269504f)));
    r = vf_fma(n, vf_set(-0.693359375f), x);
    r = vf_fma(n, vf_set(2.12194440e-4f), r);
    p = vf_fma(vf_set(1.98412698e-4f), r, vf_set(1.38888889e-3f));
    p = vf_fma(p, r, vf_set(8.33333333e-3f));
    p = vf_fma(p, r, vf_set(4.16666667e-2f));
    p = vf_fma(p, r, vf_set(1.66666667e-1f));
    p = vf_fma(p, r, vf_set(0.5f));
    p = vf_fma(vf_mul(p, r), r, vf_add(r, vf_set(1.0f)));
    return vf_mul(p, vf_pow2(n));
}

LLRI_WORD vf LLRI_K(sigmoid)(vf x) { return vf_div(vf_set(1.0f), vf_add(vf_set(1.0f), LLRI_K(vexp)(vf_sub(vf_set(0.0f), x)))); }

/* cap tanh(x / cap), tanh z = 1 - 2 / (exp 2z + 1) */
LLRI_WORD vf LLRI_K(softcap)(vf x, float cap)
{
    vf e = LLRI_K(vexp)(vf_mul(x, vf_set(2.0f / cap)));
    return vf_sub(vf_set(cap), vf_div(vf_set(2.0f * cap), vf_add(e, vf_set(1.0f))));
}

/* xIELU, p = { alpha_p, alpha_n, beta, eps } (Huang & Schlag, 2024) */
LLRI_WORD vf LLRI_K(xielu)(vf x, const float *p)
{
    float v[LLRI_VF], e[LLRI_VF];
    int i;
    vf_store(v, x);
    vf_store(e, LLRI_K(vexp)(vf_min(x, vf_set(p[3]))));
    for (i = 0; i < LLRI_VF; i++) {
        float t = v[i] < p[3] ? v[i] : p[3];
        float em1 = t > -0.1f ? t * (1.0f + t * (0.5f + t * (1.0f / 6 + t * (1.0f / 24 + t * (1.0f / 120))))) : e[i] - 1.0f;
        v[i] = v[i] > 0.0f ? p[0] * v[i] * v[i] + p[2] * v[i] : (em1 - v[i]) * p[1] + p[2] * v[i];
    }
    return vf_load(v);
}

LLRI_WORD vf LLRI_K(act1)(int act, vf x, const float *p)
{
    if (act == LLRI_ACT_SILU) return vf_mul(x, LLRI_K(sigmoid)(x));
    if (act == LLRI_ACT_GELU) {         /* 0.5 x (1 + tanh z) = x sigmoid(2z), z = sqrt(2/pi) (x + 0.044715 x^3) */
        vf z = vf_mul(x, vf_fma(vf_mul(x, x), vf_set(2 * 0.7978845608f * 0.044715f), vf_set(2 * 0.7978845608f)));
        return vf_mul(x, LLRI_K(sigmoid)(z));
    }
    if (act == LLRI_ACT_GELU_QUICK) return vf_mul(x, LLRI_K(sigmoid)(vf_mul(x, vf_set(1.702f))));
    if (act == LLRI_ACT_RELU2) { x = vf_max(vf_set(0.0f), x); return vf_mul(x, x); }
    if (act == LLRI_ACT_SOFTCAP) return LLRI_K(softcap)(x, p[0]);
    return LLRI_K(xielu)(x, p);
}

static LLRI_TARGET void LLRI_K(act)(int act, float *y, const float *gate, const float *up, int n, const float *p)
{
    int i;
    for (i = 0; i + LLRI_VF <= n; i += LLRI_VF) {
        vf v = LLRI_K(act1)(act, vf_load(gate + i), p);
        vf_store(y + i, up ? vf_mul(v, vf_load(up + i)) : v);
    }
    if (i < n) {
        float t[LLRI_VF] = { 0 };
        memcpy(t, gate + i, (size_t)(n - i) * sizeof(float));
        vf_store(t, LLRI_K(act1)(act, vf_load(t), p));
        for (; i < n; i++) y[i] = up ? t[i % LLRI_VF] * up[i] : t[i % LLRI_VF];
    }
}

/* --- attention ---------------------------------------------------------------------------------------------------------
 * Softmax in chunks of positions, joined as in streaming softmax (Milakov & Gimelshein 2018; Dao et al. 2022). Of a chunk,
 * first all scores of a block of queries, then their weights exp(s - max), then the weighted sums; K and V are widened to
 * float a tile at a time for all queries, or where they are used if those are few. Chunks lie at fixed positions and every query computes only its own row, so its
 * bits do not depend on the company. In every tier scores have 16 chains, chain i % 16 for element i, folded in half four times, the
 * sums of weights 32, folded five times; the weighted sums have one chain, positions rising. `work` is sized by llri_attend_floats. */

#define LLRI_AQ (LLRI_VF == 16 ? 4 : 2)         /* pairs of a query and four keys whose sums are in registers together */
/* Elements i.. of a row of floats, or of halves or q8_0 blocks where the tier converts them fast */
LLRI_WORD vf LLRI_K(wide)(const uint8_t *row, int i, int type)
{
#if LLRI_PASS >= LLRI_PASS_AVX2
    if (type == LLRI_Q8_0) {
        const uint8_t *block = row + (unsigned)i / 32 * 34, *q = block + 2 + (unsigned)i % 32;
#  if LLRI_VF == 16
        return vf_mul(_mm512_cvtph_ps(_mm256_set1_epi16((short)llri_rd16(block))), vi_float(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)q))));
#  else
        return vf_mul(_mm256_cvtph_ps(_mm_set1_epi16((short)llri_rd16(block))), vi_float(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)q))));
#  endif
    }
#endif
    return LLRI_K(floats)(type == LLRI_F16 ? LLRI_F16 : LLRI_F32, row + (type == LLRI_F16 ? 2 : 4) * i);
}
/* f(..., n, type) for n queries. A conversion is to be shared by all of them: q8_0 only for as many as a register tile has. */
#define LLRI_BY_KV(f, n, type, ...) \
    do { \
        if (LLRI_PASS >= LLRI_PASS_AVX2 && n <= LLRI_AQ && type == LLRI_Q8_0) f(__VA_ARGS__, n, LLRI_Q8_0); \
        else if (LLRI_PASS >= LLRI_PASS_AVX2 && type == LLRI_F16) f(__VA_ARGS__, n, LLRI_F16); \
        else f(__VA_ARGS__, n, LLRI_F32); \
    } while (0)

/* s[i * LLRI_KV_TILE + j] = q_i . k_j for n queries and 4 * LLRI_AQ / n keys from j0 on; d is a multiple of 16. The sums in registers
 * are [key of four][pair g of a query and four keys]; the chains of 16 are taken LLRI_VF at a time. */
LLRI_WORD void LLRI_K(dots)(float *s, const float *q, const uint8_t *k, size_t row, int j0, int d, int n, int type)
{
    vf w[4][LLRI_AQ], y[4][LLRI_AQ];
    int i, a, b, c, g;
    LLRI_UNROLL
    for (a = 0; a < 4; a++)         /* never used: a compiler that does not unroll cannot see that */
        LLRI_UNROLL
        for (g = 0; g < LLRI_AQ; g++) w[a][g] = y[a][g] = vf_set(0.0f);
    LLRI_UNROLL
    for (c = 0; c < (LLRI_VF == 4 ? 2 : 1); c++) {      /* chains c, c + 8, then c + 4, c + 12, ... */
        LLRI_UNROLL
        for (b = c * LLRI_VF; b < 16; b += LLRI_VF < 8 ? 8 : LLRI_VF) {
            vf z[4][LLRI_AQ];
            LLRI_UNROLL
            for (a = 0; a < 4; a++)
                LLRI_UNROLL
                for (g = 0; g < LLRI_AQ; g++) z[a][g] = vf_set(0.0f);
            for (i = b; i < d; i += 16)
                LLRI_UNROLL
                for (a = 0; a < 4; a++)
                    LLRI_UNROLL
                    for (g = 0; g < LLRI_AQ; g++) z[a][g] = vf_fma(vf_load(q + (g % n) * d + i), LLRI_K(wide)(k + (size_t)(j0 + a + g / n * 4) * row, i, type), z[a][g]);
            LLRI_UNROLL
            for (a = 0; a < 4; a++)
                LLRI_UNROLL
                for (g = 0; g < LLRI_AQ; g++) w[a][g] = b == c * LLRI_VF ? z[a][g] : vf_add(w[a][g], z[a][g]);
        }
        LLRI_UNROLL
        for (a = 0; a < 4; a++)
            LLRI_UNROLL
            for (g = 0; g < LLRI_AQ; g++) y[a][g] = c == 0 ? w[a][g] : vf_add(y[a][g], w[a][g]);
    }
    LLRI_UNROLL
    for (g = 0; g < LLRI_AQ; g += LLRI_VF / 4) {
        float t[LLRI_VF];
        vf f[4];
        LLRI_UNROLL
        for (a = 0; a < 4; a++) f[a] = LLRI_K(fold)(&y[a][g]);
        vf_store(t, LLRI_K(sum4)(f));
        LLRI_UNROLL
        for (b = 0; b < LLRI_VF / 4; b++) memcpy(s + ((g + b) % n) * LLRI_KV_TILE + j0 + (g + b) / n * 4, t + 4 * b, 4 * sizeof(float));
    }
}
LLRI_WORD void LLRI_K(scores_n)(float *s, const float *q, const uint8_t *k, size_t row, int d, int j0, int j1, int n, int type)
{
    const int keys = 4 * LLRI_AQ / n;
    int j;
    for (j = j0 - j0 % keys; j < j1; j += keys) {
        size_t i;
        for (i = 0; type != LLRI_F32 && i < (size_t)keys * row; i += 64) LLRI_PREFETCH_NEAR((uintptr_t)k + (size_t)(LLRI_KV_TILE + j) * row + i);
        LLRI_K(dots)(s, q, k, row, j, d, n, type);
    }
}
/* At least the scores of n queries (1, 2, or LLRI_AQ) with the positions from j0 to j1 of a tile, rows of `row` bytes */
static LLRI_TARGET void LLRI_K(scores)(float *s, const float *q, const uint8_t *k, size_t row, int d, int j0, int j1, int n, int type)
{
    if (n == 1) LLRI_BY_KV(LLRI_K(scores_n), 1, type, s, q, k, row, d, j0, j1);
    else if (n == 2) LLRI_BY_KV(LLRI_K(scores_n), 2, type, s, q, k, row, d, j0, j1);
    else LLRI_BY_KV(LLRI_K(scores_n), LLRI_AQ, type, s, q, k, row, d, j0, j1);
}

LLRI_WORD void LLRI_K(weigh_n)(float *acc, size_t lda, const float *p, const uint8_t *v, size_t row, int at, int j0, int j1, int n, int nv, int type)
{
    vf a[4][8];
    int j, i, b;
    LLRI_UNROLL
    for (i = 0; i < n; i++)
        LLRI_UNROLL
        for (b = 0; b < nv; b++) a[i][b] = vf_load(acc + i * lda + at + b * LLRI_VF);
    for (j = j0; j < j1; j++) {
        for (b = 0; type != LLRI_F32 && b < nv * LLRI_VF; b += 32) LLRI_PREFETCH_NEAR((uintptr_t)v + (size_t)(LLRI_KV_TILE + j) * row + (size_t)(type == LLRI_F16 ? 2 : 1) * (size_t)(at + b));
        LLRI_UNROLL
        for (i = 0; i < n; i++) {
            vf pj = vf_set(p[i * LLRI_KV_TILE + j]);
            LLRI_UNROLL
            for (b = 0; b < nv; b++) a[i][b] = vf_fma(pj, LLRI_K(wide)(v + (size_t)j * row, at + b * LLRI_VF, type), a[i][b]);
        }
    }
    LLRI_UNROLL
    for (i = 0; i < n; i++)
        LLRI_UNROLL
        for (b = 0; b < nv; b++) vf_store(acc + i * lda + at + b * LLRI_VF, a[i][b]);
}
LLRI_WORD void LLRI_K(weigh_rows)(float *acc, size_t lda, const float *p, const uint8_t *v, size_t row, int d, int j0, int j1, int n, int type)
{
    const int nv = LLRI_VF == 16 ? 4 : 8 / n;
    int i = 0;
    for (; i + nv * LLRI_VF <= d; i += nv * LLRI_VF) {
        if (type == LLRI_Q8_0) LLRI_K(weigh_n)(acc + i, lda, p, v + i / 32 * 34, row, 0, j0, j1, n, nv, type);     /* whole blocks */
        else LLRI_K(weigh_n)(acc, lda, p, v, row, i, j0, j1, n, nv, type);
    }
    for (; i < d; i += 16) LLRI_K(weigh_n)(acc, lda, p, v, row, i, j0, j1, n, 16 / LLRI_VF, type);
}
/* acc_i += sum over j of p_i[j] v_j for n queries (1, 2, or 4 with wide vectors); d is a multiple of 16 */
static LLRI_TARGET void LLRI_K(weigh)(float *acc, size_t lda, const float *p, const uint8_t *v, size_t row, int d, int j0, int j1, int n, int type)
{
    if (j0 >= j1) return;
    if (n == 1) LLRI_BY_KV(LLRI_K(weigh_rows), 1, type, acc, lda, p, v, row, d, j0, j1);
    else if (n == 2) LLRI_BY_KV(LLRI_K(weigh_rows), 2, type, acc, lda, p, v, row, d, j0, j1);
#if LLRI_VF > 4
    else LLRI_BY_KV(LLRI_K(weigh_rows), 4, type, acc, lda, p, v, row, d, j0, j1);
#endif
}
#undef LLRI_BY_KV

LLRI_WORD float LLRI_K(exp1)(float x) { float t[LLRI_VF]; vf_store(t, LLRI_K(vexp)(vf_set(x))); return t[0]; }

/* Scores of one query with a chunk, of a tile of positions every `ld` floats -> weights exp(s - max) from j0 to j1, at least one, and
 * their maximum and sum. `back` is the distance to position 0 of the chunk. */
LLRI_WORD void LLRI_K(soften)(const llri_attn *a, float *s, size_t ld, int j0, int j1, float slope, uint32_t back, float *max, float *sum)
{
    enum { N = LLRI_KV_TILE / LLRI_VF };
    const int from = j0 / LLRI_KV_TILE, to = (j1 - 1) / LLRI_KV_TILE + 1, before = j0 % LLRI_KV_TILE, after = (j1 - 1) % LLRI_KV_TILE + 1;
    float *first = s + ld * (size_t)from, *last = s + ld * (size_t)(to - 1), *p, m, lane[LLRI_KV_TILE];
    vf total[N], top[N];
    int t, j, b;
    if (a->softcap > 0.0f)
        for (t = from; t < to; t++)
            for (p = s + ld * (size_t)t, b = 0; b < N; b++) vf_store(p + b * LLRI_VF, LLRI_K(softcap)(vf_load(p + b * LLRI_VF), a->softcap));
    if (slope != 0.0f)                              /* ALiBi */
        for (j = j0; j < j1; j++) (s + ld * (size_t)(j / LLRI_KV_TILE))[j % LLRI_KV_TILE] -= slope * (float)((int64_t)back - j);
    for (j = 0; j < before; j++) first[j] = -HUGE_VALF;
    for (j = after; j < LLRI_KV_TILE; j++) last[j] = -HUGE_VALF;
    LLRI_UNROLL
    for (b = 0; b < N; b++) { top[b] = vf_set(-HUGE_VALF); total[b] = vf_set(0.0f); }
    for (t = from; t < to; t++) {
        p = s + ld * (size_t)t;
        LLRI_UNROLL
        for (b = 0; b < N; b++) top[b] = vf_max(top[b], vf_load(p + b * LLRI_VF));
    }
    LLRI_UNROLL
    for (b = 0; b < N; b++) vf_store(lane + b * LLRI_VF, top[b]);
    for (j = 0, m = -HUGE_VALF; j < LLRI_KV_TILE; j++) if (lane[j] > m) m = lane[j];
    for (t = from; t < to; t++)
        for (p = s + ld * (size_t)t, b = 0; b < N; b++) vf_store(p + b * LLRI_VF, LLRI_K(vexp)(vf_sub(vf_load(p + b * LLRI_VF), vf_set(m))));
    for (j = 0; j < before; j++) first[j] = 0.0f;
    for (j = after; j < LLRI_KV_TILE; j++) last[j] = 0.0f;
    for (t = from; t < to; t++) {
        p = s + ld * (size_t)t;
        LLRI_UNROLL
        for (b = 0; b < N; b++) total[b] = vf_add(total[b], vf_load(p + b * LLRI_VF));
    }
    LLRI_UNROLL
    for (b = 0; b < N; b++) vf_store(lane + b * LLRI_VF, total[b]);
    for (b = LLRI_KV_TILE / 2; b > 0; b /= 2) for (j = 0; j < b; j++) lane[j] += lane[j + b];
    *max = m;
    *sum = lane[0];
}

/* Rows j0 to j1 of a tile as floats, in `to` or where they are, n elements and zeros up to a multiple of 16; `there`: as they
 * are. The same rows of the next tile are asked for, little by little: the memory is to be busy while we compute. */
LLRI_WORD const uint8_t *LLRI_K(wide_rows)(int type, const uint8_t *src, size_t bytes, float *to, int n, int j0, int j1, int there)
{
    const int padded = llri_pad16(n), whole = n % (type == LLRI_Q8_0 ? 32 : 16) == 0;
    size_t b;
    int j, i;
    if (there) return src;
    if (whole && type == LLRI_F32) {
        for (b = (size_t)j0 * bytes; b < (size_t)j1 * bytes; b += 64) LLRI_PREFETCH_NEAR((uintptr_t)src + LLRI_KV_TILE * bytes + b);
        return src;
    }
    if (whole)
        for (j = j0; j < j1; j += 4) {
            const uint8_t *row = src + (size_t)j * bytes;
            const int rows = j1 - j < 4 ? j1 - j : 4;
            for (b = 0; b < 4 * bytes; b += 64) LLRI_PREFETCH_NEAR((uintptr_t)row + LLRI_KV_TILE * bytes + b);
            LLRI_K(widen)(type, row, to + j * n, rows * n);
        }
    else
        for (j = j0; j < j1; j++) {
            LLRI_K(widen)(type, src + (size_t)j * bytes, to + j * padded, n);
            for (i = n; i < padded; i++) to[j * padded + i] = 0.0f;
        }
    return (const uint8_t *)to;
}

static LLRI_TARGET void LLRI_K(attend)(const llri_attend *a, float *part, float *work)
{
    const llri_attn *p = a->attn;
    const llri_kvc *c = &a->kv;
    const int type = c->type == LLR_KV_F32 ? LLRI_F32 : c->type == LLR_KV_F16 ? LLRI_F16 : LLRI_Q8_0;
    const int nq = a->n * a->n_heads, head_kv = a->head / (p->n_head / p->n_head_kv), dk = llri_pad16(p->dk), dv = llri_pad16(p->dv);
    const int whole = type == LLRI_Q8_0 ? 32 : 16, few = type == LLRI_Q8_0 ? LLRI_AQ : 4;
    const int there = LLRI_PASS >= LLRI_PASS_AVX2 && type != LLRI_F32 && nq <= few && p->dk % whole == 0 && p->dv % whole == 0;
    const int read = there ? type : LLRI_F32;           /* few queries: each row is converted where it is used */
    const size_t k_bytes = llri_kv_row_bytes(c->type, p->dk), v_bytes = llri_kv_row_bytes(c->type, p->dv), ld = llri_part_floats(p->dv);
    const size_t k_row = there ? k_bytes : sizeof(float) * (size_t)dk, v_row = there ? v_bytes : sizeof(float) * (size_t)dv;
    float *q = work, *tile = q + nq * dk, *s = tile + LLRI_KV_TILE * (dk > dv ? dk : dv);
    const size_t ld_s = (size_t)LLRI_KV_TILE * (unsigned)nq;            /* scores: [tile][query][LLRI_KV_TILE] */
    int seen0[LLRI_ATTEND_QUERIES], seen1[LLRI_ATTEND_QUERIES], t, h, i = 0, j, first, last;
    for (t = 0; t < a->n; t++) {
        uint32_t pos = a->pos + (uint32_t)t, lo = p->window && pos + 1 > p->window ? pos + 1 - p->window : 0;
        int j0 = lo < a->chunk ? 0 : lo - a->chunk < LLRI_KV_CHUNK ? (int)(lo - a->chunk) : LLRI_KV_CHUNK;
        int j1 = pos < a->chunk ? 0 : pos - a->chunk < LLRI_KV_CHUNK ? (int)(pos - a->chunk) + 1 : LLRI_KV_CHUNK;
        for (h = 0; h < a->n_heads; h++, i++) {
            const float *src = a->q + t * a->ldq + (int64_t)(a->head + h) * p->dk;
            for (j = 0; j < p->dk; j++) q[i * dk + j] = src[j] * p->scale;
            for (; j < dk; j++) q[i * dk + j] = 0.0f;
            memset(part + i * ld, 0, ld * sizeof(float));
            seen0[i] = j0;
            seen1[i] = j1;
        }
    }
    first = seen0[0];
    last = seen1[nq - 1];
    for (t = first - first % LLRI_KV_TILE; t < last; t += LLRI_KV_TILE) {
        const size_t row = (size_t)head_kv * c->capacity + (a->chunk + (uint32_t)t) % c->capacity;
        const int t0 = first > t ? first - t : 0, t1 = last - t < LLRI_KV_TILE ? last - t : LLRI_KV_TILE;
        const uint8_t *k = LLRI_K(wide_rows)(type, c->k + row * k_bytes, k_bytes, tile, p->dk, t0, t1, there);
        float *to = s + (size_t)(t / LLRI_KV_TILE) * ld_s;
        int n;
        for (i = 0; i < nq; i += n) {
            n = LLRI_AQ >= 4 && nq - i >= 4 ? 4 : nq - i >= 2 ? 2 : 1;
            LLRI_K(scores)(to + i * LLRI_KV_TILE, q + i * dk, k, k_row, dk, seen0[i] > t ? seen0[i] - t : 0,
                           seen1[i + n - 1] - t < LLRI_KV_TILE ? seen1[i + n - 1] - t : LLRI_KV_TILE, n, read);
        }
    }
    for (i = 0; i < nq; i++) {
        float slope = p->slopes ? p->slopes[a->head + i % a->n_heads] : 0.0f, *m = part + i * ld + dv;
        if (seen0[i] < seen1[i]) LLRI_K(soften)(p, s + i * LLRI_KV_TILE, ld_s, seen0[i], seen1[i], slope, a->pos + (uint32_t)(i / a->n_heads) - a->chunk, m, m + 1);
    }
    for (t = first - first % LLRI_KV_TILE; t < last; t += LLRI_KV_TILE) {
        const size_t row = (size_t)head_kv * c->capacity + (a->chunk + (uint32_t)t) % c->capacity;
        const int t0 = first > t ? first - t : 0, t1 = last - t < LLRI_KV_TILE ? last - t : LLRI_KV_TILE;
        const uint8_t *v = LLRI_K(wide_rows)(type, c->v + row * v_bytes, v_bytes, tile, p->dv, t0, t1, there);
        const float *from = s + (size_t)(t / LLRI_KV_TILE) * ld_s;
        int n;
        for (i = 0; i < nq; i += n) {               /* what all n queries see together, around it what each sees alone */
            int lo, hi, r;
            n = LLRI_VF > 4 && nq - i >= 4 ? 4 : nq - i >= 2 ? 2 : 1;
            lo = seen0[i + n - 1] > t ? seen0[i + n - 1] - t : 0;
            hi = seen1[i] - t < LLRI_KV_TILE ? seen1[i] - t : LLRI_KV_TILE;
            for (r = i; lo > 0 && r < i + n; r++) {
                int j0 = seen0[r] > t ? seen0[r] - t : 0, j1 = seen1[r] - t < LLRI_KV_TILE ? seen1[r] - t : LLRI_KV_TILE;
                LLRI_K(weigh)(part + r * ld, ld, from + r * LLRI_KV_TILE, v, v_row, dv, j0, j1 < lo ? j1 : lo, 1, read);
            }
            LLRI_K(weigh)(part + i * ld, ld, from + i * LLRI_KV_TILE, v, v_row, dv, lo, hi, n, read);
            if (hi < lo) hi = lo;
            for (r = i; hi < LLRI_KV_TILE && r < i + n; r++) {
                int j0 = seen0[r] - t > hi ? seen0[r] - t : hi, j1 = seen1[r] - t < LLRI_KV_TILE ? seen1[r] - t : LLRI_KV_TILE;
                LLRI_K(weigh)(part + r * ld, ld, from + r * LLRI_KV_TILE, v, v_row, dv, j0, j1, 1, read);
            }
        }
    }
}

/* total += part: softmax sums of different positions */
static LLRI_TARGET void LLRI_K(join)(float *total, const float *part, int dv)
{
    float *m = total + llri_pad16(dv), x, y, top;
    const float *pm = part + llri_pad16(dv);
    int j;
    if (pm[1] == 0.0f) return;                      /* nothing was seen there */
    if (m[1] == 0.0f) { memcpy(total, part, llri_part_floats(dv) * sizeof(float)); return; }
    top = pm[0] > m[0] || pm[0] != pm[0] ? pm[0] : m[0];
    x = LLRI_K(exp1)(m[0] - top);
    y = LLRI_K(exp1)(pm[0] - top);
    for (j = 0; j < dv; j += LLRI_VF) vf_store(total + j, vf_fma(vf_load(part + j), vf_set(y), vf_mul(vf_load(total + j), vf_set(x))));
    m[0] = top;
    m[1] = m[1] * x + pm[1] * y;
}

#endif /* LLRI_OWN_FLOATS */

/* --- the roofline ----------------------------------------------------------------------------------------------------------
 * The fewest instructions that products take in this family of arithmetic, on independent chains of sums that live in
 * registers. What LLRI_HIDE hides is not computed once for all; LLRI_STAY(v): v stays in its register. */
#if defined(__GNUC__)
#  if LLRI_PASS == LLRI_PASS_SCALAR
#    define LLRI_STAY(v) (void)0
#  else
#    define LLRI_STAY(v) LLRI_HIDE(v)
#  endif
enum { LLRI_K(PEAK_CHAINS) = LLRI_PASS == LLRI_PASS_SCALAR ? 2 : LLRI_X64 ? 10 : 4, LLRI_K(PEAK_TIMES) = 5000 };

/* pairs: pair sums that fit in 16 bits (MADDUBS) */
LLRI_WORD int LLRI_K(peak_int)(int pairs)
{
    vi c[LLRI_K(PEAK_CHAINS)], w = vi_set(0x10001), a = w;
    int i, k;
    if (!LLRI_MADDUBS) pairs = 1;
    LLRI_HIDE(w);
    LLRI_UNROLL
    for (i = 0; i < LLRI_K(PEAK_CHAINS); i++) c[i] = vi_set(0);
    for (k = 0; k < LLRI_K(PEAK_TIMES); k++)
        LLRI_UNROLL
        for (i = 0; i < LLRI_K(PEAK_CHAINS); i++) {
            LLRI_HIDE(a);
#  if LLRI_VNNI
            c[i] = vi_dot(c[i], w, a);
#  elif LLRI_MADDWD
            c[i] = vi_add(c[i], vi_madd(w, a));
#  else
            vi p = vs_madd(w, a);
            int j;
            LLRI_UNROLL
            for (j = 1; j < pairs; j++) {
                LLRI_HIDE(a);
                p = vs_add(p, vs_madd(w, a));
            }
            c[i] = vi_add(c[i], vi_madd(p, vs_set(1)));
#  endif
            LLRI_STAY(c[i]);
        }
    LLRI_UNROLL
    for (i = 0; i < LLRI_K(PEAK_CHAINS); i++) { vi used = c[i]; LLRI_HIDE(used); }
    return LLRI_K(PEAK_TIMES) * LLRI_K(PEAK_CHAINS) * pairs * LLRI_QL * LLRI_KL * 2;
}

LLRI_WORD int LLRI_K(peak_float)(int type)
{
    vf c[LLRI_K(PEAK_CHAINS)], w = vf_set(0.75f), a = vf_set(1.25f);
    int i, k;
    LLRI_HIDE(w);
    LLRI_UNROLL
    for (i = 0; i < LLRI_K(PEAK_CHAINS); i++) c[i] = vf_set(0.0f);
    for (k = 0; k < LLRI_K(PEAK_TIMES); k++)
        LLRI_UNROLL
        for (i = 0; i < LLRI_K(PEAK_CHAINS); i++) {
            LLRI_HIDE(a);
            c[i] = LLRI_K(mul_add)(type, w, a, c[i]);
            LLRI_STAY(c[i]);
        }
    LLRI_UNROLL
    for (i = 0; i < LLRI_K(PEAK_CHAINS); i++) { vf used = c[i]; LLRI_HIDE(used); }
    return LLRI_K(PEAK_TIMES) * LLRI_K(PEAK_CHAINS) * LLRI_VF * (type == LLRI_PAIRS ? 4 : 2);
}

static LLRI_TARGET int LLRI_K(peak)(llr_arith arith)
{
    switch (arith) {
    case LLR_ARITH_INT4: return LLRI_K(peak_int)(8);
    case LLR_ARITH_INT6: return LLRI_K(peak_int)(2);
    case LLR_ARITH_INT7: return LLRI_K(peak_int)(1);
    case LLR_ARITH_INT8: return LLRI_K(peak_int)(8) / (LLRI_MADDUBS ? 2 : 1);     /* as two nibbles */
#if LLRI_HAS_PAIRS
    case LLR_ARITH_BF16: return LLRI_K(peak_float)(LLRI_PAIRS);
#endif
    default:             return LLRI_K(peak_float)(LLRI_F32);
    }
}
#undef LLRI_STAY
#else
static int LLRI_K(peak)(llr_arith arith) { (void)arith; return 0; }
#endif

/* --- the table of this tier ---------------------------------------------------------------------------------------------- */
#define LLRI_OPS_TABLE LLRI_K(ops)
/* few_quant: 1 to 3 tokens; 1 to 7 and 9 to 12; 1 to 24 */
static const llri_ops LLRI_OPS_TABLE = {
    LLRI_PASS, LLRI_QL, LLRI_VF, LLRI_KL, (int)sizeof(LLRI_AE), LLRI_QL == 4 ? 0xe : LLRI_QL == 8 ? 0x1efe : 0x1fffffe, LLRI_VF == 4 ? 4 : LLRI_VF == 8 ? 16 : 24,
    { NULL, NULL, LLRI_K(unpack_q4_0), LLRI_K(unpack_q4_1), NULL, NULL, LLRI_K(unpack_q5_0), LLRI_K(unpack_q5_1), LLRI_K(unpack_q8_0), NULL,
      LLRI_K(unpack_q2_K), LLRI_K(unpack_q3_K), LLRI_K(unpack_q4_K), LLRI_K(unpack_q5_K), LLRI_K(unpack_q6_K), NULL,
      LLRI_K(unpack_iq2_xxs), LLRI_K(unpack_iq2_xs), LLRI_K(unpack_iq3_xxs), LLRI_K(unpack_iq1_s), LLRI_K(unpack_iq4_nl), LLRI_K(unpack_iq3_s),
      LLRI_K(unpack_iq2_s), LLRI_K(unpack_iq4_xs), NULL, NULL, NULL, NULL, NULL, LLRI_K(unpack_iq1_m), NULL, NULL, NULL, NULL,
      LLRI_K(unpack_tq1_0), LLRI_K(unpack_tq2_0), NULL, NULL, NULL, LLRI_K(unpack_mxfp4), LLRI_K(unpack_nvfp4), LLRI_K(unpack_q1_0), LLRI_K(unpack_q2_0) },
    LLRI_DIRECTS, LLRI_FORMS(gemv, 31), LLRI_FORMS(gemm, 15),
    LLRI_K(quantize), LLRI_K(columns), LLRI_PAIR, LLRI_FLOAT_K(transpose), LLRI_FLOAT_K(fgemv), LLRI_FLOAT_K(fgemm),
    LLRI_FLOAT_K(spread), LLRI_FLOAT_K(widen), LLRI_FLOAT_K(narrow), LLRI_FLOAT_K(act), LLRI_FLOAT_K(attend), LLRI_FLOAT_K(join), LLRI_K(peak)
};

#undef LLRI_OPS_TABLE
#undef LLRI_FLOAT_K
#undef LLRI_OWN_FLOATS
#undef LLRI_UNROLL
#undef LLRI_HIDE
#undef LLRI_INT
#undef LLRI_AQ
#undef LLRI_FORMS
#undef LLRI_DIRECTS
#undef LLRI_WIDE
#undef LLRI_PUT
#undef LLRI_PUT_SIGNED
#undef LLRI_PUT_TIMES
#undef LLRI_STRIP_Q
#undef LLRI_WE
#undef LLRI_AE
#undef LLRI_BITS_q2_K
#undef LLRI_BITS_q3_K
#undef LLRI_BITS_q4_K
#undef LLRI_BITS_q5_K
#undef LLRI_BITS_q6_K
#undef LLRI_BITS_tq2_0
#undef LLRI_BITS_tq1_0
#undef LLRI_HIGH
#undef LLRI_NIBBLE
#undef LLRI_ROW
#undef half_load
#undef LLRI_KL
#undef LLRI_QL
#undef LLRI_VF
#undef LLRI_MR
#undef LLRI_NV
#undef LLRI_WIDTH
#undef LLRI_TILES
#undef LLRI_VNNI
#undef LLRI_HAS_PAIRS
#undef LLRI_PAIR
#undef LLRI_MADDWD
#undef LLRI_MADDUBS
#undef LLRI_WORD
#undef LLRI_K
#undef LLRI_CAT3
#undef LLRI_CAT3_
#undef vf
#undef vf_set
#undef vf_load
#undef vf_store
#undef vf_stream
#undef vf_add
#undef vf_sub
#undef vf_mul
#undef vf_div
#undef vf_max
#undef vf_min
#undef vf_fma
#undef vf_abs
#undef vf_round
#undef vf_pow2
#undef vf_where_ge
#undef LLRI_GROUPS
#undef vf_lo
#undef vf_hi
#undef vf_shuffle
#undef vi
#undef vi_set
#undef vi_load
#undef vi_add
#undef vi_acc
#undef vi_madd
#undef vi_and
#undef vi_or
#undef vi_shl
#undef vi_shr
#undef vi_sar
#undef vi_float
#undef vi_lo32
#undef vi_hi32
#undef vi_lo64
#undef vi_hi64
#undef vi_dot
#undef vs_madd
#undef vs_add
#undef vs_acc
#undef vs_abs
#undef vs_sign
#undef vs_set
#undef qf
#undef qf_set
#undef qf_load
#undef qf_store
#undef qf_mul
#undef qf_fma
#undef rows
#undef LLRI_APART
#undef rows_load
#undef LLRI_NW
#undef LLRI_TURN
#undef b32
#undef LLRI_W2
#undef w2
#undef w2_of
#undef w2_load
#undef w2_both
#undef w2_nibbles
#undef w2_lookup
#undef w2_store
#undef w2_shr
#undef w2_shl
#undef w2_and
#undef w2_or
#undef w2_flip
#undef w2_times
#undef w2_twice
#undef w2_add
#undef w2_select
#undef w2_set32
#undef w2_digits
#undef w2_interleave8
#undef w2_xor
#undef w2_shl32
#undef w2_ones32
#undef w2_words
#undef w2_odd8
#undef w2_widen8
#undef w2_widen16
#undef w2_pairs
#undef w2_signs
#undef w2_negate
#undef w2_less2
#undef w2_bits
#undef b32_load
#undef b32_store
#undef b32_set
#undef b32_nibbles
#undef b32_shr
#undef b32_shl
#undef b32_and
#undef b32_or
#undef b32_xor
#undef b32_add
#undef b32_sub
#undef b32_bits
#undef b32_lookup
#undef b32_interleave8
#undef b32_digits
#undef b32_twice
#undef b32_set32
#undef b32_shl32
#undef b32_ones32
#undef b32_words
#undef b32_odd8
#undef b32_widen8
#undef b32_widen16
#undef b32_pairs
#undef LLRI_WORDS
#undef LLRI_ABOVE
#undef LLRI_SIGNS
#undef LLRI_SIGNS_AT
#undef LLRI_INDEX
#undef LLRI_GRID8
#undef LLRI_GRID4
#endif /* LLRI_PASS */

#ifndef LLRI_PASS /* ------------- first reading, continued: everything above the kernels ------------- */
/* >>dispatch ---------------------------------------------------------------------------------------------------------
 * The ladder: this file reads itself once per tier, then looks at the machine. A tier is used only if CPUID reports every
 * feature that its functions were compiled with and XGETBV says that the OS saves the registers they use.
 */
#ifndef LLRUN_FILE
#  define LLRUN_FILE "llrun.h"          /* define it if you have renamed the file */
#endif
#ifndef LLRUN_TIERS
#  define LLRUN_TIERS 0xff              /* bit (1 << llr_isa): tiers to build, for quick builds; scalar always is */
#endif
#if !LLRI_X86 || defined(LLRUN_NO_SIMD)
#  define LLRI_BUILD(isa, gcc, clang) 0
#elif defined(__clang__)
#  define LLRI_BUILD(isa, gcc, clang) ((LLRUN_TIERS >> (isa) & 1) && __clang_major__ >= (clang))
#elif defined(__GNUC__)
#  define LLRI_BUILD(isa, gcc, clang) ((LLRUN_TIERS >> (isa) & 1) && __GNUC__ >= (gcc))
#else
#  define LLRI_BUILD(isa, gcc, clang) (defined(_MSC_VER) && (LLRUN_TIERS >> (isa) & 1))
#endif
#define LLRI_HAS_SSE2    LLRI_BUILD(2, 5, 4)
#define LLRI_HAS_SSSE3   LLRI_BUILD(3, 5, 4)
#define LLRI_HAS_AVX     LLRI_BUILD(4, 5, 4)
#define LLRI_HAS_AVX2    LLRI_BUILD(5, 5, 4)
#define LLRI_HAS_AVXVNNI LLRI_BUILD(6, 11, 12)
#define LLRI_HAS_AVX512  LLRI_BUILD(7, 9, 9)

#define LLRI_PASS 1
#define LLRI_ISA scalar
#define LLRI_TARGET
#include LLRUN_FILE
#undef LLRI_PASS
#undef LLRI_ISA
#undef LLRI_TARGET
#if LLRI_HAS_SSE2
#  define LLRI_PASS 2
#  define LLRI_ISA sse2
#  define LLRI_TARGET LLRI_ATTR("sse2")
#  include LLRUN_FILE
#  undef LLRI_PASS
#  undef LLRI_ISA
#  undef LLRI_TARGET
#endif
#if LLRI_HAS_SSSE3
#  define LLRI_PASS 3
#  define LLRI_ISA ssse3
#  define LLRI_TARGET LLRI_ATTR("ssse3")
#  include LLRUN_FILE
#  undef LLRI_PASS
#  undef LLRI_ISA
#  undef LLRI_TARGET
#endif
#if LLRI_HAS_AVX
#  define LLRI_PASS 4
#  define LLRI_ISA avx
#  define LLRI_TARGET LLRI_ATTR("avx")
#  include LLRUN_FILE
#  undef LLRI_PASS
#  undef LLRI_ISA
#  undef LLRI_TARGET
#endif
#if LLRI_HAS_AVX2
#  define LLRI_PASS 5
#  define LLRI_ISA avx2
#  define LLRI_TARGET LLRI_ATTR("avx2,fma,f16c")
#  include LLRUN_FILE
#  undef LLRI_PASS
#  undef LLRI_ISA
#  undef LLRI_TARGET
#endif
#if LLRI_HAS_AVXVNNI
#  define LLRI_PASS 6
#  define LLRI_ISA avxvnni
#  define LLRI_TARGET LLRI_ATTR("avx2,fma,f16c,avxvnni")
#  include LLRUN_FILE
#  undef LLRI_PASS
#  undef LLRI_ISA
#  undef LLRI_TARGET
#endif
#if LLRI_HAS_AVX512
#  define LLRI_PASS 7
#  define LLRI_ISA avx512
#  define LLRI_TARGET LLRI_ATTR("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#  include LLRUN_FILE
#  undef LLRI_PASS
#  undef LLRI_ISA
#  undef LLRI_TARGET
#endif

/* CPU features: name, CPUID leaf (sub-leaf), register (0 = eax ... 3 = edx), bit */
#define LLRI_FEATURE_LIST(X) \
    X(SSE2, "sse2", 1, 0, 3, 26)            X(SSE3, "sse3", 1, 0, 2, 0)             X(SSSE3, "ssse3", 1, 0, 2, 9) \
    X(SSE41, "sse4.1", 1, 0, 2, 19)         X(SSE42, "sse4.2", 1, 0, 2, 20)         X(POPCNT, "popcnt", 1, 0, 2, 23) \
    X(OSXSAVE, "osxsave", 1, 0, 2, 27)      X(AVX, "avx", 1, 0, 2, 28)              X(F16C, "f16c", 1, 0, 2, 29) \
    X(FMA, "fma", 1, 0, 2, 12)              X(BMI1, "bmi1", 7, 0, 1, 3)             X(AVX2, "avx2", 7, 0, 1, 5) \
    X(BMI2, "bmi2", 7, 0, 1, 8)             X(AVX512F, "avx512f", 7, 0, 1, 16)      X(AVX512DQ, "avx512dq", 7, 0, 1, 17) \
    X(AVX512BW, "avx512bw", 7, 0, 1, 30)    X(AVX512VL, "avx512vl", 7, 0, 1, 31)    X(AVX512VNNI, "avx512vnni", 7, 0, 2, 11) \
    X(AVXVNNI, "avxvnni", 7, 1, 0, 4)       X(AVX512BF16, "avx512bf16", 7, 1, 0, 5)
enum {
#define LLRI_F(id, name, leaf, sub, reg, bit) LLRI_F_##id,
    LLRI_FEATURE_LIST(LLRI_F)
#undef LLRI_F
    LLRI_F_COUNT
};
typedef struct llri_feature { const char *name; uint32_t leaf, sub; int reg, bit; } llri_feature;
static const llri_feature llri_features[] = {
#define LLRI_F(id, name, leaf, sub, reg, bit) { name, leaf, sub, reg, bit },
    LLRI_FEATURE_LIST(LLRI_F)
#undef LLRI_F
};
#define LLRI_BIT(id) (1u << LLRI_F_##id)

/* Tiers: name, table (NULL: this build does not have it), features and register state they need */
#define LLRI_NEEDS_AVX  (LLRI_BIT(AVX) | LLRI_BIT(OSXSAVE))
#define LLRI_NEEDS_AVX2 (LLRI_NEEDS_AVX | LLRI_BIT(AVX2) | LLRI_BIT(FMA) | LLRI_BIT(F16C))
typedef struct llri_tier { const char *name; const llri_ops *ops; uint32_t needs; uint64_t xcr0; } llri_tier;
#if LLRI_HAS_SSE2
#  define LLRI_OPS_SSE2 &llri_ops_sse2
#else
#  define LLRI_OPS_SSE2 NULL
#endif
#if LLRI_HAS_SSSE3
#  define LLRI_OPS_SSSE3 &llri_ops_ssse3
#else
#  define LLRI_OPS_SSSE3 NULL
#endif
#if LLRI_HAS_AVX
#  define LLRI_OPS_AVX &llri_ops_avx
#else
#  define LLRI_OPS_AVX NULL
#endif
#if LLRI_HAS_AVX2
#  define LLRI_OPS_AVX2 &llri_ops_avx2
#else
#  define LLRI_OPS_AVX2 NULL
#endif
#if LLRI_HAS_AVXVNNI
#  define LLRI_OPS_AVXVNNI &llri_ops_avxvnni
#else
#  define LLRI_OPS_AVXVNNI NULL
#endif
#if LLRI_HAS_AVX512
#  define LLRI_OPS_AVX512 &llri_ops_avx512
#else
#  define LLRI_OPS_AVX512 NULL
#endif
static const llri_tier llri_tiers[LLR_ISA_COUNT] = {
    { "best",    NULL,             0, 0 },
    { "scalar",  &llri_ops_scalar, 0, 0 },
    { "sse2",    LLRI_OPS_SSE2,    LLRI_BIT(SSE2), 0 },
    { "ssse3",   LLRI_OPS_SSSE3,   LLRI_BIT(SSE2) | LLRI_BIT(SSE3) | LLRI_BIT(SSSE3), 0 },
    { "avx",     LLRI_OPS_AVX,     LLRI_NEEDS_AVX | LLRI_BIT(SSSE3), 6 },
    { "avx2",    LLRI_OPS_AVX2,    LLRI_NEEDS_AVX2, 6 },
    { "avxvnni", LLRI_OPS_AVXVNNI, LLRI_NEEDS_AVX2 | LLRI_BIT(AVXVNNI), 6 },
    { "avx512",  LLRI_OPS_AVX512,  LLRI_NEEDS_AVX2 | LLRI_BIT(AVX512F) | LLRI_BIT(AVX512BW) | LLRI_BIT(AVX512DQ) | LLRI_BIT(AVX512VL) |
                                   LLRI_BIT(AVX512VNNI), 0xe6 }
};

#if LLRI_X86
static int llri_cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])   /* 0: no such leaf, or no CPUID at all */
{
#  ifdef _MSC_VER
    int v[4];
    __cpuid(v, (int)(leaf & 0x80000000u));
    if ((uint32_t)v[0] < leaf) return 0;
    __cpuidex(v, (int)leaf, (int)sub);
    r[0] = (uint32_t)v[0]; r[1] = (uint32_t)v[1]; r[2] = (uint32_t)v[2]; r[3] = (uint32_t)v[3];
    return 1;
#  else
    if ((uint32_t)__get_cpuid_max(leaf & 0x80000000u, NULL) < leaf) return 0;
    __cpuid_count(leaf, sub, r[0], r[1], r[2], r[3]);
    return 1;
#  endif
}
static uint64_t llri_xgetbv(void)       /* only where OSXSAVE is set */
{
#  ifdef _MSC_VER
    return _xgetbv(0);
#  else
    uint32_t lo, hi;
    __asm__ volatile(".byte 0x0f, 0x01, 0xd0" : "=a"(lo), "=d"(hi) : "c"(0));
    return (uint64_t)hi << 32 | lo;
#  endif
}
#endif
static int llri_cpu_has(int feature)    /* CPUID says so; whether the OS saves its registers is asked with the tier */
{
#if LLRI_X86
    const llri_feature *f = &llri_features[feature];
    uint32_t r[4];
    return llri_cpuid(f->leaf, f->sub, r) && r[f->reg] >> f->bit & 1;
#else
    (void)feature;
    return 0;
#endif
}

static void llri_format(char *out, size_t cap, const char *fmt, ...) LLRI_PRINTF(3, 4);
static void llri_format(char *out, size_t cap, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    llri_vformat(out, cap, fmt, args);
    va_end(args);
}

/* First of the features in `missing`; "" if none */
static const char *llri_feature_of(uint32_t missing)
{
    int i;
    for (i = 0; i < LLRI_F_COUNT; i++) if (missing >> i & 1) return llri_features[i].name;
    return "";
}

/* Why a tier cannot run here: 1 and a reason, or 0 */
static int llri_tier_missing(const llr_cpu_info *c, int isa, char *why, size_t cap)
{
    const llri_tier *t = &llri_tiers[isa];
    uint32_t missing = t->needs & ~c->features;
    if (!t->ops) llri_format(why, cap, "%s is not in this build", t->name);
    else if (missing & ~LLRI_BIT(OSXSAVE)) llri_format(why, cap, "%s needs %s, which this CPU does not report", t->name, llri_feature_of(missing & ~LLRI_BIT(OSXSAVE)));
    else if (missing || (c->xcr0 & t->xcr0) != t->xcr0)
        llri_format(why, cap, "the CPU has %s, but the OS has not enabled its registers (XCR0 = 0x%x): in a VM set the CPU type to 'host', remove noxsave", t->name, (unsigned)c->xcr0);
    else return 0;
    return 1;
}

LLR_API void llr_cpu(llr_cpu_info *out)
{
    int i;
    memset(out, 0, sizeof *out);
#if LLRI_X86
    {
        uint32_t r[4];
        for (i = 0; i < LLRI_F_COUNT; i++) if (llri_cpu_has(i)) out->features |= 1u << i;
        if (llri_cpuid(0x80000004u, 0, r))
            for (i = 0; i < 3; i++) {
                llri_cpuid(0x80000002u + (uint32_t)i, 0, r);
                memcpy(out->brand + 16 * i, r, 16);
            }
        if (out->features & LLRI_BIT(OSXSAVE)) out->xcr0 = llri_xgetbv();
    }
#endif
    out->best = LLR_ISA_SCALAR;
    for (i = 1; i < LLR_ISA_COUNT; i++) {
        if (llri_tiers[i].ops) out->built |= 1u << i;
        if (!llri_tier_missing(out, i, out->why, sizeof out->why)) {
            out->usable |= 1u << i;
            out->best = (llr_isa)i;
        }
    }
    for (i = LLR_ISA_COUNT - 1; i > (int)out->best; i--)    /* the reason for the next one up */
        llri_tier_missing(out, i, out->why, sizeof out->why);
    if (out->best == LLR_ISA_COUNT - 1) out->why[0] = 0;
}

LLR_API const char *llr_cpu_feature_name(int i) { return i >= 0 && i < LLRI_F_COUNT ? llri_features[i].name : NULL; }
LLR_API const char *llr_isa_name(llr_isa isa) { return (int)isa >= 0 && (int)isa < LLR_ISA_COUNT ? llri_tiers[isa].name : NULL; }
LLR_API llr_isa llr_isa_from_name(const char *name)
{
    int i;
    for (i = 0; i < LLR_ISA_COUNT; i++) if (strcmp(name, llri_tiers[i].name) == 0) return (llr_isa)i;
    return LLR_ISA_COUNT;
}

/* The kernels to use: the best ones, or exactly those asked for */
static llr_status llri_isa_choose(const llr_options *opt, llr_isa *out, llr_error *err)
{
    llr_cpu_info c;
    char why[160];
    llr_isa isa = opt ? opt->isa : LLR_ISA_BEST;
    llr_cpu(&c);
    if ((int)isa < 0 || isa >= LLR_ISA_COUNT) return llri_fail(err, LLR_E_ARG, "no kernel tier has number %d", (int)isa);
    if (isa == LLR_ISA_BEST) isa = c.best;
    if (llri_tier_missing(&c, isa, why, sizeof why)) return llri_fail(err, LLR_E_CPU, "%s; the best usable tier is %s", why, llri_tiers[c.best].name);
    *out = isa;
    return LLR_OK;
}
static const llri_ops *llri_ops_get(llr_isa isa) { return llri_tiers[isa].ops; }
static int llri_has_pairs(const llri_ops *ops) { return ops->pair && llri_cpu_has(LLRI_F_AVX512BF16); }     /* LLRI_PAIRS can be used */

/* Lines that the kernels for few tokens ask for long before their use go to the first cache on Zen 5 and what AMD made later. On
 * others they go to the second, as few can be under way to the first. (q8_0, two threads: with the first Zen 5 1.15 x, Emerald
 * Rapids 1 / 1.11 x, Zen 4 1 / 1.3 x.) */
static int llri_is_zen5(void)           /* family 0x1A */
{
#if LLRI_X86
    uint32_t id[4], r[4];
    return llri_cpuid(1, 0, id) && llri_cpuid(0, 0, r) && r[1] == 0x68747541 && r[3] == 0x69746e65 && r[2] == 0x444d4163 &&    /* "AuthenticAMD" */
           (id[0] >> 8 & 15) + (id[0] >> 20 & 255) >= 0x1A;
#else
    return 0;
#endif
}

/* >>pool --------------------------------------------------------------------------------------------------------------
 * A team of threads that sessions share. One parallel region at a time: each thread takes chunks from its own share, from one
 * end to the other, since memory is read faster in one piece; and then those that others have left, because cores are not
 * equally fast, so results must not depend on who does which chunk. Regions follow each other within
 * microseconds while a model runs, so workers wait spinning for a short time and then sleep: nothing runs when nothing is
 * evaluated. Workers never call code of the user and never allocate.
 *
 * `epoch` is odd while a region is open. A worker that sees a new odd one raises `active`, looks at epoch again, and takes
 * chunks only if it is still odd; the caller closes the region when no chunk is left and waits for `active` to become 0.
 * So a worker that comes late, or that the system has put aside, delays nobody. All of these are sequentially consistent:
 * of two threads that each write one variable and then read the other's, at least one sees the write.
 */
typedef void (*llri_task)(void *arg, int chunk, int thread);

enum { LLRI_MAX_THREADS = 512, LLRI_SPIN_ROUNDS = 4000 };

typedef struct llri_worker { llri_thread thread; llr_pool *pool; int index; } llri_worker;    /* index: 1 .. n_workers */

struct llr_pool {
    volatile int32_t epoch;                 /* apart from the next two: each is polled or hit by all threads */
    char pad0[124];
    volatile int32_t active;                /* workers inside a region */
    char pad1[124];
    volatile int32_t next[LLRI_MAX_THREADS];        /* chunk to hand out, of each thread's share */
    volatile int32_t sleepers, waiting;     /* workers, and the caller, that need to be woken */
    int n_chunks;
    llri_task fn;
    void *arg;
    volatile int32_t stop;
    int spin;                               /* rounds of waiting before sleep */
    llri_mutex mutex;                       /* for the two conditions */
    llri_cond wake, done;
    llri_mutex user;                        /* llri_pool_lock */
    llr_allocator mem;
    llri_worker *workers;                   /* [n_wanted] */
    int n_workers, n_wanted;                /* threads besides the caller; entries of `workers` */
};

/* Threads that take part, the caller included. */
static int llri_pool_size(const llr_pool *p) { return p ? p->n_workers + 1 : 1; }

/* Where the share of a thread begins, and that of the one before ends */
static int32_t llri_pool_share(const llr_pool *p, int thread) { return (int32_t)((int64_t)p->n_chunks * thread / llri_pool_size(p)); }

static void llri_pool_work(llr_pool *p, int thread) {
    int size = llri_pool_size(p), k;
    for (k = 0; k < size; k++) {
        int owner = (thread + k) % size;
        int32_t end = llri_pool_share(p, owner + 1), chunk;
        while (llri_atomic_load(&p->next[owner]) < end && (chunk = llri_atomic_add(&p->next[owner], 1)) < end) p->fn(p->arg, chunk, thread);
    }
}

/* Waits for an open region other than `seen`; returns its epoch. */
static int32_t llri_pool_wait(llr_pool *p, int32_t seen) {
    int i;
    int32_t now;
    for (i = 0; i < p->spin; i++) {
        now = llri_atomic_load(&p->epoch);
        if (now != seen && (now & 1)) return now;
        llri_cpu_relax();
    }
    llri_mutex_lock(&p->mutex);
    (void)llri_atomic_add(&p->sleepers, 1);
    for (;;) {
        now = llri_atomic_load(&p->epoch);
        if (now != seen && (now & 1)) break;
        llri_cond_wait(&p->wake, &p->mutex);
    }
    (void)llri_atomic_add(&p->sleepers, -1);
    llri_mutex_unlock(&p->mutex);
    return now;
}

static void llri_pool_wake(llr_pool *p, llri_cond *c) {
    llri_mutex_lock(&p->mutex);
    llri_cond_broadcast(c);
    llri_mutex_unlock(&p->mutex);
}

/* Opens a region. */
static void llri_pool_publish(llr_pool *p) {
    (void)llri_atomic_add(&p->epoch, 1);
    if (llri_atomic_load(&p->sleepers)) llri_pool_wake(p, &p->wake);
}

static void llri_worker_main(void *arg) {
    llri_worker *w = (llri_worker *)arg;
    llr_pool *p = w->pool;
    int32_t seen = 0;
    for (;;) {
        int32_t now = llri_pool_wait(p, seen), stop;
        (void)llri_atomic_add(&p->active, 1);
        now = llri_atomic_load(&p->epoch);
        stop = llri_atomic_load(&p->stop);          /* after the epoch: no other follows the last, which must not be waited past */
        if ((now & 1) && !stop) {
            llri_pool_work(p, w->index);
            seen = now;
        }
        if (llri_atomic_add(&p->active, -1) == 1 && llri_atomic_load(&p->waiting)) llri_pool_wake(p, &p->done);
        if (stop) return;
    }
}

/* Closes a region when all chunks are handed out, and waits for the workers that are still at theirs. */
static void llri_pool_close(llr_pool *p) {
    int i;
    (void)llri_atomic_add(&p->epoch, 1);
    for (i = 0; i < p->spin; i++) {
        if (llri_atomic_load(&p->active) == 0) return;
        llri_cpu_relax();
    }
    llri_atomic_store(&p->waiting, 1);
    llri_mutex_lock(&p->mutex);
    while (llri_atomic_load(&p->active) != 0) llri_cond_wait(&p->done, &p->mutex);
    llri_mutex_unlock(&p->mutex);
    llri_atomic_store(&p->waiting, 0);
}

/* Runs fn(arg, chunk, thread) for every chunk 0 .. n_chunks-1 (at most 2^30 of them), thread 0 .. size-1 (the caller is 0);
 * returns when all are done. Not from inside fn, and not from two threads at once (llri_pool_lock). p NULL: all on the caller. */
static void llri_pool_run(llr_pool *p, int n_chunks, llri_task fn, void *arg) {
    int i;
    if (!p || p->n_workers == 0 || n_chunks <= 1) {
        for (i = 0; i < n_chunks; i++) fn(arg, i, 0);
        return;
    }
    p->fn = fn;
    p->arg = arg;
    p->n_chunks = n_chunks;
    for (i = 0; i <= p->n_workers; i++) llri_atomic_store(&p->next[i], llri_pool_share(p, i));
    llri_pool_publish(p);
    llri_pool_work(p, 0);
    llri_pool_close(p);
}

/* One evaluation at a time: others wait here. p may be NULL. */
static void llri_pool_lock(llr_pool *p) { if (p) llri_mutex_lock(&p->user); }
static void llri_pool_unlock(llr_pool *p) { if (p) llri_mutex_unlock(&p->user); }

/* --- how many threads --- */
#if defined(__linux__)
/* Lowers *ctx to the CPUs that a quota allows, rounded up: half a CPU still needs a thread. */
static void llri_cgroup_cpus(void *ctx, const char *folder, int v2) {
    int *best = (int *)ctx;
    uint64_t quota, period, n;
    char text[64];
    if (v2) {                               /* "max 100000" or "150000 100000" */
        const char *second;
        if (!llri_sys_text(folder, "cpu.max", text, sizeof text)) return;
        second = strchr(text, ' ');
        quota = llri_sys_number(text);
        period = second ? llri_sys_number(second) : UINT64_MAX;
    } else {                                /* -1 for none, which is no number here */
        quota = llri_cgroup_number(folder, "cpu.cfs_quota_us");
        period = llri_cgroup_number(folder, "cpu.cfs_period_us");
    }
    if (quota == UINT64_MAX || period == UINT64_MAX || period == 0) return;
    n = quota / period + (quota % period != 0);
    if (n < 1) n = 1;
    if (n < (uint64_t)*best) *best = (int)n;
}
#endif

#if defined(__linux__) && defined(CPU_ISSET)
/* 1 if cpu is the first of the hardware threads of its core; 1 too if the system does not say. `allowed` tells which count. */
static int llri_is_first_sibling(const llri_roots *r, int cpu, int (*allowed)(const void *, int), const void *mask) {
    char name[128], text[256];
    const char *s = text;
    (void)snprintf(name, sizeof name, "devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    if (!llri_sys_text(r->sys, name, text, sizeof text)) return 1;
    while (*s >= '0' && *s <= '9') {        /* "0,4" or "0-1" */
        uint64_t a = llri_sys_number(s), b = a;
        s += llri_digits(s);
        if (*s == '-') {
            b = llri_sys_number(++s);
            s += llri_digits(s);
        }
        for (; a <= b && a < (uint64_t)cpu; a++)
            if (allowed(mask, (int)a)) return 0;
        if (*s == ',') s++;
    }
    return 1;
}
static int llri_in_mask(const void *mask, int cpu) { return cpu < CPU_SETSIZE && CPU_ISSET(cpu, (const cpu_set_t *)mask); }

/* CPUs of the affinity mask, and on how many physical cores they are; 0: unknown. */
static int llri_affinity(const llr_options *opt, int *cores) {
    llri_roots r = llri_opt_roots(opt);
    cpu_set_t mask;
    int cpu, n = 0;
    *cores = 0;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 0;
    for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!llri_in_mask(&mask, cpu)) continue;
        n++;
        *cores += llri_is_first_sibling(&r, cpu, llri_in_mask, &mask);
    }
    return n;
}
#elif LLRI_WINDOWS
/* CPUs of the affinity mask (of this processor group: up to 64), and on how many physical cores they are; 0: unknown. */
static int llri_affinity(const llr_options *opt, int *cores) {
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION info[512];
    DWORD bytes = sizeof info, i;
    DWORD_PTR mine = 0, all = 0;
    int n = 0;
    (void)opt;
    *cores = 0;
    if (!GetProcessAffinityMask(GetCurrentProcess(), &mine, &all)) return 0;
    for (all = mine; all; all &= all - 1) n++;
    if (!GetLogicalProcessorInformation(info, &bytes)) return n;
    for (i = 0; i < bytes / sizeof info[0]; i++)
        if (info[i].Relationship == RelationProcessorCore && (info[i].ProcessorMask & mine)) *cores += 1;
    return n;
}
#else
static int llri_affinity(const llr_options *opt, int *cores) { (void)opt; return *cores = 0; }
#endif

/* CPUs that this process may keep busy, or physical cores if `cores`; at least 1. */
static int llri_cpus_allowed(const llr_options *opt, int cores) {
    int n_cores, n = llri_affinity(opt, &n_cores);
    if (cores && n_cores > 0) n = n_cores;
#if defined(_SC_NPROCESSORS_ONLN)
    if (n < 1) n = (int)sysconf(_SC_NPROCESSORS_ONLN);
#endif
#if defined(__linux__)
    {
        llri_roots r = llri_opt_roots(opt);
        llri_cgroup_walk(&r, "cpu", llri_cgroup_cpus, &n);
    }
#endif
    return n < 1 ? 1 : n > LLRI_MAX_THREADS ? (int)LLRI_MAX_THREADS : n;
}

LLR_API int llr_threads_default(void) { return llri_cpus_allowed(NULL, 1); }

/* --- making and freeing --- */
LLR_API int llr_pool_threads(const llr_pool *p) { return llri_pool_size(p); }

LLR_API void llr_pool_free(llr_pool *p) {
    llr_allocator mem;
    int i;
    if (!p) return;
    mem = p->mem;
    llri_atomic_store(&p->stop, 1);
    llri_pool_publish(p);
    for (i = 0; i < p->n_workers; i++) llri_thread_join(&p->workers[i].thread);
    llri_cond_free(&p->wake);
    llri_cond_free(&p->done);
    llri_mutex_free(&p->mutex);
    llri_mutex_free(&p->user);
    llri_free(&mem, p->workers, (size_t)p->n_wanted * sizeof *p->workers);
    llri_free(&mem, p, sizeof *p);
}

/* Mutexes and conditions of a pool; 0: the system has none left. */
static int llri_pool_init_locks(llr_pool *p) {
    int n = 0;
    if (llri_mutex_init(&p->mutex)) n = 1;
    if (n == 1 && llri_mutex_init(&p->user)) n = 2;
    if (n == 2 && llri_cond_init(&p->wake)) n = 3;
    if (n == 3 && llri_cond_init(&p->done)) return 1;
    if (n > 2) llri_cond_free(&p->wake);
    if (n > 1) llri_mutex_free(&p->user);
    if (n > 0) llri_mutex_free(&p->mutex);
    return 0;
}

/* Threads that the system refuses are missing afterwards, with a warning: the rest does the work. */
LLR_API llr_status llr_pool_new(llr_pool **out, int n_threads, const llr_options *opt, llr_error *err) {
    const llr_allocator *mem = llri_opt_mem(opt);
    llr_pool *p;
    if (!out) return llri_fail(err, LLR_E_ARG, "llr_pool_new: out must not be NULL");
    if (n_threads < 0 || n_threads > LLRI_MAX_THREADS)
        return llri_fail(err, LLR_E_ARG, "%d threads; 1 to %d are possible, 0 chooses", n_threads, (int)LLRI_MAX_THREADS);
    if (n_threads == 0) n_threads = llri_cpus_allowed(opt, 1);
    if (!LLRI_ATOMICS) n_threads = 1;
    p = (llr_pool *)llri_calloc(mem, sizeof *p, 128);
    if (!p) return llri_nomem(err, "a thread pool", sizeof *p);
    p->mem = *mem;
    p->n_wanted = n_threads;
    p->workers = (llri_worker *)llri_calloc(mem, (size_t)n_threads * sizeof *p->workers, 16);
    if (!p->workers || !llri_pool_init_locks(p)) {
        llri_free(mem, p->workers, (size_t)n_threads * sizeof *p->workers);
        llri_free(mem, p, sizeof *p);
        return llri_nomem(err, "the threads of a pool", (size_t)n_threads * sizeof *p->workers);
    }
    p->spin = n_threads <= llri_cpus_allowed(opt, 0) ? LLRI_SPIN_ROUNDS : 0;
    for (p->n_workers = 0; p->n_workers < n_threads - 1; p->n_workers++) {
        llri_worker *w = &p->workers[p->n_workers];
        w->pool = p;
        w->index = p->n_workers + 1;
        if (!llri_thread_start(&w->thread, llri_worker_main, w)) {
            llri_log(opt, LLR_LOG_WARN, "the system refused thread %d of %d (a limit on processes or memory?); continuing with %d",
                     w->index + 1, n_threads, w->index);
            break;
        }
    }
    *out = p;
    return LLR_OK;
}

/* --- rooflines --- */
LLR_API llr_arith llr_type_arith(uint32_t type) {
    const llri_quant_row *q = llri_quant(type);
    if (!q) return type == LLRI_BF16 ? LLR_ARITH_BF16 : LLR_ARITH_FLOAT;
    if (q->form == LLRI_FORM_SIGNED) return LLR_ARITH_INT8;
    if (q->form == LLRI_FORM_PLAIN127 || q->form == LLRI_FORM_SUB127) return LLR_ARITH_INT7;
    return q->form == LLRI_FORM_PLAIN15 || q->form == LLRI_FORM_MIN15 || type == LLRI_Q2_K || type == LLRI_Q3_K ? LLR_ARITH_INT4 : LLR_ARITH_INT6;
}

typedef struct llri_peak { const llri_ops *ops; llr_arith arith; } llri_peak;

static void llri_peak_round(void *arg, int chunk, int thread) {
    const llri_peak *p = (const llri_peak *)arg;
    (void)chunk; (void)thread;
    (void)p->ops->peak(p->arith);
}

LLR_API llr_status llr_peak_run(double *n_ops, llr_isa isa, llr_arith arith, int rounds, llr_pool *pool, llr_error *err) {
    llr_options opt;
    llri_peak p;
    llr_status st;
    memset(&opt, 0, sizeof opt);
    opt.isa = isa;
    st = llri_isa_choose(&opt, &isa, err);
    if (st) return st;
    if (!n_ops || (int)arith < 0 || arith >= LLR_ARITH_COUNT || rounds < 0 || rounds > 1 << 30)
        return llri_fail(err, LLR_E_ARG, "llr_peak_run: n_ops must not be NULL, arith is %d of %d, rounds %d of at most 2^30", (int)arith, (int)LLR_ARITH_COUNT, rounds);
    p.ops = llri_ops_get(isa);
    p.arith = arith == LLR_ARITH_BF16 && !llri_has_pairs(p.ops) ? LLR_ARITH_FLOAT : arith;
    llri_pool_lock(pool);
    llri_pool_run(pool, rounds, llri_peak_round, &p);
    llri_pool_unlock(pool);
    *n_ops = (double)rounds * p.ops->peak(p.arith);
    return LLR_OK;
}

/* >>gpu --------------------------------------------------------------------------------------------------------------
 * A GPU is a bonus: its kernels are in a library that is loaded when somebody asks, and everything that can go wrong with
 * libraries, drivers and devices ends in a sentence and LLR_E_DEVICE. See >>table for what the library offers.
 */
struct llr_gpu {
    llr_options opt;
    const llri_gpu_table *t;
    void *device;
    llr_gpu_info info;
    volatile int32_t failed;                /* in an evaluation: no session uses it any more */
};

static llr_status llri_gpu_fail(llr_error *err, const char *why) { return llri_fail(err, LLR_E_DEVICE, "%s", why); }

LLR_API llr_status llr_gpu_open(llr_gpu **out, const char *path, const char *device, const llr_options *opt, llr_error *err)
{
    const llri_book books[LLRI_BOOKS] = {
        { llri_grid_iq2xxs, sizeof llri_grid_iq2xxs }, { llri_grid_iq2xs, sizeof llri_grid_iq2xs }, { llri_grid_iq2s, sizeof llri_grid_iq2s },
        { llri_grid_iq3xxs, sizeof llri_grid_iq3xxs }, { llri_grid_iq3s, sizeof llri_grid_iq3s }, { llri_grid_iq1s, sizeof llri_grid_iq1s }
    };
    llri_gpu_library library;
    const llri_gpu_table *t;
    void (*function)(void);
    llr_gpu *g;
    char why[400] = "";
    if (!out || !path) return llri_fail(err, LLR_E_ARG, "llr_gpu_open: no %s", out ? "path" : "place for the result");
    if (LLRI_BIG_ENDIAN) return llri_gpu_fail(err, "the kernels for GPUs are for little-endian machines");
    function = llri_library_function(path, "llrun_gpu", why, sizeof why);
    if (!function) return llri_fail(err, LLR_E_DEVICE, "%s: %s", path, why);
    memcpy((void *)&library, (void *)&function, sizeof library);
    t = library();
    if (!t || t->abi != LLRI_GPU_ABI || t->sizes != LLRI_GPU_SIZES)
        return llri_fail(err, LLR_E_DEVICE, "%s has interface %lu.%08lx, and this program needs %d.%08lx: build both from the same source", path,
                         t ? (unsigned long)t->abi : 0ul, t ? (unsigned long)t->sizes : 0ul, LLRI_GPU_ABI, (unsigned long)LLRI_GPU_SIZES);
    g = (llr_gpu *)llri_calloc(llri_opt_mem(opt), sizeof *g, 64);
    if (!g) return llri_nomem(err, "a GPU", sizeof *g);
    if (opt) g->opt = *opt;
    g->t = t;
    if (t->open(&g->device, device, books, &g->info, why, sizeof why)) {
        llri_free(&g->opt.mem, g, sizeof *g);
        return llri_gpu_fail(err, why);
    }
    *out = g;
    return LLR_OK;
}

LLR_API void llr_gpu_close(llr_gpu *g)
{
    llr_allocator mem;
    if (!g) return;
    g->t->close(g->device);
    mem = g->opt.mem;
    llri_free(&mem, g, sizeof *g);
}

LLR_API void llr_gpu_describe(const llr_gpu *g, llr_gpu_info *out) { *out = g->info; }

/* >>ops --------------------------------------------------------------------------------------------------------------
 * What a layer is made of: matrix products, norms, rotary positions, activations, attention. Each is one parallel region
 * over independent pieces; which thread does which piece never changes a result. Where the exec is one of a GPU, its library
 * does the step on its memory.
 */
enum { LLRI_PREPARED_NOT, LLRI_PREPARED_ROWS, LLRI_PREPARED_COLUMNS, LLRI_PREPARED_FLOATS, LLRI_PREPARED_PAIR_ROWS, LLRI_PREPARED_PAIRS };

typedef struct llri_exec {
    const llri_ops *ops;
    const llri_gpu_table *gpu; void *stream;    /* NULL: the CPU */
    llr_pool *pool;
    int exact, pairs, to_first;                 /* pairs: see llri_has_pairs; to_first: see llri_is_zen5 */
    const float *x; int64_t ldx, n_in; int n;   /* the current input: n rows of n_in */
    int prepared;                               /* what `act` holds of it */
    uint8_t *act; size_t act_bytes; float *scale; int32_t *sum;   /* activations as in llri_quants, or packed floats or pairs */
    uint8_t *thread; size_t thread_bytes;       /* work of thread i at thread + i * thread_bytes */
} llri_exec;

/* Work of one thread: what a matrix product (packing activations needs less) and attention need, whichever is more. */
typedef struct llri_matmul_work { llri_strip *strip; float *wide, *acc; } llri_matmul_work;
static size_t llri_align64(size_t n) { return (n + 63) & ~(size_t)63; }
static size_t llri_thread_bytes(const llri_ops *ops, int max_rows, int max_head_dim)
{
    size_t rows = ((size_t)max_rows + (size_t)ops->vf) & ~((size_t)ops->vf - 1);
    size_t matmul = llri_align64(sizeof(llri_strip)) + sizeof(float) * LLRI_STRIP_ROWS * (LLRI_FLOATS + 2 * LLRI_STRIPS * rows);
    size_t attend = sizeof(float) * llri_attend_floats(LLRI_ATTEND_QUERIES, max_head_dim, max_head_dim);
    return llri_align64(matmul > attend ? matmul : attend);
}

/* Sizes of the parts of exec's memory; the caller has bounded the factors, so that the products fit in 64 bits */
static size_t llri_exec_layout(llri_exec *e, const llri_ops *ops, int64_t max_in, int64_t max_float_in, int max_rows, int n_threads, int max_head_dim, uint8_t *base)
{
    uint64_t rows = ((uint64_t)max_rows + (uint64_t)ops->vf) & ~((uint64_t)ops->vf - 1);        /* whole vectors of tokens */
    uint64_t slices = ((uint64_t)max_in + LLRI_SLICE - 1) / LLRI_SLICE, float_slices = ((uint64_t)max_float_in + LLRI_FLOATS - 1) / LLRI_FLOATS;
    uint64_t quants = slices * LLRI_SLICE * (uint64_t)ops->act_bytes, floats = float_slices * LLRI_FLOATS * sizeof(float);    /* bytes per row */
    uint64_t act = rows * (quants > floats ? quants : floats) + 64, scale = rows * slices * (LLRI_SLICE / 32) * 4 + 64, at = 0, thread;
    thread = llri_thread_bytes(ops, max_rows, max_head_dim);
    e->act_bytes = (size_t)act;
#define LLRI_PART(ptr, type, bytes) do { if (base) ptr = (type *)(void *)(base + at); at += ((bytes) + 63) & ~(uint64_t)63; } while (0)
    LLRI_PART(e->act, uint8_t, act);
    LLRI_PART(e->scale, float, scale);
    LLRI_PART(e->sum, int32_t, scale);
    LLRI_PART(e->thread, uint8_t, thread * (uint64_t)n_threads);
#undef LLRI_PART
    e->thread_bytes = (size_t)thread;
    return at > SIZE_MAX / 2 ? 0 : (size_t)at;
}
/* Bytes of work memory for inputs of at most max_rows tokens by max_in, of which matrices of floats (all, if exact) read at
 * most max_float_in; 0 if absurd */
static size_t llri_exec_bytes(const llri_ops *ops, int64_t max_in, int64_t max_float_in, int max_rows, int n_threads, int max_head_dim)
{
    llri_exec e;
    if (max_in < 1 || max_in > (1 << 28) || max_rows < 1 || max_rows > (1 << 20) || max_head_dim > (1 << 20)) return 0;
    return llri_exec_layout(&e, ops, max_in, max_float_in, max_rows, n_threads, max_head_dim, NULL);
}
static void llri_exec_init(llri_exec *e, const llri_ops *ops, llr_pool *pool, int exact, void *work, int64_t max_in, int64_t max_float_in, int max_rows, int max_head_dim)
{
    memset(e, 0, sizeof *e);
    e->ops = ops;
    e->pool = pool;
    e->exact = exact;
    e->pairs = !exact && llri_has_pairs(ops);
    e->to_first = llri_is_zen5();
    llri_exec_layout(e, ops, max_in, max_float_in, max_rows, llri_pool_size(pool), max_head_dim, (uint8_t *)work);
}

/* Declares n rows x[t * ldx ...] of n_in values as the input of the products that follow; they must stay as they are. They
 * are quantised once, by the first product that needs it. */
static void llri_exec_input(llri_exec *e, const float *x, int64_t ldx, int n, int64_t n_in)
{
    e->x = x;
    e->ldx = ldx;
    e->n = n;
    e->n_in = n_in;
    e->prepared = LLRI_PREPARED_NOT;
    if (e->gpu) e->gpu->input(e->stream, x, ldx, n, n_in);
}

/* A chunk: one token (rows) or one vector of tokens (columns, floats, pairs). Missing tokens of the last vector are zero
 * (columns), or the last one again (floats, pairs). */
static void llri_prepare_chunk(void *arg, int chunk, int thread)
{
    llri_exec *e = (llri_exec *)arg;
    const llri_ops *ops = e->ops;
    const size_t groups = (size_t)e->n_in / 32, row = (size_t)e->n_in * (size_t)ops->act_bytes;
    const int ql = ops->ql;
    size_t k;
    int lane;
    if (e->prepared == LLRI_PREPARED_ROWS) {
        ops->quantize(e->x + chunk * e->ldx, (int)groups, e->act + (size_t)chunk * row, e->scale + (size_t)chunk * groups, e->sum + (size_t)chunk * groups);
    } else if (e->prepared == LLRI_PREPARED_COLUMNS) {
        const size_t slice = LLRI_SLICE * (size_t)ops->act_bytes, n_vec = (size_t)(e->n + ql - 1) / (size_t)ql;
        uint8_t *q = e->thread + (size_t)thread * e->thread_bytes;      /* [ql][slice] */
        float *scale = (float *)(void *)(q + (size_t)ql * slice);       /* [ql][8] */
        int32_t *sum = (int32_t *)(void *)(scale + ql * 8);
        memset(q, 0, (size_t)ql * (slice + 64));
        for (k = 0; k < groups; k += 8) {
            const int n = groups - k < 8 ? (int)(groups - k) : 8;
            const size_t at = (k / 8 * n_vec + (size_t)chunk) * (size_t)ql;
            for (lane = 0; lane < ql && chunk * ql + lane < e->n; lane++)
                ops->quantize(e->x + (chunk * ql + lane) * e->ldx + (int64_t)k * 32, n, q + (size_t)lane * slice, scale + lane * 8, sum + lane * 8);
            ops->columns(q, slice, n * 8 * ops->act_bytes, e->act + at * slice);
            ops->columns(scale, 32, n, e->scale + at * 8);
            ops->columns(sum, 32, n, e->sum + at * 8);
        }
    } else if (e->prepared == LLRI_PREPARED_PAIR_ROWS) {
        ops->pair(e->x + chunk * e->ldx, (int)e->n_in, e->act + (size_t)chunk * (size_t)e->n_in * 2);
    } else {
        const int pairs = e->prepared == LLRI_PREPARED_PAIRS;
        const size_t n_k = (size_t)e->n_in >> pairs;
        const uint8_t *token[LLRI_STRIP_ROWS];
        size_t vf = (size_t)ops->vf, n_vec = ((size_t)e->n + vf - 1) / vf;
        for (k = 0; k < n_k; k += LLRI_FLOATS) {
            const int n = (int)(n_k - k < LLRI_FLOATS ? n_k - k : LLRI_FLOATS);
            for (lane = 0; lane < ops->vf; lane++) {
                const float *x = e->x + (chunk * ops->vf + lane < e->n ? chunk * ops->vf + lane : e->n - 1) * e->ldx + (int64_t)(k << pairs);
                uint8_t *rounded = e->thread + (size_t)thread * e->thread_bytes + (size_t)lane * LLRI_FLOATS * 4;
                if (pairs) ops->pair(x, 2 * n, rounded);
                token[lane] = pairs ? rounded : (const uint8_t *)x;
            }
            ops->transpose(token, n, (float *)(void *)e->act + (k * n_vec + (size_t)chunk * LLRI_FLOATS) * vf);
        }
    }
}
static void llri_prepare(llri_exec *e, int form)
{
    int lanes = form == LLRI_PREPARED_ROWS || form == LLRI_PREPARED_PAIR_ROWS ? 1 : form == LLRI_PREPARED_COLUMNS ? e->ops->ql : e->ops->vf;
    if (e->prepared == form) return;
    e->prepared = form;
    llri_pool_run(e->pool, (e->n + lanes - 1) / lanes, llri_prepare_chunk, e);
}

/* y[t * ldy + r] = sum over k of w[r][k] x[t][k], + bias[r], for the current input. y must not overlap it. */
typedef struct llri_product {
    const llri_mat *w;
    const float *bias;              /* or NULL */
    float *y; int64_t ldy;
    /* set by llri_matmul and llri_matmul_act */
    const struct llri_product *up;  /* y = act(this) * up, for as many rows; NULL: y as it is */
    int act; const float *act_p;
    llri_exec *e;
    const llri_quant_row *quant;    /* NULL: float kernels */
    int few, pairs, form, ahead, strips_per_chunk, first_chunk;      /* ahead: rows after which the one lies that is asked for, if few */
    size_t slice;                   /* bytes of a slice of a row */
} llri_product;
typedef struct llri_products { const llri_product *p; int n; } llri_products;       /* of one region */

static int llri_float_there(uint32_t type) { return !LLRI_BIG_ENDIAN && (type == LLRI_F32 || type == LLRI_F16 || type == LLRI_BF16); }

/* 16 rows of n_k columns of w: where they lie if that can be, else as floats in t->wide. Returns the type of what `row` points to. */
static int llri_float_rows(const llri_product *p, const llri_matmul_work *t, const uint8_t *w, int rows, size_t skip, int n_k, const uint8_t **row)
{
    int type = (int)p->w->type, there = llri_float_there(p->w->type), r;
    for (r = 0; r < LLRI_STRIP_ROWS; r++) {
        const uint8_t *src = w + (size_t)r * p->w->row_bytes + skip;
        float *dst = t->wide + r * LLRI_FLOATS;
        row[r] = r >= rows ? row[rows - 1] : there ? src : (const uint8_t *)dst;
        if (r < rows && !there) llri_dequant(p->w->type, src, dst, (size_t)n_k);
    }
    return there ? type : LLRI_F32;
}

/* The first slices of 16 rows */
static llri_wanted llri_rows_wanted(const llri_product *p, int64_t row)
{
    llri_wanted w;
    w.at = (uintptr_t)p->w->data + (size_t)row * p->w->row_bytes;
    w.stride = p->w->row_bytes;
    w.bytes = p->slice < w.stride ? p->slice : w.stride;
    return w;
}

/* Sums of rows of w over the whole input: for few tokens of 16 rows, acc [n][16]; else of up to LLRI_STRIPS strips, acc [rows]
 * [vectors * lanes]. `then`: the rows that this thread will want next; with few tokens p->ahead of those that it has now. */
static void llri_product_strips(const llri_product *p, const llri_matmul_work *t, const uint8_t *w, int n_rows, const llri_wanted *then)
{
    const llri_exec *e = p->e;
    const llri_ops *ops = e->ops;
    const int lanes = p->quant ? ops->ql : ops->vf, n_vec = (e->n + lanes - 1) / lanes, n_strips = (n_rows + LLRI_STRIP_ROWS - 1) / LLRI_STRIP_ROWS;
    const size_t acc_floats = LLRI_STRIP_ROWS * (size_t)(p->few ? e->n : n_vec * lanes);        /* of a strip */
    const int64_t n_in = e->n_in >> p->pairs;
    const size_t slice = p->slice;
    size_t skip = 0;                                                /* where slice k of a row begins */
    const int direct = p->quant && p->few && n_rows == LLRI_STRIP_ROWS && ops->direct[p->w->type] != NULL;
    const int there = p->quant ? direct : p->few && llri_float_there(p->w->type);
    const int columns = p->quant ? LLRI_SLICE : LLRI_FLOATS;        /* of a slice */
    const int64_t step = there ? 1 << 20 : columns;                 /* what is read where it lies is read whole, or 2^20 columns */
    const llri_wanted nothing = { 0, 0, 0 };
    int64_t k;
    int b, r;
    memset(t->acc, 0, sizeof(float) * acc_floats * (size_t)n_strips);
    for (k = 0; k < n_in; k += step, skip += slice * (size_t)(step / columns))
        for (b = 0; b < n_strips; b++) {
            const uint8_t *strip = w + (size_t)b * LLRI_STRIP_ROWS * p->w->row_bytes;
            const int rows = n_rows - b * LLRI_STRIP_ROWS < LLRI_STRIP_ROWS ? n_rows - b * LLRI_STRIP_ROWS : LLRI_STRIP_ROWS;
            const int n_k = (int)(n_in - k < step ? n_in - k : step);
            float *acc = t->acc + (size_t)b * acc_floats;
            llri_wanted next = *then;
            if (p->few) {           /* one strip: as much of `then`, in the order of its bytes */
                size_t page;
                next.at += LLRI_STRIP_ROWS * skip;
                next.stride = next.bytes = slice * (size_t)n_k / (size_t)columns;
                for (page = 0; p->quant && page < LLRI_STRIP_ROWS * next.bytes; page += 4096) LLRI_PREFETCH(next.at + page + LLRI_ASK_PAGES);
            } else if (k + step < n_in) {       /* the next slice */
                next.at = (uintptr_t)strip + skip + slice;
                next.stride = p->w->row_bytes;
                next.bytes = slice * (size_t)(n_in - k - step < step ? n_in - k - step : step) / (size_t)columns;
            } else next.at += (size_t)b * LLRI_STRIP_ROWS * next.stride;
            if (p->quant) {
                size_t lane = (size_t)(p->few ? e->n_in : LLRI_SLICE), per = p->few ? 1 : (size_t)ops->ql;     /* per token or vector */
                size_t at = p->few ? (size_t)k : (size_t)(k * n_vec) * per;
                llri_quants a;
                a.q = e->act + at * (size_t)ops->act_bytes;
                a.scale = e->scale + at / 32;
                a.sum = e->sum + at / 32;
                a.q_stride = lane * (size_t)ops->act_bytes * per;
                a.g_stride = lane / 32 * per;
                if (direct) { ops->direct[p->w->type](t->strip, strip + skip, p->w->row_bytes, n_k / 32, next.at, &a, e->n, acc); continue; }
                ops->unpack[p->w->type](t->strip, strip + skip, p->w->row_bytes, rows, n_k / 32, p->few ? &next : &nothing);
                if (p->few) ops->gemv[p->quant->form](t->strip, p->quant->offset, n_k / 32, &a, e->n, acc);
                else ops->gemm[p->quant->form](t->strip, p->quant->offset, n_k / 32, &a, n_vec, acc, &next);
            } else {
                const uint8_t *row[LLRI_STRIP_ROWS];
                int row_type = llri_float_rows(p, t, strip, rows, skip, n_k, row);
                if (p->few) {
                    if (p->pairs) ops->fgemv(LLRI_PAIRS, row, n_k, (const float *)(const void *)e->act + k, n_in, e->n, acc, next.at);
                    else ops->fgemv(row_type, row, n_k, e->x + k, e->ldx, e->n, acc, next.at);
                    continue;
                }
                for (r = 0; r < LLRI_STRIP_ROWS; r++)           /* those that are not in t->wide yet */
                    if (row[r] != (const uint8_t *)(t->wide + r * LLRI_FLOATS)) ops->widen(p->pairs ? LLRI_F32 : row_type, row[r], t->wide + r * LLRI_FLOATS, n_k);
                ops->fgemm(p->pairs ? LLRI_PAIRS : LLRI_F32, t->wide, n_k, (const float *)(const void *)e->act + k * n_vec * ops->vf, LLRI_FLOATS * ops->vf, n_vec, acc, &next);
            }
        }
}

/* The same with bias, for few tokens of up to LLRI_STRIPS strips as well, acc being [strip][n][16] then. `then`: the rows
 * behind these. Few tokens ask for the row that lies `ahead`, counted through both. */
static void llri_product_rows(const llri_product *p, const llri_matmul_work *t, int64_t row, int n_rows, const llri_wanted *then)
{
    const int n = p->e->n, lanes = p->quant ? p->e->ops->ql : p->e->ops->vf, ld = (n + lanes - 1) / lanes * lanes;
    const int step = p->few ? LLRI_STRIP_ROWS : n_rows, ahead = p->few ? p->ahead : llri_pad16(n_rows);
    llri_matmul_work part = *t;
    int r, i;
    for (r = 0; r < n_rows; r += step, part.acc += step * n) {
        const int left = n_rows - r;
        llri_wanted next = *then;
        if (left > ahead) next = llri_rows_wanted(p, row + r + ahead);
        else next.at += (size_t)(ahead - llri_pad16(left)) * next.stride;
        llri_product_strips(p, &part, p->w->data + (size_t)(row + r) * p->w->row_bytes, left < step ? left : step, &next);
    }
    if (!p->bias) return;
    for (r = 0; r < n_rows; r++)
        for (i = 0; i < n; i++) t->acc[p->few ? (r / LLRI_STRIP_ROWS * n + i) * LLRI_STRIP_ROWS + r % LLRI_STRIP_ROWS : r * ld + i] += p->bias[row + r];
}

static void llri_product_chunk(void *arg, int chunk, int thread)
{
    const llri_products *all = (const llri_products *)arg;
    const llri_product *p = all->p;
    const llri_exec *e = p->e;
    uint8_t *work = e->thread + (size_t)thread * e->thread_bytes;
    int lanes, ld, i, r, t, strips;
    llri_matmul_work m, up;
    while (p + 1 < all->p + all->n && chunk >= p[1].first_chunk) p++;
    lanes = p->quant ? e->ops->ql : e->ops->vf;
    ld = (e->n + lanes - 1) / lanes * lanes;
    m.strip = (llri_strip *)(void *)work;
    m.strip->to_first = e->to_first;
    m.wide = (float *)(void *)(work + llri_align64(sizeof(llri_strip)));
    m.acc = m.wide + LLRI_STRIP_ROWS * LLRI_FLOATS;
    up = m;
    up.acc = m.acc + LLRI_STRIPS * LLRI_STRIP_ROWS * ld;
    for (i = 0; i < p->strips_per_chunk; i += strips) {
        int64_t row = ((int64_t)(chunk - p->first_chunk) * p->strips_per_chunk + i) * LLRI_STRIP_ROWS, then;
        llri_wanted next;
        int rows;
        strips = p->strips_per_chunk - i < LLRI_STRIPS ? p->strips_per_chunk - i : LLRI_STRIPS;
        rows = (int)(p->w->n_out - row < strips * LLRI_STRIP_ROWS ? p->w->n_out - row : strips * LLRI_STRIP_ROWS);
        if (rows <= 0) return;
        then = row + rows;              /* the next chunk, too, is mostly of this thread's share */
        next = llri_rows_wanted(p, then < p->w->n_out ? then : row);
        if (p->up) {
            const llri_wanted next_up = llri_rows_wanted(p->up, row);
            llri_product_rows(p, &m, row, rows, &next_up);
            llri_product_rows(p->up, &up, row, rows, &next);
        } else llri_product_rows(p, &m, row, rows, &next);
        if (p->act != LLRI_ACT_NONE) e->ops->act(p->act, m.acc, m.acc, p->up ? up.acc : NULL, p->few ? llri_pad16(rows) * e->n : rows * ld, p->act_p);
        if (!p->few) e->ops->spread(m.acc, (size_t)ld, rows, e->n, p->y + row, p->ldy);
        else for (r = 0; r < rows; r += LLRI_STRIP_ROWS)
            for (t = 0; t < e->n; t++)
                memcpy(p->y + t * p->ldy + row + r, m.acc + r * e->n + t * LLRI_STRIP_ROWS, (size_t)(rows - r < LLRI_STRIP_ROWS ? rows - r : LLRI_STRIP_ROWS) * sizeof(float));
    }
}

/* The products of e's input p, which are not begun */
static void llri_products_init(llri_exec *e, llri_product *p, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        p[i].e = e;
        p[i].up = NULL;
        p[i].act = LLRI_ACT_NONE;
        p[i].quant = e->exact ? NULL : llri_quant(p[i].w->type);
        p[i].few = p[i].quant ? e->n < 32 && (e->ops->few_quant >> e->n & 1) : e->n <= e->ops->few_float;
        p[i].pairs = e->pairs && p[i].w->type == LLRI_BF16 && e->n_in % 2 == 0;
        p[i].ahead = LLRI_STRIP_ROWS;
        while (p[i].quant && p[i].ahead < LLRI_STRIPS * LLRI_STRIP_ROWS && (size_t)p[i].ahead * p[i].w->row_bytes < LLRI_ASK_BYTES) p[i].ahead += LLRI_STRIP_ROWS;
        p[i].slice = (size_t)((p[i].quant ? LLRI_SLICE : LLRI_FLOATS) << p[i].pairs) / (size_t)llri_type(p[i].w->type)->block * llri_type(p[i].w->type)->bytes;
        if (p[i].quant) p[i].form = p[i].few ? LLRI_PREPARED_ROWS : LLRI_PREPARED_COLUMNS;
        else if (p[i].pairs) p[i].form = p[i].few ? LLRI_PREPARED_PAIR_ROWS : LLRI_PREPARED_PAIRS;
        else p[i].form = p[i].few ? LLRI_PREPARED_NOT : LLRI_PREPARED_FLOATS;
    }
}
/* Those that want the input in the same form are one region: small matrices alone would not keep the threads busy. */
static void llri_products_run(llri_exec *e, llri_product *p, int n)
{
    int i, k;
    for (i = 0; i < n; i = k) {
        int64_t strips = 0, per_chunk;
        int chunks = 0, j;
        llri_products all;
        for (k = i; k < n && p[k].form == p[i].form; k++) strips += (p[k].w->n_out + LLRI_STRIP_ROWS - 1) / LLRI_STRIP_ROWS;
        per_chunk = (strips + 8 * (int64_t)llri_pool_size(e->pool) - 1) / (8 * (int64_t)llri_pool_size(e->pool));
        if (!p[i].few && per_chunk > LLRI_STRIPS) per_chunk -= per_chunk % LLRI_STRIPS;
        for (j = i; j < k; j++) {
            p[j].strips_per_chunk = (int)per_chunk;
            p[j].first_chunk = chunks;
            chunks += (int)(((p[j].w->n_out + LLRI_STRIP_ROWS - 1) / LLRI_STRIP_ROWS + per_chunk - 1) / per_chunk);
        }
        if (p[i].form != LLRI_PREPARED_NOT) llri_prepare(e, p[i].form);
        all.p = p + i;
        all.n = k - i;
        llri_pool_run(e->pool, chunks, llri_product_chunk, &all);
    }
}
/* Several products of the current input */
static void llri_matmul(llri_exec *e, llri_product *p, int n)
{
    int i;
    if (e->gpu) {
        for (i = 0; i < n; i++) e->gpu->matmul(e->stream, p[i].w, p[i].bias, p[i].y, p[i].ldy, e->exact);
        return;
    }
    llri_products_init(e, p, n);
    llri_products_run(e, p, n);
}

/* --- norms ------------------------------------------------------------------------------------------------------------ */
typedef struct llri_norm_args {
    int kind, n_heads, width, w_rows;
    float *y; int64_t ldy;
    const float *x; int64_t ldx;
    const float *w, *b;
    float eps;
} llri_norm_args;

/* Sum of (x - mean)^2 in four chains of doubles, joined at the end */
static double llri_square_sum(const float *x, int n, double mean)
{
    double s[4] = { 0, 0, 0, 0 };
    int i;
    for (i = 0; i + 4 <= n; i += 4) {
        double a = x[i] - mean, b = x[i + 1] - mean, c = x[i + 2] - mean, d = x[i + 3] - mean;
        s[0] += a * a; s[1] += b * b; s[2] += c * c; s[3] += d * d;
    }
    for (; i < n; i++) s[0] += (x[i] - mean) * (x[i] - mean);
    return s[0] + s[1] + (s[2] + s[3]);
}
static void llri_norm_chunk(void *arg, int t, int thread)
{
    const llri_norm_args *a = (const llri_norm_args *)arg;
    int h, i;
    (void)thread;
    for (h = 0; h < a->n_heads; h++) {
        const float *x = a->x + t * a->ldx + (int64_t)h * a->width, *w = a->w ? a->w + (a->w_rows > 1 ? (int64_t)h * a->width : 0) : NULL;
        const float *b = a->b ? a->b + (a->w_rows > 1 ? (int64_t)h * a->width : 0) : NULL;
        float *y = a->y + t * a->ldy + (int64_t)h * a->width, mean = 0.0f, scale;
        if (a->kind == LLRI_NORM_LAYER) {
            double s = 0;
            for (i = 0; i < a->width; i++) s += x[i];
            mean = (float)(s / a->width);
        }
        scale = (float)(1.0 / sqrt(llri_square_sum(x, a->width, mean) / a->width + a->eps));
        for (i = 0; i < a->width; i++) y[i] = (x[i] - mean) * scale;
        if (w) for (i = 0; i < a->width; i++) y[i] *= w[i];
        if (b) for (i = 0; i < a->width; i++) y[i] += b[i];
    }
}
/* Each head of each token: RMS: x / sqrt(mean(x^2) + eps) * w; layer norm: (x - mean) / sqrt(var + eps) * w + b. w_rows: 1,
 * or n_heads for a row per head. y may be x. */
static void llri_norm(llri_exec *e, int kind, float *y, int64_t ldy, const float *x, int64_t ldx, int n, int n_heads, int width,
                      const float *w, int w_rows, const float *b, float eps)
{
    llri_norm_args a;
    if (e->gpu) { e->gpu->norm(e->stream, kind, y, ldy, x, ldx, n, n_heads, width, w, w_rows, b, eps); return; }
    a.kind = kind; a.n_heads = n_heads; a.width = width; a.w_rows = w_rows;
    a.y = y; a.ldy = ldy; a.x = x; a.ldx = ldx; a.w = w; a.b = b; a.eps = eps;
    llri_pool_run(e->pool, n, llri_norm_chunk, &a);
}

/* --- rotary positions (Su et al. 2021) --------------------------------------------------------------------------------- */
typedef struct llri_rope_args { float *x; int64_t ldx; int n_heads, head_dim, n_rot, neox; const float *cs; } llri_rope_args;
LLRI_INLINE void llri_rotate(float *x, int half, int step, int other, const float *cs)
{
    int i;
    for (i = 0; i < half; i++) {
        float p = x[i * step], q = x[i * step + other], c = cs[2 * i], s = cs[2 * i + 1];
        x[i * step] = p * c - q * s;
        x[i * step + other] = p * s + q * c;
    }
}
static void llri_rope_chunk(void *arg, int t, int thread)
{
    const llri_rope_args *a = (const llri_rope_args *)arg;
    const float *cs = a->cs + (int64_t)t * a->n_rot;
    int h, half = a->n_rot / 2;
    (void)thread;
    for (h = 0; h < a->n_heads; h++) {
        float *x = a->x + t * a->ldx + (int64_t)h * a->head_dim;
        if (a->neox) llri_rotate(x, half, 1, half, cs);
        else llri_rotate(x, half, 2, 1, cs);        /* constants: loops that compilers make vectors of */
    }
}
/* Rotates the first n_rot values of each head. cs [n][n_rot / 2][cos, sin], magnitude included. Pairs (i, i + n_rot / 2) if
 * neox, else (2i, 2i + 1). */
static void llri_rope(llri_exec *e, float *x, int64_t ldx, int n, int n_heads, int head_dim, int n_rot, int neox, const float *cs)
{
    llri_rope_args a;
    if (e->gpu) { e->gpu->rope(e->stream, x, ldx, n, n_heads, head_dim, n_rot, neox, cs); return; }
    a.x = x; a.ldx = ldx; a.n_heads = n_heads; a.head_dim = head_dim; a.n_rot = n_rot; a.neox = neox; a.cs = cs;
    llri_pool_run(e->pool, n, llri_rope_chunk, &a);
}

/* --- activations and vectors -------------------------------------------------------------------------------------------- */
typedef struct llri_act_args { llri_exec *e; int act, width; float *y; int64_t ldy; const float *gate, *up; int64_t ldg; const float *p; } llri_act_args;
static void llri_act_chunk(void *arg, int t, int thread)
{
    const llri_act_args *a = (const llri_act_args *)arg;
    (void)thread;
    a->e->ops->act(a->act, a->y + t * a->ldy, a->gate + t * a->ldg, a->up ? a->up + t * a->ldg : NULL, a->width, a->p);
}
/* y[t] = act(gate[t]) * up[t] (up may be NULL); y may be gate. p: parameters of xIELU, else NULL */
static void llri_act(llri_exec *e, int act, float *y, int64_t ldy, const float *gate, const float *up, int64_t ldg, int n, int width, const float *p)
{
    llri_act_args a;
    if (e->gpu) { e->gpu->act(e->stream, act, y, ldy, gate, up, ldg, n, width, p); return; }
    a.e = e; a.act = act; a.width = width; a.y = y; a.ldy = ldy; a.gate = gate; a.up = up; a.ldg = ldg; a.p = p;
    llri_pool_run(e->pool, n, llri_act_chunk, &a);
}
/* p[0].y = act(p[0]) * p[1], or act(p[0]) if n is 1: in one pass where the sums are, if both want the input in the same form; else
 * p[1].y is written too. Both have as many rows, and the same ldy. */
static void llri_matmul_act(llri_exec *e, llri_product *p, int n, int act, const float *act_p)
{
    if (!e->gpu) llri_products_init(e, p, n);
    if (e->gpu || (n == 2 && p[0].form != p[1].form)) {
        llri_matmul(e, p, n);
        llri_act(e, act, p->y, p->ldy, p->y, n == 2 ? p[1].y : NULL, p->ldy, e->n, (int)p->w->n_out, act_p);
        return;
    }
    p->up = n == 2 ? &p[1] : NULL;
    p->act = act;
    p->act_p = act_p;
    llri_products_run(e, p, 1);
}
/* Loops over long vectors: a piece is LLRI_VEC elements */
enum { LLRI_VEC = 8192 };
typedef struct llri_vec_args { llri_exec *e; int op; float *y; const float *x; float a, b; int64_t n; } llri_vec_args;
static void llri_vec_chunk(void *arg, int chunk, int thread)
{
    const llri_vec_args *v = (const llri_vec_args *)arg;
    const int64_t from = (int64_t)chunk * LLRI_VEC;
    const int n = (int)(v->n - from < (int64_t)LLRI_VEC ? v->n - from : (int64_t)LLRI_VEC);
    const float *x = v->x + from, a = v->a, b = v->b;
    float *y = v->y + from;
    int i;
    (void)thread;
    switch (v->op) {
    case LLRI_VEC_ADD:   for (i = 0; i < n; i++) y[i] += x[i]; break;
    case LLRI_VEC_AXPY:  for (i = 0; i < n; i++) y[i] += a * x[i]; break;
    case LLRI_VEC_SCALE: for (i = 0; i < n; i++) y[i] *= a; break;
    case LLRI_VEC_CLAMP: for (i = 0; i < n; i++) y[i] = y[i] < a ? a : y[i] > b ? b : y[i]; break;
    default: v->e->ops->act(LLRI_ACT_SOFTCAP, y, y, NULL, n, &a);
    }
}
static void llri_vec(llri_exec *e, int op, float *y, const float *x, float a, float b, int64_t n)
{
    llri_vec_args v;
    if (e->gpu) { e->gpu->vec(e->stream, op, y, x, a, b, n); return; }
    v.e = e; v.op = op; v.y = y; v.x = x; v.a = a; v.b = b; v.n = n;
    llri_pool_run(e->pool, (int)((n + LLRI_VEC - 1) / LLRI_VEC), llri_vec_chunk, &v);
}
static void llri_add(llri_exec *e, float *y, const float *x, int64_t n) { llri_vec(e, LLRI_VEC_ADD, y, x, 0, 0, n); }              /* y += x */
static void llri_axpy(llri_exec *e, float *y, const float *x, float s, int64_t n) { llri_vec(e, LLRI_VEC_AXPY, y, x, s, 0, n); }   /* y += s x */
static void llri_scale(llri_exec *e, float *x, float s, int64_t n) { llri_vec(e, LLRI_VEC_SCALE, x, x, s, 0, n); }                 /* x *= s */
static void llri_clamp(llri_exec *e, float *x, float lo, float hi, int64_t n) { llri_vec(e, LLRI_VEC_CLAMP, x, x, lo, hi, n); }
static void llri_softcap(llri_exec *e, float *x, float cap, int64_t n) { llri_vec(e, LLRI_VEC_SOFTCAP, x, x, cap, 0, n); }          /* x = cap tanh(x / cap) */
static void llri_add_rows(llri_exec *e, float *y, int64_t ldy, int n, int width, const float *b)    /* each row += b */
{
    int t;
    for (t = 0; t < n; t++) llri_add(e, y + t * ldy, b, width);
}

static void llri_copy_rows(llri_exec *e, float *y, int64_t ldy, const float *x, int64_t ldx, int n, int width)
{
    int t;
    if (e->gpu) e->gpu->copy(e->stream, y, 4 * ldy, x, 4 * ldx, 4 * (int64_t)width, n);
    else for (t = 0; t < n; t++) memcpy(y + t * ldy, x + t * ldx, (size_t)width * sizeof(float));
}
static void llri_fetch(llri_exec *e, float *y, const float *x, int64_t n)       /* to memory of the CPU, from wherever it is */
{
    if (e->gpu) e->gpu->get(e->stream, y, x, (size_t)n * sizeof(float));
    else memcpy(y, x, (size_t)n * sizeof(float));
}

/* --- KV cache and attention --------------------------------------------------------------------------------------------- */
typedef struct llri_store_args { llri_exec *e; const llri_kvc *c; const float *k, *v; int64_t ldk, ldv; uint32_t pos; } llri_store_args;
static void llri_store_chunk(void *arg, int t, int thread)
{
    const llri_store_args *a = (const llri_store_args *)arg;
    const llri_kvc *c = a->c;
    size_t slot = (a->pos + (uint32_t)t) % c->capacity, k_bytes = llri_kv_row_bytes(c->type, c->dk), v_bytes = llri_kv_row_bytes(c->type, c->dv);
    int h;
    (void)thread;
    for (h = 0; h < c->n_head_kv; h++) {
        a->e->ops->narrow(c->type, c->k + ((size_t)h * c->capacity + slot) * k_bytes, a->k + t * a->ldk + (int64_t)h * c->dk, c->dk);
        a->e->ops->narrow(c->type, c->v + ((size_t)h * c->capacity + slot) * v_bytes, a->v + t * a->ldv + (int64_t)h * c->dv, c->dv);
    }
}
/* Stores k [t * ldk + head * dk] and v of n tokens at positions pos.. */
static void llri_kv_store(llri_exec *e, const llri_kvc *c, const float *k, int64_t ldk, const float *v, int64_t ldv, uint32_t pos, int n)
{
    llri_store_args a;
    if (e->gpu) { e->gpu->store(e->stream, c, k, ldk, v, ldv, pos, n); return; }
    a.e = e; a.c = c; a.k = k; a.v = v; a.ldk = ldk; a.ldv = ldv; a.pos = pos;
    llri_pool_run(e->pool, n, llri_store_chunk, &a);
}

typedef struct llri_attn_seq { llri_kvc kv; uint32_t pos0; int row0, n, piece0; } llri_attn_seq;    /* rows row0.. of q are positions pos0.., stored in kv; piece0: for llri_attention */
typedef struct llri_attention_args {
    llri_exec *e;
    const llri_attn *attn;
    const llri_attn_seq *seqs; int n_seqs;
    float *out; int64_t ldo;
    const float *q; int64_t ldq;
    int heads, head_blocks, tokens;     /* of a piece: query heads, such blocks in a group, tokens */
    int chunks;                         /* of the piece that has most */
    float *parts;                       /* [piece][chunk][heads * tokens] sums of the chunks, or NULL */
} llri_attention_args;
/* What a piece computes; the chunk is its first one. Returns the number of chunks. */
static int llri_attention_piece(const llri_attention_args *a, int piece, llri_attend *w, const llri_attn_seq **seq)
{
    const llri_attn *p = a->attn;
    const llri_attn_seq *s = a->seqs;
    int group = p->n_head / p->n_head_kv, pieces = p->n_head_kv * a->head_blocks, n = a->n_seqs, hb, kvh, t0;
    while (n > 1) {                     /* the last sequence whose pieces begin at or before this one */
        int half = n / 2;
        if (s[half].piece0 <= piece) { s += half; n -= half; }
        else n = half;
    }
    piece -= s->piece0;
    hb = piece % pieces % a->head_blocks;
    kvh = piece % pieces / a->head_blocks;
    t0 = piece / pieces * a->tokens;
    w->attn = p;
    w->kv = s->kv;
    w->head = kvh * group + hb * a->heads;
    w->n_heads = group - hb * a->heads < a->heads ? group - hb * a->heads : a->heads;
    w->n = s->n - t0 < a->tokens ? s->n - t0 : a->tokens;
    w->pos = s->pos0 + (uint32_t)t0;
    w->q = a->q + (int64_t)(s->row0 + t0) * a->ldq;
    w->ldq = a->ldq;
    w->chunk = p->window && w->pos + 1 > p->window ? w->pos + 1 - p->window : 0;
    w->chunk -= w->chunk % LLRI_KV_CHUNK;
    *seq = s;
    return (int)((w->pos + (uint32_t)w->n - 1 - w->chunk) / LLRI_KV_CHUNK) + 1;
}
static void llri_attention_part(void *arg, int i, int thread)       /* one chunk of one piece */
{
    const llri_attention_args *a = (const llri_attention_args *)arg;
    const llri_attn_seq *seq;
    llri_attend w;
    if (llri_attention_piece(a, i / a->chunks, &w, &seq) <= i % a->chunks) return;
    w.chunk += (uint32_t)(i % a->chunks) * LLRI_KV_CHUNK;
    a->e->ops->attend(&w, a->parts + (size_t)i * (size_t)(a->heads * a->tokens) * llri_part_floats(a->attn->dv),
                      (float *)(void *)(a->e->thread + (size_t)thread * a->e->thread_bytes));
}
static void llri_attention_chunk(void *arg, int piece, int thread)  /* one piece: its chunks joined in order */
{
    const llri_attention_args *a = (const llri_attention_args *)arg;
    const llri_attn *p = a->attn;
    const size_t ld = llri_part_floats(p->dv), rows = (size_t)(a->heads * a->tokens);
    float *total = (float *)(void *)(a->e->thread + (size_t)thread * a->e->thread_bytes), *part = total + rows * ld, *work = part + rows * ld;
    const llri_attn_seq *seq;
    llri_attend w;
    int n_chunks = llri_attention_piece(a, piece, &w, &seq), i, c, j;
    for (c = 0; c < n_chunks; c++, w.chunk += LLRI_KV_CHUNK) {
        const float *from = a->parts ? a->parts + ((size_t)piece * (size_t)a->chunks + (size_t)c) * rows * ld : c ? part : total;
        if (!a->parts) a->e->ops->attend(&w, c ? part : total, work);
        if (c == 0 && a->parts) memcpy(total, from, rows * ld * sizeof(float));
        for (i = 0; c && i < w.n * w.n_heads; i++) a->e->ops->join(total + (size_t)i * ld, from + (size_t)i * ld, p->dv);
    }
    for (i = 0; i < w.n * w.n_heads; i++) {
        const int t = i / w.n_heads, h = w.head + i % w.n_heads;
        float *sum = total + (size_t)i * ld, *dst = a->out + (seq->row0 + (int64_t)(w.pos - seq->pos0) + t) * a->ldo + (int64_t)h * p->dv;
        if (p->sinks) {                             /* one more position, without a value */
            memset(part, 0, ld * sizeof(float));
            part[llri_pad16(p->dv)] = p->sinks[h];
            part[llri_pad16(p->dv) + 1] = 1.0f;
            a->e->ops->join(sum, part, p->dv);
        }
        for (j = 0; j < p->dv; j++) dst[j] = sum[j] * (1.0f / sum[llri_pad16(p->dv) + 1]);
    }
}
/* out[t * ldo + head * dv] for the query rows q[t * ldq + head * dk] of several sequences. Few pieces of long sequences are
 * divided among the threads by chunks; the room for their sums is what the inputs of products take otherwise. */
static void llri_attention(llri_exec *e, const llri_attn *attn, float *out, int64_t ldo, const float *q, int64_t ldq, llri_attn_seq *seqs, int n_seqs)
{
    llri_attention_args a;
    int i, pieces = 0, group = attn->n_head / attn->n_head_kv, most = 1;
    size_t room = e->act_bytes / sizeof(float);
    if (e->gpu) {
        for (i = 0; i < n_seqs; i++)
            e->gpu->attend(e->stream, attn, &seqs[i].kv, out + seqs[i].row0 * ldo, ldo, q + seqs[i].row0 * ldq, ldq, seqs[i].pos0, seqs[i].n);
        return;
    }
    a.e = e; a.attn = attn; a.out = out; a.ldo = ldo; a.q = q; a.ldq = ldq; a.seqs = seqs; a.n_seqs = n_seqs;
    a.heads = group < LLRI_ATTEND_QUERIES ? group : LLRI_ATTEND_QUERIES;
    a.head_blocks = (group + a.heads - 1) / a.heads;
    for (i = 0; i < n_seqs; i++) if (seqs[i].n > most) most = seqs[i].n;
    a.tokens = LLRI_ATTEND_QUERIES / a.heads < most ? LLRI_ATTEND_QUERIES / a.heads : most;
    a.chunks = 1;
    a.parts = NULL;
    for (i = 0; i < n_seqs; i++) {
        uint32_t seen = seqs[i].pos0 + (uint32_t)seqs[i].n;
        if (attn->window && seen > attn->window + (uint32_t)a.tokens) seen = attn->window + (uint32_t)a.tokens + LLRI_KV_CHUNK;
        seqs[i].piece0 = pieces;
        pieces += attn->n_head_kv * a.head_blocks * ((seqs[i].n + a.tokens - 1) / a.tokens);
        if ((seen - 1) / LLRI_KV_CHUNK >= (uint32_t)a.chunks) a.chunks = (int)((seen - 1) / LLRI_KV_CHUNK) + 1;
    }
    if (pieces < LLRI_PIECES_PER_THREAD * llri_pool_size(e->pool) && llri_pool_size(e->pool) > 1 && a.chunks > 1 &&
        (size_t)pieces * (size_t)a.chunks <= room / ((size_t)(a.heads * a.tokens) * llri_part_floats(attn->dv))) {
        a.parts = (float *)(void *)e->act;
        e->prepared = LLRI_PREPARED_NOT;
        llri_pool_run(e->pool, pieces * a.chunks, llri_attention_part, &a);
    }
    llri_pool_run(e->pool, pieces, llri_attention_chunk, &a);
}

/* >>model ------------------------------------------------------------------------------------------------------------
 * A model is a GGUF file whose tensors have been found, checked and given a meaning. What distinguishes one architecture
 * from another is data: one row of the table below. Wherever the file itself can decide (biases, fused or separate
 * projections, norms of queries and keys, rope factors, a tied output matrix), the presence of the tensor decides, and
 * the row does not mention it. Matrices are used where they lie in the file; only vectors that are not float32 there are
 * copied. Everything a forward pass relies on is checked here, once: a model that opens can be evaluated.
 */
enum { LLRI_MAX_LAYERS = 512, LLRI_MAX_WIDTH = 1 << 24 };  /* most layers; widest activation row, so that int suffices */

/* --- The architecture table ------------------------------------------------------------------------------------------ */
enum { LLRI_ROPE_NONE, LLRI_ROPE_NORM /* rotates pairs (2t, 2t+1) */, LLRI_ROPE_NEOX /* (t, t + n_rot/2) */ };
enum { LLRI_FFN_SEQ /* down(act(up)) */, LLRI_FFN_GATED /* down(act(gate) * up); both may be one matrix ffn_up */ };
enum { LLRI_BLOCK_SEQ,       /* x += attention(norm x); x += ffn(norm x) */
       LLRI_BLOCK_PARALLEL,  /* x += attention(norm x) + ffn(norm x); one norm for both if there is no second one */
       LLRI_BLOCK_BY_KEY };  /* parallel if the key use_parallel_residual says so */
enum { LLRI_QK_NONE, LLRI_QK_HEAD /* one weight row [dk] for every head */, LLRI_QK_ROWS /* a row per head */,
       LLRI_QK_WHOLE /* all heads as one vector */ };

/* What few architectures have: layers that see the last W positions only (a sliding window), and soft caps. */
enum { LLRI_WINDOW_NONE, LLRI_WINDOW_OPTIONAL /* no key, no windows */, LLRI_WINDOW_REQUIRED, LLRI_WINDOW_DEFAULT };
typedef struct llri_arch_more {
    int window_key;       /* what the key attention.sliding_window is */
    uint32_t window;      /* W if LLRI_WINDOW_DEFAULT and the key is missing */
    uint32_t pattern;     /* every pattern-th layer sees all, unless the key ..._pattern says otherwise; 0: that is required */
    double freq_base;     /* rope base of window layers if rope.freq_base_swa is missing; 0: the same as elsewhere */
    int plain_rope;       /* window layers: 1: no rope scaling factor; 2: neither factor nor yarn */
    int only_n_layers;    /* models with another number of layers have no windows; 0: all have */
    float attn_cap, final_cap;   /* defaults of the soft cap keys; 0: key not read; -1: read, off by default */
    int wide_q_layers;    /* with so many layers (27B) scores are scaled by 1/sqrt(n_embd / n_head) */
} llri_arch_more;
static const llri_arch_more llri_more_gemma2  = { LLRI_WINDOW_DEFAULT, 4096, 2, 0.0, 0, 0, 50.0f, 30.0f, 46 };
static const llri_arch_more llri_more_gemma3  = { LLRI_WINDOW_OPTIONAL, 0, 6, 10000.0, 1, 0, 0.0f, -1.0f, 62 };
static const llri_arch_more llri_more_gemma4  = { LLRI_WINDOW_REQUIRED, 0, 0, 10000.0, 1, 0, 0.0f, 30.0f, 0 };
static const llri_arch_more llri_more_cohere2 = { LLRI_WINDOW_REQUIRED, 0, 4, 0.0, 0, 0, 0.0f, 0.0f, 0 };
static const llri_arch_more llri_more_olmo2   = { LLRI_WINDOW_OPTIONAL, 0, 4, 0.0, 2, 0, 0.0f, 0.0f, 0 };
static const llri_arch_more llri_more_exaone4 = { LLRI_WINDOW_DEFAULT, 4096, 4, 0.0, 0, 64, 0.0f, 0.0f, 0 };
static const llri_arch_more llri_more_nothing = { LLRI_WINDOW_NONE, 0, 0, 0.0, 0, 0, 0.0f, 0.0f, 0 };

/* Peculiarities, a bit each. */
enum {
    LLRI_A_OUTPUT        = 1 << 0,   /* output.weight is required (else token_embd.weight serves if it is absent) */
    LLRI_A_EMBD_SQRT     = 1 << 1,   /* embeddings times sqrt(n_embd) */
    LLRI_A_EMBD_SCALE    = 1 << 2,   /* ... times the key embedding_scale */
    LLRI_A_RES_SCALE     = 1 << 3,   /* what a block adds is multiplied by the key residual_scale */
    LLRI_A_LOGIT_MUL     = 1 << 4,   /* logits times the key logit_scale */
    LLRI_A_LOGIT_DIV     = 1 << 5,   /* logits divided by it */
    LLRI_A_ATTN_SCALE    = 1 << 6,   /* the key attention.scale replaces 1/sqrt(head size) */
    LLRI_A_MINICPM       = 1 << 7,   /* embedding_scale, residual_scale, logit_scale have defaults */
    LLRI_A_CLAMP_QKV     = 1 << 8,   /* q, k, v are clamped to +-attention.clamp_kqv */
    LLRI_A_ALIBI_8       = 1 << 9,   /* ALiBi with bias 8 instead of positions */
    LLRI_A_ALIBI_KEY     = 1 << 10,  /* ALiBi with the bias of the key attention.max_alibi_bias */
    LLRI_A_BAICHUAN      = 1 << 11,  /* 32 layers: rope; 40 layers: ALiBi 8 */
    LLRI_A_POSITIONS     = 1 << 12,  /* learned positions are required: position_embd.weight */
    LLRI_A_EMBD_NORM     = 1 << 13,  /* embeddings are normalised: token_embd_norm is required */
    LLRI_A_YARN_KEYS     = 1 << 14,  /* reads rope.scaling.yarn_beta_fast, yarn_beta_slow, yarn_log_multiplier */
    LLRI_A_TEMPERATURE   = 1 << 15,  /* queries grow with position: attention.temperature_scale */
    LLRI_A_HALF_FF       = 1 << 16,  /* feed_forward_length counts gate and up together */
    LLRI_A_NTK_ALPHA     = 1 << 17,  /* rope.scaling.alpha changes the base */
    LLRI_A_QK_AFTER_ROPE = 1 << 18,  /* queries and keys are normalised after rope instead of before */
    LLRI_A_QK_OPTIONAL   = 1 << 19,  /* queries and keys are normalised only if the file has the weights */
    LLRI_A_NO_ROPE_4TH   = 1 << 20,  /* every fourth layer has no positions */
    LLRI_A_ROPE_WINDOW   = 1 << 21,  /* where there are windows, only their layers have positions */
    LLRI_A_ROPE_SWITCH   = 1 << 22,  /* rope.scaling.finetuned = false: no positions at all */
    LLRI_A_NEXTN         = 1 << 23,  /* the last nextn_predict_layers blocks are for drafting only: skipped */
    LLRI_A_ATTN_NORM_2   = 1 << 24,  /* if the file has attn_norm_2, attention uses it and attn_norm is for the ffn */
    LLRI_A_ONE_EXPERT    = 1 << 25,  /* expert_count 1 means a dense model */
    LLRI_A_LOGIT_KEY     = 1 << 26,  /* logit_scale is required */
    LLRI_A_EMBD_OUTPUT   = 1 << 27,  /* if token_embd.weight is absent, output.weight serves */
    LLRI_A_SECTIONS      = 1 << 28,  /* reads rope.dimension_sections: positions of images; text then rotates like NEOX */
    LLRI_A_GEMMA4        = 1 << 29   /* head sizes per layer kind, shared KV, per-layer embeddings, normalised values */
};

typedef struct llri_arch {
    const char *name;
    int norm, rope, ffn, act, block, qk_norm;
    /* Names of the norms around attention and ffn: NULL: no such step; "": a norm without weights; "?name": optional. */
    const char *pre_attn, *post_attn, *pre_ffn, *post_ffn;
    const llri_arch_more *more;  /* never NULL */
    uint32_t flags;
} llri_arch;

/* The norms of a layer: before attention, after it, before the ffn, after it. */
#define LLRI_NORMS_PRE       "attn_norm", NULL, "ffn_norm", NULL
#define LLRI_NORMS_PRE_ONE   "attn_norm", NULL, NULL, NULL
#define LLRI_NORMS_PRE_MAYBE "attn_norm", NULL, "?ffn_norm", NULL
#define LLRI_NORMS_PRE_POST  "attn_norm", NULL, "post_attention_norm", NULL
#define LLRI_NORMS_POST      NULL, "post_attention_norm", NULL, "post_ffw_norm"
#define LLRI_NORMS_AROUND    "attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"
#define LLRI_NORMS_BARE      "", NULL, "", NULL
#define LLRI_ROW(name, norm, rope, ffn, act, block, qk, norms, more, flags) \
    { name, LLRI_NORM_##norm, LLRI_ROPE_##rope, LLRI_FFN_##ffn, LLRI_ACT_##act, LLRI_BLOCK_##block, LLRI_QK_##qk, \
      LLRI_NORMS_##norms, &llri_more_##more, flags }
static const llri_arch llri_archs[] = {
/*           name              norm   rope  ffn    act    block     q/k    norms      more     flags */
    LLRI_ROW("llama",          RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_ATTN_SCALE),
    LLRI_ROW("mistral3",       RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing,
             LLRI_A_ATTN_SCALE | LLRI_A_YARN_KEYS | LLRI_A_TEMPERATURE),
    LLRI_ROW("qwen2",          RMS,   NEOX, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("qwen2vl",        RMS,   NEOX, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_SECTIONS),
    LLRI_ROW("qwen3",          RMS,   NEOX, GATED, SILU,  SEQ,      HEAD,  PRE,       nothing, 0),
    LLRI_ROW("gemma",          RMS,   NEOX, GATED, GELU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_EMBD_SQRT),
    LLRI_ROW("gemma2",         RMS,   NEOX, GATED, GELU,  SEQ,      NONE,  AROUND,    gemma2,  LLRI_A_EMBD_SQRT),
    LLRI_ROW("gemma3",         RMS,   NEOX, GATED, GELU,  SEQ,      HEAD,  AROUND,    gemma3,  LLRI_A_EMBD_SQRT),
    LLRI_ROW("gemma4",         RMS,   NEOX, GATED, GELU,  SEQ,      HEAD,  AROUND,    gemma4,  LLRI_A_EMBD_SQRT | LLRI_A_GEMMA4),
    LLRI_ROW("phi2",           LAYER, NEOX, SEQ,   GELU,  PARALLEL, NONE,  PRE_ONE,   nothing, LLRI_A_OUTPUT),
    LLRI_ROW("phi3",           RMS,   NEOX, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("smollm3",        RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_NO_ROPE_4TH),
    LLRI_ROW("granite",        RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing,
             LLRI_A_EMBD_SCALE | LLRI_A_RES_SCALE | LLRI_A_LOGIT_DIV | LLRI_A_ATTN_SCALE | LLRI_A_ROPE_SWITCH | LLRI_A_LOGIT_KEY),
    LLRI_ROW("minicpm",        RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing,
             LLRI_A_EMBD_SCALE | LLRI_A_RES_SCALE | LLRI_A_LOGIT_DIV | LLRI_A_MINICPM),
    LLRI_ROW("olmo",           LAYER, NORM, GATED, SILU,  SEQ,      NONE,  BARE,      nothing, LLRI_A_CLAMP_QKV),
    LLRI_ROW("olmo2",          RMS,   NEOX, GATED, SILU,  SEQ,      WHOLE, POST,      olmo2,   LLRI_A_OUTPUT),
    LLRI_ROW("stablelm",       LAYER, NEOX, GATED, SILU,  SEQ,      ROWS,  PRE_MAYBE, nothing, LLRI_A_OUTPUT | LLRI_A_QK_OPTIONAL),
    LLRI_ROW("starcoder",      LAYER, NONE, SEQ,   GELU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_POSITIONS),
    LLRI_ROW("starcoder2",     LAYER, NEOX, SEQ,   GELU,  SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("gpt2",           LAYER, NONE, SEQ,   GELU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_POSITIONS),
    LLRI_ROW("gptneox",        LAYER, NEOX, SEQ,   GELU,  BY_KEY,   NONE,  PRE,       nothing, LLRI_A_OUTPUT),
    LLRI_ROW("falcon",         LAYER, NEOX, SEQ,   GELU,  PARALLEL, NONE,  PRE_ONE,   nothing, LLRI_A_ATTN_NORM_2),
    LLRI_ROW("internlm2",      RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_OUTPUT),
    LLRI_ROW("command-r",      LAYER, NORM, GATED, SILU,  PARALLEL, ROWS,  PRE_ONE,   nothing,
             LLRI_A_LOGIT_MUL | LLRI_A_QK_OPTIONAL),
    LLRI_ROW("cohere2",        LAYER, NORM, GATED, SILU,  PARALLEL, NONE,  PRE_ONE,   cohere2,
             LLRI_A_LOGIT_MUL | LLRI_A_ROPE_WINDOW | LLRI_A_LOGIT_KEY),
    LLRI_ROW("glm4",           RMS,   NORM, GATED, SILU,  SEQ,      NONE,  AROUND,    nothing, LLRI_A_NEXTN | LLRI_A_SECTIONS),
    LLRI_ROW("exaone",         RMS,   NEOX, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("exaone4",        RMS,   NEOX, GATED, SILU,  SEQ,      HEAD,  POST,      exaone4, LLRI_A_ROPE_WINDOW | LLRI_A_NEXTN),
    LLRI_ROW("nemotron",       LAYER, NEOX, SEQ,   RELU2, SEQ,      NONE,  PRE,       nothing, LLRI_A_OUTPUT),
    LLRI_ROW("ernie4_5",       RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("seed_oss",       RMS,   NEOX, GATED, SILU,  SEQ,      NONE,  PRE_POST,  nothing, 0),
    LLRI_ROW("hunyuan-dense",  RMS,   NEOX, GATED, SILU,  SEQ,      HEAD,  PRE,       nothing,
             LLRI_A_NTK_ALPHA | LLRI_A_ONE_EXPERT | LLRI_A_QK_AFTER_ROPE),
    LLRI_ROW("apertus",        RMS,   NEOX, SEQ,   XIELU, SEQ,      HEAD,  PRE,       nothing, LLRI_A_OUTPUT),
    LLRI_ROW("bitnet",         RMS,   NEOX, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("baichuan",       RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_OUTPUT | LLRI_A_BAICHUAN),
    LLRI_ROW("bloom",          LAYER, NONE, SEQ,   GELU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_ALIBI_8 | LLRI_A_EMBD_NORM),
    LLRI_ROW("chatglm",        RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("codeshell",      LAYER, NEOX, SEQ,   GELU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_OUTPUT | LLRI_A_EMBD_OUTPUT),
    LLRI_ROW("mpt",            LAYER, NONE, SEQ,   GELU,  SEQ,      WHOLE, PRE,       nothing,
             LLRI_A_ALIBI_KEY | LLRI_A_CLAMP_QKV | LLRI_A_QK_OPTIONAL),
    LLRI_ROW("qwen",           RMS,   NEOX, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_OUTPUT | LLRI_A_HALF_FF),
    LLRI_ROW("refact",         RMS,   NONE, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_ALIBI_8),
    LLRI_ROW("arcee",          RMS,   NORM, SEQ,   RELU2, SEQ,      NONE,  PRE,       nothing, LLRI_A_ATTN_SCALE),
    LLRI_ROW("jais2",          LAYER, NEOX, SEQ,   RELU2, SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("maincoder",      RMS,   NORM, GATED, SILU,  SEQ,      HEAD,  PRE,       nothing, LLRI_A_QK_AFTER_ROPE),
    LLRI_ROW("orion",          LAYER, NEOX, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_OUTPUT),
    LLRI_ROW("pangu-embedded", RMS,   NEOX, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, 0),
    LLRI_ROW("xverse",         RMS,   NORM, GATED, SILU,  SEQ,      NONE,  PRE,       nothing, LLRI_A_OUTPUT)
};
enum { LLRI_N_ARCHS = (int)(sizeof llri_archs / sizeof *llri_archs) };
#undef LLRI_NORMS_PRE
#undef LLRI_NORMS_PRE_ONE
#undef LLRI_NORMS_PRE_MAYBE
#undef LLRI_NORMS_PRE_POST
#undef LLRI_NORMS_POST
#undef LLRI_NORMS_AROUND
#undef LLRI_NORMS_BARE
#undef LLRI_ROW

LLR_API const char *llr_arch_name(int i)
{
    return i >= 0 && i < LLRI_N_ARCHS ? llri_archs[i].name : NULL;
}

/* --- What a loaded model consists of ------------------------------------------------------------------------------- */
/* y = scale * (W x) + bias. Absent: w.data is NULL. */
typedef struct llri_linear { llri_mat w; const float *bias; float scale; } llri_linear;
/* on = 0: no such step. w and b may be NULL: a norm without weights, without bias. */
typedef struct llri_norm_w { const float *w, *b; int on; } llri_norm_w;

typedef struct llri_layer {
    int n_head, n_head_kv, dk, dv, n_ff;    /* dk, dv: size of a head's key and value */
    int rope;                               /* index into llr_model.rope; -1: no positions here */
    uint32_t window;                        /* positions seen, itself included; 0: all */
    int kv_layer;                           /* whose K and V this layer reads; itself if it has its own */
    int parallel;                           /* ffn reads the same x as attention does */
    float score_scale;                      /* of q.k */
    llri_norm_w attn_norm, attn_post_norm, ffn_norm, ffn_post_norm;   /* [n_embd] */
    llri_norm_w q_norm, k_norm;             /* by llr_model.arch->qk_norm: [dk], [dk, heads] or [heads*dk] */
    llri_norm_w attn_sub_norm, ffn_sub_norm;/* [n_head*dv], [n_ff]: on what the output projections read */
    llri_linear qkv;                        /* n_embd -> all queries, all keys, all values; or, if absent: */
    llri_linear q, k, v;                    /* k absent: kv_layer is another; v absent: values are the raw keys */
    llri_linear o;                          /* n_head*dv -> n_embd */
    llri_linear gate, up, down;             /* gate absent: up gives n_ff rows, or gate and up together */
    float act_p[4];                         /* parameters of the activation (xielu) */
    llri_linear ple_gate, ple_proj;         /* per-layer embedding: n_embd -> n_ple -> n_embd; absent elsewhere */
    llri_norm_w ple_norm;                   /* [n_embd] */
    float out_scale;                        /* the layer's output is multiplied by it; 1 usually */
} llri_layer;

/* How a kind of layers encodes positions. Angle of pair t at position p: p * f(t), see llri_rope_freqs. */
typedef struct llri_rope_kind {
    int n_rot;                              /* dimensions rotated, even; 0: no layer is of this kind */
    int yarn;
    double base, scale;                     /* scale = 1/factor */
    double strength;                        /* factor of the rotated vectors, before yarn's own 1 + 0.1 ln(1/scale) */
    double beta_fast, beta_slow, n_ctx_orig;
    const float *factors, *factors_long, *factors_short;   /* [n_rot/2] divisors of the angles, or NULL */
} llri_rope_kind;

typedef struct llri_owned { struct llri_owned *next; size_t n_bytes; } llri_owned;   /* header of a converted vector */

struct llr_model {
    llr_options opt, counted;               /* of the user; the same with an allocator that counts */
    uint64_t own_bytes, vocab_bytes;        /* allocated by open: this handle, metadata, tokenizer; the tokenizer alone */
    uint64_t limit_bytes;                   /* what open may allocate */
    int counting;                           /* only while opening: a model is immutable afterwards */
    const llri_ops *ops; llr_isa isa;
    llr_gguf *gguf;
    llr_vocab *vocab;
    const llri_arch *arch;
    llri_owned *owned;
    uint64_t n_params, weights_bytes;

    int n_vocab, n_embd, n_layer, n_layer_all;   /* n_layer_all: with those that are skipped */
    uint32_t n_ctx_train, window;           /* window: W of the layers that have one, 0 if none has */
    float eps, embd_scale, res_scale, logit_mul, attn_cap, final_cap, clamp_qkv, alibi;
    float temperature; double temperature_len;   /* queries times 1 + temperature*ln(1 + floor(pos/len)) */
    llri_mat tok_embd;                      /* n_embd per token */
    llri_mat pos_embd;                      /* n_embd per position, or absent */
    int n_ple; llri_mat ple_embd;           /* n_layer*n_ple per token (per-layer embeddings), or absent */
    llri_linear ple_model; llri_norm_w ple_model_norm;   /* n_embd -> n_layer*n_ple; [n_ple] */
    llri_norm_w embd_norm, output_norm;
    llri_linear output;                     /* n_embd -> n_vocab */
    llri_rope_kind rope[2];                 /* of the layers that see all; of window layers */
    int neox;                               /* pairs are (t, t + n_rot/2), not (2t, 2t + 1) */
    llri_layer *layers;                     /* [n_layer] */
    float *slopes;                          /* ALiBi, [n_layer][max n_head], or NULL */
    int max_head, max_head_dim, max_qkv, max_att, max_ff;   /* over the layers: sizes of a session's buffers */
    int max_in, max_float_in;               /* widest input of any matrix, and of one of floats */
};

/* --- Reading metadata: the first failure is kept in st, and everything after it does nothing ------------------------- */
typedef struct llri_builder {
    llr_model *m;
    uint8_t *used;              /* per tensor of the file */
    uint32_t *per_layer;        /* [n_layer_all], of the key read last by llri_key_layers */
    char key[128];              /* the full name of the key read last */
    llr_status st;
    llr_error *err;
} llri_builder;

static void llri_refuse(llri_builder *l, llr_status st, const char *fmt, ...) LLRI_PRINTF(3, 4);
static void llri_refuse(llri_builder *l, llr_status st, const char *fmt, ...)
{
    va_list args;
    if (l->st != LLR_OK) return;
    l->st = st;
    if (!l->err) return;
    l->err->code = st;
    va_start(args, fmt);
    llri_vformat(l->err->msg, sizeof l->err->msg, fmt, args);
    va_end(args);
}

static void llri_refuse_key(llri_builder *l, const char *suffix, const char *want)
{
    llri_refuse(l, LLR_E_FORMAT, "the metadata key %s.%s must be %s", l->m->arch->name, suffix, want);
}

static const llri_kv *llri_find_key(llri_builder *l, const char *suffix, int required)
{
    const llri_kv *kv;
    if (l->st != LLR_OK) return NULL;
    (void)snprintf(l->key, sizeof l->key, "%s.%s", l->m->arch->name, suffix);
    kv = llri_gguf_kv(l->m->gguf, l->key);
    if (!kv && required) llri_refuse(l, LLR_E_FORMAT, "the metadata key %s is missing; a broken converter made the file", l->key);
    return kv;
}

/* An integer of 0..UINT32_MAX. */
static uint32_t llri_key_u32(llri_builder *l, const char *suffix, int required, uint32_t def)
{
    const llri_kv *kv = llri_find_key(l, suffix, required);
    uint64_t v = def;
    if (kv && (!llri_kv_u64(kv, &v) || v > UINT32_MAX)) llri_refuse_key(l, suffix, "an integer from 0 to 4294967295");
    return l->st == LLR_OK ? (uint32_t)v : def;
}

/* An integer of lo..hi. */
static int llri_key_int(llri_builder *l, const char *suffix, int required, uint32_t def, uint32_t lo, uint32_t hi)
{
    uint32_t v = llri_key_u32(l, suffix, required, def);
    if (v < lo || v > hi)
        llri_refuse(l, LLR_E_FORMAT, "the metadata key %s is %lu and must be from %lu to %lu", l->key,
                    (unsigned long)v, (unsigned long)lo, (unsigned long)hi);
    return l->st == LLR_OK ? (int)v : (int)lo;
}

static int llri_finite(double v) { return fabs(v) < 3.4e38; }   /* also as a float */

/* A finite number. */
static double llri_key_f64(llri_builder *l, const char *suffix, int required, double def)
{
    const llri_kv *kv = llri_find_key(l, suffix, required);
    double v = def;
    if (kv && (!llri_kv_f64(kv, &v) || !llri_finite(v))) llri_refuse_key(l, suffix, "a finite number");
    return l->st == LLR_OK ? v : def;
}

static double llri_key_positive(llri_builder *l, const char *suffix, int required, double def)
{
    double v = llri_key_f64(l, suffix, required, def);
    if (!(v > 0.0)) llri_refuse_key(l, suffix, "a number above 0");
    return l->st == LLR_OK ? v : 1.0;
}

static int llri_key_bool(llri_builder *l, const char *suffix, int required, int def)
{
    const llri_kv *kv = llri_find_key(l, suffix, required);
    int v = def;
    if (kv && !llri_kv_bool(kv, &v)) llri_refuse_key(l, suffix, "true or false");
    return v;
}

/* A number for every layer into l->per_layer: one for all of them, or an array of n_layer_all. 0 if the key is absent. */
static int llri_key_layers(llri_builder *l, const char *suffix, int required)
{
    const llri_kv *kv = llri_find_key(l, suffix, required);
    const int array = kv && kv->type == LLR_META_ARRAY;
    int i;
    if (array && kv->count != (uint64_t)l->m->n_layer_all)
        llri_refuse(l, LLR_E_FORMAT, "the metadata key %s has %llu elements for %d layers", l->key,
                    (unsigned long long)kv->count, l->m->n_layer_all);
    for (i = 0; kv && l->st == LLR_OK && i < l->m->n_layer_all; i++) {
        uint64_t v = 0;
        if (!llri_kv_elem_u64(kv, array ? (uint64_t)i : 0, &v) || v > UINT32_MAX)
            llri_refuse_key(l, suffix, "an integer from 0 to 4294967295, or one for every layer");
        l->per_layer[i] = (uint32_t)v;
    }
    return kv && l->st == LLR_OK;
}

/* The same as a count that an int can hold; 0, which no count may be, for those that it cannot. */
static int llri_layer_count(const llri_builder *l, int i) { return l->per_layer[i] <= LLRI_MAX_WIDTH ? (int)l->per_layer[i] : 0; }

/* --- Finding tensors --------------------------------------------------------------------------------------------------- */
/* Zeroed memory that lives as long as the model. */
static void *llri_model_alloc(llri_builder *l, uint64_t n, size_t each, const char *what)
{
    llri_owned *o = NULL;
    size_t bytes = 0, total;
    if (l->st != LLR_OK) return NULL;
    if (n <= SIZE_MAX && llri_mul_size((size_t)n, each, &bytes) && llri_add_size(bytes, 64, &total))
        o = (llri_owned *)llri_calloc(&l->m->counted.mem, total, 64);
    if (!o) { l->st = llri_nomem(l->err, what, bytes); return NULL; }
    o->next = l->m->owned; o->n_bytes = total;
    l->m->owned = o;
    return (uint8_t *)o + 64;
}

/* "blk.3." + part + suffix; without the block for layer -1. Names of tensors are shorter than 64 bytes. */
typedef struct llri_name { char s[80]; } llri_name;
static llri_name llri_tensor_name(int layer, const char *part, const char *suffix)
{
    llri_name n;
    if (layer >= 0) (void)snprintf(n.s, sizeof n.s, "blk.%d.%s%s", layer, part, suffix);
    else (void)snprintf(n.s, sizeof n.s, "%s%s", part, suffix);
    return n;
}

static const llri_tensor *llri_peek(const llri_builder *l, int layer, const char *part)
{
    return llri_gguf_find_tensor(l->m->gguf, llri_tensor_name(layer, part, ".weight").s);
}

/* The tensor of this name, whose shape must be [n0, n1, 1, 1]; NULL if there is none. */
static const llri_tensor *llri_want(llri_builder *l, llri_name name, int64_t n0, int64_t n1, int required)
{
    const llri_tensor *t = l->st == LLR_OK ? llri_gguf_find_tensor(l->m->gguf, name.s) : NULL;
    if (!t) {
        if (required)
            llri_refuse(l, LLR_E_FORMAT, "the tensor %s is missing; this is not a whole %s model", name.s, l->m->arch->name);
        return NULL;
    }
    if (t->ne[0] != (uint64_t)n0 || t->ne[1] != (uint64_t)n1 || t->ne[2] != 1 || t->ne[3] != 1)
        llri_refuse(l, LLR_E_FORMAT, "the tensor %s has the shape [%llu, %llu, %llu, %llu]; the metadata asks for [%lld, %lld]",
                    name.s, (unsigned long long)t->ne[0], (unsigned long long)t->ne[1], (unsigned long long)t->ne[2],
                    (unsigned long long)t->ne[3], (long long)n0, (long long)n1);
    if (!llri_dequant_ok(t->type)) {
        const llri_type_info *type = llri_type(t->type);
        llri_refuse(l, LLR_E_UNSUPPORTED, "the tensor %s is stored as %s, which is no type for weights", name.s,
                    type && type->name ? type->name : "an unknown type");
    }
    l->used[t - llri_gguf_tensor_at(l->m->gguf, 0)] = 1;
    return l->st == LLR_OK ? t : NULL;
}

/* A vector [n0, n1] as float32: in place where the file has it so, else converted into memory of the model. */
static const float *llri_want_vec(llri_builder *l, llri_name name, int64_t n0, int64_t n1, int required)
{
    const llri_tensor *t = llri_want(l, name, n0, n1, required);
    float *copy;
    if (!t) return NULL;
    if (t->type == LLRI_F32 && !LLRI_BIG_ENDIAN && ((uintptr_t)t->data & 3) == 0) return (const float *)(const void *)t->data;
    copy = (float *)llri_model_alloc(l, t->n_elements, sizeof(float), "a vector of the model");
    if (copy) llri_dequant(t->type, t->data, copy, (size_t)t->n_elements);
    return copy;
}

static int llri_max_int(int a, int b) { return a > b ? a : b; }

static void llri_want_mat(llri_builder *l, llri_mat *w, llri_name name, int64_t n_in, int64_t n_out, int required)
{
    const llri_tensor *t = llri_want(l, name, n_in, n_out, required);
    if (!t) return;
    w->type = t->type;
    w->data = t->data;
    w->n_in = n_in;
    w->n_out = n_out;
    w->row_bytes = (size_t)(t->n_bytes / (uint64_t)n_out);
}

/* The matrix will be multiplied, not only looked up by row. */
static void llri_will_multiply(llr_model *m, const llri_mat *w)
{
    if (!llri_quant(w->type)) m->max_float_in = llri_max_int(m->max_float_in, (int)w->n_in);
}

/* A matrix with its optional bias [n_out] and scale [1]. */
static void llri_want_linear(llri_builder *l, llri_linear *y, int layer, const char *part, int64_t n_in, int64_t n_out,
                             int required)
{
    const float *scale;
    y->scale = 1.0f;
    llri_want_mat(l, &y->w, llri_tensor_name(layer, part, ".weight"), n_in, n_out, required);
    if (!y->w.data) return;
    llri_will_multiply(l->m, &y->w);
    y->bias = llri_want_vec(l, llri_tensor_name(layer, part, ".bias"), n_out, 1, 0);
    scale = llri_want_vec(l, llri_tensor_name(layer, part, ".scale"), 1, 1, 0);
    if (scale) y->scale = scale[0];
    (void)llri_want(l, llri_tensor_name(layer, part, ".input_scale"), 1, 1, 0);   /* only for 4-bit activations */
}

/* In feed-forward networks the scale applies to the bias too. */
static void llri_want_ffn_linear(llri_builder *l, llri_linear *y, int layer, const char *part, int64_t n_in, int64_t n_out)
{
    float *b;
    int64_t i;
    llri_want_linear(l, y, layer, part, n_in, n_out, 1);
    if (!y->bias || y->scale == 1.0f) return;
    b = (float *)llri_model_alloc(l, (uint64_t)n_out, sizeof(float), "a bias");
    for (i = 0; b && i < n_out; i++) b[i] = y->bias[i] * y->scale;
    y->bias = b;
}

/* rule: as in llri_arch: NULL no norm, "" without weights, "?name" optional. A bias is used if there is one. */
static void llri_want_norm(llri_builder *l, llri_norm_w *n, int layer, const char *rule, int64_t n0, int64_t n1)
{
    int optional = rule && rule[0] == '?';
    if (!rule) return;
    n->on = 1;
    if (!rule[0]) return;
    n->w = llri_want_vec(l, llri_tensor_name(layer, rule + optional, ".weight"), n0, n1, !optional);
    n->b = llri_want_vec(l, llri_tensor_name(layer, rule + optional, ".bias"), n0, n1, 0);
    n->on = n->w != NULL;
}

/* --- Hyper-parameters ---------------------------------------------------------------------------------------------------- */
static const llri_arch *llri_find_arch(llri_str name)
{
    int i;
    for (i = 0; i < LLRI_N_ARCHS; i++)
        if (llri_str_eq(name, llri_archs[i].name)) return &llri_archs[i];
    return NULL;
}

static llr_status llri_model_arch(llr_model *m, llr_error *err)
{
    const llri_kv *kv = llri_gguf_kv(m->gguf, "general.architecture"), *type = llri_gguf_kv(m->gguf, "general.type");
    llri_str name, kind;
    if (!kv || !llri_kv_str(kv, &name))
        return llri_fail(err, LLR_E_FORMAT, "the metadata key general.architecture is %s; the file does not say what it holds",
                         kv ? "no string" : "missing");
    if (type && llri_kv_str(type, &kind) && !llri_str_eq(kind, "model"))
        return llri_fail(err, LLR_E_UNSUPPORTED, "the file is a valid GGUF, but of general.type '%.*s', not a model", LLRI_S(kind));
    m->arch = llri_find_arch(name);
    if (!m->arch)
        return llri_fail(err, LLR_E_UNSUPPORTED, "the file is a valid GGUF, but its architecture '%.*s' is not supported by "
                         "llrun " LLRUN_VERSION "; a newer one may know it",
                         LLRI_S(name));
    return LLR_OK;
}

/* What everything else is measured in. All sizes are bounded, so that widths fit int and products of two int64. */
static void llri_load_counts(llri_builder *l)
{
    llr_model *m = l->m;
    const uint32_t flags = m->arch->flags;
    uint32_t experts, used;
    m->n_layer_all = llri_key_int(l, "block_count", 1, 0, 1, LLRI_MAX_LAYERS);
    m->n_embd = llri_key_int(l, "embedding_length", 1, 0, 1, LLRI_MAX_WIDTH);
    m->n_ctx_train = llri_key_u32(l, "context_length", 1, 0);
    if (m->n_ctx_train == 0) llri_refuse_key(l, "context_length", "above 0");
    m->n_layer = m->n_layer_all;
    if (flags & LLRI_A_NEXTN) m->n_layer -= llri_key_int(l, "nextn_predict_layers", 0, 0, 0, (uint32_t)m->n_layer_all - 1);
    experts = llri_key_u32(l, "expert_count", 0, 0);
    if (l->st == LLR_OK && experts > (flags & LLRI_A_ONE_EXPERT ? 1u : 0u)) {
        used = llri_key_u32(l, "expert_used_count", 1, 0);
        if (used < 1 || used > experts || experts > 1024)
            llri_refuse_key(l, "expert_used_count", "from 1 to expert_count, and that at most 1024");
        llri_refuse(l, LLR_E_UNSUPPORTED, "the file is a valid %s model, but it has %lu experts, which are not supported yet",
                    m->arch->name, (unsigned long)experts);
    }
    m->layers = (llri_layer *)llri_model_alloc(l, (uint64_t)m->n_layer_all, sizeof(llri_layer), "the layers");
    l->per_layer = (uint32_t *)llri_model_alloc(l, (uint64_t)m->n_layer_all, sizeof(uint32_t), "the layers");
}

/* Which layers have a window. */
static void llri_load_windows(llri_builder *l)
{
    llr_model *m = l->m;
    const llri_arch_more *r = m->arch->more;
    const llri_kv *pattern;
    uint32_t every, i;
    if (l->st != LLR_OK || r->window_key == LLRI_WINDOW_NONE || (r->only_n_layers && r->only_n_layers != m->n_layer)) return;
    m->window = llri_key_u32(l, "attention.sliding_window", r->window_key == LLRI_WINDOW_REQUIRED, r->window);
    if (!m->window && r->window_key != LLRI_WINDOW_OPTIONAL) llri_refuse_key(l, "attention.sliding_window", "above 0");
    if (l->st != LLR_OK || !m->window) return;
    pattern = llri_find_key(l, "attention.sliding_window_pattern", r->pattern == 0);
    if (pattern && (pattern->type == LLR_META_ARRAY || r->pattern == 0)) {
        if (!llri_key_layers(l, "attention.sliding_window_pattern", 1)) return;
        for (i = 0; i < (uint32_t)m->n_layer; i++) m->layers[i].window = l->per_layer[i] ? m->window : 0;
    } else {
        every = llri_key_u32(l, "attention.sliding_window_pattern", 0, r->pattern);
        for (i = 0; i < (uint32_t)m->n_layer; i++) m->layers[i].window = every == 0 || i % every < every - 1 ? m->window : 0;
    }
}

/* Numbers and sizes of heads, widths of the feed-forward networks, of every layer. */
static void llri_load_widths(llri_builder *l)
{
    static const char *const keys[4] = { "attention.key_length", "attention.value_length",
                                         "attention.key_length_swa", "attention.value_length_swa" };
    llr_model *m = l->m;
    const uint32_t flags = m->arch->flags;
    int size[4], i, j, share;
    if (llri_key_layers(l, "attention.head_count", 1))
        for (i = 0; i < m->n_layer; i++) m->layers[i].n_head = m->layers[i].n_head_kv = llri_layer_count(l, i);
    if (llri_key_layers(l, "attention.head_count_kv", 0))
        for (i = 0; i < m->n_layer; i++) m->layers[i].n_head_kv = llri_layer_count(l, i);
    if (llri_key_layers(l, "feed_forward_length", 1))
        for (i = 0; i < m->n_layer; i++) m->layers[i].n_ff = llri_layer_count(l, i) / (flags & LLRI_A_HALF_FF ? 2 : 1);
    for (i = 0; l->st == LLR_OK && i < m->n_layer; i++) {
        const llri_layer *y = &m->layers[i];
        if (y->n_head < 1) llri_refuse_key(l, "attention.head_count", "from 1 to 16777216");
        else if (y->n_head_kv < 1 || y->n_head % y->n_head_kv)
            llri_refuse(l, LLR_E_FORMAT, "attention.head_count %d is no multiple of attention.head_count_kv %d",
                        y->n_head, y->n_head_kv);
        else if (y->n_ff < 1) llri_refuse_key(l, "feed_forward_length", "from 1 to 16777216");
    }
    if (l->st != LLR_OK) return;

    share = m->n_embd / m->layers[0].n_head;
    if (m->n_embd % m->layers[0].n_head && !(llri_find_key(l, keys[0], 0) && llri_find_key(l, keys[1], 0)))
        llri_refuse(l, LLR_E_FORMAT, "attention.head_count %d does not divide embedding_length %d, and the file does not give both "
                    "attention.key_length and value_length", m->layers[0].n_head, m->n_embd);
    for (j = 0; j < 4; j++) {   /* window layers have sizes of their own in gemma4 alone */
        if (j < 2) size[j] = llri_key_int(l, keys[j], 0, (uint32_t)share, 1, 1 << 16);
        else size[j] = flags & LLRI_A_GEMMA4 ? llri_key_int(l, keys[j], 1, 0, 1, 1 << 16) : size[j - 2];
    }
    for (i = 0; l->st == LLR_OK && i < m->n_layer; i++) {
        llri_layer *y = &m->layers[i];
        y->dk = size[y->window ? 2 : 0];
        y->dv = size[y->window ? 3 : 1];
        if ((int64_t)y->n_head * y->dk > LLRI_MAX_WIDTH || (int64_t)y->n_head * y->dv > LLRI_MAX_WIDTH)
            llri_refuse(l, LLR_E_FORMAT, "%d heads of %d and %d are wider than %d", y->n_head, y->dk, y->dv, (int)LLRI_MAX_WIDTH);
    }
}

/* How yarn strengthens attention with the context extension `factor` (Peng et al. 2023, section 3.4). */
static double llri_yarn_mscale(double factor, double mul) { return factor <= 1.0 ? 1.0 : 0.1 * mul * llri_ln(factor) + 1.0; }

/* What rotating with yarn multiplies by in any case. */
static double llri_yarn_turn(const llri_rope_kind *k) { return k->yarn ? 1.0 - 0.1 * llri_ln(k->scale) : 1.0; }

/* The rope kind of the layers that see all positions. */
static void llri_load_rope(llri_builder *l, llri_rope_kind *k, int dk)
{
    const uint32_t flags = l->m->arch->flags;
    const llri_kv *kv = llri_find_key(l, "rope.scaling.type", 0);
    llri_str type = llri_cstr("linear");
    double factor, alpha, log_mul = 0.0;
    if (kv && (!llri_kv_str(kv, &type) || !(llri_str_eq(type, "none") || llri_str_eq(type, "linear") || llri_str_eq(type, "yarn") ||
                                            llri_str_eq(type, "longrope"))))
        llri_refuse_key(l, "rope.scaling.type", "none, linear, yarn or longrope");
    k->n_rot = llri_key_int(l, "rope.dimension_count", 0, (uint32_t)dk, 0, LLRI_MAX_WIDTH);
    k->base = llri_key_positive(l, "rope.freq_base", 0, 10000.0);
    factor = llri_key_f64(l, "rope.scaling.factor", 0, llri_key_f64(l, "rope.scale_linear", 0, 0.0));
    k->strength = llri_key_f64(l, "rope.scaling.attn_factor", 0, 1.0);
    k->n_ctx_orig = (double)llri_key_u32(l, "rope.scaling.original_context_length", 0, l->m->n_ctx_train);
    k->beta_fast = 32.0;
    k->beta_slow = 1.0;
    if (flags & LLRI_A_YARN_KEYS) {
        k->beta_fast = llri_key_positive(l, "rope.scaling.yarn_beta_fast", 0, 32.0);
        k->beta_slow = llri_key_positive(l, "rope.scaling.yarn_beta_slow", 0, 1.0);
        log_mul = llri_key_f64(l, "rope.scaling.yarn_log_multiplier", 0, 0.0);
    }
    if (flags & LLRI_A_NTK_ALPHA && dk > 2 && (alpha = llri_key_f64(l, "rope.scaling.alpha", 0, 0.0)) > 0.0)
        k->base *= llri_pow(alpha, (double)dk / (dk - 2));
    if (factor < 0.0) llri_refuse_key(l, "rope.scaling.factor", "0 (none) or above");
    if (l->st != LLR_OK) return;

    k->scale = factor == 0.0 || llri_str_eq(type, "none") ? 1.0 : 1.0 / factor;
    k->yarn = llri_str_eq(type, "yarn");
    if (!k->yarn) return;
    if (!(k->n_ctx_orig > 0.0 && k->base > 1.0))
        llri_refuse_key(l, "rope.freq_base", "above 1 for yarn, and rope.scaling.original_context_length above 0");
    k->strength *= llri_yarn_mscale(1.0 / k->scale, 1.0) / llri_yarn_turn(k);
    if (log_mul != 0.0) k->strength /= llri_yarn_mscale(1.0 / k->scale, log_mul);
}

/* Models that also see images turn parts of a head by row, column or time. For text all of these are the position, but the
 * fourth is 0; so without a fourth part text needs nothing special. */
static void llri_load_sections(llri_builder *l)
{
    const llri_kv *kv = llri_find_key(l, "rope.dimension_sections", 0);
    uint64_t part[4] = { 0, 0, 0, 0 };
    int i;
    if (!kv) return;
    for (i = 0; i < 4 && (uint64_t)i < kv->count; i++)
        if (kv->type != LLR_META_ARRAY || !llri_kv_elem_u64(kv, (uint64_t)i, &part[i]))
            llri_refuse_key(l, "rope.dimension_sections", "an array of counts");
    if (part[3])
        llri_refuse(l, LLR_E_UNSUPPORTED, "%s with a fourth part of %llu is not supported", l->key, (unsigned long long)part[3]);
    if (part[0] && part[1]) l->m->neox = 1;
}

/* Both rope kinds, and which layers use them. */
static void llri_load_positions(llri_builder *l)
{
    llr_model *m = l->m;
    const llri_arch_more *r = m->arch->more;
    const uint32_t flags = m->arch->flags;
    llri_rope_kind *all = &m->rope[0], *win = &m->rope[1];
    int i, dk[2], used[2] = { 0, 0 }, on = m->arch->rope != LLRI_ROPE_NONE;
    if (l->st != LLR_OK) return;
    dk[0] = dk[1] = m->layers[0].dk;
    for (i = 0; i < m->n_layer; i++) dk[m->layers[i].window != 0] = m->layers[i].dk;
    m->neox = m->arch->rope == LLRI_ROPE_NEOX;
    if (flags & LLRI_A_SECTIONS) llri_load_sections(l);
    llri_load_rope(l, all, dk[0]);
    *win = *all;
    if (m->window) {
        win->base = llri_key_positive(l, "rope.freq_base_swa", 0, r->freq_base > 0.0 ? r->freq_base : all->base);
        if (flags & LLRI_A_GEMMA4) win->n_rot = llri_key_int(l, "rope.dimension_count_swa", 0, (uint32_t)dk[1], 0, LLRI_MAX_WIDTH);
        if (r->plain_rope >= 1) win->scale = 1.0;
        if (r->plain_rope >= 2) { win->yarn = 0; win->strength = 1.0; }
    }
    if (flags & LLRI_A_ROPE_SWITCH) on = on && llri_key_bool(l, "rope.scaling.finetuned", 0, 1);
    if (flags & LLRI_A_ALIBI_8) m->alibi = 8.0f;
    if (flags & LLRI_A_ALIBI_KEY) m->alibi = (float)llri_key_f64(l, "attention.max_alibi_bias", 0, 0.0);
    if (flags & LLRI_A_BAICHUAN && l->st == LLR_OK) {   /* the file does not say which of the two it is */
        if (m->n_layer != 32 && m->n_layer != 40)
            llri_refuse(l, LLR_E_UNSUPPORTED, "a baichuan model of %d layers is neither the 7B (32) nor the 13B (40)", m->n_layer);
        on = m->n_layer == 32;
        if (!on) m->alibi = 8.0f;
    }
    for (i = 0; l->st == LLR_OK && i < m->n_layer; i++) {
        llri_layer *y = &m->layers[i];
        int kind = y->window != 0;
        y->rope = on ? kind : -1;
        if (flags & LLRI_A_NO_ROPE_4TH && (i + 1) % 4 == 0) y->rope = -1;
        if (flags & LLRI_A_ROPE_WINDOW && m->window && !y->window) y->rope = -1;
        if (y->rope >= 0 && (m->rope[kind].n_rot < 2 || m->rope[kind].n_rot % 2 || m->rope[kind].n_rot > y->dk))
            llri_refuse(l, LLR_E_FORMAT, "rope.dimension_count is %d and must be even, at least 2 and at most the head size %d",
                        m->rope[kind].n_rot, y->dk);
        if (y->rope >= 0) used[kind] = 1;
    }
    for (i = 0; i < 2; i++) if (!used[i]) m->rope[i].n_rot = 0;
}

/* A soft cap: def 0: not read; -1: read, off by default. */
static float llri_load_cap(llri_builder *l, const char *key, float def)
{
    double cap = def == 0.0f ? 0.0 : llri_key_f64(l, key, 0, def < 0.0f ? 0.0 : (double)def);
    if (cap < 0.0) llri_refuse_key(l, key, "0 (none) or above");
    return (float)cap;
}

/* A factor; 0 means that there is none. */
static float llri_load_scale(llri_builder *l, const char *key, int required, double def)
{
    double scale = llri_key_f64(l, key, required, def);
    return scale != 0.0 ? (float)scale : 1.0f;
}

/* Numbers that multiply or cap something. */
static void llri_load_scales(llri_builder *l)
{
    llr_model *m = l->m;
    const uint32_t flags = m->arch->flags;
    const int mini = flags & LLRI_A_MINICPM;
    double score;
    int i;
    if (l->st != LLR_OK) return;
    m->eps = (float)llri_key_positive(l, m->arch->norm == LLRI_NORM_RMS ? "attention.layer_norm_rms_epsilon"
                                                                        : "attention.layer_norm_epsilon", 1, 0.0);
    m->attn_cap = llri_load_cap(l, "attn_logit_softcapping", m->arch->more->attn_cap);
    m->final_cap = llri_load_cap(l, "final_logit_softcapping", m->arch->more->final_cap);
    m->clamp_qkv = flags & LLRI_A_CLAMP_QKV ? (float)llri_key_f64(l, "attention.clamp_kqv", 0, 0.0) : 0.0f;

    m->embd_scale = flags & LLRI_A_EMBD_SQRT ? (float)sqrt((double)m->n_embd) : 1.0f;
    if (flags & LLRI_A_EMBD_SCALE) m->embd_scale = llri_load_scale(l, "embedding_scale", 0, mini ? 12.0 : 0.0);
    m->res_scale = m->logit_mul = 1.0f;
    if (flags & LLRI_A_RES_SCALE)
        m->res_scale = llri_load_scale(l, "residual_scale", 0, mini ? 1.4 / sqrt((double)m->n_layer) : 0.0);
    if (flags & (LLRI_A_LOGIT_MUL | LLRI_A_LOGIT_DIV))
        m->logit_mul = llri_load_scale(l, "logit_scale", (flags & LLRI_A_LOGIT_KEY) != 0, mini ? 256.0 / m->n_embd : 0.0);
    if (flags & LLRI_A_LOGIT_DIV) m->logit_mul = 1.0f / m->logit_mul;

    score = flags & LLRI_A_ATTN_SCALE ? llri_key_f64(l, "attention.scale", 0, 0.0) : flags & LLRI_A_GEMMA4 ? 1.0 : 0.0;
    for (i = 0; i < m->n_layer; i++) {
        const llri_layer *y = &m->layers[i];
        double width = m->arch->more->wide_q_layers == m->n_layer ? (double)(m->n_embd / m->layers[0].n_head) : (double)y->dk;
        m->layers[i].score_scale = (float)(score != 0.0 ? score : 1.0 / sqrt(width < 1.0 ? 1.0 : width));
        m->layers[i].out_scale = 1.0f;
    }
    if (flags & LLRI_A_TEMPERATURE && (m->temperature = (float)llri_key_f64(l, "attention.temperature_scale", 0, 0.0)) != 0.0f) {
        m->temperature_len = m->rope[0].n_ctx_orig;
        if (m->temperature_len < 1.0) llri_refuse_key(l, "rope.scaling.original_context_length", "above 0");
    }
}

static double llri_softplus(double x) { return x > 20.0 ? x : llri_ln(1.0 + llri_exp(x)); }

/* The activation xIELU has four parameters a layer; their keys carry no architecture prefix. */
static void llri_load_xielu(llri_builder *l)
{
    static const char *const keys[4] = { "xielu.alpha_p", "xielu.alpha_n", "xielu.beta", "xielu.eps" };
    int i, j;
    if (l->st != LLR_OK || l->m->arch->act != LLRI_ACT_XIELU) return;
    for (j = 0; j < 4; j++) {
        const llri_kv *kv = llri_gguf_kv(l->m->gguf, keys[j]);
        int array = kv && kv->type == LLR_META_ARRAY;
        for (i = 0; i < l->m->n_layer; i++) {
            double v = 0.0;
            if (!kv || (array && kv->count != (uint64_t)l->m->n_layer_all) ||
                !llri_kv_elem_f64(kv, array ? (uint64_t)i : 0, &v) || !llri_finite(v))
                llri_refuse(l, LLR_E_FORMAT, "the metadata key %s must be a number, or one for each of %d layers",
                            keys[j], l->m->n_layer_all);
            l->m->layers[i].act_p[j] = (float)v;
        }
    }
    for (i = 0; i < l->m->n_layer; i++) {
        float *p = l->m->layers[i].act_p;
        p[0] = (float)llri_softplus(p[0]);
        p[1] = (float)((double)p[2] + llri_softplus(p[1]));
    }
}

/* --- Weights --------------------------------------------------------------------------------------------------------- */
static void llri_load_qk_norm(llri_builder *l, llri_norm_w *n, int i, const char *name, int heads, int dk)
{
    const int kind = l->m->arch->qk_norm;
    if (kind == LLRI_QK_NONE || (l->m->arch->flags & LLRI_A_QK_OPTIONAL && !llri_peek(l, i, name))) return;
    llri_want_norm(l, n, i, name, kind == LLRI_QK_WHOLE ? (int64_t)heads * dk : dk, kind == LLRI_QK_ROWS ? heads : 1);
}

static void llri_load_attention(llri_builder *l, llri_layer *y, int i)
{
    const int64_t d = l->m->n_embd, kv = y->n_head_kv, nq = (int64_t)y->n_head * y->dk, nk = kv * y->dk, nv = kv * y->dv;
    const int gemma4 = (l->m->arch->flags & LLRI_A_GEMMA4) != 0, own_kv = y->kv_layer == i;
    if (!gemma4) llri_want_linear(l, &y->qkv, i, "attn_qkv", d, nq + nk + nv, 0);
    if (!y->qkv.w.data) {
        llri_want_linear(l, &y->q, i, "attn_q", d, nq, 1);
        llri_want_linear(l, &y->k, i, "attn_k", d, nk, own_kv);
        llri_want_linear(l, &y->v, i, "attn_v", d, nv, own_kv && !gemma4);
    }
    llri_want_linear(l, &y->o, i, "attn_output", (int64_t)y->n_head * y->dv, d, 1);
    llri_load_qk_norm(l, &y->q_norm, i, "attn_q_norm", y->n_head, y->dk);
    if (own_kv) llri_load_qk_norm(l, &y->k_norm, i, "attn_k_norm", y->n_head_kv, y->dk);
    llri_want_norm(l, &y->attn_sub_norm, i, "?attn_sub_norm", (int64_t)y->n_head * y->dv, 1);
}

static void llri_load_ffn(llri_builder *l, llri_layer *y, int i)
{
    const int64_t d = l->m->n_embd, f = y->n_ff;
    const int gated = l->m->arch->ffn == LLRI_FFN_GATED;
    const llri_tensor *up = llri_peek(l, i, "ffn_up");
    const int fused = gated && up && up->ne[1] == 2 * (uint64_t)f && !llri_peek(l, i, "ffn_gate");
    if (gated && !fused) llri_want_ffn_linear(l, &y->gate, i, "ffn_gate", d, f);
    llri_want_ffn_linear(l, &y->up, i, "ffn_up", d, fused ? 2 * f : f);
    llri_want_ffn_linear(l, &y->down, i, "ffn_down", f, d);
    llri_want_norm(l, &y->ffn_sub_norm, i, "?ffn_sub_norm", f, 1);
}

static void llri_load_layer(llri_builder *l, int i)
{
    llr_model *m = l->m;
    const llri_arch *a = m->arch;
    llri_layer *y = &m->layers[i];
    const float *scale;
    llri_want_norm(l, &y->attn_norm, i, a->pre_attn, m->n_embd, 1);
    llri_want_norm(l, &y->attn_post_norm, i, a->post_attn, m->n_embd, 1);
    llri_want_norm(l, &y->ffn_norm, i, a->pre_ffn, m->n_embd, 1);
    llri_want_norm(l, &y->ffn_post_norm, i, a->post_ffn, m->n_embd, 1);
    y->parallel = a->block == LLRI_BLOCK_BY_KEY ? llri_key_bool(l, "use_parallel_residual", 1, 1) : a->block == LLRI_BLOCK_PARALLEL;
    if (a->pre_ffn && a->pre_ffn[0] == '?' && !y->ffn_norm.on) y->parallel = 1;   /* stablelm: one norm means parallel */
    if (a->flags & LLRI_A_ATTN_NORM_2) {
        llri_norm_w second = { NULL, NULL, 0 };
        llri_want_norm(l, &second, i, "?attn_norm_2", m->n_embd, 1);
        if (second.on) { y->ffn_norm = y->attn_norm; y->attn_norm = second; }
    }
    llri_load_attention(l, y, i);
    llri_load_ffn(l, y, i);
    if (!(a->flags & LLRI_A_GEMMA4)) return;
    scale = llri_want_vec(l, llri_tensor_name(i, "layer_output_scale", ".weight"), 1, 1, 0);
    if (scale) y->out_scale = scale[0];
    if (!m->n_ple) return;
    llri_want_linear(l, &y->ple_gate, i, "inp_gate", m->n_embd, m->n_ple, 1);
    llri_want_linear(l, &y->ple_proj, i, "proj", m->n_ple, m->n_embd, 1);
    llri_want_norm(l, &y->ple_norm, i, "post_norm", m->n_embd, 1);
}

/* Gemma 4: layers at the end read the K and V of the last layer of their kind that has its own. */
static void llri_load_shared_kv(llri_builder *l)
{
    llr_model *m = l->m;
    int i, j, own = m->n_layer;
    if (l->st != LLR_OK) return;
    if (m->arch->flags & LLRI_A_GEMMA4) {
        own -= llri_key_int(l, "attention.shared_kv_layers", 0, 0, 0, (uint32_t)m->n_layer - 1);
        m->n_ple = llri_key_int(l, "embedding_length_per_layer_input", 1, 0, 0, LLRI_MAX_WIDTH / LLRI_MAX_LAYERS);
    }
    for (i = 0; l->st == LLR_OK && i < m->n_layer; i++) {
        llri_layer *y = &m->layers[i];
        y->kv_layer = i;
        if (i < own) {
            if (m->arch->flags & LLRI_A_GEMMA4 && y->dk != y->dv)
                llri_refuse(l, LLR_E_FORMAT, "layer %d has keys of %d and values of %d, which must be equal", i, y->dk, y->dv);
            continue;
        }
        for (j = own - 1; j >= 0 && m->layers[j].window != y->window; j--) {}
        if (j < 0 || m->layers[j].n_head_kv != y->n_head_kv)
            llri_refuse(l, LLR_E_FORMAT, "layer %d shares keys and values, but none of the first %d layers is of its kind", i, own);
        y->kv_layer = j;
    }
}

/* Tensors of the whole model. */
static void llri_load_globals(llri_builder *l)
{
    llr_model *m = l->m;
    const uint32_t flags = m->arch->flags;
    const char *name = "token_embd";
    const llri_tensor *embd = llri_peek(l, -1, name);
    const int64_t ple = (int64_t)m->n_ple * m->n_layer;
    int i;
    if (!embd && flags & LLRI_A_EMBD_OUTPUT) embd = llri_peek(l, -1, name = "output");
    m->n_vocab = embd && embd->ne[1] - 1 < INT32_MAX ? (int)embd->ne[1] : 1;   /* what its rows say */
    llri_want_mat(l, &m->tok_embd, llri_tensor_name(-1, name, ".weight"), m->n_embd, m->n_vocab, 1);
    llri_want_linear(l, &m->output, -1, "output", m->n_embd, m->n_vocab, (flags & LLRI_A_OUTPUT) != 0);
    if (!m->output.w.data) {
        m->output.w = m->tok_embd;
        if (m->output.w.data) llri_will_multiply(m, &m->output.w);
        m->output.bias = llri_want_vec(l, llri_tensor_name(-1, "output", ".bias"), m->n_vocab, 1, 0);
    }
    llri_want_norm(l, &m->output_norm, -1, m->arch->pre_attn && !m->arch->pre_attn[0] ? "" : "output_norm", m->n_embd, 1);
    llri_want_norm(l, &m->embd_norm, -1, flags & LLRI_A_EMBD_NORM ? "token_embd_norm" : NULL, m->n_embd, 1);
    llri_want_mat(l, &m->pos_embd, llri_tensor_name(-1, "position_embd", ".weight"), m->n_embd, (int64_t)m->n_ctx_train,
                  (flags & LLRI_A_POSITIONS) != 0);
    for (i = 0; i < 2; i++) {
        llri_rope_kind *k = &m->rope[i];
        if (!k->n_rot || (i == 1 && flags & LLRI_A_GEMMA4)) continue;   /* gemma4: only where there is no window */
        k->factors = llri_want_vec(l, llri_tensor_name(-1, "rope_freqs", ".weight"), k->n_rot / 2, 1, 0);
        k->factors_long = llri_want_vec(l, llri_tensor_name(-1, "rope_factors_long", ".weight"), k->n_rot / 2, 1, 0);
        k->factors_short = llri_want_vec(l, llri_tensor_name(-1, "rope_factors_short", ".weight"), k->n_rot / 2, 1, 0);
    }
    if (!m->n_ple) return;
    llri_want_mat(l, &m->ple_embd, llri_tensor_name(-1, "per_layer_token_embd", ".weight"), ple, m->n_vocab, 1);
    llri_want_linear(l, &m->ple_model, -1, "per_layer_model_proj", m->n_embd, ple, 1);
    llri_want_norm(l, &m->ple_model_norm, -1, "per_layer_proj_norm", m->n_ple, 1);
}

/* Tensors of other parts of a model file (vision, audio, drafting), and rope factors of a model whose layers use no rope: they
 * do not change what the text part does. */
static int llri_ignored_tensor(const llr_model *m, llri_str name)
{
    static const char *const prefixes[] = { "v.", "mm.", "a.", "s.", "mtp.", "model.vision_tower.",
                                            "rope_freqs.", "rope_factors_" };
    size_t i;
    int layer = 0;
    for (i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (name.n > strlen(prefixes[i]) && memcmp(name.p, prefixes[i], strlen(prefixes[i])) == 0) return 1;
    if (name.n < 6 || memcmp(name.p, "blk.", 4) != 0) return 0;
    for (i = 4; i < name.n && i < 8 && name.p[i] >= '0' && name.p[i] <= '9'; i++) layer = layer * 10 + (name.p[i] - '0');
    return i > 4 && i < name.n && name.p[i] == '.' && layer >= m->n_layer && layer < m->n_layer_all;   /* nextn */
}

/* A tensor without a use means that the file is of a variant with another computation, so the results would be wrong. */
static void llri_check_leftovers(llri_builder *l)
{
    size_t i, n = llr_gguf_tensor_count(l->m->gguf);
    for (i = 0; l->st == LLR_OK && i < n; i++) {
        const llri_tensor *t = llri_gguf_tensor_at(l->m->gguf, i);
        if (!l->used[i] && !llri_ignored_tensor(l->m, t->name))
            llri_refuse(l, LLR_E_UNSUPPORTED, "the file is a valid %s model, but what its tensor %.*s is for is not known",
                        l->m->arch->name, LLRI_S(t->name));
    }
}

/* ALiBi: each head has a slope by which scores fall with distance (Press et al. 2022; the interpolation for head numbers
 * that are no powers of two is theirs too). */
static void llri_load_slopes(llri_builder *l)
{
    llr_model *m = l->m;
    int i, h;
    if (l->st != LLR_OK || m->alibi <= 0.0f) return;
    m->slopes = (float *)llri_model_alloc(l, (uint64_t)m->n_layer * (uint64_t)m->max_head, sizeof(float), "the ALiBi slopes");
    for (i = 0; m->slopes && i < m->n_layer; i++) {
        int n = m->layers[i].n_head, n2 = 1;
        while (n2 <= n / 2) n2 *= 2;
        for (h = 0; h < n; h++)
            m->slopes[(size_t)i * (size_t)m->max_head + (size_t)h] =
                (float)llri_pow(2.0, h < n2 ? -(double)m->alibi * (h + 1) / n2 : -(double)m->alibi / 2.0 * (2 * (h - n2) + 1) / n2);
    }
}

static void llri_measure(llr_model *m)
{
    size_t j, n = llr_gguf_tensor_count(m->gguf);
    int i;
    for (i = 0; i < m->n_layer; i++) {
        const llri_layer *y = &m->layers[i];
        m->max_head = llri_max_int(m->max_head, y->n_head);
        m->max_head_dim = llri_max_int(m->max_head_dim, llri_max_int(y->dk, y->dv));
        m->max_qkv = llri_max_int(m->max_qkv, y->n_head * y->dk + y->n_head_kv * (y->dk + y->dv));
        m->max_att = llri_max_int(m->max_att, y->n_head * y->dv);
        m->max_ff = llri_max_int(m->max_ff, y->n_ff);
    }
    m->max_in = llri_max_int(llri_max_int(m->n_embd, m->max_att), llri_max_int(m->max_ff, m->n_ple));
    for (j = 0; j < n; j++) {
        const llri_tensor *t = llri_gguf_tensor_at(m->gguf, j);
        m->n_params += t->n_elements;
        m->weights_bytes += t->n_bytes;
    }
}

static llr_status llri_model_load(llr_model *m, llr_error *err)
{
    llri_builder l;
    size_t n = llr_gguf_tensor_count(m->gguf);
    int i;
    memset(&l, 0, sizeof l);
    l.m = m; l.err = err; l.st = LLR_OK;
    l.used = (uint8_t *)llri_calloc(&m->counted.mem, n, 1);
    if (!l.used) return llri_nomem(err, "the list of tensors", n);
    llri_load_counts(&l);
    llri_load_windows(&l);
    llri_load_widths(&l);
    llri_load_positions(&l);
    llri_load_scales(&l);
    llri_load_xielu(&l);
    llri_load_shared_kv(&l);
    llri_load_globals(&l);
    for (i = 0; l.st == LLR_OK && i < m->n_layer; i++) llri_load_layer(&l, i);
    llri_check_leftovers(&l);
    if (l.st == LLR_OK) llri_measure(m);
    llri_load_slopes(&l);
    llri_free(&m->counted.mem, l.used, n);
    return l.st;
}

/* A file without a tokenizer says so by the model "none" (or the caller does, by no_vocab). */
static llr_status llri_model_vocab(llr_model *m, llr_error *err)
{
    const llri_kv *kv = llri_gguf_kv(m->gguf, "tokenizer.ggml.model");
    llri_str name;
    llr_status st;
    uint64_t before;
    if (m->opt.no_vocab) return LLR_OK;
    if (kv && llri_kv_str(kv, &name) && (llri_str_eq(name, "none") || llri_str_eq(name, "no_vocab"))) return LLR_OK;
    if (!kv)
        return llri_fail(err, LLR_E_FORMAT, "the metadata key tokenizer.ggml.model is missing: the file has no tokenizer "
                         "(token ids work with the option no_vocab)");
    before = m->own_bytes;
    st = llr_vocab_new(&m->vocab, m->gguf, &m->counted, err);
    m->vocab_bytes = m->own_bytes - before;
    if (st == LLR_OK && llr_vocab_size(m->vocab) != m->n_vocab)
        st = llri_fail(err, LLR_E_FORMAT, "the tokenizer has %ld tokens, but token_embd.weight has %d rows",
                       (long)llr_vocab_size(m->vocab), m->n_vocab);
    return st;
}

/* --- Opening and closing --------------------------------------------------------------------------------------------- */
static void *llri_count_alloc(void *ud, size_t n_bytes, size_t align)
{
    llr_model *m = (llr_model *)ud;
    void *p;
    if (m->counting && (m->own_bytes > m->limit_bytes || n_bytes > m->limit_bytes - m->own_bytes)) return NULL;
    p = llri_alloc(&m->opt.mem, n_bytes, align);
    if (p && m->counting) m->own_bytes += n_bytes;
    return p;
}

static void llri_count_free(void *ud, void *p, size_t n_bytes)
{
    llr_model *m = (llr_model *)ud;
    if (p && m->counting) m->own_bytes -= n_bytes;
    llri_free(&m->opt.mem, p, n_bytes);
}

/* Where a model comes from: a path, a descriptor or memory. */
typedef struct llri_source { const char *path; int fd; uint64_t offset, length; const void *data; size_t n_bytes; } llri_source;

static llr_status llri_source_open(llr_gguf **out, const llri_source *from, const llr_options *opt, llr_error *err)
{
    if (from->path) return llr_gguf_open(out, from->path, opt, err);
    if (from->data) return llr_gguf_open_mem(out, from->data, from->n_bytes, opt, err);
    return llr_gguf_open_fd(out, from->fd, from->offset, from->length, opt, err);
}

static llr_status llri_model_new(llr_model **out, const llri_source *from, const llr_options *opt, llr_error *err)
{
    llr_model *m = (llr_model *)llri_calloc(llri_opt_mem(opt), sizeof *m, 64);
    llr_status st;
    if (!m) return llri_nomem(err, "a model", sizeof *m);
    if (opt) m->opt = *opt;
    m->own_bytes = sizeof *m;
    m->counting = 1;
    m->limit_bytes = UINT64_MAX;
    if (llri_memory_guarded(opt)) {
        uint64_t left = llri_memory_left(opt);
        if (left < UINT64_MAX) m->limit_bytes = left > LLRI_ROOM_BYTES ? left - LLRI_ROOM_BYTES : 0;
    }
    m->counted = m->opt;
    m->counted.mem.alloc = llri_count_alloc;
    m->counted.mem.free = llri_count_free;
    m->counted.mem.ud = m;
    st = llri_isa_choose(&m->opt, &m->isa, err);
    if (st == LLR_OK) st = llri_source_open(&m->gguf, from, &m->counted, err);
    if (st == LLR_OK) st = llri_model_arch(m, err);
    if (st == LLR_OK) st = llri_model_load(m, err);
    if (st == LLR_OK) st = llri_model_vocab(m, err);
    if (m->gguf && llr_gguf_check(m->gguf, err)) st = LLR_E_IO;
    m->counting = 0;
    if (st != LLR_OK) { llr_model_close(m); return st; }
    m->ops = llri_ops_get(m->isa);
    *out = m;
    return LLR_OK;
}

LLR_API llr_status llr_model_open(llr_model **out, const char *path, const llr_options *opt, llr_error *err)
{
    llri_source from = { NULL, -1, 0, 0, NULL, 0 };
    if (!out || !path) return llri_fail(err, LLR_E_ARG, "llr_model_open: no %s", out ? "path" : "place for the result");
    from.path = path;
    return llri_model_new(out, &from, opt, err);
}

LLR_API llr_status llr_model_open_fd(llr_model **out, int fd, uint64_t offset, uint64_t length, const llr_options *opt,
                                     llr_error *err)
{
    llri_source from = { NULL, -1, 0, 0, NULL, 0 };
    if (!out) return llri_fail(err, LLR_E_ARG, "llr_model_open_fd: no place for the result");
    from.fd = fd; from.offset = offset; from.length = length;
    return llri_model_new(out, &from, opt, err);
}

LLR_API llr_status llr_model_open_mem(llr_model **out, const void *data, size_t n_bytes, const llr_options *opt, llr_error *err)
{
    llri_source from = { NULL, -1, 0, 0, NULL, 0 };
    if (!out || !data) return llri_fail(err, LLR_E_ARG, "llr_model_open_mem: no %s", out ? "data" : "place for the result");
    from.data = data; from.n_bytes = n_bytes;
    return llri_model_new(out, &from, opt, err);
}

LLR_API void llr_model_close(llr_model *m)
{
    llr_allocator mem;
    if (!m) return;
    while (m->owned) {
        llri_owned *o = m->owned;
        m->owned = o->next;
        llri_free(&m->opt.mem, o, o->n_bytes);
    }
    llr_vocab_free(m->vocab);
    llr_gguf_close(m->gguf);
    mem = m->opt.mem;
    llri_free(&mem, m, sizeof *m);
}

LLR_API void llr_model_describe(const llr_model *m, llr_model_info *out)
{
    memset(out, 0, sizeof *out);
    out->arch = m->arch->name;
    out->n_vocab = m->n_vocab; out->n_embd = m->n_embd; out->n_layer = m->n_layer;
    out->n_head = m->layers[0].n_head; out->n_head_kv = m->layers[0].n_head_kv; out->n_ff = m->layers[0].n_ff;
    out->n_ctx_train = m->n_ctx_train;
    out->n_params = m->n_params; out->weights_bytes = m->weights_bytes;
    out->isa = m->isa;
}

LLR_API const llr_gguf  *llr_model_gguf(const llr_model *m) { return m->gguf; }
LLR_API const llr_vocab *llr_model_vocab(const llr_model *m) { return m->vocab; }

/* >>placement ----------------------------------------------------------------------------------------------------------
 * Which layers of a model lie on GPUs. A placement is a list of shares, a range of layers on a GPU each, with a twin of the model
 * whose layers point to memory there; the forward pass goes from twin to twin. Units are placed from the end: unit n_layer is the
 * output matrix, unit i < n_layer is layer i. What a layer consists of is listed once, in llri_unit_parts, for counting and for
 * uploading.
 */
enum { LLRI_PLACE_ALIGN = 256, LLRI_TEST_ROWS = 64, LLRI_TEST_TOKENS = 17 };
#define LLRI_PLACE_MARGIN ((uint64_t)1 << 30)       /* of memory that stays free: this, or a sixteenth of all if that is less */

typedef struct llri_share {
    llr_gpu *gpu;
    int first, end;                         /* units */
    llr_model twin;                         /* of its layers these are there */
    void *slopes;                           /* memory of ALiBi */
} llri_share;

struct llr_placement {
    const llr_model *m;
    int dry;                                /* nothing is really there */
    int n_shares; llri_share share[LLR_MAX_GPUS];   /* the end of one is the first of the one before; what is before the last is the CPU's */
    llri_layer *layers;                     /* [n_layer] of the twins */
    void *block[LLRI_MAX_LAYERS + 1];       /* memory of a unit */
    llr_placement_info info;
};

/* The first unit on a GPU. */
static int llri_placed_first(const llr_placement *p) { return p->n_shares ? p->share[p->n_shares - 1].first : p->m->n_layer + 1; }

/* The placement, if its GPUs are still to be used. */
static const llr_placement *llri_in_use(const llr_placement *p)
{
    int i;
    for (i = 0; p && i < p->n_shares; i++) if (llri_atomic_load(&p->share[i].gpu->failed)) return NULL;
    return p;
}

/* A walk over the vectors and matrices of a unit: counts their bytes, or uploads them to base and lets the twin point there. */
typedef struct llri_placer {
    const llr_gpu *gpu;
    uint8_t *base;                          /* NULL: count */
    uint64_t at;
    uint64_t types;                         /* seen */
    int failed;
    char *why; size_t cap;
} llri_placer;

static const void *llri_place_bytes(llri_placer *w, const void *data, uint64_t n)
{
    uint64_t at = w->at;
    if (!data || !n || w->failed) return data;
    w->at += (n + LLRI_PLACE_ALIGN - 1) & ~(uint64_t)(LLRI_PLACE_ALIGN - 1);
    if (!w->base) return data;
    w->failed = w->gpu->t->upload(w->gpu->device, w->base + at, data, n, w->why, w->cap);
    return w->base + at;
}
static void llri_place_floats(llri_placer *w, const float **x, int64_t n) { *x = (const float *)llri_place_bytes(w, *x, (uint64_t)n * sizeof(float)); }
static void llri_place_norm(llri_placer *w, llri_norm_w *x, int64_t n)
{
    llri_place_floats(w, &x->w, n);
    llri_place_floats(w, &x->b, n);
}
static void llri_place_linear(llri_placer *w, llri_linear *l)
{
    if (!l->w.data) return;
    w->types |= (uint64_t)1 << l->w.type;
    l->w.data = (const uint8_t *)llri_place_bytes(w, l->w.data, (uint64_t)l->w.n_out * l->w.row_bytes);
    llri_place_floats(w, &l->bias, l->w.n_out);
}

/* Everything that the steps of a layer, or of the head, read. Layers with more than this, or with steps that an exec of a GPU does
 * not take, are to be refused in llri_first_possible: they stay on the CPU, and all before them. */
static void llri_unit_parts(llri_placer *w, llr_model *m, int unit)
{
    const int whole = m->arch->qk_norm != LLRI_QK_HEAD;
    llri_layer *y;
    llri_linear *maps[10];
    size_t i;
    if (unit == m->n_layer) {
        llri_place_linear(w, &m->output);
        llri_place_norm(w, &m->output_norm, m->n_embd);
        return;
    }
    y = &m->layers[unit];
    maps[0] = &y->qkv; maps[1] = &y->q; maps[2] = &y->k; maps[3] = &y->v; maps[4] = &y->o;
    maps[5] = &y->gate; maps[6] = &y->up; maps[7] = &y->down; maps[8] = &y->ple_gate; maps[9] = &y->ple_proj;
    for (i = 0; i < sizeof maps / sizeof *maps; i++) llri_place_linear(w, maps[i]);
    llri_place_norm(w, &y->attn_norm, m->n_embd);
    llri_place_norm(w, &y->attn_post_norm, m->n_embd);
    llri_place_norm(w, &y->ffn_norm, m->n_embd);
    llri_place_norm(w, &y->ffn_post_norm, m->n_embd);
    llri_place_norm(w, &y->ple_norm, m->n_embd);
    llri_place_norm(w, &y->q_norm, whole ? y->n_head * y->dk : y->dk);
    llri_place_norm(w, &y->k_norm, whole ? y->n_head_kv * y->dk : y->dk);
    llri_place_norm(w, &y->attn_sub_norm, (int64_t)y->n_head * y->dv);
    llri_place_norm(w, &y->ffn_sub_norm, y->n_ff);
}

static uint64_t llri_unit_bytes(const llr_placement *p, int unit, uint64_t *types)
{
    llr_model m = *p->m;
    llri_layer y;
    llri_placer w;
    memset(&w, 0, sizeof w);
    if (unit < m.n_layer) { y = m.layers[unit]; m.layers = &y - unit; }
    llri_unit_parts(&w, &m, unit);
    *types = w.types;
    return w.at;
}

/* Uploads a unit; what has its memory stays the placement's to free. */
static int llri_unit_upload(llr_placement *p, llri_share *s, int unit, uint64_t bytes, char *why, size_t cap)
{
    llri_placer w;
    memset(&w, 0, sizeof w);
    w.gpu = s->gpu;
    w.why = why;
    w.cap = cap;
    if (s->gpu->t->alloc(s->gpu->device, &p->block[unit], bytes ? bytes : 1, why, cap)) return 1;
    w.base = (uint8_t *)p->block[unit];
    llri_unit_parts(&w, &s->twin, unit);
    return w.failed;
}

/* The least unit that may be the first: all from it on are of types and sizes that the library knows. */
static int llri_first_possible(const llr_placement *p, const llri_gpu_table *t, int end, char *why, size_t cap)
{
    const llr_model *m = p->m;
    int u = end - 1;
    for (; u >= 0; u--) {
        uint64_t types;
        (void)llri_unit_bytes(p, u, &types);
        if (types & ~t->types) {
            (void)snprintf(why, cap, "the library has no kernels for a tensor type of layer %d", u);
            return u + 1;
        }
        if (u < m->n_layer && llri_max_int(m->layers[u].dk, m->layers[u].dv) > t->max_head_dim) {
            (void)snprintf(why, cap, "the library has no kernels for the heads of layer %d", u);
            return u + 1;
        }
    }
    return 0;
}

/* Layers that read the keys and values of another must be where that one is. */
static int llri_first_whole(const llr_model *m, int first)
{
    int i;
    for (i = first; i < m->n_layer; i++) if (m->layers[i].kv_layer < first) first = i + 1;
    return first;
}

/* What a session takes of each GPU goes to info. */
static llr_status llri_placement_session(llr_placement *p, const llr_session_options *so, llr_error *err);

/* One product of n tokens with a type of weights that is placed, against the definition of the type. Sums of the errors and of the
 * results, squared, decide: rounded activations are off by half a percent or so. */
static llr_status llri_test_product(const llri_share *s, void *stream, float *x, float *y, const llri_mat *host, const llri_mat *there, int n, int exact,
                             const float *hx, double *off, llr_error *err)
{
    const int rows = there->n_out < LLRI_TEST_ROWS ? (int)there->n_out : LLRI_TEST_ROWS;
    const llri_gpu_table *t = s->gpu->t;
    float got[LLRI_TEST_TOKENS * LLRI_TEST_ROWS], w[LLRI_SLICE];
    llri_mat part = *there;
    double error = 0, all = 0;
    char why[400];
    int i, r, k, j;
    part.n_out = rows;
    t->put(stream, x, hx, (size_t)there->n_in * (size_t)n * sizeof(float));
    t->input(stream, x, there->n_in, n, there->n_in);
    t->matmul(stream, &part, NULL, y, LLRI_TEST_ROWS, exact);
    t->get(stream, got, y, (size_t)n * LLRI_TEST_ROWS * sizeof(float));
    if (t->finish(stream, why, sizeof why)) return llri_gpu_fail(err, why);
    for (r = 0; r < rows; r++) {
        double want[LLRI_TEST_TOKENS] = { 0 };
        for (k = 0; k < there->n_in; k += LLRI_SLICE) {
            const int n_k = (int)(there->n_in - k < LLRI_SLICE ? there->n_in - k : LLRI_SLICE);
            const llri_type_info *type = llri_type(host->type);
            llri_dequant(host->type, host->data + (size_t)r * host->row_bytes + (size_t)k / type->block * type->bytes, w, (size_t)n_k);
            for (i = 0; i < n; i++)
                for (j = 0; j < n_k; j++) want[i] += (double)w[j] * hx[i * there->n_in + k + j];
        }
        for (i = 0; i < n; i++) {
            const double d = got[i * LLRI_TEST_ROWS + r] - want[i];
            error += d * d;
            all += want[i] * want[i];
        }
    }
    *off = all > 0 ? sqrt(error / all) : sqrt(error);
    return LLR_OK;
}
static llr_status llri_test_types(const llr_model *m, const llri_share *s, void *stream, float *x, float *y, float *hx, llr_error *err)
{
    uint64_t tested = 0;
    uint32_t seed = 1;
    int64_t j;
    int u, i;
    for (j = 0; j < (int64_t)m->max_in * LLRI_TEST_TOKENS; j++) {
        seed = seed * 1664525u + 1013904223u;
        hx[j] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
    for (u = s->first; u < s->end; u++) {
        const llri_layer *a = &m->layers[u < m->n_layer ? u : 0], *b = &s->twin.layers[u < m->n_layer ? u : 0];
        const llri_linear *here[6], *there[6];
        const int n = u < m->n_layer ? 6 : 1;
        here[0] = &a->qkv; here[1] = &a->q; here[2] = &a->v; here[3] = &a->o; here[4] = &a->up; here[5] = &a->down;
        there[0] = &b->qkv; there[1] = &b->q; there[2] = &b->v; there[3] = &b->o; there[4] = &b->up; there[5] = &b->down;
        if (u == m->n_layer) { here[0] = &m->output; there[0] = &s->twin.output; }
        for (i = 0; i < n; i++) {
            double exact = 0, fast = 0, many = 0;
            if (!here[i]->w.data || tested >> here[i]->w.type & 1) continue;
            tested |= (uint64_t)1 << here[i]->w.type;
            if (llri_test_product(s, stream, x, y, &here[i]->w, &there[i]->w, 5, 1, hx, &exact, err) ||
                llri_test_product(s, stream, x, y, &here[i]->w, &there[i]->w, 5, 0, hx, &fast, err) ||
                llri_test_product(s, stream, x, y, &here[i]->w, &there[i]->w, LLRI_TEST_TOKENS, 0, hx, &many, err))
                return LLR_E_DEVICE;
            if (!(exact < 1e-3 && fast < 3e-2 && many < 3e-2))
                return llri_fail(err, LLR_E_DEVICE, "the self-test failed: products with %s are off by %.3g, with rounded activations %.3g, and %.3g of many tokens: "
                                 "the GPU or its driver computes wrongly", llri_type(here[i]->w.type)->name, exact, fast, many);
        }
    }
    return LLR_OK;
}
static llr_status llri_self_test(const llr_model *m, const llri_share *s, llr_error *err)
{
    const llri_gpu_table *t = s->gpu->t;
    const size_t x_bytes = (size_t)m->max_in * LLRI_TEST_TOKENS * sizeof(float), y_bytes = LLRI_TEST_TOKENS * LLRI_TEST_ROWS * sizeof(float);
    float *hx = (float *)llri_alloc(&m->opt.mem, x_bytes, 64);
    void *block = NULL, *stream = NULL;
    char why[400] = "";
    llr_status st = LLR_OK;
    if (!hx) return llri_nomem(err, "the self-test", x_bytes);
    if (t->alloc(s->gpu->device, &block, x_bytes + 256 + y_bytes, why, sizeof why) ||
        t->stream_new(&stream, s->gpu->device, m->max_in, LLRI_TEST_TOKENS, 1, 1, why, sizeof why)) st = llri_gpu_fail(err, why);
    if (st == LLR_OK) st = llri_test_types(m, s, stream, (float *)block, (float *)(void *)((uint8_t *)block + (x_bytes + 255) / 256 * 256), hx, err);
    if (stream) t->stream_free(stream);
    if (block) t->release(s->gpu->device, block);
    llri_free(&m->opt.mem, hx, x_bytes);
    return st;
}

/* Gives the memory of units back. */
static void llri_release_units(llr_placement *p, const llri_share *s, int from, int to)
{
    int u;
    for (u = from; u < to; u++) {
        if (p->block[u]) s->gpu->t->release(s->gpu->device, p->block[u]);
        p->block[u] = NULL;
    }
}

/* A share of the units least..end-1: from the end, as far as they are possible and fit. If less memory is given than was said to be
 * free, there will be fewer. */
static llr_status llri_fill_share(llr_placement *p, llri_share *s, llr_share *info, int end, int least, const llr_session_options *so,
                                  int n_sessions, llr_error *err)
{
    const llri_gpu_table *t = s->gpu->t;
    uint64_t left, used = 0, types;
    char why[400] = "";
    llr_status st = LLR_OK;
    int u, first = end, possible = llri_first_possible(p, t, end, p->info.why, sizeof p->info.why);
    s->first = s->end = end;
    if (t->memory(s->gpu->device, &info->free_bytes, &info->total_bytes, why, sizeof why)) return llri_gpu_fail(err, why);
    left = info->total_bytes / 16 < LLRI_PLACE_MARGIN ? info->total_bytes / 16 : LLRI_PLACE_MARGIN;
    left = info->free_bytes > left ? info->free_bytes - left : 0;
    for (u = end - 1; u >= llri_max_int(least, possible) && st == LLR_OK; u--) {
        used += llri_unit_bytes(p, u, &types);
        s->first = u;
        st = llri_placement_session(p, so, err);
        if (st == LLR_OK && used + info->session_bytes * (uint64_t)n_sessions > left) {
            llri_format(p->info.why, sizeof p->info.why, "%s of %s are free", llri_size_text(info->free_bytes).s, llri_size_text(info->total_bytes).s);
            break;
        }
        if (st == LLR_OK) first = u;
    }
    s->first = llri_first_whole(p->m, first);
    for (u = end - 1; u >= s->first && st == LLR_OK && !p->dry; u--) {
        if (!llri_unit_upload(p, s, u, llri_unit_bytes(p, u, &types), why, sizeof why)) continue;
        llri_format(p->info.why, sizeof p->info.why, "%s", why);
        first = u;
        s->first = llri_first_whole(p->m, u + 1);
    }
    llri_release_units(p, s, first, s->first);
    return st;
}

static llr_status llri_place_model(llr_placement *p, llr_gpu *const *gpus, int n_gpus, int32_t n_layers, const llr_session_options *so,
                                   int n_sessions, llr_error *err)
{
    const llr_model *m = p->m;
    const int all = m->n_layer + 1, least = n_layers >= 0 && n_layers < all ? all - n_layers : 0;
    llr_status st = LLR_OK;
    int i, u;
    for (i = 0; i < n_gpus && llri_placed_first(p) > least && st == LLR_OK; i++) {
        const int end = llri_placed_first(p);
        llri_share *s = &p->share[p->n_shares];
        llr_share *info = &p->info.share[p->n_shares];
        if (llri_atomic_load(&gpus[i]->failed)) return llri_fail(err, LLR_E_DEVICE, "%s failed before, and is not used any more", gpus[i]->info.name);
        s->gpu = gpus[i];
        s->twin = *m;
        s->twin.layers = p->layers;
        info->gpu = i;
        p->info.why[0] = 0;
        p->n_shares++;
        st = llri_fill_share(p, s, info, end, least, so, n_sessions, err);
        if (s->first == end) p->n_shares--;
    }
    if (st != LLR_OK) return st;
    if (!p->n_shares) return llri_fail(err, LLR_E_DEVICE, "no layer fits on the GPU: %s", *p->info.why ? p->info.why : "none is wanted");
    p->info.n_layers = all - llri_placed_first(p);
    p->info.n_all = all;
    p->info.n_shares = p->n_shares;
    memset(&p->info.share[p->n_shares], 0, (LLR_MAX_GPUS - (size_t)p->n_shares) * sizeof p->info.share[0]);
    for (i = -1; i < p->n_shares; i++) {                        /* -1: the CPU */
        const int end = i < 0 ? llri_placed_first(p) : p->share[i].end;
        for (u = i < 0 ? 0 : p->share[i].first; u < end; u++) {
            uint64_t types, bytes = llri_unit_bytes(p, u, &types);
            p->info.all_bytes += bytes;
            if (i < 0) continue;
            p->info.weights_bytes += bytes;
            p->info.share[i].weights_bytes += bytes;
        }
        if (i < 0) continue;
        p->info.share[i].first = p->share[i].first;
        p->info.share[i].n_layers = p->share[i].end - p->share[i].first;
    }
    st = llri_placement_session(p, so, err);
    for (i = 0; i < p->n_shares && st == LLR_OK && !p->dry; i++) {
        llri_share *s = &p->share[i];
        const llri_gpu_table *t = s->gpu->t;
        const size_t n = (size_t)m->n_layer * (size_t)m->max_head * sizeof(float);
        char why[400] = "";
        if (m->slopes && (t->alloc(s->gpu->device, &s->slopes, n, why, sizeof why) || t->upload(s->gpu->device, s->slopes, m->slopes, n, why, sizeof why)))
            return llri_gpu_fail(err, why);
        if (m->slopes) s->twin.slopes = (float *)s->slopes;
        st = llri_self_test(m, s, err);
    }
    return st;
}

LLR_API llr_status llr_placement_new(llr_placement **out, llr_gpu *const *gpus, int n_gpus, const llr_model *m, int32_t n_layers,
                                     const llr_session_options *so, int n_sessions, int dry, llr_error *err)
{
    llr_placement *p;
    llr_status st;
    size_t layers;
    if (!out || !gpus || !m || n_sessions < 1)
        return llri_fail(err, LLR_E_ARG, "llr_placement_new: no %s", !out ? "place for the result" : !gpus ? "GPU" : !m ? "model" : "sessions");
    if (n_gpus < 1 || n_gpus > LLR_MAX_GPUS) return llri_fail(err, LLR_E_ARG, "%d GPUs for a model; 1 to %d are possible", n_gpus, (int)LLR_MAX_GPUS);
    layers = (size_t)m->n_layer * sizeof *m->layers;
    p = (llr_placement *)llri_calloc(&m->opt.mem, sizeof *p, 64);
    if (!p) return llri_nomem(err, "a placement", sizeof *p);
    p->m = m;
    p->dry = dry;
    p->layers = (llri_layer *)llri_alloc(&m->opt.mem, layers, 64);
    if (!p->layers) {
        llri_free(&m->opt.mem, p, sizeof *p);
        return llri_nomem(err, "a placement", layers);
    }
    memcpy(p->layers, m->layers, layers);
    st = llri_place_model(p, gpus, n_gpus, n_layers, so, n_sessions, err);
    if (st != LLR_OK) { llr_placement_free(p); return st; }
    *out = p;
    return LLR_OK;
}

LLR_API void llr_placement_free(llr_placement *p)
{
    int i;
    if (!p) return;
    for (i = 0; i < p->n_shares; i++) {
        llri_share *s = &p->share[i];
        llri_release_units(p, s, s->first, s->end);
        if (s->slopes) s->gpu->t->release(s->gpu->device, s->slopes);
    }
    llri_free(&p->m->opt.mem, p->layers, (size_t)p->m->n_layer * sizeof *p->m->layers);
    llri_free(&p->m->opt.mem, p, sizeof *p);
}

LLR_API void llr_placement_describe(const llr_placement *p, llr_placement_info *out) { *out = p->info; }

/* >>session ----------------------------------------------------------------------------------------------------------
 * A session is one text in the making: its keys and values, and the memory that computing takes. All of it is one block
 * whose size is known before it is allocated, because the walk that hands out the pieces is the walk that counts them.
 * Evaluating tokens is a sequence of passes, each of at most n_batch tokens (rows) through all layers. llri_forward is the
 * whole transformer; the steps it names are above it. Every step works on each row alone, and attention reads only what
 * came before in the same session, so the results do not depend on how tokens were grouped into passes.
 */
enum {
    LLRI_KV_STEP = 256,         /* positions for which memory is checked at a time; a quarter of it within the first of them, to begin sooner */
    LLRI_MIN_CTX = 256, LLRI_MIN_BATCH = 64,    /* defaults do not become smaller for want of memory */
    LLRI_STACK_TOUCHED = 32768  /* of the stack of a worker; measured: 8 to 16 KiB */
};

/* Rows of one session within a pass. */
typedef struct llri_part {
    llr_session *s;
    const int32_t *tokens;
    int row0, n;            /* rows row0..row0+n-1 of the pass */
    int n_guess;            /* of them at the end: guesses */
    uint32_t pos0;          /* position of the first */
    size_t first;           /* its index among the tokens of the call */
    int last;               /* the part ends with the session's last token of the call */
} llri_part;

/* See Guessing below. */
enum { LLRI_PASS_KINDS = 5, LLRI_BY_LENGTH = 6, LLRI_BY_DRAFT = LLRI_BY_LENGTH, LLRI_GUESS_KINDS };
static const double llri_usual_cost[LLRI_PASS_KINDS] = { 1.0, 1.4, 2.0, 2.7, 3.0 };     /* of passes, until they are measured */
enum { LLRI_LONGEST_SUFFIX = 16, LLRI_USUAL_CASES = 3, LLRI_MOST_CASES = 16, LLRI_DRAFT_WAIT = 32, LLRI_DRAFT_WAIT_MAX = 4096 };
#define LLRI_LEAST_GAIN  1.05
#define LLRI_DRAFT_TRUST 0.7f
#define LLRI_DRAFT_GOOD  0.8f
static const float llri_usual_trust[LLRI_GUESS_KINDS] = { 0.2f, 0.2f, 0.35f, 0.55f, 0.75f, 0.85f, LLRI_DRAFT_TRUST };
typedef struct llri_guesser {
    uint32_t from, len;                 /* text[from] followed the last len tokens before; 1: or what was in place of the last; 0: no guess */
    float trust[LLRI_GUESS_KINDS];      /* part of the guesses that were right */
    int cases[LLRI_GUESS_KINDS];        /* how many it rests on, up to LLRI_MOST_CASES */
    double seconds[LLRI_PASS_KINDS];    /* that passes of up to 1, 2, 4, 8, 16 rows take; 0: not measured */
    double draft_seconds;               /* per token of the draft */
    uint32_t draft_pause, draft_wait;   /* tokens until the draft is tried again; and the next time that it does not pay */
    int drafted;                        /* the tokens in advance are the draft's */
    llr_guesses count;
} llri_guesser;

struct llr_session {
    const llr_model *m;
    llr_pool *pool;
    int own_pool, exact, all_logits, n_threads;
    llr_kv_type kv_type;
    uint32_t n_ctx, n_batch;
    uint32_t pos;           /* tokens in the context */
    uint32_t high;          /* most positions since the context was empty: a ring has lost those below high - capacity */
    uint32_t backed;        /* positions whose memory was there when it was looked at */
    volatile int32_t cancel;
    int busy;               /* only while llr_eval runs: finds a session that is given twice */
    uint32_t call_pos0;     /* pos before the running call */
    size_t call_n, call_done;   /* tokens of the last call; those computed */
    int call_ahead;         /* all of them had been computed in advance */
    int has_logits;
    const float *far_logits;    /* not NULL: those of the last token are there, on the GPU of share 0, and not fetched yet */
    const llr_placement *gpu;   /* NULL: all on the CPU */
    llr_session *twin;      /* [n_shares] only exec and scratch, on the GPU of a share */
    void *gpu_block;        /* of a twin, memory there: that scratch, keys and values */
    uint64_t gpu_bytes;     /* of all these */
    int homeless;           /* the GPU failed, and there was no memory for its layers' keys and values */
    uint32_t cold;          /* positions that must be computed again since then */
    void *more;             /* that memory, when it was there */
    uint64_t more_bytes;
    llr_session *draft;
    uint32_t n_guess;
    int guess_always;
    size_t n_ahead, used;   /* tokens computed in advance, or about to be; those that the text has gone on with */
    llri_guesser guess;
    size_t bytes;           /* of the block that starts with this struct */
    uint64_t kv_bytes, scratch_bytes;
    llri_exec exec;
    /* for every session */
    llri_kvc *kv;           /* [n_layer]; those of layers without their own K and V stay empty */
    double *freqs[2];       /* [n_rot/2] angle per position of each pair, for each rope kind */
    int32_t *text;          /* [n_ctx] tokens of the context */
    int32_t *ahead;         /* [n_guess] tokens after text[pos - used - 1] that are in the cache */
    uint32_t *seen, n_seen; /* [n_seen], a power of two: the position after two or three tokens, by their hash */
    float *logits;          /* [n_batch if all_logits, else 1][n_vocab] */
    float *ahead_logits;    /* [n_guess][n_vocab] after each of the tokens in advance; follows logits */
    /* scratch, used when this session leads a pass; rows are the n_batch rows of the pass */
    void *work;             /* of the operations */
    llri_part *parts;       /* [n_batch] */
    llri_attn_seq *seqs;    /* [n_batch] */
    float **wanted;         /* [n_batch] where the logits of a row go */
    float *x;               /* [rows][n_embd] the residual stream */
    float *h;               /* [rows][n_embd] x normalised: what a block reads */
    float *o;               /* [rows][n_embd] what a block adds */
    float *qkv;             /* [rows][max_qkv] queries, keys, values */
    float *att;             /* [rows][max_att] attention's result */
    float *ff;              /* [rows][2*max_ff] gate and up */
    float *cs[2];           /* [rows][n_rot/2][2] cosines and sines of each rope kind */
    float *ple, *ple_tmp;   /* [rows][n_layer*n_ple] per-layer embeddings */
};

/* --- One block, sized and placed by the same walk ----------------------------------------------------------------------- */
typedef struct llri_arena { uint8_t *base; size_t at; int overflow; } llri_arena;   /* base NULL: only counts */

static void *llri_take(llri_arena *a, size_t n, size_t each, size_t align)
{
    size_t bytes, start;
    if (!llri_mul_size(n, each, &bytes) || !llri_add_size(a->at, align - 1, &start)) { a->overflow = 1; return NULL; }
    start &= ~(align - 1);
    if (!llri_add_size(start, bytes, &a->at)) { a->overflow = 1; return NULL; }
    return a->base && !a->overflow ? a->base + start : NULL;
}

static float *llri_take_rows(llri_arena *a, size_t rows, int64_t width)
{
    size_t n;
    if (!llri_mul_size(rows, (size_t)width, &n)) { a->overflow = 1; n = 0; }
    return (float *)llri_take(a, n, sizeof(float), 64);
}

/* Slots of a layer's cache: a window layer needs the window of the first row of a pass and the rows of the pass; and slots
 * beside these for `guesses`, so that they overwrite nothing that would be there without them. */
static uint32_t llri_kv_capacity(const llr_session *s, const llri_layer *y, uint32_t guesses)
{
    uint64_t all = ((uint64_t)s->n_ctx + 31) / 32 * 32, ring = ((uint64_t)y->window + s->n_batch + 31) / 32 * 32;
    if (!y->window || ring >= all) return (uint32_t)all;
    return (uint32_t)(ring + ((uint64_t)guesses + 31) / 32 * 32);
}

/* `exact` uses all matrices as floats. */
static int llri_max_float_in(const llr_session *s) { return s->exact ? s->m->max_in : s->m->max_float_in; }

/* Scratch that has a twin on the GPU. */
static void llri_session_scratch(llr_session *s, llri_arena *a)
{
    const llr_model *m = s->m;
    const size_t rows = s->n_batch;
    size_t shared, after;
    int i;
    for (i = 0; i < 2; i++) s->cs[i] = llri_take_rows(a, rows, m->rope[i].n_rot);
    s->x = llri_take_rows(a, rows, m->n_embd);
    s->h = llri_take_rows(a, rows, m->n_embd);
    s->o = llri_take_rows(a, rows, m->n_embd);
    shared = a->at;                   /* attention is done when the feed-forward network begins */
    s->qkv = llri_take_rows(a, rows, m->max_qkv);
    s->att = llri_take_rows(a, rows, m->max_att);
    after = a->at;
    a->at = shared;
    s->ff = llri_take_rows(a, rows, 2 * (int64_t)m->max_ff);
    if (a->at < after) a->at = after;
    s->ple = llri_take_rows(a, rows, (int64_t)m->n_ple * m->n_layer);
    s->ple_tmp = llri_take_rows(a, rows, (int64_t)m->n_ple * m->n_layer);
}

/* Keys and values of layers from..to-1 into kv (NULL: only counts). */
static void llri_session_kv(const llr_session *s, llri_arena *a, llri_kvc *kv, int from, int to)
{
    int i;
    for (i = from; i < to; i++) {
        const llri_layer *y = &s->m->layers[i];
        size_t slots, k = llri_kv_row_bytes((int)s->kv_type, y->dk), v = llri_kv_row_bytes((int)s->kv_type, y->dv);
        llri_kvc c;
        memset(&c, 0, sizeof c);
        if (y->kv_layer == i) {
            c.type = (int)s->kv_type; c.capacity = llri_kv_capacity(s, y, s->n_guess);
            c.n_head_kv = y->n_head_kv; c.dk = y->dk; c.dv = y->dv;
            if (!llri_mul_size(c.capacity, (size_t)y->n_head_kv, &slots)) { a->overflow = 1; slots = 0; }
            c.k = (uint8_t *)llri_take(a, slots, k, 64);
            c.v = (uint8_t *)llri_take(a, slots, v, 64);
        }
        if (kv && a->base && !a->overflow) kv[i] = c;
    }
}

/* The first layer whose keys and values are on a GPU. */
static int llri_gpu_first(const llr_session *s)
{
    return s->gpu && llri_placed_first(s->gpu) < s->m->n_layer ? llri_placed_first(s->gpu) : s->m->n_layer;
}

/* All of a session that is on the GPU of a share: scratch of t, keys and values. */
static void llri_session_gpu_layout(const llr_session *s, llr_session *t, const llri_share *share, llri_arena *a)
{
    llri_session_scratch(t, a);
    (void)llri_take(a, 0, 1, 256);
    llri_session_kv(s, a, a->base ? s->kv : NULL, share->first, share->end < s->m->n_layer ? share->end : s->m->n_layer);
}
static llri_arena llri_session_on_share(const llr_session *s, const llri_share *share)     /* only counts */
{
    llri_arena there = { NULL, 0, 0 };
    llr_session twin = *s;
    llri_session_gpu_layout(s, &twin, share, &there);
    return there;
}

/* Gives out everything. s->m and the options must be set. */
static void llri_session_layout(llr_session *s, llri_arena *a)
{
    const llr_model *m = s->m;
    const size_t rows = s->n_batch;
    const size_t work = llri_exec_bytes(m->ops, m->max_in, llri_max_float_in(s), (int)rows, s->n_threads, m->max_head_dim);
    int i;
    (void)llri_take(a, 1, sizeof(llr_session), 64);
    if (!work) a->overflow = 1;
    s->work = llri_take(a, work, 1, 64);
    s->kv = (llri_kvc *)llri_take(a, (size_t)m->n_layer, sizeof(llri_kvc), 64);
    s->parts = (llri_part *)llri_take(a, rows, sizeof(llri_part), 64);
    s->seqs = (llri_attn_seq *)llri_take(a, rows, sizeof(llri_attn_seq), 64);
    s->wanted = (float **)llri_take(a, rows, sizeof(float *), 64);
    for (i = 0; i < 2; i++) s->freqs[i] = (double *)llri_take(a, (size_t)m->rope[i].n_rot / 2, sizeof(double), 64);
    s->twin = (llr_session *)llri_take(a, s->gpu ? (size_t)s->gpu->n_shares : 0, sizeof(llr_session), 64);
    llri_session_scratch(s, a);
    s->text = (int32_t *)llri_take(a, s->n_ctx, sizeof(int32_t), 64);
    s->ahead = (int32_t *)llri_take(a, s->n_guess, sizeof(int32_t), 64);
    for (s->n_seen = s->n_guess ? 256 : 0; s->n_seen && s->n_seen < s->n_ctx && s->n_seen < 1u << 18; s->n_seen *= 2) {}
    s->seen = (uint32_t *)llri_take(a, s->n_seen, sizeof(uint32_t), 64);
    s->logits = llri_take_rows(a, (s->all_logits ? rows : 1) + s->n_guess, m->n_vocab);
    s->ahead_logits = s->logits ? s->logits + (s->all_logits ? rows : 1) * (size_t)m->n_vocab : NULL;
    (void)llri_take(a, 0, 1, 4096);   /* KV in pages of its own: they stay untouched until positions are used */
    s->scratch_bytes = a->at;
    llri_session_kv(s, a, s->kv, 0, llri_gpu_first(s));
    s->kv_bytes = a->at - s->scratch_bytes;
}

/* Options without defaults to the sizes that follow. */
static llr_status llri_session_size(llr_session *s, const llr_model *m, const llr_session_options *opt, llr_error *err)
{
    llri_arena a = { NULL, 0, 0 };
    uint64_t capacity;
    int i;
    memset(s, 0, sizeof *s);
    if ((int)opt->kv < 0 || opt->kv > LLR_KV_Q8_0) return llri_fail(err, LLR_E_ARG, "kv type %d does not exist", (int)opt->kv);
    if (opt->n_threads < 0 || opt->n_threads > LLRI_MAX_THREADS)
        return llri_fail(err, LLR_E_ARG, "%d threads; 1 to %d are possible, 0 chooses", opt->n_threads, (int)LLRI_MAX_THREADS);
    if (opt->n_guess > LLR_MAX_GUESS)
        return llri_fail(err, LLR_E_ARG, "%lu guesses at a time; at most %d are possible", (unsigned long)opt->n_guess, (int)LLR_MAX_GUESS);
    s->m = m;
    s->n_guess = opt->n_guess;
    s->guess_always = opt->guess_always;
    s->draft = opt->draft;
    s->gpu = llri_in_use(opt->gpu);
    if (s->gpu && s->gpu->m != m) return llri_fail(err, LLR_E_ARG, "the placement is of another model");
    s->kv_type = opt->kv;
    s->exact = opt->exact != 0;
    s->all_logits = opt->all_logits != 0;
    s->n_threads = opt->pool ? llr_pool_threads(opt->pool) : opt->n_threads;
    s->own_pool = !opt->pool && s->n_threads > 1;
    s->n_ctx = opt->n_ctx;
    if (m->pos_embd.data && s->n_ctx > m->n_ctx_train) s->n_ctx = m->n_ctx_train;   /* there are no more learned positions */
    if (s->n_ctx > (uint32_t)INT32_MAX - 31)
        return llri_fail(err, LLR_E_ARG, "a context of %lu positions is too long; at most %ld", (unsigned long)s->n_ctx,
                         (long)INT32_MAX - 31);
    s->n_batch = opt->n_batch;
    if (s->n_batch > s->n_ctx) s->n_batch = s->n_ctx;
    if (s->n_batch > 65536) s->n_batch = 65536;
    if (s->gpu && s->n_batch > 32768) s->n_batch = 32768;       /* tokens are a dimension of launches */
    llri_session_layout(s, &a);
    s->bytes = a.at;
    for (i = 0; s->gpu && i < s->gpu->n_shares; i++) {
        const llri_arena there = llri_session_on_share(s, &s->gpu->share[i]);
        s->gpu_bytes += there.at;
        a.overflow |= there.overflow;
    }
    if (a.overflow || !llri_add_u64(s->kv_bytes, s->scratch_bytes, &capacity))
        return llri_fail(err, LLR_E_NOMEM, "a context of %lu positions and batches of %lu need more memory than can be addressed; "
                         "take fewer", (unsigned long)s->n_ctx, (unsigned long)s->n_batch);
    return LLR_OK;
}

static uint64_t llri_stream_bytes(const llr_session *s, const llri_share *share)
{
    return share->gpu->t->stream_bytes(s->m->max_in, (int)s->n_batch, s->m->max_head, s->m->max_head_dim);
}

static void llri_session_fill_plan(const llr_session *s, llr_plan *out)
{
    const llr_model *m = s->m;
    const uint64_t mapped = llri_gguf_mapped_bytes(m->gguf), in_memory = llri_gguf_memory_bytes(m->gguf, 0);
    int i;
    memset(out, 0, sizeof *out);
    out->weights_bytes = mapped + in_memory;
    out->kv_bytes = s->kv_bytes;
    out->scratch_bytes = s->scratch_bytes;
    out->vocab_bytes = m->vocab_bytes;
    if (s->own_pool)
        out->thread_bytes = sizeof(llr_pool) + (uint64_t)s->n_threads * sizeof(llri_worker) + (uint64_t)(s->n_threads - 1) * LLRI_STACK_TOUCHED;
    out->other_bytes = m->own_bytes - llri_gguf_memory_bytes(m->gguf, 1) + out->thread_bytes;
    out->resident_bytes = in_memory + out->kv_bytes + out->scratch_bytes + out->other_bytes;
    out->total_bytes = mapped + out->resident_bytes;
    out->system_bytes = llri_system_bytes(out->total_bytes);
    out->new_bytes = out->kv_bytes + out->scratch_bytes + out->thread_bytes + out->system_bytes;
    out->gpu_bytes = s->gpu_bytes;
    for (i = 0; s->gpu && i < s->gpu->n_shares; i++) out->gpu_bytes += llri_stream_bytes(s, &s->gpu->share[i]);
    out->n_ctx = s->n_ctx;
    out->n_batch = s->n_batch;
}

/* Chooses what opt leaves open: the longest context of a power of two that fits, and for each the largest batch. */
static llr_status llri_session_fit(llr_session *s, llr_plan *plan, const llr_model *m, const llr_session_options *opt, llr_error *err)
{
    uint64_t left = llri_memory_guarded(&m->opt) ? llri_memory_left(&m->opt) : UINT64_MAX;
    llr_session_options o;
    uint32_t ctx = 8192, batch;
    llr_status st;
    memset(&o, 0, sizeof o);
    if (opt) o = *opt;
    if (!o.n_threads && !o.pool) o.n_threads = llri_cpus_allowed(&m->opt, 1);
    if (left < UINT64_MAX) left -= o.spare_bytes < left ? o.spare_bytes : left;
    while (ctx > m->n_ctx_train && ctx > 1) ctx /= 2;
    if (opt && opt->n_ctx) ctx = opt->n_ctx;
    for (;; ctx /= 2) {
        for (batch = opt && opt->n_batch ? opt->n_batch : 512;; batch /= 2) {
            o.n_ctx = ctx;
            o.n_batch = batch;
            st = llri_session_size(s, m, &o, err);
            if (st == LLR_OK) llri_session_fill_plan(s, plan);
            if (st == LLR_OK && plan->new_bytes <= left) return st;
            if (batch <= LLRI_MIN_BATCH || (opt && opt->n_batch)) break;
        }
        if (ctx <= LLRI_MIN_CTX || (opt && opt->n_ctx)) return st;
    }
}

LLR_API llr_status llr_session_plan(const llr_model *m, const llr_session_options *opt, llr_plan *out, llr_error *err)
{
    llr_session s;
    llr_plan p;
    llr_status st;
    if (!m || !out) return llri_fail(err, LLR_E_ARG, "llr_session_plan: no %s", m ? "place for the result" : "model");
    st = llri_session_fit(&s, &p, m, opt, err);
    if (st == LLR_OK) *out = p;
    return st;
}

static llr_status llri_placement_session(llr_placement *p, const llr_session_options *so, llr_error *err)
{
    llr_session s;
    llr_plan plan;
    llr_session_options o;
    llr_status st;
    int i;
    memset(&o, 0, sizeof o);
    if (so) o = *so;
    o.gpu = p;
    st = llri_session_fit(&s, &plan, p->m, &o, err);
    if (st != LLR_OK) return st;
    for (i = 0; i < p->n_shares; i++)
        p->info.share[i].session_bytes = llri_session_on_share(&s, &p->share[i]).at + llri_stream_bytes(&s, &p->share[i]);
    p->info.session_bytes = plan.gpu_bytes;
    return LLR_OK;
}

/* f[t]: how far pair t turns per position. Interpolation slows all pairs down; yarn only those that would not have made
 * beta_fast turns in the original context, with a ramp to those that made less than beta_slow (Peng et al. 2023). */
static void llri_rope_freqs(double *f, const llri_rope_kind *k, uint32_t n_ctx)
{
    const float *by = k->factors ? k->factors : (double)n_ctx > k->n_ctx_orig ? k->factors_long : k->factors_short;
    const double two_pi = 6.283185307179586;
    double low = 0.0, high = 0.0;
    int t;
    if (k->yarn) {
        low = floor(k->n_rot * llri_ln(k->n_ctx_orig / (k->beta_fast * two_pi)) / (2.0 * llri_ln(k->base)));
        high = ceil(k->n_rot * llri_ln(k->n_ctx_orig / (k->beta_slow * two_pi)) / (2.0 * llri_ln(k->base)));
        if (low < 0.0) low = 0.0;
        if (high > k->n_rot - 1) high = k->n_rot - 1;
    }
    for (t = 0; t < k->n_rot / 2; t++) {
        double plain = llri_pow(k->base, -2.0 * t / k->n_rot) / (by ? (double)by[t] : 1.0), ramp;
        f[t] = k->scale * plain;
        if (!k->yarn) continue;
        ramp = (t - low) / (high - low > 0.001 ? high - low : 0.001);
        ramp = ramp < 0.0 ? 0.0 : ramp > 1.0 ? 1.0 : ramp;
        f[t] = f[t] * ramp + plain * (1.0 - ramp);
    }
}

/* Do two models mean the same by the same ids? Without tokenizers their number must do. */
static llr_status llri_same_vocab(const llr_model *m, const llr_model *draft, llr_error *err)
{
    const llr_vocab *a = m->vocab, *b = draft->vocab;
    char x[64], y[64];
    size_t n, k;
    int32_t id;
    if (m->n_vocab != draft->n_vocab)
        return llri_fail(err, LLR_E_ARG, "the draft model has another vocabulary: %d tokens, and the model has %d", draft->n_vocab, m->n_vocab);
    for (id = 0; a && b && id < m->n_vocab; id++) {
        n = llr_token_piece(a, id, 1, x, sizeof x);
        k = llr_token_piece(b, id, 1, y, sizeof y);
        if (n == k && !memcmp(x, y, n < sizeof x ? n : sizeof x)) continue;
        if (n > sizeof x) n = sizeof x;
        if (k > sizeof y) k = sizeof y;
        return llri_fail(err, LLR_E_ARG, "the draft model has another vocabulary: token %ld is \"%.*s\", and in the model \"%.*s\"", (long)id,
                         (int)k, y, (int)n, x);
    }
    return LLR_OK;
}

/* Memory on the GPUs and streams; what is there then is the session's even after a failure. */
static llr_status llri_session_on_gpu(llr_session *s, llr_error *err)
{
    const llr_model *m = s->m;
    char why[400] = "";
    int i;
    for (i = 0; i < s->gpu->n_shares; i++) {
        const llri_share *share = &s->gpu->share[i];
        const llri_gpu_table *t = share->gpu->t;
        llr_session *twin = &s->twin[i];
        llri_arena a = { NULL, 0, 0 };
        *twin = *s;
        memset(&twin->exec, 0, sizeof twin->exec);
        if (t->alloc(share->gpu->device, &twin->gpu_block, llri_session_on_share(s, share).at, why, sizeof why)) return llri_gpu_fail(err, why);
        a.base = (uint8_t *)twin->gpu_block;
        llri_session_gpu_layout(s, twin, share, &a);
        if (t->stream_new(&twin->exec.stream, share->gpu->device, m->max_in, (int)s->n_batch, m->max_head, m->max_head_dim, why, sizeof why))
            return llri_gpu_fail(err, why);
        twin->exec.gpu = t;
        twin->exec.ops = m->ops;
        twin->exec.exact = s->exact;
    }
    return LLR_OK;
}

static void llri_session_off_gpu(llr_session *s)
{
    int i;
    for (i = 0; s->gpu && i < s->gpu->n_shares; i++) {
        const llri_share *share = &s->gpu->share[i];
        llr_session *twin = &s->twin[i];
        share->gpu->t->stream_free(twin->exec.stream);
        if (twin->gpu_block) share->gpu->t->release(share->gpu->device, twin->gpu_block);
        twin->exec.stream = NULL;
        twin->gpu_block = NULL;
    }
}

/* The layers that were on GPUs get keys and values here: 0, or 1 if there is no memory for them. */
static int llri_come_home(llr_session *s)
{
    llri_arena a = { NULL, 0, 0 };
    int first = llri_gpu_first(s);
    llri_session_kv(s, &a, NULL, first, s->m->n_layer);
    s->more_bytes = a.at;
    s->homeless = 1;
    if (a.overflow || (a.at && !(s->more = llri_alloc(&s->m->opt.mem, a.at, 4096)))) return 1;
    a.base = (uint8_t *)s->more;
    a.at = 0;
    llri_session_kv(s, &a, s->kv, first, s->m->n_layer);
    s->homeless = 0;
    s->gpu = NULL;
    return 0;
}

/* After a failure of a GPU the session goes on with the CPU. */
static void llri_leave_gpu(llr_session *s)
{
    if (!s->gpu || s->homeless) return;
    llri_session_off_gpu(s);
    if (s->far_logits) s->has_logits = 0;
    s->far_logits = NULL;
    s->cold = s->pos;
    s->high = s->backed = 0;
    s->n_ahead = s->used = 0;
    s->guess.len = 0;
    (void)llri_come_home(s);
}

LLR_API llr_status llr_session_new(llr_session **out, const llr_model *m, const llr_session_options *opt, llr_error *err)
{
    llr_session s, *p;
    llr_plan plan;
    llri_arena a;
    llr_status st;
    int i;
    if (!out || !m) return llri_fail(err, LLR_E_ARG, "llr_session_new: no %s", m ? "place for the result" : "model");
    if (opt && opt->gpu && opt->gpu->dry) return llri_fail(err, LLR_E_ARG, "the placement is dry: it only serves plans");
    st = opt && opt->draft ? llri_same_vocab(m, opt->draft->m, err) : LLR_OK;
    if (st == LLR_OK) st = llri_session_fit(&s, &plan, m, opt, err);
    if (st != LLR_OK) return st;
    if (llri_memory_guarded(&m->opt)) {
        llr_memory now;
        uint64_t left;
        llr_memory_look(&now, &m->opt);
        if (plan.new_bytes > now.available_bytes)
            return llri_fail(err, LLR_E_NOMEM, "a context of %lu positions in batches of %lu needs %s (keys and values %s, scratch %s), "
                             "and %s are available; take fewer, or smaller keys and values (kv)", (unsigned long)s.n_ctx, (unsigned long)s.n_batch,
                             llri_size_text(plan.new_bytes).s, llri_size_text(s.kv_bytes).s, llri_size_text(s.scratch_bytes).s,
                             llri_size_text(now.available_bytes).s);
        left = llri_memory_for_pages(&now) - plan.new_bytes;
        llri_gguf_ahead(m->gguf, left >= plan.weights_bytes || left >= (uint64_t)s.n_threads * LLRI_AHEAD_BYTES);
    }
    s.pool = opt ? opt->pool : NULL;
    if (s.own_pool) {
        st = llr_pool_new(&s.pool, s.n_threads, &m->opt, err);
        if (st != LLR_OK) return st;
    }
    a.base = (uint8_t *)llri_alloc(&m->opt.mem, s.bytes, 4096);
    a.at = 0;
    a.overflow = 0;
    if (!a.base) {
        if (s.own_pool) llr_pool_free(s.pool);
        return llri_nomem(err, "a session", s.bytes);
    }
    if (!m->opt.mem.alloc) llri_advise_huge(a.base, (size_t)s.scratch_bytes);
    memset(a.base, 0, (size_t)s.scratch_bytes);   /* scratch is touched now, so that evaluating does not run out of memory later */
    p = (llr_session *)(void *)a.base;
    llri_session_layout(&s, &a);
    *p = s;
    llri_exec_init(&p->exec, m->ops, p->pool, p->exact, p->work, m->max_in, llri_max_float_in(p), (int)p->n_batch, m->max_head_dim);
    for (i = 0; i < 2; i++) llri_rope_freqs(p->freqs[i], &m->rope[i], p->n_ctx);
    memcpy(p->guess.trust, llri_usual_trust, sizeof llri_usual_trust);
    for (i = 0; i < LLRI_GUESS_KINDS; i++) p->guess.cases[i] = LLRI_USUAL_CASES;
    p->guess.draft_wait = LLRI_DRAFT_WAIT;
    st = p->gpu ? llri_session_on_gpu(p, err) : LLR_OK;
    if (st != LLR_OK) { llr_session_free(p); return st; }
    if (p->n_ctx > m->n_ctx_train)
        llri_log(&m->opt, LLR_LOG_WARN, "the context of %lu positions is longer than the %lu the model was trained with",
                 (unsigned long)p->n_ctx, (unsigned long)m->n_ctx_train);
    *out = p;
    return LLR_OK;
}

LLR_API void llr_session_free(llr_session *s)
{
    if (!s) return;
    llri_session_off_gpu(s);
    if (s->more) llri_free(&s->m->opt.mem, s->more, (size_t)s->more_bytes);
    if (s->own_pool) llr_pool_free(s->pool);
    llri_free(&s->m->opt.mem, s, s->bytes);
}

/* --- The steps of a forward pass ---------------------------------------------------------------------------------------- */
typedef struct llri_pass {
    llr_session *s;         /* the leader, whose scratch is used */
    const llr_model *m;
    llri_exec *e;
    const llri_share *share;        /* whose layers are computed; NULL: the CPU's */
    llri_part *parts; int n_parts;
    int n;                  /* rows */
} llri_pass;

static void llri_products_of(llri_product *of, const llri_linear *const *l, float *const *y, int n, int64_t ldy)
{
    int i;
    for (i = 0; i < n; i++) {
        of[i].w = &l[i]->w;
        of[i].bias = l[i]->scale == 1.0f ? l[i]->bias : NULL;
        of[i].y = y[i];
        of[i].ldy = ldy;
    }
}
/* y[i][t*ldy + r] = scale * (W x)[r] + bias[r] of the current input, for n <= 3 linear maps l[i]. */
static void llri_apply_all(const llri_pass *p, const llri_linear *const *l, float *const *y, int n, int64_t ldy)
{
    llri_product of[3];
    int i, t;
    llri_products_of(of, l, y, n, ldy);
    llri_matmul(p->e, of, n);
    for (i = 0; i < n; i++) {
        if (l[i]->scale == 1.0f) continue;
        for (t = 0; t < p->n; t++) llri_scale(p->e, y[i] + t * ldy, l[i]->scale, l[i]->w.n_out);
        if (l[i]->bias) llri_add_rows(p->e, y[i], ldy, p->n, (int)l[i]->w.n_out, l[i]->bias);
    }
}
static void llri_apply(const llri_pass *p, const llri_linear *l, float *y, int64_t ldy) { llri_apply_all(p, &l, &y, 1, ldy); }

/* Normalises `heads` pieces of each row in place; w_rows: weights for all of them alike (1) or a row for each. */
static void llri_norm_in_place(const llri_pass *p, const llri_norm_w *w, float *x, int64_t ldx, int heads, int width, int w_rows)
{
    if (w->on) llri_norm(p->e, p->m->arch->norm, x, ldx, x, ldx, p->n, heads, width, w->w, w_rows, w->b, p->m->eps);
}

/* Normalises rows of n_embd, in place or not. */
static void llri_norm_rows(const llri_pass *p, const llri_norm_w *w, float *y, const float *x)
{
    const int d = p->m->n_embd;
    if (w->on) llri_norm(p->e, p->m->arch->norm, y, d, x, d, p->n, 1, d, w->w, 1, w->b, p->m->eps);
}

/* Row i of a matrix as floats. */
static void llri_mat_row(const llri_mat *w, size_t i, float *to)
{
    llri_dequant(w->type, w->data + i * w->row_bytes, to, (size_t)w->n_in);
}

static size_t llri_part_token(const llri_part *part, int t)
{
    int n = part->n - part->n_guess;
    return (size_t)(t < n ? part->tokens[t] : part->s->ahead[t - n]);
}

/* x of each row: its token's embedding, with whatever the architecture does to it. */
static void llri_embed(const llri_pass *p)
{
    const llr_model *m = p->m;
    const int d = m->n_embd;
    float *x = p->s->x, *row = p->s->h;
    int i, t;
    for (i = 0; i < p->n_parts; i++) {
        const llri_part *part = &p->parts[i];
        for (t = 0; t < part->n; t++) {
            float *to = x + (int64_t)(part->row0 + t) * d;
            llri_mat_row(&m->tok_embd, llri_part_token(part, t), to);
            if (!m->pos_embd.data) continue;
            llri_mat_row(&m->pos_embd, part->pos0 + (size_t)t, row);
            llri_add(p->e, to, row, d);
        }
    }
    if (m->embd_scale != 1.0f) llri_scale(p->e, x, m->embd_scale, (int64_t)p->n * d);
    llri_norm_rows(p, &m->embd_norm, x, x);
}

/* Gemma 4: every layer gets a small embedding of the token as well, mixed with a projection of x. */
static void llri_embed_per_layer(const llri_pass *p)
{
    const llr_model *m = p->m;
    const int64_t width = (int64_t)m->n_ple * m->n_layer, all = width * p->n;
    int i, t;
    if (!m->n_ple) return;
    for (i = 0; i < p->n_parts; i++)
        for (t = 0; t < p->parts[i].n; t++)
            llri_mat_row(&m->ple_embd, llri_part_token(&p->parts[i], t), p->s->ple + (p->parts[i].row0 + t) * width);
    llri_scale(p->e, p->s->ple, (float)sqrt((double)m->n_ple), all);
    llri_exec_input(p->e, p->s->x, m->n_embd, p->n, m->n_embd);
    llri_apply(p, &m->ple_model, p->s->ple_tmp, width);
    llri_scale(p->e, p->s->ple_tmp, (float)(1.0 / sqrt((double)m->n_embd)), all);
    llri_norm_in_place(p, &m->ple_model_norm, p->s->ple_tmp, width, m->n_layer, m->n_ple, 1);
    llri_add(p->e, p->s->ple, p->s->ple_tmp, all);
    llri_scale(p->e, p->s->ple, 0.70710678f, all);
}

/* Cosines and sines of every row, for each rope kind. In double, because positions reach millions of radians. */
static void llri_rope_tables(const llri_pass *p)
{
    int kind, i, t, j;
    for (kind = 0; kind < 2; kind++) {
        const llri_rope_kind *k = &p->m->rope[kind];
        const double magnitude = k->strength * llri_yarn_turn(k);
        for (i = 0; k->n_rot && i < p->n_parts; i++)
            for (t = 0; t < p->parts[i].n; t++) {
                float *cs = p->s->cs[kind] + (int64_t)(p->parts[i].row0 + t) * k->n_rot;
                for (j = 0; j < k->n_rot / 2; j++) {
                    double sine, cosine;
                    llri_sincos((double)(p->parts[i].pos0 + (uint32_t)t) * p->parts[i].s->freqs[kind][j], &sine, &cosine);
                    cs[2 * j] = (float)(cosine * magnitude);
                    cs[2 * j + 1] = (float)(sine * magnitude);
                }
            }
    }
}

/* Queries of far positions are made longer, so that attention stays sharp (mistral3). */
static void llri_temper(const llri_pass *p, float *q, int64_t ldq, int width)
{
    int i, t;
    if (p->m->temperature == 0.0f) return;
    for (i = 0; i < p->n_parts; i++)
        for (t = 0; t < p->parts[i].n; t++) {
            double turns = floor((double)(p->parts[i].pos0 + (uint32_t)t) / p->m->temperature_len);
            double factor = 1.0 + (double)p->m->temperature * llri_ln(1.0 + turns);
            if (turns > 0.0) llri_scale(p->e, q + (p->parts[i].row0 + t) * ldq, (float)factor, width);
        }
}

/* Normalises queries or keys, if the layer does. */
static void llri_norm_heads(const llri_pass *p, const llri_norm_w *w, float *x, int64_t ldx, int heads, int dk)
{
    const int kind = p->m->arch->qk_norm;
    if (kind == LLRI_QK_WHOLE) llri_norm_in_place(p, w, x, ldx, 1, heads * dk, 1);
    else llri_norm_in_place(p, w, x, ldx, heads, dk, kind == LLRI_QK_ROWS ? heads : 1);
}

/* Queries, keys and values of all rows into s->qkv, and keys and values into the caches. */
static void llri_project_qkv(const llri_pass *p, const llri_layer *y, const float *h, int64_t ld)
{
    const llr_model *m = p->m;
    const int nq = y->n_head * y->dk, nk = y->n_head_kv * y->dk, late = (m->arch->flags & LLRI_A_QK_AFTER_ROPE) != 0;
    const int own_kv = y->qkv.w.data || y->k.w.data;
    const llri_norm_w bare = { NULL, NULL, 1 };
    float *q = p->s->qkv, *k = q + nq, *v = k + nk, *to[3];
    const llri_linear *maps[3];
    int i, n = 1;
    llri_exec_input(p->e, h, m->n_embd, p->n, m->n_embd);
    to[0] = q;
    if (y->qkv.w.data) llri_apply(p, &y->qkv, q, ld);
    else {
        maps[0] = &y->q;
        if (own_kv) { maps[n] = &y->k; to[n++] = k; }
        if (y->v.w.data) { maps[n] = &y->v; to[n++] = v; }
        llri_apply_all(p, maps, to, n, ld);
        if (!y->v.w.data && own_kv) llri_copy_rows(p->e, v, ld, k, ld, p->n, nk);
    }
    if (m->clamp_qkv > 0.0f) llri_clamp(p->e, q, -m->clamp_qkv, m->clamp_qkv, ld * p->n);
    if (!late) {
        llri_norm_heads(p, &y->q_norm, q, ld, y->n_head, y->dk);
        if (own_kv) llri_norm_heads(p, &y->k_norm, k, ld, y->n_head_kv, y->dk);
    }
    if (y->rope >= 0) {
        const llri_rope_kind *r = &m->rope[y->rope];
        llri_rope(p->e, q, ld, p->n, y->n_head, y->dk, r->n_rot, m->neox, p->s->cs[y->rope]);
        if (own_kv) llri_rope(p->e, k, ld, p->n, y->n_head_kv, y->dk, r->n_rot, m->neox, p->s->cs[y->rope]);
    }
    if (late) {
        llri_norm_heads(p, &y->q_norm, q, ld, y->n_head, y->dk);
        if (own_kv) llri_norm_heads(p, &y->k_norm, k, ld, y->n_head_kv, y->dk);
    }
    if (own_kv && m->arch->flags & LLRI_A_GEMMA4) llri_norm_in_place(p, &bare, v, ld, y->n_head_kv, y->dv, 1);
    llri_temper(p, q, ld, nq);
    for (i = 0; own_kv && i < p->n_parts; i++) {
        const llri_part *part = &p->parts[i];
        llri_kv_store(p->e, &part->s->kv[y->kv_layer], k + part->row0 * ld, ld, v + part->row0 * ld, ld, part->pos0, part->n);
    }
}

/* The mixer: h (rows of n_embd) to s->o. Other kinds of layers will be other mixers. */
static void llri_mix_attention(const llri_pass *p, int layer, const float *h)
{
    const llr_model *m = p->m;
    const llri_layer *y = &m->layers[layer];
    const int64_t ld = (int64_t)y->n_head * y->dk + (int64_t)y->n_head_kv * (y->dk + y->dv), lda = (int64_t)y->n_head * y->dv;
    llri_attn a;
    int i;
    llri_project_qkv(p, y, h, ld);
    memset(&a, 0, sizeof a);
    a.n_head = y->n_head; a.n_head_kv = y->n_head_kv; a.dk = y->dk; a.dv = y->dv;
    a.scale = y->score_scale; a.softcap = m->attn_cap; a.window = y->window;
    a.slopes = m->slopes ? m->slopes + (size_t)layer * (size_t)m->max_head : NULL;
    for (i = 0; i < p->n_parts; i++) {
        llri_attn_seq *q = &p->s->seqs[i];
        q->kv = p->parts[i].s->kv[y->kv_layer];
        q->pos0 = p->parts[i].pos0; q->row0 = p->parts[i].row0; q->n = p->parts[i].n;
    }
    llri_attention(p->e, &a, p->s->att, lda, p->s->qkv, ld, p->s->seqs, p->n_parts);
    llri_norm_in_place(p, &y->attn_sub_norm, p->s->att, lda, 1, (int)lda, 1);
    llri_exec_input(p->e, p->s->att, lda, p->n, lda);
    llri_apply(p, &y->o, p->s->o, m->n_embd);
}

/* The feed-forward network: h to s->o. */
static void llri_ffn(const llri_pass *p, const llri_layer *y, const float *h)
{
    const llr_model *m = p->m;
    const int f = y->n_ff, fused = m->arch->ffn == LLRI_FFN_GATED && !y->gate.w.data;
    const int64_t ld = m->arch->ffn == LLRI_FFN_GATED ? 2 * (int64_t)f : f;
    float *gate = p->s->ff, *up = m->arch->ffn == LLRI_FFN_GATED ? gate + f : NULL, *to[2];
    const float *act_p = m->arch->act == LLRI_ACT_XIELU ? y->act_p : NULL;
    const llri_linear *maps[2];
    int n = 0;
    llri_exec_input(p->e, h, m->n_embd, p->n, m->n_embd);
    if (y->gate.w.data) { maps[n] = &y->gate; to[n++] = gate; }
    maps[n] = &y->up;
    to[n++] = fused || !up ? gate : up;
    if (fused || maps[0]->scale != 1.0f || maps[n - 1]->scale != 1.0f) {
        llri_apply_all(p, maps, to, n, ld);
        llri_act(p->e, m->arch->act, gate, ld, gate, up, ld, p->n, f, act_p);
    } else {
        llri_product of[2];
        llri_products_of(of, maps, to, n, ld);
        llri_matmul_act(p->e, of, n, m->arch->act, act_p);
    }
    llri_norm_in_place(p, &y->ffn_sub_norm, gate, ld, 1, f, 1);
    llri_exec_input(p->e, gate, ld, p->n, f);
    llri_apply(p, &y->down, p->s->o, m->n_embd);
}

/* x += residual scale * what the block computed, after its post-norm if it has one. */
static void llri_add_block(const llri_pass *p, const llri_norm_w *post)
{
    const int64_t all = (int64_t)p->n * p->m->n_embd;
    llri_norm_rows(p, post, p->s->o, p->s->o);
    if (p->m->res_scale == 1.0f) llri_add(p->e, p->s->x, p->s->o, all);
    else llri_axpy(p->e, p->s->x, p->s->o, p->m->res_scale, all);
}

/* x += norm(proj(gelu(gate x) * the layer's embedding of the token)); then the whole layer's output is scaled (Gemma 4). */
static void llri_finish_layer(const llri_pass *p, const llri_layer *y, int layer)
{
    const llr_model *m = p->m;
    const int64_t ld = (int64_t)m->n_ple * m->n_layer;
    float *gate = p->s->ple_tmp;
    if (m->n_ple) {
        llri_exec_input(p->e, p->s->x, m->n_embd, p->n, m->n_embd);
        llri_apply(p, &y->ple_gate, gate, ld);
        llri_act(p->e, m->arch->act, gate, ld, gate, p->s->ple + (int64_t)layer * m->n_ple, ld, p->n, m->n_ple, NULL);
        llri_exec_input(p->e, gate, ld, p->n, m->n_ple);
        llri_apply(p, &y->ple_proj, p->s->o, m->n_embd);
        llri_norm_rows(p, &y->ple_norm, p->s->o, p->s->o);
        llri_add(p->e, p->s->x, p->s->o, (int64_t)p->n * m->n_embd);
    }
    if (y->out_scale != 1.0f) llri_scale(p->e, p->s->x, y->out_scale, (int64_t)p->n * m->n_embd);
}

/* Lists the rows whose logits are wanted, copies their x to h, and returns their number. A session that keeps all logits
 * keeps those of token i of the call in row i mod n_batch. */
static int llri_gather_wanted(const llri_pass *p)
{
    const size_t d = (size_t)p->m->n_embd, v = (size_t)p->m->n_vocab;
    int i, t, k = 0;
    for (i = 0; i < p->n_parts; i++) {
        const llri_part *part = &p->parts[i];
        const llr_session *s = part->s;
        const int n = part->n - part->n_guess;
        for (t = s->all_logits ? 0 : part->last ? n - 1 : n; t < part->n; t++) {
            p->s->wanted[k] = t >= n ? s->ahead_logits + (size_t)(t - n) * v : s->logits + (s->all_logits ? (part->first + (size_t)t) % s->n_batch * v : 0);
            llri_copy_rows(p->e, p->s->h + (size_t)k++ * d, (int64_t)d, p->s->x + (size_t)(part->row0 + t) * d, (int64_t)d, 1, (int)d);
        }
    }
    return k;
}

/* Logits of the rows that are wanted. Rows of several sessions lie apart, so a strip of the vocabulary at a time is computed
 * for all of them into scratch and dealt out; rows that follow each other are computed straight into their place, if the
 * output matrix is not on a GPU. done: they were computed, and have to be fetched. */
static void llri_head(const llri_pass *p, int done)
{
    const llr_model *m = p->m;
    llri_pass head = *p;
    float **to = p->s->wanted;
    int64_t r, v = m->n_vocab, strip;
    int k, direct = 1;
    head.n = llri_gather_wanted(p);
    if (!head.n) return;
    if (!done) llri_norm_rows(&head, &m->output_norm, p->s->h, p->s->h);
    llri_exec_input(p->e, p->s->h, m->n_embd, head.n, m->n_embd);
    for (k = 1; k < head.n; k++) direct &= to[k] == to[k - 1] + v;
    if (p->e->gpu) direct = 0;
    strip = direct ? v : (int64_t)p->s->n_batch * 2 * m->max_ff / head.n;
    for (r = 0; r < v; r += strip) {
        llri_linear part = m->output;
        int64_t n = v - r < strip ? v - r : strip;
        float *y = direct ? to[0] : p->s->ff;
        part.w.data += (size_t)r * part.w.row_bytes;
        part.w.n_out = n;
        if (part.bias) part.bias += r;
        if (!done) llri_apply(&head, &part, y, strip);
        for (k = 0; k < head.n && !done; k++) {
            if (m->logit_mul != 1.0f) llri_scale(p->e, y + k * strip, m->logit_mul, n);
            if (m->final_cap > 0.0f) llri_softcap(p->e, y + k * strip, m->final_cap, n);
        }
        if (p->e->gpu) p->e->gpu->recorded(p->e->stream);
        if (p->e->gpu && head.n == 1 && n == v && p->n_parts == 1 && &p->parts[0].s->twin[0] == p->s && !p->parts[0].s->all_logits) {
            p->parts[0].s->far_logits = y;              /* of a token alone most are not asked for */
            return;
        }
        for (k = 0; k < head.n && !direct; k++) llri_fetch(p->e, to[k] + r, y + k * strip, n);
    }
}

/* Waits for what was told to the GPU of a share. A failure is one for all sessions that have layers there. */
static llr_status llri_gpu_finish(const llri_exec *e, const llri_share *share, llr_error *err)
{
    char why[400] = "";
    if (!e->gpu->finish(e->stream, why, sizeof why)) return LLR_OK;
    llri_atomic_store(&share->gpu->failed, 1);
    return llri_gpu_fail(err, why);
}

/* The pass p on the GPU of share k, where the leader's twin has its scratch: x goes there, and what belongs to positions. */
static const llri_pass *llri_to_gpu(const llri_pass *p, llri_pass *there, int k)
{
    const llr_session *s = p->s, *t = &s->twin[k];
    const llr_model *m = p->m;
    const llri_gpu_table *g = t->exec.gpu;
    void *stream = t->exec.stream;
    const size_t rows = (size_t)p->n * sizeof(float);
    int i;
    g->put(stream, t->x, s->x, rows * (size_t)m->n_embd);
    g->put(stream, t->ple, s->ple, rows * (size_t)m->n_ple * (size_t)m->n_layer);
    for (i = 0; i < 2; i++) g->put(stream, t->cs[i], s->cs[i], rows * (size_t)m->rope[i].n_rot);
    *there = *p;
    there->share = &s->gpu->share[k];
    there->s = &s->twin[k];
    there->m = &there->share->twin;
    there->e = &s->twin[k].exec;
    return there;
}

/* x comes back to the pass p, and the GPU is done. */
static llr_status llri_from_gpu(const llri_pass *p, const llri_pass *there, llr_error *err)
{
    there->e->gpu->recorded(there->e->stream);
    llri_fetch(there->e, p->s->x, there->s->x, (int64_t)p->n * p->m->n_embd);
    return llri_gpu_finish(there->e, there->share, err);
}

/* Can the steps of this pass be those of the last token, at another position? They are the same if it is one token of one session, and
 * nothing but keys, values and attention depends on the position. */
static int llri_replay(const llri_pass *p, const llri_pass *there)
{
    const llr_model *m = p->m;
    if (p->n != 1 || p->parts[0].s != p->s || !p->parts[0].last || m->temperature != 0.0f || (int64_t)p->s->n_batch * 2 * m->max_ff < m->n_vocab) return 0;
    return there->e->gpu->replay(there->e->stream, p->parts[0].pos0);
}

static int llri_cancelled(const llri_pass *p)
{
    int i;
    for (i = 0; i < p->n_parts; i++)
        if (llri_atomic_load(&p->parts[i].s->cancel)) return 1;
    return 0;
}

/* The transformer: one pass of home->n rows, from token ids to logits. Where layers lie on a GPU, p is the pass there: the same
 * steps on other memory. */
static llr_status llri_forward(const llri_pass *home, llr_error *err)
{
    const llri_pass *p = home;
    llri_pass there;
    int i, share = p->s->gpu ? p->s->gpu->n_shares : 0, done = 0;      /* the share that was entered last; they are in reverse order */
    llri_embed(p);
    llri_embed_per_layer(p);
    llri_rope_tables(p);
    for (i = 0; i <= p->m->n_layer; i++) {
        const llri_layer *y;
        float *x, *h;
        if (llri_cancelled(p) || llr_gguf_check(p->m->gguf, NULL)) {
            if (p->e->gpu) (void)llri_gpu_finish(p->e, p->share, NULL);
            return llri_cancelled(p) ? LLR_E_CANCELLED : LLR_E_IO;
        }
        if (share && i == home->s->gpu->share[share - 1].first) {
            if (p != home && llri_from_gpu(home, p, err)) return LLR_E_DEVICE;
            p = llri_to_gpu(home, &there, --share);
            done = llri_replay(home, p);
        }
        if (done) i = p->share->end - 1;            /* all of the share */
        if (done || i == p->m->n_layer) continue;
        y = &p->m->layers[i];
        x = p->s->x;
        h = p->s->h;

        llri_norm_rows(p, &y->attn_norm, h, x);
        llri_mix_attention(p, i, y->attn_norm.on ? h : x);

        if (y->parallel) llri_norm_rows(p, &y->ffn_norm, h, x);   /* without a second norm h stays what attention read */
        llri_add_block(p, &y->attn_post_norm);
        if (!y->parallel) llri_norm_rows(p, &y->ffn_norm, h, x);
        llri_ffn(p, y, y->parallel || y->ffn_norm.on ? h : x);
        llri_add_block(p, &y->ffn_post_norm);
        llri_finish_layer(p, y, i);
    }
    llri_head(p, done);
    return p->e->gpu ? llri_gpu_finish(p->e, p->share, err) : LLR_OK;
}

/* --- Guessing -----------------------------------------------------------------------------------------------------------
 * Tokens that may follow are computed along with one that is known. They come from the place where the last tokens stood
 * before, found by a hash of two or three of them. Whether that would have been right is seen with every token that comes,
 * also when nothing was computed for it, so it costs nothing to know how far such guesses can be trusted: little after two
 * equal tokens, nearly wholly after sixteen. With the seconds that passes of several rows were seen to take, this says how many
 * guesses bring the most tokens per second. Time decides only how many are computed, never what comes out.
 *   A draft is known to be right only where it was asked. One that does not pay is asked again after pauses that double.
 */
static int llri_kind_of_length(uint32_t len)    /* 1, 2, 3, 4 to 7, 8 to 15, more */
{
    return len < 4 ? (int)len - 1 : len < 8 ? 3 : len < 16 ? 4 : 5;
}

static int llri_kind_of_pass(int rows)
{
    int kind = 0;
    while (1 << kind < rows) kind++;
    return kind;
}

static uint32_t *llri_seen(llr_session *s, const int32_t *tokens, uint32_t n)
{
    uint32_t h = n, i;
    for (i = 0; i < n; i++) {
        h = (h ^ (uint32_t)tokens[i]) * 0x9e3779b1u;
        h ^= h >> 15;
    }
    return &s->seen[h & (s->n_seen - 1)];
}

/* One more case: the share of all, then a moving average. */
static void llri_learn(llri_guesser *g, int kind, int right)
{
    if (g->cases[kind] < LLRI_MOST_CASES) g->cases[kind]++;
    g->trust[kind] += ((right ? 1.0f : 0.0f) - g->trust[kind]) / (float)g->cases[kind];
}

/* The text goes on with x at position `at`: was that the guess, and what does it lead to? If x is another token than before, the
 * text may still go on as before behind it, as when a name is replaced; places where more tokens are the same are better. */
static void llri_note_token(llr_session *s, uint32_t at, int32_t x)
{
    llri_guesser *g = &s->guess;
    uint32_t n, p, *slot;
    s->text[at] = x;
    if (!s->n_guess) return;
    if (g->drafted && at == s->pos && s->used < s->n_ahead) llri_learn(g, LLRI_BY_DRAFT, s->ahead[s->used] == x);
    if (g->len) {
        int right = s->text[g->from] == x;
        llri_learn(g, llri_kind_of_length(g->len), right);
        g->from++;
        g->len = right ? g->len + 1 : 1;
    }
    at++;
    for (n = 3; n >= 2; n--) {
        if (at < n) continue;
        slot = llri_seen(s, s->text + at - n, n);
        p = *slot;                              /* of a text that was rewound it may be anywhere */
        *slot = at;
        if (g->len >= n || p < n || p >= at || memcmp(s->text + p - n, s->text + at - n, n * sizeof(int32_t))) continue;
        g->from = p;
        for (g->len = n; g->len < LLRI_LONGEST_SUFFIX && g->len < p && s->text[p - g->len - 1] == s->text[at - g->len - 1];) g->len++;
    }
}

static void llri_note_tokens(llr_session *s, const int32_t *tokens, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) llri_note_token(s, s->pos + (uint32_t)i, tokens[i]);
}

/* Are the next n tokens there already? If not, what was computed in advance is of no use. */
static int llri_take_ahead(llr_session *s, const int32_t *tokens, size_t n)
{
    if (n > s->n_ahead - s->used || memcmp(tokens, s->ahead + s->used, n * sizeof *tokens)) {
        s->n_ahead = s->used = 0;
        return 0;
    }
    s->used += n;
    s->pos += (uint32_t)n;
    if (s->high < s->pos) s->high = s->pos;
    s->guess.count.accepted += n;
    return 1;
}

/* A moving average of seconds. It leans to the shorter: what takes longer than usual had to wait for others. */
static void llri_average(double *average, double x)
{
    if (*average == 0.0) *average = x;
    else if (x < *average) *average = (x + *average) / 2.0;
    else *average += ((x < 2.0 * *average ? x : 2.0 * *average) - *average) / 16.0;
}

/* Pass lengths keep their proportions when the machine becomes faster or slower, or the context longer. What is not measured
 * again becomes slowly less, so that one bad measurement does not count for ever. */
static void llri_time_pass(llr_session *s, double seconds)
{
    double *t = s->guess.seconds, before = t[0];
    int i, kind = llri_kind_of_pass(1 + (int)s->n_ahead);
    llri_average(&t[kind], seconds);
    for (i = 1; i < LLRI_PASS_KINDS && !kind && before > 0.0; i++) t[i] *= t[0] / before * (1.0 - 1.0 / 512.0);
}

/* How many of max guesses bring the most tokens per second, if chance[i] is that guess i is right when those before it are,
 * and each takes that many seconds to make; 0: none bring more than one. *gain must be exceeded. */
static int llri_guess_size(const llr_session *s, const float *chance, int max, double each, double *gain)
{
    const double *t = s->guess.seconds;
    double tokens = 1.0, right = 1.0;
    int k, best = 0;
    for (k = 1; k <= max; k++) {
        int kind = llri_kind_of_pass(1 + k);
        double seconds = (t[kind] > 0.0 ? t[kind] : t[0] * llri_usual_cost[kind]) + k * each;
        right *= chance[k - 1];
        tokens += right;
        if (s->guess_always || tokens * t[0] <= *gain * seconds) continue;
        *gain = tokens * t[0] / seconds;
        best = k;
    }
    if (!s->guess_always || max == 0) return best;
    *gain += tokens;            /* it shall pay, most where most tokens are expected */
    return max;
}

/* The draft continues the text up to position `end` with the k tokens that it finds most probable; returns how many it did. */
static int llri_draft(llr_session *s, uint32_t end, int k)
{
    llr_session *d = s->draft;
    double start = llri_seconds();
    uint32_t same = 0;
    int n = 0;
    while (same + 1 < end && same < d->pos && d->text[same] == s->text[same]) same++;
    same = llr_session_rewind(d, same);
    if (llr_session_eval(d, s->text + same, end - same, NULL)) return 0;
    for (;;) {
        s->ahead[n++] = llr_argmax(llr_session_logits(d), s->m->n_vocab);
        if (n == k || llr_session_eval(d, &s->ahead[n - 1], 1, NULL)) break;
    }
    llri_average(&s->guess.draft_seconds, (llri_seconds() - start) / n);
    return n;
}

/* How many tokens to ask the draft for. If it does not pay, it is not asked again for a while, which becomes longer each time. */
static int llri_draft_size(llr_session *s, int max, double *gain)
{
    llri_guesser *g = &s->guess;
    float chance[LLR_MAX_GUESS], *trust = &g->trust[LLRI_BY_DRAFT];
    double own = LLRI_LEAST_GAIN;
    int k;
    if (!s->draft || (g->draft_pause && g->draft_pause--)) return 0;
    for (k = 0; k < max; k++) chance[k] = *trust;
    if (*trust > LLRI_DRAFT_GOOD) g->draft_wait = LLRI_DRAFT_WAIT;
    k = llri_guess_size(s, chance, max, g->draft_seconds, &own);
    if (!k) {
        *trust = LLRI_DRAFT_TRUST;
        g->cases[LLRI_BY_DRAFT] = LLRI_USUAL_CASES;
        g->draft_pause = g->draft_wait;
        if (g->draft_wait < LLRI_DRAFT_WAIT_MAX) g->draft_wait *= 2;
    }
    if (own <= *gain) return 0;
    *gain = own;
    return k;
}

/* So many positions have memory when `end` are used. */
static uint64_t llri_backed_upto(uint32_t end)
{
    const uint64_t step = end <= LLRI_KV_STEP ? LLRI_KV_STEP / 4 : LLRI_KV_STEP;
    return (end + step - 1) / step * step;
}

/* Puts into s->ahead what may follow the token that is about to be evaluated. Guesses take no memory of their own: they stay
 * within the positions that are checked and touched with that token. */
static void llri_guess(llr_session *s)
{
    llri_guesser *g = &s->guess;
    const uint32_t end = s->pos + 1;
    uint64_t room = llri_backed_upto(end);
    float chance[LLR_MAX_GUESS];
    double gain = LLRI_LEAST_GAIN;
    int max, k, draft;
    if (room < s->backed) room = s->backed;
    if (room > s->n_ctx) room = s->n_ctx;
    max = (int)(room - end);
    if (max > (int)s->n_guess) max = (int)s->n_guess;
    if (max > (int)s->n_batch - 1) max = (int)s->n_batch - 1;
    if (max <= 0 || (g->seconds[0] == 0.0 && !s->guess_always)) return;
    for (k = 0; k < max && g->len; k++) chance[k] = g->trust[llri_kind_of_length(g->len + (uint32_t)k)];
    k = llri_guess_size(s, chance, k, 0.0, &gain);
    draft = llri_draft_size(s, max, &gain);
    if (draft) s->n_ahead = (size_t)llri_draft(s, end, draft);
    g->drafted = s->n_ahead > 0;
    for (; !g->drafted && (int)s->n_ahead < k; s->n_ahead++) {  /* a repetition may reach into the guesses themselves */
        uint32_t p = g->from + (uint32_t)s->n_ahead;
        s->ahead[s->n_ahead] = p < end ? s->text[p] : s->ahead[p - end];
    }
    g->count.drafted += s->n_ahead;
}

/* --- Evaluating ------------------------------------------------------------------------------------------------------- */
/* What the next positions up to `end` take that were not used before, in steps; with `touch` it is taken. */
static uint64_t llri_back_positions(llr_session *s, uint32_t end, int touch)
{
    uint64_t upto = llri_backed_upto(end), need = 0;
    int i, h;
    if (end <= s->backed) return 0;
    if (upto > s->n_ctx) upto = s->n_ctx;
    for (i = 0; i < llri_gpu_first(s); i++) {      /* on the GPU it was taken when the session was made */
        const llri_kvc *c = &s->kv[i];
        size_t from = s->backed < c->capacity ? s->backed : c->capacity, n = (upto < c->capacity ? (size_t)upto : c->capacity) - from;
        size_t k = c->k ? llri_kv_row_bytes(c->type, c->dk) : 0, v = c->k ? llri_kv_row_bytes(c->type, c->dv) : 0;
        need += (uint64_t)n * (uint64_t)c->n_head_kv * (k + v);
        for (h = 0; touch && c->k && h < c->n_head_kv; h++) {
            memset(c->k + ((size_t)h * c->capacity + from) * k, 0, n * k);
            memset(c->v + ((size_t)h * c->capacity + from) * v, 0, n * v);
        }
    }
    if (touch) s->backed = (uint32_t)upto;
    return need;
}

/* Before positions of a pass are used for the first time, is there memory for all of them? A system that overcommits would
 * kill us later. They are touched at once, so that others see them taken. */
static llr_status llri_back_pass(const llri_pass *p, llr_error *err)
{
    const llr_options *opt = &p->m->opt;
    uint64_t need = 0, left;
    llr_memory now;
    int i;
    for (i = 0; i < p->n_parts; i++) need += llri_back_positions(p->parts[i].s, p->parts[i].pos0 + (uint32_t)p->parts[i].n, 0);
    if (!need) return LLR_OK;
    if (llri_memory_guarded(opt)) {
        llr_memory_look(&now, opt);
        left = now.machine_bytes < now.group_bytes ? now.machine_bytes : now.group_bytes;   /* the addresses are ours already */
        if (need > left || left - need < LLRI_ROOM_BYTES / 2)
            return llri_fail(err, LLR_E_NOMEM, "the next positions of the context need %s, and %s are available; the text so far can still "
                             "be used", llri_size_text(need + LLRI_ROOM_BYTES / 2).s, llri_size_text(left).s);
    }
    for (i = 0; i < p->n_parts; i++) (void)llri_back_positions(p->parts[i].s, p->parts[i].pos0 + (uint32_t)p->parts[i].n, 1);
    return LLR_OK;
}

/* What llr_eval was given. */
typedef struct llri_call { llr_session *const *sessions; const int32_t *const *tokens; const size_t *counts; size_t n; } llri_call;

/* Fills p with the next rows: from each session as many as fit. */
static void llri_gather_pass(llri_pass *p, const llri_call *c)
{
    size_t i, room = p->s->n_batch;
    p->n = p->n_parts = 0;
    for (i = 0; i < c->n && room; i++) {
        llr_session *s = c->sessions[i];
        size_t left = c->counts[i] - s->call_done, n = left < room ? left : room;
        llri_part *part = &p->parts[p->n_parts];
        if (n > s->n_batch) n = s->n_batch;   /* its rings and its logits have room for that many */
        if (!n) continue;
        part->s = s;
        part->tokens = c->tokens[i] + s->call_done;
        part->row0 = p->n; part->n = (int)n;
        part->pos0 = s->pos;
        part->first = s->call_done;
        part->last = n == left;
        part->n_guess = part->last ? (int)(s->n_ahead - s->used) : 0;   /* llri_guess has seen to it that they fit */
        part->n += part->n_guess;
        p->n_parts++;
        p->n += part->n;
        room -= n;
    }
}

static llr_status llri_run_passes(const llri_call *c, uint64_t total, llr_error *err)
{
    llr_session *lead = c->sessions[0];
    llri_pass p;
    uint64_t done = 0, before = 0;
    int i;
    memset(&p, 0, sizeof p);
    p.s = lead; p.m = lead->m; p.e = &lead->exec; p.parts = lead->parts;
    while (done < total) {
        llr_status st;
        llri_gather_pass(&p, c);
        st = llri_back_pass(&p, err);
        if (st != LLR_OK) return st;
        for (i = 0; i < p.n_parts; i++) {
            llri_part *part = &p.parts[i];
            uint32_t end = part->pos0 + (uint32_t)(part->n - part->n_guess);
            if (part->s->high < end) part->s->high = end;
            done += (uint64_t)(part->n - part->n_guess);
        }
        st = llri_forward(&p, err);
        if (llr_gguf_check(p.m->gguf, err)) return LLR_E_IO;
        if (st == LLR_E_DEVICE) return st;
        if (st == LLR_OK && llri_progress(&lead->m->opt, LLR_PHASE_EVAL, done, total) && done < total) st = LLR_E_CANCELLED;
        if (st != LLR_OK)
            return llri_fail(err, st, "cancelled after %llu of %llu tokens", (unsigned long long)before, (unsigned long long)total);
        before = done;
        for (i = 0; i < p.n_parts; i++) {
            p.parts[i].s->pos += (uint32_t)(p.parts[i].n - p.parts[i].n_guess);
            p.parts[i].s->call_done += (size_t)(p.parts[i].n - p.parts[i].n_guess);
        }
    }
    return LLR_OK;
}

static llr_status llri_check_eval(const llri_call *c, uint64_t *total, llr_error *err)
{
    size_t i, j;
    *total = 0;
    for (i = 0; i < c->n; i++) {
        const llr_session *s = c->sessions[i];
        if (!s || (!c->tokens[i] && c->counts[i]))
            return llri_fail(err, LLR_E_ARG, "llr_eval: session %lu or its tokens are NULL", (unsigned long)i);
        if (s->m != c->sessions[0]->m || s->exact != c->sessions[0]->exact || llri_in_use(s->gpu) != llri_in_use(c->sessions[0]->gpu))
            return llri_fail(err, LLR_E_ARG, "llr_eval: session %lu is of another model or placement, or one of it and the first is "
                             "exact and the other not", (unsigned long)i);
        if (c->counts[i] > s->n_ctx - s->pos)
            return llri_fail(err, LLR_E_FULL, "%llu tokens do not fit: the context has %lu positions and %lu are taken; use a "
                             "larger one or rewind", (unsigned long long)c->counts[i], (unsigned long)s->n_ctx,
                             (unsigned long)s->pos);
        for (j = 0; j < c->counts[i]; j++)
            if (c->tokens[i][j] < 0 || c->tokens[i][j] >= s->m->n_vocab)
                return llri_fail(err, LLR_E_ARG, "token %lu has the id %ld, but the model's ids are 0 to %d", (unsigned long)j,
                                 (long)c->tokens[i][j], s->m->n_vocab - 1);
        *total += c->counts[i];
    }
    return LLR_OK;
}

/* Runs the passes of a call, alone on its threads. */
static llr_status llri_run_alone(const llri_call *c, uint64_t total, llr_error *err)
{
    llr_session *lead = c->sessions[0];
    llr_status st;
    double start;
    if (lead->pool) llri_pool_lock(lead->pool);
    start = llri_seconds();
    st = llri_run_passes(c, total, err);
    if (st == LLR_OK && c->n == 1 && total == 1) llri_time_pass(lead, llri_seconds() - start);
    if (lead->pool) llri_pool_unlock(lead->pool);
    return st;
}

/* What a session held when it lost its GPU is computed again. After a failure it still is to be. */
static llr_status llri_warm(llr_session *s, llr_error *err)
{
    const int32_t *text = s->text;
    const size_t n = s->cold;
    llri_call c;
    llr_status st;
    if (s->homeless && llri_come_home(s))
        return llri_fail(err, LLR_E_NOMEM, "the GPU failed before, and its keys and values take %s more memory here, which is not there",
                         llri_size_text(s->more_bytes).s);
    if (!n) return LLR_OK;
    c.sessions = &s;
    c.tokens = &text;
    c.counts = &n;
    c.n = 1;
    s->pos = 0;
    s->call_done = 0;
    st = llri_run_alone(&c, n, err);
    s->pos = (uint32_t)n;
    if (st == LLR_OK) s->cold = 0;
    else s->high = 0;
    if (st == LLR_E_CANCELLED) llri_atomic_store(&s->cancel, 0);
    return st;
}

/* Waits for what was asked of the GPU that has the logits of the last call. If it failed, or one did with other sessions: LLR_E_DEVICE,
 * and the session has them, computed here; or another error. */
static llr_status llri_far_finish(llr_session *s, llr_error *err)
{
    llr_error here;
    llr_status st = llri_gpu_finish(&s->twin[0].exec, &s->gpu->share[0], err);
    if (st == LLR_OK && llri_in_use(s->gpu)) return LLR_OK;
    if (st == LLR_OK) st = llri_gpu_fail(err, "the GPU failed with another session");
    llri_leave_gpu(s);
    if ((s->has_logits = llri_warm(s, &here) == LLR_OK)) return st;
    return llri_fail(err, here.code, "%s", here.msg);
}

/* Fetches logits that still are on the GPU. */
static llr_status llri_near_logits(llr_session *s, llr_error *err)
{
    llr_status st;
    if (!s->far_logits) return LLR_OK;
    llri_fetch(&s->twin[0].exec, s->logits, s->far_logits, s->m->n_vocab);
    st = llri_far_finish(s, err);
    s->far_logits = NULL;
    return st;
}
/* The same where nobody asks what became of the GPU. */
static void llri_near_logits_somehow(llr_session *s)
{
    llr_error err;
    if (llri_near_logits(s, &err) != LLR_OK) llri_log(&s->m->opt, LLR_LOG_WARN, "the GPU is not used any more: %s", err.msg);
}

/* Runs the checked call. After a failure the sessions get their positions back; one whose window has lost what it would
 * need there goes back to 0, as when rewinding. */
static llr_status llri_run_call(const llri_call *c, uint64_t total, llr_error *err)
{
    llr_status st = LLR_OK;
    size_t i;
    int failed = 0;                             /* the GPU, in a call with others or with other sessions */
    for (i = 0; i < c->n; i++) if (!c->counts[i]) llri_near_logits_somehow(c->sessions[i]);      /* they stay, whatever becomes of the scratch */
    for (i = 0; i < c->n; i++) failed |= c->sessions[i]->gpu && !llri_in_use(c->sessions[i]->gpu);
    for (i = 0; i < c->n && failed; i++) llri_leave_gpu(c->sessions[i]);
    for (i = 0; i < c->n && st == LLR_OK; i++) st = llri_warm(c->sessions[i], err);
    if (st != LLR_OK) return st;
    for (i = 0; i < c->n; i++) {
        llr_session *s = c->sessions[i];
        s->call_pos0 = s->pos;
        s->call_done = 0;
        if (!c->counts[i]) continue;
        s->call_n = c->counts[i];
        s->has_logits = 0;
        s->far_logits = NULL;
        llri_note_tokens(s, c->tokens[i], c->counts[i]);
        s->call_ahead = llri_take_ahead(s, c->tokens[i], c->counts[i]);
        if (!s->call_ahead) continue;
        total -= s->call_done = c->counts[i];
        if (llri_atomic_load(&s->cancel)) st = llri_fail(err, LLR_E_CANCELLED, "cancelled before the first token");
    }
    if (st == LLR_OK && c->n == 1 && total == 1) llri_guess(c->sessions[0]);
    if (st == LLR_OK) st = total ? llri_run_alone(c, total, err) : llr_gguf_check(c->sessions[0]->m->gguf, err);
    for (i = 0; i < c->n; i++) {
        llr_session *s = c->sessions[i];
        if (st == LLR_OK) s->has_logits |= c->counts[i] != 0;
        else if (st == LLR_E_DEVICE && s->gpu) s->pos = s->call_pos0;       /* all of it is computed again, so nothing is forgotten */
        else (void)llr_session_rewind(s, s->call_pos0);
        if (st == LLR_E_DEVICE) llri_leave_gpu(s);
        if (st == LLR_E_CANCELLED) llri_atomic_store(&s->cancel, 0);
    }
    return st;
}

LLR_API llr_status llr_eval(llr_session *const *sessions, const int32_t *const *tokens, const size_t *counts, size_t n_sessions,
                            llr_error *err)
{
    llri_call c;
    llr_status st;
    uint64_t total;
    size_t i, n;
    if (!n_sessions) return LLR_OK;
    if (!sessions || !tokens || !counts) return llri_fail(err, LLR_E_ARG, "llr_eval: no sessions, tokens or counts");
    c.sessions = sessions;
    c.tokens = tokens;
    c.counts = counts;
    c.n = n_sessions;
    st = llri_check_eval(&c, &total, err);
    if (st != LLR_OK || !total) return st;
    for (n = 0; n < n_sessions && !sessions[n]->busy; n++) sessions[n]->busy = 1;
    if (n == n_sessions) st = llri_run_call(&c, total, err);
    else st = llri_fail(err, LLR_E_ARG, "llr_eval: session %lu is given twice", (unsigned long)n);
    for (i = 0; i < n; i++) sessions[i]->busy = 0;
    return st;
}

LLR_API llr_status llr_session_eval(llr_session *s, const int32_t *tokens, size_t n, llr_error *err)
{
    return llr_eval(&s, &tokens, &n, 1, err);
}

LLR_API const float *llr_session_logits(const llr_session *s)
{
    return s->has_logits ? llr_session_logits_at(s, s->call_n - 1) : NULL;
}

LLR_API const float *llr_session_logits_at(const llr_session *s, size_t i)
{
    const size_t v = (size_t)s->m->n_vocab;
    if (s->far_logits) llri_near_logits_somehow((llr_session *)s);
    if (!s->has_logits || i >= s->call_n || s->call_n - i > (s->all_logits ? s->n_batch : 1)) return NULL;
    if (s->call_ahead) return s->ahead_logits + (s->used - s->call_n + i) * v;
    return s->logits + (s->all_logits ? i % s->n_batch * v : 0);
}

LLR_API uint32_t llr_session_pos(const llr_session *s) { return s->pos; }
LLR_API uint32_t llr_session_ctx(const llr_session *s) { return s->n_ctx; }

/* A ring holds the last `capacity` positions ever stored. To go on from position pos, a window layer needs the window
 * before it; if some of that is gone, so it is for every earlier position but 0. */
LLR_API uint32_t llr_session_rewind(llr_session *s, uint32_t pos)
{
    int i;
    llri_near_logits_somehow(s);        /* they could not be computed again later */
    s->n_ahead = s->used;
    s->guess.len = 0;
    if (pos >= s->pos && s->high == s->pos) return s->pos;
    if (pos > s->pos) pos = s->pos;
    for (i = 0; i < s->m->n_layer && pos; i++) {
        const llri_layer *y = &s->m->layers[i];
        uint32_t capacity = llri_kv_capacity(s, y, 0), first = y->window && pos >= y->window ? pos - y->window + 1 : 0;
        if (s->kv[i].k && y->window && s->high > capacity && first < s->high - capacity) pos = 0;
    }
    s->pos = pos;
    if (!pos) s->high = 0;
    if (s->cold > pos) s->cold = pos;
    return pos;
}

LLR_API void llr_session_guesses(const llr_session *s, llr_guesses *out) { *out = s->guess.count; }

LLR_API void llr_session_cancel(llr_session *s)
{
    llri_atomic_store(&s->cancel, 1);
    if (s->draft) llr_session_cancel(s->draft);
}
/* >>tokenizer ---------------------------------------------------------------------------------------------------------
 * Text to token ids and back, as the file's own tokenizer does it: six families (SPM, BPE, WPM, UGM, RWKV, PLaMo-2)
 * behind one entry. What differs between the many BPE models is how text is cut into words before merging; those rules
 * are data, a table of regular expressions run by a small matcher. All texts come from files and users, so nothing here
 * recurses on input, and merging a long run costs O(n log n); finding special tokens costs the length of the text times that of the longest. Token texts are used where they lie in the file.
 */

/* --- Unicode ----------------------------------------------------------------------------------------------------------
 * Unicode 15.1. Numbers are packed in printable text: digits '@'..'[' of base 28, the highest first, then the lowest
 * digit '`'..'~' of base 31.
 * class: for each run of code points of one class, from 0 on: (length - 1) * 8 + class.
 * lower, nfd: ranges as (first - end of the previous range), (steps * 4 + (stride - 1) * 2 + slope), and the zigzag
 * difference of `to` from the previous one: first + i maps to `to` + slope * i, for every i that is a multiple of stride.
 * nfd gives the first code point of the canonical decomposition; Hangul syllables are computed. */
static const char *const llri_uni_packed_class[] = {
    "HfgseAle{BkkukFpseceFpceceHngcAfcmbcef}iebkeabcqcEweGyeDF`}B|CpAcAvbebDiA@xAcejhzcbxmbcr`b`D~`UgeAGueAuANt`IshbAlJlkhu`Koc",
    "dclclcdAyFxxzkBrAoukekmBvcfsJ|EiBk{jdYkcbAufeAmjle|jBkrmbCn`fbdGqFzhVxBvbCkBkHjBfjesbhdmEo|bBfbtbAehCv`Fhthc`BtAaF`eAk`nAi",
    "A}JtFbfHlMwtbDpbAuBllkBkcC}t`A{hjhEo`As`bpzhdbAuhlhtbAydxj`rlhBkjmAjmbcdht`AkxjhEo`As`j`j`jhd`AexlhtpdAqz`bAqBklrdcBjt`Bd`",
    "r`Eo`As`j`AchdbA}`t`thbCsjlhBkceAqbAm`t`A{hjhEo`As`j`AchdbAuhlhtAqtxj`rlhBkebAjBjdb`Akpr`zpj`b`jpjprpB|xAept`|hbAidCkCdA~A",
    "aAeA{`r`Ew`C}hdbAu`t`|Aql`rhbhjlhBkAqcArebtcA{`r`Ew`Bl`AchdbAu`t`|AqlAij`jlhBk`jdBz|Bd`r`JllbAu`t`|bexrdArrlhDueAk`t`DnpF`",
    "`Bd`bhAspdxAm`d`A}AiBkhlcBzLfdjAuxeAsA}cBkkIij`b`Ac`F``b`BldjBfbhAc`b`Au`BkhzH`buCveculAnD}ededed{lA{`IcxEaclAcBv`Ie`A~dAn",
    "`mAd}kIiJ|EabBkAlAk|ztbtjAur|CeB~bdBk|mIs`bAabhJ|cCAw`zhAs`b`zhJl`zhHj`zhAs`b`zhCu`Np`zhQchtBeD}pC}BoAiV`hAkhcESyecDfgFpkp",
    "SesqA{AqDn|BbDvtkBbDnlBzCe`r`lBzMgHdsbsebdhBkAiBkAiButfdBkAiVxAqAclHrdbAaQ{BjGy`B~xB~xepkBkGqhAcBrKexFpAiBspHuEwAehkMoBn`G",
    "khdBkAiBkAiAtbAlhG{LlAeK}DhA{pBkAtBoBfBgk`tGqCgjBkKeCoAy{IcEapAdBkprBkIckBdAqJ|hrA|AytcEizdAkdjtbAaAUkPlBOqhAkhIshAkhA{`b`",
    "b`b`GyhMo`Asebur`AsuzhAk`uCeuhr`Asm`ByAgFaoAggE`eCfeB}gAg`BpabhAjukbBkuk`CepHmCsHlCsmb}bmBlebuAcAnbebebezeBtmzAfAc}beL}jAb",
    "mxCL}{GlkBH}FfBwEeOhTaEnER{CnGpLqkG|BmCS|EpPe{HekCLmhHe`[`BB|AnztjAa{akIs`bAabhNhAqbcCkdEwBbAs`As`As`As`As`As`As`As`HdK~bH",
    "cmB}HpFs`V{BzA[dFnDagsejaBmmB}eBcAmcAcmqjcm`V`hlmrcWaczAaJ|`Xb`myBoHbIfBreC}G|`BkGtAzeCtHeBkI~CtBZoBDT~PmGHEwpNcBbKukBMgsC",
    "}BkjD|K}|cBncGylQ{BklAlAyEzBdmZlmPjAaj`b`AcE}C}drdzdEwAe}dpAj}AiMg{AylLvDpAykBkAiDpAksbcjdBkGaA}kEwCgBrcGip|K}CoCf`bBkxkAc",
    "dBlBkAc`JlCoBbrdA{lhBkh{EwubtLvdbtjlAclbdbE}rkBtAekrlBjAkhAkhAkBbAs`As`J|eCmmxAAoA}clhBkAiCRZ|BzEwxLnxBUXbCJhh[eIqAsBzAcAa",
    "bdBleCe`Ac`b`j`j`[uDiC{CIokDaPjhMwAqeH`B|}D`BmAiD`H{`Cnecu`cekxAc`AFthf`seAle{BkkukFpseceFpceceAtVxpAkhAkhAkhrpAv`AvBjvmhB",
    "|`Fp`Dv`j`CuhCmHpACqAasxKlpBgNoDiiu`ChpeK{KpdAEiGipLnCsdFwxHbyBbD~aA{aAaIsAeAaGq`cIcxA{cAbJrALrhBkAiIcxIcxJdAyMgBrcBt`Cu`A",
    "s`j`Bt`Cu`As`jQaBXbBbEoBjA{E}Ak`Jt`BdQqAkhb`Ke`jpbhEw`cAzEwmArGyAyBcLdDv`jAaAbEoAjpcFpAacPhNhxijC|hKtbt`lAa|z`r`GihtxdBcAq",
    "BeAqGiicGiqH`A{eGalxAbAtBbMwpAtEohAzDvAaAzDnAq{BzArTlRtM}L~CcL~AqAjIc|AyBkBSsGx`Jt`lchjSctGiBkbAyEoBvyAdEmDn|{IqEgArD|EwBb",
    "tMoCwAtxGpdjlbBb|KmBvkf{dBjfhFhAqBkAitIcCo`Bk{blbAyHzdkbBbtLfCoz{|clBkbcbs`D}BrDn`FhB~AldjdOwAs`b`z`Cu`BlcAiK}B~AaBkAi|`A{",
    "hjhEo`As`j`Ac`lbAuhlhthbAidAaAclhAupAeAGsMoDpzAdBkk`cdrGoLfEajcbAyBkANrK}AuhBfExzlHpLfDhsbBrBkAiCfDtJ|CgbcAiBkMuFxhCwxB{se",
    "AsASoKeCwcYqPjDuBzA{hbhA{`j`F`Am`lh|bdblsBbBkQyA{hI{AuhAubcbdFvbBnJdAub|A|dAybBvKuD`sbAdCcRtAqBmBGgBd`IkA}`A}bAdBjGhpkGqhE",
    "q`CoRrAs`j`IsAmpd`l`AubdAyBkAiAk`j`HbAe`l`AebAqBkBWwDv|kAqlbdCe`HrAupAeCfBkU}bCsEfGlCccHMwZbA@m`AdBrAVlXH`XzkCcIXnDbdAkCwA",
    "HZrEJhBWOsEFtAqGy`BkxkTf`BkAiGqhAecBjLfAuAd}zceBjBk`Ar`EgAaDvFIiPjEv{YySexdbNbAq|CePhjcbdBrlCkB@OiAyKKiJrBdBZIqz`As`j`BR|C",
    "sbGgrhbCkzAyCR`UGk[mAaCepBdAqBlhelc~AOHtKwhEyBbAAzOgBGlBjI~hOlAeuAmB`A}mAuGt|OtEeP}teACgD}BzD}BzVkBbFgAFrUw`Rd`jhbhjhz`B|`",
    "b`As`Pr`zhA{`As`Ga`z`Ac`bpAs`CCqhFheFheGyeFheGyeFheGyeFheGyeFheA{hLuDTaNb}LxA~dCpdmAdCsAe`CwJDtGyAiAkAZvAu`DhhAu`l`AeAaOyH",
    "hdA@tKmpAuAshBkxbeBZjGqdDdKe|BkAaeDGoGa|BkFWgAs`z`j`Cu`AVthBcAuJjQkAubxBkxkGFjO`eqeySkKleCtAUyz`Fx`j`bhb`Bl`z`b`bAibxb`b`b",
    "`r`j`bhb`b`b`b`b`j`bhz`As`z`z`b`Bl`DfAar`Ac`DfMemBMmKhxYvBzCxhCx`Cx`InBjCdAMnNfGlCcKhxBgAqmCkAnAKoIAzxDipChpABsxXmAiC`xeCs",
    "C`xNkAyBoAiJgAyGthmS{CCtBzCphChpBgAqKx`AvAyCpxBgAqBgAqAIz`NcIiBkIMqNATjH`AJGyAiBAchAYBxCkBLXjCsETjVTdD[uMXlAQNlAaAJQsHJH@`",
    "fGoXvADxBEyUKLhUO[}hUO[}h",
    NULL
};
static const char *const llri_uni_packed_lower[] = {
    "BcChFhChB{HfayAqAbCbraaIxakMabA`nbB}AcaaD{`kG}caN``gMlaaMo`aMdaeMi`aM`baEg`aH``ad`aL}aaMi`afaal`aa`aMjcaMy`afaaf`kMtaaNl`a",
    "M|aaNdbaMxaaNd`aM|aeNb`gMxaaNj`aM~cahgdradfadfaA`dbAdAcbdAiaadaaFe`aBv`BqCwaaEzaAdHrgaXY}`aXXiaaJm`aYFzbaXW~aaLo`aQc`af`sD",
    "mIjgSgcalhaH`faDqaibaaB`aebaBcAxaAbAeAdaAihApdeaBcbaDdaak`arbiHg`A~Mw`DaBaAqBeCeiCnBvaaDl`{ybFe~bDyIiCIfDyWJlaaBpealWiJgBR",
    "Mk`uCEItBOaEnAXcbiB|JjItGR~iaQEdaFeQOoi}FdhuAaj}Aah}AahuAakoAch}~x}Bbh}Aah}AaheAa`eDc`aDjkmDe`aEgkez`eExleFz`eFq`aF|keG``e",
    "h`aGuIraPQdcaA[r`aG{faSCiAnA~BfsaAiZlChAZnBCkFcDIyAqaCeaaXU``aO[c`aOY|bkXTjaaXWd`aBb`aBc`adaaXWybafheXYf`FmXY}hgF|danAGUvB",
    "}BOOosAxDdDk{JncC~AajgDraaBYKh`sBYKsdazaaCMKtbgCML`cAhlaaCMLi`as`aj`av`acaaCk`aAn`aAm`aCONn`A`BCvaaBc`aCMJi`aOZv`gBYN~fare",
    "gl|aB`YSzChAWMwAKlEbBX~DlDqKkEaAjLjaAzxayAaaepBAcFoDC}CNoDaGBfYFbDaAVNfAHDtDiBPKo",
    NULL
};
static const char *const llri_uni_packed_nfd[] = {
    "FftDfaad`ld`lhaej`lbbll`ahbtpaad`ld`lhaej`lbbll`ahaa``aCr`aBb`aBa`aBb`aBa`aBb`aA|`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBbbaA~`",
    "aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA|`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBbbaA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBacab`aBb`aA~",
    "`aBbaaA~`aBb`aBa`aBb`aBa`aBbdaA|`aBb`aBa`aBb`aBa`aBbcaA~`aBb`aBa`aBb`aBa`aBbbaAz`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aBa`a",
    "Bb`aBa`aBb`aA~`aBb`aBa`aBbbaA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA|`aBb`aA|`aBb`eBa`aBd`aBa`aBb`aBa`aBbAbaBw`aB",
    "bmaAt`aBb|aCj`aBb`aAp`aBb`aAt`aBb`aAt`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBbaaCj`aBb`aBa`aBb`aFp`aBbbaJg`aBb`aAx`aBb`aAx`aBb`",
    "aBa`aBb`aUe`aNd`aAGrcaBg`aBbbaAr`aBb`aB{`aBb`aFp`aBb`a{`aBb`aKx`aBb`aBa`aBb`aAx`aBb`aBa`aBb`aAx`aBb`aBa`aBb`aAt`aBb`aBa`aB",
    "b`aAz`aBb`aBa`aBb`aAz`aBb`aBa`aBb`aBe`aBb`aA~`aBbbaBy`aBbfaBo`aBb`aAx`aBb`aAl`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aAl`aBbHteAMwaaA",
    "g`auApaEbiaAMdfaGa`aATb`aASb`aASk`ad`adaalaal`ah`aAayaBa`ax`ax`ah`ad`ad`axyaw`ax`ak`al`ahddrAldDjaaccaydaAi`ac`avjauA`aBbv",
    "deaaccaBhdaAx`ac`avweCeBkaFa`aBbmaBm`aBb`aBa`aBbbaAv`aBbbeJp`aLo`aBb`aA~`aBbbaA~`aBb`aBa`aBb`aAt`aBbbeJ~`aLa`aBb`aBu`aBb`a",
    "Ba`aBb`aBa`aBb`aAx`aBbbaAx`aBbIqdABv`aBd`aBc`aBhD}aH~aaAhpaAcShaAJrgapbafAdiA|`an`ej`at`ahCndIyoeBmaa|BuaHnbalAceBe`alba~G",
    "paRjbd`oeBmAwaGiAveCk`a`C~aHhCzaGyfdnad`DbeHh`a`DqaIoah`KoaWiiatdajdajdajlaAviaCeaa``aDfaabhaDgqaBdiatdajdajdajlaAvCoaIsCE",
    "xsFKscaxAigBtbehaahVraOY~`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aBa`",
    "aBb`aBa`aBb`aBa`aBb`aA~`aBb`aA~`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aA|`aBb`aBa`aBb`aBa`aBb`aA~`aB",
    "b`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`",
    "aBa`aBb`aA|`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aB",
    "a`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aA~`aBb`aBa`aBb`aA~`aBb`aA~`aBb`aBa`",
    "aBb`aBa`aBb`aAd`ax`af`adaaP|daTo`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`a",
    "Bb`aAx`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aAx`aBb`aBa`aBb`aAt`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb",
    "`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aAt`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aBa`aBb`aAx`aBb`a",
    "Ba`aBb`aBa`aBb`aBa`aBbf|AYe`|Ba`tBjbtBab|Bf`|Ba`|Bf`|Ba`tBnbtBab|BnaaBaaa`aa`aa``|Bj`|Ba`dp`dh`dd`dd`dl`dl`dhb|Ap`|Ba`|Bn`",
    "|Ba`|Cg`|Ba`ppad``pBaaaBrbaAVs`hAVpad``dBe`hd`hPQa`lPNybd``lBaahPT~`lPRc`dg`dh`lBa`ag`dAUb`aDsbhB@jad``dBu`ht`aATybeRMaIma",
    "PTecaA[r`asCqaSRd`adrad~aC{`ah`acAuaCedajbafwgAqzaAsbanbadaafvaTBgaaTC{jaAh`aTBs`ad`eTD`be|behfehbepbehAcaAy`el`afAqeC``eA",
    "kfmBdA|eGXhBGpaCAjAP{ApCEubkAsfdvadfadfadfadfvaCliaEsmAp|bkAsfdvadfadfadfadfvaClbmDvca|BB[taAYWy`aV@o`aWM}`aAEd`aQR{`aSFw`",
    "aCJd`dAPRp`aAML}`aAEIe`aAGOv`aBF``aECk`aLAw`aEJn`aC[c`aXn`aTp`aDMk`aVTu`aAWe`aBEy`aAU{`aIRl`aGUs`aE@z`aAPMz`aBYw`aMYc`aDEc",
    "`aKWo`aNCm`aAJFi`aJ[i`aLYm`aBCi`aVUr`aRH~`aCSu`aXJs`aDYc`aCTn`aCH``aQPp`aAJNe`aAHf`aSa`aJOs`aCPb`aDGq`aBW}`aEJj`aCOm`aEq`a",
    "DMc`aEL~`aBN``aAN``aVBe`aOu`aBLf`aCQw`aH[q`aFUs`aKPu`aAAMf`aCQo`aQH|`aBL``aHI``aCUy`aKUy`aF@r`aAHQ~`aBBn`aHBd`aBFl`aS}`aHI",
    "i`aQa`aNEu`aAKVk`aZ[e`a[O``aA``aWUy`aBD``aCRl`aJYy`aFL}`aX@a`aDF|`aSLx`aAGWt`aHA}`aBLz`aKMk`aACq`aTGh`aVIy`aXI``aIJz`aJJy`",
    "aRCy`aDI``aMZz`aXKh`aBTb`aRB``aGWk`aCUk`aRF}`aUE}`aTTs`aEQp`aRV|`aRLm`aJMo`aVWl`aAQc`aFf`aMKg`aL@|`aCGk`aDZp`aDCm`aAIBa`aU",
    "o`aCAw`aCFl`aDAc`aF@z`aEKo`aPV|`aBVh`aBL~`aCq`aAPZo`aKYc`aBUo`aUEg`aA@Xc`aAWk`aGg`aAN~`aFF``aAGo`aAYu`aCBx`aBLx`aAL~`aHSa`",
    "aF@w`aFQc`aAXb`aAJLy`aIa`aAFv`aPOe`aND``aACo`aYXu`aSk`aBBf`aDWm`aIUq`aEEb`aUO|`aDUo`aBYm`aABd`aAKk`aKOo`aKy`aFPz`aKc`aJPd`",
    "aBVr`aEi`aMm`aANVg`aXW}`aNDx`aBZz`aACUf`aJWd`aAJn`aFN~`aEg`aENn`aBPz`aDPx`aBQq`aHSg`aFU}`aHXz`aAEQv`aA@B~`aAKYf`aLI}`aGw`a",
    "CCs`aVl`aCEs`aUu`aAVv`aBTv`aPB~`aAMWt`aIXv`aABWs`aAMMb`aGQq`aIYw`aSQe`aA@Bo`aA@n`aD@v`aFT|`aTR``aALIb`aACk`aDYu`aES{`aTj`a",
    "Vj`aBN``aDEw`aABv`aERl`aENf`aAe`aEGi`aC@``aAKYb`aPE{`aOSp`aQNp`aAQ}`aJGc`aIWe`aCJf`aAIu`aADL{`aCRn`aKXf`aDEn`aEo`aW{`aEVe`",
    "aAGp`aOUw`aAGTw`aABZn`aA@Y``aCh`aGLn`aBL~`aOIs`aSRg`aJJt`aCU|`aWYk`aDBo`aHGi`aGNu`aYEp`aH@e`aBRjbaAN~aaHH|baLC~`aSQ}`aBC{`",
    "aALl`aBf`an`aBv`aQOy`aOSf`aAUoaaCTraaBX|baCBv`aLvcaDSg`az`aBz`aBSc`aGO~`aCLr`aAMYf`aTf`aFr`aXp`aAw`aGa`aAI}`aFx`aFj`aABn`a",
    "Fv`aBEu`at`aBLp`aMu`aBn`aFn`aA[q`aIo`aKi`aADh`aBYu`aJp`aQa`aAI}`aLf`aADn`aBQg`aKe`av`aa`ap`al`an`eCc`aKq`aDf`aTr`aAHl`aAk`",
    "aCs`aSu`aIo`aACo`dIa`aABz`aBV``aHt`aWm`aCs`aZn`aCm`aAPh`aHl`aCZd`aRj`aC{`aADYd`aJDPr`aILU`baABQ|`aBBx`aD}`aACn`aAAg`aCy`aU",
    "c`aCi`aAOq`aDs`aDl`aDv`aALx`aEw`aIk`aAa`aQm`aLx`aBDp`an`aIi`aDl`aSi`aGs`aDo`aHt`aB}`aIm`aDh`aYy`aEu`aCo`aPx`aRn`aJp`ah`aCy",
    "`aBLj`aDf`aYg`aZn`aA``aEs`aPh`aUu`aCRx`aCE|`aG{`aG}`aUc`aIs`aCm`aNr`ad`aKa`aAc`aAs`aEq`as`aYq`aACi`aQo`aLb`aNn`aI{`aUi`aLz",
    "`aAZp`aJd`aBBn`aAAm`aDn`aAa`aSe`aCu`aB{`aCo`ae`aAb`aD|`aEg`aXt`aAHd`aTh`aSa`aNh`aBJn`aFt`aGm`aHr`aBj`ax`aCc`aAR|`aBR~`aHGQ",
    "q`ak`aFWa`aJQKv`aBR``aBd`aKDRr`aFE{`aTAw`aJBXo`aDzBeaCFRsaaAsjlq`hAr`ubaqnagl`gf`gf`mf`aAd`ag`at`arFGzgEQH~naxDfeIaQldAFnK",
    "ydW{aa`HcePnA@xaBAsAZHueCXQe`pbBxeFh`e``e`CBU|aHDOv`ai`ar`aIDNp`aICW~`aEa`az`aDr`aGw`aB``aEa`aAp`aPQr`aIVRb`aIETi`an`aAa`a",
    "Ag`aID[e`aIUYz`aPYu`aBn`aIE@x`aIE@c`az`aAR}`aASo`ar`aLCX``aLCSz`a|`aQEh`aQH|`av`aBz`aj`aQIh`aQNn`ad`aAw`aAm`ev`aAe`aCg`ap`",
    "ar`aAs`at`hd`aIFUg`aHQSf`aPYd`aAk`aIGGc`aIGFi`al`aAk`aIy`aFq`aAa`aBb`aCw`aEm`aAu`aDj`aAa`dBd`aAk`aAe`ap`a~`aU}`aQp`aQs`aLw",
    "`aBh`aBQb`aDB``aRq`aBn`aAs`aHk`aJx`aa`aG}`aIJ@x`aIIXg`aj`a~`aAi`ap`aDd`aIJRf`aDh`aIJMp`aCa`ax`aEb`aIe`aTYx`a|`aUGk`dCo`aIK",
    "Kc`aIKBo`aAk`a~`ax`aIKUc`aIKTi`an`aAZp`aAXu`aUP}`aUT~`a|`aEi`aCh`aIMAk`aILQr`aILQw`aILN}`ae`aAc`eFp`aVFq`aVHl`aBx`aAk`aBz`",
    "aVLa`aJHNp`aJHLy`aVN~`af`af`aAi`aLFPh`aLFL{`dINTr`aHVBi`dTO|`aVQn`aJRLf`a[Vn`aJWM``ar`aVTk`aVWm`aCi`at`aBf`aHx`aWDu`aA|`aW",
    "G{`aIOZn`aIOWd`aHj`ah`ad`ac`aB~`aAi`aBj`a{`av`aCa`aAi`ah`aAu`av`aDh`aEm`aBh`aH``aIPV~`aIPXe`aDe`aF~`aAw`aFh`aIQ@f`aIPXe`aE",
    "~`aAx`aXMb`aXYo`aAk`aB``aBm`aXVk`aYHj`aA{`aIRNr`aIRF{`aQ{`aKh`aYMh`aYQ}`aYS``aBi`aMJr`af`aLQw`aFm`aOJp`aAGXs`aTVb`ah`al`aC",
    "}`au`aISPt`aJQO~`aZJd`aGp`aMg`aCi`aISG{`aISGh`aGd`aOy`aZV{`aZY{`aFh`aDr`aLh`aISIc`aISEx`a[Pi`a[Tz`aITFr`aITCh`a[Ts`a[Vr`aB",
    "|`eAw`aIU@b`aQKj`aQRl`aITYp`aIUZr`aIUSh`a|`aFq`aKi`aBr`aCu`aCn`aBr`a~`az`aIULz`aIURa`aPf`aDb`aAAAb`aAAGc`ag`aIUTd`aIVEl`aX",
    "b`aIURn`aCc`aIUOz`aGm`aAv`ae`aAAVk`aAAYm`aCi`ak`aCo`aHNPh`aHNFm`aIVI}`aIVDi`aIVYo`aIVPm`az`aAw`aIWX|`aIWUx`aAk`aIXK{`aNl`a",
    "IXKn`aAc`aACEf`aACF|`dACFc`aACPr`aAk`aAk`aAi`aDn`aACRs`aACXn`aIYXh`aIYVq`aIZ@p`aIYYh`aI@O}`aI@Er`aI[Io`aAo`aIa`aKCQd`ax`aA",
    "DKc`aI[Pr`aa`aBp`aAu`eI[Q~`ab`aBx`aADMn`aADQu`aADPy`aEe`aKENx`aJ@Ro`aD``aDd`aAD[l`aKFOm`aJAGb`aJANr`aBx`aJAMt`aE}`aAEM``aA",
    "ERp`at`aj`aJBRd`dSi`aJB[d`aAEPc`aKIDb`aJCA~`af`aAE[z`aKIOm`aJBZm`aAFId`aAFJr`ai`aA{`aJDQm`aJDK``aAFLg`aAFRv`aCy`aDj`aAFWp`",
    "aKLGo`aB``aKLGb`aKLPp`aJECl`aJEI}`aJEHe`aFp`av`aJE[q`aDv`aJEZk`aJFF~`aJFE|`aIDOm`aJLHk`aAGYg`aEg`aAGZ}`aAHBx`aVTm`aKARb`a|",
    "`aABU``ar`aICUn`af`aH@t`aAPI~`aAHRn`ak`aAe`aA@Gj`aA@Ht`ad`at`aBt`aJHAm`aJHAn`aCs`aDp`aDx`aH{`aI}`aBv`aGg`aPw`aGu`ad`aAa`aJ",
    "HAu`aS}`aIt`aKQKj`aAIQi`ad`aBh`aJKVr`aJKQp`aJHYi`aKRRw`ah`aKR[c`aRt`aKSQb`aAJGy`ax`av`ad`aDd`aBc`aHt`aBy`aIw`aEf`aDj`aAw`a",
    "AJTy`aAJZv`aBb`aAJZq`aAKDv`af`aJKKg`aJKCv`an`aAKH}`aAKJx`aAUSl`aLFBp`aK{`aKWX{`ar`aAL@r`aD~`aJd`aMc`aJLUk`aJLOx`aAm`aEy`aE",
    "}`aJMPl`aBNHe`aG[Bw`a}`aCk`aG[Nn`aGZ[v`aFn`aJPMa`aAw`aJOTi`aF``aBb`aJPD~`aJPDi`aRl`eJh`aEz`aXr`aAy`aJQFl`aJPJg`aAPVq`aAPYm",
    "`aJQD``aLEXe`aAQIo`aAERo`aAEXv`aJROk`aMw`aLHG~`ap`aAQRr`aJST|`aLIGr`aLIPt`dJS[d`aA}`aJTOy`aJTCz`aAQW``aAQ[s`aHd`aAw`aC{`aA",
    "RCj`aLLWk`aJVBe`aSo`aLf`aASHi`aB``aASMe`aJX@n`aLOL{`aLOPn`aQc`aHn`aJXGr`aAT@i`aATDj`aj`an`at`an`aBl`aJZ@b",
    NULL
};
enum { LLRI_UC_OTHER = 0, LLRI_UC_N, LLRI_UC_L, LLRI_UC_P, LLRI_UC_M, LLRI_UC_S, LLRI_UC_CONTROL, LLRI_UC_Z };

enum { LLRI_UNI_CLASSES = 2272, LLRI_UNI_LOWER = 180, LLRI_UNI_NFD = 1719 };

typedef struct llri_uni_map { uint32_t first, last, flags, to; } llri_uni_map;     /* flags: (stride - 1) * 2 + slope */

typedef struct llri_uni {
    uint32_t cls[LLRI_UNI_CLASSES + 1];         /* first code point << 3 | class, ascending; the last one ends the table */
    llri_uni_map lower[LLRI_UNI_LOWER], nfd[LLRI_UNI_NFD];
} llri_uni;

typedef struct llri_packed { const char *const *line; const char *p; } llri_packed;

static uint32_t llri_packed_next(llri_packed *it) {
    uint32_t v = 0, c;
    for (;;) {
        while (it->p && !*it->p) it->p = *++it->line;
        if (!it->p) return 0;
        c = (uint8_t)*it->p++;
        if (c >= '`') return v * 31 + (c - '`');
        v = v * 28 + (c - '@');
    }
}

static void llri_uni_unpack_map(llri_uni_map *m, size_t n, const char *const *packed) {
    llri_packed it;
    uint32_t first = 0, to = 0, v;
    size_t i;
    it.line = packed;
    it.p = packed[0];
    for (i = 0; i < n; i++) {
        first += llri_packed_next(&it);
        v = llri_packed_next(&it);
        m[i].first = first;
        m[i].flags = v & 3;
        m[i].last = first + (v >> 2) * (1 + (v >> 1 & 1));
        first = m[i].last + 1;
        v = llri_packed_next(&it);
        to += v & 1 ? ~(v >> 1) : v >> 1;
        m[i].to = to;
    }
}

static void llri_uni_unpack(llri_uni *u) {
    llri_packed it;
    uint32_t at = 0, v;
    size_t i;
    it.line = llri_uni_packed_class;
    it.p = it.line[0];
    for (i = 0; i < LLRI_UNI_CLASSES; i++) {
        v = llri_packed_next(&it);
        u->cls[i] = at << 3 | (v & 7);
        at += (v >> 3) + 1;
    }
    u->cls[LLRI_UNI_CLASSES] = at << 3;         /* 0x110000 */
    llri_uni_unpack_map(u->lower, LLRI_UNI_LOWER, llri_uni_packed_lower);
    llri_uni_unpack_map(u->nfd, LLRI_UNI_NFD, llri_uni_packed_nfd);
}

/* Class of a code point. *hint: any number below LLRI_UNI_CLASSES; keeps the place, since neighbours are alike. */
static int llri_uni_class(const llri_uni *u, uint32_t cp, size_t *hint) {
    size_t lo = 0, hi = LLRI_UNI_CLASSES, mid;
    if (cp >= 0x110000) return LLRI_UC_OTHER;
    if (cp < u->cls[*hint] >> 3 || cp >= u->cls[*hint + 1] >> 3) {
        while (hi - lo > 1) {
            mid = (lo + hi) / 2;
            if (u->cls[mid] >> 3 <= cp) lo = mid; else hi = mid;
        }
        *hint = lo;
    }
    return (int)(u->cls[*hint] & 7);
}

static uint32_t llri_uni_apply(const llri_uni_map *m, size_t n, uint32_t cp) {
    size_t lo = 0, hi = n, mid;
    while (hi - lo > 1) {
        mid = (lo + hi) / 2;
        if (m[mid].first <= cp) lo = mid; else hi = mid;
    }
    m += lo;
    if (cp < m->first || cp > m->last || ((cp - m->first) & m->flags >> 1)) return cp;
    return m->to + (m->flags & 1) * (cp - m->first);
}

static uint32_t llri_uni_tolower(const llri_uni *u, uint32_t cp) { return llri_uni_apply(u->lower, LLRI_UNI_LOWER, cp); }

static uint32_t llri_uni_nfd_base(const llri_uni *u, uint32_t cp) {
    if (cp >= 0xac00 && cp <= 0xd7a3) return 0x1100 + (cp - 0xac00) / 588;
    return llri_uni_apply(u->nfd, LLRI_UNI_NFD, cp);
}

/* White_Space: the separators and seven control characters. */
static int llri_uni_is_space(uint32_t cp, int cls) { return (cp >= 9 && cp <= 13) || cp == 0x85 || cls == LLRI_UC_Z; }

static int llri_uni_in(const uint32_t (*range)[2], size_t n, uint32_t cp) {
    size_t i;
    for (i = 0; i < n; i++)
        if (cp >= range[i][0] && cp <= range[i][1]) return 1;
    return 0;
}

/* What the pre-tokenizer of Kimi K2 calls Han. */
static const uint32_t llri_uni_han[][2] = {
    { 0x4e00, 0x9fff }, { 0x3400, 0x4dbf }, { 0x20000, 0x2a6df }, { 0x2a700, 0x2b73f }, { 0x2b740, 0x2b81f },
    { 0x2b820, 0x2ceaf }, { 0x2ceb0, 0x2ebef }, { 0xf900, 0xfaff }, { 0x2f800, 0x2fa1f }
};
/* What WPM calls Chinese: U+2B820-2B91F are missing there since its first implementation. */
static const uint32_t llri_uni_wpm_han[][2] = {
    { 0x4e00, 0x9fff }, { 0x3400, 0x4dbf }, { 0x20000, 0x2a6df }, { 0x2a700, 0x2b73f }, { 0x2b740, 0x2b81f },
    { 0x2b920, 0x2ceaf }, { 0xf900, 0xfaff }, { 0x2f800, 0x2fa1f }
};
#define LLRI_N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* The code point of a valid sequence of len bytes. */
static inline uint32_t llri_utf8_get(const uint8_t *s, size_t len) {
    switch (len) {
    case 1: return s[0];
    case 2: return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
    case 3: return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
    default: return (s[0] & 0x07u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 | (s[3] & 0x3fu);
    }
}

/* Writes cp, returns the bytes used (1 to 4). */
static inline size_t llri_utf8_put(uint8_t *s, uint32_t cp) {
    if (cp < 0x80) { s[0] = (uint8_t)cp; return 1; }
    if (cp < 0x800) { s[0] = (uint8_t)(0xc0 | cp >> 6); s[1] = (uint8_t)(0x80 | (cp & 0x3f)); return 2; }
    if (cp < 0x10000) {
        s[0] = (uint8_t)(0xe0 | cp >> 12); s[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f)); s[2] = (uint8_t)(0x80 | (cp & 0x3f));
        return 3;
    }
    s[0] = (uint8_t)(0xf0 | cp >> 18); s[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
    s[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f)); s[3] = (uint8_t)(0x80 | (cp & 0x3f));
    return 4;
}

/* Bytes that the first byte announces, which need not be there. */
static inline size_t llri_utf8_announced(uint8_t b) { return b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1; }

static inline int llri_ascii_space(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }

#define LLRI_META_SPACE "\xe2\x96\x81"          /* U+2581, written for a space by SPM and its relatives */

/* --- cutting text into words: regular expressions -----------------------------------------------------------------------
 * A pattern cuts every word of the previous one: its matches become words, and so does what lies between them. Each code
 * point is first reduced to a symbol of one byte: ASCII as it is, other white space as \v, all else 0x80 + class, + 8 if
 * Han. A class of characters is then a set of 256 bits, and only classes with explicit ranges look at code points.
 *
 * Supported: | (?:..) (?:..)? (?:..)* and on single characters ? * + {n} {n,m}, all greedy; [..] [^..] [..&&[^..]]
 * \s \S \d \p{N} L P M S Han, \uXXXX \UXXXXXX, (?!\S), $ at the end of the word. `#N` or `#d` alone cut runs of numbers or
 * ASCII digits into groups of three from the right. A group with * does not give back what it has taken, so that
 * backtracking needs one small stack; the patterns below are written so that this makes no difference.
 */
enum { LLRI_RX_OPS = 128, LLRI_RX_CLASSES = 40, LLRI_RX_RANGES = 144, LLRI_RX_ALTS = 24, LLRI_RX_STACK = 32 };
enum { LLRI_RX_RUN, LLRI_RX_EDGE, LLRI_RX_END, LLRI_RX_SPLIT, LLRI_RX_JUMP, LLRI_RX_ENTER, LLRI_RX_LOOP, LLRI_RX_MATCH };
#define LLRI_RX_MANY 0xffff

typedef struct llri_rx_op { uint8_t op, cls; uint16_t min, max, to; } llri_rx_op;     /* to: SPLIT, JUMP, LOOP */
typedef struct llri_rx_class { uint32_t set[8]; uint16_t range0, n_ranges, negated; } llri_rx_class;

typedef struct llri_rx {
    llri_rx_op op[LLRI_RX_OPS];
    llri_rx_class cls[LLRI_RX_CLASSES];
    uint32_t range[LLRI_RX_RANGES][2];
    uint16_t alt[LLRI_RX_ALTS];                 /* first op of each alternative */
    uint32_t first[256];                        /* bit a: alternative a can begin with this symbol */
    int n_ops, n_classes, n_ranges, n_alts, bad;
    char groups;                                /* 'N' or 'd': cut into groups of three instead */
} llri_rx;

/* A text to cut, n code points. off[i]: first byte of code point i, off[n] the end; cut[i] = 1: a word begins at i. */
typedef struct llri_cuts {
    const uint8_t *text;
    uint32_t *off;
    uint8_t *sym, *cut;
    size_t n;
} llri_cuts;

static void llri_rx_add(llri_rx *rx, llri_rx_class *c, uint32_t lo, uint32_t hi) {
    uint32_t i;
    for (i = lo; i <= hi && i < 0x80; i++) c->set[i >> 5] |= 1u << (i & 31);
    if (hi < 0x80) return;
    if (rx->n_ranges == LLRI_RX_RANGES) { rx->bad = 1; return; }
    rx->range[rx->n_ranges][0] = lo;
    rx->range[rx->n_ranges++][1] = hi;
    c->n_ranges++;
}

/* Adds the ASCII characters of `ascii` and the symbols of a class, Han or not. */
static void llri_rx_add_class(llri_rx_class *c, const char *ascii, int symbol) {
    for (; *ascii; ascii++) c->set[(uint8_t)*ascii >> 5] |= 1u << (*ascii & 31);
    if (symbol) c->set[4] |= 0x101u << symbol;
}

static void llri_rx_invert(llri_rx_class *c) {
    int i;
    for (i = 0; i < 8; i++) c->set[i] = ~c->set[i];
}

#define LLRI_ASCII_SPACES "\t\n\v\f\r "
#define LLRI_ASCII_DIGITS "0123456789"

/* \p{..} at p (after the brace); returns what follows. */
static const char *llri_rx_property(llri_rx *rx, llri_rx_class *c, const char *p) {
    if (p[0] == 'N') llri_rx_add_class(c, LLRI_ASCII_DIGITS, LLRI_UC_N);
    else if (p[0] == 'L') llri_rx_add_class(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", LLRI_UC_L);
    else if (p[0] == 'P') llri_rx_add_class(c, "!\"#%&'()*,-./:;?@[\\]_{}", LLRI_UC_P);
    else if (p[0] == 'M') llri_rx_add_class(c, "", LLRI_UC_M);
    else if (p[0] == 'S') llri_rx_add_class(c, "$+<=>^`|~", LLRI_UC_S);
    else if (p[0] == 'H') c->set[4] |= 0xff00u;
    else rx->bad = 1;
    while (*p && *p != '}') p++;
    return *p ? p + 1 : p;
}

static const char *llri_rx_hex(const char *p, int digits, uint32_t *cp) {
    for (*cp = 0; digits && *p; digits--, p++) *cp = *cp << 4 | (uint32_t)(*p <= '9' ? *p - '0' : *p - 'A' + 10);
    return p;
}

/* A backslash and what follows: a set is added to c and *cp becomes UINT32_MAX; else *cp is the character. */
static const char *llri_rx_escape(llri_rx *rx, llri_rx_class *c, const char *p, uint32_t *cp) {
    char e = p[1];
    *cp = UINT32_MAX;
    p += 2;
    switch (e) {
    case 's': llri_rx_add_class(c, LLRI_ASCII_SPACES, 0); return p;
    case 'S': llri_rx_add_class(c, LLRI_ASCII_SPACES, 0); llri_rx_invert(c); return p;     /* stands alone in our patterns */
    case 'd': llri_rx_add_class(c, LLRI_ASCII_DIGITS, 0); return p;
    case 'p': return llri_rx_property(rx, c, p + 1);
    case 'u': return llri_rx_hex(p, 4, cp);
    case 'U': return llri_rx_hex(p, 6, cp);
    case 'r': *cp = '\r'; return p;
    case 'n': *cp = '\n'; return p;
    case 't': *cp = '\t'; return p;
    default: *cp = (uint8_t)e; return p;
    }
}

static const char *llri_rx_char(llri_rx *rx, llri_rx_class *c, const char *p, uint32_t *cp) {
    if (*p == '\\') return llri_rx_escape(rx, c, p, cp);
    *cp = (uint8_t)*p;
    return p + 1;
}

/* The items of [..] at p (after the bracket and ^) up to its end. */
static const char *llri_rx_items(llri_rx *rx, llri_rx_class *c, const char *p) {
    uint32_t lo, hi;
    while (*p && *p != ']' && strncmp(p, "&&", 2) != 0) {
        p = llri_rx_char(rx, c, p, &lo);
        if (lo == UINT32_MAX) continue;
        hi = lo;
        if (p[0] == '-' && p[1] != ']') p = llri_rx_char(rx, c, p + 1, &hi);
        llri_rx_add(rx, c, lo, hi);
    }
    return p;
}

/* A class or single character at p; its number in *index. */
static const char *llri_rx_class_at(llri_rx *rx, const char *p, int *index) {
    llri_rx_class c, minus;
    uint32_t cp;
    int i;
    memset(&c, 0, sizeof c);
    memset(&minus, 0, sizeof minus);
    c.range0 = (uint16_t)rx->n_ranges;
    if (*p == '[') {
        int negated = p[1] == '^';
        p = llri_rx_items(rx, &c, p + 1 + negated);
        if (*p == '&') {                                    /* &&[^ */
            p = llri_rx_items(rx, &minus, p + 4);
            for (i = 0; i < 8; i++) c.set[i] &= ~minus.set[i];
            p++;
        }
        if (*p) p++;
        if (negated && c.n_ranges) c.negated = 1;
        else if (negated) llri_rx_invert(&c);
    } else {
        p = llri_rx_char(rx, &c, p, &cp);
        if (cp != UINT32_MAX) llri_rx_add(rx, &c, cp, cp);
    }
    for (i = 0; i < rx->n_classes; i++)
        if (!c.n_ranges && !rx->cls[i].n_ranges && memcmp(c.set, rx->cls[i].set, sizeof c.set) == 0) { *index = i; return p; }
    if (rx->n_classes == LLRI_RX_CLASSES) { rx->bad = 1; *index = 0; return p; }
    *index = rx->n_classes;
    rx->cls[rx->n_classes++] = c;
    return p;
}

static int llri_rx_emit(llri_rx *rx, int op, int cls, unsigned min, unsigned max) {
    llri_rx_op *o = &rx->op[rx->n_ops];
    if (rx->n_ops == LLRI_RX_OPS - 1) { rx->bad = 1; return rx->n_ops; }
    o->op = (uint8_t)op;
    o->cls = (uint8_t)cls;
    o->min = (uint16_t)min;
    o->max = (uint16_t)max;
    return rx->n_ops++;
}

static const char *llri_rx_quantifier(const char *p, unsigned *min, unsigned *max) {
    *min = *max = 1;
    if (*p == '?') { *min = 0; return p + 1; }
    if (*p == '*') { *min = 0; *max = LLRI_RX_MANY; return p + 1; }
    if (*p == '+') { *max = LLRI_RX_MANY; return p + 1; }
    if (*p != '{') return p;
    for (*min = 0, p++; *p >= '0' && *p <= '9'; p++) *min = *min * 10 + (unsigned)(*p - '0');
    *max = *min;
    if (*p == ',') for (*max = 0, p++; *p >= '0' && *p <= '9'; p++) *max = *max * 10 + (unsigned)(*p - '0');
    return p + 1;
}

/* What follows the closing parenthesis of the group whose content begins at p. */
static const char *llri_rx_group_end(const char *p) {
    int depth = 1, in_class = 0;
    for (; *p; p++) {
        if (*p == '\\' && p[1]) p++;
        else if (in_class) in_class = *p != ']';
        else if (*p == '[') in_class = 1;
        else if (*p == '(') depth++;
        else if (*p == ')' && --depth == 0) return p + 1;
    }
    return p;
}

static const char *llri_rx_sequence(llri_rx *rx, const char *p);

/* The content of a group at p: alternatives tried in order, the empty one last if optional. */
static const char *llri_rx_group(llri_rx *rx, const char *p, int optional) {
    int jumps[16], n_jumps = 0, split, i;
    for (;;) {
        const char *start = p;
        int more;
        split = llri_rx_emit(rx, LLRI_RX_SPLIT, 0, 0, 0);
        p = llri_rx_sequence(rx, p);
        more = *p == '|';
        if (!more && !optional) {                           /* the last one needs no way out */
            rx->n_ops = split;
            p = llri_rx_sequence(rx, start);
            break;
        }
        if (n_jumps == 16) { rx->bad = 1; break; }
        jumps[n_jumps++] = llri_rx_emit(rx, LLRI_RX_JUMP, 0, 0, 0);
        rx->op[split].to = (uint16_t)rx->n_ops;
        if (!more) break;
        p++;
    }
    for (i = 0; i < n_jumps; i++) rx->op[jumps[i]].to = (uint16_t)rx->n_ops;
    return *p == ')' ? p + 1 : p;
}

/* Items up to | or ) or the end. The patterns are ours: groups nest two deep at most. */
static const char *llri_rx_sequence(llri_rx *rx, const char *p) {
    while (*p && *p != '|' && *p != ')' && !rx->bad) {
        if (strncmp(p, "(?!\\S)", 6) == 0) {
            (void)llri_rx_emit(rx, LLRI_RX_EDGE, 0, 0, 0);
            p += 6;
        } else if (*p == '$') {
            (void)llri_rx_emit(rx, LLRI_RX_END, 0, 0, 0);
            p++;
        } else if (*p == '(') {
            char q = *llri_rx_group_end(p + 3);
            if (q == '*') {
                int loop;
                (void)llri_rx_emit(rx, LLRI_RX_ENTER, 0, 0, 0);
                loop = llri_rx_emit(rx, LLRI_RX_LOOP, 0, 0, 0);
                p = llri_rx_group(rx, p + 3, 0);
                rx->op[llri_rx_emit(rx, LLRI_RX_JUMP, 0, 0, 0)].to = (uint16_t)loop;
                rx->op[loop].to = (uint16_t)rx->n_ops;
            } else p = llri_rx_group(rx, p + 3, q == '?');
            if (q == '*' || q == '?') p++;
        } else {
            unsigned min, max;
            int cls;
            p = llri_rx_class_at(rx, p, &cls);
            p = llri_rx_quantifier(p, &min, &max);
            (void)llri_rx_emit(rx, LLRI_RX_RUN, cls, min, max);
        }
    }
    return p;
}

/* Marks the symbols that the ops from pc on can begin with. */
static void llri_rx_firsts(llri_rx *rx, int pc, uint32_t bit) {
    int s;
    for (;; pc++) {
        const llri_rx_op *o = &rx->op[pc];
        const llri_rx_class *c = &rx->cls[o->cls];
        switch (o->op) {
        case LLRI_RX_RUN:
            for (s = 0; s < 256; s++)
                if (((c->set[s >> 5] >> (s & 31) & 1) != c->negated) || (c->n_ranges && s >= 0x80)) rx->first[s] |= bit;
            if (o->min) return;
            break;
        case LLRI_RX_SPLIT: case LLRI_RX_LOOP: llri_rx_firsts(rx, o->to, bit); break;
        case LLRI_RX_JUMP: pc = o->to - 1; break;
        case LLRI_RX_ENTER: break;
        default: return;                                    /* matches nothing: of no use */
        }
    }
}

/* 1, or 0 if the pattern is beyond the matcher (a mistake in our table). */
static int llri_rx_compile(llri_rx *rx, const char *pattern) {
    const char *p = pattern;
    memset(rx, 0, sizeof *rx);
    if (pattern[0] == '#') { rx->groups = pattern[1]; return 1; }
    for (;;) {
        if (rx->n_alts == LLRI_RX_ALTS) return 0;
        rx->alt[rx->n_alts++] = (uint16_t)rx->n_ops;
        p = llri_rx_sequence(rx, p);
        (void)llri_rx_emit(rx, LLRI_RX_MATCH, 0, 0, 0);
        if (rx->bad || (*p && *p != '|')) return 0;
        llri_rx_firsts(rx, rx->alt[rx->n_alts - 1], 1u << (rx->n_alts - 1));
        if (!*p++) return 1;
    }
}

static inline int llri_rx_has(const llri_rx *rx, const llri_rx_class *c, const llri_cuts *t, size_t i) {
    unsigned s = t->sym[i], hit = c->set[s >> 5] >> (s & 31) & 1;
    if (c->n_ranges && s >= 0x80)
        hit = (unsigned)llri_uni_in(rx->range + c->range0, c->n_ranges, llri_utf8_get(t->text + t->off[i], t->off[i + 1] - t->off[i]));
    return hit != c->negated;
}

/* Where the run of an op that starts at pos ends. */
static size_t llri_rx_run(const llri_rx *rx, const llri_rx_op *o, const llri_cuts *t, size_t pos, size_t end) {
    const llri_rx_class *c = &rx->cls[o->cls];
    if (o->max != LLRI_RX_MANY && end - pos > o->max) end = pos + o->max;
    while (pos < end && llri_rx_has(rx, c, t, pos)) pos++;
    return pos;
}

/* Matches from op pc at pos in a word that ends at `end`: the end of the match, or SIZE_MAX. */
static size_t llri_rx_match(const llri_rx *rx, int pc, const llri_cuts *t, size_t pos, size_t end) {
    struct { int pc; size_t pos, min; } stack[LLRI_RX_STACK];       /* other choices: pos down to min */
    int sp = 0, base = 0, ok;
    for (;;) {
        const llri_rx_op *o = &rx->op[pc++];
        size_t from = pos;
        int op = o->op;
        ok = sp < LLRI_RX_STACK;
        if (!ok) op = LLRI_RX_END;                          /* beyond the patterns that we have: no match */
        switch (op) {
        case LLRI_RX_RUN:
            pos = llri_rx_run(rx, o, t, from, end);
            ok = pos - from >= o->min;
            if (!ok || pos - from == o->min) break;
            stack[sp].pc = pc;
            stack[sp].pos = pos - 1;
            stack[sp++].min = from + o->min;
            break;
        case LLRI_RX_EDGE: ok = pos == end || llri_ascii_space(t->sym[pos]); break;
        case LLRI_RX_END: ok = ok && pos == end; break;
        case LLRI_RX_JUMP: pc = o->to; break;
        case LLRI_RX_ENTER: base = sp; break;
        case LLRI_RX_MATCH: return pos;
        default:                                            /* SPLIT, LOOP */
            if (op == LLRI_RX_LOOP) sp = base;
            stack[sp].pc = o->to;
            stack[sp].pos = stack[sp].min = pos;
            sp++;
        }
        if (ok) continue;
        if (!sp) return SIZE_MAX;
        pc = stack[sp - 1].pc;
        pos = stack[sp - 1].pos;
        if (pos == stack[sp - 1].min) sp--; else stack[sp - 1].pos--;
    }
}

/* The end of the word that begins at a. */
static size_t llri_cuts_end(const llri_cuts *t, size_t a) {
    const void *next = a + 1 < t->n ? memchr(t->cut + a + 1, 1, t->n - a - 1) : NULL;
    return next ? (size_t)((const uint8_t *)next - t->cut) : t->n;
}

/* An alternative that begins with an endless run and fails will fail at every place inside that run too: what can follow
 * is the same. Remembering this keeps patterns like \s+$ linear. */
static void llri_rx_cut(const llri_rx *rx, llri_cuts *t) {
    size_t a, b, pos, e, dead[LLRI_RX_ALTS];
    int i, used = 1;
    for (a = 0; a < t->n; a = b) {
        b = llri_cuts_end(t, a);
        if (used) memset(dead, 0, sizeof dead);
        used = 0;
        for (pos = a; pos < b; pos = e) {
            uint32_t can = rx->first[t->sym[pos]];
            for (e = SIZE_MAX, i = 0; can && e == SIZE_MAX; can >>= 1, i++) {
                const llri_rx_op *o = &rx->op[rx->alt[i]];
                if (!(can & 1) || pos < dead[i]) continue;
                e = llri_rx_match(rx, rx->alt[i], t, pos, b);
                if (e == pos) e = SIZE_MAX;
                if (e != SIZE_MAX || o->op != LLRI_RX_RUN || o->max != LLRI_RX_MANY) continue;
                dead[i] = llri_rx_run(rx, o, t, pos, b);
                used = 1;
            }
            if (e == SIZE_MAX) e = pos + 1;
            else t->cut[pos] = t->cut[e] = 1;
        }
    }
}

/* #N: the first group keeps the text before it, as the reference does. #d: a cut before every group. */
static void llri_rx_cut_groups(char kind, llri_cuts *t) {
    size_t a, b, s, e, p;
    for (a = 0; a < t->n; a = b) {
        b = llri_cuts_end(t, a);
        for (s = a; s < b; s = e + 1) {
            for (e = s; e < b; e++) {
                int c = t->sym[e];
                if (!((c >= '0' && c <= '9') || (kind == 'N' && (c & 0xf7) == 0x80 + LLRI_UC_N))) break;
            }
            for (p = s + (e - s) % 3; e > s && p <= e; p += 3)
                if (kind == 'N' ? p > s : p < e) t->cut[p] = 1;
        }
    }
}

/* --- the pre-tokenizers -------------------------------------------------------------------------------------------------
 * Adapted to the matcher: where the reference reduces text to categories before matching, upper and lower case exist in
 * ASCII alone; look-aheads inside classes are written as &&. */
#define LLRI_RX_TAIL   "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define LLRI_RX_OTHER  "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" LLRI_RX_TAIL
#define LLRI_RX_OTHER2 "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" LLRI_RX_TAIL
#define LLRI_RX_SHORT  "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
#define LLRI_RX_WORD   LLRI_RX_SHORT "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
#define LLRI_RX_CASED(SET, tail) "[^\\r\\n\\p{L}\\p{N}]?" SET("a-z") "*" SET("A-Z") "+" tail \
    "|[^\\r\\n\\p{L}\\p{N}]?" SET("a-z") "+" SET("A-Z") "*" tail
#define LLRI_RX_L(but)  "[\\p{L}&&[^" but "]]"
#define LLRI_RX_LM(but) "[\\p{L}\\p{M}&&[^" but "]]"
#define LLRI_RX_MARKED  "[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+" LLRI_RX_SHORT "?"
#define LLRI_RX_GPT2    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)"
#define LLRI_RX_LLAMA3  LLRI_RX_WORD "|\\p{N}{1,3}" LLRI_RX_OTHER
#define LLRI_RX_QWEN2   LLRI_RX_WORD "|\\p{N}" LLRI_RX_OTHER
#define LLRI_RX_LINES   "[^\\n]+|[\\n]+"
#define LLRI_RX_BLOOM   " ?[^(\\s|.,!?\\u2026\\u3002\\uFF0C\\u3001\\u0964\\u06D4\\u060C)]+"
#define LLRI_RX_PUNCT   "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+" \
    "| ?[\\p{P}\\p{S}]+[\\r\\n]*" LLRI_RX_TAIL
#define LLRI_RX_CJK     "[\\u4E00-\\u9FA5\\u3040-\\u309F\\u30A0-\\u30FF]+"
#define LLRI_RX_CJK2    "[\\u4E00-\\u9FA5\\u0800-\\u4E00\\uAC00-\\uD7FF]+"

enum {
    LLRI_PRE_WHOLE = 1,         /* a word that is a token is taken whole, without merges */
    LLRI_PRE_BOS = 2,           /* add BOS */
    LLRI_PRE_EXACT = 4,         /* detokenising does not tidy spaces before punctuation */
    LLRI_PRE_NO_BOS_ID = 8,     /* no default id for BOS */
    LLRI_PRE_RAW = 16,          /* UTF-8 as it is, not in GPT-2's alphabet of bytes */
    LLRI_PRE_ESCAPE = 32,       /* spaces are written as U+2581 */
    LLRI_PRE_GEMMA4 = 64,       /* BOS always; runs of newlines whole */
    LLRI_PRE_CASE = 128         /* the `whitespace` model keeps upper case */
};

typedef struct llri_pre { const char *names; unsigned flags; const char *rx[6]; } llri_pre;    /* names: separated by spaces */

static const llri_pre llri_pre_table[] = {
    { "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano", LLRI_PRE_WHOLE | LLRI_PRE_BOS,
        { LLRI_RX_LLAMA3 } },
    { "dbrx smaug-bpe", 0, { LLRI_RX_LLAMA3 } },
    { "glm4 chatglm-bpe", LLRI_PRE_NO_BOS_ID, { LLRI_RX_LLAMA3 } },
    { "jais-2", 0, { LLRI_RX_WORD "|\\p{N}{1,3}"
        "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{128}(?!\\S)"
        "|\\s{64}(?!\\S)|\\s{32}(?!\\S)|\\s{16}(?!\\S)|\\s{8}(?!\\S)|\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s{1}" } },
    { "qwen2 deepseek-r1-qwen kormo f2llmv2 hunyuan solar-open grok-2", LLRI_PRE_EXACT, { LLRI_RX_QWEN2 } },
    { "stablelm2 megrez", 0, { LLRI_RX_QWEN2 } },
    { "qwen35", LLRI_PRE_EXACT, { LLRI_RX_SHORT "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
        "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*" LLRI_RX_TAIL } },
    { "laguna", LLRI_PRE_EXACT, { LLRI_RX_LINES, LLRI_RX_QWEN2 } },
    { "minicpm5", LLRI_PRE_WHOLE, { "\\p{N}{1,3}", LLRI_RX_WORD "|\\p{N}+" LLRI_RX_OTHER } },
    { "seed-coder", LLRI_PRE_EXACT, { LLRI_RX_WORD "|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+" LLRI_RX_TAIL } },
    { "bailingmoe bailingmoe2 llada-moe", LLRI_PRE_EXACT, { "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
        "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+" } },
    { "exaone-moe", 0, { LLRI_RX_SHORT
        "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}\\p{M}*(?: ?\\p{L}\\p{M}*)*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?"
        "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+" } },
    { "gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum modern-bert jina-v1-en jina-v2-code "
        "roberta-bpe exaone4 mpt olmo jais", 0, { LLRI_RX_GPT2 } },
    { "trillion granite-docling", LLRI_PRE_EXACT, { LLRI_RX_GPT2 } },
    { "starcoder refact codeshell exaone minerva-7b mellum2", 0, { "\\p{N}", LLRI_RX_GPT2 } },
    { "command-r smollm", LLRI_PRE_EXACT, { "\\p{N}", LLRI_RX_GPT2 } },
    { "falcon", 0, { "[\\p{P}\\$\\+<=>\\^~\\|`]+", LLRI_RX_GPT2, "[0-9][0-9][0-9]" } },
    { "default", 0, { "[\\p{P}\\$\\+<=>\\^~\\|]+", LLRI_RX_GPT2, "\\p{N}+", "[0-9][0-9][0-9]" } },
    { "chameleon", LLRI_PRE_BOS | LLRI_PRE_EXACT, { "<sentinel:[0-9]+>", "IMGIMG[A-I]{1,4}Z", "[\\t\\n]|    |  ", "\\p{N}",
        "[\\p{P}!-/:-@\\[-`{-~]", LLRI_RX_GPT2 } },
    { "bloom gpt3-finnish", 0, { LLRI_RX_BLOOM } },
    { "poro-chat", LLRI_PRE_EXACT, { LLRI_RX_BLOOM } },
    { "viking", LLRI_PRE_EXACT, { LLRI_RX_BLOOM, "\\p{N}" } },
    { "tekken", LLRI_PRE_EXACT | LLRI_PRE_WHOLE | LLRI_PRE_BOS, { LLRI_RX_CASED(LLRI_RX_L, "") "|\\p{N}" LLRI_RX_OTHER2 } },
    { "gpt-4o llama4 kanana2 talkie minimax-m2", LLRI_PRE_EXACT,
        { LLRI_RX_CASED(LLRI_RX_L, LLRI_RX_SHORT "?") "|\\p{N}{1,3}" LLRI_RX_OTHER2 } },
    { "granite-embed-multi-97m", LLRI_PRE_EXACT | LLRI_PRE_WHOLE,
        { LLRI_RX_CASED(LLRI_RX_LM, LLRI_RX_SHORT "?") "|\\p{N}{1,3}" LLRI_RX_OTHER2 } },
    { "tiny_aya cohere2moe", LLRI_PRE_EXACT, { "#N", LLRI_RX_MARKED "|\\p{N}{1,3}" LLRI_RX_OTHER2 } },
    { "youtu", LLRI_PRE_EXACT | LLRI_PRE_WHOLE, {
        "[\\uAC00-\\uD7A3\\u3131-\\u318E]+|[\\uFF01\\u2026\\u201C\\u201D\\u2018\\u2019\\u2014\\uFF1A"
        "\\uFF1B\\uFF0C\\u3001-\\u303F\\uFE30-\\uFE4F]+|[\\u3105-\\u312F]+|" LLRI_RX_CJK, LLRI_RX_MARKED "|\\p{N}" LLRI_RX_OTHER2 } },
    { "kimi-k2", LLRI_PRE_EXACT,
        { "\\p{Han}+|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}&&[^\\p{Han}]]+" LLRI_RX_SHORT "?|\\p{N}{1,3}" LLRI_RX_OTHER } },
    { "superbpe", LLRI_PRE_EXACT, { "\\p{N}+", "#d" } },
    { "deepseek-v3 hunyuan-dense joyai-llm", LLRI_PRE_EXACT, { "\\p{N}{1,3}", LLRI_RX_CJK, LLRI_RX_PUNCT } },
    { "afmoe", LLRI_PRE_EXACT, { "#N",
        "[\\u4E00-\\u9FFF\\u3400-\\u4DBF\\u8C48-\\uFAFF\\u3040-\\u309F\\u30A0-\\u30FF\\uFF65-\\uFF9F\\u2F00-\\u2FDF"
        "\\u0E40-\\u0E7F\\u0E80-\\u0EFF\\u1780-\\u17FF\\u1000-\\u109F\\uAA60-\\uAA7F\\uA9E0-\\uA9FF\\uAC00-\\uD7AF\\u1100-\\u11FF]+",
        LLRI_RX_PUNCT } },
    { "deepseek-coder", LLRI_PRE_EXACT, { "[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", LLRI_RX_CJK2, "\\p{N}" } },
    { "deepseek-llm", LLRI_PRE_EXACT, { "[\\r\\n]",
        "\\s?[A-Za-z\\u00B5\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u01BA\\u01BC-\\u01BF\\u01C4-\\u0293\\u0295-\\u02AF\\u0370-\\u0373"
        "\\u0376\\u0377\\u037B-\\u037D\\u037F\\u0386\\u0388-\\u038A\\u038C\\u038E-\\u03A1\\u03A3-\\u03F5\\u03F7-\\u0481\\u048A-\\u052F"
        "\\u0531-\\u0556\\u10A0-\\u10C5\\u13A0-\\u13F5\\u13F8-\\u13FD\\u1C90-\\u1CBA\\u1CBD-\\u1CBF\\u1D00-\\u1D2B\\u1D6B-\\u1D77"
        "\\u1D79-\\u1D9A\\u1E00-\\u1F15\\u1F18-\\u1F1D\\u1F20-\\u1F45\\u1F48-\\u1F4D\\u1F50-\\u1F57\\u1F59\\u1F5B\\u1F5D"
        "\\u1F5F-\\u1F7D\\u1F80-\\u1FB4\\u1FB6-\\u1FBC\\u1FBE\\u1FC2-\\u1FC4\\u1FC6-\\u1FCC\\u1FD0-\\u1FD3\\u1FD6-\\u1FDB"
        "\\u1FE0-\\u1FEC\\u1FF2-\\u1FF4\\u1FF6-\\u1FFC\\u2102\\u2107\\u210A-\\u2113\\u2115\\u2119-\\u211D\\u2124\\u2126\\u2128"
        "\\u212A-\\u212D\\u212F-\\u2134\\u2139\\u213C-\\u213F\\u2145-\\u2149\\u214E\\u2183\\u2184\\u2C00-\\u2C7B\\u2C7E-\\u2CE4"
        "\\u2CEB-\\u2CEE\\u2CF2\\u2CF3\\uA640-\\uA66D\\uA680-\\uA69B\\uA722-\\uA76F\\uA771-\\uA787\\uA78B-\\uA78E\\uAB70-\\uABBF"
        "\\uFB00-\\uFB06\\uFB13-\\uFB17\\uFF21-\\uFF3A\\uFF41-\\uFF5A\\U010400-\\U01044F\\U0104B0-\\U0104D3\\U0104D8-\\U0104FB"
        "\\U010C80-\\U010CB2\\U010CC0-\\U010CF2\\U0118A0-\\U0118DF\\U01E900-\\U01E943]+",
        "\\s?[!-/:-~\\uFF01-\\uFF0F\\uFF1A-\\uFF5E\\u2018-\\u201F\\u3000-\\u3002]+", "\\s+$", LLRI_RX_CJK2, "\\p{N}+" } },
    { "gemma4 granite-embed-multi-311m", LLRI_PRE_RAW | LLRI_PRE_ESCAPE | LLRI_PRE_GEMMA4, { LLRI_RX_LINES } },
    { "sarvam-moe", LLRI_PRE_RAW | LLRI_PRE_ESCAPE | LLRI_PRE_EXACT, { LLRI_RX_LINES } },
    { "whitespace", LLRI_PRE_RAW | LLRI_PRE_CASE, { "\\S+" } }
};

static int llri_name_in(const char *names, llri_str name) {
    const char *p = names, *end;
    for (; *p; p = *end ? end + 1 : end) {
        for (end = p; *end && *end != ' '; end++) { }
        if ((size_t)(end - p) == name.n && memcmp(p, name.p, name.n) == 0) return 1;
    }
    return 0;
}

static const llri_pre *llri_pre_find(llri_str name) {
    size_t i;
    for (i = 0; i < LLRI_N_OF(llri_pre_table); i++)
        if (name.n && llri_name_in(llri_pre_table[i].names, name)) return &llri_pre_table[i];
    return NULL;
}

/* --- the vocabulary ------------------------------------------------------------------------------------------------------ */
enum { LLRI_TOK_SPM, LLRI_TOK_BPE, LLRI_TOK_WPM, LLRI_TOK_UGM, LLRI_TOK_RWKV, LLRI_TOK_PLAMO2 };
enum {
    LLRI_ATTR_UNKNOWN = 1, LLRI_ATTR_UNUSED = 2, LLRI_ATTR_NORMAL = 4, LLRI_ATTR_CONTROL = 8, LLRI_ATTR_USER = 16, LLRI_ATTR_BYTE = 32,
    LLRI_ATTR_LSTRIP = 64, LLRI_ATTR_RSTRIP = 128, LLRI_ATTR_EOG = 256, LLRI_ATTR_CHANNEL = 512,
    LLRI_ATTR_SPECIAL = LLRI_ATTR_CONTROL | LLRI_ATTR_USER | LLRI_ATTR_UNKNOWN,
    LLRI_ATTR_GUARDED = LLRI_ATTR_CONTROL | LLRI_ATTR_UNKNOWN | LLRI_ATTR_EOG | LLRI_ATTR_CHANNEL      /* never in a user's text */
};
#define LLRI_NONE 0xffffffffu

/* Texts in a row: text i lies at base + at[i] + head and ends at at[i + 1]. */
typedef struct llri_words { const uint8_t *base; uint32_t *at; size_t n, head; } llri_words;

/* Loading fills two large tables; their slots are asked for a few entries ahead, else most of the time is spent waiting. */
enum { LLRI_HASH_AHEAD = 32 };

/* Hash table of indices; slot: upper half of the hash << 32 | index + 1, 0 if empty. */
typedef struct llri_slots { uint64_t *slot; size_t n; } llri_slots;

/* Tokens by bytewise order of their texts, each text once. link: the longest other text that is a prefix of this one, as
 * an index into id; first[b]: where the texts that begin with byte b begin. */
typedef struct llri_prefix { const llri_words *words; uint32_t *id, *link; size_t n, room; uint32_t first[257]; } llri_prefix;

struct llr_vocab {
    llr_allocator mem;
    const llr_gguf *gguf;                       /* its texts lie there */
    llr_vocab_info info;
    char model[32], pre[64];
    int kind;
    unsigned flags;                             /* LLRI_PRE_* */
    int add_space, escape, tidy, merge_spaces, lowercase, strip_accents, dna, split_spaces;
    size_t n;
    llri_words text, merge, raw;                /* raw: RWKV's texts without escapes */
    uint8_t *raw_bytes;
    size_t raw_room;
    uint16_t *attr;
    const uint8_t *score;                       /* f32 or i32, NULL: all 0 */
    int score_is_int;
    llri_slots by_text, by_merge;
    uint64_t seed;                              /* of the hashes: the file cannot prepare collisions */
    size_t max_len;                             /* bytes of the longest text */
    llri_prefix special, piece, user;           /* piece, user: only the kinds that need them */
    int32_t byte_id[256];                       /* what stands for a byte; -1: nothing */
    const uint8_t *charsmap;                    /* UGM: array of units, then replacement strings */
    size_t n_units, n_replace;
    float unknown_score;
    llri_uni *uni;
    llri_rx *rx;
    int n_rx;
};

static inline llri_str llri_word(const llri_words *w, size_t i) {
    llri_str s;
    s.p = (const char *)w->base + w->at[i] + w->head;
    s.n = w->at[i + 1] - w->at[i] - w->head;
    return s;
}

static inline llri_str llri_slice(const void *p, size_t n) {
    llri_str s;
    s.p = (const char *)p;
    s.n = n;
    return s;
}

static float llri_tok_score(const llr_vocab *v, uint32_t id) {
    if (!v->score) return 0.0f;
    if (v->score_is_int) return (float)(int32_t)llri_rd32(v->score + 4 * (size_t)id);
    return llri_rdf32(v->score + 4 * (size_t)id);
}

static int llri_slots_init(llri_slots *t, const llr_allocator *a, size_t n_keys) {
    size_t n = 16;
    if (n_keys > SIZE_MAX / 64) return 0;
    while (n < n_keys + n_keys / 2) n *= 2;
    t->slot = (uint64_t *)llri_calloc(a, n * sizeof *t->slot, 64);
    if (!t->slot) return 0;
    t->n = n;
    return 1;
}

/* The slot of a text, or the empty one where it would be. */
static size_t llri_text_slot(const llr_vocab *v, llri_str s, uint64_t hash) {
    size_t mask = v->by_text.n - 1, i = (size_t)hash & mask;
    uint64_t slot;
    for (; (slot = v->by_text.slot[i]) != 0; i = (i + 1) & mask)
        if (slot >> 32 == hash >> 32 && llri_str_same(llri_word(&v->text, (size_t)(slot & LLRI_NONE) - 1), s)) break;
    return i;
}

/* The id of a text, or -1. */
static int32_t llri_vocab_find(const llr_vocab *v, llri_str s) {
    if (!s.n || s.n > v->max_len || !v->by_text.n) return -1;
    return (int32_t)((v->by_text.slot[llri_text_slot(v, s, llri_hash_seeded(s.p, s.n, v->seed))] & LLRI_NONE) - 1);
}

/* Where a merge rule "left right" is split: at the first space that is not its first byte; 0: nowhere. */
static size_t llri_merge_space(llri_str s) {
    const void *p = s.n > 1 ? memchr(s.p + 1, ' ', s.n - 1) : NULL;
    return p ? (size_t)((const char *)p - s.p) : 0;
}

static inline uint64_t llri_pair_hash(uint64_t left, uint64_t right) {
    uint64_t h = (left ^ (right << 23 | right >> 41)) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 31;
}

static size_t llri_merge_slot(const llr_vocab *v, llri_str l, llri_str r, uint64_t hash) {
    size_t mask = v->by_merge.n - 1, i = (size_t)hash & mask;
    uint64_t slot;
    for (; (slot = v->by_merge.slot[i]) != 0; i = (i + 1) & mask) {
        llri_str m;
        if (slot >> 32 != hash >> 32) continue;
        m = llri_word(&v->merge, (size_t)(slot & LLRI_NONE) - 1);
        if (m.n == l.n + 1 + r.n && m.p[l.n] == ' ' && memcmp(m.p, l.p, l.n) == 0 && memcmp(m.p + l.n + 1, r.p, r.n) == 0) break;
    }
    return i;
}

/* The rank of a merge, LLRI_NONE if there is none. lh, rh: hashes of the two texts. */
static uint32_t llri_merge_rank(const llr_vocab *v, llri_str l, uint64_t lh, llri_str r, uint64_t rh) {
    return v->by_merge.n ? (uint32_t)(v->by_merge.slot[llri_merge_slot(v, l, r, llri_pair_hash(lh, rh))] & LLRI_NONE) - 1 : LLRI_NONE;
}

/* --- sorted texts: the longest one that a text begins with, and from there all shorter ones --- */
/* As memcmp, a prefix first. *same: bytes in common. */
static int llri_text_compare(llri_str a, llri_str b, size_t *same) {
    size_t n = a.n < b.n ? a.n : b.n, i = 0;
    while (i < n && a.p[i] == b.p[i]) i++;
    *same = i;
    if (i < n) return (uint8_t)a.p[i] < (uint8_t)b.p[i] ? -1 : 1;
    return a.n < b.n ? -1 : a.n > b.n;
}

/* Sorting looks at the first 8 bytes, kept beside the id, and seldom at the texts themselves. */
typedef struct llri_sort_key { uint64_t head; uint32_t id; } llri_sort_key;

static int llri_sort_after(const llri_words *w, const llri_sort_key *a, const llri_sort_key *b) {
    size_t same;
    if (a->head != b->head) return a->head > b->head;
    return llri_text_compare(llri_word(w, a->id), llri_word(w, b->id), &same) > 0;
}

/* Merge sort, stable; returns whichever of a and b holds the result. */
static llri_sort_key *llri_sort_words(const llri_words *w, llri_sort_key *a, llri_sort_key *b, size_t n) {
    size_t width, i, j, k, mid, end, lo;
    for (width = 1; width < n; width *= 2) {
        llri_sort_key *t;
        for (lo = 0; lo < n; lo = end) {
            mid = n - lo < width ? n : lo + width;
            end = n - mid < width ? n : mid + width;
            for (i = lo, j = mid, k = lo; k < end; k++)
                b[k] = j == end || (i < mid && !llri_sort_after(w, &a[i], &a[j])) ? a[i++] : a[j++];
        }
        t = a;
        a = b;
        b = t;
    }
    return a;
}

static void llri_prefix_free(llri_prefix *x, const llr_allocator *a) {
    llri_free(a, x->id, 2 * x->room * sizeof *x->id);
    x->id = NULL;
}

/* Fills first and link; ids are in place. */
static void llri_prefix_finish(llri_prefix *x) {
    size_t i, same, b = 0;
    for (i = 0; i < x->n; i++) {
        llri_str s = llri_word(x->words, x->id[i]), t;
        uint32_t j = i ? (uint32_t)(i - 1) : LLRI_NONE;
        while (b <= (uint8_t)s.p[0]) x->first[b++] = (uint32_t)i;
        for (; j != LLRI_NONE; j = x->link[j]) {
            t = llri_word(x->words, x->id[j]);
            (void)llri_text_compare(t, s, &same);
            if (same == t.n) break;
        }
        x->link[i] = j;
    }
    while (b <= 256) x->first[b++] = (uint32_t)x->n;
}

static int llri_prefix_wants(const llr_vocab *v, const llri_words *words, size_t i, unsigned any, unsigned never) {
    return (!any || (v->attr[i] & any)) && !(v->attr[i] & never) && llri_word(words, i).n > 0;
}

/* Collects the tokens with any of the attributes `any` (0: all) and none of `never`, empty texts left out; of equal texts
 * the last. 0 = no memory. */
static int llri_prefix_init(llri_prefix *x, const llr_vocab *v, const llri_words *words, unsigned any, unsigned never) {
    size_t i, n = 0, m = 0, bytes;
    llri_sort_key *a, *b, *s;
    for (i = 0; i < v->n; i++) n += llri_prefix_wants(v, words, i, any, never);
    x->words = words;
    x->n = 0;
    x->room = n;
    memset(x->first, 0, sizeof x->first);
    if (!n) return 1;
    if (!llri_mul_size(n, 2 * sizeof *a, &bytes)) return 0;
    x->id = (uint32_t *)llri_alloc(&v->mem, 2 * n * sizeof *x->id, 64);
    a = (llri_sort_key *)llri_alloc(&v->mem, bytes, 64);
    if (!x->id || !a) {
        llri_free(&v->mem, a, bytes);
        return 0;
    }
    x->link = x->id + n;
    for (i = 0; i < v->n; i++) {
        llri_str t = llri_word(words, i);
        size_t k;
        if (!llri_prefix_wants(v, words, i, any, never)) continue;
        a[m].id = (uint32_t)i;
        for (a[m].head = 0, k = 0; k < 8; k++) a[m].head = a[m].head << 8 | (k < t.n ? (uint8_t)t.p[k] : 0);
        m++;
    }
    b = a + n;
    s = llri_sort_words(words, a, b, n);
    for (i = 0; i < n; i++)
        if (i + 1 == n || !llri_str_same(llri_word(words, s[i].id), llri_word(words, s[i + 1].id))) x->id[x->n++] = s[i].id;
    llri_free(&v->mem, a, bytes);
    llri_prefix_finish(x);
    return 1;
}

/* The greatest text that is not above s in order, as an index; LLRI_NONE if all are. *same: bytes in common with s. */
static uint32_t llri_prefix_below(const llri_prefix *x, llri_str s, size_t *same) {
    uint32_t lo = x->first[(uint8_t)s.p[0]], hi = x->first[(uint8_t)s.p[0] + 1], mid;
    size_t k;
    *same = 0;
    if (lo == hi) return LLRI_NONE;
    if (llri_text_compare(llri_word(x->words, x->id[lo]), s, same) > 0) return LLRI_NONE;
    while (hi - lo > 1) {
        mid = lo + (hi - lo) / 2;
        if (llri_text_compare(llri_word(x->words, x->id[mid]), s, &k) <= 0) { lo = mid; *same = k; } else hi = mid;
    }
    return lo;
}

/* The longest text that s (not empty) begins with, as an index; follow link for the shorter ones. */
static uint32_t llri_prefix_find(const llri_prefix *x, llri_str s) {
    size_t same;
    uint32_t i = llri_prefix_below(x, s, &same);
    while (i != LLRI_NONE && llri_word(x->words, x->id[i]).n > same) i = x->link[i];
    return i;
}

/* --- loading --- */
/* Is there a tokenizer in the file? */
static int llri_gguf_has_vocab(const llr_gguf *g) {
    const llri_kv *kv = llri_gguf_kv(g, "tokenizer.ggml.model");
    llri_str s;
    return kv && llri_kv_str(kv, &s) && !llri_str_eq(s, "none") && !llri_str_eq(s, "no_vocab");
}

/* A string of the metadata, empty if absent. */
static llri_str llri_gguf_text(const llr_gguf *g, const char *key) {
    const llri_kv *kv = llri_gguf_kv(g, key);
    llri_str s;
    if (!kv || !llri_kv_str(kv, &s)) s = llri_cstr("");
    return s;
}

static void llri_gguf_flag(const llr_gguf *g, const char *key, int *value) {
    const llri_kv *kv = llri_gguf_kv(g, key);
    int b;
    if (kv && llri_kv_bool(kv, &b)) *value = b;
}

static void llri_tok_copy_text(char *out, size_t cap, llri_str s) {
    size_t n = s.n < cap ? s.n : cap - 1;
    memcpy(out, s.p, n);
    out[n] = 0;
}

/* Finds the texts of a string array. */
static llr_status llri_words_init(llri_words *w, const llr_vocab *v, const llri_kv *kv, llr_error *err) {
    llri_str_iter it;
    llri_str s;
    size_t i;
    if (!llri_str_iter_init(&it, kv))
        return llri_fail(err, LLR_E_FORMAT, "the metadata value %.*s must be an array of strings", LLRI_S(kv->key));
    if (kv->count > INT32_MAX - 1 || kv->count > SIZE_MAX / 64)
        return llri_fail(err, LLR_E_FORMAT, "%.*s has %llu entries: too many", LLRI_S(kv->key), (unsigned long long)kv->count);
    w->base = kv->data;
    w->head = 8;
    w->at = (uint32_t *)llri_alloc(&v->mem, ((size_t)kv->count + 1) * sizeof *w->at, 64);
    if (!w->at) return llri_nomem(err, "the tokenizer", ((size_t)kv->count + 1) * sizeof *w->at);
    w->n = (size_t)kv->count;
    for (i = 0; llri_str_iter_next(&it, &s); i++) {
        if ((uint64_t)(it.p - w->base) > LLRI_NONE)
            return llri_fail(err, LLR_E_UNSUPPORTED, "%.*s is longer than 4 GiB", LLRI_S(kv->key));
        w->at[i] = (uint32_t)((const uint8_t *)s.p - w->base) - 8;
    }
    w->at[i] = (uint32_t)(it.p - w->base);
    return LLR_OK;
}

typedef struct llri_tok_model {
    const char *name;
    int kind;
    int32_t bos, eos, unk, sep, pad;
    int add_bos, add_eos, add_space, tidy, escape;
} llri_tok_model;

static const llri_tok_model llri_tok_models[] = {
    { "llama",      LLRI_TOK_SPM,      1,  2,   0,  -1, -1, 1, 0, 1, 0, 1 },
    { "gpt2",       LLRI_TOK_BPE,     11, 11,  -1,  -1, -1, 0, 0, 0, 1, 0 },
    { "gemma4",     LLRI_TOK_BPE,     -1, -1,  -1,  -1, -1, 0, 0, 0, 1, 0 },
    { "hybriddna",  LLRI_TOK_BPE,     11, 11,  -1,  -1, -1, 0, 0, 0, 1, 0 },
    { "whitespace", LLRI_TOK_BPE,     11, 11,  -1,  -1, -1, 0, 0, 0, 1, 0 },
    { "bert",       LLRI_TOK_WPM,    101, -1, 100, 102,  0, 1, 0, 0, 1, 1 },
    { "t5",         LLRI_TOK_UGM,     -1,  1,   2,  -1,  0, 0, 1, 0, 0, 1 },
    { "rwkv",       LLRI_TOK_RWKV,    -1, -1,  -1,  -1, -1, 0, 0, 0, 0, 0 },
    { "plamo2",     LLRI_TOK_PLAMO2,   1,  2,   0,  -1,  3, 0, 0, 0, 0, 0 }
};

/* What the tokenizer's name and the pre-tokenizer's name say. */
static llr_status llri_vocab_model(llr_vocab *v, const llr_gguf *g, const llr_options *opt, llr_error *err) {
    llri_str name = llri_gguf_text(g, "tokenizer.ggml.model"), pre = llri_gguf_text(g, "tokenizer.ggml.pre");
    const llri_tok_model *m = NULL;
    const llri_pre *p;
    size_t i;
    if (!llri_gguf_has_vocab(g))
        return llri_fail(err, LLR_E_UNSUPPORTED, "the file has no tokenizer (tokenizer.ggml.model is %s): give token ids "
                         "instead of text", llri_gguf_kv(g, "tokenizer.ggml.model") ? "\"none\"" : "missing");
    for (i = 0; i < LLRI_N_OF(llri_tok_models); i++)
        if (llri_str_eq(name, llri_tok_models[i].name)) m = &llri_tok_models[i];
    if (!m)
        return llri_fail(err, LLR_E_UNSUPPORTED, "the tokenizer \"%.*s\" is not supported by llrun " LLRUN_VERSION ": llama, gpt2, gemma4, "
                         "hybriddna, whitespace, bert, t5, rwkv and plamo2 are. A newer llrun may know it", LLRI_S(name));
    v->kind = m->kind;
    v->info.bos = m->bos; v->info.eos = m->eos; v->info.unk = m->unk; v->info.sep = m->sep; v->info.pad = m->pad;
    v->info.eot = v->info.nl = -1;
    v->info.add_bos = m->add_bos; v->info.add_eos = m->add_eos;
    v->add_space = m->add_space; v->tidy = m->tidy; v->escape = m->escape;
    v->lowercase = 1;
    v->dna = llri_str_eq(name, "hybriddna");
    v->split_spaces = llri_str_eq(name, "whitespace");
    llri_tok_copy_text(v->model, sizeof v->model, name);
    if (m->kind != LLRI_TOK_BPE) {
        llri_tok_copy_text(v->pre, sizeof v->pre, pre);
        return LLR_OK;
    }
    if (llri_str_eq(name, "gemma4")) pre = llri_cstr("gemma4");
    if (!pre.n) {
        llri_log(opt, LLR_LOG_WARN, "tokenizer.ggml.pre is missing: \"default\" is used, and the model may answer badly; "
                 "convert the model again");
        pre = llri_cstr("default");
    }
    p = llri_pre_find(pre);
    if (!p) {
        char known[320];
        size_t at = 0;
        for (i = 0; i < LLRI_N_OF(llri_pre_table); i++) {       /* the first name of every row */
            size_t n = strcspn(llri_pre_table[i].names, " ");
            if (at + n + 2 < sizeof known) at += (size_t)snprintf(known + at, sizeof known - at, " %.*s", (int)n, llri_pre_table[i].names);
        }
        return llri_fail(err, LLR_E_UNSUPPORTED, "the pre-tokenizer \"%.*s\" (tokenizer.ggml.pre) is not supported by llrun " LLRUN_VERSION
                         ", and with another the model would answer badly. Known, with others like them:%s", LLRI_S(pre), known);
    }
    llri_tok_copy_text(v->pre, sizeof v->pre, pre);
    v->flags = p->flags;
    v->escape = (p->flags & LLRI_PRE_ESCAPE) != 0;
    v->tidy = !(p->flags & LLRI_PRE_EXACT);
    v->info.add_bos = (p->flags & LLRI_PRE_BOS) != 0;
    if (p->flags & LLRI_PRE_NO_BOS_ID) v->info.bos = -1;
    if (p->flags & LLRI_PRE_CASE) v->lowercase = 0;
    while (v->n_rx < 6 && p->rx[v->n_rx]) v->n_rx++;
    v->rx = (llri_rx *)llri_alloc(&v->mem, (size_t)v->n_rx * sizeof *v->rx, 64);
    if (!v->rx) return llri_nomem(err, "the tokenizer", (size_t)v->n_rx * sizeof *v->rx);
    for (i = 0; i < (size_t)v->n_rx; i++)
        if (!llri_rx_compile(&v->rx[i], p->rx[i]))
            return llri_fail(err, LLR_E_UNSUPPORTED, "pattern %d of \"%s\" does not compile", (int)i, v->pre);
    return LLR_OK;
}

/* The array `key`, which may be absent (*data NULL), of two types that are 4 bytes wide, with an element per token. */
static llr_status llri_vocab_array(const llr_vocab *v, const llr_gguf *g, const char *key, uint32_t t1, uint32_t t2,
                                   const llri_kv **out, llr_error *err) {
    const llri_kv *kv = llri_gguf_kv(g, key);
    *out = NULL;
    if (!kv) return LLR_OK;
    if (kv->type != LLR_META_ARRAY || (kv->elem_type != t1 && kv->elem_type != t2))
        return llri_fail(err, LLR_E_FORMAT, "the metadata value %s has a wrong type", key);
    if (kv->count < v->n)
        return llri_fail(err, LLR_E_FORMAT, "%s has %llu entries for %llu tokens", key, (unsigned long long)kv->count,
                         (unsigned long long)v->n);
    *out = kv;
    return LLR_OK;
}

/* Texts, types and scores, and the table from text to id. */
static llr_status llri_vocab_tokens(llr_vocab *v, const llr_gguf *g, llr_error *err) {
    static const uint16_t attr_of[7] = { 0, LLRI_ATTR_NORMAL, LLRI_ATTR_UNKNOWN, LLRI_ATTR_CONTROL, LLRI_ATTR_USER,
                                         LLRI_ATTR_UNUSED, LLRI_ATTR_BYTE };
    const llri_kv *kv = llri_gguf_kv(g, "tokenizer.ggml.tokens"), *types, *scores;
    llr_status st;
    size_t i, k;
    if (!kv) return llri_fail(err, LLR_E_FORMAT, "the metadata value tokenizer.ggml.tokens is missing");
    if ((st = llri_words_init(&v->text, v, kv, err)) != LLR_OK) return st;
    v->n = v->text.n;
    v->info.n_tokens = (int32_t)v->n;
    if (!v->n) return llri_fail(err, LLR_E_FORMAT, "tokenizer.ggml.tokens is empty");
    if ((st = llri_vocab_array(v, g, "tokenizer.ggml.token_type", LLR_META_I32, LLR_META_U32, &types, err)) != LLR_OK) return st;
    if ((st = llri_vocab_array(v, g, "tokenizer.ggml.scores", LLR_META_F32, LLR_META_I32, &scores, err)) != LLR_OK) return st;
    if (scores) {
        v->score = scores->data;
        v->score_is_int = scores->elem_type == LLR_META_I32;
    }
    v->attr = (uint16_t *)llri_alloc(&v->mem, v->n * sizeof *v->attr, 64);
    if (!v->attr || !llri_slots_init(&v->by_text, &v->mem, v->n)) return llri_nomem(err, "the tokenizer", v->n * 18);
    for (i = 0; i < v->n; i += k) {
        uint64_t hash[LLRI_HASH_AHEAD];
        size_t n = v->n - i;
        if (n > LLRI_HASH_AHEAD) n = LLRI_HASH_AHEAD;
        for (k = 0; k < n; k++) {
            llri_str s = llri_word(&v->text, i + k);
            hash[k] = llri_hash_seeded(s.p, s.n, v->seed);
            LLRI_PREFETCH_NEAR(&v->by_text.slot[hash[k] & (v->by_text.n - 1)]);
        }
        for (k = 0; k < n; k++) {
            llri_str s = llri_word(&v->text, i + k);
            uint32_t type = types ? llri_rd32(types->data + 4 * (i + k)) : 1;
            v->attr[i + k] = type < 7 ? attr_of[type] : 0;
            if (s.n > v->max_len) v->max_len = s.n;
            if (s.n) v->by_text.slot[llri_text_slot(v, s, hash[k])] = (hash[k] >> 32) << 32 | (i + k + 1);
        }
    }
    return LLR_OK;
}

/* The two sides of a merge rule and their common hash; 0 for a rule that cannot be split: it matches nothing. */
static int llri_merge_sides(const llr_vocab *v, size_t i, llri_str *l, llri_str *r, uint64_t *hash) {
    llri_str s = llri_word(&v->merge, i);
    size_t at = llri_merge_space(s);
    *l = llri_slice(s.p, at);
    *r = llri_slice(s.p + at + 1, s.n - at - (at > 0));
    if (hash && at) *hash = llri_pair_hash(llri_hash_seeded(l->p, l->n, v->seed), llri_hash_seeded(r->p, r->n, v->seed));
    return at > 0;
}

/* Of equal rules the first counts. */
static llr_status llri_vocab_merges(llr_vocab *v, const llr_gguf *g, llr_error *err) {
    const llri_kv *kv = llri_gguf_kv(g, "tokenizer.ggml.merges");
    llri_str l, r;
    llr_status st;
    size_t i, k;
    if (v->kind != LLRI_TOK_BPE) return LLR_OK;
    if (!kv && llri_str_eq(llri_cstr(v->pre), "kimi-k2")) return LLR_OK;
    if (!kv) return llri_fail(err, LLR_E_FORMAT, "the metadata value tokenizer.ggml.merges is missing");
    if ((st = llri_words_init(&v->merge, v, kv, err)) != LLR_OK) return st;
    if (!llri_slots_init(&v->by_merge, &v->mem, v->merge.n))
        return llri_nomem(err, "the merge rules of the tokenizer", v->merge.n * 16);
    for (i = 0; i < v->merge.n; i += k) {
        uint64_t hash[LLRI_HASH_AHEAD];
        size_t n = v->merge.n - i;
        if (n > LLRI_HASH_AHEAD) n = LLRI_HASH_AHEAD;
        for (k = 0; k < n; k++)
            if (llri_merge_sides(v, i + k, &l, &r, &hash[k])) LLRI_PREFETCH_NEAR(&v->by_merge.slot[hash[k] & (v->by_merge.n - 1)]);
        for (k = 0; k < n; k++) {
            uint64_t *slot;
            if (!llri_merge_sides(v, i + k, &l, &r, NULL)) continue;
            slot = &v->by_merge.slot[llri_merge_slot(v, l, r, hash[k])];
            if (!*slot) *slot = (hash[k] >> 32) << 32 | (i + k + 1);
        }
    }
    return LLR_OK;
}

static int llri_tok_hex(int c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that a text such as "<0x0A>" stands for, or -1. */
static int llri_byte_of_text(llri_str s) {
    int hi, lo;
    if (s.n != 6 || memcmp(s.p, "<0x", 3) != 0 || s.p[5] != '>') return -1;
    hi = llri_tok_hex((uint8_t)s.p[3]);
    lo = llri_tok_hex((uint8_t)s.p[4]);
    return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

/* BPE in GPT-2's alphabet falls back to tokens of one byte, all others to "<0xXX>" (SPM then to one byte too). */
static void llri_vocab_bytes(llr_vocab *v) {
    static const char hex[] = "0123456789ABCDEF";
    int b, mapped = v->kind == LLRI_TOK_BPE && !(v->flags & LLRI_PRE_RAW);
    for (b = 0; b < 256; b++) {
        char name[] = "<0x00>", c = (char)b;
        name[3] = hex[b >> 4];
        name[4] = hex[b & 15];
        v->byte_id[b] = mapped ? -1 : llri_vocab_find(v, llri_cstr(name));
        if (mapped || (v->byte_id[b] < 0 && v->kind == LLRI_TOK_SPM)) v->byte_id[b] = llri_vocab_find(v, llri_slice(&c, 1));
    }
}

/* RWKV escapes bytes in its texts: \t \n \r \xHH, and \ before anything else. Returns the bytes written. */
static size_t llri_unescape(uint8_t *out, llri_str s) {
    size_t i, n = 0;
    for (i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        if (c == '\\' && i + 1 < s.n) {
            c = (uint8_t)s.p[++i];
            if (c == 'x' && i + 2 < s.n && llri_tok_hex((uint8_t)s.p[i + 1]) >= 0 && llri_tok_hex((uint8_t)s.p[i + 2]) >= 0) {
                c = (uint8_t)(llri_tok_hex((uint8_t)s.p[i + 1]) * 16 + llri_tok_hex((uint8_t)s.p[i + 2]));
                i += 2;
            } else c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        out[n++] = c;
    }
    return n;
}

static llr_status llri_vocab_rwkv(llr_vocab *v, llr_error *err) {
    size_t i, at = 0;
    v->raw_room = v->text.at[v->n];
    v->raw_bytes = (uint8_t *)llri_alloc(&v->mem, v->raw_room, 64);
    v->raw.at = (uint32_t *)llri_alloc(&v->mem, (v->n + 1) * sizeof *v->raw.at, 64);
    if (!v->raw_bytes || !v->raw.at)
        return llri_nomem(err, "the texts of the tokenizer", v->raw_room + (v->n + 1) * sizeof *v->raw.at);
    v->raw.base = v->raw_bytes;
    v->raw.n = v->n;
    for (i = 0; i < v->n; i++) {
        v->raw.at[i] = (uint32_t)at;
        at += llri_unescape(v->raw_bytes + at, llri_word(&v->text, i));
    }
    v->raw.at[i] = (uint32_t)at;
    return LLR_OK;
}

/* UGM: the normalisation table and the score of what is unknown. */
static llr_status llri_vocab_ugm(llr_vocab *v, const llr_gguf *g, llr_error *err) {
    const llri_kv *kv = llri_gguf_kv(g, "tokenizer.ggml.precompiled_charsmap");
    float min = 0;
    size_t i, seen = 0;
    if (kv) {
        uint64_t n = kv->count, units;
        if (kv->type != LLR_META_ARRAY || (kv->elem_type != LLR_META_U8 && kv->elem_type != LLR_META_I8))
            return llri_fail(err, LLR_E_FORMAT, "the metadata value %.*s must be an array of bytes", LLRI_S(kv->key));
        units = n < 4 ? 0 : llri_rd32(kv->data);
        if (n < 4 || units >= n - 4)
            return llri_fail(err, LLR_E_FORMAT, "%.*s has %llu bytes, too few for its table", LLRI_S(kv->key), (unsigned long long)n);
        v->n_units = (size_t)units / 4;
        v->n_replace = (size_t)(n - 4 - units);
        v->charsmap = kv->data + 4;
    }
    for (i = 0; i < v->n; i++) {
        float s = llri_tok_score(v, (uint32_t)i);
        if ((v->attr[i] & LLRI_ATTR_NORMAL) && s == s && (!seen++ || s < min)) min = s;
    }
    v->unknown_score = min - 10.0f;
    return LLR_OK;
}

static llr_status llri_vocab_tables(llr_vocab *v, const llr_gguf *g, llr_error *err) {
    llr_status st = LLR_OK;
    int ok = 1;
    llri_vocab_bytes(v);
    if (v->kind == LLRI_TOK_BPE || v->kind == LLRI_TOK_WPM) {
        v->uni = (llri_uni *)llri_alloc(&v->mem, sizeof *v->uni, 64);
        if (!v->uni) return llri_nomem(err, "the tokenizer", sizeof *v->uni);
        llri_uni_unpack(v->uni);
    }
    if (v->kind == LLRI_TOK_RWKV && (st = llri_vocab_rwkv(v, err)) != LLR_OK) return st;
    if (v->kind == LLRI_TOK_UGM && (st = llri_vocab_ugm(v, g, err)) != LLR_OK) return st;
    ok = llri_prefix_init(&v->special, v, &v->text, LLRI_ATTR_SPECIAL, 0);
    if (ok && v->kind == LLRI_TOK_UGM) ok = llri_prefix_init(&v->user, v, &v->text, LLRI_ATTR_USER, 0);
    if (ok && v->kind == LLRI_TOK_UGM)
        ok = llri_prefix_init(&v->piece, v, &v->text, LLRI_ATTR_NORMAL | LLRI_ATTR_USER | LLRI_ATTR_UNUSED, 0);
    if (ok && v->kind == LLRI_TOK_PLAMO2) ok = llri_prefix_init(&v->piece, v, &v->text, 0, LLRI_ATTR_BYTE);
    if (ok && v->kind == LLRI_TOK_WPM) ok = llri_prefix_init(&v->piece, v, &v->text, 0, 0);
    if (ok && v->kind == LLRI_TOK_RWKV) ok = llri_prefix_init(&v->piece, v, &v->raw, 0, 0);
    return ok ? LLR_OK : llri_nomem(err, "the sorted texts of the tokenizer", v->n * 40);
}

/* --- special tokens --- */
typedef struct llri_tok_key { const char *key, *old_key; const char *const *names; } llri_tok_key;

#define LLRI_DEEPSEEK(a, b, c) "<\xef\xbd\x9c" a LLRI_META_SPACE b c "\xef\xbd\x9c>"
static const char *const llri_eot_names[] = { "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>",
    "<|end_of_text|>", "<EOT>", "_<EOT>", "[EOT]", LLRI_DEEPSEEK("end", "of", LLRI_META_SPACE "sentence"),
    "<end_of_utterance>", NULL };
static const char *const llri_eom_names[] = { "<|eom_id|>", NULL };
static const char *const llri_fim_pre_names[] = { "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>",
    LLRI_DEEPSEEK("fim", "begin", ""), "<PRE>", LLRI_META_SPACE "<PRE>", "<|code_prefix|>", "<|prefix|>", NULL };
static const char *const llri_fim_suf_names[] = { "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>",
    LLRI_DEEPSEEK("fim", "hole", ""), "<SUF>", LLRI_META_SPACE "<SUF>", "<|code_suffix|>", "<|suffix|>", NULL };
static const char *const llri_fim_mid_names[] = { "<|fim_middle|>", "<fim-middle>", "<fim_middle>",
    LLRI_DEEPSEEK("fim", "end", ""), "<MID>", LLRI_META_SPACE "<MID>", "<|code_middle|>", "<|middle|>", NULL };
static const char *const llri_fim_pad_names[] = { "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", NULL };
static const char *const llri_fim_rep_names[] = { "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", NULL };
static const char *const llri_fim_sep_names[] = { "<|file_sep|>", NULL };
static const char *const llri_eog_names[] = { "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>",
    "<|calls|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
    "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
    LLRI_DEEPSEEK("end", "of", LLRI_META_SPACE "sentence"), "[e~[", NULL };
static const char *const llri_shown_names[] = { "<|channel|>", "<|message|>", "<|start|>", "<|constrain|>", NULL };

enum { LLRI_SP_BOS, LLRI_SP_EOS, LLRI_SP_EOT, LLRI_SP_EOM, LLRI_SP_UNK, LLRI_SP_SEP, LLRI_SP_PAD, LLRI_SP_PRE, LLRI_SP_SUF,
       LLRI_SP_MID, LLRI_SP_FIM_PAD, LLRI_SP_FIM_REP, LLRI_SP_FIM_SEP, LLRI_SP_COUNT };

/* Metadata keys of the special ids, and the texts by which they are found where the metadata does not name them. */
static const llri_tok_key llri_tok_keys[LLRI_SP_COUNT] = {
    { "bos", NULL, NULL }, { "eos", NULL, NULL }, { "eot", NULL, llri_eot_names }, { "eom", NULL, llri_eom_names },
    { "unknown", NULL, NULL }, { "seperator", NULL, NULL }, { "padding", NULL, NULL },         /* spelled like this in the files */
    { "fim_pre", "prefix", llri_fim_pre_names }, { "fim_suf", "suffix", llri_fim_suf_names },
    { "fim_mid", "middle", llri_fim_mid_names },
    { "fim_pad", NULL, llri_fim_pad_names }, { "fim_rep", NULL, llri_fim_rep_names }, { "fim_sep", NULL, llri_fim_sep_names }
};

static void llri_special_key(const llr_vocab *v, const llr_gguf *g, const char *name, int32_t *id, const llr_options *opt) {
    char key[64];
    const llri_kv *kv;
    uint64_t u;
    if (!name) return;
    (void)snprintf(key, sizeof key, "tokenizer.ggml.%s_token_id", name);
    kv = llri_gguf_kv(g, key);
    if (!kv || !llri_kv_u64(kv, &u)) return;
    if (u < v->n) *id = (int32_t)u;
    else
        llri_log(opt, LLR_LOG_WARN, "%s is %llu, but there are only %llu tokens: ignored", key, (unsigned long long)u,
                 (unsigned long long)v->n);
}

static int32_t llri_find_text(const llr_vocab *v, const char *text) { return llri_vocab_find(v, llri_cstr(text)); }

/* Many files do not mark such tokens as control tokens. */
static void llri_mark_names(llr_vocab *v, const char *const *names, unsigned clear, unsigned set) {
    for (; *names; names++) {
        int32_t id = llri_find_text(v, *names);
        if (id >= 0) v->attr[id] = (uint16_t)((v->attr[id] & ~clear) | set);
    }
}

/* Which tokens end a generation. */
static void llri_vocab_eog(llr_vocab *v, const int32_t *sp) {
    static const int ends[] = { LLRI_SP_FIM_PAD, LLRI_SP_FIM_REP, LLRI_SP_FIM_SEP, LLRI_SP_EOS, LLRI_SP_EOT, LLRI_SP_EOM };
    int32_t end = llri_find_text(v, "<|end|>"), s = llri_find_text(v, "</s>");
    int call = llri_find_text(v, "<|call|>") >= 0 || llri_find_text(v, "<|calls|>") >= 0;
    size_t i;
    llri_mark_names(v, llri_eog_names, 0, LLRI_ATTR_CONTROL | LLRI_ATTR_EOG);
    llri_mark_names(v, llri_shown_names, 0xff, LLRI_ATTR_USER | LLRI_ATTR_CHANNEL);     /* gpt-oss: its channels are part of the text */
    for (i = 0; i < LLRI_N_OF(ends); i++)
        if (sp[ends[i]] >= 0) v->attr[sp[ends[i]]] |= LLRI_ATTR_EOG;
    /* gpt-oss and Solar end a message with <|end|>, not the answer. */
    if (end >= 0 && call && (llri_find_text(v, "<|return|>") >= 0 || llri_find_text(v, "<|flush|>") >= 0))
        v->attr[end] = LLRI_ATTR_USER | LLRI_ATTR_CHANNEL;
    for (i = 0; i < v->n; i++) {                /* some files call the marks of turns user-defined */
        llri_str w = llri_word(&v->text, i);
        if ((v->attr[i] & LLRI_ATTR_USER) && w.n > 4 && ((!memcmp(w.p, "<|", 2) && !memcmp(w.p + w.n - 2, "|>", 2)) || llri_str_eq(w, "<start_of_turn>")))
            v->attr[i] |= LLRI_ATTR_CHANNEL;
    }
    /* Gemma 4: </s> is a tag of HTML. */
    if (s >= 0 && llri_find_text(v, "<|tool_response>") >= 0) v->attr[s] = LLRI_ATTR_NORMAL;
}

static void llri_vocab_special(llr_vocab *v, const llr_gguf *g, const llr_options *opt) {
    int32_t sp[LLRI_SP_COUNT], id;
    size_t i, k;
    for (i = 0; i < LLRI_SP_COUNT; i++) sp[i] = -1;
    sp[LLRI_SP_BOS] = v->info.bos; sp[LLRI_SP_EOS] = v->info.eos; sp[LLRI_SP_UNK] = v->info.unk;
    sp[LLRI_SP_SEP] = v->info.sep; sp[LLRI_SP_PAD] = v->info.pad;
    for (i = 0; i < LLRI_SP_COUNT; i++) {
        const llri_tok_key *t = &llri_tok_keys[i];
        if (sp[i] >= v->info.n_tokens) sp[i] = -1;
        llri_special_key(v, g, t->key, &sp[i], opt);
        llri_special_key(v, g, t->old_key, &sp[i], opt);
        for (k = 0; t->names && sp[i] < 0 && t->names[k]; k++) {
            if ((id = llri_find_text(v, t->names[k])) < 0) continue;
            sp[i] = id;
            v->attr[id] |= LLRI_ATTR_CONTROL;
        }
    }
    v->info.bos = sp[LLRI_SP_BOS]; v->info.eos = sp[LLRI_SP_EOS]; v->info.unk = sp[LLRI_SP_UNK];
    v->info.sep = sp[LLRI_SP_SEP]; v->info.pad = sp[LLRI_SP_PAD]; v->info.eot = sp[LLRI_SP_EOT];
    llri_gguf_flag(g, "tokenizer.ggml.add_bos_token", &v->info.add_bos);
    llri_gguf_flag(g, "tokenizer.ggml.add_eos_token", &v->info.add_eos);
    if (v->flags & LLRI_PRE_GEMMA4) v->info.add_bos = 1;
    llri_gguf_flag(g, "tokenizer.ggml.add_space_prefix", &v->add_space);
    llri_gguf_flag(g, "tokenizer.ggml.remove_extra_whitespaces", &v->merge_spaces);
    llri_gguf_flag(g, "tokenizer.ggml.normalizer.lowercase", &v->lowercase);
    v->strip_accents = v->lowercase;
    llri_gguf_flag(g, "tokenizer.ggml.normalizer.strip_accents", &v->strip_accents);
    llri_vocab_eog(v, sp);
}

static int llri_tok_contains(llri_str s, const char *part) {
    size_t n = strlen(part), i, k;
    for (i = 0; i + n <= s.n; i++) {
        for (k = 0; k < n && (s.p[i + k] | (s.p[i + k] >= 'A' && s.p[i + k] <= 'Z' ? 32 : 0)) == part[k]; k++) { }
        if (k == n) return 1;
    }
    return 0;
}

/* Some special tokens swallow white space beside them. The files do not say so; the names of the models do. UGM uses
 * control tokens that are marked unused by their text alone. */
static void llri_vocab_strip(llr_vocab *v, const llr_gguf *g) {
    static const char *const none[] = { "<unk>", "<s>", "<|endoftext|>", NULL }, *const end[] = { "</s>", NULL };
    static const char *const mask[] = { "<mask>", NULL }, *const mask2[] = { "[MASK]", NULL };
    llri_str name = llri_gguf_text(g, "general.name"), arch = llri_gguf_text(g, "general.architecture");
    llri_str pre = llri_gguf_text(g, "tokenizer.ggml.pre");
    size_t i;
    if (llri_tok_contains(pre, "jina-v2-de") || llri_tok_contains(pre, "jina-v2-es") || llri_tok_contains(pre, "jina-v2-code") ||
        llri_tok_contains(arch, "nomic-bert-moe") || llri_tok_contains(arch, "jina-bert-v3")) {
        llri_mark_names(v, mask, 0, LLRI_ATTR_LSTRIP);
    } else if (llri_tok_contains(name, "phi-3") || llri_tok_contains(name, "phi3")) {
        for (i = 0; i < v->n; i++)
            if (v->attr[i] & LLRI_ATTR_SPECIAL) v->attr[i] |= LLRI_ATTR_RSTRIP;
        llri_mark_names(v, end, 0, LLRI_ATTR_RSTRIP);
        llri_mark_names(v, none, LLRI_ATTR_RSTRIP, 0);
    } else if (llri_tok_contains(name, "modern-bert")) {
        llri_mark_names(v, mask2, 0, LLRI_ATTR_LSTRIP);
    }
    if (v->kind != LLRI_TOK_UGM) return;
    for (i = 0; i < v->n; i++)
        if ((v->attr[i] & LLRI_ATTR_CONTROL) && llri_tok_contains(llri_word(&v->text, i), "unused")) v->attr[i] |= LLRI_ATTR_UNUSED;
}

/* --- tokenizing: one call's memory and output --- */
typedef struct llri_tok_room { void *p; size_t n_bytes; } llri_tok_room;
typedef struct llri_tok_sym { uint64_t hash; uint32_t start, n, prev, next; } llri_tok_sym;     /* n 0: merged into another */
typedef struct llri_todo { uint64_t key; uint32_t a, b; } llri_todo;                    /* smallest key first, then smallest a */

typedef struct llri_tok_job {
    const llr_vocab *v;
    llr_error *err;
    int32_t *out;
    size_t cap, n;                              /* ids found; the first cap are in out */
    size_t n_todo;
    int after_special;                          /* nothing or a special token precedes */
    const llr_span *user; size_t n_user;        /* where no control token is looked for; if there are any, none comes of plain text either */
    llri_tok_room todo, sym, word, norm, clean, off, codes, cut, at;
} llri_tok_job;

static void llri_tok_job_free(llri_tok_job *j) {
    llri_tok_room *rooms[9];
    size_t i;
    rooms[0] = &j->todo; rooms[1] = &j->sym; rooms[2] = &j->word; rooms[3] = &j->norm; rooms[4] = &j->clean;
    rooms[5] = &j->off; rooms[6] = &j->codes; rooms[7] = &j->cut; rooms[8] = &j->at;
    for (i = 0; i < LLRI_N_OF(rooms); i++) llri_free(&j->v->mem, rooms[i]->p, rooms[i]->n_bytes);
}

/* Room for n elements; what is there stays. */
static llr_status llri_tok_reserve(llri_tok_job *j, llri_tok_room *r, size_t n, size_t size) {
    size_t bytes, want;
    void *p;
    if (!llri_mul_size(n, size, &bytes)) return llri_nomem(j->err, "the text", SIZE_MAX);
    if (bytes <= r->n_bytes) return LLR_OK;
    want = bytes < 256 ? 256 : bytes;
    if (r->n_bytes && want < r->n_bytes + r->n_bytes / 2) want = r->n_bytes + r->n_bytes / 2;
    p = llri_alloc(&j->v->mem, want, 64);
    if (!p) return llri_nomem(j->err, "the text", want);
    if (r->n_bytes) memcpy(p, r->p, r->n_bytes);
    llri_free(&j->v->mem, r->p, r->n_bytes);
    r->p = p;
    r->n_bytes = want;
    return LLR_OK;
}

static inline void llri_tok_emit(llri_tok_job *j, int32_t id) {
    if (j->n < j->cap) j->out[j->n] = id;
    j->n++;
}

static llr_status llri_tok_unknown(llri_tok_job *j) {
    if (j->v->info.unk < 0)
        return llri_fail(j->err, LLR_E_UNSUPPORTED, "the text has characters that the vocabulary lacks, and it has no token for the "
                         "unknown");
    llri_tok_emit(j, j->v->info.unk);
    return LLR_OK;
}

static inline int llri_todo_less(const llri_todo *x, const llri_todo *y) {
    return x->key < y->key || (x->key == y->key && x->a < y->a);
}

static llr_status llri_todo_push(llri_tok_job *j, uint64_t key, uint32_t a, uint32_t b) {
    llri_todo *h, t;
    size_t i = j->n_todo, up;
    if ((i + 1) * sizeof *h > j->todo.n_bytes) {
        llr_status st = llri_tok_reserve(j, &j->todo, i + 1, sizeof *h);
        if (st != LLR_OK) return st;
    }
    h = (llri_todo *)j->todo.p;
    t.key = key; t.a = a; t.b = b;
    for (j->n_todo++; i; i = up) {
        up = (i - 1) / 2;
        if (!llri_todo_less(&t, &h[up])) break;
        h[i] = h[up];
    }
    h[i] = t;
    return LLR_OK;
}

static llri_todo llri_todo_pop(llri_tok_job *j) {
    llri_todo *h = (llri_todo *)j->todo.p, top = h[0], t = h[--j->n_todo];
    size_t n = j->n_todo, i = 0, down;
    for (; (down = 2 * i + 1) < n; i = down) {
        if (down + 1 < n && llri_todo_less(&h[down + 1], &h[down])) down++;
        if (!llri_todo_less(&h[down], &t)) break;
        h[i] = h[down];
    }
    h[i] = t;
    return top;
}

/* A token that a user's text must not become. */
static inline int llri_guarded(const llri_tok_job *j, uint32_t id) { return j->n_user && (j->v->attr[id] & LLRI_ATTR_GUARDED); }

static int32_t llri_plain_find(const llri_tok_job *j, llri_str s) {
    int32_t id = llri_vocab_find(j->v, s);
    return id >= 0 && llri_guarded(j, (uint32_t)id) ? -1 : id;
}

static uint32_t llri_piece_find(const llri_tok_job *j, llri_str s) {
    uint32_t i = llri_prefix_find(&j->v->piece, s);
    while (i != LLRI_NONE && llri_guarded(j, j->v->piece.id[i])) i = j->v->piece.link[i];
    return i;
}

/* --- SPM and BPE: merge neighbours, best first --- */
/* Rising with falling score; NaN last. */
static uint32_t llri_score_order(float f) {
    uint32_t u;
    if (f != f) return LLRI_NONE;
    f += 0.0f;                                  /* -0 and 0 are equal */
    memcpy(&u, &f, sizeof u);
    return u >> 31 ? u : 0x7fffffffu - u;       /* positive falls, negative rises in magnitude */
}

/* Puts the pair of symbols a and b on the list if it can be merged. */
static llr_status llri_merge_try(llri_tok_job *j, const uint8_t *text, uint32_t a, uint32_t b) {
    const llri_tok_sym *s = (const llri_tok_sym *)j->sym.p;
    uint32_t rank, n;
    if (a == LLRI_NONE || b == LLRI_NONE) return LLR_OK;
    n = s[a].n + s[b].n;
    if (j->v->kind == LLRI_TOK_SPM) {
        int32_t id = llri_plain_find(j, llri_slice(text + s[a].start, n));
        if (id < 0) return LLR_OK;
        rank = llri_score_order(llri_tok_score(j->v, (uint32_t)id));
    } else {
        llri_str l = llri_slice(text + s[a].start, s[a].n), r = llri_slice(text + s[b].start, s[b].n);
        rank = llri_merge_rank(j->v, l, s[a].hash, r, s[b].hash);
        if (rank == LLRI_NONE) return LLR_OK;
    }
    return llri_todo_push(j, (uint64_t)rank << 32 | a, b, n);
}

/* Cuts a text of n > 0 bytes into characters and merges them. The symbols are left in j->sym, linked from 0 by next. */
static llr_status llri_merge_all(llri_tok_job *j, const uint8_t *text, size_t n) {
    int bpe = j->v->kind == LLRI_TOK_BPE;
    llri_tok_sym *s;
    uint32_t i = 0;
    size_t at = 0, len;
    llr_status st = llri_tok_reserve(j, &j->sym, n, sizeof *s);
    if (st != LLR_OK) return st;
    s = (llri_tok_sym *)j->sym.p;
    for (; at < n; at += len, i++) {
        len = llri_utf8_announced(text[at]);
        if (len > n - at) len = n - at;
        s[i].start = (uint32_t)at;
        s[i].n = (uint32_t)len;
        s[i].prev = i ? i - 1 : LLRI_NONE;
        s[i].next = at + len < n ? i + 1 : LLRI_NONE;
        s[i].hash = bpe ? llri_hash_seeded(text + at, len, j->v->seed) : 0;
        if (i && (st = llri_merge_try(j, text, i - 1, i)) != LLR_OK) return st;
    }
    while (j->n_todo) {
        llri_todo t = llri_todo_pop(j);
        uint32_t a = (uint32_t)t.key, b = t.a;
        if (!s[a].n || !s[b].n || s[a].n + s[b].n != t.b) continue;     /* out of date */
        s[a].n = t.b;
        s[b].n = 0;
        s[a].next = s[b].next;
        if (s[b].next != LLRI_NONE) s[s[b].next].prev = a;
        if (bpe) s[a].hash = llri_hash_seeded(text + s[a].start, s[a].n, j->v->seed);
        if ((st = llri_merge_try(j, text, s[a].prev, a)) != LLR_OK) return st;
        if ((st = llri_merge_try(j, text, a, s[a].next)) != LLR_OK) return st;
    }
    return LLR_OK;
}

/* Emits the symbols; those that are no tokens byte by byte, or as unknown if SPM has no byte tokens. */
static llr_status llri_merge_emit(llri_tok_job *j, const uint8_t *text) {
    const llri_tok_sym *s = (const llri_tok_sym *)j->sym.p;
    uint32_t i, k;
    llr_status st;
    for (i = 0; i != LLRI_NONE; i = s[i].next) {
        int32_t id = llri_plain_find(j, llri_slice(text + s[i].start, s[i].n));
        if (id >= 0) { llri_tok_emit(j, id); continue; }
        for (k = 0; k < s[i].n; k++) {
            id = j->v->byte_id[text[s[i].start + k]];
            if (id >= 0) llri_tok_emit(j, id);
            if (id >= 0 || j->v->kind == LLRI_TOK_BPE) continue;             /* BPE drops what it cannot write */
            if ((st = llri_tok_unknown(j)) != LLR_OK) return st;
            break;
        }
    }
    return LLR_OK;
}

/* A copy in j->norm with U+2581 for spaces, after one more if `lead`. */
static llr_status llri_escape_spaces(llri_tok_job *j, const uint8_t *p, size_t n, int lead, size_t *n_out) {
    size_t i, k = 0;
    uint8_t *q;
    llr_status st = llri_tok_reserve(j, &j->norm, n + 1, 3);
    if (st != LLR_OK) return st;
    q = (uint8_t *)j->norm.p;
    if (lead) { memcpy(q, LLRI_META_SPACE, 3); k = 3; }
    for (i = 0; i < n; i++) {
        if (p[i] == ' ') { memcpy(q + k, LLRI_META_SPACE, 3); k += 3; }
        else q[k++] = p[i];
    }
    *n_out = k;
    return LLR_OK;
}

static llr_status llri_spm(llri_tok_job *j, const uint8_t *p, size_t n) {
    llr_status st = llri_escape_spaces(j, p, n, j->v->add_space && j->after_special, &n);
    if (st == LLR_OK) st = llri_merge_all(j, (const uint8_t *)j->norm.p, n);
    return st == LLR_OK ? llri_merge_emit(j, (const uint8_t *)j->norm.p) : st;
}

/* GPT-2's alphabet shows every byte as a printable character: most as themselves, the other 68 from U+0100 on. */
static uint32_t llri_byte_char(uint8_t b) {
    if ((b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b != 0xad)) return b;
    return b <= 0x20 ? 0x100u + b : b == 0xad ? 0x143u : 0x121u + b - 0x7f;
}

/* The byte of such a character, or -1. */
static int llri_char_byte(uint32_t cp) {
    if (cp < 0x100) return llri_byte_char((uint8_t)cp) == cp ? (int)cp : -1;
    if (cp <= 0x120) return (int)cp - 0x100;
    return cp <= 0x142 ? (int)cp - 0x121 + 0x7f : cp == 0x143 ? 0xad : -1;
}

/* One word. */
static llr_status llri_bpe_word(llri_tok_job *j, const uint8_t *p, size_t n) {
    llr_status st;
    size_t i, k = 0;
    int newlines = 1;
    if (!(j->v->flags & LLRI_PRE_RAW)) {
        uint8_t *q;
        if ((st = llri_tok_reserve(j, &j->word, n, 2)) != LLR_OK) return st;
        for (q = (uint8_t *)j->word.p, i = 0; i < n; i++) k += llri_utf8_put(q + k, llri_byte_char(p[i]));
        p = q;
        n = k;
    }
    for (i = 0; i < n && newlines; i++) newlines = p[i] == '\n';
    if ((j->v->flags & LLRI_PRE_WHOLE) || ((j->v->flags & LLRI_PRE_GEMMA4) && newlines)) {
        int32_t id = llri_plain_find(j, llri_slice(p, n));
        if (id >= 0) { llri_tok_emit(j, id); return LLR_OK; }
    }
    st = llri_merge_all(j, p, n);
    return st == LLR_OK ? llri_merge_emit(j, p) : st;
}

/* Valid UTF-8: p itself, or a copy in j->clean where each invalid byte is U+FFFD. */
static llr_status llri_clean_utf8(llri_tok_job *j, const uint8_t **p, size_t *n) {
    size_t i, k = 0, len;
    uint8_t *q;
    llr_status st;
    for (i = 0; i < *n && (len = llri_utf8_len(*p + i, *n - i)) != 0; i += len) { }
    if (i >= *n) return LLR_OK;
    if ((st = llri_tok_reserve(j, &j->clean, *n, 3)) != LLR_OK) return st;
    q = (uint8_t *)j->clean.p;
    for (i = 0; i < *n; i += len ? len : 1) {
        len = llri_utf8_len(*p + i, *n - i);
        if (len) memcpy(q + k, *p + i, len);
        else memcpy(q + k, "\xef\xbf\xbd", 3);
        k += len ? len : 3;
    }
    *p = q;
    *n = k;
    return LLR_OK;
}

static uint8_t llri_symbol_of(const llr_vocab *v, uint32_t cp, size_t *hint) {
    int cls;
    if (cp < 0x80) return (uint8_t)cp;
    cls = llri_uni_class(v->uni, cp, hint);
    if (llri_uni_is_space(cp, cls)) return '\v';
    return (uint8_t)(0x80 + cls + (llri_uni_in(llri_uni_han, LLRI_N_OF(llri_uni_han), cp) ? 8 : 0));
}

/* Cuts valid UTF-8 into words and merges each. */
static llr_status llri_bpe_words(llri_tok_job *j, const uint8_t *p, size_t n) {
    llri_cuts t;
    size_t i, len, k, hint = 0;
    int r;
    llr_status st = llri_tok_reserve(j, &j->off, n + 1, sizeof *t.off);
    if (st == LLR_OK) st = llri_tok_reserve(j, &j->codes, n + 1, 1);
    if (st == LLR_OK) st = llri_tok_reserve(j, &j->cut, n + 1, 1);
    if (st != LLR_OK) return st;
    t.text = p;
    t.off = (uint32_t *)j->off.p;
    t.sym = (uint8_t *)j->codes.p;
    t.cut = (uint8_t *)j->cut.p;
    for (t.n = 0, i = 0; i < n; i += len) {
        len = llri_utf8_announced(p[i]);
        t.off[t.n] = (uint32_t)i;
        t.sym[t.n++] = len == 1 ? p[i] : llri_symbol_of(j->v, llri_utf8_get(p + i, len), &hint);
    }
    t.off[t.n] = (uint32_t)n;
    memset(t.cut, 0, t.n + 1);
    for (r = 0; r < j->v->n_rx; r++) {
        if (j->v->rx[r].groups) llri_rx_cut_groups(j->v->rx[r].groups, &t);
        else llri_rx_cut(&j->v->rx[r], &t);
    }
    for (i = 0; i < t.n && st == LLR_OK; i = k) {
        k = llri_cuts_end(&t, i);
        st = llri_bpe_word(j, p + t.off[i], t.off[k] - t.off[i]);
    }
    return st;
}

static llr_status llri_bpe(llri_tok_job *j, const uint8_t *p, size_t n) {
    llr_status st;
    if (!n) return LLR_OK;
    if (j->v->escape) {
        if ((st = llri_escape_spaces(j, p, n, 0, &n)) != LLR_OK) return st;
        p = (const uint8_t *)j->norm.p;
    }
    st = llri_clean_utf8(j, &p, &n);
    return st == LLR_OK ? llri_bpe_words(j, p, n) : st;
}

/* `whitespace`: white space separates and is dropped. */
static llr_status llri_bpe_spaced(llri_tok_job *j, const uint8_t *p, size_t n) {
    size_t i, len, k = 0, hint = 0;
    uint8_t *q;
    llr_status st = llri_clean_utf8(j, &p, &n);
    if (st == LLR_OK) st = llri_tok_reserve(j, &j->norm, n + 1, 4);
    q = (uint8_t *)j->norm.p;
    for (i = 0; i < n && st == LLR_OK; i += len) {
        uint32_t cp;
        len = llri_utf8_announced(p[i]);
        cp = llri_utf8_get(p + i, len);
        if (llri_uni_is_space(cp, llri_uni_class(j->v->uni, cp, &hint))) {
            if (k) st = llri_bpe_words(j, q, k);
            k = 0;
        } else k += llri_utf8_put(q + k, j->v->lowercase ? llri_uni_tolower(j->v->uni, cp) : cp);
    }
    return st == LLR_OK && k ? llri_bpe_words(j, q, k) : st;
}

/* Where `what` begins in p, or n. */
static size_t llri_tok_search(const uint8_t *p, size_t n, const char *what) {
    size_t len = strlen(what), i;
    for (i = 0; i + len <= n; i++)
        if (memcmp(p + i, what, len) == 0) return i;
    return n;
}

#define LLRI_DNA_MARK "\xee\x80\x80"            /* U+E000 after a k-mer keeps it apart from a text that looks like it */

/* `hybriddna`: what stands in <dna>..</dna> is cut into groups of six letters, the last one filled with A. */
static llr_status llri_dna(llri_tok_job *j, const uint8_t *p, size_t n) {
    int32_t open = llri_find_text(j->v, "<dna>"), shut = llri_find_text(j->v, "</dna>"), oov = llri_find_text(j->v, "<oov>"), id;
    llr_status st;
    size_t at, end, i, k;
    if (open < 0 || shut < 0 || oov < 0 || llri_guarded(j, (uint32_t)open) || llri_guarded(j, (uint32_t)shut)) return llri_bpe(j, p, n);
    for (;;) {
        at = llri_tok_search(p, n, "<dna>");
        if ((st = llri_bpe(j, p, at)) != LLR_OK || at == n) return st;
        llri_tok_emit(j, open);
        p += at + 5;
        n -= at + 5;
        end = llri_tok_search(p, n, "</dna>");
        for (i = 0; i < end; i += 6) {
            char kmer[] = "AAAAAA" LLRI_DNA_MARK;
            for (k = 0; k < 6 && i + k < end; k++) kmer[k] = (char)(p[i + k] >= 'a' && p[i + k] <= 'z' ? p[i + k] - 32 : p[i + k]);
            id = llri_vocab_find(j->v, llri_slice(kmer, 9));
            llri_tok_emit(j, id >= 0 ? id : oov);
        }
        if (end == n) return LLR_OK;
        llri_tok_emit(j, shut);
        p += end + 6;
        n -= end + 6;
    }
}

/* --- WPM: words, each from the left with the longest token --- */
static llr_status llri_wpm_word(llri_tok_job *j, const uint8_t *s, size_t n) {
    size_t start = j->n, i;
    for (i = 0; i < n;) {
        uint32_t x = llri_piece_find(j, llri_slice(s + i, n - i));
        if (x == LLRI_NONE) {
            j->n = start;
            return llri_tok_unknown(j);
        }
        llri_tok_emit(j, (int32_t)j->v->piece.id[x]);
        i += llri_word(&j->v->text, j->v->piece.id[x]).n;
    }
    return LLR_OK;
}

/* Does this character form a word of its own? */
static int llri_wpm_alone(uint32_t cp, int cls) {
    return cls == LLRI_UC_P || (cls == LLRI_UC_S && cp < 0x7f) || llri_uni_in(llri_uni_wpm_han, LLRI_N_OF(llri_uni_wpm_han), cp);
}

static llr_status llri_wpm(llri_tok_job *j, const uint8_t *p, size_t n) {
    const llri_uni *u = j->v->uni;
    size_t i, len, k = 3, hint = 0;
    uint8_t *q;
    llr_status st = llri_clean_utf8(j, &p, &n);
    if (st == LLR_OK) st = llri_tok_reserve(j, &j->norm, n + 2, 4);
    q = (uint8_t *)j->norm.p;
    if (st == LLR_OK) memcpy(q, LLRI_META_SPACE, 3);                /* every word begins with it; k > 3: there is one */
    for (i = 0; i <= n && st == LLR_OK; i += len) {
        uint32_t cp = ' ';
        int cls, space, alone;
        len = i < n ? llri_utf8_announced(p[i]) : 1;
        if (i < n) cp = llri_utf8_get(p + i, len);
        if (j->v->strip_accents) cp = llri_uni_nfd_base(u, cp);
        cls = llri_uni_class(u, cp, &hint);
        space = llri_uni_is_space(cp, cls);
        alone = llri_wpm_alone(cp, cls);
        if ((space || alone) && k > 3) {
            st = llri_wpm_word(j, q, k);
            k = 3;
        }
        if (space || cp == 0 || cp == 0xfffd || cls == LLRI_UC_CONTROL || (cls == LLRI_UC_M && j->v->strip_accents)) continue;
        k += llri_utf8_put(q + k, j->v->lowercase ? llri_uni_tolower(u, cp) : cp);
        if (!alone || st != LLR_OK) continue;
        st = llri_wpm_word(j, q, k);
        k = 3;
    }
    return st;
}

/* --- UGM: normalise, then the segmentation with the best sum of scores (Viterbi) --- */
static uint32_t llri_unit(const llr_vocab *v, uint32_t i, int *ok) {
    if (i >= v->n_units) { *ok = 0; return 0; }
    return llri_rd32(v->charsmap + 4 * (size_t)i);
}

static uint32_t llri_unit_base(uint32_t u) { return (u >> 10) << ((u & 0x200) >> 6); }

/* The longest entry of the normalisation table that s begins with: its length (0: none) and its replacement. The table is
 * a double array (Kanda 2018) whose links are XORed. */
static llr_status llri_ugm_replace(llri_tok_job *j, llri_str s, size_t *len, llri_str *with) {
    const llr_vocab *v = j->v;
    const char *text;
    uint32_t node, u, at = 0;
    size_t i;
    const void *end;
    int ok = 1;
    *len = 0;
    node = llri_unit_base(llri_unit(v, 0, &ok));
    for (i = 0; i < s.n && s.p[i] && ok; i++) {
        node ^= (uint8_t)s.p[i];
        u = llri_unit(v, node, &ok);
        if ((u & 0x800000ffu) != (uint8_t)s.p[i]) break;
        node ^= llri_unit_base(u);
        if (!(u >> 8 & 1)) continue;
        *len = i + 1;
        at = llri_unit(v, node, &ok) & 0x7fffffff;
    }
    if (*len && at >= v->n_replace) ok = 0;
    if (!ok) return llri_fail(j->err, LLR_E_FORMAT, "tokenizer.ggml.precompiled_charsmap refers to entries beyond its end");
    if (!*len) return LLR_OK;
    text = (const char *)v->charsmap + llri_rd32(v->charsmap - 4) + at;
    end = memchr(text, 0, v->n_replace - at);
    if (!end || (const char *)end - text > 256)
        return llri_fail(j->err, LLR_E_FORMAT, "tokenizer.ggml.precompiled_charsmap has a replacement without an end or longer "
                         "than 256 bytes");
    *with = llri_slice(text, (size_t)((const char *)end - text));
    return LLR_OK;
}

/* Bytes that s has in common with the beginning of a user-defined token: they are not normalised. */
static size_t llri_ugm_literal(const llri_prefix *x, llri_str s) {
    size_t below, above = 0;
    uint32_t i = llri_prefix_below(x, s, &below), next = i == LLRI_NONE ? x->first[(uint8_t)s.p[0]] : i + 1;
    if (i == LLRI_NONE) below = 0;
    if (next < x->first[(uint8_t)s.p[0] + 1]) (void)llri_text_compare(llri_word(x->words, x->id[next]), s, &above);
    return below > above ? below : above;
}

/* What the text at s becomes, and how many bytes of it that replaces. */
static llr_status llri_ugm_next(llri_tok_job *j, llri_str s, llri_str *out, size_t *used) {
    llr_status st;
    *used = j->v->user.n ? llri_ugm_literal(&j->v->user, s) : 0;
    *out = llri_slice(s.p, *used);
    if (!*used && j->v->n_units) {
        if ((st = llri_ugm_replace(j, s, used, out)) != LLR_OK) return st;
        if (*used) return LLR_OK;
    }
    if (!*used) *used = llri_utf8_len((const uint8_t *)s.p, s.n);
    if (*used) *out = llri_slice(s.p, *used);
    else {
        *out = llri_slice("\xef\xbf\xbd", 3);
        *used = 1;
    }
    return LLR_OK;
}

/* Normalised text in j->norm. */
static llr_status llri_ugm_normalise(llri_tok_job *j, const uint8_t *p, size_t n, size_t *n_out) {
    size_t i, k = 0, c, used;
    int in_word = 0, begun = 0;
    llri_str s;
    llr_status st;
    for (i = 0; i < n; i += used) {
        if ((st = llri_ugm_next(j, llri_slice(p + i, n - i), &s, &used)) != LLR_OK) return st;
        if ((st = llri_tok_reserve(j, &j->norm, k + 3 * s.n + 3, 1)) != LLR_OK) return st;
        for (c = 0; c < s.n; c++) {
            uint8_t *q = (uint8_t *)j->norm.p;
            int space = s.p[c] == ' ', mark = !j->v->merge_spaces;
            if (!space) mark = !in_word && ((j->v->add_space && !begun) || j->v->merge_spaces);
            if (mark) { memcpy(q + k, LLRI_META_SPACE, 3); k += 3; }
            if (!space) { q[k++] = (uint8_t)s.p[c]; begun |= mark; }
            in_word = !space;
        }
    }
    *n_out = k;
    return LLR_OK;
}

typedef struct llri_ugm_best { double sum; int32_t id; uint32_t from; } llri_ugm_best;

static void llri_ugm_better(llri_ugm_best *b, size_t to, size_t from, double score, int32_t id) {
    double sum = b[from].sum + score;
    if (!(sum > b[to].sum)) return;
    b[to].sum = sum;
    b[to].id = id;
    b[to].from = (uint32_t)from;
}

/* Turns the chain from the end of the text round and emits it; neighbouring unknowns count once. */
static llr_status llri_ugm_emit(llri_tok_job *j, llri_ugm_best *b, size_t n) {
    uint32_t at = (uint32_t)n, next = LLRI_NONE, from;
    int unknown = 0;
    llr_status st;
    for (;;) {
        from = b[at].from;
        b[at].from = next;
        next = at;
        if (!from) break;
        at = from;
    }
    for (; at != LLRI_NONE; at = b[at].from) {
        int was = unknown;
        unknown = b[at].id == j->v->info.unk;
        if (!unknown) llri_tok_emit(j, b[at].id);
        else if (!was && (st = llri_tok_unknown(j)) != LLR_OK) return st;
    }
    return LLR_OK;
}

static llr_status llri_ugm(llri_tok_job *j, const uint8_t *p, size_t n) {
    const llr_vocab *v = j->v;
    const llri_prefix *x = &v->piece;
    llri_ugm_best *b;
    size_t i, len;
    llr_status st = llri_ugm_normalise(j, p, n, &n);
    if (st == LLR_OK) st = llri_tok_reserve(j, &j->sym, n + 1, sizeof *b);
    if (st != LLR_OK || !n) return st;
    b = (llri_ugm_best *)j->sym.p;
    p = (const uint8_t *)j->norm.p;
    for (i = 0; i <= n; i++) { b[i].sum = -1.7976931348623157e308; b[i].id = v->info.unk; b[i].from = 0; }
    b[0].sum = 0;
    for (i = 0; i < n; i += len) {
        uint32_t k = llri_piece_find(j, llri_slice(p + i, n - i));
        int single = 0;
        len = llri_utf8_announced(p[i]);
        if (len > n - i) len = n - i;
        for (; k != LLRI_NONE; k = x->link[k]) {
            size_t w = llri_word(x->words, x->id[k]).n;
            double score = v->attr[x->id[k]] & LLRI_ATTR_USER ? 0.0 : (double)llri_tok_score(v, x->id[k]);
            if (llri_guarded(j, x->id[k])) continue;
            llri_ugm_better(b, i + w, i, score, (int32_t)x->id[k]);
            single |= w == len;
        }
        if (!single) llri_ugm_better(b, i + len, i, (double)v->unknown_score, v->info.unk);
    }
    return llri_ugm_emit(j, b, n);
}

/* --- RWKV: always the longest token --- */
static llr_status llri_rwkv(llri_tok_job *j, const uint8_t *p, size_t n) {
    const llri_prefix *x = &j->v->piece;
    size_t i;
    llr_status st;
    for (i = 0; i < n;) {
        uint32_t k = llri_piece_find(j, llri_slice(p + i, n - i));
        if (k == LLRI_NONE) {
            if ((st = llri_tok_unknown(j)) != LLR_OK) return st;
            i++;
        } else {
            llri_tok_emit(j, (int32_t)x->id[k]);
            i += llri_word(x->words, x->id[k]).n;
        }
    }
    return LLR_OK;
}

/* --- PLaMo-2: the segmentation with the smallest cost, found from the end; of equal ones the longer first piece --- */
typedef struct llri_plamo_best { int64_t sum; int32_t id; uint32_t n; } llri_plamo_best;

/* The cost of a token: -10000 * score, rounded half away from zero; 0 if it must not be used. */
static int llri_plamo_cost(const llr_vocab *v, uint32_t id, int64_t *cost) {
    double s = (double)llri_tok_score(v, id) * 1e4;
    if (!(s > -2e7 && s < 2e9)) return 0;
    *cost = -(int64_t)(s < 0 ? s - 0.5 : s + 0.5);
    return *cost < 20000000;
}

static llr_status llri_plamo(llri_tok_job *j, const uint8_t *p, size_t n) {
    const llri_prefix *x = &j->v->piece;
    llri_plamo_best *c;
    size_t i, k;
    int64_t cost;
    llr_status st = llri_clean_utf8(j, &p, &n);
    if (st == LLR_OK) st = llri_tok_reserve(j, &j->sym, n + 1, sizeof *c);
    if (st != LLR_OK) return st;
    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) { p += 3; n -= 3; }        /* byte order mark */
    c = (llri_plamo_best *)j->sym.p;
    c[n].sum = 0;
    for (i = n; i-- > 0;) {
        uint32_t t;
        if ((p[i] & 0xc0) == 0x80) continue;
        c[i].sum = INT64_MAX;
        for (t = llri_prefix_find(x, llri_slice(p + i, n - i)); t != LLRI_NONE; t = x->link[t]) {
            size_t len = llri_word(x->words, x->id[t]).n;
            if ((i + len < n && (p[i + len] & 0xc0) == 0x80) || llri_guarded(j, x->id[t]) || !llri_plamo_cost(j->v, x->id[t], &cost)) continue;
            if (c[i + len].sum + cost >= c[i].sum) continue;
            c[i].sum = c[i + len].sum + cost;
            c[i].id = (int32_t)x->id[t];
            c[i].n = (uint32_t)len;
        }
        k = llri_utf8_announced(p[i]);
        if (c[i + k].sum + 10000000 >= c[i].sum) continue;
        c[i].sum = c[i + k].sum + 10000000;
        c[i].id = -1;
        c[i].n = (uint32_t)k;
    }
    for (i = 0; i < n; i += c[i].n) {
        if (c[i].id >= 0) { llri_tok_emit(j, c[i].id); continue; }
        for (k = i; k < i + c[i].n; k++) {
            if (j->v->byte_id[p[k]] >= 0) llri_tok_emit(j, j->v->byte_id[p[k]]);
            else if ((st = llri_tok_unknown(j)) != LLR_OK) return st;
        }
    }
    return LLR_OK;
}

static llr_status llri_tok_encode(llri_tok_job *j, const uint8_t *p, size_t n) {
    switch (j->v->kind) {
    case LLRI_TOK_SPM: return llri_spm(j, p, n);
    case LLRI_TOK_BPE: return j->v->dna ? llri_dna(j, p, n) : j->v->split_spaces ? llri_bpe_spaced(j, p, n) : llri_bpe(j, p, n);
    case LLRI_TOK_WPM: return llri_wpm(j, p, n);
    case LLRI_TOK_UGM: return llri_ugm(j, p, n);
    case LLRI_TOK_RWKV: return llri_rwkv(j, p, n);
    default: return llri_plamo(j, p, n);
    }
}

/* --- special tokens in the text ---
 * The rule is: for each special token, longest first, every occurrence from the left in what is still plain text. Here all
 * places are looked at once; each enters a list with the longest token that matches there, and falls back to the next
 * shorter one where that has come to overlap a token that was found before. */
enum { LLRI_AT_TEXT = 0, LLRI_AT_INSIDE, LLRI_AT_DROPPED, LLRI_AT_TOKEN };      /* LLRI_AT_TOKEN + id */

/* Bytes from `at` up to a user's text. */
static size_t llri_before_user(const llri_tok_job *j, size_t at) {
    size_t lo = 0, hi = j->n_user, mid;         /* the first span that ends behind `at` */
    while (lo < hi) {
        mid = lo + (hi - lo) / 2;
        if (j->user[mid].end <= at) lo = mid + 1; else hi = mid;
    }
    return lo == j->n_user ? SIZE_MAX : j->user[lo].begin > at ? j->user[lo].begin - at : 0;
}

/* Puts place `at` on the list with the longest token from x on that is allowed and has at most `room` bytes. */
static llr_status llri_special_push(llri_tok_job *j, uint32_t x, size_t at, size_t room, unsigned flags) {
    const llri_prefix *s = &j->v->special;
    size_t own = x == LLRI_NONE ? 0 : llri_before_user(j, at);
    for (; x != LLRI_NONE; x = s->link[x]) {
        size_t n = llri_word(s->words, s->id[x]).n;
        if (n > own && llri_guarded(j, s->id[x])) continue;
        if (n > room || (!(flags & LLR_TOK_PARSE) && (j->v->attr[s->id[x]] & (LLRI_ATTR_CONTROL | LLRI_ATTR_UNKNOWN)))) continue;
        return llri_todo_push(j, (uint64_t)(LLRI_NONE - n) << 32 | s->id[x], (uint32_t)at, x);
    }
    return LLR_OK;
}

static void llri_special_take(const llr_vocab *v, uint32_t *state, const uint8_t *p, size_t n, size_t at, uint32_t id) {
    size_t len = llri_word(&v->text, id).n, i;
    state[at] = LLRI_AT_TOKEN + id;
    for (i = 1; i < len; i++) state[at + i] = LLRI_AT_INSIDE;
    if (v->attr[id] & LLRI_ATTR_LSTRIP)
        for (i = at; i > 0 && !state[i - 1] && llri_ascii_space(p[i - 1]); i--) state[i - 1] = LLRI_AT_DROPPED;
    if (v->attr[id] & LLRI_ATTR_RSTRIP)
        for (i = at + len; i < n && !state[i] && llri_ascii_space(p[i]); i++) state[i] = LLRI_AT_DROPPED;
}

/* *state: what each byte belongs to, NULL if there is no special token. */
static llr_status llri_special_find(llri_tok_job *j, const uint8_t *p, size_t n, unsigned flags, uint32_t **state) {
    const llri_prefix *s = &j->v->special;
    llr_status st;
    size_t i, k, len;
    *state = NULL;
    for (i = 0; s->n && i < n; i++) {
        if (s->first[p[i]] == s->first[p[i] + 1]) continue;
        if ((st = llri_special_push(j, llri_prefix_find(s, llri_slice(p + i, n - i)), i, n, flags)) != LLR_OK) return st;
    }
    if (!j->n_todo) return LLR_OK;
    if ((st = llri_tok_reserve(j, &j->at, n, sizeof **state)) != LLR_OK) return st;
    *state = (uint32_t *)j->at.p;
    memset(*state, 0, n * sizeof **state);
    while (j->n_todo) {
        llri_todo t = llri_todo_pop(j);
        len = llri_word(s->words, s->id[t.b]).n;
        for (k = 0; k < len && !(*state)[t.a + k]; k++) { }
        if (k == len) llri_special_take(j->v, *state, p, n, t.a, s->id[t.b]);
        else if (k && (st = llri_special_push(j, s->link[t.b], t.a, k, flags)) != LLR_OK) return st;
    }
    return LLR_OK;
}

static llr_status llri_tokenize_text(llri_tok_job *j, const uint8_t *p, size_t n, unsigned flags) {
    uint32_t *state;
    size_t i, k;
    llr_status st = llri_special_find(j, p, n, flags, &state);
    j->after_special = 1;
    for (i = 0; i < n && st == LLR_OK; i = k) {
        uint32_t is = state ? state[i] : (uint32_t)LLRI_AT_TEXT;
        k = state ? i + 1 : n;
        if (is >= LLRI_AT_TOKEN) {
            llri_tok_emit(j, (int32_t)(is - LLRI_AT_TOKEN));
            j->after_special = 1;
        }
        if (is != LLRI_AT_TEXT) continue;
        while (k < n && state[k] == LLRI_AT_TEXT) k++;
        st = llri_tok_encode(j, p + i, k - i);
        j->after_special = 0;
    }
    return st;
}

/* The longest text of one call: positions are 32 bits wide, and a byte can become three. */
#define LLRI_TEXT_MAX ((size_t)1 << 29)

LLR_API llr_status llr_tokenize(const llr_vocab *v, const char *text, size_t n_bytes, unsigned flags,
                                int32_t *out, size_t cap, size_t *n_out, llr_error *err) {
    return llr_tokenize_spans(v, text, n_bytes, NULL, 0, flags, out, cap, n_out, err);
}

LLR_API llr_status llr_tokenize_spans(const llr_vocab *v, const char *text, size_t n_bytes, const llr_span *user, size_t n_user,
                                      unsigned flags, int32_t *out, size_t cap, size_t *n_out, llr_error *err) {
    llri_tok_job j;
    llr_status st;
    int add = (flags & LLR_TOK_SPECIAL) != 0, wpm;
    size_t i;
    if (!v || (!text && n_bytes) || (!out && cap) || (!user && n_user) || !n_out)
        return llri_fail(err, LLR_E_ARG, "llr_tokenize: an argument is NULL");
    for (i = 0; i < n_user; i++)
        if (user[i].begin >= user[i].end || user[i].end > n_bytes || (i && user[i].begin < user[i - 1].end))
            return llri_fail(err, LLR_E_ARG, "span %llu (%llu to %llu) is empty, out of order or beyond the %llu bytes of the text", (unsigned long long)i,
                             (unsigned long long)user[i].begin, (unsigned long long)user[i].end, (unsigned long long)n_bytes);
    if (n_bytes > LLRI_TEXT_MAX)
        return llri_fail(err, LLR_E_ARG, "the text has %llu bytes, more than %llu: split it", (unsigned long long)n_bytes,
                         (unsigned long long)LLRI_TEXT_MAX);
    memset(&j, 0, sizeof j);
    j.v = v;
    j.err = err;
    j.out = out;
    j.cap = cap;
    j.user = user;
    j.n_user = n_user;
    wpm = v->kind == LLRI_TOK_WPM;              /* always framed by CLS and SEP */
    if (v->kind == LLRI_TOK_RWKV || v->kind == LLRI_TOK_PLAMO2) add = 0;
    if (add && v->info.bos >= 0 && (wpm || v->info.add_bos)) llri_tok_emit(&j, v->info.bos);
    st = llri_tokenize_text(&j, (const uint8_t *)text, n_bytes, flags);
    if (add && wpm && v->info.sep >= 0) llri_tok_emit(&j, v->info.sep);
    if (add && !wpm && v->info.eos >= 0 && v->info.add_eos) llri_tok_emit(&j, v->info.eos);
    llri_tok_job_free(&j);
    if (st != LLR_OK) return st;
    if (llr_gguf_check(v->gguf, err)) return LLR_E_IO;
    *n_out = j.n;
    if (j.n <= cap) return LLR_OK;
    return llri_fail(err, LLR_E_FULL, "the text has %llu tokens, there is room for %llu", (unsigned long long)j.n,
                     (unsigned long long)cap);
}

/* --- back to text --- */
typedef struct llri_tok_out { char *p; size_t cap, n; } llri_tok_out;      /* n counts on when p is full */

static void llri_tok_put(llri_tok_out *o, const char *s, size_t n) {
    size_t room = o->n < o->cap ? o->cap - o->n : 0;
    if (room) memcpy(o->p + o->n, s, n < room ? n : room);
    o->n += n;
}

/* Spaces for U+2581. */
static void llri_tok_put_unescaped(llri_tok_out *o, llri_str s) {
    size_t i, from = 0;
    for (i = 0; i + 3 <= s.n; i++) {
        if (memcmp(s.p + i, LLRI_META_SPACE, 3) != 0) continue;
        llri_tok_put(o, s.p + from, i - from);
        llri_tok_put(o, " ", 1);
        from = i + 3;
        i += 2;
    }
    llri_tok_put(o, s.p + from, s.n - from);
}

/* Bytes for the characters of GPT-2's alphabet; others, which only broken files have, stay as they are. */
static void llri_tok_put_bytes(llri_tok_out *o, llri_str s) {
    size_t i, len;
    for (i = 0; i < s.n; i += len) {
        int b = -1;
        char c;
        len = llri_utf8_len((const uint8_t *)s.p + i, s.n - i);
        if (len) b = llri_char_byte(llri_utf8_get((const uint8_t *)s.p + i, len));
        else len = 1;
        c = (char)b;
        if (b < 0) llri_tok_put(o, s.p + i, len);
        else llri_tok_put(o, &c, 1);
    }
}

static void llri_tok_put_piece(llri_tok_out *o, const llr_vocab *v, int32_t id, int special) {
    unsigned attr;
    llri_str s;
    int b;
    char c;
    if (id < 0 || (size_t)id >= v->n) return;
    attr = v->attr[id];
    s = llri_word(v->kind == LLRI_TOK_RWKV ? &v->raw : &v->text, (size_t)id);
    if (!special && (attr & (LLRI_ATTR_CONTROL | LLRI_ATTR_UNKNOWN))) return;
    if (v->dna && s.n > 3 && memcmp(s.p + s.n - 3, LLRI_DNA_MARK, 3) == 0) s.n -= 3;
    if (v->kind == LLRI_TOK_RWKV || (attr & LLRI_ATTR_SPECIAL)) llri_tok_put(o, s.p, s.n);
    else if (attr & LLRI_ATTR_BYTE) {
        b = llri_byte_of_text(s);
        c = (char)b;
        if (b >= 0) llri_tok_put(o, &c, 1);
    } else if (v->kind == LLRI_TOK_PLAMO2) llri_tok_put(o, s.p, s.n);
    else if (!(attr & LLRI_ATTR_NORMAL)) return;
    else if (v->escape) llri_tok_put_unescaped(o, s);
    else if (v->flags & LLRI_PRE_RAW) llri_tok_put(o, s.p, s.n);
    else llri_tok_put_bytes(o, s);
}

LLR_API size_t llr_token_piece(const llr_vocab *v, int32_t id, int special, char *out, size_t cap) {
    llri_tok_out o;
    o.p = out;
    o.cap = out ? cap : 0;
    o.n = 0;
    if (v) llri_tok_put_piece(&o, v, id, special);
    return o.n;
}

/* " 's" " 'm" " 're" " 've": is the space before s[i] to go? */
static int llri_tidy_short(const char *s, size_t i, size_t n) {
    if (s[i] != '\'' || i + 1 >= n) return 0;
    if (s[i + 1] == 's' || s[i + 1] == 'm') return 1;
    return i + 2 < n && s[i + 2] == 'e' && (s[i + 1] == 'r' || s[i + 1] == 'v');
}

/* Takes out the spaces that the training text of some models did not have: before punctuation, around a lone apostrophe,
 * before contractions; in this order, as the models' own tokenizers do. Returns the new length. */
static size_t llri_tidy(char *s, size_t n) {
    size_t i, k;
    int pass;
    for (pass = 0; pass < 3; pass++) {
        for (i = k = 0; i < n; i++) {
            char c = s[i];
            int after_space = i > 0 && s[i - 1] == ' ';
            if (after_space && pass == 0 && (c == '?' || c == '!' || c == '.' || c == ',')) k--;
            if (after_space && pass == 1 && c == '\'' && i + 1 < n && s[i + 1] == ' ') {
                k--;
                s[++i] = 0;
            }
            if (after_space && pass == 2 && llri_tidy_short(s, i, n)) k--;
            s[k++] = c;
        }
        n = k;
    }
    return n;
}

LLR_API llr_status llr_detokenize(const llr_vocab *v, const int32_t *ids, size_t n, char *out, size_t cap,
                                  size_t *n_out, llr_error *err) {
    llri_tok_out o;
    size_t i, bytes = 0, len;
    if (!v || (!ids && n) || (!out && cap) || !n_out) return llri_fail(err, LLR_E_ARG, "llr_detokenize: an argument is NULL");
    for (i = 0; i < n; i++) {
        if (ids[i] < 0 || (size_t)ids[i] >= v->n)
            return llri_fail(err, LLR_E_ARG, "token %llu is %ld, the vocabulary has %ld tokens", (unsigned long long)i,
                             (long)ids[i], (long)v->info.n_tokens);
        len = llr_token_piece(v, ids[i], 1, NULL, 0);
        if (!llri_add_size(bytes, len, &bytes)) return llri_nomem(err, "the text", SIZE_MAX);
    }
    o.p = (char *)llri_alloc(&v->mem, bytes, 16);
    if (!o.p) return llri_nomem(err, "the text", bytes);
    o.cap = bytes;
    o.n = 0;
    for (i = 0; i < n; i++) {
        size_t before = o.n;
        llri_tok_put_piece(&o, v, ids[i], 1);
        if (i == 0 && v->add_space && o.n > before && o.p[0] == ' ') memmove(o.p, o.p + 1, --o.n);     /* the one that was added */
    }
    len = v->tidy ? llri_tidy(o.p, o.n) : o.n;
    if (len <= cap && len) memcpy(out, o.p, len);
    llri_free(&v->mem, o.p, bytes);
    if (llr_gguf_check(v->gguf, err)) return LLR_E_IO;
    *n_out = len;
    if (len <= cap) return LLR_OK;
    return llri_fail(err, LLR_E_FULL, "the text has %llu bytes, there is room for %llu", (unsigned long long)len,
                     (unsigned long long)cap);
}

/* --- the handle --- */
LLR_API void llr_vocab_free(llr_vocab *v) {
    llr_allocator mem;
    if (!v) return;
    mem = v->mem;
    llri_prefix_free(&v->special, &mem);
    llri_prefix_free(&v->piece, &mem);
    llri_prefix_free(&v->user, &mem);
    llri_free(&mem, v->raw_bytes, v->raw_room);
    llri_free(&mem, v->text.at, (v->text.n + 1) * sizeof *v->text.at);
    llri_free(&mem, v->merge.at, (v->merge.n + 1) * sizeof *v->merge.at);
    llri_free(&mem, v->raw.at, (v->n + 1) * sizeof *v->raw.at);
    llri_free(&mem, v->attr, v->n * sizeof *v->attr);
    llri_free(&mem, v->by_text.slot, v->by_text.n * sizeof *v->by_text.slot);
    llri_free(&mem, v->by_merge.slot, v->by_merge.n * sizeof *v->by_merge.slot);
    llri_free(&mem, v->uni, sizeof *v->uni);
    llri_free(&mem, v->rx, (size_t)v->n_rx * sizeof *v->rx);
    llri_free(&mem, v, sizeof *v);
}

/* The token of a line feed. */
static llr_status llri_vocab_newline(llr_vocab *v, llr_error *err) {
    int32_t ids[4];
    size_t n = 0;
    llr_status st;
    v->info.nl = v->kind == LLRI_TOK_SPM ? v->byte_id[10] : -1;
    if (v->kind != LLRI_TOK_SPM && v->kind != LLRI_TOK_WPM) {
        st = llr_tokenize(v, "\n", 1, 0, ids, 4, &n, err);
        if (st == LLR_E_NOMEM) return st;
        if (st == LLR_OK && n) v->info.nl = ids[0];
    }
    if (v->info.nl < 0) v->info.nl = v->info.pad;
    return LLR_OK;
}

LLR_API llr_status llr_vocab_new(llr_vocab **out, const llr_gguf *g, const llr_options *opt, llr_error *err) {
    llr_vocab *v;
    llr_status st;
    if (!out || !g) return llri_fail(err, LLR_E_ARG, "llr_vocab_new: an argument is NULL");
    v = (llr_vocab *)llri_calloc(llri_opt_mem(opt), sizeof *v, 64);
    if (!v) return llri_nomem(err, "the tokenizer", sizeof *v);
    v->mem = *llri_opt_mem(opt);
    v->gguf = g;
    v->seed = llri_hash(&v, sizeof v);
    st = llri_vocab_model(v, g, opt, err);
    if (st == LLR_OK) st = llri_vocab_tokens(v, g, err);
    if (st == LLR_OK) st = llri_vocab_merges(v, g, err);
    if (st == LLR_OK) {
        llri_vocab_special(v, g, opt);
        llri_vocab_strip(v, g);
        st = llri_vocab_tables(v, g, err);
    }
    if (st == LLR_OK) st = llri_vocab_newline(v, err);
    if (llr_gguf_check(g, err)) st = LLR_E_IO;
    if (st != LLR_OK) {
        llr_vocab_free(v);
        return st;
    }
    v->info.model = v->model;
    v->info.pre = v->pre;
    *out = v;
    return LLR_OK;
}

LLR_API int32_t llr_vocab_size(const llr_vocab *v) { return v ? v->info.n_tokens : 0; }

LLR_API void llr_vocab_describe(const llr_vocab *v, llr_vocab_info *out) { *out = v->info; }

LLR_API int llr_vocab_is_eog(const llr_vocab *v, int32_t id) {
    return v && id >= 0 && (size_t)id < v->n && (v->attr[id] & LLRI_ATTR_EOG) != 0;
}

LLR_API int llr_vocab_is_control(const llr_vocab *v, int32_t id) {
    return v && id >= 0 && (size_t)id < v->n && (v->attr[id] & LLRI_ATTR_CONTROL) != 0;
}
/* >>sampler ----------------------------------------------------------------------------------------------------------
 * From logits to a token, and from tokens to text. The chain keeps a list of candidates and narrows it: bans, penalties,
 * top-k, typical, top-p, min-p, temperature, then a draw. Nothing sorts a whole vocabulary unless everything that would
 * narrow it is off. Random numbers are PCG32 (O'Neill 2014), 53 bits of two outputs per token: a seed gives the same tokens
 * on every machine that gives the same logits, and this is meant to stay so.
 */
typedef struct llri_candidate { int32_t id; float logit; double p; } llri_candidate;   /* p: relative, see llri_weigh */

struct llr_sampler {
    llr_sampling how;
    llr_allocator mem;
    int32_t n_vocab;
    uint64_t state;                     /* of the random numbers */
    llri_candidate *list, *spare;       /* [n_vocab] each; spare only for typical sampling */
    uint8_t *banned; int n_banned;      /* [n_vocab] */
    uint32_t *counts;                   /* [n_vocab], of the tokens in `last`; only for penalties */
    int32_t *last; int n_last, at_last; /* ring of the penalty window */
};
#define LLRI_MAX_PENALTY_WINDOW (1 << 24)
enum { LLRI_MOST_TOP = 256 };          /* logits that are asked of a GPU; more are not worth it */

static uint32_t llri_random(llr_sampler *s)
{
    uint64_t old = s->state;
    uint32_t x = (uint32_t)((old >> 18 ^ old) >> 27), rot = (uint32_t)(old >> 59);
    s->state = old * 6364136223846793005u + 1442695040888963407u;
    return x >> rot | x << (-rot & 31);
}

static double llri_uniform(llr_sampler *s)      /* [0, 1) */
{
    uint32_t a = llri_random(s) >> 5, b = llri_random(s) >> 6;
    return ((double)a * 67108864.0 + (double)b) / 9007199254740992.0;
}

LLR_API int32_t llr_argmax(const float *logits, int32_t n)
{
    int32_t i, best = 0;
    float max = -HUGE_VALF;
    for (i = 0; logits && i < n; i++)
        if (logits[i] > max) {
            max = logits[i];
            best = i;
        }
    return best;
}

/* A number of the file, if it is there and within reason. */
static void llri_sampling_number(const llr_gguf *g, const char *name, double lo, double hi, float *out)
{
    char key[64];
    const llri_kv *kv;
    double v;
    llri_format(key, sizeof key, "general.sampling.%s", name);
    kv = llri_gguf_kv(g, key);
    if (kv && llri_kv_f64(kv, &v) && v >= lo && v <= hi) *out = (float)v;
}

LLR_API void llr_sampling_defaults(llr_sampling *out, const llr_gguf *g)
{
    float k = 40.0f, n = 64.0f;
    memset(out, 0, sizeof *out);
    out->temp = 0.8f;
    out->top_p = 0.95f;
    out->min_p = 0.05f;
    out->typical_p = 1.0f;
    out->repeat_penalty = 1.0f;
    if (g) {
        llri_sampling_number(g, "temp", -1.0, 1e6, &out->temp);
        llri_sampling_number(g, "top_k", -1.0, 1e6, &k);
        llri_sampling_number(g, "top_p", 0.0, 1.0, &out->top_p);
        llri_sampling_number(g, "min_p", 0.0, 1.0, &out->min_p);
        llri_sampling_number(g, "penalty_last_n", 0.0, 1e6, &n);
        llri_sampling_number(g, "penalty_repeat", 1e-3, 1e3, &out->repeat_penalty);
    }
    out->top_k = (int32_t)k;
    out->penalty_last_n = (int32_t)n;
}

LLR_API void llr_sampler_free(llr_sampler *s)
{
    llr_allocator mem;
    size_t n;
    if (!s) return;
    mem = s->mem;
    n = (size_t)s->n_vocab;
    llri_free(&mem, s->list, n * sizeof *s->list);
    llri_free(&mem, s->spare, n * sizeof *s->spare);
    llri_free(&mem, s->banned, n);
    llri_free(&mem, s->counts, n * sizeof *s->counts);
    llri_free(&mem, s->last, (size_t)s->how.penalty_last_n * sizeof *s->last);
    llri_free(&mem, s, sizeof *s);
}

static llr_status llri_check_sampling(const llr_sampling *h, llr_error *err)
{
    if (!llri_finite(h->temp) || h->top_p != h->top_p || h->min_p != h->min_p || h->typical_p != h->typical_p)
        return llri_fail(err, LLR_E_ARG, "sampling settings: temp must be finite, and top_p, min_p, typical_p numbers");
    if (!(h->repeat_penalty >= 1e-6f && h->repeat_penalty <= 1e6f) || !llri_finite(h->frequency_penalty) || !llri_finite(h->presence_penalty))
        return llri_fail(err, LLR_E_ARG, "sampling settings: repeat_penalty must be from 0.000001 to 1000000 (1: none), frequency_penalty and "
                         "presence_penalty finite (0: none)");
    if (h->penalty_last_n > LLRI_MAX_PENALTY_WINDOW)
        return llri_fail(err, LLR_E_ARG, "sampling settings: penalty_last_n %d; at most %d are possible", (int)h->penalty_last_n, LLRI_MAX_PENALTY_WINDOW);
    return LLR_OK;
}

/* A vocabulary of n_vocab is one of a loaded model: its products fit into size_t. */
LLR_API llr_status llr_sampler_new(llr_sampler **out, int32_t n_vocab, const llr_gguf *g, const llr_sampling *how, const llr_options *opt, llr_error *err)
{
    const llr_allocator *mem = llri_opt_mem(opt);
    const llri_kv *ban = g ? llri_gguf_kv(g, "tokenizer.ggml.suppress_tokens") : NULL;
    llr_sampler *s;
    llr_status st;
    size_t n = (size_t)n_vocab, bytes;
    uint64_t i, id;
    if (!out || !how || n_vocab < 1 || !llri_mul_size(n, 2 * sizeof *s->list, &bytes))
        return llri_fail(err, LLR_E_ARG, "llr_sampler_new: no place for the result, no settings, or a vocabulary of %d tokens", (int)n_vocab);
    st = llri_check_sampling(how, err);
    if (st != LLR_OK) return st;
    s = (llr_sampler *)llri_calloc(mem, sizeof *s, 16);
    if (!s) return llri_nomem(err, "a sampler", sizeof *s);
    s->how = *how;
    s->mem = *mem;
    s->n_vocab = n_vocab;
    if (s->how.penalty_last_n < 0 || (how->repeat_penalty == 1.0f && how->frequency_penalty == 0.0f && how->presence_penalty == 0.0f))
        s->how.penalty_last_n = 0;
    s->list = (llri_candidate *)llri_alloc(mem, n * sizeof *s->list, 16);
    if (how->typical_p < 1.0f) s->spare = (llri_candidate *)llri_alloc(mem, n * sizeof *s->spare, 16);
    s->banned = (uint8_t *)llri_calloc(mem, n, 16);
    if (s->how.penalty_last_n) s->counts = (uint32_t *)llri_calloc(mem, n * sizeof *s->counts, 16);
    s->last = (int32_t *)llri_alloc(mem, (size_t)s->how.penalty_last_n * sizeof *s->last, 16);
    if (!s->list || (how->typical_p < 1.0f && !s->spare) || !s->banned || (s->how.penalty_last_n && !s->counts) || !s->last) {
        bytes = n * (2 * sizeof *s->list + sizeof *s->counts + 1) + (size_t)s->how.penalty_last_n * sizeof *s->last;
        llr_sampler_free(s);
        return llri_nomem(err, "a sampler", bytes);
    }
    s->state = how->seed + 1442695040888963407u;
    (void)llri_random(s);
    for (i = 0; ban && i < ban->count; i++)
        if (llri_kv_elem_u64(ban, i, &id) && id < n) llr_sampler_ban(s, (int32_t)id);
    *out = s;
    return LLR_OK;
}

LLR_API void llr_sampler_ban(llr_sampler *s, int32_t id)
{
    if (id < 0 || id >= s->n_vocab || s->banned[id]) return;
    s->banned[id] = 1;
    s->n_banned++;
}

LLR_API void llr_sampler_accept(llr_sampler *s, int32_t id)
{
    int n = s->how.penalty_last_n;
    if (n == 0 || id < 0 || id >= s->n_vocab) return;
    if (s->n_last == n) s->counts[s->last[s->at_last]]--;
    else s->n_last++;
    s->last[s->at_last] = id;
    s->counts[id]++;
    s->at_last = (s->at_last + 1) % n;
}

/* Order: the larger logit first, then the lower id. */
static int llri_before(const llri_candidate *a, const llri_candidate *b)
{
    return a->logit > b->logit || (a->logit == b->logit && a->id < b->id);
}

static void llri_swap(llri_candidate *a, llri_candidate *b)
{
    llri_candidate t = *a;
    *a = *b;
    *b = t;
}

static void llri_heap_down(llri_candidate *h, int n, int i)     /* heap with the last in order on top */
{
    for (;;) {
        int c = 2 * i + 1;
        if (c >= n) return;
        if (c + 1 < n && llri_before(&h[c], &h[c + 1])) c++;
        if (!llri_before(&h[i], &h[c])) return;
        llri_swap(&h[i], &h[c]);
        i = c;
    }
}

/* The first k in order, sorted, to the front; returns how many they are. A heap of k, whatever the size of the list. */
static int llri_top(llri_candidate *c, int n, int k)
{
    int i;
    if (k > n) k = n;
    for (i = k / 2 - 1; i >= 0; i--) llri_heap_down(c, k, i);
    for (i = k; i < n; i++)
        if (llri_before(&c[i], &c[0])) {
            llri_swap(&c[0], &c[i]);
            llri_heap_down(c, k, 0);
        }
    for (i = k - 1; i > 0; i--) {
        llri_swap(&c[0], &c[i]);
        llri_heap_down(c, i, 0);
    }
    return k;
}

/* Keeps candidates with p >= least, in their order. */
static int llri_keep(llri_candidate *c, int n, double least)
{
    int i, k = 0;
    for (i = 0; i < n; i++) if (c[i].p >= least) c[k++] = c[i];
    return k;
}

/* p = e^((logit - largest) / temp): 1 for the best. Returns their sum, at least 1. */
static double llri_weigh(llri_candidate *c, int n, double temp)
{
    double sum = 0, max = c[0].logit;
    int i;
    for (i = 1; i < n; i++) if (c[i].logit > max) max = c[i].logit;
    for (i = 0; i < n; i++) sum += c[i].p = c[i].logit == max ? 1.0 : llri_exp((c[i].logit - max) / temp);
    return sum;
}

/* Locally typical sampling (Meister et al. 2022): those whose surprise is nearest to the entropy, until their probabilities
 * exceed p. What remains is in order of logits again. */
static int llri_typical(llri_candidate *c, llri_candidate *spare, int n, double p)
{
    double h = 0, sum = 0, total = llri_weigh(c, n, 1.0);
    int i, k;
    for (i = 0; i < n; i++) {
        c[i].p /= total;
        if (c[i].p > 0) h -= c[i].p * llri_ln(c[i].p);
    }
    for (i = 0; i < n; i++) {                               /* sorted as if they were logits: least distance first */
        spare[i].id = i;
        spare[i].p = c[i].p;
        spare[i].logit = c[i].p > 0 ? (float)-fabs(-llri_ln(c[i].p) - h) : -HUGE_VALF;
    }
    n = llri_top(spare, n, n);
    for (k = 0; k < n && sum <= p; k++) sum += spare[k].p;
    for (i = 0; i < k; i++) spare[i] = c[spare[i].id];
    memcpy(c, spare, (size_t)k * sizeof *c);
    return llri_top(c, k, k);
}

/* The shortest list of the most probable that reaches p of the whole. What has less than (1 - p) / n of it cannot be needed,
 * which leaves few to sort. */
static int llri_top_p(llri_candidate *c, int n, double p)
{
    double sum = 0, total = llri_weigh(c, n, 1.0);
    int i;
    n = llri_keep(c, n, (1.0 - p) * total / n);
    n = llri_top(c, n, n);
    for (i = 0; i < n - 1 && (sum += c[i].p) < p * total; i++) {}
    return i + 1;
}

static float llri_penalized(const llr_sampler *s, int32_t id, float l)
{
    uint32_t n = s->counts ? s->counts[id] : 0;
    if (n == 0) return l;
    l = l > 0 ? l / s->how.repeat_penalty : l * s->how.repeat_penalty;
    return l - (float)n * s->how.frequency_penalty - s->how.presence_penalty;
}

/* All candidates: what is banned, minus infinity or no number is none. */
static int llri_candidates(llr_sampler *s, const float *logits)
{
    int32_t id;
    int n = 0;
    for (id = 0; id < s->n_vocab; id++) {
        float l = logits[id];
        if (s->banned[id] || !(l > -HUGE_VALF)) continue;
        s->list[n].id = id;
        s->list[n].logit = llri_penalized(s, id, l < HUGE_VALF ? l : 3e38f);
        s->list[n++].p = 0;
    }
    return n;
}

/* Narrows the list; returns how many are left, at least one. */
static int llri_narrow(llr_sampler *s, int n)
{
    const llr_sampling *how = &s->how;
    llri_candidate *c = s->list;
    if (how->top_k > 0) n = llri_top(c, n, how->top_k);
    if (how->typical_p < 1.0f && n > 1) n = llri_typical(c, s->spare, n, how->typical_p);
    if (how->top_p < 1.0f && n > 1) n = llri_top_p(c, n, how->top_p > 0.0f ? how->top_p : 0.0);
    if (how->min_p > 0.0f && n > 1) {
        (void)llri_weigh(c, n, 1.0);
        n = llri_keep(c, n, how->min_p < 1.0f ? how->min_p : 1.0);
    }
    return n;
}

/* Draws from the list of n > 0. */
static int32_t llri_draw(llr_sampler *s, int n)
{
    llri_candidate *c = s->list;
    int i, best = 0;
    if (s->how.temp <= 0.0f) {
        for (i = 1; i < n; i++) if (c[i].logit > c[best].logit) best = i;
    } else {
        double u = llri_uniform(s), sum = 0;
        n = llri_narrow(s, n);
        u *= llri_weigh(c, n, s->how.temp);
        for (i = 0; i < n; i++)
            if (c[i].p > 0) {
                best = i;
                if ((sum += c[i].p) > u) break;
            }
    }
    return c[best].id;
}

LLR_API int32_t llr_sampler_sample(llr_sampler *s, const float *logits)
{
    int n = llri_candidates(s, logits);
    int32_t id = n ? llri_draw(s, n) : llr_argmax(logits, s->n_vocab);      /* nothing to choose from */
    llr_sampler_accept(s, id);
    return id;
}

/* How many of the largest logits are enough for the sampler; 0: it must see all. */
static int llri_enough(const llr_sampler *s)
{
    int k = s->how.temp <= 0.0f ? 1 : s->how.top_k;
    return k < 1 || k > LLRI_MOST_TOP || s->n_banned > LLRI_MOST_TOP - k || s->counts ? 0 : k + s->n_banned;
}
/* Logits from the GPU: 32 bits that are in the order of the numbers, above the complement of the id. Returns how many may be drawn. */
static int llri_candidates_of_keys(llr_sampler *s, const uint64_t *keys, int k)
{
    int i, n = 0;
    for (i = 0; i < k && keys[i]; i++) {
        const uint32_t u = (uint32_t)(keys[i] >> 32), id = ~(uint32_t)keys[i];
        if (id >= (uint32_t)s->n_vocab || s->banned[id]) continue;
        s->list[n].id = (int32_t)id;
        s->list[n].logit = llri_bits_to_f32(u >> 31 ? u & 0x7fffffffu : ~u);
        s->list[n++].p = 0;
    }
    return n;
}
LLR_API llr_status llr_session_sample(llr_session *s, llr_sampler *p, int32_t *id, float *logit, llr_error *err)
{
    const int k = s->far_logits && p->n_vocab <= s->m->n_vocab ? llri_enough(p) : 0;
    const float *logits;
    uint64_t keys[LLRI_MOST_TOP];
    llr_status st;
    int i, n = 0;
    if (k) {
        const llri_exec *e = &s->twin[0].exec;
        const int done = e->gpu->top(e->stream, s->far_logits, p->n_vocab, k, keys);
        st = llri_far_finish(s, err);
        if (st != LLR_OK) return st;
        if (done) n = llri_candidates_of_keys(p, keys, k);
    }
    if (n) {
        *id = llri_draw(p, n);
        for (i = 0; i < n; i++) if (p->list[i].id == *id) *logit = p->list[i].logit;
        llr_sampler_accept(p, *id);
        return LLR_OK;
    }
    st = llri_near_logits(s, err);
    if (st != LLR_OK) return st;
    logits = llr_session_logits(s);
    if (!logits) return llri_fail(err, LLR_E_ARG, "llr_session_sample: there are no logits");
    *id = llr_sampler_sample(p, logits);
    *logit = logits[*id];
    return LLR_OK;
}

/* --- text as it comes ------------------------------------------------------------------------------------------------- */
struct llr_stream {
    const llr_vocab *vocab;
    llr_allocator mem;
    char *stops; size_t *stop_end; size_t n_stops, stops_bytes;     /* stop strings one after another, and their ends */
    char *buf; size_t n, cap;           /* [4 * cap]: cap bytes that are held back, then room for the text given out */
    int stopped;
};

LLR_API void llr_stream_free(llr_stream *s)
{
    llr_allocator mem;
    if (!s) return;
    mem = s->mem;
    llri_free(&mem, s->stops, s->stops_bytes);
    llri_free(&mem, s->stop_end, s->n_stops * sizeof *s->stop_end);
    llri_free(&mem, s->buf, 4 * s->cap);
    llri_free(&mem, s, sizeof *s);
}

LLR_API llr_status llr_stream_new(llr_stream **out, const llr_vocab *v, const char *const *stops, size_t n_stops, const llr_options *opt, llr_error *err)
{
    const llr_allocator *mem = llri_opt_mem(opt);
    llr_stream *s;
    size_t i, n = 0;
    if (!out || (n_stops && !stops)) return llri_fail(err, LLR_E_ARG, "llr_stream_new: no place for the result, or no stop strings");
    for (i = 0; i < n_stops; i++) {
        if (!stops[i] || !*stops[i]) return llri_fail(err, LLR_E_ARG, "stop string %llu is empty", (unsigned long long)i + 1);
        if (!llri_add_size(n, strlen(stops[i]), &n)) return llri_fail(err, LLR_E_ARG, "the stop strings are too long");
    }
    s = (llr_stream *)llri_calloc(mem, sizeof *s, 16);
    if (!s) return llri_nomem(err, "a text stream", sizeof *s);
    s->vocab = v;
    s->mem = *mem;
    s->n_stops = n_stops;
    s->stops_bytes = n;
    s->cap = 64;
    s->stops = (char *)llri_alloc(mem, n, 1);
    s->stop_end = (size_t *)llri_alloc(mem, n_stops * sizeof *s->stop_end, 16);
    s->buf = (char *)llri_alloc(mem, 4 * s->cap, 1);
    if (!s->stops || !s->stop_end || !s->buf) {
        llr_stream_free(s);
        return llri_nomem(err, "a text stream", n);
    }
    for (i = 0, n = 0; i < n_stops; i++) {
        memcpy(s->stops + n, stops[i], strlen(stops[i]));
        s->stop_end[i] = n += strlen(stops[i]);
    }
    *out = s;
    return LLR_OK;
}

static llri_str llri_stop(const llr_stream *s, size_t i)
{
    llri_str r;
    size_t from = i ? s->stop_end[i - 1] : 0;
    r.p = s->stops + from;
    r.n = s->stop_end[i] - from;
    return r;
}

/* Where the first complete stop string begins (*complete = 1), or else the first that may become one at the end of the text;
 * n if there is none. */
static size_t llri_before_stop(const llr_stream *s, const char *p, size_t n, int *complete)
{
    size_t i, at;
    for (*complete = 1; *complete >= 0; --*complete)
        for (at = 0; at < n; at++)
            for (i = 0; i < s->n_stops; i++) {
                llri_str stop = llri_stop(s, i);
                size_t k = *complete ? stop.n : n - at;
                if (k <= stop.n && k <= n - at && memcmp(p + at, stop.p, k) == 0) return at;
            }
    *complete = 0;
    return n;
}

/* The bytes at s that belong together: a UTF-8 sequence (*state = 1), one that the end of the text cuts off (2), or the
 * longest start of one, which is no text (0). n > 0. */
static size_t llri_utf8_step(const char *text, size_t n, int *state)
{
    const uint8_t *s = (const uint8_t *)text;
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 || s[0] > 0xf4 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4, i;
    *state = 0;
    if (len == 0) return 1;
    for (i = 1; i < len && i < n; i++) {
        uint8_t lo = 0x80, hi = 0xbf;
        if (i == 1 && s[0] == 0xe0) lo = 0xa0;              /* overlong */
        if (i == 1 && s[0] == 0xf0) lo = 0x90;
        if (i == 1 && s[0] == 0xed) hi = 0x9f;              /* surrogates */
        if (i == 1 && s[0] == 0xf4) hi = 0x8f;              /* above U+10FFFF */
        if (s[i] < lo || s[i] > hi) return i;
    }
    *state = i == len ? 1 : 2;
    return i;
}

/* Gives out the first n of the bytes held back; what is no UTF-8 becomes U+FFFD. A sequence that is not complete stays, at the
 * end (last) it becomes U+FFFD too. */
static size_t llri_stream_give(llr_stream *s, size_t n, int last)
{
    char *out = s->buf + s->cap;
    size_t at, k, n_out = 0;
    int state;
    for (at = 0; at < n; at += k) {
        k = llri_utf8_step(s->buf + at, n - at, &state);
        if (state == 2 && !last) break;
        if (state == 1) memcpy(out + n_out, s->buf + at, k);
        else memcpy(out + n_out, "\xef\xbf\xbd", 3);
        n_out += state == 1 ? k : 3;
    }
    memmove(s->buf, s->buf + at, s->n - at);
    s->n -= at;
    return n_out;
}

/* Room for n more bytes: where they go, or NULL. */
static char *llri_stream_room(llr_stream *s, size_t n)
{
    if (n > s->cap - s->n) {
        size_t want, cap;
        char *buf;
        if (!llri_add_size(s->n, n, &want) || !llri_mul_size(want, 2, &cap) || !llri_mul_size(cap, 4, &want)) return NULL;
        buf = (char *)llri_alloc(&s->mem, want, 1);
        if (!buf) return NULL;
        memcpy(buf, s->buf, s->n);
        llri_free(&s->mem, s->buf, 4 * s->cap);
        s->buf = buf;
        s->cap = cap;
    }
    return s->buf + s->n;
}

/* n bytes have been put into the room; returns how many bytes of text can be given out now. */
static size_t llri_stream_added(llr_stream *s, size_t n)
{
    size_t safe;
    if (s->stopped) return 0;
    s->n += n;
    safe = llri_before_stop(s, s->buf, s->n, &s->stopped);
    if (s->stopped) s->n = safe;                            /* the stop string and what follows are dropped */
    return llri_stream_give(s, safe, s->stopped);
}

LLR_API llr_status llr_stream_put(llr_stream *s, int32_t id, const char **text, size_t *n_bytes, int *stopped, llr_error *err)
{
    size_t n = s->stopped ? 0 : llr_token_piece(s->vocab, id, 0, NULL, 0);
    char *to = llri_stream_room(s, n);
    if (!to) return llri_nomem(err, "text that is held back", n);
    if (n) (void)llr_token_piece(s->vocab, id, 0, to, n);
    *n_bytes = llri_stream_added(s, n);
    *text = s->buf + s->cap;
    *stopped = s->stopped;
    return LLR_OK;
}

LLR_API void llr_stream_end(llr_stream *s, const char **text, size_t *n_bytes)
{
    *n_bytes = llri_stream_give(s, s->n, 1);
    *text = s->buf + s->cap;
}

/* >>template ---------------------------------------------------------------------------------------------------------
 * Chat templates: a Jinja interpreter for what real templates use, with the meaning that Python gives it (jinja2 3.1 as
 * transformers sets it up: trim_blocks, lstrip_blocks, no escaping, break and continue). A template is parsed once into
 * nodes; every rendering then works in an arena of its own, which is freed at once. Templates come with model files and
 * are not trusted: steps, memory, output and nesting are bounded, so that an endless loop ends with an error.
 * Differences: lists may be changed (append, pop); filters that are lazy in Python give lists, which are true; integers have 64 bits;
 * case of letters is known for Latin, Greek, Cyrillic and Armenian.
 */
enum {
    LLRI_TPL_SOURCE = 1 << 20,          /* bytes of a template; real ones have 1 to 30 KB */
    LLRI_TPL_NEST = 200,                /* nested calls of the parser */
    LLRI_TPL_DEPTH = 220,               /* nested statements, operands and macro calls of a rendering */
    LLRI_TPL_VALUE_DEPTH = 100,         /* lists in lists: JSON, printing, comparing */
    LLRI_TPL_ARGS = 1024,               /* arguments of all calls in progress */
    LLRI_TPL_RANGE = 100000,            /* the limit of jinja2's sandbox, too */
    LLRI_TPL_STEPS = 10000000,          /* nodes visited, and work of about as much each: well below a second, and */
    LLRI_TPL_STEPS_PER_BYTE = 8,        /* more for long variables: templates may look at all messages for each */
    LLRI_TPL_STEP_BYTES = 32,           /* bytes moved that count as a step */
    LLRI_TPL_FLOATS = 10000,            /* numbers with a point in a template: reading them exactly takes time */
    LLRI_TPL_FLOAT_STEPS = 300,
    LLRI_TPL_INT_DIGITS = 4300,         /* as in Python */
    LLRI_TPL_MEMORY = 128 << 20,        /* bytes of values made in one rendering, and */
    LLRI_TPL_MEMORY_PER_BYTE = 32,      /* more for long variables */
    LLRI_TPL_OUTPUT = 32 << 20          /* bytes of text */
};

/* --- arena: many small pieces, freed at once --- */
typedef struct llri_chunk { struct llri_chunk *prev; size_t n_bytes, used; } llri_chunk;     /* used counts this header */
enum { LLRI_HEAP_TEXTS = 4 };
typedef struct llri_heap {
    const llr_allocator *mem;
    llri_chunk *top;
    llri_chunk *texts[LLRI_HEAP_TEXTS]; unsigned next_text;      /* the last long texts, that may grow */
    size_t total, limit;                /* bytes taken, and how many may be */
    int no_memory, over_limit;          /* why an allocation failed */
    int marking;                        /* see below */
    llri_str said;
    struct llri_mark **marks; size_t n_marks, cap_marks;
} llri_heap;

static void llri_heap_init(llri_heap *a, const llr_allocator *mem, size_t limit) {
    memset(a, 0, sizeof *a);
    a->mem = mem;
    a->limit = limit;
}

static void llri_heap_free(llri_heap *a) {
    while (a->top) {
        llri_chunk *prev = a->top->prev;
        llri_free(a->mem, a->top, a->top->n_bytes);
        a->top = prev;
    }
}

/* A chunk with room for n bytes, or up to `wish` if there is memory; not linked. NULL: see the flags. */
static llri_chunk *llri_heap_chunk(llri_heap *a, size_t n, size_t wish) {
    size_t size = wish, head = (sizeof(llri_chunk) + 15) & ~(size_t)15;
    llri_chunk *c;
    if (n > a->limit) { a->over_limit = 1; return NULL; }
    if (size < n + 256) size = n + 256;
    if (size > a->limit - a->total) size = a->limit - a->total;
    if (size < n + head) { a->over_limit = 1; return NULL; }
    c = (llri_chunk *)llri_alloc(a->mem, size, 16);
    if (!c) { a->no_memory = 1; return NULL; }
    c->n_bytes = size;
    c->used = head;
    a->total += size;
    return c;
}

static int llri_heap_grow(llri_heap *a, size_t n) {
    size_t wish = a->top ? 2 * a->top->n_bytes : 16384;
    llri_chunk *c = llri_heap_chunk(a, n, wish > 1 << 20 ? 1 << 20 : wish);
    if (!c) return 0;
    c->prev = a->top;
    a->top = c;
    return 1;
}

/* n bytes, not cleared; NULL: none left, see the flags of the arena. align: 1 for text, 8 for everything else. */
static void *llri_heap_get(llri_heap *a, size_t n, size_t align) {
    size_t at = a->top ? (a->top->used + align - 1) & ~(align - 1) : 0;
    if (!a->top || at > a->top->n_bytes || a->top->n_bytes - at < n) {
        if (!llri_heap_grow(a, n)) return NULL;
        at = a->top->used;
    }
    a->top->used = at + n;
    return (uint8_t *)a->top + at;
}

/* Room for a text of n bytes. Long ones get a chunk of their own and as much room again: if they grow piece by piece, as
 * templates like to build their output, they need not be moved each time. */
static char *llri_heap_text(llri_heap *a, size_t n) {
    llri_chunk *c;
    if (n < 2048) return (char *)llri_heap_get(a, n, 1);
    c = llri_heap_chunk(a, n, n < SIZE_MAX / 4 ? 2 * n + 256 : n);
    if (!c) return NULL;
    if (a->top) {
        c->prev = a->top->prev;
        a->top->prev = c;
    } else {
        c->prev = NULL;
        a->top = c;
    }
    a->texts[a->next_text++ % LLRI_HEAP_TEXTS] = c;
    c->used += n;
    return (char *)c + c->used - n;
}

/* Makes the text p[n] longer by `more` bytes where it lies, if it is the newest of its chunk and there is room. */
static int llri_heap_extend(llri_heap *a, const char *p, size_t n, size_t more) {
    size_t i;
    for (i = 0; i <= LLRI_HEAP_TEXTS; i++) {
        llri_chunk *c = i < LLRI_HEAP_TEXTS ? a->texts[i] : a->top;
        if (!c || p + n != (const char *)c + c->used || c->n_bytes - c->used < more) continue;
        c->used += more;
        return 1;
    }
    return 0;
}

/* --- which bytes the conversation has said ---
 * Control tokens are looked for in what the template writes itself, and nowhere else. So every byte is known as the
 * template's or the conversation's, through slices, filters and sums of texts. Values need not know it: the variables lie in
 * one place (`said`), and of every other text the marks are kept by address, a bit per byte, in pages found by a hash.
 * Where a text is copied, its marks are copied. */
enum { LLRI_MARK_BYTES = 4096 };
typedef struct llri_mark { uintptr_t page; uint8_t bits[LLRI_MARK_BYTES / 8]; } llri_mark;

/* Place of the page in the table, or where it would be. */
static size_t llri_mark_slot(const llri_heap *a, uintptr_t page) {
    size_t i = (size_t)(((uint64_t)page * 0x9e3779b97f4a7c15u) >> 32) & (a->cap_marks - 1);
    while (a->marks[i] && a->marks[i]->page != page) i = (i + 1) & (a->cap_marks - 1);
    return i;
}

static int llri_mark_grow(llri_heap *a) {
    size_t n = a->cap_marks, i;
    llri_mark **old = a->marks, **fresh = (llri_mark **)llri_heap_get(a, (n ? 2 * n : 64) * sizeof *fresh, 8);
    if (!fresh) return 0;
    a->marks = fresh;
    a->cap_marks = n ? 2 * n : 64;
    memset(fresh, 0, a->cap_marks * sizeof *fresh);
    for (i = 0; i < n; i++)
        if (old[i]) fresh[llri_mark_slot(a, old[i]->page)] = old[i];
    return 1;
}

/* Marks p[n] as said or not; 0: no memory. */
static int llri_mark_set(llri_heap *a, const char *p, size_t n, int said) {
    uintptr_t at = (uintptr_t)p, page;
    llri_mark *m;
    while (a->marking && n) {
        size_t i = at % LLRI_MARK_BYTES, room = LLRI_MARK_BYTES - i, end = i + (n < room ? n : room), slot;
        page = at / LLRI_MARK_BYTES;
        n -= end - i;
        at += end - i;
        slot = a->cap_marks ? llri_mark_slot(a, page) : 0;
        if (!a->cap_marks || !a->marks[slot]) {
            if (!said) continue;
            if (2 * a->n_marks >= a->cap_marks && !llri_mark_grow(a)) return 0;
            m = (llri_mark *)llri_heap_get(a, sizeof *m, 8);
            if (!m) return 0;
            memset(m, 0, sizeof *m);
            m->page = page;
            slot = llri_mark_slot(a, page);
            a->marks[slot] = m;
            a->n_marks++;
        }
        m = a->marks[slot];
        while (i < end) {
            if (i % 8 == 0 && end - i >= 8) { m->bits[i / 8] = said ? 0xff : 0; i += 8; continue; }
            m->bits[i / 8] = (uint8_t)((m->bits[i / 8] & ~(1u << i % 8)) | (unsigned)said << i % 8);
            i++;
        }
    }
    return 1;
}

/* How many of the n > 0 bytes at p are alike, and whether they were said. */
static size_t llri_mark_run(const llri_heap *a, const char *p, size_t n, int *said) {
    uintptr_t at = (uintptr_t)p, in = at - (uintptr_t)a->said.p;
    size_t i = at % LLRI_MARK_BYTES, begin = i, room = LLRI_MARK_BYTES - i, end = i + (n < room ? n : room);
    const llri_mark *m = a->cap_marks ? a->marks[llri_mark_slot(a, at / LLRI_MARK_BYTES)] : NULL;
    *said = in < a->said.n;
    if (*said) return n < a->said.n - in ? n : a->said.n - (size_t)in;
    if (!m) return end - begin;
    *said = m->bits[i / 8] >> i % 8 & 1;
    for (i++; i < end;) {
        if (i % 8 == 0 && end - i >= 8 && m->bits[i / 8] == (*said ? 0xff : 0)) i += 8;
        else if ((m->bits[i / 8] >> i % 8 & 1) == *said) i++;
        else break;
    }
    return i - begin;
}

static int llri_is_said(const llri_heap *a, const char *p) {
    int said = 0;
    if (a->marking) (void)llri_mark_run(a, p, 1, &said);
    return said;
}

static int llri_any_said(const llri_heap *a, const char *p, size_t n) {
    size_t run;
    int said = 0;
    for (; a->marking && n && !said; n -= run, p += run) run = llri_mark_run(a, p, n, &said);
    return said;
}

static int llri_mark_copy(llri_heap *a, const char *to, const char *from, size_t n) {
    size_t run;
    int said;
    for (; a->marking && n; n -= run, to += run, from += run) {
        run = llri_mark_run(a, from, n, &said);
        if (!llri_mark_set(a, to, run, said)) return 0;
    }
    return 1;
}

/* --- values --- */
typedef enum llri_kind {
    LLRI_V_MISSING, LLRI_V_UNDEF, LLRI_V_NONE, LLRI_V_BOOL, LLRI_V_INT, LLRI_V_BIG, LLRI_V_FLOAT, LLRI_V_STR, LLRI_V_LIST,
    LLRI_V_TUPLE, LLRI_V_DICT, LLRI_V_SPACE, LLRI_V_LOOP, LLRI_V_MACRO, LLRI_V_FUNC, LLRI_V_METHOD, LLRI_V_CYCLER, LLRI_V_JOINER
} llri_kind;

static const char *const llri_kind_names[] = {
    "missing", "undefined", "none", "bool", "int", "int", "float", "str", "list",
    "tuple", "dict", "namespace", "loop", "macro", "function", "method", "cycler", "joiner"
};

struct llri_list;
struct llri_dict;
/* MISSING: an argument that was not given. UNDEF: s[n] is the name that was not found. BIG: an integer of the variables
 * that does not fit 64 bits, as text s[n]. Strings are views: into the template, the variables or the arena. */
typedef struct llri_val {
    uint8_t kind, holder;               /* holder: of UNDEF, the kind that was asked for the name; of STR, 1: `safe`; of LIST, 1: lazy */
    uint32_t n;
    union { int64_t i; double f; const char *s; struct llri_list *list; struct llri_dict *dict; const void *p; } u;
} llri_val;

typedef struct llri_list { llri_val *v; uint32_t n, cap, at; } llri_list;          /* at: of cyclers and joiners */
typedef struct llri_pair { llri_val key, val; } llri_pair;
typedef struct llri_dict { llri_pair *v; uint32_t n, cap, n_slots; uint32_t *slots; } llri_dict;     /* in order; slots: hash */

static llri_val llri_v(llri_kind kind) {
    llri_val v;
    memset(&v, 0, sizeof v);
    v.kind = (uint8_t)kind;
    return v;
}

static llri_val llri_v_bool(int b) { llri_val v = llri_v(LLRI_V_BOOL); v.u.i = b != 0; return v; }
static llri_val llri_v_int(int64_t i) { llri_val v = llri_v(LLRI_V_INT); v.u.i = i; return v; }
static llri_val llri_v_float(double f) { llri_val v = llri_v(LLRI_V_FLOAT); v.u.f = f; return v; }
static llri_val llri_v_list(llri_kind kind, llri_list *l) { llri_val v = llri_v(kind); v.u.list = l; return v; }
static llri_val llri_v_dict(llri_kind kind, llri_dict *d) { llri_val v = llri_v(kind); v.u.dict = d; return v; }
static llri_val llri_v_ptr(llri_kind kind, const void *p) { llri_val v = llri_v(kind); v.u.p = p; return v; }

static llri_val llri_v_text(llri_kind kind, const char *s, size_t n) {
    llri_val v = llri_v(kind);
    v.n = (uint32_t)n;
    v.u.s = s;
    return v;
}

static llri_val llri_v_str(const char *s, size_t n) { return llri_v_text(LLRI_V_STR, s, n); }

static llri_val llri_v_undef(llri_str name, int holder) {
    llri_val v = llri_v_text(LLRI_V_UNDEF, name.p, name.n);
    v.holder = (uint8_t)holder;
    return v;
}

static llri_str llri_str_of(llri_val v) {
    llri_str s;
    s.p = v.u.s;
    s.n = v.n;
    return s;
}

/* A text marked by the filter `safe`: texts that are added to it are escaped for HTML, also in chat templates. */
static int llri_is_safe(llri_val v) { return v.kind == LLRI_V_STR && v.holder; }

static int llri_is_int(llri_val v) { return v.kind == LLRI_V_INT || v.kind == LLRI_V_BOOL; }
static int llri_is_num(llri_val v) { return v.kind >= LLRI_V_BOOL && v.kind <= LLRI_V_FLOAT; }
static int llri_is_seq(llri_val v) { return v.kind == LLRI_V_LIST || v.kind == LLRI_V_TUPLE; }
static int llri_is_text(llri_val v, const char *s) { return v.kind == LLRI_V_STR && llri_str_eq(llri_str_of(v), s); }

/* 0: no memory. */
static int llri_list_push(llri_heap *a, llri_list *l, llri_val v) {
    if (l->n == l->cap) {
        uint32_t cap = l->cap ? l->cap * 2 : 4;
        llri_val *p = cap > l->cap ? (llri_val *)llri_heap_get(a, cap * sizeof *p, 8) : NULL;
        if (!p) return 0;
        if (l->n) memcpy(p, l->v, l->n * sizeof *p);
        l->v = p;
        l->cap = cap;
    }
    l->v[l->n++] = v;
    return 1;
}

static llri_list *llri_list_new(llri_heap *a) {
    llri_list *l = (llri_list *)llri_heap_get(a, sizeof *l, 8);
    if (l) memset(l, 0, sizeof *l);
    return l;
}

static llri_dict *llri_dict_new(llri_heap *a) {
    llri_dict *d = (llri_dict *)llri_heap_get(a, sizeof *d, 8);
    if (d) memset(d, 0, sizeof *d);
    return d;
}

static double llri_parse_double(llri_str s);

static double llri_as_double(llri_val v) {
    return v.kind == LLRI_V_FLOAT ? v.u.f : v.kind == LLRI_V_BIG ? llri_parse_double(llri_str_of(v)) : (double)v.u.i;
}

/* Keys are equal as in Python: 1, 1.0 and True are one key. Tuples are told apart by comparing alone. */
static int llri_key_same(llri_val a, llri_val b, int depth) {
    uint32_t i;
    if (llri_is_num(a) && llri_is_num(b)) {
        if (llri_is_int(a) && llri_is_int(b)) return a.u.i == b.u.i;
        if (a.kind == LLRI_V_BIG && b.kind == LLRI_V_BIG) return llri_str_same(llri_str_of(a), llri_str_of(b));
        return llri_as_double(a) == llri_as_double(b);
    }
    if (a.kind != b.kind) return 0;
    if (a.kind == LLRI_V_STR) return llri_str_same(llri_str_of(a), llri_str_of(b));
    if (a.kind != LLRI_V_TUPLE) return a.kind == LLRI_V_NONE || a.kind == LLRI_V_UNDEF || a.u.p == b.u.p;
    if (a.u.list->n != b.u.list->n || depth == 0) return 0;
    for (i = 0; i < a.u.list->n; i++)
        if (!llri_key_same(a.u.list->v[i], b.u.list->v[i], depth - 1)) return 0;
    return 1;
}

static uint64_t llri_key_hash(const llri_dict *d, llri_val k) {
    int64_t i = 0;
    if (k.kind == LLRI_V_STR) return llri_hash_seeded(k.u.s, k.n, (uint64_t)(uintptr_t)d);
    if (llri_is_int(k)) i = k.u.i;
    else if (k.kind == LLRI_V_FLOAT && fabs(k.u.f) < 9e18) i = (int64_t)k.u.f;
    return llri_hash_seeded(&i, sizeof i, (uint64_t)(uintptr_t)d);
}

/* The place in slots of the key, or where it would be. */
static uint32_t llri_dict_slot(const llri_dict *d, llri_val k) {
    uint32_t mask = d->n_slots - 1, i = (uint32_t)llri_key_hash(d, k) & mask;
    while (d->slots[i] != UINT32_MAX && !llri_key_same(d->v[d->slots[i]].key, k, LLRI_TPL_VALUE_DEPTH)) i = (i + 1) & mask;
    return i;
}

/* Index of the key, or UINT32_MAX. Few keys are searched in order. */
static uint32_t llri_dict_find(const llri_dict *d, llri_val k) {
    uint32_t i;
    if (d->slots) return d->slots[llri_dict_slot(d, k)];
    for (i = 0; i < d->n; i++)
        if (llri_key_same(d->v[i].key, k, LLRI_TPL_VALUE_DEPTH)) return i;
    return UINT32_MAX;
}

static void llri_dict_reindex(llri_dict *d) {
    uint32_t i;
    if (!d->slots) return;
    memset(d->slots, 0xff, d->n_slots * sizeof *d->slots);
    for (i = 0; i < d->n; i++) d->slots[llri_dict_slot(d, d->v[i].key)] = i;
}

static int llri_dict_grow(llri_heap *a, llri_dict *d) {
    uint32_t cap = d->cap ? d->cap * 2 : 4;
    llri_pair *p = cap > d->cap ? (llri_pair *)llri_heap_get(a, cap * sizeof *p, 8) : NULL;
    if (!p) return 0;
    if (d->n) memcpy(p, d->v, d->n * sizeof *p);
    d->v = p;
    d->cap = cap;
    if (cap > 8) {
        uint32_t *slots = (uint32_t *)llri_heap_get(a, 2 * (size_t)cap * sizeof *slots, 8);
        if (!slots) { d->cap = d->n; return 0; }
        d->slots = slots;
        d->n_slots = 2 * cap;
        llri_dict_reindex(d);
    }
    return 1;
}

/* Adds or replaces; 0: no memory. */
static int llri_dict_put(llri_heap *a, llri_dict *d, llri_val key, llri_val val) {
    uint32_t i = llri_dict_find(d, key);
    if (i == UINT32_MAX) {
        if (d->n == d->cap && !llri_dict_grow(a, d)) return 0;
        i = d->n++;
        d->v[i].key = key;
        if (d->slots) {
            uint32_t mask = d->n_slots - 1, at = (uint32_t)llri_key_hash(d, key) & mask;
            while (d->slots[at] != UINT32_MAX) at = (at + 1) & mask;
            d->slots[at] = i;
        }
    }
    d->v[i].val = val;
    return 1;
}

static void llri_dict_remove(llri_dict *d, uint32_t i) {
    memmove(d->v + i, d->v + i + 1, (d->n - i - 1) * sizeof *d->v);
    d->n--;
    llri_dict_reindex(d);
}

/* --- numbers and text. strtod and printf obey the locale, so both ways are done here, exactly, with big integers. --- */
enum { LLRI_BIG_LIMBS = 136, LLRI_BIG_DIGITS = 780 };   /* 5^1074 * 2^53 has 80 limbs and 767 digits; parsing takes 119 */
typedef struct llri_big { uint32_t n, v[LLRI_BIG_LIMBS]; } llri_big;

static void llri_big_mul_add(llri_big *b, uint32_t mul, uint32_t add) {
    uint64_t carry = add;
    uint32_t i;
    for (i = 0; i < b->n; i++) {
        carry += (uint64_t)b->v[i] * mul;
        b->v[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && b->n < LLRI_BIG_LIMBS) b->v[b->n++] = (uint32_t)carry;
}

/* Divides and returns the remainder. */
static uint32_t llri_big_div(llri_big *b, uint32_t by) {
    uint64_t rest = 0;
    uint32_t i;
    for (i = b->n; i-- > 0;) {
        rest = rest << 32 | b->v[i];
        b->v[i] = (uint32_t)(rest / by);
        rest %= by;
    }
    while (b->n && !b->v[b->n - 1]) b->n--;
    return (uint32_t)rest;
}

static void llri_big_shift(llri_big *b, uint32_t bits) {
    uint32_t limbs = bits / 32, i;
    if (b->n + limbs >= LLRI_BIG_LIMBS) return;
    memmove(b->v + limbs, b->v, b->n * sizeof *b->v);
    for (i = 0; i < limbs; i++) b->v[i] = 0;
    b->n += limbs;
    llri_big_mul_add(b, (uint32_t)1 << bits % 32, 0);
}

static int llri_big_bits(const llri_big *b) {
    int bits = 32 * (int)b->n;
    uint32_t top = b->n ? b->v[b->n - 1] : 0;
    if (!top) return 0;
    for (; !(top & 0x80000000u); top <<= 1) bits--;
    return bits;
}

static int llri_big_bit(const llri_big *b, int i) { return i >= 0 && (uint32_t)i / 32 < b->n && (b->v[i / 32] >> (i % 32) & 1); }

/* All decimal digits of |x| (finite): 0.d0d1d2... * 10^*point; returns how many, without zeros at the end. */
static int llri_double_digits(double x, char *digits, int *point) {
    uint64_t u, m;
    llri_big b;
    int e, n = 0, i, last, shift = 0;
    memcpy(&u, &x, sizeof u);
    e = (int)(u >> 52 & 0x7ff);
    m = (u & 0xfffffffffffffu) | (e ? (uint64_t)1 << 52 : 0);
    e = (e ? e : 1) - 1075;
    *point = 0;
    if (!m) return 0;
    while (!(m & 1)) { m >>= 1; e++; }
    b.v[0] = (uint32_t)m;
    b.v[1] = (uint32_t)(m >> 32);
    b.n = b.v[1] ? 2 : 1;
    if (e > 0) llri_big_shift(&b, (uint32_t)e);
    for (; e < 0; e += i, shift += i) {                      /* m / 2^k = m * 5^k / 10^k */
        uint32_t five = 1;
        for (i = 0; i < 13 && i < -e; i++) five *= 5;
        llri_big_mul_add(&b, five, 0);
    }
    while (b.n) {                                            /* digits from the last to the first */
        uint32_t part = llri_big_div(&b, 1000000000u);
        for (i = 0; i < 9; i++, part /= 10) digits[n++] = (char)('0' + part % 10);
    }
    while (digits[n - 1] == '0') n--;
    for (i = 0; i < n / 2; i++) { char c = digits[i]; digits[i] = digits[n - 1 - i]; digits[n - 1 - i] = c; }
    *point = n - shift;
    for (last = n; digits[last - 1] == '0';) last--;
    return last;
}

/* 0.digits * 10^point to the nearest double, ties to even. */
static double llri_digits_double(const char *digits, int n, int point) {
    llri_big b;
    int i, k = n - point, bits, e, keep, shift, sticky = 0, scale = 0;
    uint64_t q = 0;
    if (n == 0 || point < -330) return 0.0;
    if (point > 310) return HUGE_VAL;
    b.n = 0;
    for (i = 0; i < n; i++) {
        if (b.n == 0) { b.v[0] = (uint32_t)(digits[i] - '0'); b.n = b.v[0] != 0; }
        else llri_big_mul_add(&b, 10, (uint32_t)(digits[i] - '0'));
    }
    for (; k < 0; k++) llri_big_mul_add(&b, 10, 0);
    if (k > 0) {                                             /* divide by 10^k, with 70 bits to spare */
        scale = k * 10 / 3 + 70 - llri_big_bits(&b);
        if (scale < 0) scale = 0;
        llri_big_shift(&b, (uint32_t)scale);
        for (; k >= 9; k -= 9) sticky |= llri_big_div(&b, 1000000000u) != 0;
        for (; k > 0; k--) sticky |= llri_big_div(&b, 10) != 0;
    }
    bits = llri_big_bits(&b);
    if (!bits) return 0.0;
    e = bits - 1 - scale;
    keep = e < -1022 ? 53 + 1022 + e : 53;                   /* subnormal numbers have fewer bits */
    if (keep < 0) return 0.0;
    shift = bits - keep;
    for (i = bits - 1; i >= shift; i--) q = q << 1 | (uint64_t)llri_big_bit(&b, i);
    for (i = shift - 2; i >= 0 && !sticky; i--) sticky = llri_big_bit(&b, i);
    if (llri_big_bit(&b, shift - 1) && (sticky || (q & 1))) q++;
    return e - keep + 1 > 971 || (e - keep + 1 == 971 && q >> 53) ? HUGE_VAL : llri_scale2((double)q, e - keep + 1);
}

/* [-]digits[.digits][e[+-]digits], as the callers have checked. */
static double llri_parse_double(llri_str s) {
    char digits[LLRI_BIG_DIGITS + 1] = "";
    int n = 0, point = 0, after = 0, sticky = 0, e = 0, negative = 0;
    size_t i = 0;
    double x;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) negative = s.p[i++] == '-';
    for (; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
        if (s.p[i] == '.') { after = 1; continue; }
        if (s.p[i] < '0' || s.p[i] > '9') continue;
        if (!after && (n || s.p[i] != '0') && point < 100000) point++;
        if (after && !n && s.p[i] == '0' && point > -100000) point--;
        if (n == 0 && s.p[i] == '0') continue;
        if (n < LLRI_BIG_DIGITS) digits[n++] = s.p[i];
        else sticky |= s.p[i] != '0';
    }
    if (i < s.n) {
        int minus = i + 1 < s.n && s.p[i + 1] == '-';
        for (i++; i < s.n; i++)
            if (s.p[i] >= '0' && s.p[i] <= '9' && e < 100000) e = e * 10 + (s.p[i] - '0');
        if (minus) e = -e;
    }
    if (sticky) digits[n - 1] = (char)(digits[n - 1] | 1);   /* '0' and up are even: never a tie, never a digit more */
    x = llri_digits_double(digits, n, point + e);
    return negative ? -x : x;
}

/* Rounds the n digits to `keep`, half to even; may add a digit in front (then *point grows). Returns the new count. */
static int llri_round_digits(char *digits, int n, int keep, int *point) {
    int i, up;
    if (keep < 0) return 0;
    if (keep >= n) return n;
    up = digits[keep] > '5' || (digits[keep] == '5' && (n > keep + 1 || (keep > 0 && (digits[keep - 1] & 1))));
    n = keep;
    if (up) {
        for (i = n - 1; i >= 0 && digits[i] == '9'; i--) n--;
        if (i >= 0) digits[i]++;
        else { digits[0] = '1'; n = 1; ++*point; }
    }
    while (n && digits[n - 1] == '0') n--;
    return n;
}

/* The shortest digits that are read back as x, and of these the nearest to it. */
static int llri_shortest_digits(double x, char *out, int *point) {
    char all[LLRI_BIG_DIGITS + 10], next[20];
    int n, k, at, p, q, m;
    n = llri_double_digits(x, all, &at);
    for (k = fabs(x) < 2.3e-308 ? 1 : 15; k < 17 && k < n; k++) {       /* 15 digits or fewer: rounding to 15 shows them */
        memcpy(next, all, (size_t)k + 1);
        if (n > k + 1 && next[k] == '5') next[k] = '6';      /* above the middle, not on it */
        p = q = at;
        m = llri_round_digits(next, k + 1, k, &p);
        memcpy(out, next, (size_t)m);
        if (llri_digits_double(out, m, p) == fabs(x)) break;
        memcpy(next, all, (size_t)k);                        /* the one above: below a power of two numbers lie closer */
        next[k] = '9';
        m = llri_round_digits(next, k + 1, k, &q);
        memcpy(out, next, (size_t)m);
        p = q;
        if (llri_digits_double(out, m, p) == fabs(x)) break;
    }
    if (k < 17 && k < n) { *point = p; return m; }
    *point = at;
    m = llri_round_digits(all, n, 17, point);
    memcpy(out, all, (size_t)m);
    return m;
}

static size_t llri_int_text(int64_t i, char *out) {         /* out: 24 bytes */
    char tmp[24];
    uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    size_t n = 0, k = 0;
    do { tmp[n++] = (char)('0' + u % 10); u /= 10; } while (u);
    if (i < 0) out[k++] = '-';
    while (n) out[k++] = tmp[--n];
    return k;
}

/* As Python's repr writes it: 0.1, 1e-05, 1e+16, inf. out: 32 bytes. */
static size_t llri_float_text(double x, char *out) {
    char digits[20];
    int n, point, i, e;
    size_t k = 0;
    if (x != x) { memcpy(out, "nan", 3); return 3; }
    if (x < 0 || (x == 0 && 1.0 / x < 0)) out[k++] = '-';
    if (fabs(x) > 1.7976931348623157e308) { memcpy(out + k, "inf", 3); return k + 3; }
    n = llri_shortest_digits(x, digits, &point);
    if (n == 0) { digits[0] = '0'; n = 1; point = 1; }
    e = point - 1;
    if (e >= -4 && e < 16) {
        if (point <= 0) { out[k++] = '0'; out[k++] = '.'; }
        for (i = point; i < 0; i++) out[k++] = '0';
        for (i = 0; i < n || i < point; i++) {
            if (i == point && i > 0) out[k++] = '.';
            out[k++] = i < n ? digits[i] : '0';
        }
        if (n <= point) { out[k++] = '.'; out[k++] = '0'; }
        return k;
    }
    out[k++] = digits[0];
    if (n > 1) out[k++] = '.';
    for (i = 1; i < n; i++) out[k++] = digits[i];
    out[k++] = 'e';
    out[k++] = e < 0 ? '-' : '+';
    e = e < 0 ? -e : e;
    if (e < 10) out[k++] = '0';
    return k + llri_int_text(e, out + k);
}

/* x with `places` digits after the point, as %f would. out: 310 + places bytes at least. */
static size_t llri_fixed_text(double x, int places, char *out) {
    char digits[LLRI_BIG_DIGITS + 10];
    int n, point, i;
    size_t k = 0;
    if (fabs(x) > 1.7976931348623157e308 || x != x) return llri_float_text(x, out);
    n = llri_double_digits(x, digits, &point);
    n = llri_round_digits(digits, n, point + places, &point);
    if (x < 0) out[k++] = '-';
    if (point <= 0) out[k++] = '0';
    for (i = 0; i < point; i++) out[k++] = i < n ? digits[i] : '0';
    if (places > 0) out[k++] = '.';
    for (i = point; i < point + places; i++) out[k++] = i >= 0 && i < n ? digits[i] : '0';
    return k;
}

/* An integer of digits alone, with sign; 0 if it does not fit. */
static int llri_parse_int(llri_str s, int64_t *out) {
    uint64_t u = 0, max = (uint64_t)INT64_MAX;
    size_t i = 0;
    int negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) i = 1;
    for (; i < s.n; i++) {
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (u > (max - digit) / 10) return 0;
        u = u * 10 + digit;
    }
    *out = negative ? -(int64_t)u : (int64_t)u;
    return 1;
}

/* Length of a number at p: [digits][.digits][e[+-]digits] with at least one digit; 0 if there is none. *is_float. */
static size_t llri_number_span(const char *p, size_t n, int *is_float) {
    size_t i = 0, k, whole;
    *is_float = 0;
    while (i < n && p[i] >= '0' && p[i] <= '9') i++;
    whole = i;
    if (i < n && p[i] == '.') {
        for (k = i + 1; k < n && p[k] >= '0' && p[k] <= '9';) k++;
        if (k > i + 1) { i = k; *is_float = 1; }
    }
    if (!whole && !*is_float) return 0;
    if (i < n && (p[i] == 'e' || p[i] == 'E')) {
        k = i + 1;
        if (k < n && (p[k] == '+' || p[k] == '-')) k++;
        if (k < n && p[k] >= '0' && p[k] <= '9') {
            while (k < n && p[k] >= '0' && p[k] <= '9') k++;
            i = k;
            *is_float = 1;
        }
    }
    return i;
}

/* --- characters --- */
/* Bytes of the character at p; broken UTF-8 counts byte by byte. n > 0. */
static size_t llri_char_len(const char *p, size_t n) {
    size_t len = llri_utf8_len((const uint8_t *)p, n);
    return len ? len : 1;
}

static uint32_t llri_char_at(const char *p, size_t len) { return len > 1 ? llri_utf8_get((const uint8_t *)p, len) : (uint8_t)*p; }

static int llri_py_space(uint32_t c) {
    return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static int llri_ends_line(uint32_t c) {                      /* for str.splitlines */
    return (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* Bytes of white space at the start and at the end of a text. */
static size_t llri_space_front(const char *p, size_t n) {
    size_t i = 0, len;
    for (; i < n; i += len) {
        len = llri_char_len(p + i, n - i);
        if (!llri_py_space(llri_char_at(p + i, len)) || (len == 1 && (uint8_t)p[i] >= 0x80)) break;
    }
    return i;
}

static size_t llri_last_char(const char *p, size_t n) {      /* bytes of the last character; n > 0 */
    size_t back = 1;
    while (back < 4 && back < n && ((uint8_t)p[n - back] & 0xc0) == 0x80) back++;
    return llri_utf8_len((const uint8_t *)p + n - back, back) == back ? back : 1;
}

static size_t llri_space_back(const char *p, size_t n) {
    size_t end = n, len;
    for (; end > 0; end -= len) {
        len = llri_last_char(p, end);
        if (!llri_py_space(llri_char_at(p + end - len, len)) || (len == 1 && (uint8_t)p[end - 1] >= 0x80)) break;
    }
    return n - end;
}

/* Bytes from p on that are ASCII, counted by eights. */
static size_t llri_ascii_run(const char *p, size_t n) {
    size_t i = 0;
    while (n - i >= 8 && !(llri_rd64(p + i) & 0x8080808080808080u)) i += 8;
    return i;
}

static size_t llri_count_chars(llri_str s) {
    size_t n = llri_ascii_run(s.p, s.n), i = n;
    for (; i < s.n; n++) i += llri_char_len(s.p + i, s.n - i);
    return n;
}

/* Letters with case: small from lo to hi, the capital is `by` below; by 0: they alternate, capital on even (1: on odd). */
static const struct { uint16_t lo, hi, by; uint8_t odd; } llri_cases[] = {
    { 0xe0, 0xf6, 32, 0 }, { 0xf8, 0xfe, 32, 0 }, { 0x100, 0x12f, 0, 0 }, { 0x132, 0x137, 0, 0 },
    { 0x139, 0x148, 0, 1 }, { 0x14a, 0x177, 0, 0 }, { 0x179, 0x17e, 0, 1 }, { 0x1cd, 0x1dc, 0, 1 }, { 0x1de, 0x1ef, 0, 0 },
    { 0x1f8, 0x21f, 0, 0 }, { 0x222, 0x233, 0, 0 }, { 0x3ac, 0x3ac, 38, 0 }, { 0x3ad, 0x3af, 37, 0 }, { 0x3b1, 0x3c1, 32, 0 },
    { 0x3c3, 0x3cb, 32, 0 }, { 0x3cc, 0x3cc, 64, 0 }, { 0x3cd, 0x3ce, 63, 0 }, { 0x430, 0x44f, 32, 0 }, { 0x450, 0x45f, 80, 0 },
    { 0x460, 0x481, 0, 0 }, { 0x48a, 0x4bf, 0, 0 }, { 0x4c1, 0x4ce, 0, 1 }, { 0x4d0, 0x52f, 0, 0 }, { 0x561, 0x586, 48, 0 },
    { 0x1e00, 0x1e95, 0, 0 }, { 0x1ea0, 0x1eff, 0, 0 }, { 0xff41, 0xff5a, 32, 0 }
};

static uint32_t llri_upper(uint32_t c) {
    size_t i;
    if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
    if (c == 0xff) return 0x178;
    for (i = 0; i < sizeof llri_cases / sizeof llri_cases[0]; i++)
        if (c >= llri_cases[i].lo && c <= llri_cases[i].hi)
            return llri_cases[i].by ? c - llri_cases[i].by : (c & 1) != llri_cases[i].odd ? c - 1 : c;
    return c;
}

static uint32_t llri_lower(uint32_t c) {
    size_t i;
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c == 0x178) return 0xff;
    if (c == 0x130 || c == 0x1e9e) return c == 0x130 ? 'i' : 0xdf;
    for (i = 0; i < sizeof llri_cases / sizeof llri_cases[0]; i++) {
        uint32_t by = llri_cases[i].by;
        if (by ? c + by >= llri_cases[i].lo && c + by <= llri_cases[i].hi : c >= llri_cases[i].lo && c <= llri_cases[i].hi)
            return by ? c + by : (c & 1) == llri_cases[i].odd ? c + 1 : c;
    }
    return c;
}

/* --- JSON to values. Texts without escapes are views into the source. --- */
/* why: NULL while all is well. steps: what a template may still spend on it, or NULL. */
typedef struct llri_json { llri_heap *mem; uint64_t *steps; const char *p, *end, *why; } llri_json;

static void llri_json_space(llri_json *j) {
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r')) j->p++;
}

static llri_val llri_json_fail(llri_json *j, const char *why) {
    if (!j->why) j->why = why;
    return llri_v(LLRI_V_NONE);
}

static int llri_hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of n hexadecimal digits at p, or -1. */
static int32_t llri_hex(const char *p, const char *end, int n) {
    int32_t v = 0;
    int i;
    if (end - p < n) return -1;
    for (i = 0; i < n; i++) {
        int d = llri_hex_digit(p[i]);
        if (d < 0 || v >> 27) return -1;
        v = v << 4 | d;
    }
    return v;
}

/* After the u of an escape: one or two units of UTF-16; a lone surrogate becomes U+FFFD. */
static int32_t llri_json_unit(llri_json *j) {
    int32_t c = llri_hex(j->p, j->end, 4), d;
    if (c < 0) return c;
    j->p += 4;
    if (c < 0xd800 || c > 0xdfff) return c;
    if (c < 0xdc00 && j->end - j->p >= 6 && j->p[0] == '\\' && j->p[1] == 'u') {
        d = llri_hex(j->p + 2, j->end, 4);
        if (d >= 0xdc00 && d <= 0xdfff) {
            j->p += 6;
            return 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
        }
    }
    return 0xfffd;
}

/* At the first character after the quote. */
static llri_val llri_json_string(llri_json *j) {
    const char *start = j->p, *escapes = "\"\\/bfnrt", *plain = "\"\\/\b\f\n\r\t", *e;
    char *out, *o;
    int32_t c;
    while (j->p < j->end && *j->p != '"' && *j->p != '\\') j->p++;
    if (j->p < j->end && *j->p == '"') return llri_v_str(start, (size_t)(j->p++ - start));
    for (e = j->p; e < j->end && *e != '"'; e++)             /* the text is no longer than its source */
        if (*e == '\\') e++;
    if (e >= j->end) return llri_json_fail(j, "a string without end");
    o = out = (char *)llri_heap_get(j->mem, (size_t)(e - start), 1);
    if (!out) return llri_json_fail(j, "no memory");
    for (j->p = start; j->p < e;) {
        if (*j->p != '\\') { *o++ = *j->p++; continue; }
        j->p += 2;
        if (j->p[-1] == 'u') {
            c = llri_json_unit(j);
            if (c < 0) return llri_json_fail(j, "\\u without four hexadecimal digits");
            o += llri_utf8_put((uint8_t *)o, (uint32_t)c);
        } else {
            const char *at = j->p[-1] ? strchr(escapes, j->p[-1]) : NULL;
            if (!at) return llri_json_fail(j, "an unknown escape");
            *o++ = plain[at - escapes];
        }
    }
    j->p = e + 1;
    if (!llri_mark_set(j->mem, out, (size_t)(o - out), llri_any_said(j->mem, start, (size_t)(e - start)))) return llri_json_fail(j, "no memory");
    return llri_v_str(out, (size_t)(o - out));
}

static llri_val llri_json_number(llri_json *j) {
    const char *start = j->p;
    int is_float;
    size_t n;
    int64_t i;
    if (*j->p == '-') j->p++;
    n = llri_number_span(j->p, (size_t)(j->end - j->p), &is_float);
    if (!n || j->p[0] == '.') return llri_json_fail(j, "a value expected");
    j->p += n;
    if (is_float && j->steps) {
        if (*j->steps < LLRI_TPL_FLOAT_STEPS) return llri_json_fail(j, "too many numbers");
        *j->steps -= LLRI_TPL_FLOAT_STEPS;
    }
    if (is_float) return llri_v_float(llri_parse_double(llri_slice(start, (size_t)(j->p - start))));
    if (llri_parse_int(llri_slice(start, (size_t)(j->p - start)), &i)) return llri_v_int(i);
    if (j->p - start > LLRI_TPL_INT_DIGITS) return llri_json_fail(j, "a number of too many digits");
    return llri_v_text(LLRI_V_BIG, start, (size_t)(j->p - start));
}

static llri_val llri_json_word(llri_json *j) {
    static const struct { const char *word; llri_kind kind; int b; } words[] = {
        { "true", LLRI_V_BOOL, 1 }, { "false", LLRI_V_BOOL, 0 }, { "null", LLRI_V_NONE, 0 }
    };
    size_t i, n;
    for (i = 0; i < sizeof words / sizeof words[0]; i++) {
        n = strlen(words[i].word);
        if ((size_t)(j->end - j->p) < n || memcmp(j->p, words[i].word, n)) continue;
        j->p += n;
        return words[i].kind == LLRI_V_BOOL ? llri_v_bool(words[i].b) : llri_v(LLRI_V_NONE);
    }
    return llri_json_number(j);
}

static llri_val llri_json_value(llri_json *j, int depth);

/* After the opening bracket, up to and with the closing one. */
static llri_val llri_json_list(llri_json *j, int depth) {
    llri_list *l = llri_list_new(j->mem);
    llri_json_space(j);
    if (!l) return llri_json_fail(j, "no memory");
    if (j->p < j->end && *j->p == ']') { j->p++; return llri_v_list(LLRI_V_LIST, l); }
    while (!j->why) {
        if (!llri_list_push(j->mem, l, llri_json_value(j, depth - 1))) return llri_json_fail(j, "no memory");
        llri_json_space(j);
        if (j->p < j->end && *j->p == ']') { j->p++; break; }
        if (j->p >= j->end || *j->p != ',') return llri_json_fail(j, "',' or ']' expected");
        j->p++;
    }
    return llri_v_list(LLRI_V_LIST, l);
}

static llri_val llri_json_object(llri_json *j, int depth) {
    llri_dict *d = llri_dict_new(j->mem);
    llri_val key;
    llri_json_space(j);
    if (!d) return llri_json_fail(j, "no memory");
    if (j->p < j->end && *j->p == '}') { j->p++; return llri_v_dict(LLRI_V_DICT, d); }
    while (!j->why) {
        llri_json_space(j);
        if (j->p >= j->end || *j->p != '"') return llri_json_fail(j, "a name in quotes expected");
        j->p++;
        key = llri_json_string(j);
        llri_json_space(j);
        if (j->why) break;
        if (j->p >= j->end || *j->p != ':') return llri_json_fail(j, "':' expected");
        j->p++;
        if (!llri_dict_put(j->mem, d, key, llri_json_value(j, depth - 1))) return llri_json_fail(j, "no memory");
        llri_json_space(j);
        if (j->p < j->end && *j->p == '}') { j->p++; break; }
        if (j->p >= j->end || *j->p != ',') return llri_json_fail(j, "',' or '}' expected");
        j->p++;
    }
    return llri_v_dict(LLRI_V_DICT, d);
}

static llri_val llri_json_value(llri_json *j, int depth) {
    llri_json_space(j);
    if (depth <= 0) return llri_json_fail(j, "too many nested lists");
    if (j->p >= j->end) return llri_json_fail(j, "a value expected");
    switch (*j->p) {
    case '"': j->p++; return llri_json_string(j);
    case '[': j->p++; return llri_json_list(j, depth);
    case '{': j->p++; return llri_json_object(j, depth);
    default: return llri_json_word(j);
    }
}

/* A whole text. *why: NULL, or what is wrong at *where. */
static llri_val llri_json_read(llri_heap *mem, uint64_t *steps, llri_str s, const char **why, size_t *where) {
    llri_json j;
    llri_val v;
    j.mem = mem;
    j.steps = steps;
    j.p = s.p;
    j.end = s.p + s.n;
    j.why = NULL;
    v = llri_json_value(&j, LLRI_TPL_VALUE_DEPTH);
    llri_json_space(&j);
    if (!j.why && j.p < j.end) llri_json_fail(&j, "more text after the value");
    *why = j.why;
    *where = (size_t)(j.p - s.p);
    return v;
}

/* --- nodes --- */
typedef enum llri_node_kind {
    /* values without operand on the left */
    LLRI_N_CONST, LLRI_N_NAME, LLRI_N_LIST, LLRI_N_TUPLE, LLRI_N_DICT, LLRI_N_HOLE,
    /* values whose first operand is a; see llri_tpl_eval */
    LLRI_N_ATTR, LLRI_N_ITEM, LLRI_N_SLICE, LLRI_N_CALL, LLRI_N_FILTER, LLRI_N_TEST, LLRI_N_BINARY, LLRI_N_COMPARE,
    LLRI_N_AND, LLRI_N_OR, LLRI_N_NOT, LLRI_N_SIGN, LLRI_N_COND,
    /* parts */
    LLRI_N_ARG, LLRI_N_PAIR, LLRI_N_OPERAND, LLRI_N_PARAM, LLRI_N_NSREF,
    /* statements */
    LLRI_N_TEXT, LLRI_N_PRINT, LLRI_N_IF, LLRI_N_BRANCH, LLRI_N_FOR, LLRI_N_SET, LLRI_N_SETBLOCK, LLRI_N_MACRO, LLRI_N_CALLBLOCK,
    LLRI_N_FILTERBLOCK, LLRI_N_WITH, LLRI_N_DO, LLRI_N_BREAK, LLRI_N_CONTINUE, LLRI_N_PLAIN
} llri_node_kind;

struct llri_row;
typedef struct llri_node {
    uint8_t kind, flag;
    uint16_t op;                        /* of BINARY, COMPARE: the operator as the lexer gives it */
    uint32_t at, name;                  /* place in the source; a variable's number */
    const struct llri_node *up;         /* the node whose a this is */
    struct llri_node *a, *b, *c, *d;    /* operands, targets, conditions */
    struct llri_node *list, *other, *next;      /* arguments or body; else part; the next of a list */
    const struct llri_row *row;         /* of a filter or test; NULL: not known */
    llri_val value;                     /* a constant; the name of an attribute, filter, argument */
} llri_node;

enum { LLRI_ARG_SPLAT = 1, LLRI_ARG_SPLAT_DICT = 2 };                              /* flag of ARG */
enum { LLRI_MACRO_VARARGS = 1, LLRI_MACRO_KWARGS = 2, LLRI_MACRO_CALLER = 4 };     /* flag of MACRO: what its body uses */

struct llr_template {
    llr_allocator mem;
    llri_heap arena;
    llri_str src;                       /* with \n as the only line end */
    llri_str *names; uint32_t n_names, cap_names;       /* of variables */
    llri_map name_map;
    llri_node *body;
};

/* --- errors: place in the template and sentence --- */
static void llri_tpl_where(llri_str src, uint32_t at, unsigned *line, unsigned *column) {
    size_t i = 0;
    *line = *column = 1;
    if (at > src.n) at = (uint32_t)src.n;
    while (i < at) {
        if (src.p[i] == '\n') { ++*line; *column = 1; } else ++*column;
        i += llri_char_len(src.p + i, src.n - i);
    }
}

static llr_status llri_tpl_error(llr_error *err, llri_str src, uint32_t at, const char *fmt, va_list args) LLRI_PRINTF(4, 0);
static llr_status llri_tpl_error(llr_error *err, llri_str src, uint32_t at, const char *fmt, va_list args) {
    char what[440];
    unsigned line, column;
    llri_vformat(what, sizeof what, fmt, args);
    llri_tpl_where(src, at, &line, &column);
    return llri_fail(err, LLR_E_UNSUPPORTED, "template line %u, column %u: %s", line, column, what);
}

/* --- lexer --- */
typedef enum llri_tok { LLRI_T_END, LLRI_T_NAME, LLRI_T_STRING, LLRI_T_NUMBER, LLRI_T_OP, LLRI_T_CLOSE } llri_tok;

#define LLRI_OP2(a, b) ((uint16_t)((a) | (b) << 8))
enum { LLRI_OP_IN = 1, LLRI_OP_NOT_IN = 2 };            /* operators that are words */

typedef struct llri_lex {
    size_t at;                          /* behind the current token */
    uint32_t tok_at;
    int balance;                        /* open brackets: as long as there are any, the tag does not end */
    uint8_t tok;
    uint16_t op;
    llri_str text;                      /* of a name */
    llri_val value;                     /* of a string or number */
} llri_lex;

typedef struct llri_parser {
    llr_template *t;
    llr_error *err;
    llr_status status;
    llri_lex x;                         /* the current token; all of the lexer's state */
    int depth, in_loop, n_floats, line_start;     /* line_start: the text that follows begins a line */
    int in_block;                       /* the tag is {% %}, not {{ }} */
    unsigned uses;                      /* LLRI_MACRO_ flags of the macro that is read */
} llri_parser;

static void llri_parse_fail_at(llri_parser *p, uint32_t at, const char *fmt, ...) LLRI_PRINTF(3, 4);
static void llri_parse_fail_at(llri_parser *p, uint32_t at, const char *fmt, ...) {
    va_list args;
    if (p->status) return;
    va_start(args, fmt);
    p->status = llri_tpl_error(p->err, p->t->src, at, fmt, args);
    va_end(args);
    p->x.tok = LLRI_T_END;
}

static void *llri_parse_get(llri_parser *p, size_t n, size_t align) {
    void *m = p->status ? NULL : llri_heap_get(&p->t->arena, n, align);
    if (!m && !p->status) {
        p->status = llri_nomem(p->err, "a template", n);
        p->x.tok = LLRI_T_END;
    }
    return m;
}

static int llri_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (uint8_t)c >= 0x80;
}

/* One escape after the backslash at s[i]; writes to *o and returns the index after it. Python's unicode-escape. */
static size_t llri_string_escape(llri_str s, size_t i, char **o) {
    static const char codes[] = "ntrbfva\\'\"", plain[] = "\n\t\r\b\f\v\a\\'\"";
    const char *at = s.p[i] ? strchr(codes, s.p[i]) : NULL;
    int digits = s.p[i] == 'x' ? 2 : s.p[i] == 'u' ? 4 : s.p[i] == 'U' ? 8 : 0, k;
    int32_t c = 0;
    if (at) { *(*o)++ = plain[at - codes]; return i + 1; }
    if (s.p[i] == '\n') return i + 1;
    if (digits && (c = llri_hex(s.p + i + 1, s.p + s.n, digits)) >= 0 && c < 0x110000) {
        *o += llri_utf8_put((uint8_t *)*o, (uint32_t)(c >= 0xd800 && c <= 0xdfff ? 0xfffd : c));
        return i + 1 + (size_t)digits;
    }
    if (s.p[i] >= '0' && s.p[i] <= '7') {
        for (c = 0, k = 0; k < 3 && i < s.n && s.p[i] >= '0' && s.p[i] <= '7'; k++, i++) c = c * 8 + (s.p[i] - '0');
        *o += llri_utf8_put((uint8_t *)*o, (uint32_t)c);
        return i;
    }
    *(*o)++ = '\\';
    *(*o)++ = s.p[i];
    return i + 1;
}

static void llri_lex_string(llri_parser *p) {
    llri_str src = p->t->src, in;
    size_t start = p->x.at + 1, end = start, i;
    char quote = src.p[p->x.at], *out, *o;
    int escapes = 0;
    for (; end < src.n && src.p[end] != quote; end++)
        if (src.p[end] == '\\') { escapes = 1; end++; }
    if (end >= src.n) { llri_parse_fail_at(p, p->x.tok_at, "a string without end"); return; }
    p->x.at = end + 1;
    p->x.tok = LLRI_T_STRING;
    in = llri_slice(src.p + start, end - start);
    p->x.value = llri_v_str(in.p, in.n);
    if (!escapes) return;
    o = out = (char *)llri_parse_get(p, in.n, 1);            /* no escape is longer than its source */
    if (!out) return;
    for (i = 0; i < in.n;) {
        if (in.p[i] == '\\') i = llri_string_escape(in, i + 1, &o);
        else *o++ = in.p[i++];
    }
    p->x.value = llri_v_str(out, (size_t)(o - out));
}

static int llri_digit(char c) { return c >= '0' && c <= '9'; }

/* 12, 1_000, 1.5, 2e3, 0x1f. */
static void llri_lex_number(llri_parser *p) {
    llri_str src = p->t->src;
    size_t i = p->x.at, n = 0, span;
    char *out;
    int is_float, base = 10, d;
    int64_t v = 0;
    if (src.p[i] == '0' && i + 1 < src.n)
        base = (src.p[i + 1] | 32) == 'x' ? 16 : (src.p[i + 1] | 32) == 'o' ? 8 : (src.p[i + 1] | 32) == 'b' ? 2 : 10;
    p->x.tok = LLRI_T_NUMBER;
    if (base != 10) {
        for (i += 2; i < src.n && ((d = llri_hex_digit(src.p[i])) >= 0 || src.p[i] == '_'); i++) {
            if (src.p[i] == '_') continue;
            if (d >= base || v > INT64_MAX / 16) { llri_parse_fail_at(p, p->x.tok_at, "a number that cannot be read"); return; }
            v = v * base + d;
        }
        p->x.value = llri_v_int(v);
        p->x.at = i;
        return;
    }
    while (i < src.n && (llri_digit(src.p[i]) || (src.p[i] == '_' && i + 1 < src.n && llri_digit(src.p[i + 1])))) i++;
    span = i - p->x.at;
    out = (char *)llri_parse_get(p, span + 1, 1);
    if (!out) return;
    for (i = 0; i < span; i++)
        if (src.p[p->x.at + i] != '_') out[n++] = src.p[p->x.at + i];
    i = llri_number_span(src.p + p->x.at, src.n - p->x.at, &is_float);
    if (is_float && p->n_floats++ >= LLRI_TPL_FLOATS)
        llri_parse_fail_at(p, p->x.tok_at, "more than %d numbers with a point", (int)LLRI_TPL_FLOATS);
    else if (is_float) p->x.value = llri_v_float(llri_parse_double(llri_slice(src.p + p->x.at, span = i)));
    else if (llri_parse_int(llri_slice(out, n), &v)) p->x.value = llri_v_int(v);
    else if (n > LLRI_TPL_INT_DIGITS) llri_parse_fail_at(p, p->x.tok_at, "a number of too many digits");
    else p->x.value = llri_v_text(LLRI_V_BIG, out, n);
    p->x.at += span;
}

/* Is the end of the tag here? Then moves behind it and the white space that it takes along. */
static int llri_lex_close(llri_parser *p) {
    llri_str src = p->t->src;
    size_t i = p->x.at, rest = src.n - i;
    char brace = p->in_block ? '%' : '}', sign = 0;
    if (p->x.balance) return 0;
    if (src.p[i] == '-' || (src.p[i] == '+' && p->in_block)) { sign = src.p[i]; i++; rest--; }
    if (rest < 2 || src.p[i] != brace || src.p[i + 1] != '}') return 0;
    i += 2;
    if (sign == '-') i += llri_space_front(src.p + i, src.n - i);
    else if (p->in_block && !sign && i < src.n && src.p[i] == '\n') i++;
    p->line_start = src.p[i - 1] == '\n';
    p->x.at = i;
    p->x.tok = LLRI_T_CLOSE;
    return 1;
}

static void llri_lex_operator(llri_parser *p) {
    static const char pairs[] = "== != <= >= ** //", singles[] = "+-*/%~|.,:()[]{}<>=";
    llri_str src = p->t->src;
    char c = src.p[p->x.at], two[3];
    const char *at;
    two[0] = c;
    two[1] = p->x.at + 1 < src.n ? src.p[p->x.at + 1] : ' ';
    two[2] = 0;
    p->x.tok = LLRI_T_OP;
    if (two[1] > ' ' && (at = strstr(pairs, two)) != NULL && (at - pairs) % 3 == 0) {
        p->x.op = LLRI_OP2((uint8_t)c, (uint8_t)two[1]);
        p->x.at += 2;
        return;
    }
    if (!c || !strchr(singles, c)) {
        llri_parse_fail_at(p, p->x.tok_at, "unexpected character '%.*s'", (int)llri_char_len(src.p + p->x.at, src.n - p->x.at),
                           src.p + p->x.at);
        return;
    }
    if (strchr("([{", c)) p->x.balance++;
    if (strchr(")]}", c) && p->x.balance) p->x.balance--;
    p->x.op = (uint8_t)c;
    p->x.at++;
}

/* The next token of a tag. */
static void llri_lex_next(llri_parser *p) {
    llri_str src = p->t->src;
    size_t i;
    if (p->status) return;
    p->x.at += llri_space_front(src.p + p->x.at, src.n - p->x.at);
    p->x.tok_at = (uint32_t)p->x.at;
    p->x.tok = LLRI_T_END;
    p->x.op = 0;
    if (p->x.at >= src.n) {
        llri_parse_fail_at(p, (uint32_t)src.n, "the template ends inside a tag");
        return;
    }
    if (llri_lex_close(p)) return;
    i = p->x.at;
    if (src.p[i] == '"' || src.p[i] == '\'') { llri_lex_string(p); return; }
    if (src.p[i] >= '0' && src.p[i] <= '9') { llri_lex_number(p); return; }
    if (!llri_name_char(src.p[i])) { llri_lex_operator(p); return; }
    while (i < src.n && llri_name_char(src.p[i])) i++;
    p->x.text = llri_slice(src.p + p->x.at, i - p->x.at);
    p->x.tok = LLRI_T_NAME;
    p->x.at = i;
}

static int llri_tok_is(const llri_parser *p, int op) { return p->x.tok == LLRI_T_OP && p->x.op == op; }
static int llri_tok_word(const llri_parser *p, const char *word) {
    return p->x.tok == LLRI_T_NAME && llri_str_eq(p->x.text, word);
}

static int llri_skip(llri_parser *p, int op) {
    if (!llri_tok_is(p, op)) return 0;
    llri_lex_next(p);
    return 1;
}

static int llri_skip_word(llri_parser *p, const char *word) {
    if (!llri_tok_word(p, word)) return 0;
    llri_lex_next(p);
    return 1;
}

static void llri_parse_unexpected(llri_parser *p, const char *wanted) {
    const char *s = p->t->src.p + p->x.tok_at;
    size_t n = p->x.at > p->x.tok_at ? p->x.at - p->x.tok_at : 0;
    if (p->x.tok == LLRI_T_CLOSE) llri_parse_fail_at(p, p->x.tok_at, "the tag ends where %s is expected", wanted);
    else llri_parse_fail_at(p, p->x.tok_at, "unexpected '%.*s', expected %s", n > 40 ? 40 : (int)n, s, wanted);
}

static void llri_expect(llri_parser *p, int op) {
    char want[4];
    want[0] = want[2] = '\'';
    want[1] = (char)op;
    want[3] = 0;
    if (!llri_skip(p, op)) llri_parse_unexpected(p, want);
}

static llri_str llri_expect_name(llri_parser *p) {
    llri_str s = p->x.text;
    if (p->x.tok != LLRI_T_NAME) { llri_parse_unexpected(p, "a name"); return llri_slice("", 0); }
    llri_lex_next(p);
    return s;
}

/* --- parser: expressions --- */
static llri_node *llri_node_new(llri_parser *p, llri_node_kind kind) {
    llri_node *n = (llri_node *)llri_parse_get(p, sizeof *n, 8);
    if (!n) return NULL;
    memset(n, 0, sizeof *n);
    n->kind = (uint8_t)kind;
    n->at = p->x.tok_at;
    return n;
}

/* A node whose first operand is a. NULL stays NULL: after an error, nothing is built any more. */
static llri_node *llri_node_on(llri_parser *p, llri_node_kind kind, llri_node *a) {
    llri_node *n = a ? llri_node_new(p, kind) : NULL;
    if (!n) return NULL;
    n->a = a;
    a->up = n;
    return n;
}

static llri_str llri_name_text(const void *ctx, uint32_t i) { return ((const llr_template *)ctx)->names[i]; }

/* The number of a variable. */
static uint32_t llri_name_id(llri_parser *p, llri_str name) {
    llr_template *t = p->t;
    uint32_t i = llri_map_find(&t->name_map, name, llri_name_text, t), k;
    if (llri_str_eq(name, "varargs")) p->uses |= LLRI_MACRO_VARARGS;
    if (llri_str_eq(name, "kwargs")) p->uses |= LLRI_MACRO_KWARGS;
    if (llri_str_eq(name, "caller")) p->uses |= LLRI_MACRO_CALLER;
    if (i != UINT32_MAX) return i;
    if (t->n_names == t->cap_names) {
        uint32_t cap = t->cap_names ? 2 * t->cap_names : 64;
        llri_str *names = (llri_str *)llri_parse_get(p, cap * sizeof *names, 8);
        llri_map map;
        if (!names) return 0;
        if (t->n_names) memcpy(names, t->names, t->n_names * sizeof *names);
        if (!llri_map_init(&map, &t->mem, cap)) { p->status = llri_nomem(p->err, "a template", cap * sizeof *names); return 0; }
        llri_map_free(&t->name_map, &t->mem);
        t->names = names;
        t->cap_names = cap;
        t->name_map = map;
        for (k = 0; k < t->n_names; k++) llri_map_put(&t->name_map, k, llri_name_text, t);
    }
    t->names[t->n_names] = name;
    llri_map_put(&t->name_map, t->n_names, llri_name_text, t);
    return t->n_names++;
}

static int llri_parse_enter(llri_parser *p) {
    if (p->status) return 0;
    if (p->depth >= LLRI_TPL_NEST) { llri_parse_fail_at(p, p->x.tok_at, "nested too deeply"); return 0; }
    p->depth++;
    return 1;
}

static llri_node *llri_parse_expr(llri_parser *p);
static llri_node *llri_parse_unary(llri_parser *p, int with_filters);
static const struct llri_row *llri_filter_row(llri_str name);
static const struct llri_row *llri_test_row(llri_str name);
static int llri_is_method_name(llri_str name);

enum { LLRI_TUPLE_PLAIN = 1, LLRI_TUPLE_PARENS = 2, LLRI_TUPLE_TARGET = 4 };

static int llri_tuple_end(const llri_parser *p, int how) {
    if (p->x.tok == LLRI_T_CLOSE || p->x.tok == LLRI_T_END || llri_tok_is(p, ')')) return 1;
    return (how & LLRI_TUPLE_TARGET) ? llri_tok_word(p, "in") || llri_tok_is(p, '=') : llri_tok_word(p, "recursive");
}

static llri_node *llri_parse_binary(llri_parser *p, int min);
static llri_node *llri_parse_target_item(llri_parser *p);

/* One value, or several with commas, which are a tuple. PLAIN: without `a if b`; TARGET: names to assign to. */
static llri_node *llri_parse_tuple(llri_parser *p, int how) {
    llri_node *first = NULL, **tail = &first, *n;
    uint32_t at = p->x.tok_at;
    int commas = 0;
    while (!p->status && !llri_tuple_end(p, how)) {
        n = (how & LLRI_TUPLE_TARGET) ? llri_parse_target_item(p) :
            (how & LLRI_TUPLE_PLAIN) ? llri_parse_binary(p, 1) : llri_parse_expr(p);
        if (!n) return NULL;
        *tail = n;
        tail = &n->next;
        if (!llri_skip(p, ',')) break;
        commas = 1;
    }
    if (p->status) return NULL;
    if (!commas && first) return first;
    if (!first && !(how & LLRI_TUPLE_PARENS)) { llri_parse_unexpected(p, "a value"); return NULL; }
    n = llri_node_new(p, LLRI_N_TUPLE);
    if (!n) return NULL;
    n->at = at;
    n->list = first;
    return n;
}

/* name, name.attribute (of a namespace), or (a, b) */
static llri_node *llri_parse_target_item(llri_parser *p) {
    llri_node *n = llri_node_new(p, LLRI_N_NAME);
    if (!n || !llri_parse_enter(p)) return NULL;
    if (llri_skip(p, '(')) {
        n = llri_parse_tuple(p, LLRI_TUPLE_TARGET | LLRI_TUPLE_PARENS);
        llri_expect(p, ')');
    } else {
        n->name = llri_name_id(p, llri_expect_name(p));
        if (llri_skip(p, '.')) {
            llri_str attr = llri_expect_name(p);
            n->kind = LLRI_N_NSREF;
            n->value = llri_v_str(attr.p, attr.n);
        }
    }
    p->depth--;
    return p->status ? NULL : n;
}

/* After '(' up to and with ')': values, name=value, *list, **dict. */
static llri_node *llri_parse_args(llri_parser *p) {
    llri_node *first = NULL, **tail = &first, *n;
    int named = 0;
    while (!p->status && !llri_tok_is(p, ')')) {
        n = llri_node_new(p, LLRI_N_ARG);
        if (!n) return NULL;
        if (llri_skip(p, '*')) n->flag = LLRI_ARG_SPLAT;
        else if (llri_skip(p, LLRI_OP2('*', '*'))) n->flag = LLRI_ARG_SPLAT_DICT;
        else if (p->x.tok == LLRI_T_NAME) {
            llri_lex before = p->x;
            llri_lex_next(p);
            if (llri_tok_is(p, '=')) {
                n->value = llri_v_str(before.text.p, before.text.n);
                llri_lex_next(p);
            } else if (!p->status) p->x = before;
        }
        if (n->value.kind == LLRI_V_STR || n->flag == LLRI_ARG_SPLAT_DICT) named = 1;
        else if (named) llri_parse_fail_at(p, n->at, "an argument without name after one with name");
        n->a = llri_parse_expr(p);
        if (p->status) return NULL;
        *tail = n;
        tail = &n->next;
        if (!llri_skip(p, ',')) break;
    }
    llri_expect(p, ')');
    return first;
}

static llri_node *llri_parse_list(llri_parser *p, int close) {
    llri_node *n = llri_node_new(p, close == ']' ? LLRI_N_LIST : LLRI_N_DICT), **tail, *item;
    if (!n) return NULL;
    tail = &n->list;
    llri_lex_next(p);
    while (!p->status && !llri_tok_is(p, close)) {
        item = llri_parse_expr(p);
        if (item && close == '}') {
            llri_node *pair = llri_node_new(p, LLRI_N_PAIR);
            if (!pair) return NULL;
            pair->a = item;
            llri_expect(p, ':');
            pair->b = llri_parse_expr(p);
            item = pair;
        }
        if (p->status) return NULL;
        *tail = item;
        tail = &item->next;
        if (!llri_skip(p, ',')) break;
    }
    llri_expect(p, close);
    return p->status ? NULL : n;
}

static int llri_word_constant(llri_str s, llri_val *out) {
    static const struct { const char *word; llri_kind kind; int value; } words[] = {
        { "true", LLRI_V_BOOL, 1 }, { "True", LLRI_V_BOOL, 1 }, { "false", LLRI_V_BOOL, 0 }, { "False", LLRI_V_BOOL, 0 },
        { "none", LLRI_V_NONE, 0 }, { "None", LLRI_V_NONE, 0 }
    };
    size_t i;
    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        if (llri_str_eq(s, words[i].word)) {
            *out = words[i].kind == LLRI_V_BOOL ? llri_v_bool(words[i].value) : llri_v(LLRI_V_NONE);
            return 1;
        }
    return 0;
}

static llri_node *llri_parse_string(llri_parser *p, llri_node *n) {
    n->value = p->x.value;
    llri_lex_next(p);
    while (p->x.tok == LLRI_T_STRING) {                      /* strings side by side are one */
        size_t total = (size_t)n->value.n + p->x.value.n;
        char *s = (char *)n->value.u.s;
        if (!llri_heap_extend(&p->t->arena, s, n->value.n, p->x.value.n)) {
            s = (char *)llri_parse_get(p, total, 1);
            if (!s) return NULL;
            memcpy(s, n->value.u.s, n->value.n);
        }
        memcpy(s + n->value.n, p->x.value.u.s, p->x.value.n);
        n->value = llri_v_str(s, total);
        llri_lex_next(p);
    }
    return n;
}

static llri_node *llri_parse_primary(llri_parser *p) {
    llri_node *n;
    if (llri_tok_is(p, '[')) return llri_parse_list(p, ']');
    if (llri_tok_is(p, '{')) return llri_parse_list(p, '}');
    if (llri_skip(p, '(')) {
        n = llri_parse_tuple(p, LLRI_TUPLE_PARENS);
        llri_expect(p, ')');
        return p->status ? NULL : n;
    }
    n = llri_node_new(p, LLRI_N_CONST);
    if (!n) return NULL;
    if (p->x.tok == LLRI_T_STRING) return llri_parse_string(p, n);
    if (p->x.tok == LLRI_T_NUMBER) n->value = p->x.value;
    else if (p->x.tok != LLRI_T_NAME) { llri_parse_unexpected(p, "a value"); return NULL; }
    else if (!llri_word_constant(p->x.text, &n->value)) {
        n->kind = LLRI_N_NAME;
        n->name = llri_name_id(p, p->x.text);
    }
    llri_lex_next(p);
    return n;
}

/* .name .0 [i] [a:b:c] */
static llri_node *llri_parse_subscript(llri_parser *p, llri_node *on) {
    llri_node *n;
    llri_str name;
    if (llri_skip(p, '.')) {
        if (p->x.tok == LLRI_T_NUMBER && p->x.value.kind == LLRI_V_INT) {
            n = llri_node_on(p, LLRI_N_ITEM, on);
            if (n && (n->b = llri_node_new(p, LLRI_N_CONST)) != NULL) n->b->value = p->x.value;
            llri_lex_next(p);
            return n;
        }
        n = llri_node_on(p, LLRI_N_ATTR, on);
        name = llri_expect_name(p);
        if (!n) return NULL;
        n->value = llri_v_str(name.p, name.n);
        n->flag = (uint8_t)llri_is_method_name(name);
        return n;
    }
    n = llri_node_on(p, LLRI_N_ITEM, on);
    llri_lex_next(p);
    if (!n) return NULL;
    if (!llri_tok_is(p, ':')) n->b = llri_parse_tuple(p, 0);
    if (llri_skip(p, ':')) {
        n->kind = LLRI_N_SLICE;
        if (!llri_tok_is(p, ':') && !llri_tok_is(p, ']')) n->c = llri_parse_expr(p);
        if (llri_skip(p, ':') && !llri_tok_is(p, ']')) n->d = llri_parse_expr(p);
    }
    llri_expect(p, ']');
    return n;
}

static llri_node *llri_parse_call(llri_parser *p, llri_node *on) {
    llri_node *n = llri_node_on(p, LLRI_N_CALL, on);
    llri_lex_next(p);
    if (n) n->list = llri_parse_args(p);
    return n;
}

static llri_node *llri_parse_postfix(llri_parser *p, llri_node *n) {
    while (n && !p->status) {
        if (llri_tok_is(p, '.') || llri_tok_is(p, '[')) n = llri_parse_subscript(p, n);
        else if (llri_tok_is(p, '(')) n = llri_parse_call(p, n);
        else break;
    }
    return n;
}

/* At the name of the filter. */
static llri_node *llri_parse_filter(llri_parser *p, llri_node *on) {
    llri_node *n = llri_node_on(p, LLRI_N_FILTER, on);
    llri_str name = llri_expect_name(p);
    if (!n) return NULL;
    n->value = llri_v_str(name.p, name.n);
    n->row = llri_filter_row(name);
    if (llri_skip(p, '(')) n->list = llri_parse_args(p);
    return n;
}

static int llri_starts_argument(const llri_parser *p) {
    static const char *const no[] = { "else", "or", "and", "if", "in", "not", "is", "recursive" };
    size_t i;
    if (p->x.tok == LLRI_T_OP) return p->x.op == '[' || p->x.op == '{';
    for (i = 0; i < sizeof no / sizeof no[0]; i++)
        if (llri_tok_word(p, no[i])) return 0;
    return p->x.tok == LLRI_T_NAME || p->x.tok == LLRI_T_STRING || p->x.tok == LLRI_T_NUMBER;
}

/* After `is`: [not] name, name(args) or name arg. */
static llri_node *llri_parse_test(llri_parser *p, llri_node *on) {
    llri_node *n = llri_node_on(p, LLRI_N_TEST, on);
    llri_str name;
    int negated = llri_skip_word(p, "not");
    name = llri_expect_name(p);
    if (!n) return NULL;
    n->flag = (uint8_t)negated;
    n->value = llri_v_str(name.p, name.n);
    n->row = llri_test_row(name);
    if (llri_skip(p, '(')) n->list = llri_parse_args(p);
    else if (llri_starts_argument(p)) {
        n->list = llri_node_new(p, LLRI_N_ARG);
        if (n->list) n->list->a = llri_parse_postfix(p, llri_parse_primary(p));
    }
    return n;
}

/* [-+] value with subscripts, and with filters and tests unless a sign is waiting for its operand. */
static llri_node *llri_parse_unary(llri_parser *p, int with_filters) {
    llri_node *n;
    if (!llri_parse_enter(p)) return NULL;
    if (llri_tok_is(p, '-') || llri_tok_is(p, '+')) {
        int minus = llri_tok_is(p, '-');
        llri_lex_next(p);
        n = llri_node_on(p, LLRI_N_SIGN, llri_parse_unary(p, 0));
        if (n) n->flag = (uint8_t)minus;
    } else {
        n = llri_parse_primary(p);
    }
    n = llri_parse_postfix(p, n);
    while (with_filters && n && !p->status) {
        if (llri_skip(p, '|')) n = llri_parse_filter(p, n);
        else if (llri_skip_word(p, "is")) n = llri_parse_test(p, n);
        else if (llri_tok_is(p, '(')) n = llri_parse_call(p, n);
        else break;
    }
    p->depth--;
    return p->status ? NULL : n;
}

/* Operators with two sides by how tightly they bind; `not` stands between `and` and the comparisons. */
enum {
    LLRI_BIND_OR = 1, LLRI_BIND_AND, LLRI_BIND_NOT, LLRI_BIND_COMPARE, LLRI_BIND_ADD, LLRI_BIND_CONCAT, LLRI_BIND_MUL, LLRI_BIND_POW
};
static const struct { uint16_t op; uint8_t binds; } llri_operators[] = {
    { LLRI_OP2('=', '='), LLRI_BIND_COMPARE }, { LLRI_OP2('!', '='), LLRI_BIND_COMPARE }, { '<', LLRI_BIND_COMPARE },
    { LLRI_OP2('<', '='), LLRI_BIND_COMPARE }, { '>', LLRI_BIND_COMPARE }, { LLRI_OP2('>', '='), LLRI_BIND_COMPARE },
    { '+', LLRI_BIND_ADD }, { '-', LLRI_BIND_ADD }, { '~', LLRI_BIND_CONCAT }, { '*', LLRI_BIND_MUL }, { '/', LLRI_BIND_MUL },
    { LLRI_OP2('/', '/'), LLRI_BIND_MUL }, { '%', LLRI_BIND_MUL }, { LLRI_OP2('*', '*'), LLRI_BIND_POW }
};

/* How tightly the operator at hand binds, 0: none. *op, and *words: how many tokens it has. */
static int llri_operator_at(llri_parser *p, uint16_t *op, int *words) {
    size_t i;
    *words = 1;
    *op = p->x.op;
    if (p->x.tok == LLRI_T_OP) {
        for (i = 0; i < sizeof llri_operators / sizeof llri_operators[0]; i++)
            if (llri_operators[i].op == p->x.op) return llri_operators[i].binds;
        return 0;
    }
    if (llri_tok_word(p, "or")) return LLRI_BIND_OR;
    if (llri_tok_word(p, "and")) return LLRI_BIND_AND;
    if (llri_tok_word(p, "in")) { *op = LLRI_OP_IN; return LLRI_BIND_COMPARE; }
    if (llri_tok_word(p, "not")) {
        llri_lex before = p->x;
        int in;
        llri_lex_next(p);
        in = llri_tok_word(p, "in");
        if (p->status) return 0;
        p->x = before;
        *op = LLRI_OP_NOT_IN;
        *words = 2;
        return in ? LLRI_BIND_COMPARE : 0;
    }
    return 0;
}

/* a < b < c is one node: b is computed once. */
static llri_node *llri_parse_operand(llri_parser *p, llri_node *n, uint16_t op, llri_node ***tail) {
    llri_node *o = llri_node_new(p, LLRI_N_OPERAND);
    if (!o) return NULL;
    o->op = op;
    o->b = llri_parse_binary(p, LLRI_BIND_COMPARE + 1);
    **tail = o;
    *tail = &o->next;
    return n;
}

/* Operators that bind at least as tightly as `min`, left to right. */
static llri_node *llri_parse_binary(llri_parser *p, int min) {
    llri_node *n, **tail = NULL, *compare = NULL;
    uint16_t op;
    int binds, words;
    if (min > LLRI_BIND_POW) return llri_parse_unary(p, 1);
    if (!llri_parse_enter(p)) return NULL;
    if (min <= LLRI_BIND_NOT && llri_tok_word(p, "not")) {
        llri_lex_next(p);
        n = llri_node_on(p, LLRI_N_NOT, llri_parse_binary(p, LLRI_BIND_NOT));
    } else {
        n = llri_parse_unary(p, 1);
    }
    while (n && !p->status && (binds = llri_operator_at(p, &op, &words)) >= min) {
        static const llri_node_kind kinds[] = { LLRI_N_BINARY, LLRI_N_OR, LLRI_N_AND, LLRI_N_NOT, LLRI_N_COMPARE };
        if (binds == 0) break;
        if (binds != LLRI_BIND_COMPARE || compare != n)
            n = llri_node_on(p, binds <= LLRI_BIND_COMPARE ? kinds[binds] : LLRI_N_BINARY, n);
        if (!n) break;
        while (words--) llri_lex_next(p);
        if (binds == LLRI_BIND_COMPARE) {
            if (compare != n) { compare = n; tail = &n->list; }
            n = llri_parse_operand(p, n, op, &tail);
        } else {
            n->op = op;
            n->b = llri_parse_binary(p, binds + 1);
        }
    }
    p->depth--;
    return p->status ? NULL : n;
}

/* value [if condition [else value]] */
static llri_node *llri_parse_expr(llri_parser *p) {
    llri_node *n = llri_parse_enter(p) ? llri_parse_binary(p, 1) : NULL, *c;
    while (n && !p->status && llri_skip_word(p, "if")) {
        c = llri_node_on(p, LLRI_N_COND, llri_parse_binary(p, 1));
        if (!c) return NULL;
        c->b = n;
        if (llri_skip_word(p, "else")) c->c = llri_parse_expr(p);
        n = c;
    }
    p->depth--;
    return p->status ? NULL : n;
}

/* --- parser: text and statements --- */
static llri_node *llri_parse_body(llri_parser *p, const char *ends);

static void llri_parse_close(llri_parser *p) {
    if (p->x.tok != LLRI_T_CLOSE) llri_parse_unexpected(p, p->in_block ? "'%}'" : "'}}'");
}

/* The rest of the opening tag, then the body up to one of the tags in `ends`, whose name is then the current token. */
static llri_node *llri_parse_block(llri_parser *p, const char *ends) {
    llri_parse_close(p);
    return llri_parse_body(p, ends);
}

static llri_node *llri_parse_if(llri_parser *p, llri_node *n) {
    llri_node **tail = &n->list, *b;
    int last = 0;
    while (!p->status && !llri_tok_word(p, "endif")) {
        last = llri_skip_word(p, "else");
        b = llri_node_new(p, LLRI_N_BRANCH);
        if (!b) return NULL;
        if (!last) {
            if (n->list) llri_lex_next(p);                   /* elif */
            b->a = llri_parse_tuple(p, LLRI_TUPLE_PLAIN);
        }
        b->list = llri_parse_block(p, last ? "endif" : "elif else endif");
        *tail = b;
        tail = &b->next;
    }
    llri_lex_next(p);
    return n;
}

static llri_node *llri_parse_for(llri_parser *p, llri_node *n) {
    n->a = llri_parse_tuple(p, LLRI_TUPLE_TARGET);
    if (!llri_skip_word(p, "in")) llri_parse_unexpected(p, "'in'");
    n->b = llri_parse_tuple(p, LLRI_TUPLE_PLAIN);
    if (llri_skip_word(p, "if")) n->c = llri_parse_expr(p);
    n->flag = (uint8_t)llri_skip_word(p, "recursive");
    p->in_loop++;
    n->list = llri_parse_block(p, "else endfor");
    p->in_loop--;
    if (llri_skip_word(p, "else")) n->other = llri_parse_block(p, "endfor");
    llri_lex_next(p);
    return n;
}

static llri_node *llri_parse_hole(llri_parser *p, int first) {
    llri_node *n = llri_node_new(p, LLRI_N_HOLE);
    if (first) n = llri_parse_filter(p, n);
    while (n && !p->status && llri_skip(p, '|')) n = llri_parse_filter(p, n);
    return n;
}

static llri_node *llri_parse_set(llri_parser *p, llri_node *n) {
    n->a = llri_parse_tuple(p, LLRI_TUPLE_TARGET);
    if (llri_skip(p, '=')) {
        n->b = llri_parse_tuple(p, 0);
        return n;
    }
    n->kind = LLRI_N_SETBLOCK;
    n->b = llri_parse_hole(p, 0);
    n->list = llri_parse_block(p, "endset");
    llri_lex_next(p);
    return n;
}

/* After '(': names with defaults. */
static llri_node *llri_parse_params(llri_parser *p) {
    llri_node *first = NULL, **tail = &first, *n;
    while (!p->status && !llri_tok_is(p, ')')) {
        n = llri_node_new(p, LLRI_N_PARAM);
        if (!n) return NULL;
        n->name = llri_name_id(p, llri_expect_name(p));
        if (llri_skip(p, '=')) n->a = llri_parse_expr(p);
        *tail = n;
        tail = &n->next;
        if (!llri_skip(p, ',')) break;
    }
    llri_expect(p, ')');
    return first;
}

static llri_node *llri_parse_macro(llri_parser *p, llri_node *n) {
    unsigned outer = p->uses;
    int loop = p->in_loop;
    llri_str name = llri_expect_name(p);
    n->name = llri_name_id(p, name);
    n->value = llri_v_str(name.p, name.n);
    p->uses = 0;
    p->in_loop = 0;
    llri_expect(p, '(');
    n->a = llri_parse_params(p);
    n->list = llri_parse_block(p, "endmacro");
    llri_lex_next(p);
    n->flag = (uint8_t)p->uses;
    p->uses = outer;
    p->in_loop = loop;
    return n;
}

/* {% call(x) f(y) %}: a is the call, b the parameters of the block. */
static llri_node *llri_parse_callblock(llri_parser *p, llri_node *n) {
    int loop = p->in_loop;
    if (llri_skip(p, '(')) n->b = llri_parse_params(p);
    n->a = llri_parse_expr(p);
    if (n->a && n->a->kind != LLRI_N_CALL) llri_parse_fail_at(p, n->at, "'call' needs a call");
    p->in_loop = 0;
    n->list = llri_parse_block(p, "endcall");
    p->in_loop = loop;
    llri_lex_next(p);
    if (n->a) n->a->c = n;
    n->value = llri_v_str("caller", 6);
    return n;
}

static llri_node *llri_parse_filterblock(llri_parser *p, llri_node *n) {
    n->a = llri_parse_hole(p, 1);
    n->list = llri_parse_block(p, "endfilter");
    llri_lex_next(p);
    return n;
}

static llri_node *llri_parse_with(llri_parser *p, llri_node *n) {
    llri_node **tail = &n->a, *s;
    while (!p->status && p->x.tok != LLRI_T_CLOSE) {
        s = llri_node_new(p, LLRI_N_SET);
        if (!s) return NULL;
        s->a = llri_parse_target_item(p);
        llri_expect(p, '=');
        s->b = llri_parse_expr(p);
        *tail = s;
        tail = &s->next;
        if (!llri_skip(p, ',')) break;
    }
    n->list = llri_parse_block(p, "endwith");
    llri_lex_next(p);
    return n;
}

static llri_node *llri_parse_do(llri_parser *p, llri_node *n) {
    n->a = llri_parse_tuple(p, 0);
    return n;
}

static llri_node *llri_parse_leave(llri_parser *p, llri_node *n) {
    if (!p->in_loop) llri_parse_fail_at(p, n->at, "'break' and 'continue' belong into a loop");
    return n;
}

static llri_node *llri_parse_generation(llri_parser *p, llri_node *n) {
    n->list = llri_parse_block(p, "endgeneration");
    llri_lex_next(p);
    return n;
}

typedef llri_node *(*llri_parse_fn)(llri_parser *p, llri_node *n);
static const struct { const char *name; llri_node_kind kind; llri_parse_fn parse; } llri_statements[] = {
    { "if", LLRI_N_IF, llri_parse_if }, { "for", LLRI_N_FOR, llri_parse_for }, { "set", LLRI_N_SET, llri_parse_set },
    { "macro", LLRI_N_MACRO, llri_parse_macro }, { "call", LLRI_N_CALLBLOCK, llri_parse_callblock },
    { "filter", LLRI_N_FILTERBLOCK, llri_parse_filterblock }, { "with", LLRI_N_WITH, llri_parse_with },
    { "do", LLRI_N_DO, llri_parse_do }, { "break", LLRI_N_BREAK, llri_parse_leave },
    { "continue", LLRI_N_CONTINUE, llri_parse_leave }, { "generation", LLRI_N_PLAIN, llri_parse_generation }
};

static int llri_word_in(llri_str word, const char *words) {
    const char *at = words;
    size_t n;
    for (; *at; at += n + (at[n] == ' ')) {
        n = strcspn(at, " ");
        if (word.n == n && memcmp(word.p, at, n) == 0) return 1;
    }
    return 0;
}

static llri_node *llri_parse_statement(llri_parser *p) {
    llri_node *n = llri_node_new(p, LLRI_N_PLAIN);
    llri_str name = llri_expect_name(p);
    size_t i;
    if (!n || p->status) return NULL;
    for (i = 0; i < sizeof llri_statements / sizeof llri_statements[0]; i++)
        if (llri_str_eq(name, llri_statements[i].name)) {
            n->kind = (uint8_t)llri_statements[i].kind;
            n = llri_statements[i].parse(p, n);
            llri_parse_close(p);
            return p->status ? NULL : n;
        }
    if (llri_word_in(name, "elif else endif endfor endset endmacro endcall endfilter endwith endgeneration endraw"))
        llri_parse_fail_at(p, n->at, "'%.*s' without its beginning", LLRI_S(name));
    else llri_parse_fail_at(p, n->at, "statement '%.*s' is not supported", LLRI_S(name));
    return NULL;
}

/* The sign of an opening tag: '-', '+' or 0. Moves behind it. */
static char llri_tag_sign(llri_parser *p) {
    char c = p->x.at < p->t->src.n ? p->t->src.p[p->x.at] : 0;
    if (c != '-' && c != '+') return 0;
    p->x.at++;
    return c;
}

/* The text before a tag, without the white space that the tag takes. */
static llri_str llri_trim_text(llri_str s, char sign, int is_block, int line_start) {
    size_t i = s.n;
    if (sign == '-') s.n -= llri_space_back(s.p, s.n);
    else if (is_block && sign != '+') {
        while (i > 0 && s.p[i - 1] != '\n') i--;
        if ((i > 0 || line_start) && llri_space_front(s.p + i, s.n - i) == s.n - i) s.n = i;
    }
    return s;
}

static llri_node *llri_text_node(llri_parser *p, llri_str s) {
    llri_node *n = llri_node_new(p, LLRI_N_TEXT);
    if (n) n->value = llri_v_str(s.p, s.n);
    return n;
}

/* After "{#". */
static void llri_skip_comment(llri_parser *p) {
    llri_str src = p->t->src;
    size_t start = p->x.at, i = start;
    while (i + 1 < src.n && !(src.p[i] == '#' && src.p[i + 1] == '}')) i++;
    if (i + 1 >= src.n) { llri_parse_fail_at(p, p->x.tok_at, "a comment without end"); return; }
    p->x.at = i + 2;
    if (i > start && src.p[i - 1] == '-') p->x.at += llri_space_front(src.p + p->x.at, src.n - p->x.at);
    else if (!(i > start && src.p[i - 1] == '+') && p->x.at < src.n && src.p[p->x.at] == '\n') p->x.at++;
    p->line_start = src.p[p->x.at - 1] == '\n';
}

/* If `word` and the end of the tag stand at `at`: the place behind, else 0. trim: a newline behind belongs to the tag. */
static size_t llri_word_tag(llri_str src, size_t at, const char *word, int trim) {
    size_t n = strlen(word);
    at += llri_space_front(src.p + at, src.n - at);
    if (src.n - at < n + 2 || memcmp(src.p + at, word, n)) return 0;
    at += n;
    at += llri_space_front(src.p + at, src.n - at);
    if (src.n - at >= 3 && src.p[at] == '-' && src.p[at + 1] == '%' && src.p[at + 2] == '}')
        return at + 3 + llri_space_front(src.p + at + 3, src.n - at - 3);
    if (trim && src.n - at >= 3 && src.p[at] == '+' && src.p[at + 1] == '%' && src.p[at + 2] == '}') return at + 3;
    if (src.n - at < 2 || src.p[at] != '%' || src.p[at + 1] != '}') return 0;
    at += 2;
    return trim && at < src.n && src.p[at] == '\n' ? at + 1 : at;
}

/* After "{%" and its sign. Text up to {% endraw %}; NULL and no error: this is no {% raw %}. */
static llri_node *llri_parse_raw(llri_parser *p) {
    llri_str src = p->t->src, text;
    size_t start = llri_word_tag(src, p->x.at, "raw", 0), i, end;
    char sign;
    if (!start) return NULL;
    for (i = start; i + 1 < src.n; i++) {
        if (src.p[i] != '{' || src.p[i + 1] != '%') continue;
        p->x.at = i + 2;
        sign = llri_tag_sign(p);
        end = llri_word_tag(src, p->x.at, "endraw", 1);
        if (!end) continue;
        text = llri_trim_text(llri_slice(src.p + start, i - start), sign, 1, src.p[start - 1] == '\n');
        p->x.at = end;
        p->line_start = src.p[end - 1] == '\n';
        return llri_text_node(p, text);
    }
    llri_parse_fail_at(p, p->x.tok_at, "'raw' without end");
    return NULL;
}

/* {{ value }} */
static llri_node *llri_parse_print(llri_parser *p) {
    llri_node *n;
    p->in_block = 0;
    p->x.balance = 0;
    llri_lex_next(p);
    n = llri_node_new(p, LLRI_N_PRINT);
    if (n) n->a = llri_parse_tuple(p, 0);
    llri_parse_close(p);
    return n;
}

/* A {% tag %}. Sets *end if it is one of `ends`; its name is then the current token. */
static llri_node *llri_parse_tag(llri_parser *p, const char *ends, int *end) {
    llri_node *n = llri_parse_raw(p);
    if (n || p->status) return n;
    p->in_block = 1;
    p->x.balance = 0;
    llri_lex_next(p);
    *end = p->x.tok == LLRI_T_NAME && llri_word_in(p->x.text, ends);
    return *end ? NULL : llri_parse_statement(p);
}

/* Text and tags up to a tag in `ends`, or up to the end of the template if there are none. */
static llri_node *llri_parse_body(llri_parser *p, const char *ends) {
    llri_str src = p->t->src;
    llri_node *first = NULL, **tail = &first, *n;
    uint32_t opened = p->x.tok_at;
    int end = 0;
    if (!llri_parse_enter(p)) return NULL;
    while (!p->status && !end) {
        size_t start = p->x.at, i = start;
        llri_str text;
        char kind, sign;
        while (i + 1 < src.n && !(src.p[i] == '{' && (src.p[i + 1] == '{' || src.p[i + 1] == '%' || src.p[i + 1] == '#'))) i++;
        if (i + 1 >= src.n) i = src.n;
        text = llri_slice(src.p + start, i - start);
        kind = i < src.n ? src.p[i + 1] : 0;
        p->x.tok_at = (uint32_t)i;
        p->x.at = i < src.n ? i + 2 : i;
        sign = kind ? llri_tag_sign(p) : 0;
        if (kind) text = llri_trim_text(text, sign, kind != '{', p->line_start);
        if (text.n && (n = llri_text_node(p, text)) != NULL) { *tail = n; tail = &n->next; }
        if (!kind) {
            if (*ends) llri_parse_fail_at(p, opened, "the block is not ended: one of '%s' is missing", ends);
            break;
        }
        n = NULL;
        if (kind == '#') llri_skip_comment(p);
        else n = kind == '{' ? llri_parse_print(p) : llri_parse_tag(p, ends, &end);
        if (n) { *tail = n; tail = &n->next; }
    }
    p->depth--;
    return first;
}

/* --- rendering: state --- */
typedef struct llri_var { uint32_t name; llri_val v; } llri_var;
typedef struct llri_scope { struct llri_scope *up; llri_var *vars; uint32_t n, cap; } llri_scope;     /* up NULL: outermost */
typedef struct llri_loop {
    const llri_node *node;
    llri_scope *scope;                  /* that the loop stands in */
    llri_list *items;
    uint32_t i, depth;
    llri_val changed;                   /* what loop.changed has seen last */
} llri_loop;
typedef struct llri_macro { const llri_node *node; llri_scope *scope; } llri_macro;
typedef struct llri_bound { llri_val self; const struct llri_row *row; } llri_bound;                   /* a method */
typedef struct llri_arg { llri_str name; llri_val v; } llri_arg;                                       /* name.p NULL: by place */

typedef struct llri_render {
    const llr_template *t;
    llri_heap mem;
    llr_error *err;
    llr_status status;                  /* once set, everything returns quickly */
    uint64_t steps, max_steps;          /* left, and at the start */
    uint32_t at;                        /* where in the source */
    int depth;
    char *out; size_t n_out, cap_out;   /* all text, also that of macros and blocks while they are rendered */
    int as_said;                        /* what is written now stands for text of the conversation */
    llri_val *globals;                  /* [t->n_names] variables of the outermost scope */
    llri_scope *scope, outermost;
    llri_arg *args; uint32_t n_args;    /* [LLRI_TPL_ARGS] of the calls in progress */
    llri_val hole;                      /* what the filters of a block begin with */
    int leaving;                        /* a break (1) or continue (2) is on its way to its loop */
    llri_str now;                       /* "2026-01-31T12:00:00", may be empty */
} llri_render;

enum { LLRI_MAX_PARAMS = 6, LLRI_LEAVE_BREAK = 1, LLRI_LEAVE_CONTINUE = 2 };

/* A filter, test, method or function. params: names in order, or "*": it reads arg itself. p[i] is then the value of the
 * i-th parameter or MISSING; that of filters, tests and methods begin with the value that they work on. */
typedef struct llri_frame { const llri_arg *arg; int n; llri_val p[LLRI_MAX_PARAMS]; } llri_frame;
typedef llri_val (*llri_fn)(llri_render *r, llri_frame *c);
typedef struct llri_row { const char *name; llri_fn fn; const char *params; int required; } llri_row;

static llri_val llri_tpl_fail(llri_render *r, const char *fmt, ...) LLRI_PRINTF(2, 3);
static llri_val llri_tpl_fail(llri_render *r, const char *fmt, ...) {
    va_list args;
    if (!r->status) {
        va_start(args, fmt);
        r->status = llri_tpl_error(r->err, r->t->src, r->at, fmt, args);
        va_end(args);
    }
    return llri_v(LLRI_V_UNDEF);
}

static llri_val llri_tpl_nomem(llri_render *r) {
    if (r->status) return llri_v(LLRI_V_UNDEF);
    if (r->mem.over_limit) return llri_tpl_fail(r, "the template takes more than %s of memory", llri_size_text(r->mem.limit).s);
    r->status = llri_nomem(r->err, "rendering the template", r->mem.total);
    return llri_v(LLRI_V_UNDEF);
}

/* Takes n steps; 0: none left. */
static int llri_charge(llri_render *r, size_t n) {
    if (r->status) return 0;
    if (n >= r->steps) {
        r->steps = 0;
        llri_tpl_fail(r, "gave up after %llu steps: the template may loop without end", (unsigned long long)r->max_steps);
        return 0;
    }
    r->steps -= n;
    return 1;
}

static int llri_charge_bytes(llri_render *r, size_t n) { return llri_charge(r, n / LLRI_TPL_STEP_BYTES); }

static int llri_enter(llri_render *r, uint32_t at) {
    r->at = at;
    if (!llri_charge(r, 1)) return 0;
    if (r->depth >= LLRI_TPL_DEPTH) { llri_tpl_fail(r, "nested too deeply: more than %d levels", (int)LLRI_TPL_DEPTH); return 0; }
    r->depth++;
    return 1;
}

static void *llri_tpl_get(llri_render *r, size_t n, size_t align) {
    void *p = r->status || !llri_charge_bytes(r, n) ? NULL : llri_heap_get(&r->mem, n, align);
    if (!p) llri_tpl_nomem(r);
    return p;
}

static llri_list *llri_tpl_list(llri_render *r) {
    llri_list *l = (llri_list *)llri_tpl_get(r, sizeof *l, 8);
    if (l) memset(l, 0, sizeof *l);
    return l;
}

/* Adds to a list (NULL: does nothing). 0: failed. */
static int llri_push(llri_render *r, llri_list *l, llri_val v) {
    if (!l || !llri_charge(r, 1)) return 0;
    if (l->n >= 1u << 26 || !llri_list_push(&r->mem, l, v)) { llri_tpl_nomem(r); return 0; }
    return 1;
}

static llri_val llri_list_done(llri_render *r, llri_list *l) {
    return r->status || !l ? llri_v(LLRI_V_UNDEF) : llri_v_list(LLRI_V_LIST, l);
}

/* What is lazy in Python is true even if nothing is in it. */
static llri_val llri_lazy_done(llri_render *r, llri_list *l) {
    llri_val v = llri_list_done(r, l);
    if (v.kind == LLRI_V_LIST) v.holder = 1;
    return v;
}

/* The values in a tuple of tuples, each taken as a step: they may be very many. */
static size_t llri_key_size(llri_render *r, llri_val key, int depth) {
    size_t n = 1;
    uint32_t i;
    for (i = 0; key.kind == LLRI_V_TUPLE && depth && i < key.u.list->n && llri_charge(r, 1); i++)
        n += llri_key_size(r, key.u.list->v[i], depth - 1);
    return n;
}

/* Finds a key and takes the steps for it. Numbers with a point and tuples may all have the same hash. */
static uint32_t llri_key_find(llri_render *r, const llri_dict *d, llri_val key) {
    size_t cost = key.kind == LLRI_V_STR ? 1 + key.n / 256 : key.kind == LLRI_V_INT ? 1 : 1 + d->n / 4;
    if (key.kind == LLRI_V_TUPLE && !llri_mul_size(cost, llri_key_size(r, key, LLRI_TPL_VALUE_DEPTH), &cost)) cost = SIZE_MAX;
    return llri_charge(r, cost) ? llri_dict_find(d, key) : UINT32_MAX;
}

static int llri_put_key(llri_render *r, llri_dict *d, llri_val key, llri_val v) {
    if (!d || r->status || (llri_key_find(r, d, key) == UINT32_MAX && r->status)) return 0;
    if (key.kind == LLRI_V_LIST || key.kind == LLRI_V_DICT || key.kind == LLRI_V_BIG) {
        llri_tpl_fail(r, "a %s cannot be a key", llri_kind_names[key.kind]);
        return 0;
    }
    if (!llri_dict_put(&r->mem, d, key, v)) { llri_tpl_nomem(r); return 0; }
    return 1;
}

/* --- output --- */
static int llri_out_room(llri_render *r, size_t n) {
    size_t cap = r->cap_out ? r->cap_out : 4096;
    char *p;
    if (!llri_charge_bytes(r, n)) return 0;
    if (r->cap_out - r->n_out >= n) return 1;
    if (n > (size_t)LLRI_TPL_OUTPUT - r->n_out) {
        llri_tpl_fail(r, "the text becomes longer than %s", llri_size_text(LLRI_TPL_OUTPUT).s);
        return 0;
    }
    while (cap - r->n_out < n) cap *= 2;
    p = (char *)llri_alloc(r->mem.mem, cap, 16);
    if (!p) { r->status = llri_nomem(r->err, "the text of a template", cap); return 0; }
    if (r->n_out) memcpy(p, r->out, r->n_out);
    if (!llri_mark_copy(&r->mem, p, r->out, r->n_out)) { llri_free(r->mem.mem, p, cap); llri_tpl_nomem(r); return 0; }
    llri_free(r->mem.mem, r->out, r->cap_out);
    r->out = p;
    r->cap_out = cap;
    return 1;
}

static void llri_put(llri_render *r, const char *p, size_t n) {
    char *to;
    if (!n || !llri_out_room(r, n)) return;
    to = r->out + r->n_out;
    memcpy(to, p, n);
    if (!(r->as_said ? llri_mark_set(&r->mem, to, n, 1) : llri_mark_copy(&r->mem, to, p, n))) llri_tpl_nomem(r);
    r->n_out += n;
}

static void llri_putc(llri_render *r, char c) { llri_put(r, &c, 1); }
static void llri_puts(llri_render *r, const char *s) { llri_put(r, s, strlen(s)); }

static void llri_put_char(llri_render *r, uint32_t c) {
    uint8_t b[4];
    llri_put(r, (const char *)b, llri_utf8_put(b, c));
}

/* The text written since `start` as a value, and takes it away again. */
static llri_val llri_take_text(llri_render *r, size_t start) {
    size_t n = r->n_out - start;
    char *p = (char *)llri_tpl_get(r, n, 1);
    if (!p) return llri_v(LLRI_V_UNDEF);
    if (n) {                                    /* r->out is NULL as long as nothing was written */
        memcpy(p, r->out + start, n);
        if (!llri_mark_copy(&r->mem, p, r->out + start, n)) return llri_tpl_nomem(r);
    }
    r->n_out = start;
    return llri_v_str(p, n);
}

static void llri_put_hex(llri_render *r, uint32_t c, int digits) {
    while (digits-- > 0) llri_putc(r, "0123456789abcdef"[c >> 4 * digits & 15]);
}

/* Exact conversion works with numbers as long as the exponent. */
static void llri_charge_float(llri_render *r, double x) {
    double a = fabs(x);
    llri_charge(r, a < 2.3e-308 && a > 0 ? 4000 : a > 1e-30 && a < 1e30 ? 60 : 1000);
}

static void llri_put_number(llri_render *r, llri_val v) {
    char text[32];
    if (v.kind == LLRI_V_BIG) llri_put(r, v.u.s, v.n);
    else if (v.kind == LLRI_V_FLOAT) {
        llri_charge_float(r, v.u.f);
        llri_put(r, text, llri_float_text(v.u.f, text));
    } else llri_put(r, text, llri_int_text(v.u.i, text));
}

/* Not shown as it is in a repr; Unicode's rarer unassigned characters are not known here. */
static int llri_unprintable(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad || (c != ' ' && llri_py_space(c)) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || (c >= 0xd800 && c <= 0xf8ff) || c == 0xfeff ||
           (c >= 0xfff0 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe || c >= 0xe0000;
}

/* Python's repr of a text: '...' unless it has ' and no ". */
static void llri_put_repr_str(llri_render *r, llri_str s) {
    char quote = s.n && memchr(s.p, '\'', s.n) && !memchr(s.p, '"', s.n) ? '"' : '\'';
    size_t i, len, plain = 0;
    llri_charge(r, s.n / 16);
    llri_putc(r, quote);
    for (i = 0; i < s.n && !r->status; i += len) {
        uint32_t c;
        len = llri_char_len(s.p + i, s.n - i);
        c = llri_char_at(s.p + i, len);
        if (c != '\\' && c != (uint32_t)(uint8_t)quote && (!llri_unprintable(c) || (len == 1 && c >= 0x80))) continue;
        llri_put(r, s.p + plain, i - plain);
        plain = i + len;
        r->as_said = llri_is_said(&r->mem, s.p + i);
        if (c == '\\' || c == (uint32_t)(uint8_t)quote) { llri_putc(r, '\\'); llri_putc(r, (char)c); }
        else if (c == '\n' || c == '\r' || c == '\t') {
            llri_putc(r, '\\');
            llri_putc(r, c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        }
        else {
            llri_puts(r, c < 0x100 ? "\\x" : c < 0x10000 ? "\\u" : "\\U");
            llri_put_hex(r, c, c < 0x100 ? 2 : c < 0x10000 ? 4 : 8);
        }
        r->as_said = 0;
    }
    llri_put(r, s.p + plain, s.n - plain);
    llri_putc(r, quote);
}

static int llri_deep(llri_render *r, int depth) {
    if (depth < LLRI_TPL_VALUE_DEPTH) return 0;
    llri_tpl_fail(r, "a value is nested more than %d levels deep, or contains itself", (int)LLRI_TPL_VALUE_DEPTH);
    return 1;
}

static void llri_put_repr(llri_render *r, llri_val v, int depth);

static void llri_put_repr_list(llri_render *r, llri_val v, int depth) {
    const llri_list *l = v.u.list;
    uint32_t i;
    llri_putc(r, v.kind == LLRI_V_LIST ? '[' : '(');
    for (i = 0; i < l->n && !r->status; i++) {
        if (i) llri_puts(r, ", ");
        llri_put_repr(r, l->v[i], depth + 1);
    }
    if (v.kind == LLRI_V_TUPLE && l->n == 1) llri_putc(r, ',');
    llri_putc(r, v.kind == LLRI_V_LIST ? ']' : ')');
}

static void llri_put_repr_dict(llri_render *r, const llri_dict *d, int depth) {
    uint32_t i;
    llri_putc(r, '{');
    for (i = 0; i < d->n && !r->status; i++) {
        if (i) llri_puts(r, ", ");
        llri_put_repr(r, d->v[i].key, depth + 1);
        llri_puts(r, ": ");
        llri_put_repr(r, d->v[i].val, depth + 1);
    }
    llri_putc(r, '}');
}

static void llri_put_repr(llri_render *r, llri_val v, int depth) {
    if (!llri_charge(r, 2) || llri_deep(r, depth)) return;
    switch (v.kind) {
    case LLRI_V_UNDEF: llri_puts(r, "Undefined"); break;
    case LLRI_V_NONE: llri_puts(r, "None"); break;
    case LLRI_V_BOOL: llri_puts(r, v.u.i ? "True" : "False"); break;
    case LLRI_V_INT: case LLRI_V_BIG: case LLRI_V_FLOAT: llri_put_number(r, v); break;
    case LLRI_V_STR: llri_put_repr_str(r, llri_str_of(v)); break;
    case LLRI_V_LIST: case LLRI_V_TUPLE: llri_put_repr_list(r, v, depth); break;
    case LLRI_V_SPACE: llri_puts(r, "<Namespace "); llri_put_repr_dict(r, v.u.dict, depth); llri_putc(r, '>'); break;
    case LLRI_V_DICT: llri_put_repr_dict(r, v.u.dict, depth); break;
    default: llri_putc(r, '<'); llri_puts(r, llri_kind_names[v.kind]); llri_putc(r, '>'); break;
    }
}

/* As {{ v }} shows it. */
static void llri_put_value(llri_render *r, llri_val v) {
    if (v.kind == LLRI_V_STR) llri_put(r, v.u.s, v.n);
    else if (v.kind != LLRI_V_UNDEF) llri_put_repr(r, v, 0);
}

static llri_val llri_to_str(llri_render *r, llri_val v) {
    size_t start = r->n_out;
    if (v.kind == LLRI_V_STR) return v;
    llri_put_value(r, v);
    return llri_take_text(r, start);
}

/* --- JSON out: as Python's json.dumps --- */
typedef struct llri_json_style { int ascii, sort, pretty; llri_str item, key, indent; } llri_json_style;   /* pretty: new lines */

static void llri_put_json_str(llri_render *r, llri_str s, int ascii) {
    static const char special[] = "\"\\\b\f\n\r\t";
    size_t i, len, plain = 0;
    llri_charge(r, s.n / 16);
    llri_putc(r, '"');
    for (i = 0; i < s.n && !r->status; i += len) {
        uint32_t c;
        const char *at;
        len = llri_char_len(s.p + i, s.n - i);
        c = llri_char_at(s.p + i, len);
        if (c >= 0x20 && c != '"' && c != '\\' && !(ascii && c >= 0x7f)) continue;
        llri_put(r, s.p + plain, i - plain);
        plain = i + len;
        llri_charge(r, 4);
        r->as_said = llri_is_said(&r->mem, s.p + i);
        at = c && c < 0x80 ? strchr(special, (int)c) : NULL;
        if (len == 1 && c >= 0x80) c = 0xfffd;
        if (c >= 0x10000) {
            llri_puts(r, "\\u");
            llri_put_hex(r, 0xd800 + ((c - 0x10000) >> 10), 4);
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        if (at) { llri_putc(r, '\\'); llri_putc(r, "\"\\bfnrt"[at - special]); }
        else { llri_puts(r, "\\u"); llri_put_hex(r, c, 4); }
        r->as_said = 0;
    }
    llri_put(r, s.p + plain, s.n - plain);
    llri_putc(r, '"');
}

static void llri_put_json_line(llri_render *r, const llri_json_style *s, int depth) {
    if (!s->pretty) return;
    llri_putc(r, '\n');
    while (depth-- > 0) llri_put(r, s->indent.p, s->indent.n);
}

static void llri_put_json(llri_render *r, llri_val v, const llri_json_style *s, int depth);
static llri_list *llri_sort(llri_render *r, llri_list *keys, llri_list *items, int reverse);

/* The pairs of a dict in the order to be written: items of the list are indices. */
static llri_list *llri_json_order(llri_render *r, const llri_dict *d, int sort) {
    llri_list *keys = llri_tpl_list(r), *order = llri_tpl_list(r);
    uint32_t i;
    for (i = 0; i < d->n && !r->status; i++) {
        llri_push(r, keys, d->v[i].key);
        llri_push(r, order, llri_v_int(i));
    }
    return sort ? llri_sort(r, keys, order, 0) : order;
}

static void llri_put_json_dict(llri_render *r, const llri_dict *d, const llri_json_style *s, int depth) {
    llri_list *order = s->sort ? llri_json_order(r, d, 1) : NULL;
    uint32_t i;
    llri_putc(r, '{');
    for (i = 0; i < d->n && !r->status; i++) {
        const llri_pair *p = &d->v[order ? order->v[i].u.i : (int64_t)i];
        if (i) llri_put(r, s->item.p, s->item.n);
        llri_put_json_line(r, s, depth + 1);
        if (p->key.kind == LLRI_V_STR) llri_put_json_str(r, llri_str_of(p->key), s->ascii);
        else if (p->key.kind >= LLRI_V_NONE && p->key.kind <= LLRI_V_FLOAT) {
            llri_putc(r, '"');
            llri_put_json(r, p->key, s, depth + 1);
            llri_putc(r, '"');
        } else llri_tpl_fail(r, "tojson: a %s cannot be a key", llri_kind_names[p->key.kind]);
        llri_put(r, s->key.p, s->key.n);
        llri_put_json(r, p->val, s, depth + 1);
    }
    if (d->n) llri_put_json_line(r, s, depth);
    llri_putc(r, '}');
}

static void llri_put_json_list(llri_render *r, const llri_list *l, const llri_json_style *s, int depth) {
    uint32_t i;
    llri_putc(r, '[');
    for (i = 0; i < l->n && !r->status; i++) {
        if (i) llri_put(r, s->item.p, s->item.n);
        llri_put_json_line(r, s, depth + 1);
        llri_put_json(r, l->v[i], s, depth + 1);
    }
    if (l->n) llri_put_json_line(r, s, depth);
    llri_putc(r, ']');
}

static void llri_put_json(llri_render *r, llri_val v, const llri_json_style *s, int depth) {
    if (!llri_charge(r, 4) || llri_deep(r, depth)) return;
    switch (v.kind) {
    case LLRI_V_NONE: llri_puts(r, "null"); break;
    case LLRI_V_BOOL: llri_puts(r, v.u.i ? "true" : "false"); break;
    case LLRI_V_FLOAT:
        if (v.u.f != v.u.f || fabs(v.u.f) > 1.7976931348623157e308)
            llri_puts(r, v.u.f != v.u.f ? "NaN" : v.u.f > 0 ? "Infinity" : "-Infinity");
        else llri_put_number(r, v);
        break;
    case LLRI_V_INT: case LLRI_V_BIG: llri_put_number(r, v); break;
    case LLRI_V_STR: llri_put_json_str(r, llri_str_of(v), s->ascii); break;
    case LLRI_V_LIST: case LLRI_V_TUPLE: llri_put_json_list(r, v.u.list, s, depth); break;
    case LLRI_V_DICT: llri_put_json_dict(r, v.u.dict, s, depth); break;
    case LLRI_V_UNDEF: llri_tpl_fail(r, "tojson: '%.*s' is undefined", LLRI_S(llri_str_of(v))); break;
    default: llri_tpl_fail(r, "tojson: a %s cannot be written", llri_kind_names[v.kind]); break;
    }
}

/* --- what all operators need --- */
static int llri_truthy(llri_val v) {
    switch (v.kind) {
    case LLRI_V_MISSING: case LLRI_V_UNDEF: case LLRI_V_NONE: return 0;
    case LLRI_V_BOOL: case LLRI_V_INT: return v.u.i != 0;
    case LLRI_V_FLOAT: return v.u.f != 0;
    case LLRI_V_STR: return v.n != 0;
    case LLRI_V_LIST: case LLRI_V_TUPLE: return v.u.list->n != 0 || v.holder;
    case LLRI_V_DICT: return v.u.dict->n != 0;
    default: return 1;
    }
}

static int llri_equal(llri_render *r, llri_val a, llri_val b, int depth);

static int llri_equal_dict(llri_render *r, const llri_dict *a, const llri_dict *b, int depth) {
    uint32_t i, k;
    if (a->n != b->n) return 0;
    for (i = 0; i < a->n && !r->status; i++) {
        k = llri_key_find(r, b, a->v[i].key);
        if (k == UINT32_MAX || !llri_equal(r, a->v[i].val, b->v[k].val, depth + 1)) return 0;
    }
    return 1;
}

static int llri_equal(llri_render *r, llri_val a, llri_val b, int depth) {
    uint32_t i;
    size_t cost = a.kind == LLRI_V_STR && b.kind == LLRI_V_STR && a.n == b.n ? a.n / LLRI_TPL_STEP_BYTES : 0;
    if (a.kind == LLRI_V_BIG || b.kind == LLRI_V_BIG) cost = LLRI_TPL_FLOAT_STEPS;
    if (!llri_charge(r, 1 + cost) || llri_deep(r, depth)) return 0;
    if (a.kind == b.kind && llri_is_seq(a)) {
        if (a.u.list->n != b.u.list->n) return 0;
        for (i = 0; i < a.u.list->n && !r->status; i++)
            if (!llri_equal(r, a.u.list->v[i], b.u.list->v[i], depth + 1)) return 0;
        return 1;
    }
    if (a.kind == LLRI_V_DICT && b.kind == LLRI_V_DICT) return llri_equal_dict(r, a.u.dict, b.u.dict, depth);
    return llri_key_same(a, b, 0);
}

static double llri_number(llri_render *r, llri_val v) {
    if (v.kind == LLRI_V_BIG) llri_charge(r, LLRI_TPL_FLOAT_STEPS);
    return llri_as_double(v);
}

/* -1, 0, 1 for a < b, a == b, a > b; fails where Python has no order. */
static int llri_compare(llri_render *r, llri_val a, llri_val b, int depth) {
    if (!llri_charge(r, 1) || llri_deep(r, depth)) return 0;
    if (llri_is_num(a) && llri_is_num(b)) {
        double x, y;
        if (llri_is_int(a) && llri_is_int(b)) return a.u.i < b.u.i ? -1 : a.u.i > b.u.i;
        x = llri_number(r, a);
        y = llri_number(r, b);
        return x < y ? -1 : x > y;
    }
    if (a.kind == LLRI_V_STR && b.kind == LLRI_V_STR) {
        uint32_t n = a.n < b.n ? a.n : b.n;
        int c = n ? memcmp(a.u.s, b.u.s, n) : 0;             /* UTF-8 keeps the order of code points */
        llri_charge_bytes(r, n);
        return c < 0 ? -1 : c > 0 ? 1 : a.n < b.n ? -1 : a.n > b.n;
    }
    if (a.kind == b.kind && llri_is_seq(a)) {
        uint32_t i;
        for (i = 0; i < a.u.list->n && i < b.u.list->n && !r->status; i++)
            if (!llri_equal(r, a.u.list->v[i], b.u.list->v[i], depth + 1))
                return llri_compare(r, a.u.list->v[i], b.u.list->v[i], depth + 1);
        return a.u.list->n < b.u.list->n ? -1 : a.u.list->n > b.u.list->n;
    }
    if (a.kind == LLRI_V_UNDEF || b.kind == LLRI_V_UNDEF)
        llri_tpl_fail(r, "'%.*s' is undefined and cannot be compared", LLRI_S(llri_str_of(a.kind == LLRI_V_UNDEF ? a : b)));
    else llri_tpl_fail(r, "a %s and a %s have no order", llri_kind_names[a.kind], llri_kind_names[b.kind]);
    return 0;
}

/* Offset of needle in hay at or after `from`, or SIZE_MAX. The bytes looked at are charged, so hostile texts end. */
static size_t llri_find(llri_render *r, llri_str hay, llri_str needle, size_t from) {
    size_t i = from, k, cost = 0;
    for (; needle.n <= hay.n && i <= hay.n - needle.n; i++) {
        if (needle.n) {
            const char *at = (const char *)memchr(hay.p + i, needle.p[0], hay.n - needle.n - i + 1);
            if (!at) break;
            cost += 1 + (size_t)(at - (hay.p + i)) / 8;
            i = (size_t)(at - hay.p);
        }
        for (k = 1; k < needle.n && hay.p[i + k] == needle.p[k]; k++) cost++;
        if (k >= needle.n) { llri_charge(r, cost / 8); return r->status ? SIZE_MAX : i; }
        if (cost > 100000) { if (!llri_charge(r, cost / 8)) return SIZE_MAX; cost = 0; }
    }
    llri_charge(r, cost / 8 + (hay.n - (from < hay.n ? from : hay.n)) / 256);
    return SIZE_MAX;
}

/* The characters of a text, each a text. */
static llri_list *llri_chars(llri_render *r, llri_str s) {
    llri_list *l = llri_tpl_list(r);
    size_t i, len;
    for (i = 0; i < s.n; i += len) {
        len = llri_char_len(s.p + i, s.n - i);
        if (!llri_push(r, l, llri_v_str(s.p + i, len))) return NULL;
    }
    return l;
}

static llri_list *llri_keys(llri_render *r, const llri_dict *d) {
    llri_list *l = llri_tpl_list(r);
    uint32_t i;
    for (i = 0; i < d->n; i++)
        if (!llri_push(r, l, d->v[i].key)) return NULL;
    return l;
}

/* What a loop goes through; NULL: failed. Lists are not copied. */
static llri_list *llri_items(llri_render *r, llri_val v) {
    if (r->status) return NULL;
    switch (v.kind) {
    case LLRI_V_LIST: case LLRI_V_TUPLE: return v.u.list;
    case LLRI_V_DICT: return llri_keys(r, v.u.dict);
    case LLRI_V_STR: return llri_chars(r, llri_str_of(v));
    case LLRI_V_UNDEF: return llri_tpl_list(r);
    default: llri_tpl_fail(r, "a %s cannot be looped over", llri_kind_names[v.kind]); return NULL;
    }
}

static llri_list *llri_copy_items(llri_render *r, llri_val v) {
    llri_list *from = llri_items(r, v), *l = llri_tpl_list(r);
    uint32_t i;
    for (i = 0; from && i < from->n; i++)
        if (!llri_push(r, l, from->v[i])) return NULL;
    return from ? l : NULL;
}

static int llri_contains(llri_render *r, llri_val needle, llri_val hay) {
    uint32_t i;
    if (hay.kind == LLRI_V_STR) {
        if (needle.kind == LLRI_V_STR) return llri_find(r, llri_str_of(hay), llri_str_of(needle), 0) != SIZE_MAX;
        llri_tpl_fail(r, "a %s cannot be in a str", llri_kind_names[needle.kind]);
        return 0;
    }
    if (hay.kind == LLRI_V_DICT)
        return llri_key_find(r, hay.u.dict, needle) != UINT32_MAX;
    if (hay.kind == LLRI_V_UNDEF) return 0;
    if (!llri_is_seq(hay)) {
        llri_tpl_fail(r, "nothing can be in a %s", llri_kind_names[hay.kind]);
        return 0;
    }
    for (i = 0; i < hay.u.list->n && !r->status; i++)
        if (llri_equal(r, hay.u.list->v[i], needle, 0)) return 1;
    return 0;
}

/* Merge sort of items by their keys, stable, both in place. Returns items. */
static llri_list *llri_sort(llri_render *r, llri_list *keys, llri_list *items, int reverse) {
    uint32_t n = keys ? keys->n : 0, width, lo, i, k, m;
    llri_val *from[2], *to[2], *swap;
    if (r->status || !items) return NULL;
    from[0] = keys->v;
    from[1] = items->v;
    for (i = 0; i < 2; i++) {
        to[i] = (llri_val *)llri_tpl_get(r, n * sizeof **to, 8);
        if (!to[i]) return NULL;
    }
    for (width = 1; width < n; width *= 2) {
        for (lo = 0; lo < n; lo += 2 * width) {
            uint32_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            for (i = lo, k = mid, m = lo; m < hi; m++) {
                int second = i >= mid;
                if (!second && k < hi) {
                    int c = llri_compare(r, from[0][k], from[0][i], 0);
                    second = reverse ? c > 0 : c < 0;
                }
                to[0][m] = from[0][second ? k : i];
                to[1][m] = from[1][second ? k : i];
                if (second) k++; else i++;
            }
            if (r->status) return NULL;
        }
        for (i = 0; i < 2; i++) { swap = from[i]; from[i] = to[i]; to[i] = swap; }
    }
    keys->v = from[0];
    items->v = from[1];
    keys->cap = items->cap = n;
    return items;
}

static llri_val llri_concat(llri_render *r, llri_str a, llri_str b) {
    char *p;
    if (b.n == 0) return llri_v_str(a.p, a.n);
    if (a.n == 0) return llri_v_str(b.p, b.n);
    if (a.n + b.n > (size_t)LLRI_TPL_OUTPUT)
        return llri_tpl_fail(r, "a text becomes longer than %s", llri_size_text(LLRI_TPL_OUTPUT).s);
    if (!llri_charge_bytes(r, b.n)) return llri_v(LLRI_V_UNDEF);
    if (llri_heap_extend(&r->mem, a.p, a.n, b.n)) {         /* the usual case of a text that grows piece by piece */
        memcpy((char *)a.p + a.n, b.p, b.n);
        return llri_mark_copy(&r->mem, a.p + a.n, b.p, b.n) ? llri_v_str(a.p, a.n + b.n) : llri_tpl_nomem(r);
    }
    p = llri_charge_bytes(r, a.n) ? llri_heap_text(&r->mem, a.n + b.n) : NULL;
    if (!p) return llri_tpl_nomem(r);
    memcpy(p, a.p, a.n);
    memcpy(p + a.n, b.p, b.n);
    if (!llri_mark_copy(&r->mem, p, a.p, a.n) || !llri_mark_copy(&r->mem, p + a.n, b.p, b.n)) return llri_tpl_nomem(r);
    return llri_v_str(p, a.n + b.n);
}

static llri_val llri_escape(llri_render *r, llri_str s) {
    static const char chars[] = "&<>'\"";
    static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&#39;", "&#34;" };
    size_t start = r->n_out, i;
    llri_val v;
    llri_charge(r, s.n);
    for (i = 0; i < s.n && !r->status; i++) {
        const char *at = s.p[i] ? strchr(chars, s.p[i]) : NULL;
        r->as_said = llri_is_said(&r->mem, s.p + i);
        if (at) llri_puts(r, names[at - chars]);
        else llri_putc(r, s.p[i]);
    }
    r->as_said = 0;
    v = llri_take_text(r, start);
    if (v.kind == LLRI_V_STR) v.holder = 1;
    return v;
}

/* --- arithmetic --- */
static llri_val llri_op_fail(llri_render *r, uint16_t op, llri_val a, llri_val b) {
    char text[3];
    text[0] = (char)op;
    text[1] = (char)(op >> 8);
    text[2] = 0;
    if (a.kind == LLRI_V_UNDEF || b.kind == LLRI_V_UNDEF)
        return llri_tpl_fail(r, "'%.*s' is undefined, operator '%s' needs a value",
                             LLRI_S(llri_str_of(a.kind == LLRI_V_UNDEF ? a : b)), text);
    return llri_tpl_fail(r, "operator '%s' does not take %s and %s", text, llri_kind_names[a.kind], llri_kind_names[b.kind]);
}

/* 1 and *out if a * b fits. */
static int llri_mul_int(int64_t a, int64_t b, int64_t *out) {
    uint64_t ua = a < 0 ? 0 - (uint64_t)a : (uint64_t)a, ub = b < 0 ? 0 - (uint64_t)b : (uint64_t)b, u;
    if (!llri_mul_u64(ua, ub, &u) || u > (uint64_t)INT64_MAX) return 0;
    *out = (a < 0) != (b < 0) ? -(int64_t)u : (int64_t)u;
    return 1;
}

static int llri_add_int(int64_t a, int64_t b, int64_t *out) {
    if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b) return 0;
    *out = a + b;
    return 1;
}

static int llri_pow_int(int64_t a, int64_t b, int64_t *out) {
    int64_t result = 1;
    if (a >= -1 && a <= 1) b = b < 2 ? b : 2 + (b & 1);
    for (; b > 0; b--)
        if (!llri_mul_int(result, a, &result)) return 0;
    *out = result;
    return 1;
}

static llri_val llri_arith_int(llri_render *r, uint16_t op, int64_t a, int64_t b) {
    int64_t x = 0;
    int fits = 1, divides = op == '%' || op == LLRI_OP2('/', '/');
    if (divides && b == 0) return llri_tpl_fail(r, "division by zero");
    if (divides && b == -1) return llri_arith_int(r, op == '%' ? '*' : '-', 0, op == '%' ? 0 : a);
    switch (op) {
    case '+': fits = llri_add_int(a, b, &x); break;
    case '-': fits = b != INT64_MIN && llri_add_int(a, -b, &x); break;
    case '*': fits = llri_mul_int(a, b, &x); break;
    case '%': x = a % b; if (x && (x < 0) != (b < 0)) x += b; break;       /* the sign of the divisor, as in Python */
    case LLRI_OP2('/', '/'): x = a / b - (a % b != 0 && (a < 0) != (b < 0)); break;
    default: fits = llri_pow_int(a, b, &x); break;
    }
    return fits ? llri_v_int(x) : llri_tpl_fail(r, "an integer becomes larger than 64 bits");
}

static llri_val llri_arith_float(llri_render *r, uint16_t op, double a, double b) {
    double q;
    if (b == 0 && (op == '/' || op == '%' || op == LLRI_OP2('/', '/'))) return llri_tpl_fail(r, "division by zero");
    switch (op) {
    case '+': return llri_v_float(a + b);
    case '-': return llri_v_float(a - b);
    case '*': return llri_v_float(a * b);
    case '/': return llri_v_float(a / b);
    case LLRI_OP2('/', '/'): return llri_v_float(floor(a / b));
    case '%': q = fmod(a, b); return llri_v_float(q == 0 ? b * 0.0 : (q < 0) != (b < 0) ? q + b : q);
    default:
        if (b == floor(b) && fabs(b) <= 64) {
            for (q = 1; b != 0; b += b > 0 ? -1 : 1) q = b > 0 ? q * a : q / a;
            return llri_v_float(q);
        }
        if (b == 0.5 && a >= 0) return llri_v_float(sqrt(a));
        return a < 0 ? llri_tpl_fail(r, "a negative number to a power that is not whole") : llri_v_float(llri_pow(a, b));
    }
}

/* text * 3, list * 3 */
static llri_val llri_repeat(llri_render *r, llri_val v, int64_t times) {
    llri_list *l;
    llri_val text;
    uint32_t k;
    size_t start = r->n_out;
    if (times < 0) times = 0;
    if (v.kind == LLRI_V_STR) {
        if (v.n && times > LLRI_TPL_OUTPUT / (int64_t)v.n)
            return llri_tpl_fail(r, "a text becomes longer than %s", llri_size_text(LLRI_TPL_OUTPUT).s);
        for (; times > 0 && v.n && llri_charge(r, 1); times--) llri_put(r, v.u.s, v.n);
        text = llri_take_text(r, start);
        if (text.kind == LLRI_V_STR) text.holder = v.holder;
        return text;
    }
    l = llri_tpl_list(r);
    for (; times > 0 && v.u.list->n && !r->status; times--)
        for (k = 0; k < v.u.list->n; k++)
            if (!llri_push(r, l, v.u.list->v[k])) break;
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_list((llri_kind)v.kind, l);
}

static llri_val llri_join_lists(llri_render *r, llri_val a, llri_val b) {
    llri_list *l = llri_copy_items(r, a);
    uint32_t i, n = b.u.list->n;
    for (i = 0; i < n; i++)
        if (!llri_push(r, l, b.u.list->v[i])) break;
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_list((llri_kind)a.kind, l);
}

static llri_val llri_percent(llri_render *r, llri_str fmt, llri_val args);

static llri_val llri_add_str(llri_render *r, llri_val a, llri_val b) {
    int safe = a.holder || b.holder;
    llri_val v;
    if (safe && !a.holder) a = llri_escape(r, llri_str_of(a));
    if (safe && !b.holder) b = llri_escape(r, llri_str_of(b));
    v = llri_concat(r, llri_str_of(a), llri_str_of(b));
    if (v.kind == LLRI_V_STR) v.holder = (uint8_t)safe;
    return v;
}

static llri_val llri_arith(llri_render *r, uint16_t op, llri_val a, llri_val b) {
    if (r->status) return llri_v(LLRI_V_UNDEF);
    if (op == '~') {
        a = llri_to_str(r, a);
        b = llri_to_str(r, b);
        return r->status ? llri_v(LLRI_V_UNDEF) : llri_concat(r, llri_str_of(a), llri_str_of(b));
    }
    if (op == '+' && a.kind == LLRI_V_STR && b.kind == LLRI_V_STR) return llri_add_str(r, a, b);
    if (op == '%' && a.kind == LLRI_V_STR) return llri_percent(r, llri_str_of(a), b);
    if (llri_is_int(a) && llri_is_int(b) && op != '/' && !(op == LLRI_OP2('*', '*') && b.u.i < 0))
        return llri_arith_int(r, op, a.u.i, b.u.i);
    if (llri_is_num(a) && llri_is_num(b)) return llri_arith_float(r, op, llri_number(r, a), llri_number(r, b));
    if (op == '+' && a.kind == b.kind && llri_is_seq(a)) return llri_join_lists(r, a, b);
    if (op == '*' && llri_is_int(b) && (a.kind == LLRI_V_STR || llri_is_seq(a))) return llri_repeat(r, a, b.u.i);
    if (op == '*' && llri_is_int(a) && (b.kind == LLRI_V_STR || llri_is_seq(b))) return llri_repeat(r, b, a.u.i);
    return llri_op_fail(r, op, a, b);
}

static int llri_compare_op(llri_render *r, uint16_t op, llri_val a, llri_val b) {
    switch (op) {
    case LLRI_OP2('=', '='): return llri_equal(r, a, b, 0);
    case LLRI_OP2('!', '='): return !llri_equal(r, a, b, 0);
    case LLRI_OP_IN: return llri_contains(r, a, b);
    case LLRI_OP_NOT_IN: return !llri_contains(r, a, b);
    case '<': return llri_compare(r, a, b, 0) < 0;
    case LLRI_OP2('<', '='): return llri_compare(r, a, b, 0) <= 0;
    case '>': return llri_compare(r, a, b, 0) > 0;
    default: return llri_compare(r, a, b, 0) >= 0;
    }
}

/* --- attributes, items, slices --- */
static const llri_row *llri_method_row(llri_val v, llri_str name);

static llri_val llri_loop_attr(llri_render *r, const llri_loop *l, llri_str name) {
    static const char *const names[] = { "index", "index0", "revindex", "revindex0", "length", "depth", "depth0", "first",
                                        "last", "previtem", "nextitem" };
    uint32_t n = l->items->n, k;
    for (k = 0; k < sizeof names / sizeof names[0]; k++)
        if (llri_str_eq(name, names[k])) break;
    (void)r;
    switch (k) {
    case 0: return llri_v_int((int64_t)l->i + 1);
    case 1: return llri_v_int(l->i);
    case 2: return llri_v_int((int64_t)n - l->i);
    case 3: return llri_v_int((int64_t)n - l->i - 1);
    case 4: return llri_v_int(n);
    case 5: return llri_v_int((int64_t)l->depth + 1);
    case 6: return llri_v_int(l->depth);
    case 7: return llri_v_bool(l->i == 0);
    case 8: return llri_v_bool(l->i + 1 >= n);
    case 9: return l->i > 0 && l->i <= n ? l->items->v[l->i - 1] : llri_v_undef(name, LLRI_V_LOOP);
    case 10: return l->i + 1 < n ? l->items->v[l->i + 1] : llri_v_undef(name, LLRI_V_LOOP);
    default: return llri_v_undef(name, LLRI_V_LOOP);
    }
}

/* v.name: methods win over the keys of a dict, as in Python. may_be_method saves the search for most names. */
static llri_val llri_attr(llri_render *r, llri_val v, llri_str name, int may_be_method) {
    const llri_row *row;
    uint32_t i;
    if (v.kind == LLRI_V_UNDEF)
        return llri_tpl_fail(r, "'%.*s' is undefined, it has no '%.*s'", LLRI_S(llri_str_of(v)), LLRI_S(name));
    row = may_be_method ? llri_method_row(v, name) : NULL;
    if (row) {
        llri_bound *b = (llri_bound *)llri_tpl_get(r, sizeof *b, 8);
        if (!b) return llri_v(LLRI_V_UNDEF);
        b->self = v;
        b->row = row;
        return llri_v_ptr(LLRI_V_METHOD, b);
    }
    switch (v.kind) {
    case LLRI_V_DICT: case LLRI_V_SPACE:
        i = llri_dict_find(v.u.dict, llri_v_str(name.p, name.n));
        return i == UINT32_MAX ? llri_v_undef(name, v.kind) : v.u.dict->v[i].val;
    case LLRI_V_LOOP: return llri_loop_attr(r, (const llri_loop *)v.u.p, name);
    case LLRI_V_CYCLER: return llri_str_eq(name, "current") ? v.u.list->v[v.u.list->at] : llri_v_undef(name, v.kind);
    case LLRI_V_MACRO: return llri_str_eq(name, "name") ? ((const llri_macro *)v.u.p)->node->value : llri_v_undef(name, v.kind);
    case LLRI_V_TUPLE:                                       /* the groups of groupby */
        if (v.u.list->n == 2 && (llri_str_eq(name, "grouper") || llri_str_eq(name, "list"))) return v.u.list->v[name.n == 4];
        return llri_v_undef(name, v.kind);
    default: return llri_v_undef(name, v.kind);
    }
}

/* Byte offset of character i (i may be the length) of a text. */
static size_t llri_char_offset(llri_str s, uint64_t i) {
    size_t at = llri_ascii_run(s.p, i < s.n ? (size_t)i : s.n);
    for (i -= at; i > 0 && at < s.n; i--) at += llri_char_len(s.p + at, s.n - at);
    return at;
}

static llri_val llri_item_at(llri_render *r, llri_val v, int64_t i) {
    int is_str = v.kind == LLRI_V_STR;
    llri_str s = is_str ? llri_str_of(v) : llri_slice("", 0);
    int64_t n = is_str ? (int64_t)llri_count_chars(s) : (int64_t)v.u.list->n;
    size_t at;
    llri_charge(r, s.n / 16);
    if (i < 0) i += n;
    if (i < 0 || i >= n) return llri_v_undef(llri_cstr("an item past the end"), v.kind);
    if (!is_str) return v.u.list->v[i];
    at = llri_char_offset(s, (uint64_t)i);
    return llri_v_str(s.p + at, llri_char_len(s.p + at, s.n - at));
}

/* v[key]: a key first, then what v.key gives. */
static llri_val llri_item(llri_render *r, llri_val v, llri_val key) {
    uint32_t i;
    if (r->status) return llri_v(LLRI_V_UNDEF);
    if (v.kind == LLRI_V_UNDEF) return llri_tpl_fail(r, "'%.*s' is undefined, it has no items", LLRI_S(llri_str_of(v)));
    if (v.kind == LLRI_V_DICT) {
        i = llri_key_find(r, v.u.dict, key);
        if (i != UINT32_MAX) return v.u.dict->v[i].val;
    }
    if ((llri_is_seq(v) || v.kind == LLRI_V_STR) && llri_is_int(key)) return llri_item_at(r, v, key.u.i);
    if (key.kind == LLRI_V_STR) return llri_attr(r, v, llri_str_of(key), 1);
    return llri_v_undef(llri_cstr("an item"), v.kind);
}

/* One bound of a slice, or what it is when left out. */
static int64_t llri_bound_of(llri_render *r, llri_val v, int64_t n, int64_t lowest, int64_t missing) {
    int64_t i;
    if (v.kind == LLRI_V_MISSING || v.kind == LLRI_V_NONE) return missing;
    if (!llri_is_int(v)) { llri_tpl_fail(r, "a %s cannot be the bound of a slice", llri_kind_names[v.kind]); return 0; }
    i = v.u.i < 0 ? v.u.i + n : v.u.i;
    return i < 0 ? lowest : i > n + lowest ? n + lowest : i;
}

/* v[from:to:step] as in Python. */
static llri_val llri_cut(llri_render *r, llri_val v, llri_val from, llri_val to, llri_val step) {
    int64_t n, a, b, by = 1, i, low;
    llri_list *in, *l;
    size_t start = r->n_out;
    if (v.kind == LLRI_V_UNDEF) return llri_tpl_fail(r, "'%.*s' is undefined, it has no items", LLRI_S(llri_str_of(v)));
    if (v.kind != LLRI_V_STR && !llri_is_seq(v)) return llri_v_undef(llri_cstr("a slice"), v.kind);
    if (step.kind != LLRI_V_MISSING && step.kind != LLRI_V_NONE) {
        if (!llri_is_int(step) || step.u.i == 0 || step.u.i == INT64_MIN)
            return llri_tpl_fail(r, "the step of a slice must be a number and not 0");
        by = step.u.i;
    }
    if (!llri_charge(r, v.kind == LLRI_V_STR ? v.n / 4 : 0)) return llri_v(LLRI_V_UNDEF);
    n = v.kind == LLRI_V_STR ? (int64_t)llri_count_chars(llri_str_of(v)) : (int64_t)v.u.list->n;
    low = by < 0 ? -1 : 0;                                   /* backwards, bounds run from n - 1 down to -1 */
    a = llri_bound_of(r, from, n, low, by < 0 ? n - 1 : 0);
    b = llri_bound_of(r, to, n, low, by < 0 ? -1 : n);
    if (r->status) return llri_v(LLRI_V_UNDEF);
    if (v.kind == LLRI_V_STR && by == 1) {
        size_t p = llri_char_offset(llri_str_of(v), (uint64_t)a), q = b > a ? llri_char_offset(llri_str_of(v), (uint64_t)b) : p;
        return llri_v_str(v.u.s + p, q - p);
    }
    in = llri_items(r, v);
    l = llri_tpl_list(r);
    for (i = a; in && !r->status && (by > 0 ? i < b : i > b);) {
        if (v.kind == LLRI_V_STR) llri_put(r, in->v[i].u.s, in->v[i].n);
        else llri_push(r, l, in->v[i]);
        if (by > 0 ? b - i <= by : b - i >= by) break;       /* the next would pass the end, or the range of the type */
        i += by;
    }
    if (v.kind == LLRI_V_STR) return llri_take_text(r, start);
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_list((llri_kind)v.kind, l);
}

/* --- calls --- */
static const char *llri_param_name(const char *params, int i, size_t *n) {
    while (*params) {
        *n = strcspn(params, " ");
        if (i-- == 0) return params;
        params += *n + (params[*n] == ' ');
    }
    return NULL;
}

/* Puts the arguments into c->p by place or name. 0: failed. */
static int llri_bind(llri_render *r, const llri_row *row, llri_frame *c) {
    int i, k, by_place = 0;
    size_t n = 0;
    const char *name;
    for (i = 0; i < LLRI_MAX_PARAMS; i++) c->p[i] = llri_v(LLRI_V_MISSING);
    for (i = 0; i < c->n; i++) {
        if (!c->arg[i].name.p) {
            k = by_place++;
            if (!llri_param_name(row->params, k, &n)) { llri_tpl_fail(r, "%s: too many arguments", row->name); return 0; }
        } else {
            for (k = 0; (name = llri_param_name(row->params, k, &n)) != NULL; k++)
                if (n == c->arg[i].name.n && memcmp(name, c->arg[i].name.p, n) == 0) break;
            if (!name) { llri_tpl_fail(r, "%s: argument '%.*s' is not supported", row->name, LLRI_S(c->arg[i].name)); return 0; }
        }
        c->p[k] = c->arg[i].v;
    }
    for (i = 0; i < row->required; i++)
        if (c->p[i].kind == LLRI_V_MISSING) {
            name = llri_param_name(row->params, i, &n);
            llri_tpl_fail(r, "%s: argument '%.*s' is missing", row->name, (int)n, name ? name : "");
            return 0;
        }
    return 1;
}

static llri_val llri_call_row(llri_render *r, const llri_row *row, const llri_arg *arg, int n) {
    llri_frame c;
    llri_val v;
    int i;
    for (i = 0; i < n; i++)
        if (arg[i].v.kind == LLRI_V_STR) llri_charge(r, arg[i].v.n / 256);
    if (!llri_enter(r, r->at)) return llri_v(LLRI_V_UNDEF);  /* map('map', ...) calls itself */
    c.arg = arg;
    c.n = n;
    v = row->params[0] == '*' || llri_bind(r, row, &c) ? row->fn(r, &c) : llri_v(LLRI_V_UNDEF);
    r->depth--;
    return r->status ? llri_v(LLRI_V_UNDEF) : v;
}

/* Lays an argument on the stack of arguments; 0: full. */
static int llri_push_arg(llri_render *r, llri_str name, llri_val v) {
    if (r->status) return 0;
    if (r->n_args >= LLRI_TPL_ARGS) { llri_tpl_fail(r, "more than %d arguments", (int)LLRI_TPL_ARGS); return 0; }
    r->args[r->n_args].name = name;
    r->args[r->n_args++].v = v;
    return 1;
}

/* Calls a row with `first` in front of the n arguments. */
static llri_val llri_call_with(llri_render *r, const llri_row *row, llri_val first, const llri_arg *arg, int n) {
    uint32_t base = r->n_args;
    llri_val v;
    int i, ok = llri_push_arg(r, llri_slice(NULL, 0), first);
    for (i = 0; ok && i < n; i++) ok = llri_push_arg(r, arg[i].name, arg[i].v);
    v = ok ? llri_call_row(r, row, r->args + base, n + 1) : llri_v(LLRI_V_UNDEF);
    r->n_args = base;
    return v;
}

/* The values of arguments in functions that take any: by name, or the i-th without name. */
static llri_val llri_named(const llri_frame *c, const char *name) {
    int i;
    for (i = 0; i < c->n; i++)
        if (c->arg[i].name.p && llri_str_eq(c->arg[i].name, name)) return c->arg[i].v;
    return llri_v(LLRI_V_MISSING);
}

static llri_val llri_placed(const llri_frame *c, int i) {
    return i < c->n && !c->arg[i].name.p ? c->arg[i].v : llri_v(LLRI_V_MISSING);
}

static int llri_given(llri_val v) { return v.kind != LLRI_V_MISSING; }
static int llri_flag(llri_val v, int missing) { return llri_given(v) ? llri_truthy(v) : missing; }

/* A whole number from lo to hi; fails else. */
static int64_t llri_int_arg(llri_render *r, const char *what, llri_val v, int64_t missing, int64_t lo, int64_t hi) {
    if (!llri_given(v)) return missing;
    if (llri_is_int(v) && v.u.i >= lo && v.u.i <= hi) return v.u.i;
    llri_tpl_fail(r, "%s needs a whole number in its range", what);
    return missing;
}

/* A text; undefined and missing are empty; anything else fails. */
static llri_str llri_str_arg(llri_render *r, const char *what, llri_val v) {
    if (v.kind == LLRI_V_STR) return llri_str_of(v);
    if (v.kind != LLRI_V_UNDEF && v.kind != LLRI_V_MISSING)
        llri_tpl_fail(r, "%s needs a text, not a %s", what, llri_kind_names[v.kind]);
    return llri_slice("", 0);
}

/* --- formats: '%5.2f' % x and '{:>5}'.format(x) --- */
/* places -1: none */
typedef struct llri_spec { llri_str fill; char align, sign, type; int zero, comma, width, places; } llri_spec;

static int llri_spec_number(const char **p, const char *end) {
    int v = 0;
    for (; *p < end && **p >= '0' && **p <= '9'; ++*p)
        if (v < 100000) v = v * 10 + (**p - '0');
    return v;
}

static void llri_spec_init(llri_spec *s) {
    memset(s, 0, sizeof *s);
    s->fill = llri_cstr(" ");
    s->places = -1;
}

/* Pads what was written since start. */
static void llri_put_padding(llri_render *r, size_t start, const llri_spec *s, char align) {
    llri_val text = llri_take_text(r, start);
    int n, left, i;
    if (r->status) return;
    n = s->width - (int)llri_count_chars(llri_str_of(text));
    llri_charge(r, n > 0 ? (size_t)n / 2 + text.n / 8 : text.n / 8);
    if (s->align) align = s->align;
    left = n <= 0 || align == '<' ? 0 : align == '>' ? n : n / 2;
    if (align == 'c' && n > 0) left += n & s->width & 1;     /* str.center */
    for (i = 0; i < left && !r->status; i++) llri_put(r, s->fill.p, s->fill.n);
    llri_put(r, text.u.s, text.n);
    for (; i < n && !r->status; i++) llri_put(r, s->fill.p, s->fill.n);
}

/* digits with sign: "-1234.5" -> "-0001,234.5" */
static void llri_put_digits(llri_render *r, const llri_spec *s, llri_str digits, const char *after) {
    size_t start = r->n_out, n = strlen(after), whole, i;
    char sign = 0;
    if (digits.n && digits.p[0] == '-') { sign = '-'; digits = llri_slice(digits.p + 1, digits.n - 1); }
    else if (s->sign == '+' || s->sign == ' ') sign = s->sign;
    whole = strcspn(digits.p, ".");
    if (whole > digits.n) whole = digits.n;
    if (sign) llri_putc(r, sign);
    llri_charge(r, s->zero ? (size_t)s->width / 2 : 0);
    n += digits.n + (sign != 0) + (s->comma && whole ? (whole - 1) / 3 : 0);
    for (i = n; s->zero && i < (size_t)s->width && !r->status; i++) llri_putc(r, '0');
    for (i = 0; i < digits.n; i++) {
        llri_putc(r, digits.p[i]);
        if (s->comma && i + 1 < whole && (whole - i - 1) % 3 == 0) llri_putc(r, ',');
    }
    llri_puts(r, after);
    llri_put_padding(r, start, s, '>');
}

static void llri_put_based(llri_render *r, const llri_spec *s, int64_t v) {
    static const char digits[] = "0123456789abcdefABCDEF";
    unsigned base = s->type == 'o' ? 8 : s->type == 'b' ? 2 : 16;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    char text[68];
    size_t at = sizeof text - 1;
    text[at] = 0;
    do {
        unsigned d = (unsigned)(u % base);
        text[--at] = digits[d + (s->type == 'X' && d >= 10 ? 6 : 0)];
        u /= base;
    } while (u);
    if (v < 0) text[--at] = '-';
    llri_put_digits(r, s, llri_cstr(text + at), "");
}

static void llri_put_formatted(llri_render *r, const llri_spec *s, llri_val v) {
    char text[520];
    size_t start = r->n_out;
    int places = s->places < 0 ? 6 : s->places;
    if (r->status) return;
    if (s->type == 'd' && v.kind == LLRI_V_FLOAT) v = llri_v_int((int64_t)(fabs(v.u.f) < 9e18 ? v.u.f : 0));
    if (s->type && strchr("fF%", s->type) && llri_is_num(v)) {
        if (places > 200) { llri_tpl_fail(r, "format: more than 200 places"); return; }
        llri_charge_float(r, llri_number(r, v));
        places = (int)llri_fixed_text(llri_as_double(v) * (s->type == '%' ? 100 : 1), places, text);
        text[places] = 0;
        llri_put_digits(r, s, llri_cstr(text), s->type == '%' ? "%" : "");
    } else if (s->type && strchr("xXob", s->type) && llri_is_int(v)) {
        llri_put_based(r, s, v.u.i);
    } else if ((s->type == 'd' || (!s->type && v.kind != LLRI_V_BOOL)) && llri_is_int(v)) {
        text[llri_int_text(v.u.i, text)] = 0;
        llri_put_digits(r, s, llri_cstr(text), "");
    } else if (!s->type && v.kind == LLRI_V_FLOAT && s->places < 0) {
        llri_charge_float(r, v.u.f);
        text[llri_float_text(v.u.f, text)] = 0;
        llri_put_digits(r, s, llri_cstr(text), "");
    } else if (!s->type || s->type == 's' || s->type == 'r') {
        if (s->type == 'r') llri_put_repr(r, v, 0); else llri_put_value(r, v);
        if (s->places >= 0 && !r->status) {
            llri_val all = llri_take_text(r, start);
            if (!r->status) llri_put(r, all.u.s, llri_char_offset(llri_str_of(all), (uint64_t)s->places));
        }
        llri_put_padding(r, start, s, '<');
    } else {
        llri_tpl_fail(r, "format '%c' of a %s is not supported", s->type, llri_kind_names[v.kind]);
    }
}

static llri_val llri_percent(llri_render *r, llri_str fmt, llri_val args) {
    const char *p = fmt.p, *end = fmt.p + fmt.n, *close;
    size_t start = r->n_out;
    uint32_t used = 0;
    while (p < end && llri_charge(r, 2)) {
        llri_spec s;
        llri_val v = args;
        const char *at = (const char *)memchr(p, '%', (size_t)(end - p));
        if (!at) at = end;
        llri_put(r, p, (size_t)(at - p));
        if (at == end) break;
        p = at + 1;
        if (p < end && *p == '%') { llri_put(r, p++, 1); continue; }
        llri_spec_init(&s);
        if (p < end && *p == '(' && (close = (const char *)memchr(p, ')', (size_t)(end - p))) != NULL) {
            v = llri_item(r, args, llri_v_str(p + 1, (size_t)(close - p - 1)));
            used = 1;
            p = close + 1;
        } else if (args.kind == LLRI_V_TUPLE) {
            if (used >= args.u.list->n) return llri_tpl_fail(r, "format: not enough values for '%%'");
            v = args.u.list->v[used++];
        } else if (used++) return llri_tpl_fail(r, "format: not enough values for '%%'");
        for (; p < end && *p && strchr("-+ 0#", *p); p++) {
            if (*p == '-') s.align = '<';
            else if (*p == '0') s.zero = 1;
            else s.sign = *p;
        }
        s.width = llri_spec_number(&p, end);
        if (p < end && *p == '.') { p++; s.places = llri_spec_number(&p, end); }
        if (p >= end) return llri_tpl_fail(r, "format: '%%' at the end");
        s.type = *p++;
        if (s.type == 'i') s.type = 'd';
        if (!s.align) s.align = '>';
        if (s.align == '<') s.zero = 0;
        llri_put_formatted(r, &s, v);
    }
    if (args.kind == LLRI_V_TUPLE && used < args.u.list->n) return llri_tpl_fail(r, "format: more values than '%%'");
    return llri_take_text(r, start);
}

/* [[fill]align][sign][#][0][width][,][.places][type] */
static void llri_read_spec(llri_spec *s, llri_str text) {
    const char *p = text.p, *end = text.p + text.n;
    size_t len = text.n ? llri_char_len(p, text.n) : 0;
    llri_spec_init(s);
    if (len && p + len < end && p[len] && strchr("<>^=", p[len])) {
        s->fill = llri_slice(p, len);
        s->align = p[len];
        p += len + 1;
    } else if (p < end && *p && strchr("<>^=", *p)) s->align = *p++;
    if (p < end && (*p == '+' || *p == '-' || *p == ' ')) s->sign = *p++;
    if (p < end && *p == '#') p++;
    if (p < end && *p == '0') { s->zero = !s->align; p++; }
    s->width = llri_spec_number(&p, end);
    if (p < end && (*p == ',' || *p == '_')) { s->comma = 1; p++; }
    if (p < end && *p == '.') { p++; s->places = llri_spec_number(&p, end); }
    if (p < end) s->type = *p++;
    if (s->align == '=') s->align = '>';
    if (p < end) s->type = '?';
}

/* The value of a field such as 0, name, 0.x or name[key]. */
static llri_val llri_field(llri_render *r, const llri_frame *c, llri_str f, int *next) {
    size_t n = 0, k;
    int64_t i;
    llri_val v;
    while (n < f.n && f.p[n] != '.' && f.p[n] != '[') n++;
    for (k = 0; k < n && f.p[k] >= '0' && f.p[k] <= '9';) k++;
    if (k == n) {
        i = *next;
        if (n && !llri_parse_int(llri_slice(f.p, n), &i)) i = INT32_MAX;
        if (!n) ++*next;
        v = i < c->n ? llri_placed(c, (int)i + 1) : llri_v(LLRI_V_MISSING);
    } else {
        v = llri_v(LLRI_V_MISSING);
        for (k = 0; k < (size_t)c->n; k++)
            if (c->arg[k].name.p && llri_str_same(c->arg[k].name, llri_slice(f.p, n))) v = c->arg[k].v;
    }
    if (!llri_given(v)) return llri_tpl_fail(r, "format: there is no value for '{%.*s}'", LLRI_S(f));
    while (n < f.n && !r->status) {
        int index = f.p[n] == '[';
        llri_str key;
        for (k = n + 1; k < f.n && (index ? f.p[k] != ']' : f.p[k] != '.' && f.p[k] != '[');) k++;
        key = llri_slice(f.p + n + 1, k - n - 1);
        n = k + (index && k < f.n);
        for (k = 0; k < key.n && key.p[k] >= '0' && key.p[k] <= '9';) k++;
        if (index && k == key.n && k && llri_parse_int(key, &i)) v = llri_item(r, v, llri_v_int(i));
        else v = index ? llri_item(r, v, llri_v_str(key.p, key.n)) : llri_attr(r, v, key, 1);
    }
    return v;
}

static llri_val llri_m_format(llri_render *r, llri_frame *c) {
    llri_str fmt = llri_str_of(c->arg[0].v);
    size_t i, start = r->n_out, end, colon;
    int next = 0;
    llri_charge(r, fmt.n / 4);
    for (i = 0; i < fmt.n && !r->status; i++) {
        llri_spec s;
        llri_val v;
        int repr = 0;
        if (fmt.p[i] != '{' && fmt.p[i] != '}') { llri_put(r, fmt.p + i, 1); continue; }
        if (i + 1 < fmt.n && fmt.p[i + 1] == fmt.p[i]) { llri_put(r, fmt.p + i++, 1); continue; }
        for (end = i; end < fmt.n && fmt.p[end] != '}';) end++;
        if (fmt.p[i] == '}' || end >= fmt.n) return llri_tpl_fail(r, "format: a brace alone");
        for (colon = i + 1; colon < end && fmt.p[colon] != ':' && fmt.p[colon] != '!';) colon++;
        v = llri_field(r, c, llri_slice(fmt.p + i + 1, colon - i - 1), &next);
        if (colon < end && fmt.p[colon] == '!') {
            repr = fmt.p[colon + 1] == 'r';
            colon += 2;
        }
        if (colon >= end || fmt.p[colon] != ':') colon = end - 1;
        llri_read_spec(&s, llri_slice(fmt.p + colon + 1, end - colon - 1));
        if (repr && !s.type) s.type = 'r';
        llri_put_formatted(r, &s, v);
        i = end;
    }
    return llri_take_text(r, start);
}

/* --- texts: what methods and filters share --- */
enum { LLRI_STRIP_LEFT = 1, LLRI_STRIP_RIGHT = 2 };

/* chars: missing or none: white space. */
static llri_val llri_strip_text(llri_render *r, llri_str s, llri_val chars, int sides) {
    llri_str set;
    size_t len;
    if (!llri_given(chars) || chars.kind == LLRI_V_NONE) {
        size_t front = (sides & LLRI_STRIP_LEFT) ? llri_space_front(s.p, s.n) : 0;
        size_t back = (sides & LLRI_STRIP_RIGHT) ? llri_space_back(s.p + front, s.n - front) : 0;
        llri_charge(r, (front + back) / 4);
        return llri_v_str(s.p + front, s.n - front - back);
    }
    set = llri_str_arg(r, "strip", chars);
    for (; (sides & LLRI_STRIP_LEFT) && s.n && llri_charge(r, 1); s = llri_slice(s.p + len, s.n - len)) {
        len = llri_char_len(s.p, s.n);
        if (llri_find(r, set, llri_slice(s.p, len), 0) == SIZE_MAX) break;
    }
    for (; (sides & LLRI_STRIP_RIGHT) && s.n && llri_charge(r, 1); s.n -= len) {
        len = llri_last_char(s.p, s.n);
        if (llri_find(r, set, llri_slice(s.p + s.n - len, len), 0) == SIZE_MAX) break;
    }
    return llri_v_str(s.p, s.n);
}

enum { LLRI_CASE_UPPER, LLRI_CASE_LOWER, LLRI_CASE_CAPITAL, LLRI_CASE_TITLE, LLRI_CASE_WORDS, LLRI_CASE_SWAP };

/* TITLE: Python's, a capital after anything that is no letter; WORDS: jinja's, after white space and brackets. */
static llri_val llri_case_of(llri_render *r, llri_str s, int how) {
    size_t start = r->n_out, i, len;
    int first = 1;
    llri_charge(r, s.n);
    for (i = 0; i < s.n && !r->status; i += len) {
        uint32_t c, up, low;
        int capital = how == LLRI_CASE_UPPER || (first && how >= LLRI_CASE_CAPITAL && how != LLRI_CASE_SWAP);
        len = llri_char_len(s.p + i, s.n - i);
        c = llri_char_at(s.p + i, len);
        r->as_said = llri_is_said(&r->mem, s.p + i);
        if (len == 1 && c >= 0x80) { llri_putc(r, s.p[i]); continue; }
        if (len > 1) llri_charge(r, 1);
        up = llri_upper(c);
        low = llri_lower(c);
        if (how == LLRI_CASE_SWAP) capital = c == low;
        if (c == 0xdf && capital) llri_puts(r, how == LLRI_CASE_UPPER || how == LLRI_CASE_WORDS ? "SS" : "Ss");
        else llri_put_char(r, capital ? up : low);
        if (how == LLRI_CASE_TITLE) first = up == low;
        else if (how == LLRI_CASE_WORDS) first = llri_py_space(c) || (c < 0x80 && strchr("-({[<", (int)c) != NULL);
        else first = 0;
    }
    r->as_said = 0;
    return llri_take_text(r, start);
}

/* At most `max` cuts (-1: any number). */
static llri_val llri_split(llri_render *r, llri_str s, llri_val sep, int64_t max) {
    llri_list *l = llri_tpl_list(r);
    llri_str by;
    size_t at = 0, end;
    llri_charge_bytes(r, s.n);
    if (!llri_given(sep) || sep.kind == LLRI_V_NONE) {
        llri_charge(r, s.n / 8);
        s = llri_slice(s.p + llri_space_front(s.p, s.n), s.n - llri_space_front(s.p, s.n));
        while (s.n && !r->status) {
            for (end = 0; end < s.n && !llri_space_front(s.p + end, s.n - end > 4 ? 4 : s.n - end);)
                end += llri_char_len(s.p + end, s.n - end);
            if (max-- == 0) end = s.n;
            llri_push(r, l, llri_v_str(s.p, end));
            end += llri_space_front(s.p + end, s.n - end);
            s = llri_slice(s.p + end, s.n - end);
        }
        return llri_list_done(r, l);
    }
    by = llri_str_arg(r, "split", sep);
    if (!by.n) return llri_tpl_fail(r, "split: the separator is empty");
    while (!r->status && max-- != 0 && (end = llri_find(r, s, by, at)) != SIZE_MAX) {
        llri_push(r, l, llri_v_str(s.p + at, end - at));
        at = end + by.n;
    }
    llri_push(r, l, llri_v_str(s.p + at, s.n - at));
    return llri_list_done(r, l);
}

/* The last place of needle, or SIZE_MAX. */
static size_t llri_find_last(llri_render *r, llri_str s, llri_str needle) {
    size_t i = needle.n <= s.n ? s.n - needle.n + 1 : 0, cost = 0;
    while (i-- > 0) {
        size_t k = 0;
        while (k < needle.n && s.p[i + k] == needle.p[k]) k++;
        cost += 1 + k;
        if (k == needle.n) break;
        if (cost > 100000) { if (!llri_charge(r, cost / 8)) return SIZE_MAX; cost = 0; }
    }
    llri_charge(r, cost / 8);
    return i;
}

static llri_val llri_rsplit(llri_render *r, llri_str s, llri_val sep, int64_t max) {
    llri_list *l = llri_tpl_list(r);
    llri_str by;
    uint32_t i;
    size_t at;
    if (max < 0) return llri_split(r, s, sep, max);
    if (!llri_given(sep) || sep.kind == LLRI_V_NONE) {
        llri_charge(r, s.n / 8);
        s.n -= llri_space_back(s.p, s.n);
        while (s.n && !r->status) {
            for (at = s.n; at > 0 && !llri_space_back(s.p, at);) at -= llri_last_char(s.p, at);
            if (max-- == 0) at = 0;
            llri_push(r, l, llri_v_str(s.p + at, s.n - at));
            s.n = at - llri_space_back(s.p, at);
        }
    } else {
        by = llri_str_arg(r, "rsplit", sep);
        if (!by.n) return llri_tpl_fail(r, "rsplit: the separator is empty");
        while (!r->status && max-- > 0 && (at = llri_find_last(r, s, by)) != SIZE_MAX) {
            llri_push(r, l, llri_v_str(s.p + at + by.n, s.n - at - by.n));
            s.n = at;
        }
        llri_push(r, l, llri_v_str(s.p, s.n));
    }
    for (i = 0; l && i < l->n / 2; i++) { llri_val v = l->v[i]; l->v[i] = l->v[l->n - 1 - i]; l->v[l->n - 1 - i] = v; }
    return llri_list_done(r, l);
}

static llri_val llri_splitlines(llri_render *r, llri_str s, int keep) {
    llri_list *l = llri_tpl_list(r);
    size_t i = 0, start = 0, len, end;
    llri_charge(r, s.n / 4);
    while (i < s.n && !r->status) {
        uint32_t c;
        len = llri_char_len(s.p + i, s.n - i);
        c = llri_char_at(s.p + i, len);
        if (!llri_ends_line(c) || (len == 1 && c >= 0x80)) { i += len; continue; }
        end = i;
        i += len;
        if (c == '\r' && i < s.n && s.p[i] == '\n') i++;
        llri_push(r, l, llri_v_str(s.p + start, (keep ? i : end) - start));
        start = i;
    }
    if (start < s.n) llri_push(r, l, llri_v_str(s.p + start, s.n - start));
    return llri_list_done(r, l);
}

static llri_val llri_replace(llri_render *r, llri_str s, llri_str from, llri_str to, int64_t max) {
    size_t start = r->n_out, at = 0, end, len;
    while (!r->status && max-- != 0 && (end = llri_find(r, s, from, at)) != SIZE_MAX) {
        llri_put(r, s.p + at, end - at);
        llri_put(r, to.p, to.n);
        at = end + from.n;
        if (!from.n) {                                       /* an empty text stands between all characters */
            llri_charge(r, 1);
            if (at >= s.n) break;
            len = llri_char_len(s.p + at, s.n - at);
            llri_put(r, s.p + at, len);
            at += len;
        }
    }
    if (start == r->n_out && at == 0) return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_str(s.p, s.n);
    llri_put(r, s.p + at, s.n - at);
    return llri_take_text(r, start);
}

/* --- methods. p[0] is the value before the dot. --- */
#define LLRI_SELF llri_str_of(c->p[0])
static llri_val llri_m_upper(llri_render *r, llri_frame *c) { return llri_case_of(r, LLRI_SELF, LLRI_CASE_UPPER); }
static llri_val llri_m_lower(llri_render *r, llri_frame *c) { return llri_case_of(r, LLRI_SELF, LLRI_CASE_LOWER); }
static llri_val llri_m_title(llri_render *r, llri_frame *c) { return llri_case_of(r, LLRI_SELF, LLRI_CASE_TITLE); }
static llri_val llri_m_capitalize(llri_render *r, llri_frame *c) { return llri_case_of(r, LLRI_SELF, LLRI_CASE_CAPITAL); }
static llri_val llri_m_swapcase(llri_render *r, llri_frame *c) { return llri_case_of(r, LLRI_SELF, LLRI_CASE_SWAP); }
static llri_val llri_m_strip(llri_render *r, llri_frame *c) {
    return llri_strip_text(r, LLRI_SELF, c->p[1], LLRI_STRIP_LEFT | LLRI_STRIP_RIGHT);
}

static llri_val llri_m_lstrip(llri_render *r, llri_frame *c) { return llri_strip_text(r, LLRI_SELF, c->p[1], LLRI_STRIP_LEFT); }
static llri_val llri_m_rstrip(llri_render *r, llri_frame *c) { return llri_strip_text(r, LLRI_SELF, c->p[1], LLRI_STRIP_RIGHT); }
static llri_val llri_m_splitlines(llri_render *r, llri_frame *c) { return llri_splitlines(r, LLRI_SELF, llri_flag(c->p[1], 0)); }

static llri_val llri_m_split(llri_render *r, llri_frame *c) {
    int64_t max = llri_int_arg(r, "split", c->p[2], -1, INT64_MIN, INT64_MAX);
    return llri_split(r, LLRI_SELF, c->p[1], max < 0 ? -1 : max);
}

static llri_val llri_m_rsplit(llri_render *r, llri_frame *c) {
    return llri_rsplit(r, LLRI_SELF, c->p[1], llri_int_arg(r, "rsplit", c->p[2], -1, INT64_MIN, INT64_MAX));
}

static llri_val llri_m_replace(llri_render *r, llri_frame *c) {
    return llri_replace(r, LLRI_SELF, llri_str_arg(r, "replace", c->p[1]), llri_str_arg(r, "replace", c->p[2]),
                        llri_int_arg(r, "replace", c->p[3], -1, -1, INT64_MAX));
}

/* Begins (or ends) with a text or with one of a tuple of texts; from a place on where one is given. */
static llri_val llri_affix(llri_render *r, llri_frame *c, int at_end) {
    llri_str s = LLRI_SELF, x;
    llri_val one = c->p[1];
    llri_list single, *l;
    uint32_t i;
    if (llri_given(c->p[2]) || llri_given(c->p[3]))
        s = llri_str_of(llri_cut(r, c->p[0], c->p[2], c->p[3], llri_v(LLRI_V_MISSING)));
    single.v = &one;
    single.n = 1;
    l = one.kind == LLRI_V_TUPLE ? one.u.list : &single;
    for (i = 0; i < l->n && !r->status; i++) {
        x = llri_str_arg(r, at_end ? "endswith" : "startswith", l->v[i]);
        llri_charge_bytes(r, x.n);
        if (!r->status && x.n <= s.n && (x.n == 0 || memcmp(at_end ? s.p + s.n - x.n : s.p, x.p, x.n) == 0))
            return llri_v_bool(1);
    }
    return llri_v_bool(0);
}

static llri_val llri_m_startswith(llri_render *r, llri_frame *c) { return llri_affix(r, c, 0); }
static llri_val llri_m_endswith(llri_render *r, llri_frame *c) { return llri_affix(r, c, 1); }

static llri_val llri_place(llri_render *r, llri_frame *c, const char *what, int last) {
    llri_str s = LLRI_SELF, x = llri_str_arg(r, what, c->p[1]);
    size_t from = llri_char_offset(s, (uint64_t)llri_int_arg(r, what, c->p[2], 0, 0, INT64_MAX));
    size_t at = r->status ? SIZE_MAX : last ? llri_find_last(r, s, x) : llri_find(r, s, x, from);
    llri_charge_bytes(r, s.n);
    if (at == SIZE_MAX || (last && at < from))
        return what[0] == 'i' ? llri_tpl_fail(r, "index: the text is not there") : llri_v_int(-1);
    return llri_v_int((int64_t)llri_count_chars(llri_slice(s.p, at)));
}

static llri_val llri_m_find(llri_render *r, llri_frame *c) { return llri_place(r, c, "find", 0); }
static llri_val llri_m_rfind(llri_render *r, llri_frame *c) { return llri_place(r, c, "rfind", 1); }
static llri_val llri_m_index(llri_render *r, llri_frame *c) { return llri_place(r, c, "index", 0); }

static llri_val llri_m_count(llri_render *r, llri_frame *c) {
    llri_str s = LLRI_SELF, x = llri_str_arg(r, "count", c->p[1]);
    size_t at = 0;
    int64_t n = 0;
    llri_charge_bytes(r, s.n);
    if (!x.n) return llri_v_int((int64_t)llri_count_chars(s) + 1);
    for (; !r->status && (at = llri_find(r, s, x, at)) != SIZE_MAX; at += x.n) n++;
    return llri_v_int(n);
}

static llri_val llri_join(llri_render *r, llri_str sep, const llri_list *l) {
    size_t start = r->n_out;
    uint32_t i;
    for (i = 0; l && i < l->n && llri_charge(r, 1); i++) {
        if (i) llri_put(r, sep.p, sep.n);
        llri_put_value(r, l->v[i]);
    }
    return llri_take_text(r, start);
}

static llri_val llri_m_join(llri_render *r, llri_frame *c) {
    llri_list *l = llri_items(r, c->p[1]);
    uint32_t i;
    for (i = 0; l && i < l->n; i++)
        if (l->v[i].kind != LLRI_V_STR)
            return llri_tpl_fail(r, "join: item %u is a %s, not a text", (unsigned)i, llri_kind_names[l->v[i].kind]);
    return llri_join(r, LLRI_SELF, l);
}

static llri_val llri_m_removeprefix(llri_render *r, llri_frame *c) {
    llri_str s = LLRI_SELF, x = llri_str_arg(r, "removeprefix", c->p[1]);
    size_t n = x.n && x.n <= s.n && memcmp(s.p, x.p, x.n) == 0 ? x.n : 0;
    return llri_v_str(s.p + n, s.n - n);
}

static llri_val llri_m_removesuffix(llri_render *r, llri_frame *c) {
    llri_str s = LLRI_SELF, x = llri_str_arg(r, "removesuffix", c->p[1]);
    size_t n = x.n && x.n <= s.n && memcmp(s.p + s.n - x.n, x.p, x.n) == 0 ? x.n : 0;
    return llri_v_str(s.p, s.n - n);
}

/* (before, separator, after) */
static llri_val llri_parts(llri_render *r, llri_frame *c, int last) {
    llri_str s = LLRI_SELF, x = llri_str_arg(r, "partition", c->p[1]);
    size_t at = last ? llri_find_last(r, s, x) : llri_find(r, s, x, 0);
    llri_list *l = llri_tpl_list(r);
    size_t before = at != SIZE_MAX ? at : last ? 0 : s.n, after = at != SIZE_MAX ? at + x.n : before;
    llri_push(r, l, llri_v_str(s.p, before));
    llri_push(r, l, llri_v_str(s.p + before, after - before));
    llri_push(r, l, llri_v_str(s.p + after, s.n - after));
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_list(LLRI_V_TUPLE, l);
}

static llri_val llri_m_partition(llri_render *r, llri_frame *c) { return llri_parts(r, c, 0); }
static llri_val llri_m_rpartition(llri_render *r, llri_frame *c) { return llri_parts(r, c, 1); }

static llri_val llri_justify(llri_render *r, llri_val v, int64_t width, llri_val fill, char align) {
    llri_spec s;
    size_t start = r->n_out;
    llri_spec_init(&s);
    s.width = (int)width;
    if (llri_given(fill)) s.fill = llri_str_arg(r, "padding", fill);
    llri_put_value(r, v);
    llri_put_padding(r, start, &s, align);
    return llri_take_text(r, start);
}

static llri_val llri_m_ljust(llri_render *r, llri_frame *c) {
    return llri_justify(r, c->p[0], llri_int_arg(r, "ljust", c->p[1], 0, -1000000, 1000000), c->p[2], '<');
}

static llri_val llri_m_rjust(llri_render *r, llri_frame *c) {
    return llri_justify(r, c->p[0], llri_int_arg(r, "rjust", c->p[1], 0, -1000000, 1000000), c->p[2], '>');
}

static llri_val llri_m_center(llri_render *r, llri_frame *c) {
    return llri_justify(r, c->p[0], llri_int_arg(r, "center", c->p[1], 80, -1000000, 1000000), c->p[2], 'c');
}

static llri_val llri_m_zfill(llri_render *r, llri_frame *c) {
    llri_str s = LLRI_SELF;
    size_t start = r->n_out, sign = s.n && (s.p[0] == '-' || s.p[0] == '+');
    int64_t n = llri_int_arg(r, "zfill", c->p[1], 0, -1000000, 1000000) - (int64_t)llri_count_chars(s);
    llri_put(r, s.p, sign);
    llri_charge(r, n > 0 ? (size_t)n / 2 : 0);
    for (; n > 0 && !r->status; n--) llri_putc(r, '0');
    llri_put(r, s.p + sign, s.n - sign);
    return llri_take_text(r, start);
}

enum { LLRI_IS_DIGIT, LLRI_IS_ALPHA, LLRI_IS_ALNUM, LLRI_IS_SPACE, LLRI_IS_UPPER, LLRI_IS_LOWER };

/* All characters are of a kind, and there is one; for case: all letters that have one. Beyond ASCII: roughly. */
static int llri_all_are(llri_render *r, llri_str s, int what) {
    size_t i, len;
    int any = 0;
    for (i = 0; i < s.n && llri_charge(r, 1); i += len) {
        uint32_t c;
        int digit, alpha, ok;
        len = llri_char_len(s.p + i, s.n - i);
        c = llri_char_at(s.p + i, len);
        digit = c >= '0' && c <= '9';
        alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                (c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c < 0x2c00) && !(c >= 0x3000 && c < 0x3040));
        if (what >= LLRI_IS_UPPER) {
            uint32_t up = llri_upper(c), low = llri_lower(c);
            if (up == low) continue;
            if (c != (what == LLRI_IS_UPPER ? up : low)) return 0;
            any = 1;
            continue;
        }
        ok = what == LLRI_IS_DIGIT ? digit : what == LLRI_IS_ALPHA ? alpha : what == LLRI_IS_ALNUM ? digit || alpha :
            llri_py_space(c);
        if (!ok) return 0;
        any = 1;
    }
    return any;
}

static llri_val llri_m_isdigit(llri_render *r, llri_frame *c) { return llri_v_bool(llri_all_are(r, LLRI_SELF, LLRI_IS_DIGIT)); }
static llri_val llri_m_isalpha(llri_render *r, llri_frame *c) { return llri_v_bool(llri_all_are(r, LLRI_SELF, LLRI_IS_ALPHA)); }
static llri_val llri_m_isalnum(llri_render *r, llri_frame *c) { return llri_v_bool(llri_all_are(r, LLRI_SELF, LLRI_IS_ALNUM)); }
static llri_val llri_m_isspace(llri_render *r, llri_frame *c) { return llri_v_bool(llri_all_are(r, LLRI_SELF, LLRI_IS_SPACE)); }
static llri_val llri_m_isupper(llri_render *r, llri_frame *c) { return llri_v_bool(llri_all_are(r, LLRI_SELF, LLRI_IS_UPPER)); }
static llri_val llri_m_islower(llri_render *r, llri_frame *c) { return llri_v_bool(llri_all_are(r, LLRI_SELF, LLRI_IS_LOWER)); }

static llri_val llri_m_append(llri_render *r, llri_frame *c) {
    llri_push(r, c->p[0].u.list, c->p[1]);
    return llri_v(LLRI_V_NONE);
}

static llri_val llri_m_extend(llri_render *r, llri_frame *c) {
    llri_list *from = llri_items(r, c->p[1]);
    uint32_t i, n = from ? from->n : 0;
    for (i = 0; i < n; i++)
        if (!llri_push(r, c->p[0].u.list, from->v[i])) break;
    return llri_v(LLRI_V_NONE);
}

static llri_val llri_m_insert(llri_render *r, llri_frame *c) {
    llri_list *l = c->p[0].u.list;
    int64_t i = llri_int_arg(r, "insert", c->p[1], 0, INT64_MIN, INT64_MAX), n = l->n;
    if (i < 0) i = i + n < 0 ? 0 : i + n;
    if (i > n) i = n;
    if (r->status || !llri_charge_bytes(r, (size_t)(n - i) * sizeof *l->v) || !llri_push(r, l, c->p[2]))
        return llri_v(LLRI_V_UNDEF);
    memmove(l->v + i + 1, l->v + i, (size_t)(n - i) * sizeof *l->v);
    l->v[i] = c->p[2];
    return llri_v(LLRI_V_NONE);
}

static llri_val llri_m_pop(llri_render *r, llri_frame *c) {
    llri_list *l = c->p[0].u.list;
    int64_t i = llri_int_arg(r, "pop", c->p[1], -1, INT64_MIN, INT64_MAX), n = l->n;
    llri_val v;
    if (i < 0) i += n;
    if (i < 0 || i >= n) return llri_tpl_fail(r, "pop: there is no such item in a list of %u", (unsigned)n);
    v = l->v[i];
    llri_charge_bytes(r, (size_t)(n - i) * sizeof v);
    memmove(l->v + i, l->v + i + 1, (size_t)(n - i - 1) * sizeof v);
    l->n--;
    return v;
}

/* Index of a value in a list, or -1. */
static int64_t llri_list_index(llri_render *r, const llri_list *l, llri_val v) {
    uint32_t i;
    for (i = 0; i < l->n && !r->status; i++)
        if (llri_equal(r, l->v[i], v, 0)) return i;
    return -1;
}

static llri_val llri_m_list_index(llri_render *r, llri_frame *c) {
    int64_t i = llri_list_index(r, c->p[0].u.list, c->p[1]);
    return i < 0 ? llri_tpl_fail(r, "index: the value is not in the list") : llri_v_int(i);
}

static llri_val llri_m_remove(llri_render *r, llri_frame *c) {
    llri_list *l = c->p[0].u.list;
    int64_t i = llri_list_index(r, l, c->p[1]);
    if (i < 0) return llri_tpl_fail(r, "remove: the value is not in the list");
    memmove(l->v + i, l->v + i + 1, (size_t)(l->n - i - 1) * sizeof *l->v);
    l->n--;
    return llri_v(LLRI_V_NONE);
}

static llri_val llri_m_list_count(llri_render *r, llri_frame *c) {
    const llri_list *l = c->p[0].u.list;
    int64_t n = 0;
    uint32_t i;
    for (i = 0; i < l->n && !r->status; i++) n += llri_equal(r, l->v[i], c->p[1], 0);
    return llri_v_int(n);
}

static llri_val llri_m_list_reverse(llri_render *r, llri_frame *c) {
    llri_list *l = c->p[0].u.list;
    uint32_t i;
    llri_charge(r, l->n / 4);
    for (i = 0; i < l->n / 2; i++) { llri_val v = l->v[i]; l->v[i] = l->v[l->n - 1 - i]; l->v[l->n - 1 - i] = v; }
    return llri_v(LLRI_V_NONE);
}

static llri_val llri_m_list_sort(llri_render *r, llri_frame *c) {
    llri_sort(r, llri_copy_items(r, c->p[0]), c->p[0].u.list, llri_flag(c->p[1], 0));
    return llri_v(LLRI_V_NONE);
}

static llri_val llri_m_copy(llri_render *r, llri_frame *c) { return llri_list_done(r, llri_copy_items(r, c->p[0])); }

static llri_val llri_m_clear(llri_render *r, llri_frame *c) {
    (void)r;
    if (llri_is_seq(c->p[0])) c->p[0].u.list->n = 0;
    else { c->p[0].u.dict->n = 0; llri_dict_reindex(c->p[0].u.dict); }
    return llri_v(LLRI_V_NONE);
}

static llri_val llri_m_get(llri_render *r, llri_frame *c) {
    uint32_t i = llri_key_find(r, c->p[0].u.dict, c->p[1]);
    return i != UINT32_MAX ? c->p[0].u.dict->v[i].val : llri_given(c->p[2]) ? c->p[2] : llri_v(LLRI_V_NONE);
}

static llri_val llri_pair_of(llri_render *r, llri_val a, llri_val b) {
    llri_list *l = llri_tpl_list(r);
    if (!l || !llri_push(r, l, a) || !llri_push(r, l, b)) return llri_v(LLRI_V_UNDEF);
    return llri_v_list(LLRI_V_TUPLE, l);
}

static llri_val llri_m_items(llri_render *r, llri_frame *c) {
    const llri_dict *d = c->p[0].u.dict;
    llri_list *l = llri_tpl_list(r);
    uint32_t i;
    for (i = 0; i < d->n && !r->status; i++) llri_push(r, l, llri_pair_of(r, d->v[i].key, d->v[i].val));
    return llri_list_done(r, l);
}

static llri_val llri_m_keys(llri_render *r, llri_frame *c) { return llri_list_done(r, llri_keys(r, c->p[0].u.dict)); }

static llri_val llri_m_values(llri_render *r, llri_frame *c) {
    const llri_dict *d = c->p[0].u.dict;
    llri_list *l = llri_tpl_list(r);
    uint32_t i;
    for (i = 0; i < d->n && !r->status; i++) llri_push(r, l, d->v[i].val);
    return llri_list_done(r, l);
}

static llri_val llri_m_dict_pop(llri_render *r, llri_frame *c) {
    llri_dict *d = c->p[0].u.dict;
    uint32_t i = llri_key_find(r, d, c->p[1]);
    llri_val v;
    if (i == UINT32_MAX) return llri_given(c->p[2]) ? c->p[2] : llri_tpl_fail(r, "pop: the key is not in the dict");
    v = d->v[i].val;
    llri_charge(r, 1 + 4 * (size_t)d->n);
    llri_dict_remove(d, i);
    return v;
}

static llri_val llri_m_setdefault(llri_render *r, llri_frame *c) {
    uint32_t i = llri_key_find(r, c->p[0].u.dict, c->p[1]);
    llri_val v = llri_given(c->p[2]) ? c->p[2] : llri_v(LLRI_V_NONE);
    if (i != UINT32_MAX) return c->p[0].u.dict->v[i].val;
    llri_put_key(r, c->p[0].u.dict, c->p[1], v);
    return v;
}

/* Dicts, lists of pairs and named arguments from arg[from] on, into d. */
static int llri_fill_dict(llri_render *r, llri_dict *d, const llri_frame *c, int from) {
    int i;
    uint32_t k;
    for (i = from; i < c->n && d && !r->status; i++) {
        llri_val v = c->arg[i].v;
        if (c->arg[i].name.p) llri_put_key(r, d, llri_v_str(c->arg[i].name.p, c->arg[i].name.n), v);
        else if (v.kind == LLRI_V_DICT || v.kind == LLRI_V_SPACE)
            for (k = 0; k < v.u.dict->n && !r->status; k++) llri_put_key(r, d, v.u.dict->v[k].key, v.u.dict->v[k].val);
        else if (llri_is_seq(v)) {
            for (k = 0; k < v.u.list->n && !r->status; k++) {
                llri_val pair = v.u.list->v[k];
                if (!llri_is_seq(pair) || pair.u.list->n != 2) llri_tpl_fail(r, "a dict is made of pairs");
                else llri_put_key(r, d, pair.u.list->v[0], pair.u.list->v[1]);
            }
        } else llri_tpl_fail(r, "a dict cannot be made of a %s", llri_kind_names[v.kind]);
    }
    return d && !r->status;
}

static llri_dict *llri_tpl_dict(llri_render *r) {
    llri_dict *d = (llri_dict *)llri_tpl_get(r, sizeof *d, 8);
    if (d) memset(d, 0, sizeof *d);
    return d;
}

static llri_val llri_m_update(llri_render *r, llri_frame *c) {
    llri_fill_dict(r, c->arg[0].v.u.dict, c, 1);
    return llri_v(LLRI_V_NONE);
}

static llri_val llri_m_dict_copy(llri_render *r, llri_frame *c) {
    llri_dict *d = llri_tpl_dict(r);
    return llri_fill_dict(r, d, c, 0) ? llri_v_dict(LLRI_V_DICT, d) : llri_v(LLRI_V_UNDEF);
}

static llri_val llri_m_cycle(llri_render *r, llri_frame *c) {
    const llri_loop *l = (const llri_loop *)c->arg[0].v.u.p;
    return c->n < 2 ? llri_tpl_fail(r, "cycle needs values") : c->arg[1 + l->i % (uint32_t)(c->n - 1)].v;
}

static llri_val llri_m_changed(llri_render *r, llri_frame *c) {
    llri_loop *l = (llri_loop *)(uintptr_t)c->arg[0].v.u.p;
    llri_list *now = llri_tpl_list(r);
    llri_val v;
    int i, same;
    for (i = 1; i < c->n; i++) llri_push(r, now, c->arg[i].v);
    if (r->status) return llri_v(LLRI_V_UNDEF);
    v = llri_v_list(LLRI_V_TUPLE, now);
    same = llri_given(l->changed) && llri_equal(r, l->changed, v, 0);
    l->changed = v;
    return llri_v_bool(!same);
}

static llri_val llri_m_next(llri_render *r, llri_frame *c) {
    llri_list *l = c->p[0].u.list;
    llri_val v = l->v[l->at];
    (void)r;
    l->at = (l->at + 1) % l->n;
    return v;
}

static llri_val llri_m_reset(llri_render *r, llri_frame *c) {
    (void)r;
    c->p[0].u.list->at = 0;
    return llri_v(LLRI_V_NONE);
}

static const llri_row llri_str_methods[] = {
    { "capitalize", llri_m_capitalize, "self", 1 }, { "center", llri_m_center, "self width fillchar", 2 },
    { "count", llri_m_count, "self sub", 2 }, { "endswith", llri_m_endswith, "self suffix start end", 2 },
    { "find", llri_m_find, "self sub start", 2 }, { "format", llri_m_format, "*", 0 },
    { "index", llri_m_index, "self sub start", 2 }, { "isalnum", llri_m_isalnum, "self", 1 },
    { "isalpha", llri_m_isalpha, "self", 1 }, { "isdecimal", llri_m_isdigit, "self", 1 },
    { "isdigit", llri_m_isdigit, "self", 1 }, { "islower", llri_m_islower, "self", 1 },
    { "isnumeric", llri_m_isdigit, "self", 1 }, { "isspace", llri_m_isspace, "self", 1 },
    { "isupper", llri_m_isupper, "self", 1 }, { "join", llri_m_join, "self iterable", 2 },
    { "ljust", llri_m_ljust, "self width fillchar", 2 }, { "casefold", llri_m_lower, "self", 1 },
    { "lower", llri_m_lower, "self", 1 }, { "lstrip", llri_m_lstrip, "self chars", 1 },
    { "partition", llri_m_partition, "self sep", 2 }, { "removeprefix", llri_m_removeprefix, "self prefix", 2 },
    { "removesuffix", llri_m_removesuffix, "self suffix", 2 }, { "replace", llri_m_replace, "self old new count", 3 },
    { "rfind", llri_m_rfind, "self sub start", 2 }, { "rjust", llri_m_rjust, "self width fillchar", 2 },
    { "rpartition", llri_m_rpartition, "self sep", 2 }, { "rsplit", llri_m_rsplit, "self sep maxsplit", 1 },
    { "rstrip", llri_m_rstrip, "self chars", 1 }, { "split", llri_m_split, "self sep maxsplit", 1 },
    { "splitlines", llri_m_splitlines, "self keepends", 1 }, { "startswith", llri_m_startswith, "self prefix start end", 2 },
    { "strip", llri_m_strip, "self chars", 1 }, { "swapcase", llri_m_swapcase, "self", 1 },
    { "title", llri_m_title, "self", 1 }, { "upper", llri_m_upper, "self", 1 }, { "zfill", llri_m_zfill, "self width", 2 }
};
static const llri_row llri_list_methods[] = {
    { "append", llri_m_append, "self object", 2 }, { "clear", llri_m_clear, "self", 1 }, { "copy", llri_m_copy, "self", 1 },
    { "count", llri_m_list_count, "self value", 2 }, { "extend", llri_m_extend, "self iterable", 2 },
    { "index", llri_m_list_index, "self value", 2 }, { "insert", llri_m_insert, "self index object", 3 },
    { "pop", llri_m_pop, "self index", 1 }, { "remove", llri_m_remove, "self value", 2 },
    { "reverse", llri_m_list_reverse, "self", 1 }, { "sort", llri_m_list_sort, "self reverse", 1 }
};
static const llri_row llri_tuple_methods[] = {
    { "count", llri_m_list_count, "self value", 2 }, { "index", llri_m_list_index, "self value", 2 }
};
static const llri_row llri_dict_methods[] = {
    { "clear", llri_m_clear, "self", 1 }, { "copy", llri_m_dict_copy, "*", 0 }, { "get", llri_m_get, "self key default", 2 },
    { "items", llri_m_items, "self", 1 }, { "keys", llri_m_keys, "self", 1 },
    { "pop", llri_m_dict_pop, "self key default", 2 }, { "setdefault", llri_m_setdefault, "self key default", 2 },
    { "update", llri_m_update, "*", 0 }, { "values", llri_m_values, "self", 1 }
};
static const llri_row llri_loop_methods[] = { { "cycle", llri_m_cycle, "*", 0 }, { "changed", llri_m_changed, "*", 0 } };
static const llri_row llri_cycler_methods[] = { { "next", llri_m_next, "self", 1 }, { "reset", llri_m_reset, "self", 1 } };

#define LLRI_ROWS(t) (t), sizeof(t) / sizeof((t)[0])
static const struct { llri_kind kind; const llri_row *rows; size_t n; } llri_methods[] = {
    { LLRI_V_STR, LLRI_ROWS(llri_str_methods) }, { LLRI_V_LIST, LLRI_ROWS(llri_list_methods) },
    { LLRI_V_TUPLE, LLRI_ROWS(llri_tuple_methods) }, { LLRI_V_DICT, LLRI_ROWS(llri_dict_methods) },
    { LLRI_V_LOOP, LLRI_ROWS(llri_loop_methods) }, { LLRI_V_CYCLER, LLRI_ROWS(llri_cycler_methods) }
};

static const llri_row *llri_row_find(const llri_row *rows, size_t n, llri_str name) {
    size_t i;
    for (i = 0; i < n; i++)
        if (llri_str_eq(name, rows[i].name)) return &rows[i];
    return NULL;
}

static const llri_row *llri_method_row(llri_val v, llri_str name) {
    size_t i;
    for (i = 0; i < sizeof llri_methods / sizeof llri_methods[0]; i++)
        if (llri_methods[i].kind == (llri_kind)v.kind) return llri_row_find(llri_methods[i].rows, llri_methods[i].n, name);
    return NULL;
}

static int llri_is_method_name(llri_str name) {
    size_t i;
    for (i = 0; i < sizeof llri_methods / sizeof llri_methods[0]; i++)
        if (llri_row_find(llri_methods[i].rows, llri_methods[i].n, name)) return 1;
    return 0;
}

/* --- filters. p[0] is the value before the bar. --- */
/* The attribute of a filter: a name, a path such as a.b.0, or an index. */
static llri_val llri_path(llri_render *r, llri_val v, llri_val path) {
    llri_str s;
    size_t n;
    int64_t i;
    if (llri_is_int(path)) return llri_item(r, v, path);
    s = llri_str_arg(r, "attribute", path);
    llri_charge(r, s.n);
    while (!r->status) {
        llri_str part = llri_slice(s.p, 0);
        while (part.n < s.n && s.p[part.n] != '.') part.n++;
        for (n = 0; n < part.n && part.p[n] >= '0' && part.p[n] <= '9';) n++;
        if (!(part.n && n == part.n && llri_parse_int(part, &i))) v = llri_item(r, v, llri_v_str(part.p, part.n));
        else v = llri_item(r, v, llri_v_int(i));
        if (part.n == s.n) break;
        s = llri_slice(s.p + part.n + 1, s.n - part.n - 1);
    }
    return v;
}

/* What a filter sorts or compares by: the attribute if one is given, in small letters unless case matters. */
static llri_val llri_key_of_item(llri_render *r, llri_val v, llri_val attribute, int case_matters) {
    if (llri_given(attribute) && attribute.kind != LLRI_V_NONE) v = llri_path(r, v, attribute);
    return v.kind == LLRI_V_STR && !case_matters && !r->status ? llri_case_of(r, llri_str_of(v), LLRI_CASE_LOWER) : v;
}

static llri_list *llri_keys_of_items(llri_render *r, const llri_list *items, llri_val attribute, int case_matters) {
    llri_list *keys = llri_tpl_list(r);
    uint32_t i;
    for (i = 0; items && i < items->n; i++)
        if (!llri_push(r, keys, llri_key_of_item(r, items->v[i], attribute, case_matters))) return NULL;
    return keys;
}

static llri_val llri_f_string(llri_render *r, llri_frame *c) { return llri_to_str(r, c->p[0]); }

/* The text of the value, safe if it was: for filters that keep the mark. */
static llri_val llri_like(llri_val text, llri_val was) {
    if (text.kind == LLRI_V_STR) text.holder = (uint8_t)llri_is_safe(was);
    return text;
}

static llri_val llri_f_safe(llri_render *r, llri_frame *c) {
    llri_val v = llri_to_str(r, c->p[0]);
    if (v.kind == LLRI_V_STR) v.holder = 1;
    return v;
}

static llri_val llri_text_arg(llri_render *r, llri_frame *c) { return c->p[0] = llri_to_str(r, c->p[0]); }

static llri_val llri_f_upper(llri_render *r, llri_frame *c) {
    llri_text_arg(r, c);
    return llri_like(llri_case_of(r, LLRI_SELF, LLRI_CASE_UPPER), c->p[0]);
}

static llri_val llri_f_lower(llri_render *r, llri_frame *c) {
    llri_text_arg(r, c);
    return llri_like(llri_case_of(r, LLRI_SELF, LLRI_CASE_LOWER), c->p[0]);
}

static llri_val llri_f_title(llri_render *r, llri_frame *c) {
    llri_text_arg(r, c);
    return llri_case_of(r, LLRI_SELF, LLRI_CASE_WORDS);
}

static llri_val llri_f_capitalize(llri_render *r, llri_frame *c) {
    llri_text_arg(r, c);
    return llri_like(llri_case_of(r, LLRI_SELF, LLRI_CASE_CAPITAL), c->p[0]);
}

static llri_val llri_f_trim(llri_render *r, llri_frame *c) { llri_text_arg(r, c); return llri_like(llri_m_strip(r, c), c->p[0]); }
static llri_val llri_f_center(llri_render *r, llri_frame *c) { llri_text_arg(r, c); return llri_m_center(r, c); }

static llri_val llri_f_replace(llri_render *r, llri_frame *c) {
    int i;
    for (i = 0; i < 3; i++) c->p[i] = llri_to_str(r, c->p[i]);
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_m_replace(r, c);
}

static llri_val llri_f_length(llri_render *r, llri_frame *c) {
    switch (c->p[0].kind) {
    case LLRI_V_STR: llri_charge_bytes(r, c->p[0].n); return llri_v_int((int64_t)llri_count_chars(LLRI_SELF));
    case LLRI_V_LIST: case LLRI_V_TUPLE: return llri_v_int(c->p[0].u.list->n);
    case LLRI_V_DICT: return llri_v_int(c->p[0].u.dict->n);
    case LLRI_V_LOOP: return llri_v_int(((const llri_loop *)c->p[0].u.p)->items->n);
    case LLRI_V_UNDEF: return llri_v_int(0);
    default: return llri_tpl_fail(r, "length: a %s has none", llri_kind_names[c->p[0].kind]);
    }
}

static llri_val llri_f_default(llri_render *r, llri_frame *c) {
    int missing = c->p[0].kind == LLRI_V_UNDEF || (llri_flag(c->p[2], 0) && !llri_truthy(c->p[0]));
    (void)r;
    return !missing ? c->p[0] : llri_given(c->p[1]) ? c->p[1] : llri_v_str("", 0);
}

static llri_val llri_f_join(llri_render *r, llri_frame *c) {
    llri_list *l = llri_items(r, c->p[0]);
    if (llri_given(c->p[2])) l = llri_keys_of_items(r, l, c->p[2], 1);
    return llri_join(r, llri_str_arg(r, "join", c->p[1]), l);
}

static llri_val llri_f_items(llri_render *r, llri_frame *c) {
    if (c->p[0].kind == LLRI_V_UNDEF) return llri_lazy_done(r, llri_tpl_list(r));
    if (c->p[0].kind != LLRI_V_DICT) return llri_tpl_fail(r, "items: a %s is no dict", llri_kind_names[c->p[0].kind]);
    return llri_lazy_done(r, llri_m_items(r, c).u.list);
}

static llri_val llri_f_list(llri_render *r, llri_frame *c) { return llri_list_done(r, llri_copy_items(r, c->p[0])); }

static llri_val llri_f_first(llri_render *r, llri_frame *c) {
    llri_list *l = llri_items(r, c->p[0]);
    return !l || !l->n ? llri_v_undef(llri_cstr("the first item of nothing"), c->p[0].kind) : l->v[0];
}

static llri_val llri_f_last(llri_render *r, llri_frame *c) {
    llri_list *l = llri_items(r, c->p[0]);
    return !l || !l->n ? llri_v_undef(llri_cstr("the last item of nothing"), c->p[0].kind) : l->v[l->n - 1];
}

static llri_val llri_f_reverse(llri_render *r, llri_frame *c) {
    llri_list *l = llri_copy_items(r, c->p[0]);
    uint32_t i;
    for (i = 0; l && i < l->n / 2; i++) { llri_val v = l->v[i]; l->v[i] = l->v[l->n - 1 - i]; l->v[l->n - 1 - i] = v; }
    return c->p[0].kind == LLRI_V_STR ? llri_join(r, llri_slice("", 0), l) : llri_lazy_done(r, l);
}

static llri_val llri_f_sort(llri_render *r, llri_frame *c) {
    llri_list *l = llri_copy_items(r, c->p[0]);
    return llri_list_done(r, llri_sort(r, llri_keys_of_items(r, l, c->p[3], llri_flag(c->p[2], 0)), l, llri_flag(c->p[1], 0)));
}

static llri_val llri_f_dictsort(llri_render *r, llri_frame *c) {
    int by_value = llri_is_text(c->p[2], "value");
    llri_list *l;
    if (c->p[0].kind != LLRI_V_DICT) return llri_tpl_fail(r, "dictsort: a %s is no dict", llri_kind_names[c->p[0].kind]);
    l = llri_m_items(r, c).u.list;
    if (r->status) return llri_v(LLRI_V_UNDEF);
    return llri_list_done(r, llri_sort(r, llri_keys_of_items(r, l, llri_v_int(by_value), llri_flag(c->p[1], 0)), l,
                                       llri_flag(c->p[3], 0)));
}

static llri_val llri_f_unique(llri_render *r, llri_frame *c) {
    llri_list *items = llri_items(r, c->p[0]), *l = llri_tpl_list(r);
    llri_list *keys = llri_keys_of_items(r, items, c->p[2], llri_flag(c->p[1], 0));
    llri_dict *seen = llri_tpl_dict(r);
    uint32_t i;
    for (i = 0; keys && i < keys->n && !r->status; i++)
        if (seen && llri_key_find(r, seen, keys->v[i]) == UINT32_MAX && llri_put_key(r, seen, keys->v[i], llri_v(LLRI_V_NONE)))
            llri_push(r, l, items->v[i]);
    return llri_lazy_done(r, l);
}

/* The smallest (sign -1) or largest (1). */
static llri_val llri_extreme(llri_render *r, llri_frame *c, int sign) {
    llri_list *items = llri_items(r, c->p[0]), *keys = llri_keys_of_items(r, items, c->p[2], llri_flag(c->p[1], 0));
    uint32_t i, best = 0;
    if (r->status || !keys->n) return llri_v_undef(llri_cstr("an item of nothing"), c->p[0].kind);
    for (i = 1; i < keys->n && !r->status; i++)
        if (llri_compare(r, keys->v[i], keys->v[best], 0) == sign) best = i;
    return items->v[best];
}

static llri_val llri_f_min(llri_render *r, llri_frame *c) { return llri_extreme(r, c, -1); }
static llri_val llri_f_max(llri_render *r, llri_frame *c) { return llri_extreme(r, c, 1); }

static llri_val llri_f_sum(llri_render *r, llri_frame *c) {
    llri_list *l = llri_items(r, c->p[0]);
    llri_val total = llri_given(c->p[2]) ? c->p[2] : llri_v_int(0);
    uint32_t i;
    for (i = 0; l && i < l->n && llri_charge(r, 1); i++)
        total = llri_arith(r, '+', total, llri_key_of_item(r, l->v[i], c->p[1], 1));
    return total;
}

static llri_val llri_f_groupby(llri_render *r, llri_frame *c) {
    llri_list *l = llri_copy_items(r, c->p[0]), *keys, *shown, *out = llri_tpl_list(r), *group = NULL;
    int case_matters = llri_flag(c->p[3], 0);
    uint32_t i;
    keys = llri_keys_of_items(r, l, c->p[1], 1);
    for (i = 0; keys && i < keys->n; i++)
        if (keys->v[i].kind == LLRI_V_UNDEF && llri_given(c->p[2])) keys->v[i] = c->p[2];
    shown = llri_keys_of_items(r, keys, llri_v(LLRI_V_MISSING), 1);
    keys = llri_keys_of_items(r, keys, llri_v(LLRI_V_MISSING), case_matters);
    l = llri_sort(r, llri_keys_of_items(r, keys, llri_v(LLRI_V_MISSING), 1), l, 0);
    shown = llri_sort(r, llri_keys_of_items(r, keys, llri_v(LLRI_V_MISSING), 1), shown, 0);
    for (i = 0; shown && l && i < l->n && !r->status; i++) {
        llri_val k = llri_key_of_item(r, shown->v[i], llri_v(LLRI_V_MISSING), case_matters);
        if (!i || !llri_equal(r, k, llri_key_of_item(r, shown->v[i - 1], llri_v(LLRI_V_MISSING), case_matters), 0)) {
            group = llri_tpl_list(r);
            llri_push(r, out, llri_pair_of(r, shown->v[i], llri_v_list(LLRI_V_LIST, group)));
        }
        llri_push(r, group, l->v[i]);
    }
    return llri_list_done(r, out);
}

static llri_val llri_f_batch(llri_render *r, llri_frame *c) {
    llri_list *in = llri_items(r, c->p[0]), *out = llri_tpl_list(r), *row = NULL;
    int64_t size = llri_int_arg(r, "batch", c->p[1], 1, 1, LLRI_TPL_RANGE);
    uint32_t i;
    for (i = 0; in && i < in->n && !r->status; i++) {
        if (i % size == 0) { row = llri_tpl_list(r); llri_push(r, out, llri_v_list(LLRI_V_LIST, row)); }
        llri_push(r, row, in->v[i]);
    }
    while (row && llri_given(c->p[2]) && c->p[2].kind != LLRI_V_NONE && row->n < size && llri_push(r, row, c->p[2])) continue;
    return llri_lazy_done(r, out);
}

static llri_val llri_f_slice(llri_render *r, llri_frame *c) {
    llri_list *in = llri_items(r, c->p[0]), *out = llri_tpl_list(r);
    int64_t n = llri_int_arg(r, "slice", c->p[1], 1, 1, LLRI_TPL_RANGE), k, at = 0;
    for (k = 0; in && k < n && !r->status; k++) {
        int64_t per = in->n / n, longer = in->n % n, end = at + per + (k < longer);
        llri_list *part = llri_tpl_list(r);
        for (; at < end; at++)
            if (!llri_push(r, part, in->v[at])) break;
        if (llri_given(c->p[2]) && c->p[2].kind != LLRI_V_NONE && longer && k >= longer) llri_push(r, part, c->p[2]);
        llri_push(r, out, llri_v_list(LLRI_V_LIST, part));
    }
    return llri_lazy_done(r, out);
}

/* map('filter', ...) or map(attribute=..., default=...) */
static llri_val llri_f_map(llri_render *r, llri_frame *c) {
    llri_list *in, *out = llri_tpl_list(r);
    llri_val attribute = llri_named(c, "attribute"), missing = llri_named(c, "default"), name = llri_placed(c, 1);
    const llri_row *row = NULL;
    uint32_t i;
    if (!llri_truthy(c->arg[0].v)) return llri_lazy_done(r, out);       /* none, too, as in jinja2 */
    if (!llri_given(attribute)) {
        row = llri_filter_row(llri_str_arg(r, "map", name));
        if (!row) return llri_tpl_fail(r, "filter '%.*s' is not supported", LLRI_S(llri_str_arg(r, "map", name)));
    }
    in = llri_items(r, c->arg[0].v);
    for (i = 0; in && i < in->n && !r->status; i++) {
        llri_val v = row ? llri_call_with(r, row, in->v[i], c->arg + 2, c->n - 2) : llri_path(r, in->v[i], attribute);
        llri_push(r, out, !row && v.kind == LLRI_V_UNDEF && llri_given(missing) ? missing : v);
    }
    return llri_lazy_done(r, out);
}

/* Items for which a test (or the value itself) is as wanted; attr: the test looks at an attribute. */
static llri_val llri_select(llri_render *r, llri_frame *c, int attr, int wanted) {
    llri_list *in, *out = llri_tpl_list(r);
    llri_val name = llri_placed(c, 1 + attr);
    const llri_row *row = NULL;
    uint32_t i;
    if (!llri_truthy(c->arg[0].v)) return llri_lazy_done(r, out);
    if (attr && c->n < 2) return llri_tpl_fail(r, "selectattr needs the name of an attribute");
    if (llri_given(name)) {
        row = llri_test_row(llri_str_arg(r, "select", name));
        if (!row) return llri_tpl_fail(r, "test '%.*s' is not supported", LLRI_S(llri_str_arg(r, "select", name)));
    }
    in = llri_items(r, c->arg[0].v);
    for (i = 0; in && i < in->n && !r->status; i++) {
        llri_val v = attr ? llri_path(r, in->v[i], c->arg[1].v) : in->v[i];
        if (row) v = llri_call_with(r, row, v, c->arg + 2 + attr, c->n - 2 - attr);
        if (!r->status && llri_truthy(v) == wanted) llri_push(r, out, in->v[i]);
    }
    return llri_lazy_done(r, out);
}

static llri_val llri_f_select(llri_render *r, llri_frame *c) { return llri_select(r, c, 0, 1); }
static llri_val llri_f_reject(llri_render *r, llri_frame *c) { return llri_select(r, c, 0, 0); }
static llri_val llri_f_selectattr(llri_render *r, llri_frame *c) { return llri_select(r, c, 1, 1); }
static llri_val llri_f_rejectattr(llri_render *r, llri_frame *c) { return llri_select(r, c, 1, 0); }

static llri_val llri_f_attr(llri_render *r, llri_frame *c) {
    llri_str name = llri_str_arg(r, "attr", c->p[1]);
    /* keys are no attributes */
    if (c->p[0].kind == LLRI_V_DICT && !llri_method_row(c->p[0], name)) return llri_v_undef(name, LLRI_V_DICT);
    return llri_attr(r, c->p[0], name, 1);
}

static llri_val llri_f_abs(llri_render *r, llri_frame *c) {
    llri_val v = c->p[0];
    if (!llri_is_num(v)) return llri_tpl_fail(r, "abs: a %s is no number", llri_kind_names[v.kind]);
    if (llri_is_int(v)) return v.u.i < 0 ? llri_arith_int(r, '-', 0, v.u.i) : llri_v_int(v.u.i);
    return llri_v_float(fabs(llri_as_double(v)));
}

/* x rounded to places digits after the point (before it, if negative), half to even as Python rounds. */
static double llri_round_to(double x, int places) {
    char digits[LLRI_BIG_DIGITS + 10];
    int n, point;
    double y;
    if (x != x || fabs(x) > 1e300 || places > 320) return x;
    n = llri_double_digits(x, digits, &point);
    n = llri_round_digits(digits, n, point + places, &point);
    y = llri_digits_double(digits, n, point);
    return x < 0 ? -y : y;
}

static llri_val llri_f_round(llri_render *r, llri_frame *c) {
    int places = (int)llri_int_arg(r, "round", c->p[1], 0, -400, 400);
    double x, scale;
    llri_charge(r, 2 * LLRI_TPL_FLOAT_STEPS);
    if (!llri_is_num(c->p[0])) return llri_tpl_fail(r, "round: a %s is no number", llri_kind_names[c->p[0].kind]);
    x = llri_as_double(c->p[0]);
    if (!llri_given(c->p[2]) || llri_is_text(c->p[2], "common")) {
        if (llri_is_int(c->p[0]) && places >= 0) return llri_v_int(c->p[0].u.i);
        x = llri_round_to(x, places);
        return llri_is_int(c->p[0]) && fabs(x) < 9e18 ? llri_v_int((int64_t)x) : llri_v_float(x);
    }
    scale = llri_as_double(llri_arith_float(r, LLRI_OP2('*', '*'), 10, places));
    if (llri_is_text(c->p[2], "ceil")) return llri_v_float(ceil(x * scale) / scale);
    if (llri_is_text(c->p[2], "floor")) return llri_v_float(floor(x * scale) / scale);
    return llri_tpl_fail(r, "round: the method must be common, ceil or floor");
}

/* [space][sign]number[space] in a text, as float() takes it. */
static int llri_text_number(llri_render *r, llri_str s, llri_val *out) {
    size_t front = llri_space_front(s.p, s.n), sign, n;
    int is_float;
    int64_t i;
    llri_charge(r, s.n / 8);
    s = llri_slice(s.p + front, s.n - front);
    s.n -= llri_space_back(s.p, s.n);
    sign = s.n && (s.p[0] == '-' || s.p[0] == '+');
    n = llri_number_span(s.p + sign, s.n - sign, &is_float);
    if (n && sign + n + 1 == s.n && s.p[s.n - 1] == '.') { n++; is_float = 1; }
    if (!n || sign + n != s.n || (!is_float && n > LLRI_TPL_INT_DIGITS)) return 0;
    llri_charge(r, is_float ? LLRI_TPL_FLOAT_STEPS : 0);
    if (!is_float && llri_parse_int(s, &i)) *out = llri_v_int(i);
    else if (!is_float) *out = llri_v_text(LLRI_V_BIG, s.p + (s.p[0] == '+'), s.n - (s.p[0] == '+'));
    else *out = llri_v_float(llri_parse_double(s));
    return 1;
}

static llri_val llri_f_int(llri_render *r, llri_frame *c) {
    llri_val v = c->p[0], missing = llri_given(c->p[1]) ? c->p[1] : llri_v_int(0);
    int64_t base = llri_int_arg(r, "int", c->p[2], 10, 2, 16), sum = 0;
    size_t i = 0;
    int d, negative;
    if (v.kind == LLRI_V_STR && base != 10) {
        llri_str s = llri_str_of(llri_strip_text(r, LLRI_SELF, llri_v(LLRI_V_MISSING), LLRI_STRIP_LEFT | LLRI_STRIP_RIGHT));
        negative = s.n && s.p[0] == '-';
        i = (size_t)negative;
        if (s.n - i > 2 && s.p[i] == '0' && strchr(base == 16 ? "xX" : base == 8 ? "oO" : "bB", s.p[i + 1])) i += 2;
        if (i == s.n || s.n > 16) return missing;
        for (; i < s.n; i++) {
            d = llri_hex_digit(s.p[i]);
            if (d < 0 || d >= base) return missing;
            sum = sum * base + d;
        }
        return llri_v_int(negative ? -sum : sum);
    }
    if (v.kind == LLRI_V_STR && !llri_text_number(r, LLRI_SELF, &v)) return missing;
    if (v.kind == LLRI_V_BIG) return v;
    if (v.kind == LLRI_V_FLOAT) return fabs(v.u.f) < 9e18 ? llri_v_int((int64_t)v.u.f) : missing;
    return llri_is_int(v) ? llri_v_int(v.u.i) : missing;
}

static llri_val llri_f_float(llri_render *r, llri_frame *c) {
    llri_val v = c->p[0];
    if (v.kind == LLRI_V_STR && !llri_text_number(r, LLRI_SELF, &v)) v.kind = LLRI_V_UNDEF;
    return llri_is_num(v) ? llri_v_float(llri_number(r, v)) : llri_given(c->p[1]) ? c->p[1] : llri_v_float(0.0);
}

static llri_val llri_f_tojson(llri_render *r, llri_frame *c) {
    llri_json_style s;
    size_t start = r->n_out;
    memset(&s, 0, sizeof s);
    s.ascii = llri_flag(c->p[1], 0);
    s.sort = llri_flag(c->p[4], 0);
    s.pretty = llri_given(c->p[2]) && c->p[2].kind != LLRI_V_NONE;
    s.item = llri_cstr(s.pretty ? "," : ", ");
    s.key = llri_cstr(": ");
    if (s.pretty && c->p[2].kind == LLRI_V_STR) s.indent = llri_str_of(c->p[2]);
    else if (s.pretty)
        s.indent = llri_str_of(llri_repeat(r, llri_v_str(" ", 1), llri_int_arg(r, "tojson: indent", c->p[2], 0, -1000, 1000)));
    if (llri_is_seq(c->p[3]) && c->p[3].u.list->n == 2) {
        s.item = llri_str_arg(r, "tojson: separators", c->p[3].u.list->v[0]);
        s.key = llri_str_arg(r, "tojson: separators", c->p[3].u.list->v[1]);
    }
    llri_put_json(r, c->p[0], &s, 0);
    return llri_take_text(r, start);
}

static llri_val llri_f_from_json(llri_render *r, llri_frame *c) {
    const char *why;
    size_t where;
    llri_str s = llri_str_arg(r, "from_json", c->p[0]);
    llri_val v;
    if (!llri_charge(r, s.n / 2)) return llri_v(LLRI_V_UNDEF);
    v = llri_json_read(&r->mem, &r->steps, s, &why, &where);
    if (!why) return v;
    if (r->mem.no_memory || r->mem.over_limit) return llri_tpl_nomem(r);
    return llri_tpl_fail(r, "from_json: %s at byte %llu", why, (unsigned long long)where);
}

static llri_val llri_f_indent(llri_render *r, llri_frame *c) {
    llri_str s = llri_str_of(llri_text_arg(r, c)), pad;
    int first = llri_flag(c->p[2], 0), blank = llri_flag(c->p[3], 0);
    size_t start = r->n_out;
    llri_list *lines;
    uint32_t i;
    llri_val text;
    pad = c->p[1].kind == LLRI_V_STR ? llri_str_of(c->p[1]) :
          llri_str_of(llri_repeat(r, llri_v_str(" ", 1), llri_int_arg(r, "indent", c->p[1], 4, 0, 10000)));
    text = llri_concat(r, s, llri_slice("\n", 1));            /* so that a newline at the end counts as a line */
    if (r->status) return text;
    lines = llri_splitlines(r, llri_str_of(text), 0).u.list;
    for (i = 0; !r->status && i < lines->n; i++) {
        llri_str line = llri_str_of(lines->v[i]);
        if (i) llri_putc(r, '\n');
        if (i ? line.n || blank : first) llri_put(r, pad.p, pad.n);
        llri_put(r, line.p, line.n);
    }
    return llri_take_text(r, start);
}

static llri_val llri_f_truncate(llri_render *r, llri_frame *c) {
    llri_str s = llri_str_of(llri_text_arg(r, c)), end = llri_given(c->p[3]) ? llri_str_arg(r, "truncate", c->p[3]) :
        llri_cstr("...");
    int64_t length = llri_int_arg(r, "truncate", c->p[1], 255, 0, INT32_MAX);
    int64_t leeway = llri_int_arg(r, "truncate", c->p[4], 5, 0, INT32_MAX);
    int64_t keep = length - (int64_t)llri_count_chars(end);
    size_t at;
    llri_charge_bytes(r, s.n);
    if (r->status || (int64_t)llri_count_chars(s) <= length + leeway) return llri_v_str(s.p, s.n);
    at = llri_char_offset(s, (uint64_t)(keep > 0 ? keep : 0));
    if (!llri_flag(c->p[2], 0)) {                            /* whole words: cut at the last space */
        size_t cut = at;
        while (cut > 0 && s.p[cut - 1] != ' ') cut--;
        if (cut > 0) at = cut - 1;
    }
    return llri_concat(r, llri_slice(s.p, at), end);
}

static llri_val llri_f_wordcount(llri_render *r, llri_frame *c) {
    llri_str s = llri_str_of(llri_text_arg(r, c));
    int64_t n = 0;
    size_t i, len;
    int in_word = 0, word;
    for (i = 0; i < s.n; i += len, in_word = word) {
        len = llri_char_len(s.p + i, s.n - i);
        word = s.p[i] == '_' || llri_all_are(r, llri_slice(s.p + i, len), LLRI_IS_ALNUM);
        n += word && !in_word;
    }
    return llri_v_int(n);
}

static llri_val llri_f_forceescape(llri_render *r, llri_frame *c) { return llri_escape(r, llri_str_of(llri_text_arg(r, c))); }
static llri_val llri_f_escape(llri_render *r, llri_frame *c) {
    return llri_is_safe(c->p[0]) ? c->p[0] : llri_f_forceescape(r, c);
}

static llri_val llri_f_urlencode(llri_render *r, llri_frame *c) {
    llri_str s = llri_str_of(llri_text_arg(r, c));
    size_t start = r->n_out, i;
    llri_charge(r, s.n);
    for (i = 0; i < s.n && !r->status; i++) {
        char ch = s.p[i];
        r->as_said = llri_is_said(&r->mem, s.p + i);
        if ((llri_name_char(ch) && (uint8_t)ch < 0x80) || (ch && strchr("-.~/", ch))) llri_putc(r, ch);
        else { llri_putc(r, '%'); llri_putc(r, "0123456789ABCDEF"[(uint8_t)ch >> 4]); llri_putc(r, "0123456789ABCDEF"[ch & 15]); }
    }
    r->as_said = 0;
    return llri_take_text(r, start);
}

/* 'a %s' | format(x): the arguments after the first become a tuple. */
static llri_val llri_f_format(llri_render *r, llri_frame *c) {
    llri_list *l = llri_tpl_list(r);
    llri_dict *d = llri_tpl_dict(r);
    llri_str fmt = llri_str_of(llri_to_str(r, c->arg[0].v));
    int i;
    for (i = 1; i < c->n && !r->status; i++) {
        if (c->arg[i].name.p) llri_put_key(r, d, llri_v_str(c->arg[i].name.p, c->arg[i].name.n), c->arg[i].v);
        else llri_push(r, l, c->arg[i].v);
    }
    if (r->status) return llri_v(LLRI_V_UNDEF);
    return llri_percent(r, fmt, d->n ? llri_v_dict(LLRI_V_DICT, d) : llri_v_list(LLRI_V_TUPLE, l));
}

static const llri_row llri_filters[] = {
    { "abs", llri_f_abs, "x", 1 }, { "attr", llri_f_attr, "obj name", 2 },
    { "batch", llri_f_batch, "value linecount fill_with", 2 }, { "capitalize", llri_f_capitalize, "s", 1 },
    { "center", llri_f_center, "value width", 1 }, { "count", llri_f_length, "value", 1 },
    { "d", llri_f_default, "value default_value boolean", 1 },
    { "default", llri_f_default, "value default_value boolean", 1 },
    { "dictsort", llri_f_dictsort, "value case_sensitive by reverse", 1 }, { "e", llri_f_escape, "s", 1 },
    { "escape", llri_f_escape, "s", 1 }, { "first", llri_f_first, "seq", 1 }, { "float", llri_f_float, "value default", 1 },
    { "forceescape", llri_f_forceescape, "value", 1 }, { "format", llri_f_format, "*", 1 },
    { "from_json", llri_f_from_json, "value", 1 }, { "fromjson", llri_f_from_json, "value", 1 },
    { "groupby", llri_f_groupby, "value attribute default case_sensitive", 2 },
    { "indent", llri_f_indent, "s width first blank", 1 }, { "int", llri_f_int, "value default base", 1 },
    { "items", llri_f_items, "value", 1 }, { "join", llri_f_join, "value d attribute", 1 },
    { "last", llri_f_last, "seq", 1 }, { "length", llri_f_length, "value", 1 }, { "list", llri_f_list, "value", 1 },
    { "lower", llri_f_lower, "s", 1 }, { "map", llri_f_map, "*", 1 },
    { "max", llri_f_max, "value case_sensitive attribute", 1 }, { "min", llri_f_min, "value case_sensitive attribute", 1 },
    { "reject", llri_f_reject, "*", 1 }, { "rejectattr", llri_f_rejectattr, "*", 1 },
    { "replace", llri_f_replace, "s old new count", 3 }, { "reverse", llri_f_reverse, "value", 1 },
    { "round", llri_f_round, "value precision method", 1 }, { "safe", llri_f_safe, "value", 1 },
    { "select", llri_f_select, "*", 1 }, { "selectattr", llri_f_selectattr, "*", 1 },
    { "slice", llri_f_slice, "value slices fill_with", 2 },
    { "sort", llri_f_sort, "value reverse case_sensitive attribute", 1 }, { "string", llri_f_string, "object", 1 },
    { "sum", llri_f_sum, "iterable attribute start", 1 }, { "title", llri_f_title, "s", 1 },
    { "tojson", llri_f_tojson, "value ensure_ascii indent separators sort_keys", 1 },
    { "trim", llri_f_trim, "value chars", 1 }, { "truncate", llri_f_truncate, "s length killwords end leeway", 1 },
    { "unique", llri_f_unique, "value case_sensitive attribute", 1 }, { "upper", llri_f_upper, "s", 1 },
    { "urlencode", llri_f_urlencode, "value", 1 }, { "wordcount", llri_f_wordcount, "s", 1 }
};

static const llri_row *llri_filter_row(llri_str name) { return llri_row_find(LLRI_ROWS(llri_filters), name); }

/* --- tests. p[0] is the value before `is`. --- */
#define LLRI_KIND_TEST(name, cond) \
    static llri_val name(llri_render *r, llri_frame *c) { llri_val v = c->p[0]; (void)r; return llri_v_bool(cond); }
LLRI_KIND_TEST(llri_t_defined, v.kind != LLRI_V_UNDEF)
LLRI_KIND_TEST(llri_t_undefined, v.kind == LLRI_V_UNDEF)
LLRI_KIND_TEST(llri_t_none, v.kind == LLRI_V_NONE)
LLRI_KIND_TEST(llri_t_boolean, v.kind == LLRI_V_BOOL)
LLRI_KIND_TEST(llri_t_true, v.kind == LLRI_V_BOOL && v.u.i)
LLRI_KIND_TEST(llri_t_false, v.kind == LLRI_V_BOOL && !v.u.i)
LLRI_KIND_TEST(llri_t_integer, v.kind == LLRI_V_INT || v.kind == LLRI_V_BIG)
LLRI_KIND_TEST(llri_t_float, v.kind == LLRI_V_FLOAT)
LLRI_KIND_TEST(llri_t_number, llri_is_num(v))
LLRI_KIND_TEST(llri_t_string, v.kind == LLRI_V_STR)
LLRI_KIND_TEST(llri_t_mapping, v.kind == LLRI_V_DICT)
/* dicts and undefined values are sequences, too: Python asks for __len__ and __getitem__ alone */
LLRI_KIND_TEST(llri_t_sequence, v.kind == LLRI_V_STR || llri_is_seq(v) || v.kind == LLRI_V_DICT || v.kind == LLRI_V_UNDEF)
LLRI_KIND_TEST(llri_t_iterable, v.kind == LLRI_V_STR || llri_is_seq(v) || v.kind == LLRI_V_DICT || v.kind == LLRI_V_UNDEF ||
               v.kind == LLRI_V_LOOP)
LLRI_KIND_TEST(llri_t_callable, v.kind == LLRI_V_MACRO || v.kind == LLRI_V_FUNC || v.kind == LLRI_V_METHOD ||
               v.kind == LLRI_V_JOINER || v.kind == LLRI_V_UNDEF)
LLRI_KIND_TEST(llri_t_filter, v.kind == LLRI_V_STR && llri_filter_row(llri_str_of(v)) != NULL)
LLRI_KIND_TEST(llri_t_test, v.kind == LLRI_V_STR && llri_test_row(llri_str_of(v)) != NULL)
LLRI_KIND_TEST(llri_t_escaped, llri_is_safe(v))

static llri_val llri_t_eq(llri_render *r, llri_frame *c) { return llri_v_bool(llri_equal(r, c->p[0], c->p[1], 0)); }
static llri_val llri_t_ne(llri_render *r, llri_frame *c) { return llri_v_bool(!llri_equal(r, c->p[0], c->p[1], 0)); }
static llri_val llri_t_lt(llri_render *r, llri_frame *c) { return llri_v_bool(llri_compare(r, c->p[0], c->p[1], 0) < 0); }
static llri_val llri_t_le(llri_render *r, llri_frame *c) { return llri_v_bool(llri_compare(r, c->p[0], c->p[1], 0) <= 0); }
static llri_val llri_t_gt(llri_render *r, llri_frame *c) { return llri_v_bool(llri_compare(r, c->p[0], c->p[1], 0) > 0); }
static llri_val llri_t_ge(llri_render *r, llri_frame *c) { return llri_v_bool(llri_compare(r, c->p[0], c->p[1], 0) >= 0); }
static llri_val llri_t_in(llri_render *r, llri_frame *c) { return llri_v_bool(llri_contains(r, c->p[0], c->p[1])); }

static llri_val llri_t_sameas(llri_render *r, llri_frame *c) {
    llri_val a = c->p[0], b = c->p[1];
    (void)r;
    if (a.kind != b.kind || a.kind == LLRI_V_NONE) return llri_v_bool(a.kind == b.kind);
    return llri_v_bool(a.kind == LLRI_V_STR ? llri_str_same(llri_str_of(a), llri_str_of(b)) : a.u.i == b.u.i);
}

static llri_val llri_t_divisibleby(llri_render *r, llri_frame *c) {
    return llri_v_bool(!llri_truthy(llri_arith(r, '%', c->p[0], c->p[1])));
}

static llri_val llri_t_even(llri_render *r, llri_frame *c) {
    return llri_v_bool(!llri_truthy(llri_arith(r, '%', c->p[0], llri_v_int(2))));
}

static llri_val llri_t_odd(llri_render *r, llri_frame *c) {
    return llri_v_bool(llri_equal(r, llri_arith(r, '%', c->p[0], llri_v_int(2)), llri_v_int(1), 0));
}

static llri_val llri_t_lower(llri_render *r, llri_frame *c) {
    return llri_v_bool(llri_all_are(r, llri_str_of(llri_text_arg(r, c)), LLRI_IS_LOWER));
}

static llri_val llri_t_upper(llri_render *r, llri_frame *c) {
    return llri_v_bool(llri_all_are(r, llri_str_of(llri_text_arg(r, c)), LLRI_IS_UPPER));
}

static const llri_row llri_tests[] = {
    { "defined", llri_t_defined, "v", 1 }, { "undefined", llri_t_undefined, "v", 1 }, { "none", llri_t_none, "v", 1 },
    { "boolean", llri_t_boolean, "v", 1 }, { "true", llri_t_true, "v", 1 }, { "false", llri_t_false, "v", 1 },
    { "integer", llri_t_integer, "v", 1 }, { "float", llri_t_float, "v", 1 }, { "number", llri_t_number, "v", 1 },
    { "string", llri_t_string, "v", 1 }, { "mapping", llri_t_mapping, "v", 1 }, { "sequence", llri_t_sequence, "v", 1 },
    { "iterable", llri_t_iterable, "v", 1 }, { "callable", llri_t_callable, "v", 1 }, { "filter", llri_t_filter, "v", 1 },
    { "test", llri_t_test, "v", 1 }, { "escaped", llri_t_escaped, "v", 1 }, { "sameas", llri_t_sameas, "v other", 2 },
    { "divisibleby", llri_t_divisibleby, "v num", 2 }, { "even", llri_t_even, "v", 1 }, { "odd", llri_t_odd, "v", 1 },
    { "lower", llri_t_lower, "v", 1 }, { "upper", llri_t_upper, "v", 1 }, { "in", llri_t_in, "v seq", 2 },
    { "eq", llri_t_eq, "v other", 2 }, { "equalto", llri_t_eq, "v other", 2 }, { "==", llri_t_eq, "v other", 2 },
    { "ne", llri_t_ne, "v other", 2 }, { "!=", llri_t_ne, "v other", 2 }, { "lt", llri_t_lt, "v other", 2 },
    { "lessthan", llri_t_lt, "v other", 2 }, { "<", llri_t_lt, "v other", 2 }, { "le", llri_t_le, "v other", 2 },
    { "<=", llri_t_le, "v other", 2 }, { "gt", llri_t_gt, "v other", 2 }, { "greaterthan", llri_t_gt, "v other", 2 },
    { ">", llri_t_gt, "v other", 2 }, { "ge", llri_t_ge, "v other", 2 }, { ">=", llri_t_ge, "v other", 2 }
};

static const llri_row *llri_test_row(llri_str name) { return llri_row_find(LLRI_ROWS(llri_tests), name); }

/* --- functions --- */
static llri_val llri_g_range(llri_render *r, llri_frame *c) {
    int64_t a = llri_int_arg(r, "range", c->p[0], 0, -((int64_t)1 << 62), (int64_t)1 << 62);
    int64_t b = llri_int_arg(r, "range", c->p[1], 0, -((int64_t)1 << 62), (int64_t)1 << 62);
    int64_t by = llri_int_arg(r, "range", c->p[2], 1, -((int64_t)1 << 62), (int64_t)1 << 62), n;
    llri_list *l;
    if (!llri_given(c->p[1])) { b = a; a = 0; }
    if (r->status || by == 0) return llri_tpl_fail(r, "range: the step is 0");
    n = by > 0 ? (b > a ? (b - a - 1) / by + 1 : 0) : (a > b ? (a - b - 1) / -by + 1 : 0);
    if (n > LLRI_TPL_RANGE) return llri_tpl_fail(r, "range: more than %d numbers", (int)LLRI_TPL_RANGE);
    l = llri_tpl_list(r);
    if (l && (l->v = (llri_val *)llri_tpl_get(r, (size_t)n * sizeof *l->v, 8)) != NULL) l->cap = (uint32_t)n;
    for (; n > 0 && llri_push(r, l, llri_v_int(a)); n--, a += n ? by : 0) continue;
    return llri_list_done(r, l);
}

static llri_val llri_g_dict(llri_render *r, llri_frame *c) { return llri_m_dict_copy(r, c); }

static llri_val llri_g_namespace(llri_render *r, llri_frame *c) {
    llri_val v = llri_m_dict_copy(r, c);
    if (!r->status) v.kind = LLRI_V_SPACE;
    return v;
}

static llri_val llri_g_raise(llri_render *r, llri_frame *c) {
    llri_val text = llri_to_str(r, c->p[0]);
    if (r->status) return text;
    r->status = llri_fail(r->err, LLR_E_UNSUPPORTED, "%.*s", text.n > 500 ? 500 : (int)text.n, text.n ? text.u.s : "");
    return llri_v(LLRI_V_UNDEF);
}

static llri_val llri_g_cycler(llri_render *r, llri_frame *c) {
    llri_list *l = llri_tpl_list(r);
    int i;
    for (i = 0; i < c->n; i++) llri_push(r, l, c->arg[i].v);
    if (!r->status && !l->n) return llri_tpl_fail(r, "cycler needs values");
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_list(LLRI_V_CYCLER, l);
}

static llri_val llri_g_joiner(llri_render *r, llri_frame *c) {
    llri_list *l = llri_tpl_list(r);
    llri_push(r, l, llri_given(c->p[0]) ? c->p[0] : llri_v_str(", ", 2));
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_list(LLRI_V_JOINER, l);
}

/* --- dates --- */
/* month 1 to 12, weekday 0 is Sunday, yearday from 1 */
typedef struct llri_date { int year, month, day, hour, minute, second, weekday, yearday; } llri_date;

/* "2026-01-31", with or without "T12:34:56" (or a space, or fewer parts). */
static int llri_read_date(llri_str s, llri_date *d) {
    static const char shape[] = "0000-00-00T00:00:00";
    static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    int v[6] = { 0, 0, 0, 0, 0, 0 }, part = 0, leap, y;
    size_t i;
    if (s.n < 10) return 0;
    for (i = 0; i < s.n && i < sizeof shape - 1; i++) {
        if (shape[i] == '0') {
            if (s.p[i] < '0' || s.p[i] > '9') return 0;
            v[part] = v[part] * 10 + (s.p[i] - '0');
        } else {
            if (s.p[i] != shape[i] && !(shape[i] == 'T' && s.p[i] == ' ')) return 0;
            part++;
        }
    }
    if (v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 || v[5] > 60 || v[0] < 1) return 0;
    d->year = v[0]; d->month = v[1]; d->day = v[2]; d->hour = v[3]; d->minute = v[4]; d->second = v[5];
    leap = (v[0] % 4 == 0 && v[0] % 100) || v[0] % 400 == 0;
    d->yearday = before[v[1] - 1] + v[2] + (leap && v[1] > 2);
    y = v[0] - 1;
    d->weekday = (y * 365 + y / 4 - y / 100 + y / 400 + d->yearday) % 7;
    return 1;
}

static const char *const llri_day_names[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
static const char *const llri_month_names[] = {
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
};

static void llri_put_padded(llri_render *r, int v, int width, char pad) {
    char text[24];
    int n = (int)llri_int_text(v, text);
    for (; pad && n < width; width--) llri_putc(r, pad);
    llri_put(r, text, (size_t)n);
}

static void llri_put_date(llri_render *r, const llri_date *d, llri_str fmt, int depth) {
    /* codes that are numbers: which, how wide, padded with; and codes that stand for other formats */
    const struct { char code; int value, width; char pad; } numbers[] = {
        { 'Y', d->year, 1, '0' }, { 'm', d->month, 2, '0' }, { 'd', d->day, 2, '0' }, { 'e', d->day, 2, ' ' },
        { 'H', d->hour, 2, '0' }, { 'I', (d->hour + 11) % 12 + 1, 2, '0' }, { 'k', d->hour, 2, ' ' },
        { 'l', (d->hour + 11) % 12 + 1, 2, ' ' }, { 'M', d->minute, 2, '0' }, { 'S', d->second, 2, '0' },
        { 'y', d->year % 100, 2, '0' }, { 'j', d->yearday, 3, '0' }, { 'w', d->weekday, 1, '0' },
        { 'u', (d->weekday + 6) % 7 + 1, 1, '0' }, { 'f', 0, 6, '0' }, { 'C', d->year / 100, 2, '0' },
        { 'U', (d->yearday + 6 - d->weekday) / 7, 2, '0' }, { 'W', (d->yearday + 6 - (d->weekday + 6) % 7) / 7, 2, '0' }
    };
    static const struct { char code; const char *fmt; } formats[] = {
        { 'F', "%Y-%m-%d" }, { 'T', "%H:%M:%S" }, { 'R', "%H:%M" }, { 'D', "%m/%d/%y" }, { 'x', "%m/%d/%y" }, { 'X', "%H:%M:%S" },
        { 'c', "%a %b %e %H:%M:%S %Y" }, { 'r', "%I:%M:%S %p" }, { 'n', "\n" }, { 't', "\t" }, { 'Z', "" }, { 'z', "" }
    };
    size_t i, k;
    for (i = 0; i < fmt.n && !r->status; i++) {
        char code, flag = 0;
        if (!llri_charge(r, fmt.p[i] == '%' ? 20 : 1)) return;
        if (fmt.p[i] != '%' || i + 1 >= fmt.n) { llri_put(r, fmt.p + i, 1); continue; }
        code = fmt.p[++i];
        if ((code == '-' || code == '_' || code == '0' || code == '^') && i + 1 < fmt.n) { flag = code; code = fmt.p[++i]; }
        for (k = 0; k < sizeof numbers / sizeof numbers[0] && numbers[k].code != code;) k++;
        if (k < sizeof numbers / sizeof numbers[0]) {
            llri_put_padded(r, numbers[k].value, numbers[k].width,
                            flag == '-' ? 0 : flag == '_' ? ' ' : flag == '0' ? '0' : numbers[k].pad);
            continue;
        }
        for (k = 0; k < sizeof formats / sizeof formats[0] && formats[k].code != code;) k++;
        if (k < sizeof formats / sizeof formats[0] && depth == 0) { llri_put_date(r, d, llri_cstr(formats[k].fmt), 1); continue; }
        switch (code) {
        case 'a': llri_put(r, llri_day_names[d->weekday], 3); break;
        case 'A': llri_puts(r, llri_day_names[d->weekday]); break;
        case 'b': case 'h': llri_put(r, llri_month_names[d->month - 1], 3); break;
        case 'B': llri_puts(r, llri_month_names[d->month - 1]); break;
        case 'p': llri_puts(r, d->hour < 12 ? "AM" : "PM"); break;
        case 'P': llri_puts(r, d->hour < 12 ? "am" : "pm"); break;
        case '%': llri_putc(r, '%'); break;
        default: llri_tpl_fail(r, "strftime_now: format '%%%c' is not supported", code); break;
        }
    }
}

static llri_val llri_g_strftime(llri_render *r, llri_frame *c) {
    llri_date d;
    size_t start = r->n_out;
    llri_str fmt = llri_str_arg(r, "strftime_now", c->p[0]);
    if (!llri_read_date(r->now, &d))
        return llri_tpl_fail(r, "strftime_now needs the local time in the variable 'now', such as \"2026-01-31T12:00:00\"");
    llri_put_date(r, &d, fmt, 0);
    return llri_take_text(r, start);
}

static const llri_row llri_functions[] = {
    { "range", llri_g_range, "start stop step", 1 }, { "namespace", llri_g_namespace, "*", 0 }, { "dict", llri_g_dict, "*", 0 },
    { "raise_exception", llri_g_raise, "message", 1 }, { "strftime_now", llri_g_strftime, "format", 1 },
    { "cycler", llri_g_cycler, "*", 0 }, { "joiner", llri_g_joiner, "sep", 0 }
};

/* --- rendering: scopes --- */
static llri_scope *llri_scope_new(llri_render *r, llri_scope *up) {
    llri_scope *s = (llri_scope *)llri_tpl_get(r, sizeof *s, 8);
    if (!s) return NULL;
    memset(s, 0, sizeof *s);
    s->up = up;
    return s;
}

static llri_val llri_lookup(llri_render *r, uint32_t name) {
    llri_scope *s;
    uint32_t i;
    for (s = r->scope; s->up; s = s->up) {
        for (i = 0; i < s->n; i++)
            if (s->vars[i].name == name) break;
        llri_charge(r, i / 16);
        if (i < s->n) return s->vars[i].v;
    }
    return llri_given(r->globals[name]) ? r->globals[name] : llri_v_undef(r->t->names[name], 0);
}

static void llri_set_in(llri_render *r, llri_scope *s, uint32_t name, llri_val v) {
    uint32_t i;
    if (r->status) return;
    if (!s->up) { r->globals[name] = v; return; }
    for (i = 0; i < s->n && s->vars[i].name != name;) i++;
    llri_charge(r, i / 16);
    if (i < s->n) { s->vars[i].v = v; return; }
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? 2 * s->cap : 4;
        llri_var *vars = (llri_var *)llri_tpl_get(r, cap * sizeof *vars, 8);
        if (!vars) return;
        if (s->n) memcpy(vars, s->vars, s->n * sizeof *vars);
        s->vars = vars;
        s->cap = cap;
    }
    s->vars[s->n].name = name;
    s->vars[s->n++].v = v;
}

static int llri_find_name(const llr_template *t, const char *name, uint32_t *id) {
    *id = llri_map_find(&t->name_map, llri_cstr(name), llri_name_text, t);
    return *id != UINT32_MAX;
}

static void llri_set_named(llri_render *r, llri_scope *s, const char *name, llri_val v) {
    uint32_t id;
    if (llri_find_name(r->t, name, &id)) llri_set_in(r, s, id, v);     /* a name that the template never uses needs no variable */
}

/* Gives a value to a name, an attribute of a namespace, or several at once. */
static void llri_assign(llri_render *r, const llri_node *target, llri_val v) {
    const llri_node *n;
    llri_list *items;
    llri_val space;
    uint32_t i = 0;
    if (!llri_enter(r, target->at)) return;
    if (target->kind == LLRI_N_NAME) llri_set_in(r, r->scope, target->name, v);
    else if (target->kind == LLRI_N_NSREF) {
        space = llri_lookup(r, target->name);
        if (space.kind == LLRI_V_SPACE) llri_put_key(r, space.u.dict, target->value, v);
        else llri_tpl_fail(r, "'%.*s' is no namespace", LLRI_S(r->t->names[target->name]));
    } else {
        items = llri_items(r, v);
        for (n = target->list; n && items && !r->status; n = n->next, i++) {
            if (i >= items->n) llri_tpl_fail(r, "%u values for more names", (unsigned)items->n);
            else llri_assign(r, n, items->v[i]);
        }
        if (items && i < items->n && !r->status) llri_tpl_fail(r, "%u values for %u names", (unsigned)items->n, (unsigned)i);
    }
    r->depth--;
}

/* --- rendering: expressions --- */
static llri_val llri_eval(llri_render *r, const llri_node *top);
static void llri_run_body(llri_render *r, const llri_node *body);
static llri_val llri_loop_again(llri_render *r, const llri_loop *l, llri_val items);

/* Evaluates arguments onto the stack of arguments; their number. */
static int llri_eval_args(llri_render *r, const llri_node *arg) {
    uint32_t base = r->n_args, i;
    llri_str none = llri_slice(NULL, 0);
    for (; arg && !r->status; arg = arg->next) {
        llri_val v = llri_eval(r, arg->a);
        if (arg->flag == LLRI_ARG_SPLAT) {
            llri_list *l = llri_items(r, v);
            for (i = 0; l && i < l->n; i++)
                if (!llri_push_arg(r, none, l->v[i])) break;
        } else if (arg->flag == LLRI_ARG_SPLAT_DICT) {
            if (v.kind != LLRI_V_DICT) llri_tpl_fail(r, "'**' needs a dict, not a %s", llri_kind_names[v.kind]);
            for (i = 0; !r->status && i < v.u.dict->n; i++) {
                llri_str name = llri_str_arg(r, "'**'", v.u.dict->v[i].key);
                llri_push_arg(r, name.p ? name : llri_slice("", 0), v.u.dict->v[i].val);
            }
        } else llri_push_arg(r, arg->value.kind == LLRI_V_STR ? llri_str_of(arg->value) : none, v);
    }
    return (int)(r->n_args - base);
}

/* Sets the parameters of a macro from its arguments; the rest goes to varargs, kwargs and caller, or is an error. */
static void llri_bind_macro(llri_render *r, const llri_node *node, const llri_arg *arg, int n, llri_scope *s) {
    const llri_node *param = node->kind == LLRI_N_MACRO ? node->a : node->b;
    llri_list *rest = llri_tpl_list(r);
    llri_dict *named = llri_tpl_dict(r);
    llri_val caller = llri_v_undef(llri_cstr("caller"), 0);
    int i;
    for (i = 0; i < n && !r->status; i++) {
        const llri_node *p = param;
        if (!arg[i].name.p) {
            int k = i;
            llri_charge(r, (size_t)k / 8);
            while (p && k-- > 0) p = p->next;
            if (p) llri_set_in(r, s, p->name, arg[i].v);
            else llri_push(r, rest, arg[i].v);
            continue;
        }
        while (p && llri_charge(r, 1) && !llri_str_same(r->t->names[p->name], arg[i].name)) p = p->next;
        if (p) llri_set_in(r, s, p->name, arg[i].v);
        else if (llri_str_eq(arg[i].name, "caller")) caller = arg[i].v;
        else llri_put_key(r, named, llri_v_str(arg[i].name.p, arg[i].name.n), arg[i].v);
    }
    if (r->status) return;
    if (rest->n && !(node->flag & LLRI_MACRO_VARARGS))
        llri_tpl_fail(r, "macro '%.*s' takes %d arguments less", LLRI_S(llri_str_of(node->value)), (int)rest->n);
    else if (named->n && !(node->flag & LLRI_MACRO_KWARGS))
        llri_tpl_fail(r, "macro '%.*s' has no argument '%.*s'", LLRI_S(llri_str_of(node->value)),
                      LLRI_S(llri_str_of(named->v[0].key)));
    if (node->flag & LLRI_MACRO_VARARGS) llri_set_named(r, s, "varargs", llri_v_list(LLRI_V_TUPLE, rest));
    if (node->flag & LLRI_MACRO_KWARGS) llri_set_named(r, s, "kwargs", llri_v_dict(LLRI_V_DICT, named));
    if (node->flag & LLRI_MACRO_CALLER) llri_set_named(r, s, "caller", caller);
}

static int llri_scope_has(llri_render *r, const llri_scope *s, uint32_t name) {
    uint32_t i;
    for (i = 0; i < s->n && s->vars[i].name != name;) i++;
    llri_charge(r, i / 16);
    return i < s->n;
}

/* A macro, or the body of a call block: its text. */
static llri_val llri_call_macro(llri_render *r, const llri_macro *m, const llri_arg *arg, int n) {
    const llri_node *p = m->node->kind == LLRI_N_MACRO ? m->node->a : m->node->b;
    llri_scope *outer = r->scope, *s = llri_scope_new(r, m->scope);
    size_t start = r->n_out;
    if (!s || !llri_enter(r, r->at)) return llri_v(LLRI_V_UNDEF);
    llri_bind_macro(r, m->node, arg, n, s);
    r->scope = s;
    for (; p && !r->status; p = p->next)
        if (!llri_scope_has(r, s, p->name))
            llri_set_in(r, s, p->name, p->a ? llri_eval(r, p->a) : llri_v_undef(r->t->names[p->name], 0));
    llri_run_body(r, m->node->list);
    r->scope = outer;
    r->depth--;
    return llri_take_text(r, start);
}

static llri_val llri_not_callable(llri_render *r, llri_val f) {
    static const char *const what[] = { "function", "method" };
    if (f.kind != LLRI_V_UNDEF) return llri_tpl_fail(r, "a %s cannot be called", llri_kind_names[f.kind]);
    if (!f.holder) return llri_tpl_fail(r, "%s '%.*s' is not defined, or not supported", what[0], LLRI_S(llri_str_of(f)));
    return llri_tpl_fail(r, "%s '%.*s' of a %s is not defined, or not supported", what[1], LLRI_S(llri_str_of(f)),
                         llri_kind_names[f.holder]);
}

/* What methods make of a safe text is safe. */
static llri_val llri_keep_safe(llri_val v, llri_val of) {
    uint32_t i;
    if (!llri_is_safe(of)) return v;
    if (v.kind == LLRI_V_STR) v.holder = 1;
    for (i = 0; llri_is_seq(v) && i < v.u.list->n; i++)
        if (v.u.list->v[i].kind == LLRI_V_STR) v.u.list->v[i].holder = 1;
    return v;
}

static llri_val llri_call_value(llri_render *r, llri_val f, const llri_arg *arg, int n) {
    const llri_bound *b;
    llri_list *l;
    if (r->status) return llri_v(LLRI_V_UNDEF);
    switch (f.kind) {
    case LLRI_V_FUNC: return llri_call_row(r, (const llri_row *)f.u.p, arg, n);
    case LLRI_V_METHOD:
        b = (const llri_bound *)f.u.p;
        return llri_keep_safe(llri_call_with(r, b->row, b->self, arg, n), b->self);
    case LLRI_V_MACRO: return llri_call_macro(r, (const llri_macro *)f.u.p, arg, n);
    case LLRI_V_LOOP:
        if (n != 1) return llri_tpl_fail(r, "loop takes one argument");
        return llri_loop_again(r, (const llri_loop *)f.u.p, arg[0].v);
    case LLRI_V_JOINER:                                      /* nothing the first time, then the separator */
        l = f.u.list;
        return l->at++ ? l->v[0] : llri_v_str("", 0);
    default: return llri_not_callable(r, f);
    }
}

static llri_val llri_macro_value(llri_render *r, const llri_node *n) {
    llri_macro *m = (llri_macro *)llri_tpl_get(r, sizeof *m, 8);
    if (!m) return llri_v(LLRI_V_UNDEF);
    m->node = n;
    m->scope = r->scope;
    return llri_v_ptr(LLRI_V_MACRO, m);
}

/* v(args), or v | filter(args), or v is test(args) */
static llri_val llri_eval_call(llri_render *r, const llri_node *n, llri_val v) {
    uint32_t base = r->n_args;
    llri_val result;
    int argc = 0;
    if (n->kind != LLRI_N_CALL) {
        if (!n->row)
            return llri_tpl_fail(r, "%s '%.*s' is not supported", n->kind == LLRI_N_FILTER ? "filter" : "test",
                                 LLRI_S(llri_str_of(n->value)));
        argc += llri_push_arg(r, llri_slice(NULL, 0), v);
    }
    argc += llri_eval_args(r, n->list);
    if (n->c) argc += llri_push_arg(r, llri_cstr("caller"), llri_macro_value(r, n->c));     /* of a call block */
    r->at = n->at;
    result = r->status ? llri_v(LLRI_V_UNDEF) : n->kind == LLRI_N_CALL ? llri_call_value(r, v, r->args + base, argc) :
             llri_call_row(r, n->row, r->args + base, argc);
    r->n_args = base;
    return n->kind == LLRI_N_TEST ? llri_v_bool(llri_truthy(result) != n->flag) : result;
}

static llri_val llri_eval_compare(llri_render *r, const llri_node *n, llri_val a) {
    const llri_node *o;
    for (o = n->list; o && !r->status; o = o->next) {
        llri_val b = llri_eval(r, o->b);
        r->at = n->at;
        if (r->status || !llri_compare_op(r, o->op, a, b)) return llri_v_bool(0);
        a = b;
    }
    return llri_v_bool(1);
}

static llri_val llri_eval_slice(llri_render *r, const llri_node *n, llri_val v) {
    llri_val missing = llri_v(LLRI_V_MISSING);
    llri_val a = n->b ? llri_eval(r, n->b) : missing, b = n->c ? llri_eval(r, n->c) : missing, c = n->d ? llri_eval(r, n->d) :
        missing;
    r->at = n->at;
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_cut(r, v, a, b, c);
}

static llri_val llri_eval_sign(llri_render *r, const llri_node *n, llri_val v) {
    if (!llri_is_num(v)) return llri_tpl_fail(r, "a %s has no sign", llri_kind_names[v.kind]);
    if (v.kind == LLRI_V_BIG) v = llri_v_float(llri_number(r, v));
    if (v.kind == LLRI_V_FLOAT) return llri_v_float(n->flag ? -v.u.f : v.u.f);
    return n->flag ? llri_arith_int(r, '-', 0, v.u.i) : llri_v_int(v.u.i);
}

static llri_val llri_eval_display(llri_render *r, const llri_node *n) {
    llri_list *l = llri_tpl_list(r);
    const llri_node *item;
    for (item = n->list; item && !r->status; item = item->next) llri_push(r, l, llri_eval(r, item));
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_list(n->kind == LLRI_N_LIST ? LLRI_V_LIST : LLRI_V_TUPLE, l);
}

static llri_val llri_eval_dict(llri_render *r, const llri_node *n) {
    llri_dict *d = llri_tpl_dict(r);
    const llri_node *pair;
    for (pair = n->list; pair && !r->status; pair = pair->next) {
        llri_val key = llri_eval(r, pair->a);
        llri_put_key(r, d, key, llri_eval(r, pair->b));
    }
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_v_dict(LLRI_V_DICT, d);
}

static llri_val llri_eval_leaf(llri_render *r, const llri_node *n) {
    switch (n->kind) {
    case LLRI_N_CONST: return n->value;
    case LLRI_N_NAME: return llri_lookup(r, n->name);
    case LLRI_N_HOLE: return r->hole;
    case LLRI_N_DICT: return llri_eval_dict(r, n);
    default: return llri_eval_display(r, n);
    }
}

/* What n makes of v, the value of its first operand. */
static llri_val llri_eval_on(llri_render *r, const llri_node *n, llri_val v) {
    llri_val b;
    switch (n->kind) {
    case LLRI_N_ATTR: return llri_attr(r, v, llri_str_of(n->value), n->flag);
    case LLRI_N_SLICE: return llri_keep_safe(llri_eval_slice(r, n, v), v);
    case LLRI_N_CALL: case LLRI_N_FILTER: case LLRI_N_TEST: return llri_eval_call(r, n, v);
    case LLRI_N_COMPARE: return llri_eval_compare(r, n, v);
    case LLRI_N_AND: return llri_truthy(v) ? llri_eval(r, n->b) : v;
    case LLRI_N_OR: return llri_truthy(v) ? v : llri_eval(r, n->b);
    case LLRI_N_NOT: return llri_v_bool(!llri_truthy(v));
    case LLRI_N_SIGN: return llri_eval_sign(r, n, v);
    case LLRI_N_COND: return llri_truthy(v) ? llri_eval(r, n->b) : n->c ? llri_eval(r, n->c) :
        llri_v_undef(llri_cstr("the else part that is not there"), 0);
    default: break;
    }
    b = llri_eval(r, n->b);
    r->at = n->at;
    return n->kind == LLRI_N_ITEM ? llri_keep_safe(llri_item(r, v, b), v) : llri_arith(r, n->op, v, b);
}

/* First operands are evaluated in a loop, from the innermost upwards: a + b + c + ... may be long, and then needs no stack. */
static llri_val llri_eval(llri_render *r, const llri_node *top) {
    const llri_node *n = top;
    llri_val v;
    if (!llri_enter(r, top->at)) return llri_v(LLRI_V_UNDEF);
    while (n->kind >= LLRI_N_ATTR) n = n->a;
    v = llri_eval_leaf(r, n);
    while (n != top && llri_charge(r, 1)) {
        n = n->up;
        r->at = n->at;
        v = llri_eval_on(r, n, v);
    }
    r->depth--;
    return v;
}

/* --- rendering: statements --- */
static void llri_exec_if(llri_render *r, const llri_node *n) {
    const llri_node *b;
    for (b = n->list; b && !r->status; b = b->next)
        if (!b->a || llri_truthy(llri_eval(r, b->a))) { llri_run_body(r, b->list); return; }
}

/* The items that pass the condition of the loop, each tried in a scope of its own. */
static llri_list *llri_loop_filter(llri_render *r, const llri_node *n, const llri_list *items) {
    llri_list *l = llri_tpl_list(r);
    llri_scope *outer = r->scope, *s = llri_scope_new(r, outer);
    uint32_t i;
    for (i = 0; s && i < items->n && !r->status; i++) {
        s->n = 0;
        r->scope = s;
        llri_assign(r, n->a, items->v[i]);
        if (!r->status && llri_truthy(llri_eval(r, n->c))) llri_push(r, l, items->v[i]);
        r->scope = outer;
    }
    return r->status ? NULL : l;
}

/* The body once per item. Every item starts with an empty scope: what the last one has set is gone. */
static void llri_exec_loop(llri_render *r, const llri_node *n, llri_val v, uint32_t depth) {
    llri_list *items = llri_items(r, v);
    llri_scope *outer = r->scope;
    llri_loop *loop;
    if (items && n->c) items = llri_loop_filter(r, n, items);
    if (items && !items->n) {
        r->scope = llri_scope_new(r, outer);
        if (r->scope) llri_run_body(r, n->other);
        r->scope = outer;
        return;
    }
    loop = (llri_loop *)llri_tpl_get(r, sizeof *loop, 8);
    r->scope = llri_scope_new(r, outer);
    if (r->status) { r->scope = outer; return; }
    memset(loop, 0, sizeof *loop);
    loop->node = n;
    loop->scope = outer;
    loop->items = items;
    loop->depth = depth;
    for (; loop->i < items->n && llri_charge(r, 1); loop->i++) {
        r->scope->n = 0;
        llri_set_named(r, r->scope, "loop", llri_v_ptr(LLRI_V_LOOP, loop));
        llri_assign(r, n->a, items->v[loop->i]);
        llri_run_body(r, n->list);
        if (r->leaving == LLRI_LEAVE_BREAK) { r->leaving = 0; break; }
        r->leaving = 0;
    }
    r->scope = outer;
}

/* loop(items) in a recursive loop: the text of the same loop over other items. */
static llri_val llri_loop_again(llri_render *r, const llri_loop *l, llri_val items) {
    size_t start = r->n_out;
    llri_scope *outer = r->scope;
    if (!l->node->flag) return llri_tpl_fail(r, "the loop is not marked 'recursive'");
    if (!llri_enter(r, r->at)) return llri_v(LLRI_V_UNDEF);
    r->scope = l->scope;
    llri_exec_loop(r, l->node, items, l->depth + 1);
    r->scope = outer;
    r->depth--;
    return llri_take_text(r, start);
}

/* The text of a body, in a scope of its own, through the filters of expr. */
static llri_val llri_exec_captured(llri_render *r, const llri_node *body, const llri_node *expr) {
    llri_scope *outer = r->scope;
    size_t start = r->n_out;
    r->scope = llri_scope_new(r, outer);
    if (r->scope) llri_run_body(r, body);
    r->scope = outer;
    r->hole = llri_take_text(r, start);
    return r->status ? llri_v(LLRI_V_UNDEF) : llri_eval(r, expr);
}

static void llri_exec_with(llri_render *r, const llri_node *n) {
    llri_scope *outer = r->scope, *s = llri_scope_new(r, outer);
    const llri_node *set;
    for (set = n->a; set && s && !r->status; set = set->next) {
        llri_val v = llri_eval(r, set->b);                   /* values see what was before the block */
        r->scope = s;
        if (!r->status) llri_assign(r, set->a, v);
        r->scope = outer;
    }
    if (r->status) return;
    r->scope = s;
    llri_run_body(r, n->list);
    r->scope = outer;
}

static void llri_exec_one(llri_render *r, const llri_node *n) {
    llri_val v;
    switch (n->kind) {
    case LLRI_N_TEXT: llri_put(r, n->value.u.s, n->value.n); return;
    case LLRI_N_IF: llri_exec_if(r, n); return;
    case LLRI_N_PLAIN: llri_run_body(r, n->list); return;
    case LLRI_N_WITH: llri_exec_with(r, n); return;
    case LLRI_N_BREAK: r->leaving = LLRI_LEAVE_BREAK; return;
    case LLRI_N_CONTINUE: r->leaving = LLRI_LEAVE_CONTINUE; return;
    case LLRI_N_MACRO: llri_set_in(r, r->scope, n->name, llri_macro_value(r, n)); return;
    case LLRI_N_FOR:
        v = llri_eval(r, n->b);
        r->at = n->at;
        if (!r->status) llri_exec_loop(r, n, v, 0);
        return;
    default: break;
    }
    v = n->kind == LLRI_N_SET ? llri_eval(r, n->b) : n->kind == LLRI_N_SETBLOCK ? llri_exec_captured(r, n->list, n->b) :
        n->kind == LLRI_N_FILTERBLOCK ? llri_exec_captured(r, n->list, n->a) : llri_eval(r, n->a);
    r->at = n->at;
    if (r->status || n->kind == LLRI_N_DO) return;
    if (n->kind == LLRI_N_SET || n->kind == LLRI_N_SETBLOCK) llri_assign(r, n->a, v);
    else llri_put_value(r, v);                               /* PRINT, CALLBLOCK, FILTERBLOCK */
}

static void llri_run_body(llri_render *r, const llri_node *body) {
    const llri_node *n;
    for (n = body; n && !r->leaving && llri_enter(r, n->at); n = n->next) {
        llri_exec_one(r, n);
        r->depth--;
    }
}

/* --- the public functions --- */
/* \r\n and \r become \n, and one \n at the end goes, as jinja2 does. */
static llri_str llri_tpl_source(char *to, const char *text, size_t n) {
    size_t i, k = 0;
    for (i = 0; i < n; i++) {
        if (text[i] == '\r' && i + 1 < n && text[i + 1] == '\n') continue;
        to[k++] = text[i] == '\r' ? '\n' : text[i];
    }
    if (k && to[k - 1] == '\n') k--;
    return llri_slice(to, k);
}

LLR_API void llr_template_free(llr_template *t) {
    llr_allocator mem;
    if (!t) return;
    mem = t->mem;
    llri_map_free(&t->name_map, &mem);
    llri_heap_free(&t->arena);
    llri_free(&mem, t, sizeof *t);
}

LLR_API llr_status llr_template_new(llr_template **out, const char *text, size_t n_bytes, const llr_options *opt,
                                    llr_error *err) {
    llr_template *t;
    llri_parser p;
    char *copy;
    if (!out || (!text && n_bytes)) return llri_fail(err, LLR_E_ARG, "a template needs a text and a place for the handle");
    if (n_bytes > LLRI_TPL_SOURCE)
        return llri_fail(err, LLR_E_UNSUPPORTED, "a template of %llu bytes: more than %d", (unsigned long long)n_bytes,
                         (int)LLRI_TPL_SOURCE);
    t = (llr_template *)llri_calloc(llri_opt_mem(opt), sizeof *t, 16);
    if (!t) return llri_nomem(err, "a template", sizeof *t);
    t->mem = *llri_opt_mem(opt);
    llri_heap_init(&t->arena, &t->mem, SIZE_MAX);
    memset(&p, 0, sizeof p);
    p.t = t;
    p.err = err;
    p.line_start = 1;
    copy = (char *)llri_parse_get(&p, n_bytes + 1, 1);
    if (copy) {
        if (text) t->src = llri_tpl_source(copy, text, n_bytes);
        copy[t->src.n] = 0;
        (void)llri_name_id(&p, llri_cstr("loop"));           /* there is always at least one name */
        t->body = llri_parse_body(&p, "");
    }
    if (p.status) {
        llr_template_free(t);
        return p.status;
    }
    *out = t;
    return LLR_OK;
}

LLR_API llr_status llr_template_from_gguf(llr_template **out, const llr_gguf *g, const char *name, const llr_options *opt,
                                          llr_error *err) {
    char key[128];
    const llri_kv *kv;
    llri_str text;
    llr_error why;
    llr_status status;
    if (!out || !g) return llri_fail(err, LLR_E_ARG, "a template needs a file and a place for the handle");
    if (name && strlen(name) > 64) return llri_fail(err, LLR_E_ARG, "the name of a template has more than 64 bytes");
    (void)snprintf(key, sizeof key, "tokenizer.chat_template%s%s", name ? "." : "", name ? name : "");
    kv = llri_gguf_kv(g, key);
    if (!kv || !llri_kv_str(kv, &text)) return llri_fail(err, LLR_E_UNSUPPORTED, "the file has no chat template (%s)", key);
    status = llr_template_new(out, text.p, text.n, opt, &why);
    if (status && err) *err = why;
    return status;
}

/* Variables of the outermost scope: the functions, then what the JSON has. */
static void llri_set_globals(llri_render *r, const llri_dict *vars) {
    llri_dict *self;
    uint32_t i, id;
    for (i = 0; i < r->t->n_names; i++) r->globals[i] = llri_v(LLRI_V_MISSING);
    for (i = 0; i < sizeof llri_functions / sizeof llri_functions[0]; i++)
        llri_set_named(r, &r->outermost, llri_functions[i].name, llri_v_ptr(LLRI_V_FUNC, &llri_functions[i]));
    if (llri_find_name(r->t, "self", &id) && (self = llri_tpl_dict(r)) != NULL)      /* the blocks: there are none */
        r->globals[id] = llri_v_dict(LLRI_V_SPACE, self);
    for (i = 0; i < vars->n; i++) {
        llri_str key = llri_str_of(vars->v[i].key);
        if (llri_str_eq(key, "now")) {                       /* the clock: no variable of the template */
            if (vars->v[i].val.kind == LLRI_V_STR) r->now = llri_str_of(vars->v[i].val);
            continue;
        }
        id = llri_map_find(&r->t->name_map, key, llri_name_text, r->t);
        if (id != UINT32_MAX) r->globals[id] = vars->v[i].val;
    }
}

/* --- conversations: what callers say, as the template wants it --- */
#define LLRI_PROBE(messages) "{\"bos_token\":\"\",\"eos_token\":\"\",\"now\":\"2000-01-01\",\"add_generation_prompt\":true,\"messages\":[" messages "]}"
#define LLRI_PROBE_SYSTEM "{\"role\":\"system\",\"content\":\"llr-system\"}"
#define LLRI_PROBE_USER "{\"role\":\"user\",\"content\":\"llr-text\"}"
#define LLRI_PROBE_PARTS "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"llr-text\"}]}"
#define LLRI_PROBE_CALL(arguments) "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"type\":\"function\",\"id\":\"abcdefgh1\"," \
    "\"function\":{\"name\":\"f\",\"arguments\":" arguments "}}]},{\"role\":\"tool\",\"name\":\"f\",\"tool_call_id\":\"abcdefgh1\",\"content\":\"1\"}"

/* Templates differ in what they can show: rendered for a small conversation, is `what` in the text, and `never` not? */
static int llri_chat_probe(llri_render *r, const char *json, const char *what, const char *never) {
    char *text;
    size_t n;
    int yes;
    llr_status status = r->status ? r->status : llr_template_render(r->t, json, strlen(json), &text, &n, NULL);
    if (status == LLR_E_NOMEM) llri_tpl_nomem(r);
    if (status) return 0;
    yes = strstr(text, what) != NULL && !strstr(text, never);
    llr_template_text_free(r->t, text, n);
    return yes;
}

/* The value of a key, NULL if there is none. */
static llri_val *llri_chat_key(llri_val of, const char *key) {
    uint32_t i = of.kind == LLRI_V_DICT ? llri_dict_find(of.u.dict, llri_v_str(key, strlen(key))) : UINT32_MAX;
    return i == UINT32_MAX ? NULL : &of.u.dict->v[i].val;
}

static void llri_chat_put(llri_render *r, llri_val of, const char *key, llri_val v) {
    (void)llri_put_key(r, of.u.dict, llri_v_str(key, strlen(key)), v);
}

/* A content as text: its parts one per line. */
static llri_val llri_chat_text(llri_render *r, llri_val content) {
    llri_list *texts;
    uint32_t i;
    if (content.kind == LLRI_V_STR || content.kind != LLRI_V_LIST) return content.kind == LLRI_V_STR ? content : llri_v_str("", 0);
    texts = llri_tpl_list(r);
    for (i = 0; i < content.u.list->n; i++) {
        const llri_val *part = llri_chat_key(content.u.list->v[i], "text");
        if (part && part->kind == LLRI_V_STR) llri_push(r, texts, *part);
    }
    return llri_join(r, llri_slice("\n", 1), texts);
}

static llri_val llri_chat_parts(llri_render *r, llri_val text) {
    llri_list *l = llri_tpl_list(r);
    llri_val part = llri_v_dict(LLRI_V_DICT, llri_tpl_dict(r));
    llri_chat_put(r, part, "type", llri_v_str("text", 4));
    llri_chat_put(r, part, "text", text);
    llri_push(r, l, part);
    return llri_list_done(r, l);
}

/* The program names the roles: a plain name may become a part of a control token such as <|user|>. */
static llri_val llri_chat_role(llri_render *r, llri_val role) {
    char *p;
    uint32_t i;
    for (i = 0; i < role.n; i++)
        if (!llri_name_char(role.u.s[i]) || (uint8_t)role.u.s[i] >= 0x80) return role;
    if (llri_is_text(role, "developer") && llri_find(r, r->t->src, llri_str_of(role), 0) == SIZE_MAX) return llri_v_str("system", 6);
    p = (char *)llri_tpl_get(r, role.n, 1);
    if (!p) return role;
    if (role.n) memcpy(p, role.u.s, role.n);
    return llri_mark_set(&r->mem, p, role.n, 0) ? llri_v_str(p, role.n) : llri_tpl_nomem(r);
}

/* The arguments of tool calls: an object where the template reads or writes one, else its JSON. *object: -1, not known. */
static void llri_chat_arguments(llri_render *r, llri_val message, int *object) {
    const llri_val *calls = llri_chat_key(message, "tool_calls");
    llri_json_style style;
    const char *why;
    size_t where, start;
    uint32_t i;
    if (!calls || calls->kind != LLRI_V_LIST || !calls->u.list->n) return;
    memset(&style, 0, sizeof style);
    style.item = llri_cstr(", ");
    style.key = llri_cstr(": ");
    if (*object < 0) *object = llri_chat_probe(r, LLRI_PROBE(LLRI_PROBE_USER "," LLRI_PROBE_CALL("{\"llr-key\":\"llr-value\"}")), "llr-value", "'llr-key'") ||
             !llri_chat_probe(r, LLRI_PROBE(LLRI_PROBE_USER "," LLRI_PROBE_CALL("\"{\\\"llr-key\\\":\\\"llr-value\\\"}\"")), "llr-value", "\\\"llr");
    for (i = 0; i < calls->u.list->n && !r->status; i++) {
        llri_val *f = llri_chat_key(calls->u.list->v[i], "function"), *args = f ? llri_chat_key(*f, "arguments") : NULL, v;
        if (!args) continue;
        if (args->kind == LLRI_V_STR && *object) {
            v = llri_json_read(&r->mem, &r->steps, llri_str_of(*args), &why, &where);
            if (r->mem.no_memory || r->mem.over_limit) llri_tpl_nomem(r);
            if (!why && v.kind == LLRI_V_DICT) *args = v;
        } else if (args->kind == LLRI_V_DICT && !*object) {
            start = r->n_out;
            llri_put_json(r, *args, &style, 0);
            *args = llri_take_text(r, start);
        }
    }
}

/* Without a place for system messages in the template, they begin the message that follows. */
static llri_list *llri_chat_system(llri_render *r, llri_list *messages) {
    llri_list *l = llri_tpl_list(r);
    llri_val held = llri_v_str("", 0), end;
    uint32_t i;
    for (i = 0; i < messages->n && !r->status; i++) {
        llri_val m = messages->v[i], *role = llri_chat_key(m, "role"), *content = llri_chat_key(m, "content"), text = llri_chat_text(r, *content);
        if (role && llri_is_text(*role, "system")) {
            held = llri_concat(r, llri_str_of(held), llri_str_of(text));
            if (!r->status) held = llri_concat(r, llri_str_of(held), llri_slice("\n", 1));
            continue;
        }
        if (held.n && !r->status && role && llri_is_text(*role, "user")) {
            *content = llri_concat(r, llri_str_of(held), llri_str_of(text));
            held.n = 0;
        }
        llri_push(r, l, m);
    }
    if (held.n && !r->status) {                 /* after the last of the user's messages: one of its own */
        end = llri_v_dict(LLRI_V_DICT, llri_tpl_dict(r));
        llri_chat_put(r, end, "role", llri_v_str("user", 4));
        llri_chat_put(r, end, "content", llri_v_str(held.u.s, held.n - 1));
        llri_push(r, l, end);
    }
    return l;
}

static void llri_chat_prepare(llri_render *r, llri_val vars, const llr_vocab *v) {
    static const char *const names[] = { "bos_token", "eos_token" };
    llri_val *messages = llri_chat_key(vars, "messages"), *tools = llri_chat_key(vars, "tools"), *x;
    int32_t ids[2];
    int strings, parts, system = 0, object = -1;
    uint32_t i;
    for (i = 0; messages && messages->kind == LLRI_V_LIST && i < messages->u.list->n; i++)
        if (messages->u.list->v[i].kind != LLRI_V_DICT) break;
    if (!messages || messages->kind != LLRI_V_LIST || i < messages->u.list->n) {
        r->status = llri_fail(r->err, LLR_E_ARG, "a conversation needs \"messages\", a list of objects");
        return;
    }
    if (tools && !llri_truthy(*tools)) tools->kind = LLRI_V_MISSING;
    for (i = 0; v && i < 2; i++) {
        size_t n;
        char *p;
        ids[0] = v->info.bos; ids[1] = v->info.eos;
        n = ids[i] < 0 ? 0 : llr_token_piece(v, ids[i], 1, NULL, 0);
        p = (char *)llri_tpl_get(r, n, 1);
        if (!p) return;
        if (n) (void)llr_token_piece(v, ids[i], 1, p, n);
        if (!llri_mark_set(&r->mem, p, n, 0)) { llri_tpl_nomem(r); return; }
        llri_chat_put(r, vars, names[i], llri_v_str(p, n));
    }
    strings = llri_chat_probe(r, LLRI_PROBE(LLRI_PROBE_USER), "llr-text", "\n\n\n\n");
    parts = llri_chat_probe(r, LLRI_PROBE(LLRI_PROBE_PARTS), "llr-text", "type");
    messages = llri_chat_key(vars, "messages");
    for (i = 0; i < messages->u.list->n && !r->status; i++) {
        llri_val m = messages->u.list->v[i];
        x = llri_chat_key(m, "role");
        if (x && x->kind == LLRI_V_STR) { *x = llri_chat_role(r, *x); system |= llri_is_text(*x, "system"); }
        x = llri_chat_key(m, "content");
        if (!x || x->kind == LLRI_V_NONE) llri_chat_put(r, m, "content", llri_v_str("", 0));
        else if (x->kind == LLRI_V_LIST && strings && !parts) *x = llri_chat_text(r, *x);
        llri_chat_arguments(r, m, &object);
    }
    if (system && strings && !llri_chat_probe(r, LLRI_PROBE(LLRI_PROBE_SYSTEM "," LLRI_PROBE_USER), "llr-system", "\n\n\n\n"))
        messages->u.list = llri_chat_system(r, messages->u.list);
    for (i = 0; parts && !strings && !r->status && i < messages->u.list->n; i++) {
        x = llri_chat_key(messages->u.list->v[i], "content");
        if (x && x->kind == LLRI_V_STR) *x = llri_chat_parts(r, *x);
    }
}

static void llri_render_run(llri_render *r, llri_str json, int chat, const llr_vocab *v) {
    const char *why;
    size_t where;
    llri_val vars = llri_json_read(&r->mem, NULL, json, &why, &where);
    if (why && (r->mem.no_memory || r->mem.over_limit)) { llri_tpl_nomem(r); return; }
    if (why || vars.kind != LLRI_V_DICT) {
        r->status = llri_fail(r->err, LLR_E_ARG, "the variables of a template must be a JSON object: %s at byte %llu",
                              why ? why : "another value", (unsigned long long)where);
        return;
    }
    if (chat) llri_chat_prepare(r, vars, v);
    if (r->status) return;
    r->globals = (llri_val *)llri_heap_get(&r->mem, r->t->n_names * sizeof *r->globals, 8);
    r->args = (llri_arg *)llri_heap_get(&r->mem, LLRI_TPL_ARGS * sizeof *r->args, 8);
    if (!r->globals || !r->args) { llri_tpl_nomem(r); return; }
    llri_set_globals(r, vars.u.dict);
    llri_run_body(r, r->t->body);
}

static void llri_render_start(llri_render *r, const llr_template *t, size_t json_bytes, llr_error *err) {
    size_t most = json_bytes < (size_t)64 << 20 ? json_bytes : (size_t)64 << 20;     /* what raises the limits; 32-bit: below 2^32 */
    size_t more = sizeof(size_t) < 8 ? 4 * most : LLRI_TPL_MEMORY_PER_BYTE * most;
    memset(r, 0, sizeof *r);
    r->t = t;
    r->err = err;
    r->steps = r->max_steps = LLRI_TPL_STEPS + (uint64_t)LLRI_TPL_STEPS_PER_BYTE * most;
    r->scope = &r->outermost;
    llri_heap_init(&r->mem, &t->mem, (size_t)LLRI_TPL_MEMORY + more);
}

/* The text written from `from` on, for the caller. NULL: failed. */
static char *llri_render_text(llri_render *r, size_t from) {
    size_t n = r->n_out - from;
    char *text = r->status ? NULL : (char *)llri_alloc(&r->t->mem, n + 1, 1);
    if (!text && !r->status) r->status = llri_nomem(r->err, "the text of a template", n + 1);
    if (!text) return NULL;
    if (n) memcpy(text, r->out + from, n);
    text[n] = 0;
    return text;
}

static llr_status llri_render_end(llri_render *r) {
    llri_free(&r->t->mem, r->out, r->cap_out);
    llri_heap_free(&r->mem);
    return r->status;
}

LLR_API llr_status llr_template_render(const llr_template *t, const char *json, size_t json_bytes, char **out, size_t *n_out,
                                       llr_error *err) {
    llri_render r;
    char *text;
    if (!t || !out || !n_out || (!json && json_bytes))
        return llri_fail(err, LLR_E_ARG, "rendering needs a template, its variables and a place for the text");
    llri_render_start(&r, t, json_bytes, err);
    llri_render_run(&r, llri_slice(json ? json : "", json_bytes), 0, NULL);
    text = llri_render_text(&r, 0);
    if (text) {
        *out = text;
        *n_out = r.n_out;
    }
    return llri_render_end(&r);
}

/* Whether the text begins (or ends) with the token that the tokenizer adds there by itself: its bytes, else 0. */
static size_t llri_prompt_frame(const llri_render *r, const llr_vocab *v, int32_t id, int at_end) {
    llri_str token = id < 0 ? llri_slice("", 0) : llri_word(&v->text, (size_t)id);
    const char *p;
    if (!token.n || token.n > r->n_out) return 0;
    p = r->out + (at_end ? r->n_out - token.n : 0);
    return memcmp(p, token.p, token.n) == 0 && !llri_any_said(&r->mem, p, token.n) ? token.n : 0;
}

/* The stretches of the text, from `from` on, that the conversation said. With out NULL: how many. */
static size_t llri_prompt_spans(const llri_render *r, size_t from, llr_span *out) {
    size_t i, n = 0, run, end = 0;
    int said;
    for (i = from; i < r->n_out; i += run) {
        run = llri_mark_run(&r->mem, r->out + i, r->n_out - i, &said);
        if (!said) continue;
        if (!n || end != i) {
            if (out) out[n].begin = i - from;
            n++;
        }
        end = i + run;
        if (out) out[n - 1].end = end - from;
    }
    return n;
}

static void llri_prompt_ids(llri_render *r, const llr_vocab *v, unsigned flags, llr_prompt *p) {
    size_t need = p->n_bytes + 8;
    llr_status status;
    do {
        llri_free(&r->t->mem, p->ids, p->cap_ids * sizeof *p->ids);
        p->cap_ids = 0;
        p->ids = (int32_t *)llri_alloc(&r->t->mem, need * sizeof *p->ids, 64);
        if (!p->ids) { r->status = llri_nomem(r->err, "the tokens of a prompt", need * sizeof *p->ids); return; }
        p->cap_ids = need;
        status = llr_tokenize_spans(v, p->text, p->n_bytes, p->user, p->n_user, flags, p->ids, p->cap_ids, &need, r->err);
    } while (status == LLR_E_FULL && need > p->cap_ids);
    r->status = status;
    p->n_ids = need;
}

LLR_API llr_status llr_template_chat(const llr_template *t, const llr_vocab *v, const char *json, size_t json_bytes,
                                     unsigned flags, llr_prompt *out, llr_error *err) {
    llri_render r;
    size_t from = 0;
    if (!t || !out || (!json && json_bytes)) return llri_fail(err, LLR_E_ARG, "a chat needs a template, its variables and a place for the prompt");
    memset(out, 0, sizeof *out);
    llri_render_start(&r, t, json_bytes, err);
    r.mem.marking = 1;
    r.mem.said = llri_slice(json ? json : "", json_bytes);
    llri_render_run(&r, r.mem.said, 1, v);
    if (!r.status && v && (flags & LLR_TOK_SPECIAL) && v->kind != LLRI_TOK_RWKV && v->kind != LLRI_TOK_PLAMO2) {    /* they add none */
        if (v->info.add_bos) from = llri_prompt_frame(&r, v, v->info.bos, 0);
        if (v->info.add_eos && from < r.n_out) r.n_out -= llri_prompt_frame(&r, v, v->info.eos, 1);
    }
    out->text = llri_render_text(&r, from);
    if (out->text) {
        out->n_bytes = r.n_out - from;
        out->n_user = llri_prompt_spans(&r, from, NULL);
        out->user = (llr_span *)llri_alloc(&t->mem, (out->n_user + 1) * sizeof *out->user, 16);
        if (out->user) (void)llri_prompt_spans(&r, from, out->user);
        else r.status = llri_nomem(err, "the prompt", (out->n_user + 1) * sizeof *out->user);
    }
    if (!r.status && v) llri_prompt_ids(&r, v, flags, out);
    if (r.status) llr_prompt_free(t, out);
    return llri_render_end(&r);
}

LLR_API void llr_prompt_free(const llr_template *t, llr_prompt *p) {
    if (p->text) llri_free(&t->mem, p->text, p->n_bytes + 1);
    llri_free(&t->mem, p->user, (p->n_user + 1) * sizeof *p->user);
    llri_free(&t->mem, p->ids, p->cap_ids * sizeof *p->ids);
    memset(p, 0, sizeof *p);
}

LLR_API void llr_template_text_free(const llr_template *t, char *text, size_t n_bytes) { llri_free(&t->mem, text, n_bytes + 1); }

/* --- templates for files without one, by their control tokens or their name. The beginning-of-text token is left to the
 * tokenizer. A content may be a text or a list of parts. --- */
#define LLRI_FB_TEXT \
    "{%- macro text(m) -%}{%- if m.content is string -%}{{ m.content }}{%- elif m.content -%}" \
    "{%- for p in m.content -%}{{ p.text }}{%- endfor -%}{%- endif -%}{%- endmacro -%}{%- set ns = namespace(system='') -%}"
#define LLRI_FB_EACH LLRI_FB_TEXT "{%- for m in messages -%}"
#define LLRI_FB_PROMPT "{%- endfor -%}{%- if add_generation_prompt -%}"
#define LLRI_FB_END "{%- endif -%}"
/* every message alike, and what opens the answer */
#define LLRI_FB_SAME(message, prompt) LLRI_FB_EACH "{{ " message " }}" LLRI_FB_PROMPT "{{ " prompt " }}" LLRI_FB_END
/* system messages, then user messages, then all others; nothing opens the answer but what the user's message ends with */
#define LLRI_FB_ROLES(system, user, other) \
    LLRI_FB_EACH "{%- if m.role == 'system' -%}" system "{%- elif m.role == 'user' -%}{{ " user " }}{%- else -%}{{ " other " }}{%- endif -%}"
/* keeps the system text for the next user message */
#define LLRI_FB_HOLD(text) "{%- set ns.system = ns.system + " text " -%}"
#define LLRI_FB_HELD "{%- if m.role == 'user' -%}{%- set ns.system = '' -%}{%- endif -%}"

static const struct { const char *family, *tokens, *pre, *words, *source; } llri_fallbacks[] = {
    /* the first row whose tokens (separated by blanks) are all there, whose pre-tokenizer is `pre` and whose `words` are in
     * the name of the model; "" asks for nothing */
    { "phi4", "<|im_start|> <|im_sep|>", "", "",
      LLRI_FB_SAME("'<|im_start|>' + m.role + '<|im_sep|>' + text(m) + '<|im_end|>'", "'<|im_start|>assistant<|im_sep|>'") },
    { "chatml", "<|im_start|> <|im_end|>", "", "",
      LLRI_FB_SAME("'<|im_start|>' + m.role + '\\n' + text(m) + '<|im_end|>\\n'", "'<|im_start|>assistant\\n'") },
    { "llama4", "<|header_start|> <|header_end|>", "", "",
      LLRI_FB_SAME("'<|header_start|>' + m.role + '<|header_end|>\\n\\n' + text(m) | trim + '<|eot|>'",
                   "'<|header_start|>assistant<|header_end|>\\n\\n'") },
    { "llama3", "<|start_header_id|> <|end_header_id|>", "", "",
      LLRI_FB_SAME("'<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + text(m) | trim + '<|eot_id|>'",
                   "'<|start_header_id|>assistant<|end_header_id|>\\n\\n'") },
    { "gemma", "<start_of_turn> <end_of_turn>", "", "",
      LLRI_FB_EACH "{%- if m.role == 'system' -%}" LLRI_FB_HOLD("text(m) | trim + '\\n\\n'") "{%- else -%}"
      "{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\\n' + ns.system + text(m) | trim + "
      "'<end_of_turn>\\n' }}"
      LLRI_FB_HELD "{%- endif -%}" LLRI_FB_PROMPT "{{ '<start_of_turn>model\\n' }}" LLRI_FB_END },
    { "mistral-v7-tekken", "[INST] [SYSTEM_PROMPT]", "tekken", "",
      LLRI_FB_ROLES("{{ '[SYSTEM_PROMPT]' + text(m) + '[/SYSTEM_PROMPT]' }}", "'[INST]' + text(m) + '[/INST]'",
                    "text(m) + '</s>'") "{%- endfor -%}" },
    { "mistral-v7", "[INST] [SYSTEM_PROMPT]", "", "",
      LLRI_FB_ROLES("{{ '[SYSTEM_PROMPT] ' + text(m) + '[/SYSTEM_PROMPT]' }}", "'[INST] ' + text(m) + '[/INST]'",
                    "' ' + text(m) + '</s>'") "{%- endfor -%}" },
    { "mistral-v3-tekken", "[INST] [/INST]", "tekken", "",
      LLRI_FB_ROLES(LLRI_FB_HOLD("text(m) + '\\n\\n'"), "'[INST]' + ns.system + text(m) + '[/INST]'", "text(m) + '</s>'")
      LLRI_FB_HELD "{%- endfor -%}" },
    { "mistral-v3", "[INST] [/INST]", "", "",
      LLRI_FB_ROLES(LLRI_FB_HOLD("text(m) + '\\n\\n'"), "'[INST] ' + ns.system + text(m) + '[/INST]'",
                    "' ' + text(m) | trim + '</s>'") LLRI_FB_HELD "{%- endfor -%}" },
    { "command-r", "<|START_OF_TURN_TOKEN|> <|CHATBOT_TOKEN|>", "", "",
      LLRI_FB_SAME("'<|START_OF_TURN_TOKEN|><|' + {'user': 'USER', 'assistant': 'CHATBOT'}.get(m.role, 'SYSTEM') + '_TOKEN|>' + "
                   "text(m) | trim + '<|END_OF_TURN_TOKEN|>'", "'<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>'") },
    { "deepseek3", "<\xef\xbd\x9cUser\xef\xbd\x9c> <\xef\xbd\x9c" "Assistant\xef\xbd\x9c>", "", "",
      LLRI_FB_ROLES("{{ text(m) + '\\n\\n' }}", "'<\xef\xbd\x9cUser\xef\xbd\x9c>' + text(m)",
                    "'<\xef\xbd\x9c" "Assistant\xef\xbd\x9c>' + text(m) + "
                    "'<\xef\xbd\x9c" "end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>'")
      LLRI_FB_PROMPT "{{ '<\xef\xbd\x9c" "Assistant\xef\xbd\x9c>' }}" LLRI_FB_END },
    { "gpt-oss", "<|start|> <|channel|> <|message|>", "", "",
      LLRI_FB_SAME("'<|start|>' + m.role + '<|message|>' + text(m) + ('<|return|>' if m.role == 'assistant' else '<|end|>')",
                   "'<|start|>assistant'") },
    { "granite", "<|start_of_role|> <|end_of_role|>", "", "",
      LLRI_FB_SAME("'<|start_of_role|>' + m.role + '<|end_of_role|>' + text(m) + '<|end_of_text|>\\n'",
                   "'<|start_of_role|>assistant<|end_of_role|>'") },
    { "kimi-k2", "<|im_user|> <|im_middle|>", "", "",
      LLRI_FB_SAME("{'user': '<|im_user|>user', 'assistant': '<|im_assistant|>assistant'}.get(m.role, '<|im_system|>' + m.role) + "
                   "'<|im_middle|>' + text(m) + '<|im_end|>'", "'<|im_assistant|>assistant<|im_middle|>'") },
    { "seed", "<seed:bos> <seed:eos>", "", "",
      LLRI_FB_SAME("'<seed:bos>' + m.role + '\\n' + text(m) + '<seed:eos>'", "'<seed:bos>assistant\\n'") },
    { "exaone3", "[|assistant|] [|endofturn|]", "", "",
      LLRI_FB_SAME("'[|' + m.role + '|]' + text(m) | trim + ('\\n' if m.role == 'user' else '[|endofturn|]\\n')", "'[|assistant|]'") },
    { "glm4", "[gMASK] <sop> <|assistant|>", "", "",
      "[gMASK]<sop>" LLRI_FB_SAME("'<|' + m.role + '|>\\n' + text(m)", "'<|assistant|>\\n'") },
    { "phi3", "<|assistant|> <|end|>", "", "",
      LLRI_FB_SAME("'<|' + m.role + '|>\\n' + text(m) + '<|end|>\\n'", "'<|assistant|>\\n'") },
    { "zephyr", "<|assistant|> <|user|> <|endoftext|>", "", "",
      LLRI_FB_SAME("'<|' + m.role + '|>\\n' + text(m) + '<|endoftext|>\\n'", "'<|assistant|>\\n'") },
    { "falcon3", "<|assistant|> <|user|>", "", "",
      LLRI_FB_SAME("'<|' + m.role + '|>\\n' + text(m) + '\\n'", "'<|assistant|>\\n'") },
    { "openchat", "<|end_of_turn|>", "", "openchat",
      LLRI_FB_EACH "{{ ('' if m.role == 'system' else 'GPT4 Correct ' + m.role | title + ': ') + text(m) + '<|end_of_turn|>' }}"
      LLRI_FB_PROMPT "{{ 'GPT4 Correct Assistant:' }}" LLRI_FB_END },
    { "zephyr", "", "", "zephyr",
      LLRI_FB_SAME("'<|' + m.role + '|>\\n' + text(m) + '</s>\\n'", "'<|assistant|>\\n'") },
    { "zephyr", "", "", "tinyllama chat",
      LLRI_FB_SAME("'<|' + m.role + '|>\\n' + text(m) + '</s>\\n'", "'<|assistant|>\\n'") },
    { "vicuna", "", "", "vicuna",
      LLRI_FB_ROLES("{{ text(m) + '\\n\\n' }}", "'USER: ' + text(m) + '\\n'", "'ASSISTANT: ' + text(m) + '</s>\\n'")
      LLRI_FB_PROMPT "{{ 'ASSISTANT:' }}" LLRI_FB_END },
    { "mistral-v1", "", "", "mistral instruct",
      LLRI_FB_ROLES(LLRI_FB_HOLD("text(m) + '\\n\\n'"), "' [INST] ' + ns.system + text(m) + ' [/INST]'", "' ' + text(m) + '</s>'")
      LLRI_FB_HELD "{%- endfor -%}" },
    { "llama2", "", "", "llama 2 chat",
      LLRI_FB_ROLES(LLRI_FB_HOLD("'<<SYS>>\\n' + text(m) + '\\n<</SYS>>\\n\\n'"),
                    "('' if ns.system or loop.first else '<s>') + '[INST] ' + ns.system + text(m) + ' [/INST]'",
                    "' ' + text(m) | trim + ' </s>'") LLRI_FB_HELD "{%- endfor -%}" }
};

enum { LLRI_FB_ROWS = sizeof llri_fallbacks / sizeof llri_fallbacks[0], LLRI_FB_TOKENS = 3 };

/* All words are in the name, in whatever case. */
static int llri_name_has(llri_str name, const char *words) {
    size_t n, i, k, len;
    for (; *words; words += n + (words[n] == ' ')) {
        n = strcspn(words, " ");
        for (i = 0, len = 0; i < name.n && len < n; i++) {
            for (len = 0, k = i; len < n && k < name.n && (char)llri_lower((uint8_t)name.p[k] & 0x7f) == words[len]; k++) len++;
        }
        if (len < n) return 0;
    }
    return 1;
}

/* Marks in `seen`, a bit per token of the row, what a token of the vocabulary answers to. */
static void llri_fallback_see(llri_str token, uint8_t *seen) {
    size_t i, n, bit;
    if (token.n < 5 || token.n > 40 || (token.p[0] != '<' && token.p[0] != '[')) return;
    for (i = 0; i < LLRI_FB_ROWS; i++) {
        const char *t = llri_fallbacks[i].tokens;
        for (bit = 0; *t; t += n + (t[n] == ' '), bit++) {
            n = strcspn(t, " ");
            if (n == token.n && memcmp(t, token.p, n) == 0) seen[i] |= (uint8_t)(1 << bit);
        }
    }
}

LLR_API const char *llr_template_fallback(const llr_gguf *g, const char **family) {
    const llri_kv *tokens = g ? llri_gguf_kv(g, "tokenizer.ggml.tokens") : NULL;
    uint8_t seen[LLRI_FB_ROWS];
    llri_str_iter it;
    llri_str token, name, pre;
    size_t i, k;
    if (!tokens || !llri_str_iter_init(&it, tokens)) return NULL;
    memset(seen, 0, sizeof seen);
    while (llri_str_iter_next(&it, &token)) llri_fallback_see(token, seen);
    name = llri_gguf_text(g, "general.name");
    pre = llri_gguf_text(g, "tokenizer.ggml.pre");
    for (i = 0; i < LLRI_FB_ROWS; i++) {
        unsigned wanted = 0;
        const char *t = llri_fallbacks[i].tokens;
        for (k = 0; t[k]; k++) wanted = wanted << (t[k] == ' ') | (k == 0 || t[k] == ' ');
        if (seen[i] != wanted || !llri_name_has(name, llri_fallbacks[i].words)) continue;
        if (*llri_fallbacks[i].pre && !llri_str_eq(pre, llri_fallbacks[i].pre)) continue;
        if (family) *family = llri_fallbacks[i].family;
        return llri_fallbacks[i].source;
    }
    return NULL;
}
/* >>end: the compiler's settings as they were before the implementation */
#if defined(__clang__)
#  pragma STDC FP_CONTRACT DEFAULT
#elif LLRI_GCC >= 500
#  pragma GCC pop_options
#elif defined(_MSC_VER)
#  pragma fp_contract(on)
#endif
#endif /* !LLRI_PASS */
#endif /* LLRUN_IMPLEMENTATION, once */

/* Licence: MIT, see the file LICENSE. */
