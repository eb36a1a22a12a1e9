// The story of tests/clients/README.md, told with what orval makes of openapi.yaml. Its zod schemas are
// compiled too, and read an answer.

import assert from "node:assert/strict";
import * as api from "./orval/api.js";
import * as zod from "./orval/zod.js";

const options = { headers: { Authorization: `Bearer ${process.env.TOKEN}` } };

/** The data of a 200, which the answer must be. */
function of<A extends { status: number; data: unknown }>(answer: A): Extract<A, { status: 200 }>["data"] {
  assert.equal(answer.status, 200, JSON.stringify(answer.data));
  return answer.data as Extract<A, { status: 200 }>["data"];
}

const environment: api.Environment = of(await api.accountGet(options)).environment;
assert.equal(environment, "stg");
const processor = of(await api.processorsCreate({ name: "Cards", type: "test" }, options));
const customer = of(await api.customersCreate({ email: "jane@example.com", name: "Jane" }, undefined, options));
const method = of(
  await api.paymentMethodsCreate(
    customer.id,
    { token: "test_success", processor_id: processor.id },
    undefined,
    options,
  ),
);
const product = of(await api.productsCreate({ name: "Team plan" }, undefined, options));
const price = of(
  await api.pricesCreate(
    {
      product_id: product.id,
      currency: "usd",
      billing_interval: "month",
      tiers_mode: "graduated",
      tiers: [{ up_to: 5, unit_amount_atom: 1000 }, { unit_amount_decimal: "812.5" }],
    },
    undefined,
    options,
  ),
);
assert.deepEqual(price.tiers?.map((tier) => tier.unit_amount_decimal), ["1000", "812.5"]);
const subscription = of(
  await api.subscriptionsCreate(
    {
      customer_id: customer.id,
      processor_id: processor.id,
      default_payment_method_id: method.id,
      items: [{ price_id: price.id, quantity: 7 }],
    },
    undefined,
    options,
  ),
);
assert.equal(subscription.state, "active");
const hour = 3_600_000;
for (const [since, total] of [[-hour, 1], [hour, 0]] as const) {
  const gte = new Date(Date.parse(customer.created_at) + since).toISOString();
  const page = of(await api.customersList({ "created_at[gte]": gte }, options));
  assert.equal(page.total, total);
  zod.CustomersListResponse.parse(page);
}
const other = customer.id.slice(0, -1) + (customer.id.endsWith("a") ? "b" : "a");
const missing = await api.customersGet(other, undefined, options);
assert(missing.status === 404);
const problem: api.Problem = missing.data;
assert.equal(problem.status, 404);
const renamed = of(await api.customersUpdate(customer.id, { name: null }, undefined, options));
assert.equal(renamed.name, null);
const ended = of(
  await api.subscriptionsCancel(subscription.id, { refund_option: "full" }, undefined, options),
);
assert.equal(ended.state, "cancelled");
console.log("orval: the story");
