// Who buys, what they owe and pay.

import { type Thing } from "../api";
import { type Field } from "../fields";
import { money, plain, words } from "../format";
import { Explain } from "../explain";
import { Preview } from "../preview";
import { Usage } from "../usage";
import { WhatIf } from "../whatif";
import { at, is, lines, link, made, of, patch, post, priceOf, remove, state, sum, text, type Resource } from "./kinds";

export const priced: Field[] = [
  { name: "price_id", label: "Price", required: true, hint: "price_…" },
  { name: "quantity", label: "Quantity", kind: "number", value: "1" },
];
const left = (one: Thing) => Number(one.amount_atom) - Number(one.refunded_amount_atom);

export const address: Field[] = [
  { name: "line1", label: "Street and number" }, { name: "line2", label: "Second line" }, { name: "postal_code", label: "Postal code" },
  { name: "city", label: "City" }, { name: "state", label: "State or region" }, { name: "country", label: "Country", hint: "such as DE" },
];
export const taxId: Field[] = [
  { name: "type", label: "Kind", value: "eu_vat", options: ["eu_vat", "gb_vat", "us_ein", "ch_vat", "ca_gst_hst", "au_abn", "in_gst", "jp_trn"] },
  { name: "value", label: "Number", hint: "in place of all there are; none, when empty" },
];

const customers: Resource = {
  id: "customers", path: "/customers", title: "Customers", one: "customer", key: "c", group: "Selling",
  about: "Somebody who buys. A customer has payment methods, subscriptions, invoices and a credit balance.",
  columns: [{ label: "E-mail", of: (one) => plain(one.email) }, text("Name", "name"), text("Your id", "external_id"), made],
  filters: [{ name: "email", label: "E-mail" }, { name: "external_id", label: "Your id" }],
  create: { fields: [{ name: "email", label: "E-mail", required: true }, { name: "name", label: "Name" }, { name: "external_id", label: "Your id", hint: "what your own books call the customer" }] },
  acts: [
    { name: "Edit", call: patch("/customers/*"), fields: [{ name: "email", label: "E-mail" }, { name: "name", label: "Name" }, { name: "business_name", label: "Company" }, { name: "phone", label: "Phone" },
      { name: "locale", label: "Language", hint: "such as de; of invoices and of the portal" }, { name: "timezone", label: "Time zone", hint: "such as Europe/Berlin" },
      { name: "tax_exempt", label: "Taxed", kind: "select", options: ["none", "exempt", "reverse"], hint: "none: taxed as others; reverse: the customer owes the tax" },
      { name: "buyer_reference", label: "Reference on invoices" }, { name: "external_id", label: "Your id" }] },
    { name: "Change the address", call: (one, body) => patch("/customers/*")(one, { address: body }), start: (one) => (one.address ?? {}) as Thing, fields: address },
    { name: "Set the tax id", call: (one, body) => patch("/customers/*")(one, { tax_ids: body.value ? [body] : [] }), start: (one) => (((one.tax_ids as Thing[])[0] as Thing | undefined) ?? {}) as Thing, fields: taxId },
    { name: "Open a portal", shows: "url", call: (one, body) => ({ method: "POST", path: "/portal-sessions", body: { customer_id: one.id, ...body } }),
      fields: [{ name: "return_url", label: "Afterwards, go to", required: true, value: "https://example.com/account" }] },
    { name: "Delete", call: remove("/customers/*"), grave: "The customer is gone for good." },
  ],
  below: [
    { title: "Subscriptions", resource: "subscriptions", query: of("customer_id") },
    { title: "Invoices", resource: "invoices", query: of("customer_id") },
    { title: "Payments", resource: "payments", query: of("customer_id") },
    { title: "Payment methods", resource: "payment-methods", path: (one) => `/customers/${one.id}/payment-methods` },
    { title: "Credit", resource: "credit-notes", path: (one) => `/customers/${one.id}/credit-notes` },
    { title: "Usage", panel: Usage },
    { title: "What if", panel: WhatIf },
  ],
};

