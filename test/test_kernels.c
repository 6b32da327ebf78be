/* The kernels of every tier that can run here, against double precision: all weight types, odd sizes, few and many tokens.
 * Results must also be the same bits however many tokens are computed together. */

static uint32_t kt_seed;
static uint32_t kt_rand(void) { return kt_seed = kt_seed * 1664525u + 1013904223u, kt_seed >> 8; }
static float kt_unit(void) { return (float)kt_rand() / 8388608.0f - 1.0f; }      /* -1 .. 1 */

typedef struct kt_type { uint32_t type; int half[2]; } kt_type;         /* where a block keeps its halves; -1: none */
static const kt_type kt_types[] = {
    { LLRI_F32, { -1, -1 } }, { LLRI_F16, { 0, -1 } }, { LLRI_BF16, { -1, -1 } }, { LLRI_Q4_0, { 0, -1 } }, { LLRI_Q4_1, { 0, 2 } },
    { LLRI_Q5_0, { 0, -1 } }, { LLRI_Q5_1, { 0, 2 } }, { LLRI_Q8_0, { 0, -1 } }, { LLRI_Q2_K, { 80, 82 } }, { LLRI_Q3_K, { 108, -1 } },
    { LLRI_Q4_K, { 0, 2 } }, { LLRI_Q5_K, { 0, 2 } }, { LLRI_Q6_K, { 208, -1 } }, { LLRI_IQ2_XXS, { 0, -1 } }, { LLRI_IQ2_XS, { 0, -1 } },
    { LLRI_IQ3_XXS, { 0, -1 } }, { LLRI_IQ1_S, { 0, -1 } }, { LLRI_IQ4_NL, { 0, -1 } }, { LLRI_IQ3_S, { 0, -1 } }, { LLRI_IQ2_S, { 0, -1 } },
    { LLRI_IQ4_XS, { 0, -1 } }, { LLRI_IQ1_M, { -1, -1 } }, { LLRI_TQ1_0, { 52, -1 } }, { LLRI_TQ2_0, { 64, -1 } }, { LLRI_MXFP4, { -1, -1 } },
    { LLRI_NVFP4, { -1, -1 } }, { LLRI_Q1_0, { 0, -1 } }, { LLRI_Q2_0, { 0, -1 } }
};

/* random blocks; every bit pattern of the integers, scales of ordinary size. kt_full: all bits of the integers are set. */
static int kt_full;
static void kt_fill(const kt_type *k, uint8_t *p, size_t n_blocks)
{
    const llri_type_info *t = llri_type(k->type);
    size_t b;
    for (b = 0; b < n_blocks; b++, p += t->bytes) {
        uint32_t i;
        for (i = 0; i < t->bytes; i++) p[i] = (uint8_t)(kt_rand() | (kt_full ? 255u : 0u));
        for (i = 0; i < 2; i++)
            if (k->half[i] >= 0) {
                uint16_t h = llri_f32_to_f16(0.02f * kt_unit());
                p[k->half[i]] = (uint8_t)h;
                p[k->half[i] + 1] = (uint8_t)(h >> 8);
            }
        if (k->type == LLRI_F32) { uint32_t f = llri_f32_to_bits(kt_unit()); for (i = 0; i < 4; i++) p[i] = (uint8_t)(f >> 8 * i); }
        if (k->type == LLRI_BF16) { uint16_t h = (uint16_t)(llri_f32_to_bits(kt_unit()) >> 16); p[0] = (uint8_t)h; p[1] = (uint8_t)(h >> 8); }
        if (k->type == LLRI_MXFP4) p[0] = (uint8_t)(118 + kt_rand() % 8);
        if (k->type == LLRI_NVFP4) for (i = 0; i < 4; i++) p[i] &= 0x7e;
        if (k->type == LLRI_IQ1_M) { p[49] &= 15; p[51] &= 15; p[53] = (uint8_t)((p[53] & 15) | 0x40); p[55] = (uint8_t)((p[55] & 15) | 0x20); }
    }
}

/* activations as the kernels see them: rounded to 8 bits per 32, with the scale that then fits best */
static void kt_round(const float *x, double *out, int n)
{
    int g, i;
    for (g = 0; g < n; g += 32) {
        float amax = 0;
        double xq = 0, qq = 0;
        for (i = 0; i < 32; i++) if (fabsf(x[g + i]) > amax) amax = fabsf(x[g + i]);
        for (i = 0; i < 32; i++) {
            out[g + i] = amax > 0 ? rint((double)(x[g + i] * (127.0f / amax))) : 0;
            xq += x[g + i] * out[g + i];
            qq += out[g + i] * out[g + i];
        }
        for (i = 0; i < 32; i++) out[g + i] *= qq > 0 ? xq / qq : 0;
    }
}

/* to the 8 bits of a bf16 */
static double kt_round_bf16(float x)
{
    int e;
    double m = frexp(x, &e);
    return ldexp(rint(m * 256), e - 8);
}

enum { KT_FAST, KT_EXACT, KT_SINGLES };         /* KT_SINGLES: as where the CPU does not multiply pairs of bf16 */
static void kt_matmul(const llri_ops *ops, int way, const llri_mat *w, const float *x, int n, float *y)
{
    llri_exec e;
    llri_product product;
    size_t bytes = llri_exec_bytes(ops, w->n_in, w->n_in, n, 1, 1);
    void *work = llri_alloc(llri_opt_mem(NULL), bytes, 64);
    CHECK(bytes && work);
    memset(work, 0xff, bytes);          /* NaN: what is not written must not be read */
    llri_exec_init(&e, ops, NULL, way == KT_EXACT, work, w->n_in, w->n_in, n, 1);
    if (way == KT_SINGLES) e.pairs = 0;
    llri_exec_input(&e, x, w->n_in, n, w->n_in);
    memset(&product, 0, sizeof product);
    product.w = w;
    product.y = y;
    product.ldy = w->n_out;
    llri_matmul(&e, &product, 1);
    llri_free(llri_opt_mem(NULL), work, bytes);
}

static void kt_one(const llri_ops *ops, const kt_type *k, int way, int n_in, int n_out)
{
    static const int counts[] = { 1, 2, 3, 4, 5, 7, 8, 14, 17, 24, 25, 32, 40, 49 };
    enum { MAX = 49 };
    const llri_type_info *t = llri_type(k->type);
    size_t row = (size_t)n_in / t->block * t->bytes;
    uint8_t *w = (uint8_t *)malloc(row * (size_t)n_out + 1) ;
    float *x = (float *)malloc(sizeof(float) * MAX * (size_t)n_in), *y = (float *)malloc(sizeof(float) * MAX * (size_t)n_out);
    float *first = (float *)malloc(sizeof(float) * MAX * (size_t)n_out), *wf = (float *)malloc(sizeof(float) * (size_t)n_in);
    double *a = (double *)malloc(sizeof(double) * (size_t)n_in);
    llri_mat m;
    int c, i, r, j, quant = way == KT_FAST && llri_quant(k->type);
    int pairs = way == KT_FAST && k->type == LLRI_BF16 && n_in % 2 == 0 && llri_has_pairs(ops);
    CHECK(w && x && y && first && wf && a);
    kt_fill(k, w + 1, row / t->bytes * (size_t)n_out);
    for (i = 0; i < MAX * n_in; i++) x[i] = kt_unit() * (i % 37 == 0 ? 8.0f : 1.0f);
    for (i = 0; i < 32; i++) x[i] = 0.0f;                      /* a group of zeros */
    m.type = k->type; m.data = w + 1; m.n_in = n_in; m.n_out = n_out; m.row_bytes = row;    /* odd address */
    for (i = 0; i < MAX; i++) kt_matmul(ops, way, &m, x + i * n_in, 1, first + i * n_out);
    for (c = 0; c < (int)(sizeof counts / sizeof *counts); c++) {
        kt_matmul(ops, way, &m, x, counts[c], y);
        CHECK_MSG(memcmp(y, first, sizeof(float) * (size_t)counts[c] * (size_t)n_out) == 0, "%s %s way %d: %d tokens differ from one by one",
                  llr_isa_name((llr_isa)ops->isa), t->name, way, counts[c]);
    }
    for (i = 0; i < 3; i++) {
        if (quant) kt_round(x + i * n_in, a, n_in);
        else for (j = 0; j < n_in; j++) a[j] = pairs ? kt_round_bf16(x[i * n_in + j]) : (double)x[i * n_in + j];
        for (r = 0; r < n_out; r++) {
            double want = 0, size = 0, got = first[i * n_out + r];
            llri_dequant(k->type, m.data + (size_t)r * row, wf, (size_t)n_in);
            for (j = 0; j < n_in; j++) { want += wf[j] * a[j]; size += fabs(wf[j] * a[j]); }
            /* mins are added apart from the rest, so that their sizes count, not only that of the sum */
            CHECK_MSG(fabs(got - want) <= 1e-5 * size + 1e-6, "%s %s way %d token %d row %d: %g instead of %g", llr_isa_name((llr_isa)ops->isa),
                      t->name, way, i, r, got, want);
        }
    }
    free(w); free(x); free(y); free(first); free(wf); free(a);
}

