/* Tests of >>tokenizer: vocabularies are built here, byte by byte, as GGUF images without tensors. */
#include "fail_alloc.h"

typedef struct tok_image { uint8_t *p; size_t n; uint64_t n_kvs; } tok_image;
#define TOK_IMAGE_ROOM ((size_t)1 << 16)

static void tok_bytes(tok_image *t, const void *p, size_t n) {
    if (t->n + n > TOK_IMAGE_ROOM) return;
    memcpy(t->p + t->n, p, n);
    t->n += n;
}

static void tok_number(tok_image *t, uint64_t v, int n) {
    for (; n; n--, v >>= 8) { uint8_t b = (uint8_t)v; tok_bytes(t, &b, 1); }
}

static void tok_string(tok_image *t, const char *s) {
    tok_number(t, strlen(s), 8);
    tok_bytes(t, s, strlen(s));
}

static void tok_key(tok_image *t, const char *key, uint32_t type) {
    tok_string(t, key);
    tok_number(t, type, 4);
    t->n_kvs++;
}

static void tok_begin(tok_image *t) {
    t->p = (uint8_t *)malloc(TOK_IMAGE_ROOM);
    t->n = t->n_kvs = 0;
    tok_bytes(t, "GGUF", 4);
    tok_number(t, 3, 4);
    tok_number(t, 0, 8);
    tok_number(t, 0, 8);
}

static void tok_text(tok_image *t, const char *key, const char *value) { tok_key(t, key, LLR_META_STRING); tok_string(t, value); }
static void tok_u32(tok_image *t, const char *key, uint32_t v) { tok_key(t, key, LLR_META_U32); tok_number(t, v, 4); }
static void tok_flag(tok_image *t, const char *key, int v) { tok_key(t, key, LLR_META_BOOL); tok_number(t, (uint64_t)v, 1); }

static void tok_array(tok_image *t, const char *key, uint32_t type, size_t n) {
    tok_key(t, key, LLR_META_ARRAY);
    tok_number(t, type, 4);
    tok_number(t, n, 8);
}

static void tok_i32s(tok_image *t, const char *key, const int32_t *v, size_t n) {
    tok_array(t, key, LLR_META_I32, n);
    for (size_t i = 0; i < n; i++) tok_number(t, (uint32_t)v[i], 4);
}

static void tok_floats(tok_image *t, const char *key, const float *v, size_t n) {
    tok_array(t, key, LLR_META_F32, n);
    for (size_t i = 0; i < n; i++) { uint32_t u; memcpy(&u, &v[i], 4); tok_number(t, u, 4); }
}

/* Texts separated by single spaces; "@" stands for a space inside one. */
static size_t tok_list(tok_image *t, const char *key, const char *texts) {
    size_t n = 1, len;
    const char *p;
    char word[128];
    for (p = texts; *p; p++) n += *p == ' ';
    tok_array(t, key, LLR_META_STRING, n);
    for (p = texts;; p++) {
        for (len = 0; *p && *p != ' '; p++) word[len++] = *p == '@' ? ' ' : *p;
        word[len] = 0;
        tok_string(t, word);
        if (!*p) return n;
    }
}

static llr_status tok_open(tok_image *t, llr_gguf **g, llr_vocab **v, const llr_options *opt, llr_error *err) {
    tok_image count;
    uint8_t head[8];
    llr_status st;
    *g = NULL;
    *v = NULL;
    count.p = head;
    count.n = 0;
    tok_number(&count, t->n_kvs, 8);
    memcpy(t->p + 16, head, 8);
    st = llr_gguf_open_mem(g, t->p, t->n, opt, err);
    if (st == LLR_OK) st = llr_vocab_new(v, *g, opt, err);
    return st;
}

/* A vocabulary under test. types: one digit per token (GGUF's token types), NULL: all normal. */
typedef struct tok_vocab { tok_image image; llr_gguf *g; llr_vocab *v; llr_error err; llr_status st; } tok_vocab;

static void tok_start(tok_vocab *x, const char *model, const char *pre, const char *tokens, const char *types) {
    size_t n;
    tok_begin(&x->image);
    if (model) tok_text(&x->image, "tokenizer.ggml.model", model);
    if (pre) tok_text(&x->image, "tokenizer.ggml.pre", pre);
    n = tok_list(&x->image, "tokenizer.ggml.tokens", tokens);
    if (types) {
        tok_array(&x->image, "tokenizer.ggml.token_type", LLR_META_I32, n);
        for (size_t i = 0; i < n; i++) tok_number(&x->image, i < strlen(types) ? (uint64_t)(types[i] - '0') : 1, 4);
    }
}

static int tok_finish(tok_vocab *x) {
    x->st = tok_open(&x->image, &x->g, &x->v, NULL, &x->err);
    return x->st == LLR_OK;
}

static void tok_close(tok_vocab *x) {
    llr_vocab_free(x->v);
    llr_gguf_close(x->g);
    free(x->image.p);
}

/* Ids of a text as "1 2 3", or the error. */
static const char *tok_ids(const llr_vocab *v, const char *text, unsigned flags) {
    static char out[1024];
    int32_t ids[128];
    size_t n = 0, at = 0, i;
    llr_error err;
    out[0] = 0;
    if (!v) return "no vocabulary";
    if (llr_tokenize(v, text, strlen(text), flags, ids, 128, &n, &err) != LLR_OK) {
        (void)snprintf(out, sizeof out, "%s", err.msg);
        return out;
    }
    for (i = 0; i < n && at < sizeof out - 16; i++) at += (size_t)snprintf(out + at, sizeof out - at, "%s%d", i ? " " : "", (int)ids[i]);
    return out;
}

static const char *tok_back(const llr_vocab *v, const int32_t *ids, size_t n) {
    static char out[256];
    size_t len = 0;
    llr_error err;
    if (!v) return "no vocabulary";
    if (llr_detokenize(v, ids, n, out, sizeof out - 1, &len, &err) != LLR_OK) return "error";
    out[len] = 0;
    return out;
}

static const char *tok_piece(const llr_vocab *v, int32_t id, int special) {
    static char out[64];
    size_t n = v ? llr_token_piece(v, id, special, out, sizeof out - 1) : 0;
    out[n < 63 ? n : 63] = 0;
    return out;
}

#define TOK_IS(v, text, flags, want) do { \
        const char *got_ = tok_ids(v, text, flags); \
        CHECK_MSG(strcmp(got_, want) == 0, "\"%s\" gives %s instead of %s", text, got_, want); \
    } while (0)
