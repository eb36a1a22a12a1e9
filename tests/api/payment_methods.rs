//! Payment methods: whose they are, which is the default, and what is never told of them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Api, Client, exchange};

async fn processor(client: &Client) -> String {
    client.create_processor(json!({"name": "Cards", "type": "test"})).await.ok().id()
}

async fn customer(client: &Client) -> String {
    client.create_customer(json!({"email": "jane@example.com"})).await.ok().id()
}

async fn default_of(client: &Client, customer: &str) -> Value {
    client.get_customer(customer).await.ok().body["default_payment_method_id"].clone()
}

#[tokio::test]
async fn the_first_payment_method_is_the_default_and_others_when_asked() {
    let api = Api::start().await;
    let client = api.client().await;
    let (processor, customer) = (processor(&client).await, customer(&client).await);
    let body = json!({"processor_id": processor, "token": "test_success", "metadata": {"a": "b"}});
    let first = client.add_payment_method(&customer, body).await.ok();
    assert_eq!(first.body["type"], "card");
    assert_eq!(first.body["status"], "active");
    assert_eq!(first.body["customer_id"], customer);
    assert_eq!(first.body["processor_id"], processor);
    assert_eq!(
        first.body["card"],
        json!({"brand": "visa", "last_four": "4242", "exp_month": 12, "exp_year": 2099})
    );
    assert_eq!(default_of(&client, &customer).await, first.id());
    let body = json!({"processor_id": processor, "token": "test_decline_soft"});
    let second = client.add_payment_method(&customer, body).await.ok();
    assert_eq!(default_of(&client, &customer).await, first.id());
    let body = json!({
        "processor_id": processor, "token": "test_decline_hard", "make_default": true,
    });
    let third = client.add_payment_method(&customer, body).await.ok();
    assert_eq!(default_of(&client, &customer).await, third.id());
    let list = client.list_payment_methods(&customer, "").await.ok();
    assert_eq!(list.body["total"], 3);
    assert_eq!(list.items(), [third.body.clone(), second.body.clone(), first.body.clone()]);
    client.delete_payment_method(&customer, &second.id()).await.ok();
    assert_eq!(default_of(&client, &customer).await, third.id());
    client.delete_payment_method(&customer, &third.id()).await.ok();
    assert_eq!(default_of(&client, &customer).await, Value::Null);
    assert_eq!(client.list_payment_methods(&customer, "").await.ok().items(), [first.body]);
}

#[tokio::test]
async fn a_token_that_the_processor_does_not_know_adds_nothing() {
    let api = Api::start().await;
    let client = api.client().await;
    let (processor, customer) = (processor(&client).await, customer(&client).await);
    let body = json!({"processor_id": processor, "token": "tok_nonsense"});
    let refused = client.add_payment_method(&customer, body).await.refused(422);
    assert_eq!(refused.faults(), ["/token unknown_token"]);
    assert_eq!(client.list_payment_methods(&customer, "").await.ok().body["total"], 0);
    assert_eq!(default_of(&client, &customer).await, Value::Null);
    assert_eq!(client.get_processor(&processor).await.ok().body["used"], false);
}

#[tokio::test]
async fn without_a_processor_it_is_the_accounts_default() {
    let api = Api::start().await;
    let client = api.client().await;
    let (processor, customer) = (processor(&client).await, customer(&client).await);
    let body = json!({"token": "test_success"});
    let refused = client.add_payment_method(&customer, body.clone()).await.refused(422);
    assert_eq!(refused.faults(), ["/processor_id required"]);
    client.update_account(json!({"default_processor_id": processor})).await.ok();
    let added = client.add_payment_method(&customer, body.clone()).await.ok();
    assert_eq!(added.body["processor_id"], processor);
    client.update_processor(&processor, json!({"active": false})).await.ok();
    let refused = client.add_payment_method(&customer, body).await.refused(422);
    assert_eq!(refused.faults(), ["/processor_id not_active"]);
}

