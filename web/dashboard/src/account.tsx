// The account's settings, and the clock of its test data.

import { useState } from "preact/hooks";
import { send, type Schemas, type Thing } from "./api";
import { Ask } from "./ask";
import { type Body, type Field } from "./fields";
import { Input } from "./form";
import { plain, when, words } from "./format";
import { Curl, Problem, Section, useLoaded } from "./parts";
import { PasskeySettings } from "./passkeys";
import { address, taxId } from "./resources/selling";
import { Sample } from "./sample";

const brand: Field[] = [
  { name: "display_name", label: "Name that customers know" },
  { name: "logo_url", label: "Address of a logo", hint: "begins with https://" },
  { name: "primary_color", label: "Main colour", hint: "such as #1a2b3c" },
  { name: "support_email", label: "Customers write to" },
];
const fields: Field[] = [
  { name: "name", label: "Name" },
  { name: "default_currency", label: "Currency" },
  { name: "timezone", label: "Time zone", hint: "such as Europe/Berlin" },
  { name: "invoice_prefix", label: "Invoice numbers begin with" },
  { name: "payment_terms_days", label: "Days until an invoice is due", kind: "number" },
  { name: "finalization_delay_hours", label: "Hours a renewal's invoice waits as a draft", kind: "number" },
  { name: "default_processor_id", label: "Processor", hint: "proc_…" },
  { name: "allowed_origins", label: "Origins of pages that may embed a checkout", kind: "list", hint: "such as https://shop.example, with commas between; any page may, when empty" },
  { name: "request_logging", label: "Requests are kept for seven days", kind: "check" },
];
const company: Field[] = [
  { name: "legal_name", label: "Name in the register" }, { name: "legal_id", label: "Number in the register" }, { name: "phone", label: "Phone" },
  { name: "default_tax_rate_ids", label: "Tax rates of what has none of its own", kind: "list", hint: "txr_…, with commas between" },
];
const portal: Field[] = [
  { name: "pause", label: "Pause a subscription at the end of its period, and go on", kind: "check" },
  { name: "change_quantity", label: "Change how many they subscribe to", kind: "check" },
  { name: "plan_price_ids", label: "Change to one of these prices", kind: "list", hint: "price_…, with commas between; offered where currency and interval are the same" },
];
const dunning: Field[] = [
  { name: "window_days", label: "Days in which it is tried again", kind: "number", required: true },
  { name: "subscription", label: "The subscription is then", kind: "select", options: ["cancel", "keep_past_due"] },
  { name: "invoice", label: "The invoice is then", kind: "select", options: ["mark_uncollectible", "leave_open"] },
];

type Part = { title: string; change: string; fields: Field[]; of: (account: Thing) => Thing; body?: (body: Body) => Body };
const within = (name: string) => (body: Body) => ({ [name]: body });
const PARTS: Part[] = [
  { title: "Account", change: "Change", fields, of: (account) => account },
  { title: "How invoices and checkout pages look", change: "Change the look", fields: brand, of: (account) => account.brand as Thing, body: within("brand") },
  { title: "The company, as invoices name it", change: "Change the company", fields: company, of: (account) => account },
  { title: "Where it is", change: "Change the address", fields: address, of: (account) => (account.address ?? {}) as Thing, body: within("address") },
  { title: "What tax offices call it", change: "Change the tax id", fields: taxId, of: (account) => ((account.tax_ids as Thing[])[0] ?? {}) as Thing, body: (body) => ({ tax_ids: body.value ? [body] : [] }) },
  { title: "What customers may do on their portal", change: "Change the portal", fields: portal, of: (account) => account.portal as Thing, body: within("portal") },
  { title: "When a payment fails", change: "Change what happens then", fields: dunning, of: (account) => account.dunning as Thing, body: within("dunning") },
];

/** When a monthly renewal that fails is tried again: as the API does it, with nothing else in between. */
function Schedule({ account }: { account: Schemas["Account"] }) {
  const { window_days: days, subscription, invoice } = account.dunning;
  const last = Math.min(29, days);
  const steps = ["it fails: the subscription is past due", ...(last > 0 ? ["one hour later: tried again"] : [])];
  for (let day = 4; day <= last; day += 4) steps.push(`day ${day}: tried again`);
  const end = [subscription === "cancel" ? "the subscription is cancelled" : "the subscription stays past due", invoice === "mark_uncollectible" ? "the invoice is uncollectible" : "the invoice stays open"];
  return (
    <>
      <p class="quiet">Of a monthly renewal, for instance:</p>
      <ol class="schedule">{[...steps, `then ${end.join(", and ")}`].map((step) => <li>{step}</li>)}</ol>
    </>
  );
}