#define TOK_TEXT(got, want) do { const char *got_ = got; CHECK_MSG(strcmp(got_, want) == 0, "\"%s\" instead of \"%s\"", got_, want); } while (0)

#define TOK_SP "\xe2\x96\x81"       /* U+2581 */
#define TOK_G  "\xc4\xa0"           /* U+0120: a space in GPT-2's alphabet */
#define TOK_N  "\xc4\x8a"           /* U+010A: a line feed */

static void test_tok_unicode(void) {
    static const struct { uint32_t cp; int cls; } rows[] = {
        { 0x41, LLRI_UC_L }, { 0x30, LLRI_UC_N }, { 0x24, LLRI_UC_S }, { 0x5f, LLRI_UC_P }, { 0, LLRI_UC_CONTROL }, { 0x20, LLRI_UC_Z },
        { 0xaa, LLRI_UC_L }, { 0xbd, LLRI_UC_N }, { 0x301, LLRI_UC_M }, { 0x378, LLRI_UC_OTHER }, { 0x4e00, LLRI_UC_L }, { 0x9fff, LLRI_UC_L },
        { 0xac00, LLRI_UC_L }, { 0x2028, LLRI_UC_Z }, { 0x200b, LLRI_UC_CONTROL }, { 0xd800, LLRI_UC_CONTROL }, { 0xe000, LLRI_UC_CONTROL },
        { 0xfffd, LLRI_UC_S }, { 0x1f600, LLRI_UC_S }, { 0x323af, LLRI_UC_L }, { 0x323b0, LLRI_UC_OTHER }, { 0x10fffd, LLRI_UC_CONTROL },
        { 0x10ffff, LLRI_UC_OTHER }, { 0x110000, LLRI_UC_OTHER }, { 0xffffffffu, LLRI_UC_OTHER }
    };
    static const uint32_t lower[][2] = { { 'A', 'a' }, { 'z', 'z' }, { 0xc9, 0xe9 }, { 0xd7, 0xd7 }, { 0x100, 0x101 }, { 0x101, 0x101 },
        { 0x130, 'i' }, { 0x416, 0x436 }, { 0x1e9e, 0xdf }, { 0x2126, 0x3c9 }, { 0x10400, 0x10428 }, { 0x1e921, 0x1e943 } };
    static const uint32_t nfd[][2] = { { 'A', 'A' }, { 0xc9, 'E' }, { 0xe9, 'e' }, { 0x1ed9, 'o' }, { 0x212b, 'A' }, { 0x344, 0x308 },
        { 0xac00, 0x1100 }, { 0xd7a3, 0x1112 }, { 0xf900, 0x8c48 }, { 0x2f800, 0x4e3d }, { 0x2fa1d, 0x2a600 }, { 0x4e00, 0x4e00 } };
    llri_uni *u = (llri_uni *)malloc(sizeof *u);
    size_t i, hint = 0;
    llri_uni_unpack(u);
    CHECK(u->cls[LLRI_UNI_CLASSES] >> 3 == 0x110000);
    for (i = 0; i < LLRI_N_OF(rows); i++)
        CHECK_MSG(llri_uni_class(u, rows[i].cp, &hint) == rows[i].cls, "U+%04X has class %d", (unsigned)rows[i].cp, llri_uni_class(u, rows[i].cp, &hint));
    for (i = 0; i < LLRI_N_OF(lower); i++)
        CHECK_MSG(llri_uni_tolower(u, lower[i][0]) == lower[i][1], "lower of U+%04X", (unsigned)lower[i][0]);
    for (i = 0; i < LLRI_N_OF(nfd); i++)
        CHECK_MSG(llri_uni_nfd_base(u, nfd[i][0]) == nfd[i][1], "base of U+%04X is U+%04X", (unsigned)nfd[i][0], (unsigned)llri_uni_nfd_base(u, nfd[i][0]));
    for (i = 1; i < LLRI_UNI_NFD; i++) CHECK(u->nfd[i].first > u->nfd[i - 1].last);
    for (i = 1; i < LLRI_UNI_LOWER; i++) CHECK(u->lower[i].first > u->lower[i - 1].last);
    for (i = 0; i < 256; i++) CHECK(llri_char_byte(llri_byte_char((uint8_t)i)) == (int)i);
    CHECK(llri_char_byte(0x144) == -1 && llri_char_byte(0xad) == -1 && llri_char_byte(' ') == -1);
    free(u);
}

