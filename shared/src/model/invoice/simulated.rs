//! An invoice that is only imagined, as it is shown.

use super::{Invoice, taxes};
use crate::{base::error::Error, model::simulation::SimulatedInvoice};

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
