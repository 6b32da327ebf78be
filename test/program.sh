#!/bin/sh
# program.sh LLRUN BUILD: the program from outside, on small random models made by BUILD/make_model: every command, exit
# codes, what goes to which stream, signals, full disks, damaged files, and the same bytes for all threads and batches.
# MEMORY=0: no tests with limited memory; SANITIZERS=1: none of what sanitizers do themselves. CC: for the example in README.md.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA
llrun=$1 build=$2
make_model=$build/make_model child=$build/child
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-program.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
out=$T/out err=$T/err
passed=0 failed=0 part=''

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL $part: $*"; [ ! -s "$err" ] || sed 's/^/       stderr: /' "$err" | head -n 4; }
section() { part=$1; echo "     $part"; }
check() { what=$1; shift; if "$@" >/dev/null 2>&1; then pass; else fail "$what"; fi; }     # what must be true, COMMAND
# t CODE ARGS ...: runs llrun; output in $out and $err; exit code; an error has its line and leaves standard output empty
in=/dev/null
t() {
    want=$1; shift
    "$child" -t 120 "$llrun" "$@" <"$in" >"$out" 2>"$err"
    code=$?
    if [ "$code" != "$want" ]; then fail "exit $code instead of $want: llrun $*"; return 1; fi
    pass
    case $code in 0|130|143) return 0;; esac
    if head -n 1 "$err" | grep -q '^llrun: error: .'; then pass; else fail "no 'llrun: error: ' line: llrun $*"; fi
    case $code$1 in 5plan) return 0;; esac
    if [ -s "$out" ]; then fail "an error, but output: llrun $*"; else pass; fi
}
said() { check "does not say '$1'" grep -q -i -e "$1" "$err"; }
printed() { check "does not print '$1'" grep -q -e "$1" "$out"; }
silent() { check 'says something on standard error' test ! -s "$err"; }
is() { check "$2 instead of $1" test "$1" = "$2"; }
same() { check "$1 and $2 differ" cmp "$1" "$2"; }
json() { sed -n 's/.*"'"$2"'": *"\{0,1\}\([^",}]*\).*/\1/p' "$1"; }          # FILE, KEY: its first scalar value
model() { "$make_model" "$@" >/dev/null || { echo "cannot make $*"; echo '0 passed, 1 failed'; exit 1; }; }

m=$T/tiny.gguf
model "$m" --type q4_0
model "$T/f32.gguf" --type f32 --embd 64 --ff 96 --heads 4 --arch qwen3 --ctx 256
model "$T/ids.gguf" --type q8_0 --no-vocab --embd 64 --ff 64
model "$T/small.gguf" --type q4_K --layers 2 --vocab 300 --ctx 4096

section 'help and version'
for a in help --help -h version --version; do t 0 $a && { check "$a prints nothing" test -s "$out"; silent; }; done
t 0 help; for c in run show plan cpu tokenize detokenize logits perplexity dump bench template; do printed "$c"; done
for c in run show plan cpu tokenize detokenize logits perplexity dump bench template; do t 0 help $c && check "help $c" test -s "$out"; done
t 0 --version; printed '[0-9]\.[0-9]'

section 'cpu'
t 0 cpu; check 'cpu prints nothing' test -s "$out"
t 0 cpu --json; is 1 "$(wc -l <"$out" | tr -d ' ')"
chosen=$(json "$out" chosen)
usable=$(sed -n 's/.*"usable": *\[\([^]]*\)\].*/\1/p' "$out" | tr -d '" ' | tr ',' ' ')
check "chosen '$chosen' is not among the usable '$usable'" sh -c 'case " $1 " in *" $2 "*) ;; *) exit 1;; esac' - "$usable" "$chosen"

section 'show'
t 0 show "$m"; printed llama; printed q4_0; printed token_embd.weight
t 0 show "$m" --json; is 1 "$(wc -l <"$out" | tr -d ' ')"
t 0 show "$T/ids.gguf"

t 0 show "$m" --checksum; printed '^sha256  *[0-9a-f]\{64\}$'; printed 'output_norm.weight \[256\] [0-9a-f]\{64\}$'
if command -v sha256sum >/dev/null; then
    sum() { sha256sum | cut -d ' ' -f 1; }
    for f in "$m" "$T/ids.gguf" "$T/f32.gguf"; do
        t 0 show "$f" --checksum; is "$(sum <"$f")" "$(sed -n 's/^sha256  *//p' "$out")"
        t 0 show "$f" --checksum --json; is "$(sum <"$f")" "$(sed -n 's/.*"files":\[{"bytes":[0-9]*,"sha256":"\([0-9a-f]*\)"}\]}$/\1/p' "$out")"
        tr '{' '\n' <"$out" | sed -n 's/^"name":"\([^"]*\)".*"bytes":\([0-9]*\),"offset":\([0-9]*\),"file":0,"sha256":"\([0-9a-f]*\)".*/\1 \2 \3 \4/p' | head -n 8 >"$T/sums"
        check 'no sums of tensors' test -s "$T/sums"
        while read -r name bytes offset want; do
            got=$(tail -c "+$((offset + 1))" "$f" | head -c "$bytes" | sum)
            check "the sum of $name is $want instead of $got" test "$want" = "$got"
        done <"$T/sums"
    done
fi