static void test_kernel_matmul(void)
{
    llr_cpu_info cpu;
    int isa;
    size_t k;
    llr_cpu(&cpu);
    for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
        if (!(cpu.usable >> isa & 1)) continue;
        for (k = 0; k < sizeof kt_types / sizeof *kt_types; k++) {
            const llri_ops *ops = llri_ops_get((llr_isa)isa);
            int block = (int)llri_type(kt_types[k].type)->block;
            kt_seed = 1 + (uint32_t)k;
            kt_one(ops, &kt_types[k], KT_FAST, block == 1 ? 77 : block == 256 ? 512 : 3 * 128 + block, 21);
            if (block > 1) kt_one(ops, &kt_types[k], KT_FAST, 4 * 128 + block, 16);         /* the last row that is read where it lies, and the end of memory */
            kt_one(ops, &kt_types[k], KT_EXACT, block == 1 ? 812 : 512 + block, 16);      /* two slices of floats */
            if (block == 1) kt_one(ops, &kt_types[k], KT_FAST, 34, 5);
            if (block == 1) kt_one(ops, &kt_types[k], KT_FAST, 2300, 18);   /* several vectors of slices, the last unfinished, and its last slice */
            if (kt_types[k].type == LLRI_BF16) kt_one(ops, &kt_types[k], KT_SINGLES, 2300, 18);
            if (kt_types[k].type == LLRI_BF16) kt_one(ops, &kt_types[k], KT_FAST, 4652, 18);        /* the same of pairs */
        }
    }
}

/* What the instructions of AMX do, from their definition */
static struct { uint8_t palette, start, reserved[14]; uint16_t bytes[16]; uint8_t rows[16]; } tt_config;
static uint8_t tt_tile[8][16][64];
void test_tile_config(const void *config)
{
    int t;
    memcpy(&tt_config, config, sizeof tt_config);
    CHECK(tt_config.palette == 1 && tt_config.start == 0);
    for (t = 0; t < 14; t++) CHECK(tt_config.reserved[t] == 0);
    for (t = 0; t < 16; t++) CHECK(tt_config.bytes[t] <= 64 && tt_config.rows[t] <= 16 && !tt_config.bytes[t] == !tt_config.rows[t] && (t < 8 || !tt_config.rows[t]));
    memset(tt_tile, 0, sizeof tt_tile);
}
void test_tile_load(int t, const void *p, size_t stride)
{
    int r;
    memset(tt_tile[t], 0, sizeof tt_tile[t]);
    for (r = 0; r < tt_config.rows[t]; r++) memcpy(tt_tile[t][r], (const uint8_t *)p + (size_t)r * stride, tt_config.bytes[t]);
}
void test_tile_store(int t, void *p, size_t stride)
{
    int r;
    for (r = 0; r < tt_config.rows[t]; r++) memcpy((uint8_t *)p + (size_t)r * stride, tt_tile[t][r], tt_config.bytes[t]);
}
static float tt_flush(float x) { return fabsf(x) < 1.17549435e-38f ? 0.0f * x : x; }
static float tt_bf16(const uint8_t *p) { return tt_flush(llri_bf16_to_f32(llri_rd16(p))); }
void test_tile_dot(int t, int w, int x)
{
    int i, j, k, h;
    CHECK(t != w && t != x && w != x && tt_config.rows[t] && tt_config.bytes[t] % 4 == 0 && tt_config.bytes[w] % 4 == 0);
    CHECK(tt_config.rows[x] == tt_config.bytes[w] / 4 && tt_config.rows[w] == tt_config.rows[t] && tt_config.bytes[x] == tt_config.bytes[t]);
    for (i = 0; i < tt_config.rows[t]; i++)
        for (j = 0; j < tt_config.bytes[t] / 4; j++) {
            float sum[2] = { 0, 0 }, c;
            for (k = 0; k < tt_config.rows[x]; k++)
                for (h = 0; h < 2; h++) sum[h] = tt_flush(fmaf(tt_bf16(tt_tile[w][i] + 4 * k + 2 * h), tt_bf16(tt_tile[x][k] + 4 * j + 2 * h), sum[h]));
            memcpy(&c, tt_tile[t][i] + 4 * j, 4);
            c = tt_flush(c + tt_flush(sum[0] + sum[1]));
            memcpy(tt_tile[t][i] + 4 * j, &c, 4);
        }
}

/* two rows of four weights by four rows of three tokens: small whole numbers, each product the next power of ten */
static void tt_definition(void)
{
    static const float w[2][4] = { { 1, 10, 100, 1000 }, { -1, 0, 5, 2 } }, x[3][4] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 }, { 9, 0.5f, 1, 2 } };
    static const float y[2][3] = { { 4321, 8765, 2114 }, { 22, 46, 0 } };
    uint8_t wb[2][2][2][2], xb[2][3][2][2], config[64] = { 1 };
    float got[2][3] = { { 0 } };
    int i, k;
    for (i = 0; i < 5; i++)
        for (k = 0; k < 4; k++) {
            uint32_t b = llri_f32_to_bits(i < 2 ? w[i][k] : x[i - 2][k]);
            uint8_t *p = i < 2 ? wb[i][k / 2][k % 2] : xb[k / 2][i - 2][k % 2];
            p[0] = (uint8_t)(b >> 16);
            p[1] = (uint8_t)(b >> 24);
        }
    for (k = 0; k < 3; k++) {           /* tiles of sums, weights, tokens: bytes of a row, rows */
        static const uint8_t bytes[3] = { 12, 8, 12 };
        uint16_t b = bytes[k];
        memcpy(config + 16 + 2 * k, &b, 2);
        config[48 + k] = 2;
    }
    test_tile_config(config);
    test_tile_load(1, wb, sizeof wb[0]);
    test_tile_load(2, xb, sizeof xb[0]);
    test_tile_dot(0, 1, 2);
    test_tile_store(0, got, sizeof got[0]);
    for (i = 0; i < 6; i++) CHECK_MSG(got[i / 3][i % 3] == y[i / 3][i % 3], "row %d, token %d: %g", i / 3, i % 3, (double)got[i / 3][i % 3]);
}

