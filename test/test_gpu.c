/* A library with kernels for a GPU, against the CPU: the functions of the table one by one, with all tensor types; logits of
 * small models; every CUDA call that fails. LLRUN_TEST_CUDA in the environment names the library: cuda_kernels.cu, built by nvcc
 * for a real GPU (make test-cuda), or for the CPU with cuda_host.h, where failures can be ordered and memory is counted (make
 * check-gpu). Without it these tests check nothing. */

static const char *gt_path;
static void (*gt_state)(size_t *used, long *calls, int restart);        /* of the emulation; NULL on a real GPU */
static llr_gpu *gt_gpu;

static llr_gpu *gt_open(void)
{
    llr_error err;
    CHECK(1);
    if (!gt_path) return NULL;
    if (!gt_gpu) CHECK_MSG(llr_gpu_open(&gt_gpu, gt_path, NULL, NULL, &err) == LLR_OK, "%s", err.msg);
    return gt_gpu;
}
static size_t gt_used(void)
{
    size_t used = 0;
    long calls;
    if (gt_state) gt_state(&used, &calls, 0);
    return used;
}

/* --- steps: an exec of the GPU and one of the CPU ------------------------------------------------------------------------- */
enum { GT_ROWS = 140, GT_IN = 1280, GT_HEADS = 16 };
typedef struct gt_pair { llri_exec cpu, gpu; void *work; size_t bytes; uint8_t *block; size_t at; } gt_pair;

static int gt_begin(gt_pair *p, int exact)
{
    const llri_ops *ops = llri_ops_get(LLR_ISA_SCALAR);
    llr_gpu *g = gt_open();
    char why[400] = "";
    memset(p, 0, sizeof *p);
    if (!g) return 0;
    p->bytes = llri_exec_bytes(ops, GT_IN, GT_IN, GT_ROWS, 1, 256);
    p->work = llri_alloc(llri_opt_mem(NULL), p->bytes, 64);
    llri_exec_init(&p->cpu, ops, NULL, exact, p->work, GT_IN, GT_IN, GT_ROWS, 256);
    p->gpu = p->cpu;
    p->gpu.gpu = g->t;
    CHECK_MSG(!g->t->stream_new(&p->gpu.stream, g->device, GT_IN, GT_ROWS, GT_HEADS, 256, why, sizeof why), "%s", why);
    CHECK_MSG(!g->t->alloc(g->device, (void **)&p->block, 1 << 24, why, sizeof why), "%s", why);
    return 1;
}
static void gt_end(gt_pair *p)
{
    char why[400] = "";
    CHECK_MSG(!p->gpu.gpu->finish(p->gpu.stream, why, sizeof why), "%s", why);
    p->gpu.gpu->stream_free(p->gpu.stream);
    p->gpu.gpu->release(gt_gpu->device, p->block);
    llri_free(llri_opt_mem(NULL), p->work, p->bytes);
}
static void *gt_up(gt_pair *p, const void *x, size_t n)         /* a copy on the GPU */
{
    uint8_t *to = p->block + p->at;
    p->at += (n + 16 + 255) / 256 * 256;
    CHECK(p->at <= 1 << 24);
    p->gpu.gpu->put(p->gpu.stream, to, x, n);
    return to;
}
static void gt_compare(gt_pair *p, const float *want, const float *there, int n, double tolerance, const char *what)
{
    float *got = (float *)malloc((size_t)n * sizeof *got);
    double largest = 0;
    int i, bad = 0;
    llri_fetch(&p->gpu, got, there, n);
    for (i = 0; i < n; i++) if (fabs(want[i]) > largest) largest = fabs(want[i]);
    for (i = 0; i < n && !bad; i++)
        if (!(fabs((double)got[i] - want[i]) <= tolerance * (largest + 1e-6))) {
            CHECK_MSG(0, "%s: element %d is %g instead of %g", what, i, got[i], want[i]);
            bad = 1;
        }
    CHECK(largest > 0);
    free(got);
}
static float *gt_random(int n)
{
    float *x = (float *)malloc((size_t)n * sizeof *x);
    int i;
    for (i = 0; i < n; i++) x[i] = kt_unit();
    return x;
}

