/* llrun.c - the program: runs GGUF language models from the command line, on llrun.h alone.
 *
 * This file owns the process: arguments, terminal, signals, exit codes. It computes nothing about models: that is llrun.h,
 * and only its public API is used here, so that this file is also an example of it. One table of options (OPTIONS) feeds
 * the parser, the help texts and the README.
 *
 *     >>os        what differs between systems: terminal, clock, files     >>options    the tables, the parser
 *     >>messages  errors, advice, progress, signals                        >>help       texts made from the tables
 *     >>memory    memory that lives as long as the command                 >>models     opening files, models, sessions
 *     >>output    standard output or -o FILE                               >>run        generation
 *     >>json      strict writer, small reader                              >>commands   the other commands
 *                                                                          >>main       table of commands, main
 */
#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#  define _GNU_SOURCE 1             /* signals, clock and file functions, also with -std=c99 */
#endif
#ifndef _FILE_OFFSET_BITS
#  define _FILE_OFFSET_BITS 64
#endif
#define LLRUN_IMPLEMENTATION
#include "llrun.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#  ifndef WIN32_LEAN_AND_MEAN
#    define WIN32_LEAN_AND_MEAN
#  endif
#  include <windows.h>
#  include <shellapi.h>
#  include <fcntl.h>
#  include <io.h>
#else
#  include <fcntl.h>
#  include <pthread.h>
#  include <sys/mman.h>
#  include <sys/stat.h>
#  include <sys/time.h>
#  include <unistd.h>
#endif

#if defined(__GNUC__)
#  define PRINTF_LIKE(a, b) __attribute__((format(printf, a, b)))
#else
#  define PRINTF_LIKE(a, b)
#endif

/* Exit codes: scripts rely on them. 130 and 143 are SIGINT and SIGTERM. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_FILE = 3, EXIT_UNSUPPORTED = 4, EXIT_MEMORY = 5, EXIT_CPU = 6 };

/* >>options-names ----------------------------------------------------------------------------------------------------
 * Commands and options as X-macros. A command is id, name, arguments, one line, and notes for its help page.
 */
#define COMMANDS(X) \
    X(RUN, "run", "MODEL [PROMPT]", "complete a prompt", \
      "The prompt is PROMPT, -p, the file of -f, standard input, or ids with --tokens. Of files and standard input one last\n" \
      "newline is dropped. Standard output carries the generated text and a newline, nothing else. The answer ends at an end-of-text\n" \
      "token, after -n tokens, at a stop text, or when the context is full. Sampling settings that are not given come from\n" \
      "the file (general.sampling.*), else from the defaults below. `llrun MODEL ...` is short for `llrun run MODEL ...`.\n") \
    X(SHOW, "show", "MODEL", "what is in a file: metadata, tensors, what is supported", \
      "Checks the structure of the whole file and loads nothing. Exit 0 also where the architecture is not supported.\n") \
    X(PLAN, "plan", "MODEL", "will it run here: memory by part against what is available", \
      "Exit 0: fits, 5: does not. Weights are mapped from the file; when they do not fit beside the rest, the model runs at\n" \
      "the speed of the disk, and the verdict says so.\n") \
    X(CPU, "cpu", "", "CPU features, kernel tiers, and which one is chosen", "") \
    X(TOKENIZE, "tokenize", "MODEL", "text on standard input to a JSON array of token ids", \
      "The text is taken exactly, a last newline included. Works for files that hold only a vocabulary.\n") \
    X(DETOKENIZE, "detokenize", "MODEL", "token ids to the exact bytes of their text", \
      "Control tokens are spelled out; nothing is added. --jsonl without --hex answers with JSON strings, in which bytes that\n" \
      "are not UTF-8 become U+FFFD.\n") \
    X(LOGITS, "logits", "MODEL --tokens LIST", "raw logits, little-endian float32", \
      "Of the last token, or with --all of every token, row-major [n_tokens][n_vocab].\n") \
    X(EMBED, "embed", "MODEL", "text to an embedding vector (not built yet)", "") \
    X(PERPLEXITY, "perplexity", "MODEL", "how well the model predicts a text", \
      "Mean negative log likelihood in nats, and its exponential, over the n tokens after the first. Without -c the context is as\n" \
      "long as the text, at most what the model was trained with. A longer text is cut into pieces of the context size, each\n" \
      "evaluated from an empty context; the first token of a piece is not counted.\n") \
    X(DUMP, "dump", "MODEL TENSOR", "one tensor dequantised, little-endian float32", "") \
    X(BENCH, "bench", "MODEL", "prompt and generation speed beside what the memory can deliver", \
      "Medians in tokens/s. stream_gbps is how fast as many threads can read the file from memory, decode_gbps how much of it\n" \
      "the generation achieves: their ratio is what is left to gain. The arithmetic peak (peak_gops) is not measured yet.\n") \
    X(HELP, "help", "[COMMAND]", "this text, or the options of a command", "") \
    X(VERSION, "version", "", "version and kernel tiers of this build", "") \
    X(DOCTOR, "doctor", "[MODEL]", "everything that could go wrong on this machine (not built yet)", "") \
    X(TEMPLATE, "template", "MODEL", "render a chat template (not built yet)", "") \
    X(SERVE, "serve", "[MODEL]", "HTTP server (not built yet)", "") \
    X(LIST, "list", "", "models in the known stores (not built yet)", "") \
    X(PS, "ps", "", "models loaded by a running server (not built yet)", "") \
    X(STOP, "stop", "", "unload a model from a running server (not built yet)", "") \
    X(QUANTIZE, "quantize", "IN OUT TYPE", "write a file with another tensor type (not built yet)", "")

typedef enum command_id {
#define X(id, name, args, line, notes) C_##id,
    COMMANDS(X)
#undef X
    C_COUNT
} command_id;

#define ON(id)  (1u << C_##id)
#define ANY     0xffffffffu
#define EVALS   (ON(RUN) | ON(PLAN) | ON(LOGITS) | ON(EMBED) | ON(PERPLEXITY) | ON(BENCH))

typedef enum option_kind { FLAG, INTEGER, NUMBER, TEXT, TEXTS } option_kind;

/* id, names (any of them), argument, kind, least and largest value, commands, help ("" = not shown) */
#define OPTIONS(X) \
    X(PROMPT,    "-p --prompt",                   "TEXT", TEXT, 0, 0, ON(RUN) | ON(TOKENIZE) | ON(PERPLEXITY), "the text") \
    X(FILE,      "-f --file",                     "FILE", TEXT, 0, 0, ON(RUN) | ON(TOKENIZE) | ON(PERPLEXITY), "the text is in FILE; - is standard input") \
    X(TOKENS,    "--tokens",                      "LIST", TEXT, 0, 0, ON(RUN) | ON(LOGITS) | ON(EMBED) | ON(PERPLEXITY) | ON(DETOKENIZE), \
                 "token ids instead of text, nothing added: 1,2,3 or @FILE, separated by commas or white space") \
    X(RAW,       "--raw",                         "", FLAG, 0, 0, ON(RUN), "complete the prompt as it is, without chat template") \
    X(PREDICT,   "-n --predict --n-predict",      "N", INTEGER, -1, 2147483647, ON(RUN), "generate at most N tokens (-1: until the end)") \
    X(IDS,       "--ids",                         "", FLAG, 0, 0, ON(RUN), "print a JSON array of the generated token ids instead of text") \
    X(IGNORE_EOS,"--ignore-eos",                  "", FLAG, 0, 0, ON(RUN), "end-of-text tokens do not end the answer") \
    X(STOP,      "--stop --reverse-prompt",       "TEXT", TEXTS, 0, 0, ON(RUN), "end before TEXT; may be given several times") \
    X(SEED,      "-s --seed",                     "N", INTEGER, -1, 9007199254740992.0, ON(RUN), "seed of the random choice (-1: a new one each time)") \
    X(TEMP,      "--temp --temperature",          "X", NUMBER, -1e6, 1e6, ON(RUN), "temperature; 0: always the most likely token [0.8]") \
    X(TOP_K,     "--top-k",                       "N", INTEGER, -1, 2147483647, ON(RUN), "choose among the N most likely; 0: all [40]") \
    X(TOP_P,     "--top-p",                       "X", NUMBER, 0, 1e6, ON(RUN), "choose among the most likely that make up probability X; 1: all [0.95]") \
    X(MIN_P,     "--min-p",                       "X", NUMBER, 0, 1, ON(RUN), "drop tokens less likely than X times the most likely [0.05]") \
    X(TYPICAL,   "--typical --typical-p",         "X", NUMBER, 0, 1e6, ON(RUN), "locally typical sampling; 1: off [1]") \
    X(REPEAT,    "--repeat-penalty",              "X", NUMBER, 1e-6, 1e6, ON(RUN), "divide the logits of recent tokens by X; 1: off [1]") \
    X(FREQUENCY, "--frequency-penalty",           "X", NUMBER, -1e6, 1e6, ON(RUN), "subtract X for each time a token was used [0]") \
    X(PRESENCE,  "--presence-penalty",            "X", NUMBER, -1e6, 1e6, ON(RUN), "subtract X once if a token was used [0]") \
    X(LAST_N,    "--repeat-last-n",               "N", INTEGER, 0, 65536, ON(RUN), "how many recent tokens the penalties see [64]") \
    X(NO_BOS,    "--no-bos",                      "", FLAG, 0, 0, ON(TOKENIZE), "do not add the tokens that begin and end a text") \
    X(NO_SPECIAL,"--no-special",                  "", FLAG, 0, 0, ON(TOKENIZE), "names of control tokens in the text are plain text") \
    X(JSONL,     "--jsonl",                       "", FLAG, 0, 0, ON(TOKENIZE) | ON(DETOKENIZE), "one JSON value per line in, one answer per line out") \
    X(HEX,       "--hex",                         "", FLAG, 0, 0, ON(DETOKENIZE), "print the bytes in hexadecimal") \
    X(ALL,       "--all",                         "", FLAG, 0, 0, ON(LOGITS) | ON(EMBED), "a row for every token instead of the last") \
    X(OUT,       "-o --output",                   "FILE", TEXT, 0, 0, ON(LOGITS) | ON(EMBED) | ON(DUMP), "write to FILE instead of standard output") \
    X(BENCH_P,   "-p",                            "N", INTEGER, 1, 1 << 24, ON(BENCH), "tokens of the prompt [512]") \
    X(BENCH_N,   "-n",                            "N", INTEGER, 1, 1 << 24, ON(BENCH), "tokens to generate [64]") \
    X(BENCH_R,   "-r",                            "N", INTEGER, 1, 1000, ON(BENCH), "runs, of which the median counts [3]") \
    X(JSON,      "--json",                        "", FLAG, 0, 0, ON(SHOW) | ON(PLAN) | ON(CPU) | ON(PERPLEXITY) | ON(BENCH), "print one JSON object") \
    X(MARKDOWN,  "--markdown",                    "", FLAG, 0, 0, ON(HELP), "") \
    X(CTX,       "-c --ctx --ctx-size",           "N", INTEGER, 1, 2147483647, EVALS, "context: positions kept [what is needed, or 4096 or less]") \
    X(BATCH,     "-b --batch --batch-size",       "N", INTEGER, 1, 1 << 20, EVALS, "tokens evaluated together [512]") \
    X(KV,        "--kv",                          "TYPE", TEXT, 0, 0, EVALS, "type of the KV cache: f32, f16 or q8_0 [f16]") \
    X(EXACT,     "--exact",                       "", FLAG, 0, 0, EVALS, "compute in float32 without rounding activations: slow, for checking") \
    X(NGL,       "-ngl --gpu-layers --n-gpu-layers", "N", INTEGER, -1, 1 << 20, EVALS, "layers on the GPU; this build has none") \
    X(MODEL,     "-m --model",                    "FILE", TEXT, 0, 0, ANY, "the same as MODEL") \
    X(THREADS,   "-t --threads",                  "N", INTEGER, 1, 4096, ANY, "threads [physical cores that this process may use]") \
    X(ISA,       "--isa",                         "NAME", TEXT, 0, 0, ANY, "kernel tier, see `llrun cpu`; also the environment variable LLRUN_ISA") \
    X(NO_MMAP,   "--no-mmap",                     "", FLAG, 0, 0, ANY, "read the file into memory instead of mapping it") \
    X(MLOCK,     "--mlock",                       "", FLAG, 0, 0, ANY, "keep the weights in memory") \
    X(QUIET,     "-q --quiet",                    "", FLAG, 0, 0, ANY, "nothing but errors on standard error") \
    X(HELP,      "-h --help",                     "", FLAG, 0, 0, ANY, "this text") \
    X(VERSION,   "--version",                     "", FLAG, 0, 0, ANY, "the version")

typedef enum option_id {
#define X(id, names, arg, kind, least, most, commands, help) O_##id,
    OPTIONS(X)
#undef X
    O_COUNT
} option_id;

typedef struct option_row { const char *names, *arg; option_kind kind; double least, most; uint32_t commands; const char *help; } option_row;

static const option_row option_rows[O_COUNT] = {
#define X(id, names, arg, kind, least, most, commands, help) { names, arg, kind, least, most, commands, help },
    OPTIONS(X)
#undef X
};

typedef struct option_value { int set; const char *text; int64_t i; double f; } option_value;

enum { MAX_STOPS = 32, MAX_WORDS = 3 };

