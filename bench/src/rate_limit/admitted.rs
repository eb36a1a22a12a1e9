//! What was admitted, beside what a limit allows.
//!
//! A client knows when it sent a request and when it was answered; it was admitted at some instant
//! between. So a stretch of time is credited only with requests that were both sent and answered in
//! it: however late answers come, no limit is called exceeded that was not.

use super::clients::Sent;
use crate::report::number;

/// One second, in the microseconds that instants are in.
const SECOND: i64 = 1_000_000;
/// What is admitted at once of a fresh bucket: a second's worth less a lease
/// (docs/decisions/0007-a-limit-is-never-exceeded.md).
const BURST: i64 = SECOND - SECOND / 10;
/// By then the burst is spent.
const SPENT: i64 = 2 * SECOND;

/// The requests that were admitted, by when they were answered.
pub(crate) struct Admitted {
    limit: i64,
    /// When it was sent and when it was answered.
    requests: Vec<(i64, i64)>,
    sent: usize,
    /// From the first request to the last answer.
    time: i64,
}

impl Admitted {
    /// What was admitted of `sent`.
    pub(crate) fn of(sent: &[Sent], limit: u32) -> Self {
        let admitted = sent.iter().filter(|one| one.status == 200);
        let mut requests: Vec<_> = admitted.map(|one| (one.at, one.answered_at)).collect();
        requests.sort_unstable_by_key(|(_, answered)| *answered);
        let begin = sent.iter().map(|one| one.at).min().unwrap_or_default();
        let end = sent.iter().map(|one| one.answered_at).max().unwrap_or_default();
        Self { limit: i64::from(limit), requests, sent: sent.len(), time: end - begin }
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.len()
    }

    /// What was offered, as a multiple of the limit.
    pub(crate) fn offered(&self) -> f64 {
        number(self.sent) / self.worth(self.time)
    }

    /// What was admitted, as a share of what the limit and the burst allow.
    pub(crate) fn accuracy(&self) -> f64 {
        number(self.count()) / self.worth(self.time + BURST)
    }

    /// Requests per second once the burst is spent.
    pub(crate) fn steadily(&self) -> f64 {
        let later = self.requests.iter().map(|(_, answered)| answered);
        let later: Vec<_> = later.filter(|answered| **answered >= SPENT).collect();
        match (later.first(), later.last()) {
            (Some(first), Some(last)) if last > first => {
                number(later.len() - 1) / self.worth(*last - *first) * self.worth(SECOND)
            }
            _ => 0.0,
        }
    }

    /// How many more were admitted, in whatever stretch of time it was most, than a second's worth and
    /// what the rate adds; negative, if that many more would have been allowed in each.
    pub(crate) fn excess(&self) -> i64 {
        let most = self.stretches().map(|(count, time)| {
            // Rounded up: a part of one more is one more.
            -(self.limit * (SECOND + time) - count * SECOND).div_euclid(SECOND)
        });
        most.max().unwrap_or_default()
    }

    /// The most of what is allowed that was admitted, of all stretches of at least a second.
    pub(crate) fn fullest(&self) -> f64 {
        let long = self.stretches().filter(|(_, time)| *time >= SECOND);
        let share = |(count, time): (i64, i64)| {
            number(usize::try_from(count).unwrap_or_default()) / self.worth(SECOND + time)
        };
        long.map(share).fold(0.0, f64::max)
    }

    /// Every stretch of time from when a request was sent to when one was answered: how many were sent
    /// and answered in it, and how long it is.
    fn stretches(&self) -> impl Iterator<Item = (i64, i64)> {
        let mut begins: Vec<i64> = self.requests.iter().map(|(sent, _)| *sent).collect();
        begins.sort_unstable();
        begins.into_iter().flat_map(move |begin| {
            let within = self.requests.iter().filter(move |(sent, _)| *sent >= begin);
            within.zip(1..).map(move |((_, answered), count)| (count, answered - begin))
        })
    }

    /// What the limit is worth in a time.
    #[expect(clippy::as_conversions, reason = "microseconds of a run are exact in a float")]
    fn worth(&self, time: i64) -> f64 {
        self.limit as f64 * time as f64 / SECOND as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests at these instants, in milliseconds, each answered after `late`.
    fn admitted(limit: u32, instants: impl Iterator<Item = i64>, late: i64) -> Admitted {
        let sent = instants.map(|at| Sent {
            at: at * 1000,
            answered_at: (at + late) * 1000,
            status: 200,
            retry_after: false,
        });
        Admitted::of(&sent.collect::<Vec<_>>(), limit)
    }

    #[test]
    fn a_second_s_worth_at_once_and_the_rate_is_all_that_is_allowed() {
        let burst = || std::iter::repeat_n(0, 10);
        let steady = || (1..=100).map(|number| number * 100);
        assert_eq!(admitted(10, burst().chain(steady()), 0).excess(), 0);
        assert_eq!(admitted(10, burst().chain([100]), 0).excess(), 0);
        assert_eq!(admitted(10, burst().chain([99]), 0).excess(), 1);
        // Eleven within a second of which nobody knows exactly when: it may have been in two.
        assert_eq!(admitted(10, burst().chain([0]), 2_000).excess(), -19);
    }

    #[test]
    fn the_steady_rate_is_that_without_the_burst() {
        let run = admitted(10, std::iter::repeat_n(0, 9).chain((1..=100).map(|n| n * 100)), 0);
        assert!((run.steadily() - 10.0).abs() < 1e-9, "{}", run.steadily());
        assert!((run.accuracy() - 1.0).abs() < 1e-9, "{}", run.accuracy());
    }
}
