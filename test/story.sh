#!/bin/sh
# story.sh LLRUN [MODEL]: the model in the box. Its greedy answers are those of test/story.txt on every kernel tier and for any
# number of threads, and it predicts the held-out stories of test/heldout.txt as well as when it was made.
# story.sh --write LLRUN [MODEL] writes test/story.txt anew, for a model that was trained anew.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA
write=0
if [ "$1" = --write ]; then write=1; shift; fi
llrun=$1 model=${2:-models/storyteller.gguf} here=$(dirname "$0")
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-story.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL story: $*"; }

# Stories have many places where two wordings are almost equally probable; with --exact all tiers still choose the same.
answers() {   # OPTIONS ...
    for question in 'What does exit status 0xc0000005 mean?' 'Why was my process Killed?' 'What is q4_0?' 'Do I need AVX2?' 'What is the KV cache?'; do
        "$llrun" run -q "$model" -p "$question" --temp 0 "$@"
    done
    "$llrun" run -q "$model" -p 'Tell me a story.' --temp 0 --exact "$@"
    for i in 1 2 3 4; do
        printf '%s' "$(awk -v RS='----\n' "NR == $i" "$here/heldout.txt")" >"$T/text"
        "$llrun" perplexity "$model" -f "$T/text" --json "$@" | sed 's/.*"nll": *\([0-9]*\.[0-9][0-9][0-9][0-9]\).*/held-out story: loss \1/'
    done
}
# The same lines; the losses of tiers with and without fused multiply-add are apart by a little.
alike() { awk 'NR == FNR { want[NR] = $0; n = NR; next } { i++; if ($0 == want[i]) next
    split($0, a, "loss "); split(want[i], b, "loss "); d = a[2] - b[2]; if (a[1] != b[1] || a[2] == "" || d > 0.005 || d < -0.005) bad = 1 } END { exit bad || i != n }' "$1" "$2"; }
story() { "$llrun" run -q "$model" -p 'Once upon a time' --raw --temp 0 "$@"; }

if [ $write = 1 ]; then answers >"$here/story.txt"; exit; fi
"$llrun" run -q "$model" -p 'Tell me a story.' -n 3 >/dev/null || { fail "$model does not run"; echo "$passed passed, $failed failed"; exit 1; }
for isa in $("$llrun" cpu --json | sed -n 's/.*"usable": *\[\([^]]*\)\].*/\1/p' | tr -d '" ' | tr ',' ' '); do
    for threads in 1 3; do
        answers --isa "$isa" -t $threads >"$T/out" 2>"$T/err"
        story --isa "$isa" -t $threads >"$T/story.$threads"
        if alike "$here/story.txt" "$T/out"; then pass; else fail "$isa, $threads threads"; diff "$T/out" "$here/story.txt" | head -n 6; cat "$T/err"; fi
    done
    if cmp "$T/story.1" "$T/story.3"; then pass; else fail "$isa: another story with 3 threads"; fi
    if [ "$(tr -cd '.!?' <"$T/story.1" | wc -c)" -ge 10 ]; then pass; else fail "$isa: no sentences"; fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