/* The kernels for AMX wherever the rest of that tier runs; and where it does, that the CPU does the same. */
static void test_kernel_tiles(void)
{
    tt_definition();
#if LLRI_HAS_AMX
    enum { OUT = 33, IN = 1664, MOST = 65 };        /* a strip of one row; two slices; a second round of four vectors */
    static const int tokens[] = { 1, 7, 16, 17, 33, 48, MOST }, in[] = { 34, IN };
    static uint8_t w[OUT * IN * 2];
    static float x[MOST * IN], one[MOST * OUT], y[MOST * OUT];
    const kt_type *bf16 = kt_types;
    llr_cpu_info cpu;
    llri_mat m;
    size_t i, k;
    llr_cpu(&cpu);
    if (!(cpu.usable >> LLR_ISA_AVX512 & 1) || !llri_cpu_has(LLRI_F_AVX512BF16)) return;
    while (bf16->type != LLRI_BF16) bf16++;
    test_tiles_emulated = 1;
    kt_one(&llri_ops_amx, bf16, KT_FAST, 34, 1);
    kt_one(&llri_ops_amx, bf16, KT_FAST, 544, 18);
    m.type = LLRI_BF16; m.data = w; m.n_out = OUT;
    for (k = 0; k < sizeof in / sizeof *in; k++) {
        m.n_in = in[k]; m.row_bytes = (size_t)in[k] * 2;
        kt_seed = 3;
        kt_fill(bf16, w, sizeof w / 2);
        for (i = 0; i < sizeof x / sizeof *x; i++) x[i] = kt_unit();
        for (i = 0; i < MOST; i++) kt_matmul(&llri_ops_amx, KT_FAST, &m, x + i * (size_t)in[k], 1, one + i * OUT);
        for (i = 0; i < sizeof tokens / sizeof *tokens; i++)
            for (test_tiles_emulated = cpu.usable >> LLR_ISA_AMX & 1 ? 0 : 1; test_tiles_emulated < 2; test_tiles_emulated++) {
                kt_matmul(&llri_ops_amx, KT_FAST, &m, x, tokens[i], y);
                CHECK_MSG(memcmp(y, one, sizeof(float) * OUT * (size_t)tokens[i]) == 0, "%d tokens of %d, %s", tokens[i], in[k], test_tiles_emulated ? "emulated" : "by the CPU");
            }
        test_tiles_emulated = 1;
    }
    test_tiles_emulated = 0;
#endif
}

/* every sign, exponent and bf16 mantissa, with what decides about rounding */
static void test_kernel_pair(void)
{
    static const uint32_t low[] = { 0, 1, 0x7fff, 0x8000, 0x8001, 0xffff };
    enum { LOW = sizeof low / sizeof *low };
    llr_cpu_info cpu;
    int isa, i;
    uint32_t high;
    llr_cpu(&cpu);
    for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
        void (*pair)(const float *, int, uint8_t *, int) = (cpu.usable >> isa & 1) ? llri_ops_get((llr_isa)isa)->pair : NULL;
#if defined(__linux__) && (LLRI_GCC >= 1000 || (defined(__clang__) && __clang_major__ >= 9))
        CHECK(!(cpu.usable >> isa & 1) || !pair == (isa < LLR_ISA_AVX512));
#else
        CHECK(!pair || isa >= LLR_ISA_AVX512);
#endif
        for (high = 0; pair && high < 65536; high++) {
            float x[LOW];
            uint8_t d[2 * LOW + 1];
            for (i = 0; i < LOW; i++) x[i] = llri_bits_to_f32(high << 16 | low[i]);
            d[2 * LOW] = 0x5a;
            pair(x, LOW, d, 1);
            CHECK(d[2 * LOW] == 0x5a);
            for (i = 0; i < LOW; i++) {
                float got = llri_bf16_to_f32((uint16_t)(d[2 * i] | d[2 * i + 1] << 8));
                uint32_t up = high + (low[i] > 0x8000 || (low[i] == 0x8000 && (high & 1)));
                CHECK_MSG(x[i] != x[i] ? got != got : llri_f32_to_bits(got) == up << 16, "%08x", (unsigned)(high << 16 | low[i]));
            }
        }
    }
}

/* the same bits however many tokens there are, on every tier without, and on every tier with fused multiply-add */
static void test_kernel_same_bits(void)
{
    llr_cpu_info cpu;
    size_t n;
    llr_cpu(&cpu);
    for (n = 0; n < 2 * (sizeof kt_types / sizeof *kt_types); n++) {    /* every second time with the largest numbers */
        size_t k = n / 2;
        const llri_type_info *t = llri_type(kt_types[k].type);
        uint8_t w[33 * 4 * 1024];
        static float x[33 * 1024], y[2][33 * 33], z[33 * 33];
        static const int tokens[] = { 33, 1, 2, 5, 8, 12 };     /* many, one, few */
        int isa, i, seen[2] = { 0, 0 };
        llri_mat m;
        m.type = kt_types[k].type; m.data = w; m.n_in = 1024; m.n_out = 33; m.row_bytes = 1024 / t->block * t->bytes;
        kt_seed = 99 + (uint32_t)k;
        kt_full = n % 2;
        kt_fill(&kt_types[k], w, m.row_bytes / t->bytes * 33);
        for (i = 0; i < 33 * 1024; i++) x[i] = kt_full ? (i / 1024 % 2 ? -1.0f : 1.0f) : kt_unit();
        kt_full = 0;
        for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
            int fused = isa >= LLR_ISA_AVX2;
            for (i = 0; i < 6 && cpu.usable >> isa & 1; i++, seen[fused] = 1) {
                kt_matmul(llri_ops_get((llr_isa)isa), KT_SINGLES, &m, x, tokens[i], seen[fused] ? z : y[fused]);
                if (seen[fused] && LLRI_FLT_EXACT)
                    CHECK_MSG(memcmp(z, y[fused], sizeof *z * 33 * (size_t)tokens[i]) == 0, "%s %s, %d tokens", llr_isa_name((llr_isa)isa), t->name, tokens[i]);
            }
        }
    }
}

/* act(gate) * up where the sums are is the same bits as step by step and 16 rows after the other; also past the caches, where rows
 * of the result lie far apart. 35 strips: five of a chunk for one thread, two for three */
