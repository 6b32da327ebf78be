/* cuda_kernels.cu: the steps of a layer on an NVIDIA GPU, as one shared library that llrun.h loads when asked.
 *
 *     nvcc -O3 -shared -Xcompiler -fPIC -cudart static -arch=native -o llrun-cuda.so cuda_kernels.cu      (or: make cuda)
 *
 * The table that it exports, and what every function must do, is declared in llrun.h (>>table); the arithmetic is that of
 * the functions of the same names in >>ops. Nothing in here exits, prints or reads the environment; every CUDA call is checked.
 *
 * Weights stay in the layout of the file. Every quantised type comes down to the same form, 32 small integers with a scale
 * and a constant per half (struct group below); activations are 32 int8 with a scale, as on the CPU. One kernel for few
 * tokens, which is as fast as memory can be read, and one with tensor cores for many; each is one text for all types.
 *
 * The same text compiles as C++ for the CPU (test/cuda_host.h, with LLRUN_CUDA_HOST): the tests run it without a GPU.
 *
 * Contents: launching; types of weights; activations; products; norms and other steps; attention; streams; devices; the table.
 */
#define LLRUN_GPU_LIBRARY
#ifdef LLRUN_CUDA_HOST
#  include "test/cuda_host.h"
#else
#  include <cuda_runtime.h>
#  include <cuda_fp16.h>
#  define SHARED_FLOATS(name) extern __shared__ float name[]
#  define UNROLL _Pragma("unroll")     /* where arrays must become registers */
#endif
#include "llrun.h"
#include <float.h>
#include <initializer_list>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- launching ---------------------------------------------------------------------------------------------------------
 * A stream keeps the first error, with what was done when it came; after it nothing is done. */
struct device { int index, capability; void *books; const uint8_t *book[LLRI_BOOKS]; };

struct stream {
    struct device *dev;
    cudaStream_t s;
    cudaError_t error; const char *doing;
    const float *x; int64_t ldx, n_in; int n, prepared;         /* the current input; the type it is prepared for, or INT8, or -1 */
    int8_t *q; float *scale; int32_t *sum;                      /* it as int8 [n][n_in], [n][n_in / 32] and two int16 sums of halves; or as
                                                                   f16 or bf16 [n][n_in] and [n] */
    float *parts;                                               /* of attention: [row][head][split][dv + 2] */
    uint32_t *pos;                                              /* position of the token, for steps that are recorded */
    cudaGraphExec_t graph; uint32_t reach; int recording, no_graphs;    /* recorded steps, for positions below `reach` */
    int64_t max_in; int max_rows;
};

static void check(stream *st, cudaError_t e, const char *doing)
{
    if (e == cudaSuccess || st->error != cudaSuccess) return;
    st->error = e;
    st->doing = doing;
}

/* What other calls left as the last error has been told where it happened, and is forgotten before a launch. */
#ifdef LLRUN_CUDA_HOST
#  define RUN(kernel, grid, block, shared, st, ...) do { \
        (void)cudaGetLastError(); \
        check(st, host_launch((st)->s, grid, block, shared, host_call_of(kernel, __VA_ARGS__)), #kernel); \
    } while (0)
#else
#  define RUN(kernel, grid, block, shared, st, ...) do { \
        (void)cudaGetLastError(); \
        kernel<<<grid, block, shared, (st)->s>>>(__VA_ARGS__); \
        check(st, cudaGetLastError(), #kernel); \
    } while (0)
#endif

enum { WARP = 32, WARPS = 4, THREADS = WARP * WARPS };

#ifndef LLRUN_CUDA_HOST
static __device__ __forceinline__ float warp_sum(float x)
{
    for (int i = 16; i; i /= 2) x += __shfl_xor_sync(0xffffffffu, x, i);
    return x;
}
static __device__ __forceinline__ float warp_max(float x)
{
    for (int i = 16; i; i /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, i));
    return x;
}
/* Of the four lanes that have a row of a tensor core's c */
static __device__ __forceinline__ float quad_sum(float x)
{
    x += __shfl_xor_sync(0xffffffffu, x, 1);
    return x + __shfl_xor_sync(0xffffffffu, x, 2);
}
static __device__ __forceinline__ float quad_max(float x)
{
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
    return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}
static __device__ __forceinline__ unsigned two_halves(float lo, float hi)
{
    const __half2 h = __floats2half2_rn(lo, hi);
    return *(const unsigned *)&h;
}
/* c + the four products of signed bytes */
static __device__ __forceinline__ int dot4(int a, int b, int c) { return __dp4a(a, b, c); }

/* Tensor cores: c[16][8] += a[16][k] b[k][8], by a warp. Row lane / 4, or 8 more, of a and column lane / 4 of b are in a lane's
 * words, columns 2 (lane % 4) and the next of rows lane / 4 and lane / 4 + 8 in its c. 32 bytes of a row: word lane % 4, then word 4 more. */
