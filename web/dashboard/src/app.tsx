// The frame: signing in, where one is, keys, search.

import { render } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { another, get, Refused, sameSession, send, SIGNED_OUT, type Schemas, type Thing } from "./api";
import { Clock, Settings } from "./account";
import { Home } from "./home";
import { List, typing, type Place } from "./lists";
import { Log } from "./log";
import { One } from "./one";
import { when } from "./format";
import { Problem } from "./parts";
import { byPasskey, Elsewhere, offers, possible } from "./passkeys";
import { screens } from "./resources";
import { Found, Search } from "./search";

type Account = Schemas["Account"];

function place(): Place {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [id, one] = (path ?? "").split("/");
  return { resource: id || undefined, id: one || undefined, query: new URLSearchParams(query ?? "") };
}

const SESSION = "paymentkit-session";

const LINK = "#/sign-in/";

/** Remembers which session this browser has, so that it can be ended. */
function begun({ id }: Thing): void {
  another();
  localStorage.setItem(SESSION, id);
}

const UNKNOWN = "This browser does not know any more which session it has. Revoke it under API keys.";
/** How often a session is ended whose end nobody has confirmed, and what is waited in between. */
const ENDINGS = 3;
const WAIT_MS = 300;

/**
 * Ends the session. Where no answer comes, or none that says what became of it, it is asked for again: with the
 * same key it is the same request. It has ended when it is said so, or when nobody knows the session any more.
 */
async function end(): Promise<void> {
  const id = localStorage.getItem(SESSION);
  if (!id) throw new Error(UNKNOWN);
  const key = crypto.randomUUID();
  for (let times = 1; ; times++) {
    try {
      await send({ method: "DELETE", path: `/tokens/${id}` }, undefined, key);
      return;
    } catch (error) {
      const status = error instanceof Refused ? error.status : 0;
      if (status === 401) return;
      if (status === 404) throw new Error(UNKNOWN);
      if ((status > 0 && status < 500 && status !== 409) || times === ENDINGS) throw error;
    }
    await new Promise((done) => setTimeout(done, WAIT_MS * times));
  }
}

/** Exchanges a link's token for a session, and ends it: the link works once. */
async function byLink(): Promise<void> {
  const token = location.hash.slice(LINK.length);
  history.replaceState(null, "", location.pathname);
  const session = await send<Thing>({ method: "POST", path: "/sessions", body: {} }, token);
  begun(session);
  const { items } = await get<{ items: Thing[] }>("/tokens?limit=100");
  const used = items.find((one) => one.name === "Sign-in link" && !one.revoked_at && token.endsWith(String(one.last_four)));
  if (used) await send({ method: "DELETE", path: `/tokens/${used.id}` });
}

type Entry = { said?: Error; done: () => void; stay?: { name: string; back: () => void } };

