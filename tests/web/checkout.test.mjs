// The page on which a checkout session is paid.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold, open, reads } from "./browser.mjs";
import { ready, seller, session } from "./shop.mjs";
import { byStripe, standIn } from "./stripe.mjs";

after(close);

const acme = await ready();
const thanks = (id) => `${seller}/thanks?session=${id}`;
const languages = ["en", "de", "fr", "es", "nl", "it", "pt", "ja"];

test("a payer buys by card, with no script at all, and is led back", async () => {
  const { id, url } = await session(acme);
  const page = await open({ javaScriptEnabled: false });
  await page.goto(url);
  assert.equal(await page.title(), "Pay Acme Analytics");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Subscribe for $536.00" }).click();
  await page.waitForURL(thanks(id));
  assert.equal((await acme.call("GET", `/checkout-sessions/${id}`)).state, "completed");
  // Nothing was asked of anybody else before.
  assert.deepEqual(page.outside, [thanks(id)]);
  await page.goto(url);
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  await page.getByRole("link", { name: "Continue to Acme Analytics" }).waitFor();
  await reads(page, "checkout-completed");
  assert.deepEqual(page.faults, []);
});

test("a payer buys by the keyboard, after declines that say what to do", async () => {
  const { id, url } = await session(acme);
  const page = await open();
  await page.goto(url);
  await hold(page, "checkout");
  await reads(page, "checkout");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Card with too little money" }).click();
  await page.getByRole("alert").getByText("not enough money").waitFor();
  assert.equal(await page.getByLabel("E-mail").inputValue(), "ada@example.com", "what was typed is kept");
  // Loaded anew, it says the same and presents nothing.
  await page.reload();
  await page.getByRole("alert").getByText("not enough money").waitFor();
  const customer = `/payments/intents?customer_id=${(await acme.call("GET", `/checkout-sessions/${id}`)).customer_id}`;
  assert.equal((await acme.call("GET", customer)).total, 1);
  await hold(page, "checkout-declined");
  await reads(page, "checkout-declined");
  await page.getByRole("button", { name: "Card that is declined" }).click();
  await page.getByRole("alert").getByText("The card was declined").waitFor();
  assert.equal(await page.getByText(/stolen/i).count(), 0);
  // To the address, which was wrong, and to the button and on it, with no mouse.
  await page.keyboard.press("Tab");
  await page.keyboard.type("ada@example.org");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(thanks(id));
  assert.equal((await acme.call("GET", `/checkout-sessions/${id}`)).customer_email, "ada@example.org");
  assert.deepEqual(page.faults, []);
});

test("a payer types a promotion code in, after a wrong one, and pays what is left", async () => {
  const coupon = await acme.call("POST", "/coupons", { discount_type: "percentage", percent_off: 50 });
  await acme.call("POST", "/promotion-codes", { coupon_id: coupon.id, code: "HALF-OFF" });
  const { id, url } = await session(acme, { allow_promotion_codes: true });
  const page = await open();
  await page.goto(url);
  await page.getByLabel("Promotion code").fill("NO-SUCH");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("This code cannot be used here").waitFor();
  assert.equal(await page.getByLabel("Promotion code").inputValue(), "NO-SUCH", "what was typed is kept");
  await hold(page, "checkout-code-refused");
  await page.getByLabel("Promotion code").fill("half-off");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByRole("button", { name: "Remove" }).waitFor();
  await hold(page, "checkout-code");
  await reads(page, "checkout-code");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Subscribe for $268.00" }).click();
  await page.waitForURL(thanks(id));
  assert.equal((await acme.call("GET", `/checkout-sessions/${id}`)).amount_total_atom, 26800);
  assert.deepEqual(page.faults, []);
});

