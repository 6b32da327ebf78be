/* pty: runs a command on a pseudo-terminal, types for it, and looks at what a terminal would show.
 *
 *     pty [-s COLUMNSxROWS] COMMAND ... < SCRIPT
 *
 * SCRIPT, a step a line; in TEXT, \n \r \t \e \\ and \xHH are what they are in C:
 *     send TEXT       types it
 *     expect TEXT     waits until TEXT has come since the last expect that was met; screen sequences are part of what comes
 *     absent TEXT     TEXT has not come since the last expect
 *     row TEXT        waits until the row of the cursor shows TEXT, without blanks at its end
 *     above N TEXT    the same for the row N rows above it
 *     column N        waits until the cursor stands in column N (from 0)
 *     signal N        sends a signal to the command, which is in the foreground
 *     fg              waits until the command, of which something has come, has stopped, then lets it go on in the foreground, as a shell does
 *     wait MS         takes in what comes for so long
 *     exit N          waits for the end, with exit status N (200 + n: signal n)
 *     cooked          the terminal's own echo and lines are on again, as they were found
 * The screen knows what line editors send: CR, LF, cursor up, right and home, erase; wide characters take two columns.
 * The last line says `N passed, N failed`.
 */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COLUMNS = 200, MAX_ROWS = 60, SECONDS = 15 };
static int columns = 80, rows = 24, x, y, wrap;
static char screen[MAX_ROWS][MAX_COLUMNS][8];   /* a cell: UTF-8; "" right of a wide character */
static char came[1 << 20];                      /* all output; expect looks from `seen` on */
static size_t n_came, seen, parsed;
static int fd, passed, failed, line_number, ended, status;
static pid_t pid;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void erase(int from_row, int from_column)
{
    int r, c;
    for (r = from_row; r < rows; r++)
        for (c = r == from_row ? from_column : 0; c < columns; c++) strcpy(screen[r][c], " ");
}

static void line_feed(void)
{
    if (y + 1 < rows) { y++; return; }
    memmove(screen[0], screen[1], sizeof screen[0] * (size_t)(rows - 1));
    erase(rows - 1, 0);
}

static void put_cell(const char *s, size_t n)
{
    unsigned char c = (unsigned char)s[0];
    int wide = c >= 0xe3 && c <= 0xed ? 2 : c >= 0xf0 ? 2 : 1;        /* near enough for tests */
    if (c == 0xcc || c == 0xcd) {                                       /* a combining mark joins the cell before it */
        if (x && strlen(screen[y][x - 1]) + n < 8) strncat(screen[y][x - 1], s, n);
        return;
    }
    if (wrap || x + wide > columns) { x = 0; line_feed(); wrap = 0; }
    memcpy(screen[y][x], s, n);
    screen[y][x][n] = 0;
    if (wide == 2) screen[y][x + 1][0] = 0;
    x += wide;
    if (x >= columns) { x = columns - 1; wrap = 1; }                    /* as xterm: the next character wraps */
}

/* One whole sequence or character at s; 0: more must come. */
static size_t interpret(const char *s, size_t n)
{
    unsigned char c = (unsigned char)s[0];
    size_t len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, i;
    int value;
    if (n < len) return 0;
    if (c != 27) {
        if (c == '\r') { x = 0; wrap = 0; }
        else if (c == '\n') { line_feed(); wrap = 0; }
        else if (c == '\b') x -= x > 0;
        else if (c >= ' ') put_cell(s, len);
        return len;
    }
    if (n < 2) return 0;
    if (s[1] != '[') return 2;
    for (i = 2; i < n && !(s[i] >= 0x40 && s[i] <= 0x7e); i++) { }
    if (i == n) return 0;
    value = atoi(s + 2) ? atoi(s + 2) : 1;
    wrap = 0;
    switch (s[i]) {
    case 'A': y = y > value ? y - value : 0; break;
    case 'C': x = x + value < columns ? x + value : columns - 1; break;
    case 'H': x = y = 0; break;
    case 'J': if (s[2] == '2') erase(0, 0); else erase(y, x); break;
    case 'K': erase(y, x); break;                                       /* no one sends it above the last row */
    case 'h': case 'l': case 'm': break;
    default: printf("FAIL pty: an unknown sequence: ESC %.*s\n", (int)i, s + 1); failed++;
    }
    return i + 1;
}

/* Takes in what comes within ms; 0 at the end. */
static int take(int ms)
{
    struct pollfd p;
    ssize_t n;
    size_t k;
    p.fd = fd;
    p.events = POLLIN;
    if (ended || poll(&p, 1, ms) <= 0) return !ended;
    n = read(fd, came + n_came, sizeof came - n_came - 1);
    if (n <= 0) { ended = 1; return 0; }
    n_came += (size_t)n;
    came[n_came] = 0;
    while (parsed < n_came && (k = interpret(came + parsed, n_came - parsed)) != 0) parsed += k;
    return 1;
}

static size_t unescape(char *s)
{
    char *to = s;
    const char *from = s;
    for (; *from; from++) {
        unsigned v;
        if (*from != '\\' || !from[1]) { *to++ = *from; continue; }
        switch (*++from) {
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'e': *to++ = 27; break;
        case 'x': if (sscanf(from + 1, "%2x", &v) == 1) { *to++ = (char)v; from += 2; } break;
        default: *to++ = *from;
        }
    }
    *to = 0;
    return (size_t)(to - s);
}