static void gt_product(const kt_type *k, int exact, int n_in, int n_out, int n)
{
    const llri_type_info *t = llri_type(k->type);
    const size_t row = (size_t)n_in / t->block * t->bytes;
    uint8_t *w = (uint8_t *)malloc(row * (size_t)n_out);
    float *x = gt_random(n * n_in), *bias = gt_random(n_out), *y = (float *)calloc((size_t)(n * (n_out + 3)), sizeof *y), *gy;
    llri_product product;
    llri_mat m, gm;
    gt_pair p;
    char what[80];
    kt_fill(k, w, row / t->bytes * (size_t)n_out);
    m.type = k->type; m.data = w; m.n_in = n_in; m.n_out = n_out; m.row_bytes = row;
    gm = m;
    if (!gt_begin(&p, exact)) goto end;
    gm.data = (const uint8_t *)gt_up(&p, w, row * (size_t)n_out);
    gy = (float *)gt_up(&p, y, (size_t)(n * (n_out + 3)) * sizeof *y);
    memset(&product, 0, sizeof product);
    product.w = &m; product.y = y; product.ldy = n_out + 3; product.bias = bias;
    llri_exec_input(&p.cpu, x, n_in, n, n_in);
    llri_matmul(&p.cpu, &product, 1);
    product.w = &gm; product.y = gy; product.bias = (const float *)gt_up(&p, bias, (size_t)n_out * sizeof *bias);
    llri_exec_input(&p.gpu, (const float *)gt_up(&p, x, (size_t)(n * n_in) * sizeof *x), n_in, n, n_in);
    llri_matmul(&p.gpu, &product, 1);
    (void)snprintf(what, sizeof what, "%s%s, %d x %d, %d tokens", t->name, exact ? ", exact" : "", n_out, n_in, n);
    /* tensor cores round the activations of f16 and bf16 to these types */
    gt_compare(&p, y, gy, n * (n_out + 3), exact || n < 9 ? 1e-5 : k->type == LLRI_F16 ? 1e-3 : k->type == LLRI_BF16 ? 1e-2 : 1e-5, what);
    gt_end(&p);
end:
    free(w); free(x); free(y); free(bias);
}
static void test_gpu_products(void)
{
    static const int counts[] = { 1, 2, 4, 7, 33 };
    size_t k;
    int c;
    kt_seed = 5;
    for (k = 0; k < sizeof kt_types / sizeof *kt_types; k++)
        for (c = 0; c < 5; c++) {
            gt_product(&kt_types[k], 0, 1280, 5, counts[c]);
            gt_product(&kt_types[k], 1, 256, 3, counts[c]);
        }
    gt_product(&kt_types[0], 0, 33, 130, 3);        /* rows that are no multiple of anything */
    gt_product(&kt_types[1], 0, 6, 2, 35);
    gt_product(&kt_types[2], 0, 72, 131, 34);
    gt_product(&kt_types[3], 0, 32, 257, 36);
    gt_product(&kt_types[7], 0, 96, 66, 40);
    gt_product(&kt_types[1], 0, 272, 300, 140);     /* several blocks of rows and tokens, and half a step at the end */
    gt_product(&kt_types[2], 0, 48, 70, 131);
    gt_product(&kt_types[7], 0, 160, 70, 131);
}

static void test_gpu_steps(void)
{
    enum { N = 5, W = 96, H = 3, LD = 3 * 96 + 8 };
    static const float xielu[4] = { 0.8f, 0.9f, 0.5f, -1e-6f };
    float *x = gt_random(N * LD), *y = (float *)calloc(N * LD, sizeof *y), *w = gt_random(H * W), *b = gt_random(H * W), *cs = gt_random(N * 64), *gx, *gy, *gw, *gb;
    int kind, act;
    gt_pair p;
    kt_seed = 6;
    if (!gt_begin(&p, 0)) goto end;
    gx = (float *)gt_up(&p, x, N * LD * sizeof *x);
    gy = (float *)gt_up(&p, y, N * LD * sizeof *y);
    gw = (float *)gt_up(&p, w, H * W * sizeof *w);
    gb = (float *)gt_up(&p, b, H * W * sizeof *b);
    for (kind = 0; kind < 2; kind++) {
        llri_norm(&p.cpu, kind, y, LD, x, LD, N, H, W, w, H, b, 1e-5f);
        llri_norm(&p.gpu, kind, gy, LD, gx, LD, N, H, W, gw, H, gb, 1e-5f);
        gt_compare(&p, y, gy, N * LD, 1e-5, "norm, a row of weights per head");
        llri_norm(&p.cpu, kind, y, LD, x, LD, N, 1, H * W, NULL, 1, NULL, 1e-5f);
        llri_norm(&p.gpu, kind, gy, LD, gx, LD, N, 1, H * W, NULL, 1, NULL, 1e-5f);
        gt_compare(&p, y, gy, N * LD, 1e-5, "norm without weights");
        llri_rope(&p.cpu, y, LD, N, H, W, 64, kind, cs);
        llri_rope(&p.gpu, gy, LD, N, H, W, 64, kind, (const float *)gt_up(&p, cs, N * 64 * sizeof *cs));
        gt_compare(&p, y, gy, N * LD, 1e-5, "rope");
    }
    for (act = 0; act <= LLRI_ACT_SOFTCAP; act++)
        for (kind = 0; kind < 2; kind++) {
            const float cap[4] = { 0.7f, 0, 0, 0 }, *with = act == LLRI_ACT_SOFTCAP ? cap : act == LLRI_ACT_XIELU ? xielu : NULL;
            llri_act(&p.cpu, act, y, LD, x, kind ? x + W : NULL, LD, N, W - 1, with);
            llri_act(&p.gpu, act, gy, LD, gx, kind ? gx + W : NULL, LD, N, W - 1, with);
            gt_compare(&p, y, gy, N * LD, 1e-5, "activation");
        }
    {                                                   /* a NaN stays one, and nothing else becomes one */
        const float cap[4] = { 0.7f, 0, 0, 0 }, in[5] = { 1.0f, (float)NAN, -500.0f, HUGE_VALF, -HUGE_VALF };
        float want[5], got[5], *there = (float *)gt_up(&p, in, sizeof in);
        for (kind = 0; kind < 2; kind++) {
            memcpy(want, in, sizeof in);
            if (kind) { llri_softcap(&p.cpu, want, 0.7f, 5); llri_softcap(&p.gpu, there, 0.7f, 5); }
            else { llri_act(&p.cpu, LLRI_ACT_SOFTCAP, want, 5, in, NULL, 5, 1, 5, cap); llri_act(&p.gpu, LLRI_ACT_SOFTCAP, there + 8, 5, there, NULL, 5, 1, 5, cap); }
            llri_fetch(&p.gpu, got, kind ? there : there + 8, 5);
            for (act = 0; act < 5; act++)
                CHECK_MSG(got[act] != got[act] ? want[act] != want[act] : fabsf(got[act] - want[act]) < 1e-6f, "softcap of %g is %g instead of %g", in[act], got[act], want[act]);
        }
    }
    llri_copy_rows(&p.cpu, y + 7, LD, x, LD, N, W);
    llri_copy_rows(&p.gpu, gy + 7, LD, gx, LD, N, W);
    llri_add(&p.cpu, y, x, N * LD);
    llri_add(&p.gpu, gy, gx, N * LD);
    llri_axpy(&p.cpu, y, x, 0.3f, N * LD);
    llri_axpy(&p.gpu, gy, gx, 0.3f, N * LD);
    llri_scale(&p.cpu, y, 1.7f, N * LD);
    llri_scale(&p.gpu, gy, 1.7f, N * LD);
    llri_clamp(&p.cpu, y, -2.0f, 1.5f, N * LD);
    llri_clamp(&p.gpu, gy, -2.0f, 1.5f, N * LD);
    llri_softcap(&p.cpu, y, 1.2f, N * LD);
    llri_softcap(&p.gpu, gy, 1.2f, N * LD);
    llri_add_rows(&p.cpu, y, LD, N, W, w);
    llri_add_rows(&p.gpu, gy, LD, N, W, gw);
    gt_compare(&p, y, gy, N * LD, 1e-5, "vectors");
    gt_end(&p);
end:
    free(x); free(y); free(w); free(b); free(cs);
}

