//! What a change request asks for, done to its subscription: by the same flows that a client calls, put
//! into one transaction.
//!
//! A preview is the same computation, put into a transaction that nobody commits.

use super::change::ItemsAsked;
use crate::{
    base::{
        error::Error,
        money::Atoms,
        time::{Moment, Timestamp},
    },
    model::{
        billing::ledger::{RefundOption, fate},
        change_request::{Changes, Manner, NOUN},
        entity::{Entity, encode, size},
        invoice::{Invoice, InvoiceItem, InvoiceState},
        subscription::{Ending, Step, Subscription, SubscriptionState},
    },
    store::Tx,
    work::{Work, subscriptions::ending::sum},
};

/// What the changes of a request come to.
pub(super) struct Requested {
    /// The subscription as it will be; it is not in the transaction yet.
    pub(super) after: Subscription,
    pub(super) invoice: Option<Invoice>,
    pub(super) lines: Vec<InvoiceItem>,
    pub(super) amount: Atoms,
}

impl Requested {
    fn only(after: Subscription) -> Self {
        Self { after, invoice: None, lines: Vec::new(), amount: Atoms::ZERO }
    }
}

impl Work {
    /// Does to `before` what `changes` ask for, made so. What is written beside the subscription is put into `tx`.
    pub(super) async fn as_requested(
        &self,
        tx: &mut Tx,
        before: &Subscription,
        (changes, manner): (&Changes, Manner),
    ) -> Result<Requested, Error> {
        changes.something()?;
        if let Some(cancellation) = &changes.cancellation {
            return self.cancelled_as_asked(before, cancellation).await.map(Requested::only);
        }
        if let Some(pause) = changes.pause_request() {
            return self.paused_as_asked(tx, before, &pause).await.map(Requested::only);
        }
        let mut done = Requested::only(before.clone());
        let mut draft = None;
        if changes.patches() {
            let patched = self.patched(before, &changes.patch()).await?;
            patched.write_beside(tx);
            done.after = size::written(patched.after)?;
            draft = patched.draft.map(|(draft, _)| draft);
        }
        if let Some(items) = changes.items_change(manner) {
            let in_time = manner == Manner::InTime;
            let asked = self.items_as_asked(&done.after, &items, in_time).await?;
            let ItemsAsked { written, lines, amount, .. } = asked;
            // An invoice is written once in a transaction.
            if draft.is_some_and(|draft| written.writes(&draft)) {
                let hint = "changes both the coupon and the items of a renewal that is not final \
                            yet: apply it once that is, or make two change requests";
                return Err(Error::not_now(NOUN, "draft_in_between", hint));
            }
            self.write_beside(tx, &written).await?;
            (done.lines, done.amount) = (lines, amount);
            (done.after, done.invoice) = (written.after, written.invoice);
        }
        size::check::<Subscription>(&encode(&done.after)?, Subscription::MOST_BYTES)?;
        Ok(done)
    }

    /// The same work at another instant, which has not come yet.
    pub(crate) fn as_of(&self, instant: Timestamp) -> Self {
        if instant <= self.now() { self.clone() } else { self.at(Moment::from(instant)) }
    }

    /// The subscription as it will be at `instant` if nobody changes it: with its renewals until then,
    /// each of which is paid. A renewal at that very instant comes after what is requested for it.
    pub(super) async fn foreseen(
        &self,
        subscription: &Subscription,
        instant: Timestamp,
    ) -> Result<Subscription, Error> {
        let mut one = subscription.clone();
        one.change_request = None;
        let until = (instant, Step::ChangeAsRequested);
        while let Some((_, step)) = one.next_step().filter(|next| *next < until) {
            match step {
                Step::Remind => one = one.reminded(),
                Step::Renew => {
                    let then = self.at(Moment::from(one.current_period_end));
                    let customer = Some(one.customer_id());
                    let prices = then.billable(customer, &one.price_ids()).await?;
                    let bill = then.next_bill(&one)?;
                    one = then.billed(&one, &prices, bill)?.0.paid_up();
                }
                Step::Settle
                | Step::Cancel
                | Step::ChangeAsRequested
                | Step::Start
                | Step::Pause
                | Step::Resume
                | Step::ChangePlan => {
                    let hint = "takes effect after the subscription has begun, ended, been paused, \
                                or changed its plan, and what it comes to then is not known yet";
                    return Err(Error::not_now(NOUN, NOT_FORESEEABLE, hint));
                }
            }
        }
        Ok(one)
    }

    /// What a cancellation of `subscription`, which was foreseen as `at_end`, would give back now.
    pub(super) async fn given_back_by_end(
        &self,
        subscription: &Subscription,
        at_end: &Subscription,
        option: RefundOption,
    ) -> Result<Atoms, Error> {
        if matches!(option, RefundOption::None | RefundOption::CancelUnpaid) {
            return Ok(Atoms::ZERO);
        }
        if subscription.current_period() != at_end.current_period() {
            let hint = "gives back what was paid for a period that is not billed yet, and what \
                        that will be is not known";
            return Err(Error::not_now(NOUN, NOT_FORESEEABLE, hint));
        }
        let invoices = self.invoices_of(subscription).await?;
        let (drafts, finals): (Vec<_>, Vec<_>) =
            invoices.iter().partition(|one| one.state() == InvoiceState::Draft);
        let ending = Ending::at(option, self.now());
        let given =
            finals.into_iter().map(|one| fate(&one.account()?, option, ending.at)?.amount());
        let given = Atoms::sum(given.collect::<Result<Vec<_>, _>>()?)?;
        let left = drafts
            .into_iter()
            .try_fold(subscription.clone(), |left, draft| left.without_draft(draft, &invoices))?;
        let mut lines = left.ledger.pending;
        self.credit_unused(&mut lines, &ending)?;
        Ok(given.minus(sum(&lines)?)?.max(Atoms::ZERO))
    }

    /// What the next renewal of `after` comes to before tax, and the tax that is added to that, where
    /// there will be one.
    pub(crate) async fn renewal_of(
        &self,
        after: &Subscription,
    ) -> Result<Option<(Atoms, Atoms)>, Error> {
        if matches!(after.state(), SubscriptionState::Cancelled | SubscriptionState::Paused) {
            return Ok(None);
        }
        let lines = self.next_renewal(after).await?;
        Ok(Some((InvoiceItem::sum_net(&lines)?, InvoiceItem::sum_tax(&lines)?)))
    }
}

/// The code of what only time will tell.
pub(super) const NOT_FORESEEABLE: &str = "not_foreseeable";
