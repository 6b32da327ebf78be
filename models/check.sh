# Checks that need more than one run of the trainer: sh check.sh BUILD_FOLDER. LLRUN names the program.
set -eu
B=$1
rm -f "$B"/check-*
failed=0
result() { if [ "$2" = 0 ]; then echo "$1: ok"; else echo "$1: FAILED"; failed=1; fi; }

# Any number of threads and any interruption: the same file, bit for bit.
"$B/train" --steps 12 --threads 1 --out "$B/check-1.gguf" 2> /dev/null
"$B/train" --steps 12 --threads 2 --save "$B/check-save" --out "$B/check-2.gguf" 2> "$B/check-log" & pid=$!
sleep 5
kill -INT $pid 2> /dev/null || true
wait $pid || true
grep -q 'stopped at step' "$B/check-log" || echo 'note: it was too fast to be interrupted'
"$B/train" --steps 12 --threads 2 --save "$B/check-save" --out "$B/check-2.gguf" 2>> "$B/check-log"
cmp "$B/check-1.gguf" "$B/check-2.gguf" && r=0 || r=1
result 'one thread, and two with an interruption, give the same file' $r

# The tokenizer in the file, as llrun applies it, gives the ids that the trainer used.
"$B/train" --print ids --count 1000 > "$B/check-ids"
cut -f 1 "$B/check-ids" | "$LLRUN" tokenize "$B/check-1.gguf" --no-bos --jsonl -q > "$B/check-theirs"
cut -f 2 "$B/check-ids" > "$B/check-ours"
cmp "$B/check-ours" "$B/check-theirs" && r=0 || r=1
result 'ids of 1000 documents, against llrun' $r
rm -f "$B"/check-*
exit $failed
