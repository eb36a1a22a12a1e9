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
    checkout::CheckoutSession,
    error::Error,
    http::within,
    id::{AccountId, Id},
    invoice::Invoice,
    refund::Refund,
    store::{Consistency, Entity, Store, back_off, key::BEFORE_IDS},
    subscription::Subscription,
    time::{Clock, Timestamp},
    work::Work,
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
            "in" => self.run_as::<Invoice>(id).await,
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

impl TimeDriven for Subscription {
    async fn run(self, work: &Work) -> Result<(), Error> {
        work.run_subscription(self).await
    }
}

/// An entry of the due index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub account: AccountId,
    /// What.
    pub id: String,
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
            let Some(object) = self.store().find::<E>(self.account(), &id).await? else {
                return Ok(Ran::NotDue);
            };
            // After the read: of two processes, the one that sees what the other has made is later.
            let work = self.now_on();
            if object.due_at().is_none_or(|at| at > work.now()) {
                return Ok(Ran::NotDue);
            }
            let version = object.record().version;
            result = object.run(&work).await.map(|()| Ran::Step(version));
            if !matches!(result, Err(Error::Stale | Error::Contended)) {
                return result;
            }
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

impl Due {
    fn parse(sort_key: &str) -> Option<Self> {
        let mut parts = sort_key.splitn(3, '#');
        Some(Self {
            at: parts.next()?.parse().ok()?,
            account: parts.next()?.parse().ok()?,
            id: parts.next()?.to_owned(),
        })
    }

    fn sort_key(&self) -> String {
        format!("{}#{}#{}", self.at, self.account, self.id)
    }
}

impl Store {
    /// The entries of a partition of the due index after `after`, up to and including the instant
    /// `until`, in their order: at most `limit`, and whether there may be more.
    pub(crate) async fn due(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&Due>,
        limit: i32,
        consistency: Consistency,
    ) -> Result<(Vec<Due>, bool), Error> {
        let from = after.map_or_else(|| BEFORE_IDS.to_owned(), Due::sort_key);
        let to = format!("{until}#~");
        let (keys, more) = self.query_keys(partition, (&from, &to), limit, consistency).await?;
        let read = |key: &String| {
            let damaged = || Error::Internal(format!("{partition}/{key} is no due date"));
            Due::parse(key).ok_or_else(damaged)
        };
        Ok((keys.iter().map(read).collect::<Result<_, _>>()?, more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_key() {
        let key = "2026-01-31T09:30:00.000Z#acc_prod_0000000000000001#sub_prod_0000000000000004";
        let due = Due::parse(key).unwrap();
        assert_eq!((due.id.as_str(), due.sort_key().as_str()), ("sub_prod_0000000000000004", key));
        assert_eq!(Due::parse("2026-01-31T09:30:00.000Z#acc_prod_0000000000000001"), None);
    }
}
