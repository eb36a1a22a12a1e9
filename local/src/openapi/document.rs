//! The document itself: operations in the order of the template, and what they refer to.

use super::{
    common,
    links::{self, Link},
    operation::Operation,
    schemas::Schemas,
};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The whole document.
pub(super) fn document(operations: &[Operation]) -> Result<Value> {
    let mut schemas = Schemas::default();
    schemas.add("Problem", common::problem())?;
    let (mut paths, mut leading) = (Map::new(), Map::new());
    for operation in operations {
        let links = links::of(operation, operations);
        let written = write(operation, &links, &mut schemas)
            .with_context(|| format!("operation {}", operation.id))?;
        let path = paths.entry(&operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.clone(), written);
        }
        leading.extend(links);
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Billing API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": include_str!("introduction.md").trim_end(),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {"url": "http://127.0.0.1:9000", "description": "On this machine, with `make dev`"},
            {
                "url": "https://{host}",
                "description": "A deployment of your own",
                "variables": {
                    "host": {
                        "default": "api.example.com",
                        "description": "The host in the `ApiUrl` that the deployment prints",
                    },
                },
            },
        ],
        "tags": tags(operations),
        "paths": paths,
        "components": components(operations, schemas, leading),
    }))
}

fn tags(operations: &[Operation]) -> Value {
    // Each once, in the order of the template.
    let mut known = BTreeSet::new();
    let names = operations.iter().map(|operation| operation.tag.as_str());
    names.filter(|name| known.insert(*name)).map(|name| json!({"name": name})).collect()
}