/* Positions one by one or many together, in a ring or not, with all that scores may have. */
static void gt_attention(int kv, int n_head, int n_head_kv, int dk, int dv, uint32_t window, uint32_t capacity, uint32_t before, int n, int extras)
{
    const int nq = n_head * dk, nk = n_head_kv * dk, nv = n_head_kv * dv, rows = (int)before + n;
    const size_t kb = llri_kv_row_bytes(kv, dk) * (size_t)n_head_kv * capacity, vb = llri_kv_row_bytes(kv, dv) * (size_t)n_head_kv * capacity;
    float *q = gt_random(n * nq), *k = gt_random(rows * nk), *v = gt_random(rows * nv), *out = (float *)calloc((size_t)(n * n_head * dv), sizeof *out), *extra = gt_random(n_head);
    uint8_t *cache = (uint8_t *)calloc(kb + vb, 1);
    float *gk, *gv, *gout;
    llri_attn_seq seq;
    llri_attn a, ga;
    llri_kvc c, gc;
    gt_pair p;
    char what[100];
    memset(&c, 0, sizeof c);
    memset(&a, 0, sizeof a);
    memset(&seq, 0, sizeof seq);
    if (!gt_begin(&p, 0)) goto end;
    c.k = cache; c.v = cache + kb; c.type = kv; c.capacity = capacity; c.n_head_kv = n_head_kv; c.dk = dk; c.dv = dv;
    a.n_head = n_head; a.n_head_kv = n_head_kv; a.dk = dk; a.dv = dv; a.scale = 0.3f; a.window = window;
    if (extras & 1) a.softcap = 5.0f;
    if (extras & 2) a.sinks = extra;
    if (extras & 4) a.slopes = extra;
    ga = a;
    if (extras & 2) ga.sinks = (const float *)gt_up(&p, extra, (size_t)n_head * sizeof *extra);
    if (extras & 4) ga.slopes = (const float *)gt_up(&p, extra, (size_t)n_head * sizeof *extra);
    gc = c;
    gc.k = (uint8_t *)gt_up(&p, cache, kb);
    gc.v = (uint8_t *)gt_up(&p, cache, vb);
    gk = (float *)gt_up(&p, k, (size_t)(rows * nk) * sizeof *k);
    gv = (float *)gt_up(&p, v, (size_t)(rows * nv) * sizeof *v);
    gout = (float *)gt_up(&p, out, (size_t)(n * n_head * dv) * sizeof *out);
    llri_kv_store(&p.cpu, &c, k, nk, v, nv, 0, rows);
    llri_kv_store(&p.gpu, &gc, gk, nk, gv, nv, 0, rows);
    seq.pos0 = before; seq.n = n;
    seq.kv = c;
    llri_attention(&p.cpu, &a, out, n_head * dv, q, nq, &seq, 1);
    seq.kv = gc;
    llri_attention(&p.gpu, &ga, gout, n_head * dv, (const float *)gt_up(&p, q, (size_t)(n * nq) * sizeof *q), nq, &seq, 1);
    (void)snprintf(what, sizeof what, "attention kv %d, %d/%d heads of %d/%d, window %u, %u + %d positions, extras %d", kv, n_head, n_head_kv, dk, dv, (unsigned)window,
                   (unsigned)before, n, extras);
    gt_compare(&p, out, gout, n * n_head * dv, kv == LLR_KV_F32 ? 2e-5 : n < 16 ? 1e-4 : 2e-3, what);      /* tensor cores have halves */
    gt_end(&p);
end:
    free(q); free(k); free(v); free(out); free(extra); free(cache);
}
static void test_gpu_attention(void)
{
    int kv, extras;
    kt_seed = 7;
    for (kv = 0; kv < 3; kv++) {
        gt_attention(kv, 4, 2, 64, 64, 0, 320, 299, 1, 0);
        gt_attention(kv, 4, 1, 64, 32, 0, 64, 40, 9, 0);
        gt_attention(kv, 2, 2, 40, 24, 0, 64, 0, 33, 0);
        gt_attention(kv, 4, 2, 32, 32, 50, 96, 200, 3, 0);      /* a ring */
        gt_attention(kv, 3, 1, 128, 256, 70, 160, 100, 20, 0);
    }
    for (extras = 1; extras < 8; extras++) {
        gt_attention(LLR_KV_F16, 2, 1, 64, 48, 100, 256, 130, 70, extras);
        gt_attention(LLR_KV_F16, 2, 2, 40, 40, 0, 128, 0, 66, extras);
        gt_attention(LLR_KV_F32, 4, 2, 32, 32, 0, 256, 200, 2, extras);
        gt_attention(LLR_KV_F32, 16, 1, 32, 32, 40, 96, 60, 30, extras);
    }
}

