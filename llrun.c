/* llrun: runs GGUF language models from the command line. The first user of llrun.h: it uses the public functions alone, and
 * it is the only place that has a terminal, signals, environment variables and exit codes.
 *
 *     cc -O3 -ffp-contract=off -o llrun llrun.c -lm -lpthread
 *
 * Order: messages and output, text and JSON, options, signals and progress, models and sessions, a function per command,
 * main. Functions called die... do not return.
 */
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
#  include <arpa/inet.h>
#  include <dirent.h>
#  include <netinet/in.h>
#  include <poll.h>
#  include <sched.h>
#  include <sys/resource.h>
#  include <sys/socket.h>
#  ifdef __linux__
#    include <sys/vfs.h>
#  endif
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

/* The same file, whatever it is called; 0 if one of them is not there. Windows: only by name. */
static int same_file(const char *a, const char *b)
{
#ifdef _WIN32
    return a && b && strcmp(a, b) == 0;
#else
    struct stat x, y;
    return a && b && stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
#endif
}

static void open_output(const char *path, const char *model)
{
    if (!path || !strcmp(path, "-")) return;
    if (same_file(path, model)) die(CODE_USAGE, "-o %s is the model itself: it would be destroyed", path);
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

static int memory_for(size_t n);

static void *grow(void *p, size_t *cap, size_t want, size_t item)
{
    size_t n = *cap ? *cap : 256;
    while (n < want && n <= SIZE_MAX / 2) n *= 2;
    if (n < want || n > SIZE_MAX / item || !memory_for(n * item) || !(p = realloc(p, n * item)))
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

static void buf_text(struct buf *b, const char *s) { buf_add(b, s, strlen(s)); }

static void buf_json_string(struct buf *b, const char *s, size_t n)
{
    char u[8];
    size_t i, len;
    buf_text(b, "\"");
    for (i = 0; i < n; i += len) {
        unsigned char c = (unsigned char)s[i];
        len = utf8_sequence(s + i, n - i);
        if (len == 0) { buf_text(b, "\xef\xbf\xbd"); len = 1; }
        else if (c == '"' || c == '\\') { buf_text(b, "\\"); buf_add(b, s + i, 1); }
        else if (c == '\n') buf_text(b, "\\n");
        else if (c == '\t') buf_text(b, "\\t");
        else if (c == '\r') buf_text(b, "\\r");
        else if (c < 0x20 || c == 0x7f) buf_add(b, u, (size_t)snprintf(u, sizeof u, "\\u%04x", c));
        else buf_add(b, s + i, len);
    }
    buf_text(b, "\"");
}

static void json_string(const char *s, size_t n)
{
    struct buf b = { NULL, 0, 0 };
    buf_json_string(&b, s, n);
    put(b.p, b.n);
    free(b.p);
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
    C_BENCH = 512, C_HELP = 1024, C_VERSION = 2048, C_LATER = 4096, C_DOCTOR = 32768, C_TEMPLATE = 8192,
    C_MODEL = C_RUN | C_SHOW | C_PLAN | C_TOKENIZE | C_DETOKENIZE | C_LOGITS | C_PERPLEXITY | C_DUMP | C_BENCH | C_TEMPLATE,
    C_EVAL = C_RUN | C_PLAN | C_LOGITS | C_PERPLEXITY | C_BENCH,
    C_ALL = 0xffff
};
enum kind { FLAG, INTEGER, NUMBER, TEXT, TEXTS };
enum { MAX_STOPS = 16, MAX_POSITIONAL = 3 };
#define NO_INTEGER INT64_MIN
#define NO_NUMBER (-HUGE_VAL)

static struct options {
    const char *explain;
    const char *model, *prompt, *system, *file, *tokens, *output, *isa, *kv, *gpu, *gpu_layers, *stops[MAX_STOPS];
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
    X("-m --model",                      TEXT,    model,         "FILE", C_DOCTOR | C_MODEL, 0, 0, "the GGUF file, or the first file of a split one; same as MODEL") \
    X("-p --prompt",                     TEXT,    prompt,        "TEXT", C_RUN, 0, 0, "the prompt; same as PROMPT") \
    X("-f --file",                       TEXT,    file,          "FILE", C_RUN | C_PERPLEXITY, 0, 0, "read the text from FILE (-: standard input); run drops one newline at its end") \
    X("--tokens",                        TEXT,    tokens,        "LIST", C_RUN | C_DETOKENIZE | C_LOGITS | C_PERPLEXITY, 0, 0, "token ids instead of text: 1,2,3 or @FILE; nothing is added") \
    X("-n --predict --n-predict",        INTEGER, predict,       "N", C_RUN, -1, 1e9, "tokens to generate; -1, the default: until the end of the text or of the context") \
    X("--raw",                           FLAG,    raw,           NULL, C_RUN, 0, 0, "complete the prompt as it is, without a chat template") \
    X("--system",                        TEXT,    system,        "TEXT", C_RUN, 0, 0, "what the model is told before the conversation") \
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
    X("--jsonl",                         FLAG,    jsonl,         NULL, C_TOKENIZE | C_DETOKENIZE | C_TEMPLATE, 0, 0, "a JSON value per line of standard input, an answer per line") \
    X("--hex",                           FLAG,    hex,           NULL, C_DETOKENIZE, 0, 0, "write the bytes in hexadecimal") \
    X("--json",                          FLAG,    json,          NULL, C_DOCTOR | C_SHOW | C_PLAN | C_CPU | C_PERPLEXITY | C_BENCH, 0, 0, "write one JSON object on one line") \
    X("-c --ctx --ctx-size",             INTEGER, ctx,           "N", C_EVAL, 0, 4294967295.0, "context in tokens; 0, the default: the largest power of two up to 8192 that fits into memory and into what the model was trained with") \
    X("-b --batch --batch-size",         INTEGER, batch,         "N", C_EVAL, 1, 1048576, "prompt tokens per pass over the weights. Default 512, or less if memory is short") \
    X("-t --threads",                    INTEGER, threads,       "N", C_EVAL, 1, 512, "threads. Default: the physical cores that this process may use") \
    X("--kv",                            TEXT,    kv,            "TYPE", C_EVAL, 0, 0, "type of the KV cache: f16 (default), f32, q8_0") \
    X("--exact",                         FLAG,    exact,         NULL, C_EVAL, 0, 0, "float32 weights and activations throughout: slow, for checking") \
    X("--no-mmap",                       FLAG,    no_mmap,       NULL, C_EVAL, 0, 0, "read the file into memory instead of mapping it") \
    X("--mlock",                         FLAG,    mlock,         NULL, C_EVAL, 0, 0, "try to keep the weights in memory") \
    X("--no-vocab",                      FLAG,    no_vocab,      NULL, C_EVAL, 0, 0, "do not read the tokenizer: token ids only") \
    X("--force",                         FLAG,    force,         NULL, C_EVAL, 0, 0, "start although the memory plan says that it does not fit") \
    X("-ngl --gpu-layers --n-gpu-layers", TEXT,   gpu_layers,    "N", C_EVAL, 0, 0, "layers for the GPU; this build has no GPU support") \
    X("--gpu",                           TEXT,    gpu,           "WHEN", C_EVAL, 0, 0, "auto (default), off, or require: fail without a usable GPU") \
    X("--explain",                       TEXT,    explain,       "WHAT", C_DOCTOR, 0, 0, "decode an exit status or an error text of llrun, Ollama, llama.cpp or LM Studio") \
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

static int cmd_doctor(void);
static int cmd_run(void), cmd_show(void), cmd_plan(void), cmd_cpu(void), cmd_tokenize(void), cmd_detokenize(void), cmd_logits(void),
           cmd_perplexity(void), cmd_dump(void), cmd_bench(void), cmd_template(void), cmd_help(void), cmd_version(void);

/* run NULL: not built yet */
static const struct command {
    const char *name; unsigned bit; int (*run)(void); int max_args; const char *args, *summary, *text;
} commands[] = {
    { "run", C_RUN, cmd_run, 1, "MODEL [PROMPT]", "answer a question, chat, or continue a text",
      "On a terminal without a prompt: a chat; /help says what it knows. Else the prompt is PROMPT, -p TEXT, -f FILE, standard input\n"
      "if that is no terminal, or --tokens LIST; it is put into the model's chat template, and what the model answers is written,\n"
      "then a newline. With --raw, or if the model has no template, the text is continued as it is." },
    { "show", C_SHOW, cmd_show, 0, "MODEL", "metadata and tensors of a file, and whether it is supported",
      "Checks the file wholly, loads nothing." },
    { "plan", C_PLAN, cmd_plan, 0, "MODEL", "the memory that a run would take, and whether it fits",
      "Part by part, against the least of what the machine, its control groups and the limits of the process leave; and what to change.\n"
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
    { "template", C_TEMPLATE, cmd_template, 0, "MODEL|FILE.jinja", "render a chat template",
      "One JSON object with the variables on standard input (messages, tools, add_generation_prompt, bos_token ...) to the prompt,\n"
      "exactly. With --jsonl an object per line; the answers are JSON strings, or {\"error\": TEXT}." },
    { "doctor", C_DOCTOR, cmd_doctor, 3, "[MODEL | --explain WHAT | < LOG]", "find out what is wrong on this machine, or what a message means",
      "Checks CPU, kernels (with a self-test), threads, memory, limits, GPU driver, other runners and ports, and MODEL if given. Each\n"
      "finding is a line: ok, warning or problem. Exit status 1: there is a problem. --explain WHAT: an exit status in any form (139,\n"
      "0xc0000005, -1073741795, \"signal: killed\") or a message; exit status 1: unknown. A log on standard input (a file or pipe)\n"
      "is searched for lines that are known. LLRUN_PROC and LLRUN_SYS in the environment replace /proc and /sys." },
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

static volatile sig_atomic_t chatting;          /* an answer is being written in a chat */
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
    if (chatting && sig == SIGINT) return;      /* it ends the answer, not the program */
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
static void reserve_streams(void)       /* in the wrong direction, so that using it fails */
{
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
        if (fd == 0) {
            (void)close(fd);
            fd = open("/dev/null", O_WRONLY);
        }
    } while (fd >= 0 && fd <= 2);
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

/* LLRUN_PROC and LLRUN_SYS stand for /proc and /sys, for tests. */
static const char *root_of(const char *variable, const char *usual)
{
    const char *s = getenv(variable);
    return s && *s ? s : usual;
}

static llr_options library_options(void)
{
    llr_options o;
    memset(&o, 0, sizeof o);
    o.isa = chosen_isa;
    o.no_mmap = opt.no_mmap;
    o.no_vocab = opt.no_vocab;
    o.overcommit = opt.force;
    o.proc = root_of("LLRUN_PROC", NULL);
    o.sys = root_of("LLRUN_SYS", NULL);
    o.log = on_log;
    o.progress = on_progress;
    return o;
}

static llr_memory memory_now(void)
{
    llr_options o = library_options();
    llr_memory now;
    llr_memory_look(&now, &o);
    return now;
}

/* May a buffer have n bytes? Small ones are in the budget. */
static int memory_for(size_t n) { return n < 1u << 24 || opt.force || n <= memory_now().available_bytes; }

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
    if (!llr_gguf_is_mapped(g) || llr_gguf_file_bytes(g) > memory_now().available_bytes || cold_part(opt.model) < 0.5) return;
    if (llr_gguf_preload(g, &o, &err)) die_status(&err, CODE_FILE);
}

static llr_gguf *open_gguf(void)
{
    llr_options o = library_options();
    llr_gguf *g;
    llr_error err;
    o.no_mmap = 0;
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
        uint64_t need = llr_gguf_file_bytes(g), have = memory_now().available_bytes;
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

/* What a run takes, with the program's own part, and what there is. */
struct budget {
    llr_plan plan;
    llr_memory now;
    uint64_t program;               /* sampler, token ids, C library */
    uint64_t resident, total;       /* as in the plan, with the program */
    uint64_t need, have;            /* what must fit, and what this process had before it opened the model */
    int no_mmap;                    /* the weights must fit too */
};

static llr_sampling sampling(const llr_model *m, uint32_t n_ctx);

/* An allocator that adds up what is asked for. */
static void *sum_alloc(void *ud, size_t n, size_t align)
{
    size_t room = align + sizeof(void *);
    char *base = n < SIZE_MAX - room ? (char *)malloc(n + room) : NULL, *p;
    if (!base) return NULL;
    p = base + room - (size_t)((uintptr_t)(base + room) % align);
    memcpy(p - sizeof base, &base, sizeof base);
    *(uint64_t *)ud += n;
    return p;
}

static void sum_free(void *ud, void *p, size_t n)
{
    char *base;
    (void)ud;
    (void)n;
    memcpy(&base, (char *)p - sizeof base, sizeof base);
    free(base);
}

/* What a run takes beside the session: the C library with its buffers, ids and text of the context, and the sampler, which
 * is made to see it. */
static uint64_t program_bytes(const llr_model *m, uint32_t n_ctx)
{
    uint64_t n = (384u << 10) + 8 * (uint64_t)n_ctx;
    llr_options lo = library_options();
    llr_sampling how = sampling(m, n_ctx);
    llr_model_info info;
    llr_sampler *sampler;
    llr_error err;
    lo.mem.alloc = sum_alloc;
    lo.mem.free = sum_free;
    lo.mem.ud = &n;
    llr_model_describe(m, &info);
    if (llr_sampler_new(&sampler, info.n_vocab, llr_model_gguf(m), &how, &lo, &err)) die_status(&err, CODE_FAILED);
    llr_sampler_free(sampler);
    return n;
}

/* The default context is never silently a short one. */
static void note_context(const llr_model *m, const llr_plan *p)
{
    llr_model_info info;
    llr_model_describe(m, &info);
    if (p->n_ctx < 8192 && p->n_ctx <= info.n_ctx_train / 2) note("context %lu: a longer one does not fit into memory; see llrun plan", (unsigned long)p->n_ctx);
}

/* Decides what *so leaves open. */
static llr_plan make_plan(const llr_model *m, llr_session_options *so)
{
    llr_plan p;
    llr_error err;
    memset(&p, 0, sizeof p);
    so->spare_bytes = program_bytes(m, so->n_ctx ? so->n_ctx : 8192);
    if (opt.no_mmap && llr_gguf_is_mapped(llr_model_gguf(m))) so->spare_bytes += llr_gguf_file_bytes(llr_model_gguf(m));
    if (llr_session_plan(m, so, &p, &err)) die_status(&err, CODE_FAILED);
    if (!so->n_ctx) note_context(m, &p);
    so->n_ctx = p.n_ctx;
    so->n_batch = p.n_batch;
    return p;
}

static void fill_budget(struct budget *b, const llr_model *m, llr_session_options *so)
{
    llr_plan p = make_plan(m, so);
    b->plan = p;
    b->program = program_bytes(m, p.n_ctx);
    b->resident = p.resident_bytes + b->program;
    b->total = p.total_bytes + b->program;
    b->need = b->resident + p.system_bytes;
    b->have = b->now.available_bytes == UINT64_MAX ? UINT64_MAX : b->now.available_bytes + (p.resident_bytes + p.system_bytes - p.new_bytes);
    if (b->no_mmap && llr_gguf_is_mapped(llr_model_gguf(m))) {     /* not read yet */
        b->resident += p.weights_bytes;
        b->need += p.weights_bytes;
    }
}

static struct budget make_budget(const llr_model *m, llr_session_options *so)
{
    struct budget b;
    memset(&b, 0, sizeof b);
    b.now = memory_now();
    b.no_mmap = opt.no_mmap;
    fill_budget(&b, m, so);
    return b;
}

static int from_disk(const struct budget *b) { return b->need <= b->have && b->total + b->plan.system_bytes > b->have; }

/* The budget of other options in the same machine. */
static uint64_t need_of(const struct budget *b, const llr_model *m, llr_session_options so)
{
    struct budget other = *b;
    fill_budget(&other, m, &so);
    return other.need;
}

/* The largest context that fits; 0: none. The need grows with the context. */
static uint32_t largest_ctx(const struct budget *b, const llr_model *m, llr_session_options so)
{
    uint32_t lo = 0, hi = b->plan.n_ctx;
    while (lo + 1 < hi) {
        so.n_ctx = lo + (hi - lo) / 2;
        if (need_of(b, m, so) <= b->have) lo = so.n_ctx;
        else hi = so.n_ctx;
    }
    return lo;
}

/* Where the amount that is available comes from. */
static const char *why_available(const llr_memory *now, char *text, size_t cap)
{
    if (now->available_bytes == now->space_bytes) (void)snprintf(text, cap, sizeof(void *) < 8 ? "addresses of a 32-bit program" : "limit of the process (ulimit -v)");
    else if (now->available_bytes == now->group_bytes) (void)snprintf(text, cap, "limit of %s in %s, the machine has %s", size_text(now->group_limit).s, now->group,
                                                                     now->machine_bytes == UINT64_MAX ? "an unknown amount" : size_text(now->machine_bytes).s);
    else (void)snprintf(text, cap, "free, or cache that can be dropped");
    return text;
}

PRINTF(2, 3) static void buf_line(struct buf *b, const char *fmt, ...)     /* "  TEXT\n" */
{
    char line[700];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    buf_text(b, "  ");
    buf_text(b, line);
    buf_text(b, "\n");
}

/* A line of advice, if so would take clearly less. */
static void advise(struct buf *out, const struct budget *b, const llr_model *m, llr_session_options so, const char *option)
{
    uint64_t need = need_of(b, m, so);
    if (need <= b->need / 16 * 15) buf_line(out, "%s takes %s%s.", option, size_text(need).s, need <= b->have ? ": that fits" : "");
}

/* The bytes of the file if its matrices were of another type. Rows that such blocks do not divide stay as they are. */
static uint64_t bytes_as(const llr_gguf *g, double bits, uint64_t block)
{
    uint64_t n = 0;
    llr_tensor t;
    size_t i;
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) {
        double as = (double)t.n_elements * bits / 8;
        n += t.n_dims < 2 || t.ne[0] % block || as > (double)t.n_bytes ? t.n_bytes : (uint64_t)as;
    }
    return n;
}

/* Which smaller type would let all weights stay in memory. */
static void advise_type(struct buf *out, const struct budget *b, const llr_gguf *g)
{
    static const struct { const char *name; double bits; unsigned block; } types[] = {
        { "q8_0", 8.5, 32 }, { "q6_K", 6.5625, 256 }, { "q5_K", 5.5, 256 }, { "q4_K", 4.5, 256 }, { "q3_K", 3.4375, 256 }, { "q2_K", 2.625, 256 }
    };
    uint64_t rest = b->need - (b->no_mmap ? b->plan.weights_bytes : 0), now = bytes_as(g, 1e9, 1), n;
    size_t i;
    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        n = bytes_as(g, types[i].bits, types[i].block);
        if (n < now / 16 * 15 && rest + n <= b->have) {
            buf_line(out, "The model as %s would have weights of about %s instead of %s and fit wholly.", types[i].name, size_text(n).s, size_text(now).s);
            return;
        }
    }
}

/* What to change when it does not fit: a sentence per line, the last without a newline. */
static void advice(struct buf *out, const struct budget *b, const llr_model *m, llr_session_options so)
{
    uint32_t ctx = largest_ctx(b, m, so);
    uint64_t missing = b->need - b->have;
    llr_session_options less = so;
    out->n = 0;
    less.n_ctx = ctx;
    if (ctx) buf_line(out, "-c %lu is the largest context that fits: it takes %s.", (unsigned long)ctx, size_text(need_of(b, m, less)).s);
    less = so;
    less.kv = LLR_KV_Q8_0;
    if (so.kv != LLR_KV_Q8_0) advise(out, b, m, less, "--kv q8_0");
    less = so;
    less.n_batch = 64;
    if (b->plan.n_batch > 64) advise(out, b, m, less, "-b 64");
    less.kv = LLR_KV_Q8_0;
    less.n_ctx = 2048;
    if (b->plan.n_ctx > 2048) advise(out, b, m, less, "-c 2048 -b 64 --kv q8_0");
    if (b->no_mmap) {
        buf_line(out, "Without --no-mmap the weights need not be in memory: %s must fit then.", size_text(b->need - b->plan.weights_bytes).s);
        advise_type(out, b, llr_model_gguf(m));
    }
    if (b->now.available_bytes == b->now.group_bytes) buf_line(out, "Raise the limit by %s: docker --memory, systemd MemoryMax, or what else set %s.", size_text(missing).s, b->now.group);
    else if (b->now.available_bytes == b->now.machine_bytes)
        buf_line(out, b->now.swap_bytes >= missing ? "%s are missing. Swap has %s free: with --force it runs, slower." : "%s are missing. With as much swap (%s are free) and --force it runs, slower.",
                 size_text(missing).s, size_text(b->now.swap_bytes).s);
    buf_text(out, "  --force starts all the same; the system may kill the program.");
    buf_add(out, "", 1);
}

/* Bytes per second when reading what the system does not have in memory; 0: unknown. Takes a quarter of a second at most. */
static double disk_speed(const char *path)
{
#if defined(__linux__)
    enum { PIECES = 32, PIECE = 1 << 20 };
    double seconds = 0, bytes = 0;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC), i;
    char *p = (char *)malloc(PIECE);
    if (fd >= 0) (void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);      /* no more than is asked for */
    if (fd >= 0 && p && !fstat(fd, &st))
        for (i = 0; i < PIECES && seconds < 0.25; i++) {
            off_t at = st.st_size / PIECES * i;
            double start;
            ssize_t n;
            (void)posix_fadvise(fd, at, PIECE, POSIX_FADV_DONTNEED);
            start = now();
            n = pread(fd, p, PIECE, at);
            seconds += now() - start;
            if (n > 0) bytes += (double)n;
        }
    if (fd >= 0) (void)close(fd);
    free(p);
    return seconds > 0 ? bytes / seconds : 0;
#else
    (void)path;
    return 0;
#endif
}

/* The weights that are not in memory are read for every token. The kernel keeps some part of what it has room for; that none
 * is kept is the worst case, and near what is measured. */
struct disk { uint64_t bytes; double tps; };
static struct disk disk_reading(const struct budget *b)
{
    struct disk d;
    double speed = disk_speed(opt.model);
    d.bytes = b->total + b->plan.system_bytes - b->have;
    if (d.bytes > b->plan.weights_bytes) d.bytes = b->plan.weights_bytes;
    d.tps = speed / (double)d.bytes;
    return d;
}

static struct text32 tps_text(double tps)
{
    struct text32 t;
    (void)snprintf(t.s, sizeof t.s, tps < 10 ? ", %.2g tokens/s" : ", %.0f tokens/s", tps);
    return t;
}

/* --mlock, as far as the session keeps what it will need. */
static void lock_weights(const llr_model *m, const struct budget *b)
{
    llr_options o = library_options();
    llr_error err;
    if (from_disk(b) && !opt.force)
        note("warning: the weights (%s) are not locked in memory: with them the run would take %s, and %s are available", size_text(b->plan.weights_bytes).s,
             size_text(b->total + b->plan.system_bytes).s, size_text(b->have).s);
    else if (llr_gguf_lock(llr_model_gguf(m), &o, &err)) note("warning: %s", err.msg);
}

static llr_session *open_session(const llr_model *m, llr_session_options *so)
{
    struct budget b = make_budget(m, so);
    char why[700];
    llr_session *s;
    llr_error err;
    if (b.need > b.have && !opt.force) {
        struct buf text = { NULL, 0, 0 };
        advice(&text, &b, m, *so);
        die(CODE_MEMORY, "not enough memory: a context of %lu tokens takes %s (KV cache %s, scratch %s), %s are available (%s)\n%s", (unsigned long)b.plan.n_ctx,
            size_text(b.need).s, size_text(b.plan.kv_bytes).s, size_text(b.plan.scratch_bytes).s, size_text(b.have).s, why_available(&b.now, why, sizeof why), text.p);
    }
    if (b.need > b.have / 10 * 9)
        note("warning: %s of the %s that are available are needed: if other programs take more, the system may kill one", size_text(b.need).s, size_text(b.have).s);
    if (from_disk(&b) && !quiet) {
        struct disk d = disk_reading(&b);
        note("warning: the weights (%s) do not all fit into the memory that is available (%s): about %s are read from the disk for every token%s", size_text(b.plan.weights_bytes).s,
             size_text(b.have).s, size_text(d.bytes).s, d.tps > 0 ? tps_text(d.tps).s : "");
    }
    if (llr_session_new(&s, m, so, &err)) die_status(&err, CODE_FAILED);
    if (opt.mlock) lock_weights(m, &b);
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
        die(CODE_USAGE, "no prompt\n  llrun run MODEL -p \"Once upon a time\" --raw continues a text; the prompt may also come from -f FILE or from\n"
                     "  standard input. Without --raw it is a chat.");
    read_file(text, opt.file ? opt.file : "-");
    if (text->n && text->p[text->n - 1] == '\n') text->n--;     /* the one that editors and echo add */
    if (text->n && text->p[text->n - 1] == '\r') text->n--;
}

/* The model's own chat template, else one that its control tokens suggest; NULL: none. */
static llr_template *chat_template(const llr_gguf *g)
{
    llr_options o = library_options();
    llr_template *t;
    llr_error err;
    llr_meta x;
    const char *family, *source;
    if (llr_gguf_meta_find(g, "tokenizer.chat_template", &x)) {
        if (llr_template_from_gguf(&t, g, NULL, &o, &err))
            die(exit_code(err.code, CODE_FILE), "the model's chat template cannot be used: %s\n  With --raw the prompt is continued as it is.", err.msg);
        return t;
    }
    source = llr_template_fallback(g, &family);
    if (!source || llr_template_new(&t, source, strlen(source), &o, &err)) return NULL;
    note("the file has no chat template; its tokens look like %s, whose template is used", family);
    return t;
}

/* text of a token into the JSON object that a template is given */
static void add_token_text(struct buf *json, const char *name, const llr_vocab *v, int32_t id)
{
    char piece[256];
    size_t n = id >= 0 ? llr_token_piece(v, id, 1, piece, sizeof piece) : 0;
    buf_text(json, ",\"");
    buf_text(json, name);
    buf_text(json, "\":");
    buf_json_string(json, piece, n < sizeof piece ? n : 0);
}

static void add_message(struct buf *messages, const char *role, const char *text, size_t n)
{
    buf_text(messages, messages->n ? ",{\"role\":\"" : "{\"role\":\"");
    buf_text(messages, role);
    buf_text(messages, "\",\"content\":");
    buf_json_string(messages, text, n);
    buf_text(messages, "}");
}

/* The conversation so far (JSON messages, separated by commas) as the tokens that ask for an answer */
static void render_chat(const llr_template *t, const llr_vocab *v, const struct buf *messages, struct ids *ids)
{
    struct buf json = { NULL, 0, 0 };
    llr_vocab_info info;
    llr_error err;
    char *text, when[32], bos[256];
    size_t n, skip = 0;
    time_t clock = time(NULL);
    struct tm *local = localtime(&clock);
    llr_vocab_describe(v, &info);
    buf_text(&json, "{\"messages\":[");
    buf_add(&json, messages->p, messages->n);
    buf_text(&json, "],\"add_generation_prompt\":true");
    add_token_text(&json, "bos_token", v, info.bos);
    add_token_text(&json, "eos_token", v, info.eos);
    if (local && strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", local)) {
        buf_text(&json, ",\"now\":");
        buf_json_string(&json, when, strlen(when));
    }
    buf_text(&json, "}");
    if (llr_template_render(t, json.p, json.n, &text, &n, &err))
        die(exit_code(err.code, CODE_FAILED), "the chat template failed: %s\n  With --raw the prompt is continued as it is.", err.msg);
    if (info.add_bos && info.bos >= 0 && !opt.no_bos) {        /* the tokenizer adds it: not twice */
        size_t b = llr_token_piece(v, info.bos, 1, bos, sizeof bos);
        if (b && b <= sizeof bos && b <= n && memcmp(text, bos, b) == 0) skip = b;
    }
    tokenize(v, text + skip, n - skip, ids);
    llr_template_text_free(t, text, n);
    free(json.p);
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

/* ---- chat ---------------------------------------------------------------------------------------------------------- */

struct chat {
    llr_model *m; const llr_vocab *v; llr_session *s; llr_template *t; llr_sampler *sampler;
    struct buf messages;            /* JSON */
    struct ids done;                /* the tokens that the session holds */
};

/* Appends tokens to the session: 0 if Ctrl-C ended it. */
static int chat_eval(struct chat *c, const int32_t *ids, size_t n)
{
    llr_error err;
    size_t i;
    llr_status st = llr_session_eval(c->s, ids, n, &err);
    if (st == LLR_E_CANCELLED && got_signal == SIGINT) return 0;
    if (st) die_status(&err, CODE_FAILED);
    for (i = 0; i < n; i++) ids_add(&c->done, ids[i]);
    return 1;
}

/* Brings the session to the tokens of `want`, keeping what they begin with: the turns so far are not computed again. */
static int chat_follow(struct chat *c, const struct ids *want)
{
    size_t same = 0, i;
    while (same < c->done.n && same + 1 < want->n && c->done.p[same] == want->p[same]) same++;
    c->done.n = llr_session_rewind(c->s, (uint32_t)same);
    for (i = 0; i < want->n; i++) llr_sampler_accept(c->sampler, want->p[i]);
    return chat_eval(c, want->p + c->done.n, want->n - c->done.n);
}

/* The model's answer, written as it comes, and added to the conversation */
static void chat_answer(struct chat *c)
{
    struct ids want = { NULL, 0, 0 };
    struct buf answer = { NULL, 0, 0 };
    llr_options lo = library_options();
    llr_stream *stream;
    llr_error err;
    const char *text;
    size_t n;
    int stopped = 0;
    int64_t k = 0;
    render_chat(c->t, c->v, &c->messages, &want);
    if (want.n >= llr_session_ctx(c->s)) {
        note("the conversation has %llu tokens, the context %lu: /clear begins a new one, -c N makes the context larger",
             (unsigned long long)want.n, (unsigned long)llr_session_ctx(c->s));
        free(want.p);
        return;
    }
    if (llr_stream_new(&stream, c->v, opt.stops, (size_t)opt.n_stops, &lo, &err)) die_status(&err, CODE_FAILED);
    chatting = 1;
    if (chat_follow(c, &want))
        for (; !stopped && !got_signal && (opt.predict < 0 || k < opt.predict); k++) {
            int32_t id = llr_sampler_sample(c->sampler, llr_session_logits(c->s));
            if (llr_vocab_is_eog(c->v, id)) break;
            if (llr_stream_put(stream, id, &text, &n, &stopped, &err)) die_status(&err, CODE_FAILED);
            buf_add(&answer, text, n);
            put_terminal(text, n);
            put_flush();
            if (llr_session_pos(c->s) == llr_session_ctx(c->s)) { put("\n", 1); note("the context is full: /clear begins a new conversation"); break; }
            if (!chat_eval(c, &id, 1)) break;
        }
    chatting = 0;
    if (got_signal == SIGINT) got_signal = 0;
    llr_stream_end(stream, &text, &n);
    buf_add(&answer, text, n);
    put_terminal(text, n);
    put("\n", 1);
    put_flush();
    add_message(&c->messages, "assistant", answer.p, answer.n);
    llr_stream_free(stream);
    free(answer.p);
    free(want.p);
}

static void chat_clear(struct chat *c)
{
    c->messages.n = 0;
    if (opt.system) add_message(&c->messages, "system", opt.system, strlen(opt.system));
}

/* A line that begins with a slash: 0 to leave */
static int chat_command(struct chat *c, const char *line)
{
    if (!strcmp(line, "/bye") || !strcmp(line, "/exit") || !strcmp(line, "/quit")) return 0;
    if (!strcmp(line, "/clear")) chat_clear(c);
    else if (!strncmp(line, "/system ", 8)) {
        size_t cap = 0;
        opt.system = strcpy((char *)grow(NULL, &cap, strlen(line), 1), line + 8);      /* kept to the end */
        chat_clear(c);
    } else if (!strcmp(line, "/help"))
        putf("/clear         begin a new conversation\n/system TEXT   begin a new one in which the model is told TEXT first\n/bye           leave (Ctrl-D too)\n"
             "Ctrl-C ends an answer. The conversation holds %lu of %lu tokens.\n", (unsigned long)c->done.n, (unsigned long)llr_session_ctx(c->s));
    else note("no such command: %s (/help lists them)", line);
    return 1;
}

static int chat(void)
{
    struct chat c;
    struct buf line = { NULL, 0, 0 };
    llr_session_options so = session_options();
    llr_options lo = library_options();
    llr_sampling how;
    llr_error err;
    memset(&c, 0, sizeof c);
    c.m = open_model();
    c.v = need_vocab(c.m);
    c.t = chat_template(llr_model_gguf(c.m));
    if (!c.t) die(CODE_USAGE, "this model has no chat template, it only continues texts\n  llrun run MODEL -p \"Once upon a time\" --raw");
    warm_up(llr_model_gguf(c.m));
    c.s = open_session(c.m, &so);
    active = NULL;                              /* while it waits, Ctrl-C leaves */
    how = sampling(c.m, llr_session_ctx(c.s));
    if (llr_sampler_new(&c.sampler, llr_vocab_size(c.v), llr_model_gguf(c.m), &how, &lo, &err)) die_status(&err, CODE_FAILED);
    chat_clear(&c);
    note("/help for help, /bye to leave");
    for (;;) {
        fputs("> ", stderr);
        (void)fflush(stderr);
        if (!read_line(&line)) break;
        buf_add(&line, "", 1);
        if (line.n == 1) continue;
        if (line.p[0] == '/') {
            if (!chat_command(&c, line.p)) break;
            continue;
        }
        add_message(&c.messages, "user", line.p, line.n - 1);
        active = c.s;
        chat_answer(&c);
        active = NULL;
    }
    llr_template_free(c.t);
    llr_sampler_free(c.sampler);
    close_session(c.s);
    llr_model_close(c.m);
    free(c.messages.p);
    free(c.done.p);
    free(line.p);
    return CODE_OK;
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
    llr_template *t;
    const llr_vocab *v;
    llr_model *m;
    llr_session *s;
    size_t i;
    double start;
    if (!opt.n_args && !opt.prompt && !opt.file && !opt.tokens && !opt.raw && isatty(fileno(stdin))) return chat();
    memset(&g, 0, sizeof g);
    get_prompt(&text);
    m = open_model();
    v = opt.tokens && opt.ids ? llr_model_vocab(m) : need_vocab(m);
    t = opt.raw || opt.tokens ? NULL : chat_template(llr_model_gguf(m));
    if (opt.tokens) read_token_list(&prompt, opt.tokens);
    else if (t) {
        struct buf messages = { NULL, 0, 0 };
        if (opt.system) add_message(&messages, "system", opt.system, strlen(opt.system));
        add_message(&messages, "user", text.p, text.n);
        render_chat(t, v, &messages, &prompt);
        free(messages.p);
    } else tokenize(v, text.p, text.n, &prompt);
    llr_template_free(t);
    if (!prompt.n) die(CODE_USAGE, "the prompt is empty, and this vocabulary has no token to begin with\n  Give a prompt with -p TEXT.");
    if (!t && !opt.raw && !opt.tokens) note("this model has no chat template: the prompt is continued as it is (--raw says that this is meant)");
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

/* ---- template -------------------------------------------------------------------------------------------------------- */

static int is_gguf(const char *path)
{
    char magic[4];
    FILE *f = open_utf8(path, "rb");
    int yes = f && fread(magic, 1, 4, f) == 4 && memcmp(magic, "GGUF", 4) == 0;
    if (f) (void)fclose(f);
    return yes;
}

/* A GGUF file's own template, or the text of a file */
static llr_template *open_template(void)
{
    llr_options o = library_options();
    struct buf text = { NULL, 0, 0 };
    llr_template *t;
    llr_error err;
    if (is_gguf(opt.model)) {
        llr_gguf *g = open_gguf();
        if (llr_template_from_gguf(&t, g, NULL, &o, &err)) die_status(&err, CODE_FILE);
        llr_gguf_close(g);
        return t;
    }
    read_file(&text, opt.model);
    if (llr_template_new(&t, text.p, text.n, &o, &err)) die_status(&err, CODE_FILE);
    free(text.p);
    return t;
}

static int cmd_template(void)
{
    llr_template *t = open_template();
    struct buf json = { NULL, 0, 0 };
    llr_error err;
    char *text;
    size_t n;
    if (opt.jsonl)
        while (read_line(&json)) {
            if (llr_template_render(t, json.p, json.n, &text, &n, &err)) {
                put("{\"error\": ", 10);
                json_text(err.msg);
                put("}\n", 2);
            } else {
                json_string(text, n);
                put("\n", 1);
                llr_template_text_free(t, text, n);
            }
            put_flush();
        }
    else {
        read_file(&json, "-");
        if (llr_template_render(t, json.p, json.n, &text, &n, &err)) die_status(&err, CODE_FAILED);
        put(text, n);
        llr_template_text_free(t, text, n);
    }
    free(json.p);
    llr_template_free(t);
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
    o.no_mmap = 0;
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

/* Bytes of tensors by type, in the order of the file; what is left over is metadata and padding. */
enum { MAX_TYPES = 64 };
struct by_type { const char *name; uint64_t bytes; };
static int weights_by_type(const llr_gguf *g, struct by_type types[MAX_TYPES])
{
    llr_tensor t;
    size_t i;
    int n = 0, k;
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) {
        for (k = 0; k < n && strcmp(types[k].name, t.type_name); k++) { }
        if (k == MAX_TYPES) continue;
        if (k == n) { types[n].name = t.type_name; types[n++].bytes = 0; }
        types[k].bytes += t.n_bytes;
    }
    return n;
}

/* "name   1.5 GiB  ####  what": the bar on terminals, as long as the share of the whole. */
static void put_part(const char *name, uint64_t bytes, uint64_t whole, const char *what)
{
    enum { WIDTH = 30 };
    int n = whole ? (int)((double)bytes / (double)whole * WIDTH + 0.5) : 0;
    putf("%-12s %12s", name, size_text(bytes).s);
    if (isatty(fileno(stdout))) putf("  %-*.*s", (int)WIDTH, n < WIDTH ? n : (int)WIDTH, "##############################");
    putf(*what ? "  %s\n" : "\n", what);
}

static void plan_json(const struct budget *b, const llr_model_info *info, const struct by_type *types, int n_types, int threads, const struct disk *d)
{
    const llr_plan *p = &b->plan;
    int i;
    putf("{\"weights_bytes\":%llu,\"weights_by_type\":{", (unsigned long long)p->weights_bytes);
    for (i = 0; i < n_types; i++) putf("%s\"%s\":%llu", i ? "," : "", types[i].name, (unsigned long long)types[i].bytes);
    putf("},\"kv_bytes\":%llu,\"scratch_bytes\":%llu,\"other_bytes\":%llu,\"tokenizer_bytes\":%llu,\"program_bytes\":%llu,\"total_bytes\":%llu,\"resident_bytes\":%llu,"
         "\"system_bytes\":%llu,\"available_bytes\":", (unsigned long long)p->kv_bytes, (unsigned long long)p->scratch_bytes, (unsigned long long)(p->other_bytes + b->program),
         (unsigned long long)p->vocab_bytes, (unsigned long long)b->program, (unsigned long long)b->total, (unsigned long long)b->resident, (unsigned long long)p->system_bytes);
    if (b->have < UINT64_MAX) putf("%llu", (unsigned long long)b->have);
    else putf("null");
    putf(",\"fits\":%s,\"from_disk\":%s,\"disk_bytes_per_token\":%llu,\"disk_tps\":", b->need <= b->have ? "true" : "false", from_disk(b) ? "true" : "false", (unsigned long long)d->bytes);
    if (d->tps > 0) json_number(d->tps, 3);
    else putf("null");
    putf(",\"n_ctx\":%lu,\"n_batch\":%lu,\"n_ctx_train\":%lu,\"kv\":\"%s\",\"threads\":%d,\"gpu_layers\":0,\"architecture\":", (unsigned long)p->n_ctx, (unsigned long)p->n_batch,
         (unsigned long)info->n_ctx_train, opt.kv ? opt.kv : "f16", threads);
    json_text(info->arch);
    putf("}\n");
}

static void plan_text(const struct budget *b, const llr_model_info *info, const struct by_type *types, int n_types, int threads, const struct disk *d)
{
    const llr_plan *p = &b->plan;
    uint64_t rest = p->weights_bytes;
    char why[700];
    int i;
    putf("model        %s: %s, %s weights\n", opt.model, info->arch, count_text(info->n_params).s);
    putf("run          context %lu (trained with %lu), batch %lu, KV cache %s, %d threads, %s\n", (unsigned long)p->n_ctx, (unsigned long)info->n_ctx_train,
         (unsigned long)p->n_batch, opt.kv ? opt.kv : "f16", threads, llr_isa_name(info->isa));
    put_part("weights", p->weights_bytes, b->total, b->no_mmap ? "read into memory" : "used where they lie in the file; the system can drop and re-read them");
    for (i = 0; i < n_types; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "  %.16s", types[i].name);
        put_part(name, types[i].bytes, b->total, "");
        rest -= types[i].bytes < rest ? types[i].bytes : rest;
    }
    put_part("  metadata", rest, b->total, "");
    put_part("KV cache", p->kv_bytes, b->total, "");
    put_part("scratch", p->scratch_bytes, b->total, "");
    put_part("tokenizer", p->vocab_bytes, b->total, "");
    put_part("program", p->other_bytes - p->vocab_bytes + b->program, b->total, "tables of the model, threads, sampler, C library");
    put_part("total", b->total, b->total, "");
    put_part("system", p->system_bytes, b->total, "page tables, and room for pages at work");
    put_part("must fit", b->need, b->total, b->no_mmap ? "all of it" : "all but the weights");
    if (b->have < UINT64_MAX) putf("available    %12s  %s\n", size_text(b->have).s, why_available(&b->now, why, sizeof why));
    else putf("available         unknown\n");
    if (b->need > b->have) putf("verdict      does not fit: %s are missing\n", size_text(b->need - b->have).s);
    else if (from_disk(b)) putf("verdict      runs, but the weights do not all fit: reads about %s from the disk per token%s%s\n", size_text(d->bytes).s, d->tps > 0 ? ": expect about" : "",
                                d->tps > 0 ? tps_text(d->tps).s + 1 : "");
    else putf("verdict      fits%s\n", b->need > b->have / 10 * 9 ? ", but takes more than 90 % of what is available: if other programs take more, the system may kill one" : "");
}

static int cmd_plan(void)
{
    llr_session_options so = session_options();
    struct by_type types[MAX_TYPES];
    struct disk d = { 0, 0 };
    struct budget b;
    llr_model *m;
    llr_model_info info;
    struct buf text = { NULL, 0, 0 };
    int fits, n_types, in_memory = opt.no_mmap, threads = so.n_threads ? so.n_threads : llr_threads_default();
    opt.no_mmap = 0;                        /* nothing is loaded to find out whether it could be */
    m = open_model();
    opt.no_mmap = in_memory;
    b = make_budget(m, &so);
    fits = b.need <= b.have;
    llr_model_describe(m, &info);
    n_types = weights_by_type(llr_model_gguf(m), types);
    if (from_disk(&b)) d = disk_reading(&b);
    if (opt.json) plan_json(&b, &info, types, n_types, threads, &d);
    else {
        plan_text(&b, &info, types, n_types, threads, &d);
        if (!fits) advice(&text, &b, m, so);
        else if (from_disk(&b)) {
            advise_type(&text, &b, llr_model_gguf(m));
            buf_add(&text, "", 1);
        }
        if (text.n) putf(fits ? "%s" : "%s\n", text.p);
    }
    put_flush();
    if (!fits && !quiet) fprintf(stderr, "llrun: error: not enough memory: %s must fit, %s are available\n", size_text(b.need).s, size_text(b.have).s);
    llr_model_close(m);
    free(text.p);
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
    open_output(opt.output, opt.model);
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
        if (!at) open_output(opt.output, opt.model);       /* not before it is known that there is something to write */
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

/* ---- doctor --explain: what exit statuses and messages mean --------------------------------------------------------- */

/* Exit statuses reach people in many shapes; number_of brings them to one. A_EXIT: what a process returned; A_SIGNAL: by
 * number; A_NT: a Windows status; A_TEXT: known by its text alone; A_GENERAL: shown only if nothing more special is known. */
enum about { A_EXIT, A_SIGNAL, A_NT, A_TEXT, A_GENERAL };

/* texts: alternatives divided by '|', in small letters, '*' stands for anything; NULL: known by its number alone. */
static const struct explanation { enum about about; uint32_t number; const char *texts, *where, *cause, *confirm, *fix; } explanations[] = {
    /* llrun's own codes, and what others mean by the same ones */
    { A_EXIT, 0, NULL, "any program", "it ended without an error",
      "if the answer is missing all the same, look at standard error", "nothing" },
    { A_EXIT, 1, NULL, "llrun", "it failed while running: input or output, or an internal error", "the line 'llrun: error:' on standard error", "what that line says; llrun doctor MODEL" },
    { A_EXIT, 1, NULL, "Ollama and llama.cpp, all systems", "an ordinary error that was printed before: the model could not be loaded, memory could not be had, an option is wrong",
      "the last 20 lines of its log; llrun doctor < server.log finds the telling one", "what those lines say" },
    { A_EXIT, 2, NULL, "llrun", "wrong usage: unknown command or option, bad value, or a prompt longer than the context", "the line 'llrun: error:'", "llrun help COMMAND; for a long prompt -c N" },
    { A_EXIT, 2, NULL, "Ollama, all systems", "its runner is a Go program, and Go ends with 2 when it panics (and on a fatal runtime error, which may be a signal inside C code)",
      "the log has 'panic:' or 'fatal error:' or 'SIGSEGV', and 'goroutine 1 [running]' with a stack; the cause is in the lines before",
      "explain those lines (llrun doctor < server.log). Frequent: out of memory (smaller context or model), a damaged model (llrun show MODEL), an old version" },
    { A_EXIT, 3, NULL, "llrun", "the model file cannot be used: missing, not a GGUF, cut short or damaged", "llrun show MODEL", "download it again or resume; compare the SHA-256" },
    { A_EXIT, 3, NULL, "C and C++ programs, Windows", "abort() in a program of Microsoft's run-time library that has error reports switched off: an assertion (GGML_ASSERT) or an uncaught exception",
      "the lines before it: GGML_ASSERT, 'terminate called', bad_alloc", "explain those lines; update the program" },
    { A_EXIT, 4, NULL, "llrun", "the file is valid, but its architecture, tensor type or tokenizer is not supported (exit status 4 is not signal 4)", "the line 'llrun: error:' names it", "another quantisation or a newer llrun; llrun show MODEL lists what is in the file" },
    { A_EXIT, 5, NULL, "llrun", "not enough memory: refused before loading, or an allocation failed", "llrun plan MODEL", "a smaller -c, --kv q8_0, -b 64, a smaller quantisation, or --force" },
    { A_EXIT, 6, NULL, "llrun", "the hardware asked for is not usable: --isa not on this CPU, or --gpu require without a GPU", "llrun cpu; llrun doctor", "leave out --isa or --gpu require" },
    { A_EXIT, 124, NULL, "the timeout command, Linux and macOS", "the time limit was reached", "the command line begins with timeout", "a longer limit: slow disks take minutes to load a large model" },
    { A_EXIT, 125, NULL, "docker run", "docker itself failed before the program began: image, device or GPU option", "docker prints 'docker: Error response from daemon'", "correct the docker command; for --gpus install the NVIDIA container toolkit" },
    { A_EXIT, 126, "permission denied*exec|cannot execute|exec format error", "shells, Linux and macOS", "the program was found, but cannot be executed: no permission, a file system mounted noexec, or built for another CPU", "ls -l and file on the program", "chmod +x; another folder; the build for this machine" },
    { A_EXIT, 127, "command not found|error while loading shared libraries|cannot open shared object file", "shells and the loader, Linux and macOS", "the program or a shared library that it needs was not found", "ldd PROGRAM shows 'not found'", "install what is missing or correct PATH; llrun needs only libc, libm and pthread" },
    { A_EXIT, 255, NULL, "any program", "it returned -1: an error without a number of its own (ssh: the connection failed)", "the last lines of its log", "what those lines say" },
    { A_EXIT, 7, NULL, "curl", "could not connect: no server listens there", "llrun doctor shows who uses the ports", "start the server; check address and port" },
    { A_EXIT, 28, NULL, "curl", "the time limit of the client was reached: loading or the prompt took longer", "the log of the server goes on afterwards", "a longer limit in the client; streaming" },
    { A_EXIT, 52, NULL, "curl", "the server closed the connection without an answer: it probably died", "is its process still there? its log", "explain its exit status" },

    /* signals */
    { A_SIGNAL, 1, "sighup|signal: hangup", "Linux, macOS", "hangup: the terminal or ssh connection that it belonged to was closed", "it ended when the session ended", "start it as a service, or with nohup or in tmux" },
    { A_SIGNAL, 2, "sigint|signal: interrupt", "Linux, macOS", "interrupted with Ctrl-C, or by the program that started it", "130 = 128 + 2", "nothing, if it was meant" },
    { A_SIGNAL, 3, "sigquit|signal: quit", "Linux, macOS", "quit with Ctrl-\\; Go programs then print all goroutines", "131 = 128 + 3", "nothing, if it was meant" },
    { A_SIGNAL, 4, "sigill|signal: illegal instruction|illegal instruction|illegal hardware instruction", "Linux, macOS", "illegal instruction: the program was built for a newer CPU (AVX, AVX2, F16C, FMA, BMI2, AVX-512), or a virtual machine or the kernel hides what it needs",
      "llrun cpu lists what CPU and system offer; dmesg says 'invalid opcode' or 'trap'", "a build for older CPUs without -march=native; in a VM set the CPU type to 'host'; llrun chooses its kernels at run time; if llrun itself did it: --isa sse2 and report it" },
    { A_SIGNAL, 5, "sigtrap|trace/breakpoint trap|signal: trace", "Linux, macOS", "a trap: on ARM and macOS an assertion or an explicit stop of the program (__builtin_trap), or a debugger", "the lines before it; on macOS the crash report in Console", "update the program; report the crash" },
    { A_SIGNAL, 6, "sigabrt|signal: aborted|aborted (core dumped)|abort trap: 6|abort trap", "Linux, macOS", "the program ended itself with abort(): an assertion failed (GGML_ASSERT, GGML_ABORT), an exception was not caught (std::bad_alloc: out of memory), or the heap was found damaged",
      "the last lines before it name the file and line, or 'terminate called after throwing'", "explain those lines; out of memory: smaller context, fewer GPU layers or a smaller model; else update" },
    { A_SIGNAL, 7, "sigbus|signal: bus error|bus error", "Linux (macOS: 10)", "bus error: a mapped file became shorter, or its disk or network drive failed while it was read; in containers also a full /dev/shm",
      "is the file as long as it should be (llrun show MODEL)? dmesg shows I/O errors; df /dev/shm", "do not change the model file while it is in use; copy it to a local disk; --no-mmap; docker --shm-size" },
    { A_SIGNAL, 8, "sigfpe|signal: floating point exception|floating point exception", "Linux, macOS", "an integer division by zero, despite its name; a damaged model file with a dimension of 0 does it", "llrun show MODEL checks the file wholly", "download the file again; update the program" },
    { A_SIGNAL, 9, "sigkill|signal: killed|^killed$|killed (core|killed: 9|out of memory: killed process|oom-kill|oom_reaper|oomkilled|memory cgroup out of memory", "Linux, macOS, containers", "killed from outside; nearly always the kernel for lack of memory (OOM killer), or a container above its limit; else kill -9 or a supervisor that lost patience",
      "dmesg | grep -i -E 'out of memory|oom' ; in a container memory.events counts oom_kill; docker inspect shows OOMKilled", "llrun plan MODEL shows the need before: smaller -c, --kv q8_0, a smaller quantisation; raise the container's memory; add swap" },
    { A_SIGNAL, 10, NULL, "macOS (Linux: SIGUSR1)", "bus error on macOS: a mapped file became shorter or its disk failed, or a wrong address; on Linux 10 is SIGUSR1, sent by another program", "llrun show MODEL; the crash report in Console", "do not change the model file while it is in use; --no-mmap" },
    { A_SIGNAL, 11, "sigsegv|signal: segmentation fault|segmentation fault|segmentation violation|signal arrived during cgo|unexpected signal", "Linux, macOS", "memory access at a wrong address: an error in the program, often after an allocation that failed and was not checked, or a damaged model file",
      "the lines before it (failed to allocate?); llrun show MODEL; dmesg has the address", "update the program; smaller context or fewer GPU layers; check the file; then report it" },
    { A_SIGNAL, 13, "sigpipe|signal: broken pipe", "Linux, macOS", "it wrote to a reader that had gone away (a client that closed, or `| head`)", "141 = 128 + 13", "nothing, if the reader was meant to end" },
    { A_SIGNAL, 14, "sigalrm|alarm clock", "Linux, macOS", "a timer of the program ran out", "142 = 128 + 14", "a longer limit" },
    { A_SIGNAL, 15, "sigterm|signal: terminated", "Linux, macOS", "it was asked to end: kill, systemctl stop, docker stop, a shutdown, or a supervisor that replaces it", "143 = 128 + 15; the journal of the supervisor", "nothing, if it was meant; else look who sends it" },
    { A_SIGNAL, 24, "sigxcpu|cpu time limit exceeded", "Linux, macOS", "the limit of processor time (ulimit -t) was reached", "ulimit -t", "a higher limit" },
    { A_SIGNAL, 25, "sigxfsz|file size limit exceeded", "Linux, macOS", "the limit of file sizes (ulimit -f) was reached", "ulimit -f", "a higher limit" },
    { A_SIGNAL, 31, "sigsys|bad system call", "Linux (macOS: 12)", "a system call was refused by a seccomp filter: an old container runtime with a new program, or a strict sandbox", "dmesg or the audit log has 'type=1326'", "update docker or libseccomp; adapt the sandbox" },

    /* Windows */
    { A_NT, 0xC0000005u, "access violation|status_access_violation|exception code: 0xc0000005", "Windows", "access violation: memory access at a wrong address, an error in the program or a driver, often after an allocation that failed",
      "the lines before it; Event Viewer names the module (nvcuda64.dll, amdvlk64.dll: the driver)", "update program and GPU driver; smaller context or fewer GPU layers; check the file with llrun show" },
    { A_NT, 0xC0000006u, "status_in_page_error", "Windows", "a page of a mapped file could not be read: disk error, network drive or removed stick", "Event Viewer, System: disk", "copy the model to a local disk; --no-mmap; chkdsk" },
    { A_NT, 0xC0000008u, NULL, "Windows", "invalid handle", "the log of the program", "update the program" },
    { A_NT, 0xC0000017u, "status_no_memory", "Windows", "not enough memory or paging file", "Task Manager, Performance, Memory: committed", "smaller context or model; let Windows manage the paging file" },
    { A_NT, 0xC000001Du, "status_illegal_instruction|exception_illegal_instruction|exception 0xc000001d", "Windows", "illegal instruction: the program uses instructions (AVX, AVX2, F16C, FMA, AVX-512) that this CPU or virtual machine lacks; Windows 7 without SP1 has no AVX either",
      "llrun cpu lists what CPU and system offer", "a build for older CPUs; llrun chooses its kernels at run time (--isa sse2 if in doubt)" },
    { A_NT, 0xC0000022u, NULL, "Windows", "access denied while starting, often by a virus scanner or policy", "the log of the scanner", "allow the program" },
    { A_NT, 0xC000007Bu, "status_invalid_image_format|application was unable to start correctly", "Windows", "a 32-bit program met a 64-bit DLL or the reverse, or a DLL is damaged", "which DLLs lie beside the program?", "reinstall program and Visual C++ run-time of the same bitness" },
    { A_NT, 0xC000008Eu, NULL, "Windows", "floating point division by zero, trapped", "the lines before it", "update the program" },
    { A_NT, 0xC0000094u, "status_integer_divide_by_zero", "Windows", "an integer division by zero; a damaged model file with a dimension of 0 does it", "llrun show MODEL checks the file", "download the file again; update the program" },
    { A_NT, 0xC0000096u, NULL, "Windows", "a privileged instruction: an error in the program, or damaged code", "the lines before it", "update or reinstall the program" },
    { A_NT, 0xC00000FDu, "status_stack_overflow|stack overflow", "Windows", "the stack is full: endless recursion, for instance in a template or a grammar", "the lines before it", "a simpler grammar or template; update the program" },
    { A_NT, 0xC0000135u, "status_dll_not_found|the code execution cannot proceed because", "Windows", "a DLL was not found: Visual C++ run-time, cudart, cublas or vulkan-1", "start it in a console: the message names the DLL", "install the Visual C++ redistributable, or the CUDA package of the release" },
    { A_NT, 0xC0000139u, "status_entrypoint_not_found|entry point not found", "Windows", "a DLL lacks a function: DLLs of different versions, or a Windows too old for the program", "which DLL does the message name?", "DLLs of the same release; a build for this Windows" },
    { A_NT, 0xC000013Au, "status_control_c_exit", "Windows", "ended with Ctrl-C, or its console window was closed", "was the window closed?", "nothing, if it was meant" },
    { A_NT, 0xC0000142u, "status_dll_init_failed", "Windows", "a DLL failed to start itself: too few desktop resources, a logoff, or a damaged driver DLL", "does it happen after a restart too?", "restart Windows; reinstall the GPU driver" },
    { A_NT, 0xC0000374u, "status_heap_corruption|heap corruption", "Windows", "the heap was found damaged: an error in the program", "the lines before it", "update the program; report it" },
    { A_NT, 0xC0000409u, "status_stack_buffer_overrun|stack buffer overrun|fast fail", "Windows", "the program ended itself (fast fail). It is what abort() of Microsoft's run-time library gives: an assertion (GGML_ASSERT) or an exception that was not caught, often out of memory. It is not the sign of a missing AVX: that would be 0xC000001D",
      "the last lines before it: GGML_ASSERT, 'failed to allocate', bad_alloc", "explain those lines; smaller context or fewer GPU layers; update: old releases failed so on new models" },
    { A_NT, 0xC0000417u, "status_invalid_cruntime_parameter", "Windows", "the C run-time library got an invalid argument: an error in the program", "the lines before it", "update the program" },
    { A_NT, 0xC000041Du, NULL, "Windows", "an exception inside a callback of Windows was not handled", "Event Viewer names the module", "update program and GPU driver" },
    { A_NT, 0xE06D7363u, "uncaught c++ exception|unhandled c++ exception|0xe06d7363", "Windows", "a C++ exception that nobody caught; std::bad_alloc (out of memory) is the usual one", "the text before it: what():", "smaller context or model; update the program" },
    { A_NT, 0x80000003u, "status_breakpoint", "Windows", "a breakpoint: an assertion in a debug build", "the lines before it", "use a release build; report the assertion" },
    { A_NT, 0x40010004u, NULL, "Windows", "ended by a debugger, or at logoff or shutdown", "did Windows restart?", "nothing, if it was meant" },

    /* CPU */
    { A_TEXT, 0, "cpu does not have avx|cpu does not have vector extensions|disabling gpu support|no avx", "Ollama, Linux and Windows", "older versions switch the GPU off when the CPU has no AVX or a virtual machine hides it", "llrun cpu lists the features and what masks them", "in a VM set the CPU type to 'host'; a newer Ollama; llrun needs no AVX" },
    { A_TEXT, 0, "requires avx2|avx2 is required|does not support avx2|avx2 not supported|cpu*not*support*avx", "LM Studio and others", "the program wants AVX2, which this CPU (or VM) lacks; an option 'old CPU' may still need AVX", "llrun cpu", "llrun or another program with kernels for older CPUs" },
    { A_TEXT, 0, "invalid opcode|trap invalid opcode", "Linux kernel log", "a program executed an instruction that the CPU lacks (SIGILL)", "llrun cpu; the program's name stands in the same line", "a build for older CPUs; in a VM CPU type 'host'" },
    { A_TEXT, 0, "version `glibc_|version 'glibc_|glibcxx_*not found|glibc_*not found", "Linux", "the program was built for a newer C or C++ library than this system has", "ldd --version", "a static or older build; llrun builds from source here with cc" },

    /* GPU */
    { A_TEXT, 0, "cudamalloc failed|cuda error: out of memory|cuda error*out of memory|cuda out of memory|cuda_error_out_of_memory|cublas_status_alloc_failed|hipmalloc failed|vk_error_out_of_device_memory|erroroutofdevicememory|outofdevicememory|ggml_metal*insufficient memory|kiogpucommandbuffercallbackerroroutofmemory|failed to allocate cuda|cublas_status_not_initialized", "llama.cpp, Ollama, LM Studio", "the memory of the GPU is full: weights of the layers, KV cache of the context, or another program's share",
      "nvidia-smi (rocm-smi) shows free memory and who has it; llrun doctor lists other runners", "fewer GPU layers (-ngl), a smaller context (-c), q8_0 KV cache; end other runners, orphaned ones too" },
    { A_TEXT, 0, "entering low vram mode|low vram mode", "Ollama", "the GPU has less memory than Ollama's threshold (about 20 GB): it takes smaller defaults. A note, not an error", "the line gives the total VRAM", "nothing; if the model is too large, see the other lines" },
    { A_TEXT, 0, "unable to allocate backend buffer|unable to allocate*buffer|failed to allocate buffer|failed to allocate*buffer|alloc_tensor_range: failed|failed to allocate compute buffers|failed to initialize the context: failed to allocate|unable to allocate cpu_repack|unable to allocate*cpu buffer", "llama.cpp, Ollama, LM Studio", "memory for weights, context or scratch could not be had: on the GPU if the line says CUDA, Vulkan, ROCm or Metal, else in RAM",
      "the line names the backend and the bytes; llrun plan MODEL shows the parts", "a smaller context or batch, fewer GPU layers, q8_0 KV cache, a smaller quantisation" },
    { A_TEXT, 0, "no cuda-capable device|cuda_error_no_device|no cuda devices found|no nvidia devices|no compatible gpus were discovered|no usable gpu found|cuinit*100|failed to initialize nvml|couldn't communicate with the nvidia driver", "llama.cpp, Ollama", "no GPU that the program can use: no driver, a container without access, or CUDA_VISIBLE_DEVICES hides it",
      "nvidia-smi; echo $CUDA_VISIBLE_DEVICES; llrun doctor shows driver and libraries", "install the driver; docker run --gpus all with the NVIDIA container toolkit; unset CUDA_VISIBLE_DEVICES" },
    { A_TEXT, 0, "cuda driver version is insufficient|driver version is insufficient|cuda_error_insufficient_driver|nvidia driver is too old|unsupported cuda driver|unsupported display driver|cudagetdevicecount*35", "llama.cpp, Ollama", "the GPU driver is older than the CUDA run-time library of the program", "nvidia-smi shows the driver and the CUDA version it supports", "update the driver, or take the build for an older CUDA (cu11)" },
    { A_TEXT, 0, "no kernel image is available|cuda_error_no_binary_for_gpu|unsupported gpu|compute capability*not supported|invalid device function|ptx was compiled with an unsupported toolchain|gpu too old", "llama.cpp, Ollama", "the program has no code for this GPU's compute capability: card too old, too new, or a build for others",
      "nvidia-smi --query-gpu=name,compute_cap --format=csv", "a build with this architecture (CMAKE_CUDA_ARCHITECTURES), an older release for Kepler and Maxwell, or run on the CPU (-ngl 0)" },
    { A_TEXT, 0, "driver/library version mismatch|nvml*version mismatch|api mismatch", "NVIDIA driver, Linux", "the kernel module and the libraries of the driver have different versions: it was updated without a restart", "cat /proc/driver/nvidia/version beside the version of libcuda.so.*; llrun doctor compares them", "restart, or stop all GPU programs and reload the modules (rmmod nvidia_uvm nvidia ...; modprobe nvidia)" },
    { A_TEXT, 0, "unknown error*999|error 999|cuda_error_unknown|cudaerrorunknown|cuinit*999|cuda error: unknown error|cuda driver library failed to get device context 999|cuinit returned 999", "llama.cpp, Ollama, Linux", "CUDA is unusable, typically after suspend and resume", "does it work after a restart? dmesg | grep -i nvidia", "stop GPU programs, then: sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm" },
    { A_TEXT, 0, "an illegal memory access was encountered|cuda_error_illegal_address|unspecified launch failure|misaligned address|device-side assert", "llama.cpp, Ollama", "a GPU kernel accessed wrong memory: an error in the program or driver, or overclocked or faulty GPU memory; the process cannot use the GPU any more",
      "dmesg | grep -i xid; does it happen without flash attention and on one GPU?", "update program and driver; switch flash attention off; no overclocking; restart the program" },
    { A_TEXT, 0, "xid (pci|nvrm: xid|gpu has fallen off the bus|gpu is lost", "NVIDIA driver, Linux", "the GPU reported a fault (Xid); 79: fallen off the bus (power, heat, slot), 31 and 13: faulty access, 48: memory error", "dmesg | grep -i xid; nvidia-smi -q", "restart; check power supply, temperature and slot; update the driver" },
    { A_TEXT, 0, "libcuda.so*cannot open|libcuda.so.1: cannot|unable to load libcuda|libcudart*cannot open|libcublas*cannot open|libcublas*not found|nvcuda.dll*not found|unable to load nvcuda", "llama.cpp, Ollama", "the CUDA library was not found: libcuda and nvcuda belong to the driver, libcudart and libcublas to the toolkit or the program's package", "ldconfig -p | grep -E 'cuda|cublas'", "install the driver (libcuda) or the CUDA files of the release (cudart, cublas); in Docker --gpus all" },
    { A_TEXT, 0, "rocblas*could not initialize|rocblas error|hip error|hsa_status_error|no rocm devices|unable to detect rocm|amdgpu*not supported|amdgpu is not supported|tensilelibrary", "llama.cpp, Ollama; AMD", "ROCm has no code for this GPU, or no access to /dev/kfd", "rocminfo; groups (render, video)", "add the user to render and video; HSA_OVERRIDE_GFX_VERSION for a near relative; Vulkan builds run on older cards" },
    { A_TEXT, 0, "vk_error_device_lost|errordevicelost|device_lost|errorinitializationfailed|vulkan*failed to initialize", "llama.cpp, LM Studio; Vulkan", "the GPU driver gave up or reset the device: too long a kernel, too little memory, or a driver error", "vulkaninfo --summary; dmesg", "update the driver; fewer GPU layers, a smaller batch (-ub)" },
    { A_TEXT, 0, "gpu vram usage didn't recover|vram usage didn't recover within timeout", "Ollama", "a model was unloaded, but its GPU memory did not come back in time: its runner hangs or is an orphan, or another program took the memory", "nvidia-smi; llrun doctor lists runners without a parent", "end the old runner; restart Ollama" },
    { A_TEXT, 0, "offloaded 0/|offloading 0 repeating layers|model requires more*vram|model too large for*vram|insufficient vram", "llama.cpp, Ollama", "the model does not fit into the memory of the GPU: layers stay on the CPU", "the line says how many layers; nvidia-smi shows what is free", "a smaller quantisation or context; end other GPU programs" },
    { A_TEXT, 0, "without gpu support|not compiled with gpu|no gpu support|compiled without gpu offload|gpu_layers option will be ignored|n-gpu-layers*ignored", "llama.cpp, llrun", "this build has no GPU support; -ngl is ignored", "its version line lists the backends", "a build with CUDA, Vulkan or Metal" },

    /* memory */
    { A_TEXT, 0, "model requires more system memory", "Ollama", "Ollama refuses: weights and context need more RAM than is available", "the line has both numbers; free -g; in a container memory.max", "a smaller context (num_ctx), fewer parallel requests (OLLAMA_NUM_PARALLEL=1), a smaller model; end other programs" },
    { A_TEXT, 0, "bad_alloc|posix_memalign failed|virtualalloc failed|runtime: cannot allocate", "all programs", "an allocation failed: memory, the container's limit, ulimit -v, or the commit limit of the system", "llrun doctor (memory, limits); llrun plan MODEL", "a smaller context, batch or model; raise the limit; add swap" },
    { A_GENERAL, 0, "cannot allocate memory|out of memory|not enough memory|failed to allocate|insufficient memory|enomem|^oom$", "all programs", "an allocation failed: memory, the container's limit, ulimit -v, or the commit limit of the system", "llrun doctor (memory, limits); llrun plan MODEL", "a smaller context, batch or model; raise the limit; add swap" },
    { A_TEXT, 0, "failed to mlock|mlock failed|not locked|mlock*cannot allocate|rlimit_memlock", "llama.cpp, llrun", "the weights could not be locked into memory (RLIMIT_MEMLOCK, or not enough RAM). A warning: they work unlocked", "ulimit -l", "ulimit -l unlimited; systemd LimitMEMLOCK=infinity; docker --ulimit memlock=-1; or leave --mlock out" },
    { A_TEXT, 0, "mmap failed|failed to mmap|mapviewoffile failed|createfilemapping*failed|mmap*no such device|unable to mmap", "llama.cpp, Ollama, llrun", "the file could not be mapped: a file system that cannot (some FUSE and network drives), an address space that is too small (32-bit, ulimit -v), or too many mappings", "llrun doctor MODEL tests the mapping; ulimit -v; sysctl vm.max_map_count", "--no-mmap; copy the file to a local disk; ulimit -v unlimited; a 64-bit build" },
    { A_TEXT, 0, "paging file is too small|os error 1455|winerror 1455", "Windows", "the system cannot promise more memory: the paging file is too small", "Task Manager: committed of limit", "let Windows manage the paging file, or enlarge it" },
    { A_TEXT, 0, "failed to find a memory slot|failed to find kv cache slot|could not find a kv slot|kv cache is full|no kv slot|find_slot: n_tokens|context size exceeded|exceed*context size|exceeds the available context|context window*exceed|longer than the context|input length exceeds|prompt*too long|requested tokens*exceed|truncating input prompt|exceed_context_size_error", "llama.cpp, Ollama, LM Studio, llrun", "prompt and answer are longer than the context", "the line has the numbers of tokens", "a larger context (-c, num_ctx; see llrun plan for the memory) or a shorter prompt. Ollama cuts off the beginning silently" },
    { A_TEXT, 0, "failed to create context|failed to create llama_context|unable to create context|failed to initialize the context|llama_init_from_model: failed|llama_kv_cache*failed|failed to allocate kv|kv cache*failed", "llama.cpp, Ollama", "the context could not be made: its KV cache does not fit into memory, or its options contradict each other", "the lines before; llrun plan MODEL -c N", "a smaller -c; q8_0 KV cache; fewer parallel slots (-np 1)" },

    /* files */
    { A_TEXT, 0, "unknown model architecture|unsupported model architecture|unsupported architecture|unknown architecture|architecture*not supported|model_type*not supported", "llama.cpp, Ollama, LM Studio, llrun", "the file is valid, but of a family that this version does not know", "llrun show MODEL names the architecture", "a newer version of the program (an LM Studio runtime), or another model" },
    { A_TEXT, 0, "data is not within the file bounds|not within the file bounds|model is corrupted or incomplete|corrupted or incomplete|unexpectedly reached end of file|file is truncated|failed to read tensor|unexpected eof|unexpected end of file|ends past the end", "llama.cpp, Ollama, LM Studio, llrun", "the file is cut short: a download that did not finish, or a full disk", "llrun show MODEL names the tensor and the bytes that are missing; compare size and SHA-256", "resume or repeat the download (ollama rm and pull); df" },
    { A_TEXT, 0, "invalid magic|bad magic|invalid file magic|unknown (magic|bad file magic|not a gguf|invalid gguf magic|gguf_init_from_file*magic|file does not contain gguf", "llama.cpp, Ollama, LM Studio, llrun", "the file is no GGUF: an HTML page instead of the download, a git-lfs pointer, a model from before August 2023 (ggml, ggjt), safetensors, or one of several raw pieces", "llrun show FILE says what it is; head -c 200 FILE", "the 'resolve' address instead of 'blob'; git lfs pull; the GGUF version of the model; join pieces with cat" },
    { A_TEXT, 0, "unknown tensor type|invalid ggml type|invalid ggml_type|has invalid ggml type|unsupported tensor type|unsupported quantization|removed from gguf|unknown type*tensor|tensor*unsupported type", "llama.cpp, Ollama, llrun", "a tensor is of a type that this version does not know (newer than the program, or removed long ago)", "llrun show MODEL lists the types", "a newer version, or the model as Q4_K_M or Q8_0" },
    { A_TEXT, 0, "unknown pre-tokenizer type|unknown pre-tokenizer|tokenizer rule|unknown tokenizer|missing pre-tokenizer|cannot find tokenizer merges|error loading model vocabulary|tokenizer*not supported", "llama.cpp, Ollama, llrun", "the tokenizer of the file is unknown to this version, or missing in the file", "llrun show MODEL: vocabulary", "a newer version; a file that was converted anew" },
    { A_TEXT, 0, "wrong number of tensors|missing tensor|tensor*not found|check_tensor_dims|tensor*has wrong shape|wrong shape", "llama.cpp, Ollama", "the file does not have the tensors that the program expects: made for another version or fork, a projector or adapter file, or a bad conversion", "llrun show MODEL lists the tensors", "a newer version; the file of the right kind (an mmproj file is not a model); another conversion" },
    { A_TEXT, 0, "key not found in model|unsupported gguf version|bad gguf version|invalid gguf version|gguf version*not supported|file format version", "llama.cpp, Ollama", "the metadata lacks something, or the version of the format is unknown: file and program are of different times", "llrun show MODEL", "a newer program, or a newer conversion of the model" },
    { A_TEXT, 0, "invalid split|split*not found|missing shard|shard*missing|illegal split file|failed to load*split|split*failed to open|gguf-split", "llama.cpp, llrun", "a file of a split model is missing, or not the first was given", "llrun show FIRST-00001-of-0000N.gguf names the missing one", "put all files into one folder with their names and give the first" },
    { A_TEXT, 0, "digest mismatch|sha256 mismatch|checksum mismatch|file is corrupted", "Ollama and others", "the download is damaged: network, disk or memory error", "sha256sum FILE beside the published sum", "pull again; if it repeats, test disk and memory" },
    { A_TEXT, 0, "no space left on device|disk quota exceeded|not enough space on the disk|enospc", "all programs", "the disk is full, or the quota is used up", "df -h; du -sh ~/.ollama", "remove old models; OLLAMA_MODELS on another disk" },
    { A_TEXT, 0, "input/output error|i/o error|buffer i/o error|stale file handle|os error 5)", "all programs", "the disk or network drive failed to deliver data", "dmesg; smartctl -a", "copy the model to a good local disk; replace the disk" },
    { A_TEXT, 0, "mkdir*permission denied|open*permission denied|permission denied*models|models*permission denied|.ollama*permission denied|blobs*permission denied", "Ollama, Linux", "the user that the program runs as (ollama, under systemd) may not read or write the models' folder", "sudo -u ollama ls FOLDER", "chown -R ollama:ollama FOLDER; execute permission on every folder above it" },
    { A_TEXT, 0, "try pulling it first|model*not found, try|pull model manifest|file does not exist*manifest|manifest*not found", "Ollama", "no model of that name in the store that the server uses", "ollama list; is OLLAMA_MODELS the same for the service and for you?", "ollama pull NAME" },
    { A_TEXT, 0, "requires a newer version of ollama", "Ollama", "the model needs a newer Ollama", "ollama --version", "update Ollama" },

    /* servers and processes */
    { A_TEXT, 0, "address already in use|only one usage of each socket address|wsaeaddrinuse|eaddrinuse|couldn't bind*socket|couldn't bind http server socket|bind: an attempt was made to access a socket", "Ollama, llama.cpp, all systems", "another program uses the port; often the same server started as a service before", "ss -ltnp | grep -E '11434|8080' ; Windows: netstat -ano; llrun doctor", "use the server that runs, end it, or choose another port (OLLAMA_HOST, --port)" },
    { A_TEXT, 0, "connection refused|actively refused it|could not connect to a running ollama|could not connect to ollama|connect: no connection could be made", "clients of all servers", "nobody listens at that address: the server is not running, died, or listens elsewhere (in Docker localhost is the container)", "curl http://127.0.0.1:11434; docker: host.docker.internal", "start the server; OLLAMA_HOST=0.0.0.0 if clients are elsewhere" },
    { A_TEXT, 0, "timed out waiting for llama runner to start|timed out waiting for llama runner|timed out waiting for server to start|load timeout", "Ollama", "loading took longer than the limit (5 minutes without progress): slow or network disk, or memory so short that it swaps", "progress in the log; iostat or Task Manager while loading", "OLLAMA_LOAD_TIMEOUT=30m; model on a faster disk; a smaller model" },
    { A_TEXT, 0, "runner process no longer running|llama runner process no longer running", "Ollama", "its runner died; -1 means that the server does not know how (on Linux mostly killed for lack of memory)", "dmesg | grep -i oom; the lines before", "a smaller context or model; explain the lines before" },
    { A_GENERAL, 0, "unable to load model:|failed to load model|error loading model|llama_model_load: error|failed to load the model|error loading llama server|unable to load model", "llama.cpp, Ollama, LM Studio", "the model could not be loaded; the reason stands in this line or just before", "llrun doctor MODEL and llrun show MODEL check the file", "what the other lines say; update the program if the model is newer than it" },
    { A_GENERAL, 0, "llama runner process has terminated|runner process has terminated|llama-server*exited|model has crashed without additional information|the model has crashed|process exited|llama runner exited|channel error", "Ollama, LM Studio", "the process that ran the model died; the reason is its exit status and the lines before", "its exit status (llrun doctor --explain), server.log; journalctl -u ollama", "llrun doctor < server.log" },
    { A_TEXT, 0, "ggml_assert|ggml_abort|ggml.c:*assert|assertion failed|assertion `|fatal error*ggml", "llama.cpp, Ollama, LM Studio", "an assertion of ggml failed: the program met what it did not expect (unsupported model, damaged file, memory not had) and ended itself: SIGABRT, 134, on Windows 0xC0000409", "file and line in the message; llrun show MODEL", "update the program; a smaller context or batch, flash attention off; search for file and line in its issues" },
    { A_TEXT, 0, "panic: |panic serving|goroutine 1 [running]|fatal error: unexpected|[recovered]", "Ollama", "the Go program panicked and ends with exit status 2; the text after 'panic:' is the reason", "the lines before and after 'panic:'", "explain that text; update Ollama; check the model (llrun show)" },
    { A_TEXT, 0, "terminate called after throwing|libc++abi: terminating|what(): |uncaught exception", "C++ programs", "an exception was not caught; the text after what() is the reason; then SIGABRT (134)", "the line with what()", "explain that line" },
    { A_TEXT, 0, "free(): invalid|double free|malloc(): corrupted|munmap_chunk|corrupted size vs. prev_size|heap-buffer-overflow", "Linux", "the heap is damaged: an error in the program", "the lines before", "update the program; report it" },
    { A_TEXT, 0, "server busy, please try again|maximum pending requests exceeded|too many requests|no slot available|slot unavailable", "Ollama, llama.cpp", "more requests than the server takes", "HTTP status 503 or 429", "OLLAMA_MAX_QUEUE, OLLAMA_NUM_PARALLEL, -np; or fewer requests at a time" },
    { A_TEXT, 0, "loading model\"|\"loading model|503*loading model|model is loading|server is loading", "llama.cpp, llrun", "the server is up, but the model is still being loaded (HTTP 503)", "GET /health", "wait and try again" },
    { A_TEXT, 0, "aborting completion request due to client closing|client closing the connection|context canceled|context cancelled|request was cancelled", "Ollama", "the client closed the connection before the answer was complete, mostly by its own time limit", "the time between request and this line is the client's limit", "a longer limit in the client; streaming; keep_alive so that the model stays loaded" },
    { A_GENERAL, 0, "killed by signal|main process exited, code=killed|code=dumped|status=9/kill|failed with result 'oom-kill'", "systemd", "the service was ended by a signal; status=9/KILL is mostly lack of memory", "journalctl -u SERVICE; dmesg", "explain the signal: llrun doctor --explain 'signal 9'" },
    { A_TEXT, 0, "too many open files|emfile", "Linux, macOS", "the limit of open files was reached", "ulimit -n", "ulimit -n 65536; systemd LimitNOFILE=" },
    { A_TEXT, 0, "resource temporarily unavailable|pthread_create failed|failed to create new os thread|can't start new thread", "Linux", "no more threads may be started: ulimit -u, or pids.max of the container", "ulimit -u; cat /sys/fs/cgroup/pids.max", "raise the limit; docker --pids-limit" },
    { A_TEXT, 0, "developer cannot be verified|is damaged and can't be opened|code signature invalid|killed: 9*codesign|library not loaded", "macOS", "Gatekeeper or the loader refuses the program: not signed, quarantined after the download, or a library is missing", "xattr -l FILE; codesign -v FILE; otool -L FILE", "xattr -d com.apple.quarantine FILE; build it on this machine" },
    { A_TEXT, 0, "failed to parse*template|chat template*not supported|failed to apply*template|jinja*error|template*error|unsupported chat template", "llama.cpp, LM Studio", "the chat template of the model could not be understood", "the line names the place", "--chat-template chatml or a newer version" }
};
enum { N_EXPLANATIONS = sizeof explanations / sizeof explanations[0] };

struct hits { unsigned long first[N_EXPLANATIONS], count[N_EXPLANATIONS]; };    /* lines, from 1 */

/* Does the line have the parts of pattern p[0..n), which are divided by '*', in this order? ^ and $ are its ends. */
static int has_parts(const char *line, const char *p, size_t n)
{
    while (n) {
        size_t k = 0, i;
        for (; k < n && p[k] != '*'; k++) { }
        for (;; line++) {
            for (i = 0; i < k && line[i] == (p[i] == '^' || p[i] == '$' ? '\n' : p[i]); i++) { }
            if (i == k) break;
            if (!*line) return 0;
        }
        line += k;
        p += k < n ? k + 1 : k;
        n -= k < n ? k + 1 : k;
    }
    return 1;
}

static int has_text(const char *line, const char *texts)
{
    size_t k;
    for (; texts && *texts; texts += k + (texts[k] == '|')) {
        k = strcspn(texts, "|");
        if (has_parts(line, texts, k)) return 1;
    }
    return 0;
}

/* Small letters, single blanks, a newline at both ends, which the patterns ^ and $ mean. */
static void fold_line(struct buf *b, const char *s, size_t n)
{
    size_t i;
    b->n = 0;
    buf_add(b, "\n", 1);
    for (i = 0; i < n; i++) {
        char c = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : (unsigned char)s[i] <= ' ' ? ' ' : s[i];
        if (c != ' ' || b->p[b->n - 1] != ' ') buf_add(b, &c, 1);
    }
    while (b->n > 1 && b->p[b->n - 1] == ' ') b->n--;
    buf_add(b, "\n", 2);
}

/* A number at s, decimal or 0x hexadecimal, with a sign perhaps. Returns its length, 0 if there is none. */
static size_t number_at(const char *s, int64_t *v)
{
    size_t i = *s == '-' || *s == '+', digits = 0;
    unsigned base = s[i] == '0' && s[i + 1] == 'x' ? 16 : 10;
    uint64_t u = 0;
    if (base == 16) i += 2;
    for (; digits < 18; i++, digits++) {
        unsigned d = s[i] >= '0' && s[i] <= '9' ? (unsigned)(s[i] - '0') : s[i] >= 'a' && s[i] <= 'f' ? (unsigned)(s[i] - 'a') + 10 : 99;
        if (d >= base) break;
        u = u * base + d;
    }
    if (!digits || (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9')) return 0;
    *v = *s == '-' ? -(int64_t)u : (int64_t)u;
    return i;
}

/* What a status means, whatever its shape: 139, -11 (Python), 35584 (wait), 3221225477, -1073741819, 0xc0000005. */
static enum about normal_number(int64_t v, uint32_t *number)
{
    if (v > 0xffffff00ll && v <= 0xffffffffll) v -= 0x100000000ll;
    *number = (uint32_t)v;
    if (v >= 0x40000000 || v <= -0x1000000) return A_NT;
    if (v < -1 && v >= -64) { *number = (uint32_t)-v; return A_SIGNAL; }
    if (v < 0) { *number = (uint32_t)v & 255; return A_EXIT; }
    if (v > 255 && v <= 0xff00 && v % 256 == 0) { v /= 256; *number = (uint32_t)v; }   /* as wait() and os.system give it */
    if (v > 128 && v <= 128 + 64) { *number = (uint32_t)v - 128; return A_SIGNAL; }
    return A_EXIT;
}

/* Rows of llrun itself do not explain other programs, and the reverse. */
static int is_about(const struct explanation *e, const char *line)
{
    int own = !strncmp(e->where, "llrun", 5);
    if (has_text(line, "llrun")) return own || e->about != A_EXIT || e->number == 0;
    return !own || !has_text(line, "ollama|runner|llama-server|llama-cli|llama.cpp|lm studio|lmstudio|koboldcpp|python|docker|curl");
}

static int hit(struct hits *h, int row, unsigned long line)
{
    if (!h->count[row]++) h->first[row] = line;
    return 1;
}

static int hit_number(struct hits *h, enum about about, uint32_t number, const char *text, unsigned long line)
{
    int i, n = 0;
    for (i = 0; i < N_EXPLANATIONS; i++)
        if (explanations[i].about == about && explanations[i].number == number && is_about(&explanations[i], text)) n += hit(h, i, line);
    return n;
}

/* May the number at `at` be an exit status? 0: no; 1: yes; 2: the number of a signal. In logs only after plain words. */
static int status_context(const char *line, const char *at, int64_t v, size_t len, int log)
{
    static const char *const words[] = { "status", "code", "with", "returned", "returncode", "exitcode", "exited", "exit", "rc", "errorlevel", "signal", "exception" };
    const char *e = at, *w;
    size_t i, k;
    if ((v >= 0xc0000000ll && v <= 0xffffffffll && (len == 10)) || (v >= -0x40000000ll && v < -0x3fff0000ll)) return 1;
    while (e > line && strchr(" :=#('\"", e[-1])) e--;
    for (w = e; w > line && ((w[-1] >= 'a' && w[-1] <= 'z') || w[-1] == '_'); ) w--;
    k = (size_t)(e - w);
    if (e <= line + 1 && !log && at[len] == '\n') return 1;             /* nothing but the number */
    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == k && !memcmp(words[i], w, k)) {
            if (!strcmp(words[i], "signal")) return 2;
            return !log || has_text(line, "exit|terminated|died|crashed");
        }
    return 0;
}

static int hit_numbers(struct hits *h, const char *line, unsigned long line_number, int log)
{
    const char *s = line;
    int n = 0;
    while (*s) {
        int64_t v;
        uint32_t number;
        int before = s > line && ((s[-1] >= 'a' && s[-1] <= 'z') || (s[-1] >= '0' && s[-1] <= '9') || s[-1] == '.' || s[-1] == '-' || s[-1] == '_');
        size_t len = before ? 0 : number_at(s, &v);
        int context = len ? status_context(line, s, v, len, log) : 0, found = 0;
        if (context == 2) found = hit_number(h, A_SIGNAL, (uint32_t)v, line, line_number);
        else if (context) {
            enum about about = normal_number(v, &number);
            found = hit_number(h, about, number, line, line_number);
            if (!found && about == A_EXIT && !log && number < 64) found = hit_number(h, A_SIGNAL, number, line, line_number);
        }
        n += found;
        s += len ? len : 1;
    }
    return n;
}

/* Marks what explains a line. Returns how many rows do. */
static int explain_line(struct hits *h, const char *s, size_t n, unsigned long line_number, int log)
{
    struct buf b = { NULL, 0, 0 };
    int i, found;
    fold_line(&b, s, n);
    found = hit_numbers(h, b.p, line_number, log);
    for (i = 0; i < N_EXPLANATIONS; i++)
        if (explanations[i].about != A_GENERAL && !(h->first[i] == line_number && h->count[i]) && has_text(b.p, explanations[i].texts)) found += hit(h, i, line_number);
    for (i = 0; !found && i < N_EXPLANATIONS; i++)
        if (explanations[i].about == A_GENERAL && has_text(b.p, explanations[i].texts)) { (void)hit(h, i, line_number); break; }
    free(b.p);
    return found;
}

static struct text32 number_name(const struct explanation *e)
{
    struct text32 t;
    t.s[0] = 0;
    if (e->about == A_EXIT) (void)snprintf(t.s, sizeof t.s, "exit status %lu", (unsigned long)e->number);
    if (e->about == A_SIGNAL) (void)snprintf(t.s, sizeof t.s, "signal %u (exit status %u)", (unsigned)e->number & 127, ((unsigned)e->number & 127) + 128);
    if (e->about == A_NT) (void)snprintf(t.s, sizeof t.s, "0x%08lX (%ld)", (unsigned long)e->number, (long)(int32_t)e->number);
    return t;
}

static void put_explanation(const struct explanation *e)
{
    struct text32 name = number_name(e);
    putf("  where    %s%s%s\n  cause    %s\n  confirm  %s\n  fix      %s\n", name.s, *name.s ? ", " : "", e->where, e->cause, e->confirm, e->fix);
}

static void json_pair(const char *before, const char *key, const char *text)
{
    putf("%s\"%s\":", before, key);
    json_text(text);
}

/* lines: of a log; NULL: of the text after --explain. */
static int put_hits(const struct hits *h, const char *what, const struct buf *quotes)
{
    int i, n = 0;
    if (opt.json) { putf("{"); json_pair("", "what", what); putf(",\"matches\":["); }
    for (i = 0; i < N_EXPLANATIONS; i++) {
        const struct explanation *e = &explanations[i];
        if (!h->count[i]) continue;
        if (opt.json) {
            struct text32 name = number_name(e);
            json_pair(n ? ",{" : "{", "number", name.s);
            json_pair(",", "where", e->where);
            json_pair(",", "cause", e->cause);
            json_pair(",", "confirm", e->confirm);
            json_pair(",", "fix", e->fix);
            putf(",\"line\":%lu,\"count\":%lu}", h->first[i], h->count[i]);
        } else {
            if (n) putf("\n");
            if (quotes) {
                putf("line %lu%s", h->first[i], h->count[i] > 1 ? "" : ": ");
                if (h->count[i] > 1) putf(" and %lu more: ", h->count[i] - 1);
                put_clean(quotes[i].p, quotes[i].n, 240);
            } else put_clean(what, strlen(what), 160);
            putf("\n");
            put_explanation(e);
        }
        n++;
    }
    if (opt.json) putf("]}\n");
    return n;
}

static int explain_text(const char *what)
{
    static struct hits h;
    (void)explain_line(&h, what, strlen(what), 1, 0);
    if (put_hits(&h, what, NULL)) return CODE_OK;
    if (opt.json) return CODE_FAILED;
    {
        struct buf b = { NULL, 0, 0 };
        int64_t v;
        uint32_t number;
        enum about about;
        fold_line(&b, what, strlen(what));
        if (number_at(b.p + 1, &v) && b.p[1 + number_at(b.p + 1, &v)] == '\n') {
            about = normal_number(v, &number);
            die(CODE_FAILED, "%s is %s %lu (0x%lX), of which nothing special is known here\n  Look at the last lines that the program wrote: llrun doctor < its.log explains those that it knows.",
                what, about == A_SIGNAL ? "signal" : about == A_NT ? "the Windows status" : "exit status", (unsigned long)number, (unsigned long)number);
        }
        free(b.p);
    }
    die(CODE_FAILED, "\"%.200s\" is not known here\n  Give an exit status (139, 0xc0000005, \"signal: killed\") or a line of a log; llrun doctor < its.log looks through\n"
        "  a whole one. llrun doctor checks this machine, llrun doctor MODEL the file too.", what);
}

static int explain_log(void)
{
    static struct hits h;
    static struct buf quotes[N_EXPLANATIONS];
    struct buf line = { NULL, 0, 0 };
    unsigned long n = 0, k;
    int i;
    while (read_line(&line)) {
        n++;
        (void)explain_line(&h, line.p, line.n < 4000 ? line.n : 4000, n, 1);
        for (i = 0; i < N_EXPLANATIONS; i++) if (h.first[i] == n && !quotes[i].p) buf_add(&quotes[i], line.p, line.n < 4000 ? line.n : 4000);
    }
    if (!n) return -1;
    k = (unsigned long)put_hits(&h, "standard input", quotes);
    if (!k && !opt.json) putf("nothing in %lu line%s of standard input is known here\n  Look for the last lines before the program ended; --explain takes its exit status.\n", n, n == 1 ? "" : "s");
    for (i = 0; i < N_EXPLANATIONS; i++) free(quotes[i].p);
    free(line.p);
    return CODE_OK;
}

/* ---- doctor: this machine ------------------------------------------------------------------------------------------ */

enum level { FINE, WARNING, PROBLEM };
static struct { int n[3]; } found;

/* One finding, one line. advice: what to do; NULL: nothing. */
PRINTF(4, 5) static void finding(enum level level, const char *topic, const char *advice, const char *fmt, ...)
{
    static const char *const names[] = { "ok", "warning", "problem" };
    char text[1400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (*text && text[strlen(text) - 1] == '.') text[strlen(text) - 1] = 0;
    if (opt.json) {
        json_pair(found.n[0] + found.n[1] + found.n[2] ? ",{" : "{", "level", names[level]);
        json_pair(",", "topic", topic);
        json_pair(",", "found", text);
        json_pair(",", "advice", advice ? advice : "");
        putf("}");
    } else {
        putf("%-8s %-10s ", names[level], topic);
        put_clean(text, strlen(text), sizeof text);
        if (advice) { putf(". To do: "); put_clean(advice, strlen(advice), 1000); }
        putf("\n");
    }
    found.n[level]++;
    put_flush();                                /* if the next check takes the program down, this one has been said */
}

static void isa_list(char *s, size_t cap, uint32_t set)
{
    size_t n = 0;
    int i;
    s[0] = 0;
    for (i = 1; i < LLR_ISA_COUNT && n < cap; i++)
        if (set >> i & 1) n += (size_t)snprintf(s + n, cap - n, "%s%s", n ? " " : "", llr_isa_name((llr_isa)i));
}

static int has_feature(const llr_cpu_info *c, const char *want)
{
    const char *name;
    int i;
    for (i = 0; (name = llr_cpu_feature_name(i)); i++) if (!strcmp(name, want)) return (int)(c->features >> i & 1);
    return 0;
}

static const char *proc_root(void) { return root_of("LLRUN_PROC", "/proc"); }

/* The beginning of a small file of the system, NUL-terminated; "" if it cannot be read. Returns its length. */
PRINTF(3, 4) static size_t system_text(char *text, size_t cap, const char *fmt, ...)
{
    char path[1200];
    va_list args;
    FILE *f;
    size_t n = 0;
    va_start(args, fmt);
    (void)vsnprintf(path, sizeof path, fmt, args);
    va_end(args);
    text[0] = 0;
    f = open_utf8(path, "rb");
    if (!f) return 0;
    n = fread(text, 1, cap - 1, f);
    (void)fclose(f);
    text[n] = 0;
    return n;
}

static void check_cpu(void)
{
    static char info[16384], cmdline[4096];
    llr_cpu_info c;
    char built[120], usable[120], mask[200];
    const char *word, *vm;
    llr_cpu(&c);
    (void)system_text(info, sizeof info, "%s/cpuinfo", proc_root());
    (void)system_text(cmdline, sizeof cmdline, "%s/cmdline", proc_root());
    isa_list(built, sizeof built, c.built);
    isa_list(usable, sizeof usable, c.usable);
    vm = strstr(info, " hypervisor") ? " in a virtual machine" : "";
    finding(FINE, "cpu", NULL, "%s%s; avx %s, f16c %s, fma %s, avx2 %s, avx512f %s; XCR0 0x%llx", *c.brand ? c.brand : "unknown", vm, has_feature(&c, "avx") ? "yes" : "no",
            has_feature(&c, "f16c") ? "yes" : "no", has_feature(&c, "fma") ? "yes" : "no", has_feature(&c, "avx2") ? "yes" : "no", has_feature(&c, "avx512f") ? "yes" : "no",
            (unsigned long long)c.xcr0);
    mask[0] = 0;
    for (word = cmdline; *word; word += strcspn(word, " \n"), word += strspn(word, " \n"))
        if (!strncmp(word, "clearcpuid=", 11) || !strncmp(word, "noxsave", 7) || !strncmp(word, "noavx", 5))
            (void)snprintf(mask, sizeof mask, "%.*s", (int)strcspn(word, " \n"), word);
    if (*mask) finding(WARNING, "cpu", "remove it from the boot loader's configuration, unless it is meant", "the kernel was started with '%s', which hides features of the CPU", mask);
    if (has_feature(&c, "avx") && !(c.xcr0 & 4))
        finding(WARNING, "cpu", *vm ? "set the CPU type of the virtual machine to 'host'; remove noxsave" : "remove noxsave and clearcpuid from the kernel's command line; Windows 7 needs SP1; check the BIOS",
                "the CPU has AVX, but the system does not save its registers (XCR0 = 0x%llx): %s is used", (unsigned long long)c.xcr0, llr_isa_name(c.best));
    else if (*vm && has_feature(&c, "sse2") && !has_feature(&c, "avx2"))
        finding(WARNING, "cpu", "set the CPU type of the virtual machine to 'host' (Proxmox, QEMU: -cpu host)", "the virtual machine shows no %s; the machine below probably has it",
                has_feature(&c, "avx") ? "AVX2" : "AVX");
    finding(FINE, "kernels", NULL, "built: %s; usable: %s; chosen: %s%s%s%s", built, usable, llr_isa_name(chosen_isa == LLR_ISA_BEST ? c.best : chosen_isa),
            chosen_isa == LLR_ISA_BEST ? "" : " (forced)", *c.why ? "; " : "", c.why);
}

/* --- self-test: a model of one layer, made here, must give the same logits on all tiers --- */

enum { ST_EMBD = 128, ST_FF = 192, ST_VOCAB = 160, ST_HEADS = 2, ST_TOKENS = 6, ST_F32 = 0, ST_F16 = 1, ST_Q4_0 = 2, ST_Q8_0 = 8 };

static const struct st_tensor { const char *name; int type, n_in, n_out; } st_tensors[] = {       /* n_out 0: a norm */
    { "token_embd.weight", ST_F16, ST_EMBD, ST_VOCAB }, { "blk.0.attn_norm.weight", ST_F32, ST_EMBD, 0 },
    { "blk.0.attn_q.weight", ST_Q4_0, ST_EMBD, ST_EMBD }, { "blk.0.attn_k.weight", ST_Q4_0, ST_EMBD, ST_EMBD },
    { "blk.0.attn_v.weight", ST_Q8_0, ST_EMBD, ST_EMBD }, { "blk.0.attn_output.weight", ST_Q8_0, ST_EMBD, ST_EMBD },
    { "blk.0.ffn_norm.weight", ST_F32, ST_EMBD, 0 }, { "blk.0.ffn_gate.weight", ST_Q4_0, ST_EMBD, ST_FF },
    { "blk.0.ffn_up.weight", ST_Q8_0, ST_EMBD, ST_FF }, { "blk.0.ffn_down.weight", ST_Q4_0, ST_FF, ST_EMBD },
    { "output_norm.weight", ST_F32, ST_EMBD, 0 }, { "output.weight", ST_Q8_0, ST_EMBD, ST_VOCAB }
};
enum { N_ST_TENSORS = sizeof st_tensors / sizeof st_tensors[0] };

static const struct { const char *key; int type; uint32_t v; } st_numbers[] = {                    /* type 4: u32, 6: f32 bits */
    { "llama.context_length", 4, 64 }, { "llama.embedding_length", 4, ST_EMBD }, { "llama.block_count", 4, 1 }, { "llama.feed_forward_length", 4, ST_FF },
    { "llama.attention.head_count", 4, ST_HEADS }, { "llama.attention.head_count_kv", 4, ST_HEADS }, { "llama.vocab_size", 4, ST_VOCAB },
    { "llama.attention.layer_norm_rms_epsilon", 6, 0x3727c5ac }
};
enum { N_ST_NUMBERS = sizeof st_numbers / sizeof st_numbers[0] };

static void add_le(struct buf *b, uint64_t v, int n)
{
    for (; n--; v >>= 8) {
        char c = (char)(v & 255);
        buf_add(b, &c, 1);
    }
}

static void add_name(struct buf *b, const char *s)
{
    add_le(b, strlen(s), 8);
    buf_add(b, s, strlen(s));
}

static void add_pair(struct buf *b, const char *key, const char *value)
{
    add_name(b, key);
    add_le(b, 8, 4);
    add_name(b, value);
}

static size_t st_bytes(const struct st_tensor *t)
{
    size_t n = (size_t)t->n_in * (size_t)(t->n_out ? t->n_out : 1);
    return t->type == ST_F32 ? n * 4 : t->type == ST_F16 ? n * 2 : t->type == ST_Q4_0 ? n / 32 * 18 : n / 32 * 34;
}

/* Any values will do, as long as they are finite and of the usual size. */
static void add_weights(struct buf *b, const struct st_tensor *t)
{
    static uint32_t r = 1;
    size_t i, n = st_bytes(t), block = t->type == ST_Q4_0 ? 18 : 34;
    for (i = 0; i < n; ) {
        r = r * 1664525u + 1013904223u;
        if (t->type == ST_F32) { add_le(b, 0x3f800000u, 4); i += 4; }
        else if (t->type == ST_F16) { add_le(b, 0x3400u | (r >> 8 & 0x83ffu), 2); i += 2; }      /* +-0.25 to 0.5 */
        else if (i % block == 0) { add_le(b, (t->type == ST_Q4_0 ? 0x2400u : 0x1400u) | (r >> 8 & 0x3ffu), 2); i += 2; }
        else { add_le(b, r >> 24, 1); i++; }
    }
}

static void st_image(struct buf *b)
{
    uint64_t offset = 0;
    int i;
    b->n = 0;
    buf_add(b, "GGUF", 4);
    add_le(b, 3, 4);
    add_le(b, N_ST_TENSORS, 8);
    add_le(b, 2 + N_ST_NUMBERS, 8);
    add_pair(b, "general.architecture", "llama");
    add_pair(b, "tokenizer.ggml.model", "no_vocab");
    for (i = 0; i < N_ST_NUMBERS; i++) {
        add_name(b, st_numbers[i].key);
        add_le(b, (uint64_t)st_numbers[i].type, 4);
        add_le(b, st_numbers[i].v, 4);
    }
    for (i = 0; i < N_ST_TENSORS; i++) {
        const struct st_tensor *t = &st_tensors[i];
        add_name(b, t->name);
        add_le(b, t->n_out ? 2 : 1, 4);
        add_le(b, (uint64_t)t->n_in, 8);
        if (t->n_out) add_le(b, (uint64_t)t->n_out, 8);
        add_le(b, (uint64_t)t->type, 4);
        add_le(b, offset, 8);
        offset += (st_bytes(t) + 31) / 32 * 32;
    }
    for (i = 0; i < N_ST_TENSORS; i++) {
        while (b->n % 32) add_le(b, 0, 1);
        add_weights(b, &st_tensors[i]);
    }
}

/* Logits of a prompt and of one token after it. */
static llr_status st_run(const struct buf *image, llr_isa isa, float logits[2 * ST_VOCAB], llr_error *err)
{
    static const int32_t ids[ST_TOKENS] = { 1, 77, 5, 159, 32, 8 };
    llr_options o = library_options();
    llr_session_options so;
    llr_model *m = NULL;
    llr_session *s = NULL;
    llr_status st;
    memset(&so, 0, sizeof so);
    o.isa = isa;
    o.log = NULL;
    o.no_vocab = 1;
    so.n_threads = 1;
    so.n_batch = ST_TOKENS;
    so.n_ctx = 16;
    if (!(st = llr_model_open_mem(&m, image->p, image->n, &o, err)) && !(st = llr_session_new(&s, m, &so, err)) && !(st = llr_session_eval(s, ids, ST_TOKENS, err))) {
        memcpy(logits, llr_session_logits(s), ST_VOCAB * sizeof *logits);
        if (!(st = llr_session_eval(s, ids, 1, err))) memcpy(logits + ST_VOCAB, llr_session_logits(s), ST_VOCAB * sizeof *logits);
    }
    llr_session_free(s);
    llr_model_close(m);
    return st;
}

static void check_kernels(void)
{
    static float want[2 * ST_VOCAB], got[2 * ST_VOCAB];
    struct buf image = { NULL, 0, 0 };
    char fine[160];
    size_t n = 0;
    llr_cpu_info c;
    llr_error err;
    double largest = 0;
    int i, k;
    llr_cpu(&c);
    st_image(&image);
    fine[0] = 0;
    for (i = LLR_ISA_SCALAR; i < LLR_ISA_COUNT; i++) {
        double worst = 0;
        if (!(c.usable >> i & 1)) continue;
        if (st_run(&image, (llr_isa)i, i == LLR_ISA_SCALAR ? want : got, &err)) {
            finding(PROBLEM, "self-test", "report this line; use --isa scalar", "the kernels %s do not run: %s", llr_isa_name((llr_isa)i), err.msg);
            if (i == LLR_ISA_SCALAR) break;
            continue;
        }
        for (k = 0; k < 2 * ST_VOCAB; k++) {
            double x = want[k], d = i == LLR_ISA_SCALAR ? x - x : got[k] - x;
            if (fabs(x) > largest) largest = fabs(x);
            if (!(fabs(d) <= worst)) worst = d == d ? fabs(d) : HUGE_VAL;
        }
        if (worst > 1e-3 * largest || !(largest > 0))       /* fused multiply-add rounds otherwise in the last bits, and 8-bit activations may step */
            finding(PROBLEM, "self-test", "faulty or overclocked hardware, an emulator, or an error in llrun: use --isa scalar and report this line with llrun cpu",
                    "the kernels %s compute wrongly: off by %g where the largest value is %g", llr_isa_name((llr_isa)i), worst, largest);
        else if (n < sizeof fine) n += (size_t)snprintf(fine + n, sizeof fine - n, "%s%s", n ? ", " : "", llr_isa_name((llr_isa)i));
    }
    if (n) finding(FINE, "self-test", NULL, "a small model gives the same logits on %s", fine);
    free(image.p);
}

static void check_memory_total(void)
{
    uint64_t have = memory_now().available_bytes;
    if (have == UINT64_MAX) finding(FINE, "memory", NULL, "the memory available to this process is unknown");
    else finding(have < 512u << 20 ? WARNING : FINE, "memory", have < 512u << 20 ? "end other programs, add swap, or choose a model of less than a billion weights" : NULL,
                 "this process may still take %s", size_text(have).s);
}

#if defined(__linux__)

static const char *sys_root(void) { return root_of("LLRUN_SYS", "/sys"); }

/* The number after "name" and blanks or a colon at the start of a line; UINT64_MAX: not there. */
static uint64_t field_of(const char *text, const char *name)
{
    size_t n = strlen(name);
    const char *s = text;
    for (; s; s = strchr(s, '\n') ? strchr(s, '\n') + 1 : NULL)
        if (!strncmp(s, name, n) && (s[n] == ':' || s[n] == ' ' || s[n] == '\t')) {
            s += n + strspn(s + n, ": \t");
            return *s >= '0' && *s <= '9' ? (uint64_t)strtoull(s, NULL, 10) : UINT64_MAX;
        }
    return UINT64_MAX;
}

static uint64_t number_in(const char *text) { return *text >= '0' && *text <= '9' ? (uint64_t)strtoull(text, NULL, 10) : UINT64_MAX; }

/* The smallest limit of the control groups from ours to the root, and the file that sets it. UINT64_MAX, 0: none. */
struct group_limit { uint64_t limit, used, cache; char file[1000]; double cpus; };

static int group_path(const char *controller, char *path, size_t cap)
{
    static char text[8192];
    char *line, *next;
    size_t n = strlen(controller);
    (void)system_text(text, sizeof text, "%s/self/cgroup", proc_root());
    for (line = text; *line; line = next) {
        char *list = strchr(line, ':'), *p;
        next = line + strcspn(line, "\n");
        if (*next) *next++ = 0;
        if (!list || !(p = strchr(++list, ':'))) continue;
        *p++ = 0;
        for (; *list; list += *list == ',') {
            size_t k = strcspn(list, ",");
            if (n && k == n && !memcmp(list, controller, n)) { (void)snprintf(path, cap, "%s", p); return 1; }
            list += k;
        }
        if (!n && p - 1 == list) { (void)snprintf(path, cap, "%s", p); return 1; }
    }
    return 0;
}

static void group_memory(const char *folder, int v2, struct group_limit *g)
{
    static char text[8192];
    uint64_t limit, a, b;
    (void)system_text(text, sizeof text, "%s/%s", folder, v2 ? "memory.max" : "memory.limit_in_bytes");
    limit = number_in(text);
    if (limit >= UINT64_MAX / 4 || limit >= g->limit) return;           /* "max"; version 1 writes 2^63 - 4096 for none */
    g->limit = limit;
    (void)snprintf(g->file, sizeof g->file, "%.900s/%s", folder, v2 ? "memory.max" : "memory.limit_in_bytes");
    (void)system_text(text, sizeof text, "%s/%s", folder, v2 ? "memory.current" : "memory.usage_in_bytes");
    g->used = number_in(text) == UINT64_MAX ? 0 : number_in(text);
    (void)system_text(text, sizeof text, "%s/memory.stat", folder);
    a = field_of(text, v2 ? "inactive_file" : "total_inactive_file");
    b = field_of(text, v2 ? "active_file" : "total_active_file");
    g->cache = (a == UINT64_MAX ? 0 : a) + (b == UINT64_MAX ? 0 : b);
}

static void group_cpu(const char *folder, int v2, struct group_limit *g)
{
    char text[100], period[100];
    double cpus = 0;
    (void)system_text(text, sizeof text, "%s/%s", folder, v2 ? "cpu.max" : "cpu.cfs_quota_us");
    (void)system_text(period, sizeof period, "%s/cpu.cfs_period_us", folder);
    if (number_in(text) == UINT64_MAX) return;
    if (v2) cpus = strchr(text, ' ') ? (double)number_in(text) / (double)number_in(strchr(text, ' ') + 1) : 0;
    else if (number_in(period) != UINT64_MAX && number_in(period)) cpus = (double)number_in(text) / (double)number_in(period);
    if (cpus > 0 && (g->cpus == 0 || cpus < g->cpus)) {
        g->cpus = cpus;
        (void)snprintf(g->file, sizeof g->file, "%.900s/%s", folder, v2 ? "cpu.max" : "cpu.cfs_quota_us");
    }
}

static void walk_groups(const char *controller, void (*visit)(const char *, int, struct group_limit *), struct group_limit *g)
{
    int v2;
    memset(g, 0, sizeof *g);
    g->limit = UINT64_MAX;
    for (v2 = 0; v2 < 2; v2++) {
        char path[700], folder[1100];
        if (!group_path(v2 ? "" : controller, path, sizeof path)) continue;
        for (;;) {
            char *slash;
            if (!strcmp(path, "/")) path[0] = 0;
            (void)snprintf(folder, sizeof folder, "%.300s/fs/cgroup%s%s%s", sys_root(), v2 ? "" : "/", v2 ? "" : controller, path);
            visit(folder, v2, g);
            if (!(slash = strrchr(path, '/'))) break;
            *slash = 0;
        }
    }
}

static void check_threads(void)
{
    struct group_limit g;
    cpu_set_t set;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int mine = sched_getaffinity(0, sizeof set, &set) ? (int)online : CPU_COUNT(&set), n = llr_threads_default();
    walk_groups("cpu", group_cpu, &g);
    if (g.cpus == 0) walk_groups("cpu,cpuacct", group_cpu, &g);
    if (g.cpus > 0 && g.cpus < mine)
        finding(g.cpus < 1 ? WARNING : FINE, "threads", g.cpus < 1 ? "raise the quota (docker --cpus)" : "other programs need -t set to the quota: more threads than it are slower by far",
                "%ld CPUs online, %d in the affinity mask, quota %.2f CPUs (%s): llrun takes %d thread%s", online, mine, g.cpus, g.file, n, n == 1 ? "" : "s");
    else finding(FINE, "threads", mine < online ? "if that is not meant: taskset, cpuset of the container" : NULL, "%ld CPUs online, %d in the affinity mask, no quota below that: llrun takes %d thread%s",
                 online, mine, n, n == 1 ? "" : "s");
}

static void check_meminfo(void)
{
    static char text[16384];
    uint64_t total, have, swap, swap_free, kills, huge, huge_size, huge_free;
    (void)system_text(text, sizeof text, "%s/meminfo", proc_root());
    total = field_of(text, "MemTotal");
    have = field_of(text, "MemAvailable");
    swap = field_of(text, "SwapTotal");
    swap_free = field_of(text, "SwapFree");
    huge = field_of(text, "HugePages_Total");
    huge_free = field_of(text, "HugePages_Free");
    huge_size = field_of(text, "Hugepagesize");
    if (total == UINT64_MAX) finding(WARNING, "memory", "mount /proc", "%s/meminfo cannot be read", proc_root());
    else if (have == UINT64_MAX) finding(WARNING, "memory", "a kernel from 3.14 on says how much is available", "%s in total; how much is available is unknown", size_text(total * 1024).s);
    else {
        int low = have < total / 10 || have < 512u << 10;
        finding(low ? WARNING : FINE, "memory", low ? "end other programs before loading a model; llrun plan MODEL" : NULL, "%s available of %s", size_text(have * 1024).s, size_text(total * 1024).s);
    }
    if (swap == 0) finding(FINE, "swap", "a swap file helps when memory is short: the kernel kills programs otherwise", "none");
    else if (swap != UINT64_MAX)
        finding(swap_free < swap / 5 ? WARNING : FINE, "swap", swap_free < swap / 5 ? "the machine is short of memory: end other programs" : NULL, "%s, %s free", size_text(swap * 1024).s,
                size_text(swap_free * 1024).s);
    if (huge != UINT64_MAX && huge && huge_size != UINT64_MAX && huge_free != UINT64_MAX && huge_free * huge_size > total / 10)
        finding(WARNING, "hugepages", "sysctl vm.nr_hugepages=0, unless another program needs them", "%s are reserved as huge pages and unused: no use for llrun", size_text(huge_free * huge_size * 1024).s);
    (void)system_text(text, sizeof text, "%s/vmstat", proc_root());
    kills = field_of(text, "oom_kill");
    if (kills != UINT64_MAX && kills) finding(WARNING, "memory", "dmesg | grep -i -E 'out of memory|oom' names them; llrun plan MODEL before loading", "%llu process%s killed for lack of memory since the start",
                                              (unsigned long long)kills, kills == 1 ? " was" : "es were");
    (void)system_text(text, sizeof text, "%s/sys/vm/overcommit_memory", proc_root());
    if (number_in(text) == 2) finding(WARNING, "memory", "sysctl vm.overcommit_memory=0", "strict accounting (vm.overcommit_memory = 2): allocations fail although memory is free");
}

static void check_groups(void)
{
    struct group_limit g;
    uint64_t left;
    walk_groups("memory", group_memory, &g);
    if (g.limit == UINT64_MAX) { finding(FINE, "cgroup", NULL, "no memory limit"); return; }
    left = g.used > g.cache ? g.used - g.cache : 0;
    left = g.limit > left ? g.limit - left : 0;
    finding(left < 512u << 20 || left < g.limit / 10 ? WARNING : FINE, "cgroup", left < 512u << 20 || left < g.limit / 10 ? "raise the limit (docker --memory, systemd MemoryMax)" : NULL,
            "memory limit %s, %s used, of which %s file cache: %s left (%s)", size_text(g.limit).s, size_text(g.used).s, size_text(g.cache).s, size_text(left).s, g.file);
}

static void check_huge_pages(void)
{
    char text[200];
    const char *mode;
    (void)system_text(text, sizeof text, "%s/kernel/mm/transparent_hugepage/enabled", sys_root());
    mode = strchr(text, '[');
    if (!mode) { finding(FINE, "hugepages", NULL, "this kernel has no transparent huge pages"); return; }
    finding(FINE, "hugepages", strncmp(mode, "[never]", 7) ? NULL : "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled may give a few per cent", "transparent huge pages: %.*s", (int)strcspn(mode + 1, "]"), mode + 1);
}

static void check_limits(void)
{
    struct rlimit lock, as;
    if (!getrlimit(RLIMIT_MEMLOCK, &lock))
        finding(FINE, "limits", opt.mlock || lock.rlim_cur == RLIM_INFINITY ? NULL : "for --mlock only: ulimit -l unlimited, docker --ulimit memlock=-1", "RLIMIT_MEMLOCK %s",
                lock.rlim_cur == RLIM_INFINITY ? "unlimited" : size_text(lock.rlim_cur).s);
    if (!getrlimit(RLIMIT_AS, &as) && as.rlim_cur != RLIM_INFINITY)
        finding(WARNING, "limits", "ulimit -v unlimited: mapped model files count too", "RLIMIT_AS allows only %s of addresses", size_text(as.rlim_cur).s);
    if (sizeof(void *) < 8) finding(WARNING, "limits", "the 64-bit build, if CPU and system can", "a 32-bit program: files of more than about 2 GiB cannot be mapped");
}

/* Is v in a list such as "0-3,8"? */
static int in_list(const char *s, int v)
{
    while (*s >= '0' && *s <= '9') {
        char *end;
        long a = strtol(s, &end, 10), b = a;
        if (*end == '-') b = strtol(end + 1, &end, 10);
        if (v >= a && v <= b) return 1;
        s = *end == ',' ? end + 1 : "";
    }
    return 0;
}

/* May a thread of ours run on a CPU of this list? */
static int our_cpus(const char *list)
{
    cpu_set_t set;
    int i;
    if (sched_getaffinity(0, sizeof set, &set)) return 1;
    for (i = 0; i < CPU_SETSIZE; i++) if (CPU_ISSET(i, &set) && in_list(list, i)) return 1;
    return 0;
}

/* The memory nodes that have CPUs of ours, as bits. */
static uint64_t our_nodes(void)
{
    char cpus[400];
    uint64_t nodes = 0;
    int i;
    for (i = 0; i < 64; i++)
        if (system_text(cpus, sizeof cpus, "%s/devices/system/node/node%d/cpulist", sys_root(), i) && our_cpus(cpus)) nodes |= (uint64_t)1 << i;
    return nodes;
}

/* On which nodes the pages of the model lie that are in memory already: they stay where the first reader had them. */
static void check_model_nodes(void)
{
    enum { SAMPLES = 512 };
    static char text[1 << 16];
    uint64_t nodes = our_nodes(), here = 0, there = 0, pages;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), i;
    const char *base = strrchr(opt.model, '/') ? strrchr(opt.model, '/') + 1 : opt.model, *line, *s;
    struct stat st;
    char *map, *end;
    int fd = open(opt.model, O_RDONLY | O_CLOEXEC), node, other = -1;
    if (fd < 0 || fstat(fd, &st) || st.st_size <= 0 || !nodes) { if (fd >= 0) (void)close(fd); return; }
    map = (char *)mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (map == (char *)MAP_FAILED) return;
    for (i = 0; i < SAMPLES; i++) {             /* only pages of ours are listed: map those that are there */
        char *p = map + (size_t)st.st_size / SAMPLES * i / page * page;
        unsigned char in;
        if (!mincore(p, page, &in) && (in & 1)) (void)*(const volatile char *)p;
    }
    (void)system_text(text, sizeof text, "%s/self/numa_maps", proc_root());
    (void)munmap(map, (size_t)st.st_size);
    for (line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t n = strcspn(line, "\n");
        const char *file = strstr(line, " file=");
        if (!file || file > line + n || !(s = strstr(file, base)) || s > line + n || s[strlen(base)] != ' ') continue;
        for (s = file; s < line + n; s++)
            if (s[0] == ' ' && s[1] == 'N' && s[2] >= '0' && s[2] <= '9') {
                node = (int)strtol(s + 2, &end, 10);
                pages = *end == '=' ? strtoull(end + 1, NULL, 10) : 0;
                if (node < 64 && nodes >> node & 1) here += pages;
                else { there += pages; other = node; }
            }
    }
    if (there * 10 > here + there)
        finding(WARNING, "numa", "numactl --cpunodebind and --membind of one node for llrun; the file is put there when it is read anew (vmtouch -e, or copy it)",
                "%d %% of what is in memory of the model lie on node %d, which has no CPU that the threads may use: reading it is slower", (int)(there * 100 / (here + there)), other);
}

static void check_numa(void)
{
    static char text[4096];
    char list[600], cpus[200];
    size_t n = 0;
    int i, nodes = 0, apart = 1;
    uint64_t ours = our_nodes();
    const char *allowed;
    (void)system_text(text, sizeof text, "%s/self/status", proc_root());
    allowed = strstr(text, "Mems_allowed_list:");
    if (allowed) allowed += 18 + strspn(allowed + 18, " \t");
    for (i = 0; i < 64; i++) apart &= !(ours >> i & 1 && (!allowed || in_list(allowed, i)));
    if (allowed && ours && apart)
        finding(WARNING, "numa", "numactl --cpunodebind and --membind with the same node, or the cpuset of the container", "memory may be taken from node %.*s only, and the threads run on other nodes: every access is slower",
                (int)strcspn(allowed, "\n"), allowed);
    list[0] = 0;
    for (i = 0; i < 64; i++) {
        uint64_t total = UINT64_MAX, left = UINT64_MAX;
        char *p;
        if (!system_text(text, sizeof text, "%s/devices/system/node/node%d/meminfo", sys_root(), i)) continue;
        if ((p = strstr(text, "MemTotal:"))) total = field_of(p, "MemTotal");
        if ((p = strstr(text, "MemFree:"))) left = field_of(p, "MemFree");
        (void)system_text(cpus, sizeof cpus, "%s/devices/system/node/node%d/cpulist", sys_root(), i);
        cpus[strcspn(cpus, "\n")] = 0;
        nodes++;
        if (n < sizeof list) n += (size_t)snprintf(list + n, sizeof list - n, "; node %d: CPUs %.60s, %s, %s free", i, *cpus ? cpus : "none", size_text(total == UINT64_MAX ? 0 : total * 1024).s,
                                                   size_text(left == UINT64_MAX ? 0 : left * 1024).s);
    }
    if (nodes > 1)
        finding(WARNING, "numa", "keep threads and memory of a model that fits into one node together: numactl --cpunodebind=0 --membind=0 llrun ...; else numactl --interleave=all",
                "%d memory nodes%s: threads reading from another node are slower", nodes, list);
    else finding(FINE, "numa", NULL, "one memory node");
}

/* The version in the name that libcuda.so.1 leads to: it must be the one of the kernel module. */
static int cuda_library(char *path, size_t cap, char *version, size_t version_cap)
{
    static const char *const folders[] = { "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/lib64", "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64",
        "/usr/lib/x86_64-linux-gnu/nvidia/current", "/run/opengl-driver/lib", "/usr/lib/nvidia" };
    char name[300], target[300];
    size_t i;
    ssize_t n;
    for (i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        (void)snprintf(name, sizeof name, "%s/libcuda.so.1", folders[i]);
        if (access(name, R_OK)) continue;
        (void)snprintf(path, cap, "%s", name);
        n = readlink(name, target, sizeof target - 1);
        target[n > 0 ? n : 0] = 0;
        (void)snprintf(version, version_cap, "%s", strstr(target, ".so.") ? strstr(target, ".so.") + 4 : "");
        return 1;
    }
    return 0;
}

static int nvidia_card(void)                    /* on the PCI bus, with a driver or without */
{
    char path[400], text[40];
    DIR *d;
    struct dirent *e;
    int cards = 0;
    (void)snprintf(path, sizeof path, "%.300s/bus/pci/devices", sys_root());
    d = opendir(path);
    while (d && (e = readdir(d))) {
        if (!system_text(text, sizeof text, "%.300s/%.60s/vendor", path, e->d_name) || strncmp(text, "0x10de", 6)) continue;
        (void)system_text(text, sizeof text, "%.300s/%.60s/class", path, e->d_name);
        cards += !strncmp(text, "0x03", 4);
    }
    if (d) (void)closedir(d);
    return cards;
}

static void check_gpus(void)
{
    char text[1000], module[60], library[300], version[60], path[400];
    const char *p;
    int cards = nvidia_card(), have_library = cuda_library(library, sizeof library, version, sizeof version);
    module[0] = 0;
    (void)system_text(text, sizeof text, "%s/driver/nvidia/version", proc_root());
    for (p = strstr(text, "Module"); p && *p && !*module; p += strcspn(p, " \n"), p += strspn(p, " \n"))
        if (*p >= '0' && *p <= '9') (void)snprintf(module, sizeof module, "%.*s", (int)(strcspn(p, " \n") < 50 ? strcspn(p, " \n") : 50), p);
    if (*module && !have_library)
        finding(WARNING, "gpu", "install the driver's libraries of the same version; in Docker --gpus all", "NVIDIA driver %s is loaded, but libcuda.so.1 is not there", module);
    else if (*module && *version && strchr(version, '.') && strcmp(version, module))
        finding(PROBLEM, "gpu", "restart the machine, or reload the nvidia modules: the driver was updated while it was loaded", "driver %s in the kernel, but %s is of %s: no program can use the GPU", module, library, version);
    else if (*module) finding(FINE, "gpu", NULL, "NVIDIA driver %s, %s; this build of llrun computes on the CPU", module, library);
    else if (cards) finding(WARNING, "gpu", "install the NVIDIA driver; nouveau cannot compute", "%d NVIDIA card%s, but no driver is loaded", cards, cards == 1 ? "" : "s");
    else if (have_library) finding(FINE, "gpu", "in Docker: --gpus all; else load the driver: modprobe nvidia", "%s is there, but no NVIDIA driver is loaded", library);
    else finding(FINE, "gpu", NULL, "no NVIDIA driver; this build of llrun computes on the CPU");
    (void)snprintf(path, sizeof path, "%.300s/module/amdgpu", sys_root());
    if (!access(path, F_OK)) finding(FINE, "gpu", access("/dev/kfd", F_OK) || !access("/dev/kfd", R_OK | W_OK) ? NULL : "for ROCm programs: add yourself to the groups render and video",
                                     "AMD driver amdgpu is loaded; this build of llrun computes on the CPU");
}

/* Programs that hold models in memory. child: normally started by another one. */
static const struct { const char *name, *argument; int child; } runners[] = {
    { "ollama", "runner", 1 }, { "ollama", NULL, 0 }, { "ollama_llama_se", NULL, 1 }, { "ollama-runner", NULL, 1 }, { "llama-server", NULL, 0 }, { "llama-cli", NULL, 0 },
    { "llama-run", NULL, 0 }, { "llama-swap", NULL, 0 }, { "llama-bench", NULL, 0 }, { "koboldcpp", NULL, 0 }, { "lmstudio", NULL, 0 }, { "lm-studio", NULL, 0 }, { "LM Studio", NULL, 0 },
    { "llmworker", NULL, 1 }, { "llamafile", NULL, 0 }, { "local-ai", NULL, 0 }, { "localai", NULL, 0 }, { "gpt4all", NULL, 0 }, { "jan", NULL, 0 }, { "vllm", NULL, 0 }, { "whisper-server", NULL, 0 },
    { "llrun", NULL, 0 }
};

static void check_process(const char *pid)
{
    static char status[8192], parent[300], line[2048], group[2048];
    char name[64];
    uint64_t rss, ppid;
    size_t i, n;
    int orphan;
    if (strspn(pid, "0123456789") != strlen(pid) || !system_text(name, sizeof name, "%s/%s/comm", proc_root(), pid)) return;
    name[strcspn(name, "\n")] = 0;
    if (!strcmp(root_of("LLRUN_PROC", ""), "") && atol(pid) == (long)getpid()) return;
    n = system_text(line, sizeof line, "%s/%s/cmdline", proc_root(), pid);
    for (i = 0; i < n; i++) if (!line[i]) line[i] = ' ';
    for (i = 0; i < sizeof runners / sizeof runners[0]; i++)
        if (!strcmp(name, runners[i].name) && (!runners[i].argument || strstr(line, runners[i].argument))) break;
    if (i == sizeof runners / sizeof runners[0]) return;
    (void)system_text(status, sizeof status, "%s/%s/status", proc_root(), pid);
    (void)system_text(group, sizeof group, "%s/%s/cgroup", proc_root(), pid);
    rss = field_of(status, "VmRSS");
    ppid = field_of(status, "PPid");
    if (rss == UINT64_MAX) rss = 0;
    (void)system_text(parent, sizeof parent, "%s/%llu/comm", proc_root(), (unsigned long long)ppid);
    parent[strcspn(parent, "\n")] = 0;
    /* with its parent gone it belongs to process 1 or to a subreaper; services of systemd are there on purpose */
    orphan = (ppid == 1 || !strcmp(parent, "systemd") || !strcmp(parent, "tini") || !strcmp(parent, "dumb-init")) && (runners[i].child || !strstr(group, ".service"));
    if (orphan && runners[i].child)
        finding(PROBLEM, "processes", "end it: kill PID, then kill -9 PID; it holds memory, and GPU memory too if it used the GPU", "%s (pid %s, %s in memory) has lost its parent (now %llu %s)", name, pid,
                size_text(rss * 1024).s, (unsigned long long)ppid, parent);
    else finding(rss > 256u << 10 || orphan ? WARNING : FINE, "processes", orphan ? "if nobody needs it any more: kill PID" : rss > 256u << 10 ? "end it or unload its model (ollama stop) if memory is short" : NULL,
                 "%s runs (pid %s, %s in memory%s%s)", name, pid, size_text(rss * 1024).s, orphan ? ", its parent is gone or is " : "", orphan ? parent : "");
}

static void check_processes(void)
{
    DIR *d = opendir(proc_root());
    struct dirent *e;
    int before = found.n[0] + found.n[1] + found.n[2];
    while (d && (e = readdir(d))) if (e->d_name[0] >= '1' && e->d_name[0] <= '9') check_process(e->d_name);
    if (d) (void)closedir(d);
    if (before == found.n[0] + found.n[1] + found.n[2]) finding(FINE, "processes", NULL, "no other runner of language models is visible");
}

static void check_port(int port, const char *whose)
{
    struct sockaddr_in a;
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, e = 0;
    if (fd < 0) return;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t)port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);   /* connections of the past are no hindrance */
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 1)) e = errno;
    (void)close(fd);
    if (e == EADDRINUSE) finding(WARNING, "ports", "use that server, end it, or give another port; ss -ltnp shows who it is", "127.0.0.1:%d (%s) is in use", port, whose);
    else if (e) finding(WARNING, "ports", "choose another port", "127.0.0.1:%d (%s) cannot be used: %s", port, whose, strerror(e));
    else finding(FINE, "ports", NULL, "127.0.0.1:%d (%s) is free", port, whose);
}

static const struct { uint32_t magic; const char *name; int network; } file_systems[] = {
    { 0x6969, "NFS", 1 }, { 0xff534d42u, "CIFS", 1 }, { 0xfe534d42u, "SMB2", 1 }, { 0x517b, "SMB", 1 }, { 0x01021997, "9p (shared by a virtual machine)", 1 }, { 0x65735546, "FUSE", 1 },
    { 0x00c36400, "Ceph", 1 }, { 0x5346414f, "AFS", 1 }, { 0x0bd00bd0, "Lustre", 1 }, { 0x786f4256, "VirtualBox share", 1 }, { 0xbacbacbcu, "VMware share", 1 }, { 0x01161970, "GFS2", 1 },
    { 0x7461636f, "OCFS2", 1 }, { 0xef53, "ext4", 0 }, { 0x9123683eu, "btrfs", 0 }, { 0x58465342, "XFS", 0 }, { 0x2fc12fc1, "ZFS", 0 }, { 0x01021994, "tmpfs", 0 }, { 0x794c7630, "overlay", 0 },
    { 0x73717368, "squashfs", 0 }, { 0x2011bab0, "exFAT", 0 }, { 0x7366746e, "NTFS", 0 }, { 0x5346544e, "NTFS", 0 }, { 0x4d44, "FAT", 0 }, { 0xf2f52010u, "F2FS", 0 }
};

static void check_file_system(void)
{
    struct statfs fs;
    struct stat st;
    const char *name = "unknown";
    size_t i;
    int network = 0, fd = open(opt.model, O_RDONLY | O_CLOEXEC | O_NONBLOCK), e = 0;
    void *map;
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size) { if (fd >= 0) (void)close(fd); return; }     /* opening the model says why */
    if (!fstatfs(fd, &fs))
        for (i = 0; i < sizeof file_systems / sizeof file_systems[0]; i++)
            if (file_systems[i].magic == (uint32_t)fs.f_type) { name = file_systems[i].name; network = file_systems[i].network; }
    map = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) e = errno;
    else (void)munmap(map, 1);
    (void)close(fd);
    if (e) finding(WARNING, "disk", "copy the model to a local disk, or --no-mmap", "the file system (%s) cannot map the file: %s", name, strerror(e));
    else if (network) finding(WARNING, "disk", "copy the model to a local disk: when the connection breaks, a mapped file gives SIGBUS", "the model lies on a network or shared file system: %s", name);
    else finding(FINE, "disk", NULL, "file system %s, can be mapped", name);
}

