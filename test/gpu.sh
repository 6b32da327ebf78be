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
for d in '' , 0, 0,,1; do r 2 --device "$d"; done
r 0 --device GPU-07; says 'GPU not used: none of the 1 visible'
HOST_CUDA_DEVICES=3; export HOST_CUDA_DEVICES
r 0 --device 2; says 'GPU 2, emulated GPU 2'
r 0 --device GPU-0202; says 'GPU 1, emulated GPU 1'

# several: the next is used when the one before is full, and not touched otherwise
devices() { sed -n 's/^device //p' "$T/count" | tr '\n' ' '; }
HOST_CUDA_COUNT=$T/count; export HOST_CUDA_COUNT
used() { if [ "$(devices)" = "$1" ]; then pass; else fail "devices with a context: $(devices)instead of $1"; fi; }
r 0; says 'GPU 0, emulated GPU 0: 4 of 4 layers'; used '0 '
r 0 --device 1,2; says 'GPU 1, emulated GPU 1: 4 of 4 layers'; used '1 '
HOST_CUDA_FREE=230000,450000,0; export HOST_CUDA_FREE
r 0; used '0 1 '
says 'GPU 0, emulated GPU 0: 1 of 4 layers, [0-9]* % of the weights; .* are free$'
says 'GPU 1, emulated GPU 1: 3 of 4 layers, [0-9]* % of the weights$'
r 0 -ngl 2; says 'GPU 1, emulated GPU 1: 1 of 4 layers'
r 0 --device 1,0; says 'GPU 1, emulated GPU 1: 4 of 4 layers'; used '1 '
r 0 --device 0; says 'GPU 0, emulated GPU 0: 1 of 4 layers, .* are free$'; used '0 '
r 0 --device 0,2,GPU-0202; says 'GPU 1, emulated GPU 1: 3 of 4 layers'; used '0 1 2 '
r 0 --device 0,7,1; says 'GPU 7 not used: there is no GPU 7: 3 visible'; says 'GPU 1, emulated GPU 1: 3 of 4 layers'
r 6 --device 0,7,1 --gpu require; says 'there is no GPU 7'
r 2 --device 0,GPU-0101,1; says 'GPU 0 is named twice'
"$T/llrun" plan "$T/m.gguf" --kv f32 -c 64 --exact >"$out" 2>"$err" || fail 'plan fails'
if grep -q '^gpu 0 .* 1 of 4 layers' "$out" && grep -q '^gpu 1 .* 3 of 4 layers' "$out"; then pass; else fail 'plan does not tell the share of each GPU'; fi
"$T/llrun" plan "$T/m.gguf" --kv f32 -c 64 --exact --json >"$out" 2>"$err" || fail 'plan --json fails'
if grep -q '"gpu_layers":4,.*"gpus":\[{"index":0,"uuid":"GPU-0101.*","first_layer":3,"layers":1,.*},{"index":1,.*"first_layer":0,"layers":3,' "$out"; then pass; else fail 'plan --json does not tell the shares'; fi
# what is free is not always given: fewer layers there, more on the next; and fewer when there is nothing for the session
HOST_CUDA_FREE=270000,900000; HOST_CUDA_GIVES=350000,260000; export HOST_CUDA_GIVES
r 0; says 'GPU 1, emulated GPU 1: 2 of 4 layers'; says 'GPU 1, emulated GPU 1: 1 of 4 layers'; says 'GPU: out of memory .* MiB more are needed, .* MiB are free'
HOST_CUDA_FREE=900000; HOST_CUDA_GIVES=310000; r 0 --device 0; says 'GPU 0, emulated GPU 0: 4 of 4 layers'; says 'GPU 0, emulated GPU 0: 3 of 4 layers'
HOST_CUDA_GIVES=40000; r 0 --device 0; says 'GPU not used: .*out of memory'
unset HOST_CUDA_GIVES
# one of them fails in the middle
HOST_CUDA_FREE=230000,450000; HOST_CUDA_ON=1; export HOST_CUDA_ON
r 0; calls=$(head -n 1 "$T/count")
for part in 5 7 9; do
    HOST_CUDA_FAIL=$((calls * part / 10))+; export HOST_CUDA_FAIL
    r 0; says 'GPU not used any more.*CUDA error 719.*the CPU goes on$'
    r 6 --gpu require; says 'CUDA error 719'
