//! Attributes of an item, read as what they are.

use serde_json::Value;

use super::scan::Item;

/// A text of an item, or the empty one.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number of an item, or 0.
pub(super) fn number(item: &Item, name: &str) -> i128 {
    item.get(name).and_then(Value::as_i64).map_or(0, i128::from)
}
