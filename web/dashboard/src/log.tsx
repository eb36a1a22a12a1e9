// The request log: how requests ended, and one by one.

import { useState } from "preact/hooks";
import { send, type Schemas } from "./api";
import { List } from "./lists";
import { Problem, Section } from "./parts";
import { requestGroups, requests } from "./resources/developers";

const KINDS = [["", "all"], ["true", "that failed"], ["false", "that did not"]];

export function Log({ account, query, reload }: { account: Schemas["Account"]; query: URLSearchParams; reload: () => void }) {
  const [failed, set] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Error>();
  const on = async () => {
    setBusy(true);
    setProblem(undefined);
    await send({ method: "PATCH", path: "/account", body: { request_logging: true }, version: account.version }).then(reload, setProblem);
    setBusy(false);
  };
  const kind: Record<string, string> = failed ? { failed } : {};
  const only = Object.fromEntries(["route", "status", "code"].flatMap((name) => (query.get(name) ? [[name, query.get(name)!]] : [])));
  const alike = Object.values(only).join(" ");
  const list = (of: typeof requests, asked: Record<string, string>) => (
    <List key={JSON.stringify(asked)} of={of} query={new URLSearchParams()} currency="" within={{ path: of.path, query: asked, round: 0 }} />
  );
  return (
    <div>
      <h1>Request log</h1>
      {!account.request_logging && (
        <div class="empty">
          <p>Requests are not kept. Once they are, those of the last seven days stand here: the operation, the key, how it ended, and what was wrong. What was sent is never kept.</p>
          <p><button class="main" disabled={busy} onClick={on}>Keep requests for seven days</button></p>
        </div>
      )}
      {problem && <Problem error={problem} />}
      <div class="filters">
        <label>Requests <select value={failed} onChange={(event) => set(event.currentTarget.value)}>{KINDS.map(([value, name]) => <option value={value}>{name}</option>)}</select></label>
      </div>
      <Section title="How they ended">{list(requestGroups, kind)}</Section>
      <Section title="One by one">
        {alike && <p>Only <code>{alike}</code>. <a href="#/request-log">Show all</a></p>}
        {list(requests, alike ? only : kind)}
      </Section>
    </div>
  );
}
