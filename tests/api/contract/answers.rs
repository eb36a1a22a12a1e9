//! What answers look like, and what is answered where there is no route.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Map, Value};

use super::world::{Ask, Operation, World, bearer, fill, standard_faults};
use crate::client::Answer;

/// Takes `last_used_at` out of a body: reading a token is a use of one.
pub(crate) fn without_last_use(body: &mut Value) {
    match body {
        Value::Object(object) => {
            object.remove("last_used_at");
            object.values_mut().for_each(without_last_use);
        }
        Value::Array(items) => items.iter_mut().for_each(without_last_use),
        _ => {}
    }
}

/// A body with its leaves replaced by their types.
fn shape(body: &Value) -> Value {
    let name = match body {
        Value::Object(object) => {
            return object.iter().map(|(key, value)| (key.clone(), shape(value))).collect();
        }
        Value::Array(items) => return items.iter().map(shape).collect(),
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
    };
    name.into()
}

fn header_names(answer: &Answer) -> BTreeSet<String> {
    answer.headers.keys().map(|name| name.as_str().to_owned()).collect()
}

#[tokio::test]
async fn both_forms_of_a_path_answer_the_same() {
    let world = World::start().await;
    let operations = world.operations.clone();
    for operation in &operations {
        world.check(operation.paths.len() >= 2, || format!("{}: one path", operation.route()));
        let mut answers = Vec::new();
        for path in &operation.paths {
            let ask = match operation.changes() {
                true => world.fresh(operation, path).await,
                false => world.right(operation, path).await,
            };
            let answer = world.expect(200, operation, &ask, "the sample").await;
            for name in undocumented(&operation.answer, &answer.body) {
                world.check(false, || format!("{}: {name} is undocumented", operation.route()));
            }
            let nonsense = match operation.changes() {
                true => world.fresh(operation, path).await,
                false => ask,
            };
            let nonsense = nonsense.asking("nonsense=1");
            let problem = world.send(operation, &nonsense).await;
            answers.push((answer, problem));
        }
        let (first, problem) = &answers[0];
        for (answer, other_problem) in &answers[1..] {
            compare(&world, operation, first, answer);
            let faults = [problem, other_problem].map(|one| one.body["errors"].clone());
            world.check(faults[0] == faults[1], || {
                format!("{}: the problems differ: {faults:?}", operation.route())
            });
        }
        if operation.changes_existing() || operation.method == Method::POST {
            let tagged = first.header("etag").is_some();
            // What is gone or simulated, results that are no object, and events of usage have no version.
            let gone = ["deleted", "results", "identifier", "complete_until"]
                .iter()
                .any(|name| first.body.get(name).is_some());
            world.check(tagged != gone, || format!("{}: its ETag", operation.route()));
        }
    }
    world.report();
}

/// The fields of an answer that its schema does not name. openapi.yaml lets an answer have more, so
/// that one may be added; whoever holds answers to the document alone would not see these.
fn undocumented(schema: &Value, body: &Value) -> Vec<String> {
    // Of several sorts of answers, a secret token is given the first.
    if let Some(place) = schema["oneOf"][0]["$ref"].as_str().and_then(|one| one.strip_prefix('#')) {
        let mut first = schema.pointer(place).cloned().unwrap_or_default();
        first["$defs"] = schema["$defs"].clone();
        return undocumented(&first, body);
    }
    let mut names = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let Some(field) = schema["properties"].get(name) else {
            names.push(name.clone());
            continue;
        };
        let place = field["items"]["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
        let Some(item) = place.and_then(|place| schema.pointer(place)) else { continue };
        let items = value.as_array().into_iter().flatten();
        names.extend(items.flat_map(|value| undocumented(item, value)));
    }
    names
}

