// What developers look after: keys, events and who is told of them, processors.

import { type Thing } from "../api";
import { type Field } from "../fields";
import { plain, when } from "../format";
import { at, link, made, patch, post, remove, state, text, type Resource } from "./kinds";

const events: Field = { name: "events", label: "Events", kind: "list", required: true, value: "*", hint: "* is all of them; or types such as invoice.paid or customer.*, with commas between" };
const common = ["customer.created", "customer.subscription.created", "customer.subscription.updated", "customer.subscription.cancelled", "invoice.paid", "invoice.payment_failed", "payment_intent.succeeded", "refund.created", "checkout_session.completed"];
const part = (of: unknown, name: string) => (of as Record<string, unknown> | null | undefined)?.[name];
const enabled = (one: Thing) => one.state === "enabled";

/** What an endpoint said to a delivery. */
function answer(one: Thing): string {
  if (one.response_status) return `${one.response_status}`;
  return plain(one.error);
}

const keys: Resource = {
  id: "keys", path: "/tokens", title: "API keys", one: "key", key: "a", group: "Developers",
  about: "What your servers and pages send. Secret keys stay on servers; publishable ones may stand in a page.",
  columns: [{ label: "Name", of: (one) => plain(one.name) }, text("Kind", "kind"), { label: "Key", of: (one) => `${one.prefix}…${one.last_four}` },
    { label: "Scopes", of: (one) => plain((one.scopes as string[] | undefined)?.join(", ")) }, at("Last used", "last_used_at"),
    { label: "Opened by", of: (one) => plain(one.passkey_id) },
    { label: "Ends", of: (one) => (one.revoked_at ? `revoked ${when(one.revoked_at)}` : one.expires_at ? when(one.expires_at) : "never") }],
  create: { shows: "token", fields: [
    { name: "kind", label: "Kind", kind: "select", options: ["secret", "publishable"], required: true },
    { name: "name", label: "Name" },
    { name: "scopes", label: "Scopes", kind: "list", hint: "such as customers:read, invoices:write; all of yours, when empty" },
  ] },
  acts: [
    { name: "Roll", call: post("/tokens/*/roll"), shows: "token", when: (one) => !one.revoked_at, fields: [{ name: "expires_in_hours", label: "The old one works on for hours", kind: "number", value: "24" }] },
    { name: "Revoke", call: remove("/tokens/*"), grave: "Whatever uses the key stops working within 30 seconds.", when: (one) => !one.revoked_at },
  ],
};

const log: Resource = {
  id: "events", path: "/events", title: "Events", one: "event", key: "e", group: "Developers",
  about: "What happened, in its order. Each change of anything leaves an event, with the object as it then was.",
  columns: [text("Type", "type"), { label: "Object", of: (one) => plain(part(part(one.data, "object"), "id")) }, { label: "By", of: (one) => plain(part(one.actor, "type")) }, text("Request", "request_id"), made],
  filters: [{ name: "type", label: "Type", proposals: common }, { name: "object_id", label: "Object" }, { name: "customer_id", label: "Customer" }], one_filter: true,
  history: false,
  acts: [{ name: "Send again", call: (one, body) => ({ method: "POST", path: `/events/${one.id}/resend`, body }),
    fields: [{ name: "endpoint_id", label: "To", hint: "we_…; to all that want it, when empty" }], says: () => "It is sent once more." }],
  below: [{ title: "Deliveries", resource: "deliveries", path: (one) => `/events/${one.id}/deliveries` }],
};

