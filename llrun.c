/* llrun: runs GGUF language models from the command line. The first user of llrun.h: it uses the public functions alone, and
 * it is the only place that has a terminal, signals, environment variables and exit codes.
 *
 *     cc -O3 -ffp-contract=off -o llrun llrun.c -lm -lpthread
 *
 * Order: messages and output, text and JSON, options, signals and progress, models and sessions, a function per command,
 * main. Functions called die... do not return.
 */
#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#  define _GNU_SOURCE 1                         /* clock, signals and mincore, also with -std=c99 */
#endif
#define LLRUN_IMPLEMENTATION
#include "llrun.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#  include <windows.h>
#  include <io.h>
#  include <shellapi.h>
#  define isatty _isatty
#  define fileno _fileno
#else
#  include <pthread.h>
#  include <sys/mman.h>
#  include <sys/stat.h>
#  include <sys/time.h>
#  include <unistd.h>
#endif

#if defined(__GNUC__)
#  define NORETURN_PRINTF(a, b) __attribute__((noreturn, format(printf, a, b)))
#  define PRINTF(a, b) __attribute__((format(printf, a, b)))
#  define NORETURN __attribute__((noreturn))
#else
#  define NORETURN_PRINTF(a, b)
#  define PRINTF(a, b)
#  define NORETURN
#endif

/* ---- messages, exit codes, output ---------------------------------------------------------------------------------- */

enum { CODE_OK = 0, CODE_FAILED = 1, CODE_USAGE = 2, CODE_FILE = 3, CODE_UNSUPPORTED = 4, CODE_MEMORY = 5, CODE_HARDWARE = 6 };

static volatile sig_atomic_t got_signal;      /* SIGINT, SIGTERM; 0: none */
static int quiet;                             /* -q */
static int progress_shown;                    /* a progress line stands on standard error */
static FILE *out;                             /* results: standard output or the file of -o */
static const char *out_name;                  /* NULL: standard output */

static void progress_clear(void)
{
    if (progress_shown) fprintf(stderr, "\r%60s\r", "");
    progress_shown = 0;
}

/* After SIGINT or SIGTERM, when whatever was running has come to its end. */
NORETURN static void exit_by_signal(void)
{
    progress_clear();
    (void)fflush(stdout);
    _exit(128 + (int)got_signal);
}

/* "llrun: error: " and the text, which may go on with lines of advice. */
NORETURN_PRINTF(2, 3) static void die(int code, const char *fmt, ...)
{
    va_list args;
    progress_clear();
    (void)fflush(stdout);
    fputs("llrun: error: ", stderr);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(code);
}

PRINTF(1, 2) static void note(const char *fmt, ...)
{
    va_list args;
    if (quiet) return;
    progress_clear();
    fputs("llrun: ", stderr);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

/* io: what an LLR_E_IO is about: CODE_FILE while a model is opened, else CODE_FAILED. */
static int exit_code(llr_status st, int io)
{
    switch (st) {
    case LLR_OK: return CODE_OK;
    case LLR_E_ARG: case LLR_E_FULL: return CODE_USAGE;
    case LLR_E_NOMEM: return CODE_MEMORY;
    case LLR_E_IO: return io;
    case LLR_E_FORMAT: return CODE_FILE;
    case LLR_E_UNSUPPORTED: return CODE_UNSUPPORTED;
    case LLR_E_CPU: case LLR_E_DEVICE: return CODE_HARDWARE;
    default: return CODE_FAILED;
    }
}

NORETURN static void die_status(const llr_error *err, int io)
{
    if (got_signal) exit_by_signal();
    die(exit_code(err->code, io), "%s", err->msg);
}

/* A reader that has gone away (`llrun ... | head`) needs no message; a full disk does. */
NORETURN static void die_output(void)
{
    int e = errno;
    if (got_signal) exit_by_signal();
    if (e == EPIPE) _exit(CODE_FAILED);
    die(CODE_FAILED, "cannot write to %s: %s", out_name ? out_name : "standard output", strerror(e));
}

static void put(const void *p, size_t n)
{
    if (n && fwrite(p, 1, n, out) != n) die_output();
}

PRINTF(1, 2) static void putf(const char *fmt, ...)
{
    va_list args;
    int n;
    va_start(args, fmt);
    n = vfprintf(out, fmt, args);
    va_end(args);
    if (n < 0) die_output();
}

static void put_flush(void)
{
    if (fflush(out)) die_output();
}

/* Windows names are UTF-16, ours UTF-8. */
static FILE *open_utf8(const char *path, const char *mode)
{
#ifdef _WIN32
    wchar_t wide[1024], wmode[8];
    if (!MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 1024) || !MultiByteToWideChar(CP_UTF8, 0, mode, -1, wmode, 8)) return NULL;
    return _wfopen(wide, wmode);
#else
    return fopen(path, mode);
#endif
}

static void open_output(const char *path)
{
    if (!path || !strcmp(path, "-")) return;
    out_name = path;
    out = open_utf8(path, "wb");
    if (!out) {
        out = stdout;
        die(CODE_FAILED, "cannot create %s: %s", path, strerror(errno));
    }
}

static double now(void)     /* seconds, monotonic */
{
#ifdef _WIN32
    LARGE_INTEGER t, f;
    (void)QueryPerformanceCounter(&t);
    (void)QueryPerformanceFrequency(&f);
    return (double)t.QuadPart / (double)f.QuadPart;
#else
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#endif
}

/* ---- memory, files, text, JSON ------------------------------------------------------------------------------------- */

struct buf { char *p; size_t n, cap; };
struct ids { int32_t *p; size_t n, cap; };

static void *grow(void *p, size_t *cap, size_t want, size_t item)
{
    size_t n = *cap ? *cap : 256;
    while (n < want && n <= SIZE_MAX / 2) n *= 2;
    if (n < want || n > SIZE_MAX / item || !(p = realloc(p, n * item)))
        die(CODE_MEMORY, "not enough memory for %llu more bytes of text or token ids", (unsigned long long)want * item);
    *cap = n;
    return p;
}

static void buf_room(struct buf *b, size_t n)       /* room for n more bytes */
{
    if (n > SIZE_MAX - b->n) die(CODE_MEMORY, "not enough memory");
    if (!b->p || b->n + n > b->cap) b->p = (char *)grow(b->p, &b->cap, b->n + n, 1);
}

static void buf_add(struct buf *b, const void *p, size_t n)
{
    buf_room(b, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void ids_add(struct ids *ids, int32_t id)
{
    if (ids->n == ids->cap) ids->p = (int32_t *)grow(ids->p, &ids->cap, ids->n + 1, sizeof *ids->p);
    ids->p[ids->n++] = id;
}

static void read_stream(struct buf *b, FILE *f, const char *name)
{
    size_t n;
    do {
        buf_room(b, 1 << 16);
        n = fread(b->p + b->n, 1, 1 << 16, f);
        b->n += n;
    } while (n);
    if (ferror(f)) {
        if (got_signal) exit_by_signal();
        die(CODE_FAILED, "cannot read %s: %s", name, strerror(errno));
    }
}

static void read_file(struct buf *b, const char *path)      /* "-": standard input */
{
    FILE *f = strcmp(path, "-") ? open_utf8(path, "rb") : stdin;
    if (!f) die(CODE_FAILED, "cannot open %s: %s", path, strerror(errno));
    read_stream(b, f, f == stdin ? "standard input" : path);
    if (f != stdin) (void)fclose(f);
}

/* The length of the valid UTF-8 sequence at s, 0 if there is none. */
static size_t utf8_sequence(const char *s, size_t n)
{
    const unsigned char *b = (const unsigned char *)s;
    size_t len, i;
    if (b[0] < 0x80) return 1;
    if (b[0] < 0xc2 || b[0] > 0xf4) return 0;
    len = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    if (len > n) return 0;
    for (i = 1; i < len; i++) if ((b[i] & 0xc0) != 0x80) return 0;
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) || (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
        return 0;
    return len;
}

static int is_control(const char *s, size_t len)            /* C0, DEL, C1: what terminals act on */
{
    const unsigned char *b = (const unsigned char *)s;
    return len == 1 ? b[0] < 0x20 || b[0] == 0x7f : len == 2 && b[0] == 0xc2 && b[1] < 0xa0;
}

static void put_fffd(void) { put("\xef\xbf\xbd", 3); }

/* Text from a file for people: no control characters, at most max bytes. */
static void put_clean(const char *s, size_t n, size_t max)
{
    size_t i, len;
    for (i = 0; i < n && i < max; i += len) {
        len = utf8_sequence(s + i, n - i);
        if (len == 0) { put_fffd(); len = 1; }
        else if (s[i] == '\n') put("\\n", 2);
        else if (s[i] == '\t') put("\\t", 2);
        else if (is_control(s + i, len)) putf("\\x%02x", (unsigned char)s[i + len - 1]);
        else put(s + i, len);
    }
    if (i < n) putf("... (%llu bytes)", (unsigned long long)n);
}

/* What a model writes, on a terminal: it must not be able to send it commands. */
static void put_terminal(const char *s, size_t n)
{
    size_t i, len;
    for (i = 0; i < n; i += len) {
        len = utf8_sequence(s + i, n - i);
        if (len == 0) len = 1;
        if (is_control(s + i, len) && s[i] != '\n' && s[i] != '\t') put_fffd();
        else put(s + i, len);
    }
}

static void json_string(const char *s, size_t n)
{
    size_t i, len;
    put("\"", 1);
    for (i = 0; i < n; i += len) {
        unsigned char c = (unsigned char)s[i];
        len = utf8_sequence(s + i, n - i);
        if (len == 0) { put_fffd(); len = 1; }
        else if (c == '"' || c == '\\') { put("\\", 1); put(s + i, 1); }
        else if (c == '\n') put("\\n", 2);
        else if (c == '\t') put("\\t", 2);
        else if (c == '\r') put("\\r", 2);
        else if (c < 0x20 || c == 0x7f) putf("\\u%04x", c);
        else put(s + i, len);
    }
    put("\"", 1);
}

static void json_text(const char *s) { json_string(s, strlen(s)); }

/* JSON has no infinities and no NaN. digits: 9 say a float exactly, 17 a double. */
static void json_number(double v, int digits)
{
    if (v - v != 0) put("null", 4);
    else putf("%.*g", digits, v);
}

static void json_ids(const int32_t *ids, size_t n)
{
    size_t i;
    put("[", 1);
    for (i = 0; i < n; i++) putf(i ? ",%ld" : "%ld", (long)ids[i]);
    put("]\n", 2);
}

static int hex_digits(const char *s, unsigned *v)           /* four */
{
    int i;
    for (*v = 0, i = 0; i < 4; i++) {
        char c = s[i];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0) return 0;
        *v = *v << 4 | (unsigned)d;
    }
    return 1;
}

static void buf_add_rune(struct buf *b, unsigned long r)
{
    char u[4];
    size_t n = r < 0x80 ? 1 : r < 0x800 ? 2 : r < 0x10000 ? 3 : 4, i;
    for (i = n - 1; i > 0; i--, r >>= 6) u[i] = (char)(0x80 | (r & 63));
    u[0] = (char)(n == 1 ? r : r | (0xf00ul >> n & 0xff));
    buf_add(b, u, n);
}

/* The JSON string s[0..n) to bytes; 0 if it is not one. A surrogate without its partner becomes U+FFFD. */
static int read_json_string(struct buf *b, const char *s, size_t n)
{
    size_t i = 0;
    b->n = 0;
    buf_room(b, 1);
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r')) n--;
    while (i < n && (s[i] == ' ' || s[i] == '\t')) i++;
    if (n - i < 2 || s[i] != '"' || s[n - 1] != '"') return 0;
    for (i++, n--; i < n; i++) {
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *e;
        unsigned hi, lo;
        if (s[i] == '"' || (unsigned char)s[i] < 0x20) return 0;
        if (s[i] != '\\') { buf_add(b, s + i, 1); continue; }
        if (++i == n) return 0;
        if (s[i] == 'u') {
            if (n - i < 5 || !hex_digits(s + i + 1, &hi)) return 0;
            i += 4;
            if (hi >= 0xd800 && hi < 0xdc00 && n - i >= 7 && s[i + 1] == '\\' && s[i + 2] == 'u' && hex_digits(s + i + 3, &lo) &&
                lo >= 0xdc00 && lo < 0xe000) {
                i += 6;
                buf_add_rune(b, 0x10000ul + ((unsigned long)(hi - 0xd800) << 10) + (lo - 0xdc00));
            } else buf_add_rune(b, hi >= 0xd800 && hi < 0xe000 ? 0xfffdul : hi);
        } else {
            e = strchr(from, s[i]);
            if (!s[i] || !e) return 0;
            buf_add(b, to + (e - from), 1);
        }
    }
    return 1;
}

/* Ids separated by commas or white space, in brackets or not. where: for messages. */
static void read_ids(struct ids *ids, const char *s, size_t n, const char *where)
{
    size_t i = 0;
    ids->n = 0;
    for (;;) {
        long long v = 0;
        size_t start;
        while (i < n && strchr(", \t\r\n[]", s[i]) && s[i]) i++;
        if (i == n) return;
        for (start = i; i < n && s[i] >= '0' && s[i] <= '9' && v <= INT32_MAX; i++) v = v * 10 + (s[i] - '0');
        if (i == start || v > INT32_MAX || (i < n && (!s[i] || !strchr(", \t\r\n]", s[i]))))
            die(CODE_USAGE, "%s: \"%.*s\" is not a token id (item %llu); write 1,2,3 or @FILE", where, (int)(n - start < 20 ? n - start : 20),
                s + start, (unsigned long long)ids->n + 1);
        ids_add(ids, (int32_t)v);
    }
}

/* LIST or @FILE */
static void read_token_list(struct ids *ids, const char *list)
{
    struct buf b = { NULL, 0, 0 };
    if (list[0] == '@') read_file(&b, list + 1);
    else buf_add(&b, list, strlen(list));
    read_ids(ids, b.p, b.n, "--tokens");
    free(b.p);
    if (!ids->n) die(CODE_USAGE, "--tokens: the list is empty");
}

/* The next line of standard input without its newline; 0 at the end. b keeps the line. */
static int read_line(struct buf *b)
{
    int c;
    b->n = 0;
    buf_room(b, 1);
    while ((c = getc(stdin)) != EOF && c != '\n') {
        char byte = (char)c;
        buf_add(b, &byte, 1);
    }
    if (c == EOF && ferror(stdin)) die(CODE_FAILED, "cannot read standard input: %s", strerror(errno));
    return c != EOF || b->n;
}

struct text32 { char s[32]; };

static struct text32 size_text(uint64_t n)      /* "1.5 GiB" */
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
    struct text32 t;
    double v = (double)n;
    int u = 0;
    while (v >= 1024 && u < 4) { v /= 1024; u++; }
    (void)snprintf(t.s, sizeof t.s, u ? "%.1f %s" : "%.0f %s", v, units[u]);
    return t;
}

