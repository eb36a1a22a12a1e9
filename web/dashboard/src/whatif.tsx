// What if: the invoices that would come, worked out by the API by the flows that make them.

import { useState } from "preact/hooks";
import { send, type Call, type Schemas, type Thing } from "./api";
import { money, when, words } from "./format";
import { Table } from "./lists";
import { Curl, Problem } from "./parts";
import { at, lines, link, state, sum } from "./resources/kinds";

type Simulation = Schemas["Simulation"];

/** Three months after what is known of the time of a thing: a staging account may have one of its own. */
function later(thing: Thing): string {
  const from = new Date(String(thing.current_period_end ?? new Date().toISOString()));
  return new Date(from.getTime() + 92 * 86_400_000).toISOString().slice(0, 10);
}

/** Each line, called by its invoice's day. */
const made = at("Made", "created_at");
const columns = [made, state("Why", "billing_reason"), sum("Off", "discount_amount_atom"), sum("Tax", "tax_amount_atom"), sum("Total", "total_amount_atom"),
  sum("From credit", "credit_applied_amount_atom"), sum("To pay", "due_amount_atom"), at("From", "period_start"), at("To", "period_end")];
const whose = link("Subscription", "subscription_id", "subscriptions");

/** What is paid in all, by currency. */
function inAll({ invoices }: Simulation): string {
  const sums = new Map<string, number>();
  for (const one of invoices) sums.set(one.currency, (sums.get(one.currency) ?? 0) + one.due_amount_atom);
  return [...sums].map(([currency, atoms]) => money(atoms, currency)).join(", ");
}

export function WhatIf({ thing }: { thing: Thing }) {
  const items = (thing.items ?? []) as Thing[];
  const [until, setUntil] = useState(later(thing));
  const [item, setItem] = useState("");
  const [quantity, setQuantity] = useState("1");
  const [effective, setEffective] = useState("now");
  const [found, set] = useState<{ asked?: string; simulation?: Simulation; error?: Error }>({});
  const changes = item && { effective_at: effective, items: [{ action: "update", subscription_item_id: item, quantity: Number(quantity) }] };
  const body = { [items.length ? "subscription_id" : "customer_id"]: thing.id, until: `${until}T00:00:00Z`, ...(changes && { changes }) };
  const call: Call = { method: "POST", path: "/simulate", body };
  const asked = JSON.stringify([body, thing.version]);
  const look = (event: Event) => {
    event.preventDefault();
    send<Simulation>(call).then((simulation) => set({ asked, simulation }), (error: Error) => set({ asked, error }));
  };
  // What was worked out for something else is no answer any more.
  const { simulation, error } = found.asked === asked ? found : {};
  const told = (simulation?.invoices ?? []).map((one, place) => ({ ...one, id: String(place) })) as unknown as Thing[];
  return (
    <div>
      <form class="filters" onSubmit={look}>
        <label>Until <input type="date" required value={until} onInput={(event) => setUntil(event.currentTarget.value)} /></label>
        {items.length > 0 && (
          <label>If <select value={item} onChange={(event) => setItem(event.currentTarget.value)}>
            <option value="">nothing is changed</option>
            {items.filter((one) => one.quantity !== null).map((one) => <option value={one.id}>{one.id} is changed</option>)}
          </select></label>
        )}
        {item && <label>to quantity <input type="number" min="0" required value={quantity} onInput={(event) => setQuantity(event.currentTarget.value)} /></label>}
        {item && (
          <label>when <select value={effective} onChange={(event) => setEffective(event.currentTarget.value)}>
            <option value="now">now</option><option value="period_end">the period ends</option>
          </select></label>
        )}
        <button>What would come</button>
      </form>
      {error && <Problem error={error} />}
      {!simulation && !error && <p class="quiet">Nothing is changed by looking. Each invoice is taken to be paid; usage is what has been counted by now.</p>}
      {simulation && (
        <>
          <p role="status">
            {told.length ? `${told.length} ${told.length > 1 ? "invoices" : "invoice"}, ${inAll(simulation)} to pay` : "No invoice"} until {when(simulation.complete_until)}
            {simulation.subscriptions.map((one) => `; ${items.length ? "it" : one.id} is ${words(one.state)} then`)}.
          </p>
          {told.length > 0 && <Table title="Invoices that would come" columns={items.length ? columns : [made, whose, ...columns.slice(1)]} items={told} />}
          {told.map((one) => (
            <details>
              <summary>Lines of {when(one.created_at)}</summary>
              <Table title={`Lines of ${when(one.created_at)}`} columns={lines} items={(one.items as Thing[]).map((line) => ({ ...line, currency: one.currency }))} />
            </details>
          ))}
        </>
      )}
      <Curl call={call} />
    </div>
  );
}
