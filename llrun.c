/* llrun: runs GGUF language models from the command line. The first user of llrun.h: it uses the public functions alone, and
 * it is the only place that has a terminal, signals, environment variables and exit codes.
 *
 *     cc -O3 -ffp-contract=off -o llrun llrun.c -lm -lpthread
 *
 * Order: messages and output, text and JSON, options, the terminal, signals and progress, models, sessions and their memory,
 * what a model writes, conversations, a function per command, doctor, main. Functions called die... do not return.
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
#  include <tlhelp32.h>
#  define isatty _isatty
#  define fileno _fileno
#else
#  include <pthread.h>
#  include <sys/mman.h>
#  ifdef __linux__
#    include <sys/auxv.h>
#    include <sys/prctl.h>
#  endif
#  include <sys/stat.h>
#  include <sys/time.h>
#  include <sys/wait.h>
#  include <arpa/inet.h>
#  include <dirent.h>
#  include <netinet/in.h>
#  include <poll.h>
#  include <sched.h>
#  include <termios.h>
#  include <sys/resource.h>
#  include <sys/ioctl.h>
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
static llr_guard guard;                       /* the mapped files: a SIGBUS in one of them is an error, not the end */
static volatile sig_atomic_t progress_shown;  /* a progress line stands on standard error */
static FILE *out;                             /* results: standard output or the file of -o */
static const char *out_name;                  /* NULL: standard output */

static void terminal_restore(void);            /* whatever ends the program calls it */

static void progress_clear(void)
{
    if (progress_shown) fprintf(stderr, "\r%60s\r", "");
    progress_shown = 0;
}

/* After SIGINT or SIGTERM, when whatever was running has come to its end. */
NORETURN static void exit_by_signal(void)
{
    progress_clear();
    terminal_restore();
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

#ifndef _WIN32
static const char *model_path;                /* of a mapped model; NULL: none */
static struct stat model_stat;                /* when it was opened */
#endif

/* A file that fails after it was opened is no bad file. What is lost of its last page reads as zeros, without a signal. */
static int file_failed(void)
{
    int i;
    for (i = 0; i < LLR_GUARD_FILES; i++) if (guard.file[i].bad_page) return 1;
#ifndef _WIN32
    {
        struct stat st;
        if (model_path && stat(model_path, &st) == 0 && st.st_dev == model_stat.st_dev && st.st_ino == model_stat.st_ino &&
            st.st_size < model_stat.st_size) return 1;
    }
#endif
    return 0;
}

NORETURN static void die_status(const llr_error *err, int io)
{
    if (got_signal) exit_by_signal();
    die(err->code == LLR_E_IO && file_failed() ? CODE_FAILED : exit_code(err->code, io), "%s", err->msg);
}

/* A reader that has gone away (`llrun ... | head`) needs no message; a full disk does. */
NORETURN static void die_output(void)
{
    int e = errno;
    if (got_signal) exit_by_signal();
    if (e == EPIPE) {
        terminal_restore();
        _exit(CODE_FAILED);
    }
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

/* Renames a file, also to the name of one that is there; to NULL: removes it. 0: done. */
static int move_file(const char *from, const char *to)
{
#ifdef _WIN32
    wchar_t a[1024], b[1024];
    errno = EACCES;
    if (!MultiByteToWideChar(CP_UTF8, 0, from, -1, a, 1024) || (to && !MultiByteToWideChar(CP_UTF8, 0, to, -1, b, 1024))) return -1;
    return (to ? MoveFileExW(a, b, MOVEFILE_REPLACE_EXISTING) : DeleteFileW(a)) ? 0 : -1;
#else
    return to ? rename(from, to) : remove(from);
#endif
}

/* Who may read the file at `path` may read f, and nobody else. */
static int same_mode(FILE *f, const char *path)
{
#ifdef _WIN32
    (void)f; (void)path;
    return 1;
#else
    struct stat st;
    return !path || stat(path, &st) || !fchmod(fileno(f), st.st_mode & 0777);
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
    C_BENCH = 512, C_HELP = 1024, C_VERSION = 2048, C_LATER = 4096, C_TEMPLATE = 8192,
    C_DOCTOR = 32768, C_CHAT = 65536 /* what /set changes */,
    C_MODEL = C_RUN | C_SHOW | C_PLAN | C_TOKENIZE | C_DETOKENIZE | C_LOGITS | C_PERPLEXITY | C_DUMP | C_BENCH | C_TEMPLATE,
    C_EVAL = C_RUN | C_PLAN | C_LOGITS | C_PERPLEXITY | C_BENCH,
    C_ALL = 0xffff
};
enum kind { FLAG, INTEGER, NUMBER, TEXT, TEXTS, MAYBE };    /* MAYBE: a whole number after = or nothing */
enum { MAX_STOPS = 16, MAX_POSITIONAL = 3, MAX_SEQUENCES = 64 };
#define NO_INTEGER INT64_MIN
#define NO_NUMBER (-HUGE_VAL)

static struct options {
    const char *explain;
    const char *model, *prompt, *system, *file, *tokens, *output, *isa, *kv, *gpu, *gpu_layers, *device, *guess, *draft, *stops[MAX_STOPS];
    int n_stops, help, version, quiet, raw, ids, ignore_eos, json, jsonl, hex, no_bos, no_special, all, exact, no_mmap, mlock, no_vocab,
        force, markdown, checksum;
    int64_t die_with_parent, predict, ctx, batch, threads, top_k, last_n, seed, bench_prompt, bench_predict, runs, depth, sequences;
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
    X("-n --predict --n-predict",        INTEGER, predict,       "N", C_RUN | C_CHAT, -1, 1e9, "tokens to generate; -1, the default: until the end of the text or of the context") \
    X("--raw",                           FLAG,    raw,           NULL, C_RUN, 0, 0, "complete the prompt as it is, without a chat template") \
    X("--system",                        TEXT,    system,        "TEXT", C_RUN, 0, 0, "what the model is told before the conversation") \
    X("--ids",                           FLAG,    ids,           NULL, C_RUN, 0, 0, "write the ids of the generated tokens as a JSON array instead of text") \
    X("--ignore-eos",                    FLAG,    ignore_eos,    NULL, C_RUN, 0, 0, "go on after end-of-text tokens") \
    X("--stop",                          TEXTS,   stops,         "TEXT", C_RUN | C_CHAT, 0, 0, "end before this text; may be given up to 16 times") \
    X("--temp --temperature",            NUMBER,  temp,          "X", C_RUN | C_CHAT, 0, 1e6, "temperature; 0: always the most probable token. Default 0.8") \
    X("--top-k",                         INTEGER, top_k,         "N", C_RUN | C_CHAT, 0, 2147483647.0, "only the N most probable tokens; 0: all. Default 40") \
    X("--top-p",                         NUMBER,  top_p,         "X", C_RUN | C_CHAT, 0, 1, "only the most probable tokens that together reach X; 1: all. Default 0.95") \
    X("--min-p",                         NUMBER,  min_p,         "X", C_RUN | C_CHAT, 0, 1, "only tokens at least X times as probable as the best; 0: all. Default 0.05") \
    X("--typical --typical-p",           NUMBER,  typical,       "X", C_RUN | C_CHAT, 0, 1, "locally typical sampling; 1, the default: off") \
    X("--repeat-penalty",                NUMBER,  repeat,        "X", C_RUN | C_CHAT, 1e-6, 1e6, "divide the logits of recent tokens by X; 1, the default: off") \
    X("--frequency-penalty",             NUMBER,  frequency,     "X", C_RUN | C_CHAT, -1e6, 1e6, "subtract X for each recent occurrence. Default 0") \
    X("--presence-penalty",              NUMBER,  presence,      "X", C_RUN | C_CHAT, -1e6, 1e6, "subtract X if there is a recent occurrence. Default 0") \
    X("--repeat-last-n",                 INTEGER, last_n,        "N", C_RUN | C_CHAT, -1, 65536, "how many tokens are recent; -1: the whole context. Default 64") \
    X("-s --seed",                       INTEGER, seed,          "N", C_RUN | C_CHAT, -1, 9007199254740992.0, "of the random numbers; the same seed gives the same text. Default -1: another each time") \
    X("-p --prompt",                     INTEGER, bench_prompt,  "N", C_BENCH, 0, 1e7, "tokens of the prompt. Default 512") \
    X("-n --predict --n-predict",        INTEGER, bench_predict, "N", C_BENCH, 0, 1e7, "tokens to generate. Default 64") \
    X("-r --runs",                       INTEGER, runs,          "N", C_BENCH, 1, 1000, "runs, of which the median counts. Default 3") \
    X("-d --depth",                      INTEGER, depth,         "N", C_BENCH, 0, 1e7, "tokens that are in the context before. Default 0") \
    X("--sequences",                     INTEGER, sequences,     "N", C_BENCH, 1, MAX_SEQUENCES, "sequences that are generated together. Default 1") \
    X("--all",                           FLAG,    all,           NULL, C_LOGITS, 0, 0, "the logits after every token, not the last alone") \
    X("-o --output",                     TEXT,    output,        "FILE", C_LOGITS | C_DUMP, 0, 0, "write to FILE instead of standard output") \
    X("--no-bos",                        FLAG,    no_bos,        NULL, C_RUN | C_TOKENIZE, 0, 0, "add no BOS or EOS token") \
    X("--no-special",                    FLAG,    no_special,    NULL, C_RUN | C_TOKENIZE, 0, 0, "text that looks like a special token is plain text") \
    X("--jsonl",                         FLAG,    jsonl,         NULL, C_TOKENIZE | C_DETOKENIZE | C_TEMPLATE, 0, 0, "a JSON value per line of standard input, an answer per line") \
    X("--hex",                           FLAG,    hex,           NULL, C_DETOKENIZE, 0, 0, "write the bytes in hexadecimal") \
    X("--json",                          FLAG,    json,          NULL, C_RUN | C_DOCTOR | C_SHOW | C_PLAN | C_CPU | C_PERPLEXITY | C_BENCH, 0, 0, "write one JSON object on one line; run: the conversation, when it has ended") \
    X("-c --ctx --ctx-size",             INTEGER, ctx,           "N", C_EVAL, 0, 4294967295.0, "context in tokens; 0, the default: the largest power of two up to 8192 that fits into memory and into what the model was trained with") \
    X("-b --batch --batch-size",         INTEGER, batch,         "N", C_EVAL, 1, 1048576, "prompt tokens per pass over the weights. Default 512, or less if memory is short") \
    X("-t --threads",                    INTEGER, threads,       "N", C_EVAL, 1, 512, "threads. Default: the physical cores that this process may use") \
    X("--kv",                            TEXT,    kv,            "TYPE", C_EVAL, 0, 0, "type of the KV cache: f16 (default), f32, q8_0") \
    X("--guess",                         TEXT,    guess,         "N", C_RUN | C_PLAN, 0, 0, "compute up to N tokens in advance that repeat what stands in the context: the same text, sooner where it repeats. auto, the default: as many as pay; 1 to 15: so many wherever possible; off") \
    X("--draft",                         TEXT,    draft,         "FILE", C_RUN | C_PLAN, 0, 0, "a smaller model with the same vocabulary, which guesses too") \
    X("--exact",                         FLAG,    exact,         NULL, C_EVAL, 0, 0, "float32 weights and activations throughout: slow, for checking") \
    X("--no-mmap",                       FLAG,    no_mmap,       NULL, C_EVAL, 0, 0, "read the file into memory instead of mapping it") \
    X("--mlock",                         FLAG,    mlock,         NULL, C_EVAL, 0, 0, "try to keep the weights in memory") \
    X("--no-vocab",                      FLAG,    no_vocab,      NULL, C_EVAL, 0, 0, "do not read the tokenizer: token ids only") \
    X("--force",                         FLAG,    force,         NULL, C_EVAL, 0, 0, "start although the memory plan says that it does not fit") \
    X("--gpu",                           TEXT,    gpu,           "WHEN", C_EVAL, 0, 0, "auto, the default: use a GPU if the library with its kernels is beside the program (make cuda); off; require: fail without") \
    X("-ngl --gpu-layers --n-gpu-layers", TEXT,   gpu_layers,    "N", C_EVAL, 0, 0, "layers for the GPU, the output matrix first; auto, the default: as many as fit") \
    X("--device",                        TEXT,    device,        "ID", C_EVAL | C_DOCTOR, 0, 0, "which GPUs, in this order: numbers or beginnings of UUIDs, with commas. Default: the first that is visible, and as many more as the model needs") \
    X("--explain",                       TEXT,    explain,       "WHAT", C_DOCTOR, 0, 0, "decode an exit status or an error text of llrun, Ollama, llama.cpp or LM Studio") \
    X("--checksum",                      FLAG,    checksum,      NULL, C_SHOW, 0, 0, "SHA-256 of every file, as it is published beside it, and of the bytes of every tensor: reads everything") \
    X("--markdown",                      FLAG,    markdown,      NULL, C_HELP, 0, 0, "the table of all options for README.md") \
    X("--isa",                           TEXT,    isa,           "NAME", C_ALL, 0, 0, "kernels for this instruction set (see llrun cpu); LLRUN_ISA in the environment does the same") \
    X("--die-with-parent",               MAYBE,   die_with_parent, "[=PID]", C_ALL, 0, 2147483647.0, "end when the process that started this one ends, however it ends; PID: it must be this one") \
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
      "Checks the structure of the whole file, loads nothing. --checksum also reads all of it." },
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
      "Prompt and generation in tokens/s, beside what the same threads reach in loops that do nothing else: multiplying and adding in\n"
      "registers with the same kernels, and reading the same file." },
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
static int parse_integer(const char *s, int64_t *r)
{
    const char *p = s + (*s == '-' || *s == '+');
    uint64_t v = 0;
    for (; *p >= '0' && *p <= '9' && v < 1000000000000000000u; p++) v = v * 10 + (uint64_t)(*p - '0');
    *r = *s == '-' ? -(int64_t)v : (int64_t)v;
    return !*p && p != s + (*s == '-' || *s == '+');
}

static int parse_number(const char *s, double *v)
{
    char *end;
    *v = strtod(s, &end);
    return *s && !*end && strspn(s, "+-.0123456789eE") == strlen(s);
}

/* What is wrong with the value; NULL: nothing, and it is set. Texts are kept, not copied. */
static const char *set_option(const struct option *o, const char *value)
{
    static char wrong[80];
    void *at = (char *)&opt + o->at;
    int64_t i;
    double x;
    switch (o->kind) {
    case FLAG: *(int *)at = 1; return NULL;
    case INTEGER: case MAYBE:
        if (!parse_integer(value, &i)) return "that is not a whole number";
        (void)snprintf(wrong, sizeof wrong, "must be from %.0f to %.0f", o->lo, o->hi);
        if ((double)i < o->lo || (double)i > o->hi) return wrong;
        *(int64_t *)at = i;
        return NULL;
    case NUMBER:
        if (!parse_number(value, &x)) return "that is not a number";
        (void)snprintf(wrong, sizeof wrong, "must be from %g to %g", o->lo, o->hi);
        if (!(x >= o->lo && x <= o->hi)) return wrong;
        *(double *)at = x;
        return NULL;
    case TEXT: *(const char **)at = value; return NULL;
    default:
        if (!*value) return "the text is empty";
        (void)snprintf(wrong, sizeof wrong, "at most %d times", (int)MAX_STOPS);
        if (opt.n_stops == MAX_STOPS) return wrong;
        opt.stops[opt.n_stops++] = value;
        return NULL;
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
    opt.die_with_parent = opt.predict = opt.ctx = opt.batch = opt.threads = opt.top_k = opt.last_n = opt.seed = NO_INTEGER;
    opt.bench_prompt = opt.bench_predict = opt.runs = opt.depth = opt.sequences = NO_INTEGER;
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
        else if (o->kind == MAYBE) value = "0";
        else if (i + 1 < argc) value = argv[++i];
        else die(CODE_USAGE, "%s needs a value: %s %s", a, a, o->arg);
        value = set_option(o, value);           /* now what is wrong with it */
        if (value) die(CODE_USAGE, "%.*s %s: %s", (int)n, a, eq ? eq + 1 : argv[i], value);
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

/* ---- terminal: a line editor --------------------------------------------------------------------------------------- */

/* A text is not yet complete after """ until the next one, and after a backslash at the end of a line. */
static int unfinished(struct buf *b)
{
    if (b->n >= 3 && !memcmp(b->p, "\"\"\"", 3)) return b->n < 6 || memcmp(b->p + b->n - 3, "\"\"\"", 3);
    if (b->n && b->p[b->n - 1] == '\\') { b->n--; return 1; }
    return 0;
}

/* While a chat runs, the terminal hands over each key at once and echoes nothing; whatever ends the program restores it. */
#ifndef _WIN32
static struct termios terminal_before;
static volatile sig_atomic_t terminal_changed;      /* 2: and it brackets what is pasted */

static void terminal_restore(void)              /* from signal handlers too */
{
    static const char paste_off[] = "\033[0m\033[?2004l";
    ssize_t n;
    if (!terminal_changed) return;
    n = terminal_changed == 2 ? write(2, paste_off, sizeof paste_off - 1) : 0;
    (void)n;
    (void)tcsetattr(0, TCSANOW, &terminal_before);
    terminal_changed = 0;
}

/* editing: Ctrl-C and Ctrl-Z are keys; else they are signals as usual, and nothing typed is shown. */
static void terminal_change(int editing)
{
    struct termios t;
    if (!terminal_changed && tcgetattr(0, &terminal_before)) return;
    t = terminal_before;
    t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    if (editing) {
        t.c_lflag &= ~(tcflag_t)(ISIG | IEXTEN);
        t.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
    }
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    terminal_changed = editing ? 2 : 1;
    (void)tcsetattr(0, TCSADRAIN, &t);
    if (editing) {                              /* pasted texts come in brackets */
        fputs("\033[?2004h", stderr);
        (void)fflush(stderr);
    }
}

/* Columns of a character: East Asian and emoji take two, marks and joiners none. Coarse, after Unicode's EastAsianWidth. */
static int rune_width(unsigned long r)
{
    static const struct { unsigned long first, last; int width; } ranges[] = {
        { 0x300, 0x36f, 0 }, { 0x483, 0x489, 0 }, { 0x591, 0x5bd, 0 }, { 0x610, 0x61a, 0 }, { 0x64b, 0x65f, 0 }, { 0x6d6, 0x6dc, 0 },
        { 0x900, 0x902, 0 }, { 0x93c, 0x93c, 0 }, { 0x941, 0x948, 0 }, { 0x94d, 0x94d, 0 }, { 0xe31, 0xe31, 0 }, { 0xe34, 0xe3a, 0 },
        { 0xe47, 0xe4e, 0 }, { 0x1100, 0x115f, 2 }, { 0x1160, 0x11ff, 0 }, { 0x1ab0, 0x1aff, 0 }, { 0x1dc0, 0x1dff, 0 }, { 0x200b, 0x200f, 0 },
        { 0x20d0, 0x20ff, 0 }, { 0x231a, 0x231b, 2 }, { 0x23e9, 0x23ec, 2 }, { 0x23f0, 0x23f0, 2 }, { 0x23f3, 0x23f3, 2 }, { 0x25fd, 0x25fe, 2 },
        { 0x2614, 0x2615, 2 }, { 0x2648, 0x2653, 2 }, { 0x26a1, 0x26a1, 2 }, { 0x26bd, 0x26be, 2 }, { 0x26d4, 0x26d4, 2 }, { 0x2705, 0x2705, 2 },
        { 0x270a, 0x270b, 2 }, { 0x2728, 0x2728, 2 }, { 0x274c, 0x274c, 2 }, { 0x2753, 0x2757, 2 }, { 0x2795, 0x2797, 2 }, { 0x2b50, 0x2b50, 2 },
        { 0x2b55, 0x2b55, 2 }, { 0x2e80, 0x3029, 2 }, { 0x302a, 0x302d, 0 }, { 0x302e, 0x303e, 2 }, { 0x3041, 0x3098, 2 }, { 0x3099, 0x309a, 0 },
        { 0x309b, 0xa4cf, 2 }, { 0xa960, 0xa97f, 2 }, { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 }, { 0xfe00, 0xfe0f, 0 }, { 0xfe10, 0xfe19, 2 },
        { 0xfe20, 0xfe2f, 0 }, { 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 }, { 0x16fe0, 0x18aff, 2 }, { 0x1b000, 0x1b2ff, 2 },
        { 0x1f18e, 0x1f19a, 2 }, { 0x1f1e6, 0x1f1ff, 1 }, { 0x1f200, 0x1f320, 2 }, { 0x1f32d, 0x1f3fa, 2 }, { 0x1f3fb, 0x1f3ff, 0 }, { 0x1f400, 0x1f64f, 2 },
        { 0x1f680, 0x1f6ff, 2 }, { 0x1f7e0, 0x1f7eb, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x1fa70, 0x1faff, 2 }, { 0x20000, 0x3fffd, 2 }, { 0xe0000, 0xe0fff, 0 },
    };
    size_t i;
    for (i = 0; i < sizeof ranges / sizeof ranges[0] && r >= ranges[i].first; i++) if (r <= ranges[i].last) return ranges[i].width;
    return 1;
}

static unsigned long rune_at(const char *s, size_t len)     /* of a valid sequence */
{
    unsigned long r = (unsigned char)s[0] & (len == 1 ? 0x7fu : 0xffu >> (len + 1));
    size_t i;
    for (i = 1; i < len; i++) r = r << 6 | ((unsigned char)s[i] & 63);
    return r;
}

/* What the cursor steps over at once: a character with its marks, or several that a joiner binds. Returns its bytes. */
static size_t cluster(const char *s, size_t n, int *columns)
{
    size_t i, len;
    unsigned long r = 0;
    int joined = 0, wide = 0;
    for (i = 0; i < n; i += len) {
        len = utf8_sequence(s + i, n - i);
        r = len ? rune_at(s + i, len) : 0xfffd;
        if (!len) len = 1;
        if (i && !joined && rune_width(r)) break;
        if (!i) wide = rune_width(r);
        if (r == 0xfe0f) wide = 2;                          /* shown as an emoji */
        joined = r == 0x200d;
    }
    *columns = s[0] == '\t' ? 4 : wide;
    return i;
}

enum { HISTORY = 100 };
enum key { KEY_NONE = 0x110000, KEY_END_OF_INPUT, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_PASTE,
           KEY_PASTE_END, KEY_WORD_LEFT, KEY_WORD_RIGHT, KEY_WORD_DELETE, KEY_NEWLINE };

static struct editor {
    struct buf line, drawn, killed;
    size_t at;                                  /* the cursor, in bytes */
    int row;                                    /* of the cursor as drawn, from the first row drawn */
    struct buf history[HISTORY]; int n_history, shown;
    char input[512]; size_t in, in_end;
} ed;

static int key_byte(int wait_ms)                /* -1: end of input, or nothing came in time */
{
    struct pollfd p = { 0, POLLIN, 0 };
    ssize_t n;
    if (ed.in < ed.in_end) return (unsigned char)ed.input[ed.in++];
    if (wait_ms >= 0 && poll(&p, 1, wait_ms) <= 0) return -1;
    do n = read(0, ed.input, sizeof ed.input); while (n < 0 && errno == EINTR);
    if (n <= 0) return -1;
    ed.in = 1;
    ed.in_end = (size_t)n;
    return (unsigned char)ed.input[0];
}

/* What terminals send for a key after ESC (ECMA-48 and the habits of xterm) */
static int key_sequence(void)
{
    static const struct { const char *text; int key; } known[] = {
        { "[A", KEY_UP }, { "[B", KEY_DOWN }, { "[C", KEY_RIGHT }, { "[D", KEY_LEFT }, { "[H", KEY_HOME }, { "[F", KEY_END }, { "OA", KEY_UP },
        { "OB", KEY_DOWN }, { "OC", KEY_RIGHT }, { "OD", KEY_LEFT }, { "OH", KEY_HOME }, { "OF", KEY_END }, { "[1~", KEY_HOME }, { "[7~", KEY_HOME },
        { "[4~", KEY_END }, { "[8~", KEY_END }, { "[3~", KEY_DELETE }, { "[200~", KEY_PASTE }, { "[201~", KEY_PASTE_END }, { "[1;5C", KEY_WORD_RIGHT },
        { "[1;5D", KEY_WORD_LEFT }, { "[1;3C", KEY_WORD_RIGHT }, { "[1;3D", KEY_WORD_LEFT }, { "f", KEY_WORD_RIGHT }, { "b", KEY_WORD_LEFT },
        { "\177", KEY_WORD_DELETE }, { "\b", KEY_WORD_DELETE }, { "\r", KEY_NEWLINE }, { "\n", KEY_NEWLINE },
    };
    char text[16];
    size_t n = 0, i;
    int c;
    while (n + 1 < sizeof text && (c = key_byte(50)) >= 0) {
        text[n++] = (char)c;
        if (n == 1 ? c != '[' && c != 'O' : (c >= 0x40 && c <= 0x7e)) break;
    }
    text[n] = 0;
    for (i = 0; i < sizeof known / sizeof known[0]; i++) if (!strcmp(text, known[i].text)) return known[i].key;
    return KEY_NONE;
}

/* A key, or a character of UTF-8 in s[0..len) */
static int key(char *s, size_t *len)
{
    int c = key_byte(-1);
    *len = 0;
    if (c < 0) return KEY_END_OF_INPUT;
    if (c == 27) return key_sequence();
    if (c < 0x20 || c == 0x7f) return c;
    s[(*len)++] = (char)c;
    if (c >= 0xc2) {
        size_t want = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        while (*len < want && (c = key_byte(50)) >= 0) {
            if ((c & 0xc0) != 0x80) { ed.in--; break; }
            s[(*len)++] = (char)c;
        }
    }
    return utf8_sequence(s, *len) == *len && !is_control(s, *len) ? 'x' : KEY_NONE;
}

struct place { int row, col; };

/* Where the cursor and the end of the line stand in a terminal of that width; draws the rows first .. last if asked to. */
static void lay_out_line(int width, struct buf *draw, int first, int last, struct place *cursor, struct place *end)
{
    struct place p = { 0, 2 };                  /* "> " */
    size_t i, n;
    int w;
    if (draw && first == 0) buf_text(draw, "> ");
    for (i = 0; ; i += n) {
        n = i < ed.line.n ? cluster(ed.line.p + i, ed.line.n - i, &w) : 0;
        if (n && ed.line.p[i] == '\n') w = 0;
        if (p.col + (n ? w : 1) > width) {
            p.row++;
            p.col = 0;
            if (draw && p.row > first && p.row <= last) buf_text(draw, "\r\n");
        }
        if (i == ed.at) *cursor = p;
        if (!n) break;
        if (ed.line.p[i] == '\n') {
            p.row++;
            p.col = 2;
            if (draw && p.row > first && p.row <= last) buf_text(draw, "\r\n");
            if (draw && p.row >= first && p.row <= last) buf_text(draw, "  ");
            continue;
        }
        if (draw && p.row >= first && p.row <= last) buf_add(draw, ed.line.p[i] == '\t' ? "    " : ed.line.p + i, ed.line.p[i] == '\t' ? 4 : n);
        p.col += w;
    }
    *end = p;
}

static void draw_line(void)
{
    struct winsize size;
    struct place cursor = { 0, 0 }, end;
    struct buf *d = &ed.drawn;
    char move[32];
    int width = 80, height = 24, first, last;
    size_t done = 0;
    if (ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 3 && size.ws_row > 0) { width = size.ws_col; height = size.ws_row; }
    lay_out_line(width, NULL, 0, 0, &cursor, &end);
    first = cursor.row >= height ? cursor.row - height + 1 : 0;         /* more rows than the terminal has: those up to the cursor */
    last = end.row < first + height - 1 ? end.row : first + height - 1;
    d->n = 0;
    if (ed.row) buf_add(d, move, (size_t)snprintf(move, sizeof move, "\033[%dA", ed.row));
    buf_text(d, "\r\033[J");
    lay_out_line(width, d, first, last, &cursor, &end);
    if (last > cursor.row) buf_add(d, move, (size_t)snprintf(move, sizeof move, "\033[%dA", last - cursor.row));
    buf_text(d, "\r");
    if (cursor.col) buf_add(d, move, (size_t)snprintf(move, sizeof move, "\033[%dC", cursor.col));
    ed.row = cursor.row - first;
    while (done < d->n) {
        ssize_t n = write(2, d->p + done, d->n - done);
        if (n <= 0 && errno != EINTR) break;
        if (n > 0) done += (size_t)n;
    }
}

static void insert(const char *s, size_t n)
{
    buf_room(&ed.line, n);
    memmove(ed.line.p + ed.at + n, ed.line.p + ed.at, ed.line.n - ed.at);
    memcpy(ed.line.p + ed.at, s, n);
    ed.line.n += n;
    ed.at += n;
}

static void cut(size_t from, size_t to, int keep)           /* keep: Ctrl-Y brings it back */
{
    if (keep && to > from) {
        ed.killed.n = 0;
        buf_add(&ed.killed, ed.line.p + from, to - from);
    }
    memmove(ed.line.p + from, ed.line.p + to, ed.line.n - to);
    ed.line.n -= to - from;
    ed.at = from;
}

static size_t next(size_t at)
{
    int w;
    return at < ed.line.n ? at + cluster(ed.line.p + at, ed.line.n - at, &w) : at;
}

static size_t previous(size_t at)
{
    size_t i = 0, before = 0;
    while (i < at) { before = i; i = next(i); }
    return before;
}

static size_t word_end(size_t at)
{
    while (at < ed.line.n && ed.line.p[at] == ' ') at++;
    while (at < ed.line.n && ed.line.p[at] != ' ' && ed.line.p[at] != '\n') at = next(at);
    return at;
}

static size_t word_start(size_t at)
{
    while (at && (ed.line.p[at - 1] == ' ' || ed.line.p[at - 1] == '\n')) at--;
    while (at && ed.line.p[at - 1] != ' ' && ed.line.p[at - 1] != '\n') at--;
    return at;
}

static size_t line_start(size_t at)
{
    while (at && ed.line.p[at - 1] != '\n') at--;
    return at;
}

static size_t line_end(size_t at)
{
    while (at < ed.line.n && ed.line.p[at] != '\n') at++;
    return at;
}

/* Up and down: to the next row of a text of several lines, else to another line of the history, whose last is this one. */
static void step_row(int down)
{
    size_t start = line_start(ed.at), end = line_end(ed.at), i;
    int column = 0, k;
    for (i = start; i < ed.at; i = next(i)) column++;
    if (down ? end < ed.line.n : start > 0) {
        ed.at = down ? end + 1 : line_start(start - 1);
        for (k = 0; k < column && ed.at < ed.line.n && ed.line.p[ed.at] != '\n'; k++) ed.at = next(ed.at);
        return;
    }
    k = ed.shown + (down ? 1 : -1);
    if (k < 0 || k >= ed.n_history) return;
    ed.history[ed.shown].n = 0;
    buf_add(&ed.history[ed.shown], ed.line.p, ed.line.n);
    ed.shown = k;
    ed.line.n = 0;
    buf_add(&ed.line, ed.history[k].p, ed.history[k].n);
    ed.at = ed.line.n;
}

static void paste(void)                         /* up to the end mark; line ends become \n, other control characters go */
{
    char s[8];
    size_t n;
    int k, cr = 0;
    while ((k = key(s, &n)) != KEY_PASTE_END && k != KEY_END_OF_INPUT) {
        if (k == 'x') insert(s, n);
        else if (k == '\t') insert("\t", 1);
        else if (k == '\r' || (k == '\n' && !cr)) insert("\n", 1);
        cr = k == '\r';
    }
}

/* A line from the terminal, 0 at the end of input. Ctrl-C empties the line, and ends the program if it is empty. */
static int edit_line(struct buf *b)
{
    char s[8];
    size_t n;
    int k, done = 0;
    if (ed.n_history == HISTORY) {
        struct buf oldest = ed.history[0];
        memmove(ed.history, ed.history + 1, (HISTORY - 1) * sizeof *ed.history);
        ed.history[--ed.n_history] = oldest;
    }
    ed.shown = ed.n_history++;
    ed.history[ed.shown].n = ed.line.n = ed.at = 0;
    buf_room(&ed.line, 1);
    ed.row = 0;
    terminal_change(1);
    draw_line();
    while (!done) {
        switch (k = key(s, &n)) {
        case 'x': insert(s, n); break;
        case '\t': insert("\t", 1); break;
        case '\r': case '\n':
            ed.at = ed.line.n;
            if (unfinished(&ed.line)) { ed.at = ed.line.n; insert("\n", 1); }
            else done = 1;
            break;
        case KEY_NEWLINE: insert("\n", 1); break;
        case KEY_PASTE: paste(); break;
        case KEY_LEFT: case 'B' - 64: ed.at = previous(ed.at); break;
        case KEY_RIGHT: case 'F' - 64: ed.at = next(ed.at); break;
        case KEY_HOME: case 'A' - 64: ed.at = line_start(ed.at); break;
        case KEY_END: case 'E' - 64: ed.at = line_end(ed.at); break;
        case KEY_WORD_LEFT: ed.at = word_start(ed.at); break;
        case KEY_WORD_RIGHT: ed.at = word_end(ed.at); break;
        case KEY_UP: case 'P' - 64: step_row(0); break;
        case KEY_DOWN: case 'N' - 64: step_row(1); break;
        case 0x7f: case '\b': cut(previous(ed.at), ed.at, 0); break;
        case KEY_DELETE: cut(ed.at, next(ed.at), 0); break;
        case KEY_WORD_DELETE: case 'W' - 64: cut(word_start(ed.at), ed.at, 1); break;
        case 'K' - 64: cut(ed.at, line_end(ed.at), 1); break;
        case 'U' - 64: cut(line_start(ed.at), ed.at, 1); break;
        case 'Y' - 64: insert(ed.killed.p, ed.killed.n); break;
        case 'L' - 64: fputs("\033[H\033[2J", stderr); (void)fflush(stderr); ed.row = 0; break;
        case 'D' - 64:
            if (ed.line.n) cut(ed.at, next(ed.at), 0);
            else done = 2;
            break;
        case KEY_END_OF_INPUT: done = 2; break;
        case 'C' - 64:
            if (!ed.line.n) done = 3;
            cut(0, ed.line.n, 1);
            break;
        case 'Z' - 64:
            terminal_restore();
            (void)kill(0, SIGTSTP);             /* the whole job, as the terminal would; after SIGCONT, on */
            terminal_change(1);
            ed.row = 0;
            break;
        default: break;
        }
        draw_line();
    }
    fputs("\r\n", stderr);
    terminal_restore();
    if (done == 3) (void)raise(SIGINT);
    if (done > 1) { ed.n_history--; return 0; }
    ed.history[ed.shown = ed.n_history - 1].n = 0;
    buf_add(&ed.history[ed.shown], ed.line.p, ed.line.n);
    if (!ed.line.n || (ed.shown && ed.history[ed.shown].n == ed.history[ed.shown - 1].n &&
                       !memcmp(ed.history[ed.shown].p, ed.history[ed.shown - 1].p, ed.line.n))) ed.n_history--;
    b->n = 0;
    buf_add(b, ed.line.p, ed.line.n);
    return 1;
}

static int has_editor(void)
{
    const char *name = getenv("TERM");
    return isatty(0) && isatty(2) && name && *name && strcmp(name, "dumb");
}

static int has_colours(void) { return has_editor() && !getenv("NO_COLOR"); }
#else
static void terminal_restore(void) {}
static void terminal_change(int editing) { (void)editing; }
static int has_editor(void) { return _isatty(0) && _isatty(2); }
static int has_colours(void) { return 0; }

static int edit_line(struct buf *b)             /* the console has an editor of its own */
{
    wchar_t wide[8192];
    char text[3 * 8192];
    DWORD n = 0;
    int bytes;
    fputs("> ", stderr);
    (void)fflush(stderr);
    if (!ReadConsoleW(GetStdHandle(STD_INPUT_HANDLE), wide, 8192, &n, NULL) || !n || wide[0] == 26 /* Ctrl-Z */) return 0;
    while (n && (wide[n - 1] == L'\n' || wide[n - 1] == L'\r')) n--;
    bytes = n ? WideCharToMultiByte(CP_UTF8, 0, wide, (int)n, text, sizeof text, NULL, NULL) : 0;
    b->n = 0;
    buf_add(b, text, (size_t)bytes);
    return 1;
}
#endif

/* ---- signals and progress ------------------------------------------------------------------------------------------ */

#ifndef _WIN32
enum { PARENT_SIGNAL = SIGUSR2 };               /* of --die-with-parent */
#endif
static volatile sig_atomic_t chatting;          /* an answer is being written in a chat */
static llr_isa running_isa;                     /* kernels of the model that was opened last */
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

/* As on_fault below: a mapped file whose disk failed, or a bug. */
static LONG WINAPI on_exception(EXCEPTION_POINTERS *e)
{
    const EXCEPTION_RECORD *r = e->ExceptionRecord;
    char line[200];
    DWORD n, written;
    int io = r->ExceptionCode == EXCEPTION_IN_PAGE_ERROR;
    if (io) n = (DWORD)snprintf(line, sizeof line, "llrun: error: the model file or its disk failed while it was in use\n");
    else n = (DWORD)snprintf(line, sizeof line, "llrun: error: internal error: exception 0x%08lx at %p, kernels %s, llrun " LLRUN_VERSION
                             "\n  Try --isa sse2, and report this line.\n", (unsigned long)r->ExceptionCode, r->ExceptionAddress,
                             running_isa ? llr_isa_name(running_isa) : "not chosen yet");
    (void)WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, n, &written, NULL);
    if (io) ExitProcess(CODE_FAILED);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void install_signals(void)
{
    (void)SetConsoleCtrlHandler(on_console, TRUE);
    (void)SetUnhandledExceptionFilter(on_exception);
}
#else
static void put_text(int fd, const char *s)     /* in signal handlers */
{
    ssize_t n = write(fd, s, strlen(s));
    (void)n;
}

/* The evaluation is asked to stop. If it is still in a large matrix product after 50 ms, nothing is lost by leaving. */
static void on_alarm(int sig)
{
    (void)sig;
    terminal_restore();
    _exit(128 + (int)got_signal);
}

static void on_signal(int sig)
{
    int e = errno;
    struct itimerval t;
    if (!active || got_signal) {
        terminal_restore();
        if (progress_shown) put_text(2, "\n");
        _exit(128 + sig);
    }
    got_signal = sig;
    llr_session_cancel(active);
    if (chatting && sig == SIGINT) { errno = e; return; }      /* it ends the answer, not the program */
    memset(&t, 0, sizeof t);
    t.it_value.tv_usec = 50000;
    (void)setitimer(ITIMER_REAL, &t, NULL);
    errno = e;
}

/* Other signals do what they always do, once the terminal is as it was. */
static void on_end(int sig)
{
    struct sigaction sa;
    terminal_restore();
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = SIG_DFL;
    (void)sigaction(sig, &sa, NULL);
    (void)raise(sig);
}

/* SIGBUS in a model file: zeros stand for what is missing, and the call that runs ends with an error. All else is a bug of
 * llrun or a CPU that lacks what it reports: a line that says where, and the signal does what it always does. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
    static const struct { int sig; const char *name, *help; } rows[] = {
        { SIGILL, "illegal instruction (SIGILL)", "Try --isa sse2, and report this line with what llrun cpu says." },
        { SIGFPE, "arithmetic fault (SIGFPE)", "Try --isa scalar, and report this line." },
        { SIGBUS, "memory that cannot be read (SIGBUS)", "Try --no-mmap, and report this line." },
        { SIGSEGV, "invalid memory access (SIGSEGV)", "Try --isa sse2, and report this line." }
    };
    uintptr_t at = (uintptr_t)info->si_addr;
    char hex[2 * sizeof at + 1];
    size_t i;
    struct sigaction sa;
    (void)context;
    if (sig == SIGBUS && llr_guard_catch(&guard, info->si_addr)) return;
    terminal_restore();
    for (i = 0; i < sizeof hex - 1; i++) hex[i] = "0123456789abcdef"[at >> 4 * (sizeof hex - 2 - i) & 15];
    hex[i] = 0;
    put_text(2, "llrun: error: internal error: ");
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) if (rows[i].sig == sig) put_text(2, rows[i].name);
    put_text(2, " at 0x");
    put_text(2, hex);
    put_text(2, ", kernels ");
    put_text(2, running_isa ? llr_isa_name(running_isa) : "not chosen yet");
    put_text(2, ", llrun " LLRUN_VERSION "\n  ");
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) if (rows[i].sig == sig) put_text(2, rows[i].help);
    put_text(2, "\n");
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = SIG_DFL;
    (void)sigaction(sig, &sa, NULL);
    (void)raise(sig);                           /* comes when the handler returns, if the fault itself does not come again */
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
    static const int faults[] = { SIGBUS, SIGSEGV, SIGILL, SIGFPE }, ends[] = { SIGHUP, SIGQUIT, SIGABRT },
                     ours[] = { SIGTERM, SIGINT, SIGALRM, PARENT_SIGNAL };
    static char stack[1 << 16];                 /* for faults: the usual one may be what overflowed */
    struct sigaction sa, old;
    stack_t alt;
    sigset_t set;
    size_t i;
    reserve_streams();
    memset(&alt, 0, sizeof alt);
    alt.ss_sp = stack;
    alt.ss_size = sizeof stack;
    (void)sigaltstack(&alt, NULL);
    memset(&sa, 0, sizeof sa);
    (void)sigemptyset(&sa.sa_mask);
    (void)sigaddset(&sa.sa_mask, SIGTTOU);      /* a handler may restore the terminal from the background */
    sa.sa_sigaction = on_fault;
    sa.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (i = 0; i < sizeof faults / sizeof faults[0]; i++)      /* a sanitizer that has handlers keeps them */
        if (sigaction(faults[i], NULL, &old) == 0 && (faults[i] == SIGBUS || old.sa_handler == SIG_DFL)) (void)sigaction(faults[i], &sa, NULL);
    sa.sa_flags = 0;                            /* no SA_RESTART: a blocked read or write returns */
    sa.sa_handler = on_signal;
    if (sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler != SIG_IGN) (void)sigaction(SIGINT, &sa, NULL);  /* else in the background */
    (void)sigaction(SIGTERM, &sa, NULL);
    sa.sa_handler = on_alarm;
    (void)sigaction(SIGALRM, &sa, NULL);
    sa.sa_handler = on_end;
    for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) (void)sigaction(ends[i], &sa, NULL);
    (void)atexit(terminal_restore);
    sa.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &sa, NULL);        /* a write then fails with EPIPE, or beyond ulimit -f with EFBIG */
    (void)sigaction(SIGXFSZ, &sa, NULL);
    (void)sigemptyset(&set);                    /* the parent may have had them blocked */
    for (i = 0; i < sizeof ours / sizeof ours[0]; i++) (void)sigaddset(&set, ours[i]);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
#endif

/* --die-with-parent: whoever started this process may be killed without a chance to end it. =PID names the parent, so that
 * one that died before this is reached is noticed, too. */
#ifdef _WIN32
static DWORD WINAPI wait_parent(LPVOID parent)
{
    (void)WaitForSingleObject((HANDLE)parent, INFINITE);
    ExitProcess(143);
    return 0;
}

static DWORD parent_id(void)
{
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W e;
    DWORD id = 0;
    BOOL more;
    e.dwSize = sizeof e;
    for (more = Process32FirstW(list, &e); more && !id; more = Process32NextW(list, &e))
        if (e.th32ProcessID == GetCurrentProcessId()) id = e.th32ParentProcessID;
    (void)CloseHandle(list);
    return id;
}

static void watch_parent(int64_t expected)
{
    DWORD id = parent_id();
    HANDLE parent = id ? OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id) : NULL, thread;
    FILETIME born, mine, unused;
    int older = parent && GetProcessTimes(parent, &born, &unused, &unused, &unused) &&
                GetProcessTimes(GetCurrentProcess(), &mine, &unused, &unused, &unused) && CompareFileTime(&born, &mine) <= 0;
    if (!older || (expected && (DWORD)expected != id))          /* the number of a dead process may be used again */
        die(CODE_FAILED, "--die-with-parent: the process that started this one is gone");
    thread = CreateThread(NULL, 0, wait_parent, parent, 0, NULL);
    if (!thread) die(CODE_FAILED, "--die-with-parent: no thread could be started");
    (void)CloseHandle(thread);
}
#else
static pid_t parent;

