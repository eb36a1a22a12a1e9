//! Many at once: nobody's change is lost, nothing happens twice.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Api, all, exchange};

#[tokio::test(flavor = "multi_thread")]
async fn equal_requests_with_one_key_make_one_object() {
    let api = Api::start().await;
    let client = api.client().await;
    let answers = all((0..32).map(|_| {
        let request = client
            .request(Method::POST, "/api/customers")
            .header("Idempotency-Key", "order-6735")
            .json(&json!({"email": "jane@example.com"}));
        async move { exchange(request).await.ok() }
    }))
    .await;
    let ids: BTreeSet<String> = answers.iter().map(Answer::id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let replayed = |answer: &&Answer| answer.header("idempotent-replayed") == Some("true");
    assert_eq!(answers.iter().filter(replayed).count(), 31);
    assert_eq!(client.list_customers("").await.ok().body["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_of_different_fields_both_succeed() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let fields = ["name", "phone", "first_name", "last_name"];
    all(fields.map(|field| {
        let (client, id) = (client.clone(), id.clone());
        async move { client.update_customer(&id, json!({field: "set"})).await.ok() }
    }))
    .await;
    let customer = client.get_customer(&id).await.ok().body;
    for field in fields {
        assert_eq!(customer[field], "set", "{customer}");
    }
    assert_eq!(customer["version"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_writers_that_demand_one_version_one_succeeds() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let path = format!("/api/customers/{id}");
    let answers = all((0..8).map(|index| {
        let request = client
            .request(Method::PATCH, &path)
            .header("If-Match", "\"1\"")
            .json(&json!({"name": format!("writer {index}")}));
        exchange(request)
    }))
    .await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(412)), (1, 7));
    assert_eq!(client.get_customer(&id).await.ok().body["version"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_key_is_given_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"entity_type": "customer", "key": "tier", "data_type": "text"});
    let answers = all((0..8).map(|_| {
        let (client, body) = (client.clone(), body.clone());
        async move { client.define_field(body).await }
    }))
    .await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(409)), (1, 7));
    assert_eq!(client.list_fields("").await.ok().body["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_counts_every_create_that_has_answered() {
    let api = Api::start().await;
    let client = api.client().await;
    let writers = all((0..6).map(|writer| {
        let client = client.clone();
        async move {
            let mut last = None;
            for index in 0..10 {
                let email = format!("{writer}-{index}@example.com");
                let created = client.create_customer(json!({"email": email})).await.ok();
                let list = client.list_customers("?limit=100").await.ok();
                assert!(list.items().iter().any(|item| item["id"] == created.id()));
                assert_eq!(list.body["total"], list.items().len());
                last = Some(list);
            }
            last.unwrap()
        }
    }));
    writers.await;
    assert_eq!(client.list_customers("").await.ok().body["total"], 60);
}
