// Home: what is to be done first, and what needs a hand.

import { type Page, type Schemas } from "./api";
import { Section, useLoaded } from "./parts";

const none = "?limit=1";

function useTotal(path: string): number | undefined {
  return useLoaded<Page>(path).value?.total;
}

function Step({ done, children }: { done: boolean | undefined; children: preact.ComponentChildren }) {
  return <li class={done ? "done" : ""}><span>{done === undefined ? "…" : done ? "Done: " : "To do: "}</span>{children}</li>;
}

function Hand({ count, of, to }: { count: number | undefined; of: string; to: string }) {
  if (!count) return null;
  return <li><a href={to}><strong>{count}</strong> {of}</a></li>;
}

export function Home({ account }: { account: Schemas["Account"] }) {
  const products = useTotal(`/products${none}`);
  const prices = useTotal(`/prices${none}`);
  const customers = useTotal(`/customers${none}`);
  const sessions = useTotal(`/checkout-sessions${none}`);
  const paid = useTotal(`/payments/intents${none}&state=succeeded`);
  const late = useTotal(`/invoices${none}&state=past_due`);
  const failed = useTotal(`/payments/intents${none}&state=failed`);
  const unknown = useTotal(`/payments/intents${none}&state=unknown`);
  const drafts = useTotal(`/invoices${none}&state=draft`);
  const behind = useTotal(`/subscriptions${none}&state=past_due`);
  const unbegun = useTotal(`/subscriptions${none}&state=incomplete`);
  const known = [late, failed, unknown, drafts, behind, unbegun];
  const quiet = known.every((one) => one === 0);
  const has = (count: number | undefined) => (count === undefined ? undefined : count > 0);
  const begun = [has(products), has(prices), has(sessions), has(paid)].every(Boolean);
  return (
    <div>
      <h1>Home</h1>
      {!begun && (
        <Section title="First steps">
          <ol class="steps">
            <Step done={account.default_processor_id !== null}><a href="#/processors">Choose who moves the money</a></Step>
            <Step done={has(products)}><a href="#/products">Make a product</a>, which is what you sell</Step>
            <Step done={has(prices)}><a href="#/prices">Give it a price</a>, once or by the month</Step>
            <Step done={has(sessions)}><a href="#/checkout-sessions">Offer it by a checkout session</a>, which has a page to pay on</Step>
            <Step done={has(paid)}>Open that page and <a href="#/payments">take the first payment</a></Step>
            <Step done={has(customers)}>See <a href="#/customers">who bought</a></Step>
          </ol>
        </Section>
      )}
      <Section title="What needs a hand">
        {quiet && <p class="empty">Nothing. Failed payments, overdue invoices and drafts would stand here.</p>}
        <ul class="hands">
          <Hand count={late} of="invoices are past due" to="#/invoices?state=past_due" />
          <Hand count={failed} of="attempts to pay failed" to="#/payments?state=failed" />
          <Hand count={unknown} of="attempts have no answer from the processor yet" to="#/payments?state=unknown" />
          <Hand count={behind} of="subscriptions are past due" to="#/subscriptions?state=past_due" />
          <Hand count={unbegun} of="subscriptions wait for their first payment" to="#/subscriptions?state=incomplete" />
          <Hand count={drafts} of="invoices are drafts" to="#/invoices?state=draft" />
        </ul>
      </Section>
    </div>
  );
}
