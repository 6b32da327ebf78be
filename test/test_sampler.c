/* Tests of >>sampler: the chain on small lists, and the text stream fed with bytes. */
#include "fail_alloc.h"

static llr_sampling st_how(void)        /* everything off, temperature 1 */
{
    llr_sampling h;
    memset(&h, 0, sizeof h);
    h.temp = 1.0f; h.top_p = 1.0f; h.typical_p = 1.0f; h.repeat_penalty = 1.0f;
    return h;
}

static const float st_ramp[4] = { -2.302585f, -1.609438f, -1.203973f, -0.916291f };      /* probabilities 0.1 0.2 0.3 0.4 */
static float st_nan(void) { return (float)(HUGE_VAL - HUGE_VAL); }

/* How often each of n tokens is drawn in 4000 tries. */
static void st_count(llr_sampling how, const float *logits, int n, int *counts)
{
    llr_sampler *s = NULL;
    llr_error err;
    int i;
    memset(counts, 0, sizeof *counts * (size_t)n);
    CHECK(llr_sampler_new(&s, n, NULL, &how, NULL, &err) == LLR_OK);
    if (!s) return;
    for (i = 0; i < 4000; i++) {
        int32_t id = llr_sampler_sample(s, logits);
        if (id >= 0 && id < n) counts[id]++;
    }
    llr_sampler_free(s);
}

/* The chain leaves exactly those of the ramp (or of another list of 4) whose bit is set. */
static void st_left(const char *what, llr_sampling how, const float *logits, unsigned want)
{
    int c[4], i;
    unsigned got = 0;
    st_count(how, logits, 4, c);
    for (i = 0; i < 4; i++) if (c[i]) got |= 1u << i;
    CHECK_MSG(got == want, "%s: left 0x%x, not 0x%x", what, got, want);
}

static void test_sampler_greedy(void)
{
    float l[5] = { 1, 3, 3, 2, -1 }, bad[4], none[3];
    llr_sampling h = st_how();
    int c[5];
    bad[0] = bad[2] = none[0] = none[1] = none[2] = st_nan();
    bad[1] = 1;
    bad[3] = 2;
    CHECK(llr_argmax(l, 5) == 1);
    CHECK(llr_argmax(bad, 4) == 3 && llr_argmax(none, 3) == 0);
    h.temp = 0;
    st_count(h, l, 5, c);
    CHECK(c[1] == 4000);
    h.typical_p = 0.1f;                 /* greedy is the largest logit whatever the rest says */
    h.top_k = 1;
    st_count(h, l, 5, c);
    CHECK(c[1] == 4000);
    h = st_how();
    h.temp = 0;
    st_count(h, bad, 4, c);
    CHECK(c[3] == 4000);
    st_count(h, none, 3, c);
    CHECK(c[0] == 4000);
}

static void test_sampler_draw(void)
{
    llr_sampling h = st_how();
    int c[4], i;
    st_count(h, st_ramp, 4, c);
    for (i = 0; i < 4; i++) CHECK_MSG(abs(c[i] - 400 * (i + 1)) < 130, "token %d: %d", i, c[i]);
    h.top_k = 2;
    st_count(h, st_ramp, 4, c);
    CHECK(c[0] == 0 && c[1] == 0 && abs(c[3] - 2286) < 150);
    h = st_how();
    h.temp = 0.25f;                     /* p^4: 1 16 81 256 */
    st_count(h, st_ramp, 4, c);
    CHECK_MSG(abs(c[3] - 2893) < 160, "%d", c[3]);
    h.temp = 1e-30f;
    st_count(h, st_ramp, 4, c);
    CHECK(c[3] == 4000);
    h.temp = 1e30f;
    st_count(h, st_ramp, 4, c);
    for (i = 0; i < 4; i++) CHECK_MSG(abs(c[i] - 1000) < 130, "token %d: %d", i, c[i]);
}