test("a payer answers what the seller asks, after a mistake, by the keyboard alone", async () => {
  const curious = await ready("Curious Shop");
  const of = { entity_type: "checkout_session" };
  const ask = (field) => curious.call("POST", "/custom-field-definitions", { ...of, ...field });
  await ask({ key: "order", display_name: "Order number", description: "As it stands on your order", data_type: "text", at_checkout: "required" });
  await ask({ key: "people", display_name: "How many people", data_type: "number", min: 1, max: 20, at_checkout: "optional" });
  await ask({ key: "heard", display_name: "How you heard of us", data_type: "select", options: ["a friend", "<b>an ad</b>"], at_checkout: "optional" });
  await ask({ key: "terms", display_name: "I accept the terms", data_type: "boolean", at_checkout: "required" });
  await ask({ key: "margin", display_name: "Margin", data_type: "text" });
  const { id, url } = await session(curious);
  const page = await open();
  await page.goto(url);
  await hold(page, "checkout-fields");
  assert.equal(await page.getByLabel("Margin").count(), 0);
  await page.getByLabel("E-mail").fill("ada@example.com");
  // The browser itself asks for what is required.
  await page.getByRole("button", { name: "Subscribe" }).click();
  assert.equal(await page.getByLabel("Order number").evaluate((one) => document.activeElement === one), true);
  await page.keyboard.type("PO-7");
  await page.keyboard.press("Tab");
  await page.keyboard.type("21");
  await page.getByLabel("How you heard of us (optional)").selectOption("<b>an ad</b>");
  await page.getByLabel("I accept the terms").check();
  // Where no browser does, the page says what is wrong, beside the field.
  await page.locator("form").evaluateAll((forms) => forms.forEach((form) => (form.noValidate = true)));
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.getByRole("alert").getByText("check what is marked").waitFor();
  const people = page.getByLabel("How many people (optional)");
  assert.equal(await people.getAttribute("aria-invalid"), "true");
  await page.getByText("Please enter a number from 1 to 20.").waitFor();
  assert.equal(await page.locator("b").count(), 0);
  assert.equal(await page.getByLabel("I accept the terms").isChecked(), true, "what was chosen is kept");
  await hold(page, "checkout-fields-wrong");
  await reads(page, "checkout-fields-wrong");
  await people.fill("2");
  await page.getByRole("button", { name: "Subscribe" }).click();
  await page.waitForURL(thanks(id));
  const { custom_fields } = await curious.call("GET", `/checkout-sessions/${id}?expand=custom_fields`);
  assert.deepEqual(custom_fields, { order: "PO-7", people: 2, heard: "<b>an ad</b>", terms: true });
  assert.deepEqual(page.faults, []);
});

test("a payment whose answer is lost is found out, and charged once", async () => {
  const { id, url } = await session(acme);
  const page = await open();
  await page.goto(url);
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Card whose answer is lost after the charge" }).click();
  await page.waitForURL(thanks(id));
  const { payment_intent_id } = await acme.call("GET", `/checkout-sessions/${id}`);
  assert.equal((await acme.call("GET", `/payments/intents/${payment_intent_id}`)).state, "succeeded");
});

test("a payer confirms at the test bank, after having refused once", async () => {
  const { id, url } = await session(acme);
  const page = await open();
  await page.goto(url);
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByRole("button", { name: "Card that asks for confirmation" }).click();
  await page.getByRole("alert").getByText("Your bank wants you to confirm").waitFor();
  await hold(page, "checkout-confirm");
  await reads(page, "checkout-confirm");
  await page.getByRole("button", { name: "Do not confirm" }).click();
  await page.getByRole("alert").getByText("The card was declined").waitFor();
  await page.getByRole("button", { name: "Card that asks for confirmation" }).click();
  await page.getByRole("button", { name: "Confirm at your bank" }).click();
  await page.waitForURL(thanks(id));
});

