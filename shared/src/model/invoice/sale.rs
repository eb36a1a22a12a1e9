//! The invoice of a checkout session: what it bills, and who decides when its money is taken.
//!
//! While somebody stands at the checkout, nobody else charges: the invoice is *held*, and a decline
//! leads to no retry. Once the session is completed without a payment, it is collected like any other.

use super::{Candidates, Collection, Invoice, InvoiceItem, PaymentError};
use crate::{
    base::{
        error::Error,
        id::{CheckoutSessionId, CustomerId, PaymentMethodId, ProcessorId, kind},
        money::Currency,
        time::Timestamp,
    },
    model::{billing::dunning::Terms, processor::DeclineKind, record::Record},
};

/// The sale that an invoice is for.
#[derive(Clone, Debug)]
pub struct Sale {
    /// The session.
    pub session: CheckoutSessionId,
    /// Whether the session decides when it is charged.
    pub held: bool,
    /// The processors whose methods are tried, in this order; any, when there are none.
    pub route: Vec<ProcessorId>,
}

impl Invoice {
    /// A draft of what is sold once.
    pub fn sold(
        record: Record<kind::Invoice>,
        customer: CustomerId,
        currency: Currency,
        items: Vec<InvoiceItem>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut invoice = Self::empty(record, customer, currency);
        invoice.items = items;
        invoice.collection = Collection { finalize_at: Some(now), ..Collection::default() };
        Ok(invoice.totalled()?)
    }

    /// The draft, as a part of a sale.
    pub fn of_sale(mut self, sale: Sale) -> Self {
        self.collection.session = Some(sale.session);
        self.collection.held = sale.held;
        self.collection.route = sale.route;
        self
    }

    /// The invoice, collected by itself from now on.
    pub fn released(&self, now: Timestamp) -> Self {
        let mut invoice = self.clone();
        invoice.collection.held = false;
        if invoice.state.is_collected() && invoice.collection.open.is_none() {
            invoice.collection.next_at = Some(now);
            invoice.next_payment_attempt_at = Some(now);
        }
        invoice
    }

    /// The checkout session that it was made for.
    pub fn session_id(&self) -> Option<&CheckoutSessionId> {
        self.collection.session.as_ref()
    }

    /// Whether its session decides when it is charged.
    pub fn is_held(&self) -> bool {
        self.collection.held
    }

    /// Whether processors are tried in an order.
    pub(crate) fn is_routed(&self) -> bool {
        !self.collection.route.is_empty()
    }

    /// Where in that order a processor is.
    pub(crate) fn place_of(&self, processor: &ProcessorId) -> Option<usize> {
        self.collection.route.iter().position(|other| other == processor)
    }

    /// The invoice after a payment of it was declined. `left` says whether another method follows at
    /// once: after a hard decline any, after a soft one the next of a route.
    pub(crate) fn payment_declined(
        &self,
        error: PaymentError,
        (method, kind): (PaymentMethodId, DeclineKind),
        left: Candidates,
        terms: Terms,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (hard, more) = (kind == DeclineKind::Hard, left == Candidates::More);
        let later = !more && (!hard || !self.collection.passed.is_empty());
        let refused = (!later).then(|| (method.clone(), left));
        let mut after = self.payment_failed(error, refused, terms, now)?;
        let collection = &mut after.collection;
        collection.refused.retain(|refused| *refused != method);
        match (hard, more) {
            (true, _) => collection.refused.push(method),
            (false, true) => collection.passed.push(method),
            (false, false) => {}
        }
        if !more {
            collection.passed.clear();
        }
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::entity::Representation;

    const TERMS: Terms = Terms {
        cycle_seconds: 30 * 24 * 3600,
        window_days: 30,
        terms_days: None,
        until_next_invoice_seconds: None,
    };

    fn at(hour: i64) -> Timestamp {
        "2026-01-31T00:00:00Z".parse::<Timestamp>().unwrap().plus_hours(hour)
    }

    fn method(number: u8) -> PaymentMethodId {
        format!("pm_prod_000000000000000{number}").parse().unwrap()
    }

    fn declined(invoice: &Invoice, number: u8, kind: DeclineKind, left: Candidates) -> Invoice {
        let error = PaymentError { code: "declined".to_owned(), message: "Declined".to_owned() };
        invoice.payment_declined(error, (method(number), kind), left, TERMS, at(0)).unwrap()
    }

    fn open() -> Invoice {
        let mut example = Invoice::example();
        let rest = json!({"state": "open", "paid_amount_atom": 0, "due_amount_atom": 30_000});
        example.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        serde_json::from_value(example).unwrap()
    }

    #[test]
    fn a_soft_decline_leads_to_the_next_of_a_route_at_once_and_after_the_last_all_are_tried_again()
    {
        let first = declined(&open(), 1, DeclineKind::Soft, Candidates::More);
        assert!(first.is_to_be_collected(at(0)) && first.collection.has_refused(&method(1)));
        let last = declined(&first, 2, DeclineKind::Soft, Candidates::None);
        assert!(!last.is_to_be_collected(at(0)) && last.is_to_be_collected(at(1)));
        assert!(!last.collection.has_refused(&method(1)));
        assert!(!last.collection.has_refused(&method(2)));
    }

    #[test]
    fn a_hard_decline_at_the_end_of_a_route_leaves_the_others_to_be_tried_again() {
        let first = declined(&open(), 1, DeclineKind::Soft, Candidates::More);
        let last = declined(&first, 2, DeclineKind::Hard, Candidates::None);
        assert!(last.is_to_be_collected(at(1)));
        assert!(!last.collection.has_refused(&method(1)));
        assert!(last.collection.has_refused(&method(2)));
    }

    #[test]
    fn without_a_route_only_a_hard_decline_rules_a_method_out() {
        let soft = declined(&open(), 1, DeclineKind::Soft, Candidates::None);
        assert!(!soft.collection.has_refused(&method(1)));
        let hard = declined(&open(), 1, DeclineKind::Hard, Candidates::More);
        assert!(hard.collection.has_refused(&method(1)) && hard.is_to_be_collected(at(0)));
    }
}
