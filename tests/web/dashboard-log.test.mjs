// The request log on the dashboard: switched on, and why a request failed is found.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, hold } from "./browser.mjs";
import { eventually, screen, section, signedIn } from "./dashboard.mjs";
import { shop } from "./shop.mjs";

after(close);

const attack = "<img src=x onerror=alert(1)>";

test("the log is switched on, and says how requests ended and what was wrong with one", async () => {
  const acme = shop();
  const page = await signedIn(acme);
  await screen(page, "request-log", "Request log");
  await page.getByText("Requests are not kept.").waitFor();
  await hold(page, "request-log-off");
  await page.getByRole("button", { name: "Keep requests for seven days" }).click();
  await page.getByText("Requests are not kept.").waitFor({ state: "detached" });
  assert.equal((await acme.call("GET", "/account")).request_logging, true);
  // A key that no process has met yet.
  const { token: secret_token } = await acme.call("POST", "/tokens", { kind: "secret", name: "worker" });
  const asks = async (body) => {
    const headers = { authorization: `Bearer ${secret_token}`, "content-type": "application/json" };
    const answer = await fetch(new URL("/api/customers", page.url()), { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()).request_id;
  };
  await asks({ email: "nobody" });
  const id = await asks({ email: "nobody", [attack]: 1 });
  await eventually(async () => (await acme.call("GET", "/request-logs?failed=true")).total === 2);
  await page.reload();
  const groups = section(page, "How they ended");
  await groups.getByRole("row").filter({ hasText: "POST /api/customers" }).filter({ hasText: "400" }).waitFor();
  await page.getByRole("combobox", { name: "Requests" }).selectOption("that failed");
  await groups.getByRole("row").filter({ hasText: "422" }).getByRole("link", { name: "POST /api/customers" }).waitFor();
  await hold(page, "request-log");
  await groups.getByRole("row").filter({ hasText: "400" }).getByRole("link", { name: "POST /api/customers" }).click();
  const one = section(page, "One by one");
  await one.getByText("Show all").waitFor();
  const row = one.getByRole("row").filter({ hasText: id });
  await row.waitFor();
  assert.match(await row.textContent(), /unknown_field/);
  assert.equal(await one.locator("tbody tr").count(), 1);
  assert.equal(await page.locator("img").count(), 0);
  await row.getByRole("link", { name: /^tok_/ }).click();
  await page.getByRole("heading", { name: "worker", level: 1 }).waitFor();
  assert.deepEqual(page.faults, []);
});
