// A thing: what it says, what is below it, what can be done with it.

import { useState } from "preact/hooks";
import { type Thing } from "./api";
import { Ask } from "./ask";
import { money, plain, when, words } from "./format";
import { fieldsOf, List, Table, useKey } from "./lists";
import { Copy, Curl, Files, Problem, Section, useLoaded } from "./parts";
import { home, resource, type Act, type Below, type Resource } from "./resources";

const secret = ["secure_token"];

/** What happened to a thing: its events; of a customer, those of all that is theirs. */
const history: Below = { title: "History", resource: "events", query: (one) => ({ [one.id.startsWith("cus_") ? "customer_id" : "object_id"]: one.id }) };

export function One({ of, id, currency, reload }: { of: Resource; id: string; currency: string; reload: () => void }) {
  const path = `${of.path}/${id}`;
  const { value: thing, error, again, put } = useLoaded<Thing>(path);
  const [raw, setRaw] = useState(false);
  const [act, setAct] = useState<Act>();
  const [round, setRound] = useState(0);
  const [said, say] = useState<string>();
  useKey(".", () => setRaw(!raw));
  if (error) return <div><h1>{of.one}</h1><Problem error={error} /></div>;
  if (!thing) return <p class="quiet" role="status">Loading…</p>;
  const acts = (of.acts ?? []).filter((one) => !one.when || one.when(thing));
  const title = thing.name ? plain(thing.name) : of.columns[0]!.of(thing);
  const choose = (one: Act) => {
    say(undefined);
    setAct(one);
  };
  return (
    <div>
      <p class="crumb"><a href={`#/${of.id}`}>{of.title}</a></p>
      <div class="head">
        <h1>{title} {typeof thing.state === "string" && <span class="state">{words(thing.state)}</span>}</h1>
        <p class="row">{acts.map((one) => <button onClick={() => choose(one)}>{one.name}</button>)}</p>
      </div>
      <p role="status" class={said ? "said" : undefined}>{said}</p>
      <div class="row quiet"><code>{thing.id}</code> <Copy text={thing.id} /> <button class="small" aria-pressed={raw} onClick={() => setRaw(!raw)}>Raw JSON <kbd>.</kbd></button><Files files={of.files?.(thing) ?? []} /></div>
      {raw ? <pre class="raw" tabIndex={0}>{JSON.stringify(thing, null, 2)}</pre> : <Facts of={of} thing={thing} />}
      {(of.parts ?? []).map(({ title, name, columns }) => {
        const parts = (thing[name] ?? []) as Thing[];
        return parts.length > 0 && <Section title={title}><Table title={title} columns={columns} items={parts.map((one) => ({ ...one, currency: one.currency ?? thing.currency }))} /></Section>;
      })}
      {(of.below ?? []).filter((one) => !one.when || one.when(thing)).map((one) => (
        <Section title={one.title}><Under below={one} thing={thing} round={round} currency={currency} /></Section>
      ))}
      {of.history !== false && <Section title="History"><Under below={history} thing={thing} round={round} currency={currency} /></Section>}
      <Curl call={{ method: "GET", path }} />
      {act && (
        <Ask
          title={act.name} fields={fieldsOf(act, thing)} grave={act.grave} start={act.start ? act.start(thing) : act.call(thing, {}).method === "PATCH" ? thing : undefined}
          currency={typeof thing.currency === "string" ? thing.currency : currency} shows={act.shows} again={again} call={(body) => act.call(thing, body)}
          close={(done) => {
            setAct(undefined);
            if (!done) return;
            // What it says of the account is shown elsewhere too.
            if (act.call(thing, {}).path === "/account") reload();
            if ("deleted" in done) {
              location.hash = `#/${of.id}`;
              return;
            }
            // What is pressed next is about what it has become, before that is read.
            if (done.id === thing.id) put(done);
            say(act.says?.(done));
            setRound(round + 1);
            again();
          }}
        />
      )}
    </div>
  );
}

function Under({ below, thing, round, currency }: { below: Below; thing: Thing; round: number; currency: string }) {
  if ("panel" in below) {
    const Panel = below.panel;
    return <Panel thing={thing} />;
  }
  const of = resource(below.resource)!;
  const within = { path: below.path?.(thing) ?? of.path, query: below.query?.(thing) ?? {}, round };
  return <List of={of} query={new URLSearchParams()} currency={typeof thing.currency === "string" ? thing.currency : currency} within={within} />;
}

const UNSAID = ["id", "account_id", "status"];
const silent = (value: unknown) => value === null || value === "" || (typeof value === "object" && !Object.keys(value).length);
const called = (name: string) => words(name.replace(/_atom$/, ""));

/** What a thing says, and in one line of what it says nothing. */
export function Facts({ of, thing }: { of: Resource; thing: Thing }) {
  const apart = [...UNSAID, ...(of.parts ?? []).map((one) => one.name)];
  const facts = Object.entries(thing).filter(([name]) => !apart.includes(name));
  const empty = facts.filter(([, value]) => silent(value));
  return (
    <dl class="facts">
      {facts.filter(([, value]) => !silent(value)).map(([name, value]) => (
        <div><dt>{called(name)}</dt><dd>{name === of.page ? <Page to={String(value)} /> : <Value name={name} value={value} currency={thing.currency} />}</dd></div>
      ))}
      {empty.length > 0 && <div><dt>nothing said of</dt><dd class="quiet">{empty.map(([name]) => called(name)).join(", ")}</dd></div>}
    </dl>
  );
}

/** An address that people open; nothing else than one of the web is followed. */
function Page({ to }: { to: string }) {
  return /^https?:\/\//.test(to) ? <a href={to} target="_blank" rel="noreferrer noopener">Open the page</a> : <>{to}</>;
}

const simple = (value: unknown) => value === null || typeof value !== "object";
const flat = (value: object) => !Array.isArray(value) && Object.values(value).every(simple);

function Value({ name, value, currency }: { name: string; value: unknown; currency: unknown }) {
  if (secret.includes(name)) return <span class="quiet">hidden; it is in the raw JSON</span>;
  if (name.endsWith("_atom") && typeof value === "number" && typeof currency === "string") return <>{money(value, currency)}</>;
  if (typeof value === "string") {
    const at = home(value);
    if (at) return <a href={at}>{value}</a>;
    if (/^\d{4}-\d\d-\d\dT/.test(value)) return <time dateTime={value} title={value}>{when(value)}</time>;
  }
  if (value === null || typeof value !== "object") return <>{plain(value)}</>;
  if (Array.isArray(value) && value.every(simple)) return <>{value.join(", ")}</>;
  if (Array.isArray(value) && value.every(flat)) return <>{value.map((one) => <Inner of={one} currency={currency} />)}</>;
  if (flat(value)) return <Inner of={value as Thing} currency={currency} />;
  return <pre class="inner" tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>;
}

/** What is said of a part, as far as it says anything. */
function Inner({ of, currency }: { of: Thing; currency: unknown }) {
  const said = Object.entries(of).filter(([, value]) => !silent(value));
  return <ul class="inner">{said.map(([name, value]) => <li><span class="quiet">{called(name)}:</span> <Value name={name} value={value} currency={of.currency ?? currency} /></li>)}</ul>;
}