/* What a sampler draws from the largest logits is what it draws from all. */
static void test_gpu_top(void)
{
    enum { N = 5000 };
    static const float odd[6] = { (float)NAN, HUGE_VALF, -HUGE_VALF, 3.2e38f, -0.0f, 0.0f };
    float *x = (float *)malloc(N * sizeof *x), *there;
    uint64_t keys[LLRI_MOST_TOP];
    gt_pair p;
    int kind, k, i, draw;
    kt_seed = 9;
    if (!gt_begin(&p, 0)) { free(x); return; }
    for (kind = 0; kind < 7; kind++) {
        for (i = 0; i < N; i++)                         /* differ; are often equal; all sorts; few or none are numbers */
            x[i] = kind == 0 ? 9.0f * kt_unit() : kind == 1 ? (float)(int)(4.0f * kt_unit()) : kind == 2 ? (i % 7 ? kt_unit() : odd[kt_rand() % 6]) :
                   kind == 3 ? odd[4 + i % 2] : kind == 4 ? (i == 4321 || i == 77 ? -5.0f : odd[i % 2 ? 0 : 2]) : kind == 5 ? odd[0] : kt_unit() - 50.0f;
        there = (float *)gt_up(&p, x, N * sizeof *x);
        for (k = 0; k < 3; k++) {
            llr_sampler *a, *b;
            llr_sampling how;
            memset(&how, 0, sizeof how);
            how.temp = k ? 1.3f : 0.0f; how.top_k = k == 2 ? 250 : 40; how.top_p = 0.99f; how.typical_p = 1.0f; how.repeat_penalty = 1.0f; how.seed = 5;
            CHECK(llr_sampler_new(&a, N, NULL, &how, NULL, NULL) == LLR_OK && llr_sampler_new(&b, N, NULL, &how, NULL, NULL) == LLR_OK);
            for (draw = 0; draw < 5; draw++) {
                const int32_t want = llr_sampler_sample(a, x);
                int n;
                CHECK(llri_enough(b) > 0 && p.gpu.gpu->top(p.gpu.stream, there, N, llri_enough(b), keys));
                n = llri_candidates_of_keys(b, keys, llri_enough(b));
                if (n) CHECK_MSG(llri_draw(b, n) == want, "kind %d, how %d, draw %d", kind, k, draw);
                else CHECK(kind == 5 || (kind == 4 && draw));
                if (draw < 3) { llr_sampler_ban(a, want); llr_sampler_ban(b, want); }
            }
            llr_sampler_free(a);
            llr_sampler_free(b);
        }
    }
    gt_end(&p);
    free(x);
}

