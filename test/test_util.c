/* Tests of >>platform and >>util. */
#include "fail_alloc.h"

static void test_util_checked(void) {
    uint64_t u = 7;
    size_t s = 7;
    CHECK(llri_mul_u64(UINT64_MAX, 1, &u) && u == UINT64_MAX);
    CHECK(llri_mul_u64(UINT64_MAX, 0, &u) && u == 0);
    CHECK(llri_mul_u64((uint64_t)1 << 32, ((uint64_t)1 << 32) - 1, &u) && u == UINT64_MAX - UINT32_MAX);
    CHECK(!llri_mul_u64((uint64_t)1 << 32, (uint64_t)1 << 32, &u));
    CHECK(!llri_mul_u64(UINT64_MAX / 3 + 1, 3, &u));
    CHECK(llri_add_u64(UINT64_MAX - 1, 1, &u) && u == UINT64_MAX && !llri_add_u64(UINT64_MAX, 1, &u));
    CHECK(llri_add_size(SIZE_MAX - 1, 1, &s) && s == SIZE_MAX && !llri_add_size(SIZE_MAX, 1, &s));
    CHECK(llri_mul_size(SIZE_MAX / 2, 2, &s) && s == SIZE_MAX - 1 && !llri_mul_size(SIZE_MAX / 2 + 1, 2, &s));
}

static void test_util_little_endian(void) {
    static const uint8_t b[] = { 0xff, 0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 0x88, 0, 0, 0xc0, 0x3f };
    CHECK(llri_rd16(b + 1) == 0x0201 && llri_rd32(b + 1) == 0x84030201u && llri_rd64(b + 1) == UINT64_C(0x8807060584030201));
    CHECK(llri_rdf32(b + 9) == 1.5f);
}

static void test_util_alloc(void) {
    llr_allocator plain;
    size_t align;
    memset(&plain, 0, sizeof plain);
    for (align = 1; align <= 4096; align *= 2) {
        uint8_t *p = (uint8_t *)llri_alloc(&plain, 100, align), *q = (uint8_t *)llri_calloc(&plain, 0, align);
        CHECK_MSG(p && q && (uintptr_t)p % align == 0 && (uintptr_t)q % align == 0, "align %d", (int)align);
        if (p) memset(p, 1, 100);
        CHECK(q && q[0] == 0);
        llri_free(&plain, p, 100);
        llri_free(&plain, q, 0);
    }
    CHECK(llri_alloc(&plain, SIZE_MAX - 8, 64) == NULL);
    llri_free(&plain, NULL, 5);
}

static void test_util_errors(void) {
    llr_error err;
    char longer[2000];
    size_t i;
    memset(&err, 0xee, sizeof err);
    CHECK(llri_fail(NULL, LLR_E_IO, "%s", "x") == LLR_E_IO);
    CHECK(llri_fail(&err, LLR_E_FORMAT, "a %d\n\033[2Jb\x7f %s", 5, "\xc3\xa9 \xff\xc3") == LLR_E_FORMAT);
    CHECK(err.code == LLR_E_FORMAT);
    CHECK_MSG(strcmp(err.msg, "a 5??[2Jb? \xc3\xa9 ??") == 0, "%s", err.msg);
    CHECK(llri_fail(&err, LLR_E_IO, "\xc2\x9b" "31m") == LLR_E_IO && strcmp(err.msg, "??31m") == 0);     /* C1 control */
    for (i = 0; i < 8; i++) {                                   /* cut at any place within a sequence */
        size_t n = 500 + i;
        memset(longer, 'x', n);
        memcpy(longer + n, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 13);
        llri_fail(&err, LLR_E_IO, "%s", longer);
        CHECK(strlen(err.msg) < sizeof err.msg && strlen(err.msg) >= 500);
        CHECK_MSG(strlen(err.msg) == 507 || err.msg[strlen(err.msg) - 1] != '?', "%s", err.msg + 495);
    }
    CHECK(llri_nomem(&err, "the cache", (size_t)3 << 20) == LLR_E_NOMEM && strstr(err.msg, "the cache") && strstr(err.msg, "3.0 MiB")
          && strstr(err.msg, "3145728"));
    CHECK(strcmp(llr_status_text(LLR_OK), "done") == 0 && strcmp(llr_status_text(LLR_E_FULL), "no room left in the context or buffer") == 0);
    CHECK(strcmp(llr_status_text((llr_status)-99), "unknown status") == 0);
}

