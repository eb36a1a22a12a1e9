//! `components/schemas`: every schema once, under the name of its type.
//!
//! A function prints self-contained schemas, each with the types it uses in `$defs`. Here they move
//! into one namespace. A name must mean the same everywhere, or the document would lie about one of
//! the two functions; so that is an error.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

/// The schemas collected so far.
#[derive(Debug, Default)]
pub(super) struct Schemas(Map<String, Value>);

impl Schemas {
    /// A schema under a name given here.
    pub(super) fn add(&mut self, name: &str, mut schema: Value) -> Result<()> {
        point_to_components(&mut schema, name);
        match self.0.get(name) {
            None => {
                self.0.insert(name.to_owned(), schema);
            }
            Some(known) if *known == schema => {}
            Some(known) => bail!("two schemas are named {name}:\n{known}\n{schema}"),
        }
        Ok(())
    }

    /// Takes the schema of a whole body apart, and returns the reference to it.
    pub(super) fn add_root(&mut self, mut root: Value) -> Result<Value> {
        let object = root.as_object_mut().context("a schema is not an object")?;
        object.shift_remove("$schema");
        let definitions = object.shift_remove("$defs");
        let title = object.shift_remove("title");
        let name =
            title.as_ref().and_then(Value::as_str).context("a schema has no title")?.to_owned();
        self.add(&name, root)?;
        if let Some(Value::Object(definitions)) = definitions {
            for (name, schema) in definitions {
                self.add(&name, schema)?;
            }
        }
        Ok(reference(&name))
    }

    /// Makes the schema of a parameter one of this document. The parameter's name says it better
    /// than that of a Rust type.
    pub(super) fn add_part(&mut self, part: &mut Value) -> Result<()> {
        let Some(schema) = part.as_object_mut() else { return Ok(()) };
        schema.shift_remove("title");
        if let Some(Value::Object(definitions)) = schema.shift_remove("$defs") {
            for (name, schema) in definitions {
                self.add(&name, schema)?;
            }
        }
        point_to_components(part, "");
        Ok(())
    }

    /// Whether the schema that `reference` points to has a property `name`.
    pub(super) fn has_property(&self, reference: &Value, name: &str) -> bool {
        let target = reference.get("$ref").and_then(Value::as_str).unwrap_or_default();
        let schema = self.0.get(target.rsplit('/').next().unwrap_or_default());
        let has = |schema: &Value| schema.pointer(&format!("/properties/{name}")).is_some();
        // Of several sorts of answers, the first is that to a secret token.
        let first = schema.and_then(|schema| schema.pointer("/oneOf/0"));
        schema.is_some_and(has) || first.is_some_and(|first| self.has_property(first, name))
    }

    /// All of them, by name.
    pub(super) fn into_sorted(self) -> Value {
        let mut schemas = self.0;
        schemas.sort_keys();
        Value::Object(schemas)
    }
}

/// `{"$ref": …}` to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Rewrites every reference in `schema`, which is named `own`: `#/$defs/X`, and `#` for itself.
fn point_to_components(schema: &mut Value, own: &str) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(target) if key == "$ref" => {
                        if target == "#" {
                            *target = format!("#/components/schemas/{own}");
                        } else if let Some(name) = target.strip_prefix("#/$defs/") {
                            *target = format!("#/components/schemas/{name}");
                        }
                    }
                    value => point_to_components(value, own),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| point_to_components(item, own)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Schemas;
    use serde_json::{Value, json};

    fn customer(address: Value) -> Value {
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Customer",
            "type": "object",
            "properties": {"address": {"$ref": "#/$defs/Address"}, "parent": {"$ref": "#"}},
            "$defs": {"Address": address},
        })
    }

    #[test]
    fn definitions_move_to_the_components() {
        let mut schemas = Schemas::default();
        let reference = schemas.add_root(customer(json!({"type": "object"}))).unwrap();
        assert_eq!(reference, json!({"$ref": "#/components/schemas/Customer"}));
        assert!(schemas.has_property(&reference, "address"));
        assert!(!schemas.has_property(&reference, "version"));
        assert_eq!(
            schemas.into_sorted(),
            json!({
                "Address": {"type": "object"},
                "Customer": {
                    "type": "object",
                    "properties": {
                        "address": {"$ref": "#/components/schemas/Address"},
                        "parent": {"$ref": "#/components/schemas/Customer"},
                    },
                },
            })
        );
    }

    #[test]
    fn a_type_is_the_same_as_a_body_and_inside_another() {
        let mut schemas = Schemas::default();
        schemas.add_root(json!({"title": "Address", "type": "object"})).unwrap();
        schemas.add_root(customer(json!({"type": "object"}))).unwrap();
    }

    #[test]
    fn one_name_with_two_meanings_is_refused() {
        let mut schemas = Schemas::default();
        schemas.add_root(customer(json!({"type": "object"}))).unwrap();
        let error = schemas.add_root(customer(json!({"type": "string"}))).unwrap_err();
        assert!(error.to_string().starts_with("two schemas are named Address"), "{error}");
    }
}
