/* Models and sessions: GGUF images built in memory, so that every key and tensor can be left out or bent. */

/* --- a GGUF image ------------------------------------------------------------------------------------------------------- */
enum { TM_EMBD = 32, TM_HEAD = 4, TM_HEAD_KV = 2, TM_DK = 8, TM_FF = 48, TM_VOCAB = 40, TM_CTX = 256 };

typedef struct tm_spec {
    const char *arch;            /* NULL: llama */
    int n_layer;                 /* 0: 2 */
    const char *skip;            /* key or tensor to leave out */
    const char *bend;            /* tensor that gets a row too many */
    const char *extra;           /* additional tensor [TM_EMBD] */
    const char *key; uint32_t key_type; double key_value;   /* replaces or adds a key; strings and arrays are not needed */
    uint32_t window;             /* cohere2: attention.sliding_window */
} tm_spec;

typedef struct tm_image { uint8_t *p; size_t n, cap; uint64_t n_tensors, n_keys; } tm_image;

static void tm_put(tm_image *b, const void *p, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        b->p = (uint8_t *)realloc(b->p, b->cap);
        if (!b->p) exit(1);
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
}
static void tm_int(tm_image *b, uint64_t v, int n_bytes)
{
    uint8_t le[8];
    int i;
    for (i = 0; i < n_bytes; i++) le[i] = (uint8_t)(v >> 8 * i);
    tm_put(b, le, (size_t)n_bytes);
}
static void tm_f32(tm_image *b, float f) { uint32_t u; memcpy(&u, &f, 4); tm_int(b, u, 4); }
static void tm_str(tm_image *b, const char *s) { tm_int(b, strlen(s), 8); tm_put(b, s, strlen(s)); }

/* One number as a value of the given type (u32, i32, f32, bool). */
static void tm_key(tm_image *b, const tm_spec *t, const char *key, uint32_t type, double v)
{
    if (t->skip && !strcmp(t->skip, key)) return;
    if (t->key && !strcmp(t->key, key)) { type = t->key_type; v = t->key_value; }
    tm_str(b, key);
    tm_int(b, type, 4);
    if (type == LLR_META_F32) tm_f32(b, (float)v);
    else if (type == LLR_META_BOOL) tm_int(b, v != 0.0, 1);
    else tm_int(b, (uint64_t)(int64_t)v, 4);
    b->n_keys++;
}
static void tm_arch_key(tm_image *b, const tm_spec *t, const char *suffix, uint32_t type, double v)
{
    char key[96];
    snprintf(key, sizeof key, "%s.%s", t->arch ? t->arch : "llama", suffix);
    tm_key(b, t, key, type, v);
}

typedef struct tm_writer { tm_image *infos, *data; const tm_spec *spec; uint32_t seed; } tm_writer;

static void tm_tensor(tm_writer *w, const char *name, uint64_t n0, uint64_t n1, float centre, float spread)
{
    uint64_t i;
    if (w->spec->skip && !strcmp(w->spec->skip, name)) return;
    if (w->spec->bend && !strcmp(w->spec->bend, name)) n1++;
    tm_str(w->infos, name);
    tm_int(w->infos, n1 > 1 ? 2 : 1, 4);
    tm_int(w->infos, n0, 8);
    if (n1 > 1) tm_int(w->infos, n1, 8);
    tm_int(w->infos, 0, 4);
    tm_int(w->infos, w->data->n, 8);
    w->infos->n_tensors++;
    for (i = 0; i < n0 * n1; i++) {
        w->seed = w->seed * 1664525u + 1013904223u;
        tm_f32(w->data, centre + spread * ((float)(w->seed >> 8) / 8388608.0f - 1.0f));
    }
    while (w->data->n % 32) tm_int(w->data, 0, 1);
}

static void tm_layer(tm_writer *w, int i)
{
    static const struct { const char *name; int n0, n1; } parts[] = {
        { "attn_norm", TM_EMBD, 1 }, { "attn_q", TM_EMBD, TM_HEAD * TM_DK }, { "attn_k", TM_EMBD, TM_HEAD_KV * TM_DK },
        { "attn_v", TM_EMBD, TM_HEAD_KV * TM_DK }, { "attn_output", TM_HEAD * TM_DK, TM_EMBD }, { "ffn_norm", TM_EMBD, 1 },
        { "ffn_gate", TM_EMBD, TM_FF }, { "ffn_up", TM_EMBD, TM_FF }, { "ffn_down", TM_FF, TM_EMBD }
    };
    char name[64];
    size_t k;
    for (k = 0; k < sizeof parts / sizeof *parts; k++) {
        if (w->spec->window && !strcmp(parts[k].name, "ffn_norm")) continue;   /* cohere2 has one norm for both */
        snprintf(name, sizeof name, "blk.%d.%s.weight", i, parts[k].name);
        tm_tensor(w, name, (uint64_t)parts[k].n0, (uint64_t)parts[k].n1, parts[k].n1 == 1 ? 1.0f : 0.0f, parts[k].n1 == 1 ? 0.1f : 0.35f);
    }
}

