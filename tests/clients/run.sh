#!/usr/bin/env bash
# Generates clients from openapi.yaml, compiles them, and tells one story with each against a stack
# of its own: see README.md beside this file. What was generated is used as it is.
# Usage: LOCAL=target/debug/local tests/clients/run.sh
#   ONLY="openapi_typescript orval" runs these, ONLY=all all there are, the Rust one for minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$(pwd)
stories=$root/tests/clients
# From wherever a story is told: those in TypeScript run in the folder of their packages.
LOCAL=$(realpath "${LOCAL:-target/debug/local}")
python=$root/.tools/clients/bin
node=$root/.tools/clients-node/node_modules
quick="openapi_python_client openapi_typescript hey_api openapi_generator_python webhooks_python webhooks_node"
ONLY=${ONLY:-$quick}
[ "$ONLY" != all ] || ONLY="$quick orval openapi_generator_typescript openapi_generator_rust"
folder=$(mktemp -d)
stack=
trap '[ -z "$stack" ] || { kill "$stack" && wait "$stack" || true; } 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

"$LOCAL" dev --port 0 --data "$folder/data" --credentials "$folder/credentials.json" \
    >"$folder/log" 2>&1 &
stack=$!
# The file is written once the stack answers.
until [ -s "$folder/credentials.json" ]; do
    kill -0 "$stack" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
text() { tr , '\n' | sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }
BASE_URL=$(text base_url <"$folder/credentials.json")
export BASE_URL=${BASE_URL%/api}

# Runs a step whose output is of interest only when it fails.
quietly() { "$@" >"$folder/output" 2>&1 || { cat "$folder/output"; return 1; }; }

# Tells a story with an account of its own: it counts what there is.
tell() {
    "$LOCAL" account --env stg --endpoint "$BASE_URL" >"$folder/account.json"
    TOKEN=$(text secret_token <"$folder/account.json") "$@"
}

java_generator() {
    quietly "$python/openapi-generator-cli" generate -i "$root/openapi.yaml" -g "$1" -o "$2" \
        --global-property apiDocs=false,modelDocs=false,apiTests=false,modelTests=false
}

# Compiles one story of those in TypeScript with its client, strictly, and tells it.
typescript() {
    cp "$stories/$1.ts" "$folder/"
    ln -sfn "$node" "$folder/node_modules"
    echo '{"type": "module"}' >"$folder/package.json"
    (cd "$folder" && node_modules/.bin/tsc --noEmit --strict --skipLibCheck --target es2022 \
        --module esnext --moduleResolution bundler --lib es2022,dom,dom.iterable --types node \
        "$1.ts" $2 && tell node_modules/.bin/tsx "$1.ts")
}

openapi_python_client() {
    # It leaves an answer out, with a warning, whose type it is not told how to read.
    echo 'content_type_overrides: {application/pdf: application/octet-stream, application/xml: text/plain}' \
        >"$folder/config.yaml"
    PATH=$python:$PATH quietly "$python/openapi-python-client" generate --meta none \
        --path openapi.yaml --output-path "$folder/billing_api_client" --fail-on-warning \
        --config "$folder/config.yaml"
    PYTHONPATH=$folder tell "$python/python" "$stories/openapi_python_client.py"
}

openapi_generator_python() {
    java_generator python "$folder/python"
    PYTHONPATH=$folder/python tell "$python/python" "$stories/openapi_generator.py"
}

openapi_typescript() {
    mkdir "$folder/openapi_typescript"
    quietly "$node/.bin/openapi-typescript" openapi.yaml -o "$folder/openapi_typescript/schema.d.ts"
    typescript openapi_typescript ""
}

hey_api() {
    quietly "$node/.bin/openapi-ts" -i openapi.yaml -o "$folder/hey_api" --no-log-file \
        -p @hey-api/typescript @hey-api/sdk @hey-api/client-fetch zod
    typescript hey_api ""
}

orval() {
    cat >"$folder/orval.config.cjs" <<EOF
const input = "$root/openapi.yaml";
module.exports = {
  api: { input, output: { target: "orval/api.ts", client: "fetch", baseUrl: "$BASE_URL" } },
  zod: { input, output: { target: "orval/zod.ts", client: "zod" } },
};
EOF
    (cd "$folder" && quietly "$node/.bin/orval" --config orval.config.cjs)
    typescript orval orval/zod.ts
}

openapi_generator_typescript() {
    java_generator typescript-fetch "$folder/openapi_generator_ts"
    typescript openapi_generator ""
}

openapi_generator_rust() {
    java_generator rust "$folder/rust"
    mkdir "$folder/rust/examples"
    cp "$stories/openapi_generator.rs" "$folder/rust/examples/story.rs"
    echo 'tokio = { version = "1", features = ["macros", "rt"] }' >"$folder/rust/more"
    sed -i -e '/^\[dependencies\]/r '"$folder/rust/more" -e 's/^default = .*/default = []/' \
        "$folder/rust/Cargo.toml"
    tell env CARGO_TARGET_DIR="$root/target/clients" cargo run --quiet \
        --manifest-path "$folder/rust/Cargo.toml" --example story
}

webhooks_python() {
    tell "$python/python" "$stories/webhooks.py"
}

webhooks_node() {
    typescript webhooks ""
}

passed=0 skipped=0 failed=
for client in $ONLY; do
    if [[ $client == openapi_generator_* ]] && ! command -v java >/dev/null; then
        echo "$client: skipped, because its generator needs Java, which is not on this machine"
        skipped=$((skipped + 1))
        continue
    fi
    # Not as a condition: in one, a step that fails would not end the others.
    set +e
    (set -e; "$client")
    status=$?
    set -e
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
    else
        echo "$client: failed" >&2
        failed="$failed $client"
    fi
done
echo "clients: $passed passed, $(wc -w <<<"$failed") failed, $skipped skipped"
[ -z "$failed" ]
