//! Links: what an answer leads to, for a reader and for whoever tries operations one after another.
//!
//! They follow from the ids. What changes an object leads to every other operation at a path that
//! ends with an id of its kind; an id of something else in it leads to where that is read; a list
//! leads to its first object.

use super::operation::Operation;
use serde_json::{Map, Value, json};

/// One link: its name in `components/links`, and what it is.
pub(super) type Link = (String, Value);

/// Where the answer of `operation` leads.
pub(super) fn of(operation: &Operation, all: &[Operation]) -> Vec<Link> {
    let answer = &operation.described.response;
    let (ids, list) = match answer.pointer("/properties/items/items/$ref").and_then(Value::as_str) {
        Some(item) if operation.method == "get" => {
            let item = answer.pointer(item.trim_start_matches('#')).unwrap_or(&Value::Null);
            (ids(item), true)
        }
        _ => (ids(answer), false),
    };
    let changes = matches!(operation.method.as_str(), "post" | "patch");
    let others = all.iter().filter(|other| other.id != operation.id && other.is_for_clients());
    let lead = others.flat_map(|other| {
        let reads = other.method == "get" && !is_list(other);
        let ways = ways(other, &ids).into_iter();
        ways.filter(move |way| match (list, way.own) {
            (true, own) => own && reads,
            (false, true) => changes,
            (false, false) => changes && reads,
        })
        .map(move |way| way.link(other, list))
    });
    lead.collect()
}

/// How `operation` can be reached with the ids of an answer.
struct Way<'a> {
    /// The field of the last id in its path.
    field: &'a str,
    /// Whether that is the id of the answer itself.
    own: bool,
    /// The field for each parameter of its path.
    fields: Vec<(&'a str, &'a str)>,
}

fn ways<'a>(operation: &'a Operation, ids: &[(&'a str, &'a Value)]) -> Vec<Way<'a>> {
    let described = &operation.described;
    let schemas = [&described.target, &described.part].into_iter().flatten();
    let parameters: Vec<_> = operation
        .path_parameters()
        .zip(schemas.filter_map(|schema| schema.get("pattern")))
        .collect();
    let Some(((last, kind), before)) = parameters.split_last() else { return Vec::new() };
    let first_of = |kind: &Value| ids.iter().find(|(_, pattern)| *pattern == kind);
    let above: Option<Vec<_>> =
        before.iter().map(|(name, kind)| Some((*name, first_of(kind)?.0))).collect();
    let Some(above) = above else { return Vec::new() };
    let of_kind = ids.iter().filter(|(_, pattern)| pattern == kind);
    let way = |(field, _): &(&'a str, &'a Value)| {
        let fields = above.iter().copied().chain([(*last, *field)]).collect();
        Way { field, own: *field == "id", fields }
    };
    of_kind.map(way).collect()
}

impl Way<'_> {
    fn link(&self, operation: &Operation, list: bool) -> Link {
        let within = if list { "/items/0" } else { "" };
        let parameter = |(name, field): &(&str, &str)| {
            ((*name).to_owned(), json!(format!("$response.body#{within}/{field}")))
        };
        let parameters: Map<_, _> = self.fields.iter().map(parameter).collect();
        let name = match (list, self.own) {
            (true, _) => format!("{}First", operation.id),
            (false, true) => operation.id.clone(),
            (false, false) => format!("{}.{}", operation.id, self.field),
        };
        (name, json!({"operationId": operation.id, "parameters": parameters}))
    }
}

/// The fields of an object that hold an id, and the pattern of each.
fn ids(schema: &Value) -> Vec<(&str, &Value)> {
    // Of several sorts of answers, the first is that to a secret token.
    let first = schema.pointer("/oneOf/0/$ref").and_then(Value::as_str);
    let schema =
        first.and_then(|one| schema.pointer(one.trim_start_matches('#'))).unwrap_or(schema);
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let named = fields.filter(|(name, _)| *name == "id" || name.ends_with("_id"));
    named.filter_map(|(name, field)| Some((name.as_str(), field.get("pattern")?))).collect()
}

fn is_list(operation: &Operation) -> bool {
    operation.described.response.pointer("/properties/has_more").is_some()
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::{openapi::operation::Operation, template::Route};
    use serde_json::{Value, json};

    fn id(prefix: &str) -> Value {
        json!({"type": "string", "pattern": format!("^{prefix}_")})
    }

    fn operation(bin: &str, method: &str, path: &str, answer: Value) -> Operation {
        let described = json!({
            "scope": "customers:write",
            "publishable": false,
            "target": path.contains("{id}").then(|| id("cus")),
            "part": path.contains("{part}").then(|| id("pm")),
            "parameters": [],
            "request": null,
            "response": answer,
            "example": {"request": null, "response": null},
            "errors": [],
        });
        let route = Route { method: method.to_owned(), path: path.to_owned() };
        let described = serde_json::from_value(described).unwrap();
        Operation::new(bin, &route, vec![], "x", "//! `GET /x`: do it.", described).unwrap()
    }

    #[test]
    fn an_answer_leads_to_what_its_ids_are_the_ids_of() {
        let customer = json!({"properties": {"id": id("cus"), "account_id": id("acc")}});
        let method = json!({"properties": {"id": id("pm"), "customer_id": id("cus")}});
        let list = json!({
            "properties": {"items": {"items": {"$ref": "#/$defs/Customer"}}, "has_more": {}},
            "$defs": {"Customer": customer},
        });
        let all = [
            operation("make", "POST", "/customers", customer.clone()),
            operation("list", "GET", "/customers", list),
            operation("get", "GET", "/customers/{id}", customer.clone()),
            operation("change", "PATCH", "/customers/{id}", customer),
            operation("add", "POST", "/customers/{id}/methods", method),
            operation("drop", "DELETE", "/customers/{id}/methods/{part}", json!({})),
        ];
        let links = |from: usize| {
            let parameters = |link: &Value| link.get("parameters").unwrap().to_string();
            let links = of(&all[from], &all).into_iter();
            links.map(|(name, link)| format!("{name} {}", parameters(&link))).collect::<Vec<_>>()
        };
        let own = r#"{"id":"$response.body#/id"}"#;
        assert_eq!(links(0), ["get", "change", "add"].map(|name| format!("{name} {own}")));
        assert_eq!(links(1), [r#"getFirst {"id":"$response.body#/items/0/id"}"#]);
        assert!(links(2).is_empty(), "what is read leads nowhere new");
        assert_eq!(links(3), ["get", "add"].map(|name| format!("{name} {own}")));
        let part = r#"{"id":"$response.body#/customer_id","part":"$response.body#/id"}"#;
        let whole = r#"{"id":"$response.body#/customer_id"}"#;
        assert_eq!(links(4), [format!("get.customer_id {whole}"), format!("drop {part}")]);
        assert!(links(5).is_empty());
    }
}
