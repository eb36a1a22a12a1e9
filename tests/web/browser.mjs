// Chromium, with every fault of a page noted, and what each page is held to.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

const MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December";

/** Without what is another in each run: ids, secrets, days, and where the stack and the shop are. */
const settled = (told) => told
  .replace(/http:\/\/127\.0\.0\.1:\d+/g, "http://host")
  .replace(/\b([a-z]+)_stg_[a-z0-9]{16}\b/g, "$1_stg_…")
  .replace(/secret_[0-9A-Za-z]+/g, "secret_…")
  .replace(/\bpo_stg_[0-9A-Za-z]+/g, "po_stg_…")
  .replace(new RegExp(`\\b(\\d{1,2} (${MONTHS})|(${MONTHS}) \\d{1,2},) \\d{4}\\b`, "g"), "DAY MONTH YEAR")
  .replace(/\b[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d [AP]M\b/g, "DAY, TIME")
  .replace(/Nothing is counted yet|Counted until [^;"\n]*(; there is more)?/g, "Counted until …");

/**
 * Holds what a screen reader is told of a page, its ARIA snapshot, to the one that is kept in `aria/`. With
 * `UPDATE=1` what it is told now is kept.
 */
export async function reads(page, name, part = "body") {
  await page.waitForLoadState("networkidle");
  const told = `${settled(await page.locator(part).ariaSnapshot())}\n`;
  const kept = new URL(`aria/${name}.yml`, import.meta.url);
  if (process.env.UPDATE) {
    mkdirSync(new URL(".", kept), { recursive: true });
    writeFileSync(kept, told);
  }
  assert.equal(told, readFileSync(kept, "utf8"), `${name}: what a screen reader is told is not what is in aria/${name}.yml`);
}

async function serious(page) {
  // Through the debugger, which the page's own policy does not bind.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
