//! Coupons and promotion codes: what they give, how they are named, and what refers to them.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::{
    client::{Api, Client},
    renewals::Shop,
};

async fn coupon(client: &Client) -> String {
    let body = json!({"discount_type": "percentage", "percent_off": 20});
    client.create_coupon(body).await.ok().id()
}

async fn code(client: &Client, coupon: &str, code: &str) -> String {
    let body = json!({"coupon_id": coupon, "code": code});
    client.create_promotion_code(body).await.ok().id()
}

#[tokio::test]
async fn a_coupon_is_created_read_changed_listed_and_deleted() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({
        "name": "Launch", "discount_type": "fixed_amount", "amount_off_atom": 500,
        "currency": "EUR", "duration": "repeating", "duration_in_months": 3,
    });
    let created = client.create_coupon(body).await.ok();
    let id = created.id();
    assert!(id.starts_with("cpn_prod_"), "{id}");
    let shown = |name: &str| created.body[name].clone();
    assert_eq!((shown("currency"), shown("valid")), (json!("eur"), json!(true)));
    assert_eq!((shown("times_redeemed"), shown("percent_off")), (json!(0), json!(null)));
    assert_eq!(client.get_coupon(&id).await.ok().body, created.body);

    let patch = json!({"active": false, "max_redemptions": 5, "metadata": {"a": "1"}});
    let changed = client.update_coupon(&id, patch).await.ok();
    assert_eq!((&changed.body["active"], &changed.body["valid"]), (&json!(false), &json!(false)));
    assert_eq!(
        client.list_coupons("?active=false").await.ok().body["items"],
        json!([changed.body])
    );
    assert_eq!(client.list_coupons("?active=true").await.ok().body["total"], 0);

    let deleted = client.delete_coupon(&id).await.ok();
    assert_eq!(deleted.body, json!({"id": id, "deleted": true}));
    client.get_coupon(&id).await.refused(404);
    let events = client.list_events("").await.ok();
    let types: Vec<&Value> = events.items().iter().take(3).map(|event| &event["type"]).collect();
    assert_eq!(types, ["coupon.deleted", "coupon.updated", "coupon.created"]);
    let previous = &events.items()[1]["data"]["previous_attributes"];
    assert_eq!((&previous["valid"], &previous["active"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn what_a_coupon_gives_never_changes() {
    let api = Api::start().await;
    let client = api.client().await;
    let id = coupon(&client).await;
    let patch = json!({"percent_off": 30, "duration": "forever", "valid": true});
    let mut faults = client.update_coupon(&id, patch).await.refused(400).faults();
    faults.sort();
    let expected =
        ["/duration unknown_field", "/percent_off unknown_field", "/valid unknown_field"];
    assert_eq!(faults, expected);
    let refused = client.update_coupon(&id, json!({"redeem_by": "2020-01-01T00:00:00Z"})).await;
    assert_eq!(refused.refused(422).faults(), ["/redeem_by not_in_the_future"]);
}

#[tokio::test]
async fn everything_wrong_with_a_coupon_is_listed_at_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({
        "discount_type": "fixed_amount", "percent_off": 5, "amount_off_atom": 5,
        "duration": "repeating",
    });
    assert_eq!(
        client.create_coupon(body).await.refused(422).faults(),
        ["/percent_off not_allowed", "/currency required", "/duration_in_months required"]
    );
    let body = json!({"discount_type": "percentage", "percent_off": 101});
    let refused = client.create_coupon(body).await.refused(422);
    assert_eq!(refused.faults(), ["/percent_off out_of_range"]);
    let refused = client.create_coupon(json!({"percent_off": 10})).await.refused(400);
    assert_eq!(refused.faults(), ["/discount_type required"]);
}

#[tokio::test]
async fn a_promotion_code_is_created_read_changed_listed_and_deleted() {
    let api = Api::start().await;
    let client = api.client().await;
    let coupon = coupon(&client).await;
    let body = json!({"coupon_id": coupon, "code": "Launch-20", "max_redemptions": 3});
    let created = client.create_promotion_code(body).await.ok();
    let id = created.id();
    assert!(id.starts_with("promo_prod_"), "{id}");
    assert_eq!(
        (&created.body["code"], &created.body["times_redeemed"]),
        (&json!("Launch-20"), &json!(0))
    );
    assert_eq!(client.get_promotion_code(&id).await.ok().body, created.body);
    let patch = json!({"active": false, "max_redemptions": null});
    let changed = client.update_promotion_code(&id, patch).await.ok();
    assert_eq!(client.list_promotion_codes("").await.ok().body["items"], json!([changed.body]));
    let refused = client.update_promotion_code(&id, json!({"code": "other"})).await.refused(400);
    assert_eq!(refused.faults(), ["/code unknown_field"]);
    client.delete_promotion_code(&id).await.ok();
    client.get_promotion_code(&id).await.refused(404);
    let events = client.list_events("").await.ok();
    let types: Vec<&Value> = events.items().iter().take(3).map(|event| &event["type"]).collect();
    let expected = ["promotion_code.deleted", "promotion_code.updated", "promotion_code.created"];
    assert_eq!(types, expected);
}

#[tokio::test]
async fn a_code_is_the_same_in_any_case() {
    let api = Api::start().await;
    let client = api.client().await;
    let coupon = coupon(&client).await;
    let id = code(&client, &coupon, "Launch-20").await;
    let again = json!({"coupon_id": coupon, "code": "LAUNCH-20"});
    let refused = client.create_promotion_code(again.clone()).await.refused(409);
    assert_eq!(refused.faults(), ["/code taken"]);
    let found = client.list_promotion_codes("?code=lAUNCH-20").await.ok();
    assert_eq!(
        (found.body["total"].as_u64(), found.items()[0]["id"].as_str()),
        (Some(1), Some(id.as_str()))
    );
    let other = api.client().await;
    code(&other, &self::coupon(&other).await, "launch-20").await;
    client.delete_promotion_code(&id).await.ok();
    client.create_promotion_code(again).await.ok();
}

#[tokio::test]
async fn a_code_is_made_up_where_none_is_given() {
    let api = Api::start().await;
    let client = api.client().await;
    let coupon = coupon(&client).await;
    let body = json!({"coupon_id": coupon});
    let first = client.create_promotion_code(body.clone()).await.ok();
    let second = client.create_promotion_code(body).await.ok();
    assert_ne!(first.body["code"], second.body["code"]);
    for code in ["ab", &"x".repeat(41), "two words", "ümlaut", ""] {
        let body = json!({"coupon_id": coupon, "code": code});
        let refused = client.create_promotion_code(body).await.refused(422);
        assert_eq!(refused.faults(), ["/code invalid_characters"], "{code}");
    }
}

#[tokio::test]
async fn filters_of_promotion_codes_combine() {
    let api = Api::start().await;
    let client = api.client().await;
    let (one, two) = (coupon(&client).await, coupon(&client).await);
    let mut ids = Vec::new();
    for (coupon, text) in [(&one, "AAA"), (&one, "BBB"), (&two, "CCC")] {
        ids.push(code(&client, coupon, text).await);
    }
    client.update_promotion_code(&ids[0], json!({"active": false})).await.ok();
    let cases = [
        (format!("?coupon_id={one}"), vec![&ids[1], &ids[0]]),
        (format!("?coupon_id={one}&active=false"), vec![&ids[0]]),
        (format!("?coupon_id={two}&code=ccc&active=true"), vec![&ids[2]]),
        (format!("?coupon_id={one}&code=ccc"), vec![]),
        ("?code=aaa&active=true".to_owned(), vec![]),
    ];
    for (query, expected) in cases {
        let page = client.list_promotion_codes(&query).await.ok();
        let shown: Vec<&Value> = page.items().iter().map(|item| &item["id"]).collect();
        assert_eq!(shown, expected, "{query}");
    }
}

#[tokio::test]
async fn a_promotion_code_refers_to_what_the_account_has() {
    let api = Api::start().await;
    let client = api.client().await;
    let other = api.client().await;
    let customer = json!({"email": "a@example.com"});
    let body = json!({
        "coupon_id": coupon(&other).await,
        "customer_id": other.create_customer(customer.clone()).await.ok().id(),
        "expires_at": "2020-01-01T00:00:00Z",
    });
    assert_eq!(
        client.create_promotion_code(body).await.refused(422).faults(),
        [
            "/coupon_id no_such_object",
            "/customer_id no_such_object",
            "/expires_at not_in_the_future",
        ]
    );
    let body = json!({
        "coupon_id": coupon(&client).await,
        "customer_id": client.create_customer(customer).await.ok().id(),
    });
    let path = "/api/promotion-codes?expand=coupon,customer";
    let created = client.post(path, body).await.ok().body;
    assert_eq!(created["coupon"]["valid"], true);
    assert_eq!(created["customer"]["email"], "a@example.com");
}

#[tokio::test]
async fn a_coupon_is_deleted_once_its_codes_are() {
    let api = Api::start().await;
    let client = api.client().await;
    let coupon = coupon(&client).await;
    let mut codes = Vec::new();
    for text in ["AAA", "BBB"] {
        codes.push(code(&client, &coupon, text).await);
    }
    for code in codes {
        let refused = client.delete_coupon(&coupon).await.refused(422);
        assert_eq!(refused.faults(), [" in_use"]);
        client.delete_promotion_code(&code).await.ok();
    }
    client.delete_coupon(&coupon).await.ok();
    let body = json!({"coupon_id": coupon});
    let refused = client.create_promotion_code(body).await.refused(422);
    assert_eq!(refused.faults(), ["/coupon_id no_such_object"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_made_while_its_coupon_is_being_deleted_keeps_it() {
    let api = Api::start().await;
    let client = api.client().await;
    // With and without a code that is gone: the deletion finds a mark, or none.
    for marked in [false, true] {
        let coupon = coupon(&client).await;
        if marked {
            let gone = code(&client, &coupon, "GONE").await;
            client.delete_promotion_code(&gone).await.ok();
        }
        let deletion = {
            let (client, coupon) = (client.clone(), coupon.clone());
            async move { client.delete_coupon(&coupon).await }
        };
        let held = ("coupons-delete", "TransactWriteItems");
        let refused = api.while_held(held, deletion, async {
            client.create_promotion_code(json!({"coupon_id": coupon})).await.ok();
        });
        assert_eq!(refused.await.refused(422).faults(), [" in_use"], "{marked}");
        client.get_coupon(&coupon).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_deleted_while_its_code_is_being_made_has_none() {
    let api = Api::start().await;
    let client = api.client().await;
    let coupon = coupon(&client).await;
    let creation = {
        let (client, body) = (client.clone(), json!({"coupon_id": coupon}));
        async move { client.create_promotion_code(body).await }
    };
    let held = ("promotion-codes-create", "TransactWriteItems");
    let refused = api.while_held(held, creation, async {
        client.delete_coupon(&coupon).await.ok();
    });
    assert_eq!(refused.await.refused(422).faults(), ["/coupon_id no_such_object"]);
    assert_eq!(client.list_promotion_codes("").await.ok().body["total"], 0);
}

#[tokio::test]
async fn of_many_who_redeem_a_coupon_at_once_no_more_than_its_limit_succeed() {
    let api = Api::start().await;
    let shop = Shop::open(&api, "2030-01-31T00:00:00.000Z").await;
    let body = json!({
        "discount_type": "percentage", "percent_off": 50, "duration": "once", "max_redemptions": 3,
    });
    let coupon = shop.client.create_coupon(body).await.ok().id();
    let redeem = |_| async {
        let customer = shop.customer("test_success").await;
        // What met another on the coupon is sent again, as a client would.
        loop {
            let answer = shop.subscribe(&customer, json!({"coupon_id": coupon})).await;
            if !matches!(answer.status.as_u16(), 409 | 503) {
                return answer.status.as_u16();
            }
        }
    };
    let mut statuses: Vec<u16> =
        stream::iter(0..12).map(redeem).buffer_unordered(12).collect().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 422, 422, 422, 422, 422, 422, 422, 422, 422]);
    let coupon = shop.client.get_coupon(&coupon).await.ok().body;
    assert_eq!((&coupon["times_redeemed"], &coupon["valid"]), (&json!(3), &json!(false)));
    let subscriptions = shop.client.list_subscriptions("").await.ok();
    assert_eq!(subscriptions.body["total"], 3);
    api.audit().await;
}
