// One session on the page: what it looks like, what the payer does, and what becomes of it.
//
// A session is completed at most once, whatever is clicked and however often it is asked for: the API sees
// to that. What is left to do here is to never say more than is known. Where an answer is lost the session
// is read again until it says what became of it.

import type { Answer, Api } from "./api";
import { draw, type Drawn, element, link, said } from "./form";
import { kept } from "./kept";
import { begin, type Part } from "./part";
import { sheet } from "./style";
import type { Appearance, Events, NextAction, Outcome, Problem, Session } from "./types";
import { words, type Words } from "./words";

type Name = keyof Events;
type Refusal = Exclude<Answer, { session: Session }>;

const NAMES: readonly Name[] = ["ready", "change", "requires_action", "completed", "error"];
/** How often a session is read while something is to come of it, and how long after each. */
const LOST = { times: 15, wait: 2000 };
const AT_THE_BANK = { times: 100, wait: 3000 };

/** What whoever wrote the page has to do, and no payer can. */
const FOR_YOU: Record<string, string> = {
  http_401: "PaymentKit() takes a publishable token: unknown",
  http_404: "No such session: wrong secureToken",
};

const after = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

/** The form of one checkout session. */
export class Checkout {
  readonly #api: Api;
  readonly #id: string;
  readonly #appearance: Appearance;
  readonly #language: string;
  readonly #listeners = new Map<Name, Set<(told: never) => void>>();
  readonly #alert = element("div", { class: "said", role: "alert", id: "problem", tabindex: "-1" });
  readonly #status = element("div", { class: "said", role: "status", tabindex: "-1" });
  readonly #body = element("div", {});
  #host: HTMLElement | null = null;
  #session: Session | null = null;
  #drawn: Drawn | null = null;
  #running: Promise<Outcome> | null = null;
  #problem: Problem | null = null;
  #typed = "";
  #part: Part | null = null;
  /** What the payer is asked to do at the bank. */
  #action: NextAction | null = null;
  #token: string;
  /** What was told already: each of these is told once. */
  readonly #told = new Set<string>();
  /** Counts what makes a wait for something else pointless. */
  #turn = 0;

  /** @internal */
  constructor(api: Api, id: string, appearance: Appearance, language: string) {
    this.#api = api;
    this.#id = id;
    this.#appearance = appearance;
    this.#language = language;
    this.#token = kept(id) ?? "";
  }

  /** Calls `listener` whenever this happens. */
  on<N extends Name>(name: N, listener: (told: Events[N]) => void): this {
    if (!NAMES.includes(name)) throw new TypeError(`no event "${name}": ${NAMES.join(", ")}`);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return this;
  }

  /** Calls `listener` no more. */
  off<N extends Name>(name: N, listener: (told: Events[N]) => void): this {
    this.#listeners.get(name)?.delete(listener);
    return this;
  }

