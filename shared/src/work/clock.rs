//! The way of a clock that is being advanced: from one instant at which something is due to the next.
//!
//! Each round reads the clock, the first of what is due up to its target, moves the clock there and
//! does the work of everything that is due at that very instant, one step each. What falls due by that
//! is found by the next round, so everything happens in the order of the account's time, however far
//! the way. All that is known is in the table: whoever dies, the next one goes on.
//!
//! Objects due at one instant are run beside one another, because a thousand subscriptions that were
//! made while the time stood still renew at one instant, too.

use crate::model::test_clock::TestClock;
use crate::store::Due;
use crate::work::Answer;
use crate::work::Reply;
use crate::work::Tx;
use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt, stream};

use crate::{
    base::{
        error::Error,
        telemetry::log_failure,
        time::{Clock, Timestamp},
    },
    model::test_clock::AccountClock,
    store::{Known, back_off},
    work::{Work, due::Ran},
};

/// What is kept back of a request's time to answer in.
const TO_ANSWER_MS: i64 = 5_000;
/// How many objects are run at once.
const AT_ONCE: usize = 8;
/// How often an object is tried whose work fails or changes nothing.
const TRIES: u32 = 3;

/// How often the way is taken up again after the store could not be reached, or others kept changing
/// what it changes.
const PATIENCE: u32 = 5;

/// What has been tried without getting anywhere: at which version, and how often.
type Stuck = HashMap<Due, (Option<u64>, u32)>;

impl Work {
    /// Moves the account's clock to where it was sent, doing what is due on its way, until it is there,
    /// cannot go on, or real time is `until`. The clock as it then is.
    pub async fn drive_clock(&self, until: Timestamp) -> Result<AccountClock, Error> {
        let (mut stuck, mut disturbed) = (Stuck::new(), 0);
        loop {
            let clock = self.store().clock_of(self.account()).await?;
            let Some(target) = clock.target() else { return Ok(clock) };
            if Clock.now() >= until {
                return Ok(clock);
            }
            let due = self.store().first_due(self.account(), target).await?;
            let Some(first) = due.first() else {
                self.move_clock(&clock, clock.arrived(Clock.now())).await?;
                continue;
            };
            let Some(clock) = self.move_clock(&clock, clock.moved(first.at, Clock.now())).await?
            else {
                continue;
            };
            let work = self.at(clock.moment(Clock.now()));
            match work.run_all(&due, &mut stuck, until).await {
                Ok(None) => disturbed = 0,
                Ok(Some(why)) => {
                    self.move_clock(&clock, clock.failed(why)).await?;
                }
                Err(error) if disturbed == PATIENCE => return Err(error),
                Err(_) => {
                    back_off(disturbed + 4).await;
                    disturbed += 1;
                }
            }
        }
    }

    /// Makes a move; `None` when somebody else has moved the clock.
    async fn move_clock(
        &self,
        before: &AccountClock,
        after: AccountClock,
    ) -> Result<Option<AccountClock>, Error> {
        let mut tx = self.begin();
        let after = tx.set_clock(before, after);
        match self.commit(tx).await {
            Ok(()) => Ok(Some(after)),
            Err(Error::Stale | Error::Contended) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Does one step of each of `due`. `Some` is why one of them can never be done.
    async fn run_all(
        &self,
        due: &[Due],
        stuck: &mut Stuck,
        until: Timestamp,
    ) -> Result<Option<String>, Error> {
        let settings = Arc::default();
        let run = |one: &Due| {
            let (work, id) = (self.knowing(Known::beside(&settings)), one.id.clone());
            async move { work.run_due_within(&id, until).await }
        };
        let runs: Vec<_> = due.iter().map(run).collect();
        let ran: Vec<Result<Ran, Error>> = stream::iter(runs).buffered(AT_ONCE).collect().await;
        let mut failure = None;
        for (result, one) in ran.into_iter().zip(due) {
            let id = &one.id;
            let (version, why) = match result {
                Ok(Ran::Step(version)) => (Some(version), "its work changed nothing".to_owned()),
                Ok(Ran::NotDue) => (None, "it is in the index of due dates and not due".to_owned()),
                // It may yet be done: by the sweeper, if not in this request.
                Err(error @ (Error::Busy(_) | Error::Contended | Error::Stale)) => {
                    return Err(error);
                }
                Err(error) => {
                    log_failure(&format!("{id} could not be run"), &error.explained());
                    (None, error.detail())
                }
            };
            let tried = stuck.entry(one.clone()).or_insert((version, 0));
            *tried = if tried.0 == version { (version, tried.1 + 1) } else { (version, 1) };
            if tried.1 >= TRIES {
                failure.get_or_insert(format!("{id}: {why}"));
            }
        }
        Ok(failure)
    }
}

impl Work {
    /// Answers with the account's time.
    pub fn answer_clock(&self, clock: &AccountClock) -> Reply<TestClock> {
        Answer::of(&clock.shown(Clock.now()), Some(clock.version()))
    }

    /// Makes the change and answers with the account's time after it.
    pub async fn commit_clock(&self, tx: Tx, clock: AccountClock) -> Reply<TestClock> {
        let answer = self.answer_clock(&clock)?;
        self.commit_answer(tx, answer).await
    }

    /// Sends the clock on its way, moves it until real time is `until`, and answers with how far it has
    /// come: what is left is the sweeper's.
    pub async fn advance_clock(
        &self,
        tx: Tx,
        sent: AccountClock,
        until: Timestamp,
    ) -> Reply<TestClock> {
        let answer = self.answer_clock(&sent)?;
        if let Some(earlier) = self.commit_first_answer(tx, &answer).await? {
            return Ok(earlier);
        }
        let until = until.plus_millis(-TO_ANSWER_MS);
        let clock = self.drive_clock(until).await.unwrap_or_else(|error| {
            log_failure("a test clock was left on its way", &error.explained());
            sent
        });
        let answer = self.answer_clock(&clock)?;
        self.conclude_with(answer).await
    }
}
