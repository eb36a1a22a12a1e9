use serde_json::json;

use super::*;
use crate::{base::error::Error, model::entity::decode};

fn item(json: Value) -> Item {
    match json {
        Value::Object(item) => item,
        _ => panic!("an object"),
    }
}

fn event(name: &str, object: Value) -> Event {
    let mut event = Event::example();
    event["type"] = name.into();
    event["data"]["object"] = object;
    serde_json::from_value(event).unwrap()
}

/// They stand in the table: what they were, they stay.
#[test]
fn an_event_is_at_the_places_of_its_type_its_object_and_its_customer() {
    let customer = event("customer.deleted", json!({"id": "cus_prod_0mkz6k3cx9y8z7w6"}));
    let expected =
        ["t.customer.deleted", "o.cus_prod_0mkz6k3cx9y8z7w6", "c.cus_prod_0mkz6k3cx9y8z7w6"];
    assert_eq!(customer.places(), expected);
    let of = json!({"id": "in_1", "customer_id": "cus_1"});
    assert_eq!(event("invoice.paid", of).places(), ["t.invoice.paid", "o.in_1", "c.cus_1"]);
    let none = json!({"id": "cs_1", "customer_id": null});
    let places = event("checkout_session.created", none).places();
    assert_eq!(places, ["t.checkout_session.created", "o.cs_1"]);
}

#[test]
fn what_does_not_fit_beside_the_object_is_named_and_left_out() {
    let object = item(json!({"id": "in_1", "items": "x".repeat(250_000)}));
    let before = item(json!({"items": "y".repeat(250_000), "total": 1, "description": "z"}));
    let data = EventData::new(object.clone(), Some(before));
    assert_eq!(data.previous_attributes, Some(item(json!({"total": 1, "description": "z"}))));
    assert_eq!(data.previous_attributes_omitted, ["items"]);
    assert_eq!(data.object, object);
    let fits = item(json!({"items": "y".repeat(100_000)}));
    let data = EventData::new(object.clone(), Some(fits.clone()));
    assert_eq!((data.previous_attributes, data.previous_attributes_omitted), (Some(fits), vec![]));
    assert_eq!(EventData::new(object, None).previous_attributes, None);
}

#[test]
fn an_event_that_cannot_be_unpacked_is_told_by_its_id() {
    let mut item = item(Event::example());
    item.insert("data".to_owned(), "2:AAAA".into());
    let told = match decode::<Event>(item) {
        Err(Error::Internal(told)) => told,
        other => panic!("{other:?}"),
    };
    assert!(told.contains("(evt_prod_0mkz6k3ce1v2e3n4)"), "{told}");
    assert!(told.contains("dictionary 2, which is not known here"), "{told}");
}