/* A layer, each step told at once, or after the one before was seen to be done: the same bits, with fewer launches. */
enum { GT_N = 4, GT_D = 64, GT_LD = 128 };
typedef struct gt_layer { float *x, *h, *o, *qkv, *att, *ff, *w, *cs; llri_kvc kv; llri_mat m[7]; } gt_layer;
static void gt_seen(gt_pair *p, const gt_layer *l, int apart)
{
    float unused;
    if (apart) llri_fetch(&p->gpu, &unused, l->x, 1);
}
static void gt_matmul(gt_pair *p, gt_layer *l, const float *x, int64_t ldx, int m, int n, float *const *y, int64_t ldy, int apart)
{
    llri_product product[3];
    int i;
    llri_exec_input(&p->gpu, x, ldx, GT_N, GT_D);
    memset(product, 0, sizeof product);
    for (i = 0; i < n; i++) {
        product[i].w = &l->m[m + i]; product[i].y = y[i]; product[i].ldy = ldy;
        if (apart) { llri_matmul(&p->gpu, &product[i], 1); gt_seen(p, l, apart); }
    }
    if (!apart) llri_matmul(&p->gpu, product, n);
}
static void gt_steps_of_layer(gt_pair *p, gt_layer *l, int apart)
{
    float *qkv[3], *ff[2];
    llri_attn_seq seq;
    llri_attn a;
    memset(&a, 0, sizeof a);
    memset(&seq, 0, sizeof seq);
    a.n_head = 2; a.n_head_kv = 1; a.dk = a.dv = 32; a.scale = 0.3f;
    seq.kv = l->kv; seq.n = GT_N;
    qkv[0] = l->qkv; qkv[1] = l->qkv + 64; qkv[2] = l->qkv + 96;
    ff[0] = l->ff; ff[1] = l->ff + 64;
    llri_add(&p->gpu, l->x, l->o, GT_N * GT_D); gt_seen(p, l, apart);
    llri_norm(&p->gpu, LLRI_NORM_RMS, l->h, GT_D, l->x, GT_D, GT_N, 1, GT_D, l->w, 1, NULL, 1e-5f); gt_seen(p, l, apart);
    gt_matmul(p, l, l->h, GT_D, 0, 3, qkv, GT_LD, apart);
    llri_rope(&p->gpu, l->qkv, GT_LD, GT_N, 2, 32, 32, 1, l->cs); gt_seen(p, l, apart);
    llri_rope(&p->gpu, l->qkv + 64, GT_LD, GT_N, 1, 32, 32, 1, l->cs); gt_seen(p, l, apart);
    llri_kv_store(&p->gpu, &l->kv, l->qkv + 64, GT_LD, l->qkv + 96, GT_LD, 0, GT_N); gt_seen(p, l, apart);
    llri_attention(&p->gpu, &a, l->att, GT_D, l->qkv, GT_LD, &seq, 1); gt_seen(p, l, apart);
    gt_matmul(p, l, l->att, GT_D, 3, 1, &l->o, GT_D, apart);
    llri_axpy(&p->gpu, l->x, l->o, 0.5f, GT_N * GT_D); gt_seen(p, l, apart);
    llri_norm(&p->gpu, LLRI_NORM_LAYER, l->h, GT_D, l->x, GT_D, GT_N, 1, GT_D, l->w, 1, l->w, 1e-5f); gt_seen(p, l, apart);
    gt_matmul(p, l, l->h, GT_D, 4, 2, ff, GT_LD, apart);
    llri_act(&p->gpu, LLRI_ACT_SILU, ff[0], GT_LD, ff[0], ff[1], GT_LD, GT_N, GT_D, NULL); gt_seen(p, l, apart);
    gt_matmul(p, l, ff[0], GT_LD, 6, 1, &l->o, GT_D, apart);
    llri_add(&p->gpu, l->x, l->o, GT_N * GT_D); gt_seen(p, l, apart);
}
static void gt_fused(const kt_type *k)
{
    enum { ALL = GT_N * (3 * GT_D + 2 * GT_LD + GT_D) };
    const llri_type_info *t = llri_type(k->type);
    const size_t row = GT_D / (size_t)t->block * t->bytes;
    static const int outs[7] = { 64, 32, 32, 64, 64, 64, 64 };
    float *start = gt_random(ALL), *results[2], *there, *w = gt_random(GT_D), *cs = gt_random(GT_N * 32);
    uint8_t *weights = (uint8_t *)malloc(7 * 64 * row);
    size_t unused;
    gt_layer l;
    gt_pair p;
    int i, apart;
    kt_fill(k, weights, row / t->bytes * 7 * 64);
    results[0] = gt_random(ALL);
    results[1] = gt_random(ALL);
    if (!gt_begin(&p, 0)) goto end;
    memset(&l, 0, sizeof l);
    l.w = (float *)gt_up(&p, w, GT_D * sizeof *w);
    l.cs = (float *)gt_up(&p, cs, GT_N * 32 * sizeof *cs);
    for (i = 0; i < 7; i++) {
        l.m[i].type = k->type; l.m[i].n_in = GT_D; l.m[i].n_out = outs[i]; l.m[i].row_bytes = row;
        l.m[i].data = (const uint8_t *)gt_up(&p, weights + (size_t)i * 64 * row, 64 * row);
    }
    l.kv.type = LLR_KV_F32; l.kv.capacity = 32; l.kv.n_head_kv = 1; l.kv.dk = l.kv.dv = 32;
    for (apart = 0; apart < 2; apart++) {
        float cache[2 * 32 * 32];
        long before = 0, calls = 0;
        memset(cache, 0, sizeof cache);
        there = (float *)gt_up(&p, start, ALL * sizeof *start);
        l.kv.k = (uint8_t *)gt_up(&p, cache, sizeof cache);
        l.kv.v = l.kv.k + sizeof cache / 2;
        l.x = there; l.h = l.x + GT_N * GT_D; l.o = l.h + GT_N * GT_D; l.att = l.o + GT_N * GT_D; l.qkv = l.att + GT_N * GT_D; l.ff = l.qkv + GT_N * GT_LD;
        if (gt_state) gt_state(&unused, &before, 0);
        gt_steps_of_layer(&p, &l, apart);
        llri_fetch(&p.gpu, results[apart], there, ALL);
        if (gt_state) gt_state(&unused, &calls, 0);
        /* ten launches, one for the addition that waits for the next layer, and three calls to fetch */
        CHECK_MSG(apart || !gt_state || calls - before == 14, "%s: a layer took %ld calls", t->name, calls - before);
    }
    CHECK_MSG(!memcmp(results[0], results[1], ALL * sizeof(float)), "%s: steps that are put together give other bits", t->name);
    gt_end(&p);
end:
    free(start); free(results[0]); free(results[1]); free(w); free(cs); free(weights);
}
static void test_gpu_fused(void)
{
    size_t k;
    kt_seed = 8;
    for (k = 0; k < sizeof kt_types / sizeof *kt_types; k++) if (GT_D % llri_type(kt_types[k].type)->block == 0) gt_fused(&kt_types[k]);
}

