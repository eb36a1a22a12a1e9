// Cards of Stripe's, in Stripe's own element: a file of its own, loaded where a session is paid so. A card's
// number is never on the page: what Stripe makes of it, the id of a payment method, is what completes a session.

import type { Begin, Part } from "./part";
import { cardWords } from "./card-words";
import { kept } from "./kept";
import type { Appearance, Problem } from "./types";

interface Fault {
  code?: string;
  message?: string;
}

interface CardElement {
  on(name: "ready", listener: () => void): void;
  on(name: "loaderror", listener: (event: { error: Fault }) => void): void;
  on(name: "change", listener: (event: { complete: boolean; empty: boolean }) => void): void;
  mount(box: HTMLElement): void;
  unmount(): void;
}

interface Elements {
  create(type: "payment", options: object): CardElement;
  submit(): Promise<{ error?: Fault }>;
}

interface Stripe {
  elements(options: object): Elements;
  createPaymentMethod(options: object): Promise<{ error?: Fault; paymentMethod?: { id: string } }>;
}

type Page = typeof globalThis & { Stripe?: (key: string, options: object) => Stripe; PaymentKitStripe?: Begin };

const page = globalThis as Page;

/** Stripe wants its script from this address alone, so it has no integrity. */
const SCRIPT = "https://js.stripe.com/v3/";

let loading: Promise<void> | null = null;

function load(): Promise<void> {
  if (page.Stripe) return Promise.resolve();
  loading ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => done();
    script.onerror = () => {
      loading = null;
      fail(new Error(`${SCRIPT} could not be loaded`));
    };
    document.head.append(script);
  });
  return loading;
}

/** The form's look, as far as Stripe's element takes it. */
function worded({ color, background, text, muted, danger, radius, font }: Appearance): object {
  const variables = {
    colorPrimary: color, colorBackground: background, colorText: text, colorTextSecondary: muted, colorDanger: danger,
    borderRadius: radius, fontFamily: font,
  };
  return { variables: Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined)) };
}

page.PaymentKitStripe = async ({ id, mode, currency, locale, payment_methods, next_action }, appearance, changed): Promise<Part> => {
  const words = cardWords(locale);
  const failed = (code: string, fault: Fault = {}): Problem => ({
    code: fault.code ?? code, message: fault.message || words.card_failed, detail: null, request_id: null,
  });
  await load();
  const key = payment_methods.find((one) => one.publishable_key)?.publishable_key ?? "";
  const stripe = page.Stripe!(key, { locale });
  const elements = stripe.elements({
    mode: "setup", currency: currency ?? "usd", paymentMethodCreation: "manual", paymentMethodTypes: ["card"], appearance: worded(appearance),
  });
  const card = elements.create("payment", { terms: { card: "never" }, wallets: { applePay: "never", googlePay: "never" } });
  // The bank's page adds it to the address that it leads back to. A card that is set up is presented once more,
  // as it was; of a payment it is asked what became of it.
  const setup = mode === "setup";
  let returned = new URLSearchParams(location.search).has("redirect_status");
  let last = returned ? kept(id) : null;
  // Nothing is charged anew without a word of the payer's.
  let back = returned && Boolean(next_action ?? (setup && last));
  let typed = false;
  let box: HTMLElement | null = null;
  const part: Part = {
    complete: false,
    into: (host) =>
      new Promise((done, fail) => {
        const ready = () => {
          done(back);
          back = false;
        };
        if (!host || box?.parentNode === host) return ready();
        if (box) card.unmount();
        // Stripe's element works in the page itself only: the form shows it by a slot.
        box = document.createElement("div");
        box.slot = "card";
        box.style.marginTop = "14px";
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", words.card);
        host.append(box);
        card.on("ready", ready);
        card.on("loaderror", ({ error }) => fail(failed("not_available", error)));
        card.mount(box);
      }),
    present: async (email, waits, asked) => {
      if (!typed && waits) return null;
      const again = !typed && (asked || returned);
      returned = false;
      if (again && last) return last;
      const { error: wrong } = await elements.submit();
      if (wrong) throw failed("card_refused", wrong);
      const params = email ? { billing_details: { email } } : {};
      const { error, paymentMethod } = await stripe.createPaymentMethod({ elements, params });
      if (error || !paymentMethod) throw failed("card_refused", error);
      typed = false;
      last = paymentMethod.id;
      kept(id, last);
      return last;
    },
  };
  card.on("change", ({ complete, empty }) => {
    typed ||= !empty;
    part.complete = complete;
    changed();
  });
  return part;
};
