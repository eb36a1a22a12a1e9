// The dashboard: signing in, selling the first thing, keys, and what a stranger wrote.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold, open } from "./browser.mjs";
import { screen, signedIn } from "./dashboard.mjs";
import { origin, ready, session, shop } from "./shop.mjs";

after(close);

test("somebody signs in by a token, which no script can read afterwards, and out again", async () => {
  const acme = shop();
  const page = await open();
  await page.goto(`${origin}/dashboard`);
  await page.getByRole("heading", { name: "Billing" }).waitFor();
  await hold(page, "sign-in");
  await page.getByLabel("Secret token").fill(acme.account.publishable_token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Secret token").fill(acme.account.secret_token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  await page.getByText("Test data: no money moves").waitFor();
  const kept = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.ok(!kept.includes("st_"), kept);
  const [cookie] = await page.context().cookies();
  assert.deepEqual(
    [cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite],
    ["__Host-paymentkit", true, true, "Strict"],
  );
  // It stays when the page is opened again, and ends when somebody signs out.
  await page.reload();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  const { items } = await acme.call("GET", "/tokens");
  const [own] = items.filter((one) => one.name === "Dashboard session");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Secret token").waitFor();
  assert.ok((await acme.call("GET", `/tokens/${own.id}`)).revoked_at);
  assert.deepEqual(page.faults, []);
});

test("a link signs in once", async () => {
  const acme = shop();
  const made = await acme.call("POST", "/tokens", { kind: "secret", name: "Sign-in link" });
  const link = `${origin}/dashboard#/sign-in/${made.token}`;
  const page = await open();
  await page.goto(link);
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  assert.ok(!page.url().includes("st_"), page.url());
  await page.waitForFunction(async (id) => {
    const answer = await fetch(`/api/tokens/${id}`, { headers: { "paymentkit-session": "1" } });
    return (await answer.json()).revoked_at !== null;
  }, made.id);
  assert.deepEqual(page.faults, []);
});

test("the first steps lead from nothing to a page to pay on", async () => {
  const page = await signedIn(shop());
  await page.getByRole("heading", { name: "First steps" }).waitFor();
  await hold(page, "home");
  await screen(page, "products", "Products");
  await page.getByText("What you sell.").waitFor();
  await hold(page, "products-none");
  await page.keyboard.press("n");
  await page.getByLabel("Name").fill("Team plan");
  await hold(page, "product-new");
  await page.getByRole("button", { name: "Create product" }).click();
  await page.getByRole("heading", { name: "Team plan" }).waitFor();
  const product = page.url().split("/").at(-1);
  await screen(page, "prices", "Prices");
  await page.keyboard.press("n");
  await page.getByLabel("Product").fill(product);
  await page.getByLabel("Price of a unit").fill("12.50");
  await page.getByLabel("Every").selectOption("month");
  await page.getByText("As curl").last().click();
  assert.match(await page.locator("dialog pre").innerText(), /"unit_amount_atom":1250/);
  await page.getByRole("button", { name: "Create price" }).click();
  await page.waitForURL(/#\/prices\/price_/);
  const price = page.url().split("/").at(-1);
  await screen(page, "checkout-sessions", "Checkout");
  await page.keyboard.press("n");
  await page.getByLabel("Price").fill(price);
  await page.getByRole("button", { name: "Create checkout session" }).click();
  const link = page.getByRole("link", { name: "Open the page" });
  await link.waitFor();
  await hold(page, "checkout-session");
  const [pay] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
  await pay.getByRole("button", { name: "Subscribe for $12.50" }).waitFor();
  // What is refused says why, in the dialog, and nothing that was typed is lost.
  await screen(page, "prices", "Prices");
  await page.keyboard.press("n");
  await page.getByLabel("Product").fill("prod_stg_0000000000000000");
  await page.getByLabel("Price of a unit").fill("1");
  await page.getByRole("button", { name: "Create price" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Product").inputValue(), "prod_stg_0000000000000000");
  await page.keyboard.press("Escape");
  assert.deepEqual(page.faults, []);
});

test("a key is made, shown once, rolled and revoked", async () => {
  const acme = shop();
  const page = await signedIn(acme);
  await screen(page, "keys", "API keys");
  await hold(page, "keys");
  await page.keyboard.press("n");
  await page.getByLabel("Name").fill("worker");
  await page.getByRole("button", { name: "Create key" }).click();
  const first = await page.locator("pre.secret").innerText();
  assert.match(first, /^st_stg_/);
  await hold(page, "key-made");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "worker" }).click();
  await page.getByRole("button", { name: "Roll" }).click();
  await page.getByLabel("The old one works on for hours").fill("1");
  await page.locator("dialog").getByRole("button", { name: "Roll" }).click();
  const second = await page.locator("pre.secret").innerText();
  assert.notEqual(first, second);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByText("stops working within 30 seconds").waitFor();
  await page.locator("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.waitForFunction(() => document.querySelector("dialog") === null);
  const works = async (token) => (await fetch(`${origin}/api/account`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.deepEqual([await works(first), await works(second)], [401, 200]);
  assert.deepEqual(page.faults, []);
});

test("every screen holds, by the keyboard too, and what a stranger wrote does nothing on it", async () => {
  const attack = `<img src=x onerror=alert(1)><script>alert(2)</script>`;
  const strange = await ready(attack);
  const { id } = await session(strange, { metadata: { note: attack } }, { name: attack, description: attack });
  await strange.call("POST", `/checkout-sessions/${id}/complete`, {
    customer_email: "ada@example.com", payment_method: { token: "test_success" },
  });
  const { items } = await strange.call("GET", "/customers");
  await strange.call("PATCH", `/customers/${items[0].id}`, { name: attack });
  const page = await signedIn(strange);
  const screens = [
    ["", "Home"], ["customers", "Customers"], ["subscriptions", "Subscriptions"], ["invoices", "Invoices"], ["payments", "Payments"],
    ["checkout-sessions", "Checkout"], ["products", "Products"], ["prices", "Prices"], ["coupons", "Coupons"], ["keys", "API keys"],
    ["events", "Events"], ["processors", "Processors"], ["test-clock", "Test clock"], ["settings", "Settings"],
  ];
  for (const [to, heading] of screens) {
    await screen(page, to, heading);
    await hold(page, `screen-${to || "home"}`);
  }
  for (const to of ["customers", "subscriptions", "invoices", "payments", "checkout-sessions", "events"]) {
    await page.keyboard.press("Escape");
    await screen(page, to, screens.find(([id]) => id === to)[1]);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`#/${to}/`));
    await page.locator(".facts").first().waitFor();
    await hold(page, `one-${to}`);
    await page.keyboard.press(".");
    await page.locator("pre.raw").waitFor();
  }
  assert.equal(await page.locator("img").count(), 0);
  // Search takes an id anywhere.
  await page.keyboard.press("/");
  await page.keyboard.type(items[0].id);
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`#/customers/${items[0].id}`));
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.getByRole("heading", { name: "Invoices", level: 1 }).waitFor();
  assert.deepEqual(page.faults, []);
});
