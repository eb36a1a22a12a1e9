// What is sold, made through the API.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const { base_url: base, stg } = JSON.parse(readFileSync(process.env.CREDENTIALS, "utf8"));
export const origin = base.replace(/\/api$/, "");

// The seller's own site: where payers come from and go back to.
const site = createServer((_, answer) => answer.end("<!doctype html><title>The shop</title>"));
await new Promise((done) => site.listen(0, "127.0.0.1", done));
site.unref();
export const seller = `http://127.0.0.1:${site.address().port}`;

/** What sends requests with an account's token. */
function caller(account) {
  const call = async (method, path, body) => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${account.secret_token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  return { account, call };
}

/** An account of its own: of test data, or of production. */
export function shop(environment = "stg") {
  return caller(JSON.parse(execFileSync(process.env.LOCAL, ["account", "--env", environment, "--endpoint", origin])));
}

/** The demo account, which the stand-in for Stripe tells of what happens there. */
export const demo = () => caller(stg);

/** A shop that can take payments, and is known by this name. */
export async function ready(name = "Acme Analytics") {
  const { account, call } = shop();
  const { default_processor_id } = await call("GET", "/account");
  const processor = default_processor_id ?? (await call("POST", "/processors", { name: "Cards", type: "test" })).id;
  const brand = { display_name: name, primary_color: "#5b3df5", support_email: "help@acme.example" };
  await call("PATCH", "/account", { default_processor_id: processor, brand });
  return { account, call };
}

/** A session that sells one price by the month and one beside it. */
export async function session({ call }, rest = {}, product = {}) {
  const sold = { name: "Team plan", description: "For up to 20 people", unit_label: "seats", ...product };
  const { id: product_id } = await call("POST", "/products", sold);
  const monthly = await call("POST", "/prices", {
    product_id, currency: "usd", unit_amount_atom: 1200, billing_interval: "month",
  });
  const setup = await call("POST", "/prices", { product_id, currency: "usd", unit_amount_atom: 50000, nickname: "Setup" });
  return call("POST", "/checkout-sessions", {
    success_url: `${seller}/thanks?session={CHECKOUT_SESSION_ID}`,
    return_url: `${seller}/cart`,
    line_items: [{ price_id: monthly.id, quantity: 3 }, { price_id: setup.id }],
    ...rest,
  });
}

/** Somebody who is told of events: away, which answers 500 and why, until `back` is called. */
export async function receiver(why) {
  const received = [];
  let away = true;
  const server = createServer((request, answer) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      received.push({ ...JSON.parse(body), away, signatures: request.headers["webhook-signature"].split(" ").length });
      answer.writeHead(away ? 500 : 200, { "content-type": "text/plain" }).end(away ? why : "thank you");
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  return {
    url: `http://127.0.0.1:${server.address().port}/hooks`,
    back: () => (away = false),
    leave: () => (away = true),
    of: (id) => received.filter((one) => one.data?.object?.id === id),
    last: () => received.at(-1),
  };
}
