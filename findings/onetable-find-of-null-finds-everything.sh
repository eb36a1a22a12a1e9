#!/bin/sh
# dynamodb-onetable 2.7.7: `find({account, paid_at: null})` finds every invoice of the account, those that were
# paid as well. If nothing else is said, an attribute that is given as null is left out of what is asked for,
# without a word.
#
# One would expect those that have no such attribute, or an error: the same word in `update` does mean
# something, namely that the attribute goes away, and `find({paid_at: ""})` asks for what it says. "What is
# still to be collected?" is answered with all that was ever billed. What works is `where:
# "attribute_not_exists(${paid_at})"`, or the table's parameter `nulls: true`, with which nulls are kept and found.
#
# Seen (one invoice that was paid, one that was not; in dynalite 4.0.0):
#   null: paid open
#   null, with nulls: true: open
#   where: open
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund dynamodb-onetable@2.7.7 dynalite@4.0.0 \
    @aws-sdk/client-dynamodb@3.1169.0 @aws-sdk/util-dynamodb@3.996.9
cat >ask.js <<'JS'
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
const invoices = (nulls) => new Table({
  client, name: TableName, logger: false, partial: false,
  schema: {
    format: "onetable:1.1.0", version: "0.0.1", indexes: { primary: { hash: "pk", sort: "sk" } },
    params: { nulls },
    models: {
      Invoice: {
        pk: { type: String, value: `account${nulls}#\${account}` }, sk: { type: String, value: "invoice#${id}" },
        account: { type: String, required: true }, id: { type: String, required: true }, paid_at: { type: String },
      },
    },
  },
}).getModel("Invoice");
const account = "a";
for (const nulls of [false, true]) {
  const model = invoices(nulls);
  await model.create({ account, id: "1 paid", paid_at: "2026-01-31" });
  await model.create(nulls ? { account, id: "2 open", paid_at: null } : { account, id: "2 open" });
  const told = (name, found) => console.log(`${name}:`, ...found.map(({ id }) => id.slice(2)));
  told(nulls ? "null, with nulls: true" : "null", await model.find({ account, paid_at: null }));
}
const left = await invoices(false).find({ account }, { where: "attribute_not_exists(${paid_at})" });
console.log("where:", ...left.map(({ id }) => id.slice(2)));
server.close();
JS
node --no-warnings ask.js | tee seen
printf '%s\n' "null: paid open" "null, with nulls: true: open" "where: open" >wanted
cmp seen wanted