/* Everything of one command. What is opened or allocated hangs here and is released by app_close, so that commands can
 * return at any point. */
typedef struct app {
    command_id command;
    option_value o[O_COUNT];
    const char *stops[MAX_STOPS]; size_t n_stops;
    const char *words[MAX_WORDS]; int n_words;      /* MODEL, PROMPT and the like */
    const char *model_path;
    llr_options lib;
    llr_session_options so;
    llr_gguf *gguf; llr_vocab *vocab;               /* opened alone, for commands that need no weights */
    llr_model *model; llr_pool *pool; llr_session *session;
    llr_sampler *sampler; llr_stream *stream;
    void **blocks; size_t n_blocks;                 /* memory of keep() */
    FILE *out; const char *out_name; int out_errno;
    int quiet, tty;                                 /* tty: progress lines are welcome on standard error */
    int show_eval; double drawn_at;
} app;

/* >>os ---------------------------------------------------------------------------------------------------------------
 * What differs between systems and the library does not show. Paths are UTF-8 everywhere.
 */
static double seconds(void)
{
#ifdef _WIN32
    LARGE_INTEGER t, f;
    QueryPerformanceCounter(&t);
    QueryPerformanceFrequency(&f);
    return (double)t.QuadPart / (double)f.QuadPart;
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#endif
}

static int is_terminal(FILE *f)
{
#ifdef _WIN32
    return _isatty(_fileno(f));
#else
    return isatty(fileno(f));
#endif
}

static FILE *open_file(const char *path, const char *mode)
{
#ifdef _WIN32
    wchar_t wide[1024], wmode[8];
    if (!MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 1024) || !MultiByteToWideChar(CP_UTF8, 0, mode, -1, wmode, 8)) {
        errno = ENOENT;
        return NULL;
    }
    return _wfopen(wide, wmode);
#else
    return fopen(path, mode);
#endif
}

static int file_exists(const char *path)
{
    FILE *f = open_file(path, "rb");
    if (f) fclose(f);
    return f != NULL || errno != ENOENT;
}

/* A number that differs between runs, for sampling without --seed. */
static uint64_t new_seed(void)
{
    uint64_t x = (uint64_t)time(NULL) ^ (uint64_t)(seconds() * 1e9);
#ifndef _WIN32
    x ^= (uint64_t)getpid() << 40;
#endif
    x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
    return (x ^ x >> 29) & 0x7fffffff;
}

/* >>messages ---------------------------------------------------------------------------------------------------------
 * Standard error: one line `llrun: error: what, with the numbers`, then advice. A signal sets `g_signal` and cancels the
 * evaluation that runs; the commands end as soon as they see it. The few globals here are what a signal handler needs.
 */
static volatile sig_atomic_t g_signal;          /* the signal that asked to end, or 0 */
static llr_session *volatile g_session;         /* to be cancelled by it */
static int g_line;                              /* 1: an unfinished progress line is on the terminal */

static void end_line(void)
{
    if (g_line) fputs("\r\033[K", stderr);
    g_line = 0;
}

/* File names and messages may contain anything: what could confuse a terminal becomes '?'. */
static void put_plain(const char *s)
{
    for (; *s; s++) fputc((unsigned char)*s < 32 || *s == 127 ? '?' : *s, stderr);
    fputc('\n', stderr);
}

static int fail(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int fail(int code, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    end_line();
    fputs("llrun: error: ", stderr);
    put_plain(text);
    return code;
}

static void advise(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void advise(const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fputs("  ", stderr);
    put_plain(text);
}

static void note(const app *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(const app *a, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    if (a->quiet) return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    end_line();
    fputs("llrun: ", stderr);
    put_plain(text);
}

static int exit_of_signal(void) { return g_signal ? 128 + (int)g_signal : EXIT_FAILED; }

static int exit_of(llr_status st)
{
    switch (st) {
        case LLR_OK:            return EXIT_DONE;
        case LLR_E_ARG:         return EXIT_USAGE;
        case LLR_E_NOMEM:       return EXIT_MEMORY;
        case LLR_E_FORMAT:      return EXIT_FILE;
        case LLR_E_UNSUPPORTED: return EXIT_UNSUPPORTED;
        case LLR_E_CPU:         return EXIT_CPU;
        case LLR_E_FULL:        return EXIT_USAGE;
        case LLR_E_CANCELLED:   return exit_of_signal();
        default:                return EXIT_FAILED;
    }
}

/* A failed library call. Ended by a signal: nothing to say. */
static int fail_status(llr_status st, const llr_error *err)
{
    if (st == LLR_E_CANCELLED && g_signal) return exit_of_signal();
    return fail(exit_of(st), "%s", err->msg);
}

static void on_log(void *ud, llr_log_level level, const char *msg)
{
    if (level == LLR_LOG_WARN) note((const app *)ud, "warning: %s", msg);
}

/* Ten times a second a line on the terminal; nonzero ends the call. */
static int on_progress(void *ud, llr_phase phase, uint64_t done, uint64_t total)
{
    app *a = (app *)ud;
    double now;
    if (g_signal) return 1;
    if (!a->tty || total == 0 || (phase == LLR_PHASE_EVAL && !a->show_eval)) return 0;
    now = seconds();
    if (done >= total) end_line();
    else if (now - a->drawn_at > 0.1) {
        if (phase == LLR_PHASE_LOAD)
            fprintf(stderr, "\rreading the model: %3.0f %% of %.2f GiB\033[K", 100.0 * (double)done / (double)total, (double)total / (1 << 30));
        else fprintf(stderr, "\rprompt: %3.0f %% of %.0f tokens\033[K", 100.0 * (double)done / (double)total, (double)total);
        a->drawn_at = now;
        g_line = 1;
    }
    return 0;
}

#ifdef _WIN32
static BOOL WINAPI on_console(DWORD event)
{
    g_signal = event == CTRL_C_EVENT ? SIGINT : SIGTERM;
    if (g_session) llr_session_cancel(g_session);
    Sleep(150);
    ExitProcess((UINT)exit_of_signal());
    return TRUE;
}
#else
static void on_alarm(int sig) { (void)sig; _exit(exit_of_signal()); }

/* Ends the evaluation, or, where the program is busy with something else, the process 150 ms later. */
static void on_signal(int sig)
{
    struct itimerval soon;
    int saved = errno;
    g_signal = sig;
    if (g_session) llr_session_cancel(g_session);
    memset(&soon, 0, sizeof soon);
    soon.it_value.tv_usec = 150000;
    setitimer(ITIMER_REAL, &soon, NULL);
    errno = saved;
}

/* A mapped file was cut short or its disk failed, or an instruction is missing: say so instead of dying silently. */
static void on_fault(int sig)
{
    static const char bus[] = "llrun: error: the model file was cut short while in use, or its disk failed: SIGBUS\n"
                              "  Load it again when it is whole, or use --no-mmap\n";
    static const char ill[] = "llrun: error: illegal instruction: this CPU lacks something that it reports to have\n"
                              "  Use --isa scalar, and report what `llrun cpu` says\n";
    ssize_t n = sig == SIGBUS ? write(2, bus, sizeof bus - 1) : write(2, ill, sizeof ill - 1);
    (void)n;
    _exit(sig == SIGBUS ? EXIT_FILE : EXIT_FAILED);
}

static void handle(int sig, void (*handler)(int))
{
    struct sigaction how;
    memset(&how, 0, sizeof how);
    how.sa_handler = handler;
    sigemptyset(&how.sa_mask);
    sigaction(sig, &how, NULL);
}
#endif

static void set_up_process(void)
{
#ifdef _WIN32
    SetConsoleCtrlHandler(on_console, TRUE);
    SetConsoleOutputCP(CP_UTF8);
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
#else
    struct sigaction old;
    handle(SIGTERM, on_signal);
    handle(SIGALRM, on_alarm);
    handle(SIGBUS, on_fault);
    handle(SIGILL, on_fault);
    handle(SIGPIPE, SIG_IGN);
    if (sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler != SIG_IGN) handle(SIGINT, on_signal);   /* nohup, & in scripts */
#endif
}

/* >>memory -----------------------------------------------------------------------------------------------------------
 * Memory that lives until the command ends. keep() says itself what failed: the caller returns EXIT_MEMORY.
 */
static void *keep(app *a, size_t n_bytes)
{
    void *p = NULL, **blocks = (void **)realloc((void *)a->blocks, (a->n_blocks + 1) * sizeof *blocks);
    if (blocks) {
        a->blocks = blocks;
        p = malloc(n_bytes ? n_bytes : 1);
    }
    if (p) blocks[a->n_blocks++] = p;
    else fail(EXIT_MEMORY, "no memory for %.0f bytes", (double)n_bytes);
    return p;
}

/* Gives a block of keep() back early; NULL is fine. */
static void drop(app *a, void *p)
{
    size_t i;
    for (i = 0; p && i < a->n_blocks; i++)
        if (a->blocks[i] == p) {
            free(p);
            a->blocks[i] = a->blocks[--a->n_blocks];
            return;
        }
}

/* Bytes that grow. `data` always ends in a NUL that is not counted. */
typedef struct bytes { char *data; size_t n, cap; } bytes;

/* Room for `more` bytes and a NUL. */
static int bytes_room(app *a, bytes *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 4096;
    char *p;
    if (more >= (size_t)-1 / 4 - b->n) return fail(EXIT_MEMORY, "no memory for %.0f bytes", (double)more);
    if (b->data && b->n + more < b->cap) return 0;
    while (cap <= b->n + more) cap *= 2;
    p = (char *)keep(a, cap);
    if (!p) return EXIT_MEMORY;
    if (b->n) memcpy(p, b->data, b->n);
    drop(a, b->data);
    b->data = p;
    b->cap = cap;
    p[b->n] = 0;
    return 0;
}

/* Token ids that grow. */
typedef struct id_list { int32_t *v; size_t n, cap; } id_list;

/* Room for `cap` ids in all; what was there is lost. */
static int ids_room(app *a, id_list *l, size_t cap)
{
    if (l->v && cap <= l->cap) return 0;
    drop(a, l->v);
    if (cap > (size_t)-1 / sizeof *l->v) return fail(EXIT_MEMORY, "no memory for %.0f token ids", (double)cap);
    l->v = (int32_t *)keep(a, cap * sizeof *l->v);
    l->cap = cap;
    return l->v ? 0 : EXIT_MEMORY;
}

static int bytes_read(app *a, bytes *b, FILE *f, const char *name)
{
    size_t got;
    int rc;
    do {
        if ((rc = bytes_room(a, b, 1 << 16)) != 0) return rc;
        b->n += got = fread(b->data + b->n, 1, b->cap - 1 - b->n, f);
        b->data[b->n] = 0;
    } while (got > 0 && !g_signal);
    if (g_signal) return exit_of_signal();
    if (ferror(f)) return fail(EXIT_FAILED, "cannot read %s: %s", name, strerror(errno));
    return 0;
}

static int read_whole(app *a, bytes *b, const char *path)
{
    FILE *f;
    int rc;
    if (strcmp(path, "-") == 0) return bytes_read(a, b, stdin, "standard input");
    if (!(f = open_file(path, "rb"))) return fail(EXIT_FAILED, "cannot open %s: %s", path, strerror(errno));
    rc = bytes_read(a, b, f, path);
    fclose(f);
    return rc;
}

/* One line without its newline; *more = 0 at the end of the input. */
static int read_line(app *a, bytes *b, FILE *f, int *more)
{
    int c = EOF, rc;
    for (b->n = 0; (c = getc(f)) != EOF && c != '\n'; b->data[b->n++] = (char)c)
        if ((rc = bytes_room(a, b, 1)) != 0) return rc;
    if ((rc = bytes_room(a, b, 0)) != 0) return rc;
    b->data[b->n] = 0;
    *more = c != EOF || b->n > 0;
    if (g_signal) return exit_of_signal();
    return ferror(f) ? fail(EXIT_FAILED, "cannot read standard input: %s", strerror(errno)) : 0;
}

/* >>output -----------------------------------------------------------------------------------------------------------
 * Results go to a->out. Errors of stdio are sticky, so they are looked at where it matters and at the end.
 */
static int out_open(app *a)
{
    const char *path = a->o[O_OUT].text;
    a->out = stdout;
    a->out_name = "standard output";
    if (!path || strcmp(path, "-") == 0) return 0;
    a->out_name = path;
    a->out = open_file(path, "wb");
    return a->out ? 0 : fail(EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
}

/* Shows what was written so far; exit code 1 if it could not be. */
static int out_flush(app *a)
{
    errno = 0;
    if (fflush(a->out) == 0 && !ferror(a->out)) return 0;
    if (errno) a->out_errno = errno;
    return EXIT_FAILED;
}

static int out_close(app *a, int rc)
{
    int bad;
    if (!a->out) return rc;
    bad = out_flush(a);
    if (a->out != stdout && fclose(a->out) != 0 && !bad) {
        a->out_errno = errno;
        bad = EXIT_FAILED;
    }
    a->out = NULL;
    if (g_signal) return exit_of_signal();
    if (!bad) return rc;
    if (a->out_errno == EPIPE) return EXIT_FAILED;      /* the reader has gone: it knows */
    return fail(EXIT_FAILED, "cannot write %s: %s", a->out_name, a->out_errno ? strerror(a->out_errno) : "output error");
}

/* Raw little-endian float32 */
static int put_floats(app *a, const float *x, size_t n)
{
    uint8_t b[4096];
    size_t i, k, m;
    for (i = 0; i < n; i += m) {
        m = n - i < sizeof b / 4 ? n - i : sizeof b / 4;
        for (k = 0; k < m; k++) {
            uint32_t u;
            memcpy(&u, &x[i + k], 4);
            b[4 * k] = (uint8_t)u;
            b[4 * k + 1] = (uint8_t)(u >> 8);
            b[4 * k + 2] = (uint8_t)(u >> 16);
            b[4 * k + 3] = (uint8_t)(u >> 24);
        }
        if (fwrite(b, 4, m, a->out) != m) {
            a->out_errno = errno;
            return EXIT_FAILED;
        }
    }
    return g_signal ? exit_of_signal() : 0;
}

/* >>json -------------------------------------------------------------------------------------------------------------
 * A writer that produces nothing but valid JSON in valid UTF-8, and a reader for the two shapes that --jsonl takes.
 */
typedef struct json { FILE *f; int comma; } json;

static void json_item(json *j)
{
    if (j->comma) fputc(',', j->f);
    j->comma = 1;
}

static void json_open(json *j, char c) { json_item(j); fputc(c, j->f); j->comma = 0; }
static void json_close(json *j, char c) { fputc(c, j->f); j->comma = 1; }

/* Length of the UTF-8 sequence at p, 0 if it is none: no overlong forms, no surrogates, at most U+10FFFF */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0, i;
    if (len > n) return 0;
    for (i = 1; i < len; i++) if ((p[i] & 0xc0) != 0x80) return 0;
    if (len == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))) return 0;
    if (len == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))) return 0;
    return len;
}

