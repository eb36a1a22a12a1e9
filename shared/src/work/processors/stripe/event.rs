//! Events that Stripe sends: whether they are its own, and what they are about. Pure.
//!
//! `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=…]` signs the time, a dot and the body's bytes with
//! HMAC-SHA256; the key is the whole text of the endpoint's secret. While a secret is replaced there are
//! two of them, and two signatures. Schemes with other names are passed over.

use ring::hmac;
use serde::Deserialize;
use serde_json::Value;

use crate::{base::time::Timestamp, model::processor::Subject};

/// How old an event may be, and how much its clock may be ahead of ours.
const TOLERANCE_SECONDS: i64 = 300;
/// More signatures than any rotation has.
const MOST_SIGNATURES: usize = 8;

/// Whether one of `secrets` signed `body`, not long before `now` of real time.
pub(crate) fn is_signed(header: &str, body: &str, secrets: &[String], now: Timestamp) -> bool {
    let mut at = None;
    let mut signatures = Vec::new();
    for (name, value) in header.split(',').filter_map(|part| part.trim().split_once('=')) {
        match name {
            "t" => at = Some(value),
            "v1" if signatures.len() < MOST_SIGNATURES => {
                signatures.extend(data_encoding::HEXLOWER_PERMISSIVE.decode(value.as_bytes()));
            }
            _ => {}
        }
    }
    let Some(at) = at else { return false };
    let Ok(seconds) = at.parse::<i64>() else { return false };
    if now.seconds().saturating_sub(seconds).saturating_abs() > TOLERANCE_SECONDS {
        return false;
    }
    let signed = format!("{at}.{body}");
    let is_by = |secret: &String| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        // In constant time.
        let is_it = |one: &Vec<u8>| hmac::verify(&key, signed.as_bytes(), one).is_ok();
        signatures.iter().any(is_it)
    };
    secrets.iter().any(is_by)
}

