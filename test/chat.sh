#!/bin/sh
# chat.sh LLRUN BUILD: conversations, on a pseudo-terminal (BUILD/pty) and through pipes, with models of BUILD/make_model that
# answer what they were made to say.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA NO_COLOR
TERM=xterm; export TERM
llrun=$1 build=$2
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-chat.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
passed=0 failed=0 part=''
section() { part=$1; echo "     $part"; }
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL $part: $*"; }
is() { if [ "$1" = "$2" ]; then pass; else fail "\"$2\" instead of \"$1\""; fi; }
has() { if printf '%s' "$2" | grep -q -e "$1"; then pass; else fail "no \"$1\" in \"$2\""; fi; }
# on COLUMNSxROWS ARGS ...: a terminal of that size, on which llrun runs; the steps come from standard input
on() {
    size=$1; shift
    "$build/pty" -s "$size" "$llrun" "$@" >"$T/pty"
    set -- $(tail -n 1 "$T/pty")
    passed=$((passed + $1)) failed=$((failed + $3))
    [ "$3" = 0 ] || { echo "FAIL $part"; sed '$d; s/^/     /' "$T/pty"; }
}
model() { "$build/make_model" "$@" >/dev/null || { echo "cannot make $*"; echo '0 passed, 1 failed'; exit 1; }; }

# It prints the reasoning of the last message alone, as the templates of reasoning models do.
template='{% for m in messages %}[{{ m.role }}]{{ m.content }}{% if m.reasoning_content and loop.last %}{{ m.reasoning_content }}{% endif %}{% endfor %}>'
model "$T/thinks.gguf" --ctx 256 --template "$template" --says '<think>|Let me see.|</think>|

|The answer| is 42.'
model "$T/says.gguf" --ctx 256 --template "$template" --says 'Well| said.'
model "$T/strict.gguf" --template "{% for m in messages %}{% if 'Be-' in m.content %}{{ raise_exception('not like that, please') }}{% endif %}{{ m.content }}{% endfor %}>" --says 'Yes.'
model "$T/random.gguf" --type q8_0 --layers 2 --vocab 300 --ctx 1024 --template "$template"
model "$T/long.gguf" --type q8_0 --layers 8 --embd 512 --ff 2048 --heads 8 --template "$template"