static struct text32 count_text(uint64_t n)     /* "1.24 billion" */
{
    struct text32 t;
    if (n >= 1000000000u) (void)snprintf(t.s, sizeof t.s, "%.2f billion", (double)n / 1e9);
    else if (n >= 1000000u) (void)snprintf(t.s, sizeof t.s, "%.1f million", (double)n / 1e6);
    else (void)snprintf(t.s, sizeof t.s, "%llu", (unsigned long long)n);
    return t;
}

/* ---- options ------------------------------------------------------------------------------------------------------- */

enum {
    C_RUN = 1, C_SHOW = 2, C_PLAN = 4, C_CPU = 8, C_TOKENIZE = 16, C_DETOKENIZE = 32, C_LOGITS = 64, C_PERPLEXITY = 128, C_DUMP = 256,
    C_BENCH = 512, C_HELP = 1024, C_VERSION = 2048, C_LATER = 4096,
    C_MODEL = C_RUN | C_SHOW | C_PLAN | C_TOKENIZE | C_DETOKENIZE | C_LOGITS | C_PERPLEXITY | C_DUMP | C_BENCH,
    C_EVAL = C_RUN | C_PLAN | C_LOGITS | C_PERPLEXITY | C_BENCH,
    C_ALL = 0xffff
};
enum kind { FLAG, INTEGER, NUMBER, TEXT, TEXTS };
enum { MAX_STOPS = 16, MAX_POSITIONAL = 3 };
#define NO_INTEGER INT64_MIN
#define NO_NUMBER (-HUGE_VAL)

static struct options {
    const char *model, *prompt, *file, *tokens, *output, *isa, *kv, *gpu, *gpu_layers, *stops[MAX_STOPS];
    int n_stops, help, version, quiet, raw, ids, ignore_eos, json, jsonl, hex, no_bos, no_special, all, exact, no_mmap, mlock, no_vocab,
        force, markdown;
    int64_t predict, ctx, batch, threads, top_k, last_n, seed, bench_prompt, bench_predict, runs;
    double temp, top_p, min_p, typical, repeat, frequency, presence;
    const char *args[MAX_POSITIONAL];       /* positional, after MODEL */
    int n_args;
} opt;

/* The one table: the parser, `llrun COMMAND --help` and the table of README.md come from it. Names: the first is shown first,
 * all are accepted. lo, hi: of numbers. */
#define OPTION_LIST(X) \
    X("-m --model",                      TEXT,    model,         "FILE", C_MODEL, 0, 0, "the GGUF file, or the first file of a split one; same as MODEL") \
    X("-p --prompt",                     TEXT,    prompt,        "TEXT", C_RUN, 0, 0, "the prompt; same as PROMPT") \
    X("-f --file",                       TEXT,    file,          "FILE", C_RUN | C_PERPLEXITY, 0, 0, "read the text from FILE (-: standard input); run drops one newline at its end") \
    X("--tokens",                        TEXT,    tokens,        "LIST", C_RUN | C_DETOKENIZE | C_LOGITS | C_PERPLEXITY, 0, 0, "token ids instead of text: 1,2,3 or @FILE; nothing is added") \
    X("-n --predict --n-predict",        INTEGER, predict,       "N", C_RUN, -1, 1e9, "tokens to generate; -1, the default: until the end of the text or of the context") \
    X("--raw",                           FLAG,    raw,           NULL, C_RUN, 0, 0, "complete the prompt as it is, without a chat template") \
    X("--ids",                           FLAG,    ids,           NULL, C_RUN, 0, 0, "write the ids of the generated tokens as a JSON array instead of text") \
    X("--ignore-eos",                    FLAG,    ignore_eos,    NULL, C_RUN, 0, 0, "go on after end-of-text tokens") \
    X("--stop",                          TEXTS,   stops,         "TEXT", C_RUN, 0, 0, "end before this text; may be given up to 16 times") \
    X("--temp --temperature",            NUMBER,  temp,          "X", C_RUN, 0, 1e6, "temperature; 0: always the most probable token. Default 0.8") \
    X("--top-k",                         INTEGER, top_k,         "N", C_RUN, 0, 2147483647.0, "only the N most probable tokens; 0: all. Default 40") \
    X("--top-p",                         NUMBER,  top_p,         "X", C_RUN, 0, 1, "only the most probable tokens that together reach X; 1: all. Default 0.95") \
    X("--min-p",                         NUMBER,  min_p,         "X", C_RUN, 0, 1, "only tokens at least X times as probable as the best; 0: all. Default 0.05") \
    X("--typical --typical-p",           NUMBER,  typical,       "X", C_RUN, 0, 1, "locally typical sampling; 1, the default: off") \
    X("--repeat-penalty",                NUMBER,  repeat,        "X", C_RUN, 1e-6, 1e6, "divide the logits of recent tokens by X; 1, the default: off") \
    X("--frequency-penalty",             NUMBER,  frequency,     "X", C_RUN, -1e6, 1e6, "subtract X for each recent occurrence. Default 0") \
    X("--presence-penalty",              NUMBER,  presence,      "X", C_RUN, -1e6, 1e6, "subtract X if there is a recent occurrence. Default 0") \
    X("--repeat-last-n",                 INTEGER, last_n,        "N", C_RUN, -1, 65536, "how many tokens are recent; -1: the whole context. Default 64") \
    X("-s --seed",                       INTEGER, seed,          "N", C_RUN, -1, 9007199254740992.0, "of the random numbers; the same seed gives the same text. Default -1: another each time") \
    X("-p --prompt",                     INTEGER, bench_prompt,  "N", C_BENCH, 0, 1e7, "tokens of the prompt. Default 512") \
    X("-n --predict --n-predict",        INTEGER, bench_predict, "N", C_BENCH, 0, 1e7, "tokens to generate. Default 64") \
    X("-r --runs",                       INTEGER, runs,          "N", C_BENCH, 1, 1000, "runs, of which the median counts. Default 3") \
    X("--all",                           FLAG,    all,           NULL, C_LOGITS, 0, 0, "the logits after every token, not the last alone") \
    X("-o --output",                     TEXT,    output,        "FILE", C_LOGITS | C_DUMP, 0, 0, "write to FILE instead of standard output") \
    X("--no-bos",                        FLAG,    no_bos,        NULL, C_RUN | C_TOKENIZE, 0, 0, "add no BOS or EOS token") \
    X("--no-special",                    FLAG,    no_special,    NULL, C_RUN | C_TOKENIZE, 0, 0, "text that looks like a special token is plain text") \
    X("--jsonl",                         FLAG,    jsonl,         NULL, C_TOKENIZE | C_DETOKENIZE, 0, 0, "a JSON value per line of standard input, an answer per line") \
    X("--hex",                           FLAG,    hex,           NULL, C_DETOKENIZE, 0, 0, "write the bytes in hexadecimal") \
    X("--json",                          FLAG,    json,          NULL, C_SHOW | C_PLAN | C_CPU | C_PERPLEXITY | C_BENCH, 0, 0, "write one JSON object on one line") \
    X("-c --ctx --ctx-size",             INTEGER, ctx,           "N", C_EVAL, 0, 4294967295.0, "context in tokens; 0, the default: 4096, or what the model was trained with if that is less") \
    X("-b --batch --batch-size",         INTEGER, batch,         "N", C_EVAL, 1, 1048576, "prompt tokens per pass over the weights. Default 512") \
    X("-t --threads",                    INTEGER, threads,       "N", C_EVAL, 1, 512, "threads. Default: the physical cores that this process may use") \
    X("--kv",                            TEXT,    kv,            "TYPE", C_EVAL, 0, 0, "type of the KV cache: f16 (default), f32, q8_0") \
    X("--exact",                         FLAG,    exact,         NULL, C_EVAL, 0, 0, "float32 weights and activations throughout: slow, for checking") \
    X("--no-mmap",                       FLAG,    no_mmap,       NULL, C_EVAL, 0, 0, "read the file into memory instead of mapping it") \
    X("--mlock",                         FLAG,    mlock,         NULL, C_EVAL, 0, 0, "try to keep the weights in memory") \
    X("--no-vocab",                      FLAG,    no_vocab,      NULL, C_EVAL, 0, 0, "do not read the tokenizer: token ids only") \
    X("--force",                         FLAG,    force,         NULL, C_EVAL, 0, 0, "start although the memory plan says that it does not fit") \
    X("-ngl --gpu-layers --n-gpu-layers", TEXT,   gpu_layers,    "N", C_EVAL, 0, 0, "layers for the GPU; this build has no GPU support") \
    X("--gpu",                           TEXT,    gpu,           "WHEN", C_EVAL, 0, 0, "auto (default), off, or require: fail without a usable GPU") \
    X("--markdown",                      FLAG,    markdown,      NULL, C_HELP, 0, 0, "the table of all options for README.md") \
    X("--isa",                           TEXT,    isa,           "NAME", C_ALL, 0, 0, "kernels for this instruction set (see llrun cpu); LLRUN_ISA in the environment does the same") \
    X("-q --quiet",                      FLAG,    quiet,         NULL, C_ALL, 0, 0, "no messages but errors") \
    X("-h --help",                       FLAG,    help,          NULL, C_ALL, 0, 0, "explain the command") \
    X("--version",                       FLAG,    version,       NULL, C_ALL, 0, 0, "name the version")

static const struct option {
    const char *names; enum kind kind; size_t at; const char *arg; unsigned commands; double lo, hi; const char *help;
} option_rows[] = {
#define X(names, kind, field, arg, commands, lo, hi, help) { names, kind, offsetof(struct options, field), arg, commands, lo, hi, help },
    OPTION_LIST(X)
#undef X
};
enum { N_OPTIONS = sizeof option_rows / sizeof option_rows[0] };

