/* An allocator that counts and that fails the n-th call, to prove that every failure is noticed and nothing leaks. */
#ifndef TEST_FAIL_ALLOC_H
#define TEST_FAIL_ALLOC_H

typedef struct fail_alloc { long calls, fail_at, live, live_bytes, wrong; } fail_alloc;   /* fail_at: 1-based; 0: never */

static void *fail_alloc_alloc(void *ud, size_t n, size_t align) {
    fail_alloc *f = (fail_alloc *)ud;
    void *p;
    if (++f->calls == f->fail_at) return NULL;
    if (n == 0 || align == 0 || align > 4096 || (align & (align - 1))) f->wrong++;
    p = llri_malloc_aligned(n, align, 0);
    if (!p) return NULL;
    memset(p, 0xa5, n < 1 << 20 ? n : 1 << 20);
    f->live++;
    f->live_bytes += (long)n;
    return p;
}

static void fail_alloc_free(void *ud, void *p, size_t n) {
    fail_alloc *f = (fail_alloc *)ud;
    llr_allocator plain;
    memset(&plain, 0, sizeof plain);
    f->live--;
    f->live_bytes -= (long)n;
    llri_free(&plain, p, n);
}

static void fail_alloc_init(fail_alloc *f, llr_options *opt, long fail_at) {
    memset(f, 0, sizeof *f);
    memset(opt, 0, sizeof *opt);
    f->fail_at = fail_at;
    opt->mem.alloc = fail_alloc_alloc;
    opt->mem.free = fail_alloc_free;
    opt->mem.ud = f;
}
#endif
