// How values are shown.

// As the API counts them (ISO 4217, as at the processors), which is not always as browsers do.
const none = "bif clp djf gnf isk jpy kmf krw mga pyg rwf ugx uyi vnd vuv xaf xof xpf".split(" ");
const three = "bhd iqd jod kwd lyd omr tnd".split(" ");
const four = ["clf", "uyw"];

export function decimals(written: string): number {
  const currency = written.trim().toLowerCase();
  if (none.includes(currency)) return 0;
  if (three.includes(currency)) return 3;
  return four.includes(currency) ? 4 : 2;
}

/** An amount in the currency's smallest unit, from its digits: no fraction is ever computed. */
export function money(atoms: unknown, currency: unknown): string {
  if (typeof atoms !== "number" || typeof currency !== "string") return "–";
  const places = decimals(currency);
  const digits = String(Math.abs(atoms)).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
  const text = places ? `${whole}.${digits.slice(-places)}` : whole;
  return `${atoms < 0 ? "-" : ""}${text} ${currency.toUpperCase()}`;
}

/** What somebody typed as an amount, in smallest units; nothing, where it is none. */
export function atoms(text: string, currency: string): number | undefined {
  const places = decimals(currency);
  const match = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim());
  if (!match || (match[2] ?? "").length > places) return undefined;
  return Number(match[1] + (match[2] ?? "").padEnd(places, "0"));
}

export function when(instant: unknown): string {
  if (typeof instant !== "string") return "–";
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? instant : at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** `past_due` as a person says it. */
export const words = (text: string) => text.replaceAll("_", " ");

/** A text as a cell of a file of comma-separated values; what a spreadsheet would compute is text there too. */
export function cell(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.,]+( [A-Z]{3})?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