/* --- models ----------------------------------------------------------------------------------------------------------------- */
static llr_placement *gt_place(const llr_model *m, int layers)
{
    llr_session_options so;
    llr_placement *p = NULL;
    llr_error err;
    llr_gpu *g = gt_open();
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    if (g) CHECK_MSG(llr_placement_new(&p, g, m, layers, &so, 1, 0, &err) == LLR_OK, "%s", err.msg);
    return p;
}
static llr_session *gt_session(const llr_model *m, const llr_placement *p, llr_kv_type kv, uint32_t n_batch, int guess)
{
    llr_session_options o;
    llr_session *s = NULL;
    llr_error err;
    memset(&o, 0, sizeof o);
    o.n_ctx = TM_CTX; o.n_batch = n_batch; o.all_logits = guess == 0; o.n_threads = 1; o.gpu = p; o.kv = kv;
    o.n_guess = guess == 1 ? 4 : 0; o.guess_always = guess == 1;
    CHECK_MSG(llr_session_new(&s, m, &o, &err) == LLR_OK, "%s", err.msg);
    return s;
}
static void gt_same(llr_session *cpu, llr_session *gpu, int i, double tolerance, const char *what)
{
    const float *a = i < 0 ? llr_session_logits(cpu) : llr_session_logits_at(cpu, (size_t)i), *b = i < 0 ? llr_session_logits(gpu) : llr_session_logits_at(gpu, (size_t)i);
    double error = 0, all = 0;
    int j;
    CHECK_MSG(a && b, "%s: no logits", what);
    if (!a || !b) return;
    for (j = 0; j < TM_VOCAB; j++) { error += ((double)a[j] - b[j]) * ((double)a[j] - b[j]); all += (double)a[j] * a[j]; }
    CHECK_MSG(error <= tolerance * all && all > 0, "%s: logits are off by %g of %g", what, error, all);
}
static void test_gpu_models(void)
{
    const tm_spec *specs[] = { &tm_llama, &tm_cohere2 };
    const int32_t *ids = tm_tokens();
    size_t used;
    int k, layers, kv;
    (void)gt_open();
    used = gt_used();
    for (k = 0; k < 2; k++) {
        tm_image img;
        llr_model *m;
        llr_model_info info;
        llr_error err;
        CHECK_MSG(tm_open(specs[k], &img, &m, &err) == LLR_OK, "%s", err.msg);
        llr_model_describe(m, &info);
        for (layers = 1; layers <= info.n_layer + 1; layers += info.n_layer / 2) {
            llr_placement *p = gt_place(m, layers);
            llr_placement_info pi;
            if (!p) break;
            llr_placement_describe(p, &pi);
            CHECK(pi.n_layers == layers && pi.n_all == info.n_layer + 1 && pi.weights_bytes <= pi.all_bytes && !*pi.why);
            for (kv = 0; kv < 3; kv++) {
                llr_session *a = gt_session(m, NULL, (llr_kv_type)kv, 32, 0), *b = gt_session(m, p, (llr_kv_type)kv, 32, 0), *c = gt_session(m, p, (llr_kv_type)kv, 7, 0), *both[2];
                const int32_t *texts[2];
                size_t counts[2];
                int i;
                CHECK(llr_session_eval(a, ids, 20, &err) == LLR_OK);
                CHECK_MSG(llr_session_eval(b, ids, 20, &err) == LLR_OK, "%s", err.msg);
                for (i = 0; i < 20; i++) gt_same(a, b, i, kv == LLR_KV_F32 ? 1e-5 : 4e-5, "prompt");   /* queries as halves */
                for (i = 20; i < 24; i++) {
                    CHECK(llr_session_eval(a, ids + i, 1, &err) == LLR_OK && llr_session_eval(b, ids + i, 1, &err) == LLR_OK);
                    gt_same(a, b, -1, 1e-5, "token");
                }
                CHECK(llr_session_rewind(a, 18) == 18 && llr_session_rewind(b, 18) == 18);
                both[0] = b; both[1] = c;                       /* one with seven rows a pass leads or follows */
                texts[0] = ids + 40; texts[1] = ids; counts[0] = 9; counts[1] = 16;
                CHECK(llr_session_eval(a, ids + 40, 9, &err) == LLR_OK);
                CHECK_MSG(llr_eval(both, texts, counts, 2, &err) == LLR_OK, "%s", err.msg);
                gt_same(a, b, -1, 1e-5, "two sessions");
                (void)llr_session_rewind(a, 0);
                CHECK(llr_session_eval(a, ids, 16, &err) == LLR_OK);
                gt_same(a, c, -1, 1e-5, "the other of two");
                both[1] = a;
                CHECK(llr_eval(both, texts, counts, 2, &err) == LLR_E_ARG);      /* not on the same GPU */
                llr_session_free(a); llr_session_free(b); llr_session_free(c);
            }
            {
                llr_session *a = gt_session(m, NULL, LLR_KV_F16, 32, 1), *b = gt_session(m, p, LLR_KV_F16, 32, 1);
                int i;
                for (i = 0; i < 30; i++) {
                    CHECK(llr_session_eval(a, ids + i % 6, 1, &err) == LLR_OK && llr_session_eval(b, ids + i % 6, 1, &err) == LLR_OK);
                    gt_same(a, b, -1, 1e-5, "guesses");
                }
                llr_session_free(a); llr_session_free(b);
            }
            for (kv = 0; kv < 3; kv++) {                        /* tokens drawn from few logits, and from all; the last is greedy */
                llr_session *a = gt_session(m, p, LLR_KV_F16, 32, 2), *b = gt_session(m, p, LLR_KV_F16, 32, 2);
                llr_sampling how;
                llr_sampler *sa, *sb;
                int32_t x = 1, y;
                float logit;
                int i;
                llr_sampling_defaults(&how, NULL);
                how.seed = 3;
                how.temp = kv == 2 ? 0.0f : 2.0f;
                if (kv == 1) how.repeat_penalty = 1.5f;         /* needs all */
                CHECK(llr_sampler_new(&sa, TM_VOCAB, NULL, &how, NULL, &err) == LLR_OK && llr_sampler_new(&sb, TM_VOCAB, NULL, &how, NULL, &err) == LLR_OK);
                CHECK(llr_session_sample(a, sa, &y, &logit, &err) == LLR_E_ARG);
                for (i = 0; i < 10; i++) {
                    CHECK(llr_session_eval(a, &x, 1, &err) == LLR_OK && llr_session_eval(b, &x, 1, &err) == LLR_OK);
                    CHECK(a->far_logits != NULL);
                    CHECK(llr_session_sample(a, sa, &x, &logit, &err) == LLR_OK);
                    CHECK((a->far_logits != NULL) == (kv != 1));
                    y = llr_sampler_sample(sb, llr_session_logits(b));
                    CHECK(x == y && logit == llr_session_logits(b)[y]);
                    if (i % 5 == 0) CHECK(tm_same(llr_session_logits(a), llr_session_logits(b)));
                    if (i == 7) CHECK(llr_session_rewind(a, 4) == 4 && llr_session_rewind(b, 4) == 4 && tm_same(llr_session_logits(a), llr_session_logits(b)));
                }
                {                                               /* the logits of a session that only leads a call stay */
                    llr_session *both[2];
                    const int32_t *texts[2];
                    const size_t counts[2] = { 0, 3 };
                    float before[TM_VOCAB];
                    memcpy(before, llr_session_logits(b), sizeof before);
                    both[0] = a; both[1] = b; texts[0] = texts[1] = ids;
                    CHECK(llr_eval(both, texts, counts, 2, &err) == LLR_OK && tm_same(llr_session_logits(a), before) && !tm_same(llr_session_logits(b), before));
                }
                llr_session_free(a); llr_session_free(b);
                llr_sampler_free(sa); llr_sampler_free(sb);
            }
            {                                                   /* steps that are recorded and replayed, with more and more positions */
                llr_session *a = gt_session(m, NULL, LLR_KV_F32, 32, 0), *b = gt_session(m, p, LLR_KV_F32, 32, 0);
                size_t unused;
                long before = 0, calls = 0;
                int i;
                CHECK(llr_session_eval(a, ids, 110, &err) == LLR_OK && llr_session_eval(b, ids, 110, &err) == LLR_OK);
                for (i = 110; i < 140; i++) {
                    if (gt_state) gt_state(&unused, &before, 0);
                    CHECK(llr_session_eval(a, ids + i, 1, &err) == LLR_OK && llr_session_eval(b, ids + i, 1, &err) == LLR_OK);
                    if (gt_state) gt_state(&unused, &calls, 0);
                    CHECK_MSG(!gt_state || i == 110 || i == 128 || calls - before < 24, "token %d took %ld calls", i, calls - before);
                    gt_same(a, b, -1, 1e-5, "replayed");
                }
                llr_session_free(a); llr_session_free(b);
            }
            llr_placement_free(p);
        }
        llr_model_close(m);
        free(img.p);
    }
    CHECK_MSG(gt_used() == used, "%lu bytes of the GPU are not given back", (unsigned long)(gt_used() - used));
}

