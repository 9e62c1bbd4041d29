#!/bin/bash
# tests/promises.tsv (promise, test that proves it) is the sorted sum of tests/promises.d/*.tsv.
#
#     scripts/check/promises.sh write       puts it together again
#     scripts/check/promises.sh check       it is the sum, and every test it names is in a source
#     scripts/check/promises.sh ran FILE    every test it names ran and passed
set -euo pipefail
cd "$(dirname "$0")/../.."
sum() { cat tests/promises.d/*.tsv | grep -v '^$' | LC_ALL=C sort -u; }

exists() { # a test's id
    local id=$1 group rest file title
    group=${id%%/*} rest=${id#*/} title=
    [[ $rest == *:* ]] && { title=${rest#*:}; rest=${rest%%:*}; }
    case $group in
    unit) [[ $id = unit/web ]] && { [[ -e web/scripts/test.mjs ]]; return; }
        file=tests/unit/$rest.c
        [[ -e $file && $title ]] && grep -qE "cmocka_unit_test[a-z_]*\(" "$file" &&
            grep -qE "^(static void )?$title\(" "$file" && (( $(grep -cwF "$title" "$file") > 1 )) ;;
    fuzz) [[ -e tests/fuzz/$rest.c ]] ;;
    integration | e2e | network) [[ -e tests/$group/$rest.mjs && $title ]] &&
        grep -qF -- "$title" "tests/$group/$rest.mjs" ;;
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
        awk -F'\t' 'NR == FNR { if ($2 == "passed") passed[$1] = 1; next }
                    !($1 in passed) { print "did not run and pass: " $1; bad = 1 }
                    END { exit bad }' "$2" - ;;
esac
