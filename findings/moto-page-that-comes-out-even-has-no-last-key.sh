#!/bin/sh
# moto 5.2.5: a Query or Scan whose Limit is just the number of items that are left answers without a
# LastEvaluatedKey. DynamoDB gives one: it stops at the limit, and does not look whether anything follows.
#
# One would expect what DynamoDB's reference says of Limit: having processed that many items, it stops, and
# returns "a key in LastEvaluatedKey to apply in a subsequent operation", and that the key need not mean that
# there is more. (dynalite 4.0.0 does so.) Code that says "has more" by that key passes with moto, and on AWS
# gives out an empty last page whenever the pages come out even.
#
# Seen (three items, Limit 3):
#   moto query 3 None
#   moto scan 3 None
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
    for sk in "012":
        client.put_item(TableName="things", Item={"pk": {"S": "a"}, "sk": {"N": sk}})
    page = client.query(TableName="things", Limit=3, KeyConditionExpression="pk = :pk",
                        ExpressionAttributeValues={":pk": {"S": "a"}})
    print("moto query", page["Count"], page.get("LastEvaluatedKey"))
    page = client.scan(TableName="things", Limit=3)
    print("moto scan", page["Count"], page.get("LastEvaluatedKey"))
PY
venv/bin/python run.py | tee seen
grep -qx "moto query 3 None" seen
grep -qx "moto scan 3 None" seen
