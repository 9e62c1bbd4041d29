# Fuzzing: every kept input through every target under the sanitizers; then, unless quick, a short
# run of libFuzzer on each, long enough to notice what a change broke.

check_fuzz() {
    local target name folder id seconds count log record_build=replay
    build_all asan
    for target in tests/fuzz/*/*_fuzz.c; do
        folder=$(basename "$(dirname "$target")") name=$(basename "$target" .c)
        target=build/asan/tests/fuzz-$folder-$name
        id=fuzz/$folder/$name
        if [[ ! -d tests/fuzz/corpus/$name ]]; then
            record "$id" failed "tests/fuzz/corpus/$name is missing"; continue
        fi
        record_command "$id" timeout -k 5 120 "$target" "tests/fuzz/corpus/$name"
    done
    [[ -z $quick ]] || return 0

    local targets=()
    for target in tests/fuzz/*/*_fuzz.c; do
        folder=$(basename "$(dirname "$target")")
        targets+=("fuzz-$folder-$(basename "$target" .c)")
    done
    count=${#targets[@]}
    (( count )) || return 0
    build_all fuzz "${targets[@]}"
    # 6 s each, and no more than two minutes in all on two cores; or as long as asked.
    seconds=$((240 / count)); (( seconds <= 6 )) || seconds=6
    (( !minutes )) || seconds=$((minutes * 60))
    note "$count targets, $seconds s each"
    printf '%s\n' "${targets[@]}" |
        xargs -r -P "$(nproc)" -n 1 scripts/check/fuzz_one.sh "$ran" "$results" "$seconds"
}
