//! What a payer says who buys for a company, where the seller charges taxes: its name, and what tax offices
//! call it. Nothing else follows from it than what stands on the invoice.

use serde_json::json;

use crate::{
    base::error::Error,
    model::{
        custom_field::ResolvedChanges,
        customer::{Customer, CustomerPatch},
        tax_id::TaxId,
        typed::read,
    },
};

/// A company, as it was typed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Business {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) tax_id: String,
}

impl Business {
    /// What is known of a customer.
    pub(crate) fn of(customer: &Customer) -> Self {
        let (name, _, ids, _) = customer.as_a_party();
        let first = ids.all().first();
        Self {
            name: name.unwrap_or_default().to_owned(),
            kind: first.map(TaxId::kind).unwrap_or_default().to_owned(),
            tax_id: first.map(TaxId::value).unwrap_or_default().to_owned(),
        }
    }

    /// Whether nothing was typed in.
    pub(super) fn is_empty(&self) -> bool {
        self.name.is_empty() && self.tax_id.is_empty()
    }

    /// What is wrong with what was typed in.
    pub(crate) fn fault(&self) -> Option<Error> {
        self.patch().err()
    }

    /// The customer, buying for it.
    pub(crate) fn said_of(&self, customer: &Customer) -> Result<Customer, Error> {
        Ok(customer.patched(self.patch()?, ResolvedChanges::default()))
    }

    fn patch(&self) -> Result<CustomerPatch, Error> {
        let name = Some(&self.name).filter(|name| !name.is_empty());
        let id = json!({"type": self.kind, "value": self.tax_id});
        let ids: Vec<_> = Some(id).into_iter().filter(|_| !self.tax_id.is_empty()).collect();
        read("customer", &json!({"business_name": name, "tax_ids": ids}))
    }
}
