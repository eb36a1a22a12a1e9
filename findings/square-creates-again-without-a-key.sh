#!/bin/sh
# square 46.0.0 for Node and squareup 46.0.0.20260916 for Python: with nothing set, a POST that is answered with
# 500 is sent again, also where it has no idempotency key and makes something new: `subscriptions.create` and
# `invoices.create` may be called without one. Where the connection breaks before an answer, it is not sent
# again, though the call had a key.
#
# One would expect it the other way round: a POST without a key to be sent once, as nobody knows whether a 500
# came before or after the subscription was made, and one with a key to be sent again whatever happened. The
# clients of Mollie (4.6.0) and GoCardless (3.22.0) make a key themselves for each call. With Square's, give
# each call a key; `maxRetries: 0` (`max_retries`) sends once.
#
# Seen (a server on this machine that fails once, then answers 200):
#   node, without a key, 500: sent 2, keys none
#   node, with a key, connection broken: sent 1, error
#   python, without a key, 500: sent 2, keys none
#   python, with a key, connection broken: sent 1, error
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check squareup==46.0.0.20260916
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund square@46.0.0
cat >subscribe.py <<'PY'
import sys
from square import Square
client = Square(base_url=sys.argv[1], token="x")
key = {"idempotency_key": sys.argv[2]} if len(sys.argv) > 2 else {}
client.subscriptions.create(location_id="L", customer_id="C", **key)
PY
cat >ask.js <<'JS'
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { SquareClient } from "square";
let broken, sent, keys;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data) => { body += data; });
  request.on("end", () => {
    sent += 1;
    keys.add(JSON.parse(body).idempotency_key ?? "none");
    if (sent === 1 && broken) return request.socket.destroy();
    response.writeHead(sent === 1 ? 500 : 200, { "content-type": "application/json" }).end("{}");
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}`;
const told = async (name, breaks, call) => {
  [broken, sent, keys] = [breaks, 0, new Set()];
  const end = await call().then(() => `keys ${[...keys].join(" ")}`, () => "error");
  console.log(`${name}: sent ${sent}, ${end}`);
};
const client = new SquareClient({ token: "x", baseUrl: base });
const node = (key) => () => client.subscriptions.create({ locationId: "L", customerId: "C", ...key });
const python = (...key) => () => new Promise((done, failed) => {
  spawn("venv/bin/python", ["subscribe.py", base, ...key]).on("exit", (code) => (code ? failed() : done()));
});
await told("node, without a key, 500", false, node({}));
await told("node, with a key, connection broken", true, node({ idempotencyKey: "k" }));
await told("python, without a key, 500", false, python());
await told("python, with a key, connection broken", true, python("k"));
server.close();
server.closeAllConnections();
JS
node --no-warnings ask.js | tee seen
cat >wanted <<'TEXT'
node, without a key, 500: sent 2, keys none
node, with a key, connection broken: sent 1, error
python, without a key, 500: sent 2, keys none
python, with a key, connection broken: sent 1, error
TEXT
cmp seen wanted
