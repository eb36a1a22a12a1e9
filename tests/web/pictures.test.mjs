// The pictures in the README, drawn anew when somebody asks (PICTURES=1): a shop as it may look, and no test.

import { after, test } from "node:test";
import { close, open } from "./browser.mjs";
import { eventually, screen, signedIn } from "./dashboard.mjs";
import { ready, receiver, session } from "./shop.mjs";

after(close);

const wanted = process.env.PICTURES ? {} : { skip: "PICTURES=1 draws them" };
const draw = (page, name, height) => page.screenshot({ path: `docs/images/${name}.png`, clip: { x: 0, y: 0, width: 1024, height } });

test("pictures of what people see", wanted, async () => {
  const acme = await ready();
  const { call } = acme;
  const hooks = await receiver("The orders database is read-only until 21:30.");
  hooks.back();
  const endpoint = await call("POST", "/webhook-endpoints", { url: hooks.url, events: ["customer.*"], description: "Orders" });
  const answered = (status, count) => eventually(async () => {
    const { items } = await call("GET", `/webhook-endpoints/${endpoint.id}/deliveries`);
    return items.filter((one) => one.response_status === status).length === count;
  });
  const { url } = await session(acme);
  const { id } = await call("POST", "/customers", { email: "ada@example.com" });
  await answered(200, 1);
  hooks.leave();
  await call("PATCH", `/customers/${id}`, { name: "Ada Lovelace" });
  await call("POST", "/customers", { email: "grace@example.com" });
  await answered(500, 2);

  const page = await signedIn(acme);
  await screen(page, `webhooks/${endpoint.id}`, `${hooks.url} enabled`);
  await page.getByRole("cell", { name: "500" }).first().waitFor();
  await page.locator("td details").first().evaluate((one) => (one.open = true));
  await draw(page, "dashboard-webhook", 880);
  const payer = await open();
  await payer.goto(url);
  await payer.getByRole("button", { name: /Subscribe/ }).waitFor();
  await draw(payer, "checkout", 880);
});
