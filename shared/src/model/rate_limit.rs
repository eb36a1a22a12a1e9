//! How many requests a token may make, as arithmetic.
//!
//! The generic cell rate algorithm: a bucket is one number, the instant at which it will be empty of
//! debt. A request is worth `1 s ÷ limit`; it is admitted if adding that does not put the instant
//! more than one burst (a second's worth) ahead of now. One number needs one conditional update, and
//! a bucket that was never used is simply absent. `http::rate_limit` keeps buckets in DynamoDB and
//! takes several requests' worth at once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{base::input::choice, model::auth::TokenKind};

/// Requests per second for each kind of token, and whether they are kept in the log: what a token is told of
/// its account, so that nothing else has to be read for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct RateLimits {
    /// Of each secret token.
    secret: Limits,
    /// Of each publishable token.
    publishable: Limits,
}

/// Requests per second for each bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Limits {
    read: i64,
    write: i64,
    /// Whether requests are kept in the request log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    logged: bool,
}

choice! {
    /// Reads and writes are limited separately.
    pub enum Bucket {
        /// Operations that change nothing.
        Read = "read",
        /// Operations that change something.
        Write = "write",
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        let both = |limit| Limits { read: limit, write: limit, logged: false };
        Self { secret: both(100), publishable: both(25) }
    }
}

impl RateLimits {
    /// The same limit everywhere.
    pub fn all(limit: i64) -> Self {
        let limits = Limits { read: limit, write: limit, logged: false };
        Self { secret: limits, publishable: limits }
    }

    /// The same limits, of requests that are kept in the request log, or are not.
    pub fn logged(self, logged: bool) -> Self {
        let [secret, publishable] =
            [self.secret, self.publishable].map(|limits| Limits { logged, ..limits });
        Self { secret, publishable }
    }

    /// The limits of a kind of token.
    pub fn of(&self, kind: TokenKind) -> Limits {
        match kind {
            TokenKind::Secret => self.secret,
            TokenKind::Publishable => self.publishable,
        }
    }
}

impl Limits {
    /// Whether requests are kept in the request log.
    pub fn are_logged(&self) -> bool {
        self.logged
    }

    /// The limit of a bucket, in requests per second.
    pub fn of(&self, bucket: Bucket) -> Limit {
        match bucket {
            Bucket::Read => Limit::per(self.read, 1),
            Bucket::Write => Limit::per(self.write, 1),
        }
    }
}

/// A number of requests in a time, which is also the burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    requests: i64,
    /// In microseconds.
    time: i64,
}

/// One second, in the microseconds that buckets count in.
const SECOND: i64 = 1_000_000;

/// For how long requests that were taken at once may be served, in microseconds.
pub const LEASE: i64 = SECOND / 10;

impl Limit {
    /// So many requests in so many seconds; at least one.
    pub fn per(requests: i64, seconds: i64) -> Self {
        Self { requests: requests.max(1), time: seconds.max(1).saturating_mul(SECOND) }
    }

    /// How many requests there may be in its time.
    pub const fn requests(self) -> i64 {
        self.requests
    }

    /// How far ahead of now a bucket may be. What a lease holds is served up to `LEASE` after it was
    /// taken, while the bucket already refills; that much less is admitted at once, so that no stretch of
    /// time sees more than its time's worth and what the rate adds to it. Where there is less than one
    /// request in a lease's time, each is taken alone and served at once.
    fn burst(self) -> i64 {
        if self.requests.saturating_mul(LEASE) < self.time { self.time } else { self.time - LEASE }
    }

    /// What `requests` are worth, in microseconds; rounded up, so that a limit is never exceeded.
    pub fn cost(self, requests: i64) -> i64 {
        let micros = requests.saturating_mul(self.time);
        micros.div_euclid(self.requests) + i64::from(micros.rem_euclid(self.requests) > 0)
    }

