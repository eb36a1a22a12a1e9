// What screens are made of.

import { type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { asCurl, get, keep, Refused, type Call } from "./api";

export type Loaded<T> = { value?: T; error?: Error; again: () => void; put: (value: T) => void };

/** What is read at `path`, read again when it changes, or when somebody says so. */
export function useLoaded<T>(path: string | undefined, others = 0): Loaded<T> {
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
  }, [path, round, others]);
  const fresh = state.path === path ? state : {};
  return { value: fresh.value, error: fresh.error, again: () => setRound((old) => old + 1), put: (value) => set({ path, value }) };
}

export function Problem({ error }: { error: Error }) {
  const faults = error instanceof Refused ? error.faults : [];
  return (
    <div class="problem" role="alert">
      <p>{error.message}</p>
      {faults.length > 0 && faults[0]!.detail !== error.message && <ul>{faults.map((fault) => <li><code>{fault.pointer || "/"}</code> {fault.detail}</li>)}</ul>}
      {error instanceof Refused && error.request && <p class="quiet">Request {error.request}</p>}
    </div>
  );
}

/** Files: each is kept when its button is pressed. */
export function Files({ files }: { files: [string, string][] }) {
  const [problem, setProblem] = useState<Error>();
  return (
    <>
      {files.map((one) => <> <button class="small" onClick={() => keep(...one).then(() => setProblem(undefined), setProblem)}>{one[1]}</button></>)}
      {problem && <Problem error={problem} />}
    </>
  );
}

export function Curl({ call, open }: { call: Call; open?: boolean }) {
  const text = asCurl(call);
  return (
    <details class="curl" open={open}>
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

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
