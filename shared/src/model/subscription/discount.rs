//! The discount of a subscription: a coupon's terms, as they were when it was applied.
//!
//! The terms are copied, so that a coupon that is changed or deleted later takes nothing back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Subscription;
use crate::{
    base::{
        error::Error,
        id::{CouponId, DiscountId, PromotionCodeId},
        money::{Atoms, Currency},
        time::{TimeZoneName, Timestamp},
    },
    model::{
        billing::{cycle::Cycle, discount::Reduction},
        coupon::Lasts,
        invoice::{Invoice, InvoiceItem, InvoiceState},
        redemption::Redemption,
    },
};

/// A coupon that a subscription has.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct AppliedDiscount {
    /// The discount's id.
    pub id: DiscountId,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The code it was applied by.
    pub promotion_code_id: Option<PromotionCodeId>,
    /// From 1 to 100 hundredths of each line.
    percent_off: Option<i64>,
    /// An amount of each invoice.
    amount_off_atom: Option<Atoms>,
    /// Since when.
    started_at: Timestamp,
    /// Until when; invoices for periods that begin later are not reduced. Null for ever, and for a
    /// discount of one invoice.
    ends_at: Option<Timestamp>,
    /// Whether it reduces one invoice only.
    once: bool,
    /// Whether it has reduced an invoice.
    used: bool,
    /// Whether what it reduced first waits for the next renewal, which is then reduced whole.
    #[serde(default)]
    waits: bool,
    /// Whether nothing becomes of its redemption any more: a bill that it reduced was settled, so that
    /// it is used up for good, or it was given back at the end.
    #[serde(default)]
    earned: bool,
    /// For how many months it lasts, where it does not last for one invoice or for ever.
    #[serde(default)]
    duration_in_months: Option<i64>,
}

/// A coupon that a subscription had, and that reduced bills of which none was settled yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FormerDiscount {
    id: DiscountId,
    coupon_id: CouponId,
    promotion_code_id: Option<PromotionCodeId>,
    /// Whether lines that it reduced waited for the next renewal.
    waits: bool,
}

/// What was redeemed: a coupon, and the code by which it was.
pub(crate) type Redeemed = (CouponId, Option<PromotionCodeId>);

/// How many former discounts a subscription remembers at most.
const MOST_FORMER: usize = 20;

/// When what a change of items comes to is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BilledWhen {
    /// On an invoice of its own.
    Now,
    /// With the next renewal.
    Later,
}

impl AppliedDiscount {
    /// The discount that a redeemed coupon gives on a subscription in `currency`, whose next bill is
    /// for a period that begins at `bill`; none, where it only makes the trial longer.
    ///
    /// Months are counted from `now` on. Where they would be over before the first bill that they can
    /// reduce, they are counted from that.
    pub fn of(
        id: DiscountId,
        redemption: &Redemption,
        currency: Currency,
        zone: &TimeZoneName,
        (now, bill): (Timestamp, Timestamp),
    ) -> Result<Option<Self>, Error> {
        let coupon = redemption.coupon();
        let Some(reduction) = coupon.reduction(currency) else { return Ok(None) };
        let since = now.min(bill);
        let duration_in_months = match coupon.lasts() {
            Lasts::Once | Lasts::Forever => None,
            Lasts::Months(months) => Some(months),
        };
        let ends_at = match duration_in_months {
            None => None,
            Some(months) => match months_after(since, months, zone)? {
                end if end > bill => Some(end),
                _ => Some(months_after(bill, months, zone)?),
            },
        };
        Ok(Some(Self {
            id,
            coupon_id: coupon.id().clone(),
            promotion_code_id: redemption.promotion_code().map(|code| code.id().clone()),
            percent_off: match reduction {
                Reduction::Percent(percent) => Some(percent),
                Reduction::Fixed(_) => None,
            },
            amount_off_atom: match reduction {
                Reduction::Fixed(amount) => Some(amount),
                Reduction::Percent(_) => None,
            },
            started_at: now,
            ends_at,
            once: matches!(coupon.lasts(), Lasts::Once),
            used: false,
            waits: false,
            earned: false,
            duration_in_months,
        }))
    }

