#!/bin/sh
# aws-lambda-powertools 3.37.0 for Python, idempotency: a persistence layer keeps the configuration of the
# first function that was called with it. Another function that shares it and says which part of its input is
# the key, and which must be the same in a retry, is not heard: a retry of one order with a new time in it is
# charged a second time, and another amount under the same key is charged too. Nothing is said.
#
# One would expect each function's own `config` to hold: it is an argument beside the layer, and is given for
# each function. Where each has a layer of its own, it holds. The package for TypeScript (2.35.0) keeps the
# first, too, but warns of it when it is called, and its guide tells one to make a layer for each.
#
# Seen:
#   shared: charged 1, again 2, another amount 3
#   of its own: charged 1, again 1, another amount IdempotencyValidationError
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aws-lambda-powertools==3.37.0 jmespath==1.1.0 \
    "moto[dynamodb]==5.2.5" boto3==1.44.8 botocore==1.44.8
cat >charge.py <<'PY'
import os
import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function)
from moto import mock_aws
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

def story(name, layer):
    charges = []

    @idempotent_function(
        data_keyword_argument="order", persistence_store=layer, key_prefix=name,
        config=IdempotencyConfig(event_key_jmespath="key", payload_validation_jmespath="amount"))
    def charge(order):
        charges.append(order)
        return len(charges)

    first = charge(order={"key": "one", "amount": 10, "sent": "12:00:00"})
    again = charge(order={"key": "one", "amount": 10, "sent": "12:00:01"})
    try:
        other = charge(order={"key": "one", "amount": 99, "sent": "12:00:02"})
    except Exception as error:
        other = type(error).__name__
    print(f"{name}: charged {first}, again {again}, another amount {other}")

with mock_aws():
    boto3.client("dynamodb").create_table(
        TableName="seen", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    shared = DynamoDBPersistenceLayer(table_name="seen")

    @idempotent_function(data_keyword_argument="mail", persistence_store=shared, config=IdempotencyConfig())
    def send(mail):
        return "sent"

    send(mail={"to": "a"})
    story("shared", shared)
    story("of its own", DynamoDBPersistenceLayer(table_name="seen"))
PY
venv/bin/python -W ignore charge.py | tee seen
printf '%s\n' "shared: charged 1, again 2, another amount 3" \
    "of its own: charged 1, again 1, another amount IdempotencyValidationError" >wanted
cmp seen wanted
