//! The caller's own ids: one object of a sort in an account, found by it, free again when given up.

use futures_util::future::join_all;
use serde_json::{Value, json};

use reqwest::Method;

use crate::client::{Api, Client, exchange, operations::external_path};

/// Not only letters.
const OWN: &str = "crm/7 é#?&";

/// A body for each resource that has external ids, all of one customer.
async fn bodies(client: &Client) -> Vec<(&'static str, Value)> {
    let processor = client.create_processor(json!({"name": "Cards", "type": "test"})).await;
    let processor = processor.ok().id();
    client.update_account(json!({"default_processor_id": processor})).await.ok();
    let customer = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let product = client.create_product(json!({"name": "Plan"})).await.ok().id();
    let price = json!({
        "product_id": product, "currency": "usd", "unit_amount_atom": 1200,
        "billing_interval": "month",
    });
    let plan = client.create_price(price.clone()).await.ok().id();
    let subscription = json!({
        "customer_id": customer, "collection_method": "send_invoice",
        "items": [{"price_id": plan, "quantity": 1}],
    });
    let invoice = json!({
        "customer_id": customer, "currency": "usd", "items": [{"name": "Work", "amount": "5.00"}],
    });
    vec![
        ("customers", json!({"email": "b@example.com"})),
        ("products", json!({"name": "Plan"})),
        ("prices", price),
        ("subscriptions", subscription),
        ("invoices", invoice),
    ]
}

fn with(body: &Value, id: Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().insert("external_id".to_owned(), id);
    body
}

async fn found(client: &Client, resource: &str, id: &str) -> Vec<Value> {
    let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let page = client.get(&format!("/api/{resource}?external_id={encoded}")).await.ok();
    assert_eq!(page.body["total"], page.items().len());
    page.items().iter().map(|item| item["id"].clone()).collect()
}

#[tokio::test]
async fn an_external_id_is_one_objects_alone_and_finds_it() {
    let api = Api::start().await;
    let client = api.client().await;
    let other = api.client().await;
    let of_other = bodies(&other).await;
    for ((resource, body), (_, foreign)) in bodies(&client).await.into_iter().zip(of_other) {
        let path = format!("/api/{resource}");
        let without = client.post(&path, body.clone()).await.ok();
        assert_eq!(without.body["external_id"], Value::Null, "{resource}");
        let first = client.post(&path, with(&body, json!(OWN))).await.ok();
        assert_eq!(first.body["external_id"], OWN, "{resource}");
        let second = client.post(&path, with(&body, json!(OWN))).await.refused(409);
        assert_eq!(second.faults(), ["/external_id taken"], "{resource}");
        assert_eq!(found(&client, resource, OWN).await, [json!(first.id())], "{resource}");

        let at = |id: &str| format!("/api/{resource}/{id}");
        let taken = json!({"external_id": OWN});
        let patched = client.patch(&at(&without.id()), taken.clone()).await.refused(409);
        assert_eq!(patched.faults(), ["/external_id taken"], "{resource}");
        client.patch(&at(&first.id()), json!({"external_id": null})).await.ok();
        assert_eq!(found(&client, resource, OWN).await, [json!(null); 0], "{resource}");
        client.patch(&at(&without.id()), taken).await.ok();
        assert_eq!(found(&client, resource, OWN).await, [json!(without.id())], "{resource}");

        other.post(&path, with(&foreign, json!(OWN))).await.ok();
        let long = json!("x".repeat(256));
        for (wrong, status) in [(json!(""), 422), (long, 422), (json!(7), 400)] {
            let refused = client.post(&path, with(&body, wrong)).await.refused(status);
            assert!(refused.faults()[0].starts_with("/external_id "), "{resource}");
        }
    }
    api.audit().await;
}

#[tokio::test]
async fn an_external_id_of_the_longest_characters_is_found() {
    let api = Api::start().await;
    let client = api.client().await;
    let ids: Vec<String> = ["😀", "é"].iter().map(|one| one.repeat(255)).collect();
    for id in &ids {
        let body = json!({"email": "a@example.com", "external_id": id});
        let made = client.create_customer(body.clone()).await.ok();
        client.create_customer(body).await.refused(409);
        assert_eq!(found(&client, "customers", id).await, [json!(made.id())]);
    }
    api.audit().await;
}

