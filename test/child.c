/* child: runs a command as the tests of the program need it, the same on every system and from every shell.
 *
 *     child [-s SIGNAL -a MS] [-w MS] [-m MIB] [-t SECONDS] [-A FILE] [-g FOLDER] COMMAND ...
 *
 * Signals are at their defaults in COMMAND. -s: sends signal number SIGNAL after -a milliseconds; COMMAND must then end
 * within -w milliseconds (default 1000), else the exit status is 125. -m: limit of its address space. -t: it is killed after
 * that many seconds (default 60), exit status 124. -A: writes to FILE how much anonymous memory it had at most, and how
 * much of .gguf files it had mapped, in KiB (Linux). -g: it runs in the control group of FOLDER. Else the exit status is that of COMMAND, or 200 + n if signal n ended it.
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
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

int main(int argc, char **argv)
{
    long sig = 0, after = 0, within = 1000, mib = 0, seconds = 60, most = 0, files = 0, kib;
    const char *report = NULL, *group = NULL;
    double t0, sent = 0;
    int c, status;
    pid_t pid;
    while ((c = getopt(argc, argv, "+s:a:w:m:t:A:g:")) != -1) {
        long v = atol(optarg ? optarg : "0");
        if (c == 's') sig = v; else if (c == 'a') after = v; else if (c == 'w') within = v;
        else if (c == 'A') report = optarg; else if (c == 'g') group = optarg;
        else if (c == 'm') mib = v; else if (c == 't') seconds = v; else return 126;
    }
    if (optind >= argc) return 126;
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
    if (report) {
        char text[64];
        snprintf(text, sizeof text, "%ld %ld\n", most, files);
        if (!write_text(report, "", text)) return 126;
    }
    if (sent > 0 && now() - sent > 1e-3 * (double)within) return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}
