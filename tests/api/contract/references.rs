//! Whose objects a request may name, in its body (nested too) and in the filters of a list: those of
//! its own account that are there. Any other id is answered as one that was never given out, and
//! shows nothing of the object.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    fields::{Field, fields},
    identity::{comparable, deleted_id, everything_of},
    world::{Operation, World, fill},
};
use crate::client::{Account, Answer};

/// An id whose object is no more.
const GONE: &str = "deleted";

/// The ids of one prefix that an account may not name.
struct Strange(BTreeMap<String, Vec<(&'static str, String)>>);

impl Strange {
    /// Of every sort of object that there is.
    async fn of(world: &World) -> Self {
        let mut found: BTreeMap<String, Vec<(&'static str, String)>> = BTreeMap::new();
        let targeted: Vec<Operation> =
            world.operations.iter().filter(|one| one.has_target()).cloned().collect();
        for operation in &targeted {
            let foreign = newest(world, operation, &world.other).await;
            let ids = found.entry(prefix(&foreign).to_owned()).or_default();
            if ids.is_empty() {
                ids.push(("of another account", foreign));
                let other_end = newest(world, operation, &world.stg).await;
                ids.push(("of the other environment", other_end.clone()));
                ids.push((
                    "in the other environment's words",
                    other_end.replace("_stg_", "_prod_"),
                ));
                ids.extend(deleted_id(world, operation).await.map(|id| (GONE, id)));
            }
        }
        // A subscription's item is in no path.
        for account in [&world.other, &world.stg] {
            let client = world.api.client_of(account);
            let subscription = client.list_subscriptions("?limit=1").await.ok().items()[0].clone();
            let item = subscription["items"][0]["id"].as_str().unwrap().to_owned();
            found.entry("si".to_owned()).or_default().push(("of another account", item));
        }
        Self(found)
    }

    /// Beside them one that was never given out, first: what all others are answered like.
    fn ids(&self, prefix: &str) -> Vec<(&'static str, String)> {
        let unknown = ("never given out", format!("{prefix}_prod_0000000000000000"));
        let known = self.0.get(prefix);
        assert!(known.is_some(), "no object is a {prefix}");
        [unknown].into_iter().chain(known.into_iter().flatten().cloned()).collect()
    }
}

async fn newest(world: &World, operation: &Operation, account: &Account) -> String {
    world.ids(operation, account).await.pop().unwrap()
}

fn prefix(id: &str) -> &str {
    id.split('_').next().unwrap_or_default()
}

/// The prefix of the ids that a field takes, if it takes ids.
fn refers(field: &Field) -> Option<String> {
    let pattern = field.schema["pattern"].as_str()?;
    let (prefix, _) = pattern.strip_prefix('^')?.split_once("_(prod|stg)_")?;
    // In parentheses where it may be left empty.
    Some(prefix.trim_start_matches('(').to_owned())
}

/// What is answered, without the id that was asked for and what differs in any case.
fn without_id(answer: &Answer, id: &str) -> (u16, String) {
    (answer.status.as_u16(), comparable(answer).to_string().replace(id, "ID"))
}

#[tokio::test]
async fn a_body_names_objects_of_its_account_or_is_refused() {
    let world = World::start().await;
    let strange = Strange::of(&world).await;
    let before =
        [everything_of(&world, &world.other).await, everything_of(&world, &world.stg).await];
    let mut positions = 0;
    let takers: Vec<Operation> = world
        .operations
        .iter()
        .filter(|one| one.sample().is_some() && !one.of_staging())
        .cloned()
        .collect();
    for operation in &takers {
        for field in fields(&operation.body) {
            let Some(prefix) = refers(&field) else { continue };
            positions += 1;
            let ids = world.ids(operation, &world.own).await;
            let path = fill(&operation.path, &world.own.id, &ids);
            let body = world.referring(&world.own, operation.sample().unwrap().accepted).await;
            let mut first = None;
            for (about, id) in strange.ids(&prefix) {
                let ask = world.asked(operation, &world.own.secret, path.clone()).await;
                let ask = ask.json(&field.json(&body, &json!(id)));
                let answer = world.send(operation, &ask).await;
                let place = format!("{} {} ({prefix} {about})", operation.route(), field.pointer);
                let refused = [400, 404, 422].contains(&answer.status.as_u16());
                world.check(refused, || format!("{place}: {} {}", answer.status, answer.body));
                let told = without_id(&answer, &id);
                let expected = first.get_or_insert_with(|| told.clone());
                world.check(*expected == told, || format!("{place}: {told:?}, not {expected:?}"));
            }
        }
    }
    assert!(positions > 20, "only {positions} places for ids");
    let after =
        [everything_of(&world, &world.other).await, everything_of(&world, &world.stg).await];
    world.check(before == after, || "the other accounts have changed".to_owned());
    world.report();
}

/// What a filter's name refers to.
fn filtered(name: &str) -> Option<&'static str> {
    Some(match name {
        "customer_id" => "cus",
        "invoice_id" => "in",
        "payment_intent_id" => "pi",
        "product_id" => "prod",
        "subscription_id" => "sub",
        "coupon_id" => "cpn",
        "meter_id" => "mtr",
        // The caller's own: it refers to nothing here. And an event's object is of any kind.
        "external_id" | "object_id" => return None,
        name if name.ends_with("_id") => panic!("what does {name} refer to?"),
        _ => return None,
    })
}

#[tokio::test]
async fn a_filter_by_a_strange_id_finds_nothing() {
    let world = World::start().await;
    let strange = Strange::of(&world).await;
    let mut filters = 0;
    let is_list = |one: &&Operation| one.parameters.iter().any(|name| name == "limit");
    let lists = world.operations.iter().filter(|one| one.method == Method::GET).filter(is_list);
    for operation in lists.cloned().collect::<Vec<_>>() {
        for name in &operation.parameters {
            let Some(prefix) = filtered(name) else { continue };
            filters += 1;
            // Of some lists one filter is not asked for without another.
            let beside = world.query_beside(&operation, name).await;
            for (about, id) in strange.ids(prefix) {
                let path = format!("{}?{name}={id}{beside}", operation.path);
                let ask = world.asked(&operation, &world.own.secret, path.clone()).await;
                let answer = world.expect(200, &operation, &ask, about).await;
                // What happened to an object that is gone is still told.
                if operation.path.ends_with("/events") && about == GONE {
                    continue;
                }
                let nothing = json!({"items": [], "total": 0, "has_more": false});
                world.check(answer.body == nothing, || format!("{path}: {}", answer.body));
            }
            // An id of another sort is none.
            let other = if prefix == "cus" { "in" } else { "cus" };
            let id = format!("{other}_prod_0000000000000000");
            let path = format!("{}?{name}={id}{beside}", operation.path);
            let ask = world.asked(&operation, &world.own.secret, path).await;
            world.expect(400, &operation, &ask, "an id of another sort").await;
        }
    }
    assert!(filters > 8, "only {filters} filters");
    world.report();
}

/// The other account's objects are there, and would be found by it: the test above can fail.
#[tokio::test]
async fn what_a_filter_finds_for_its_owner_it_finds_for_nobody_else() {
    let world = World::start().await;
    let invoices = world.operation(&Method::GET, "/api/invoices/{id}").unwrap().clone();
    let invoice = newest(&world, &invoices, &world.other).await;
    let owner = world.api.client_of(&world.other);
    let customer = owner.get_invoice(&invoice).await.ok().body["customer_id"].clone();
    let query = format!("?customer_id={}", customer.as_str().unwrap());
    assert_ne!(owner.list_invoices(&query).await.ok().body["total"], 0);
    let stranger = world.api.client_of(&world.own);
    assert_eq!(stranger.list_invoices(&query).await.ok().body["items"], Value::Array(vec![]));
}
