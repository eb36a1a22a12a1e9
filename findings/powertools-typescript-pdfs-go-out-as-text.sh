#!/bin/sh
# @aws-lambda-powertools/event-handler 2.35.0: a PDF that a handler answers with goes out as text. Each byte that is
# no UTF-8 is replaced by three others, `isBase64Encoded` is false, and the status is 200. Done by hand, with the
# body in base64 and `isBase64Encoded: true`, it goes out as base64 with `isBase64Encoded: false`: the customer gets
# a file of letters.
#
# One would expect the bytes: a Response with bytes in it is what the package takes, and an image does go out in
# base64, by its type. So a test with a picture passes. By hand is how its guide says that it can be done.
# hono 4.13.19, which has the same kind of handler, sends a PDF as base64. A PDF has such bytes in its second line
# already, and the invoice that the customer saved cannot be opened, while the log has a 200. It has been reported,
# and repaired after this version.
#
# Seen (of 255044462d312e370a25e2e3cfd30a, the first two lines of a PDF):
#   Response image/png: 255044462d312e370a25e2e3cfd30a
#   Response application/pdf: 255044462d312e370a25efbfbdefbfbdefbfbdefbfbd0a
#   by hand application/pdf: JVBERi0xLjcKJeLjz9MK
#   hono application/pdf: 255044462d312e370a25e2e3cfd30a
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @aws-lambda-powertools/event-handler@2.35.0 hono@4.13.19
cat >pdf.js <<'JS'
import { Router } from "@aws-lambda-powertools/event-handler/http";
import { Hono } from "hono";
import { handle } from "hono/aws-lambda";

const bytes = Buffer.from("255044462d312e370a25e2e3cfd30a", "hex");
const answer = (type) => new Response(bytes, { headers: { "content-type": type } });
const app = new Router();
app.get("/picture", () => answer("image/png"));
app.get("/invoice", () => answer("application/pdf"));
app.get("/hand", () => ({
  statusCode: 200, headers: { "content-type": "application/pdf" },
  isBase64Encoded: true, body: bytes.toString("base64"),
}));
const other = new Hono().get("/invoice", () => answer("application/pdf"));
const event = (path) => ({
  version: "2.0", routeKey: "$default", rawPath: path, rawQueryString: "", headers: { host: "localhost" },
  isBase64Encoded: false,
  requestContext: {
    accountId: "1", apiId: "a", domainName: "localhost", domainPrefix: "a", requestId: "r", routeKey: "$default",
    stage: "$default", time: "", timeEpoch: 0,
    http: { method: "GET", path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "" },
  },
});
const context = { getRemainingTimeInMillis: () => 10000, awsRequestId: "r", functionName: "f" };
const received = ({ body, isBase64Encoded }) => Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
for (const [name, path] of [["Response image/png", "/picture"], ["Response application/pdf", "/invoice"]])
  console.log(`${name}: ${received(await app.resolve(event(path), context)).toString("hex")}`);
console.log("by hand application/pdf:", received(await app.resolve(event("/hand"), context)).toString());
console.log("hono application/pdf:", received(await handle(other)(event("/invoice"), context)).toString("hex"));
JS
node pdf.js | tee seen
cat >wanted <<'TEXT'
Response image/png: 255044462d312e370a25e2e3cfd30a
Response application/pdf: 255044462d312e370a25efbfbdefbfbdefbfbdefbfbd0a
by hand application/pdf: JVBERi0xLjcKJeLjz9MK
hono application/pdf: 255044462d312e370a25e2e3cfd30a
TEXT
cmp seen wanted
