// What takes cards that are typed in: the processor's own part, a file of its own.

import { element } from "./form";
import type { Appearance, NextAction, Session } from "./types";

/** What a processor's part does for a form. */
export interface Part {
  /** Whether a card is typed in whole. */
  complete: boolean;
  /**
   * Shows the field below an element of the page, where the form has a slot for it; done, once it can be used.
   * Whether the payer comes back from the bank just now.
   */
  into(host: HTMLElement | null): Promise<boolean>;
  /**
   * What stands for the card. Where none was typed since: null, if a payment waits for the payer's bank, so that
   * it is asked what became of it; the same again, if the bank was to be asked about the card itself. What the
   * processor has against it, a `Problem`, is thrown.
   */
  present(email: string | undefined, waits: NextAction | null, asked: NextAction | null): Promise<string | null>;
}

/** Begins it; `changed` is called whenever something is typed. */
export type Begin = (session: Session, appearance: Appearance, changed: () => void) => Promise<Part>;

/** Its file and what that is known by, as they were built with this one. */
declare const PART: string;
declare const INTEGRITY: string;

/** Loads the part from where the API is. */
export async function begin(base: string, ...given: Parameters<Begin>): Promise<Part> {
  const page = globalThis as { PaymentKitStripe?: Begin };
  await new Promise((done, fail) => {
    const script = element("script", { src: `${new URL("/js/v1/" + PART, base)}`, integrity: INTEGRITY, crossorigin: "" });
    script.onload = done;
    script.onerror = fail;
    document.head.append(script);
  });
  return page.PaymentKitStripe!(...given);
}
