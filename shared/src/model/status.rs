//! `status`: the same word as `state`, shown beside it by every object that has a `state`, because
//! clients of other billing APIs look for it there. It is never stored.

use serde_json::{Map, Value};

const STATE: &str = "state";
const STATUS: &str = "status";

/// Adds `status` to a shown object that has a `state`.
pub(super) fn show(object: &mut Map<String, Value>) {
    if let Some(state) = object.get(STATE).cloned() {
        object.insert(STATUS.to_owned(), state);
    }
}

/// Adds `status` to the schema of an object that has a `state`: always there, and never sent.
pub fn document(schema: &mut schemars::Schema) {
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let Some(mut status) = fields.get(STATE).cloned() else { return };
    if let Some(status) = status.as_object_mut() {
        status.insert("description".to_owned(), "The same as `state`.".into());
        status.insert("readOnly".to_owned(), true.into());
    }
    fields.insert(STATUS.to_owned(), status);
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push(STATUS.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{
        checkout::CheckoutSession,
        entity::{Entity, Shown, decode},
        invoice::Invoice,
        payment_intent::PaymentIntent,
        refund::Refund,
        subscription::Subscription,
    };

    /// `E` as the documentation shows it, stored without its `status` and with `hidden` fields.
    fn shown_and_documented<E: Entity>(hidden: Value) {
        let (Value::Object(mut item), Value::Object(hidden)) = (E::example(), hidden) else {
            panic!("two objects")
        };
        item.remove(STATUS);
        item.extend(hidden);
        let shown = Shown::of(&decode::<E>(item).unwrap()).unwrap().object;
        assert!(shown[STATE].is_string(), "{}", E::RESOURCE);
        assert_eq!(shown[STATUS], shown[STATE], "{}", E::RESOURCE);
        let schema = schemars::schema_for!(E).to_value();
        let fields = &schema["properties"];
        assert_eq!(fields[STATUS]["$ref"], fields[STATE]["$ref"], "{}", E::RESOURCE);
        assert!(schema["required"].as_array().unwrap().contains(&STATUS.into()));
    }

    #[test]
    fn whatever_has_a_state_shows_it_as_its_status_too() {
        shown_and_documented::<Invoice>(json!({}));
        shown_and_documented::<PaymentIntent>(json!({"idempotency_key": "a:b:1"}));
        shown_and_documented::<Refund>(json!({"ask_at": "2026-01-31T09:30:00.000Z", "asked": 1}));
        let ledger = json!({"zone": "UTC", "period": 0, "billed_period": 0, "planned": null});
        shown_and_documented::<Subscription>(json!({"ledger": ledger}));
        shown_and_documented::<CheckoutSession>(
            json!({"custom_fields": {}, "subscription_fields": {}}),
        );
    }
}
