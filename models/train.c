/* train.c - trains the small model of this folder from nothing: makes its text, learns a tokenizer, runs a transformer
 * forward and backward, and writes a GGUF file. Plain C, nothing but libc, libm and pthreads. `train --help` explains.
 *
 * Read it in this order: the shape of the model, the layers with their derivatives, forward and backward, the data, AdamW,
 * checkpoints, the GGUF file, checks, the loop. Beside it: text.h (templates), stories.h and answers.h (the text), bpe.h (the
 * tokenizer), matmul.h (where nearly all the time goes), write.h (files).
 *
 * The model is the usual one ("llama" in GGUF): tokens are looked up in an embedding; each layer adds the result of
 * attention and then of a small gated network to the running sum x; a last norm, and the embedding again as output matrix.
 * Vaswani et al. 2017; RMS norm: Zhang and Sennrich 2019; rotary positions: Su et al. 2021; SwiGLU: Shazeer 2020; grouped
 * queries: Ainslie et al. 2023. AdamW: Loshchilov and Hutter 2017.
 *
 * Same bits. Everything follows from the seed: document i of the training stream is a function of (seed, i), and a step's
 * gradient is always the sum of PARTS partial gradients in order. So the result depends neither on the number of threads
 * nor on interruptions. (Another CPU or compiler rounds differently, and ends at almost the same loss.)
 */
#define _POSIX_C_SOURCE 200809L         /* clock_gettime, sigaction, isatty */
#include "answers.h"
#include "bpe.h"
#include "write.h"
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* --- the shape ---------------------------------------------------------------------------------------------------------
 * 3.64 million weights: 2.3 MB in q4_0. All row lengths are multiples of 32, the block of q4_0. At this size many narrow
 * layers tell better stories than few wide ones. */
enum {
    VOCAB = 2048, DIM = 192, LAYERS = 8, HEADS = 6, KV_HEADS = 3, HEAD = 32, KV_DIM = KV_HEADS * HEAD, FFN = 512,
    CONTEXT = 512,                      /* positions the model is trained with */
    PART_SEQS = 2, PARTS = 4,           /* a batch is PARTS x PART_SEQS sequences of CONTEXT tokens: 4096 */
    MAX_ROWS = PART_SEQS * CONTEXT
};
#define EPS ((real)1e-5)
#define ROPE_BASE 10000.0

enum { ATTN_NORM, Q, K, V, O, FFN_NORM, GATE, UP, DOWN, PER_LAYER };            /* the tensors of a layer */
enum { EMBED, OUT_NORM = 1 + PER_LAYER * LAYERS, TENSORS };
#define LAYER(l, which) (1 + PER_LAYER * (l) + (which))

typedef struct shape { const char *name; int rows, cols; } shape;
static const shape layer_shapes[PER_LAYER] = {
    { "attn_norm", 1, DIM }, { "attn_q", DIM, DIM }, { "attn_k", KV_DIM, DIM }, { "attn_v", KV_DIM, DIM }, { "attn_output", DIM, DIM },
    { "ffn_norm", 1, DIM }, { "ffn_gate", FFN, DIM }, { "ffn_up", FFN, DIM }, { "ffn_down", DIM, FFN },
};

static shape tensor_shape(int t)
{
    static const shape embed = { "token_embd", VOCAB, DIM }, norm = { "output_norm", 1, DIM };
    return t == EMBED ? embed : t == OUT_NORM ? norm : layer_shapes[(t - 1) % PER_LAYER];
}

static size_t tensor_size(int t) { shape s = tensor_shape(t); return (size_t)s.rows * (size_t)s.cols; }

typedef struct weights { real *t[TENSORS]; } weights;   /* views into one long array: weights, gradients, moments */

static size_t lay_out(weights *w, real *base)           /* returns how many numbers there are */
{
    size_t n = 0;
    int t;
    for (t = 0; t < TENSORS; t++) { if (w) w->t[t] = base + n; n += tensor_size(t); }
    return n;
}

static void *grab(size_t n, size_t size)                /* zeroed, aligned for the widest vectors */
{
    char *p = (char *)calloc(n * size + 64, 1);         /* kept until the program ends */
    if (!p) die("not enough memory");
    return p + (64 - (uintptr_t)p % 64);
}

/* --- the layers, each with its derivative -------------------------------------------------------------------------------
 * y[rows][out] = x[rows][in] w[out][in]^T, and its two derivatives: of x, and of w. */
static void linear(pack *p, real *y, const real *x, const real *w, int rows, int in, int out, int add)
{
    matmul(p, rows, out, in, x, (size_t)in, 1, w, 1, (size_t)in, y, (size_t)out, add);
}

static void linear_back(pack *p, real *dx, real *dw, const real *dy, const real *x, const real *w, int rows, int in, int out, int add_dx)
{
    matmul(p, rows, in, out, dy, (size_t)out, 1, w, (size_t)in, 1, dx, (size_t)in, add_dx);
    matmul(p, out, in, rows, dy, 1, (size_t)out, x, (size_t)in, 1, dw, (size_t)in, 1);
}

/* e^x in a form that compilers turn into vector code: e^x = 2^n e^f with |f| <= ln 2 / 2, e^f by a polynomial. */
static inline real fast_exp(real x)
{
#ifdef TRAIN_DOUBLE
    return exp(x);
#else
    const float magic = 12582912.0f;    /* 1.5 * 2^23: adding it rounds to an integer */
    float n, f, p, scale;
    int32_t bits;
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    n = (x * 1.44269504f + magic) - magic;
    f = x - n * 0.693359375f + n * 2.12194440e-4f;
    p = 1.0f + f * (1.0f + f * (0.5f + f * (0.166666657f + f * (0.0416657962f + f * (0.00833345206f + f * 0.00139819994f)))));
    bits = ((int32_t)n + 127) * (1 << 23);
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
#endif
}

static real rms_scale(const real *x)
{
    real sum = 0;
    int i;
#pragma omp simd reduction(+ : sum)
    for (i = 0; i < DIM; i++) sum += x[i] * x[i];
    return 1 / (real)sqrt((double)(sum / DIM + EPS));
}

static void rms_norm(real *y, const real *x, const real *w, int rows)
{
    int r, i;
    for (r = 0; r < rows; r++, x += DIM, y += DIM) {
        real s = rms_scale(x);
        for (i = 0; i < DIM; i++) y[i] = x[i] * s * w[i];
    }
}

/* y = w x s with s = (mean x^2 + eps)^-1/2, so dx = s w dy - x s^3 / DIM * sum(w dy x). Adds to dx. */
static void rms_norm_back(real *dx, real *dw, const real *dy, const real *x, const real *w, int rows)
{
    int r, i;
    for (r = 0; r < rows; r++, x += DIM, dx += DIM, dy += DIM) {
        real s = rms_scale(x), dot = 0;
#pragma omp simd reduction(+ : dot)
        for (i = 0; i < DIM; i++) dot += w[i] * dy[i] * x[i];
        dot *= s * s * s / DIM;
        for (i = 0; i < DIM; i++) { dx[i] += s * w[i] * dy[i] - x[i] * dot; dw[i] += dy[i] * x[i] * s; }
    }
}

/* Rotary positions: neighbours (2t, 2t+1) of a head turn by position * base^(-2t/HEAD). Turning back is the derivative. */
typedef struct angles { real cos[CONTEXT][HEAD / 2], sin[CONTEXT][HEAD / 2]; } angles;

