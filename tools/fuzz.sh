#!/bin/sh
# Tries the readers of what a client sends with inputs that libFuzzer finds, beginning with those in
# fuzz/corpus/: all targets of fuzz/, or the ones that are named. Each has SECONDS_EACH to look further.
# What it finds on the way is kept in fuzz/target/found/, an input that fails in fuzz/artifacts/.
# Usage: SECONDS_EACH=5 tools/fuzz.sh [target…], with cargo-fuzz on the PATH.
set -eu
cd "$(dirname "$0")/.."

SECONDS_EACH=${SECONDS_EACH:-5}
[ $# -gt 0 ] || set -- $(ls fuzz/corpus)

# No sanitizer: the code is safe Rust, and without one the stable compiler does.
cargo fuzz build --fuzz-dir fuzz --sanitizer none
triple=$(rustc -vV | sed -n 's/^host: //p')
bins=fuzz/target/$triple/release

one() {
    mkdir -p "fuzz/target/found/$1" fuzz/artifacts
    log=fuzz/target/found/$1.log
    # -timeout: a reader that takes ten seconds for one input is a fault too.
    if "$bins/$1" "fuzz/target/found/$1" "fuzz/corpus/$1" -max_total_time="$SECONDS_EACH" \
        -timeout=10 -max_len=4096 -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$1-" \
        >"$log" 2>&1
    then
        runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
        echo "fuzz: $1 held for $runs inputs"
    else
        tail -n 40 "$log" >&2
        echo "fuzz: $1 does not hold; run $bins/$1 with the input that is named above" >&2
        return 1
    fi
}

# As many at a time as there are processors: in each of so many rows, one after another.
rows=$(getconf _NPROCESSORS_ONLN)
running=
for row in $(seq "$rows"); do
    (
        number=0 status=0
        for target in "$@"; do
            number=$((number + 1))
            [ $((number % rows + 1)) -ne "$row" ] || one "$target" || status=1
        done
        exit $status
    ) &
    running="$running $!"
done
status=0
for row in $running; do wait "$row" || status=1; done
exit $status
