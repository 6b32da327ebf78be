/* libFuzzer: any text through every tokenizer and pre-tokenizer. The first bytes choose the vocabulary and the flags.
 *
 *     clang -O1 -g -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o fuzz_tokenizer test/fuzz_tokenizer.c -lm -lpthread
 *     ./fuzz_tokenizer -max_len=300
 */
#include "fuzz.h"

static llr_vocab *vocab(size_t model, size_t pre)
{
    static struct { llr_gguf *g; llr_vocab *v; } made[FUZZ_MODELS][FUZZ_PRES], *x;      /* for ever */
    x = &made[model][pre];
    if (!x->v) {
        fuzz_out o = { NULL, 0, 1 << 15 };
        llr_error err;
        o.p = (uint8_t *)malloc(o.room);
        FUZZ_CHECK(o.p);
        fuzz_vocab(&o, model, pre);
        FUZZ_CHECK(o.n <= o.room);
        if (llr_gguf_open_mem(&x->g, o.p, o.n, NULL, &err) || llr_vocab_new(&x->v, x->g, NULL, &err)) {
            fprintf(stderr, "%s, %s: %s\n", llri_tok_models[model].name, llri_pre_table[pre].names, err.msg);
            __builtin_trap();
        }
    }
    return x->v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;
    if (size < 3) return 0;
    text = (char *)malloc(size - 2);                    /* of exactly its size, so that reading past it shows */
    FUZZ_CHECK(text);
    memcpy(text, data + 3, size - 3);
    fuzz_tokenize(vocab(data[0] % FUZZ_MODELS, data[1] % FUZZ_PRES), text, size - 3, data[2] & 3);
    free(text);
    return 0;
}

/* Pieces that some pre-tokenizer or vocabulary looks for. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    static const char *const pieces[] = { "ab", "abc", " ", "   ", "\n", "\r\n", "\t", "'s", "'LL", "12345", "<s>", "<|user|>", "<unk>", "\xe4\xb8\xad",
        "\xe3\x81\x82", "\xed\x95\x9c", "\xe0\xb8\x97", "e\xcc\x81", "\xf0\x9f\x98\x80", "\xe2\x96\x81", "\xc2\xa0", "\xff", "\xe4\xb8", "\xd0\x96",
        "\xef\xbc\x81", "!!", "/\n", "IMGIMG", "<sentinel:12>", "<dna>ACGTACGTACGT</dna>", "<dna>", "ACGTNX", "\xf4\x8f\xbf\xbf", "\xed\xa0\x80" };
    const char *piece;
    size_t n, at;
    fuzz_seed(seed);
    if (size < 3 || fuzz_random(3) == 0) return LLVMFuzzerMutate(data, size, max_size);
    if (fuzz_random(8) == 0) { data[fuzz_random(2)] = (uint8_t)fuzz_random(256); return size; }
    piece = FUZZ_PICK(pieces);
    n = strlen(piece);
    if (size + n > max_size) return LLVMFuzzerMutate(data, size, max_size);
    at = 3 + fuzz_random(size - 2);
    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, piece, n);
    return size + n;
}
