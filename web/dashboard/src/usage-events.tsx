// Usage: what a customer used on a meter, the events that it is made of, and one of them.

import { useState } from "preact/hooks";
import { get, type Page, type Schemas, type Thing } from "./api";
import { Ask } from "./ask";
import { plain, when, words } from "./format";
import { fieldsOf, List, Table, useKey } from "./lists";
import { Facts } from "./one";
import { Curl, Problem, Section, useLoaded } from "./parts";
import { type Act, type Resource } from "./resources";
import { at, link, sum, text } from "./resources/kinds";
import { corrections, record, sample } from "./resources/metered";
import { events, path } from "./usage";

/** So many meters can be chosen from; an address may name any other. */
const METERS = 100;
const NEWEST = 5;

type Asked = { of: Resource; query: URLSearchParams; currency: string };

/** On a meter's own screen: the way to its events. */
export function ToUsage({ thing }: { thing: Thing }) {
  return <p><a href={events({ meter_id: thing.id })}>What was used, customer by customer</a></p>;
}

export function UsageEvents({ of, query, currency }: Asked) {
  const { value: meters, error } = useLoaded<Page>(`/meters?limit=${METERS}`);
  const named = query.get("meter_id");
  const known = meters?.items.find((one) => !named || one.id === named);
  const other = useLoaded<Thing>(meters && named && !known ? `/meters/${named}` : undefined);
  const meter = known ?? other.value;
  const problem = error ?? other.error;
  const identifier = query.get("identifier");
  return (
    <div>
      {meter && identifier ? <Event key={identifier} of={of} meter={meter} identifier={identifier} currency={currency} /> : (
        <>
          {meter && <OfMeter of={of} meter={meter} meters={meters!.items} query={query} currency={currency} />}
          {!meter && <h1>{of.title}</h1>}
          {problem && <Problem error={problem} />}
          {!meter && !problem && (!meters || named ? <p class="quiet" role="status">Loading…</p> : (
            <div class="empty">
              <p>{of.about}</p>
              <p><a href="#/meters">Make a meter</a>, which says what is counted. Then this screen says how to send it the first event.</p>
            </div>
          ))}
        </>
      )}
    </div>
  );
}

/** The id of whoever is meant by an id or an address. */
async function whose(said: string): Promise<string> {
  if (!said.includes("@")) return said;
  const { items } = await get<Page>(`/customers?limit=1&email=${encodeURIComponent(said)}`);
  if (!items[0]) throw new Error(`No customer has the address ${said}.`);
  return items[0].id;
}

function OfMeter({ of, meter, meters, query, currency }: Asked & { meter: Thing; meters: Thing[] }) {
  const [making, make] = useState(false);
  const [said, say] = useState<string>();
  const [round, setRound] = useState(0);
  const [problem, setProblem] = useState<Error>();
  const active = record.when!(meter);
  useKey("n", () => make(true), active);
  const asked = (name: string) => query.get(name) ?? undefined;
  const [customer, from, to] = [asked("customer_id"), asked("from"), asked("to")];
  const go = (over: Record<string, string | undefined>) => {
    location.hash = events({ meter_id: meter.id, customer_id: customer, from, to, ...over });
  };
  const find = (text: string) => {
    setProblem(undefined);
    void whose(text.trim()).then((customer_id) => go({ customer_id }), setProblem);
  };
  const day = (name: string, label: string) => (
    <label>{label} <input type="date" key={asked(name)} defaultValue={asked(name) ?? ""} onChange={(event) => go({ [name]: event.currentTarget.value })} /></label>
  );
  const choices = meters.includes(meter) ? meters : [meter, ...meters];
  return (
    <>
      <div class="head">
        <h1>{of.title}</h1>
        {active && <button class="main" onClick={() => make(true)}>{record.name} <kbd>n</kbd></button>}
      </div>
      <p role="status" class={said ? "said" : undefined}>{said}</p>
      <div class="filters">
        <label>Meter <select value={meter.id} onChange={(event) => go({ meter_id: event.currentTarget.value })}>{choices.map((one) => <option value={one.id}>{plain(one.display_name)}</option>)}</select></label>
        <label>Customer <input key={customer} defaultValue={customer ?? ""} placeholder="cus_… or e-mail" onChange={(event) => find(event.currentTarget.value)} /></label>
        {day("from", "From")}{day("to", "Up to")}
        <label>Or one event <input placeholder="its identifier" onChange={(event) => go({ customer_id: undefined, from: undefined, to: undefined, identifier: event.currentTarget.value })} /></label>
      </div>
      {problem && <Problem error={problem} />}
      {customer ? <OfCustomer key={query.toString()} {...{ of, meter, customer, from, to, currency, round, go }} page={Number(asked("page") ?? 1)} /> : <Whose meter={meter} />}
      {making && (
        <Ask
          title={record.name} currency={currency} call={(body) => record.call(meter, body)}
          fields={fieldsOf(record, meter).map((field) => (field.name === "customer_id" ? { ...field, value: customer } : field))}
          close={(done) => {
            make(false);
            if (!done) return;
            say(record.says!(done));
            setRound(round + 1);
          }}
        />
      )}
    </>
  );
}

