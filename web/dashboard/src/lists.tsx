// Lists, drawn from the table of resources: a screen, or what is below a thing.

import { type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { get, keepBlob, type Page, type Thing } from "./api";
import { Ask } from "./ask";
import { Chooser, useColumns, type Columns } from "./columns";
import { cell, words } from "./format";
import { Curl, Files, Problem, useLoaded } from "./parts";
import { type Act, type Column, type Resource } from "./resources";

const SIZE = 20;
/** How often something that changes by itself is looked at again, and how often in all. */
const LOOK_MS = 2_000;
const LOOKS = 10;

export type Place = { resource?: string; id?: string; query: URLSearchParams };
/**
 * Below what a list stands: where it is read, what its things have in common, and when it is read again. A
 * screen around it may keep the page, and say what stands there while there is nothing.
 */
export type Within = { path: string; query: Record<string, string>; round: number; page?: number; turn?: (page: number) => void; empty?: ComponentChildren };

function to(id: string, query: URLSearchParams): string {
  const text = query.toString();
  return `#/${id}${text ? `?${text}` : ""}`;
}

export function typing(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector("dialog[open]") !== null;
}

/** Calls `act` when somebody presses `key` and is not writing: as soon as what it is about can be seen. */
export function useKey(key: string, act: () => void, when = true) {
  useLayoutEffect(() => {
    if (!when) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== key || typing(event)) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

/** What changes by itself is looked at again, a few times. */
function useLooks(moving: boolean, again: () => void, since: number) {
  const [looks, set] = useState(0);
  useEffect(() => set(0), [since]);
  useEffect(() => {
    if (!moving || looks >= LOOKS) return;
    const timer = setTimeout(() => {
      again();
      set(looks + 1);
    }, LOOK_MS);
    return () => clearTimeout(timer);
  }, [moving, looks]);
}

type Shown = { of: Resource; query: URLSearchParams; currency: string; within?: Within };

export function List({ of, query, currency, within }: Shown) {
  const [making, make] = useState(false);
  const [acting, act] = useState<{ act: Act; on: Thing }>();
  const [turned, setTurned] = useState(1);
  const [acted, setActed] = useState(0);
  const page = within?.page ?? (within ? turned : Number(query.get("page") ?? "1"));
  const turn = within?.turn ?? setTurned;
  const filter = new URLSearchParams(within ? within.query : query.toString());
  filter.delete("page");
  const columns = useColumns(of);
  const asked = new URLSearchParams([...filter, ...columns.expand]);
  asked.set("limit", String(SIZE));
  if (page > 1) asked.set("offset", String((page - 1) * SIZE));
  const base = within?.path ?? of.path;
  const path = `${base}?${asked}`;
  const round = (within?.round ?? 0) + acted;
  const { value, error, again } = useLoaded<Page>(path, round);
  useLooks(value?.items.some((one) => of.moves?.(one)) ?? false, again, round);
  useKey("n", () => make(true), !within && of.create !== undefined);
  const change = (name: string, text: string) => {
    const next = new URLSearchParams(of.one_filter ? "" : filter);
    if (text) next.set(name, text);
    else next.delete(name);
    location.hash = to(of.id, next);
  };
  const go = (by: number, name: string, rel: string) => {
    if (within) return <button class="small" onClick={() => turn(page + by)}>{name}</button>;
    const next = new URLSearchParams(filter);
    next.set("page", String(page + by));
    return <a href={to(of.id, next)} rel={rel}>{name}</a>;
  };
  const jump = (to_page: number) => {
    if (!Number.isInteger(to_page) || to_page < 1) return;
    if (within) return turn(to_page);
    const next = new URLSearchParams(filter);
    next.set("page", String(to_page));
    location.hash = to(of.id, next);
  };
  // What is made below a thing is of that thing.
  const fixed = within?.query ?? {};
  const fields = of.create?.fields.filter((field) => !(field.name in fixed)) ?? [];
  const makes = of.create && Object.keys(fixed).every((name) => of.create!.fields.some((field) => field.name === name));
  return (
    <div>
      {!within && (
        <div class="head">
          <h1>{of.title}</h1>
          {makes && <button class="main" onClick={() => make(true)}>New {of.one} <kbd>n</kbd></button>}
        </div>
      )}
      {!within && <Filters of={of} query={query} change={change} />}
      {error && <Problem error={error} />}
      {!value && !error && <p class="quiet" role="status">Loading…</p>}
      {value?.items.length === 0 && (value.total === 0 && within?.empty
        ? within.empty
        : <Empty of={of} filtered={!within && filter.toString() !== ""} begun={value.total > 0} make={makes ? () => make(true) : undefined} />)}
      {value && value.items.length > 0 && (
        <Table
          title={of.title} columns={columns.shown.filter((column) => !column.name || !(column.name in fixed))} items={value.items}
          own={of.own ?? (of.key ? (one) => `#/${of.id}/${one.id}` : undefined)} files={of.key ? undefined : of.files} acts={of.rowActs} act={(chosen, on) => act({ act: chosen, on })}
        />
      )}
      {value && (value.total > 0 || of.moves) && (
        <p class="row quiet">
          {value.total > 0 && <span>{value.total} {value.total === 1 ? of.one : many(of)}</span>}
          {page > 1 && go(-1, "Newer", "prev")}
          {value.has_more && go(1, "Older", "next")}
          {value.total > 2 * SIZE && (
            <label>Page <input type="number" min="1" max={Math.ceil(value.total / SIZE)} key={page} defaultValue={String(page)} onChange={(event) => jump(Number(event.currentTarget.value))} /> of {Math.ceil(value.total / SIZE)}</label>
          )}
          {value.items.length > 0 && <Csv of={of} columns={columns} base={base} filter={filter} total={value.total} />}
          {of.moves && <button class="small" onClick={() => setActed(acted + 1)}>Look again</button>}
          {within && makes && value.total > 0 && <button class="small" onClick={() => make(true)}>New {of.one}</button>}
        </p>
      )}
      {!within && value && value.items.length > 0 && <Chooser columns={columns} />}
      {(!within || !of.key || of.screen) && <Curl call={{ method: "GET", path }} />}
      {making && makes && (
        <Ask
          title={`Create ${of.one}`} fields={fields} currency={currency} shows={of.create!.shows}
          call={(body) => ({ method: "POST", path: base, body: { ...fixed, ...body } })}
          close={(done) => {
            make(false);
            if (done && !of.create!.shows && of.key) location.hash = `#/${of.id}/${done.id}`;
            else if (done) setActed(acted + 1);
          }}
        />
      )}
      {acting && (
        <Ask
          title={acting.act.name} fields={fieldsOf(acting.act, acting.on)} grave={acting.act.grave} currency={currency}
          call={(body) => acting.act.call(acting.on, body)}
          close={(done) => {
            act(undefined);
            if (done) setActed(acted + 1);
          }}
        />
      )}
    </div>
  );
}

/** So many rows are put into a file at most, and asked for at once. */
const MOST = 1_000;
const AT_ONCE = 100;

/** The rows of a list as a file for a spreadsheet: what the columns show, of all pages. */
function Csv({ of, columns, base, filter, total }: { of: Resource; columns: Columns; base: string; filter: URLSearchParams; total: number }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Error>();
  const write = async () => {
    const rows = [columns.shown.map((column) => column.label)];
    for (let offset = 0, more = true; more && offset < MOST; offset += AT_ONCE) {
      const page = await get<Page>(`${base}?${new URLSearchParams([...filter, ...columns.expand, ["limit", String(AT_ONCE)], ["offset", String(offset)]])}`);
      rows.push(...page.items.map((one) => columns.shown.map((column) => column.of(one))));
      more = page.has_more;
    }
    const text = rows.map((row) => row.map(cell).join(",")).join("\r\n");
    keepBlob(new Blob([`${text}\r\n`], { type: "text/csv" }), `${of.id}.csv`);
  };
  const press = () => {
    setBusy(true);
    setProblem(undefined);
    void write().catch(setProblem).finally(() => setBusy(false));
  };
  return (
    <>
      <button class="small" disabled={busy} onClick={press} title={total > MOST ? `The newest ${MOST}` : undefined}>CSV</button>
      {problem && <Problem error={problem} />}
    </>
  );
}

const many = (of: Resource) => of.one.replace(/y$/, "ie").concat("s");
export const fieldsOf = (act: Act, thing: Thing) => (typeof act.fields === "function" ? act.fields(thing) : (act.fields ?? []));

function Filters({ of, query, change }: { of: Resource; query: URLSearchParams; change: (name: string, text: string) => void }) {
  if (!of.filters) return null;
  return (
    <div class="filters">
      {of.filters.map((one) => (
        <label>
          {one.label}{" "}
          {one.options ? (
            <select value={query.get(one.name) ?? ""} onChange={(event) => change(one.name, event.currentTarget.value)}>
              <option value="">any</option>
              {one.options.map((option) => <option value={option}>{words(option)}</option>)}
            </select>
          ) : (
            <>
              <input key={query.get(one.name)} defaultValue={query.get(one.name) ?? ""} list={one.proposals && `proposed-${one.name}`} onChange={(event) => change(one.name, event.currentTarget.value)} />
              {one.proposals && <datalist id={`proposed-${one.name}`}>{one.proposals.map((text) => <option value={text} />)}</datalist>}
            </>
          )}
        </label>
      ))}
    </div>
  );
}

/** So much of a long text stands in a row. */
const BRIEF = 40;

function Cell({ of, one }: { of: Column; one: Thing }) {
  const [text, to] = [of.of(one), of.to?.(one)];
  if (of.long && text.length > BRIEF) return <details><summary>{text.slice(0, BRIEF)}…</summary><pre tabIndex={0}>{text}</pre></details>;
  return to ? <a href={to}>{text}</a> : <>{text}</>;
}

type Acts = { acts: Act[]; name: string; one: Thing; act: (act: Act, on: Thing) => void };

/** What can be done with a row, beside its name: nobody has to scroll for it. */
function Acts({ acts, name, one, act }: Acts) {
  const shown = acts.filter((chosen) => !chosen.when || chosen.when(one));
  return <td>{shown.map((chosen) => <button class="small" aria-label={`${chosen.name}: ${name}`} onClick={() => act(chosen, one)}>{chosen.name}</button>)}</td>;
}

type Rows = { title: string; columns: Column[]; items: Thing[]; own?: (one: Thing) => string; files?: Resource["files"]; acts?: Act[]; act?: Acts["act"] };

/** Rows; `own` says which screen the first column leads to. */
export function Table({ title, columns, items, own, files, acts, act }: Rows) {
  const [first, ...rest] = columns as [Column, ...Column[]];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead><tr><th scope="col">{first.label}</th>{acts && <th scope="col">Do</th>}{files && <th scope="col">Files</th>}{rest.map((column) => <th scope="col">{column.label}</th>)}</tr></thead>
        <tbody>
          {items.map((one) => (
            <tr key={one.id}>
              <td>{own ? <a href={own(one)} data-row="">{first.of(one)}</a> : <Cell of={first} one={one} />}</td>
              {acts && <Acts acts={acts} name={first.of(one)} one={one} act={act!} />}
              {files && <td><Files files={files(one)} /></td>}
              {rest.map((column) => <td><Cell of={column} one={one} /></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Empty({ of, filtered, begun, make }: { of: Resource; filtered: boolean; begun: boolean; make?: () => void }) {
  if (begun) return <p class="empty">There are not so many. <a href={`#/${of.id}`}>To the first page</a></p>;
  if (filtered) return <p class="empty">None of the {of.title.toLowerCase()} are like this.</p>;
  return (
    <div class="empty">
      <p>{of.about}</p>
      {make && <p><button onClick={make}>Create the first {of.one}</button></p>}
      {of.id === "subscriptions" && <p><a href="#/checkout-sessions">Sell one by a checkout session</a></p>}
    </div>
  );
}
