//! A request that is repeated is answered, not done again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Api, Client, exchange};

async fn keyed(client: &Client, method: Method, path: &str, key: &str, body: Value) -> Answer {
    exchange(client.request(method, path).header("Idempotency-Key", key).json(&body)).await
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[tokio::test]
async fn the_first_answer_is_given_again() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"email": "jane@example.com", "name": "Jane"});
    let first = keyed(&client, Method::POST, "/api/customers", "k", body.clone()).await.ok();
    assert!(!is_replay(&first));
    let path = format!("/api/customers/{}", first.id());
    let patched = keyed(&client, Method::PATCH, &path, "k", json!({"name": "B"})).await.ok();
    let again = keyed(&client, Method::PATCH, &path, "k", json!({"name": "B"})).await.ok();
    assert_eq!((is_replay(&again), &again.body), (true, &patched.body));
    let other_form = format!("/api/{}/customers", client.account);
    let reordered = json!({"name": "Jane", "email": "jane@example.com"});
    let again = keyed(&client, Method::POST, &other_form, "k", reordered).await.ok();
    assert!(is_replay(&again));
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_ne!(again.header("request-id"), first.header("request-id"));
}

#[tokio::test]
async fn a_deletion_that_is_repeated_succeeds_again() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let path = format!("/api/customers/{id}");
    let first = keyed(&client, Method::DELETE, &path, "k", json!({})).await.ok();
    let again = keyed(&client, Method::DELETE, &path, "k", json!({})).await.ok();
    assert_eq!((is_replay(&again), again.body), (true, first.body));
    client.delete_customer(&id).await.refused(404);
    keyed(&client, Method::DELETE, &path, "other", json!({})).await.refused(404);
}

#[tokio::test]
async fn a_key_protects_one_request() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = |name: &str| json!({"email": "a@example.com", "name": name});
    keyed(&client, Method::POST, "/api/customers", "k", body("A")).await.ok();
    keyed(&client, Method::POST, "/api/customers", "k", body("B")).await.refused(422);
    let other = api.client().await;
    keyed(&other, Method::POST, "/api/customers", "k", body("B")).await.ok();
    assert_eq!(client.list_customers("").await.ok().body["total"], 1);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let api = Api::start().await;
    let client = api.client().await;
    keyed(&client, Method::POST, "/api/customers", "k", json!({})).await.refused(400);
    let body = json!({"email": "a@example.com"});
    let created = keyed(&client, Method::POST, "/api/customers", "k", body).await.ok();
    assert!(!is_replay(&created));
}

#[tokio::test]
async fn a_key_must_be_usable() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"email": "a@example.com"});
    let long = "k".repeat(256);
    let refused = keyed(&client, Method::POST, "/api/customers", &long, body.clone()).await;
    assert_eq!(refused.refused(400).faults(), ["Idempotency-Key invalid_header"]);
    keyed(&client, Method::POST, "/api/customers", &long[1..], body).await.ok();
}

#[tokio::test]
async fn a_new_token_s_text_is_given_again_to_its_creator_alone() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"kind": "secret"});
    let first = keyed(&client, Method::POST, "/api/tokens", "k", body.clone()).await.ok();
    let again = keyed(&client, Method::POST, "/api/tokens", "k", body.clone()).await.ok();
    assert_eq!((is_replay(&again), &again.body), (true, &first.body));
    let colleague = api.client_with(first.body["token"].as_str().unwrap(), &client.account);
    let theirs = keyed(&colleague, Method::POST, "/api/tokens", "k", body).await.ok();
    assert!(is_replay(&theirs) && theirs.body.get("token").is_none());
    assert_eq!(theirs.body["id"], first.body["id"]);
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_kept_too() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let path = format!("/api/customers/{id}");
    let same = json!({"email": "a@example.com"});
    let first = keyed(&client, Method::PATCH, &path, "k", same.clone()).await.ok();
    client.update_customer(&id, json!({"name": "B"})).await.ok();
    let again = keyed(&client, Method::PATCH, &path, "k", same).await.ok();
    assert_eq!((is_replay(&again), again.body), (true, first.body));
}