static void angles_init(angles *a)
{
    int p, t;
    for (p = 0; p < CONTEXT; p++)
        for (t = 0; t < HEAD / 2; t++) {
            double phi = p * pow(ROPE_BASE, -2.0 * t / HEAD);
            a->cos[p][t] = (real)cos(phi);
            a->sin[p][t] = (real)sin(phi);
        }
}

static void rope(real *x, const angles *a, int rows, int length, int heads, int back)
{
    int r, h, t;
    for (r = 0; r < rows; r++)
        for (h = 0; h < heads; h++, x += HEAD)
            for (t = 0; t < HEAD / 2; t++) {
                real c = a->cos[r % length][t], s = back ? -a->sin[r % length][t] : a->sin[r % length][t];
                real u = x[2 * t], v = x[2 * t + 1];
                x[2 * t] = u * c - v * s;
                x[2 * t + 1] = u * s + v * c;
            }
}

/* h = silu(g) u, silu(g) = g / (1 + e^-g) */
static void gate_mul(real *h, const real *g, const real *u, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) h[i] = g[i] / (1 + fast_exp(-g[i])) * u[i];
}

static void gate_mul_back(real *dg, real *du, const real *dh, const real *g, const real *u, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) {
        real s = 1 / (1 + fast_exp(-g[i])), d = dh[i];
        du[i] = d * g[i] * s;
        dg[i] = d * u[i] * s * (1 + g[i] * (1 - s));
    }
}

/* --- attention ----------------------------------------------------------------------------------------------------------------
 * A block of queries at a time: scores against the keys from the first document of the block to its last query, softmax with
 * the future and other documents masked, times the values. A story that follows another in the same sequence must not see
 * it: its names would only be in the way. The probabilities are not kept for the way back but computed again: cheaper than
 * writing and reading them. */
enum { QUERIES = 64 };

typedef struct attention {
    const real *q, *k, *v; real *o;                     /* of one sequence and head; rows of DIM, KV_DIM, KV_DIM, DIM */
    real *dq, *dk, *dv; const real *d_o;
    real *p, *dp;                                       /* scratch [QUERIES][CONTEXT] */
    pack *pack;
    const int *start;                                   /* [length] where the document of each position begins */
    int length;
} attention;

static void attention_weights(const attention *a, int first, int rows)
{
    const real scale = (real)(1 / sqrt((double)HEAD));
    int from = a->start[first], keys = first + rows - from, r, j;
    matmul(a->pack, rows, keys, HEAD, a->q + (size_t)first * DIM, DIM, 1, a->k + (size_t)from * KV_DIM, 1, KV_DIM, a->p, (size_t)keys, 0);
    for (r = 0; r < rows; r++) {
        int begin = a->start[first + r] - from, end = first + r + 1 - from;
        real *p = a->p + (size_t)r * (size_t)keys, max = p[begin], sum = 0;
        for (j = 0; j < begin; j++) p[j] = 0;
        for (j = begin + 1; j < end; j++) max = p[j] > max ? p[j] : max;
#pragma omp simd reduction(+ : sum)
        for (j = begin; j < end; j++) { p[j] = fast_exp((p[j] - max) * scale); sum += p[j]; }
        sum = 1 / sum;
        for (j = begin; j < end; j++) p[j] *= sum;
        for (; j < keys; j++) p[j] = 0;
    }
}

static void attention_forward(const attention *a)
{
    int first;
    for (first = 0; first < a->length; first += QUERIES) {
        int rows = a->length - first < QUERIES ? a->length - first : QUERIES, from = a->start[first], keys = first + rows - from;
        attention_weights(a, first, rows);
        matmul(a->pack, rows, HEAD, keys, a->p, (size_t)keys, 1, a->v + (size_t)from * KV_DIM, KV_DIM, 1, a->o + (size_t)first * DIM, DIM, 0);
    }
}

/* With o = p v and p = softmax(s): dv = p^T do, dp = do v^T, ds = p (dp - sum(dp p)); the sum is also sum(do o). */
static void attention_back(const attention *a)
{
    const real scale = (real)(1 / sqrt((double)HEAD));
    int first, r, j;
    for (first = 0; first < a->length; first += QUERIES) {
        int rows = a->length - first < QUERIES ? a->length - first : QUERIES, from = a->start[first], keys = first + rows - from;
        const real *d_o = a->d_o + (size_t)first * DIM, *o = a->o + (size_t)first * DIM;
        size_t kv = (size_t)from * KV_DIM;
        attention_weights(a, first, rows);
        matmul(a->pack, keys, HEAD, rows, a->p, 1, (size_t)keys, d_o, DIM, 1, a->dv + kv, KV_DIM, 1);
        matmul(a->pack, rows, keys, HEAD, d_o, DIM, 1, a->v + kv, 1, KV_DIM, a->dp, (size_t)keys, 0);
        for (r = 0; r < rows; r++, d_o += DIM, o += DIM) {
            real *dp = a->dp + (size_t)r * (size_t)keys, dot = 0;
            const real *p = a->p + (size_t)r * (size_t)keys;
            for (j = 0; j < HEAD; j++) dot += d_o[j] * o[j];
            for (j = 0; j < keys; j++) dp[j] = p[j] * (dp[j] - dot) * scale;
        }
        matmul(a->pack, rows, HEAD, keys, a->dp, (size_t)keys, 1, a->k + kv, KV_DIM, 1, a->dq + (size_t)first * DIM, DIM, 0);
        matmul(a->pack, keys, HEAD, rows, a->dp, 1, (size_t)keys, a->q + (size_t)first * DIM, DIM, 1, a->dk + kv, KV_DIM, 1);
    }
}

/* --- forward and backward -------------------------------------------------------------------------------------------------- */
typedef struct layer_state { real *x, *n1, *q, *k, *v, *o, *mid, *n2, *g, *u, *h; } layer_state;   /* [rows][...] */

typedef struct work {                                   /* what one thread needs */
    layer_state l[LAYERS];
    real *last, *normed, *logits;                       /* [rows][DIM], [rows][DIM], [rows][VOCAB] */
    real *dx, *dn, *dq, *dk, *dv, *d_o, *dg, *du, *dh, *p, *dp;
    pack pack;
    int seqs, length, rows;                             /* of what is evaluated: rows = seqs * length */
    int ids[PART_SEQS][CONTEXT + 1];                    /* the tokens; each is to predict the next */
    int start[PART_SEQS][CONTEXT];                      /* where the document of each of them begins */
} work;

static work *work_new(void)
{
    work *w = (work *)grab(1, sizeof *w);
    const size_t r = MAX_ROWS, s = sizeof (real);
    int l;
    for (l = 0; l < LAYERS; l++) {
        layer_state *a = &w->l[l];
        real **const dim[] = { &a->x, &a->n1, &a->q, &a->o, &a->mid, &a->n2 }, **const ffn[] = { &a->g, &a->u, &a->h };
        size_t i;
        for (i = 0; i < COUNT(dim); i++) *dim[i] = (real *)grab(r * DIM, s);
        for (i = 0; i < COUNT(ffn); i++) *ffn[i] = (real *)grab(r * FFN, s);
        a->k = (real *)grab(r * KV_DIM, s);
        a->v = (real *)grab(r * KV_DIM, s);
    }
    w->last = (real *)grab(r * DIM, s);   w->normed = (real *)grab(r * DIM, s);   w->logits = (real *)grab(r * VOCAB, s);
    w->dx = (real *)grab(r * DIM, s);     w->dn = (real *)grab(r * DIM, s);       w->dq = (real *)grab(r * DIM, s);
    w->dk = (real *)grab(r * KV_DIM, s);  w->dv = (real *)grab(r * KV_DIM, s);    w->d_o = (real *)grab(r * DIM, s);
    w->dg = (real *)grab(r * FFN, s);     w->du = (real *)grab(r * FFN, s);       w->dh = (real *)grab(r * FFN, s);
    w->p = (real *)grab(QUERIES * CONTEXT, s);
    w->dp = (real *)grab(QUERIES * CONTEXT, s);
    return w;
}

