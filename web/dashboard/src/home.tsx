// Home: what is to be done first, and what needs a hand.

import { type Page, type Schemas, type Thing } from "./api";
import { Revenue } from "./figures";
import { Problem, Section, useLoaded } from "./parts";

const none = "?limit=1";
const PATHS = [
  `/products${none}`, `/prices${none}`, `/customers${none}`, `/checkout-sessions${none}`, `/payments/intents${none}&state=succeeded`,
  `/invoices${none}&state=past_due`, `/payments/intents${none}&state=failed`, `/payments/intents${none}&state=unknown`,
  `/invoices${none}&state=draft`, `/subscriptions${none}&state=past_due`, `/subscriptions${none}&state=incomplete`,
  `/payments/refunds${none}&state=failed`, `/disputes${none}&state=needs_response`,
];

/** How soon a trial ends that is told of. */
const SOON_MS = 7 * 86_400_000;
/** The names of keys that nobody has made by hand. */
const OWN_KEYS = ["Dashboard session", "Sign-in link"];

/** How many trials end within a week of now; staging accounts have a time of their own. */
function useTrialsEnding(account: Schemas["Account"]): number | undefined {
  const trials = useLoaded<Page>("/subscriptions?state=trialing&limit=100");
  const clock = useLoaded<Thing>(account.environment === "stg" ? "/test-clock" : undefined);
  if (!trials.value || (account.environment === "stg" && !clock.value && !clock.error)) return undefined;
  const now = clock.value ? Date.parse(String(clock.value.now)) : Date.now();
  return trials.value.items.filter((one) => Date.parse(String(one.trial_end)) - now <= SOON_MS).length;
}

/** Whether an endpoint does nothing but fail, or was disabled because it did. */
const fails = ({ health, disabled_because: because }: Thing) =>
  Boolean((health as Schemas["Health"] | null)?.failing_since) || (because !== null && because !== "asked");

function Step({ done, children }: { done: boolean | undefined; children: preact.ComponentChildren }) {
  return <li class={done ? "done" : ""}><span>{done === undefined ? "…" : done ? "Done: " : "To do: "}</span>{children}</li>;
}

function Hand({ count, of, to }: { count: number | undefined; of: string; to: string }) {
  if (!count) return null;
  return <li><a href={to}>{of}: <strong>{count}</strong></a></li>;
}

export function Home({ account }: { account: Schemas["Account"] }) {
  const asked = PATHS.map((path) => useLoaded<Page>(path));
  const endpoints = useLoaded<Page>("/webhook-endpoints?limit=100");
  const keys = useLoaded<Page>("/tokens?limit=100");
  const ending = useTrialsEnding(account);
  const error = [...asked, endpoints].find((one) => one.error)?.error;
  const used = keys.value?.items.some((one) => one.kind === "secret" && one.last_used_at !== null && !OWN_KEYS.includes(String(one.name)));
  const failing = endpoints.value?.items.filter(fails).length;
  const [products, prices, customers, sessions, paid, late, failed, unknown, drafts, behind, unbegun, kept, disputed] = asked.map((one) => one.value?.total);
  const known = [late, failed, unknown, drafts, behind, unbegun, kept, disputed, failing, ending];
  const quiet = known.every((one) => one === 0);
  const has = (count: number | undefined) => (count === undefined ? undefined : count > 0);
  const told = has(endpoints.value?.total);
  const begun = [has(products), has(prices), has(sessions), has(paid), told].every(Boolean);
  return (
    <div>
      <h1>Home</h1>
      {error && <Problem error={error} />}
      {!begun && (
        <Section title="First steps">
          <ol class="steps">
            <Step done={account.default_processor_id !== null}><a href="#/processors">Choose who moves the money</a></Step>
            <Step done={keys.error ? undefined : used}>Call the API with <a href="#/keys">a key</a>: each screen here shows how, as curl</Step>
            <Step done={has(products)}><a href="#/products">Make a product</a>, which is what you sell</Step>
            <Step done={has(prices)}><a href="#/prices">Give it a price</a>, once or by the month</Step>
            <Step done={has(sessions)}><a href="#/checkout-sessions">Offer it by a checkout session</a>, which has a page to pay on</Step>
            <Step done={has(paid)}>Open that page and <a href="#/payments">take the first payment</a></Step>
            <Step done={has(customers)}>See <a href="#/customers">who bought</a></Step>
            <Step done={told}><a href="#/webhooks">Have your server told</a> of what happens</Step>
          </ol>
        </Section>
      )}
      <Section title="What needs a hand">
        {quiet && <p class="empty">Nothing. Failed payments and refunds, disputes, overdue invoices, trials that end, drafts and endpoints that fail would stand here.</p>}
        <ul class="hands">
          <Hand count={late} of="Invoices past due" to="#/invoices?state=past_due" />
          <Hand count={failed} of="Attempts to pay that failed" to="#/payments?state=failed" />
          <Hand count={unknown} of="Attempts without an answer from the processor yet" to="#/payments?state=unknown" />
          <Hand count={kept} of="Refunds that failed" to="#/refunds?state=failed" />
          <Hand count={disputed} of="Disputes that wait for your evidence" to="#/disputes?state=needs_response" />
          <Hand count={failing} of="Webhook endpoints that fail" to="#/webhooks" />
          <Hand count={ending} of="Trials that end within a week" to="#/subscriptions?state=trialing" />
          <Hand count={behind} of="Subscriptions past due" to="#/subscriptions?state=past_due" />
          <Hand count={unbegun} of="Subscriptions that wait for their first payment" to="#/subscriptions?state=incomplete" />
          <Hand count={drafts} of="Drafts of invoices" to="#/invoices?state=draft" />
        </ul>
      </Section>
      <Section title="Revenue"><Revenue /></Section>
    </div>
  );
}
