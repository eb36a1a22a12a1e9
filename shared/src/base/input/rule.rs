//! Rules between the fields of one object, as JSON Schema says them: the `rules […]` of `input!`.
//!
//! They are for whoever reads the documentation, and for whatever generates requests from it. What
//! refuses a request that breaks one is the code that uses the fields. A field is given when it is
//! there and not null, because to the reader of an optional field null is its absence.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// `schema`, of an object, with `rules` that hold between its fields.
///
/// They stand in `then`, behind a condition that every object meets, and not in `allOf`: whatever
/// makes types of the document would take an `allOf` apart into types of their own, and a rule is
/// none.
pub fn hold(mut schema: Schema, mut rules: Vec<Value>) -> Schema {
    let rule = if rules.len() == 1 { rules.remove(0) } else { json!({"allOf": rules}) };
    schema.insert("if".to_owned(), json!({"type": "object"}));
    schema.insert("then".to_owned(), rule);
    schema
}

/// All of `fields` are given.
pub fn given(fields: &[&str]) -> Value {
    json!({"required": fields, "properties": each(fields, &json!({"not": {"type": "null"}}))})
}

/// None of `fields` is given.
pub fn absent(fields: &[&str]) -> Value {
    json!({"properties": each(fields, &json!({"type": "null"}))})
}

/// `field` is given, and one of `words`.
pub fn says(field: &str, words: &[&str]) -> Value {
    json!({"required": [field], "properties": each(&[field], &json!({"enum": words}))})
}

/// `field` is not one of `words`.
pub fn says_not(field: &str, words: &[&str]) -> Value {
    json!({"properties": each(&[field], &json!({"not": {"enum": words}}))})
}

/// Exactly one of `fields` is given.
pub fn exactly_one(fields: &[&str]) -> Value {
    json!({"oneOf": fields.iter().map(|field| given(&[field])).collect::<Vec<_>>()})
}

/// One of `fields` is given, or several.
pub fn at_least_one(fields: &[&str]) -> Value {
    json!({"anyOf": fields.iter().map(|field| given(&[field])).collect::<Vec<_>>()})
}

/// Where `field` is given, so are `others`.
pub fn requires(field: &str, others: &[&str]) -> Value {
    json!({"anyOf": [absent(&[field]), given(others)]})
}

/// Not all of `fields` are given.
pub fn not_together(fields: &[&str]) -> Value {
    json!({"not": given(fields)})
}

/// One of the rules holds, which are written so that each excludes the others.
pub fn one_of(rules: impl IntoIterator<Item = Value>) -> Value {
    json!({"anyOf": rules.into_iter().collect::<Vec<_>>()})
}

/// All of the rules hold, each of which is about other fields.
pub fn all_of(rules: impl IntoIterator<Item = Value>) -> Value {
    let (mut required, mut properties) = (Vec::new(), Map::new());
    for rule in rules {
        let named = rule.get("required").and_then(Value::as_array);
        required.extend(named.into_iter().flatten().cloned());
        let about = rule.get("properties").and_then(Value::as_object);
        properties.extend(about.cloned().unwrap_or_default());
    }
    match required.is_empty() {
        true => json!({"properties": properties}),
        false => json!({"required": required, "properties": properties}),
    }
}

fn each(fields: &[&str], schema: &Value) -> Map<String, Value> {
    fields.iter().map(|field| ((*field).to_owned(), schema.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::subscription::PauseRequest;

    #[test]
    fn a_rule_is_said_beside_the_fields() {
        let both = given(&["pause_for_cycles", "resumes_at"]);
        let schema = schemars::schema_for!(PauseRequest);
        assert_eq!(schema.get("if"), Some(&json!({"type": "object"})));
        assert_eq!(schema.get("then"), Some(&json!({"not": both})));
    }

    #[test]
    fn exactly_one_is_given_and_not_null() {
        let given = |field: &str| json!({"required": [field], "properties": {field: {"not": {"type": "null"}}}});
        assert_eq!(exactly_one(&["a", "b"]), json!({"oneOf": [given("a"), given("b")]}));
    }

    #[test]
    fn rules_about_different_fields_are_one() {
        assert_eq!(
            all_of([says("mode", &["setup"]), absent(&["price"]), given(&["amount"])]),
            json!({
                "required": ["mode", "amount"],
                "properties": {
                    "mode": {"enum": ["setup"]},
                    "price": {"type": "null"},
                    "amount": {"not": {"type": "null"}},
                },
            })
        );
        assert_eq!(all_of([absent(&["a"])]), json!({"properties": {"a": {"type": "null"}}}));
    }
}
