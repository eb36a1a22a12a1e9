//! When a failed payment is tried again.
//!
//! | cycle | retry every | last retry |
//! |---|---|---|
//! | 7 days and more | 4 days, and once after 1 hour | min(cycle − 1, window, terms − 1, days to next invoice − 1) |
//! | 2 to 6 days | 2 days | min(cycle − 1, terms − 1, days to next invoice − 1) |
//! | a day | 23 h | min(23 h, terms × 24 h − 1 h, time to next invoice − 1 h) |
//!
//! PaymentKit counts ⌊last / every⌋ + 1 attempts. The 1 is the attempt that failed first, at 0; the
//! others are the retries at every, 2 × every, … up to last. The retry after 1 hour comes on top.
//!
//! A cycle is as many days as it is nearest to: the one in which clocks are moved is an hour off. A
//! day to the next invoice that has begun counts, so that the hour between a period's start and its
//! invoice takes no retry away; the last retry is still before the next invoice.

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// What limits the retries of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long the invoice's period is, in seconds.
    pub cycle_seconds: i64,
    /// The account's limit, in days after the first failure. Cycles below a week do not ask it.
    pub window_days: i64,
    /// Days in which the invoice is to be paid; `None` where it is charged automatically.
    pub terms_days: Option<i64>,
    /// Seconds from the first failure to the next invoice; `None` when there will be none.
    pub until_next_invoice_seconds: Option<i64>,
}

/// When to try again, in seconds after the first failure, ascending.
pub fn retries(terms: Terms) -> Vec<i64> {
    let cycle_days = terms.cycle_seconds.saturating_add(DAY / 2).div_euclid(DAY);
    match cycle_days {
        ..=1 => every(23 * HOUR, last_of_daily(terms)),
        2..=6 => every(2 * DAY, last_in_days(terms, cycle_days)),
        7.. => {
            let last = last_in_days(terms, cycle_days).min(terms.window_days.saturating_mul(DAY));
            let soon = Some(HOUR).filter(|hour| *hour <= last);
            soon.into_iter().chain(every(4 * DAY, last)).collect()
        }
    }
}

/// The multiples of `step` up to and with `last`.
fn every(step: i64, last: i64) -> Vec<i64> {
    (1..=last.div_euclid(step)).map(|n| n * step).collect()
}

fn last_of_daily(terms: Terms) -> i64 {
    let due = terms.terms_days.map(|days| days.saturating_mul(DAY));
    let limits = [due, terms.until_next_invoice_seconds].into_iter().flatten();
    limits.map(|limit| limit.saturating_sub(HOUR)).fold(23 * HOUR, i64::min)
}