/* How each pre-tokenizer cuts; | marks the cuts. Made with an independent regular expression engine. */
static const struct { const char *pre, *words; } test_tok_pre_rows[] = {
    { "llama3", "I|'LL| go| | |123|456|7|\n\n| | x|=|1|;|\t|(H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!\n| " },
    { "dbrx", "I|'LL| go| | |123|456|7|\n\n| | x|=|1|;|\t|(H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!\n| " },
    { "glm4", "I|'LL| go| | |123|456|7|\n\n| | x|=|1|;|\t|(H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!\n| " },
    { "jais-2", "a|                |    | b| |12" },
    { "qwen2", "I|'LL| go| | |1|2|3|4|5|6|7|\n\n| | x|=|1|;|\t|(H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!\n| " },
    { "stablelm2", "I|'LL| go| | |1|2|3|4|5|6|7|\n\n| | x|=|1|;|\t|(H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!\n| " },
    { "qwen35", "e\xcc\x81""a| |1|2| \xcc\x81" },
    { "laguna", "a| |\n\n| b|'s" },
    { "minicpm5", "a| |123|45|\n" },
    { "seed-coder", "a|!!|\n\n| |1|2" },
    { "bailingmoe", "a|\n\n| '|S| |1|2" },
    { "exaone-moe", "ab cd| | e\xcc\x81 f| |1|2|/\n|\n" },
    { "gpt-2", "I|'|LL| go| | 1234567|\n\n | x|=|1|;|\t|(|H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!|\n " },
    { "trillion", "I|'|LL| go| | 1234567|\n\n | x|=|1|;|\t|(|H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!|\n " },
    { "starcoder", "I|'|LL| go|  |1|2|3|4|5|6|7|\n\n | x|=|1|;|\t|(|H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!|\n " },
    { "command-r", "I|'|LL| go|  |1|2|3|4|5|6|7|\n\n | x|=|1|;|\t|(|H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don|'t|!!|\n " },
    { "falcon", "a|==|b| |123|45| it|'|s" },
    { "default", "a|==|b| |123|45| it|'|s" },
    { "chameleon", "a|  |<|sentinel|:|1|2|>|IMGIMGABZ| |1|2|\t|\n|!|!|x" },
    { "bloom", "Hi|,| you| (|there|) | x" },
    { "poro-chat", "I'LL| go| | 1234567|\n\n | x=1;|\t(|H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC|)| don't|!!\n " },
    { "viking", "ab|1|2|,| c" },
    { "tekken", "Hello|WORLDs| foo|Bar|1|2|/\n" },
    { "gpt-4o", "Hello|WORLD's| |123|45|//\n|x" },
    { "granite-embed-multi-97m", "e\xcc\x81|A'S| |123|4" },
    { "tiny_aya", "a| | |1|234|567| b|12" },
    { "youtu", "\xef\xbc\x81\xe2\x80\xa6|ab|\xed\x95\x9c\xea\xb8\x80|\xe3\x84\x85|\xe4\xb8\xad|'s| |1|2" },
    { "kimi-k2", "\xe4\xb8\xad\xe6\x96\x87|abc's|\xe4\xb8\xad| |123|4|!\n" },
    { "superbpe", "ab |1|234|567|x|12" },
    { "deepseek-v3", "!ab| |123|4|\xe3\x81\x82\xe3\x81\x84|c|.\n" },
    { "afmoe", "a| | |1|234|567| b|12|\xe0\xb9\x84|\xe0\xb8\x97\xe0\xb8\xa2|!ab" },
    { "deepseek-coder", "if| (|x|)|\r|\n| | y|;|\xe4\xb8\xad|1|2" },
    { "deepseek-llm", "Hi| \xc3\x89|t|\xc3\xa9| !\xef\xbc\x81| |\xe4\xb8\xad\xe6\x96\x87| |123|  " },
    { "gemma4", "a b|\n\n|c" },
    { "sarvam-moe", "I'LL go  1234567|\n\n|  x=1;\t(H\xc3\xa9\xe4\xb8\xad\xe6\x96\x87\xd0\x96""aBC) don't!!|\n| " },
    { "whitespace", "a|  |b" }
};

/* Writes text with | between the words. */
static void tok_cut(const llri_pre *pre, const llri_uni *uni, const char *text, size_t n, char *out) {
    llri_cuts c;
    llr_vocab v;
    llri_rx *rx = (llri_rx *)malloc(sizeof *rx);
    size_t i, len, hint = 0, at = 0;
    memset(&v, 0, sizeof v);
    v.uni = (llri_uni *)uni;
    c.text = (const uint8_t *)text;
    c.off = (uint32_t *)malloc((n + 1) * sizeof *c.off);
    c.sym = (uint8_t *)malloc(n + 1);
    c.cut = (uint8_t *)calloc(n + 1, 1);
    c.n = 0;
    for (i = 0; i < n; i += len) {
        len = llri_utf8_announced(c.text[i]);
        c.off[c.n] = (uint32_t)i;
        c.sym[c.n++] = llri_symbol_of(&v, llri_utf8_get(c.text + i, len), &hint);
    }
    c.off[c.n] = (uint32_t)n;
    for (i = 0; i < 6 && pre->rx[i]; i++) {
        CHECK_MSG(llri_rx_compile(rx, pre->rx[i]), "pattern %d of %s", (int)i, pre->names);
        if (rx->groups) llri_rx_cut_groups(rx->groups, &c);
        else llri_rx_cut(rx, &c);
    }
    for (i = 0; i < c.n; i++) {
        if (i && c.cut[i]) out[at++] = '|';
        memcpy(out + at, text + c.off[i], c.off[i + 1] - c.off[i]);
        at += c.off[i + 1] - c.off[i];
    }
    out[at] = 0;
    free(c.off);
    free(c.sym);
    free(c.cut);
    free(rx);
}

static void test_tok_pre(void) {
    llri_uni *u = (llri_uni *)malloc(sizeof *u);
    size_t i, k, n;
    char text[256], got[512];
    llri_uni_unpack(u);
    CHECK(LLRI_N_OF(test_tok_pre_rows) == LLRI_N_OF(llri_pre_table));
    for (i = 0; i < LLRI_N_OF(test_tok_pre_rows); i++) {
        const char *w = test_tok_pre_rows[i].words;
        const llri_pre *pre = llri_pre_find(llri_cstr(test_tok_pre_rows[i].pre));
        CHECK_MSG(pre == &llri_pre_table[i], "%s is not where it should be", test_tok_pre_rows[i].pre);
        for (k = n = 0; w[k]; k++)
            if (w[k] != '|') text[n++] = w[k];
        if (pre) tok_cut(pre, u, text, n, got);
        CHECK_MSG(pre && strcmp(got, w) == 0, "%s: %s instead of %s", test_tok_pre_rows[i].pre, got, w);
    }
    CHECK(llri_pre_find(llri_cstr("mpt")) && llri_pre_find(llri_cstr("jais")) && llri_pre_find(llri_cstr("roberta-bpe")));
    CHECK(!llri_pre_find(llri_cstr("")) && !llri_pre_find(llri_cstr("jais ")) && !llri_pre_find(llri_cstr("lla")) && !llri_pre_find(llri_cstr("mpt olmo")));
    free(u);
}

/* Every pattern on runs of 60000 characters: quadratic time would take minutes. */
static void test_tok_long_runs(void) {
    static const char *const runs[] = { "a", " ", "A", "\n ", "1", "!", "<sentinel:1", "\xd0\x96", "IMG" };
    const size_t n = 60000;
    llri_uni *u = (llri_uni *)malloc(sizeof *u);
    char *text = (char *)malloc(n + 16), *got = (char *)malloc(2 * n + 16);
    size_t i, k, len;
    llri_uni_unpack(u);
    for (i = 0; i < LLRI_N_OF(llri_pre_table); i++)
        for (k = 0; k < LLRI_N_OF(runs); k++) {
            for (len = 0; len + strlen(runs[k]) < n; len += strlen(runs[k])) memcpy(text + len, runs[k], strlen(runs[k]));
            text[len++] = 'x';
            tok_cut(&llri_pre_table[i], u, text, len, got);
            CHECK(strlen(got) >= len);
        }
    free(text);
    free(got);
    free(u);
}