static tm_image tm_model(const tm_spec *t)
{
    tm_image out = { NULL, 0, 0, 0, 0 }, keys = out, infos = out, data = out;
    tm_writer w;
    int i, n_layer = t->n_layer ? t->n_layer : 2;
    char own[96];
    w.infos = &infos; w.data = &data; w.spec = t; w.seed = 7;
    if (!t->skip || strcmp(t->skip, "general.architecture")) {
        tm_str(&keys, "general.architecture");
        tm_int(&keys, LLR_META_STRING, 4);
        tm_str(&keys, t->arch ? t->arch : "llama");
        keys.n_keys++;
    }
    tm_arch_key(&keys, t, "context_length", LLR_META_U32, TM_CTX);
    tm_arch_key(&keys, t, "embedding_length", LLR_META_U32, TM_EMBD);
    tm_arch_key(&keys, t, "block_count", LLR_META_U32, n_layer);
    tm_arch_key(&keys, t, "feed_forward_length", LLR_META_U32, TM_FF);
    tm_arch_key(&keys, t, "attention.head_count", LLR_META_U32, TM_HEAD);
    tm_arch_key(&keys, t, "attention.head_count_kv", LLR_META_U32, TM_HEAD_KV);
    tm_arch_key(&keys, t, t->window ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", LLR_META_F32, 1e-5);
    tm_arch_key(&keys, t, "rope.freq_base", LLR_META_F32, 10000);
    if (t->window) {
        tm_arch_key(&keys, t, "attention.sliding_window", LLR_META_U32, t->window);
        tm_arch_key(&keys, t, "logit_scale", LLR_META_F32, 0.25);
    }
    snprintf(own, sizeof own, "%s.", t->arch ? t->arch : "llama");
    if (t->key && !strstr("context_length embedding_length block_count feed_forward_length attention.head_count attention.head_count_kv "
                          "attention.layer_norm_rms_epsilon rope.freq_base", t->key + strlen(own)))
        tm_key(&keys, t, t->key, t->key_type, t->key_value);
    tm_tensor(&w, "token_embd.weight", TM_EMBD, TM_VOCAB, 0.0f, 1.0f);
    tm_tensor(&w, "output_norm.weight", TM_EMBD, 1, 1.0f, 0.1f);
    if (t->extra) tm_tensor(&w, t->extra, TM_EMBD, 1, 0.0f, 0.5f);
    for (i = 0; i < n_layer; i++) tm_layer(&w, i);
    tm_put(&out, "GGUF", 4);
    tm_int(&out, 3, 4);
    tm_int(&out, infos.n_tensors, 8);
    tm_int(&out, keys.n_keys, 8);
    tm_put(&out, keys.p, keys.n);
    tm_put(&out, infos.p, infos.n);
    while (out.n % 32) tm_int(&out, 0, 1);
    tm_put(&out, data.p, data.n);
    free(keys.p); free(infos.p); free(data.p);
    return out;
}

/* --- an allocator that counts, and fails on request ------------------------------------------------------------------------ */
typedef struct tm_heap { size_t live, total, n_calls, fail_at; } tm_heap;   /* fail_at: number of the call that fails, from 1; 0 none */
static void *tm_alloc(void *ud, size_t n, size_t align)
{
    tm_heap *h = (tm_heap *)ud;
    uint8_t *raw, *p;
    if (++h->n_calls == h->fail_at) return NULL;
    raw = (uint8_t *)malloc(n + align + sizeof(void *));
    if (!raw) return NULL;
    p = (uint8_t *)(((uintptr_t)raw + sizeof(void *) + align - 1) / align * align);
    memcpy(p - sizeof(void *), &raw, sizeof(void *));
    h->live += n;
    h->total += n;
    return p;
}
static void tm_free(void *ud, void *p, size_t n)
{
    void *raw;
    if (!p) return;
    ((tm_heap *)ud)->live -= n;
    memcpy(&raw, (uint8_t *)p - sizeof(void *), sizeof(void *));
    free(raw);
}
static llr_options tm_options(tm_heap *h)
{
    llr_options o;
    memset(&o, 0, sizeof o);
    o.no_vocab = 1;
    if (h) { memset(h, 0, sizeof *h); o.mem.alloc = tm_alloc; o.mem.free = tm_free; o.mem.ud = h; }
    return o;
}

/* Opens what the spec describes; *img must be freed after the model. */
static llr_status tm_open(const tm_spec *t, tm_image *img, llr_model **m, llr_error *err)
{
    llr_options o = tm_options(NULL);
    *img = tm_model(t);
    *m = NULL;
    memset(err, 0, sizeof *err);
    return llr_model_open_mem(m, img->p, img->n, &o, err);
}
static llr_session *tm_session(const llr_model *m, uint32_t n_ctx, uint32_t n_batch, int all_logits)
{
    llr_session_options o;
    llr_session *s = NULL;
    llr_error err;
    memset(&o, 0, sizeof o);
    o.n_ctx = n_ctx; o.n_batch = n_batch; o.all_logits = all_logits; o.n_threads = 1;
    CHECK_MSG(llr_session_new(&s, m, &o, &err) == LLR_OK, "%s", err.msg);
    return s;
}
static const int32_t *tm_tokens(void)
{
    static int32_t t[TM_CTX];
    int i;
    for (i = 0; i < TM_CTX; i++) t[i] = (i * i * 7 + i * 3 + 1) % TM_VOCAB;
    return t;
}
static const tm_spec tm_llama   = { NULL, 0, NULL, NULL, NULL, NULL, 0, 0.0, 0 };
static const tm_spec tm_cohere2 = { "cohere2", 4, NULL, NULL, NULL, NULL, 0, 0.0, 8 };
static int tm_same(const float *a, const float *b) { return a && b && memcmp(a, b, TM_VOCAB * sizeof(float)) == 0; }

/* --- models ------------------------------------------------------------------------------------------------------------------ */
static void test_model_describe(void)
{
    tm_image img;
    llr_model *m;
    llr_model_info info;
    llr_error err;
    int i;
    CHECK_MSG(tm_open(&tm_llama, &img, &m, &err) == LLR_OK, "%s", err.msg);
    llr_model_describe(m, &info);
    CHECK(!strcmp(info.arch, "llama") && info.n_vocab == TM_VOCAB && info.n_embd == TM_EMBD && info.n_layer == 2);
    CHECK(info.n_head == TM_HEAD && info.n_head_kv == TM_HEAD_KV && info.n_ff == TM_FF && info.n_ctx_train == TM_CTX);
    CHECK(info.n_params == info.weights_bytes / 4 && info.n_params > 10000);
    CHECK(llr_model_gguf(m) != NULL && llr_model_vocab(m) == NULL);
    llr_model_close(m);
    llr_model_close(NULL);
    free(img.p);
    for (i = 0; llr_arch_name(i); i++)
        CHECK(llri_find_arch(llri_cstr(llr_arch_name(i))) == &llri_archs[i]);   /* no name twice */
    CHECK(i == LLRI_N_ARCHS && llr_arch_name(-1) == NULL);
}

/* What must be refused, with which status and which word in the message. */
static void tm_refused(const tm_spec *t, llr_status want, const char *word)
{
    tm_image img;
    llr_model *m;
    llr_error err;
    llr_status st = tm_open(t, &img, &m, &err);
    CHECK_MSG(st == want && m == NULL && strstr(err.msg, word), "status %d, wanted %d and '%s': %s", (int)st, (int)want, word, err.msg);
    llr_model_close(m);
    free(img.p);
}

static void test_model_keys(void)
{
    static const char *const required[] = { "general.architecture", "llama.context_length", "llama.embedding_length", "llama.block_count",
        "llama.feed_forward_length", "llama.attention.head_count", "llama.attention.layer_norm_rms_epsilon" };
    static const struct { const char *key; uint32_t type; double value; llr_status want; const char *word; } bad[] = {
        { "llama.context_length", LLR_META_U32, 0, LLR_E_FORMAT, "context_length" },
        { "llama.embedding_length", LLR_META_U32, 0, LLR_E_FORMAT, "embedding_length" },
        { "llama.embedding_length", LLR_META_I32, -8, LLR_E_FORMAT, "embedding_length" },
        { "llama.embedding_length", LLR_META_F32, 32, LLR_E_FORMAT, "embedding_length" },
        { "llama.embedding_length", LLR_META_U32, 2147483647.0, LLR_E_FORMAT, "embedding_length" },
        { "llama.embedding_length", LLR_META_U32, 64, LLR_E_FORMAT, "token_embd.weight" },
        { "llama.block_count", LLR_META_U32, 0, LLR_E_FORMAT, "block_count" },
        { "llama.block_count", LLR_META_U32, 513, LLR_E_FORMAT, "block_count" },
        { "llama.block_count", LLR_META_U32, 3, LLR_E_FORMAT, "blk.2." },
        { "llama.block_count", LLR_META_U32, 1, LLR_E_UNSUPPORTED, "blk.1." },
        { "llama.attention.head_count", LLR_META_U32, 0, LLR_E_FORMAT, "head_count" },
        { "llama.attention.head_count", LLR_META_U32, 6, LLR_E_FORMAT, "does not divide" },
        { "llama.attention.head_count", LLR_META_U32, 1000000, LLR_E_FORMAT, "does not divide" },
        { "llama.attention.head_count_kv", LLR_META_U32, 0, LLR_E_FORMAT, "head_count_kv" },
        { "llama.attention.head_count_kv", LLR_META_U32, 3, LLR_E_FORMAT, "head_count_kv" },
        { "llama.attention.head_count_kv", LLR_META_U32, 8, LLR_E_FORMAT, "head_count_kv" },
        { "llama.attention.head_count_kv", LLR_META_U32, 4, LLR_E_FORMAT, "attn_k" },
        { "llama.attention.key_length", LLR_META_U32, 16, LLR_E_FORMAT, "attn_q" },
        { "llama.attention.key_length", LLR_META_U32, 0, LLR_E_FORMAT, "key_length" },
        { "llama.attention.layer_norm_rms_epsilon", LLR_META_F32, -1, LLR_E_FORMAT, "epsilon" },
        { "llama.attention.layer_norm_rms_epsilon", LLR_META_F32, 0, LLR_E_FORMAT, "epsilon" },
        { "llama.attention.layer_norm_rms_epsilon", LLR_META_F32, 1e300, LLR_E_FORMAT, "epsilon" },
        { "llama.rope.freq_base", LLR_META_F32, 0, LLR_E_FORMAT, "freq_base" },
        { "llama.rope.freq_base", LLR_META_F32, -1e300, LLR_E_FORMAT, "freq_base" },
        { "llama.rope.dimension_count", LLR_META_U32, 7, LLR_E_FORMAT, "dimension_count" },
        { "llama.rope.dimension_count", LLR_META_U32, 10, LLR_E_FORMAT, "dimension_count" },
        { "llama.rope.scaling.factor", LLR_META_F32, -2, LLR_E_FORMAT, "factor" },
        { "llama.rope.scaling.type", LLR_META_U32, 1, LLR_E_FORMAT, "scaling.type" },
        { "llama.expert_count", LLR_META_U32, 4, LLR_E_FORMAT, "expert_used_count" }
    };
    tm_spec t;
    size_t i;
    for (i = 0; i < sizeof required / sizeof *required; i++) {
        t = tm_llama;
        t.skip = required[i];
        tm_refused(&t, LLR_E_FORMAT, required[i]);
    }
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        t = tm_llama;
        t.key = bad[i].key; t.key_type = bad[i].type; t.key_value = bad[i].value;
        tm_refused(&t, bad[i].want, bad[i].word);
    }
    t = tm_llama;
    t.arch = "unheard-of";
    tm_refused(&t, LLR_E_UNSUPPORTED, "'unheard-of' is not supported");
    t = tm_cohere2;
    t.skip = "cohere2.attention.sliding_window";
    tm_refused(&t, LLR_E_FORMAT, "sliding_window");
}

static void test_model_tensors(void)
{
    static const char *const names[] = { "token_embd.weight", "output_norm.weight", "blk.0.attn_norm.weight", "blk.1.attn_q.weight", "blk.0.attn_k.weight",
        "blk.1.attn_v.weight", "blk.0.attn_output.weight", "blk.1.ffn_norm.weight", "blk.0.ffn_gate.weight", "blk.1.ffn_up.weight", "blk.0.ffn_down.weight" };
    tm_image img;
    llr_model *m;
    llr_error err;
    tm_spec t;
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        t = tm_llama;
        t.skip = names[i];
        tm_refused(&t, LLR_E_FORMAT, names[i]);
        t = tm_llama;
        t.bend = names[i];
        if (i > 0) tm_refused(&t, LLR_E_FORMAT, names[i]);   /* token_embd may have any number of rows */
    }
    t = tm_llama;
    t.extra = "blk.0.attn_sinks.weight";
    tm_refused(&t, LLR_E_UNSUPPORTED, "blk.0.attn_sinks.weight");
    t.extra = "blk.0.attn_output.bias";   /* what a file may have is used */
    CHECK_MSG(tm_open(&t, &img, &m, &err) == LLR_OK, "%s", err.msg);
    CHECK(m && m->layers[0].o.bias != NULL && m->layers[1].o.bias == NULL);
    llr_model_close(m);
    free(img.p);
    t.extra = "mm.input_norm.weight";     /* the vision part of the same file is not ours */
    CHECK_MSG(tm_open(&t, &img, &m, &err) == LLR_OK, "%s", err.msg);
    llr_model_close(m);
    free(img.p);
}

