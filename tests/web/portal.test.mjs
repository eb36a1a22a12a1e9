// The portal on which a customer sees and changes what they have.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold, open, reads } from "./browser.mjs";
import { ready, seller } from "./shop.mjs";

after(close);

const acme = await ready();
const languages = ["en", "de", "fr", "es", "nl", "it", "pt", "ja"];

/** A customer of a shop who subscribes by a card and has an invoice to pay, and the address of their portal. */
async function customer(shop = acme, name = "Team plan") {
  const { call } = shop;
  const { id } = await call("POST", "/customers", { email: "ada@example.com", name });
  const card = await call("POST", `/customers/${id}/payment-methods`, { token: "test_success" });
  const other = await call("POST", `/customers/${id}/payment-methods`, { token: "test_decline_soft" });
  const product = await call("POST", "/products", { name });
  const price = await call("POST", "/prices", {
    product_id: product.id, currency: "usd", unit_amount_atom: 1200, billing_interval: "month",
  });
  const subscription = await call("POST", "/subscriptions", { customer_id: id, items: [{ price_id: price.id }] });
  const draft = await call("POST", "/invoices", {
    customer_id: id, currency: "usd", collection_method: "send_invoice", items: [{ name: "Work", amount: "30.00" }],
  });
  const invoice = await call("POST", `/invoices/${draft.id}/finalize`, {});
  const { url } = await call("POST", "/portal-sessions", { customer_id: id, return_url: `${seller}/account` });
  return { id, card, other, subscription, invoice, url };
}

test("a customer sees what is open and pays it, with no script at all", async () => {
  const { invoice, url } = await customer();
  const page = await open({ javaScriptEnabled: false });
  await page.goto(url);
  assert.equal(await page.title(), "Your account with Acme Analytics");
  await page.getByRole("heading", { name: "To be paid" }).waitFor();
  await page.getByLabel("Pay by").selectOption({ index: 1 });
  await page.getByRole("button", { name: "Pay $30.00" }).click();
  await page.getByRole("alert").getByText("not enough money").waitFor();
  await page.getByRole("button", { name: "Pay $30.00" }).click();
  await page.getByRole("status").getByText("Your payment has been received").waitFor();
  assert.equal((await acme.call("GET", `/invoices/${invoice.id}`)).state, "paid");
  assert.equal(await page.getByRole("heading", { name: "To be paid" }).count(), 0);
  await page.getByRole("link", { name: `Invoice ${invoice.number}` }).click();
  await page.getByText("Amount due").first().waitFor();
  assert.deepEqual([page.outside, page.faults], [[], []]);
});

test("an invoice can be kept as a file, from the list and from its own page", async () => {
  const { invoice, url } = await customer();
  const page = await open();
  await page.goto(url);
  const name = `${invoice.number}.pdf`;
  for (const where of ["the list", "the invoice"]) {
    const link = page.getByRole("link", { name, exact: true });
    const answer = await page.request.get(await link.evaluate((one) => one.href));
    assert.deepEqual([answer.status(), answer.headers()["content-type"]], [200, "application/pdf"], where);
    assert.equal(answer.headers()["content-disposition"], `inline; filename="${name}"`);
    assert.equal((await answer.body()).subarray(0, 5).toString(), "%PDF-");
    if (where === "the list") await page.getByRole("link", { name: `Invoice ${invoice.number}` }).first().click();
  }
  await hold(page, "portal-invoice");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.getByRole("link", { name, exact: true }).isVisible(), false, "it is not on paper");
});

