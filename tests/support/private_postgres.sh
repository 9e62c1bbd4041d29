#!/bin/bash
# A private PostgreSQL cluster for a test, made the way ./run makes its own.
# Prints one line when it answers: SOCKET_DIR TAB SUPERUSER_PASSWORD TAB
# OWNER_PASSWORD. Lives until its standard input closes, so that it cannot
# outlive the test; then the folder goes too.
#
#   private_postgres.sh DIR
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
var=${1:?}
. "$root/scripts/lib.sh"
. "$root/scripts/postgres.sh"

mkdir -p "$var/secrets" "$var/log"
chmod 700 "$var" "$var/secrets" "$var/log"
for role in superuser owner api courier; do openssl rand -hex 16 >"$var/secrets/db_$role"; done
postgres_choose_method
postgres_create 2>/dev/null
postgres_start >/dev/null
trap 'kill -INT "$postgres_pid" 2>/dev/null; wait "$postgres_pid" || true; rm -rf "$var"' EXIT
postgres_prepare >/dev/null
printf '%s\t%s\t%s\n' "$(postgres_socket_dir)" "$(<"$var/secrets/db_superuser")" "$(<"$var/secrets/db_owner")"
cat >/dev/null
