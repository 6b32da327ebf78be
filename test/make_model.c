/* make_model: writes a GGUF model with random weights, of any size and any tensor type, in about the time it takes to
 * write the file. For benchmarks, memory tests and comparisons between kernels: activations stay finite and of the usual
 * size, the text that comes out is noise. The same arguments give the same bytes on every machine.
 *
 *     cc -O2 -o make_model make_model.c -lm
 *     ./make_model 1b-q4_K.gguf --type q4_K --layers 16 --embd 2048 --ff 8192 --heads 32 --kv-heads 8 --vocab 32000
 *     ./make_model 1b-q4_k_m.gguf --shape 1b --type q4_k_m
 *
 * --shape stands for sizes, of which those given apart go before. --type is one tensor type, or a mixture as quantizers write
 * it, with another type where it matters more. Where rows are no multiple of a block, the type that quantizers take then.
 *
 * With --says "one| two|<|x|>|three" the model is no noise: whatever the prompt, it answers with these tokens, then ends.
 *
 * Stand-alone on purpose: it knows the file format by itself, so that a mistake in llrun.h cannot hide in its test data.
 */
#if !defined(_WIN32)
#  define _FILE_OFFSET_BITS 64
#endif
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *detail) {
    fprintf(stderr, "make_model: %s%s\n", what, detail ? detail : "");
    exit(1);
}

/* ---- tensor types ----
 * A block is random bits with its scales put in afterwards. KIND says where the main scale lives: HALF at byte `d`, and
 * if `m` is not 0 a second half at byte m that is `ratio` times the first, which makes the mean zero. rms: the root mean
 * square of a block's values when the main scale is 1 and all else is random. */
enum kind { F32_, F16_, BF16_, HALF, HALF_SPREAD, E8M0, UE4M3 };

static const struct type { const char *name; uint32_t id, block, bytes; enum kind kind; int d, m; double ratio, rms; } types[] = {
    { "f32",      0,   1,   4, F32_,          0,  0,    0,      1 },
    { "f16",      1,   1,   2, F16_,          0,  0,    0,      1 },
    { "bf16",    30,   1,   2, BF16_,         0,  0,    0,      1 },
    { "q4_0",     2,  32,  18, HALF,          0,  0,    0,   4.64 },
    { "q4_1",     3,  32,  20, HALF,          0,  2, -7.5,   4.61 },
    { "q5_0",     6,  32,  22, HALF,          0,  0,    0,   9.25 },
    { "q5_1",     7,  32,  24, HALF,          0,  2, -15.5,  9.23 },
    { "q8_0",     8,  32,  34, HALF,          0,  0,    0,   73.9 },
    { "q2_K",    10, 256,  84, HALF,         80, 82,  1.5,   13.9 },
    { "q3_K",    11, 256, 110, HALF,        108,  0,    0,   43.4 },
    { "q4_K",    12, 256, 144, HALF,          0,  2,  7.5,    258 },
    { "q5_K",    13, 256, 176, HALF,          0,  2, 15.5,    527 },
    { "q6_K",    14, 256, 210, HALF,        208,  0,    0,   1365 },
    { "iq2_xxs", 16, 256,  66, HALF,          0,  0,    0,   53.4 },
    { "iq2_xs",  17, 256,  74, HALF,          0,  0,    0,   55.9 },
    { "iq3_xxs", 18, 256,  98, HALF,          0,  0,    0,    142 },
    { "iq1_s",   19, 256,  50, HALF,          0,  0,    0,   7.19 },
    { "iq4_nl",  20,  32,  18, HALF,          0,  0,    0,   67.4 },
    { "iq3_s",   21, 256, 110, HALF,          0,  0,    0,    140 },
    { "iq2_s",   22, 256,  82, HALF,          0,  0,    0,   56.4 },
    { "iq4_xs",  23, 256, 136, HALF,          0,  0,    0,   1245 },
    { "iq1_m",   29, 256,  56, HALF_SPREAD,  48,  0,    0,   7.20 },
    { "tq1_0",   34, 256,  54, HALF,         52,  0,    0,  0.817 },
    { "tq2_0",   35, 256,  66, HALF,         64,  0,    0,  1.225 },
    { "mxfp4",   39,  32,  17, E8M0,          0,  0,    0,   5.85 },
    { "nvfp4",   40,  64,  36, UE4M3,         0,  0,    0,   5.85 },
    { "q1_0",    41, 128,  18, HALF,          0,  0,    0,      1 },
    { "q2_0",    42,  64,  18, HALF,          0,  0,    0,  1.225 }
};

