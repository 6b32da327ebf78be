#!/bin/sh
# speed.sh LLRUN BUILD: what measures speed: the models of BUILD/make_model --shape, llrun bench, bench.sh, bench-peers.sh. How
# fast anything is decides nothing here: the arithmetic of the scripts is checked with programs that print known numbers.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA
llrun=$1 build=$2 here=$(dirname "$0")
unset ROUNDS PROMPT PREDICT DEPTH SEQUENCES TIERS THREADS PATIENCE RUN ISA LLAMA_BENCH IK_BENCH
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-speed.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL speed: $*"; [ ! -s "$T/err" ] || head -n 4 "$T/err"; }
check() { what=$1; shift; if "$@" >/dev/null 2>&1; then pass; else fail "$what"; fi; }
is() { check "$2 instead of $1" test "$1" = "$2"; }
json() { sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",}]*\).*/\1/p' "$T/out"; }
bench() { "$llrun" bench "$@" --json -q >"$T/out" 2>"$T/err" || fail "llrun bench $*"; }

# --- models: shapes, and where mixtures have which type
model() { "$build/make_model" "$T/m.gguf" "$@" >/dev/null 2>"$T/err" || fail "make_model $*"; "$llrun" show "$T/m.gguf" --json >"$T/out" 2>"$T/err" || fail "show of $*"; }
meta() { sed -n 's/.*"llama\.'"$1"'":\([0-9]*\).*/\1/p' "$T/out"; }
while read -r shape embd ff heads kv dim; do
    model --shape $shape --layers 1 --vocab 300 --type q4_0
    is "$embd $ff $heads $kv $dim" "$(meta embedding_length) $(meta feed_forward_length) $(meta attention.head_count) $(meta attention.head_count_kv) $(meta attention.key_length)"
done <<'END'
135m 576 1536 9 3 64
1b 2048 8192 32 8 64
3b 3072 8192 24 8 128
4b 3072 8192 32 32 96
8b 4096 14336 32 8 128
END
types() { tr '{' '\n' <"$T/out" | sed -n 's/^"name":"\([^"]*\)","type":"\([^"]*\)".*/\1 \2/p' | sed -n "s/^$1 //p"; }
small='--embd 256 --ff 256 --heads 4 --kv-heads 2 --head-dim 64 --vocab 300'
for base in q4 q5; do
    model --shape 1b --layers 16 $small --type ${base}_k_m
    is "${base}_K ${base}_K q6_K" "$(types token_embd.weight) $(types blk.0.ffn_up.weight) $(types output.weight)"
    for t in attn_v ffn_down; do
        is '0 1 4 7 10 13 14 15' "$(tr '{' '\n' <"$T/out" | sed -n 's/^"name":"blk\.\([0-9]*\)\.'$t'\.weight","type":"q6_K".*/\1/p' | sort -n | tr '\n' ' ' | sed 's/ $//')"
    done
done
model --shape 135m --layers 2 --vocab 300 --type q4_k_m         # 576 is no multiple of 256, and it has no output matrix
is 'q5_0 q8_0 q8_0 q4_K q6_K' "$(types blk.0.attn_v.weight) $(types blk.1.attn_v.weight) $(types token_embd.weight) $(types blk.0.ffn_down.weight) $(types blk.1.ffn_down.weight)"
is '' "$(types output.weight)"

# --- llrun bench
"$build/make_model" "$T/tiny.gguf" --type q4_k_m --layers 2 >/dev/null || fail 'make_model'
for isa in $("$llrun" cpu --json | sed -n 's/.*"usable": *\[\([^]]*\)\].*/\1/p' | tr -d '" ' | tr ',' ' '); do
    bench "$T/tiny.gguf" -p 16 -n 4 -r 1 -t 1 --isa $isa
    check "no roofline with $isa: $(json peak_gops)" awk -v x="$(json peak_gops)" 'BEGIN { exit !(x > 0) }'
done
bench "$T/tiny.gguf" -p 8 -n 3 -r 2 -t 2 -d 40 --sequences 3
is '40 3' "$(json depth) $(json sequences)"
check 'no speed of three sequences' awk -v x="$(json decode_tps)" 'BEGIN { exit !(x > 0) }'
check 'a context too small for the depth is no error' sh -c '! "$@"' - "$llrun" bench "$T/tiny.gguf" -p 8 -n 3 -d 40 -c 32

# --- bench.sh, for real and with a program of which every number is known
svg_ok() {
    check "$1 is no SVG" grep -q '^<svg xmlns=' "$1"
    if command -v xmllint >/dev/null; then check "$1 is not well-formed" xmllint --noout "$1"; fi
    is "$(grep -c '^<text.*</text>$' "$1")" "$(grep -c '<text' "$1")"
    is '</svg>' "$(tail -n 1 "$1")"
}
csv_ok() { is 1 "$(awk -F, '{ n[NF] } END { for (k in n) c++; print c }' "$1")"; }
mkdir "$T/build"; cp "$build/child" "$T/build/"
ROUNDS=1 PROMPT=8 PREDICT=4 DEPTH=20 SEQUENCES=2 THREADS=1 sh "$here/bench.sh" "$llrun" "$T/build" "$T/tiny.gguf" >"$T/out" 2>"$T/err" || fail 'bench.sh'
csv_ok "$T/build/bench.csv"; svg_ok "$T/build/bench.svg"
tiers=$("$llrun" cpu --json | sed -n 's/.*"usable": *\[\([^]]*\)\].*/\1/p' | tr -d '" ' | tr ',' '\n' | wc -l)
is $((4 * tiers + 4)) "$(wc -l <"$T/build/bench.csv" | tr -d ' ')"
for t in prompt generation registers reading sequences-2 generation-at-20 start; do check "no $t in bench.csv" grep -q "^tiny,.*,$t,[0-9]" "$T/build/bench.csv"; done

cat >"$T/llrun" <<'END'
#!/bin/sh
# runs are counted: 100, 300, 200 ... tokens/s; with avx2 always 1000
case $1 in
cpu) echo '{"usable":["sse2","avx2"]}'; exit;;
run) echo '[1]'; exit;;
esac
n=$(cat "$0.count" 2>/dev/null || echo 0)
case "$*" in
*'--isa sse2'*) n=$((n + 1)); echo $n >"$0.count"; case $n in 1) p=100;; 2) p=300;; *) p=200;; esac; isa=sse2;;
*) p=1000 isa=avx2;;
esac
case "$*" in *'--sequences 8'*) g=160 s=8;; *) g=20 s=1;; esac
echo "{\"prefill_tps\":$p,\"decode_tps\":$g,\"stream_gbps\":50,\"decode_gbps\":40,\"peak_gops\":1000,\"prefill_gops\":$p,\"isa\":\"$isa\",\"threads\":2,\"sequences\":$s}"
END
chmod +x "$T/llrun"
ROUNDS=3 sh "$here/bench.sh" "$T/llrun" "$T/build" 'x & y.gguf' >"$T/out" 2>"$T/err" || fail 'bench.sh with known numbers'
for row in 'sse2,2,3,prompt,200,100,300,tokens/s,1000,0.200' 'avx2,2,3,prompt,1000,1000,1000,tokens/s,1000,1.000' 'avx2,2,3,generation,20,20,20,tokens/s,25,0.800' \
           'avx2,2,3,sequences-8,160,160,160,tokens/s,,' 'sse2,2,3,registers,1000,1000,1000,GOP/s,,' 'sse2,2,3,reading,50,50,50,GB/s,,' 'avx2,2,3,generation-at-8192,20,,,tokens/s,,'; do
    check "bench.csv has no row $row" grep -q "^x _ y,$row\$" "$T/build/bench.csv"
