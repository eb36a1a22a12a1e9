//! What if: what is simulated is what comes. Each test simulates, moves the account's time, and compares
//! the invoices that were made with those that were told.

use serde_json::{Value, json};

use crate::{
    billing::{Shop, fields},
    client::Client,
    metered::Metered,
};

const UNTIL: &str = "2026-06-15T00:00:00Z";

/// What is compared of an invoice.
const TOLD: [&str; 16] = [
    "created_at",
    "finalized_at",
    "customer_id",
    "subscription_id",
    "billing_reason",
    "collection_method",
    "currency",
    "period_start",
    "period_end",
    "subtotal_amount_atom",
    "discount_amount_atom",
    "tax_amount_atom",
    "taxes",
    "total_amount_atom",
    "credit_applied_amount_atom",
    "lines",
];

/// What is compared of a line.
const OF_LINE: [&str; 11] = [
    "name",
    "quantity",
    "quantity_decimal",
    "price_id",
    "subscription_item_id",
    "amount_atom",
    "discount_amount_atom",
    "tax_amount_atom",
    "period_start",
    "period_end",
    "proration",
];

/// What is compared of invoices, in an order that does not depend on their ids.
fn compared(invoices: &[Value]) -> Vec<Value> {
    let mut all = invoices.to_vec();
    for invoice in &mut all {
        invoice["lines"] = fields(invoice["items"].as_array().unwrap(), &OF_LINE).into();
    }
    let mut all = fields(&all, &TOLD);
    all.sort_by_key(|one| format!("{} {}", one[0], one[3]));
    all
}

async fn simulated(client: &Client, mut whose: Value, until: &str) -> Value {
    whose["until"] = until.into();
    let before = client.list_events("?limit=1").await.ok().body["total"].clone();
    let simulation = client.simulate(whose).await.ok().body;
    let after = client.list_events("?limit=1").await.ok().body["total"].clone();
    assert_eq!(before, after, "a simulation writes nothing");
    assert_eq!(simulation["complete_until"], simulation["until"]);
    simulation
}

fn told(simulation: &Value) -> Vec<Value> {
    compared(simulation["invoices"].as_array().unwrap())
}

async fn invoices(client: &Client, query: &str) -> Vec<Value> {
    client.list_invoices(&format!("?limit=100&{query}")).await.ok().items().to_vec()
}

impl Shop {
    async fn quarter_off(&self, rest: Value) -> String {
        let mut body = json!({"discount_type": "percentage", "percent_off": 25});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.client.create_coupon(body).await.ok().id()
    }

    async fn item_of(&self, subscription: &str) -> Value {
        self.subscription(subscription).await["items"][0]["id"].clone()
    }
}

/// Subscriptions of one customer, each of which has something else before it.
async fn of_every_sort(shop: &Shop) -> Vec<(&'static str, String)> {
    let (small, large) = (shop.monthly(1999).await, shop.monthly(4001).await);
    let once = shop.quarter_off(json!({"duration": "once"})).await;
    let months = shop.quarter_off(json!({"duration": "repeating", "duration_in_months": 3})).await;
    let mut made = Vec::new();
    for (name, rest) in [
        ("plain", json!({})),
        ("trial", json!({"trial_period_days": 14})),
        ("trial, once", json!({"trial_period_days": 40, "coupon_id": once})),
        ("repeating", json!({"coupon_id": months})),
        ("sent", json!({"collection_method": "send_invoice", "net_d": 300})),
        ("contract", json!({"contract_length": 3, "auto_renew": false})),
        ("scheduled", json!({"period_start": "2026-03-03T03:00:00Z"})),
        ("pending", json!({})),
        ("pending, in the middle", json!({})),
        ("paused at its end", json!({})),
        ("cancelled at its end", json!({})),
        ("waiting lines", json!({})),
    ] {
        let id = shop.subscribe(&small, rest).await.ok().id();
        let client = &shop.client;
        match name {
            "pending" | "pending, in the middle" => {
                let at = match name {
                    "pending" => shop.subscription(&id).await["current_period_end"].clone(),
                    _ => json!("2026-03-14T10:00:00Z"),
                };
                let change = json!({"new_price_id": large, "effective_at": at});
                client.change_plan(&id, change).await.ok();
            }
            "paused at its end" => {
                let pause = json!({"behavior": "pause_at_end", "pause_for_cycles": 2});
                client.pause_subscription(&id, pause).await.ok();
            }
            "cancelled at its end" => {
                let end = json!({"cancel_at_period_end": true});
                client.schedule_cancellation(&id, end).await.ok();
            }
            "waiting lines" => {
                let edit = json!({"action": "update", "quantity": 3,
                    "subscription_item_id": shop.item_of(&id).await});
                let change = json!({"proration_behavior": "create_prorations", "items": [edit]});
                client.change_items(&id, change).await.ok();
            }
            _ => {}
        }
        made.push((name, id));
    }
    made
}

