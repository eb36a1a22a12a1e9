// The dashboard: signing in and out, also while answers are late or lost.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold, open } from "./browser.mjs";
import { screen, signedIn } from "./dashboard.mjs";
import { origin, shop } from "./shop.mjs";

after(close);

test("somebody signs in by a token, which no script can read afterwards, and out again", async () => {
  const acme = shop();
  const page = await open();
  await page.goto(`${origin}/dashboard`);
  await page.getByRole("heading", { name: "Billing" }).waitFor();
  // There are no passkeys at a number, and the page says where they are.
  const named = await page.getByRole("link", { name: "localhost" }).evaluate((one) => one.href);
  assert.equal(named, `${origin.replace("127.0.0.1", "localhost")}/dashboard`);
  assert.equal(await page.getByRole("button", { name: "Sign in with a passkey" }).count(), 0);
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
  assert.deepEqual(await page.context().cookies(), []);
  assert.deepEqual(page.faults, []);
});

const isSession = (url) => /\/api\/tokens\/tok_\w+$/.test(url.pathname);
const sessions = async ({ call }) => (await call("GET", "/tokens")).items.filter((one) => one.name === "Dashboard session");

/** A promise, and what settles it. */
function gate() {
  const opened = {};
  opened.passed = new Promise((pass) => (opened.open = pass));
  return opened;
}

test("whoever signs out is asked to sign in again once the session has ended, and not before", async () => {
  const [acme, other] = [shop(), shop()];
  const page = await signedIn(acme);
  const [reached, ended, late] = [gate(), gate(), gate()];
  await page.route(isSession, async (route) => {
    const answer = await route.fetch();
    reached.open();
    await ended.passed;
    await route.fulfill({ response: answer });
  });
  // What was asked before is answered at last, to a session that has ended: once while it ends, once later.
  await page.route(/\/api\/products/, (route) => reached.passed.then(() => route.continue({ headers: {} })));
  await page.route(/\/api\/coupons/, (route) => late.passed.then(() => route.continue({ headers: {} })));
  await page.goto(`${origin}/dashboard#/coupons`);
  await page.getByRole("heading", { name: "Coupons", level: 1 }).waitFor();
  await page.goto(`${origin}/dashboard#/products`);
  await page.getByRole("heading", { name: "Products", level: 1 }).waitFor();
  const refused = page.waitForResponse((answer) => /\/api\/products/.test(answer.url()) && answer.status() === 401);
  await page.getByRole("button", { name: "Sign out" }).click();
  await refused;
  await page.getByText("Sign out").waitFor();
  assert.equal(await page.getByLabel("Secret token").count(), 0, "the end of the session is not known yet");
  await page.unroute(/\/api\/products/);
  ended.open();
  await page.getByLabel("Secret token").fill(other.account.secret_token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  const outlived = page.waitForResponse((answer) => /\/api\/coupons/.test(answer.url()) && answer.status() === 401);
  late.open();
  await outlived;
  await page.goto(`${origin}/dashboard#/customers`);
  await page.getByRole("heading", { name: "Customers", level: 1 }).waitFor();
  assert.equal(await page.getByLabel("Secret token").count(), 0, "what is late is about the session before");
  assert.ok((await sessions(acme)).every((one) => one.revoked_at));
  assert.ok((await sessions(other)).every((one) => !one.revoked_at));
  assert.deepEqual(page.faults, []);
});

test("whoever signs out is out though the answer is lost, and is told where it did not happen", async () => {
  const acme = shop();
  const page = await signedIn(acme);
  let times = 0;
  await page.route(isSession, async (route) => {
    if (++times === 1) return route.fulfill({ status: 503, json: { detail: "Busy" } });
    if (times > 2) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Secret token").waitFor();
  assert.equal(times, 3);
  assert.ok((await sessions(acme)).every((one) => one.revoked_at));
  assert.deepEqual(await page.context().cookies(), []);
  await page.unroute(isSession);
  // Not every answer is an end.
  await page.getByLabel("Secret token").fill(acme.account.secret_token);
  await page.getByRole("button", { name: "Sign in" }).click();
  for (const [status, said] of [[500, "It broke"], [404, "does not know any more which session"]]) {
    await page.route(isSession, (route) => route.fulfill({ status, json: { detail: "It broke" } }));
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("alert").getByText(said).waitFor();
    await page.unroute(isSession);
  }
  assert.equal((await sessions(acme)).filter((one) => !one.revoked_at).length, 1);
  await page.reload();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Secret token").waitFor();
  assert.ok((await sessions(acme)).every((one) => one.revoked_at));
  assert.deepEqual(page.faults, []);
});

test("whoever has two accounts changes between them without signing out, and sees which one it is", async () => {
  const [acme, live] = [shop(), shop("prod")];
  const { id } = await acme.call("POST", "/customers", { email: "ada@example.com" });
  const page = await signedIn(acme);
  await screen(page, `customers/${id}`, "ada@example.com");
  const change = page.getByRole("button", { name: "Change account" });
  await change.click();
  await page.getByRole("heading", { name: "Another account", level: 1 }).waitFor();
  assert.equal(await page.getByLabel("Secret token").evaluate((one) => one === document.activeElement), true);
  await hold(page, "change-account");
  // A token that is none changes nothing, and whoever stays is where they were.
  await page.getByLabel("Secret token").fill("st_prod_nothing");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await page.getByRole("button", { name: "Stay" }).click();
  await page.getByRole("heading", { name: "ada@example.com", level: 1 }).waitFor();
  await page.getByText("Test data: no money moves").waitFor();
  // Two pages of one browser: the other one learns of it.
  const other = await page.context().newPage();
  await other.goto(`${origin}/dashboard`);
  await other.getByText("Test data: no money moves").waitFor();
  await change.click();
  await page.getByLabel("Secret token").fill(live.account.secret_token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  for (const one of [page, other]) {
    await one.getByText("Production: real money").waitFor();
    assert.equal(await one.getByText("Test data: no money moves").count(), 0);
  }
  await hold(page, "home-production");
  assert.equal(await page.getByText("ada@example.com").count(), 0);
  assert.equal((await sessions(live)).length, 1);
  // And back.
  await change.click();
  await page.getByLabel("Secret token").fill(acme.account.secret_token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("Test data: no money moves").waitFor();
  assert.deepEqual(page.faults, []);
});

test("an account that is read after its session has ended is not shown", async () => {
  const page = await signedIn(shop());
  await screen(page, "settings", "Settings");
  const late = gate();
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.route(/\/api\/account$/, (route) => (route.request().method() === "GET" ? late.passed.then(() => route.continue()) : route.continue()));
  const dialog = page.locator("dialog[open]");
  await dialog.getByLabel("Name", { exact: true }).fill("Another");
  const asked = page.waitForRequest((request) => /\/api\/account$/.test(request.url()) && request.method() === "GET");
  await dialog.getByRole("button", { name: "Change", exact: true }).click();
  await asked;
  const read = page.waitForResponse((answer) => /\/api\/account$/.test(answer.url()) && answer.request().method() === "GET");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Secret token").waitFor();
  late.open();
  await read;
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  assert.ok(await page.getByLabel("Secret token").isVisible());
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
