"""Where what schemathesis generates would end short of the code that is to be tested.

What it makes up is valid by itself and means nothing: ids of nothing, currencies that there are not,
instants thousands of years away. Here such a value becomes one of the same form that means something
to the account. What breaks the document's rules is sent as it was made up.
"""

import datetime
import http.server
import itertools
import json
import os
import random
import re
import threading
from collections import defaultdict

import requests
import schemathesis
from schemathesis.generation.meta import TestPhase

OWN_TOKENS = os.environ["OWN_TOKENS"].split(",")
NUMBERS = itertools.count()
CHOICE = random.Random(int(os.environ["SEED"]))

ID = re.compile(r"([a-z]+)_(?:prod|stg)_[a-z0-9]{16}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


class Receiver(http.server.BaseHTTPRequestHandler):
    """Where webhooks are sent: received, and forgotten."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


RECEIVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=RECEIVER.serve_forever, daemon=True).start()

# By field: what is of this form becomes one of these.
WORDS = {
    "currency": (re.compile("[A-Za-z]{3}"), ["usd", "usd", "USD", "eur", "jpy"]),
    "token": (
        re.compile(".{1,200}"),
        [
            "test_success",
            "test_success",
            "test_decline_soft",
            "test_decline_hard",
            "test_requires_action",
            "test_timeout_after_charge",
            "test_fail_once_then_succeed",
            "test_refund_declined",
            "test_refund_timeout_after",
        ],
    ),
    "url": (re.compile("https?://.+"), [f"http://127.0.0.1:{RECEIVER.server_port}/webhooks"]),
    "events": (
        re.compile(r"\*|[a-z_]+\.(\*|[a-z_]+)"),
        ["coupon.created", "coupon.updated", "product.created", "webhook_endpoint.*"],
    ),
}
# These always: dozens of endpoints that are told of everything would get half a million messages.
ALWAYS = {"url", "events"}
# How many days from the account's time an instant may be; by field, where time passes by itself in
# between. There it is never further: a daily subscription that begins in the year 1 has some 700,000
# invoices to catch up with, which are made one by one, long after the run has ended.
DAYS = (-10, 90)
DAYS_PASSING = {"to": (0, 3), "period_start": (-3, 40), "timestamp": (-30, 0)}
# Of what means nothing, one in so many is sent all the same.
LEFT = 8
# How what most requests are about is made: by the kind of its id. `{cus}` stands for another's id.
STOCK = {
    "proc": ("/processors", {"name": "Cards", "type": "test"}),
    "cus": ("/customers", {"email": "jane@example.com"}),
    "pm": ("/customers/{cus}/payment-methods", {"processor_id": "{proc}", "token": "test_success"}),
    "prod": ("/products", {"name": "Team plan"}),
    "price": (
        "/prices",
        {
            "product_id": "{prod}",
            "currency": "usd",
            "unit_amount_atom": 1200,
            "billing_interval": "month",
        },
    ),
    "sub": (
        "/subscriptions",
        {
            "customer_id": "{cus}",
            "processor_id": "{proc}",
            "default_payment_method_id": "{pm}",
            "items": [{"price_id": "{price}"}],
        },
    ),
    "in": (
        "/invoices",
        {
            "customer_id": "{cus}",
            "currency": "usd",
            "collection_method": "send_invoice",
            "items": [{"name": "Consulting", "amount_atom": 5000}],
            "metadata": {"payer": "{pm}"},
        },
    ),
    "cs": (
        "/checkout-sessions",
        {
            "success_url": "https://example.com/thanks",
            "return_url": "https://example.com/cart",
            "customer_id": "{cus}",
            "line_items": [{"price_id": "{price}"}],
        },
    ),
    "proute": ("/processor-routes", {"name": "Europe", "processor_ids": ["{proc}"]}),
    "cpn": ("/coupons", {"discount_type": "percentage", "percent_off": 20}),
}
# What can only be done in a state that nothing begins in, and what leads there: of what, the request
# to it, and its body.
FIRST = {
    "/api/invoices/{id}/pay": ("in", "finalize", None),
    "/api/invoices/{id}/void": ("in", "finalize", None),
    "/api/invoices/{id}/mark-uncollectible": ("in", "finalize", None),
    "/api/subscriptions/{id}/resume": ("sub", "pause", {}),
    "/api/subscriptions/{id}/scheduled-pause": ("sub", "pause", {"behavior": "pause_at_end"}),
    "/api/subscriptions/{id}/pending-change": (
        "sub",
        "change-plan",
        lambda known: {
            "new_price_id": known.new("price"),
            "effective_at": (known.time() + datetime.timedelta(days=1)).isoformat(),
        },
    ),
}
# The meter that counts most of the usage that is sent.
METER = {"display_name": "Requests", "event_name": "requests", "aggregation_formula": "sum"}
# What is in such a state is of no more use to most operations.
ENDED = {"cancelled", "paid", "void", "uncollectible", "completed", "expired"}


class Known:
    """What the account is known to have."""

    def __init__(self):
        self.ids = defaultdict(list)
        self.seen = set(OWN_TOKENS)
        self.stock = {}
        self.parts = {}
        # The account's time, when it stands still.
        self.now = None
        # What the case that is being sent is about, and whether it is a step after another.
        self.target = None
        self.stateful = False

    def learn(self, value):
        """Remembers the ids in an answer, and forgets those of what has ended."""
        if isinstance(value, list):
            for one in value:
                self.learn(one)
        elif isinstance(value, dict):
            for name, one in value.items():
                kind = ID.fullmatch(one) if isinstance(one, str) and name.endswith("id") else None
                if kind and one not in self.seen:
                    self.seen.add(one)
                    self.ids[kind[1]].append(one)
                self.learn(one)
            if isinstance(value.get("items"), list):
                self.parts[value.get("id")] = [one["id"] for one in value["items"] if "id" in one]
            ended = value.get("state") in ENDED or value.get("active") is False
            if ended or value.get("deleted"):
                self.forget(value.get("id"))

    def forget(self, name):
        for ids in self.ids.values():
            if name in ids:
                ids.remove(name)

    def new(self, kind):
        """The id of a new object, made with what is in stock; None, if that is refused."""
        path, body = STOCK[kind]
        text = json.dumps([path, body])
        for needed in re.findall(r"\{([a-z]+)\}", text):
            if needed not in self.stock:
                self.stock[needed] = self.new(needed)
            text = text.replace("{%s}" % needed, str(self.stock[needed]))
        made = self.posted(*json.loads(text))
        if made is None:
            # What it needs was changed by the run: the next one gets it anew.
            self.stock.clear()
        return made and made["id"]

    def posted(self, path, body):
        """The answer to a request that no check looks at; None, if it is refused."""
        headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
        url = os.environ["BASE_URL"] + path
        answer = requests.post(url, json=body, headers=headers, timeout=35)
        if answer.status_code >= 500:
            answer.raise_for_status()
        if answer.status_code != 200:
            return None
        self.learn(answer.json())
        return answer.json()

    def aimed(self, case):
        """The path's parameters, leading to what exists and can have done to it what is asked."""
        names = dict(case.path_parameters)
        kind, first, body = FIRST.get(case.operation.path, (None, None, None))
        if kind and not self.stateful and ID.fullmatch(str(names["id"])) and CHOICE.randrange(LEFT):
            name = self.new(kind)
            if name:
                path = case.operation.path.removeprefix("/api").rpartition("/")[0]
                body = body(self) if callable(body) else body
                self.posted(f"{path}/{first}".replace("{id}", name), body)
                return {**names, "id": name}
        return self.meant(names)

    def time(self):
        return self.now or datetime.datetime.now(datetime.UTC)

    def meant(self, value, field=None):
        """`value` with what means nothing replaced."""
        if isinstance(value, dict):
            value = self.counted(value)
            return {name: self.meant(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.meant(one, field) for one in value]
        if isinstance(value, float) and value.is_integer():
            # To JSON Schema 57.0 is an integer; to us it is a decimal number and refused, so that no
            # amount ever goes through a float (docs/decisions/0005).
            return int(value)
        return self.text(value, field) if isinstance(value, str) else value

    def counted(self, event):
        """`event`, if it is one of usage, as one of a meter that there is, with what that needs."""
        name, payload = event.get("event_name"), event.get("payload")
        plain = isinstance(payload, dict) and all(
            isinstance(one, (str, int, float)) for one in payload.values()
        )
        named = isinstance(name, str) and re.fullmatch("[A-Za-z0-9_-]{1,100}", name)
        if not (plain and named and CHOICE.randrange(LEFT)):
            return event
        needed = {"customer_id": self.name("", "cus"), "value": CHOICE.randrange(1000)}
        return {**event, "event_name": METER["event_name"], "payload": {**payload, **needed}}

    def name(self, name, kind):
        """`name`, if it means something, or else the id of something of this kind."""
        # A step after another is about what that one made, whatever has become of it.
        if name in (self.seen if self.stateful else self.ids[kind]):
            return name
        if kind in STOCK and not self.ids[kind]:
            self.new(kind)
        ids = self.parts.get(self.target) if kind == "si" else self.ids[kind][-8:]
        if self.stock.get(kind) and CHOICE.randrange(2):
            return self.stock[kind]
        return CHOICE.choice(ids) if ids else name

    def text(self, text, field):
        name = ID.fullmatch(text)
        if name and CHOICE.randrange(LEFT):
            return self.name(text, name[1])
        form, words = WORDS.get(field, (None, None))
        if form and form.fullmatch(text):
            return CHOICE.choice(words) if field in ALWAYS or CHOICE.randrange(LEFT) else text
        if INSTANT.fullmatch(text) and (field in DAYS_PASSING or CHOICE.randrange(LEFT)):
            seconds = CHOICE.randint(*[days * 86_400 for days in DAYS_PASSING.get(field, DAYS)])
            instant = self.time() + datetime.timedelta(seconds=seconds)
            return instant.isoformat(timespec="seconds")
        return text


KNOWN = Known()
# The field that the examples give a value. Its definitions are not told to the run, which would soon
# have deleted them.
for entity in ("customer", "subscription", "product", "price", "invoice", "checkout_session"):
    definition = {"entity_type": entity, "key": "tier", "data_type": "text"}
    KNOWN.posted("/custom-field-definitions", definition)
# Nor is the meter, which it would have archived.
KNOWN.posted("/meters", METER)
KNOWN.ids.clear()


@schemathesis.hook
def before_call(context, case, kwargs):
    # A made-up version is never the one an object is at: every change would be a 412.
    # Covered by tests/api/contract/requests.rs.
    if case.headers:
        case.headers.pop("If-Match", None)
        # An example is sent again and again, with other bodies: each but the first would be the
        # 422 of a key that was used before. A key that is not allowed stays what it is.
        key = case.headers.get("Idempotency-Key")
        if isinstance(key, str) and 1 <= len(key) <= 200:
            case.headers["Idempotency-Key"] = f"{key}-{next(NUMBERS)}"
    KNOWN.stateful = case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL
    if case.path_parameters:
        case.path_parameters.update(KNOWN.aimed(case))
    KNOWN.target = (case.path_parameters or {}).get("id")
    if case.query:
        case.query.update(KNOWN.meant(dict(case.query)))
    if isinstance(case.body, (dict, list, float)):
        case.body = KNOWN.meant(case.body)


@schemathesis.hook
def after_call(context, case, response):
    if "json" not in response.headers.get("content-type", [""])[0]:
        return
    answer = response.json()
    if response.status_code != 200:
        codes = [fault["code"] for fault in answer.get("errors", [])]
        # It may still be resumed; for anything else another is needed.
        if "illegal_state" in codes and not case.path.endswith(
            ("/resume", "/scheduled-pause", "/pending-change")
        ):
            KNOWN.forget((case.path_parameters or {}).get("id"))
        return
    KNOWN.learn(answer)
    if case.path.startswith("/api/test-clock"):
        stopped = answer["now"].replace("Z", "+00:00") if answer["stopped"] else None
        KNOWN.now = stopped and datetime.datetime.fromisoformat(stopped)


@schemathesis.deserializer("text/html", "application/xml")
def text(context, response):
    return response.text


@schemathesis.hook
def filter_case(context, case):
    # The token that the run lives on. Without it every answer would be a 401.
    return (case.path_parameters or {}).get("id") not in OWN_TOKENS