#[tokio::test]
async fn what_is_simulated_of_a_subscription_is_what_comes() {
    let shop = Shop::open().await;
    // One that counts from April on, and one that counts already.
    let mut rates = Vec::new();
    for rest in [
        json!({"display_name": "VAT", "percentage": "19", "inclusive": false}),
        json!({"display_name": "City", "percentage": "2.5", "inclusive": false,
            "effective_from": "2026-04-01T00:00:00Z"}),
    ] {
        rates.push(shop.client.create_tax_rate(rest).await.ok().id());
    }
    shop.client.update_account(json!({"default_tax_rate_ids": rates})).await.ok();
    let made = of_every_sort(&shop).await;
    shop.advance("2026-02-05T00:00:00Z").await;
    let mut all = Vec::new();
    for (name, id) in &made {
        let there: Vec<Value> =
            shop.invoices(id).await.iter().map(|one| one["id"].clone()).collect();
        let simulation = simulated(&shop.client, json!({"subscription_id": id}), UNTIL).await;
        all.push((name, id, there, simulation));
    }
    let whole = simulated(&shop.client, json!({"customer_id": shop.customer}), UNTIL).await;
    let before: Vec<Value> = invoices(&shop.client, "").await;
    shop.advance(UNTIL).await;
    for (name, id, there, simulation) in all {
        let mut came = shop.invoices(id).await;
        came.retain(|one| !there.contains(&one["id"]));
        assert_eq!(told(&simulation), compared(&came), "{name}");
        let then = &simulation["subscriptions"][0];
        let now = shop.subscription(id).await;
        for field in ["id", "state", "current_period_start", "current_period_end", "cancelled_at"] {
            assert_eq!(then[field], now[field], "{name}: {field}");
        }
    }
    let mut came = invoices(&shop.client, "").await;
    came.retain(|one| before.iter().all(|there| there["id"] != one["id"]));
    assert!(came.len() > 30, "{}", came.len());
    assert_eq!(told(&whole), compared(&came));
    shop.api.audit().await;
}

#[tokio::test]
async fn changes_are_simulated_as_a_change_request_makes_them() {
    for (name, changes, credit) in [
        ("more, now", json!({"items": "QUANTITY"}), 700),
        ("more, at the end", json!({"items": "QUANTITY", "effective_at": "period_end"}), 0),
        (
            "more, in the middle of a later period",
            json!({"items": "QUANTITY", "effective_at": "2026-04-14T10:00:00Z"}),
            0,
        ),
        (
            "with the next renewal",
            json!({"items": "QUANTITY", "proration_behavior": "create_prorations"}),
            0,
        ),
        ("a pause", json!({"pause": {"pause_for_cycles": 2}}), 0),
        ("an end with money back", json!({"cancellation": {"refund_option": "prorated"}}), 0),
    ] {
        let shop = Shop::open().await;
        let price = shop.monthly(2000).await;
        let id = shop.subscribe(&price, json!({})).await.ok().id();
        let balance = json!({"currency": "usd", "amount_atom": credit});
        shop.client.set_credit_balance(&shop.customer, balance).await.ok();
        shop.advance("2026-02-14T10:00:00Z").await;
        let edit = json!([{"action": "update", "quantity": 3,
            "subscription_item_id": shop.item_of(&id).await}]);
        let text = changes.to_string().replace("\"QUANTITY\"", &edit.to_string());
        let changes: Value = serde_json::from_str(&text).unwrap();
        let whose = json!({"subscription_id": id, "changes": changes});
        let simulation = simulated(&shop.client, whose.clone(), UNTIL).await;
        let plain = simulated(&shop.client, json!({"subscription_id": id}), UNTIL).await;
        assert_ne!(told(&simulation), told(&plain), "{name}");
        let before = shop.invoices(&id).await.len();
        let request = shop.client.create_change_request(whose).await.ok().id();
        shop.client.apply_change_request(&request).await.ok();
        shop.advance(UNTIL).await;
        let came = shop.invoices(&id).await;
        assert_eq!(told(&simulation), compared(&came[before..]), "{name}");
        assert_eq!(
            simulation["subscriptions"][0]["state"],
            shop.subscription(&id).await["state"],
            "{name}"
        );
    }
}

