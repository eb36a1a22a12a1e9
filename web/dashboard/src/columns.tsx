// Which columns a list shows: those it has, and the account's custom fields. What somebody chooses this browser keeps.

import { useEffect, useState } from "preact/hooks";
import { get, type Page, type Thing } from "./api";
import { plain } from "./format";
import { type Column, type Resource } from "./resources";

const KEPT = "paymentkit-columns";
/** What may have custom fields; they are defined for one of these. */
const FIELDED = ["customers", "subscriptions", "invoices", "products", "prices", "checkout-sessions"];
const AT_ONCE = 100;

type Choice = Record<string, boolean>;

function kept(): Record<string, Choice> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    // Somebody else has written it: nothing is chosen.
    return {};
  }
}

const nameOf = (column: Column) => column.id ?? column.label;

/** A custom field as a column. */
const fieldOf = (one: Thing): Column => ({
  id: `field ${one.key}`, label: plain(one.display_name), hidden: one.show_in_list !== true,
  of: (thing) => plain((thing.custom_fields as Record<string, unknown> | undefined)?.[String(one.key)]),
});

async function definitions(entity: string): Promise<Thing[]> {
  const found: Thing[] = [];
  for (let offset = 0, more = true; more; offset += AT_ONCE) {
    const page = await get<Page>(`/custom-field-definitions?limit=${AT_ONCE}&offset=${offset}`);
    found.push(...page.items.filter((one) => one.entity_type === entity));
    more = page.has_more;
  }
  // As the hosted page has them.
  return found.sort((one, other) => (String(one.key) < String(other.key) ? -1 : 1));
}

/** `expand` is what a list has to be asked for, so that these can be shown. */
export type Columns = { all: Column[]; shown: Column[]; expand: [string, string][]; show: (column: Column, is: boolean) => void };

/** The columns of a list. The first one, which leads to the thing, is always shown. */
export function useColumns(of: Resource): Columns {
  const [fields, setFields] = useState<Column[]>([]);
  useEffect(() => {
    if (!FIELDED.includes(of.id)) return;
    let current = true;
    // Who may not read them sees the columns that all lists have.
    definitions(of.id.replace("-", "_").slice(0, -1)).then((found) => current && setFields(found.map(fieldOf)), () => undefined);
    return () => void (current = false);
  }, [of.id]);
  const [choice, choose] = useState<Choice>(kept()[of.id] ?? {});
  const all = [...of.columns, ...fields];
  const shown = all.filter((column, place) => place === 0 || (choice[nameOf(column)] ?? !column.hidden));
  const expand: Columns["expand"] = shown.some((column) => column.id) ? [["expand", "custom_fields"]] : [];
  const show = (column: Column, is: boolean) => {
    const next = { ...kept()[of.id], [nameOf(column)]: is };
    choose(next);
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [of.id]: next }));
  };
  return { all, shown, expand, show };
}

export function Chooser({ columns: { all, shown, show } }: { columns: Columns }) {
  const [open, set] = useState(false);
  return (
    <details class="curl" onToggle={(event) => set(event.currentTarget.open)}>
      <summary>Columns</summary>
      <p class="row">
        {open && all.slice(1).map((column) => (
          <label><input type="checkbox" checked={shown.includes(column)} onChange={(event) => show(column, event.currentTarget.checked)} /> {column.label}</label>
        ))}
      </p>
    </details>
  );
}