/// What the operations refer to. Only that: a component nobody uses is noise.
fn components(operations: &[Operation], schemas: Schemas, mut links: Map<String, Value>) -> Value {
    let refusals: Vec<_> = common::REFUSALS
        .iter()
        .filter(|refusal| operations.iter().any(|o| o.described.errors.contains(&refusal.status)))
        .collect();
    let mut used: BTreeSet<&str> = refusals.iter().flat_map(|one| one.headers).copied().collect();
    used.extend(["ETag", "Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "Request-Id"]);
    let mut headers = common::response_headers();
    headers.retain(|name, _| used.contains(name.as_str()));
    let responses: Map<_, _> =
        refusals.iter().map(|refusal| (refusal.name.to_owned(), refusal.response())).collect();
    links.sort_keys();
    json!({
        "schemas": schemas.into_sorted(),
        "responses": responses,
        "links": links,
        "parameters": common::request_headers(),
        "headers": headers,
        "securitySchemes": common::security_schemes(),
    })
}

fn write(operation: &Operation, links: &[Link], schemas: &mut Schemas) -> Result<Value> {
    let described = &operation.described;
    let answer = schemas.add_root(described.response.clone()).context("response")?;
    let mut written = Map::new();
    let mut put = |key: &str, value: Value| written.insert(key.to_owned(), value);
    put("operationId", json!(operation.id));
    put("tags", json!([operation.tag]));
    put("summary", json!(operation.summary));
    put("description", json!(description(operation)));
    if described.deprecated {
        put("deprecated", json!(true));
    }
    put(
        "security",
        match &described.scope {
            Some(scope) => json!([{"bearer": [scope]}]),
            None => json!([]),
        },
    );
    let parameters = parameters(operation, schemas)?;
    if !parameters.is_empty() {
        put("parameters", Value::Array(parameters));
    }
    if let Some(request) = &described.request {
        let schema = schemas.add_root(request.schema.clone()).context("request")?;
        let mut media = content("application/json", schema, described.example.request.as_ref());
        for also in &described.also {
            let schema = schemas.add_root(also.schema.clone()).context("request")?;
            let other = content(&also.media, schema, Some(&also.example));
            if let (Some(media), Value::Object(other)) = (media.as_object_mut(), other) {
                media.extend(other);
            }
        }
        // A change of nothing is `{}`: a PATCH without a body is a mistake.
        let required = request.required || operation.method == "patch";
        put("requestBody", json!({"required": required, "content": media}));
    }
    put("responses", responses(operation, links, schemas, answer)?);
    Ok(Value::Object(written))
}

fn description(operation: &Operation) -> String {
    let mut paragraphs = Vec::new();
    if !operation.notes.is_empty() {
        paragraphs.push(operation.notes.clone());
    }
    paragraphs.push(match (&operation.described.scope, operation.described.publishable) {
        (Some(scope), true) => format!("Needs the scope `{scope}`, or a publishable token."),
        (Some(scope), false) => format!("Needs the scope `{scope}`."),
        (None, _) => "Needs no token.".to_owned(),
    });
    if !operation.aliases.is_empty() {
        paragraphs.push(format!("Also at `{}`.", operation.aliases.join("`, `")));
    }
    paragraphs.join("\n\n")
}

/// Path, query and header parameters, in this order.
fn parameters(operation: &Operation, schemas: &mut Schemas) -> Result<Vec<Value>> {
    let described = &operation.described;
    let mut parameters = Vec::new();
    let ids = [&described.target, &described.part];
    for (index, name) in operation.path_parameters().enumerate() {
        let schema = ids.get(index).and_then(|schema| schema.as_ref());
        let schema = schema.context("its path has an id that it does not read")?;
        parameters.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
    }
    for mut parameter in described.parameters.iter().cloned() {
        if let Some(schema) = parameter.get_mut("schema") {
            schemas.add_part(schema)?;
        }
        parameters.push(parameter);
    }
    let headers =
        [("Idempotency-Key", operation.changes()), ("If-Match", operation.changes_existing())];
    for (name, _) in headers.into_iter().filter(|(_, wanted)| *wanted) {
        parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
    }
    Ok(parameters)
}

fn responses(
    operation: &Operation,
    links: &[Link],
    schemas: &Schemas,
    answer: Value,
) -> Result<Value> {
    let described = &operation.described;
    let has_version = schemas.has_property(&answer, "version");
    let mut responses = Map::new();
    let mut success = json!({
        "description": operation.summary,
        "headers": common::success_headers(operation.is_for_clients(), has_version, operation.changes()),
        "content": content(&described.media, answer, described.example.response.as_ref()),
    });
    let leading =
        |(name, _): &Link| (name.clone(), json!({"$ref": format!("#/components/links/{name}")}));
    let links: Map<_, _> = links.iter().map(leading).collect();
    if let Some(success) = success.as_object_mut().filter(|_| !links.is_empty()) {
        success.insert("links".to_owned(), links.into());
    }
    responses.insert("200".to_owned(), success);
    let mut statuses = described.errors.clone();
    statuses.sort_unstable();
    for status in statuses {
        let refusal = common::REFUSALS
            .iter()
            .find(|refusal| refusal.status == status)
            .with_context(|| format!("nothing is known about status {status}"))?;
        let reference = json!({"$ref": format!("#/components/responses/{}", refusal.name)});
        responses.insert(status.to_string(), reference);
    }
    Ok(Value::Object(responses))
}

fn content(media: &str, schema: Value, example: Option<&Value>) -> Value {
    let mut body = json!({"schema": schema});
    if let (Some(example), Some(body)) = (example, body.as_object_mut()) {
        body.insert("example".to_owned(), example.clone());
    }
    json!({media: body})
}

#[cfg(test)]
mod tests {
    use super::{Operation, document};
    use crate::template::Route;
    use serde_json::{Value, json};

    fn operation(bin: &str, method: &str, path: &str, about: Value) -> Operation {
        let customer = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Customer",
            "type": "object",
            "properties": {
                "version": {"type": "integer"},
            },
        });
        let mut described = json!({
            "scope": "customers:write",
            "publishable": false,
            "entity": path.contains("{id}").then_some("customer"),
            "target": path.contains("{id}").then(|| json!({"type": "string", "pattern": "^cus_"})),
            "parameters": [],
            "request": null,
            "response": customer,
            "example": {"request": null, "response": null},
            "errors": [429, 401],
        });
        for (key, value) in about.as_object().unwrap() {
            described.as_object_mut().unwrap().insert(key.clone(), value.clone());
        }
        let source = "//! `GET /api/customers`: do it.\n//!\n//! With care.\nuse shared;\n//! no";
        Operation::new(
            bin,
            &Route { method: method.to_owned(), path: path.to_owned() },
            vec![],
            "customers",
            source,
            serde_json::from_value(described).unwrap(),
        )
        .unwrap()
    }

    fn names(list: &Value) -> Vec<String> {
        let name = |one: &Value| {
            let text = one.get("name").or(one.get("$ref")).and_then(Value::as_str).unwrap();
            text.rsplit('/').next().unwrap().to_owned()
        };
        list.as_array().unwrap().iter().map(name).collect()
    }

    #[test]
    fn an_operation_is_written_from_its_three_sources() {
        let request = json!({"title": "CustomerPatch", "type": "object"});
        let about = json!({
            "request": {"required": true, "schema": request},
            "parameters": [
                {"name": "expand", "in": "query", "schema": {"type": "string", "title": "Choice"}},
            ],
            "example": {"request": {"name": "Ada"}, "response": {"id": "cus_1"}},
        });
        let update = operation("customers-update", "PATCH", "/api/customers/{id}", about);
        let document = document(&[update]).unwrap();
        let written = document.pointer("/paths/~1api~1customers~1{id}/patch").unwrap();
        let at = |pointer: &str| written.pointer(pointer).unwrap();

        assert_eq!(at("/operationId"), "customersUpdate");
        assert_eq!(at("/summary"), "Do it");
        assert_eq!(at("/description"), "With care.\n\nNeeds the scope `customers:write`.");
        assert_eq!(at("/tags"), &json!(["Customers"]));
        assert_eq!(at("/security"), &json!([{"bearer": ["customers:write"]}]));
        assert_eq!(names(at("/parameters")), ["id", "expand", "Idempotency-Key", "If-Match"]);
        assert_eq!(at("/parameters/0/schema/pattern"), "^cus_");
        assert_eq!(at("/parameters/1/schema"), &json!({"type": "string"}));
        assert_eq!(
            at("/requestBody"),
            &json!({
                "required": true,
                "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/CustomerPatch"},
                    "example": {"name": "Ada"},
                }},
            })
        );
        let statuses: Vec<_> = at("/responses").as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["200", "401", "429"]);
        assert_eq!(at("/responses/401/$ref"), "#/components/responses/Unauthorized");
        let headers: Vec<_> = at("/responses/200/headers").as_object().unwrap().keys().collect();
        assert_eq!(
            headers,
            ["Request-Id", "RateLimit-Policy", "RateLimit", "ETag", "Idempotent-Replayed"]
        );
    }

    #[test]
    fn only_a_change_has_the_headers_of_a_change() {
        let headers_of = |method: &str, path: &str| {
            let document = document(&[operation("x", method, path, json!({}))]).unwrap();
            let path = document.pointer("/paths").unwrap().get(path).unwrap();
            let written = path.get(method.to_lowercase()).unwrap();
            written.get("parameters").map(names).unwrap_or_default()
        };
        assert_eq!(headers_of("GET", "/api/customers"), [""; 0]);
        assert_eq!(headers_of("POST", "/api/customers"), ["Idempotency-Key"]);
        assert_eq!(headers_of("PATCH", "/api/account"), ["Idempotency-Key", "If-Match"]);
        assert_eq!(
            headers_of("POST", "/api/tokens/{id}/roll"),
            ["id", "Idempotency-Key", "If-Match"]
        );
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_component_is_used() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    for (key, value) in map {
                        match value.as_str() {
                            Some(target) if key == "$ref" => found.push(target.to_owned()),
                            _ => references(value, found),
                        }
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        let all =
            json!({"errors": [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503]});
        let update = operation("customers-update", "PATCH", "/api/customers/{id}", all);
        let document = document(&[update]).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        for target in &found {
            assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
        }
        for (kind, components) in document.get("components").unwrap().as_object().unwrap() {
            for name in components.as_object().unwrap().keys() {
                let target = format!("#/components/{kind}/{name}");
                assert!(kind == "securitySchemes" || found.contains(&target), "{target} is unused");
            }
        }
    }

    #[test]
    fn a_status_without_words_is_refused() {
        let teapot = operation("x", "GET", "/api/x", json!({"errors": [418]}));
        let error = format!("{:#}", document(&[teapot]).unwrap_err());
        assert!(error.contains("nothing is known about status 418"), "{error}");
    }
}
