#!/bin/sh
# seahaven-stripe-world 0.3.0, an emulator of Stripe that is held against recordings of it: a payment method
# that was detached from its customer is charged as before, again and again, and can be attached once more; so
# is one that was never attached to anybody.
#
# Stripe's document, which is in the same package, says of `detach`: "Detachment is permanent and irreversible
# — once detached, a PaymentMethod can no longer be used for payments or re-attached to a Customer."
# Elsewhere the emulator is exact: keys replay
# and refuse other parameters, an intent succeeds once, refunds stay within their charge. Who tests at it that
# a removed card is charged no more tests nothing, and code that forgets a customer passes there, whose cards
# are dead at Stripe after the first payment (stripe-php #1221).
#
# Seen:
#   detached: hangs on nobody
#   charged: succeeded succeeded
#   attached again: yes
#   never attached, charged: succeeded succeeded
# Exits with an error if that changes. The emulator wants Python 3.14, which Pyodide brings for Node.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --python-version 3.14 --implementation cp --dest wheels --platform any \
  --platform pyemscripten_2026_0_wasm32 --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
  annotated-types==0.8.0 apsw==3.54.1.0 pydantic==2.14.4 pydantic-core==2.50.5 pyyaml==6.0.4 \
  seahaven==0.6.0 seahaven-stripe-world==0.3.0 typing-extensions==4.16.0 typing-inspection==0.4.5
npm install --silent --no-audit --no-fund pyodide@314.0.7
cat >ask.py <<'PY'
import json, os, sys
from base64 import b64encode
from urllib.parse import urlencode

os.geteuid = os.getuid
sys.path.insert(0, "/packages")
from seahaven.http.messages import HttpRequest
from seahaven.http.runtime import dispatch
from seahaven_stripe_world import world
from seahaven_stripe_world.http_api import handle

emulated = world.instance(startup={"livemode": False})
basic = b64encode(b"sk_test_x:").decode()
HEADERS = (
    ("authorization", f"Basic {basic}"),
    ("content-type", "application/x-www-form-urlencoded"),
)

def post(path, **form):
    form = {name.replace("__", "[") + "]" * ("__" in name): value for name, value in form.items()}
    request = HttpRequest("POST", f"/v1/{path}", "", HEADERS, urlencode(form).encode())
    return json.loads(dispatch(emulated, handle, request).body_bytes)

def card():
    number = "4242424242424242"
    return post("payment_methods", type="card", card__number=number, card__exp_month=12,
                card__exp_year=2040, card__cvc=123)["id"]

def charged(method, **more):
    intent = post("payment_intents", amount=1000, currency="usd", payment_method=method, **more)
    return post(f"payment_intents/{intent['id']}/confirm")["status"] if "id" in intent else "refused"

customer = post("customers")["id"]
method = card()
post(f"payment_methods/{method}/attach", customer=customer)
detached = post(f"payment_methods/{method}/detach")
print("detached: hangs on", detached["customer"] or "nobody")
print("charged:", *(charged(method, customer=customer) for _ in range(2)))
again = post(f"payment_methods/{method}/attach", customer=customer)
print("attached again:", "yes" if again.get("customer") == customer else "no")
stray = card()
print("never attached, charged:", *(charged(stray) for _ in range(2)))
PY
cat >ask.mjs <<'JS'
import { readFileSync, readdirSync } from "node:fs";
import { loadPyodide } from "pyodide";
const python = await loadPyodide({ stdout: (line) => console.log(line) });
for (const wheel of readdirSync("wheels")) {
  const bytes = new Uint8Array(readFileSync(`wheels/${wheel}`));
  python.unpackArchive(bytes, "wheel", { extractDir: "/packages" });
}
python.runPython(readFileSync("ask.py", "utf8"));
JS
cat >expected <<'TEXT'
detached: hangs on nobody
charged: succeeded succeeded
attached again: yes
never attached, charged: succeeded succeeded
TEXT
node ask.mjs >seen
diff expected seen
cat seen