static void test_util_size_text(void) {
    CHECK(strcmp(llri_size_text(0).s, "0 bytes") == 0 && strcmp(llri_size_text(1023).s, "1023 bytes") == 0);
    CHECK(strcmp(llri_size_text(1024).s, "1.0 KiB") == 0 && strcmp(llri_size_text(3435973837u).s, "3.2 GiB") == 0);
    CHECK_MSG(strcmp(llri_size_text(UINT64_MAX).s, "15.9 EiB") == 0, "%s", llri_size_text(UINT64_MAX).s);
}

static void test_util_utf8(void) {
    static const struct { const char *s; size_t len; } rows[] = {
        { "a", 1 }, { "\xc2\x80", 2 }, { "\xdf\xbf", 2 }, { "\xe0\xa0\x80", 3 }, { "\xef\xbf\xbf", 3 }, { "\xf0\x90\x80\x80", 4 },
        { "\xf4\x8f\xbf\xbf", 4 }, { "\x80", 0 }, { "\xc1\xbf", 0 }, { "\xe0\x9f\xbf", 0 }, { "\xed\xa0\x80", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
        { "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 }, { "\xc3", 0 }, { "\xe2\x82", 0 }, { "\xe2\x82" "a", 0 }, { "", 0 }
    };
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_MSG(llri_utf8_len((const uint8_t *)rows[i].s, strlen(rows[i].s)) == rows[i].len, "row %d", (int)i);
}

/* 5000 keys k0, k1, … of which every second is put into the map. */
static char test_util_keys[5000][8];
static llri_str test_util_key(const void *ctx, uint32_t i) { (void)ctx; return llri_cstr(test_util_keys[i]); }

static void test_util_map(void) {
    fail_alloc f;
    llr_options opt;
    llri_map m;
    uint32_t i;
    fail_alloc_init(&f, &opt, 0);
    for (i = 0; i < 5000; i++) snprintf(test_util_keys[i], sizeof test_util_keys[i], "k%u", (unsigned)i);
    CHECK(llri_map_init(&m, &opt.mem, 2500));
    for (i = 0; i < 5000; i += 2) {
        CHECK(llri_map_find(&m, test_util_key(NULL, i), test_util_key, NULL) == UINT32_MAX);
        llri_map_put(&m, i, test_util_key, NULL);
    }
    for (i = 0; i < 5000; i++)
        CHECK_MSG(llri_map_find(&m, test_util_key(NULL, i), test_util_key, NULL) == (i % 2 ? UINT32_MAX : i), "key %u", (unsigned)i);
    llri_map_free(&m, &opt.mem);
    CHECK(llri_map_find(&m, llri_cstr("x"), test_util_key, NULL) == UINT32_MAX);
    CHECK(llri_map_init(&m, &opt.mem, 0) && llri_map_find(&m, llri_cstr(""), test_util_key, NULL) == UINT32_MAX);
    llri_map_free(&m, &opt.mem);
    f.fail_at = f.calls + 1;
    CHECK(!llri_map_init(&m, &opt.mem, 10) && !llri_map_init(&m, &opt.mem, UINT32_MAX));
    CHECK(f.live == 0 && f.live_bytes == 0 && f.wrong == 0);
}

static int test_util_near(double got, double want, double tolerance) {
    return fabs(got - want) <= tolerance * fabs(want) || got == want;
}

/* Against libm, which is good to an ulp on the systems that tests run on. */
static void test_util_math(void) {
    uint64_t seed = 88172645463325252u;
    int i;
    for (i = 0; i < 20000; i++) {
        double u, x, y, s, c;
        seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17;
        u = (double)(seed >> 11) / 9007199254740992.0;
        x = (u - 0.5) * 1400;
        CHECK_MSG(test_util_near(llri_exp(x), exp(x), 5e-16), "exp(%g)", x);
        x = (u - 0.5) * 2e-3;
        CHECK_MSG(test_util_near(llri_exp(x), exp(x), 5e-16), "exp(%g)", x);
        x = exp((u - 0.5) * 1400);
        CHECK_MSG(test_util_near(llri_ln(x), log(x), 5e-16), "ln(%g)", x);
        x = 0.9 + 0.2 * u;
        CHECK_MSG(test_util_near(llri_ln(x), log(x), 5e-16), "ln(%g)", x);
        x = exp(u * 16.1);
        y = -(double)((seed >> 3) & 1023) / 1024;
        CHECK_MSG(test_util_near(llri_pow(x, y), pow(x, y), 1.2e-15), "pow(%g, %g)", x, y);
        x = (u - 0.5) * 2e7;
        llri_sincos(x, &s, &c);
        CHECK_MSG(fabs(s - sin(x)) < 4e-16 && fabs(c - cos(x)) < 4e-16, "sincos(%g)", x);
        x = (u - 0.5) * 8;
        llri_sincos(x, &s, &c);
        CHECK_MSG(test_util_near(s, sin(x), 5e-16) && fabs(c - cos(x)) < 4e-16, "sincos(%g)", x);
    }
}

static void test_util_math_edges(void) {
    double s, c, inf = HUGE_VAL, nan = inf - inf;
    CHECK(llri_exp(0) == 1 && llri_exp(-inf) == 0 && llri_exp(inf) == inf && llri_exp(nan) != llri_exp(nan));
    CHECK(llri_exp(-745) > 0 && llri_exp(-746) == 0 && llri_exp(710) == inf);
    CHECK(llri_ln(1) == 0 && llri_ln(0) == -inf && llri_ln(inf) == inf && llri_ln(-1) != llri_ln(-1) && llri_ln(nan) != llri_ln(nan));
    CHECK(test_util_near(llri_ln(4.9406564584124654e-324), -744.44007192138122, 1e-15));
    CHECK(llri_pow(5, 0) == 1 && llri_pow(1, 1e9) == 1 && llri_pow(0, 2) == 0 && llri_pow(0, -1) == inf);
    CHECK(test_util_near(llri_pow(10, 2), 100, 1e-15) && test_util_near(llri_pow(2, -1), 0.5, 1e-15) && llri_pow(-2, 2) != llri_pow(-2, 2));
    CHECK(llri_pow(10, 400) == inf && llri_pow(10, -400) == 0 && llri_pow(nan, 1) != llri_pow(nan, 1));
    llri_sincos(0, &s, &c);
    CHECK(s == 0 && c == 1);
    llri_sincos(inf, &s, &c);
    CHECK(s != s && c != c);
    llri_sincos(1e22, &s, &c);
    CHECK(fabs(s * s + c * c - 1) < 1e-15);
}

static void test_util_system(void) {
    CHECK(llr_memory_available() > (uint64_t)1 << 20);
#if defined(__linux__)
    CHECK(llri_sys_field("a 1\nab: 22 kB\nb 3", "ab") == 22 && llri_sys_field("a 1\nb 3", "b") == 3);
    CHECK(llri_sys_field("ab 1", "a") == UINT64_MAX && llri_sys_field("", "a") == UINT64_MAX);
    CHECK(llri_sys_number("max") == UINT64_MAX && llri_sys_number("-1") == UINT64_MAX && llri_sys_number("  42\n") == 42);
    CHECK(llri_sys_number("99999999999999999999999") == UINT64_MAX);
#endif
}

/* A folder with proc and sys as another machine has them. */
#if defined(__linux__)
static char tree_folder[64], tree_proc[80], tree_sys[80];

static void tree_put(const char *name, const char *text) {
    char path[600], *slash;
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", tree_folder, name);
    for (slash = path + strlen(tree_folder) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = 0;
        (void)mkdir(path, 0777);
    }
    f = fopen(path, "w");
    CHECK_MSG(f && fputs(text, f) >= 0, "%s", path);
    if (f) fclose(f);
}

/* Options that look there. Free with tree_free. */
static llr_options tree_new(void) {
    llr_options o;
    memset(&o, 0, sizeof o);
    strcpy(tree_folder, "/tmp/llrun-tree-XXXXXX");
    CHECK(mkdtemp(tree_folder) != NULL);
    snprintf(tree_proc, sizeof tree_proc, "%s/proc", tree_folder);
    snprintf(tree_sys, sizeof tree_sys, "%s/sys", tree_folder);
    o.proc = tree_proc;
    o.sys = tree_sys;
    return o;
}

static void tree_free(void) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", tree_folder);
    CHECK(system(command) == 0);
}

/* Files as real systems write them, by name and text, and what must come of them. */
typedef struct tree_row {
    const char *what, *files[24];
    uint64_t machine, group, swap;
    const char *limit;          /* the file that sets it */
    int one_cpu;                /* a quota of at most one */
} tree_row;

#define TREE_8G "proc/meminfo", "MemTotal:       16384000 kB\nMemFree:          102400 kB\nMemAvailable:    8388608 kB\nSwapTotal:       2097148 kB\nSwapFree:        1048576 kB\n"
#define TREE_GIB ((uint64_t)1 << 30)
#define TREE_MIB ((uint64_t)1 << 20)

static const tree_row tree_rows[] = {
    { "nothing to read", { NULL }, UINT64_MAX, UINT64_MAX, 0, "", 0 },
    { "no groups", { TREE_8G }, 8 * TREE_GIB, UINT64_MAX, TREE_GIB, "", 0 },
    { "a kernel before 3.14", { "proc/meminfo", "MemTotal: 2000 kB\nMemFree: 1024 kB\n" }, TREE_MIB, UINT64_MAX, 0, "", 0 },
    { "version 2 without limits", { TREE_8G, "proc/self/cgroup", "0::/user.slice\n", "sys/fs/cgroup/user.slice/memory.max", "max\n",
      "sys/fs/cgroup/user.slice/memory.high", "max\n", "sys/fs/cgroup/user.slice/memory.current", "1000000\n",
      "sys/fs/cgroup/user.slice/cpu.max", "max 100000\n" }, 8 * TREE_GIB, UINT64_MAX, TREE_GIB, "", 0 },
    { "version 2, file cache does not count", { TREE_8G, "proc/self/cgroup", "0::/a\n", "sys/fs/cgroup/a/memory.max", "1073741824\n",
      "sys/fs/cgroup/a/memory.current", "1000000000\n", "sys/fs/cgroup/a/memory.stat", "anon 100000000\nfile 900000000\nshmem 0\nfile_mapped 5\n"
      "inactive_anon 77\nactive_anon 88\ninactive_file 600000000\nactive_file 100000000\nunevictable 200000000\n", "sys/fs/cgroup/a/cpu.max", "50000 100000\n" },
      8 * TREE_GIB, 1073741824u - 300000000u, TREE_GIB, "/a/memory.max", 1 },
    { "version 2, the limit of a group above", { TREE_8G, "proc/self/cgroup", "0::/a/b/c\n", "sys/fs/cgroup/a/b/c/memory.max", "max\n",
      "sys/fs/cgroup/a/b/c/memory.current", "1\n", "sys/fs/cgroup/a/b/memory.max", "4294967296\n", "sys/fs/cgroup/a/b/memory.current", "1048576\n",
      "sys/fs/cgroup/a/memory.max", "2147483648\n", "sys/fs/cgroup/a/memory.current", "2097152000\n", "sys/fs/cgroup/a/memory.stat", "inactive_file 0\nactive_file 0\n",
      "sys/fs/cgroup/a/b/cpu.max", "100000 100000\n" },
      8 * TREE_GIB, 2147483648u - 2097152000u, TREE_GIB, "/a/memory.max", 1 },
    { "version 2, memory.high", { TREE_8G, "proc/self/cgroup", "0::/a\n", "sys/fs/cgroup/a/memory.max", "max\n", "sys/fs/cgroup/a/memory.high", "536870912\n",
      "sys/fs/cgroup/a/memory.current", "0\n" }, 8 * TREE_GIB, 512 * TREE_MIB, TREE_GIB, "/a/memory.high", 0 },
    { "version 2, full", { TREE_8G, "proc/self/cgroup", "0::/a\n", "sys/fs/cgroup/a/memory.max", "1048576\n", "sys/fs/cgroup/a/memory.current", "2097152\n" },
      8 * TREE_GIB, 0, TREE_GIB, "/a/memory.max", 0 },
    { "version 2 in a namespace: the root is the container's", { TREE_8G, "proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "268435456\n",
      "sys/fs/cgroup/memory.current", "1048576\n", "sys/fs/cgroup/memory.stat", "inactive_file 524288\nactive_file 0\n", "sys/fs/cgroup/cpu.max", "20000 100000\n" },
      8 * TREE_GIB, 256 * TREE_MIB - 524288, TREE_GIB, "cgroup/memory.max", 1 },
    { "version 2 without a namespace: the path is the host's", { TREE_8G, "proc/self/cgroup", "0::/system.slice/docker-0123.scope\n", "sys/fs/cgroup/memory.max", "268435456\n",
      "sys/fs/cgroup/memory.current", "1048576\n" }, 8 * TREE_GIB, 255 * TREE_MIB, TREE_GIB, "cgroup/memory.max", 0 },
    { "version 1", { TREE_8G, "proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x/y\n1:name=systemd:/z\n", "sys/fs/cgroup/memory/x/y/memory.limit_in_bytes", "9223372036854771712\n",
      "sys/fs/cgroup/memory/x/y/memory.usage_in_bytes", "9000\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1073741824\n",
      "sys/fs/cgroup/memory/x/memory.usage_in_bytes", "805306368\n", "sys/fs/cgroup/memory/x/memory.stat",
      "cache 1\nrss 2\ninactive_file 3\nactive_file 4\ntotal_cache 5\ntotal_inactive_file 268435456\ntotal_active_file 268435456\ntotal_unevictable 0\n",
      "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "25000\n", "sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n" }, 8 * TREE_GIB, 768 * TREE_MIB, TREE_GIB, "memory/x/memory.limit_in_bytes", 1 },
    { "version 1 in Docker: the path is the host's", { TREE_8G, "proc/self/cgroup", "4:memory:/docker/0123\n3:cpu,cpuacct:/docker/0123\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n", "sys/fs/cgroup/memory/memory.usage_in_bytes", "4194304\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n" },
      8 * TREE_GIB, 508 * TREE_MIB, TREE_GIB, "memory/memory.limit_in_bytes", 1 },
    { "both versions, memory in the first", { TREE_8G, "proc/self/cgroup", "4:memory:/m\n0::/u\n", "sys/fs/cgroup/memory/m/memory.limit_in_bytes", "1073741824\n",
      "sys/fs/cgroup/memory/m/memory.usage_in_bytes", "0\n", "sys/fs/cgroup/unified/u/cgroup.procs", "1\n" }, 8 * TREE_GIB, TREE_GIB, TREE_GIB, "/m/memory.limit_in_bytes", 0 },
    { "both versions, memory in the second", { TREE_8G, "proc/self/cgroup", "3:cpu:/\n0::/u\n", "sys/fs/cgroup/unified/u/memory.max", "1073741824\n",
      "sys/fs/cgroup/unified/u/memory.current", "0\n" }, 8 * TREE_GIB, TREE_GIB, TREE_GIB, "unified/u/memory.max", 0 },
    { "a limit without a use is not believed", { TREE_8G, "proc/self/cgroup", "0::/a\n", "sys/fs/cgroup/a/memory.max", "1048576\n" }, 8 * TREE_GIB, UINT64_MAX, TREE_GIB, "", 0 }
};

static void test_util_groups(void) {
    size_t i, k;
    for (i = 0; i < sizeof tree_rows / sizeof tree_rows[0]; i++) {
        const tree_row *t = &tree_rows[i];
        llr_options o = tree_new();
        llr_memory m;
        size_t at, want = strlen(t->limit);
        uint64_t least = t->machine < t->group ? t->machine : t->group;
        for (k = 0; t->files[k]; k += 2) tree_put(t->files[k], t->files[k + 1]);
        llr_memory_look(&m, &o);
        CHECK_MSG(m.machine_bytes == t->machine, "%s: %llu", t->what, (unsigned long long)m.machine_bytes);
        CHECK_MSG(m.group_bytes == t->group, "%s: %llu", t->what, (unsigned long long)m.group_bytes);
        CHECK_MSG(m.swap_bytes == t->swap, "%s: %llu", t->what, (unsigned long long)m.swap_bytes);
        at = strlen(m.group);
        CHECK_MSG(want ? at > want && strcmp(m.group + at - want, t->limit) == 0 : at == 0, "%s: %s", t->what, m.group);
        CHECK_MSG(m.available_bytes == (least < m.space_bytes ? least : m.space_bytes), "%s: %llu", t->what, (unsigned long long)m.available_bytes);
        CHECK_MSG(!t->one_cpu || llri_cpus_allowed(&o, 1) == 1, "%s: %d CPUs", t->what, llri_cpus_allowed(&o, 1));
        tree_free();
    }
}

/* Two hardware threads of one core are one CPU. */
static void test_util_siblings(void) {
    llr_options o = tree_new();
    int cpu, plain = llri_cpus_allowed(&o, 1);
    char name[100];
    CHECK(plain == llri_cpus_allowed(&o, 0));                   /* the tree says nothing about cores */
    for (cpu = 0; cpu < 1024; cpu++) {
        snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
        tree_put(name, "0-1023\n");
    }
    CHECK(llri_cpus_allowed(&o, 1) == 1 && llri_cpus_allowed(&o, 0) == plain);
    tree_free();
}
#else
static void test_util_groups(void) { CHECK(1); }
static void test_util_siblings(void) { CHECK(1); }
#endif

#define TESTS_UTIL(X) \
    X(util_checked) X(util_little_endian) X(util_alloc) X(util_errors) X(util_size_text) X(util_utf8) X(util_map) X(util_math) \
    X(util_math_edges) X(util_system) X(util_groups) X(util_siblings)
