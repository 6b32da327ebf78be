/* Tests of >>gguf: images built byte by byte, each rejection with the words of its message, truncation at every byte, every
 * byte changed, every allocation failing. */
#include "fail_alloc.h"
#ifdef _WIN32
#  include <process.h>
#  define tg_pid _getpid
#else
#  define tg_pid getpid
#endif

/* --- building images --- */
typedef struct tg { uint8_t b[16384]; size_t n; } tg;

static void tg_bytes(tg *t, const void *p, size_t n) {
    if (n) memcpy(t->b + t->n, p, n);
    t->n += n;
}
static void tg_int(tg *t, uint64_t v, int bytes) {
    int i;
    for (i = 0; i < bytes; i++) t->b[t->n++] = (uint8_t)(v >> (8 * i));
}
static void tg_strn(tg *t, const char *s, size_t n) { tg_int(t, n, 8); tg_bytes(t, s, n); }
static void tg_str(tg *t, const char *s) { tg_strn(t, s, strlen(s)); }
static void tg_f32(tg *t, float f) { uint32_t u; memcpy(&u, &f, 4); tg_int(t, u, 4); }
static void tg_f64(tg *t, double f) { uint64_t u; memcpy(&u, &f, 8); tg_int(t, u, 8); }
static void tg_header(tg *t, uint32_t version, uint64_t n_tensors, uint64_t n_kvs) {
    t->n = 0;
    tg_bytes(t, "GGUF", 4);
    tg_int(t, version, 4);
    tg_int(t, n_tensors, 8);
    tg_int(t, n_kvs, 8);
}
static void tg_key(tg *t, const char *key, uint32_t type) { tg_str(t, key); tg_int(t, type, 4); }
static void tg_kv_int(tg *t, const char *key, uint32_t type, uint64_t v) {
    static const int bytes[] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
    tg_key(t, key, type);
    tg_int(t, v, bytes[type]);
}
static void tg_array(tg *t, const char *key, uint32_t elem_type, uint64_t count) {
    tg_key(t, key, LLR_META_ARRAY);
    tg_int(t, elem_type, 4);
    tg_int(t, count, 8);
}
static void tg_tensor(tg *t, const char *name, uint32_t n_dims, uint64_t a, uint64_t b, uint32_t type, uint64_t offset) {
    tg_str(t, name);
    tg_int(t, n_dims, 4);
    if (n_dims > 0) tg_int(t, a, 8);
    if (n_dims > 1) tg_int(t, b, 8);
    tg_int(t, type, 4);
    tg_int(t, offset, 8);
}
static void tg_pad(tg *t, size_t align) { while (t->n % align) t->b[t->n++] = 0; }
static void tg_zeros(tg *t, size_t n) { memset(t->b + t->n, 0, n); t->n += n; }

/* 13 keys, one of each type, two arrays, and two tensors: "a" 3x2 f32 = 0..5, "b" 32 q8_0 with scale 1 and values -16..15. */
static void tg_sample(tg *t) {
    int i;
    tg_header(t, 3, 2, 14);
    tg_kv_int(t, "u8", LLR_META_U8, 200);
    tg_kv_int(t, "i8", LLR_META_I8, 0xfe);
    tg_kv_int(t, "u16", LLR_META_U16, 65535);
    tg_kv_int(t, "i16", LLR_META_I16, 0xfffe);
    tg_kv_int(t, "u32", LLR_META_U32, 0xffffffffu);
    tg_kv_int(t, "i32", LLR_META_I32, 0xfffffffeu);
    tg_key(t, "f32", LLR_META_F32); tg_f32(t, 1.5f);
    tg_kv_int(t, "bool", LLR_META_BOOL, 7);
    tg_key(t, "str", LLR_META_STRING); tg_str(t, "hello");
    tg_array(t, "strs", LLR_META_STRING, 3); tg_str(t, "x"); tg_str(t, ""); tg_str(t, "zz");
    tg_array(t, "i32s", LLR_META_I32, 2); tg_int(t, 5, 4); tg_int(t, 0xffffffffu, 4);
    tg_kv_int(t, "u64", LLR_META_U64, UINT64_MAX);
    tg_kv_int(t, "i64", LLR_META_I64, UINT64_MAX);
    tg_key(t, "f64", LLR_META_F64); tg_f64(t, 0.125);
    tg_tensor(t, "a", 2, 3, 2, 0, 0);
    tg_tensor(t, "b", 1, 32, 0, 8, 32);
    tg_pad(t, 32);
    for (i = 0; i < 6; i++) tg_f32(t, (float)i);
    tg_pad(t, 32);
    tg_int(t, 0x3c00, 2);
    for (i = 0; i < 32; i++) tg_int(t, (uint64_t)(i - 16), 1);
}

/* Opens a copy of exactly n bytes, so that a sanitizer sees every step beyond. The copy is in *copy, to be freed. */
static llr_status tg_open(llr_gguf **g, const tg *t, size_t n, uint8_t **copy, const llr_options *opt, llr_error *err) {
    *g = NULL;
    *copy = (uint8_t *)malloc(n ? n : 1);
    if (n) memcpy(*copy, t->b, n);
    return llr_gguf_open_mem(g, *copy, n, opt, err);
}

/* The image must be refused with this status and a message that contains all of the words ("a|b|c"). */
static void tg_refused(const char *what, const tg *t, size_t n, llr_status want, const char *words) {
    llr_gguf *g;
    llr_error err;
    uint8_t *copy;
    llr_status st = tg_open(&g, t, n, &copy, NULL, &err);
    const char *w = words;
    CHECK_MSG(st == want && g == NULL && (!st || err.code == st), "%s: status %d, not %d: %s", what, (int)st, (int)want, st ? err.msg : "opened");
    while (st && *w) {
        char word[100];
        size_t k = strcspn(w, "|");
        memcpy(word, w, k);
        word[k] = 0;
        CHECK_MSG(strstr(err.msg, word) != NULL, "%s: '%s' is missing in: %s", what, word, err.msg);
        w += k + (w[k] == '|');
    }
    llr_gguf_close(g);
    free(copy);
}

