// Lists and objects, drawn from the table of resources.

import { useEffect, useState } from "preact/hooks";
import { type Page, type Thing } from "./api";
import { money, plain, when, words } from "./format";
import { Ask, Curl, Problem, Section, useLoaded, Copy } from "./parts";
import { home, resource, resources, type Act, type Resource } from "./resources";

const SIZE = 20;

export type Place = { resource?: string; id?: string; query: URLSearchParams };

function to(id: string, query: URLSearchParams): string {
  const text = query.toString();
  return `#/${id}${text ? `?${text}` : ""}`;
}

export function List({ of, query, currency, embedded }: { of: Resource; query: URLSearchParams; currency: string; embedded?: string }) {
  const [making, make] = useState(false);
  const page = embedded === undefined ? Number(query.get("page") ?? "1") : 1;
  const filter = new URLSearchParams(embedded ?? query.toString());
  filter.delete("page");
  const asked = new URLSearchParams(filter);
  asked.set("limit", String(SIZE));
  if (page > 1) asked.set("offset", String((page - 1) * SIZE));
  const path = `${of.path}?${asked}`;
  const { value, error, again } = useLoaded<Page>(path);
  useEffect(() => {
    if (embedded !== undefined) return;
    const keys = (event: KeyboardEvent) => {
      if (event.key === "n" && of.create && !typing(event)) {
        event.preventDefault();
        make(true);
      }
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [of.id]);
  const change = (name: string, text: string) => {
    const next = new URLSearchParams(filter);
    if (text) next.set(name, text);
    else next.delete(name);
    location.hash = to(of.id, next);
  };
  const turn = (by: number) => {
    const next = new URLSearchParams(filter);
    next.set("page", String(page + by));
    return to(of.id, next);
  };
  return (
    <div>
      {embedded === undefined && (
        <div class="head">
          <h1>{of.title}</h1>
          {of.create && <button class="main" onClick={() => make(true)}>New {of.one} <kbd>n</kbd></button>}
        </div>
      )}
      {embedded === undefined && of.filters && (
        <div class="filters">
          {of.filters.map((one) => (
            <label>
              {one.label}{" "}
              {one.options ? (
                <select value={query.get(one.name) ?? ""} onChange={(event) => change(one.name, event.currentTarget.value)}>
                  <option value="">any</option>
                  {one.options.map((option) => <option value={option}>{words(option)}</option>)}
                </select>
              ) : (
                <input defaultValue={query.get(one.name) ?? ""} onChange={(event) => change(one.name, event.currentTarget.value)} />
              )}
            </label>
          ))}
        </div>
      )}
      {error && <Problem error={error} />}
      {!value && !error && <p class="quiet" role="status">Loading…</p>}
      {value && value.items.length === 0 && <Empty of={of} filtered={embedded === undefined && filter.toString() !== ""} begun={value.total > 0} make={() => make(true)} />}
      {value && value.items.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={of.title}>
          <table>
            <thead><tr>{of.columns.map((column) => <th scope="col">{column.label}</th>)}</tr></thead>
            <tbody>
              {value.items.map((one) => (
                <tr>
                  {of.columns.map((column, index) => {
                    const own = index === 0 ? `#/${of.id}/${one.id}` : column.to?.(one);
                    return <td>{own ? <a href={own} data-row={index === 0 ? "" : undefined}>{column.of(one)}</a> : column.of(one)}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {value && value.total > 0 && (
        <p class="row quiet">
          <span>{value.total} {value.total === 1 ? of.one : `${of.one}s`}</span>
          {embedded === undefined && page > 1 && <a href={turn(-1)} rel="prev">Newer</a>}
          {embedded === undefined && value.has_more && <a href={turn(1)} rel="next">Older</a>}
          {embedded !== undefined && value.has_more && <a href={to(of.id, filter)}>All</a>}
        </p>
      )}
      {embedded === undefined && <Curl call={{ method: "GET", path }} />}
      {making && of.create && (
        <Ask
          title={`Create ${of.one}`} fields={of.create.fields} currency={currency} shows={of.create.shows}
          call={(body) => ({ method: "POST", path: of.path, body: of.create!.body ? of.create!.body(body) : body })}
          close={(done) => {
            make(false);
            if (done && of.create!.shows) again();
            else if (done) location.hash = `#/${of.id}/${done.id}`;
          }}
        />
      )}
    </div>
  );
}

function Empty({ of, filtered, begun, make }: { of: Resource; filtered: boolean; begun: boolean; make: () => void }) {
  if (begun) return <p class="empty">There are not so many. <a href={`#/${of.id}`}>To the first page</a></p>;
  if (filtered) return <p class="empty">None of the {of.title.toLowerCase()} are like this.</p>;
  return (
    <div class="empty">
      <p>{of.about}</p>
      {of.create && <p><button onClick={make}>Create the first {of.one}</button></p>}
      {!of.create && of.id === "subscriptions" && <p><a href="#/checkout-sessions">Sell one by a checkout session</a></p>}
    </div>
  );
}

export function typing(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector("dialog[open]") !== null;
}

const secret = ["secure_token"];

export function One({ of, id, currency, reload }: { of: Resource; id: string; currency: string; reload: () => void }) {
  const path = `${of.path}/${id}`;
  const { value: thing, error, again } = useLoaded<Thing>(path);
  const [raw, setRaw] = useState(false);
  const [act, setAct] = useState<Act>();
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.key === "." && !typing(event)) setRaw((old) => !old);
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
  if (error) return <div><h1>{of.one}</h1><Problem error={error} /></div>;
  if (!thing) return <p class="quiet" role="status">Loading…</p>;
  const acts = (of.acts ?? []).filter((one) => !one.when || one.when(thing));
  const title = plain(thing.name ?? thing.email ?? thing.number ?? thing.type ?? thing.id);
  return (
    <div>
      <p class="crumb"><a href={`#/${of.id}`}>{of.title}</a></p>
      <div class="head">
        <h1>{title} {typeof thing.state === "string" && <span class="state">{words(thing.state)}</span>}</h1>
        <p class="row">{acts.map((one) => <button onClick={() => setAct(one)}>{one.name}</button>)}</p>
      </div>
      <p class="row quiet"><code>{thing.id}</code> <Copy text={thing.id} /> <button class="small" aria-pressed={raw} onClick={() => setRaw(!raw)}>Raw JSON <kbd>.</kbd></button></p>
      {raw ? <pre class="raw" tabIndex={0}>{JSON.stringify(thing, null, 2)}</pre> : <Facts thing={thing} />}
      {(of.below ?? []).map((below) => {
        const other = resource(below.resource)!;
        return <Section title={below.title}><List of={other} query={new URLSearchParams()} currency={currency} embedded={below.query(thing).slice(1)} /></Section>;
      })}
      <Curl call={{ method: "GET", path }} />
      {act && (
        <Ask
          title={act.name} fields={act.fields ?? []} grave={act.grave} start={act.call(thing, {}).method === "PATCH" ? thing : undefined}
          currency={typeof thing.currency === "string" ? thing.currency : currency} shows={act.shows} again={again} call={(body) => act.call(thing, body)}
          close={(done) => {
            setAct(undefined);
            // What it says of the account is shown elsewhere too.
            if (done && act.call(thing, {}).path === "/account") reload();
            if (done && "deleted" in done) location.hash = `#/${of.id}`;
            else if (done) again();
          }}
        />
      )}
    </div>
  );
}

function Facts({ thing }: { thing: Thing }) {
  const facts = Object.entries(thing).filter(([name]) => !["id", "account_id", "status"].includes(name));
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div><dt>{words(name.replace(/_atom$/, ""))}</dt><dd><Value name={name} value={value} currency={thing.currency} /></dd></div>
      ))}
    </dl>
  );
}

function Value({ name, value, currency }: { name: string; value: unknown; currency: unknown }) {
  if (secret.includes(name)) return <span class="quiet">hidden; it is in the raw JSON</span>;
  if (name.endsWith("_atom") && typeof value === "number" && typeof currency === "string") return <>{money(value, currency)}</>;
  if (typeof value === "string") {
    const at = home(value);
    if (at) return <a href={at}>{value}</a>;
    if (name === "url" && /^https?:\/\//.test(value)) return <a href={value} target="_blank" rel="noreferrer noopener">Open the page</a>;
    if (/^\d{4}-\d\d-\d\dT/.test(value)) return <time dateTime={value} title={value}>{when(value)}</time>;
  }
  if (value && typeof value === "object") return <pre class="inner" tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>;
  return <>{plain(value)}</>;
}

export { resources };