static void json_text(json *j, const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t i, len;
    json_item(j);
    fputc('"', j->f);
    for (i = 0; i < n; i += len) {
        len = utf8_length(p + i, n - i);
        if (len == 0) {
            fputs("\\ufffd", j->f);
            len = 1;
        } else if (p[i] < 0x20 || p[i] == 0x7f) fprintf(j->f, "\\u%04x", p[i]);
        else {
            if (p[i] == '"' || p[i] == '\\') fputc('\\', j->f);
            fwrite(p + i, 1, len, j->f);
        }
    }
    fputc('"', j->f);
}

static void json_string(json *j, const char *s) { json_text(j, s, strlen(s)); }
static void json_key_n(json *j, const char *s, size_t n) { json_text(j, s, n); fputc(':', j->f); j->comma = 0; }
static void json_key(json *j, const char *s) { json_key_n(j, s, strlen(s)); }
static void json_u64(json *j, uint64_t v) { json_item(j); fprintf(j->f, "%llu", (unsigned long long)v); }
static void json_i64(json *j, int64_t v) { json_item(j); fprintf(j->f, "%lld", (long long)v); }
static void json_bool(json *j, int v) { json_item(j); fputs(v ? "true" : "false", j->f); }

static void json_double(json *j, double v)
{
    json_item(j);
    if (v - v != 0) fputs("null", j->f);            /* not finite: JSON has no word for it */
    else fprintf(j->f, "%.9g", v);
}

static void json_key_string(json *j, const char *k, const char *v) { json_key(j, k); json_string(j, v); }
static void json_key_u64(json *j, const char *k, uint64_t v) { json_key(j, k); json_u64(j, v); }
static void json_key_double(json *j, const char *k, double v) { json_key(j, k); json_double(j, v); }

static void json_ids(json *j, const int32_t *ids, size_t n)
{
    size_t i;
    json_open(j, '[');
    for (i = 0; i < n; i++) json_i64(j, ids[i]);
    json_close(j, ']');
}

static const char *json_space(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') p++;
    return p;
}

/* Four hexadecimal digits, or -1 */
static int32_t json_hex4(const char *p)
{
    int32_t v = 0;
    int i;
    for (i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef", *d = p[i] ? strchr(digits, tolower((unsigned char)p[i])) : NULL;
        if (!d) return -1;
        v = v * 16 + (int32_t)(d - digits);
    }
    return v;
}

/* The character after \u at p[0..3], with its second half if it is a pair; half a pair is U+FFFD. NULL if malformed. */
static const char *json_unicode(const char *p, uint32_t *cp)
{
    int32_t hi = json_hex4(p), lo = -1;
    if (hi < 0) return NULL;
    p += 4;
    *cp = (uint32_t)hi;
    if (hi < 0xd800 || hi > 0xdfff) return p;
    if (hi < 0xdc00 && p[0] == '\\' && p[1] == 'u') lo = json_hex4(p + 2);
    if (lo < 0xdc00 || lo > 0xdfff) {
        *cp = 0xfffd;
        return p;
    }
    *cp = 0x10000 + (((uint32_t)hi & 0x3ff) << 10) + ((uint32_t)lo & 0x3ff);
    return p + 6;
}

static char *put_utf8(char *w, uint32_t c)
{
    if (c < 0x80) *w++ = (char)c;
    else {
        if (c < 0x800) *w++ = (char)(0xc0 | c >> 6);
        else {
            if (c < 0x10000) *w++ = (char)(0xe0 | c >> 12);
            else {
                *w++ = (char)(0xf0 | c >> 18);
                *w++ = (char)(0x80 | (c >> 12 & 63));
            }
            *w++ = (char)(0x80 | (c >> 6 & 63));
        }
        *w++ = (char)(0x80 | (c & 63));
    }
    return w;
}

/* Decodes a line that is one JSON string, in place. 0 if it is none. */
static int json_read_string(char *line, size_t n_line, char **text, size_t *n_text)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *p = json_space(line), *end = line + n_line, *e;
    char *w = line;
    uint32_t cp;
    if (*p++ != '"') return 0;
    while (p < end && *p != '"') {
        if ((unsigned char)*p < 0x20) return 0;
        if (*p != '\\') {
            *w++ = *p++;
            continue;
        }
        p++;
        if (*p == 'u') {
            if (!(p = json_unicode(p + 1, &cp))) return 0;
            w = put_utf8(w, cp);
        } else {
            if (!*p || !(e = strchr(from, *p))) return 0;
            *w++ = to[e - from];
            p++;
        }
    }
    *text = line;
    *n_text = (size_t)(w - line);
    return p < end && json_space(p + 1) == end;
}

/* Token ids, separated by commas or white space. *bad: NULL, or where it stops being one. */
static int read_ids(app *a, const char *p, id_list *out, const char **bad)
{
    int rc = ids_room(a, out, strlen(p) / 2 + 1);
    char *end;
    *bad = NULL;
    for (out->n = 0; rc == 0; p = end) {
        long long v;
        while (*p == ',' || isspace((unsigned char)*p)) p++;
        if (!*p) break;
        errno = 0;
        v = strtoll(p, &end, 10);
        if (end == p || errno || v < INT32_MIN || v > INT32_MAX || (*end && *end != ',' && !isspace((unsigned char)*end))) {
            *bad = p;
            break;
        }
        out->v[out->n++] = (int32_t)v;
    }
    return rc;
}

/* >>options ----------------------------------------------------------------------------------------------------------
 * The parser. An option may stand anywhere; the first word that is neither an option nor a value of one is the command,
 * or else the model of `run`.
 */
typedef struct command_row { const char *name, *args, *line, *notes; } command_row;

static const command_row command_rows[C_COUNT] = {
#define X(id, name, args, line, notes) { name, args, line, notes },
    COMMANDS(X)
#undef X
};

static int command_of(const char *name)
{
    int i;
    for (i = 0; i < C_COUNT; i++) if (strcmp(command_rows[i].name, name) == 0) return i;
    return -1;
}

/* Is `name`, of n bytes, one of the space-separated names? */
static int has_name(const char *names, const char *name, size_t n)
{
    const char *p = names;
    while (*p) {
        size_t len = strcspn(p, " ");
        if (len == n && memcmp(p, name, n) == 0) return 1;
        p += len + (p[len] == ' ');
    }
    return 0;
}

/* The option of that name that one of `commands` takes, or -1 */
static int option_of(const char *name, size_t n, uint32_t commands)
{
    int i;
    for (i = 0; i < O_COUNT; i++)
        if ((option_rows[i].commands & commands) && has_name(option_rows[i].names, name, n)) return i;
    return -1;
}

static int is_option(const char *arg) { return arg[0] == '-' && arg[1] != 0; }
static size_t name_length(const char *arg) { return arg[1] == '-' ? strcspn(arg, "=") : strlen(arg); }

/* Index of the first argument that is a word, argc if there is none. An option takes a value or not whatever the command. */
static int first_word(int argc, char **argv)
{
    int i, o;
    for (i = 1; i < argc && is_option(argv[i]); i++) {
        size_t n = name_length(argv[i]);
        if (strcmp(argv[i], "--") == 0) return i + 1;
        o = option_of(argv[i], n, ANY);
        if (o >= 0 && option_rows[o].kind != FLAG && !argv[i][n]) i++;
    }
    return i;
}

static int take_number(app *a, int o, const char *name, int n_name, const char *text)
{
    const option_row *row = &option_rows[o];
    option_value *v = &a->o[o];
    char *end;
    errno = 0;
    v->f = strtod(text, &end);
    if (row->kind == INTEGER) v->i = strtoll(text, &end, 10);
    if (end == text || *end || errno || v->f != v->f)
        return fail(EXIT_USAGE, "%.*s needs %s number, not '%s'", n_name, name, row->kind == INTEGER ? "a whole" : "a", text);
    if (v->f < row->least || v->f > row->most)
        return fail(EXIT_USAGE, "%.*s %s is out of range: %.12g to %.12g", n_name, name, text, row->least, row->most);
    return 0;
}

static int take_value(app *a, int o, const char *name, int n_name, const char *text)
{
    a->o[o].set = 1;
    a->o[o].text = text;
    if (option_rows[o].kind == INTEGER || option_rows[o].kind == NUMBER) return take_number(a, o, name, n_name, text);
    if (option_rows[o].kind != TEXTS) return 0;
    if (a->n_stops == MAX_STOPS) return fail(EXIT_USAGE, "%.*s was given more than %d times", n_name, name, (int)MAX_STOPS);
    if (!*text) return fail(EXIT_USAGE, "%.*s needs a text that is not empty", n_name, name);
    a->stops[a->n_stops++] = text;
    return 0;
}

/* argv[*i] is an option; *i moves on to its value if that is a separate argument. */
static int take_option(app *a, int argc, char **argv, int *i)
{
    const char *arg = argv[*i];
    size_t n = name_length(arg);
    int o = option_of(arg, n, 1u << a->command), n_name = (int)n;
    if (o < 0) {
        const char *c = command_rows[a->command].name;
        if (option_of(arg, n, ANY) >= 0) fail(EXIT_USAGE, "'%s' has no option %.*s", c, n_name, arg);
        else fail(EXIT_USAGE, "unknown option %.*s", n_name, arg);
        advise("Options: llrun help %s. A text that begins with '-' goes after --, or into -p=... as in --prompt='- a'", c);
        return EXIT_USAGE;
    }
    if (option_rows[o].kind == FLAG) {
        if (arg[n]) return fail(EXIT_USAGE, "%.*s takes no value", n_name, arg);
        a->o[o].set = 1;
        return 0;
    }
    if (arg[n]) return take_value(a, o, arg, n_name, arg + n + 1);
    if (*i + 1 >= argc) return fail(EXIT_USAGE, "%s needs a value: %s", arg, option_rows[o].arg);
    return take_value(a, o, arg, n_name, argv[++*i]);
}

static int take_word(app *a, char *word)
{
    if (a->n_words < MAX_WORDS) {
        a->words[a->n_words++] = word;
        return 0;
    }
    fail(EXIT_USAGE, "too many arguments: '%s'", word);
    advise("A prompt with spaces must stand in quotes");
    return EXIT_USAGE;
}

static int parse(app *a, int argc, char **argv)
{
    int at = first_word(argc, argv), i, rc = 0, words_only = 0, c = at < argc ? command_of(argv[at]) : -1;
    a->command = c >= 0 ? (command_id)c : C_RUN;
    for (i = 1; i < argc && rc == 0; i++) {
        if (i == at && c >= 0) continue;
        if (!words_only && strcmp(argv[i], "--") == 0) words_only = 1;
        else if (!words_only && is_option(argv[i])) rc = take_option(a, argc, argv, &i);
        else rc = take_word(a, argv[i]);
    }
    return rc;
}

/* A lone first word that looks like a command but is none, and no file either */
static int is_mistyped_command(const app *a)
{
    return a->command == C_RUN && a->n_words > 0 && !a->o[O_MODEL].set && a->words[0][strspn(a->words[0], "abcdefghijklmnopqrstuvwxyz-")] == 0 &&
           !file_exists(a->words[0]);
}

/* --- settings that follow from the options */

static void list_tiers(FILE *f, uint32_t mask)
{
    int i, n = 0;
    for (i = LLR_ISA_SCALAR; i < LLR_ISA_COUNT; i++) if (mask >> i & 1) fprintf(f, "%s%s", n++ ? " " : "", llr_isa_name((llr_isa)i));
}

static int fail_isa(int code, const char *name, const llr_cpu_info *cpu)
{
    if (code == EXIT_USAGE) fail(code, "unknown kernel tier '%s'", name);
    else fail(code, "kernel tier %s: %s", name, cpu->built >> llr_isa_from_name(name) & 1 ? "this CPU or OS cannot run it" : "not in this build");
    fputs("  Usable here: ", stderr);
    list_tiers(stderr, cpu->usable & cpu->built);
    fputs("\n", stderr);
    if (cpu->why[0]) advise("%s", cpu->why);
    return code;
}