/* Vectors that are not aligned for float access are copied, so an image at any address gives the same bits. */
static void test_model_unaligned(void)
{
    tm_image img = tm_model(&tm_llama);
    uint8_t *moved = (uint8_t *)malloc(img.n + 3);
    llr_options o = tm_options(NULL);
    llr_model *m[2] = { NULL, NULL };
    llr_session *s[2];
    llr_error err;
    int i;
    memcpy(moved + 3, img.p, img.n);
    for (i = 0; i < 2; i++) {
        CHECK_MSG(llr_model_open_mem(&m[i], i ? moved + 3 : img.p, img.n, &o, &err) == LLR_OK, "%s", err.msg);
        s[i] = tm_session(m[i], 0, 0, 0);
        CHECK(llr_session_eval(s[i], tm_tokens(), 9, &err) == LLR_OK);
    }
    CHECK(tm_same(llr_session_logits(s[0]), llr_session_logits(s[1])));
    for (i = 0; i < 2; i++) { llr_session_free(s[i]); llr_model_close(m[i]); }
    free(moved);
    free(img.p);
}

/* --- sessions ---------------------------------------------------------------------------------------------------------------- */
/* The tiny llama again, in double, written as in the paper: no cache, no batches, nothing shared with the engine. */
static const llri_tensor *tm_find(const llr_model *m, int layer, const char *part)
{
    char name[64];
    if (layer < 0) snprintf(name, sizeof name, "%s.weight", part);
    else snprintf(name, sizeof name, "blk.%d.%s.weight", layer, part);
    return llri_gguf_find_tensor(m->gguf, name);
}
static double tm_at(const llri_tensor *t, int64_t i) { return (double)llri_rdf32(t->data + 4 * i); }
static void tm_times(double *y, const llri_tensor *w, const double *x)
{
    int64_t r, k, n = (int64_t)w->ne[0];
    for (r = 0; r < (int64_t)w->ne[1]; r++)
        for (y[r] = 0.0, k = 0; k < n; k++) y[r] += tm_at(w, r * n + k) * x[k];
}
static void tm_rms(double *y, const double *x, const llri_tensor *w)
{
    double sum = 0.0;
    int i;
    for (i = 0; i < TM_EMBD; i++) sum += x[i] * x[i];
    for (i = 0; i < TM_EMBD; i++) y[i] = x[i] / sqrt(sum / TM_EMBD + (double)1e-5f) * tm_at(w, i);
}
static void tm_turn(double *x, int heads, int pos)
{
    int h, t;
    for (h = 0; h < heads; h++)
        for (t = 0; t < TM_DK / 2; t++) {
            double *p = x + h * TM_DK + 2 * t, phi = pos * pow(10000.0, -2.0 * t / TM_DK), a = p[0], b = p[1];
            p[0] = a * cos(phi) - b * sin(phi);
            p[1] = a * sin(phi) + b * cos(phi);
        }
}
static void tm_reference(const llr_model *m, const int32_t *tokens, int n, double *logits)
{
    static double x[16][TM_EMBD], q[16][TM_HEAD * TM_DK], k[16][TM_HEAD_KV * TM_DK], v[16][TM_HEAD_KV * TM_DK];
    double h[TM_EMBD], a[TM_HEAD * TM_DK], o[TM_EMBD], g[TM_FF], u[TM_FF], p[16];
    int l, t, i, j, e;
    for (t = 0; t < n; t++) for (i = 0; i < TM_EMBD; i++) x[t][i] = tm_at(tm_find(m, -1, "token_embd"), tokens[t] * TM_EMBD + i);
    for (l = 0; l < 2; l++) {
        for (t = 0; t < n; t++) {
            tm_rms(h, x[t], tm_find(m, l, "attn_norm"));
            tm_times(q[t], tm_find(m, l, "attn_q"), h);
            tm_times(k[t], tm_find(m, l, "attn_k"), h);
            tm_times(v[t], tm_find(m, l, "attn_v"), h);
            tm_turn(q[t], TM_HEAD, t);
            tm_turn(k[t], TM_HEAD_KV, t);
        }
        for (t = 0; t < n; t++) {
            for (i = 0; i < TM_HEAD; i++) {
                const int kv = i / (TM_HEAD / TM_HEAD_KV) * TM_DK;
                double sum = 0.0;
                for (j = 0; j <= t; j++) {
                    for (p[j] = 0.0, e = 0; e < TM_DK; e++) p[j] += q[t][i * TM_DK + e] * k[j][kv + e];
                    sum += p[j] = exp(p[j] / sqrt((double)TM_DK));
                }
                for (e = 0; e < TM_DK; e++) for (a[i * TM_DK + e] = 0.0, j = 0; j <= t; j++) a[i * TM_DK + e] += p[j] / sum * v[j][kv + e];
            }
            tm_times(o, tm_find(m, l, "attn_output"), a);
            for (i = 0; i < TM_EMBD; i++) x[t][i] += o[i];
            tm_rms(h, x[t], tm_find(m, l, "ffn_norm"));
            tm_times(g, tm_find(m, l, "ffn_gate"), h);
            tm_times(u, tm_find(m, l, "ffn_up"), h);
            for (i = 0; i < TM_FF; i++) g[i] = g[i] / (1.0 + exp(-g[i])) * u[i];
            tm_times(o, tm_find(m, l, "ffn_down"), g);
            for (i = 0; i < TM_EMBD; i++) x[t][i] += o[i];
        }
    }
    tm_rms(h, x[n - 1], tm_find(m, -1, "output_norm"));
    tm_times(logits, tm_find(m, -1, "token_embd"), h);
}

static void test_session_reference(void)
{
    tm_image img;
    llr_model *m;
    llr_error err;
    llr_session_options o;
    llr_session *s = NULL;
    double want[TM_VOCAB], num = 0.0, den = 0.0;
    int i;
    memset(&o, 0, sizeof o);
    o.exact = 1; o.kv = LLR_KV_F32; o.n_threads = 1;
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK);
    CHECK(llr_session_new(&s, m, &o, &err) == LLR_OK);
    CHECK(llr_session_logits(s) == NULL);
    CHECK(llr_session_eval(s, tm_tokens(), 12, &err) == LLR_OK);
    tm_reference(m, tm_tokens(), 12, want);
    for (i = 0; i < TM_VOCAB; i++) {
        double d = (double)llr_session_logits(s)[i] - want[i];
        num += d * d;
        den += want[i] * want[i];
    }
    CHECK_MSG(num / den < 1e-11, "NMSE %g", num / den);
    llr_session_free(s);
    llr_model_close(m);
    free(img.p);
}

/* Any split of a text into calls and passes gives the bits of one call. */
static void tm_splits(const tm_spec *t, int n)
{
    static const size_t steps[] = { 1, 3, 7, 200 };
    static const uint32_t batches[] = { 1, 5, 512 };
    tm_image img;
    llr_model *m;
    llr_error err;
    llr_session *whole;
    size_t i, b, at;
    CHECK_MSG(tm_open(t, &img, &m, &err) == LLR_OK, "%s", err.msg);
    whole = tm_session(m, 0, 0, 1);
    CHECK(llr_session_eval(whole, tm_tokens(), (size_t)n, &err) == LLR_OK);
    for (i = 0; i < sizeof steps / sizeof *steps; i++)
        for (b = 0; b < sizeof batches / sizeof *batches; b++) {
            llr_session *s = tm_session(m, 0, batches[b], i % 2 == 0);
            for (at = 0; at < (size_t)n; at += steps[i]) {
                size_t k = (size_t)n - at < steps[i] ? (size_t)n - at : steps[i];
                CHECK_MSG(llr_session_eval(s, tm_tokens() + at, k, &err) == LLR_OK, "%s", err.msg);
                CHECK_MSG(tm_same(llr_session_logits(s), llr_session_logits_at(whole, at + k - 1)), "steps of %d, batch %d, token %d", (int)steps[i], (int)batches[b], (int)(at + k));
                CHECK(llr_session_logits_at(s, k - 1) == llr_session_logits(s) && llr_session_logits_at(s, k) == NULL);
            }
            CHECK(llr_session_pos(s) == (uint32_t)n);
            llr_session_free(s);
        }
    llr_session_free(whole);
    llr_model_close(m);
    free(img.p);
}
static void test_session_splits(void) { tm_splits(&tm_llama, 70); tm_splits(&tm_cohere2, 150); }

