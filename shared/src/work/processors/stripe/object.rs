//! What is read of Stripe's answers, and nothing else of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A PaymentIntent.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) amount_received: i64,
    #[serde(default)]
    pub(super) currency: String,
    pub(super) next_action: Option<NextStep>,
    pub(super) last_payment_error: Option<Fault>,
}

/// What the payer has to do.
#[derive(Debug, Deserialize)]
pub(super) struct NextStep {
    pub(super) redirect_to_url: Option<Address>,
}

/// Where.
#[derive(Debug, Deserialize)]
pub(super) struct Address {
    pub(super) url: Option<String>,
}

/// A SetupIntent, with the payment method that it set up.
#[derive(Debug, Deserialize)]
pub(super) struct Setup {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) customer: Option<String>,
    pub(super) payment_method: Option<Method>,
    pub(super) next_action: Option<NextStep>,
    pub(super) last_setup_error: Option<Fault>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// A payment method.
#[derive(Debug, Deserialize)]
pub(super) struct Method {
    pub(super) id: String,
    /// Whom it hangs on; nobody, once it was let go.
    pub(super) customer: Option<String>,
    pub(super) card: Option<CardParts>,
}

/// What a person may see of a card.
#[derive(Debug, Deserialize)]
pub(super) struct CardParts {
    pub(super) brand: String,
    pub(super) last4: String,
    pub(super) exp_month: u8,
    pub(super) exp_year: u16,
}

/// A customer, or anything of which the name is enough.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

/// A refund.
#[derive(Debug, Deserialize)]
pub(super) struct Repaid {
    pub(super) id: String,
    #[serde(default)]
    pub(super) amount: i64,
    #[serde(default)]
    pub(super) currency: String,
    pub(super) status: Option<String>,
    pub(super) failure_reason: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// A dispute, with the charge that it is of.
#[derive(Debug, Deserialize)]
pub(super) struct Contested {
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) is_charge_refundable: bool,
    pub(super) evidence_details: Option<Evidence>,
    /// None, where the charge was made in another way than ours are.
    pub(super) payment_intent: Option<Keyed>,
}

/// What is known of the evidence.
#[derive(Debug, Deserialize)]
pub(super) struct Evidence {
    pub(super) due_by: Option<i64>,
}

/// An object that was made with a key of ours, perhaps.
#[derive(Debug, Deserialize)]
pub(super) struct Keyed {
    pub(super) id: String,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Listed<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// A refusal.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) error: Fault,
}

/// Why not.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fault {
    pub(super) r#type: String,
    pub(super) code: String,
    pub(super) decline_code: Option<String>,
    pub(super) advice_code: Option<String>,
    pub(super) message: String,
    pub(super) param: String,
    pub(super) payment_intent: Option<Value>,
}
