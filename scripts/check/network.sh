# Real browsers through firewalls and proxies, in networks made for the test.
. "$root/scripts/check/node.sh"

check_network() {
    local files=(tests/network/*_test.mjs)
    [[ -e ${files[0]} ]] || return 0
    install_npm "$root/tests"
    build dev
    build_pages
    make_template
    node_limit=900 node_tries=2 run_node_tests network dev "${files[@]}"
}
