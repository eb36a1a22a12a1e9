// What there is to see and to do: a table. The screens are drawn from it.

import { atoms, money, plain, when, words } from "./format";
import type { Call, Thing } from "./api";

export type Field = {
  name: string;
  label: string;
  kind?: "text" | "number" | "select" | "amount" | "check" | "json" | "area";
  options?: string[];
  required?: boolean;
  value?: string;
  hint?: string;
};
export type Act = {
  name: string;
  call: (thing: Thing, body: Record<string, unknown>) => Call;
  fields?: Field[];
  grave?: string;
  when?: (thing: Thing) => boolean;
  shows?: "token";
};
export type Column = { label: string; of: (thing: Thing) => string; to?: (thing: Thing) => string | undefined };
export type Resource = {
  id: string;
  path: string;
  title: string;
  one: string;
  about: string;
  key: string;
  columns: Column[];
  filters?: { name: string; label: string; options?: string[] }[];
  create?: { fields: Field[]; shows?: "token"; body?: (body: Record<string, unknown>) => Record<string, unknown> };
  acts?: Act[];
  below?: { title: string; resource: string; query: (thing: Thing) => string }[];
  group: "Selling" | "Catalog" | "Developers";
};

const text = (label: string, name: string): Column => ({ label, of: (one) => plain(one[name]) });
const state = (label = "State", name = "state"): Column => ({ label, of: (one) => words(plain(one[name])) });
const made: Column = { label: "Created", of: (one) => when(one.created_at) };
const sum = (label: string, name: string): Column => ({ label, of: (one) => money(one[name], one.currency) });
const link = (label: string, name: string, resource: string): Column => ({
  label,
  of: (one) => plain(one[name]),
  to: (one) => (typeof one[name] === "string" ? `#/${resource}/${one[name]}` : undefined),
});
const post = (rest: string) => (one: Thing, body: Record<string, unknown>): Call => ({ method: "POST", path: `${rest.replace("*", one.id)}`, body, version: one.version });
const patch = (path: string) => (one: Thing, body: Record<string, unknown>): Call => ({ method: "PATCH", path: path.replace("*", one.id), body, version: one.version });
const remove = (path: string) => (one: Thing): Call => ({ method: "DELETE", path: path.replace("*", one.id), version: one.version });
const is = (...states: string[]) => (one: Thing) => states.includes(String(one.state));

/** Amounts are typed in as people write them, and sent in the currency's smallest unit. */
export function amounts(body: Record<string, unknown>, fields: Field[], currency: string): Record<string, unknown> {
  const out = { ...body };
  for (const field of fields) {
    if (field.kind !== "amount" || out[field.name] === undefined || out[field.name] === null) continue;
    const value = atoms(String(out[field.name]), currency);
    if (value === undefined) throw new Error(`${field.label}: an amount such as 12.50`);
    out[field.name] = value;
  }
  return out;
}

