// PaymentKit.js on a page of another origin, whose policy allows nothing inline.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { close, hold, open, reads } from "./browser.mjs";
import { origin, ready, session } from "./shop.mjs";
import { byStripe, standIn } from "./stripe.mjs";

after(close);

const library = fileURLToPath(new URL("../../web/paymentkit-js/", import.meta.url));
const acme = await ready();

// What the seller's page does with it: all that is told is kept in `told`, for the test to read.
const MOUNT = `
  const { token, secret, options, look } = JSON.parse(document.getElementById("given").textContent);
  window.told = [];
  window.checkout = new PaymentKit(token, options).checkout({ secureToken: secret, appearance: look });
  for (const name of ["ready", "change", "requires_action", "completed", "error"]) {
    checkout.on(name, (detail) => told.push({ name, detail }));
  }
  checkout.mount("#pay");
`;
const HOW = {
  script: [`<script src="${origin}/js/v1/paymentkit.js" crossorigin="anonymous"></script><script src="/mount.js"></script>`, MOUNT],
  module: ['<script type="module" src="/mount.js"></script>', `import { PaymentKit } from "${origin}/js/v1/paymentkit.mjs";${MOUNT}`],
};

/** A shop of an origin of its own, with one page on which a session is paid: what is given as it is then. */
async function shop(how, given, allowed = {}) {
  const [tags, mount] = HOW[how];
  const page = () => `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>Pay</title><main><h1>Pay</h1><div id="pay"></div></main>
    <script type="application/json" id="given">${JSON.stringify(given).replaceAll("<", "\\u003c")}</script>${tags}</html>`;
  const { script = "", connect = "", frame = "'none'" } = allowed;
  const policy = `default-src 'none'; script-src 'self' ${origin} ${script}; connect-src ${origin} ${connect}; frame-src ${frame}`;
  const server = createServer((request, answer) => {
    if (request.url === "/mount.js") return answer.writeHead(200, { "content-type": "text/javascript" }).end(mount);
    return answer.writeHead(200, { "content-type": "text/html", "content-security-policy": policy }).end(page());
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  return `http://127.0.0.1:${server.address().port}/`;
}

/** A page with a session's form on it. */
async function pays({ how = "script", seller = acme, rest = {}, product = {}, options, look, browser } = {}) {
  const sold = await session(seller, rest, product);
  const token = seller.account.publishable_token;
  const address = await shop(how, { token, secret: sold.secure_token, options, look });
  const page = await open(browser);
  await page.goto(address);
  return { page, sold, address, now: () => seller.call("GET", `/checkout-sessions/${sold.id}`) };
}

const heard = (page, name) => page.evaluate((name) => told.filter((one) => one.name === name).map((one) => one.detail), name);
const hears = (page, name, times = 1) =>
  page.waitForFunction(([name, times]) => told.filter((one) => one.name === name).length >= times, [name, times]);

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

// What the guide says that a page of whoever is paid by Stripe allows.
const STRIPES = { script: "https://js.stripe.com", connect: "https://api.stripe.com", frame: "https://js.stripe.com https://hooks.stripe.com" };

/** A page with the form of a session that is paid by Stripe; who comes back from the bank comes back to it. */
async function paysByStripe({ seller, how = "script", rest = {}, prepare = standIn } = {}) {
  const given = { token: seller.account.publishable_token };
  const address = await shop(how, given, STRIPES);
  const sold = await session(seller, { return_url: address, ...rest });
  given.secret = sold.secure_token;
  const page = await open();
  await prepare(page);
  await page.goto(address);
  return { page, sold, address, now: () => seller.call("GET", `/checkout-sessions/${sold.id}`) };
}

const last = (page, name) => heard(page, name).then((all) => all.at(-1));

test("a card of Stripe's is typed into Stripe's own element on the seller's page: wrong, declined, at the bank, and paid", async () => {
  const striped = await byStripe("Striped Shop");
  const { page, sold, address, now } = await paysByStripe({ seller: striped });
  const card = page.getByRole("group", { name: "Card" }).getByLabel("pk_test_shop en setup usd");
  await card.waitFor();
  await hears(page, "ready");
  assert.equal(await page.getByText("Test mode").count(), 0);
  await hold(page, "paymentkit-stripe");
  await reads(page, "paymentkit-stripe");
  await page.getByLabel("E-mail").fill("ada@example.com");
  assert.deepEqual(await last(page, "change"), { complete: false, email: "ada@example.com" });
  const buy = page.getByRole("button", { name: "Subscribe for $536.00" });
  for (const [typed, said, code] of [["", "The number is incomplete.", "incomplete_number"], ["nothing", "Stripe refuses it.", "card_refused"]]) {
    await card.fill(typed);
    await buy.click();
    await page.getByRole("alert").getByText(said).waitFor();
    assert.equal(await page.getByRole("alert").evaluate((one) => one.getRootNode().activeElement === one), true, "who reads is led there");
    assert.equal((await last(page, "error")).code, code);
  }
  assert.deepEqual(await last(page, "change"), { complete: true, email: "ada@example.com" });
  await hold(page, "paymentkit-stripe-refused");
  await card.fill("pm_card_chargeDeclinedInsufficientFunds");
  await buy.click();
  await page.getByRole("alert").getByText("not enough money").waitFor();
  assert.deepEqual(await page.evaluate(() => window.params), { billing_details: { email: "ada@example.com" } });
  // At the bank, and not confirmed there: back on the page it is asked at once what became of it.
  await card.fill("pm_card_threeDSecure2Required");
  const outcome = page.evaluate(() => checkout.confirm().then((one) => one.status));
  await page.getByRole("alert").getByText("Your bank wants you to confirm").waitFor();
  assert.deepEqual([await outcome, (await heard(page, "requires_action")).length], ["requires_action", 1]);
  await hold(page, "paymentkit-stripe-action");
  await page.getByRole("link", { name: "Confirm at your bank" }).click();
  const asked = page.waitForRequest((one) => one.method() === "POST" && one.url().includes("/complete"));
  await page.getByRole("button", { name: "It is not me" }).click();
  assert.deepEqual((await asked).postDataJSON(), {}, "nothing is presented anew");
  await page.getByRole("alert").getByText("The card was declined").waitFor();
  // Loaded once more, the same address asks nothing.
  let posted = 0;
  page.on("request", (request) => { posted += Number(request.method() === "POST"); });
  await page.reload();
  await hears(page, "ready");
  await page.waitForLoadState("networkidle");
  assert.equal(posted, 0);
  await card.fill("pm_card_threeDSecure2Required");
  await buy.click();
  await page.getByRole("link", { name: "Confirm at your bank" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.waitForURL((url) => url.href.startsWith(address));
  await hears(page, "completed");
  await page.getByRole("status").getByText("Thank you").waitFor();
  assert.equal(await page.locator(".stand-in").isVisible(), false, "no field is left to type into");
  assert.equal((await now()).state, "completed");
  const { items } = await striped.call("GET", `/payments/intents?customer_id=${(await now()).customer_id}`);
  assert.deepEqual(items.filter((one) => one.state === "succeeded").length, 1, "charged once");
  assert.equal(sold.state, "open");
  assert.deepEqual(page.faults, []);
});

test("a card of Stripe's buys on a page that loads the module, also after the form was taken away and shown again", async () => {
  const { page, now } = await paysByStripe({ seller: await byStripe("Module Shop"), how: "module" });
  await hears(page, "ready");
  await page.evaluate(() => checkout.unmount());
  assert.equal(await page.locator("#pay > *").count(), 0);
  await page.evaluate(() => void checkout.mount("#pay"));
  const card = page.getByLabel("pk_test_shop en setup usd");
  await card.fill("pm_card_visa");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await hears(page, "completed");
  assert.equal((await now()).state, "completed");
  assert.deepEqual([page.faults, page.outside.filter((url) => /stripe/.test(url))], [[], ["https://js.stripe.com/v3/"]]);
});

test("where the bank asks about the card itself it is presented once more, as it was, and set up", async () => {
  const seller = await byStripe("Setup Shop");
  const { id: customer_id } = await seller.call("POST", "/customers", { email: "ada@example.com" });
  const prepare = (page) => standIn(page).then(() => page.clock.install());
  const { page, address, now } = await paysByStripe({ seller, prepare, rest: { mode: "setup", line_items: undefined, customer_id } });
  await page.getByLabel("pk_test_shop en setup usd").fill("pm_card_authenticationRequired");
  await page.getByRole("button", { name: "Save the card" }).click();
  const bank = page.getByRole("link", { name: "Confirm at your bank" });
  await bank.waitFor();
  // The session itself waits for nothing: it is not asked again and again, and nothing is called declined.
  await page.clock.fastForward(10_000);
  await page.waitForLoadState("networkidle");
  assert.deepEqual([await bank.isVisible(), (await heard(page, "error")).length], [true, 0]);
  // Pressed once more on the way, it is the same card, and the same question.
  const again = page.waitForRequest((one) => one.method() === "POST" && one.url().includes("/complete"));
  await page.getByRole("button", { name: "Save the card" }).click();
  assert.equal((await again).postDataJSON().payment_method.token, "pm_card_authenticationRequired");
  await bank.click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.waitForURL((url) => url.href.startsWith(address));
  await hears(page, "completed");
  assert.equal((await now()).state, "completed");
  const { items } = await seller.call("GET", `/customers/${customer_id}/payment-methods`);
  assert.equal(items.length, 1);
  assert.equal(await page.evaluate(() => Object.values(sessionStorage).join("")), "", "nothing is kept any more");
});

test("where the bank asks about a card that is to be charged nothing is charged until the payer says so again", async () => {
  const seller = await byStripe("Careful Shop");
  const { page, address, now } = await paysByStripe({ seller });
  await page.getByLabel("pk_test_shop en setup usd").fill("pm_card_authenticationRequired");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.getByRole("link", { name: "Confirm at your bank" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.waitForURL((url) => url.href.startsWith(address));
  await hears(page, "ready");
  assert.equal((await now()).state, "open");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await hears(page, "completed");
  const { items } = await seller.call("GET", `/payments/intents?customer_id=${(await now()).customer_id}`);
  assert.deepEqual(items.map((one) => one.state), ["succeeded"]);
});

test("where Stripe's script does not come, or another one comes in the place of ours, it says so, and nothing is sent", async () => {
  const seller = await byStripe("Scriptless Shop");
  const away = (page) => page.route("https://js.stripe.com/**", (route) => route.abort());
  // Whoever has the integrity of PaymentKit.js in their page has that of the part for Stripe with it.
  const other = async (page) => {
    await standIn(page);
    await page.route("**/js/v1/paymentkit-stripe-*", (route) =>
      route.fulfill({ contentType: "text/javascript", headers: { "access-control-allow-origin": "*" }, body: "window.stolen = true" }));
  };
  for (const prepare of [away, other]) {
    const { page } = await paysByStripe({ seller, prepare });
    await hears(page, "error");
    assert.equal((await heard(page, "error"))[0].code, "not_available");
    await page.getByRole("alert").getByText("cannot take payments yet").waitFor();
    assert.deepEqual([await page.evaluate(() => window.stolen), await page.locator("#pay form").count(), (await heard(page, "ready")).length], [undefined, 0, 0]);
    await hold(page, "paymentkit-stripe-away");
  }
});

test("a page of an origin that is not listed gets neither the session nor anything of Stripe's", async () => {
  const seller = await byStripe("Choosy Striped Shop");
  await seller.call("PATCH", "/account", { allowed_origins: ["https://shop.example"] });
  const { page } = await paysByStripe({ seller });
  await hears(page, "error");
  assert.equal((await heard(page, "error"))[0].code, "http_403");
  assert.deepEqual(page.outside.filter((url) => /stripe/.test(url)), []);
});

test("where Stripe's publishable key is missing the payer is told that the seller cannot take payments yet", async () => {
  const { page } = await paysByStripe({ seller: await byStripe("Keyless Shop", {}) });
  await hears(page, "error");
  assert.equal((await heard(page, "error"))[0].code, "not_ready");
  assert.equal(await page.locator("#pay form").count(), 0);
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