/* Reads everything that an open file offers. Returns something that depends on it. */
static unsigned tg_walk(const llr_gguf *g) {
    unsigned sum = 0;
    size_t i, k;
    llr_meta m, e;
    llr_tensor t;
    float f[512];
    for (i = 0; llr_gguf_meta(g, i, &m); i++) {
        sum += (unsigned)m.key_bytes + (unsigned)m.key[0] + (unsigned)m.u;
        if (m.type == LLR_META_STRING) for (k = 0; k < m.n_bytes; k++) sum += (unsigned)m.s[k];
        if (m.type == LLR_META_ARRAY)
            for (k = 0; k < 40 && llr_gguf_meta_element(&m, k, &e); k++) sum += (unsigned)e.n_bytes + (unsigned)e.u;
    }
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) {
        sum += (unsigned)strlen(t.type_name) + (unsigned)t.n_bytes;
        if (t.n_elements <= 512 && llr_gguf_read(g, i, 0, (size_t)t.n_elements, f, NULL) == LLR_OK) sum++;
    }
    return sum;
}

/* --- what is read --- */
static void test_gguf_meta(void) {
    static const struct { const char *key; llr_meta_type type; int64_t i; double f; } rows[] = {
        { "u8", LLR_META_U8, 200, 200 }, { "i8", LLR_META_I8, -2, -2 }, { "u16", LLR_META_U16, 65535, 65535 },
        { "i16", LLR_META_I16, -2, -2 }, { "u32", LLR_META_U32, 4294967295LL, 4294967295.0 }, { "i32", LLR_META_I32, -2, -2 },
        { "f32", LLR_META_F32, 0, 1.5 }, { "bool", LLR_META_BOOL, 1, 1 }, { "u64", LLR_META_U64, -1, 18446744073709551615.0 },
        { "i64", LLR_META_I64, -1, -1 }, { "f64", LLR_META_F64, 0, 0.125 }
    };
    static tg t;
    llr_gguf *g;
    llr_error err;
    llr_meta m, e;
    uint8_t *copy;
    size_t i;
    tg_sample(&t);
    CHECK_MSG(tg_open(&g, &t, t.n, &copy, NULL, &err) == LLR_OK, "%s", err.msg);
    if (!g) return;
    CHECK(llr_gguf_meta_count(g) == 14 && llr_gguf_tensor_count(g) == 2 && llr_gguf_version(g) == 3);
    CHECK(!llr_gguf_is_mapped(g) && llr_gguf_file_bytes(g) == t.n);
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int found = llr_gguf_meta_find(g, rows[i].key, &m);
        CHECK_MSG(found && m.type == rows[i].type && m.i == rows[i].i && m.f == rows[i].f && m.count == 1, "key %s", rows[i].key);
    }
    CHECK(llr_gguf_meta_find(g, "u64", &m) && m.u == UINT64_MAX);
    CHECK(llr_gguf_meta_find(g, "str", &m) && m.type == LLR_META_STRING && m.n_bytes == 5 && memcmp(m.s, "hello", 5) == 0);
    CHECK(llr_gguf_meta_find(g, "strs", &m) && m.type == LLR_META_ARRAY && m.elem_type == LLR_META_STRING && m.count == 3);
    CHECK(llr_gguf_meta_element(&m, 0, &e) && e.type == LLR_META_STRING && e.n_bytes == 1 && e.s[0] == 'x');
    CHECK(llr_gguf_meta_element(&m, 1, &e) && e.n_bytes == 0);
    CHECK(llr_gguf_meta_element(&m, 2, &e) && e.n_bytes == 2 && memcmp(e.s, "zz", 2) == 0);
    CHECK(!llr_gguf_meta_element(&m, 3, &e));
    CHECK(llr_gguf_meta_find(g, "i32s", &m) && m.count == 2 && llr_gguf_meta_element(&m, 1, &e) && e.i == -1 && e.type == LLR_META_I32);
    CHECK(llr_gguf_meta_element(&m, 0, &m) && m.i == 5);
    CHECK(!llr_gguf_meta_find(g, "none", &m) && !llr_gguf_meta_find(g, "", &m) && !llr_gguf_meta(g, 14, &m));
    CHECK(llr_gguf_meta(g, 0, &m) && m.key_bytes == 2 && memcmp(m.key, "u8", 2) == 0 && !llr_gguf_meta_element(&m, 0, &e));
    llr_gguf_close(g);
    free(copy);
    llr_gguf_close(NULL);
}

static void test_gguf_kv(void) {
    static tg t;
    llr_gguf *g;
    uint8_t *copy;
    uint64_t u = 0;
    double d = 0;
    int b = 0;
    llri_str str;
    llri_str_iter it = { NULL, 0 };
    tg_sample(&t);
    if (tg_open(&g, &t, t.n, &copy, NULL, NULL) != LLR_OK) { CHECK(!"open"); return; }
    CHECK(llri_kv_u64(llri_gguf_kv(g, "u8"), &u) && u == 200 && !llri_kv_u64(llri_gguf_kv(g, "i8"), &u));
    CHECK(llri_kv_u64(llri_gguf_kv(g, "u64"), &u) && u == UINT64_MAX && llri_kv_u64(llri_gguf_kv(g, "bool"), &u) && u == 1);
    CHECK(!llri_kv_u64(llri_gguf_kv(g, "f32"), &u) && !llri_kv_u64(llri_gguf_kv(g, "str"), &u) && !llri_kv_u64(llri_gguf_kv(g, "i32s"), &u));
    CHECK(llri_kv_f64(llri_gguf_kv(g, "i16"), &d) && d == -2 && llri_kv_f64(llri_gguf_kv(g, "f32"), &d) && d == 1.5);
    CHECK(llri_kv_bool(llri_gguf_kv(g, "bool"), &b) && b == 1 && !llri_kv_bool(llri_gguf_kv(g, "u8"), &b));
    CHECK(llri_kv_str(llri_gguf_kv(g, "str"), &str) && llri_str_eq(str, "hello") && !llri_kv_str(llri_gguf_kv(g, "strs"), &str));
    CHECK(!llri_kv_elem_u64(llri_gguf_kv(g, "i32s"), 1, &u));
    CHECK(llri_kv_elem_u64(llri_gguf_kv(g, "i32s"), 0, &u) && u == 5 && !llri_kv_elem_u64(llri_gguf_kv(g, "i32s"), 2, &u));
    CHECK(llri_kv_elem_f64(llri_gguf_kv(g, "f64"), 0, &d) && d == 0.125 && !llri_kv_elem_f64(llri_gguf_kv(g, "strs"), 0, &d));
    CHECK(!llri_str_iter_init(&it, llri_gguf_kv(g, "i32s")) && llri_str_iter_init(&it, llri_gguf_kv(g, "strs")));
    CHECK(llri_str_iter_next(&it, &str) && llri_str_eq(str, "x") && llri_str_iter_next(&it, &str) && llri_str_eq(str, ""));
    CHECK(llri_str_iter_next(&it, &str) && llri_str_eq(str, "zz") && !llri_str_iter_next(&it, &str));
    CHECK(llri_gguf_find_tensor(g, "b") == llri_gguf_tensor_at(g, 1) && !llri_gguf_find_tensor(g, "c") && !llri_gguf_tensor_at(g, 2));
    llr_gguf_close(g);
    free(copy);
}

