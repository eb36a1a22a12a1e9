#!/usr/bin/env bash
# Opens the pages in Chromium, against a stack of its own in a temporary folder: see README.md.
# Usage: LOCAL=target/debug/local tests/web/run.sh. ONLY=word runs the tests whose names contain it.
set -euo pipefail
cd "$(dirname "$0")/../.."

LOCAL=${LOCAL:-target/debug/local}
folder=$(mktemp -d)
stack=
trap '[ -z "$stack" ] || { kill "$stack" && wait "$stack" || true; } 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

"$LOCAL" dev --port 0 --data "$folder/data" --credentials "$folder/credentials.json" \
    ${FUNCTIONS:+--binaries "$FUNCTIONS"} >"$folder/log" 2>&1 &
stack=$!
# The file is written once the stack answers.
until [ -s "$folder/credentials.json" ]; do
    kill -0 "$stack" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
export CREDENTIALS=$folder/credentials.json LOCAL
export CHROMIUM=${CHROMIUM:-$(command -v chromium)} SCREENSHOTS=target/web
mkdir -p "$SCREENSHOTS"
node --test --test-concurrency=1 ${ONLY:+--test-name-pattern "$ONLY"} tests/web/*.test.mjs
