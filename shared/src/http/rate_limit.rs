//! Rate limits, kept in DynamoDB and served from memory.
//!
//! A process takes as many requests' worth at once as it serves in a tenth of a second, in one
//! conditional update of the token's bucket, and serves from that for as long; the less there is in the
//! bucket, the less it takes. What it does not use is lost, and the bucket is smaller by what may still
//! be served from leases, so the limit is never exceeded, whatever the number of processes. When the
//! bucket cannot be reached the request is admitted and the log says so: the gateway's own throttle is
//! the floor.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use serde_json::json;

use crate::{
    base::{error::Error, id::TokenId, time::Clock},
    model::{
        entity::Item,
        rate_limit::{Bucket, LEASE, Limit},
        token::LookUp,
    },
    store::{Store, Update, key::Key},
};

/// How a token stands with its limit: the headers of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    bucket: Bucket,
    limit: Limit,
    remaining: i64,
}

impl Standing {
    /// The value of `RateLimit-Policy`.
    pub fn policy(&self) -> String {
        format!("\"{}\";q={};w=1", self.bucket, self.limit.requests())
    }

    /// The value of `RateLimit`.
    pub fn state(&self) -> String {
        format!("\"{}\";r={};t=1", self.bucket, self.remaining.max(0))
    }
}

/// What a process holds of the buckets it has met.
#[derive(Debug)]
pub struct RateLimiter {
    clock: Clock,
    leases: Mutex<HashMap<(TokenId, Bucket), Lease>>,
}

#[derive(Debug, Default)]
struct Lease {
    /// Requests that may still be served from it, until `until`.
    left: i64,
    until: i64,
    /// Before this instant nothing will be admitted.
    blocked_until: i64,
    /// When the bucket will be empty of debt, as last seen.
    empty_at: i64,
    /// When requests were served in the last second.
    served: VecDeque<i64>,
}

const SECOND: i64 = 1_000_000;
const ATTEMPTS: usize = 6;
/// Forgetting a lease loses what was left of it, and admits nothing that it should not.
const MAX_LEASES: usize = 1_000;

impl RateLimiter {
    /// Nothing held yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, leases: Mutex::default() }
    }

    /// Admits one request of the token, or says when to come back. Beside that, how the token stands,
    /// and what went wrong where it was admitted only because its bucket could not be reached.
    pub async fn admit(
        &self,
        look_up: &LookUp,
        bucket: Bucket,
        store: &Store,
    ) -> (Result<(), Error>, Standing, Option<Error>) {
        let of = (look_up.token_id.clone(), bucket);
        self.admit_at(of, look_up.limits.of(bucket), store).await
    }

    /// The same, for a bucket and a limit that are no token's.
    pub(super) async fn admit_at(
        &self,
        key: (TokenId, Bucket),
        limit: Limit,
        store: &Store,
    ) -> (Result<(), Error>, Standing, Option<Error>) {
        let bucket = key.1;
        let now = self.clock.micros();
        let standing = |remaining| Standing { bucket, limit, remaining };
        let (wanted, empty_at) = match self.with(&key, |lease| lease.serve(limit, now)) {
            Served::Yes(remaining) => return (Ok(()), standing(remaining), None),
            Served::Blocked(wait) => return (Err(limited(wait)), standing(0), None),
            Served::Lease(wanted, empty_at) => (wanted, empty_at),
        };
        match lease(&key, limit, wanted, empty_at, self.clock, store).await {
            Ok(Leased::Taken(count, empty_at)) => {
                let remaining = self.with(&key, |lease| lease.take(limit, count, empty_at, now));
                (Ok(()), standing(remaining), None)
            }
            Ok(Leased::Refused(empty_at)) => {
                let now = self.clock.micros();
                let wait = limit.wait(empty_at, now);
                self.with(&key, |lease| lease.blocked_until = now + wait);
                (Err(limited(wait)), standing(0), None)
            }
            Err(error) => (Ok(()), standing(limit.requests()), Some(error)),
        }
    }

    fn with<T>(&self, key: &(TokenId, Bucket), change: impl FnOnce(&mut Lease) -> T) -> T {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        if leases.len() >= MAX_LEASES {
            leases.clear();
        }
        change(leases.entry(key.clone()).or_default())
    }
}

fn limited(wait: i64) -> Error {
    let seconds = (wait + SECOND - 1).div_euclid(SECOND).max(1);
    Error::RateLimited(u64::try_from(seconds).unwrap_or(1))
}

enum Served {
    Yes(i64),
    Blocked(i64),
    Lease(i64, i64),
}

