//! What a link cannot be, who finds none, and how often one is opened.

use local::Outcome;
use serde_json::{Value, json};

use super::{link, path_of};
use crate::billing::{START, Shop};

#[tokio::test]
async fn what_a_link_cannot_be_is_refused_field_by_field_and_nothing_is_made() {
    let shop = Shop::open_at(START, "").await;
    let (monthly, once) =
        (shop.monthly(1200).await, shop.price(json!({"unit_amount_atom": 500})).await);
    let euro = json!({"unit_amount_atom": 500, "currency": "eur"});
    let euro = shop.price(euro).await;
    let of = |price: &str| json!([{"price_id": price}]);
    let other = shop.api.client_of(&shop.api.account("stg").await);
    let theirs = other.create_customer(json!({"email": "eve@example.com"})).await.ok().id();
    for (rest, status, faults) in [
        (json!({}), 400, vec!["/line_items required"]),
        (json!({"mode": "subscription"}), 400, vec!["/line_items required"]),
        (json!({"line_items": of(&monthly)}), 422, vec!["/line_items mode_mismatch"]),
        (
            json!({"mode": "subscription", "line_items": of(&once)}),
            422,
            vec!["/line_items mode_mismatch"],
        ),
        (
            json!({"mode": "subscription", "line_items": of("price_stg_0000000000000000")}),
            422,
            vec!["/line_items/0/price_id no_such_object"],
        ),
        (
            json!({"line_items": [{"price_id": once}, {"price_id": euro}]}),
            422,
            vec!["/line_items/1/price_id currency_mismatch"],
        ),
        (
            json!({"line_items": of(&once), "free_trial_days": 14}),
            422,
            vec!["/free_trial_days not_allowed"],
        ),
        (
            json!({"mode": "subscription", "line_items": of(&monthly), "free_trial_days": 731}),
            422,
            vec!["/free_trial_days out_of_range"],
        ),
        (
            json!({"mode": "setup", "line_items": of(&once), "free_trial_days": 1}),
            422,
            vec!["/free_trial_days not_allowed", "/line_items not_allowed"],
        ),
        (
            json!({
                "line_items": of(&once), "customer_id": theirs,
                "coupon_id": "cpn_stg_0000000000000000",
            }),
            422,
            vec!["/customer_id no_such_object", "/coupon_id no_such_object"],
        ),
        (json!({"name": "", "mode": "setup"}), 422, vec!["/name too_short"]),
        (json!({"name": "x".repeat(256), "mode": "setup"}), 422, vec!["/name too_long"]),
        (
            json!({"mode": "setup", "expires_in_hours": 721}),
            422,
            vec!["/expires_in_hours out_of_range"],
        ),
        (
            json!({"mode": "setup", "success_url": "javascript:alert(1)"}),
            422,
            vec!["/success_url invalid_url"],
        ),
        (json!({"mode": "setup", "active": false}), 400, vec!["/active unknown_field"]),
    ] {
        let refused = shop.client.create_payment_link(link(rest.clone())).await.refused(status);
        assert_eq!(refused.faults(), faults, "{rest}");
        let said = refused.body["errors"][0]["detail"].as_str().unwrap();
        assert!(said.starts_with("Payment link "), "{said}");
    }
    assert_eq!(shop.client.list_payment_links("").await.ok().body["total"], 0);
    // Nobody could be charged again and again without a processor.
    shop.client.update_account(json!({"default_processor_id": null})).await.ok();
    let body = link(json!({"mode": "subscription", "line_items": of(&monthly)}));
    let refused = shop.client.create_payment_link(body).await.refused(422);
    assert_eq!(refused.faults(), ["/line_items/0/price_id no_processor"]);
}

#[tokio::test]
async fn whoever_lacks_the_secret_finds_nothing_and_the_same_nothing() {
    let shop = Shop::open_at(START, "").await;
    let made = shop.selling_once().await;
    let path = path_of(&made.body["url"]);
    let (right, _) = path.split_once('?').unwrap();
    let other = shop.api.account("stg").await;
    let mut first: Option<Value> = None;
    for path in [
        right.to_owned(),
        format!("{right}?secure_token=x"),
        format!("{right}?secure_token="),
        path.replace(&shop.account.id, &other.id),
        path.replace(&shop.account.id, "acc_prod_0000000000000000"),
        path.replace(&shop.account.id, &shop.account.id.replace("_stg_", "_prod_")),
        path.replace(&made.id(), "plink_stg_0000000000000000"),
        path.replace(&made.id(), &made.id().replace("_stg_", "_prod_")),
        path.replace(&made.id(), "nonsense"),
    ] {
        let answer = shop.browse(&path).await;
        assert_eq!(answer.status, 404, "{path}");
        let first = first.get_or_insert_with(|| answer.body.clone());
        assert_eq!(answer.body, *first, "{path}");
    }
    assert!(first.unwrap().as_str().unwrap().contains("There is nothing here"));
    shop.fetch(right).await.refused(404);
    assert_eq!(shop.sessions().await, 0);
    // Another account has no such link, and an account sees its own alone.
    let theirs = shop.api.client_of(&other);
    theirs.get_payment_link(&made.id()).await.refused(404);
    theirs.update_payment_link(&made.id(), json!({"is_active": false})).await.refused(404);
    assert_eq!(theirs.list_payment_links("").await.ok().body["total"], 0);
    assert_eq!(shop.client.list_payment_links("").await.ok().items(), [made.body]);
}

