// MRR and how it moves, cash and subscriptions: by month or by day.

import { useEffect, useState } from "preact/hooks";
import { type Schemas } from "./api";
import { money, when } from "./format";
import { Curl, Problem, useLoaded } from "./parts";

type Figures = Schemas["Figures"];
type Point = Figures["currencies"][number]["points"][number];

const MOVED: [keyof Point, string][] = [
  ["mrr_amount_atom", "MRR"], ["new_mrr_amount_atom", "New"], ["expansion_mrr_amount_atom", "Expansion"], ["contraction_mrr_amount_atom", "Contraction"],
  ["churned_mrr_amount_atom", "Churn"], ["reactivated_mrr_amount_atom", "Reactivated"], ["cash_amount_atom", "Cash"], ["refunded_amount_atom", "Refunded"],
];

/** MRR as bars; what they say is in the table below. */
function Bars({ points }: { points: Point[] }) {
  const most = Math.max(1, ...points.map((one) => one.mrr_amount_atom));
  const wide = 600 / points.length;
  return (
    <svg class="bars" viewBox="0 0 600 100" preserveAspectRatio="none" aria-hidden="true">
      {points.map((one, place) => {
        const high = Math.max(1, (one.mrr_amount_atom / most) * 96);
        return <rect x={place * wide + wide * 0.1} y={100 - high} width={wide * 0.8} height={high} />;
      })}
    </svg>
  );
}

export function Revenue() {
  const [by, setBy] = useState("month");
  const path = `/analytics/revenue?interval=${by}`;
  const { value, error, again } = useLoaded<Figures>(path);
  // What a request has no time to count is counted by the next one.
  useEffect(() => void (value && !value.is_complete && again()), [value]);
  if (error) return <Problem error={error} />;
  if (!value) return <p class="quiet" role="status">Counting…</p>;
  const day = (one: Point) => one.starts_at.slice(0, by === "month" ? 7 : 10);
  return (
    <div>
      <div class="filters">
        <label>By <select value={by} onChange={(event) => setBy(event.currentTarget.value)}><option value="month">month</option><option value="day">day</option></select></label>
        <span class="quiet">{value.counted_until ? `Counted until ${when(value.counted_until)}` : "Nothing is counted yet"}{!value.is_complete && "; there is more"}</span>
      </div>
      {!value.currencies.length && <p class="empty">No subscription was paid for yet. What comes in by the month, how it moves, and the cash that was taken will stand here, a minute after it happened.</p>}
      {value.currencies.map(({ currency, points }) => {
        const last = points[points.length - 1]!;
        const title = `Revenue in ${currency.toUpperCase()}`;
        return (
          <div>
            <p><strong>{money(last.mrr_amount_atom, currency)}</strong> a month from {last.active_subscriptions} {last.active_subscriptions === 1 ? "subscription" : "subscriptions"}{last.trialing_subscriptions > 0 && `, and ${last.trialing_subscriptions} on trial`}</p>
            <Bars points={points} />
            <div class="scroll" tabIndex={0} role="region" aria-label={title}>
              <table>
                <thead><tr><th scope="col">{by === "month" ? "Month" : "Day"}</th>{MOVED.map(([, label]) => <th scope="col">{label}</th>)}<th scope="col">Subscriptions</th></tr></thead>
                <tbody>
                  {points.slice().reverse().map((one) => (
                    <tr><td>{day(one)}</td>{MOVED.map(([name]) => <td>{money(one[name], currency)}</td>)}<td>{one.active_subscriptions}</td></tr>
                  ))}
                </tbody>
              </table>
            </div>
          </div>
        );
      })}
      <Curl call={{ method: "GET", path }} />
    </div>
  );
}