export function Settings({ account, reload }: { account: Schemas["Account"]; reload: () => void }) {
  const [asked, ask] = useState<Part>();
  const shown = account as unknown as Thing;
  const value = (of: Thing, { name, kind }: Field) => plain(kind === "list" ? ((of[name] ?? []) as string[]).join(", ") : typeof of[name] === "string" && kind === "select" ? words(String(of[name])) : of[name]);
  return (
    <div>
      <h1>Settings</h1>
      {PARTS.map((part) => (
        <Section title={part.title}>
          <dl class="facts">{part.fields.map((field) => <div><dt>{field.label}</dt><dd>{value(part.of(shown), field)}</dd></div>)}</dl>
          {part.fields === brand && <Sample account={shown} />}
          {part.fields === dunning && <Schedule account={account} />}
          <p><button onClick={() => ask(part)}>{part.change}</button></p>
        </Section>
      ))}
      <PasskeySettings currency={account.default_currency} />
      <Curl call={{ method: "GET", path: "/account" }} />
      {asked && (
        <Ask
          title={asked.change} fields={asked.fields} start={asked.of(shown)} currency={account.default_currency} again={reload}
          sample={asked.fields === brand ? (body) => <Sample account={shown} over={body as Thing} /> : undefined}
          call={(body) => ({ method: "PATCH", path: "/account", body: asked.body ? asked.body(body) : body, version: shown.version })}
          close={(done) => {
            ask(undefined);
            if (done) reload();
          }}
        />
      )}
    </div>
  );
}

export function Clock() {
  const { value: clock, error, again } = useLoaded<Thing>("/test-clock");
  const [problem, setProblem] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const now = typeof clock?.now === "string" ? clock.now : undefined;
  const stopped = clock?.stopped === true;
  const act = async (method: string, path: string, body?: unknown) => {
    setBusy(true);
    setProblem(undefined);
    await send({ method, path, body }).catch(setProblem);
    setBusy(false);
    again();
  };
  const later = (days: number) => new Date(Date.parse(now!) + days * 86_400_000).toISOString();
  return (
    <div>
      <h1>Test clock</h1>
      <p>The time of this account's test data. Stop it, and move it: what falls due on the way happens.</p>
      {error && <Problem error={error} />}
      {clock && (
        <dl class="facts">
          <div><dt>It is</dt><dd>{when(now)}</dd></div>
          <div><dt>The clock</dt><dd>{!stopped ? "runs" : clock.status === "ready" ? "is stopped" : words(plain(clock.status))}</dd></div>
        </dl>
      )}
      {problem && <Problem error={problem} />}
      {busy && <p role="status">Working…</p>}
      {now && (
        <p class="row">
          {!stopped && <button disabled={busy} onClick={() => act("POST", "/test-clock", { now })}>Stop it</button>}
          {stopped && [["a day", 1], ["a week", 7], ["31 days", 31]].map(([name, days]) => (
            <button disabled={busy} onClick={() => act("POST", "/test-clock/advance", { to: later(days as number) })}>Forward {name}</button>
          ))}
          {stopped && <button disabled={busy} onClick={() => act("DELETE", "/test-clock")}>Let it run</button>}
        </p>
      )}
      {stopped && now && (
        <form class="row" onSubmit={(event) => { event.preventDefault(); const to = String(new FormData(event.currentTarget).get("to")); void act("POST", "/test-clock/advance", { to }); }}>
          <Input field={{ name: "to", label: "Forward to" }} value={later(31)} />
          <button disabled={busy}>Go</button>
        </form>
      )}
      <Curl call={!now || stopped ? { method: now ? "POST" : "GET", path: now ? "/test-clock/advance" : "/test-clock", body: now ? { to: later(31) } : undefined } : { method: "POST", path: "/test-clock", body: { now } }} />
    </div>
  );
}
