// A seller's own page, of another origin, with PaymentKit.js on it.

import { createServer } from "node:http";
import { open } from "./browser.mjs";
import { origin, ready, session } from "./shop.mjs";

export const acme = await ready();

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
export async function shop(how, given, allowed = {}) {
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
export async function pays({ how = "script", seller = acme, rest = {}, product = {}, options, look, browser } = {}) {
  const sold = await session(seller, rest, product);
  const token = seller.account.publishable_token;
  const address = await shop(how, { token, secret: sold.secure_token, options, look });
  const page = await open(browser);
  await page.goto(address);
  return { page, sold, address, now: () => seller.call("GET", `/checkout-sessions/${sold.id}`) };
}

export const heard = (page, name) => page.evaluate((name) => told.filter((one) => one.name === name).map((one) => one.detail), name);
export const hears = (page, name, times = 1) =>
  page.waitForFunction(([name, times]) => told.filter((one) => one.name === name).length >= times, [name, times]);
