//! What a change request would come to.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    base::{
        id::{ChangeRequestId, SubscriptionId},
        money::Atoms,
        time::Timestamp,
    },
    model::{entity::Representation, invoice::InvoiceItem},
};

/// What the changes of a request would come to at the instant at which they are made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangePreview {
    /// The request.
    pub change_request_id: ChangeRequestId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The instant it was computed for.
    pub effective_at: Timestamp,
    /// The lines that the changes would make.
    pub items: Vec<InvoiceItem>,
    /// What they come to after discount and before the tax that is added; negative when more is given
    /// back than charged.
    pub proration_amount_atom: Atoms,
    /// The tax that is added to that.
    pub proration_tax_amount_atom: Atoms,
    /// What a cancellation would give back, to payments and to the credit balance together.
    pub given_back_amount_atom: Atoms,
    /// What the next renewal would come to, with the lines that wait for it and before the tax that is
    /// added; null where there is none.
    pub next_renewal_amount_atom: Option<Atoms>,
    /// The tax that is added to that.
    pub next_renewal_tax_amount_atom: Option<Atoms>,
}

impl Representation for ChangePreview {
    fn example() -> Value {
        json!({
            "change_request_id": "cr_prod_0mkz6k3cr3e4q5u6",
            "subscription_id": "sub_prod_0mkz6k3cm3n4o5p6",
            "effective_at": "2026-02-28T09:30:00.000Z",
            "items": [],
            "proration_amount_atom": 0,
            "proration_tax_amount_atom": 0,
            "given_back_amount_atom": 0,
            "next_renewal_amount_atom": 3252,
            "next_renewal_tax_amount_atom": 0,
        })
    }
}
