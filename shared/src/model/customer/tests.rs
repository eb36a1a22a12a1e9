use serde_json::Value;

use super::*;
use crate::{
    base::input::{Faults, Input, Json, Location},
    model::{
        custom_field::ResolvedChanges,
        entity::{Entity, Shown},
        record::tests::record,
    },
};

fn read<T: Input>(body: &str) -> T {
    let mut faults = Faults::default();
    let json = Json::parse(body).unwrap();
    T::read(&json, &Location::body("customer"), &mut faults).expect(body)
}

fn customer(body: &str) -> Customer {
    Customer::new(record(), read(body), ResolvedChanges::default())
}

fn name_of(body: &str) -> Value {
    Shown::of(&customer(body)).unwrap().object.get("name").cloned().unwrap()
}

#[test]
fn without_a_name_a_customer_is_called_by_person_then_by_company() {
    let full = r#""first_name": "Jane", "last_name": "Smith""#;
    let company = r#""business_name": "Acme""#;
    let email = r#""email": "jane@example.com""#;
    assert_eq!(name_of(&format!("{{{email}, {full}, {company}}}")), "Jane Smith");
    assert_eq!(name_of(&format!("{{{email}, {company}}}")), "Acme");
    assert_eq!(name_of(&format!(r#"{{{email}, "name": "J.", {full}}}"#)), "J.");
    assert_eq!(name_of(&format!("{{{email}}}")), Value::Null);
}

#[test]
fn a_patch_reaches_into_the_address() {
    let body = r#"{"email": "a@example.com", "address": {"line1": "1 Road", "city": "Bern"}}"#;
    let patch = read(r#"{"address": {"city": null, "line2": "c/o"}}"#);
    let patched = customer(body).patched(patch, ResolvedChanges::default());
    let parts = ["line1", "line2", "city"].map(|part| patched.address_part(part).to_owned());
    assert_eq!(parts, ["1 Road", "c/o", ""]);
    let cleared = patched.patched(read(r#"{"address": null}"#), ResolvedChanges::default());
    assert_eq!(cleared.address, None);
}

#[test]
fn an_address_of_before_is_read_and_may_be_changed_part_by_part() {
    let stored = |country: &str| {
        let mut stored = serde_json::to_value(customer(r#"{"email": "a@example.com"}"#)).unwrap();
        stored["address"] = serde_json::json!({
            "line1": null, "line2": null, "city": "Athens", "state": null, "postal_code": null,
            "country": country,
        });
        serde_json::from_value::<Customer>(stored).unwrap()
    };
    for (country, shown) in [("EL", "GR"), ("gr", "GR"), ("Greece", "Greece")] {
        let patch = read(r#"{"address": {"city": "Patras"}}"#);
        let patched = stored(country).patched(patch, ResolvedChanges::default());
        assert_eq!(
            (patched.address_part("city"), patched.address_part("country")),
            ("Patras", shown)
        );
    }
}

#[test]
fn a_change_of_address_moves_the_customer_between_lists() {
    let before = customer(r#"{"email": "a@example.com"}"#);
    let patch = read(r#"{"email": "b@example.com"}"#);
    let after = before.patched(patch, ResolvedChanges::default());
    assert_ne!(before.lists(), after.lists());
    assert_eq!(before.lists().first(), after.lists().first());
}
