// The story of tests/clients/README.md, told with openapi-fetch over what openapi-typescript makes of
// openapi.yaml.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./openapi_typescript/schema.js";

const client = createClient<paths>({
  baseUrl: process.env.BASE_URL,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
});

/** The data of an answer, which must be one. */
function of<T>(answer: { data?: T; error?: unknown }): T {
  assert.equal(answer.error, undefined);
  assert(answer.data !== undefined);
  return answer.data;
}

const account = of(await client.GET("/api/account"));
const environment: components["schemas"]["Environment"] = account.environment;
assert.equal(environment, "stg");
const processor = of(await client.POST("/api/processors", { body: { name: "Cards", type: "test" } }));
const customer = of(
  await client.POST("/api/customers", { body: { email: "jane@example.com", name: "Jane" } }),
);
const of_customer = { params: { path: { id: customer.id } } };
const method = of(
  await client.POST("/api/customers/{id}/payment-methods", {
    ...of_customer,
    body: { token: "test_success", processor_id: processor.id },
  }),
);
const product = of(await client.POST("/api/products", { body: { name: "Team plan" } }));
const price = of(
  await client.POST("/api/prices", {
    body: {
      product_id: product.id,
      currency: "usd",
      billing_interval: "month",
      tiers_mode: "graduated",
      tiers: [{ up_to: 5, unit_amount_atom: 1000 }, { unit_amount_decimal: "812.5" }],
    },
  }),
);
const amounts: string[] | undefined = price.tiers?.map((tier) => tier.unit_amount_decimal);
assert.deepEqual(amounts, ["1000", "812.5"]);
const subscription = of(
  await client.POST("/api/subscriptions", {
    body: {
      customer_id: customer.id,
      processor_id: processor.id,
      default_payment_method_id: method.id,
      items: [{ price_id: price.id, quantity: 7 }],
    },
  }),
);
assert.equal(subscription.state, "active");
const hour = 3_600_000;
for (const [since, total] of [[-hour, 1], [hour, 0]] as const) {
  const gte = new Date(Date.parse(customer.created_at) + since).toISOString();
  const page = of(await client.GET("/api/customers", { params: { query: { "created_at[gte]": gte } } }));
  assert.equal(page.total, total);
  assert.deepEqual(page.items.map((one) => one.id), total ? [customer.id] : []);
}
const other = customer.id.slice(0, -1) + (customer.id.endsWith("a") ? "b" : "a");
const missing = await client.GET("/api/customers/{id}", { params: { path: { id: other } } });
const problem: components["schemas"]["Problem"] | undefined = missing.error;
assert.equal(problem?.status, 404);
const renamed = of(await client.PATCH("/api/customers/{id}", { ...of_customer, body: { name: null } }));
assert.equal(renamed.name, null);
const ended = of(
  await client.POST("/api/subscriptions/{id}/cancel", {
    params: { path: { id: subscription.id } },
    body: { refund_option: "full" },
  }),
);
assert.equal(ended.state, "cancelled");
console.log("openapi-typescript: the story");
