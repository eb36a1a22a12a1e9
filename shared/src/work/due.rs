//! What happens without anybody asking: which objects are due, and what is then done.
//!
//! An object says when the next thing happens to it (`Entity::due_at`), and the due index has an entry
//! for that instant, written in the same transaction (`store/tx.rs`). An entry is a hint: whether
//! something is done is decided by the object alone, as it is when it is read, and what is done is a
//! change on the condition that nobody has changed it since. So any number of triggers, late, doubled
//! or at once, do it once.
//!
//! Who looks: the sweeper, every minute (`sweep`), and the driver of a test clock (`test_clock`).

use std::{future::Future, time::Duration};

use futures_util::FutureExt;

use crate::{
    base::{
        error::Error,
        id::Id,
        time::{Clock, Timestamp},
    },
    model::{
        checkout::CheckoutSession, dispute::Dispute, entity::Entity, invoice::Invoice,
        processor::watch::Watch, refund::Refund, subscription::Subscription,
    },
    store::back_off,
    work::{Work, deadline::within},
};

/// An object to which something happens at its time.
pub trait TimeDriven: Entity {
    /// Does the next thing that is due of it at `work.now()`: once, however much of it is due. The
    /// object as it then is must be due later, or at another version, or not at all. `Error::Stale`
    /// runs it again on what is there then; an end at any point must leave an object that is still due
    /// or has all that was to be done.
    fn run(self, work: &Work) -> impl Future<Output = Result<(), Error>>;
}

impl Work {
    /// Does the next thing that is due of the object `id`: the one table of what is driven by time.
    pub async fn run_due(&self, id: &str) -> Result<Ran, Error> {
        match id.split('_').next().unwrap_or_default() {
            "cs" => self.run_as::<CheckoutSession>(id).await,
            "dp" => self.run_as::<Dispute>(id).await,
            "in" => self.run_as::<Invoice>(id).await,
            "pw" => self.run_as::<Watch>(id).await,
            "re" => self.run_as::<Refund>(id).await,
            "sub" => self.run_as::<Subscription>(id).await,
            _ => Err(Error::Internal(format!("nothing is ever due of {id}"))),
        }
    }
}

impl TimeDriven for CheckoutSession {
    async fn run(self, work: &Work) -> Result<(), Error> {
        work.run_session(self).await
    }
}

impl TimeDriven for Dispute {
    async fn run(self, work: &Work) -> Result<(), Error> {
        work.run_dispute(self).await
    }
}

impl TimeDriven for Invoice {
    async fn run(self, work: &Work) -> Result<(), Error> {
        work.run_invoice(self).await
    }
}

impl TimeDriven for Refund {
    async fn run(self, work: &Work) -> Result<(), Error> {
        work.resume_refund(self.id()).await
    }
}

impl TimeDriven for Watch {
    async fn run(self, work: &Work) -> Result<(), Error> {
        match self.release.clone() {
            Some(release) => work.let_go_of(self, release).await,
            None => work.look_for_disputes(self).await,
        }
    }
}

impl TimeDriven for Subscription {
    async fn run(self, work: &Work) -> Result<(), Error> {
        work.run_subscription(self).await
    }
}

/// What came of looking after an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// Nothing was due of it.
    NotDue,
    /// It was at this version, and something was done.
    Step(u64),
}

/// How often a step is tried that meets other changes.
const ATTEMPTS: u32 = 8;
/// How long a step may take.
const LONGEST_STEP_MS: i64 = 30_000;

impl Work {
    /// Does the next thing that is due of the object `id`, of the kind `E`.
    pub async fn run_as<E: TimeDriven>(&self, id: &str) -> Result<Ran, Error> {
        let id: Id<E::Kind> =
            id.parse().map_err(|_| Error::Internal(format!("{id} is no id of its kind")))?;
        let mut result = Err(Error::Contended);
        for attempt in 0..ATTEMPTS {
            let Some(object) = self.look_for::<E>(&id).await? else {
                return Ok(Ran::NotDue);
            };
            // After the read: of two processes, the one that sees what the other has made is later.
            let work = self.now_on().as_due();
            if object.due_at().is_none_or(|at| at > work.now()) {
                return Ok(Ran::NotDue);
            }
            let version = object.record().version;
            result = object.run(&work).await.map(|()| Ran::Step(version));
            if !matches!(result, Err(Error::Stale | Error::Contended)) {
                return result;
            }
            self.forget();
            back_off(attempt.min(6)).await;
        }
        result
    }

    /// The same, ending before real time is `until`; a panic is an error like any other.
    pub(crate) async fn run_due_within(&self, id: &str, until: Timestamp) -> Result<Ran, Error> {
        let left = (until.millis() - Clock.now().millis()).clamp(0, LONGEST_STEP_MS);
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        // In a box: what can be due is a large future, and what runs it need not know how large.
        within(left, self.run_due(id).boxed_local()).await
    }
}
