# Starting, watching and stopping. Sourced by ./run.

# A number of a process says little once that process has ended: another may have it. What was
# started is known by its number, the moment it started and the boot that moment counts from.
process_mark() { # pid
    local line
    line=$(<"/proc/$1/stat") 2>/dev/null || return 1
    line=${line##*) } # the name before may hold anything
    read -ra line <<<"$line"
    [[ ${line[0]} != Z ]] && echo "$1 ${line[19]} $(</proc/sys/kernel/random/boot_id)"
}

server_pid() { # of the ./run that serves this var/, or nothing
    local mark pid
    [[ -s $var/run.pid ]] || return 1
    mark=$(<"$var/run.pid") pid=${mark%% *}
    whole_number "$pid" 2 4194304 && [[ -e /proc/$pid/stat && $(process_mark "$pid") = "$mark" ]] && echo "$pid"
}

is_ready() {
    curl --silent --fail --max-time 2 --cacert "$var/certs/authority.crt" --output /dev/null \
        --noproxy '*' "https://127.0.0.1:$port/readyz"
}

start() {
    if server_pid >/dev/null && [[ -e $var/ready ]]; then
        port=$(sed -n 's/^port = //p' "$var/config.ini")
        say "Already running"; tell_addresses; return 0
    fi
    if [[ $background ]]; then
        mkdir -p "$var/log"
        prepare_software
        rm -f "$var/ready"
        setsid "$root/run" "${options[@]}" </dev/null >"$var/log/run.log" 2>&1 &
        background_pid=$!
        trap 'stop_background 130' INT # nobody has been told that it runs
        trap 'stop_background 143' TERM HUP
        until [[ -e $var/ready ]]; do
            kill -0 "$background_pid" 2>/dev/null || { cat "$var/log/run.log" >&2; fail "it did not start"; }
            sleep 0.1
        done
        [[ $command != start ]] || trap - INT TERM HUP # the selftest goes on with a server of its own
        tell_addresses; return 0
    fi
    prepare_software
    prepare_secrets
    exec 9>"$var/run.lock"
    flock --nonblock 9 || fail "another ./run uses $var"
    process_mark $$ >"$var/run.pid"
    rm -f "$var/ready"
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    trap stop_all EXIT
    postgres_pid='' server=''
    postgres_choose_method
    prepare_certificates
    postgres_create
    prepare_config
    postgres_start 9>&-
    prepare_database
    start_server 9>&-
    touch "$var/ready"
    tell_addresses
    watch
}

# Everything that takes long the first time, and nothing when it is there.
prepare_software() {
    install_packages "$root/scripts/packages.txt"
    [[ -z $build_dir ]] || return 0
    build dev
    build_pages
}

prepare_database() {
    postgres_prepare
    "$bin/teleloire-api" --migrate --config "$var/config.ini" 2>>"$var/log/migrate.log" ||
        { tail -n 20 "$var/log/migrate.log" >&2; fail "the migrations failed"; }
    if [[ ! $demo ]]; then prepare_without_demo; return; fi
    [[ -e $var/demo.json ]] || say "Loading the demo region"
    PGPASSWORD=$(<"$var/secrets/db_owner") "$root/records/seed/load.sh" \
        --database "host=$(postgres_socket_dir) dbname=teleloire user=teleloire_owner" \
        --demo "$var/demo.json" --url "https://$public_name:$port" \
        --mailbox-dir "$var/mailbox" >"$var/log/seed.log" 2>&1 ||
        { tail -n 20 "$var/log/seed.log" >&2; fail "the demo region could not be loaded"; }
    "$bin/teleloire-api" --keys seal --config "$var/config.ini" >>"$var/log/seed.log" 2>&1 ||
        { tail -n 20 "$var/log/seed.log" >&2; fail "the demo region could not be sealed"; }
    "$bin/teleloire" account demo resume --config "$var/config.ini" >/dev/null || fail "the demo's accounts could not be let in"
}

# Reference data, and nobody: who may sign in is made by `account add`.
prepare_without_demo() {
    PGPASSWORD=$(<"$var/secrets/db_owner") "$root/records/seed/load.sh" --territory-only \
        --database "host=$(postgres_socket_dir) dbname=teleloire user=teleloire_owner" \
        >"$var/log/seed.log" 2>&1 ||
        { tail -n 20 "$var/log/seed.log" >&2; fail "the territory could not be loaded"; }
    "$bin/teleloire" account demo stop --config "$var/config.ini" >/dev/null || fail "the demo's accounts could not be stopped"
    [[ ! -e $var/demo.json ]] || say "The demo region is in this database from before: its accounts sign in no more (they do again without --no-demo)"
}

start_server() {
    say "Starting"
    setsid setpriv --pdeathsig TERM "$bin/teleloire" run --config "$var/config.ini" \
        >>"$var/log/server.log" 2>&1 &
    server=$!
    local deadline=$((SECONDS + 30))
    until is_ready; do
        if ! kill -0 "$server" 2>/dev/null; then
            tail -n 20 "$var/log/server.log" >&2; fail "the server ended while starting"
        fi
        (( SECONDS < deadline )) || { tail -n 20 "$var/log/server.log" >&2
            fail "the server was not ready within 30 s"; }
        sleep 0.1
    done
}

# Serves until the server ends. PostgreSQL is started again when it ends, as the server expects
# to live through its absence; a file named postgres/hold in var/ keeps it down (tests).
watch() {
    while kill -0 "$server" 2>/dev/null; do
        wait -n "$server" "$postgres_pid" || true
        if kill -0 "$server" 2>/dev/null && ! kill -0 "$postgres_pid" 2>/dev/null; then
            note "PostgreSQL ended; starting it again"
            while [[ -e $var/postgres/hold ]]; do sleep 0.1; done
            postgres_start 9>&-
        fi
    done
    wait "$server" || { tail -n 20 "$var/log/server.log" >&2; fail "the server ended"; }
}

# In order: the server writes its last events while PostgreSQL still answers.
stop_all() {
    trap '' INT TERM HUP
    trap - EXIT
    if [[ ${server:-} ]] && kill -0 "$server" 2>/dev/null; then
        note "stopping the server"
        kill -TERM "$server" 2>/dev/null || true
        wait_until 15 gone "$server" || kill -KILL "$server" 2>/dev/null || true
    fi
    if [[ ${postgres_pid:-} ]] && kill -0 "$postgres_pid" 2>/dev/null; then
        note "stopping PostgreSQL"
        kill -INT "$postgres_pid" 2>/dev/null || true # fast shutdown
        wait_until 15 gone "$postgres_pid" || kill -QUIT "$postgres_pid" 2>/dev/null || true
    fi
    rm -f "$var/ready" "$var/run.pid"
}
gone() { [[ ! -e /proc/$1/stat || $(cut -d" " -f3 "/proc/$1/stat" 2>/dev/null) = Z ]]; }

stop() {
    local pid
    pid=$(server_pid) || { say "Not running"; return 0; }
    say "Stopping"
    kill -TERM "$pid"
    wait_until 40 gone "$pid" || fail "it did not stop"
}

# A server this command started in the background goes with the command when it is interrupted.
stop_background() { # exit code
    trap '' INT TERM HUP
    say "Interrupted: stopping the server it started"
    kill -TERM "$background_pid" 2>/dev/null || true
    wait_until 40 gone "$background_pid" || kill -KILL "$background_pid" 2>/dev/null || true
    exit "$1"
}

tell_addresses() {
    echo
    echo "  Téléloire     https://$public_name:$port/   https://${addresses[-1]}:$port/"
    echo "  authority     $var/certs/authority.crt   (import it once and browsers trust the page)"
    [[ -e $var/demo.json ]] && [[ $demo ]] &&
        echo "  demo          $var/demo.json   logins and passwords made for this installation"
    [[ $demo ]] || cat <<TEXT
  accounts      there is none until you make it; the password is made and shown once:
                $bin/teleloire account add --config $var/config.ini --role doctor \\
                    --email jeanne.exemple@example.org --name "Dr Jeanne EXEMPLE" \\
                    --structure "MSP de la Loire" --city Nantes --departement 44
TEXT
    echo "  mail          $var/mailbox   what patients receive, as files"
    echo "  metrics       http://127.0.0.1:$metrics_port/metrics"
    echo "  logs          $var/log/"
    if [[ $background ]]; then echo "  stop it       ./run stop${var:+ --var $var}"
    else echo "  stop it       Ctrl-C"; fi
    echo
}

# The ten-second proof, on the server that is up, or on one started for it.
selftest() {
    local started=
    if ! server_pid >/dev/null || [[ ! -e $var/ready ]]; then
        background=1
        start
        started=1
    fi
    [[ -x $bin/teleloire-seat ]] || build dev teleloire-seat
    port=$(sed -n 's/^port = //p' "$var/config.ini")
    # In the background of this shell, which hears a signal at once that way.
    local status=0 seat
    "$bin/teleloire-seat" selftest --url "https://127.0.0.1:$port" \
        --ca "$var/certs/authority.crt" --demo "$var/demo.json" &
    seat=$!
    trap 'selftest_interrupted 130 "$seat" "$started"' INT
    trap 'selftest_interrupted 143 "$seat" "$started"' TERM HUP
    wait "$seat" || status=$?
    [[ ! $started ]] || stop
    return "$status"
}

selftest_interrupted() { # exit code, the participants' process, whether the server is ours
    trap '' INT TERM HUP
    kill -TERM "$2" 2>/dev/null || true
    wait "$2" 2>/dev/null || true # nothing that was started here outlives it
    [[ ! $3 ]] || stop_background "$1"
    exit "$1"
}
