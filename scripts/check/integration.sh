# Real processes, real PostgreSQL, real sockets; then once more with sanitized binaries. Their leak
# check holds for tools and for roles until they enter their sandbox; inside it is off
# (base/sandbox.c), and leaks of a serving role are the business of the tests that watch its memory.
. "$root/scripts/check/node.sh"

check_integration() {
    local files=(tests/integration/*_test.mjs) preset
    [[ -e ${files[0]} ]] || return 0
    [[ -e tests/package-lock.json ]] && install_npm "$root/tests"
    build_pages # the door serves them
    for preset in dev asan; do
        build_all "$preset"
        ASAN_OPTIONS=detect_leaks=1:log_path=$results/logs/integration-asan \
        UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
            run_node_tests integration "$preset" "${files[@]}"
        # what tries scripts and SQL only has nothing to show a sanitizer, and says so in its file
        mapfile -t files < <(grep -L '^// Ordinary build only' "${files[@]}")
    done
    # Servers the tests started write their findings to files: a test may have passed all the same.
    if compgen -G "$results/logs/integration-asan.*" >/dev/null; then
        head -n 40 "$results"/logs/integration-asan.* >&2
        record integration/sanitizers failed "see build/check/logs/integration-asan.*"
    else record integration/sanitizers passed; fi
}
