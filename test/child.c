/* child: runs a command as the tests of the program need it, the same on every system and from every shell.
 *
 *     child [-s SIGNAL | -k] [-a MS] [-w MS] [-m MIB] [-t SECONDS] [-1] [-v] [-A FILE] [-g FOLDER] [-f TIMES] COMMAND ...
 *
 * Signals are at their defaults in COMMAND. -s: sends signal number SIGNAL after -a milliseconds; COMMAND must then end
 * within -w milliseconds (default 1000), else the exit status is 125. -m: limit of its address space. -t: it is killed after
 * that many seconds (default 60), exit status 124. Else the exit status is that of COMMAND, or 200 + n if signal n ended it.
 * -k: COMMAND is the child of a process in between, started by a thread of it that ends at once; that process is killed after
 * -a milliseconds (SIGKILL), and COMMAND must end within -w: exit status 0, else 125; 123 if it did not live so long. -1: it is
 * process 1 of its own PID namespace (Linux); exit status 77 if that cannot be had. -v: milliseconds from the signal to the
 * end, on standard error. -A: writes to FILE how much anonymous memory it had at most, and how much
 * of .gguf files it had mapped, in KiB (Linux). -g: it runs in the control group of FOLDER. -f: COMMAND runs so many times, and
 * the median of the milliseconds to the first byte of its output is written in place of the output.
 */
#if defined(__linux__)
#  define _GNU_SOURCE 1
#endif
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#ifdef __linux__
#  include <sched.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void nap(long us)
{
    struct timespec t = { 0, us * 1000 };
    nanosleep(&t, NULL);
}

/* RssAnon of a process in KiB; 0: not there. */
static long anonymous(pid_t pid)
{
    char name[64], line[256];
    long kib = 0;
    FILE *f;
    snprintf(name, sizeof name, "/proc/%ld/status", (long)pid);
    f = fopen(name, "r");
    while (f && fgets(line, sizeof line, f)) if (sscanf(line, "RssAnon: %ld", &kib) == 1) break;
    if (f) fclose(f);
    return kib;
}

static long mapped(pid_t pid)
{
    char name[64], line[4400];
    unsigned long from, to, bytes = 0;
    FILE *f;
    snprintf(name, sizeof name, "/proc/%ld/maps", (long)pid);
    f = fopen(name, "r");
    while (f && fgets(line, sizeof line, f))
        if (strstr(line, ".gguf\n") && sscanf(line, "%lx-%lx", &from, &to) == 2) bytes += to - from;
    if (f) fclose(f);
    return (long)(bytes / 1024);
}

static int write_text(const char *folder, const char *file, const char *text)
{
    char name[1200];
    FILE *f;
    int bad;
    snprintf(name, sizeof name, "%s%s", folder, file);
    f = fopen(name, "w");
    if (!f) return 0;
    bad = fputs(text, f) < 0;
    return !fclose(f) && !bad;
}

