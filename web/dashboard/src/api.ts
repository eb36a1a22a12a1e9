// The public API, asked as anybody asks it: the cookie of a session in place of a token, and the header
// without which a session is no credential.

import type { components } from "./schema";

export type Schemas = components["schemas"];
export type Thing = { id: string; version?: number; [field: string]: unknown };
export type Page = { items: Thing[]; total: number; has_more: boolean };

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly faults: { pointer: string; code: string; detail: string }[],
    detail: string,
    readonly request: string,
  ) {
    super(detail);
  }
}

const own = { "paymentkit-session": "1" };

export type Call = { method: string; path: string; body?: unknown; version?: number };

/** What is dispatched when the session turns out to be over. */
export const SIGNED_OUT = "signed-out";

let sessions = 0;

/** Somebody has signed in or out: what was asked before says nothing of the session that is now. */
export const another = () => void sessions++;

/** Whether the session is still the one that is now, whenever that is asked. */
export function sameSession(): () => boolean {
  const own = sessions;
  return () => own === sessions;
}

/** Sends a request; what is refused is thrown. The same `key` again is the same request again: it is done once. */
export async function send<T>(call: Call, token?: string, key: string = crypto.randomUUID()): Promise<T> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : { ...own };
  if (call.body !== undefined) headers["content-type"] = "application/json";
  if (call.method !== "GET") headers["idempotency-key"] = key;
  if (call.version !== undefined) headers["if-match"] = `"${call.version}"`;
  const isNow = sameSession();
  const answer = await fetch(`/api${call.path}`, {
    method: call.method,
    headers,
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    cache: "no-store",
  });
  if (answer.status === 401 && !token && isNow()) dispatchEvent(new Event(SIGNED_OUT));
  return read<T>(answer);
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json().catch(() => ({}))) as T;
}

async function refusal(answer: Response): Promise<Refused> {
  const body = await answer.json().catch(() => ({}));
  return new Refused(answer.status, body.errors ?? [], body.detail ?? answer.statusText, body.request_id ?? "");
}

/** Reads a file, which a link could not be asked for with, and has the browser keep it. */
export async function keep(path: string, name: string): Promise<void> {
  const answer = await fetch(`/api${path}`, { headers: own, cache: "no-store" });
  if (!answer.ok) throw await refusal(answer);
  keepBlob(await answer.blob(), name);
}

/** Has the browser keep a file. */
export function keepBlob(blob: Blob, name: string): void {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Asks where passkeys sign in: for a challenge, or with what answers one. */
export async function atDoor<T>(answer?: unknown): Promise<T> {
  if (answer === undefined) return read<T>(await fetch("/dashboard/sign-in", { cache: "no-store" }));
  const headers = { ...own, "content-type": "application/json" };
  return read<T>(await fetch("/dashboard/sign-in", { method: "POST", headers, body: JSON.stringify(answer) }));
}

export const get = <T>(path: string) => send<T>({ method: "GET", path });

/** The same request, for a terminal. */
export function asCurl({ method, path, body }: Call): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = [`curl ${quoted(`${location.origin}/api${path}`)}`, `-H "Authorization: Bearer $TOKEN"`];
  if (method !== "GET" && !(method === "POST" && body !== undefined)) parts.splice(1, 0, `-X ${method}`);
  if (body !== undefined) parts.push(`-H "Content-Type: application/json"`, `-d ${quoted(JSON.stringify(body))}`);
  return parts.join(" \\\n  ");
}