static void test_tok_spm(void) {
    static const int32_t hello[] = { 11, 8, 3, 7 }, bytes[] = { 1, 12, 13, 2 };
    static const float scores[] = { 0, 0, 0, -1, -2, -3, -4, -1, -9, -9, -9, -0.5f, 0, 0, 0, 0 };
    tok_vocab x;
    tok_start(&x, "llama", NULL, "<unk> <s> </s> " TOK_SP "h ell el lo h o l e " TOK_SP "hel <0xC3> <0xA9> <0x0A> " TOK_SP, "2331111111116661");
    tok_floats(&x.image, "tokenizer.ggml.scores", scores, 16);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "hello", 0, "11 6");                     /* the best score first, so that ell never comes up */
    TOK_IS(x.v, "hello", LLR_TOK_SPECIAL, "1 11 6");
    TOK_IS(x.v, "cell", 0, "15 0 4");
    TOK_IS(x.v, "", LLR_TOK_SPECIAL, "1");
    TOK_IS(x.v, "", 0, "");
    TOK_IS(x.v, "ll", 0, "15 9 9");
    TOK_IS(x.v, "\xc3\xa9", 0, "15 12 13");              /* bytes */
    TOK_IS(x.v, "\xc3", 0, "15 12");                     /* invalid UTF-8: the same */
    TOK_IS(x.v, "z", 0, "15 0");                         /* no byte token */
    TOK_IS(x.v, "h</s>h", LLR_TOK_PARSE, "3 2 3");       /* a space after a special token too */
    TOK_IS(x.v, "h\n", 0, "3 14");
    TOK_TEXT(tok_back(x.v, hello, 4), "helo hh");         /* the first space is taken off */
    TOK_TEXT(tok_back(x.v, bytes, 4), "<s>\xc3\xa9</s>");
    TOK_TEXT(tok_piece(x.v, 3, 0), " h");
    TOK_TEXT(tok_piece(x.v, 1, 0), "");
    TOK_TEXT(tok_piece(x.v, 1, 1), "<s>");
    TOK_TEXT(tok_piece(x.v, 99, 1), "");
    CHECK(llr_token_piece(x.v, 11, 0, NULL, 0) == 4 && llr_vocab_size(x.v) == 16);
    CHECK(llr_vocab_is_eog(x.v, 2) && !llr_vocab_is_eog(x.v, 1) && llr_vocab_is_control(x.v, 1) && !llr_vocab_is_control(x.v, 3) && !llr_vocab_is_eog(x.v, -1));
    if (x.v) {
        llr_vocab_info info;
        int32_t out[2] = { 7, 7 };
        size_t n = 0;
        llr_vocab_describe(x.v, &info);
        CHECK(info.bos == 1 && info.eos == 2 && info.unk == 0 && info.nl == 14 && info.add_bos && !info.add_eos && strcmp(info.model, "llama") == 0);
        CHECK(llr_tokenize(x.v, "hello", 5, 0, out, 1, &n, &x.err) == LLR_E_FULL && n == 2 && out[0] == 11 && out[1] == 7);
        CHECK(llr_tokenize(x.v, "hello", 5, 0, NULL, 0, &n, NULL) == LLR_E_FULL && n == 2);
        CHECK(llr_tokenize(x.v, NULL, 5, 0, out, 2, &n, &x.err) == LLR_E_ARG);
        CHECK(llr_detokenize(x.v, out, 2, NULL, 0, &n, &x.err) == LLR_E_FULL && n == 4);
        out[1] = 16;
        CHECK(llr_detokenize(x.v, out, 2, NULL, 0, &n, &x.err) == LLR_E_ARG);
        CHECK(llri_vocab_find(x.v, llri_cstr("lo")) == 6 && llri_vocab_find(x.v, llri_cstr("nope")) == -1 && llri_vocab_find(x.v, llri_cstr("")) == -1);
        CHECK(llri_gguf_has_vocab(x.g));
    }
    tok_close(&x);
}

/* Equal scores: the leftmost pair first. NaN: after all others. Longest pieces do not win by themselves. */
static void test_tok_spm_order(void) {
    float scores[] = { 0, 0, 0, 0, 0, 0, 0, 0 };
    tok_vocab x;
    tok_start(&x, "llama", NULL, "<unk> <s> </s> a aa b ab ba", "23311111");
    tok_flag(&x.image, "tokenizer.ggml.add_space_prefix", 0);
    scores[4] = -0.0f;
    scores[6] = (float)(0.0 * HUGE_VAL);
    tok_floats(&x.image, "tokenizer.ggml.scores", scores, 8);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "aaaaa", 0, "4 4 3");
    TOK_IS(x.v, "aab", 0, "4 5");
    TOK_IS(x.v, "bab", 0, "7 5");
    TOK_IS(x.v, "ab", 0, "6");
    TOK_IS(x.v, "aba", 0, "3 7");
    tok_close(&x);
}

static void tok_start_bpe(tok_vocab *x, const char *pre) {
    tok_start(x, "gpt2", pre, "a b c ab bc abc " TOK_G " " TOK_G "a <|im_end|> " TOK_N " ! . ' s \xc3\x83 \xc2\xa9 1 " TOK_G "abc", "111111113111111111");
    (void)tok_list(&x->image, "tokenizer.ggml.merges", "b@c a@b a@bc " TOK_G "@a a@b nospace @ @x a@zz c@ ab@c");
}

static void test_tok_bpe(void) {
    static const int32_t tidy[] = { 0, 6, 11, 6, 10, 6, 12, 13, 8, 6, 12, 6, 0 };
    tok_vocab x;
    tok_start_bpe(&x, "gpt-2");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "abc", 0, "5");                          /* b c first: rank 0 */
    TOK_IS(x.v, "ab", 0, "3");
    TOK_IS(x.v, "a b", 0, "0 6 1");
    TOK_IS(x.v, "b abc", 0, "1 6 5");                    /* the token " abc" cannot be reached by merges */
    TOK_IS(x.v, "b\n", 0, "1 9");
    TOK_IS(x.v, "\xc3\xa9", 0, "14 15");
    TOK_IS(x.v, "z", 0, "");                             /* BPE drops what it cannot write */
    TOK_IS(x.v, "a<|im_end|>b", LLR_TOK_PARSE, "0 8 1");
    TOK_IS(x.v, "s<|im_end|>b", 0, "13 1");
    TOK_IS(x.v, "\xff", 0, "");                          /* U+FFFD is not in this vocabulary */
    TOK_TEXT(tok_back(x.v, tidy, 13), "a.!'s<|im_end|>'a");   /* tidied; spelled out */
    TOK_TEXT(tok_piece(x.v, 7, 0), " a");
    CHECK(llr_token_piece(x.v, 14, 0, NULL, 0) == 1 && tok_piece(x.v, 14, 0)[0] == '\xc3');
    CHECK(llr_vocab_is_eog(x.v, 8));
    tok_close(&x);
    tok_start_bpe(&x, "llama-bpe");                      /* whole words; not tidied */
    tok_u32(&x.image, "tokenizer.ggml.bos_token_id", 8);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "b abc", LLR_TOK_SPECIAL, "8 1 17");
    tok_close(&x);
    tok_start_bpe(&x, "qwen2");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_TEXT(tok_back(x.v, tidy, 13), "a . ! 's<|im_end|> ' a");
    tok_close(&x);
}

