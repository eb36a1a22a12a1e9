//! An invoice that is only imagined, as it is shown.

use schemars::JsonSchema;
use serde::Serialize;

use super::{BillingReason, CollectionMethod, Invoice, InvoiceItem, taxes};
use crate::{
    base::{
        error::Error,
        id::{CustomerId, SubscriptionId},
        money::{Atoms, Currency},
        time::Timestamp,
    },
    model::billing::levied::LineTax,
};

/// An invoice that would be made. What it would be named is not known, and neither are its lines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SimulatedInvoice {
    /// When it would be made.
    pub created_at: Timestamp,
    /// When it would become final, and be paid; null, where that is after the end of the simulation.
    pub finalized_at: Option<Timestamp>,
    /// Who would owe it.
    pub customer_id: CustomerId,
    /// The subscription it would bill.
    pub subscription_id: Option<SubscriptionId>,
    /// Why it would be made.
    pub billing_reason: BillingReason,
    /// How it would get paid.
    pub collection_method: CollectionMethod,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// When what it bills begins.
    pub period_start: Option<Timestamp>,
    /// When what it bills ends.
    pub period_end: Option<Timestamp>,
    /// Its lines. Their ids were made for this answer, and name nothing.
    pub items: Vec<InvoiceItem>,
    /// The sum of its lines.
    pub subtotal_amount_atom: Atoms,
    /// What discounts take off.
    pub discount_amount_atom: Atoms,
    /// The tax: what is added to lines, and what lines have in them.
    pub tax_amount_atom: Atoms,
    /// The same by rate.
    pub taxes: Vec<LineTax>,
    /// Lines − discounts + tax, without the tax that lines have in them.
    pub total_amount_atom: Atoms,
    /// What the customer's credit balance would pay of it.
    pub credit_applied_amount_atom: Atoms,
    /// What would be left to be paid by the customer.
    pub due_amount_atom: Atoms,
}

impl Invoice {
    /// What is shown of it.
    pub(crate) fn simulated(&self) -> Result<SimulatedInvoice, Error> {
        Ok(SimulatedInvoice {
            created_at: self.record.created_at,
            finalized_at: self.finalized_at,
            customer_id: self.customer_id.clone(),
            subscription_id: self.subscription_id.clone(),
            billing_reason: self.billing_reason,
            collection_method: self.collection_method,
            currency: self.currency,
            period_start: self.period_start,
            period_end: self.period_end,
            items: self.items.clone(),
            subtotal_amount_atom: self.subtotal_amount_atom,
            discount_amount_atom: self.discount_amount_atom,
            tax_amount_atom: self.tax_amount_atom,
            taxes: taxes::by_rate(&self.items)?,
            total_amount_atom: self.total_amount_atom,
            credit_applied_amount_atom: self.credit_applied_amount_atom,
            due_amount_atom: self.due_amount_atom.plus(self.paid_amount_atom)?,
        })
    }
}
