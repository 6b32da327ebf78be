/* matmul.h - products of matrices, where nearly all the time of a training goes. */
#ifndef MATMUL_H
#define MATMUL_H
#include <stddef.h>

#ifdef TRAIN_DOUBLE                     /* for the gradient check: differences need digits */
typedef double real;
#else
typedef float real;
#endif

/* --- matrix products ------------------------------------------------------------------------------------------------------
 * C = A B or C += A B, where A and B may be stored in either order: element (i, j) of A is a[i * ai + j * aj]. That covers
 * the three products of a linear layer: x W^T forward, dy W for the input's and dy^T x for the weights' gradient.
 *
 * The way of all fast libraries (Goto and van de Geijn 2008): copy a block of A and of B into strips that the innermost
 * loop reads from front to back, small enough to stay in the L2 and L1 caches; the innermost loop keeps a tile of
 * TILE_M x TILE_N sums in registers and does nothing but multiply and add. */
#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64, TILE_M = 12 };                /* 32 registers: 24 sums, 2 of B, broadcasts */
#elif defined(__AVX__) || defined(__aarch64__)
enum { VECTOR_BYTES = 32, TILE_M = 6 };                 /* 16 registers: 12 sums */
#else
enum { VECTOR_BYTES = 16, TILE_M = 6 };
#endif
enum { LANES = VECTOR_BYTES / sizeof (real), TILE_N = 2 * LANES, BLOCK_M = 8 * TILE_M, BLOCK_N = 512, BLOCK_K = 256 };
typedef real vector __attribute__((vector_size(VECTOR_BYTES)));         /* GCC and Clang, on any processor */
typedef real loose_vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof (real)), may_alias));

typedef struct pack { real a[BLOCK_M * BLOCK_K] __attribute__((aligned(64))), b[BLOCK_N * BLOCK_K] __attribute__((aligned(64))); } pack;

/* a: depth columns of TILE_M, b: depth rows of TILE_N; the sums go to (or are added to) c. */
static void multiply_tile(int depth, const real *a, const real *b, real *c, size_t c_row, int add)
{
    vector sum[TILE_M][2];
    int i, k;
#pragma GCC unroll 12
    for (i = 0; i < TILE_M; i++) sum[i][0] = sum[i][1] = (vector){ 0 };
    for (k = 0; k < depth; k++, a += TILE_M, b += TILE_N) {
        const vector b0 = *(const vector *)b, b1 = *(const vector *)(b + LANES);
#pragma GCC unroll 12
        for (i = 0; i < TILE_M; i++) { sum[i][0] += a[i] * b0; sum[i][1] += a[i] * b1; }
    }
#pragma GCC unroll 12
    for (i = 0; i < TILE_M; i++, c += c_row) {
        loose_vector *to = (loose_vector *)c;
        if (add) { sum[i][0] += to[0]; sum[i][1] += to[1]; }
        to[0] = sum[i][0];
        to[1] = sum[i][1];
    }
}

static void pack_strips(real *to, const real *from, size_t across, size_t along, int width, int depth, int tile)
{
    int s, i, k;                                        /* strips of `tile`, the last one filled up with zeros */
    for (s = 0; s < width; s += tile, to += tile * depth) {
        int n = width - s < tile ? width - s : tile;
        const real *p = from + (size_t)s * across;
        if (along == 1) {
            for (i = 0; i < n; i++) for (k = 0; k < depth; k++) to[k * tile + i] = p[(size_t)i * across + (size_t)k];
            for (; i < tile; i++) for (k = 0; k < depth; k++) to[k * tile + i] = 0;
        } else for (k = 0; k < depth; k++) {
            for (i = 0; i < n; i++) to[k * tile + i] = p[(size_t)i * across + (size_t)k * along];
            for (; i < tile; i++) to[k * tile + i] = 0;
        }
    }
}

static void multiply_edge(int depth, const real *a, const real *b, real *c, size_t c_row, int rows, int cols, int add)
{
    real part[TILE_M * TILE_N] __attribute__((aligned(64)));
    int i, k;
    multiply_tile(depth, a, b, part, TILE_N, 0);
    for (i = 0; i < rows; i++)
        for (k = 0; k < cols; k++) c[(size_t)i * c_row + (size_t)k] = part[i * TILE_N + k] + (add ? c[(size_t)i * c_row + (size_t)k] : 0);
}

static void matmul(pack *w, int m, int n, int depth, const real *a, size_t ai, size_t aj, const real *b, size_t bi, size_t bj,
                   real *c, size_t c_row, int add)
{
    int i0, j0, k0, i, j;
    for (j0 = 0; j0 < n; j0 += BLOCK_N)
        for (k0 = 0; k0 < depth; k0 += BLOCK_K) {
            int nb = n - j0 < BLOCK_N ? n - j0 : BLOCK_N, kb = depth - k0 < BLOCK_K ? depth - k0 : BLOCK_K, more = add || k0;
            pack_strips(w->b, b + (size_t)k0 * bi + (size_t)j0 * bj, bj, bi, nb, kb, TILE_N);
            for (i0 = 0; i0 < m; i0 += BLOCK_M) {
                int mb = m - i0 < BLOCK_M ? m - i0 : BLOCK_M;
                pack_strips(w->a, a + (size_t)i0 * ai + (size_t)k0 * aj, ai, aj, mb, kb, TILE_M);
                for (j = 0; j < nb; j += TILE_N)
                    for (i = 0; i < mb; i += TILE_M) {
                        real *to = c + (size_t)(i0 + i) * c_row + (size_t)(j0 + j);
                        const real *pa = w->a + i * kb, *pb = w->b + j * kb;
                        if (mb - i >= TILE_M && nb - j >= TILE_N) multiply_tile(kb, pa, pb, to, c_row, more);
                        else multiply_edge(kb, pa, pb, to, c_row, mb - i < TILE_M ? mb - i : TILE_M, nb - j < TILE_N ? nb - j : TILE_N, more);
                    }
            }
        }
}
#endif