/* BPE on plain UTF-8: Gemma 4, and the models `whitespace` and `hybriddna`. */
static void test_tok_bpe_raw(void) {
    tok_vocab x;
    tok_start(&x, "gemma4", NULL, "<bos> a " TOK_SP " " TOK_SP "a \n\n \n <0xC3> <0xA9> \xc3\xa4 </s>", "3111116613");
    tok_u32(&x.image, "tokenizer.ggml.bos_token_id", 0);
    tok_flag(&x.image, "tokenizer.ggml.add_bos_token", 0);          /* overridden */
    (void)tok_list(&x.image, "tokenizer.ggml.merges", TOK_SP "@a");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "a a", LLR_TOK_SPECIAL, "0 1 3");
    TOK_IS(x.v, "a\n\na", 0, "1 4 1");
    TOK_IS(x.v, "a\n\n\na", 0, "1 5 5 5 1");
    TOK_IS(x.v, "\xc3\xa9\xc3\xa4", 0, "6 7 8");
    TOK_TEXT(tok_piece(x.v, 3, 0), " a");
    CHECK(tok_piece(x.v, 6, 0)[0] == '\xc3');
    tok_close(&x);
    tok_start(&x, "whitespace", "whitespace", "a B ab", NULL);
    tok_flag(&x.image, "tokenizer.ggml.normalizer.lowercase", 1);
    (void)tok_list(&x.image, "tokenizer.ggml.merges", "a@b");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, " AB\n a\xe3\x80\x80" "ab", 0, "2 0 2");
    tok_close(&x);
    tok_start(&x, "hybriddna", "gpt-2", "a <dna> </dna> <oov> ACGTAC\xee\x80\x80 GGAAAA\xee\x80\x80", "133311");
    (void)tok_list(&x.image, "tokenizer.ggml.merges", "a@b");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "a<dna>acgtacGG</dna>a<dna>NNNNNN", 0, "0 1 4 5 2 0 1 3");
    TOK_TEXT(tok_piece(x.v, 4, 0), "ACGTAC");
    if (x.v) {                              /* said by a user, the marks are text */
        static const llr_span user[] = { { 1, 21 } };
        int32_t ids[64];
        size_t n = 0, i;
        CHECK(llr_tokenize_spans(x.v, "a<dna>acgtacGG</dna>a", 21, user, 1, 0, ids, 64, &n, &x.err) == LLR_OK && n == 6);
        for (i = 0; i < n; i++) CHECK_MSG(ids[i] == 0, "token %d", (int)ids[i]);
    }
    tok_close(&x);
    for (int without = 0; without < 3; without++) {         /* not all the tokens that it takes: text like any other */
        static const char *const tokens[] = { "a - </dna> <oov> A", "a <dna> - <oov> A", "a <dna> </dna> - A" };
        tok_start(&x, "hybriddna", "gpt-2", tokens[without], NULL);
        (void)tok_list(&x.image, "tokenizer.ggml.merges", "x@y");
        CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
        TOK_IS(x.v, "a<dna>ac</dna>a", 0, "0 0 0 0 0");
        tok_close(&x);
    }
}

static void test_tok_special(void) {
    tok_vocab x;
    tok_start(&x, "rwkv", NULL, "<x> a b <ab> <a <u> <ab><u> ab", "31133431");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "a<u>b", 0, "1 5 2");                    /* user-defined: always */
    TOK_IS(x.v, "<ab><ab><u>", LLR_TOK_PARSE, "3 6");    /* the longest first, wherever it stands */
    TOK_IS(x.v, "<ab>", 0, "3");                         /* RWKV's own longest match */
    TOK_IS(x.v, "<abb", LLR_TOK_PARSE, "4 2 2");         /* a shorter one at the same place */
    tok_close(&x);
    /* Overlaps: "aab" takes its place first, what is left falls back to shorter tokens. */
    tok_start(&x, "rwkv", NULL, "x a aa aab b aaa", "144434");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "aaaab", 0, "2 3");
    TOK_IS(x.v, "xaab", LLR_TOK_PARSE, "0 3");
    TOK_IS(x.v, "aabaab", 0, "3 3");
    tok_close(&x);
}

static void test_tok_strip(void) {
    static const float scores[] = { 0, 0, 0, 0, 0, 0, 0 };
    tok_vocab x;
    tok_start(&x, "llama", NULL, "<unk> <s> </s> <|end|> " TOK_SP " a <|endoftext|>", "2333113");
    tok_text(&x.image, "general.name", "Microsoft Phi-3 mini");
    tok_flag(&x.image, "tokenizer.ggml.add_space_prefix", 0);
    tok_floats(&x.image, "tokenizer.ggml.scores", scores, 7);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "a <|end|>  a", LLR_TOK_PARSE, "5 4 3 5");
    TOK_IS(x.v, "<s> a</s> \n", LLR_TOK_PARSE, "1 4 5 2");
    TOK_IS(x.v, "<|endoftext|> a", LLR_TOK_PARSE, "6 4 5");
    tok_close(&x);
    tok_start(&x, "gpt2", "jina-v2-code", "a " TOK_G " <mask> b", "1131");
    (void)tok_list(&x.image, "tokenizer.ggml.merges", "x@y");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "a  <mask> b", LLR_TOK_PARSE, "0 2 1 3");
    tok_close(&x);
}

