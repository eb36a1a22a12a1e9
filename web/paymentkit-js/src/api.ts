// The two requests that a publishable token may make: read a session, and complete it.

import type { Locale, NextAction, Problem, Session } from "./types";

export interface Completion {
  payment_method?: { token: string };
  customer_email?: string;
}

/** An answer: the session; or why not. */
export type Answer =
  | { session: Session }
  | {
      problem: Problem;
      /** Where in the request the fault is. */
      at: string;
      action: NextAction | null;
      /** Whether the sentence is written for a payer. */
      payers: boolean;
      /** Whether nobody knows what was done. */
      lost: boolean;
    };

interface ProblemBody {
  detail?: string;
  request_id?: string;
  next_action?: NextAction | null;
  errors?: { code: string; detail: string; pointer?: string }[];
}

/** The gateway waits half a minute at most: whatever takes longer is lost. */
const LONGEST = 35_000;

/** The requests of one session. */
export class Api {
  readonly base: string;
  readonly #address: string;
  readonly #query: string;
  readonly #headers: Record<string, string>;

  constructor(base: string, token: string, locale: Locale | undefined, [id, secret]: [string, string]) {
    this.base = base;
    this.#address = `${base}/checkout-sessions/${encodeURIComponent(id)}`;
    this.#query = `?secure_token=${encodeURIComponent(secret)}`;
    this.#headers = { authorization: `Bearer ${token}`, ...(locale && { "accept-language": locale }) };
  }

  read(): Promise<Answer> {
    return this.#ask("", { headers: this.#headers });
  }

  complete(completion: Completion): Promise<Answer> {
    const headers = { ...this.#headers, "content-type": "application/json" };
    return this.#ask("/complete", { method: "POST", headers, body: JSON.stringify(completion) });
  }

  async #ask(rest: string, init: RequestInit): Promise<Answer> {
    try {
      const answer = await fetch(this.#address + rest + this.#query, {
        ...init,
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(LONGEST),
      });
      const body = await answer.json();
      return answer.ok ? { session: body } : refused(answer.status, body);
    } catch {
      // Nothing came back, or nothing that can be read.
      return refused(0, {});
    }
  }
}

function refused(status: number, body: ProblemBody): Answer {
  const first = body.errors?.[0];
  const code = first?.code ?? (status === 0 ? "unreachable" : `http_${status}`);
  const message = first?.detail ?? body.detail ?? "";
  return {
    problem: { code, message, detail: body.detail ?? null, request_id: body.request_id ?? null },
    at: first?.pointer ?? "",
    action: body.next_action ?? null,
    payers: first !== undefined && (status === 422 || status === 409),
    lost: status === 0 || status >= 500 || code === "payment_pending",
  };
}