/* What takes the place of a type whose blocks do not fit a row; and f16 that of blocks of 32. */
static const struct { const char *name, *instead; } fallbacks[] = {
    { "q2_K", "q4_0" }, { "q3_K", "q4_0" }, { "q4_K", "q5_0" }, { "q5_K", "q5_1" }, { "q6_K", "q8_0" }, { "iq2_xxs", "iq4_nl" },
    { "iq2_xs", "iq4_nl" }, { "iq2_s", "iq4_nl" }, { "iq3_xxs", "iq4_nl" }, { "iq3_s", "iq4_nl" }, { "iq1_s", "iq4_nl" },
    { "iq1_m", "iq4_nl" }, { "iq4_xs", "iq4_nl" }, { "tq1_0", "q4_0" }, { "tq2_0", "q4_0" }, { "q2_0", "q4_0" }
};

/* The second type is that of the output, and in some layers of attn_v and ffn_down. */
static const struct { const char *name, *base, *more; } mixtures[] = { { "q4_k_m", "q4_K", "q6_K" }, { "q5_k_m", "q5_K", "q6_K" } };

/* Upper and lower case are the same. */
static int same_name(const char *a, const char *b) {
    for (; *a || *b; a++, b++)
        if ((*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) != (*b >= 'A' && *b <= 'Z' ? *b + 32 : *b)) return 0;
    return 1;
}

static const struct type *find_type(const char *name) {
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (same_name(types[i].name, name)) return &types[i];
    fprintf(stderr, "make_model: no weight type \"%s\"; there are", name);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) fprintf(stderr, " %s", types[i].name);
    for (size_t i = 0; i < sizeof(mixtures) / sizeof(mixtures[0]); i++) fprintf(stderr, " %s", mixtures[i].name);
    fprintf(stderr, "\n");
    exit(1);
}

static const struct type *type_for_rows(const struct type *type, uint64_t n_in) {
    for (size_t i = 0; n_in % type->block && i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++)
        if (strcmp(fallbacks[i].name, type->name) == 0) type = find_type(fallbacks[i].instead);
    return n_in % type->block ? find_type("f16") : type;
}

/* ---- numbers ---- */

static unsigned half_bits(double v) {
    unsigned sign = v < 0 ? 0x8000u : 0u;
    int e;
    double m = frexp(fabs(v), &e);                               /* |v| = m * 2^e, m in [0.5, 1) */
    if (m == 0 || e < -13) return sign | (unsigned)(fabs(v) * 16777216 + 0.5);
    if (e > 15) die("a scale is too large for a half", NULL);
    return sign | (((unsigned)(e + 14) << 10) + (unsigned)((2 * m - 1) * 1024 + 0.5));
}

static uint32_t float_bits(double v) {
    float f = (float)v;
    uint32_t bits;
    memcpy(&bits, &f, 4);
    return bits;
}

/* The ue4m3 code whose value is nearest to v. */
static uint8_t ue4m3_bits(double v) {
    uint8_t best = 0;
    double error = v;
    for (int x = 1; x < 0x7f; x++) {
        double value = x < 8 ? x / 512.0 : ldexp(8 + x % 8, x / 8 - 10);
        if (fabs(value - v) < error) { error = fabs(value - v); best = (uint8_t)x; }
    }
    return best;
}

static uint64_t random_state;

static uint64_t random_u64(void) {  /* xorshift64*, Vigna 2016 */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dull;
}

static double random_normal(void) {  /* near enough: four uniform numbers, standard deviation 1 */
    double sum = -2;
    for (int i = 0; i < 4; i++) sum += (double)(random_u64() >> 40) / 16777216;
    return sum * 1.7320508;
}

/* ---- output ---- */

static FILE *out;
static uint64_t out_bytes;