const webhooks: Resource = {
  id: "webhooks", path: "/webhook-endpoints", title: "Webhooks", one: "endpoint", key: "w", group: "Developers",
  about: "An address of yours that is told what happens: each event is sent there, signed. It answers 2xx, or the event is sent again.",
  columns: [text("Address", "url"), state(),
    { label: "Health", of: (one) => (!one.health ? "nothing sent yet" : part(one.health, "failing_since") ? `fails since ${when(part(one.health, "failing_since"))}` : "receives") },
    { label: "Events", of: (one) => plain((one.events as string[]).join(", ")) }, made],
  create: { shows: "secret", fields: [
    { name: "url", label: "Address", required: true, hint: "begins with https://" }, events,
    { name: "description", label: "What it is for" },
  ] },
  acts: [
    { name: "Send a test event", call: post("/webhook-endpoints/*/test"), when: enabled,
      fields: [{ name: "type", label: "Type", value: "customer.created", options: common }],
      says: (one) => `The endpoint answered ${answer(one)} in ${plain(one.duration_ms)} ms.${one.response_body ? ` ${one.response_body}` : ""}` },
    { name: "Replay", call: post("/webhook-endpoints/*/replay"), when: enabled,
      fields: (one) => [
        { name: "since", label: "Since", kind: "instant", required: true, value: String(part(one.health, "failing_since") ?? one.created_at) },
        { name: "only", label: "Which", kind: "select", options: ["failed", "all"], hint: "failed: what it has not received" },
        { name: "types", label: "Types", kind: "list", hint: "all that it wants, when empty" },
      ],
      says: () => "What it missed is on its way; it shows below." },
    { name: "Edit", call: patch("/webhook-endpoints/*"), fields: [{ name: "url", label: "Address", required: true }, events, { name: "description", label: "What it is for" }] },
    { name: "Rotate the secret", call: post("/webhook-endpoints/*/rotate-secret"), shows: "secret",
      fields: [{ name: "expires_in_hours", label: "The old one is valid on for hours", kind: "number", value: "24" }] },
    { name: "Disable", call: (one) => patch("/webhook-endpoints/*")(one, { state: "disabled" }), when: enabled, grave: "Nothing is sent there until it is enabled again. What happens meanwhile is kept." },
    { name: "Enable", call: patch("/webhook-endpoints/*", { state: "enabled" }), when: (one) => !enabled(one),
      fields: (one) => [{ name: "replay_since", label: "Send what it has not received since", kind: "instant", value: String(part(one.health, "failing_since") ?? one.updated_at), hint: "nothing of the past, when empty" }] },
    { name: "Delete", call: remove("/webhook-endpoints/*"), grave: "Nothing is sent there any more." },
  ],
  below: [{ title: "Deliveries", resource: "deliveries", path: (one) => `/webhook-endpoints/${one.id}/deliveries` }],
};

const deliveries: Resource = {
  id: "deliveries", path: "", title: "Deliveries", one: "delivery", group: "Developers",
  about: "What was sent, and what was answered. There is nothing yet: send a test event, or change anything that an endpoint wants to know of.",
  columns: [
    { label: "Event", of: (one) => `${one.event_type}${one.test ? " (test)" : ""}`, to: (one) => (one.test ? undefined : `#/events/${one.event_id}`) },
    state(), { label: "Answer", of: answer },
    { label: "Body", of: (one) => plain(one.response_body), long: true },
    { label: "ms", of: (one) => plain(one.duration_ms) },
    { label: "Attempt", of: (one) => `${one.attempt}${one.resent ? ", sent again" : ""}` },
    { label: "Next attempt", of: (one) => (one.state === "pending" && !one.next_attempt_at ? "after those before it" : when(one.next_attempt_at)) }, text("Object", "object_id"), link("Endpoint", "endpoint_id", "webhooks"), made,
  ],
  rowActs: [{ name: "Send again", when: (one) => !one.test, call: (one) => ({ method: "POST", path: `/events/${one.event_id}/resend`, body: { endpoint_id: one.endpoint_id } }) }],
  moves: (one) => one.state === "pending",
};

const ended = (one: Thing): Record<string, string> => ({ route: String(one.route), status: String(one.status), ...(one.code ? { code: String(one.code) } : {}) });

/** Of the request log: how requests ended. */
export const requestGroups: Resource = {
  id: "request-groups", path: "/request-logs/groups", title: "How requests ended", one: "group", group: "Developers",
  about: "No request was kept yet. Each stands here a moment after it was answered.",
  columns: [{ label: "Operation", of: (one) => plain(one.route), to: (one) => `#/request-log?${new URLSearchParams(ended(one))}` },
    text("Status", "status"), text("Code", "code"), text("Requests", "count"), at("Newest", "last_at"), at("Oldest", "first_at"), text("Longest, ms", "longest_ms")],
  moves: () => false,
};

/** Of the request log: one by one. */
export const requests: Resource = {
  id: "requests", path: "/request-logs", title: "Requests", one: "request", group: "Developers", about: requestGroups.about,
  columns: [text("Request", "id"), text("Operation", "route"), text("Status", "status"),
    { label: "What was wrong", of: (one) => plain((one.errors as { pointer: string; code: string }[]).map((fault) => `${fault.pointer || "/"} ${fault.code}`).join(", ")), long: true },
    text("ms", "duration_ms"), text("Units", "capacity_units"), text("By", "actor"), link("Key", "token_id", "keys"), text("Path", "path"), at("Answered", "created_at")],
  moves: () => false,
};

const secretKey: Field = { name: "secret_key", label: "Secret or restricted key", masked: true, hint: "of Stripe: begins with sk_ or rk_. It is tried, sealed, and never shown again." };
const publishableKey: Field = { name: "publishable_key", label: "Publishable key", hint: "of Stripe: begins with pk_. Pages that take cards are given it." };
const signing: Field = { name: "webhook_secrets", label: "Signing secrets", kind: "list", masked: true, hint: "of Stripe's endpoint: begin with whsec_. Two while one is replaced. Never shown again." };