const card = (one: Thing) => one.card as { brand: string; last_four: string; exp_month: number; exp_year: number };

const methods: Resource = {
  id: "payment-methods", path: "", title: "Payment methods", one: "payment method", group: "Selling",
  about: "What the customer pays by. Customers add theirs on a checkout page or in their portal.",
  columns: [{ label: "Card", of: (one) => `${card(one).brand} ${card(one).last_four}` }, { label: "Expires", of: (one) => `${card(one).exp_month}/${card(one).exp_year}` },
    text("Status", "status"), link("Processor", "processor_id", "processors"), made],
  create: { fields: [{ name: "token", label: "Token", required: true, hint: "from the processor's own form; test_success at the test processor" }, { name: "make_default", label: "Charge it from now on", kind: "check" }] },
  rowActs: [
    { name: "Make it the default", call: (one) => ({ method: "PATCH", path: `/customers/${one.customer_id}`, body: { default_payment_method_id: one.id } }) },
    { name: "Remove", call: (one) => ({ method: "DELETE", path: `/customers/${one.customer_id}/payment-methods/${one.id}` }), grave: "It is not charged any more." },
  ],
};

/** What has a number is a document: a file to print, and a page to send. */
const documents = (one: Thing): [string, string][] => {
  const at = `/${one.id.startsWith("cn_") ? "credit-notes" : "invoices"}/${one.id}`;
  return one.number ? [[`${at}/pdf`, `${one.number}.pdf`], [`${at}/html`, `${one.number}.html`]] : [];
};

const credits: Resource = {
  id: "credit-notes", path: "", title: "Credit notes", one: "credit note", group: "Selling",
  about: "Each change of what you owe the customer. Credit pays the next invoices before a card does; give some here, to make good for something.",
  files: (one) => (one.reason === "issued" ? documents(one) : []),
  columns: [sum("Amount", "amount_atom"), text("Number", "number"), sum("Balance after it", "balance_atom"), state("Why", "reason"), link("Invoice", "invoice_id", "invoices"), text("Description", "description"), made],
  create: { fields: [
    { name: "amount_atom", label: "Amount", kind: "amount", required: true, hint: "such as 12.50" },
    { name: "currency", label: "Currency", kind: "currency", required: true },
    { name: "invoice_id", label: "For the invoice", hint: "in_…; credit for nothing in particular, when empty" },
    { name: "description", label: "Description", kind: "area" },
  ] },
};

const subscriptions: Resource = {
  id: "subscriptions", path: "/subscriptions", title: "Subscriptions", one: "subscription", key: "s", group: "Selling",
  about: "What a customer pays again and again. The easiest way to the first one is a checkout session.",
  columns: [text("Id", "id"), state(), link("Customer", "customer_id", "customers"), at("Period ends", "current_period_end"), made],
  filters: [{ name: "state", label: "State", options: ["active", "trialing", "past_due", "paused", "incomplete", "cancelled"] }],
  create: { fields: [{ name: "customer_id", label: "Customer", required: true, hint: "cus_…" }, { name: "items", label: "Item", kind: "rows", rows: priced, required: true }] },
  acts: [
    { name: "Pause", call: post("/subscriptions/*/pause"), when: (one) => is("active", "trialing")(one) && one.pause === null, fields: [
      { name: "behavior", label: "When", kind: "select", options: ["pause_at_end", "pause_immediately"], hint: "at the end of the period, or now without anything given back" },
      { name: "pause_for_cycles", label: "For how many periods", kind: "number", hint: "until somebody resumes it, when empty" },
    ] },
    { name: "Do not pause", call: remove("/subscriptions/*/scheduled-pause"), when: (one) => one.pause !== null && one.state !== "paused" },
    { name: "Resume", call: post("/subscriptions/*/resume"), when: is("paused"), grave: "What is left of the period is billed now, unless it was." },
    { name: "Drop the change that waits", call: remove("/subscriptions/*/pending-change"), when: (one) => one.pending_change !== null, grave: "It does not happen, and its invoice is void." },
    { name: "Do not cancel", call: (one) => post("/subscriptions/*/schedule-cancellation")(one, { cancel_at_period_end: false }), when: (one) => one.cancel_at_period_end === true && one.state !== "cancelled" },
    { name: "Cancel at the end", call: (one) => post("/subscriptions/*/schedule-cancellation")(one, { cancel_at_period_end: true }), when: (one) => is("active", "trialing", "past_due")(one) && one.cancel_at_period_end === false },
    { name: "Cancel now", call: post("/subscriptions/*/cancel"), grave: "The subscription ends now.", when: (one) => one.state !== "cancelled",
      fields: [{ name: "refund_option", label: "Give back", kind: "select", options: ["none", "prorated", "cancel_unpaid"] }] },
  ],
  parts: [{ title: "Items", name: "items", columns: [priceOf, text("Quantity", "quantity"), link("Meter", "meter_id", "meters"), text("Id", "id")] }],
  below: [
    { title: "Invoices", resource: "invoices", query: of("subscription_id") },
    { title: "Changes", resource: "change-requests", query: of("subscription_id") },
    { title: "What if", panel: WhatIf, when: (one) => one.state !== "cancelled" },
  ],
};

