// What there is to see and to do: a table. The screens are drawn from it.

import { catalog } from "./catalog";
import { developers } from "./developers";
import { type Resource } from "./kinds";
import { selling } from "./selling";

export type { Act, Below, Column, Resource } from "./kinds";

export const resources: Resource[] = [...selling, ...catalog, ...developers];
/** Those that have a screen. */
export const screens = resources.filter((one) => one.key);

export const resource = (id: string) => resources.find((one) => one.id === id);

const PREFIXES: Record<string, string> = {
  cus: "customers", sub: "subscriptions", cr: "change-requests", in: "invoices", pi: "payments", re: "refunds", dp: "disputes", cs: "checkout-sessions", plink: "payment-links",
  prod: "products", price: "prices", mtr: "meters", cpn: "coupons", promo: "promotion-codes", txr: "tax-rates",
  tok: "keys", evt: "events", we: "webhooks", proc: "processors", proute: "processor-routes", cf: "custom-fields",
};
const ID = /^([a-z]+)_(?:prod|stg)_[a-z0-9]{16}$/;

export const isId = (text: string) => ID.test(text);

/** Where an id leads. */
export function home(id: string): string | undefined {
  const to = PREFIXES[ID.exec(id)?.[1] ?? ""];
  return to && `#/${to}/${id}`;
}
