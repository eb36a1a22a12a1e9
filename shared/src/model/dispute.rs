//! Disputes: a payer tells their bank that a payment was not theirs, or not right, and the bank asks
//! about it or takes the money back.
//!
//! Nobody here makes one. The processor tells of it, and what is kept is what the processor answers when
//! it is asked (`work/disputes.rs`): whatever it says is so, in whatever order its states come. A dispute
//! moves no money of an invoice: the seller owed nothing and still does. While it is open it is asked
//! about once a day, whether an event comes or not (`processor/watch.rs`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{CustomerId, DisputeId, InvoiceId, PaymentIntentId, ProcessorId, kind},
        money::{Atoms, Currency},
        time::Timestamp,
    },
    model::{
        entity::{Companion, Entity, Item, Place, Representation, recorded},
        event_type::DisputeEvent,
        expansion::{Expansion, Reference},
        filter::{Filter, filter},
        list::List,
        payment_intent::PaymentIntent,
        processor::{DisputeState, Disputed},
        record::Record,
    },
};

/// A payment that its payer's bank asks about, or takes back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct Dispute {
    #[serde(flatten)]
    record: Record<kind::Dispute>,
    /// The payment.
    payment_intent_id: PaymentIntentId,
    /// Who paid.
    customer_id: CustomerId,
    /// The invoice that was paid, if it was one.
    invoice_id: Option<InvoiceId>,
    /// The processor that tells of it.
    processor_id: ProcessorId,
    /// The processor's name for the dispute.
    processor_reference: String,
    /// How much is disputed, in the currency's smallest unit. It may differ from what was paid.
    amount_atom: Atoms,
    /// The currency of the amount.
    currency: Currency,
    /// The state of the dispute.
    state: DisputeState,
    /// Why, in the processor's word: `fraudulent`, `product_not_received`, `duplicate`, …
    reason: String,
    /// Until when the processor takes evidence.
    evidence_due_by: Option<Timestamp>,
    /// Whether a refund of the payment still settles it.
    is_refundable: bool,
    /// Of one from before disputes had a watch (`processor/watch.rs`): when it gets its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    ask_at: Option<Timestamp>,
}

/// What the claim of a processor's name is called.
pub(crate) const CLAIM: &str = "disputes.processor_reference";

/// The claim of a processor's name for a dispute.
pub(crate) fn claimed(processor: &ProcessorId, reference: &str) -> String {
    format!("{processor}:{reference}")
}

impl Dispute {
    /// What a processor tells of a payment.
    pub(crate) fn new(
        record: Record<kind::Dispute>,
        intent: &PaymentIntent,
        (reference, told): (&str, &Disputed),
    ) -> Self {
        Self {
            payment_intent_id: intent.id().clone(),
            customer_id: intent.customer_id().clone(),
            invoice_id: intent.invoice_id().cloned(),
            processor_id: intent.processor_id().clone(),
            processor_reference: reference.to_owned(),
            amount_atom: told.amount,
            currency: told.currency,
            state: told.state,
            reason: told.reason.clone(),
            evidence_due_by: told.evidence_due_by,
            is_refundable: told.refundable,
            ask_at: None,
            record,
        }
    }

    /// The dispute as its processor tells of it now; none, where that is nothing new.
    pub(crate) fn told(&self, told: &Disputed) -> Option<Self> {
        let next = Self {
            amount_atom: told.amount,
            currency: told.currency,
            state: told.state,
            reason: told.reason.clone(),
            evidence_due_by: told.evidence_due_by,
            is_refundable: told.refundable,
            ..self.clone()
        };
        let shown = |one: &Self| {
            let said = (one.amount_atom, one.currency, one.state, one.reason.clone());
            (said, one.evidence_due_by, one.is_refundable)
        };
        (shown(&next) != shown(self)).then_some(next)
    }

    /// The dispute, which has a watch.
    pub(crate) fn watched(&self) -> Self {
        Self { ask_at: None, ..self.clone() }
    }

    /// Whether the bank has decided.
    pub(crate) fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    /// The id.
    pub fn id(&self) -> &DisputeId {
        &self.record.id
    }

    /// The processor that tells of it.
    pub(crate) fn processor_id(&self) -> &ProcessorId {
        &self.processor_id
    }

    /// The processor's name for it.
    pub(crate) fn reference(&self) -> &str {
        &self.processor_reference
    }
}

