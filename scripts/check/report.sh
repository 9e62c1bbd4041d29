# What ran and how it ended: build/check/ran.tsv, one line an execution (id, outcome, reason, and
# the build it ran in: $record_build here).
# A test that ran in two builds counts once, and fails if either failed.

results=$root/build/check
ran=$results/ran.tsv

report_begin() {
    mkdir -p "$results/logs"
    : >"$ran"
    : >"$results/again.tsv"
    : >"$results/seconds.tsv"
    rm -f "$results"/logs/* "$results/template.made"
}

# record ID passed|failed|skipped [REASON]
record() {
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$(tr '\t\n' '  ' <<<"${3:-}" | sed 's/ *$//')" "${record_build:--}" >>"$ran"
    [[ $2 != failed ]] || printf '    %sfailed%s %s %s\n' "$tl_red" "$tl_off" "$1" "${3:-}" >&2
}

# record_command ID COMMAND...: passes when the command succeeds; its output is shown when not.
record_command() {
    local id=$1 log=$results/logs/${1//\//-}.log; shift
    if "$@" >"$log" 2>&1; then record "$id" passed
    else head -n 60 "$log" >&2; record "$id" failed "see build/check/logs/$(basename "$log")"; fi
}

# build_all PRESET [TARGET...]: what does not build is a failure, and the rest runs all the same.
build_all() {
    build_keep_going=1 build "$@" || record "build/$1" failed "see above"
}

report_end() {
    local counts passed failed skipped
    sort -u "$ran" | awk -F'\t' '
        { seen[$1] = 1; if ($2 == "failed") bad[$1] = $3; else if ($2 == "passed") good[$1] = 1; else why[$1] = $3 }
        END { for (id in seen) {
                  if (id in bad) print "failed\t" id "\t" bad[id]
                  else if (id in good) print "passed\t" id "\t"
                  else print "skipped\t" id "\t" why[id] } }' | sort >"$results/summary.tsv"
    passed=$(grep -c '^passed' "$results/summary.tsv") || true
    failed=$(grep -c '^failed' "$results/summary.tsv") || true
    skipped=$(grep -c '^skipped' "$results/summary.tsv") || true
    echo
    awk -F'\t' '$1 != "passed" { print $1 ": " $2 ($3 == "" ? "" : " (" $3 ")") }' "$results/summary.tsv"
    if [[ -s $results/again.tsv ]]; then
        echo "failed at the first try, and were tried again:"
        awk -F'\t' '{ print "    " $1 " (" $3 ")" }' "$results/again.tsv"
    fi
    counts="$passed passed, $failed failed"
    (( skipped )) && counts+=", $skipped skipped"
    echo "$counts"
    (( failed == 0 && passed > 0 ))
}
