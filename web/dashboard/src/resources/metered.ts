// What can be done with usage: sent, and put right.

import { type Thing } from "../api";
import { type Act } from "./kinds";

/** How much an event counts; of a meter of different values, its value. */
export const amount = (event: Thing) => String(event.unique_value ?? event.value);

/** An event of a meter, as your servers send it. */
export function sample(meter: Thing, customer: string, identifier: string, value: unknown = meter.aggregation_formula === "unique" ? "ada" : 1) {
  const measured = meter.aggregation_formula === "count" ? {} : { [String(meter.event_payload_value_key)]: value };
  return { method: "POST", path: "/meter-events", body: { event_name: meter.event_name, identifier, payload: { [String(meter.event_payload_customer_mapping_key)]: customer, ...measured } } };
}

/** Of a meter. */
export const record: Act = {
  name: "Record usage", when: (one) => one.active === true,
  fields: (one) => [
    { name: "customer_id", label: "Customer", required: true, hint: "cus_…" },
    ...(one.aggregation_formula === "count" ? [] : [{ name: "value", label: "Value", value: "1" }]),
    { name: "identifier", label: "Identifier", required: true, hint: "what tells the event from every other: sent again, it is not counted again" },
  ],
  call: (one, body) => sample(one, String(body.customer_id ?? ""), String(body.identifier ?? ""), body.value),
  says: (answer) => {
    const [first] = answer.results as { status: string }[];
    return first?.status === "duplicate" ? "It had been counted before." : "It is counted. See it under Usage.";
  },
};

/** An identifier is any text, and not every text can be part of a path: it is in the body. */
const correct = (how: string, event: Thing, body: object) => ({ method: "POST", path: `/meter-events/${how}`, body: { meter_id: event.meter_id, identifier: event.identifier, ...body } });
const counts = (event: Thing) => event.state === "counted";
const reason = { name: "reason", label: "Why", hint: "for your records" };

/** Of an event; `formula` is what its meter makes of events. */
export const corrections = (formula: unknown): Act[] => [
  { name: "Amend", when: counts, start: (one) => one, call: (one, body) => correct("amend", one, body), fields: [
    ...(formula === "count" ? [] : [formula === "unique" ? { name: "unique_value", label: "It was" } : { name: "value", label: "It was" }]),
    { name: "timestamp", label: "It happened", kind: "instant" }, reason,
  ] },
  { name: "Void", when: counts, call: (one, body) => correct("void", one, body), fields: [reason], grave: "It counts no longer, and its identifier stays taken. That cannot be taken back." },
  // What says so already is answered as it is.
  { name: "What was billed of it", when: (one) => !counts(one) || (one.previous as Thing[]).length > 0,
    call: (one) => (counts(one) ? correct("amend", one, { timestamp: one.timestamp }) : correct("void", one, {})) },
];