static void put(const void *p, size_t n) {
    if (fwrite(p, 1, n, out) != n) die("cannot write the file (disk full?)", NULL);
    out_bytes += n;
}

static void put_le(uint64_t v, int n) {
    uint8_t b[8];
    for (int i = 0; i < n; i++) b[i] = (uint8_t)(v >> 8 * i);
    put(b, (size_t)n);
}

static void put_str(const char *s) {
    put_le(strlen(s), 8);
    put(s, strlen(s));
}

static void put_padding(void) {
    static const uint8_t zeros[32];
    put(zeros, (size_t)(-out_bytes & 31));
}

/* Metadata: written to nowhere first, to count the pairs. */
enum { KV_U32 = 4, KV_I32 = 5, KV_F32 = 6, KV_BOOL = 7, KV_STR = 8, KV_ARRAY = 9 };
static const char *arch;
static const char *chat_template;             /* NULL: none */
static char *says[256];                       /* the answer, token by token */
static uint64_t n_says;
static int counting;
static uint64_t n_kv;

/* Starts a pair; a key that begins with '.' gets the architecture in front. 0: only counted. */
static int kv(const char *key, int type) {
    char full[128];
    n_kv++;
    if (counting) return 0;
    snprintf(full, sizeof full, "%s%s", key[0] == '.' ? arch : "", key);
    put_str(full);
    put_le((uint64_t)type, 4);
    return 1;
}

static void kv_u32(const char *key, uint64_t v) { if (kv(key, KV_U32)) put_le(v, 4); }
static void kv_f32(const char *key, double v) { if (kv(key, KV_F32)) put_le(float_bits(v), 4); }
static void kv_bool(const char *key, int v) { if (kv(key, KV_BOOL)) put_le((uint64_t)v, 1); }
static void kv_str(const char *key, const char *v) { if (kv(key, KV_STR)) put_str(v); }

static int kv_array(const char *key, int type, uint64_t n) {
    if (!kv(key, KV_ARRAY)) return 0;
    put_le((uint64_t)type, 4);
    put_le(n, 8);
    return 1;
}

/* ---- the model ---- */

static uint64_t n_layers = 2, n_embd = 256, n_ff = 512, n_heads = 4, n_kv_heads = 2, head_dim = 0, n_vocab = 512, n_ctx = 4096;
static uint64_t seed = 1;
static int no_vocab, tied;
static const char *type_name = "q4_0";
static const struct type *type_all, *type_more, *type_embd, *type_output;

static const struct { const char *name; uint64_t layers, embd, ff, heads, kv_heads, head_dim, vocab; int tied; } shapes[] = {
    { "135m", 30,  576,  1536,  9,  3,  64,  49152, 1 },
    { "1b",   16, 2048,  8192, 32,  8,  64,  32000, 0 },
    { "3b",   28, 3072,  8192, 24,  8, 128, 128256, 1 },
    { "4b",   32, 3072,  8192, 32, 32,  96,  32064, 0 },
    { "8b",   32, 4096, 14336, 32,  8, 128, 128256, 0 }
};

static void set_shape(const char *name) {
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (strcmp(shapes[i].name, name) == 0) {
            n_layers = shapes[i].layers; n_embd = shapes[i].embd; n_ff = shapes[i].ff; n_vocab = shapes[i].vocab;
            n_heads = shapes[i].heads; n_kv_heads = shapes[i].kv_heads; head_dim = shapes[i].head_dim;
            tied = shapes[i].tied;
            n_ctx = 131072;
            return;
        }
    die("--shape is 135m, 1b, 3b, 4b (heads of 96) or 8b, not ", name);
}

enum { FIRST_WORD = 3 + 256 };  /* <unk> <s> </s>, then the bytes */

/* Token 259 is the word space, then come a, _a, b, _b ... z, _z, aa, _aa ... (_: word space): every one of them is made of
 * two tokens before it, as the tokenizer needs. */
