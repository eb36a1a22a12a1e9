//! How much a subscription may be changed: what stops a program that runs wild.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    base::{error::Error, time::Timestamp},
    model::{
        billing::proration::Fraction,
        subscription::{Subscription, SubscriptionState},
    },
};

/// How many lines changes may make on one day: a program that runs wild stops here.
const MOST_LINES_A_DAY: usize = 15;

/// How many invoices a subscription may get within a minute.
const MOST_INVOICES_A_MINUTE: usize = 10;

/// What a subscription was billed for lately: what stops a program that runs wild.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Activity {
    day: Option<Date>,
    lines: usize,
    minute: Option<i64>,
    invoices: usize,
}

impl Activity {
    /// The activity with `lines` more, and an invoice if there is one, or why that is too much.
    pub(crate) fn with(&self, lines: usize, invoiced: bool, now: Timestamp) -> Result<Self, Error> {
        let day = Some(now.local(&jiff::tz::TimeZone::UTC).date());
        let minute = Some(now.seconds().div_euclid(60));
        let earlier_lines = if self.day == day { self.lines } else { 0 };
        let earlier_invoices = if self.minute == minute { self.invoices } else { 0 };
        let (lines, invoices) = (earlier_lines + lines, earlier_invoices + usize::from(invoiced));
        if lines > MOST_LINES_A_DAY || invoices > MOST_INVOICES_A_MINUTE {
            let hint = format!(
                "has been changed too often: at most {MOST_LINES_A_DAY} lines a day and \
                 {MOST_INVOICES_A_MINUTE} invoices a minute; nothing was charged"
            );
            return Err(Error::not_now("subscription", "too_many_changes", &hint));
        }
        Ok(Self { day, lines, minute, invoices })
    }
}

/// How many lines wait for a renewal at most: the invoice of it, or of an end that gives each of them
/// back, is one item.
const MOST_WAITING: usize = 100;

impl Subscription {
    /// Refuses a change by which too many lines would wait for the next renewal.
    pub(crate) fn waits_within_limits(&self) -> Result<(), Error> {
        let count = self.ledger.pending.len();
        if count <= MOST_WAITING {
            return Ok(());
        }
        let hint = format!(
            "would have {count} lines that wait for its next renewal; at most {MOST_WAITING} can: \
             bill the change now, with a proration_behavior of always_invoice"
        );
        Err(Error::not_now("subscription", "too_many_lines", &hint))
    }

    pub(crate) fn changeable(&self) -> Result<(), Error> {
        use SubscriptionState::{
            Active, Cancelled, Incomplete, PastDue, Paused, Scheduled, Trialing,
        };
        match self.state {
            Scheduled | Trialing | Active | PastDue => Ok(()),
            Incomplete | Paused | Cancelled => {
                let hint = format!("is {} and its items cannot be changed", self.state.described());
                Err(Error::not_now("subscription", "illegal_state", &hint))
            }
        }
    }

    /// The part of the current period that is left, where it was paid for.
    pub(crate) fn left(&self, now: Timestamp) -> Option<Fraction> {
        let paid = self.is_past_trial() && self.state != SubscriptionState::Scheduled;
        let fraction = Fraction::remaining(self.current_period(), now);
        Some(fraction).filter(|fraction| paid && !fraction.is_zero())
    }
}
