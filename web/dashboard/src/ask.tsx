// A form in a dialog: what is asked for, the same as curl, and what came of it.

import { type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Refused, send, type Call, type Thing } from "./api";
import { controlOf, filled, masked, valueOf, type Body, type Controls, type Field } from "./fields";
import { Input, type Faults } from "./form";
import { Copy, Curl, Problem } from "./parts";

type Asked = {
  title: string;
  fields: Field[];
  grave?: string;
  start?: Thing;
  currency: string;
  call: (body: Body) => Call;
  /** What of the answer is shown this once. */
  shows?: string;
  /** Reads again what it changes: somebody else was quicker. */
  again?: () => void;
  /** What would come of it, drawn while it is typed. */
  sample?: (body: Body) => ComponentChildren;
  close: (done?: Thing) => void;
};

/** What is wrong, by the control it was typed into; and what of it belongs to none. */
function sort(error: Refused, controls: Controls): { faults: Faults; rest: Refused } {
  const faults: Faults = new Map();
  const left = error.faults.filter((fault) => {
    const control = controlOf(fault.pointer, controls);
    if (control) faults.set(control, [faults.get(control), fault.detail].filter(Boolean).join("; "));
    return !control;
  });
  return { faults, rest: new Refused(error.status, left, error.message, error.request) };
}

export function Ask({ title, fields, grave, start, currency, call, shows, again, sample, close }: Asked) {
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [error, setError] = useState<Error>();
  const [faults, setFaults] = useState<Faults>(new Map());
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState<Thing>();
  const [preview, setPreview] = useState<Call>();
  const [typed, setTyped] = useState<Body>({});
  // What is pressed once more because the answer was lost is the same request: nothing is refunded twice.
  const sent = useRef<{ said: string; key: string } | undefined>(undefined);
  useEffect(() => dialog.current?.showModal(), []);
  const read = (controls: Controls) => filled(new FormData(form.current!), fields, start, currency, controls);
  const look = () => {
    try {
      const body = read(new Map());
      setTyped(body);
      setPreview(call(masked(body, fields)));
    } catch {
      setPreview(undefined);
    }
  };
  useEffect(look, []);
  // Before it is painted: who sees what is wrong is where it is wrong, and types nothing elsewhere.
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [faults]);
  const refused = (error: Error, controls: Controls) => {
    if (!(error instanceof Refused)) return setError(error);
    if (error.status === 412) {
      again?.();
      return setError(new Error("Somebody changed it in the meantime. It has been read again: look, and press once more."));
    }
    const sorted = sort(error, controls);
    setFaults(sorted.faults);
    setError(sorted.rest);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    setFaults(new Map());
    const controls: Controls = new Map();
    try {
      const asked = call(read(controls));
      const said = JSON.stringify(asked);
      if (sent.current?.said !== said) sent.current = { said, key: crypto.randomUUID() };
      const done = await send<Thing>(asked, undefined, sent.current.key);
      if (shows && done[shows]) setShown(done);
      else close(done);
    } catch (error) {
      refused(error as Error, controls);
    }
    setBusy(false);
  };
  const secret = shows && String(shown?.[shows]);
  return (
    <dialog ref={dialog} onClose={() => close(shown)} aria-labelledby="asked">
      <h2 id="asked">{title}</h2>
      {shown && secret ? (
        <div>
          <p>Copy it now: it is not shown again.</p>
          <pre class="secret" tabIndex={0}>{secret}</pre>
          <p class="row"><Copy text={secret} /><button type="button" onClick={() => close(shown)}>Done</button></p>
        </div>
      ) : (
        <form ref={form} onSubmit={submit} onInput={look}>
          {grave && <p class="grave">{grave}</p>}
          {fields.map((field) => <Input field={field} value={valueOf(start, field, currency)} faults={faults} />)}
          {sample?.(typed)}
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
