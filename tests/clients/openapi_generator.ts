// The story of tests/clients/README.md, told with what openapi-generator makes of openapi.yaml for
// typescript-fetch.

import assert from "node:assert/strict";
import * as api from "./openapi_generator_ts/index.js";

const configuration = new api.Configuration({
  basePath: process.env.BASE_URL,
  accessToken: process.env.TOKEN,
});

const account = await new api.AccountApi(configuration).accountGet();
assert.equal(account.environment, api.Environment.Stg);
const processor = await new api.ProcessorsApi(configuration).processorsCreate({
  newProcessor: { name: "Cards", type: api.ProcessorType.Test },
});
const customers = new api.CustomersApi(configuration);
const customer = await customers.customersCreate({
  newCustomer: { email: "jane@example.com", name: "Jane" },
});
const method = await new api.PaymentMethodsApi(configuration).paymentMethodsCreate({
  id: customer.id,
  newPaymentMethod: { token: "test_success", processorId: processor.id },
});
const product = await new api.ProductsApi(configuration).productsCreate({
  newProduct: { name: "Team plan" },
});
const price = await new api.PricesApi(configuration).pricesCreate({
  newPrice: {
    productId: product.id,
    currency: "usd",
    billingInterval: api.IntervalUnit.Month,
    tiersMode: api.TiersMode.Graduated,
    tiers: [{ upTo: 5, unitAmountAtom: 1000 }, { unitAmountDecimal: "812.5" }],
  },
});
assert.deepEqual(price.tiers?.map((tier) => tier.unitAmountDecimal), ["1000", "812.5"]);
const subscriptions = new api.SubscriptionsApi(configuration);
const subscription = await subscriptions.subscriptionsCreate({
  newSubscription: {
    customerId: customer.id,
    processorId: processor.id,
    defaultPaymentMethodId: method.id,
    items: [{ priceId: price.id, quantity: 7 }],
  },
});
assert.equal(subscription.state, api.SubscriptionState.Active);
const hour = 3_600_000;
for (const [since, total] of [[-hour, 1], [hour, 0]] as const) {
  const createdAtGte = new Date(customer.createdAt.getTime() + since);
  assert.equal((await customers.customersList({ createdAtGte })).total, total);
}
const other = customer.id.slice(0, -1) + (customer.id.endsWith("a") ? "b" : "a");
const missing = await customers.customersGet({ id: other }).catch((error: unknown) => error);
assert(missing instanceof api.ResponseError);
assert.equal(missing.response.status, 404);
const renamed = await customers.customersUpdate({ id: customer.id, customerPatch: { name: null } });
assert.equal(renamed.name, null);
const ended = await subscriptions.subscriptionsCancel({
  id: subscription.id,
  cancellation: { refundOption: api.RefundOption.Full },
});
assert.equal(ended.state, api.SubscriptionState.Cancelled);
console.log("openapi-generator, typescript-fetch: the story");
