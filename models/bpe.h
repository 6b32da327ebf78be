/* bpe.h - a byte-level BPE tokenizer: learned from text, applied to text.
 *
 * Text is first cut into words by the rule that GPT-2 introduced; GGUF files call it "gpt-2":
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * Then, inside each word, the pair of neighbours that was learned first is joined, again and again. Learning is the same
 * loop: start from single bytes, and join the most frequent pair of the whole text (Sennrich et al. 2016, Radford et al.
 * 2019). All text here is ASCII, so \p{L} is a-z A-Z and \p{N} is 0-9; bytes above 127 count as letters.
 */
#ifndef BPE_H
#define BPE_H
#include "text.h"

enum { BPE_MAX = 4096, BPE_WORD = 64, BPE_PAIRS = 16384 };
enum { TOK_BOS, TOK_EOS, TOK_IM_START, TOK_IM_END, TOK_BYTES, TOK_LEARNED = TOK_BYTES + 256 };
static const char *const bpe_special[TOK_BYTES] = { "<|startoftext|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>" };

typedef struct bpe {
    int n;                                              /* tokens so far */
    char piece[BPE_MAX][BPE_WORD]; int len[BPE_MAX];    /* their bytes */
    int left[BPE_MAX], right[BPE_MAX];                  /* of which two a learned token was joined */
    uint32_t key[BPE_PAIRS]; int joined[BPE_PAIRS];     /* hash table: pair -> joined token */
} bpe;

/* --- words ------------------------------------------------------------------------------------------------------------ */
static int is_letter(int c) { return isalpha(c) || c > 127; }
static int is_other(int c) { return c && !isspace(c) && !is_letter(c) && !isdigit(c); }

static size_t word_length(const char *text)             /* of the first word; text is not empty */
{
    static const char *const ending[] = { "'s", "'t", "'re", "'ve", "'m", "'ll", "'d" };
    const unsigned char *s = (const unsigned char *)text;
    size_t i, n = 0;
    for (i = 0; i < sizeof ending / sizeof ending[0]; i++)
        if (!strncmp(text, ending[i], strlen(ending[i]))) return strlen(ending[i]);
    if (s[0] == ' ' && s[1] && !isspace(s[1])) n = 1;
    if (is_letter(s[n])) { while (is_letter(s[n])) n++; return n; }
    if (isdigit(s[n])) { while (isdigit(s[n])) n++; return n; }
    if (is_other(s[n])) { while (is_other(s[n])) n++; return n; }
    while (isspace(s[n])) n++;
    return n > 1 && s[n] ? n - 1 : n;                   /* a run of white space leaves its last to the next word */
}

/* --- pairs ------------------------------------------------------------------------------------------------------------ */
static unsigned bpe_slot(const bpe *b, int left, int right)     /* where the pair is, or the free slot for it */
{
    uint32_t key = (uint32_t)left << 16 | (uint32_t)right;
    unsigned i = key * 2654435761u >> 18;
    while (b->joined[i] && b->key[i] != key) i = (i + 1) % BPE_PAIRS;
    return i;
}

static int bpe_join(const bpe *b, int left, int right) { return b->joined[bpe_slot(b, left, right)]; }    /* 0: never */

static int bpe_find(const bpe *b, const char *s, int len)       /* the token with these bytes, or -1 */
{
    int i;
    for (i = TOK_BYTES; i < b->n; i++) if (b->len[i] == len && !memcmp(b->piece[i], s, (size_t)len)) return i;
    return -1;
}

static void bpe_start(bpe *b)                           /* the special tokens and the 256 bytes */
{
    int i;
    memset(b, 0, sizeof *b);
    for (i = 0; i < TOK_BYTES; i++) b->len[i] = (int)strlen(strcpy(b->piece[i], bpe_special[i]));
    for (i = 0; i < 256; i++) { b->piece[TOK_BYTES + i][0] = (char)i; b->len[TOK_BYTES + i] = 1; }
    b->n = TOK_LEARNED;
}

static int bpe_add(bpe *b, int left, int right)         /* a token for the pair; 0 if another has the same bytes */
{
    char s[2 * BPE_WORD];
    int len = b->len[left] + b->len[right];
    unsigned slot = bpe_slot(b, left, right);
    if (len > BPE_WORD || b->n == BPE_MAX) return 0;
    memcpy(s, b->piece[left], (size_t)b->len[left]);
    memcpy(s + b->len[left], b->piece[right], (size_t)b->len[right]);
    if (bpe_find(b, s, len) >= 0) return 0;             /* readers look tokens up by their text: it must be unique */
    memcpy(b->piece[b->n], s, (size_t)len);
    b->len[b->n] = len;
    b->left[b->n] = left;
    b->right[b->n] = right;
    b->key[slot] = (uint32_t)left << 16 | (uint32_t)right;
    b->joined[slot] = b->n;
    return b->n++;
}

/* --- text to ids ------------------------------------------------------------------------------------------------------- */
static int bpe_word(const bpe *b, const char *s, size_t len, int *out)     /* one word; out has room for len ids */
{
    int n = (int)len, i;
    for (i = 0; i < n; i++) out[i] = TOK_BYTES + (unsigned char)s[i];
    for (;;) {
        int best = 0, at = 0, id;
        for (i = 0; i + 1 < n; i++)                     /* the lowest id was learned first; the leftmost of equals */
            if ((id = bpe_join(b, out[i], out[i + 1])) && (!best || id < best)) { best = id; at = i; }
        if (!best) return n;
        out[at] = best;
        memmove(out + at + 1, out + at + 2, (size_t)(n - at - 2) * sizeof *out);
        n--;
    }
}