static int set_isa(app *a)
{
    const char *name = a->o[O_ISA].set ? a->o[O_ISA].text : getenv("LLRUN_ISA");
    llr_cpu_info cpu;
    if (!name || !*name) return 0;
    llr_cpu(&cpu);
    a->lib.isa = llr_isa_from_name(name);
    if (a->lib.isa >= LLR_ISA_COUNT) return fail_isa(EXIT_USAGE, name, &cpu);
    if (a->lib.isa != LLR_ISA_BEST && !(cpu.usable & cpu.built & 1u << a->lib.isa)) return fail_isa(EXIT_CPU, name, &cpu);
    return 0;
}

static const char *const kv_names[] = { "f16", "f32", "q8_0" };     /* in the order of llr_kv_type */

static int set_kv(app *a)
{
    size_t i;
    if (!a->o[O_KV].set) return 0;
    for (i = 0; i < sizeof kv_names / sizeof *kv_names; i++)
        if (strcmp(kv_names[i], a->o[O_KV].text) == 0) {
            a->so.kv = (llr_kv_type)i;
            return 0;
        }
    return fail(EXIT_USAGE, "--kv %s: there are f32, f16 and q8_0", a->o[O_KV].text);
}

static int settle(app *a)
{
    int rc;
    a->quiet = a->o[O_QUIET].set;
    a->tty = !a->quiet && is_terminal(stderr);
    a->lib.log = on_log;
    a->lib.progress = on_progress;
    a->lib.ud = a;
    a->lib.no_mmap = a->o[O_NO_MMAP].set;
    a->lib.mlock = a->o[O_MLOCK].set;
    a->so.n_ctx = (uint32_t)a->o[O_CTX].i;
    a->so.n_batch = (uint32_t)a->o[O_BATCH].i;
    a->so.exact = a->o[O_EXACT].set;
    a->so.n_threads = (int)a->o[O_THREADS].i;
    if ((rc = set_isa(a)) != 0 || (rc = set_kv(a)) != 0) return rc;
    if (a->o[O_NGL].set && a->o[O_NGL].i != 0) note(a, "built without CUDA: -ngl %s ignored, running on the CPU", a->o[O_NGL].text);
    return 0;
}

/* >>help -------------------------------------------------------------------------------------------------------------
 * Texts made from the tables.
 */
static int is_built(int c) { return strstr(command_rows[c].line, "not built yet") == NULL; }

static void help_all(FILE *f)
{
    int i, built;
    fprintf(f, "llrun %s: runs GGUF language models\n\n"
               "  llrun COMMAND [MODEL] [options]      llrun MODEL ... is llrun run MODEL ...\n\n"
               "MODEL is a GGUF file, of a split one the first shard. Example:\n"
               "  llrun run model.gguf -p \"Once upon a time\" -n 100\n\nCommands\n", LLRUN_VERSION);
    for (built = 1; built >= 0; built--)
        for (i = 0; i < C_COUNT; i++) if (is_built(i) == built) fprintf(f, "  %-11s %s\n", command_rows[i].name, command_rows[i].line);
    fputs("\nOptions: llrun help COMMAND\n"
          "Exit codes: 0 done, 1 failed while running, 2 wrong usage, 3 the model file cannot be used, 4 valid but not supported,\n"
          "5 not enough memory, 6 this CPU cannot run the kernel tier asked for, 130 and 143 ended by SIGINT and SIGTERM\n", f);
}

static void help_option(FILE *f, const option_row *row)
{
    const char *p = row->names;
    int n = 2;
    if (!row->help[0]) return;
    fputs("  ", f);
    for (; *p; p++) n += fprintf(f, *p == ' ' ? ", " : "%c", *p);
    if (row->arg[0]) n += fprintf(f, " %s", row->arg);
    fprintf(f, "%*s %s\n", n < 34 ? 34 - n : 1, "", row->help);
}

static void help_command(FILE *f, int c)
{
    const command_row *row = &command_rows[c];
    int i, own;
    fprintf(f, "llrun %s%s%s [options]: %s\n", row->name, row->args[0] ? " " : "", row->args, row->line);
    if (row->notes[0]) fprintf(f, "\n%s", row->notes);
    for (own = 1; own >= 0; own--) {
        fputs(own ? "\nOptions\n" : "\nOptions of every command\n", f);
        for (i = 0; i < O_COUNT; i++)
            if ((option_rows[i].commands >> c & 1) && (option_rows[i].commands != ANY) == own) help_option(f, &option_rows[i]);
    }
}

static void markdown_names(FILE *f, const option_row *row)
{
    const char *p;
    fputc('`', f);
    for (p = row->names; *p; p++)
        if (*p == ' ') fputs("` `", f);
        else fputc(*p, f);
    fprintf(f, "%s%s`", row->arg[0] ? " " : "", row->arg);
}

static void help_markdown(FILE *f)
{
    int i, c;
    fputs("| command | does |\n|---|---|\n", f);
    for (c = 0; c < C_COUNT; c++)
        fprintf(f, "| `%s%s%s` | %s |\n", command_rows[c].name, command_rows[c].args[0] ? " " : "", command_rows[c].args, command_rows[c].line);
    fputs("\n| option | of | meaning |\n|---|---|---|\n", f);
    for (i = 0; i < O_COUNT; i++) {
        if (!option_rows[i].help[0]) continue;
        fputs("| ", f);
        markdown_names(f, &option_rows[i]);
        fputs(" |", f);
        for (c = 0; option_rows[i].commands != ANY && c < C_COUNT; c++) if (option_rows[i].commands >> c & 1) fprintf(f, " %s", command_rows[c].name);
        fprintf(f, "%s | %s |\n", option_rows[i].commands == ANY ? " all" : "", option_rows[i].help);
    }
}

static int cmd_help(app *a)
{
    int c = a->n_words ? command_of(a->words[0]) : -1;
    if (a->n_words && c < 0) return fail(EXIT_USAGE, "there is no command '%s'; llrun help lists them", a->words[0]);
    if (a->o[O_MARKDOWN].set) help_markdown(a->out);
    else if (c >= 0) help_command(a->out, c);
    else help_all(a->out);
    return 0;
}

static int cmd_version(app *a)
{
    llr_cpu_info cpu;
    llr_cpu(&cpu);
    fprintf(a->out, "llrun %s\nkernel tiers built: ", LLRUN_VERSION);
    list_tiers(a->out, cpu.built);
    fputs("\n", a->out);
    return 0;
}

/* >>models -----------------------------------------------------------------------------------------------------------
 * Opening files, models and sessions, with what to do when that fails.
 */
typedef struct size_text { char s[32]; } size_text;

static size_text human(uint64_t n)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    size_text t;
    double v = (double)n;
    int u = 0;
    while (v >= 1024 && u < 6) {
        v /= 1024;
        u++;
    }
    sprintf(t.s, u ? "%.2f %s" : "%.0f %s", v, units[u]);
    return t;
}

/* What to do about a model that did not open */
static int fail_model(app *a, llr_status st, const llr_error *err)
{
    int rc = fail_status(st, err), i;
    if (st == LLR_E_IO) {
        rc = EXIT_FILE;
        if (a->model_path[0] != '/' && a->model_path[0] != '\\') advise("MODEL is the path of a GGUF file, looked for from the current folder");
    }
    if (st == LLR_E_FORMAT) advise("The file is damaged or not what its name says: load it again and compare its size and SHA-256");
    if (st == LLR_E_NOMEM) advise("Close other programs, raise the memory limit, or take a smaller quantisation of the model");
    if (st == LLR_E_UNSUPPORTED) {
        advise("The file is valid; `llrun show` lists what is in it. A newer llrun may run it");
        if (strstr(err->msg, "architecture")) {
            fputs("  Supported architectures:", stderr);
            for (i = 0; llr_arch_name(i); i++) fprintf(stderr, " %s", llr_arch_name(i));
            fputs("\n", stderr);
        }
    }
    return rc;
}

static int need_path(app *a)
{
    if (a->model_path) return 0;
    if (a->o[O_MODEL].set) a->model_path = a->o[O_MODEL].text;
    else if (a->n_words) {
        a->model_path = a->words[0];
        memmove(a->words, a->words + 1, (size_t)--a->n_words * sizeof *a->words);
    }
    if (a->model_path) return 0;
    fail(EXIT_USAGE, "'%s' needs a model: the path of a GGUF file", command_rows[a->command].name);
    advise("llrun %s %s", command_rows[a->command].name, command_rows[a->command].args);
    return EXIT_USAGE;
}

static int no_more_words(const app *a, int n)
{
    return a->n_words <= n ? 0 : fail(EXIT_USAGE, "'%s' takes no argument '%s'", command_rows[a->command].name, a->words[n]);
}

static int open_gguf(app *a)
{
    llr_error err;
    llr_status st;
    int rc = need_path(a);
    if (rc) return rc;
    st = llr_gguf_open(&a->gguf, a->model_path, &a->lib, &err);
    return st == LLR_OK ? 0 : fail_model(a, st, &err);
}

static int open_vocab(app *a)
{
    llr_error err;
    llr_status st;
    int rc = open_gguf(a);
    if (rc) return rc;
    st = llr_vocab_new(&a->vocab, a->gguf, &a->lib, &err);
    return st == LLR_OK ? 0 : fail_model(a, st, &err);
}

static int open_model(app *a)
{
    llr_error err;
    llr_status st;
    int rc = need_path(a);
    if (rc) return rc;
    st = llr_model_open(&a->model, a->model_path, &a->lib, &err);
    return st == LLR_OK ? 0 : fail_model(a, st, &err);
}

static const llr_gguf *gguf_of(const app *a) { return a->model ? llr_model_gguf(a->model) : a->gguf; }

#ifdef __linux__
/* Of 64 places of the file, spread evenly, how many are in the page cache? 64 if unknown. */
static int warm_places(const char *path)
{
    enum { PLACES = 64 };
    int fd = open(path, O_RDONLY), i, warm = 0;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct stat st;
    if (fd < 0) return PLACES;
    for (i = 0; i < PLACES && fstat(fd, &st) == 0 && st.st_size > 0; i++) {
        unsigned char in = 1;
        off_t at = (off_t)((double)st.st_size / PLACES * i) / (off_t)page * (off_t)page;
        void *p = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, at);
        if (p == MAP_FAILED) break;
        warm += mincore(p, page, &in) != 0 || (in & 1);
        munmap(p, page);
    }
    close(fd);
    return i < PLACES ? (int)PLACES : warm;
}
#else
static int warm_places(const char *path) { (void)path; return 64; }
#endif

/* A cold file is read ahead in order, which a disk does many times faster than page by page as the weights are used. */
static int read_ahead(app *a)
{
    const llr_gguf *g = gguf_of(a);
    llr_error err;
    llr_status st;
    if (!llr_gguf_is_mapped(g) || llr_gguf_file_bytes(g) > llr_memory_available() || warm_places(a->model_path) >= 32) return 0;
    st = llr_gguf_preload(g, &a->lib, &err);
    return st == LLR_OK ? 0 : fail_status(st, &err);
}

/* Contexts that would fit, for the advice; 0 if not even the smallest does. */
static uint32_t largest_ctx(const app *a, const llr_session_options *so, uint64_t available, int whole)
{
    llr_session_options o = *so;
    llr_plan plan;
    uint32_t low = 0, high = so->n_ctx ? so->n_ctx : 4096;
    while (low < high) {
        o.n_ctx = low + (high - low + 1) / 2;
        if (llr_session_plan(a->model, &o, &plan, NULL) == LLR_OK && (whole ? plan.total_bytes : plan.resident_bytes) <= available) low = o.n_ctx;
        else high = o.n_ctx - 1;
    }
    return low;
}

/* Advice for what does not fit, to `f` with a prefix for each line */
static void advise_fit(const app *a, FILE *f, const char *prefix, const llr_plan *plan, uint64_t available, int whole)
{
    llr_session_options o = a->so;
    uint32_t n;
    llr_plan p;
    o.n_ctx = plan->n_ctx;
    if ((n = largest_ctx(a, &o, available, whole)) > 0 && n < plan->n_ctx) fprintf(f, "%s-c %lu would fit\n", prefix, (unsigned long)n);
    o.kv = LLR_KV_Q8_0;
    if (a->so.kv != LLR_KV_Q8_0 && llr_session_plan(a->model, &o, &p, NULL) == LLR_OK && p.kv_bytes < plan->kv_bytes)
        fprintf(f, "%s--kv q8_0 takes %s instead of %s for the context\n", prefix, human(p.kv_bytes).s, human(plan->kv_bytes).s);
    if (plan->n_batch > 32) fprintf(f, "%s-b 32 needs less scratch memory\n", prefix);
    fprintf(f, "%sor take a smaller quantisation, close other programs, or raise the memory limit (container, ulimit -v)\n", prefix);
}

