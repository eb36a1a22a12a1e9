//! The test clock: a staging account's time, which can be stopped and moved.
//!
//! While it runs, an account's time is real time. Stopped, it stands at an instant and moves only when
//! it is advanced: to each instant at which something is due, whose work is done there, and so on to
//! the instant that was asked for (`drive`). It never goes back while it is stopped. Every timestamp
//! that the account writes comes from it; tokens, rate limits and idempotency keep real time.
//!
//! | status | when |
//! |---|---|
//! | `ready` | it runs, or stands where it was sent |
//! | `advancing` | it is on its way; the request moves it as long as it may, then the sweeper does |
//! | `failed` | something on its way could not be done: it stands there until it is advanced again |
//!
//! Each move is a change of its own, on the condition of the version before it, so two that drive it
//! at once cannot send it back or make it skip anything. The stored clock outlives its release, so a
//! version is never used twice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::AccountId,
        input::{Faults, Input, Json, Location, choice, input},
        time::{Moment, Timestamp},
    },
    model::entity::Representation,
};

/// For how long ids made at one instant are told apart by real time (`id`), with a margin.
const TOLD_APART_MS: i64 = 50 * 24 * 60 * 60 * 1000;

choice! {
    /// What a test clock is doing.
    pub enum ClockStatus {
        /// It runs, or stands where it was sent.
        Ready = "ready",
        /// It is on its way.
        Advancing = "advancing",
        /// Something on its way could not be done.
        Failed = "failed",
    }
}

/// A staging account's clock, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClock {
    account_id: AccountId,
    stop: Option<Stop>,
    /// The latest instant that it has ever stood at.
    latest: Option<Timestamp>,
    /// Since when ids have been counted at the instants up to `latest`, in real time.
    counted_since: Option<Timestamp>,
    version: u64,
}

/// Where a stopped clock stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stop {
    now: Timestamp,
    /// Since when, in real time: what orders the ids that are made there.
    since: Timestamp,
    /// Where it is to go.
    target: Option<Timestamp>,
    /// Why it cannot go on.
    failure: Option<String>,
}

/// An account's time, as a client sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TestClock {
    /// The account.
    account_id: AccountId,
    /// The account's time.
    now: Timestamp,
    /// Whether it stands still.
    stopped: bool,
    /// Whether it is where it was sent.
    status: ClockStatus,
    /// Where it was sent, while it is not there.
    advancing_to: Option<Timestamp>,
    /// What could not be done on its way. Advancing it again tries once more.
    failure: Option<String>,
    /// Counts its changes. The `ETag` is this number in quotation marks.
    version: u64,
}

input! {
    /// What a client sends to stop the account's time.
    pub struct NewTestClock {
        /// Where it is to stand.
        pub now: ClockInstant,
    }
    example {"now": "2026-01-31T09:30:00Z"}
}

input! {
    /// What a client sends to move the account's time.
    pub struct TestClockAdvance {
        /// Where to: not before where it stands.
        pub to: ClockInstant,
    }
    example {"to": "2026-03-01T00:00:00Z"}
}

/// An instant that a clock can stand at: one that an id can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockInstant(Timestamp);

const FIRST_MS: i64 = 0;
/// 5000-01-01T00:00:00Z.
const LAST_MS: i64 = 95_617_584_000_000;

impl ClockInstant {
    /// The instant.
    pub fn get(self) -> Timestamp {
        self.0
    }
}

impl Input for ClockInstant {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let instant = Timestamp::read(value, at, faults)?;
        if (FIRST_MS..=LAST_MS).contains(&instant.millis()) {
            return Some(Self(instant));
        }
        faults.not_valid(at, "out_of_range", "must be between the years 1970 and 5000");
        None
    }
}

impl JsonSchema for ClockInstant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ClockInstant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Timestamp::json_schema(generator)
    }
}

impl AccountClock {
    /// The clock of an account that has never stopped it.
    pub fn running(account_id: AccountId) -> Self {
        Self { account_id, stop: None, latest: None, counted_since: None, version: 0 }
    }

    /// Counts its changes.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The same clock at a version. Only `store::Tx` calls it.
    pub(crate) fn at_version(self, version: u64) -> Self {
        Self { version, ..self }
    }

    /// The account's time while real time is `real`.
    pub fn moment(&self, real: Timestamp) -> Moment {
        match &self.stop {
            Some(stop) => Moment::stopped(stop.now, stop.since),
            None => Moment::from(real),
        }
    }

    /// Where it is on its way to.
    pub fn target(&self) -> Option<Timestamp> {
        self.stop.as_ref().filter(|stop| stop.failure.is_none()).and_then(|stop| stop.target)
    }

