/* write.h - the files that a training leaves: the pieces of GGUF, and a picture of the loss. */
#ifndef WRITE_H
#define WRITE_H
#include "matmul.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what) { fprintf(stderr, "train: %s\n", what); exit(1); }

/* --- GGUF: little-endian numbers, texts with their length first, keys with the type of their value ---------------------- */
static void put_bytes(FILE *f, const void *p, size_t n) { if (fwrite(p, 1, n, f) != n) die("cannot write the model"); }
static void put_u64(FILE *f, uint64_t v) { unsigned char b[8]; int i; for (i = 0; i < 8; i++) b[i] = (unsigned char)(v >> 8 * i); put_bytes(f, b, 8); }
static void put_u32(FILE *f, uint32_t v) { unsigned char b[4]; int i; for (i = 0; i < 4; i++) b[i] = (unsigned char)(v >> 8 * i); put_bytes(f, b, 4); }
static void put_f32(FILE *f, float v) { uint32_t u; memcpy(&u, &v, 4); put_u32(f, u); }
static void put_text(FILE *f, const char *s, size_t n) { put_u64(f, n); put_bytes(f, s, n); }
static void put_key(FILE *f, const char *key, uint32_t type) { put_text(f, key, strlen(key)); put_u32(f, type); }

enum { GGUF_U32 = 4, GGUF_I32 = 5, GGUF_F32 = 6, GGUF_BOOL = 7, GGUF_STRING = 8, GGUF_ARRAY = 9, TYPE_F32 = 0, TYPE_Q4_0 = 2, TYPE_Q8_0 = 8 };
enum { QK = 32, Q4_0_BYTES = 18, Q8_0_BYTES = 34, ALIGN = 32 };

static uint16_t half_from_float(float x)                /* to the nearest, ties to even; x is finite and below 65504 */
{
    uint32_t u, sign, mant;
    int exp;
    memcpy(&u, &x, 4);
    sign = u >> 16 & 0x8000;
    exp = (int)(u >> 23 & 255) - 112;
    mant = u & 0x7fffff;
    if (exp <= 0) {                                     /* too small for a normal half */
        int shift = 14 - exp;
        if (shift > 24) return (uint16_t)sign;
        mant |= 0x800000;
        u = mant >> shift;
        mant <<= 32 - shift;
        if (mant > 0x80000000u || (mant == 0x80000000u && u & 1)) u++;
        return (uint16_t)(sign | u);
    }
    u = (uint32_t)exp << 10 | mant >> 13;
    mant &= 0x1fff;
    if (mant > 0x1000 || (mant == 0x1000 && u & 1)) u++;
    return (uint16_t)(sign | u);
}

/* Blocks of 32: a half as scale, then 32 bytes (q8_0), or 16 of two weights each, w = scale * (q - 8), the first 16 in the low
 * halves (q4_0). The weight that is farthest from 0 decides the scale, with 4 bits as -8, because there is no +8. */
static void write_blocks(FILE *f, const real *w, size_t n, int type)
{
    size_t i;
    int k;
    for (i = 0; i < n; i += QK, w += QK) {
        unsigned char block[Q8_0_BYTES] = { 0 };
        double far = 0, d;
        uint16_t half;
        for (k = 0; k < QK; k++) if (fabs((double)w[k]) > fabs(far)) far = (double)w[k];
        d = type == TYPE_Q8_0 ? fabs(far) / 127 : far / -8;
        half = half_from_float((float)d);
        block[0] = (unsigned char)(half & 255);
        block[1] = (unsigned char)(half >> 8);
        for (k = 0; k < QK; k++) {
            long q = d != 0 ? lrint((double)w[k] / d) : 0;
            if (type == TYPE_Q8_0) block[2 + k] = (unsigned char)(signed char)q;
            else block[2 + k % 16] |= (unsigned char)((q > 7 ? 15 : q + 8) << (k < 16 ? 0 : 4));
        }
        put_bytes(f, block, type == TYPE_Q8_0 ? Q8_0_BYTES : Q4_0_BYTES);
    }
}

/* --- the plot of the loss ------------------------------------------------------------------------------------------------------------ */
typedef struct point { float train, valid; } point;     /* the losses of a step; valid is 0 where not measured */

static void write_plot(const point *history, int steps, int tokens_per_step, const char *path)
{
    enum { W = 720, H = 360, LEFT = 50, TOP = 20, BOTTOM = 40 };
    const double top = log(8.0), low = log(0.25);       /* the loss from 0.25 to 8 on a logarithmic axis */
    FILE *f = fopen(path, "w");
    double mean = 0, y;
    int i, n = steps > 1 ? steps : 2;
    if (!f) return;
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", W, H, W, H);
#define PLOT_X(i) (LEFT + (double)(i) / (n - 1) * (W - LEFT - 20))
#define PLOT_Y(v) (TOP + (top - log((v) < 0.25 ? 0.25 : (v) > 8 ? 8 : (v))) / (top - low) * (H - TOP - BOTTOM))
    for (y = 0.25; y <= 8; y *= 2)
        fprintf(f, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
                LEFT, W - 20, PLOT_Y(y), PLOT_Y(y), LEFT - 6, PLOT_Y(y) + 4, y);
    for (i = 0; i <= 4; i++)
        fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", PLOT_X((n - 1) * i / 4), H - 22, n * i / 4);
    fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">steps of %d tokens</text>\n<polyline fill=\"none\" stroke=\"#7aa6d8\" points=\"", W / 2, H - 6, tokens_per_step);
    for (i = 0; i < steps; i++) {
        mean = i ? 0.9 * mean + 0.1 * (double)history[i].train : (double)history[i].train;
        if (i % (n / 700 + 1) == 0) fprintf(f, "%.1f,%.1f ", PLOT_X(i), PLOT_Y(mean));
    }
    fprintf(f, "\"/>\n<polyline fill=\"none\" stroke=\"#c0392b\" stroke-width=\"2\" points=\"");
    for (i = 0; i < steps; i++) if (history[i].valid > 0) fprintf(f, "%.1f,%.1f ", PLOT_X(i), PLOT_Y((double)history[i].valid));
    fprintf(f, "\"/>\n<text x=\"%d\" y=\"40\" fill=\"#7aa6d8\">training loss (running mean)</text><text x=\"%d\" y=\"58\" fill=\"#c0392b\">held-out loss</text>\n</svg>\n", W - 220, W - 220);
    fclose(f);
}
#endif