/* Comes when the thread that started this process ends. The parent itself may live on; then another of its threads takes
 * over, and this comes again when that one ends. */
static void on_parent(int sig)
{
    (void)sig;
    if (getppid() != parent) {
        terminal_restore();
        _exit(143);
    }
}

static void *poll_parent(void *unused)
{
    struct timespec t = { 0, 100000000 };
    while (getppid() == parent) (void)nanosleep(&t, NULL);
    terminal_restore();
    _exit(143);
    return unused;
}

static void watch_parent(int64_t expected)
{
    struct sigaction sa;
    sigset_t all, old;
    pthread_t thread;
    int failed;
    memset(&sa, 0, sizeof sa);
    (void)sigemptyset(&sa.sa_mask);
    (void)sigaddset(&sa.sa_mask, SIGTTOU);
    sa.sa_handler = on_parent;
    sa.sa_flags = SA_RESTART;
    parent = getppid();
    if (!parent) { note("warning: --die-with-parent: the parent is outside of this PID namespace and cannot be watched"); return; }
    (void)sigaction(PARENT_SIGNAL, &sa, NULL);
#ifdef __linux__
    failed = prctl(PR_SET_PDEATHSIG, PARENT_SIGNAL) != 0;
#else
    failed = 1;
#endif
    if (failed) {                               /* or the system has no such thing: look from time to time */
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &old);
        failed = pthread_create(&thread, NULL, poll_parent, NULL);
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
        if (failed) die(CODE_FAILED, "--die-with-parent: no thread could be started: %s", strerror(failed));
    }
    if (getppid() != parent || (expected && expected != parent))        /* before the signal was armed */
        die(CODE_FAILED, "--die-with-parent: the process that started this one is gone");
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
    o.guard = &guard;
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
    int64_t n;
    if (opt.gpu && strcmp(opt.gpu, "auto") && strcmp(opt.gpu, "off") && strcmp(opt.gpu, "require"))
        die(CODE_USAGE, "--gpu %s: must be auto, off or require", opt.gpu);
    if (opt.gpu_layers && strcmp(opt.gpu_layers, "auto") && strcmp(opt.gpu_layers, "all") &&
        (!parse_integer(opt.gpu_layers, &n) || n < -1 || n > 1000000))      /* -1: auto, as elsewhere */
        die(CODE_USAGE, "-ngl %s: must be auto, all or a number of layers", opt.gpu_layers);
    if (opt.device && (!*opt.device || *opt.device == ',' || strstr(opt.device, ",,") || opt.device[strlen(opt.device) - 1] == ','))
        die(CODE_USAGE, "--device %s: must be numbers or beginnings of UUIDs, with commas between them", opt.device);
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

/* The model cannot be opened: with what may help. */
NORETURN static void die_model(const llr_error *err)
{
    struct buf b = { NULL, 0, 0 };
    int i;
    if (err->code == LLR_E_UNSUPPORTED && strstr(err->msg, "architecture '")) {
        buf_text(&b, "\n  Supported:");
        for (i = 0; llr_arch_name(i); i++) { buf_text(&b, " "); buf_text(&b, llr_arch_name(i)); }
    } else if (err->code == LLR_E_UNSUPPORTED && !opt.no_vocab && strstr(err->msg, "tokenizer"))
        buf_text(&b, "\n  With --no-vocab the model runs on token ids (--tokens, --ids).");
#ifndef _WIN32
    else if (err->code == LLR_E_IO && opt.model[0] != '/' && access(opt.model, F_OK)) {
        char folder[1024];
        if (getcwd(folder, sizeof folder)) { buf_text(&b, "\n  The current folder is "); buf_text(&b, folder); }
    }
#endif
    buf_add(&b, "", 1);
    if (*b.p && !got_signal && !file_failed()) die(exit_code(err->code, CODE_FILE), "%s%s", err->msg, b.p);
    die_status(err, CODE_FILE);
}

static void note_size(const llr_gguf *g)
{
#ifndef _WIN32
    if (llr_gguf_is_mapped(g) && stat(opt.model, &model_stat) == 0) model_path = opt.model;
#else
    (void)g;
#endif
}

static llr_gguf *open_gguf(void)
{
    llr_options o = library_options();
    llr_gguf *g;
    llr_error err;
    o.no_mmap = 0;
    if (llr_gguf_open(&g, opt.model, &o, &err)) die_model(&err);
    note_size(g);
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
    llr_model_info info;
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
    if (llr_model_open(&m, opt.model, &o, &err)) die_model(&err);
    note_size(llr_model_gguf(m));
    llr_model_describe(m, &info);
    running_isa = info.isa;
    return m;
}

/* The model and session of --draft; NULL: none */
static struct { llr_model *m; llr_session *s; } draft;

static void open_draft(void)
{
    llr_options o = library_options();
    llr_error err;
    if (!opt.draft) return;
    o.progress = NULL;
    if (llr_model_open(&draft.m, opt.draft, &o, &err)) die(exit_code(err.code, CODE_FILE), "the draft model: %s", err.msg);
}

