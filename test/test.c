/* The test program: the implementation once, with all its privates in sight, and every section's tests.
 *
 *     cc -O2 -o test test.c -lm -lpthread
 *     ./test; ./test --list; ./test gguf pool
 */
/* The implementation calls these instead of the system's: the n-th read or mapping of a file can be made to fail, pages are
 * locked and limits set in name only, and what is advised is seen. */
#ifndef _WIN32
#  ifndef _GNU_SOURCE
#    define _GNU_SOURCE 1
#  endif
#  define _FILE_OFFSET_BITS 64
#  include <errno.h>
#  include <sys/mman.h>
#  include <sys/resource.h>
#  include <unistd.h>
static int test_calls, test_fail_at = -1;       /* counts both kinds, on every thread; -1: none fails */
static const char *test_cut;                    /* a file that becomes empty as soon as it is mapped */
static ssize_t test_pread(int fd, void *p, size_t n, off_t at)
{
    if (__sync_fetch_and_add(&test_calls, 1) != test_fail_at) return pread(fd, p, n, at);
    errno = EIO;
    return -1;
}
static void *test_mmap(void *p, size_t n, int protection, int flags, int fd, off_t at)
{
    if (__sync_fetch_and_add(&test_calls, 1) == test_fail_at) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    p = mmap(p, n, protection, flags, fd, at);
    if (fd >= 0 && test_cut && truncate(test_cut, 0)) return MAP_FAILED;
    return p;
}
static int test_advice = -1;                    /* MADV_RANDOM or MADV_NORMAL, whichever came last */
static int test_madvise(void *p, size_t n, int advice)
{
    if (advice == MADV_RANDOM || advice == MADV_NORMAL) test_advice = advice;
    return madvise(p, n, advice);
}
static int test_locks, test_lock_at = -1, test_unlocks;         /* calls; the lock that fails */
static int test_mlock(const void *p, size_t n)
{
    (void)p; (void)n;
    if (test_locks++ != test_lock_at) return 0;
    errno = ENOMEM;
    return -1;
}
static int test_munlock(const void *p, size_t n)
{
    (void)p; (void)n;
    test_unlocks++;
    return 0;
}
static rlim_t test_space = RLIM_INFINITY;       /* RLIMIT_AS */
static int test_getrlimit(int what, struct rlimit *r)
{
    int code = getrlimit(what, r);
    if (what == RLIMIT_AS) r->rlim_cur = test_space;
    return code;
}
#  define pread test_pread
#  define mmap test_mmap
#  define madvise test_madvise
#  define mlock(p, n) test_mlock(p, n)         /* an option has that name too */
#  define munlock test_munlock
#  define getrlimit test_getrlimit
#endif
/* AMX: the CPU's instructions, or for test_kernel_tiles their definition, which any CPU can follow. */
int test_tiles_emulated;
void test_tile_config(const void *config);
void test_tile_load(int t, const void *p, size_t stride);
void test_tile_dot(int t, int w, int x);
void test_tile_store(int t, void *p, size_t stride);
#define TEST_TILE(emulated, ...) do { if (test_tiles_emulated) emulated; else __asm__ volatile(__VA_ARGS__); } while (0)
#define LLRI_TILE_CONFIG(c) TEST_TILE(test_tile_config(&(c)), "ldtilecfg %0" : : "m"(c) : "memory")
#define LLRI_TILE_LOAD(t, p, stride) TEST_TILE(test_tile_load(t, p, (size_t)(stride)), "tileloadd (%0,%1,1), %%tmm" #t : : "r"(p), "r"((size_t)(stride)) : "memory")
#define LLRI_TILE_DOT(t, w, x) TEST_TILE(test_tile_dot(t, w, x), "tdpbf16ps %%tmm" #x ", %%tmm" #w ", %%tmm" #t : : )
#define LLRI_TILE_STORE(t, p, stride) TEST_TILE(test_tile_store(t, p, (size_t)(stride)), "tilestored %%tmm" #t ", (%0,%1,1)" : : "r"(p), "r"((size_t)(stride)) : "memory")
#define LLRI_TILE_END() TEST_TILE((void)0, "tilerelease")
#define LLRUN_IMPLEMENTATION
#include "../llrun.h"
#undef pread
#undef mmap
#undef madvise
#undef mlock
#undef munlock
#undef getrlimit
#include "test.h"

#ifdef __SANITIZE_THREAD__              /* llr_guard_catch puts zeros where other threads may be reading: that is its task */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) { return "race:llri_zero_pages\n"; }
#endif

#include "test_util.c"
#include "test_types.c"
#include "test_convert.c"
#include "test_gguf.c"
#include "test_kernels.c"
#include "test_pool.c"
#include "test_model.c"
#include "test_gpu.c"
#include "test_tokenizer.c"
#include "test_sampler.c"
#include "test_template.c"

static const test_row test_rows[] = {
    TESTS_UTIL(TEST_ROW) TESTS_TYPES(TEST_ROW) TESTS_CONVERT(TEST_ROW) TESTS_GGUF(TEST_ROW) TESTS_KERNELS(TEST_ROW)
    TESTS_POOL(TEST_ROW) TESTS_MODEL(TEST_ROW) TESTS_GPU(TEST_ROW) TESTS_TOKENIZER(TEST_ROW) TESTS_SAMPLER(TEST_ROW) TESTS_TEMPLATE(TEST_ROW)
};

int main(int argc, char **argv)
{
    gt_begin_tests();
    return test_main(argc, argv, test_rows, (int)(sizeof test_rows / sizeof test_rows[0]));
}