/* --- what goes wrong. These need the emulation. ------------------------------------------------------------------------------ */
/* Opens, places, evaluates a prompt and two tokens; the first status that is not LLR_OK. What works despite it is checked. */
static llr_status gt_whole(const llr_model *m, const tm_heap *heap, llr_session *want, llr_error *err)
{
    const int32_t *ids = tm_tokens();
    const llr_options o = m->opt;
    llr_session_options so;
    llr_gpu *g = NULL;
    llr_placement *p = NULL;
    llr_session *s = NULL;
    llr_status st, first = LLR_OK;
    const size_t steps[] = { 9, 1, 1 };
    size_t at = 0, i;
    llr_sampling how;
    llr_sampler *greedy = NULL;
    memset(&how, 0, sizeof how);
    how.top_p = how.typical_p = how.repeat_penalty = 1.0f;
    CHECK(llr_sampler_new(&greedy, TM_VOCAB, NULL, &how, NULL, NULL) == LLR_OK);
    (void)heap;
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    (void)llr_session_rewind(want, 0);
    first = llr_gpu_open(&g, gt_path, NULL, &o, err);
    if (first == LLR_OK) first = llr_placement_new(&p, g, m, 2, &so, 1, 0, err);
    so.gpu = p;
    if (first == LLR_OK) first = llr_session_new(&s, m, &so, err);
    for (i = 0; s && i < 3; at += steps[i++]) {
        llr_error e;
        st = llr_session_eval(s, ids + at, steps[i], &e);
        CHECK(llr_session_eval(want, ids + at, steps[i], NULL) == LLR_OK);
        if (st != LLR_OK) {
            CHECK_MSG(st == LLR_E_DEVICE && first == LLR_OK, "a second failure: %s", e.msg);
            CHECK(llr_session_pos(s) == at && !llr_session_logits(s));
            first = st;
            *err = e;
            CHECK_MSG(llr_session_eval(s, ids + at, steps[i], &e) == LLR_OK, "after %s: %s", err->msg, e.msg);
            CHECK(tm_same(llr_session_logits(s), llr_session_logits(want)));        /* the CPU's, to the bit */
        }
        if (first == LLR_OK) {                                  /* its logits are still there, or not yet */
            int32_t id = -1, x;
            float logit;
            st = llr_session_sample(s, greedy, &id, &logit, &e);
            x = llr_argmax(llr_session_logits(want), TM_VOCAB);
            if (st != LLR_OK) {
                CHECK_MSG(st == LLR_E_DEVICE, "%s", e.msg);
                first = st;
                *err = e;
                CHECK_MSG(llr_session_sample(s, greedy, &id, &logit, &e) == LLR_OK, "after %s: %s", err->msg, e.msg);
                CHECK(tm_same(llr_session_logits(s), llr_session_logits(want)));
            }
            CHECK(id == x);
        }
        if (first == LLR_OK) gt_same(want, s, -1, 1e-5, "with failures to come");
        else CHECK(tm_same(llr_session_logits(s), llr_session_logits(want)));
    }
    llr_sampler_free(greedy);
    llr_session_free(s);
    llr_placement_free(p);
    llr_gpu_close(g);
    return first;
}
static void test_gpu_failures(void)
{
    static const char *const errors[] = { "719", "2" };
    tm_image img;
    tm_heap heap;
    llr_options o = tm_options(&heap);
    llr_session_options so;
    llr_model *m = NULL;
    llr_session *want = NULL;
    llr_error err;
    size_t used = gt_used(), live;
    long calls, n;
    int k;
    char at[32];
    if (!gt_state) { CHECK(1); return; }
    img = tm_model(&tm_llama);
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    CHECK(llr_model_open_mem(&m, img.p, img.n, &o, &err) == LLR_OK && llr_session_new(&want, m, &so, &err) == LLR_OK);
    live = heap.live;
    gt_state(&used, &calls, 1);
    CHECK_MSG(gt_whole(m, &heap, want, &err) == LLR_OK, "%s", err.msg);
    gt_state(&used, &calls, 1);
    CHECK(calls > 100 && heap.live == live);
    for (k = 0; k < 4; k++)                     /* one call, or all from one on; a kernel that failed, or no memory */
        for (n = 1; n <= calls; n += k < 2 ? 1 : 7) {
            llr_status st;
            long some;
            (void)snprintf(at, sizeof at, k % 2 ? "%ld+" : "%ld", n);
            (void)setenv("HOST_CUDA_FAIL", at, 1);
            (void)setenv("HOST_CUDA_ERROR", errors[k / 2], 1);
            memset(&err, 0, sizeof err);
            st = gt_whole(m, &heap, want, &err);
            (void)unsetenv("HOST_CUDA_FAIL");
            (void)unsetenv("HOST_CUDA_ERROR");
            CHECK_MSG(st == LLR_OK || (st == LLR_E_DEVICE && strlen(err.msg) > 10 && !strchr(err.msg, '\n')), "call %s: %d %s", at, (int)st, err.msg);
            CHECK_MSG(heap.live == live, "call %s: memory is lost", at);
            gt_state(&used, &some, 1);
        }
    llr_session_free(want);
    llr_model_close(m);
    CHECK(heap.live == 0);
    free(img.p);
}