/** Usage is read customer by customer: the newest are offered. */
function Whose({ meter }: { meter: Thing }) {
  const { value, error } = useLoaded<Page>(`/customers?limit=${NEWEST}`);
  if (error) return <Problem error={error} />;
  if (!value) return <p class="quiet" role="status">Loading…</p>;
  return (
    <div class="empty">
      <p>Say above whose usage it is{value.items.length > 0 && ", or choose one of the newest customers"}.</p>
      <ul class="hands">{value.items.map((one) => <li><a href={events({ meter_id: meter.id, customer_id: one.id })} data-row="">{plain(one.email ?? one.name ?? one.id)}</a></li>)}</ul>
      <First meter={meter} customer={value.items[0]?.id ?? "cus_…"} />
    </div>
  );
}

/** How the first event is sent. */
function First({ meter, customer }: { meter: Thing; customer: string }) {
  if (meter.active !== true) return <p>The meter takes no events: it is archived.</p>;
  return (
    <>
      <p>Your servers send an event whenever something is used. The first one, from a terminal:</p>
      <Curl open call={sample(meter, customer, `first-event-of-${customer}`)} />
    </>
  );
}

type OfCustomer = {
  of: Resource; meter: Thing; customer: string; from?: string; to?: string; page: number; currency: string; round: number;
  go: (over: Record<string, string | undefined>) => void;
};

function OfCustomer({ of, meter, customer, from, to, page, currency, round, go }: OfCustomer) {
  const total = path(customer, meter.id, { from, to });
  const { value: used, error } = useLoaded<Schemas["Usage"]>(total, round);
  const days = Object.fromEntries([["from", from], ["to", to]].flatMap(([name, day]) => (day ? [[name, `${day}T00:00:00Z`]] : [])));
  const empty = (
    <div class="empty">
      <p>No event of this customer counts here between these days.</p>
      <First meter={meter} customer={customer} />
    </div>
  );
  return (
    <>
      <Section title="Used">
        {error && <Problem error={error} />}
        {!used && !error && <p class="quiet" role="status">Loading…</p>}
        {used && (
          <dl class="facts">
            <div><dt>{plain(meter.display_name)}</dt><dd><strong>{used.value}</strong> <span class="quiet">{words(String(meter.aggregation_formula))} of {used.events} {used.events === 1 ? "event" : "events"}</span></dd></div>
            <div><dt>Customer</dt><dd><a href={`#/customers/${customer}`}>{customer}</a></dd></div>
            <div><dt>When</dt><dd>{when(used.from)} – {when(used.to)}{!from && !to && <span class="quiet"> the last 30 days, when no days are chosen</span>}</dd></div>
          </dl>
        )}
        <Curl call={{ method: "GET", path: total }} />
      </Section>
      {!error && (
        <Section title="Events">
          <List
            of={of} query={new URLSearchParams()} currency={currency}
            within={{ path: of.path, query: { meter_id: meter.id, customer_id: customer, ...days }, round, page, turn: (next) => go({ page: next > 1 ? String(next) : undefined }), empty }}
          />
        </Section>
      )}
    </>
  );
}

const before = [text("Value", "value"), text("Different value", "unique_value"), at("Happened", "timestamp"), at("Amended", "amended_at"), text("Why", "reason")];

type OfEvent = { of: Resource; meter: Thing; identifier: string; currency: string };

