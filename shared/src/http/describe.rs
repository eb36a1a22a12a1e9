//! What an operation takes and gives, from its types, for the OpenAPI document.
//!
//! A debug build of a function prints it when run with `--describe`; `make openapi` puts the answers
//! of all functions together with the routes in template.yaml. So the document, the reader of a
//! request and the writer of an answer come from the same types.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    base::{
        id::Kind,
        input::{self, FromCloudEvents, Input},
    },
    model::{auth::Scope, entity::Representation, expansion::Expansion, external_id::ExternalId},
};

/// An operation as documentation.
#[derive(Debug)]
pub struct Description {
    target: Option<Value>,
    part: Option<Value>,
    entity: Option<&'static str>,
    /// Whether clients should leave it.
    pub deprecated: bool,
    parameters: Vec<Value>,
    request: Option<Value>,
    request_example: Option<Value>,
    /// What else than JSON of ours the body may be: how its `Content-Type` says so, its schema, an example.
    also: Vec<Value>,
    media: &'static str,
    response: Value,
    response_example: Value,
}

impl Description {
    /// An operation that answers with a `T`.
    pub fn of<T: Representation>() -> Self {
        let mut description = Self {
            target: None,
            part: None,
            entity: None,
            deprecated: false,
            parameters: Vec::new(),
            request: None,
            request_example: None,
            also: Vec::new(),
            media: T::MEDIA,
            response: schema_of::<T>(true),
            response_example: T::example(),
        };
        description.expandable(T::EXPANSIONS);
        description
    }

    /// The path names an object of this kind.
    pub fn target<K: Kind>(&mut self) {
        self.entity = Some(K::NOUN);
        self.target = Some(id_schema::<K>());
    }

    /// The path names an object of this kind by the caller's own id.
    pub fn external<K: Kind>(&mut self) {
        self.entity = Some(K::NOUN);
        self.named::<ExternalId>();
    }

    /// The path names something by what the caller calls it.
    pub fn named<T: JsonSchema>(&mut self) {
        let mut schema = schema_of::<T>(false);
        schema.as_object_mut().map(|schema| schema.remove("title"));
        self.target = Some(schema);
    }

    /// The path names a part of it, of this kind.
    pub fn part<K: Kind>(&mut self) {
        self.entity = Some(K::NOUN);
        self.part = Some(id_schema::<K>());
    }

    /// The body is a `T`.
    pub fn body<T: Input + JsonSchema>(&mut self) {
        self.request = Some(schema_of::<T>(false));
        self.request_example = T::example();
    }

    /// The body may also be CloudEvents.
    pub fn cloud_events<T: FromCloudEvents>(&mut self) {
        let described = input::described(T::event_example()).into_iter();
        self.also.extend(described.map(|(media, schema, example)| {
            json!({"media": media.name(), "schema": schema, "example": example})
        }));
    }

    /// A query parameter.
    pub fn parameter<T: JsonSchema>(&mut self, name: &str, about: &str, example: Option<Value>) {
        let mut schema = schema_of::<T>(false);
        without_null(&mut schema);
        self.add(name, about, schema, example);
    }