static void guess_options(llr_session_options *so)
{
    int64_t n = LLR_MAX_GUESS;
    if (opt.guess && !strcmp(opt.guess, "off")) n = 0;
    else if (opt.guess && strcmp(opt.guess, "auto")) {
        so->guess_always = 1;
        if (!parse_integer(opt.guess, &n) || n < 1 || n > LLR_MAX_GUESS) die(CODE_USAGE, "--guess %s: must be auto, off, or from 1 to %d", opt.guess, (int)LLR_MAX_GUESS);
    }
    if (opt.draft && !n) die(CODE_USAGE, "--draft guesses, and --guess off says not to: leave out one of them");
    so->n_guess = (uint32_t)n;
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
struct budget {                     /* with --no-mmap the weights must fit too */
    llr_plan plan;                  /* system_bytes: of the draft too */
    llr_plan draft;                 /* zeros without one */
    llr_memory now;
    uint64_t program;               /* sampler, token ids, C library */
    uint64_t resident, total;       /* as in the plan, with the program */
    uint64_t need, have;            /* what must fit, and what this process had before it opened the model */
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

/* A draft model gets the same context, as far as it was trained for it. */
static llr_session_options draft_options(const llr_session_options *so)
{
    llr_session_options d = *so;
    llr_model_info info;
    llr_model_describe(draft.m, &info);
    if (!d.n_ctx) d.n_ctx = 8192;
    if (d.n_ctx > info.n_ctx_train) d.n_ctx = info.n_ctx_train;
    d.n_batch = 64;
    d.n_guess = 0;
    d.draft = NULL;
    d.gpu = NULL;
    d.spare_bytes = 0;
    return d;
}

static llr_plan draft_plan(const llr_session_options *so)
{
    llr_session_options d;
    llr_plan p;
    llr_error err;
    memset(&p, 0, sizeof p);
    if (!draft.m) return p;
    d = draft_options(so);
    if (llr_session_plan(draft.m, &d, &p, &err)) die_status(&err, CODE_FAILED);
    return p;
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
    so->spare_bytes = program_bytes(m, so->n_ctx ? so->n_ctx : 8192) + draft_plan(so).new_bytes;
    if (opt.no_mmap && llr_gguf_is_mapped(llr_model_gguf(m))) so->spare_bytes += llr_gguf_file_bytes(llr_model_gguf(m));
    if (llr_session_plan(m, so, &p, &err)) die_status(&err, CODE_FAILED);
    if (!so->n_ctx) note_context(m, &p);
    so->n_ctx = p.n_ctx;
    so->n_batch = p.n_batch;
    return p;
}

static void fill_budget(struct budget *b, const llr_model *m, llr_session_options *so)
{
    llr_plan p = make_plan(m, so), d = draft_plan(so);
    b->plan = p;
    b->plan.system_bytes += d.system_bytes;
    b->draft = d;
    b->program = program_bytes(m, p.n_ctx);
    b->resident = p.resident_bytes + b->program + d.resident_bytes;
    b->total = p.total_bytes + b->program + d.total_bytes;
    b->need = b->resident + b->plan.system_bytes;
    b->have = b->now.available_bytes == UINT64_MAX ? UINT64_MAX
            : b->now.available_bytes + (p.resident_bytes + p.system_bytes - p.new_bytes) + (d.resident_bytes + d.system_bytes - d.new_bytes);
    if (opt.no_mmap && llr_gguf_is_mapped(llr_model_gguf(m))) {     /* not read yet */
        b->resident += p.weights_bytes + d.weights_bytes;
        b->need += p.weights_bytes + d.weights_bytes;
    }
}

static struct budget make_budget(const llr_model *m, llr_session_options *so)
{
    struct budget b;
    memset(&b, 0, sizeof b);
    b.now = memory_now();
    fill_budget(&b, m, so);
    return b;
}

/* It is memory that weights need to stay in, not addresses: those they have. */
static int from_disk(const struct budget *b)
{
    uint64_t memory = b->now.machine_bytes < b->now.group_bytes ? b->now.machine_bytes : b->now.group_bytes, all = b->total + b->plan.system_bytes;
    return b->need <= b->have && all > b->have && all > memory;
}

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
    uint64_t rest = b->need - (opt.no_mmap ? b->plan.weights_bytes : 0), now = bytes_as(g, 1e9, 1), n;
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
    if (opt.no_mmap) {
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

/* ---- the GPU. A bonus: what goes wrong with it is a line, and the CPU computes; --gpu require makes it an error. */

static struct { llr_gpu *g[LLR_MAX_GPUS]; int n; llr_placement *p; int sessions; } gpu;

static int gpu_required(void) { return opt.gpu && !strcmp(opt.gpu, "require"); }
static int gpu_wanted(void) { return gpu_required() || (opt.gpu && !strcmp(opt.gpu, "auto")) || opt.device || (opt.gpu_layers && strcmp(opt.gpu_layers, "0")); }

/* Has this program more rights than the user who started it? Then what comes from that user is not trusted. */
static int raised(void)
{
#if defined(__linux__)
    return getauxval(AT_SECURE) != 0;           /* set-user-ID, set-group-ID, capabilities of the file */
#elif defined(_WIN32)
    return 0;
#else
    return getuid() != geteuid() || getgid() != getegid();
#endif
}

#ifdef __linux__
/* A library becomes part of the program. Trusted are root, the owner of the program, and the user, if the program has no more
 * rights: with the file and its folder. A group may write, since many systems give every user one; not if rights are raised. */
static int others_write(const char *path, uid_t owner)
{
    struct stat s;
    if (stat(path, &s)) return 0;
    if (s.st_uid && s.st_uid != owner && (raised() || s.st_uid != geteuid())) return 1;
    return (s.st_mode & (raised() ? 022 : 002)) && !(S_ISDIR(s.st_mode) && s.st_mode & S_ISVTX);
}
static int library_refused(const char *path, char *why, size_t cap)
{
    char folder[4096];
    struct stat s;
    const char *of = path;
    int bad = 0;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path) + 1, path);
    if (!stat("/proc/self/exe", &s)) {
        if (others_write(path, s.st_uid)) bad = 1;
        else if (others_write(folder, s.st_uid)) { bad = 1; of = folder; }
    }
    if (bad) (void)snprintf(why, cap, "%.600s is not loaded, because others than root%s and the owner of this program may write %s%.600s: change its owner or mode", path,
                            raised() ? "" : ", you", of == path ? "it" : "the folder ", of == path ? "" : folder);
    return bad;
}
#endif

/* The library with the kernels: what LLRUN_CUDA names, which may be nothing, or llrun-cuda.so beside the program; "": there is none,
 * or it is not to be loaded, and why. */
static const char *gpu_library(char *path, size_t cap, char *why, size_t cap_why)
{
    const char *named = getenv("LLRUN_CUDA");
    size_t n;
    FILE *f;
    path[0] = why[0] = 0;
    if (named && !raised()) { (void)snprintf(path, cap, "%s", named); return path; }
    if (named) note("LLRUN_CUDA is ignored: this program has more rights than who started it");
#ifdef _WIN32
    {
        wchar_t wide[2048];
        DWORD k = GetModuleFileNameW(NULL, wide, 2048);
        if (!k || k >= 2048 || !WideCharToMultiByte(CP_UTF8, 0, wide, -1, path, (int)cap, NULL, NULL)) return "";
    }
#elif defined(__linux__)
    {
        ssize_t k = readlink("/proc/self/exe", path, cap - 1);
        path[k > 0 ? k : 0] = 0;
    }
#endif
    for (n = strlen(path); n && path[n - 1] != '/' && path[n - 1] != '\\'; n--) {}
    if (!n || n + 20 > cap) return "";
#ifdef _WIN32
    (void)snprintf(path + n, cap - n, "llrun-cuda.dll");
#else
    (void)snprintf(path + n, cap - n, "llrun-cuda.so");
#endif
    f = open_utf8(path, "rb");
    if (!f) return "";
    (void)fclose(f);
    (void)cap_why;
#ifdef __linux__
    if (library_refused(path, why, cap_why)) return "";
#endif
    return path;
}

/* Who holds memory of a GPU, as far as can be found out: " (llama-server with pid 4711 has 4.4 GiB)", or where to look; "" if hardly any is held. */
static void gpu_holders(const llr_gpu_info *info, char *text, size_t cap);

PRINTF(1, 2) static void gpu_not_used(const char *fmt, ...)
{
    char text[900];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (gpu_required()) die(CODE_HARDWARE, "--gpu require: %s", text);
    note("GPU not used: %s; everything runs on the CPU", text);
}

static void close_gpu(void)
{
    llr_placement_free(gpu.p);
    gpu.p = NULL;
    while (gpu.n) llr_gpu_close(gpu.g[--gpu.n]);
}

/* The k-th GPU to take: of --device, or of those that are visible. */
static int nth_device(int k, int n_visible, char id[64])
{
    const char *s = opt.device;
    (void)snprintf(id, 64, "%d", k);
    if (!s) return !k || k < n_visible;
    for (; k && *s; k--) {
        s += strcspn(s, ",");
        s += *s == ',';
    }
    (void)snprintf(id, 64, "%.*s", (int)strcspn(s, ","), s);
    return *id != 0;
}

/* The next GPU: 1, or 0 and why not. */
static int add_gpu(const char *library, const char *id, llr_gpu_info *info, llr_error *err)
{
    llr_options o = library_options();
    llr_gpu_info other;
    int i;
    if (llr_gpu_open(&gpu.g[gpu.n], library, id, &o, err)) return 0;
    llr_gpu_describe(gpu.g[gpu.n], info);
    for (i = 0; i < gpu.n; i++) {
        llr_gpu_describe(gpu.g[i], &other);
        if (other.index == info->index) die(CODE_USAGE, "--device %s: GPU %d is named twice", opt.device, info->index);
    }
    gpu.n++;
    return 1;
}

/* "; 1.0 GiB of 8.0 GiB are free (pid 4711, llama-server: 5.0 GiB)" */
static struct gpu_text { char s[900]; } gpu_shortage(const llr_gpu *g, const char *why)
{
    struct gpu_text t;
    llr_gpu_info info;
    char who[300] = "";
    llr_gpu_describe(g, &info);
    if (strstr(why, "are free") || strstr(why, "out of memory")) gpu_holders(&info, who, sizeof who);
    (void)snprintf(t.s, sizeof t.s, "%s%s", why, who);
    return t;
}

static void tell_shares(const llr_placement_info *p)
{
    int i;
    for (i = 0; i < p->n_shares; i++) {
        const llr_share *s = &p->share[i];
        llr_gpu_info info;
        char full[100], *why = full;
        llr_gpu_describe(gpu.g[s->gpu], &info);
        (void)snprintf(full, sizeof full, "%s of %s are free", size_text(s->free_bytes).s, size_text(s->total_bytes).s);
        note("GPU %d, %s: %ld of %ld layers, %.0f %% of the weights%s%s", info.index, info.name, (long)s->n_layers, (long)p->n_all,
             p->all_bytes ? 100.0 * (double)s->weights_bytes / (double)p->all_bytes : 0.0, i < p->n_shares - 1 || *p->why ? "; " : "",
             i < p->n_shares - 1 ? gpu_shortage(gpu.g[s->gpu], why).s : gpu_shortage(gpu.g[s->gpu], p->why).s);
    }
}

/* Places layers for n sessions with these options (dry: only in the plan), on one GPU more after another until all are placed, and tells
 * which share of the weights they are. Nothing is said on a machine without the library, unless the GPU was asked for. */
static void open_gpu(const llr_model *m, llr_session_options *so, int n_sessions, int dry)
{
    char path[4096], id[64], why[1500];
    const char *library;
    llr_gpu_info info;
    llr_placement_info p;
    llr_error err;
    int64_t layers = -1;
    int k, n_visible = 0, enough = 0;
    memset(&p, 0, sizeof p);
    so->gpu = gpu.p;
    if (gpu.p || gpu.sessions || (opt.gpu && !strcmp(opt.gpu, "off"))) return;
    if (opt.gpu_layers && !strcmp(opt.gpu_layers, "all")) layers = 1000000;
    else if (opt.gpu_layers && strcmp(opt.gpu_layers, "auto")) (void)parse_integer(opt.gpu_layers, &layers);
    if (layers == 0 && !gpu_required()) return;
    library = gpu_library(path, sizeof path, why, sizeof why);
    if (!*library) {
        if (*why) gpu_not_used("%s", why);
        else if (gpu_wanted()) gpu_not_used("the library with its kernels, llrun-cuda.so, is not beside the program (make cuda builds it)");
        return;
    }
    for (k = 0; !enough && gpu.n < LLR_MAX_GPUS && nth_device(k, n_visible, id); k++) {
        if (!add_gpu(library, id, &info, &err)) {
            if (!gpu.n || (opt.device && gpu_required())) {
                close_gpu();
                gpu_not_used("%s", err.msg);
                return;
            }
            note("GPU %s not used: %s", id, err.msg);
            continue;
        }
        n_visible = info.n_visible;
        if (gpu.n == 1) (void)make_plan(m, so);         /* layers are placed beside sessions of sizes that are decided */
        enough = layers == 0;
        if (llr_placement_new(&gpu.p, gpu.g, gpu.n, m, (int32_t)layers, so, n_sessions, 1, NULL)) continue;
        llr_placement_describe(gpu.p, &p);
        enough = p.n_layers == p.n_all || p.n_layers == layers;
        llr_placement_free(gpu.p);
        gpu.p = NULL;
    }
    while (llr_placement_new(&gpu.p, gpu.g, gpu.n, m, (int32_t)layers, so, n_sessions, dry, &err)) {
        const int32_t fewer = strstr(err.msg, "out of memory") ? p.n_layers * 3 / 4 : 0;        /* less was given than was said to be free */
        if (fewer) {
            layers = p.n_layers = fewer;
            continue;
        }
        llr_gpu_describe(gpu.g[gpu.n - 1], &info);
        (void)snprintf(why, sizeof why, "%s: %s", info.name, gpu_shortage(gpu.g[gpu.n - 1], err.msg).s);
        close_gpu();
        gpu_not_used("%s", why);
        return;
    }
    llr_placement_describe(gpu.p, &p);
    so->gpu = gpu.p;
    if (!dry) tell_shares(&p);
}

static llr_placement_info gpu_share(void)      /* zeros: nothing is there */
{
    llr_placement_info p;
    memset(&p, 0, sizeof p);
    if (gpu.p) llr_placement_describe(gpu.p, &p);
    return p;
}

/* A session; if the GPU has not enough memory for it, with fewer layers there, and at last with none. */
static llr_session *new_session(const llr_model *m, llr_session_options *so)
{
    llr_placement_info p;
    llr_session *s;
    llr_error err;
    while (llr_session_new(&s, m, so, &err)) {
        int32_t fewer;
        if (err.code != LLR_E_DEVICE || !so->gpu || gpu.sessions) die_status(&err, CODE_FAILED);
        llr_placement_describe(gpu.p, &p);
        fewer = p.n_layers * 3 / 4;
        llr_placement_free(gpu.p);
        gpu.p = NULL;
        so->gpu = NULL;
        if (fewer && !llr_placement_new(&gpu.p, gpu.g, gpu.n, m, fewer, so, 1, 0, NULL)) {
            so->gpu = gpu.p;
            llr_placement_describe(gpu.p, &p);
            note("GPU: %s", gpu.n == 1 ? gpu_shortage(gpu.g[0], err.msg).s : err.msg);
            tell_shares(&p);
        } else {
            close_gpu();
            gpu_not_used("%s", err.msg);
        }
    }
    gpu.sessions++;
    return s;
}

/* The first of n */
static llr_session *open_session(const llr_model *m, llr_session_options *so, int n)
{
    struct budget b;
    char why[700];
    llr_session *s;
    llr_error err;
    open_gpu(m, so, n, 0);
    b = make_budget(m, so);
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
    if (draft.m) {
        llr_session_options d = draft_options(so);
        if (llr_session_new(&draft.s, draft.m, &d, &err)) die_status(&err, CODE_FAILED);
        so->draft = draft.s;
    }
    s = new_session(m, so);
    if (opt.mlock) lock_weights(m, &b);
    active = s;
    return s;
}

static void close_session(llr_session *s)
{
    active = NULL;
    llr_session_free(s);
    if (!--gpu.sessions) close_gpu();
    llr_session_free(draft.s);
    llr_model_close(draft.m);
    draft.s = NULL;
    draft.m = NULL;
    if (got_signal) exit_by_signal();
}

static void gpu_lost(const llr_error *err)
{
    if (gpu_required()) die(CODE_HARDWARE, "%s", err->msg);
    note("GPU not used any more: %s; the CPU goes on", err->msg);
}

/* 0: Ctrl-C ended it in a chat; elsewhere it ends the program */
static int eval_together(llr_session *const *s, const int32_t *const *ids, const size_t *n, size_t n_sessions)
{
    llr_error err;
    llr_status st;
    if (got_signal && !(chatting && got_signal == SIGINT)) exit_by_signal();
    progress.phase = -1;
    do {
        st = llr_eval(s, ids, n, n_sessions, &err);
        if (st != LLR_E_DEVICE) continue;
        gpu_lost(&err);
    } while (st == LLR_E_DEVICE || (st == LLR_E_CANCELLED && !got_signal));     /* again after a Ctrl-C that came late */
    if (chatting && got_signal == SIGINT) return 0;
    if (st) die_status(&err, CODE_FAILED);
    if (got_signal && !(chatting && got_signal == SIGINT)) exit_by_signal();
    return 1;
}

static int eval(llr_session *s, const int32_t *ids, size_t n) { return eval_together(&s, &ids, &n, 1); }

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

/* The conversation so far (JSON messages, separated by commas) as the tokens that ask for an answer */
static llr_status render_chat(const llr_template *t, const llr_vocab *v, const struct buf *messages, struct ids *ids, llr_error *err)
{
    struct buf json = { NULL, 0, 0 };
    unsigned flags = (opt.no_bos ? 0u : (unsigned)LLR_TOK_SPECIAL) | (opt.no_special ? 0u : (unsigned)LLR_TOK_PARSE);
    llr_prompt prompt;
    llr_status st;
    char when[32];
    size_t i;
    time_t clock = time(NULL);
    struct tm *local = localtime(&clock);
    buf_text(&json, "{\"messages\":[");
    buf_add(&json, messages->p, messages->n);
    buf_text(&json, "],\"add_generation_prompt\":true");
    if (local && strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", local)) {
        buf_text(&json, ",\"now\":");
        buf_json_string(&json, when, strlen(when));
    }
    buf_text(&json, "}");
    st = llr_template_chat(t, v, json.p, json.n, flags, &prompt, err);
    free(json.p);
    if (st) return st;
    for (i = 0; i < prompt.n_ids; i++) ids_add(ids, prompt.ids[i]);
    llr_prompt_free(t, &prompt);
    return LLR_OK;
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
    return how;
}

/* ---- what a model writes: its reasoning, and its answer -------------------------------------------------------------- */

/* What opens and closes the reasoning at the beginning of an answer (formats of the model families). */
static const struct marker { const char *open, *close; } markers[] = {
    { "<think>", "</think>" }, { "<thinking>", "</thinking>" }, { "<seed:think>", "</seed:think>" }, { "[THINK]", "[/THINK]" },
    { "<|START_THINKING|>", "<|END_THINKING|>" }, { "<|inner_prefix|>", "<|inner_suffix|>" }, { "<|channel>thought\n", "<channel|>" },
    { "<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>" },
    { "<|channel|>final<|message|>", "" },
};
enum { N_MARKERS = sizeof markers / sizeof markers[0] };

struct reply {
    int split;                                  /* look for reasoning; else everything is content */
    int shown, terminal, colours;               /* written as it comes; for people, without control characters */
    enum { AT_START, REASONING, AFTER_REASONING, CONTENT } state;
    int dim;                                    /* the terminal's state */
    const struct marker *marker;
    struct buf pending, space, reasoning, content;
};

static void reply_clear(struct reply *r)
{
    r->state = AT_START;
    r->pending.n = r->space.n = r->reasoning.n = r->content.n = 0;
    buf_room(&r->pending, 1);                   /* never NULL, for memcmp */
    buf_room(&r->content, 1);
}

static void reply_free(struct reply *r)
{
    free(r->pending.p);
    free(r->space.p);
    free(r->reasoning.p);
    free(r->content.p);
}

static int is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static void show(struct reply *r, const char *s, size_t n, int dim)
{
    if (!r->shown || !n) return;
    if (dim != r->dim && r->colours) put(dim ? "\033[2m" : "\033[0m", 4);
    if (r->dim && !dim) put("\n\n", 2);
    r->dim = dim;
    if (r->terminal) put_terminal(s, n);
    else put(s, n);
}

static void say(struct reply *r, const char *s, size_t n)
{
    buf_add(&r->content, s, n);
    show(r, s, n, 0);
}

static void think(struct reply *r, const char *s, size_t n)     /* without white space at its ends */
{
    size_t start = 0, end = n;
    while (end && is_space(s[end - 1])) end--;
    if (!r->reasoning.n) while (start < end && is_space(s[start])) start++;
    if (end > start) {
        buf_add(&r->space, s + start, end - start);
        buf_add(&r->reasoning, r->space.p, r->space.n);
        show(r, r->space.p, r->space.n, 1);
        r->space.n = 0;
    }
    if (r->reasoning.n) buf_add(&r->space, s + end, n - end);
}

static void reply_drop(struct reply *r, size_t n)               /* the beginning of what is pending */
{
    memmove(r->pending.p, r->pending.p + n, r->pending.n - n);
    r->pending.n -= n;
}

/* Does s begin with the text? 2: it may, when more has come */
static int begins(const char *s, size_t n, const char *text)
{
    size_t len = strlen(text);
    return n >= len ? !memcmp(s, text, len) : !memcmp(s, text, n) ? 2 : 0;
}

/* Text as it comes; what may be the beginning of a marker waits for the rest. */
static void reply_add(struct reply *r, const char *s, size_t n)
{
    struct buf *p = &r->pending;
    size_t i, blank;
    int k, may;
    if (!r->split) { say(r, s, n); return; }
    buf_add(p, s, n);
    if (r->state == AT_START) {
        for (blank = 0; blank < p->n && is_space(p->p[blank]); blank++) { }
        for (k = may = 0; k < N_MARKERS && r->state == AT_START; k++) {
            int b = begins(p->p + blank, p->n - blank, markers[k].open);
            if (b == 1) {
                r->state = REASONING;
                r->marker = &markers[k];
                reply_drop(r, blank + strlen(markers[k].open));
            }
            may |= b;
        }
        if (!may) r->state = CONTENT;
    }
    if (r->state == REASONING) {
        for (i = 0, may = 0; i <= p->n; i++) if ((may = begins(p->p + i, p->n - i, r->marker->close)) != 0) break;
        if (i > p->n) i = p->n;
        think(r, p->p, i);
        reply_drop(r, i);
        if (may == 1) {
            reply_drop(r, strlen(r->marker->close));
            r->state = AFTER_REASONING;
        }
    }
    if (r->state == AFTER_REASONING) {          /* the white space before the answer is not part of it */
        for (i = 0; i < p->n && is_space(p->p[i]); i++) { }
        reply_drop(r, i);
        if (p->n) r->state = CONTENT;
    }
    if (r->state == CONTENT) {
        say(r, p->p, p->n);
        p->n = 0;
    }
}

static void reply_end(struct reply *r)
{
    if (r->state == REASONING) think(r, r->pending.p, r->pending.n);
    else if (r->pending.n) say(r, r->pending.p, r->pending.n);
    r->pending.n = 0;
    if (r->dim && r->colours && r->shown) put("\033[0m", 4);
    r->dim = 0;
}

/* Templates may have opened the reasoning already, at the end of the prompt. */
static void reply_follow(struct reply *r, const llr_vocab *v, const struct ids *prompt)
{
    struct buf tail = { NULL, 0, 0 };
    char piece[256];
    size_t i = prompt->n > 16 ? prompt->n - 16 : 0, n;
    int k;
    for (; i < prompt->n; i++) if ((n = llr_token_piece(v, prompt->p[i], 1, piece, sizeof piece)) <= sizeof piece) buf_add(&tail, piece, n);
    while (tail.n && is_space(tail.p[tail.n - 1])) tail.n--;
    for (k = 0; k < N_MARKERS; k++) {
        size_t len = strlen(markers[k].open);
        while (len && is_space(markers[k].open[len - 1])) len--;
        if (tail.n < len || memcmp(tail.p + tail.n - len, markers[k].open, len)) continue;
        r->state = REASONING;
        r->marker = &markers[k];
    }
    free(tail.p);
}

static int is_marker_part(const char *s, size_t n)
{
    char text[64];
    int k;
    if (!n || n >= sizeof text) return 0;
    memcpy(text, s, n);
    text[n] = 0;
    for (k = 0; k < N_MARKERS; k++) if (strstr(markers[k].open, text) || strstr(markers[k].close, text)) return 1;
    return 0;
}

/* ---- generation ------------------------------------------------------------------------------------------------------- */

struct generation { struct ids ids; double seconds; const char *finish; struct reply *reply; /* NULL: ids only */ };

/* The id just drawn, as text: 1 if it ended in a stop string. Control tokens are silent, but for those of the reasoning. */
static int put_token(struct reply *r, llr_stream *stream, const llr_vocab *v, int32_t id)
{
    llr_error err;
    const char *text;
    char piece[64];
    size_t n;
    int stopped;
    if (llr_stream_put(stream, id, &text, &n, &stopped, &err)) die_status(&err, CODE_FAILED);
    if (n) reply_add(r, text, n);
    if (r->split && llr_vocab_is_control(v, id) && (n = llr_token_piece(v, id, 1, piece, sizeof piece)) <= sizeof piece && is_marker_part(piece, n))
        reply_add(r, piece, n);
    put_flush();
    return stopped;
}

/* Tokens until an end. In a chat, Ctrl-C is one. */
static void generate(llr_session *s, llr_sampler *sampler, llr_stream *stream, const llr_vocab *v, struct generation *g)
{
    double start = now();
    g->finish = "length";
    while (opt.predict < 0 || g->ids.n < (uint64_t)opt.predict) {
        float score = 0.0f;
        int32_t id = 0;
        llr_error err;
        llr_status st;
        while ((st = llr_session_sample(s, sampler, &id, &score, &err)) == LLR_E_DEVICE) gpu_lost(&err);
        if (st == LLR_E_CANCELLED && chatting && got_signal == SIGINT) { g->finish = "cancelled"; break; }
        if (st == LLR_E_CANCELLED && got_signal) exit_by_signal();
        if (st) die_status(&err, CODE_FAILED);
        if (score != score)
            die(CODE_FAILED, "the model's scores are not numbers after %lu tokens: its weights are damaged, or too large for this arithmetic\n"
                          "  llrun run --exact computes without rounding activations.", (unsigned long)llr_session_pos(s));
        if (v && !opt.ignore_eos && llr_vocab_is_eog(v, id)) { g->finish = "stop"; break; }
        ids_add(&g->ids, id);
        if (g->reply && put_token(g->reply, stream, v, id)) { g->finish = "stop"; break; }
        if (opt.predict >= 0 && g->ids.n == (uint64_t)opt.predict) break;
        if (llr_session_pos(s) == llr_session_ctx(s)) { g->finish = "context"; break; }
        if (!eval(s, &id, 1)) { g->finish = "cancelled"; break; }
    }
    g->seconds = now() - start;
    if (g->reply) {
        const char *text;
        size_t n;
        llr_stream_end(stream, &text, &n);
        if (n) reply_add(g->reply, text, n);
        reply_end(g->reply);
    }
}

/* ---- conversations ----------------------------------------------------------------------------------------------------- */

struct chat {
    llr_model *m; const llr_vocab *v; llr_session *s; llr_template *t;
    int32_t n_vocab;
    uint64_t seed, answers;
    struct buf *messages; size_t n_messages, cap_messages;     /* each a JSON object */
    struct ids done;                /* the tokens that the session holds */
    struct reply reply;
    struct generation last;
    uint64_t prompt_tokens, generated_tokens;
    int near_full;                  /* said already */
};

static struct buf *chat_message(struct chat *c)                 /* a new one, at the end */
{
    if (c->n_messages == c->cap_messages) {
        size_t i = c->cap_messages;
        c->messages = (struct buf *)grow(c->messages, &c->cap_messages, c->n_messages + 1, sizeof *c->messages);
        memset(c->messages + i, 0, (c->cap_messages - i) * sizeof *c->messages);
    }
    c->messages[c->n_messages].n = 0;
    return &c->messages[c->n_messages++];
}

static void chat_say(struct chat *c, const char *role, const struct buf *content, const struct buf *reasoning)
{
    struct buf *m = chat_message(c);
    buf_text(m, "{\"role\":\"");
    buf_text(m, role);
    buf_text(m, "\",\"content\":");
    buf_json_string(m, content->p, content->n);
    if (reasoning && reasoning->n) {
        buf_text(m, ",\"reasoning_content\":");
        buf_json_string(m, reasoning->p, reasoning->n);
    }
    buf_text(m, "}");
}

static void chat_begin(struct chat *c)
{
    c->n_messages = 0;
    c->near_full = 0;
    if (opt.system) {
        struct buf text;
        text.n = strlen(opt.system);
        text.p = (char *)(size_t)opt.system;
        chat_say(c, "system", &text, NULL);
    }
}

static void chat_messages(const struct chat *c, struct buf *b)  /* separated by commas */
{
    size_t i;
    for (i = 0; i < c->n_messages; i++) {
        if (i) buf_text(b, ",");
        buf_add(b, c->messages[i].p, c->messages[i].n);
    }
}

/* The conversation as one JSON object on one line: for scripts, /save and /load */
static void chat_transcript(const struct chat *c, struct buf *b)
{
    char line[300];
    llr_meta name;
    llr_guesses guesses;
    llr_session_guesses(c->s, &guesses);
    b->n = 0;
    buf_text(b, "{\"model\":");
    if (llr_gguf_meta_find(llr_model_gguf(c->m), "general.name", &name) && name.s) buf_json_string(b, name.s, name.n_bytes);
    else buf_json_string(b, opt.model, strlen(opt.model));
    buf_text(b, ",\"messages\":[");
    chat_messages(c, b);
    buf_add(b, line, (size_t)snprintf(line, sizeof line, "],\"finish\":\"%s\",\"prompt_tokens\":%llu,\"generated_tokens\":%llu,"
                                      "\"drafted_tokens\":%llu,\"accepted_tokens\":%llu,\"seed\":%llu}\n",
                                      c->last.finish ? c->last.finish : "", (unsigned long long)c->prompt_tokens, (unsigned long long)c->generated_tokens,
                                      (unsigned long long)guesses.drafted, (unsigned long long)guesses.accepted, (unsigned long long)c->seed));
}

static int chat_render(struct chat *c, struct ids *ids, llr_error *err)
{
    struct buf messages = { NULL, 0, 0 };
    llr_status st;
    chat_messages(c, &messages);
    st = render_chat(c->t, c->v, &messages, ids, err);
    free(messages.p);
    return st == LLR_OK;
}

/* Evaluates what is new in `prompt` after what the session holds already, so that the turns so far are not computed again, and
 * generates. Each answer has random numbers of its own, so that another try is another answer. Returns the prompt's seconds. */
static double chat_answer(struct chat *c, const struct ids *prompt)
{
    llr_options lo = library_options();
    llr_sampling how = sampling(c->m, llr_session_ctx(c->s));
    llr_stream *stream = NULL;
    llr_sampler *sampler;
    llr_error err;
    size_t same = 0, i;
    double start = now(), seconds;
    how.seed = c->seed + c->answers++;
    if (llr_sampler_new(&sampler, c->v ? llr_vocab_size(c->v) : c->n_vocab, llr_model_gguf(c->m), &how, &lo, &err)) die_status(&err, CODE_FAILED);
    if (c->v && llr_stream_new(&stream, c->v, opt.stops, (size_t)opt.n_stops, &lo, &err)) die_status(&err, CODE_FAILED);
    for (i = 0; i < prompt->n; i++) llr_sampler_accept(sampler, prompt->p[i]);
    reply_clear(&c->reply);
    if (c->reply.split) reply_follow(&c->reply, c->v, prompt);
    c->last.reply = opt.ids ? NULL : &c->reply;
    c->last.ids.n = 0;
    c->last.finish = "cancelled";
    while (same < c->done.n && same + 1 < prompt->n && c->done.p[same] == prompt->p[same]) same++;
    same = llr_session_rewind(c->s, (uint32_t)same);
    i = (size_t)eval(c->s, prompt->p + same, prompt->n - same);
    seconds = now() - start;
    if (i) generate(c->s, sampler, stream, c->v, &c->last);
    c->done.n = 0;
    for (i = 0; i < prompt->n; i++) ids_add(&c->done, prompt->p[i]);
    for (i = 0; i < c->last.ids.n; i++) ids_add(&c->done, c->last.ids.p[i]);
    if (c->done.n > llr_session_pos(c->s)) c->done.n = llr_session_pos(c->s);
    c->prompt_tokens += prompt->n - same;
    c->generated_tokens += c->last.ids.n;
    chat_say(c, "assistant", &c->reply.content, &c->reply.reasoning);
    llr_stream_free(stream);
    llr_sampler_free(sampler);
    return seconds;
}

/* --- a chat on a terminal */

/* The answer to the last message: 0 if it could not be asked. */
static int chat_turn(struct chat *c)
{
    struct ids prompt = { NULL, 0, 0 };
    FILE *results = out;
    uint32_t n_ctx = llr_session_ctx(c->s), left;
    llr_error err;
    int asked = 0;
    chatting = 1;                               /* from here on Ctrl-C ends the answer */
    active = c->s;
    if (!chat_render(c, &prompt, &err)) note("the chat template failed: %s", err.msg);
    else if (prompt.n >= n_ctx)
        note("with this the conversation has %llu tokens, and the context holds %lu\n  It was not sent. /clear begins a new conversation; llrun run -c N makes the context larger.",
             (unsigned long long)prompt.n, (unsigned long)n_ctx);
    else {
        asked = 1;
        if (opt.json) out = stderr;             /* standard output carries the transcript alone */
        terminal_change(0);
        (void)chat_answer(c, &prompt);
        terminal_restore();
        put("\n", 1);
        put_flush();
        out = results;
        left = n_ctx - llr_session_pos(c->s);
        if (!strcmp(c->last.finish, "context"))
            note("the context of %lu tokens is full: the answer was cut short. /clear begins a new conversation; llrun run -c N makes the context larger",
                 (unsigned long)n_ctx);
        else if (left < n_ctx / 10 && !c->near_full) {
            note("the context is nearly full: %lu of %lu tokens are left. /clear begins a new conversation; llrun run -c N makes the context larger",
                 (unsigned long)left, (unsigned long)n_ctx);
            c->near_full = 1;
        }
    }
    active = NULL;
    chatting = 0;
    if (got_signal == SIGINT) got_signal = 0;
    free(prompt.p);
    return asked;
}

/* The end of the JSON value that begins at s[i], or i if it has what JSON has in strings alone (NaN). What else is wrong with
 * it finds whoever reads it. */
static size_t json_end(const char *s, size_t i, size_t n)
{
    size_t start = i;
    int depth = 0, quoted = 0;
    for (; i < n; i++) {
        if (quoted) {
            if (s[i] == '\\') i++;
            else if (s[i] == '"') { quoted = 0; if (!depth) return i + 1; }
        } else if (s[i] == '"') quoted = 1;
        else if (s[i] == '{' || s[i] == '[') depth++;
        else if (s[i] == '}' || s[i] == ']') { if (depth <= 1) return i + (depth == 1); depth--; }
        else if (!depth && (s[i] == ',' || s[i] == ':' || is_space(s[i]))) return i;
        else if (!s[i] || !strchr(" \t\r\n,:+-.0123456789Eaeflnrstu", s[i])) return start;
    }
    return n;
}

static size_t json_skip(const char *s, size_t i, size_t n)      /* white space, and one comma or colon */
{
    while (i < n && (is_space(s[i]) || s[i] == ',' || s[i] == ':')) i++;
    return i;
}

/* The value of a member of the JSON object s[0..n): its place, or 0 if there is none */
static int json_member(const char *s, size_t n, const char *name, size_t *from, size_t *to)
{
    size_t i = json_skip(s, 0, n), end, len = strlen(name);
    if (i >= n || s[i] != '{' || json_end(s, i, n) == i) return 0;
    for (i = json_skip(s, i + 1, n); i < n && s[i] == '"'; i = json_skip(s, *to, n)) {
        end = json_end(s, i, n);
        *from = json_skip(s, end, n);
        *to = json_end(s, *from, n);
        if (end - i == len + 2 && !memcmp(s + i + 1, name, len)) return *to > *from;
    }
    return 0;
}

static void json_add_compact(struct buf *b, const char *s, size_t n)    /* without white space outside of strings: one line */
{
    size_t i;
    int quoted = 0;
    for (i = 0; i < n; i++) {
        if (quoted || !is_space(s[i])) buf_add(b, s + i, 1);
        if (quoted && s[i] == '\\' && i + 1 < n) buf_add(b, s + ++i, 1);
        else if (s[i] == '"') quoted = !quoted;
    }
}

static int has_role(const struct chat *c, const char *role)     /* the last message */
{
    const struct buf *m = c->n_messages ? &c->messages[c->n_messages - 1] : NULL;
    size_t from, to;
    return m && json_member(m->p, m->n, "role", &from, &to) && to - from == strlen(role) + 2 && !memcmp(m->p + from + 1, role, to - from - 2);
}

enum { LARGEST_CONVERSATION = 64 << 20 };

static void chat_load(struct chat *c, const char *path)
{
    struct buf text = { NULL, 0, 0 }, *old = c->messages;
    size_t n_old = c->n_messages, cap_old = c->cap_messages, from, to, i, end, n;
    struct ids ids = { NULL, 0, 0 };
    llr_error err;
    FILE *f = open_utf8(path, "rb");
    if (!f) { note("cannot open %s: %s", path, strerror(errno)); return; }
    do {
        buf_room(&text, 1 << 16);
        text.n += n = fread(text.p + text.n, 1, 1 << 16, f);
    } while (n && text.n <= LARGEST_CONVERSATION);
    n = (size_t)ferror(f);
    (void)fclose(f);
    c->messages = NULL;
    c->n_messages = c->cap_messages = 0;
    if (n) note("cannot read %s: %s", path, strerror(errno));
    else if (text.n > LARGEST_CONVERSATION) note("%s is too large for a conversation", path);
    else if (!json_member(text.p, text.n, "messages", &from, &to) || text.p[from] != '[') note("%s is not a conversation: it has no \"messages\"", path);
    else {
        for (i = json_skip(text.p, from + 1, to); i < to && text.p[i] == '{'; i = json_skip(text.p, end, to)) {
            end = json_end(text.p, i, to);
            json_add_compact(chat_message(c), text.p + i, end - i);
        }
        if (i >= to || text.p[i] != ']') {
            note("%s is not a conversation: \"messages\" are objects", path);
            c->n_messages = 0;
        } else if (!c->n_messages) note("%s: the conversation is empty", path);
        else if (!chat_render(c, &ids, &err)) note("%s is not a conversation for this model: %s", path, err.msg);
        else {
            note("%lu messages, %lu tokens of %lu", (unsigned long)c->n_messages, (unsigned long)ids.n, (unsigned long)llr_session_ctx(c->s));
            n = 1;
        }
    }
    if (!n || !c->n_messages) {                 /* not loaded: the old one stays */
        while (c->cap_messages) free(c->messages[--c->cap_messages].p);
        free(c->messages);
        c->messages = old;
        c->n_messages = n_old;
        c->cap_messages = cap_old;
    } else {
        while (cap_old) free(old[--cap_old].p);
        free(old);
        c->near_full = 0;
    }
    free(text.p);
    free(ids.p);
}

/* May a conversation be written there? *to: what to replace, to be freed: if it is a link, what that leads to. */
static int may_save(const char *path, char **to)
{
    static const char begin[] = "{\"model\":";
    char there[sizeof begin];
    FILE *f;
    size_t n;
#ifndef _WIN32
    struct stat st;
    *to = realpath(path, NULL);
    if (*to && (stat(path, &st) || !S_ISREG(st.st_mode))) return 0;
#else
    *to = NULL;
#endif
    f = open_utf8(path, "rb");
    if (!f) return !*to;
    n = fread(there, 1, sizeof begin - 1, f);
    (void)fclose(f);
    return !n || (n == sizeof begin - 1 && !memcmp(there, begin, n));
}

/* Under another name first: when the disk is full, what is there stays. */
static void chat_save(const struct chat *c, const char *path)
{
    struct buf text = { NULL, 0, 0 }, name = { NULL, 0, 0 };
    char *to;
    FILE *f = NULL;
    int code;
    if (!may_save(path, &to)) note("%s is there already, and is no conversation: it would be destroyed", path);
    else {
        buf_text(&name, to ? to : path);
        buf_add(&name, ".new", 5);
        f = open_utf8(name.p, "wbx");
        if (!f) note("cannot create %s: %s", name.p, strerror(errno));
    }
    if (f) {
        chat_transcript(c, &text);
        code = same_mode(f, to) && fwrite(text.p, 1, text.n, f) == text.n && !fflush(f) ? 0 : errno;
        if (fclose(f) && !code) code = errno;
        if (!code && move_file(name.p, to ? to : path)) code = errno;
        if (code) {
            (void)move_file(name.p, NULL);
            note("cannot write to %s: %s", path, strerror(code));
        } else note("%s: %lu messages", path, (unsigned long)c->n_messages);
    }
    free(to);
    free(name.p);
    free(text.p);
}

static const char *keep_text(const char *s)                     /* a copy that is never freed */
{
    size_t cap = 0;
    return strcpy((char *)grow(NULL, &cap, strlen(s) + 1, 1), s);
}

/* NAME VALUE, or nothing: list them. Texts are kept to the end. */
static void chat_set(const char *text)
{
    char name[40];
    size_t n = strcspn(text, " \t"), i;
    const char *value = text + n + strspn(text + n, " \t"), *wrong;
    const struct option *o;
    if (!n) {
        for (i = 0; i < N_OPTIONS; i++) {
            const void *at = (const char *)&opt + option_rows[i].at;
            const char *last = option_rows[i].names;
            if (!(option_rows[i].commands & C_CHAT)) continue;
            last += strspn(last + 2, " ") ? 3 : 0;              /* "-n --predict": the long one */
            fprintf(stderr, "  %-20.*s", (int)strcspn(last + 2, " "), last + 2);
            if (option_rows[i].kind == INTEGER && *(const int64_t *)at != NO_INTEGER) fprintf(stderr, "%lld\n", (long long)*(const int64_t *)at);
            else if (option_rows[i].kind == NUMBER && *(const double *)at != NO_NUMBER) fprintf(stderr, "%g\n", *(const double *)at);
            else if (option_rows[i].kind == TEXTS && opt.n_stops) fprintf(stderr, "%d texts\n", opt.n_stops);
            else fprintf(stderr, "not set\n");
        }
        return;
    }
    (void)snprintf(name, sizeof name, "%s%.*s", text[0] == '-' ? "" : n == 1 ? "-" : "--", (int)n, text);
    o = find_option(name, strlen(name), C_CHAT);
    if (!o) note("/set %.*s: there is no such setting; /set alone lists them", (int)n, text);
    else if (o->kind == TEXTS && !*value) opt.n_stops = 0;
    else if ((wrong = set_option(o, o->kind == TEXTS ? keep_text(value) : value)) != NULL) note("/set %s: %s", text, wrong);
}

static int chat_help(struct chat *c)
{
    fprintf(stderr,
            "/clear           begin a new conversation\n"
            "/system TEXT     begin a new one in which the model is told TEXT first\n"
            "/regenerate      answer the last message again\n"
            "/set NAME VALUE  change an option of sampling (/set alone lists them)\n"
            "/save FILE       write the conversation as JSON\n"
            "/load FILE       go on with such a conversation\n"
            "/bye             leave (Ctrl-D too)\n"
            "A text of several lines stands between \"\"\" and \"\"\", or has \\ at the end of its lines; Alt-Enter begins a line, and pasted\n"
            "texts keep theirs. Ctrl-C ends an answer, and empties a line. The conversation holds %lu of %lu tokens.\n",
            (unsigned long)c->done.n, (unsigned long)llr_session_ctx(c->s));
    return 1;
}

/* A line that begins with a slash: 0 to leave */
static int chat_command(struct chat *c, const char *line)
{
    size_t n = strcspn(line, " \t");
    const char *arg = line + n + strspn(line + n, " \t");
#define IS(name) (n == sizeof name - 1 && !memcmp(line, name, n))
    if (IS("/bye") || IS("/exit") || IS("/quit")) return 0;
    if (IS("/help") || IS("/?")) return chat_help(c);
    if (IS("/set")) {
        int64_t seed = opt.seed;
        chat_set(arg);
        if (opt.seed != seed) { c->seed = opt.seed >= 0 ? (uint64_t)opt.seed : random_seed(); c->answers = 0; }
        return 1;
    }
    if (IS("/clear")) { chat_begin(c); return 1; }
    if (IS("/regenerate")) {
        size_t before = c->n_messages;
        if (has_role(c, "assistant")) c->n_messages--;
        if (!c->n_messages || has_role(c, "system")) note("there is no message to answer yet");
        else if (chat_turn(c)) return 1;
        c->n_messages = before;
        return 1;
    }
    if (!*arg && (IS("/system") || IS("/save") || IS("/load"))) note("%s: %s is missing", line, IS("/system") ? "the text" : "the name of a file");
    else if (IS("/system")) { opt.system = keep_text(arg); chat_begin(c); }
    else if (IS("/save")) chat_save(c, arg);
    else if (IS("/load")) chat_load(c, arg);
    else note("no such command: %s (/help lists them; a message that begins with / begins with a blank)", line);
#undef IS
    return 1;
}

/* The next message or command, 0 at the end of input */
static int chat_line(struct buf *line, int editor)
{
    struct buf more = { NULL, 0, 0 };
    if (!editor) {
        fputs("> ", stderr);
        (void)fflush(stderr);
    }
    if (!(editor ? edit_line(line) : read_line(line))) return 0;
    while (!editor && unfinished(line) && read_line(&more)) {   /* the editor knows by itself */
        buf_text(line, "\n");
        buf_add(line, more.p, more.n);
    }
    free(more.p);
    if (line->n >= 6 && !memcmp(line->p, "\"\"\"", 3) && !memcmp(line->p + line->n - 3, "\"\"\"", 3)) {          /* without the quotes and the line ends beside them */
        size_t from = 3, to = line->n - 3;
        if (from < to && line->p[from] == '\n') from++;
        if (from < to && line->p[to - 1] == '\n') to--;
        memmove(line->p, line->p + from, to - from);
        line->n = to - from;
    }
    buf_add(line, "", 1);
    line->n--;
    return 1;
}

/* Ctrl-C may come while the terminal takes nothing (Ctrl-S): the write of an answer must not fail for it. */
static void restart_writes(void)
{
#ifndef _WIN32
    struct sigaction sa;
    if (sigaction(SIGINT, NULL, &sa) || sa.sa_handler != on_signal) return;
    sa.sa_flags |= SA_RESTART;
    (void)sigaction(SIGINT, &sa, NULL);
#endif
}

static void chat_loop(struct chat *c)
{
    struct buf line = { NULL, 0, 0 };
    int editor = has_editor();
    active = NULL;                              /* while it waits, SIGINT leaves */
    restart_writes();
    note("/help for help, /bye to leave");
    while (chat_line(&line, editor)) {
        if (line.p[0] == '/' && !strchr(line.p, '\n')) {
            if (!chat_command(c, line.p)) break;
        } else if (line.n) {
            chat_say(c, "user", &line, NULL);
            if (!chat_turn(c)) c->n_messages--;
        }
    }
    free(line.p);
}

/* --- the command */

static int cmd_run(void)
{
    struct buf text = { NULL, 0, 0 };
    struct ids prompt = { NULL, 0, 0 };
    struct chat c;
    llr_session_options so = session_options();
    llr_plan plan;
    llr_model_info info;
    llr_guesses guesses;
    llr_error err;
    char guessed[80];
    double seconds;
    int chats = !opt.n_args && !opt.prompt && !opt.file && !opt.tokens && !opt.raw && isatty(fileno(stdin));
    memset(&c, 0, sizeof c);
    if (opt.ids && opt.json) die(CODE_USAGE, "--ids and --json: give one of them");
    if (opt.ids && chats) die(CODE_USAGE, "--ids is for one answer: give a prompt");
    guess_options(&so);
    if (!chats) get_prompt(&text);
    c.m = open_model();
    open_draft();
    c.v = opt.tokens && opt.ids ? llr_model_vocab(c.m) : need_vocab(c.m);
    c.t = opt.raw || opt.tokens ? NULL : chat_template(llr_model_gguf(c.m));
    c.seed = opt.seed >= 0 ? (uint64_t)opt.seed : random_seed();
    c.reply.terminal = isatty(fileno(chats && opt.json ? stderr : out));
    c.reply.colours = c.reply.terminal && has_colours();
    c.reply.shown = chats || !opt.json;
    c.reply.split = c.t && (chats || opt.json || c.reply.terminal);
    llr_model_describe(c.m, &info);
    c.n_vocab = info.n_vocab;
    chat_begin(&c);
    if (chats) {
        if (!c.t) die(CODE_USAGE, "this model has no chat template, it only continues texts\n  llrun run MODEL -p \"Once upon a time\" --raw");
        warm_up(llr_model_gguf(c.m));
        c.s = open_session(c.m, &so, 1);
        chat_loop(&c);
    } else {
        if (!opt.tokens) chat_say(&c, "user", &text, NULL);
        if (opt.tokens) read_token_list(&prompt, opt.tokens);
        else if (!c.t) tokenize(c.v, text.p, text.n, &prompt);
        else if (!chat_render(&c, &prompt, &err))
            die(exit_code(err.code, CODE_FAILED), "the chat template failed: %s\n  With --raw the prompt is continued as it is.", err.msg);
        if (!prompt.n) die(CODE_USAGE, "the prompt is empty, and this vocabulary has no token to begin with\n  Give a prompt with -p TEXT.");
        if (!c.t && !opt.raw && !opt.tokens) note("this model has no chat template: the prompt is continued as it is (--raw says that this is meant)");
        plan = make_plan(c.m, &so);
        check_fits(prompt.n, &plan, "prompt", opt.predict > 0 ? (size_t)opt.predict : 512);
        warm_up(llr_model_gguf(c.m));
        c.s = open_session(c.m, &so, 1);
        seconds = chat_answer(&c, &prompt);
        if (opt.ids) json_ids(c.last.ids.p, c.last.ids.n);
        else if (!opt.json) put("\n", 1);
        put_flush();
        if (!strcmp(c.last.finish, "context")) note("the context of %lu tokens is full; -c N makes it larger", (unsigned long)llr_session_ctx(c.s));
        llr_session_guesses(c.s, &guesses);
        guessed[0] = 0;
        if (guesses.drafted) (void)snprintf(guessed, sizeof guessed, ", drafted %llu, accepted %llu", (unsigned long long)guesses.drafted, (unsigned long long)guesses.accepted);
        note("prompt %llu tokens, %.1f/s; generated %llu, %.1f/s%s; %s%s", (unsigned long long)prompt.n, (double)prompt.n / (seconds > 0 ? seconds : 1),
             (unsigned long long)c.last.ids.n, c.last.seconds > 0 ? (double)c.last.ids.n / c.last.seconds : 0.0, guessed, llr_isa_name(info.isa),
             sampling(c.m, plan.n_ctx).temp > 0 ? "" : ", greedy");
        if (sampling(c.m, plan.n_ctx).temp > 0 && opt.seed < 0) note("--seed %llu repeats this text", (unsigned long long)c.seed);
    }
    if (opt.json) {
        chat_transcript(&c, &text);
        put(text.p, text.n);
        put_flush();
    }
    llr_template_free(c.t);
    close_session(c.s);
    llr_model_close(c.m);
    while (c.cap_messages) free(c.messages[--c.cap_messages].p);
    free(c.messages);
    free(c.done.p);
    free(c.last.ids.p);
    reply_free(&c.reply);
    free(text.p);
    free(prompt.p);
    return CODE_OK;
}

/* ---- template -------------------------------------------------------------------------------------------------------- */

static int is_gguf(const char *path)
{
    char magic[4];
    FILE *f = open_utf8(path, "rb");
    int yes;
    if (!f) die(CODE_FILE, "cannot open %s: %s", path, strerror(errno));
    yes = fread(magic, 1, 4, f) == 4 && memcmp(magic, "GGUF", 4) == 0;
    (void)fclose(f);
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

/* SHA-256 (FIPS 180-4) */
struct sha256 { uint32_t h[8]; uint64_t n; unsigned char block[64]; };
struct sha256_text { char s[65]; };

static uint32_t turn(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256_block(uint32_t *h, const unsigned char *p)
{
    static const uint32_t k[64] = {     /* fractions of the cube roots of the first 64 primes */
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
        0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
        0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
        0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
        0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
        0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
    };
    uint32_t w[64], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], last = h[7];
    int i;
    for (i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (; i < 64; i++)
        w[i] = (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10) + w[i - 7] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 16];
    for (i = 0; i < 64; i++) {
        uint32_t t = last + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) + k[i] + w[i];
        uint32_t u = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b)));
        last = g; g = f; f = e; e = d + t;
        d = c; c = b; b = a; a = t + u;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d;
    h[4] += e; h[5] += f; h[6] += g; h[7] += last;
}

