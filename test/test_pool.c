/* Tests of >>pool. Run them under -fsanitize=thread too. */
#include "fail_alloc.h"

enum { TEST_POOL_CHUNKS = 100 };
typedef struct test_pool_ctx {
    int32_t done[TEST_POOL_CHUNKS];         /* not atomic: every chunk must be run by one thread only */
    volatile int32_t bad_thread, slow;
    int n_threads;
} test_pool_ctx;

static void test_pool_task(void *arg, int chunk, int thread) {
    test_pool_ctx *c = (test_pool_ctx *)arg;
    volatile int32_t spin;
    c->done[chunk]++;
    if (thread < 0 || thread >= c->n_threads) llri_atomic_store(&c->bad_thread, 1);
    for (spin = 0; spin < (chunk % 7) * c->slow; spin++) {}
}

/* Every chunk is run exactly once per region, for any number of threads and chunks, in a row and after sleep. */
static void test_pool_regions(void) {
    int n_threads, i, k;
    for (n_threads = 1; n_threads <= 9; n_threads++) {
        llr_pool *p = NULL;
        llr_error err;
        test_pool_ctx c;
        int32_t want[TEST_POOL_CHUNKS];
        memset(&c, 0, sizeof c);
        memset(want, 0, sizeof want);
        CHECK(llr_pool_new(&p, n_threads, NULL, &err) == LLR_OK);
        if (!p) return;
        c.n_threads = n_threads;
        CHECK(llr_pool_threads(p) == n_threads);
        for (i = 0; i < 600; i++) {
            int n = i * 7 % (TEST_POOL_CHUNKS + 1);
            int rounds = 2000;
            c.slow = i % 3 * 20;
            llri_pool_run(p, n, test_pool_task, &c);
            for (k = 0; k < n; k++) want[k]++;
            if (i % 200 == 199)             /* long enough for the workers to go to sleep */
                while (rounds--) llri_thread_yield();
        }
        for (k = 0; k < TEST_POOL_CHUNKS; k++)
            CHECK_MSG(c.done[k] == want[k], "%d threads: chunk %d ran %d times, not %d", n_threads, k, (int)c.done[k], (int)want[k]);
        CHECK(!c.bad_thread);
        llr_pool_free(p);
    }
}

typedef struct test_pool_stuck { volatile int32_t others, gave_up; } test_pool_stuck;

static void test_pool_stuck_task(void *arg, int chunk, int thread) {
    test_pool_stuck *c = (test_pool_stuck *)arg;
    time_t start = time(NULL);
    (void)thread;
    if (chunk) { (void)llri_atomic_add(&c->others, 1); return; }
    while (llri_atomic_load(&c->others) < TEST_POOL_CHUNKS - 1) {
        if (time(NULL) - start > 20) { llri_atomic_store(&c->gave_up, 1); return; }
        llri_thread_yield();
    }
}

/* A thread that is kept with its first chunk does not keep the others of its share. */
static void test_pool_stuck_thread(void) {
    int n_threads;
    for (n_threads = 2; n_threads <= 5; n_threads++) {
        llr_pool *p = NULL;
        llr_error err;
        test_pool_stuck c;
        memset(&c, 0, sizeof c);
        CHECK(llr_pool_new(&p, n_threads, NULL, &err) == LLR_OK && llr_pool_threads(p) == n_threads);
        llri_pool_run(p, TEST_POOL_CHUNKS, test_pool_stuck_task, &c);
        CHECK_MSG(!c.gave_up, "%d threads: %d of %d chunks were run beside the first", n_threads, (int)c.others, TEST_POOL_CHUNKS - 1);
        llr_pool_free(p);
    }
}

static void test_pool_null(void) {
    test_pool_ctx c;
    memset(&c, 0, sizeof c);
    c.n_threads = 1;
    llri_pool_lock(NULL);
    llri_pool_run(NULL, 3, test_pool_task, &c);
    llri_pool_unlock(NULL);
    CHECK(c.done[0] == 1 && c.done[2] == 1 && c.done[3] == 0 && !c.bad_thread);
    CHECK(llri_pool_size(NULL) == 1);
    llr_pool_free(NULL);
}

static void test_pool_args(void) {
    llr_pool *p = NULL;
    llr_error err;
    CHECK(llr_pool_new(NULL, 1, NULL, &err) == LLR_E_ARG);
    CHECK(llr_pool_new(&p, -1, NULL, &err) == LLR_E_ARG && p == NULL && strstr(err.msg, "-1 threads"));
    CHECK(llr_pool_new(&p, 100000, NULL, &err) == LLR_E_ARG && p == NULL);
    CHECK(llr_threads_default() >= 1 && llr_threads_default() <= LLRI_MAX_THREADS);
    CHECK(llr_pool_new(&p, 0, NULL, &err) == LLR_OK && llr_pool_threads(p) >= 1);
    llr_pool_free(p);
}

static void test_pool_nomem(void) {
    long n;
    for (n = 1; n < 10; n++) {
        fail_alloc f;
        llr_options opt;
        llr_error err;
        llr_pool *p = NULL;
        llr_status st;
        fail_alloc_init(&f, &opt, n);
        st = llr_pool_new(&p, 2, &opt, &err);
        CHECK(f.wrong == 0 && (st == LLR_OK || (st == LLR_E_NOMEM && p == NULL && f.live == 0)));
        llr_pool_free(p);
        CHECK_MSG(f.live == 0 && f.live_bytes == 0, "%ld blocks left", f.live);
        if (st == LLR_OK) break;
    }
    CHECK(n > 1 && n < 10);
}

