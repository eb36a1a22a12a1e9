//! What a client asks of the figures, and is told.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{ByCurrency, Counted, Days, Standing, add, day_of};
use crate::{
    base::{
        error::Error,
        input::{Faults, Integer, Location, choice, input},
        money::{Atoms, Currency, Overflow},
        time::{TimeZoneName, Timestamp},
    },
    model::{
        billing::cycle::{Cycle, Interval, IntervalUnit},
        entity::Representation,
    },
};

/// How many points are told, at most.
const MOST_POINTS: usize = 400;

choice! {
    /// What a point is of.
    pub enum FiguresInterval {
        /// A day, in UTC.
        Day = "day",
        /// A month, in UTC.
        Month = "month",
    }
}

input! {
    /// Which figures a client asks for.
    pub struct FiguresQuery {
        /// Whether each point is of a day or of a month; `day`, when left out.
        interval: Option<FiguresInterval>,
        /// From the day or month of this instant on; 30 days or 12 months before `to`, when left out.
        from: Option<Timestamp>,
        /// Up to the day or month of this instant, which is included; now, when left out.
        to: Option<Timestamp>,
        /// Only those in this currency.
        currency: Option<Currency>,
    }
}

/// What a point says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct FiguresPoint {
    /// When its day or month begins, in UTC.
    pub starts_at: Timestamp,
    /// MRR at its end.
    pub mrr_amount_atom: Atoms,
    /// MRR of subscriptions that began to be paid for.
    pub new_mrr_amount_atom: Atoms,
    /// What MRR of others grew by.
    pub expansion_mrr_amount_atom: Atoms,
    /// What MRR of those that go on shrank by.
    pub contraction_mrr_amount_atom: Atoms,
    /// MRR of subscriptions that ended or were paused.
    pub churned_mrr_amount_atom: Atoms,
    /// MRR of subscriptions that went on after a pause.
    pub reactivated_mrr_amount_atom: Atoms,
    /// How many subscriptions were active or past due at its end.
    pub active_subscriptions: i64,
    /// How many were on trial.
    pub trialing_subscriptions: i64,
    /// What processors took.
    pub cash_amount_atom: Atoms,
    /// What was refunded of payments.
    pub refunded_amount_atom: Atoms,
    /// How many payments were made.
    pub payments: i64,
}

/// The figures in one currency.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct FiguresOf {
    /// The currency of the amounts.
    pub currency: Currency,
    /// A point for each day or month, the oldest first.
    pub points: Vec<FiguresPoint>,
}

/// What comes in by the month, how it moves, and the cash that was taken.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Figures {
    /// Everything that happened before this instant is counted, and nothing after it; null where nothing
    /// is counted yet.
    pub counted_until: Option<Timestamp>,
    /// Whether all is counted that happened until a minute ago; if not, ask again to have more counted.
    pub is_complete: bool,
    /// What the points are of.
    pub interval: FiguresInterval,
    /// The figures by currency, in the order of their codes.
    pub currencies: Vec<FiguresOf>,
}

/// The days or months that are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    interval: FiguresInterval,
    currency: Option<Currency>,
    /// When each begins; the last is where the range ends.
    starts: Vec<Timestamp>,
}

impl FiguresQuery {
    /// The days or months that are asked for at `now`.
    pub(crate) fn range(&self, now: Timestamp) -> Result<Range, Error> {
        let (query, mut faults) = (Location::query(), Faults::default());
        let interval = self.interval.unwrap_or(FiguresInterval::Day);
        let unit = match interval {
            FiguresInterval::Day => IntervalUnit::Day,
            FiguresInterval::Month => IntervalUnit::Month,
        };
        let cycle = Cycle {
            // The first of a month, at midnight.
            anchor: Timestamp::EPOCH,
            interval: Interval { unit, count: Integer::clamped(1) },
            zone: TimeZoneName::utc(),
        };
        let last = cycle.index_at(self.to.unwrap_or(now))?;
        let before = if interval == FiguresInterval::Day { 30 } else { 12 };
        let first = match self.from {
            Some(from) => cycle.index_at(from)?,
            None => last.saturating_sub(before),
        };
        let count = last.saturating_sub(first).saturating_add(1);
        let most = i64::try_from(MOST_POINTS).unwrap_or(i64::MAX);
        let name = if self.to.is_some() { "to" } else { "from" };
        if count < 1 {
            faults.not_understood(&query.field(name), "not_after_from", "must be after from");
        }
        if count > most {
            let hint = format!("asks for more than {most} days or months");
            faults.not_understood(&query.field(name), "too_long", &hint);
        }
        faults.settled()?;
        let starts = (first..=last.saturating_add(1)).map(|index| cycle.boundary(index));
        let starts = starts.collect::<Result<_, _>>()?;
        Ok(Range { interval, currency: self.currency, starts })
    }
}

