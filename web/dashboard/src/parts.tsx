// What screens are made of.

import { type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asCurl, get, Refused, send, type Call, type Thing } from "./api";
import { amounts, type Field } from "./resources";

export type Loaded<T> = { value?: T; error?: Error; again: () => void };

/** What is read at `path`, read again when it changes. */
export function useLoaded<T>(path: string | undefined): Loaded<T> {
  const [state, set] = useState<{ path?: string; value?: T; error?: Error }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === undefined) return;
    let current = true;
    get<T>(path).then(
      (value) => current && set({ path, value }),
      (error: Error) => current && set({ path, error }),
    );
    return () => void (current = false);
  }, [path, round]);
  const fresh = state.path === path ? state : {};
  return { value: fresh.value, error: fresh.error, again: () => setRound((old) => old + 1) };
}

export function Problem({ error }: { error: Error }) {
  const faults = error instanceof Refused ? error.faults : [];
  return (
    <div class="problem" role="alert">
      <p>{error.message}</p>
      {faults.length > 1 && <ul>{faults.map((fault) => <li><code>{fault.pointer || "/"}</code> {fault.detail}</li>)}</ul>}
      {error instanceof Refused && error.request && <p class="quiet">Request {error.request}</p>}
    </div>
  );
}

export function Curl({ call }: { call: Call }) {
  const text = asCurl(call);
  return (
    <details class="curl">
      <summary>As curl</summary>
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} />
    </details>
  );
}

export function Copy({ text }: { text: string }) {
  const [done, set] = useState(false);
  return <button type="button" class="small" onClick={() => navigator.clipboard.writeText(text).then(() => set(true))}>{done ? "Copied" : "Copy"}</button>;
}

/** What a form holds, as a body: what is empty is left out, and null where there was something before. */
function bodyOf(form: HTMLFormElement, fields: Field[], start?: Thing): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const data = new FormData(form);
  for (const field of fields) {
    const text = String(data.get(field.name) ?? "").trim();
    if (field.kind === "check") body[field.name] = text === "on";
    else if (text === "") {
      if (valueOf(start, { ...field, value: "" }) !== "") body[field.name] = null;
    }
    else if (field.kind === "number") body[field.name] = Number(text);
    else if (field.kind === "json") {
      try {
        body[field.name] = JSON.parse(text);
      } catch {
        throw new Error(`${field.label}: this is no JSON`);
      }
    } else body[field.name] = text;
  }
  return body;
}

type Asked = {
  title: string;
  fields: Field[];
  grave?: string;
  start?: Thing;
  currency: string;
  call: (body: Record<string, unknown>) => Call;
  shows?: "token";
  /** Reads again what it changes: somebody else was quicker. */
  again?: () => void;
  close: (done?: Thing) => void;
};

/** A form in a dialog: what is asked for, the same as curl, and what came of it. */
export function Ask({ title, fields, grave, start, currency, call, shows, again, close }: Asked) {
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState<Thing>();
  const [preview, setPreview] = useState<Call>();
  // What is pressed once more because the answer was lost is the same request: nothing is refunded twice.
  const sent = useRef<{ said: string; key: string } | undefined>(undefined);
  useEffect(() => dialog.current?.showModal(), []);
  const asked = () => call(amounts(bodyOf(form.current!, fields, start), fields, String(new FormData(form.current!).get("currency") || currency)));
  const look = () => {
    try {
      setPreview(asked());
    } catch {
      setPreview(undefined);
    }
  };
  useEffect(look, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const call = asked();
      const said = JSON.stringify(call);
      if (sent.current?.said !== said) sent.current = { said, key: crypto.randomUUID() };
      const done = await send<Thing>(call, undefined, sent.current.key);
      if (shows === "token") setShown(done);
      else close(done);
    } catch (error) {
      const late = error instanceof Refused && error.status === 412;
      if (late) again?.();
      setError(late ? new Error("Somebody changed it in the meantime. It has been read again: look, and press once more.") : (error as Error));
    }
    setBusy(false);
  };
  return (
    <dialog ref={dialog} onClose={() => close(shown)} aria-labelledby="asked">
      <h2 id="asked">{title}</h2>
      {shown ? (
        <div>
          <p>Copy it now: it is not shown again.</p>
          <pre class="secret" tabIndex={0}>{String(shown.token)}</pre>
          <p class="row"><Copy text={String(shown.token)} /><button type="button" onClick={() => close(shown)}>Done</button></p>
        </div>
      ) : (
        <form ref={form} onSubmit={submit} onInput={look}>
          {grave && <p class="grave">{grave}</p>}
          {fields.map((field) => <Input field={field} value={valueOf(start, field)} />)}
          {error && <Problem error={error} />}
          <p class="row">
            <button class="main" disabled={busy}>{title}</button>
            <button type="button" onClick={() => close()}>Not now</button>
          </p>
          {preview && <Curl call={preview} />}
        </form>
      )}
    </dialog>
  );
}

function valueOf(start: Thing | undefined, field: Field): string {
  const known = start?.[field.name];
  return known === undefined || known === null ? (field.value ?? "") : String(known);
}

export function Input({ field, value }: { field: Field; value: string }) {
  const id = `field-${field.name}`;
  const shared = { id, name: field.name, required: field.required, "aria-describedby": field.hint ? `${id}-hint` : undefined };
  const control =
    field.kind === "select" ? (
      <select {...shared}>{field.options!.map((option) => <option value={option} selected={option === value}>{option.replaceAll("_", " ")}</option>)}</select>
    ) : field.kind === "json" || field.kind === "area" ? (
      <textarea {...shared} rows={field.kind === "json" ? 4 : 3} spellcheck={false}>{value}</textarea>
    ) : field.kind === "check" ? (
      <input {...shared} type="checkbox" checked={value === "true"} />
    ) : field.kind === "number" ? (
      <input {...shared} type="number" autocomplete="off" defaultValue={value} />
    ) : (
      <input {...shared} type="text" autocomplete="off" defaultValue={value} />
    );
  return (
    <p class="field">
      <label for={id}>{field.label}</label>
      {control}
      {field.hint && <span class="quiet" id={`${id}-hint`}>{field.hint}</span>}
    </p>
  );
}

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