static void test_gguf_tensors(void) {
    static tg t;
    llr_gguf *g;
    llr_error err;
    llr_tensor a, b;
    uint8_t *copy;
    float f[32];
    int i;
    tg_sample(&t);
    if (tg_open(&g, &t, t.n, &copy, NULL, &err) != LLR_OK) { CHECK(!"open"); return; }
    memset(&a, 0, sizeof a);
    CHECK(llr_gguf_tensor(g, 0, &a) && llr_gguf_tensor(g, 1, &b) && !llr_gguf_tensor(g, 2, &b));
    CHECK(a.n_dims == 2 && a.ne[0] == 3 && a.ne[1] == 2 && a.ne[2] == 1 && a.ne[3] == 1 && a.n_elements == 6 && a.n_bytes == 24);
    CHECK(strcmp(a.type_name, "f32") == 0 && strcmp(b.type_name, "q8_0") == 0 && b.n_bytes == 34 && b.offset == a.offset + 32);
    CHECK(llr_gguf_read(g, 0, 1, 4, f, &err) == LLR_OK && f[0] == 1 && f[3] == 4);
    CHECK(llr_gguf_read(g, 1, 0, 32, f, &err) == LLR_OK);
    for (i = 0; i < 32; i++) CHECK(f[i] == (float)(i - 16));
    CHECK(llr_gguf_read(g, 0, 6, 0, f, &err) == LLR_OK);
    CHECK(llr_gguf_read(g, 2, 0, 1, f, &err) == LLR_E_ARG && strstr(err.msg, "tensor 2"));
    CHECK(llr_gguf_read(g, 0, 5, 2, f, &err) == LLR_E_ARG && strstr(err.msg, "which has 6"));
    CHECK(llr_gguf_read(g, 0, UINT64_MAX, 2, f, &err) == LLR_E_ARG);
    CHECK(llr_gguf_read(g, 1, 0, 31, f, &err) == LLR_E_ARG && strstr(err.msg, "multiples of 32"));
    CHECK(llr_gguf_read(g, 1, 1, 0, f, &err) == LLR_E_ARG);
    llr_gguf_close(g);
    free(copy);
}

/* Accepted although unusual: version 2, no tensors and no padding, tensors in any order with gaps, a scalar, other alignment. */
static void test_gguf_unusual(void) {
    static tg t;
    llr_gguf *g;
    llr_error err;
    uint8_t *copy;
    float f[4];
    tg_header(&t, 2, 0, 0);
    CHECK(tg_open(&g, &t, t.n, &copy, NULL, &err) == LLR_OK && llr_gguf_version(g) == 2 && llr_gguf_tensor_count(g) == 0);
    CHECK(llri_gguf_kv(g, "x") == NULL && llri_gguf_find_tensor(g, "x") == NULL);
    llr_gguf_close(g);
    free(copy);
    tg_header(&t, 3, 3, 2);
    tg_kv_int(&t, "general.alignment", LLR_META_U32, 8);
    tg_array(&t, "empty", LLR_META_STRING, 0);
    tg_tensor(&t, "c", 1, 2, 0, 0, 40);
    tg_tensor(&t, "a", 1, 4, 0, 0, 0);
    tg_tensor(&t, "b", 0, 0, 0, 0, 24);
    tg_pad(&t, 8);
    tg_zeros(&t, 24);
    tg_f32(&t, 7);
    tg_zeros(&t, 12);
    tg_f32(&t, 8); tg_f32(&t, 9);
    CHECK_MSG(tg_open(&g, &t, t.n, &copy, NULL, &err) == LLR_OK, "%s", err.msg);
    if (!g) { free(copy); return; }
    CHECK(llr_gguf_read(g, 0, 0, 2, f, &err) == LLR_OK && f[0] == 8 && f[1] == 9);
    CHECK(llr_gguf_read(g, 2, 0, 1, f, &err) == LLR_OK && f[0] == 7);
    llr_gguf_close(g);
    free(copy);
    CHECK(llr_gguf_open_mem(NULL, t.b, 1, NULL, &err) == LLR_E_ARG && llr_gguf_open_mem(&g, NULL, 1, NULL, &err) == LLR_E_ARG);
}

/* --- what is refused --- */
static void test_gguf_header(void) {
    static const struct { uint32_t version; llr_status st; const char *words; } rows[] = {
        { 0, LLR_E_FORMAT, "version 0" }, { 1, LLR_E_UNSUPPORTED, "version 1|newer conversion" }, { 4, LLR_E_UNSUPPORTED, "version 4" },
        { 0x03000000, LLR_E_UNSUPPORTED, "big-endian" }, { 0xffffffffu, LLR_E_UNSUPPORTED, "4294967295" }
    };
    static tg t;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tg_header(&t, rows[i].version, 0, 0);
        tg_refused("version", &t, t.n, rows[i].st, rows[i].words);
    }
    tg_header(&t, 3, UINT64_C(1) << 63, 0);
    tg_refused("tensors 2^63", &t, t.n, LLR_E_FORMAT, "9223372036854775808 tensors|only 0 bytes|SHA-256");
    tg_header(&t, 3, 0, UINT64_MAX);
    tg_refused("keys 2^64-1", &t, t.n, LLR_E_FORMAT, "18446744073709551615 keys");
    tg_header(&t, 3, 0, 1);
    tg_zeros(&t, 13);
    tg_refused("one key too many", &t, t.n, LLR_E_FORMAT, "1 keys|only 13 bytes");
}

