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
#  define SHARED_FLOATS(name) extern __shared__ __align__(16) float name[]
#  define UNROLL _Pragma("unroll")     /* where arrays must become registers */
#  define PRAGMA(x) _Pragma(#x)
#  define UNROLL_BY(n) PRAGMA(unroll n)
#endif
#include "llrun.h"
#include <float.h>
#include <initializer_list>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- launching ---------------------------------------------------------------------------------------------------------
 * A stream keeps the first error, with what was done when it came; after it nothing is done.
 *   A launch takes longer than most steps of one token. So a step that may be a part of the next one is not done when it is asked
 * for, but remembered (`late`): the products of one input, rotating queries and keys until these are stored, adding to what is
 * normalised next, and what makes an input that products want as int8. Whatever else comes next, does it before. */
struct device { int index, capability, processors; void *books; const uint8_t *book[LLRI_BOOKS]; };

struct quants { int8_t *q; float *scale; int32_t *sum; };       /* [n][n_in], [n][n_in / 32] and two int16 sums of halves; or f16 or bf16 [n][n_in] and [n] */
enum { MOST_PRODUCTS = 3 };
struct product { const uint8_t *w; size_t row_bytes; const float *bias; float *y; int64_t ldy; int n_in, n_out; };
struct products { product p[MOST_PRODUCTS]; int first[MOST_PRODUCTS], n; };
struct norm_args { int kind, n, n_heads, width, w_rows; float *y; int64_t ldy; float *x; int64_t ldx; const float *w, *b; float eps; const float *add; float times; quants to; };
struct turn_args { int n, n_heads, head_dim, n_rot, neox; float *x; int64_t ldx; const float *cs; int keys; llri_kvc c; const float *v; int64_t ldv; uint32_t pos; const uint32_t *now; };
struct act_args { int act, n, width; float *y; int64_t ldy; const float *gate, *up; int64_t ldg; float p[4]; quants to; };
struct vec_args { int op; float *y; const float *x; float a, b; int64_t n; };
struct join_args { int n, splits, n_head, dv; float *out; int64_t ldo; const float *parts, *sinks; quants to; };
struct stream;
struct books { const uint8_t *b[LLRI_BOOKS]; };
typedef void (*product_function)(stream *st, const products &p, const books &bk);