static void attend(work *w, layer_state *a, void (*step)(const attention *))
{
    int s, h;
    for (s = 0; s < w->seqs; s++)
        for (h = 0; h < HEADS; h++) {
            size_t row = (size_t)s * (size_t)w->length, qo = row * DIM + (size_t)h * HEAD, kv = row * KV_DIM + (size_t)(h / (HEADS / KV_HEADS)) * HEAD;
            attention at;
            at.q = a->q + qo;   at.k = a->k + kv;   at.v = a->v + kv;   at.o = a->o + qo;
            at.dq = w->dq + qo; at.dk = w->dk + kv; at.dv = w->dv + kv; at.d_o = w->d_o + qo;
            at.p = w->p;        at.dp = w->dp;      at.pack = &w->pack; at.length = w->length;
            at.start = w->start[s];
            step(&at);
        }
}

static void forward(work *w, const weights *m, const angles *rot)
{
    int rows = w->rows, l, r, s;
    for (s = 0; s < w->seqs; s++)
        for (r = 0; r < w->length; r++) w->start[s][r] = !r || w->ids[s][r] == TOK_BOS ? r : w->start[s][r - 1];
    for (r = 0; r < rows; r++)
        memcpy(w->l[0].x + (size_t)r * DIM, m->t[EMBED] + (size_t)w->ids[r / w->length][r % w->length] * DIM, DIM * sizeof (real));
    for (l = 0; l < LAYERS; l++) {
        real *const *t = &m->t[LAYER(l, 0)];
        layer_state *a = &w->l[l];
        real *next = l + 1 < LAYERS ? w->l[l + 1].x : w->last;
        size_t bytes = (size_t)rows * DIM * sizeof (real);
        rms_norm(a->n1, a->x, t[ATTN_NORM], rows);
        linear(&w->pack, a->q, a->n1, t[Q], rows, DIM, DIM, 0);
        linear(&w->pack, a->k, a->n1, t[K], rows, DIM, KV_DIM, 0);
        linear(&w->pack, a->v, a->n1, t[V], rows, DIM, KV_DIM, 0);
        rope(a->q, rot, rows, w->length, HEADS, 0);
        rope(a->k, rot, rows, w->length, KV_HEADS, 0);
        attend(w, a, attention_forward);
        memcpy(a->mid, a->x, bytes);
        linear(&w->pack, a->mid, a->o, t[O], rows, DIM, DIM, 1);
        rms_norm(a->n2, a->mid, t[FFN_NORM], rows);
        linear(&w->pack, a->g, a->n2, t[GATE], rows, DIM, FFN, 0);
        linear(&w->pack, a->u, a->n2, t[UP], rows, DIM, FFN, 0);
        gate_mul(a->h, a->g, a->u, (size_t)rows * FFN);
        memcpy(next, a->mid, bytes);
        linear(&w->pack, next, a->h, t[DOWN], rows, FFN, DIM, 1);
    }
    rms_norm(w->normed, w->last, m->t[OUT_NORM], rows);
    linear(&w->pack, w->logits, w->normed, m->t[EMBED], rows, DIM, VOCAB, 0);
}

/* The loss is the mean of -log p(next token). Returns the sum of it over the rows, and turns the logits into the derivative
 * of (sum * scale). */
static double cross_entropy(work *w, real scale)
{
    double loss = 0;
    int r, i;
    for (r = 0; r < w->rows; r++) {
        real *z = w->logits + (size_t)r * VOCAB, max = z[0], sum = 0, target;
        int next = w->ids[r / w->length][r % w->length + 1];
#pragma omp simd reduction(max : max)
        for (i = 0; i < VOCAB; i++) max = z[i] > max ? z[i] : max;
        target = z[next] - max;
#pragma omp simd reduction(+ : sum)
        for (i = 0; i < VOCAB; i++) { z[i] = fast_exp(z[i] - max); sum += z[i]; }
        loss += log((double)sum) - (double)target;
        sum = scale / sum;
        for (i = 0; i < VOCAB; i++) z[i] *= sum;
        z[next] -= scale;
    }
    return loss;
}

/* Adds the gradient to g. w->dx carries the derivative of the running sum x from the last layer to the first. */
static void backward(work *w, const weights *m, weights *g, const angles *rot)
{
    int rows = w->rows, l, r, i;
    size_t dim_bytes = (size_t)rows * DIM * sizeof (real), kv_bytes = (size_t)rows * KV_DIM * sizeof (real);
    linear_back(&w->pack, w->dn, g->t[EMBED], w->logits, w->normed, m->t[EMBED], rows, DIM, VOCAB, 0);
    memset(w->dx, 0, dim_bytes);
    rms_norm_back(w->dx, g->t[OUT_NORM], w->dn, w->last, m->t[OUT_NORM], rows);
    for (l = LAYERS - 1; l >= 0; l--) {
        real *const *t = &m->t[LAYER(l, 0)], *const *d = &g->t[LAYER(l, 0)];
        layer_state *a = &w->l[l];
        linear_back(&w->pack, w->dh, d[DOWN], w->dx, a->h, t[DOWN], rows, FFN, DIM, 0);
        gate_mul_back(w->dg, w->du, w->dh, a->g, a->u, (size_t)rows * FFN);
        linear_back(&w->pack, w->dn, d[GATE], w->dg, a->n2, t[GATE], rows, DIM, FFN, 0);
        linear_back(&w->pack, w->dn, d[UP], w->du, a->n2, t[UP], rows, DIM, FFN, 1);
        rms_norm_back(w->dx, d[FFN_NORM], w->dn, a->mid, t[FFN_NORM], rows);
        linear_back(&w->pack, w->d_o, d[O], w->dx, a->o, t[O], rows, DIM, DIM, 0);
        memset(w->dk, 0, kv_bytes);
        memset(w->dv, 0, kv_bytes);
        attend(w, a, attention_back);
        rope(w->dq, rot, rows, w->length, HEADS, 1);
        rope(w->dk, rot, rows, w->length, KV_HEADS, 1);
        linear_back(&w->pack, w->dn, d[Q], w->dq, a->n1, t[Q], rows, DIM, DIM, 0);
        linear_back(&w->pack, w->dn, d[K], w->dk, a->n1, t[K], rows, DIM, KV_DIM, 1);
        linear_back(&w->pack, w->dn, d[V], w->dv, a->n1, t[V], rows, DIM, KV_DIM, 1);
        rms_norm_back(w->dx, d[ATTN_NORM], w->dn, a->x, t[ATTN_NORM], rows);
    }
    for (r = 0; r < rows; r++) {
        real *row = g->t[EMBED] + (size_t)w->ids[r / w->length][r % w->length] * DIM;
        for (i = 0; i < DIM; i++) row[i] += w->dx[(size_t)r * DIM + (size_t)i];
    }
}

