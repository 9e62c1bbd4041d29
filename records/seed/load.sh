#!/bin/bash
# Loads the demo region into a migrated database and writes its logins and
# passwords to a file only its owner reads. What it loads: see README.md.
# Called again it changes nothing; if the password file is gone or belongs to
# another database, it gives new passwords.
#
#   load.sh --database CONNINFO --demo FILE [--url URL] [--mailbox-dir DIR] [--now TIMESTAMP]
#   load.sh --database CONNINFO --territory-only
#
# PGPASSWORD and the like are psql's. --now lays the acts around another
# instant (tests).
set -euo pipefail
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

database='' demo='' url='' mailbox_dir='' moment='now' territory_only=''
while (( $# )); do
    case $1 in
    --database) database=${2:?}; shift ;;
    --demo) demo=$(realpath -m "${2:?}"); shift ;;
    --url) url=${2:?}; shift ;;
    --mailbox-dir) mailbox_dir=$(realpath -m "${2:?}"); shift ;;
    --now) moment=${2:?}; shift ;;
    --territory-only) territory_only=1 ;;
    *) echo "load.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done
[[ $database && ( $demo || $territory_only ) ]] || { echo "load.sh: --database and --demo are needed" >&2; exit 2; }
cd "$here/data"

sql() { psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --dbname="$database" "$@"; }

if [[ $territory_only ]]; then
    sql --single-transaction --file=../territory.sql
    exit
fi
command -v argon2 >/dev/null || { echo "load.sh: the argon2 command is missing (Debian package argon2)" >&2; exit 1; }

# --- Passwords ------------------------------------------------------------

# Four words of two syllables and two digits: 55 bits, and a person can type it.
password() {
    local consonants=bcdfgjklmnprtvz vowels=aeiou numbers words='' i
    read -ra numbers < <(od -An -N36 -v -w36 -tu2 /dev/urandom)
    for (( i = 0; i < 16; i += 2 )); do
        (( i && i % 4 == 0 )) && words+=-
        words+=${consonants:numbers[i] % 15:1}${vowels:numbers[i + 1] % 5:1}
    done
    printf '%s-%02d' "$words" $(( numbers[16] % 100 ))
}

# The parameters are OWASP's for argon2id: 19 MiB, two passes, one lane.
hash_password() {
    printf %s "$1" | argon2 "$(od -An -N16 -v -tx1 /dev/urandom | tr -d ' \n')" -id -k 19456 -t 2 -p 1 -e
}

declare -A passwords
make_passwords() {
    local login
    while IFS=, read -r _ login _; do passwords[$login]=$(password); done < <(tail -n +2 person.csv)
}
# Each core hashes its share; a line is short enough for a pipe to take it whole.
hashed_accounts() {
    local logins=("${!passwords[@]}") cores part i
    cores=$(nproc)
    for (( part = 0; part < cores; part++ )); do
        for (( i = part; i < ${#logins[@]}; i += cores )); do
            printf '%s\t%s\n' "${logins[i]}" "$(hash_password "${passwords[${logins[i]}]}")"
        done &
    done
    wait
}

# --- The file of the demo ----------------------------------------------

json_text() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

# The instant the passwords were made tells whether a file goes with a database.
passwords_made_at() {
    sql --command="select to_char(max(a.created_at) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')
                   from account as a join person as p on p.id = a.person_id where p.demo"
}

# One account a line, so that the file can be read with grep as well.
write_demo_file() {
    local separator='' login name roles structure city
    mkdir -p "$(dirname "$demo")"
    {
        printf '{\n'
        printf '"url":%s,\n' "$(json_text "$url")"
        printf '"mailbox_dir":%s,\n' "$(json_text "$mailbox_dir")"
        printf '"passwords_made_at":%s,\n' "$(json_text "$(passwords_made_at)")"
        printf '"accounts":[\n'
        while IFS=$'\t' read -r login name profession roles structure city; do
            printf '%s{"login":%s,"password":%s,"name":%s,"profession":%s,"role":%s,"structure":%s,"city":%s}' \
                "$separator" "$(json_text "$login")" "$(json_text "${passwords[$login]}")" "$(json_text "$name")" \
                "$(json_text "$profession")" "$(json_text "$roles")" "$(json_text "$structure")" "$(json_text "$city")"
            separator=$',\n'
        done < <(sql --field-separator=$'\t' --file=../accounts.sql)
        printf '\n]\n}\n'
    } >"$demo.new"
    mv "$demo.new" "$demo"
}

# The address and the mailbox may change from one start to the next.
refresh_demo_file() {
    local line
    while IFS= read -r line; do
        case $line in
        '"url":'*) [[ $url ]] && line="\"url\":$(json_text "$url")," ;;
        '"mailbox_dir":'*) [[ $mailbox_dir ]] && line="\"mailbox_dir\":$(json_text "$mailbox_dir")," ;;
        esac
        printf '%s\n' "$line"
    done <"$demo" >"$demo.new"
    if cmp -s "$demo" "$demo.new"; then rm "$demo.new"; else mv "$demo.new" "$demo"; fi
}

# --- What there is to do ------------------------------------------------

loaded=$(sql --command="select exists (select from structure where demo)")
if [[ $loaded = f ]]; then
    echo "loading the demo region"
    make_passwords
    hashed_accounts | sql --single-transaction --set="moment=$moment" --file=../territory.sql --file=../load.sql
    write_demo_file
elif [[ -e $demo ]] && grep -qF "\"passwords_made_at\":\"$(passwords_made_at)\"" "$demo"; then
    refresh_demo_file
else
    echo "the demo region is there, its passwords are not: making new ones"
    make_passwords
    hashed_accounts | sql --single-transaction --file=../renew_passwords.sql
    write_demo_file
fi
