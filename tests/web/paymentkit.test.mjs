// PaymentKit.js on a page of another origin, whose policy allows nothing inline.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { close, hold, open } from "./browser.mjs";
import { acme, heard, hears, pays, shop } from "./paymentkit.mjs";
import { origin, ready, session } from "./shop.mjs";

after(close);

const library = fileURLToPath(new URL("../../web/paymentkit-js/", import.meta.url));
for (const how of ["script", "module"]) {
  test(`a payer buys on the seller's own page, which loads it as a ${how}`, async () => {
    const { page, now } = await pays({ how });
    await page.getByLabel("E-mail").fill("ada@example.com");
    assert.deepEqual(await heard(page, "ready").then((all) => all.map((one) => one.session.state)), ["open"]);
    await hold(page, `paymentkit-${how}`);
    await page.getByRole("button", { name: "Subscribe for $536.00" }).click();
    await page.getByRole("status").getByText("Thank you").waitFor();
    await page.getByRole("link", { name: "Continue to Acme Analytics" }).waitFor();
    const [{ session: told }] = await heard(page, "completed");
    assert.deepEqual([told.state, (await now()).state], ["completed", "completed"]);
    assert.deepEqual(await heard(page, "change").then((all) => all.at(-1)), { complete: true, email: "ada@example.com" });
    await hold(page, `paymentkit-${how}-completed`);
  });
}

test("a card is declined, and another one by the keyboard is not", async () => {
  const { page, now } = await pays();
  // Without an address nothing is sent, and the payer is led to where it is missing.
  await page.getByRole("button", { name: "Subscribe" }).click();
  const email = page.getByLabel("E-mail");
  assert.equal(await email.getAttribute("aria-invalid"), "true");
  assert.equal(await email.evaluate((one) => one.getRootNode().activeElement === one), true);
  assert.equal(await email.evaluate((one) => one.getRootNode().getElementById("problem").textContent !== ""), true);
  await page.keyboard.type("ada@example.com");
  for (const [card, said, code] of [
    ["test_decline_soft", "not enough money", "insufficient_funds"],
    ["test_decline_hard", "The card was declined", "card_declined"],
  ]) {
    await page.getByLabel(card).check();
    await page.getByRole("button", { name: "Subscribe" }).click();
    await page.getByRole("alert").getByText(said).waitFor();
    assert.equal(await page.getByRole("alert").evaluate((one) => one.getRootNode().activeElement === one), true);
    assert.equal((await heard(page, "error")).at(-1).code, code);
    assert.equal(await page.getByLabel(card).isChecked(), true, "what was chosen is kept");
  }
  assert.equal(await page.getByText(/stolen/i).count(), 0);
  await hold(page, "paymentkit-declined");
  await page.getByLabel("test_success").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await hears(page, "completed");
  assert.equal((await now()).state, "completed");
});

test("a payer goes to the bank and comes back", async () => {
  const { page, sold, address, now } = await pays();
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("test_requires_action").check();
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.getByRole("alert").getByText("Your bank wants you to confirm").waitFor();
  await hears(page, "requires_action");
  assert.equal((await heard(page, "requires_action"))[0].action.url, sold.url);
  await hold(page, "paymentkit-action");
  await page.getByRole("link", { name: "Confirm at your bank" }).click();
  // The test processor's bank is on the session's own page.
  await page.getByRole("button", { name: "Confirm at your bank" }).waitFor();
  // Back without having done it: the session still waits. The card is the one that was chosen.
  await page.goto(address);
  await hears(page, "requires_action");
  assert.equal(await page.getByLabel("test_requires_action").isChecked(), true);
  await page.getByRole("link", { name: "Confirm at your bank" }).click();
  await page.getByRole("button", { name: "Confirm at your bank" }).click();
  await page.waitForURL(/\/thanks\?session=/);
  await page.goto(address);
  await hears(page, "completed");
  assert.equal((await now()).state, "completed");
  const { items } = await acme.call("GET", `/payments/intents?customer_id=${(await now()).customer_id}`);
  assert.deepEqual(items.map((one) => one.state), ["succeeded"], "charged once");
});

