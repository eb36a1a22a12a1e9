//! What if: what is going to happen to subscriptions is imagined, step after step, and the invoices that
//! come of it are told. Nothing is written but the answer to a repeated request.

use std::collections::BTreeSet;

use crate::{
    base::{
        error::Error,
        id::{InvoiceId, SubscriptionId},
        input::{Faults, Location},
        metadata::Metadata,
        time::{Clock, Moment, Timestamp},
    },
    model::{
        change_request::NewChangeRequest,
        customer::Customer,
        entity::Entity,
        invoice::{Invoice, InvoiceState, SimulatedInvoice, of_subscription},
        simulation::{NewSimulation, Simulated, SimulatedSubscription, Simulation},
        subscription::{Subscription, of_customer},
    },
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

/// How many invoices are told.
const MOST_INVOICES: usize = 100;
/// How many steps are imagined: of a subscription that is paused and goes on again and again.
const MOST_STEPS: usize = 1_000;
/// How many subscriptions of a customer are simulated together.
const MOST_SUBSCRIPTIONS: usize = 50;

/// Of what something is due.
#[derive(Clone)]
enum Next {
    Subscription(Box<Subscription>),
    /// An invoice of a subscription.
    Invoice(SubscriptionId, InvoiceId),
}

/// What lies ahead of a subscription.
struct Ahead {
    next: Option<(Timestamp, Next)>,
    made: usize,
}

impl Ahead {
    fn is_before(&self, other: &Self) -> bool {
        let at = |one: &Self| one.next.as_ref().map(|(at, _)| *at);
        at(self).is_some_and(|own| at(other).is_none_or(|other| own < other))
    }
}

/// What is being imagined.
struct Imagined {
    /// The work, which remembers what it has imagined.
    work: Work,
    /// Since when, in real time: so that ids are in the order in which they were made.
    since: Timestamp,
    subscriptions: Vec<Subscription>,
    /// The invoices that are there.
    real: BTreeSet<InvoiceId>,
}

impl Work {
    /// The invoices that would come.
    pub async fn simulate(&self, asked: NewSimulation) -> Reply<Simulation> {
        let (whose, until) = asked.read(self.now())?;
        let since = Clock.now();
        let work = self.imagining().at(Moment::stopped(self.now(), since));
        let changes = match &whose {
            Simulated::Subscription(id, changes) => changes.clone().map(|one| (id.clone(), *one)),
            Simulated::Customer(_) => None,
        };
        let subscriptions = self.simulated(whose).await?;
        let mut imagined = Imagined { work, since, subscriptions, real: BTreeSet::new() };
        for subscription in &imagined.subscriptions {
            let invoices: Vec<Invoice> =
                imagined.work.every(&of_subscription(subscription.id())).await?;
            imagined.real.extend(invoices.iter().map(|invoice| invoice.id().clone()));
        }
        if let Some((subscription_id, changes)) = changes {
            let new = NewChangeRequest {
                subscription_id,
                changes: Some(changes),
                metadata: Metadata::default(),
            };
            let mut tx = imagined.work.begin();
            let request = imagined.work.draft_request(&mut tx, new).await?;
            imagined.work.commit(tx).await?;
            imagined.work.apply_change_request(request).await?;
        }
        let complete_until = imagined.run(until).await?;
        let simulation = Simulation {
            from: self.now(),
            until,
            complete_until,
            invoices: imagined.told(complete_until).await?,
            subscriptions: imagined.as_they_would_be().await?,
        };
        self.commit_answer(self.begin_asked(), Answer::of(&simulation, None)?).await
    }

    /// The subscriptions that are simulated.
    async fn simulated(&self, whose: Simulated) -> Result<Vec<Subscription>, Error> {
        let (body, mut faults) = (Location::body("simulation"), Faults::default());
        let found = match whose {
            Simulated::Subscription(id, _) => {
                let at = body.field("subscription_id");
                self.referred::<Subscription>(&id, &at, &mut faults).await?.into_iter().collect()
            }
            Simulated::Customer(id) => {
                let at = body.field("customer_id");
                let customer: Option<Customer> = self.referred(&id, &at, &mut faults).await?;
                let Some(customer) = customer else { return Err(Error::Faulty(faults)) };
                let mut all: Vec<Subscription> = self.every(&of_customer(customer.id())).await?;
                all.retain(|one| one.next_step().is_some());
                if all.len() > MOST_SUBSCRIPTIONS {
                    let hint = format!(
                        "has more than {MOST_SUBSCRIPTIONS} subscriptions that go on: simulate them \
                         one by one"
                    );
                    faults.not_valid(&at, "too_many", &hint);
                }
                all
            }
        };
        faults.settled()?;
        Ok(found)
    }
}

impl Imagined {
    /// Imagines what happens until `until`, or until there are enough invoices, and says which.
    async fn run(&self, until: Timestamp) -> Result<Timestamp, Error> {
        let mut now = self.work.now();
        let mut ahead = Vec::new();
        for subscription in &self.subscriptions {
            ahead.push(self.ahead_of(subscription.id()).await?);
        }
        for _ in 0..MOST_STEPS {
            let soonest = (ahead.iter().enumerate())
                .reduce(|best, one| if one.1.is_before(best.1) { one } else { best });
            let next = soonest.and_then(|(place, one)| Some((place, one.next.clone()?)));
            let Some((place, (at, next))) = next.filter(|(_, (at, _))| *at <= until) else {
                return Ok(until);
            };
            let made: usize = ahead.iter().map(|one| one.made).sum();
            if at > now && made >= MOST_INVOICES {
                return Ok(now);
            }
            now = now.max(at);
            let id = match next {
                Next::Invoice(subscription, id) => {
                    let work = self.work.at(Moment::stopped(now, self.since));
                    work.finalize_and_collect(&id).await?;
                    subscription
                }
                Next::Subscription(subscription) => self.step(*subscription, now).await?,
            };
            if let Some(one) = ahead.get_mut(place) {
                *one = self.ahead_of(&id).await?;
            }
        }
        Ok(now)
    }

    /// Imagines what happens next to a subscription.
    async fn step(
        &self,
        subscription: Subscription,
        now: Timestamp,
    ) -> Result<SubscriptionId, Error> {
        let (id, before) = (subscription.id().clone(), subscription.record().version);
        let work = self.work.at(Moment::stopped(now, self.since));
        work.run_subscription(subscription).await?;
        let after: Subscription = work.find(&id).await?;
        match after.record().version == before {
            true => Err(Error::Internal(format!("{id}: its step changed nothing"))),
            false => Ok(id),
        }
    }

    /// What is due next of a subscription and its drafts, and how many invoices were imagined for it.
    async fn ahead_of(&self, id: &SubscriptionId) -> Result<Ahead, Error> {
        let subscription: Subscription = self.work.find(id).await?;
        let invoices: Vec<Invoice> = self.work.every(&of_subscription(id)).await?;
        let made = invoices.iter().filter(|one| !self.real.contains(one.id())).count();
        let drafts = invoices.iter().filter(|one| one.state() == InvoiceState::Draft);
        let draft = drafts.filter_map(|one| Some((one.due_at()?, one.id()))).min();
        let own = subscription.due_at();
        let next = match draft {
            Some((at, draft)) if own.is_none_or(|own| at <= own) => {
                Some((at, Next::Invoice(id.clone(), draft.clone())))
            }
            _ => own.map(|at| (at, Next::Subscription(Box::new(subscription)))),
        };
        Ok(Ahead { next, made })
    }

    /// The invoices that were imagined, in their order in time.
    async fn imagined_invoices(&self) -> Result<Vec<Invoice>, Error> {
        let mut made = Vec::new();
        for subscription in &self.subscriptions {
            let all: Vec<Invoice> = self.work.every(&of_subscription(subscription.id())).await?;
            made.extend(all.into_iter().filter(|one| !self.real.contains(one.id())));
        }
        made.sort_by(|one, other| one.id().cmp(other.id()));
        Ok(made)
    }

    async fn told(&self, until: Timestamp) -> Result<Vec<SimulatedInvoice>, Error> {
        let made = self.imagined_invoices().await?;
        let told = made.iter().filter(|one| one.record().created_at <= until);
        told.map(Invoice::simulated).collect()
    }

    async fn as_they_would_be(&self) -> Result<Vec<SimulatedSubscription>, Error> {
        let mut then = Vec::new();
        for subscription in &self.subscriptions {
            let one: Subscription = self.work.find(subscription.id()).await?;
            then.push(SimulatedSubscription::of(&one));
        }
        Ok(then)
    }
}
