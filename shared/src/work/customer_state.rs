//! What a customer has and owes. Three calls to the table, in two rounds: the customer's subscriptions and
//! the invoices that are past due are looked up beside each other, then all objects are read at once. A
//! round more reads what was used, where something is measured.

use futures_util::future::try_join_all;

use crate::{
    base::{
        error::Error,
        id::{CustomerId, SubscriptionItemId},
        page::PageRequest,
    },
    model::{
        customer::Customer,
        customer_state::{CustomerState, Holdings},
        invoice::{Invoice, InvoiceState, of_customer_in},
        meter::{Hour, Usage},
        subscription::{self, Subscription, SubscriptionState},
    },
    store::{Beside, Page, key::UsageOf},
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

/// How many are shown of the subscriptions in a state, where the customer has many.
const MOST: usize = 100;
/// The states in which a subscription runs.
const RUNNING: [SubscriptionState; 3] =
    [SubscriptionState::Active, SubscriptionState::Trialing, SubscriptionState::PastDue];

impl Work {
    /// What a customer has and owes.
    pub async fn customer_state(&self, id: &CustomerId) -> Reply<CustomerState> {
        let (all, past_due) =
            (subscription::of_customer(id), of_customer_in(id, InvoiceState::PastDue));
        let (account, key) = (self.account(), self.key_of(id));
        let read = self.store().beside(account, &key, (&all, &past_due)).await?;
        let Beside { object, first, second } = read;
        let customer: Customer = object.ok_or(Error::NotFound)?;
        let (newest, past_due): (Page<Subscription>, Page<Invoice>) = (first, second);
        // Most that a customer ever had may be over: then those that run are asked for by their states.
        let (subscriptions, more) = match newest.has_more {
            true => self.running_of(id).await?,
            false => (newest.items, false),
        };
        let runs = |one: &Subscription| one.state.runs();
        let subscriptions: Vec<Subscription> = subscriptions.into_iter().filter(runs).collect();
        let usage = self.measured_now(&customer, &subscriptions).await?;
        let has_more = more || past_due.has_more;
        let held = Holdings { subscriptions, past_due: past_due.items, has_more, usage };
        Answer::of(&CustomerState::new(&customer, held, self.now()), None)
    }

    /// The subscriptions of a customer that run, and whether there are more.
    async fn running_of(&self, id: &CustomerId) -> Result<(Vec<Subscription>, bool), Error> {
        let lists = RUNNING.map(|state| subscription::of_customer_in(id, state));
        let pages = lists.iter().map(|list| self.page(list, PageRequest::first(MOST)));
        let pages: Vec<Page<Subscription>> = try_join_all(pages).await?;
        let has_more = pages.iter().any(|page| page.has_more);
        Ok((pages.into_iter().flat_map(|page| page.items).collect(), has_more))
    }

    /// What was used, of each item that is measured now, since that began.
    async fn measured_now(
        &self,
        customer: &Customer,
        subscriptions: &[Subscription],
    ) -> Result<Vec<(SubscriptionItemId, Usage)>, Error> {
        let spans = subscriptions.iter().flat_map(|one| &one.ledger.usage);
        let read = spans.filter(|span| span.end.is_none()).map(|span| async move {
            let (account, meter) = (self.account(), &span.meter);
            let whose = UsageOf { account, meter, customer: customer.id() };
            let time = (span.start, Hour::of(self.now()).next().begins());
            let found = self.store().usage_within(&whose, time).await?;
            let usage = |(meter, tally)| Usage::new(&meter, time, tally);
            Ok::<_, Error>(found.map(|found| (span.item.clone(), usage(found))))
        });
        Ok(try_join_all(read).await?.into_iter().flatten().collect())
    }
}