  /** Shows the form in an element of the page, given itself or by a selector. */
  mount(target: string | HTMLElement): this {
    const place = typeof target === "string" ? document.querySelector(target) : target;
    if (!place) throw new Error(`no element "${target}"`);
    if (this.#host) throw new Error("mounted already");
    this.#host = element("div", {});
    const root = this.#host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet(this.#appearance, null)];
    root.append(element("div", { class: "form" }, this.#body, this.#alert, this.#status));
    place.append(this.#host);
    this.#body.oninput = () => this.#changed();
    this.#body.onsubmit = (event) => {
      event.preventDefault();
      void this.confirm();
    };
    void this.#load();
    return this;
  }

  /** Takes the form off the page. A payment that was begun goes on, and is told. */
  unmount(): void {
    this.#turn += 1;
    this.#host?.remove();
    this.#host = null;
  }

  /** Completes the session by what the form says, as its button does. While one is under way it is that one. */
  confirm(): Promise<Outcome> {
    this.#running ??= this.#confirm().finally(() => {
      this.#running = null;
      this.#busy(false);
    });
    return this.#running;
  }

  async #load(): Promise<void> {
    const turn = (this.#turn += 1);
    const answer = await this.#api.read();
    if (turn !== this.#turn) return;
    if (!("session" in answer)) return void this.#fail(this.#worded(answer), "");
    const { session } = answer;
    if (session.state === "open" && offered(session)?.publishable_key) {
      this.#part ??= await begin(this.#api.base, session, this.#appearance, () => this.#changed()).catch(() => null);
      if (turn !== this.#turn) return;
    }
    this.#show(session);
  }

  async #confirm(): Promise<Outcome> {
    if (this.#session?.state === "completed") return { status: "completed", session: this.#session };
    const drawn = this.#drawn;
    if (!drawn) return { status: "error", error: this.#problem ?? unready() };
    this.#turn += 1;
    this.#keep();
    const words = this.#words();
    if (drawn.email && faultOf(drawn.email)) {
      const error = problem("customer_email", faultOf(drawn.email));
      return this.#fail(error, "/customer_email");
    }
    this.#say(null, words.pending);
    this.#busy(true);
    const email = drawn.email?.value.trim();
    let token: string | null = this.#token;
    if (this.#part) {
      try {
        token = await this.#part.present(email, this.#session!.next_action, this.#action);
      } catch (error) {
        return this.#fail(error as Problem, "");
      }
    } else kept(this.#id, token);
    const answer = await this.#api.complete({ ...(token && { payment_method: { token } }), ...(email && { customer_email: email }) });
    return "session" in answer ? this.#came(answer.session, null) : this.#refused(answer);
  }

  /** What the session says after a refusal: it may be completed all the same, or wait for the payer. */
  async #refused(answer: Refusal): Promise<Outcome> {
    if (answer.lost) this.#say(null, this.#words().pending_text);
    const over = (session: Session) => session.state !== "open" || session.next_action !== null;
    const now = await this.#watched(answer.lost ? LOST : { times: 1, wait: 0 }, over);
    if (now) return this.#came(now, answer);
    return this.#fail(this.#worded(answer), answer.at);
  }

  #came(session: Session, refusal: Refusal | null): Outcome {
    const action = session.next_action ?? refusal?.action ?? null;
    this.#show(session, action);
    if (session.state === "completed") {
      this.#status.focus();
      return { status: "completed", session };
    }
    if (session.state === "open" && action && this.#drawn) {
      this.#alert.focus();
      return { status: "requires_action", action };
    }
    if (!this.#drawn || !refusal) return { status: "error", error: this.#problem ?? unready() };
    return this.#fail(this.#worded(refusal), refusal.at);
  }

  /** Reads the session until it is `over`, a few times; the last that could be read. */
  async #watched({ times, wait }: typeof LOST, over: (session: Session) => boolean): Promise<Session | null> {
    const turn = this.#turn;
    let last: Session | null = null;
    for (let time = 0; time < times && turn === this.#turn; time += 1) {
      await after(wait);
      // Nobody looks: whoever comes back sees what is true then.
      if (document.hidden && time > 0) continue;
      const answer = await this.#api.read();
      if ("session" in answer) {
        last = answer.session;
        if (over(last)) break;
      }
    }
    return last;
  }

  /** Draws the session as it is. */
  #show(session: Session, action = session.next_action): void {
    this.#session = session;
    this.#action = action;
    const words = this.#words();
    const root = this.#host?.shadowRoot;
    if (root) root.adoptedStyleSheets = [sheet(this.#appearance, session.seller.primary_color)];
    this.#host?.setAttribute("lang", session.locale);
    this.#drawn = null;
    if (session.state !== "open") return this.#end(session);
    const method = offered(session);
    const key = method?.publishable_key;
    if (!method || (key && !this.#part)) {
      this.#body.replaceChildren();
      this.#fail(problem(key ? "not_available" : "not_ready", said(words.not_ready, { seller: session.seller.name })), "");
      return;
    }
    this.#drawn = draw(session, this.#typed, key ? null : this.#token);
    this.#body.replaceChildren(this.#drawn.root);
    this.#say(null, "");
    const ready = (back?: boolean) => {
      this.#once("ready", "ready", { session });
      // What came of it at the bank is asked at once.
      if (back) void this.confirm();
    };
    if (key) this.#part!.into(this.#host).then(ready, (error) => this.#fail(error, ""));
    else ready();
    if (action) this.#act(session, action);
  }

  #end(session: Session): void {
    const words = this.#words();
    const seller = { seller: session.seller.name };
    this.#body.replaceChildren();
    if (session.state === "expired") {
      this.#fail(problem("illegal_state", said(words.expired_text, seller)), "");
      return;
    }
    const did = session.mode === "setup" ? words.saved_text : words.ordered_text;
    const on = link(session.success_url, said(words.go_on, seller), "button");
    kept(this.#id, "");
    this.#say(null, "");
    this.#status.replaceChildren(element("p", { class: "strong" }, words.paid), element("p", {}, said(did, seller)), on ?? "");
    this.#once("completed", "completed", { session });
  }

  /** Shows the way to the payer's bank, and waits for what comes of it. */
  #act(session: Session, action: NextAction): void {
    const words = this.#words();
    this.#alert.replaceChildren(words.confirm, link(action.url, words.confirm_button, "button") ?? "");
    this.#once(`action ${action.url}`, "requires_action", { action, session });
    // Of a card that is not charged yet the session says nothing.
    if (session.next_action) void this.#waitForTheBank();
  }

  async #waitForTheBank(): Promise<void> {
    const turn = (this.#turn += 1);
    const now = await this.#watched(AT_THE_BANK, (session) => session.state !== "open" || !session.next_action);
    if (!now || turn !== this.#turn) return;
    const declined = now.state === "open" && !now.next_action;
    this.#keep();
    if (declined || now.state !== "open") this.#show(now);
    if (declined && this.#drawn) this.#fail(problem("card_declined", this.#words().declined), "");
  }

  /** Says what went wrong, in the payer's sight and to the page, and leads the payer to where it is. */
  #fail(error: Problem, at: string): Outcome {
    this.#problem = error;
    this.#say(error.message, "");
    const email = this.#drawn?.email;
    if (email && at.startsWith("/customer_email")) {
      email.setAttribute("aria-invalid", "true");
      email.setAttribute("aria-describedby", "problem");
      email.focus();
    } else if (this.#told.has("ready")) {
      this.#alert.focus();
    }
    this.#tell("error", error);
    return { status: "error", error };
  }

  /** What is wrong, as a payer is told it: the API words what is about the payment, and not what is the page's fault. */
  #worded({ problem: error, payers, lost }: Refusal): Problem {
    const words = this.#words();
    const message = FOR_YOU[error.code] ?? (error.code === "payment_pending" ? words.pending_text : words.failed);
    return payers && !lost ? error : { ...error, message };
  }

  #say(alert: string | null, status: string): void {
    this.#alert.replaceChildren(alert ?? "");
    this.#status.replaceChildren(status);
    this.#drawn?.email?.removeAttribute("aria-invalid");
  }

  #busy(busy: boolean): void {
    this.#body.setAttribute("aria-busy", String(busy));
    this.#drawn?.button.setAttribute("aria-disabled", String(busy));
  }

  /** Keeps what was typed and chosen, for when the form is drawn again. */
  #keep(): void {
    this.#typed = this.#drawn?.email?.value ?? this.#typed;
    this.#token = this.#drawn?.chosen() ?? this.#token;
  }

  #changed(): void {
    const email = this.#drawn?.email;
    const complete = this.#drawn !== null && !(email && faultOf(email)) && this.#part?.complete !== false;
    this.#tell("change", { complete, email: email ? email.value.trim() : (this.#session?.customer_email ?? null) });
  }

  #words(): Words {
    return words(this.#session?.locale ?? this.#language);
  }

  #once<N extends Name>(key: string, name: N, told: Events[N]): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#tell(name, told);
  }

  #tell<N extends Name>(name: N, told: Events[N]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      // A listener's fault is the page's, and stops nothing here.
      queueMicrotask(() => (listener as (told: Events[N]) => void)(told));
    }
  }
}

/** How the session is paid here: by test cards, or where the processor's part can be begun. */
const offered = (session: Session) => session.payment_methods.find((one) => one.processor === "test" || one.publishable_key);

/** What the browser has against an address, in its own language; nothing, where that is nothing. */
const faultOf = (email: HTMLInputElement) => email.validationMessage;

const problem = (code: string, message: string): Problem => ({ code, message, detail: null, request_id: null });

const unready = () => problem("not_mounted", "wait for ready");