enum { KT_GATED_IN = 544, KT_GATED_OUT = 549 };
static void kt_gated(const llri_ops *ops, llr_pool *pool, const kt_type *gate, const kt_type *up, int n, int far_apart, int in_one, const float *x, float *y)
{
    enum { IN = KT_GATED_IN, OUT = KT_GATED_OUT };
    const int64_t ld = far_apart ? 8192 : OUT;
    float bias[OUT], *second = y + 40 * ld;
    llri_product p[2];
    llri_mat m[2];
    llri_exec e;
    size_t bytes = llri_exec_bytes(ops, IN, IN, n, llri_pool_size(pool), 1);
    void *work = malloc(bytes + 64);
    int i, k;
    if (!work) exit(1);
    memset(work, 0x5a, bytes + 64);
    for (i = 0; i < OUT; i++) bias[i] = 0.01f * (float)i;
    kt_seed = 7;
    for (k = 0; k < 2; k++) {
        const kt_type *t = k ? up : gate;
        const llri_type_info *info = llri_type(t->type);
        size_t blocks = IN / info->block * OUT;
        uint8_t *w = (uint8_t *)malloc(blocks * info->bytes);
        if (!w) exit(1);
        kt_fill(t, w, blocks);
        m[k].type = t->type; m[k].data = w; m[k].n_in = IN; m[k].n_out = OUT; m[k].row_bytes = IN / info->block * info->bytes;
        memset(&p[k], 0, sizeof p[k]);
        p[k].w = &m[k]; p[k].bias = bias; p[k].y = k ? second : y; p[k].ldy = ld;
    }
    llri_exec_init(&e, ops, pool, 0, (uint8_t *)work + ((64 - ((uintptr_t)work & 63)) & 63), IN, IN, n, 1);
    llri_exec_input(&e, x, IN, n, IN);
    if (in_one) llri_matmul_act(&e, p, 2, LLRI_ACT_SILU, NULL);
    else {
        for (i = 0; i < OUT; i += 16) {
            llri_mat strip[2];
            llri_product q[2];
            for (k = 0; k < 2; k++) {
                strip[k] = m[k];
                strip[k].data += (size_t)i * m[k].row_bytes;
                strip[k].n_out = OUT - i < 16 ? OUT - i : 16;
                q[k] = p[k];
                q[k].w = &strip[k]; q[k].bias += i; q[k].y += i;
            }
            llri_matmul(&e, q, 2);
        }
        llri_act(&e, LLRI_ACT_SILU, y, ld, y, second, ld, n, OUT, NULL);
    }
    for (k = 0; k < 2; k++) free((void *)(uintptr_t)m[k].data);
    free(work);
}
static void test_kernel_gated(void)
{
    static const kt_type pairs[][2] = { { { LLRI_Q4_0, { 0, -1 } }, { LLRI_Q5_1, { 0, 2 } } }, { { LLRI_F16, { 0, -1 } }, { LLRI_BF16, { -1, -1 } } }, { { LLRI_Q8_0, { 0, -1 } }, { LLRI_F32, { -1, -1 } } },
                                        { { LLRI_BF16, { -1, -1 } }, { LLRI_BF16, { -1, -1 } } }, { { LLRI_F32, { -1, -1 } }, { LLRI_F16, { 0, -1 } } } };
    static const int tokens[] = { 1, 3, 12, 40 };
    static float x[40 * KT_GATED_IN];
    const size_t room = sizeof(float) * 2 * 40 * 8192;
    uint8_t *block = (uint8_t *)malloc(2 * room + 64);
    float *want, *got;
    llr_pool *pool = NULL;
    llr_cpu_info cpu;
    int isa, i, k, far_apart, team, t;
    if (!block || llr_pool_new(&pool, 3, NULL, NULL)) exit(1);
    want = (float *)(void *)(block + ((64 - ((uintptr_t)block & 63)) & 63));
    got = want + room / sizeof(float);
    llr_cpu(&cpu);
    kt_seed = 5;
    for (i = 0; i < 40 * KT_GATED_IN; i++) x[i] = kt_unit();
    for (isa = 1; isa < LLR_ISA_COUNT; isa++)
        for (k = 0; k < 5 && cpu.usable >> isa & 1; k++)
            for (i = 0; i < 4; i++)
                for (far_apart = 0; far_apart < 2; far_apart++) {
                    const llri_ops *ops = llri_ops_get((llr_isa)isa);
                    const int64_t ld = far_apart ? 8192 : KT_GATED_OUT;
                    kt_gated(ops, NULL, &pairs[k][0], &pairs[k][1], tokens[i], 0, 0, x, want);
                    for (team = 0; team < 2; team++) {
                        kt_gated(ops, team ? pool : NULL, &pairs[k][0], &pairs[k][1], tokens[i], far_apart, 1, x, got);
                        for (t = 0; t < tokens[i]; t++)
                            if (LLRI_FLT_EXACT && memcmp(want + t * KT_GATED_OUT, got + t * ld, KT_GATED_OUT * sizeof *got)) break;
                        CHECK_MSG(t == tokens[i], "%s, pair %d, %d tokens, %d threads, token %d", llr_isa_name((llr_isa)isa), k, tokens[i], team ? 3 : 1, t);
                    }
                }
    llr_pool_free(pool);
    free(block);
}

/* Activations of a very wide row, slice by slice, and nothing written beyond the memory for them. */
static void test_kernel_wide(void)
{
    enum { WIDE = 1 << 18, ROWS = 20 };
    llr_cpu_info cpu;
    llri_mat m;
    uint8_t *w = (uint8_t *)calloc(WIDE / 32, 34);
    float *x = (float *)malloc(sizeof(float) * WIDE * ROWS), y[ROWS];
    int isa, i, k;
    if (!w || !x) exit(1);
    llr_cpu(&cpu);
    for (i = 0; i < WIDE / 32; i++) { w[34 * i + 1] = 0x3c; w[34 * i + 2] = 1; }        /* 1 0 0 ... */
    for (i = 0; i < WIDE * ROWS; i++) x[i] = i % WIDE % 32 ? 0.0f : (float)(1 + i / WIDE);
    m.type = LLRI_Q8_0; m.data = w; m.n_in = WIDE; m.n_out = 1; m.row_bytes = WIDE / 32 * 34;
    for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
        const llri_ops *ops = llri_ops_get((llr_isa)isa);
        size_t bytes;
        llri_exec e;
        llri_product p;
        uint8_t *work;
        if (!(cpu.usable >> isa & 1)) continue;
        bytes = llri_exec_bytes(ops, WIDE, 32, ROWS, 1, 1);
        work = (uint8_t *)malloc(bytes + 64 + 64);
        if (!work) exit(1);
        k = (int)(64 - ((uintptr_t)work & 63)) & 63;
        memset(work + k + bytes, 0x5a, 64);
        llri_exec_init(&e, ops, NULL, 0, work + k, WIDE, 32, ROWS, 1);
        llri_exec_input(&e, x, WIDE, ROWS, WIDE);
        memset(&p, 0, sizeof p);
        p.w = &m; p.y = y; p.ldy = 1;
        llri_matmul(&e, &p, 1);
        for (i = 0; i < ROWS; i++) CHECK_MSG(fabs((double)y[i] / (WIDE / 32) - (1 + i)) < 0.01 * (1 + i), "%s: %g", llr_isa_name((llr_isa)isa), (double)y[i]);
        for (i = 0; i < 64; i++) CHECK_MSG(work[k + (int)bytes + i] == 0x5a, "%s wrote beyond its memory", llr_isa_name((llr_isa)isa));
        free(work);
    }
    free(w);
    free(x);
}

static void test_kernel_nonfinite(void)         /* a NaN or infinity in the input shows in every result */
{
    llr_cpu_info cpu;
    int isa, bad, n;
    llr_cpu(&cpu);
    for (isa = 1; isa < LLR_ISA_COUNT; isa++)
        for (bad = 0; bad < 3; bad++)
            for (n = 1; n <= 9; n += 8) {
                uint8_t w[16 * 2 * 34];
                float x[9 * 64], y[9 * 16];
                llri_mat m;
                int i;
                if (!(cpu.usable >> isa & 1)) continue;
                kt_fill(&kt_types[7], w, 32);
                for (i = 0; i < 9 * 64; i++) x[i] = kt_unit();
                x[40] = bad == 0 ? (float)HUGE_VAL : bad == 1 ? -(float)HUGE_VAL : (float)HUGE_VAL - (float)HUGE_VAL;
                m.type = LLRI_Q8_0; m.data = w; m.n_in = 64; m.n_out = 16; m.row_bytes = 68;
                kt_matmul(llri_ops_get((llr_isa)isa), KT_FAST, &m, x, n, y);
                for (i = 0; i < 16; i++) CHECK_MSG(y[i] != y[i], "%s: %g", llr_isa_name((llr_isa)isa), (double)y[i]);
                for (i = 16; i < n * 16; i++) CHECK(y[i] == y[i]);
            }
}

static void test_kernel_act(void)
{
    llr_cpu_info cpu;
    int isa, i;
    llr_cpu(&cpu);
    for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
        static const float xielu[4] = { 0.8f, 0.9f, 0.5f, -1e-6f };
        enum { N = 1003 };
        float x[N], up[N], y[N];
        int act;
        if (!(cpu.usable >> isa & 1)) continue;
        for (i = 0; i < N; i++) { x[i] = (float)(i - 501) / 20.0f; up[i] = 0.5f; }
        x[0] = -1000.0f; x[1] = 1000.0f;
        for (act = LLRI_ACT_SILU; act <= LLRI_ACT_SOFTCAP; act++) {
            llri_ops_get((llr_isa)isa)->act(act, y, x, up, N, xielu);
            for (i = 0; i < N; i++) {
                double v = x[i], want = act == LLRI_ACT_SILU ? v / (1 + exp(-v)) : act == LLRI_ACT_GELU ? 0.5 * v * (1 + tanh(0.7978845608 * v * (1 + 0.044715 * v * v)))
                    : act == LLRI_ACT_GELU_QUICK ? v / (1 + exp(-1.702 * v)) : act == LLRI_ACT_RELU2 ? (v > 0 ? v * v : 0) : act == LLRI_ACT_SOFTCAP ? (double)0.8f * tanh(v / (double)0.8f)
                    : v > 0 ? 0.8 * v * v + 0.5 * v : (expm1(v < -1e-6 ? v : -1e-6) - v) * 0.9 + 0.5 * v;
                CHECK_MSG(fabs(y[i] - want * 0.5) <= 2e-6 * fabs(want) + 2e-6, "%s act %d of %g: %g instead of %g", llr_isa_name((llr_isa)isa), act, v, (double)y[i], want * 0.5);
            }
        }
    }
}

