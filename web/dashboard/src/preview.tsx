// What the changes of a change request would come to, worked out by the API when somebody asks.

import { useState } from "preact/hooks";
import { send, type Call, type Schemas, type Thing } from "./api";
import { money, plain, when } from "./format";
import { Table } from "./lists";
import { Curl, Problem, useLoaded } from "./parts";
import { lines } from "./resources/kinds";

export function Preview({ thing }: { thing: Thing }) {
  // The amounts are in the currency of what is changed.
  const { value: subscription } = useLoaded<Thing>(`/subscriptions/${thing.subscription_id}`);
  const [state, set] = useState<{ version?: number; preview?: Schemas["ChangePreview"]; error?: Error }>({});
  const call: Call = { method: "POST", path: `/change-requests/${thing.id}/preview` };
  const look = () => send<Schemas["ChangePreview"]>(call).then(
    (preview) => set({ version: thing.version, preview }),
    (error: Error) => set({ version: thing.version, error }),
  );
  const currency = subscription?.currency;
  // What was worked out for other changes is no answer any more.
  const { preview, error } = state.version === thing.version ? state : {};
  const items = (preview?.items ?? []) as unknown as Thing[];
  return (
    <div>
      {error && <Problem error={error} />}
      {preview && (
        <>
          {items.length > 0 && <Table title="Lines" columns={lines} items={items.map((one) => ({ ...one, currency }))} />}
          <dl class="facts">
            <div><dt>made at</dt><dd>{when(preview.effective_at)}</dd></div>
            <div><dt>to pay for it</dt><dd>{money(preview.proration_amount_atom, currency)}</dd></div>
            <div><dt>given back</dt><dd>{money(preview.given_back_amount_atom, currency)}</dd></div>
            <div><dt>the next renewal</dt><dd>{preview.next_renewal_amount_atom === null ? plain(null) : money(preview.next_renewal_amount_atom, currency)}</dd></div>
          </dl>
        </>
      )}
      {!preview && !error && <p class="quiet">Nothing is changed by looking.</p>}
      <p><button onClick={look}>Work it out</button></p>
      <Curl call={call} />
    </div>
  );
}
