// Passkeys, with Chromium's own authenticator in software: at a name, because browsers have none at a number.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold, open } from "./browser.mjs";
import { eventually, section } from "./dashboard.mjs";
import { origin, shop } from "./shop.mjs";

after(close);

const dashboard = `${origin.replace("127.0.0.1", "localhost")}/dashboard`;

/**
 * A page with an authenticator that verifies whoever is there, and confirms at once what it is asked: also what
 * is only offered for a field. So a browser that `offers` nothing there is one that waits for a button.
 */
async function withAuthenticator({ offers = false } = {}) {
  const page = await open();
  if (!offers) await page.addInitScript(() => (PublicKeyCredential.isConditionalMediationAvailable = async () => false));
  const debug = await page.context().newCDPSession(page);
  await debug.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await debug.send("WebAuthn.addVirtualAuthenticator", { options });
  return { page, ask: (method, rest = {}) => debug.send(`WebAuthn.${method}`, { authenticatorId, ...rest }) };
}

const enters = (page) => page.getByRole("button", { name: "Sign out" }).waitFor();

async function leaves(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Secret token").waitFor();
}

/** Signs in on the page that is there: a process may know an ended session for a while, so none is loaded. */
async function byToken(page, { account }) {
  if (page.url() === "about:blank") await page.goto(dashboard);
  await page.getByLabel("Secret token").fill(account.secret_token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await enters(page);
}

async function settings(page) {
  await page.goto(`${dashboard}#/settings`);
  const passkeys = section(page, "Passkeys");
  await passkeys.waitFor();
  return passkeys;
}

async function add(page, name) {
  const passkeys = await settings(page);
  await passkeys.getByLabel("Name of a new one").fill(name);
  await passkeys.getByRole("button", { name: "Add a passkey" }).click();
  return passkeys;
}

test("a passkey is registered, signs in, is removed, and signs in no more", async () => {
  const acme = shop();
  const { page, ask } = await withAuthenticator();
  await byToken(page, acme);
  const passkeys = await settings(page);
  await passkeys.getByText("There is none yet.").waitFor();
  await add(page, "Jane's laptop");
  await passkeys.getByText("It is registered.").waitFor();
  await passkeys.getByRole("cell", { name: "Jane's laptop", exact: true }).waitFor();
  await hold(page, "passkeys");
  const { credentials } = await ask("getCredentials");
  assert.equal(credentials.length, 1);
  assert.deepEqual([credentials[0].isResidentCredential, credentials[0].rpId], [true, "localhost"]);
  assert.equal(Buffer.from(credentials[0].userHandle, "base64").toString(), acme.account.account_id);
  // The same device once more: it says so itself.
  await add(page, "Again");
  await passkeys.getByText("This device has a passkey of this account already.").waitFor();
  await leaves(page);
  await hold(page, "sign-in-passkey");
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await enters(page);
  // Signed in without a secret, and without one that a script could read.
  const [cookie] = (await page.context().cookies()).filter((one) => one.name === "__Host-paymentkit");
  assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === "Strict");
  const kept = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.ok(!kept.includes("st_"), kept);
  const { items: [made] } = await acme.call("GET", "/passkeys");
  assert.ok(made.last_used_at);
  const { items } = await acme.call("GET", "/tokens");
  const session = items.find((one) => one.passkey_id === made.id);
  assert.deepEqual([session.name, session.revoked_at], ["Dashboard session", null]);
  await settings(page);
  await passkeys.getByRole("button", { name: "Remove Jane's laptop" }).click();
  await page.locator("dialog").getByText("Nobody signs in with Jane's laptop any more.").waitFor();
  await hold(page, "passkey-remove");
  await page.locator("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await passkeys.getByText("There is none yet.").waitFor();
  // The session that it opened goes on.
  await page.reload();
  await passkeys.waitFor();
  await leaves(page);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("alert").getByText("This passkey is not known here, or was removed").waitFor();
  assert.deepEqual(page.faults, []);
});

test("who is not verified by the device is not signed in, and nothing is registered", async () => {
  const acme = shop();
  const { page, ask } = await withAuthenticator();
  await byToken(page, acme);
  await ask("setUserVerified", { isUserVerified: false });
  const passkeys = await add(page, "Nobody's");
  await passkeys.getByText("Nothing came of it").waitFor();
  assert.equal((await acme.call("GET", "/passkeys")).total, 0);
  await ask("setUserVerified", { isUserVerified: true });
  await add(page, "Jane's");
  await passkeys.getByRole("cell", { name: "Jane's", exact: true }).waitFor();
  await leaves(page);
  await ask("setUserVerified", { isUserVerified: false });
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("alert").getByText("Nothing came of it").waitFor();
  await ask("setUserVerified", { isUserVerified: true });
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await enters(page);
  assert.deepEqual(page.faults, []);
});

test("two accounts at one address each have a passkey, and whoever lost it signs in by the token", async () => {
  const [acme, other] = [shop(), shop()];
  const { page, ask } = await withAuthenticator();
  for (const [account, name] of [[acme, "Of the first"], [other, "Of the second"]]) {
    await byToken(page, account);
    const passkeys = await add(page, name);
    await passkeys.getByRole("cell", { name, exact: true }).waitFor();
    await leaves(page);
  }
  const { credentials } = await ask("getCredentials");
  const held = credentials.map((one) => Buffer.from(one.userHandle, "base64").toString());
  assert.deepEqual(held.sort(), [acme.account.account_id, other.account.account_id].sort());
  // Whoever is signed in to one changes to the other by its passkey alone.
  await byToken(page, acme);
  const own = credentials.find((one) => Buffer.from(one.userHandle, "base64").toString() === acme.account.account_id);
  await ask("removeCredential", { credentialId: own.credentialId });
  await page.getByRole("button", { name: "Change account" }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await enters(page);
  const { items: opened } = await other.call("GET", "/tokens");
  assert.equal(opened.filter((one) => one.passkey_id && !one.revoked_at).length, 1);
  await leaves(page);
  await ask("clearCredentials");
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("alert").waitFor();
  await byToken(page, acme);
  const known = await eventually(async () => (await acme.call("GET", "/passkeys")).items[0]);
  assert.equal(known.name, "Of the first");
});

test("a passkey is offered for the field that is filled in, until somebody signs in otherwise", async () => {
  const acme = shop();
  const { page } = await withAuthenticator({ offers: true });
  await byToken(page, acme);
  assert.ok(await page.evaluate(() => PublicKeyCredential.isConditionalMediationAvailable()));
  let passkeys = await add(page, "Jane's");
  await passkeys.getByRole("cell", { name: "Jane's", exact: true }).waitFor();
  const [{ id }] = (await acme.call("GET", "/passkeys")).items;
  const opened = async () => (await acme.call("GET", "/tokens")).items.filter((one) => one.passkey_id === id).length;
  /** Signs out; what the page then asks for, to offer passkeys, is answered once that is said. */
  const leavesUntil = async () => {
    let answer;
    const said = new Promise((say) => (answer = say));
    await page.route("**/dashboard/sign-in", (route) => (route.request().method() === "GET" ? said.then(() => route.continue()) : route.continue()));
    const asked = page.waitForRequest("**/dashboard/sign-in");
    await leaves(page);
    await asked;
    const answered = page.waitForResponse((one) => one.url().endsWith("/dashboard/sign-in") && one.request().method() === "GET");
    return async () => {
      answer();
      await answered;
      await page.unroute("**/dashboard/sign-in");
    };
  };
  // Nobody presses anything: what the browser lists for the field is what they choose from.
  let answer = await leavesUntil();
  assert.equal(await page.getByLabel("Secret token").getAttribute("autocomplete"), "current-password webauthn");
  await answer();
  await enters(page);
  assert.equal(await opened(), 1);
  // Whoever comes in by a token is not made somebody else afterwards, and has the device for themselves.
  answer = await leavesUntil();
  await byToken(page, acme);
  await answer();
  passkeys = await add(page, "Again");
  await passkeys.getByText("This device has a passkey of this account already.").waitFor();
  assert.equal(await opened(), 1);
  // Nobody is told why nothing is offered, but why what they chose is refused.
  answer = await leavesUntil();
  await acme.call("DELETE", `/passkeys/${id}`);
  assert.equal(await page.getByRole("alert").count(), 0);
  await answer();
  await page.getByRole("alert").getByText("This passkey is not known here, or was removed").waitFor();
  assert.deepEqual(page.faults, []);
});
