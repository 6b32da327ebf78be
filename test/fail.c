/* fail: every command of the program with the n-th allocation, file operation or thread failing, for all n; and a model cut
 * short at every byte. Each run must end with an exit status of its own and say why, or do without and give what it gives
 * otherwise. A process per run, by fork: the program is in here.
 *
 *     cc -O1 -DLLRUN_TIERS=2 -o fail fail.c -lm -lpthread
 *     ./fail FOLDER            the models tiny.gguf and least.gguf are there
 */
#define _GNU_SOURCE 1
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* what the processes share */
static struct { int calls; char what[32]; } *shared;
static int fail_at;                             /* from 1; 0: nothing fails */

static int fails(const char *what, int code)
{
    if (!fail_at || ++shared->calls != fail_at) return 0;
    (void)snprintf(shared->what, sizeof shared->what, "%s", what);
    errno = code;
    return 1;
}

static void *fail_malloc(size_t n) { return fails("malloc", ENOMEM) ? NULL : malloc(n); }
static void *fail_calloc(size_t n, size_t k) { return fails("calloc", ENOMEM) ? NULL : calloc(n, k); }
static void *fail_realloc(void *p, size_t n) { return fails("realloc", ENOMEM) ? NULL : realloc(p, n); }
static int fail_open(const char *path, int flags) { return fails("open", EMFILE) ? -1 : open(path, flags); }
static FILE *fail_fopen(const char *path, const char *mode) { return fails("fopen", EMFILE) ? NULL : fopen(path, mode); }
static ssize_t fail_pread(int fd, void *p, size_t n, off_t at) { return fails("pread", EIO) ? -1 : pread(fd, p, n, at); }
static void *fail_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at)
{
    return fails("mmap", ENODEV) ? MAP_FAILED : mmap(p, n, protection, flags, fd, at);
}
static int fail_thread(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *p)
{
    return fails("pthread_create", EAGAIN) ? EAGAIN : pthread_create(t, a, f, p);
}
/* Runs a hundred times as fast: what measures for a while has soon done so. */
static int fast_clock(clockid_t id, struct timespec *t)
{
    int code = clock_gettime(id, t);
    long long ns = 100ll * t->tv_nsec;
    t->tv_sec = 100 * t->tv_sec + (time_t)(ns / 1000000000);
    t->tv_nsec = (long)(ns % 1000000000);
    return code;
}

#define malloc fail_malloc
#define calloc fail_calloc
#define realloc fail_realloc
#define open fail_open
#define fopen fail_fopen
#define pread fail_pread
#define mmap fail_mmap
#define pthread_create fail_thread
#define clock_gettime fast_clock
#define main program
#include "../llrun.c"
#undef malloc
#undef calloc
#undef realloc
#undef open
#undef fopen
#undef pread
#undef mmap
#undef pthread_create
#undef clock_gettime
#undef main

static long passed, failed;
static const char *folder;

static void check(int ok, const char *what, const char *line, int n, int code)
{
    if (ok) { passed++; return; }
    failed++;
    if (failed <= 20) printf("FAIL %s: exit %d, run %d (%s): %s\n", line, code, n, shared->what, what);
}

static const char *file(const char *name)       /* in the folder; good for the next three calls */
{
    static char paths[4][512];
    static int k;
    k = (k + 1) % 4;
    (void)snprintf(paths[k], sizeof paths[k], "%s/%s", folder, name);
    return paths[k];
}

