#!/bin/sh
# matrix.sh short|full BUILD: llrun.h in other languages, compilers, options and targets. One line each, warnings are
# failures, a compiler that is not installed is skipped. Optimisation is off to be quick; the last rows run the tests.
set -u
LC_ALL=C; export LC_ALL
kind=${1:-short} dir=${2:-build}/matrix
CC=${CC:-cc}; CXX=${CXX:-c++}; CLANG=${CLANG:-clang}
passed=0 failed=0 skipped=0
mkdir -p "$dir"
W='-Wall -Wextra -Wpedantic -Werror -I.'
SCALAR='-O1 -DLLRUN_TIERS=2'

have() { command -v "$1" >/dev/null 2>&1; }
skip() { skipped=$((skipped + 1)); printf 'skip %-28s %s\n' "$1" "$2"; }
ok() { passed=$((passed + 1)); printf 'ok   %s\n' "$1"; }
fail() { failed=$((failed + 1)); printf 'FAIL %s\n' "$1"; head -n 20 "$dir/log" | sed 's/^/     /'; }
# row NAME COMMAND ...: skipped if COMMAND's first word is not installed
row() {
    name=$1; shift
    have "${1%% *}" || { skip "$name" "no $1"; return; }
    if "$@" >"$dir/log" 2>&1; then ok "$name"; else fail "$name"; fi
}
# probe NAME COMPILER FLAGS ...: can it compile the system's headers with these flags? Else skipped
probe() {
    name=$1; shift
    have "$1" || { skip "$name" "no $1"; return 1; }
    "$@" -fsyntax-only -x c "$dir/headers.c" >/dev/null 2>&1 || { skip "$name" "$* finds no system headers"; return 1; }
}

cat >"$dir/impl.c" <<'EOF'
#define LLRUN_IMPLEMENTATION
#include "llrun.h"
EOF
cp "$dir/impl.c" "$dir/impl.cpp"
cat >"$dir/user.c" <<'EOF'
#include "llrun.h"
#include <stdio.h>
int main(void)
{
    llr_cpu_info cpu;
    llr_cpu(&cpu);
    return printf("%s %s\n", llr_isa_name(cpu.best), llr_status_text(LLR_OK)) < 0;
}
EOF
cp "$dir/user.c" "$dir/user.cpp"
{ echo '#define LLRUN_STATIC'; cat "$dir/impl.c"; echo 'int other(void); int other(void) { return llr_threads_default(); }'; } >"$dir/static1.c"
{ echo '#define LLRUN_STATIC'; cat "$dir/impl.c"; sed 1d "$dir/user.c"; } >"$dir/static2.c"
printf '#include <stdio.h>\n#include <pthread.h>\n#include <sys/mman.h>\n' >"$dir/headers.c"

linked() {   # FLAGS, FILES: compiled, linked and run
    out=$dir/linked; rm -f "$out"
    "$@" -o "$out" -lm -lpthread && "$out"
}

row 'C99' "$CC" -std=c99 $W -fsyntax-only "$dir/impl.c"
row 'C++11' "$CXX" -std=c++11 $W -fsyntax-only "$dir/impl.cpp"
row 'two files, linked' linked "$CC" -std=c99 $W $SCALAR "$dir/impl.c" "$dir/user.c"
row 'static in two files, linked' linked "$CC" -std=c99 $W $SCALAR "$dir/static1.c" "$dir/static2.c"
row 'LLRUN_NO_SIMD' "$CC" $W -O0 -DLLRUN_NO_SIMD -fsyntax-only "$dir/impl.c"

if [ "$kind" = full ]; then
    row 'C11' "$CC" -std=c11 $W -fsyntax-only "$dir/impl.c"
    row 'C23' "$CC" -std=c2x $W -fsyntax-only "$dir/impl.c"
    row 'C++20' "$CXX" -std=c++20 $W -fsyntax-only "$dir/impl.cpp"
    row 'C++11, two files, linked' linked "$CXX" -std=c++11 $W $SCALAR "$dir/impl.cpp" "$dir/user.cpp"
    row 'C++11, optimised' "$CXX" -std=c++11 $W -O1 -DLLRUN_TIERS=128 -c -o "$dir/o.o" "$dir/impl.cpp"
    row 'optimised, all warnings' "$CC" $W -O2 -DLLRUN_TIERS=34 -c -o "$dir/o.o" llrun.c
    row 'clang C99' "$CLANG" -std=c99 $W -fsyntax-only "$dir/impl.c"
    row 'clang C++11' "$CLANG" -std=c++11 $W -fsyntax-only "$dir/impl.cpp"
    row 'clang, all tiers compiled' "$CLANG" $W -O0 -c -o "$dir/o.o" llrun.c
    row 'no position independence, -O0' "$CC" $W -O0 -fno-pic -c -o "$dir/o.o" "$dir/impl.c"
    row 'MinGW header' x86_64-w64-mingw32-gcc $W -O0 -c -o "$dir/o.obj" "$dir/impl.c"
    row 'MinGW program' x86_64-w64-mingw32-gcc $W -O0 -c -o "$dir/o.obj" llrun.c
    name='AArch64'
    if have aarch64-linux-gnu-gcc; then row "$name" aarch64-linux-gnu-gcc $W -O1 -c -o "$dir/o.o" llrun.c
    else
        arm="$CLANG --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include"
        if [ -d /usr/aarch64-linux-gnu/include ] && probe "$name" $arm; then row "$name (clang)" $arm $W -O1 -c -o "$dir/o.o" llrun.c
        elif ! [ -d /usr/aarch64-linux-gnu/include ]; then skip "$name" 'no aarch64-linux-gnu-gcc'; fi
    fi
    name='32-bit x86'
    if have i686-linux-gnu-gcc; then row "$name" i686-linux-gnu-gcc $W -O0 -c -o "$dir/o.o" llrun.c
    elif probe "$name" "$CC" -m32; then row "$name" "$CC" -m32 $W -O0 -c -o "$dir/o.o" llrun.c; fi
    tests() { "$@" -I. -o "$dir/test" test/test.c -lm -lpthread && "$dir/test" && rm -f "$dir/test"; }
    row 'tests, LLRUN_NO_SIMD' tests "$CC" -O1 -DLLRUN_NO_SIMD
    if have "$CLANG"; then row 'tests, clang' tests "$CLANG" -O1; else skip 'tests, clang' "no $CLANG"; fi
    big_endian() {      # but for what SIGBUS tells, which qemu 7.2 gets wrong there, and what takes minutes
        s390x-linux-gnu-gcc -O1 -ffp-contract=off -static -I. -o "$dir/big" test/test.c -lm -lpthread || return 1
        names=$(qemu-s390x "$dir/big" --list util types convert gguf pool model tok sampler template kernel_matmul kernel_scales | grep -v '_fault$')
        [ -n "$names" ] && qemu-s390x "$dir/big" $names
    }
    name='tests, big-endian'
    if ! have qemu-s390x; then skip "$name" 'no qemu-s390x'
    elif probe "$name" s390x-linux-gnu-gcc; then row "$name" big_endian; fi
    if "$CC" -m32 -o "$dir/m32" "$dir/headers.c" -nostartfiles -Wl,-e0 -lm >/dev/null 2>&1; then
        row 'tests, 32-bit x86' tests "$CC" -m32 -O1
    else skip 'tests, 32-bit x86' "$CC -m32 cannot link"; fi
fi

[ "$skipped" = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