    fn takes(&self) -> Option<Reduction> {
        let percent = self.percent_off.map(Reduction::Percent);
        percent.or(self.amount_off_atom.map(Reduction::Fixed))
    }

    /// Whether its months are over at `at`. Those of one that has reduced nothing yet begin with the
    /// first bill that it reduces.
    fn is_over(&self, at: Timestamp) -> bool {
        self.used && self.ends_at.is_some_and(|end| at >= end)
    }

    /// What it takes off an invoice for a period that begins at `at`.
    pub fn reduction(&self, at: Timestamp) -> Option<Reduction> {
        let spent = self.once && self.used && !self.waits;
        self.takes().filter(|_| !self.is_over(at) && !spent)
    }

    /// What it takes off the lines that a change makes at `at`. An amount off is a period's, and goes
    /// through its changes; only one that is good for one invoice, and has not been on any, is taken
    /// off a change that is the first.
    pub fn reduction_of_change(&self, at: Timestamp, when: BilledWhen) -> Option<Reduction> {
        let spent = self.once && self.used && !(self.waits && when == BilledWhen::Later);
        let over = self.ends_at.is_some_and(|end| at >= end) || spent;
        self.takes().filter(|reduction| match reduction {
            Reduction::Percent(_) => !over,
            Reduction::Fixed(_) => !over && self.once && when == BilledWhen::Now,
        })
    }

    /// Whether it takes off an amount.
    pub fn is_fixed(&self) -> bool {
        self.amount_off_atom.is_some()
    }

    /// The discount after it has reduced the invoice for a period that begins at `at`.
    pub fn spent(&self, at: Timestamp, zone: &TimeZoneName) -> Result<Self, Error> {
        let late = !self.used && self.ends_at.is_some_and(|end| at >= end);
        let ends_at = match self.duration_in_months.filter(|_| late) {
            Some(months) => Some(months_after(at, months, zone)?),
            None => self.ends_at,
        };
        Ok(Self { used: true, waits: false, ends_at, ..self.clone() })
    }

    /// The discount after it has reduced lines of a change at `at`. Where that is billed now and is the
    /// first bill, its months begin with it, unless they go on since it was redeemed.
    pub fn spent_on_change(
        &self,
        when: BilledWhen,
        at: Timestamp,
        zone: &TimeZoneName,
    ) -> Result<Self, Error> {
        let waits = self.waits || (self.once && when == BilledWhen::Later);
        let first = !self.used && when == BilledWhen::Now;
        let ends_at = match self.duration_in_months.filter(|_| first) {
            Some(months) => match months_after(self.started_at, months, zone)? {
                end if end > at => Some(end),
                _ => Some(months_after(at, months, zone)?),
            },
            None => self.ends_at,
        };
        Ok(Self { used: true, waits, ends_at, ..self.clone() })
    }

    /// The discount where what it reduced is taken onto an invoice that is made now: that is the one
    /// which it reduces. None, where nothing that it reduced waits.
    pub fn brought_along(&self) -> Option<Self> {
        self.waits.then(|| Self { used: false, waits: false, ..self.clone() })
    }

    /// The discount as it was before it reduced the only invoice that it has reduced.
    pub fn unspent(&self) -> Self {
        Self { used: self.earned, waits: false, ..self.clone() }
    }

    /// Whether it reduces one invoice, and that is what made `later` of it.
    pub(crate) fn is_spent_by(&self, later: Option<&Self>) -> bool {
        self.once && !self.used && later.is_some_and(|later| later.used && later.id == self.id)
    }

    /// The discount after a bill that it reduced was settled.
    pub fn earned(&self) -> Self {
        Self { earned: true, ..self.clone() }
    }

    /// Whether no bill that it reduced was ever settled.
    pub fn is_unearned(&self) -> bool {
        !self.earned
    }
}

