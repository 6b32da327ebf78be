/* cuda_host.h: as much of CUDA as cuda_kernels.cu uses, for C++ on a CPU, so that its text runs in tests without a GPU.
 *
 *     g++ -std=c++17 -O1 -shared -fPIC -I. -DLLRUN_CUDA_HOST -x c++ -o llrun-cuda.so cuda_kernels.cu
 *
 * The threads of a block are fibers, so barriers and sums over a warp work where they stand; blocks run one after another.
 * Memory of the "GPU" can be touched by kernels and copies alone: whoever else does, dies of it, as does a kernel that writes
 * behind an allocation. A kernel or copy on a stream of another device than the current one is an error, and kernels reach the
 * memory of their own device alone. The environment says what shall go wrong:
 *     HOST_CUDA_DEVICES  number of devices (1)            HOST_CUDA_FREE    bytes of memory (1 GiB), 1000,2000: of each device
 *     HOST_CUDA_TOTAL    that the devices have, others holding the rest     HOST_CUDA_GIVES  what is really given of the free bytes, likewise
 *     HOST_CUDA_ON       of this device alone calls are counted, and fail
 *     HOST_CUDA_DRIVER   version (13000); 0: no driver    HOST_CUDA_FAIL    the n-th call fails, counted from 1; with a + all after it too
 *     HOST_CUDA_ERROR    the error it fails with (719, of a kernel)         HOST_CUDA_KERNELS  0: no kernels for this device
 *     HOST_CUDA_PTX      what the kernels were written for (90)
 *     HOST_CUDA_WRONG    set: products of integers are wrong
 *     HOST_CUDA_COUNT    a file that gets the number of calls, and of every device used, when the library is unloaded
 */
#ifndef CUDA_HOST_H
#define CUDA_HOST_H
#include <errno.h>
#include <functional>
#include <math.h>
#include <mutex>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define __CUDA_ARCH_LIST__ 750, 900
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define TENSOR_CORES 1
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))
#define UNROLL
#define UNROLL_BY(n)
#define SHARED_FLOATS(name) float *name = (float *)(void *)host_shared

struct dim3 { unsigned x, y, z; dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {} };
struct uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(16) float4 { float x, y, z, w; };

/* ---- threads ---- */
static dim3 threadIdx, blockIdx, blockDim, gridDim;
alignas(16) static unsigned char host_shared[1 << 18];
enum { HOST_SHARED = 49152 };
static size_t host_shared_limit = HOST_SHARED;  /* of the next launch alone; a GPU keeps what is asked for with each kernel */
static std::mutex host_lock;

enum { HOST_THREADS = 1024, HOST_STACK = 1 << 16 };
static struct host_fiber { jmp_buf at; void *stack; bool begun, ended; int waits[2]; } host_fibers[HOST_THREADS];
static jmp_buf host_main;
static int host_current;
static const std::function<void()> *host_body;
static struct host_gate { int here, left, turn; } host_block, host_warps[HOST_THREADS / 32];

