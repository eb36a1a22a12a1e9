use super::*;

fn read(text: &str) -> (Changes, Vec<String>) {
    let mut faults = Faults::default();
    let json = Json::parse(text).unwrap();
    let at = Location::body(NOUN);
    let patch = ChangesPatch::read(&json, &at, &mut faults);
    let changes = Changes::default().patched(patch.unwrap());
    changes.check(&at, "2026-01-01T00:00:00Z".parse().unwrap(), &mut faults);
    let told = faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code));
    (changes, told.collect())
}

#[test]
fn a_cancellation_and_a_pause_stand_alone() {
    let (_, told) = read(r#"{"cancellation": {}, "coupon_id": ""}"#);
    assert_eq!(told, ["/cancellation not_combinable"]);
    let (_, told) = read(r#"{"pause": {}, "trial_period_days": 7, "cancellation": {}}"#);
    assert_eq!(told, ["/cancellation not_combinable", "/pause not_combinable"]);
    let (changes, told) = read(r#"{"coupon_id": "", "trial_period_days": 7}"#);
    assert_eq!((changes.patches(), told), (true, vec![]));
}

#[test]
fn an_instant_lies_ahead_and_not_too_far() {
    for (at, fine) in [
        ("now", true),
        ("period_end", true),
        ("2026-01-01T00:00:01Z", true),
        ("2026-01-01T00:00:00Z", false),
        ("2028-01-02T00:00:00Z", true),
        ("2028-01-03T00:00:00Z", false),
    ] {
        let (changes, told) = read(&format!(r#"{{"effective_at": "{at}"}}"#));
        assert_eq!(told.is_empty(), fine, "{at}: {told:?}");
        assert!(changes.something().is_err());
    }
}

#[test]
fn what_is_asked_for_is_stored_and_read() {
    let text = r#"{"effective_at": "period_end", "coupon_id": "", "trial_period_days": 3}"#;
    let (changes, _) = read(text);
    let stored = serde_json::to_value(&changes).unwrap();
    assert_eq!(stored["coupon_id"], "");
    assert_eq!(stored["effective_at"], "period_end");
    let again: Changes = serde_json::from_value(stored).unwrap();
    assert_eq!(again.coupon_id, Some(CouponName(None)));
    let json = Json::parse(r#"{"coupon_id": null}"#).unwrap();
    let at = Location::body(NOUN);
    let patch = ChangesPatch::read(&json, &at, &mut Faults::default()).unwrap();
    assert_eq!(again.patched(patch).coupon_id, None);
}