#if __CUDA_ARCH__ >= 800
static __device__ __forceinline__ void mma_int8(int c[4], const unsigned a[4], const unsigned b[2])             /* k = 32 */
{
    asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
static __device__ __forceinline__ void mma_int8_half(int c[4], const unsigned a[2], unsigned b)                 /* k = 16 */
{
    asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(b));
}
static __device__ __forceinline__ void mma_f16(float c[4], const unsigned a[4], const unsigned b[2])            /* k = 16 */
{
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
static __device__ __forceinline__ void mma_bf16(float c[4], const unsigned a[4], const unsigned b[2])
{
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#else                                   /* never launched there: see gpu_matmul */
static __device__ void mma_int8(int *, const unsigned *, const unsigned *) {}
static __device__ void mma_int8_half(int *, const unsigned *, unsigned) {}
static __device__ void mma_f16(float *, const unsigned *, const unsigned *) {}
static __device__ void mma_bf16(float *, const unsigned *, const unsigned *) {}
#endif
#endif

/* The sum over a block, for every thread. */
static __device__ float block_sum(float x)
{
    __shared__ float part[32];
    x = warp_sum(x);
    __syncthreads();
    if (threadIdx.x % WARP == 0) part[threadIdx.x / WARP] = x;
    __syncthreads();
    x = threadIdx.x % WARP < (blockDim.x + WARP - 1) / WARP ? part[threadIdx.x % WARP] : 0.0f;
    return warp_sum(x);
}

static __device__ __forceinline__ float half_float(unsigned h) { return __half2float(__ushort_as_half((unsigned short)h)); }
static __device__ __forceinline__ float bits_float(unsigned u) { return __uint_as_float(u); }

/* ---- types of weights ----------------------------------------------------------------------------------------------------
 * QUANTS(X): name, id in the file, weights and bytes of a block, what is subtracted from every integer, whether the halves of
 * a group of 32 have scales of their own. The layouts are those of the structs in >>types, their meaning that of >>convert. */
#define QUANTS(X) \
    X(Q4_0,     2,  32,  18,  8, 0) X(Q4_1,     3,  32,  20, 0, 0) X(Q5_0,     6,  32,  22, 16, 0) X(Q5_1,   7,  32,  24, 0, 0) \
    X(Q8_0,     8,  32,  34,  0, 0) X(Q2_K,    10, 256,  84, 0, 1) X(Q3_K,    11, 256, 110, 4, 1)  X(Q4_K,  12, 256, 144, 0, 0) \
    X(Q5_K,    13, 256, 176,  0, 0) X(Q6_K,    14, 256, 210, 32, 1) X(IQ2_XXS, 16, 256, 66, 0, 0)  X(IQ2_XS, 17, 256, 74, 0, 1) \
    X(IQ3_XXS, 18, 256,  98,  0, 0) X(IQ1_S,   19, 256,  50, 0, 0) X(IQ4_NL,  20,  32,  18, 0, 0)  X(IQ3_S, 21, 256, 110, 0, 0) \
    X(IQ2_S,   22, 256,  82,  0, 1) X(IQ4_XS,  23, 256, 136, 0, 0) X(IQ1_M,   29, 256,  56, 0, 1)  X(TQ1_0, 34, 256,  54, 1, 0) \
    X(TQ2_0,   35, 256,  66,  1, 0) X(MXFP4,   39,  32,  17, 0, 0) X(NVFP4,   40,  64,  36, 0, 1)  X(Q1_0,  41, 128,  18, 1, 0) \
    X(Q2_0,    42,  64,  18,  1, 0)
#define FLOATS(X) X(F32, 0, 4) X(F16, 1, 2) X(BF16, 30, 2)      /* name, id, bytes */
enum {
#define X(name, id, block, bytes, off, halves) name = id,
    QUANTS(X)
#undef X
#define X(name, id, bytes) name = id,
    FLOATS(X)
#undef X
    INT8 = 24
};
/* float types: what the kernels of all types ask */
template <int T> struct type_of { enum { block = 1, bytes = 2, off = 0, halves = 0 }; };
#define X(name, id, n, size, offset, apart) template <> struct type_of<name> { enum { block = n, bytes = size, off = offset, halves = apart }; };
QUANTS(X)
#undef X

/* 32 weights: of half h = j / 16, weight j = scale[h] * (byte j of q - offset of the type) + plus[h]. */
struct group { int q[8]; float scale[2], plus[2]; };

struct books { const uint8_t *b[LLRI_BOOKS]; };

/* Blocks lie at even addresses, but those of mxfp4. */
static __device__ __forceinline__ unsigned rd16(const uint8_t *p) { return *(const uint16_t *)p; }
static __device__ __forceinline__ unsigned rd32(const uint8_t *p) { return rd16(p) | rd16(p + 2) << 16; }
static __device__ __forceinline__ float rd_half(const uint8_t *p) { return half_float(rd16(p)); }
static __device__ __forceinline__ unsigned spread4(unsigned bits) { return (bits & 15) * 0x00204081u & 0x01010101u; }    /* a bit per byte */
static __device__ __forceinline__ unsigned spread2(unsigned b) { return (b | b << 6 | b << 12 | b << 18) & 0x03030303u; }  /* two bits per byte */
static __device__ __forceinline__ unsigned negate(unsigned v, unsigned signs)       /* bytes > 0, negated where a bit is set */
{
    unsigned m = spread4(signs) * 255;
    return (v ^ m) + (m & 0x01010101u);
}
static __device__ __forceinline__ unsigned sign_mask(unsigned s)        /* the eighth makes the number of minus signs even */
{
    unsigned parity = s &= 127;
    parity ^= parity >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    return s | (parity & 1) << 7;
}
/* Values of four 4-bit codes, each in the low half of a byte; t: a table of 16 bytes. */
static __device__ __forceinline__ unsigned look_up(unsigned codes, unsigned t0, unsigned t1, unsigned t2, unsigned t3)
{
    unsigned s = (codes | codes >> 4) & 0x00ff00ffu, high = (codes >> 3 & 0x01010101u) * 255;
    s = (s | s >> 8) & 0x7777u;
    return (__byte_perm(t0, t1, s) & ~high) | (__byte_perm(t2, t3, s) & high);
}
static __device__ __forceinline__ unsigned look_up_iq4(unsigned c) { return look_up(c, 0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u); }
static __device__ __forceinline__ unsigned look_up_fp4(unsigned c) { return look_up(c, 0x03020100u, 0x0c080604u, 0xfdfeff00u, 0xf4f8fafcu); }
static __device__ __forceinline__ float e8m0_half(unsigned e) { return bits_float(e < 2 ? 0x200000u << e : (e - 1) << 23); }
static __device__ __forceinline__ float ue4m3_half(unsigned x)
{
    unsigned e = x >> 3 & 15, m = x & 7;
    return x == 0x7f ? 0.0f : e ? bits_float((e + 119) << 23 | m << 20) : (float)m * (1.0f / 1024);
}
static __device__ __forceinline__ void q4_K_scale(const uint8_t *s, int k, int *scale, int *min)
{
    if (k < 4) {
        *scale = s[k] & 63;
        *min = s[k + 4] & 63;
    } else {
        *scale = (s[k + 4] & 15) | s[k - 4] >> 6 << 4;
        *min = s[k + 4] >> 4 | s[k] >> 6 << 4;
    }
}
static __device__ __forceinline__ int ternary_digit(unsigned x, int n)      /* digit n of a byte, base 3 */
{
    unsigned pow3 = n == 0 ? 1u : n == 1 ? 3u : n == 2 ? 9u : n == 3 ? 27u : 81u;
    return (int)((x * pow3 & 255u) * 3 >> 8);
}
/* A vector of a codebook of 8 bytes: two words */
static __device__ __forceinline__ uint2 grid8(const books &b, int book, unsigned i) { return ((const uint2 *)b.b[book])[i]; }
static __device__ __forceinline__ unsigned grid4(const books &b, int book, unsigned i) { return ((const unsigned *)b.b[book])[i]; }
static __device__ __forceinline__ unsigned iq1_bytes(unsigned v, int minus)         /* 8 v + 1, or - 1, of bytes -1, 0, 1 */
{
    v = (v << 3 & 0xf8f8f8f8u) ^ 0x80808080u;
    return (minus ? v - 0x01010101u : v + 0x01010101u) ^ 0x80808080u;
}

/* Group k of the block at p. */
template <int T> static __device__ __forceinline__ void unpack(group *g, const uint8_t *p, int k, const books &bk)
{
    float d = 0.0f, m = 0.0f;
    int i;
    if constexpr (T == Q4_0 || T == IQ4_NL || T == Q4_1 || T == Q5_0 || T == Q5_1 || T == MXFP4) {
        const int q_at = T == Q4_1 ? 4 : T == Q5_0 ? 6 : T == Q5_1 ? 8 : T == MXFP4 ? 1 : 2;
        unsigned high = T == Q5_0 ? rd32(p + 2) : T == Q5_1 ? rd32(p + 4) : 0;
        d = T == MXFP4 ? e8m0_half(p[0]) : rd_half(p);
        if (T == Q4_1 || T == Q5_1) m = rd_half(p + 2);
        for (i = 0; i < 4; i++) {
            const uint8_t *q = p + q_at + 4 * i;
            unsigned w = T == MXFP4 ? q[0] | q[1] << 8 | q[2] << 16 | (unsigned)q[3] << 24 : rd32(q), lo = w & 0x0f0f0f0fu, hi = w >> 4 & 0x0f0f0f0fu;
            if (T == IQ4_NL) { lo = look_up_iq4(lo); hi = look_up_iq4(hi); }
            if (T == MXFP4) { lo = look_up_fp4(lo); hi = look_up_fp4(hi); }
            if (T == Q5_0 || T == Q5_1) { lo |= spread4(high >> 4 * i) << 4; hi |= spread4(high >> (16 + 4 * i)) << 4; }
            g->q[i] = (int)lo;
            g->q[i + 4] = (int)hi;
        }
    } else if constexpr (T == Q8_0) {
        d = rd_half(p);
        for (i = 0; i < 8; i++) g->q[i] = (int)rd32(p + 2 + 4 * i);
    } else if constexpr (T == Q1_0) {
        unsigned bits = rd32(p + 2 + 4 * k);
        d = rd_half(p);
        for (i = 0; i < 8; i++) g->q[i] = (int)(spread4(bits >> 4 * i) << 1);
    } else if constexpr (T == Q2_0) {
        d = rd_half(p);
        for (i = 0; i < 8; i++) g->q[i] = (int)spread2(p[2 + 8 * k + i]);
    } else if constexpr (T == NVFP4) {
        for (i = 0; i < 2; i++) {
            unsigned a = rd32(p + 4 + 16 * k + 8 * i), b = rd32(p + 8 + 16 * k + 8 * i);
            g->q[4 * i] = (int)look_up_fp4(a & 0x0f0f0f0fu);
            g->q[4 * i + 1] = (int)look_up_fp4(b & 0x0f0f0f0fu);
            g->q[4 * i + 2] = (int)look_up_fp4(a >> 4 & 0x0f0f0f0fu);
            g->q[4 * i + 3] = (int)look_up_fp4(b >> 4 & 0x0f0f0f0fu);
            g->scale[i] = ue4m3_half(p[2 * k + i]);
            g->plus[i] = 0.0f;
        }
        return;
    } else if constexpr (T == Q2_K) {
        float dmin = rd_half(p + 82);
        d = rd_half(p + 80);
        for (i = 0; i < 8; i++) g->q[i] = (int)(rd32(p + 16 + 32 * (k / 4) + 4 * i) >> 2 * (k % 4) & 0x03030303u);
        for (i = 0; i < 2; i++) {
            g->scale[i] = d * (float)(p[2 * k + i] & 15);
            g->plus[i] = -dmin * (float)(p[2 * k + i] >> 4);
        }
        return;
    } else if constexpr (T == Q3_K) {
        d = rd_half(p + 108);
        for (i = 0; i < 8; i++)
            g->q[i] = (int)((rd32(p + 32 + 32 * (k / 4) + 4 * i) >> 2 * (k % 4) & 0x03030303u) | (rd32(p + 4 * i) >> k & 0x01010101u) << 2);
        for (i = 0; i < 2; i++) {
            int n = 2 * k + i, lo = p[96 + n % 8] >> 4 * (n / 8) & 15, hi = p[104 + n % 4] >> 2 * (n / 4) & 3;
            g->scale[i] = d * (float)((lo | hi << 4) - 32);
            g->plus[i] = 0.0f;
        }
        return;
    } else if constexpr (T == Q4_K || T == Q5_K) {
        int scale, min;
        q4_K_scale(p + 4, k, &scale, &min);
        for (i = 0; i < 8; i++) {
            g->q[i] = (int)(rd32(p + (T == Q5_K ? 48 : 16) + 32 * (k / 2) + 4 * i) >> 4 * (k % 2) & 0x0f0f0f0fu);
            if (T == Q5_K) g->q[i] |= (int)((rd32(p + 16 + 4 * i) >> k & 0x01010101u) << 4);
        }
        d = rd_half(p) * (float)scale;
        m = -rd_half(p + 2) * (float)min;
    } else if constexpr (T == Q6_K) {
        d = rd_half(p + 208);
        for (i = 0; i < 8; i++)
            g->q[i] = (int)((rd32(p + 64 * (k / 4) + 32 * (k % 2) + 4 * i) >> 4 * (k % 4 / 2) & 0x0f0f0f0fu) |
                            (rd32(p + 128 + 32 * (k / 4) + 4 * i) >> 2 * (k % 4) & 0x03030303u) << 4);
        for (i = 0; i < 2; i++) {
            g->scale[i] = d * (float)(int8_t)p[192 + 2 * k + i];
            g->plus[i] = 0.0f;
        }
        return;
    } else if constexpr (T == IQ4_XS) {
        d = rd_half(p) * (float)((int)((p[4 + k / 2] >> 4 * (k % 2) & 15) | (rd16(p + 2) >> 2 * k & 3) << 4) - 32);
        for (i = 0; i < 4; i++) {
            unsigned w = rd32(p + 8 + 16 * k + 4 * i);
            g->q[i] = (int)look_up_iq4(w & 0x0f0f0f0fu);
            g->q[i + 4] = (int)look_up_iq4(w >> 4 & 0x0f0f0f0fu);
        }
    } else if constexpr (T == TQ1_0) {
        d = rd_half(p + 52);
        for (i = 0; i < 8; i++) {
            unsigned w = 0;
            for (int b = 0; b < 4; b++) {
                int e = 32 * k + 4 * i + b, at, digit;
                if (e < 160) { at = e % 32; digit = e / 32; }
                else if (e < 240) { at = 32 + (e - 160) % 16; digit = (e - 160) / 16; }
                else { at = 48 + (e - 240) % 4; digit = (e - 240) / 4; }
                w |= (unsigned)ternary_digit(p[at], digit) << 8 * b;
            }
            g->q[i] = (int)w;
        }
    } else if constexpr (T == TQ2_0) {
        d = rd_half(p + 64);
        for (i = 0; i < 8; i++) g->q[i] = (int)(rd32(p + 32 * (k / 4) + 4 * i) >> 2 * (k % 4) & 0x03030303u);
    } else if constexpr (T == IQ2_XXS) {
        unsigned w = rd32(p + 2 + 8 * k + 4);
        d = rd_half(p) * (0.5f + (float)(w >> 28)) * 0.25f;
        for (i = 0; i < 4; i++) {
            uint2 v = grid8(bk, LLRI_BOOK_IQ2_XXS, p[2 + 8 * k + i]);
            unsigned s = sign_mask(w >> 7 * i);
            g->q[2 * i] = (int)negate(v.x, s);
            g->q[2 * i + 1] = (int)negate(v.y, s >> 4);
        }
    } else if constexpr (T == IQ2_XS || T == IQ2_S) {
        d = rd_half(p);
        for (i = 0; i < 4; i++) {
            unsigned x = T == IQ2_XS ? rd16(p + 2 + 8 * k + 2 * i) : p[2 + 4 * k + i] | (p[66 + k] >> 2 * i & 3u) << 8;
            unsigned s = T == IQ2_XS ? sign_mask(x >> 9) : p[34 + 4 * k + i];
            uint2 v = grid8(bk, T == IQ2_XS ? LLRI_BOOK_IQ2_XS : LLRI_BOOK_IQ2_S, T == IQ2_XS ? x & 511 : x);
            g->q[2 * i] = (int)negate(v.x, s);
            g->q[2 * i + 1] = (int)negate(v.y, s >> 4);
        }
        for (i = 0; i < 2; i++) {
            g->scale[i] = d * (0.5f + (float)(p[(T == IQ2_XS ? 66 : 74) + k] >> 4 * i & 15)) * 0.25f;
            g->plus[i] = 0.0f;
        }
        return;
    } else if constexpr (T == IQ3_XXS) {
        unsigned w = rd32(p + 66 + 4 * k);
        d = rd_half(p) * (0.5f + (float)(w >> 28)) * 0.5f;
        for (i = 0; i < 8; i++) g->q[i] = (int)negate(grid4(bk, LLRI_BOOK_IQ3_XXS, p[2 + 8 * k + i]), sign_mask(w >> 7 * (i / 2)) >> 4 * (i % 2));
    } else if constexpr (T == IQ3_S) {
        d = rd_half(p) * (float)(1 + 2 * (p[106 + k / 2] >> 4 * (k % 2) & 15));
        for (i = 0; i < 8; i++)
            g->q[i] = (int)negate(grid4(bk, LLRI_BOOK_IQ3_S, p[2 + 8 * k + i] | (p[66 + k] >> i & 1u) << 8), p[74 + 4 * k + i / 2] >> 4 * (i % 2));
    } else if constexpr (T == IQ1_S) {
        unsigned h = rd16(p + 34 + 2 * k);
        d = rd_half(p) * (float)(2 * (h >> 12 & 7) + 1) * 0.125f;
        for (i = 0; i < 4; i++) {
            uint2 v = grid8(bk, LLRI_BOOK_IQ1, p[2 + 4 * k + i] | (h >> 3 * i & 7) << 8);
            g->q[2 * i] = (int)iq1_bytes(v.x, (int)(h >> 15));
            g->q[2 * i + 1] = (int)iq1_bytes(v.y, (int)(h >> 15));
        }
    } else {                            /* IQ1_M */
        unsigned h = 0;
        for (i = 0; i < 4; i++) h |= rd16(p + 48 + 2 * i) >> 12 << 4 * i;
        d = half_float(h) * 0.125f;
        for (i = 0; i < 4; i++) {
            unsigned t = p[32 + 2 * k + i / 2] >> 4 * (i % 2) & 15u;
            uint2 v = grid8(bk, LLRI_BOOK_IQ1, p[4 * k + i] | (t & 7) << 8);
            g->q[2 * i] = (int)iq1_bytes(v.x, (int)(t >> 3));
            g->q[2 * i + 1] = (int)iq1_bytes(v.y, (int)(t >> 3));
        }
        for (i = 0; i < 2; i++) {
            g->scale[i] = d * (float)(2 * (rd16(p + 48 + 2 * (k / 2)) >> (6 * (k % 2) + 3 * i) & 7) + 1);
            g->plus[i] = 0.0f;
        }
        return;
    }
    g->scale[0] = g->scale[1] = d;
    g->plus[0] = g->plus[1] = m;
}

/* Number i of a row of a float type. */
template <int T> static __device__ __forceinline__ float rd_float(const uint8_t *p, int64_t i)
{
    if constexpr (T == F32) return ((const float *)p)[i];
    else if constexpr (T == F16) return half_float(((const uint16_t *)p)[i]);
    else return bits_float((unsigned)((const uint16_t *)p)[i] << 16);
}

/* ---- activations -----------------------------------------------------------------------------------------------------------
 * A group of 32 per warp. The scale is the one that fits the rounded integers best; a group with a NaN or an infinity gets
 * scale NaN and zeros, so that it shows. */
static __global__ void quantize(int8_t *q, float *scale, int32_t *sum, const float *x, int64_t ldx, int groups)
{
    int g = (int)(blockIdx.x * WARPS + threadIdx.x / WARP), t = (int)blockIdx.y, lane = (int)(threadIdx.x % WARP);
    if (g >= groups) return;
    float v = x[t * ldx + (int64_t)g * 32 + lane], top = warp_max(fabsf(v)), bad = warp_sum(v * 0.0f), d, n;
    int fine = bad == 0.0f && top >= 1e-36f, i = fine ? __float2int_rn(v * (127.0f / top)) : 0;
    d = warp_sum(fine && top < 1e30f ? v * (float)i : 0.0f);
    n = warp_sum((float)(i * i));
    d = !fine ? bad : top < 1e30f ? d / n : top / 127.0f;
    n = warp_sum(lane < 16 ? (float)i : 0.0f);
    v = warp_sum(lane < 16 ? 0.0f : (float)i);
    q[((int64_t)t * groups + g) * 32 + lane] = (int8_t)i;
    if (lane) return;
    scale[(int64_t)t * groups + g] = d;
    sum[(int64_t)t * groups + g] = (int)((unsigned)(int)n & 0xffffu) | (int)((unsigned)(int)v << 16);
}

/* For the tensor cores: rows of f16 or bf16. f16 does not reach far, so a row is divided by the power of two of its largest. */
template <int T> static __global__ void narrow(uint16_t *y, float *scale, const float *x, int64_t ldx, int n_in)
{
    const int t = (int)blockIdx.x;
    __shared__ float most[THREADS / WARP];
    float top = 0.0f, down = 1.0f;
    int i;
    x += t * ldx;
    if (T == F16) {
        for (i = (int)threadIdx.x; i < n_in; i += THREADS) top = fmaxf(top, fabsf(x[i]));
        top = warp_max(top);
        if (threadIdx.x % WARP == 0) most[threadIdx.x / WARP] = top;
        __syncthreads();
        for (i = 0; i < THREADS / WARP; i++) top = fmaxf(top, most[i]);
        if (top >= 1e-30f && top < 1e30f) down = bits_float((254u << 23) - (__float_as_uint(top) & 0x7f800000u));
    }
    if (threadIdx.x == 0) scale[t] = 1.0f / down;
    for (i = (int)threadIdx.x; i < n_in; i += THREADS) {
        const float v = x[i] * down;
        if (T == F16) y[(int64_t)t * n_in + i] = __half_as_ushort(__float2half_rn(v));
        else {
            const unsigned u = __float_as_uint(v);      /* to nearest even; NaN stays one */
            y[(int64_t)t * n_in + i] = (uint16_t)(v != v ? 0x7fc0u : (u + 0x7fffu + (u >> 16 & 1)) >> 16);
        }
    }
}

/* ---- products ---------------------------------------------------------------------------------------------------------------
 * y[t][row] = sum over k of w[row][k] x[t][k] + bias[row].
 *   Few tokens: a warp per row. It copies 32 groups of the row at a time to shared memory, in pieces of 16 bytes beside each
 * other, whatever the layout of the blocks; then each lane takes one group from there. The next 32 groups are on their way
 * meanwhile. */
struct product { const uint8_t *w; size_t row_bytes; const float *bias; float *y; int64_t ldy; int n_in, n_out; };

template <int T, int N> static __global__ void __launch_bounds__(THREADS) few_quants(product p, const int8_t *q, const float *scale, const int32_t *sum, books bk)
{
    enum { block = type_of<T>::block, size = type_of<T>::bytes, off = type_of<T>::off,
           per = 1024 / block * size,                   /* bytes of 32 groups */
           pieces = per / 16 + 2, each = (pieces + WARP - 1) / WARP };
    __shared__ uint4 stage[WARPS][pieces];
    const int lane = (int)(threadIdx.x % WARP), warp = (int)(threadIdx.x / WARP), groups = p.n_in / 32;
    const int row = (int)blockIdx.x * WARPS + warp;
    const uint8_t *w = p.w + (size_t)(row < p.n_out ? row : p.n_out - 1) * p.row_bytes;
    const uint8_t *end = w + p.row_bytes;
    float acc[N];
    uint4 ahead[each];
    int c, i, t;
    for (t = 0; t < N; t++) acc[t] = 0.0f;
    for (c = -32; c < groups; c += 32) {
        const uint8_t *next = w + (size_t)(c + 32) / 32 * per, *from = (const uint8_t *)((uintptr_t)next & ~(uintptr_t)15);
        if (c + 32 < groups)
            for (i = 0; i < each; i++)                  /* 16 bytes behind the last row may be read: its memory has room */
                if (lane + 32 * i < pieces && from + 16 * (lane + 32 * i) < end) ahead[i] = ((const uint4 *)from)[lane + 32 * i];
        if (c >= 0 && c + lane < groups) {
            const uint8_t *b = (const uint8_t *)stage[warp] + ((uintptr_t)(w + (size_t)c / 32 * per) & 15) + lane / (block / 32) * size;
            group g;
            unpack<T>(&g, b, lane % (block / 32), bk);
            for (t = 0; t < N; t++) {
                const int64_t at = (int64_t)t * groups + c + lane;
                const int4 a0 = ((const int4 *)q)[2 * at], a1 = ((const int4 *)q)[2 * at + 1];
                const int s = sum[at], s0 = (int)(int16_t)s, s1 = s >> 16;
                int d0 = dot4(g.q[0], a0.x, dot4(g.q[1], a0.y, dot4(g.q[2], a0.z, dot4(g.q[3], a0.w, -off * s0))));
                int d1 = dot4(g.q[4], a1.x, dot4(g.q[5], a1.y, dot4(g.q[6], a1.z, dot4(g.q[7], a1.w, -off * s1))));
                float v = type_of<T>::halves ? g.scale[0] * (float)d0 + g.scale[1] * (float)d1 : g.scale[0] * (float)(d0 + d1);
                v += g.plus[0] * (float)s0 + g.plus[1] * (float)s1;
                acc[t] += scale[at] * v;
            }
        }
        __syncwarp();
        for (i = 0; i < each; i++)
            if (lane + 32 * i < pieces) stage[warp][lane + 32 * i] = ahead[i];
        __syncwarp();
    }
    for (t = 0; t < N; t++) acc[t] = warp_sum(acc[t]);
    if (lane == 0 && row < p.n_out)
        for (t = 0; t < N; t++) p.y[t * p.ldy + row] = acc[t] + (p.bias ? p.bias[row] : 0.0f);
}

/* The same with floats: of float types, and of all with `exact`. */
template <int T, int N> static __global__ void __launch_bounds__(THREADS) few_floats(product p, const float *x, int64_t ldx, int wide, books bk)
{
    const int lane = (int)(threadIdx.x % WARP), row = (int)blockIdx.x * WARPS + (int)(threadIdx.x / WARP);
    const uint8_t *w = p.w + (size_t)(row < p.n_out ? row : p.n_out - 1) * p.row_bytes;
    float acc[N];
    int i, t;
    for (t = 0; t < N; t++) acc[t] = 0.0f;
    if constexpr (T == F32 || T == F16 || T == BF16) {
        if (wide)                                       /* eight at a time, 16 bytes beside each other */
            for (i = 8 * lane; i < p.n_in; i += 8 * WARP) {
                float v[8];
                if constexpr (T == F32) {
                    const float4 a = *(const float4 *)((const float *)w + i), b = *(const float4 *)((const float *)w + i + 4);
                    v[0] = a.x; v[1] = a.y; v[2] = a.z; v[3] = a.w; v[4] = b.x; v[5] = b.y; v[6] = b.z; v[7] = b.w;
                } else {
                    const uint4 a = *(const uint4 *)((const uint16_t *)w + i);
                    const unsigned u[4] = { a.x, a.y, a.z, a.w };
                    for (int j = 0; j < 8; j++) {
                        const unsigned h = u[j / 2] >> 16 * (j % 2) & 0xffffu;
                        v[j] = T == F16 ? half_float(h) : bits_float(h << 16);
                    }
                }
                for (t = 0; t < N; t++) {
                    const float4 a = *(const float4 *)(x + t * ldx + i), b = *(const float4 *)(x + t * ldx + i + 4);
                    acc[t] += v[0] * a.x + v[1] * a.y + v[2] * a.z + v[3] * a.w + v[4] * b.x + v[5] * b.y + v[6] * b.z + v[7] * b.w;
                }
            }
        else for (i = lane; i < p.n_in; i += WARP) {
            const float v = rd_float<T>(w, i);
            for (t = 0; t < N; t++) acc[t] += v * x[t * ldx + i];
        }
    } else {
        enum { per = type_of<T>::block / 32 };
        for (int k = lane; k < p.n_in / 32; k += WARP) {
            group g;
            unpack<T>(&g, w + (size_t)(k / per) * type_of<T>::bytes, k % per, bk);
            for (i = 0; i < 32; i++) {
                const float v = g.scale[i / 16] * (float)((int)(int8_t)(g.q[i / 4] >> 8 * (i % 4)) - type_of<T>::off) + g.plus[i / 16];
                for (t = 0; t < N; t++) acc[t] += v * x[t * ldx + k * 32 + i];
            }
        }
    }
    for (t = 0; t < N; t++) acc[t] = warp_sum(acc[t]);
    if (lane == 0 && row < p.n_out)
        for (t = 0; t < N; t++) p.y[t * p.ldy + row] = acc[t] + (p.bias ? p.bias[row] : 0.0f);
}

template <int T, int N> static void run_quants(stream *st, const product &p, int t0, const books &bk)
{
    const int groups = p.n_in / 32;
    auto kernel = few_quants<T, N>;
    product at = p;
    at.y += t0 * p.ldy;
    RUN(kernel, dim3((unsigned)(p.n_out + WARPS - 1) / WARPS), dim3(THREADS), 0, st, at, st->q + (int64_t)t0 * p.n_in, st->scale + (int64_t)t0 * groups,
        st->sum + (int64_t)t0 * groups, bk);
}
template <int T, int N> static void run_floats(stream *st, const product &p, int t0, const books &bk)
{
    auto kernel = few_floats<T, N>;
    const int wide = p.n_in % 8 == 0 && st->ldx % 4 == 0 && (uintptr_t)st->x % 16 == 0;
    product at = p;
    at.y += t0 * p.ldy;
    RUN(kernel, dim3((unsigned)(p.n_out + WARPS - 1) / WARPS), dim3(THREADS), 0, st, at, st->x + t0 * st->ldx, st->ldx, wide, bk);
}

/* All tokens of the input, some at a time. */
template <int T> static void product_quants(stream *st, const product &p, const books &bk)
{
    int t = 0;
    for (; t + 4 <= st->n; t += 4) run_quants<T, 4>(st, p, t, bk);
    for (; t < st->n; t++) run_quants<T, 1>(st, p, t, bk);
}
template <int T> static void product_floats(stream *st, const product &p, const books &bk)
{
    int t = 0;
    for (; t + 4 <= st->n; t += 4) run_floats<T, 4>(st, p, t, bk);
    for (; t < st->n; t++) run_floats<T, 1>(st, p, t, bk);
}

/* Many tokens: tensor cores. A block of 256 threads makes 64 rows of 128 tokens, each of its 8 warps 32 by 32 of them. Shared memory
 * has 128 bytes of each row at a time, as four chunks of 32: of quantised types unpacked, 32 numbers of a group, whose integer sum is
 * exact before it is scaled; of f16 and bf16 as they are, 16 numbers. Rows are 144 bytes apart, so that the lanes of a warp read from
 * different banks. */
enum { ROWS = 64, TOKENS = 128, CHUNKS = 4, MANY_THREADS = 256, STEP_FROM = 9 /* tokens from which it pays */ };

template <int T> static __global__ void __launch_bounds__(MANY_THREADS) many(product p, const uint8_t *a, int64_t a_bytes, const float *scale, const int32_t *sum, int n, books bk)
{
    enum { quant = T != F16 && T != BF16, halves = type_of<T>::halves, H = 1 + halves,
           plus = T == Q4_1 || T == Q5_1 || T == Q2_K || T == Q4_K || T == Q5_K };
    __shared__ uint4 ws[ROWS][9], as[TOKENS][9];
    __shared__ float w_scale[H][CHUNKS][ROWS], w_plus[plus ? H : 1][CHUNKS][ROWS], a_scale[CHUNKS][TOKENS], a_sum[plus ? H : 1][CHUNKS][TOKENS];
    const int tid = (int)threadIdx.x, lane = tid % WARP, warp = tid / WARP, row0 = (int)blockIdx.x * ROWS, t0 = (int)blockIdx.y * TOKENS;
    const int chunks = (int)(a_bytes / 32), wm = warp % 2 * 32, wn = warp / 2 * 32;
    float acc[2][4][4];
    int c0, c, i, m, k, h;
    UNROLL for (m = 0; m < 2; m++) UNROLL for (k = 0; k < 4; k++) UNROLL for (i = 0; i < 4; i++) acc[m][k][i] = 0.0f;
    for (c0 = 0; c0 < chunks; c0 += CHUNKS) {
        for (i = tid; i < TOKENS * 2 * CHUNKS; i += MANY_THREADS) {
            const int t = i / (2 * CHUNKS), v = i % (2 * CHUNKS);
            uint4 x = { 0, 0, 0, 0 };
            if (t0 + t < n && 2 * c0 + v < 2 * chunks) x = ((const uint4 *)(a + (t0 + t) * a_bytes))[2 * c0 + v];
            as[t][v] = x;
        }
        if constexpr (quant) {
            const int r = tid / CHUNKS, g = tid % CHUNKS, there = row0 + r < p.n_out && c0 + g < chunks;    /* a group per thread */
            group w;
            for (i = 0; i < 8; i++) w.q[i] = 0;
            for (h = 0; h < 2; h++) w.scale[h] = w.plus[h] = 0.0f;
            if (there) {
                enum { per = type_of<T>::block >= 32 ? type_of<T>::block / 32 : 1 };
                unpack<T>(&w, p.w + (size_t)(row0 + r) * p.row_bytes + (size_t)((c0 + g) / per) * type_of<T>::bytes, (c0 + g) % per, bk);
                for (i = 0; i < 8 && type_of<T>::off != 0; i++) w.q[i] = (int)__vsub4((unsigned)w.q[i], type_of<T>::off * 0x01010101u);
            }
            ws[r][2 * g] = { (unsigned)w.q[0], (unsigned)w.q[1], (unsigned)w.q[2], (unsigned)w.q[3] };
            ws[r][2 * g + 1] = { (unsigned)w.q[4], (unsigned)w.q[5], (unsigned)w.q[6], (unsigned)w.q[7] };
            for (h = 0; h < H; h++) {
                w_scale[h][g][r] = w.scale[h];
                if (plus) w_plus[h][g][r] = w.plus[h];
            }
            for (i = tid; i < TOKENS * CHUNKS; i += MANY_THREADS) {
                const int t = i / CHUNKS, b = i % CHUNKS, is = t0 + t < n && c0 + b < chunks;
                const int64_t at = (int64_t)(t0 + t) * chunks + c0 + b;
                const float d = is ? scale[at] : 0.0f;
                a_scale[b][t] = d;
                if (plus) {
                    const int two = is ? sum[at] : 0, s0 = (int)(int16_t)two, s1 = two >> 16;
                    a_sum[0][b][t] = d * (float)(halves ? s0 : s0 + s1);
                    if (halves) a_sum[H - 1][b][t] = d * (float)s1;
                }
            }
        } else
            for (i = tid; i < ROWS * 2 * CHUNKS; i += MANY_THREADS) {
                const int r = i / (2 * CHUNKS), v = i % (2 * CHUNKS);
                uint4 x = { 0, 0, 0, 0 };
                if (row0 + r < p.n_out && 2 * c0 + v < 2 * chunks) x = ((const uint4 *)(p.w + (size_t)(row0 + r) * p.row_bytes))[2 * c0 + v];
                ws[r][v] = x;
            }
        __syncthreads();
        for (c = 0; c < CHUNKS; c++) {
            unsigned wf[2][4], af[4][2];
            const int word = 8 * c + lane % 4;
            UNROLL for (m = 0; m < 2; m++) {
                const unsigned *r = (const unsigned *)ws[wm + 16 * m + lane / 4], *s = (const unsigned *)ws[wm + 16 * m + lane / 4 + 8];
                wf[m][0] = r[word]; wf[m][1] = s[word]; wf[m][2] = r[word + 4]; wf[m][3] = s[word + 4];
            }
            UNROLL for (k = 0; k < 4; k++) {
                const unsigned *t = (const unsigned *)as[wn + 8 * k + lane / 4];
                af[k][0] = t[word]; af[k][1] = t[word + 4];
            }
            UNROLL for (m = 0; m < 2; m++)
                UNROLL for (k = 0; k < 4; k++) {
                    if constexpr (T == F16) mma_f16(acc[m][k], wf[m], af[k]);
                    else if constexpr (T == BF16) mma_bf16(acc[m][k], wf[m], af[k]);
                    else {
                        int d[H][4];
                        for (h = 0; h < H; h++) for (i = 0; i < 4; i++) d[h][i] = 0;
                        if (halves) for (h = 0; h < H; h++) mma_int8_half(d[h], wf[m] + 2 * h, af[k][h]);
                        else mma_int8(d[0], wf[m], af[k]);
                        UNROLL for (i = 0; i < 4; i++) {
                            const int r = wm + 16 * m + lane / 4 + i / 2 * 8, t = wn + 8 * k + lane % 4 * 2 + i % 2;
                            float v = w_scale[0][c][r] * (float)d[0][i];
                            if (halves) v += w_scale[H - 1][c][r] * (float)d[H - 1][i];
                            acc[m][k][i] += a_scale[c][t] * v;
                            if (plus) for (h = 0; h < H; h++) acc[m][k][i] += w_plus[h][c][r] * a_sum[h][c][t];
                        }
                    }
                }
        }
        __syncthreads();
    }
    UNROLL for (m = 0; m < 2; m++)
        UNROLL for (k = 0; k < 4; k++)
            UNROLL for (i = 0; i < 4; i++) {
                const int r = row0 + wm + 16 * m + lane / 4 + i / 2 * 8, t = t0 + wn + 8 * k + lane % 4 * 2 + i % 2;
                if (r < p.n_out && t < n) p.y[t * p.ldy + r] = acc[m][k][i] * (quant ? 1.0f : scale[t]) + (p.bias ? p.bias[r] : 0.0f);
            }
}
template <int T> static void run_many(stream *st, const product &p, const books &bk)
{
    auto kernel = many<T>;
    RUN(kernel, dim3((unsigned)(p.n_out + ROWS - 1) / ROWS, (unsigned)(st->n + TOKENS - 1) / TOKENS), dim3(MANY_THREADS), 0, st, p, (const uint8_t *)st->q,
        (int64_t)p.n_in * (T == F16 || T == BF16 ? 2 : 1), st->scale, st->sum, st->n, bk);
}

typedef void (*product_function)(stream *st, const product &p, const books &bk);
struct type_row { product_function quants, floats, many; };      /* NULL: there is none */
static const type_row *row_of(uint32_t type)
{
    static const type_row none = { NULL, NULL, NULL }, f32 = { NULL, product_floats<F32>, NULL }, f16 = { NULL, product_floats<F16>, run_many<F16> },
                          bf16 = { NULL, product_floats<BF16>, run_many<BF16> };
#define X(name, id, block, bytes, off, halves) case id: { static const type_row row = { product_quants<name>, product_floats<name>, run_many<name> }; return &row; }
    switch (type) {
    QUANTS(X)
#undef X
    case F32: return &f32;
    case F16: return &f16;
    case BF16: return &bf16;
    default: return &none;
    }
}

static books books_of(const device *dev)
{
    books b;
    for (int i = 0; i < LLRI_BOOKS; i++) b.b[i] = dev->book[i];
    return b;
}

static void gpu_input(void *s, const float *x, int64_t ldx, int n, int64_t n_in)
{
    stream *st = (stream *)s;
    st->x = x;
    st->ldx = ldx;
    st->n = n;
    st->n_in = n_in;
    st->prepared = -1;
}

static void gpu_matmul(void *s, const llri_mat *w, const float *bias, float *y, int64_t ldy, int exact)
{
    stream *st = (stream *)s;
    const type_row *row = row_of(w->type);
    const int groups = (int)(w->n_in / 32);
    product p;
    if (st->error != cudaSuccess) return;
    p.w = w->data;
    p.row_bytes = w->row_bytes;
    p.bias = bias;
    p.y = y;
    p.ldy = ldy;
    p.n_in = (int)w->n_in;
    p.n_out = (int)w->n_out;
    const int cores = st->n >= STEP_FROM && st->dev->capability >= 80 && row->many;
    if (exact || (!row->quants && (!cores || w->n_in % 16))) { row->floats(st, p, books_of(st->dev)); return; }
    const int form = row->quants ? (int)INT8 : (int)w->type;
    if (st->prepared != form) {
        if (form == INT8)
            RUN(quantize, dim3((unsigned)(groups + WARPS - 1) / WARPS, (unsigned)st->n), dim3(THREADS), 0, st, st->q, st->scale, st->sum, st->x, st->ldx, groups);
        else if (form == F16) RUN(narrow<F16>, dim3((unsigned)st->n), dim3(THREADS), 0, st, (uint16_t *)(void *)st->q, st->scale, st->x, st->ldx, (int)w->n_in);
        else RUN(narrow<BF16>, dim3((unsigned)st->n), dim3(THREADS), 0, st, (uint16_t *)(void *)st->q, st->scale, st->x, st->ldx, (int)w->n_in);
    }
    st->prepared = form;
    if (cores) row->many(st, p, books_of(st->dev));
    else row->quants(st, p, books_of(st->dev));
}

/* ---- norms and other steps ------------------------------------------------------------------------------------------------ */
struct norm_args { int kind, width, w_rows; float *y; int64_t ldy; const float *x; int64_t ldx; const float *w, *b; float eps; };
static __global__ void norm_heads(norm_args a)        /* a block: one head of one token */
{
    const int64_t head = (int64_t)blockIdx.y * a.width, t = blockIdx.x;
    const float *x = a.x + t * a.ldx + head, *w = a.w ? a.w + (a.w_rows > 1 ? head : 0) : NULL, *b = a.b ? a.b + (a.w_rows > 1 ? head : 0) : NULL;
    float *y = a.y + t * a.ldy + head, mean = 0.0f, sum = 0.0f, scale;
    int i;
    if (a.kind == LLRI_NORM_LAYER) {
        for (i = (int)threadIdx.x; i < a.width; i += (int)blockDim.x) sum += x[i];
        mean = block_sum(sum) / (float)a.width;
        sum = 0.0f;
    }
    for (i = (int)threadIdx.x; i < a.width; i += (int)blockDim.x) sum += (x[i] - mean) * (x[i] - mean);
    scale = rsqrtf(block_sum(sum) / (float)a.width + a.eps);
    for (i = (int)threadIdx.x; i < a.width; i += (int)blockDim.x) {
        float v = (x[i] - mean) * scale;
        if (w) v *= w[i];
        if (b) v += b[i];
        y[i] = v;
    }
}
static void gpu_norm(void *s, int kind, float *y, int64_t ldy, const float *x, int64_t ldx, int n, int n_heads, int width, const float *w, int w_rows,
                     const float *b, float eps)
{
    stream *st = (stream *)s;
    norm_args a = { kind, width, w_rows, y, ldy, x, ldx, w, b, eps };
    if (st->error != cudaSuccess) return;
    RUN(norm_heads, dim3((unsigned)n, (unsigned)n_heads), dim3(width <= 32 ? 32 : width <= 1024 ? 128 : 512), 0, st, a);
}

static __global__ void rope(float *x, int64_t ldx, int head_dim, int n_rot, int neox, const float *cs)
{
    const int half = n_rot / 2, step = neox ? 1 : 2, other = neox ? half : 1;
    x += blockIdx.x * ldx + (int64_t)blockIdx.y * head_dim;
    cs += (int64_t)blockIdx.x * n_rot;
    for (int i = (int)threadIdx.x; i < half; i += (int)blockDim.x) {
        const float p = x[i * step], q = x[i * step + other], c = cs[2 * i], s = cs[2 * i + 1];
        x[i * step] = p * c - q * s;
        x[i * step + other] = p * s + q * c;
    }
}
static void gpu_rope(void *s, float *x, int64_t ldx, int n, int n_heads, int head_dim, int n_rot, int neox, const float *cs)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess) return;
    RUN(rope, dim3((unsigned)n, (unsigned)n_heads), dim3(n_rot <= 64 ? 32 : 64), 0, st, x, ldx, head_dim, n_rot, neox, cs);
}

