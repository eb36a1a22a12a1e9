//! Custom fields: definitions, values, and what becomes of values when definitions change.

use serde_json::{Value, json};

use crate::client::{Api, Client, exchange};

async fn define(client: &Client, key: &str, rest: Value) -> String {
    let mut body = json!({"entity_type": "customer", "key": key, "display_name": key});
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    client.define_field(body).await.ok().id()
}

async fn fields_of(client: &Client, customer: &str) -> Value {
    let path = format!("{customer}?expand=custom_fields");
    client.get_customer(&path).await.ok().body["custom_fields"].clone()
}

#[tokio::test]
async fn values_are_shown_only_when_asked_for() {
    let api = Api::start().await;
    let client = api.client().await;
    define(&client, "tier", json!({"data_type": "select", "options": ["gold", "silver"]})).await;
    define(&client, "size", json!({"data_type": "number", "min": 0, "max": 10})).await;
    let body = json!({"email": "a@example.com", "custom_fields": {"tier": "gold", "size": 2.5}});
    let created = client.create_customer(body).await.ok();
    assert!(created.body.get("custom_fields").is_none());
    let id = created.id();
    assert_eq!(fields_of(&client, &id).await, json!({"tier": "gold", "size": 2.5}));
    let patch = json!({"custom_fields": {"size": null}});
    let path = format!("/api/customers/{id}?expand=custom_fields,account");
    let patched = client.patch(&path, patch).await.ok().body;
    assert_eq!(patched["custom_fields"], json!({"tier": "gold"}));
    assert_eq!(patched["account"]["id"], json!(client.account));
    let listed = client.list_customers("?expand=custom_fields&expand=account").await.ok();
    assert_eq!(listed.items()[0]["custom_fields"], json!({"tier": "gold"}));
    assert_eq!(listed.items()[0]["account"], patched["account"]);
    let unknown = client.get_customer(&format!("{id}?expand=custom_fields,nothing")).await;
    assert_eq!(unknown.refused(400).faults(), ["?expand unknown_expansion"]);
}

#[tokio::test]
async fn products_and_prices_have_fields_of_their_own() {
    let api = Api::start().await;
    let client = api.client().await;
    let tiers = json!({"data_type": "select", "options": ["gold", "silver"]});
    let mut fields = Vec::new();
    for entity_type in ["product", "price"] {
        let body = json!({"entity_type": entity_type, "key": "tier"});
        let mut body = body.as_object().unwrap().clone();
        body.extend(tiers.as_object().unwrap().clone());
        fields.push(client.define_field(body.into()).await.ok().id());
    }
    let gold = json!({"tier": "gold"});
    let product = json!({"name": "Team plan", "custom_fields": gold});
    let product = client.create_product(product).await.ok();
    assert!(product.body.get("custom_fields").is_none());
    let price = json!({
        "product_id": product.id(), "currency": "usd", "unit_amount_atom": 1,
        "custom_fields": {"tier": "silver"},
    });
    let price = client.create_price(price).await.ok().id();

    let expand = format!("{price}?expand=custom_fields,product.custom_fields");
    let shown = client.get_price(&expand).await.ok().body;
    assert_eq!(shown["custom_fields"], json!({"tier": "silver"}));
    assert_eq!(shown["product"]["custom_fields"], gold);
    let listed = client.list_products("?expand=custom_fields").await.ok();
    assert_eq!(listed.items()[0]["custom_fields"], gold);

    for (field, held) in fields.iter().zip(["gold", "silver"]) {
        let without =
            json!({"options": ["bronze", if held == "gold" { "silver" } else { "gold" }]});
        let refused = client.update_field(field, without.clone()).await.refused(422);
        assert_eq!(refused.faults(), ["/options in_use"]);
        let none = json!({"custom_fields": {"tier": null}});
        match held {
            "gold" => client.update_product(&product.id(), none).await.ok(),
            _ => client.update_price(&price, none).await.ok(),
        };
        client.update_field(field, without).await.ok();
    }
}

#[tokio::test]
async fn a_value_must_fit_its_definition() {
    let api = Api::start().await;
    let client = api.client().await;
    define(&client, "tier", json!({"data_type": "select", "options": ["gold"]})).await;
    define(&client, "vip", json!({"data_type": "boolean"})).await;
    let body = json!({
        "email": "a@example.com", "custom_fields": {"tier": "lead", "vip": "yes", "nope": 1},
    });
    let faults = client.create_customer(body).await.refused(400).faults();
    let expected = [
        "/custom_fields/tier unknown_value",
        "/custom_fields/vip wrong_type",
        "/custom_fields/nope unknown_custom_field",
    ];
    assert_eq!(faults, expected);
    let unknown = json!({"email": "a@example.com", "custom_fields": {"nope": 1}});
    client.create_customer(unknown).await.refused(422);
}

