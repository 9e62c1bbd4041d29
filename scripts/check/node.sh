# Runs test files of node:test and records each test. One more at a time than there are cores, as they
# wait a lot, each in its own network; then, one after the other, those that say in a line
# `// Alone: WHY` that they judge what a busy core spoils. Where namespaces are forbidden nothing runs
# beside anything.
# run_node_tests GROUP BUILD FILE...
run_node_tests() {
    local group=$1 preset=$2 lanes=1 together alone; shift 2
    scripts/check/own_network.sh sh -c 'ip -4 address show dev outside' 2>/dev/null | grep -q 10.77.0.1/ &&
        lanes=$(($(nproc) + 1))
    mapfile -t together < <(grep -L '^// Alone: ' "$@")
    mapfile -t alone < <(grep -l '^// Alone: ' "$@")
    node_lane "$lanes" "${together[@]}"
    node_lane 1 "${alone[@]}"
}

node_lane() {
    local lanes=$1; shift
    (( $# )) || return 0
    printf '%s\0' "$@" | xargs -0 -r -P "$lanes" -n 1 scripts/check/node_one.sh \
        "$ran" "$results" "$group" "$preset" "${node_limit:-600}"
}
