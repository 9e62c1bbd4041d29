# Unit tests, in the ordinary build and under AddressSanitizer and UndefinedBehaviourSanitizer
# with leak detection; and the pages' own.

check_pages() {
    local rows=$results/logs/unit-web.tsv log=$results/logs/unit-web.log
    if node web/scripts/test.mjs --test-reporter="$root/scripts/check/collect.mjs" --test-reporter-destination="$rows" \
        --test-reporter=tap --test-reporter-destination=stdout >"$log" 2>&1; then record unit/web passed
    else tail -n 60 "$log" >&2; record unit/web failed "see build/check/logs/unit-web.log"; fi
    [[ ! -e $rows ]] || awk -F'\t' 'BEGIN { OFS = FS } { print "unit/web:" $1, $2, $3, "-" }' "$rows" >>"$ran"
}

check_unit() {
    local preset file
    for preset in dev asan; do
        build_all "$preset"
        for file in tests/unit/*/*_test.c; do
            echo "build/$preset/tests/unit-$(basename "$(dirname "$file")")-$(basename "$file" .c)"
        done |
            xargs -r -P "$(nproc)" -n 1 scripts/check/unit_one.sh "$ran" "$results/logs/$preset"
    done
    if [[ -e web/scripts/test.mjs ]]; then
        install_npm "$root/web"
        check_pages
    fi
}
