// PaymentKit.js on a page of another origin, where cards are Stripe's and typed into Stripe's own element.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold, open, reads } from "./browser.mjs";
import { heard, hears, shop } from "./paymentkit.mjs";
import { origin, ready, session } from "./shop.mjs";
import { byStripe, standIn } from "./stripe.mjs";

after(close);

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
