#!/bin/sh
# bench-peers.sh LLRUN BUILD MODEL ...: llrun against llama.cpp (LLAMA_BENCH) and ik_llama.cpp (IK_BENCH), in turn: ours, theirs,
# ours, theirs, ... with the same file, threads, and lengths of prompt and generation. Ratios of the neighbours in each round,
# their median, least and most, as a table and in BUILD/bench-peers.csv. Above 1: llrun is faster.
#
# LLAMA_BENCH and IK_BENCH are their llama-bench, options too ("/opt/llama.cpp/llama-bench -fa 1"); one of them will do. Build them
# for what is to be compared: for this CPU, or for AVX2 alone against ISA=avx2. From the environment also: ROUNDS, PROMPT and
# PREDICT tokens, THREADS, RUN: a command in front of every run (nice, taskset); PAUSE: seconds of rest before it, for machines that
# slow down under load.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA
[ $# -ge 3 ] && [ -n "${LLAMA_BENCH:-}${IK_BENCH:-}" ] || { echo 'usage: LLAMA_BENCH=PATH IK_BENCH=PATH bench-peers.sh LLRUN BUILD MODEL ...' >&2; exit 2; }
llrun=$1 build=$2; shift 2
rounds=${ROUNDS:-5} prompt=${PROMPT:-256} predict=${PREDICT:-32} run=${RUN:-} pause=${PAUSE:-0} isa=${ISA:+--isa $ISA}
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-peers.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
csv=$build/bench-peers.csv
die() { echo "bench-peers.sh: $*" >&2; [ ! -s "$T/err" ] || tail -n 5 "$T/err" >&2; exit 1; }
number() { sed -n 's/.*"'"$1"'":"\{0,1\}\([0-9a-z.+-]*\)[",}].*/\1/p' "$T/json"; }

# both print "PROMPT GENERATION" in tokens/s
ours() {
    sleep "$pause"
    $run "$llrun" bench "$1" $isa ${THREADS:+-t $THREADS} -p "$prompt" -n "$predict" -r 1 --json -q >"$T/json" 2>"$T/err" || die "llrun bench $1 failed"
    echo "$(number prefill_tps) $(number decode_tps)"
}
theirs() {      # MODEL COMMAND ...
    m=$1; shift
    sleep "$pause"
    $run "$@" -m "$m" -p "$prompt" -n "$predict" -r 1 -t "$THREADS" -o json >"$T/json" 2>"$T/err" || die "$* failed on $m"
    awk -F '[:,]' '
        { gsub(/[ \t"]/, "") }
        $1 == "n_prompt" { p = $2 } $1 == "n_gen" { n = $2 }
        $1 == "avg_ts" { if (p > 0 && n == 0) prompt = $2; if (n > 0 && p == 0) predict = $2 }
        END { if (!(prompt > 0 && predict > 0)) exit 1; print prompt, predict }' "$T/json" || die "no results in what $* prints"
}

echo 'model,isa,threads,rounds,peer,measure,ours,theirs,ratio,least,most' >"$csv"
printf '%-20s %-14s %-11s %10s %10s  %s\n' model against '' llrun theirs 'ratio (least - most)'
for model; do
    short=${model##*/}; short=$(echo "${short%.gguf}" | tr ', ' '__')
    : >"$T/lines"
    i=0
    while [ $i -lt "$rounds" ]; do
        for peer in llama.cpp ik_llama.cpp; do
            case $peer in llama.cpp) command=${LLAMA_BENCH:-};; *) command=${IK_BENCH:-};; esac
            [ -n "$command" ] || continue
            a=$(ours "$model") || exit 1
            isa_used=$(number isa) THREADS=$(number threads)
            b=$(theirs "$model" $command) || exit 1
            echo "$peer $a $b" >>"$T/lines"
        done
        i=$((i + 1))
    done
    awk -v model="$short" -v isa="$isa_used" -v threads="$THREADS" -v rounds="$rounds" '
        function sort(x, n,   i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && x[j - 1] > x[j]; j--) { t = x[j]; x[j] = x[j - 1]; x[j - 1] = t } }
        function median(x, n) { sort(x, n); return n % 2 ? x[(n + 1) / 2] : (x[n / 2] + x[n / 2 + 1]) / 2 }
        function row(peer, measure, col,   i, n, f, a, b, r, m) {
            for (i = 1; i <= NR; i++) {
                split(line[i], f, " ")
                if (f[1] == peer) { a[++n] = f[col] + 0; b[n] = f[col + 2] + 0; r[n] = a[n] / b[n] }
            }
            m = median(r, n)
            printf "%s,%s,%d,%d,%s,%s,%.6g,%.6g,%.4g,%.4g,%.4g\n", model, isa, threads, rounds, peer, measure, median(a, n), median(b, n), m, r[1], r[n]
        }
        { line[NR] = $0; if (!($1 in seen)) { seen[$1] = 1; peer[++peers] = $1 } }
        END { for (i = 1; i <= peers; i++) { row(peer[i], "prompt", 2); row(peer[i], "generation", 3) } }' "$T/lines" >"$T/rows" || exit 1
    cat "$T/rows" >>"$csv"
    awk -F, '{ printf "%-20s %-14s %-11s %10.1f %10.1f  %.2f (%.2f - %.2f)\n", $1, $5, $6, $7, $8, $9, $10, $11 }' "$T/rows"
done
echo "$csv written"
