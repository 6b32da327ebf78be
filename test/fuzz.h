/* What the fuzzers share: random choices, bytes put together in memory, and vocabularies of every kind as GGUF images. */
#ifndef FUZZ_H
#define FUZZ_H
#define LLRUN_IMPLEMENTATION
#include "../llrun.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* A broken promise, told by a crash. */
#define FUZZ_CHECK(cond) do { if (!(cond)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); __builtin_trap(); } } while (0)
/* Every failure says why. */
#define FUZZ_FAILED(st, err) FUZZ_CHECK((st) < 0 && (st) >= LLR_E_DEVICE && (err).code == (st) && (err).msg[0])

static uint64_t fuzz_state;

static size_t fuzz_random(size_t n) {   /* below n; xorshift64*, Vigna 2016 */
    fuzz_state ^= fuzz_state >> 12;
    fuzz_state ^= fuzz_state << 25;
    fuzz_state ^= fuzz_state >> 27;
    return n ? (size_t)(fuzz_state * 0x2545f4914f6cdd1dull >> 32) % n : 0;
}

static void fuzz_seed(unsigned seed) { fuzz_state = (uint64_t)seed * 2 + 1; }

#define FUZZ_PICK(list) (list)[fuzz_random(LLRI_N_OF(list))]

typedef struct fuzz_out { uint8_t *p; size_t n, room; } fuzz_out;       /* what does not fit is dropped: n > room */

static void fuzz_put(fuzz_out *o, const void *p, size_t n) {
    if (n && o->n + n <= o->room) memcpy(o->p + o->n, p, n);
    o->n += n;
}

static void fuzz_int(fuzz_out *o, uint64_t v, int n) {
    uint8_t b[8];
    for (int i = 0; i < n; i++) b[i] = (uint8_t)(v >> 8 * i);
    fuzz_put(o, b, (size_t)n);
}

static void fuzz_text(fuzz_out *o, const char *s, size_t n) { fuzz_int(o, n, 8); fuzz_put(o, s, n); }

static void fuzz_key(fuzz_out *o, const char *key, uint32_t type) {
    fuzz_text(o, key, strlen(key));
    fuzz_int(o, type, 4);
}

static void fuzz_array(fuzz_out *o, const char *key, uint32_t elem_type, size_t n) {
    fuzz_key(o, key, LLR_META_ARRAY);
    fuzz_int(o, elem_type, 4);
    fuzz_int(o, n, 8);
}

enum { FUZZ_MODELS = LLRI_N_OF(llri_tok_models), FUZZ_PRES = LLRI_N_OF(llri_pre_table) };

/* The name that stands first in row i of the table of pre-tokenizers. */
static size_t fuzz_pre(size_t i, char *name, size_t room) {
    size_t n = strcspn(llri_pre_table[i].names, " ");
    n = n < room ? n : room - 1;
    memcpy(name, llri_pre_table[i].names, n);
    name[n] = 0;
    return n;
}

/* A vocabulary of the tokenizer of row `model`: four control tokens, the bytes in its spelling, some words. The merge rules
 * join any two letters. */
