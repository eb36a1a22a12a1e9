#!/bin/sh
# fastify 5.12.8: a body that is valid as it is, is changed before the handler sees it. Where a field may be an
# integer or null, `anyOf: [integer, null]`, null arrives as 0, and "" as null. Written the other way round,
# `anyOf: [null, integer]`, null stays and 0 arrives as null.
#
# One would expect values to be converted where they do not fit, as an address's query has to be, and those
# that fit to be left alone. `type: ["integer", "null"]`, which allows the same values, does leave them. Fastify
# switches Ajv's `coerceTypes` on for bodies too, and Ajv converts for each alternative as it tries it; generators
# of OpenAPI documents write nullable fields as `anyOf`. A limit that was lifted (null) is a limit of nothing.
# Where null is not allowed it arrives as 0, too: `{"amount": null}` is an amount of 0.
#
# Seen:
#   anyOf integer, null: null -> 0
#   anyOf null, integer: 0 -> null
#   type integer, null: null -> null
#   type integer: null -> 0
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund fastify@5.12.8
cat >ask.js <<'JS'
import Fastify from "fastify";
const integer = { type: "integer" }, none = { type: "null" };
for (const [name, limit, sent] of [
  ["anyOf integer, null", { anyOf: [integer, none] }, null],
  ["anyOf null, integer", { anyOf: [none, integer] }, 0],
  ["type integer, null", { type: ["integer", "null"] }, null],
  ["type integer", integer, null],
]) {
  const server = Fastify();
  server.post("/", { schema: { body: { type: "object", properties: { limit } } } },
    async (request) => JSON.stringify(request.body.limit));
  const { payload } = await server.inject({ method: "POST", url: "/", payload: { limit: sent } });
  console.log(`${name}:`, sent, "->", payload);
}
JS
node ask.js | tee seen
cat >wanted <<'TEXT'
anyOf integer, null: null -> 0
anyOf null, integer: 0 -> null
type integer, null: null -> null
type integer: null -> 0
TEXT
cmp seen wanted