function SignIn({ said, done, stay }: Entry) {
  const [error, setError] = useState(said);
  const [busy, setBusy] = useState(false);
  const enter = (session: Thing) => {
    begun(session);
    done();
  };
  const offered = useRef(offers(enter, setError)).current;
  useEffect(() => {
    if (stay) document.getElementById("token")?.focus();
    else offered.begin();
    // Whoever comes back after a while finds them again.
    addEventListener("focus", offered.begin);
    return () => {
      removeEventListener("focus", offered.begin);
      offered.stop();
    };
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    offered.stop();
    const form = event.currentTarget as HTMLFormElement;
    const token = String(new FormData(form).get("token") ?? "").trim();
    setBusy(true);
    try {
      // The token is used this once: what stays is a cookie that no script can read.
      const session = await send<Thing>({ method: "POST", path: "/sessions", body: {} }, token);
      form.reset();
      enter(session);
      return;
    } catch (error) {
      setError(error instanceof Refused && error.status === 401 ? new Error("This is no secret token that works.") : (error as Error));
    }
    setBusy(false);
    offered.begin();
  };
  const choose = async () => {
    offered.stop();
    setBusy(true);
    setError(undefined);
    try {
      enter(await byPasskey());
      return;
    } catch (error) {
      setError(error as Error);
    }
    setBusy(false);
    offered.begin();
  };
  return (
    <main class="signin">
      <h1>{stay ? "Another account" : "Billing"}</h1>
      {stay && <p>Production and test data are accounts of their own. This browser is signed in to one at a time: <strong>{stay.name}</strong>, until you have signed in here.</p>}
      <form onSubmit={submit}>
        <p class="field">
          <label for="token">Secret token</label>
          <input id="token" name="token" type="password" required autocomplete={possible() ? "current-password webauthn" : "off"} spellcheck={false} aria-describedby="token-hint" onFocus={offered.begin} />
          <span class="quiet" id="token-hint">Begins with <code>st_</code>. It is exchanged for a session of eight hours and not kept.</span>
        </p>
        {error && <Problem error={error} />}
        <p class="row">
          <button class="main" disabled={busy}>Sign in</button>
          {possible() && <button type="button" disabled={busy} onClick={choose}>Sign in with a passkey</button>}
          {stay && <button type="button" onClick={stay.back}>Stay</button>}
        </p>
        <Elsewhere />
      </form>
    </main>
  );
}

const KEYS: [string, string][] = [
  ["/, Ctrl K", "search"], ["g then a letter", "go to a list"], ["g h", "go home"], ["j, k", "next, previous row"], ["Enter", "open it"],
  ["n", "make a new one"], [".", "raw JSON"], ["?", "these keys"], ["Esc", "close"],
];

function Help({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <dl class="facts">
        {KEYS.map(([key, about]) => <div><dt><kbd>{key}</kbd></dt><dd>{about}</dd></div>)}
        {screens.map((one) => <div><dt><kbd>g {one.key}</kbd></dt><dd>{one.title}</dd></div>)}
      </dl>
      <form method="dialog"><button>Close</button></form>
    </dialog>
  );
}

/** `g c`: go to the customers. `j` and `k`: along the rows. */
function useKeys(help: () => void) {
  useLayoutEffect(() => {
    let going = false;
    const keys = (event: KeyboardEvent) => {
      if (typing(event)) {
        if (event.key === "Escape") (event.target as HTMLElement).blur();
        return;
      }
      if (going) {
        going = false;
        const to = event.key === "h" ? "" : screens.find((one) => one.key === event.key)?.id;
        if (to !== undefined) location.hash = `#/${to}`;
      } else if (event.key === "g") going = true;
      else if (event.key === "?") help();
      else if (event.key === "j" || event.key === "k") {
        const rows = [...document.querySelectorAll<HTMLElement>("a[data-row]")];
        const at = rows.indexOf(document.activeElement as HTMLElement);
        const next = event.key === "j" ? at + 1 : at < 0 ? rows.length - 1 : at - 1;
        rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
      }
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
}

/** Where the clock of test data stands, while it is stopped. */
function Stopped({ at }: { at: string }) {
  const [now, set] = useState<string>();
  useEffect(() => void get<Thing>("/test-clock").then((clock) => set(clock.stopped ? when(clock.now) : undefined), () => set(undefined)), [at]);
  return now ? <> · <a href="#/test-clock">the clock stands at {now}</a></> : null;
}

function Frame({ account, leave, change, reload }: { account: Account; leave: () => void; change: () => void; reload: () => void }) {
  const [at, setAt] = useState(place());
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  useKeys(() => setHelp(true));
  useEffect(() => {
    const moved = () => {
      setAt(place());
      scrollTo(0, 0);
      // Who searches for the next thing already is not interrupted.
      if (!document.activeElement?.closest("header input")) main.current?.focus({ preventScroll: true });
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const staging = account.environment === "stg";
  const known = screens.find((one) => one.id === at.resource);
  const title = known?.title ?? { settings: "Settings", "request-log": "Request log", "test-clock": "Test clock", search: "Search" }[at.resource ?? ""] ?? "Home";
  useEffect(() => void (document.title = `${title} · ${account.name}${staging ? " · test" : ""}`), [title]);
  const item = (id: string, name: string) => (
    <li><a href={`#/${id}`} aria-current={(at.resource ?? "") === id ? "page" : undefined}>{name}</a></li>
  );
  const currency = account.default_currency;
  return (
    <div class={`frame ${account.environment}`}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>To the content</a>
      <header>
        <p class="environment">{staging ? "Test data: no money moves" : "Production: real money"}{staging && <Stopped at={location.hash} />}</p>
        <div class="bar">
          <span class="row"><strong>{account.name}</strong> <button class="small" onClick={change}>Change account</button></span>
          <Search />
          <span class="row"><button class="small" onClick={() => setHelp(true)}>Keys <kbd>?</kbd></button> <button class="small" onClick={leave}>Sign out</button></span>
        </div>
      </header>
      <nav aria-label="Screens">
        <ul>{item("", "Home")}</ul>
        {["Selling", "Catalog", "Developers"].map((group) => (
          <div>
            <h2>{group}</h2>
            <ul>
              {screens.filter((one) => one.group === group).map((one) => item(one.id, one.title))}
              {group === "Developers" && item("request-log", "Request log")}
              {group === "Developers" && staging && item("test-clock", "Test clock")}
              {group === "Developers" && item("settings", "Settings")}
            </ul>
          </div>
        ))}
      </nav>
      <main ref={main} id="main" tabIndex={-1}>
        {!at.resource && <Home account={account} />}
        {known?.screen && <known.screen key={known.id} of={known} query={at.query} currency={currency} />}
        {known && !known.screen && !at.id && <List key={known.id} of={known} query={at.query} currency={currency} />}
        {known && !known.screen && at.id && <One key={at.id} of={known} id={at.id} currency={currency} reload={reload} />}
        {at.resource === "settings" && <Settings account={account} reload={reload} />}
        {at.resource === "request-log" && <Log account={account} query={at.query} reload={reload} />}
        {at.resource === "test-clock" && <Clock />}
        {at.resource === "search" && <Found text={at.query.get("q") ?? ""} />}
        {at.resource && !known && !["settings", "request-log", "test-clock", "search"].includes(at.resource) && <h1>There is no such screen</h1>}
      </main>
      {help && <Help close={() => setHelp(false)} />}
    </div>
  );
}

function App() {
  const [state, setState] = useState<{ account?: Account; error?: Error; out?: boolean; stays?: Error; changes?: boolean }>({});
  const leaving = useRef(false);
  const load = () => {
    // Nobody is shown an account again who has signed out before it was read.
    const isNow = sameSession();
    return get<Account>("/account").then(
      (account) => isNow() && setState({ account }),
      (error: Error) => isNow() && setState(error instanceof Refused && error.status === 401 ? { out: true } : { error }),
    );
  };
  useEffect(() => {
    // A link that does not work any more leads to where a token is asked for.
    const enter = () => byLink().then(load, () => setState({ out: true, error: new Error("This link was used already, or is too old.") }));
    const moved = () => void (location.hash.startsWith(LINK) && enter());
    // Who is asked to sign in again while the session is being ended would be signed out by its end.
    const out = () => !leaving.current && setState((old) => (old.out ? old : { out: true }));
    // Another tab signed in or out: what this one shows may be of another account.
    const elsewhere = (event: StorageEvent) => void ((event.key === SESSION || event.key === null) && location.reload());
    addEventListener("hashchange", moved);
    addEventListener(SIGNED_OUT, out);
    addEventListener("storage", elsewhere);
    if (location.hash.startsWith(LINK)) void enter();
    else void load();
    return () => {
      removeEventListener("hashchange", moved);
      removeEventListener(SIGNED_OUT, out);
      removeEventListener("storage", elsewhere);
    };
  }, []);
  const leave = async () => {
    if (leaving.current) return;
    leaving.current = true;
    const stays = await end().then(() => undefined, (error: Error) => error);
    leaving.current = false;
    if (stays) return setState((old) => ({ ...old, stays }));
    another();
    localStorage.removeItem(SESSION);
    setState({ out: true });
  };
  if (state.out) return <SignIn said={state.error} done={() => { setState({}); void load(); }} />;
  if (state.changes && state.account) {
    const stay = { name: state.account.name, back: () => setState((old) => ({ ...old, changes: false })) };
    // What was looked at is of the other account.
    const done = () => {
      location.hash = "";
      setState({});
      void load();
    };
    return <SignIn stay={stay} done={done} />;
  }
  if (state.error) return <main class="signin"><h1>Billing</h1><Problem error={state.error} /></main>;
  if (!state.account) return <main class="signin"><p role="status">Loading…</p></main>;
  return (
    <>
      {state.stays && <Problem error={state.stays} />}
      <Frame account={state.account} leave={leave} change={() => setState((old) => ({ ...old, changes: true }))} reload={load} />
    </>
  );
}

render(<App />, document.getElementById("app")!);
