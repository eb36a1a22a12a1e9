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

/// Adds `status` to the schema of an object that has a `state`.
pub fn document(schema: &mut schemars::Schema) {
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let Some(mut status) = fields.get(STATE).cloned() else { return };
    if let Some(status) = status.as_object_mut() {
        status.insert("description".to_owned(), "The same as `state`.".into());
    }
    fields.insert(STATUS.to_owned(), status);
}
