// What explains and what settles, on the dashboard: amounts as sums, what a quantity costs, taxes, settings.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { close, hold } from "./browser.mjs";
import { act, screen, section, signedIn } from "./dashboard.mjs";
import { ready } from "./shop.mjs";

after(close);

const attack = `<img src=x onerror=alert(1)><script>alert(2)</script>`;

test("every amount of an invoice opens the sum that it is made of", async () => {
  const { call, account } = await ready();
  const { id: customer_id } = await call("POST", "/customers", { email: "ada@example.com" });
  const { id: product_id } = await call("POST", "/products", { name: attack });
  const price = await call("POST", "/prices", { product_id, currency: "usd", unit_amount_decimal: "33.3" });
  const invoice = await call("POST", "/invoices", { customer_id, currency: "usd", items: [{ price_id: price.id, quantity: 3 }, { name: "Work", amount: "30.00" }] });
  const page = await signedIn({ account });
  await screen(page, `invoices/${invoice.id}`, `${invoice.id} draft`);
  await page.getByRole("button", { name: "Explain every amount" }).click();
  const sums = section(page, "How it adds up");
  await sums.getByText("The invoice: 31.00 USD").click();
  await sums.getByText("total", { exact: true }).waitFor();
  await sums.getByText(`${attack}: 1.00 USD`).click();
  await sums.getByText(/3 × /).first().waitFor();
  await hold(page, "invoice-explained");
  // And what happened to it.
  await section(page, "History").getByRole("cell", { name: "invoice.created" }).waitFor();
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("a price says what a quantity costs, as invoices then do", async () => {
  const { call, account } = await ready();
  const { id: customer_id } = await call("POST", "/customers", { email: "ada@example.com" });
  const { id: product_id } = await call("POST", "/products", { name: "Calls" });
  const tiers = [{ up_to: 10, unit_amount_decimal: "10.5", flat_amount_atom: 100 }, { up_to: null, unit_amount_decimal: "0.25" }];
  const prices = [
    [{ unit_amount_decimal: "2.5", quantity_divisor: 100 }, [[0, 100, 101, 300]]],
    [{ tiers_mode: "graduated", tiers }, [[0, 1, 10, 11, 13]]],
    [{ tiers_mode: "volume", tiers }, [[0, 1, 10, 11, 13]]],
  ];
  const page = await signedIn({ account });
  for (const [rest, [quantities]] of prices) {
    const price = await call("POST", "/prices", { product_id, currency: "usd", ...rest });
    await screen(page, `prices/${price.id}`, price.id);
    const panel = section(page, "What a quantity costs");
    for (const quantity of quantities) {
      const { total_amount_atom: atoms } = await call("POST", "/invoices", { customer_id, currency: "usd", items: [{ price_id: price.id, quantity }] });
      await panel.getByLabel("A quantity of").fill(String(quantity));
      await panel.getByText(`costs ${(atoms / 100).toFixed(2)} USD`).waitFor();
    }
    await hold(page, `price-${rest.tiers_mode ?? "packages"}`);
  }
  await section(page, "What a quantity costs").getByRole("cell", { name: "0.0025 USD" }).waitFor();
  assert.deepEqual(page.faults, []);
});

test("a tax rate is made and put on everything, and the next invoice has it", async () => {
  const { call, account } = await ready();
  const page = await signedIn({ account });
  await screen(page, "tax-rates", "Tax rates");
  await page.getByText("What part of an amount is tax").waitFor();
  await hold(page, "tax-rates-none");
  await page.keyboard.press("n");
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Name").fill(attack.slice(0, 50));
  await dialog.getByLabel("Percent").fill("one");
  await dialog.getByRole("button", { name: "Create tax rate" }).click();
  await dialog.locator(".fault").waitFor();
  await dialog.getByLabel("Percent").fill("8.1");
  await dialog.getByRole("button", { name: "Create tax rate" }).click();
  await page.waitForURL(/#\/tax-rates\/txr_/);
  await act(page, "Put it on everything");
  await page.waitForFunction(() => document.querySelector("dialog") === null);
  const { id: customer_id } = await call("POST", "/customers", { email: "ada@example.com" });
  const invoice = await call("POST", "/invoices", { customer_id, currency: "usd", items: [{ name: "Work", amount: "100.00" }] });
  assert.equal(invoice.tax_amount_atom, 810);
  await hold(page, "tax-rate");
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("settings show an invoice while its look is typed, and let customers change their plan", async () => {
  const { call, account } = await ready();
  const page = await signedIn({ account });
  await screen(page, "settings", "Settings");
  await hold(page, "settings");
  await page.getByRole("button", { name: "Change the look" }).click();
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Name that customers know").fill(attack);
  await dialog.getByLabel("Main colour").fill("#12602f");
  const sample = dialog.getByLabel("An invoice in this look");
  await sample.getByText(attack).waitFor();
  assert.equal(await sample.evaluate((one) => getComputedStyle(one).borderTopColor), "rgb(18, 96, 47)");
  await hold(page, "settings-look");
  await dialog.getByRole("button", { name: "Change the look" }).click();
  await section(page, "How invoices and checkout pages look").getByText("#12602f").waitFor();
  await page.getByRole("button", { name: "Change the portal" }).click();
  await dialog.getByLabel(/^Pause a subscription/).check();
  await dialog.getByLabel("Change to one of these prices").fill("price_stg_0000000000000000");
  await dialog.getByRole("button", { name: "Change the portal" }).click();
  await dialog.locator(".fault").waitFor();
  await dialog.getByLabel("Change to one of these prices").fill("");
  await dialog.getByRole("button", { name: "Change the portal" }).click();
  await page.waitForFunction(() => document.querySelector("dialog") === null);
  assert.deepEqual((await call("GET", "/account")).portal, { pause: true, change_quantity: false, plan_price_ids: [] });
  await page.getByRole("button", { name: "Change what happens then" }).click();
  await dialog.getByLabel("Days in which it is tried again").fill("9");
  await dialog.getByRole("button", { name: "Change what happens then" }).click();
  await section(page, "When a payment fails").getByText("day 8: tried again").waitFor();
  await page.waitForFunction(() => !document.body.innerText.includes("day 12"));
  await page.getByRole("button", { name: "Change the address" }).click();
  await dialog.getByLabel("City").fill("Berlin");
  await dialog.getByLabel("Country").fill("DE");
  await dialog.getByRole("button", { name: "Change the address" }).click();
  await section(page, "Where it is").getByText("Berlin").waitFor();
  assert.equal(await page.locator("img").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("a list shows the columns that somebody chose in this browser, and the custom fields that lists are to show", async () => {
  const { call, account } = await ready();
  const field = (key, display_name, rest = {}) => call("POST", "/custom-field-definitions", { entity_type: "customer", key, display_name, data_type: "text", ...rest });
  await field("tier", "<b>Tier</b>", { show_in_list: true });
  const { id: note } = await field("note", "Note");
  await field("color", "Of products", { entity_type: "product", show_in_list: true });
  await call("POST", "/customers", { email: "ada@example.com", name: "Ada", custom_fields: { tier: "<b>gold</b>", note: "calls back" } });
  const page = await signedIn({ account });
  const heads = () => page.getByRole("columnheader").allInnerTexts();
  await screen(page, "customers", "Customers");
  await page.getByRole("cell", { name: "<b>gold</b>" }).waitFor();
  assert.deepEqual(await heads(), ["E-mail", "Name", "Your id", "Created", "<b>Tier</b>"]);
  // By the keyboard: what it opens are boxes to tick.
  await page.getByText("Columns", { exact: true }).press("Enter");
  assert.equal(await page.getByRole("checkbox", { name: "E-mail" }).count(), 0, "what leads to the customer stays");
  await page.getByRole("checkbox", { name: "Your id" }).press("Space");
  await page.getByRole("checkbox", { name: "Note" }).press("Space");
  await page.getByRole("cell", { name: "calls back" }).waitFor();
  assert.deepEqual(await heads(), ["E-mail", "Name", "Created", "Note", "<b>Tier</b>"]);
  await hold(page, "columns");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
  assert.equal(readFileSync(await file.path(), "utf8").split("\r\n")[0], "E-mail,Name,Created,Note,<b>Tier</b>");
  await page.reload();
  await page.getByRole("cell", { name: "calls back" }).waitFor();
  assert.deepEqual(await heads(), ["E-mail", "Name", "Created", "Note", "<b>Tier</b>"]);
  await screen(page, "products", "Products");
  assert.equal(await page.getByText("Columns", { exact: true }).count(), 0, "where there is nothing, there is nothing to choose");
  // What is kept by somebody else's hand is no reason to show nothing.
  await page.evaluate(() => localStorage.setItem("paymentkit-columns", "{"));
  await screen(page, "customers", "Customers");
  await page.reload();
  await page.getByRole("cell", { name: "<b>gold</b>" }).waitFor();
  assert.deepEqual(await heads(), ["E-mail", "Name", "Your id", "Created", "<b>Tier</b>"]);
  // The definition says what everybody sees first.
  await screen(page, `custom-fields/${note}`, "note");
  await page.getByRole("button", { name: "Edit" }).click();
  await page.locator("dialog").getByLabel("Lists show it").check();
  await page.locator("dialog").getByRole("button", { name: "Edit" }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await screen(page, "customers", "Customers");
  await page.getByRole("columnheader", { name: "Note" }).waitFor();
  assert.equal(await page.locator("td b, th b").count(), 0);
  assert.deepEqual(page.faults, []);
});

test("a list is leafed through, kept as a file, and shared; what is cancelled is kept on", async () => {
  const { call, account } = await ready();
  const names = [...Array(45).keys()].map((one) => `=cmd(${one})`);
  for (const name of names) await call("POST", "/products", { name });
  const page = await signedIn({ account });
  await screen(page, "products", "Products");
  await page.getByLabel("Page").fill("3");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/products\?page=3$/);
  await page.getByRole("link", { name: "=cmd(0)", exact: true }).waitFor();
  assert.equal(await page.locator("a[data-row]").count(), 5);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
  const rows = readFileSync(await file.path(), "utf8").trim().split("\r\n");
  assert.deepEqual([rows.length, file.suggestedFilename()], [46, "products.csv"]);
  assert.ok(rows[1].startsWith("'=cmd(44),"), rows[1]);
  await page.keyboard.press("Control+k");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Search");

  const { id: customer_id } = await call("POST", "/customers", { email: "ada@example.com" });
  await call("POST", `/customers/${customer_id}/payment-methods`, { token: "test_success" });
  const { items: [{ id: product_id }] } = await call("GET", "/products?limit=1");
  const price = await call("POST", "/prices", { product_id, currency: "usd", unit_amount_atom: 1200, billing_interval: "month" });
  // Its end is not announced meanwhile, which would change it between two clicks.
  const { id } = await call("POST", "/subscriptions", { customer_id, items: [{ price_id: price.id }], trial_period_days: 5 });
  await screen(page, "", "Home");
  // What is said below the search box is gone once something else is pressed, and moves nothing.
  await page.keyboard.press("Control+k");
  await page.getByRole("link", { name: "Trials that end within a week: 1" }).click();
  await page.getByRole("link", { name: id }).click();
  await act(page, "Cancel at the end");
  await page.getByRole("button", { name: "Do not cancel" }).waitFor();
  await act(page, "Do not cancel");
  await page.getByRole("button", { name: "Cancel at the end" }).waitFor();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.locator("dialog").getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("button", { name: "Do not pause" }).waitFor();
  await act(page, "Do not pause");
  await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
  await section(page, "History").getByRole("cell", { name: "customer.subscription.updated" }).first().waitFor();
  await hold(page, "subscription");
  // Whose clock is stopped sees it on every screen.
  await call("POST", "/test-clock", { now: "2031-01-15T10:00:00Z" });
  await screen(page, "customers", "Customers");
  await page.getByText("the clock stands at Jan 15, 2031").waitFor();
  assert.deepEqual(page.faults, []);
});
