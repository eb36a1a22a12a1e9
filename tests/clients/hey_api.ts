// The story of tests/clients/README.md, told with what @hey-api/openapi-ts makes of openapi.yaml. Its
// zod schemas are compiled too, and read every answer.

import assert from "node:assert/strict";
import { client } from "./hey_api/client.gen.js";
import * as api from "./hey_api/sdk.gen.js";
import type { Environment, Problem } from "./hey_api/types.gen.js";
import { zCustomerPage, zPrice, zSubscription } from "./hey_api/zod.gen.js";

client.setConfig({ baseUrl: process.env.BASE_URL, auth: process.env.TOKEN });

/** The data of an answer, which must be one. */
function of<T>(answer: { data?: T; error?: unknown }): T {
  assert.equal(answer.error, undefined);
  assert(answer.data !== undefined);
  return answer.data;
}

const environment: Environment = of(await api.accountGet()).environment;
assert.equal(environment, "stg");
const processor = of(await api.processorsCreate({ body: { name: "Cards", type: "test" } }));
const customer = of(await api.customersCreate({ body: { email: "jane@example.com", name: "Jane" } }));
const method = of(
  await api.paymentMethodsCreate({
    path: { id: customer.id },
    body: { token: "test_success", processor_id: processor.id },
  }),
);
const product = of(await api.productsCreate({ body: { name: "Team plan" } }));
const price = of(
  await api.pricesCreate({
    body: {
      product_id: product.id,
      currency: "usd",
      billing_interval: "month",
      tiers_mode: "graduated",
      tiers: [{ up_to: 5, unit_amount_atom: 1000 }, { unit_amount_decimal: "812.5" }],
    },
  }),
);
assert.deepEqual(price.tiers?.map((tier) => tier.unit_amount_decimal), ["1000", "812.5"]);
zPrice.parse(price);
const subscription = of(
  await api.subscriptionsCreate({
    body: {
      customer_id: customer.id,
      processor_id: processor.id,
      default_payment_method_id: method.id,
      items: [{ price_id: price.id, quantity: 7 }],
    },
  }),
);
assert.equal(subscription.state, "active");
zSubscription.parse(subscription);
const hour = 3_600_000;
for (const [since, total] of [[-hour, 1], [hour, 0]] as const) {
  const gte = new Date(Date.parse(customer.created_at) + since).toISOString();
  const page = of(await api.customersList({ query: { "created_at[gte]": gte, limit: 10 } }));
  assert.equal(page.total, total);
  zCustomerPage.parse(page);
}
const other = customer.id.slice(0, -1) + (customer.id.endsWith("a") ? "b" : "a");
const problem: Problem | undefined = (await api.customersGet({ path: { id: other } })).error;
assert.equal(problem?.status, 404);
const renamed = of(await api.customersUpdate({ path: { id: customer.id }, body: { name: null } }));
assert.equal(renamed.name, null);
const ended = of(
  await api.subscriptionsCancel({ path: { id: subscription.id }, body: { refund_option: "full" } }),
);
assert.equal(ended.state, "cancelled");
console.log("@hey-api/openapi-ts: the story");
