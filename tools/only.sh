#!/bin/sh
# Runs the tests whose names contain a text, and nothing else; finding none is a failure.
# Usage: tools/only.sh a_customer_is_created
set -eu
cd "$(dirname "$0")/.."

found=$(cargo test --workspace --locked --quiet --lib --bins --tests -- --list "$1" | grep -c ': test$' || true)
if [ "$found" = 0 ]; then
    echo "No test has a name that contains $1; \`make test\` runs them all." >&2
    exit 1
fi
cargo test --workspace --locked --quiet --lib --bins --tests -- --nocapture "$1"
