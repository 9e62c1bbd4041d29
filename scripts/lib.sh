# What ./run and ./check share: telling what is being done, and installing what is missing.
# Sourced by bash with `set -euo pipefail`; needs $root, the folder of the tree.

# Builds of the same sources in several folders share what was compiled.
export CCACHE_NOHASHDIR=1

if [[ -t 2 ]]; then tl_terminal=1 tl_bold=$'\e[1m' tl_dim=$'\e[2m' tl_red=$'\e[31m' tl_off=$'\e[0m'
else tl_terminal= tl_bold= tl_dim= tl_red= tl_off=; fi

say() { printf '%s==>%s %s\n' "$tl_bold" "$tl_off" "$*" >&2; }
note() { printf '    %s%s%s\n' "$tl_dim" "$*" "$tl_off" >&2; }
fail() { printf '%s%s%s\n' "$tl_red" "$*" "$tl_off" >&2; exit 1; }

# Shows the last of many lines on a terminal, one in $1 elsewhere, and the whole of it on failure.
# Usage: with_progress 25 COMMAND...
with_progress() {
    local every=$1 log line count=0 status=0; shift
    log=$(mktemp)
    { "$@" 2>&1 || echo "$?" >"$log.status"; } | while IFS= read -r line || [[ $line ]]; do
        printf '%s\n' "$line" >>"$log"
        [[ -z $line ]] && continue
        if [[ $tl_terminal ]]; then printf '\r\e[K    %s' "${line:0:${COLUMNS:-96}}" >&2
        elif (( count++ % every == 0 )); then note "$line"; fi
    done
    [[ $tl_terminal ]] && printf '\r\e[K' >&2
    if [[ -e $log.status ]]; then
        status=$(<"$log.status")
        [[ ! $tl_terminal ]] && (( every == 1 )) || grep -E -A8 'FAILED|rror' "$log" | tail -n 60 >&2 || tail -n 40 "$log" >&2
    fi
    rm -f "$log" "$log.status"
    return "$status"
}

as_root() {
    if [[ $(id -u) = 0 ]]; then "$@"
    elif command -v sudo >/dev/null; then sudo -E "$@"
    else fail "this needs root: $* (run as root, or install sudo)"; fi
}

# The packages of a list that are not installed. Node may come from elsewhere than Debian, and
# then Debian's npm would not install beside it: a working command is enough.
packages_missing() {
    local installed
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Abbrev}\n' 2>/dev/null |
        sed -n 's/ ii *$//p')
    cat "$@" | sort -u | while read -r package; do
        [[ -z $package ]] && continue
        case $package in nodejs) command -v node >/dev/null && continue ;;
                         npm) command -v npm >/dev/null && continue ;; esac
        grep -qxF "$package" <<<"$installed" || echo "$package"
    done
}

# apt's own progress, from its status descriptor: package i of n, and how far.
packages_progress() {
    local total=$1 done=0 kind package rest line last=
    while IFS=: read -r kind package rest; do
        case $kind in
        dlstatus) line="downloading, ${rest%%.*} %" ;;
        pmstatus)
            [[ $rest == *:Installed\ * || $rest == *"Installed "* ]] && done=$((done + 1))
            line="package $done of $total, ${package}" ;;
        *) continue ;;
        esac
        [[ $line == "$last" ]] && continue
        last=$line
        if [[ $tl_terminal ]]; then printf '\r\e[K    %s' "$line" >&2
        elif (( done % 10 == 0 )) && [[ $line != downloading* ]]; then note "$line"; fi
    done
    [[ $tl_terminal ]] && printf '\r\e[K' >&2
    return 0
}

# install_packages LIST...: quick when all are there.
install_packages() {
    local missing total log
    mapfile -t missing < <(packages_missing "$@")
    (( ${#missing[@]} )) || return 0
    say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    # PostgreSQL's package would start a server on port 5432; ours is private to the tree.
    if printf '%s\n' "${missing[@]}" | grep -q '^postgresql' &&
        [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' |
            as_root tee /etc/postgresql-common/createcluster.d/no-main-cluster.conf >/dev/null
    fi
    log=$(mktemp)
    note "reading the package lists"
    as_root apt-get update >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "apt-get update failed"; }
    total=$(apt-get install --simulate --no-install-recommends "${missing[@]}" 2>/dev/null |
        grep -c '^Inst ') || true
    # sudo closes other descriptors, so the status one is opened behind it.
    { as_root env DEBIAN_FRONTEND=noninteractive sh -c 'log=$1; shift
          exec apt-get install -y --no-install-recommends -o APT::Status-Fd=3 "$@" \
              3>&1 >"$log" 2>&1' sh "$log" "${missing[@]}" || touch "$log.failed"; } |
        packages_progress "$total"
    if [[ -e $log.failed ]]; then
        tail -n 30 "$log" >&2; rm -f "$log" "$log.failed"
        fail "apt-get could not install: ${missing[*]}"
    fi
    rm -f "$log"
}

# install_npm FOLDER: what the lock names, again only when the lock changed.
install_npm() {
    local folder=$1 stamp
    stamp=$folder/node_modules/.lock-installed
    [[ -e $stamp ]] && cmp -s "$stamp" "$folder/package-lock.json" && return 0
    say "Installing the npm packages of ${folder#"$root"/} ($(grep -c '"node_modules/' \
        "$folder/package-lock.json") of them)"
    (cd "$folder" && with_progress 20 npm ci --no-fund --no-audit --loglevel=http)
    cp "$folder/package-lock.json" "$stamp"
}

# build PRESET [TARGET...]: configures when needed; ninja shows how far it is.
build() {
    local preset=$1 folder=$root/build/$1 options=() status=0; shift
    [[ ${build_keep_going:-} ]] && options=(-k 0)
    if [[ ! -e $folder/build.ninja ]]; then
        say "Configuring the $preset build"
        (cd "$root" && with_progress 20 cmake --preset "$preset") || return
    fi
    if ninja -C "$folder" -n "$@" 2>/dev/null | grep -q 'no work to do'; then return 0; fi
    say "Building ($preset)"
    if [[ $tl_terminal ]]; then
        NINJA_STATUS='    [%f of %t] ' ninja -C "$folder" "${options[@]}" "$@" >&2 || status=$?
    else
        NINJA_STATUS='[%f of %t] ' with_progress 30 ninja -C "$folder" "${options[@]}" "$@" || status=$?
    fi
    return "$status"
}

# build_pages: when a source is newer than the last result.
build_pages() {
    local web=$root/web
    [[ -e $web/package-lock.json ]] || return 0
    install_npm "$web"
    if [[ -e $web/dist/.built ]] && [[ -z $(find "$web" -path "$web/node_modules" -prune -o \
        -path "$web/dist" -prune -o -newer "$web/dist/.built" -print -quit) ]]; then return 0; fi
    say "Building the pages"
    (cd "$web" && with_progress 1 npm run --silent build)
    touch "$web/dist/.built"
}

# wait_until SECONDS COMMAND...: tries ten times a second until it succeeds or the time is up.
wait_until() {
    local deadline=$((SECONDS + $1)); shift
    until "$@"; do
        (( SECONDS < deadline )) || return 1
        sleep 0.1
    done
}
