/* libFuzzer: any bytes as a GGUF file, opened, read, tokenized with and evaluated. Nothing may crash, hang or take memory
 * out of proportion.
 *
 *     clang -O1 -g -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o fuzz_gguf test/fuzz_gguf.c -lm -lpthread
 *     ./fuzz_gguf -timeout=10 -rss_limit_mb=2048 CORPUS
 */
#define LLRUN_IMPLEMENTATION
#include "../llrun.h"

static void use_gguf(const llr_gguf *g)
{
    size_t i, k;
    llr_meta meta, element;
    llr_tensor t;
    float x[256];
    for (i = 0; llr_gguf_meta(g, i, &meta); i++)
        for (k = 0; k < 3; k++) (void)llr_gguf_meta_element(&meta, k, &element);
    for (i = 0; llr_gguf_tensor(g, i, &t); i++) (void)llr_gguf_read(g, i, 0, 256, x, NULL);
}

static void use_vocab(const llr_vocab *v)
{
    static const char text[] = "Hello <s> w\xc3\xb6rld\xff 123 </s>\n";
    int32_t ids[128];
    char out[512];
    size_t n = 0, n_out;
    if (llr_tokenize(v, text, sizeof text, LLR_TOK_SPECIAL | LLR_TOK_PARSE, ids, 128, &n, NULL) == LLR_OK)
        (void)llr_detokenize(v, ids, n, out, sizeof out, &n_out, NULL);
}

static void use_model(const llr_model *m)
{
    static const int32_t ids[5] = { 0, 1, 2, 1, 0 };
    llr_session_options opt;
    llr_session *s;
    llr_plan plan;
    memset(&opt, 0, sizeof opt);
    opt.n_ctx = 32;
    opt.n_batch = 4;
    opt.n_threads = 1;
    if (llr_session_plan(m, &opt, &plan, NULL) || plan.kv_bytes + plan.scratch_bytes > 64u << 20) return;
    if (llr_session_new(&s, m, &opt, NULL)) return;
    (void)llr_session_eval(s, ids, 5, NULL);
    llr_session_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    llr_gguf *g;
    llr_vocab *v;
    llr_model *m;
    if (llr_gguf_open_mem(&g, data, size, NULL, NULL) == LLR_OK) {
        use_gguf(g);
        if (llr_vocab_new(&v, g, NULL, NULL) == LLR_OK) {
            use_vocab(v);
            llr_vocab_free(v);
        }
        llr_gguf_close(g);
    }
    if (llr_model_open_mem(&m, data, size, NULL, NULL) == LLR_OK) {
        use_model(m);
        llr_model_close(m);
    }
    return 0;
}
