# Asks a model questions that were held out from its training: sh quiz.sh MODEL [HOW_MANY [SEED]]. LLRUN and TRAIN name the
# programs. An answer counts when it is word for word the right one.
set -eu
model=$1 count=${2:-30} seed=${3:-77} right=0
tab=$(printf '\t')
"${TRAIN:-build/train}" --print held-out-questions --count "$count" --seed "$seed" > "${TMPDIR:-/tmp}/quiz.$$"
while IFS=$tab read -r question answer; do
    got=$("${LLRUN:-../llrun}" run -q "$model" -p "$question" --temp 0)
    if [ "$got" = "$answer" ]; then right=$((right + 1)); else printf 'WRONG  %s\n  said:  %s\n  right: %s\n' "$question" "$got" "$answer"; fi
done < "${TMPDIR:-/tmp}/quiz.$$"
rm -f "${TMPDIR:-/tmp}/quiz.$$"
echo "$right of $count held-out questions answered word for word"
