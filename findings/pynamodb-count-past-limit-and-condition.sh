#!/bin/sh
# pynamodb 6.1.0, `Model.count`: with a limit of 1 it reads all items, one a page, and gives the number of all of
# them; and without a hash key a condition on the sort key is dropped, and it gives the number of the whole table.
#
# One would expect a limit to be kept, as `Model.query` and `Model.scan` of the same package do, and a condition
# that is not looked at to be an error: `count(None, filter_condition=…)` is one (a hash key "must be given to use
# filters"). The documentation of `count` names the condition, and says nothing of the limit. `count(key, limit=1)`
# to learn whether a customer has any open invoice costs a request for each invoice, and a number of what is due
# that is the number of all invoices looks like any other. Both have been reported, and are open.
#
# Seen (five items, three of them due):
#   query with a limit of 1: 1, requests 1
#   count with a limit of 1: 5, requests 5
#   count of those due: 3
#   count of those due, no hash key: 5
#   count of a filter, no hash key: ValueError
#   scan of those due: 3
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pynamodb==6.1.0 blinker==1.9.0 \
  "moto[dynamodb]==5.2.5" boto3==1.44.8 botocore==1.44.8
cat >run.py <<'PY'
import os
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
from moto import mock_aws
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model
from pynamodb.signals import post_dynamodb_send

class Invoice(Model):
    class Meta:
        table_name = "invoices"
        region = "us-east-1"
    customer = UnicodeAttribute(hash_key=True)
    due = NumberAttribute(range_key=True)
    amount = NumberAttribute()

requests = []
def noted(sender, **_):
    requests.append(sender)
post_dynamodb_send.connect(noted)

with mock_aws():
    Invoice.create_table(billing_mode="PAY_PER_REQUEST")
    for due in range(1, 6):
        Invoice("a", due, amount=10).save()
    requests.clear()
    found = len(list(Invoice.query("a", limit=1)))
    print(f"query with a limit of 1: {found}, requests {len(requests)}")
    requests.clear()
    found = Invoice.count("a", limit=1)
    print(f"count with a limit of 1: {found}, requests {len(requests)}")
    print("count of those due:", Invoice.count("a", Invoice.due <= 3))
    print("count of those due, no hash key:", Invoice.count(None, Invoice.due <= 3))
    try:
        print(Invoice.count(None, filter_condition=Invoice.amount > 5))
    except ValueError as error:
        print("count of a filter, no hash key:", type(error).__name__)
    print("scan of those due:", len(list(Invoice.scan(Invoice.due <= 3))))
PY
venv/bin/python run.py >seen
cat seen
cat >wanted <<'TEXT'
query with a limit of 1: 1, requests 1
count with a limit of 1: 5, requests 5
count of those due: 3
count of those due, no hash key: 5
count of a filter, no hash key: ValueError
scan of those due: 3
TEXT
cmp seen wanted