test("what an invoice gave back is a page and a file, and reads as what it is", async () => {
  // Its own shop, so that its numbers are the same whatever else was sold.
  const own = await ready();
  const { id, invoice, url } = await customer(own);
  await own.call("POST", `/invoices/${invoice.id}/pay`, { paid_out_of_band: true });
  const note = await own.call("POST", `/customers/${id}/credit-notes`, {
    currency: "usd", amount_atom: 750, invoice_id: invoice.id, description: "The second hour was not used.",
  });
  const page = await open();
  await page.goto(url);
  await hold(page, "portal-credit-note-listed");
  await page.getByRole("link", { name: `Credit note ${note.number}` }).click();
  await page.getByRole("heading", { name: "Credit note", level: 1 }).waitFor();
  await hold(page, "portal-credit-note");
  const link = page.getByRole("link", { name: `${note.number}.pdf`, exact: true });
  const answer = await page.request.get(await link.evaluate((one) => one.href));
  assert.deepEqual([answer.status(), answer.headers()["content-type"]], [200, "application/pdf"]);
  await reads(page, "portal-credit-note");
  await page.emulateMedia({ media: "print" });
  assert.equal(await link.isVisible(), false, "it is not on paper");
  assert.deepEqual([page.outside, page.faults], [[], []]);
});

