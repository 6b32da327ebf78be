/* The sampling chain on small lists, and the text stream on a vocabulary of single bytes. */

static llr_sampling st_how(void)        /* everything off, temperature 1 */
{
    llr_sampling h;
    memset(&h, 0, sizeof h);
    h.temp = 1.0f; h.top_p = 1.0f; h.typical_p = 1.0f; h.repeat_penalty = 1.0f;
    return h;
}
/* how often each of n tokens is drawn in 4000 tries */
static void st_count(llr_sampling how, const float *logits, int n, int *counts)
{
    llr_sampler *s = NULL;
    llr_error err;
    int i;
    memset(counts, 0, sizeof *counts * (size_t)n);
    CHECK(llr_sampler_new(&s, n, NULL, &how, NULL, &err) == LLR_OK);
    if (!s) return;
    for (i = 0; i < 4000; i++) counts[llr_sampler_sample(s, logits)]++;
    llr_sampler_free(s);
}

static void test_sampler_greedy(void)
{
    float l[5] = { 1, 3, 3, 2, -1 }, nan = (float)(HUGE_VAL - HUGE_VAL), bad[4] = { nan, 1, nan, 2 }, none[3] = { nan, nan, nan };
    llr_sampling h = st_how();
    int c[5];
    CHECK(llr_argmax(l, 5) == 1);
    CHECK(llr_argmax(bad, 4) == 3 && llr_argmax(none, 3) == 0);
    h.temp = 0;
    st_count(h, l, 5, c);
    CHECK(c[1] == 4000);
    st_count(h, bad, 4, c);
    CHECK(c[3] == 4000);
    st_count(h, none, 3, c);
    CHECK(c[0] == 4000);
}

static void test_sampler_chain(void)
{
    /* probabilities 0.1 0.2 0.3 0.4 */
    float l[4] = { -2.302585f, -1.609438f, -1.203973f, -0.916291f };
    llr_sampling h = st_how();
    int c[4], i;
    st_count(h, l, 4, c);
    for (i = 0; i < 4; i++) CHECK_MSG(abs(c[i] - 400 * (i + 1)) < 130, "token %d: %d", i, c[i]);
    h.top_k = 2;
    st_count(h, l, 4, c);
    CHECK(c[0] == 0 && c[1] == 0 && abs(c[3] - 2286) < 150);
    h = st_how(); h.top_p = 0.69f;      /* 0.4 + 0.3 reach it */
    st_count(h, l, 4, c);
    CHECK(c[0] == 0 && c[1] == 0 && c[2] > 0);
    h.top_p = 0.71f;
    st_count(h, l, 4, c);
    CHECK(c[0] == 0 && c[1] > 0);
    h = st_how(); h.min_p = 0.45f;      /* at least 0.18 */
    st_count(h, l, 4, c);
    CHECK(c[0] == 0 && c[1] > 0);
    h = st_how(); h.typical_p = 0.5f;   /* entropy 1.28: the surprises 1.20 (0.3) and 1.61 (0.2) are nearest, then 0.92 (0.4) */
    st_count(h, l, 4, c);
    CHECK(c[0] == 0 && c[1] > 0 && c[2] > 0);
    h = st_how(); h.temp = 0.25f;       /* p^4: 1 16 81 256 */
    st_count(h, l, 4, c);
    CHECK_MSG(abs(c[3] - 2893) < 160, "%d", c[3]);
}

static void test_sampler_penalties(void)
{
    float l[3] = { 2.0f, 1.9f, -1.0f };
    llr_sampling h = st_how();
    llr_sampler *s = NULL;
    h.temp = 0; h.repeat_penalty = 1.1f; h.penalty_last_n = 2;
    CHECK(llr_sampler_new(&s, 3, NULL, &h, NULL, NULL) == LLR_OK);
    if (!s) return;
    CHECK(llr_sampler_sample(s, l) == 0);
    CHECK(llr_sampler_sample(s, l) == 1);       /* 2 / 1.1 < 1.9 */
    CHECK(llr_sampler_sample(s, l) == 0);       /* both are penalised now */
    llr_sampler_accept(s, 2); llr_sampler_accept(s, 2);
    CHECK(llr_sampler_sample(s, l) == 0);       /* the window has forgotten 0 */
    llr_sampler_ban(s, 0);
    CHECK(llr_sampler_sample(s, l) == 1);
    llr_sampler_free(s);
    h = st_how(); h.temp = 0; h.presence_penalty = 0.2f; h.penalty_last_n = 8;
    CHECK(llr_sampler_new(&s, 3, NULL, &h, NULL, NULL) == LLR_OK);
    CHECK(llr_sampler_sample(s, l) == 0 && llr_sampler_sample(s, l) == 1 && llr_sampler_sample(s, l) == 0);
    llr_sampler_free(s);
    h.repeat_penalty = 0;
    CHECK(llr_sampler_new(&s, 3, NULL, &h, NULL, NULL) == LLR_E_ARG);
}