static void test_gguf_not_gguf(void) {
    static const struct { const char *bytes; size_t n; const char *words; } rows[] = {
        { "", 0, "empty|Download it again" }, { "GG", 2, "2 bytes" },
        { "<!DOCTYPE html><html>", 21, "web page|'resolve'" }, { " \n<html lang=x>", 15, "web page" },
        { "version https://git-lfs.github.com/spec/v1", 42, "git-lfs pointer|git lfs pull" },
        { "tjgg\3\0\0\0", 8, "August 2023|GGUF version" }, { "lmgg\0\0\0\0", 8, "August 2023" }, { "fmgg\0\0\0\0", 8, "August 2023" },
        { "algg\0\0\0\0", 8, "LoRA" }, { "PK\3\4xxxx", 8, "zip archive" }, { "\x1f\x8b\x08\0", 4, "gzip" },
        { "\x80\x01\0\0\0\0\0\0{\"a", 11, "safetensors" }, { "{\"error\":1}", 11, "JSON" }, { "\x80\2}q", 4, "pickle" },
        { "\0\0\0\0\0\0\0\0", 8, "zeros|Download it again" }, { "hello world", 11, "68 65 6c 6c|47 47 55 46" }
    };
    static tg t;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        t.n = 0;
        tg_bytes(&t, rows[i].bytes, rows[i].n);
        tg_refused(rows[i].words, &t, t.n, LLR_E_FORMAT, rows[i].words);
    }
}

/* One key that is wrong, after a good one. */
static void test_gguf_meta_bad(void) {
    static const struct { uint32_t type, elem; uint64_t count; llr_status st; const char *words; } values[] = {
        { 13, 0, 0, LLR_E_FORMAT, "value type 13|key 2 of 2 'x'" }, { 0xffffffffu, 0, 0, LLR_E_FORMAT, "value type 4294967295" },
        { 9, 9, 1, LLR_E_UNSUPPORTED, "array of arrays|'x'" }, { 9, 77, 1, LLR_E_FORMAT, "element type 77" },
        { 9, 4, UINT64_C(1) << 62, LLR_E_FORMAT, "4611686018427387904 elements|'x'" }, { 9, 0, 1000, LLR_E_FORMAT, "1000 elements|only 64 bytes" },
        { 9, 8, UINT64_C(1) << 40, LLR_E_FORMAT, "1099511627776 elements" }, { 9, 10, 9, LLR_E_FORMAT, "9 elements" }
    };
    static tg t;
    size_t i;
    for (i = 0; i < sizeof values / sizeof values[0]; i++) {
        tg_header(&t, 3, 0, 2);
        tg_kv_int(&t, "ok", LLR_META_U32, 1);
        tg_key(&t, "x", values[i].type);
        if (values[i].type == 9) { tg_int(&t, values[i].elem, 4); tg_int(&t, values[i].count, 8); }
        tg_zeros(&t, 64);
        tg_refused(values[i].words, &t, t.n, values[i].st, values[i].words);
    }
    tg_header(&t, 3, 0, 1);
    tg_int(&t, UINT64_MAX - 7, 8);
    tg_zeros(&t, 64);
    tg_refused("key length", &t, t.n, LLR_E_FORMAT, "byte 24|key 1 of 1|18446744073709551608 bytes|only 64");
    tg_header(&t, 3, 0, 1);
    tg_kv_int(&t, "", LLR_META_U32, 1);
    tg_refused("empty key", &t, t.n, LLR_E_FORMAT, "key is empty");
    tg_header(&t, 3, 0, 1);
    tg_strn(&t, "a\0b", 3);
    tg_zeros(&t, 64);
    tg_refused("NUL in key", &t, t.n, LLR_E_FORMAT, "zero byte");
    tg_header(&t, 3, 0, 2);
    tg_kv_int(&t, "k", LLR_META_U32, 1);
    tg_kv_int(&t, "k", LLR_META_U32, 1);
    tg_refused("same key twice", &t, t.n, LLR_E_FORMAT, "key 2 of 2 'k'|twice");
    tg_header(&t, 3, 0, 1);
    tg_key(&t, "s", LLR_META_STRING);
    tg_int(&t, 9, 8);
    tg_bytes(&t, "12345678", 8);
    tg_refused("string past the end", &t, t.n, LLR_E_FORMAT, "'s'|9 bytes|only 8");
    tg_header(&t, 3, 0, 1);
    tg_array(&t, "ss", LLR_META_STRING, 2);
    tg_str(&t, "1234");
    tg_int(&t, 1, 8);
    tg_refused("string of an array past the end", &t, t.n, LLR_E_FORMAT, "'ss'|a string of an array");
    tg_header(&t, 3, 0, 1);
    tg_kv_int(&t, "\033]0;evil\007", 13 - 1, 0);
    t.b[24 + 8 + 9] = 99;
    tg_refused("control characters do not reach the message", &t, t.n, LLR_E_FORMAT, "'?]0;evil?'");
}

static void test_gguf_alignment(void) {
    static const struct { uint32_t type; uint64_t v; const char *words; } rows[] = {
        { LLR_META_U32, 0, "general.alignment is 0" }, { LLR_META_U32, 3, "is 3|power of two" }, { LLR_META_U32, 0x80000000u, "2147483648" },
        { LLR_META_U64, 32, "value type 10" }
    };
    static tg t;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tg_header(&t, 3, 0, 1);
        tg_kv_int(&t, "general.alignment", rows[i].type, rows[i].v);
        tg_refused(rows[i].words, &t, t.n, LLR_E_FORMAT, rows[i].words);
    }
}

