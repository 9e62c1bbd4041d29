# Unit tests, in the ordinary build and under AddressSanitizer and UndefinedBehaviourSanitizer
# with leak detection; and the pages' own.

check_unit() {
    local preset
    for preset in dev asan; do
        build "$preset"
        printf '%s\n' build/$preset/tests/unit-*_test |
            xargs -r -P "$(nproc)" -n 1 scripts/check/unit_one.sh "$ran" "$results/logs/$preset"
        grep '^unit/' "$ran" | grep -P '\tfailed' | cut -f1 | sort -u | while read -r id; do
            note "failed ($preset): $id"
        done
    done
    if [[ -e web/scripts/test.mjs ]]; then
        install_npm "$root/web"
        record_command unit/web npm --prefix web test --silent
    fi
}
