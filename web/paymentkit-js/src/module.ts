// PaymentKit.js as an ES module.

import { cameFrom } from "./kit";

cameFrom(import.meta.url);

export { PaymentKit } from "./kit";
export type { Checkout } from "./checkout";
export type {
  Appearance, CheckoutOptions, Events, Interval, Line, Locale, NextAction, NextCharge, Outcome, PaymentKitOptions,
  Problem, Session,
} from "./types";