/* --- the data ------------------------------------------------------------------------------------------------------------------ */
static void chat_turn(text *t, const char *role, const char *content)
{
    text_put(t, "<|im_start|>");
    text_put(t, role);
    text_put(t, "\n");
    text_put(t, content);
    text_put(t, "<|im_end|>\n");
}

/* A request for a story: plain, or with the hero, the place, … of the story that follows. */
static void make_request(rng *r, text *out, const variables *story)
{
    static const char *const forms[] = {
        "[Tell me a story.|Please tell me a story.|Write a short story.|Can you tell me a story?|I would like to hear a story.|Tell me a bedtime story.|A story, please.|Tell me another story.]",
        "[Tell me a story about {a kind} named {hero}.|Write a story about {hero} the {kind}.|Can you tell me a story about {hero}?|Please write a short story about {a kind} called {hero}.]",
        "[Tell me a story about {a kind} and {a fkind}.|Write a story about {hero} and {friend}.|A story about {a trait} {kind}, please.|Tell me something about {a trait} {kind}.|I want a story about {a kind}.|story about {a kind}]",
    };
    text_clear(out);
    expand_all(out, r, *PICK(r, forms), story);
}

/* A document is a plain story, a story on request, or one to three questions with answers. `want` says whether it is to be
 * one of those that are held out. */
static void make_document(rng *r, text *doc, int want_held_out)
{
    static const char *const greetings[][2] = { { "Hello!", "Hello! Ask me about running models, or let me tell you a story." },
        { "Hi", "Hi! Shall I tell you a story, or do you have a question about running models?" },
        { "Thank you!", "You are welcome!" }, { "Thanks", "You are welcome!" }, { "Good bye!", "Good bye!" } };
    unsigned what = rng_below(r, 100);
    text story, other;
    variables vars;
    text_clear(doc);
    text_put(doc, "<|startoftext|>");
    if (what >= 30 && rng_chance(r, 10)) chat_turn(doc, "system", "You are a helpful assistant.");
    if (what < 50) {
        do make_story(r, &story, &vars); while (text_held_out(story.s) != want_held_out);
        if (what < 30) text_put(doc, story.s);
        else {
            make_request(r, &other, &vars);
            chat_turn(doc, "user", other.s);
            chat_turn(doc, "assistant", story.s);
        }
    } else {
        int turns = 1 + (int)rng_below(r, 3);
        if (rng_chance(r, 5)) { const char *const *g = *PICK(r, greetings); chat_turn(doc, "user", g[0]); chat_turn(doc, "assistant", g[1]); }
        while (turns--) {
            do make_question(r, &other, &story); while (text_held_out(other.s) != want_held_out);
            chat_turn(doc, "user", other.s);
            chat_turn(doc, "assistant", story.s);
        }
    }
    text_put(doc, "<|endoftext|>");
}

/* Sequence `index` of a stream: documents one after the other until it is full. */
static void make_sequence(int *ids, int n, const bpe *b, uint64_t seed, uint64_t index, int held_out)
{
    rng r = rng_from(seed * 2 + (uint64_t)held_out, index);
    text doc;
    int k = 0;
    while (k < n) {
        make_document(&r, &doc, held_out);
        k += bpe_encode(b, doc.s, ids + k, n - k);
    }
}

static void learn_tokenizer(bpe *b, uint64_t seed)
{
    word_table table;
    rng r = rng_from(seed, 0x70b3);
    text doc;
    int i;
    table.cap = 1 << 16;
    table.n = 0;
    table.w = (word_count *)grab((size_t)table.cap, sizeof *table.w);
    for (i = 0; i < 12000; i++) {
        const char *s;
        make_document(&r, &doc, 0);
        for (s = doc.s; *s; ) {                         /* the text between the special tokens */
            text part;
            size_t n = strcspn(s, "<");
            text_clear(&part);
            if (n) { memcpy(part.s, s, n); part.s[n] = 0; bpe_count_text(&table, part.s); s += n; }
            if (*s == '<') { s = strchr(s, '>'); s = s ? s + 1 : ""; }
        }
    }
    bpe_start(b);
    bpe_learn(b, &table, VOCAB);
    if (b->n != VOCAB) die("the text is too small for this vocabulary");
}

/* --- the trainer ----------------------------------------------------------------------------------------------------------------- */
typedef struct trainer {
    bpe tokens;
    angles rot;
    size_t n;                                           /* weights in all */
    real *weight, *grad[PARTS], *moment1, *moment2;
    weights w, g[PARTS];
    work *work[PARTS];                                  /* one per thread */
    double loss[PARTS], valid_loss;
    point *history;                                     /* [steps] */
    uint64_t seed;
    int step, steps, threads, phase, valid_batch;
    real rate, clip;
    double norm[PARTS];
} trainer;

enum { PHASE_GRADIENT, PHASE_SUM, PHASE_UPDATE, PHASE_VALIDATE };
enum { WARM_UP = 100, VALID_EVERY = 100, VALID_BATCHES = 16 /* at the end; 1 on the way */ };
static const double PEAK_RATE = 3e-3, WEIGHT_DECAY = 0.1, BETA1 = 0.9, BETA2 = 0.98;

static void load_part(trainer *t, work *w, int part, int held_out)
{
    int s;
    uint64_t batch = (uint64_t)(held_out ? t->valid_batch : t->step);
    w->seqs = PART_SEQS;
    w->length = CONTEXT;
    w->rows = w->seqs * w->length;
    for (s = 0; s < PART_SEQS; s++)
        make_sequence(w->ids[s], CONTEXT + 1, &t->tokens, t->seed, (batch * 64 + (uint64_t)part) * PART_SEQS + (uint64_t)s, held_out);
}

static void part_gradient(trainer *t, work *w, int part)
{
    load_part(t, w, part, 0);
    memset(t->grad[part], 0, t->n * sizeof (real));
    forward(w, &t->w, &t->rot);
    t->loss[part] = cross_entropy(w, (real)1 / (PARTS * MAX_ROWS));
    backward(w, &t->w, &t->g[part], &t->rot);
}

/* A slice of the weights: adds the parts' gradients in order, and takes their squares for the norm. */
static void part_sum(trainer *t, int part)
{
    size_t i, from = t->n * (size_t)part / PARTS, to = t->n * (size_t)(part + 1) / PARTS;
    double sum = 0;
    int p;
    for (p = 1; p < PARTS; p++) for (i = from; i < to; i++) t->grad[0][i] += t->grad[p][i];
    for (i = from; i < to; i++) sum += (double)t->grad[0][i] * (double)t->grad[0][i];
    t->norm[part] = sum;
}

/* AdamW. Norms (vectors) are not decayed. */
static void update(trainer *t, size_t from, size_t to, real decay)
{
    const real b1 = (real)BETA1, b2 = (real)BETA2, clip = t->clip, rate = t->rate;
    const real c1 = (real)(1 / (1 - pow(BETA1, t->step + 1))), c2 = (real)(1 / (1 - pow(BETA2, t->step + 1)));
    real *m = t->moment1, *v = t->moment2, *w = t->weight;
    const real *grad = t->grad[0];
    size_t i;
    for (i = from; i < to; i++) {
        real g = grad[i] * clip;
        m[i] = b1 * m[i] + (1 - b1) * g;
        v[i] = b2 * v[i] + (1 - b2) * g * g;
#ifdef TRAIN_DOUBLE
        w[i] -= rate * (m[i] * c1 / (sqrt(v[i] * c2) + (real)1e-8) + decay * w[i]);
#else
        w[i] -= rate * (m[i] * c1 / (sqrtf(v[i] * c2) + (real)1e-8) + decay * w[i]);
#endif
    }
}