impl Representation for Dispute {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("payment_intent", "payment_intent_id", Reference::PaymentIntent),
        Expansion::reference("invoice", "invoice_id", Reference::Invoice),
    ];

    fn example() -> Value {
        serde_json::json!({
            "id": "dp_prod_0mkz6k3cd1i2s3p4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-02-12T11:00:00.000Z",
            "updated_at": "2026-02-12T11:00:00.000Z",
            "version": 1,
            "payment_intent_id": "pi_prod_0mkz6k3cp1i2n3t4",
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "invoice_id": "in_prod_0mkz6k3cq1r2s3t4",
            "processor_id": "proc_prod_0mkz6k3cp1r2o3c4",
            "processor_reference": "dp_7d793037a0760186574b0282",
            "amount_atom": 3252,
            "currency": "usd",
            "state": "needs_response",
            "status": "needs_response",
            "reason": "fraudulent",
            "evidence_due_by": "2026-02-21T23:59:59.000Z",
            "is_refundable": false,
        })
    }
}

impl Entity for Dispute {
    recorded!(kind::Dispute);
    type Event = DisputeEvent;
    const RESOURCE: &'static str = "disputes";
    const HIDDEN: &'static [&'static str] = &["ask_at"];

    fn lists(&self) -> Vec<List> {
        DisputeFilter::lists(self)
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.ask_at.filter(|_| !self.is_closed())
    }

    fn events(before: Option<&Self>, after: &Self) -> Vec<DisputeEvent> {
        let closed = after.state.is_closed();
        match before {
            None if closed => vec![DisputeEvent::Created, DisputeEvent::Closed],
            None => vec![DisputeEvent::Created],
            Some(before) if closed && before.state != after.state => vec![DisputeEvent::Closed],
            Some(_) => vec![DisputeEvent::Updated],
        }
    }

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let value = claimed(&self.processor_id, &self.processor_reference);
        let place = Place::Unique { what: CLAIM.to_owned(), value };
        Ok(vec![Companion { place, item: Item::new(), claims: None }])
    }
}

filter! {
    /// Which disputes to list.
    pub struct DisputeFilter of Dispute {
        /// Only those of this payment.
        payment_intent_id: PaymentIntentId,
        /// Only those of this customer's payments.
        customer_id: CustomerId,
        /// Only those of payments of this invoice.
        invoice_id: InvoiceId,
        /// Only those in this state.
        state: DisputeState,
        /// The same as `state`.
        status: DisputeState,
    }
    same status = state
    together [payment_intent_id, state]
    together [customer_id, state]
    together [invoice_id, state]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{payment_intent::tests::succeeded, record::tests::record};

    fn told(state: DisputeState) -> Disputed {
        Disputed {
            charge: "pi_1".to_owned(),
            key: "k".to_owned(),
            amount: Atoms::new(100),
            currency: "usd".parse().unwrap(),
            state,
            reason: "fraudulent".to_owned(),
            evidence_due_by: None,
            refundable: true,
        }
    }

    fn dispute(state: DisputeState) -> Dispute {
        Dispute::new(record(), &succeeded(100), ("dp_1", &told(state)))
    }

    #[test]
    fn it_is_what_its_processor_says_and_the_same_is_nothing_new() {
        for from in DisputeState::ALL {
            let before = dispute(*from);
            assert!(before.told(&told(*from)).is_none());
            for to in DisputeState::ALL.iter().filter(|to| *to != from) {
                let after = before.told(&told(*to)).unwrap();
                assert_eq!(after.state, *to);
                let closed = Dispute::events(Some(&before), &after) == [DisputeEvent::Closed];
                assert_eq!(closed, to.is_closed(), "{from} {to}");
            }
        }
        let before = dispute(DisputeState::NeedsResponse);
        let less = Disputed { amount: Atoms::new(50), ..told(DisputeState::NeedsResponse) };
        assert_eq!(before.told(&less).unwrap().amount_atom, Atoms::new(50));
    }

    #[test]
    fn one_of_before_is_due_until_it_has_a_watch() {
        let new = dispute(DisputeState::UnderReview);
        assert_eq!(new.due_at(), None);
        let at = new.record.created_at.plus_hours(24);
        let old = Dispute { ask_at: Some(at), ..new };
        assert_eq!((old.due_at(), old.watched().due_at()), (Some(at), None));
        let lost = Dispute { ask_at: Some(at), ..dispute(DisputeState::Lost) };
        assert_eq!(lost.due_at(), None);
    }
}