static void test_gguf_tensor_bad(void) {
    static const struct { const char *name; uint32_t n_dims; uint64_t a, b; uint32_t type; uint64_t offset; llr_status st; const char *words; } rows[] = {
        { "", 1, 4, 0, 0, 32, LLR_E_FORMAT, "name has 0 bytes|tensor 2 of 2" },
        { "0123456789012345678901234567890123456789012345678901234567890123", 1, 4, 0, 0, 32, LLR_E_FORMAT, "name has 64 bytes" },
        { "first", 1, 4, 0, 0, 32, LLR_E_FORMAT, "twice|'first'" },
        { "x", 5, 4, 0, 0, 32, LLR_E_FORMAT, "5 dimensions" }, { "x", 0x80000000u, 4, 0, 0, 32, LLR_E_FORMAT, "2147483648 dimensions" },
        { "x", 2, 0, 4, 0, 32, LLR_E_FORMAT, "dimension 0 is 0" }, { "x", 2, 4, UINT64_MAX, 0, 32, LLR_E_FORMAT, "overflow" },
        { "x", 2, UINT64_C(1) << 32, UINT64_C(1) << 32, 0, 32, LLR_E_FORMAT, "4294967296 x 4294967296|overflow" },
        { "x", 2, UINT64_C(1) << 31, UINT64_C(1) << 32, 0, 32, LLR_E_FORMAT, "overflow" },
        { "x", 1, UINT64_C(1) << 62, 0, 0, 32, LLR_E_FORMAT, "overflow" }, { "x", 1, UINT64_C(1) << 50, 0, 0, 32, LLR_E_FORMAT, "4.0 PiB" },
        { "x", 1, 32, 0, 4, 32, LLR_E_UNSUPPORTED, "type 4 (Q4_2)|newer conversion" }, { "x", 1, 32, 0, 31, 32, LLR_E_UNSUPPORTED, "Q4_0_4_4" },
        { "x", 1, 32, 0, 200, 32, LLR_E_UNSUPPORTED, "type 200|unknown" }, { "x", 1, 32, 0, 0xffffffffu, 32, LLR_E_FORMAT, "type 4294967295" },
        { "x", 1, 33, 0, 8, 32, LLR_E_FORMAT, "33 elements|q8_0 blocks of 32" }, { "x", 1, 4, 0, 0, 33, LLR_E_FORMAT, "offset 33|alignment 32" },
        { "x", 1, 4, 0, 0, 0, LLR_E_FORMAT, "overlap|'first'" }, { "x", 1, 4, 0, 0, 64, LLR_E_FORMAT, "incomplete|'x'|16 bytes past" },
        { "x", 1, 16, 0, 0, 32, LLR_E_FORMAT, "incomplete|32 bytes past" },
        { "x", 1, 4, 0, 0, UINT64_C(1) << 63, LLR_E_FORMAT, "8.0 EiB" }, { "x", 1, 4, 0, 0, UINT64_MAX - 31, LLR_E_FORMAT, "overflow" }
    };
    static tg t;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tg_header(&t, 3, 2, 0);
        tg_tensor(&t, "first", 1, 8, 0, 0, 0);
        tg_tensor(&t, rows[i].name, rows[i].n_dims, rows[i].a, rows[i].b, rows[i].type, rows[i].offset);
        tg_pad(&t, 32);
        tg_zeros(&t, 64);
        tg_refused(rows[i].words, &t, t.n, rows[i].st, rows[i].words);
    }
}

/* Overlap is found in any order of the table. */
static void test_gguf_overlap(void) {
    static tg t;
    int i, clash;
    for (clash = -1; clash < 16; clash++) {
        llr_gguf *g;
        llr_error err;
        uint8_t *copy;
        tg_header(&t, 3, 16, 0);
        for (i = 0; i < 16; i++) {
            char name[32];
            snprintf(name, sizeof name, "t%d", i);
            tg_tensor(&t, name, 1, i == clash && i * 7 % 16 != 15 ? 9 : 8, 0, 0, (uint64_t)(i * 7 % 16) * 32);
        }
        tg_pad(&t, 32);
        tg_zeros(&t, 16 * 32);
        if (clash >= 0 && clash * 7 % 16 != 15) {
            tg_refused("overlap", &t, t.n, LLR_E_FORMAT, "overlap");
        } else {
            CHECK_MSG(tg_open(&g, &t, t.n, &copy, NULL, &err) == LLR_OK, "%s", err.msg);
            llr_gguf_close(g);
            free(copy);
        }
    }
}

static void test_gguf_truncated(void) {
    static tg t;
    size_t n;
    tg_sample(&t);
    for (n = 0; n < t.n; n++) tg_refused("truncated", &t, n, LLR_E_FORMAT, n < 4 ? "" : "SHA-256");
    CHECK(t.n > 500);
}

/* Every byte replaced by a few others: opened or refused, and if opened, readable. */
static void test_gguf_mutated(void) {
    static const uint8_t values[] = { 0, 1, 2, 8, 9, 0x20, 0x7f, 0x80, 0xff };
    static tg t;
    size_t i, k;
    unsigned sum = 0;
    tg_sample(&t);
    for (i = 0; i < t.n; i++) {
        uint8_t old = t.b[i];
        for (k = 0; k < sizeof values; k++) {
            llr_gguf *g;
            uint8_t *copy;
            llr_error err;
            t.b[i] = values[k];
            if (tg_open(&g, &t, t.n, &copy, NULL, &err) == LLR_OK) sum += tg_walk(g);
            else CHECK_MSG(g == NULL && err.msg[0], "byte %d", (int)i);
            llr_gguf_close(g);
            free(copy);
        }
        t.b[i] = old;
    }
    CHECK(sum != 0);
}

static void test_gguf_nomem(void) {
    static tg t;
    long n;
    tg_sample(&t);
    for (n = 1; n < 100; n++) {
        fail_alloc f;
        llr_options opt;
        llr_error err;
        llr_gguf *g;
        uint8_t *copy;
        llr_status st;
        fail_alloc_init(&f, &opt, n);
        st = tg_open(&g, &t, t.n, &copy, &opt, &err);
        CHECK_MSG(st == LLR_OK || (st == LLR_E_NOMEM && g == NULL && f.live == 0 && strstr(err.msg, "not enough memory")), "call %ld: %d", n, (int)st);
        llr_gguf_close(g);
        free(copy);
        CHECK_MSG(f.live == 0 && f.live_bytes == 0 && f.wrong == 0, "call %ld: %ld blocks left", n, f.live);
        if (st == LLR_OK) break;
    }
    CHECK(n > 5 && n < 100);
}