static int cmd_run(void), cmd_show(void), cmd_plan(void), cmd_cpu(void), cmd_tokenize(void), cmd_detokenize(void), cmd_logits(void),
           cmd_perplexity(void), cmd_dump(void), cmd_bench(void), cmd_help(void), cmd_version(void);

/* run NULL: not built yet */
static const struct command {
    const char *name; unsigned bit; int (*run)(void); int max_args; const char *args, *summary, *text;
} commands[] = {
    { "run", C_RUN, cmd_run, 1, "MODEL [PROMPT]", "continue a text",
      "Writes what the model adds to the prompt, then a newline. The prompt is PROMPT, -p TEXT, -f FILE, standard input if that is no\n"
      "terminal, or --tokens LIST. Chat and chat templates are not built yet: the prompt is completed as it is." },
    { "show", C_SHOW, cmd_show, 0, "MODEL", "metadata and tensors of a file, and whether it is supported",
      "Checks the file wholly, loads nothing." },
    { "plan", C_PLAN, cmd_plan, 0, "MODEL", "the memory that a run would take, and whether it fits",
      "Exit status 0: it fits; 5: it does not." },
    { "cpu", C_CPU, cmd_cpu, 0, "", "what this CPU and system can run, and which kernels are chosen", "" },
    { "tokenize", C_TOKENIZE, cmd_tokenize, 0, "MODEL", "text to token ids",
      "Text on standard input, exactly, to a JSON array of ids. With --jsonl a JSON string per line." },
    { "detokenize", C_DETOKENIZE, cmd_detokenize, 0, "MODEL --tokens LIST", "token ids to text",
      "The exact bytes, control tokens spelled out. With --jsonl a JSON array of ids per line of standard input; the answers are JSON\n"
      "strings, or with --hex hexadecimal." },
    { "logits", C_LOGITS, cmd_logits, 0, "MODEL --tokens LIST", "the scores of all tokens as next token",
      "Raw little-endian float32: of the last position, or with --all of every position, [tokens][vocabulary]. Without -c the context\n"
      "is as long as the list." },
    { "perplexity", C_PERPLEXITY, cmd_perplexity, 0, "MODEL (-f FILE | --tokens LIST)", "how well the model predicts a text",
      "The mean negative log likelihood in nats over all positions but the first, and its exponential. Without -c the context is as\n"
      "long as the text, up to what the model was trained with. What is longer is cut into pieces of that length, each\n"
      "evaluated from an empty context; of a text, every piece starts with the BOS token if the vocabulary adds one." },
    { "embed", C_LATER, NULL, 0, "MODEL", "a text to a vector (not built yet)", "" },
    { "dump", C_DUMP, cmd_dump, 1, "MODEL TENSOR", "one tensor as little-endian float32", "" },
    { "bench", C_BENCH, cmd_bench, 0, "MODEL", "speed, and how near it is to what the machine can do",
      "Prompt and generation in tokens/s, beside the speed at which the same threads can read the same file." },
    { "template", C_LATER, NULL, 0, "MODEL", "render a chat template (not built yet)", "" },
    { "doctor", C_LATER, NULL, 0, "[MODEL]", "find out what is wrong on this machine (not built yet)", "" },
    { "serve", C_LATER, NULL, 0, "[MODEL]", "HTTP server (not built yet)", "" },
    { "list", C_LATER, NULL, 0, "", "models on this machine (not built yet)", "" },
    { "ps", C_LATER, NULL, 0, "", "models loaded by a server (not built yet)", "" },
    { "stop", C_LATER, NULL, 0, "", "unload a model (not built yet)", "" },
    { "quantize", C_LATER, NULL, 0, "IN OUT TYPE", "another tensor type (not built yet)", "" },
    { "help", C_HELP, cmd_help, 1, "[COMMAND]", "this, or the options of a command", "" },
    { "version", C_VERSION, cmd_version, 0, "", "the version", "" }
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static const struct command *find_command(const char *name)
{
    int i;
    for (i = 0; i < N_COMMANDS; i++) if (!strcmp(commands[i].name, name)) return &commands[i];
    return NULL;
}

/* Is name (n bytes) one of the names in "-a --bb --cc"? */
static int has_name(const char *names, const char *name, size_t n)
{
    while (*names) {
        size_t k = strcspn(names, " ");
        if (k == n && !memcmp(names, name, n)) return 1;
        names += k + (names[k] == ' ');
    }
    return 0;
}

static const struct option *find_option(const char *name, size_t n, unsigned command)
{
    int i;
    for (i = 0; i < N_OPTIONS; i++)
        if ((option_rows[i].commands & command) && has_name(option_rows[i].names, name, n)) return &option_rows[i];
    return NULL;
}

/* An own reader of decimal numbers: strtoll and strtod take blanks, and more than is meant. */
static int64_t parse_integer(const char *name, const char *s, double lo, double hi)
{
    const char *p = s + (*s == '-' || *s == '+');
    uint64_t v = 0;
    int64_t r;
    for (; *p >= '0' && *p <= '9' && v < 1000000000000000000u; p++) v = v * 10 + (uint64_t)(*p - '0');
    r = *s == '-' ? -(int64_t)v : (int64_t)v;
    if (*p || p == s + (*s == '-' || *s == '+')) die(CODE_USAGE, "%s: \"%s\" is not a whole number", name, s);
    if ((double)r < lo || (double)r > hi) die(CODE_USAGE, "%s %s: must be from %.0f to %.0f", name, s, lo, hi);
    return r;
}

static double parse_number(const char *name, const char *s, double lo, double hi)
{
    char *end;
    double v = strtod(s, &end);
    if (!*s || *end || strspn(s, "+-.0123456789eE") != strlen(s)) die(CODE_USAGE, "%s: \"%s\" is not a number", name, s);
    if (!(v >= lo && v <= hi)) die(CODE_USAGE, "%s %s: must be from %g to %g", name, s, lo, hi);
    return v;
}

static void set_option(const struct option *o, const char *name, const char *value)
{
    void *at = (char *)&opt + o->at;
    switch (o->kind) {
    case FLAG: *(int *)at = 1; break;
    case INTEGER: *(int64_t *)at = parse_integer(name, value, o->lo, o->hi); break;
    case NUMBER: *(double *)at = parse_number(name, value, o->lo, o->hi); break;
    case TEXT: *(const char **)at = value; break;
    case TEXTS:
        if (!*value) die(CODE_USAGE, "%s: the text is empty", name);
        if (opt.n_stops == MAX_STOPS) die(CODE_USAGE, "%s: at most %d times", name, (int)MAX_STOPS);
        opt.stops[opt.n_stops++] = value;
    }
}

static void put_names(const char *names)        /* "-n, --predict, --n-predict" */
{
    for (; *names; names++) {
        if (*names == ' ') put(", ", 2);
        else put(names, 1);
    }
}

NORETURN static void die_option(const struct command *c, const char *name, size_t n)
{
    const struct option *o = find_option(name, n, C_ALL);
    char list[160];
    size_t used = 0;
    int i;
    list[0] = 0;
    for (i = 0; o && i < N_COMMANDS; i++)
        if ((commands[i].bit & o->commands) && used < sizeof list - 20)
            used += (size_t)snprintf(list + used, sizeof list - used, " %s", commands[i].name);
    if (o) die(CODE_USAGE, "%s has no option %.*s\n  It belongs to:%s. See llrun help %s", c->name, (int)n, name, list, c->name);
    die(CODE_USAGE, "unknown option %.*s\n  See llrun help %s", (int)n, name, c->name);
}

static void clear_options(void)
{
    memset(&opt, 0, sizeof opt);
    opt.predict = opt.ctx = opt.batch = opt.threads = opt.top_k = opt.last_n = opt.seed = NO_INTEGER;
    opt.bench_prompt = opt.bench_predict = opt.runs = NO_INTEGER;
    opt.temp = opt.top_p = opt.min_p = opt.typical = opt.repeat = opt.frequency = opt.presence = NO_NUMBER;
}

static void parse_arguments(const struct command *c, int argc, char **argv)
{
    int i, only_positional = 0;
    for (i = 0; i < argc; i++) {
        const char *a = argv[i], *eq, *value = NULL;
        const struct option *o;
        size_t n;
        if (only_positional || a[0] != '-' || !a[1]) {
            if (opt.n_args == MAX_POSITIONAL) die(CODE_USAGE, "too many arguments: \"%s\". Put quotes around a text with blanks", a);
            opt.args[opt.n_args++] = a;
            continue;
        }
        if (!strcmp(a, "--")) { only_positional = 1; continue; }
        eq = strchr(a, '=');
        n = eq ? (size_t)(eq - a) : strlen(a);
        o = find_option(a, n, c->bit);
        if (!o) die_option(c, a, n);
        if (o->kind == FLAG) {
            if (eq) die(CODE_USAGE, "%.*s takes no value", (int)n, a);
        } else if (eq) value = eq + 1;
        else if (i + 1 < argc) value = argv[++i];
        else die(CODE_USAGE, "%s needs a value: %s %s", a, a, o->arg);
        {
            char name[40];
            (void)snprintf(name, sizeof name, "%.*s", (int)n, a);
            set_option(o, name, value);
        }
    }
    quiet = opt.quiet;
    if (opt.help || opt.version) return;
    if ((c->bit & C_MODEL) && !opt.model && opt.n_args) {
        opt.model = opt.args[0];
        memmove(opt.args, opt.args + 1, sizeof opt.args - sizeof opt.args[0]);
        opt.n_args--;
    }
    if ((c->bit & C_MODEL) && !opt.model) die(CODE_USAGE, "%s needs a model\n  llrun %s %s", c->name, c->name, c->args);
    if (opt.n_args > c->max_args)
        die(CODE_USAGE, "%s: one argument too many: \"%s\"\n  llrun %s %s\n  Put quotes around a text with blanks.", c->name, opt.args[c->max_args], c->name, c->args);
}

static void put_command_help(const struct command *c)
{
    int i;
    putf("usage: llrun %s%s%s [options]\n%s.\n", c->name, *c->args ? " " : "", c->args, c->summary);
    if (*c->text) putf("\n%s\n", c->text);
    putf("\noptions\n");
    for (i = 0; i < N_OPTIONS; i++) {
        const struct option *o = &option_rows[i];
        if (!(o->commands & c->bit)) continue;
        putf("  ");
        put_names(o->names);
        putf("%s%s\n        %s\n", o->arg ? " " : "", o->arg ? o->arg : "", o->help);
    }
}

static void put_usage(void)
{
    int i;
    putf("llrun %s runs GGUF language models on any machine.\n\n"
         "usage: llrun COMMAND [MODEL] [options]\n       llrun MODEL [PROMPT] [options]     the same as run\n\ncommands\n", LLRUN_VERSION);
    for (i = 0; i < N_COMMANDS; i++) putf("  %-12s%s\n", commands[i].name, commands[i].summary);
    putf("\nllrun help COMMAND explains a command and its options.\n"
         "exit status: 0 done, 1 failed, 2 wrong usage, 3 unusable file, 4 not supported, 5 not enough memory, 6 hardware not usable,\n"
         "130 and 143 ended by SIGINT and SIGTERM\n");
}

static void put_markdown(void)
{
    int i, k;
    putf("| option | commands | meaning |\n|---|---|---|\n");
    for (i = 0; i < N_OPTIONS; i++) {
        const struct option *o = &option_rows[i];
        putf("| `");
        put_names(o->names);
        putf("%s%s` |", o->arg ? " " : "", o->arg ? o->arg : "");
        if (o->commands == C_ALL) putf(" all");
        else for (k = 0; k < N_COMMANDS; k++) if (commands[k].bit & o->commands) putf(" %s", commands[k].name);
        putf(" | %s |\n", o->help);
    }
}

static int cmd_help(void)
{
    const struct command *c;
    if (opt.markdown) put_markdown();
    else if (!opt.n_args) put_usage();
    else if ((c = find_command(opt.args[0]))) put_command_help(c);
    else die(CODE_USAGE, "no command \"%s\"; llrun help lists them", opt.args[0]);
    return CODE_OK;
}

static int cmd_version(void)
{
    putf("llrun %s\n", LLRUN_VERSION);
    return CODE_OK;
}

/* ---- signals and progress ------------------------------------------------------------------------------------------ */

static llr_session *volatile active;            /* what a signal has to cancel; NULL: nothing, the program just ends */

#ifdef _WIN32
static BOOL WINAPI on_console(DWORD event)      /* on a thread of its own */
{
    (void)event;
    got_signal = 2;
    if (active) {
        llr_session_cancel(active);
        Sleep(100);
    }
    ExitProcess(130);
    return TRUE;
}

static void install_signals(void) { (void)SetConsoleCtrlHandler(on_console, TRUE); }
#else
/* The evaluation is asked to stop. If it is still in a large matrix product after 100 ms, nothing is lost by leaving. */
static void on_alarm(int sig)
{
    (void)sig;
    _exit(128 + (int)got_signal);
}

static void on_signal(int sig)
{
    int e = errno;
    struct itimerval t;
    if (!active || got_signal) _exit(128 + sig);
    got_signal = sig;
    llr_session_cancel(active);
    memset(&t, 0, sizeof t);
    t.it_value.tv_usec = 100000;
    (void)setitimer(ITIMER_REAL, &t, NULL);
    errno = e;
}

/* A mapped file was cut short or its disk failed; or the CPU lacks what it reports. Say so instead of dying silently. */
static void on_fault(int sig)
{
    static const char bus[] = "llrun: error: the model file was cut short while in use, or its disk failed (SIGBUS)\n"
                              "  Try again when it is whole, or use --no-mmap\n";
    static const char ill[] = "llrun: error: illegal instruction: the CPU lacks something that it reports to have (SIGILL)\n"
                              "  Use --isa scalar, and report what llrun cpu says\n";
    ssize_t n = sig == SIGBUS ? write(2, bus, sizeof bus - 1) : write(2, ill, sizeof ill - 1);
    (void)n;
    _exit(sig == SIGBUS ? CODE_FILE : CODE_FAILED);
}

/* A standard stream that is closed must not become the number of a file that is opened later. */
static void reserve_streams(void)
{
    int fd;
    do fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= 2);
    if (fd > 2) (void)close(fd);
}