test("a payer who clicks twice, and a page that asks too, buy once", async () => {
  const { page, now } = await pays();
  await page.getByLabel("E-mail").fill("ada@example.com");
  let asked = 0;
  page.on("request", (request) => { asked += Number(request.method() === "POST"); });
  await page.evaluate(() => {
    const button = document.querySelector("#pay > div").shadowRoot.querySelector("button");
    button.click();
    button.click();
    window.ends = Promise.all([checkout.confirm(), checkout.confirm()]);
  });
  const ends = await page.evaluate(async () => (await ends).map((one) => one.status));
  assert.deepEqual(ends, ["completed", "completed"]);
  assert.equal(asked, 1);
  // Once more, when it is done.
  assert.equal(await page.evaluate(async () => (await checkout.confirm()).status), "completed");
  const { items } = await acme.call("GET", `/payments/intents?customer_id=${(await now()).customer_id}`);
  assert.deepEqual([items.length, asked, (await heard(page, "completed")).length], [1, 1, 1]);
});

test("an answer that is lost is found out, and the payer is not asked to pay again", async () => {
  const { page, now } = await pays();
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.route("**/complete?*", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await page.getByRole("button", { name: "Subscribe" }).click();
  await hears(page, "completed");
  assert.deepEqual([(await now()).state, (await heard(page, "error")).length], ["completed", 0]);
});

test("it speaks the payer's language, also of what goes wrong", async () => {
  const { page } = await pays({ browser: { locale: "de" }, rest: {} });
  await page.getByLabel("E-Mail").fill("ada@example.com");
  await page.getByLabel("test_decline_hard").check();
  await page.getByRole("button", { name: /abonnieren/i }).click();
  await page.getByRole("alert").getByText("Karte").waitFor();
  assert.equal(await page.locator("#pay > div").getAttribute("lang"), "de");
  const other = await pays({ options: { locale: "ja" } });
  await other.page.getByText("小計").or(other.page.getByText("今回のお支払い")).first().waitFor();
});

test("what a stranger wrote does nothing, and the page's look is only a look", async () => {
  const attack = `</style><script>alert(1)</script><img src=x onerror=alert(2)>"'{amount}`;
  const strange = await ready(attack);
  const look = { color: "red}*{display:none}", font: "x;}:host{display:none" };
  const product = { name: attack, description: attack, unit_label: "<b>x</b>" };
  const { page } = await pays({ seller: strange, product, look });
  await page.getByText("<script>alert(1)</script>").first().waitFor();
  assert.equal(await page.locator("#pay").locator("script, img, b").count(), 0);
  await page.getByRole("button", { name: "Subscribe" }).waitFor();
  await hold(page, "paymentkit-strange");
});

test("a session that is over, a shop that is not ready, a secret that is wrong, a form that is taken away", async () => {
  const shut = await ready("Closed Shop");
  const { default_processor_id } = await shut.call("GET", "/account");
  const closed = await pays({ seller: shut });
  await hears(closed.page, "ready");
  await shut.call("PATCH", "/account", { default_processor_id: null });
  await closed.page.reload();
  await closed.page.getByRole("alert").getByText("Closed Shop cannot take payments yet").waitFor();
  assert.deepEqual((await heard(closed.page, "error")).map((one) => one.code), ["not_ready"]);
  await shut.call("PATCH", "/account", { default_processor_id });
  await closed.page.reload();
  await hears(closed.page, "ready");
  await closed.page.evaluate(() => checkout.unmount());
  assert.equal(await closed.page.locator("#pay > *").count(), 0);

  const { page, sold } = await pays();
  await hears(page, "ready");
  await acme.call("POST", `/checkout-sessions/${sold.id}/expire`, {});
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.getByRole("alert").getByText("Nothing was charged").waitFor();
  assert.equal(await page.getByRole("button").count(), 0);
  await hold(page, "paymentkit-expired");

  const token = acme.account.publishable_token;
  const wrong = await open();
  await wrong.goto(await shop("script", { token, secret: `${sold.id}_secret_0` }));
  await hears(wrong, "error");
  const [unknown] = await heard(wrong, "error");
  assert.deepEqual([unknown.code, /secureToken/.test(unknown.message)], ["http_404", true]);
  const nobody = await open();
  const strange = token.slice(0, -36) + "0".repeat(30) + token.slice(-6);
  await nobody.goto(await shop("script", { token: strange, secret: sold.secure_token }));
  await hears(nobody, "error");
  await nobody.getByRole("alert").getByText("publishable token").waitFor();
  assert.equal((await heard(nobody, "error"))[0].code, "http_401");
  const secret = await open();
  await secret.goto(await shop("script", { token: "st_stg_x", secret: "x" }));
  assert.match(secret.faults.join(), /publishable token/);
});

test("a page of an origin that the account does not list is refused, and one that it lists is not", async () => {
  const choosy = await ready("Choosy Shop");
  await choosy.call("PATCH", "/account", { allowed_origins: ["https://shop.example"] });
  const { page, sold, address } = await pays({ seller: choosy });
  await hears(page, "error");
  const [error] = await heard(page, "error");
  assert.deepEqual([error.code, /allowed_origins/.test(error.detail)], ["http_403", true]);
  assert.equal(await page.locator("#pay form").count(), 0);
  // Nor does a script of the page get further by itself.
  const status = await page.evaluate(
    async ([url, token]) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const body = JSON.stringify({ payment_method: { token: "test_success" }, customer_email: "eve@example.com" });
      return (await fetch(url, { method: "POST", headers, body })).status;
    },
    [`${origin}/api/checkout-sessions/${sold.id}/complete?secure_token=${sold.secure_token}`, choosy.account.publishable_token],
  );
  assert.equal(status, 403);
  assert.equal((await choosy.call("GET", `/checkout-sessions/${sold.id}`)).state, "open");
  await choosy.call("PATCH", "/account", { allowed_origins: [new URL(address).origin] });
  await page.reload();
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await hears(page, "completed");
});