/* --- files --- */
static void tg_path(char *out, size_t cap, const char *name) {
    const char *dir = getenv("TMPDIR");
#ifdef _WIN32
    if (!dir) dir = getenv("TEMP");
#endif
    snprintf(out, cap, "%s/llrun-test-%ld-%s", dir ? dir : "/tmp", (long)tg_pid(), name);
}

static void tg_write(const char *path, const void *p, size_t n, size_t junk_before) {
    FILE *f = fopen(path, "wb");
    CHECK_MSG(f != NULL, "cannot write %s", path);
    if (!f) return;
    while (junk_before--) fputc(0xcc, f);
    CHECK(fwrite(p, 1, n, f) == n);
    fclose(f);
}

typedef struct tg_watch { int calls, stop_at, warnings; uint64_t done, total; char msg[600]; } tg_watch;

static int tg_progress(void *ud, llr_phase phase, uint64_t done, uint64_t total) {
    tg_watch *w = (tg_watch *)ud;
    CHECK(phase == LLR_PHASE_LOAD && done >= w->done && done <= total);
    w->done = done;
    w->total = total;
    return ++w->calls == w->stop_at;
}

static void tg_log(void *ud, llr_log_level level, const char *msg) {
    tg_watch *w = (tg_watch *)ud;
    w->warnings += level == LLR_LOG_WARN;
    snprintf(w->msg, sizeof w->msg, "%s", msg);
}

static void tg_watch_init(tg_watch *w, llr_options *opt, int no_mmap) {
    memset(w, 0, sizeof *w);
    memset(opt, 0, sizeof *opt);
    opt->progress = tg_progress;
    opt->log = tg_log;
    opt->ud = w;
    opt->no_mmap = no_mmap;
}

static void test_gguf_file(void) {
    static tg t;
    char path[512];
    int mode;
    tg_sample(&t);
    tg_path(path, sizeof path, "file.gguf");
    tg_write(path, t.b, t.n, 0);
    for (mode = 0; mode < 4; mode++) {      /* mapped or read, then with mlock */
        llr_gguf *g = NULL;
        llr_error err;
        llr_options opt;
        tg_watch w;
        float f[6];
        tg_watch_init(&w, &opt, mode & 1);
        opt.mlock = mode >= 2;
        CHECK_MSG(llr_gguf_open(&g, path, &opt, &err) == LLR_OK, "%s", err.msg);
        if (!g) break;
        CHECK(llr_gguf_is_mapped(g) == !(mode & 1) && llr_gguf_file_bytes(g) == t.n && w.warnings == 0);
        CHECK((mode & 1) == 0 || (w.calls > 0 && w.done == t.n && w.total == t.n));
        CHECK(llr_gguf_read(g, 0, 0, 6, f, &err) == LLR_OK && f[5] == 5);
        w.done = 0;
        CHECK(llr_gguf_preload(g, &opt, &err) == LLR_OK && w.done == t.n && w.total == t.n);
        w.calls = 0;
        w.done = 0;
        w.stop_at = 1;
        CHECK(llr_gguf_preload(g, &opt, &err) == LLR_E_CANCELLED && strstr(err.msg, "cancelled"));
        llr_gguf_close(g);
        g = NULL;
        tg_watch_init(&w, &opt, 1);
        w.stop_at = 1 + mode % 2;
        CHECK(llr_gguf_open(&g, path, &opt, &err) == LLR_E_CANCELLED && g == NULL);
    }
    remove(path);
}

static void test_gguf_file_errors(void) {
    llr_gguf *g = NULL;
    llr_error err;
    char path[512];
    static tg t;
    tg_path(path, sizeof path, "none.gguf");
    CHECK(llr_gguf_open(&g, path, NULL, &err) == LLR_E_IO && g == NULL && strstr(err.msg, path) && strstr(err.msg, "no such file"));
    CHECK(llr_gguf_open(&g, ".", NULL, &err) == LLR_E_IO && strstr(err.msg, "directory"));
    CHECK(llr_gguf_open(&g, NULL, NULL, &err) == LLR_E_ARG && llr_gguf_open(NULL, path, NULL, &err) == LLR_E_ARG);
#ifndef _WIN32
    CHECK(llr_gguf_open(&g, "/dev/null", NULL, &err) == LLR_E_IO && strstr(err.msg, "not a regular file"));
#endif
    tg_write(path, "", 0, 0);
    CHECK(llr_gguf_open(&g, path, NULL, &err) == LLR_E_FORMAT && strstr(err.msg, "empty"));
    remove(path);
    tg_path(path, sizeof path, "x.gguf.part1of2");
    tg_sample(&t);
    tg_write(path, t.b, t.n - 5, 0);
    CHECK(llr_gguf_open(&g, path, NULL, &err) == LLR_E_FORMAT && strstr(err.msg, "join the pieces"));
    tg_write(path, t.b + 5, t.n - 5, 0);
    CHECK(llr_gguf_open(&g, path, NULL, &err) == LLR_E_FORMAT && strstr(err.msg, "join the pieces"));
    remove(path);
    CHECK(llri_is_piece_name("m.gguf-split-a") && llri_is_piece_name("m.part12of34") && !llri_is_piece_name("part-of-x.gguf"));
    CHECK(!llri_is_piece_name("m-00001-of-00002.gguf") && !llri_is_piece_name("m.part1of2.gguf"));
}