test("a customer cancels as easily as they bought, and takes it back, by the keyboard", async () => {
  const { subscription, url } = await customer();
  const now = async () => (await acme.call("GET", `/subscriptions/${subscription.id}`)).cancel_at_period_end;
  const page = await open();
  await page.goto(url);
  await hold(page, "portal");
  await page.getByText("Next charge: $12.00 on").waitFor();
  await page.getByRole("button", { name: "Cancel subscription" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("The subscription is cancelled").waitFor();
  await page.getByText("Ends on").waitFor();
  assert.equal(await now(), true);
  await hold(page, "portal-cancelled");
  // Loaded anew, nothing is done anew.
  await page.reload();
  await page.getByRole("button", { name: "Keep the subscription" }).click();
  await page.getByRole("status").getByText("The subscription goes on").waitFor();
  assert.equal(await now(), false);
});

test("a customer has another card charged, removes one, adds one, and says where they live", async () => {
  const { id, card, other, url } = await customer();
  const page = await open();
  await page.goto(url);
  await page.getByRole("button", { name: "Use for payments" }).click();
  await page.getByRole("status").getByText("Saved.").waitFor();
  assert.equal((await acme.call("GET", `/customers/${id}`)).default_payment_method_id, other.id);
  await page.getByRole("button", { name: "Remove" }).first().click();
  await page.getByRole("status").getByText("The card was removed").waitFor();
  const { items } = await acme.call("GET", `/customers/${id}/payment-methods`);
  assert.deepEqual(items.map((one) => one.id), [card.id]);
  await page.getByLabel("City").fill("London");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").getByText("Saved.").waitFor();
  assert.equal(await page.getByLabel("City").inputValue(), "London");
  await page.getByRole("button", { name: "Add a card" }).click();
  await page.getByRole("button", { name: "Save the card" }).click();
  await page.waitForURL(`${seller}/account`);
  assert.equal((await acme.call("GET", `/customers/${id}/payment-methods`)).items.length, 2);
});

test("a payment that its bank wants confirmed is confirmed on the page", async () => {
  const { id, invoice, url } = await customer();
  const asks = await acme.call("POST", `/customers/${id}/payment-methods`, { token: "test_requires_action" });
  const page = await open();
  await page.goto(url);
  await page.getByLabel("Pay by").selectOption(asks.id);
  await page.getByRole("button", { name: "Pay $30.00" }).click();
  await page.getByRole("alert").getByText("Your bank wants you to confirm").waitFor();
  await hold(page, "portal-confirm");
  await page.getByRole("button", { name: "Confirm at your bank" }).click();
  await page.getByRole("status").getByText("Your payment has been received").waitFor();
  assert.equal((await acme.call("GET", `/invoices/${invoice.id}`)).state, "paid");
});

/** A shop that lets its customers do all there is, a customer of it, and a cheaper plan. */
async function changeable() {
  const shop = await ready();
  const bought = await customer(shop);
  const { id: product_id } = await shop.call("POST", "/products", { name: "Small plan" });
  const small = await shop.call("POST", "/prices", { product_id, currency: "usd", unit_amount_atom: 500, billing_interval: "month" });
  await shop.call("PATCH", "/account", { portal: { pause: true, change_quantity: true, plan_price_ids: [small.id] } });
  return { ...bought, shop, small };
}

test("a customer upgrades in the portal, having seen what it costs, by the keyboard and with no script", async () => {
  const { subscription, url, shop, small } = await changeable();
  const now = () => shop.call("GET", `/subscriptions/${subscription.id}`);
  const page = await open({ javaScriptEnabled: false });
  await page.goto(url);
  await page.getByLabel("Quantity").fill("3");
  await page.getByRole("button", { name: "See what it costs" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText(/You pay \$2\d\.\d\d now, for the time until/).waitFor();
  await page.getByText("The next charge is then $36.00.").waitFor();
  assert.equal((await now()).items[0].quantity, 1, "nothing is changed by looking");
  await page.getByRole("button", { name: "Change it" }).click();
  await page.getByRole("status").getByText("Saved.").waitFor();
  assert.equal((await now()).items[0].quantity, 3);
  await page.getByText("3 × Team plan").waitFor();
  // Down again at the end of the period; and that is taken back.
  await page.getByLabel("Plan").selectOption(small.id);
  await page.getByRole("button", { name: "See what it costs" }).click();
  await page.getByText("Nothing is charged now. It changes on").waitFor();
  await page.getByRole("button", { name: "Change it" }).click();
  await page.getByText(/From .*: 3 × Small plan/).waitFor();
  assert.ok((await now()).change_request);
  await page.getByRole("button", { name: "Do not change it" }).click();
  await page.getByRole("status").getByText("Saved.").waitFor();
  assert.equal((await now()).change_request, null);
});

test("a customer pauses at the end of the period and takes that back, and says their tax number", async () => {
  const { id, subscription, url, shop } = await changeable();
  const page = await open();
  await page.goto(url);
  await hold(page, "portal-all");
  await page.getByLabel("Quantity").fill("2");
  await page.getByRole("button", { name: "See what it costs" }).click();
  await page.getByRole("button", { name: "Change it" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Change it" }).evaluate((one) => document.activeElement === one), true);
  await hold(page, "portal-costs");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Pauses on").waitFor();
  await hold(page, "portal-pauses");
  assert.ok((await shop.call("GET", `/subscriptions/${subscription.id}`)).pause);
  await page.getByRole("button", { name: "Do not pause" }).click();
  await page.getByRole("status").getByText("The subscription goes on").waitFor();
  await page.getByLabel("VAT or tax number").fill("DE12");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").getByText("cannot be saved").waitFor();
  await page.getByLabel("VAT or tax number").fill("DE136695976");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").getByText("Saved.").waitFor();
  const { tax_ids } = await shop.call("GET", `/customers/${id}`);
  assert.deepEqual(tax_ids, [{ type: "eu_vat", value: "DE136695976", status: "unverified" }]);
  assert.deepEqual(page.faults, []);
});

test("the portal is there in every language, also what goes wrong there", async () => {
  const { url } = await changeable();
  for (const language of languages) {
    const page = await open({ locale: language });
    await page.goto(url);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    await page.locator("[name=method]").first().selectOption({ index: 1 });
    await page.locator("form:has(select[name=method]) button").click();
    await page.getByRole("alert").waitFor();
    await page.locator("[name=quantity]").fill("2");
    await page.locator("[value=look]").click();
    await page.locator("[value=change]").waitFor();
    await hold(page, `portal-${language}`);
    await page.context().close();
  }
});

test("what a stranger wrote does nothing, and a wrong address opens nothing", async () => {
  const attack = `</style><script>alert(1)</script><img src=x onerror=alert(2)>"'{amount}`;
  const strange = await ready(attack);
  const { url } = await customer(strange, attack);
  const page = await open();
  await page.goto(url);
  await page.getByText("<script>alert(1)</script>").first().waitFor();
  assert.equal(await page.locator("script, img, b").count(), 0);
  await hold(page, "portal-strange");
  await page.goto(url.replace(/secure_token=.*/, "secure_token=x"));
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
});