static void part_update(trainer *t, int part)
{
    size_t at = 0;
    int i;
    for (i = 0; i < TENSORS; i++) {
        if (i % PARTS == part) update(t, at, at + tensor_size(i), tensor_shape(i).rows > 1 ? (real)WEIGHT_DECAY : 0);
        at += tensor_size(i);
    }
}

static void part_validate(trainer *t, work *w, int part)
{
    load_part(t, w, part, 1);
    forward(w, &t->w, &t->rot);
    t->loss[part] = cross_entropy(w, 0);
}

/* Threads take parts in turn; which thread has which part does not matter for the result. */
typedef struct job { trainer *t; int thread, first; } job;

static void *run_job(void *arg)
{
    job *j = (job *)arg;
    trainer *t = j->t;
    int part;
    for (part = j->thread; part < PARTS; part += t->threads)
        switch (t->phase) {
        case PHASE_GRADIENT: part_gradient(t, t->work[j->thread], part); break;
        case PHASE_SUM:      part_sum(t, part); break;
        case PHASE_UPDATE:   part_update(t, part); break;
        default:             part_validate(t, t->work[j->thread], part); break;
        }
    return NULL;
}

static void run_phase(trainer *t, int phase)
{
    pthread_t id[PARTS];
    job jobs[PARTS];
    int i;
    t->phase = phase;
    for (i = 0; i < t->threads; i++) {
        jobs[i].t = t;
        jobs[i].thread = i;
        if (i && pthread_create(&id[i], NULL, run_job, &jobs[i])) die("cannot start a thread");
    }
    run_job(&jobs[0]);
    for (i = 1; i < t->threads; i++) pthread_join(id[i], NULL);
}

static double loss_of_parts(const trainer *t)
{
    double sum = 0;
    int p;
    for (p = 0; p < PARTS; p++) sum += t->loss[p];
    return sum / ((double)PARTS * MAX_ROWS);
}

/* Warm-up, then half a cosine down to a twentieth. */
static double rate_at(int step, int steps)
{
    double x;
    if (step < WARM_UP) return PEAK_RATE * (step + 1) / WARM_UP;
    x = (double)(step - WARM_UP) / (steps > WARM_UP ? steps - WARM_UP : 1);
    return PEAK_RATE * (0.05 + 0.95 * 0.5 * (1 + cos(3.14159265358979 * x)));
}

static void train_step(trainer *t)
{
    double norm = 0;
    int p;
    run_phase(t, PHASE_GRADIENT);
    t->history[t->step].train = (float)loss_of_parts(t);
    run_phase(t, PHASE_SUM);
    for (p = 0; p < PARTS; p++) norm += t->norm[p];
    norm = sqrt(norm);
    t->clip = (real)(norm > 1 ? 1 / norm : 1);
    t->rate = (real)rate_at(t->step, t->steps);
    run_phase(t, PHASE_UPDATE);
    t->step++;
}

static void validate(trainer *t, int batches)
{
    double sum = 0;
    for (t->valid_batch = 0; t->valid_batch < batches; t->valid_batch++) {
        run_phase(t, PHASE_VALIDATE);
        sum += loss_of_parts(t);
    }
    t->valid_loss = sum / batches;
    if (t->step) t->history[t->step - 1].valid = (float)t->valid_loss;
}

static double normal(rng *r)                            /* Box and Muller 1958 */
{
    double u = ((double)(rng_next(r) >> 11) + 1) / 9007199254740993.0, v = (double)(rng_next(r) >> 11) / 9007199254740992.0;
    return sqrt(-2 * log(u)) * cos(6.28318530717959 * v);
}

static void init_weights(trainer *t)
{
    int i;
    size_t k;
    for (i = 0; i < TENSORS; i++) {
        rng r = rng_from(t->seed, 0x1000 + (uint64_t)i);
        shape s = tensor_shape(i);
        int which = i == EMBED || i == OUT_NORM ? -1 : (i - 1) % PER_LAYER;
        double std = i == EMBED ? 0.05 : 1 / sqrt((double)s.cols);
        if (which == O || which == DOWN) std /= sqrt(2.0 * LAYERS);     /* so that the running sum does not grow */
        for (k = 0; k < tensor_size(i); k++) t->w.t[i][k] = (real)(s.rows == 1 ? 1 : std * normal(&r));
    }
}

static trainer *trainer_new(uint64_t seed, int steps, int threads)
{
    trainer *t = (trainer *)grab(1, sizeof *t);
    int p;
    t->seed = seed;
    t->steps = steps;
    t->threads = threads < 1 ? 1 : threads > PARTS ? PARTS : threads;
    t->n = lay_out(NULL, NULL);
    t->weight = (real *)grab(t->n, sizeof (real));
    t->moment1 = (real *)grab(t->n, sizeof (real));
    t->moment2 = (real *)grab(t->n, sizeof (real));
    lay_out(&t->w, t->weight);
    for (p = 0; p < PARTS; p++) {
        t->grad[p] = (real *)grab(t->n, sizeof (real));
        lay_out(&t->g[p], t->grad[p]);
        if (p < t->threads) t->work[p] = work_new();
    }
    t->history = (point *)grab((size_t)steps + 1, sizeof *t->history);
    angles_init(&t->rot);
    learn_tokenizer(&t->tokens, seed);
    init_weights(t);
    return t;
}

/* --- checkpoints ------------------------------------------------------------------------------------------------------------------
 * Everything that the next step depends on. Written beside the old one and then renamed, so that there is always a whole one. */
typedef struct checkpoint { char magic[8]; uint64_t seed, n, tokens_hash; int32_t step, steps, real_bytes, unused; } checkpoint;

static checkpoint checkpoint_header(const trainer *t)
{
    checkpoint c;
    int i;
    memset(&c, 0, sizeof c);
    memcpy(c.magic, "trainer1", 8);
    c.seed = t->seed;
    c.n = t->n;
    for (i = 0; i < VOCAB; i++) c.tokens_hash = c.tokens_hash * 31 + text_hash(t->tokens.piece[i]);  /* other text, other run */
    c.step = t->step;
    c.steps = t->steps;
    c.real_bytes = sizeof (real);
    return c;
}

static int checkpoint_save(const trainer *t, const char *path)
{
    char temporary[1024];
    checkpoint c = checkpoint_header(t);
    FILE *f;
    int ok;
    snprintf(temporary, sizeof temporary, "%s.new", path);
    if (!(f = fopen(temporary, "wb"))) return 0;
    ok = fwrite(&c, sizeof c, 1, f) == 1 && fwrite(t->weight, sizeof (real), t->n, f) == t->n
        && fwrite(t->moment1, sizeof (real), t->n, f) == t->n && fwrite(t->moment2, sizeof (real), t->n, f) == t->n
        && fwrite(t->history, sizeof *t->history, (size_t)t->step + 1, f) == (size_t)t->step + 1;
    ok = fclose(f) == 0 && ok;
    return ok && rename(temporary, path) == 0;
}

