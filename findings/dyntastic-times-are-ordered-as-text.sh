#!/bin/sh
# dyntastic 0.18.0: a time is kept, and asked for, with the zone that it came with, and with a fraction only where
# there is one. So times are ordered as texts: 12:00+05:00, which is 07:00 in UTC, comes after 10:00Z, and
# 10:00:00.5Z comes before 10:00:00Z. A condition on the sort key gives other items than the ones asked for.
#
# One would expect `A.due_at < time` to be true of the times before that time: the README asks so, of a `datetime`
# that is the sort key, and its model compares the same two values rightly in Python. pynamodb 6.1.0 keeps times in
# UTC with six digits, for that reason. Who keeps what an API and a bank tell (one in UTC, the other with its own
# zone) and asks what is due by ten o'clock misses what was due at seven, and is given a time that comes later.
#
# Seen (due before 10:00 in UTC, of 07:00 and 09:00 and 10:00:00.5; and the same with pynamodb):
#   dyntastic keeps 2026-01-31T09:00:00Z 2026-01-31T10:00:00.500000Z 2026-01-31T12:00:00+05:00
#   dyntastic finds later, nine
#   in Python nine, seven
#   pynamodb keeps 2026-01-31T07:00:00.000000+0000 2026-01-31T09:00:00.000000+0000 2026-01-31T10:00:00.500000+0000
#   pynamodb finds nine, seven
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check dyntastic==0.18.0 pydantic==2.14.4 pynamodb==6.1.0 \
  "moto[dynamodb]==5.2.5" boto3==1.44.8 botocore==1.44.8
cat >run.py <<'PY'
import os
from datetime import datetime, timedelta, timezone
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
import boto3
from dyntastic import A, Dyntastic
from moto import mock_aws
from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.models import Model

class Due(Dyntastic):
    __table_name__ = "dyntastic"
    __hash_key__ = "customer"
    __range_key__ = "due_at"
    customer: str
    due_at: datetime
    name: str

class Other(Model):
    class Meta:
        table_name = "pynamodb"
        region = "us-east-1"
    customer = UnicodeAttribute(hash_key=True)
    due_at = UTCDateTimeAttribute(range_key=True)
    name = UnicodeAttribute()

east = timezone(timedelta(hours=5))
times = {"seven": datetime(2026, 1, 31, 12, tzinfo=east),
         "nine": datetime(2026, 1, 31, 9, tzinfo=timezone.utc),
         "later": datetime(2026, 1, 31, 10, 0, 0, 500000, tzinfo=timezone.utc)}
ten = datetime(2026, 1, 31, 10, tzinfo=timezone.utc)

def told(items):
    return ", ".join(sorted(item.name for item in items))

with mock_aws():
    Due.create_table()
    Other.create_table(billing_mode="PAY_PER_REQUEST")
    for name, time in times.items():
        Due(customer="a", due_at=time, name=name).save()
        Other("a", time, name=name).save()
    client = boto3.client("dynamodb")
    keeps = lambda table: " ".join(sorted(item["due_at"]["S"] for item in client.scan(TableName=table)["Items"]))
    print("dyntastic keeps", keeps("dyntastic"))
    print("dyntastic finds", told(Due.query("a", range_key_condition=A.due_at < ten)))
    print("in Python", told(item for item in Due.query("a") if item.due_at < ten))
    print("pynamodb keeps", keeps("pynamodb"))
    print("pynamodb finds", told(Other.query("a", Other.due_at < ten)))
PY
venv/bin/python run.py >seen
cat seen
cat >wanted <<'TEXT'
dyntastic keeps 2026-01-31T09:00:00Z 2026-01-31T10:00:00.500000Z 2026-01-31T12:00:00+05:00
dyntastic finds later, nine
in Python nine, seven
pynamodb keeps 2026-01-31T07:00:00.000000+0000 2026-01-31T09:00:00.000000+0000 2026-01-31T10:00:00.500000+0000
pynamodb finds nine, seven
TEXT
cmp seen wanted