/* Plans, checks and makes the session of a->so; its threads are a->pool. */
static int open_session(app *a)
{
    llr_error err;
    llr_plan plan;
    uint64_t available = llr_memory_available();
    llr_status st = llr_session_plan(a->model, &a->so, &plan, &err);
    if (st == LLR_OK && plan.kv_bytes + plan.scratch_bytes > available) {
        fail(EXIT_MEMORY, "needs %s (context of %lu: %s, scratch %s) beside %s of weights, and %s is available", human(plan.resident_bytes).s,
             (unsigned long)plan.n_ctx, human(plan.kv_bytes).s, human(plan.scratch_bytes).s, human(plan.weights_bytes).s, human(available).s);
        advise_fit(a, stderr, "  ", &plan, available, 0);
        return EXIT_MEMORY;
    }
    if (st == LLR_OK && plan.total_bytes > available)
        note(a, "warning: %s of weights beside %s do not fit the %s available: expect the speed of the disk", human(plan.weights_bytes).s,
             human(plan.resident_bytes).s, human(available).s);
    if (st == LLR_OK) st = llr_pool_new(&a->pool, a->so.n_threads, &a->lib, &err);
    a->so.pool = a->pool;
    if (st == LLR_OK) st = llr_session_new(&a->session, a->model, &a->so, &err);
    if (st != LLR_OK) {
        fail_status(st, &err);
        if (st == LLR_E_NOMEM) advise_fit(a, stderr, "  ", &plan, available, 0);
        return exit_of(st);
    }
    g_session = a->session;
    return g_signal ? exit_of_signal() : 0;
}

static void app_close(app *a)
{
    size_t i;
    g_session = NULL;
    end_line();
    llr_stream_free(a->stream);
    llr_sampler_free(a->sampler);
    llr_session_free(a->session);
    llr_pool_free(a->pool);
    llr_model_close(a->model);
    llr_vocab_free(a->vocab);
    llr_gguf_close(a->gguf);
    for (i = 0; i < a->n_blocks; i++) free(a->blocks[i]);
    free((void *)a->blocks);
}

static int eval(app *a, const int32_t *ids, size_t n)
{
    llr_error err;
    llr_status st = llr_session_eval(a->session, ids, n, &err);
    return st == LLR_OK ? 0 : fail_status(st, &err);
}

/* --- what goes into a model: ids or text */

static int tokens_option(app *a, id_list *out)
{
    const char *list = a->o[O_TOKENS].text, *bad;
    bytes file = { NULL, 0, 0 };
    int rc;
    if (list[0] == '@') {
        if ((rc = read_whole(a, &file, list + 1)) != 0) return rc;
        list = file.data;
    }
    if ((rc = read_ids(a, list, out, &bad)) != 0) return rc;
    if (bad) return fail(EXIT_USAGE, "--tokens: item %llu, '%.20s', is not a token id", (unsigned long long)out->n + 1, bad);
    return out->n ? 0 : fail(EXIT_USAGE, "--tokens: the list is empty");
}

static int tokenize(app *a, const llr_vocab *v, const char *text, size_t n, unsigned flags, id_list *out)
{
    llr_error err;
    llr_status st = LLR_E_FULL;
    size_t cap = n / 2 + 16;
    int rc, round;
    for (round = 0; round < 2 && st == LLR_E_FULL; round++) {
        if ((rc = ids_room(a, out, cap)) != 0) return rc;
        st = llr_tokenize(v, text, n, flags, out->v, out->cap, &out->n, &err);
        cap = out->n;
    }
    return st == LLR_OK ? 0 : fail_status(st, &err);
}

/* The text of PROMPT, -p, -f or standard input; *from_file: as it came from a file, with a newline at its end perhaps */
static int text_input(app *a, const char *word, bytes *text, int *from_file)
{
    int n_sources = (word != NULL) + a->o[O_PROMPT].set + a->o[O_FILE].set;
    if (n_sources > 1 || (n_sources && a->o[O_TOKENS].set)) return fail(EXIT_USAGE, "more than one prompt: take one of PROMPT, -p, -f and --tokens");
    *from_file = 1;
    if (a->o[O_FILE].set) return read_whole(a, text, a->o[O_FILE].text);
    if (n_sources == 0) return bytes_read(a, text, stdin, "standard input");
    *from_file = 0;
    text->data = (char *)(word ? word : a->o[O_PROMPT].text);       /* only read */
    text->n = strlen(text->data);
    return 0;
}

static int model_vocab(app *a, const llr_vocab **out)
{
    *out = llr_model_vocab(a->model);
    if (*out) return 0;
    fail(EXIT_UNSUPPORTED, "the model has no vocabulary, so text means nothing to it");
    advise("Give it token ids with --tokens, and have ids printed with --ids");
    return EXIT_UNSUPPORTED;
}

/* >>run --------------------------------------------------------------------------------------------------------------
 * Generation: prompt in, tokens out one by one.
 */
typedef struct answer { const llr_vocab *vocab; json ids; int n; double prompt_s, decode_s; int n_prompt; const char *why; } answer;

static void sampling_of(const app *a, llr_sampling *how)
{
    const option_value *o = a->o;
    llr_sampling_defaults(how, gguf_of(a));
    if (o[O_TEMP].set) how->temp = (float)o[O_TEMP].f;
    if (o[O_TOP_K].set) how->top_k = (int32_t)o[O_TOP_K].i;
    if (o[O_TOP_P].set) how->top_p = (float)o[O_TOP_P].f;
    if (o[O_MIN_P].set) how->min_p = (float)o[O_MIN_P].f;
    if (o[O_TYPICAL].set) how->typical_p = (float)o[O_TYPICAL].f;
    if (o[O_REPEAT].set) how->repeat_penalty = (float)o[O_REPEAT].f;
    if (o[O_FREQUENCY].set) how->frequency_penalty = (float)o[O_FREQUENCY].f;
    if (o[O_PRESENCE].set) how->presence_penalty = (float)o[O_PRESENCE].f;
    if (o[O_LAST_N].set) how->penalty_last_n = (int32_t)o[O_LAST_N].i;
    how->seed = o[O_SEED].set && o[O_SEED].i >= 0 ? (uint64_t)o[O_SEED].i : new_seed();
}

static int no_chat_yet(void)
{
    fail(EXIT_USAGE, "no prompt was given, and interactive chat is not built yet");
    advise("One answer: llrun run MODEL -p \"Once upon a time\" -n 100, or text on standard input");
    return EXIT_USAGE;
}

/* The prompt as ids */
static int run_prompt(app *a, const answer *r, id_list *ids)
{
    bytes text = { NULL, 0, 0 };
    int from_file, rc;
    const char *word = a->n_words ? a->words[0] : NULL;
    if (a->o[O_TOKENS].set && !word && !a->o[O_PROMPT].set && !a->o[O_FILE].set) return tokens_option(a, ids);
    if ((rc = text_input(a, word, &text, &from_file)) != 0) return rc;
    if (from_file && text.n && text.data[text.n - 1] == '\n') text.n--;
    if (!a->o[O_RAW].set) note(a, "the prompt is completed as it is: chat templates are not built yet (--raw says the same and silences this)");
    if ((rc = tokenize(a, r->vocab, text.data, text.n, LLR_TOK_SPECIAL | LLR_TOK_PARSE, ids)) != 0) return rc;
    return ids->n ? 0 : fail(EXIT_USAGE, "the prompt is empty, and this model has no token to begin a text with");
}

static int check_prompt_fits(app *a, size_t n)
{
    uint32_t n_ctx = a->so.n_ctx;
    llr_model_info info;
    llr_plan plan;
    if (!n_ctx && llr_session_plan(a->model, &a->so, &plan, NULL) == LLR_OK) n_ctx = plan.n_ctx;
    if (!n_ctx || n <= n_ctx) return 0;
    llr_model_describe(a->model, &info);
    fail(EXIT_USAGE, "the prompt of %lu tokens is longer than the context of %lu", (unsigned long)n, (unsigned long)n_ctx);
    advise("Use -c %lu or more, which leaves room for an answer (the model was trained with %lu)", (unsigned long)n + 256, (unsigned long)info.n_ctx_train);
    return EXIT_USAGE;
}

static int run_prepare(app *a, answer *r, const id_list *prompt)
{
    llr_model_info info;
    llr_sampling how;
    llr_error err;
    llr_status st;
    int32_t id;
    size_t i;
    llr_model_describe(a->model, &info);
    sampling_of(a, &how);
    st = llr_sampler_new(&a->sampler, info.n_vocab, gguf_of(a), &how, &a->lib, &err);
    if (st == LLR_OK && r->vocab) st = llr_stream_new(&a->stream, r->vocab, a->stops, a->n_stops, &a->lib, &err);
    if (st != LLR_OK) return fail_status(st, &err);
    for (id = 0; a->o[O_IGNORE_EOS].set && r->vocab && id < info.n_vocab; id++)
        if (llr_vocab_is_eog(r->vocab, id)) llr_sampler_ban(a->sampler, id);
    for (i = 0; i < prompt->n; i++) llr_sampler_accept(a->sampler, prompt->v[i]);
    if (how.temp > 0) note(a, "seed %llu", (unsigned long long)how.seed);
    return 0;
}

/* Shows a token; *ended = 1 when a stop text is complete. With --ids the text is followed for the stop texts alone. */
static int run_show(app *a, answer *r, int32_t id, int *ended)
{
    const char *text = NULL;
    size_t n = 0;
    llr_error err;
    llr_status st = a->stream ? llr_stream_put(a->stream, id, &text, &n, ended, &err) : LLR_OK;
    if (st != LLR_OK) return fail_status(st, &err);
    if (a->o[O_IDS].set) {
        json_i64(&r->ids, id);
        return 0;
    }
    if (n == 0) return 0;
    fwrite(text, 1, n, a->out);
    return out_flush(a);
}

/* Tokens until one of the reasons to end, which goes into r->why */
static int run_loop(app *a, answer *r)
{
    int32_t id, most = a->o[O_PREDICT].set && a->o[O_PREDICT].i >= 0 ? (int32_t)a->o[O_PREDICT].i : 2147483647;
    int rc, ended = 0;
    for (r->why = "length"; r->n < most; ) {
        id = llr_sampler_sample(a->sampler, llr_session_logits(a->session));
        if (r->vocab && !a->o[O_IGNORE_EOS].set && llr_vocab_is_eog(r->vocab, id)) {
            r->why = "end of text";
            break;
        }
        r->n++;
        if ((rc = run_show(a, r, id, &ended)) != 0) return rc;
        if (ended) {
            r->why = "stop text";
            break;
        }
        if (r->n == most) break;
        if (llr_session_pos(a->session) >= llr_session_ctx(a->session)) {
            r->why = "context full";
            break;
        }
        if ((rc = eval(a, &id, 1)) != 0) return rc;
    }
    return 0;
}

static void run_finish(app *a, answer *r)
{
    const char *text;
    size_t n;
    if (a->o[O_IDS].set) json_close(&r->ids, ']');
    else if (a->stream) {
        llr_stream_end(a->stream, &text, &n);
        if (n) fwrite(text, 1, n, a->out);
    }
    fputc('\n', a->out);
    if (out_flush(a)) return;
    if (r->why && strcmp(r->why, "context full") == 0) note(a, "the context of %lu is full; -c sets a larger one", (unsigned long)llr_session_ctx(a->session));
    note(a, "prompt %d tokens, %.2f s, %.1f tokens/s; answer %d tokens, %.2f s, %.1f tokens/s%s%s", r->n_prompt, r->prompt_s,
         r->n_prompt / (r->prompt_s + 1e-9), r->n, r->decode_s, r->n / (r->decode_s + 1e-9), r->why ? "; ended by: " : "", r->why ? r->why : "");
}

static int cmd_run(app *a)
{
    answer r;
    id_list prompt = { NULL, 0, 0 };
    double t;
    int rc;
    memset(&r, 0, sizeof r);
    r.ids.f = a->out;
    if (is_mistyped_command(a)) {
        fail(EXIT_USAGE, "'%s' is neither a command nor a file", a->words[0]);
        advise("llrun help lists the commands");
        return EXIT_USAGE;
    }
    if ((rc = need_path(a)) != 0 || (rc = no_more_words(a, 1)) != 0) return rc;
    if (!a->n_words && !a->o[O_PROMPT].set && !a->o[O_FILE].set && !a->o[O_TOKENS].set && is_terminal(stdin)) return no_chat_yet();
    if ((rc = open_model(a)) != 0) return rc;
    r.vocab = llr_model_vocab(a->model);
    if ((!a->o[O_TOKENS].set || !a->o[O_IDS].set) && (rc = model_vocab(a, &r.vocab)) != 0) return rc;
    if ((rc = run_prompt(a, &r, &prompt)) != 0 || (rc = check_prompt_fits(a, prompt.n)) != 0) return rc;
    if ((rc = read_ahead(a)) != 0 || (rc = open_session(a)) != 0 || (rc = run_prepare(a, &r, &prompt)) != 0) return rc;
    t = seconds();
    a->show_eval = 1;
    if ((rc = eval(a, prompt.v, prompt.n)) != 0) return rc;
    a->show_eval = 0;
    r.n_prompt = (int)prompt.n;
    r.prompt_s = seconds() - t;
    if (a->o[O_IDS].set) json_open(&r.ids, '[');
    t = seconds();
    rc = run_loop(a, &r);
    r.decode_s = seconds() - t;
    run_finish(a, &r);
    return rc;
}

/* >>commands ---------------------------------------------------------------------------------------------------------
 */