/* attention against doubles: groups of heads, windows in rings, soft cap, ALiBi, sinks, all KV types, odd head sizes */
static void kt_attention(const llri_ops *ops, int N, int type, int heads, int heads_kv, int dk, int dv, uint32_t window, float cap, int slopes, int sinks, int step)
{
    uint32_t cap_pos = window ? (window + (uint32_t)step + 31) / 32 * 32 : ((uint32_t)N + 31) / 32 * 32;
    size_t kb = llri_kv_row_bytes(type, dk), vb = llri_kv_row_bytes(type, dv), bytes = llri_exec_bytes(ops, 64, 64, step, 1, dk > dv ? dk : dv);
    uint8_t *kc = (uint8_t *)malloc(kb * cap_pos * (size_t)heads_kv), *vc = (uint8_t *)malloc(vb * cap_pos * (size_t)heads_kv);
    float *q = (float *)malloc(sizeof(float) * (size_t)(N * heads * dk)), *k = (float *)malloc(sizeof(float) * (size_t)(N * heads_kv * dk));
    float *v = (float *)malloc(sizeof(float) * (size_t)(N * heads_kv * dv)), *out = (float *)malloc(sizeof(float) * (size_t)(N * heads * dv));
    double *p = (double *)malloc(sizeof(double) * (size_t)N);
    float slope[64], sink[64];
    void *work = llri_alloc(llri_opt_mem(NULL), bytes, 64);
    llri_exec e;
    llri_attn a;
    llri_attn_seq s;
    int i, h, t, j;
    CHECK(kc && vc && q && k && v && out && p && work);
    memset(kc, 0xff, kb * cap_pos * (size_t)heads_kv);
    memset(vc, 0xff, vb * cap_pos * (size_t)heads_kv);
    memset(work, 0xff, bytes);
    for (i = 0; i < N * heads * dk; i++) q[i] = kt_unit();
    for (i = 0; i < N * heads_kv * dk; i++) k[i] = kt_unit();
    for (i = 0; i < N * heads_kv * dv; i++) v[i] = kt_unit();
    for (h = 0; h < heads; h++) { slope[h] = 0.01f * (float)(h + 1); sink[h] = kt_unit(); }
    memset(&a, 0, sizeof a);
    a.n_head = heads; a.n_head_kv = heads_kv; a.dk = dk; a.dv = dv; a.scale = 0.7f; a.softcap = cap; a.window = window;
    a.slopes = slopes ? slope : NULL; a.sinks = sinks ? sink : NULL;
    memset(&s, 0, sizeof s);
    s.kv.k = kc; s.kv.v = vc; s.kv.type = type; s.kv.capacity = cap_pos; s.kv.n_head_kv = heads_kv; s.kv.dk = dk; s.kv.dv = dv;
    llri_exec_init(&e, ops, NULL, 0, work, 64, 64, step, dk > dv ? dk : dv);
    for (t = 0; t < N; t += step) {
        int n = N - t < step ? N - t : step;
        llri_kv_store(&e, &s.kv, k + t * heads_kv * dk, heads_kv * dk, v + t * heads_kv * dv, heads_kv * dv, (uint32_t)t, n);
        if (N > 400 && t + n < N - 150 && (t + 20) % 512 > 60) continue;    /* of many, those that are looked at, and about the ends of chunks */
        s.pos0 = (uint32_t)t; s.row0 = 0; s.n = n;
        llri_attention(&e, &a, out + t * heads * dv, heads * dv, q + t * heads * dk, heads * dk, &s, 1);
    }
    for (t = 0; t < N; t += N > 400 && t > 30 && t < N - 150 ? N - 150 - t : (t + 12) % 512 < 24 ? 1 : 13)      /* all around the end of a chunk */
        for (h = 0; h < heads; h++) {
            double max = sinks ? sink[h] : -1e300, sum, tol = type == LLR_KV_F32 ? 2e-5 : type == LLR_KV_F16 ? 2e-3 : 3e-2;
            int g = h / (heads / heads_kv), lo = window && t + 1 > (int)window ? t + 1 - (int)window : 0;
            for (j = lo; j <= t; j++) {
                double d = 0;
                for (i = 0; i < dk; i++) d += (double)q[(t * heads + h) * dk + i] * k[(j * heads_kv + g) * dk + i];
                d *= a.scale;
                if (cap > 0) d = cap * tanh(d / cap);
                if (slopes) d -= slope[h] * (t - j);
                p[j] = d;
                if (d > max) max = d;
            }
            sum = sinks ? exp(sink[h] - max) : 0;
            for (j = lo; j <= t; j++) sum += p[j] = exp(p[j] - max);
            for (i = 0; i < dv; i++) {
                double want = 0, got = out[(t * heads + h) * dv + i];
                for (j = lo; j <= t; j++) want += p[j] / sum * v[(j * heads_kv + g) * dv + i];
                CHECK_MSG(fabs(got - want) <= tol, "%s kv %d heads %d/%d dk %d dv %d window %u: token %d head %d dim %d: %g instead of %g",
                          llr_isa_name((llr_isa)ops->isa), type, heads, heads_kv, dk, dv, (unsigned)window, t, h, i, got, want);
            }
        }
    llri_free(llri_opt_mem(NULL), work, bytes);
    free(kc); free(vc); free(q); free(k); free(v); free(out); free(p);
}

static void test_kernel_attention(void)
{
    llr_cpu_info cpu;
    int isa;
    llr_cpu(&cpu);
    for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
        const llri_ops *ops = llri_ops_get((llr_isa)isa);
        if (!(cpu.usable >> isa & 1)) continue;
        kt_seed = 7;
        kt_attention(ops, 300, LLR_KV_F32, 4, 2, 16, 16, 0, 0, 0, 0, 1);
        kt_attention(ops, 300, LLR_KV_F32, 6, 3, 20, 12, 0, 0, 0, 0, 7);
        kt_attention(ops, 300, LLR_KV_F16, 4, 1, 64, 64, 0, 30.0f, 0, 1, 64);
        kt_attention(ops, 300, LLR_KV_F16, 2, 2, 33, 40, 50, 0, 0, 0, 19);
        kt_attention(ops, 300, LLR_KV_Q8_0, 4, 2, 48, 32, 0, 0, 1, 0, 300);
        kt_attention(ops, 300, LLR_KV_F32, 40, 1, 8, 8, 33, 0, 0, 1, 3);
        kt_attention(ops, 1100, LLR_KV_F16, 3, 1, 80, 96, 0, 0, 0, 1, 1);      /* more than two chunks; halves used as they are */
        kt_attention(ops, 1100, LLR_KV_F16, 2, 1, 32, 48, 511, 0, 1, 1, 5);     /* of a step some see nothing of the first chunk, others of the last */
        kt_attention(ops, 1100, LLR_KV_Q8_0, 7, 1, 64, 32, 0, 20.0f, 0, 0, 11);
    }
}

/* Attention of the last tokens of sequences: the same bits for any number of threads, any cut into calls, any company, in all
 * tiers without and all with fused multiply-add. Few pieces of long sequences are divided by positions, if there is room. */