static void token_text(uint64_t id, char *text, size_t size) {
    static const char *special[3] = { "<unk>", "<s>", "</s>" };
    uint64_t word = id - FIRST_WORD + 1;
    char letters[16];
    size_t n = sizeof letters;
    if (id < 3) { snprintf(text, size, "%s", special[id]); return; }
    if (id < FIRST_WORD) { snprintf(text, size, "<0x%02X>", (unsigned)(id - 3)); return; }
    if (n_says) { snprintf(text, size, "%s", says[id - FIRST_WORD]); return; }
    letters[--n] = 0;
    for (uint64_t w = word / 2; w; w = (w - 1) / 26) letters[--n] = (char)('a' + (w - 1) % 26);
    snprintf(text, size, "%s%s", word & 1 ? "\xe2\x96\x81" : "", letters + n);
}

static void write_tokenizer(void) {
    char text[128];
    kv_str("tokenizer.ggml.model", no_vocab ? "no_vocab" : "llama");
    if (no_vocab) return;
    if (kv_array("tokenizer.ggml.tokens", KV_STR, n_vocab))
        for (uint64_t i = 0; i < n_vocab; i++) { token_text(i, text, sizeof text); put_str(text); }
    if (kv_array("tokenizer.ggml.scores", KV_F32, n_vocab))
        for (uint64_t i = 0; i < n_vocab; i++) put_le(float_bits(i < FIRST_WORD ? 0 : -(double)(i - FIRST_WORD)), 4);
    if (kv_array("tokenizer.ggml.token_type", KV_I32, n_vocab))  /* 1 normal, 2 unknown, 3 control, 4 user-defined, 6 byte */
        for (uint64_t i = 0; i < n_vocab; i++)
            put_le(i == 0 ? 2 : i < 3 ? 3 : i < FIRST_WORD ? 6 : !n_says ? 1 : says[i - FIRST_WORD][0] == '<' && says[i - FIRST_WORD][1] == '|' ? 3 : 4, 4);
    kv_u32("tokenizer.ggml.unknown_token_id", 0);
    kv_u32("tokenizer.ggml.bos_token_id", 1);
    kv_u32("tokenizer.ggml.eos_token_id", 2);
    kv_bool("tokenizer.ggml.add_bos_token", 1);
    kv_bool("tokenizer.ggml.add_eos_token", 0);
    if (chat_template) kv_str("tokenizer.chat_template", chat_template);
}

static void write_metadata(void) {
    char name[160];
    snprintf(name, sizeof name, "random %s, %s", arch, type_name);
    kv_str("general.architecture", arch);
    kv_str("general.type", "model");
    kv_str("general.name", name);
    kv_u32("general.quantization_version", 2);
    kv_u32(".context_length", n_ctx);
    kv_u32(".embedding_length", n_embd);
    kv_u32(".block_count", n_layers);
    kv_u32(".feed_forward_length", n_ff);
    kv_u32(".attention.head_count", n_heads);
    kv_u32(".attention.head_count_kv", n_kv_heads);
    kv_u32(".attention.key_length", head_dim);
    kv_u32(".attention.value_length", head_dim);
    kv_u32(".rope.dimension_count", head_dim);
    kv_f32(".attention.layer_norm_rms_epsilon", 1e-5);
    kv_f32(".rope.freq_base", strcmp(arch, "qwen3") == 0 ? 1e6 : 1e4);
    kv_u32(".vocab_size", n_vocab);
    write_tokenizer();
}

/* A vector of a norm (n_out 0: ones, f32), or a matrix of n_out rows of n_in weights of standard deviation sd. */
struct tensor { char name[64]; const struct type *type; uint64_t n_in, n_out; double sd; };
static struct tensor *tensors;
static uint64_t n_tensors;

static struct tensor *add_tensor(int64_t layer, const char *name, const struct type *type, uint64_t n_in, uint64_t n_out) {
    struct tensor *t = &tensors[n_tensors++];
    if (layer < 0) snprintf(t->name, sizeof t->name, "%s.weight", name);
    else snprintf(t->name, sizeof t->name, "blk.%u.%s.weight", (unsigned)layer, name);
    t->type = type_for_rows(type, n_in);
    t->n_in = n_in;
    t->n_out = n_out;
    t->sd = 1 / sqrt((double)n_in);
    return t;
}

static void add_norm(int64_t layer, const char *name, uint64_t n) { add_tensor(layer, name, find_type("f32"), n, 0); }