/* With all_logits the last n_batch rows of a call can be read. */
static void test_session_all_logits(void)
{
    tm_image img;
    llr_model *m;
    llr_error err;
    llr_session *a, *b;
    size_t i;
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK);
    a = tm_session(m, 64, 64, 1);
    b = tm_session(m, 64, 8, 1);
    CHECK(llr_session_eval(a, tm_tokens(), 29, &err) == LLR_OK);
    CHECK(llr_session_eval(b, tm_tokens(), 29, &err) == LLR_OK);
    for (i = 0; i < 29; i++) {
        if (i < 21) CHECK(llr_session_logits_at(b, i) == NULL);
        else CHECK(tm_same(llr_session_logits_at(a, i), llr_session_logits_at(b, i)));
    }
    llr_session_free(a);
    llr_session_free(b);
    llr_model_close(m);
    free(img.p);
}

/* Sessions evaluated together get the bits they get alone. */
static void tm_company(const tm_spec *t, uint32_t n_batch)
{
    enum { N = 5 };
    static const size_t first[N] = { 3, 1, 40, 0, 7 }, second[N] = { 1, 1, 1, 2, 30 };
    static const uint32_t batch[N] = { 16, 16, 3, 16, 5 };
    llr_session *both[N], *alone[N];
    const int32_t *tokens[N];
    tm_image img;
    llr_model *m;
    llr_error err;
    int i, round;
    CHECK(tm_open(t, &img, &m, &err) == LLR_OK);
    for (i = 0; i < N; i++) {
        both[i] = tm_session(m, 100, i ? batch[i] : n_batch, i == 4);
        alone[i] = tm_session(m, 100, 0, 0);
    }
    for (round = 0; round < 2; round++) {
        const size_t *counts = round ? second : first;
        for (i = 0; i < N; i++) {
            tokens[i] = tm_tokens() + 11 * i + (round ? first[i] : 0);
            CHECK(llr_session_eval(alone[i], tokens[i], counts[i], &err) == LLR_OK);
        }
        CHECK_MSG(llr_eval(both, tokens, counts, N, &err) == LLR_OK, "%s", err.msg);
        for (i = 0; i < N; i++) {
            CHECK(llr_session_pos(both[i]) == llr_session_pos(alone[i]));
            if (llr_session_pos(both[i])) CHECK_MSG(tm_same(llr_session_logits(both[i]), llr_session_logits(alone[i])), "session %d, round %d, batch %d", i, round, (int)n_batch);
            else CHECK(llr_session_logits(both[i]) == NULL);
        }
    }
    for (i = 0; i < N; i++) { llr_session_free(both[i]); llr_session_free(alone[i]); }
    llr_model_close(m);
    free(img.p);
}
static void test_session_company(void) { tm_company(&tm_llama, 512); tm_company(&tm_llama, 4); tm_company(&tm_cohere2, 1); tm_company(&tm_cohere2, 16); }

static void test_session_threads(void)
{
    tm_image img;
    llr_model *m;
    llr_error err;
    llr_session *one, *three = NULL;
    llr_session_options o;
    memset(&o, 0, sizeof o);
    o.n_threads = 3;
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK);
    one = tm_session(m, 0, 0, 0);
    CHECK_MSG(llr_session_new(&three, m, &o, &err) == LLR_OK, "%s", err.msg);
    CHECK(llr_session_eval(one, tm_tokens(), 50, &err) == LLR_OK);
    CHECK(llr_session_eval(three, tm_tokens(), 50, &err) == LLR_OK);
    CHECK(tm_same(llr_session_logits(one), llr_session_logits(three)));
    llr_session_free(one);
    llr_session_free(three);
    llr_model_close(m);
    free(img.p);
}

/* Rewinding and evaluating again gives the bits of never having been further. */
static void test_session_rewind(void)
{
    tm_image img;
    llr_model *m;
    llr_error err;
    llr_session *s, *fresh;
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK);
    s = tm_session(m, 0, 0, 0);
    fresh = tm_session(m, 0, 0, 0);
    CHECK(llr_session_eval(s, tm_tokens(), 60, &err) == LLR_OK);
    CHECK(llr_session_rewind(s, 1000) == 60 && llr_session_rewind(s, 20) == 20 && llr_session_pos(s) == 20);
    CHECK(llr_session_eval(s, tm_tokens() + 33, 5, &err) == LLR_OK);
    CHECK(llr_session_eval(fresh, tm_tokens(), 20, &err) == LLR_OK);
    CHECK(llr_session_eval(fresh, tm_tokens() + 33, 5, &err) == LLR_OK);
    CHECK(tm_same(llr_session_logits(s), llr_session_logits(fresh)));
    llr_session_free(s);
    llr_session_free(fresh);
    llr_model_close(m);
    free(img.p);

    CHECK(tm_open(&tm_cohere2, &img, &m, &err) == LLR_OK);
    s = tm_session(m, 200, 8, 0);          /* window 8, rings of 32 */
    fresh = tm_session(m, 200, 8, 0);
    CHECK(s->kv[0].capacity == 32 && s->kv[3].capacity == 224);
    CHECK(llr_session_eval(s, tm_tokens(), 100, &err) == LLR_OK);
    CHECK(llr_session_rewind(s, 90) == 90);   /* needs 83 to 89; the ring has 68 to 99 */
    CHECK(llr_session_rewind(s, 75) == 75);   /* needs 68 */
    CHECK(llr_session_eval(s, tm_tokens() + 75, 10, &err) == LLR_OK);
    CHECK(llr_session_eval(fresh, tm_tokens(), 85, &err) == LLR_OK);
    CHECK(tm_same(llr_session_logits(s), llr_session_logits(fresh)));
    CHECK(llr_session_rewind(s, 74) == 0);    /* 67 was overwritten by 99 */
    CHECK(llr_session_eval(s, tm_tokens(), 85, &err) == LLR_OK);
    CHECK(tm_same(llr_session_logits(s), llr_session_logits(fresh)));
    llr_session_free(s);
    llr_session_free(fresh);
    llr_model_close(m);
    free(img.p);
}

static int tm_stop_at_second(void *ud, llr_phase phase, uint64_t done, uint64_t total)
{
    int *calls = (int *)ud;
    return phase == LLR_PHASE_EVAL && done < total && ++*calls == 2;
}

static void test_session_cancel(void)
{
    tm_image img = tm_model(&tm_llama);
    llr_options o = tm_options(NULL);
    llr_model *m = NULL;
    llr_error err;
    llr_session *s, *fresh;
    int calls = -1000;
    o.progress = tm_stop_at_second;
    o.ud = &calls;
    CHECK(llr_model_open_mem(&m, img.p, img.n, &o, &err) == LLR_OK);
    s = tm_session(m, 0, 4, 0);
    fresh = tm_session(m, 0, 4, 0);
    CHECK(llr_session_eval(s, tm_tokens(), 10, &err) == LLR_OK);
    llr_session_cancel(s);
    CHECK(llr_session_eval(s, tm_tokens() + 10, 10, &err) == LLR_E_CANCELLED);
    CHECK(llr_session_pos(s) == 10 && llr_session_logits(s) == NULL);
    calls = 0;
    CHECK(llr_session_eval(s, tm_tokens() + 10, 20, &err) == LLR_E_CANCELLED && strstr(err.msg, "of 20"));
    CHECK(llr_session_pos(s) == 10);
    calls = -1000;
    CHECK(llr_session_eval(s, tm_tokens() + 10, 20, &err) == LLR_OK);   /* nothing of the two attempts is left */
    CHECK(llr_session_eval(fresh, tm_tokens(), 30, &err) == LLR_OK);
    CHECK(tm_same(llr_session_logits(s), llr_session_logits(fresh)));
    llr_session_free(s);
    llr_session_free(fresh);
    llr_model_close(m);
    free(img.p);
}