fn last_in_days(terms: Terms, cycle_days: i64) -> i64 {
    let next = terms.until_next_invoice_seconds.map(|left| left.saturating_add(DAY - 1) / DAY);
    let limits = [terms.terms_days, next].into_iter().flatten();
    limits.fold(cycle_days, i64::min).saturating_sub(1).saturating_mul(DAY)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An automatic charge with nothing that ends its retries before the next period.
    fn terms(cycle_days: i64, window_days: i64) -> Terms {
        Terms {
            cycle_seconds: cycle_days * DAY,
            window_days,
            terms_days: None,
            until_next_invoice_seconds: None,
        }
    }

    fn days(days: &[i64]) -> Vec<i64> {
        days.iter().map(|day| day * DAY).collect()
    }

    fn an_hour_and(days_after: &[i64]) -> Vec<i64> {
        [vec![HOUR], days(days_after)].concat()
    }

    #[test]
    fn a_month_is_retried_after_an_hour_and_every_four_days() {
        assert_eq!(retries(terms(31, 60)), an_hour_and(&[4, 8, 12, 16, 20, 24, 28]));
        assert_eq!(retries(terms(28, 60)), an_hour_and(&[4, 8, 12, 16, 20, 24]));
        assert_eq!(retries(terms(30, 14)), an_hour_and(&[4, 8, 12]));
        assert_eq!(retries(terms(30, 12)), an_hour_and(&[4, 8, 12]));
        assert_eq!(retries(terms(365, 11)), an_hour_and(&[4, 8]));
        assert_eq!(retries(terms(30, 1)), [HOUR]);
    }

    #[test]
    fn a_week_is_retried_after_an_hour_and_once_more() {
        assert_eq!(retries(terms(7, 60)), an_hour_and(&[4]));
        // The week in which clocks go forward.
        let short = Terms { cycle_seconds: 7 * DAY - HOUR, ..terms(7, 60) };
        assert_eq!(retries(short), an_hour_and(&[4]));
    }

    #[test]
    fn a_few_days_are_retried_every_two_whatever_the_window() {
        assert_eq!(retries(terms(6, 1)), days(&[2, 4]));
        assert_eq!(retries(terms(5, 60)), days(&[2, 4]));
        assert_eq!(retries(terms(3, 60)), days(&[2]));
        assert_eq!(retries(terms(2, 60)), days(&[]));
        let short = Terms { cycle_seconds: 3 * DAY - HOUR, ..terms(3, 60) };
        assert_eq!(retries(short), days(&[2]));
    }

    #[test]
    fn a_day_is_retried_once_after_23_hours() {
        assert_eq!(retries(terms(1, 60)), [23 * HOUR]);
        let next = |seconds| Terms { until_next_invoice_seconds: Some(seconds), ..terms(1, 60) };
        assert_eq!(retries(next(DAY)), [23 * HOUR]);
        assert_eq!(retries(next(DAY - 1)), days(&[]));
        assert_eq!(retries(Terms { terms_days: Some(1), ..terms(1, 60) }), [23 * HOUR]);
        assert_eq!(retries(Terms { terms_days: Some(0), ..terms(1, 60) }), days(&[]));
    }

    #[test]
    fn terms_and_the_next_invoice_end_the_retries() {
        let due = |days| retries(Terms { terms_days: Some(days), ..terms(30, 60) });
        assert_eq!(due(14), an_hour_and(&[4, 8, 12]));
        assert_eq!(due(13), an_hour_and(&[4, 8, 12]));
        assert_eq!(due(12), an_hour_and(&[4, 8]));
        assert_eq!(due(1), days(&[]));
        assert_eq!(due(0), days(&[]));
        let next =
            |seconds| retries(Terms { until_next_invoice_seconds: Some(seconds), ..terms(30, 60) });
        assert_eq!(next(9 * DAY), an_hour_and(&[4, 8]));
        assert_eq!(next(8 * DAY), an_hour_and(&[4]));
        assert_eq!(next(0), days(&[]));
        // A day that has begun counts: the invoice came an hour after the period began.
        let late = Terms { until_next_invoice_seconds: Some(3 * DAY - HOUR), ..terms(3, 60) };
        assert_eq!(retries(late), days(&[2]));
    }

    #[test]
    fn attempts_are_the_first_and_the_retries_without_that_after_an_hour() {
        for (window, attempts) in [(3, 1), (4, 2), (14, 4), (16, 5), (29, 8)] {
            let retries = retries(terms(31, window));
            assert_eq!(retries.iter().filter(|at| **at != HOUR).count() + 1, attempts, "{window}");
        }
    }

    proptest! {
        #[test]
        fn retries_ascend_and_end_before_the_next_invoice(
            cycle in 1_i64..400, window in 1_i64..=60, next in 1_i64..400 * DAY, due: Option<u8>,
        ) {
            let limited = Terms {
                terms_days: due.map(i64::from),
                until_next_invoice_seconds: Some(next),
                ..terms(cycle, window)
            };
            let retries = retries(limited);
            prop_assert!(retries.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(retries.iter().all(|at| 0 < *at && *at < next && *at < cycle * DAY));
        }
    }
}
