#!/bin/sh
# Runs the tests whose names contain a text, and nothing else; finding none is a failure.
# Usage: tools/only.sh a_customer_is_created
set -eu
cd "$(dirname "$0")/.."

cargo build --workspace --locked --quiet --example fixture # which --tests leaves out
tests=$(cargo test --workspace --locked --quiet --tests -- --list "$1")
if ! printf '%s\n' "$tests" | grep -q ': test$'; then
    echo "No test has a name that contains $1; \`make test\` runs them all." >&2
    exit 1
fi
cargo test --workspace --locked --quiet --tests -- --nocapture "$1"