static int checkpoint_load(trainer *t, const char *path)   /* 0: there is none for this run */
{
    checkpoint c, mine = checkpoint_header(t);
    FILE *f = fopen(path, "rb");
    int ok;
    if (!f) return 0;
    ok = fread(&c, sizeof c, 1, f) == 1 && !memcmp(c.magic, mine.magic, 8) && c.seed == mine.seed && c.n == mine.n
        && c.tokens_hash == mine.tokens_hash && c.steps == mine.steps && c.real_bytes == mine.real_bytes && c.step <= c.steps;
    if (!ok) fprintf(stderr, "train: %s belongs to another run; starting from nothing\n", path);
    else if (fread(t->weight, sizeof (real), t->n, f) != t->n || fread(t->moment1, sizeof (real), t->n, f) != t->n
        || fread(t->moment2, sizeof (real), t->n, f) != t->n
        || fread(t->history, sizeof *t->history, (size_t)c.step + 1, f) != (size_t)c.step + 1) die("the checkpoint is cut short; delete it");
    else t->step = c.step;
    fclose(f);
    return ok;
}

/* --- the GGUF file ------------------------------------------------------------------------------------------------------------------ */
/* Keys by type; the writer counts nothing by hand. */
typedef struct key_text { const char *key, *value; } key_text;
typedef struct key_int { const char *key; uint32_t value; } key_int;

static const char chat_template[] =
    "{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

static const key_text text_keys[] = {
    { "general.architecture", "llama" }, { "general.type", "model" }, { "general.name", "llrun storyteller" }, { "general.size_label", "3.6M" },
    { "general.license", "MIT" },
    { "general.description", "Tells short stories in simple English and answers questions about running language models locally." },
    { "general.provenance", "Trained from nothing by models/train.c of llrun, on text from its own generators; no other text or model was used." },
    { "tokenizer.ggml.model", "gpt2" }, { "tokenizer.ggml.pre", "gpt-2" }, { "tokenizer.chat_template", chat_template },
};
static const key_int int_keys[] = {
    { "general.file_type", 2 /* mostly q4_0 */ }, { "general.quantization_version", 2 },
    { "llama.context_length", CONTEXT }, { "llama.embedding_length", DIM }, { "llama.block_count", LAYERS }, { "llama.feed_forward_length", FFN },
    { "llama.attention.head_count", HEADS }, { "llama.attention.head_count_kv", KV_HEADS }, { "llama.rope.dimension_count", HEAD },
    { "llama.vocab_size", VOCAB },
    { "tokenizer.ggml.bos_token_id", TOK_BOS }, { "tokenizer.ggml.eos_token_id", TOK_EOS }, { "tokenizer.ggml.eot_token_id", TOK_IM_END },
    { "tokenizer.ggml.padding_token_id", TOK_EOS },
};

static void write_tokenizer(FILE *f, const bpe *b)
{
    char s[2 * BPE_WORD * 2 + 1];
    int i, n;
    put_key(f, "tokenizer.ggml.tokens", GGUF_ARRAY);
    put_u32(f, GGUF_STRING);
    put_u64(f, VOCAB);
    for (i = 0; i < VOCAB; i++) {
        if (i < TOK_BYTES) { put_text(f, b->piece[i], (size_t)b->len[i]); continue; }
        n = bpe_printable(b->piece[i], b->len[i], s);
        put_text(f, s, (size_t)n);
    }
    put_key(f, "tokenizer.ggml.token_type", GGUF_ARRAY);
    put_u32(f, GGUF_I32);
    put_u64(f, VOCAB);
    for (i = 0; i < VOCAB; i++) put_u32(f, i < TOK_BYTES ? 3 /* control */ : 1 /* normal */);
    put_key(f, "tokenizer.ggml.merges", GGUF_ARRAY);
    put_u32(f, GGUF_STRING);
    put_u64(f, VOCAB - TOK_LEARNED);
    for (i = TOK_LEARNED; i < VOCAB; i++) {
        n = bpe_printable(b->piece[b->left[i]], b->len[b->left[i]], s);
        s[n++] = ' ';
        n += bpe_printable(b->piece[b->right[i]], b->len[b->right[i]], s + n);
        put_text(f, s, (size_t)n);
    }
    put_key(f, "tokenizer.ggml.add_bos_token", GGUF_BOOL);
    put_bytes(f, "\1", 1);
}

static int tensor_type(int t) { return tensor_shape(t).rows == 1 ? TYPE_F32 : t == EMBED ? TYPE_Q8_0 : TYPE_Q4_0; }

