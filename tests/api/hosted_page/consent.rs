//! What a payer agrees to: what is charged, how often, and until when less.

use reqwest::redirect::Policy;
use serde_json::{Value, json};

use super::{look, page_of, text};
use crate::{
    billing::Shop,
    client::{Answer, exchange},
};

#[tokio::test]
async fn consent_says_until_when_a_discount_is_taken_off_and_what_follows() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let price = shop.monthly(1200).await;
    let half = |rest: Value| {
        let mut body = json!({"discount_type": "percentage", "percent_off": 50});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body
    };
    let months = |count: i64| half(json!({"duration": "repeating", "duration_in_months": count}));
    for (coupon, trial, first, rest) in [
        (half(json!({"duration": "forever"})), 0, "$6.00 per month from 28 February 2026", ""),
        (half(json!({"duration": "once"})), 0, "$12.00 per month from 28 February 2026", ""),
        (
            half(json!({"duration": "once"})),
            7,
            "$6.00 per month from 7 February 2026",
            " (then $12.00 per month, from 7 March 2026)",
        ),
        (months(1), 0, "$12.00 per month from 28 February 2026", ""),
        (
            months(3),
            0,
            "$6.00 per month from 28 February 2026",
            " (then $12.00 per month, from 30 April 2026)",
        ),
        // They are counted from now, unless the trial is longer than they are.
        (
            months(1),
            7,
            "$6.00 per month from 7 February 2026",
            " (then $12.00 per month, from 7 March 2026)",
        ),
        (
            months(1),
            40,
            "$6.00 per month from 12 March 2026",
            " (then $12.00 per month, from 12 April 2026)",
        ),
    ] {
        let coupon = shop.client.create_coupon(coupon).await.ok().id();
        let link = json!({
            "mode": "subscription", "line_items": [{"price_id": price}], "coupon_id": coupon,
            "free_trial_days": (trial > 0).then_some(trial), "name": "Plan",
            "success_url": "https://example.com/", "return_url": "https://example.com/",
        });
        let link = shop.client.create_payment_link(link).await.ok();
        let opened = told_of(&shop, &page_of(&link)).await;
        let says = format!("charge {first}{rest}, until you cancel.");
        assert!(text(&opened).contains(&says), "{says} in {}", text(&opened));
        // What is said is what comes.
        let customer =
            shop.client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
        shop.client.add_payment_method(&customer, json!({"token": "test_success"})).await.ok();
        let body = json!({
            "customer_id": customer, "items": [{"price_id": price}], "coupon_id": coupon,
            "trial_period_days": (trial > 0).then_some(trial),
        });
        let sold = shop.client.create_subscription(body).await.ok().id();
        let what = json!({"subscription_id": sold, "until": "2026-07-01T00:00:00Z"});
        let simulation = shop.client.simulate(what).await.ok().body;
        let invoices = simulation["invoices"].as_array().unwrap();
        let full = invoices.iter().find(|one| one["total_amount_atom"] == 1200);
        let from = full.map(|one| one["created_at"].as_str().unwrap()[..10].to_owned());
        let expected =
            [("7 March", "2026-03-07"), ("30 April", "2026-04-30"), ("12 April", "2026-04-12")];
        let expected = expected.into_iter().find(|(day, _)| rest.contains(day));
        match (expected, first.starts_with("$12")) {
            (Some((_, day)), _) => assert_eq!(from.as_deref(), Some(day)),
            (None, true) => assert_eq!(from.as_deref(), Some("2026-02-28")),
            (None, false) => assert_eq!(from, None),
        }
    }
}

/// Opens a link as a browser does, and reads the page that it leads to.
async fn told_of(shop: &Shop, link: &str) -> Answer {
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let request = http.get(format!("{}{link}", shop.api.stack.base_url()));
    let opened = exchange(request.header("accept", "text/html")).await;
    let to = opened.header("location").unwrap().to_owned();
    let (_, rest) = to.split_once("://").unwrap_or(("", &to));
    look(shop, &rest[rest.find('/').unwrap()..], "en").await.ok()
}