    /// The clock, standing at `now`. One that stands somewhere else already can only be advanced.
    pub fn stopped(&self, now: ClockInstant, real: Timestamp) -> Result<Self, Error> {
        match &self.stop {
            None => Ok(self.standing_at(now.get(), real)),
            Some(stop) if stop.now == now.get() && stop.target.is_none() => Ok(self.clone()),
            Some(stop) => {
                let at = stop.now;
                let hint = format!(
                    "stands at {at} already: move it forward with POST /test-clock/advance, or \
                     release it with DELETE /test-clock first"
                );
                Err(Error::not_now("test clock", "already_stopped", &hint))
            }
        }
    }

    /// The clock, on its way to `to`.
    pub fn sent(&self, to: ClockInstant) -> Result<Self, Error> {
        let to = to.get();
        let Some(stop) = &self.stop else {
            let hint = "runs: stop it with POST /test-clock before it is advanced";
            return Err(Error::not_now("test clock", "not_stopped", hint));
        };
        let refused = |code: &str, hint: String| Err(Error::rule("test clock", "to", code, &hint));
        if to < stop.now {
            let now = stop.now;
            let hint = format!("cannot be before where the clock stands, {now}: it moves forward");
            return refused("in_the_past", hint);
        }
        match self.target() {
            Some(target) if to < target => {
                refused("on_its_way", format!("cannot be before {target}: it is on its way there"))
            }
            Some(target) if to == target => Ok(self.clone()),
            _ => Ok(self.with(Stop { target: Some(to), failure: None, ..stop.clone() })),
        }
    }

    /// The clock on its way, having come to `now`.
    pub(crate) fn moved(&self, now: Timestamp, real: Timestamp) -> Self {
        let Some(stop) = &self.stop else { return self.clone() };
        let moved = self.standing_at(now.max(stop.now), real);
        moved.heading(stop.target, None)
    }

    /// The clock where it was sent.
    pub(crate) fn arrived(&self, real: Timestamp) -> Self {
        match self.target() {
            Some(target) => self.moved(target, real).heading(None, None),
            None => self.clone(),
        }
    }

    /// The clock where it cannot go on.
    pub(crate) fn failed(&self, why: String) -> Self {
        let target = self.stop.as_ref().and_then(|stop| stop.target);
        self.clone().heading(target, Some(why))
    }

    /// The clock, showing real time.
    pub fn released(&self) -> Self {
        Self { stop: None, ..self.clone() }
    }

    fn with(&self, stop: Stop) -> Self {
        Self { stop: Some(stop), ..self.clone() }
    }

    fn heading(self, target: Option<Timestamp>, failure: Option<String>) -> Self {
        let stop = self.stop.clone().map(|stop| Stop { target, failure, ..stop });
        Self { stop, ..self }
    }

    /// The clock, standing at `now` since `real`. At an instant that it may have stood at before, ids
    /// go on being counted from where they were: one made later is the greater one.
    fn standing_at(&self, now: Timestamp, real: Timestamp) -> Self {
        if let Some(stop) = self.stop.as_ref().filter(|stop| stop.now == now) {
            return self.with(Stop { target: None, failure: None, ..stop.clone() });
        }
        let counted = self.counted_since.filter(|since| {
            self.latest.is_some_and(|latest| now <= latest)
                && real.millis() - since.millis() < TOLD_APART_MS
        });
        Self {
            stop: Some(Stop { now, since: counted.unwrap_or(real), target: None, failure: None }),
            latest: self.latest.max(Some(now)),
            counted_since: self.counted_since.filter(|_| counted.is_some()).or(Some(real)),
            ..self.clone()
        }
    }

    /// The clock as a client sees it while real time is `real`.
    pub fn shown(&self, real: Timestamp) -> TestClock {
        let stop = self.stop.as_ref();
        let failure = stop.and_then(|stop| stop.failure.clone());
        let advancing_to = stop.and_then(|stop| stop.target);
        TestClock {
            account_id: self.account_id.clone(),
            now: self.moment(real).now(),
            stopped: stop.is_some(),
            status: match (&failure, advancing_to) {
                (Some(_), _) => ClockStatus::Failed,
                (None, Some(_)) => ClockStatus::Advancing,
                (None, None) => ClockStatus::Ready,
            },
            advancing_to,
            failure,
            version: self.version,
        }
    }
}

impl Representation for TestClock {
    fn example() -> Value {
        serde_json::json!({
            "account_id": "acc_stg_0mjuvda0a1b2c3d4",
            "now": "2026-01-31T09:30:00.000Z",
            "stopped": true,
            "status": "ready",
            "advancing_to": null,
            "failure": null,
            "version": 1,
        })
    }
}

#[cfg(test)]
mod tests;
