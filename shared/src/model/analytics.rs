//! Figures: what comes in by the month (MRR) and how it moves, and the cash that was taken.
//!
//! They are counted from events, each once. What an event counts follows from it alone: the object as it
//! was before and after, and prices, whose amounts never change. So whoever counts the same events anew
//! comes to the same, and the audit does.
//!
//! MRR is what the licensed items of active and past-due subscriptions cost in a month, before tax, less
//! a discount that lasts for ever. A year is twelve months, a week the seventh of 146,097 days in 4,800
//! months; each subscription is rounded once. Metered usage is not in it: nobody knows that beforehand.

mod query;

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::query::{Figures, FiguresInterval, FiguresOf, FiguresPoint, FiguresQuery};
use crate::{
    base::{
        id::PriceId,
        money::{Atoms, Currency, Overflow, rounded_by_size},
        time::Timestamp,
    },
    model::{
        billing::cycle::IntervalUnit,
        entity::{Item, decode},
        event::Event,
        price::Price,
        subscription::{SubscriptionItem, SubscriptionState},
    },
};

/// Prices by id, as far as they are needed.
pub type Prices = HashMap<PriceId, Price>;

/// What is counted of a day, in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Counted {
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
    /// How many more subscriptions were active or past due at its end than before it.
    pub active_subscriptions: i64,
    /// How many more were on trial.
    pub trialing_subscriptions: i64,
    /// What processors took.
    pub cash_amount_atom: Atoms,
    /// What was refunded of payments.
    pub refunded_amount_atom: Atoms,
    /// How many payments were made.
    pub payments: i64,
}

impl Counted {
    /// What MRR moved by.
    pub fn mrr(&self) -> Result<Atoms, Overflow> {
        let up = [
            self.new_mrr_amount_atom,
            self.expansion_mrr_amount_atom,
            self.reactivated_mrr_amount_atom,
        ];
        let down = [self.contraction_mrr_amount_atom, self.churned_mrr_amount_atom];
        Atoms::sum(up)?.minus(Atoms::sum(down)?)
    }

    /// The sum of both.
    pub fn plus(&self, other: &Self) -> Result<Self, Overflow> {
        let count = |one: i64, other: i64| one.checked_add(other).ok_or(Overflow);
        Ok(Self {
            new_mrr_amount_atom: self.new_mrr_amount_atom.plus(other.new_mrr_amount_atom)?,
            expansion_mrr_amount_atom: (self.expansion_mrr_amount_atom)
                .plus(other.expansion_mrr_amount_atom)?,
            contraction_mrr_amount_atom: (self.contraction_mrr_amount_atom)
                .plus(other.contraction_mrr_amount_atom)?,
            churned_mrr_amount_atom: (self.churned_mrr_amount_atom)
                .plus(other.churned_mrr_amount_atom)?,
            reactivated_mrr_amount_atom: (self.reactivated_mrr_amount_atom)
                .plus(other.reactivated_mrr_amount_atom)?,
            active_subscriptions: count(self.active_subscriptions, other.active_subscriptions)?,
            trialing_subscriptions: count(
                self.trialing_subscriptions,
                other.trialing_subscriptions,
            )?,
            cash_amount_atom: self.cash_amount_atom.plus(other.cash_amount_atom)?,
            refunded_amount_atom: self.refunded_amount_atom.plus(other.refunded_amount_atom)?,
            payments: count(self.payments, other.payments)?,
        })
    }
}

/// What is counted, by currency.
pub type ByCurrency = BTreeMap<Currency, Counted>;

/// A change of an object, of which something may be counted.
#[derive(Clone, Debug)]
pub struct Change {
    before: Option<Item>,
    after: Item,
}

/// What is looked at of a subscription.
#[derive(Deserialize)]
struct Sold {
    state: SubscriptionState,
    currency: Currency,
    items: Vec<SubscriptionItem>,
    billing_interval: IntervalUnit,
    billing_interval_count: i64,
    #[serde(default)]
    discount: Option<Discount>,
}