static void test_tok_eog(void) {
    tok_vocab x;
    tok_start(&x, "rwkv", NULL, "<|return|> <|call|> <|end|> <|channel|> </s> <|tool_response> <|fim_pad|> x", "13331311");
    tok_u32(&x.image, "tokenizer.ggml.eos_token_id", 7);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    CHECK(llr_vocab_is_eog(x.v, 0) && llr_vocab_is_eog(x.v, 1) && !llr_vocab_is_eog(x.v, 2) && !llr_vocab_is_eog(x.v, 3));
    CHECK(!llr_vocab_is_eog(x.v, 4) && llr_vocab_is_eog(x.v, 5) && llr_vocab_is_eog(x.v, 6) && llr_vocab_is_eog(x.v, 7));
    CHECK(llr_vocab_is_control(x.v, 0) && !llr_vocab_is_control(x.v, 2) && !llr_vocab_is_control(x.v, 3) && !llr_vocab_is_control(x.v, 4));
    TOK_TEXT(tok_piece(x.v, 3, 0), "<|channel|>");
    tok_close(&x);
}

static void test_tok_wpm(void) {
    tok_vocab x;
    tok_start(&x, "bert", NULL, "[PAD] [UNK] [CLS] [SEP] " TOK_SP "un ##x aff able " TOK_SP "e " TOK_SP ", " TOK_SP "\xe4\xb8\xad " TOK_SP "a [MASK]", "3333111111113");
    tok_u32(&x.image, "tokenizer.ggml.bos_token_id", 2);
    tok_u32(&x.image, "tokenizer.ggml.seperator_token_id", 3);
    tok_u32(&x.image, "tokenizer.ggml.unknown_token_id", 1);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "Unaffable", LLR_TOK_SPECIAL, "2 4 6 7 3");
    TOK_IS(x.v, "\xc3\x89, \xe4\xb8\xad" "e", 0, "8 9 10 8");    /* accents off, lower case; punctuation and Han alone */
    TOK_IS(x.v, "e\xcc\x81 unq e", 0, "8 1 8");             /* one unknown per word */
    TOK_IS(x.v, "e\xef\xbf\xbd\x01\xff e", 0, "8 8");       /* dropped */
    TOK_IS(x.v, "a[MASK]a", LLR_TOK_PARSE, "11 12 11");
    TOK_IS(x.v, "", LLR_TOK_SPECIAL, "2 3");
    TOK_TEXT(tok_piece(x.v, 4, 0), " un");
    tok_close(&x);
}

static void tok_start_ugm(tok_vocab *x) {
    static const float scores[] = { 0, 0, 0, -1, -2, -3, -2.5f, -4, -4, -4, 0, -3 };
    tok_start(x, "t5", NULL, "<pad> </s> <unk> " TOK_SP " " TOK_SP "a ab b a c x <y> \xc3\xa4", "332111111141");
    tok_floats(&x->image, "tokenizer.ggml.scores", scores, 12);
    tok_flag(&x->image, "tokenizer.ggml.add_space_prefix", 1);
    tok_flag(&x->image, "tokenizer.ggml.remove_extra_whitespaces", 1);
}

static void test_tok_ugm(void) {
    tok_vocab x;
    tok_start_ugm(&x);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "ab", LLR_TOK_SPECIAL, "3 5 1");             /* -1 -3 is better than -2 -2.5 */
    TOK_IS(x.v, "  a   ab ", 0, "4 3 5");
    TOK_IS(x.v, "zzb", 0, "3 2 6");                          /* unknowns as one */
    TOK_IS(x.v, "a<y>b", 0, "4 10 3 6");
    TOK_IS(x.v, "\xff", 0, "3 2");
    TOK_IS(x.v, "", 0, "");
    tok_close(&x);
}

/* Normalisation table: "A" becomes "ab"; then broken ones. Base of the root is 0, so the node of 'A' is unit 65; its base is
 * 1, so its value is in unit 65 ^ 1. */
static void test_tok_charsmap(void) {
    for (int broken = 0; broken < 4; broken++) {
        tok_vocab x;
        uint32_t units[256];
        size_t i;
        memset(units, 0, sizeof units);
        units[65] = 1u << 10 | 1u << 8 | 'A';
        units[64] = broken == 1 ? 99 : 0;
        if (broken == 2) units[65] = 1000u << 10 | 1u << 8 | 'A';
        tok_start_ugm(&x);
        tok_array(&x.image, "tokenizer.ggml.precompiled_charsmap", LLR_META_U8, 4 + sizeof units + 3);
        tok_number(&x.image, broken == 3 ? 2000 : sizeof units, 4);
        for (i = 0; i < 256; i++) tok_number(&x.image, units[i], 4);
        tok_bytes(&x.image, "ab", 3);
        CHECK(tok_finish(&x) == (broken != 3));
        if (broken == 3) CHECK(x.st == LLR_E_FORMAT);
        else if (!broken) TOK_IS(x.v, "xA", 0, "3 9 5");
        else if (x.v) {
            size_t n;
            CHECK(llr_tokenize(x.v, "xA", 2, 0, NULL, 0, &n, &x.err) == LLR_E_FORMAT);
        }
        tok_close(&x);
    }
}

static void test_tok_rwkv(void) {
    static const int32_t all[] = { 1, 2, 3, 4, 5 };
    tok_vocab x;
    tok_start(&x, "rwkv", NULL, "<s> \\n a\\x20 a \\xff \\\\ an", "3111111");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "a an\n\\\xff", 0, "2 6 1 5 4");
    TOK_TEXT(tok_back(x.v, all, 5), "\na a\xff\\");
    TOK_IS(x.v, "a", LLR_TOK_SPECIAL, "3");
    if (x.v) {
        size_t n;
        CHECK(llr_tokenize(x.v, "z", 1, 0, NULL, 0, &n, &x.err) == LLR_E_UNSUPPORTED);
    }
    tok_close(&x);
}

static void test_tok_plamo(void) {
    static const float scores[] = { 0, 0, 0, 0, -1, -1, -2.5f, -2, 0, 0 };
    tok_vocab x;
    tok_start(&x, "plamo2", NULL, "<unk> <s> </s> <pad> a b ab ba <0xC3> <0xA9>", "2333111166");
    tok_floats(&x.image, "tokenizer.ggml.scores", scores, 10);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "ab", LLR_TOK_SPECIAL, "4 5");               /* -2 is better than -2.5 */
    TOK_IS(x.v, "ba", 0, "7");                               /* equal sums: the longer piece */
    TOK_IS(x.v, "\xef\xbb\xbf" "a\xc3\xa9", 0, "4 8 9");     /* byte order mark dropped; bytes */
    TOK_IS(x.v, "z", 0, "0");
    tok_close(&x);
}

