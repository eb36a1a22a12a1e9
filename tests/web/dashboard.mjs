// The dashboard, signed in to, and the screens of it.

import { open } from "./browser.mjs";
import { origin } from "./shop.mjs";

export async function signedIn({ account }, options) {
  const page = await open(options);
  await page.goto(`${origin}/dashboard`);
  await page.getByLabel("Secret token").fill(account.secret_token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Home", level: 1 }).waitFor();
  return page;
}

export const screen = async (page, to, heading) => {
  await page.goto(`${origin}/dashboard#/${to}`);
  await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  await page.waitForFunction(() => !document.body.innerText.includes("Loading…"));
};

/** The list, or what else there is, below this heading. */
export const section = (page, title) => page.locator("section").filter({ has: page.getByRole("heading", { name: title, exact: true, level: 2 }) });

/** Presses an act, fills in what it asks for, and presses it once more. */
export async function act(page, name, filled = {}) {
  await page.getByRole("button", { name, exact: true }).first().click();
  const dialog = page.locator("dialog[open]");
  for (const [label, value] of Object.entries(filled)) await dialog.getByLabel(label, { exact: true }).fill(value);
  await dialog.getByRole("button", { name, exact: true }).click();
  return dialog;
}

/** Asks again and again until `look` finds something. */
export async function eventually(look, milliseconds = 30_000) {
  for (const end = Date.now() + milliseconds; Date.now() < end; ) {
    const found = await look();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("it never came");
}