export const resources: Resource[] = [
  {
    id: "customers", path: "/customers", title: "Customers", one: "customer", key: "c", group: "Selling",
    about: "Somebody who buys. A customer has payment methods, subscriptions, invoices and a credit balance.",
    columns: [{ label: "E-mail", of: (one) => plain(one.email) }, text("Name", "name"), made],
    filters: [{ name: "email", label: "E-mail" }],
    create: { fields: [{ name: "email", label: "E-mail", required: true }, { name: "name", label: "Name" }] },
    acts: [
      { name: "Edit", call: patch("/customers/*"), fields: [{ name: "email", label: "E-mail" }, { name: "name", label: "Name" }, { name: "phone", label: "Phone" }] },
      { name: "Delete", call: remove("/customers/*"), grave: "The customer is gone for good." },
    ],
    below: [
      { title: "Subscriptions", resource: "subscriptions", query: (one) => `?customer_id=${one.id}` },
      { title: "Invoices", resource: "invoices", query: (one) => `?customer_id=${one.id}` },
      { title: "Payments", resource: "payments", query: (one) => `?customer_id=${one.id}` },
    ],
  },
  {
    id: "subscriptions", path: "/subscriptions", title: "Subscriptions", one: "subscription", key: "s", group: "Selling",
    about: "What a customer pays again and again. The easiest way to the first one is a checkout session.",
    columns: [text("Id", "id"), state(), link("Customer", "customer_id", "customers"), { label: "Period ends", of: (one) => when(one.current_period_end) }, made],
    filters: [{ name: "state", label: "State", options: ["active", "trialing", "past_due", "paused", "incomplete", "cancelled"] }],
    create: { fields: [
      { name: "customer_id", label: "Customer", required: true, hint: "cus_…" },
      { name: "items", label: "Items", kind: "json", required: true, value: '[{"price_id": "price_…", "quantity": 1}]' },
    ] },
    acts: [
      { name: "Pause", call: post("/subscriptions/*/pause"), when: is("active", "trialing") },
      { name: "Resume", call: post("/subscriptions/*/resume"), when: is("paused") },
      { name: "Cancel at the end", call: (one) => ({ method: "POST", path: `/subscriptions/${one.id}/schedule-cancellation`, body: { cancel_at_period_end: true }, version: one.version }), when: is("active", "trialing", "past_due") },
      { name: "Cancel now", call: post("/subscriptions/*/cancel"), grave: "The subscription ends now.", when: (one) => one.state !== "cancelled",
        fields: [{ name: "refund_option", label: "Give back", kind: "select", options: ["none", "prorated", "cancel_unpaid"] }] },
    ],
    below: [{ title: "Invoices", resource: "invoices", query: (one) => `?subscription_id=${one.id}` }],
  },
  {
    id: "invoices", path: "/invoices", title: "Invoices", one: "invoice", key: "i", group: "Selling",
    about: "What a customer owes. A draft can be changed; finalized, it has a number and its amounts are locked.",
    columns: [{ label: "Number", of: (one) => plain(one.number ?? one.id) }, state(), sum("Total", "total_amount_atom"), sum("Due", "due_amount_atom"), link("Customer", "customer_id", "customers"), made],
    filters: [{ name: "state", label: "State", options: ["draft", "open", "paid", "partially_paid", "past_due", "void", "uncollectible"] }],
    acts: [
      { name: "Finalize", call: post("/invoices/*/finalize"), when: is("draft") },
      { name: "Collect", call: post("/invoices/*/pay"), when: is("open", "past_due", "partially_paid") },
      { name: "Mark as paid", call: (one) => ({ method: "POST", path: `/invoices/${one.id}/pay`, body: { paid_out_of_band: true }, version: one.version }), when: is("open", "past_due", "partially_paid") },
      { name: "Void", call: post("/invoices/*/void"), grave: "Nobody will pay it any more.", when: is("open", "past_due") },
      { name: "Mark uncollectible", call: post("/invoices/*/mark-uncollectible"), grave: "It is not collected any more.", when: is("open", "past_due", "partially_paid") },
      { name: "Delete", call: remove("/invoices/*"), grave: "The draft is gone for good.", when: is("draft") },
    ],
    below: [{ title: "Payments", resource: "payments", query: (one) => `?invoice_id=${one.id}` }],
  },
  {
    id: "payments", path: "/payments/intents", title: "Payments", one: "payment", key: "p", group: "Selling",
    about: "One attempt to take money, at one processor. They come about by themselves when an invoice is collected.",
    columns: [text("Id", "id"), state(), sum("Amount", "amount_atom"), link("Invoice", "invoice_id", "invoices"), link("Customer", "customer_id", "customers"), made],
    filters: [{ name: "state", label: "State", options: ["succeeded", "failed", "requires_action", "processing", "unknown"] }],
    acts: [
      { name: "Refund", when: (one) => one.state === "succeeded" && Number(one.refunded_amount_atom) < Number(one.amount_atom), fields: [{ name: "amount_atom", label: "Amount", kind: "amount", hint: "all that is left, when empty" }],
        call: (one, body) => ({ method: "POST", path: "/payments/refunds", body: { payment_intent_id: one.id, ...body } }) },
    ],
  },
  {
    id: "checkout-sessions", path: "/checkout-sessions", title: "Checkout", one: "checkout session", key: "k", group: "Selling",
    about: "An offer to one payer, with a page of its own to pay it on. Send its address to whoever buys.",
    columns: [text("Id", "id"), state(), sum("Total", "amount_total_atom"), text("Payer", "customer_email"), made],
    filters: [{ name: "state", label: "State", options: ["open", "completed", "expired"] }],
    create: { fields: [
      { name: "line_items", label: "Line items", kind: "json", required: true, value: '[{"price_id": "price_…", "quantity": 1}]' },
      { name: "success_url", label: "After payment, go to", required: true, value: "https://example.com/thanks" },
      { name: "return_url", label: "Otherwise, go to", required: true, value: "https://example.com/" },
      { name: "customer_id", label: "Customer", hint: "cus_…; asked on the page, when empty" },
      { name: "promotion_code", label: "Promotion code" },
    ] },
    acts: [{ name: "Expire", call: post("/checkout-sessions/*/expire"), grave: "Its page can no longer be paid on.", when: is("open") }],
  },
  {
    id: "products", path: "/products", title: "Products", one: "product", key: "o", group: "Catalog",
    about: "What you sell. What it costs is said by its prices.",
    columns: [text("Name", "name"), text("Unit", "unit_label"), text("For sale", "active"), made],
    create: { fields: [{ name: "name", label: "Name", required: true }, { name: "description", label: "Description", kind: "area" }, { name: "unit_label", label: "One unit is called", hint: "seat, GB, hour" }] },
    acts: [
      { name: "Edit", call: patch("/products/*"), fields: [{ name: "name", label: "Name" }, { name: "description", label: "Description", kind: "area" }, { name: "unit_label", label: "One unit is called" }] },
      { name: "Archive", call: (one) => ({ method: "PATCH", path: `/products/${one.id}`, body: { active: false }, version: one.version }), when: (one) => one.active === true },
      { name: "Delete", call: remove("/products/*"), grave: "The product is gone for good. One that has prices can only be archived." },
    ],
    below: [{ title: "Prices", resource: "prices", query: (one) => `?product_id=${one.id}` }],
  },
  {
    id: "prices", path: "/prices", title: "Prices", one: "price", key: "r", group: "Catalog",
    about: "What a product costs, once or again and again. An amount never changes: make a new price, and archive the old one.",
    columns: [text("Id", "id"), { label: "Unit", of: (one) => (one.unit_amount_atom === null ? plain(one.tiers_mode ?? one.unit_amount_decimal) : money(one.unit_amount_atom, one.currency)) },
      { label: "Every", of: (one) => (one.billing_interval ? `${one.billing_interval_count} ${one.billing_interval}` : "once") }, link("Product", "product_id", "products"), text("For sale", "active"), made],
    create: { fields: [
      { name: "product_id", label: "Product", required: true, hint: "prod_…" },
      { name: "currency", label: "Currency", required: true, value: "usd" },
      { name: "unit_amount_atom", label: "Price of a unit", kind: "amount", required: true, hint: "such as 12.50" },
      { name: "billing_interval", label: "Every", kind: "select", options: ["", "day", "week", "month", "year"], hint: "once, when empty" },
      { name: "nickname", label: "Name on invoices" },
    ] },
    acts: [{ name: "Archive", call: (one) => ({ method: "PATCH", path: `/prices/${one.id}`, body: { active: false }, version: one.version }), when: (one) => one.active === true }],
  },
  {
    id: "coupons", path: "/coupons", title: "Coupons", one: "coupon", key: "u", group: "Catalog",
    about: "Something off: a percentage, an amount, or a longer trial. Promotion codes let customers type one in.",
    columns: [text("Name", "name"), { label: "Off", of: (one) => (one.percent_off ? `${one.percent_off} %` : one.amount_off_atom ? money(one.amount_off_atom, one.currency) : `${plain(one.trial_extension_days)} days`) },
      text("Lasts", "duration"), text("Redeemed", "times_redeemed"), made],
    create: { fields: [
      { name: "name", label: "Name" },
      { name: "discount_type", label: "Takes off", kind: "select", options: ["percentage", "fixed_amount", "trial_extension"], required: true },
      { name: "percent_off", label: "Percent", kind: "number", hint: "of a percentage" },
      { name: "amount_off_atom", label: "Amount", kind: "amount", hint: "of a fixed amount" },
      { name: "currency", label: "Currency", hint: "of a fixed amount" },
      { name: "trial_extension_days", label: "Days", kind: "number", hint: "of a longer trial" },
      { name: "duration", label: "Lasts", kind: "select", options: ["", "once", "repeating", "forever"] },
      { name: "duration_in_months", label: "Months", kind: "number", hint: "of one that repeats" },
    ] },
    acts: [{ name: "Delete", call: remove("/coupons/*"), grave: "Nobody can redeem it any more." }],
  },
  {
    id: "keys", path: "/tokens", title: "API keys", one: "key", key: "a", group: "Developers",
    about: "What your servers and pages send. Secret keys stay on servers; publishable ones may stand in a page.",
    columns: [{ label: "Name", of: (one) => plain(one.name) }, text("Kind", "kind"), { label: "Key", of: (one) => `${one.prefix}…${one.last_four}` },
      { label: "Scopes", of: (one) => plain((one.scopes as string[] | undefined)?.join(", ")) }, { label: "Last used", of: (one) => when(one.last_used_at) },
      { label: "Ends", of: (one) => (one.revoked_at ? `revoked ${when(one.revoked_at)}` : one.expires_at ? when(one.expires_at) : "never") }],
    create: { shows: "token", fields: [
      { name: "kind", label: "Kind", kind: "select", options: ["secret", "publishable"], required: true },
      { name: "name", label: "Name" },
      { name: "scopes", label: "Scopes", kind: "json", hint: 'such as ["customers:read"]; all of yours, when empty' },
    ] },
    acts: [
      { name: "Roll", call: post("/tokens/*/roll"), shows: "token", when: (one) => !one.revoked_at, fields: [{ name: "expires_in_hours", label: "The old one works on for hours", kind: "number", value: "24" }] },
      { name: "Revoke", call: remove("/tokens/*"), grave: "Whatever uses the key stops working within 30 seconds.", when: (one) => !one.revoked_at },
    ],
  },
  {
    id: "events", path: "/events", title: "Events", one: "event", key: "e", group: "Developers",
    about: "What happened, in its order. Each change of anything leaves an event, with the object as it then was.",
    columns: [text("Type", "type"), { label: "Object", of: (one) => plain((one.data as { object?: Thing } | undefined)?.object?.id) }, text("Request", "request_id"), made],
  },
  {
    id: "processors", path: "/processors", title: "Processors", one: "processor", key: "b", group: "Developers",
    about: "Who moves the money. The account's default takes what names no other.",
    columns: [text("Name", "name"), text("Type", "type"), text("Active", "active"), made],
    create: { fields: [{ name: "name", label: "Name", required: true }, { name: "type", label: "Type", value: "test", required: true }] },
    acts: [{ name: "Make it the default", call: (one) => ({ method: "PATCH", path: "/account", body: { default_processor_id: one.id } }) }],
  },
];

export const resource = (id: string) => resources.find((one) => one.id === id);

/** Where an id leads. */
export function home(id: string): string | undefined {
  const prefixes: Record<string, string> = {
    cus: "customers", sub: "subscriptions", in: "invoices", pi: "payments", cs: "checkout-sessions",
    prod: "products", price: "prices", cpn: "coupons", tok: "keys", evt: "events", proc: "processors",
  };
  const found = /^([a-z]+)_(?:prod|stg)_[a-z0-9]{16}$/.exec(id.trim());
  const to = found && prefixes[found[1]];
  return to ? `#/${to}/${id.trim()}` : undefined;
}
