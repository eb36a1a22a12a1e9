//! What a subscription leaves when it has ended, and what is still to be done about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AppliedDiscount, Subscription, SubscriptionState};
use crate::{
    base::{
        id::InvoiceId,
        money::{Atoms, Overflow},
        time::Timestamp,
    },
    model::{
        billing::ledger::RefundOption,
        invoice::{Invoice, InvoiceItem, InvoiceState, ReturnedPart, taxes::waiting},
    },
};

/// What is still to be settled of an end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ending {
    /// What is given back.
    pub(crate) option: RefundOption,
    /// As of when.
    pub(crate) at: Timestamp,
    /// Whether its time came, by its contract or as it was scheduled: what was used until then is owed.
    #[serde(default)]
    pub(crate) in_time: bool,
    /// When it is tried next.
    pub(crate) next_at: Timestamp,
    /// How often it was put off.
    #[serde(default)]
    pub(crate) put_off: u32,
    /// How many invoices were settled before the rest was left for later.
    #[serde(default)]
    pub(crate) settled: usize,
    /// The invoice of a change that waited for its payment.
    #[serde(default)]
    pub(crate) awaited: Option<InvoiceId>,
    /// What waiting credits gave back of lines, and is still to be paid out.
    #[serde(default)]
    pub(crate) owed: Vec<ReturnedPart>,
    /// What is left to be paid out of an invoice of which a part was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shares: Option<Shares>,
}

/// What is paid out of an invoice, by where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shares {
    /// The invoice.
    pub(crate) invoice_id: InvoiceId,
    /// To its own payments.
    pub(crate) own: Atoms,
    /// To payments of other invoices of the subscription.
    pub(crate) carried: Atoms,
    /// To the credit balance.
    pub(crate) credit: Atoms,
}

impl Shares {
    /// Whether it is what is left of a payout of the same invoice, and not of less or more of it.
    pub(crate) fn is_rest_of(&self, all: &Self) -> bool {
        self.invoice_id == all.invoice_id && self.amount() == all.amount()
    }

    fn amount(&self) -> Result<Atoms, Overflow> {
        Atoms::sum([self.own, self.carried, self.credit])
    }
}

impl Ending {
    /// An end at `at` of which nothing is settled yet.
    pub(crate) fn at(option: RefundOption, at: Timestamp) -> Self {
        let (awaited, owed, shares) = (None, Vec::new(), None);
        Self {
            option,
            at,
            in_time: false,
            next_at: at,
            put_off: 0,
            settled: 0,
            awaited,
            owed,
            shares,
        }
    }
}

/// What a cancellation gave back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Ended {
    /// What was asked for.
    pub refund_option: RefundOption,
    /// What was refunded to payments, or is about to be, so far: of a subscription with more than 20
    /// invoices to settle, the rest follows within minutes.
    pub refunded_amount_atom: Atoms,
    /// What went to the customer's credit balance: what that had paid, what was paid out of band and, where
    /// no money is given back, what was paid of a change that waited for its payment.
    pub credited_amount_atom: Atoms,
}

/// After how many seconds an end that has to wait is tried again; doubled each time.
const FIRST_PUT_OFF: i64 = 60;
const DOUBLINGS: u32 = 6;

impl Subscription {
    /// The subscription, ended at `at`. `drafts` says whether it has invoices that are not final.
    pub(crate) fn ended(&self, at: Timestamp, option: RefundOption, drafts: bool) -> Self {
        let awaited = self.awaited().cloned();
        let mut after = self.without_pending();
        after.state = SubscriptionState::Cancelled;
        after.cancelled_at = Some(at);
        after.pause = None;
        after = after.measured_last(at, self.state != SubscriptionState::Incomplete);
        let unearned = self.has_unearned();
        let waits = drafts || unearned || awaited.is_some() || !self.ledger.pending.is_empty();
        let waits = waits || after.has_unbilled_usage();
        let ending = Ending { awaited, ..Ending::at(option, at) };
        after.ledger.ending = Some(ending).filter(|_| waits || option != RefundOption::None);
        after.cancellation = (option != RefundOption::None).then_some(Ended {
            refund_option: option,
            refunded_amount_atom: Atoms::ZERO,
            credited_amount_atom: Atoms::ZERO,
        });
        after
    }

    /// The subscription, which has ended because its time had come.
    pub(crate) fn in_time(mut self) -> Self {
        if let Some(ending) = &mut self.ledger.ending {
            ending.in_time = true;
        }
        self
    }