static void test_session_limits(void)
{
    tm_image img;
    llr_model *m, *other;
    tm_image img2;
    llr_error err;
    llr_session_options o;
    llr_plan plan;
    llr_session *s, *t, *list[2];
    const int32_t bad[3] = { 1, TM_VOCAB, -1 }, *tokens[2];
    size_t counts[2] = { 1, 1 };
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK);
    CHECK(tm_open(&tm_cohere2, &img2, &other, &err) == LLR_OK);
    s = tm_session(m, 30, 0, 0);
    t = tm_session(other, 30, 0, 0);
    CHECK(llr_session_ctx(s) == 30);
    CHECK(llr_session_eval(s, tm_tokens(), 31, &err) == LLR_E_FULL && strstr(err.msg, "30"));
    CHECK(llr_session_eval(s, bad, 2, &err) == LLR_E_ARG && strstr(err.msg, "40"));
    CHECK(llr_session_eval(s, bad + 2, 1, &err) == LLR_E_ARG && llr_session_pos(s) == 0);
    CHECK(llr_session_eval(s, NULL, 0, &err) == LLR_OK);
    CHECK(llr_session_eval(s, tm_tokens(), 30, &err) == LLR_OK && llr_session_eval(s, tm_tokens(), 1, &err) == LLR_E_FULL);
    CHECK(llr_session_pos(s) == 30 && llr_session_logits(s) != NULL && llr_session_rewind(s, 5) == 5);
    list[0] = list[1] = s;
    tokens[0] = tokens[1] = tm_tokens();
    CHECK(llr_eval(list, tokens, counts, 2, &err) == LLR_E_ARG && strstr(err.msg, "twice") && llr_session_pos(s) == 5);
    list[1] = t;
    CHECK(llr_eval(list, tokens, counts, 2, &err) == LLR_E_ARG);
    CHECK(llr_session_eval(s, tm_tokens(), 1, &err) == LLR_OK);
    memset(&o, 0, sizeof o);
    o.n_threads = 1;
    CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_OK && plan.n_ctx == TM_CTX && plan.n_batch == TM_CTX);
    o.n_ctx = 0xffffffffu;
    CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_E_ARG);
    o.kv = (llr_kv_type)99;
    CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_E_ARG);
    llr_session_free(s);
    llr_session_free(t);
    llr_session_free(NULL);
    llr_model_close(m);
    llr_model_close(other);
    free(img.p);
    free(img2.p);
}

/* The plan is what is allocated, to the byte, and evaluating allocates nothing. */
static void test_session_plan(void)
{
    static const llr_kv_type types[] = { LLR_KV_F16, LLR_KV_F32, LLR_KV_Q8_0 };
    tm_image img = tm_model(&tm_cohere2);
    tm_heap heap;
    llr_options mo = tm_options(&heap);
    llr_model *m = NULL;
    llr_error err;
    uint64_t last = 0;
    int i;
    CHECK_MSG(llr_model_open_mem(&m, img.p, img.n, &mo, &err) == LLR_OK, "%s", err.msg);
    for (i = 0; i < 6; i++) {
        llr_session_options o;
        llr_plan plan;
        llr_session *s = NULL;
        size_t live = heap.live, calls;
        memset(&o, 0, sizeof o);
        memset(&plan, 0, sizeof plan);
        o.n_ctx = 100; o.n_batch = 9; o.n_threads = 1; o.kv = types[i % 3]; o.all_logits = i >= 3;
        o.n_guess = i % 2 ? 7 : 0;
        CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_OK);
        CHECK(heap.live == live && plan.n_ctx == 100 && plan.n_batch == 9);
        CHECK(plan.weights_bytes == img.n && plan.other_bytes == live);
        CHECK(plan.resident_bytes == plan.total_bytes && plan.new_bytes == plan.kv_bytes + plan.scratch_bytes + plan.system_bytes);
        CHECK(plan.total_bytes == plan.weights_bytes + plan.kv_bytes + plan.scratch_bytes + plan.other_bytes);
        CHECK(plan.kv_bytes != last);
        last = plan.kv_bytes;
        CHECK(llr_session_new(&s, m, &o, &err) == LLR_OK);
        CHECK_MSG(heap.live - live == plan.kv_bytes + plan.scratch_bytes, "%ld instead of %ld", (long)(heap.live - live), (long)(plan.kv_bytes + plan.scratch_bytes));
        calls = heap.n_calls;
        CHECK(llr_session_eval(s, tm_tokens(), 70, &err) == LLR_OK);
        CHECK(heap.n_calls == calls);
        llr_session_free(s);
        CHECK(heap.live == live);
    }
    {   /* a session's own threads are counted too */
        llr_session_options o;
        llr_plan plan;
        llr_session *s = NULL;
        size_t live = heap.live;
        memset(&plan, 0, sizeof plan);
        memset(&o, 0, sizeof o);
        o.n_ctx = 100; o.n_batch = 9; o.n_threads = 3;
        CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_OK && llr_session_new(&s, m, &o, &err) == LLR_OK);
        CHECK(heap.live + 2 * LLRI_STACK_TOUCHED == live + plan.kv_bytes + plan.scratch_bytes + plan.thread_bytes && plan.other_bytes == live + plan.thread_bytes);
        llr_session_free(s);
    }
    llr_model_close(m);
    CHECK(heap.live == 0);
    free(img.p);
}

/* What is not available is not taken: when opening, when a session is made, and when its positions are first used, those of
 * all sessions of a pass together. */
#if defined(__linux__)
static void tm_available(uint64_t n_bytes)
{
    char text[80];
    snprintf(text, sizeof text, "MemTotal: 99999999 kB\nMemAvailable: %llu kB\n", (unsigned long long)(n_bytes >> 10));
    tree_put("proc/meminfo", text);
}

static void test_session_available(void)
{
    llr_options mo = tm_options(NULL), tree = tree_new();
    tm_image img;
    llr_model *m = NULL;
    llr_session_options o;
    llr_session *s = NULL, *two[2] = { NULL, NULL };
    llr_plan plan;
    llr_error err;
    const int32_t *tokens[2];
    size_t counts[2] = { 1, 1 };
    uint64_t step;
    uint32_t ctx;
    mo.proc = tree.proc;
    mo.sys = tree.sys;
    img = tm_model(&tm_llama);
    tm_available(LLRI_ROOM_BYTES);
    CHECK(llr_model_open_mem(&m, img.p, img.n, &mo, &err) == LLR_E_NOMEM && m == NULL);
    tm_available((uint64_t)1 << 30);
    CHECK(llr_model_open_mem(&m, img.p, img.n, &mo, &err) == LLR_OK);
    memset(&plan, 0, sizeof plan);
    memset(&o, 0, sizeof o);
    o.n_threads = 1;
    o.n_ctx = 100000;
    o.n_batch = 64;
    CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_OK && plan.n_ctx == 100000);
    tm_available(plan.new_bytes - 1024);
    CHECK(llr_session_new(&s, m, &o, &err) == LLR_E_NOMEM && s == NULL && strstr(err.msg, "available") && strstr(err.msg, "100000"));
    tm_available(plan.new_bytes + 1023);
    CHECK_MSG(llr_session_new(&s, m, &o, &err) == LLR_OK, "%s", err.msg);
    step = llri_back_positions(s, 1, 0);
    CHECK(step > 0 && step == llri_back_positions(s, LLRI_KV_STEP / 4, 0) && llri_back_positions(s, LLRI_KV_STEP / 4 + 1, 0) == 2 * step);
    CHECK(llri_back_positions(s, LLRI_KV_STEP, 0) == 4 * step && llri_back_positions(s, LLRI_KV_STEP + 1, 0) == 8 * step);
    tm_available(step + LLRI_ROOM_BYTES / 2 - 1024);
    CHECK(llr_session_eval(s, tm_tokens(), 5, &err) == LLR_E_NOMEM && llr_session_pos(s) == 0);
    tm_available(step + LLRI_ROOM_BYTES / 2 + 1024);
    CHECK(llr_session_eval(s, tm_tokens(), 5, &err) == LLR_OK);
    tm_available(0);                                            /* within the step nothing more is asked for */
    CHECK(llr_session_eval(s, tm_tokens(), LLRI_KV_STEP / 4 - 5, &err) == LLR_OK);
    CHECK(llr_session_eval(s, tm_tokens(), 1, &err) == LLR_E_NOMEM && llr_session_pos(s) == LLRI_KV_STEP / 4);
    tm_available(step + LLRI_ROOM_BYTES / 2 + 1024);
    CHECK(llr_session_eval(s, tm_tokens(), LLRI_KV_STEP * 3 / 4, &err) == LLR_OK);
    CHECK(llr_session_eval(s, tm_tokens(), 1, &err) == LLR_E_NOMEM && llr_session_pos(s) == LLRI_KV_STEP);
    CHECK(llr_session_rewind(s, 200) == 200 && llr_session_eval(s, tm_tokens(), 1, &err) == LLR_OK);
    llr_session_free(s);

    tm_available((uint64_t)1 << 30);
    CHECK(llr_session_new(&two[0], m, &o, &err) == LLR_OK && llr_session_new(&two[1], m, &o, &err) == LLR_OK);
    tokens[0] = tokens[1] = tm_tokens();
    tm_available(2 * step + LLRI_ROOM_BYTES / 2 - 1024);        /* enough for each of them */
    CHECK(llr_eval(two, tokens, counts, 2, &err) == LLR_E_NOMEM);
    tm_available(2 * step + LLRI_ROOM_BYTES / 2 + 1024);
    CHECK(llr_eval(two, tokens, counts, 2, &err) == LLR_OK);
    llr_session_free(two[0]);
    llr_session_free(two[1]);

    m->n_ctx_train = 1 << 17;                                   /* the default: a power of two up to 8192 that fits, each with the batch that fits */
    o.n_batch = 0;
    for (ctx = 8192; ctx >= LLRI_MIN_CTX; ctx /= 2) {
        llr_session_options given = o;
        uint64_t need;
        given.n_ctx = ctx;
        given.n_batch = LLRI_MIN_BATCH;
        CHECK(llr_session_plan(m, &given, &plan, &err) == LLR_OK);
        need = plan.new_bytes;
        tm_available(need + 1023);
        given = o;
        given.n_ctx = 0;
        CHECK_MSG(llr_session_plan(m, &given, &plan, &err) == LLR_OK && plan.n_ctx == ctx && plan.new_bytes <= need + 1023, "%d instead of %d", (int)plan.n_ctx, (int)ctx);
        tm_available(need - 1024);
        CHECK(llr_session_plan(m, &given, &plan, &err) == LLR_OK && plan.n_ctx == (ctx > LLRI_MIN_CTX ? ctx / 2 : ctx));
    }
    o.n_ctx = 0;
    CHECK(llr_session_new(&s, m, &o, &err) == LLR_E_NOMEM);
    tm_available((uint64_t)1 << 40);
    CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_OK && plan.n_ctx == 8192 && plan.n_batch == 512);
    m->n_ctx_train = 3000;
    CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_OK && plan.n_ctx == 2048);
    llr_model_close(m);

    tm_available(0);                                            /* whoever answers for it gets it */
    mo.overcommit = 1;
    o.n_ctx = 1000;
    s = NULL;
    CHECK(llr_model_open_mem(&m, img.p, img.n, &mo, &err) == LLR_OK && llr_session_new(&s, m, &o, &err) == LLR_OK);
    CHECK(llr_session_eval(s, tm_tokens(), 5, &err) == LLR_OK);
    llr_session_free(s);
    llr_model_close(m);
    tree_free();
    free(img.p);
}

