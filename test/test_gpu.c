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
    if (g) CHECK_MSG(llr_placement_new(&p, &g, 1, m, layers, &so, 1, 0, &err) == LLR_OK, "%s", err.msg);
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
/* Several devices of the emulation. */
enum { GT_GPUS = 6 };
static void gt_close_gpus(llr_gpu **g, int n)
{
    while (n) {
        llr_gpu_close(g[--n]);
        g[n] = NULL;
    }
}
static llr_status gt_open_gpus(llr_gpu **g, int from, int n, const llr_options *o, llr_error *err)
{
    int i;
    for (i = 0; i < n; i++) {
        char id[16];
        llr_status st;
        (void)snprintf(id, sizeof id, "%d", from + i);
        st = llr_gpu_open(&g[i], gt_path, id, o, err);
        if (st != LLR_OK) { gt_close_gpus(g, i); return st; }
    }
    return LLR_OK;
}
/* Sets an order of the emulation to a list of numbers; 0: the usual one. */
static void gt_order(const char *name, const unsigned long *x, int n)
{
    char text[400];
    int i, at = 0;
    for (i = 0; i < n; i++) at += snprintf(text + at, sizeof text - (size_t)at, "%s%lu", i ? "," : "", x[i] ? x[i] : 1ul << 30);
    (void)setenv(name, text, 1);
}
/* The least memory of a device with which it takes n units beside so many sessions. */
static unsigned long gt_room(const llr_model *m, const llr_session_options *so, int n_sessions, int n)
{
    unsigned long x[GT_GPUS] = { 0 };
    llr_placement_info info;
    llr_gpu *g;
    llr_error err;
    memset(&info, 0, sizeof info);
    CHECK_MSG(gt_open_gpus(&g, GT_GPUS - 1, 1, NULL, &err) == LLR_OK, "%s", err.msg);
    for (x[GT_GPUS - 1] = 100000; info.n_layers < n && x[GT_GPUS - 1] < 10000000; x[GT_GPUS - 1] += 2000) {
        llr_placement *p;
        gt_order("HOST_CUDA_FREE", x, GT_GPUS);
        if (llr_placement_new(&p, &g, 1, m, -1, so, n_sessions, 1, NULL) != LLR_OK) continue;
        llr_placement_describe(p, &info);
        llr_placement_free(p);
    }
    CHECK(info.n_layers == n);
    llr_gpu_close(g);
    (void)unsetenv("HOST_CUDA_FREE");
    return x[GT_GPUS - 1] - 2000;
}

