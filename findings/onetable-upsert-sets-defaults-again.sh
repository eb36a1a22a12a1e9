#!/bin/sh
# dynamodb-onetable 2.7.7: `upsert` of an item that is there sets every attribute that has a default, and that
# was not named in the call, back to the default. A customer with a balance of 7 is given another name, and
# has a balance of 0. `update` leaves the balance alone.
#
# One would expect a default to be for what is new: the project's own document of its schema says it is used
# "when creating a new entity item". DynamoDB can do so in one write, by `if_not_exists`, which is how
# dynamodb-toolbox 2.10.6 sets the time of creation. The README's own sample has `balance` with a default of 0.
#
# Seen (in dynalite 4.0.0):
#   after create, and a balance of 7: {"id":"1","name":"old","balance":7}
#   after update of the name: {"id":"1","name":"newer","balance":7}
#   after upsert of the name: {"id":"1","name":"newest","balance":0}
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund dynamodb-onetable@2.7.7 dynalite@4.0.0 \
    @aws-sdk/client-dynamodb@3.1169.0 @aws-sdk/util-dynamodb@3.996.9
cat >put.js <<'JS'
import dynalite from "dynalite";
import { Table } from "dynamodb-onetable";
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
const server = dynalite({ createTableMs: 0 });
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const client = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${server.address().port}`, region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
});
const TableName = "things";
await client.send(new CreateTableCommand({
  TableName, BillingMode: "PAY_PER_REQUEST",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "S" }],
}));
await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }, { TableName });
const table = new Table({
  client, name: TableName, logger: false, partial: false,
  schema: {
    format: "onetable:1.1.0", version: "0.0.1", indexes: { primary: { hash: "pk", sort: "sk" } },
    models: {
      Customer: {
        pk: { type: String, value: "customer#${id}" }, sk: { type: String, value: "customer" },
        id: { type: String, required: true }, name: { type: String }, balance: { type: Number, default: 0 },
      },
    },
  },
});
const customers = table.getModel("Customer"), id = "1";
const told = async (what) => {
  const { name, balance } = await customers.get({ id });
  console.log(`after ${what}:`, JSON.stringify({ id, name, balance }));
};
await customers.create({ id, name: "old" });
await customers.update({ id, balance: 7 });
await told("create, and a balance of 7");
await customers.update({ id, name: "newer" });
await told("update of the name");
await customers.upsert({ id, name: "newest" });
await told("upsert of the name");
server.close();
JS
node --no-warnings put.js | tee seen
cat >wanted <<'TEXT'
after create, and a balance of 7: {"id":"1","name":"old","balance":7}
after update of the name: {"id":"1","name":"newer","balance":7}
after upsert of the name: {"id":"1","name":"newest","balance":0}
TEXT
cmp seen wanted
