#!/bin/sh
# Sends what openapi.yaml allows, and what it forbids, to the real functions, and holds every answer
# to the document. Starts a stack of its own on a free port, in a temporary folder; stops it again.
# Usage: LOCAL=target/debug/local tools/schemathesis.sh, with schemathesis on the PATH.
#   SEED=1 repeats a run, EXAMPLES=200 looks longer than CI does (both per operation and phase).
set -eu
cd "$(dirname "$0")/.."

LOCAL=${LOCAL:-target/debug/local}
SEED=${SEED:-20260131}
EXAMPLES=${EXAMPLES:-12}
folder=$(mktemp -d)
stack=
trap '[ -z "$stack" ] || { kill "$stack" && wait "$stack" || true; } 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

"$LOCAL" dev --port 0 --data "$folder/data" --credentials "$folder/credentials.json" \
    ${FUNCTIONS:+--binaries "$FUNCTIONS"} \
    >"$folder/log" 2>&1 &
stack=$!
# The file is written once the stack answers.
until [ -s "$folder/credentials.json" ]; do
    kill -0 "$stack" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
text() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }
url=$(text base_url <"$folder/credentials.json")
url=${url%/api}
# An account whose limit nobody reaches: a 429 for every other request would test the limiter alone.
# A staging account, because it alone has a test clock, and always the processor that moves no money.
"$LOCAL" account --env stg --rate 1000000 --endpoint "$url" >"$folder/account.json"
TOKEN=$(tr , '\n' <"$folder/account.json" | text secret_token)
OWN_TOKENS=$(curl -fsS -H "Authorization: Bearer $TOKEN" "$url/api/tokens" |
    grep -o 'tok_[a-z0-9_]*' | sort -u | paste -sd ,)
BASE_URL=$url/api
export TOKEN OWN_TOKENS BASE_URL SEED

echo "schemathesis: SEED=$SEED EXAMPLES=$EXAMPLES"
status=0
root=$(pwd)
cd "$folder" # where it leaves its cache of failures
SCHEMATHESIS_HOOKS="$root/tools/schemathesis.py" \
    schemathesis --config-file "$root/tools/schemathesis.toml" run --url "$url" \
    --seed "$SEED" --max-examples "$EXAMPLES" "$@" "$root/openapi.yaml" || status=$?
if [ $status -ne 0 ]; then
    grep -E ' 5[0-9]{2} [0-9]+ ms |"level":"error"' log | tail -n 20 >&2 || true
fi
exit $status