/* Layers in which a mixture has its better type: the first and the last eighth, and every third between. */
static const struct type *type_in(uint64_t layer) {
    uint64_t n = n_layers / 8;
    return layer < n || layer >= 7 * n_layers / 8 || (layer - n) % 3 == 2 ? type_more : type_all;
}

static void list_tensors(void) {
    add_tensor(-1, "token_embd", type_embd, n_embd, n_vocab)->sd = 1;  /* the residual stream starts with it */
    for (int64_t l = 0; l < (int64_t)n_layers; l++) {
        add_norm(l, "attn_norm", n_embd);
        add_tensor(l, "attn_q", type_all, n_embd, n_heads * head_dim);
        add_tensor(l, "attn_k", type_all, n_embd, n_kv_heads * head_dim);
        add_tensor(l, "attn_v", type_in((uint64_t)l), n_embd, n_kv_heads * head_dim);
        add_tensor(l, "attn_output", type_all, n_heads * head_dim, n_embd);
        if (strcmp(arch, "qwen3") == 0) {
            add_norm(l, "attn_q_norm", head_dim);
            add_norm(l, "attn_k_norm", head_dim);
        }
        add_norm(l, "ffn_norm", n_embd);
        add_tensor(l, "ffn_gate", type_all, n_embd, n_ff);
        add_tensor(l, "ffn_up", type_all, n_embd, n_ff);
        add_tensor(l, "ffn_down", type_in((uint64_t)l), n_ff, n_embd);
    }
    add_norm(-1, "output_norm", n_embd);
    if (!tied) add_tensor(-1, "output", type_output, n_embd, n_vocab);
    else tensors[0].sd = 1 / sqrt((double)n_embd);                     /* it is the output matrix too */
}

static uint64_t tensor_bytes(const struct tensor *t) {
    return t->n_in / t->type->block * t->type->bytes * (t->n_out ? t->n_out : 1);
}

static void write_infos(void) {
    uint64_t offset = 0;
    for (uint64_t i = 0; i < n_tensors; i++) {
        const struct tensor *t = &tensors[i];
        put_str(t->name);
        put_le(t->n_out ? 2 : 1, 4);
        put_le(t->n_in, 8);
        if (t->n_out) put_le(t->n_out, 8);
        put_le(t->type->id, 4);
        put_le(offset, 8);
        offset += (tensor_bytes(t) + 31) / 32 * 32;
    }
}

/* ---- weights ---- */

enum { CHUNK = 1 << 20, N_VALUES = 4096, N_SCALES = 16 };
static uint8_t chunk[CHUNK + 8];

static void set_le16(uint8_t *p, unsigned v) { p[0] = (uint8_t)v; p[1] = (uint8_t)(v >> 8); }

static void fill_random(size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        uint64_t r = random_u64();
        for (int k = 0; k < 8; k++) chunk[i + (size_t)k] = (uint8_t)(r >> 8 * k);
    }
}

/* --says: the residual stream is the token alone, since all layers are zero, and the output matrix leads from each token to
 * the next: from what a prompt is made of to the first of the answer, from the last one to </s>. */
static int leads(uint64_t from, uint64_t to) { return from < FIRST_WORD ? to == FIRST_WORD : to == (from + 1 < n_vocab ? from + 1 : 2); }

static void write_says(const struct tensor *t) {
    for (uint64_t row = 0; row < (t->n_out ? t->n_out : 1); row++)
        for (uint64_t i = 0; i < t->n_in; i++)
            put_le(float_bits(!t->n_out ? 1 : t == &tensors[0] ? row == i : t == &tensors[n_tensors - 1] && i < n_vocab ? leads(i, row) : 0), 4);
}

/* Float types: one of 4096 prepared values each. */
static void write_floats(const struct tensor *t) {
    static uint32_t values[N_VALUES];
    uint32_t size = t->type->bytes;
    for (int i = 0; i < N_VALUES; i++) {
        double v = t->n_out ? random_normal() * t->sd : 1;
        values[i] = t->type->kind == F16_ ? half_bits(v) : t->type->kind == BF16_ ? float_bits(v) >> 16 : float_bits(v);
    }
    for (uint64_t left = tensor_bytes(t); left; ) {
        size_t n = left < CHUNK ? (size_t)left : CHUNK;
        uint64_t r = 0;
        for (size_t i = 0; i < n; i += size) {
            uint32_t v;
            r = r >> 12 ? r >> 12 : random_u64();
            v = values[r % N_VALUES];
            set_le16(chunk + i, v);
            if (size == 4) set_le16(chunk + i + 2, v >> 16);
        }
        put(chunk, n);
        left -= n;
    }
}