section 'plan'
t 0 plan "$m"
t 0 plan "$m" -c 128 -b 16 --kv q8_0 --json; is 1 "$(wc -l <"$out" | tr -d ' ')"
for k in weights_bytes kv_bytes scratch_bytes other_bytes total_bytes resident_bytes available_bytes; do
    case $(json "$out" $k) in ''|*[!0-9]*) fail "plan --json has no number $k";; *) pass;; esac
done
is true "$(json "$out" fits)"
q8=$(json "$out" kv_bytes); t 0 plan "$m" -c 128 --kv f16 --json; f16=$(json "$out" kv_bytes); t 0 plan "$m" -c 128 --kv f32 --json
check 'KV of q8_0 < f16 < f32' test "$q8" -lt "$f16" -a "$f16" -lt "$(json "$out" kv_bytes)"
model "$T/wide.gguf" --type q4_0 --layers 1 --embd 2048 --ff 8192 --heads 32 --kv-heads 8 --vocab 264 --ctx 4096     # a layer of 1.1 billion weights' shape
t 0 plan "$T/wide.gguf" -c 4096 -b 512 -t 2 --json; check 'a batch of 512 takes more than 60 MB beside weights and KV' test "$(($(json "$out" scratch_bytes) + $(json "$out" other_bytes)))" -lt 60000000
rm "$T/wide.gguf"

section 'run'
gen="-n 12 --temp 0 --ignore-eos"
t 0 run "$m" -p 'ab cd' --raw $gen; cp "$out" "$T/text"; check 'no text' test -s "$out"
is '0a' "$(tail -c 1 "$out" | od -An -tx1 | tr -d ' ')"
t 0 "$m" -p 'ab cd' --raw $gen; same "$out" "$T/text"
t 0 run -n 12 --raw --temp=0 --ignore-eos -p 'ab cd' "$m"; same "$out" "$T/text"
t 0 run --raw -m "$m" --temp=0 -n 12 --ignore-eos -p 'ab cd'; same "$out" "$T/text"
printf 'ab cd' >"$T/prompt"
t 0 run "$m" -f "$T/prompt" --raw $gen; same "$out" "$T/text"
t 0 run "$m" -p 'ab cd' --raw $gen -q; same "$out" "$T/text"; silent
t 0 run "$m" -p 'ab cd' --raw $gen --no-mmap; same "$out" "$T/text"
t 0 run "$m" -p 'ab cd' --raw $gen --ids; cp "$out" "$T/ids"; is 12 "$(tr -d -c ',' <"$out" | wc -c | awk '{ print $1 + 1 }')"
t 0 tokenize "$m" --no-special </dev/null
in=$T/prompt; t 0 tokenize "$m"; in=/dev/null; prompt_ids=$(tr -d '[] \n' <"$out")
t 0 run "$m" --tokens "$prompt_ids" --ids $gen; same "$out" "$T/ids"
t 0 run "$T/ids.gguf" --tokens 1,2,3 --ids $gen
t 0 run "$m" -p ab --raw -n 8 --temp 0.8 --top-k 20 --top-p 0.9 --min-p 0.05 --repeat-penalty 1.1 -s 7 --ids --ignore-eos; cp "$out" "$T/seed"
t 0 run "$m" -p ab --raw -n 8 --temp 0.8 --top-k 20 --top-p 0.9 --min-p 0.05 --repeat-penalty 1.1 --seed 7 --ids --ignore-eos; same "$out" "$T/seed"
t 0 run "$m" -p ab --raw -n 40 --temp 1 --ids --ignore-eos --seed 8; cp "$out" "$T/seed8"
t 0 run "$m" -p ab --raw -n 40 --temp 1 --ids --ignore-eos --seed 9; check 'another seed, the same ids' sh -c '! cmp -s "$1" "$2"' - "$out" "$T/seed8"
t 0 run "$m" -p 'ab cd' --raw -n 60 --temp 0 --ignore-eos; cp "$out" "$T/text"
stop=$(tr -c 'a-z' '\n' <"$T/text" | awk 'length >= 2 { print substr($0, 1, 2); exit }')   # letters: all else may come out as U+FFFD
t 0 run "$m" -p 'ab cd' --raw -n 60 --temp 0 --ignore-eos --stop "$stop"
cut=$(awk -v stop="$stop" '{ i = index($0, stop); if (i) { print n + i - 1; exit } n += length($0) + 1 }' "$T/text")
{ head -c "$cut" "$T/text"; echo; } >"$T/stopped"; same "$out" "$T/stopped"