struct act_args { float p[4]; };
static __device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
static __device__ __forceinline__ float softcap(float x, float cap) { return cap - 2.0f * cap / (expf(fminf(x * (2.0f / cap), 88.0f)) + 1.0f); }
static __device__ float activate(int act, float x, const float *p)
{
    if (act == LLRI_ACT_SILU) return x * sigmoid(x);
    if (act == LLRI_ACT_GELU) return x * sigmoid(x * (2 * 0.7978845608f + 2 * 0.7978845608f * 0.044715f * x * x));
    if (act == LLRI_ACT_GELU_QUICK) return x * sigmoid(1.702f * x);
    if (act == LLRI_ACT_RELU2) { x = x < 0.0f ? 0.0f : x; return x * x; }
    if (act == LLRI_ACT_SOFTCAP) return softcap(x, p[0]);
    return x > 0.0f ? p[0] * x * x + p[2] * x : (expm1f(fminf(x, p[3])) - x) * p[1] + p[2] * x;      /* xIELU */
}
static __global__ void activation(int act, float *y, int64_t ldy, const float *gate, const float *up, int64_t ldg, int width, act_args a)
{
    const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x, t = blockIdx.y;
    if (i >= width) return;
    const float v = activate(act, gate[t * ldg + i], a.p);
    y[t * ldy + i] = up ? v * up[t * ldg + i] : v;
}
static void gpu_act(void *s, int act, float *y, int64_t ldy, const float *gate, const float *up, int64_t ldg, int n, int width, const float *p)
{
    stream *st = (stream *)s;
    act_args a = { { 0, 0, 0, 0 } };
    if (st->error != cudaSuccess) return;
    if (p) memcpy(a.p, p, sizeof a.p);
    RUN(activation, dim3((unsigned)(width + 255) / 256, (unsigned)n), dim3(256), 0, st, act, y, ldy, gate, up, ldg, width, a);
}

