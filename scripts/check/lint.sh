# What can be known of the sources without running them.

sources() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do
    [[ -e $f ]] && echo "$f"; done; }

check_lint() {
    build_all dev tl_records_sql teleloire-api # headers made at build time, which clang-tidy reads; a table to compare
    record_command lint/format lint_format
    record_command lint/dependencies lint_dependencies
    record_command lint/length lint_length
    record_command lint/paths lint_paths
    record_command lint/readmes lint_readmes
    record_command lint/shell lint_shell
    record_command lint/node lint_node
    record_command lint/waits lint_waits
    record_command lint/access lint_access
    record_command lint/promises-check scripts/check/promises_check.sh
    record_command lint/promises scripts/check/promises.sh check
    record_command lint/cppcheck lint_cppcheck
    record_command lint/clang-tidy lint_tidy
    if [[ -e web/package-lock.json ]]; then
        install_npm "$root/web"
        record_command lint/pages npm --prefix web run --silent check
    fi
}

lint_format() { sources '*.c' '*.h' | xargs -r -P "$(nproc)" -n 40 clang-format --dry-run -Werror; }

# media, signaling and records meet in messages only; base knows nobody, and no word of the domain.
lint_dependencies() {
    local bad=0
    forbid() { # folder, pattern, why
        local found
        found=$(sources "$1/*.c" "$1/*.h" | grep -v '^tests/' |
            xargs -r grep -nE "^ *# *include +[<\"]($2)/") || return 0
        echo "$found"; echo "^ $1 may not include $3"; bad=1
    }
    forbid media 'signaling|records|gateway' "signaling, records or gateway"
    forbid signaling 'media|records|gateway' "media, records or gateway"
    forbid records 'media|signaling|gateway' "media, signaling or gateway"
    forbid certs 'media|signaling|records|gateway|channels' "anything but base"
    forbid base 'certs|media|signaling|records|gateway' "any other folder"
    if sources 'base/*.c' 'base/*.h' | xargs -r grep -nwiE \
        'patient|doctor|medecin|act_id|consent|prescription|rpps|finess|requis|requerant'; then
        echo "^ base holds no word of the domain"; bad=1
    fi
    return $bad
}

# About 300 lines is comfortable; 500 means that two ideas live there.
lint_length() {
    local bad=0 file lines most
    while read -r file; do
        lines=$(wc -l <"$file") most=500
        [[ $file != tests/* ]] || most=800 # a list of promises reads one by one
        (( lines <= most )) || { echo "$file: $lines lines, $most at most"; bad=1; }
        (( lines <= 300 )) || echo "(note) $file: $lines lines"
    done < <(sources '*.c' '*.h')
    return $bad
}

# No path of somebody's machine in what others will read.
lint_paths() {
    ! sources '*.md' '*.c' '*.h' '*.ts' '*.tsx' '*.mjs' '*.sql' '*.txt' '*.json' '*.cmake' '*.tsv' |
        xargs -r grep -nE '(^|[^A-Za-z0-9_./~$}-])/(work|home/[a-z]+|root|Users)/' &&
        ! sources '*.md' | xargs -r grep -nE '(^|[^A-Za-z0-9_./$}-])/tmp/[a-z]'
}

lint_readmes() {
    local bad=0 folder
    for folder in . base certs channels gateway media records signaling web tests scripts; do
        [[ -s $folder/README.md ]] || { echo "$folder/README.md is missing"; bad=1; }
    done
    return $bad
}

lint_shell() {
    local bad=0 file
    while read -r file; do bash -n "$file" || bad=1; done < <(
        sources '*.sh' 'run' 'check' '.ci/run')
    return $bad
}

# Debian 12's Node is 18: what it lacks would fail on a fresh machine only.
lint_node() {
    local bad=0
    if sources 'tests/*.mjs' 'scripts/*.mjs' 'web/scripts/*.mjs' 'web/src/*.ts' 'web/src/*.tsx' 'records/*.mjs' |
        xargs -r grep -nE 'import\.meta\.(dirname|filename)|Promise\.withResolvers|Object\.groupBy|Map\.groupBy|Array\.fromAsync|from "node:sqlite"'; then
        echo "^ Node 18 lacks it: fileURLToPath(import.meta.url), and the like"; bad=1
    fi
    if grep -LE '"node": ">=18"' web/package.json tests/package.json | grep .; then
        echo '^ "engines" says which Node the checks need: >=18'; bad=1
    fi
    return $bad
}

# A child that hangs would hang the run: its end is waited for with a bound (tests/support/child.h).
lint_waits() {
    ! sources 'tests/unit/*.c' | xargs -r grep -nE '(^|[^_a-z])wait(pid|id)?\(' | grep -v 'bounded by whoever waits'
}

# What an auditor reads is what the program does.
lint_access() {
    build/dev/bin/teleloire-api --access | diff docs/access.md - && return
    echo "^ docs/access.md is not the table: build/dev/bin/teleloire-api --access >docs/access.md"
    return 1
}

lint_cppcheck() {
    mkdir -p "$results/cppcheck"
    sources 'base/*.c' 'certs/*.c' 'media/*.c' 'signaling/*.c' 'records/*.c' 'gateway/*.c' >"$results/cppcheck.files"
    cppcheck --quiet --std=c11 --language=c --platform=unix64 --enable=warning,portability \
        --inline-suppr --error-exitcode=1 -j "$(nproc)" --cppcheck-build-dir="$results/cppcheck" \
        --suppress=missingInclude --suppress=unknownMacro --suppress=memleak --suppress=ctuuninitvar --suppress=uninitvar \
        -D__extension__= -Ichannels \
        -Ibase/include -Icerts/include -Imedia/include -Isignaling/include -Irecords/include \
        -Igateway/include -Imedia -Isignaling -Irecords -Igateway -Icerts \
        --file-list="$results/cppcheck.files"
}

# clang-tidy is slow: a file that passed is not asked again until it, a header or the rules change.
lint_tidy() {
    local stamps=$results/tidy headers
    mkdir -p "$stamps"
    headers=$({ sources '*.h' .clang-tidy | xargs cat; clang-tidy --version; } | sha256sum)
    sources 'base/*.c' 'certs/*.c' 'media/*.c' 'signaling/*.c' 'records/*.c' 'gateway/*.c' |
        grep -Ff - <(sed -n 's/^ *"file": "\(.*\)".*/\1/p' build/dev/compile_commands.json |
            sed "s|^$root/||" | sort -u) | grep -v '^tests/' |
        xargs -r -P "$(nproc)" -n 1 scripts/check/tidy_one.sh "$stamps" "${headers%% *}"
}

# After a whole run: what the table promises was proved just now.
promises_ran() { record_command lint/promises-ran scripts/check/promises.sh ran "$ran"; }
