/* libFuzzer: any bytes as a GGUF file, opened, read, tokenized with and evaluated. Nothing may crash, hang or take memory
 * out of proportion, and every failure says why. The mutator knows the format: it breaks or changes one thing of a file that
 * opens and keeps the rest in order, so that what lies behind the reader is reached too.
 *
 *     clang -O1 -g -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o fuzz_gguf test/fuzz_gguf.c -lm -lpthread
 *     ./fuzz_gguf -timeout=10 -rss_limit_mb=2048 CORPUS
 */
#include "fuzz.h"

/* ---- what is done with a file -------------------------------------------------------------------------------------- */

static void use_gguf(const llr_gguf *g)
{
    size_t i, k;
    llr_meta meta, element;
    llr_tensor t;
    llr_error err;
    llr_status st;
    float x[256];
    for (i = 0; llr_gguf_meta(g, i, &meta); i++)
        for (k = 0; k < 3; k++) (void)llr_gguf_meta_element(&meta, k, &element);
    for (i = 0; llr_gguf_tensor(g, i, &t); i++)
        if ((st = llr_gguf_read(g, i, 0, t.n_elements < 256 ? (size_t)t.n_elements : 256, x, &err)) != LLR_OK) FUZZ_FAILED(st, err);
}

static void use_template(const llr_gguf *g)
{
    static const char json[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"add_generation_prompt\":true}";
    llr_template *t;
    llr_error err;
    char *text;
    size_t n;
    llr_status st = llr_template_from_gguf(&t, g, NULL, NULL, &err);
    (void)llr_template_fallback(g, NULL);
    if (st) { FUZZ_FAILED(st, err); return; }
    if (llr_template_render(t, json, sizeof json - 1, &text, &n, &err) == LLR_OK) llr_template_text_free(t, text, n);
    llr_template_free(t);
}

static void use_model(const llr_model *m)
{
    static const int32_t ids[5] = { 0, 1, 2, 1, 0 };
    llr_session_options opt;
    llr_model_info info;
    llr_session *s;
    llr_plan plan;
    llr_error err;
    llr_status st;
    memset(&opt, 0, sizeof opt);
    opt.n_ctx = 32;
    opt.n_batch = 4;
    opt.n_threads = 1;
    opt.kv = (llr_kv_type)(llr_gguf_tensor_count(llr_model_gguf(m)) % 3);
    opt.exact = (int)(llr_gguf_meta_count(llr_model_gguf(m)) % 2);
    llr_model_describe(m, &info);
    st = llr_session_plan(m, &opt, &plan, &err);
    if (st) { FUZZ_FAILED(st, err); return; }
    if (plan.kv_bytes + plan.scratch_bytes > 64u << 20) return;
    st = llr_session_new(&s, m, &opt, &err);
    if (st) { FUZZ_FAILED(st, err); return; }
    st = llr_session_eval(s, ids, 5, &err);
    if (st) FUZZ_FAILED(st, err);
    else {
        llr_sampling how;
        llr_sampler *sampler;
        llr_sampling_defaults(&how, llr_model_gguf(m));
        if (llr_sampler_new(&sampler, info.n_vocab, llr_model_gguf(m), &how, NULL, &err) == LLR_OK) {
            int32_t id = llr_sampler_sample(sampler, llr_session_logits(s));
            FUZZ_CHECK(id >= 0 && id < info.n_vocab);
            llr_sampler_free(sampler);
        }
        (void)llr_session_rewind(s, 2);
        (void)llr_session_eval(s, ids, 1, &err);
    }
    llr_session_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = "Hello <s> w\xc3\xb6rld\xff 123 </s>\n";
    llr_gguf *g;
    llr_vocab *v;
    llr_model *m;
    llr_error err;
    llr_status st = llr_gguf_open_mem(&g, data, size, NULL, &err);
    if (st) { FUZZ_FAILED(st, err); return 0; }
    use_gguf(g);
    use_template(g);
    st = llr_vocab_new(&v, g, NULL, &err);
    if (st) FUZZ_FAILED(st, err);
    else {
        fuzz_tokenize(v, text, sizeof text, LLR_TOK_SPECIAL | LLR_TOK_PARSE);
        llr_vocab_free(v);
    }
    llr_gguf_close(g);
    st = llr_model_open_mem(&m, data, size, NULL, &err);
    if (st) FUZZ_FAILED(st, err);
    else {
        use_model(m);
        llr_model_close(m);
    }
    return 0;
}

/* ---- the mutator --------------------------------------------------------------------------------------------------- */

static uint64_t number(uint64_t old)
{
    static const uint64_t edges[] = { 0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 33, 64, 127, 128, 255, 256, 4096, 65535, 65536, 1 << 24, 0x7fffffff, 0x80000000u,
        0xffffffffu, 1ull << 32, 1ull << 40, 1ull << 62, INT64_MAX, 1ull << 63, UINT64_MAX,
        0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 1, 0x00800000, 0x3a83126f };       /* the last: floats */
    switch (fuzz_random(8)) {
    case 0: return old + 1;
    case 1: return old - 1;
    case 2: return old * 2;
    case 3: return old / 2;
    case 4: return fuzz_random(300);
    default: return FUZZ_PICK(edges);
    }
}

static void set_number(uint8_t *p, int n)
{
    uint64_t v = 0;
    int i;
    for (i = 0; i < n; i++) v |= (uint64_t)p[i] << 8 * i;
    for (v = number(v), i = 0; i < n; i++) p[i] = (uint8_t)(v >> 8 * i);
}

/* Another number in one field of a key and its value; all else stays where it is. */
static void break_key(const llri_kv *kv)
{
    uint8_t *key = (uint8_t *)(uintptr_t)kv->key.p, *data = (uint8_t *)(uintptr_t)kv->data;
    uint32_t type = kv->type == LLR_META_ARRAY ? kv->elem_type : kv->type;
    int bytes = (int)llri_meta_bytes(type), counted = kv->type == LLR_META_ARRAY || kv->type == LLR_META_STRING;
    switch (fuzz_random(10)) {
    case 0: set_number(key - 8, 8); break;
    case 1: key[fuzz_random(kv->key.n)] = (uint8_t)fuzz_random(256); break;
    case 2: set_number(key + kv->key.n, 4); break;
    case 3: if (counted) set_number(data - 8, 8); break;
    case 4: if (kv->type == LLR_META_ARRAY) set_number(data - 12, 4); break;
    default:
        if (bytes && kv->count) set_number(data + fuzz_random((size_t)kv->count) * (size_t)bytes, bytes);
        else if (kv->count) data[fuzz_random(kv->type == LLR_META_STRING ? (size_t)kv->count : 16)] = (uint8_t)fuzz_random(256);
    }
}

static void break_tensor(const llri_tensor *t)
{
    uint8_t *name = (uint8_t *)(uintptr_t)t->name.p, *dims = name + t->name.n + 4, *data = (uint8_t *)(uintptr_t)t->data;
    switch (fuzz_random(8)) {
    case 0: set_number(name - 8, 8); break;
    case 1: name[fuzz_random(t->name.n)] = (uint8_t)fuzz_random(256); break;
    case 2: set_number(dims - 4, 4); break;
    case 3: case 4: if (t->n_dims) set_number(dims + 8 * fuzz_random((size_t)t->n_dims), 8); break;
    case 5: set_number(dims + 8 * t->n_dims, 4); break;
    case 6: set_number(dims + 8 * t->n_dims + 4, 8); break;
    default: set_number(data + fuzz_random((size_t)t->n_bytes - (t->n_bytes > 4 ? 4 : 0)), t->n_bytes > 4 ? 4 : 1);
    }
}

static uint64_t kv_bytes(const llri_kv *kv)         /* of the value */
{
    uint64_t i;
    const uint8_t *p = kv->data;
    if (kv->type == LLR_META_STRING) return kv->count;
    if (kv->type != LLR_META_ARRAY) return llri_meta_bytes(kv->type);
    if (kv->elem_type != LLR_META_STRING) return kv->count * llri_meta_bytes(kv->elem_type);
    for (i = 0; i < kv->count; i++) p += 8 + llri_rd64(p);
    return (uint64_t)(p - kv->data);
}

/* Keys and texts of other models: what the loader looks for. A leading dot: after the architecture. */
static const char *const keys[] = { ".attention.sliding_window", ".attention.sliding_window_pattern", ".attention.head_count", ".attention.head_count_kv",
    ".attention.key_length", ".attention.value_length", ".attention.key_length_swa", ".attention.value_length_swa", ".attention.shared_kv_layers",
    ".attention.scale", ".attention.clamp_kqv", ".attention.max_alibi_bias", ".attention.temperature_scale", ".attention.layer_norm_epsilon",
    ".attention.layer_norm_rms_epsilon", ".attention.causal", ".attn_logit_softcapping", ".final_logit_softcapping", ".rope.dimension_count",
    ".rope.dimension_sections", ".rope.freq_base", ".rope.freq_base_swa", ".rope.scaling.type", ".rope.scaling.factor", ".rope.scaling.alpha",
    ".rope.scaling.attn_factor", ".rope.scaling.original_context_length", ".rope.scaling.finetuned", ".rope.scaling.yarn_beta_fast", ".rope.scale_linear",
    ".feed_forward_length", ".expert_count", ".expert_used_count", ".vocab_size", ".embedding_length_per_layer_input", ".nextn_predict_layers",
    ".use_parallel_residual", ".logit_scale", ".embedding_scale", ".residual_scale", "general.alignment", "general.file_type", "split.count", "split.no",
    "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.add_space_prefix", "tokenizer.ggml.remove_extra_whitespaces",
    "tokenizer.ggml.suppress_tokens", "tokenizer.ggml.scores", "tokenizer.ggml.token_type", "tokenizer.chat_template" };
static const char *const texts[] = { "none", "linear", "yarn", "longrope", "llama", "gpt2", "bert", "t5", "rwkv", "plamo2", "gemma4", "whitespace",
    "default", "llama-bpe", "qwen2", "tekken", "kimi-k2", "deepseek-v3", "", "{{ messages[0].content }}", "{% for m in messages %}{{ m.role }}{% endfor %}" };
static const char *const names[] = { "attn_q.weight", "attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_qkv.weight", "attn_qkv.bias", "attn_output.bias",
    "attn_norm.bias", "ffn_norm.bias", "attn_q_norm.weight", "attn_k_norm.weight", "post_attention_norm.weight", "post_ffw_norm.weight",
    "attn_sub_norm.weight", "ffn_sub_norm.weight", "ffn_up.bias", "ffn_down.bias", "ffn_gate.bias", "layer_output_scale.weight", "attn_q.scale",
    "rope_freqs.weight", "attn_sinks.weight", "attn_norm_2.weight" };

/* One change that moves what follows it. */
enum edit { DROP_KEY, COPY_KEY, SET_TEXT, NEW_KEY, RENAME_KEY, NEW_ARCH, DROP_TENSOR, RENAME_TENSOR, N_EDITS, WANT_KEY, WANT_TENSOR, WANT_NOT };
typedef struct want { char name[128]; unsigned long long n[2]; } want;      /* a key; a tensor and its shape */

static void put_new_key(fuzz_out *o, llri_str arch)
{
    const char *key = FUZZ_PICK(keys);
    char name[256];
    size_t i, n = fuzz_random(6);
    (void)snprintf(name, sizeof name, "%.*s%s", *key == '.' ? (int)(arch.n < 64 ? arch.n : 64) : 0, arch.p, key);
    switch (fuzz_random(5)) {
    case 0: fuzz_key(o, name, LLR_META_F32); fuzz_int(o, number(0x3f800000), 4); break;
    case 1: fuzz_key(o, name, LLR_META_BOOL); fuzz_int(o, fuzz_random(2), 1); break;
    case 2: key = FUZZ_PICK(texts); fuzz_key(o, name, LLR_META_STRING); fuzz_text(o, key, strlen(key)); break;
    case 3: fuzz_array(o, name, n & 1 ? LLR_META_BOOL : LLR_META_I32, n); for (i = 0; i < n; i++) fuzz_int(o, number(i), n & 1 ? 1 : 4); break;
    default: fuzz_key(o, name, LLR_META_U32); fuzz_int(o, number(8), 4);
    }
}

/* The file g, whose bytes are data, with one edit. */
static void rebuild(fuzz_out *o, const llr_gguf *g, const uint8_t *data, size_t size, enum edit edit, const want *w)
{
    size_t i, start, kept = 0, k = fuzz_random(g->n_kvs), t = fuzz_random(g->n_tensors), align = 32, end = 24;
    const llri_kv *kv = llri_gguf_kv(g, "general.architecture"), *al = llri_gguf_kv(g, "general.alignment");
    llri_str arch = { "", 0 };
    const char *other = llr_arch_name((int)fuzz_random(LLRI_N_ARCHS)), *s;
    char name[64];
    if (kv) (void)llri_kv_str(kv, &arch);
    if (al) align = llri_rd32(al->data);
    fuzz_put(o, data, 8);
    for (i = 0; i < g->n_tensors; i++)
        kept += !(edit == DROP_TENSOR && i == t) && !(edit >= WANT_TENSOR && llri_str_eq(g->tensors[i].name, w->name));
    fuzz_int(o, kept + (edit == WANT_TENSOR), 8);
    fuzz_int(o, g->n_kvs - (edit == DROP_KEY && g->n_kvs > 0) + (edit == COPY_KEY && g->n_kvs > 0) + (edit == NEW_KEY || edit == WANT_KEY), 8);
    for (i = 0; i < g->n_kvs; i++) {
        size_t rest, header;
        kv = &g->kvs[i];
        header = (size_t)(kv->data - (const uint8_t *)kv->key.p) - kv->key.n;
        rest = header + (size_t)kv_bytes(kv);
        end = (size_t)(kv->data + kv_bytes(kv) - data);
        if (edit == DROP_KEY && i == k) continue;
        if (edit == SET_TEXT && i == k && kv->type == LLR_META_STRING) {
            s = FUZZ_PICK(texts);
            fuzz_text(o, kv->key.p, kv->key.n);
            fuzz_int(o, LLR_META_STRING, 4);
            fuzz_text(o, s, strlen(s));
            continue;
        }
        if (edit == NEW_ARCH && llri_str_eq(kv->key, "general.architecture")) {
            fuzz_text(o, kv->key.p, kv->key.n);
            fuzz_int(o, LLR_META_STRING, 4);
            fuzz_text(o, other, strlen(other));
            continue;
        }
        if (edit == NEW_ARCH && arch.n && kv->key.n > arch.n && !memcmp(kv->key.p, arch.p, arch.n)) {
            fuzz_int(o, kv->key.n - arch.n + strlen(other), 8);
            fuzz_put(o, other, strlen(other));
            fuzz_put(o, kv->key.p + arch.n, kv->key.n - arch.n);
        } else if (edit == RENAME_KEY && i == k) {
            s = FUZZ_PICK(keys);
            fuzz_int(o, strlen(s) + (*s == '.' ? arch.n : 0), 8);
            if (*s == '.') fuzz_put(o, arch.p, arch.n);
            fuzz_put(o, s, strlen(s));
        } else fuzz_text(o, kv->key.p, kv->key.n);
        fuzz_put(o, kv->key.p + kv->key.n, rest);
        if (edit == COPY_KEY && i == k) {
            fuzz_int(o, kv->key.n + 1, 8);
            fuzz_put(o, kv->key.p, kv->key.n);
            fuzz_put(o, "2", 1);
            fuzz_put(o, kv->key.p + kv->key.n, rest);
        }
    }
    if (edit == NEW_KEY) put_new_key(o, arch);
    if (edit == WANT_KEY) {
        uint32_t type = strstr(w->name, "epsilon") || strstr(w->name, "scale") ? LLR_META_F32 : strstr(w->name, "parallel") ? LLR_META_BOOL : LLR_META_U32;
        fuzz_key(o, w->name, type);
        fuzz_int(o, type == LLR_META_F32 ? 0x3a83126f : 1 + fuzz_random(2), type == LLR_META_BOOL ? 1 : 4);
    }
    for (i = 0; i < g->n_tensors; i++) {
        const llri_tensor *x = &g->tensors[i];
        size_t rest = 4 + 8 * (size_t)x->n_dims + 12;
        end = (size_t)((const uint8_t *)x->name.p - data) + x->name.n + rest;
        if ((edit == DROP_TENSOR && i == t) || (edit >= WANT_TENSOR && llri_str_eq(x->name, w->name))) continue;
        if (edit == RENAME_TENSOR && i == t) {
            (void)snprintf(name, sizeof name, fuzz_random(4) ? "blk.%d.%s" : "%.0d%s", (int)fuzz_random(3), FUZZ_PICK(names));
            fuzz_text(o, name, strlen(name));
        } else fuzz_text(o, x->name.p, x->name.n);
        fuzz_put(o, x->name.p + x->name.n, rest);
    }
    end = (end + align - 1) / align * align;
    size = end < size ? size - end : 0;                 /* of the tensors */
    if (edit == WANT_TENSOR) {
        fuzz_text(o, w->name, strlen(w->name));
        fuzz_int(o, 2, 4);
        fuzz_int(o, w->n[0], 8);
        fuzz_int(o, w->n[1], 8);
        fuzz_int(o, LLRI_F32, 4);
        fuzz_int(o, (size + align - 1) / align * align, 8);
    }
    while (o->n % align) fuzz_int(o, 0, 1);
    start = o->n;
    fuzz_put(o, data + end, size);
    if (edit != WANT_TENSOR) return;
    while ((o->n - start) % align) fuzz_int(o, 0, 1);
    for (i = 0; i < w->n[0] * w->n[1]; i++) fuzz_int(o, 0x3d800000u + (uint32_t)fuzz_random(1 << 24), 4);
}

/* After another architecture: what the loader misses is added, by what it says, so that small models of all of them come
 * into being. data has room for max_size bytes; returns the new size. */
static size_t complete(uint8_t *data, size_t size, size_t max_size)
{
    fuzz_out o;
    int i;
    o.p = (uint8_t *)malloc(max_size);
    o.room = max_size;
    for (i = 0; o.p && i < 60; i++) {
        llr_options opt;
        llr_model *m;
        llr_gguf *g;
        llr_error err;
        want w;
        const char *at;
        enum edit edit;
        memset(&opt, 0, sizeof opt);
        opt.no_vocab = 1;
        memset(&w, 0, sizeof w);
        if (llr_model_open_mem(&m, data, size, &opt, &err) == LLR_OK) { llr_model_close(m); break; }
        if (sscanf(err.msg, "the metadata key %127s is missing", w.name) == 1) {
            edit = WANT_KEY;
        } else if (sscanf(err.msg, "the tensor %127s has the shape", w.name) == 1 && (at = strstr(err.msg, "asks for [")) != NULL &&
                   sscanf(at, "asks for [%llu, %llu]", &w.n[0], &w.n[1]) == 2 && w.n[0] <= 4096 && w.n[1] <= 4096) edit = WANT_TENSOR;
        else if (sscanf(err.msg, "the tensor %127s is missing", w.name) == 1) { edit = WANT_TENSOR; w.n[0] = w.n[1] = 1; }
        else if ((at = strstr(err.msg, "what its tensor ")) != NULL && sscanf(at, "what its tensor %127s is", w.name) == 1) edit = WANT_NOT;
        else break;
        if (llr_gguf_open_mem(&g, data, size, NULL, NULL)) break;
        o.n = 0;
        rebuild(&o, g, data, size, edit, &w);
        llr_gguf_close(g);
        if (o.n > max_size) break;
        memcpy(data, o.p, size = o.n);
    }
    free(o.p);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    llr_gguf *g = NULL;
    fuzz_out o;
    fuzz_seed(seed);
    o.room = max_size;
    o.n = 0;
    o.p = NULL;
    if (size < 24 || fuzz_random(5000) == 0) {
        o.p = data;
        fuzz_vocab(&o, fuzz_random(FUZZ_MODELS), fuzz_random(FUZZ_PRES));
        return o.n <= max_size ? o.n : LLVMFuzzerMutate(data, size, max_size);
    }
    if (fuzz_random(16) == 0 || llr_gguf_open_mem(&g, data, size, NULL, NULL)) return LLVMFuzzerMutate(data, size, max_size);
    if (fuzz_random(3) == 0 && (o.p = (uint8_t *)malloc(max_size)) != NULL) {
        enum edit edit = (enum edit)fuzz_random(N_EDITS);
        rebuild(&o, g, data, size, edit, NULL);
        if (o.n <= max_size) memcpy(data, o.p, size = o.n);
        free(o.p);
        if (edit == NEW_ARCH && fuzz_random(4)) size = complete(data, size, max_size);
    } else {
        size_t i = fuzz_random(g->n_kvs + g->n_tensors + 1);
        if (i < g->n_kvs) break_key(&g->kvs[i]);
        else if (i < g->n_kvs + g->n_tensors) break_tensor(&g->tensors[i - g->n_kvs]);
        else if (fuzz_random(2)) set_number(data + 4 + fuzz_random(13), 8);
        else size = fuzz_random(size) + 1;
    }
    llr_gguf_close(g);
    return size;
}