enum { KT_BITS_N = 1100, KT_BITS_LAST = 13 };
static void kt_attention_bits(const llri_ops *ops, int type, int heads_kv, int d, uint32_t window, float *first, int *seen)
{
    static const int threads[] = { 1, 2, 3, 5 }, steps[] = { KT_BITS_LAST, 1, 7 };
    enum { HEADS = 6, CAP = 1120 };
    const int width = HEADS * d;
    const size_t row = llri_kv_row_bytes(type, d), half = row * CAP * (size_t)heads_kv;
    uint8_t *kv = (uint8_t *)malloc(4 * half);
    float *q = (float *)malloc(sizeof(float) * 2 * KT_BITS_LAST * (size_t)width), *out = (float *)malloc(sizeof(float) * 2 * KT_BITS_LAST * (size_t)width);
    float *x = (float *)malloc(sizeof(float) * (size_t)(heads_kv * d));
    llri_attn_seq seq[2];
    llri_attn a;
    int i, j, t, c, room;
    CHECK(kv && q && out && x);
    memset(kv, 0xff, 4 * half);
    memset(seq, 0, sizeof seq);
    memset(&a, 0, sizeof a);
    a.n_head = HEADS; a.n_head_kv = heads_kv; a.dk = a.dv = d; a.scale = 0.3f; a.window = window;
    kt_seed = 5;
    for (i = 0; i < 2; i++) {
        seq[i].kv.k = kv + 2 * (size_t)i * half; seq[i].kv.v = seq[i].kv.k + half; seq[i].kv.type = type; seq[i].kv.capacity = CAP;
        seq[i].kv.n_head_kv = heads_kv; seq[i].kv.dk = seq[i].kv.dv = d;
        for (t = 0; t < KT_BITS_N; t++)
            for (j = 0; j < heads_kv; j++) {
                for (c = 0; c < 2 * d; c++) x[c % d] = 3 * kt_unit();
                ops->narrow(type, seq[i].kv.k + ((size_t)j * CAP + (size_t)t) * row, x, d);
                ops->narrow(type, seq[i].kv.v + ((size_t)j * CAP + (size_t)t) * row, x, d);
            }
    }
    for (i = 0; i < 2 * KT_BITS_LAST * width; i++) q[i] = kt_unit();
    for (t = 0; t < 4; t++)
        for (room = 0; room < 2; room++) {
            const int64_t max_in = room ? 8192 : 64;
            llr_pool *pool = NULL;
            llri_exec e;
            size_t bytes = llri_exec_bytes(ops, max_in, max_in, 64, threads[t], d);
            void *work = llri_alloc(llri_opt_mem(NULL), bytes, 64);
            CHECK(work && llr_pool_new(&pool, threads[t], NULL, NULL) == LLR_OK);
            for (c = 0; c < 3; c++) {
                memset(work, 0xff, bytes);
                memset(out, 0xff, sizeof(float) * 2 * KT_BITS_LAST * (size_t)width);
                llri_exec_init(&e, ops, pool, 0, work, max_in, max_in, 64, d);
                for (i = 0; i < KT_BITS_LAST; i += steps[c]) {
                    const int n = KT_BITS_LAST - i < steps[c] ? KT_BITS_LAST - i : steps[c];
                    seq[0].pos0 = (uint32_t)(KT_BITS_N - KT_BITS_LAST + i); seq[0].row0 = i; seq[0].n = n;
                    seq[1].pos0 = (uint32_t)(40 + i); seq[1].row0 = KT_BITS_LAST + i; seq[1].n = n;
                    if (c == 2) {                   /* each alone */
                        llri_attention(&e, &a, out, width, q, width, &seq[0], 1);
                        llri_attention(&e, &a, out, width, q, width, &seq[1], 1);
                    } else llri_attention(&e, &a, out, width, q, width, seq, 2);
                }
                if (!*seen) memcpy(first, out, sizeof(float) * 2 * KT_BITS_LAST * (size_t)width);
                else CHECK_MSG(!LLRI_FLT_EXACT || memcmp(first, out, sizeof(float) * 2 * KT_BITS_LAST * (size_t)width) == 0,
                               "%s kv %d heads 6/%d window %d: %d threads, steps of %d, room %d", llr_isa_name((llr_isa)ops->isa), type, heads_kv, (int)window,
                               threads[t], steps[c], room);
                *seen = 1;
            }
            llr_pool_free(pool);
            llri_free(llri_opt_mem(NULL), work, bytes);
        }
    free(kv); free(q); free(out); free(x);
}
static void test_kernel_attention_bits(void)
{
    static const struct { int type, heads_kv, d; uint32_t window; } how[] = {
        { LLR_KV_F16, 1, 48, 0 }, { LLR_KV_F16, 2, 64, 700 }, { LLR_KV_Q8_0, 3, 40, 0 }, { LLR_KV_Q8_0, 3, 96, 700 },
        { LLR_KV_Q8_0, 2, 64, 0 }, { LLR_KV_F32, 6, 32, 0 }, { LLR_KV_F16, 6, 64, 0 } };
    llr_cpu_info cpu;
    size_t k;
    int isa;
    llr_cpu(&cpu);
    for (k = 0; k < sizeof how / sizeof *how; k++) {
        float *first[2];
        int seen[2] = { 0, 0 };
        first[0] = (float *)malloc(sizeof(float) * 2 * KT_BITS_LAST * 6 * 128);
        first[1] = (float *)malloc(sizeof(float) * 2 * KT_BITS_LAST * 6 * 128);
        CHECK(first[0] && first[1]);
        for (isa = 1; isa < LLR_ISA_COUNT; isa++)
            if (cpu.usable >> isa & 1)
                kt_attention_bits(llri_ops_get((llr_isa)isa), how[k].type, how[k].heads_kv, how[k].d, how[k].window, first[isa >= LLR_ISA_AVX2], &seen[isa >= LLR_ISA_AVX2]);
        free(first[0]); free(first[1]);
    }
}

/* The vector conversions of the KV cache against the plain ones: all halves, many floats, partial blocks */
static void test_kernel_narrow(void)
{
    llr_cpu_info cpu;
    int isa;
    llr_cpu(&cpu);
    for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
        enum { N = 67 };
        const llri_ops *ops = llri_ops_get((llr_isa)isa);
        float x[N], y[N];
        uint8_t h[2 * N], b[3 * 34];
        uint32_t u, i, bad = 0;
        int round;
        if (!(cpu.usable >> isa & 1)) continue;
        for (u = 0; u < 65536 + N; u += N) {                /* half -> float -> half */
            for (i = 0; i < N; i++) { h[2 * i] = (uint8_t)(u + i); h[2 * i + 1] = (uint8_t)((u + i) >> 8); }
            ops->widen(LLRI_F16, h, y, N);
            for (i = 0; i < N; i++) {
                float want = llri_f16_to_f32((uint16_t)(u + i));
                bad += want != want ? y[i] == y[i] : llri_f32_to_bits(y[i]) != llri_f32_to_bits(want);
            }
            ops->narrow(LLR_KV_F16, h, y, N);
            for (i = 0; i < N; i++) bad += (h[2 * i] | h[2 * i + 1] << 8) != llri_f32_to_f16(y[i]);
        }
        CHECK_MSG(bad == 0, "%s: %u halves", llr_isa_name((llr_isa)isa), (unsigned)bad);
        kt_seed = 3;
        bad = 0;
        for (u = 0; u < 65536 * 8; u += N) {                /* around every half and half way between two, and any bits */
            for (i = 0; i < N; i++) {
                uint32_t bits = llri_f32_to_bits(llri_f16_to_f32((uint16_t)((u + i) >> 3)));
                bits += ((u + i) & 1 ? 0x1000u : 0) + ((u + i) >> 1 & 3) - 1;
                if (u % 3 == 0) bits = kt_rand() << 12 ^ kt_rand();
                x[i] = llri_bits_to_f32(bits);
            }
            ops->narrow(LLR_KV_F16, h, x, N);
            for (i = 0; i < N; i++) bad += (h[2 * i] | h[2 * i + 1] << 8) != llri_f32_to_f16(x[i]);
        }
        CHECK_MSG(bad == 0, "%s: %u floats", llr_isa_name((llr_isa)isa), (unsigned)bad);
        bad = 0;
        for (round = 0; round < 200; round++) {             /* q8_0: round(x * 127 / max) and a scale of max / 127 */
            for (i = 0; i < N; i++) x[i] = kt_unit() * (round % 3 ? 1.0f : 1e-5f);
            if (round == 7) x[40] = (float)HUGE_VAL;
            if (round == 8) x[1] = (float)HUGE_VAL - (float)HUGE_VAL;
            if (round == 9) for (i = 0; i < 32; i++) x[i] = 0.0f;
            memset(b, 0xee, sizeof b);
            ops->narrow(LLR_KV_Q8_0, b, x, N);
            for (u = 0; u < N; u += 32) {
                const uint8_t *p = b + u / 32 * 34;
                uint32_t n = N - u < 32 ? N - u : 32;
                float max = 0, sum = 0, inv;
                for (i = 0; i < n; i++) { if (fabsf(x[u + i]) > max) max = fabsf(x[u + i]); sum += x[u + i] * 0.0f; }
                inv = sum == 0.0f && max > 0 ? 127.0f / max : 0.0f;
                if (sum == 0.0f) CHECK((p[0] | p[1] << 8) == llri_f32_to_f16(max / 127.0f));
                else CHECK((p[1] & 0x7e) == 0x7e);
                for (i = 0; i < 32; i++) bad += (int8_t)p[2 + i] != (i < n && inv > 0 ? (int)rint((double)(x[u + i] * inv)) : 0);
            }
            ops->widen(LLRI_Q8_0, b, y, N);
            for (i = 0; i < N; i++) {
                float s = llri_f16_to_f32((uint16_t)(b[i / 32 * 34] | b[i / 32 * 34 + 1] << 8)), want = s * (float)(int8_t)b[i / 32 * 34 + 2 + i % 32];
                bad += memcmp(&want, &y[i], sizeof want) != 0 && want == want;
            }
        }
        CHECK_MSG(bad == 0, "%s: %u of q8_0", llr_isa_name((llr_isa)isa), (unsigned)bad);
    }
}