section 'guesses'
# the same ids with and without, greedy and sampled, whatever ends the text; the small model soon repeats itself
model "$T/loop.gguf" --type q8_0 --layers 2 --vocab 300 --ctx 512
model "$T/draft.gguf" --type q4_0 --layers 1 --embd 64 --ff 64 --heads 2 --vocab 300 --ctx 512 --seed 3
model "$T/says.gguf" --says 'one| two| three| four| five| six'
same_with() {   # ARGS ...: --guess off against all others
    t 0 run "$@" --guess off; cp "$out" "$T/off"
    for g in auto '2' '15' '4 --draft '"$T/loop.gguf" 'auto --draft '"$T/draft.gguf" '15 -b 3'; do t 0 run "$@" --guess $g; same "$out" "$T/off"; done
}
loop="$T/loop.gguf -p ab --raw"
same_with $loop --temp 0 -n 200 --ignore-eos --ids
for s in 1 2 3; do same_with $loop --temp 0.6 --repeat-penalty 1.1 --frequency-penalty 0.1 -s $s -n 150 --ignore-eos --ids; done
same_with $loop --temp 0 -n 31 --ignore-eos --ids
same_with $loop --temp 0 --ignore-eos --ids -c 100
same_with $loop --temp 0 -n 200 --ignore-eos
text=$(tail -c 60 "$T/off" | tr -c 'a-z' '\n' | awk 'length >= 3 { print substr($0, 1, 3); exit }')      # letters: all else may come out as U+FFFD
[ -z "$text" ] || same_with $loop --temp 0 -n 200 --ignore-eos --stop "$text"
same_with "$T/loop.gguf" --tokens 5,6,7,8,5,6,7,8,5,6,7 --temp 0 -n 60 --ignore-eos --ids --kv q8_0 --exact
t 0 run $loop --temp 0 -n 200 --ignore-eos --json --guess 8
check "accepted $(json "$out" accepted_tokens) of $(json "$out" drafted_tokens) in 200" test "$(json "$out" accepted_tokens)" -gt 50 -a "$(json "$out" drafted_tokens)" -ge "$(json "$out" accepted_tokens)"
said 'drafted [0-9]*, accepted [0-9]*'
t 0 run $loop --temp 0 -n 200 --ignore-eos --json --guess off; is '0 0' "$(json "$out" drafted_tokens) $(json "$out" accepted_tokens)"
# the end of the text is among the guesses
t 0 run "$T/says.gguf" -p 'one two three four five six</s>one two three four five six</s>one' --raw --temp 0 --guess 15 --json; printed '"content":" \{0,1\}two three four five six".*"finish":"stop"'
check 'nothing was accepted' test "$(json "$out" accepted_tokens)" -gt 2
t 0 run $loop --temp 0 -n 100 --ignore-eos --json --guess 4 --draft "$T/loop.gguf"; check 'a draft that is the model is not accepted' test "$(json "$out" accepted_tokens)" -gt 60
t 0 plan "$T/loop.gguf" --json; without=$(json "$out" total_bytes); is 0 "$(json "$out" draft_bytes)"
t 0 plan "$T/loop.gguf" --json --guess off; check '--guess takes no memory' test "$(json "$out" total_bytes)" -lt "$without"
t 0 plan "$T/loop.gguf" --json --draft "$T/draft.gguf"; is "$((without + $(json "$out" draft_bytes)))" "$(json "$out" total_bytes)"
t 2 run $loop --guess 0; t 2 run $loop --guess 16; said 15; t 2 run $loop --guess some; t 2 run $loop --guess off --draft "$T/draft.gguf"
t 2 run $loop --draft "$m"; said 'token'; t 2 run "$T/says.gguf" -p x --raw --draft "$T/draft.gguf"; said 'vocabulary'
sed 's/<0x7A>/<0x5F>/' "$T/draft.gguf" >"$T/other.gguf"; t 2 run $loop --draft "$T/other.gguf"; said 'token 125 is "_", and in the model "z"'
t 3 run $loop --draft "$T/absent.gguf"; said 'draft model.*absent'

section 'templates and chat'
jinja='{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}|{% endfor %}{% if add_generation_prompt %}model:{% endif %}'
chat=$T/chat.gguf
model "$chat" --type q4_0 --template "$jinja"
printf '%s\n' "$jinja" >"$T/t.jinja"
printf '{"messages":[{"role":"user","content":"a\\u00f6 \\"b"}],"bos_token":"<s>","add_generation_prompt":true}' >"$T/vars"
in=$T/vars
t 0 template "$T/t.jinja"; is '<s>user: aö "b|model:' "$(cat "$out")"; cp "$out" "$T/rendered"
t 0 template "$chat"; same "$out" "$T/rendered"
t 0 template "$chat" --jsonl; is '"<s>user: aö \"b|model:"' "$(cat "$out")"
printf '{{ raise_exception("no way") }}' >"$T/raise.jinja"; t 4 template "$T/raise.jinja"; said 'no way'
t 0 template "$T/raise.jinja" --jsonl; printed '^{"error": "no way"}$'
printf 'a\n{%% nothing %%}' >"$T/bad.jinja"; t 4 template "$T/bad.jinja"; said 'line 2'
in=$T/prompt; t 4 template "$m"; in=/dev/null
t 0 run "$chat" -p 'ab cd' $gen --ids; cp "$out" "$T/answer"
t 0 run "$chat" 'ab cd' $gen --ids; same "$out" "$T/answer"
t 0 run "$chat" -p 'user: ab cd|model:' --raw $gen --ids; same "$out" "$T/answer"
t 0 run "$chat" -p 'ab cd' --system 'be brief' $gen --ids; cp "$out" "$T/answer"
t 0 run "$chat" -p 'system: be brief|user: ab cd|model:' --raw $gen --ids; same "$out" "$T/answer"
t 0 run "$m" -p 'ab cd' $gen --ids; said 'no chat template'
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then     # gives the program a terminal
    printf 'ab cd\n/help\n/nonsense\n/clear\nef\n/bye\n' | "$child" -t 60 script -qec "$llrun run $chat -n 8 --temp 0" /dev/null >"$out" 2>"$err"; is 0 $?
    printed '/clear  '; printed 'no such command: /nonsense'
    printf 'ab cd\n' | "$child" -t 60 script -qec "$llrun run $m -n 8" /dev/null >"$out" 2>"$err"; is 2 $?; printed 'no chat template'
else echo '     no chat on a terminal: there is no script(1)'; fi

