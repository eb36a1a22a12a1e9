#!/bin/sh
# dynalite 4.0.0: in a condition, two maps are equal only if their fields come in the same order, and numbers
# in a map or a list only if they are written alike: {a, b} is not {b, a}, and [2.5] is not [2.50]. A number
# of its own and a set are compared as they should be.
#
# One would expect what DynamoDB's guide says of a map: it is "similar to a JSON object", "unordered", and
# "a = b" is true if a equals b; of numbers, that 2.50 and 2.5 are one. moto 5.2.5 finds all of them equal.
# A write on condition that the address is still the one that was read (`address = :old`) fails here with a
# conflict that nobody made, as soon as the client writes its fields in another order.
#
# Seen (with @aws-sdk/client-dynamodb 3.1169.0):
#   number equal
#   set equal
#   map in another order ConditionalCheckFailedException
#   number in a list ConditionalCheckFailedException
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund dynalite@4.0.0 @aws-sdk/client-dynamodb@3.1169.0
cat >compare.js <<'JS'
import dynalite from "dynalite";
import {
  CreateTableCommand, DynamoDBClient, PutItemCommand, UpdateItemCommand, waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
const server = dynalite({ createTableMs: 0 });
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const client = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${server.address().port}`, region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
});
const TableName = "things", Key = { pk: { S: "a" } };
await client.send(new CreateTableCommand({
  TableName, BillingMode: "PAY_PER_REQUEST", KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
}));
await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }, { TableName });
for (const [name, kept, asked] of [
  ["number", { N: "2.5" }, { N: "2.50" }],
  ["set", { NS: ["1", "2"] }, { NS: ["2", "1"] }],
  ["map in another order", { M: { a: { S: "1" }, b: { S: "2" } } }, { M: { b: { S: "2" }, a: { S: "1" } } }],
  ["number in a list", { L: [{ N: "2.5" }] }, { L: [{ N: "2.50" }] }],
]) {
  await client.send(new PutItemCommand({ TableName, Item: { ...Key, value: kept } }));
  const said = await client.send(new UpdateItemCommand({
    TableName, Key, UpdateExpression: "SET done = :asked", ConditionExpression: "#v = :asked",
    ExpressionAttributeNames: { "#v": "value" }, ExpressionAttributeValues: { ":asked": asked },
  })).then(() => "equal", (error) => error.name);
  console.log(name, said);
}
server.close();
JS
node --no-warnings compare.js | tee seen
cat >wanted <<'TEXT'
number equal
set equal
map in another order ConditionalCheckFailedException
number in a list ConditionalCheckFailedException
TEXT
cmp seen wanted