/* --- show */
static const char *const file_types[] = {       /* general.file_type; NULL: no longer in use */
    "F32", "F16", "Q4_0", "Q4_1", NULL, NULL, NULL, "Q8_0", "Q5_0", "Q5_1", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S",
    "Q5_K_M", "Q6_K", "IQ2_XXS", "IQ2_XS", "Q2_K_S", "IQ3_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ3_M", "IQ2_S", "IQ2_M", "IQ4_XS",
    "IQ1_M", "BF16", NULL, NULL, NULL, "TQ1_0", "TQ2_0", "MXFP4_MOE", "NVFP4", "Q1_0", "Q2_0"
};

static const char *const meta_types[LLR_META_COUNT] = {
    "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"
};

static const char *file_type(const llr_gguf *g)
{
    llr_meta m;
    if (!llr_gguf_meta_find(g, "general.file_type", &m) || m.type == LLR_META_STRING || m.type == LLR_META_ARRAY) return NULL;
    return m.u < sizeof file_types / sizeof *file_types && file_types[m.u] ? file_types[m.u] : "unknown";
}

/* What of a file can be used: each a sentence, NULL where all is well */
typedef struct verdict { char arch[64]; llr_status model, vocab; llr_error why_model, why_vocab; llr_vocab_info info; int has_info; } verdict;

static int is_quiet_log(void *ud, llr_phase phase, uint64_t done, uint64_t total) { (void)ud; (void)phase; (void)done; (void)total; return g_signal != 0; }

static void judge(app *a, verdict *v)
{
    llr_options o = a->lib;
    llr_meta m;
    memset(v, 0, sizeof *v);
    if (llr_gguf_meta_find(a->gguf, "general.architecture", &m) && m.type == LLR_META_STRING)
        sprintf(v->arch, "%.*s", m.n_bytes < 63 ? (int)m.n_bytes : 63, m.s);
    o.log = NULL;
    o.progress = is_quiet_log;
    o.no_mmap = o.mlock = 0;
    v->vocab = llr_vocab_new(&a->vocab, a->gguf, &o, &v->why_vocab);
    if (v->vocab == LLR_OK) {
        llr_vocab_describe(a->vocab, &v->info);
        v->has_info = 1;
    }
    o.no_vocab = 1;
    v->model = llr_model_open(&a->model, a->model_path, &o, &v->why_model);
}

static void show_number(FILE *f, const llr_meta *m)
{
    if (m->type == LLR_META_BOOL) fputs(m->u ? "true" : "false", f);
    else if (m->type == LLR_META_F32 || m->type == LLR_META_F64) fprintf(f, "%.9g", m->f);
    else if (m->type == LLR_META_U64) fprintf(f, "%llu", (unsigned long long)m->u);
    else fprintf(f, "%lld", (long long)m->i);
}

static void show_value(FILE *f, const llr_meta *m, int depth)
{
    enum { CUT = 96, FEW = 6 };
    json j = { NULL, 0 };
    uint64_t i;
    llr_meta e;
    j.f = f;
    if (m->type == LLR_META_STRING) {
        json_text(&j, m->s, m->n_bytes < CUT ? m->n_bytes : (size_t)CUT);
        if (m->n_bytes > CUT) fprintf(f, "... (%llu bytes)", (unsigned long long)m->n_bytes);
    } else if (m->type == LLR_META_ARRAY) {
        fprintf(f, "%s[%llu]", m->elem_type < LLR_META_COUNT ? meta_types[m->elem_type] : "?", (unsigned long long)m->count);
        for (i = 0; i < m->count && i < FEW && depth < 3 && llr_gguf_meta_element(m, i, &e); i++) {
            fputs(i ? ", " : " ", f);
            show_value(f, &e, depth + 1);
        }
        if (m->count > FEW) fputs(", ...", f);
    } else show_number(f, m);
}

static void json_value(json *j, const llr_meta *m, int depth)
{
    uint64_t i, n;
    llr_meta e;
    if (m->type == LLR_META_STRING) json_text(j, m->s, m->n_bytes);
    else if (m->type == LLR_META_BOOL) json_bool(j, m->u != 0);
    else if (m->type == LLR_META_F32 || m->type == LLR_META_F64) json_double(j, m->f);
    else if (m->type == LLR_META_U64) json_u64(j, m->u);
    else if (m->type != LLR_META_ARRAY) json_i64(j, m->i);
    else {
        int is_long = m->count > 64;
        n = is_long ? 8 : m->count;
        if (is_long) {
            json_open(j, '{');
            json_key_u64(j, "count", m->count);
            json_key(j, "first");
        }
        json_open(j, '[');
        for (i = 0; i < n && depth < 3 && llr_gguf_meta_element(m, i, &e); i++) json_value(j, &e, depth + 1);
        json_close(j, ']');
        if (is_long) json_close(j, '}');
    }
}

static void show_shape(FILE *f, const llr_tensor *t)
{
    int d;
    for (d = 0; d < t->n_dims; d++) fprintf(f, "%s%llu", d ? " x " : "", (unsigned long long)t->ne[d]);
}

static const char *vocab_only(const app *a) { return llr_gguf_tensor_count(a->gguf) ? NULL : "holds a vocabulary only"; }

static const char *show_supported(const app *a, const verdict *v)
{
    return v->model == LLR_OK ? "yes" : vocab_only(a) ? "no weights: a vocabulary only" : v->why_model.msg;
}

static void show_text(app *a, const verdict *v)
{
    FILE *f = a->out;
    llr_meta m;
    llr_tensor t;
    size_t i;
    fprintf(f, "file          %s\nversion       GGUF %d\nsize          %s\narchitecture  %s\nfile type     %s\n", a->model_path, llr_gguf_version(a->gguf),
            human(llr_gguf_file_bytes(a->gguf)).s, v->arch[0] ? v->arch : "(none)", file_type(a->gguf) ? file_type(a->gguf) : "(not given)");
    fprintf(f, "runs here     %s\n", show_supported(a, v));
    if (v->has_info) fprintf(f, "vocabulary    %d tokens, %s%s%s\n", v->info.n_tokens, v->info.model, v->info.pre && v->info.pre[0] ? ", " : "", v->info.pre ? v->info.pre : "");
    else fprintf(f, "vocabulary    %s\n", v->why_vocab.msg);
    fprintf(f, "\nmetadata (%llu)\n", (unsigned long long)llr_gguf_meta_count(a->gguf));
    for (i = 0; llr_gguf_meta(a->gguf, i, &m); i++) {
        json j = { NULL, 0 };
        j.f = f;
        fputs("  ", f);
        json_text(&j, m.key, m.key_bytes);
        fputs(" = ", f);
        show_value(f, &m, 0);
        fputc('\n', f);
    }
    fprintf(f, "\ntensors (%llu)\n", (unsigned long long)llr_gguf_tensor_count(a->gguf));
    for (i = 0; llr_gguf_tensor(a->gguf, i, &t); i++) {
        json j = { NULL, 0 };
        j.f = f;
        fputs("  ", f);
        json_text(&j, t.name, t.name_bytes);
        fprintf(f, "  %s  ", t.type_name ? t.type_name : "?");
        show_shape(f, &t);
        fprintf(f, "  %s\n", human(t.n_bytes).s);
    }
}

static void show_json_vocab(json *j, const verdict *v)
{
    json_key(j, "vocabulary");
    json_open(j, '{');
    if (v->has_info) {
        json_key(j, "n_tokens"); json_i64(j, v->info.n_tokens);
        json_key_string(j, "model", v->info.model ? v->info.model : "");
        json_key_string(j, "pre", v->info.pre ? v->info.pre : "");
        json_key(j, "bos"); json_i64(j, v->info.bos);
        json_key(j, "eos"); json_i64(j, v->info.eos);
    } else json_key_string(j, "error", v->why_vocab.msg);
    json_close(j, '}');
}

