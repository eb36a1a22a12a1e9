//! What an operation takes and gives, from its types, for the OpenAPI document.
//!
//! A debug build of a function prints it when run with `--describe`; `make openapi` puts the answers
//! of all functions together with the routes in template.yaml. So the document, the reader of a
//! request and the writer of an answer come from the same types.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::{
    base::{id::Kind, input::Input, page::TimeRange},
    model::{auth::Scope, entity::Representation, expansion::Expansion},
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
            without_null(&mut field);
            let about = field.as_object_mut().and_then(|field| field.remove("description"));
            let about = about.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
            self.add(name, &about, field, None);
        }
    }

    /// The bounds of a range of time.
    pub fn range(&mut self) {
        let schema = schema_of::<TimeRange>(false);
        let bounds = schema.get("properties").and_then(Value::as_object);
        for (bound, field) in bounds.into_iter().flatten() {
            let about = field.get("description").and_then(Value::as_str).unwrap_or_default();
            let schema = json!({"type": "string", "format": "date-time"});
            let example = json!("2026-01-31T09:30:00Z");
            self.add(&format!("created_at[{bound}]"), about, schema, Some(example));
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

    /// The description as `--describe` prints it.
    pub fn into_json(self, scope: Scope) -> Value {
        let mut errors = vec![400, 401, 403, 413, 415, 429, 500, 503];
        if self.target.is_some() {
            errors.push(404);
        }
        if scope.is_write() {
            errors.extend([409, 422]);
        }
        if scope.is_write() && self.target.is_some() {
            errors.push(412);
        }
        errors.sort_unstable();
        json!({
            "scope": scope,
            "publishable": scope.publishable(),
            "deprecated": self.deprecated,
            "entity": self.entity,
            "target": self.target,
            "part": self.part,
            "parameters": self.parameters,
            "request": self.request.map(|schema| {
                json!({"required": schema.get("required").is_some(), "schema": schema})
            }),
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
    schema.to_value()
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
}

/// The id in the path, for a description.
fn id_schema<K: Kind>() -> serde_json::Value {
    json!({"type": "string", "pattern": format!("^{}_(prod|stg)_[a-z0-9]{{16}}$", K::PREFIX)})
}
