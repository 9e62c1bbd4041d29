#!/bin/bash
# fuzz_one.sh RAN RESULTS SECONDS TARGET: a bounded run from the kept inputs; a finding is kept
# under build/check/ and must become a kept input with its fix.
ran=$1 results=$2 seconds=$3 target=$4
name=${target#fuzz-}; folder=${name%%-*}; name=${name#"$folder"-}
log=$results/logs/$target-run.log
found=$results/fuzz/$name
mkdir -p "$found/corpus"
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
timeout -k 5 $((seconds + 60)) "build/fuzz/tests/$target" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -artifact_prefix="$found/" \
    "$found/corpus" "tests/fuzz/corpus/$name" >"$log" 2>&1
status=$?
if (( status == 0 )); then printf 'fuzz/%s/%s\tpassed\t\tfuzz\n' "$folder" "$name" >>"$ran"
else
    printf 'fuzz/%s/%s\tfailed\tsee build/check/logs/%s\tfuzz\n' "$folder" "$name" "$(basename "$log")" >>"$ran"
    { echo "--- $target ended with $status"; grep -aE 'ERROR|SUMMARY|runtime error|Test unit' "$log" | head -n 20; } >&2
fi
exit 0
