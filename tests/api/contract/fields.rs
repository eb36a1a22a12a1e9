//! The fields of a body, as its schema names them, and a body with something else in one of them.

use serde_json::{Value, json};

/// A value that a body may hold.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Where, as a JSON Pointer; of a list it is the first one.
    pub(super) pointer: String,
    pub(super) schema: Value,
}

/// Every field of what `schema` describes that has no fields itself.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    walk(schema, schema, String::new(), &mut found);
    found
}

fn walk(root: &Value, schema: &Value, pointer: String, found: &mut Vec<Field>) {
    if let Some(place) = schema["$ref"].as_str().and_then(|place| place.strip_prefix('#')) {
        let meant = root.pointer(place).unwrap_or_else(|| panic!("there is no {place}"));
        return walk(root, meant, pointer, found);
    }
    let several = [&schema["anyOf"], &schema["oneOf"]].into_iter().find_map(Value::as_array);
    if let Some(several) = several.filter(|_| schema["type"].is_null()) {
        if several.iter().all(|one| one["type"].is_string()) {
            // One of several types: a text, or a number.
            let mut schema = several[0].clone();
            schema["type"] = several.iter().map(|one| one["type"].clone()).collect();
            return found.push(Field { pointer, schema });
        }
        let meant = several.iter().find(|one| one["type"] != "null");
        return walk(root, meant.unwrap_or(&Value::Null), pointer, found);
    }
    if let Some(properties) = schema["properties"].as_object() {
        for (name, field) in properties {
            walk(root, field, format!("{pointer}/{name}"), found);
        }
    } else if schema["items"].is_object() {
        walk(root, &schema["items"], format!("{pointer}/0"), found);
    } else if !pointer.is_empty() {
        found.push(Field { pointer, schema: schema.clone() });
    }
}

impl Field {
    /// Whether it may be of this type.
    pub(super) fn is(&self, kind: &str) -> bool {
        match &self.schema["type"] {
            Value::Array(kinds) => kinds.iter().any(|one| one == kind),
            one => one == kind,
        }
    }

    /// `body` with `raw`, which need not be JSON, as the value of the field.
    pub(super) fn raw(&self, body: &Value, raw: &str) -> String {
        const HERE: &str = "here stands what is not JSON";
        self.json(body, &HERE.into()).to_string().replace(&format!("\"{HERE}\""), raw)
    }

    /// `body` with `value` as that of the field.
    pub(super) fn json(&self, body: &Value, value: &Value) -> Value {
        let mut body = body.clone();
        let mut place = &mut body;
        for step in self.pointer.split('/').skip(1) {
            place = match step {
                "0" => {
                    if place.as_array().is_none_or(Vec::is_empty) {
                        *place = json!([null]);
                    }
                    &mut place[0]
                }
                name => {
                    if !place.is_object() {
                        *place = json!({});
                    }
                    &mut place[name]
                }
            };
        }
        *place = value.clone();
        body
    }
}