/* Files are read ahead unless so little memory is left that pages in use could be all of it; addresses do not count. */
static void test_session_ahead(void)
{
    static const uint64_t ahead = LLRI_AHEAD_BYTES, weights = 2 * LLRI_AHEAD_BYTES;
    static const struct { uint64_t memory, after; int threads, loaded, later; } rows[] = {      /* after: beside what the session takes */
        { 64 * LLRI_AHEAD_BYTES, 64 * LLRI_AHEAD_BYTES, 2, -1, MADV_NORMAL }, { 4 * LLRI_AHEAD_BYTES, 1 << 20, 2, -1, MADV_RANDOM },
        { 4 * LLRI_AHEAD_BYTES - 1024, 0, 2, MADV_RANDOM, MADV_RANDOM },
        { 4 * LLRI_AHEAD_BYTES - 1024, 2 * LLRI_AHEAD_BYTES - 1024, 2, MADV_RANDOM, MADV_RANDOM },
        { 4 * LLRI_AHEAD_BYTES - 1024, 2 * LLRI_AHEAD_BYTES, 8, MADV_RANDOM, MADV_NORMAL },     /* room for the weights */
        { 4 * LLRI_AHEAD_BYTES - 1024, LLRI_AHEAD_BYTES, 1, MADV_RANDOM, MADV_NORMAL }          /* for what all threads read */
    };
    llr_options mo = tm_options(NULL), tree = tree_new();
    tm_image img = tm_model(&tm_llama);
    llr_session_options o;
    llr_plan plan;
    llr_error err;
    char path[256], statm[64];
    size_t i;
    mo.proc = tree.proc;
    mo.sys = tree.sys;
    memset(&o, 0, sizeof o);
    memset(&plan, 0, sizeof plan);
    o.n_ctx = 100;
    tg_path(path, sizeof path, "ahead.gguf");
    tg_write(path, img.p, img.n, 0);
    CHECK(truncate(path, (off_t)weights) == 0);
    for (i = 0; i < 2 * LLRI_N_OF(rows); i++) {
        int limited = i >= LLRI_N_OF(rows);
        size_t k = i % LLRI_N_OF(rows);
        llr_model *m = NULL;
        llr_session *s = NULL;
        if (limited) {                                          /* few addresses, and as much memory as one likes */
            CHECK(llri_sys_read("/proc/self/statm", statm, sizeof statm));
            test_space = (rlim_t)(llri_sys_number(statm) * llri_page_bytes() + weights + 2 * ahead);
        }
        o.n_threads = rows[k].threads;
        test_advice = -1;
        tm_available(limited ? (uint64_t)1 << 40 : rows[k].memory);
        CHECK_MSG(llr_model_open(&m, path, &mo, &err) == LLR_OK, "%s", err.msg);
        CHECK_MSG(test_advice == (limited ? -1 : rows[k].loaded), "row %d: %d when mapped", (int)i, test_advice);
        if (!m) break;
        CHECK(llr_session_plan(m, &o, &plan, &err) == LLR_OK);
        if (!limited) tm_available(plan.new_bytes + rows[k].after + 1023);
        CHECK_MSG(llr_session_new(&s, m, &o, &err) == LLR_OK, "%s", err.msg);
        CHECK_MSG(test_advice == (limited ? MADV_NORMAL : rows[k].later), "row %d: %d with a session", (int)i, test_advice);
        test_space = RLIM_INFINITY;
        llr_session_free(s);
        llr_model_close(m);
    }
    test_space = RLIM_INFINITY;
    tree_free();
    remove(path);
    free(img.p);
}
#else
static void test_session_available(void) { CHECK(1); }
static void test_session_ahead(void) { CHECK(1); }
#endif

/* Whichever allocation fails, it is an error with a message, and nothing leaks. */
static void test_model_nomem(void)
{
    tm_image img = tm_model(&tm_llama);
    tm_heap heap;
    size_t fail_at;
    int finished = 0;
    for (fail_at = 1; !finished && fail_at < 1000; fail_at++) {
        llr_options o = tm_options(&heap);
        llr_model *m = NULL;
        llr_session *s = NULL;
        llr_session_options so;
        llr_error err;
        llr_status st;
        memset(&so, 0, sizeof so);
        so.n_threads = 2;
        heap.fail_at = fail_at;
        st = llr_model_open_mem(&m, img.p + 0, img.n, &o, &err);
        if (st == LLR_OK) st = llr_session_new(&s, m, &so, &err);
        if (st == LLR_OK) { finished = 1; CHECK(llr_session_eval(s, tm_tokens(), 4, &err) == LLR_OK); }
        else CHECK_MSG(st == LLR_E_NOMEM && s == NULL && err.msg[0], "allocation %d: status %d: %s", (int)fail_at, (int)st, err.msg);
        llr_session_free(s);
        llr_model_close(m);
        CHECK_MSG(heap.live == 0, "allocation %d: %ld bytes leaked", (int)fail_at, (long)heap.live);
    }
    CHECK(finished && fail_at > 4);
    free(img.p);
}

/* --- speculation ---------------------------------------------------------------------------------------------------------- */
static llr_session *tm_guessing(const llr_model *m, uint32_t n_ctx, uint32_t n_batch, uint32_t n_guess, llr_session *draft)
{
    llr_session_options o;
    llr_session *s = NULL;
    llr_error err;
    memset(&o, 0, sizeof o);
    o.n_ctx = n_ctx; o.n_batch = n_batch; o.n_threads = 1;
    o.n_guess = n_guess; o.guess_always = 1; o.draft = draft; o.all_logits = n_guess % 2;
    CHECK_MSG(llr_session_new(&s, m, &o, &err) == LLR_OK, "%s", err.msg);
    return s;
}

static llr_sampler *tm_sampler(int i)       /* 0: greedy */
{
    llr_sampling how;
    llr_sampler *sampler = NULL;
    llr_error err;
    llr_sampling_defaults(&how, NULL);
    how.temp = i ? 0.3f * (float)i : 0.0f;
    how.seed = (uint64_t)i;
    if (i > 1) how.repeat_penalty = 1.05f;
    CHECK_MSG(llr_sampler_new(&sampler, TM_VOCAB, NULL, &how, NULL, &err) == LLR_OK, "%s", err.msg);
    return sampler;
}

/* Two sessions, one without guesses, are led through the same life: each draws its own tokens; now and then a stretch of the text
 * is repeated in one call, the text is rewound, or an evaluation is cancelled. Positions and logits are the same throughout. */
