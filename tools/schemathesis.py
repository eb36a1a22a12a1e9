"""Where what schemathesis generates would end short of the code that is to be tested.

What it makes up is valid by itself and means nothing: ids of nothing, currencies that there are not,
instants thousands of years away. Here such a value becomes one of the same form that means something
to the account. What breaks the document's rules is sent as it was made up.
"""

import datetime
import itertools
import json
import os
import random
import re
from collections import defaultdict

import requests
import schemathesis

OWN_TOKENS = os.environ["OWN_TOKENS"].split(",")
NUMBERS = itertools.count()
CHOICE = random.Random(int(os.environ["SEED"]))

ID = re.compile(r"([a-z]+)_(?:prod|stg)_[a-z0-9]{16}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
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
}
# By field: how many days from the account's time an instant may be. Where time passes by itself, it
# is never further: a daily subscription that begins in the year 1 has some 700,000 invoices to catch
# up with, and they are made, one by one, long after the run has ended.
DAYS = {"to": (0, 40), "now": (-400, 400), "period_start": (-70, 40)}
OTHER_DAYS = (-10, 90)
# Of what may be made up, one in so many is left as it was.
LEFT = 8


# What everything else is about, in the order in which it is made: a kind of id, and how one is made.
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
        {"customer_id": "{cus}", "processor_id": "{proc}", "items": [{"price_id": "{price}"}]},
    ),
    "in": (
        "/invoices",
        {
            "customer_id": "{cus}",
            "currency": "usd",
            "items": [{"name": "Consulting", "amount_atom": 5000}],
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
}
# What is in such a state is of no more use to most operations.
ENDED = {"cancelled", "paid", "void", "uncollectible", "completed", "expired"}


class Known:
    """What the account is known to have."""

    def __init__(self):
        self.ids = defaultdict(list)
        self.seen = set(OWN_TOKENS)
        self.now = None

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
            ended = value.get("state") in ENDED or value.get("active") is False
            if ended or value.get("deleted"):
                self.forget(value.get("id"))

    def forget(self, name):
        for ids in self.ids.values():
            if name in ids:
                ids.remove(name)

    def restock(self):
        """Makes one of each kind that there should be."""
        made = {}
        for kind, (path, body) in STOCK.items():
            text = json.dumps([path, body])
            for other, name in made.items():
                text = text.replace("{%s}" % other, name)
            path, body = json.loads(text)
            headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
            answer = requests.post(
                os.environ["BASE_URL"] + path, json=body, headers=headers, timeout=30
            )
            answer.raise_for_status()
            self.learn(answer.json())
            made[kind] = answer.json()["id"]

    def time(self):
        return self.now or datetime.datetime.now(datetime.UTC)

    def meant(self, value, field=None):
        """`value` with what means nothing replaced."""
        if isinstance(value, dict):
            return {name: self.meant(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.meant(one, field) for one in value]
        if isinstance(value, float) and value.is_integer():
            # To JSON Schema 57.0 is an integer; to us it is a decimal number and refused, so that no
            # amount ever goes through a float (docs/decisions/0005).
            return int(value)
        return self.text(value, field) if isinstance(value, str) else value

    def text(self, text, field):
        kind = ID.fullmatch(text)
        # What is known is left alone: that it was deleted is what a check asks about.
        if kind and text not in self.seen:
            if kind[1] in STOCK and not self.ids[kind[1]]:
                self.restock()
            ids = self.ids[kind[1]][-8:]
            return CHOICE.choice(ids) if ids and CHOICE.randrange(LEFT) else text
        form, words = WORDS.get(field, (None, None))
        if form and form.fullmatch(text):
            return CHOICE.choice(words) if CHOICE.randrange(LEFT) else text
        if INSTANT.fullmatch(text) and (field in DAYS or CHOICE.randrange(LEFT)):
            seconds = CHOICE.randint(*[days * 86_400 for days in DAYS.get(field, OTHER_DAYS)])
            instant = self.time() + datetime.timedelta(seconds=seconds)
            return instant.isoformat(timespec="seconds")
        return text


KNOWN = Known()


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
    for values in (case.path_parameters, case.query):
        if values:
            values.update(KNOWN.meant(dict(values)))
    if isinstance(case.body, (dict, list, float)):
        case.body = KNOWN.meant(case.body)


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code != 200 or "json" not in response.headers.get("content-type", [""])[0]:
        return
    answer = response.json()
    KNOWN.learn(answer)
    if case.path.startswith("/api/test-clock"):
        stopped = answer["now"].replace("Z", "+00:00") if answer["stopped"] else None
        KNOWN.now = stopped and datetime.datetime.fromisoformat(stopped)


@schemathesis.hook
def filter_case(context, case):
    # The token that the run lives on. Without it every answer would be a 401.
    return (case.path_parameters or {}).get("id") not in OWN_TOKENS