/* Runs the words of line, "@" for the model, with n-th call failing. Its exit status, or 200 + a signal. */
static int run_line(const char *line, const char *model, int n)
{
    static char words[512];
    char *argv[24];
    int argc = 1, status;
    pid_t pid;
    (void)fflush(NULL);
    shared->calls = 0;
    pid = fork();
    if (pid == 0) {
        (void)snprintf(words, sizeof words, "%s", line);
        argv[0] = words;                        /* any name */
        for (argv[1] = strtok(words, " "); argv[argc]; argv[++argc] = strtok(NULL, " "))
            if (!strcmp(argv[argc], "@")) argv[argc] = (char *)(uintptr_t)model;
        if (!freopen(file("stdin"), "rb", stdin) || !freopen(file("stdout"), "wb", stdout) || !freopen(file("stderr"), "wb", stderr)) _exit(99);
        (void)alarm(600);                       /* a run that hangs is a failure; one on a stopped machine only takes long */
        fail_at = n;
        exit(program(argc, argv));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) { perror("fail"); exit(1); }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static size_t read_text(const char *name, char *to, size_t room)
{
    FILE *f = fopen(file(name), "rb");
    size_t n = f ? fread(to, 1, room - 1, f) : 0;
    if (f) (void)fclose(f);
    to[n] = 0;
    return n;
}

static int has_message(void)
{
    static char text[1 << 14];
    const char *p;
    (void)read_text("stderr", text, sizeof text);
    p = strstr(text, "llrun: error: ");
    return p && p[14] && p[14] != '\n';
}

/* varies: what is printed depends on the moment. */
static void every_failure(const char *line, int varies)
{
    static char normal[1 << 16], now[1 << 16];
    int n, code = run_line(line, file("tiny.gguf"), 0);
    check(code == 0, "does not work", line, 0, code);
    (void)read_text("stdout", normal, sizeof normal);
    for (n = 1; n < 5000; n++) {
        shared->what[0] = 0;
        code = run_line(line, file("tiny.gguf"), n);
        if (shared->calls < n) break;
        check(code == 0 || code == 1 || code == 3 || code == 5, "not a status for this", line, n, code);
        if (code) check(has_message(), "does not say why", line, n, code);
        else if (!varies) { (void)read_text("stdout", now, sizeof now); check(!strcmp(normal, now), "prints something else", line, n, code); }
    }
    check(n > 1 && n < 5000, "the number of calls", line, n, code);
    printf("     %4d failures  %s\n", n - 1, line);
}

/* A file can end anywhere: what is left is refused, with a sentence. */
static void every_length(void)
{
    static const char *const lines[] = { "show @", "logits @ --tokens 1", "logits @ --tokens 1 --no-mmap" };
    static char bytes[1 << 16];
    size_t n = read_text("least.gguf", bytes, sizeof bytes), i, k;
    FILE *f = fopen(file("cut.gguf"), "wb");
    check(n > 1000 && f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0, "the model", "cut", 0, 0);
    i = (size_t)run_line(lines[1], file("cut.gguf"), 0);
    check(i == 0, "does not work whole", lines[1], 0, (int)i);
    for (i = n; i-- > 0;)
        for (k = i % 8 ? 1 : 0; k < (i % 8 ? 2 : 3); k++) {
            int code;
            check(truncate(file("cut.gguf"), (off_t)i) == 0, "cannot cut", lines[k], (int)i, 0);
            code = run_line(lines[k], file("cut.gguf"), 0);
            check(code == 3 && has_message(), "cut short", lines[k], (int)i, code);
        }
    printf("     %4d lengths\n", (int)n);
}

int main(int argc, char **argv)
{
    static const struct { const char *line; int varies; } rows[] = {
        { "run @ -p ab --raw -n 3 --temp 0 --ignore-eos -t 2", 0 }, { "run @ -p ab -n 3 --temp 0 --no-mmap --stop zz -t 1", 0 },
        { "run @ ab --ids -n 2 --seed 1 --mlock", 0 }, { "show @", 0 }, { "show @ --json --checksum", 0 }, { "plan @ --json", 1 }, { "tokenize @", 0 },
        { "detokenize @ --tokens 1,300", 0 }, { "logits @ --tokens 1,2,3 --all --kv q8_0", 0 },
        { "perplexity @ --tokens 1,2,3 --json", 0 }, { "dump @ output_norm.weight", 0 }, { "template @", 0 }, { "bench @ -p 2 -n 2 -r 1", 1 },
        { "cpu", 0 }, { "help", 0 }, { "version", 0 }, { "cpu --die-with-parent", 0 }
    };
    FILE *f;
    size_t i;
    if (argc < 2) return 2;
    folder = argv[1];
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    f = fopen(file("stdin"), "wb");
    if (shared == MAP_FAILED || !f || fputs("{\"messages\":[{\"role\":\"user\",\"content\":\"ab\"}]}\n", f) < 0 || fclose(f)) return 1;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) every_failure(rows[i].line, rows[i].varies);
    every_length();
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