/* Who adds BOS and EOS where the file asks for both: not RWKV and PLaMo-2; BERT has ends of its own. */
static void test_tok_ends(void) {
    static const struct { const char *model, *want; } rows[] = {
        { "llama", "1 3 2" }, { "gpt2", "1 3 2" }, { "gemma4", "1 3 2" }, { "t5", "1 3 2" }, { "rwkv", "3" }, { "plamo2", "3" }, { "bert", "1 3 2" }
    };
    for (size_t i = 0; i < LLRI_N_OF(rows); i++) {
        tok_vocab x;
        tok_start(&x, rows[i].model, "gpt-2", i == 3 || i == 6 ? "<unk> <s> </s> " TOK_SP "a" : "<unk> <s> </s> a", "2331");
        tok_u32(&x.image, "tokenizer.ggml.bos_token_id", 1);
        tok_u32(&x.image, "tokenizer.ggml.eos_token_id", 2);
        tok_u32(&x.image, "tokenizer.ggml.seperator_token_id", 2);
        tok_u32(&x.image, "tokenizer.ggml.unknown_token_id", 0);
        tok_flag(&x.image, "tokenizer.ggml.add_bos_token", 1);
        tok_flag(&x.image, "tokenizer.ggml.add_eos_token", 1);
        tok_flag(&x.image, "tokenizer.ggml.add_space_prefix", i == 3);
        (void)tok_list(&x.image, "tokenizer.ggml.merges", "x@y");
        if (!tok_finish(&x)) CHECK_MSG(0, "%s: %s", rows[i].model, x.err.msg);
        TOK_IS(x.v, "a", LLR_TOK_SPECIAL, rows[i].want);
        TOK_IS(x.v, "a", 0, "3");
        tok_close(&x);
    }
}

#ifdef _WIN32
static void test_tok_fault(void) { CHECK(1); }
#else
/* A mapped vocabulary whose file is cut short: every call that reads it says so. */
static void test_tok_fault(void) {
    static const char *const what[] = { "made", "to ids", "to text" };
    struct sigaction old;
    llr_options opt;
    char path[512];
    int i;
    tg_path(path, sizeof path, "vocab.gguf");
    tm_guard_start(&opt, &old);
    for (i = 0; i < 3; i++) {
        llr_gguf *g = NULL;
        llr_vocab *v = NULL;
        llr_status st = LLR_OK;
        tok_vocab x;
        int32_t ids[16];
        size_t n = 0, len = 0;
        char text[64];
        tok_start(&x, "gpt2", "gpt-2", "a b ab <x>", "1113");
        (void)tok_list(&x.image, "tokenizer.ggml.merges", "a@b");
        CHECK_MSG(tok_finish(&x), "%s", x.err.msg);             /* writes the number of keys */
        tg_write(path, x.image.p, x.image.n, 0);
        CHECK_MSG(llr_gguf_open(&g, path, &opt, &x.err) == LLR_OK && llr_gguf_is_mapped(g), "%s", x.err.msg);
        if (i) CHECK(llr_vocab_new(&v, g, &opt, &x.err) == LLR_OK && llr_tokenize(v, "abba<x>", 7, LLR_TOK_PARSE, ids, 16, &n, &x.err) == LLR_OK && n == 4);
        CHECK(truncate(path, 0) == 0);
        if (i == 0) st = llr_vocab_new(&v, g, &opt, &x.err);
        if (i == 1) st = llr_tokenize(v, "abba<x>", 7, LLR_TOK_PARSE, ids, 16, &n, &x.err);
        if (i == 2) st = llr_detokenize(v, ids, n, text, sizeof text, &len, &x.err);
        CHECK_MSG(st == LLR_E_IO && x.err.code == st && strstr(x.err.msg, "cut short"), "%s: %d", what[i], (int)st);
        llr_vocab_free(v);
        llr_gguf_close(g);
        tok_close(&x);
    }
    sigaction(SIGBUS, &old, NULL);
    remove(path);
}
#endif

/* What files from anywhere may hold. */
static void test_tok_hostile(void) {
    static const int32_t three[] = { 1, 1, 1 };
    static const float zero[] = { 0, 0, 0 };
    struct { const char *what; llr_status want; } rows[] = {
        { "no model", LLR_E_UNSUPPORTED }, { "model none", LLR_E_UNSUPPORTED }, { "unknown model", LLR_E_UNSUPPORTED },
        { "unknown pre", LLR_E_UNSUPPORTED }, { "no merges", LLR_E_FORMAT }, { "short types", LLR_E_FORMAT }, { "short scores", LLR_E_FORMAT },
        { "types as floats", LLR_E_FORMAT }, { "merges as numbers", LLR_E_FORMAT }, { "scores as string", LLR_E_FORMAT }, { "no pre", LLR_OK },
        { "ids out of range", LLR_OK }, { "model as number", LLR_E_UNSUPPORTED } };
    for (size_t i = 0; i < LLRI_N_OF(rows); i++) {
        tok_vocab x;
        const char *model = i == 1 ? "none" : i == 2 ? "morse" : i == 3 || i == 4 || i == 8 || i == 10 ? "gpt2" : "llama";
        tok_start(&x, i == 0 || i == 12 ? NULL : model, i == 3 ? "gpt-99" : i == 10 ? NULL : "gpt-2", "a b c d", NULL);
        if (i == 12) tok_u32(&x.image, "tokenizer.ggml.model", 1);
        if (i == 5) tok_i32s(&x.image, "tokenizer.ggml.token_type", three, 3);
        if (i == 6) tok_floats(&x.image, "tokenizer.ggml.scores", zero, 3);
        if (i == 7) tok_floats(&x.image, "tokenizer.ggml.token_type", zero, 3);
        if (i == 8) tok_i32s(&x.image, "tokenizer.ggml.merges", three, 3);
        if (i == 9) tok_text(&x.image, "tokenizer.ggml.scores", "0000000000000000");
        if (i == 10) (void)tok_list(&x.image, "tokenizer.ggml.merges", "a@b");
        if (i == 11) {
            tok_u32(&x.image, "tokenizer.ggml.bos_token_id", 4);
            tok_u32(&x.image, "tokenizer.ggml.eos_token_id", 0xffffffffu);
        }
        (void)tok_finish(&x);
        CHECK_MSG(x.st == rows[i].want, "%s: %d: %s", rows[i].what, (int)x.st, x.err.msg);
        if (x.v) TOK_IS(x.v, "ad", LLR_TOK_SPECIAL, i == 10 ? "0 3" : "1 0 0 3");
        tok_close(&x);
    }
}

