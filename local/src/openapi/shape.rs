//! What openapi.yaml keeps to so that clients can be generated from it. Each of these is valid
//! OpenAPI 3.1 that some generator in tests/clients read wrongly, or made code of that does not
//! compile; here it is found in a moment, and without them.

use crate::template::yaml;
use serde_json::{Map, Value};

/// The faults of the schemas in `value`, which is at `place`.
fn faults(value: &Value, place: &str) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let is_schema = !place.ends_with("/properties") && !place.ends_with("/schemas");
            let own = if is_schema { faults_of(map) } else { Vec::new() };
            let inside = map
                .iter()
                // A rule between fields is for those who know JSON Schema.
                .filter(|(key, _)| !matches!(key.as_str(), "example" | "examples" | "if" | "then"))
                .flat_map(|(key, value)| faults(value, &format!("{place}/{key}")));
            own.into_iter().map(|fault| format!("{place}: {fault}")).chain(inside).collect()
        }
        Value::Array(values) => {
            let one = |(index, value)| faults(value, &format!("{place}/{index}"));
            values.iter().enumerate().flat_map(one).collect()
        }
        _ => Vec::new(),
    }
}

fn faults_of(schema: &Map<String, Value>) -> Vec<&'static str> {
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.and_then(Value::as_str).into_iter().collect(),
    };
    let number = |key: &str| schema.get(key).and_then(Value::as_i64);
    let small = [number("minimum"), number("maximum")]
        .iter()
        .all(|bound| bound.is_some_and(|bound| i32::try_from(bound).is_ok()));
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let nullable_words = schema.contains_key("enum") && kinds.contains(&"null");
    [
        (schema.contains_key("const"), "a constant: say `enum`, or its type alone"),
        (schema.contains_key("allOf"), "allOf: a rule stands in `then`, a type in one place"),
        (schema.get("default") == Some(&Value::Null), "a default of null"),
        (kinds.iter().filter(|kind| **kind != "null").count() > 1, "two types: say `oneOf`"),
        (nullable_words, "an enum with null in it: name the enum, and say `anyOf`"),
        (format.starts_with("uint"), "a format that there is not"),
        (
            kinds.contains(&"integer") && format != "int64" && !small,
            "an integer that may need 64 bits, and does not say int64",
        ),
    ]
    .into_iter()
    .filter_map(|(wrong, fault)| wrong.then_some(fault))
    .collect()
}

#[test]
fn every_schema_is_one_that_generators_of_clients_read() {
    let text = include_str!("../../../openapi.yaml");
    let document = yaml::parse(text).unwrap();
    let found = faults(&document["components"]["schemas"], "/schemas");
    let of_paths = faults(&document["paths"], "/paths");
    assert!(found.is_empty() && of_paths.is_empty(), "{found:#?}{of_paths:#?}");
}

#[test]
fn what_a_generator_reads_wrongly_is_found() {
    let wrong = serde_json::json!({
        "A": {"type": "boolean", "const": true},
        "B": {"properties": {"const": {"type": ["number", "string"]}}},
        "C": {"allOf": [{"type": ["string", "null"], "enum": ["a", null], "default": null}]},
        "D": {"type": "integer", "minimum": 0},
        "E": {"type": "integer", "format": "uint64"},
        "F": {"type": "integer", "minimum": 0, "maximum": 100, "default": 1},
    });
    let places: Vec<String> = faults(&wrong, "/schemas")
        .iter()
        .map(|fault| fault.split_once(':').unwrap().0.to_owned())
        .collect();
    let c = "/schemas/C/allOf/0";
    let expected = ["/schemas/A", "/schemas/B/properties/const", "/schemas/C", c, c, "/schemas/D"];
    assert_eq!(places, [expected.as_slice(), &["/schemas/E", "/schemas/E"]].concat());
}