/* Two users of one pool take turns. */
typedef struct test_pool_user { llr_pool *pool; test_pool_ctx *c; int rounds; } test_pool_user;

static void test_pool_user_main(void *arg) {
    test_pool_user *u = (test_pool_user *)arg;
    int i;
    for (i = 0; i < u->rounds; i++) {
        llri_pool_lock(u->pool);
        llri_pool_run(u->pool, TEST_POOL_CHUNKS, test_pool_task, u->c);
        llri_pool_unlock(u->pool);
    }
}

static void test_pool_shared(void) {
    llr_pool *p = NULL;
    llr_error err;
    llri_thread t;
    test_pool_user u;
    test_pool_ctx c;
    int k;
    memset(&c, 0, sizeof c);
    CHECK(llr_pool_new(&p, 3, NULL, &err) == LLR_OK);
    if (!p) return;
    c.n_threads = 3;
    u.pool = p;
    u.c = &c;
    u.rounds = 300;
    CHECK(llri_thread_start(&t, test_pool_user_main, &u));
    test_pool_user_main(&u);
    llri_thread_join(&t);
    for (k = 0; k < TEST_POOL_CHUNKS; k++) CHECK_MSG(c.done[k] == 600, "chunk %d ran %d times", k, (int)c.done[k]);
    llr_pool_free(p);
}

static int test_arith_of(const char *name) {
    uint32_t t;
    for (t = 0; t < LLRI_N_TYPES; t++) if (!strcmp(llri_types[t].name, name)) return (int)llr_type_arith(t);
    return -1;
}

/* Rooflines: as many operations as asked for, on any tier and pool, in every class; and the class of every kind of weights. */
static void test_pool_peak(void) {
    llr_cpu_info cpu;
    llr_pool *p = NULL;
    llr_error err;
    double one, ops;
    int isa, arith;
    llr_cpu(&cpu);
    CHECK(llr_pool_new(&p, 3, NULL, &err) == LLR_OK);
    for (isa = 0; isa < LLR_ISA_COUNT; isa++)
        for (arith = 0; arith < LLR_ARITH_COUNT; arith++) {
            if (isa && !(cpu.usable >> isa & 1)) {
                CHECK(llr_peak_run(&ops, (llr_isa)isa, (llr_arith)arith, 1, NULL, &err) == LLR_E_CPU);
                continue;
            }
            CHECK(llr_peak_run(&one, (llr_isa)isa, (llr_arith)arith, 1, NULL, &err) == LLR_OK);
            CHECK(llr_peak_run(&ops, (llr_isa)isa, (llr_arith)arith, 7, p, &err) == LLR_OK);
#ifdef __GNUC__
            CHECK(one > 0);
#endif
            CHECK(ops == 7 * one);
        }
    for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
        if (!(cpu.usable >> isa & 1)) continue;
        CHECK(llr_peak_run(&one, (llr_isa)isa, LLR_ARITH_FLOAT, 1, NULL, &err) == LLR_OK);
        CHECK(llr_peak_run(&ops, (llr_isa)isa, LLR_ARITH_BF16, 1, NULL, &err) == LLR_OK);
        if (isa == LLR_ISA_AMX) CHECK(ops == 4000 * 2 * 16 * 16 * 32);          /* tiles */
        else CHECK(ops == (llri_has_pairs(llri_ops_get((llr_isa)isa)) ? 2 : 1) * one);  /* of every pair two products */
    }
    CHECK(llr_peak_run(&ops, LLR_ISA_SCALAR, LLR_ARITH_FLOAT, 0, p, &err) == LLR_OK && ops == 0);
    CHECK(llr_peak_run(NULL, LLR_ISA_SCALAR, LLR_ARITH_FLOAT, 1, NULL, &err) == LLR_E_ARG);
    CHECK(llr_peak_run(&ops, LLR_ISA_SCALAR, LLR_ARITH_COUNT, 1, NULL, &err) == LLR_E_ARG);
    CHECK(llr_peak_run(&ops, LLR_ISA_SCALAR, LLR_ARITH_FLOAT, -1, NULL, &err) == LLR_E_ARG && strstr(err.msg, "-1"));
    CHECK(llr_peak_run(&ops, LLR_ISA_SCALAR, LLR_ARITH_FLOAT, (1 << 30) + 1, p, &err) == LLR_E_ARG && strstr(err.msg, "1073741825"));
    llr_pool_free(p);
    CHECK(test_arith_of("q4_0") == LLR_ARITH_INT4 && test_arith_of("q4_K") == LLR_ARITH_INT4 && test_arith_of("q2_K") == LLR_ARITH_INT4);
    CHECK(test_arith_of("q5_0") == LLR_ARITH_INT6 && test_arith_of("q5_K") == LLR_ARITH_INT6 && test_arith_of("q6_K") == LLR_ARITH_INT6);
    CHECK(test_arith_of("q8_0") == LLR_ARITH_INT8 && test_arith_of("iq4_xs") == LLR_ARITH_INT8 && test_arith_of("iq2_xs") == LLR_ARITH_INT7);
    CHECK(test_arith_of("f16") == LLR_ARITH_FLOAT && test_arith_of("bf16") == LLR_ARITH_BF16 && llr_type_arith(999) == LLR_ARITH_FLOAT);
}

#define TESTS_POOL(X) X(pool_regions) X(pool_stuck_thread) X(pool_null) X(pool_args) X(pool_nomem) X(pool_shared) X(pool_peak)