    /// Each field of `F` as a query parameter.
    pub fn parameters<F: JsonSchema>(&mut self) {
        let schema = schema_of::<F>(false);
        let fields = schema.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            let mut field = field.clone();
            let own = field.get("description").and_then(Value::as_str).unwrap_or_default();
            let own = own.to_owned();
            without_null(&mut field);
            // The types that it names: the schema of a parameter stands by itself.
            if let (Some(types), Some(field)) = (schema.get("$defs"), field.as_object_mut())
                && field.contains_key("$ref")
            {
                let mut types = types.clone();
                // A range is no parameter: its bounds are.
                types.as_object_mut().and_then(|types| types.remove("TimeRange"));
                field.insert("$defs".to_owned(), types);
            }
            let about = field.as_object_mut().and_then(|field| field.remove("description"));
            let about = about.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
            let named = field.get("$ref").and_then(Value::as_str).unwrap_or_default();
            if named.ends_with("/TimeRange") {
                self.bounds(name, |bound| format!("{own} {bound}."));
                continue;
            }
            self.add(name, &about, field, None);
            let required = schema.get("required").and_then(Value::as_array);
            if required.is_some_and(|names| names.iter().any(|one| one == name))
                && let Some(Value::Object(parameter)) = self.parameters.last_mut()
            {
                parameter.insert("required".to_owned(), true.into());
            }
        }
    }

    /// A header without which nothing is done.
    pub fn header(&mut self, name: &str, about: &str) {
        let schema = json!({"type": "string"});
        self.parameters.push(json!({
            "name": name, "in": "header", "required": true, "description": about, "schema": schema,
        }));
    }

    /// The body is a document that somebody else defines.
    pub fn document(&mut self, name: &str, about: &str) {
        self.request = Some(json!({
            "title": name, "type": "object", "description": about, "required": ["type", "data"],
            "properties": {
                "type": {"type": "string", "description": "What happened."},
                "data": {"type": "object", "description": "What it happened to."},
            },
        }));
    }

    /// The bounds of a range of time.
    pub fn range(&mut self) {
        self.bounds("created_at", |bound| format!("Created {bound}."));
    }

    /// The bounds of a range of time.
    fn bounds(&mut self, name: &str, about: impl Fn(&str) -> String) {
        let bounds = [
            ("gte", "at this instant or later"),
            ("gt", "later than this instant"),
            ("lte", "at this instant or earlier"),
            ("lt", "earlier than this instant"),
        ];
        for (bound, when) in bounds {
            let schema = json!({"type": "string", "format": "date-time"});
            let example = json!("2026-01-31T09:30:00Z");
            self.add(&format!("{name}[{bound}]"), &about(when), schema, Some(example));
        }
    }

    fn expandable(&mut self, expansions: &[Expansion]) {
        let names: Vec<_> = expansions.iter().map(|expansion| expansion.name).collect();
        if !names.is_empty() {
            let about = format!(
                "What to show beside the object: {}. Several are separated by commas.",
                names.join(", ")
            );
            let names = json!({"type": "string", "enum": names});
            let schema = json!({"type": "array", "items": names, "minItems": 1});
            self.add("expand", &about, schema, None);
            if let Some(Value::Object(expand)) = self.parameters.last_mut() {
                expand.insert("explode".to_owned(), false.into());
            }
        }
    }

    fn add(&mut self, name: &str, about: &str, schema: Value, example: Option<Value>) {
        let mut parameter = json!({
            "name": name, "in": "query", "required": false, "description": about, "schema": schema,
        });
        if let (Some(example), Some(object)) = (example, parameter.as_object_mut()) {
            object.insert("example".to_owned(), example);
        }
        self.parameters.push(parameter);
    }

    /// What an operation may be refused with that needs `scope`.
    fn refusals(&self, scope: Scope) -> Vec<u16> {
        let mut errors = vec![400, 401, 403, 413, 415, 429, 500, 503];
        if self.target.is_some() {
            errors.push(404);
        }
        if scope.is_write() {
            errors.extend([409, 422]);
        }
        // Of some objects there is no such document, as they are.
        if !scope.is_write() && self.media != "application/json" {
            errors.push(422);
        }
        // An object has a version; what is only named by the caller has none.
        if scope.is_write() && self.target.is_some() && self.entity.is_some() {
            errors.push(412);
        }
        errors.sort_unstable();
        errors
    }

    /// The description as `--describe` prints it; without a scope, of an operation without a token.
    pub fn into_json(self, scope: Option<Scope>) -> Value {
        let unsigned = || vec![400, 409, 413, 429, 500, 503];
        let errors = scope.map_or_else(unsigned, |scope| self.refusals(scope));
        json!({
            "scope": scope,
            "publishable": scope.is_some_and(Scope::publishable),
            "deprecated": self.deprecated,
            "entity": self.entity,
            "target": self.target,
            "part": self.part,
            "parameters": self.parameters,
            "request": self.request.map(|schema| {
                json!({"required": schema.get("required").is_some(), "schema": schema})
            }),
            "also": self.also,
            "media": self.media,
            "response": self.response,
            "example": {"request": self.request_example, "response": self.response_example},
            "errors": errors,
        })
    }
}

