//! What an offer stands for: a subscription and its first invoice, or an invoice alone; made when
//! somebody accepts the offer, undone when it is not paid.

use super::life::Attempt;
use crate::model::{
    invoice::{Invoice, InvoiceState},
    redemption::Redemption,
    subscription::{Begun, Subscription, SubscriptionState},
};

/// What is about to be written for an offer.
pub(crate) struct Begin {
    pub(crate) attempt: Attempt,
    pub(crate) invoice: Invoice,
    pub(crate) subscription: Option<Begun>,
    pub(crate) redemption: Option<Redemption>,
}

/// What was made for an offer, as it is now.
pub(crate) struct Made {
    pub(crate) attempt: Attempt,
    /// None, where somebody deleted the draft.
    pub(crate) invoice: Option<Invoice>,
    pub(crate) subscription: Option<Subscription>,
}

impl Made {
    /// Whether the subscription has begun though nothing was paid: its trial has.
    pub(crate) fn is_on_trial(&self) -> bool {
        let state = self.subscription.as_ref().map(Subscription::state);
        state == Some(SubscriptionState::Trialing)
    }

    /// The invoice, if it can still be paid and what it bills can still begin.
    pub(crate) fn alive(&self) -> Option<&Invoice> {
        let ended = self.subscription.as_ref().is_some_and(Subscription::has_ended);
        let invoice = self.invoice.as_ref().filter(|_| !ended)?;
        let payable = invoice.state() == InvoiceState::Draft || invoice.state().is_payable();
        (payable || invoice.state() == InvoiceState::Paid).then_some(invoice)
    }
}
