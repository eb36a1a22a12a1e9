// What is sold, at which price, and with what off.

import { type Thing } from "../api";
import { type Field } from "../fields";
import { money, plain } from "../format";
import { Calculator } from "../price";
import { events } from "../usage";
import { ToUsage, UsageEvents } from "../usage-events";
import { at, link, made, of, patch, remove, text, type Resource } from "./kinds";
import { amount, record } from "./metered";

const active = (one: Thing) => one.active === true;
const turn = (path: string, to: boolean) => (one: Thing) => patch(path)(one, { active: to });

const products: Resource = {
  id: "products", path: "/products", title: "Products", one: "product", key: "o", group: "Catalog",
  about: "What you sell. What it costs is said by its prices.",
  columns: [text("Name", "name"), text("Unit", "unit_label"), text("For sale", "active"), made],
  create: { fields: [{ name: "name", label: "Name", required: true }, { name: "description", label: "Description", kind: "area" }, { name: "unit_label", label: "One unit is called", hint: "seat, GB, hour" }] },
  acts: [
    { name: "Edit", call: patch("/products/*"), fields: [{ name: "name", label: "Name" }, { name: "description", label: "Description", kind: "area" }, { name: "unit_label", label: "One unit is called" }] },
    { name: "Archive", call: turn("/products/*", false), when: active },
    { name: "Sell it again", call: turn("/products/*", true), when: (one) => !active(one) },
    { name: "Delete", call: remove("/products/*"), grave: "The product is gone for good. One that has prices can only be archived." },
  ],
  below: [{ title: "Prices", resource: "prices", query: of("product_id") }],
};

const prices: Resource = {
  id: "prices", path: "/prices", title: "Prices", one: "price", key: "r", group: "Catalog",
  about: "What a product costs, once or again and again. An amount never changes: make a new price, and archive the old one.",
  columns: [text("Id", "id"), { label: "Unit", of: (one) => (one.unit_amount_atom === null ? plain(one.tiers_mode ?? one.unit_amount_decimal) : money(one.unit_amount_atom, one.currency)) },
    { label: "Every", of: (one) => (one.billing_interval ? `${one.billing_interval_count} ${one.billing_interval}` : "once") }, link("Product", "product_id", "products"), text("For sale", "active"), made],
  create: { fields: [
    { name: "product_id", label: "Product", required: true, hint: "prod_…" },
    { name: "currency", label: "Currency", kind: "currency", required: true },
    { name: "unit_amount_atom", label: "Price of a unit", kind: "amount", required: true, hint: "such as 12.50" },
    { name: "billing_interval", label: "Every", kind: "select", options: ["", "day", "week", "month", "year"], hint: "once, when empty" },
    { name: "usage_type", label: "Quantity", kind: "select", options: ["", "licensed", "metered"], hint: "agreed beforehand, when empty; metered: measured" },
    { name: "meter_id", label: "Meter", hint: "mtr_…; of metered usage" },
    { name: "nickname", label: "Name on invoices" },
  ] },
  acts: [
    { name: "Rename", call: patch("/prices/*"), fields: [{ name: "nickname", label: "Name on invoices" }] },
    { name: "Archive", call: turn("/prices/*", false), when: active },
    { name: "Sell it again", call: turn("/prices/*", true), when: (one) => !active(one) },
  ],
  below: [{ title: "What a quantity costs", panel: Calculator }],
};

const meters: Resource = {
  id: "meters", path: "/meters", title: "Meters", one: "meter", key: "m", group: "Catalog",
  about: "What is counted of your customers' usage. Make a meter, send it events, and give a product a metered price: it is billed by itself.",
  columns: [text("Name", "display_name"), text("Event", "event_name"), text("Makes", "aggregation_formula"), text("Active", "active"), made],
  create: { fields: [
    { name: "display_name", label: "Name", required: true },
    { name: "event_name", label: "Event", required: true, hint: "what your events are called, such as api_call" },
    { name: "aggregation_formula", label: "It makes of them", kind: "select", options: ["sum", "count", "max", "last", "unique"], required: true, hint: "the sum of their values, how many there are, the largest value, the last, or how many different values" },
    { name: "correction_window_days", label: "An event may be days old", kind: "number", hint: "35, when empty" },
  ] },
  acts: [
    record,
    { name: "Edit", call: patch("/meters/*"), fields: [{ name: "display_name", label: "Name", required: true }, { name: "correction_window_days", label: "An event may be days old", kind: "number", required: true }] },
    { name: "Archive", call: turn("/meters/*", false), when: active, grave: "It takes no more events. What it has counted stays." },
    { name: "Take events again", call: turn("/meters/*", true), when: (one) => !active(one) },
  ],
  below: [{ title: "Usage", panel: ToUsage }],
};

const usage: Resource = {
  id: "usage", path: "/meter-events", title: "Usage", one: "event", key: "z", group: "Catalog", screen: UsageEvents,
  about: "What your customers used: the events that your servers sent, and what a meter makes of them.",
  own: (one) => events({ meter_id: String(one.meter_id), identifier: String(one.identifier) }),
  columns: [text("Identifier", "identifier"), { label: "Value", of: amount }, at("Happened", "timestamp"), at("Recorded", "recorded_at"),
    { label: "Amended", of: (one) => ((one.previous as Thing[]).length ? `${(one.previous as Thing[]).length}×` : "–") }, link("Customer", "customer_id", "customers")],
};