const open = is("draft", "pending");

const changes: Resource = {
  id: "change-requests", path: "/change-requests", title: "Change requests", one: "change request", key: "q", group: "Selling",
  about: "Changes of a subscription that are gathered, worked out beforehand, and made together: now, at the end of the period, or later.",
  columns: [text("Id", "id"), state(), link("Subscription", "subscription_id", "subscriptions"), link("Customer", "customer_id", "customers"), at("Made at", "effective_at"), made],
  filters: [{ name: "state", label: "State", options: ["draft", "pending", "applied", "cancelled", "failed"] }],
  create: { fields: [{ name: "subscription_id", label: "Subscription", required: true, hint: "sub_…; what is changed is said afterwards" }] },
  acts: [
    { name: "Say what changes", call: post("/change-requests/*/changes"), when: is("draft"), fields: [
      { name: "effective_at", label: "When", kind: "select", options: ["now", "period_end"] },
      { name: "items", label: "Item", kind: "rows", hint: "They take the place of those said before.", rows: [
        { name: "action", label: "Do", kind: "select", options: ["", "add", "update", "delete"] },
        { name: "subscription_item_id", label: "Item", hint: "si_…; to update, delete" },
        { name: "price_id", label: "Price", hint: "price_…" }, { name: "quantity", label: "Quantity", kind: "number" },
      ] },
      { name: "proration_behavior", label: "The difference is paid", kind: "select", options: ["", "always_invoice", "create_prorations", "none"], hint: "at once by an invoice, with the next renewal, or never" },
      { name: "promotion_code", label: "Promotion code" },
      { name: "trial_period_days", label: "Days of trial", kind: "number" },
    ] },
    { name: "Apply", call: post("/change-requests/*/apply"), when: is("draft"), grave: "The changes are made, and paid for, when they said." },
    { name: "Cancel", call: post("/change-requests/*/cancel"), when: open, grave: "The changes are not made." },
  ],
  below: [{ title: "What it comes to", panel: Preview, when: open }],
};

const owed = is("open", "past_due", "partially_paid");