#[derive(Deserialize)]
struct Discount {
    #[serde(default)]
    percent_off: Option<i64>,
    #[serde(default)]
    amount_off_atom: Option<Atoms>,
    #[serde(default)]
    ends_at: Option<Timestamp>,
    #[serde(default)]
    once: bool,
}

/// What is looked at of a payment or a refund.
#[derive(Deserialize)]
struct Moved {
    state: String,
    currency: Currency,
    #[serde(default)]
    captured_amount_atom: Option<Atoms>,
    #[serde(default)]
    amount_atom: Atoms,
}

impl Change {
    /// The change that an event tells of; none, where another event of the same change tells of it, or
    /// where it is of nothing that is counted.
    pub fn of(event: &Event) -> Option<Self> {
        let (after, previous) = event.seen()?;
        let before = previous.map(|previous| {
            let mut before = after.clone();
            before.extend(previous.clone());
            before
        });
        Self::between(before, after.clone())
    }

    /// The change from one version of an object to the next; none, where nothing of it is counted.
    pub fn between(before: Option<Item>, after: Item) -> Option<Self> {
        let id = after.get("id").and_then(serde_json::Value::as_str)?;
        let counted = ["sub", "pi", "re"].contains(&id.split('_').next()?);
        counted.then_some(Self { before, after })
    }

    fn kind(&self) -> &str {
        let id = self.after.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
        id.split('_').next().unwrap_or_default()
    }

    /// The prices that are needed to count it.
    pub fn price_ids(&self) -> Vec<PriceId> {
        let of = |item: &Item| decode::<Sold>(item.clone()).map_or(Vec::new(), |sold| sold.items);
        let all = self.before.iter().chain([&self.after]).filter(|_| self.kind() == "sub");
        all.flat_map(of).map(|item| item.price_id).collect()
    }

    /// What it counts, and in which currency; nothing, where it moves nothing.
    pub fn counted(&self, prices: &Prices) -> Result<Option<(Currency, Counted)>, Overflow> {
        let (currency, counted) = match self.kind() {
            "sub" => match self.subscribed(prices)? {
                Some(counted) => counted,
                None => return Ok(None),
            },
            kind => match self.moved(kind)? {
                Some(counted) => counted,
                None => return Ok(None),
            },
        };
        Ok((counted != Counted::default()).then_some((currency, counted)))
    }

    fn subscribed(&self, prices: &Prices) -> Result<Option<(Currency, Counted)>, Overflow> {
        let Ok(after) = decode::<Sold>(self.after.clone()) else { return Ok(None) };
        let before = self.before.clone().and_then(|item| decode::<Sold>(item).ok());
        let is = |sold: &Sold| i64::from(sold.is_paid_for());
        let tries = |sold: &Sold| i64::from(sold.state == SubscriptionState::Trialing);
        let mut counted = Counted {
            active_subscriptions: is(&after) - before.as_ref().map_or(0, is),
            trialing_subscriptions: tries(&after) - before.as_ref().map_or(0, tries),
            ..Counted::default()
        };
        let was = before.as_ref().map_or(Ok(Atoms::ZERO), |before| before.mrr(prices))?;
        let moved = after.mrr(prices)?.minus(was)?;
        let paused = before.as_ref().is_some_and(|one| one.state == SubscriptionState::Paused);
        let went_on = before.as_ref().is_some_and(Sold::is_paid_for);
        let place = match (moved.is_positive(), went_on) {
            (true, false) if paused => &mut counted.reactivated_mrr_amount_atom,
            (true, false) => &mut counted.new_mrr_amount_atom,
            (true, true) => &mut counted.expansion_mrr_amount_atom,
            (false, _) if after.is_paid_for() => &mut counted.contraction_mrr_amount_atom,
            (false, _) => &mut counted.churned_mrr_amount_atom,
        };
        *place = if moved.is_positive() { moved } else { moved.negated()? };
        Ok(Some((after.currency, counted)))
    }