function Event({ of, meter, identifier, currency }: OfEvent) {
  const address = `/meter-events?${new URLSearchParams({ meter_id: meter.id, identifier })}`;
  const { value, error, again } = useLoaded<Page>(address);
  const [raw, setRaw] = useState(false);
  const [act, setAct] = useState<Act>();
  const [corrected, correct] = useState<Schemas["CorrectedUsage"]>();
  useKey(".", () => setRaw(!raw));
  const event = value?.items[0];
  const acts = event ? corrections(meter.aggregation_formula).filter((one) => one.when!(event)) : [];
  const previous = (event?.previous ?? []) as Thing[];
  return (
    <>
      <p class="crumb"><a href={events({ meter_id: meter.id, customer_id: event && String(event.customer_id) })}>{of.title}</a></p>
      <div class="head">
        <h1>{identifier} {event && <span class="state">{words(String(event.state))}</span>}</h1>
        <p class="row">{acts.map((one) => <button onClick={() => setAct(one)}>{one.name}</button>)}</p>
      </div>
      {error && <Problem error={error} />}
      {!value && !error && <p class="quiet" role="status">Loading…</p>}
      {value && !event && <p class="empty">{plain(meter.display_name)} has counted no event that is called so. <a href={events({ meter_id: meter.id })}>Look for another</a></p>}
      {event && (
        <>
          <p class="row quiet"><button class="small" aria-pressed={raw} onClick={() => setRaw(!raw)}>Raw JSON <kbd>.</kbd></button></p>
          {raw ? <pre class="raw" tabIndex={0}>{JSON.stringify(event, null, 2)}</pre> : <Facts of={{ ...of, parts: [{ title: "", name: "previous", columns: [] }] }} thing={event} />}
          {corrected && <Billed corrected={corrected} />}
          {previous.length > 0 && <Section title="What it was before"><Table title="What it was before" columns={before} items={previous} /></Section>}
        </>
      )}
      <Curl call={{ method: "GET", path: address }} />
      {act && event && (
        <Ask
          title={act.name} fields={fieldsOf(act, event)} grave={act.grave} start={act.start?.(event)} currency={currency} call={(body) => act.call(event, body)}
          close={(done) => {
            setAct(undefined);
            if (!done) return;
            correct(done as unknown as Schemas["CorrectedUsage"]);
            again();
          }}
        />
      )}
    </>
  );
}

const proposed = [sum("Too much", "amount_atom"), link("Invoice", "invoice_id", "invoices")];

/** What of a correction is for a person to decide: nothing is given back by itself. */
function Billed({ corrected }: { corrected: Schemas["CorrectedUsage"] }) {
  const [giving, give] = useState<Thing>();
  const [given, setGiven] = useState<string[]>([]);
  const notes = corrected.proposed_credit_notes as unknown as Thing[];
  const whole = (note: Thing) => ({ ...note, id: String(note.invoice_id) });
  return (
    <Section title="What was billed of it">
      <p role="status">
        {corrected.final_invoice_ids.length === 0 && "No final invoice bills its time: there is nothing to put right."}
        {corrected.final_invoice_ids.length > 0 && <>Final invoices that bill its time: {corrected.final_invoice_ids.map((id, place) => <>{place > 0 && ", "}<a href={`#/invoices/${id}`}>{id}</a></>)}. {notes.length ? "They billed too much by now; nothing is given back before somebody does." : "They billed no more than was used: nothing is to be given back."}</>}
      </p>
      {notes.length > 0 && (
        <Table
          title="Billed too much" columns={proposed} items={notes.map(whole)} act={(_, on) => give(on)}
          acts={[{ name: "Give it back", call: () => ({ method: "POST", path: "" }), when: (one) => !given.includes(one.id) }]}
        />
      )}
      {giving && (
        <Ask
          title="Give it back" fields={[]} currency={String(giving.currency)} grave="The customer gets a credit note for it."
          call={() => ({ method: "POST", path: `/customers/${corrected.customer_id}/credit-notes`, body: notes.find((one) => one.invoice_id === giving.id) })}
          close={(done) => {
            give(undefined);
            if (done) setGiven([...given, giving.id]);
          }}
        />
      )}
    </Section>
  );
}
