"""Real deliveries, verified by the libraries that others wrote for Python: Standard Webhooks' and Svix's."""

import hashlib
import hmac
import json
import os
import queue
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import standardwebhooks
import svix.webhooks

LIBRARIES = {
    "standardwebhooks": (standardwebhooks.Webhook, Exception),
    "svix": (svix.webhooks.Webhook, svix.webhooks.WebhookVerificationError),
}
arrived = queue.Queue()


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        arrived.put((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def call(method, path, body=None):
    request = urllib.request.Request(
        os.environ["BASE_URL"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": "Bearer " + os.environ["TOKEN"],
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def verified(secret, body, headers):
    """What each library makes of a delivery: all the same, or none."""
    events = []
    for name, (library, refusal) in LIBRARIES.items():
        events.append(library(secret).verify(body, headers))
        for altered in (body[:-2] + b" }", body + b" "):
            try:
                library(secret).verify(altered, headers)
            except refusal:
                continue
            raise AssertionError(f"{name} takes an altered body")
    assert all(json.loads(body) == event for event in events if event is not None)
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    names = ("x-webhook-signature", "x-webhook-signature-previous")
    assert digest in [headers.get(name) for name in names]
    return json.loads(body)


server = HTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/hooks"
endpoint = call("POST", "/api/webhook-endpoints", {"url": url, "events": ["customer.*"]})
old = endpoint["secret"]
place = "/api/webhook-endpoints/" + endpoint["id"]

customer = call("POST", "/api/customers", {"email": "jane@example.com", "name": "Jänë ✓"})
event = verified(old, *arrived.get(timeout=60))
assert (event["type"], event["data"]["object"]) == ("customer.created", customer), event

# While both are valid, whoever has the old secret and whoever has the new one can verify.
new = call("POST", place + "/rotate-secret", {"expires_in_hours": 24})["secret"]
call("PATCH", "/api/customers/" + customer["id"], {"name": "Joan"})
both = arrived.get(timeout=60)
assert verified(old, *both) == verified(new, *both)

# Afterwards only the new one is.
newest = call("POST", place + "/rotate-secret", {"expires_in_hours": 0})["secret"]
call("PATCH", "/api/customers/" + customer["id"], {"name": "Jo"})
one = arrived.get(timeout=60)
assert verified(newest, *one)["data"]["previous_attributes"]["name"] == "Joan"
for _, (library, refusal) in LIBRARIES.items():
    try:
        library(new).verify(*one)
    except refusal:
        continue
    raise AssertionError("a secret that is not valid any more verifies")

for name in ("invoice.paid", "customer.subscription.paused"):
    tried = call("POST", place + "/test", {"type": name})
    assert tried["state"] == "succeeded", tried
    assert verified(newest, *arrived.get(timeout=60))["type"] == name
print("webhooks (Python): verified by", ", ".join(LIBRARIES))