static inline void fuzz_vocab(fuzz_out *o, size_t model, size_t pre) {
    static const char *const special[4] = { "<unk>", "<s>", "</s>", "<|user|>" };
    static const char *const words[] = { "a", "b", "ab", "ba", "abc", " ", "  ", "the", "\xe2\x96\x81", "\xe2\x96\x81" "a", "\xe2\x96\x81" "ab",
        "\xc4\xa0", "\xc4\xa0" "a", "\xc4\x8a", "##a", "##b", "##ab", "1", "12", "123", "\n", "\\n", "\\x00", "'s", ".", "\xc3\xa9",
        "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "<|end|>", "", "[UNK]", "A" };
    static const char *const merges[] = { "a b", "b a", "ab c", "1 2", "12 3", "\xc4\xa0 a", "' s", "\xe2\x96\x81 a" };
    static const uint32_t charsmap[] = { 1024, 0 };       /* bytes of the table; its entries, all empty, follow */
    const llri_tok_model *m = &llri_tok_models[model];
    size_t i, n_words = LLRI_N_OF(words), n = 4 + 256 + n_words;
    char name[64];
    fuzz_put(o, "GGUF", 4);
    fuzz_int(o, 3, 4);
    fuzz_int(o, 0, 8);
    fuzz_int(o, 8, 8);
    fuzz_key(o, "tokenizer.ggml.model", LLR_META_STRING);
    fuzz_text(o, m->name, strlen(m->name));
    fuzz_key(o, "tokenizer.ggml.pre", LLR_META_STRING);
    fuzz_text(o, name, fuzz_pre(pre, name, sizeof name));
    fuzz_array(o, "tokenizer.ggml.tokens", LLR_META_STRING, n);
    for (i = 0; i < 4; i++) fuzz_text(o, special[i], strlen(special[i]));
    for (i = 0; i < 256; i++) {
        uint32_t c = llri_byte_char((uint8_t)i);
        if (m->kind == LLRI_TOK_BPE) (void)snprintf(name, sizeof name, c < 0x80 ? "%c" : "%c%c", c < 0x80 ? (int)c : (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
        else if (m->kind == LLRI_TOK_RWKV) (void)snprintf(name, sizeof name, "\\x%02x", (unsigned)i);
        else (void)snprintf(name, sizeof name, "<0x%02X>", (unsigned)i);
        fuzz_text(o, name, strlen(name));
    }
    for (i = 0; i < n_words; i++) fuzz_text(o, words[i], strlen(words[i]));
    fuzz_array(o, "tokenizer.ggml.token_type", LLR_META_I32, n);
    for (i = 0; i < n; i++) fuzz_int(o, i == 0 ? 2 : i < 4 ? 3 : i < 260 ? (m->kind == LLRI_TOK_BPE || m->kind == LLRI_TOK_RWKV ? 1 : 6) : i == 288 ? 4 : 1, 4);
    fuzz_array(o, "tokenizer.ggml.scores", LLR_META_F32, n);
    for (i = 0; i < n; i++) fuzz_int(o, 0xbf800000u + (uint32_t)(i % 37) * 65536, 4);
    fuzz_array(o, "tokenizer.ggml.merges", LLR_META_STRING, LLRI_N_OF(merges));
    for (i = 0; i < LLRI_N_OF(merges); i++) fuzz_text(o, merges[i], strlen(merges[i]));
    fuzz_array(o, "tokenizer.ggml.precompiled_charsmap", LLR_META_U8, 4 + 1024 + 8);
    fuzz_int(o, charsmap[0], 4);
    for (i = 0; i < 258; i++) fuzz_int(o, charsmap[1], 4);
    fuzz_key(o, "tokenizer.ggml.unknown_token_id", LLR_META_U32);
    fuzz_int(o, 0, 4);
}

/* A text through a vocabulary: there, back, piece by piece. */
static inline void fuzz_tokenize(const llr_vocab *v, const char *text, size_t n_text, unsigned flags) {
    static const char *const stops[] = { "</s>", "ab" };
    llr_error err;
    llr_stream *s;
    llr_status st;
    int32_t *ids = (int32_t *)malloc((n_text + 16) * sizeof *ids);
    char *back;
    size_t n = 0, need = 0, got = 0, i;
    FUZZ_CHECK(ids);
    st = llr_tokenize(v, text, n_text, flags, ids, n_text + 16, &n, &err);
    if (st) FUZZ_FAILED(st, err);
    if (st == LLR_E_FULL) n = 0;        /* a byte may become several tokens */
    else if (st) { free(ids); return; }
    st = llr_tokenize(v, text, n_text, flags, NULL, 0, &need, &err);
    FUZZ_CHECK(n == 0 || (st == LLR_E_FULL && need == n));
    for (i = 0; i < n; i++) FUZZ_CHECK(ids[i] >= 0 && ids[i] < llr_vocab_size(v));
    st = llr_detokenize(v, ids, n, NULL, 0, &need, &err);
    if (st) FUZZ_FAILED(st, err);
    back = (char *)malloc(need + 1);
    FUZZ_CHECK(back);
    st = llr_detokenize(v, ids, n, back, need, &got, &err);
    FUZZ_CHECK(st == LLR_OK && got <= need);
    if (llr_stream_new(&s, v, stops, 2, NULL, &err) == LLR_OK) {
        const char *piece;
        size_t k;
        int stopped = 0;
        for (i = 0; i < n && !stopped; i++) {
            FUZZ_CHECK(llr_stream_put(s, ids[i], &piece, &k, &stopped, &err) == LLR_OK);
            if (k) memcpy(back, piece, k < need ? k : need);
        }
        llr_stream_end(s, &piece, &k);
        llr_stream_free(s);
    }
    free(back);
    free(ids);
}
#endif