static llr_guesses tm_two_lives(llr_session *plain, llr_session *s, int how, int steps)
{
    llr_sampler *a = tm_sampler(how), *b = tm_sampler(how);
    llr_guesses count;
    llr_error err;
    int32_t text[TM_CTX], x, y;
    uint32_t seed = (uint32_t)how * 77 + 5, n = 12, to, same;
    int i, differ = 0;
    (void)llr_session_rewind(plain, 0);
    (void)llr_session_rewind(s, 0);
    memcpy(text, tm_tokens(), sizeof text);
    CHECK(llr_session_eval(plain, text, n, &err) == LLR_OK && llr_session_eval(s, text, n, &err) == LLR_OK);
    for (i = 0; i < steps && !differ; i++) {
        const float *logits = llr_session_logits(plain);
        differ = !tm_same(logits, llr_session_logits(s)) || llr_session_pos(plain) != n || llr_session_pos(s) != n || !tm_same(llr_session_logits_at(s, s->call_n - 1), logits);
        CHECK_MSG(!differ, "sampling %d, %d guesses, batch %d, step %d, position %d", how, (int)s->n_guess, (int)s->n_batch, i, (int)n);
        if (differ) break;
        x = llr_sampler_sample(a, logits);
        y = llr_sampler_sample(b, llr_session_logits(s));
        CHECK(x == y);
        seed = seed * 1664525u + 1013904223u;
        if (n == llr_session_ctx(s)) {
            CHECK(llr_session_eval(plain, &x, 1, &err) == LLR_E_FULL && llr_session_eval(s, &y, 1, &err) == LLR_E_FULL);
            seed = 0;
        }
        if (seed >> 27 == 0) {                              /* back, and on from there; a ring may be back at the start */
            to = n - 1 - (seed >> 8) % (n - 1);
            same = llr_session_rewind(plain, to);
            CHECK(llr_session_rewind(s, to) == same);
            if (!same) { n = 9; CHECK(llr_session_eval(plain, text, n, &err) == LLR_OK && llr_session_eval(s, text, n, &err) == LLR_OK); continue; }
            n = same;
        }
        if (seed >> 27 == 1 && n > 9 && n + 9 < llr_session_ctx(s)) {    /* a stretch from before, in one call */
            memcpy(text + n, text + n - 9, 8 * sizeof *text);
            CHECK(llr_session_eval(plain, text + n, 8, &err) == LLR_OK && llr_session_eval(s, text + n, 8, &err) == LLR_OK);
            n += 8;
            continue;
        }
        if (seed >> 27 == 2) {
            llr_session_cancel(s);
            CHECK(llr_session_eval(s, &y, 1, &err) == LLR_E_CANCELLED && llr_session_pos(s) == n && !llr_session_logits(s));
        }
        if (seed >> 27 == 3) y = x = (x + 1) % TM_VOCAB;    /* not what was drawn */
        text[n++] = x;
        CHECK(llr_session_eval(plain, &x, 1, &err) == LLR_OK);
        CHECK_MSG(llr_session_eval(s, &y, 1, &err) == LLR_OK, "%s", err.msg);
    }
    llr_session_guesses(s, &count);
    CHECK(count.accepted <= count.drafted);
    llr_sampler_free(a);
    llr_sampler_free(b);
    return count;
}

static void test_session_guess(void)
{
    static const tm_spec *specs[] = { &tm_llama, &tm_cohere2 };
    static const uint32_t guesses[] = { 1, 4, 15 }, batches[] = { 1, 2, 7, 64 };
    int k, g, b, how;
    for (k = 0; k < 2; k++) {
        tm_image img;
        llr_model *m;
        llr_error err;
        CHECK(tm_open(specs[k], &img, &m, &err) == LLR_OK);
        for (g = 0; g < 3; g++)
            for (b = 0; b < 4; b++) {
                llr_session *plain = tm_session(m, 200, batches[b], 0), *s = tm_guessing(m, 200, batches[b], guesses[g], NULL);
                llr_guesses count = { 0, 0 };
                for (how = 0; how < 4; how++) count = tm_two_lives(plain, s, how, 160);
                CHECK_MSG(batches[b] == 1 ? count.drafted == 0 : count.accepted > 30 && count.drafted > count.accepted, "batch %d, %d guesses: %d drafted, %d accepted",
                          (int)batches[b], (int)guesses[g], (int)count.drafted, (int)count.accepted);
                llr_session_free(plain);
                llr_session_free(s);
            }
        llr_model_close(m);
        free(img.p);
    }
}

/* A draft that is the model itself is nearly always right when the text is greedy; one of other weights, or with too short a
 * context, changes nothing. One of another vocabulary is refused. */
static void test_session_draft(void)
{
    tm_spec taller = tm_llama;
    tm_image img, img2;
    llr_model *m, *small;
    llr_session *plain, *drafts[3], *s;
    llr_session_options o;
    llr_guesses count;
    llr_error err;
    int i, how;
    taller.n_layer = 1;
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK && tm_open(&taller, &img2, &small, &err) == LLR_OK);
    plain = tm_session(m, 200, 16, 0);
    drafts[0] = tm_session(m, 200, 16, 0);
    drafts[1] = tm_session(small, 200, 4, 0);
    drafts[2] = tm_session(m, 40, 16, 0);
    for (i = 0; i < 3; i++) {
        s = tm_guessing(m, 200, 16, 6, drafts[i]);
        count = tm_two_lives(plain, s, 0, 200);
        CHECK_MSG(count.accepted > 0 && count.drafted > count.accepted, "draft %d: %d of %d", i, (int)count.accepted, (int)count.drafted);
        CHECK_MSG(i || s->guess.trust[LLRI_BY_DRAFT] > 0.8f, "%g", (double)s->guess.trust[LLRI_BY_DRAFT]);
        for (how = 1; how < 4; how++) (void)tm_two_lives(plain, s, how, 200);
        llr_session_free(s);
    }
    small->n_vocab--;
    memset(&o, 0, sizeof o);
    o.n_guess = 4;
    o.draft = drafts[1];
    CHECK(llr_session_new(&s, m, &o, &err) == LLR_E_ARG && strstr(err.msg, "39 tokens") && strstr(err.msg, "40"));
    small->n_vocab++;
    o.n_guess = LLR_MAX_GUESS + 1;
    CHECK(llr_session_new(&s, m, &o, &err) == LLR_E_ARG && strstr(err.msg, "15"));
    llr_session_free(plain);
    for (i = 0; i < 3; i++) llr_session_free(drafts[i]);
    llr_model_close(m);
    llr_model_close(small);
    free(img.p);
    free(img2.p);
}

/* Guesses of one session in the company of others: taken when they are right, and none are made. */
static void test_session_guess_company(void)
{
    tm_image img;
    llr_model *m;
    llr_error err;
    llr_session *both[2], *plain;
    const int32_t *tokens[2];
    size_t counts[2] = { 1, 1 };
    int32_t loop[] = { 3, 1, 4, 1, 5, 3, 1, 4, 1, 5, 3, 1, 4, 1, 5 };
    llr_guesses count;
    int i;
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK);
    plain = tm_session(m, 64, 16, 0);
    both[0] = tm_guessing(m, 64, 16, 6, NULL);
    both[1] = tm_guessing(m, 64, 16, 6, NULL);              /* a loop of one token */
    CHECK(llr_session_eval(both[0], loop, 8, &err) == LLR_OK && llr_session_eval(both[0], loop + 8, 1, &err) == LLR_OK);
    llr_session_guesses(both[0], &count);
    CHECK(count.drafted == 6 && count.accepted == 0);
    CHECK(llr_session_eval(plain, loop, 9, &err) == LLR_OK);
    for (i = 9; i < 15; i++) {
        tokens[0] = loop + i;
        tokens[1] = loop;
        if (i == 12) {                                      /* neither goes on, and what was there is gone */
            llr_session_cancel(both[0]);
            CHECK(llr_eval(both, tokens, counts, 2, &err) == LLR_E_CANCELLED && llr_session_pos(both[0]) == 12 && llr_session_pos(both[1]) == 3);
            CHECK(both[1]->guess.len == 0 && both[0]->n_ahead == both[0]->used);
        }
        CHECK(llr_eval(both, tokens, counts, 2, &err) == LLR_OK && llr_session_eval(plain, loop + i, 1, &err) == LLR_OK);
        CHECK(tm_same(llr_session_logits(both[0]), llr_session_logits(plain)));
    }
    llr_session_guesses(both[0], &count);
    CHECK_MSG(count.drafted == 6 && count.accepted == 4, "%d of %d", (int)count.accepted, (int)count.drafted);
    CHECK(llr_session_eval(both[1], loop, 1, &err) == LLR_OK && both[1]->n_ahead == 6);
    for (i = 0; i < 6; i++) CHECK(both[1]->ahead[i] == loop[0]);
    for (i = 0; i < 2; i++) llr_session_free(both[i]);
    llr_session_free(plain);
    llr_model_close(m);
    free(img.p);
}

