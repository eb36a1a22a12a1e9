// What a price comes to: its tiers, and what a quantity costs. Exactly as the API computes it: every term is
// exact, and the whole is rounded once, a half downwards.

import { useState } from "preact/hooks";
import { type Thing } from "./api";
import { decimals, money, plain } from "./format";

type Tier = { up_to: number | null; unit_amount_decimal: string | null; unit_amount_atom: number | null; flat_amount_atom: number | null };

/** So many digits a decimal has behind its point at most. */
const PLACES = 12;
const SCALE = 10n ** BigInt(PLACES);

/** A decimal in whole parts of 10⁻¹². */
function scaled(decimal: unknown): bigint {
  const [whole = "0", rest = ""] = String(decimal ?? 0).split(".");
  const size = BigInt(whole.replace("-", "")) * SCALE + BigInt(rest.padEnd(PLACES, "0"));
  return whole.startsWith("-") ? -size : size;
}

function rounded(parts: bigint): number {
  const down = ((parts % SCALE) + SCALE) % SCALE;
  return Number((parts - down) / SCALE + (down * 2n > SCALE ? 1n : 0n));
}

const tierCosts = (tier: Tier, units: bigint) => scaled(tier.unit_amount_decimal ?? tier.unit_amount_atom) * units + scaled(tier.flat_amount_atom);

/** What a quantity costs; nothing, where no tier holds it. */
export function costs(price: Thing, quantity: bigint): number | undefined {
  const tiers = (price.tiers ?? []) as Tier[];
  if (!price.tiers_mode) {
    const size = BigInt(Number(price.quantity_divisor ?? 1));
    return rounded(scaled(price.unit_amount_decimal) * ((quantity + size - 1n) / size));
  }
  const last = tiers.findIndex((tier) => tier.up_to === null || quantity <= BigInt(tier.up_to));
  if (last < 0) return undefined;
  if (price.tiers_mode === "volume") return rounded(tierCosts(tiers[last]!, quantity));
  let [sum, before] = [0n, 0n];
  for (const tier of tiers.slice(0, last + 1)) {
    const end = tier.up_to === null || BigInt(tier.up_to) > quantity ? quantity : BigInt(tier.up_to);
    sum += tierCosts(tier, end - before);
    before = end;
  }
  return rounded(sum);
}

/** A price of one, which may be a fraction of the smallest unit, in the currency. */
function each(decimal: unknown, currency: string): string {
  const [whole = "0", rest = ""] = String(decimal ?? 0).split(".");
  if (!rest) return money(Number(whole), currency);
  const places = decimals(currency);
  const digits = whole.padStart(places + 1, "0");
  const at = digits.length - places;
  return `${digits.slice(0, at)}.${digits.slice(at)}${rest} ${currency.toUpperCase()}`;
}

export function Calculator({ thing: price }: { thing: Thing }) {
  const [typed, type] = useState("1");
  const currency = String(price.currency);
  const tiers = (price.tiers ?? []) as Tier[];
  const sum = /^\d{1,9}$/.test(typed) ? costs(price, BigInt(typed)) : undefined;
  const now = tiers.findIndex((tier) => tier.up_to === null || Number(typed) <= tier.up_to);
  return (
    <div>
      {tiers.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Tiers">
          <table>
            <thead><tr><th scope="col">Up to</th><th scope="col">Each costs</th><th scope="col">And once</th></tr></thead>
            <tbody>
              {tiers.map((tier, place) => (
                <tr class={place === now ? "now" : undefined}>
                  <td>{tier.up_to ?? "any more"}</td><td>{each(tier.unit_amount_decimal ?? tier.unit_amount_atom, currency)}</td><td>{money(tier.flat_amount_atom ?? 0, currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {!price.tiers_mode && <p>{each(price.unit_amount_decimal, currency)} {Number(price.quantity_divisor ?? 1) > 1 ? `for each begun ${plain(price.quantity_divisor)}` : "each"}</p>}
      <div class="filters">
        <label>A quantity of <input type="number" min="0" max="999999999" step="1" value={typed} onInput={(event) => type(event.currentTarget.value)} /></label>
        <output class="sum">{sum === undefined ? "Type a whole number" : `costs ${money(sum, currency)}`}</output>
      </div>
    </div>
  );
}