static void start(char **argv, long mib, const char *group)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT };
    struct rlimit limit;
    size_t i;
    for (i = 0; i < sizeof signals / sizeof signals[0]; i++) signal(signals[i], SIG_DFL);
    limit.rlim_cur = limit.rlim_max = 0;
    setrlimit(RLIMIT_CORE, &limit);
    if (mib) {
        limit.rlim_cur = limit.rlim_max = (rlim_t)mib << 20;
        setrlimit(RLIMIT_AS, &limit);
    }
    if (group && !write_text(group, "/cgroup.procs", "0")) {
        fprintf(stderr, "child: cannot enter %s: %s\n", group, strerror(errno));
        _exit(127);
    }
    execvp(argv[0], argv);
    fprintf(stderr, "child: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

/* the process in between */
static struct { char **argv; long mib; int pipe[2]; } between;

static void *start_by_thread(void *unused)
{
    pid_t pid = fork();
    if (pid == 0) { close(between.pipe[0]); start(between.argv, between.mib, NULL); }
    (void)!write(between.pipe[1], &pid, sizeof pid);
    close(between.pipe[1]);                     /* now COMMAND alone has it: the pipe ends when COMMAND does */
    return unused;
}

/* Does COMMAND die when its parent is killed? */
static int orphan(char **argv, long mib, long after, long within, int verbose)
{
    struct pollfd p;
    pid_t middle, pid = 0;
    double killed;
    int gone;
    between.argv = argv;
    between.mib = mib;
    if (pipe(between.pipe)) return 126;
    middle = fork();
    if (middle < 0) return 126;
    if (middle == 0) {
        pthread_t t;
        if (pthread_create(&t, NULL, start_by_thread, NULL) || pthread_join(t, NULL)) _exit(126);
        for (;;) pause();
    }
    close(between.pipe[1]);
    p.fd = between.pipe[0];
    p.events = POLLIN;
    if (read(p.fd, &pid, sizeof pid) != sizeof pid || pid < 0) return 126;
    gone = poll(&p, 1, (int)after);
    kill(middle, SIGKILL);
    waitpid(middle, NULL, 0);
    if (gone) return 123;
    killed = now();
    gone = poll(&p, 1, (int)within);
    if (verbose) fprintf(stderr, "child: %.1f ms\n", 1e3 * (now() - killed));
    if (!gone) kill(pid, SIGKILL);
    return gone ? 0 : 125;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int first_output(char **argv, long times)
{
    enum { MOST = 1000 };
    static double ms[MOST];
    char text[4096];
    long i;
    if (times < 1 || times > MOST) return 126;
    for (i = 0; i < times; i++) {
        double t0 = now();
        int out[2], status;
        pid_t pid;
        if (pipe(out) || (pid = fork()) < 0) return 126;
        if (pid == 0) {
            if (dup2(out[1], 1) < 0) _exit(126);
            close(out[0]);
            close(out[1]);
            start(argv, 0, NULL);
        }
        close(out[1]);
        if (read(out[0], text, 1) != 1) return 126;
        ms[i] = 1e3 * (now() - t0);
        while (read(out[0], text, sizeof text) > 0) {}
        close(out[0]);
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) return 126;
    }
    qsort(ms, (size_t)times, sizeof *ms, by_value);
    printf("%.2f\n", times % 2 ? ms[times / 2] : (ms[times / 2 - 1] + ms[times / 2]) / 2);
    return 0;
}

int main(int argc, char **argv)
{
    int kill_parent = 0, first = 0, verbose = 0;
    long sig = 0, after = 0, within = 1000, mib = 0, seconds = 60, most = 0, files = 0, times = 0, kib;
    const char *report = NULL, *group = NULL;
    double t0, sent = 0;
    int c, status;
    pid_t pid;
    while ((c = getopt(argc, argv, "+s:a:w:m:t:k1vA:g:f:")) != -1) {
        long v = atol(optarg ? optarg : "0");
        if (c == 'k') kill_parent = 1; else if (c == '1') first = 1; else if (c == 'v') verbose = 1;
        else if (c == 's') sig = v; else if (c == 'a') after = v; else if (c == 'w') within = v;
        else if (c == 'A') report = optarg; else if (c == 'g') group = optarg;
        else if (c == 'm') mib = v; else if (c == 'f') times = v; else if (c == 't') seconds = v; else return 126;
    }
    if (optind >= argc) return 126;
    if (times) return first_output(argv + optind, times);
    if (kill_parent) return orphan(argv + optind, mib, after, within, verbose);
    if (first) {
#ifdef __linux__
        if (unshare(CLONE_NEWUSER | CLONE_NEWPID)) return 77;
#else
        return 77;
#endif
    }
    pid = fork();
    if (pid < 0) return 126;
    if (pid == 0) start(argv + optind, mib, group);
    for (t0 = now(); waitpid(pid, &status, WNOHANG) == 0; nap(report ? 500 : 2000)) {
        if (report && (kib = anonymous(pid)) > most) {
            most = kib;
            files = mapped(pid);
        }
        if (sig && !sent && now() - t0 > 1e-3 * (double)after) { sent = now(); kill(pid, (int)sig); }
        if (now() - t0 > (double)seconds) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return 124;
        }
    }
    if (verbose && sent > 0) fprintf(stderr, "child: %.1f ms\n", 1e3 * (now() - sent));
    if (report) {
        char text[64];
        snprintf(text, sizeof text, "%ld %ld\n", most, files);
        if (!write_text(report, "", text)) return 126;
    }
    if (sent > 0 && now() - sent > 1e-3 * (double)within) return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}
