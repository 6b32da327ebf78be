#!/bin/sh
# memory.sh LLRUN BUILD [short|full]: what the plan says against what the system counts, and runs in control groups with less
# memory than they want. Needs Linux; the control groups need root. full: 20 models, 200 runs, 5 GB of disk, half an hour.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA LLRUN_PROC LLRUN_SYS
llrun=$1 build=$2 size=${3:-short}
child=$build/child
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-memory.XXXXXX") || exit 1
group=''
trap '[ -z "$group" ] || rmdir "$group"; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL $*"; }
number() { sed -n 's/.*"'"$2"'":\([0-9]*\).*/\1/p' "$1"; }              # FILE KEY
ids() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print (i * 37) % 250 + 1 }' >"$T/ids"; }

# --- the bytes of the plan, but the weights, are at least the anonymous memory, and at most 2 % or 1 MiB more; those of the weights
# are the mapping. The context is filled. CTX BATCH THREADS KV ARGUMENTS OF make_model
planned() {
    ctx=$1 batch=$2 threads=$3 kv=$4; shift 4
    "$build/make_model" "$T/m.gguf" "$@" >/dev/null || { fail "make_model $*"; return; }
    ids $((ctx - 8))
    "$llrun" plan "$T/m.gguf" -c "$ctx" -b "$batch" -t "$threads" --kv "$kv" --json >"$T/plan" 2>&1 || { fail "plan: $(cat "$T/plan")"; return; }
    mapped=0 tries=0
    while [ "$mapped" = 0 ] && [ $tries -lt 20 ]; do        # the smallest may be over before they are looked at
        tries=$((tries + 1))
        "$child" -t 3000 -A "$T/seen" "$llrun" run "$T/m.gguf" --tokens "@$T/ids" -n 8 --ids --ignore-eos -q -c "$ctx" -b "$batch" -t "$threads" --kv "$kv" >"$T/out" 2>&1 ||
            { fail "run: $? $(head -c 300 "$T/out")"; return; }
        read -r anonymous mapped <"$T/seen"
    done
    plan=$(($(number "$T/plan" resident_bytes) / 1024)) weights=$(number "$T/plan" weights_bytes)
    over=$((plan - anonymous))
    if [ $over -ge 0 ] && { [ $over -le 1024 ] || [ $((over * 50)) -le "$anonymous" ]; }; then pass; word=ok; else word=WRONG; fail "plan of $*"; fi
    if [ "$weights" = $((mapped * 1024)) ]; then pass; else fail "weights of $*: planned $weights, mapped $((mapped * 1024))"; fi
    if [ $size = full ] || [ $word = WRONG ]; then
        echo "     -c $ctx -b $batch -t $threads --kv $kv $*: planned $plan KiB, seen $anonymous, over $over ($(awk -v a=$over -v b="$anonymous" 'BEGIN { printf "%.2f", 100 * a / b }') %)"
    fi
    rm -f "$T/m.gguf"
}

# --- control groups. A group is made below the one this test runs in; version 1 or 2, whichever has memory here.
make_group() {
    v1=$(sed -n 's/^[0-9]*:\([^:]*,\)*memory\(,[^:]*\)*:\(.*\)/\3/p' /proc/self/cgroup)
    v2=$(sed -n 's/^0:://p' /proc/self/cgroup)
    for g in "/sys/fs/cgroup/memory$v1" /sys/fs/cgroup/memory; do
        limit=memory.limit_in_bytes
        [ -f "$g/$limit" ] && mkdir "$g/llrun-test-$$" 2>/dev/null && { group=$g/llrun-test-$$; return 0; }
    done
    for g in "/sys/fs/cgroup$v2" /sys/fs/cgroup; do
        limit=memory.max
        grep -q memory "$g/cgroup.controllers" 2>/dev/null && mkdir "$g/llrun-test-$$" 2>/dev/null || continue
        group=$g/llrun-test-$$
        [ -f "$group/$limit" ] || echo +memory >"$g/cgroup.subtree_control" 2>/dev/null
        [ -f "$group/$limit" ] && return 0
        rmdir "$group"; group=''
    done
    return 1
}

