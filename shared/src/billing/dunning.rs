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