done
check 'the table has not 8 times one' grep -q '8.00 times one' "$T/out"
check 'the table has no 20 %' grep -q '^sse2  *200\.0  *20 %  *20\.0  *80 %$' "$T/out"
csv_ok "$T/build/bench.csv"; svg_ok "$T/build/bench.svg"
start=$(date +%s)
ROUNDS=1 TIERS=avx2 PAUSE=1 sh "$here/bench.sh" "$T/llrun" "$T/build" x.gguf >"$T/out" 2>"$T/err" || fail 'bench.sh with pauses'
check 'no pause before each of the four runs' [ $(($(date +%s) - start)) -ge 4 ]
rm -f "$T/llrun.count"; PATIENCE=1 ROUNDS=3 sh "$here/bench.sh" "$T/llrun" "$T/build" x.gguf >"$T/out" 2>"$T/err" || fail 'bench.sh with a slow tier'
check 'a slow tier is run again' grep -q '^x,sse2,2,1,prompt,100,' "$T/build/bench.csv"

# --- bench-peers.sh: peers that print as llama-bench does
cat >"$T/peer" <<'END'
#!/bin/sh
printf '[\n  {\n    "model_filename": "m",\n    "n_prompt": 256,\n    "n_gen": 0,\n    "avg_ts": %s,\n    "stddev_ts": 0.0\n  },\n' "$1"
printf '  {\n    "n_prompt": 0,\n    "n_gen": 32,\n    "avg_ts": 10.000000,\n    "samples_ts": [ 10.0 ]\n  }\n]\n'
END
chmod +x "$T/peer"; rm -f "$T/llrun.count"
ISA=sse2 ROUNDS=3 LLAMA_BENCH="$T/peer 100.0" sh "$here/bench-peers.sh" "$T/llrun" "$T/build" x.gguf >"$T/out" 2>"$T/err" || fail 'bench-peers.sh'
for row in 'prompt,200,100,2,1,3' 'generation,20,10,2,2,2'; do
    check "bench-peers.csv has no row $row" grep -q "^x,sse2,2,3,llama.cpp,$row\$" "$T/build/bench-peers.csv"
done
LLAMA_BENCH="$T/peer 500" IK_BENCH="$T/peer 2000" ROUNDS=1 sh "$here/bench-peers.sh" "$T/llrun" "$T/build" x.gguf y.gguf >"$T/out" 2>"$T/err" || fail 'bench-peers.sh with two peers'
check 'no ratio of one half' grep -q '^y,avx2,2,1,ik_llama.cpp,prompt,1000,2000,0.5,' "$T/build/bench-peers.csv"
is 9 "$(wc -l <"$T/build/bench-peers.csv" | tr -d ' ')"; csv_ok "$T/build/bench-peers.csv"
start=$(date +%s)
LLAMA_BENCH="$T/peer 500" ROUNDS=1 PAUSE=1 sh "$here/bench-peers.sh" "$T/llrun" "$T/build" x.gguf >"$T/out" 2>"$T/err" || fail 'bench-peers.sh with pauses'
check 'no pause before both programs' [ $(($(date +%s) - start)) -ge 2 ]
check 'a peer that fails is no error' sh -c '! LLAMA_BENCH=false sh "$1/bench-peers.sh" "$2" "$3" x.gguf' - "$here" "$T/llrun" "$T/build"
check 'a peer without results is no error' sh -c '! LLAMA_BENCH=true sh "$1/bench-peers.sh" "$2" "$3" x.gguf' - "$here" "$T/llrun" "$T/build"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