static void install_signals(void)
{
    struct sigaction sa, old;
    reserve_streams();
    memset(&sa, 0, sizeof sa);
    (void)sigemptyset(&sa.sa_mask);
    sa.sa_handler = on_fault;
    (void)sigaction(SIGBUS, &sa, NULL);
    (void)sigaction(SIGILL, &sa, NULL);
    sa.sa_handler = on_signal;                  /* no SA_RESTART: a blocked read or write returns */
    if (sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler != SIG_IGN) (void)sigaction(SIGINT, &sa, NULL);  /* else in the background */
    (void)sigaction(SIGTERM, &sa, NULL);
    sa.sa_handler = on_alarm;
    (void)sigaction(SIGALRM, &sa, NULL);
    sa.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &sa, NULL);        /* a write then fails with EPIPE */
}
#endif

static struct { int on, phase; double start, last; } progress;

/* A line on a terminal for what takes longer than half a second. */
static int on_progress(void *ud, llr_phase phase, uint64_t done, uint64_t total)
{
    double t;
    (void)ud;
    if (got_signal) return 1;
    if (!progress.on || total < 2) return 0;
    t = now();
    if ((int)phase != progress.phase) {
        progress.phase = (int)phase;
        progress.start = t;
    }
    if (done >= total) {
        progress_clear();
        progress.phase = -1;
    } else if (t - progress.start > 0.5 && t - progress.last > 0.1) {
        if (phase == LLR_PHASE_LOAD) fprintf(stderr, "\rllrun: reading the model %3d %% of %s ", (int)(100 * (double)done / (double)total), size_text(total).s);
        else fprintf(stderr, "\rllrun: prompt %3d %% of %llu tokens ", (int)(100 * (double)done / (double)total), (unsigned long long)total);
        (void)fflush(stderr);
        progress_shown = 1;
        progress.last = t;
    }
    return 0;
}

static void on_log(void *ud, llr_log_level level, const char *msg)
{
    (void)ud;
    note("%s%s", level == LLR_LOG_WARN ? "warning: " : "", msg);
}

/* ---- models and sessions ------------------------------------------------------------------------------------------- */

static llr_isa chosen_isa;      /* --isa or LLRUN_ISA; LLR_ISA_BEST */

static llr_options library_options(void)
{
    llr_options o;
    memset(&o, 0, sizeof o);
    o.isa = chosen_isa;
    o.no_mmap = opt.no_mmap;
    o.mlock = opt.mlock;
    o.no_vocab = opt.no_vocab;
    o.log = on_log;
    o.progress = on_progress;
    return o;
}

/* Every command checks it, so that a wrong name is never ignored. */
static void choose_isa(void)
{
    const char *from = opt.isa ? "--isa" : "LLRUN_ISA", *name = opt.isa ? opt.isa : getenv("LLRUN_ISA");
    llr_cpu_info cpu;
    char usable[160], known[160];
    size_t nu = 0, nk = 0;
    int i;
    chosen_isa = LLR_ISA_BEST;
    if (!name || (!opt.isa && !*name)) return;
    llr_cpu(&cpu);
    usable[0] = known[0] = 0;
    for (i = 1; i < LLR_ISA_COUNT; i++) {
        nk += (size_t)snprintf(known + nk, sizeof known - nk, " %s", llr_isa_name((llr_isa)i));
        if (cpu.usable >> i & 1) nu += (size_t)snprintf(usable + nu, sizeof usable - nu, " %s", llr_isa_name((llr_isa)i));
    }
    chosen_isa = llr_isa_from_name(name);
    if (chosen_isa == LLR_ISA_COUNT) die(CODE_USAGE, "%s: no kernels are called \"%s\"\n  There are:%s", from, name, known);
    if (chosen_isa != LLR_ISA_BEST && !(cpu.usable >> chosen_isa & 1))
        die(CODE_HARDWARE, "%s %s: %s\n  Usable here:%s. See llrun cpu", from, name,
            cpu.built >> chosen_isa & 1 ? "this CPU or its operating system cannot run it" : "this build does not have it", usable);
}

static void check_gpu(void)
{
    if (opt.gpu && strcmp(opt.gpu, "auto") && strcmp(opt.gpu, "off") && strcmp(opt.gpu, "require"))
        die(CODE_USAGE, "--gpu %s: must be auto, off or require", opt.gpu);
    if (opt.gpu && !strcmp(opt.gpu, "require")) die(CODE_HARDWARE, "--gpu require: this build has no GPU support\n  Leave it out to run on the CPU.");
    if (opt.gpu_layers && strcmp(opt.gpu_layers, "0") && strcmp(opt.gpu_layers, "auto"))
        note("GPU not used: this build has no GPU support; everything runs on the CPU");
}

