#!/bin/sh
# Hot reload: DynamoDB in memory, and cargo-lambda, which builds a function again when its source
# changes. Ctrl-C stops both.
#
# For editing. `make dev` is the faithful one: cargo-lambda decodes no path parameters, knows no 405,
# never restarts a function that died, and stops for good under load.
# Usage: LOCAL=target/debug/local PORT=9000 tools/watch.sh, with cargo-lambda on the PATH.
set -eu
cd "$(dirname "$0")/.."

table_port=$((PORT + 1))
accounts=.dev/watch.json
rm -f "$accounts" # of a table that is gone
"$LOCAL" watch-config --dynamodb-url "http://127.0.0.1:$table_port"

# In memory, because cargo-lambda would take each write below this folder for an edit.
"$LOCAL" dynamodb --port "$table_port" &
table=$!
# No --timeout: a function that has been idle that long would end too, and not come back.
CARGO_NET_OFFLINE=true cargo lambda watch --global .dev/watch.toml --env-file .dev/watch.env \
    --invoke-address 127.0.0.1 --invoke-port "$PORT" &
functions=$!
trap 'kill $table $functions 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

# A function is built when it is first called; this calls the one that makes accounts.
until sleep 1 && "$LOCAL" accounts --port "$PORT" --credentials "$accounts"; do
    kill -0 $table && kill -0 $functions || exit 1
done
wait $functions