static void test_sampler_narrow(void)
{
    float bad[4] = { 0, 1, 2, 3 };
    llr_sampling h = st_how();
    st_left("nothing", h, st_ramp, 15);
    h.top_k = 3;
    st_left("top-k 3", h, st_ramp, 14);
    h.top_k = 100;
    st_left("top-k 100", h, st_ramp, 15);
    h = st_how(); h.top_p = 0.69f;      /* 0.4 + 0.3 reach it */
    st_left("top-p 0.69", h, st_ramp, 12);
    h.top_p = 0.71f;
    st_left("top-p 0.71", h, st_ramp, 14);
    h.top_p = 0;
    st_left("top-p 0", h, st_ramp, 8);
    h.top_p = -1;
    st_left("top-p -1", h, st_ramp, 8);
    h = st_how(); h.min_p = 0.45f;      /* at least 0.18 */
    st_left("min-p 0.45", h, st_ramp, 14);
    h.min_p = 7;
    st_left("min-p 7", h, st_ramp, 8);
    h = st_how(); h.typical_p = 0.52f;  /* entropy 1.28: the surprises 1.20 (0.3) and 1.61 (0.2) are nearest, then 0.92 (0.4) */
    st_left("typical 0.52", h, st_ramp, 14);
    h.typical_p = 0.45f;
    st_left("typical 0.45", h, st_ramp, 6);
    h.top_k = 2;                        /* 4/7, 3/7: entropy 0.683, surprises 0.56 and 0.85 */
    st_left("top-k 2, typical 0.45", h, st_ramp, 8);
    h = st_how(); h.top_k = 3; h.top_p = 0.5f;      /* of 4/9 3/9 2/9 */
    st_left("top-k 3, top-p 0.5", h, st_ramp, 12);
    h = st_how(); h.top_k = 3; h.typical_p = 0.9f; h.top_p = 0.9f; h.min_p = 0.01f;
    bad[0] = HUGE_VALF; bad[2] = -HUGE_VALF; bad[3] = st_nan();
    st_left("infinities and NaN", h, bad, 1);
    bad[0] = 1;
    st_left("two numbers", h, bad, 3);
}

static void test_sampler_penalties(void)
{
    float l[3] = { 2.0f, 1.9f, -1.0f }, low[3] = { -1.0f, -1.05f, -9.0f };
    llr_sampling h = st_how();
    llr_sampler *s = NULL;
    h.temp = 0; h.repeat_penalty = 1.1f; h.penalty_last_n = 2;
    CHECK(llr_sampler_new(&s, 3, NULL, &h, NULL, NULL) == LLR_OK);
    if (!s) return;
    CHECK(llr_sampler_sample(s, l) == 0);
    CHECK(llr_sampler_sample(s, l) == 1);       /* 2 / 1.1 < 1.9 */
    CHECK(llr_sampler_sample(s, l) == 0);       /* both are penalised now */
    llr_sampler_accept(s, 2); llr_sampler_accept(s, 2);
    CHECK(llr_sampler_sample(s, low) == 0);     /* the window has forgotten 0 */
    CHECK(llr_sampler_sample(s, low) == 1);     /* negative: times 1.1 */
    llr_sampler_accept(s, -1); llr_sampler_accept(s, 3);        /* no tokens: not counted */
    llr_sampler_ban(s, 0); llr_sampler_ban(s, -1); llr_sampler_ban(s, 3);
    CHECK(llr_sampler_sample(s, l) == 1);
    llr_sampler_ban(s, 1); llr_sampler_ban(s, 2);
    CHECK(llr_sampler_sample(s, l) >= 0);       /* nothing is left: an id all the same */
    llr_sampler_free(s);
    h = st_how(); h.temp = 0; h.presence_penalty = 0.2f; h.penalty_last_n = 8;
    CHECK(llr_sampler_new(&s, 3, NULL, &h, NULL, NULL) == LLR_OK);
    CHECK(llr_sampler_sample(s, l) == 0 && llr_sampler_sample(s, l) == 1 && llr_sampler_sample(s, l) == 0 && llr_sampler_sample(s, l) == 0);
    llr_sampler_free(s);
    h = st_how(); h.temp = 0; h.frequency_penalty = 0.06f; h.penalty_last_n = 8;
    CHECK(llr_sampler_new(&s, 3, NULL, &h, NULL, NULL) == LLR_OK);
    CHECK(llr_sampler_sample(s, l) == 0 && llr_sampler_sample(s, l) == 0 && llr_sampler_sample(s, l) == 1 && llr_sampler_sample(s, l) == 0);
    llr_sampler_free(s);
}