static void check_system(void)
{
    check_threads();
    check_meminfo();
    check_groups();
    check_huge_pages();
    check_limits();
    check_numa();
    check_gpus();
    check_processes();
    check_port(11434, "Ollama's port");
    check_port(8080, "the port of llama-server and llrun serve");
}
#else
static void check_file_system(void) { }
static void check_model_nodes(void) { }
static void check_system(void)
{
    finding(FINE, "threads", NULL, "llrun takes %d", llr_threads_default());
    finding(FINE, "system", NULL, "control groups, limits, huge pages, GPU, other runners and ports are checked on Linux only: skipped");
}
#endif

static void check_model_plan(const llr_model *m)
{
    llr_session_options so;
    llr_plan p;
    llr_error err;
    uint64_t have = memory_now().available_bytes;
    memset(&so, 0, sizeof so);
    memset(&p, 0, sizeof p);
    if (llr_session_plan(m, &so, &p, &err)) { finding(PROBLEM, "plan", "llrun plan MODEL", "%s", err.msg); return; }
    if (p.new_bytes > have) finding(PROBLEM, "plan", "llrun plan MODEL shows what would fit: a smaller -c, --kv q8_0", "a context of %lu needs %s besides the weights, %s are available", (unsigned long)p.n_ctx,
                                         size_text(p.resident_bytes).s, size_text(have).s);
    else if (p.new_bytes + p.weights_bytes > have) finding(WARNING, "plan", "a smaller quantisation; else every token reads from the disk", "weights of %s and %s for a context of %lu: more than the %s available",
                                           size_text(p.weights_bytes).s, size_text(p.resident_bytes).s, (unsigned long)p.n_ctx, size_text(have).s);
    else finding(FINE, "plan", NULL, "weights of %s and %s for a context of %lu fit into the %s available", size_text(p.weights_bytes).s, size_text(p.resident_bytes).s, (unsigned long)p.n_ctx,
                 have == UINT64_MAX ? "memory" : size_text(have).s);
}