#[tokio::test]
async fn usage_is_simulated_as_it_has_been_counted_by_now() {
    let shop = Metered::open().await;
    let price = shop.price(json!({"unit_amount_atom": 7})).await;
    let sold = shop.subscribe(&[&price], json!({})).await;
    shop.advance("2026-02-10T00:00:00Z").await;
    shop.uses("2026-02-09T10:00:00Z", "12").await;
    let whose = json!({"subscription_id": sold["id"]});
    let until = "2026-04-15T00:00:00Z";
    let simulation = simulated(&shop.shop.client, whose, until).await;
    let before = shop.invoices(&sold).await.len();
    shop.advance(until).await;
    let came = shop.invoices(&sold).await;
    assert_eq!(came[before]["total_amount_atom"], 84);
    assert_eq!(told(&simulation), compared(&came[before..]));
}

#[tokio::test]
async fn what_cannot_be_simulated_is_refused() {
    let shop = Shop::open().await;
    let price = shop.monthly(2000).await;
    let id = shop.subscribe(&price, json!({})).await.ok().id();
    let request = json!({"subscription_id": id, "changes": {"coupon_id": ""}});
    for (body, pointer) in [
        (json!({"until": UNTIL}), "/subscription_id"),
        (
            json!({"until": UNTIL, "subscription_id": id, "customer_id": shop.customer}),
            "/customer_id",
        ),
        (json!({"until": UNTIL, "customer_id": shop.customer, "changes": {}}), "/changes"),
        (json!({"until": "2026-01-31T10:00:00Z", "subscription_id": id}), "/until"),
        (json!({"until": "2029-06-01T00:00:00Z", "subscription_id": id}), "/until"),
        (
            json!({"until": UNTIL, "subscription_id": "sub_stg_0000000000000000"}),
            "/subscription_id",
        ),
        (json!({"until": UNTIL, "customer_id": "cus_stg_0000000000000000"}), "/customer_id"),
        (
            json!({"until": UNTIL, "subscription_id": id,
                "changes": {"coupon_id": "cpn_stg_0000000000000000"}}),
            "/changes/coupon_id",
        ),
    ] {
        let problem = shop.client.simulate(body.clone()).await.refused(422);
        assert_eq!(problem.body["errors"][0]["pointer"], pointer, "{body}");
    }
    // One that it has is not put aside: it would be refused, too.
    shop.client.create_change_request(request.clone()).await.ok();
    let mut again = request;
    again["until"] = UNTIL.into();
    shop.client.simulate(again).await.refused(409);
    // At most a hundred invoices; the answer says until when they are all.
    let daily = shop.price(json!({"unit_amount_atom": 100, "billing_interval": "day"})).await;
    let many = shop.subscribe(&daily, json!({})).await.ok().id();
    let whose = json!({"subscription_id": many, "until": UNTIL});
    let simulation = shop.client.simulate(whose).await.ok().body;
    let invoices = simulation["invoices"].as_array().unwrap();
    assert_eq!(invoices.len(), 100);
    assert_eq!(simulation["complete_until"], "2026-05-11T10:00:00.000Z");
}