#[tokio::test]
async fn what_opens_a_link_is_in_no_event_and_nothing_that_a_reading_token_sees() {
    let shop = Shop::open_at(START, "").await;
    let made = shop.selling_once().await;
    let secret = made.body["secure_token"].as_str().unwrap().to_owned();
    let events = shop.client.list_events("?limit=100").await.ok().body.to_string();
    assert!(events.contains(&made.id()) && !events.contains(&secret));
    let body = json!({"kind": "secret", "name": "reads", "scopes": ["payment_links:read"]});
    let token = shop.client.create_token(body).await.ok().body["token"].clone();
    let reads = shop.api.client_with(token.as_str().unwrap(), &shop.account.id);
    for answer in
        [reads.get_payment_link(&made.id()).await.ok(), reads.list_payment_links("").await.ok()]
    {
        assert!(!answer.body.to_string().contains(&secret), "{}", answer.body);
    }
    reads.create_payment_link(link(json!({"mode": "setup"}))).await.refused(403);
}

/// What the gateway hands over when `path` is opened from `address`.
fn opened_from(address: &str, account: &str, id: &str, secret: &str) -> Value {
    let path = format!("/pay/{account}/{id}");
    let route = "GET /pay/{account_id}/{id}";
    json!({
        "version": "2.0", "routeKey": route, "rawPath": path,
        "rawQueryString": format!("secure_token={secret}"),
        "headers": {"accept": "application/json", "host": "127.0.0.1:9000"},
        "pathParameters": {"account_id": account, "id": id},
        "requestContext": {
            "accountId": "1", "apiId": "x", "domainName": "x", "requestId": "r", "stage": "$default",
            "routeKey": route, "time": "", "timeEpoch": 0,
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": address,
                "userAgent": "x"},
        },
        "isBase64Encoded": false,
    })
}

#[tokio::test]
async fn from_one_address_links_are_opened_ten_times_and_then_once_in_six_seconds() {
    let shop = Shop::open_at(START, "").await;
    let links = [shop.selling_once().await, shop.selling_once().await];
    let open = async |address: &str, index: usize| {
        let made = &links[index % 2];
        let secret = made.body["secure_token"].as_str().unwrap();
        let event = opened_from(address, &shop.account.id, &made.id(), secret);
        let outcome = shop.api.stack.invoke("payment-links-open", event.to_string()).await;
        let Outcome::Answer(answer) = outcome.unwrap() else { panic!("it was not answered") };
        serde_json::from_slice::<Value>(&answer).unwrap()
    };
    let ipv6 = |host: usize| format!("2001:db8:1:2::{host:x}");
    // Of IPv6 it is the network that one customer of a provider has.
    let ipv4 = |_: usize| "192.0.2.1".to_owned();
    let mut made = 0;
    let from: [&dyn Fn(usize) -> String; 2] = [&ipv4, &ipv6];
    for address in from {
        let started = std::time::Instant::now();
        let (mut admitted, mut answer) = (0, open(&address(0), 0).await);
        while answer["statusCode"] == 200 {
            admitted += 1;
            let allowed = 10 + started.elapsed().as_secs() / 6;
            assert!(u64::try_from(admitted).unwrap() <= allowed, "{admitted} of {allowed}");
            answer = open(&address(admitted), admitted).await;
        }
        let allowed = 10 + started.elapsed().as_secs() / 6;
        let within = (10..=allowed).contains(&u64::try_from(admitted).unwrap());
        assert!(within, "{admitted} of {allowed}");
        made += admitted;
        let refused = answer;
        assert_eq!(refused["statusCode"], 429, "{refused}");
        let wait: u32 = refused["headers"]["retry-after"].as_str().unwrap().parse().unwrap();
        assert!((1..=6).contains(&wait), "{wait}");
        let body: Value = serde_json::from_str(refused["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["detail"], "Too many requests; see Retry-After");
    }
    assert_eq!(open("192.0.2.2", 0).await["statusCode"], 200);
    assert_eq!(open("2001:db8:1:3::1", 0).await["statusCode"], 200);
    assert_eq!(shop.sessions().await, i64::try_from(made + 2).unwrap());
}
