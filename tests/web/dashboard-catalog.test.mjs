// What is behind a sale, on the dashboard: usage, changes of a subscription, promotion codes, processors.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold } from "./browser.mjs";
import { act, screen, section, signedIn } from "./dashboard.mjs";
import { ready, shop } from "./shop.mjs";

after(close);

const attack = `<img src=x onerror=alert(1)><script>alert(2)</script>`;

test("what a customer uses is counted, and shown on the customer's screen", async () => {
  const acme = await ready();
  const { id } = await acme.call("POST", "/customers", { email: "ada@example.com" });
  const page = await signedIn(acme);
  await screen(page, `customers/${id}`, "ada@example.com");
  await section(page, "Usage").getByRole("link", { name: "Make a meter" }).click();
  await page.getByText("What is counted of your customers' usage.").waitFor();
  await hold(page, "meters-none");
  await page.getByRole("button", { name: "Create the first meter" }).click();
  await page.getByLabel("Name").fill(attack);
  await page.getByLabel("Event", { exact: true }).fill("api call");
  await page.getByRole("button", { name: "Create meter" }).click();
  await page.locator("dialog .fault").waitFor();
  await page.getByLabel("Event", { exact: true }).fill("api_call");
  await page.getByRole("button", { name: "Create meter" }).click();
  await page.waitForURL(/#\/meters\/mtr_/);
  await page.getByRole("button", { name: "Record usage" }).waitFor();
  const meter = page.url().split("/").at(-1);
  for (const said of ["It is counted.", "It had been counted before."]) {
    await act(page, "Record usage", { Customer: id, Value: "1250.5", Identifier: "req-1" });
    await page.getByRole("status").getByText(said).waitFor();
  }
  await hold(page, "meter");
  await screen(page, `customers/${id}`, "ada@example.com");
  const usage = section(page, "Usage");
  await usage.getByRole("cell", { name: "1250.5" }).waitFor();
  await usage.getByLabel("Up to").fill("2026-01-02");
  await usage.getByRole("cell", { name: "0", exact: true }).first().waitFor();
  await usage.getByText("As curl").click();
  assert.match(await usage.locator("details pre").innerText(), new RegExp(`/customers/${id}/usage\\?meter_id=${meter}&to=2026-01-02T00:00:00Z`));
  await hold(page, "customer-usage");
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("a subscription is changed: said, worked out, and made", async () => {
  const acme = await ready();
  const { id: product_id } = await acme.call("POST", "/products", { name: attack });
  const price = await acme.call("POST", "/prices", { product_id, currency: "usd", unit_amount_atom: 1200, billing_interval: "month" });
  const { id: customer_id } = await acme.call("POST", "/customers", { email: "ada@example.com" });
  await acme.call("POST", `/customers/${customer_id}/payment-methods`, { token: "test_success" });
  const page = await signedIn(acme);
  await screen(page, "change-requests", "Change requests");
  await hold(page, "change-requests-none");
  await screen(page, `customers/${customer_id}`, "ada@example.com");
  const dialog = page.locator("dialog");
  await page.getByRole("button", { name: "Create the first subscription" }).click();
  await dialog.getByLabel("Price").fill(price.id);
  await dialog.getByRole("button", { name: "Create subscription" }).click();
  await page.waitForURL(/#\/subscriptions\/sub_/);
  await page.locator(".state").getByText("active").waitFor();
  await section(page, "Changes").getByRole("button", { name: "Create the first change request" }).click();
  await dialog.getByRole("button", { name: "Create change request" }).click();
  await page.locator(".state").getByText("draft").waitFor();
  await page.getByRole("button", { name: "Say what changes" }).click();
  await dialog.getByLabel("Do").selectOption("add");
  await dialog.getByLabel("Price").fill("price_stg_0000000000000000");
  await dialog.getByLabel("Quantity").fill("2");
  await dialog.getByRole("button", { name: "Say what changes" }).click();
  await dialog.locator(".fault").waitFor();
  await hold(page, "change-refused");
  const other = await acme.call("POST", "/prices", { product_id, currency: "usd", unit_amount_atom: 500, billing_interval: "month" });
  await dialog.getByLabel("Price").fill(other.id);
  await dialog.getByRole("button", { name: "Say what changes" }).click();
  await page.getByRole("button", { name: "Work it out" }).click();
  const preview = section(page, "What it comes to");
  await preview.getByText("22.00 USD").waitFor();
  await preview.getByText(attack).waitFor();
  await hold(page, "change-preview");
  await act(page, "Apply");
  await page.locator(".state").getByText("applied").waitFor();
  const { items: [subscription] } = await acme.call("GET", "/subscriptions");
  assert.deepEqual(subscription.items.map((one) => one.quantity), [1, 2]);
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("a coupon gets promotion codes on its own screen", async () => {
  const acme = shop();
  const { id } = await acme.call("POST", "/coupons", { name: attack, discount_type: "percentage", percent_off: 20 });
  const page = await signedIn(acme);
  await screen(page, "promotion-codes", "Promotion codes");
  await hold(page, "promotion-codes-none");
  await screen(page, `coupons/${id}`, attack);
  await section(page, "Promotion codes").getByRole("button", { name: "Create the first promotion code" }).click();
  // Whose it is need not be said.
  assert.equal(await page.getByLabel("Coupon").count(), 0);
  await page.getByLabel("Code", { exact: true }).fill("NO GOOD");
  await page.getByRole("button", { name: "Create promotion code" }).click();
  await page.locator("dialog .fault").waitFor();
  await page.getByLabel("Code", { exact: true }).fill("LAUNCH-20");
  await page.getByLabel("At most so often").fill("100");
  await page.getByRole("button", { name: "Create promotion code" }).click();
  await page.getByRole("heading", { name: "LAUNCH-20", level: 1 }).waitFor();
  await hold(page, "promotion-code");
  const [code] = (await acme.call("GET", "/promotion-codes?code=launch-20")).items;
  assert.deepEqual([code.coupon_id, code.max_redemptions], [id, 100]);
  await act(page, "Deactivate");
  await page.getByRole("button", { name: "Activate", exact: true }).waitFor();
  await screen(page, `coupons/${id}`, attack);
  await section(page, "Promotion codes").getByRole("link", { name: "LAUNCH-20" }).waitFor();
  await hold(page, "coupon");
  assert.deepEqual(page.faults, []);
});

test("a processor takes Stripe's keys, and never shows them again", async () => {
  const acme = shop();
  const page = await signedIn(acme);
  await screen(page, "processors", "Processors");
  await page.keyboard.press("n");
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(attack);
  await dialog.getByLabel("Type").selectOption("stripe");
  const key = dialog.getByLabel("Secret or restricted key");
  assert.equal(await key.getAttribute("type"), "password");
  // Test data is for test keys.
  await key.fill(["rk", "live", "nobodysKey0001"].join("_"));
  await dialog.getByRole("button", { name: "Create processor" }).click();
  await dialog.locator(".fault").waitFor();
  assert.ok(await key.evaluate((one) => one === document.activeElement));
  await hold(page, "processor-refused");
  const secrets = [["rk", "test", "nobodysKey0001"].join("_"), ["rk", "test", "nobodysKey0002"].join("_"), "whsec_one"];
  await key.fill(secrets[0]);
  await dialog.getByLabel("Signing secrets").fill(`${secrets[2]} whsec_two`);
  await dialog.getByText("As curl").click();
  assert.match(await dialog.locator("pre").innerText(), /"secret_key":"…","webhook_secrets":\["…","…"\]/);
  await dialog.getByRole("button", { name: "Create processor" }).click();
  await page.waitForURL(/#\/processors\/proc_/);
  await page.getByText("0001", { exact: true }).waitFor();
  await hold(page, "processor");
  await act(page, "Change the keys", { "Secret or restricted key": secrets[1] });
  await page.getByText("0002", { exact: true }).waitFor();
  await page.keyboard.press(".");
  const shown = await page.locator("pre.raw").innerText();
  assert.ok(!secrets.some((one) => shown.includes(one)), shown);
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});
