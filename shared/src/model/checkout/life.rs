//! What becomes of a session. Pure: its state and what happened in, the next state out.
//!
//! | from | to | when |
//! |---|---|---|
//! | open | completed | it is paid, it costs nothing, it is completed without a payment, or a method is set up |
//! | open | expired | its hours are over, or it is expired by hand |

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{CascadeTier, CheckoutSession, LineItem, TierState, Totals};
use crate::{
    base::{
        error::Error,
        id::{
            CouponId, CustomerId, InvoiceId, PaymentMethodId, ProcessorRouteId, PromotionCodeId,
            SubscriptionId,
        },
        input::choice,
        money::Atoms,
        time::Timestamp,
    },
    model::{
        custom_field::ResolvedChanges,
        customer::Customer,
        invoice::{Invoice, InvoiceState},
        promotion_code::Code,
    },
};

choice! {
    /// What completing a session does.
    pub enum CheckoutMode {
        /// It sells the line items.
        Payment = "payment",
        /// It adds a payment method and charges nothing.
        Setup = "setup",
    }
}

choice! {
    /// Where a session is in its life.
    pub enum CheckoutState {
        /// It can be completed.
        Open = "open",
        /// It was.
        Completed = "completed",
        /// It was not, and cannot be any more.
        Expired = "expired",
    }
}

/// What was made for an offer: owed once it is paid, undone if it never is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) invoice_id: InvoiceId,
    pub(crate) subscription_id: Option<SubscriptionId>,
    /// What was redeemed for it.
    pub(crate) coupon_id: Option<CouponId>,
    pub(crate) promotion_code_id: Option<PromotionCodeId>,
    /// What is charged; none, where that is not for the session to say.
    pub(crate) payment_method_id: Option<PaymentMethodId>,
}

/// A card that somebody presented, by the digest of the token that it came as: sent again, it is the
/// same payment method and not another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Presented {
    pub(crate) digest: String,
    pub(crate) payment_method_id: PaymentMethodId,
}

const NOUN: &str = "checkout session";
/// After how many declined payments a session ends: whoever tries more cards tries out cards.
const MOST_DECLINES: u32 = 10;
/// How long the end of a session waits for a processor before it asks again.
const PATIENCE_SECONDS: i64 = 60;

