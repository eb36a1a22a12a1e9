#!/bin/sh
# moto 5.2.5: in a condition, an attribute that an item does not have is equal to null. A filter `paid_at = :null`
# gives the items without `paid_at`, too, and a write on that condition is done where there is no item at all.
#
# One would expect false: to DynamoDB a null is a value of a type of its own, which `attribute_exists` finds, and
# what is not there is equal to nothing, which is why `<>` is true of it. dynalite 4.0.0 has it so. moto itself
# says of the same item that `attribute_exists(paid_at)` is false. A write that is to change only an invoice that
# was read with `paid_at: null` passes with moto for one that was deleted, or was never there, and makes half an
# invoice; on AWS it is refused. Where the model leaves null fields out, the query is empty on AWS only.
#
# Seen:
#   moto x = :null finds missing, null
#   moto x <> :null finds text
#   moto x IN (:null) finds missing, null
#   moto attribute_exists(x) finds null, text
#   moto write where no item is: done
#   dynalite x = :null finds null
#   dynalite x <> :null finds missing, text
#   dynalite x IN (:null) finds null
#   dynalite attribute_exists(x) finds null, text
#   dynalite write where no item is: ConditionalCheckFailedException
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund dynalite@4.0.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5" boto3==1.44.8 botocore==1.44.8
cat >serve.js <<'JS'
import { spawn } from "node:child_process";
import dynalite from "dynalite";
const server = dynalite({ createTableMs: 0 });
server.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  spawn("venv/bin/python", ["run.py", url], { stdio: "inherit" }).on("exit", (code) => {
    process.exitCode = code ?? 1;
    server.close();
  });
});
JS
cat >run.py <<'PY'
import os
import sys
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

def run(name, client):
    client.create_table(TableName="things", BillingMode="PAY_PER_REQUEST",
                        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    client.get_waiter("table_exists").wait(TableName="things", WaiterConfig={"Delay": 1})
    for pk, more in (("missing", {}), ("null", {"x": {"NULL": True}}), ("text", {"x": {"S": "a"}})):
        client.put_item(TableName="things", Item={"pk": {"S": pk}, **more})
    null = {"ExpressionAttributeValues": {":null": {"NULL": True}}}
    for asked in ("x = :null", "x <> :null", "x IN (:null)", "attribute_exists(x)"):
        more = null if ":null" in asked else {}
        found = client.scan(TableName="things", FilterExpression=asked, **more)["Items"]
        print(name, asked, "finds", ", ".join(sorted(item["pk"]["S"] for item in found)))
    try:
        client.update_item(TableName="things", Key={"pk": {"S": "nowhere"}}, UpdateExpression="SET y = :null",
                           ConditionExpression="x = :null", **null)
        said = "done"
    except ClientError as error:
        said = error.response["Error"]["Code"]
    print(name, "write where no item is:", said)

with mock_aws():
    run("moto", boto3.client("dynamodb"))
run("dynalite", boto3.client("dynamodb", endpoint_url=sys.argv[1]))
PY
node --no-warnings serve.js >seen
cat seen
cat >wanted <<'TEXT'
moto x = :null finds missing, null
moto x <> :null finds text
moto x IN (:null) finds missing, null
moto attribute_exists(x) finds null, text
moto write where no item is: done
dynalite x = :null finds null
dynalite x <> :null finds missing, text
dynalite x IN (:null) finds null
dynalite attribute_exists(x) finds null, text
dynalite write where no item is: ConditionalCheckFailedException
TEXT
cmp seen wanted
