# Unit tests, in the ordinary build and under AddressSanitizer and UndefinedBehaviourSanitizer
# with leak detection; and the pages' own.

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
        record_command unit/web npm --prefix web test --silent
    fi
}
