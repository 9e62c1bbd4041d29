#!/bin/bash
# Proves that scripts/check/promises.sh ran complains when it should: the table it is given is the
# real one, the run is made up and whole, and then one thing at a time is missing from it.
set -euo pipefail
cd "$(dirname "$0")/../.."
run=$(mktemp); broken=$(mktemp)
trap 'rm -f "$run" "$broken"' EXIT

while IFS= read -r id; do
    case $id in
    unit/web:* | lint/*) printf '%s\tpassed\t\t-\n' "$id" ;;
    unit/* | integration/*) printf '%s\tpassed\t\tdev\n%s\tpassed\t\tasan\n' "$id" "$id" ;;
    fuzz/*) printf '%s\tpassed\t\treplay\n%s\tpassed\t\tfuzz\n' "$id" "$id" ;;
    *) printf '%s\tpassed\t\tdev\n' "$id" ;;
    esac
done < <(cut -f2 tests/promises.tsv | sort -u) >"$run"

scripts/check/promises.sh ran "$run" || { echo "a whole run is not taken"; exit 1; }
complains() { # what is broken, what it should say; the run on standard input
    cat >"$broken"
    if scripts/check/promises.sh ran "$broken" >"$broken.said"; then echo "not noticed: $1"; exit 1; fi
    grep -qF "$2" "$broken.said" || { echo "$1: said otherwise"; cat "$broken.said"; rm -f "$broken.said"; exit 1; }
    rm -f "$broken.said"
}
unit=$(grep -m1 '^unit/base' "$run" | cut -f1) fuzz=$(grep -m1 '^fuzz/' "$run" | cut -f1) e2e=$(grep -m1 '^e2e/' "$run" | cut -f1)
awk -F'\t' -v id="$unit" '$1 != id || $4 != "asan"' "$run" | complains "one build was left out" "did not run in asan: $unit"
awk -F'\t' -v OFS='\t' -v id="$unit" '$1 == id && $4 == "asan" { $2 = "failed" } 1' "$run" | complains "it failed in one build" "failed in asan: $unit"
awk -F'\t' -v OFS='\t' -v id="$unit" '$1 == id && $4 == "dev" { $2 = "failed" } 1' "$run" | complains "it failed in the other" "failed in dev: $unit"
awk -F'\t' -v id="$fuzz" '$1 != id || $4 != "fuzz"' "$run" | complains "the kept inputs only" "did not run in fuzz: $fuzz"
awk -F'\t' -v id="$e2e" '$1 != id' "$run" | complains "it did not run" "did not run and pass: $e2e"
awk -F'\t' -v OFS='\t' -v id="$e2e" '$1 == id { $2 = "skipped" } 1' "$run" | complains "it was skipped" "did not run and pass: $e2e"
