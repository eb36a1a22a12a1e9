#!/bin/sh
# electrodb 3.9.3: keys are made in lower case, if nothing is said. Two ids that differ in the case of a letter
# are one item: a put of `acct_1a` replaces `acct_1A`, and a get of the one answers with the other.
#
# One would expect two texts to be two keys, as in DynamoDB, where keys are compared byte by byte; ids in
# letters of both cases (of Stripe, or 62 letters and digits of one's own) are made to be told apart by case.
# The attributes keep the case in which they were written, so that an item looks right until it is another's.
# `casing: "none"` for the index mends it, and changes every key that there is.
#
# Seen (in dynalite 4.0.0):
#   get acct_1A -> {"id":"acct_1a","owner":"second"}
#   items 1
#   with casing none: get acct_1A -> {"id":"acct_1A","owner":"first"}
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund electrodb@3.9.3 dynalite@4.0.0 \
    @aws-sdk/client-dynamodb@3.1169.0 @aws-sdk/lib-dynamodb@3.1169.0
cat >put.js <<'JS'
import dynalite from "dynalite";
import { Entity } from "electrodb";
import { CreateTableCommand, DynamoDBClient, ScanCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
const server = dynalite({ createTableMs: 0 });
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const client = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${server.address().port}`, region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
});
const TableName = "things";
await client.send(new CreateTableCommand({
  TableName, BillingMode: "PAY_PER_REQUEST", KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
}));
await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }, { TableName });
const accounts = (version, casing) => new Entity({
  model: { entity: "account", version, service: "billing" },
  attributes: { id: { type: "string", required: true }, owner: { type: "string" } },
  indexes: { ids: { pk: { field: "pk", composite: ["id"], ...casing } } },
}, { client: DynamoDBDocumentClient.from(client), table: TableName });
const story = async (entity) => {
  await entity.put({ id: "acct_1A", owner: "first" }).go();
  await entity.put({ id: "acct_1a", owner: "second" }).go();
  return `get acct_1A -> ${JSON.stringify((await entity.get({ id: "acct_1A" }).go()).data)}`;
};
console.log(await story(accounts("1", {})));
console.log("items", (await client.send(new ScanCommand({ TableName }))).Count);
console.log("with casing none:", await story(accounts("2", { casing: "none" })));
server.close();
JS
node --no-warnings put.js | tee seen
cat >wanted <<'TEXT'
get acct_1A -> {"id":"acct_1a","owner":"second"}
items 1
with casing none: get acct_1A -> {"id":"acct_1A","owner":"first"}
TEXT
cmp seen wanted