/// Without what is another from one request to the next: more is counted, and what is told is told of an
/// instant.
pub(super) fn without_what_grows(operation: &Operation, body: &mut Value) {
    let grows =
        ["/api/analytics/revenue", "/api/passkeys/new/challenge"].contains(&&*operation.path);
    if grows || operation.path.ends_with("/state") {
        let grows = ["counted_until", "currencies", "at", "challenge", "expires_at"];
        body.as_object_mut().unwrap().retain(|name, _| !grows.contains(&name.as_str()));
    }
}

fn compare(world: &World, operation: &Operation, first: &Answer, second: &Answer) {
    let names = [first, second].map(header_names);
    world.check(names[0] == names[1], || {
        format!("{}: the headers differ: {names:?}", operation.route())
    });
    let mut bodies = [first.body.clone(), second.body.clone()];
    bodies.iter_mut().for_each(without_last_use);
    if operation.changes() {
        bodies = bodies.map(|body| shape(&body));
    }
    bodies.iter_mut().for_each(|body| without_what_grows(operation, body));
    world.check(bodies[0] == bodies[1], || {
        format!("{}: {} and {}", operation.route(), bodies[0], bodies[1])
    });
}

#[tokio::test]
async fn a_path_with_another_method_names_those_there_are() {
    let world = World::start().await;
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for operation in &world.operations {
        for path in &operation.paths {
            let methods = methods.entry(path).or_default();
            methods.insert(operation.method.as_str());
            // A publishable route answers a browser's question, by a route of its own.
            if operation.publishable {
                methods.insert("OPTIONS");
            }
        }
    }
    let every = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    for (path, there_are) in &methods {
        let allow = there_are.iter().copied().collect::<Vec<_>>().join(", ");
        let ids = vec!["nonsense".to_owned(); path.matches('{').count()];
        for method in every.into_iter().filter(|method| !there_are.contains(method)) {
            let path = fill(path, &world.own.id, &ids);
            let ask =
                Ask { authorization: Some(bearer(&world.own.secret)), path, ..Ask::default() };
            let answer = world.send_as(method.parse().unwrap(), &ask).await;
            let place = format!("{method} {}", ask.path);
            let allowed = answer.header("allow");
            world.check(answer.status == 405 && allowed == Some(allow.as_str()), || {
                format!("{place}: {}, Allow: {allowed:?} in place of {allow}", answer.status)
            });
            unrouted(&world, method, &place, &ask.path, &answer);
        }
    }
    world.report();
}

#[tokio::test]
async fn where_there_is_no_route_a_problem_says_so() {
    let world = World::start().await;
    let longer = world.operations.iter().flat_map(|one| &one.paths).flat_map(|path| {
        let path = fill(path, &world.own.id, &vec!["nonsense".to_owned(); 9]);
        [format!("{path}/"), format!("{path}/nonsense/nonsense"), format!("/v0{path}")]
    });
    let odd = ["/", "/api", "/api/", "/api/nonsense", "/api//customers", "/API/customers"];
    for path in longer.chain(odd.map(str::to_owned)) {
        for method in ["GET", "POST", "PATCH", "DELETE", "OPTIONS"] {
            let ask = Ask { path: path.clone(), ..Ask::default() };
            let answer = world.send_as(method.parse().unwrap(), &ask).await;
            let place = format!("{method} {path}");
            world.check(answer.status == 404, || format!("{place}: {}", answer.status));
            unrouted(&world, method, &place, &path, &answer);
        }
    }
    world.report();
}

/// What is true of an answer that no operation gave.
fn unrouted(world: &World, method: &str, place: &str, path: &str, answer: &Answer) {
    let open = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
    world.check(!open, || format!("{place}: CORS headers"));
    let faults = standard_faults(answer, path);
    // The answer to HEAD has no body to look at.
    if method == "HEAD" {
        return world.check(answer.body == "", || format!("{place}: a body"));
    }
    world.check(faults.is_empty(), || format!("{place}: {}", faults.join(", ")));
    let none = Map::new();
    let members = answer.body.as_object().unwrap_or(&none);
    world.check(!members.contains_key("errors"), || format!("{place}: {}", answer.body));
}