impl Range {
    /// The first day.
    pub(crate) fn first_day(&self) -> String {
        self.starts.first().map_or(String::new(), |at| day_of(*at))
    }

    /// The figures, of all days from the first on, as things `stand`.
    pub(crate) fn figures(
        &self,
        standing: &Standing,
        days: &Days,
        is_complete: bool,
    ) -> Result<Figures, Overflow> {
        let wanted = standing.all.keys().filter(|one| self.currency.is_none_or(|own| own == **one));
        let currencies = wanted.map(|currency| {
            let points = self.points(*currency, &standing.all, days)?;
            Ok(FiguresOf { currency: *currency, points })
        });
        Ok(Figures {
            counted_until: standing.counted_until,
            is_complete,
            interval: self.interval,
            currencies: currencies.collect::<Result<_, Overflow>>()?,
        })
    }

    fn points(
        &self,
        currency: Currency,
        all: &ByCurrency,
        days: &Days,
    ) -> Result<Vec<FiguresPoint>, Overflow> {
        let of = |by: &ByCurrency| by.get(&currency).copied().unwrap_or_default();
        // What stood before the first day: what stands now, less all that was counted since.
        let mut since = ByCurrency::new();
        for by in days.0.values() {
            add(&mut since, currency, &of(by))?;
        }
        let (now, since) = (of(all), of(&since));
        let mut mrr = now.mrr()?.minus(since.mrr()?)?;
        let mut active = now.active_subscriptions.saturating_sub(since.active_subscriptions);
        let mut trialing = now.trialing_subscriptions.saturating_sub(since.trialing_subscriptions);
        let mut points = Vec::new();
        for bounds in self.starts.windows(2) {
            let [starts_at, end] = bounds else { continue };
            let mut sum = Counted::default();
            for (_, by) in days.0.range(day_of(*starts_at)..day_of(*end)) {
                sum = sum.plus(&of(by))?;
            }
            mrr = mrr.plus(sum.mrr()?)?;
            active = active.saturating_add(sum.active_subscriptions);
            trialing = trialing.saturating_add(sum.trialing_subscriptions);
            points.push(FiguresPoint {
                starts_at: *starts_at,
                mrr_amount_atom: mrr,
                new_mrr_amount_atom: sum.new_mrr_amount_atom,
                expansion_mrr_amount_atom: sum.expansion_mrr_amount_atom,
                contraction_mrr_amount_atom: sum.contraction_mrr_amount_atom,
                churned_mrr_amount_atom: sum.churned_mrr_amount_atom,
                reactivated_mrr_amount_atom: sum.reactivated_mrr_amount_atom,
                active_subscriptions: active,
                trialing_subscriptions: trialing,
                cash_amount_atom: sum.cash_amount_atom,
                refunded_amount_atom: sum.refunded_amount_atom,
                payments: sum.payments,
            });
        }
        Ok(points)
    }
}

impl Representation for Figures {
    fn example() -> Value {
        json!({
            "counted_until": "2026-01-31T09:29:00.000Z",
            "is_complete": true,
            "interval": "month",
            "currencies": [{
                "currency": "usd",
                "points": [{
                    "starts_at": "2026-01-01T00:00:00.000Z",
                    "mrr_amount_atom": 12000,
                    "new_mrr_amount_atom": 2400,
                    "expansion_mrr_amount_atom": 600,
                    "contraction_mrr_amount_atom": 0,
                    "churned_mrr_amount_atom": 1200,
                    "reactivated_mrr_amount_atom": 0,
                    "active_subscriptions": 10,
                    "trialing_subscriptions": 2,
                    "cash_amount_atom": 11400,
                    "refunded_amount_atom": 0,
                    "payments": 9,
                }],
            }],
        })
    }
}
