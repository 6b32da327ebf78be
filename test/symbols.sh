#!/bin/sh
# symbols.sh BUILD: what an object of the implementation exports, needs and keeps in writable memory.
set -u
dir=${1:-build}
mkdir -p "$dir"
failed=0 passed=0
verdict() {   # NAME, what is wrong (empty: nothing)
    if [ -z "$2" ]; then passed=$((passed + 1)); echo "ok   $1"
    else failed=$((failed + 1)); echo "FAIL $1:" $2; fi
}

printf '#define LLRUN_IMPLEMENTATION\n#include "llrun.h"\n' >"$dir/symbols.c"
# Without -fpic constant tables with pointers are read-only data as well; -O0 keeps every reference.
"${CC:-cc}" -O0 -fno-pic -I. -c -o "$dir/symbols.o" "$dir/symbols.c" || { echo "0 passed, 1 failed"; exit 1; }
nm "$dir/symbols.o" >"$dir/symbols.txt" || { echo "0 passed, 1 failed"; exit 1; }

verdict "no writable data" "$(awk '$2 ~ /^[BbDdGgSsCc]$/ { print $3 }' "$dir/symbols.txt")"
verdict "exports only llr_..." "$(awk '$2 ~ /^[A-TV-Z]$/ && $3 !~ /^llr_/ { print $3 }' "$dir/symbols.txt")"
verdict "does not exit, abort, print or read the environment" "$(awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }' "$dir/symbols.txt" |
    grep -E '^_*((quick_)?exit|_Exit|abort|raise|kill|signal|sigaction|assert.*|v?[fd]?printf(_chk)?|puts|fputs|fputc|putc|putchar|fwrite|perror|write|stdout|stderr|stdin|(secure_)?getenv|environ|system|popen|setlocale|strtod|strtof|atof|srand|rand|strerror|strtok)$')"
grep -o 'LLR_API [^;]*(' llrun.h | sed 's/(.*//' | grep -o 'llr_[a-z0-9_]*$' | sort -u >"$dir/declared.txt"
awk '$2 == "T" { print $3 }' "$dir/symbols.txt" | sort -u >"$dir/exported.txt"
verdict "all $(wc -l <"$dir/declared.txt") declared functions are there" "$(comm -3 "$dir/declared.txt" "$dir/exported.txt")"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
