//! Every item of a table, as plain JSON.

use crate::engine::Endpoint;
use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// An item: attributes by name.
pub(super) type Item = Map<String, Value>;

/// How many items are read between two words on how far it has got.
const STEP: usize = 20_000;

/// Hands every item of `table` to `each`; how many there are.
pub(super) async fn each(
    endpoint: &Endpoint,
    table: &str,
    mut each: impl FnMut(Item),
    mut progress: impl FnMut(usize),
) -> Result<usize> {
    let (mut read, mut told) = (0, 0);
    let take = |item: Value| {
        each(attributes(&item).with_context(|| format!("not an item: {item}"))?);
        read += 1;
        if read >= told + STEP {
            told = read;
            progress(read);
        }
        Ok(())
    };
    endpoint.scan(table, take).await?;
    Ok(read)
}

fn attributes(item: &Value) -> Option<Item> {
    item.as_object()?.iter().map(|(name, typed)| Some((name.clone(), plain(typed)?))).collect()
}

/// A value without DynamoDB's word for its type.
fn plain(typed: &Value) -> Option<Value> {
    let (kind, value) = typed.as_object()?.iter().next()?;
    match kind.as_str() {
        "S" | "BOOL" => Some(value.clone()),
        "N" => numeric(value.as_str()?),
        "NULL" => Some(Value::Null),
        "L" => value.as_array()?.iter().map(plain).collect(),
        "M" => attributes(value).map(Value::Object),
        _ => None,
    }
}

/// A number; as its digits, where it is a whole one with more of them than a JSON number keeps.
fn numeric(digits: &str) -> Option<Value> {
    let number: Value = serde_json::from_str(digits).ok()?;
    let whole = digits.strip_prefix('-').unwrap_or(digits).bytes().all(|b| b.is_ascii_digit());
    Some(if whole && number.is_f64() { digits.into() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_item_is_read_as_what_was_stored() {
        let typed = json!({"M": {
            "s": {"S": "x"}, "n": {"N": "-12"}, "b": {"BOOL": true}, "z": {"NULL": true},
            "l": {"L": [{"N": "1"}, {"M": {"a": {"S": "b"}}}]},
        }});
        let expected = json!({"s": "x", "n": -12, "b": true, "z": null, "l": [1, {"a": "b"}]});
        assert_eq!(plain(&typed), Some(expected));
        let long = "12345678901234567890123456789";
        assert_eq!(plain(&json!({"N": long})), Some(long.into()));
        assert_eq!(plain(&json!({"B": "AA=="})), None);
    }
}