test("no page can put the hosted page in a frame, also one that the account lists", async () => {
  const { address } = await pays();
  const shop = await ready("Framed Shop");
  await shop.call("PATCH", "/account", { allowed_origins: [new URL(address).origin] });
  const { url } = await session(shop);
  const answer = await fetch(url);
  assert.match(answer.headers.get("content-security-policy"), /frame-ancestors 'none'/);
});

test("the page of the guide works as it stands there, integrity and all", async () => {
  const guide = readFileSync(new URL("../../docs/guides/embedding-checkout.md", import.meta.url), "utf8");
  const sold = await session(acme);
  const html = /```html\n([^]*?)```/.exec(guide)[1]
    .replace("https://billing.example.com", origin)
    .replace("pt_stg_…", acme.account.publishable_token)
    .replace("cs_stg_…_secret_…", sold.secure_token);
  assert.ok(!html.includes("…"));
  const server = createServer((_, answer) => answer.writeHead(200, { "content-type": "text/html" }).end(html));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  const page = await open();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.waitForURL(/\/thanks\?session=/);
});

test("it is as small as it says, and is published with these files and no others", () => {
  for (const name of ["paymentkit.js", "paymentkit.mjs"]) {
    assert.ok(gzipSync(readFileSync(`${library}dist/${name}`), { level: 9 }).length <= 10 * 1024, name);
  }
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: library, stdio: ["ignore", "pipe", "ignore"] }));
  assert.deepEqual(packed.files.map((one) => one.path).sort(), [
    "README.md",
    "dist/paymentkit.js",
    "dist/paymentkit.mjs",
    "dist/types/checkout.d.ts",
    "dist/types/kit.d.ts",
    "dist/types/module.d.ts",
    "dist/types/types.d.ts",
    "package.json",
  ]);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(`${library}package.json`, "utf8"));
  assert.deepEqual([dependencies, peerDependencies], [undefined, undefined]);
});
