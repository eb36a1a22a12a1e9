#!/bin/sh
# Hot reload: DynamoDB in memory, and cargo-lambda, which builds a function again when its source
# changes. Ctrl-C stops both.
#
# For editing. `make dev` is the faithful one: cargo-lambda decodes no path parameters, answers 404
# for 405, never restarts a function that died and stops for good under load.
# Usage: LOCAL=target/debug/local PORT=9000 tools/watch.sh, with cargo-lambda on the PATH.
set -eu
cd "$(dirname "$0")/.."

table_port=$((PORT + 1))
"$LOCAL" watch-config --dynamodb-url "http://127.0.0.1:$table_port"

# In memory, because cargo-lambda would take each write below this folder for an edit.
"$LOCAL" dynamodb --port "$table_port" &
table=$!
CARGO_NET_OFFLINE=true cargo lambda watch --global .dev/watch.toml --env-file .dev/watch.env \
    --invoke-address 127.0.0.1 --invoke-port "$PORT" --timeout 30 &
functions=$!
trap 'kill $table $functions 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

# The first request builds the function it needs; this one is for everybody else's.
until "$LOCAL" accounts --port "$PORT"; do
    kill -0 $functions && sleep 1
done
wait $functions