    /// The subscription, ended because what it began with was never bought; it may have ended before.
    pub fn abandoned(&self, now: Timestamp) -> Self {
        if !self.state.can_become(SubscriptionState::Cancelled) {
            return self.clone();
        }
        let mut after = self.ended(now, RefundOption::None, false);
        // Its coupon is given back by whoever gives up on the sale.
        after.ledger.ending = None;
        after
    }

    /// The same where a part of it was paid: that is given back, and so is its coupon.
    pub fn given_up_for_good(&self, now: Timestamp) -> Self {
        match self.state {
            SubscriptionState::Incomplete => self.ended(now, RefundOption::Full, false),
            _ => self.clone(),
        }
    }

    /// Whether something of its end is to be settled by now.
    pub(crate) fn end_is_due(&self, now: Timestamp) -> bool {
        self.ledger.ending.as_ref().is_some_and(|ending| ending.next_at <= now)
    }

    /// The subscription, whose end is tried again later.
    pub(crate) fn put_off(&self, now: Timestamp) -> Self {
        let mut after = self.clone();
        if let Some(ending) = &mut after.ledger.ending {
            let factor = 1_i64.checked_shl(ending.put_off.min(DOUBLINGS)).unwrap_or(1);
            ending.next_at = now.plus_seconds(FIRST_PUT_OFF.saturating_mul(factor));
            ending.put_off = ending.put_off.saturating_add(1);
        }
        after
    }

    /// The subscription, something of which counted as given back when it ended, and was not after all:
    /// what its end gives back is settled again.
    pub(crate) fn settled_again(&self, now: Timestamp) -> Option<Self> {
        let (at, ended) = self.cancelled_at.zip(self.cancellation.as_ref())?;
        let option = ended.refund_option;
        let gives = matches!(option, RefundOption::Full | RefundOption::Prorated);
        let mut after = gives.then(|| self.clone())?;
        let ending = after.ledger.ending.take().unwrap_or_else(|| Ending::at(option, at));
        after.ledger.ending = Some(Ending { next_at: now, ..ending });
        Some(after)
    }

    /// The subscription, of whose end `invoices` more are settled, and the rest is due.
    pub(crate) fn taken_up(&self, invoices: usize) -> Self {
        let mut after = self.clone();
        if let Some(ending) = &mut after.ledger.ending {
            ending.settled = ending.settled.saturating_add(invoices);
        }
        after
    }
}

impl Subscription {
    /// The subscription without a draft of its: the lines on it that are for the time before its
    /// period wait again.
    pub(crate) fn without_draft(
        &self,
        draft: &Invoice,
        invoices: &[Invoice],
    ) -> Result<Self, Overflow> {
        let mut after = self.without_usage_of(draft)?;
        after.ledger.pending.extend(waiting(before_period(draft))?);
        if after.latest_invoice_id.as_ref() == Some(draft.id()) {
            let left = invoices.iter().find(|one| one.state() != InvoiceState::Draft);
            after.latest_invoice_id = left.map(|one| one.id().clone());
        }
        if draft.subtotal_and_discount().1.is_positive() {
            after.discount = after.discount.as_ref().map(AppliedDiscount::unspent);
        }
        Ok(after)
    }
}

impl Subscription {
    /// Whether credits gave something back of an invoice that is still to be paid out.
    pub(crate) fn owes(&self, invoice: &InvoiceId) -> bool {
        let ending = self.ledger.ending.as_ref();
        ending.is_some_and(|ending| ending.owed.iter().any(|part| part.invoice_id == *invoice))
    }
}

/// The lines of a draft that are for the time before its period: those that wait when it goes. What
/// its other lines have given back by then came from their credits, and is not there any more.
fn before_period(draft: &Invoice) -> Vec<InvoiceItem> {
    let (before, own): (Vec<_>, Vec<_>) =
        draft.items().iter().cloned().partition(|line| line.proration);
    let mut gone: i64 = own.iter().map(|line| line.given_back_amount_atom.get()).sum();
    let mut used = Vec::new();
    for credit in before.iter().filter(|line| line.credit_of.is_some() && !line.settles) {
        let amount = credit.total().map_or(0, |total| total.get().saturating_neg()).clamp(0, gone);
        if amount > 0 {
            let name = "Credited already".to_owned();
            let mut line = InvoiceItem::new(credit.id.clone(), name, 1, Atoms::new(amount));
            (line.proration, line.settles) = (true, true);
            line.credit_of.clone_from(&credit.credit_of);
            used.push(line);
            gone -= amount;
        }
    }
    [before, used].concat()
}