const processors: Resource = {
  id: "processors", path: "/processors", title: "Processors", one: "processor", key: "b", group: "Developers",
  about: "Who moves the money. The account's default takes what names no other.",
  columns: [text("Name", "name"), text("Type", "type"), state(), text("Active", "active"), made],
  create: { fields: [{ name: "name", label: "Name", required: true },
    { name: "type", label: "Type", kind: "select", options: ["test", "stripe"], required: true, hint: "test moves no money" }, secretKey, publishableKey, signing] },
  acts: [
    { name: "Make it the default", call: (one) => ({ method: "PATCH", path: "/account", body: { default_processor_id: one.id } }) },
    { name: "Rename", call: patch("/processors/*"), fields: [{ name: "name", label: "Name", required: true }] },
    { name: "Change the keys", call: patch("/processors/*"), when: (one) => one.type === "stripe", fields: [
      { ...secretKey, hint: "another one of the same account at Stripe; the one there is, when empty" }, publishableKey,
      { ...signing, hint: "replace all there are; those there are, when empty" },
    ] },
    { name: "Deactivate", call: (one) => patch("/processors/*")(one, { active: false }), when: (one) => one.active === true, grave: "No payment method can be added with it. Those there are can still be charged and refunded." },
    { name: "Activate", call: (one) => patch("/processors/*")(one, { active: true }), when: (one) => one.active === false },
    { name: "Delete", call: remove("/processors/*"), when: (one) => one.used === false, grave: "The processor and its keys are gone for good." },
  ],
};

const inOrder: Field = { name: "processor_ids", label: "Processors", kind: "list", required: true, hint: "proc_…, proc_…: in the order in which they are tried" };

const routes: Resource = {
  id: "processor-routes", path: "/processor-routes", title: "Processor routes", one: "processor route", key: "v", group: "Developers",
  about: "Processors in the order in which they are tried: a checkout session that names a route goes on to the next one when a card is declined.",
  columns: [text("Name", "name"), { label: "Processors", of: (one) => (one.processor_ids as string[]).join(", ") }, text("Currency", "currency"), text("Active", "active"), made],
  create: { fields: [{ name: "name", label: "Name", required: true }, inOrder, { name: "currency", label: "Only for the currency", kind: "currency", hint: "all, when empty" }] },
  acts: [
    { name: "Edit", call: patch("/processor-routes/*"), fields: [{ name: "name", label: "Name", required: true }, inOrder] },
    { name: "Deactivate", call: (one) => patch("/processor-routes/*")(one, { active: false }), when: (one) => one.active === true, grave: "No new session can name it." },
    { name: "Activate", call: (one) => patch("/processor-routes/*")(one, { active: true }), when: (one) => one.active === false },
    { name: "Delete", call: remove("/processor-routes/*"), grave: "The route is gone for good." },
  ],
};

const name: Field = { name: "display_name", label: "People call it" };
const about: Field = { name: "description", label: "What it is for" };
const numbers: Field[] = [{ name: "min", label: "The least number", kind: "number" }, { name: "max", label: "The greatest number", kind: "number" }];
const atCheckout: Field = { name: "at_checkout", label: "Payers are asked", kind: "select", options: ["not_asked", "optional", "required"], hint: "on the hosted page; of checkout sessions alone" };
const words: Field = { name: "options", label: "Words to choose from", kind: "list", hint: "of a select field, with commas between" };
const inLists: Field = { name: "show_in_list", label: "Lists show it", kind: "check" };
const is = (...types: string[]) => (one: Thing) => types.includes(String(one.data_type));

const fields: Resource = {
  id: "custom-fields", path: "/custom-field-definitions", title: "Custom fields", one: "custom field", key: "x", group: "Developers",
  about: "What you want to know of your customers, products, invoices and the like beyond what everybody does. Values are given as custom_fields, by the key.",
  columns: [text("Key", "key"), text("Of", "entity_type"), text("Name", "display_name"), text("Type", "data_type"),
    { label: "Words", of: (one) => plain((one.options as string[] | null)?.join(", ")) }, made],
  create: { fields: [
    { name: "entity_type", label: "Of", kind: "select", options: ["customer", "subscription", "product", "price", "invoice", "checkout_session"], required: true },
    { name: "key", label: "Key", required: true, hint: "small letters, digits and underscores; it never changes" },
    { name: "data_type", label: "Type", kind: "select", options: ["text", "number", "boolean", "select"], required: true },
    name, about, ...numbers, words, atCheckout, inLists,
  ] },
  acts: [
    { name: "Edit", call: patch("/custom-field-definitions/*"), fields: (one) => [name, about, inLists, ...(is("number")(one) ? numbers : []), ...(is("select")(one) ? [words] : []), ...(one.entity_type === "checkout_session" ? [atCheckout] : [])] },
    { name: "Delete", call: remove("/custom-field-definitions/*"), grave: "Its values are gone with it, wherever they are." },
  ],
};

export const developers = [keys, log, webhooks, deliveries, processors, routes, fields];
