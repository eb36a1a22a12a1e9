//! Prices: what they may be made of, that their amounts never change, and what they refer to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Api, Client};

async fn product(client: &Client) -> String {
    client.create_product(json!({"name": "Team plan"})).await.ok().id()
}

fn monthly(product: &str) -> Value {
    json!({
        "product_id": product, "currency": "USD", "unit_amount_atom": 1200,
        "billing_interval": "month",
    })
}

fn with(mut body: Value, rest: Value) -> Value {
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_price_is_created_read_changed_and_listed() {
    let api = Api::start().await;
    let client = api.client().await;
    let product = product(&client).await;
    let created = client.create_price(monthly(&product)).await.ok();
    let id = created.id();
    assert!(id.starts_with("price_prod_"), "{id}");
    let expected = json!({
        "product_id": product, "active": true, "nickname": null, "currency": "usd",
        "usage_type": "licensed", "unit_amount_atom": 1200, "unit_amount_decimal": "1200",
        "tiers_mode": null, "tiers": null, "quantity_divisor": 1, "billing_interval": "month",
        "billing_interval_count": 1, "meter_id": null, "minimum_amount_atom": null,
        "maximum_amount_atom": null, "tax_behavior": "exclusive", "lookup_key": null, "external_id": null,
        "metadata": {},
    });
    let rest = created.body.as_object().unwrap().iter().skip(5);
    let rest: serde_json::Map<String, Value> = rest.map(|(k, v)| (k.clone(), v.clone())).collect();
    assert_eq!(Value::Object(rest), expected);
    assert_eq!(client.get_price(&id).await.ok().body, created.body);

    let patch = json!({"active": false, "nickname": "Old", "metadata": {"a": "1"}});
    let changed = client.update_price(&id, patch).await.ok();
    assert_eq!(
        (&changed.body["active"], &changed.body["nickname"]),
        (&json!(false), &json!("Old"))
    );
    assert_eq!(client.list_prices("").await.ok().body["items"], json!([changed.body]));
    client.delete(&format!("/api/prices/{id}")).await.refused(405);
    let events = client.list_events("?limit=2").await.ok();
    let types: Vec<&Value> = events.items().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["price.updated", "price.created"]);
}

#[tokio::test]
async fn tiers_keep_their_order_and_their_ends() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({
        "product_id": product(&client).await, "currency": "jpy", "tiers_mode": "graduated",
        "tiers": [
            {"up_to": 1000, "unit_amount_atom": 0, "flat_amount_atom": 500},
            {"up_to": 5000, "unit_amount_decimal": "0.25"},
            {"up_to": null, "unit_amount_decimal": 0.125},
        ],
    });
    let created = client.create_price(body).await.ok();
    let tier = |up_to: Value, atom: Value, decimal: &str, flat: i64| {
        json!({
            "up_to": up_to, "unit_amount_atom": atom, "unit_amount_decimal": decimal,
            "flat_amount_atom": flat,
        })
    };
    let null = Value::Null;
    let tiers = json!([
        tier(json!(1000), json!(0), "0", 500),
        tier(json!(5000), null.clone(), "0.25", 0),
        tier(null.clone(), null, "0.125", 0),
    ]);
    assert_eq!(created.body["tiers"], tiers);
    assert_eq!(client.get_price(&created.id()).await.ok().body, created.body);
}

#[tokio::test]
async fn an_amount_never_changes() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client.create_price(monthly(&product(&client).await)).await.ok();
    let patch = json!({
        "unit_amount_atom": 1, "currency": "eur", "billing_interval": "year", "lookup_key": "x",
        "product_id": "prod_prod_0000000000000000",
    });
    let refused = client.update_price(&created.id(), patch).await.refused(400);
    let mut faults = refused.faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            "/billing_interval unknown_field",
            "/currency unknown_field",
            "/lookup_key unknown_field",
            "/product_id unknown_field",
            "/unit_amount_atom unknown_field",
        ]
    );
    assert_eq!(client.get_price(&created.id()).await.ok().body, created.body);
}

#[tokio::test]
async fn everything_wrong_with_a_price_is_listed_at_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({
        "product_id": "prod_prod_0000000000000000", "currency": "usd", "usage_type": "metered",
        "tiers_mode": "volume", "tiers": [{"up_to": 5, "unit_amount_atom": 1}],
        "billing_interval": "year", "billing_interval_count": 4, "custom_fields": {"nope": 1},
    });
    assert_eq!(
        client.create_price(body).await.refused(422).faults(),
        [
            "/product_id no_such_object",
            "/custom_fields/nope unknown_custom_field",
            "/meter_id required",
            "/tiers invalid_tiers",
            "/billing_interval_count out_of_range",
        ]
    );
    let missing = client.create_price(json!({"unit_amount_atom": 0.5})).await.refused(400);
    assert_eq!(
        missing.faults(),
        ["/product_id required", "/currency required", "/unit_amount_atom wrong_type"]
    );
    assert_eq!(client.list_prices("").await.ok().body["total"], 0);
}

