#!/bin/bash
# tests/promises.tsv (promise, test that proves it) is the sorted sum of tests/promises.d/*.tsv.
#
#     scripts/check/promises.sh write       puts it together again
#     scripts/check/promises.sh check       it is the sum, and every test it names is in a source
#     scripts/check/promises.sh ran FILE    every test it names ran in each build that it should,
#                                           passed there, and failed nowhere
#
# FILE has a line an execution: id, outcome, reason, build.
set -euo pipefail
cd "$(dirname "$0")/../.."
sum() { cat tests/promises.d/*.tsv | grep -v '^$' | LC_ALL=C sort -u; }

# is_titled TITLE FILE...: the title stands whole and quoted behind test(: a part of it, or a comment, is no test.
is_titled() {
    local quote
    for quote in "'" '"' '`'; do
        grep -qF -- "test($quote${1//"$quote"/\\$quote}$quote," "${@:2}" && return 0
    done
    return 1
}

exists() { # a test's id
    local id=$1 group rest file title
    group=${id%%/*} rest=${id#*/} title=
    [[ $rest == *:* ]] && { title=${rest#*:}; rest=${rest%%:*}; }
    case $group in
    unit) [[ $rest = web ]] && { [[ $title ]] && is_titled "$title" web/test/*.test.ts; return; }
        file=tests/unit/$rest.c
        [[ -e $file && $title ]] && grep -qE "cmocka_unit_test[a-z_]*\(" "$file" &&
            grep -qE "^(static void )?$title\(" "$file" && (( $(grep -cwF "$title" "$file") > 1 )) ;;
    fuzz) [[ -e tests/fuzz/$rest.c ]] ;;
    integration | e2e | network) [[ -e tests/$group/$rest.mjs && $title ]] &&
        is_titled "$title" "tests/$group/$rest.mjs" ;;
    lint) grep -rqF -- "$id" scripts/check ;;
    *) return 1 ;;
    esac
}

case ${1:-check} in
write) sum >tests/promises.tsv ;;
check)
    bad=0
    sum | cmp -s - tests/promises.tsv || { bad=1
        echo "tests/promises.tsv is not the sum of tests/promises.d: scripts/check/promises.sh write"; }
    while IFS=$'\t' read -r promise id rest; do
        if [[ -z $promise || -z $id || $rest ]]; then
            echo "not two columns: $promise"; bad=1
        elif ! exists "$id"; then echo "no such test: $id ($promise)"; bad=1; fi
    done < <(sum)
    exit $bad ;;
ran)
    sum | cut -f2 | LC_ALL=C sort -u |
        awk -F'\t' -v ordinary="$(grep -l '^// Ordinary build only' tests/integration/*_test.mjs | tr '\n' ' ')" '
            # Which builds a test should have run in; one the test itself leaves out, saying why, counts.
            BEGIN { builds["unit"] = "dev asan"; builds["integration"] = "asan"; builds["fuzz"] = "replay fuzz"
                    builds["e2e"] = builds["network"] = "dev" }
            NR == FNR { if ($2 == "failed") failed[$1] = failed[$1] " " $4
                        else { ran[$1, $4] = 1; if ($2 == "passed") passed[$1] = 1 } next }
            {   group = $1; sub(/\/.*/, "", group)
                if ($1 in failed) complain($1, "failed in" failed[$1])
                else if (!($1 in passed)) complain($1, "did not run and pass")
                else if (group in builds && $1 !~ /^unit\/web:/) {
                    name = $1; sub(/:.*/, "", name)
                    count = split(index(ordinary, name ".mjs ") ? "dev" : builds[group], wanted, " ")
                    for (i = 1; i <= count; i++)
                        if (!(($1, wanted[i]) in ran)) complain($1, "did not run in " wanted[i]) } }
            END { exit bad }
            function complain(id, why) { print why ": " id; bad = 1 }' "$2" - ;;
esac