/* Too little memory: fewer layers, and none. */
static void test_gpu_memory(void)
{
    tm_image img;
    llr_model *m;
    llr_gpu *g = NULL;
    llr_placement *p = NULL, *dry;
    llr_placement_info info, planned;
    llr_session_options so;
    llr_error err;
    tm_spec spec = tm_llama;
    size_t base = gt_used();
    int layers, last = 0;
    char text[32];
    if (!gt_state) { CHECK(1); return; }
    spec.n_layer = 6;
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    CHECK_MSG(tm_open(&spec, &img, &m, &err) == LLR_OK, "%s", err.msg);
    CHECK(llr_gpu_open(&g, gt_path, NULL, NULL, &err) == LLR_OK);
    for (layers = 0; layers < 40; layers++) {
        llr_status st;
        (void)snprintf(text, sizeof text, "%lu", (unsigned long)(gt_used() + 100000 + (size_t)layers * 60000));
        (void)setenv("HOST_CUDA_FREE", text, 1);
        st = llr_placement_new(&dry, g, m, -1, &so, 1, 1, &err);
        if (st == LLR_OK) {                                     /* what was planned is what is taken */
            size_t before = gt_used();
            llr_session *s;
            llr_plan plan;
            memset(&plan, 0, sizeof plan);
            llr_placement_describe(dry, &planned);
            so.gpu = dry;
            CHECK(llr_session_new(&s, m, &so, &err) == LLR_E_ARG && llr_session_plan(m, &so, &plan, &err) == LLR_OK);
            so.gpu = NULL;
            CHECK(plan.gpu_bytes == planned.session_bytes && planned.weights_bytes + plan.gpu_bytes <= planned.free_bytes && gt_used() == before);
            llr_placement_free(dry);
        }
        st = llr_placement_new(&p, g, m, -1, &so, 1, 0, &err);
        if (st != LLR_OK) {
            CHECK_MSG(st == LLR_E_DEVICE && last == 0 && strstr(err.msg, "free"), "%s", err.msg);
            continue;
        }
        llr_placement_describe(p, &info);
        CHECK(!memcmp(&info, &planned, sizeof info));
        CHECK(info.n_layers >= last && (info.n_layers == 7 || strstr(info.why, "free")));
        last = info.n_layers;
        {
            llr_session *s = gt_session(m, p, LLR_KV_F16, 32, 0);
            CHECK_MSG(llr_session_eval(s, tm_tokens(), 5, &err) == LLR_OK, "%s", err.msg);
            llr_session_free(s);
        }
        llr_placement_free(p);
    }
    CHECK_MSG(last == 7, "%d layers fit at last", last);
    (void)unsetenv("HOST_CUDA_FREE");
    llr_gpu_close(g);
    llr_model_close(m);
    free(img.p);
    CHECK(gt_used() == base);
}

#define TESTS_GPU(X) X(gpu_products) X(gpu_steps) X(gpu_attention) X(gpu_fused) X(gpu_top) X(gpu_models) X(gpu_failures) X(gpu_memory)

static void gt_begin_tests(void)
{
    void (*state)(void);
    char why[300];
    gt_path = getenv("LLRUN_TEST_CUDA");
    state = gt_path ? llri_library_function(gt_path, "host_cuda_state", why, sizeof why) : NULL;
    memcpy((void *)&gt_state, (void *)&state, sizeof gt_state);
}