/// The schema of `T` as it is written (`answer`) or read.
fn schema_of<T: JsonSchema>(answer: bool) -> Value {
    let settings = SchemaSettings::draft2020_12();
    let settings = if answer { settings.for_serialize() } else { settings };
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.remove("$schema");
    let mut schema = schema.to_value();
    plain(&mut schema);
    schema
}

/// Writes `schema` in the words that generators of clients know: no defaults, because the only ones are
/// of answers, which have every field; no unsigned integers, which JSON Schema has no formats for; and
/// null as one alternative among the others.
fn plain(schema: &mut Value) {
    match schema {
        Value::Object(schema) => {
            // A field may itself be called so.
            if schema.get("default").is_some_and(|default| !default.is_object()) {
                schema.shift_remove("default");
            }
            match schema.get("format").and_then(Value::as_str) {
                Some("uint" | "uint32" | "uint64") => {
                    schema.insert("format".to_owned(), "int64".into())
                }
                Some("uint8" | "uint16") => schema.shift_remove("format"),
                _ => None,
            };
            if let Some(several) = nullable_alternatives(schema) {
                schema.shift_remove("anyOf");
                schema.insert("oneOf".to_owned(), several);
            }
            schema.values_mut().for_each(plain);
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Of `anyOf: [{oneOf: […]}, {type: null}]`, all alternatives together.
fn nullable_alternatives(schema: &Map<String, Value>) -> Option<Value> {
    let [one, null] = schema.get("anyOf")?.as_array()?.as_slice() else { return None };
    let several = one.get("oneOf")?.as_array()?.iter().chain([null]);
    (*null == json!({"type": "null"})).then(|| several.cloned().collect())
}

/// A query parameter is absent rather than null.
fn without_null(schema: &mut Value) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.as_object_mut().map(|schema| schema.insert("type".to_owned(), only));
        }
    }
    if let Some(Value::Array(several)) = schema.get("anyOf")
        && let [one, null] = several.as_slice()
        && *null == json!({"type": "null"})
    {
        *schema = one.clone();
    }
}

/// The id in the path, for a description.
fn id_schema<K: Kind>() -> serde_json::Value {
    json!({"type": "string", "pattern": format!("^{}_(prod|stg)_[a-z0-9]{{16}}$", K::PREFIX)})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{input::input, money::Decimal};

    #[derive(serde::Serialize, JsonSchema)]
    struct Answer {
        count: u64,
        attempt: u32,
        month: u8,
        #[serde(default)]
        #[schemars(with = "bool")]
        valid: Option<bool>,
        price: Option<Decimal>,
    }

    input! {
        struct Asked {
            price: Option<Decimal>,
        }
    }

    #[test]
    fn an_answer_is_said_in_words_that_generators_of_clients_know() {
        let _read = |asked: Asked| asked.price;
        let schema = schema_of::<Answer>(true);
        let field = |name: &str| schema["properties"][name].clone();
        assert_eq!(field("count"), json!({"type": "integer", "format": "int64", "minimum": 0}));
        assert_eq!(field("attempt")["format"], "int64");
        assert_eq!(field("month"), json!({"type": "integer", "minimum": 0, "maximum": 255}));
        assert_eq!(field("valid"), json!({"type": "boolean"}));
        assert_eq!(field("price")["type"], json!(["string", "null"]), "a decimal is text");
    }

    #[test]
    fn a_decimal_that_is_sent_is_a_text_a_number_or_null() {
        let schema = schema_of::<Asked>(false);
        let several = schema["properties"]["price"]["oneOf"].as_array().unwrap();
        let types: Vec<_> = several.iter().map(|one| &one["type"]).collect();
        assert_eq!(types, ["string", "number", "null"]);
    }

    #[test]
    fn a_parameter_is_never_null() {
        let mut named = json!({"anyOf": [{"$ref": "#/$defs/State"}, {"type": "null"}]});
        without_null(&mut named);
        assert_eq!(named, json!({"$ref": "#/$defs/State"}));
        let mut text = json!({"type": ["string", "null"], "maxLength": 3});
        without_null(&mut text);
        assert_eq!(text, json!({"type": "string", "maxLength": 3}));
    }
}
