#!/bin/sh
# moto 5.2.5: the PartiQL statement INSERT of an item whose key is there already puts the new item in the place of
# the old one, by ExecuteStatement, ExecuteTransaction and BatchExecuteStatement alike. Nothing is raised.
#
# One would expect what DynamoDB's guide says of INSERT: DuplicateItemException where an item with the same primary
# key exists; PutItem is what writes over an item. moto refuses the put with `attribute_not_exists(pk)` that
# comes to the same. INSERT is what keeps a number of an invoice, or the key of a request, from being given twice. A
# test that the second one is refused fails with moto; one that a payment is recorded once, however often it is
# told, passes with code that on AWS answers an error. And the fields that the new item does not have are gone.
#
# Seen:
#   ExecuteStatement: nothing raised, kept {'amount': '2', 'pk': 'a'}
#   ExecuteTransaction: nothing raised, kept {'amount': '3', 'pk': 'a'}
#   BatchExecuteStatement: nothing raised, kept {'amount': '4', 'pk': 'a'}
#   PutItem on condition: ConditionalCheckFailedException, kept {'amount': '4', 'pk': 'a'}
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5" py-partiql-parser==0.6.3 \
  boto3==1.44.8 botocore==1.44.8
cat >run.py <<'PY'
import os
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

def insert(amount):
    return {"Statement": "INSERT INTO payments VALUE {'pk': 'a', 'amount': %d}" % amount}

def batch(amount):
    answer = client.batch_execute_statement(Statements=[insert(amount)])
    for one in answer["Responses"]:
        if "Error" in one:
            raise ClientError({"Error": one["Error"]}, "BatchExecuteStatement")

with mock_aws():
    client = boto3.client("dynamodb")
    client.create_table(TableName="payments", BillingMode="PAY_PER_REQUEST",
                        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    client.put_item(TableName="payments",
                    Item={"pk": {"S": "a"}, "amount": {"N": "1"}, "invoice": {"S": "first"}})
    for name, write in (
        ("ExecuteStatement", lambda: client.execute_statement(**insert(2))),
        ("ExecuteTransaction", lambda: client.execute_transaction(TransactStatements=[insert(3)])),
        ("BatchExecuteStatement", lambda: batch(4)),
        ("PutItem on condition", lambda: client.put_item(
            TableName="payments", Item={"pk": {"S": "a"}, "amount": {"N": "5"}},
            ConditionExpression="attribute_not_exists(pk)")),
    ):
        try:
            write()
            said = "nothing raised"
        except ClientError as error:
            said = error.response["Error"]["Code"]
        kept = client.get_item(TableName="payments", Key={"pk": {"S": "a"}})["Item"]
        print(f"{name}: {said}, kept", {key: next(iter(kept[key].values())) for key in sorted(kept)})
PY
venv/bin/python run.py >seen
cat seen
cat >wanted <<'TEXT'
ExecuteStatement: nothing raised, kept {'amount': '2', 'pk': 'a'}
ExecuteTransaction: nothing raised, kept {'amount': '3', 'pk': 'a'}
BatchExecuteStatement: nothing raised, kept {'amount': '4', 'pk': 'a'}
PutItem on condition: ConditionalCheckFailedException, kept {'amount': '4', 'pk': 'a'}
TEXT
cmp seen wanted
