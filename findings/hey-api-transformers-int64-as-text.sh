#!/bin/sh
# @hey-api/openapi-ts 0.99.0, plugin @hey-api/transformers: an integer of `format: int64` is a `bigint`
# in the types of what is sent, too, and goes out as a JSON string: `{"amount":"1500"}` for 1500n. A
# server that holds to the document (`type: integer`) has to refuse it.
#
# One would expect transformers of answers to leave requests alone, or the number to be sent as a number
# (1500n is within what JSON and JavaScript carry exactly). Without the plugin, or with `bigInt: false`,
# it is a number in both places.
#
# Seen:
#   sent {"amount":"1500"}
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @hey-api/openapi-ts@0.99.0 typescript@5.9.3 tsx@4.23.15
cat >document.yaml <<'EOF'
openapi: 3.1.0
info: {title: Things, version: "1"}
servers: [{url: "http://127.0.0.1:1"}]
paths:
  /thing:
    post:
      operationId: make
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Thing"}
      responses:
        "200":
          description: A thing
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Thing"}
components:
  schemas:
    Thing:
      type: object
      required: [amount]
      properties:
        amount: {type: integer, format: int64}
EOF
node_modules/.bin/openapi-ts -i document.yaml -o client --no-log-file \
    -p @hey-api/typescript @hey-api/client-fetch @hey-api/transformers @hey-api/sdk >log 2>&1 ||
    { cat log; exit 1; }
cat >send.ts <<'EOF'
import { make } from "./client/sdk.gen.js";
const fetch = async (request: Request) => {
  console.log("sent", await request.text());
  return new Response("{\"amount\":1500}", { headers: { "Content-Type": "application/json" } });
};
await make({ body: { amount: 1500n }, fetch: fetch as typeof globalThis.fetch });
EOF
node_modules/.bin/tsx send.ts | tee seen
grep -qx 'sent {"amount":"1500"}' seen
