#!/bin/bash
# node_one.sh RAN RESULTS GROUP PRESET SECONDS FILE: runs one file of node:test, in a network of its
# own, and records each of its tests.
ran=$1 results=$2 group=$3 preset=$4 limit=$5 file=$6
root=$PWD
name=$(basename "$file" .mjs)
log=$results/logs/$group-$name-$preset.log rows=$results/logs/$group-$name-$preset.tsv
echo "    $group/$name ($preset)" >&2
status=0
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
elif (( status )); then
    awk -F'\t' '$2 == "failed" { print "    failed " $1 ": " $3 }' <<<"$said" >&2
fi
flock "$ran" cat <<<"$said" >>"$ran" # others write at the same time
exit 0