static void sha256_init(struct sha256 *x)
{
    static const uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    memset(x, 0, sizeof *x);
    memcpy(x->h, h, sizeof h);
}

static void sha256_add(struct sha256 *x, const void *data, size_t n)
{
    const unsigned char *p = (const unsigned char *)data;
    size_t used = (size_t)(x->n % 64), k = used ? 64 - used : 0;
    x->n += n;
    if (k > n) k = n;
    if (k) memcpy(x->block + used, p, k);
    if (used && used + k == 64) sha256_block(x->h, x->block);
    for (p += k, n -= k; n >= 64; p += 64, n -= 64) sha256_block(x->h, p);
    if (n) memcpy(x->block, p, n);
}

static struct sha256_text sha256_end(struct sha256 *x)
{
    static const unsigned char padding[64] = { 0x80 };
    struct sha256_text text;
    unsigned char bits[8];
    int i;
    for (i = 0; i < 8; i++) bits[i] = (unsigned char)(x->n << 3 >> (56 - 8 * i));
    sha256_add(x, padding, 64 - (size_t)((x->n + 8) % 64));
    sha256_add(x, bits, 8);
    for (i = 0; i < 8; i++) (void)snprintf(text.s + 8 * i, 9, "%08lx", (unsigned long)x->h[i]);
    return text;
}

/* The sum of n bytes of file `shard`. The system is free to drop what was read: a model may be larger than memory. */
static struct sha256_text checksum(const llr_gguf *g, int shard, uint64_t offset, uint64_t n)
{
    struct sha256 x;
    size_t size;
    const char *bytes = (const char *)llr_gguf_bytes(g, shard, &size);
    llr_error err;
    sha256_init(&x);
    sha256_add(&x, bytes + offset, (size_t)n);
    if (llr_gguf_check(g, &err)) die_status(&err, CODE_FILE);
    return sha256_end(&x);
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
    size_t i, n;
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
        putf("],\"bytes\":%llu,\"offset\":%llu,\"file\":%d", (unsigned long long)t.n_bytes, (unsigned long long)t.offset, t.shard);
        if (opt.checksum) putf(",\"sha256\":\"%s\"", checksum(g, t.shard, t.offset, t.n_bytes).s);
        put("}", 1);
    }
    put("]", 1);
    for (k = 0; opt.checksum && llr_gguf_bytes(g, k, &n); k++)
        putf("%s{\"bytes\":%llu,\"sha256\":\"%s\"}", k ? "," : ",\"files\":[", (unsigned long long)n, checksum(g, k, 0, n).s);
    putf(opt.checksum ? "]}\n" : "}\n");
}

static void show_text(const llr_gguf *g, const struct verdict *v)
{
    llr_meta x;
    llr_tensor t;
    size_t i, n;
    int k;
    putf("file          %s: GGUF version %d, %s, %s weights", opt.model, llr_gguf_version(g), size_text(llr_gguf_file_bytes(g)).s, count_text(v->n_weights).s);
    putf(file_type_name(g) ? ", mostly %s\n" : "\n", file_type_name(g));
    for (k = 0; opt.checksum && llr_gguf_bytes(g, k, &n); k++) putf("%-14s%s\n", k ? "" : "sha256", checksum(g, k, 0, n).s);
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
        if (opt.checksum) putf("] %s\n", checksum(g, t.shard, t.offset, t.n_bytes).s);
        else putf("]\n");
    }
}

/* Is that a judgement, or what kept the file from being judged? */
static void need_judgement(const llr_error *err)
{
    if (err->code != LLR_E_FORMAT && err->code != LLR_E_UNSUPPORTED) die_status(err, CODE_FILE);
}

static int cmd_show(void)
{
    llr_gguf *g = open_gguf();
    struct verdict v;
    judge(g, &v);
    if (!v.model) need_judgement(&v.model_err);
    if (!v.vocab) need_judgement(&v.vocab_err);
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
    llr_placement_info g = gpu_share();
    int i;
    putf("{\"weights_bytes\":%llu,\"weights_by_type\":{", (unsigned long long)p->weights_bytes);
    for (i = 0; i < n_types; i++) putf("%s\"%s\":%llu", i ? "," : "", types[i].name, (unsigned long long)types[i].bytes);
    putf("},\"kv_bytes\":%llu,\"scratch_bytes\":%llu,\"other_bytes\":%llu,\"tokenizer_bytes\":%llu,\"program_bytes\":%llu,\"draft_bytes\":%llu,\"total_bytes\":%llu,\"resident_bytes\":%llu,"
         "\"system_bytes\":%llu,\"available_bytes\":", (unsigned long long)p->kv_bytes, (unsigned long long)p->scratch_bytes, (unsigned long long)(p->other_bytes + b->program),
         (unsigned long long)p->vocab_bytes, (unsigned long long)b->program, (unsigned long long)b->draft.total_bytes, (unsigned long long)b->total, (unsigned long long)b->resident, (unsigned long long)p->system_bytes);
    if (b->have < UINT64_MAX) putf("%llu", (unsigned long long)b->have);
    else putf("null");
    putf(",\"fits\":%s,\"from_disk\":%s,\"disk_bytes_per_token\":%llu,\"disk_tps\":", b->need <= b->have ? "true" : "false", from_disk(b) ? "true" : "false", (unsigned long long)d->bytes);
    if (d->tps > 0) json_number(d->tps, 3);
    else putf("null");
    putf(",\"n_ctx\":%lu,\"n_batch\":%lu,\"n_ctx_train\":%lu,\"kv\":\"%s\",\"threads\":%d,\"gpu_layers\":%ld,\"gpu_weights_bytes\":%llu,\"gpu_session_bytes\":%llu,\"gpus\":[", (unsigned long)p->n_ctx, (unsigned long)p->n_batch,
         (unsigned long)info->n_ctx_train, opt.kv ? opt.kv : "f16", threads, (long)g.n_layers,
         (unsigned long long)g.weights_bytes, (unsigned long long)g.session_bytes);
    for (i = 0; i < g.n_shares; i++) {
        const llr_share *s = &g.share[i];
        llr_gpu_info on;
        llr_gpu_describe(gpu.g[s->gpu], &on);
        putf("%s{\"index\":%d,\"uuid\":\"%s\",\"first_layer\":%ld,\"layers\":%ld,\"weights_bytes\":%llu,\"session_bytes\":%llu,\"free_bytes\":%llu,\"total_bytes\":%llu}",
             i ? "," : "", on.index, on.uuid, (long)s->first, (long)s->n_layers, (unsigned long long)s->weights_bytes, (unsigned long long)s->session_bytes,
             (unsigned long long)s->free_bytes, (unsigned long long)s->total_bytes);
    }
    putf("],\"architecture\":");
    json_text(info->arch);
    putf("}\n");
}

static void plan_text(const struct budget *b, const llr_model_info *info, const struct by_type *types, int n_types, int threads, const struct disk *d)
{
    const llr_plan *p = &b->plan;
    uint64_t rest = p->weights_bytes;
    llr_placement_info g = gpu_share();
    char why[700];
    int i;
    putf("model        %s: %s, %s weights\n", opt.model, info->arch, count_text(info->n_params).s);
    putf("run          context %lu (trained with %lu), batch %lu, KV cache %s, %d threads, %s\n", (unsigned long)p->n_ctx, (unsigned long)info->n_ctx_train,
         (unsigned long)p->n_batch, opt.kv ? opt.kv : "f16", threads, llr_isa_name(info->isa));
    put_part("weights", p->weights_bytes, b->total, opt.no_mmap ? "read into memory" : "used where they lie in the file; the system can drop and re-read them");
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
    for (i = 0; i < g.n_shares; i++) {
        const llr_share *s = &g.share[i];
        const int tell = i == g.n_shares - 1 && *g.why && !strstr(g.why, "are free");
        llr_gpu_info on;
        llr_gpu_describe(gpu.g[s->gpu], &on);
        putf("gpu %-9d%12s  of the weights, %ld of %ld layers, and %s for keys, values and scratch; %s are free there%s%s\n", on.index, size_text(s->weights_bytes).s,
             (long)s->n_layers, (long)g.n_all, size_text(s->session_bytes).s, size_text(s->free_bytes).s, tell ? "; " : "", tell ? g.why : "");
    }
    if (draft.m) put_part("draft", b->draft.total_bytes, b->total, "the draft model with its session");
    put_part("total", b->total, b->total, "");
    put_part("system", p->system_bytes, b->total, "page tables, and room for pages at work");
    put_part("must fit", b->need, b->total, opt.no_mmap ? "all of it" : "all but the weights");
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
    guess_options(&so);
    opt.no_mmap = 0;                        /* nothing is loaded to find out whether it could be */
    m = open_model();
    open_draft();
    opt.no_mmap = in_memory;
    open_gpu(m, &so, 1, 1);
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
    close_gpu();
    llr_model_close(draft.m);
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
    s = open_session(m, &so, 1);
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
    s = open_session(m, &so, 1);
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
        for (i = 0; i + 32 <= r->n; i += 32) {  /* a word of each cache line: the others cost instructions, not memory's time */
            a += r->p[i];
            b += r->p[i + 8];
            c += r->p[i + 16];
            d += r->p[i + 24];
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

/* What one token reads and computes: all matrices, but of the token embedding only a row if the output has its own. Weights of
 * the layers by the arithmetic that they take. */
static void token_work(const llr_gguf *g, uint64_t *bytes, double weights[LLR_ARITH_COUNT])
{
    llr_tensor t;
    size_t i;
    int tied = 1;
    *bytes = 0;
    memset(weights, 0, LLR_ARITH_COUNT * sizeof *weights);
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) if (t.name_bytes == 13 && !memcmp(t.name, "output.weight", 13)) tied = 0;
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) {
        if (tied || t.name_bytes != 17 || memcmp(t.name, "token_embd.weight", 17)) *bytes += t.n_bytes;
        if (t.name_bytes > 4 && !memcmp(t.name, "blk.", 4) && t.n_dims == 2)
            weights[opt.exact ? LLR_ARITH_FLOAT : llr_type_arith(t.type)] += (double)t.n_elements;
    }
}

/* Operations per second in registers alone: the best of five short runs. 0: unknown. */
static double peak_speed(llr_isa isa, llr_arith arith, llr_pool *pool)
{
    double best = 0, ops, start, t;
    int i, rounds = 64;
    llr_error err;
    for (i = 0; i < 5; i++) {
        start = now();
        if (llr_peak_run(&ops, isa, arith, rounds, pool, &err)) die_status(&err, CODE_FAILED);
        t = now() - start;
        if (t < 0.02 && rounds < 1 << 24) { rounds *= t < 0.002 ? 10 : 2; i = -1; }
        else if (ops / t > best) best = ops / t;
    }
    return best;
}