/* Opens, places, evaluates a prompt and two tokens; the first status that is not LLR_OK. What works despite it is checked. */
static llr_status gt_whole(const llr_model *m, int n_gpus, llr_session *want, llr_error *err)
{
    const int32_t *ids = tm_tokens();
    const llr_options o = m->opt;
    llr_session_options so;
    llr_gpu *g[GT_GPUS] = { NULL };
    llr_placement *p = NULL;
    llr_placement_info info;
    llr_session *s = NULL;
    llr_status st, first = LLR_OK;
    const size_t steps[] = { 9, 1, 1 };
    size_t at = 0, i;
    llr_sampling how;
    llr_sampler *greedy = NULL;
    memset(&how, 0, sizeof how);
    how.top_p = how.typical_p = how.repeat_penalty = 1.0f;
    CHECK(llr_sampler_new(&greedy, TM_VOCAB, NULL, &how, NULL, NULL) == LLR_OK);
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    (void)llr_session_rewind(want, 0);
    first = gt_open_gpus(g, n_gpus == 1 ? 0 : 1, n_gpus, &o, err);          /* 0 is in use by other tests */
    if (first == LLR_OK) first = llr_placement_new(&p, g, n_gpus, m, 2, &so, 1, 0, err);
    if (first == LLR_OK) {
        llr_placement_describe(p, &info);
        CHECK(info.n_shares == n_gpus || *info.why);
    }
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
    gt_close_gpus(g, n_gpus);
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
    int k, gpus;
    char at[32];
    if (!gt_state) { CHECK(1); return; }
    img = tm_model(&tm_llama);
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    CHECK(llr_model_open_mem(&m, img.p, img.n, &o, &err) == LLR_OK && llr_session_new(&want, m, &so, &err) == LLR_OK);
    live = heap.live;
    (void)setenv("HOST_CUDA_DEVICES", "6", 1);
    for (gpus = 1; gpus <= 2; gpus++) {
        if (gpus == 2) {                        /* a unit on each; calls of the second alone count and fail */
            unsigned long room[3] = { 0, gt_room(m, &so, 1, 1), 0 };
            gt_order("HOST_CUDA_FREE", room, 3);
            (void)setenv("HOST_CUDA_ON", "2", 1);
        }
        gt_state(&used, &calls, 1);
        CHECK_MSG(gt_whole(m, gpus, want, &err) == LLR_OK, "%s", err.msg);
        gt_state(&used, &calls, 1);
        CHECK(calls > (gpus == 1 ? 100 : 50) && heap.live == live);
        for (k = 0; k < 4; k++)                 /* one call, or all from one on; a kernel that failed, or no memory */
            for (n = 1; n <= calls; n += k < 2 ? 1 : 7) {
                llr_status st;
                long some;
                (void)snprintf(at, sizeof at, k % 2 ? "%ld+" : "%ld", n);
                (void)setenv("HOST_CUDA_FAIL", at, 1);
                (void)setenv("HOST_CUDA_ERROR", errors[k / 2], 1);
                memset(&err, 0, sizeof err);
                st = gt_whole(m, gpus, want, &err);
                (void)unsetenv("HOST_CUDA_FAIL");
                (void)unsetenv("HOST_CUDA_ERROR");
                CHECK_MSG(st == LLR_OK || (st == LLR_E_DEVICE && strlen(err.msg) > 10 && !strchr(err.msg, '\n')), "call %s: %d %s", at, (int)st, err.msg);
                CHECK_MSG(heap.live == live, "call %s: memory is lost", at);
                gt_state(&used, &some, 1);
            }
    }
    (void)unsetenv("HOST_CUDA_ON");
    (void)unsetenv("HOST_CUDA_FREE");
    (void)unsetenv("HOST_CUDA_DEVICES");
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
        st = llr_placement_new(&dry, &g, 1, m, -1, &so, 1, 1, &err);
        if (st == LLR_OK) {                                     /* what was planned is what is taken */
            size_t before = gt_used();
            llr_session *s;
            llr_plan plan;
            memset(&plan, 0, sizeof plan);
            llr_placement_describe(dry, &planned);
            so.gpu = dry;
            CHECK(llr_session_new(&s, m, &so, &err) == LLR_E_ARG && llr_session_plan(m, &so, &plan, &err) == LLR_OK);
            so.gpu = NULL;
            CHECK(plan.gpu_bytes == planned.session_bytes && planned.n_shares == 1 && planned.share[0].session_bytes == plan.gpu_bytes &&
                  planned.share[0].n_layers == planned.n_layers && planned.weights_bytes + plan.gpu_bytes <= planned.share[0].free_bytes && gt_used() == before);
            llr_placement_free(dry);
        }
        st = llr_placement_new(&p, &g, 1, m, -1, &so, 1, 0, &err);
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

/* One model on one, two and three GPUs: the same bits, whatever is asked of it. */
static void gt_bits(llr_session *const *s, int n, const char *what)
{
    int i;
    for (i = 1; i < n; i++) CHECK_MSG(tm_same(llr_session_logits(s[0]), llr_session_logits(s[i])), "%s: other bits on %d GPUs", what, i + 1);
}
static void test_gpu_several(void)
{
    static const llr_kv_type types[] = { LLR_KV_F16, LLR_KV_Q8_0, LLR_KV_F32 };
    const int32_t *ids = tm_tokens();
    size_t base = gt_used();
    int kv, k, i, shared;
    if (!gt_state) { CHECK(1); return; }
    (void)setenv("HOST_CUDA_DEVICES", "6", 1);
    for (kv = 0; kv < 3; kv++)
        for (shared = 0; shared < 3; shared++) {
            tm_spec spec = shared == 2 ? tm_cohere2 : tm_llama;
            tm_image img;
            llr_model *m;
            llr_gpu *g[6];
            llr_placement *p[3];
            llr_session *s[3], *other[3], *both[2];
            const int32_t *texts[2];
            size_t counts[2];
            llr_session_options so;
            llr_error err;
            unsigned long room[6] = { 0 };
            memset(&so, 0, sizeof so);
            spec.n_layer = 6;
            so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1; so.kv = types[kv];
            CHECK_MSG(tm_open(&spec, &img, &m, &err) == LLR_OK, "%s", err.msg);
            for (i = 4; i < 6 && shared == 1; i++) {                                    /* with 3 they belong together */
                m->layers[i].kv_layer = 3;
                m->layers[i].k.w.data = m->layers[i].v.w.data = NULL;
            }
            room[1] = room[3] = room[4] = gt_room(m, &so, 2, shared == 1 ? 4 : 2);
            gt_order("HOST_CUDA_FREE", room, 6);
            CHECK_MSG(gt_open_gpus(g, 0, 6, NULL, &err) == LLR_OK, "%s", err.msg);
            for (k = 0; k < 3; k++) {
                static const int from[] = { 0, 1, 3 };
                llr_placement_info info, planned;
                llr_placement *dry = NULL;
                llr_plan plan;
                uint64_t sum = 0;
                memset(&plan, 0, sizeof plan);
                CHECK_MSG(llr_placement_new(&dry, g + from[k], k + 1, m, -1, &so, 2, 1, &err) == LLR_OK, "%s", err.msg);
                llr_placement_describe(dry, &planned);
                llr_placement_free(dry);
                CHECK_MSG(llr_placement_new(&p[k], g + from[k], k + 1, m, -1, &so, 2, 0, &err) == LLR_OK, "%s", err.msg);
                llr_placement_describe(p[k], &info);
                CHECK(!memcmp(&info, &planned, sizeof info));
                CHECK_MSG(info.n_layers == 7 && !*info.why && (info.n_shares == k + 1 || (shared == 1 && k == 2)), "%d layers in %d shares: %s", (int)info.n_layers, (int)info.n_shares, info.why);
                for (i = 0; i < info.n_shares; i++) {
                    CHECK(info.share[i].gpu == i && info.share[i].first + info.share[i].n_layers == (i ? info.share[i - 1].first : 7));
                    CHECK(shared != 1 || info.share[i].first < 4 || info.share[i].first == 6);
                    CHECK(info.share[i].weights_bytes + 2 * info.share[i].session_bytes <= info.share[i].free_bytes);
                    sum += info.share[i].session_bytes;
                }
                so.gpu = p[k];
                CHECK(llr_session_plan(m, &so, &plan, &err) == LLR_OK && plan.gpu_bytes == sum && info.session_bytes == sum);
                so.gpu = NULL;
                s[k] = gt_session(m, p[k], types[kv], 32, 0);
                other[k] = gt_session(m, p[k], types[kv], 7, 0);
                CHECK_MSG(llr_session_eval(s[k], ids, 20, &err) == LLR_OK, "%s", err.msg);
            }
            gt_bits(s, 3, "prompt");
            for (i = 0; i < 12; i++) {
                for (k = 0; k < 3; k++) CHECK(llr_session_eval(s[k], ids + 20 + i, 1, &err) == LLR_OK);
                gt_bits(s, 3, "token");
            }
            for (k = 0; k < 3; k++) {
                CHECK(llr_session_rewind(s[k], 25) == 25);
                both[0] = s[k]; both[1] = other[k];
                texts[0] = ids + 40; texts[1] = ids; counts[0] = 9; counts[1] = 16;
                CHECK_MSG(llr_eval(both, texts, counts, 2, &err) == LLR_OK, "%s", err.msg);
                both[0] = other[k]; both[1] = s[k];             /* the leader has nothing to do */
                counts[0] = 0; counts[1] = 1;
                CHECK_MSG(llr_eval(both, texts, counts, 2, &err) == LLR_OK, "%s", err.msg);
            }
            gt_bits(s, 3, "two sessions");
            gt_bits(other, 3, "the other of two");
            {
                llr_session *cpu = gt_session(m, NULL, types[kv], 32, 0);
                CHECK(llr_session_eval(cpu, ids, 16, &err) == LLR_OK);
                gt_same(cpu, other[2], -1, 4e-5, shared == 0 ? "three GPUs" : shared == 1 ? "three GPUs, shared" : "three GPUs, windows");
                llr_session_free(cpu);
            }
            for (k = 0; k < 3; k++) {
                llr_session_free(s[k]);
                llr_session_free(other[k]);
                llr_placement_free(p[k]);
            }
            gt_close_gpus(g, 6);
            llr_model_close(m);
            free(img.p);
            (void)unsetenv("HOST_CUDA_FREE");
            CHECK_MSG(gt_used() == base, "%lu bytes of the GPUs are not given back", (unsigned long)(gt_used() - base));
        }
    (void)unsetenv("HOST_CUDA_DEVICES");
}

/* Devices that give less than they said is free: the others take what is left, as far as they can; then the CPU. */
static void test_gpu_several_memory(void)
{
    tm_spec spec = tm_llama;
    tm_image img;
    llr_model *m;
    llr_gpu *g[3];
    llr_placement *p;
    llr_placement_info info;
    llr_session *s, *cpu;
    llr_session_options so;
    llr_error err;
    unsigned long room[4] = { 0 }, gives[4] = { 0 };       /* of devices 1 to 3 */
    size_t base = gt_used(), before;
    int last = 7, fewer = 0, k;
    if (!gt_state) { CHECK(1); return; }
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    spec.n_layer = 6;
    CHECK_MSG(tm_open(&spec, &img, &m, &err) == LLR_OK, "%s", err.msg);
    (void)setenv("HOST_CUDA_DEVICES", "6", 1);
    room[1] = gt_room(m, &so, 1, 2);
    room[2] = gt_room(m, &so, 1, 4);
    room[3] = gt_room(m, &so, 1, 3);
    gt_order("HOST_CUDA_FREE", room, 4);
    CHECK_MSG(gt_open_gpus(g, 1, 3, NULL, &err) == LLR_OK, "%s", err.msg);
    before = gt_used();
    cpu = gt_session(m, NULL, LLR_KV_F16, 32, 0);
    CHECK(llr_session_eval(cpu, tm_tokens(), 5, &err) == LLR_OK);
    for (k = 0; room[2] > (unsigned long)k * 12000; k++) {
        llr_status st;
        gives[2] = room[2] - (unsigned long)k * 12000;
        gt_order("HOST_CUDA_GIVES", gives, 4);
        st = llr_placement_new(&p, g, 3, m, -1, &so, 1, 0, &err);
        if (st != LLR_OK) {                                     /* the self-test had no room */
            CHECK_MSG(st == LLR_E_DEVICE && strstr(err.msg, "out of memory") && gt_used() == before, "%s", err.msg);
            continue;
        }
        llr_placement_describe(p, &info);
        CHECK_MSG(info.share[0].n_layers == 2 && info.n_layers <= last && (info.n_layers == 7 || *info.why), "%d layers, %d on the first: %s", (int)info.n_layers,
                  (int)info.share[0].n_layers, info.why);
        last = info.n_layers;
        fewer += last < 7;
        so.gpu = p;
        st = llr_session_new(&s, m, &so, &err);
        so.gpu = NULL;
        CHECK_MSG(st == LLR_OK || (st == LLR_E_DEVICE && strstr(err.msg, "out of memory")), "%s", err.msg);
        if (st == LLR_OK) {
            CHECK_MSG(llr_session_eval(s, tm_tokens(), 5, &err) == LLR_OK, "%s", err.msg);
            gt_same(cpu, s, -1, 4e-5, "with less memory than said");
            llr_session_free(s);
        }
        llr_placement_free(p);
        CHECK_MSG(gt_used() == before, "%lu bytes of the GPUs are not given back", (unsigned long)(gt_used() - before));
    }
    CHECK_MSG(fewer > 2, "%d times fewer layers", fewer);
    (void)unsetenv("HOST_CUDA_GIVES");
    (void)unsetenv("HOST_CUDA_FREE");
    (void)unsetenv("HOST_CUDA_DEVICES");
    llr_session_free(cpu);
    gt_close_gpus(g, 3);
    llr_model_close(m);
    free(img.p);
    CHECK(gt_used() == base);
}

/* A GPU that failed one session is no longer used by the others that have layers there, together with it or alone, and by no new one. */
static void test_gpu_company(void)
{
    const int32_t *ids = tm_tokens(), *texts[2];
    const size_t counts[] = { 3, 4 };
    int together;
    if (!gt_state) { CHECK(1); return; }
    for (together = 0; together < 2; together++) {
        tm_image img;
        llr_model *m;
        llr_gpu *g;
        llr_placement *p, *again;
        llr_session *a, *b, *c, *cpu, *both[2];
        llr_session_options so;
        llr_error err;
        memset(&so, 0, sizeof so);
        so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
        CHECK_MSG(tm_open(&tm_llama, &img, &m, &err) == LLR_OK && gt_open_gpus(&g, 0, 1, NULL, &err) == LLR_OK, "%s", err.msg);
        CHECK_MSG(llr_placement_new(&p, &g, 1, m, -1, &so, 3, 0, &err) == LLR_OK, "%s", err.msg);
        CHECK(llr_placement_new(&again, &g, 0, m, -1, &so, 1, 0, &err) == LLR_E_ARG && llr_placement_new(&again, &g, LLR_MAX_GPUS + 1, m, -1, &so, 1, 0, &err) == LLR_E_ARG);
        a = gt_session(m, p, LLR_KV_F16, 32, 0);
        b = gt_session(m, p, LLR_KV_F16, 32, 0);
        cpu = gt_session(m, NULL, LLR_KV_F16, 32, 0);
        CHECK(llr_session_eval(a, ids, 9, &err) == LLR_OK && llr_session_eval(b, ids + 5, 6, &err) == LLR_OK);
        both[0] = a; both[1] = b;
        texts[0] = ids + 9; texts[1] = ids + 11;
        (void)setenv("HOST_CUDA_FAIL", "1+", 1);
        CHECK((together ? llr_eval(both, texts, counts, 2, &err) : llr_session_eval(a, ids + 9, 3, &err)) == LLR_E_DEVICE);
        (void)unsetenv("HOST_CUDA_FAIL");
        CHECK(llr_session_pos(a) == 9 && llr_session_pos(b) == 6);
        CHECK_MSG(llr_eval(both, texts, counts, 2, &err) == LLR_OK, "%s", err.msg);
        CHECK(llr_session_eval(cpu, ids, 12, &err) == LLR_OK);
        CHECK(tm_same(llr_session_logits(a), llr_session_logits(cpu)));
        CHECK(llr_session_rewind(cpu, 0) == 0 && llr_session_eval(cpu, ids + 5, 10, &err) == LLR_OK);
        CHECK(tm_same(llr_session_logits(b), llr_session_logits(cpu)));
        c = gt_session(m, p, LLR_KV_F16, 32, 0);
        both[1] = c;
        texts[0] = ids + 12; texts[1] = ids + 5;
        CHECK_MSG(llr_eval(both, texts, counts, 2, &err) == LLR_OK, "%s", err.msg);
        CHECK(llr_placement_new(&again, &g, 1, m, -1, &so, 1, 0, &err) == LLR_E_DEVICE && strstr(err.msg, "failed before"));
        llr_session_free(a); llr_session_free(b); llr_session_free(c); llr_session_free(cpu);
        llr_placement_free(p);
        llr_gpu_close(g);
        llr_model_close(m);
        free(img.p);
    }
}

/* Tokens chosen on the GPU that has the output matrix, and logits fetched from there when they are asked for: those of one GPU on two and
 * three, while the steps of each are recorded and replayed. After any of them has failed with another session, they are the CPU's. */
static llr_placement *gt_far_place(const llr_model *m, llr_gpu **g, int n)
{
    llr_session_options so;
    llr_placement_info info;
    llr_placement *p = NULL;
    llr_error err;
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    CHECK_MSG(llr_placement_new(&p, g, n, m, -1, &so, 5, 0, &err) == LLR_OK, "%s", err.msg);
    llr_placement_describe(p, &info);
    CHECK(info.n_layers == 7 && info.n_shares == n);
    return p;
}
static void gt_far_tokens(const llr_model *m, llr_placement *const *p, int kind)
{
    llr_session *s[3];
    llr_sampler *draw[3];
    llr_sampling how;
    llr_error err;
    int32_t x = tm_tokens()[110], y[3];
    float logit[3];
    int i, k;
    llr_sampling_defaults(&how, NULL);
    how.temp = kind == 2 ? 0.0f : 2.0f;
    if (kind == 1) how.repeat_penalty = 1.5f;       /* needs all */
    for (k = 0; k < 3; k++) {
        s[k] = gt_session(m, p[k], LLR_KV_F16, 32, 2);
        CHECK(llr_sampler_new(&draw[k], TM_VOCAB, NULL, &how, NULL, &err) == LLR_OK && llr_session_eval(s[k], tm_tokens(), 110, &err) == LLR_OK);
    }
    for (i = 110; i < 135; i++, x = y[0]) {
        for (k = 0; k < 3; k++) {
            CHECK_MSG(llr_session_eval(s[k], &x, 1, &err) == LLR_OK && s[k]->far_logits, "%s", err.msg);
            CHECK_MSG(llr_session_sample(s[k], draw[k], &y[k], &logit[k], &err) == LLR_OK && !s[k]->far_logits == (kind == 1), "%s", err.msg);
            CHECK_MSG(y[k] == y[0] && logit[k] == logit[0], "token %d is %d, %g on %d GPUs, and %d, %g on one", i, (int)y[k], logit[k], k + 1, (int)y[0], logit[0]);
        }
        if (i % 3) continue;
        gt_bits(s, 3, "fetched");
        for (k = 0; k < 3 && i == 120; k++) CHECK(llr_session_rewind(s[k], 117) == 117);
    }
    for (k = 0; k < 3; k++) { llr_session_free(s[k]); llr_sampler_free(draw[k]); }
}
/* Device `at` fails in a call of the first of five sessions, the others having logits of a token to be fetched. */
static void gt_far_failure(const llr_model *m, const llr_placement *p, int at)
{
    static const size_t counts[] = { 0, 1 };
    const int32_t *ids = tm_tokens(), *texts[2];
    llr_session *s[5], *cpu = gt_session(m, NULL, LLR_KV_F16, 32, 2), *both[2];
    llr_sampling how;
    llr_sampler *greedy;
    llr_error err;
    float want[TM_VOCAB], logit;
    char on[16];
    int32_t id;
    int i;
    memset(&how, 0, sizeof how);
    how.top_p = how.typical_p = how.repeat_penalty = 1.0f;
    CHECK(llr_sampler_new(&greedy, TM_VOCAB, NULL, &how, NULL, &err) == LLR_OK && llr_session_eval(cpu, ids, 10, &err) == LLR_OK);
    memcpy(want, llr_session_logits(cpu), sizeof want);
    for (i = 0; i < 5; i++) {
        s[i] = gt_session(m, p, LLR_KV_F16, 32, 2);
        CHECK(llr_session_eval(s[i], ids, 9, &err) == LLR_OK && llr_session_eval(s[i], ids + 9, 1, &err) == LLR_OK && s[i]->far_logits);
    }
    (void)snprintf(on, sizeof on, "%d", at);
    (void)setenv("HOST_CUDA_ON", on, 1);
    (void)setenv("HOST_CUDA_FAIL", "1+", 1);
    CHECK(llr_session_eval(s[0], ids + 10, 1, &err) == LLR_E_DEVICE);
    (void)unsetenv("HOST_CUDA_FAIL");
    (void)unsetenv("HOST_CUDA_ON");
    CHECK(!llr_session_logits_at(s[0], 0) && llr_session_rewind(s[0], 10) == 10 && llr_session_sample(s[0], greedy, &id, &logit, &err) == LLR_E_ARG);
    CHECK(llr_session_sample(s[1], greedy, &id, &logit, &err) == LLR_E_DEVICE && strlen(err.msg) > 10);
    CHECK(llr_session_sample(s[1], greedy, &id, &logit, &err) == LLR_OK && id == llr_argmax(want, TM_VOCAB) && logit == want[id]);
    CHECK(tm_same(llr_session_logits(s[1]), want) && tm_same(llr_session_logits(s[2]), want));
    both[0] = s[3]; both[1] = s[0];                     /* a leader without tokens, and one with */
    texts[0] = texts[1] = ids + 10;
    CHECK_MSG(llr_eval(both, texts, counts, 2, &err) == LLR_OK, "%s", err.msg);
    CHECK(tm_same(llr_session_logits(s[3]), want) && llr_session_eval(cpu, ids + 10, 1, &err) == LLR_OK && tm_same(llr_session_logits(s[0]), llr_session_logits(cpu)));
    llr_session_cancel(s[4]);                           /* before its text was computed here */
    CHECK(llr_session_eval(s[4], ids + 10, 1, &err) == LLR_E_CANCELLED && llr_session_pos(s[4]) == 10 && !llr_session_logits(s[4]));
    CHECK(llr_session_eval(s[4], ids + 10, 1, &err) == LLR_OK && tm_same(llr_session_logits(s[4]), llr_session_logits(cpu)));
    for (i = 0; i < 5; i++) llr_session_free(s[i]);
    llr_session_free(cpu);
    llr_sampler_free(greedy);
}
static void test_gpu_several_far(void)
{
    static const int from[] = { 0, 1, 3 };
    tm_spec spec = tm_llama;
    tm_image img;
    llr_model *m;
    llr_gpu *g[6];
    llr_placement *p[3];
    llr_session_options so;
    llr_error err;
    unsigned long room[6] = { 0 };
    size_t base = gt_used();
    int k, i;
    if (!gt_state) { CHECK(1); return; }
    memset(&so, 0, sizeof so);
    so.n_ctx = TM_CTX; so.n_batch = 32; so.n_threads = 1;
    spec.n_layer = 6;
    CHECK_MSG(tm_open(&spec, &img, &m, &err) == LLR_OK, "%s", err.msg);
    (void)setenv("HOST_CUDA_DEVICES", "6", 1);
    room[1] = room[3] = room[4] = gt_room(m, &so, 5, 2);
    gt_order("HOST_CUDA_FREE", room, 6);
    CHECK_MSG(gt_open_gpus(g, 0, 6, NULL, &err) == LLR_OK, "%s", err.msg);
    for (k = 0; k < 3; k++) p[k] = gt_far_place(m, g + from[k], k + 1);
    for (k = 0; k < 3; k++) gt_far_tokens(m, p, k);
    for (k = 0; k < 3; k++) llr_placement_free(p[k]);
    gt_close_gpus(g, 6);
    for (k = 0; k < 3; k++)
        for (i = 0; i <= k; i++) {
            CHECK_MSG(gt_open_gpus(g, from[k], k + 1, NULL, &err) == LLR_OK, "%s", err.msg);
            p[0] = gt_far_place(m, g, k + 1);
            gt_far_failure(m, p[0], from[k] + i);
            llr_placement_free(p[0]);
            gt_close_gpus(g, k + 1);
        }
    (void)unsetenv("HOST_CUDA_FREE");
    (void)unsetenv("HOST_CUDA_DEVICES");
    llr_model_close(m);
    free(img.p);
    CHECK_MSG(gt_used() == base, "%lu bytes of the GPUs are not given back", (unsigned long)(gt_used() - base));
}

/* ELF files for 32 and 64 bits, whole and cut short by a byte: what the loader would touch must be there. */
static void test_gpu_elf(void)
{
#if defined(__ELF__)
    int bits, i;
    for (bits = 32; bits <= 64; bits += 32) {
        const size_t word = (size_t)bits / 8, each = bits == 32 ? 32 : 56, header = bits == 32 ? 52 : 64, n = header + 2 * each + 100;
        uint8_t b[400] = { 0x7f, 'E', 'L', 'F', 0, 1 };
        FILE *f = tmpfile();
        llri_file file;
        CHECK(f != NULL);
        if (!f) return;
        b[4] = (uint8_t)(bits / 32);
        b[24 + word] = (uint8_t)header;
        b[bits == 32 ? 44 : 56] = 2;
        for (i = 0; i < 2; i++) {
            uint8_t *part = b + header + (size_t)i * each;
            part[word] = (uint8_t)(header + 2 * each + (size_t)i * 50);
            part[4 * word] = 50;
        }
        memset(&file, 0, sizeof file);
        file.fd = fileno(f);
        CHECK(fwrite(b, 1, n, f) == n && !fflush(f));
        file.size = n;
        CHECK_MSG(llri_elf_whole(&file), "%d bits", bits);
        for (i = 1; i < 60; i++) {
            CHECK(!ftruncate(file.fd, (off_t)n - i));
            file.size = n - (size_t)i;
            CHECK_MSG(!llri_elf_whole(&file), "%d bits, without %d bytes", bits, i);
        }
        (void)fclose(f);
    }
#else
    CHECK(1);
#endif
}

#define TESTS_GPU(X) X(gpu_elf) X(gpu_products) X(gpu_steps) X(gpu_attention) X(gpu_fused) X(gpu_top) X(gpu_models) X(gpu_failures) X(gpu_memory) \
    X(gpu_several) X(gpu_several_memory) X(gpu_several_far) X(gpu_company)

static void gt_begin_tests(void)
{
    void (*state)(void);
    char why[300];
    gt_path = getenv("LLRUN_TEST_CUDA");
    state = gt_path ? llri_library_function(gt_path, "host_cuda_state", why, sizeof why) : NULL;
    memcpy((void *)&gt_state, (void *)&state, sizeof gt_state);
}