struct stream {
    struct device *dev;
    cudaStream_t s;
    cudaError_t error; const char *doing;
    const float *x; int64_t ldx, n_in; int n, prepared;         /* the current input; the type it is prepared for, or INT8, or -1 */
    quants to;                                                  /* it */
    enum { NOTHING, PRODUCTS, ADD, NORM, TURN, ACT, JOIN } late;
    products all; product_function run;
    vec_args add; norm_args norm; turn_args turn; act_args act; join_args join;
    float *parts; uint64_t n_parts;                             /* of attention: [row][head][split][dv + 2] */
    uint32_t *pos, now;                                         /* position of the token, for steps that are recorded; and here */
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
#  define TENSOR_CORES 1
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
/* 16 bytes to shared memory on their way, or zeros; those of a thread up to here are a group; all but the last N groups are there. */
static __device__ __forceinline__ void copy_16(void *to, const void *from, int there)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(there ? 16 : 0) : "memory");
}
static __device__ __forceinline__ void copy_group(void) { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> static __device__ __forceinline__ void copies_wait(void) { asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory"); }
/* Four matrices of 8 rows of 16 bytes; lane l has the address of row l % 8 of matrix l / 8, and gets word l % 4 of row l / 4 of each. */
static __device__ __forceinline__ void four_matrices(unsigned r[4], const void *row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"((unsigned)__cvta_generic_to_shared(row)) : "memory");
}
/* The same, each matrix turned: a lane gets columns l / 4 of rows 2 (l % 4) and the next, of f16. */
static __device__ __forceinline__ void four_turned(unsigned r[4], const void *row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"((unsigned)__cvta_generic_to_shared(row)) : "memory");
}
#else                                   /* never launched there: see gpu_matmul */
#  define TENSOR_CORES 0
static __device__ void four_turned(unsigned *, const void *) {}
static __device__ void copy_16(void *, const void *, int) {}
static __device__ void copy_group(void) {}
template <int N> static __device__ void copies_wait(void) {}
static __device__ void four_matrices(unsigned *, const void *) {}
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

/* Blocks lie at even addresses, but those of mxfp4. */
static __device__ __forceinline__ unsigned rd16(const uint8_t *p) { return *(const uint16_t *)p; }
static __device__ __forceinline__ unsigned rd32(const uint8_t *p) { return rd16(p) | rd16(p + 2) << 16; }
/* N words from any address, of which the whole words around are read: up to three bytes behind. */
template <int N> static __device__ __forceinline__ void rd_words(unsigned *to, const uint8_t *p)
{
    const unsigned odd = (unsigned)(uintptr_t)p & 3, *w = (const unsigned *)(const void *)(p - odd);
    unsigned lo = w[0], hi;
    UNROLL for (int i = 0; i < N; i++, lo = hi) { hi = w[i + 1]; to[i] = __funnelshift_r(lo, hi, 8 * odd); }
}
/* Two times 16 bytes from a multiple of 16 */
static __device__ __forceinline__ void rd_32_bytes(unsigned *to, const uint8_t *p)
{
    const uint4 a = ((const uint4 *)(const void *)p)[0], b = ((const uint4 *)(const void *)p)[1];
    to[0] = a.x; to[1] = a.y; to[2] = a.z; to[3] = a.w; to[4] = b.x; to[5] = b.y; to[6] = b.z; to[7] = b.w;
}
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
/* Scale and minimum k of the 12 bytes of q4_K and q5_K, which are three words. */
static __device__ __forceinline__ void q4_K_scale(unsigned s0, unsigned s1, unsigned s2, int k, int *scale, int *min)
{
    const int at = 8 * (k % 4);
    if (k < 4) {
        *scale = (int)(s0 >> at & 63);
        *min = (int)(s1 >> at & 63);
    } else {
        *scale = (int)((s2 >> at & 15) | (s0 >> at >> 6 & 3) << 4);
        *min = (int)((s2 >> at >> 4 & 15) | (s1 >> at >> 6 & 3) << 4);
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
static __device__ __forceinline__ unsigned iq1_bytes(unsigned v, int minus)         /* bytes of 2, 10, 18, less 9, or 11 */
{
    return ((v | 0x80808080u) - (minus ? 0x0b0b0b0bu : 0x09090909u)) ^ 0x80808080u;
}

/* Group k of the block at p. */
template <int T> static __device__ __forceinline__ void unpack(group *g, const uint8_t *p, int k, const books &bk)
{
    float d = 0.0f, m = 0.0f;
    int i;
    if constexpr (T == Q4_0 || T == IQ4_NL || T == Q4_1 || T == Q5_0 || T == Q5_1 || T == MXFP4) {
        const int q_at = T == Q4_1 ? 4 : T == Q5_0 ? 6 : T == Q5_1 ? 8 : T == MXFP4 ? 1 : 2;
        unsigned high = T == Q5_0 ? rd32(p + 2) : T == Q5_1 ? rd32(p + 4) : 0, q[4];
        rd_words<4>(q, p + q_at);
        d = T == MXFP4 ? e8m0_half(p[0]) : rd_half(p);
        if (T == Q4_1 || T == Q5_1) m = rd_half(p + 2);
        for (i = 0; i < 4; i++) {
            unsigned lo = q[i] & 0x0f0f0f0fu, hi = q[i] >> 4 & 0x0f0f0f0fu;
            if (T == IQ4_NL) { lo = look_up_iq4(lo); hi = look_up_iq4(hi); }
            if (T == MXFP4) { lo = look_up_fp4(lo); hi = look_up_fp4(hi); }
            if (T == Q5_0 || T == Q5_1) { lo |= spread4(high >> 4 * i) << 4; hi |= spread4(high >> (16 + 4 * i)) << 4; }
            g->q[i] = (int)lo;
            g->q[i + 4] = (int)hi;
        }
    } else if constexpr (T == Q8_0) {
        d = rd_half(p);
        rd_words<8>((unsigned *)g->q, p + 2);
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
        unsigned low[8], high[8];
        d = rd_half(p + 108);
        rd_words<8>(low, p + 32 + 32 * (k / 4));
        rd_words<8>(high, p);
        for (i = 0; i < 8; i++) g->q[i] = (int)((low[i] >> 2 * (k % 4) & 0x03030303u) | (high[i] >> k & 0x01010101u) << 2);
        for (i = 0; i < 2; i++) {
            int n = 2 * k + i, lo = p[96 + n % 8] >> 4 * (n / 8) & 15, hi = p[104 + n % 4] >> 2 * (n / 4) & 3;
            g->scale[i] = d * (float)((lo | hi << 4) - 32);
            g->plus[i] = 0.0f;
        }
        return;
    } else if constexpr (T == Q4_K || T == Q5_K) {
        const uint4 head = *(const uint4 *)(const void *)p;
        unsigned q[8], high[8];
        int scale, min;
        q4_K_scale(head.y, head.z, head.w, k, &scale, &min);
        rd_32_bytes(q, p + (T == Q5_K ? 48 : 16) + 32 * (k / 2));
        if (T == Q5_K) rd_32_bytes(high, p + 16);
        for (i = 0; i < 8; i++) {
            g->q[i] = (int)(q[i] >> 4 * (k % 2) & 0x0f0f0f0fu);
            if (T == Q5_K) g->q[i] |= (int)((high[i] >> k & 0x01010101u) << 4);
        }
        d = half_float(head.x & 0xffffu) * (float)scale;
        m = -half_float(head.x >> 16) * (float)min;
    } else if constexpr (T == Q6_K) {
        unsigned low[8], high[8];
        d = rd_half(p + 208);
        rd_words<8>(low, p + 64 * (k / 4) + 32 * (k % 2));
        rd_words<8>(high, p + 128 + 32 * (k / 4));
        for (i = 0; i < 8; i++) g->q[i] = (int)((low[i] >> 4 * (k % 4 / 2) & 0x0f0f0f0fu) | (high[i] >> 2 * (k % 4) & 0x03030303u) << 4);
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
static __device__ __forceinline__ void put_group(const quants &to, int64_t g, float v)      /* v of every lane */
{
    const int lane = (int)(threadIdx.x % WARP);
    float top = warp_max(fabsf(v)), bad = warp_sum(v * 0.0f), d, n;
    int fine = bad == 0.0f && top >= 1e-36f, i = fine ? __float2int_rn(v * (127.0f / top)) : 0;
    d = warp_sum(fine && top < 1e30f ? v * (float)i : 0.0f);
    n = warp_sum((float)(i * i));
    d = !fine ? bad : top < 1e30f ? d / n : top / 127.0f;
    n = warp_sum(lane < 16 ? (float)i : 0.0f);
    v = warp_sum(lane < 16 ? 0.0f : (float)i);
    to.q[g * 32 + lane] = (int8_t)i;
    if (lane) return;
    to.scale[g] = d;
    to.sum[g] = (int)((unsigned)(int)n & 0xffffu) | (int)((unsigned)(int)v << 16);
}
static __global__ void quantize(quants to, const float *x, int64_t ldx, int groups)
{
    const int g = (int)(blockIdx.x * WARPS + threadIdx.x / WARP), t = (int)blockIdx.y;
    if (g < groups) put_group(to, (int64_t)t * groups + g, x[t * ldx + (int64_t)g * 32 + threadIdx.x % WARP]);
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
 * y[t][row] = sum over k of w[row][k] x[t][k] + bias[row], of up to three matrices that follow each other, with one launch: matrix i
 * begins with block first[i].
 *   Few tokens: a warp makes two rows. It copies 32 groups of each at a time to shared memory, in pieces of 16 bytes beside each
 * other, whatever the layout of the blocks; then each lane takes one group of each from there. The next 32 groups are on their way
 * meanwhile. */
static __device__ __forceinline__ product product_of(const products &all, int *block)
{
    product p = all.p[0];
    int first = 0;
    UNROLL for (int i = 1; i < MOST_PRODUCTS; i++) if (i < all.n && *block >= all.first[i]) { p = all.p[i]; first = all.first[i]; }
    *block -= first;
    return p;
}
enum { PAIR = 2, FEW_ROWS_OF_BLOCK = PAIR * WARPS };
/* Row j of a warp's pair, or the last one where there is none. */
static __device__ __forceinline__ const uint8_t *row_start(const product &p, int row) { return p.w + (size_t)(row < p.n_out ? row : p.n_out - 1) * p.row_bytes; }
/* What was computed for n of N tokens; the others were copies of the first. */
template <int N> static __device__ __forceinline__ void put_pair(const product &p, int n, int row, float acc[PAIR][N])
{
    UNROLL for (int j = 0; j < PAIR; j++) {
        UNROLL for (int t = 0; t < N; t++) {
            const float x = warp_sum(acc[j][t]);
            if (threadIdx.x % WARP == 0 && row + j < p.n_out && t < n) p.y[t * p.ldy + row + j] = x + (p.bias ? p.bias[row + j] : 0.0f);
        }
    }
}

template <int T, int N> static __global__ void __launch_bounds__(THREADS) few_quants(products all, int n, const int8_t *q, const float *scale, const int32_t *sum, books bk)
{
    enum { block = type_of<T>::block, size = type_of<T>::bytes, off = type_of<T>::off,
           per = 1024 / block * size,                   /* bytes of 32 groups */
           pieces = per / 16 + 2, each = (pieces + WARP - 1) / WARP };
    __shared__ uint4 stage[WARPS][PAIR][pieces];
    int at_block = (int)blockIdx.x;
    const product p = product_of(all, &at_block);
    const int lane = (int)(threadIdx.x % WARP), warp = (int)(threadIdx.x / WARP), groups = p.n_in / 32, row = (at_block * WARPS + warp) * PAIR;
    const uint8_t *w[PAIR];
    float acc[PAIR][N];
    uint4 ahead[PAIR][each];
    int c, i, j, t;
    UNROLL for (j = 0; j < PAIR; j++) {
        w[j] = row_start(p, row + j);
        UNROLL for (t = 0; t < N; t++) acc[j][t] = 0.0f;
    }
    for (c = -32; c < groups; c += 32) {
        if (c + 32 < groups)
            UNROLL for (j = 0; j < PAIR; j++) {         /* 16 bytes behind the last row may be read: its memory has room */
                const uint8_t *next = w[j] + (size_t)(c + 32) / 32 * per, *from = (const uint8_t *)((uintptr_t)next & ~(uintptr_t)15);
                UNROLL for (i = 0; i < each; i++)
                    if (lane + 32 * i < pieces && from + 16 * (lane + 32 * i) < w[j] + p.row_bytes) ahead[j][i] = __ldg((const uint4 *)from + lane + 32 * i);
            }
        if (c >= 0 && c + lane < groups)
            UNROLL for (j = 0; j < PAIR; j++) {
                const uint8_t *b = (const uint8_t *)stage[warp][j] + ((uintptr_t)(w[j] + (size_t)c / 32 * per) & 15) + lane / (block / 32) * size;
                group g;
                unpack<T>(&g, b, lane % (block / 32), bk);
                UNROLL for (t = 0; t < N; t++) {
                    const int64_t at = (int64_t)(N == 1 || t < n ? t : 0) * groups + c + lane;
                    const int4 a0 = ((const int4 *)q)[2 * at], a1 = ((const int4 *)q)[2 * at + 1];
                    const int s = sum[at], s0 = (int)(int16_t)s, s1 = s >> 16;
                    int d0 = dot4(g.q[0], a0.x, dot4(g.q[1], a0.y, dot4(g.q[2], a0.z, dot4(g.q[3], a0.w, -off * s0))));
                    int d1 = dot4(g.q[4], a1.x, dot4(g.q[5], a1.y, dot4(g.q[6], a1.z, dot4(g.q[7], a1.w, -off * s1))));
                    float v = type_of<T>::halves ? g.scale[0] * (float)d0 + g.scale[1] * (float)d1 : g.scale[0] * (float)(d0 + d1);
                    v += g.plus[0] * (float)s0 + g.plus[1] * (float)s1;
                    acc[j][t] += scale[at] * v;
                }
            }
        __syncwarp();
        UNROLL for (j = 0; j < PAIR; j++)
            UNROLL for (i = 0; i < each; i++)
                if (lane + 32 * i < pieces) stage[warp][j][lane + 32 * i] = ahead[j][i];
        __syncwarp();
    }
    put_pair<N>(p, n, row, acc);
}

/* The same with floats: of float types, and of all with `exact`. */
template <int T, int N> static __global__ void __launch_bounds__(THREADS) few_floats(products all, int n, const float *x, int64_t ldx, int wide, books bk)
{
    int at_block = (int)blockIdx.x;
    const product p = product_of(all, &at_block);
    const int lane = (int)(threadIdx.x % WARP), row = (at_block * WARPS + (int)(threadIdx.x / WARP)) * PAIR;
    const uint8_t *w[PAIR];
    float acc[PAIR][N];
    int i, j, t;
    UNROLL for (j = 0; j < PAIR; j++) {
        w[j] = row_start(p, row + j);
        UNROLL for (t = 0; t < N; t++) acc[j][t] = 0.0f;
    }
    if constexpr (T == F32 || T == F16 || T == BF16) {
        if (wide) {                                     /* eight at a time, 16 bytes beside each other */
            UNROLL_BY(N == 1 ? 4 : 1)
            for (i = 8 * lane; i < p.n_in; i += 8 * WARP) {
                float v[PAIR][8];
                UNROLL for (j = 0; j < PAIR; j++)
                    if constexpr (T == F32) {
                        const float4 a = __ldg((const float4 *)(const void *)((const float *)w[j] + i)), b = __ldg((const float4 *)(const void *)((const float *)w[j] + i + 4));
                        v[j][0] = a.x; v[j][1] = a.y; v[j][2] = a.z; v[j][3] = a.w; v[j][4] = b.x; v[j][5] = b.y; v[j][6] = b.z; v[j][7] = b.w;
                    } else {
                        const uint4 a = __ldg((const uint4 *)(const void *)((const uint16_t *)w[j] + i));
                        const unsigned u[4] = { a.x, a.y, a.z, a.w };
                        UNROLL for (int k = 0; k < 8; k++) {
                            const unsigned h = u[k / 2] >> 16 * (k % 2) & 0xffffu;
                            v[j][k] = T == F16 ? half_float(h) : bits_float(h << 16);
                        }
                    }
                UNROLL for (t = 0; t < N; t++) {
                    const float *xt = x + (N == 1 || t < n ? t : 0) * ldx + i;
                    const float4 a = *(const float4 *)xt, b = *(const float4 *)(xt + 4);
                    UNROLL for (j = 0; j < PAIR; j++)
                        acc[j][t] += v[j][0] * a.x + v[j][1] * a.y + v[j][2] * a.z + v[j][3] * a.w + v[j][4] * b.x + v[j][5] * b.y + v[j][6] * b.z + v[j][7] * b.w;
                }
            }
        } else
            for (i = lane; i < p.n_in; i += WARP)
                UNROLL for (j = 0; j < PAIR; j++) {
                    const float v = rd_float<T>(w[j], i);
                    UNROLL for (t = 0; t < N; t++) acc[j][t] += v * x[(N == 1 || t < n ? t : 0) * ldx + i];
                }
    } else {
        enum { per = type_of<T>::block / 32 };
        for (int k = lane; k < p.n_in / 32; k += WARP)
            UNROLL for (j = 0; j < PAIR; j++) {
                group g;
                unpack<T>(&g, w[j] + (size_t)(k / per) * type_of<T>::bytes, k % per, bk);
                UNROLL for (i = 0; i < 32; i++) {
                    const float v = g.scale[i / 16] * (float)((int)(int8_t)(g.q[i / 4] >> 8 * (i % 4)) - type_of<T>::off) + g.plus[i / 16];
                    UNROLL for (t = 0; t < N; t++) acc[j][t] += v * x[(N == 1 || t < n ? t : 0) * ldx + k * 32 + i];
                }
            }
    }
    put_pair<N>(p, n, row, acc);
}

/* Products of `rows` rows a block, from token t0 on; returns the number of blocks. */
static unsigned divide(products *p, int rows, int t0)
{
    int blocks = 0;
    for (int i = 0; i < p->n; i++) {
        p->first[i] = blocks;
        blocks += (p->p[i].n_out + rows - 1) / rows;
        p->p[i].y += t0 * p->p[i].ldy;
    }
    return (unsigned)blocks;
}
template <int T, int N> static void run_quants(stream *st, products p, int t0, const books &bk)
{
    const int n_in = p.p[0].n_in, groups = n_in / 32;
    auto kernel = few_quants<T, N>;
    const unsigned blocks = divide(&p, FEW_ROWS_OF_BLOCK, t0);
    RUN(kernel, dim3(blocks), dim3(THREADS), 0, st, p, st->n - t0, st->to.q + (int64_t)t0 * n_in, st->to.scale + (int64_t)t0 * groups, st->to.sum + (int64_t)t0 * groups, bk);
}
template <int T, int N> static void run_floats(stream *st, products p, int t0, const books &bk)
{
    auto kernel = few_floats<T, N>;
    const int wide = p.p[0].n_in % 8 == 0 && st->ldx % 4 == 0 && (uintptr_t)st->x % 16 == 0;
    const unsigned blocks = divide(&p, FEW_ROWS_OF_BLOCK, t0);
    RUN(kernel, dim3(blocks), dim3(THREADS), 0, st, p, st->n - t0, st->x + t0 * st->ldx, st->ldx, wide, bk);
}

/* All tokens of the input, some at a time. */
template <int T> static void product_quants(stream *st, const products &p, const books &bk)
{
    int t = 0;
    for (; t + 1 < st->n; t += 4) run_quants<T, 4>(st, p, t, bk);
    if (t < st->n) run_quants<T, 1>(st, p, t, bk);
}
template <int T> static void product_floats(stream *st, const products &p, const books &bk)
{
    int t = 0;
    for (; t + 1 < st->n; t += 4) run_floats<T, 4>(st, p, t, bk);
    if (t < st->n) run_floats<T, 1>(st, p, t, bk);
}

/* Many tokens: tensor cores. Blocks that follow each other make the same rows of all tokens, so that weights are read once.
 *   Quantised types: a block of 256 threads makes 64 rows of 128 tokens, each of its 8 warps 32 by 32 of them. Shared memory has four
 * groups of each row at a time, unpacked, whose integer sum is exact before it is scaled. Rows are 144 bytes apart, so that the lanes
 * of a warp read from different banks. */
enum { ROWS = 64, TOKENS = 128, CHUNKS = 4, MANY_THREADS = 256, STEP_FROM = 9 /* tokens from which it pays */ };

template <int T> static __global__ void __launch_bounds__(MANY_THREADS) many_quants(products all, const int8_t *q, const float *scale, const int32_t *sum, int n, int token_blocks, books bk)
{
    enum { halves = type_of<T>::halves, H = 1 + halves, plus = T == Q4_1 || T == Q5_1 || T == Q2_K || T == Q4_K || T == Q5_K };
    if (!TENSOR_CORES) return;
    __shared__ uint4 ws[ROWS][9], as[TOKENS][9];
    __shared__ float w_scale[H][CHUNKS][ROWS], w_plus[plus ? H : 1][CHUNKS][ROWS], a_scale[CHUNKS][TOKENS], a_sum[plus ? H : 1][CHUNKS][TOKENS];
    int at_block = (int)blockIdx.x / token_blocks;
    const product p = product_of(all, &at_block);
    const int tid = (int)threadIdx.x, lane = tid % WARP, warp = tid / WARP, row0 = at_block * ROWS, t0 = (int)blockIdx.x % token_blocks * TOKENS;
    const int chunks = p.n_in / 32, wm = warp % 2 * 32, wn = warp / 2 * 32;
    float acc[2][4][4];
    int c0, c, i, m, k, h;
    UNROLL for (m = 0; m < 2; m++) UNROLL for (k = 0; k < 4; k++) UNROLL for (i = 0; i < 4; i++) acc[m][k][i] = 0.0f;
    for (c0 = 0; c0 < chunks; c0 += CHUNKS) {
        const int r = tid / CHUNKS, g = tid % CHUNKS;   /* a group per thread */
        group w;
        for (i = tid; i < TOKENS * 2 * CHUNKS; i += MANY_THREADS) {
            const int t = i / (2 * CHUNKS), v = i % (2 * CHUNKS);
            uint4 x = { 0, 0, 0, 0 };
            if (t0 + t < n && 2 * c0 + v < 2 * chunks) x = ((const uint4 *)(const void *)(q + (int64_t)(t0 + t) * p.n_in))[2 * c0 + v];
            as[t][v] = x;
        }
        for (i = 0; i < 8; i++) w.q[i] = 0;
        for (h = 0; h < 2; h++) w.scale[h] = w.plus[h] = 0.0f;
        if (row0 + r < p.n_out && c0 + g < chunks) {
            enum { per = type_of<T>::block / 32 };
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
        __syncthreads();
        for (c = 0; c < CHUNKS; c++) {
            unsigned wf[2][4], af[4][2];
            const int word = 8 * c + lane % 4;
            UNROLL for (m = 0; m < 2; m++) {
                const unsigned *x = (const unsigned *)ws[wm + 16 * m + lane / 4], *y = (const unsigned *)ws[wm + 16 * m + lane / 4 + 8];
                wf[m][0] = x[word]; wf[m][1] = y[word]; wf[m][2] = x[word + 4]; wf[m][3] = y[word + 4];
            }
            UNROLL for (k = 0; k < 4; k++) {
                const unsigned *t = (const unsigned *)as[wn + 8 * k + lane / 4];
                af[k][0] = t[word]; af[k][1] = t[word + 4];
            }
            UNROLL for (m = 0; m < 2; m++)
                UNROLL for (k = 0; k < 4; k++) {
                    int d[H][4];
                    for (h = 0; h < H; h++) for (i = 0; i < 4; i++) d[h][i] = 0;
                    if (halves) for (h = 0; h < H; h++) mma_int8_half(d[h], wf[m] + 2 * h, af[k][h]);
                    else mma_int8(d[0], wf[m], af[k]);
                    UNROLL for (i = 0; i < 4; i++) {
                        const int y = wm + 16 * m + lane / 4 + i / 2 * 8, t = wn + 8 * k + lane % 4 * 2 + i % 2;
                        float v = w_scale[0][c][y] * (float)d[0][i];
                        if (halves) v += w_scale[H - 1][c][y] * (float)d[H - 1][i];
                        acc[m][k][i] += a_scale[c][t] * v;
                        if (plus) for (h = 0; h < H; h++) acc[m][k][i] += w_plus[h][c][y] * a_sum[h][c][t];
                    }
                }
        }
        __syncthreads();
    }
    UNROLL for (m = 0; m < 2; m++)
        UNROLL for (k = 0; k < 4; k++)
            UNROLL for (i = 0; i < 4; i++) {
                const int r = row0 + wm + 16 * m + lane / 4 + i / 2 * 8, t = t0 + wn + 8 * k + lane % 4 * 2 + i % 2;
                if (r < p.n_out && t < n) p.y[t * p.ldy + r] = acc[m][k][i] + (p.bias ? p.bias[r] : 0.0f);
            }
}
template <int T> static void run_many_quants(stream *st, const products &all, const books &bk)
{
    const int token_blocks = (st->n + TOKENS - 1) / TOKENS;
    auto kernel = many_quants<T>;
    products p = all;
    const unsigned blocks = divide(&p, ROWS, 0);
    RUN(kernel, dim3(blocks * (unsigned)token_blocks), dim3(MANY_THREADS), 0, st, p, st->to.q, st->to.scale, st->to.sum, st->n, token_blocks, bk);
}

/* f16 and bf16: a block makes 64 M rows of 128 tokens, each of its 2 M warps 64 by 64 of them. Shared memory is a ring of STAGES steps of
 * 32 columns, rows of the weights and then of the tokens, most of them on their way. The 16-byte pieces of a row of 64 are where eight rows
 * that are read together are in different banks. */
enum { STAGES = 4, STEP_BYTES = 64 };
template <int M> static __host__ __device__ constexpr int stage_bytes(void) { return (64 * M + TOKENS) * STEP_BYTES; }
template <int T, int M> static __global__ void __launch_bounds__(64 * M) many_floats(products all, const uint8_t *x, const float *scale, int n, int token_blocks)
{
    SHARED_FLOATS(ring);
    int at_block = (int)blockIdx.x / token_blocks;
    const product p = product_of(all, &at_block);
    const int tid = (int)threadIdx.x, lane = tid % WARP, row0 = at_block * 64 * M, t0 = (int)blockIdx.x % token_blocks * TOKENS;
    const int wm = tid / WARP / 2 * 64, wn = tid / WARP % 2 * 64, steps = (p.n_in + 31) / 32, bytes = 2 * p.n_in;
    const int piece = tid % 4, a_row = wm + lane % 16, a_piece = lane / 16, b_row = 64 * M + wn + lane % 8 + lane / 16 * 8, b_piece = lane / 8 % 2;
    float acc[4][8][4];
    int i, m, k, step;
    UNROLL for (m = 0; m < 4; m++) UNROLL for (k = 0; k < 8; k++) UNROLL for (i = 0; i < 4; i++) acc[m][k][i] = 0.0f;
    for (step = 1 - STAGES; step < steps; step++) {
        const int next = step + STAGES - 1;
        if (step >= 0) {
            copies_wait<STAGES - 2>();
            __syncthreads();                            /* all have read what is overwritten now */
        }
        if (next < steps)
            UNROLL for (i = 0; i < (64 * M + TOKENS) * 4 / (64 * M); i++) {
                const int r = tid / 4 + i * 16 * M, at = next * STEP_BYTES + 16 * piece, is_w = r < 64 * M;
                const int there = at < bytes && (is_w ? row0 + r < p.n_out : t0 + r - 64 * M < n);
                const uint8_t *from = is_w ? p.w + (size_t)(row0 + r) * p.row_bytes : x + (int64_t)(t0 + r - 64 * M) * bytes;
                copy_16((uint8_t *)ring + next % STAGES * stage_bytes<M>() + r * STEP_BYTES + ((piece ^ (r / 2 & 3)) * 16), there ? from + at : x, there);
            }
        copy_group();
        if (step < 0) continue;
        const uint8_t *stage = (const uint8_t *)ring + step % STAGES * stage_bytes<M>();
        UNROLL for (int half = 0; half < 2; half++) {
            unsigned a[4][4], b[4][4];
            UNROLL for (m = 0; m < 4; m++) four_matrices(a[m], stage + (a_row + 16 * m) * STEP_BYTES + ((2 * half + a_piece) ^ (a_row / 2 & 3)) * 16);
            UNROLL for (k = 0; k < 4; k++) four_matrices(b[k], stage + (b_row + 16 * k) * STEP_BYTES + ((2 * half + b_piece) ^ (b_row / 2 & 3)) * 16);
            UNROLL for (m = 0; m < 4; m++)
                UNROLL for (k = 0; k < 8; k++) {
                    if (T == F16) mma_f16(acc[m][k], a[m], b[k / 2] + k % 2 * 2);
                    else mma_bf16(acc[m][k], a[m], b[k / 2] + k % 2 * 2);
                }
        }
    }
    UNROLL for (k = 0; k < 8; k++)
        UNROLL for (i = 0; i < 4; i++) {
            const int t = t0 + wn + 8 * k + lane % 4 * 2 + i % 2;
            const float by = t < n ? scale[t] : 0.0f;
            UNROLL for (m = 0; m < 4; m++) {
                const int r = row0 + wm + 16 * m + lane / 4 + i / 2 * 8;
                if (r < p.n_out && t < n) p.y[t * p.ldy + r] = acc[m][k][i] * by + (p.bias ? p.bias[r] : 0.0f);
            }
        }
}
template <int T, int M> static void launch_many_floats(stream *st, products p, int token_blocks)
{
    auto kernel = many_floats<T, M>;
    const unsigned blocks = divide(&p, 64 * M, 0);
    check(st, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, STAGES * stage_bytes<M>()), "making room for a product");
    RUN(kernel, dim3(blocks * (unsigned)token_blocks), dim3(64 * M), STAGES * stage_bytes<M>(), st, p, (const uint8_t *)st->to.q, st->to.scale, st->n, token_blocks);
}
template <int T> static void run_many_floats(stream *st, const products &p, const books &)
{
    const int token_blocks = (st->n + TOKENS - 1) / TOKENS;
    products large = p;
    if (divide(&large, 256, 0) * (unsigned)token_blocks >= (unsigned)st->dev->processors) launch_many_floats<T, 4>(st, p, token_blocks);
    else launch_many_floats<T, 2>(st, p, token_blocks);         /* smaller blocks keep more of them busy */
}

struct type_row { product_function quants, floats, many; };      /* NULL: there is none */
static const type_row *row_of(uint32_t type)
{
    static const type_row none = { NULL, NULL, NULL }, f32 = { NULL, product_floats<F32>, NULL }, f16 = { NULL, product_floats<F16>, run_many_floats<F16> },
                          bf16 = { NULL, product_floats<BF16>, run_many_floats<BF16> };
#define X(name, id, block, bytes, off, halves) case id: { static const type_row row = { product_quants<name>, product_floats<name>, run_many_quants<name> }; return &row; }
    switch (type) {
    QUANTS(X)
#undef X
    case F32: return &f32;
    case F16: return &f16;
    case BF16: return &bf16;
    default: return &none;
    }
}

/* ---- norms and other steps ------------------------------------------------------------------------------------------------
 * What has `to` writes its result also as int8, if a product wants it so: with q. */
static __global__ void norm_heads(norm_args a)        /* a block: one head of one token, to whose x a multiple of `add` is added before */
{
    const int64_t head = (int64_t)blockIdx.y * a.width, t = blockIdx.x;
    float *x = a.x + t * a.ldx + head, *y = a.y + t * a.ldy + head, mean = 0.0f, sum = 0.0f, scale;
    const float *w = a.w ? a.w + (a.w_rows > 1 ? head : 0) : NULL, *b = a.b ? a.b + (a.w_rows > 1 ? head : 0) : NULL;
    int i;
    if (a.add) for (i = (int)threadIdx.x; i < a.width; i += (int)blockDim.x) x[i] += a.times * a.add[t * a.width + i];
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
        if (a.to.q) put_group(a.to, (t * a.width + i) / WARP, v);
    }
}
static void run_norm(stream *st, const norm_args &a)
{
    RUN(norm_heads, dim3((unsigned)a.n, (unsigned)a.n_heads), dim3(a.width <= 32 ? 32 : a.width <= 1024 ? 128 : a.width <= 2048 ? 512 : 1024), 0, st, a);
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
/* Heads of a token, a block each: rotated, and from head `keys` on stored in the cache, with the values beside them. */
static __global__ void turn_heads(turn_args a)
{
    const int t = (int)blockIdx.x, h = (int)blockIdx.y, half = a.n_rot / 2, step = a.neox ? 1 : 2, other = a.neox ? half : 1, kvh = h - a.keys;
    const float *cs = a.cs + (int64_t)t * a.n_rot;
    float *x = a.x + t * a.ldx + (int64_t)h * a.head_dim;
    for (int i = (int)threadIdx.x; i < half; i += (int)blockDim.x) {
        const float p = x[i * step], q = x[i * step + other], c = cs[2 * i], s = cs[2 * i + 1];
        x[i * step] = p * c - q * s;
        x[i * step + other] = p * s + q * c;
    }
    if (kvh < 0) return;                                /* all of the block */
    __syncthreads();
    const size_t slot = (size_t)kvh * a.c.capacity + ((a.now ? *a.now : a.pos) + (uint32_t)t) % a.c.capacity;
    if (threadIdx.x < WARP) store_row(a.c.type, a.c.k + slot * kv_row_bytes(a.c.type, a.c.dk), x, a.c.dk);
    else store_row(a.c.type, a.c.v + slot * kv_row_bytes(a.c.type, a.c.dv), a.v + t * a.ldv + (int64_t)kvh * a.c.dv, a.c.dv);
}
static void run_turn(stream *st, const turn_args &a)
{
    RUN(turn_heads, dim3((unsigned)a.n, (unsigned)a.n_heads), dim3(2 * WARP), 0, st, a);
}

static __device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
static __device__ __forceinline__ float softcap(float x, float cap)      /* NaN stays NaN */
{
    x *= 2.0f / cap;
    return cap - 2.0f * cap / (expf(x > 88.0f ? 88.0f : x) + 1.0f);
}
static __device__ float activate(int act, float x, const float *p)
{
    if (act == LLRI_ACT_SILU) return x * sigmoid(x);
    if (act == LLRI_ACT_GELU) return x * sigmoid(x * (2 * 0.7978845608f + 2 * 0.7978845608f * 0.044715f * x * x));
    if (act == LLRI_ACT_GELU_QUICK) return x * sigmoid(1.702f * x);
    if (act == LLRI_ACT_RELU2) { x = x < 0.0f ? 0.0f : x; return x * x; }
    if (act == LLRI_ACT_SOFTCAP) return softcap(x, p[0]);
    return x > 0.0f ? p[0] * x * x + p[2] * x : (expm1f(fminf(x, p[3])) - x) * p[1] + p[2] * x;      /* xIELU */
}
static __global__ void activation(act_args a)
{
    const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x, t = blockIdx.y;
    if (i >= a.width) return;                           /* a whole warp, if there is `to` */
    float v = activate(a.act, a.gate[t * a.ldg + i], a.p);
    if (a.up) v *= a.up[t * a.ldg + i];
    a.y[t * a.ldy + i] = v;
    if (a.to.q) put_group(a.to, (t * a.width + i) / WARP, v);
}
static void run_act(stream *st, const act_args &a) { RUN(activation, dim3((unsigned)(a.width + 255) / 256, (unsigned)a.n), dim3(256), 0, st, a); }
static __global__ void vector_step(int op, float *y, const float *x, float a, float b, int64_t n)
{
    const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const float v = y[i];
    y[i] = op == LLRI_VEC_ADD ? v + x[i] : op == LLRI_VEC_AXPY ? v + a * x[i] : op == LLRI_VEC_SCALE ? v * a :
           op == LLRI_VEC_CLAMP ? (v < a ? a : v > b ? b : v) : softcap(v, a);
}
static void run_vec(stream *st, const vec_args &a)
{
    RUN(vector_step, dim3((unsigned)((a.n + 255) / 256)), dim3(256), 0, st, a.op, a.y, a.x, a.a, a.b, a.n);
}

/* ---- attention ---------------------------------------------------------------------------------------------------------------
 * The cache holds f16, f32 or q8_0. */
template <int KV> static __device__ __forceinline__ float kv_value(const uint8_t *row, int i)
{
    if constexpr (KV == LLR_KV_F32) return ((const float *)row)[i];
    else if constexpr (KV == LLR_KV_F16) return half_float(((const uint16_t *)row)[i]);
    else return rd_half(row + i / 32 * 34) * (float)(int8_t)row[i / 32 * 34 + 2 + i % 32];
}
/* A block: one token, up to H query heads of one kv head, one stretch of positions; a tile of positions at a time, with
 * streaming softmax (Milakov & Gimelshein 2018; Dao et al. 2022). What it has in the end, sums [dv], maximum and weight of each
 * head, goes to `parts`, where another kernel joins the stretches. */
enum { HEADS = 8, TILE = 64, MOST_SPLITS = 64, FEW_ROWS = 16, MAX_DV = 4 * THREADS, ATTEND_SHARED = 46000 /* beside what is static, of 48 KiB */ };
struct attend_args { llri_attn a; llri_kvc c; float *parts; const float *q; int64_t ldq; uint32_t pos; const uint32_t *now; int splits, head_blocks, tile; };

/* n rows of the cache from a position on to shared memory, by a block. All is on its way at once. */
template <typename U> static __device__ __forceinline__ void fetch_units(uint8_t *to, const uint8_t *from, size_t row_bytes, uint32_t first, int n, uint32_t capacity)
{
    const int units = (int)(row_bytes / sizeof(U));
    UNROLL_BY(4) for (int i = (int)threadIdx.x; i < n * units; i += THREADS)
        ((U *)(void *)to)[i] = ((const U *)(const void *)(from + (size_t)((first + (uint32_t)(i / units)) % capacity) * row_bytes))[i % units];
}
static __device__ __forceinline__ void fetch_rows(uint8_t *to, const uint8_t *from, size_t row_bytes, uint32_t first, int n, uint32_t capacity)
{
    if (row_bytes % 16 == 0) fetch_units<uint4>(to, from, row_bytes, first, n, capacity);
    else if (row_bytes % 4 == 0) fetch_units<unsigned>(to, from, row_bytes, first, n, capacity);
    else fetch_units<uint16_t>(to, from, row_bytes, first, n, capacity);
}

template <int KV, int H> static __global__ void __launch_bounds__(THREADS, 4) attend(attend_args p)
{
    SHARED_FLOATS(q);                                   /* [H][dk], scaled; then the rows of a tile, keys and values */
    __shared__ float s[H][TILE], top[H], sum[H], shrink[H];
    const int group = p.a.n_head / p.a.n_head_kv, kvh = (int)blockIdx.y / p.head_blocks, first = kvh * group + (int)blockIdx.y % p.head_blocks * H;
    const int heads = (kvh + 1) * group - first < H ? (kvh + 1) * group - first : H;     /* those behind them are copies of the last */
    const int t = (int)blockIdx.x, split = (int)blockIdx.z, lane = (int)(threadIdx.x % WARP), warp = (int)(threadIdx.x / WARP);
    const uint32_t at = (p.now ? *p.now : p.pos) + (uint32_t)t, seen = p.a.window && at + 1 > p.a.window ? at + 1 - p.a.window : 0, all = at + 1;
    const uint32_t stretch = ((all - seen + (uint32_t)p.splits - 1) / (uint32_t)p.splits + TILE - 1) / TILE * TILE;
    const uint32_t from = seen + (uint32_t)split * stretch, to = from + stretch < all ? from + stretch : all;
    const size_t kb = kv_row_bytes(KV, p.c.dk), vb = kv_row_bytes(KV, p.c.dv);
    uint8_t *ks = (uint8_t *)(q + H * p.a.dk), *vs = ks + (size_t)p.tile * kb;
    float acc[H][MAX_DV / THREADS];
    int h, i, j;
    for (h = 0; h < H; h++)
        for (i = (int)threadIdx.x; i < p.a.dk; i += THREADS) q[h * p.a.dk + i] = p.q[t * p.ldq + (int64_t)(first + (h < heads ? h : heads - 1)) * p.a.dk + i] * p.a.scale;
    UNROLL for (h = 0; h < H; h++)
        UNROLL for (i = 0; i < MAX_DV / THREADS; i++) acc[h][i] = 0.0f;
    if (threadIdx.x < H) { top[threadIdx.x] = -FLT_MAX; sum[threadIdx.x] = 0.0f; }
    for (uint32_t tile = from; tile < to; tile += (uint32_t)p.tile) {
        const int n = to - tile < (uint32_t)p.tile ? (int)(to - tile) : p.tile;
        fetch_rows(ks, p.c.k + (size_t)kvh * p.c.capacity * kb, kb, tile, n, p.c.capacity);
        fetch_rows(vs, p.c.v + (size_t)kvh * p.c.capacity * vb, vb, tile, n, p.c.capacity);
        __syncthreads();
        for (j = warp; j < n; j += WARPS) {             /* scores: a position per warp */
            float dot[H];
            UNROLL for (h = 0; h < H; h++) dot[h] = 0.0f;
            for (i = lane; i < p.a.dk; i += WARP) {
                const float x = kv_value<KV>(ks + (size_t)j * kb, i);
                UNROLL for (h = 0; h < H; h++) dot[h] += x * q[h * p.a.dk + i];
            }
            UNROLL for (h = 0; h < H; h++) {
                float x = warp_sum(dot[h]);
                if (p.a.softcap > 0.0f) x = softcap(x, p.a.softcap);
                if (p.a.slopes) x -= p.a.slopes[first + (h < heads ? h : heads - 1)] * (float)(at - tile - (uint32_t)j);
                if (lane == 0) s[h][j] = x;
            }
        }
        __syncthreads();
        for (h = warp; h < H; h += WARPS) {         /* weights: a head per warp; a NaN shows in their sum */
            float most = top[h], x, w = 0.0f;
            for (j = lane; j < n; j += WARP) most = fmaxf(most, s[h][j]);
            most = warp_max(most);
            for (j = lane; j < n; j += WARP) { x = expf(s[h][j] - most); s[h][j] = x; w += x; }
            w = warp_sum(w);
            if (lane == 0) { shrink[h] = expf(top[h] - most); sum[h] = sum[h] * shrink[h] + w; top[h] = most; }
        }
        __syncthreads();
        UNROLL for (i = 0; i < MAX_DV / THREADS; i++) { /* weighted sums: columns per thread */
            const int d = (int)threadIdx.x + i * THREADS;
            if (d >= p.a.dv) break;
            UNROLL for (h = 0; h < H; h++) acc[h][i] *= shrink[h];
            UNROLL_BY(4) for (j = 0; j < n; j++) {
                const float x = kv_value<KV>(vs + (size_t)j * vb, d);
                UNROLL for (h = 0; h < H; h++) acc[h][i] += s[h][j] * x;
            }
        }
        __syncthreads();
    }
    __syncthreads();                                    /* a stretch may be empty */
    UNROLL for (h = 0; h < H; h++) {
        if (h >= heads) break;
        float *out = p.parts + (((int64_t)t * p.a.n_head + first + h) * p.splits + split) * (p.a.dv + 2);
        UNROLL for (i = 0; i < MAX_DV / THREADS; i++)
            if ((int)threadIdx.x + i * THREADS < p.a.dv) out[threadIdx.x + i * THREADS] = acc[h][i];
        if (threadIdx.x == 0) { out[p.a.dv] = top[h]; out[p.a.dv + 1] = sum[h]; }
    }
}

template <int KV> static void run_attend(stream *st, attend_args p, int n)
{
    const int group = p.a.n_head / p.a.n_head_kv, heads = group > 4 ? 8 : group > 2 ? 4 : group;
    const size_t of_q = sizeof(float) * (size_t)(heads * p.a.dk), row = kv_row_bytes(KV, p.c.dk) + kv_row_bytes(KV, p.c.dv);
    auto one = attend<KV, 1>, two = attend<KV, 2>, four = attend<KV, 4>, eight = attend<KV, HEADS>, kernel = heads == 1 ? one : heads == 2 ? two : heads == 4 ? four : eight;
    p.head_blocks = (group + heads - 1) / heads;
    for (p.tile = TILE; of_q + (size_t)p.tile * row > ATTEND_SHARED; p.tile /= 2) {}
    RUN(kernel, dim3((unsigned)n, (unsigned)(p.a.n_head_kv * p.head_blocks), (unsigned)p.splits), dim3(THREADS), of_q + (size_t)p.tile * row, st, p);
}

/* One head of one token: the stretches together, and the sink, one more position without a value. */
static __global__ void join(join_args a)
{
    const int t = (int)blockIdx.x, h = (int)blockIdx.y, ld = a.dv + 2, lane = (int)(threadIdx.x % WARP);
    const float *parts = a.parts + ((int64_t)t * a.n_head + h) * a.splits * ld;
    __shared__ float weight[MOST_SPLITS];
    float most = a.sinks ? a.sinks[h] : -FLT_MAX, sum = 0.0f;
    int i, d;
    for (i = lane; i < a.splits; i += WARP) most = fmaxf(most, parts[i * ld + a.dv]);
    most = warp_max(most);
    for (i = lane; i < a.splits; i += WARP) {           /* each warp for itself */
        const float w = expf(parts[i * ld + a.dv] - most);
        sum += parts[i * ld + a.dv + 1] * w;
        if (threadIdx.x < WARP) weight[i] = w;
    }
    sum = warp_sum(sum) + (a.sinks ? expf(a.sinks[h] - most) : 0.0f);
    __syncthreads();
    for (d = (int)threadIdx.x; d < a.dv; d += (int)blockDim.x) {
        float x = 0.0f;
        UNROLL_BY(8) for (i = 0; i < a.splits; i++) x += parts[i * ld + d] * weight[i];
        x /= sum;
        a.out[t * a.ldo + (int64_t)h * a.dv + d] = x;
        if (a.to.q) put_group(a.to, (((int64_t)t * a.n_head + h) * a.dv + d) / WARP, x);
    }
}
static void run_join(stream *st, const join_args &a) { RUN(join, dim3((unsigned)a.n, (unsigned)a.n_head), dim3(a.dv <= 64 ? 64 : 128), 0, st, a); }

/* Many tokens: tensor cores, in f16. A block: 64 tokens of one head, 16 of them each of its 4 warps; a tile of positions at a time in shared
 * memory, as rows 16 bytes longer than D numbers, so that eight of them are in different banks. What a warp has as scores has the layout
 * that the second product wants for its a. */
template <int D, int KV> static __device__ __forceinline__ void half_rows(unsigned *to, const uint8_t *from, size_t row_bytes, int width, uint32_t first, int rows, int there, uint32_t capacity)
{
    enum { W = D / 2 + 4, PIECES = D / 8 };
    UNROLL_BY(D > 128 ? 1 : 4) for (int i = (int)threadIdx.x; i < rows * PIECES; i += THREADS) {
        const int r = i / PIECES, d = i % PIECES * 8;
        const uint8_t *row = from + (size_t)((first + (uint32_t)r) % capacity) * row_bytes;
        uint4 x = { 0, 0, 0, 0 };
        if (r < there && d < width) {
            if (KV == LLR_KV_F16 && width % 8 == 0) x = *(const uint4 *)(const void *)(row + 2 * d);
            else {
                float v[8];
                UNROLL for (int j = 0; j < 8; j++) v[j] = d + j < width ? kv_value<KV>(row, d + j) : 0.0f;
                x.x = two_halves(v[0], v[1]); x.y = two_halves(v[2], v[3]); x.z = two_halves(v[4], v[5]); x.w = two_halves(v[6], v[7]);
            }
        }
        *(uint4 *)(void *)(to + r * W + d / 2) = x;
    }
}
template <int D, int KV> static __global__ void __launch_bounds__(THREADS) attend_many(attend_args p, float *out, int64_t ldo, int n)
{
    enum { P = D > 128 ? 32 : 64, W = D / 2 + 4 };                          /* positions of a tile; words of a row */
    __shared__ __align__(16) unsigned ks[P][W], vs[P][W];
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
        half_rows<D, KV>(ks[0], k, kb, p.a.dk, tile, P, there, p.c.capacity);
        half_rows<D, KV>(vs[0], v, vb, p.a.dv, tile, P, there, p.c.capacity);
        __syncthreads();
        UNROLL for (j = 0; j < P / 8; j++) UNROLL for (i = 0; i < 4; i++) s[j][i] = 0.0f;
        UNROLL for (m = 0; m < D / 16; m++)
            UNROLL for (j = 0; j < P / 8; j += 2) {
                unsigned b[4];
                four_matrices(b, &ks[8 * j + lane % 8 + lane / 16 * 8][8 * m + lane / 8 % 2 * 4]);
                mma_f16(s[j], q[m], b);
                mma_f16(s[j + 1], q[m], b + 2);
            }
        UNROLL for (j = 0; j < P / 8; j++)
            UNROLL for (i = 0; i < 4; i++) {
                const uint32_t at_key = tile + (uint32_t)(8 * j + lane % 4 * 2 + i % 2);
                float x = s[j][i];
                if (p.a.softcap > 0.0f) x = softcap(x, p.a.softcap);
                x -= slope * (float)((int64_t)at[i / 2] - (int64_t)at_key);
                s[j][i] = at_key > at[i / 2] || at_key < seen[i / 2] ? -FLT_MAX : x;
                top[i / 2] = fmaxf(top[i / 2], s[j][i]);
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
            UNROLL for (j = 0; j < D / 8; j += 2) {
                unsigned b[4];
                four_turned(b, &vs[16 * m + lane % 16][4 * (j + lane / 16)]);
                mma_f16(o[j], a, b);
                mma_f16(o[j + 1], a, b + 2);
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

/* ---- steps ------------------------------------------------------------------------------------------------------------------------
 * What the table offers: it is done, or put off. */
static books books_of(const device *dev)
{
    books b;
    for (int i = 0; i < LLRI_BOOKS; i++) b.b[i] = dev->book[i];
    return b;
}

static void settle(stream *st)
{
    const int what = st->late;
    st->late = stream::NOTHING;
    if (st->error != cudaSuccess) return;
    switch (what) {
    case stream::PRODUCTS: st->run(st, st->all, books_of(st->dev)); break;
    case stream::ADD: run_vec(st, st->add); break;
    case stream::NORM: run_norm(st, st->norm); break;
    case stream::TURN: run_turn(st, st->turn); break;
    case stream::ACT: run_act(st, st->act); break;
    case stream::JOIN: run_join(st, st->join); break;
    }
}

static void gpu_input(void *s, const float *x, int64_t ldx, int n, int64_t n_in)
{
    stream *st = (stream *)s;
    if (st->late == stream::PRODUCTS) settle(st);
    st->x = x;
    st->ldx = ldx;
    st->n = n;
    st->n_in = n_in;
    st->prepared = -1;
}

/* Is what was put off the step that makes the input, and can it make it as int8? */
static quants *made_by(stream *st)
{
    const norm_args *a = &st->norm;
    const act_args *b = &st->act;
    const join_args *c = &st->join;
    if (st->late == stream::NORM && a->y == st->x && a->ldy == st->ldx && a->n == st->n && a->width == st->n_in) return &st->norm.to;
    if (st->late == stream::ACT && b->y == st->x && b->ldy == st->ldx && b->n == st->n && b->width == st->n_in) return &st->act.to;
    if (st->late == stream::JOIN && c->out == st->x && c->ldo == st->ldx && c->n == st->n && (int64_t)c->n_head * c->dv == st->n_in && c->dv % WARP == 0) return &st->join.to;
    return NULL;
}
static void prepare(stream *st, int form)
{
    const int n_in = (int)st->n_in, groups = n_in / 32;
    quants *to = form == INT8 ? made_by(st) : NULL;
    if (to) *to = st->to;
    settle(st);
    if (form == INT8 && !to) RUN(quantize, dim3((unsigned)(groups + WARPS - 1) / WARPS, (unsigned)st->n), dim3(THREADS), 0, st, st->to, st->x, st->ldx, groups);
    if (form == F16) RUN(narrow<F16>, dim3((unsigned)st->n), dim3(THREADS), 0, st, (uint16_t *)(void *)st->to.q, st->to.scale, st->x, st->ldx, n_in);
    if (form == BF16) RUN(narrow<BF16>, dim3((unsigned)st->n), dim3(THREADS), 0, st, (uint16_t *)(void *)st->to.q, st->to.scale, st->x, st->ldx, n_in);
    st->prepared = form;
}
static void gpu_matmul(void *s, const llri_mat *w, const float *bias, float *y, int64_t ldy, int exact)
{
    stream *st = (stream *)s;
    const type_row *row = row_of(w->type);
    const int cores = st->n >= STEP_FROM && st->dev->capability >= 80 && row->many, floats = exact || (!row->quants && (!cores || w->n_in % 16));
    const product_function run = floats ? row->floats : cores ? row->many : row->quants;
    const int form = row->quants ? (int)INT8 : (int)w->type;
    const product p = { w->data, w->row_bytes, bias, y, ldy, (int)w->n_in, (int)w->n_out };
    if (st->error != cudaSuccess) return;
    if (st->late != stream::PRODUCTS || st->run != run || st->all.n == MOST_PRODUCTS) {
        if (floats || st->prepared == form) settle(st);
        else prepare(st, form);
        st->late = stream::PRODUCTS;
        st->run = run;
        st->all.n = 0;
    }
    st->all.p[st->all.n++] = p;
}

static void gpu_norm(void *s, int kind, float *y, int64_t ldy, const float *x, int64_t ldx, int n, int n_heads, int width, const float *w, int w_rows,
                     const float *b, float eps)
{
    stream *st = (stream *)s;
    norm_args a = { kind, n, n_heads, width, w_rows, y, ldy, (float *)x, ldx, w, b, eps, NULL, 0.0f, { NULL, NULL, NULL } };
    if (st->error != cudaSuccess) return;
    if (st->late == stream::ADD && st->add.y == x && n_heads == 1 && ldx == width && st->add.n == (int64_t)n * width) {
        a.add = st->add.x;
        a.times = st->add.a;
    } else settle(st);
    st->norm = a;
    st->late = stream::NORM;
    if (n_heads > 1) settle(st);
}

/* Queries and keys follow each other. */
static void gpu_rope(void *s, float *x, int64_t ldx, int n, int n_heads, int head_dim, int n_rot, int neox, const float *cs)
{
    stream *st = (stream *)s;
    turn_args *a = &st->turn;
    if (st->error != cudaSuccess) return;
    if (st->late == stream::TURN && a->ldx == ldx && a->n == n && a->head_dim == head_dim && a->n_rot == n_rot && a->neox == neox && a->cs == cs &&
        x == a->x + (int64_t)a->n_heads * head_dim) a->n_heads += n_heads;
    else {
        settle(st);
        *a = { n, n_heads, head_dim, n_rot, neox, x, ldx, cs, 0, { NULL, NULL, 0, 0, 0, 0, 0 }, NULL, 0, 0, NULL };
        st->late = stream::TURN;
    }
    a->keys = a->n_heads;
}
static void gpu_store(void *s, const llri_kvc *c, const float *k, int64_t ldk, const float *v, int64_t ldv, uint32_t pos, int n)
{
    stream *st = (stream *)s;
    turn_args *a = &st->turn;
    if (st->error != cudaSuccess) return;
    if (st->late != stream::TURN || a->ldx != ldk || a->n != n || a->head_dim != c->dk || k + (int64_t)c->n_head_kv * c->dk != a->x + (int64_t)a->n_heads * a->head_dim) {
        settle(st);                                     /* keys that are not rotated, or a part of the rows */
        *a = { n, c->n_head_kv, c->dk, 0, 0, (float *)k, ldk, NULL, 0, { NULL, NULL, 0, 0, 0, 0, 0 }, NULL, 0, 0, NULL };
    }
    a->keys = a->n_heads - c->n_head_kv;
    a->c = *c;
    a->v = v;
    a->ldv = ldv;
    a->pos = pos;
    a->now = st->recording ? st->pos : NULL;
    st->late = stream::TURN;
    settle(st);
}

static void gpu_act(void *s, int act, float *y, int64_t ldy, const float *gate, const float *up, int64_t ldg, int n, int width, const float *p)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess) return;
    settle(st);
    st->act = { act, n, width, y, ldy, gate, up, ldg, { 0, 0, 0, 0 }, { NULL, NULL, NULL } };
    if (p) memcpy(st->act.p, p, sizeof st->act.p);
    st->late = stream::ACT;
}
static void gpu_vec(void *s, int op, float *y, const float *x, float a, float b, int64_t n)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess || n <= 0) return;
    settle(st);
    st->add = { op, y, x, op == LLRI_VEC_ADD ? 1.0f : a, b, n };
    st->late = stream::ADD;
    if (op != LLRI_VEC_ADD && op != LLRI_VEC_AXPY) settle(st);
}

static void gpu_attend(void *s, const llri_attn *a, const llri_kvc *c, float *out, int64_t ldo, const float *q, int64_t ldq, uint32_t pos, int n)
{
    stream *st = (stream *)s;
    const uint32_t last = st->recording ? st->reach : pos + (uint32_t)n, seen = a->window && last > a->window ? a->window : last;
    attend_args p;
    if (st->error != cudaSuccess) return;
    settle(st);
    p.a = *a; p.c = *c; p.parts = st->parts; p.q = q; p.ldq = ldq; p.pos = pos; p.now = st->recording ? st->pos : NULL;
    if (n >= FEW_ROWS && st->dev->capability >= 80 && c->type != (int)LLR_KV_F32 && a->dk <= 256 && a->dv <= 256) {
        const int d = a->dk > a->dv ? a->dk : a->dv;
        if (d <= 64) run_attend_many<64>(st, p, out, ldo, n);
        else if (d <= 128) run_attend_many<128>(st, p, out, ldo, n);
        else run_attend_many<256>(st, p, out, ldo, n);
        return;
    }
    p.splits = (int)((seen + TILE - 1) / TILE);
    if (p.splits > MOST_SPLITS / n) p.splits = MOST_SPLITS / n;
    if (p.splits < 1 || n > FEW_ROWS) p.splits = 1;
    if (c->type == (int)LLR_KV_F32) run_attend<LLR_KV_F32>(st, p, n);
    else if (c->type == (int)LLR_KV_F16) run_attend<LLR_KV_F16>(st, p, n);
    else run_attend<LLR_KV_Q8_0>(st, p, n);
    st->join = { n, p.splits, a->n_head, a->dv, out, ldo, st->parts, a->sinks, { NULL, NULL, NULL } };
    st->late = stream::JOIN;
}

/* ---- the largest numbers -----------------------------------------------------------------------------------------------------------
 * As keys whose order is that of the sampler: the larger number, then the lower index; NaN and minus infinity are none, 0, and
 * infinity counts as it does there. */
static __device__ unsigned long long key_of(float x, int i)
{
    if (!(x > -INFINITY)) return 0;
    x = x < INFINITY ? x + 0.0f : 3e38f;                /* no minus zero */
    const unsigned u = __float_as_uint(x);
    return (unsigned long long)(u >> 31 ? ~u : u | 0x80000000u) << 32 | (0xffffffffu - (unsigned)i);
}
/* A block: the k largest of 2048 numbers or keys, in order (bitonic sort: Batcher 1968). */
enum { SORTED = 2048 };
static __global__ void largest(unsigned long long *to, int k, const float *x, const unsigned long long *from, int n)
{
    __shared__ unsigned long long key[SORTED];
    int i, size, step;
    for (i = (int)threadIdx.x; i < SORTED; i += (int)blockDim.x) {
        const int at = (int)blockIdx.x * SORTED + i;
        key[i] = at >= n ? 0 : x ? key_of(x[at], at) : from[at];
    }
    for (size = 2; size <= SORTED; size *= 2)
        for (step = size / 2; step; step /= 2) {
            __syncthreads();
            for (i = (int)threadIdx.x; i < SORTED / 2; i += (int)blockDim.x) {
                const int a = i / step * 2 * step + i % step, b = a + step;
                const unsigned long long low = key[a], high = key[b];
                if ((low < high) == ((a & size) == 0)) { key[a] = high; key[b] = low; }
            }
        }
    __syncthreads();
    for (i = (int)threadIdx.x; i < k; i += (int)blockDim.x) to[(int64_t)blockIdx.x * k + i] = key[i];
}
static void gpu_get(void *s, void *to, const void *from, size_t n);
static int gpu_top(void *s, const float *x, int32_t n, int k, uint64_t *keys)
{
    stream *st = (stream *)s;
    unsigned long long *work = (unsigned long long *)(void *)st->parts;
    const unsigned long long *from = NULL;
    int blocks = (n + SORTED - 1) / SORTED, half = blocks * k;
    if (st->error != cudaSuccess || k > SORTED / 2 || 4 * (uint64_t)half > st->n_parts) return 0;   /* two such lists of two words in `parts` */
    check(st, cudaSetDevice(st->dev->index), "choosing the device");       /* the thread may be another than that of the pass */
    settle(st);
    for (int left = n;; left = blocks * k, blocks = (left + SORTED - 1) / SORTED, x = NULL) {
        unsigned long long *to = from == work ? work + half : work;
        RUN(largest, dim3((unsigned)blocks), dim3(256), 0, st, to, k, x, from, left);
        from = to;
        if (blocks == 1) break;
    }
    gpu_get(s, keys, from, (size_t)k * sizeof *keys);
    return st->error == cudaSuccess;
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
    l.pos = l.parts + ((4 * (uint64_t)part_floats(max_rows, max_head, max_head_dim) + 255) & ~(uint64_t)255);
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
    (void)cudaFree(st->to.q);
    free(st);
}
static int stream_make(stream *st, const layout &l, char *why, size_t cap)
{
    void *p = NULL;
    TRY(cudaSetDevice(st->dev->index));
    TRY(cudaStreamCreateWithFlags(&st->s, cudaStreamNonBlocking));
    if (take(&p, l.bytes, why, cap)) return 1;
    st->to.q = (int8_t *)p;
    st->to.scale = (float *)(void *)((uint8_t *)p + l.scale);
    st->to.sum = (int32_t *)(void *)((uint8_t *)p + l.sum);
    st->parts = (float *)(void *)((uint8_t *)p + l.parts);
    st->n_parts = (l.pos - l.parts) / sizeof(float);
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
    settle(st);
    check(st, cudaMemcpyAsync(to, from, n, cudaMemcpyHostToDevice, st->s), "copying to the GPU");
}
/* The steps of a token: one launch instead of hundreds. They are recorded where they are first done, for positions up to the next power of two,
 * because that decides in how many stretches attention is divided. */
static int gpu_replay(void *s, uint32_t pos)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess || st->no_graphs) return 0;
    st->now = pos;
    gpu_put(st, st->pos, &st->now, sizeof pos);
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
    settle(st);
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
    settle(st);
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
    check(st, cudaSetDevice(st->dev->index), "choosing the device");
    settle(st);
    check(st, cudaMemcpyAsync(to, from, n, cudaMemcpyDeviceToHost, st->s), "copying from the GPU");
    check(st, cudaStreamSynchronize(st->s), "the kernels of a pass");
}
static void gpu_copy(void *s, void *to, int64_t ldt, const void *from, int64_t ldf, int64_t width, int n)
{
    stream *st = (stream *)s;
    if (st->error != cudaSuccess || !n) return;
    settle(st);
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
    info->capability = 10 * p.major + p.minor;
    dev->processors = p.multiProcessorCount;
    TRY(cudaSetDevice(dev->index));
    e = cudaFuncGetAttributes(&kernel, (const void *)norm_heads);
    if (e == cudaErrorNoKernelImageForDevice || e == cudaErrorInvalidDeviceFunction)
        return fail(why, cap, "%s has compute capability %d.%d, and this build has no kernels for it%s: make cuda CUDA_ARCH=sm_%d%d, with %s", p.name,
                    p.major, p.minor, built_for(list, sizeof list), p.major, p.minor,
                    info->capability < 75 ? "CUDA 12 or older, which knows this GPU" : "a toolkit that knows this GPU");
    if (e != cudaSuccess) return fail_cuda(why, cap, e, "loading the kernels");
    dev->capability = kernel.ptxVersion < info->capability ? kernel.ptxVersion : info->capability;    /* what they were written for, if the driver translated them */
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
    gpu_put, gpu_get, gpu_replay, gpu_recorded, gpu_copy, gpu_input, gpu_matmul, gpu_norm, gpu_rope, gpu_act, gpu_vec, gpu_store, gpu_attend, gpu_top
};
#undef X

#ifdef _WIN32
#  define EXPORT __declspec(dllexport)
#else
#  define EXPORT __attribute__((visibility("default")))
#endif
extern "C" EXPORT const llri_gpu_table *llrun_gpu(void);
extern "C" EXPORT const llri_gpu_table *llrun_gpu(void) { return &table; }