/* one group as llr_ops.quantize must make it, to the bit */
static void kt_quantize(const float *x, int *q, float *scale, int32_t *sum, float *total)
{
    float top = 0, chain[4] = { 0, 0, 0, 0 }, squares = 0;
    int half[2] = { 0, 0 }, i, finite = 1;
    for (i = 0; i < 32; i++) {
        if (x[i] - x[i] != 0) finite = 0;
        if (fabsf(x[i]) > top) top = fabsf(x[i]);
    }
    for (i = 0; i < 32; i++) {
        q[i] = finite && top >= 1e-36f ? (int)rintf(x[i] * (127.0f / top)) : 0;
        half[i / 16] += q[i];
        squares += (float)(q[i] * q[i]);
        if (q[i]) chain[i % 4] += x[i] * (float)q[i];
    }
    *scale = !finite ? llri_bits_to_f32(0x7fc00000) : top < 1e-36f ? 0.0f : top >= 1e30f ? top / 127.0f : ((chain[0] + chain[1]) + (chain[2] + chain[3])) / squares;
    *sum = (int32_t)((uint32_t)half[0] & 0xffff) | (int32_t)((uint32_t)half[1] << 16);
    *total = (float)(half[0] + half[1]) * *scale;
}
static void test_kernel_quantize(void)          /* as many groups at once as a vector has room for, or fewer; hostile ones beside others */
{
    enum { G = 11 };
    static const float odd[] = { 0.0f, -0.0f, 1e-36f, 9e-37f, 1e-40f, 1e30f, 9.9e29f, 3e38f, -3e38f };
    llr_cpu_info cpu;
    int isa, n, round, i, k;
    llr_cpu(&cpu);
    for (isa = 1; isa < LLR_ISA_COUNT; isa++) {
        const llri_ops *ops = llri_ops_get((llr_isa)isa);
        int bad = 0;
        if (!(cpu.usable >> isa & 1)) continue;
        kt_seed = 5;
        for (round = 0; round < 300; round++)
            for (n = 1; n <= G - 1; n++) {
                float *x = (float *)malloc((size_t)n * 32 * sizeof *x), scale[G], total[G], want, whole;     /* of this size: a sanitizer sees what is read beyond */
                uint8_t q[G * 64];
                int32_t sum[G], halves;
                int r[32];
                for (i = 0; i < 32 * n; i++) x[i] = kt_unit();
                if (round % 2)                  /* one group of such numbers, or with one of them */
                    for (i = 0, k = (int)(kt_rand() % (uint32_t)n); i < (round % 4 == 1 ? 32 : 1); i++) x[32 * k + i] = odd[(i + round / 4) % 9];
                if (round % 8 == 4) x[kt_rand() % (uint32_t)(32 * n)] = round % 16 == 4 ? (float)HUGE_VAL : (float)HUGE_VAL - (float)HUGE_VAL;
                memset(q, 0x5a, sizeof q);
                scale[n] = -7.0f;
                sum[n] = -7;
                total[n] = -7.0f;
                ops->quantize(x, n, q, scale, sum, total);
                for (k = 0; k < n; k++) {
                    kt_quantize(x + 32 * k, r, &want, &halves, &whole);
                    for (i = 0; i < 32; i++) {
                        int16_t two;
                        memcpy(&two, q + 2 * (32 * k + i), 2);
                        bad += (ops->act_bytes == 2 ? two : (int8_t)q[32 * k + i]) != r[i];
                    }
                    bad += want != want ? scale[k] == scale[k] : llri_f32_to_bits(scale[k]) != llri_f32_to_bits(want);
                    bad += whole != whole ? total[k] == total[k] : llri_f32_to_bits(total[k]) != llri_f32_to_bits(whole);
                    bad += sum[k] != halves;
                }
                bad += scale[n] != -7.0f || sum[n] != -7 || total[n] != -7.0f || q[32 * n * ops->act_bytes] != 0x5a;
                free(x);
            }
        CHECK_MSG(bad == 0, "%s: %d wrong", llr_isa_name((llr_isa)isa), bad);
        for (n = 1; n <= 8; n++) {              /* words of rows: a row is read to a multiple of four */
            uint32_t rows[16 * 8], to[8 * 16 + 1];
            for (i = 0; i < 16 * 8; i++) rows[i] = (uint32_t)i;
            to[n * ops->ql] = 0x5a;
            ops->columns(rows, 8 * sizeof *rows, n, to);
            for (i = 0; i < n * ops->ql; i++) CHECK(to[i] == (uint32_t)(i % ops->ql * 8 + i / ops->ql));
            CHECK(to[n * ops->ql] == 0x5a);
        }
    }
}

static void test_kernel_scales(void)            /* all bytes that are scales, as all tiers unpack them, in 16 rows of 256 */
{
    static const struct { uint32_t type; int bytes, groups, n; float (*value)(uint32_t); } types[] = {
        { LLRI_MXFP4, 17, 1, 1, llri_e8m0_half }, { LLRI_NVFP4, 36, 2, 4, llri_ue4m3_half }
    };
    const llri_wanted nothing = { 0, 0, 0 };
    uint8_t w[LLRI_STRIP_ROWS * 4 * 36];
    llri_strip *s = (llri_strip *)malloc(sizeof *s);
    llr_cpu_info cpu;
    int isa, i, k, code, row_bytes, start;
    llr_cpu(&cpu);
    CHECK(s != NULL);
    for (isa = 1; isa < LLR_ISA_COUNT; isa++)
        for (k = 0; k < 2 && cpu.usable >> isa & 1; k++)
            for (start = 0; start < 256; start += 128) {
                const int per_row = 8 / types[k].groups * types[k].n;           /* scales, of halves of groups or of groups */
                row_bytes = 8 / types[k].groups * types[k].bytes;
                memset(w, 0, sizeof w);
                for (i = 0; i < LLRI_STRIP_ROWS * per_row; i++)
                    w[i / per_row * row_bytes + i % per_row / types[k].n * types[k].bytes + i % types[k].n] = (uint8_t)(start + i);
                llri_ops_get((llr_isa)isa)->unpack[types[k].type](s, w, (size_t)row_bytes, LLRI_STRIP_ROWS, 8, &nothing);
                for (i = 0; i < LLRI_STRIP_ROWS * per_row; i++) {
                    const int half = types[k].n == 1 ? 0 : i % 2, group = types[k].n == 1 ? i % 8 : i % per_row / 2;
                    float got = s->scale[half][group][i / per_row], want;
                    code = (start + i) & 255;
                    want = types[k].value((uint32_t)code);
                    CHECK_MSG(got == want, "%s, %s: scale 0x%02x is %g instead of %g", llr_isa_name((llr_isa)isa), llri_type(types[k].type)->name, code, (double)got, (double)want);
                }
            }
    free(s);
}

