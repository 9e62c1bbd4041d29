#!/bin/bash
# node_one.sh RAN RESULTS GROUP PRESET SECONDS TRIES FILE: runs one file of node:test, in a network of
# its own, and records each of its tests. A file that fails is tried again where TRIES says so; what
# failed the first time is kept in again.tsv and told at the end (docs/decisions/0054-second-try.md).
ran=$1 results=$2 group=$3 preset=$4 limit=$5 tries=$6 file=$7
root=$PWD
name=$(basename "$file" .mjs)
rows=$results/logs/$group-$name-$preset.tsv

# run LOG: the rows of one run, each with the test's whole name, in $said; its exit code in $status.
run() {
    local log=$1
    status=0
    rm -f "$rows"
    TELELOIRE_BUILD=$root/build/$preset TL_BUILD=$root/build/$preset timeout -k 30 "$limit" \
        scripts/check/own_network.sh node \
        --test-reporter="$root/scripts/check/collect.mjs" --test-reporter-destination="$rows" \
        --test-reporter=tap --test-reporter-destination=stdout \
        "$file" >"$log" 2>&1 </dev/null || status=$?
    said=$(awk -F'\t' -v id="$group/$name" -v build="$preset" \
        'BEGIN { OFS = FS } { print id ":" $1, $2, $3, build }' "$rows" 2>/dev/null)
    if (( status )) && ! cut -f2 <<<"$said" | grep -q failed || [[ ! $said ]]; then
        { echo "--- $group/$name ended with $status"; tail -n 40 "$log"; } >&2
        said+=${said:+$'\n'}$(printf '%s\tfailed\tended with %d: see build/check/logs/%s\t%s' \
            "$group/$name" "$status" "$(basename "$log")" "$preset")
        status=1
    fi
    awk -F'\t' '$2 == "failed" { print "    failed " $1 ": " $3 }' <<<"$said" >&2
}

began=$SECONDS
for ((try = 1; ; try++)); do
    echo "    $group/$name ($preset)$( (( try > 1 )) && echo ", again")" >&2
    run "$results/logs/$group-$name-$preset$( (( try > 1 )) && echo "-$try").log"
    (( status && try < tries )) || break
    awk -F'\t' '$2 == "failed"' <<<"$said" | flock "$results/again.tsv" tee -a "$results/again.tsv" >/dev/null
done
flock "$ran" cat <<<"$said" >>"$ran" # others write at the same time
printf '%s\t%s\t%d\n' "$group/$name" "$preset" $((SECONDS - began)) | flock "$results/seconds.tsv" tee -a "$results/seconds.tsv" >/dev/null
exit 0
