// Amounts and days in the payer's language.

import type { Session } from "./types";

/** The currencies whose amounts do not have two decimals. A test compares them with what the API counts by. */
const DECIMALS: Record<string, string> = {
  0: "bif clp djf gnf isk jpy kmf krw mga pyg rwf ugx uyi vnd vuv xaf xof xpf",
  3: "bhd iqd jod kwd lyd omr tnd",
  4: "clf uyw",
};

/** How many decimals the amounts of a currency have. */
export function decimals(currency: string): number {
  const found = Object.entries(DECIMALS).find(([, codes]) => codes.includes(currency));
  return found ? Number(found[0]) : 2;
}

/** An amount of smallest units. Its digits are moved as text, so that nothing is rounded on the way. */
export function amount(session: Session, atoms: number | string): string {
  const currency = session.currency ?? "usd";
  const digits = decimals(currency);
  const form = new Intl.NumberFormat(session.locale, {
    style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  return form.format(`${atoms}e-${digits}` as unknown as number);
}

/** A day, where the payer is. */
export const day = (session: Session, at: string): string =>
  new Intl.DateTimeFormat(session.locale, { dateStyle: "long" }).format(new Date(at));
