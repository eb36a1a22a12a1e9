// What a form asks for, and how what was typed becomes the body of a request.

import { atoms } from "./format";
import { Refused, type Thing } from "./api";

export type Field = {
  name: string;
  label: string;
  kind?: "text" | "number" | "select" | "amount" | "currency" | "check" | "json" | "area" | "list" | "instant" | "rows";
  /** What can be chosen; of a text, what is proposed. */
  options?: string[];
  /** What is asked for in each row. */
  rows?: Field[];
  required?: boolean;
  /** Shown as dots, and left out of what is shown as curl. */
  masked?: boolean;
  value?: string;
  hint?: string;
};

export type Body = Record<string, unknown>;
/** The control that each pointer of a body was typed into. */
export type Controls = Map<string, string>;

export function valueOf(start: Thing | undefined, field: Field, currency: string): string {
  const known = start?.[field.name];
  if (Array.isArray(known)) return field.kind === "list" ? known.join(", ") : JSON.stringify(known);
  if (known !== undefined && known !== null) return String(known);
  return field.value ?? (field.kind === "currency" && field.required ? currency : "");
}

const pad = (number: number) => String(number).padStart(2, "0");

/** An instant as a control of the browser has it: in the time of this place, to the minute. */
export function local(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "";
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** The keys of the rows that a form has, in their order. */
const keysOf = (data: FormData, name: string) =>
  [...new Set([...data.keys()].filter((one) => one.startsWith(`${name}.`)).map((one) => one.split(".")[1]!))];

type Asked = { data: FormData; controls: Controls; currency: string };

function wrong(pointer: string, field: Field, detail: string): Refused {
  return new Refused(0, [{ pointer, code: "typed", detail }], `${field.label}: ${detail}`, "");
}

/** What was typed into one field; nothing, where it was left empty. */
function typed(field: Field, name: string, pointer: string, asked: Asked): unknown {
  asked.controls.set(pointer, name);
  const text = String(asked.data.get(name) ?? "").trim();
  if (field.kind === "check") return text === "on";
  if (field.kind === "rows") {
    const rows: Body[] = [];
    for (const key of keysOf(asked.data, name)) {
      const row: Body = {};
      for (const one of field.rows!) {
        const value = typed(one, `${name}.${key}.${one.name}`, `${pointer}/${rows.length}/${one.name}`, asked);
        if (value !== undefined) row[one.name] = value;
      }
      if (Object.keys(row).length) rows.push(row);
    }
    return rows.length ? rows : undefined;
  }
  if (text === "") return undefined;
  switch (field.kind) {
    case "number":
      return Number(text);
    case "list":
      return text.split(/[\s,]+/).filter(Boolean);
    case "instant":
      return new Date(text).toISOString();
    case "amount": {
      const value = atoms(text, asked.currency);
      if (value === undefined) throw wrong(pointer, field, `an amount in ${asked.currency.toUpperCase()}, such as ${atoms("12.50", asked.currency) ? "12.50" : "12"}`);
      return value;
    }
    case "json":
      try {
        return JSON.parse(text);
      } catch {
        throw wrong(pointer, field, "this is no JSON");
      }
    default:
      return text;
  }
}

/** An instant that nobody touched, with its seconds, which the control does not show. */
function same(field: Field, start: Thing | undefined, data: FormData): unknown {
  const known = start?.[field.name];
  return field.kind === "instant" && typeof known === "string" && local(known) === data.get(field.name) ? known : undefined;
}

/**
 * What a form holds, as a body: what is empty is left out, and null where there was something before. Where
 * each pointer was typed is noted in `controls`, also when something cannot be read.
 */
export function filled(data: FormData, fields: Field[], start: Thing | undefined, currency: string, controls: Controls): Body {
  const asked = { data, controls, currency: String(data.get("currency") || currency) };
  const body: Body = {};
  for (const field of fields) {
    const value = same(field, start, data) ?? typed(field, field.name, `/${field.name}`, asked);
    if (value !== undefined) body[field.name] = value;
    else if (valueOf(start, { ...field, value: "", required: false }, currency) !== "") body[field.name] = null;
  }
  return body;
}

/** The same without what nobody should read over a shoulder. */
export function masked(body: Body, fields: Field[]): Body {
  const hidden = (value: unknown): unknown => (Array.isArray(value) ? value.map(hidden) : "…");
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, fields.some((one) => one.name === name && one.masked) ? hidden(value) : value]));
}

/** The control that a pointer of a fault is about: its own, or that of the list it is in. */
export function controlOf(pointer: string, controls: Controls): string | undefined {
  const near = [...controls.keys()].filter((one) => `${pointer}/`.includes(`${one}/`));
  return controls.get(near.sort((one, other) => other.length - one.length)[0] ?? "");
}
