// Search: what the public API finds by something exact, and the screens.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { get, Refused, type Page, type Thing } from "./api";
import { plain } from "./format";
import { typing } from "./lists";
import { Problem } from "./parts";
import { home, isId, resource, screens } from "./resources";

const CAN = "the id of anything (cus_…, in_…, evt_…), the beginning of a customer's name, business name or e-mail address, an invoice's number, an id of your own, a promotion code, or a screen";

type Hit = { to: string; name: string; of: string };

/** Where something like this may be found: customers by the beginnings of their words, the rest exactly. */
function places(text: string): [string, string][] {
  const written = encodeURIComponent(text);
  const own = ["customers", "subscriptions", "invoices", "products", "prices"];
  const found: [string, string][] = own.map((id) => [id, `external_id=${written}`]);
  if (/^\S+-\d+$/.test(text)) found.push(["invoices", `number=${written}`]);
  if (text.length <= 200 && text.replace(/[^\p{L}\p{N}]/gu, "").length >= 2) found.unshift(["customers", `search=${written}`]);
  if (/^[^\s@]+@[^\s@]+$/.test(text)) found.unshift(["customers", `email=${written}`]);
  if (/^[A-Za-z0-9_-]{3,40}$/.test(text)) found.push(["promotion-codes", `code=${written}`]);
  return found;
}

function named(text: string): Hit[] {
  const all = [...screens.map((one) => ({ name: one.title, to: `#/${one.id}`, of: "screen" })),
    ...[["Home", ""], ["Settings", "settings"], ["Request log", "request-log"], ["Test clock", "test-clock"]].map(([name, to]) => ({ name: name!, to: `#/${to}`, of: "screen" }))];
  return all.filter((one) => one.name.toLowerCase().startsWith(text.toLowerCase()));
}

async function find(text: string): Promise<Hit[]> {
  if (text.length > 255) return [];
  const answers = await Promise.all(places(text).map(async ([id, query]) => {
    const of = resource(id)!;
    // What this session may not read is not found by it.
    const { items } = await get<Page>(`${of.path}?${query}&limit=5`).catch((error: Error) => {
      if (error instanceof Refused && error.status === 403) return { items: [] };
      throw error;
    });
    return items.map((one: Thing) => ({ to: `#/${id}/${one.id}`, name: plain(one.name ?? of.columns[0]!.of(one)), of: of.one }));
  }));
  // A customer may be found by an id of one's own and by a word of it.
  const once = new Map(answers.flat().map((one) => [one.to, one]));
  return [...once.values(), ...named(text)];
}

/** What a text leads to at once: a thing by its id, or a screen by its whole name. */
function direct(text: string): string | undefined {
  return home(text) ?? named(text).find((one) => one.name.toLowerCase() === text.toLowerCase())?.to;
}

export function Search() {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const palette = (event.ctrlKey || event.metaKey) && event.key === "k" && !document.querySelector("dialog[open]");
      if (palette || (event.key === "/" && !typing(event))) {
        event.preventDefault();
        input.current?.select();
        input.current?.focus();
      }
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    const text = input.current!.value.trim();
    if (!text) return;
    location.hash = direct(text) ?? `#/search?q=${encodeURIComponent(text)}`;
    input.current!.value = "";
    input.current!.blur();
  };
  return (
    <form role="search" onSubmit={submit}>
      <input ref={input} type="search" aria-label="Search" aria-describedby="can" placeholder="Search: id, e-mail, your own id   /" />
      <span id="can" class="can quiet">Search for {CAN}.</span>
    </form>
  );
}

/** What was found. The only hit is opened, in the place of this screen. */
export function Found({ text }: { text: string }) {
  const [state, set] = useState<{ hits?: Hit[]; error?: Error }>({});
  useEffect(() => {
    let current = true;
    set({});
    find(text).then(
      (hits) => {
        if (!current) return;
        if (hits.length === 1) location.replace(hits[0]!.to);
        else set({ hits });
      },
      (error: Error) => current && set({ error }),
    );
    return () => void (current = false);
  }, [text]);
  const { hits, error } = state;
  return (
    <div>
      <h1>Search</h1>
      {error && <Problem error={error} />}
      {!hits && !error && <p class="quiet" role="status">Loading…</p>}
      {hits && hits.length > 0 && <ul class="hands">{hits.map((one) => <li><a href={one.to} data-row="">{one.name}</a> <span class="quiet">{one.of}</span></li>)}</ul>}
      {hits?.length === 0 && (
        <div class="empty">
          <p role="status">Nothing is called <strong>{text}</strong>.</p>
          <p>{isId(text) ? "What has such an id is shown on the screen of what it belongs to." : `What can be searched for: ${CAN}.`}</p>
        </div>
      )}
    </div>
  );
}
