# Real browsers against a whole server of their own; screenshots go to docs/screenshots/.
. "$root/scripts/check/node.sh"

check_e2e() {
    local files=(tests/e2e/*_test.mjs)
    [[ -e ${files[0]} ]] || return 0
    install_npm "$root/tests"
    build dev
    build_pages
    make_template
    node_limit=900 node_tries=2 run_node_tests e2e dev "${files[@]}"
}
