// Chromium, with every fault of a page noted, and what each page is held to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { origin } from "./shop.mjs";

const installed = createRequire(new URL("../../.tools/web/", import.meta.url));
const { chromium } = installed("playwright-core");
const axe = readFileSync(installed.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // As root Chromium has no sandbox; it only opens pages of this machine here.
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

export const close = () => browser.close();

/** A page in a browser of its own, which notes what goes wrong on it, and whom else it asks. */
export async function open(options = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1024, height: 900 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.outside = [];
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    page.faults.push(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|Refused to/.test(text)) page.faults.push(text);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) page.outside.push(request.url());
  });
  return page;
}

/** Holds a page to what every page is held to, and keeps a picture of it. */
export async function hold(page, name) {
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
  const violations = await serious(page);
  assert.deepEqual(violations, [], `${name}: faults of accessibility`);
  const size = page.viewportSize();
  // A small telephone; and what is left of 1024 px when everything is twice as large.
  for (const width of [360, 512]) {
    await page.setViewportSize({ width, height: 740 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${name}: ${over} px too wide for a screen of ${width} px`);
  }
  await page.setViewportSize(size);
  assert.deepEqual(page.faults, [], `${name}: faults noted`);
}

async function serious(page) {
  // Through the debugger, which the page's own policy does not bind.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
