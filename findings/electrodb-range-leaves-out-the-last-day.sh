#!/bin/sh
# electrodb 3.9.3: where a sort key is made of a day and an id, `between` two days leaves out the last of them,
# `lte` a day leaves out that day, and `gt` a day includes it. Only `gte`, `lt` and `begins` do what they say.
#
# One would expect the operators to mean the attribute that they are given. What is compared is the key as text:
# "day_2026-01-31" against "day_2026-01-31#id_1", which is longer and so greater. An invoice for January that
# adds up the usage `between` the 1st and the 31st has 30 days. Before 3.0 the whole day was meant; the option
# `compare: "v2"`, which is marked as deprecated, still does so. `compare: "attributes"` does not: it mends `gt`,
# by a filter on what was read, and the day that was not read stays away.
#
# Seen (one item on each of 30 and 31 January and 1 February; in dynalite 4.0.0):
#   gt 31 January: 2026-01-31 2026-02-01
#   lte 31 January: 2026-01-30
#   between 30 and 31 January: 2026-01-30
#   between, compare attributes: 2026-01-30
#   between, compare v2: 2026-01-30 2026-01-31
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund electrodb@3.9.3 dynalite@4.0.0 \
    @aws-sdk/client-dynamodb@3.1169.0 @aws-sdk/lib-dynamodb@3.1169.0
cat >ask.js <<'JS'
import dynalite from "dynalite";
import { Entity } from "electrodb";
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
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
const text = { type: "string", required: true };
const usage = new Entity({
  model: { entity: "usage", version: "1", service: "billing" },
  attributes: { account: text, day: text, id: text },
  indexes: {
    days: { pk: { field: "pk", composite: ["account"] }, sk: { field: "sk", composite: ["day", "id"] } },
  },
}, { client: DynamoDBDocumentClient.from(client), table: TableName });
const account = "a", day = "2026-01-31";
for (const one of ["2026-01-30", day, "2026-02-01"]) await usage.put({ account, day: one, id: "1" }).go();
const told = async (name, query, options) =>
  console.log(`${name}:`, ...(await query.go(options)).data.map((item) => item.day));
const between = () => usage.query.days({ account }).between({ day: "2026-01-30" }, { day });
await told("gt 31 January", usage.query.days({ account }).gt({ day }));
await told("lte 31 January", usage.query.days({ account }).lte({ day }));
await told("between 30 and 31 January", between());
for (const compare of ["attributes", "v2"]) await told(`between, compare ${compare}`, between(), { compare });
server.close();
JS
node --no-warnings ask.js | tee seen
cat >wanted <<'TEXT'
gt 31 January: 2026-01-31 2026-02-01
lte 31 January: 2026-01-30
between 30 and 31 January: 2026-01-30
between, compare attributes: 2026-01-30
between, compare v2: 2026-01-30 2026-01-31
TEXT
cmp seen wanted
