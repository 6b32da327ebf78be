/* child: runs a command as the tests of the program need it, the same on every system and from every shell.
 *
 *     child [-s SIGNAL -a MS] [-w MS] [-m MIB] [-t SECONDS] COMMAND ...
 *
 * Signals are at their defaults in COMMAND. -s: sends signal number SIGNAL after -a milliseconds; COMMAND must then end
 * within -w milliseconds (default 1000), else the exit status is 125. -m: limit of its address space. -t: it is killed after
 * that many seconds (default 60), exit status 124. Else the exit status is that of COMMAND, or 200 + n if signal n ended it.
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

static void nap(void)
{
    struct timespec t = { 0, 2000000 };
    nanosleep(&t, NULL);
}

static void start(char **argv, long mib)
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
    execvp(argv[0], argv);
    fprintf(stderr, "child: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

int main(int argc, char **argv)
{
    long sig = 0, after = 0, within = 1000, mib = 0, seconds = 60;
    double t0, sent = 0;
    int c, status;
    pid_t pid;
    while ((c = getopt(argc, argv, "+s:a:w:m:t:")) != -1) {
        long v = atol(optarg ? optarg : "0");
        if (c == 's') sig = v; else if (c == 'a') after = v; else if (c == 'w') within = v;
        else if (c == 'm') mib = v; else if (c == 't') seconds = v; else return 126;
    }
    if (optind >= argc) return 126;
    pid = fork();
    if (pid < 0) return 126;
    if (pid == 0) start(argv + optind, mib);
    for (t0 = now(); waitpid(pid, &status, WNOHANG) == 0; nap()) {
        if (sig && !sent && now() - t0 > 1e-3 * (double)after) { sent = now(); kill(pid, (int)sig); }
        if (now() - t0 > (double)seconds) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return 124;
        }
    }
    if (sent > 0 && now() - sent > 1e-3 * (double)within) return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}