static void check_model(void)
{
    llr_options o = library_options();
    llr_gguf *g;
    llr_error err;
    struct verdict v;
    check_file_system();
    o.no_mmap = 0;
    if (llr_gguf_open(&g, opt.model, &o, &err)) { finding(PROBLEM, "model", "llrun doctor --explain takes the message of another program, too", "%s", err.msg); return; }
    judge(g, &v);
    if (v.model) finding(FINE, "model", NULL, "%s: %s, %ld layers, %s weights: supported", opt.model, v.mi.arch, (long)v.mi.n_layer, count_text(v.n_weights).s);
    else finding(PROBLEM, "model", "another file, or a newer llrun", "%s", v.model_err.msg);
    if (v.vocab) finding(FINE, "tokenizer", NULL, "%ld tokens: supported", (long)v.vi.n_tokens);
    else finding(WARNING, "tokenizer", "such a model runs on token ids only: --no-vocab --tokens", "%s", v.vocab_err.msg);
    if (v.model) check_model_plan(v.model);
    check_model_nodes();
    llr_vocab_free(v.vocab);
    llr_model_close(v.model);
    llr_gguf_close(g);
}

/* A log on standard input? Of a pipe that stays silent we do not know: it may have been inherited from a service. */
static int has_log(void)
{
#ifndef _WIN32
    struct stat st;
    struct pollfd p;
    if (fstat(0, &st)) return 0;
    if (S_ISREG(st.st_mode)) return st.st_size > 0;
    if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode)) return 0;
    p.fd = 0;
    p.events = POLLIN;
    p.revents = 0;
    return poll(&p, 1, 2000) > 0 && (p.revents & POLLIN);