    /// Money that moved: a payment that has succeeded, a refund that has, or has after all not.
    fn moved(&self, kind: &str) -> Result<Option<(Currency, Counted)>, Overflow> {
        let Ok(after) = decode::<Moved>(self.after.clone()) else { return Ok(None) };
        let before = self.before.clone().and_then(|item| decode::<Moved>(item).ok());
        let done = |one: &Moved| one.state == "succeeded";
        let (was, is) = (before.as_ref().is_some_and(done), done(&after));
        if was == is {
            return Ok(None);
        }
        let amount = match kind {
            "pi" => after.captured_amount_atom.unwrap_or(after.amount_atom),
            _ => after.amount_atom,
        };
        let (amount, one) = if is { (amount, 1) } else { (amount.negated()?, -1) };
        let counted = match kind {
            "pi" => Counted { cash_amount_atom: amount, payments: one, ..Counted::default() },
            _ => Counted { refunded_amount_atom: amount, ..Counted::default() },
        };
        Ok(Some((after.currency, counted)))
    }
}

impl Sold {
    fn is_paid_for(&self) -> bool {
        matches!(self.state, SubscriptionState::Active | SubscriptionState::PastDue)
    }

    fn mrr(&self, prices: &Prices) -> Result<Atoms, Overflow> {
        if !self.is_paid_for() {
            return Ok(Atoms::ZERO);
        }
        let mut whole = Atoms::ZERO;
        for item in &self.items {
            if let Some((quantity, price)) = item.quantity.zip(prices.get(&item.price_id)) {
                whole = whole.plus(price.amount(quantity)?)?;
            }
        }
        let lasting = self.discount.as_ref().filter(|one| one.ends_at.is_none() && !one.once);
        let count = i128::from(self.billing_interval_count.max(1));
        // How many hundredths of the amount, and over how many months.
        let (percent, off) = lasting.map_or((0, Atoms::ZERO), |one| {
            (one.percent_off.unwrap_or(0), one.amount_off_atom.unwrap_or(Atoms::ZERO))
        });
        let left = whole.minus(off)?.max(Atoms::ZERO);
        let hundredths = i128::from(left.get()) * i128::from(100 - percent.clamp(0, 100));
        let (times, months) = match self.billing_interval {
            IntervalUnit::Month => (1, count),
            IntervalUnit::Year => (1, 12 * count),
            IntervalUnit::Week => (146_097, 4_800 * 7 * count),
            IntervalUnit::Day => (146_097, 4_800 * count),
        };
        let numerator = hundredths.checked_mul(times).ok_or(Overflow)?;
        rounded_by_size(numerator, months.checked_mul(100).ok_or(Overflow)?)
    }
}

/// Where counting has come to, and what stands now.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Standing {
    /// How often it was written.
    #[serde(default)]
    pub version: u64,
    /// How often counting has begun anew: whenever the time of a test clock was set back.
    #[serde(default)]
    pub turn: u64,
    /// How many events were looked at.
    #[serde(default)]
    pub events: u64,
    /// The last event that is counted.
    #[serde(default)]
    pub counted_to: Option<String>,
    /// Everything before this instant is counted.
    #[serde(default)]
    pub counted_until: Option<Timestamp>,
    /// All that was ever counted.
    #[serde(default)]
    pub all: ByCurrency,
}

impl Standing {
    /// Where counting has come to as seen at `now`: nowhere, where that is before what is counted.
    pub(crate) fn seen_at(self, now: Timestamp) -> Self {
        match self.counted_until.is_some_and(|until| until > now) {
            true => {
                Self { version: self.version, turn: self.turn.saturating_add(1), ..Self::default() }
            }
            false => self,
        }
    }
}

/// What is counted of an event: on which day, such as `2026-01-31`.
#[derive(Clone, Debug, Default)]
pub struct Days(pub BTreeMap<String, ByCurrency>);

impl Days {
    /// Counts something.
    pub fn add(&mut self, at: Timestamp, of: Currency, counted: &Counted) -> Result<(), Overflow> {
        add(self.0.entry(day_of(at)).or_default(), of, counted)
    }
}

/// Adds what is counted in a currency.
pub fn add(to: &mut ByCurrency, of: Currency, counted: &Counted) -> Result<(), Overflow> {
    let sum = to.entry(of).or_default();
    *sum = sum.plus(counted)?;
    Ok(())
}

/// The day of an instant, in UTC.
pub fn day_of(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests;
