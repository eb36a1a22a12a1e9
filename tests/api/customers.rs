//! Customers: their fields, their lists, their life.

use serde_json::{Value, json};

use crate::client::{Answer, Api, Client};

#[tokio::test]
async fn a_customer_is_created_read_changed_listed_and_deleted() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client
        .create_customer(json!({"email": "jane@example.com", "name": "Jane Smith"}))
        .await
        .ok();
    assert_eq!(created.header("etag"), Some("\"1\""));
    assert_eq!(created.body["version"], 1);
    let id = created.id();
    assert_eq!(client.get_customer(&id).await.ok().body, created.body);

    let patch = json!({"name": "Jane Doe", "metadata": {"a": "1"}});
    let changed = client.update_customer(&id, patch).await.ok();
    assert_eq!((&changed.body["version"], &changed.body["name"]), (&json!(2), &json!("Jane Doe")));
    assert_eq!(client.list_customers("").await.ok().body["items"], json!([changed.body]));

    let deleted = client.delete_customer(&id).await.ok();
    assert_eq!(deleted.body, json!({"id": id, "deleted": true}));
    client.get_customer(&id).await.refused(404);
    let empty = json!({"items": [], "total": 0, "has_more": false});
    assert_eq!(client.list_customers("").await.ok().body, empty);
}

#[tokio::test]
async fn every_fault_of_a_body_is_listed_at_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let missing = client.create_customer(json!({})).await.refused(400);
    assert_eq!(missing.body["detail"], "Customer email is required");
    let body = json!({
        "name": 5, "phone": "x".repeat(51), "timezone": "Mars/Base", "emial": "a@b.co",
        "metadata": {"k": 1}, "address": {"city": true, "town": "x"},
    });
    assert_eq!(
        client.create_customer(body).await.refused(400).faults(),
        [
            "/email required",
            "/name wrong_type",
            "/phone too_long",
            "/address/city wrong_type",
            "/address/town unknown_field",
            "/timezone unknown_timezone",
            "/metadata/k wrong_type",
            "/emial unknown_field",
        ]
    );
    let invalid = client.create_customer(json!({"email": "jane@", "currency": "xxq"})).await;
    assert_eq!(
        invalid.refused(422).faults(),
        ["/email invalid_email", "/currency unknown_currency"]
    );
    assert_eq!(client.list_customers("").await.ok().body["total"], 0);
}

#[tokio::test]
async fn every_fault_of_a_query_is_listed_at_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let query = "?limit=101&ofset=3&created_at[gte]=yesterday&created_at[after]=x&email=nonsense";
    let refused = client.list_customers(query).await.refused(400);
    assert_eq!(
        refused.faults(),
        [
            "?limit out_of_range",
            "?created_at[gte] invalid_timestamp",
            "?created_at[after] unknown_parameter",
            "?email invalid_email",
            "?ofset unknown_parameter",
        ]
    );
    assert!(refused.body["errors"][4]["detail"].as_str().unwrap().ends_with("mean offset?"));
}

#[tokio::test]
async fn pages_have_an_exact_total_and_are_newest_first() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut ids = Vec::new();
    for index in 0..7 {
        let email = format!("{}@example.com", if index % 2 == 0 { "even" } else { "odd" });
        ids.push(client.create_customer(json!({"email": email})).await.ok().id());
    }
    ids.reverse();
    let page = client.list_customers("?limit=3&offset=2").await.ok();
    let shown: Vec<&Value> = page.items().iter().map(|item| &item["id"]).collect();
    assert_eq!(shown, ids[2..5].iter().collect::<Vec<_>>());
    assert_eq!((&page.body["total"], &page.body["has_more"]), (&json!(7), &json!(true)));
    let last = client.list_customers("?limit=3&offset=4").await.ok();
    assert_eq!((last.items().len(), &last.body["has_more"]), (3, &json!(false)));
    let past = client.list_customers("?offset=9223372036854775807").await.ok();
    assert_eq!((past.items().len(), &past.body["total"]), (0, &json!(7)));
    let even = client.list_customers("?email=even@example.com").await.ok();
    assert_eq!((even.items().len(), &even.body["total"]), (4, &json!(4)));

    let third = client.get_customer(&ids[4]).await.ok();
    let at = third.body["created_at"].as_str().unwrap();
    let since = client.list_customers(&format!("?created_at[gt]={at}&limit=1")).await.ok();
    let later = client.list_customers("").await.ok();
    let later = later.items().iter().filter(|item| item["created_at"].as_str().unwrap() > at);
    assert_eq!(since.body["total"], json!(later.count()));
}