/* How much of the file the system does not have in memory, 0 to 1, from 64 samples; -1: unknown. */
static double cold_part(const char *path)
{
#if defined(__linux__)
    enum { SAMPLES = 64, PAGES = 16 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n, i, k, seen = 0, absent = 0;
    struct stat st;
    unsigned char there[PAGES];
    char *map;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    if (fstat(fd, &st) || st.st_size <= 0 || (uint64_t)st.st_size > SIZE_MAX) { (void)close(fd); return -1; }
    n = (size_t)st.st_size;
    map = (char *)mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (map == (char *)MAP_FAILED) return -1;
    for (i = 0; i < SAMPLES; i++) {
        size_t at = n / SAMPLES * i / page * page, len = n - at < PAGES * page ? n - at : PAGES * page;
        if (mincore(map + at, len, there)) break;
        for (k = 0; k < (len + page - 1) / page; k++) { seen++; absent += !(there[k] & 1); }
    }
    (void)munmap(map, n);
    return seen ? (double)absent / (double)seen : -1;
#else
    (void)path;
    return -1;
#endif
}

/* A cold file is read once in order, at the speed of the disk; page faults from all threads would take many times longer. */
static void warm_up(const llr_gguf *g)
{
    llr_options o = library_options();
    llr_error err;
    if (!llr_gguf_is_mapped(g) || llr_gguf_file_bytes(g) > llr_memory_available() || cold_part(opt.model) < 0.5) return;
    if (llr_gguf_preload(g, &o, &err)) die_status(&err, CODE_FILE);
}

static llr_gguf *open_gguf(void)
{
    llr_options o = library_options();
    llr_gguf *g;
    llr_error err;
    o.no_mmap = o.mlock = 0;
    if (llr_gguf_open(&g, opt.model, &o, &err)) die_status(&err, CODE_FILE);
    return g;
}

static llr_vocab *open_vocab(const llr_gguf *g)
{
    llr_options o = library_options();
    llr_vocab *v;
    llr_error err;
    if (llr_vocab_new(&v, g, &o, &err)) die_status(&err, CODE_FILE);
    return v;
}

static llr_model *open_model(void)
{
    llr_options o = library_options();
    llr_model *m;
    llr_error err;
    if (opt.no_mmap && !opt.force) {            /* before the file is read */
        llr_gguf *g = open_gguf();
        uint64_t need = llr_gguf_file_bytes(g), have = llr_memory_available();
        llr_gguf_close(g);
        if (need > have)
            die(CODE_MEMORY, "not enough memory: with --no-mmap the file takes %s, %s are available\n  Without --no-mmap it is used where it lies.",
                size_text(need).s, size_text(have).s);
    }
    if (llr_model_open(&m, opt.model, &o, &err)) {
        if (err.code == LLR_E_UNSUPPORTED && !opt.no_vocab && strstr(err.msg, "tokenizer"))
            die(CODE_UNSUPPORTED, "%s\n  With --no-vocab the model runs on token ids (--tokens, --ids).", err.msg);
        die_status(&err, CODE_FILE);
    }
    return m;
}

static llr_session_options session_options(void)
{
    llr_session_options so;
    memset(&so, 0, sizeof so);
    if (opt.ctx > 0) so.n_ctx = (uint32_t)opt.ctx;
    if (opt.batch > 0) so.n_batch = (uint32_t)opt.batch;
    if (opt.threads > 0) so.n_threads = (int)opt.threads;
    so.exact = opt.exact;
    if (!opt.kv || !strcmp(opt.kv, "f16")) so.kv = LLR_KV_F16;
    else if (!strcmp(opt.kv, "f32")) so.kv = LLR_KV_F32;
    else if (!strcmp(opt.kv, "q8_0")) so.kv = LLR_KV_Q8_0;
    else die(CODE_USAGE, "--kv %s: must be f16, f32 or q8_0", opt.kv);
    return so;
}

static llr_plan make_plan(const llr_model *m, const llr_session_options *so)
{
    llr_plan p;
    llr_error err;
    memset(&p, 0, sizeof p);
    if (llr_session_plan(m, so, &p, &err)) die_status(&err, CODE_FAILED);
    return p;
}

/* The largest context that fits into `have` bytes; 0: none. The plan grows with the context. */
static uint32_t largest_ctx(const llr_model *m, llr_session_options so, uint64_t have)
{
    uint32_t lo = 0, hi = make_plan(m, &so).n_ctx;
    while (lo + 1 < hi) {
        so.n_ctx = lo + (hi - lo) / 2;
        if (make_plan(m, &so).resident_bytes <= have) lo = so.n_ctx;
        else hi = so.n_ctx;
    }
    return lo;
}

/* A line of advice, if so would take less than `now_bytes`. */
static void advise(struct buf *b, const llr_model *m, const llr_session_options *so, const char *option, uint64_t now_bytes, uint64_t have)
{
    char line[120];
    uint64_t need = make_plan(m, so).resident_bytes;
    if (need > now_bytes / 16 * 15) return;
    buf_add(b, line, (size_t)snprintf(line, sizeof line, "  %s takes %s%s.\n", option, size_text(need).s, need <= have ? ": that fits" : ""));
}

/* What to change when the plan does not fit: sentences, a line each, for the error message and for `plan`. */
static void advice(struct buf *b, const llr_model *m, llr_session_options so, uint64_t have)
{
    char line[80];
    uint64_t need = make_plan(m, &so).resident_bytes;
    uint32_t ctx = largest_ctx(m, so, have);
    llr_session_options less = so;
    b->n = 0;
    if (ctx) buf_add(b, line, (size_t)snprintf(line, sizeof line, "  -c %lu is the largest context that fits.\n", (unsigned long)ctx));
    less.kv = LLR_KV_Q8_0;
    if (so.kv != LLR_KV_Q8_0) advise(b, m, &less, "--kv q8_0", need, have);
    less = so;
    less.n_batch = 64;
    advise(b, m, &less, "-b 64", need, have);
    if (opt.no_mmap) buf_add(b, line, (size_t)snprintf(line, sizeof line, "  Without --no-mmap the weights need not be in memory.\n"));
    buf_add(b, line, (size_t)snprintf(line, sizeof line, "  --force starts all the same.") + 1);
}

static llr_session *open_session(const llr_model *m, const llr_session_options *so)
{
    llr_plan p = make_plan(m, so);
    uint64_t have = llr_memory_available();
    llr_session *s;
    llr_error err;
    if (p.kv_bytes + p.scratch_bytes > have && !opt.force) {
        struct buf b = { NULL, 0, 0 };
        advice(&b, m, *so, have + p.resident_bytes - p.kv_bytes - p.scratch_bytes);
        die(CODE_MEMORY, "not enough memory: a context of %lu tokens needs %s (KV cache %s, scratch %s), %s are available\n%s", (unsigned long)p.n_ctx,
            size_text(p.kv_bytes + p.scratch_bytes).s, size_text(p.kv_bytes).s, size_text(p.scratch_bytes).s, size_text(have).s, b.p);
    }
    if (llr_gguf_is_mapped(llr_model_gguf(m)) && p.kv_bytes + p.scratch_bytes + p.weights_bytes > have)
        note("warning: the weights (%s) do not all fit into the memory that is available (%s): they will be read from the disk again and again",
             size_text(p.weights_bytes).s, size_text(have).s);
    if (llr_session_new(&s, m, so, &err)) die_status(&err, CODE_FAILED);
    active = s;
    return s;
}

static void close_session(llr_session *s)
{
    active = NULL;
    llr_session_free(s);
    if (got_signal) exit_by_signal();
}

static void eval(llr_session *s, const int32_t *ids, size_t n)
{
    llr_error err;
    if (got_signal) exit_by_signal();
    progress.phase = -1;
    if (llr_session_eval(s, ids, n, &err)) die_status(&err, CODE_FAILED);
    if (got_signal) exit_by_signal();
}

static void check_fits(size_t n_tokens, const llr_plan *p, const char *what, size_t room)
{
    if (n_tokens > p->n_ctx)
        die(CODE_USAGE, "the %s has %llu tokens, the context %lu\n  -c %llu would do (see llrun plan for the memory).", what, (unsigned long long)n_tokens,
            (unsigned long)p->n_ctx, (unsigned long long)n_tokens + room);
}

static void tokenize(const llr_vocab *v, const char *text, size_t n, struct ids *ids)
{
    unsigned flags = (opt.no_bos ? 0u : (unsigned)LLR_TOK_SPECIAL) | (opt.no_special ? 0u : (unsigned)LLR_TOK_PARSE);
    llr_error err;
    llr_status st;
    size_t need = n < SIZE_MAX - 8 ? n + 8 : n;
    do {
        if (ids->cap < need) ids->p = (int32_t *)grow(ids->p, &ids->cap, need, sizeof *ids->p);
        st = llr_tokenize(v, text, n, flags, ids->p, ids->cap, &need, &err);
    } while (st == LLR_E_FULL && need > ids->cap);
    if (st) die_status(&err, CODE_FAILED);
    ids->n = need;
}

static const llr_vocab *need_vocab(const llr_model *m)
{
    const llr_vocab *v = llr_model_vocab(m);
    if (!v) die(CODE_UNSUPPORTED, "%s has no tokenizer that could be used\n  Give token ids: --tokens LIST; llrun run then needs --ids.", opt.model);
    return v;
}

/* Little-endian floats, whatever this machine is. */
static void put_floats(const float *x, size_t n)
{
    static const union { uint16_t u; uint8_t b[2]; } endian = { 1 };
    size_t i;
    if (endian.b[0]) { put(x, n * sizeof *x); return; }
    for (i = 0; i < n; i++) {
        uint32_t u;
        uint8_t b[4];
        memcpy(&u, &x[i], 4);
        b[0] = (uint8_t)u; b[1] = (uint8_t)(u >> 8); b[2] = (uint8_t)(u >> 16); b[3] = (uint8_t)(u >> 24);
        put(b, 4);
    }
}

/* ---- run ----------------------------------------------------------------------------------------------------------- */

static void get_prompt(struct buf *text)
{
    const char *arg = opt.n_args ? opt.args[0] : NULL;
    int given = (opt.prompt != NULL) + (opt.file != NULL) + (opt.tokens != NULL) + (arg != NULL);
    if (given > 1) die(CODE_USAGE, "more than one prompt: give one of PROMPT, -p, -f and --tokens");
    if (opt.tokens) return;
    if (opt.prompt || arg) {
        buf_add(text, opt.prompt ? opt.prompt : arg, strlen(opt.prompt ? opt.prompt : arg));
        return;
    }
    if (!opt.file && isatty(fileno(stdin)))
        die(CODE_USAGE, "no prompt, and chat is not built yet\n  llrun run MODEL -p \"Once upon a time\" continues a text; the prompt may also come from -f FILE\n"
                     "  or from standard input.");
    read_file(text, opt.file ? opt.file : "-");
    if (text->n && text->p[text->n - 1] == '\n') text->n--;     /* the one that editors and echo add */
    if (text->n && text->p[text->n - 1] == '\r') text->n--;
}

static uint64_t random_seed(void)
{
    double t = now();
    uint64_t bits;
    memcpy(&bits, &t, sizeof bits);
    bits ^= (uint64_t)time(NULL) << 32 ^ (uint64_t)(uintptr_t)&bits;
    return (bits * 0x9e3779b97f4a7c15u) >> 32;                  /* short enough to type */
}

static llr_sampling sampling(const llr_model *m, uint32_t n_ctx)
{
    llr_sampling how;
    llr_sampling_defaults(&how, llr_model_gguf(m));
    if (opt.temp != NO_NUMBER) how.temp = (float)opt.temp;
    if (opt.top_p != NO_NUMBER) how.top_p = (float)opt.top_p;
    if (opt.min_p != NO_NUMBER) how.min_p = (float)opt.min_p;
    if (opt.typical != NO_NUMBER) how.typical_p = (float)opt.typical;
    if (opt.repeat != NO_NUMBER) how.repeat_penalty = (float)opt.repeat;
    if (opt.frequency != NO_NUMBER) how.frequency_penalty = (float)opt.frequency;
    if (opt.presence != NO_NUMBER) how.presence_penalty = (float)opt.presence;
    if (opt.top_k != NO_INTEGER) how.top_k = (int32_t)opt.top_k;
    if (opt.last_n != NO_INTEGER) how.penalty_last_n = opt.last_n >= 0 ? (int32_t)opt.last_n : n_ctx < 65536 ? (int32_t)n_ctx : 65536;
    how.seed = opt.seed >= 0 ? (uint64_t)opt.seed : random_seed();
    return how;
}

struct generation { struct ids ids; double seconds; int full; };    /* full: the context was the end of it */

/* Text as it comes. The id just drawn: 1 if it ended in a stop string. */
static int put_token(llr_stream *stream, int32_t id, int to_terminal)
{
    llr_error err;
    const char *text;
    size_t n;
    int stopped;
    if (llr_stream_put(stream, id, &text, &n, &stopped, &err)) die_status(&err, CODE_FAILED);
    if (opt.ids || !n) return stopped;
    if (to_terminal) put_terminal(text, n);
    else put(text, n);
    put_flush();
    return stopped;
}

static void generate(llr_session *s, llr_sampler *sampler, llr_stream *stream, const llr_vocab *v, struct generation *g)
{
    int to_terminal = isatty(fileno(out));
    double start = now();
    while (opt.predict < 0 || g->ids.n < (uint64_t)opt.predict) {
        const float *logits = llr_session_logits(s);
        int32_t id = llr_sampler_sample(sampler, logits);
        if (id < 0 || logits[id] != logits[id])
            die(CODE_FAILED, "the model's scores are not numbers after %lu tokens: its weights are damaged, or too large for this arithmetic\n"
                          "  llrun run --exact computes without rounding activations.", (unsigned long)llr_session_pos(s));
        if (v && !opt.ignore_eos && llr_vocab_is_eog(v, id)) break;
        ids_add(&g->ids, id);
        if (stream && put_token(stream, id, to_terminal)) break;
        if (opt.predict >= 0 && g->ids.n == (uint64_t)opt.predict) break;
        if (llr_session_pos(s) == llr_session_ctx(s)) { g->full = 1; break; }
        eval(s, &id, 1);
    }
    g->seconds = now() - start;
    if (stream) {
        const char *text;
        size_t n;
        llr_stream_end(stream, &text, &n);
        if (!opt.ids) put(text, n);
    }
}

static int cmd_run(void)
{
    struct buf text = { NULL, 0, 0 };
    struct ids prompt = { NULL, 0, 0 };
    struct generation g;
    llr_session_options so = session_options();
    llr_plan plan;
    llr_sampling how;
    llr_sampler *sampler;
    llr_stream *stream = NULL;
    llr_model_info info;
    llr_error err;
    llr_options lo = library_options();
    const llr_vocab *v;
    llr_model *m;
    llr_session *s;
    size_t i;
    double start;
    memset(&g, 0, sizeof g);
    get_prompt(&text);
    m = open_model();
    v = opt.tokens && opt.ids ? llr_model_vocab(m) : need_vocab(m);
    if (opt.tokens) read_token_list(&prompt, opt.tokens);
    else tokenize(v, text.p, text.n, &prompt);
    if (!prompt.n) die(CODE_USAGE, "the prompt is empty, and this vocabulary has no token to begin with\n  Give a prompt with -p TEXT.");
    if (!opt.raw && !opt.tokens) note("chat templates are not built yet: the prompt is completed as it is (--raw says that this is meant)");
    plan = make_plan(m, &so);
    check_fits(prompt.n, &plan, "prompt", opt.predict > 0 ? (size_t)opt.predict : 512);
    warm_up(llr_model_gguf(m));
    s = open_session(m, &so);
    llr_model_describe(m, &info);
    how = sampling(m, plan.n_ctx);
    if (llr_sampler_new(&sampler, info.n_vocab, llr_model_gguf(m), &how, &lo, &err)) die_status(&err, CODE_FAILED);
    if (v && llr_stream_new(&stream, v, opt.stops, (size_t)opt.n_stops, &lo, &err)) die_status(&err, CODE_FAILED);
    for (i = 0; i < prompt.n; i++) llr_sampler_accept(sampler, prompt.p[i]);
    start = now();
    eval(s, prompt.p, prompt.n);
    start = now() - start;
    generate(s, sampler, stream, v, &g);
    if (opt.ids) json_ids(g.ids.p, g.ids.n);
    else put("\n", 1);
    put_flush();
    if (g.full) note("the context of %lu tokens is full; -c N makes it larger", (unsigned long)llr_session_ctx(s));
    note("prompt %llu tokens, %.1f/s; generated %llu, %.1f/s; %s%s", (unsigned long long)prompt.n, (double)prompt.n / (start > 0 ? start : 1),
         (unsigned long long)g.ids.n, g.seconds > 0 ? (double)g.ids.n / g.seconds : 0.0, llr_isa_name(info.isa), how.temp > 0 ? "" : ", greedy");
    if (how.temp > 0 && opt.seed < 0) note("--seed %llu repeats this text", (unsigned long long)how.seed);
    llr_stream_free(stream);
    llr_sampler_free(sampler);
    close_session(s);
    llr_model_close(m);
    free(text.p);
    free(prompt.p);
    free(g.ids.p);
    return CODE_OK;
}

/* ---- show ---------------------------------------------------------------------------------------------------------- */

static const char *file_type_name(const llr_gguf *g)
{
    static const char *const names[] = {
        "F32", "F16", "Q4_0", "Q4_1", NULL, NULL, NULL, "Q8_0", "Q5_0", "Q5_1", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M",
        "Q5_K_S", "Q5_K_M", "Q6_K", "IQ2_XXS", "IQ2_XS", "Q2_K_S", "IQ3_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ3_M", "IQ2_S",
        "IQ2_M", "IQ4_XS", "IQ1_M", "BF16", NULL, NULL, NULL, "TQ1_0", "TQ2_0", "MXFP4_MOE", "NVFP4", "Q1_0", "Q2_0"
    };
    llr_meta v;
    if (!llr_gguf_meta_find(g, "general.file_type", &v) || v.i < 0 || v.i >= (int64_t)(sizeof names / sizeof names[0])) return NULL;
    return names[v.i];
}

static const char *meta_type_name(llr_meta_type t)
{
    static const char *const names[] = { "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64" };
    return (int)t >= 0 && (int)t < LLR_META_COUNT ? names[t] : "?";
}

static void put_scalar(const llr_meta *v, int json)
{
    switch (v->type) {
    case LLR_META_STRING:
        if (json) json_string(v->s, v->n_bytes);
        else { put("\"", 1); put_clean(v->s, v->n_bytes, 200); put("\"", 1); }
        break;
    case LLR_META_F32: case LLR_META_F64:
        if (json || v->f - v->f == 0) json_number(v->f, v->type == LLR_META_F32 ? 9 : 17);
        else putf(v->f != v->f ? "nan" : v->f > 0 ? "inf" : "-inf");
        break;
    case LLR_META_BOOL: putf(v->u ? "true" : "false"); break;
    case LLR_META_U64: putf("%llu", (unsigned long long)v->u); break;
    default: putf("%lld", (long long)v->i);
    }
}

/* Long arrays are cut: the vocabulary alone would be megabytes. */
static void put_value(const llr_meta *v, int json)
{
    uint64_t i, most = json ? 16 : 6;
    llr_meta e;
    if (v->type != LLR_META_ARRAY) { put_scalar(v, json); return; }
    if (json) putf("{\"type\":\"%s\",\"count\":%llu,\"first\":[", meta_type_name(v->elem_type), (unsigned long long)v->count);
    else putf("%llu x %s [", (unsigned long long)v->count, meta_type_name(v->elem_type));
    for (i = 0; i < v->count && i < most && llr_gguf_meta_element(v, i, &e); i++) {
        if (i) putf(json ? "," : ", ");
        if (e.type == LLR_META_ARRAY) putf(json ? "null" : "...");
        else put_scalar(&e, json);
    }
    if (!json && i < v->count) putf(i ? ", ..." : "...");
    putf(json ? "]}" : "]");
}

/* What the parts of the engine say about a file. */
struct verdict {
    llr_vocab *vocab; llr_model *model;                 /* NULL: the reason is in the error */
    llr_error vocab_err, model_err;
    llr_vocab_info vi; llr_model_info mi;
    uint64_t n_weights;
};

static void judge(const llr_gguf *g, struct verdict *v)
{
    llr_options o = library_options();
    llr_tensor t;
    size_t i;
    memset(v, 0, sizeof *v);
    o.log = NULL;
    o.no_mmap = o.mlock = 0;
    if (llr_vocab_new(&v->vocab, g, &o, &v->vocab_err)) v->vocab = NULL;
    else llr_vocab_describe(v->vocab, &v->vi);
    o.no_vocab = 1;
    if (llr_model_open(&v->model, opt.model, &o, &v->model_err)) v->model = NULL;
    else llr_model_describe(v->model, &v->mi);
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) v->n_weights += t.n_elements;
}