static __global__ void vector_step(int op, float *y, const float *x, float a, float b, int64_t n)
{
    const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const float v = y[i];
    y[i] = op == LLRI_VEC_ADD ? v + x[i] : op == LLRI_VEC_AXPY ? v + a * x[i] : op == LLRI_VEC_SCALE ? v * a :
           op == LLRI_VEC_CLAMP ? (v < a ? a : v > b ? b : v) : softcap(v, a);
}
static void gpu_vec(void *s, int op, float *y, const float *x, float a, float b, int64_t n)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess || n <= 0) return;
    RUN(vector_step, dim3((unsigned)((n + 255) / 256)), dim3(256), 0, st, op, y, x, a, b, n);
}

/* ---- attention ---------------------------------------------------------------------------------------------------------------
 * The cache holds f16, f32 or q8_0. */
template <int KV> static __device__ __forceinline__ float kv_value(const uint8_t *row, int i)
{
    if constexpr (KV == LLR_KV_F32) return ((const float *)row)[i];
    else if constexpr (KV == LLR_KV_F16) return half_float(((const uint16_t *)row)[i]);
    else return rd_half(row + i / 32 * 34) * (float)(int8_t)row[i / 32 * 34 + 2 + i % 32];
}
static __host__ __device__ size_t kv_row_bytes(int type, int n)
{
    return type == LLR_KV_F32 ? (size_t)n * 4 : type == LLR_KV_F16 ? (size_t)n * 2 : (size_t)((n + 31) / 32) * 34;
}

