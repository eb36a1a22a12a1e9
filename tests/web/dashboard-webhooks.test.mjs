// Webhooks on the dashboard: why one failed is found, and it is sent again.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold } from "./browser.mjs";
import { act, eventually, screen, section, signedIn } from "./dashboard.mjs";
import { receiver, shop } from "./shop.mjs";

after(close);

const attack = `<img src=x onerror=alert(1)> the database is away`;

/** A customer that is made; the endpoint has been told, and has answered with this status. */
async function told({ call }, endpoint, status) {
  const { id } = await call("POST", "/customers", { email: "ada@example.com" });
  await eventually(async () => {
    const { items } = await call("GET", `/webhook-endpoints/${endpoint}/deliveries`);
    return items.some((one) => one.object_id === id && one.response_status === status);
  });
  return id;
}

test("somebody finds why a webhook failed, and replays it", async () => {
  const acme = shop();
  const hooks = await receiver(attack);
  const page = await signedIn(acme);
  await screen(page, "webhooks", "Webhooks");
  await page.getByText("An address of yours that is told what happens").waitFor();
  await hold(page, "webhooks-none");
  // By the keyboard: a new one, whose secret is shown once.
  await page.keyboard.press("n");
  await page.getByLabel("Address").fill("ftp://example.com");
  await page.getByLabel("Events").fill("customer.*, invoice.paid");
  await page.getByText("As curl").last().click();
  assert.match(await page.locator("dialog pre").innerText(), /"events":\["customer\.\*","invoice\.paid"\]/);
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Create endpoint" }).click();
  const address = page.getByLabel("Address");
  await page.waitForFunction(() => document.querySelector('[name="url"]').getAttribute("aria-invalid") === "true");
  assert.ok(await address.evaluate((one) => one === document.activeElement));
  await hold(page, "webhook-new");
  await address.fill(hooks.url);
  await page.keyboard.press("Enter");
  const secret = await page.locator("pre.secret").innerText();
  assert.match(secret, /^whsec_/);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("nothing sent yet").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/webhooks\/we_/);
  const id = page.url().split("/").at(-1);
  await page.getByText("There is nothing yet: send a test event").waitFor();
  await hold(page, "webhook-quiet");

  // It fails: the home screen says so, the endpoint says why.
  const first = await told(acme, id, 500);
  await screen(page, "", "Home");
  await page.getByRole("link", { name: "Webhook endpoints that fail: 1" }).click();
  await page.getByText("fails since").waitFor();
  await page.getByRole("link", { name: hooks.url }).click();
  const deliveries = section(page, "Deliveries");
  const row = (customer) => deliveries.locator("tbody tr").filter({ hasText: customer });
  await row(first).getByText("pending").waitFor();
  assert.match(await row(first).innerText(), /500/);
  await row(first).locator("summary").click();
  assert.equal(await row(first).locator("pre").innerText(), attack);
  assert.equal(await page.locator("img").count(), 0);
  await hold(page, "webhook-failing");

  // Mended, and sent again: one, and then all that are missing.
  hooks.back();
  await row(first).getByRole("button", { name: "Send again" }).click();
  await page.locator("dialog").getByText("As curl").click();
  assert.match(await page.locator("dialog pre").innerText(), new RegExp(`/resend'[^]*"endpoint_id":"${id}"`));
  await page.locator("dialog").getByRole("button", { name: "Send again" }).click();
  await row(first).getByText("succeeded").waitFor();
  assert.deepEqual(hooks.of(first).map((one) => one.away), [true, false]);
  hooks.leave();
  const missed = [await told(acme, id, 500), await told(acme, id, 500)];
  hooks.back();
  await page.reload();
  await act(page, "Replay");
  await page.getByRole("status").getByText("on its way").waitFor();
  for (const customer of missed) await row(customer).getByText("succeeded").waitFor();
  assert.equal(hooks.of(first).length, 2, "what was received is not sent again");
  await act(page, "Send a test event", { Type: "invoice.paid" });
  await page.getByRole("status").getByText(/The endpoint answered 200 in \d+ ms. thank you/).waitFor();
  assert.deepEqual([hooks.last().type, hooks.last().test], ["invoice.paid", true]);
  await hold(page, "webhook-mended");
  // The event knows to whom it was sent.
  await row(missed[0]).getByRole("link", { name: "customer.created" }).click();
  await page.getByRole("heading", { name: "customer.created", level: 1 }).waitFor();
  await section(page, "Deliveries").getByText("succeeded").waitFor();
  await hold(page, "event-deliveries");
  assert.deepEqual(page.faults, []);
});

test("an endpoint is disabled, enabled with what it missed, and gets another secret", async () => {
  const acme = shop();
  const hooks = await receiver(attack);
  hooks.back();
  const { id, secret } = await acme.call("POST", "/webhook-endpoints", { url: hooks.url, events: ["customer.*"] });
  const page = await signedIn(acme);
  await screen(page, `webhooks/${id}`, `${hooks.url} enabled`);
  await act(page, "Disable");
  await page.locator(".state").getByText("disabled").waitFor();
  const { id: missed } = await acme.call("POST", "/customers", { email: "ada@example.com" });
  await act(page, "Enable");
  await page.locator(".state").getByText("enabled").waitFor();
  await eventually(() => hooks.of(missed).length === 1);
  await act(page, "Rotate the secret");
  const second = await page.locator("pre.secret").innerText();
  assert.match(second, /^whsec_/);
  assert.notEqual(second, secret);
  await page.getByRole("button", { name: "Done" }).click();
  await told(acme, id, 200);
  assert.equal(hooks.last().signatures, 2);
  await act(page, "Edit", { "What it is for": "<b>the warehouse</b>" });
  await page.getByText("<b>the warehouse</b>").waitFor();
  await hold(page, "webhook-edited");
  await act(page, "Delete");
  await page.waitForURL(/#\/webhooks$/);
  await page.getByText("An address of yours").waitFor();
  assert.deepEqual(page.faults, []);
});
