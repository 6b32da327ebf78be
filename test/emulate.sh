#!/bin/sh
# emulate.sh LLRUN BUILD [MODEL]: CPUs without AVX, with AVX but neither AVX2, FMA nor F16C, and with AVX masked by the OS;
# an AArch64 and a big-endian one, if there are compilers for them. Each must choose the tier named here, and continue MODEL (or a
# random one) with the ids of the same tier here. Leaves BUILD/llrun-CPU, which run the program on that CPU.
set -u
llrun=$1 dir=$2 model=${3:-}
qemu=${QEMU:-qemu-x86_64}
passed=0 failed=0
err=$dir/emulate.err   # the emulator complains about features that it lacks: shown only if something failed
check() {
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); echo "ok   $1"; return; fi
    failed=$((failed + 1)); echo "FAIL $1: '$2' instead of '$3'"; grep -v "TCG doesn't support" "$err" | head -n 4
}
ids() { "$@" --tokens 1,72,104 --ids -n 24 --temp 0 --ignore-eos -t 1 -q 2>"$err"; }

command -v "$qemu" >/dev/null 2>&1 || { echo "no $qemu: install qemu-user"; exit 1; }
case $(uname -m) in x86_64|amd64) ;; *) echo 'not an x86-64 machine'; exit 1;; esac
if [ -z "$model" ]; then
    model=$dir/emulate.gguf
    "$dir/make_model" "$model" --type q4_0 --layers 2 >/dev/null || exit 1
fi
llrun=$(cd "$(dirname "$llrun")" && pwd)/$(basename "$llrun")
emulated() {   # CPU TIER EMULATOR PROGRAM
    cpu=$1 want=$2 wrapper=$dir/llrun-$1
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$3" "$4" >"$wrapper"
    chmod +x "$wrapper"
    chosen=$("$wrapper" cpu --json 2>"$err" | sed -n 's/.*"chosen": *"\([a-z0-9]*\)".*/\1/p')
    check "$cpu chooses its tier" "$chosen" "$want"
    "$wrapper" cpu --isa avx2 >/dev/null 2>"$err"
    check "$cpu refuses avx2" $? 6
    check "$cpu, ids" "$(ids "$wrapper" run "$model")" "$(ids "$llrun" run "$model" --isa "$want")"
}
emulated Nehalem ssse3 "$qemu -cpu Nehalem" "$llrun"
emulated SandyBridge avx "$qemu -cpu SandyBridge" "$llrun"
emulated Haswell-noxsave ssse3 "$qemu -cpu Haswell,-xsave" "$llrun"
for machine in aarch64 s390x; do
    if command -v $machine-linux-gnu-gcc >/dev/null && command -v qemu-$machine >/dev/null; then
        $machine-linux-gnu-gcc -O1 -ffp-contract=off -static -o "$dir/$machine" llrun.c -lm -lpthread || exit 1
        emulated $machine scalar qemu-$machine "$(cd "$dir" && pwd)/$machine"
    else echo "skip $machine: no $machine-linux-gnu-gcc, or no qemu-$machine"; fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