done
unset HOST_CUDA_FAIL HOST_CUDA_ON HOST_CUDA_FREE HOST_CUDA_COUNT
"$T/llrun" doctor >"$out" 2>"$err" </dev/null
for n in 0 1 2; do if grep -q "^ok .*GPU $n, emulated GPU $n, .*the same logits" "$out"; then pass; else fail "doctor does not test GPU $n"; fi; done
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
HOST_CUDA_DRIVER=0; export HOST_CUDA_DRIVER; broken 'no driver' 'no NVIDIA driver: libcuda.so.1 was not found; install the driver (in Docker: --gpus all'
HOST_CUDA_DRIVER=11070; broken 'old driver' 'supports CUDA 11.7, and the kernels were built with CUDA 13.0: update the driver to 580 or later, or make cuda with an older toolkit'
unset HOST_CUDA_DRIVER
HOST_CUDA_KERNELS=0; export HOST_CUDA_KERNELS
broken 'no kernels' 'emulated GPU 0 has compute capability 9.0, and this build has no kernels for it, but for 7.5, 9.0: make cuda CUDA_ARCH=sm_90, with a toolkit that knows this GPU'
unset HOST_CUDA_KERNELS
HOST_CUDA_FAIL=3+ HOST_CUDA_ERROR=999; export HOST_CUDA_FAIL HOST_CUDA_ERROR
broken 'after suspend' 'CUDA error 999 .*after suspend: stop all programs that use the GPU, then sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm'
unset HOST_CUDA_FAIL HOST_CUDA_ERROR
HOST_CUDA_WRONG=1; export HOST_CUDA_WRONG; broken 'wrong results' 'self-test failed: products with q4_0 are off'; unset HOST_CUDA_WRONG