#[tokio::test]
async fn a_product_of_another_account_or_environment_has_no_price_here() {
    let api = Api::start().await;
    let client = api.client().await;
    let other = api.client().await;
    let stg = api.client_of(&api.account("stg").await);
    for stranger in [product(&other).await, product(&stg).await] {
        let refused = client.create_price(monthly(&stranger)).await.refused(422);
        assert_eq!(refused.faults(), ["/product_id no_such_object"]);
    }
    assert_eq!(client.list_prices("").await.ok().body["total"], 0);
}

#[tokio::test]
async fn a_lookup_key_is_one_prices_alone() {
    let api = Api::start().await;
    let client = api.client().await;
    let product = product(&client).await;
    let keyed = with(monthly(&product), json!({"lookup_key": "team monthly/é"}));
    let first = client.create_price(keyed.clone()).await.ok();
    assert_eq!(first.body["lookup_key"], "team monthly/é");
    assert_eq!(
        client.create_price(keyed.clone()).await.refused(409).faults(),
        ["/lookup_key taken"]
    );
    client.update_price(&first.id(), json!({"active": false})).await.ok();
    client.create_price(keyed).await.refused(409);
    let other = api.client().await;
    let body = with(monthly(&self::product(&other).await), json!({"lookup_key": "team monthly/é"}));
    other.create_price(body).await.ok();
    assert_eq!(client.list_prices("").await.ok().body["total"], 1);
}

#[tokio::test]
async fn filters_combine() {
    let api = Api::start().await;
    let client = api.client().await;
    let (team, solo) = (product(&client).await, product(&client).await);
    let mut ids = Vec::new();
    for of in [&team, &team, &solo] {
        ids.push(client.create_price(monthly(of)).await.ok().id());
    }
    client.update_price(&ids[0], json!({"active": false})).await.ok();
    let cases = [
        (String::new(), vec![&ids[2], &ids[1], &ids[0]]),
        (format!("?product_id={team}"), vec![&ids[1], &ids[0]]),
        ("?active=true".to_owned(), vec![&ids[2], &ids[1]]),
        (format!("?active=false&product_id={team}"), vec![&ids[0]]),
        (format!("?product_id={team}&active=true"), vec![&ids[1]]),
        (format!("?product_id={solo}&active=false"), vec![]),
    ];
    for (query, expected) in cases {
        let page = client.list_prices(&query).await.ok();
        let shown: Vec<&Value> = page.items().iter().map(|item| &item["id"]).collect();
        assert_eq!(shown, expected, "{query}");
        assert_eq!(page.body["total"], expected.len(), "{query}");
    }
    let refused = client.list_prices("?currency=usd").await.refused(400);
    assert_eq!(refused.faults(), ["?currency unknown_parameter"]);
}

#[tokio::test]
async fn a_product_is_shown_beside_its_price() {
    let api = Api::start().await;
    let client = api.client().await;
    let product = product(&client).await;
    let path = "/api/prices?expand=product,custom_fields";
    let created = client.post(path, monthly(&product)).await.ok().body;
    assert_eq!(created["product"], client.get_product(&product).await.ok().body);
    assert_eq!((&created["product_id"], &created["custom_fields"]), (&json!(product), &json!({})));
    let listed = client.list_prices("?expand=product").await.ok();
    assert_eq!(listed.items()[0]["product"], created["product"]);
}

#[tokio::test]
async fn only_the_first_price_of_a_product_touches_the_product() {
    let api = Api::start().await;
    let client = api.client().await;
    let product = product(&client).await;
    let partition = format!("{}#{product}", client.account);
    let mut touched = Vec::new();
    for _ in 0..2 {
        api.stack.wire().take();
        client.create_price(monthly(&product)).await.ok();
        let calls = api.stack.wire().take();
        let writes = calls.iter().filter(|call| call.action == "TransactWriteItems");
        let touches = writes.flat_map(|call| &call.touches);
        let of_product = touches.filter(|touch| touch.partition_key == partition);
        touched.push(of_product.map(|one| one.permission.clone()).collect::<BTreeSet<_>>());
    }
    let first = ["dynamodb:ConditionCheckItem", "dynamodb:PutItem"].map(str::to_owned);
    assert_eq!(touched, [first.into(), BTreeSet::new()]);
}
