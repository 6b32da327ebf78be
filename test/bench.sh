#!/bin/sh
# bench.sh LLRUN BUILD MODEL ...: the speed of models with every kernel tier that this CPU can run, beside what the machine
# could do: reading the same file and multiplying in registers, measured within every single run. A table on standard output,
# all numbers in BUILD/bench.csv, the shares in BUILD/bench.svg.
#
# The machine is never quiet, so each round runs all tiers in turn, and medians count. From the environment: ROUNDS; PROMPT and
# PREDICT tokens; DEPTH: generation so far into a context; SEQUENCES generated together; TIERS, THREADS; PATIENCE: a tier that
# takes longer than so many seconds is run once; RUN: a command in front of every run (nice, taskset); PAUSE: seconds of rest before it,
# for machines that slow down under load.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA
[ $# -ge 3 ] || { echo 'usage: bench.sh LLRUN BUILD MODEL ...' >&2; exit 2; }
llrun=$1 build=$2; shift 2
rounds=${ROUNDS:-5} prompt=${PROMPT:-256} predict=${PREDICT:-32} depth=${DEPTH:-8192} sequences=${SEQUENCES:-8} patience=${PATIENCE:-30}
threads=${THREADS:+-t $THREADS} run=${RUN:-} pause=${PAUSE:-0}
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-bench.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
csv=$build/bench.csv svg=$build/bench.svg

list() { sed -n 's/.*"'"$1"'": *\[\([^]]*\)\].*/\1/p' | tr -d '" ' | tr ',' ' '; }
number() { sed -n 's/.*"'"$1"'":\([0-9.e+-]*\)[,}].*/\1/p'; }              # KEY of the object on standard input; nothing if null
tiers=${TIERS:-$($llrun cpu --json | list usable)}
best=${tiers##* }
[ -n "$best" ] || { echo 'bench.sh: llrun cpu names no tier' >&2; exit 1; }

# measure MODEL TIER NAME OPTIONS ...: a line of NAME TIER prompt GOP/s peak generation GB/s reading sequences, - for unknown
measure() {
    m=$1 tier=$2 name=$3; shift 3
    sleep "$pause"
    $run "$llrun" bench "$m" --isa "$tier" $threads --json -q -r 1 "$@" >"$T/json" || { echo "bench.sh: llrun bench $m --isa $tier $* failed" >&2; exit 1; }
    set -- "$name" "$tier"
    for k in prefill_tps prefill_gops peak_gops decode_tps decode_gbps stream_gbps sequences; do v=$(number $k <"$T/json"); set -- "$@" "${v:--}"; done
    echo "$*"
}

echo 'model,isa,threads,runs,measure,value,least,most,unit,roofline,share' >"$csv"
for model; do
    short=${model##*/}; short=$(echo "${short%.gguf}" | tr ',<>&"' '_____')
    : >"$T/lines"; slow=' '
    i=0
    while [ $i -lt "$rounds" ]; do
        for tier in $tiers; do
            case $slow in *" $tier "*) continue;; esac
            measure "$model" $tier plain -p "$prompt" -n "$predict" >>"$T/lines" || exit 1
            seconds=$(tail -n 1 "$T/lines" | awk -v p="$prompt" -v n="$predict" '{ printf "%d", p / ($3 + 1e-9) + n / ($6 + 1e-9) }')
            [ "$seconds" -le "$patience" ] || slow="$slow$tier "
        done
        measure "$model" $best together -p 0 -n "$predict" --sequences "$sequences" >>"$T/lines" || exit 1
        i=$((i + 1))
    done
    sleep "$pause"
    $run "$llrun" bench "$model" --isa $best $threads --json -q -r "$rounds" -p 0 -n "$predict" -d "$depth" >"$T/json" || exit 1
    deep=$(number decode_tps <"$T/json") n_threads=$(number threads <"$T/json")
    sleep "$pause"
    start=$($run "$build/child" -f $((2 * rounds + 1)) "$llrun" run "$model" --isa $best $threads --tokens 1 --ids -n 1 --temp 0 --ignore-eos -q) || exit 1
    awk -v model="$short" -v threads="$n_threads" -v best=$best -v deep="$deep" -v depth="$depth" -v start="$start" -v rounds="$rounds" '
        function sort(x, n,   i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && x[j - 1] > x[j]; j--) { t = x[j]; x[j] = x[j - 1]; x[j - 1] = t } }
        function median(x, n) { return n % 2 ? x[(n + 1) / 2] : (x[n / 2] + x[n / 2 + 1]) / 2 }
        # measure, unit, columns of the value, of what was reached and of what the machine could do (0: none)
        function row(name, tier, measure, unit, col, got, could,   i, n, k, c, f, x, s, y, roof, share) {
            n = k = 0
            for (i = 1; i <= NR; i++) {
                split(line[i], f, " ")
                if (f[1] != name || f[2] != tier || f[col] == "-") continue
                x[++n] = f[col] + 0
                if (could && f[could] != "-" && f[got] > 0) { s[++k] = f[got] / f[could]; y[k] = f[col] / s[k] }
            }
            if (!n) return 0
            sort(x, n); sort(s, k); sort(y, k)
            roof = k ? sprintf("%.6g", median(y, k)) : ""; share = k ? sprintf("%.3f", median(s, k)) : ""
            printf "%s,%s,%d,%d,%s,%.6g,%.6g,%.6g,%s,%s,%s\n", model, tier, threads, n, measure, median(x, n), x[1], x[n], unit, roof, share
            return median(x, n)
        }
        { line[NR] = $0; if (!($2 in seen)) { seen[$2] = 1; tier[++tiers] = $2 } if ($1 == "together") sequences = $9 }
        END {
            for (t = 1; t <= tiers; t++) {
                row("plain", tier[t], "prompt", "tokens/s", 3, 4, 5)
                one = row("plain", tier[t], "generation", "tokens/s", 6, 7, 8)
                if (tier[t] == best) alone = one
                row("plain", tier[t], "registers", "GOP/s", 5, 0, 0)
                row("plain", tier[t], "reading", "GB/s", 8, 0, 0)
            }
            row("together", best, "sequences-" sequences, "tokens/s", 6, 0, 0)
            printf "%s,%s,%d,%d,generation-at-%d,%.6g,,,tokens/s,,\n", model, best, threads, rounds, depth, deep
            printf "%s,%s,%d,%d,start,%.6g,,,ms,,\n", model, best, threads, 2 * rounds + 1, start
        }' "$T/lines" >"$T/rows" || exit 1
    cat "$T/rows" >>"$csv"
    awk -F, -v depth="$depth" '
        function percent(x) { return x == "" ? "" : sprintf("%d %%", 100 * x + 0.5) }
        $5 == "prompt" { if (!n++) printf "%s, %d thread%s\n%-8s  %18s  %12s  %18s  %10s\n", $1, $3, ($3 == 1 ? "" : "s"), "tier", "prompt tokens/s", "of registers", "generated/s", "of reading"
                         tier = $2; tps = $6; share = percent($11) }
        $5 == "generation" { printf "%-8s  %18.1f  %12s  %18.1f  %10s%s\n", tier, tps, share, $6, percent($11), ($4 > 1 ? "" : "  (one run)"); alone[$2] = $6 }
        $5 ~ /^sequences-/ { printf "%d sequences together with %s: %.1f tokens/s, %.2f times one\n", substr($5, 11), $2, $6, $6 / alone[$2] }
        $5 ~ /^generation-at-/ { printf "a token with %s: %.2f ms, after %d others %.2f ms\n", $2, 1e3 / alone[$2], depth, 1e3 / $6 }
        $5 == "start" { printf "from exec to the first token with %s: %.1f ms, of which the token itself %.1f ms\n\n", $2, $6, 1e3 / alone[$2] }' "$T/rows"
done

# Two bars per model and tier: how much of what the machine could do is reached.
awk -F, '
    NR > 1 && ($5 == "prompt" || $5 == "generation") {
        if ($5 == "prompt") { n++; model[n] = $1; tier[n] = $2 }
        tps[n, $5] = $6; share[n, $5] = $11
    }
    function text(x, y, s, more) { printf "<text x=\"%d\" y=\"%d\"%s>%s</text>\n", x, y, more, s }
    function bar(x, y, what, i, color,   w) {
        w = share[i, what] > 1 ? width : width * share[i, what]
        printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"13\" fill=\"#e4e4e4\"/><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"13\" fill=\"%s\"/>\n", x, y, width, x, y, w, color
        text(x + width + 6, y + 11, (share[i, what] == "" ? "" : sprintf("%d %%, ", 100 * share[i, what] + 0.5)) sprintf(tps[i, what] < 100 ? "%.1f/s" : "%d/s", tps[i, what]), "")
    }
    END {
        width = 200
        height = 40 + 18 * n
        for (i = 1; i <= n; i++) if (model[i] != model[i - 1]) height += 30
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"700\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"700\" height=\"%d\" fill=\"white\"/>\n", height, height
        text(80, 24, "prompt: share of products in registers", "")
        text(390, 24, "generation: share of reading memory", "")
        y = 34
        for (i = 1; i <= n; i++) {
            if (model[i] != model[i - 1]) { y += 30; text(10, y - 6, model[i], " font-weight=\"bold\"") }
            text(18, y + 11, tier[i], "")
            bar(80, y, "prompt", i, "#3b6ea8"); bar(390, y, "generation", i, "#4c9a52")
            y += 18
        }
        print "</svg>"
    }' "$csv" >"$svg" || exit 1
echo "$csv and $svg written"
