// Money on the dashboard: payments given back, invoices and credit by hand, cards, links.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { close, hold } from "./browser.mjs";
import { act, eventually, screen, section, signedIn } from "./dashboard.mjs";
import { demo, origin, ready, seller } from "./shop.mjs";

after(close);

const attack = `<img src=x onerror=alert(1)><script>alert(2)</script>`;

/** An invoice of 30.00 that a customer has paid by the last of these cards, after those that did not work. */
async function paid({ call }, ...cards) {
  const { id } = await call("POST", "/customers", { email: "ada@example.com", name: attack });
  const methods = [];
  for (const token of cards) methods.push((await call("POST", `/customers/${id}/payment-methods`, { token })).id);
  const draft = await call("POST", "/invoices", { customer_id: id, currency: "usd", items: [{ name: "Work", amount: "30.00" }] });
  let invoice = await call("POST", `/invoices/${draft.id}/finalize`, {});
  for (const other of methods.slice(1)) invoice = await call("POST", `/invoices/${draft.id}/pay`, { payment_method_id: other });
  return { invoice, payment: invoice.payment_intent_id };
}

test("an invoice is kept as a file, and a draft has none", async () => {
  const acme = await ready();
  const { invoice } = await paid(acme, "test_success");
  const page = await signedIn(acme);
  await screen(page, `invoices/${invoice.id}`, `${invoice.number} paid`);
  const name = `${invoice.number}.pdf`;
  const [kept] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  assert.equal(kept.suggestedFilename(), name);
  assert.equal(readFileSync(await kept.path()).subarray(0, 5).toString(), "%PDF-");
  const [sent] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `${invoice.number}.html` }).click()]);
  assert.match(readFileSync(await sent.path(), "utf8"), /^<!doctype html>[^]*<h1>Invoice<\/h1>/);
  const draft = await acme.call("POST", "/invoices", { customer_id: invoice.customer_id, currency: "usd", items: [{ name: "Tea", amount: "1.00" }] });
  await screen(page, `invoices/${draft.id}`, `${draft.id} draft`);
  assert.equal(await page.getByRole("button", { name: /(pdf|html)$/ }).count(), 0);
  assert.deepEqual(page.faults, []);
});

test("credit for an invoice is a document, beside entries that are none", async () => {
  const acme = await ready();
  const { invoice } = await paid(acme, "test_success");
  const at = `/customers/${invoice.customer_id}`;
  await acme.call("POST", `${at}/credit-notes`, { currency: "usd", amount_atom: 100, description: "A gift" });
  const note = await acme.call("POST", `${at}/credit-notes`, { currency: "usd", amount_atom: 500, invoice_id: invoice.id, description: "Sorry" });
  const page = await signedIn(acme);
  await page.goto(`${origin}/dashboard#${at}`);
  const row = (text) => section(page, "Credit").getByRole("row").filter({ hasText: text });
  await row("A gift").waitFor();
  assert.equal(await row("A gift").getByRole("button").count(), 0);
  for (const [ending, begins] of [["pdf", "%PDF-"], ["html", "<!doctype html>"]]) {
    const name = `${note.number}.${ending}`;
    const [kept] = await Promise.all([page.waitForEvent("download"), row("Sorry").getByRole("button", { name }).click()]);
    assert.equal(kept.suggestedFilename(), name);
    assert.ok(readFileSync(await kept.path(), "utf8").startsWith(begins), name);
  }
  await hold(page, "credit-notes");
  assert.deepEqual(page.faults, []);
});

