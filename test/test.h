/* A test is a function test_NAME(void) and a row X(NAME) in the list at the end of its file. Checks are counted; failures
 * are printed with their place and do not end the test. */
#ifndef TEST_H
#define TEST_H
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <time.h>

enum { TEST_MAX_REPORTS = 10 };              /* failures printed per test */
static long test_checks, test_failures;      /* of the test that runs */

static void test_fail(const char *file, int line, const char *what, const char *fmt, ...)
{
    va_list args;
    if (++test_failures > TEST_MAX_REPORTS) return;
    printf("%s:%d: %s", file, line, what);
    if (fmt) {
        printf(": ");
        va_start(args, fmt);
        vprintf(fmt, args);
        va_end(args);
    }
    printf("\n");
    fflush(stdout);
}

/* The arguments after cond are evaluated only if it fails: they may depend on it. */
#define CHECK(cond) (test_checks++, (cond) ? (void)0 : test_fail(__FILE__, __LINE__, #cond, NULL))
#define CHECK_MSG(cond, ...) (test_checks++, (cond) ? (void)0 : test_fail(__FILE__, __LINE__, #cond, __VA_ARGS__))

typedef struct test_row { const char *name; void (*run)(void); } test_row;
#define TEST_ROW(name) { #name, test_##name },

/* test [--list] [PART OF A NAME ...]: runs the tests whose name contains one of the parts, all without. */
static int test_main(int argc, char **argv, const test_row *rows, int n_rows)
{
    int i, k, passed = 0, failed = 0, list = argc > 1 && !strcmp(argv[1], "--list");
    for (i = 0; i < n_rows; i++) {
        int wanted = argc == 1 + list;
        clock_t start = clock();
        for (k = 1 + list; k < argc; k++) wanted |= strstr(rows[i].name, argv[k]) != NULL;
        if (!wanted) continue;
        if (list) { printf("%s\n", rows[i].name); continue; }
        test_checks = test_failures = 0;
        rows[i].run();
        if (!test_checks) { printf("%s checks nothing\n", rows[i].name); test_failures = 1; }
        printf("%-4s %-28s %8ld checks %7.2f s", test_failures ? "FAIL" : "ok", rows[i].name, test_checks, (double)(clock() - start) / CLOCKS_PER_SEC);
        if (test_failures) printf(", %ld failed", test_failures);
        printf("\n");
        fflush(stdout);
        if (test_failures) failed++; else passed++;
    }
    if (list) return 0;
    if (!passed && !failed) printf("no test of that name\n");
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
#endif