static __device__ void store_row(int type, uint8_t *to, const float *x, int n)       /* by a warp */
{
    const int lane = (int)(threadIdx.x % WARP);
    for (int i = 0; i < n; i += WARP) {
        const float v = i + lane < n ? x[i + lane] : 0.0f;
        if (type == LLR_KV_Q8_0) {
            const float top = warp_max(fabsf(v)), bad = warp_sum(v * 0.0f);
            uint8_t *block = to + i / 32 * 34;
            const int fine = bad == 0.0f;
            block[2 + lane] = (uint8_t)(int8_t)(fine && top >= 1e-36f ? __float2int_rn(v * (127.0f / top)) : 0);
            if (lane == 0) *(uint16_t *)block = fine ? __half_as_ushort(__float2half_rn(top / 127.0f)) : (uint16_t)0x7e00;
        } else if (i + lane < n) {
            if (type == LLR_KV_F32) ((float *)to)[i + lane] = v;
            else ((uint16_t *)to)[i + lane] = __half_as_ushort(__float2half_rn(v));
        }
    }
}
static __global__ void store(llri_kvc c, const float *k, int64_t ldk, const float *v, int64_t ldv, uint32_t pos, const uint32_t *now)
{
    const int t = (int)blockIdx.x, h = (int)blockIdx.y;
    const size_t slot = (size_t)h * c.capacity + ((now ? *now : pos) + (uint32_t)t) % c.capacity;
    if (threadIdx.x < WARP) store_row(c.type, c.k + slot * kv_row_bytes(c.type, c.dk), k + t * ldk + (int64_t)h * c.dk, c.dk);
    else store_row(c.type, c.v + slot * kv_row_bytes(c.type, c.dv), v + t * ldv + (int64_t)h * c.dv, c.dv);
}
static void gpu_store(void *s, const llri_kvc *c, const float *k, int64_t ldk, const float *v, int64_t ldv, uint32_t pos, int n)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess) return;
    RUN(store, dim3((unsigned)n, (unsigned)c->n_head_kv), dim3(2 * WARP), 0, st, *c, k, ldk, v, ldv, pos, st->recording ? st->pos : NULL);
}