static void test_sampler_arguments(void)
{
    llr_sampling h = st_how(), x;
    llr_sampler *s = NULL;
    llr_error err;
    CHECK(llr_sampler_new(NULL, 3, NULL, &h, NULL, &err) == LLR_E_ARG && llr_sampler_new(&s, 0, NULL, &h, NULL, &err) == LLR_E_ARG);
    x = h; x.repeat_penalty = 0; CHECK(llr_sampler_new(&s, 3, NULL, &x, NULL, &err) == LLR_E_ARG && strstr(err.msg, "repeat_penalty"));
    x = h; x.temp = st_nan(); CHECK(llr_sampler_new(&s, 3, NULL, &x, NULL, &err) == LLR_E_ARG);
    x = h; x.top_p = st_nan(); CHECK(llr_sampler_new(&s, 3, NULL, &x, NULL, &err) == LLR_E_ARG);
    x = h; x.frequency_penalty = HUGE_VALF; CHECK(llr_sampler_new(&s, 3, NULL, &x, NULL, &err) == LLR_E_ARG);
    x = h; x.penalty_last_n = INT32_MAX; CHECK(llr_sampler_new(&s, 3, NULL, &x, NULL, &err) == LLR_E_ARG);
    CHECK(s == NULL);
    x = h; x.penalty_last_n = -1; x.repeat_penalty = 2;
    CHECK(llr_sampler_new(&s, 3, NULL, &x, NULL, &err) == LLR_OK);
    llr_sampler_free(s);
    llr_sampler_free(NULL);
    llr_sampling_defaults(&x, NULL);
    CHECK(x.temp == 0.8f && x.top_k == 40 && x.top_p == 0.95f && x.min_p == 0.05f && x.typical_p == 1 && x.repeat_penalty == 1 && x.penalty_last_n == 64);
}

/* The settings of a file; those that make no sense are left out. */
static void test_sampler_defaults(void)
{
    static uint8_t b[1024];
    static const struct { const char *key; float v; } rows[] = {
        { "general.sampling.temp", 0.5f }, { "general.sampling.top_k", 7 }, { "general.sampling.top_p", 2 },
        { "general.sampling.min_p", 0.25f }, { "general.sampling.penalty_repeat", -1 }, { "general.sampling.penalty_last_n", 9 }
    };
    llr_sampling h;
    llr_gguf *g = NULL;
    llr_error err;
    size_t n = 0, i, k;
    memcpy(b, "GGUF\3\0\0\0", 8);
    b[16] = 6;                                  /* no tensors, six values */
    for (n = 24, i = 0; i < 6; i++) {
        uint32_t u;
        b[n] = (uint8_t)strlen(rows[i].key);
        memcpy(b + n + 8, rows[i].key, strlen(rows[i].key));
        n += 8 + strlen(rows[i].key);
        b[n] = LLR_META_F32;
        memcpy(&u, &rows[i].v, 4);
        for (k = 0; k < 4; k++) b[n + 4 + k] = (uint8_t)(u >> (8 * k));
        n += 8;
    }
    CHECK_MSG(llr_gguf_open_mem(&g, b, n, NULL, &err) == LLR_OK, "%s", err.msg);
    if (!g) return;
    llr_sampling_defaults(&h, g);
    CHECK(h.temp == 0.5f && h.top_k == 7 && h.top_p == 0.95f && h.min_p == 0.25f && h.repeat_penalty == 1 && h.penalty_last_n == 9);
    llr_gguf_close(g);
}

/* The numbers are part of the interface: a seed must give the same tokens in every version. */
static void test_sampler_seed(void)
{
    static const int32_t want[8] = { 76, 44, 95, 79, 48, 70, 2, 89 };
    float l[100];
    llr_sampling h = st_how();
    llr_sampler *s = NULL;
    int i;
    for (i = 0; i < 100; i++) l[i] = 0.0f;
    h.seed = 42;
    CHECK(llr_sampler_new(&s, 100, NULL, &h, NULL, NULL) == LLR_OK);
    for (i = 0; s && i < 8; i++) {
        int32_t id = llr_sampler_sample(s, l);
        CHECK_MSG(id == want[i], "draw %d: %d, not %d", i, (int)id, (int)want[i]);
    }
    llr_sampler_free(s);
}

static uint32_t st_random(uint32_t *seed) { return *seed = *seed * 1664525u + 1013904223u; }

