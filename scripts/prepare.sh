# What var/ needs before the server can start: secrets, certificates, the configuration file.
# Sourced; needs $root, $var, $bin and the options of ./run.

random_word() { openssl rand -hex 24; }

# Each secret is made once, in a file only we can read; nothing secret is in the source.
prepare_secrets() {
    local secrets=$var/secrets name key
    mkdir -p "$var" "$secrets" "$var/log" "$var/journal" "$var/audit" "$var/state" "$var/mailbox" "$var/sms"
    chmod 700 "$var" "$secrets" "$var/log" "$var/journal" "$var/audit" "$var/state" "$var/mailbox" "$var/sms"
    (
        umask 077
        for name in db_superuser db_owner db_api db_courier; do
            [[ -s $secrets/$name ]] || random_word >"$secrets/$name"
        done
        for name in journal.key link.key audit.key seal.key factor.key; do # 32 bytes, as hexadecimal digits
            [[ -s $secrets/$name ]] || openssl rand -hex 32 >"$secrets/$name"
        done
        # X25519; the last 32 bytes of either DER form are the raw key (RFC 8410).
        if [[ ! -s $secrets/outbox.key || ! -s $secrets/outbox.pub ]]; then
            key=$(mktemp -p "$secrets")
            openssl genpkey -algorithm X25519 -out "$key"
            openssl pkey -in "$key" -outform DER | tail -c 32 | hex_line >"$secrets/outbox.key"
            openssl pkey -in "$key" -pubout -outform DER | tail -c 32 | hex_line >"$secrets/outbox.pub"
            rm -f "$key"
        fi
    )
}
hex_line() { od -An -v -tx1 | tr -d ' \n'; echo; }

# A local authority, made once, and a server certificate renewed when its names change or it ends
# within a month. Browsers trust it once var/certs/authority.crt is imported.
prepare_certificates() {
    local name names=()
    for name in localhost 127.0.0.1 ::1 "$public_name" "${addresses[@]}"; do
        names+=(--name "$name")
    done
    mkdir -p "$var/certs"; chmod 700 "$var/certs"
    "$bin/teleloire-certs" authority --dir "$var/certs"
    "$bin/teleloire-certs" server --dir "$var/certs" "${names[@]}"
    [[ $turn_name ]] || return 0
    # The relays' own, so that they never hold the pages' key.
    mkdir -p "$var/certs/turn"; chmod 700 "$var/certs/turn"
    ln -sf ../authority.crt ../authority.key "$var/certs/turn/"
    "$bin/teleloire-certs" server --dir "$var/certs/turn" --name "$turn_name"
}

# The file is ours until someone edits it: it is written again only when the options of ./run, or
# this template, changed.
prepare_config() {
    local config=$var/config.ini text sum
    text=$(config_text)
    sum=$(sha256sum <<<"$text")
    [[ -s $config && -s $config.made && $sum = "$(<"$config.made")" ]] && return 0
    [[ -s $config ]] && mv "$config" "$config.before"
    printf '%s\n' "$text" >"$config"
    echo "$sum" >"$config.made"
}

config_text() {
    cat <<CONFIG
; Made by ./run; \`teleloire config --help-all\` explains every key. Edit it freely: it is written
; again (the old one kept as config.ini.before) only when ./run is given other options.

[server]
listen = $listen_address
port = $port
public_name = $public_name
public_address = $public_address
web_root = $root/web/dist
state_dir = $var/state
metrics_port = $metrics_port
http2 = off
log_level = info

[tls]
certificate = $var/certs/server.crt
key = $var/certs/server.key

[database]
socket_dir = $(postgres_socket_dir)
name = teleloire
api_user = teleloire_api
api_password_file = $var/secrets/db_api
courier_user = teleloire_courier
courier_password_file = $var/secrets/db_courier
owner_user = teleloire_owner
owner_password_file = $var/secrets/db_owner

[api]
workers = 2
heavy_workers = 1
password_workers = 1
journal_dir = $var/journal
journal_key_file = $var/secrets/journal.key
link_key_file = $var/secrets/link.key
seal_key_file = $var/secrets/seal.key
outbox_public_key_file = $var/secrets/outbox.pub
audit_file = $var/audit/checkpoints
audit_key_file = $var/secrets/audit.key
factor_key_file = $var/secrets/factor.key

[relay]
processes = $relay_processes
udp_port = $udp_port
tcp_port = $tcp_port
shared_port = on
turn_name = $turn_name
turn_certificate = ${turn_name:+$var/certs/turn/server.crt}
turn_key = ${turn_name:+$var/certs/turn/server.key}
bind_address = $bind_address

[courier]
; Without smtp_url, mail and short messages are kept as files in the two mailbox folders.
smtp_url =
mail_from = ne-pas-repondre@$public_name
mailbox_dir = $var/mailbox
sms_mailbox_dir = $var/sms
outbox_private_key_file = $var/secrets/outbox.key

[demo]
enabled = $([[ $demo ]] && echo on || echo off)
CONFIG
}