static void show_json(app *a, const verdict *v)
{
    json j = { NULL, 0 };
    llr_meta m;
    llr_tensor t;
    size_t i;
    int d;
    j.f = a->out;
    json_open(&j, '{');
    json_key_string(&j, "file", a->model_path);
    json_key_u64(&j, "version", (uint64_t)llr_gguf_version(a->gguf));
    json_key_u64(&j, "file_bytes", llr_gguf_file_bytes(a->gguf));
    json_key_string(&j, "architecture", v->arch);
    json_key_string(&j, "file_type", file_type(a->gguf) ? file_type(a->gguf) : "");
    json_key(&j, "supported"); json_bool(&j, v->model == LLR_OK);
    if (v->model != LLR_OK) json_key_string(&j, "why", show_supported(a, v));
    show_json_vocab(&j, v);
    json_key(&j, "metadata");
    json_open(&j, '{');
    for (i = 0; llr_gguf_meta(a->gguf, i, &m); i++) {
        json_key_n(&j, m.key, m.key_bytes);
        json_value(&j, &m, 0);
    }
    json_close(&j, '}');
    json_key(&j, "tensors");
    json_open(&j, '[');
    for (i = 0; llr_gguf_tensor(a->gguf, i, &t); i++) {
        json_open(&j, '{');
        json_key(&j, "name"); json_text(&j, t.name, t.name_bytes);
        json_key_string(&j, "type", t.type_name ? t.type_name : "?");
        json_key(&j, "shape");
        json_open(&j, '[');
        for (d = 0; d < t.n_dims; d++) json_u64(&j, t.ne[d]);
        json_close(&j, ']');
        json_key_u64(&j, "bytes", t.n_bytes);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
    fputc('\n', a->out);
}

static int cmd_show(app *a)
{
    verdict v;
    int rc = open_gguf(a);
    if (rc || (rc = no_more_words(a, 0)) != 0) return rc;
    judge(a, &v);
    if (a->o[O_JSON].set) show_json(a, &v);
    else show_text(a, &v);
    if (v.model == LLR_E_FORMAT && !vocab_only(a)) return fail_model(a, v.model, &v.why_model);
    return 0;
}

/* --- plan */
static void plan_json(app *a, const llr_plan *p, uint64_t available, int fits, const char *verdict_text)
{
    json j = { NULL, 0 };
    j.f = a->out;
    json_open(&j, '{');
    json_key_u64(&j, "weights_bytes", p->weights_bytes);
    json_key_u64(&j, "kv_bytes", p->kv_bytes);
    json_key_u64(&j, "scratch_bytes", p->scratch_bytes);
    json_key_u64(&j, "other_bytes", p->other_bytes);
    json_key_u64(&j, "total_bytes", p->total_bytes);
    json_key_u64(&j, "resident_bytes", p->resident_bytes);
    json_key(&j, "available_bytes");
    if (available == UINT64_MAX) json_double(&j, HUGE_VAL);
    else json_u64(&j, available);
    json_key(&j, "fits"); json_bool(&j, fits);
    json_key_string(&j, "verdict", verdict_text);
    json_key_u64(&j, "n_ctx", p->n_ctx);
    json_key_u64(&j, "n_batch", p->n_batch);
    json_key_string(&j, "kv", kv_names[a->so.kv]);
    json_close(&j, '}');
    fputc('\n', a->out);
}

static void plan_text(app *a, const llr_plan *p, uint64_t available, int fits, const char *verdict_text)
{
    FILE *f = a->out;
    llr_model_info info;
    llr_model_describe(a->model, &info);
    fprintf(f, "weights    %12s  %s\n", human(p->weights_bytes).s, llr_gguf_is_mapped(gguf_of(a)) ? "mapped from the file" : "read into memory");
    fprintf(f, "KV cache   %12s  %lu positions, %s\n", human(p->kv_bytes).s, (unsigned long)p->n_ctx, kv_names[a->so.kv]);
    fprintf(f, "scratch    %12s  batches of %lu tokens\n", human(p->scratch_bytes).s, (unsigned long)p->n_batch);
    fprintf(f, "other      %12s  tokenizer, threads\n", human(p->other_bytes).s);
    fprintf(f, "total      %12s\n", human(p->total_bytes).s);
    fprintf(f, "available  %12s\n\n%s\n", available == UINT64_MAX ? "unknown" : human(available).s, verdict_text);
    if (!fits) advise_fit(a, f, "  ", p, available, p->resident_bytes <= available);
    if (p->n_ctx > info.n_ctx_train) fprintf(f, "The model was trained with %lu positions: beyond them the answers get worse\n", (unsigned long)info.n_ctx_train);
}

static int cmd_plan(app *a)
{
    llr_plan p;
    llr_error err;
    llr_status st;
    uint64_t available;
    const char *text;
    int fits, rc = open_model(a);
    if (rc || (rc = no_more_words(a, 0)) != 0) return rc;
    available = llr_memory_available();
    if ((st = llr_session_plan(a->model, &a->so, &p, &err)) != LLR_OK) return fail_status(st, &err);
    fits = p.total_bytes <= available;
    text = fits ? "fits" : p.resident_bytes <= available ? "does not fit: it would run, at the speed of the disk" : "does not fit";
    if (a->o[O_JSON].set) plan_json(a, &p, available, fits, text);
    else plan_text(a, &p, available, fits, text);
    if (fits) return 0;
    return fail(EXIT_MEMORY, "needs %s (weights %s, context of %lu %s, scratch %s), and %s is available", human(p.total_bytes).s, human(p.weights_bytes).s,
                (unsigned long)p.n_ctx, human(p.kv_bytes).s, human(p.scratch_bytes).s, human(available).s);
}

/* --- cpu */
static void json_tiers(json *j, const char *key, uint32_t mask)
{
    int i;
    json_key(j, key);
    json_open(j, '[');
    for (i = LLR_ISA_SCALAR; i < LLR_ISA_COUNT; i++) if (mask >> i & 1) json_string(j, llr_isa_name((llr_isa)i));
    json_close(j, ']');
}

static void cpu_json(app *a, const llr_cpu_info *cpu, const char *chosen)
{
    json j = { NULL, 0 };
    char xcr0[24];
    int i;
    j.f = a->out;
    sprintf(xcr0, "0x%llx", (unsigned long long)cpu->xcr0);
    json_open(&j, '{');
    json_key_string(&j, "chosen", chosen);
    json_tiers(&j, "usable", cpu->usable & cpu->built);
    json_tiers(&j, "built", cpu->built);
    json_key_string(&j, "brand", cpu->brand);
    json_key(&j, "features");
    json_open(&j, '[');
    for (i = 0; llr_cpu_feature_name(i); i++) if (cpu->features >> i & 1) json_string(&j, llr_cpu_feature_name(i));
    json_close(&j, ']');
    json_key_string(&j, "xcr0", xcr0);
    json_key_string(&j, "why", cpu->why);
    json_key_u64(&j, "threads", (uint64_t)llr_threads_default());
    json_close(&j, '}');
    fputc('\n', a->out);
}

static int cmd_cpu(app *a)
{
    llr_cpu_info cpu;
    const char *chosen;
    int i, rc = no_more_words(a, 0);
    if (rc) return rc;
    llr_cpu(&cpu);
    chosen = llr_isa_name(a->lib.isa == LLR_ISA_BEST ? cpu.best : a->lib.isa);
    if (a->o[O_JSON].set) {
        cpu_json(a, &cpu, chosen);
        return 0;
    }
    fprintf(a->out, "CPU       %s\nfeatures ", cpu.brand[0] ? cpu.brand : "(unknown)");
    for (i = 0; llr_cpu_feature_name(i); i++) if (cpu.features >> i & 1) fprintf(a->out, " %s", llr_cpu_feature_name(i));
    fprintf(a->out, "\nXCR0      0x%llx (register state that the system saves)\nthreads   %d\nbuilt     ", (unsigned long long)cpu.xcr0, llr_threads_default());
    list_tiers(a->out, cpu.built);
    fputs("\nusable    ", a->out);
    list_tiers(a->out, cpu.usable & cpu.built);
    fprintf(a->out, "\nchosen    %s\n", chosen);
    if (cpu.why[0]) fprintf(a->out, "why       %s\n", cpu.why);
    return 0;
}

/* --- tokenize, detokenize */
static void put_ids(app *a, const id_list *ids)
{
    json j = { NULL, 0 };
    j.f = a->out;
    json_ids(&j, ids->v, ids->n);
    fputc('\n', a->out);
}

static int cmd_tokenize(app *a)
{
    bytes text = { NULL, 0, 0 };
    id_list ids = { NULL, 0, 0 };
    unsigned flags = (a->o[O_NO_BOS].set ? 0u : (unsigned)LLR_TOK_SPECIAL) | (a->o[O_NO_SPECIAL].set ? 0u : (unsigned)LLR_TOK_PARSE);
    unsigned long line = 0;
    size_t n;
    char *s;
    int more, from_file, rc = open_vocab(a);
    if (rc || (rc = no_more_words(a, 0)) != 0) return rc;
    if (!a->o[O_JSONL].set) {
        if ((rc = text_input(a, NULL, &text, &from_file)) != 0 || (rc = tokenize(a, a->vocab, text.data, text.n, flags, &ids)) != 0) return rc;
        put_ids(a, &ids);
        return 0;
    }
    while ((rc = read_line(a, &text, stdin, &more)) == 0 && more) {
        line++;
        if (!json_read_string(text.data, text.n, &s, &n)) return fail(EXIT_USAGE, "line %lu is not a JSON string", line);
        if ((rc = tokenize(a, a->vocab, s, n, flags, &ids)) != 0) return rc;
        put_ids(a, &ids);
    }
    return rc;
}

/* The bytes of ids; `out` keeps its memory between calls. */
static int detokenize(app *a, const id_list *ids, bytes *out)
{
    llr_error err;
    llr_status st = LLR_E_FULL;
    size_t n = ids->n * 8;
    int rc, round;
    for (round = 0; round < 2 && st == LLR_E_FULL; round++) {
        out->n = 0;
        if ((rc = bytes_room(a, out, n)) != 0) return rc;
        st = llr_detokenize(a->vocab, ids->v, ids->n, out->data, out->cap - 1, &n, &err);
    }
    out->n = n;
    return st == LLR_OK ? 0 : fail_status(st, &err);
}

static void put_text(app *a, const bytes *text)
{
    json j = { NULL, 0 };
    size_t i;
    j.f = a->out;
    if (a->o[O_HEX].set) for (i = 0; i < text->n; i++) fprintf(a->out, "%02x", (unsigned char)text->data[i]);
    else if (a->o[O_JSONL].set) json_text(&j, text->data, text->n);
    else fwrite(text->data, 1, text->n, a->out);
    if (a->o[O_HEX].set || a->o[O_JSONL].set) fputc('\n', a->out);
}

/* A line that is a JSON array of ids */
static int read_id_array(app *a, bytes *line, id_list *ids, int *good)
{
    const char *bad, *p = json_space(line->data);
    size_t n = line->n;
    int rc;
    while (n && strchr(" \t\r", line->data[n - 1])) n--;
    *good = 0;
    if (*p != '[' || n == 0 || line->data[n - 1] != ']') return 0;
    line->data[n - 1] = 0;
    if ((rc = read_ids(a, p + 1, ids, &bad)) != 0) return rc;
    *good = bad == NULL;
    return 0;
}

static int cmd_detokenize(app *a)
{
    bytes line = { NULL, 0, 0 }, text = { NULL, 0, 0 };
    id_list ids = { NULL, 0, 0 };
    unsigned long n = 0;
    int more, good, rc = open_vocab(a);
    if (rc || (rc = no_more_words(a, 0)) != 0) return rc;
    if (!a->o[O_JSONL].set) {
        if (!a->o[O_TOKENS].set) return fail(EXIT_USAGE, "'detokenize' needs --tokens LIST, or --jsonl with arrays on standard input");
        if ((rc = tokens_option(a, &ids)) != 0 || (rc = detokenize(a, &ids, &text)) != 0) return rc;
        put_text(a, &text);
        return 0;
    }
    while ((rc = read_line(a, &line, stdin, &more)) == 0 && more) {
        n++;
        if ((rc = read_id_array(a, &line, &ids, &good)) != 0) return rc;
        if (!good) return fail(EXIT_USAGE, "line %lu is not a JSON array of token ids", n);
        if ((rc = detokenize(a, &ids, &text)) != 0) return rc;
        put_text(a, &text);
    }
    return rc;
}

/* --- logits, embed, dump */

/* A context for n tokens unless -c says otherwise, and batches whose logits take at most 64 MiB unless -b does */
static int size_session(app *a, size_t n, int all)
{
    llr_model_info info;
    uint32_t n_batch = 512, rows;
    llr_model_describe(a->model, &info);
    if (n > UINT32_MAX) return fail(EXIT_USAGE, "%.0f tokens are too many", (double)n);
    if (!a->so.n_ctx) a->so.n_ctx = (uint32_t)n;
    rows = (64u << 20) / (4 * (uint32_t)info.n_vocab) + 1;
    if (a->so.n_batch) n_batch = a->so.n_batch;
    else if (all && n_batch > rows) n_batch = rows;
    if (n_batch > n) n_batch = (uint32_t)n;
    a->so.n_batch = n_batch;
    a->so.all_logits = all;
    return 0;
}

static int cmd_logits(app *a)
{
    id_list ids = { NULL, 0, 0 };
    llr_model_info info;
    size_t at, i, m;
    int rc = need_path(a), all = a->o[O_ALL].set;
    if (rc || (rc = no_more_words(a, 0)) != 0) return rc;
    if (!a->o[O_TOKENS].set) return fail(EXIT_USAGE, "'logits' needs --tokens LIST");
    if ((rc = tokens_option(a, &ids)) != 0 || (rc = open_model(a)) != 0) return rc;
    if ((rc = check_prompt_fits(a, a->so.n_ctx ? ids.n : 0)) != 0 || (rc = size_session(a, ids.n, all)) != 0) return rc;
    if ((rc = read_ahead(a)) != 0 || (rc = open_session(a)) != 0) return rc;
    llr_model_describe(a->model, &info);
    a->show_eval = !all;
    for (at = 0; at < ids.n && rc == 0; at += m) {
        m = !all || ids.n - at < a->so.n_batch ? ids.n - at : a->so.n_batch;
        rc = eval(a, ids.v + at, m);
        for (i = 0; all && i < m && rc == 0; i++) rc = put_floats(a, llr_session_logits_at(a->session, i), (size_t)info.n_vocab);
        if (all) on_progress(a, LLR_PHASE_LOAD, 0, 0);
    }
    if (rc == 0 && !all) rc = put_floats(a, llr_session_logits(a->session), (size_t)info.n_vocab);
    return rc;
}

static int cmd_embed(app *a)
{
    int rc = open_model(a);
    if (rc) return rc;
    return fail(EXIT_UNSUPPORTED, "embeddings are not built yet: there are no encoder architectures in llrun %s", LLRUN_VERSION);
}

static int find_tensor(app *a, const char *name, size_t *index, llr_tensor *t)
{
    for (*index = 0; llr_gguf_tensor(a->gguf, *index, t); ++*index)
        if (t->name_bytes == strlen(name) && memcmp(t->name, name, t->name_bytes) == 0) return 0;
    fail(EXIT_USAGE, "the file has no tensor '%s'", name);
    advise("llrun show MODEL lists its %llu tensors", (unsigned long long)llr_gguf_tensor_count(a->gguf));
    return EXIT_USAGE;
}

static int cmd_dump(app *a)
{
    enum { STEP = 1 << 14 };        /* elements; a multiple of the block of every type */
    llr_tensor t;
    llr_error err;
    llr_status st;
    size_t index, n;
    uint64_t at;
    float *x;
    int rc = open_gguf(a);
    if (rc || (rc = no_more_words(a, 1)) != 0) return rc;
    if (a->n_words < 1) return fail(EXIT_USAGE, "'dump' needs the name of a tensor: llrun dump MODEL TENSOR");
    if ((rc = find_tensor(a, a->words[0], &index, &t)) != 0) return rc;
    if (!(x = (float *)keep(a, STEP * sizeof *x))) return EXIT_MEMORY;
    for (at = 0; at < t.n_elements && rc == 0; at += n) {
        n = t.n_elements - at < STEP ? (size_t)(t.n_elements - at) : (size_t)STEP;
        if ((st = llr_gguf_read(a->gguf, index, at, n, x, &err)) != LLR_OK) return fail_status(st, &err);
        rc = put_floats(a, x, n);
    }
    return rc;
}

/* --- perplexity */

/* -ln of the probability that a row of logits gives to `id`, in nats */
static double surprise(const float *row, int32_t n, int32_t id)
{
    double max = row[0], sum = 0;
    int32_t i;
    for (i = 1; i < n; i++) if (row[i] > max) max = row[i];
    for (i = 0; i < n; i++) sum += exp((double)row[i] - max);
    return log(sum) + max - (double)row[id];
}

/* Adds the surprise of ids[1..n-1], evaluated from an empty context. */
static int perplexity_piece(app *a, const int32_t *ids, size_t n, int32_t n_vocab, double *nll)
{
    size_t at, i, m;
    int rc = 0;
    llr_session_rewind(a->session, 0);
    for (at = 0; at + 1 < n && rc == 0; at += m) {
        m = n - 1 - at < a->so.n_batch ? n - 1 - at : a->so.n_batch;
        rc = eval(a, ids + at, m);
        for (i = 0; i < m && rc == 0; i++) {
            if (ids[at + i + 1] < 0 || ids[at + i + 1] >= n_vocab)
                return fail(EXIT_USAGE, "token id %ld is not in the vocabulary of %ld", (long)ids[at + i + 1], (long)n_vocab);
            *nll += surprise(llr_session_logits_at(a->session, i), n_vocab, ids[at + i + 1]);
        }
        if (g_signal) rc = exit_of_signal();
    }
    return rc;
}

static int perplexity_ids(app *a, id_list *ids)
{
    bytes text = { NULL, 0, 0 };
    const llr_vocab *vocab;
    int from_file, rc;
    if (a->o[O_TOKENS].set && !a->o[O_PROMPT].set && !a->o[O_FILE].set) rc = tokens_option(a, ids);
    else if ((rc = text_input(a, NULL, &text, &from_file)) == 0 && (rc = model_vocab(a, &vocab)) == 0)
        rc = tokenize(a, vocab, text.data, text.n, LLR_TOK_SPECIAL, ids);
    if (rc) return rc;
    return ids->n > 1 ? 0 : fail(EXIT_USAGE, "%d token: a perplexity needs at least two", (int)ids->n);
}

static int cmd_perplexity(app *a)
{
    id_list ids = { NULL, 0, 0 };
    json j = { NULL, 0 };
    llr_model_info info;
    double nll = 0, n = 0;
    size_t at, m, piece;
    int rc = open_model(a);
    if (rc || (rc = no_more_words(a, 0)) != 0 || (rc = perplexity_ids(a, &ids)) != 0) return rc;
    llr_model_describe(a->model, &info);
    if (a->so.n_ctx == 1) return fail(EXIT_USAGE, "-c 1: a perplexity needs at least two positions");
    if (!a->so.n_ctx && ids.n > info.n_ctx_train) a->so.n_ctx = info.n_ctx_train < 2 ? 2 : info.n_ctx_train;
    if ((rc = size_session(a, ids.n, 1)) != 0 || (rc = read_ahead(a)) != 0 || (rc = open_session(a)) != 0) return rc;
    piece = a->so.n_ctx;
    a->show_eval = 1;
    for (at = 0; at + 1 < ids.n && rc == 0; at += m) {
        m = ids.n - at < piece ? ids.n - at : piece;
        rc = perplexity_piece(a, ids.v + at, m, info.n_vocab, &nll);
        n += (double)(m - 1);
    }
    if (rc) return rc;
    nll /= n;
    j.f = a->out;
    if (a->o[O_JSON].set) {
        json_open(&j, '{');
        json_key_double(&j, "n", n);
        json_key_double(&j, "nll", nll);
        json_key_double(&j, "ppl", exp(nll));
        json_close(&j, '}');
    } else fprintf(a->out, "%.0f tokens, nll %.6f, perplexity %.4f", n, nll, exp(nll));
    fputc('\n', a->out);
    return 0;
}

/* --- bench */
static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_size);
    return n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

