// Usage on the dashboard: what a customer used, its events, and one of them put right.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import { close, hold, reads } from "./browser.mjs";
import { act, eventually, screen, section, signedIn } from "./dashboard.mjs";
import { origin, ready } from "./shop.mjs";

after(close);

const attack = `<img src=x onerror=alert(1)>`;

/** A meter, and somebody whose usage it counts. */
async function metered(rest = {}) {
  const acme = await ready();
  const meter = await acme.call("POST", "/meters", { display_name: "Calls", event_name: "api_call", aggregation_formula: "sum", ...rest });
  const { id: customer } = await acme.call("POST", "/customers", { email: "ada@example.com" });
  const uses = (identifier, value, over = {}) => acme.call("POST", "/meter-events", { event_name: meter.event_name, identifier, payload: { customer_id: customer, value, ...over } });
  const used = async () => (await acme.call("GET", `/customers/${customer}/usage?meter_id=${meter.id}`)).value;
  const event = async (identifier) => (await acme.call("GET", `/meter-events?${new URLSearchParams({ meter_id: meter.id, identifier })}`)).items[0];
  return { acme, meter, customer, uses, used, event };
}

const query = (page) => Object.fromEntries(new URLSearchParams(page.url().split("?")[1]));

test("who has no meter is led to one, and who has no event is told how to send the first", async () => {
  const empty = await signedIn(await ready());
  await screen(empty, "usage", "Usage");
  await empty.getByRole("link", { name: "Make a meter" }).waitFor();
  await hold(empty, "usage-no-meter");

  const { acme, meter, customer, used } = await metered();
  const page = await signedIn(acme);
  // `g z`, as on any list.
  await page.keyboard.press("g");
  await page.keyboard.press("z");
  await page.getByText("Say above whose usage it is").waitFor();
  await reads(page, "usage-none", "main");
  await hold(page, "usage-none");
  await page.getByRole("link", { name: "ada@example.com" }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByText("No event of this customer counts here").waitFor();
  assert.deepEqual(query(page), { meter_id: meter.id, customer_id: customer });
  await hold(page, "usage-first");
  // What stands there does what it says.
  const shown = await page.locator(".empty pre").innerText();
  const said = execFileSync("bash", ["-c", `${shown} -sS --noproxy '*'`], { env: { ...process.env, TOKEN: acme.account.secret_token } });
  assert.deepEqual(JSON.parse(said).results.map((one) => one.status), ["accepted"]);
  assert.equal(await used(), "1");
  await page.reload();
  await page.getByRole("link", { name: `first-event-of-${customer}` }).waitFor();
  assert.deepEqual(page.faults, []);
});

test("what a customer used is looked up by meter, customer and days, under an address that can be shared", async () => {
  const { acme, meter, customer, uses } = await metered({ display_name: attack });
  const other = await acme.call("POST", "/meters", { display_name: "Gigabytes", event_name: "gigabytes", aggregation_formula: "max" });
  for (let number = 1; number <= 22; number += 1) await uses(number === 22 ? attack : `req-${number}`, number);
  const page = await signedIn(acme);
  await screen(page, "usage", "Usage");
  await page.getByLabel("Meter").selectOption(meter.id);
  await page.waitForURL(/meter_id=mtr_/);
  await page.getByLabel("Customer").fill("nobody@example.com");
  await page.getByLabel("Customer").press("Enter");
  await page.getByRole("alert").getByText("No customer has the address nobody@example.com.").waitFor();
  await page.getByLabel("Customer").fill("ada@example.com");
  await page.getByLabel("Customer").press("Enter");
  const sum = section(page, "Used");
  await sum.getByText("253", { exact: true }).waitFor();
  await sum.getByText("sum of 22 events").waitFor();
  const rows = section(page, "Events");
  await rows.getByRole("link", { name: attack }).waitFor();
  await rows.getByText("22 events").waitFor();
  await hold(page, "usage");
  await rows.getByRole("button", { name: "Older" }).click();
  await rows.getByRole("link", { name: "req-1", exact: true }).waitFor();
  assert.deepEqual(query(page), { meter_id: meter.id, customer_id: customer, page: "2" });
  // Somebody else opens the same address, and sees the same.
  const shared = page.url();
  await page.goto("about:blank");
  await page.goto(shared);
  await rows.getByRole("link", { name: "req-2", exact: true }).waitFor();
  assert.equal(await page.getByLabel("Customer").inputValue(), customer);

  await page.getByLabel("Up to").fill("2026-01-02");
  await page.getByText("No event of this customer counts here").waitFor();
  assert.deepEqual(query(page), { meter_id: meter.id, customer_id: customer, to: "2026-01-02" });
  await sum.getByText("As curl").click();
  assert.match(await sum.locator("details pre").innerText(), new RegExp(`/customers/${customer}/usage\\?meter_id=${meter.id}&to=2026-01-02T00:00:00Z`));
  await rows.locator("details.curl summary").last().click();
  assert.match(await rows.locator("details.curl pre").last().innerText(), /\/meter-events\?meter_id=\S+&customer_id=\S+&to=2026-01-02T00%3A00%3A00Z&limit=20/);
  // Days the wrong way round are refused in words.
  await page.getByLabel("From").fill("2026-02-01");
  await page.getByRole("alert").waitFor();
  await hold(page, "usage-refused");
  // From the customer's own screen the same events are one press away.
  await screen(page, `customers/${customer}`, "ada@example.com");
  await section(page, "Usage").getByRole("link", { name: "22" }).click();
  await rows.getByText("22 events").waitFor();
  await screen(page, `meters/${other.id}`, "Gigabytes");
  await page.getByRole("link", { name: "What was used, customer by customer" }).click();
  await page.waitForURL(new RegExp(`#/usage\\?meter_id=${other.id}$`));
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("an event is found, read as it is, amended and voided", async () => {
  const { acme, meter, customer, uses, used, event } = await metered();
  // No path could carry it everywhere.
  const name = "a/b c?.";
  await uses(name, "12.5");
  const page = await signedIn(acme);
  await screen(page, "usage", "Usage");
  await page.getByLabel("Or one event").fill(name);
  await page.getByLabel("Or one event").press("Enter");
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  assert.deepEqual(query(page), { meter_id: meter.id, identifier: name });
  await page.keyboard.press(".");
  assert.deepEqual(JSON.parse(await page.locator("pre.raw").innerText()), await event(name));
  await page.keyboard.press(".");
  await page.getByRole("link", { name: customer }).waitFor();
  await hold(page, "usage-event");
  await reads(page, "usage-event", "main");

  await page.getByRole("button", { name: "Amend" }).click();
  const dialog = page.locator("dialog[open]");
  assert.equal(await dialog.getByLabel("It was").inputValue(), "12.5");
  await dialog.getByLabel("It was").fill("many");
  await dialog.getByRole("button", { name: "Amend" }).click();
  await dialog.locator(".fault").waitFor();
  assert.equal(await used(), "12.5");
  await dialog.getByLabel("It was").fill("10");
  await dialog.getByLabel("Why").fill("Counted twice");
  await dialog.getByText("As curl").click();
  assert.match(await dialog.locator("pre").innerText(), /\/meter-events\/amend'[^]*"identifier":"a\/b c\?\."[^]*"value":"10"[^]*"reason":"Counted twice"/);
  await hold(page, "usage-amend");
  await dialog.getByRole("button", { name: "Amend" }).click();
  await section(page, "What it was before").getByRole("cell", { name: "12.5" }).waitFor();
  await page.getByText("No final invoice bills its time").waitFor();
  assert.equal(await used(), "10");
  await hold(page, "usage-amended");

  await act(page, "Void", { Why: "A test run" });
  await page.locator(".state").getByText("voided").waitFor();
  assert.deepEqual([await used(), (await event(name)).void_reason], ["0", "A test run"]);
  assert.equal(await page.getByRole("button", { name: "Amend" }).count(), 0);
  // Whoever opens it again can still ask what was billed of it.
  await page.reload();
  await act(page, "What was billed of it");
  await page.getByText("No final invoice bills its time").waitFor();
  await page.goto(`${origin}/dashboard#/usage?meter_id=${meter.id}&identifier=nothing`);
  await page.getByText("has counted no event that is called so").waitFor();
  await hold(page, "usage-event-unknown");
  assert.deepEqual(page.faults, []);
});

test("usage is recorded on its screen, and what a final invoice billed too much is given back when somebody says so", async () => {
  const { acme, meter, customer, uses, used } = await metered();
  const { id: product_id } = await acme.call("POST", "/products", { name: "Calls" });
  const price = await acme.call("POST", "/prices", { product_id, currency: "usd", unit_amount_atom: 25, billing_interval: "month", usage_type: "metered", meter_id: meter.id });
  await acme.call("POST", `/customers/${customer}/payment-methods`, { token: "test_success" });
  const { id: subscription } = await acme.call("POST", "/subscriptions", { customer_id: customer, items: [{ price_id: price.id }] });
  const page = await signedIn(acme);
  await screen(page, `usage?meter_id=${meter.id}&customer_id=${customer}`, "Usage");
  await page.keyboard.press("n");
  const dialog = page.locator("dialog[open]");
  assert.equal(await dialog.getByLabel("Customer", { exact: true }).inputValue(), customer);
  await dialog.getByLabel("Value").fill("40");
  await dialog.getByLabel("Identifier").fill("req-1");
  await dialog.getByRole("button", { name: "Record usage" }).click();
  await page.getByRole("status").getByText("It is counted.").waitFor();
  await section(page, "Used").getByText("40", { exact: true }).waitFor();
  await section(page, "Events").getByRole("link", { name: "req-1" }).waitFor();
  await uses("req-2", 1);

  const { now } = await acme.call("GET", "/test-clock");
  await acme.call("POST", "/test-clock", { now });
  const to = new Date(Date.parse(now) + 32 * 86_400_000).toISOString();
  await acme.call("POST", "/test-clock/advance", { to });
  const invoice = await eventually(async () => {
    const { items } = await acme.call("GET", `/invoices?subscription_id=${subscription}`);
    return items.find((one) => one.total_amount_atom === 1025 && one.state === "paid");
  });
  await page.goto(`${origin}/dashboard#/usage?meter_id=${meter.id}&identifier=req-1`);
  await act(page, "Void");
  const billed = section(page, "What was billed of it");
  await billed.getByRole("link", { name: invoice.id }).first().waitFor();
  await billed.getByRole("cell", { name: "10.00 USD", exact: true }).waitFor();
  await hold(page, "usage-billed");
  assert.deepEqual((await acme.call("GET", `/customers/${customer}/credit-notes`)).items, []);
  await billed.getByRole("button", { name: /^Give it back/ }).click();
  await page.locator("dialog[open]").getByRole("button", { name: "Give it back" }).click();
  await eventually(async () => (await billed.getByRole("button", { name: /^Give it back/ }).count()) === 0);
  const { items } = await acme.call("GET", `/customers/${customer}/credit-notes`);
  assert.deepEqual(items.map((one) => [one.amount_atom, one.invoice_id]), [[1000, invoice.id]]);
  assert.deepEqual(page.faults, []);
});

test("a meter of different values, and one that only counts, ask for what they take", async () => {
  const { acme, meter, customer, uses } = await metered({ aggregation_formula: "unique" });
  await uses("one", "ada");
  const page = await signedIn(acme);
  await screen(page, `usage?meter_id=${meter.id}&customer_id=${customer}`, "Usage");
  await section(page, "Events").getByRole("cell", { name: "ada" }).waitFor();
  await section(page, "Events").getByRole("link", { name: "one" }).click();
  await act(page, "Amend", { "It was": "grace" });
  await section(page, "What it was before").getByRole("cell", { name: "ada" }).waitFor();

  const counted = await metered({ aggregation_formula: "count" });
  await counted.uses("one", undefined);
  const second = await signedIn(counted.acme, {});
  await screen(second, `usage?meter_id=${counted.meter.id}&identifier=one`, "one");
  await second.getByRole("button", { name: "Amend" }).click();
  assert.equal(await second.locator("dialog[open]").getByLabel("It was").count(), 0);
  assert.deepEqual([page.faults, second.faults], [[], []]);
});