static void test_kernel_ask(void)               /* 16 rows, divided among parts of which there may be more than were counted */
{
    const llri_wanted nothing = { 0, 0, 0 };
    int n, part, asked;
    for (n = 1; n < 100; n++)
        for (part = 1, asked = 0; part < n + 9; part++) {
            asked = llri_ask(&nothing, asked, part, n);
            CHECK_MSG(asked == (part < n ? (LLRI_STRIP_ROWS * part + n - 1) / n : LLRI_STRIP_ROWS), "part %d of %d: %d", part, n, asked);
        }
}

static void test_kernel_vectors(void)           /* long ones are divided among threads */
{
    enum { N = 3 * LLRI_VEC + 5 };
    float *x = (float *)malloc(sizeof(float) * N), *y = (float *)malloc(sizeof(float) * N);
    llr_pool *pool = NULL;
    llri_exec e;
    int i, bad = 0;
    CHECK(x && y && llr_pool_new(&pool, 3, NULL, NULL) == LLR_OK);
    memset(&e, 0, sizeof e);
    e.ops = llri_ops_get(LLR_ISA_SCALAR);
    e.pool = pool;
    for (i = 0; i < N; i++) { x[i] = (float)i; y[i] = 1.0f; }
    llri_add(&e, y, x, N);
    llri_axpy(&e, y, x, 2.0f, N);
    llri_scale(&e, y, 0.5f, N);
    for (i = 0; i < N; i++) bad += y[i] != (1.0f + 3.0f * (float)i) * 0.5f;
    llri_clamp(&e, y, 3.0f, 1000.0f, N);
    for (i = 0; i < N; i++) bad += y[i] < 3.0f || y[i] > 1000.0f || (i == 11 && y[i] != 17.0f);
    llri_softcap(&e, y, 30.0f, N);
    for (i = 0; i < N; i++) bad += i < 600 && !(fabs(y[i] - 30 * tanh((i < 2 ? 3.0 : (1 + 3.0 * i) * 0.5) / 30)) < 1e-5);
    CHECK_MSG(bad == 0, "%d", bad);
    llr_pool_free(pool);
    free(x); free(y);
}

static void test_kernel_norm_rope(void)
{
    enum { N = 3, W = 37 };
    float x[N * 2 * W], y[N * 2 * W], w[2 * W], b[2 * W], r[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, cs[4] = { 0.6f, 0.8f, 0.0f, 1.0f };
    llri_exec e;
    int i, t, h, kind;
    memset(&e, 0, sizeof e);
    for (i = 0; i < N * 2 * W; i++) x[i] = kt_unit();
    for (i = 0; i < 2 * W; i++) { w[i] = 1 + kt_unit(); b[i] = kt_unit(); }
    for (kind = 0; kind < 2; kind++) {
        llri_norm(&e, kind, y, 2 * W, x, 2 * W, N, 2, W, w, 2, b, 1e-3f);
        for (t = 0; t < N; t++) for (h = 0; h < 2; h++) {
            const float *p = x + (t * 2 + h) * W;
            double mean = 0, var = 0;
            for (i = 0; i < W; i++) mean += p[i] / W;
            if (kind == LLRI_NORM_RMS) mean = 0;
            for (i = 0; i < W; i++) var += (p[i] - mean) * (p[i] - mean) / W;
            for (i = 0; i < W; i++) CHECK(fabs(y[(t * 2 + h) * W + i] - ((p[i] - mean) / sqrt(var + 1e-3f) * w[h * W + i] + b[h * W + i])) < 1e-5);
        }
    }
    llri_rope(&e, r, 8, 1, 1, 8, 4, 1, cs);             /* pairs (0, 2) and (1, 3); 4..7 stay */
    CHECK(fabsf(r[0] - (1 * 0.6f - 3 * 0.8f)) < 1e-6f && fabsf(r[2] - (1 * 0.8f + 3 * 0.6f)) < 1e-6f && r[1] == -4 && r[3] == 2 && r[4] == 5);
    for (i = 0; i < 8; i++) r[i] = (float)(i + 1);
    llri_rope(&e, r, 8, 1, 1, 8, 4, 0, cs);             /* pairs (0, 1) and (2, 3) */
    CHECK(fabsf(r[0] - (1 * 0.6f - 2 * 0.8f)) < 1e-6f && fabsf(r[1] - (1 * 0.8f + 2 * 0.6f)) < 1e-6f && r[2] == -4 && r[3] == 3 && r[4] == 5);
}

static void test_kernel_isa(void)
{
    llr_options o;
    llr_error err;
    llr_isa isa = LLR_ISA_BEST;
    llr_cpu_info cpu;
    int i;
    llr_cpu(&cpu);
    memset(&o, 0, sizeof o);
    CHECK(llri_isa_choose(NULL, &isa, &err) == LLR_OK && isa == cpu.best);
    for (i = 1; i < LLR_ISA_COUNT; i++) {
        o.isa = (llr_isa)i;
        if (cpu.usable >> i & 1) CHECK(llri_isa_choose(&o, &isa, &err) == LLR_OK && (int)isa == i);
        else CHECK(llri_isa_choose(&o, &isa, &err) == LLR_E_CPU && strlen(err.msg) > 10);
        CHECK(llr_isa_from_name(llr_isa_name((llr_isa)i)) == (llr_isa)i);
    }
    CHECK(llr_isa_from_name("mmx") == LLR_ISA_COUNT);
    o.isa = (llr_isa)77;
    CHECK(llri_isa_choose(&o, &isa, &err) == LLR_E_ARG);
    {   /* what an OS that does not save the registers, or a CPU without one feature, does to the choice */
        char why[160];
        llr_cpu_info c;
        memset(&c, 0, sizeof c);
        c.features = 0xffffffffu;
        c.xcr0 = 3;
        CHECK(llri_tier_missing(&c, LLR_ISA_AVX2, why, sizeof why) == 1);
        CHECK(!llri_tiers[LLR_ISA_AVX2].ops || strstr(why, "XCR0"));
        CHECK(llri_tier_missing(&c, LLR_ISA_SSSE3, why, sizeof why) == (llri_tiers[LLR_ISA_SSSE3].ops == NULL));
        c.xcr0 = 7;
        CHECK(llri_tier_missing(&c, LLR_ISA_AVX2, why, sizeof why) == (llri_tiers[LLR_ISA_AVX2].ops == NULL));
        CHECK(llri_tier_missing(&c, LLR_ISA_AVX512, why, sizeof why) == 1);
        c.xcr0 = 0xe7;
        CHECK(llri_tier_missing(&c, LLR_ISA_AMX, why, sizeof why) == 1 && (!llri_tiers[LLR_ISA_AMX].ops || strstr(why, "5.16")));
        for (i = 0; i < LLRI_F_COUNT; i++)       /* each bit on its own */
            if (llri_tiers[LLR_ISA_AVX512].ops) {
                c.features = ~(1u << i);
                CHECK(llri_tier_missing(&c, LLR_ISA_AVX512, why, sizeof why) == (int)(llri_tiers[LLR_ISA_AVX512].needs >> i & 1));
            }
    }
}

#define TESTS_KERNELS(X) X(kernel_isa) X(kernel_matmul) X(kernel_tiles) X(kernel_pair) X(kernel_same_bits) X(kernel_gated) X(kernel_wide) X(kernel_nonfinite) X(kernel_act) X(kernel_attention) X(kernel_attention_bits) X(kernel_narrow) \
    X(kernel_quantize) X(kernel_scales) X(kernel_ask) X(kernel_vectors) X(kernel_norm_rope)