# memory
HOST_CUDA_FREE=1000; export HOST_CUDA_FREE; broken 'no memory' 'out of memory of the GPU: 0.0 MiB more are needed, 0.0 of 0.0 MiB are free; llrun doctor lists who holds'
HOST_CUDA_FREE=270000 HOST_CUDA_TOTAL=800000; export HOST_CUDA_TOTAL
mkdir "$T/bin"; PATH_BEFORE=$PATH PATH=$T/bin:$PATH
smi() { cat >"$T/bin/nvidia-smi"; chmod +x "$T/bin/nvidia-smi"; }
smi <<'END'
#!/bin/sh
case "$*" in *'-i GPU-0101'*compute-apps*|*compute-apps*'-i GPU-0101'*) printf '4711, /usr/bin/llama-server, 5\n4712, python3, 2\n4713, x, [N/A]\n' ;; *) echo other ;; esac
END
r 0; says '1 of 4 layers, .* 230.6 KiB of 781.2 KiB are free (llama-server with pid 4711 has 5.0 MiB, python3 with pid 4712 has 2.0 MiB)$'
HOST_CUDA_FREE=100000; broken 'memory of others' 'no layer fits on the GPU: 64.6 KiB of 781.2 KiB are free (llama-server with pid 4711 has 5.0 MiB'
echo 'exit 127' | smi; broken 'memory of others unknown' '64.6 KiB of 781.2 KiB are free (nvidia-smi may show who has the rest)'
PATH=$PATH_BEFORE; unset HOST_CUDA_TOTAL
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
calls=$(head -n 1 "$T/count")
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
LLRUN_CUDA=$T/absent.so; broken 'absent' 'no such file'
# a name without a slash is a path too
cp "$library" "$T/d/some.so"
LLRUN_CUDA=some.so; broken 'a name that is elsewhere' 'no such file'
here=$PWD; case $T in /*) cd "$T/d" ;; esac
r 0; [ "$PWD" = "$here" ] || says 'emulated GPU 0: 4 of 4 layers'
cd "$here" || exit 1
unset LLRUN_CUDA

# who could have written it
cp "$library" "$T/llrun-cuda.so"
refused() { r 0; says "GPU not used: .*llrun-cuda.so is not loaded, because others than root.* may write $1.*: change its owner or mode; everything"; r 6 --gpu require; says 'is not loaded'; }
chmod o+w "$T/llrun-cuda.so"; refused it
"$T/llrun" doctor >"$out" 2>"$err" </dev/null
if grep -q '^warning .*gpu .*is not loaded, because others' "$out"; then pass; else fail 'doctor does not tell that the library is not loaded'; fi
chmod o-w "$T/llrun-cuda.so"; chmod g+w "$T/llrun-cuda.so"; r 0; says '4 of 4 layers'; chmod g-w "$T/llrun-cuda.so"
chmod o+w "$T"; refused 'the folder'
chmod +t "$T"; r 0; says '4 of 4 layers'
chmod o-w,-t "$T"
if [ "$(id -u)" = 0 ] && chown 12345 "$T/llrun-cuda.so" 2>/dev/null; then
    refused it
    chown 12345 "$T/llrun"; r 0; says '4 of 4 layers'           # who owns the program could change that
    chmod u+s "$T/llrun"; chown 0 "$T" "$T/llrun-cuda.so"       # now rights differ
    chmod go+x "$T"; chmod go+r "$T/m.gguf"
    LLRUN_CUDA=$T/d/some.so; export LLRUN_CUDA
    if chmod u+s "$T/llrun" && "$T/llrun" cpu >/dev/null 2>&1; then
        r 0; says 'LLRUN_CUDA is ignored: this program has more rights'; says '4 of 4 layers'
        chmod g+w "$T/llrun-cuda.so"; refused it; chmod g-w "$T/llrun-cuda.so"
    fi
    unset LLRUN_CUDA
    chmod u-s "$T/llrun"; chown 0 "$T/llrun"
else echo 'gpu: owners are not tested: not root'; fi
printf '#define LLRUN_GPU_LIBRARY\n#include "llrun.h"\nstatic const llri_gpu_table t = { LLRI_GPU_ABI + %s, LLRI_GPU_SIZES + %s };\nconst llri_gpu_table *llrun_gpu(void);\nconst llri_gpu_table *llrun_gpu(void) { return &t; }\n' 1 0 >"$T/abi.c"
sed 's/ABI + 1/ABI/; s/SIZES + 0/SIZES + 1/' "$T/abi.c" >"$T/size.c"
# from a source where a struct that crosses the border has another size, and the table is the same
mkdir "$T/other"; sed 's/uint32_t window;  /uint32_t window; double more[2]; /' llrun.h >"$T/other/llrun.h"
sed 's/ABI + 1/ABI/' "$T/abi.c" >"$T/other/struct.c"; cp "$T/other/struct.c" "$T/struct.c"
if cmp -s llrun.h "$T/other/llrun.h"; then fail 'llrun.h has no such line'; else pass; fi
echo 'int other(void) { return 0; }' >"$T/other.c"
for f in abi size struct other; do
    "${CC:-cc}" -w -shared -fPIC -I"$T/other" -I. -o "$T/llrun-cuda.so" "$T/$f.c" || { fail "$f.c does not compile"; continue; }
    if [ $f = other ]; then broken 'no function' 'llrun_gpu'; else broken 'another interface' 'build both from the same source'; fi
done

# a static program
if "${CC:-cc}" -static -O0 -w -DLLRUN_TIERS=2 -o "$T/static" llrun.c -lm -lpthread 2>"$T/log"; then
    if [ -s "$T/log" ]; then fail "static linking warns: $(head -n 1 "$T/log")"; else pass; fi
    cp "$library" "$T/llrun-cuda.so"
    mv "$T/static" "$T/llrun"
    broken 'static' 'linked without dlopen.*link it dynamically'
else echo 'gpu: no static C library here, not tested'; fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
