#!/bin/sh
# aws-lambda-powertools 3.37.0 for Python, idempotency: a function that answers a Decimal answers a text when
# it is called again. The first call gives back what the function returned; the second what was kept of it,
# which is JSON with Decimals as texts. So `fee + 1` works in every test that calls once, and raises on the
# day of the first retry; and "9.50" < "10.00" is false.
#
# One would expect the second answer to be the first, which is what the word means and what the layer is for,
# or the first to go through the same JSON, so that a test shows it. The text on `output_serializer` in the
# code says that without one "no serialization is done". With one of one's own it can be mended.
#
# Seen:
#   first {'fee': Decimal('9.50'), 'of': (1, 2)}
#   again {'fee': '9.50', 'of': [1, 2]}
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aws-lambda-powertools==3.37.0 jmespath==1.1.0 \
    "moto[dynamodb]==5.2.5" boto3==1.44.8 botocore==1.44.8
cat >twice.py <<'PY'
import os
from decimal import Decimal
import boto3
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent_function
from moto import mock_aws
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
with mock_aws():
    boto3.client("dynamodb").create_table(
        TableName="seen", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])

    @idempotent_function(
        data_keyword_argument="order", persistence_store=DynamoDBPersistenceLayer(table_name="seen"))
    def charge(order):
        return {"fee": Decimal("9.50"), "of": (1, 2)}

    print("first", charge(order={"key": "one"}))
    print("again", charge(order={"key": "one"}))
PY
venv/bin/python -W ignore twice.py | tee seen
printf '%s\n' "first {'fee': Decimal('9.50'), 'of': (1, 2)}" "again {'fee': '9.50', 'of': [1, 2]}" >wanted
cmp seen wanted
