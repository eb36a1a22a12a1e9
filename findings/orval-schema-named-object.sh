#!/bin/sh
# orval 8.38.0, fetch: a schema of words that is named `Object` makes a client that does not compile,
# in code that has nothing to do with the schema: it declares `const Object`, and in the same file calls
# `Object.entries` and `Object.fromEntries`, which then are looked for in the declared one.
#
# One would expect it to be renamed, as openapi-generator does ("Object … Renamed to ModelObject"), or
# the global to be reached as `globalThis.Object`. orval says nothing, and exits with 0.
#
# Seen (typescript 5.9.3):
#   error TS2339: Property 'entries' does not exist on type '{ readonly event: "event"; }'.
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund orval@8.38.0 typescript@5.9.3
cat >document.yaml <<'EOF'
openapi: 3.1.0
info: {title: Things, version: "1"}
paths:
  /thing:
    get:
      operationId: read
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: Request-Key, in: header, schema: {type: string}}
      responses:
        "200":
          description: A thing
          content:
            application/json:
              schema:
                type: object
                properties:
                  object: {$ref: "#/components/schemas/Object"}
components:
  schemas:
    Object: {type: string, enum: [event]}
EOF
cat >orval.config.cjs <<'EOF'
module.exports = { api: { input: "document.yaml", output: { target: "api.ts", client: "fetch" } } };
EOF
node_modules/.bin/orval --config orval.config.cjs >log 2>&1 || { cat log; exit 1; }
node_modules/.bin/tsc --noEmit --strict --target es2022 --lib es2022,dom,dom.iterable \
    --module esnext --moduleResolution bundler api.ts | tee seen
grep -q "Property 'entries' does not exist on type '{ readonly event: \"event\"; }'" seen
