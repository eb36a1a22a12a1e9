//! How large an object is where it is kept, and how large it may be.
//!
//! An item of the table has at most 400 KB. What would be larger is refused where a client makes it so,
//! with the number; what an object grows by later (its payments, what is given back) has room left.

use serde_json::Value;

use crate::{
    base::{error::Error, id::Kind},
    model::entity::{Entity, Item, encode},
};

/// How many bytes large an item may be; what the store writes beside its attributes is not counted.
pub const MOST_KEPT: usize = 390_000;

/// How many bytes large `item` is, in the table's own count: names and texts in UTF-8, a number by its
/// digits, and what holds others.
pub fn of(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len().saturating_add(of_value(value))).sum()
}

/// The same, of a value alone.
pub fn of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        // Two digits a byte, one for the exponent, one for the sign.
        Value::Number(number) => number.to_string().len().div_ceil(2).saturating_add(2),
        Value::String(text) => text.len(),
        Value::Array(values) => {
            let within: usize = values.iter().map(|value| of_value(value).saturating_add(1)).sum();
            within.saturating_add(3)
        }
        Value::Object(item) => of(item).saturating_add(item.len()).saturating_add(3),
    }
}

/// Refuses an item of an `E` that is larger than `most`.
pub fn check<E: Entity>(item: &Item, most: usize) -> Result<(), Error> {
    let size = of(item);
    if size <= most {
        return Ok(());
    }
    let hint = format!("would be {size} bytes large; at most {most} are kept of one");
    Err(Error::not_now(<E::Kind as Kind>::NOUN, "too_large", &hint))
}

/// The object, unless a client has made it larger than it may be.
pub fn written<E: Entity>(entity: E) -> Result<E, Error> {
    check::<E>(&encode(&entity)?, E::MOST_BYTES)?;
    Ok(entity)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_are_those_of_the_table() {
        let size = |value: Value| of_value(&value);
        assert_eq!(size(json!("\u{e9}\u{20ac}")), 5);
        assert_eq!((size(json!(null)), size(json!(true))), (1, 1));
        assert_eq!((size(json!(7)), size(json!(12_345)), size(json!(-12))), (3, 5, 4));
        assert_eq!(size(json!(["ab", "c"])), 3 + 3 + 2);
        assert_eq!(size(json!({"ab": "cd", "e": ""})), 3 + 2 + 2 + 2 + 1);
        let Value::Object(item) = json!({"ab": "cd"}) else { panic!("an object") };
        assert_eq!(of(&item), 4);
    }
}
