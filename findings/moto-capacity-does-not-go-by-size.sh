#!/bin/sh
# moto 5.2.5: the ConsumedCapacity that it answers does not go by size. A put of 5 KB counts 1 write unit,
# an update 0.5, and a strongly consistent read of those 5 KB counts 0.5; a transaction that asks for
# TOTAL is answered with an empty list.
#
# One would expect the figures that DynamoDB's guide gives: one write unit for each KB begun (5 for the put,
# 5 for the update, whatever the part changed), one for each 4 KB of a consistent read (2), and twice the
# writes in a transaction; or none at all from a mock that does not reckon. moto's TransactGetItems, in the
# same file, does answer figures. A test that holds a call to a budget of units passes here whatever it
# writes.
#
# Seen:
#   put 1.0, update 0.5, consistent read 0.5, transaction []
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
    asked = {"TableName": "things", "ReturnConsumedCapacity": "TOTAL"}
    key = {"pk": {"S": "a"}, "sk": {"N": "0"}}
    item = {**key, "text": {"S": "x" * 5000}}
    put = client.put_item(**asked, Item=item)
    update = client.update_item(**asked, Key=key, UpdateExpression="SET n = :n",
                                ExpressionAttributeValues={":n": {"N": "1"}})
    read = client.get_item(**asked, Key=key, ConsistentRead=True)
    both = client.transact_write_items(ReturnConsumedCapacity="TOTAL",
                                       TransactItems=[{"Put": {"TableName": "things", "Item": item}}])
    units = [answer["ConsumedCapacity"]["CapacityUnits"] for answer in (put, update, read)]
    print("put {}, update {}, consistent read {}, transaction {}".format(*units, both["ConsumedCapacity"]))
PY
venv/bin/python run.py | tee seen
grep -qx "put 1.0, update 0.5, consistent read 0.5, transaction \[\]" seen
