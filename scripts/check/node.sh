# Runs test files of node:test and records each test. One more at a time than there are cores, as they
# wait a lot, each in its own network; then, one after the other, those that say in a line
# `// Alone: WHY` that they judge what a busy core spoils. Where namespaces are forbidden nothing runs
# beside anything.
# node_limit: seconds a file may take. node_tries: how often a file that
# fails is run; those alone twice (docs/decisions/0054-second-try.md).
# run_node_tests GROUP BUILD FILE...
run_node_tests() {
    local group=$1 preset=$2 lanes=1 together alone; shift 2
    scripts/check/own_network.sh sh -c 'ip -4 address show dev outside' 2>/dev/null | grep -q 10.77.0.1/ &&
        lanes=$(($(nproc) + 1))
    mapfile -t together < <(grep -L '^// Alone: ' "$@")
    mapfile -t alone < <(grep -l '^// Alone: ' "$@")
    node_lane "$lanes" "${node_tries:-1}" "${together[@]}"
    node_lane 1 2 "${alone[@]}"
}

node_lane() {
    local lanes=$1 tries=$2; shift 2
    (( $# )) || return 0
    printf '%s\0' "$@" | xargs -0 -r -P "$lanes" -n 1 scripts/check/node_one.sh \
        "$ran" "$results" "$group" "$preset" "${node_limit:-600}" "$tries"
}

# What servers of e2e and network tests begin with (tests/e2e/support/template.mjs): made once a run,
# exported as TL_TEMPLATE. Without it each begins from nothing, as a newcomer's does.
make_template() {
    export TL_TEMPLATE=$results/template
    [[ ! -e $results/template.made ]] || return 0
    TELELOIRE_BUILD=$root/build/dev scripts/check/own_network.sh \
        node tests/e2e/support/template.mjs "$TL_TEMPLATE" >"$results/logs/template.log" 2>&1 ||
        record template failed "see build/check/logs/template.log"
    touch "$results/template.made"
}
