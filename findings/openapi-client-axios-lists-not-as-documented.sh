#!/bin/sh
# openapi-client-axios 7.9.1 with axios 1.21.1: a list in a query is sent as `expand[]=a&expand[]=b`, whatever the
# document says of the parameter. `explode: true`, which is the default and means `expand=a&expand=b`, and
# `explode: false`, which means `csv=x,y`, are not looked at.
#
# One would expect a client that is made of the document, and puts each argument in the place that the document
# names for it (path, query, header, cookie), to write a list the way the document says. Brackets are what axios
# does by itself. A server that holds to the document knows no `expand[]`: it refuses the call, or leaves out
# what was asked for. `axiosConfigDefaults: {paramsSerializer: {indexes: null}}` sends them repeated, all of them.
#
# Seen (the address that a server on this machine was asked for):
#   as it is: /things?expand[]=a&expand[]=b&csv[]=x&csv[]=y
#   with indexes null: /things?expand=a&expand=b&csv=x&csv=y
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund openapi-client-axios@7.9.1 axios@1.21.1
cat >ask.js <<'JS'
import { createServer } from "node:http";
import { OpenAPIClientAxios } from "openapi-client-axios";
let asked;
const server = createServer((request, response) => {
  asked = decodeURIComponent(request.url);
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const words = { type: "array", items: { type: "string" } };
const definition = {
  openapi: "3.1.0", info: { title: "Things", version: "1" },
  servers: [{ url: `http://127.0.0.1:${server.address().port}` }],
  paths: {
    "/things": {
      get: {
        operationId: "list",
        parameters: [
          { name: "expand", in: "query", style: "form", explode: true, schema: words },
          { name: "csv", in: "query", style: "form", explode: false, schema: words },
        ],
        responses: { 200: { description: "things" } },
      },
    },
  },
};
for (const [name, axiosConfigDefaults] of [
  ["as it is", {}], ["with indexes null", { paramsSerializer: { indexes: null } }],
]) {
  const client = await new OpenAPIClientAxios({ definition, axiosConfigDefaults }).init();
  await client.list({ expand: ["a", "b"], csv: ["x", "y"] });
  console.log(`${name}: ${asked}`);
}
server.close();
server.closeAllConnections();
JS
node --no-warnings ask.js | tee seen
cat >wanted <<'TEXT'
as it is: /things?expand[]=a&expand[]=b&csv[]=x&csv[]=y
with indexes null: /things?expand=a&expand=b&csv=x&csv=y
TEXT
cmp seen wanted