#[tokio::test]
async fn a_key_is_unique_within_its_entity_type() {
    let api = Api::start().await;
    let client = api.client().await;
    let first = define(&client, "tier", json!({"data_type": "text"})).await;
    let same = json!({"entity_type": "customer", "key": "tier", "data_type": "boolean"});
    assert_eq!(client.define_field(same.clone()).await.refused(409).faults(), ["/key taken"]);
    let other = json!({"entity_type": "product", "key": "tier", "data_type": "boolean"});
    client.define_field(other).await.ok();
    client.delete_field(&first).await.ok();
    client.define_field(same).await.ok();
    assert_eq!(client.list_fields("").await.ok().body["total"], 2);
}

#[tokio::test]
async fn the_most_fields_an_entity_type_has_can_all_change_at_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let keys: Vec<String> = (0..40).map(|index| format!("f{index}")).collect();
    for key in &keys {
        define(&client, key, json!({"data_type": "select", "options": ["a", "b"]})).await;
    }
    let more = json!({"entity_type": "customer", "key": "more", "data_type": "text"});
    let refused = client.define_field(more).await.refused(422);
    assert_eq!(refused.faults(), ["/entity_type too_many"]);
    let all = |value: &str| -> Value {
        keys.iter().map(|key| (key.clone(), Value::from(value))).collect()
    };
    let body = json!({"email": "a@example.com", "custom_fields": all("a")});
    let id = client.create_customer(body).await.ok().id();
    let patch = json!({"email": "b@example.com", "custom_fields": all("b")});
    let request = client.request(reqwest::Method::PATCH, &format!("/api/customers/{id}"));
    exchange(request.header("Idempotency-Key", "k").json(&patch)).await.ok();
    assert_eq!(fields_of(&client, &id).await, all("b"));
}

#[tokio::test]
async fn an_option_in_use_cannot_be_removed() {
    let api = Api::start().await;
    let client = api.client().await;
    let options = json!({"data_type": "select", "options": ["gold", "silver"]});
    let field = define(&client, "tier", options).await;
    let body = json!({"email": "a@example.com", "custom_fields": {"tier": "gold"}});
    let customer = client.create_customer(body).await.ok().id();
    let without = |option: &str| json!({"options": [option, "bronze"]});
    let refused = client.update_field(&field, without("silver")).await.refused(422);
    assert_eq!(refused.faults(), ["/options in_use"]);
    client.update_field(&field, without("gold")).await.ok();
    let freed = json!({"custom_fields": {"tier": "bronze"}});
    client.update_customer(&customer, freed).await.ok();
    client.update_field(&field, json!({"options": ["bronze"]})).await.ok();
    client.delete_customer(&customer).await.ok();
    let field = client.update_field(&field, json!({"options": ["iron"]})).await.ok();
    assert_eq!(client.get_field(&field.id()).await.ok().body, field.body);
}

#[tokio::test]
async fn deleting_a_definition_deletes_its_values_for_good() {
    let api = Api::start().await;
    let client = api.client().await;
    let field = define(&client, "note", json!({"data_type": "text"})).await;
    define(&client, "kept", json!({"data_type": "text"})).await;
    let fields = json!({"note": "x", "kept": "y"});
    let body = json!({"email": "a@example.com", "custom_fields": fields});
    let customer = client.create_customer(body).await.ok().id();
    client.delete_field(&field).await.ok();
    assert_eq!(fields_of(&client, &customer).await, json!({"kept": "y"}));
    define(&client, "note", json!({"data_type": "text"})).await;
    assert_eq!(fields_of(&client, &customer).await, json!({"kept": "y"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_definitions_at_once_do_not_exceed_their_number() {
    let api = Api::start().await;
    let client = api.client().await;
    for index in 0..36 {
        define(&client, &format!("f{index}"), json!({"data_type": "text"})).await;
    }
    let tasks: Vec<_> = (0..12)
        .map(|index| {
            let client = client.clone();
            let body = json!({
                "entity_type": "customer", "key": format!("at-once-{index}"), "data_type": "text",
            });
            tokio::spawn(async move { client.define_field(body).await.status.as_u16() })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        let status = task.await.unwrap();
        assert!([200, 409, 422].contains(&status), "{status}");
        made += u64::from(status == 200);
    }
    let total = client.list_fields("").await.ok().body["total"].as_u64().unwrap();
    assert_eq!(total, 36 + made);
    assert!(total <= 40, "{total}");
}

#[tokio::test]
async fn everything_wrong_with_values_and_references_is_listed_at_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({
        "email": "a@example.com", "custom_fields": {"nope": 1},
        "default_payment_method_id": "pm_prod_0000000000000000",
    });
    assert_eq!(
        client.create_customer(body).await.refused(422).faults(),
        ["/default_payment_method_id no_such_object", "/custom_fields/nope unknown_custom_field"]
    );
}
