//! What becomes of a subscription when one of its invoices changes or is given up.

use super::{Subscription, SubscriptionState, ending::Ending};
use crate::{
    base::{error::Error, id::InvoiceItemId, time::Timestamp},
    model::{
        billing::{ledger::RefundOption, proration::Fraction},
        invoice::{Invoice, InvoiceItem, InvoiceState},
    },
};

impl Subscription {
    /// What becomes of the subscription when one of its invoices changes: it is active once all that it
    /// owes is settled, past due while one could not be paid, and over where its first never will be.
    pub fn following(&self, invoice: &Invoice) -> Self {
        // A change that waits for its payment is not owed: if it is not paid, it does not happen.
        let failed = invoice.state() == InvoiceState::PastDue && !self.awaits(invoice.id());
        let mut after = self.clone();
        after.ledger.unpaid.retain(|unpaid| unpaid != invoice.id());
        if failed {
            after.ledger.unpaid.push(invoice.id().clone());
        }
        let paid = invoice.state() == InvoiceState::Paid;
        let ends = invoice.given_up_at();
        after = after.with_pending_settled(invoice);
        if invoice.state() == InvoiceState::Void {
            let billed = after.ledger.billed.into_iter();
            after.ledger.billed =
                billed.map(|(item, billed)| (item, billed.without(invoice.id()))).collect();
        }
        if paid && invoice.subtotal_and_discount().1.is_positive() {
            after = after.with_discounts_earned(invoice);
        }
        if after.ledger.holds_redemptions && (paid || ends.is_some()) {
            // Whether they are given back is looked at again.
            let at = invoice.paid_at().or(ends).unwrap_or(self.record.updated_at);
            let again = Ending::at(RefundOption::None, at);
            after.ledger.ending.get_or_insert(again);
        }
        let recovers = after.ledger.unpaid.is_empty() && (paid || ends.is_some());
        match (after.state, ends) {
            (SubscriptionState::Incomplete, _) if paid => {
                after.moved_if_it_can(SubscriptionState::Active)
            }
            (SubscriptionState::Incomplete, Some(at)) => after.ended(at, RefundOption::None, false),
            (SubscriptionState::Trialing, _) if after.is_past_trial() => {
                let next = match (failed, recovers) {
                    (true, _) => SubscriptionState::PastDue,
                    (false, true) => SubscriptionState::Active,
                    (false, false) => return after,
                };
                after.moved_if_it_can(next)
            }
            (SubscriptionState::Active, _) if failed => {
                after.moved_if_it_can(SubscriptionState::PastDue)
            }
            (SubscriptionState::PastDue, _) if recovers => {
                after.moved_if_it_can(SubscriptionState::Active)
            }
            _ => after,
        }
    }

    /// Has these lines, which wait, count as what was last billed in the place of those that they bill again.
    pub(crate) fn count_again(
        &mut self,
        again: &[(InvoiceItemId, InvoiceItem)],
    ) -> Result<(), Error> {
        let period = self.current_period();
        for (of, line) in again {
            let item = line.subscription_item_id.as_ref();
            let billed = item.and_then(|item| self.ledger.billed.get_mut(item));
            let Some(billed) = billed.filter(|billed| billed.line() == Some(of)) else { continue };
            let start = line.period_start.unwrap_or(period.start);
            *billed = billed.clone().counted_again(line, Fraction::remaining(period, start))?;
        }
        Ok(())
    }

    /// What becomes of the subscription when the retries of one of its invoices are used up; `drafts`
    /// says whether it has invoices that are not final.
    pub fn given_up(&self, invoice: &Invoice, cancel: bool, drafts: bool, now: Timestamp) -> Self {
        // Nothing was ever paid: there is nothing to keep.
        let cancel = cancel || self.state == SubscriptionState::Incomplete;
        let mut after = self.clone();
        // What is written off is owed no longer: the next bill that is settled recovers it.
        if cancel || invoice.given_up_at().is_some() {
            after.ledger.unpaid.retain(|unpaid| unpaid != invoice.id());
        }
        match cancel && after.state.can_become(SubscriptionState::Cancelled) {
            true => after.ended(now, RefundOption::None, drafts),
            false => after,
        }
    }
}