const invoices: Resource = {
  id: "invoices", path: "/invoices", title: "Invoices", one: "invoice", key: "i", group: "Selling",
  about: "What a customer owes. A draft can be changed; finalized, it has a number and its amounts are locked. Subscriptions make theirs by themselves.",
  columns: [{ label: "Number", of: (one) => plain(one.number ?? one.id) }, state(), sum("Total", "total_amount_atom"), sum("Due", "due_amount_atom"), link("Customer", "customer_id", "customers"), made],
  filters: [{ name: "state", label: "State", options: ["draft", "open", "paid", "partially_paid", "past_due", "void", "uncollectible"] }, { name: "external_id", label: "Your id" }],
  create: { fields: [
    { name: "customer_id", label: "Customer", required: true, hint: "cus_…" },
    { name: "currency", label: "Currency", kind: "currency", required: true },
    { name: "items", label: "Line", kind: "rows", rows: [
      { name: "name", label: "What", hint: "or a price" },
      { name: "quantity", label: "Quantity", kind: "number", value: "1" },
      { name: "unit_amount_atom", label: "One costs", kind: "amount", hint: "such as 12.50" },
      { name: "price_id", label: "Price", hint: "price_…" },
    ] },
    { name: "collection_method", label: "It is paid by", kind: "select", options: ["charge_automatically", "send_invoice"] },
    { name: "description", label: "The customer reads", kind: "area" },
    { name: "external_id", label: "Your id" },
  ] },
  acts: [
    { name: "Edit", call: patch("/invoices/*"), when: is("draft"), fields: [{ name: "due_date", label: "To be paid by", kind: "instant" }, { name: "description", label: "The customer reads", kind: "area" }] },
    { name: "Finalize", call: post("/invoices/*/finalize"), when: is("draft"), grave: "It gets its number, and its amounts are locked." },
    { name: "Collect", call: post("/invoices/*/pay"), when: owed },
    { name: "Mark as paid", call: (one) => post("/invoices/*/pay")(one, { paid_out_of_band: true }), when: owed },
    { name: "Void", call: post("/invoices/*/void"), grave: "Nobody will pay it any more.", when: is("open", "past_due") },
    { name: "Mark uncollectible", call: post("/invoices/*/mark-uncollectible"), grave: "It is not collected any more.", when: owed },
    { name: "Delete", call: remove("/invoices/*"), grave: "The draft is gone for good.", when: is("draft") },
  ],
  files: (one) => (one.state === "draft" ? [] : documents(one)),
  parts: [{ title: "Lines", name: "items", columns: lines }],
  below: [
    { title: "How it adds up", panel: Explain },
    { title: "Attempts to pay it", resource: "payments", query: of("invoice_id") },
    { title: "Refunds", resource: "refunds", query: of("invoice_id"), when: (one) => Number(one.paid_amount_atom) > 0 },
  ],
};

const why = (one: Thing) => plain((one.failure as { message?: string } | null)?.message);

const payments: Resource = {
  id: "payments", path: "/payments/intents", title: "Payments", one: "payment", key: "p", group: "Selling",
  about: "One attempt to take money, at one processor. They come about by themselves when an invoice is collected.",
  columns: [text("Id", "id"), state(), sum("Amount", "amount_atom"), text("Attempt", "attempt"), { label: "Why not", of: why }, link("Invoice", "invoice_id", "invoices"), link("Customer", "customer_id", "customers"), made],
  filters: [{ name: "state", label: "State", options: ["succeeded", "failed", "requires_action", "processing", "unknown"] }],
  acts: [
    { name: "Refund", when: (one) => one.state === "succeeded" && left(one) > 0,
      fields: (one) => [
        { name: "amount_atom", label: "Amount", kind: "amount", hint: `all that is left, ${money(left(one), one.currency)}, when empty` },
        { name: "reason", label: "Reason", options: ["requested_by_customer", "duplicate", "fraudulent"], hint: "one of these, or your own words" },
      ],
      call: (one, body) => ({ method: "POST", path: "/payments/refunds", body: { payment_intent_id: one.id, ...body } }),
      says: (refund) => `The refund of ${money(refund.amount_atom, refund.currency)} ${{ pending: "is pending: the processor has it, and has not answered yet", failed: `has failed: ${why(refund)}`, succeeded: "was made" }[String(refund.state)] ?? words(plain(refund.state))}.` },
  ],
  below: [
    { title: "Refunds", resource: "refunds", query: of("payment_intent_id"), when: (one) => one.state === "succeeded" },
    { title: "Disputes", resource: "disputes", query: of("payment_intent_id"), when: (one) => one.dispute_id !== null },
    { title: "Attempts to pay the same invoice", resource: "payments", query: (one) => ({ invoice_id: String(one.invoice_id) }), when: (one) => one.invoice_id !== null },
  ],
};