/// Runs `change` between the two reads of `client`'s list: after the operations, before the objects.
async fn while_listing<F: Future<Output = ()>>(
    api: &Api,
    client: &Client,
    query: &'static str,
    change: F,
) -> Answer {
    let listing = {
        let client = client.clone();
        async move { client.list_customers(query).await.ok() }
    };
    api.while_held(("customers-list", "BatchGetItem"), listing, change).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_deleted_while_a_page_is_read_is_neither_shown_nor_counted() {
    let api = Api::start().await;
    let client = api.client().await;
    let kept = client.create_customer(json!({"email": "kept@example.com"})).await.ok();
    let gone = client.create_customer(json!({"email": "gone@example.com"})).await.ok().id();
    let page = while_listing(&api, &client, "", async {
        client.delete_customer(&gone).await.ok();
    })
    .await;
    assert_eq!(page.body, json!({"items": [kept.body], "total": 1, "has_more": false}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_leaves_a_filter_while_a_page_is_read_is_not_shown() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let page = while_listing(&api, &client, "?email=a@example.com", async {
        client.update_customer(&id, json!({"email": "b@example.com"})).await.ok();
    })
    .await;
    assert_eq!(page.body, json!({"items": [], "total": 0, "has_more": false}));
    let moved = client.list_customers("?email=b%40example.com").await.ok();
    assert_eq!(moved.body["total"], 1);
}

#[tokio::test]
async fn a_request_full_of_faults_is_answered_briefly() {
    let api = Api::start().await;
    let client = api.client().await;
    let unknown: serde_json::Map<String, Value> =
        (0..15_000).map(|index| (format!("k{index}"), Value::Null)).collect();
    let refused = client.create_customer(Value::Object(unknown)).await.refused(400);
    assert_eq!(refused.faults().len(), 100);
    assert!(refused.body["detail"].as_str().unwrap().contains("15000 more faults"));
    let long = json!({"email": "a@example.com", "k".repeat(200_000): 1});
    let refused = client.create_customer(long).await.refused(400);
    assert!(refused.body.to_string().len() < 2_000);
}

#[tokio::test]
async fn a_page_too_large_to_be_passed_on_asks_for_a_smaller_one() {
    let api = Api::start().await;
    let client = api.client().await;
    let metadata: serde_json::Map<String, Value> =
        (0..50).map(|index| (format!("k{index}"), "語".repeat(500).into())).collect();
    for index in 0..85 {
        let email = format!("{index}@example.com");
        client.create_customer(json!({"email": email, "metadata": metadata})).await.ok();
    }
    let refused = client.list_customers("?limit=100").await.refused(400);
    assert_eq!(refused.faults(), ["?limit too_large"]);
    assert_eq!(client.list_customers("?limit=50").await.ok().items().len(), 50);
}

#[tokio::test]
async fn a_condition_that_cannot_be_read_is_not_ignored() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let path = format!("/api/customers/{id}");
    let value = reqwest::header::HeaderValue::from_bytes("é".as_bytes()).unwrap();
    let request = client.request(reqwest::Method::PATCH, &path).header("If-Match", value);
    let refused = crate::client::exchange(request.json(&json!({"name": "B"}))).await;
    assert_eq!(refused.refused(400).faults(), ["If-Match invalid_header"]);
}

/// A draft can be deleted, and what it said of its customer with it; another one says the same.
#[tokio::test]
async fn a_customer_with_an_older_draft_is_not_deleted() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let draft = || client.create_invoice(json!({"customer_id": id, "currency": "usd"}));
    let (older, newer) = (draft().await.ok().id(), draft().await.ok().id());
    client.delete_invoice(&newer).await.ok();
    assert_eq!(client.delete_customer(&id).await.refused(422).faults(), [" in_use"]);
    client.delete_invoice(&older).await.ok();
    client.delete_customer(&id).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_removed_while_it_becomes_the_default_does_not() {
    let shop = crate::billing::Shop::open().await;
    let (api, client, id) = (&shop.api, &shop.client, &shop.customer);
    for deletion_first in [true, false] {
        let method = client.add_payment_method(id, json!({"token": "test_success"})).await;
        let method = method.ok().id();
        let patch = json!({"default_payment_method_id": method});
        let (one, customer, other) = (client.clone(), id.clone(), method.clone());
        let update = async move { one.update_customer(&customer, patch).await };
        let (one, customer) = (client.clone(), id.clone());
        let deletion = async move { one.delete_payment_method(&customer, &other).await };
        match deletion_first {
            true => {
                let held = ("customers-update", "TransactWriteItems");
                let refused = api.while_held(held, update, async {
                    deletion.await.ok();
                });
                let faults = refused.await.refused(422).faults();
                assert_eq!(faults, ["/default_payment_method_id no_such_object"]);
            }
            false => {
                let held = ("payment-methods-delete", "TransactWriteItems");
                let deleted = api.while_held(held, deletion, async {
                    update.await.ok();
                });
                deleted.await.ok();
            }
        }
        let customer = client.get_customer(id).await.ok().body;
        assert_ne!(customer["default_payment_method_id"], json!(method));
    }
}

#[tokio::test]
async fn an_address_has_a_country_of_iso_3166_and_tax_ids_have_the_form_of_their_type() {
    let api = Api::start().await;
    let client = api.client().await;
    let address =
        |country: &str| json!({"email": "a@example.com", "address": {"country": country}});
    for (country, code) in [("DE", "DE"), ("EL", "GR"), ("UK", "GB")] {
        let made = client.create_customer(address(country)).await.ok();
        assert_eq!(made.body["address"]["country"], code);
        assert_eq!(client.get_customer(&made.id()).await.ok().body, made.body);
    }
    for country in ["XK", "de", "DEU", "Germany", ""] {
        let refused = client.create_customer(address(country)).await.refused(422);
        assert_eq!(refused.faults(), ["/address/country unknown_country"], "{country}");
    }
    let ids = json!([
        {"type": "eu_vat", "value": "DE 136 695 976"},
        {"type": "us_ein", "value": "12-3456789", "status": "verified"},
    ]);
    let body = json!({"email": "a@example.com", "tax_ids": ids, "buyer_reference": "4711"});
    let customer = client.create_customer(body).await.ok();
    let shown = &customer.body["tax_ids"];
    assert_eq!(
        (&shown[0]["value"], &shown[0]["status"], &shown[1]["status"]),
        (&json!("DE 136 695 976"), &json!("unverified"), &json!("verified"))
    );
    let wrong = json!({"tax_ids": [
        {"type": "eu_vat", "value": "DE13669597"}, {"type": "vat_id", "value": "1"},
        {"type": "gb_vat", "value": "GB980780684", "status": "known"},
    ]});
    let refused = client.update_customer(&customer.id(), wrong).await.refused(422);
    assert_eq!(
        refused.faults(),
        ["/tax_ids/1/type unknown_value", "/tax_ids/2/status unknown_value"]
    );
    let wrong = json!({"tax_ids": [{"type": "eu_vat", "value": "DE13669597"}]});
    let refused = client.update_customer(&customer.id(), wrong).await.refused(422);
    assert_eq!(refused.faults(), ["/tax_ids/0/value invalid_tax_id"]);
    assert_eq!(client.get_customer(&customer.id()).await.ok().body, customer.body);
    let cleared = json!({"tax_ids": [], "buyer_reference": null});
    let cleared = client.update_customer(&customer.id(), cleared).await.ok().body;
    assert_eq!((&cleared["tax_ids"], &cleared["buyer_reference"]), (&json!([]), &json!(null)));
}