const limits: Field[] = [
  { name: "max_redemptions", label: "At most so often", kind: "number", hint: "without end, when empty" },
];

const coupons: Resource = {
  id: "coupons", path: "/coupons", title: "Coupons", one: "coupon", key: "u", group: "Catalog",
  about: "Something off: a percentage, an amount, or a longer trial. Promotion codes let customers type one in.",
  columns: [text("Name", "name"), { label: "Off", of: (one) => (one.percent_off ? `${one.percent_off} %` : one.amount_off_atom ? money(one.amount_off_atom, one.currency) : `${plain(one.trial_extension_days)} days`) },
    text("Lasts", "duration"), text("Redeemed", "times_redeemed"), made],
  create: { fields: [
    { name: "name", label: "Name" },
    { name: "discount_type", label: "Takes off", kind: "select", options: ["percentage", "fixed_amount", "trial_extension"], required: true },
    { name: "percent_off", label: "Percent", kind: "number", hint: "of a percentage" },
    { name: "amount_off_atom", label: "Amount", kind: "amount", hint: "of a fixed amount" },
    { name: "currency", label: "Currency", kind: "currency", hint: "of a fixed amount" },
    { name: "trial_extension_days", label: "Days", kind: "number", hint: "of a longer trial" },
    { name: "duration", label: "Lasts", kind: "select", options: ["", "once", "repeating", "forever"] },
    { name: "duration_in_months", label: "Months", kind: "number", hint: "of one that repeats" },
    ...limits,
  ] },
  acts: [
    { name: "Edit", call: patch("/coupons/*"), fields: [{ name: "name", label: "Name" }, ...limits] },
    { name: "Deactivate", call: turn("/coupons/*", false), when: active, grave: "Nobody can redeem it until it is activated again." },
    { name: "Activate", call: turn("/coupons/*", true), when: (one) => one.active === false },
    { name: "Delete", call: remove("/coupons/*"), grave: "Nobody can redeem it any more." },
  ],
  below: [{ title: "Promotion codes", resource: "promotion-codes", query: of("coupon_id") }],
};

const promotions: Resource = {
  id: "promotion-codes", path: "/promotion-codes", title: "Promotion codes", one: "promotion code", key: "d", group: "Catalog",
  about: "What a customer types to get a coupon. One coupon may have many: one for each campaign, or for each customer.",
  columns: [text("Code", "code"), link("Coupon", "coupon_id", "coupons"), text("Works", "active"), text("Redeemed", "times_redeemed"), at("Until", "expires_at"), made],
  filters: [{ name: "code", label: "Code" }],
  create: { fields: [
    { name: "coupon_id", label: "Coupon", required: true, hint: "cpn_…" },
    { name: "code", label: "Code", hint: "such as LAUNCH-20; one is made up, when empty" },
    ...limits,
    { name: "expires_at", label: "Until", kind: "instant", hint: "without end, when empty" },
    { name: "customer_id", label: "Only for", hint: "cus_…; for anybody, when empty" },
  ] },
  acts: [
    { name: "Edit", call: patch("/promotion-codes/*"), fields: [...limits, { name: "expires_at", label: "Until", kind: "instant" }] },
    { name: "Deactivate", call: turn("/promotion-codes/*", false), when: active, grave: "Nobody can redeem it until it is activated again." },
    { name: "Activate", call: turn("/promotion-codes/*", true), when: (one) => one.active === false },
    { name: "Delete", call: remove("/promotion-codes/*"), grave: "The code can be used for another coupon." },
  ],
};

const taxes: Resource = {
  id: "tax-rates", path: "/tax-rates", title: "Tax rates", one: "tax rate", key: "y", group: "Catalog",
  about: "What part of an amount is tax. Make a rate, and name it in the settings: it is then on whatever has none of its own by its line, product or customer.",
  columns: [text("Name", "display_name"), { label: "Percent", of: (one) => `${plain(one.percentage)} %` }, { label: "It is", of: (one) => (one.inclusive ? "in the amounts" : "added") },
    text("Country", "country"), text("Region", "region"), at("From", "effective_from"), text("Active", "active"), made],
  create: { fields: [
    { name: "display_name", label: "Name", required: true, hint: "what customers read on an invoice, such as VAT" },
    { name: "percentage", label: "Percent", required: true, hint: "such as 19 or 8.1; it never changes" },
    { name: "inclusive", label: "Amounts have the tax in them", kind: "check" },
    { name: "country", label: "Country", hint: "such as DE" }, { name: "region", label: "Region" },
    { name: "effective_from", label: "From", kind: "instant", hint: "at once, when empty" },
  ] },
  acts: [
    { name: "Put it on everything", call: (one) => ({ method: "PATCH", path: "/account", body: { default_tax_rate_ids: [one.id] } }), when: active,
      grave: "New lines without a rate of their own have this one, and no other." },
    { name: "Edit", call: patch("/tax-rates/*"), fields: [{ name: "display_name", label: "Name", required: true }, { name: "region", label: "Region" }, { name: "effective_from", label: "From", kind: "instant" }] },
    { name: "Archive", call: turn("/tax-rates/*", false), when: active, grave: "It is put on no new line. What has it keeps it." },
    { name: "Use it again", call: turn("/tax-rates/*", true), when: (one) => !active(one) },
  ],
};

export const catalog = [products, prices, meters, usage, coupons, promotions, taxes];