#ifndef _WIN32
/* At any offset of a descriptor, aligned or not, and with a length. */
static void test_gguf_fd(void) {
    static const size_t offsets[] = { 0, 1, 32, 4095, 4096, 70001 };
    static tg t;
    char path[512];
    size_t i;
    int no_mmap;
    tg_sample(&t);
    tg_path(path, sizeof path, "fd.bin");
    for (i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        for (no_mmap = 0; no_mmap < 2; no_mmap++) {
            llr_gguf *g = NULL;
            llr_error err;
            llr_options opt;
            tg_watch w;
            float f[32];
            int fd;
            tg_write(path, t.b, t.n, offsets[i]);
            tg_watch_init(&w, &opt, no_mmap);
            fd = open(path, O_RDONLY);
            CHECK_MSG(llr_gguf_open_fd(&g, fd, offsets[i], 0, &opt, &err) == LLR_OK, "offset %d: %s", (int)offsets[i], err.msg);
            CHECK(lseek(fd, 0, SEEK_CUR) == 0);
            close(fd);
            w.done = 0;
            CHECK(g && llr_gguf_read(g, 1, 0, 32, f, &err) == LLR_OK && f[0] == -16 && llr_gguf_preload(g, &opt, &err) == LLR_OK);
            CHECK(g && llr_gguf_is_mapped(g) == !no_mmap && llr_gguf_file_bytes(g) == t.n);
            llr_gguf_close(g);
            g = NULL;
            w.done = 0;
            fd = open(path, O_RDONLY);
            CHECK(llr_gguf_open_fd(&g, fd, offsets[i], t.n - 1, &opt, &err) == LLR_E_FORMAT && strstr(err.msg, "incomplete"));
            CHECK(llr_gguf_open_fd(&g, fd, offsets[i], t.n + 1, &opt, &err) == LLR_E_ARG && llr_gguf_open_fd(&g, fd, 1 << 30, 0, &opt, &err) == LLR_E_ARG);
            close(fd);
            CHECK(llr_gguf_open_fd(&g, fd, 0, 0, &opt, &err) == LLR_E_IO && strstr(err.msg, "descriptor"));
        }
    }
    remove(path);
}
#else
static void test_gguf_fd(void) {}
#endif

/* --- split files --- */
typedef struct tg_split { int count, no[3], counts[3], total, same_name; } tg_split;

static void tg_split_path(char *path, size_t cap, int i, int count) {
    char name[40];
    snprintf(name, sizeof name, "m-%05d-of-%05d.gguf", i + 1, count);
    tg_path(path, cap, name);
}

/* Writes three shards with no tensors, two, one. */
static void tg_split_write(const tg_split *s) {
    static const int n_tensors[3] = { 0, 2, 1 };
    int i, k;
    for (i = 0; i < 3; i++) {
        static tg t;
        char path[512];
        tg_header(&t, 3, (uint64_t)n_tensors[i], i ? 2 : 4);
        tg_kv_int(&t, "split.no", LLR_META_U16, (uint64_t)s->no[i]);
        tg_kv_int(&t, "split.count", LLR_META_U16, (uint64_t)s->counts[i]);
        if (i == 0) tg_kv_int(&t, "split.tensors.count", LLR_META_I32, (uint64_t)s->total);
        if (i == 0) tg_kv_int(&t, "only.first", LLR_META_U8, 42);
        for (k = 0; k < n_tensors[i]; k++) {
            char name[32];
            snprintf(name, sizeof name, "t%d.%d", s->same_name ? 0 : i, s->same_name ? i + k : k);
            tg_tensor(&t, name, 1, 4, 0, 0, (uint64_t)k * 32);
        }
        tg_pad(&t, 32);
        for (k = 0; k < n_tensors[i]; k++) {
            tg_f32(&t, (float)(10 * i + k));
            tg_zeros(&t, 28);
        }
        tg_split_path(path, sizeof path, i, s->count);
        tg_write(path, t.b, t.n, 0);
    }
}

static void tg_split_remove(int count) {
    char path[512];
    int i;
    for (i = 0; i < 3; i++) {
        tg_split_path(path, sizeof path, i, count);
        remove(path);
    }
}

static void test_gguf_split(void) {
    static const tg_split good = { 3, { 0, 1, 2 }, { 3, 3, 3 }, 3, 0 };
    char path[512];
    long n;
    tg_split_write(&good);
    tg_split_path(path, sizeof path, 0, 3);
    for (n = 1; n < 200; n++) {             /* memory failing at every step, read and not mapped */
        fail_alloc fa;
        llr_options opt;
        llr_error err;
        llr_gguf *g = NULL;
        llr_meta m;
        llr_tensor t;
        float f[4];
        llr_status st;
        fail_alloc_init(&fa, &opt, n);
        opt.no_mmap = (int)(n & 1);
        st = llr_gguf_open(&g, path, &opt, &err);
        CHECK_MSG(st == LLR_OK || (st == LLR_E_NOMEM && g == NULL), "call %ld: %d %s", n, (int)st, st ? err.msg : "");
        if (st == LLR_OK) {
            CHECK(llr_gguf_tensor_count(g) == 3 && llr_gguf_meta_count(g) == 4);
            CHECK(llr_gguf_meta_find(g, "only.first", &m) && m.i == 42 && llr_gguf_meta_find(g, "split.no", &m) && m.i == 0);
            CHECK(llr_gguf_tensor(g, 1, &t) && t.shard == 1 && t.name_bytes == 4 && memcmp(t.name, "t1.1", 4) == 0);
            CHECK(llr_gguf_read(g, 1, 0, 4, f, &err) == LLR_OK && f[0] == 11);
            CHECK(llr_gguf_read(g, 2, 0, 4, f, &err) == LLR_OK && f[0] == 20 && llri_gguf_find_tensor(g, "t2.0")->shard == 2);
            CHECK(llr_gguf_preload(g, NULL, &err) == LLR_OK);
        }
        llr_gguf_close(g);
        CHECK_MSG(fa.live == 0 && fa.live_bytes == 0, "call %ld: %ld blocks left", n, fa.live);
        if (st == LLR_OK && n % 2 == 0) break;
    }
    CHECK(n > 10 && n < 200);
    tg_split_remove(3);
}