static void host_die(const char *why)
{
    fprintf(stderr, "cuda_host: %s\n", why);
    abort();
}
static void host_fiber_main(void)
{
    for (;;) {
        (*host_body)();
        host_fibers[host_current].ended = true;
        host_block.left--;
        host_warps[host_current / 32].left--;
        if (_setjmp(host_fibers[host_current].at) == 0) {
            int i, n = (int)blockDim.x;
            if (!host_block.left) _longjmp(host_main, 1);
            for (i = (host_current + 1) % n; host_fibers[i].ended; i = (i + 1) % n) {}
            host_current = i;
            threadIdx.x = (unsigned)i;
            _longjmp(host_fibers[i].at, 1);
        }
    }
}
static ucontext_t host_start;
static void host_make(host_fiber *f)       /* runs up to its first switch, then comes back here */
{
    static ucontext_t c;
    f->stack = mmap(NULL, HOST_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (f->stack == MAP_FAILED || getcontext(&c)) host_die("no fibers");
    c.uc_stack.ss_sp = f->stack;
    c.uc_stack.ss_size = HOST_STACK;
    c.uc_link = NULL;
    makecontext(&c, (void (*)(void))[]() {
        if (_setjmp(host_fibers[host_current].at) == 0) setcontext(&host_start);
        host_fiber_main();
    }, 0);
    f->begun = true;
    volatile bool back = false;
    getcontext(&host_start);
    if (!back) { back = true; setcontext(&c); }
}
/* To another thread of the block: the next one of those from first to last. */
static void host_yield(int first, int last)
{
    int i = host_current, me = host_current;
    do i = i + 1 < last ? i + 1 : first; while (host_fibers[i].ended && i != me);
    if (i == me) host_die("threads wait for threads that have ended");
    if (_setjmp(host_fibers[me].at)) return;
    host_current = i;
    threadIdx.x = (unsigned)i;
    _longjmp(host_fibers[i].at, 1);
}
/* Whoever comes last does what is to be done once for all. */
template <typename F> static void host_wait(host_gate *g, int first, int last, F once)
{
    int turn = g->turn;
    long spins = 0;
    if (++g->here == g->left) {
        once();
        g->here = 0;
        g->turn++;
        return;
    }
    while (g->turn == turn) {
        if (++spins > 100000) host_die("threads of a block wait at different barriers");
        host_yield(first, last);
    }
}
static inline void __syncthreads(void) { host_wait(&host_block, 0, (int)blockDim.x, [] {}); }
template <typename F> static void host_sync_warp(F once)
{
    int w = (int)threadIdx.x / 32, end = 32 * w + 32;
    host_wait(&host_warps[w], 32 * w, end < (int)blockDim.x ? end : (int)blockDim.x, once);
}
static inline void __syncwarp(void) { host_sync_warp([] {}); }
/* What lanes tell each other is in two copies, used in turn: one is written again only after a barrier behind the reading. */
static inline int host_copy_now(void) { return host_warps[threadIdx.x / 32].turn & 1; }
/* Sums over a warp, or n lanes of it, in the order of a butterfly of shuffles. */
static float host_slots[2][HOST_THREADS];
template <typename F> static float host_fold(float x, F f, int n = 32)
{
    float *all = host_slots[host_copy_now()], *v = all + threadIdx.x / 32 * 32;
    all[threadIdx.x] = x;
    host_sync_warp([=] {
        float u[32];
        for (int k = n / 2; k; k /= 2) {
            for (int i = 0; i < 32; i++) u[i] = f(v[i], v[i ^ k]);
            memcpy(v, u, sizeof u);
        }
    });
    return all[threadIdx.x];
}
static inline float warp_sum(float x) { return host_fold(x, [](float a, float b) { return a + b; }); }
static inline float warp_max(float x) { return host_fold(x, [](float a, float b) { return fmaxf(a, b); }); }
static inline float quad_sum(float x) { return host_fold(x, [](float a, float b) { return a + b; }, 4); }
static inline float quad_max(float x) { return host_fold(x, [](float a, float b) { return fmaxf(a, b); }, 4); }

/* The tensor cores' products, with the words of a and b where the lanes have them. k: numbers of a row; per: in a word. */
static unsigned host_words[2][HOST_THREADS][6];
template <typename C, typename F> static void host_mma(C c[4], const unsigned *a, int na, const unsigned *b, int nb, int per, F number)
{
    const int w = (int)threadIdx.x / 32 * 32, lane = (int)threadIdx.x % 32, k_all = 4 * per * nb;
    unsigned (*words)[6] = host_words[host_copy_now()] + w;
    for (int i = 0; i < na; i++) words[lane][i] = a[i];
    for (int i = 0; i < nb; i++) words[lane][4 + i] = b[i];
    __syncwarp();
    for (int i = 0; i < 4; i++) {
        const int row = lane / 4 + i / 2 * 8, col = lane % 4 * 2 + i % 2;
        for (int k = 0; k < k_all; k++) {
            const int l = k % (4 * per) / per, part = k / (4 * per);
            c[i] += number(words[row % 8 * 4 + l][row / 8 + 2 * part], k % per) * number(words[col * 4 + l][4 + part], k % per);
        }
    }
}

/* ---- arithmetic ---- */
static inline unsigned __vsub4(unsigned a, unsigned b)
{
    unsigned r = 0;
    for (int i = 0; i < 32; i += 8) r |= (((a >> i & 255) - (b >> i & 255)) & 255) << i;
    return r;
}
static inline int dot4(int a, int b, int c)
{
    static const char *const wrong = getenv("HOST_CUDA_WRONG");
    if (wrong) c ^= 64;
    for (int i = 0; i < 32; i += 8) c += (int)(int8_t)(a >> i) * (int8_t)(b >> i);
    return c;
}
template <typename T> static inline T __ldg(const T *p) { return *p; }
static inline unsigned __byte_perm(unsigned a, unsigned b, unsigned s)
{
    uint64_t ab = (uint64_t)b << 32 | a;
    unsigned r = 0;
    for (int i = 0; i < 4; i++) r |= (unsigned)(ab >> 8 * (s >> 4 * i & 7) & 255) << 8 * i;
    return r;
}
static inline unsigned __funnelshift_r(unsigned lo, unsigned hi, unsigned n) { return (unsigned)(((uint64_t)hi << 32 | lo) >> (n & 31)); }
static inline float __uint_as_float(unsigned u) { float f; memcpy(&f, &u, 4); return f; }
static inline unsigned __float_as_uint(float f) { unsigned u; memcpy(&u, &f, 4); return u; }
static inline int __float2int_rn(float x) { return (int)nearbyintf(x); }
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
struct __half { unsigned short u; };
static inline __half __ushort_as_half(unsigned short u) { __half h = { u }; return h; }
static inline unsigned short __half_as_ushort(__half h) { return h.u; }
static inline float __half2float(__half h)
{
    unsigned sign = (unsigned)(h.u & 0x8000) << 16, e = h.u >> 10 & 31, m = h.u & 1023;
    if (e == 31) return __uint_as_float(sign | 0x7f800000 | m << 13);
    if (e) return __uint_as_float(sign | (e + 112) << 23 | m << 13);
    return (sign ? -1.0f : 1.0f) * (float)m / 16777216;
}
static inline __half __float2half_rn(float f)
{
    unsigned b = __float_as_uint(f), sign = b >> 16 & 0x8000, a = b & 0x7fffffff;
    if (a > 0x7f800000) return __ushort_as_half((unsigned short)(sign | 0x7e00));
    if (a >= 0x477ff000) return __ushort_as_half((unsigned short)(sign | 0x7c00));
    if (a < 0x38800000) return __ushort_as_half((unsigned short)(sign | (unsigned)nearbyintf(fabsf(f) * 16777216)));
    a -= 112u << 23;
    return __ushort_as_half((unsigned short)(sign | (a + 0xfff + (a >> 13 & 1)) >> 13));
}

static inline unsigned two_halves(float lo, float hi) { return __half_as_ushort(__float2half_rn(lo)) | (unsigned)__half_as_ushort(__float2half_rn(hi)) << 16; }
/* Copies are there at once. */
static inline void copy_16(void *to, const void *from, int there)
{
    if ((uintptr_t)to % 16 || (uintptr_t)from % 16) host_die("a copy of 16 bytes from or to what is no multiple of 16");
    if (there) memcpy(to, from, 16);
    else memset(to, 0, 16);
}
static inline void copy_group(void) {}
template <int N> static void copies_wait(void) {}
static const char *host_rows[2][HOST_THREADS];
static const char **rows_of_warp(const void *row)       /* those of all lanes */
{
    const char **rows = host_rows[host_copy_now()] + threadIdx.x / 32 * 32;
    if ((uintptr_t)row % 16) host_die("a row of a matrix at no multiple of 16");
    rows[threadIdx.x % 32] = (const char *)row;
    __syncwarp();
    return rows;
}
static void four_matrices(unsigned r[4], const void *row)
{
    const int lane = (int)threadIdx.x % 32;
    const char **rows = rows_of_warp(row);
    for (int i = 0; i < 4; i++) memcpy(&r[i], rows[8 * i + lane / 4] + 4 * (lane % 4), 4);
}
static void four_turned(unsigned r[4], const void *row)
{
    const int lane = (int)threadIdx.x % 32;
    const char **rows = rows_of_warp(row);
    for (int i = 0; i < 4; i++) {
        unsigned short h[2];
        for (int j = 0; j < 2; j++) memcpy(&h[j], rows[8 * i + lane % 4 * 2 + j] + 2 * (lane / 4), 2);
        r[i] = h[0] | (unsigned)h[1] << 16;
    }
}
static inline int host_int8(unsigned word, int i) { return (int8_t)(word >> 8 * i); }
static inline float host_f16(unsigned word, int i) { return __half2float(__ushort_as_half((unsigned short)(word >> 16 * i))); }
static inline float host_bf16(unsigned word, int i) { return __uint_as_float(word >> 16 * i << 16); }
static inline void mma_int8(int c[4], const unsigned a[4], const unsigned b[2]) { host_mma(c, a, 4, b, 2, 4, host_int8); }
static inline void mma_int8_half(int c[4], const unsigned a[2], unsigned b) { host_mma(c, a, 2, &b, 1, 4, host_int8); }
static inline void mma_f16(float c[4], const unsigned a[4], const unsigned b[2]) { host_mma(c, a, 4, b, 2, 2, host_f16); }
static inline void mma_bf16(float c[4], const unsigned a[4], const unsigned b[2]) { host_mma(c, a, 4, b, 2, 2, host_bf16); }

/* ---- the run-time library ---- */
enum cudaError_t {
    cudaSuccess = 0, cudaErrorMemoryAllocation = 2, cudaErrorInsufficientDriver = 35, cudaErrorInvalidDeviceFunction = 98, cudaErrorNoDevice = 100,
    cudaErrorNoKernelImageForDevice = 209, cudaErrorLaunchFailure = 719, cudaErrorSystemDriverMismatch = 803, cudaErrorUnknown = 999
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum { cudaStreamNonBlocking = 1 };
typedef struct host_stream { int device; } *cudaStream_t;
struct cudaDeviceProp { char name[256]; struct { char bytes[16]; } uuid; int major, minor, multiProcessorCount; };
struct cudaFuncAttributes { int ptxVersion; };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };

static long host_setting(const char *name, long usual)
{
    const char *s = getenv(name);
    return s && *s ? atol(s) : usual;
}
/* The same of one device, where the value is a list. */
static long host_setting_of(const char *name, int device, long usual)
{
    const char *s = getenv(name);
    for (; s && device && strchr(s, ','); device--) s = strchr(s, ',') + 1;
    return s && *s ? atol(s) : usual;
}
enum { HOST_DEVICES = 16 };
struct host_block_of { unsigned char *base, *p; size_t n, pages; int device; };
static std::vector<host_block_of> host_blocks;
static size_t host_used, host_used_of[HOST_DEVICES];
static bool host_context[HOST_DEVICES];     /* devices that were chosen: they have a context, which takes memory */
static thread_local int host_device;
static struct host_calls {
    long n;
    ~host_calls()
    {
        const char *s = getenv("HOST_CUDA_COUNT");
        FILE *f = s ? fopen(s, "w") : NULL;
        if (!f) return;
        fprintf(f, "%ld\n", n);
        for (int i = 0; i < HOST_DEVICES; i++) if (host_context[i]) fprintf(f, "device %d\n", i);
        fclose(f);
    }
} host_calls;

/* For tests: bytes that are allocated, and calls so far. */
extern "C" __attribute__((visibility("default"))) void host_cuda_state(size_t *used, long *calls, int restart);
extern "C" __attribute__((visibility("default"))) void host_cuda_state(size_t *used, long *calls, int restart)
{
    *used = host_used;
    *calls = host_calls.n;
    if (restart) host_calls.n = 0;
}

/* As with CUDA, the next launch of the thread fails with an error that nobody has taken note of. */
static thread_local cudaError_t host_last = cudaSuccess;
static inline cudaError_t host_error(cudaError_t e) { return host_last = e; }
static inline cudaError_t cudaGetLastError(void)
{
    cudaError_t e = host_last;
    host_last = cudaSuccess;
    return e;
}

static cudaError_t host_call(void)
{
    const char *s = getenv("HOST_CUDA_FAIL");
    long at = s ? atol(s) : 0, on = host_setting("HOST_CUDA_ON", -1), n = on < 0 || on == host_device ? ++host_calls.n : 0;
    if (!at || (n != at && !(n > at && strchr(s, '+')))) return cudaSuccess;
    return host_error((cudaError_t)host_setting("HOST_CUDA_ERROR", cudaErrorLaunchFailure));
}
static int host_opened[HOST_DEVICES];      /* how many have it open */
static void host_protect(const host_block_of &b, bool on) { if (mprotect(b.base, b.pages, on ? PROT_READ | PROT_WRITE : PROT_NONE)) host_die("mprotect failed"); }
static void host_open(bool on)             /* the memory of the current GPU */
{
    if (on ? host_opened[host_device]++ : --host_opened[host_device]) return;
    for (auto &b : host_blocks) if (b.device == host_device) host_protect(b, on);
}
static void host_run_block(void) { if (_setjmp(host_main) == 0) _longjmp(host_fibers[0].at, 1); }
#define HOST_CALL() do { cudaError_t e_ = host_call(); if (e_ != cudaSuccess) return e_; } while (0)

/* What a stream does while it is recorded: to be done later, when the graph is launched. */
struct host_graph { std::vector<std::function<void()> > steps; };
typedef host_graph *cudaGraph_t, *cudaGraphExec_t;
static host_graph *host_recording;

template <typename K, typename... A> static std::function<void()> host_call_of(K *kernel, A... a) { return [=] { kernel(a...); }; }
static void host_run(dim3 grid, dim3 block, size_t shared, const std::function<void()> &body);
enum { HOST_WRONG_DEVICE = 400 };          /* invalid resource handle */
static inline cudaError_t host_launch(cudaStream_t s, dim3 grid, dim3 block, size_t shared, const std::function<void()> &body)
{
    HOST_CALL();
    if (s->device != host_device) return (cudaError_t)HOST_WRONG_DEVICE;
    if (host_last != cudaSuccess) return cudaGetLastError();
    if (shared > host_shared_limit || shared > sizeof host_shared || grid.y > 65535 || grid.z > 65535) host_die("a launch that no GPU takes");
    host_shared_limit = HOST_SHARED;
    if (host_recording) host_recording->steps.push_back([=] { host_run(grid, block, shared, body); });
    else host_run(grid, block, shared, body);
    return cudaSuccess;
}
static void host_run(dim3 grid, dim3 block, size_t shared, const std::function<void()> &body)
{
    std::lock_guard<std::mutex> hold(host_lock);
    unsigned x, y, z;
    int i;
    if (block.x > HOST_THREADS || block.y != 1 || block.z != 1) host_die("a launch that no GPU takes");
    gridDim = grid;
    blockDim = block;
    host_body = &body;
    host_open(true);
    for (i = 0; i < (int)block.x; i++)
        if (!host_fibers[i].begun) { host_current = i; host_make(&host_fibers[i]); }
    for (z = 0; z < grid.z; z++)
        for (y = 0; y < grid.y; y++)
            for (x = 0; x < grid.x; x++) {
                blockIdx = dim3(x, y, z);
                memset(host_shared, 0xff, shared);
                memset(&host_block, 0, sizeof host_block);
                memset(host_warps, 0, sizeof host_warps);
                for (i = 0; i < (int)block.x; i++) {
                    host_fibers[i].ended = false;
                    host_block.left++;
                    host_warps[i / 32].left++;
                }
                host_current = 0;
                threadIdx.x = 0;
                host_run_block();
            }
    host_open(false);
}

static inline const char *cudaGetErrorString(cudaError_t e)
{
    switch (e) {
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorLaunchFailure: return "unspecified launch failure";
    case cudaErrorUnknown: return "unknown error";
    default: return "an error";
    }
}
static inline cudaError_t cudaRuntimeGetVersion(int *v) { HOST_CALL(); *v = 13000; return cudaSuccess; }
static inline cudaError_t cudaDriverGetVersion(int *v) { HOST_CALL(); *v = (int)host_setting("HOST_CUDA_DRIVER", 13000); return cudaSuccess; }
static inline cudaError_t cudaGetDeviceCount(int *n)
{
    HOST_CALL();
    *n = (int)host_setting("HOST_CUDA_DEVICES", 1);
    return *n ? cudaSuccess : cudaErrorNoDevice;
}
static inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int i)
{
    HOST_CALL();
    memset(p, 0, sizeof *p);
    snprintf(p->name, sizeof p->name, "emulated GPU %d", i);
    memset(p->uuid.bytes, i + 1, sizeof p->uuid.bytes);
    p->major = 9;
    p->multiProcessorCount = 2;
    return cudaSuccess;
}
static inline cudaError_t cudaSetDevice(int i)
{
    if (i < 0 || i >= host_setting("HOST_CUDA_DEVICES", 1)) return host_error((cudaError_t)101);
    host_device = i;
    host_context[i] = true;
    return host_call();
}
static inline cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *a, const void *)
{
    HOST_CALL();
    a->ptxVersion = (int)host_setting("HOST_CUDA_PTX", 90);
    return host_setting("HOST_CUDA_KERNELS", 1) ? cudaSuccess : cudaErrorNoKernelImageForDevice;
}
template <typename K> static cudaError_t cudaFuncSetAttribute(K *, cudaFuncAttribute, int n)
{
    HOST_CALL();
    host_shared_limit = (size_t)n;
    return cudaSuccess;
}
static inline cudaError_t cudaMemGetInfo(size_t *f, size_t *t)
{
    HOST_CALL();
    *f = (size_t)host_setting_of("HOST_CUDA_FREE", host_device, 1l << 30) - host_used_of[host_device];
    *t = (size_t)host_setting_of("HOST_CUDA_TOTAL", host_device, host_setting_of("HOST_CUDA_FREE", host_device, 1l << 30));
    return cudaSuccess;
}
static inline cudaError_t cudaMalloc(void **out, size_t n)
{
    std::lock_guard<std::mutex> hold(host_lock);
    size_t page = (size_t)sysconf(_SC_PAGESIZE), all = (n + 255) / 256 * 256;
    host_block_of b;
    HOST_CALL();
    if (host_used_of[host_device] + n > (size_t)host_setting_of("HOST_CUDA_GIVES", host_device, host_setting_of("HOST_CUDA_FREE", host_device, 1l << 30)))
        return host_error(cudaErrorMemoryAllocation);
    b.n = n;
    b.device = host_device;
    b.pages = (all + page - 1) / page * page;
    b.base = (unsigned char *)mmap(NULL, b.pages + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (b.base == MAP_FAILED) return cudaErrorMemoryAllocation;
    (void)madvise(b.base, b.pages, MADV_HUGEPAGE);      /* thousands of pages take longer than the kernels of the tests */
    b.p = b.base + b.pages - all;
    host_protect(b, true);
    memset(b.p, 0xff, all);                     /* NaN: what was not written shows */
    if (!host_opened[host_device]) host_protect(b, false);
    host_blocks.push_back(b);
    host_used += n;
    host_used_of[host_device] += n;
    *out = b.p;
    return cudaSuccess;
}
static inline cudaError_t cudaFree(void *p)
{
    std::lock_guard<std::mutex> hold(host_lock);
    if (!p) return cudaSuccess;
    for (size_t i = 0; i < host_blocks.size(); i++)
        if (host_blocks[i].p == p) {
            host_used -= host_blocks[i].n;
            host_used_of[host_blocks[i].device] -= host_blocks[i].n;
            (void)munmap(host_blocks[i].base, host_blocks[i].pages + (size_t)sysconf(_SC_PAGESIZE));
            host_blocks.erase(host_blocks.begin() + (long)i);
            return host_call();
        }
    host_die("freed what was not allocated");
    return cudaSuccess;
}
static void host_copy(void *to, size_t ldt, const void *from, size_t ldf, size_t width, size_t n)
{
    std::lock_guard<std::mutex> hold(host_lock);
    const unsigned char *ends[] = { (const unsigned char *)to, (const unsigned char *)from };
    for (int on = 1; on >= 0; on--) {           /* what is copied alone: less than all is cheaper */
        for (auto &b : host_blocks)
            if (b.device == host_device && !host_opened[b.device])
                for (const unsigned char *p : ends) if (p >= b.base && p < b.base + b.pages) host_protect(b, on != 0);
        for (size_t i = 0; on && i < n; i++) memcpy((char *)to + i * ldt, (const char *)from + i * ldf, width);
    }
}
static inline cudaError_t cudaMemcpy2DAsync(void *to, size_t ldt, const void *from, size_t ldf, size_t width, size_t n, cudaMemcpyKind kind, cudaStream_t s)
{
    HOST_CALL();
    if (s && s->device != host_device) return (cudaError_t)HOST_WRONG_DEVICE;
    if (!host_recording) host_copy(to, ldt, from, ldf, width, n);
    else if (kind == cudaMemcpyDeviceToDevice) host_recording->steps.push_back([=] { host_copy(to, ldt, from, ldf, width, n); });
    else return (cudaError_t)900;               /* not while a stream is recorded */
    return cudaSuccess;
}
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
static inline cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) { HOST_CALL(); host_recording = new host_graph; return cudaSuccess; }
static inline cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t *g)
{
    *g = host_recording;
    host_recording = NULL;
    return host_call();
}
static inline cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *e, cudaGraph_t g, unsigned long long) { HOST_CALL(); *e = new host_graph(*g); return cudaSuccess; }
static inline cudaError_t cudaGraphLaunch(cudaGraphExec_t e, cudaStream_t s)
{
    HOST_CALL();
    if (s->device != host_device) return (cudaError_t)HOST_WRONG_DEVICE;
    { std::lock_guard<std::mutex> hold(host_lock); host_open(true); }           /* once for all steps, during which other threads of the CPU are not caught */
    for (auto &step : e->steps) step();
    { std::lock_guard<std::mutex> hold(host_lock); host_open(false); }
    return cudaSuccess;
}
static inline cudaError_t cudaGraphDestroy(cudaGraph_t g) { delete g; return host_call(); }
static inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t e) { delete e; return host_call(); }
static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t n, cudaMemcpyKind k, cudaStream_t s) { return cudaMemcpy2DAsync(to, n, from, n, n, 1, k, s); }
static inline cudaError_t cudaMemcpy(void *to, const void *from, size_t n, cudaMemcpyKind k) { return cudaMemcpyAsync(to, from, n, k, NULL); }
static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned) { HOST_CALL(); *s = new host_stream{ host_device }; return cudaSuccess; }
static inline cudaError_t cudaStreamSynchronize(cudaStream_t) { HOST_CALL(); return host_recording ? (cudaError_t)900 : cudaSuccess; }
static inline cudaError_t cudaStreamDestroy(cudaStream_t s) { delete s; return host_call(); }
#endif
