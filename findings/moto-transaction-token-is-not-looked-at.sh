#!/bin/sh
# moto 5.2.5: TransactWriteItems does not look at its ClientRequestToken. The same call with the same token
# is done twice (a counter ends at 2), and another call with that token is done, too.
#
# One would expect what DynamoDB's reference says of the token: for ten minutes a call with the same token
# and parameters succeeds without a change, and one with other parameters is an
# IdempotentParameterMismatchException. moto lists TransactWriteItems among what it implements, and takes the
# token without a word; a test of "a retry does not charge twice" fails there with code that is right, and
# one of "a token used again is refused" cannot pass.
#
# Seen:
#   first and again: 2
#   the token with another sum: done, 7
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5" boto3==1.44.8 botocore==1.44.8
cat >run.py <<'PY'
import os
import boto3
from moto import mock_aws
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
with mock_aws():
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="things", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"},
                              {"AttributeName": "sk", "AttributeType": "N"}])
    key = {"pk": {"S": "counter"}, "sk": {"N": "0"}}

    def add(count):
        client.transact_write_items(ClientRequestToken="token", TransactItems=[{"Update": {
            "TableName": "things", "Key": key, "UpdateExpression": "ADD seen :count",
            "ExpressionAttributeValues": {":count": {"N": count}}}}])

    def seen():
        return client.get_item(TableName="things", Key=key)["Item"]["seen"]["N"]

    add("1")
    add("1")
    print("first and again:", seen())
    try:
        add("5")
        print("the token with another sum: done,", seen())
    except client.exceptions.IdempotentParameterMismatchException as error:
        print("the token with another sum:", error)
PY
venv/bin/python run.py | tee seen
grep -qx "first and again: 2" seen
grep -qx "the token with another sum: done, 7" seen