test("a payment shows its attempts, and is given back in part and in whole", async () => {
  const acme = await ready();
  const { payment, invoice } = await paid(acme, "test_decline_soft", "test_success");
  const page = await signedIn(acme);
  await screen(page, "refunds", "Refunds");
  await page.getByText("Begin one on the screen of the payment").waitFor();
  await hold(page, "refunds-none");
  await screen(page, `invoices/${invoice.id}`, `${invoice.number} paid`);
  await section(page, "Attempts to pay it").getByRole("row").filter({ hasText: "failed" }).getByText("The card has insufficient funds").waitFor();
  await section(page, "Attempts to pay it").getByRole("link", { name: payment }).click();
  await page.getByRole("heading", { name: payment, level: 1 }).waitFor();
  const attempts = section(page, "Attempts to pay the same invoice").locator("tbody tr");
  await attempts.nth(1).waitFor();
  assert.deepEqual(await attempts.count(), 2);
  await hold(page, "payment");

  // What is too much says so where it was typed, and what was typed stays.
  await page.getByRole("button", { name: "Refund", exact: true }).click();
  const dialog = page.locator("dialog");
  const amount = dialog.getByLabel("Amount");
  await amount.fill("12.345");
  await page.keyboard.press("Enter");
  await dialog.getByText("an amount in USD, such as 12.50", { exact: true }).waitFor();
  await amount.fill("30.01");
  await dialog.getByLabel("Reason").fill(attack);
  await page.keyboard.press("Enter");
  await dialog.locator(".fault").getByText(/30\.00|3000|left/).waitFor();
  assert.ok(await amount.evaluate((one) => one === document.activeElement && one.getAttribute("aria-invalid") === "true"));
  assert.equal(await amount.inputValue(), "30.01");
  await hold(page, "refund-refused");
  await amount.fill("10.50");
  await dialog.getByText("As curl").click();
  assert.match(await dialog.locator("pre").innerText(), /"amount_atom":1050/);
  await dialog.getByRole("button", { name: "Refund" }).click();
  await page.getByRole("status").getByText("The refund of 10.50 USD was made.").waitFor();
  await section(page, "Refunds").getByText(attack).waitFor();
  await act(page, "Refund");
  await page.getByRole("status").getByText("The refund of 19.50 USD was made.").waitFor();
  await section(page, "Refunds").getByText("2 refunds").waitFor();
  await page.waitForFunction(() => ![...document.querySelectorAll("button")].some((one) => one.textContent === "Refund"));
  await hold(page, "payment-refunded");
  assert.equal((await acme.call("GET", `/payments/intents/${payment}`)).refunded_amount_atom, 3000);
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("a refund that the processor has not answered yet is pending, and one that it refuses has failed", async () => {
  const acme = await ready();
  const { now } = await acme.call("GET", "/test-clock");
  await acme.call("POST", "/test-clock", { now });
  const page = await signedIn(acme);
  for (const [card, state, said] of [["test_refund_pending", "pending", "is pending"], ["test_refund_declined", "failed", "has failed"]]) {
    const { payment } = await paid(acme, card);
    await screen(page, `payments/${payment}`, `${payment} succeeded`);
    await act(page, "Refund", { Amount: "5" });
    await page.getByRole("status").getByText(`The refund of 5.00 USD ${said}`).waitFor();
    await section(page, "Refunds").getByRole("cell", { name: state, exact: true }).waitFor();
    await hold(page, `refund-${state}`);
  }
  await screen(page, "refunds?state=pending", "Refunds");
  await page.getByText("1 refund", { exact: true }).waitFor();
  await screen(page, "", "Home");
  await page.getByRole("link", { name: "Refunds that failed: 1" }).waitFor();
  assert.deepEqual(page.faults, []);
});

test("an invoice is written by hand, line by line, and finalized; a customer gets credit", async () => {
  const acme = await ready();
  const { id } = await acme.call("POST", "/customers", { email: "ada@example.com" });
  const page = await signedIn(acme);
  await screen(page, "invoices", "Invoices");
  await hold(page, "invoices-none");
  await page.keyboard.press("n");
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Customer", { exact: true }).fill(id);
  const line = (number) => dialog.getByRole("group", { name: `Line ${number}`, exact: true });
  await line(1).getByLabel("What").fill(attack);
  await line(1).getByLabel("Quantity").fill("3");
  await line(1).getByLabel("One costs").fill("12.50");
  await dialog.getByRole("button", { name: "One more" }).focus();
  await page.keyboard.press("Enter");
  // The new line has the focus.
  await page.waitForFunction(() => document.activeElement.name === "items.1.name");
  await page.keyboard.type("Setup");
  await line(2).getByLabel("One costs").fill("1.234");
  await dialog.getByRole("button", { name: "Create invoice" }).click();
  await line(2).getByText("an amount in USD").waitFor();
  await line(2).getByLabel("One costs").fill("100");
  await line(2).getByLabel("Quantity").fill("-1");
  await dialog.getByRole("button", { name: "Create invoice" }).click();
  await line(2).locator(".fault").waitFor();
  assert.equal(await line(1).locator(".fault").count(), 0);
  await hold(page, "invoice-new");
  await line(2).getByLabel("Quantity").fill("1");
  await dialog.getByText("As curl").click();
  assert.match(await dialog.locator("pre").innerText(), /"unit_amount_atom":10000/);
  await dialog.getByRole("button", { name: "Create invoice" }).click();
  await page.waitForURL(/#\/invoices\/in_/);
  await page.locator(".state").getByText("draft").waitFor();
  await section(page, "Lines").getByRole("row", { name: `${attack} 3 12.50 USD 37.50 USD` }).waitFor();
  await hold(page, "invoice-draft");
  await act(page, "Finalize");
  await page.locator(".state").getByText(/open|past due/).waitFor();
  const invoice = await acme.call("GET", `/invoices/${page.url().split("/").at(-1)}`);
  assert.deepEqual([invoice.total_amount_atom, invoice.items.length, invoice.items[0].name], [13750, 2, attack]);

  await screen(page, `customers/${id}`, "ada@example.com");
  const credit = section(page, "Credit");
  await credit.getByText("Each change of what you owe the customer").waitFor();
  await hold(page, "customer-without");
  await credit.getByRole("button", { name: "Create the first credit note" }).click();
  await dialog.getByLabel("Amount").fill("20");
  await dialog.getByLabel("Description").fill("For the outage");
  await dialog.getByText("As curl").click();
  assert.match(await dialog.locator("pre").innerText(), new RegExp(`/customers/${id}/credit-notes'[^]*"amount_atom":2000,"currency":"usd"`));
  await dialog.getByRole("button", { name: "Create credit note" }).click();
  await credit.getByText("For the outage").waitFor();
  await credit.getByText("1 credit note").waitFor();
  await hold(page, "customer-credit");
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("a customer's cards are kept, and a portal is opened; a link sells to anybody, until it is turned off", async () => {
  const acme = await ready();
  const { id } = await acme.call("POST", "/customers", { email: "ada@example.com" });
  const { id: first } = await acme.call("POST", `/customers/${id}/payment-methods`, { token: "test_success", make_default: true });
  const page = await signedIn(acme);
  await screen(page, `customers/${id}`, "ada@example.com");
  const cards = section(page, "Payment methods");
  const dialog = page.locator("dialog");
  await cards.getByRole("button", { name: "New payment method" }).click();
  await dialog.getByLabel("Token").fill("4242424242424242");
  await dialog.getByRole("button", { name: "Create payment method" }).click();
  await dialog.locator(".fault").waitFor();
  await dialog.getByLabel("Token").fill("test_decline_soft");
  await dialog.getByRole("button", { name: "Create payment method" }).click();
  await cards.getByText("2 payment methods").waitFor();
  const inUse = async () => (await acme.call("GET", `/customers/${id}`)).default_payment_method_id;
  assert.equal(await inUse(), first);
  await cards.getByRole("button", { name: /^Make it the default/ }).first().click();
  await dialog.getByRole("button", { name: "Make it the default" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.notEqual(await inUse(), first);
  await cards.getByRole("button", { name: /^Remove/ }).last().click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await cards.getByText("1 payment method", { exact: true }).waitFor();
  await hold(page, "customer-cards");
  await act(page, "Open a portal", { "Afterwards, go to": seller });
  const portal = await page.locator("pre.secret").innerText();
  assert.equal((await fetch(portal)).status, 200);
  await page.getByRole("button", { name: "Done" }).click();

  const { id: product_id } = await acme.call("POST", "/products", { name: "Poster" });
  const price = await acme.call("POST", "/prices", { product_id, currency: "usd", unit_amount_atom: 1200 });
  await screen(page, "payment-links", "Payment links");
  await hold(page, "payment-links-none");
  await page.keyboard.press("n");
  await dialog.getByLabel("Name").fill(attack);
  await dialog.getByLabel("Price").fill(price.id);
  await dialog.getByRole("button", { name: "Create payment link" }).click();
  const open = page.getByRole("link", { name: "Open the page" });
  await open.waitFor();
  const address = await open.getAttribute("href");
  const opened = async () => (await fetch(address, { headers: { accept: "application/json" } })).status;
  assert.equal(await opened(), 200);
  await act(page, "Turn off");
  await page.getByText("is active").locator("xpath=../dd").getByText("no").waitFor();
  assert.notEqual(await opened(), 200);
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("a payment that its payer disputes is found on home, with what it is about and until when", async () => {
  const { call, account } = demo();
  const { items: processors } = await call("GET", "/processors?limit=100");
  const stripe = processors.find((one) => one.type === "stripe");
  const customer = await call("POST", "/customers", { email: "bank@example.com", name: attack });
  await call("POST", `/customers/${customer.id}/payment-methods`, { token: "pm_card_createDispute", processor_id: stripe.id });
  const draft = await call("POST", "/invoices", { customer_id: customer.id, currency: "usd", collection_method: "charge_automatically", items: [{ name: "Work", amount: "30.00" }] });
  const { payment_intent_id: payment } = await call("POST", `/invoices/${draft.id}/finalize`, {});
  // Told of by an event, a moment later.
  let dispute;
  while (!(dispute = (await call("GET", `/disputes?payment_intent_id=${payment}`)).items[0]));
  const page = await signedIn({ account });
  await page.getByRole("link", { name: /Disputes that wait for your evidence/ }).click();
  await page.getByRole("heading", { name: "Disputes", level: 1 }).waitFor();
  await hold(page, "disputes");
  await page.getByRole("link", { name: dispute.id }).click();
  await page.getByRole("heading", { name: dispute.id, level: 1 }).waitFor();
  await page.getByText("fraudulent").first().waitFor();
  await page.getByText("30.00 USD").first().waitFor();
  await hold(page, "dispute");
  await page.getByRole("link", { name: payment }).click();
  await section(page, "Disputes").getByRole("link", { name: dispute.id }).waitFor();
  assert.deepEqual(page.faults, []);
});

test("what would come is worked out before anything is changed, and is what comes", async () => {
  const acme = await ready();
  const { call } = acme;
  await call("POST", "/test-clock", { now: "2030-01-15T10:00:00Z" });
  const { id: customer } = await call("POST", "/customers", { email: "ada@example.com" });
  await call("POST", `/customers/${customer}/payment-methods`, { token: "test_success" });
  const product = await call("POST", "/products", { name: attack });
  const price = await call("POST", "/prices", { product_id: product.id, currency: "usd", unit_amount_atom: 1000, billing_interval: "month" });
  const sold = await call("POST", "/subscriptions", { customer_id: customer, items: [{ price_id: price.id }] });
  const page = await signedIn(acme);
  await screen(page, `subscriptions/${sold.id}`, `${sold.id} active`);
  const panel = section(page, "What if");
  await panel.getByText("Nothing is changed by looking").waitFor();
  assert.equal(await panel.getByLabel("Until").inputValue(), "2030-05-18");
  await panel.getByRole("button", { name: "What would come" }).click();
  await panel.getByText("4 invoices, 40.00 USD to pay until").waitFor();
  await panel.getByText("it is active then").waitFor();
  // What was said before is no answer to another question.
  await panel.getByLabel("If").selectOption(sold.items[0].id);
  await panel.getByText("Nothing is changed by looking").waitFor();
  await panel.getByLabel("to quantity").fill("3");
  await panel.getByLabel("when").selectOption("period_end");
  await panel.getByRole("button", { name: "What would come" }).click();
  await panel.getByText("4 invoices, 120.00 USD to pay until").waitFor();
  await panel.getByText("Lines of").first().click();
  await panel.getByRole("cell", { name: attack }).first().waitFor();
  await hold(page, "what-if");
  await panel.getByText("As curl").click();
  assert.match(await panel.locator(".curl pre").innerText(), /simulate'[\s\S]*"changes"/);
  // A date that is over says so.
  await panel.getByLabel("Until").fill("2029-05-18");
  await panel.getByRole("button", { name: "What would come" }).click();
  await panel.getByText("must be in the future").waitFor();
  // Nothing was changed; and of the customer it is the same.
  assert.equal((await call("GET", `/subscriptions/${sold.id}`)).items[0].quantity, 1);
  assert.equal((await call("GET", `/invoices?subscription_id=${sold.id}`)).total, 1);
  await screen(page, `customers/${customer}`, "ada@example.com");
  const theirs = section(page, "What if");
  await theirs.getByLabel("Until").fill("2030-03-20");
  await theirs.getByRole("button", { name: "What would come" }).click();
  await theirs.getByText("2 invoices, 20.00 USD to pay until").waitFor();
  await theirs.getByRole("link", { name: sold.id }).first().waitFor();
  assert.deepEqual(page.faults, []);
});

test("home shows what comes in by the month, and how it moves", async () => {
  const acme = await ready();
  const { call } = acme;
  const page = await signedIn(acme);
  const panel = section(page, "Revenue");
  await panel.getByText("No subscription was paid for yet").waitFor();
  await hold(page, "revenue-none");
  await call("POST", "/test-clock", { now: "2030-01-15T10:00:00Z" });
  const { id: customer } = await call("POST", "/customers", { email: "ada@example.com" });
  await call("POST", `/customers/${customer}/payment-methods`, { token: "test_success" });
  const product = await call("POST", "/products", { name: "Team" });
  const price = await call("POST", "/prices", { product_id: product.id, currency: "usd", unit_amount_atom: 1000, billing_interval: "month" });
  const sold = await call("POST", "/subscriptions", { customer_id: customer, items: [{ price_id: price.id, quantity: 2 }] });
  await call("POST", "/subscriptions", { customer_id: customer, items: [{ price_id: price.id }], trial_period_days: 200 });
  await call("POST", "/test-clock/advance", { to: "2030-02-20T10:00:00Z" });
  const items = [{ action: "update", subscription_item_id: sold.items[0].id, quantity: 5 }];
  await call("POST", `/subscriptions/${sold.id}/items`, { proration_behavior: "none", items });
  await call("POST", "/test-clock/advance", { to: "2030-02-21T10:00:00Z" });
  // Events of a clock that was just moved are settled a minute later.
  await eventually(async () => (await call("GET", "/analytics/revenue")).currencies[0]?.points.at(-1).mrr_amount_atom === 5000, 120_000);
  await page.reload();
  await panel.getByText("50.00 USD a month from 1 subscription, and 1 on trial").waitFor();
  const row = (month) => panel.getByRole("row").filter({ hasText: month });
  assert.deepEqual(await row("2030-02").getByRole("cell").allInnerTexts(),
    ["2030-02", "50.00 USD", "0.00 USD", "30.00 USD", "0.00 USD", "0.00 USD", "0.00 USD", "20.00 USD", "0.00 USD", "1"]);
  await hold(page, "revenue");
  await panel.getByLabel("By").selectOption("day");
  await row("2030-02-20").getByText("30.00 USD").waitFor();
  await hold(page, "revenue-days");
  assert.deepEqual(page.faults, []);
});

test("custom fields are defined, and processors put in the order in which they are tried", async () => {
  const acme = await ready();
  const page = await signedIn(acme);
  await screen(page, "custom-fields", "Custom fields");
  await page.getByText("beyond what everybody does").waitFor();
  await hold(page, "custom-fields-none");
  await page.keyboard.press("n");
  const dialog = page.locator("dialog[open]");
  await dialog.getByLabel("Key", { exact: true }).fill("tier");
  await dialog.getByLabel("Type", { exact: true }).selectOption("select");
  await dialog.getByLabel("People call it").fill(attack);
  // A select field without words says so where they are asked for.
  await dialog.getByRole("button", { name: "Create custom field" }).click();
  await dialog.locator(".fault").first().waitFor();
  await dialog.getByLabel("Words to choose from").fill("gold, silver");
  await dialog.getByRole("button", { name: "Create custom field" }).click();
  await page.getByRole("heading", { name: "tier", level: 1 }).waitFor();
  await screen(page, "custom-fields", "Custom fields");
  await page.getByRole("row").filter({ hasText: "gold, silver" }).waitFor();
  await hold(page, "custom-fields");
  const [field] = (await acme.call("GET", "/custom-field-definitions")).items;
  await screen(page, `custom-fields/${field.id}`, field.key);
  await act(page, "Edit", { "Words to choose from": "gold, silver, bronze" });
  await page.getByText("bronze").first().waitFor();
  assert.deepEqual((await acme.call("GET", `/custom-field-definitions/${field.id}`)).options, ["gold", "silver", "bronze"]);

  const first = (await acme.call("GET", "/processors")).items[0];
  const second = await acme.call("POST", "/processors", { name: "Second", type: "test" });
  await screen(page, "processor-routes", "Processor routes");
  await hold(page, "processor-routes-none");
  await page.keyboard.press("n");
  await dialog.getByLabel("Name", { exact: true }).fill("Europe");
  await dialog.getByLabel("Processors", { exact: true }).fill(`${second.id}, ${first.id}`);
  await dialog.getByRole("button", { name: "Create processor route" }).click();
  await page.getByRole("heading", { name: "Europe", level: 1 }).waitFor();
  const [route] = (await acme.call("GET", "/processor-routes")).items;
  assert.deepEqual(route.processor_ids, [second.id, first.id]);
  await screen(page, `processor-routes/${route.id}`, "Europe");
  await act(page, "Deactivate");
  await page.getByRole("button", { name: "Activate", exact: true }).waitFor();
  await hold(page, "processor-route");
  await act(page, "Delete");
  await page.getByRole("heading", { name: "Processor routes", level: 1 }).waitFor();
  assert.equal((await acme.call("GET", "/processor-routes")).total, 0);
  assert.deepEqual(page.faults, []);
});
