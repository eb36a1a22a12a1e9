//! What an account wants to happen when a payment fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{
    input::{Integer, choice, input},
    patch::Change,
};

choice! {
    /// What becomes of a subscription whose retries are used up.
    pub enum SubscriptionOutcome {
        /// It is cancelled.
        Cancel = "cancel",
        /// It stays past due.
        KeepPastDue = "keep_past_due",
    }
}

choice! {
    /// What becomes of an invoice whose retries are used up.
    pub enum InvoiceOutcome {
        /// It is marked uncollectible.
        MarkUncollectible = "mark_uncollectible",
        /// It stays open.
        LeaveOpen = "leave_open",
    }
}

/// What happens when a payment fails.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Dunning {
    /// Retries end this many days after the first failure, if nothing ends them sooner.
    pub window_days: Integer<1, 60>,
    /// What then becomes of the subscription.
    pub subscription: SubscriptionOutcome,
    /// What then becomes of the invoice.
    pub invoice: InvoiceOutcome,
}

input! {
    /// What a client changes in `dunning`.
    pub struct DunningPatch {
        /// Retries end this many days after the first failure, if nothing ends them sooner.
        window_days: Change<Integer<1, 60>>,
        /// What then becomes of the subscription.
        subscription: Change<SubscriptionOutcome>,
        /// What then becomes of the invoice.
        invoice: Change<InvoiceOutcome>,
    }
}

impl Dunning {
    pub(super) fn patched(&self, patch: &DunningPatch) -> Self {
        Self {
            window_days: patch.window_days.clone().apply(self.window_days),
            subscription: patch.subscription.clone().apply(self.subscription),
            invoice: patch.invoice.clone().apply(self.invoice),
        }
    }
}