/* The speed of these weights if each took its arithmetic alone */
static double peak_of(const double weights[LLR_ARITH_COUNT], llr_isa isa, llr_pool *pool)
{
    double all = 0, seconds = 0, peak;
    int i;
    for (i = 0; i < LLR_ARITH_COUNT; i++) {
        if (weights[i] <= 0) continue;
        if ((peak = peak_speed(isa, (llr_arith)i, pool)) <= 0) return 0;
        all += weights[i];
        seconds += weights[i] / peak;
    }
    return seconds > 0 ? all / seconds : 0;
}

/* Goes on at position n of a context that was filled with ids. */
static void go_to(llr_session *s, const int32_t *ids, size_t n)
{
    size_t at = llr_session_pos(s);
    if (at > n) at = llr_session_rewind(s, (uint32_t)n);
    if (at < n) (void)eval(s, ids + at, n - at);
}

/* Seconds for n tokens of each sequence, the first of them given. */
static double time_tokens(llr_session *const *s, const int32_t *first, size_t n_sequences, size_t n, int32_t n_vocab)
{
    int32_t next[MAX_SEQUENCES];
    const int32_t *ids[MAX_SEQUENCES];
    size_t counts[MAX_SEQUENCES], i, k;
    double start = 0;
    for (k = 0; k < n_sequences; k++) {
        next[k] = first[k];
        ids[k] = &next[k];
        counts[k] = 1;
    }
    for (i = 0; i <= n; i++) {
        (void)eval_together(s, ids, counts, n_sequences);
        if (i == 0) start = now();
        for (k = 0; k < n_sequences && i < n; k++) next[k] = llr_argmax(llr_session_logits(s[k]), n_vocab);
    }
    return now() - start;
}

static int cmd_bench(void)
{
    size_t n_prompt = opt.bench_prompt >= 0 ? (size_t)opt.bench_prompt : 512, n_predict = opt.bench_predict >= 0 ? (size_t)opt.bench_predict : 64;
    size_t depth = opt.depth > 0 ? (size_t)opt.depth : 0, n_sequences = opt.sequences > 0 ? (size_t)opt.sequences : 1, i;
    int runs = opt.runs > 0 ? (int)opt.runs : 3, k, threads;
    llr_session_options so = session_options();
    llr_options lo = library_options();
    llr_error err;
    llr_pool *pool;
    llr_model *m;
    llr_model_info info;
    llr_session *s[MAX_SEQUENCES];
    double *prefill, *decode, load = now(), prefill_tps = 0, decode_tps = 0, stream, peak = 0, decode_gbps, prefill_gops, weights[LLR_ARITH_COUNT];
    uint64_t bytes;
    int32_t *ids;
    m = open_model();
    llr_model_describe(m, &info);
    warm_up(llr_model_gguf(m));
    if (!so.n_ctx) so.n_ctx = (uint32_t)(depth + (n_prompt > n_predict + 1 ? n_prompt : n_predict + 1));
    if (llr_pool_new(&pool, so.n_threads, &lo, &err)) die_status(&err, CODE_FAILED);
    threads = llr_pool_threads(pool);
    so.pool = pool;
    for (i = 0; i < n_sequences; i++) s[i] = open_session(m, &so, n_sequences);
    load = now() - load;
    ids = (int32_t *)malloc((depth + n_prompt + MAX_SEQUENCES) * sizeof *ids);
    prefill = (double *)malloc((size_t)runs * sizeof *prefill);
    decode = (double *)malloc((size_t)runs * sizeof *decode);
    if (!ids || !prefill || !decode) die(CODE_MEMORY, "not enough memory for the results");
    for (i = 0; i < depth + n_prompt + MAX_SEQUENCES; i++) ids[i] = (int32_t)((i * 7919 + 1) % (size_t)info.n_vocab);
    go_to(s[0], ids, depth + (n_prompt < 8 ? 1 : 8));       /* first touches of everything */
    for (k = 0; k < runs; k++) {
        double t;
        if (n_prompt) {
            go_to(s[0], ids, depth);
            t = now();
            eval(s[0], ids + depth, n_prompt);
            prefill[k] = (double)n_prompt / (now() - t);
        }
        if (n_predict) {
            for (i = 0; i < n_sequences; i++) go_to(s[i], ids, depth);
            decode[k] = (double)(n_predict * n_sequences) / time_tokens(s, ids + depth, n_sequences, n_predict, info.n_vocab);
        }
    }
    if (n_prompt) prefill_tps = median(prefill, runs);
    if (n_predict) decode_tps = median(decode, runs);
    stream = stream_speed(threads);
    token_work(llr_model_gguf(m), &bytes, weights);
    if (n_prompt) peak = peak_of(weights, info.isa, pool) / 1e9;
    decode_gbps = decode_tps / (double)n_sequences * (double)bytes / 1e9;
    for (i = 0, prefill_gops = 0; i < LLR_ARITH_COUNT; i++) prefill_gops += prefill_tps * 2 * weights[i] / 1e9;
    if (opt.json) {
        putf("{\"prefill_tps\":");
        json_number(prefill_tps, 6);
        putf(",\"decode_tps\":");
        json_number(decode_tps, 6);
        putf(",\"stream_gbps\":");
        json_number(stream > 0 ? stream : HUGE_VAL, 6);
        putf(",\"decode_gbps\":");
        json_number(decode_gbps, 6);
        putf(",\"peak_gops\":");
        json_number(peak > 0 ? peak : HUGE_VAL, 6);
        putf(",\"prefill_gops\":");
        json_number(prefill_gops, 6);
        putf(",\"isa\":\"%s\",\"threads\":%d,\"n_prompt\":%llu,\"n_predict\":%llu,\"depth\":%llu,\"sequences\":%llu,\"runs\":%d,\"weights_bytes\":%llu,\"load_seconds\":",
             llr_isa_name(info.isa), threads, (unsigned long long)n_prompt, (unsigned long long)n_predict, (unsigned long long)depth,
             (unsigned long long)n_sequences, runs, (unsigned long long)info.weights_bytes);
        json_number(load, 4);
        putf("}\n");
    } else {
        putf("model        %s: %s, %s weights, %s\n", opt.model, info.arch, count_text(info.n_params).s, size_text(info.weights_bytes).s);
        putf("kernels      %s, %d thread%s\n", llr_isa_name(info.isa), threads, threads == 1 ? "" : "s");
        if (depth) putf("context      %llu tokens before\n", (unsigned long long)depth);
        if (n_prompt) putf("prompt       %llu tokens: %.1f tokens/s, %.1f GOP/s\n", (unsigned long long)n_prompt, prefill_tps, prefill_gops);
        if (peak > 0) putf("registers    %.1f GOP/s in a plain loop of such products: the prompt reaches %.0f %% of it\n", peak, 100 * prefill_gops / peak);
        if (n_predict && n_sequences > 1) putf("generation   %llu sequences of %llu tokens: %.1f tokens/s together, reads %.2f GB/s of weights\n", (unsigned long long)n_sequences, (unsigned long long)n_predict, decode_tps, decode_gbps);
        else if (n_predict) putf("generation   %llu tokens: %.1f tokens/s, reads %.2f GB/s of weights\n", (unsigned long long)n_predict, decode_tps, decode_gbps);
        if (stream > 0) putf("reading      %.2f GB/s in a plain loop over the same file: generation reaches %.0f %% of it\n", stream, 100 * decode_gbps / stream);
    }
    for (i = 0; i < n_sequences; i++) close_session(s[i]);
    llr_pool_free(pool);
    llr_model_close(m);
    free(ids);
    free(prefill);
    free(decode);
    return CODE_OK;
}

/* ---- doctor --explain: what exit statuses and messages mean --------------------------------------------------------- */

/* Exit statuses reach people in many shapes; number_of brings them to one. A_EXIT: what a process returned; A_SIGNAL: by
 * number; A_NT: a Windows status; A_TEXT: known by its text alone; A_GENERAL: shown only if nothing more special is known;
 * A_LOOSE: what a line is about by a single word, for --explain only, if nothing else is known. */
enum about { A_EXIT, A_SIGNAL, A_NT, A_TEXT, A_GENERAL, A_LOOSE };

/* texts: alternatives divided by '|', in small letters, '*' stands for anything; those after "!TEXT" do not count on a line with TEXT;
 * NULL: known by its number alone. */