#[tokio::test]
async fn neither_a_token_nor_a_card_number_is_ever_told() {
    let api = Api::start().await;
    let client = api.client().await;
    let (processor, customer) = (processor(&client).await, customer(&client).await);
    for number in ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242"] {
        let body = json!({"processor_id": processor, "token": number});
        let refused = client.add_payment_method(&customer, body).await.refused(422);
        assert_eq!(refused.faults(), ["/token card_number"]);
        assert!(!refused.body.to_string().contains(number));
    }
    let body = json!({"processor_id": processor, "token": "test_fail_once_then_succeed"});
    let path = format!("/api/customers/{customer}/payment-methods?expand=customer,processor");
    let request = client.request(Method::POST, &path).header("Idempotency-Key", "k");
    let added = exchange(request.json(&body)).await.ok();
    assert_eq!(added.body["customer"]["id"], customer);
    let events = client.list_events("?limit=100").await.ok();
    let created = |event: &&Value| event["type"] == "payment_method.created";
    assert_eq!(events.items().iter().filter(created).count(), 1);
    let logs: String = api.stack.logs().lines().into_iter().map(|line| line.text.clone()).collect();
    for told in [added.body.to_string(), events.body.to_string(), logs] {
        assert!(!told.contains("fail_once") && !told.contains("4242"), "{told}");
    }
}

#[tokio::test]
async fn a_payment_method_is_found_at_its_own_customer_alone() {
    let api = Api::start().await;
    let client = api.client().await;
    let processor = processor(&client).await;
    let (own, other) = (customer(&client).await, customer(&client).await);
    let body = json!({"processor_id": processor, "token": "test_success"});
    let method = client.add_payment_method(&own, body).await.ok().id();
    client.delete_payment_method(&other, &method).await.refused(404);
    let default = json!({"default_payment_method_id": method});
    let refused = client.update_customer(&other, default.clone()).await.refused(422);
    assert_eq!(refused.faults(), ["/default_payment_method_id no_such_object"]);
    client.update_customer(&own, default).await.ok();
    assert_eq!(client.list_payment_methods(&other, "").await.ok().body["total"], 0);
    assert_eq!(client.list_payment_methods(&own, "").await.ok().body["total"], 1);
}

#[tokio::test]
async fn if_match_is_about_the_last_object_in_the_path() {
    let api = Api::start().await;
    let client = api.client().await;
    let (processor, customer) = (processor(&client).await, customer(&client).await);
    let body = json!({"processor_id": processor, "token": "test_success"});
    let path = format!("/api/customers/{customer}/payment-methods");
    let ask = |tag: &'static str| {
        let request = client.request(Method::POST, &path).header("If-Match", tag);
        exchange(request.json(&body))
    };
    ask("\"7\"").await.refused(412);
    let method = ask("\"1\"").await.ok().id();
    // The customer is at version 2 now, and its method at 1.
    let delete = |tag: &'static str| {
        let request = client.request(Method::DELETE, &format!("{path}/{method}"));
        exchange(request.header("If-Match", tag))
    };
    delete("\"2\"").await.refused(412);
    delete("\"1\"").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_payment_methods_added_at_once_one_becomes_the_default() {
    let api = Api::start().await;
    let client = api.client().await;
    let (processor, customer) = (processor(&client).await, customer(&client).await);
    let body = json!({"processor_id": processor, "token": "test_success"});
    let adds = (0..6).map(|_| {
        let (client, customer, body) = (client.clone(), customer.clone(), body.clone());
        tokio::spawn(async move { client.add_payment_method(&customer, body).await.ok().id() })
    });
    let mut ids = Vec::new();
    for add in adds.collect::<Vec<_>>() {
        ids.push(add.await.unwrap());
    }
    let customer = client.get_customer(&customer).await.ok().body;
    let default = customer["default_payment_method_id"].as_str().unwrap();
    assert!(ids.iter().any(|id| id == default));
    assert_eq!(customer["version"], 2);
}