impl Subscription {
    /// The subscription with another discount, or none. A redemption of the one that it had is
    /// remembered, until a bill that was reduced by it is settled.
    pub(crate) fn with_discount(&self, new: Option<AppliedDiscount>) -> Result<Self, Error> {
        let mut after = Self { discount: new, ..self.clone() };
        if let Some(old) = self.discount.as_ref().filter(|old| old.is_unearned()) {
            if after.ledger.former_discounts.len() >= MOST_FORMER {
                let hint = format!(
                    "has had {MOST_FORMER} coupons that reduced no bill which was settled: it cannot \
                     get another before one is"
                );
                return Err(Error::not_now("subscription", "too_many_coupons", &hint));
            }
            after.ledger.former_discounts.push(FormerDiscount {
                id: old.id.clone(),
                coupon_id: old.coupon_id.clone(),
                promotion_code_id: old.promotion_code_id.clone(),
                waits: self.ledger.pending.iter().any(is_reduced),
            });
        }
        Ok(after)
    }

    /// The discounts that reduce an invoice of these lines.
    pub(crate) fn discounts_on(&self, lines: &[InvoiceItem]) -> Vec<DiscountId> {
        if !lines.iter().any(is_reduced) {
            return Vec::new();
        }
        let former = self.ledger.former_discounts.iter().filter(|one| one.waits);
        self.discount.iter().map(|one| &one.id).chain(former.map(|one| &one.id)).cloned().collect()
    }

    /// The subscription after an invoice that discounts reduced was settled: their redemptions are used
    /// up for good.
    pub(super) fn with_discounts_earned(mut self, invoice: &Invoice) -> Self {
        let reducing = invoice.discounts();
        let is_on = |id: &DiscountId| reducing.is_empty() || reducing.contains(id);
        self.discount = self.discount.map(|own| match is_on(&own.id) {
            true => own.earned(),
            false => own,
        });
        self.ledger.former_discounts.retain(|former| !reducing.contains(&former.id));
        self
    }

    /// Whether something was redeemed for it that never reduced a bill which was settled.
    pub(crate) fn has_unearned(&self) -> bool {
        let own = self.discount.as_ref().is_some_and(AppliedDiscount::is_unearned);
        own || !self.ledger.former_discounts.is_empty()
    }

    /// The subscription after its end, and what was redeemed for it and is given back then: what reduced
    /// no bill that was settled, nor one of `open`, which can still be.
    pub(crate) fn without_unearned(&self, open: &[Invoice]) -> (Self, Vec<Redeemed>) {
        let may_be_earned = |id: &DiscountId| {
            open.iter().any(|one| {
                one.discounts().contains(id)
                    || (one.state() == InvoiceState::Draft && one.metered_reduction().is_some())
            })
        };
        let (mut after, mut returned) = (self.clone(), Vec::new());
        let own = self.discount.as_ref().filter(|own| own.is_unearned());
        after.ledger.holds_redemptions = own.is_some_and(|own| may_be_earned(&own.id));
        if let Some(own) = own.filter(|own| !may_be_earned(&own.id)) {
            returned.push((own.coupon_id.clone(), own.promotion_code_id.clone()));
            after.discount = Some(own.earned());
        }
        let former = std::mem::take(&mut after.ledger.former_discounts);
        for one in former {
            match may_be_earned(&one.id) {
                true => {
                    after.ledger.holds_redemptions = true;
                    after.ledger.former_discounts.push(one);
                }
                false => returned.push((one.coupon_id, one.promotion_code_id)),
            }
        }
        (after, returned)
    }
}

fn is_reduced(line: &InvoiceItem) -> bool {
    line.discount_amount_atom.is_positive()
}

fn months_after(now: Timestamp, months: i64, zone: &TimeZoneName) -> Result<Timestamp, Error> {
    use crate::{
        base::input::Integer,
        model::billing::cycle::{Interval, IntervalUnit},
    };
    let interval = Interval { unit: IntervalUnit::Month, count: Integer::clamped(1) };
    let months = Cycle { anchor: now, interval, zone: zone.clone() }.boundary(months)?;
    Ok(months)
}
