#!/bin/bash
# unit_one.sh RAN LOGS BINARY: runs one test program and records each of its tests.
ran=$1 log=$2-$(basename "$3").log name=$(basename "$3")
folder=${name#unit-}; folder=${folder%%-*}
id=unit/$folder/${name#unit-"$folder"-}
build=${3#build/}; build=${build%%/*}

export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 180 "$3" >"$log" 2>&1
status=$?

# TAP: `ok 1 - name`, `not ok 2 - name`, `ok 3 # SKIP name`.
rows=$(sed -nE \
    -e 's/^not ok [0-9]+ - ([A-Za-z0-9_]+).*/\1\tfailed/p' \
    -e 's/^ok [0-9]+ (- )?# SKIP ([A-Za-z0-9_]+).*/\2\tskipped/p' \
    -e 's/^ok [0-9]+ - ([A-Za-z0-9_]+)( # SKIP.*)$/\1\tskipped/p' \
    -e 's/^ok [0-9]+ - ([A-Za-z0-9_]+)$/\1\tpassed/p' "$log")
{
    while IFS=$'\t' read -r test outcome; do
        [[ $test ]] && printf '%s:%s\t%s\t%s\t%s\n' "$id" "$test" "$outcome" \
            "$([[ $outcome = skipped ]] && echo "the test says so" || { [[ $outcome = failed ]] &&
                echo "see build/check/logs/$(basename "$log")"; })" "$build"
    done <<<"$rows"
    if (( status != 0 )) && ! grep -q failed <<<"$rows" || [[ -z $rows ]]; then
        printf '%s\tfailed\tended with %d: see build/check/logs/%s\t%s\n' "$id" "$status" "$(basename "$log")" "$build"
    fi
} >>"$ran"
if (( status != 0 )); then
    { echo "--- $id ended with $status"; grep -vE '^ok ' "$log" | head -n 60; } >&2
fi
exit 0
