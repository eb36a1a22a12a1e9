// Real deliveries, verified by the libraries that others wrote for JavaScript: Standard Webhooks' and
// Svix's.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

type Delivery = { body: string; headers: Record<string, string> };
type Json = Record<string, any>;

const libraries = [Standard, Svix];
const waiting: Array<(delivery: Delivery) => void> = [];
const arrived: Delivery[] = [];

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const headers = request.headers as Record<string, string>;
    const delivery = { body: Buffer.concat(chunks).toString("utf8"), headers };
    const next = waiting.shift();
    if (next) next(delivery);
    else arrived.push(delivery);
    response.end("ok");
  });
});

function next(): Promise<Delivery> {
  const first = arrived.shift();
  return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
}

async function call(method: string, path: string, body: Json): Promise<Json> {
  const answer = await fetch(process.env.BASE_URL + path, {
    method,
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${process.env.TOKEN}`, "content-type": "application/json" },
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Json;
}

// What each library makes of a delivery: all the same, or none.
function verified(secret: string, { body, headers }: Delivery): Json {
  for (const Library of libraries) {
    new Library(secret).verify(body, headers);
    assert.throws(() => new Library(secret).verify(`${body} `, headers));
  }
  const digest = createHmac("sha256", secret).update(body).digest("hex");
  assert.ok([headers["x-webhook-signature"], headers["x-webhook-signature-previous"]].includes(digest));
  return JSON.parse(body) as Json;
}

await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
const endpoint = await call("POST", "/api/webhook-endpoints", { url, events: ["customer.*"] });
const place = `/api/webhook-endpoints/${endpoint.id}`;

const customer = await call("POST", "/api/customers", { email: "jane@example.com", name: "Jänë ✓" });
const event = verified(endpoint.secret, await next());
assert.equal(event.type, "customer.created");
assert.deepEqual(event.data.object, customer);

const { secret } = await call("POST", `${place}/rotate-secret`, { expires_in_hours: 24 });
await call("PATCH", `/api/customers/${customer.id}`, { name: "Joan" });
const both = await next();
assert.deepEqual(verified(endpoint.secret, both), verified(secret, both));

const newest = (await call("POST", `${place}/rotate-secret`, { expires_in_hours: 0 })).secret;
await call("PATCH", `/api/customers/${customer.id}`, { name: "Jo" });
const one = await next();
assert.equal(verified(newest, one).data.previous_attributes.name, "Joan");
for (const Library of libraries) {
  assert.throws(() => new Library(secret).verify(one.body, one.headers));
}
server.close();
console.log("webhooks (JavaScript): verified by standardwebhooks, svix");
process.exit(0);