/* Guesses stay within the positions that have memory, and may use all of them. */
static void test_session_guess_room(void)
{
    static const int32_t same[] = { 3, 3, 3, 3, 3, 3, 3, 3 };
    tm_image img;
    llr_model *m;
    llr_session *s;
    llr_error err;
    int i;
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK);
    s = tm_guessing(m, 200, 16, 6, NULL);
    for (i = 0; i < LLRI_KV_STEP / 4 / 8 - 1; i++) CHECK(llr_session_eval(s, same, 8, &err) == LLR_OK);
    for (i = 0; i < 5; i++) CHECK(llr_session_eval(s, same, 1, &err) == LLR_OK);
    CHECK(llr_session_pos(s) == LLRI_KV_STEP / 4 - 3 && s->backed == LLRI_KV_STEP / 4);
    s->used = s->n_ahead;                                   /* what was guessed right is not evaluated again: begin anew */
    CHECK_MSG(llr_session_eval(s, same, 1, &err) == LLR_OK && s->n_ahead == 2 && s->backed == LLRI_KV_STEP / 4, "%d", (int)s->n_ahead);
    for (i = 0; i < 8; i++) CHECK(llr_session_eval(s, same, 8, &err) == LLR_OK);
    CHECK(s->backed > LLRI_KV_STEP / 4 + 6 && llr_session_rewind(s, LLRI_KV_STEP / 4 - 4) == LLRI_KV_STEP / 4 - 4);
    for (i = 0; i < 3; i++) CHECK(llr_session_eval(s, same, 1, &err) == LLR_OK);
    s->used = s->n_ahead;
    CHECK_MSG(llr_session_eval(s, same, 1, &err) == LLR_OK && s->n_ahead == 6, "%d", (int)s->n_ahead);
    llr_session_free(s);
    llr_model_close(m);
    free(img.p);
}

/* How many are guessed: as many as bring most for the time, none where it does not pay or where nothing is known. */
static void test_session_guess_size(void)
{
    static const float sure[LLR_MAX_GUESS] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    llr_session s;
    float half[LLR_MAX_GUESS];
    double gain;
    int i;
    memset(&s, 0, sizeof s);
    for (i = 0; i < LLR_MAX_GUESS; i++) half[i] = 0.5f;
#define TM_SIZE(chance, max, each) (gain = LLRI_LEAST_GAIN, llri_guess_size(&s, chance, max, each, &gain))
    CHECK(TM_SIZE(sure, 15, 0.0) == 0);                     /* no time is known */
    for (i = 0; i < LLRI_PASS_KINDS; i++) s.guess.seconds[i] = 1.0;
    CHECK(TM_SIZE(sure, 15, 0.0) == 15 && gain == 16.0 && TM_SIZE(sure, 9, 0.0) == 9 && TM_SIZE(sure, 0, 0.0) == 0);
    for (i = 0; i < LLRI_PASS_KINDS; i++) s.guess.seconds[i] = 1 << i;      /* every row costs as much as a pass */
    CHECK(TM_SIZE(sure, 15, 0.0) == 0);
    s.guess.seconds[1] = 1.3;
    CHECK(TM_SIZE(half, 15, 0.0) == 1 && TM_SIZE(half, 15, 0.2) == 0);
    s.guess.seconds[4] = 2.0;
    CHECK(TM_SIZE(sure, 15, 0.0) == 15 && TM_SIZE(half, 15, 0.0) == 1 && TM_SIZE(sure, 15, 1.0) == 0);
#undef TM_SIZE
    for (i = 0; i < 100; i++) llri_average(&s.guess.draft_seconds, 1.0);
    llri_average(&s.guess.draft_seconds, 1000.0);           /* something else had the machine */
    CHECK(s.guess.draft_seconds < 1.1);
}

/* Where guesses are wrong hardly any are made: of four tokens in disorder, any two or three stand somewhere before. */
static void test_session_guess_off(void)
{
    tm_image img;
    llr_model *m;
    llr_error err;
    llr_session *s;
    llr_session_options o;
    llr_guesses count;
    uint32_t seed = 1;
    int32_t x;
    int i;
    memset(&o, 0, sizeof o);
    o.n_guess = LLR_MAX_GUESS;
    o.n_threads = 1;
    CHECK(tm_open(&tm_llama, &img, &m, &err) == LLR_OK && llr_session_new(&s, m, &o, &err) == LLR_OK);
    for (i = 0; i < TM_CTX; i++) {
        seed = seed * 1664525u + 1013904223u;
        x = (int32_t)(seed >> 30);
        CHECK(llr_session_eval(s, &x, 1, &err) == LLR_OK && s->guess.seconds[0] > 0.0);
        memcpy(s->guess.seconds, llri_usual_cost, sizeof llri_usual_cost);      /* whatever else the machine does */
    }
    llr_session_guesses(s, &count);
    CHECK_MSG(count.drafted < TM_CTX / 4, "%d drafted", (int)count.drafted);
    CHECK_MSG(s->guess.trust[1] < 0.5f, "%g", (double)s->guess.trust[1]);
    llr_session_free(s);
    llr_model_close(m);
    free(img.p);
}

/* --- a mapped file that is cut short --------------------------------------------------------------------------------------- */
#ifdef _WIN32
static void test_session_fault(void) { CHECK(1); }
#else
static llr_guard tm_guard;
static void tm_on_fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    if (!llr_guard_catch(&tm_guard, info->si_addr)) { signal(sig, SIG_DFL); raise(sig); }
}

static void tm_guard_start(llr_options *opt, struct sigaction *old)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = tm_on_fault;
    sa.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &sa, old);
    memset(opt, 0, sizeof *opt);
    opt->guard = &tm_guard;
}

/* The call that runs ends with an error, with any number of threads; another model and its sessions go on; all slots of the
 * guard are free in the end. */
static void test_session_fault(void)
{
    tm_image img = tm_model(&tm_llama);
    struct sigaction old;
    llr_options opt;
    llr_error err;
    char path[256];
    int i, threads;
    tg_path(path, sizeof path, "fault.gguf");
    tm_guard_start(&opt, &old);
    opt.no_vocab = 1;
    for (threads = 1; threads < 4; threads += 2) {
        llr_model *m = NULL, *other = NULL;
        llr_session *s, *t;
        llr_session_options so;
        llr_status st;
        float before[TM_VOCAB];
        tg_write(path, img.p, img.n, 0);
        CHECK_MSG(llr_model_open(&m, path, &opt, &err) == LLR_OK, "%s", err.msg);
        CHECK(llr_model_open_mem(&other, img.p, img.n, &opt, &err) == LLR_OK);
        memset(&so, 0, sizeof so);
        so.n_ctx = 64;
        so.n_threads = threads;
        CHECK(llr_session_new(&s, m, &so, &err) == LLR_OK && llr_session_new(&t, other, &so, &err) == LLR_OK);
        CHECK(llr_session_eval(s, tm_tokens(), 5, &err) == LLR_OK && llr_session_eval(t, tm_tokens(), 5, &err) == LLR_OK);
        CHECK(tm_same(llr_session_logits(s), llr_session_logits(t)));
        memcpy(before, llr_session_logits(t), sizeof before);
        CHECK(llr_gguf_check(llr_model_gguf(m), &err) == LLR_OK && truncate(path, 8192) == 0);
        st = llr_session_eval(s, tm_tokens(), 5, &err);
        CHECK_MSG(st == LLR_E_IO && strstr(err.msg, "cut short") && strstr(err.msg, "byte"), "%d %s", (int)st, err.msg);
        CHECK(llr_session_pos(s) == 5 && llr_session_logits(s) == NULL);
        CHECK(llr_session_eval(s, tm_tokens(), 1, &err) == LLR_E_IO && llr_gguf_check(llr_model_gguf(m), NULL) == LLR_E_IO);
        CHECK(llr_gguf_read(llr_model_gguf(m), 0, 0, 0, NULL, &err) == LLR_E_IO && llr_gguf_preload(llr_model_gguf(m), NULL, &err) == LLR_E_IO);
        CHECK(llr_session_eval(t, tm_tokens(), 5, &err) == LLR_OK && llr_gguf_check(llr_model_gguf(other), NULL) == LLR_OK);
        (void)llr_session_rewind(t, 0);
        CHECK(llr_session_eval(t, tm_tokens(), 5, &err) == LLR_OK && tm_same(llr_session_logits(t), before));
        llr_session_free(s);
        llr_session_free(t);
        llr_model_close(m);
        llr_model_close(other);
    }
    {                                           /* while it is opened */
        llr_model *m = NULL;
        llr_status st;
        tg_write(path, img.p, img.n, 0);
        test_cut = path;
        st = llr_model_open(&m, path, &opt, &err);
        test_cut = NULL;
        CHECK_MSG(st == LLR_E_IO && !m && strstr(err.msg, "cut short"), "%d %s", (int)st, st ? err.msg : "");
    }
    for (i = 0; i < LLR_GUARD_FILES; i++) CHECK(tm_guard.file[i].state == 0);
    CHECK(!llr_guard_catch(&tm_guard, path));
    sigaction(SIGBUS, &old, NULL);
    remove(path);
    free(img.p);
}
#endif

#define TESTS_MODEL(X) \
    X(model_describe) X(model_keys) X(model_tensors) X(model_unaligned) X(model_nomem) \
    X(session_reference) X(session_splits) X(session_all_logits) X(session_company) X(session_threads) \
    X(session_rewind) X(session_cancel) X(session_limits) X(session_plan) X(session_available) X(session_ahead) \
    X(session_guess) X(session_draft) X(session_guess_company) X(session_guess_room) X(session_guess_size) X(session_guess_off) \
    X(session_fault)
