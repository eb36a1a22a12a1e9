// How each amount of an invoice came about: the sums that the API explains it by.

import { useState } from "preact/hooks";
import { type Thing } from "./api";
import { money, words } from "./format";
import { Curl, Problem, useLoaded } from "./parts";

type Sum = { of: string; text: string; result: string };
type Explanation = { complete: boolean; lines: { name: string; complete: boolean; sums: Sum[] }[]; sums: Sum[] };
/** What an invoice has only where it is asked for. */
type Explained = Thing & { explanation: Explanation; currency: string };

/** Packages are counted; everything else is an amount, and whole once it is rounded. */
const comes = ({ of, result }: Sum, currency: string) => (of === "packages" || !/^-?\d+$/.test(result) ? result : money(Number(result), currency));

function Sums({ name, sums, complete, currency }: { name: string; sums: Sum[]; complete: boolean; currency: string }) {
  const last = [...sums].reverse().find((one) => ["amount", "due"].includes(one.of)) ?? sums.at(-1);
  return (
    <details>
      <summary>{name}{last && <>: <strong>{comes(last, currency)}</strong></>}</summary>
      <dl class="facts">{sums.map((one) => <div><dt>{words(one.of)}</dt><dd>{one.text}</dd></div>)}</dl>
      {!complete && <p class="quiet">Not all of it was kept: the rest is only stated.</p>}
    </details>
  );
}

export function Explain({ thing }: { thing: Thing }) {
  const [asked, ask] = useState(false);
  const path = `/invoices/${thing.id}?expand=explanation`;
  const { value, error } = useLoaded<Explained>(asked ? path : undefined, thing.version);
  if (!asked) return <p><button onClick={() => ask(true)}>Explain every amount</button></p>;
  if (error) return <Problem error={error} />;
  if (!value) return <p class="quiet" role="status">Loading…</p>;
  const { explanation: { lines, sums, complete }, currency } = value;
  return (
    <div>
      {lines.map((line) => <Sums name={line.name} sums={line.sums} complete={line.complete} currency={currency} />)}
      <Sums name="The invoice" sums={sums} complete={complete} currency={currency} />
      <Curl call={{ method: "GET", path }} />
    </div>
  );
}