test("a card is typed into Stripe's own element, after what is wrong there was said, and buys", async () => {
  const stripe = await byStripe("Striped Shop");
  const { id, url } = await session(stripe);
  const page = await open();
  await standIn(page);
  await page.goto(`${url}&locale=fr`);
  await page.getByRole("group", { name: "Carte" }).getByLabel("pk_test_shop fr setup usd").waitFor();
  await page.goto(url);
  const card = page.getByLabel("pk_test_shop en setup usd");
  await hold(page, "checkout-stripe");
  await reads(page, "checkout-stripe");
  await page.getByLabel("E-mail").fill("ada@example.com");
  const buy = page.getByRole("button", { name: "Subscribe for $536.00" });
  for (const [typed, said] of [["", "The number is incomplete."], ["nothing", "Stripe refuses it."]]) {
    await card.fill(typed);
    await buy.click();
    await page.getByRole("alert").getByText(said).waitFor();
    assert.equal(await page.locator("#card-problem").evaluate((one) => document.activeElement === one), true, "who reads is led there");
  }
  await hold(page, "checkout-stripe-refused");
  await card.fill("pm_card_chargeDeclinedInsufficientFunds");
  await buy.click();
  await page.getByRole("alert").getByText("not enough money").waitFor();
  await card.fill("pm_card_threeDSecure2Required");
  await buy.click();
  await page.getByRole("alert").getByText("Your bank wants you to confirm").waitFor();
  await hold(page, "checkout-stripe-confirm");
  // At the bank, and back: what became of it is asked about without a word of the payer's.
  await page.getByRole("link", { name: "Confirm at your bank" }).click();
  const asked = page.waitForRequest((one) => one.method() === "POST" && one.postData() === "bank=done");
  await page.getByRole("button", { name: "It is not me" }).click();
  await asked;
  await page.getByRole("alert").getByText("The card was declined").waitFor();
  await card.fill("pm_card_threeDSecure2Required");
  await buy.click();
  await page.getByRole("link", { name: "Confirm at your bank" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.waitForURL(thanks(id));
  assert.deepEqual(page.faults, []);
});

test("without Stripe's script, or any, the page says what is missing", async () => {
  const { url } = await session(await byStripe("Scriptless Shop"));
  const page = await open();
  await page.route("https://js.stripe.com/**", (route) => route.abort());
  await page.goto(url);
  await page.getByRole("alert").getByText("could not be loaded").waitFor();
  await hold(page, "checkout-stripe-away");
  const bare = await open({ javaScriptEnabled: false });
  await bare.goto(url);
  await bare.getByText("Your browser runs no scripts here").waitFor();
});

test("the page is there in every language, without a fault", async () => {
  const { url } = await session(acme);
  for (const language of languages) {
    const page = await open({ locale: language });
    await page.goto(url);
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    if (language === "en") await page.getByLabel("E-mail").fill("ada@example.com");
    await page.locator("button").nth(2).click();
    await page.getByRole("alert").waitFor();
    await hold(page, `checkout-${language}`);
    await page.context().close();
  }
});

test("amounts are written as the browser writes them", async () => {
  const page = await open();
  for (const language of languages) {
    const { url } = await session(acme);
    await page.goto(`${url}&locale=${language}`);
    const written = (await page.locator(".strong dd").innerText()).replace(/\s/g, " ");
    const own = await page.evaluate(
      (locale) => new Intl.NumberFormat(locale, { style: "currency", currency: "USD" }).format(536),
      language,
    );
    assert.equal(written, own.replace(/\s/g, " "), language);
  }
});

test("what a stranger wrote does nothing", async () => {
  const attack = `</style><script>alert(1)</script><img src=x onerror=alert(2)>"'{amount}`;
  const strange = await ready(attack);
  const { url } = await session(strange, {}, { name: attack, description: attack, unit_label: "<b>x</b>" });
  const page = await open();
  await page.goto(url);
  await page.getByText("<script>alert(1)</script>").first().waitFor();
  assert.equal(await page.locator("script, img, b").count(), 0);
  await hold(page, "checkout-strange");
});

test("a session that is over, a shop that is not ready, an address that is wrong", async () => {
  const page = await open();
  const over = await session(acme);
  await acme.call("POST", `/checkout-sessions/${over.id}/expire`, {});
  await page.goto(over.url);
  await page.getByRole("heading", { name: "This page has expired" }).waitFor();
  await page.getByRole("link", { name: "Back to Acme Analytics" }).waitFor();
  await hold(page, "checkout-expired");
  await reads(page, "checkout-expired");
  const shut = await ready("Closed Shop");
  const { url } = await session(shut);
  await shut.call("PATCH", "/account", { default_processor_id: null });
  await page.goto(url);
  await page.getByText("Closed Shop cannot take payments yet").waitFor();
  assert.equal(await page.locator("form").count(), 0);
  await hold(page, "checkout-not-ready");
  await reads(page, "checkout-not-ready");
  await page.goto(url.replace(/secure_token=.*/, "secure_token=x"));
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await hold(page, "checkout-unknown");
  await reads(page, "checkout-unknown");
});