section 'tokenize and detokenize'
printf 'ab  cd\nw\303\266rld </s>' >"$T/utf8"
in=$T/utf8
t 0 tokenize "$m"; with=$(cat "$out"); t 0 tokenize "$m" --no-bos; without=$(cat "$out")
is "[1,$(echo "$without" | tr -d '[ ')" "$(echo "$with" | tr -d ' ')"
t 0 tokenize "$m" --no-bos --no-special; plain=$(tr -d '[] \n' <"$out")
in=/dev/null
t 0 detokenize "$m" --tokens "$plain"; same "$out" "$T/utf8"
t 0 detokenize "$m" --tokens "$plain" --hex; is "$(od -An -v -tx1 "$T/utf8" | tr -d ' \n')" "$(cat "$out")"
printf '"ab"\n"cd \\u00f6"\n""\n' >"$T/jsonl"; in=$T/jsonl; t 0 tokenize "$m" --jsonl; is 3 "$(wc -l <"$out" | tr -d ' ')"
cp "$out" "$T/idlines"; in=$T/idlines; t 0 detokenize "$m" --jsonl --hex; is 3 "$(wc -l <"$out" | tr -d ' ')"; in=/dev/null
# escapes beyond 16 bits, and halves of them
printf '"\\ud83d\\ude00"\n"\360\237\230\200"\n"\\ud83d"\n"\\ude00\\ud83d"\n"\357\277\275\357\277\275"\n' >"$T/jsonl"; in=$T/jsonl; t 0 tokenize "$m" --jsonl; in=/dev/null
is "$(sed -n 1p "$out")" "$(sed -n 2p "$out")"; is "$(sed -n 4p "$out")" "$(sed -n 5p "$out")"; check 'a half is nothing' test "$(sed -n 3p "$out")" != '[]'
for line in '"\ud83"' '"\x41"' '"a' 'a"' '1' 'NaN' '"a""b"'; do printf '%s\n' "$line" >"$T/jsonl"; in=$T/jsonl; t 2 tokenize "$m" --jsonl; done; in=/dev/null
t 2 detokenize "$m" --tokens 1,99999
t 4 tokenize "$T/ids.gguf"

section 'logits, perplexity, dump, bench'
t 0 logits "$m" --tokens 1,2,3; is 2048 "$(wc -c <"$out" | tr -d ' ')"; cp "$out" "$T/last"
t 0 logits "$m" --tokens 1,2,3 --all -o "$T/all"; is 6144 "$(wc -c <"$T/all" | tr -d ' ')"; check 'writes to both' test ! -s "$out"
tail -c 2048 "$T/all" >"$T/tail"; same "$T/tail" "$T/last"
printf '1\n2 , 3\n' >"$T/list"; t 0 logits "$m" --tokens "@$T/list"; same "$out" "$T/last"
t 0 perplexity "$m" --tokens 1,5,6,7,8 --json; is 4 "$(json "$out" n)"; check 'no nll' test -n "$(json "$out" nll)"
t 0 perplexity "$m" -f "$T/utf8"
# a text in pieces of the context, each after a BOS: as if every piece were a text
awk 'BEGIN { for (i = 0; i < 60; i++) printf "%c", 97 + i * i % 23 }' >"$T/letters"
in=$T/letters; t 0 tokenize "$m"; in=/dev/null; tr -d '[]' <"$out" >"$T/pieces"
t 0 perplexity "$m" -f "$T/letters" -c 16 --json; cp "$out" "$T/whole"
tr ',' '\n' <"$T/pieces" | awk '{ id[NR] = $1 } END { for (i = 2; i <= NR; i += 15) { s = id[1]; for (k = i; k < i + 15 && k <= NR; k++) s = s "," id[k]; print s } }' >"$T/lists"
while read -r list; do t 0 perplexity "$m" --tokens "$list" --json; echo "$(json "$out" n) $(json "$out" nll)"; done <"$T/lists" >"$T/parts"
is "$(grep -c . "$T/lists")" "$(json "$T/whole" pieces)"
check 'the pieces of a text do not add up' awk -v n="$(json "$T/whole" n)" -v nll="$(json "$T/whole" nll)" '{ m += $1; sum += $1 * $2 } END { d = sum / m - nll; exit !(m == n && d < 1e-6 && d > -1e-6) }' "$T/parts"
t 0 dump "$m" output_norm.weight; is 1024 "$(wc -c <"$out" | tr -d ' ')"
t 0 dump "$m" blk.1.ffn_down.weight -o "$T/dump"; is 524288 "$(wc -c <"$T/dump" | tr -d ' ')"
t 2 dump "$m" no.such.tensor
t 0 bench "$m" -p 16 -n 4 -r 1 --json
for k in prefill_tps decode_tps stream_gbps decode_gbps peak_gops prefill_gops isa threads depth sequences; do check "bench --json has no $k" test -n "$(json "$out" $k)"; done