#[tokio::test]
async fn what_is_deleted_gives_its_external_id_up() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"email": "a@example.com", "external_id": OWN});
    let first = client.create_customer(body.clone()).await.ok();
    client.create_customer(body.clone()).await.refused(409);
    client.delete_customer(&first.id()).await.ok();
    client.create_customer(body).await.ok();
    api.audit().await;
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_external_id() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"email": "a@example.com", "external_id": OWN});
    let answers = join_all((0..8).map(|_| client.create_customer(body.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(found(&client, "customers", OWN).await.len(), 1);
    assert_eq!(client.list_customers("").await.ok().body["total"], 1);
    api.audit().await;
}

/// What has to be encoded in a path, one way or another, and what an id or a route could be taken for.
const AWKWARD: [&str; 12] = [
    OWN,
    "a/b",
    "100%",
    "%2F",
    " both ends ",
    "a b+c",
    "credit-notes",
    "external",
    "{id}",
    "cus_prod_0000000000000000",
    "\u{fffd}\u{1F600}",
    "line\nbreak",
];

#[tokio::test]
async fn a_customer_is_read_changed_and_deleted_by_its_external_id() {
    let api = Api::start().await;
    let (client, other) = (api.client().await, api.client().await);
    for id in AWKWARD {
        let body = json!({"email": "a@example.com", "external_id": id});
        let made = client.create_customer(body.clone()).await.ok();
        other.create_customer(body).await.ok();
        let read = client.get_customer_externally(id).await.ok();
        assert_eq!(read.body, made.body, "{id}");
        assert_eq!(read.header("etag"), made.header("etag"), "{id}");
        let own = client.update_customer_externally(id, json!({"name": "Ada"})).await.ok();
        assert_eq!(own.body, client.get_customer(&made.id()).await.ok().body, "{id}");
        assert_eq!((&own.body["name"], &own.body["version"]), (&json!("Ada"), &json!(2)), "{id}");
        let gone = client.delete_customer_externally(id).await.ok();
        assert_eq!(gone.body, json!({"id": made.id(), "deleted": true}), "{id}");
        client.get_customer(&made.id()).await.refused(404);
        client.get_customer_externally(id).await.refused(404);
        assert_eq!(other.get_customer_externally(id).await.ok().body["name"], Value::Null, "{id}");
    }
    client.get_customer_externally(&"x".repeat(256)).await.refused(404);
    client.get_customer_externally("a\u{0}b").await.refused(404);
    client.get("/api/customers/external").await.refused(404);
    api.audit().await;
}

#[tokio::test]
async fn a_change_by_external_id_keeps_every_rule_of_a_change() {
    let api = Api::start().await;
    let client = api.client().await;
    let made = json!({"email": "a@example.com", "external_id": OWN});
    let made = client.create_customer(made).await.ok();
    let path = external_path(OWN);
    let send = async |method: Method, body: Value, headers: &[(&'static str, &str)]| {
        let request = client.request(method, &path).json(&body);
        let with =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        exchange(with).await
    };
    // The version: of the object that was found.
    let stale = [("If-Match", "\"7\"")];
    send(Method::PATCH, json!({"name": "Ada"}), &stale).await.refused(412);
    send(Method::DELETE, json!({}), &stale).await.refused(412);
    let current = [("If-Match", "\"1\"")];
    send(Method::PATCH, json!({"name": "Ada"}), &current).await.ok();
    // Every fault, and nothing changed.
    let wrong = json!({"email": "a@", "nme": "x"});
    let wrong = send(Method::PATCH, wrong, &[]).await.refused(400);
    assert_eq!(wrong.faults().len(), 2);
    // A repeated request, whose object is called otherwise by now.
    let key = [("Idempotency-Key", "once")];
    let renamed = send(Method::PATCH, json!({"external_id": "new"}), &key).await.ok();
    client.get_customer_externally(OWN).await.refused(404);
    let again = send(Method::PATCH, json!({"external_id": "new"}), &key).await.ok();
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, renamed.body);
    send(Method::PATCH, json!({"external_id": "newer"}), &key).await.refused(422);
    // One id is one customer's.
    client.create_customer(json!({"email": "b@example.com", "external_id": OWN})).await.ok();
    let taken = client.update_customer_externally(OWN, json!({"external_id": "new"})).await;
    assert_eq!(taken.refused(409).faults(), ["/external_id taken"]);
    // Who was billed stays.
    let invoice = json!({
        "customer_id": made.id(), "currency": "usd", "items": [{"name": "Work", "amount": "5.00"}],
    });
    let invoice = client.create_invoice(invoice).await.ok().id();
    client.finalize_invoice(&invoice).await.ok();
    client.delete_customer_externally("new").await.refused(422);
    // A repeated deletion.
    let key = [("Idempotency-Key", "gone")];
    let gone = send(Method::DELETE, json!({}), &key).await.ok();
    let again = send(Method::DELETE, json!({}), &key).await.ok();
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &gone.body));
    api.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_never_meets_a_customer_that_is_called_otherwise_by_then() {
    let api = Api::start().await;
    let client = api.client().await;
    let first = json!({"email": "a@example.com", "external_id": OWN});
    let first = client.create_customer(first).await.ok().id();
    let second = client.create_customer(json!({"email": "b@example.com"})).await.ok().id();
    let own = client.clone();
    let change = async move { own.update_customer_externally(OWN, json!({"name": "Ada"})).await };
    let held = ("customers-update-external", "TransactWriteItems");
    let answer = api.while_held(held, change, async {
        client.update_customer(&first, json!({"external_id": null})).await.ok();
        client.update_customer(&second, json!({"external_id": OWN})).await.ok();
    });
    assert_eq!(answer.await.ok().id(), second);
    assert_eq!(client.get_customer(&first).await.ok().body["name"], Value::Null);
    api.audit().await;
}
