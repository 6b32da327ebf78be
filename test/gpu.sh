#!/bin/sh
# gpu.sh LLRUN BUILD: the program with a library for GPUs beside it, which is the emulation of cuda_host.h, and with everything that
# can be wrong with libraries, drivers, devices and memory: the CPU answers, and one line says why.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA LLRUN_CUDA CUDA_VISIBLE_DEVICES
llrun=$1 build=$2 library=$2/llrun-cuda-host.so
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-gpu.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
passed=0 failed=0 out=$T/out err=$T/err
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL gpu: $*"; [ ! -s "$err" ] || sed 's/^/       stderr: /' "$err" | head -n 4; }
says() { if [ "$(grep -c -e "$1" "$err")" = 1 ]; then pass; else fail "does not say once '$1'"; fi; }
silent() { if grep -q -e GPU "$err"; then fail "speaks of a GPU: $*"; else pass; fi; }

cp "$llrun" "$T/llrun" || exit 1
"$build/make_model" "$T/m.gguf" --type q4_0 --layers 3 --embd 64 --ff 96 --heads 2 --vocab 320 || exit 1
# r CODE ARGS ...: an answer, which must be the CPU's
r() {
    want=$1; shift
    "$T/llrun" run "$T/m.gguf" --tokens 1,2,3,4,5 --ids -n 8 --temp 0 --ignore-eos --exact --kv f32 -c 64 "$@" >"$out" 2>"$err" </dev/null
    code=$?
    if [ "$code" = "$want" ]; then pass; else fail "exit $code instead of $want: $*"; fi
    [ "$want" != 0 ] || if cmp -s "$out" "$T/want"; then pass; else fail "another answer: $*"; fi
}
broken() {  # WHAT, LINE: with what is now in the place of the library, or in the environment
    r 0; says '^llrun: GPU not used: .*CPU$'; says "$2"
    r 6 --gpu require; says "$2"
}

"$T/llrun" run "$T/m.gguf" --tokens 1,2,3,4,5 --ids -n 8 --temp 0 --ignore-eos --exact --kv f32 -c 64 >"$T/want" 2>/dev/null </dev/null
if [ "$(tr -cd , <"$T/want" | wc -c)" = 7 ]; then pass; else fail "no answer to compare with"; fi

# without the library nothing is said, unless it is asked for
r 0; silent
r 0 --gpu off -ngl 9; silent
r 0 --gpu auto; says 'GPU not used: .*make cuda'
r 0 -ngl 2; says 'GPU not used: '
r 0 --device 0; says 'GPU not used: '
r 6 --gpu require; says 'make cuda'
r 2 --gpu maybe
r 2 -ngl many

# with it
cp "$library" "$T/llrun-cuda.so"
r 0; says 'GPU 0, emulated GPU 0: 4 of 4 layers, 100 % of the weights'
for n in 1 2 3; do r 0 -ngl $n; says "emulated GPU 0: $n of 4 layers, [1-9][0-9]* % of"; done
r 0 -ngl 99; says '4 of 4 layers'
r 0 -ngl auto --gpu require -q; silent
r 0 --gpu off; silent
r 0 -ngl 0; silent
r 0 --device 0; says 'GPU 0'
r 0 --device GPU-0101; says 'GPU 0'
r 0 --device 1; says 'GPU not used: there is no GPU 1: 1 visible'
r 0 --device GPU-07; says 'GPU not used: none of the 1 visible'
HOST_CUDA_DEVICES=3; export HOST_CUDA_DEVICES
r 0 --device 2; says 'GPU 2, emulated GPU 2'
r 0 --device GPU-0202; says 'GPU 1, emulated GPU 1'
unset HOST_CUDA_DEVICES
"$T/llrun" bench "$T/m.gguf" -p 8 -n 4 -r 1 --sequences 2 >"$out" 2>"$err" || fail 'bench fails'
says '4 of 4 layers'
"$T/llrun" perplexity "$T/m.gguf" --tokens 1,2,3,4,5,6,7,8 --exact --kv f32 >"$out" 2>"$err" || fail 'perplexity fails'
"$T/llrun" perplexity "$T/m.gguf" --tokens 1,2,3,4,5,6,7,8 --exact --kv f32 --gpu off >"$out.cpu" 2>"$err" || fail 'perplexity fails'
if [ "$(sed 's/\(\.[0-9][0-9][0-9]\)[0-9]*/\1/g' "$out")" = "$(sed 's/\(\.[0-9][0-9][0-9]\)[0-9]*/\1/g' "$out.cpu")" ]; then pass; else fail 'another perplexity'; fi

"$T/llrun" plan "$T/m.gguf" >"$out" 2>"$err" || fail 'plan fails'
if grep -q '^gpu .*4 of 4 layers' "$out"; then pass; else fail 'plan does not tell the layers'; fi
"$T/llrun" plan "$T/m.gguf" --json -ngl 2 >"$out" 2>"$err" || fail 'plan --json fails'
if grep -q '"gpu_layers":2,"gpu_weights_bytes":[1-9]' "$out"; then pass; else fail 'plan --json does not tell the layers'; fi
r 0 -ngl all; says '4 of 4 layers'
r 0 -ngl -1; says '4 of 4 layers'
"$T/llrun" plan "$T/m.gguf" --gpu off >"$out" 2>"$err" || fail 'plan --gpu off fails'
if grep -q '^gpu' "$out"; then fail 'plan tells of a GPU'; else pass; fi
"$T/llrun" doctor >"$out" 2>"$err" </dev/null
if grep -q '^ok .*emulated GPU 0, compute capability 9.0.*the same logits' "$out"; then pass; else fail 'doctor does not test the GPU'; fi
mv "$T/llrun-cuda.so" "$T/away"; "$T/llrun" doctor >"$out" 2>"$err" </dev/null; mv "$T/away" "$T/llrun-cuda.so"
if grep -q '^ok .*gpu .*is not beside the program' "$out"; then pass; else fail 'doctor warns without the library'; fi
HOST_CUDA_DRIVER=11070 "$T/llrun" doctor >"$out" 2>"$err" </dev/null
if grep -q '^warning .*supports CUDA 11.7' "$out"; then pass; else fail 'doctor does not tell of the driver'; fi