section 'wrong usage'
t 2 run; t 2 run "$m" --no-such-option; said no-such-option
t 2 run "$m" -p; t 2 run "$m" -p x --raw -n; t 2 run "$m" -p x --raw -n twelve; said twelve
t 2 run "$m" -p x --raw -c -5; t 2 run "$m" -p x --raw -t 0x; t 2 run "$m" -p x --raw --temp warm; t 2 run "$m" -p x --raw --kv q3
t 2 run "$m" -p x --raw --isa mmx; t 2 logits "$m"; t 2 logits "$m" --tokens 1,x; t 2 logits "$m" --tokens 1,-2
t 2 logits "$m" --tokens 1,2,512; said 512
t 1 logits "$m" --tokens "@$T/absent"; said absent; t 2 detokenize "$m"; t 2 show; t 2 tokenize; t 2 help no-such-command
t 2 show "$m" "$m"
t 2 logits "$T/f32.gguf" --tokens 1,2,3,4,5,6,7,8 -c 4; said 8
t 2 run "$m" -p 'abcdefghijklmnop' --raw -n 1 -c 8; said 'the prompt has [0-9]* tokens, the context 8'
for n in '' + - 1.5 ' 1' 0x1 -2 1000000001 99999999999999999999; do t 2 run "$m" -p x --raw -n "$n"; said 'whole number\|must be from'; done
for x in '' nan inf 0x1 ' 1' 1,5 -1 1e7; do t 2 run "$m" -p x --raw --temp "$x"; said 'not a number\|must be from'; done
t 2 run "$m" -p x --raw -t 0; t 2 run "$m" -p x --raw -t 513; t 2 run "$m" -p x --raw --top-p 1.01; t 2 run "$m" -p x --raw -b 0; t 2 bench "$m" -r 0
t 2 run "$m" -p x --raw --stop ''; t 2 run "$m" -p x --raw=1; said 'takes no value'; t 2 run "$m" a b c d; said quotes
stops=''; for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do stops="$stops --stop zz$n"; done
t 0 run "$m" -p x --raw -n 1 $stops; t 2 run "$m" -p x --raw -n 1 $stops --stop more; said 'at most 16'
t 0 run "$m" --raw $gen --ids -p --raw; cp "$out" "$T/dashes"; t 0 run "$m" --raw $gen --ids -- --raw; same "$out" "$T/dashes"
"$child" "$llrun" <"$in" >"$out" 2>"$err"; is 2 $?; check 'no usage' test -s "$err"

section 'files that are no models'
mkdir "$T/dir"
head -c 5000 "$m" >"$T/cut.gguf"; head -c 400000 "$m" >"$T/cut2.gguf"; : >"$T/empty.gguf"
printf '<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>\n' >"$T/html.gguf"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n' >"$T/lfs.gguf"
for f in absent.gguf dir cut.gguf cut2.gguf empty.gguf html.gguf lfs.gguf; do
    for c in show plan 'logits --tokens 1,2' tokenize 'run -p x --raw -n 1'; do t 3 $c "$T/$f"; done
done
t 3 show "$T/html.gguf"; said HTML; t 3 show "$T/lfs.gguf"; said LFS; t 3 show "$T/cut2.gguf"; said '[0-9]'
if [ "$(id -u)" != 0 ]; then cp "$m" "$T/secret.gguf"; chmod 0 "$T/secret.gguf"; t 3 show "$T/secret.gguf"; fi
if mkfifo "$T/pipe" 2>/dev/null; then "$child" -t 5 "$llrun" show "$T/pipe" <"$in" >"$out" 2>"$err"; is 3 $?; fi

section 'what else is no model'
# NAME, the bytes (printf), what must be said
while IFS='|' read -r name bytes text; do
    printf "$bytes" >"$T/$name"; t 3 show "$T/$name"; said "$text"; t 3 logits "$T/$name" --tokens 1
done <<'END'
ggml.bin|lmgg\001\000\000\000rest of it|GGML file from before August 2023
ggjt.bin|tjgg\003\000\000\000rest of it|GGUF version
a.zip|PK\003\004\024\000\000\000rest|zip archive
model.safetensors|\020\000\000\000\000\000\000\000{"a":{"b":1}}  |safetensors
answer.gguf|{"error":"Repository not found"}|JSON
big.gguf.part1of2|rest of a piece|join the pieces
page.gguf|\n <html><body>Sign in</body></html>|resolve
lfs.gguf|version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n|git lfs pull
empty.gguf||empty (0 bytes)
zero.gguf|\000\000\000\000\000\000\000\000|zeros
END
t 3 show "$T/absent.gguf"; said 'no such file'; said "$T/absent.gguf"; t 3 show absent.gguf; said "current folder is $(pwd)"
t 3 show "$T/dir"; said 'is a directory'
t 3 show "$T/cut2.gguf"; said "is incomplete: it has .* of .*; tensor '.*' ends [0-9]* bytes past the end.*Resume the download"
head -c 300000 "$m" >"$T/model.gguf.part1of2"; t 3 show "$T/model.gguf.part1of2"; said 'join the pieces'
head -c 1000 "$m" >"$T/cut3.gguf"; t 3 show "$T/cut3.gguf"; said "invalid GGUF at byte [0-9]*, key [0-9]* of [0-9]* '[a-z._]*': .* [0-9]* bytes"

section 'valid, but not supported'
sed 's/llama\./xlama./g; s/llama/xlama/' "$m" >"$T/arch.gguf"
t 4 run "$T/arch.gguf" -p x --raw -n 1; said xlama; said 'Supported:.* llama.* qwen3.* gemma'
t 4 logits "$T/arch.gguf" --tokens 1; t 4 plan "$T/arch.gguf"; t 0 show "$T/arch.gguf"
sed 's/tokenizer.ggml.model\(.\{12\}\)llama/tokenizer.ggml.model\1xlama/' "$m" >"$T/tok.gguf"
if cmp -s "$m" "$T/tok.gguf"; then fail 'the model was not changed'; else t 4 tokenize "$T/tok.gguf"; said xlama; said 'llama, gpt2,.* are'; fi