static void test_sampler_top(void)              /* the heap against the definition */
{
    llri_candidate c[257];
    int n, k, i;
    uint32_t seed = 3;
    for (n = 1; n <= 257; n += 16)
        for (k = 1; k <= n; k = k * 3 + 1) {
            for (i = 0; i < n; i++) {
                c[i].id = i;
                c[i].logit = (float)(st_random(&seed) >> 28);
            }
            CHECK(llri_top(c, n, k) == k);
            for (i = 1; i < k; i++) CHECK(llri_before(&c[i - 1], &c[i]));
            for (i = k; i < n; i++) CHECK(llri_before(&c[k - 1], &c[i]));
        }
}

/* Top-p without sorting everything leaves what sorting everything leaves. */
static void test_sampler_top_p(void)
{
    llri_candidate a[300], b[300];
    uint32_t seed = 5;
    int round, i, n, want, got;
    for (round = 0; round < 200; round++) {
        double p = (double)(st_random(&seed) >> 8) / 16777216.0, total, sum = 0;
        n = 2 + (int)(st_random(&seed) >> 8) % 299;
        for (i = 0; i < n; i++) {
            a[i].id = i;
            a[i].logit = (float)(st_random(&seed) >> 8) / (round % 2 ? 1e6f : 1e8f);
        }
        memcpy(b, a, sizeof a);
        (void)llri_top(b, n, n);
        total = llri_weigh(b, n, 1.0);
        for (want = 0; want < n - 1 && (sum += b[want].p) < p * total; want++) {}
        got = llri_top_p(a, n, p);
        CHECK_MSG(got == want + 1, "%d of %d, not %d, p = %d/1000", got, n, want + 1, (int)(p * 1000));
        for (i = 0; i < got && i <= want; i++) CHECK(a[i].id == b[i].id);
    }
}

static void test_sampler_nomem(void)
{
    llr_sampling h = st_how();
    long n;
    static const char *const stops[2] = { "abc", "d" };
    h.typical_p = 0.5f;
    h.repeat_penalty = 2;
    h.penalty_last_n = 10;
    for (n = 1; n < 20; n++) {
        fail_alloc f;
        llr_options opt;
        llr_error err;
        llr_sampler *s = NULL;
        llr_stream *t = NULL;
        int done;
        fail_alloc_init(&f, &opt, n);
        if (llr_sampler_new(&s, 100, NULL, &h, &opt, &err)) CHECK(err.code == LLR_E_NOMEM && s == NULL && f.live == 0);
        if (llr_stream_new(&t, NULL, stops, 2, &opt, &err)) CHECK(err.code == LLR_E_NOMEM && t == NULL);
        done = s && t && f.calls < n;
        if (t) {
            char *room = llri_stream_room(t, 1000);
            CHECK(room != NULL || f.calls >= n);
            CHECK(llri_stream_room(t, SIZE_MAX) == NULL);
        }
        llr_sampler_free(s);
        llr_stream_free(t);
        CHECK(f.live == 0 && f.live_bytes == 0 && f.wrong == 0);
        if (done) break;
    }
    CHECK(n > 8 && n < 20);
}

/* --- the stream --- */

/* Puts the bytes in pieces of `step`; the text that comes out, with '|' where it was not held back any longer at the end. */
static void st_feed(llr_stream *s, const char *in, size_t n, size_t step, char *out)
{
    const char *text;
    size_t at, k, got, n_out = 0;
    int stopped = 0, before;
    for (at = 0; at < n; at += k) {
        char *room = llri_stream_room(s, step);
        k = n - at < step ? n - at : step;
        memcpy(room, in + at, k);
        before = s->stopped;
        got = llri_stream_added(s, k);
        CHECK(!before || got == 0);
        memcpy(out + n_out, s->buf + s->cap, got);
        n_out += got;
        stopped = s->stopped;
    }
    if (!stopped) out[n_out++] = '|';
    llr_stream_end(s, &text, &got);
    memcpy(out + n_out, text, got);
    out[n_out + got] = 0;
}