/* A block: one token, up to HEADS query heads of one kv head, one stretch of positions; a tile of positions at a time, with
 * streaming softmax (Milakov & Gimelshein 2018; Dao et al. 2022). What it has in the end, sums [dv], maximum and weight of each
 * head, goes to `parts`, where another kernel joins the stretches. */
enum { HEADS = 8, TILE = 64, MOST_SPLITS = 64, FEW_ROWS = 16, MAX_DV = 4 * THREADS };
struct attend_args { llri_attn a; llri_kvc c; float *parts; const float *q; int64_t ldq; uint32_t pos; const uint32_t *now; int splits, head_blocks; };

template <int KV> static __global__ void __launch_bounds__(THREADS) attend(attend_args p)
{
    SHARED_FLOATS(q);                                   /* [HEADS][dk], scaled */
    __shared__ float s[HEADS][TILE], top[HEADS], sum[HEADS], shrink[HEADS];
    const int group = p.a.n_head / p.a.n_head_kv, kvh = (int)blockIdx.y / p.head_blocks, first = kvh * group + (int)blockIdx.y % p.head_blocks * HEADS;
    const int heads = (kvh + 1) * group - first < HEADS ? (kvh + 1) * group - first : HEADS;
    const int t = (int)blockIdx.x, split = (int)blockIdx.z, lane = (int)(threadIdx.x % WARP), warp = (int)(threadIdx.x / WARP);
    const uint32_t at = (p.now ? *p.now : p.pos) + (uint32_t)t, seen = p.a.window && at + 1 > p.a.window ? at + 1 - p.a.window : 0, all = at + 1;
    const uint32_t stretch = ((all - seen + (uint32_t)p.splits - 1) / (uint32_t)p.splits + TILE - 1) / TILE * TILE;
    const uint32_t from = seen + (uint32_t)split * stretch, to = from + stretch < all ? from + stretch : all;
    const size_t kb = kv_row_bytes(KV, p.c.dk), vb = kv_row_bytes(KV, p.c.dv);
    const uint8_t *k = p.c.k + (size_t)kvh * p.c.capacity * kb, *v = p.c.v + (size_t)kvh * p.c.capacity * vb;
    float acc[HEADS][MAX_DV / THREADS];
    int h, i, j;
    for (i = (int)threadIdx.x; i < heads * p.a.dk; i += THREADS) q[i] = p.q[t * p.ldq + (int64_t)first * p.a.dk + i] * p.a.scale;
    for (h = 0; h < HEADS; h++)
        for (i = 0; i < MAX_DV / THREADS; i++) acc[h][i] = 0.0f;
    if (threadIdx.x < HEADS) { top[threadIdx.x] = -FLT_MAX; sum[threadIdx.x] = 0.0f; }
    __syncthreads();
    for (uint32_t tile = from; tile < to; tile += TILE) {
        const int n = to - tile < TILE ? (int)(to - tile) : TILE;
        for (j = warp; j < n; j += WARPS) {             /* scores: a position per warp */
            const uint8_t *row = k + (size_t)((tile + (uint32_t)j) % p.c.capacity) * kb;
            float dot[HEADS];
            for (h = 0; h < HEADS; h++) dot[h] = 0.0f;
            for (i = lane; i < p.a.dk; i += WARP) {
                const float x = kv_value<KV>(row, i);
                for (h = 0; h < HEADS; h++) if (h < heads) dot[h] += x * q[h * p.a.dk + i];
            }
            for (h = 0; h < HEADS; h++) {
                if (h >= heads) continue;
                float x = warp_sum(dot[h]);
                if (p.a.softcap > 0.0f) x = softcap(x, p.a.softcap);
                if (p.a.slopes) x -= p.a.slopes[first + h] * (float)(at - tile - (uint32_t)j);
                if (lane == 0) s[h][j] = x;
            }
        }
        __syncthreads();
        for (h = warp; h < heads; h += WARPS) {         /* weights: a head per warp */
            float most = top[h], x, w = 0.0f;
            for (j = lane; j < n; j += WARP) most = s[h][j] > most || s[h][j] != s[h][j] ? s[h][j] : most;
            most = warp_max(most);
            for (j = lane; j < n; j += WARP) { x = expf(s[h][j] - most); s[h][j] = x; w += x; }
            w = warp_sum(w);
            if (lane == 0) { shrink[h] = expf(top[h] - most); sum[h] = sum[h] * shrink[h] + w; top[h] = most; }
        }
        __syncthreads();
        for (i = 0; i < MAX_DV / THREADS; i++) {        /* weighted sums: columns per thread */
            const int d = (int)threadIdx.x + i * THREADS;
            if (d >= p.a.dv) break;
            for (h = 0; h < HEADS; h++) if (h < heads) acc[h][i] *= shrink[h];
            for (j = 0; j < n; j++) {
                const float x = kv_value<KV>(v + (size_t)((tile + (uint32_t)j) % p.c.capacity) * vb, d);
                for (h = 0; h < HEADS; h++) if (h < heads) acc[h][i] += s[h][j] * x;
            }
        }
        __syncthreads();
    }
    for (h = 0; h < HEADS; h++) {
        if (h >= heads) continue;
        float *out = p.parts + (((int64_t)t * p.a.n_head + first + h) * p.splits + split) * (p.a.dv + 2);
        for (i = 0; i < MAX_DV / THREADS; i++)
            if ((int)threadIdx.x + i * THREADS < p.a.dv) out[threadIdx.x + i * THREADS] = acc[h][i];
        if (threadIdx.x == 0) { out[p.a.dv] = top[h]; out[p.a.dv + 1] = sum[h]; }
    }
}

/* One head of one token: the stretches together, and the sink, one more position without a value. */
static __global__ void join(float *out, int64_t ldo, const float *parts, int splits, int n_head, int dv, const float *sinks)
{
    const int t = (int)blockIdx.x, h = (int)blockIdx.y;
    float most = sinks ? sinks[h] : -FLT_MAX, sum;
    int i, d;
    parts += ((int64_t)t * n_head + h) * splits * (dv + 2);
    for (i = 0; i < splits; i++) most = parts[i * (dv + 2) + dv] > most || parts[i * (dv + 2) + dv] != parts[i * (dv + 2) + dv] ? parts[i * (dv + 2) + dv] : most;
    sum = sinks ? expf(sinks[h] - most) : 0.0f;
    for (i = 0; i < splits; i++) sum += parts[i * (dv + 2) + dv + 1] * expf(parts[i * (dv + 2) + dv] - most);
    for (d = (int)threadIdx.x; d < dv; d += (int)blockDim.x) {
        float x = 0.0f;
        for (i = 0; i < splits; i++) x += parts[i * (dv + 2) + d] * expf(parts[i * (dv + 2) + dv] - most);
        out[t * ldo + (int64_t)h * dv + d] = x / sum;
    }
}

/* Many tokens: tensor cores, in f16. A block: 64 tokens of one head, 16 of them each of its 4 warps; a tile of positions at a time in shared
 * memory, keys as rows, values as columns. What a warp has as scores has the layout that the second product wants for its a. */