static const struct explanation { enum about about; uint32_t number; const char *texts, *where, *cause, *confirm, *fix; } explanations[] = {
    /* llrun's own codes, and what others mean by the same ones */
    { A_EXIT, 0, NULL, "any program", "it ended without an error",
      "if the answer is missing all the same, look at standard error", "nothing" },
    { A_EXIT, 1, NULL, "llrun", "it failed while running: input or output, a model file that was cut short while in use, or an internal error", "the line 'llrun: error:' on standard error", "what that line says; llrun doctor MODEL" },
    { A_EXIT, 1, NULL, "Ollama and llama.cpp, all systems", "an ordinary error that was printed before: the model could not be loaded, memory could not be had, an option is wrong",
      "the last 20 lines of its log; llrun doctor < server.log finds the telling one", "what those lines say" },
    { A_EXIT, 2, NULL, "llrun", "wrong usage: unknown command or option, bad value, or a prompt longer than the context", "the line 'llrun: error:'", "llrun help COMMAND; for a long prompt -c N" },
    { A_EXIT, 2, NULL, "Ollama, all systems", "its runner is a Go program, and Go ends with 2 when it panics (and on a fatal runtime error, which may be a signal inside C code)",
      "the log has 'panic:' or 'fatal error:' or 'SIGSEGV', and 'goroutine 1 [running]' with a stack; the cause is in the lines before",
      "explain those lines (llrun doctor < server.log). Frequent: out of memory (smaller context or model), a damaged model (llrun show MODEL), an old version" },
    { A_EXIT, 3, NULL, "llrun", "the model file cannot be used: missing, not a GGUF, cut short or damaged", "llrun show MODEL", "download it again or resume; compare the SHA-256 (llrun show --checksum)" },
    { A_EXIT, 3, NULL, "C and C++ programs, Windows", "abort() in a program of Microsoft's run-time library that has error reports switched off: an assertion (GGML_ASSERT) or an uncaught exception",
      "the lines before it: GGML_ASSERT, 'terminate called', bad_alloc", "explain those lines; update the program" },
    { A_EXIT, 4, NULL, "llrun", "the file is valid, but its architecture, tensor type or tokenizer is not supported (exit status 4 is not signal 4)", "the line 'llrun: error:' names it", "another quantisation or a newer llrun; llrun show MODEL lists what is in the file" },
    { A_EXIT, 5, NULL, "llrun", "not enough memory: refused before loading, or an allocation failed", "llrun plan MODEL", "a smaller -c, --kv q8_0, -b 64, a smaller quantisation, or --force" },
    { A_EXIT, 6, NULL, "llrun", "the hardware asked for is not usable: --isa not on this CPU, or --gpu require without a GPU", "llrun cpu; llrun doctor", "leave out --isa or --gpu require" },
    { A_EXIT, 124, NULL, "the timeout command, Linux and macOS", "the time limit was reached", "the command line begins with timeout", "a longer limit: slow disks take minutes to load a large model" },
    { A_EXIT, 125, NULL, "docker run", "docker itself failed before the program began: image, device or GPU option", "docker prints 'docker: Error response from daemon'", "correct the docker command; for --gpus install the NVIDIA container toolkit" },
    { A_EXIT, 126, "cannot execute binary|exec format error", "shells, Linux and macOS", "the program was found, but cannot be executed: no permission, a file system mounted noexec, or built for another CPU", "ls -l and file on the program", "chmod +x; another folder; the build for this machine" },
    { A_EXIT, 127, "command not found|error while loading shared libraries", "shells and the loader, Linux and macOS", "the program or a shared library that it needs was not found", "ldd PROGRAM shows 'not found'", "install what is missing or correct PATH; llrun needs only libc, libm and pthread" },
    { A_EXIT, 255, NULL, "any program", "it returned -1: an error without a number of its own (ssh: the connection failed)", "the last lines of its log", "what those lines say" },
    { A_EXIT, 7, "curl: (7)", "curl", "could not connect: no server listens there", "llrun doctor shows who uses the ports", "start the server; check address and port" },
    { A_EXIT, 28, "curl: (28)", "curl", "the time limit of the client was reached: loading or the prompt took longer", "the log of the server goes on afterwards", "a longer limit in the client; streaming" },
    { A_EXIT, 52, "curl: (52)", "curl", "the server closed the connection without an answer: it probably died", "is its process still there? its log", "explain its exit status" },

    /* signals */
    { A_SIGNAL, 1, "sighup|signal: hangup", "Linux, macOS", "hangup: the terminal or ssh connection that it belonged to was closed", "it ended when the session ended", "start it as a service, or with nohup or in tmux" },
    { A_SIGNAL, 2, "sigint|signal: interrupt", "Linux, macOS", "interrupted with Ctrl-C, or by the program that started it", "130 = 128 + 2", "nothing, if it was meant" },
    { A_SIGNAL, 3, "sigquit|signal: quit", "Linux, macOS", "quit with Ctrl-\\; Go programs then print all goroutines", "131 = 128 + 3", "nothing, if it was meant" },
    { A_SIGNAL, 4, "sigill|signal: illegal instruction|illegal instruction|exc_bad_instruction|=4/ill|illegal hardware instruction", "Linux, macOS", "illegal instruction: the program was built for a newer CPU (AVX, AVX2, F16C, FMA, BMI2, AVX-512), or a virtual machine or the kernel hides what it needs",
      "llrun cpu lists what CPU and system offer; dmesg says 'invalid opcode' or 'trap'", "a build for older CPUs without -march=native; in a VM set the CPU type to 'host'; llrun chooses its kernels at run time; if llrun itself did it: --isa sse2 and report it" },
    { A_SIGNAL, 5, "sigtrap|trace/breakpoint trap|signal: trace|trace/bpt trap|exc_breakpoint|=5/trap", "Linux, macOS", "a trap: on ARM and macOS an assertion or an explicit stop of the program (__builtin_trap), or a debugger", "the lines before it; on macOS the crash report in Console", "update the program; report the crash" },
    { A_SIGNAL, 6, "sigabrt|signal: aborted|aborted (core dumped)|abort trap: 6|abort trap|zsh: abort|exc_crash|=6/abrt", "Linux, macOS", "the program ended itself with abort(): an assertion failed (GGML_ASSERT, GGML_ABORT), an exception was not caught (std::bad_alloc: out of memory), or the heap was found damaged",
      "the last lines before it name the file and line, or 'terminate called after throwing'", "explain those lines; out of memory: smaller context, fewer GPU layers or a smaller model; else update" },
    { A_SIGNAL, 7, "sigbus|model file changed|signal: bus error|bus error|=7/bus", "Linux (macOS: 10)", "bus error: a mapped file became shorter, or its disk or network drive failed while it was read; in containers also a full /dev/shm",
      "is the file as long as it should be (llrun show MODEL)? dmesg shows I/O errors; df /dev/shm", "do not change the model file while it is in use; copy it to a local disk; --no-mmap; docker --shm-size" },
    { A_SIGNAL, 8, "sigfpe|signal: floating point exception|floating point exception|exc_arithmetic|=8/fpe", "Linux, macOS", "an integer division by zero, despite its name; a damaged model file with a dimension of 0 does it", "llrun show MODEL checks the file wholly", "download the file again; update the program" },
    { A_SIGNAL, 9, "sigkill|signal: killed|^killed$|killed (core|zsh: killed|: killed$| killed ./|killed: 9|=9/kill|by the oom killer|jetsam|out of memory: killed process|oom-kill|oom_reaper|oomkilled|memory cgroup out of memory", "Linux, macOS, containers", "killed from outside; nearly always the kernel for lack of memory (OOM killer), or a container above its limit; else kill -9 or a supervisor that lost patience",
      "dmesg | grep -i -E 'out of memory|oom' ; in a container memory.events counts oom_kill; docker inspect shows OOMKilled", "llrun plan MODEL shows the need before: smaller -c, --kv q8_0, a smaller quantisation; raise the container's memory; add swap" },
    { A_SIGNAL, 10, NULL, "macOS (Linux: SIGUSR1)", "bus error on macOS: a mapped file became shorter or its disk failed, or a wrong address; on Linux 10 is SIGUSR1, sent by another program", "llrun show MODEL; the crash report in Console", "do not change the model file while it is in use; --no-mmap" },
    { A_SIGNAL, 11, "sigsegv|signal: segmentation fault|segmentation fault|segmentation violation|signal arrived during cgo|unexpected signal|exc_bad_access|=11/segv", "Linux, macOS", "memory access at a wrong address: an error in the program, often after an allocation that failed and was not checked, or a damaged model file",
      "the lines before it (failed to allocate?); llrun show MODEL; dmesg has the address", "update the program; smaller context or fewer GPU layers; check the file; then report it" },
    { A_SIGNAL, 13, "sigpipe|signal: broken pipe", "Linux, macOS", "it wrote to a reader that had gone away (a client that closed, or `| head`)", "141 = 128 + 13", "nothing, if the reader was meant to end" },
    { A_SIGNAL, 14, "sigalrm|alarm clock", "Linux, macOS", "a timer of the program ran out", "142 = 128 + 14", "a longer limit" },
    { A_SIGNAL, 15, "sigterm|signal: terminated", "Linux, macOS", "it was asked to end: kill, systemctl stop, docker stop, a shutdown, or a supervisor that replaces it", "143 = 128 + 15; the journal of the supervisor", "nothing, if it was meant; else look who sends it" },
    { A_SIGNAL, 24, "sigxcpu|cpu time limit exceeded", "Linux, macOS", "the limit of processor time (ulimit -t) was reached", "ulimit -t", "a higher limit" },
    { A_SIGNAL, 25, "sigxfsz|file size limit exceeded", "Linux, macOS", "the limit of file sizes (ulimit -f) was reached", "ulimit -f", "a higher limit" },
    { A_SIGNAL, 31, "sigsys|bad system call", "Linux (macOS: 12)", "a system call was refused by a seccomp filter: an old container runtime with a new program, or a strict sandbox", "dmesg or the audit log has 'type=1326'", "update docker or libseccomp; adapt the sandbox" },

    /* Windows */
    { A_NT, 0xC0000005u, "access violation|status_access_violation|exception_access_violation", "Windows", "access violation: memory access at a wrong address, an error in the program or a driver, often after an allocation that failed",
      "the lines before it; Event Viewer names the module (nvcuda64.dll, amdvlk64.dll: the driver)", "update program and GPU driver; smaller context or fewer GPU layers; check the file with llrun show" },
    { A_NT, 0xC0000006u, "status_in_page_error", "Windows", "a page of a mapped file could not be read: disk error, network drive or removed stick", "Event Viewer, System: disk", "copy the model to a local disk; --no-mmap; chkdsk" },
    { A_NT, 0xC0000008u, NULL, "Windows", "invalid handle", "the log of the program", "update the program" },
    { A_NT, 0xC0000017u, "status_no_memory", "Windows", "not enough memory or paging file", "Task Manager, Performance, Memory: committed", "smaller context or model; let Windows manage the paging file" },
    { A_NT, 0xC000001Du, "status_illegal_instruction|exception_illegal_instruction|exception 0xc000001d", "Windows", "illegal instruction: the program uses instructions (AVX, AVX2, F16C, FMA, AVX-512) that this CPU or virtual machine lacks; Windows 7 without SP1 has no AVX either",
      "llrun cpu lists what CPU and system offer", "a build for older CPUs; llrun chooses its kernels at run time (--isa sse2 if in doubt)" },
    { A_NT, 0xC0000022u, NULL, "Windows", "access denied while starting, often by a virus scanner or policy", "the log of the scanner", "allow the program" },
    { A_NT, 0xC000007Bu, "status_invalid_image_format", "Windows", "a 32-bit program met a 64-bit DLL or the reverse, or a DLL is damaged", "which DLLs lie beside the program?", "reinstall program and Visual C++ run-time of the same bitness" },
    { A_NT, 0xC000008Eu, NULL, "Windows", "floating point division by zero, trapped", "the lines before it", "update the program" },
    { A_NT, 0xC0000094u, "status_integer_divide_by_zero", "Windows", "an integer division by zero; a damaged model file with a dimension of 0 does it", "llrun show MODEL checks the file", "download the file again; update the program" },
    { A_NT, 0xC0000096u, NULL, "Windows", "a privileged instruction: an error in the program, or damaged code", "the lines before it", "update or reinstall the program" },
    { A_NT, 0xC00000FDu, "status_stack_overflow|exception_stack_overflow|stack overflow", "Windows", "the stack is full: endless recursion, for instance in a template or a grammar", "the lines before it", "a simpler grammar or template; update the program" },
    { A_NT, 0xC0000135u, "status_dll_not_found|the code execution cannot proceed because|program can't start because*missing|dll was not found|dll is missing|dll load failed|specified module could not be found|could not find module|failed to load dynlib|winerror 126", "Windows", "a DLL was not found, or one that it needs in turn: Visual C++ run-time, cudart, cublas or vulkan-1", "the message names the DLL; if that one is there, one that it needs is missing (the program Dependencies shows which)", "install the Visual C++ redistributable, or the CUDA package of the release" },
    { A_NT, 0xC0000139u, "status_entrypoint_not_found|entry point not found|procedure entry point|specified procedure could not be found|winerror 127", "Windows", "a DLL lacks a function: DLLs of different versions, or a Windows too old for the program", "which DLL does the message name?", "DLLs of the same release; a build for this Windows" },
    { A_NT, 0xC000013Au, "status_control_c_exit", "Windows", "ended with Ctrl-C, or its console window was closed", "was the window closed?", "nothing, if it was meant" },
    { A_NT, 0xC0000142u, "status_dll_init_failed", "Windows", "a DLL failed to start itself: too few desktop resources, a logoff, or a damaged driver DLL", "does it happen after a restart too?", "restart Windows; reinstall the GPU driver" },
    { A_TEXT, 0, "winerror 1114|(dll) initialization routine failed|dll initialization routine failed", "Windows; Python programs, KoboldCpp", "a DLL was found but failed to start itself: mostly a CUDA or AVX2 build on a CPU without AVX2, or a GPU driver that is too old",
      "llrun cpu shows whether the CPU has avx2; nvidia-smi shows the driver", "a build for old CPUs (koboldcpp: oldcpu), or without CUDA; update the driver and the Visual C++ redistributable" },
    { A_TEXT, 0, "not a valid win32 application|winerror 193|app can't run on your pc|bad cpu type in executable|not compatible with the version of windows", "Windows, macOS", "the program or DLL is for another kind of CPU or system (ARM against x64, 64 against 32 bits), or its download was cut short",
      "compare the file's size with the published one; which CPU is it for (macOS: file PROGRAM)?", "the build for this machine; download it again" },
    { A_NT, 0xC0000374u, "status_heap_corruption|heap corruption", "Windows", "the heap was found damaged: an error in the program", "the lines before it", "update the program; report it" },
    { A_NT, 0xC0000409u, "status_stack_buffer_overrun|stack buffer overrun|fast fail|18446744072635812000", "Windows", "the program ended itself (fast fail). It is what abort() of Microsoft's run-time library gives: an assertion (GGML_ASSERT) or an exception that was not caught, often out of memory. It is not the sign of a missing AVX: that would be 0xC000001D",
      "the last lines before it: GGML_ASSERT, 'failed to allocate', bad_alloc", "explain those lines; smaller context or fewer GPU layers; update: old releases failed so on new models" },
    { A_NT, 0xC0000417u, "status_invalid_cruntime_parameter", "Windows", "the C run-time library got an invalid argument: an error in the program", "the lines before it", "update the program" },
    { A_NT, 0xC000041Du, NULL, "Windows", "an exception inside a callback of Windows was not handled", "Event Viewer names the module", "update program and GPU driver" },
    { A_NT, 0xE06D7363u, "uncaught c++ exception|unhandled c++ exception|18446744073179853000", "Windows", "a C++ exception that nobody caught; std::bad_alloc (out of memory) is the usual one", "the text before it: what():", "smaller context or model; update the program" },
    { A_NT, 0x80000003u, "status_breakpoint", "Windows", "a breakpoint: an assertion in a debug build", "the lines before it", "use a release build; report the assertion" },
    { A_TEXT, 0, "18446744072635810000", "LM Studio, Windows", "a status that LM Studio rounds, 0xC0000000 to 0xC00003FF: mostly 0xC0000005 (access violation), 0xC000001D (illegal instruction: a CPU without AVX2) or 0xC0000135 (a DLL is missing)",
      "Event Viewer, Windows Logs, Application: the entry 'Application Error' has the exact code; explain that one", "another runtime of LM Studio (CPU, Vulkan); update it and the GPU driver; llrun cpu shows whether the CPU has avx2" },
    { A_TEXT, 0, "18446744073709515000", "LM Studio, Windows", "a status that LM Studio rounds, near 0xFFFF7000: it is given for a crash of which no report could be written", "its log before that; Event Viewer, Application Error", "another runtime (CPU, Vulkan); update LM Studio and the GPU driver; a smaller context" },
    { A_NT, 0xC000009Au, "insufficient system resources exist", "Windows", "the system ran out of resources: memory, paged pool or commit", "Task Manager: committed of limit", "smaller context or model; enlarge the paging file; restart Windows" },
    { A_NT, 0xC000012Du, "status_commitment_limit", "Windows", "the limit of committed memory was reached: RAM and paging file together", "Task Manager: committed of limit", "let Windows manage the paging file; smaller context or model" },
    { A_NT, 0xC000012Fu, "bad image|is either not designed to run on windows", "Windows", "a program or DLL is damaged or no such file: a download that was cut short", "compare its size and SHA-256", "download and unpack it again" },
    { A_NT, 0xC0000420u, "status_assertion_failure", "Windows", "an assertion of the program failed", "the lines before it", "update the program; report it" },
    { A_NT, 0xC0000428u, "status_invalid_image_hash", "Windows", "the signature of a program or DLL is not accepted by a policy (Smart App Control, WDAC)", "Event Viewer, CodeIntegrity", "a signed build, or allow it in the policy" },
    { A_NT, 0xC0000602u, "status_fail_fast_exception", "Windows", "the program ended itself (fast fail), mostly after an exception that nobody caught", "the lines before it", "explain those lines; update the program" },
    { A_NT, 0xC0000906u, "contains a virus or potentially unwanted", "Windows", "the virus scanner blocked or removed a file of the program", "the protection history of the scanner", "restore and allow it, if it comes from the real project" },
    { A_NT, 0xC06D007Eu, NULL, "Windows", "a DLL that is loaded late was not found (CUDA, Vulkan)", "which DLLs lie beside the program?", "install the GPU driver, or the CUDA files of the release" },
    { A_NT, 0xC06D007Fu, NULL, "Windows", "a DLL that is loaded late lacks a function: another version than the program needs", "the versions of driver and DLLs", "update the GPU driver; DLLs of the same release" },
    { A_NT, 0xCFFFFFFFu, NULL, "Windows", "it did not react any more and was ended by the user or by Windows", "Event Viewer: Application Hang", "more patience while a model loads; a smaller model" },
    { A_NT, 0xE0434352u, "unhandled exception. system.", "Windows; .NET programs", "a .NET exception that nobody caught", "the text before it", "explain that text" },
    { A_NT, 0x40000015u, NULL, "Windows", "the program ended itself with a fatal error, mostly abort()", "the lines before it", "explain those lines; update the program" },
    { A_NT, 0x40010004u, NULL, "Windows", "ended by a debugger, or at logoff or shutdown", "did Windows restart?", "nothing, if it was meant" },

    /* CPU */
    { A_TEXT, 0, "cpu does not have avx|cpu does not have vector extensions|disabling gpu support", "Ollama, Linux and Windows", "older versions switch the GPU off when the CPU has no AVX or a virtual machine hides it", "llrun cpu lists the features and what masks them", "in a VM set the CPU type to 'host'; a newer Ollama; llrun needs no AVX" },
    { A_TEXT, 0, "requires*avx|avx*is required|does not support avx|avx2 not supported|cpu*not*support*avx|no avx|with avx2 support|old cpu", "LM Studio and others", "the program wants AVX2, which this CPU (or VM) lacks; an option 'old CPU' may still need AVX", "llrun cpu", "llrun or another program with kernels for older CPUs" },
    { A_TEXT, 0, "usable here:|no kernels are called|refuses this process the registers|operating system cannot run it|refused: this cpu|os has not enabled|does not save its registers", "llrun", "the kernels asked for (--isa, LLRUN_ISA) are not in this build, or CPU or system cannot run them", "llrun cpu lists what is built, usable and masked", "leave --isa out: the best usable ones are taken; in a VM set the CPU type to 'host'" },
    { A_TEXT, 0, "invalid opcode|unhandled instruction|unrecognised instruction", "Linux kernel log, emulators, valgrind", "a program executed an instruction that the CPU lacks (SIGILL)", "llrun cpu; the program's name stands in the same line", "a build for older CPUs; in a VM CPU type 'host'" },
    { A_TEXT, 0, "version `glibc_|version 'glibc_|glibcxx_*not found|glibc_*not found|cxxabi_*not found", "Linux", "the program was built for a newer C or C++ library than this system has", "ldd --version", "a static or older build; llrun builds from source here with cc" },

    /* GPU */
    { A_TEXT, 0, "cudamalloc failed|out of memory of the gpu|cuda error 2 |cuda error: out of memory|cuda error*out of memory|cuda out of memory|cuda_error_out_of_memory|cublas_status_alloc_failed|hipmalloc failed|out_of_device_memory|outofdevicememory|device memory allocation of size|gpu does not have enough memory|not enough gpu memory|exceeds device*limit|ggml_metal*insufficient memory|kiogpucommandbuffercallbackerroroutofmemory|failed to allocate cuda|cublas_status_not_initialized", "llama.cpp, Ollama, LM Studio", "the memory of the GPU is full: weights of the layers, KV cache of the context, or another program's share",
      "nvidia-smi (rocm-smi) shows free memory and who has it; llrun doctor lists other runners", "fewer GPU layers (-ngl), a smaller context (-c), q8_0 KV cache; end other runners, orphaned ones too" },
    { A_TEXT, 0, "entering low vram mode|low vram mode", "Ollama", "the GPU has less memory than Ollama's threshold (about 20 GB): it takes smaller defaults. A note, not an error", "the line gives the total VRAM", "nothing; if the model is too large, see the other lines" },
    { A_TEXT, 0, "unable to allocate backend buffer|unable to allocate*buffer|failed to allocate buffer|failed to allocate*buffer|alloc_tensor_range: failed|failed to allocate compute buffers|failed to initialize the context: failed to allocate|unable to allocate cpu_repack|unable to allocate*cpu buffer", "llama.cpp, Ollama, LM Studio", "memory for weights, context or scratch could not be had: on the GPU if the line says CUDA, Vulkan, ROCm or Metal, else in RAM",
      "the line names the backend and the bytes; llrun plan MODEL shows the parts", "a smaller context or batch, fewer GPU layers, q8_0 KV cache, a smaller quantisation" },
    { A_TEXT, 0, "no cuda-capable device|cuda error 100|cuda_error_no_device|no cuda devices found|no nvidia devices|no compatible gpus were discovered|no usable gpu found|cuinit*100|init failure: 100|failed to initialize nvml: driver|failed to initialize nvml: no|couldn't communicate with the nvidia driver|nvidia-smi*not found|nvidia-smi*not recognized|gpu discovery*no", "llama.cpp, Ollama", "no GPU that the program can use: no driver, a container without access, or CUDA_VISIBLE_DEVICES hides it",
      "nvidia-smi; echo $CUDA_VISIBLE_DEVICES; llrun doctor shows driver and libraries", "install the driver; docker run --gpus all with the NVIDIA container toolkit; unset CUDA_VISIBLE_DEVICES" },
    { A_TEXT, 0, "driver*supports cuda*needs|driver supports cuda*kernels were built with|cuda driver version is insufficient|driver version is insufficient|cuda_error_insufficient_driver|nvidia driver is too old|unsupported cuda driver|init failure: 35|cudagetdevicecount*35|cuda error 35|cuda error: 35", "llama.cpp, Ollama", "the GPU driver is older than the CUDA run-time library of the program", "nvidia-smi shows the driver and the CUDA version it supports", "update the driver, or take the build for an older CUDA (cu11)" },
    { A_TEXT, 0, "!rocm|no kernel image is available|cuda_error_no_binary_for_gpu|compute capability*not supported|invalid device function|ptx was compiled with an unsupported toolchain|kernel image is invalid|gpu too old|has no kernels in this build|build has no kernels for it", "llama.cpp, Ollama", "the program has no code for this GPU's compute capability: card too old, too new, or a build for others",
      "nvidia-smi --query-gpu=name,compute_cap --format=csv", "a build with this architecture (CMAKE_CUDA_ARCHITECTURES), an older release for Kepler and Maxwell, or run on the CPU (-ngl 0)" },
    { A_TEXT, 0, "driver/library version mismatch|nvml*version mismatch|api mismatch|unsupported display driver|init failure: 803|system_driver_mismatch", "NVIDIA driver, Linux", "the kernel module and the libraries of the driver have different versions: it was updated without a restart", "cat /proc/driver/nvidia/version beside the version of libcuda.so.*; llrun doctor compares them", "restart, or stop all GPU programs and reload the modules (rmmod nvidia_uvm nvidia ...; modprobe nvidia)" },
    { A_TEXT, 0, "unusable after suspend|unknown error*999|error 999|cuda_error_unknown|cudaerrorunknown|cuinit*999|cuda error: unknown error|device context 999|init failure: 999|cuda unknown error", "llama.cpp, Ollama, Linux", "CUDA is unusable, typically after suspend and resume", "does it work after a restart? dmesg | grep -i nvidia", "stop GPU programs, then: sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm" },
    { A_TEXT, 0, "an illegal memory access was encountered|cuda error 700|cuda error 719|cuda_error_illegal_address|unspecified launch failure|misaligned address|device-side assert", "llama.cpp, Ollama", "a GPU kernel accessed wrong memory: an error in the program or driver, or overclocked or faulty GPU memory; the process cannot use the GPU any more",
      "dmesg | grep -i xid; does it happen without flash attention and on one GPU?", "update program and driver; switch flash attention off; no overclocking; restart the program" },
    { A_TEXT, 0, "xid (pci|nvrm: xid|gpu has fallen off the bus|gpu is lost", "NVIDIA driver, Linux", "the GPU reported a fault (Xid); 79: fallen off the bus (power, heat, slot), 31 and 13: faulty access, 48: memory error", "dmesg | grep -i xid; nvidia-smi -q", "restart; check power supply, temperature and slot; update the driver" },
    { A_TEXT, 0, "libcuda.so*cannot open|libcuda.so*not found|libcuda.so.1: cannot|unable to load libcuda|libcudart*cannot open|libcublas*cannot open|libcublas*not found|nvcuda.dll*not found|unable to load nvcuda", "llama.cpp, Ollama", "the CUDA library was not found: libcuda and nvcuda belong to the driver, libcudart and libcublas to the toolkit or the program's package", "ldconfig -p | grep -E 'cuda|cublas'", "install the driver (libcuda) or the CUDA files of the release (cudart, cublas); in Docker --gpus all" },
    { A_TEXT, 0, "rocblas*could not initialize|rocblas error|hip error|hsa_status_error|no rocm devices|no rocm-capable|unable to detect rocm|amdgpu*not supported|amdgpu too old|tensilelibrary|hiperrornobinaryforgpu|hiperrorinvaliddevicefunction|hiperrornodevice|no compatible code objects|rocm error: no kernel image|rocm error: invalid device function|/dev/kfd", "llama.cpp, Ollama; AMD", "ROCm has no code for this GPU, or no access to /dev/kfd", "rocminfo; groups (render, video)", "add the user to render and video; HSA_OVERRIDE_GFX_VERSION for a near relative; Vulkan builds run on older cards" },
    { A_TEXT, 0, "device_lost|devicelost|dxgi_error_device", "llama.cpp, LM Studio; Vulkan, SYCL", "the GPU driver gave up or reset the device: too long a kernel, too little memory, or a driver error", "vulkaninfo --summary; dmesg", "update the driver; fewer GPU layers, a smaller batch (-ub)" },
    { A_TEXT, 0, "ggml_vulkan: no devices|errorincompatibledriver|errorfeaturenotpresent|errorextensionnotpresent|errorlayernotpresent|errorinitializationfailed|vulkan*failed to initialize|vulkan-1.dll|libvulkan.so|no vulkan|ggml_vulkan*too small", "llama.cpp, LM Studio, KoboldCpp; Vulkan", "no GPU driver that can do what the Vulkan build needs: none installed, too old, or a GPU without it (16-bit storage, memory per group)",
      "vulkaninfo --summary lists the drivers", "install or update the GPU driver (Linux: mesa-vulkan-drivers); another build (CUDA, CPU)" },
    { A_TEXT, 0, "memory access fault by gpu|hw exception by gpu|gpu hang|amdgpu*page fault|amdgpu*ring*timeout|gpu reset|engine reset|timedout job", "AMD and Intel GPUs, Linux", "the GPU hung or accessed wrong memory and was reset: an error in driver or program, a wrong HSA_OVERRIDE_GFX_VERSION, or an unstable clock",
      "dmesg | grep -i -E 'amdgpu|i915|xe '", "update kernel, driver and program; take HSA_OVERRIDE_GFX_VERSION out; no overclocking; a Vulkan build" },
    { A_TEXT, 0, "amdgpu version file missing|ollama recommends running the https://www.amd.com", "Ollama, Linux", "a note: the amdgpu driver of the kernel is in use, not AMD's own package. It works with most cards", "does a later line say 'amdgpu is supported'?", "nothing, if the GPU is used; else AMD's driver" },
    { A_TEXT, 0, "command buffer*failed with status|callbackerrorsubmissionsignored|callbackerrortimeout|callbackerrorimpactinginteractivity|callbackerrorhang|callbackerrorinnocentvictim|callbackerrorpagefault", "llama.cpp, Ollama, LM Studio; macOS", "a job of the GPU failed (status 5 only says: error); the next line has the reason, mostly memory; after one failure all later jobs are ignored",
      "the first such line and the one after it; Activity Monitor: memory pressure", "a smaller context or model, fewer GPU layers; restart the program; sudo sysctl iogpu.wired_limit_mb gives the GPU more" },
    { A_TEXT, 0, "ggml_metal_init() failed|mtllibraryerrordomain|ggml-metal.metal*no such|failed to initialize metal backend|ggml_metal*failed to create", "llama.cpp and programs with it; macOS", "the GPU code for Metal could not be found or compiled: files of different versions, an old macOS, or an Intel Mac whose GPU cannot do it",
      "the line with MTLLibraryErrorDomain or the file's name", "install the program again; update macOS; on an Intel Mac -ngl 0" },
    { A_TEXT, 0, "cublas error|cublas_status_execution_failed|cublas_status_internal_error|cublas_status_not_supported|cublas_status_arch_mismatch|cublas_status_invalid_value|cuda error*invalid argument", "llama.cpp, Ollama; CUDA", "CUDA refused a calculation: the GPU's memory is full, CUDA files of different versions, or an error in the program",
      "nvidia-smi while it happens; which cublas and cudart files does it load?", "fewer GPU layers or a smaller batch (-ub); update program and driver; flash attention on or off" },
    { A_TEXT, 0, "could not select device driver|nvidia-container-cli|invalid runtime name: nvidia|unresolvable cdi devices", "Docker, Podman", "the container cannot get the GPU: the NVIDIA container toolkit is missing or not set up, or the host has no working driver (Docker Desktop on Linux has no GPU)",
      "nvidia-smi on the host; docker info lists the runtimes", "install nvidia-container-toolkit; nvidia-ctk runtime configure --runtime=docker; restart docker" },
    { A_TEXT, 0, "failed to initialize nvml: unknown error|failed to get device context 80|device context 46|!: 35|!: 100|!: 803|!: 999|nvcuda init failure|cudart init failure|cuda driver library init failure|cuinit err", "Ollama, containers", "the driver is there but does not open the GPU: a container that lost it (systemctl daemon-reload, a driver update), a missing /dev/nvidia-uvm, or a virtual GPU",
      "nvidia-smi on the host and inside; ls /dev/nvidia*", "restart the container (or set no-cgroups = false and restart docker); sudo nvidia-modprobe -u; update the toolkit" },
    { A_TEXT, 0, "failure during gpu discovery|failed to finish discovery before timeout", "Ollama", "the trial run that looks for GPUs died or took too long (30 s): a broken or mixed GPU library, or a GPU that is asleep", "OLLAMA_DEBUG=1: the lines of that trial", "install Ollama and the driver again; remove other ROCm or CUDA versions from the library path" },
    { A_GENERAL, 0, "cuda error|rocm error|ggml_cuda*failed|ggml_vulkan: error|vk::|native api failed|level_zero backend failed|ur_result_error|ze_result_error|sycl*exception", "llama.cpp, Ollama; GPU", "the GPU's library reported an error; the reason stands in this line or the next", "the lines around it; the same with -ngl 0 (CPU only)", "update driver and program; fewer GPU layers; the CPU" },
    { A_TEXT, 0, "gpu vram usage didn't recover|vram usage didn't recover within timeout", "Ollama", "a model was unloaded, but its GPU memory did not come back in time: its runner hangs or is an orphan, or another program took the memory", "nvidia-smi; llrun doctor lists runners without a parent", "end the old runner; restart Ollama" },
    { A_TEXT, 0, "offloaded 0/|no layer fits on the gpu|offloading 0 repeating layers|model requires more*vram|model too large for*vram|insufficient vram|vram free|unable to fit|failed to fit", "llama.cpp, Ollama", "the model does not fit into the memory of the GPU: layers stay on the CPU", "the line says how many layers; nvidia-smi shows what is free", "a smaller quantisation or context; end other GPU programs" },
    { A_TEXT, 0, "without gpu support|built without cuda|library with its kernels*not beside the program|linked without dlopen|not compiled with gpu|no gpu support|compiled without gpu offload|gpu_layers option will be ignored|n-gpu-layers*ignored", "llama.cpp, llrun", "this build has no GPU support; -ngl is ignored", "its version line lists the backends", "a build with CUDA, Vulkan or Metal; of llrun: make cuda" },

    /* memory */
    { A_TEXT, 0, "model requires more system memory", "Ollama", "Ollama refuses: weights and context need more RAM than is available", "the line has both numbers; free -g; in a container memory.max", "a smaller context (num_ctx), fewer parallel requests (OLLAMA_NUM_PARALLEL=1), a smaller model; end other programs" },
    { A_TEXT, 0, "bad_alloc|posix_memalign failed|virtualalloc failed|runtime: cannot allocate", "all programs", "an allocation failed: memory, the container's limit, ulimit -v, or the commit limit of the system", "llrun doctor (memory, limits); llrun plan MODEL", "a smaller context, batch or model; raise the limit; add swap" },
    { A_GENERAL, 0, "cannot allocate memory|out of memory|needs*available|of the context need|cannot reserve|not enough memory|failed to allocate|insufficient memory|enomem|^oom$", "all programs", "an allocation failed: memory, the container's limit, ulimit -v, or the commit limit of the system", "llrun doctor (memory, limits); llrun plan MODEL", "a smaller context, batch or model; raise the limit; add swap" },
    { A_TEXT, 0, "failed to mlock|mlock failed|not locked|mlock*cannot allocate|rlimit_memlock|rlimit_mlock|not permitted*mlock|failed to virtuallock", "llama.cpp, llrun", "the weights could not be locked into memory (RLIMIT_MEMLOCK, or not enough RAM). A warning: they work unlocked", "ulimit -l", "ulimit -l unlimited; systemd LimitMEMLOCK=infinity; docker --ulimit memlock=-1; or leave --mlock out" },
    { A_TEXT, 0, "mmap failed|cannot be mapped|mmap:|reading into ram instead|failed to mmap|mapviewoffile failed|createfilemapping*failed|mmap*no such device|unable to mmap", "llama.cpp, Ollama, llrun", "the file could not be mapped: a file system that cannot (some FUSE and network drives), an address space that is too small (32-bit, ulimit -v), or too many mappings", "llrun doctor MODEL tests the mapping; ulimit -v; sysctl vm.max_map_count", "--no-mmap; copy the file to a local disk; ulimit -v unlimited; a 64-bit build" },
    { A_TEXT, 0, "madvise*failed|failed to munmap|prefetchvirtualmemory", "llama.cpp", "a hint to the system about reading the mapped file was refused (Windows 7 does not know PrefetchVirtualMemory). A warning: loading is slower at most", "does it go on afterwards?", "nothing" },
    { A_TEXT, 0, "insufficient system resources. overload|model loading aborted due to insufficient|loading guardrails", "LM Studio", "LM Studio refuses: it estimates that weights and context do not fit into memory", "its estimate beside the free RAM and VRAM", "a smaller context or model; fewer GPU layers; relax the guardrails in its settings" },
    { A_TEXT, 0, "context's memory pool|not enough space in the buffer|ggml_sched_max_splits|llama_max_nodes|cannot reallocate multi buffer", "llama.cpp and programs with it", "a buffer of fixed size inside the program is too small: an error in it, not a lack of memory", "does a smaller batch or a single GPU help?", "update the program; a smaller batch or context; without flash attention or a second GPU" },
    { A_TEXT, 0, "paging file is too small|os error 1455|winerror 1455", "Windows", "the system cannot promise more memory: the paging file is too small", "Task Manager: committed of limit", "let Windows manage the paging file, or enlarge it" },
    { A_TEXT, 0, "tokens, the context|tokens do not fit|> context|failed to find a memory slot|failed to find kv cache slot|could not find a kv slot|kv cache is full|no kv slot|find_slot: n_tokens|failed to find free space in the kv|prepare attention ubatches|context size exceeded|context size has been exceeded|context limit hit|too big compared to kv|context shift is disabled|context the overflows|keep from the initial prompt|exceed context window|maximum context length|exceed*context size|exceeds the available context|context window*exceed|longer than the context|input length exceeds|prompt*too long|requested tokens*exceed|truncating input prompt|exceed_context_size_error", "llama.cpp, Ollama, LM Studio, llrun", "prompt and answer are longer than the context", "the line has the numbers of tokens", "a larger context (-c, num_ctx; see llrun plan for the memory) or a shorter prompt. Ollama cuts off the beginning silently" },
    { A_TEXT, 0, "physical batch size|n_tokens*<=*n_batch|n_tokens*<=*n_ubatch|batch size too small", "llama.cpp", "more tokens at once than the batch takes; text for embeddings and reranking has to fit into one physical batch", "the line or the one before has the number of tokens", "larger -b and -ub (batch_size, n_batch), up to the context; shorter pieces of text" },
    { A_TEXT, 0, "requires flash_attn|requires flash attention|requires flash-attn", "llama.cpp, Ollama, LM Studio", "a quantised V cache works only with flash attention, which is off or cannot be used with this model or GPU", "a line before says why: 'forcing off'", "-fa on (OLLAMA_FLASH_ATTENTION=1), or leave the V cache at f16" },
    { A_GENERAL, 0, "failed to decode|decode() failed|llama_decode*failed|failed to eval|failed to process graph|failed to compute graph|graph_compute*failed|llama_decode returned", "llama.cpp and programs with it", "the calculation failed. ret = 1: no room in the KV cache (context full); 2: stopped from outside; -1: wrong input; -2: no memory; -3: the CPU or GPU code failed",
      "the lines before it", "1: a larger context; -2: a smaller one, fewer GPU layers; -3: update program and GPU driver" },
    { A_TEXT, 0, "scores are not numbers|unsupported value: nan|gggggggg|logits*nan|failed to sample*nan", "Ollama, llama.cpp", "the model computes no numbers any more (NaN): a GPU or flash attention path that is wrong for it, too small a number format, or damaged weights", "the same with -ngl 0 and without flash attention", "update; flash attention off; another GPU backend or the CPU; download the model again" },
    { A_TEXT, 0, "failed to create context|unable to create llama context|failed to create llama_context|unable to create context|failed to initialize the context|llama_init_from_model: failed|llama_kv_cache*failed|failed to allocate kv|kv cache*failed", "llama.cpp, Ollama", "the context could not be made: its KV cache does not fit into memory, or its options contradict each other", "the lines before; llrun plan MODEL -c N", "a smaller -c; q8_0 KV cache; fewer parallel slots (-np 1)" },

    /* files */
    { A_TEXT, 0, "unknown model architecture|unsupported model architecture|unsupported architecture|unknown architecture|architecture*not supported|model_type*not supported|are not yet supported|model is unknown or unsupported|unsupported model family", "llama.cpp, Ollama, LM Studio, llrun", "the file is valid, but of a family that this version does not know", "llrun show MODEL names the architecture", "a newer version of the program (an LM Studio runtime), or another model" },
    { A_TEXT, 0, "!retr|!predict|!attempt|not within the file bounds|model is corrupted or incomplete|corrupted or incomplete|unexpectedly reached end of file|file is truncated|failed to read tensor|unexpected eof|unexpectedly reached the end|unexpected end of file|past the end of the file|ends past the end|is incomplete: it has|the file ends inside|bytes follow|is empty (0 bytes)|bytes: no gguf file", "llama.cpp, Ollama, LM Studio, llrun", "the file is cut short: a download that did not finish, or a full disk", "llrun show MODEL names the tensor and the bytes that are missing; compare size and SHA-256", "resume or repeat the download (ollama rm and pull); df" },
    { A_TEXT, 0, "invalid magic|bad magic|invalid file magic|html page|git-lfs pointer|raw piece|unknown (magic|bad file magic|not a gguf|not a valid gguf|invalid gguf magic|gguf_init_from_file*magic|file does not contain gguf|tensors are not aligned; convert|(old version with", "llama.cpp, Ollama, LM Studio, llrun", "the file is no GGUF: an HTML page instead of the download, a git-lfs pointer, a model from before August 2023 (ggml, ggjt), safetensors, or one of several raw pieces", "llrun show FILE says what it is; head -c 200 FILE", "the 'resolve' address instead of 'blob'; git lfs pull; the GGUF version of the model; join pieces with cat" },
    { A_TEXT, 0, "tensor type*is unknown|tensor type*no longer in use|an array of arrays|unknown tensor type|uses type*unsupported|unknown data type|invalid ggml type|invalid ggml_type|has invalid ggml type|unsupported tensor type|unsupported quantization|removed from gguf|unknown type*tensor|tensor*unsupported type", "llama.cpp, Ollama, llrun", "a tensor is of a type that this version does not know (newer than the program, or removed long ago)", "llrun show MODEL lists the types", "a newer version, or the model as Q4_K_M or Q8_0" },
    { A_TEXT, 0, "no tokenizer that could be used|has no tokenizer|the tokenizer has|unknown pre-tokenizer type|unknown pre-tokenizer|tokenizer rule|unknown tokenizer|missing pre-tokenizer|cannot find tokenizer merges|error loading model vocabulary|tokenizer*not supported", "llama.cpp, Ollama, llrun", "the tokenizer of the file is unknown to this version, or missing in the file", "llrun show MODEL: vocabulary", "a newer version; a file that was converted anew" },
    { A_TEXT, 0, "invalid gguf at byte|the metadata key|the metadata value|head_count*multiple|head_count*divide|dimension_count*must|entries for*tokens|tokenizer.ggml.tokens is empty|has offset*expected|is duplicated|duplicate*tensor|duplicate*key|invalid number of dimensions|number of dimensions*exceeds|failed to read key|failed to read header|failed to read magic|invalid gguf type|error decoding gguf|bad key type|invalid key type|bad_alloc*while reading", "llama.cpp, Ollama, llrun", "the header of the file contradicts itself: a damaged download, a faulty conversion tool, or tensor types that this version counts otherwise",
      "llrun show MODEL checks all of it", "download it again; another conversion; a newer program" },
    { A_TEXT, 0, "unknown projector type|failed to load clip|failed to load mmproj|support projector|failed to load multimodal|failed to load vision|architecture: 'clip'|mmproj*not|missing mmproj", "llama.cpp, KoboldCpp, LM Studio", "the file for images (mmproj, CLIP) is newer than the program, belongs to another model, or was given as the model itself",
      "llrun show FILE: architecture clip", "the model with -m and its own projector with --mmproj; a newer program; --no-mmproj for text only" },
    { A_TEXT, 0, "failed to open*no such file|gguf*no such file|no such file*gguf|cannot find the file specified|cannot find the path specified|model path does not exist|failed to open gguf|unable to open*gguf", "all programs", "no file of that name: a typing error, another working folder, a path of the host inside a container, or a letter that is not ASCII", "ls -l FILE with the same path, in the same container", "correct the path; quote it; docker -v for the folder" },
    { A_GENERAL, 0, "no such file or directory|error: cannot open|error: cannot read|failed to open '|enoent|[errno 2]", "all programs", "a file is not there, or not where the program looks: a typing error, another working folder, a path of the host inside a container", "ls -l FILE with the same path, in the same container", "correct the path; quote it; docker -v for the folder" },
    { A_TEXT, 0, "lora adapter|lora tensor|apply lora|adapter*incompatible|failed to load lora", "llama.cpp, Ollama", "the adapter (LoRA) does not fit: made for another model or architecture, not converted to GGUF, or of a version that is not supported", "llrun show on adapter and model: architecture and shapes", "the base model that it was trained on; convert_lora_to_gguf.py of the same release" },
    { A_TEXT, 0, "the tensor*is missing|has the shape*asks for|wrong number of tensors|missing tensor|unable to find tensor|tensor*not found|check_tensor_dims|tensor*has wrong shape|wrong shape|shape mismatch|size mismatch|missing*.weight", "llama.cpp, Ollama", "the file does not have the tensors that the program expects: made for another version or fork (expected 292, got 291: Llama 3.1 in a program older than it), a projector or adapter file, or a bad conversion", "llrun show MODEL lists the tensors", "a newer version; the file of the right kind (an mmproj file is not a model); another conversion" },
    { A_TEXT, 0, "key not found in model|error loading model hyperparameters|ggufv1|no longer supported*version|unsupported gguf version|gguf at byte 4: |bad gguf version|invalid gguf version|gguf version*not supported|file format version", "llama.cpp, Ollama", "the metadata lacks something, or the version of the format is unknown: file and program are of different times", "llrun show MODEL", "a newer program, or a newer conversion of the model" },
    { A_TEXT, 0, "the first of*shards|split.no|invalid split|split*not found|missing shard|shard*missing|illegal split file|failed to load*split|split*failed to open|gguf-split", "llama.cpp, llrun", "a file of a split model is missing, or not the first was given", "llrun show FIRST-00001-of-0000N.gguf names the missing one", "put all files into one folder with their names and give the first" },
    { A_TEXT, 0, "digest mismatch|sha256 mismatch|checksum mismatch|file is corrupted", "Ollama and others", "the download is damaged: network, disk or memory error", "sha256sum FILE beside the published sum", "pull again; if it repeats, test disk and memory" },
    { A_TEXT, 0, "no space left on device|disk quota exceeded|not enough space on the disk|enospc", "all programs", "the disk is full, or the quota is used up", "df -h; du -sh ~/.ollama", "remove old models; OLLAMA_MODELS on another disk" },
    { A_TEXT, 0, "input/output error|read error: |i/o error|buffer i/o error|stale file handle|os error 5)", "all programs", "the disk or network drive failed to deliver data", "dmesg; smartctl -a", "copy the model to a good local disk; replace the disk" },
    { A_TEXT, 0, "mkdir*permission denied|open*permission denied|permission denied*models|models/*permission denied|.ollama*permission denied|blobs*permission denied", "Ollama, Linux", "the user that the program runs as (ollama, under systemd) may not read or write the models' folder", "sudo -u ollama ls FOLDER", "chown -R ollama:ollama FOLDER; execute permission on every folder above it" },
    { A_TEXT, 0, "no model '|try pulling it first|model*not found, try|model manifest: file does not exist|file does not exist*manifest|manifest*not found|manifest unknown|model '*' not found|status code 404*model|model not found", "Ollama", "no model of that name in the store that the server uses", "ollama list; is OLLAMA_MODELS the same for the service and for you?", "ollama pull NAME" },
    { A_TEXT, 0, "requires a newer version of ollama|not supported by your version of ollama", "Ollama", "the model needs a newer Ollama", "ollama --version", "update Ollama" },

    { A_TEXT, 0, "no from line|no modelfile|unsupported content type|command must be one of", "Ollama", "the Modelfile for ollama create is missing, or what it names is no model", "cat Modelfile; file on what FROM names", "a line FROM ./model.gguf; run it in that folder" },
    { A_TEXT, 0, "does not support tools|does not support generate|does not support chat|do not support chat|does not support thinking|does not support insert|does not support embed|does not support completion|does not support image|does not support vision|image input is not supported", "Ollama, llama.cpp", "this model cannot do what was asked: tools and thinking need a template for it, embedding models give no text, images need a projector", "ollama show NAME: capabilities; llrun show MODEL", "another model; for embeddings /api/embed instead of run or chat; switch the feature off in the client" },

    /* network */
    { A_TEXT, 0, "x509:|failed to verify certificate|certificate_verify_failed|certificate verify failed|ssl peer certificate|unable to get local issuer|self-signed certificate|self signed certificate|ssl connect error|unable to establish ssl|cannot verify*certificate", "all programs that download", "the certificate of the other side is not trusted: a company proxy or virus scanner that opens encrypted connections, a wrong clock, an entry in the hosts file, or missing ca-certificates",
      "date; openssl s_client -connect HOST:443 shows who signed it", "add the proxy's certificate to the system's (Ollama: then restart the service; in Docker put it into the image); correct the clock; --insecure does not help against this" },
    { A_TEXT, 0, "no such host|server misbehaving|name resolution|could not resolve host|couldn't resolve host|getaddrinfo|name or service not known", "all programs that download", "the name of the other machine could not be looked up: no network, a DNS server that fails or blocks, or no DNS inside the container", "nslookup registry.ollama.ai; cat /etc/resolv.conf", "another DNS server; docker --dns; for Ollama behind a proxy HTTPS_PROXY in its service" },
    { A_TEXT, 0, "max retries exceeded: |attempt*failed:*retrying|tls handshake timeout|dial tcp*i/o timeout|dial tcp*timed out|stalled; retrying|part*stalled|network is unreachable|no route to host", "Ollama and others that download", "the connection broke off again and again: a flaky line, a proxy, VPN or firewall, or a server under load", "the same address with curl -v", "again: it goes on where it stopped; without VPN, or with HTTPS_PROXY set for the service; another time" },
    { A_TEXT, 0, "connection reset by peer|econnreset|recv failure|upstream prematurely closed|socket hang up|server disconnected|remote end closed|predict*eof|post*\": eof|do load request*eof|wsarecv|forcibly closed", "clients of all servers", "the other side cut the connection: the server or its runner died in the middle (its log has the reason), or a proxy or firewall on the way to the internet",
      "does the server still run? its log at that second", "explain its last lines (llrun doctor < server.log); when downloading, try again" },
    { A_TEXT, 0, "headers_timeout|client.timeout exceeded|read timed out|readtimeout|504 gateway|gateway time-out|gateway timeout|upstream timed out|operation timed out|request timed out|apitimeout|deadline exceeded|etimedout", "clients and proxies", "the client or a proxy between gave up before the answer: loading or a long prompt took longer than its limit", "the time until the message is the limit; the server goes on working", "a longer limit (nginx: proxy_read_timeout); streaming; keep the model loaded (keep_alive)" },
    { A_TEXT, 0, "blocked by cors|forbidden origin|origin not allowed|access-control-allow-origin", "Ollama, llama.cpp; browsers", "a page in the browser may not use the server: its origin is not allowed", "the browser's console names the origin", "OLLAMA_ORIGINS with that origin (in the service), or the CORS option of the server" },
    { A_TEXT, 0, "error: 403|error: 407|http 407|proxy authentication|proxyconnect|403 client error|status code 403", "all programs that download", "access refused by a proxy or by the other side (403: forbidden; 407: the proxy wants a password)", "curl -v with the same address", "HTTPS_PROXY with user and password, for the service too; accept the model's terms; a token" },
    { A_TEXT, 0, "401 unauthorized|401 client error|invalid api key|incorrect api key|gated repo|authentication_error|unauthorized: |invalid username or password", "servers, Hugging Face", "no key or a wrong one; a model of Hugging Face with terms wants an account that accepted them", "is the key set in this process (HF_TOKEN, --api-key)?", "the right key; accept the terms on the model's page, then HF_TOKEN" },
    { A_TEXT, 0, "https is not supported|built without ssl|built without curl|built without libcurl|llama_curl|failed to download|no gguf files found|repository not found|entry not found|404 client error", "llama.cpp and others", "the model could not be downloaded: no such name or no GGUF in it, no network, or a program built without HTTPS", "the address in a browser, or with curl -LO", "download the file by hand and give its path; correct the name" },

    /* building */
    { A_TEXT, 0, "failed building wheel|could not build wheel|cmake_c_compiler|cmake_cxx_compiler|no cmake_cuda_compiler|cmake_cuda_compiler|nmake*not found", "llama-cpp-python and others", "it is built on your machine, and a compiler (or CMake, the CUDA Toolkit) is missing or too old", "the first error above it; cc --version; nvcc --version", "install compiler and CMake (build-essential, Xcode tools, Visual Studio Build Tools), or take a ready-made build" },
    { A_TEXT, 0, "target specific option mismatch|inlining failed in call", "building llama.cpp", "the compiler was not given all the instruction sets that a file uses (AVX2 without FMA or F16C), or is too old", "the flags -m... in the command above", "GGML_NATIVE=ON on the machine itself, or all of -mavx2 -mfma -mf16c; a newer compiler" },
    { A_TEXT, 0, "nvcc fatal|unsupported gpu architecture", "building with CUDA", "the CUDA Toolkit does not know the architecture asked for: older than the card, or so new that it dropped the card", "nvcc --version; nvidia-smi --query-gpu=compute_cap --format=csv", "a Toolkit that knows the card; CMAKE_CUDA_ARCHITECTURES" },

    /* servers and processes */
    { A_TEXT, 0, "address already in use|already used (pid|only one usage of each socket address|wsaeaddrinuse|eaddrinuse|couldn't bind*socket|couldn't bind http server socket|bind: an attempt was made to access a socket", "Ollama, llama.cpp, all systems", "another program uses the port; often the same server started as a service before", "ss -ltnp | grep -E '11434|8080' ; Windows: netstat -ano; llrun doctor", "use the server that runs, end it, or choose another port (OLLAMA_HOST, --port)" },
    { A_TEXT, 0, "connection refused|econnrefused|cannot connect to|could not connect|failed to connect|unable to connect|issue connecting|connection failed|connection error|actively refused it|could not connect to a running ollama|could not connect to ollama|connect: no connection could be made|apiconnectionerror", "clients of all servers", "nobody listens at that address: the server is not running, died, or listens elsewhere (in Docker localhost is the container)", "curl http://127.0.0.1:11434; docker: host.docker.internal", "start the server; OLLAMA_HOST=0.0.0.0 if clients are elsewhere" },
    { A_TEXT, 0, "timed out waiting for llama runner to start|timed out waiting for llama runner|timed out waiting for server to start|load timeout", "Ollama", "loading took longer than the limit (5 minutes without progress): slow or network disk, or memory so short that it swaps", "progress in the log; iostat or Task Manager while loading", "OLLAMA_LOAD_TIMEOUT=30m; model on a faster disk; a smaller model" },
    { A_TEXT, 0, "runner process no longer running|llama runner process no longer running", "Ollama", "its runner died; -1 means that the server does not know how (on Linux mostly killed for lack of memory)", "dmesg | grep -i oom; the lines before", "a smaller context or model; explain the lines before" },
    { A_GENERAL, 0, "unable to load model:|failed to load model|error loading model|llama_model_load: error|failed to load the model|failed to load text model|could not load text model|error loading llama server|unable to load model|model loading error|could not load llama model|failed to load llm engine|load-error|invalid load message|load failed|assert self.model|assert self.ctx|'llama' object has no attribute", "llama.cpp, Ollama, LM Studio", "the model could not be loaded; the reason stands in this line or just before", "llrun doctor MODEL and llrun show MODEL check the file", "what the other lines say; update the program if the model is newer than it" },
    { A_GENERAL, 0, "llama runner process has terminated|runner process has terminated|runner terminated|llama-server*exited|model has crashed without additional information|the model has crashed|llama*process exited|llama runner exited|failed to start a llama runner|rpc error: code|error reading from server|channel error|runner has unexpectedly stopped|unknown error was encountered while running|llama_cpp_process_error|something went wrong, please see|process encountered an unexpected error|llamacpperror|failed to start model|failed to start llama", "Ollama, LM Studio", "the process that ran the model died; the reason is its exit status and the lines before", "its exit status (llrun doctor --explain), server.log; journalctl -u ollama", "llrun doctor < server.log" },
    { A_TEXT, 0, "ggml_assert|ggml_abort|ggml.c:*assert|assertion failed|assertion `|ggml*: fatal error$|assertion*failed", "llama.cpp, Ollama, LM Studio", "an assertion of ggml failed: the program met what it did not expect (unsupported model, damaged file, memory not had) and ended itself: SIGABRT, 134, on Windows 0xC0000409", "file and line in the message; llrun show MODEL", "update the program; a smaller context or batch, flash attention off; search for file and line in its issues" },
    { A_TEXT, 0, "panic: |panic serving|goroutine 1 [running]|fatal error: unexpected|[recovered]", "Ollama", "the Go program panicked and ends with exit status 2; the text after 'panic:' is the reason", "the lines before and after 'panic:'", "explain that text; update Ollama; check the model (llrun show)" },
    { A_TEXT, 0, "!locale::facet|terminate called after throwing|libc++abi: terminating|what(): |uncaught exception", "C++ programs", "an exception was not caught; the text after what() is the reason; then SIGABRT (134)", "the line with what()", "explain that line" },
    { A_TEXT, 0, "locale::facet", "C++ programs, Linux", "LANG or LC_ALL names a language setting that is not installed; the program did not catch the exception", "locale -a; echo $LC_ALL $LANG", "LC_ALL=C.UTF-8 before the command, or install the locale" },
    { A_TEXT, 0, "engine protocol startup was aborted|no lm runtime found|no compatible runtime|could not load engine|default engine variant", "LM Studio, Jan", "the engine (runtime) for this kind of model is missing, damaged, or cannot start on this CPU or driver", "its page of runtimes; llrun cpu", "install or change the runtime there (CPU, Vulkan, CUDA); update LM Studio" },
    { A_TEXT, 0, "failed to load shared library|shared library with base name|dllnotfound|the native library|type initializer for|unsatisfiedlinkerror", "llama-cpp-python, LLamaSharp and others", "the compiled library of the package is missing, or one that it needs (CUDA run-time, libggml)", "the rest of the line names it; ldd on libllama.so", "install the package again without cache, in the build that fits (CPU, or your CUDA version)" },
    { A_TEXT, 0, "fork/exec*permission denied|fork/exec*not permitted|failed to map segment|permission denied*.so|noexec", "Ollama, Linux", "a program or library may not be executed where it lies: /tmp mounted noexec, SELinux or fapolicyd, wrong permissions", "mount | grep noexec; ls -lZ FILE; ausearch -m avc", "a newer Ollama (needs no /tmp), or OLLAMA_TMPDIR in a folder that allows it; chmod a+rx; restorecon" },
    { A_TEXT, 0, "backend not found|failed to find ggml_backend_init|load_backend: failed|no backends are loaded", "llama.cpp, LocalAI and others", "a part of the program that computes (backend) is missing beside it, or of another release", "which libggml-* or backends does its folder have?", "unpack the whole release into one folder; install the backend; remove files of older releases" },
    { A_TEXT, 0, "unable to find an interpreter|run-detectors", "llamafile, Linux", "the system takes the file for a Windows program (binfmt of Wine or Mono) and finds nothing to run it with", "ls /proc/sys/fs/binfmt_misc", "sh ./FILE; or install the ape loader and register it, as its README says" },
    { A_TEXT, 0, "cannot execute: required file not found|not found*ld-linux|ld-linux*no such file", "Linux", "the loader that the program names is missing: it is for another C library (Alpine has musl, not glibc) or another kind of CPU", "file PROGRAM names the interpreter", "a static build, the build for this system, or gcompat" },
    { A_TEXT, 0, "symbol lookup error|undefined symbol|symbol not found", "Linux, macOS", "program and libraries are of different builds: an older libllama or libggml is found first", "ldd PROGRAM shows which ones it loads", "build again from scratch (remove the build folder), or remove the old libraries; LD_LIBRARY_PATH" },
    { A_TEXT, 0, "cannot run the operation|unsupported op|op not supported|not supported by the backend", "programs with ggml", "the GPU code (backend) cannot compute a step that the model or the options need", "the same on the CPU (-ngl 0)", "another backend or the CPU; other options (KV type, flash attention); update the program" },
    { A_TEXT, 0, "peer access|peer mapping|nccl", "several GPUs, CUDA", "the GPUs cannot reach each other's memory, or not so many of them at once", "nvidia-smi topo -m", "one GPU (CUDA_VISIBLE_DEVICES), --split-mode layer, or a build without peer copies (GGML_CUDA_NO_PEER_COPY)" },
    { A_TEXT, 0, "cannot be used with preferred buffer type", "llama.cpp, KoboldCpp", "a note: that tensor stays in the CPU's memory. Not an error", "does it go on afterwards?", "nothing" },
    { A_TEXT, 0, "invalid logits id|no logits", "programs with llama.cpp", "the program asked for results that it had not ordered, or the calculation before failed: an error in the program", "the lines before it", "update the program; another model" },
    { A_TEXT, 0, "no module named|modulenotfounderror", "Python programs", "a Python package is missing in the environment that runs, or is installed in another one", "which python; pip show PACKAGE", "pip install PACKAGE in that environment" },
    { A_GENERAL, 0, "failed to execute script|traceback (most recent|keyerror: |attributeerror: |typeerror: |indexerror: |runtimeerror: |importerror: ", "Python programs", "the program ended with a Python exception; the last line of the traceback says which. An attribute or key that is not there: program and package are of different versions", "the whole traceback", "explain its last line; update program and packages together" },
    { A_TEXT, 0, "read-only file system", "all programs", "the file system cannot be written: a read-only container or mount, or a disk error that made the kernel lock it", "mount; dmesg", "a writable volume for the models; fsck after disk errors" },
    { A_GENERAL, 0, "operation not permitted", "Linux", "the system refuses it: a missing capability, the seccomp profile of a container, or SELinux", "dmesg; ausearch -m avc", "the capability that the program's manual names; adapt the profile" },
    { A_TEXT, 0, "unknown option|needs a value|must be from|takes no value|has no option|too many*argument|unknown argument: |invalid argument: -|unknown flag: |unrecognized argument|unrecognized option|error while handling argument|invalid option -", "all programs", "an option that this version does not know, or a wrong value: options change between versions", "PROGRAM --help; PROGRAM --version", "the name that --help shows" },
    { A_TEXT, 0, "start request repeated too quickly|start-limit-hit|back-off restarting|crashloopbackoff", "systemd, Kubernetes", "it died several times in a row and is not started any more for now", "journalctl -u SERVICE: its first death", "explain that; then systemctl reset-failed SERVICE" },
    { A_TEXT, 0, "203/exec|200/chdir|217/user|226/namespace|209/stdout", "systemd", "systemd could not start the program: path, folder or user of the unit are wrong, or it may not be executed (SELinux)", "systemctl cat SERVICE; ls -lZ PROGRAM", "correct the unit; chmod +x; restorecon" },
    { A_TEXT, 0, "free(): invalid|double free|malloc(): |munmap_chunk|corrupted size vs. prev_size|corrupted double-linked|heap-buffer-overflow", "Linux", "the heap is damaged: an error in the program", "the lines before", "update the program; report it" },
    { A_TEXT, 0, "server busy, please try again|maximum pending requests exceeded|too many requests|no slot available|slot unavailable", "Ollama, llama.cpp", "more requests than the server takes", "HTTP status 503 or 429", "OLLAMA_MAX_QUEUE, OLLAMA_NUM_PARALLEL, -np; or fewer requests at a time" },
    { A_TEXT, 0, "!level=|loading model\"|\"loading model|503*loading model|server is loading|http 503|model is loading", "llama.cpp, llrun", "the server is up, but the model is still being loaded (HTTP 503)", "GET /health", "wait and try again" },
    { A_TEXT, 0, "aborting completion request due to client closing|client closing the connection|context canceled|context cancelled|request was cancelled", "Ollama", "the client closed the connection before the answer was complete, mostly by its own time limit", "the time between request and this line is the client's limit", "a longer limit in the client; streaming; keep_alive so that the model stays loaded" },
    { A_GENERAL, 0, "killed by signal|main process exited, code=killed|code=dumped|status=9/kill|failed with result 'oom-kill'|failed with result 'core-dump'|failed with result 'signal'|failed with result 'exit-code'|status=1/failure|status=127/n/a", "systemd", "the service ended by itself (exit-code: after an error that it printed) or by a signal (status=9/KILL is mostly lack of memory)", "journalctl -u SERVICE: the lines before; dmesg", "explain those lines: journalctl -u SERVICE | llrun doctor" },
    { A_TEXT, 0, "too many open files|emfile", "Linux, macOS", "the limit of open files was reached", "ulimit -n", "ulimit -n 65536; systemd LimitNOFILE=" },
    { A_TEXT, 0, "resource temporarily unavailable|pthread_create failed|failed to create new os thread|can't start new thread", "Linux", "no more threads may be started: ulimit -u, or pids.max of the container", "ulimit -u; cat /sys/fs/cgroup/pids.max", "raise the limit; docker --pids-limit" },
    { A_TEXT, 0, "developer cannot be verified|is damaged and can't be opened|code signature invalid|killed: 9*codesign|library not loaded", "macOS", "Gatekeeper or the loader refuses the program: not signed, quarantined after the download, or a library is missing", "xattr -l FILE; codesign -v FILE; otool -L FILE", "xattr -d com.apple.quarantine FILE; build it on this machine" },
    { A_TEXT, 0, "!chat_template|jinja exception|roles must alternate|system message must be|only user and assistant roles|raise_exception", "llama.cpp, LM Studio", "the chat template of the model refuses the conversation: roles in an order that it does not allow (two of a kind in a row, system not first, tools)",
      "the text after 'Exception:' is the template's own", "change what the client sends: one system message first, then user and assistant in turn; or another --chat-template" },
    { A_TEXT, 0, "grammar stack|parse grammar|parsing grammar|error parsing*grammar|unrecognized schema|invalid grammar|json schema*not support", "llama.cpp", "the grammar or JSON schema of the request cannot be used: wrong syntax (GBNF, not JSON), an unknown part of JSON Schema, or an answer that it does not allow", "the line names the place", "a simpler schema or grammar; a newer version" },
    { A_TEXT, 0, "!exception:|!alternate|failed to parse*template|chat template*not supported|failed to apply*template|jinja*error|template*error|rendering prompt|unknown test:|unknown filter|unsupported chat template|template line|template needs|no chat template", "llama.cpp, LM Studio", "the chat template of the model could not be understood", "the line names the place", "--chat-template chatml or a newer version" },
    { A_GENERAL, 0, "400 bad request|error 400|invalid request|status code 400|422 unprocessable|error 422", "clients of all servers", "HTTP status 400 or 422: the server does not accept the request: a field of the wrong type, an unknown one, or a text longer than the context", "the text after it; the same request with curl", "what that text says; client and server of the same time" },
    { A_GENERAL, 0, "404 page not found|404 not found|error 404|status code 404|405 method not allowed", "clients of all servers", "HTTP status 404 or 405: no such address on this server, or no such model", "does the address end in /v1 or /api as the client expects? GET /v1/models, /api/tags", "correct the address or the model's name" },
    { A_GENERAL, 0, "502 bad gateway|503 service|error 502|error 503|status code 502|status code 503", "clients of all servers", "HTTP status 502 or 503: the server behind a proxy is not there, still loads the model, or has too much to do", "the server's log; GET /health", "wait and try again; start the server" },
    { A_GENERAL, 0, "internal server error|error 500|500 error|message='internal", "clients of all servers", "HTTP status 500: the server itself failed; only its own log says why", "its log at that second", "llrun doctor < server.log" },

    /* by a word, when nothing else is known */
    { A_LOOSE, 0, "json", "clients and servers", "a JSON text could not be read, by the server (a wrong request) or by the client (an error page of a proxy, or a wrong address, answers with HTML)", "the same request with curl -i", "correct the request or the address" },
    { A_LOOSE, 0, "timed out|timeout|time out", "any program", "a time limit was reached: loading from a slow disk and reading a long prompt take minutes", "who writes the line, the client or the server?", "a longer limit; a smaller model or prompt" },
    { A_LOOSE, 0, "permission|access is denied|access denied|eacces|forbidden", "any program", "the user that it runs as may not do this: files, folders, devices or addresses", "who owns what the line names, and as whom does the program run?", "correct owner or rights; for services the user in the unit" },
    { A_LOOSE, 0, "cuda|cublas|nvidia|nvml|vulkan|metal|rocm|amdgpu|hip_|sycl|opencl|gpu|vram", "any program", "it is about the GPU: its memory, driver or backend; what exactly failed is not known here", "the lines around it; the same on the CPU (-ngl 0)", "update driver and program; fewer GPU layers" },
    { A_LOOSE, 0, "memory|malloc|alloc", "any program", "it is about memory; what exactly failed is not known here", "llrun doctor; llrun plan MODEL", "a smaller context, batch or model" },
    { A_LOOSE, 0, "connect|network|socket|proxy|http", "clients and servers", "it is about a connection; what exactly failed is not known here", "curl -v with the same address; the log of the server", "address, port, proxy and firewall" },
    { A_LOOSE, 0, "corrupt|damaged|truncated", "any program", "a file is damaged or cut short", "llrun show MODEL; compare size and SHA-256", "download it again" },
    { A_LOOSE, 0, ".dll|.so.|.so:|.so$|.dylib|shared object|library", "any program", "it is about a library of the program: missing, of another version or not loadable", "ldd PROGRAM (Linux), otool -L (macOS)", "install the program again, all files of one release" },
    { A_LOOSE, 0, "template|tokenizer|vocab|tensor|gguf|quantiz|layer|lora|model", "any program", "it is about the model file or how the program reads it; what exactly failed is not known here", "llrun show MODEL checks the whole file; llrun doctor MODEL", "a newer version of the program, or another conversion of the model" },
    { A_LOOSE, 0, "unsupported|not supported|not implemented|incompatible|mismatch", "any program", "this version cannot do what was asked, or parts of different versions meet", "its version and its manual", "update it; all files of one release" },
    { A_LOOSE, 0, "exception|fatal|panic|crash|abort", "any program", "the program failed; the line does not say why", "the lines before it; its exit status", "llrun doctor < its.log; llrun doctor --explain STATUS" }
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
        if (has_parts(line, texts + (*texts == '!'), k - (*texts == '!'))) return *texts != '!';
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
    for (; digits < 20; i++, digits++) {
        unsigned d = s[i] >= '0' && s[i] <= '9' ? (unsigned)(s[i] - '0') : s[i] >= 'a' && s[i] <= 'f' ? (unsigned)(s[i] - 'a') + 10 : 99;
        if (d >= base) break;
        u = u * base + d;
    }
    if (!digits || (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '/') return 0;
    *v = (int64_t)(*s == '-' ? 0 - u : u);
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

/* Words that stand before an exit status. */
static int is_status_word(const char *w, size_t n)
{
    static const char words[] = "|status|code|with|returned|returncode|exitcode|exited|exit|rc|errorlevel|signal|exception|";
    char key[16];
    if (!n || n > 12) return 0;
    (void)snprintf(key, sizeof key, "|%.*s|", (int)n, w);
    return strstr(words, key) != NULL;
}

/* A line that names no program: nothing but such words and numbers. */
static int is_bare(const char *line)
{
    size_t k;
    for (; *line; line += k ? k : 1) {
        k = strspn(line, "abcdefghijklmnopqrstuvwxyz");
        if (k > 2 && !is_status_word(line, k) && (k != 7 || memcmp(line, "process", 7))) return 0;
    }
    return 1;
}

/* Rows of llrun itself explain a line that names it or no program ("exit status 5"), and only they explain its codes. */
static int is_about(const struct explanation *e, const char *line)
{
    int own = !strncmp(e->where, "llrun", 5);
    if (has_text(line, "llrun")) return own || e->about != A_EXIT || e->number == 0;
    return !own || is_bare(line);
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
    const char *e = at, *w;
    if ((v >= 0xc0000000ll && v <= 0xffffffffll && (len == 10)) || (v >= -0x40000000ll && v < -0x3fff0000ll)) return 1;
    while (e > line && strchr(" :=#('\"", e[-1])) e--;
    for (w = e; w > line && ((w[-1] >= 'a' && w[-1] <= 'z') || w[-1] == '_'); ) w--;
    if (e <= line + 1 && !log && at[len] == '\n') return 1;             /* nothing but the number */
    if (!is_status_word(w, (size_t)(e - w))) return 0;
    if (!strncmp(w, "signal", 6)) return 2;
    return has_text(line, log ? "exit|terminated|died|crashed" : "exit|terminated|died|crashed|return|killed|no longer running") || (!log && is_bare(line));
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
    int i, k, found;
    fold_line(&b, s, n);
    found = hit_numbers(h, b.p, line_number, log);
    for (i = 0; i < N_EXPLANATIONS; i++)
        if (explanations[i].about < A_GENERAL && !(h->first[i] == line_number && h->count[i]) && has_text(b.p, explanations[i].texts)) found += hit(h, i, line_number);
    for (k = A_GENERAL; k <= (log ? A_GENERAL : A_LOOSE); k++)
        for (i = 0; !found && i < N_EXPLANATIONS; i++)
            if ((int)explanations[i].about == k && has_text(b.p, explanations[i].texts)) found += hit(h, i, line_number);
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

/* Is the word in the list of words? */
static int has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    const char *s = list;
    while ((s = strstr(s, word)) && !((s == list || strchr(" \t\n", s[-1])) && strchr(" \t\n", s[n]))) s += n;
    return s != NULL;
}

static void check_cpu(void)
{
    static const struct { const char *name; uint64_t xcr0; } wide[] = { { "avx", 4 }, { "f16c", 4 }, { "fma", 4 }, { "avx2", 4 }, { "avx512f", 0xe0 } };
    static char info[65536], cmdline[4096];
    llr_cpu_info c;
    char built[120], usable[120], features[600], masked[100], hidden[100], mask[200], *flags, *end;
    const char *word, *name;
    size_t n = 0, n_masked = 0, n_hidden = 0, i;
    int vm;
    llr_cpu(&c);
    (void)system_text(info, sizeof info, "%s/cpuinfo", proc_root());
    (void)system_text(cmdline, sizeof cmdline, "%s/cmdline", proc_root());
    if ((flags = strstr(info, "\nflags")) && (end = strchr(flags + 1, '\n'))) *end = 0;     /* the first CPU's; ARM has no such line */
    vm = flags && has_word(flags, "hypervisor");
    features[0] = masked[0] = hidden[0] = mask[0] = 0;
    for (i = 0; (name = llr_cpu_feature_name((int)i)); i++)
        if (c.features >> i & 1 && n < sizeof features) n += (size_t)snprintf(features + n, sizeof features - n, " %s", name);
    for (i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (!has_feature(&c, wide[i].name)) continue;
        if ((c.xcr0 & wide[i].xcr0) != wide[i].xcr0) n_masked += (size_t)snprintf(masked + n_masked, sizeof masked - n_masked, " %s", wide[i].name);
        else if (flags && !has_word(flags, wide[i].name)) n_hidden += (size_t)snprintf(hidden + n_hidden, sizeof hidden - n_hidden, " %s", wide[i].name);
    }
    finding(FINE, "cpu", NULL, "%s%s;%s; the system saves the registers of%s%s%s%s (XCR0 0x%llx)", *c.brand ? c.brand : "unknown", vm ? " in a virtual machine" : "", *features ? features : " no features known",
            c.xcr0 & 2 || has_feature(&c, "sse2") ? " sse" : " none of these", c.xcr0 & 4 ? " avx" : "", (c.xcr0 & 0xe0) == 0xe0 ? " avx512" : "", (c.xcr0 & 0x60000) == 0x60000 ? " amx" : "", (unsigned long long)c.xcr0);
    for (word = cmdline; *word; word += strcspn(word, " \n"), word += strspn(word, " \n"))
        if (!strncmp(word, "clearcpuid=", 11) || !strncmp(word, "noxsave", 7) || !strncmp(word, "noavx", 5) || !strncmp(word, "gather_data_sampling=force", 26))
            (void)snprintf(mask, sizeof mask, "%.*s", (int)strcspn(word, " \n"), word);
    if (*mask) finding(WARNING, "cpu", "remove it from the boot loader's configuration, unless it is meant", "the kernel was started with '%s', which hides features of the CPU", mask);
    if (*masked)
        finding(WARNING, "cpu", vm ? "set the CPU type of the virtual machine to 'host'; remove noxsave" : "remove noxsave and clearcpuid from the kernel's command line; Windows 7 needs SP1; check the BIOS",
                "the CPU has%s, but the system does not save the registers (XCR0 0x%llx): %s is used", masked, (unsigned long long)c.xcr0, llr_isa_name(c.best));
    if (*hidden) finding(WARNING, "cpu", "look for clearcpuid= on the kernel's command line and for a CPU mitigation that switches them off (gather_data_sampling)", "the CPU has%s, but the kernel does not list them", hidden);
    if (has_feature(&c, "sse2") && !has_feature(&c, "avx2")) {
        if (vm) finding(WARNING, "cpu", "set the CPU type of the virtual machine to 'host' (Proxmox, QEMU: -cpu host)", "the virtual machine shows no %s; the machine below probably has it", has_feature(&c, "avx") ? "AVX2" : "AVX");
        else if (flags && has_word(flags, "rdseed") && (strstr(info, "Core(TM) i") || strstr(info, "Xeon") || strstr(info, "Ryzen") || strstr(info, "EPYC")))     /* its siblings all have it */
            finding(WARNING, "cpu", "look for it among the CPU's settings in the BIOS; update the BIOS", "CPUs of this kind have AVX2, but this one does not show it: the BIOS switched it off, or microcode");
    }
    isa_list(built, sizeof built, c.built);
    isa_list(usable, sizeof usable, c.usable);
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
static llr_status st_run(const struct buf *image, llr_isa isa, llr_gpu *on, float logits[2 * ST_VOCAB], llr_error *err)
{
    static const int32_t ids[ST_TOKENS] = { 1, 77, 5, 159, 32, 8 };
    llr_options o = library_options();
    llr_session_options so;
    llr_model *m = NULL;
    llr_session *s = NULL;
    llr_placement *p = NULL;
    llr_status st;
    memset(&so, 0, sizeof so);
    o.isa = isa;
    o.log = NULL;
    o.no_vocab = 1;
    so.n_threads = 1;
    so.n_batch = ST_TOKENS;
    so.n_ctx = 16;
    st = llr_model_open_mem(&m, image->p, image->n, &o, err);
    if (!st && on) st = llr_placement_new(&p, &on, 1, m, -1, &so, 1, 0, err);
    so.gpu = p;
    if (!st && !(st = llr_session_new(&s, m, &so, err)) && !(st = llr_session_eval(s, ids, ST_TOKENS, err))) {
        memcpy(logits, llr_session_logits(s), ST_VOCAB * sizeof *logits);
        if (!(st = llr_session_eval(s, ids, 1, err))) memcpy(logits + ST_VOCAB, llr_session_logits(s), ST_VOCAB * sizeof *logits);
    }
    llr_session_free(s);
    llr_placement_free(p);
    llr_model_close(m);
    return st;
}

/* The largest difference; *largest: the largest of the values themselves. */
static double st_compare(const float *want, const float *got, double *largest)
{
    double worst = 0;
    int k;
    for (k = 0; k < 2 * ST_VOCAB; k++) {
        double x = want[k], d = got[k] - x;
        if (fabs(x) > *largest) *largest = fabs(x);
        if (!(fabs(d) <= worst)) worst = d == d ? fabs(d) : HUGE_VAL;
    }
    return worst;
}

/* The library with kernels for GPUs, if there is one, on every GPU that would be used. */
static void check_gpu_kernels(void)
{
    static float want[2 * ST_VOCAB], got[2 * ST_VOCAB];
    struct buf image = { NULL, 0, 0 };
    llr_options o = library_options();
    char path[4096], id[64], why[1500];
    const char *library;
    int k, n_visible = 0;
    library = gpu_library(path, sizeof path, why, sizeof why);
    if (*why) { finding(WARNING, "gpu", "llrun computes on the CPU until that is right", "%s", why); return; }
    if (!*library) { finding(FINE, "gpu", NULL, "llrun-cuda.so is not beside the program: llrun computes on the CPU (make cuda builds it)"); return; }
    st_image(&image);
    for (k = 0; nth_device(k, n_visible, id); k++) {
        double worst, largest = 0;
        llr_gpu_info info;
        llr_gpu *g;
        llr_error err;
        if (llr_gpu_open(&g, library, id, &o, &err)) { finding(WARNING, "gpu", "llrun does not use it until that is right", "%s", err.msg); continue; }
        llr_gpu_describe(g, &info);
        n_visible = info.n_visible;
        if (st_run(&image, LLR_ISA_SCALAR, NULL, want, &err) || st_run(&image, LLR_ISA_SCALAR, g, got, &err))
            finding(PROBLEM, "gpu", "--gpu off; report this line", "the kernels do not run on GPU %d, %s: %s", info.index, info.name, gpu_shortage(g, err.msg).s);
        else if ((worst = st_compare(want, got, &largest)) > 1e-2 * largest || !(largest > 0))
            finding(PROBLEM, "gpu", "faulty hardware or driver, or an error in llrun: use --gpu off and report this line",
                    "GPU %d, %s, computes wrongly: off by %g where the largest value is %g", info.index, info.name, worst, largest);
        else
            finding(FINE, "gpu", NULL, "GPU %d, %s, compute capability %d.%d, CUDA %d.%d of the driver, %d.%d of the kernels, %s of %s free: a small model gives the same logits",
                    info.index, info.name, info.capability / 10, info.capability % 10, info.driver / 1000, info.driver % 1000 / 10, info.runtime / 1000,
                    info.runtime % 1000 / 10, size_text(info.free_bytes).s, size_text(info.total_bytes).s);
        llr_gpu_close(g);
    }
    free(image.p);
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
    int i;
    llr_cpu(&c);
    st_image(&image);
    fine[0] = 0;
    for (i = LLR_ISA_SCALAR; i < LLR_ISA_COUNT; i++) {
        double worst;
        if (!(c.usable >> i & 1)) continue;
        if (st_run(&image, (llr_isa)i, NULL, i == LLR_ISA_SCALAR ? want : got, &err)) {
            finding(PROBLEM, "self-test", "report this line; use --isa scalar", "the kernels %s do not run: %s", llr_isa_name((llr_isa)i), err.msg);
            if (i == LLR_ISA_SCALAR) break;
            continue;
        }
        worst = st_compare(want, i == LLR_ISA_SCALAR ? want : got, &largest);
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

static struct { uint64_t cpus[16], left; int id; } nodes[64];       /* NUMA; cpus: a bit each */
static int n_nodes;

/* "0-3,8" to bits; others than the first 1024 are left out. */
static void list_bits(const char *list, uint64_t bits[16])
{
    memset(bits, 0, 16 * sizeof *bits);
    while (*list >= '0' && *list <= '9') {
        char *end;
        unsigned long a = strtoul(list, &end, 10), b = a;
        if (*end == '-') b = strtoul(end + 1, &end, 10);
        for (; a <= b && a < 1024; a++) bits[a / 64] |= (uint64_t)1 << a % 64;
        list = end + (*end == ',');
    }
}

/* The list after "name:" in the status of a process. */
static void status_bits(const char *pid, const char *name, uint64_t bits[16])
{
    static char text[16384];
    const char *s;
    (void)system_text(text, sizeof text, "%s/%s/status", proc_root(), pid);
    s = strstr(text, name);
    list_bits(s ? s + strlen(name) + strspn(s + strlen(name), ": \t") : "", bits);
}

static int bits_meet(const uint64_t *a, const uint64_t *b)
{
    int i;
    for (i = 0; i < 16; i++) if (a[i] & b[i]) return 1;
    return 0;
}

/* Does the memory of a process sit on nodes where its threads may not run? */
static void check_numa_of(const char *pid, const char *name)
{
    char path[400], line[4096];
    uint64_t cpus[16], all = 0, away = 0;
    FILE *f;
    int i;
    if (n_nodes < 2) return;
    status_bits(pid, "\nCpus_allowed_list", cpus);
    (void)snprintf(path, sizeof path, "%.300s/%.20s/numa_maps", proc_root(), pid);
    if (!(f = open_utf8(path, "rb"))) return;
    while (fgets(line, sizeof line, f)) {
        const char *s = strstr(line, "kernelpagesize_kB=");
        uint64_t page = s ? (uint64_t)strtoull(s + 18, NULL, 10) * 1024 : 4096;
        for (i = 0; i < n_nodes; i++) {
            char key[20];
            (void)snprintf(key, sizeof key, " N%d=", nodes[i].id);
            if (!(s = strstr(line, key))) continue;
            all += page * (uint64_t)strtoull(s + strlen(key), NULL, 10);
            if (!bits_meet(nodes[i].cpus, cpus)) away += page * (uint64_t)strtoull(s + strlen(key), NULL, 10);
        }
    }
    (void)fclose(f);
    if (away > 64u << 20 && away > all / 10)
        finding(WARNING, "numa", "let threads and memory be on one node: numactl --cpunodebind=N --membind=N; for a model's pages that are cached elsewhere: echo 1 > /proc/sys/vm/drop_caches, then load again",
                "%s: %s of its %s lie on a node where its threads may not run, and are read more slowly", name, size_text(away).s, size_text(all).s);
}

static void check_numa(void)
{
    static char text[4096];
    char list[600];
    uint64_t mine[16], memory[16];
    size_t n = 0;
    int i, near = 0, reach = 0;
    list[0] = 0;
    status_bits("self", "\nCpus_allowed_list", mine);
    status_bits("self", "\nMems_allowed_list", memory);
    for (i = n_nodes = 0; i < 64; i++) {
        uint64_t total = UINT64_MAX;
        char *p;
        if (!system_text(text, sizeof text, "%s/devices/system/node/node%d/meminfo", sys_root(), i)) continue;
        if ((p = strstr(text, "MemTotal:"))) total = field_of(p, "MemTotal");
        nodes[n_nodes].left = (p = strstr(text, "MemFree:")) ? field_of(p, "MemFree") : UINT64_MAX;
        if (nodes[n_nodes].left == UINT64_MAX) nodes[n_nodes].left = 0;
        nodes[n_nodes].id = i;
        (void)system_text(text, sizeof text, "%s/devices/system/node/node%d/cpulist", sys_root(), i);
        text[strcspn(text, "\n")] = 0;
        list_bits(text, nodes[n_nodes].cpus);
        if (n < sizeof list) n += (size_t)snprintf(list + n, sizeof list - n, "; node %d: CPUs %.60s, %s, %s free", i, *text ? text : "none", size_text(total == UINT64_MAX ? 0 : total * 1024).s,
                                                   size_text(nodes[n_nodes].left * 1024).s);
        if (bits_meet(nodes[n_nodes].cpus, mine)) {
            near++;
            reach += (int)(memory[0] >> i & 1);
        }
        n_nodes++;
    }
    if (n_nodes < 2) { finding(FINE, "numa", NULL, "one memory node"); return; }
    if (near && !reach && memory[0])
        finding(WARNING, "numa", "allow memory of the same node: cpuset of the container, numactl --membind", "the CPUs that this process may use are of other nodes than the memory that it may use%s", list);
    else if (near == 1) finding(FINE, "numa", "a model larger than the free memory of that node comes from the others, and is read more slowly", "%d memory nodes, this process runs on one of them%s", n_nodes, list);
    else finding(WARNING, "numa", "keep threads and memory of a model that fits into one node together: numactl --cpunodebind=0 --membind=0 llrun ...; else numactl --interleave=all",
                 "%d memory nodes%s: threads reading from another node are slower", n_nodes, list);
}

/* The version in the name that a library of the driver leads to: it must be the one of the kernel module. LLRUN_LIB: a root for tests. */
static int driver_library(const char *library, char *path, size_t cap, char *version, size_t version_cap)
{
    static const char *const folders[] = { "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/lib64", "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64",
        "/usr/lib/x86_64-linux-gnu/nvidia/current", "/run/opengl-driver/lib", "/usr/lib/nvidia" };
    char target[300];
    size_t i;
    ssize_t n;
    for (i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        (void)snprintf(path, cap, "%.200s%s/%s", root_of("LLRUN_LIB", ""), folders[i], library);
        n = readlink(path, target, sizeof target - 1);
        if (n < 0 && access(path, R_OK)) continue;
        target[n > 0 ? n : 0] = 0;
        (void)snprintf(version, version_cap, "%s", strstr(target, ".so.") ? strstr(target, ".so.") + 4 : "");
        return 1;
    }
    return 0;
}

/* What a program that may hang writes to standard output, within 5 seconds. NULL: there is no such program. */
static const char *output_of(const char *const *argv, char *text, size_t cap)
{
    int out_in[2], status = 0, ended = 0;
    size_t n = 0;
    pid_t pid;
    struct timespec begin, now;
    text[0] = 0;
    if (raised() || pipe(out_in)) return NULL;  /* whose program would PATH find? */
    put_flush();                                /* or the child would write it again */
    if (!(pid = fork())) {
        int null = open("/dev/null", O_RDWR);
        (void)setpgid(0, 0);
        if (null < 0 || dup2(null, 0) < 0 || dup2(out_in[1], 1) < 0 || dup2(null, 2) < 0) _exit(127);
        (void)close(out_in[0]);
        (void)execvp(argv[0], (char *const *)(size_t)argv);
        _exit(127);
    }
    (void)close(out_in[1]);
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    while (pid > 0 && n < cap - 1 && !ended) {
        struct pollfd p;
        ssize_t k;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        p.fd = out_in[0];
        p.events = POLLIN;
        if (now.tv_sec - begin.tv_sec >= 5 || poll(&p, 1, 1000) < 0) break;
        if (!p.revents) continue;
        k = read(out_in[0], text + n, cap - 1 - n);
        if (k > 0) n += (size_t)k;
        else ended = 1;
    }
    text[n] = 0;
    (void)close(out_in[0]);
    if (pid < 0) return NULL;
    (void)kill(-pid, SIGKILL);
    (void)waitpid(pid, &status, ended ? 0 : WNOHANG);   /* a program that hangs in its driver may not even die */
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 127 ? NULL : text;
}

static struct { unsigned long pid, mib; char name[60]; int told; } gpu_users[64];
static int n_gpu_users;

/* One line of nvidia-smi's tables: fields divided by ", ". Returns how many. */
static int split_fields(char *line, char *fields[], int n)
{
    int k = 0;
    while (k < n) {
        char *comma = strstr(line, ", ");
        fields[k++] = line;
        if (!comma) break;
        *comma = 0;
        line = comma + 2;
    }
    return k;
}

/* Lists who holds memory of the GPU with this UUID, or of all (NULL). */
static void read_gpu_users(const char *uuid)
{
    const char *const users[] = { "nvidia-smi", "--query-compute-apps=pid,process_name,used_memory", "--format=csv,noheader,nounits", uuid ? "-i" : NULL, uuid, NULL };
    static char text[16384];
    char *line, *next, *f[3];
    n_gpu_users = 0;
    if (!output_of(users, text, sizeof text)) return;
    for (line = text; *line && n_gpu_users < 64; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = 0;
        if (split_fields(line, f, 3) < 3 || *line < '0' || *line > '9') continue;
        gpu_users[n_gpu_users].pid = strtoul(f[0], NULL, 10);
        gpu_users[n_gpu_users].mib = strtoul(f[2], NULL, 10);
        gpu_users[n_gpu_users].told = 0;
        (void)snprintf(gpu_users[n_gpu_users].name, sizeof gpu_users[0].name, "%.59s", strrchr(f[1], '/') ? strrchr(f[1], '/') + 1 : f[1]);
        n_gpu_users++;
    }
}

static void gpu_holders(const llr_gpu_info *info, char *text, size_t cap)
{
    size_t n = 0;
    int i, k = 0;
    text[0] = 0;
    if (info->total_bytes - info->free_bytes < info->total_bytes / 16) return;          /* that much is the driver's */
    read_gpu_users(info->uuid);
    for (i = 0; i < n_gpu_users && k < 3 && n < cap; i++) {
        if (gpu_users[i].pid == (unsigned long)getpid() || !gpu_users[i].mib) continue;
        n += (size_t)snprintf(text + n, cap - n, "%s%s with pid %lu has %s", k++ ? ", " : " (", gpu_users[i].name, gpu_users[i].pid, size_text((uint64_t)gpu_users[i].mib << 20).s);
    }
    if (n < cap) (void)snprintf(text + n, cap - n, "%s", k ? ")" : " (nvidia-smi may show who has the rest)");
}

static void check_nvidia_smi(void)
{
    static const char *const gpus[] = { "nvidia-smi", "--query-gpu=index,name,memory.total,memory.free,driver_version", "--format=csv,noheader,nounits", NULL };
    static char text[16384];
    char *line, *next, *f[5];
    if (!output_of(gpus, text, sizeof text)) return;
    if (!*text) { finding(PROBLEM, "gpu", "dmesg | grep -i nvidia; restart the machine", "nvidia-smi does not answer: the driver hangs"); return; }
    for (line = text; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = 0;
        if (!*line) continue;
        if (split_fields(line, f, 5) < 5) { finding(PROBLEM, "gpu", "llrun doctor --explain with this line", "nvidia-smi: %.300s", line); return; }
        finding(strtoul(f[3], NULL, 10) < strtoul(f[2], NULL, 10) / 10 ? WARNING : FINE, "gpu", strtoul(f[3], NULL, 10) < strtoul(f[2], NULL, 10) / 10 ? "end programs that hold it" : NULL,
                "GPU %.20s: %.80s, driver %.30s, %s of %s free", f[0], f[1], f[4], size_text((uint64_t)strtoul(f[3], NULL, 10) << 20).s, size_text((uint64_t)strtoul(f[2], NULL, 10) << 20).s);
    }
    read_gpu_users(NULL);
}

/* Memory of the GPU that a process holds, in bytes: from nvidia-smi's list, or from what the other drivers note at its open files. */
static uint64_t gpu_memory_of(const char *pid)
{
    char path[400], text[4096];
    uint64_t most = 0;
    DIR *d;
    struct dirent *e;
    int i;
    for (i = 0; i < n_gpu_users; i++)
        if (gpu_users[i].pid == strtoul(pid, NULL, 10)) {
            gpu_users[i].told = 1;
            most += (uint64_t)gpu_users[i].mib << 20;
        }
    (void)snprintf(path, sizeof path, "%.300s/%.20s/fdinfo", proc_root(), pid);
    d = opendir(path);
    while (d && (e = readdir(d))) {             /* files of one client tell the same number: the largest counts */
        uint64_t kib;
        if (!system_text(text, sizeof text, "%.330s/%.60s", path, e->d_name) || (kib = field_of(text, "drm-memory-vram")) == UINT64_MAX) continue;
        if (kib << 10 > most) most = kib << 10;
    }
    if (d) (void)closedir(d);
    return most;
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
    static const char *const libraries[] = { "libcuda.so.1", "libnvidia-ml.so.1" };
    char text[1000], module[60], library[600], version[60], path[400];
    const char *p;
    int cards = nvidia_card(), have[2], fits = 1, i;
    module[0] = 0;
    (void)system_text(text, sizeof text, "%s/driver/nvidia/version", proc_root());
    for (p = strstr(text, "Module"); p && *p && !*module; p += strcspn(p, " \n"), p += strspn(p, " \n"))
        if (*p >= '0' && *p <= '9') (void)snprintf(module, sizeof module, "%.*s", (int)(strcspn(p, " \n") < 50 ? strcspn(p, " \n") : 50), p);
    for (i = 1; i >= 0; i--) {                  /* libcuda last: its path is shown */
        have[i] = driver_library(libraries[i], library, sizeof library, version, sizeof version);
        if (!*module || !have[i] || !strchr(version, '.') || !strcmp(version, module)) continue;
        fits = 0;
        finding(PROBLEM, "gpu", "restart the machine, or reload the nvidia modules: the driver was updated while it was loaded", "driver %s in the kernel, but %s is of %s: no program can use the GPU", module, library, version);
    }
    if (*module && !have[0]) finding(WARNING, "gpu", "install the driver's libraries of the same version; in Docker --gpus all", "NVIDIA driver %s is loaded, but libcuda.so.1 is not there", module);
    else if (*module && fits) finding(FINE, "gpu", NULL, "NVIDIA driver %s, %s", module, library);
    else if (!*module && cards) finding(WARNING, "gpu", "install the NVIDIA driver; nouveau cannot compute", "%d NVIDIA card%s, but no driver is loaded", cards, cards == 1 ? "" : "s");
    else if (!*module && have[0]) finding(FINE, "gpu", "in Docker: --gpus all; else load the driver: modprobe nvidia", "%s is there, but no NVIDIA driver is loaded", library);
    else if (!*module) finding(FINE, "gpu", NULL, "no NVIDIA driver");
    check_nvidia_smi();
    (void)snprintf(path, sizeof path, "%.300s/module/amdgpu", sys_root());
    if (!access(path, F_OK)) finding(FINE, "gpu", access("/dev/kfd", F_OK) || !access("/dev/kfd", R_OK | W_OK) ? NULL : "for ROCm programs: add yourself to the groups render and video",
                                     "AMD driver amdgpu is loaded; llrun has kernels for NVIDIA GPUs alone");
    for (i = 0; i < 16; i++) {
        uint64_t total, used;
        (void)system_text(text, sizeof text, "%s/class/drm/card%d/device/mem_info_vram_total", sys_root(), i);
        total = number_in(text);
        (void)system_text(text, sizeof text, "%s/class/drm/card%d/device/mem_info_vram_used", sys_root(), i);
        used = number_in(text);
        if (total != UINT64_MAX && used <= total) finding(used > total / 10 * 9 ? WARNING : FINE, "gpu", used > total / 10 * 9 ? "end programs that hold it" : NULL,
                                                          "AMD card %d: %s of %s free", i, size_text(total - used).s, size_text(total).s);
    }
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
    char name[64], held[160];
    uint64_t rss, ppid, vram;
    size_t i, n;
    int orphan, large;
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
    vram = gpu_memory_of(pid);
    large = rss > 256u << 10 || vram > 256u << 20;
    (void)snprintf(held, sizeof held, "pid %.20s, %s in memory%s%s%s", pid, size_text(rss * 1024).s, vram ? ", " : "", vram ? size_text(vram).s : "", vram ? " of the GPU's" : "");
    (void)system_text(parent, sizeof parent, "%s/%llu/comm", proc_root(), (unsigned long long)ppid);
    parent[strcspn(parent, "\n")] = 0;
    /* with its parent gone it belongs to process 1 or to a subreaper; services of systemd are there on purpose */
    orphan = (ppid == 1 || !strcmp(parent, "systemd") || !strcmp(parent, "tini") || !strcmp(parent, "dumb-init")) && (runners[i].child || !strstr(group, ".service"));
    if (orphan && runners[i].child)
        finding(PROBLEM, "processes", "end it: kill PID, then kill -9 PID; it holds memory, and GPU memory too if it used the GPU", "%s (%s) has lost its parent (now %llu %s)", name, held, (unsigned long long)ppid, parent);
    else finding(large || orphan ? WARNING : FINE, "processes", orphan ? "if nobody needs it any more: kill PID" : large ? "end it or unload its model (ollama stop) if memory is short" : NULL,
                 "%s runs (%s%s%s)", name, held, orphan ? ", its parent is gone or is " : "", orphan ? parent : "");
    check_numa_of(pid, name);
}

static void check_processes(void)
{
    DIR *d = opendir(proc_root());
    struct dirent *e;
    int i, before = found.n[0] + found.n[1] + found.n[2];
    while (d && (e = readdir(d))) if (e->d_name[0] >= '1' && e->d_name[0] <= '9') check_process(e->d_name);
    if (d) (void)closedir(d);
    for (i = 0; i < n_gpu_users; i++)
        if (!gpu_users[i].told) finding(gpu_users[i].mib > 256 ? WARNING : FINE, "processes", gpu_users[i].mib > 256 ? "end it if the GPU's memory is short" : NULL, "%s (pid %lu) holds %s of the GPU's memory",
                                        gpu_users[i].name, gpu_users[i].pid, size_text((uint64_t)gpu_users[i].mib << 20).s);
    if (before == found.n[0] + found.n[1] + found.n[2]) finding(FINE, "processes", NULL, "no other runner of language models is visible");
}

/* The socket that listens at the port, as its inode; 0: none. */
static unsigned long listener_of(int port)
{
    static const char *const tables[] = { "tcp", "tcp6" };
    char path[400], line[600];
    unsigned long inode = 0, id;
    unsigned p, state;
    size_t i;
    for (i = 0; i < 2 && !inode; i++) {
        FILE *f;
        (void)snprintf(path, sizeof path, "%.300s/net/%s", proc_root(), tables[i]);
        if (!(f = open_utf8(path, "rb"))) continue;
        while (!inode && fgets(line, sizeof line, f))
            if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu", &p, &state, &id) == 3 && (int)p == port && state == 10) inode = id;
        (void)fclose(f);
    }
    return inode;
}

/* " by NAME (pid N)", or what to do where its files are not shown. */
static void holder_of(unsigned long inode, char *text, size_t cap)
{
    char want[40], path[400], link[80], name[64];
    DIR *d = opendir(proc_root()), *fds;
    struct dirent *e, *fd;
    (void)snprintf(want, sizeof want, "socket:[%lu]", inode);
    (void)snprintf(text, cap, " by a process of another user (sudo ss -ltnp shows it)");
    while (d && (e = readdir(d))) {
        if (e->d_name[0] < '1' || e->d_name[0] > '9') continue;
        (void)snprintf(path, sizeof path, "%.300s/%.20s/fd", proc_root(), e->d_name);
        fds = opendir(path);
        while (fds && (fd = readdir(fds))) {
            ssize_t n;
            (void)snprintf(path, sizeof path, "%.300s/%.20s/fd/%.20s", proc_root(), e->d_name, fd->d_name);
            n = readlink(path, link, sizeof link - 1);
            link[n > 0 ? n : 0] = 0;
            if (strcmp(link, want)) continue;
            (void)system_text(name, sizeof name, "%s/%s/comm", proc_root(), e->d_name);
            name[strcspn(name, "\n")] = 0;
            (void)snprintf(text, cap, " by %s (pid %.20s)", name, e->d_name);
        }
        if (fds) (void)closedir(fds);
    }
    if (d) (void)closedir(d);
}

static void check_port(int port, const char *whose)
{
    struct sockaddr_in a;
    char holder[120] = "";
    unsigned long inode = listener_of(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, e = 0;
    if (fd < 0) return;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t)port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);   /* connections of the past are no hindrance */
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 1)) e = errno;
    (void)close(fd);
    if (inode) holder_of(inode, holder, sizeof holder);
    if (inode || e == EADDRINUSE) finding(WARNING, "ports", "use that server, end it, or give another port", "127.0.0.1:%d (%s) is in use%s", port, whose, holder);
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
    map = (uint64_t)st.st_size > SIZE_MAX ? MAP_FAILED : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) e = (uint64_t)st.st_size > SIZE_MAX ? EFBIG : errno;
    else {
        unsigned char in_memory;
        size_t at, page = (size_t)sysconf(_SC_PAGESIZE);
        volatile const char *bytes = (volatile const char *)map;
        for (at = 0; n_nodes > 1 && at < (size_t)st.st_size; at += page)    /* pages that are cached show in numa_maps once they are touched */
            if (!mincore((char *)map + at, 1, &in_memory) && in_memory & 1) (void)bytes[at];
        check_numa_of("self", "the model's pages in memory");
        (void)munmap(map, (size_t)st.st_size);
    }
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
static void gpu_holders(const llr_gpu_info *info, char *text, size_t cap) { (void)info; (void)snprintf(text, cap, " (nvidia-smi may show who has the rest)"); }
static void check_file_system(void) { }
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
                                         size_text(p.new_bytes).s, size_text(have).s);
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
    else finding(PROBLEM, "model", v.model_err.code == LLR_E_NOMEM ? "end other programs" : "another file, or a newer llrun", "%s", v.model_err.msg);
    if (v.vocab) finding(FINE, "tokenizer", NULL, "%ld tokens: supported", (long)v.vi.n_tokens);
    else finding(WARNING, "tokenizer", "such a model runs on token ids only: --no-vocab --tokens", "%s", v.vocab_err.msg);
    if (v.model) check_model_plan(v.model);
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
    check_gpu_kernels();
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
        if (o && o->kind != FLAG && o->kind != MAYBE && !argv[i][n]) i++;
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
        if (opt.die_with_parent != NO_INTEGER) watch_parent(opt.die_with_parent);
        choose_isa();
        check_gpu();
        code = c->run();
        if (file_failed()) die(CODE_FAILED, "%s was cut short, or its disk failed, while it was in use: what was written may be wrong", opt.model);
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