static void test_sampler_seed(void)             /* the numbers are part of the interface */
{
    float l[100];
    int32_t first[8] = { 0 };
    llr_sampling h = st_how();
    int i, run;
    for (i = 0; i < 100; i++) l[i] = 0.0f;
    h.seed = 42;
    for (run = 0; run < 2; run++) {
        llr_sampler *s = NULL;
        CHECK(llr_sampler_new(&s, 100, NULL, &h, NULL, NULL) == LLR_OK);
        for (i = 0; s && i < 8; i++) {
            int32_t id = llr_sampler_sample(s, l);
            if (run == 0) first[i] = id;
            CHECK(id == first[i]);
        }
        llr_sampler_free(s);
    }
    for (i = 1; i < 8 && first[i] == first[0]; i++) {}
    CHECK(i < 8);
}

static void test_sampler_top(void)              /* the heap against a plain sort */
{
    llri_candidate c[257];
    int n, k, i;
    uint32_t seed = 3;
    for (n = 1; n <= 257; n += 16)
        for (k = 1; k <= n; k = k * 3 + 1) {
            for (i = 0; i < n; i++) {
                seed = seed * 1664525u + 1013904223u;
                c[i].id = i;
                c[i].logit = (float)(seed >> 28);
            }
            CHECK(llri_top(c, n, k) == k);
            for (i = 1; i < k; i++) CHECK(llri_before(&c[i - 1], &c[i]));
            for (i = k; i < n; i++) CHECK(llri_before(&c[k - 1], &c[i]));
        }
}

static void test_sampler_utf8(void)
{
    CHECK(llri_whole_utf8("abc", 3) == 3);
    CHECK(llri_whole_utf8("ab\xc3", 3) == 2 && llri_whole_utf8("ab\xc3\xa9", 4) == 4);
    CHECK(llri_whole_utf8("\xe2\x82", 2) == 0 && llri_whole_utf8("\xe2\x82\xac", 3) == 3);
    CHECK(llri_whole_utf8("x\xf0\x9f\x98", 4) == 1 && llri_whole_utf8("\xf0\x9f\x98\x80", 4) == 4);
    CHECK(llri_whole_utf8("\x80\x80\x80\x80", 4) == 4 && llri_whole_utf8("\xff", 1) == 1);
}

static void test_sampler_stops(void)
{
    static const char *const stops[2] = { "<end>", "\n\n" };
    llr_stream *s = NULL;
    CHECK(llr_stream_new(&s, NULL, stops, 2, NULL, NULL) == LLR_OK);
    if (!s) return;
    CHECK(llri_before_stop(s, "hello", 5) == 5 && !s->stopped);
    CHECK(llri_before_stop(s, "hello<", 6) == 5 && !s->stopped);        /* may become one */
    CHECK(llri_before_stop(s, "hello<en", 8) == 5 && !s->stopped);
    CHECK(llri_before_stop(s, "hello<em", 8) == 8 && !s->stopped);
    CHECK(llri_before_stop(s, "a\n", 2) == 1 && !s->stopped);
    CHECK(llri_before_stop(s, "a\nb\n\nc", 6) == 3 && s->stopped);
    llr_stream_free(s);
    CHECK(llr_stream_new(&s, NULL, NULL, 0, NULL, NULL) == LLR_OK);
    CHECK(s && llri_before_stop(s, "<end>", 5) == 5);
    llr_stream_free(s);
}

#define TESTS_SAMPLER(X) X(sampler_stops) X(sampler_greedy) X(sampler_chain) X(sampler_penalties) X(sampler_seed) X(sampler_top) X(sampler_utf8)