template <int D, int KV> static __global__ void __launch_bounds__(THREADS) attend_many(attend_args p, float *out, int64_t ldo, int n)
{
    enum { P = D > 128 ? 32 : 64, KW = D / 2 + 4, VW = P / 2 + 4 };         /* positions of a tile; words of a row, in different banks */
    __shared__ unsigned ks[P][KW], vt[D][VW];
    const int lane = (int)(threadIdx.x % WARP), warp = (int)(threadIdx.x / WARP), head = (int)blockIdx.y, kvh = head / (p.a.n_head / p.a.n_head_kv);
    const int t0 = (int)blockIdx.x * 64, last = t0 + 64 < n ? t0 + 63 : n - 1;
    const uint32_t first = p.pos + (uint32_t)t0, from = p.a.window && first + 1 > p.a.window ? first + 1 - p.a.window : 0, to = p.pos + (uint32_t)last + 1;
    const size_t kb = kv_row_bytes(KV, p.c.dk), vb = kv_row_bytes(KV, p.c.dv);
    const uint8_t *k = p.c.k + (size_t)kvh * p.c.capacity * kb, *v = p.c.v + (size_t)kvh * p.c.capacity * vb;
    const float slope = p.a.slopes ? p.a.slopes[head] : 0.0f;
    unsigned q[D / 16][4];
    float o[D / 8][4], most[2], sum[2];
    uint32_t at[2], seen[2];
    int i, j, m;
    for (i = 0; i < 2; i++) {
        const int row = t0 + warp * 16 + lane / 4 + 8 * i, t = row < n ? row : n - 1;
        const float *x = p.q + t * p.ldq + (int64_t)head * p.a.dk;
        at[i] = p.pos + (uint32_t)t;
        seen[i] = p.a.window && at[i] + 1 > p.a.window ? at[i] + 1 - p.a.window : 0;
        most[i] = -FLT_MAX;
        sum[i] = 0.0f;
        UNROLL for (j = 0; j < D / 16; j++)
            UNROLL for (m = 0; m < 2; m++) {
                const int d = 16 * j + 8 * m + lane % 4 * 2;
                q[j][i + 2 * m] = two_halves(d < p.a.dk ? x[d] * p.a.scale : 0.0f, d + 1 < p.a.dk ? x[d + 1] * p.a.scale : 0.0f);
            }
    }
    UNROLL for (j = 0; j < D / 8; j++) UNROLL for (i = 0; i < 4; i++) o[j][i] = 0.0f;
    for (uint32_t tile = from; tile < to; tile += P) {
        const int there = to - tile < P ? (int)(to - tile) : (int)P;
        float s[P / 8][4], top[2] = { most[0], most[1] }, shrink[2], weight[2] = { 0.0f, 0.0f };
        for (i = (int)threadIdx.x; i < P * (D / 2); i += THREADS) {
            const int r = i / (D / 2), d = i % (D / 2) * 2;
            const uint8_t *row = k + (size_t)((tile + (uint32_t)r) % p.c.capacity) * kb;
            ks[r][d / 2] = r >= there ? 0u : two_halves(d < p.a.dk ? kv_value<KV>(row, d) : 0.0f, d + 1 < p.a.dk ? kv_value<KV>(row, d + 1) : 0.0f);
        }
        for (i = (int)threadIdx.x; i < P / 2 * D; i += THREADS) {
            const int r = i / D * 2, d = i % D;
            const uint8_t *row = v + (size_t)((tile + (uint32_t)r) % p.c.capacity) * vb, *next = v + (size_t)((tile + (uint32_t)r + 1) % p.c.capacity) * vb;
            vt[d][r / 2] = two_halves(d < p.a.dv && r < there ? kv_value<KV>(row, d) : 0.0f, d < p.a.dv && r + 1 < there ? kv_value<KV>(next, d) : 0.0f);
        }
        __syncthreads();
        UNROLL for (j = 0; j < P / 8; j++) {
            const unsigned *row = ks[8 * j + lane / 4];
            UNROLL for (i = 0; i < 4; i++) s[j][i] = 0.0f;
            UNROLL for (m = 0; m < D / 16; m++) {
                const unsigned b[2] = { row[8 * m + lane % 4], row[8 * m + lane % 4 + 4] };
                mma_f16(s[j], q[m], b);
            }
            UNROLL for (i = 0; i < 4; i++) {
                const uint32_t at_key = tile + (uint32_t)(8 * j + lane % 4 * 2 + i % 2);
                float x = s[j][i];
                if (p.a.softcap > 0.0f) x = softcap(x, p.a.softcap);
                x -= slope * (float)((int64_t)at[i / 2] - (int64_t)at_key);
                s[j][i] = at_key > at[i / 2] || at_key < seen[i / 2] ? -FLT_MAX : x;
                top[i / 2] = fmaxf(top[i / 2], s[j][i]);
            }
        }
        UNROLL for (i = 0; i < 2; i++) {
            top[i] = quad_max(top[i]);
            shrink[i] = expf(most[i] - top[i]);
            most[i] = top[i];
        }
        UNROLL for (j = 0; j < P / 8; j++)
            UNROLL for (i = 0; i < 4; i++) {
                s[j][i] = s[j][i] == -FLT_MAX ? 0.0f : expf(s[j][i] - most[i / 2]);
                weight[i / 2] += s[j][i];
            }
        UNROLL for (i = 0; i < 2; i++) sum[i] = sum[i] * shrink[i] + quad_sum(weight[i]);
        UNROLL for (j = 0; j < D / 8; j++) UNROLL for (i = 0; i < 4; i++) o[j][i] *= shrink[i / 2];
        UNROLL for (m = 0; m < P / 16; m++) {
            const unsigned a[4] = { two_halves(s[2 * m][0], s[2 * m][1]), two_halves(s[2 * m][2], s[2 * m][3]),
                                    two_halves(s[2 * m + 1][0], s[2 * m + 1][1]), two_halves(s[2 * m + 1][2], s[2 * m + 1][3]) };
            UNROLL for (j = 0; j < D / 8; j++) {
                const unsigned *row = vt[8 * j + lane / 4];
                const unsigned b[2] = { row[8 * m + lane % 4], row[8 * m + lane % 4 + 4] };
                mma_f16(o[j], a, b);
            }
        }
        __syncthreads();
    }
    UNROLL for (i = 0; i < 2; i++)
        if (p.a.sinks) {
            const float sink = p.a.sinks[head], all = fmaxf(sink, most[i]), x = expf(most[i] - all);
            sum[i] = sum[i] * x + expf(sink - all);
            UNROLL for (j = 0; j < D / 8; j++) UNROLL for (m = 0; m < 2; m++) o[j][2 * i + m] *= x;
        }
    UNROLL for (j = 0; j < D / 8; j++)
        UNROLL for (i = 0; i < 4; i++) {
            const int t = t0 + warp * 16 + lane / 4 + i / 2 * 8, d = 8 * j + lane % 4 * 2 + i % 2;
            if (t < n && d < p.a.dv) out[t * ldo + (int64_t)head * p.a.dv + d] = o[j][i] / sum[i / 2];
        }
}
template <int D> static void run_attend_many(stream *st, const attend_args &p, float *out, int64_t ldo, int n)
{
    auto halves = attend_many<D, LLR_KV_F16>;
    auto q8_0 = attend_many<D, LLR_KV_Q8_0>;
    auto kernel = p.c.type == (int)LLR_KV_F16 ? halves : q8_0;
    RUN(kernel, dim3((unsigned)(n + 63) / 64, (unsigned)p.a.n_head), dim3(THREADS), 0, st, p, out, ldo, n);
}

/* Room for `parts`: of a few rows in several stretches, or of all in one */
static size_t part_floats(int max_rows, int max_head, int max_head_dim)
{
    size_t rows = max_rows > MOST_SPLITS ? (size_t)max_rows : (size_t)MOST_SPLITS;
    return rows * (size_t)max_head * (size_t)(max_head_dim + 2);
}

static void gpu_attend(void *s, const llri_attn *a, const llri_kvc *c, float *out, int64_t ldo, const float *q, int64_t ldq, uint32_t pos, int n)
{
    stream *st = (stream *)s;
    const int group = a->n_head / a->n_head_kv;
    const uint32_t last = st->recording ? st->reach : pos + (uint32_t)n, seen = a->window && last > a->window ? a->window : last;
    attend_args p;
    if (st->error != cudaSuccess) return;
    p.a = *a; p.c = *c; p.parts = st->parts; p.q = q; p.ldq = ldq; p.pos = pos; p.now = st->recording ? st->pos : NULL;
    if (n >= FEW_ROWS && st->dev->capability >= 80 && c->type != (int)LLR_KV_F32 && a->dk <= 256 && a->dv <= 256) {
        const int d = a->dk > a->dv ? a->dk : a->dv;
        if (d <= 64) run_attend_many<64>(st, p, out, ldo, n);
        else if (d <= 128) run_attend_many<128>(st, p, out, ldo, n);
        else run_attend_many<256>(st, p, out, ldo, n);
        return;
    }
    p.head_blocks = (group + HEADS - 1) / HEADS;
    p.splits = (int)((seen + 2 * TILE - 1) / (2 * TILE));
    if (p.splits > MOST_SPLITS / n) p.splits = MOST_SPLITS / n;
    if (p.splits < 1 || n > FEW_ROWS) p.splits = 1;
    {
        dim3 grid((unsigned)n, (unsigned)(a->n_head_kv * p.head_blocks), (unsigned)p.splits);
        size_t shared = sizeof(float) * HEADS * (size_t)a->dk;
        if (c->type == (int)LLR_KV_F32) RUN(attend<LLR_KV_F32>, grid, dim3(THREADS), shared, st, p);
        else if (c->type == LLR_KV_F16) RUN(attend<LLR_KV_F16>, grid, dim3(THREADS), shared, st, p);
        else RUN(attend<LLR_KV_Q8_0>, grid, dim3(THREADS), shared, st, p);
    }
    RUN(join, dim3((unsigned)n, (unsigned)a->n_head), dim3(a->dv <= 64 ? 64 : 128), 0, st, out, ldo, st->parts, p.splits, a->n_head, a->dv, a->sinks);
}

/* ---- streams ------------------------------------------------------------------------------------------------------------------- */
static int fail(char *why, size_t cap, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(why, cap, fmt, args);
    va_end(args);
    return 1;
}

/* What an error means to a user, beside its name. */
static const char *advice(cudaError_t e)
{
    switch (e) {
    case cudaErrorInsufficientDriver: return "; update the NVIDIA driver";
    case cudaErrorNoDevice: return "; none is visible: CUDA_VISIBLE_DEVICES hides it, or in Docker --gpus all is missing";
    case cudaErrorUnknown: return "; after suspend: stop all programs that use the GPU, then sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm";
    case cudaErrorMemoryAllocation: return "; llrun doctor lists who holds the memory of the GPU";
    case cudaErrorNoKernelImageForDevice: return "; this library was built without code for this GPU: make cuda CUDA_ARCH=native";
    case cudaErrorSystemDriverMismatch: return "; the driver was updated without a restart: restart the machine";
    default: return "";
    }
}
static int fail_cuda(char *why, size_t cap, cudaError_t e, const char *doing)
{
    return fail(why, cap, "CUDA error %d (%s) in %s%s", (int)e, cudaGetErrorString(e), doing, advice(e));
}
#define TRY(call) do { cudaError_t e_ = call; if (e_ != cudaSuccess) return fail_cuda(why, cap, e_, #call); } while (0)

/* Memory of the current device. */
static int take(void **p, uint64_t n, char *why, size_t cap)
{
    size_t f = 0, t = 0;
    cudaError_t e = cudaMalloc(p, n);
    if (e == cudaSuccess) return 0;
    if (e != cudaErrorMemoryAllocation || cudaMemGetInfo(&f, &t) != cudaSuccess) return fail_cuda(why, cap, e, "cudaMalloc");
    return fail(why, cap, "out of memory of the GPU: %.1f MiB more are needed, %.1f of %.1f MiB are free%s", (double)n / 1048576, (double)f / 1048576, (double)t / 1048576,
                advice(e));
}

struct layout { uint64_t q, scale, sum, parts, pos, bytes; };
static layout stream_layout(int64_t max_in, int max_rows, int max_head, int max_head_dim)
{
    layout l;
    uint64_t in = ((uint64_t)max_in + 31) / 32 * 32, rows = (uint64_t)max_rows;
    l.q = 0;
    l.scale = (2 * rows * in + 255) & ~(uint64_t)255;
    l.sum = l.scale + ((rows * in / 8 + 255) & ~(uint64_t)255);
    l.parts = l.sum + ((rows * in / 8 + 255) & ~(uint64_t)255);
    l.pos = l.parts + 4 * (uint64_t)part_floats(max_rows, max_head, max_head_dim);
    l.bytes = l.pos + sizeof(uint32_t);
    return l;
}
static uint64_t gpu_stream_bytes(int64_t max_in, int max_rows, int max_head, int max_head_dim)
{
    return stream_layout(max_in, max_rows, max_head, max_head_dim).bytes;
}

static void gpu_stream_free(void *s)
{
    stream *st = (stream *)s;
    if (!st) return;
    (void)cudaSetDevice(st->dev->index);
    if (st->s) { (void)cudaStreamSynchronize(st->s); (void)cudaStreamDestroy(st->s); }
    if (st->graph) (void)cudaGraphExecDestroy(st->graph);
    (void)cudaFree(st->q);
    free(st);
}
static int stream_make(stream *st, const layout &l, char *why, size_t cap)
{
    void *p = NULL;
    TRY(cudaSetDevice(st->dev->index));
    TRY(cudaStreamCreateWithFlags(&st->s, cudaStreamNonBlocking));
    if (take(&p, l.bytes, why, cap)) return 1;
    st->q = (int8_t *)p;
    st->scale = (float *)(void *)((uint8_t *)p + l.scale);
    st->sum = (int32_t *)(void *)((uint8_t *)p + l.sum);
    st->parts = (float *)(void *)((uint8_t *)p + l.parts);
    st->pos = (uint32_t *)(void *)((uint8_t *)p + l.pos);
    return 0;
}
static int gpu_stream_new(void **out, void *d, int64_t max_in, int max_rows, int max_head, int max_head_dim, char *why, size_t cap)
{
    stream *st = (stream *)calloc(1, sizeof *st);
    if (!st) return fail(why, cap, "not enough memory for a stream");
    st->dev = (device *)d;
    st->max_in = max_in;
    st->max_rows = max_rows;
    if (stream_make(st, stream_layout(max_in, max_rows, max_head, max_head_dim), why, cap)) { gpu_stream_free(st); return 1; }
    *out = st;
    return 0;
}

