//! Products: their fields, their life, and why one with prices stays.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Api, Client};

async fn product(client: &Client) -> String {
    client.create_product(json!({"name": "Team plan"})).await.ok().id()
}

fn price_of(product: &str) -> Value {
    json!({"product_id": product, "currency": "usd", "unit_amount_atom": 1200})
}

#[tokio::test]
async fn a_product_is_created_read_changed_listed_and_deleted() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"name": "Team plan", "description": "For 50", "unit_label": "seat"});
    let created = client.create_product(body).await.ok();
    let id = created.id();
    assert!(id.starts_with("prod_prod_"), "{id}");
    let shown = |name: &str| created.body[name].clone();
    assert_eq!((shown("active"), shown("unit_label")), (json!(true), json!("seat")));
    assert_eq!(client.get_product(&id).await.ok().body, created.body);

    let patch = json!({"name": "Team", "description": null});
    let changed = client.update_product(&id, patch).await.ok();
    assert_eq!(
        (&changed.body["name"], &changed.body["description"]),
        (&json!("Team"), &json!(null))
    );
    assert_eq!(client.list_products("").await.ok().body["items"], json!([changed.body]));

    let deleted = client.delete_product(&id).await.ok();
    assert_eq!(deleted.body, json!({"id": id, "deleted": true}));
    client.get_product(&id).await.refused(404);
    assert_eq!(client.list_products("").await.ok().body["total"], 0);
    let events = client.list_events("").await.ok();
    let types: Vec<&Value> = events.items().iter().take(3).map(|event| &event["type"]).collect();
    assert_eq!(types, ["product.deleted", "product.updated", "product.created"]);
}

#[tokio::test]
async fn an_archived_product_is_listed_apart() {
    let api = Api::start().await;
    let client = api.client().await;
    let (sold, archived) = (product(&client).await, product(&client).await);
    client.update_product(&archived, json!({"active": false})).await.ok();
    for (query, expected) in [("?active=true", &sold), ("?active=false", &archived)] {
        let page = client.list_products(query).await.ok();
        assert_eq!(
            (page.body["total"].as_u64(), page.items()[0]["id"].as_str()),
            (Some(1), Some(expected.as_str()))
        );
    }
    let refused = client.list_products("?active=yes").await.refused(400);
    assert_eq!(refused.faults(), ["?active wrong_type"]);
}

#[tokio::test]
async fn a_product_with_prices_is_archived_not_deleted() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = product(&client).await;
    let price = client.create_price(price_of(&id)).await.ok().id();
    client.update_price(&price, json!({"active": false})).await.ok();
    let refused = client.delete_product(&id).await.refused(422);
    assert_eq!(refused.faults(), [" in_use"]);
    assert!(refused.body["detail"].as_str().unwrap().contains("active false"), "{}", refused.body);
    client.update_product(&id, json!({"active": false})).await.ok();
    assert_eq!(client.get_product(&id).await.ok().body["version"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_made_while_its_product_is_being_deleted_keeps_it() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = product(&client).await;
    let deletion = {
        let (client, id) = (client.clone(), id.clone());
        async move { client.delete_product(&id).await }
    };
    let held = ("products-delete", "TransactWriteItems");
    let refused = api.while_held(held, deletion, async {
        client.create_price(price_of(&id)).await.ok();
    });
    assert_eq!(refused.await.refused(422).faults(), [" in_use"]);
    client.get_product(&id).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_deleted_while_its_price_is_being_made_has_none() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = product(&client).await;
    let creation = {
        let (client, body) = (client.clone(), price_of(&id));
        async move { client.create_price(body).await }
    };
    let held = ("prices-create", "TransactWriteItems");
    let refused = api.while_held(held, creation, async {
        client.delete_product(&id).await.ok();
    });
    assert_eq!(refused.await.refused(422).faults(), ["/product_id no_such_object"]);
    assert_eq!(client.list_prices("").await.ok().body["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_first_a_price_has_a_product() {
    let api = Api::start().await;
    let client = api.client().await;
    for _ in 0..10 {
        let id = product(&client).await;
        let creations = (0..3).map(|_| {
            let (client, body) = (client.clone(), price_of(&id));
            tokio::spawn(async move { client.create_price(body).await.status.as_u16() })
        });
        let mut tasks: Vec<_> = creations.collect();
        let deleting = client.clone();
        let gone = id.clone();
        tasks.push(tokio::spawn(
            async move { deleting.delete_product(&gone).await.status.as_u16() },
        ));
        let mut statuses = BTreeSet::new();
        for task in tasks {
            statuses.insert(task.await.unwrap());
        }
        assert!(statuses.is_subset(&[200, 409, 422].into()), "{statuses:?}");
        let prices = client.list_prices(&format!("?product_id={id}")).await.ok();
        let exists = client.get_product(&id).await.status == 200;
        assert_eq!(prices.body["total"] != 0, exists, "{}", prices.body);
    }
}