/// An event, as far as it is read: never its amounts and states.
#[derive(Deserialize)]
struct Event {
    r#type: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// What an event is about, where that may be something of ours. Objects of other kinds may have any form.
pub(crate) fn subject_of(body: &str) -> Result<Option<Subject>, serde_json::Error> {
    let Event { r#type, data: Data { object } } = serde_json::from_str(body)?;
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let Some(reference) = text("/id") else { return Ok(None) };
    // Its charge has a key of ours, or not: the event does not say.
    if r#type.starts_with("charge.dispute.") && text("/object").as_deref() == Some("dispute") {
        return Ok(Some(Subject::Dispute { reference }));
    }
    // Of one that failed or was given up there is nothing to write: it was never the customer's.
    if r#type == "setup_intent.succeeded" && text("/object").as_deref() == Some("setup_intent") {
        return Ok(text("/metadata/payer").map(|key| Subject::Setup { reference, key }));
    }
    // Whose it is, is known by its name.
    let of_method = ["automatically_updated", "updated", "detached"];
    let of_method = r#type.strip_prefix("payment_method.").filter(|what| of_method.contains(what));
    if of_method.is_some() && text("/object").as_deref() == Some("payment_method") {
        return Ok(Some(Subject::Method { source: reference }));
    }
    let Some(key) = text("/metadata/key") else { return Ok(None) };
    Ok(match (r#type.as_str(), text("/object").as_deref()) {
        (
            "payment_intent.succeeded"
            | "payment_intent.payment_failed"
            | "payment_intent.requires_action"
            | "payment_intent.processing"
            | "payment_intent.canceled",
            Some("payment_intent"),
        ) => Some(Subject::Charge { reference, key }),
        (
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated",
            Some("refund"),
        ) => Some(Subject::Refund { key }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_test_secret";
    const BODY: &str = r#"{"id": "evt_1"}"#;
    const AT: i64 = 1_790_000_000;

    fn tag(secret: &str, at: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
        data_encoding::HEXLOWER.encode(tag.as_ref())
    }

    fn holds(header: &str, now: i64) -> bool {
        let secrets = [SECRET.to_owned(), "whsec_new".to_owned()];
        is_signed(header, BODY, &secrets, Timestamp::from_millis(now * 1000).unwrap())
    }

    /// Made by another implementation: Python's `hmac`, over the same text.
    #[test]
    fn the_tag_is_the_one_that_others_make() {
        let expected = "7360fed1c5795a40804887e3d5689f0edcbd19c2e46ef58014807825cf89ef7c";
        assert_eq!(tag(SECRET, AT, BODY), expected);
        assert!(holds(&format!("t={AT},v1={expected}"), AT));
    }

    #[test]
    fn any_secret_and_any_of_several_signatures_will_do() {
        let (old, new) = (tag(SECRET, AT, BODY), tag("whsec_new", AT, BODY));
        let other = tag("whsec_other", AT, BODY);
        for header in [
            format!("t={AT},v1={old}"),
            format!("t={AT},v1={new}"),
            format!("t={AT},v1={other},v1={new}"),
            format!("t={AT},v0={other},v1={old},v2=x"),
            format!("v1={}, t={AT}", old.to_uppercase()),
        ] {
            assert!(holds(&header, AT), "{header}");
        }
    }

    #[test]
    fn what_is_forged_old_or_no_signature_does_not() {
        let right = tag(SECRET, AT, BODY);
        for header in [
            String::new(),
            format!("t={AT}"),
            format!("v1={right}"),
            format!("t={AT},v0={right}"),
            format!("t={},v1={right}", AT + 1),
            format!("t=x{AT},v1={right}"),
            format!("t={AT},v1={}", &right[2..]),
            format!("t={AT},v1={}", tag("", AT, BODY)),
            format!("t={AT},v1={}", tag("whsec_other", AT, BODY)),
            format!("t={AT},v1={}", tag(SECRET, AT, "{}")),
        ] {
            assert!(!holds(&header, AT), "{header}");
        }
        let header = format!("t={AT},v1={right}");
        for (age, expected) in [(300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(holds(&header, AT + age), expected, "{age}");
        }
        let none: [String; 0] = [];
        assert!(!is_signed(&header, BODY, &none, Timestamp::from_millis(AT * 1000).unwrap()));
    }

    #[test]
    fn only_what_may_be_ours_is_a_subject() {
        let event = |kind: &str, object: &str, metadata: &str| {
            let body = format!(
                r#"{{"id": "evt_1", "type": "{kind}", "data": {{"object": {{"id": "x_1",
                "object": "{object}", "amount": "of no form", "metadata": {metadata}}}}}}}"#
            );
            subject_of(&body).unwrap()
        };
        let key = r#"{"key": "k"}"#;
        let (reference, k) = ("x_1".to_owned(), "k".to_owned());
        let charge = Some(Subject::Charge { reference, key: k.clone() });
        assert_eq!(event("payment_intent.succeeded", "payment_intent", key), charge);
        assert_eq!(event("refund.failed", "refund", key), Some(Subject::Refund { key: k }));
        let dispute = Some(Subject::Dispute { reference: "x_1".to_owned() });
        assert_eq!(event("charge.dispute.funds_withdrawn", "dispute", "{}"), dispute);
        let payer = r#"{"payer": "k"}"#;
        let (reference, key_of_payer) = ("x_1".to_owned(), "k".to_owned());
        let setup = Some(Subject::Setup { reference, key: key_of_payer });
        assert_eq!(event("setup_intent.succeeded", "setup_intent", payer), setup);
        assert_eq!(event("setup_intent.succeeded", "setup_intent", key), None);
        assert_eq!(event("setup_intent.setup_failed", "setup_intent", payer), None);
        for kind in ["automatically_updated", "updated", "detached"] {
            let method = Some(Subject::Method { source: "x_1".to_owned() });
            let kind = format!("payment_method.{kind}");
            assert_eq!(event(&kind, "payment_method", "{}"), method);
            assert_eq!(event(&kind, "card", "{}"), None);
        }
        // A setup tells of it.
        assert_eq!(event("payment_method.attached", "payment_method", key), None);
        assert_eq!(event("charge.dispute.created", "charge", key), None);
        assert_eq!(event("payment_intent.succeeded", "payment_intent", "{}"), None);
        assert_eq!(event("payment_intent.succeeded", "payment_intent", "null"), None);
        assert_eq!(event("payment_intent.created", "payment_intent", key), None);
        assert_eq!(event("customer.updated", "customer", key), None);
        assert_eq!(event("refund.failed", "payment_intent", key), None);
        let strange = r#"{"type": "x", "data": {"object": [1]}}"#;
        assert_eq!(subject_of(strange).unwrap(), None);
        assert!(subject_of("[]").is_err() && subject_of("{}").is_err());
    }
}
