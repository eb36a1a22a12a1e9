//! Processors and their routes.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;

use crate::client::{Api, exchange};

fn cards() -> serde_json::Value {
    json!({"name": "Cards", "type": "test"})
}

#[tokio::test]
async fn a_processor_is_added_changed_and_deleted() {
    let api = Api::start().await;
    let client = api.client().await;
    let made = client.create_processor(json!({"name": "Cards", "type": "test"})).await.ok();
    assert_eq!((&made.body["active"], &made.body["used"]), (&json!(true), &json!(false)));
    assert_eq!(made.body["type"], "test");
    let id = made.id();
    let changed = client.update_processor(&id, json!({"active": false})).await.ok();
    assert_eq!(client.get_processor(&id).await.ok().body, changed.body);
    assert_eq!(client.list_processors("").await.ok().items(), [changed.body]);
    client.update_processor(&id, json!({"type": "test"})).await.refused(400);
    let refused = client.create_processor(json!({"name": "x", "type": "paypal"})).await;
    assert_eq!(refused.refused(422).faults(), ["/type unknown_value"]);
    client.delete_processor(&id).await.ok();
    client.get_processor(&id).await.refused(404);
}

#[tokio::test]
async fn the_version_in_a_path_names_the_same_processor_and_the_same_request() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut ids = Vec::new();
    let account = client.account.clone();
    for path in ["/api/processors", "/api/v1/processors", &format!("/api/{account}/v1/processors")]
    {
        let request = client.request(Method::POST, path).header("Idempotency-Key", "k");
        ids.push(exchange(request.json(&cards())).await.ok().id());
    }
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
    client.get(&format!("/api/v1/processors/{}", ids[0])).await.ok();
    let refused = client.post("/api/v1/processors", json!({"type": "test"})).await.refused(400);
    assert_eq!(refused.body["detail"], "Processor name is required");
    assert_eq!(refused.body["instance"], "/api/v1/processors");
}

#[tokio::test]
async fn the_test_processor_is_in_production_only_where_the_deployment_has_it() {
    let options = local::Options { environment: BTreeMap::new(), ..local::Options::default() };
    let api = Api::start_with(options).await;
    let refused = api.client().await.create_processor(cards()).await.refused(422);
    assert_eq!(refused.faults(), ["/type not_allowed"]);
    assert!(refused.body["detail"].as_str().unwrap().contains("TestProcessorInProd"));
    let staging = api.account("stg").await;
    api.client_of(&staging).create_processor(cards()).await.ok();
}

#[tokio::test]
async fn a_processor_with_which_a_payment_method_was_added_stays() {
    let api = Api::start().await;
    let client = api.client().await;
    let processor = client.create_processor(cards()).await.ok().id();
    let customer = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let body = json!({"processor_id": processor, "token": "test_success"});
    let method = client.add_payment_method(&customer, body.clone()).await.ok().id();
    assert_eq!(client.get_processor(&processor).await.ok().body["used"], true);
    client.add_payment_method(&customer, body).await.ok();
    assert_eq!(client.get_processor(&processor).await.ok().body["version"], 2);
    client.delete_payment_method(&customer, &method).await.ok();
    let refused = client.delete_processor(&processor).await.refused(422);
    assert_eq!(refused.faults(), [" in_use"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processor_is_not_deleted_while_its_first_payment_method_is_added() {
    let api = Api::start().await;
    let client = api.client().await;
    for round in 0..12 {
        let processor = client.create_processor(cards()).await.ok().id();
        let email = format!("{round}@example.com");
        let customer = client.create_customer(json!({"email": email})).await.ok().id();
        let body = json!({"processor_id": processor, "token": "test_success"});
        let (added, deleted) = tokio::join!(
            client.add_payment_method(&customer, body),
            client.delete_processor(&processor)
        );
        assert_eq!(added.status == 200, deleted.status == 422, "{} {}", added.body, deleted.body);
        let there = client.get_processor(&processor).await.status == 200;
        assert_eq!(there, added.status == 200);
    }
}

#[tokio::test]
async fn a_route_names_processors_that_exist_in_an_order() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut processors = Vec::new();
    for _ in 0..3 {
        processors.push(client.create_processor(cards()).await.ok().id());
    }
    processors.rotate_left(1);
    let body = json!({"name": "Europe", "processor_ids": processors, "currency": "EUR"});
    let route = client.create_processor_route(body).await.ok();
    assert_eq!(route.body["processor_ids"], json!(processors));
    assert_eq!(route.body["currency"], "eur");
    let unknown = "proc_prod_0000000000000000";
    let body = json!({"processor_ids": [processors[0], unknown]});
    let refused = client.update_processor_route(&route.id(), body).await.refused(422);
    assert_eq!(refused.faults(), ["/processor_ids/1 no_such_object"]);
    let body = json!({"processor_ids": [processors[0], processors[0]]});
    let refused = client.update_processor_route(&route.id(), body).await.refused(422);
    assert_eq!(refused.faults(), ["/processor_ids duplicate"]);
    let stranger = api.client().await.create_processor(cards()).await.ok().id();
    let body = json!({"name": "x", "processor_ids": [stranger]});
    client.create_processor_route(body).await.refused(422);
    client.delete_processor_route(&route.id()).await.ok();
    client.get_processor_route(&route.id()).await.refused(404);
}

#[tokio::test]
async fn a_route_falls_through_to_what_is_active_and_of_its_currency() {
    let api = Api::start().await;
    let account = api.account("stg").await;
    let client = api.client_of(&account);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(client.create_processor(cards()).await.ok().id());
    }
    let body = json!({"name": "Europe", "processor_ids": ids, "currency": "eur"});
    let route = client.create_processor_route(body).await.ok().id();
    client.update_processor(&ids[0], json!({"active": false})).await.ok();
    client.delete_processor(&ids[1]).await.ok();
    let work = crate::payments::work_of(&api, &account);
    let route = work.find(&route.parse().unwrap()).await.unwrap();
    let of = |currency: &str| {
        let (work, route) = (work.clone(), &route);
        let currency = currency.parse().unwrap();
        async move { work.processors_of(route, currency).await.unwrap() }
    };
    let left: Vec<String> = of("eur").await.iter().map(|one| one.id().to_string()).collect();
    assert_eq!(left, [ids[2].clone()]);
    assert!(of("usd").await.is_empty());
}