section 'plan on other machines'
if [ -r /proc/meminfo ]; then       # LLRUN_PROC and LLRUN_SYS: /proc and /sys as they would be there
    mkdir -p "$T/proc/self" "$T/sys/fs/cgroup/box"; LLRUN_PROC=$T/proc LLRUN_SYS=$T/sys; export LLRUN_PROC LLRUN_SYS
    machine() { printf 'MemTotal: 99999999 kB\nMemAvailable: %s kB\nSwapFree: 5120 kB\n' "$1" >"$T/proc/meminfo"; rm -f "$T/proc/self/cgroup"; }
    big=$T/deep.gguf; model "$big" --type q8_0 --layers 8 --embd 256 --ff 512 --heads 4 --kv-heads 4 --vocab 8000 --ctx 100000      # 12 MB; 8 KiB of KV per position
    machine 1000000; t 0 plan "$big" --json; is 8192 "$(json "$out" n_ctx)"; is 512 "$(json "$out" n_batch)"; is false "$(json "$out" from_disk)"
    check 'available is not that of the machine' test "$(json "$out" available_bytes)" -gt 1024000000 -a "$(json "$out" available_bytes)" -lt 1034000000
    is "$(json "$out" weights_bytes)" "$(($(wc -c <"$big") + 4095 & -4096))"; grep -q '"weights_by_type":{[^}]*"q8_0":[0-9][^}]*"f32":[0-9]' "$out" && pass || fail 'no weights by type'
    for part in weights kv scratch other; do sum=$((${sum:-0} + $(json "$out" ${part}_bytes))); done; is "$sum" "$(json "$out" total_bytes)"
    is "$((sum - $(json "$out" weights_bytes)))" "$(json "$out" resident_bytes)"
    # the default context: the largest power of two that fits, twice that does not
    for kib in 60000 40000 26000 16000; do
        machine $kib; t 0 plan "$big" --json; c=$(json "$out" n_ctx)
        check "context $c with $kib KiB" sh -c 'case $1 in 256|512|1024|2048|4096) ;; *) exit 1;; esac' - "$c"
        t 0 plan "$big" -c "$c"; t 5 plan "$big" -c "$((c * 2))"
        t 0 run "$big" -p ab --raw -n 1; said "context $c: a longer one does not fit"
    done
    machine 16000; t 0 plan "$big"; printed 'runs, but the weights do not all fit: reads about .*B from the disk per token: expect about .*tokens/s'
    machine 1000000; t 0 plan "$big" -c 256 -b 64 --json; all=$(($(json "$out" total_bytes) + $(json "$out" system_bytes)))
    machine $((all / 1024 - 3000)); t 0 plan "$big" -c 256 -b 64; printed 'The model as q[2-6]_K would have weights of about'
    machine 60000; t 5 plan "$big" -c 8192 --json; is false "$(json "$out" fits)"
    t 5 plan "$big" -c 8192; printed '^verdict *does not fit: .*MiB are missing'
    c=$(sed -n 's/^ *-c \([0-9]*\) is the largest context that fits: it takes .*MiB\.$/\1/p' "$out"); t 0 plan "$big" -c "$c"; t 5 plan "$big" -c "$((c + 1))"
    t 5 plan "$big" -c 8192; printed '^ *--kv q8_0 takes .*that fits'; printed 'With as much swap (5.0 MiB are free) and --force'; printed '^  --force starts all the same'
    t 0 plan "$big" -c 8192 --kv q8_0
    t 5 run "$big" -p ab --raw -n 1 -c 8192; said 'KV cache 64.0 MiB'; said 'is the largest context'
    t 0 run "$big" -p ab --raw -n 1 -c 8192 --force
    t 5 plan "$big" -c 7000 -b 64 --no-mmap; printed 'Without --no-mmap the weights need not be in memory'
    need=$(sed -n 's/^must fit *\([0-9]*\)\.\([0-9]\) MiB.*/\1\2/p' "$out")
    machine $((need * 1024 / 10 + 1500)); t 0 plan "$big" -c 7000 -b 64 --no-mmap; printed 'more than 90 %'
    machine 1000000; t 0 plan "$big" -c 7000 -b 64 --json; machine $((($(json "$out" resident_bytes) + $(json "$out" system_bytes)) / 1024 + 1500))
    t 0 run "$big" -p ab --raw -n 1 -c 7000 -b 64; said 'warning: .*of the .*that are available are needed'
    machine 8000000; printf '0::/box\n' >"$T/proc/self/cgroup"; echo 41943040 >"$T/sys/fs/cgroup/box/memory.max"; echo 1048576 >"$T/sys/fs/cgroup/box/memory.current"
    t 5 plan "$big" -c 8192; printed '^available .*limit of 40.0 MiB in .*/box/memory.max, the machine has 7.6 GiB'; printed '^  Raise the limit by '
    t 5 run "$big" -p ab --raw -n 1 -c 8192; said '/box/memory.max'
    unset LLRUN_PROC LLRUN_SYS
    if [ "${MEMORY:-1}" != 0 ]; then
        "$child" -m 60 "$llrun" plan "$big" -c 8192 <"$in" >"$out" 2>"$err"; is 5 $?; printed '^available .*ulimit -v'
        "$child" -m 26 "$llrun" plan "$big" -c 256 -b 64 -t 1 <"$in" >"$out" 2>"$err"; is 0 $?; printed '^verdict *fits'      # few addresses are no little memory
    fi
    if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
        "$child" script -qec "$llrun plan $big" /dev/null </dev/null >"$out" 2>"$err"; is 0 $?; printed '^KV cache .*MiB  ####'
    fi
    t 0 plan "$big"; check 'bars in a file' sh -c '! grep -q "##" "$1"' - "$out"
    rm -f "$big"
