// What the API tells a payer's browser, and what a page hears of it. The build compares it with
// openapi.yaml.

/** A checkout session, as a payer may see it. Amounts are whole numbers of the currency's smallest unit. */
export interface Session {
  id: string;
  mode: "payment" | "setup";
  state: "open" | "completed" | "expired";
  expires_at: string;
  seller: { name: string; logo_url: string | null; primary_color: string | null; support_email: string | null };
  customer_email: string | null;
  currency: string | null;
  line_items: Line[];
  amount_subtotal_atom: number;
  amount_discount_atom: number;
  amount_tax_atom: number;
  amount_total_atom: number;
  next_charge: NextCharge | null;
  trial_ends_at: string | null;
  payment_methods: { type: "card"; processor: "test" | "stripe"; publishable_key: string | null }[];
  locale: Locale;
  next_action: NextAction | null;
  success_url: string | null;
  return_url: string;
}

export type Locale = "en" | "de" | "fr" | "es" | "nl" | "it" | "pt" | "ja";
export type Interval = "day" | "week" | "month" | "year";

export interface Line {
  name: string;
  description: string | null;
  quantity: number;
  unit: string | null;
  unit_amount_decimal: string | null;
  amount_atom: number;
  billing_interval: Interval | null;
  billing_interval_count: number | null;
}

export interface NextCharge {
  amount_atom: number;
  at: string;
  billing_interval: Interval;
  billing_interval_count: number;
  then: { amount_atom: number; at: string } | null;
}

/** What the payer has to do before the payment goes on. */
export interface NextAction {
  type: string;
  url: string | null;
}

/** Why something did not go on. */
export interface Problem {
  /** A word for programs, such as `card_declined`. */
  code: string;
  /** A sentence for the payer, in the payer's language where the code is one of the payment's. */
  message: string;
  /** What the API or this library has to say to whoever wrote the page; null, where that is nothing. */
  detail: string | null;
  /** What the answer's `Request-Id` was; null, where there was no answer. */
  request_id: string | null;
}

/** What each event tells its listeners. */
export interface Events {
  /** The form can be used, or says why it cannot. */
  ready: { session: Session };
  /** The payer typed or chose; `complete` is whether `confirm()` has what it needs. */
  change: { complete: boolean; email: string | null };
  /** The payer's bank wants a confirmation; the form shows the way there. */
  requires_action: { action: NextAction; session: Session };
  /** It is paid, or set up. Told once. */
  completed: { session: Session };
  /** It did not go on; the form says so, and can be used again where that helps. */
  error: Problem;
}

/** How `confirm()` ended. */
export type Outcome =
  | { status: "completed"; session: Session }
  | { status: "requires_action"; action: NextAction }
  | { status: "error"; error: Problem };

/** How the form looks: colours and lengths as CSS writes them. */
export interface Appearance {
  /** Of the button; the seller's brand colour, where it is not set. */
  color?: string;
  /** Of the text on the button. */
  colorOnButton?: string;
  background?: string;
  text?: string;
  /** Of what is said beside. */
  muted?: string;
  border?: string;
  danger?: string;
  radius?: string;
  font?: string;
}

export interface CheckoutOptions {
  /** The session's `secure_token`, which your server gave the page. */
  secureToken: string;
  /** The session's id: only for a `secure_token` that does not begin with it. */
  sessionId?: string;
  appearance?: Appearance;
}

export interface PaymentKitOptions {
  /** Where the API is, such as `https://billing.example.com/api`: where the script came from, unless it is set. */
  baseUrl?: string;
  /** The language; the browser's, unless it is set. */
  locale?: Locale;
}