    /// How many requests a caller takes at once that made `recent` in the last second: what it will
    /// need in a lease's time, and at most a ninth of what `remaining` there are in the bucket. Of a full
    /// one that is a tenth of the limit, of an empty one a single request: what expires unused is lost,
    /// which only a bucket that is near its end would notice.
    pub fn lease(self, recent: i64, remaining: i64) -> i64 {
        (recent * LEASE / SECOND).min(remaining / (self.burst() / LEASE)).max(1)
    }

    /// How many more requests a bucket that is empty of debt at `empty_at` admits at `now`.
    pub fn remaining(self, empty_at: i64, now: i64) -> i64 {
        let debt = (empty_at - now).max(0);
        (self.burst() - debt).max(0) / self.cost(1)
    }

    /// How long, in microseconds, until a bucket that is empty of debt at `empty_at` admits one more.
    pub fn wait(self, empty_at: i64, now: i64) -> i64 {
        (empty_at - self.latest(1, now)).max(0)
    }

    /// The latest `empty_at` at which `requests` are still admitted at `now`.
    pub fn latest(self, requests: i64, now: i64) -> i64 {
        now + self.burst().max(self.cost(1)) - self.cost(requests)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fresh_bucket_admits_a_second_s_worth_less_a_lease() {
        let limit = Limit::per(100, 1);
        assert_eq!(limit.remaining(0, 5_000_000), 90);
        assert_eq!(limit.cost(1), 10_000);
        assert_eq!(limit.latest(90, 0), 0);
        assert_eq!(limit.wait(900_000, 0), 10_000);
        assert_eq!([0, 50, 900].map(|recent| limit.lease(recent, 90)), [1, 5, 10]);
        assert_eq!([90, 45, 0].map(|remaining| limit.lease(900, remaining)), [10, 5, 1]);
    }

    #[test]
    fn a_slow_limit_is_all_there_at_once_and_comes_back_one_by_one() {
        let limit = Limit::per(10, 60);
        assert_eq!((limit.cost(1), limit.remaining(0, 5)), (6 * SECOND, 10));
        let admitted = |now: i64, mut empty_at: i64| {
            let admits = || {
                let fits = empty_at.max(now) <= limit.latest(1, now);
                if fits {
                    empty_at = empty_at.max(now) + limit.cost(1);
                }
                fits
            };
            std::iter::repeat_with(admits).take(100).filter(|fits| *fits).count()
        };
        assert_eq!(admitted(5 * SECOND, 0), 10);
        assert_eq!([5, 6, 12].map(|now| admitted(now * SECOND, 60 * SECOND)), [0, 1, 2]);
        assert_eq!([100, 1_000].map(|recent| limit.lease(recent, 10)), [1, 1]);
    }

    proptest! {
        #[test]
        fn no_second_admits_more_than_the_burst_and_the_rate(
            limit in 1_i64..500,
            steps in proptest::collection::vec((0_i64..50_000, 1_i64..20, 0..LEASE), 1..300),
        ) {
            let limit = Limit::per(limit, 1);
            let (mut now, mut empty_at, mut served) = (0, 0, Vec::new());
            for (pause, recent, until_used) in steps {
                now += pause;
                let requests = limit.lease(recent * 10, limit.remaining(empty_at, now));
                if empty_at.max(now) <= limit.latest(requests, now) {
                    empty_at = empty_at.max(now) + limit.cost(requests);
                    // One request is served at once; more are a lease, served as late as it lasts.
                    let at = if requests == 1 { now } else { now + until_used };
                    served.push((at, requests));
                }
            }
            for (from, _) in &served {
                for (to, _) in served.iter().filter(|(to, _)| to >= from) {
                    let within = served.iter().filter(|(at, _)| (from..=to).contains(&at));
                    let admitted: i64 = within.map(|(_, requests)| requests).sum();
                    let allowed = limit.requests() + (to - from) * limit.requests() / SECOND;
                    prop_assert!(admitted <= allowed, "{admitted} of {allowed}");
                }
            }
        }
    }
}
