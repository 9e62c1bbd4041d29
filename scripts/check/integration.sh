# Real processes, real PostgreSQL, real sockets, with sanitized binaries; in the ordinary build what
# judges the clock, and what tries scripts and SQL only (both say so in their file). The sanitizers' leak
# check holds for tools and for roles until they enter their sandbox; inside it is off
# (base/sandbox.c), and leaks of a serving role are the business of the tests that watch its memory.
. "$root/scripts/check/node.sh"

check_integration() {
    local all=(tests/integration/*_test.mjs) files preset
    [[ -e ${all[0]} ]] || return 0
    [[ -e tests/package-lock.json ]] && install_npm "$root/tests"
    build_pages # the door serves them
    for preset in dev asan; do
        build_all "$preset"
        if [[ $preset = dev ]]; then mapfile -t files < <(grep -lE '^// (Ordinary build only|Alone)' "${all[@]}")
        else mapfile -t files < <(grep -L '^// Ordinary build only' "${all[@]}"); fi
        ASAN_OPTIONS=detect_leaks=1:log_path=$results/logs/integration-asan \
        UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
            run_node_tests integration "$preset" "${files[@]}"
    done
    # Servers the tests started write their findings to files: a test may have passed all the same.
    if compgen -G "$results/logs/integration-asan.*" >/dev/null; then
        head -n 40 "$results"/logs/integration-asan.* >&2
        record integration/sanitizers failed "see build/check/logs/integration-asan.*"
    else record integration/sanitizers passed; fi
}