static void show_json(const llr_gguf *g, const struct verdict *v)
{
    llr_meta x;
    llr_tensor t;
    size_t i;
    int k;
    putf("{\"file\":");
    json_text(opt.model);
    putf(",\"version\":%d,\"bytes\":%llu,\"file_type\":", llr_gguf_version(g), (unsigned long long)llr_gguf_file_bytes(g));
    if (file_type_name(g)) json_text(file_type_name(g));
    else putf("null");
    putf(",\"n_params\":%llu,\"architecture\":", (unsigned long long)v->n_weights);
    if (llr_gguf_meta_find(g, "general.architecture", &x) && x.type == LLR_META_STRING) json_string(x.s, x.n_bytes);
    else putf("null");
    putf(",\"supported\":%s", v->model && v->vocab ? "true" : "false");
    if (v->model) putf(",\"layers\":%ld,\"embedding\":%ld,\"heads\":%ld,\"kv_heads\":%ld,\"context\":%lu", (long)v->mi.n_layer, (long)v->mi.n_embd,
                       (long)v->mi.n_head, (long)v->mi.n_head_kv, (unsigned long)v->mi.n_ctx_train);
    else { putf(",\"model_error\":"); json_text(v->model_err.msg); }
    if (v->vocab) {
        putf(",\"vocabulary\":{\"tokens\":%ld,\"model\":", (long)v->vi.n_tokens);
        json_text(v->vi.model ? v->vi.model : "");
        putf(",\"pre\":");
        json_text(v->vi.pre ? v->vi.pre : "");
        putf(",\"bos\":%ld,\"eos\":%ld,\"add_bos\":%s,\"add_eos\":%s}", (long)v->vi.bos, (long)v->vi.eos, v->vi.add_bos ? "true" : "false", v->vi.add_eos ? "true" : "false");
    } else { putf(",\"vocabulary_error\":"); json_text(v->vocab_err.msg); }
    putf(",\"metadata\":{");
    for (i = 0; llr_gguf_meta(g, i, &x); i++) {
        if (i) put(",", 1);
        json_string(x.key, x.key_bytes);
        put(":", 1);
        put_value(&x, 1);
    }
    putf("},\"tensors\":[");
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) {
        putf(i ? ",{\"name\":" : "{\"name\":");
        json_string(t.name, t.name_bytes);
        putf(",\"type\":\"%s\",\"shape\":[", t.type_name);
        for (k = 0; k < t.n_dims; k++) putf(k ? ",%llu" : "%llu", (unsigned long long)t.ne[k]);
        putf("],\"bytes\":%llu,\"offset\":%llu,\"file\":%d}", (unsigned long long)t.n_bytes, (unsigned long long)t.offset, t.shard);
    }
    putf("]}\n");
}

static void show_text(const llr_gguf *g, const struct verdict *v)
{
    llr_meta x;
    llr_tensor t;
    size_t i;
    int k;
    putf("file          %s: GGUF version %d, %s, %s weights", opt.model, llr_gguf_version(g), size_text(llr_gguf_file_bytes(g)).s, count_text(v->n_weights).s);
    putf(file_type_name(g) ? ", mostly %s\n" : "\n", file_type_name(g));
    if (v->model) putf("model         %s: %ld layers, embedding %ld, %ld heads (%ld for KV), context %lu: supported\n", v->mi.arch, (long)v->mi.n_layer, (long)v->mi.n_embd,
                       (long)v->mi.n_head, (long)v->mi.n_head_kv, (unsigned long)v->mi.n_ctx_train);
    else putf("model         %s\n", v->model_err.msg);
    if (v->vocab) putf("vocabulary    %ld tokens, %s%s%s, BOS %ld%s, EOS %ld%s: supported\n", (long)v->vi.n_tokens, v->vi.model ? v->vi.model : "?", v->vi.pre && *v->vi.pre ? " " : "",
                       v->vi.pre ? v->vi.pre : "", (long)v->vi.bos, v->vi.add_bos ? " (added)" : "", (long)v->vi.eos, v->vi.add_eos ? " (added)" : "");
    else putf("vocabulary    %s\n", v->vocab_err.msg);
    putf("\nmetadata: %llu values\n", (unsigned long long)llr_gguf_meta_count(g));
    for (i = 0; llr_gguf_meta(g, i, &x); i++) {
        putf("  ");
        put_clean(x.key, x.key_bytes, 200);
        putf(" = ");
        put_value(&x, 0);
        put("\n", 1);
    }
    putf("\ntensors: %llu\n", (unsigned long long)llr_gguf_tensor_count(g));
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) {
        putf("  %-8s %10s  ", t.type_name, size_text(t.n_bytes).s);
        put_clean(t.name, t.name_bytes, 200);
        putf(" [");
        for (k = 0; k < t.n_dims; k++) putf(k ? ", %llu" : "%llu", (unsigned long long)t.ne[k]);
        putf("]\n");
    }
}

static int cmd_show(void)
{
    llr_gguf *g = open_gguf();
    struct verdict v;
    judge(g, &v);
    if (opt.json) show_json(g, &v);
    else show_text(g, &v);
    put_flush();
    /* a file of a vocabulary alone is no damaged model */
    if (!v.model && v.model_err.code == LLR_E_FORMAT && llr_gguf_tensor_count(g)) die_status(&v.model_err, CODE_FILE);
    if (!v.vocab && v.vocab_err.code == LLR_E_FORMAT) die_status(&v.vocab_err, CODE_FILE);
    llr_vocab_free(v.vocab);
    llr_model_close(v.model);
    llr_gguf_close(g);
    return CODE_OK;
}

/* ---- plan, cpu ----------------------------------------------------------------------------------------------------- */

static int cmd_plan(void)
{
    llr_session_options so = session_options();
    llr_plan p;
    llr_model *m;
    llr_model_info info;
    struct buf b = { NULL, 0, 0 };
    uint64_t have;
    int fits, known, in_memory = opt.no_mmap, from_disk;
    opt.no_mmap = opt.mlock = 0;                        /* nothing is loaded to find out whether it could be */
    m = open_model();
    opt.no_mmap = in_memory;
    p = make_plan(m, &so);
    if (in_memory && llr_gguf_is_mapped(llr_model_gguf(m))) p.resident_bytes += p.weights_bytes;
    have = llr_memory_available();
    known = have != UINT64_MAX;
    fits = p.resident_bytes <= have;
    from_disk = fits && p.total_bytes > have;
    llr_model_describe(m, &info);
    if (!fits) advice(&b, m, so, in_memory ? have - (p.weights_bytes < have ? p.weights_bytes : have) : have);
    if (opt.json) {
        putf("{\"weights_bytes\":%llu,\"kv_bytes\":%llu,\"scratch_bytes\":%llu,\"other_bytes\":%llu,\"total_bytes\":%llu,\"resident_bytes\":%llu,\"available_bytes\":",
             (unsigned long long)p.weights_bytes, (unsigned long long)p.kv_bytes, (unsigned long long)p.scratch_bytes, (unsigned long long)p.other_bytes,
             (unsigned long long)p.total_bytes, (unsigned long long)p.resident_bytes);
        if (known) putf("%llu", (unsigned long long)have);
        else putf("null");
        putf(",\"fits\":%s,\"from_disk\":%s,\"n_ctx\":%lu,\"n_batch\":%lu,\"n_ctx_train\":%lu,\"kv\":\"%s\",\"threads\":%d,\"gpu_layers\":0,\"architecture\":",
             fits ? "true" : "false", from_disk ? "true" : "false", (unsigned long)p.n_ctx, (unsigned long)p.n_batch, (unsigned long)info.n_ctx_train,
             opt.kv ? opt.kv : "f16", so.n_threads ? so.n_threads : llr_threads_default());
        json_text(info.arch);
        putf("}\n");
    } else {
        putf("model        %s: %s, %s weights\n", opt.model, info.arch, count_text(info.n_params).s);
        putf("run          context %lu (trained with %lu), batch %lu, KV cache %s, %d threads, %s\n", (unsigned long)p.n_ctx, (unsigned long)info.n_ctx_train,
             (unsigned long)p.n_batch, opt.kv ? opt.kv : "f16", so.n_threads ? so.n_threads : llr_threads_default(), llr_isa_name(info.isa));
        putf("weights      %12s  %s\n", size_text(p.weights_bytes).s, in_memory ? "read into memory" : "used where they lie in the file; the system can drop and re-read them");
        putf("KV cache     %12s\n", size_text(p.kv_bytes).s);
        putf("scratch      %12s\n", size_text(p.scratch_bytes).s);
        putf("other        %12s\n", size_text(p.other_bytes).s);
        putf("total        %12s\n", size_text(p.total_bytes).s);
        putf("must fit     %12s\n", size_text(p.resident_bytes).s);
        putf("available    %12s\n", known ? size_text(have).s : "unknown");
        putf("verdict      %s\n", !fits ? "does not fit" : from_disk ? "fits, but the weights do not all: they will be read from the disk again and again, which is slow"
                                 : "fits");
        if (!fits) putf("%s\n", b.p);
    }
    put_flush();
    if (!fits && !quiet)
        fprintf(stderr, "llrun: error: not enough memory: %s must fit, %s are available\n", size_text(p.resident_bytes).s, size_text(have).s);
    llr_model_close(m);
    free(b.p);
    return fits ? CODE_OK : CODE_MEMORY;
}

