/* libFuzzer: what the program itself parses: lines of logs and exit statuses (doctor), JSON strings, text for terminals.
 *
 *     clang -O1 -g -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o fuzz_program test/fuzz_program.c -lm -lpthread
 *     ./fuzz_program -max_len=1000
 */
#include "fuzz.h"
#define main program
#include "../llrun.c"
#undef main

static void doctor(const char *s, size_t n)
{
    static struct hits none, h;
    unsigned long line = 0;
    h = none;
    while (n) {
        const char *end = (const char *)memchr(s, '\n', n);
        size_t len = end ? (size_t)(end - s) : n;
        char *copy = (char *)malloc(len + 1);           /* no byte more than it has */
        FUZZ_CHECK(copy);
        memcpy(copy, s, len);
        line++;
        (void)explain_line(&h, copy, len, line, line > 1);
        free(copy);
        s += len + (end != NULL);
        n -= len + (end != NULL);
    }
    (void)put_hits(&h, "the input", NULL);
}

/* What is written as JSON is read back as it was, as far as it was UTF-8; and what can be read can be written. */
static void json(const char *s, size_t n)
{
    struct buf a = { NULL, 0, 0 }, b = { NULL, 0, 0 }, c = { NULL, 0, 0 };
    buf_json_string(&a, s, n);
    FUZZ_CHECK(read_json_string(&b, a.p, a.n));
    buf_json_string(&c, b.p, b.n);
    FUZZ_CHECK(a.n == c.n && !memcmp(a.p, c.p, a.n));
    (void)read_json_string(&b, s, n);
    free(a.p);
    free(b.p);
    free(c.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!out) out = fopen("/dev/null", "wb");
    if (!out || size < 1) return 0;
    opt.json = data[0] & 1;
    doctor((const char *)data + 1, size - 1);
    json((const char *)data + 1, size - 1);
    put_clean((const char *)data + 1, size - 1, 200);
    put_terminal((const char *)data + 1, size - 1);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    static const char *const words[] = { "exit status ", "exit code: ", "signal: killed", "139", "0xc0000005", "-1073741795", "SIGSEGV", "\n", " (core dumped)",
        "CUDA error", "out of memory", "\\u00e9", "\\ud83d\\ude00", "\\ud800", "\"", "\\", "18446744073709551616", "\xc2\x80", "\x1b[31m", "\xed\xa0\x80" };
    const char *s;
    size_t n, at;
    fuzz_seed(seed);
    s = fuzz_random(2) ? FUZZ_PICK(words) : explanations[fuzz_random(N_EXPLANATIONS)].texts;
    n = s ? strcspn(s, "|") : 0;
    if (!n || size < 1 || size + n > max_size || fuzz_random(3) == 0) return LLVMFuzzerMutate(data, size, max_size);
    at = 1 + fuzz_random(size);
    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, s, n);
    return size + n;
}
