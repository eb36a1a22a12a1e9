//! What a request may hold, and which of its faults is reported.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::world::{Ask, Operation, World, fill};

/// The largest body that is read.
const MAX_BODY: usize = 256 * 1024;

/// `levels` objects and arrays inside one another.
fn nested(levels: usize) -> String {
    format!("{{\"nonsense\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
}

/// The body of `ask`, or an empty object, with one more field.
fn with_nonsense(ask: &Ask) -> Value {
    let mut body: Value = serde_json::from_slice(&ask.body).unwrap_or_else(|_| json!({}));
    body["nonsense"] = json!(1);
    body
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_named_and_changes_nothing() {
    let world = World::start().await;
    for operation in &world.operations {
        world.make_ready(operation).await;
    }
    let before = totals(&world).await;
    for operation in &world.operations {
        for path in &operation.paths {
            let right = world.right(operation, path).await;
            named(&world, operation, &right).await;
            unreadable(&world, operation, &right).await;
        }
    }
    let after = totals(&world).await;
    world.check(before == after, || format!("something was changed: {before:?}, then {after:?}"));
    world.report();
}

/// Faults that are named by the place they are in.
async fn named(world: &World, operation: &Operation, right: &Ask) {
    let cases = [
        (right.json(&with_nonsense(right)), "/nonsense unknown_field"),
        (right.text(&nested(32)), "/nonsense unknown_field"),
        (right.asking("nonsense=1"), "?nonsense unknown_parameter"),
        (right.asking("nonsense[gte]=1"), "?nonsense unknown_parameter"),
        (right.asking("nonsense=1&nonsense=2"), "?nonsense duplicate"),
        (right.asking("nonsense="), "?nonsense empty"),
        (right.asking("nonsense"), "?nonsense empty"),
        (right.asking("expand="), "?expand empty"),
        (right.asking("expand=nonsense"), "?expand unknown_expansion"),
    ];
    for (ask, fault) in cases {
        let answer = world.expect(400, operation, &ask, fault).await;
        world.check(answer.faults().iter().any(|one| one == fault), || {
            format!("{} {}: no {fault:?} in {}", operation.method, ask.path, answer.body)
        });
    }
}

/// Bodies that are refused as a whole.
async fn unreadable(world: &World, operation: &Operation, right: &Ask) {
    let large = format!("{{\"nonsense\":\"{}\"}}", "x".repeat(MAX_BODY));
    let largest = format!("{{\"nonsense\":\"{}\"}}", "x".repeat(MAX_BODY - 15));
    assert_eq!(largest.len(), MAX_BODY);
    let plain = |content_type: &str| right.text("{}").header("Content-Type", content_type);
    let mut undeclared = right.text("{}");
    undeclared.headers.clear();
    let latin = Ask { body: b"{\"nonsense\":\"\xe9\"}".to_vec(), ..right.text("{}") };
    let cases = [
        (413, "one byte too many", right.text(&large[..MAX_BODY + 1])),
        (400, "as large as it may be", right.text(&largest)),
        (415, "plain text", plain("text/plain")),
        (415, "a form", plain("application/x-www-form-urlencoded")),
        (415, "no content type", undeclared),
        (400, "not JSON", right.text("{")),
        (400, "more than one document", right.text("{} {}")),
        (400, "an array", right.text("[]")),
        (400, "a string", right.text("\"nonsense\"")),
        (400, "null", right.text("null")),
        (400, "a key given twice", right.text("{\"nonsense\":1,\"nonsense\":1}")),
        (400, "33 levels", right.text(&nested(33))),
        (400, "not UTF-8", latin),
    ];
    let nothing = (400, "a change of nothing", right.text(""));
    let cases = cases.into_iter().chain((operation.method == "PATCH").then_some(nothing));
    for (status, about, ask) in cases {
        let answer = world.expect(status, operation, &ask, about).await;
        if about == "33 levels" {
            let detail = answer.body["detail"].as_str().unwrap_or_default();
            world.check(detail.contains("deeper than 32 levels"), || {
                format!("{} {} ({about}): {}", operation.method, ask.path, answer.body)
            });
        }
    }
}

/// How many objects each list of the account has, and which of its objects are there.
pub(super) async fn totals(world: &World) -> BTreeMap<String, (u16, Value)> {
    let mut totals = BTreeMap::new();
    for operation in world.operations.iter().filter(|one| !one.changes()) {
        let account = world.account_of(operation);
        let path = fill(&operation.path, "", &world.ids(operation, account).await);
        let answer = world.api.client_of(account).get(&path).await;
        let total = answer.body["total"].clone();
        totals.insert(path, (answer.status.as_u16(), total));
    }
    totals
}

#[tokio::test]
async fn of_several_faults_the_first_in_the_order_of_precedence_is_reported() {
    let world = World::start().await;
    for operation in &world.operations {
        for path in &operation.paths {
            let own = world.account_of(operation);
            let ids = world.ids(operation, own).await;
            let nowhere = vec!["nonsense".to_owned(); ids.len()];
            let right = world.right(operation, path).await;
            let query = "?nonsense=1";
            let found = right.asking("nonsense=1").path;
            let missing = format!("{}{query}", fill(path, &own.id, &nowhere));
            let account = if path.contains("{account_id}") { &world.other.id } else { "" };
            let stranger = format!("{}{query}", fill(path, account, &nowhere));

            // Everything is wrong at first, and one thing after another is put right.
            let mut ask = Ask { body: vec![b'{'; MAX_BODY + 1], ..Ask::default() }
                .header("Content-Type", "text/plain")
                .header("If-Match", "\"999\"")
                .at(stranger);
            world.expect(401, operation, &ask, "all faults").await;
            if !operation.publishable {
                ask = ask.token(&own.publishable);
                world.expect(403, operation, &ask, "all but the token's").await;
            }
            ask = ask.token(&own.secret);
            if path.contains("{account_id}") {
                world.expect(403, operation, &ask, "all but the token's, and its kind").await;
            }
            if operation.has_target() {
                ask = ask.at(missing);
                world.expect(404, operation, &ask, "all but the token's and the path's").await;
            }
            ask = ask.at(found);
            world.expect(413, operation, &ask, "the body, the query and If-Match").await;
            ask.body = b"{".to_vec();
            world.expect(415, operation, &ask, "all but the body's size").await;
            ask = ask.header("Content-Type", "application/json");
            let answer = world.expect(400, operation, &ask, "not JSON, query, If-Match").await;
            world.check(answer.faults().is_empty(), || format!("not JSON: {}", answer.body));
            rest(&world, operation, &right, ask).await;
        }
    }
    world.report();
}

/// What is left when the body can be read: 400, 422, 412.
async fn rest(world: &World, operation: &Operation, right: &Ask, ask: Ask) {
    if let Some(refused) = operation.sample().and_then(|sample| sample.refused) {
        let mut refused = world.referring(world.account_of(operation), refused).await;
        refused["nonsense"] = json!(1);
        world.expect(400, operation, &ask.json(&refused), "a rule, the query, a field").await;
        let ask = ask.at(&right.path);
        world.expect(400, operation, &ask.json(&refused), "a rule, a field, If-Match").await;
        refused.as_object_mut().unwrap().remove("nonsense");
        world.expect(422, operation, &ask.json(&refused), "a rule and If-Match").await;
    }
    if operation.changes_existing() {
        let stale = Ask { headers: right.headers.clone(), body: right.body.clone(), ..ask };
        let stale = stale.header("If-Match", "\"999\"");
        world.expect(400, operation, &stale, "the query and If-Match").await;
        let answer = world.expect(412, operation, &stale.at(&right.path), "If-Match alone").await;
        world.check(answer.faults().is_empty(), || format!("412 names {}", answer.body));
    }
}