impl Lease {
    fn serve(&mut self, limit: Limit, now: i64) -> Served {
        while self.served.front().is_some_and(|at| *at <= now - SECOND) {
            self.served.pop_front();
        }
        if self.left > 0 && now < self.until {
            self.left -= 1;
            self.served.push_back(now);
            return Served::Yes(self.left + limit.remaining(self.empty_at, now));
        }
        if now < self.blocked_until {
            return Served::Blocked(self.blocked_until - now);
        }
        let recent = i64::try_from(self.served.len()).unwrap_or(i64::MAX);
        let remaining = limit.remaining(self.empty_at, now);
        Served::Lease(limit.lease(recent, remaining), self.empty_at)
    }

    fn take(&mut self, limit: Limit, count: i64, empty_at: i64, now: i64) -> i64 {
        (self.left, self.until, self.empty_at) = (count - 1, now + LEASE, empty_at);
        self.served.push_back(now);
        self.left + limit.remaining(empty_at, now)
    }
}

enum Leased {
    Taken(i64, i64),
    Refused(i64),
}

/// Takes `wanted` requests' worth from the bucket, or one where there is not as much. The bucket was
/// last seen to be empty of debt at `empty_at`, which decides what is tried first.
async fn lease(
    (token, bucket): &(TokenId, Bucket),
    limit: Limit,
    mut wanted: i64,
    mut empty_at: i64,
    clock: Clock,
    store: &Store,
) -> Result<Leased, Error> {
    let mut now = clock.micros();
    for _ in 0..ATTEMPTS {
        let indebted = empty_at >= now;
        if indebted && empty_at > limit.latest(wanted, now) {
            match wanted {
                // A bucket that answered late has been refilled since it was asked.
                1 if empty_at <= limit.latest(1, clock.micros()) => now = clock.micros(),
                1 => return Ok(Leased::Refused(empty_at)),
                _ => wanted = 1,
            }
            continue;
        }
        let key = Key::rate_limit(token, bucket.as_str());
        let used = (":used", json!(now.div_euclid(1000)));
        let update = if indebted {
            Update {
                key,
                change: "SET empty_at = empty_at + :cost, used_at = :used",
                condition: "empty_at BETWEEN :now AND :latest",
                values: vec![
                    used,
                    (":cost", json!(limit.cost(wanted))),
                    (":now", json!(now)),
                    (":latest", json!(limit.latest(wanted, now))),
                ],
            }
        } else {
            Update {
                key,
                change: "SET empty_at = :fresh, used_at = :used",
                condition: "attribute_not_exists(empty_at) OR empty_at < :now",
                values: vec![
                    used,
                    (":fresh", json!(now + limit.cost(wanted))),
                    (":now", json!(now)),
                ],
            }
        };
        match store.update(update).await? {
            Ok(item) => return Ok(Leased::Taken(wanted, empty_at_of(&item))),
            Err(item) => empty_at = empty_at_of(&item),
        }
    }
    Ok(Leased::Refused(empty_at))
}

fn empty_at_of(item: &Item) -> i64 {
    item.get("empty_at").and_then(serde_json::Value::as_i64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{auth::TokenKind, rate_limit::RateLimits};

    /// Whether the process admits a request, with a bucket that is here instead of in DynamoDB.
    fn admits(lease: &mut Lease, bucket: &mut i64, limit: Limit, now: i64) -> bool {
        let wanted = match lease.serve(limit, now) {
            Served::Yes(_) => return true,
            Served::Blocked(_) => return false,
            Served::Lease(wanted, _) => wanted,
        };
        let debt = (*bucket).max(now);
        let count = [wanted, 1].into_iter().find(|count| debt <= limit.latest(*count, now));
        match count {
            Some(count) => {
                *bucket = debt + limit.cost(count);
                lease.take(limit, count, *bucket, now);
            }
            None => lease.blocked_until = now + limit.wait(*bucket, now),
        }
        count.is_some()
    }

    #[test]
    fn a_client_who_stays_just_below_the_limit_is_hardly_ever_refused() {
        let limit = RateLimits::all(200).of(TokenKind::Secret).of(Bucket::Read);
        for processes in [1, 2, 4, 10, 40] {
            let mut random = fastrand::Rng::with_seed(17);
            let mut leases: Vec<Lease> = (0..processes).map(|_| Lease::default()).collect();
            let (mut bucket, mut asked, mut refused) = (0, 0, 0);
            // For a hundred seconds, 97 % of the limit at random instants.
            for half_millisecond in 2_000..202_000 {
                if random.i64(0..1_000) < 97 {
                    let one = random.usize(0..processes);
                    let now = half_millisecond * 500;
                    asked += 1;
                    refused += i64::from(!admits(&mut leases[one], &mut bucket, limit, now));
                }
            }
            assert!(refused * 100 <= asked, "{refused} of {asked} by {processes} processes");
        }
    }
}