#else
    return GetFileType(GetStdHandle(STD_INPUT_HANDLE)) == FILE_TYPE_DISK;
#endif
}

static int cmd_doctor(void)
{
    int i;
    if (opt.explain) {                          /* the words after it belong to it, without quotes too */
        struct buf b = { NULL, 0, 0 };
        int code;
        buf_add(&b, opt.explain, strlen(opt.explain));
        for (i = 0; i < opt.n_args; i++) { buf_add(&b, " ", 1); buf_add(&b, opt.args[i], strlen(opt.args[i])); }
        buf_add(&b, "", 1);
        code = explain_text(b.p);
        free(b.p);
        return code;
    }
    if (!opt.model && opt.n_args) opt.model = opt.args[--opt.n_args];
    if (opt.n_args) die(CODE_USAGE, "doctor takes one model; after --explain put quotes around a text with blanks");
    if (!opt.model && has_log() && explain_log() >= 0) return CODE_OK;
    if (opt.json) putf("{\"findings\":[");
    check_cpu();
    check_kernels();
    check_memory_total();
    check_system();
    if (opt.model) check_model();
    if (opt.json) putf("],\"ok\":%d,\"warnings\":%d,\"problems\":%d}\n", found.n[FINE], found.n[WARNING], found.n[PROBLEM]);
    else putf("\n%d ok, %d warning%s, %d problem%s\n", found.n[FINE], found.n[WARNING], found.n[WARNING] == 1 ? "" : "s", found.n[PROBLEM], found.n[PROBLEM] == 1 ? "" : "s");
    return found.n[PROBLEM] ? CODE_FAILED : CODE_OK;
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
