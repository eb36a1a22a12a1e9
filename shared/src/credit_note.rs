//! Credit notes: the ledger of what an account owes its customers.
//!
//! A note never changes and is never deleted. The balance of a customer in a currency is the sum of
//! its notes; it is kept on the customer, changes in the transaction that writes the note, and is
//! never below zero.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    customer::Customer,
    error::Error,
    id::{CustomerId, InvoiceId, kind},
    input::choice,
    invoice::Invoice,
    metadata::Metadata,
    money::{Atoms, Currency},
    record::Record,
    store::{Entity, List, Representation, Tx},
    work::Work,
};

choice! {
    /// Why a balance changed.
    pub enum CreditReason {
        /// Somebody gave the customer credit.
        Issued = "issued",
        /// Somebody took credit back.
        Voided = "voided",
        /// Credit paid an invoice.
        Applied = "applied",
        /// An invoice that credit had paid was voided.
        Returned = "returned",
        /// An invoice gave back more than it charged.
        Surplus = "surplus",
    }
}

/// One change of a customer's credit balance.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreditNote {
    #[serde(flatten)]
    record: Record<kind::CreditNote>,
    /// Whose balance.
    customer_id: CustomerId,
    /// In which currency.
    currency: Currency,
    /// What was added to the balance; negative where it was used or taken back.
    amount_atom: Atoms,
    /// The balance after it.
    balance_atom: Atoms,
    /// Why.
    reason: CreditReason,
    /// The invoice it is about.
    invoice_id: Option<InvoiceId>,
    /// What a person should know about it.
    description: Option<String>,
    /// Free text by key.
    metadata: Metadata,
}

/// A change of a balance that is to be made.
#[derive(Clone, Debug)]
pub struct Credit {
    /// In which currency.
    pub currency: Currency,
    /// By how much.
    pub amount: Atoms,
    /// Why.
    pub reason: CreditReason,
    /// The invoice it is about.
    pub invoice_id: Option<InvoiceId>,
    /// What a person should know about it.
    pub description: Option<String>,
    /// Free text by key.
    pub metadata: Metadata,
}

impl Credit {
    /// A change that the program makes because of an invoice.
    pub fn of_invoice(invoice: &Invoice, amount: Atoms, reason: CreditReason) -> Self {
        Self {
            currency: invoice.currency(),
            amount,
            reason,
            invoice_id: Some(invoice.id().clone()),
            description: None,
            metadata: Metadata::default(),
        }
    }
}

impl CreditNote {
    fn new(record: Record<kind::CreditNote>, customer: &Customer, credit: Credit) -> Self {
        Self {
            record,
            customer_id: customer.record().id.clone(),
            currency: credit.currency,
            amount_atom: credit.amount,
            balance_atom: customer.credit(credit.currency),
            reason: credit.reason,
            invoice_id: credit.invoice_id,
            description: credit.description,
            metadata: credit.metadata,
        }
    }

    /// By how much the balance changed.
    pub fn amount(&self) -> Atoms {
        self.amount_atom
    }
}

impl Work {
    /// Changes a customer's balance, with the note that says why, in `tx`. A change of nothing is
    /// none. A balance that would be below zero is refused.
    pub fn credit(
        &self,
        tx: &mut Tx,
        customer: &Customer,
        credit: Credit,
    ) -> Result<Option<CreditNote>, Error> {
        if credit.amount.is_zero() {
            return Ok(None);
        }
        let after = customer.credited(credit.currency, credit.amount)?;
        let note = CreditNote::new(self.record(), &after, credit);
        tx.update(customer, after);
        tx.insert(&note);
        Ok(Some(note))
    }
}

/// The credit notes of a customer.
pub fn of_customer(customer: &CustomerId) -> List {
    List::filtered(CreditNote::RESOURCE, "customer_id", customer.as_str())
}

impl Entity for CreditNote {
    type Kind = kind::CreditNote;
    const EVENT: &'static str = "credit_note";
    const RESOURCE: &'static str = "credit-notes";

    fn record(&self) -> &Record<kind::CreditNote> {
        &self.record
    }

    fn record_mut(&mut self) -> &mut Record<kind::CreditNote> {
        &mut self.record
    }

    fn lists(&self) -> Vec<List> {
        vec![of_customer(&self.customer_id)]
    }
}

impl Representation for CreditNote {
    fn example() -> Value {
        serde_json::json!({
            "id": "cn_prod_0mkz6k3cc1n2o3t4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "currency": "usd",
            "amount_atom": 500,
            "balance_atom": 500,
            "reason": "issued",
            "invoice_id": null,
            "description": "An apology",
            "metadata": {},
        })
    }
}
