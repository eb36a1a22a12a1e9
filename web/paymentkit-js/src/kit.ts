// The way in: a publishable token, and the address of the API.

import { Api } from "./api";
import { Checkout } from "./checkout";
import type { CheckoutOptions, PaymentKitOptions } from "./types";

/** Where the API is, if this script came from it. */
let own: string | undefined;

/** Notes where this script came from. */
export function cameFrom(address: string | undefined): void {
  const found = /^(https?:\/\/[^/]+)\/js\/v1\/paymentkit[\w-]*\.m?js([?#]|$)/.exec(address ?? "");
  own = found ? `${found[1]}/api` : undefined;
}

/** Payment forms of one seller. */
export class PaymentKit {
  readonly #token: string;
  readonly #options: PaymentKitOptions;
  readonly #base: string;

  /** `token` is a publishable one, which begins with `pt_`. */
  constructor(token: string, options: PaymentKitOptions = {}) {
    if (!/^pt_(prod|stg)_/.test(token)) {
      throw new TypeError("PaymentKit() takes a publishable token (pt_…): never have a secret one in a page");
    }
    const base = options.baseUrl ?? own;
    if (!base) throw new TypeError("PaymentKit() needs baseUrl");
    this.#token = token;
    this.#options = options;
    this.#base = base.replace(/\/+$/, "");
  }

  /** The form of one checkout session. */
  checkout({ secureToken, sessionId, appearance = {} }: CheckoutOptions): Checkout {
    const id = sessionId ?? /^(cs_\w+)_secret_\w+$/.exec(secureToken)?.[1];
    if (!id) throw new TypeError("checkout() needs secureToken: cs_…_secret_…");
    const { locale } = this.#options;
    const api = new Api(this.#base, this.#token, locale, [id, secureToken]);
    return new Checkout(api, id, appearance, locale ?? navigator.language);
  }
}