fi

section 'memory'
t 5 plan "$m" -c 2000000000 --json; is false "$(json "$out" fits)"; t 5 logits "$m" --tokens 1 -c 2000000000; said '[0-9]'
if [ "${MEMORY:-1}" != 0 ]; then
    model "$T/mid.gguf" --type f16 --layers 4 --embd 1024 --ff 2048 --heads 8
    for mib in 20 40 80; do
        for how in '' --no-mmap; do
            "$child" -m $mib "$llrun" logits "$T/mid.gguf" --tokens 1,2,3 -t 2 $how <"$in" >"$out" 2>"$err"; code=$?
            case $code in 0|5) pass;; *) fail "exit $code with $mib MiB $how";; esac
            [ $code = 0 ] || check 'no error line' grep -q '^llrun: error: .' "$err"
        done
    done
    "$child" -m 20 "$llrun" logits "$T/mid.gguf" --tokens 1,2,3 <"$in" >"$out" 2>"$err"; is 5 $?
    rm -f "$T/mid.gguf"
fi

section 'hardware'
for isa in sse2 ssse3 avx avx2 avxvnni avx512 amx; do
    case " $usable " in *" $isa "*) continue;; esac
    t 6 logits "$m" --tokens 1 --isa $isa; said $isa; t 6 show "$m" --isa $isa; t 6 cpu --isa $isa
    LLRUN_ISA=$isa; export LLRUN_ISA; t 6 logits "$m" --tokens 1; unset LLRUN_ISA
done
t 0 run "$m" --tokens 1,300,301 --ids $gen -q --isa scalar; cp "$out" "$T/isa"
for isa in $usable; do t 0 run "$m" --tokens 1,300,301 --ids $gen -q --isa "$isa"; same "$out" "$T/isa"; done
LLRUN_ISA=scalar; export LLRUN_ISA; t 0 run "$m" --tokens 1,300,301 --ids $gen -q; same "$out" "$T/isa"; unset LLRUN_ISA
t 2 cpu --isa ''

section 'the same bytes for all threads and batches'
awk 'BEGIN { for (i = 0; i < 70; i++) print (i * 37) % 300 }' >"$T/short"
awk 'BEGIN { for (i = 0; i < 3000; i++) print (i * i * 7 + i) % 300 }' >"$T/long"
for n in short long; do
    t 0 logits "$T/small.gguf" -c 4096 --tokens "@$T/$n" --all -b 512 -t 1 -o "$T/want"
    for o in '-b 512 -t 2' '-b 512 -t 7' '-b 7 -t 2' '-b 1 -t 1'; do
        t 0 logits "$T/small.gguf" -c 4096 --tokens "@$T/$n" --all $o -o "$T/got"; same "$T/want" "$T/got"
    done
done
for kv in f32 q8_0; do
    t 0 logits "$T/small.gguf" --tokens "@$T/short" --all --kv $kv -b 512 -t 1 -o "$T/want"
    t 0 logits "$T/small.gguf" --tokens "@$T/short" --all --kv $kv -b 7 -t 2 -o "$T/got"; same "$T/want" "$T/got"
done

