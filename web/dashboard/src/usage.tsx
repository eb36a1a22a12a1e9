// What a customer used, meter by meter.

import { useState } from "preact/hooks";
import { type Page, type Schemas, type Thing } from "./api";
import { plain, when } from "./format";
import { Curl, Problem, useLoaded } from "./parts";

export type Span = { from?: string; to?: string };

/** Usage is counted by the hour: days begin at midnight UTC. The API knows what is meant by nothing. */
export function path(customer: string, meter: string, span: Span): string {
  const days = Object.entries(span).filter(([, day]) => day).map(([name, day]) => `&${name}=${day}T00:00:00Z`);
  return `/customers/${customer}/usage?meter_id=${meter}${days.join("")}`;
}

/** The screen of the events that this is made of. */
export function events(asked: Record<string, string | undefined>): string {
  return `#/usage?${new URLSearchParams(Object.entries(asked).filter((one): one is [string, string] => Boolean(one[1])))}`;
}

function Row({ meter, path, to }: { meter: Thing; path: string; to: string }) {
  const { value, error } = useLoaded<Schemas["Usage"]>(path);
  return (
    <tr>
      <td><a href={`#/meters/${meter.id}`}>{plain(meter.display_name)}</a></td>
      {error ? <td colSpan={3}>{error.message}</td> : (
        <>
          <td>{value?.value ?? "…"}</td>
          <td>{value ? <a href={to}>{value.events}</a> : "…"}</td>
          <td>{value && `${when(value.from)} – ${when(value.to)}`}</td>
        </>
      )}
    </tr>
  );
}

export function Usage({ thing }: { thing: Thing }) {
  const { value: meters, error } = useLoaded<Page>("/meters?limit=20");
  const [span, set] = useState<Span>({});
  if (error) return <Problem error={error} />;
  if (!meters) return <p class="quiet" role="status">Loading…</p>;
  if (!meters.items.length) return <p class="empty">Nothing is counted yet. <a href="#/meters">Make a meter</a>, and send it this customer's usage.</p>;
  const day = (name: keyof Span, label: string) => (
    <label>{label} <input type="date" onChange={(event) => set({ ...span, [name]: event.currentTarget.value })} /></label>
  );
  return (
    <div>
      <div class="filters">{day("from", "From")}{day("to", "Up to")}<span class="quiet">the last 30 days, when empty</span></div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Usage">
        <table>
          <thead><tr><th scope="col">Meter</th><th scope="col">Used</th><th scope="col">Events</th><th scope="col">When</th></tr></thead>
          <tbody>{meters.items.map((meter) => <Row key={meter.id} meter={meter} path={path(thing.id, meter.id, span)} to={events({ meter_id: meter.id, customer_id: thing.id, ...span })} />)}</tbody>
        </table>
      </div>
      {meters.has_more && <p class="quiet">These are the newest {meters.items.length} of <a href="#/meters">{meters.total} meters</a>.</p>}
      <Curl call={{ method: "GET", path: path(thing.id, meters.items[0]!.id, span) }} />
    </div>
  );
}
