#!/bin/sh
# stripe 16.1.0 for Python: an argument that is None is left out of the request, at every depth, and nothing
# is said. So `metadata={"order": None}` or `description=None` sends an empty body: the call succeeds, and
# what was to be unset stays. stripe 23.1.0 for Node sends `metadata[order]=` and `description=` for null.
#
# One would expect the two official clients to mean the same by their word for nothing, the more since the
# API's own answers carry `null` for what is not set, and so a value read from it and written back does one
# thing in Node and another in Python. (An empty string does unset it in both, as Stripe's API reference
# says of metadata.) Node's word for "leave it out" is undefined; Python has none but the missing argument.
#
# Seen (the bodies that a server on this machine was sent):
#   python ''
#   python 'metadata[order]=&description='
#   node 'metadata[order]=&description='
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund stripe@23.1.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check stripe==16.1.0
cat >update.js <<'JS'
import Stripe from "stripe";
const stripe = new Stripe("sk_test_x", { host: "127.0.0.1", port: process.argv[2], protocol: "http" });
await stripe.customers.update("cus_1", { metadata: { order: null }, description: null });
JS
cat >update.py <<'PY'
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from stripe import StripeClient

sender = "python"

class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        print(sender, repr(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()), flush=True)
        answer = b'{"id": "cus_1", "object": "customer"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Server)
Thread(target=server.serve_forever, daemon=True).start()
port = server.server_address[1]
customers = StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{port}"}).v1.customers
customers.update("cus_1", {"metadata": {"order": None}, "description": None})
customers.update("cus_1", {"metadata": {"order": ""}, "description": ""})
sender = "node"
subprocess.run(["node", "update.js", str(port)], check=True)
PY
venv/bin/python update.py | tee seen
printf '%s\n' "python ''" "python 'metadata[order]=&description='" "node 'metadata[order]=&description='" >wanted
cmp seen wanted
