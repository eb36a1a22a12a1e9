//! What an endpoint wants, when it is warned and disabled, and how long a secret is valid.

use super::*;
use crate::base::{
    id::{AccountId, Environment, IdSource},
    input::{Faults, Input, Json, Location},
    time::Clock,
};

fn new(json: &str) -> Result<WebhookEndpoint, Error> {
    let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
    let id = WebhookEndpointId::new(Environment::Stg, Clock.now(), &IdSource::new(Clock));
    let json = Json::parse(json).unwrap();
    let mut faults = Faults::default();
    let new = NewWebhookEndpoint::read(&json, &Location::body(NOUN), &mut faults);
    let new = new.ok_or(Error::Faulty(faults))?;
    let record = Record::new(id, account, Clock.now());
    WebhookEndpoint::new(record, new, 0, false).map(|(endpoint, _)| endpoint)
}

#[test]
fn an_endpoint_wants_what_it_names() {
    let one = new(r#"{"url": "https://a.example/", "events": ["customer.*", "invoice.paid"]}"#);
    let one = one.unwrap();
    assert!(one.wants("customer.created") && one.wants("invoice.paid"));
    assert!(!one.wants("invoice.updated") && one.is_about("invoice"));
    assert!(!one.is_about("refund") && !one.is_about("product"));
    // What a customer has is told by subscriptions and invoices, in their order.
    let state = new(r#"{"url": "https://a.example/", "events": ["customer.state_changed"]}"#);
    let about = ["customer.subscription", "invoice", "customer", "refund"];
    let state = state.unwrap();
    assert_eq!(about.map(|subject| state.is_about(subject)), [true, true, false, false]);
    let all = new(r#"{"url": "https://a.example/", "events": ["*"]}"#).unwrap();
    assert!(all.wants("refund.updated"));
    for wrong in [r#"[]"#, r#"["*", "invoice.paid"]"#, r#"["nothing.*"]"#, r#"["invoice.sold"]"#] {
        let body = format!(r#"{{"url": "https://a.example/", "events": {wrong}}}"#);
        assert_eq!(new(&body).unwrap_err().status(), 422, "{wrong}");
    }
    let local = r#"{"url": "https://10.0.0.1/", "events": ["*"]}"#;
    assert_eq!(new(local).unwrap_err().status(), 422);
}

#[test]
fn an_endpoint_is_warned_at_half_and_disabled_at_five_days_of_nothing_but_failures() {
    let one = new(r#"{"url": "https://a.example/", "events": ["*"]}"#).unwrap();
    let since = Clock.now();
    let after = |one: &WebhookEndpoint, hours| one.after_failing(since, since.plus_hours(hours));
    assert!(after(&one, 59).is_none());
    let warned = after(&one, 60).unwrap();
    assert_eq!(WebhookEndpoint::events(Some(&one), &warned), [WebhookEndpointEvent::Failing]);
    assert!(after(&warned, 119).is_none());
    let disabled = after(&warned, 120).unwrap();
    assert!(!disabled.is_enabled());
    assert_eq!(WebhookEndpoint::events(Some(&warned), &disabled), [WebhookEndpointEvent::Disabled]);
    let patch = || {
        let (json, mut faults) = (r#"{"state": "enabled"}"#, Faults::default());
        let json = Json::parse(json).unwrap();
        WebhookEndpointPatch::read(&json, &Location::body(NOUN), &mut faults).unwrap()
    };
    let later = since.plus_hours(121);
    let enabled = disabled.patched(patch(), false, later).unwrap();
    assert!(enabled.after_failing(since, later.plus_hours(59)).is_none());
    assert!(enabled.after_failing(since, later.plus_hours(60)).is_some());
    assert_eq!(
        enabled.patched(patch(), false, later.plus_hours(1)).unwrap().enabled_at,
        Some(later)
    );
}

#[test]
fn what_an_address_has_failed_says_nothing_of_another_one() {
    let one = new(r#"{"url": "https://a.example/", "events": ["*"]}"#).unwrap();
    let patched = |one: &WebhookEndpoint, json: &str, at| {
        let json = Json::parse(json).unwrap();
        let mut faults = Faults::default();
        let patch = WebhookEndpointPatch::read(&json, &Location::body(NOUN), &mut faults);
        one.patched(patch.unwrap(), false, at).unwrap()
    };
    let since = Clock.now();
    let moved = since.plus_hours(119);
    let same = patched(&one, r#"{"url": "https://a.example/", "description": "b"}"#, moved);
    assert!(!same.after_failing(since, since.plus_hours(120)).unwrap().is_enabled());
    assert!(same.is_the_same_since(since));
    let other = patched(&one, r#"{"url": "https://b.example/"}"#, moved);
    assert!(other.after_failing(since, since.plus_hours(120)).is_none());
    assert_eq!(other.failing_from(since), moved);
    assert!(!other.is_the_same_since(since) && other.is_the_same_since(moved));
}

#[test]
fn a_rotated_secret_is_valid_beside_the_new_one() {
    let one = new(r#"{"url": "https://a.example/", "events": ["*"]}"#).unwrap();
    let rotate = RotateSecret { expires_in_hours: None };
    let now = Clock.now();
    let (two, secret) = one.rotated(&rotate, now);
    assert_eq!(two.secrets[1].until, Some(now.plus_hours(24)));
    assert_eq!((two.secrets.len(), &two.secrets[0].secret), (2, &secret));
    assert_eq!(two.secrets[1].secret, one.secrets[0].secret);
    // Twice, because the first answer was lost: what the receiver has goes on.
    let (three, _) = two.rotated(&rotate, Clock.now());
    assert_eq!(three.secrets.len(), 3);
    assert_eq!(three.secrets[2].secret, one.secrets[0].secret);
    let at_once = RotateSecret { expires_in_hours: Some(Integer::clamped(0)) };
    let now = Clock.now();
    let (last, _) = three.rotated(&at_once, now);
    assert!(last.secrets[1..].iter().all(|one| one.until == Some(now)));
}