const refunds: Resource = {
  id: "refunds", path: "/payments/refunds", title: "Refunds", one: "refund", key: "f", group: "Selling",
  about: "Money that is given back. Begin one on the screen of the payment that it is taken from.",
  columns: [text("Id", "id"), state(), sum("Amount", "amount_atom"), text("Reason", "reason"), { label: "Why not", of: why }, link("Payment", "payment_intent_id", "payments"), link("Customer", "customer_id", "customers"), made],
  filters: [{ name: "state", label: "State", options: ["pending", "succeeded", "failed"] }],
  moves: is("pending"),
};

const disputes: Resource = {
  id: "disputes", path: "/disputes", title: "Disputes", one: "dispute", key: "t", group: "Selling",
  about: "Payments that the payer's bank asks about, or takes back. The processor tells of them; answer it there, before the evidence is due.",
  columns: [text("Id", "id"), state(), sum("Amount", "amount_atom"), text("Reason", "reason"), at("Evidence due by", "evidence_due_by"), link("Payment", "payment_intent_id", "payments"), link("Customer", "customer_id", "customers"), made],
  filters: [{ name: "state", label: "State", options: ["needs_response", "under_review", "won", "lost", "warning_needs_response", "warning_under_review", "warning_closed", "prevented"] }],
};

const offered = [{ title: "Line items", name: "line_items", columns: [priceOf, text("Quantity", "quantity")] }];
const line: Field = { name: "line_items", label: "Line item", kind: "rows", rows: priced, required: true };
const ways: Field[] = [
  { name: "success_url", label: "After payment, go to", required: true, value: "https://example.com/thanks" },
  { name: "return_url", label: "Otherwise, go to", required: true, value: "https://example.com/" },
];

const sessions: Resource = {
  id: "checkout-sessions", path: "/checkout-sessions", title: "Checkout", one: "checkout session", key: "k", group: "Selling", page: "url",
  about: "An offer to one payer, with a page of its own to pay it on. Send its address to whoever buys.",
  columns: [text("Id", "id"), state(), sum("Total", "amount_total_atom"), text("Payer", "customer_email"), made],
  filters: [{ name: "state", label: "State", options: ["open", "completed", "expired"] }],
  create: { fields: [line, ...ways, { name: "customer_id", label: "Customer", hint: "cus_…; asked on the page, when empty" }, { name: "promotion_code", label: "Promotion code" }] },
  acts: [{ name: "Expire", call: post("/checkout-sessions/*/expire"), grave: "Its page can no longer be paid on.", when: is("open") }],
  parts: offered,
};

const links: Resource = {
  id: "payment-links", path: "/payment-links", title: "Payment links", one: "payment link", key: "l", group: "Selling", page: "url",
  about: "One address for everybody: whoever opens it gets a checkout session of their own. Put it on a page or into a mail.",
  columns: [text("Name", "name"), text("Mode", "mode"), text("Works", "is_active"), made],
  create: { fields: [{ name: "name", label: "Name", required: true }, { name: "mode", label: "Mode", kind: "select", options: ["payment", "subscription"], hint: "takes one payment, or begins a subscription" }, line, ...ways,
    { name: "coupon_id", label: "Coupon", hint: "cpn_…" }, { name: "free_trial_days", label: "Days of trial", kind: "number", hint: "of a subscription" }] },
  acts: [
    { name: "Edit", call: patch("/payment-links/*"), fields: [{ name: "name", label: "Name", required: true }, ...ways] },
    { name: "Turn off", call: (one) => patch("/payment-links/*")(one, { is_active: false }), when: (one) => one.is_active === true, grave: "It can never be opened again." },
  ],
  parts: offered,
};

export const selling = [customers, methods, credits, subscriptions, changes, invoices, payments, refunds, disputes, sessions, links];