static void test_stream_rows(void)
{
    static const char *const stops[4] = { "<end>", "\n\n", "aab", "<e" };
    static const struct { int n_stops; const char *in, *out; } rows[] = {
        { 0, "hello", "hello|" }, { 0, "", "|" },
        { 1, "hello<end>more", "hello" }, { 1, "hello<en", "hello|<en" }, { 1, "hello<<end>", "hello<" }, { 1, "hello<em", "hello<em|" },
        { 2, "a\nb\n\nc", "a\nb" }, { 2, "a\n", "a|\n" }, { 2, "x<end\n\n", "x<end" },
        { 3, "aaab", "a" }, { 3, "caabaab", "c" }, { 3, "aaaa", "aa|aa" },
        { 4, "x<end>", "x" },                                           /* the shorter one is complete first */
        { 0, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|" },
        { 0, "a\xf0\x9f\x98", "a|\xef\xbf\xbd" },                       /* cut off: one replacement */
        { 0, "\xe2\x82" "A", "\xef\xbf\xbd" "A|" }, { 0, "\x80\xff", "\xef\xbf\xbd\xef\xbf\xbd|" },
        { 0, "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|" }, { 0, "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd|" },
        { 1, "\xc3<end>", "\xef\xbf\xbd" }, { 1, "\xc3\xa9<end>", "\xc3\xa9" }
    };
    size_t i, step;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (step = 1; step < 12; step++) {
            llr_stream *s = NULL;
            char out[64];
            size_t n = strlen(rows[i].in);
            CHECK(llr_stream_new(&s, NULL, stops, (size_t)rows[i].n_stops, NULL, NULL) == LLR_OK);
            if (!s) return;
            if (i == 12 && step > 3) { llr_stream_free(s); continue; }      /* in one piece both are complete: same text */
            st_feed(s, rows[i].in, n, step, out);
            CHECK_MSG(!strcmp(out, rows[i].out), "row %d, step %d: \"%s\" instead of \"%s\"", (int)i, (int)step, out, rows[i].out);
            llr_stream_free(s);
        }
}

static void test_stream_long(void)              /* growth; text in pieces of any size is the same text */
{
    static char in[5000], out[5100];
    static const char *const stops[1] = { "xyzzy" };
    llr_stream *s = NULL;
    size_t i, step;
    for (i = 0; i < sizeof in; i++) in[i] = (char)("xyz "[i % 7 % 4]);
    for (step = 1; step < 5000; step = step * 3 + 1) {
        CHECK(llr_stream_new(&s, NULL, stops, 1, NULL, NULL) == LLR_OK);
        if (!s) return;
        st_feed(s, in, sizeof in, step, out);
        CHECK(strlen(out) == sizeof in + 1);
        for (i = 0; i < sizeof in && out[i] == in[i]; i++) {}
        CHECK_MSG(i >= sizeof in - 5, "step %d: differs at %d", (int)step, (int)i);
        llr_stream_free(s);
    }
}

static void test_stream_arguments(void)
{
    static const char *const empty[2] = { "a", "" };
    llr_stream *s = NULL;
    llr_error err;
    const char *text;
    size_t n = 9;
    int stopped = 9;
    CHECK(llr_stream_new(&s, NULL, empty, 2, NULL, &err) == LLR_E_ARG && strstr(err.msg, "stop string 2"));
    CHECK(llr_stream_new(&s, NULL, NULL, 1, NULL, &err) == LLR_E_ARG && llr_stream_new(NULL, NULL, NULL, 0, NULL, &err) == LLR_E_ARG && s == NULL);
    CHECK(llr_stream_new(&s, NULL, NULL, 0, NULL, NULL) == LLR_OK);
    if (!s) return;
    CHECK(llr_stream_put(s, 5, &text, &n, &stopped, &err) == LLR_OK && n == 0 && stopped == 0);      /* no vocabulary: no text */
    llr_stream_end(s, &text, &n);
    CHECK(n == 0);
    llr_stream_free(s);
    llr_stream_free(NULL);
}

static void test_sampler_ties(void)             /* of equal logits the lower ids are kept */
{
    float l[4] = { 1, 1, 1, 1 };
    llr_sampling h = st_how();
    int c[4];
    h.top_k = 2;
    st_count(h, l, 4, c);
    CHECK(c[0] > 0 && c[1] > 0 && c[2] == 0 && c[3] == 0);
}

#define TESTS_SAMPLER(X) X(sampler_ties) X(sampler_greedy) X(sampler_draw) X(sampler_narrow) X(sampler_penalties) X(sampler_arguments) X(sampler_defaults) \
    X(sampler_seed) X(sampler_top) X(sampler_top_p) X(sampler_nomem) X(stream_rows) X(stream_long) X(stream_arguments)
