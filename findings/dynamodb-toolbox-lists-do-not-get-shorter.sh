#!/bin/sh
# dynamodb-toolbox 2.10.6, UpdateItemCommand: a list that is given is laid over the one that is kept, place by
# place. An invoice with three lines of 10, 20 and 30, updated to have the one line of 90, has lines of 90, 20
# and 30; updated to have none (`[]`), it has the three that it had.
#
# One would expect the list that was given: by place, the second line of the old list has nothing to do with
# the new one, and JSON merge patch (RFC 7396), which merges objects as this does, replaces arrays. The guide
# says that updates of lists and maps are "partial by default", and has `$set` for the whole; that no list can
# get shorter, and that an empty one is no change at all, is left to be found out. UpdateAttributesCommand
# replaces. With objects in the list a new line may even keep fields of the old one.
#
# Seen (in dynalite 4.0.0):
#   [90]: [90,20,30]
#   []: [10,20,30]
#   $set([90]): [90]
#   UpdateAttributesCommand, [90]: [90]
#   a line without its discount: [{"amount":90,"discount":5}]
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund dynamodb-toolbox@2.10.6 dynalite@4.0.0 \
    @aws-sdk/client-dynamodb@3.1169.0 @aws-sdk/lib-dynamodb@3.1169.0
cat >update.js <<'JS'
import dynalite from "dynalite";
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  $set, Entity, item, list, map, number, PutItemCommand, string, Table, UpdateAttributesCommand, UpdateItemCommand,
} from "dynamodb-toolbox";
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
const invoices = new Entity({
  name: "invoice",
  table: new Table({
    documentClient: DynamoDBDocumentClient.from(client), name: TableName, partitionKey: { name: "pk", type: "string" },
  }),
  schema: item({
    pk: string().key(), amounts: list(number()).optional(),
    lines: list(map({ amount: number(), discount: number().optional() })).optional(),
  }),
});
const pk = "1";
const told = async (name, change, Command = UpdateItemCommand) => {
  await invoices.build(PutItemCommand)
    .item({ pk, amounts: [10, 20, 30], lines: [{ amount: 10, discount: 5 }] }).send();
  const command = invoices.build(Command).item({ pk, ...change }).options({ returnValues: "ALL_NEW" });
  const { Attributes } = await command.send();
  console.log(`${name}:`, JSON.stringify(Attributes[Object.keys(change)[0]]));
};
await told("[90]", { amounts: [90] });
await told("[]", { amounts: [] });
await told("$set([90])", { amounts: $set([90]) });
await told("UpdateAttributesCommand, [90]", { amounts: [90] }, UpdateAttributesCommand);
await told("a line without its discount", { lines: [{ amount: 90 }] });
server.close();
JS
node --no-warnings update.js | tee seen
cat >wanted <<'TEXT'
[90]: [90,20,30]
[]: [10,20,30]
$set([90]): [90]
UpdateAttributesCommand, [90]: [90]
a line without its discount: [{"amount":90,"discount":5}]
TEXT
cmp seen wanted