runs=0 done_runs=0 refused=0 killed=0
# MIB MODEL COMMAND ...: done, or refused with exit status 5; nothing else. The file is cold, so that its pages count for the group.
confined() {
    mib=$1 model=$2; shift 2
    dd if="$model" iflag=nocache count=0 2>/dev/null
    echo $((mib << 20)) >"$group/$limit" || { fail "limit of $mib MiB"; return; }
    runs=$((runs + 1)) start=$(date +%s)
    "$child" -t 1200 -g "$group" "$llrun" "$@" </dev/null >"$T/out" 2>"$T/err"
    code=$?
    case $code in
        0) pass; done_runs=$((done_runs + 1));;
        5) pass; refused=$((refused + 1));;
        209) killed=$((killed + 1)); fail "$mib MiB: killed: llrun $*";;
        *) fail "$mib MiB: exit $code: llrun $*: $(head -n 1 "$T/err")";;
    esac
    [ $size = short ] || echo "     $mib MiB, $(($(wc -c <"$model") >> 20)) MiB model: exit $code after $(($(date +%s) - start)) s: $(echo "$*" | sed "s|$T/||g")"
}
must() { [ "$code" = "$1" ] && pass || fail "$mib MiB: exit $code instead of $1: $(head -n 1 "$T/err")"; }

if [ ! -r /proc/self/status ] || ! grep -q RssAnon /proc/self/status; then echo '     memory: skipped: this system does not say how much anonymous memory a process has'; exit 0; fi

echo "     planned and seen memory"
planned 256 64 1 f16 --type q4_0
planned 512 512 2 q8_0 --type q8_0 --layers 4 --embd 512 --ff 1024 --heads 8 --kv-heads 4 --vocab 32000
planned 1000 128 8 f32 --type q4_K --layers 3 --embd 768 --ff 512 --heads 12 --kv-heads 12 --vocab 2000
if [ $size = full ]; then
    planned 64 64 1 f16 --type f16 --layers 1 --embd 64 --ff 64 --heads 2 --vocab 300
    planned 8192 512 2 f16 --type q4_0 --ctx 8192
    planned 2048 512 2 f16 --type q4_K --layers 8 --embd 1024 --ff 2048 --heads 16 --kv-heads 4 --vocab 32000
    planned 4096 32 1 q8_0 --type q6_K --layers 6 --embd 512 --ff 1024 --heads 8 --kv-heads 2 --vocab 50257
    planned 1024 64 1 f16 --type q4_0 --layers 2 --embd 256 --ff 512 --heads 4 --vocab 150000
    planned 1024 1024 4 f16 --type q4_0 --layers 2 --embd 256 --ff 512 --heads 4 --vocab 262144
    planned 512 256 2 f16 --type q5_K --layers 12 --embd 768 --ff 2048 --heads 12 --vocab 32000 --arch qwen3
    planned 2048 512 16 f16 --type iq4_xs --layers 4 --embd 1024 --ff 1024 --heads 16 --kv-heads 8 --vocab 128256
    planned 4096 512 2 f32 --type q8_0 --layers 4 --embd 256 --ff 512 --heads 8 --kv-heads 8 --vocab 1000 --ctx 4096
    planned 777 77 3 f16 --type q3_K --layers 3 --embd 1280 --ff 256 --heads 20 --kv-heads 5 --vocab 4000
    planned 3000 300 2 q8_0 --type f32 --layers 2 --embd 320 --ff 640 --heads 5 --kv-heads 5 --vocab 700
    planned 16384 512 2 f16 --type q4_0 --layers 3 --embd 128 --ff 256 --heads 4 --kv-heads 1 --vocab 512 --ctx 16384
    planned 1024 512 2 f16 --type bf16 --layers 10 --embd 640 --ff 1280 --heads 10 --kv-heads 5 --vocab 32000 --tied
    planned 128 16 1 f32 --type q2_K --layers 20 --embd 256 --ff 512 --heads 4 --vocab 8000
    planned 2048 2048 2 f16 --type q4_1 --layers 4 --embd 512 --ff 2048 --heads 8 --kv-heads 4 --vocab 16000
    planned 4000 500 5 q8_0 --type q5_0 --layers 5 --embd 384 --ff 512 --heads 6 --kv-heads 3 --vocab 64000
    planned 1536 128 2 f16 --type mxfp4 --layers 6 --embd 896 --ff 1024 --heads 14 --kv-heads 2 --vocab 151936
    planned 32 8 1 f16 --type q4_0 --no-vocab
