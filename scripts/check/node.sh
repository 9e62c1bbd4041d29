# Runs test files of node:test one after the other and records each test.
# run_node_tests GROUP BUILD FILE...
run_node_tests() {
    local group=$1 preset=$2 file name log rows status; shift 2
    for file; do
        [[ -e $file ]] || continue
        name=$(basename "$file" .mjs)
        log=$results/logs/$group-$name-$preset.log rows=$results/logs/$group-$name-$preset.tsv
        note "$group/$name ($preset)"
        status=0
        TELELOIRE_BUILD=$root/build/$preset TL_BUILD=$root/build/$preset timeout -k 30 "${node_limit:-600}" \
            scripts/check/own_network.sh node \
            --test-reporter="$root/scripts/check/collect.mjs" --test-reporter-destination="$rows" \
            --test-reporter=tap --test-reporter-destination=stdout \
            "$file" >"$log" 2>&1 </dev/null || status=$?
        awk -F'\t' -v id="$group/$name" 'BEGIN { OFS = FS } { print id ":" $1, $2, $3 }' "$rows" \
            >>"$ran" 2>/dev/null || true
        if (( status )) && ! cut -f2 "$rows" 2>/dev/null | grep -q failed || [[ ! -s $rows ]]; then
            tail -n 40 "$log" >&2
            record "$group/$name" failed "ended with $status: see build/check/logs/$(basename "$log")"
        elif (( status )); then
            awk -F'\t' '$2 == "failed" { print "    failed " $1 ": " $3 }' "$rows" >&2
        fi
    done
}
