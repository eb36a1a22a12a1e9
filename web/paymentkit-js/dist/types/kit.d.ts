import { Checkout } from "./checkout";
import type { CheckoutOptions, PaymentKitOptions } from "./types";
/** Notes where this script came from. */
export declare function cameFrom(address: string | undefined): void;
/** Payment forms of one seller. */
export declare class PaymentKit {
    #private;
    /** `token` is a publishable one, which begins with `pt_`. */
    constructor(token: string, options?: PaymentKitOptions);
    /** The form of one checkout session. */
    checkout({ secureToken, sessionId, appearance }: CheckoutOptions): Checkout;
}