/* Equal texts: the last one is found. Empty texts are never matched. */
static void test_tok_duplicates(void) {
    tok_vocab x;
    tok_start(&x, "rwkv", NULL, "a b a  c", "11111");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "abc", 0, "2 1 4");
    TOK_TEXT(tok_piece(x.v, 3, 1), "");
    tok_close(&x);
    tok_start(&x, "llama", NULL, "a a a a", "1111");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    TOK_IS(x.v, "aa", 0, "0 3 3");          /* the space is unknown */
    tok_close(&x);
}

/* One long word, one long fragment. */
static void test_tok_long_text(void) {
    const size_t n = 200000;
    char *text = (char *)malloc(n);
    int32_t *ids = (int32_t *)malloc(n * sizeof *ids);
    tok_vocab x;
    size_t k = 0;
    memset(text, 'a', n);
    tok_start(&x, "llama", NULL, "<unk> <s> </s> a aa aaaa aaaaaaaa", "2331111");
    tok_flag(&x.image, "tokenizer.ggml.add_space_prefix", 0);
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    if (x.v) CHECK(llr_tokenize(x.v, text, n, 0, ids, n, &k, &x.err) == LLR_OK && k == n / 8 && ids[0] == 6);
    tok_close(&x);
    tok_start(&x, "gpt2", "llama-bpe", "a aa aaaa", "111");
    (void)tok_list(&x.image, "tokenizer.ggml.merges", "a@a aa@aa");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    if (x.v) CHECK(llr_tokenize(x.v, text, n, 0, ids, n, &k, &x.err) == LLR_OK && k == n / 4 && ids[n / 4 - 1] == 2);
    tok_close(&x);
    tok_start(&x, "gpt2", "llama-bpe", "a aa aaa x", "1443");        /* special tokens at every place */
    (void)tok_list(&x.image, "tokenizer.ggml.merges", "a@a");
    CHECK_MSG(tok_finish(&x), "%s", x.err.msg);
    if (x.v) CHECK(llr_tokenize(x.v, text, n, LLR_TOK_PARSE, ids, n, &k, &x.err) == LLR_OK && k == n / 3 + 1 && ids[0] == 2 && ids[k - 1] == 1);
    tok_close(&x);
    free(text);
    free(ids);
}

/* Every allocation fails once, with every kind: a status, and nothing leaks. */
static void test_tok_no_memory(void) {
    static const char *const models[] = { "llama", "gpt2", "bert", "t5", "rwkv", "plamo2", "whitespace", "hybriddna", "gemma4" };
    for (size_t m = 0; m < LLRI_N_OF(models); m++) {
        long n, done = 0;
        for (n = 1; n < 200 && !done; n++) {
            tok_vocab x;
            fail_alloc f;
            llr_options opt;
            llr_status st;
            int32_t ids[64];
            char text[64];
            size_t k = 0, len = 0;
            tok_start(&x, models[m], "llama-bpe", "<unk> <s> </s> a b <u> aa " TOK_SP, "23311411");
            (void)tok_list(&x.image, "tokenizer.ggml.merges", "a@a");
            tok_u32(&x.image, "tokenizer.ggml.unknown_token_id", 0);
            fail_alloc_init(&f, &opt, n);
            st = tok_open(&x.image, &x.g, &x.v, &opt, &x.err);
            if (st == LLR_OK) st = llr_tokenize(x.v, "aab<u> \xff" "a", 9, LLR_TOK_PARSE, ids, 64, &k, &x.err);
            if (st == LLR_OK) st = llr_detokenize(x.v, ids, k, text, 64, &len, &x.err);
            done = f.calls < n;
            CHECK_MSG(st == (done ? LLR_OK : LLR_E_NOMEM), "%s, allocation %ld: status %d, %s", models[m], n, (int)st, st ? x.err.msg : "");
            tok_close(&x);
            CHECK_MSG(f.live == 0 && f.live_bytes == 0 && f.wrong == 0, "%s, allocation %ld: %ld blocks left", models[m], n, f.live);
        }
        CHECK(done && n > 10);
    }
}

/* One byte of the image changed, everywhere: a status or a vocabulary that works. */
static void test_tok_fuzz(void) {
    static const char *const models[] = { "llama", "gpt2", "t5", "bert" };
    for (size_t m = 0; m < LLRI_N_OF(models); m++) {
        tok_vocab x;
        size_t i;
        if (m == 2) tok_start_ugm(&x);
        else tok_start(&x, models[m], "gpt-2", "<unk> <s> </s> a b <u> aa " TOK_SP, "23311411");
        (void)tok_list(&x.image, "tokenizer.ggml.merges", "a@a aa@b");
        tok_u32(&x.image, "tokenizer.ggml.unknown_token_id", 0);
        for (i = 24; i < x.image.n; i++) {
            uint8_t was = x.image.p[i];
            int32_t ids[64];
            size_t k = 0, j;
            x.image.p[i] = (uint8_t)(was + 1 + i % 250);
            if (tok_finish(&x) && llr_tokenize(x.v, "aab<u> \xc3 z", 10, 3, ids, 64, &k, &x.err) == LLR_OK)
                for (j = 0; j < k && j < 64; j++) CHECK_MSG(ids[j] >= 0 && ids[j] < llr_vocab_size(x.v), "byte %d", (int)i);
            llr_vocab_free(x.v);
            llr_gguf_close(x.g);
            x.image.p[i] = was;
        }
        free(x.image.p);
    }
}

#define TESTS_TOKENIZER(X) X(tok_unicode) X(tok_pre) X(tok_long_runs) X(tok_spm) X(tok_spm_order) X(tok_bpe) X(tok_bpe_raw) \
    X(tok_special) X(tok_strip) X(tok_eog) X(tok_wpm) X(tok_ugm) X(tok_charsmap) X(tok_rwkv) X(tok_plamo) X(tok_ends) X(tok_fault) X(tok_hostile) \
    X(tok_duplicates) X(tok_long_text) X(tok_no_memory) X(tok_fuzz)
