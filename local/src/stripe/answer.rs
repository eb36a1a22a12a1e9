//! Objects and refusals, as Stripe writes them: with every field that its published document requires.

use serde_json::{Value, json};

use super::state::{Card, Contested, Intent, Repaid, Setup};

/// A status and a body.
pub(super) type Answer = (u16, Value);

/// Some instant: nobody here reads it.
const CREATED: u64 = 1_790_000_000;

/// For how long evidence is taken.
const EVIDENCE_SECONDS: u64 = 9 * 24 * 3600;

/// `object` with one field more.
pub(super) fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
    object
}

fn error(kind: &str, code: &str, message: &str) -> Value {
    let error = json!({"type": kind, "message": message});
    if code.is_empty() { error } else { with(error, "code", code) }
}

pub(super) fn fault(status: u16, kind: &str, code: &str, message: &str) -> Answer {
    (status, json!({"error": error(kind, code, message)}))
}

/// A request that cannot be done, and one thing more about it.
pub(super) fn refused(code: &str, message: &str, name: &str, value: impl Into<Value>) -> Answer {
    let error = error("invalid_request_error", code, message);
    (400, json!({"error": with(error, name, value)}))
}

/// That a parameter is not right.
pub(super) fn wrong(param: &str, code: &str, message: &str) -> Answer {
    refused(code, message, "param", param)
}

/// That there is no such thing.
pub(super) fn missing(param: &str, id: &str) -> Answer {
    let (_, body) = wrong(param, "resource_missing", &format!("No such {param}: '{id}'"));
    (404, body)
}

pub(super) fn customer(id: &str) -> Value {
    json!({
        "id": id, "object": "customer", "created": CREATED, "livemode": false, "default_source": null,
        "description": null, "email": null, "shipping": null,
    })
}

pub(super) fn card(id: &str, card: &Card) -> Value {
    json!({
        "id": id, "object": "payment_method", "type": "card", "created": CREATED, "livemode": false,
        "customer": card.customer, "metadata": {},
        "billing_details": {"address": null, "email": null, "name": null, "phone": null,
                            "tax_id": null},
        "card": {
            "brand": "visa", "last4": card.last4, "exp_month": 12, "exp_year": card.exp_year,
            "fingerprint": "Xt5EWLLDS7FJjR1c", "funding": "credit", "country": "US",
            "checks": null, "display_brand": "visa", "generated_from": null, "networks": null,
            "regulated_status": null, "three_d_secure_usage": null, "wallet": null,
        },
    })
}

/// A setup, with what it sets up: the card's id, or the whole of it.
pub(super) fn setup(id: &str, setup: &Setup, method: Value) -> Value {
    let kept = if setup.kept {
        json!({"payer": setup.payer, "kept": "true"})
    } else {
        json!({"payer": setup.payer})
    };
    json!({
        "id": id, "object": "setup_intent", "created": CREATED, "livemode": false,
        "status": setup.status, "usage": "off_session", "payment_method_types": ["card"],
        "customer": setup.customer, "payment_method": method, "application": null,
        "cancellation_reason": null, "client_secret": null, "description": null,
        "excluded_payment_method_types": null, "flow_directions": null,
        "last_setup_error": setup.error, "latest_attempt": null, "mandate": null, "metadata": kept,
        "on_behalf_of": null, "payment_method_configuration_details": null,
        "payment_method_options": null, "single_use_mandate": null, "customer_account": null,
        "managed_payments": null, "next_action": setup.next_action(),
    })
}

pub(super) fn intent(id: &str, intent: &Intent) -> Value {
    let (received, key) = (intent.received, &intent.key);
    json!({
        "id": id, "object": "payment_intent", "created": CREATED, "livemode": false,
        "amount": intent.amount, "amount_received": received, "amount_capturable": 0,
        "currency": intent.currency, "status": intent.status, "customer": intent.customer,
        "payment_method": intent.method, "payment_method_types": ["card"],
        "capture_method": "automatic_async", "confirmation_method": "automatic",
        "metadata": {"key": key}, "last_payment_error": intent.error,
        "next_action": intent.next_action(),
        "latest_charge": intent.charge, "cancellation_reason": null, "canceled_at": null,
        "client_secret": null, "description": null, "application": null,
        "application_fee_amount": null, "automatic_payment_methods": null, "on_behalf_of": null,
        "payment_method_configuration_details": null, "payment_method_options": null,
        "processing": null, "receipt_email": null, "review": null, "setup_future_usage": null,
        "shipping": null, "statement_descriptor": null, "statement_descriptor_suffix": null,
        "transfer_data": null, "transfer_group": null, "customer_account": null,
        "excluded_payment_method_types": null, "managed_payments": null,
    })
}

pub(super) fn refund(id: &str, refund: &Repaid) -> Value {
    let body = json!({
        "id": id, "object": "refund", "created": CREATED, "amount": refund.amount,
        "currency": refund.currency, "status": refund.status, "payment_intent": refund.intent,
        "metadata": {"key": refund.key}, "balance_transaction": null, "charge": null,
        "reason": null, "receipt_number": null, "source_transfer_reversal": null,
        "transfer_reversal": null,
    });
    match refund.status.as_str() {
        "failed" => with(body, "failure_reason", "expired_or_canceled_card"),
        _ => body,
    }
}

/// A dispute, with what it is of: the charge's id, or the whole of it.
pub(super) fn dispute(id: &str, dispute: &Contested, of: Value) -> Value {
    json!({
        "id": id, "object": "dispute", "created": dispute.created, "livemode": false, "metadata": {},
        "amount": dispute.amount, "currency": dispute.currency, "status": dispute.status,
        "reason": dispute.reason, "charge": dispute.intent.replacen("pi_", "ch_", 1),
        "payment_intent": of, "balance_transactions": [], "evidence": evidence(),
        "enhanced_eligibility_types": [],
        "evidence_details": {
            "due_by": CREATED + EVIDENCE_SECONDS, "has_evidence": false, "past_due": false,
            "submission_count": 0, "enhanced_eligibility": {},
        },
        "is_charge_refundable": dispute.status.starts_with("warning_"),
    })
}

/// What nobody has written yet.
fn evidence() -> Value {
    let fields = [
        "access_activity_log",
        "billing_address",
        "cancellation_policy",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "customer_communication",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "customer_signature",
        "duplicate_charge_documentation",
        "duplicate_charge_explanation",
        "duplicate_charge_id",
        "product_description",
        "receipt",
        "refund_policy",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "service_date",
        "service_documentation",
        "shipping_address",
        "shipping_carrier",
        "shipping_date",
        "shipping_documentation",
        "shipping_tracking_number",
        "uncategorized_file",
        "uncategorized_text",
    ];
    let unsaid = fields.map(|name| (name.to_owned(), Value::Null));
    with(unsaid.into_iter().collect(), "enhanced_evidence", json!({}))
}

pub(super) fn list(path: &str, data: Vec<Value>) -> Value {
    json!({"object": "list", "url": path, "has_more": false, "data": data})
}

/// A decline of a card.
pub(super) fn declined(
    (code, decline_code): (&str, Option<&str>),
    advice_code: Option<&str>,
    method: Value,
) -> Value {
    let mut error = json!({
        "type": "card_error", "code": code, "message": "Your card was declined.",
        "payment_method": method,
    });
    for (name, code) in [("decline_code", decline_code), ("advice_code", advice_code)] {
        if let Some(code) = code {
            error = with(error, name, code);
        }
    }
    error
}
