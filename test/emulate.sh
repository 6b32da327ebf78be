#!/bin/sh
# emulate.sh LLRUN BUILD [MODEL]: CPUs without AVX, with AVX but neither AVX2, FMA nor F16C, and with AVX masked by the OS;
# an AArch64 and a big-endian one, if there are compilers for them. Each must choose the tier named here, and give the ids and the
# logits for MODEL (or a random one) that the same tier gives here. Leaves BUILD/llrun-CPU, which run the program on that CPU.
set -u
llrun=$1 dir=$2 model=${3:-}
qemu=${QEMU:-qemu-x86_64}
passed=0 failed=0
err=$dir/emulate.err   # the emulator complains about features that it lacks: shown only if something failed
check() {
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); echo "ok   $1"; return; fi
    failed=$((failed + 1)); echo "FAIL $1: '$2' instead of '$3'"; grep -v "TCG doesn't support" "$err" | head -n 4
}
ids() { "$1" run "$model" ${2:+--isa "$2"} --tokens 1,72,104 --ids -n 24 --temp 0 --ignore-eos -t 1 -q 2>"$err"; }
logits() { "$1" logits "$model" ${2:+--isa "$2"} --tokens 1,72,104 --all 2>"$err" >"$dir/emulate.logits" && cksum <"$dir/emulate.logits"; }

command -v "$qemu" >/dev/null 2>&1 || { echo "no $qemu: install qemu-user"; exit 1; }
case $(uname -m) in x86_64|amd64) ;; *) echo 'not an x86-64 machine'; exit 1;; esac
if [ -z "$model" ]; then
    model=$dir/emulate.gguf
    "$dir/make_model" "$model" --type q4_0 --layers 2 >/dev/null || exit 1
fi
llrun=$(cd "$(dirname "$llrun")" && pwd)/$(basename "$llrun")
same() {       # IDS|LOGITS: as of the same kernels here
    expected=$($1 "$llrun" "$want") got=$($1 "$wrapper")
    check "$cpu, $1" "$got" "${expected:-something}"
}
emulated() {   # CPU TIER PROGRAM EMULATOR ...
    cpu=$1 want=$2 program=$3 wrapper=$dir/llrun-$1; shift 3
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$*" "$program" >"$wrapper"
    chmod +x "$wrapper"
    chosen=$("$wrapper" cpu --json 2>"$err" | sed -n 's/.*"chosen": *"\([a-z0-9]*\)".*/\1/p')
    check "$cpu chooses its tier" "$chosen" "$want"
    "$wrapper" cpu --isa avx2 >/dev/null 2>"$err"
    check "$cpu refuses avx2" $? 6
    same ids
    same logits
}
emulated Nehalem ssse3 "$llrun" "$qemu" -cpu Nehalem
emulated SandyBridge avx "$llrun" "$qemu" -cpu SandyBridge
emulated Haswell-noxsave ssse3 "$llrun" "$qemu" -cpu Haswell,-xsave
for machine in aarch64 s390x; do        # -O2: then GCC would fuse products and sums for AArch64, did the header not forbid it
    cc=$machine-linux-gnu-gcc emulator=${qemu%x86_64}$machine
    if ! command -v "$emulator" >/dev/null || ! echo '#include <stdio.h>' | $cc -fsyntax-only -x c - 2>/dev/null; then
        echo "skip $machine: no $cc with its headers, or no $emulator"
    elif $cc -O2 -static -o "$dir/$machine" llrun.c -lm -lpthread 2>"$err"; then
        emulated $machine scalar "$(cd "$dir" && pwd)/$machine" "$emulator"
    else check "$machine compiles" no yes; fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
