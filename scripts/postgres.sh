# A private PostgreSQL cluster under var/: reached by a socket of its own, no port, passwords only.
# Sourced; needs $root and $var.

PATH=/usr/lib/postgresql/15/bin:$PATH # psql itself: the one of /usr/bin asks Perl first which to start

postgres_bin() {
    local folder=/usr/lib/postgresql/15/bin
    [[ -x $folder/initdb ]] || fail "PostgreSQL 15 is not installed in $folder"
    echo "$folder"
}

# Sets postgres_as, the words before a command of PostgreSQL, which refuses to run as root. Root
# therefore runs it in a user namespace where the same user has another number: files stay root's,
# whatever folder the tree lies in, nothing is given away. Where namespaces are forbidden (some
# containers), it runs as the system user `postgres`, in a folder that user can reach.
postgres_choose_method() {
    postgres_method=self
    postgres_as=()
    [[ $(id -u) = 0 ]] || return 0
    if [[ -e $var/postgres/method ]]; then postgres_method=$(<"$var/postgres/method")
    elif unshare --user --map-user=1000 true 2>/dev/null; then postgres_method=namespace
    else
        postgres_method=user
        setpriv --reuid=postgres --regid=postgres --init-groups test -x "$(dirname "$var")" ||
            postgres_settle_outside
    fi
    if [[ $postgres_method = namespace ]]; then
        postgres_as=(unshare --user --map-user=1000 --map-group=1000)
    else
        postgres_as=(setpriv --reuid=postgres --regid=postgres --init-groups)
        chmod 711 "$var" # passed through, not listed
    fi
}

# A folder the system user can reach when var/ is none (under /root, say); var/ keeps its name.
postgres_settle_outside() {
    local home
    home=/var/lib/teleloire/$(sha256sum <<<"$var" | cut -c1-16)
    mkdir -p "$home" "$var/postgres"
    chmod 711 /var/lib/teleloire "$home"
    echo "$home" >"$var/postgres/home"
}
postgres_home() {
    if [[ -e $var/postgres/home ]]; then cat "$var/postgres/home"; else echo "$var/postgres"; fi
}

# Where the socket is: in var/, unless the path is longer than a socket's name may be.
postgres_socket_dir() {
    local folder
    folder=$(postgres_home)/socket
    if (( ${#folder} > 85 )); then
        [[ -e $var/postgres/socket-dir ]] || mktemp -d "${TMPDIR:-/tmp}/teleloire-XXXXXX" \
            >"$var/postgres/socket-dir"
        folder=$(<"$var/postgres/socket-dir")
        mkdir -p "$folder"; chmod 700 "$folder"
    fi
    echo "$folder"
}

postgres_create() {
    local home data bin
    home=$(postgres_home) data=$home/data
    [[ -e $data/PG_VERSION ]] && return 0
    say "Creating the PostgreSQL cluster"
    bin=$(postgres_bin)
    rm -rf "$data.new" "$data"
    mkdir -p "$var/postgres"; chmod 700 "$var/postgres"
    echo "$postgres_method" >"$var/postgres/method"
    mkdir -p "$data.new" "$home/socket"
    chmod 700 "$data.new" "$home/socket"
    if [[ $postgres_method = user ]]; then
        chmod 711 "$home" "$home/socket"
        chown postgres: "$data.new" "$home/socket"
    fi
    local password=$home/initial-password
    install -m 600 "$var/secrets/db_superuser" "$password"
    [[ $postgres_method = user ]] && chown postgres: "$password"
    "${postgres_as[@]}" "$bin/initdb" --pgdata="$data.new" --username=postgres \
        --auth=scram-sha-256 --pwfile="$password" --encoding=UTF8 --locale=C.UTF-8 \
        --data-checksums >"$var/log/initdb.log" 2>&1 ||
        { cat "$var/log/initdb.log" >&2; fail "initdb failed"; }
    rm -f "$password"
    cat >>"$data.new/postgresql.conf" <<CONFIG

# Téléloire's private cluster: a socket, no port.
listen_addresses = ''
unix_socket_directories = '$(postgres_socket_dir)'
unix_socket_permissions = $([[ $postgres_method = user ]] && echo 0777 || echo 0700)
max_connections = 40
password_encryption = 'scram-sha-256'
log_timezone = 'UTC'
timezone = 'UTC'
# Statements may carry what patients told; their text never enters a log.
log_min_error_statement = panic
# Nor the row that a constraint refused (the DETAIL of the message).
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
CONFIG
    echo 'local all all scram-sha-256' >"$data.new/pg_hba.conf"
    mv "$data.new" "$data"
}

# Starts the server as a child of this shell, ended with it; sets postgres_pid. Where its socket is, is
# said here once more, so that var/ may be moved or copied as a whole.
postgres_start() {
    local data bin
    data=$(postgres_home)/data bin=$(postgres_bin)
    if [[ -e $data/postmaster.pid ]] && ! postgres_lives; then rm -f "$data/postmaster.pid"; fi
    postgres_lives && fail "PostgreSQL already runs on $data"
    grep -q '^log_error_verbosity' "$data/postgresql.conf" || # a cluster made before it was said
        echo 'log_error_verbosity = terse' >>"$data/postgresql.conf"
    # A session of its own: Ctrl-C must reach this script alone, which stops things in order.
    "${postgres_as[@]}" setsid setpriv --pdeathsig INT "$bin/postgres" -D "$data" \
        -c unix_socket_directories="$(postgres_socket_dir)" \
        >>"$var/log/postgres.log" 2>&1 &
    postgres_pid=$!
    wait_until 30 postgres_answers || { tail -n 20 "$var/log/postgres.log" >&2
        fail "PostgreSQL did not start"; }
}

postgres_lives() {
    local pid data
    data=$(postgres_home)/data
    [[ -e $data/postmaster.pid ]] || return 1
    pid=$(head -n 1 "$data/postmaster.pid")
    [[ -r /proc/$pid/cmdline ]] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "-D $data"
}

postgres_answers() {
    "$(postgres_bin)/pg_isready" --quiet --host="$(postgres_socket_dir)"
}

# psql as the superuser, or as the role named by PGUSER with its password.
database() {
    PGPASSWORD=${PGPASSWORD:-$(<"$var/secrets/db_superuser")} PGUSER=${PGUSER:-postgres} \
        PGOPTIONS=--client-min-messages=warning psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host="$(postgres_socket_dir)" "$@"
}

# The database and its three roles: the owner migrates, api and courier work. Each start gives
# the roles the passwords of var/secrets, so that a lost or changed file mends itself.
postgres_prepare() {
    local role
    {
        for role in owner api courier; do
            cat <<SQL
select 'create role teleloire_$role login' where not exists
    (select from pg_roles where rolname = 'teleloire_$role') \gexec
alter role teleloire_$role password '$(<"$var/secrets/db_$role")';
SQL
        done
        # What a role may do is granted by the migrations to two groups; logins are members.
        for role in records outbox; do
            cat <<SQL
select 'create role teleloire_$role nologin' where not exists
    (select from pg_roles where rolname = 'teleloire_$role') \gexec
SQL
        done
        # The migrations make the logins' passwords and groups true as well: the owner may.
        cat <<'SQL'
alter role teleloire_owner createrole;
grant teleloire_records to teleloire_api;
grant teleloire_outbox to teleloire_courier;
select 'create database teleloire owner teleloire_owner'
    where not exists (select from pg_database where datname = 'teleloire') \gexec
revoke all on database teleloire from public;
grant connect on database teleloire to teleloire_api, teleloire_courier;
SQL
    } | database --dbname=postgres
}