static const char *row_text(int r)
{
    static char text[MAX_COLUMNS * 8];
    size_t n = 0;
    int c;
    text[0] = 0;
    if (r >= 0) for (c = 0; c < columns; c++) n += (size_t)sprintf(text + n, "%s", screen[r][c]);
    while (n && text[n - 1] == ' ') text[--n] = 0;
    return text;
}

static int came_has(const char *text, size_t n, size_t *end)
{
    size_t i;
    for (i = seen; i + n <= n_came; i++) if (!memcmp(came + i, text, n)) { *end = i + n; return 1; }
    return 0;
}

static int is_cooked(void)
{
    struct termios t;
    return tcgetattr(fd, &t) == 0 && (t.c_lflag & ECHO) && (t.c_lflag & ICANON) && (t.c_lflag & ISIG) && (t.c_iflag & ICRNL);
}

static void step(char *line)
{
    char *word = line, *text = line + strcspn(line, " ");
    double start = now();
    size_t n, end = 0;
    int ok = 0, above = 0;
    if (*text) *text++ = 0;
    if (!strcmp(word, "above")) { above = (int)strtol(text, &text, 10); text += *text == ' '; }
    n = unescape(text);
    if (!strcmp(word, "send")) {
        ok = write(fd, text, n) == (ssize_t)n;
        take(0);
    } else if (!strcmp(word, "wait")) {
        while (now() - start < 1e-3 * atoi(text)) take(10);
        ok = 1;
    } else if (!strcmp(word, "signal")) ok = kill(-tcgetpgrp(fd), atoi(text)) == 0;
    else if (!strcmp(word, "fg")) {                     /* a SIGCONT that comes before the stop would be lost */
        while (tcgetpgrp(fd) != pid && take(20) && now() - start < SECONDS) { }
        ok = tcgetpgrp(fd) == pid && kill(pid, SIGUSR1) == 0;
    } else if (!strcmp(word, "absent")) ok = !came_has(text, n, &end);
    else if (!strcmp(word, "exit")) {
        while (take(50) && now() - start < SECONDS) { }
        while (waitpid(pid, &status, WNOHANG) == 0 && now() - start < SECONDS) usleep(2000);
        ok = WIFEXITED(status) && WEXITSTATUS(status) == atoi(text);
        if (!ok) printf("its status is %d%s\n", WEXITSTATUS(status), ended ? "" : ", and it has not ended");
    } else {
        int more = 1;
        do {
            ok = !strcmp(word, "expect") ? came_has(text, n, &end) : !strcmp(word, "cooked") ? is_cooked()
               : !strcmp(word, "column") ? x == atoi(text) : !strcmp(row_text(y - above), text);
            if (ok || !more) break;
            more = take(20);
        } while (now() - start < SECONDS);
        if (ok && end) seen = end;
    }
    if (ok) { passed++; return; }
    failed++;
    printf("FAIL pty, line %d: %s %s\n     cursor at %d,%d; its row: \"%s\"; came last: \"", line_number, word, text, x, y, row_text(y));
    for (n = n_came > seen + 300 ? n_came - 300 : seen; n < n_came; n++) printf(came[n] >= ' ' ? "%c" : "\\x%02x", (unsigned char)came[n]);
    printf("\"\n");
}

/* What a shell does: COMMAND in a process group of its own in the foreground; without such a parent Ctrl-Z would not stop it.
 * When it has stopped, the terminal is taken from it until SIGUSR1. */
static void lead(char **argv)
{
    pid_t child;
    sigset_t usr1;
    int i;
    for (i = 1; i < 32; i++) if (i != SIGTTOU) signal(i, SIG_DFL);      /* whoever runs the tests may ignore some */
    signal(SIGTTOU, SIG_IGN);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    child = fork();
    if (child == 0) {
        sigprocmask(SIG_UNBLOCK, &usr1, NULL);
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        execvp(argv[0], argv);
        _exit(127);
    }
    while (waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status)) {
        tcsetpgrp(0, getpgrp());
        sigwait(&usr1, &i);
        tcsetpgrp(0, child);
        kill(-child, SIGCONT);
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
    static char line[65536];
    struct winsize size;
    int c, slave;
    while ((c = getopt(argc, argv, "+s:")) != -1) if (c != 's' || sscanf(optarg, "%dx%d", &columns, &rows) != 2) return 126;
    if (optind >= argc || columns > MAX_COLUMNS || rows > MAX_ROWS) return 126;
    memset(&size, 0, sizeof size);
    size.ws_col = (unsigned short)columns;
    size.ws_row = (unsigned short)rows;
    erase(0, 0);
    fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (fd < 0 || grantpt(fd) || unlockpt(fd) || (slave = open(ptsname(fd), O_RDWR | O_NOCTTY)) < 0) {
        printf("pty: no pseudo-terminal here: %s\n0 passed, 0 failed\n", strerror(errno));
        return 0;
    }
    ioctl(slave, TIOCSWINSZ, &size);
    pid = fork();
    if (pid == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        dup2(slave, 0); dup2(slave, 1); dup2(slave, 2);
        if (slave > 2) close(slave);
        close(fd);
        lead(argv + optind);
    }
    close(slave);
    while (!failed && fgets(line, sizeof line, stdin)) {        /* what follows a failure would fail too */
        line_number++;
        line[strcspn(line, "\n")] = 0;
        if (*line && *line != '#') step(line);
    }
    if (!ended) kill(pid, SIGKILL);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