/* Ids of a text. The special tokens in it are recognised: this is for our own documents. Writes at most cap ids. */
static int bpe_encode(const bpe *b, const char *s, int *out, int cap)
{
    int n = 0, i, ids[1024];
    while (*s && n < cap) {
        size_t len = strcspn(s, "<");                   /* up to what may be a special token */
        for (i = 0; i < TOK_BYTES; i++)
            if (!strncmp(s, bpe_special[i], strlen(bpe_special[i]))) break;
        if (i < TOK_BYTES) { out[n++] = i; s += strlen(bpe_special[i]); continue; }
        if (!len) len = 1;
        while (len && n < cap) {
            char word[1024];
            size_t w = len < sizeof word - 1 ? len : sizeof word - 1;
            memcpy(word, s, w);
            word[w] = 0;                                /* the rule must not look past the special token */
            w = word_length(word);
            {
                int k = bpe_word(b, s, w, ids);
                for (i = 0; i < k && n < cap; i++) out[n++] = ids[i];
            }
            s += w;
            len -= w;
        }
    }
    return n;
}

/* --- learning ---------------------------------------------------------------------------------------------------------- */
typedef struct word_count { uint64_t hash; int count, n, id[BPE_WORD]; } word_count;
typedef struct word_table { word_count *w; int cap, n; } word_table;

static void count_word(word_table *t, const char *s, size_t len)
{
    char copy[BPE_WORD + 1];
    uint64_t hash;
    int i, k;
    if (len > BPE_WORD) len = BPE_WORD;
    memcpy(copy, s, len);
    copy[len] = 0;
    hash = text_hash(copy) | 1;
    for (i = (int)(hash % (uint64_t)t->cap); t->w[i].hash && t->w[i].hash != hash; i = (i + 1) % t->cap) { }
    if (!t->w[i].hash) {
        if (t->n * 2 > t->cap) return;                  /* full: rare words do not matter */
        t->n++;
        t->w[i].hash = hash;
        t->w[i].n = (int)len;
        for (k = 0; k < (int)len; k++) t->w[i].id[k] = TOK_BYTES + (unsigned char)copy[k];
    }
    t->w[i].count++;
}

static void bpe_count_text(word_table *t, const char *s)
{
    while (*s) { size_t len = word_length(s); count_word(t, s, len); s += len; }
}

static void replace_pair(word_count *w, int left, int right, int joined)
{
    int i, k = 0;
    for (i = 0; i < w->n; i++)
        if (i + 1 < w->n && w->id[i] == left && w->id[i + 1] == right) { w->id[k++] = joined; i++; }
        else w->id[k++] = w->id[i];
    w->n = k;
}

/* Joins the most frequent pair until there are n_vocab tokens. Every round counts all pairs of all distinct words anew:
 * a few thousand words, so it takes seconds, and there is nothing to keep up to date. */
static void bpe_learn(bpe *b, word_table *t, int n_vocab)
{
    int *count = (int *)calloc((size_t)n_vocab * (size_t)n_vocab, sizeof *count), i, k;
    word_count *words = (word_count *)malloc((size_t)t->n * sizeof *words);
    int n_words = 0;
    if (!count || !words) { fprintf(stderr, "not enough memory for the tokenizer\n"); exit(1); }
    for (i = 0; i < t->cap; i++) if (t->w[i].hash) words[n_words++] = t->w[i];
    while (b->n < n_vocab) {
        int best = 0, left = 0, right = 0, id;
        for (i = 0; i < n_words; i++)
            for (k = 0; k + 1 < words[i].n; k++) {
                int *c = &count[words[i].id[k] * n_vocab + words[i].id[k + 1]];
                if (*c >= 0) *c += words[i].count;      /* -1: this pair must not be joined */
            }
        for (i = 0; i < n_words; i++)                   /* the largest, of equals the one with the lowest ids; and clear */
            for (k = 0; k + 1 < words[i].n; k++) {
                int l = words[i].id[k], r = words[i].id[k + 1], *c = &count[l * n_vocab + r];
                if (*c > best || (*c == best && best && (l < left || (l == left && r < right)))) { best = *c; left = l; right = r; }
            }
        for (i = 0; i < n_words; i++)
            for (k = 0; k + 1 < words[i].n; k++) {
                int *c = &count[words[i].id[k] * n_vocab + words[i].id[k + 1]];
                if (*c > 0) *c = 0;
            }
        if (best < 2) break;                            /* nothing left that occurs twice */
        id = bpe_add(b, left, right);
        if (!id) { count[left * n_vocab + right] = -1; continue; }
        for (i = 0; i < n_words; i++) replace_pair(&words[i], left, right, id);
    }
    free(words);
    free(count);
}

/* The printable alphabet in which GGUF files write bytes (GPT-2): visible Latin-1 characters stand for themselves, the
 * other 68 bytes for U+0100, U+0101, … in order. Writes UTF-8, returns its length. */
static int bpe_printable(const char *s, int len, char *out)
{
    int n = 0, i;
    for (i = 0; i < len; i++) {
        int c = (unsigned char)s[i], code = c, k;
        if (!((c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xac) || c >= 0xae)) {
            for (code = 0x100, k = 0; k < c; k++)
                if (!((k >= 0x21 && k <= 0x7e) || (k >= 0xa1 && k <= 0xac) || k >= 0xae)) code++;
        }
        if (code < 0x80) out[n++] = (char)code;
        else { out[n++] = (char)(0xc0 | code >> 6); out[n++] = (char)(0x80 | (code & 63)); }
    }
    return n;
}
#endif