static void put_isas(uint32_t bits, int json)
{
    int i, n = 0;
    for (i = 1; i < LLR_ISA_COUNT; i++)
        if (bits >> i & 1) {
            putf(json ? "%s\"%s\"" : "%s%s", n ? (json ? "," : " ") : "", llr_isa_name((llr_isa)i));
            n++;
        }
}

static int cmd_cpu(void)
{
    llr_cpu_info c;
    const char *name;
    llr_isa isa;
    int i, n = 0;
    llr_cpu(&c);
    isa = chosen_isa == LLR_ISA_BEST ? c.best : chosen_isa;
    if (opt.json) {
        putf("{\"chosen\":\"%s\",\"usable\":[", llr_isa_name(isa));
        put_isas(c.usable, 1);
        putf("],\"built\":[");
        put_isas(c.built, 1);
        putf("],\"forced\":%s,\"why\":", chosen_isa == LLR_ISA_BEST ? "false" : "true");
        json_text(c.why);
        putf(",\"brand\":");
        json_text(c.brand);
        putf(",\"features\":[");
        for (i = 0; (name = llr_cpu_feature_name(i)); i++)
            if (c.features >> i & 1) putf("%s\"%s\"", n++ ? "," : "", name);
        putf("],\"xcr0\":\"0x%llx\",\"threads\":%d}\n", (unsigned long long)c.xcr0, llr_threads_default());
        return CODE_OK;
    }
    putf("cpu          ");
    put_clean(*c.brand ? c.brand : "unknown", strlen(*c.brand ? c.brand : "unknown"), 64);
    putf("\nfeatures    ");
    for (i = 0; (name = llr_cpu_feature_name(i)); i++) if (c.features >> i & 1) putf(" %s", name);
    putf("\nos           XCR0 = 0x%llx%s\n", (unsigned long long)c.xcr0, c.xcr0 & 4 ? ": the system saves AVX registers" : ": the system does not save AVX registers");
    putf("built        ");
    put_isas(c.built, 0);
    putf("\nusable       ");
    put_isas(c.usable, 0);
    putf("\nchosen       %s%s\n", llr_isa_name(isa), chosen_isa == LLR_ISA_BEST ? "" : " (forced)");
    if (*c.why) putf("why          %s\n", c.why);
    putf("threads      %d\n", llr_threads_default());
    return CODE_OK;
}

/* ---- tokenize, detokenize, logits, perplexity, dump ---------------------------------------------------------------- */

static int cmd_tokenize(void)
{
    llr_gguf *g = open_gguf();
    llr_vocab *v = open_vocab(g);
    struct buf line = { NULL, 0, 0 }, text = { NULL, 0, 0 };
    struct ids ids = { NULL, 0, 0 };
    unsigned long n = 0;
    if (opt.jsonl)
        while (read_line(&line)) {
            n++;
            if (!read_json_string(&text, line.p, line.n)) die(CODE_USAGE, "line %lu is not a JSON string", n);
            tokenize(v, text.p, text.n, &ids);
            json_ids(ids.p, ids.n);
            put_flush();                        /* whoever asks line by line waits for it */
        }
    else {
        read_file(&text, "-");
        tokenize(v, text.p, text.n, &ids);
        json_ids(ids.p, ids.n);
    }
    free(line.p);
    free(text.p);
    free(ids.p);
    llr_vocab_free(v);
    llr_gguf_close(g);
    return CODE_OK;
}

static void put_detokenized(const llr_vocab *v, const struct ids *ids, struct buf *text)
{
    llr_error err;
    llr_status st;
    size_t i, n = 4 * ids->n;
    do {
        text->n = 0;
        buf_room(text, n);
        st = llr_detokenize(v, ids->p, ids->n, text->p, text->cap, &n, &err);
    } while (st == LLR_E_FULL && n > text->cap);
    if (st) die_status(&err, CODE_FAILED);
    if (opt.hex) for (i = 0; i < n; i++) putf("%02x", (unsigned char)text->p[i]);
    else if (opt.jsonl) json_string(text->p, n);
    else put(text->p, n);
    if (opt.hex || opt.jsonl) put("\n", 1);
}

/* Is the line one array, as far as its brackets tell? */
static int is_array(const struct buf *line)
{
    size_t i = 0, n = line->n;
    while (n && strchr(" \t\r", line->p[n - 1])) n--;
    while (i < n && strchr(" \t", line->p[i])) i++;
    if (n < i + 2 || line->p[i] != '[' || line->p[n - 1] != ']') return 0;
    for (i++; i + 1 < n; i++) if (line->p[i] == '[' || line->p[i] == ']') return 0;
    return 1;
}

static int cmd_detokenize(void)
{
    llr_gguf *g;
    llr_vocab *v;
    struct buf line = { NULL, 0, 0 }, text = { NULL, 0, 0 };
    struct ids ids = { NULL, 0, 0 };
    char where[40];
    unsigned long n = 0;
    if (!opt.tokens == !opt.jsonl) die(CODE_USAGE, "detokenize needs --tokens LIST or --jsonl");
    g = open_gguf();
    v = open_vocab(g);
    if (opt.jsonl)
        while (read_line(&line)) {
            (void)snprintf(where, sizeof where, "line %lu", ++n);
            if (!is_array(&line)) die(CODE_USAGE, "%s is not a JSON array of token ids", where);
            read_ids(&ids, line.p, line.n, where);
            put_detokenized(v, &ids, &text);
            put_flush();
        }
    else {
        read_token_list(&ids, opt.tokens);
        put_detokenized(v, &ids, &text);
    }
    free(line.p);
    free(text.p);
    free(ids.p);
    llr_vocab_free(v);
    llr_gguf_close(g);
    return CODE_OK;
}

/* Where -c and -b are not given: a context for n tokens, and batches whose logits take no more than about 64 MiB. */
static void size_session(llr_session_options *so, size_t n, const llr_model_info *info)
{
    uint32_t rows = (64u << 20) / 4 / (uint32_t)info->n_vocab + 1;
    if (n > INT32_MAX) die(CODE_USAGE, "%llu tokens are too many", (unsigned long long)n);
    if (!so->n_ctx) so->n_ctx = (uint32_t)n;
    if (!so->n_batch && so->all_logits && rows < 512) so->n_batch = rows;
    if (so->n_ctx < (so->n_batch ? so->n_batch : 512)) so->n_batch = so->n_ctx;
}

static int cmd_logits(void)
{
    llr_session_options so = session_options();
    struct ids ids = { NULL, 0, 0 };
    llr_model *m;
    llr_session *s;
    llr_plan plan;
    llr_model_info info;
    size_t at, i, n;
    if (!opt.tokens) die(CODE_USAGE, "logits needs --tokens LIST");
    m = open_model();
    read_token_list(&ids, opt.tokens);
    llr_model_describe(m, &info);
    so.all_logits = opt.all;
    size_session(&so, ids.n, &info);
    plan = make_plan(m, &so);
    check_fits(ids.n, &plan, "list", 0);
    warm_up(llr_model_gguf(m));
    s = open_session(m, &so);
    open_output(opt.output);
    if (!opt.all) {
        eval(s, ids.p, ids.n);
        put_floats(llr_session_logits(s), (size_t)info.n_vocab);
    } else
        for (at = 0; at < ids.n; at += n) {     /* a session keeps the logits of n_batch tokens */
            n = ids.n - at < plan.n_batch ? ids.n - at : plan.n_batch;
            eval(s, ids.p + at, n);
            for (i = 0; i < n; i++) put_floats(llr_session_logits_at(s, i), (size_t)info.n_vocab);
        }
    close_session(s);
    llr_model_close(m);
    free(ids.p);
    return CODE_OK;
}

/* -ln of the probability that the model gave to `id` */
static double surprise(const float *logits, int32_t n, int32_t id)
{
    double sum = 0, max = logits[0];
    int32_t i;
    for (i = 1; i < n; i++) if (logits[i] > max) max = logits[i];
    for (i = 0; i < n; i++) sum += exp(logits[i] - max);
    return log(sum) + max - logits[id];
}

/* One piece from an empty context; the sum over its predictions. */
static double piece_surprise(llr_session *s, const int32_t *ids, size_t n, size_t n_batch, int32_t n_vocab)
{
    double sum = 0;
    size_t at, i, k;
    (void)llr_session_rewind(s, 0);
    for (at = 0; at < n; at += k) {
        k = n - at < n_batch ? n - at : n_batch;
        eval(s, ids + at, k);
        for (i = at; i < at + k && i + 1 < n; i++) {
            if (ids[i + 1] >= n_vocab) die(CODE_USAGE, "token id %ld is not in the vocabulary of %ld", (long)ids[i + 1], (long)n_vocab);
            sum += surprise(llr_session_logits_at(s, i - at), n_vocab, ids[i + 1]);
        }
    }
    return sum;
}

static int cmd_perplexity(void)
{
    llr_session_options so = session_options();
    struct ids ids = { NULL, 0, 0 };
    struct buf text = { NULL, 0, 0 };
    llr_vocab_info vi;
    llr_model_info info;
    llr_model *m;
    llr_session *s;
    llr_plan plan;
    double sum = 0, nll;
    size_t at, n, count = 0, pieces = 0;
    int32_t *piece, bos = -1;
    if (!opt.tokens == !opt.file) die(CODE_USAGE, "perplexity needs one of -f FILE and --tokens LIST");
    m = open_model();
    if (opt.tokens) read_token_list(&ids, opt.tokens);
    else {
        const llr_vocab *v = need_vocab(m);
        read_file(&text, opt.file);
        tokenize(v, text.p, text.n, &ids);
        llr_vocab_describe(v, &vi);
        if (vi.add_bos) bos = vi.bos;
    }
    if (ids.n < 2) die(CODE_USAGE, "perplexity: %llu tokens; at least 2 are needed", (unsigned long long)ids.n);
    llr_model_describe(m, &info);
    so.all_logits = 1;
    size_session(&so, ids.n < info.n_ctx_train ? ids.n : info.n_ctx_train, &info);
    plan = make_plan(m, &so);
    if (plan.n_ctx < 2) die(CODE_USAGE, "perplexity: a context of %lu is too short; -c 2 at least", (unsigned long)plan.n_ctx);
    warm_up(llr_model_gguf(m));
    s = open_session(m, &so);
    piece = (int32_t *)malloc((size_t)plan.n_ctx * sizeof *piece);
    if (!piece) die(CODE_MEMORY, "not enough memory for %lu token ids", (unsigned long)plan.n_ctx);
    for (at = 0; at < ids.n; pieces++) {
        size_t extra = pieces && bos >= 0;
        n = ids.n - at < plan.n_ctx - extra ? ids.n - at : plan.n_ctx - extra;
        if (extra) piece[0] = bos;
        memcpy(piece + extra, ids.p + at, n * sizeof *piece);
        at += n;
        if (n + extra < 2) break;               /* a last single token predicts nothing */
        sum += piece_surprise(s, piece, n + extra, plan.n_batch, info.n_vocab);
        count += n + extra - 1;
        if (ids.n > plan.n_ctx && progress.on && at < ids.n) {
            fprintf(stderr, "\rllrun: %llu of %llu tokens, perplexity %.4f ", (unsigned long long)at, (unsigned long long)ids.n, exp(sum / (double)count));
            progress_shown = 1;
        }
    }
    progress_clear();
    nll = sum / (double)count;
    if (opt.json) {
        putf("{\"n\":%llu,\"nll\":", (unsigned long long)count);
        json_number(nll, 12);
        putf(",\"ppl\":");
        json_number(exp(nll), 12);
        putf(",\"pieces\":%llu}\n", (unsigned long long)pieces);
    } else putf("perplexity %.4f (mean negative log likelihood %.6f over %llu tokens in %llu piece%s)\n", exp(nll), nll, (unsigned long long)count,
                (unsigned long long)pieces, pieces == 1 ? "" : "s");
    close_session(s);
    llr_model_close(m);
    free(piece);
    free(text.p);
    free(ids.p);
    return CODE_OK;
}