section 'signals and outputs that fail'
long="-p ab --raw -n 12000 --temp 0 --ignore-eos -c 16384"        # some 4 s and more, also where guesses come true
model "$T/slow.gguf" --type q8_0 --layers 8 --embd 512 --ff 2048 --heads 8
main_after=$((${SANITIZERS:+580 +} 20))                         # ms after which main has begun: sanitizers begin slowly
# ends N TRIES STATUS ARGS ...: after signal N at a moment that moves; the program promises 200 ms; a busy machine may need more
ends() {
    sig=$1 tries=$2 want=$3 k=0; shift 3
    while [ $k -lt "$tries" ]; do
        k=$((k + 1))
        "$child" $first -s "$sig" -a $((main_after + 2000 * k / (tries + 1) * k / (tries + 1))) -w 1000 -t 60 "$llrun" "$@" <"$in" >"$out" 2>"$err"; code=$?
        check "exit $code after signal $sig, try $k: $*" sh -c 'case $1 in $2|77) ;; *) exit 1;; esac' - "$code" "$want"
    done
}
first=''
for s in 2:130 15:143; do
    ends ${s%:*} 8 ${s#*:} run "$T/slow.gguf" $long
    ends ${s%:*} 2 ${s#*:} run "$T/slow.gguf" $long --no-mmap
    ends ${s%:*} 6 ${s#*:} perplexity "$T/slow.gguf" -b 1 -c 4096 --tokens "@$T/long"
    ends ${s%:*} 2 ${s#*:} bench "$T/slow.gguf" -r 1000
done
first=-1; ends 15 3 143 run "$T/slow.gguf" $long; ends 2 1 130 run "$T/slow.gguf" $long; first=''
[ "$code" != 77 ] || echo '     not as process 1: no PID namespaces for this user'
if mkfifo "$T/wait" 2>/dev/null; then                           # waiting for input
    sleep 20 >"$T/wait" & waiter=$!
    in=$T/wait; ends 15 1 143 tokenize "$m"; ends 2 1 130 run "$m" --raw -n 1; in=/dev/null
    kill $waiter 2>/dev/null
fi
sh -c 'trap "" TERM; "$@"' - "$child" -s 15 -a 300 -t 60 "$llrun" run "$T/slow.gguf" $long <"$in" >"$out" 2>"$err"; is 143 $?
if [ -z "${SANITIZERS:-}" ]; then                               # they have handlers of their own
    for s in 11:SIGSEGV 4:SIGILL 8:SIGFPE; do
        "$child" -s ${s%:*} -a 400 -t 60 "$llrun" run "$T/slow.gguf" $long <"$in" >"$out" 2>"$err"; is $((200 + ${s%:*})) $?
        said "^llrun: error: internal error: .*${s#*:}.* at 0x[0-9a-f]*, kernels .*, llrun [0-9]"; said '  Try '
    done
fi

section 'the model is cut short while in use'
for c in "run $T/cut.gguf $long" "perplexity $T/cut.gguf -c 4096 --tokens @$T/long" "run $T/cut.gguf $long -t 1"; do
    cp "$T/slow.gguf" "$T/cut.gguf"
    { sleep 0.4; dd if=/dev/null of="$T/cut.gguf" bs=1 seek=5000000 2>/dev/null; } &
    "$child" -t 60 "$llrun" $c <"$in" >"$out" 2>"$err"; is 1 $?
    said '^llrun: error: the model file was cut short.* from byte [0-9]* of [0-9]* on'; wait
done

cp "$m" "$T/cut.gguf"                                           # by less than a page, while it waits for input: no signal comes
{ sleep 0.5; dd if=/dev/null of="$T/cut.gguf" bs=1 seek=$(($(wc -c <"$m") - 1)) 2>/dev/null; echo ab; } | {
    "$child" -t 60 "$llrun" tokenize "$T/cut.gguf" >"$out" 2>"$err"; echo $? >"$T/code"; }
is 1 "$(cat "$T/code")"; said '^llrun: error: .* cut short'

section 'the parent is killed'
k=0; while [ $k -lt "${ORPHANS:-10}" ]; do
    k=$((k + 1))
    "$child" -k -a $((60 * k % 700 + main_after + 40)) -w 1000 "$llrun" run "$T/slow.gguf" $long --die-with-parent <"$in" >"$out" 2>"$err"; is 0 $?
done
"$child" -k -a 300 -w 500 "$llrun" run "$T/slow.gguf" $long <"$in" >"$out" 2>"$err"; is 125 $?      # only if it is asked to
t 1 cpu --die-with-parent=1; said 'is gone'
t 0 cpu --die-with-parent
rm -f "$T/slow.gguf"
{ "$child" -t 60 "$llrun" run "$m" $long </dev/null 2>"$err"; echo $? >"$T/code"; } | head -c 1 >/dev/null
code=$(cat "$T/code"); case $code in 0|1) pass;; *) fail "exit $code after a broken pipe";; esac
check 'a broken pipe is not quiet' sh -c '! grep -q -e error -e internal "$1"' - "$err"
if [ -w /dev/full ]; then
    for c in "run $m -p ab --raw -n 5 --temp 0" "logits $m --tokens 1,2,3" 'cpu' 'help' "show $m" "tokenize $m" "dump $m output_norm.weight"; do
        "$child" "$llrun" $c <"$in" >/dev/full 2>"$err"; is 1 $?; said '^llrun: error: .'
    done
    t 1 logits "$m" --tokens 1,2,3 -o /dev/full
fi
t 1 logits "$m" --tokens 1,2,3 -o "$T/no/such/folder"
"$child" "$llrun" cpu <&- >"$out" 2>"$err"; is 0 $?
"$child" "$llrun" tokenize "$m" <&- >"$out" 2>"$err"; is 1 $?; said 'cannot read'
cp "$m" "$T/self.gguf"; t 2 dump "$T/self.gguf" output_norm.weight -o "$T/self.gguf"; same "$m" "$T/self.gguf"
"$child" "$llrun" cpu <"$in" >&- 2>"$err"; is 1 $?

section 'README.md'
if [ -f README.md ]; then
    for arch in $(sed -n 's/^ *LLRI_ROW("\([^"]*\)".*/\1/p' llrun.h); do
        check "does not list the architecture $arch" grep -q "^| architectures |.* $arch " README.md
    done
    t 0 help --markdown; sed -n '/^<!-- options -->$/,/^<!-- end of options -->$/p' README.md | sed '1d;$d' >"$T/options"
    check 'its table of options is not what help --markdown prints' cmp "$T/options" "$out"
    awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$T/example.c"
    sed -n '/^ \*     #define LLRUN_IMPLEMENTATION/,/^ \*     }$/s/^ \* \{0,5\}//p' llrun.h >"$T/manual.c"
    check 'README.md and the manual have different examples' cmp "$T/example.c" "$T/manual.c"
    if "${CC:-cc}" -O1 -DLLRUN_TIERS=2 -Wall -Wextra -Werror -I. -o "$T/example" "$T/example.c" -lm -lpthread >"$err" 2>&1; then
        pass
        "$T/example" "$m" 'ab cd' >"$out" 2>"$err"; is 0 $?; check 'no text' test -s "$out"
        "$T/example" "$T/absent.gguf" x >"$out" 2>"$err"; is 1 $?; check 'no error' test -s "$err"
    else fail 'does not compile'; fi
else fail 'no README.md'; fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
