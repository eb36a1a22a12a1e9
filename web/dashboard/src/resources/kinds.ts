// What a resource says of itself, and what its columns and acts are made of.

import { type ComponentType } from "preact";
import type { Call, Thing } from "../api";
import type { Body, Field } from "../fields";
import { money, plain, when, words } from "../format";

export type Act = {
  name: string;
  call: (thing: Thing, body: Body) => Call;
  fields?: Field[] | ((thing: Thing) => Field[]);
  grave?: string;
  when?: (thing: Thing) => boolean;
  /** What its fields begin with, where that is a part of the thing. */
  start?: (thing: Thing) => Thing;
  /** What of the answer is shown this once. */
  shows?: string;
  /** What came of it, where the thing itself does not show it. */
  says?: (answer: Thing) => string;
};
export type Column = {
  label: string;
  of: (thing: Thing) => string;
  to?: (thing: Thing) => string | undefined;
  /** What it is known by, where that is not its label. */
  id?: string;
  /** It is shown when somebody asks for it. */
  hidden?: boolean;
  /** What it shows, where that need not be said in a list of which all have the same. */
  name?: string;
  /** Its beginning is shown, and the rest when somebody asks. */
  long?: boolean;
};
/** What is shown below a thing: a list of what is its own, or something drawn for it. */
export type Below =
  | { title: string; resource: string; query?: (thing: Thing) => Record<string, string>; path?: (thing: Thing) => string; when?: (thing: Thing) => boolean }
  | { title: string; panel: ComponentType<{ thing: Thing }>; when?: (thing: Thing) => boolean };
export type Resource = {
  id: string;
  /** Where it is listed; one without a screen is listed below others, which say where. */
  path: string;
  title: string;
  one: string;
  about: string;
  /** `g` and this letter lead to it; without one it has no screen of its own. */
  key?: string;
  columns: Column[];
  filters?: { name: string; label: string; options?: string[]; proposals?: string[] }[];
  /** Whether it can be listed by one of its filters at a time. */
  one_filter?: true;
  create?: { fields: Field[]; shows?: string };
  acts?: Act[];
  /** What can be done with each row, where rows lead to no screen. */
  rowActs?: Act[];
  /** Whether it changes by itself soon. */
  moves?: (thing: Thing) => boolean;
  below?: Below[];
  /** What it has several of, each drawn as a row. */
  parts?: { title: string; name: string; columns: Column[] }[];
  /** Whether its events are shown below it; they are, unless it says no. */
  history?: false;
  /** What of it is the address of a page for people. */
  page?: string;
  /** What its screen is, where that is more than a list. */
  screen?: ComponentType<{ of: Resource; query: URLSearchParams; currency: string }>;
  /** Where a row leads, where that is not to a screen by its id. */
  own?: (thing: Thing) => string;
  /** What it is as files: where each is, and what it is called. */
  files?: (thing: Thing) => [string, string][];
  group: "Selling" | "Catalog" | "Developers";
};

export const text = (label: string, name: string): Column => ({ label, of: (one) => plain(one[name]) });
export const state = (label = "State", name = "state"): Column => ({ label, of: (one) => words(plain(one[name])) });
export const at = (label: string, name: string): Column => ({ label, of: (one) => when(one[name]) });
export const made = at("Created", "created_at");
export const sum = (label: string, name: string): Column => ({ label, of: (one) => money(one[name], one.currency) });
export const link = (label: string, name: string, resource: string): Column => ({
  label, name,
  of: (one) => plain(one[name]),
  to: (one) => (typeof one[name] === "string" ? `#/${resource}/${one[name]}` : undefined),
});

const asks = (method: string) => (path: string, fixed?: Body) => (one: Thing, body: Body): Call => ({
  method, path: path.replace("*", one.id), body: fixed ? { ...fixed, ...body } : body, version: one.version,
});
export const post = asks("POST");
export const patch = asks("PATCH");
export const remove = (path: string) => (one: Thing): Call => ({ method: "DELETE", path: path.replace("*", one.id), version: one.version });
export const is = (...states: string[]) => (one: Thing) => states.includes(String(one.state));
export const of = (name: string) => (one: Thing) => ({ [name]: one.id });

export const priceOf = link("Price", "price_id", "prices");
/** The lines of an invoice. */
export const lines: Column[] = [
  text("What", "name"), { label: "Quantity", of: (one) => plain(one.quantity_decimal ?? one.quantity) }, sum("One costs", "unit_amount_atom"), sum("Amount", "amount_atom"),
  sum("Off", "discount_amount_atom"), sum("Tax", "tax_amount_atom"), sum("Reduced", "reduced_amount_atom"), sum("Given back", "given_back_amount_atom"),
  at("From", "period_start"), at("To", "period_end"), priceOf, text("Description", "description"),
];
