// The form, drawn from what a payer may know of the session. Whatever somebody wrote goes in as text.

import { amount, day } from "./money";
import type { Interval, Session } from "./types";
import { words as inLanguage, type Words } from "./words";

/** The test processor's cards, which are called what they do. */
export const CARDS = [
  "test_success",
  "test_decline_soft",
  "test_decline_hard",
  "test_requires_action",
  "test_action_completed",
  "test_timeout_after_charge",
  "test_timeout_before_charge",
] as const;

type Child = Node | string | false | null | undefined;

/** An element with what is on it and in it. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string>,
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((one): one is Node | string => Boolean(one)));
  return made;
}

/** A sentence with what stands for each name in it. */
export const said = (sentence: string, filled: Record<string, string>): string =>
  sentence.replace(/\{(\w+)\}/g, (_, name: string) => filled[name] ?? "");

/** What the parts of a form need to be read and changed by. */
export interface Drawn {
  root: HTMLElement;
  email: HTMLInputElement | null;
  /** The token of the test card that is chosen. */
  chosen(): string | undefined;
  button: HTMLButtonElement;
}

/** The order and the form of an open session. `typed` and `token` are kept from before; no token: its cards are typed in. */
export function draw(session: Session, typed: string, token: string | null): Drawn {
  const words = inLanguage(session.locale);
  const email = session.customer_email
    ? null
    : element("input", { id: "email", type: "email", autocomplete: "email", required: "" });
  if (email) email.value = typed;
  const chosen = CARDS.find((card) => card === token) ?? CARDS[0];
  const cards = CARDS.map((card) => {
    const radio = element("input", { type: "radio", name: "card", value: card });
    radio.checked = card === chosen;
    return element("label", {}, radio, element("code", {}, card));
  });
  const consent = next(session, words, words.consent);
  const button = element("button", { type: "submit" }, buttonText(session, words));
  const form = element(
    "form",
    { novalidate: "" },
    email && element("label", { for: "email" }, words.email),
    email,
    session.customer_email &&
      element("p", {}, element("span", { class: "more" }, words.email), session.customer_email),
    token === null ? element("slot", { name: "card" }) : element("fieldset", {}, element("legend", {}, "Test mode"), ...cards),
    consent && element("p", { class: "more" }, consent),
    button,
  );
  return {
    root: element("div", {}, order(session, words), form),
    email,
    chosen: () => form.querySelector<HTMLInputElement>("input:checked")?.value,
    button,
  };
}

/** What is bought: lines, sums, and what follows. */
function order(session: Session, words: Words): HTMLElement | null {
  if (!session.line_items.length) return null;
  const sum = (name: string, atoms: number, strong = "") =>
    element("div", { class: "sum" + strong }, element("dt", {}, name), element("dd", {}, amount(session, atoms)));
  const { amount_subtotal_atom: subtotal, amount_discount_atom: discount, amount_total_atom: total } = session;
  const tax = total - subtotal + discount;
  const follows = [
    session.trial_ends_at && said(words.trial, { date: day(session, session.trial_ends_at) }),
    next(session, words, words.then),
  ];
  return element(
    "section",
    { "aria-label": words.order },
    element("ul", {}, ...session.line_items.map((line) => item(session, line, words))),
    element(
      "dl",
      {},
      subtotal !== total && sum(words.subtotal, subtotal),
      discount !== 0 && sum(words.discount, -discount),
      tax !== 0 && sum(words.tax, tax),
      sum(words.due_now, total, " strong"),
    ),
    ...follows.map((text) => text && element("p", { class: "more" }, text)),
  );
}

function item(session: Session, line: Session["line_items"][number], words: Words): HTMLElement {
  const several = line.quantity !== 1;
  const whole = /^(\d+)(\.0*)?$/.exec(line.unit_amount_decimal ?? "")?.[1];
  const notes = [
    several && `${line.quantity} ${line.unit ?? ""}`.trim(),
    several && whole && said(words.each, { amount: amount(session, whole) }),
    line.billing_interval && every(words, line.billing_interval, line.billing_interval_count),
  ].filter(Boolean);
  const more = (text: string) => element("span", { class: "more" }, text);
  return element(
    "li",
    {},
    element(
      "span",
      {},
      element("span", { class: "name" }, line.name),
      line.description && more(line.description),
      notes.length > 0 && more(notes.join(" · ")),
    ),
    element("span", { class: "amount" }, amount(session, line.amount_atom)),
  );
}

function every(words: Words, unit: Interval, count: number | null): string {
  const at = 2 * ["day", "week", "month", "year"].indexOf(unit);
  return said(words.every[count === 1 ? at : at + 1] ?? "", { count: String(count) });
}

/** A sentence about what is charged next and, in brackets, what follows; nothing, where nothing is. */
function next(session: Session, words: Words, sentence: string): string | null {
  const charge = session.next_charge;
  const filled = (text: string, one: { amount_atom: number; at: string }, later = ""): string => said(text, {
    amount: amount(session, one.amount_atom) + later,
    every: every(words, charge!.billing_interval, charge!.billing_interval_count),
    date: day(session, one.at),
    seller: session.seller.name,
  });
  return charge && filled(sentence, charge, charge.then ? ` (${filled(words.then, charge.then)})` : "");
}

function buttonText(session: Session, words: Words): string {
  if (session.mode === "setup") return words.save_card;
  const again = session.trial_ends_at ? words.start_trial : words.subscribe;
  const sentence = session.next_charge ? again : words.pay;
  return said(sentence, { amount: amount(session, session.amount_total_atom) });
}

/** A link; nothing, where the address is not one that a page may lead to. */
export function link(address: string | null, text: string, look: string): HTMLElement | null {
  return address && /^https?:\/\//i.test(address) ? element("a", { href: address, rel: "noreferrer", class: look }, text) : null;
}
