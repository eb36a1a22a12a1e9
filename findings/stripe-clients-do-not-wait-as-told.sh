#!/bin/sh
# stripe 23.1.0 for Node and 16.1.0 for Python: with retries switched on, a 429 is not tried again, and
# `Retry-After` is not read: after a 503 that says ten seconds, the next try comes within one. What they do
# obey is a header of Stripe's own, `Stripe-Should-Retry: true`: then a 429 is tried again, but at once, too.
#
# One would expect a client that retries to wait as long as the header says, which is what it is for (RFC 9110,
# 10.2.3; RFC 6585 for 429); got 16.1.0 and axios-retry 4.5.0 do. stripe-node did until a change that its log
# calls "Remove unused Retry-After header support". Who points these clients at a stand-in or a proxy that
# limits rates the standard way gets the error, and who copies their rules for an API of another kind, too.
#
# Seen (a server on this machine says `Retry-After: 10` once, then 200):
#   node 429: tries 1, waited 0
#   node 503: tries 2, less than told
#   node 429 with Stripe-Should-Retry: tries 2, less than told
#   python 429: tries 1, waited 0
#   python 503: tries 2, less than told
#   python 429 with Stripe-Should-Retry: tries 2, less than told
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund stripe@23.1.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check stripe==16.1.0
cat >ask.js <<'JS'
import Stripe from "stripe";
const stripe = new Stripe("sk_test_x", {
  host: "127.0.0.1", port: process.argv[2], protocol: "http", maxNetworkRetries: 2, telemetry: false,
});
await stripe.customers.create({}).catch(() => {});
JS
cat >ask.py <<'PY'
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from time import monotonic
from stripe import StripeClient

first, seen = {}, []

class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        seen.append(monotonic())
        refused = len(seen) == 1
        body = b'{"error": {"message": "later"}}' if refused else b'{"id": "cus_1", "object": "customer"}'
        self.send_response(first["status"] if refused else 200)
        for name, value in first["headers"].items() if refused else ():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Server)
Thread(target=server.serve_forever, daemon=True).start()
port = server.server_address[1]

def node():
    subprocess.run(["node", "ask.js", str(port)], check=True)

def python():
    client = StripeClient(
        "sk_test_x", base_addresses={"api": f"http://127.0.0.1:{port}"}, max_network_retries=2)
    try:
        client.v1.customers.create({})
    except Exception:
        pass

for ask in (node, python):
    for status, more in ((429, {}), (503, {}), (429, {"Stripe-Should-Retry": "true"})):
        first.update(status=status, headers={"Retry-After": "10", **more})
        seen.clear()
        ask()
        waited = seen[-1] - seen[0]
        told = "waited 0" if waited == 0 else "less than told" if waited < 10 else "as told"
        print(f"{ask.__name__} {status}{' with Stripe-Should-Retry' if more else ''}: tries {len(seen)}, {told}")
PY
venv/bin/python ask.py | tee seen
cat >wanted <<'TEXT'
node 429: tries 1, waited 0
node 503: tries 2, less than told
node 429 with Stripe-Should-Retry: tries 2, less than told
python 429: tries 1, waited 0
python 503: tries 2, less than told
python 429 with Stripe-Should-Retry: tries 2, less than told
TEXT
cmp seen wanted