static void gpu_put(void *s, void *to, const void *from, size_t n)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess || !n) return;
    check(st, cudaSetDevice(st->dev->index), "choosing the device");
    check(st, cudaMemcpyAsync(to, from, n, cudaMemcpyHostToDevice, st->s), "copying to the GPU");
}
/* The steps of a token: one launch instead of hundreds. They are recorded where they are first done, for positions up to the next power of two,
 * because that decides in how many stretches attention is divided. */
static int gpu_replay(void *s, uint32_t pos)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess || st->no_graphs) return 0;
    gpu_put(st, st->pos, &pos, sizeof pos);
    if (st->graph && pos < st->reach && (pos >= st->reach / 2 || st->reach == 2 * TILE)) {
        check(st, cudaGraphLaunch(st->graph, st->s), "replaying the steps of a token");
        return 1;
    }
    for (st->reach = 2 * TILE; st->reach <= pos; st->reach *= 2) {}
    if (st->graph) check(st, cudaGraphExecDestroy(st->graph), "forgetting recorded steps");
    st->graph = NULL;
    if (st->error == cudaSuccess && cudaStreamBeginCapture(st->s, cudaStreamCaptureModeThreadLocal) == cudaSuccess) st->recording = 1;
    else st->no_graphs = 1;
    return 0;
}
static void gpu_recorded(void *s)
{
    stream *st = (stream *)s;
    cudaGraph_t graph = NULL;
    if (!st->recording) return;
    st->recording = 0;
    check(st, cudaStreamEndCapture(st->s, &graph), "recording the steps of a token");
    if (st->error == cudaSuccess) check(st, cudaGraphInstantiateWithFlags(&st->graph, graph, 0), "recording the steps of a token");
    if (graph) (void)cudaGraphDestroy(graph);
    if (st->error == cudaSuccess) check(st, cudaGraphLaunch(st->graph, st->s), "replaying the steps of a token");
}

static int gpu_finish(void *s, char *why, size_t cap)
{
    stream *st = (stream *)s;
    cudaError_t e;
    (void)cudaSetDevice(st->dev->index);
    if (st->recording) {                                /* cancelled meanwhile */
        cudaGraph_t graph = NULL;
        st->recording = 0;
        check(st, cudaStreamEndCapture(st->s, &graph), "recording the steps of a token");
        if (graph) (void)cudaGraphDestroy(graph);
    }
    check(st, cudaStreamSynchronize(st->s), "the kernels of a pass");
    e = st->error;
    st->error = cudaSuccess;
    return e == cudaSuccess ? 0 : fail_cuda(why, cap, e, st->doing);
}
static void gpu_get(void *s, void *to, const void *from, size_t n)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess || !n) return;
    check(st, cudaMemcpyAsync(to, from, n, cudaMemcpyDeviceToHost, st->s), "copying from the GPU");
    check(st, cudaStreamSynchronize(st->s), "the kernels of a pass");
}
static void gpu_copy(void *s, void *to, int64_t ldt, const void *from, int64_t ldf, int64_t width, int n)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess || !n) return;
    check(st, cudaMemcpy2DAsync(to, (size_t)ldt, from, (size_t)ldf, (size_t)width, (size_t)n, cudaMemcpyDeviceToDevice, st->s), "copying within the GPU");
}

/* ---- devices -------------------------------------------------------------------------------------------------------------------- */
static void uuid_text(char out[48], const cudaDeviceProp *p)
{
    const unsigned char *u = (const unsigned char *)p->uuid.bytes;
    (void)snprintf(out, 48, "GPU-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8],
                   u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

static int choose(int *index, const char *which, int n, char *why, size_t cap)
{
    cudaDeviceProp p;
    char uuid[48], *end;
    long i = which ? strtol(which, &end, 10) : 0;
    if (!which || (end != which && !*end)) {
        if (i < 0 || i >= n) return fail(why, cap, "there is no GPU %ld: %d visible, numbered from 0", i, n);
        *index = (int)i;
        return 0;
    }
    for (i = 0; i < n; i++) {
        TRY(cudaGetDeviceProperties(&p, (int)i));
        uuid_text(uuid, &p);
        if (!strncmp(uuid, which, strlen(which))) { *index = (int)i; return 0; }
    }
    return fail(why, cap, "none of the %d visible GPUs has a UUID that begins with %.40s", n, which);
}

static void gpu_close(void *d)
{
    device *dev = (device *)d;
    if (!dev) return;
    (void)cudaSetDevice(dev->index);
    (void)cudaFree(dev->books);
    free(dev);
}

/* The compute capabilities that this file was compiled for. */
static const char *built_for(char *list, size_t cap)
{
    size_t n = 0;
    list[0] = 0;
#ifdef __CUDA_ARCH_LIST__           /* since CUDA 11.5 */
    for (int arch : { __CUDA_ARCH_LIST__ })
        if (n < cap) n += (size_t)snprintf(list + n, cap - n, "%s %d.%d", n ? "," : ", but for", arch / 100, arch % 100 / 10);
#endif
    (void)n; (void)cap;
    return list;
}

static int device_make(device *dev, const char *which, const llri_book *books, llr_gpu_info *info, char *why, size_t cap)
{
    cudaDeviceProp p;
    cudaFuncAttributes kernel;
    cudaError_t e;
    size_t bytes = 0, n_free = 0, n_total = 0;
    char list[200];
    int n = 0, i;
    TRY(cudaRuntimeGetVersion(&info->runtime));
    if (cudaDriverGetVersion(&info->driver) != cudaSuccess || !info->driver)
        return fail(why, cap, "no NVIDIA driver: libcuda.so.1 was not found; install the driver (in Docker: --gpus all, with the NVIDIA container toolkit)");
    if (info->driver / 1000 < info->runtime / 1000)
        return fail(why, cap, "the NVIDIA driver supports CUDA %d.%d, and the kernels were built with CUDA %d.%d: update the driver to %s or later, or make cuda with an older toolkit",
                    info->driver / 1000, info->driver % 1000 / 10, info->runtime / 1000, info->runtime % 1000 / 10,
                    info->runtime >= 13000 ? "580" : info->runtime >= 12000 ? "525" : "450");
    TRY(cudaGetDeviceCount(&n));
    info->n_visible = n;
    if (n < 1) return fail(why, cap, "no NVIDIA GPU is visible%s", advice(cudaErrorNoDevice));
    if (choose(&dev->index, which, n, why, cap)) return 1;
    TRY(cudaGetDeviceProperties(&p, dev->index));
    (void)snprintf(info->name, sizeof info->name, "%.127s", p.name);
    uuid_text(info->uuid, &p);
    info->index = dev->index;
    info->capability = dev->capability = 10 * p.major + p.minor;
    TRY(cudaSetDevice(dev->index));
    e = cudaFuncGetAttributes(&kernel, (const void *)norm_heads);
    if (e == cudaErrorNoKernelImageForDevice || e == cudaErrorInvalidDeviceFunction)
        return fail(why, cap, "%s has compute capability %d.%d, and this build has no kernels for it%s: make cuda CUDA_ARCH=sm_%d%d, with %s", p.name,
                    p.major, p.minor, built_for(list, sizeof list), p.major, p.minor,
                    dev->capability < 75 ? "CUDA 12 or older, which knows this GPU" : "a toolkit that knows this GPU");
    if (e != cudaSuccess) return fail_cuda(why, cap, e, "loading the kernels");
    TRY(cudaMemGetInfo(&n_free, &n_total));
    info->free_bytes = n_free;
    info->total_bytes = n_total;
    for (i = 0; i < LLRI_BOOKS; i++) bytes += (books[i].n_bytes + 255) & ~(size_t)255;
    if (take(&dev->books, bytes, why, cap)) return 1;
    for (i = 0, bytes = 0; i < LLRI_BOOKS; i++) {
        dev->book[i] = (const uint8_t *)dev->books + bytes;
        TRY(cudaMemcpy((uint8_t *)dev->books + bytes, books[i].data, books[i].n_bytes, cudaMemcpyHostToDevice));
        bytes += (books[i].n_bytes + 255) & ~(size_t)255;
    }
    TRY(cudaStreamSynchronize(NULL));
    return 0;
}
static int gpu_open(void **out, const char *which, const llri_book *books, llr_gpu_info *info, char *why, size_t cap)
{
    device *dev = (device *)calloc(1, sizeof *dev);
    if (!dev) return fail(why, cap, "not enough memory for a device");
    if (device_make(dev, which, books, info, why, cap)) { gpu_close(dev); return 1; }
    *out = dev;
    return 0;
}

static int gpu_memory(void *d, uint64_t *n_free, uint64_t *n_total, char *why, size_t cap)
{
    size_t f = 0, t = 0;
    TRY(cudaSetDevice(((device *)d)->index));
    TRY(cudaMemGetInfo(&f, &t));
    *n_free = f;
    *n_total = t;
    return 0;
}
static int gpu_alloc(void *d, void **p, uint64_t n, char *why, size_t cap)
{
    TRY(cudaSetDevice(((device *)d)->index));
    return take(p, n + 16, why, cap);
}
static void gpu_release(void *d, void *p)
{
    (void)cudaSetDevice(((device *)d)->index);
    (void)cudaFree(p);
}
static int gpu_upload(void *d, void *to, const void *from, uint64_t n, char *why, size_t cap)
{
    TRY(cudaSetDevice(((device *)d)->index));
    TRY(cudaMemcpy(to, from, n, cudaMemcpyHostToDevice));
    TRY(cudaStreamSynchronize(NULL));           /* memory that is not pinned may still be on its way, and streams do not wait for it */
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------------ */
#define X(name, id, ...) | (uint64_t)1 << id
static const llri_gpu_table table = {
    LLRI_GPU_ABI, LLRI_GPU_SIZES, (uint64_t)0 QUANTS(X) FLOATS(X), MAX_DV,
    gpu_open, gpu_close, gpu_memory, gpu_alloc, gpu_release, gpu_upload, gpu_stream_bytes, gpu_stream_new, gpu_stream_free, gpu_finish,
    gpu_put, gpu_get, gpu_replay, gpu_recorded, gpu_copy, gpu_input, gpu_matmul, gpu_norm, gpu_rope, gpu_act, gpu_vec, gpu_store, gpu_attend
};
#undef X

#ifdef _WIN32
#  define EXPORT __declspec(dllexport)
#else
#  define EXPORT __attribute__((visibility("default")))
#endif
extern "C" EXPORT const llri_gpu_table *llrun_gpu(void);
extern "C" EXPORT const llri_gpu_table *llrun_gpu(void) { return &table; }
