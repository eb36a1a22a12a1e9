#!/bin/sh
# openapi-fetch 0.17.0: a refusal without a body is no `error`. Of a 502 with `Content-Length: 0` both `data` and
# `error` are undefined, as of a 204; of one without that header `error` is "". Either way `if (error)` finds
# nothing wrong.
#
# One would expect `error` to go by the status: the README says of it that it is "only present if 4XX or 5XX", and
# the package's types give an answer either `data` or `error`, for which one tells them apart. Load balancers and
# gateways do refuse without a body. A payment that never reached the API then counts as made. `response.ok` is
# always there, and right.
#
# Seen (a server on this machine):
#   402, a problem: error {"title":"declined"} ok false
#   502, Content-Length 0: error undefined ok false
#   502, no length, no body: error "" ok false
#   204: error undefined ok true
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund openapi-fetch@0.17.0
cat >ask.js <<'JS'
import { createServer } from "node:http";
import createClient from "openapi-fetch";
const kind = { "content-type": "application/problem+json" };
const answers = [
  ["402, a problem", 402, kind, '{"title":"declined"}'],
  ["502, Content-Length 0", 502, { "content-length": "0" }, ""],
  ["502, no length, no body", 502, { "transfer-encoding": "chunked" }, ""],
  ["204", 204, {}, ""],
];
let next;
const server = createServer((request, response) => { response.writeHead(next[1], next[2]).end(next[3]); });
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const client = createClient({ baseUrl: `http://127.0.0.1:${server.address().port}` });
for (next of answers) {
  const { error, response } = await client.POST("/payments", { body: { amount: 100 } });
  console.log(`${next[0]}: error ${JSON.stringify(error)} ok ${response.ok}`);
}
server.close();
server.closeAllConnections();
JS
node --no-warnings ask.js | tee seen
cat >wanted <<'TEXT'
402, a problem: error {"title":"declined"} ok false
502, Content-Length 0: error undefined ok false
502, no length, no body: error "" ok false
204: error undefined ok true
TEXT
cmp seen wanted
