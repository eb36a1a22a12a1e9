#!/bin/sh
# fastify 5.12.8: what a handler answers is bent to the schema of the answer, and nothing is said. Of 10.99 in
# a field of `type: integer` goes out 10, of -10.99 goes out -10; null in a string goes out as "", null in a
# number as 0, and in a boolean as false. A field that the schema does not name does not go out at all.
#
# One would expect an answer that is not what the document promises to be an error, as the request would be,
# or to go out as it is. So says a test that compares the document with what came: 10 is an integer. The one
# invoice whose total was not yet reckoned (null) is an invoice of 0. fast-json-stringify, which writes it,
# has an option `rounding`, of which "trunc" is the default; `nullable` or a list of types lets null through.
#
# Seen:
#   {"total":10.99,"paid_at":null,"due":null,"closed":null,"late":1} -> {"total":10,"paid_at":"","due":0,"closed":false}
#   {"total":-10.99} -> {"total":-10}
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund fastify@5.12.8
cat >answer.js <<'JS'
import Fastify from "fastify";
for (const invoice of [
  { total: 10.99, paid_at: null, due: null, closed: null, late: 1 },
  { total: -10.99 },
]) {
  const server = Fastify();
  server.get("/", {
    schema: {
      response: {
        200: {
          type: "object",
          properties: {
            total: { type: "integer" }, paid_at: { type: "string" }, due: { type: "number" },
            closed: { type: "boolean" },
          },
        },
      },
    },
  }, async () => invoice);
  console.log(JSON.stringify(invoice), "->", (await server.inject("/")).payload);
}
JS
node answer.js | tee seen
cat >wanted <<'TEXT'
{"total":10.99,"paid_at":null,"due":null,"closed":null,"late":1} -> {"total":10,"paid_at":"","due":0,"closed":false}
{"total":-10.99} -> {"total":-10}
TEXT
cmp seen wanted