static size_t tensor_bytes(int t)
{
    size_t n = tensor_size(t);
    n = tensor_type(t) == TYPE_F32 ? n * 4 : n / QK * (tensor_type(t) == TYPE_Q8_0 ? Q8_0_BYTES : Q4_0_BYTES);
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static void pad_to(FILE *f, long align) { while (ftell(f) % align) put_bytes(f, "", 1); }

static void write_gguf(const trainer *t, const char *path)
{
    FILE *f = fopen(path, "wb");
    uint64_t offset = 0;
    size_t i, k;
    if (!f) die("cannot open the model file for writing");
    put_bytes(f, "GGUF", 4);
    put_u32(f, 3);
    put_u64(f, TENSORS);
    put_u64(f, COUNT(text_keys) + COUNT(int_keys) + 2 + 4);
    for (i = 0; i < COUNT(text_keys); i++) { put_key(f, text_keys[i].key, GGUF_STRING); put_text(f, text_keys[i].value, strlen(text_keys[i].value)); }
    for (i = 0; i < COUNT(int_keys); i++) { put_key(f, int_keys[i].key, GGUF_U32); put_u32(f, int_keys[i].value); }
    put_key(f, "llama.attention.layer_norm_rms_epsilon", GGUF_F32);
    put_f32(f, (float)EPS);
    put_key(f, "llama.rope.freq_base", GGUF_F32);
    put_f32(f, (float)ROPE_BASE);
    write_tokenizer(f, &t->tokens);
    for (i = 0; i < TENSORS; i++) {
        shape s = tensor_shape((int)i);
        char name[64];
        if (i == EMBED || i == OUT_NORM) snprintf(name, sizeof name, "%s.weight", s.name);
        else snprintf(name, sizeof name, "blk.%d.%s.weight", (int)(i - 1) / PER_LAYER, s.name);
        put_text(f, name, strlen(name));
        put_u32(f, s.rows > 1 ? 2 : 1);
        put_u64(f, (uint64_t)s.cols);
        if (s.rows > 1) put_u64(f, (uint64_t)s.rows);
        put_u32(f, (uint32_t)tensor_type((int)i));
        put_u64(f, offset);
        offset += tensor_bytes((int)i);
    }
    for (i = 0; i < TENSORS; i++) {
        pad_to(f, ALIGN);
        if (tensor_type((int)i) != TYPE_F32) write_blocks(f, t->w.t[i], tensor_size((int)i), tensor_type((int)i));
        else for (k = 0; k < tensor_size((int)i); k++) put_f32(f, (float)t->w.t[i][k]);
    }
    pad_to(f, ALIGN);
    if (fclose(f)) die("cannot write the model");
}

/* --- checks --------------------------------------------------------------------------------------------------------------------------- */
/* Compares the gradient with the difference quotient (L(w + h) - L(w - h)) / 2h for some weights of every tensor. */
static int check_gradient(trainer *t)
{
    const double h = sizeof (real) == 8 ? 1e-5 : 2e-3, tolerance = sizeof (real) == 8 ? 1e-4 : 5e-2;
    work *w = t->work[0];
    rng r = rng_from(1, 2);
    double worst = 0;
    int i, k, s;
    for (s = 0; s < PART_SEQS; s++) make_sequence(w->ids[s], CONTEXT + 1, &t->tokens, 7, (uint64_t)s, 0);
    w->seqs = 2;
    w->length = 81;                                     /* more than one block of queries, and not a multiple of anything */
    w->rows = w->seqs * w->length;
    forward(w, &t->w, &t->rot);
    cross_entropy(w, (real)1 / (real)w->rows);
    memset(t->grad[0], 0, t->n * sizeof (real));
    backward(w, &t->w, &t->g[0], &t->rot);
    for (i = 0; i < TENSORS; i++)
        for (k = 0; k < 2; k++) {
            size_t at = i == EMBED ? (size_t)w->ids[0][k] * DIM + rng_below(&r, DIM) : rng_below(&r, (unsigned)tensor_size(i));
            real *x = &t->w.t[i][at], old = *x;
            double up, down, slope, mine = (double)t->g[0].t[i][at], off;
            *x = old + (real)h;
            forward(w, &t->w, &t->rot);
            up = cross_entropy(w, 0);
            *x = old - (real)h;
            forward(w, &t->w, &t->rot);
            down = cross_entropy(w, 0);
            *x = old;
            slope = (up - down) / (2 * h * w->rows);
            off = fabs(slope - mine) / (fabs(slope) + fabs(mine) + (sizeof (real) == 8 ? 1e-6 : 1e-3));
            if (off > worst) worst = off;
            if (off > tolerance) printf("tensor %d (%s) weight %lu: gradient %.8g, difference quotient %.8g\n", i, tensor_shape(i).name, (unsigned long)at, mine, slope);
        }
    printf("gradient check: %d weights, largest relative difference %.2g, %s\n", 2 * TENSORS, worst, worst <= tolerance ? "ok" : "FAILED");
    return worst <= tolerance;
}

/* Ids to text gives the text back, for documents and for all bytes. */
static int check_tokenizer(const bpe *b)
{
    rng r = rng_from(3, 4);
    int i, k, n, tokens = 0, bytes = 0, ids[8192];
    text doc;
    for (i = 0; i < 1000; i++) {
        char back[8192];
        size_t len = 0;
        make_document(&r, &doc, i & 1);
        n = bpe_encode(b, doc.s, ids, 8192);
        for (k = 0; k < n; k++) { memcpy(back + len, b->piece[ids[k]], (size_t)b->len[ids[k]]); len += (size_t)b->len[ids[k]]; }
        if (len != doc.n || memcmp(back, doc.s, len)) { printf("tokenizer check: FAILED: %s\n", doc.s); return 0; }
        tokens += n;
        bytes += (int)len;
    }
    printf("tokenizer check: 1000 documents come back, %.2f bytes per token, ok\n", (double)bytes / tokens);
    return 1;
}

/* --- the loop -------------------------------------------------------------------------------------------------------------------------- */
static volatile sig_atomic_t stopping;
static void on_signal(int sig) { (void)sig; stopping = 1; }

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void show_progress(const trainer *t, double loss, double speed)
{
    enum { BAR = 24 };
    int left = speed > 0 ? (int)((t->steps - t->step) * (double)(PARTS * MAX_ROWS) / speed) : 0, filled = (int)((double)BAR * t->step / t->steps), i;
    char bar[BAR + 1];
    for (i = 0; i < BAR; i++) bar[i] = i < filled ? '#' : '.';
    bar[BAR] = 0;
    if (isatty(2)) fprintf(stderr, "\r[%s] %d/%d  loss %.3f  held out %.3f  %.0f tokens/s  %d:%02d left ", bar, t->step, t->steps, loss, t->valid_loss, speed, left / 60, left % 60);
    else if (t->step % VALID_EVERY == 0 || t->step == t->steps)
        fprintf(stderr, "step %d of %d: loss %.4f, held out %.4f, %.0f tokens/s, %d:%02d left\n", t->step, t->steps, loss, t->valid_loss, speed, left / 60, left % 60);
}

typedef struct options { const char *out, *save, *plot, *print, *copies; int steps, threads, check, seconds, count; uint64_t seed; } options;

static int train(trainer *t, const options *o)
{
    struct sigaction act;
    double start = now(), saved = start, loss = 0;
    int first;
    memset(&act, 0, sizeof act);
    act.sa_handler = on_signal;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    if (o->save && checkpoint_load(t, o->save)) fprintf(stderr, "train: going on from step %d\n", t->step);
    fprintf(stderr, "train: %lu weights, %d steps of %d tokens, %d threads, seed %lu\n", (unsigned long)t->n, t->steps, PARTS * MAX_ROWS, t->threads, (unsigned long)t->seed);
    validate(t, 1);
    fprintf(stderr, "train: held-out loss %.4f\n", t->valid_loss);
    first = t->step;
    while (t->step < t->steps && !stopping && !(o->seconds && now() - start > o->seconds)) {
        train_step(t);
        loss = t->step == first + 1 ? (double)t->history[t->step - 1].train : 0.95 * loss + 0.05 * (double)t->history[t->step - 1].train;
        if (t->step % VALID_EVERY == 0 || t->step == t->steps) validate(t, 1);
        show_progress(t, loss, (t->step - first) * (double)(PARTS * MAX_ROWS) / (now() - start));
        if (o->save && now() - saved > 60) {
            if (!checkpoint_save(t, o->save)) fprintf(stderr, "\ntrain: cannot write %s\n", o->save);
            saved = now();
        }
    }
    if (isatty(2)) fprintf(stderr, "\n");
    if (o->save && !checkpoint_save(t, o->save)) fprintf(stderr, "train: cannot write %s\n", o->save);
    if (stopping) { fprintf(stderr, "train: stopped at step %d; the same command goes on\n", t->step); return 130; }
    validate(t, VALID_BATCHES);
    fprintf(stderr, "train: %d steps in %.0f s, loss %.4f, held-out loss %.4f\n", t->step - first, now() - start, loss, t->valid_loss);
    if (o->out) write_gguf(t, o->out);
    if (o->plot) write_plot(t->history, t->step, PARTS * MAX_ROWS, o->plot);
    return 0;
}

static int check_all(trainer *t, const options *o)
{
    double before;
    options short_run = *o;
    if (!check_tokenizer(&t->tokens) || !check_gradient(t)) return 1;
    if (!o->seconds) return 0;
    validate(t, 1);
    before = t->valid_loss;
    short_run.save = NULL;
    train(t, &short_run);
    printf("short training: held-out loss %.3f before, %.3f after %d steps, %s\n", before, t->valid_loss, t->step, t->valid_loss < before - 1 ? "ok" : "FAILED");
    return t->valid_loss < before - 1 ? 0 : 1;
}

/* What the generators make: for reading, and to compare tokenizers. */
static int print_data(const options *o)
{
    rng r = rng_from(o->seed, 0xda7a);
    text a, b;
    variables v;
    bpe *tokens = NULL;
    int i, k, n, ids[8192];
    if (!strcmp(o->print, "ids")) learn_tokenizer(tokens = (bpe *)grab(1, sizeof *tokens), o->seed);
    for (i = 0; i < o->count; i++) {
        if (!strcmp(o->print, "stories")) { make_story(&r, &a, &v); printf("%s\n\n----\n\n", a.s); }
        else if (!strcmp(o->print, "questions")) { make_question(&r, &a, &b); printf("%s\t%s\n", a.s, b.s); }
        else if (!strcmp(o->print, "held-out-questions")) { do make_question(&r, &a, &b); while (!text_held_out(a.s)); printf("%s\t%s\n", a.s, b.s); }
        else if (!strcmp(o->print, "held-out-stories")) { do make_story(&r, &a, &v); while (!text_held_out(a.s)); printf("%s\n\n----\n\n", a.s); }
        else if (!strcmp(o->print, "ids")) {            /* a document as a JSON string, a tab, its ids as a JSON array */
            make_document(&r, &a, i & 1);
            n = bpe_encode(tokens, a.s, ids, 8192);
            putchar('"');
            for (k = 0; a.s[k]; k++) if (a.s[k] == '\n') fputs("\\n", stdout); else { if (strchr("\"\\", a.s[k])) putchar('\\'); putchar(a.s[k]); }
            fputs("\"\t[", stdout);
            for (k = 0; k < n; k++) printf("%s%d", k ? "," : "", ids[k]);
            puts("]");
        } else { make_document(&r, &a, 0); printf("%s\n", a.s); }
    }
    return 0;
}

/* --- copies ------------------------------------------------------------------------------------------------------------------------------
 * Are the model's stories copies? For each of them, the longest row of words that stands in any document of the training: the
 * stream of documents is made again, and compared by the usual table for the longest common substring, a row at a time. */
enum { MAX_WORDS = 2048, MAX_STORIES = 1000 };
typedef struct words { int n; uint32_t w[MAX_WORDS]; } words;

static void split_words(words *out, const char *s)
{
    for (out->n = 0; *s && out->n < MAX_WORDS; s += strcspn(s, " \n")) {
        char word[64];
        s += strspn(s, " \n");
        if (!*s) break;
        snprintf(word, sizeof word, "%.*s", (int)strcspn(s, " \n"), s);
        out->w[out->n++] = (uint32_t)text_hash(word);
    }
}

static int longest_common(const words *a, const words *b)
{
    static uint32_t table[2][MAX_WORDS + 1];
    uint32_t longest = 0;
    int i, j;
    memset(table, 0, sizeof table);
    for (i = 0; i < a->n; i++) {
        uint32_t *row = table[i & 1] + 1, w = a->w[i];
        const uint32_t *before = table[~i & 1];
        for (j = 0; j < b->n; j++) row[j] = b->w[j] == w ? before[j] + 1 : 0;
        for (j = 0; j < b->n; j++) longest = row[j] > longest ? row[j] : longest;
    }
    return (int)longest;
}

static int report_copies(const options *o)              /* stories are separated by lines of four dashes */
{
    static words stories[MAX_STORIES];
    static int longest[MAX_STORIES];
    static char file[1 << 22];
    FILE *f = fopen(o->copies, "rb");
    words doc;
    char *s, *end;
    bpe *b = (bpe *)grab(1, sizeof *b);
    int n = 0, i, worst = 0, whole = 0, total = 0;
    uint64_t step, part, documents = 0;
    if (!f) die("cannot open the stories");
    file[fread(file, 1, sizeof file - 1, f)] = 0;
    fclose(f);
    for (s = file; s && n < MAX_STORIES; s = end ? end + 5 : NULL) {
        if ((end = strstr(s, "----\n")) != NULL) *end = 0;
        split_words(&stories[n], s);
        n += stories[n].n > 0;
    }
    learn_tokenizer(b, o->seed);
    for (step = 0; step < (uint64_t)o->steps; step++)
        for (part = 0; part < PARTS * PART_SEQS; part++) {      /* as in load_part and make_sequence */
            rng r = rng_from(o->seed * 2, step * 64 * PART_SEQS + part);
            static int ids[CONTEXT + 1];
            text d;
            int k;
            for (k = 0; k < CONTEXT + 1; documents++) {
                make_document(&r, &d, 0);
                k += bpe_encode(b, d.s, ids + k, CONTEXT + 1 - k);
                split_words(&doc, d.s);
                for (i = 0; i < n; i++) {
                    int same = longest_common(&stories[i], &doc);
                    if (same > longest[i]) longest[i] = same;
                }
            }
        }
    for (i = 0; i < n; i++) {
        total += longest[i];
        whole += longest[i] >= stories[i].n;
        if (longest[i] > worst) worst = longest[i];
        printf("story %d: %d words, of which at most %d in a row stand in the training text\n", i + 1, stories[i].n, longest[i]);
    }
    printf("%d stories against %lu documents: on average %.1f words in a row, at most %d; whole copies: %d\n", n, (unsigned long)documents,
           n ? (double)total / n : 0.0, worst, whole);
    return whole > 0;
}

static int help(void)
{
    puts("usage: train [options]\n"
         "  --steps N       steps of 4096 tokens\n"
         "  --threads N     1 to 4; the result does not depend on it\n"
         "  --seed N        of everything\n"
         "  --out FILE      the GGUF file\n"
         "  --save FILE     checkpoint: written every minute, at Ctrl-C and at the end; read at the start\n"
         "  --plot FILE     the loss as an SVG picture\n"
         "  --seconds N     end after this time; the learning rate is that of --steps\n"
         "  --check         check the tokenizer and the gradient, then train for --seconds, which must lower the loss\n"
         "  --print WHAT    stories, questions, held-out-stories, held-out-questions, documents or ids\n"
         "  --count N       how many\n"
         "  --copies FILE   the longest rows of words of the stories in FILE that stand in the training text of --steps");
    return 0;
}

int main(int argc, char **argv)
{
    options o;
    trainer *t;
    int i;
    memset(&o, 0, sizeof o);
    o.steps = 6000;
    o.threads = 2;
    o.seed = 1;
    o.count = 10;
    for (i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(a, "--help") || !strcmp(a, "-h")) return help();
        if (!strcmp(a, "--check")) { o.check = 1; continue; }
        if (!v) { fprintf(stderr, "train: unknown option or no value: %s\n", a); return 2; }
        if (!strcmp(a, "--steps")) o.steps = atoi(v);
        else if (!strcmp(a, "--threads")) o.threads = atoi(v);
        else if (!strcmp(a, "--seed")) o.seed = strtoull(v, NULL, 10);
        else if (!strcmp(a, "--out")) o.out = v;
        else if (!strcmp(a, "--save")) o.save = v;
        else if (!strcmp(a, "--plot")) o.plot = v;
        else if (!strcmp(a, "--seconds")) o.seconds = atoi(v);
        else if (!strcmp(a, "--print")) o.print = v;
        else if (!strcmp(a, "--copies")) o.copies = v;
        else if (!strcmp(a, "--count")) o.count = atoi(v);
        else { fprintf(stderr, "train: unknown option %s\n", a); return 2; }
        i++;
    }
    if (o.steps < 1) { fprintf(stderr, "train: --steps must be at least 1\n"); return 2; }
    if (o.print) return print_data(&o);
    if (o.copies) return report_copies(&o);
    t = trainer_new(o.seed, o.steps, o.threads);
    return o.check ? check_all(t, &o) : train(t, &o);
}