#ifndef _WIN32
/* One thread's part of the file */
typedef struct reader { const uint8_t *p; size_t n; int rounds; uint64_t sum; } reader;

/* A word of every cache line: the memory has to deliver the whole line. */
static void *read_part(void *arg)
{
    reader *r = (reader *)arg;
    uint64_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, v[4];
    size_t i;
    int k;
    for (k = 0; k < r->rounds && !g_signal; k++)
        for (i = 0; i + 256 <= r->n; i += 256) {
            memcpy(&v[0], r->p + i, 8); memcpy(&v[1], r->p + i + 64, 8);
            memcpy(&v[2], r->p + i + 128, 8); memcpy(&v[3], r->p + i + 192, 8);
            s0 += v[0]; s1 += v[1]; s2 += v[2]; s3 += v[3];
        }
    r->sum = s0 + s1 + s2 + s3;
    return NULL;
}

enum { MAX_READERS = 256 };

/* Seconds that n threads take to read the mapping `rounds` times */
static double read_once(const uint8_t *p, size_t n_bytes, int n_threads, int rounds)
{
    reader parts[MAX_READERS];
    pthread_t threads[MAX_READERS];
    size_t step = n_bytes / (size_t)n_threads & ~(size_t)255;
    int i, started = 0;
    double t = seconds();
    for (i = 0; i < n_threads; i++) {
        parts[i].p = p + step * (size_t)i;
        parts[i].n = step;
        parts[i].rounds = rounds;
        if (i && pthread_create(&threads[started], NULL, read_part, &parts[i]) == 0) started++;
    }
    read_part(&parts[0]);
    for (i = 0; i < started; i++) pthread_join(threads[i], NULL);
    return started == n_threads - 1 ? seconds() - t : 0;
}

/* Median speed in GB/s of reading the (first) file from the page cache with n threads; 0 if it cannot be measured */
static double stream_speed(const char *path, int n_threads, int runs)
{
    double *v = (double *)malloc((size_t)runs * sizeof *v), result = 0, bytes_read_total, t;
    int fd = open(path, O_RDONLY), i, n = 0, rounds;
    struct stat st;
    void *p = MAP_FAILED;
    if (n_threads > MAX_READERS) n_threads = MAX_READERS;
    if (v && fd >= 0 && fstat(fd, &st) == 0 && st.st_size >= 1 << 16 && (uint64_t)st.st_size <= (size_t)-1) p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) {
        rounds = (int)((256 << 20) / st.st_size) + 1;
        bytes_read_total = (double)((size_t)st.st_size / (size_t)n_threads & ~(size_t)255) * n_threads * rounds;
        read_once((const uint8_t *)p, (size_t)st.st_size, n_threads, 1);        /* maps the pages */
        for (i = 0; i < runs; i++) if ((t = read_once((const uint8_t *)p, (size_t)st.st_size, n_threads, rounds)) > 0) v[n++] = bytes_read_total / t / 1e9;
        if (n) result = median(v, n);
        munmap(p, (size_t)st.st_size);
    }
    if (fd >= 0) close(fd);
    free(v);
    return result;
}
#else
static double stream_speed(const char *path, int n_threads, int runs) { (void)path; (void)n_threads; (void)runs; return 0; }
#endif

/* Bytes and elements of the matrices that every generated token reads: all but an embedding table that is only looked up */
static void weights_per_token(const llr_gguf *g, double *n_bytes, double *n_elements)
{
    static const char embd[] = "token_embd.weight", output[] = "output.weight";
    double embd_bytes = 0, embd_elements = 0;
    int tied = 1;
    llr_tensor t;
    size_t i;
    *n_bytes = *n_elements = 0;
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) {
        int is_embd = t.name_bytes == sizeof embd - 1 && memcmp(t.name, embd, sizeof embd - 1) == 0;
        double elements = t.n_dims > 1 ? (double)t.n_elements : 0;
        if (t.name_bytes == sizeof output - 1 && memcmp(t.name, output, sizeof output - 1) == 0) tied = 0;
        *(is_embd ? &embd_bytes : n_bytes) += (double)t.n_bytes;
        *(is_embd ? &embd_elements : n_elements) += elements;
    }
    if (tied) {
        *n_bytes += embd_bytes;
        *n_elements += embd_elements;
    }
}

typedef struct bench { int n_prompt, n_predict, runs; double *prefill, *decode; } bench;

/* One run: tokens/s of a prompt and of generation after it. The ids are arbitrary: the work does not depend on them. */
static int bench_once(app *a, const bench *b, const int32_t *ids, double *prefill, double *decode)
{
    double t = seconds();
    int i, rc;
    llr_session_rewind(a->session, 0);
    if ((rc = eval(a, ids, (size_t)b->n_prompt)) != 0) return rc;
    *prefill = b->n_prompt / (seconds() - t);
    t = seconds();
    for (i = 0; i < b->n_predict; i++) if ((rc = eval(a, &ids[i % b->n_prompt], 1)) != 0) return rc;
    *decode = b->n_predict / (seconds() - t);
    return 0;
}

static int bench_prepare(app *a, bench *b, int32_t **ids)
{
    llr_model_info info;
    uint32_t x = 1;
    int i;
    b->n_prompt = a->o[O_BENCH_P].set ? (int)a->o[O_BENCH_P].i : 512;
    b->n_predict = a->o[O_BENCH_N].set ? (int)a->o[O_BENCH_N].i : 64;
    b->runs = a->o[O_BENCH_R].set ? (int)a->o[O_BENCH_R].i : 3;
    llr_model_describe(a->model, &info);
    if (!a->so.n_ctx) a->so.n_ctx = (uint32_t)(b->n_prompt + b->n_predict);
    if ((uint32_t)(b->n_prompt + b->n_predict) > a->so.n_ctx)
        return fail(EXIT_USAGE, "-p %d and -n %d do not fit the context of %lu", b->n_prompt, b->n_predict, (unsigned long)a->so.n_ctx);
    *ids = (int32_t *)keep(a, (size_t)b->n_prompt * sizeof **ids);
    b->prefill = (double *)keep(a, (size_t)b->runs * sizeof(double));
    b->decode = (double *)keep(a, (size_t)b->runs * sizeof(double));
    if (!*ids || !b->prefill || !b->decode) return EXIT_MEMORY;
    for (i = 0; i < b->n_prompt; i++) {
        x = x * 1664525u + 1013904223u;
        (*ids)[i] = (int32_t)((x >> 8) % (uint32_t)info.n_vocab);
    }
    return 0;
}

static void bench_print(app *a, const bench *b)
{
    llr_model_info info;
    json j = { NULL, 0 };
    double n_bytes, n_elements, prefill = median(b->prefill, b->runs), decode = median(b->decode, b->runs);
    double stream = stream_speed(a->model_path, llr_pool_threads(a->pool), b->runs), reading, gops;
    llr_model_describe(a->model, &info);
    weights_per_token(gguf_of(a), &n_bytes, &n_elements);
    reading = decode * n_bytes / 1e9;
    gops = prefill * 2 * n_elements / 1e9;
    j.f = a->out;
    if (a->o[O_JSON].set) {
        json_open(&j, '{');
        json_key_double(&j, "prefill_tps", prefill);
        json_key_double(&j, "decode_tps", decode);
        json_key(&j, "stream_gbps"); json_double(&j, stream > 0 ? stream : HUGE_VAL);
        json_key_double(&j, "decode_gbps", reading);
        json_key_double(&j, "prefill_gops", gops);
        json_key_string(&j, "isa", llr_isa_name(info.isa));
        json_key_u64(&j, "threads", (uint64_t)llr_pool_threads(a->pool));
        json_key_u64(&j, "n_prompt", (uint64_t)b->n_prompt);
        json_key_u64(&j, "n_predict", (uint64_t)b->n_predict);
        json_key_u64(&j, "runs", (uint64_t)b->runs);
        json_close(&j, '}');
        fputc('\n', a->out);
        return;
    }
    fprintf(a->out, "prompt      %10.2f tokens/s  %8.2f Gop/s   (%d tokens)\n", prefill, gops, b->n_prompt);
    fprintf(a->out, "generation  %10.2f tokens/s  %8.2f GB/s    (%d tokens)\n", decode, reading, b->n_predict);
    if (stream > 0) fprintf(a->out, "memory      %10s           %8.2f GB/s    generation reaches %.0f %% of it\n", "", stream, 100 * reading / stream);
    fprintf(a->out, "%s, %d threads, %s, median of %d\n", llr_isa_name(info.isa), llr_pool_threads(a->pool), info.arch, b->runs);
}

static int cmd_bench(app *a)
{
    bench b;
    int32_t *ids = NULL;
    double warm[2];
    int i, rc = open_model(a);
    if (rc || (rc = no_more_words(a, 0)) != 0 || (rc = bench_prepare(a, &b, &ids)) != 0) return rc;
    if ((rc = read_ahead(a)) != 0 || (rc = open_session(a)) != 0) return rc;
    rc = bench_once(a, &b, ids, &warm[0], &warm[1]);
    for (i = 0; i < b.runs && rc == 0; i++) {
        rc = bench_once(a, &b, ids, &b.prefill[i], &b.decode[i]);
        if (a->tty) {
            fprintf(stderr, "\rrun %d of %d\033[K", i + 1, b.runs);
            g_line = 1;
        }
    }
    end_line();
    if (rc == 0) bench_print(a, &b);
    return rc;
}

/* >>main -------------------------------------------------------------------------------------------------------------
 */
static int run_command(app *a)
{
    switch (a->command) {
        case C_RUN:        return cmd_run(a);
        case C_SHOW:       return cmd_show(a);
        case C_PLAN:       return cmd_plan(a);
        case C_CPU:        return cmd_cpu(a);
        case C_TOKENIZE:   return cmd_tokenize(a);
        case C_DETOKENIZE: return cmd_detokenize(a);
        case C_LOGITS:     return cmd_logits(a);
        case C_EMBED:      return cmd_embed(a);
        case C_PERPLEXITY: return cmd_perplexity(a);
        case C_DUMP:       return cmd_dump(a);
        case C_BENCH:      return cmd_bench(a);
        case C_HELP:       return cmd_help(a);
        case C_VERSION:    return cmd_version(a);
        default:           break;
    }
    return fail(EXIT_UNSUPPORTED, "'%s' is not built yet in llrun %s", command_rows[a->command].name, LLRUN_VERSION);
}

static int run_main(app *a, int argc, char **argv)
{
    int rc, at = first_word(argc, argv), c = at < argc ? command_of(argv[at]) : -1;
    if (argc < 2) {
        help_all(stderr);
        return EXIT_USAGE;
    }
    if (c > C_VERSION) {                        /* their options are not known yet */
        a->command = (command_id)c;
        return run_command(a);
    }
    if ((rc = parse(a, argc, argv)) != 0 || (rc = settle(a)) != 0 || (rc = out_open(a)) != 0) return rc;
    if (a->o[O_VERSION].set) rc = cmd_version(a);
    else if (a->o[O_HELP].set && c >= 0) help_command(a->out, c);
    else if (a->o[O_HELP].set) help_all(a->out);
    else rc = run_command(a);
    return out_close(a, rc);
}

static int start(int argc, char **argv)
{
    app a;
    int rc;
    memset(&a, 0, sizeof a);
    set_up_process();
    rc = run_main(&a, argc, argv);
    app_close(&a);
    return rc;
}

#ifdef _WIN32
/* The arguments as UTF-8: those of main are in the code page of the system. */
int main(void)
{
    int argc = 0, i, n;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &argc);
    char **argv = (char **)calloc((size_t)argc + 1, sizeof *argv);
    for (i = 0; wide && argv && i < argc; i++) {
        n = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, NULL, 0, NULL, NULL);
        if (!(argv[i] = (char *)malloc((size_t)n))) return EXIT_MEMORY;
        WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, argv[i], n, NULL, NULL);
    }
    return wide && argv ? start(argc, argv) : EXIT_MEMORY;
}
#else
int main(int argc, char **argv) { return start(argc, argv); }
#endif