fi

echo "     control groups"
if ! make_group; then
    echo '       skipped: needs root and a memory controller'
else
    m=$T/small.gguf
    "$build/make_model" "$m" --type q4_K --layers 8 --embd 768 --ff 1024 --heads 12 --kv-heads 4 --vocab 16000 --ctx 8192 >/dev/null      # 34 MiB
    ids 1000
    confined 16 "$m" run "$m" --raw -p 'ab cd' -n 2 --temp 0 --ignore-eos
    confined 20 "$m" run "$m" --raw -p 'ab cd' -n 2 -c 256 -b 32 --temp 0 --ignore-eos; must 0; cp "$T/out" "$T/want"      # less than the model: slow, the same text
    grep -q 'read from the disk' "$T/err" && pass || fail 'does not say that the disk is read'
    confined 64 "$m" run "$m" --raw -p 'ab cd' -n 2 --temp 0 --ignore-eos; must 0
    cmp -s "$T/out" "$T/want" && pass || fail 'another text in a larger group'
    confined 24 "$m" run "$m" --raw -p 'ab cd' -n 2 -c 8192; must 5
    grep -q 'limit of 24.0 MiB in /sys/fs/cgroup/.*llrun-test' "$T/err" && pass || fail "does not name the limit: $(head -n 1 "$T/err")"
    confined 32 "$m" run "$m" --raw -p 'ab cd' -n 2 -c 256 -b 32 --no-mmap; must 5
    confined 32 "$m" run "$m" --raw -p 'ab cd' -n 2 -c 256 -b 32 --mlock --temp 0; must 0
    grep -q 'not locked' "$T/err" && pass || fail 'does not say that nothing was locked'
    confined 48 "$m" logits "$m" --tokens "@$T/ids" -b 128; must 0
    confined 2 "$m" run "$m" --raw -p 'ab cd' -n 2; must 5
    if [ $size = full ]; then
        for shape in '2 256 512 4 8000' '6 512 1024 8 16000' '8 768 2048 12 32000' '16 1024 2560 16 32000' '16 1536 4096 24 32000' '22 2048 5632 32 32000' '32 2560 6912 20 32000'; do
            set -- $shape
            big=$T/big.gguf
            "$build/make_model" "$big" --type q4_K --layers $1 --embd $2 --ff $3 --heads $4 --kv-heads 4 --vocab $5 --ctx 8192 >/dev/null
            mb=$(($(wc -c <"$big") >> 20))
            for mib in 16 24 32 48 64 96 128 192 256 384 512 768 1024 1536 2048; do
                [ $mib -lt $((mb * 4)) ] && [ $((mib * 10)) -gt $mb ] || continue
                confined $mib "$big" run "$big" --raw -p 'ab cd' -n 1 --temp 0
                confined $mib "$big" run "$big" --raw -p 'ab cd' -n 1 -c 512 -b 32 -t 4 --kv q8_0 --mlock
                confined $mib "$big" run "$big" --raw -p 'ab cd' -n 1 -c 2048 -b 64 --no-mmap
                [ $mb -gt 200 ] || confined $mib "$big" logits "$big" --tokens "@$T/ids" -b 512 --all
                [ $mb -gt 200 ] || confined $mib "$big" run "$big" --tokens "@$T/ids" --ids -n 8 -c 1024 -b 100 --kv f32 --mlock
            done
            rm -f "$big"
        done
    fi
    echo "       $runs runs: $done_runs done, $refused refused, $killed killed"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