# drivers and devices
HOST_CUDA_DEVICES=0; export HOST_CUDA_DEVICES; broken 'no device' 'CUDA_VISIBLE_DEVICES'; unset HOST_CUDA_DEVICES
HOST_CUDA_DRIVER=0; export HOST_CUDA_DRIVER; broken 'no driver' 'no NVIDIA driver: libcuda.so.1 was not found'
HOST_CUDA_DRIVER=11070; broken 'old driver' 'supports CUDA 11.7, and the kernels were built with CUDA 13.0'; unset HOST_CUDA_DRIVER
HOST_CUDA_KERNELS=0; export HOST_CUDA_KERNELS; broken 'no kernels' 'compute capability 9.0, and this build has no kernels for it'; unset HOST_CUDA_KERNELS
HOST_CUDA_FAIL=3+ HOST_CUDA_ERROR=999; export HOST_CUDA_FAIL HOST_CUDA_ERROR; broken 'after suspend' 'rmmod nvidia_uvm'; unset HOST_CUDA_FAIL HOST_CUDA_ERROR
HOST_CUDA_WRONG=1; export HOST_CUDA_WRONG; broken 'wrong results' 'self-test failed: products with q4_0 are off'; unset HOST_CUDA_WRONG

# memory
HOST_CUDA_FREE=1000; export HOST_CUDA_FREE; broken 'no memory' 'GPU not used\|out of memory'
n=300000 last=0 partly=0
while [ $n -lt 1200000 ]; do
    HOST_CUDA_FREE=$n
    r 0
    k=$(sed -n 's/.*GPU 0: \([0-9]*\) of 4 layers.*/\1/p' "$err")
    if [ "${k:-0}" -ge "$last" ]; then pass; else fail "fewer layers with more memory"; fi
    last=${k:-0} n=$((n + 100000))
    [ "$last" = 0 ] || [ "$last" = 4 ] || { partly=$((partly + 1)); says ' are free$'; }
done
if [ "$last" = 4 ] && [ $partly -gt 0 ]; then pass; else fail "$last layers with all memory, $partly times some"; fi
unset HOST_CUDA_FREE

# failures in the middle
HOST_CUDA_COUNT=$T/count; export HOST_CUDA_COUNT; r 0; unset HOST_CUDA_COUNT
calls=$(cat "$T/count")
if [ "$calls" -gt 200 ]; then pass; else fail "$calls calls"; fi
for part in 3 4 5 7 9; do
    HOST_CUDA_FAIL=$((calls * part / 10)); export HOST_CUDA_FAIL
    r 0                     # where one failure in giving something back does not matter, nothing is said
    HOST_CUDA_FAIL=$HOST_CUDA_FAIL+
    r 0; says 'GPU not used.*\(everything runs on the CPU\|the CPU goes on\)$'
    r 6 --gpu require; says 'CUDA error 719'
done
unset HOST_CUDA_FAIL

# the file itself
size=$(wc -c <"$library")
for part in 1 3 5 7; do head -c $((size * part / 10)) "$library" >"$T/llrun-cuda.so"; broken 'cut short' 'cut short\|too short\|invalid\|truncated'; done
: >"$T/llrun-cuda.so"; broken 'empty' 'short'
echo 'no library' >"$T/llrun-cuda.so"; broken 'text' 'short\|invalid'
mkdir "$T/d"; LLRUN_CUDA=$T/d; export LLRUN_CUDA; broken 'a folder' 'directory'
LLRUN_CUDA=$T/absent.so; broken 'absent' 'no such file'; unset LLRUN_CUDA
printf '#define LLRUN_GPU_LIBRARY\n#include "llrun.h"\nstatic const llri_gpu_table t = { LLRI_GPU_ABI + %s, sizeof t + %s };\nconst llri_gpu_table *llrun_gpu(void);\nconst llri_gpu_table *llrun_gpu(void) { return &t; }\n' 1 0 >"$T/abi.c"
sed 's/ABI + 1, sizeof t + 0/ABI, sizeof t + 8/' "$T/abi.c" >"$T/size.c"
echo 'int other(void) { return 0; }' >"$T/other.c"
for f in abi size other; do
    "${CC:-cc}" -w -shared -fPIC -I. -o "$T/llrun-cuda.so" "$T/$f.c" || { fail "$f.c does not compile"; continue; }
    if [ $f = other ]; then broken 'no function' 'llrun_gpu'; else broken 'another interface' 'build both from the same source'; fi
done

# a static program
if "${CC:-cc}" -static -O0 -w -DLLRUN_TIERS=2 -o "$T/static" llrun.c -lm -lpthread 2>"$T/log"; then
    if [ -s "$T/log" ]; then fail "static linking warns: $(head -n 1 "$T/log")"; else pass; fi
    cp "$library" "$T/llrun-cuda.so"
    mv "$T/static" "$T/llrun"
    broken 'static' 'linked without dlopen'
else echo 'gpu: no static C library here, not tested'; fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