static int cmd_dump(void)
{
    enum { CHUNK = 1 << 16 };                   /* a multiple of every block */
    llr_gguf *g;
    llr_tensor t;
    llr_error err;
    float *x;
    uint64_t at;
    size_t i, n;
    if (!opt.n_args) die(CODE_USAGE, "dump needs the name of a tensor; llrun show lists them");
    g = open_gguf();
    for (i = 0; llr_gguf_tensor(g, i, &t); i++)
        if (t.name_bytes == strlen(opt.args[0]) && !memcmp(t.name, opt.args[0], t.name_bytes)) break;
    if (i == llr_gguf_tensor_count(g)) die(CODE_USAGE, "no tensor \"%s\" in %s; llrun show lists them", opt.args[0], opt.model);
    x = (float *)malloc(CHUNK * sizeof *x);
    if (!x) die(CODE_MEMORY, "not enough memory for %d floats", (int)CHUNK);
    for (at = 0; at < t.n_elements; at += n) {
        n = t.n_elements - at < CHUNK ? (size_t)(t.n_elements - at) : (size_t)CHUNK;
        if (llr_gguf_read(g, i, at, n, x, &err)) die_status(&err, CODE_FILE);
        if (!at) open_output(opt.output);       /* not before it is known that there is something to write */
        put_floats(x, n);
    }
    free(x);
    llr_gguf_close(g);
    return CODE_OK;
}

/* ---- bench --------------------------------------------------------------------------------------------------------- */

#ifndef _WIN32
struct reader { pthread_t id; const uint64_t *p; size_t n; int rounds; uint64_t sum; };

static void *reader_main(void *arg)
{
    struct reader *r = (struct reader *)arg;
    uint64_t a = 0, b = 0, c = 0, d = 0;
    size_t i;
    int k;
    for (k = 0; k < r->rounds; k++) {
        const volatile uint64_t *once = r->p;   /* so that the rounds are not merged */
        a += once[0];
        for (i = 0; i + 8 <= r->n; i += 8) {
            a += r->p[i] + r->p[i + 4];
            b += r->p[i + 1] + r->p[i + 5];
            c += r->p[i + 2] + r->p[i + 6];
            d += r->p[i + 3] + r->p[i + 7];
        }
        r->sum += a ^ b ^ c ^ d;
    }
    return NULL;
}

static double read_seconds(struct reader *r, int threads, int rounds)
{
    double start = now();
    int i, started;
    for (i = 0; i < threads; i++) r[i].rounds = rounds;
    for (started = 1; started < threads; started++)
        if (pthread_create(&r[started].id, NULL, reader_main, &r[started])) break;
    reader_main(&r[0]);
    for (i = started; i < threads; i++) reader_main(&r[i]);     /* what had no thread */
    for (i = 1; i < started; i++) (void)pthread_join(r[i].id, NULL);
    return now() - start;
}

/* The speed at which as many threads can read the same pages in a plain loop, in GB/s; 0: unknown. */
static double stream_speed(int threads)
{
    struct stat st;
    struct reader *r;
    double t = 0;
    uint64_t *map;
    size_t words, slice;
    int i, rounds, fd = open(opt.model, O_RDONLY);
    if (fd < 0) return 0;
    if (fstat(fd, &st) || st.st_size < 4096 || (uint64_t)st.st_size > SIZE_MAX / 2) { (void)close(fd); return 0; }
    words = (size_t)st.st_size / 8;
    slice = words / (size_t)threads / 8 * 8;
    map = (uint64_t *)mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    r = (struct reader *)calloc((size_t)threads, sizeof *r);
    if (map != (uint64_t *)MAP_FAILED && r && slice) {
        for (i = 0; i < threads; i++) {
            r[i].p = map + (size_t)i * slice;
            r[i].n = slice;
        }
        (void)read_seconds(r, threads, 1);
        for (rounds = 1; (t = read_seconds(r, threads, rounds)) < 0.2 && rounds < 1 << 24; ) rounds *= t < 0.02 ? 10 : 2;
        t = (double)slice * 8 * threads * rounds / t / 1e9;
    }
    if (map != (uint64_t *)MAP_FAILED) (void)munmap(map, (size_t)st.st_size);
    free(r);
    return t;
}
#else
static double stream_speed(int threads) { (void)threads; return 0; }
#endif

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_value);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* What one token reads and computes: all matrices, but of the token embedding only a row if the output has its own. */
static void token_work(const llr_gguf *g, uint64_t *bytes, uint64_t *block_weights)
{
    llr_tensor t;
    size_t i;
    int tied = 1;
    *bytes = *block_weights = 0;
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) if (t.name_bytes == 13 && !memcmp(t.name, "output.weight", 13)) tied = 0;
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) {
        if (tied || t.name_bytes != 17 || memcmp(t.name, "token_embd.weight", 17)) *bytes += t.n_bytes;
        if (t.name_bytes > 4 && !memcmp(t.name, "blk.", 4) && t.n_dims == 2) *block_weights += t.n_elements;
    }
}

static int cmd_bench(void)
{
    size_t n_prompt = opt.bench_prompt >= 0 ? (size_t)opt.bench_prompt : 512, n_predict = opt.bench_predict >= 0 ? (size_t)opt.bench_predict : 64, i;
    int runs = opt.runs > 0 ? (int)opt.runs : 3, k, threads;
    llr_session_options so = session_options();
    llr_options lo = library_options();
    llr_error err;
    llr_pool *pool;
    llr_model *m;
    llr_model_info info;
    llr_session *s;
    double *prefill, *decode, load = now(), prefill_tps = 0, decode_tps = 0, stream, decode_gbps, prefill_gops;
    uint64_t bytes, weights;
    int32_t *ids;
    m = open_model();
    llr_model_describe(m, &info);
    warm_up(llr_model_gguf(m));
    if (!so.n_ctx) so.n_ctx = (uint32_t)(n_prompt > n_predict + 1 ? n_prompt : n_predict + 1);
    if (llr_pool_new(&pool, so.n_threads, &lo, &err)) die_status(&err, CODE_FAILED);
    threads = llr_pool_threads(pool);
    so.pool = pool;
    s = open_session(m, &so);
    load = now() - load;
    ids = (int32_t *)malloc((n_prompt + 1) * sizeof *ids);
    prefill = (double *)malloc((size_t)runs * sizeof *prefill);
    decode = (double *)malloc((size_t)runs * sizeof *decode);
    if (!ids || !prefill || !decode) die(CODE_MEMORY, "not enough memory for the results");
    for (i = 0; i <= n_prompt; i++) ids[i] = (int32_t)((i * 7919 + 1) % (size_t)info.n_vocab);
    eval(s, ids, n_prompt < 8 ? 1 : 8);         /* first touches of everything */
    for (k = 0; k < runs; k++) {
        double t;
        (void)llr_session_rewind(s, 0);
        t = now();
        if (n_prompt) eval(s, ids, n_prompt);
        prefill[k] = (double)n_prompt / (now() - t);
        (void)llr_session_rewind(s, 0);
        eval(s, ids, 1);
        t = now();
        for (i = 0; i < n_predict; i++) {
            int32_t id = llr_argmax(llr_session_logits(s), info.n_vocab);
            eval(s, &id, 1);
        }
        decode[k] = (double)n_predict / (now() - t);
    }
    if (n_prompt) prefill_tps = median(prefill, runs);
    if (n_predict) decode_tps = median(decode, runs);
    stream = stream_speed(threads);
    token_work(llr_model_gguf(m), &bytes, &weights);
    decode_gbps = decode_tps * (double)bytes / 1e9;
    prefill_gops = prefill_tps * 2 * (double)weights / 1e9;
    if (opt.json) {
        putf("{\"prefill_tps\":");
        json_number(prefill_tps, 6);
        putf(",\"decode_tps\":");
        json_number(decode_tps, 6);
        putf(",\"stream_gbps\":");
        json_number(stream > 0 ? stream : HUGE_VAL, 6);
        putf(",\"decode_gbps\":");
        json_number(decode_gbps, 6);
        putf(",\"peak_gops\":null,\"prefill_gops\":");
        json_number(prefill_gops, 6);
        putf(",\"isa\":\"%s\",\"threads\":%d,\"n_prompt\":%llu,\"n_predict\":%llu,\"runs\":%d,\"weights_bytes\":%llu,\"load_seconds\":", llr_isa_name(info.isa), threads,
             (unsigned long long)n_prompt, (unsigned long long)n_predict, runs, (unsigned long long)info.weights_bytes);
        json_number(load, 4);
        putf("}\n");
    } else {
        putf("model        %s: %s, %s weights, %s\n", opt.model, info.arch, count_text(info.n_params).s, size_text(info.weights_bytes).s);
        putf("kernels      %s, %d thread%s\n", llr_isa_name(info.isa), threads, threads == 1 ? "" : "s");
        if (n_prompt) putf("prompt       %llu tokens: %.1f tokens/s, %.1f GOP/s\n", (unsigned long long)n_prompt, prefill_tps, prefill_gops);
        if (n_predict) putf("generation   %llu tokens: %.1f tokens/s, reads %.2f GB/s of weights\n", (unsigned long long)n_predict, decode_tps, decode_gbps);
        if (stream > 0) putf("reading      %.2f GB/s in a plain loop over the same file: generation reaches %.0f %% of it\n", stream, 100 * decode_gbps / stream);
    }
    close_session(s);
    llr_pool_free(pool);
    llr_model_close(m);
    free(ids);
    free(prefill);
    free(decode);
    return CODE_OK;
}

/* ---- main ---------------------------------------------------------------------------------------------------------- */

static int looks_like_file(const char *a)
{
    size_t n = strlen(a);
    FILE *f;
    if (strpbrk(a, "/\\") || (n > 5 && !strcmp(a + n - 5, ".gguf"))) return 1;
    f = open_utf8(a, "rb");
    if (f) (void)fclose(f);
    return f != NULL;
}

/* The index of the command, after options perhaps; 0 if there is none. Whether an option has a value does not depend on
 * the command. */
static int command_index(int argc, char **argv)
{
    int i;
    for (i = 1; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--"); i++) {
        size_t n = argv[i][1] == '-' ? strcspn(argv[i], "=") : strlen(argv[i]);
        const struct option *o = find_option(argv[i], n, C_ALL);
        if (o && o->kind != FLAG && !argv[i][n]) i++;
    }
    return i < argc && find_command(argv[i]) ? i : 0;
}

static int run_program(int argc, char **argv)
{
    const struct command *c = NULL;
    int code, at = command_index(argc, argv);
    out = stdout;
    install_signals();
    clear_options();
    if (argc < 2) {
        out = stderr;
        put_usage();
        return CODE_USAGE;
    }
    if (at) {                                   /* to the front */
        char *name = argv[at];
        memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);
        argv[1] = name;
        c = find_command(name);
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) c = find_command("help");
    if (!strcmp(argv[1], "--version")) c = find_command("version");
    if (c) {
        argc--;
        argv++;
    } else if (argv[1][0] == '-' || looks_like_file(argv[1])) c = find_command("run");
    else die(CODE_USAGE, "\"%s\" is neither a command nor a file\n  llrun help lists the commands.", argv[1]);
    if (!c->run) {
        if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) put_command_help(c);
        else die(CODE_UNSUPPORTED, "llrun %s is not built yet\n  llrun help lists what works.", c->name);
        put_flush();
        return CODE_OK;
    }
    parse_arguments(c, argc - 1, argv + 1);
    if (opt.version) c = find_command("version");
    progress.on = !quiet && isatty(fileno(stderr));
    progress.phase = -1;
    if (opt.help && c->run != cmd_help) {
        put_command_help(c);
        code = CODE_OK;
    } else {
        choose_isa();
        check_gpu();
        code = c->run();
    }
    put_flush();
    if (fclose(out)) die_output();              /* network file systems report a full disk only here */
    return code;
}

#ifdef _WIN32
/* The arguments as UTF-8; standard streams without newline translation. */
int main(void)
{
    int argc, i;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &argc);
    char **argv = wide ? (char **)calloc((size_t)argc + 1, sizeof *argv) : NULL;
    if (!argv) return CODE_MEMORY;
    for (i = 0; i < argc; i++) {
        int n = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, NULL, 0, NULL, NULL);
        argv[i] = (char *)calloc((size_t)n + 1, 1);
        if (!argv[i]) return CODE_MEMORY;
        (void)WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, argv[i], n, NULL, NULL);
    }
    (void)SetConsoleOutputCP(CP_UTF8);
    (void)_setmode(_fileno(stdin), _O_BINARY);
    (void)_setmode(_fileno(stdout), _O_BINARY);
    return run_program(argc, argv);
}
#else
int main(int argc, char **argv) { return run_program(argc, argv); }
#endif
