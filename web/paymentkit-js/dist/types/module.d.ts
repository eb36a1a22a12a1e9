export { PaymentKit } from "./kit";
export type { Checkout } from "./checkout";
export type { Appearance, CheckoutOptions, Events, Interval, Line, Locale, NextAction, NextCharge, Outcome, PaymentKitOptions, Problem, Session, } from "./types";