/* Quantized types: the main scale of a block is one of 16 prepared ones, both signs, 0.75 to 1.19 of the nominal. */
static void write_blocks(const struct tensor *t) {
    const struct type *type = t->type;
    double nominal = t->sd / type->rms;
    unsigned d[N_SCALES], m[N_SCALES];
    uint64_t blocks_left = tensor_bytes(t) / type->bytes;
    for (int i = 0; i < N_SCALES; i++) {
        double v = nominal * (0.75 + 0.0625 * (i / 2)) * (i & 1 ? -1 : 1);
        d[i] = type->kind == E8M0  ? (unsigned)(128 + (int)floor(log2(fabs(v)) + 0.5))  /* bits mean 2^(e-128) */
             : type->kind == UE4M3 ? ue4m3_bits(2 * fabs(v))                           /* bits mean half the value */
             : half_bits(v);
        m[i] = type->m ? half_bits(v * type->ratio) : 0;
    }
    while (blocks_left) {
        size_t n = CHUNK / type->bytes;
        if (n > blocks_left) n = (size_t)blocks_left;
        fill_random(n * type->bytes);
        for (size_t i = 0; i < n; i++) {
            uint8_t *b = chunk + i * type->bytes;
            unsigned s = (b[type->d] ^ b[type->d + 1]) % N_SCALES;  /* what was drawn there chooses the scale */
            switch (type->kind) {
            case HALF:
                set_le16(b + type->d, d[s]);
                if (type->m) set_le16(b + type->m, m[s]);
                break;
            case HALF_SPREAD:  /* a nibble of the half in the top of each of four 16-bit words */
                for (int q = 0; q < 4; q++) {
                    uint8_t *top = b + type->d + 2 * q + 1;
                    *top = (uint8_t)((*top & 15) | (d[s] >> 4 * q & 15) << 4);
                }
                break;
            case E8M0:
                b[0] = (uint8_t)d[s];
                break;
            default:           /* UE4M3, four of them */
                for (int q = 0; q < 4; q++) b[q] = (uint8_t)d[b[q] % N_SCALES];
            }
        }
        put(chunk, n * type->bytes);
        blocks_left -= n;
    }
}

/* ---- arguments ---- */

static uint64_t parse_number(const char *name, const char *text, uint64_t max) {
    char *end;
    unsigned long long v = text ? strtoull(text, &end, 10) : 0;
    if (!text || *text < '0' || *text > '9' || *end || v > max) die("not a number in range for ", name);
    return v;
}