/* All shards of a file are locked in memory, or none. */
static void test_gguf_lock(void) {
#ifdef _WIN32
    CHECK(1);
#else
    static const tg_split good = { 3, { 0, 1, 2 }, { 3, 3, 3 }, 3, 0 };
    char path[512];
    int fail, no_mmap;
    tg_split_write(&good);
    tg_split_path(path, sizeof path, 0, 3);
    for (no_mmap = 0; no_mmap < 2; no_mmap++)
        for (fail = 0; fail < 4; fail++) {
            llr_gguf *g = NULL;
            llr_error err;
            llr_options opt;
            llr_status st;
            memset(&opt, 0, sizeof opt);
            opt.no_mmap = no_mmap;
            CHECK_MSG(llr_gguf_open(&g, path, &opt, &err) == LLR_OK, "%s", err.msg);
            if (!g) break;
            test_locks = test_unlocks = 0;
            test_lock_at = fail;
            st = llr_gguf_lock(g, &opt, &err);
            test_lock_at = -1;
            CHECK_MSG(st == (fail < 3 ? LLR_E_NOMEM : LLR_OK) && (!st || strstr(err.msg, "not locked")), "lock %d: %d", fail, (int)st);
            CHECK_MSG(test_unlocks == (fail < 3 ? fail : 0), "lock %d failed: %d of the others undone", fail, test_unlocks);
            test_locks = 0;
            CHECK(llr_gguf_lock(g, &opt, &err) == LLR_OK && test_locks == (fail < 3 ? 3 : 0));      /* again; locks do not nest */
            test_unlocks = 0;
            llr_gguf_close(g);
            CHECK(test_unlocks == 3);
        }
    tg_split_remove(3);
#endif
}

static void tg_split_refused(const tg_split *s, llr_status want, const char *word) {
    char path[512];
    llr_gguf *g = NULL;
    llr_error err;
    llr_status st;
    tg_split_write(s);
    tg_split_path(path, sizeof path, 0, s->count);
    st = llr_gguf_open(&g, path, NULL, &err);
    CHECK_MSG(st == want && g == NULL && strstr(err.msg, word), "status %d, not %d, or no '%s' in: %s", (int)st, (int)want, word, st ? err.msg : "");
    llr_gguf_close(g);
    tg_split_remove(s->count);
}

static void test_gguf_split_bad(void) {
    static const tg_split good = { 3, { 0, 1, 2 }, { 3, 3, 3 }, 3, 0 }, wrong_no = { 3, { 0, 2, 1 }, { 3, 3, 3 }, 3, 0 },
        other_count = { 3, { 0, 1, 2 }, { 3, 3, 4 }, 3, 0 }, total = { 3, { 0, 1, 2 }, { 3, 3, 3 }, 4, 0 },
        same_name = { 3, { 0, 1, 2 }, { 3, 3, 3 }, 3, 1 }, many = { 3, { 0, 1, 2 }, { 65535, 3, 3 }, 3, 0 },
        renamed = { 4, { 0, 1, 2 }, { 3, 3, 3 }, 3, 0 }, beyond = { 3, { 8, 1, 2 }, { 3, 3, 3 }, 3, 0 };
    static tg t;
    char path[512], second[512];
    llr_gguf *g = NULL;
    llr_error err;
    tg_split_refused(&wrong_no, LLR_E_FORMAT, "should be shard 2 of 3");
    tg_split_refused(&other_count, LLR_E_FORMAT, "split.count 4");
    tg_split_refused(&total, LLR_E_FORMAT, "split.tensors.count says 4");
    tg_split_refused(&same_name, LLR_E_FORMAT, "twice");
    tg_split_refused(&many, LLR_E_FORMAT, "65535 shards");
    tg_split_refused(&renamed, LLR_E_FORMAT, "-00001-of-00003.gguf");
    tg_split_refused(&beyond, LLR_E_FORMAT, "split.no 8");
    tg_split_write(&good);
    tg_split_path(path, sizeof path, 0, 3);
    tg_split_path(second, sizeof second, 1, 3);
    CHECK(llr_gguf_open(&g, second, NULL, &err) == LLR_E_UNSUPPORTED && strstr(err.msg, "shard 2 of 3") && strstr(err.msg, "-00001-of-00003.gguf"));
    remove(second);
    CHECK(llr_gguf_open(&g, path, NULL, &err) == LLR_E_IO && strstr(err.msg, "shard 2 of 3") && strstr(err.msg, second));
    tg_split_remove(3);
    tg_header(&t, 3, 0, 1);
    tg_kv_int(&t, "split.count", LLR_META_U16, 2);
    tg_refused("split in memory", &t, t.n, LLR_E_UNSUPPORTED, "2 shards|by its path");
    CHECK(g == NULL);
}

/* Every read and mapping of an opening fails once: a failed read is an error that says so; a failed mapping is not, the file
 * is read instead. */
static void test_gguf_nth_call(void) {
#ifdef _WIN32
    CHECK(1);
#else
    static tg t;
    char path[512];
    int mode, n, reached;
    tg_sample(&t);
    tg_path(path, sizeof path, "nth.gguf");
    tg_write(path, t.b, t.n, 0);
    for (mode = 0; mode < 2; mode++)        /* mapped, read */
        for (n = 0, reached = 1; reached && n < 100; n++) {
            llr_gguf *g = NULL;
            llr_error err;
            llr_options opt;
            tg_watch w;
            float f[6];
            llr_status st;
            tg_watch_init(&w, &opt, mode);
            test_calls = 0;
            test_fail_at = n;
            st = llr_gguf_open(&g, path, &opt, &err);
            test_fail_at = -1;
            reached = test_calls > n;
            if (st == LLR_OK) {
                CHECK_MSG(!reached || (mode == 0 && !llr_gguf_is_mapped(g) && w.warnings == 1), "call %d of mode %d failed unseen", n, mode);
                CHECK(llr_gguf_read(g, 0, 0, 6, f, &err) == LLR_OK && f[5] == 5);
                llr_gguf_close(g);
            } else CHECK_MSG(st == LLR_E_IO && strlen(err.msg) > 10 && g == NULL, "call %d of mode %d: %d %s", n, mode, (int)st, err.msg);
        }
    remove(path);
#endif
}

#define TESTS_GGUF(X) \
    X(gguf_meta) X(gguf_kv) X(gguf_tensors) X(gguf_unusual) X(gguf_header) X(gguf_not_gguf) X(gguf_meta_bad) X(gguf_alignment) \
    X(gguf_tensor_bad) X(gguf_overlap) X(gguf_truncated) X(gguf_mutated) X(gguf_nomem) X(gguf_file) X(gguf_file_errors) X(gguf_fd) \
    X(gguf_split) X(gguf_lock) X(gguf_split_bad) X(gguf_nth_call)