section 'editing a line'
on 40x10 run "$T/says.gguf" <<'END'
row >
column 2
send hello
row > hello
send \e[D\e[DXY
row > helXYlo
column 7
# Ctrl-A, Ctrl-E, backspace, delete, home, end
send \x01A\x05Z\x7f\x7f
row > AhelXYl
send \e[HB\e[3~\e[FE
row > BhelXYlE
# words: back, delete, forward; Ctrl-W, Ctrl-Y
send \x15one two three\x17
row > one two
send \x19\x19\e[1;5D\x0b
row > one two
send \x15\x19\x02\x06\x15
row >
# nothing to do at the ends
send \e[D\e[C\x7f\e[3~\e[B\x0b\x15
row >
column 2
# unknown keys are ignored
send \e[19~\e[1;9Q\x00\x1f.
row > .
send \x03
row >
send \x04
exit 0
END
on 40x10 run "$T/says.gguf" <<'END'
# two columns each, marks none, and an emoji of several characters is one step
send 日本語e\xcc\x81\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80!
column 12
send \e[D\e[D
column 9
send \x7f
row > 日本語👩‍🚀!
column 8
send \e[D\e[D\x7f
row > 本語👩‍🚀!
send \x05\x15\xff\xc3(ok
row > (ok
send \x15\xc3(half
row > (half
# a heart as an emoji, a tab
send \x15❤\xef\xb8\x8f
column 4
send \x15a\tb
row > a    b
column 8
# what is killed is kept until something else is; words over the ends of lines
send \x15one two\x17\x0b\x19
row > one two
send \x15one\e\rtwo\x01\e[1;5D
row > one
column 2
send \x03\x03
exit 130
END

section 'long lines'
on 20x6 run "$T/says.gguf" <<'END'
send abcdefghijklmnopqrstuvwxyz
above 1 > abcdefghijklmnopqr
row stuvwxyz
send \x01
row > abcdefghijklmnopqr
column 2
send \x05\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f
above 1 > abcdefghijklmnopqr
row
column 0
send \x7f
row > abcdefghijklmnopq
# a wide character does not fit into the last column
send 日
above 1 > abcdefghijklmnopq
row 日
send \x15
# more rows than the terminal has
send aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbccccccccccccccccccccddddddddddddddddddddeeeeeeeeeeeeeeeeeeeeffffffffffffffffffffgggggg
row ffgggggg
above 1 eeffffffffffffffffff
send \x01
row > aaaaaaaaaaaaaaaaaa
send \x05!
row ffgggggg!
send \x03\x04
exit 0
END

section 'several lines, paste, history'
on 60x20 run "$T/says.gguf" --json <<'END'
send one\\\r
above 1 > one
row
send two\r
expect Well said.
expect > 
send """\r
send red\r
send blue"""\r
expect Well said.
expect > 
# Alt-Enter, and a pasted text with its line ends and a control character
send a\e\rb
above 1 > a
row   b
send \e[200~c\r\nd\x07\te\e[201~
above 1   bc
row   d    e
send \e[A\e[AX
row > aX
send \x01\e[B\e[BY
row   Yd    e
send \r
expect Well said.
expect > 
# back in the history, and the line being written is not lost
send new\e[A
row   Yd    e
send \e[A\e[A\e[A
row   blue"""
send \e[A\e[A\e[A
row   two
above 1 > one
send \e[A\e[A
row > one
send \e[B\e[B
row   blue"""
send \e[B
row   Yd    e
send \e[B
row > new
send \x03/bye\r
expect "content":"one\\ntwo"
expect "content":"red\\nblue"
expect "content":"aX\\nbc\\nYd\\te"
exit 0
END

# the history keeps 99 lines, of equal ones in a row one, and none that are empty
{
    i=1
    while [ $i -le 105 ]; do printf 'send /%d\\r\nexpect command: /%d \n' $i $i; i=$((i + 1)); done
    printf 'send /105\\r\nexpect command: /105 \nsend \\r\nsend \\e[A\nrow > /105\nsend \\e[A\nrow > /104\n'
    printf 'send %s\nrow > /7\nsend \\x03/bye\\r\nexit 0\n' "$(printf '\\e[A%.0s' $(seq 120))"
} >"$T/history"
on 60x20 run "$T/says.gguf" <"$T/history"

section 'commands'
on 100x30 run "$T/says.gguf" --temp 0 --system Be-brief <<END
send /help\r
expect /regenerate
send /nothing\r
expect no such command: /nothing
send /regenerate\r
expect no message to answer
send /set\r
expect stop                not set
expect temp                0
send /set top-k x\r
expect /set top-k x: that is not a whole number
send /set min_p 1\r
expect no such setting
send /set top-p 3\r
expect must be from 0 to 1
send /set --temp 0.5\r
send /set stop said\r
send Q1\r
expect Well
absent said
expect > 
send /set stop\r
send /regenerate\r
expect Well said.
send /save $T/saved.json\r
expect 3 messages
send /clear\r
send /save $T/cleared.json\r
expect 1 messages
send /load $T/saved.json\r
expect 3 messages
send /regenerate\r
expect Well said.
send /load $T/absent.json\r
expect cannot open
send /load $T/says.gguf\r
expect is not a conversation
send /load $T\r
expect cannot
send /save $T\r
expect would be destroyed
send /save /dev/null\r
expect would be destroyed
send /save $T/no/such/folder\r
expect cannot create
send /save $T/says.gguf\r
expect would be destroyed
send /save\r
expect is missing
send /save $T/again.json\r
expect 3 messages
send /system Be long\r
send /save $T/system.json\r
expect 1 messages
send  /slash\r
expect Well said.
send /bye\r
cooked
exit 0
END
is '"messages":[{"role":"system","content":"Be-brief"},{"role":"user","content":"Q1"},{"role":"assistant","content":"Well said."}]' "$(sed 's/.*\("messages":.*\]\).*/\1/' "$T/saved.json")"
is "$(sed 's/.*\("messages":.*\]\).*/\1/' "$T/saved.json")" "$(sed 's/.*\("messages":.*\]\).*/\1/' "$T/again.json")"
has '"messages":\[{"role":"system","content":"Be-brief"}\]' "$(cat "$T/cleared.json")"
has '"messages":\[{"role":"system","content":"Be long"}\]' "$(cat "$T/system.json")"
# a conversation too long for the context is not eaten by /regenerate; loaded messages become one line
cat >"$T/pretty.json" <<'END'
{
  "messages": [
    { "role": "user",
      "content": "a \"b c\" { 1" },
    { "role": "assistant", "content": "123456789 123456789 123456789 123456789 123456789 123456789 123456789" }
  ]
}
END
echo '{"messages":[{"role":"user","content":"123456789 123456789 123456789"},{"role":"assistant","content":"x"}]}' >"$T/twice.json"
echo '{"messages":[{"role":"user","content":"x"},5,{"role":"user","content":"y"}]}' >"$T/five.json"
on 100x30 run "$T/says.gguf" -c 32 --json <<END
send /load $T/five.json\r
expect are objects
send /load $T/pretty.json\r
expect 2 messages
send /regenerate\r
expect Well said.
send /load $T/pretty.json\r
expect 2 messages
send hello\r
expect It was not sent
send /save $T/kept.json\r
expect 2 messages
send """one\r
send \x04
send /bye\r
send """\r
send /bye\r
expect "messages":[{"role":"user","content":"a \\\\"b c\\\\" { 1"},{"role":"assistant","content":"123456789
exit 0
END
# nor one that cannot be answered again
on 100x30 run "$T/says.gguf" -c 24 <<END
send /load $T/twice.json\r
expect 2 messages
send /regenerate\r
expect It was not sent
send /save $T/twice2.json\r
expect 2 messages
send /bye\r
exit 0
END
on 100x30 run "$T/says.gguf" --ids <<'END'
expect --ids is for one answer
exit 2
END
# what is no JSON outside of strings is no conversation
printf '{"messages":[{"role":"user","content":"NaN","n":1}],"seed":NaN}' >"$T/nan1.json"
printf '{"seed":Infinity,"messages":[{"role":"user","content":"x"}]}' >"$T/nan2.json"
printf '{"messages":[{"role":"user","content":"x","n":-Infinity}]}' >"$T/nan3.json"
printf '{"messages":[{"role":"user","content":"x","n":[-1.5e+3,true,false,null]},{"role":"assistant","content":"Infinity"}],"seed":7}' >"$T/fine.json"
on 100x30 run "$T/says.gguf" <<END
send /load $T/nan1.json\r
expect is not a conversation
send /load $T/nan2.json\r
expect is not a conversation
send /load $T/nan3.json\r
expect is not a conversation
send /load $T/fine.json\r
expect 2 messages
send /bye\r
exit 0
END
# a disk that is full leaves the conversation of before, and nothing else; a link stays one, and what only I may read, too
printf '#!/bin/sh\nulimit -f 1\nexec "%s" "$@"\n' "$llrun" >"$T/limited"
chmod +x "$T/limited"
mkdir "$T/kept"
cp "$T/saved.json" "$T/kept/it.json"
chmod 600 "$T/kept/it.json"
ln -s it.json "$T/kept/link"
printf '{"messages":[{"role":"user","content":"%01500d"}]}' 0 >"$T/large.json"
unlimited=$llrun llrun=$T/limited
on 100x30 run "$T/says.gguf" <<END
send /load $T/large.json\r
expect 1 messages
send /save $T/kept/it.json\r
expect cannot write to
send /save $T/kept/other.json\r
expect cannot write to
send /load $T/kept/it.json\r
expect 3 messages
send /clear\r
send short\r
expect Well said.
send /save $T/kept/link\r
expect 2 messages
send /bye\r
exit 0
END
llrun=$unlimited
is 'it.json link' "$(cd "$T/kept" && echo *)"
is -rw------- "$(ls -l "$T/kept/it.json" | cut -c 1-10)"
has '"content":"short"' "$(cat "$T/kept/it.json")"
for i in 1 2; do on 100x30 run "$T/long.gguf" --temp 1 -n 20 <<END
send /set seed 7\r
send hello\r
expect \e[?2004h
expect \e[?2004h
send /save $T/seed$i.json\r
expect 2 messages
send /bye\r
exit 0
END
done
is "$(cat "$T/seed1.json")" "$(cat "$T/seed2.json")"
# another try is another answer; a seed that is set begins anew
on 100x30 run "$T/long.gguf" --temp 1 -n 20 <<END
send /set seed 7\r
send hello\r
expect \e[?2004h
expect \e[?2004h
send /regenerate\r
expect \e[?2004h
send /save $T/again2.json\r
expect 2 messages
send /set seed 8\r
send /set seed 7\r
send /regenerate\r
expect \e[?2004l
expect \e[?2004h
send /save $T/again3.json\r
expect 2 messages
send /bye\r
exit 0
END
said() { sed 's/.*\("messages":.*\]\).*/\1/' "$T/$1.json"; }
is "$(said seed1)" "$(said again3)"
if [ "$(said seed1)" != "$(said again2)" ]; then pass; else fail 'the same answer again'; fi
# what a template refuses is taken back, and the chat goes on
on 100x30 run "$T/strict.gguf" <<END
send Be-cause\r
expect not like that, please
send hello\r
expect Yes.
send /load $T/saved.json\r
expect is not a conversation for this model
send /clear\r
expect > 
send /bye\r
exit 0
END

section 'reasoning'
on 80x20 run "$T/thinks.gguf" <<END
send why?\r
expect \e[2mLet me see.\e[0m\r\n\r\nThe answer is 42.
absent think
send and?\r
expect Let me see.
send /save $T/thinks.json\r
expect 4 messages
send /bye\r
exit 0
END
has '{"role":"assistant","content":"The answer is 42.","reasoning_content":"Let me see."}\],' "$(cat "$T/thinks.json")"
# 15 tokens, then 27 more: 14 of the first prompt are kept, and the reasoning is not told again
is 42 "$(sed 's/.*"prompt_tokens":\([0-9]*\).*/\1/' "$T/thinks.json")"
is '<think>Let me see.</think>

The answer is 42.' "$(echo hi | "$llrun" run -q "$T/thinks.gguf" --temp 0)"
NO_COLOR=1 on 80x20 run "$T/thinks.gguf" <<'END'
send why?\r
expect Let me see.
absent \e[2m
expect The answer is 42.
send /bye\r
exit 0
END
open="$template<think>"
model "$T/opened.gguf" --template "$open" --says 'Deep|</think>|Flat'
has '"content":"Flat","reasoning_content":"Deep"' "$("$llrun" run -q "$T/opened.gguf" -p x --json)"
model "$T/channels.gguf" --template "$template" --says '<|channel|>|analysis|<|message|>|Deep|<|end|>|<|start|>|assistant|<|channel|>|final|<|message|>|Flat|<|return|>|<|call|>'
has '"content":"Flat","reasoning_content":"Deep"' "$("$llrun" run -q "$T/channels.gguf" -p x --json)"
model "$T/quotes.gguf" --template "$template" --says 'The tag| <think>| opens</think>.'
has '"content":"The tag <think> opens</think>."}' "$("$llrun" run -q "$T/quotes.gguf" -p x --json)"
model "$T/endless.gguf" --template "$template" --says '<thi|nk>| never| done '
has '"content":"","reasoning_content":"never done"' "$("$llrun" run -q "$T/endless.gguf" -p x --json)"
model "$T/cut.gguf" --template "$template" --says '<think>|never| done </th'
has '"content":"","reasoning_content":"never done </th"' "$("$llrun" run -q "$T/cut.gguf" -p x --json)"
model "$T/control.gguf" --template "$template" --says 'Well|<|tool|>| said|<|think|>|.'
has '"content":"Well said."}' "$("$llrun" run -q "$T/control.gguf" -p x --json)"
model "$T/broken.gguf" --template "$template" --says '<thi|s is it'
has '"content":"<this is it"}' "$("$llrun" run -q "$T/broken.gguf" -p x --json)"

section 'the context'
on 100x30 run "$T/says.gguf" -c 64 <<'END'
send 123456789 123456789\r
expect Well said.
absent nearly full
expect > 
send 12345678\r
expect nearly full
expect > 
send /regenerate\r
expect Well said.
row >
absent nearly full
send 123456789\r
expect the context holds 64
expect It was not sent
expect > 
send /clear\r
send 1\r
expect Well said.
absent nearly full
send /bye\r
exit 0
END
on 100x30 run "$T/says.gguf" -c 20 <<'END'
send 12345678\r
expect context of 20 tokens is full
send /bye\r
exit 0
END

section 'signals'
# Ctrl-C ends an answer, also while the terminal takes nothing (Ctrl-S), and the next one is whole
for stop in '' '\x13'; do on 100x30 run "$T/long.gguf" -n 30000 --ignore-eos --guess off <<END
send hello\r
expect \e[?2004l
wait 700
send $stop
wait 300
send \x03
expect \e[?2004h
send /set predict 5\r
send again\r
expect \e[?2004l
expect \e[?2004h
send /save $T/cancelled.json\r
expect 4 messages
send ok
row > ok
send \x03
row >
send \x03
cooked
exit 130
END
has '"finish":"length"' "$(cat "$T/cancelled.json")"
rm -f "$T/cancelled.json"
done
on 100x30 run "$T/long.gguf" -n 30000 --ignore-eos --guess off <<'END'
send hello\r
expect \e[?2004l
wait 700
signal 15
cooked
exit 143
END
on 100x30 run "$T/says.gguf" <<'END'
row >
send he
row > he
send \x1a
expect \e[?2004l
cooked
fg
expect \e[?2004h
row > he
send llo\r
expect Well said.
send /bye\r
exit 0
END

for signal in 1:201 2:130 3:203 6:206 15:143; do on 100x30 run "$T/says.gguf" <<END
row >
signal ${signal%:*}
cooked
exit ${signal#*:}
END
done
on 100x30 run "$T/long.gguf" -n 30000 --ignore-eos --guess off <<'END'
send hello\r
expect \e[?2004l
wait 700
signal 3
cooked
exit 203
END

section 'guesses'
# the same conversations with and without, when what was computed is kept from turn to turn, or rewound
for guess in off auto 8; do
    on 80x20 run "$T/random.gguf" --guess $guess --temp 0.3 --seed 5 -n 60 <<END
send hello\r
expect \e[?2004l
expect \e[?2004h
send hello again, hello again\r
expect \e[?2004l
expect \e[?2004h
send /regenerate\r
expect \e[?2004l
expect \e[?2004h
send /save $T/guess-$guess.json\r
expect 4 messages
send /bye\r
exit 0
END
    sed 's/"drafted_tokens.*//' "$T/guess-$guess.json" >"$T/guess-$guess"
    if [ -s "$T/guess-$guess" ] && cmp "$T/guess-$guess" "$T/guess-off"; then pass; else fail "--guess $guess: another conversation"; fi
done
has '"accepted_tokens":[1-9]' "$(cat "$T/guess-8.json")"

section 'without a terminal'
is 'Well said.' "$(echo question | "$llrun" run -q "$T/says.gguf")"
echo question >"$T/question"
is 'Well said.' "$("$llrun" run -q "$T/says.gguf" -f "$T/question")"
is 'Well said.' "$("$llrun" run -q "$T/says.gguf" </dev/null question)"
is '{"model":"random llama, f32","messages":[{"role":"user","content":"a\"b\\"},{"role":"assistant","content":"Well said."}],"finish":"stop","prompt_tokens":15,"generated_tokens":2,"drafted_tokens":0,"accepted_tokens":0,"seed":7}' \
   "$("$llrun" run -q "$T/says.gguf" -p 'a"b\' --json --seed 7)"
has '"finish":"length","prompt_tokens":[0-9]*,"generated_tokens":1,' "$("$llrun" run -q "$T/says.gguf" -p x --json -n 1)"
has '"finish":"context"' "$("$llrun" run -q "$T/says.gguf" -p 12345678 --json -c 20)"
has '"content":"Well"},*.*"finish":"stop"\|"content":"Well "}.*"finish":"stop"' "$("$llrun" run -q "$T/says.gguf" -p x --json --stop said)"
"$llrun" run -q "$T/says.gguf" -p x --json --ids >/dev/null 2>&1; is 2 $?
TERM=dumb on 80x20 run "$T/says.gguf" <<'END'
expect > 
send hello\r
expect Well said.
absent \e
send """a\r
send b"""\r
expect Well said.
send \x04
exit 0
END

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