int main(int argc, char **argv) {
    static const struct { const char *name; uint64_t *value, max; } numbers[] = {
        { "--layers", &n_layers, 512 }, { "--embd", &n_embd, 1 << 20 }, { "--ff", &n_ff, 1 << 24 },
        { "--heads", &n_heads, 1 << 14 }, { "--kv-heads", &n_kv_heads, 1 << 14 }, { "--head-dim", &head_dim, 1 << 14 },
        { "--vocab", &n_vocab, 1 << 24 }, { "--ctx", &n_ctx, 1 << 30 }, { "--seed", &seed, UINT32_MAX }
    };
    const char *path = NULL, *embd_type = NULL, *output_type = NULL;
    arch = "llama";
    for (int i = 1; i + 1 < argc; i++) if (strcmp(argv[i], "--shape") == 0) set_shape(argv[i + 1]);
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        size_t k = 0, n = sizeof(numbers) / sizeof(numbers[0]);
        while (k < n && strcmp(a, numbers[k].name) != 0) k++;
        if (k < n) { *numbers[k].value = parse_number(a, value, numbers[k].max); i++; }
        else if (strcmp(a, "--no-vocab") == 0) no_vocab = 1;
        else if (strcmp(a, "--tied") == 0) tied = 1;
        else if (a[0] != '-' && !path) path = a;
        else if (!value) die("unknown option, or no value for it: ", a);
        else if (strcmp(a, "--arch") == 0) { arch = value; i++; }
        else if (strcmp(a, "--shape") == 0) i++;
        else if (strcmp(a, "--type") == 0) { type_name = value; i++; }
        else if (strcmp(a, "--embed-type") == 0) { embd_type = value; i++; }
        else if (strcmp(a, "--output-type") == 0) { output_type = value; i++; }
        else if (strcmp(a, "--template") == 0) { chat_template = value; i++; }
        else if (strcmp(a, "--says") == 0) {               /* pieces separated by |, which may stand in <|...|> */
            char *p = argv[++i];
            while (n_says < 256) {
                says[n_says++] = p;
                p += strncmp(p, "<|", 2) == 0 && strstr(p, "|>") ? (size_t)(strstr(p, "|>") + 2 - p) : strcspn(p, "|");
                if (!*p) break;
                *p++ = 0;
            }
            type_name = "f32";
            n_vocab = FIRST_WORD + n_says;
            n_embd = (n_vocab + 63) / 64 * 64;
        }
        else die("unknown option: ", a);
    }
    if (!path)
        die("usage: make_model OUT.gguf [--arch llama|qwen3] [--type T] [--embed-type T] [--output-type T] [--tied]\n"
            "       [--shape 135m|1b|3b|4b|8b] [--layers N] [--embd D] [--ff F] [--heads H] [--kv-heads K] [--head-dim N] [--vocab V] [--no-vocab]\n"
            "       [--ctx N] [--seed S] [--template JINJA] [--says TOKENS]", NULL);
    if (strcmp(arch, "llama") != 0 && strcmp(arch, "qwen3") != 0) die("--arch is llama or qwen3, not ", arch);
    for (size_t i = 0; i < sizeof(mixtures) / sizeof(mixtures[0]); i++)
        if (same_name(mixtures[i].name, type_name)) {
            type_all = find_type(mixtures[i].base);
            type_more = find_type(mixtures[i].more);
        }
    if (!type_all) type_all = type_more = find_type(type_name);
    type_embd = embd_type ? find_type(embd_type) : tied ? type_more : type_all;
    type_output = output_type ? find_type(output_type) : type_more == type_all ? type_embd : type_more;
    if (!n_layers || !n_embd || !n_ff || !n_heads || !n_kv_heads || !n_vocab || !n_ctx) die("all sizes must be at least 1", NULL);
    if (!head_dim) {
        if (n_embd % n_heads) die("--embd is not a multiple of --heads; give --head-dim", NULL);
        head_dim = n_embd / n_heads;
    }
    if (head_dim % 2 || n_heads % n_kv_heads) die("the head size must be even, and --heads a multiple of --kv-heads", NULL);
    if (!no_vocab && n_vocab < FIRST_WORD + 1) die("--vocab must be at least 260, or use --no-vocab", NULL);

    tensors = (struct tensor *)calloc((size_t)n_layers * 11 + 3, sizeof *tensors);
    if (!tensors) die("out of memory", NULL);
    list_tensors();
    counting = 1;
    write_metadata();
    counting = 0;

    out = fopen(path, "wb");
    if (!out) die("cannot create ", path);
    put("GGUF", 4);
    put_le(3, 4);
    put_le(n_tensors, 8);
    put_le(n_kv, 8);
    write_metadata();
    write_infos();
    put_padding();
    for (uint64_t i = 0; i < n_tensors; i++) {
        random_state = (seed + 1) * 0x9e3779b97f4a7c15ull ^ (i + 1) * 0xd1342543de82ef95ull;  /* independent of the other tensors */
        if (!random_state) random_state = 1;
        if (n_says) write_says(&tensors[i]);
        else if (tensors[i].type->block == 1) write_floats(&tensors[i]);
        else write_blocks(&tensors[i]);
        put_padding();
    }
    if (fclose(out) != 0) die("cannot finish writing ", path);
    printf("%s: %s, %llu tensors, %llu bytes\n", path, arch, (unsigned long long)n_tensors, (unsigned long long)out_bytes);
    free(tensors);
    return 0;
}
