#!/bin/sh
# serverless-http 4.0.0: of a header that came more than once through a REST API of API Gateway, only the last
# is seen. `If-Match: "v1"` and `If-Match: "v2"` arrive as `"v2"`. Behind a load balancer, which sends only
# `multiValueHeaders`, they arrive as `"v1", "v2"`.
#
# One would expect both, joined with a comma, as HTTP has it for lists (RFC 9110, 5.3) and as Node itself reads
# them. The package does join what is in `multiValueHeaders`, and then writes what is in `headers` over it; API
# Gateway sends both, and in `headers` the last value. hono 4.13.19, @fastify/aws-lambda 6.4.1 and mangum 0.22.0
# give both. Lists that a client sends line by line, and the chain of addresses by which a charge is judged for
# fraud, where a proxy adds a line of its own (`Forwarded`), arrive as their last piece.
#
# Seen (express 5.3.0):
#   REST API: "v2"
#   load balancer: "v1", "v2"
#   Node: "v1", "v2"
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund serverless-http@4.0.0 express@5.3.0
cat >ask.js <<'JS'
import http from "node:http";
import express from "express";
import serverless from "serverless-http";
const app = express();
app.get("/", (request, response) => { response.send(request.headers["if-match"]); });
const handler = serverless(app);
const event = (more) => ({
  resource: "/{proxy+}", path: "/", httpMethod: "GET", body: null, isBase64Encoded: false,
  queryStringParameters: null, multiValueQueryStringParameters: null,
  multiValueHeaders: { Host: ["api.example.com"], "If-Match": ['"v1"', '"v2"'] },
  requestContext: { stage: "prod", requestId: "1", identity: { sourceIp: "192.0.2.1" } }, ...more,
});
const last = { headers: { Host: "api.example.com", "If-Match": '"v2"' } };
console.log("REST API:", (await handler(event(last), {})).body);
console.log("load balancer:", (await handler(event({ requestContext: { elb: {} } }), {})).body);
const server = app.listen(0, "127.0.0.1");
await new Promise((done) => server.on("listening", done));
http.get({ port: server.address().port, host: "127.0.0.1", headers: { "If-Match": ['"v1"', '"v2"'] } }, (answer) => {
  answer.on("data", (data) => console.log("Node:", String(data)));
  answer.on("end", () => server.close());
});
JS
node --no-warnings ask.js | tee seen
printf '%s\n' 'REST API: "v2"' 'load balancer: "v1", "v2"' 'Node: "v1", "v2"' >wanted
cmp seen wanted
