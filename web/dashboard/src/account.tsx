// The account's settings, and the clock of its test data.

import { useState } from "preact/hooks";
import { send, type Schemas, type Thing } from "./api";
import { Ask } from "./ask";
import { type Field } from "./fields";
import { Input } from "./form";
import { plain, when, words } from "./format";
import { Curl, Problem, Section, useLoaded } from "./parts";
import { PasskeySettings } from "./passkeys";

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
  { name: "default_processor_id", label: "Processor", hint: "proc_…" },
  { name: "allowed_origins", label: "Origins of pages that may embed a checkout", kind: "list", hint: "such as https://shop.example, with commas between; any page may, when empty" },
  { name: "request_logging", label: "Requests are kept for seven days", kind: "check" },
];

export function Settings({ account, reload }: { account: Schemas["Account"]; reload: () => void }) {
  const [asked, ask] = useState<"account" | "brand">();
  const shown = account as unknown as Thing;
  const look = account.brand as unknown as Thing;
  const facts = (of: Thing, list: Field[]) => (
    <dl class="facts">{list.map((field) => <div><dt>{field.label}</dt><dd>{plain(field.kind === "list" ? (of[field.name] as string[]).join(", ") : of[field.name])}</dd></div>)}</dl>
  );
  return (
    <div>
      <h1>Settings</h1>
      <Section title="Account">
        {facts(shown, fields)}
        <p><button onClick={() => ask("account")}>Change</button></p>
      </Section>
      <Section title="How invoices and checkout pages look">
        {facts(look, brand)}
        <p><button onClick={() => ask("brand")}>Change the look</button></p>
      </Section>
      <PasskeySettings currency={account.default_currency} />
      <Section title="When a payment fails">
        <dl class="facts">{Object.entries(account.dunning).map(([name, value]) => <div><dt>{words(name)}</dt><dd>{words(plain(value))}</dd></div>)}</dl>
      </Section>
      <Curl call={{ method: "GET", path: "/account" }} />
      {asked && (
        <Ask
          title={asked === "brand" ? "Change the look" : "Change"} fields={asked === "brand" ? brand : fields} start={asked === "brand" ? look : shown}
          currency={account.default_currency} again={reload}
          call={(body) => ({ method: "PATCH", path: "/account", body: asked === "brand" ? { brand: body } : body, version: shown.version })}
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
      <Curl call={{ method: "GET", path: "/test-clock" }} />
    </div>
  );
}