impl CheckoutSession {
    /// Whether the time to complete it is over.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        match self.state {
            CheckoutState::Open => self.expires_at <= now,
            CheckoutState::Completed => false,
            CheckoutState::Expired => true,
        }
    }

    /// Nothing, if it can be `done` ("completed") at `now`; otherwise why not.
    pub(crate) fn must_be_open(&self, done: &str, now: Timestamp) -> Result<(), Error> {
        let state = match self.state {
            CheckoutState::Open if self.is_expired(now) => CheckoutState::Expired,
            state => state,
        };
        match state {
            CheckoutState::Open => Ok(()),
            state => {
                let hint = format!("is {state} and cannot be {done}");
                Err(Error::not_now(NOUN, "illegal_state", &hint))
            }
        }
    }

    /// The session of `customer`.
    pub(crate) fn of(&self, customer: &Customer) -> Self {
        Self {
            customer_id: Some(customer.id().clone()),
            customer_email: Some(customer.email().clone()),
            ..self.clone()
        }
    }

    /// The session of somebody who was not known before, or was known by another address.
    pub(crate) fn introducing(&self, customer: &Customer) -> Self {
        Self { introduced: true, ..self.of(customer) }
    }

    /// Whether the payer may say that the address is another: it is the one that they typed in.
    pub(crate) fn takes_address(&self) -> bool {
        self.customer_email.is_none() || self.introduced
    }

    /// Whether the payer may type a promotion code in, or take one back: not once a sale has begun, unless
    /// its payment was declined.
    pub(crate) fn takes_code(&self) -> bool {
        let may_be = self.attempt.is_none() || self.declines > 0;
        self.allow_promotion_codes && self.state == CheckoutState::Open && may_be
    }

    /// The promotion code that the payer has typed in.
    pub(crate) fn typed_code(&self) -> Option<&Code> {
        self.promotion_code.as_ref().filter(|_| self.allow_promotion_codes)
    }

    /// The session with another promotion code, or none, where the payer may say so; what was made for its
    /// offer as it was is to be undone.
    pub(crate) fn with_code(&self, code: Option<Code>, now: Timestamp) -> Result<Self, Error> {
        self.must_be_open("given a promotion code", now)?;
        if !self.takes_code() {
            let hint = "takes no promotion code, or none any more";
            return Err(Error::rule(NOUN, "promotion_code", "not_allowed", hint));
        }
        Ok(Self { promotion_code: code, attempt: None, ..self.clone() })
    }

    /// The session with what the payer answers to custom fields.
    pub(crate) fn answered(&self, answers: ResolvedChanges) -> Self {
        Self { custom_fields: answers.apply(self.custom_fields.clone()), ..self.clone() }
    }

    /// Who buys.
    pub(crate) fn customer(&self) -> Result<&CustomerId, Error> {
        self.customer_id
            .as_ref()
            .ok_or_else(|| Error::Internal(format!("{} is nobody's", self.id())))
    }

    /// The session with a card that was presented.
    pub(crate) fn presented(&self, digest: String, payment_method_id: PaymentMethodId) -> Self {
        Self { presented: Some(Presented { digest, payment_method_id }), ..self.clone() }
    }

    /// The session with what was made for its offer.
    pub(crate) fn attempting(&self, attempt: Attempt) -> Self {
        Self { attempt: Some(attempt), ..self.clone() }
    }

    /// The session, completed: what was made for its offer is what it made.
    pub(crate) fn sold(&self, attempt: &Attempt, invoice: &Invoice, now: Timestamp) -> Self {
        let mut session = self.clone();
        session.state = CheckoutState::Completed;
        session.completed_at = Some(now);
        session.invoice_id = Some(attempt.invoice_id.clone());
        session.subscription_id.clone_from(&attempt.subscription_id);
        session.payment_method_id.clone_from(&attempt.payment_method_id);
        session.attempt = None;
        session.presented = None;
        let (subtotal, discount) = invoice.subtotal_and_discount();
        session.amount_subtotal_atom = subtotal;
        session.amount_discount_atom = discount;
        session.amount_total_atom = invoice.total();
        session.judge_tier(TierState::Accepted);
        session
    }

    /// The session of the mode setup, completed.
    pub(crate) fn set_up(&self, method: &PaymentMethodId, now: Timestamp) -> Self {
        Self {
            state: CheckoutState::Completed,
            completed_at: Some(now),
            payment_method_id: Some(method.clone()),
            presented: None,
            ..self.clone()
        }
    }

    /// What becomes of the session when an invoice that was made for it is paid.
    pub fn following(&self, invoice: &Invoice, now: Timestamp) -> Self {
        if invoice.state() != InvoiceState::Paid {
            return self.clone();
        }
        let mut session = match (&self.attempt, self.state) {
            (Some(attempt), CheckoutState::Open) if attempt.invoice_id == *invoice.id() => {
                self.sold(attempt, invoice, now)
            }
            (_, CheckoutState::Completed) if self.invoice_id.as_ref() == Some(invoice.id()) => {
                self.clone()
            }
            _ => return self.clone(),
        };
        session.payment_intent_id = invoice.payment_intent_id().cloned();
        session.is_paid = true;
        session
    }

    /// The session after a payment of it was declined, and whether that was the last one it takes.
    pub(crate) fn after_decline(&self) -> (Self, bool) {
        let declines = self.declines.saturating_add(1);
        (Self { declines, ..self.clone() }, declines >= MOST_DECLINES)
    }

    /// The session at its end.
    pub(crate) fn expired(&self) -> Self {
        Self { state: CheckoutState::Expired, attempt: None, presented: None, ..self.clone() }
    }

    /// The session, whose end waits for a processor's answer.
    pub(crate) fn waiting(&self, now: Timestamp) -> Self {
        Self { waits_until: Some(now.plus_seconds(PATIENCE_SECONDS)), ..self.clone() }
    }

    /// The session with nothing made for it.
    pub(crate) fn without_attempt(&self) -> Self {
        Self { attempt: None, ..self.clone() }
    }

    /// The session after its offer was declined: at the next tier, or back at the first offer.
    pub(crate) fn declined(&self) -> (Self, bool) {
        let mut session = self.without_attempt();
        session.judge_tier(TierState::Declined);
        let (current, count) = (session.tier(), session.tiers());
        let more = current < count;
        if let Some(status) = &mut session.cascade_status {
            status.current_tier = if more { current.saturating_add(1) } else { 0 };
        }
        (session, more)
    }

    /// Which offer is next: 0 for the session's own line items.
    fn tier(&self) -> usize {
        self.cascade_status.as_ref().map_or(0, |status| status.current_tier)
    }

    fn tiers(&self) -> usize {
        self.cascade_tiers.as_ref().map_or(0, Vec::len)
    }

    /// Whether there are other offers when one is declined.
    pub(crate) fn has_tiers(&self) -> bool {
        self.tiers() > 0
    }

    fn judge_tier(&mut self, state: TierState) {
        let Some(index) = self.tier().checked_sub(1) else { return };
        let tier = self.cascade_tiers.as_mut().and_then(|tiers| tiers.get_mut(index));
        if let Some(tier) = tier {
            tier.state = state;
        }
    }

    fn offered_tier(&self) -> Option<&CascadeTier> {
        let index = self.tier().checked_sub(1)?;
        self.cascade_tiers.as_ref()?.get(index)
    }

    /// The offer that is next, and the processors for it.
    pub(crate) fn offered(&self) -> (&[super::LineItem], Option<&ProcessorRouteId>) {
        match self.offered_tier() {
            Some(tier) => {
                let route = tier.processor_route_id.as_ref().or(self.processor_route_id.as_ref());
                (&tier.line_items, route)
            }
            None => (&self.line_items, self.processor_route_id.as_ref()),
        }
    }

    /// The session, and each of its tiers, with what their lines come to by `totals`.
    pub(crate) fn priced_at(
        self,
        totals: impl Fn(&[LineItem]) -> Result<Totals, Error>,
    ) -> Result<Self, Error> {
        let own = totals(&self.line_items)?;
        let tier = |tier: &CascadeTier| {
            let amount_total_atom = totals(&tier.line_items)?.total;
            Ok::<_, Error>(CascadeTier { amount_total_atom, ..tier.clone() })
        };
        let tiers = self.cascade_tiers.as_ref();
        let cascade_tiers = tiers.map(|tiers| tiers.iter().map(tier).collect()).transpose()?;
        Ok(Self { cascade_tiers, ..self }.with_totals(own))
    }

    /// What the offer that is next comes to.
    pub(crate) fn offered_total(&self) -> Atoms {
        self.offered_tier().map_or(self.amount_total_atom, |tier| tier.amount_total_atom)
    }

    /// The session with what its line items come to.
    fn with_totals(self, totals: Totals) -> Self {
        Self {
            amount_subtotal_atom: totals.subtotal,
            amount_discount_atom: totals.discount,
            amount_tax_atom: totals.tax,
            amount_total_atom: totals.total,
            ..self
        }
    }
}
