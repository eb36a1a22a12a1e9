//! Figures: MRR and how it moves, cash, subscriptions; counted from events by whoever asks, each once.
//! Each test ends with an audit, which recounts them.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use local::Options;
use serde_json::{Value, json};

use crate::{
    billing::{Shop, fields},
    client::Api,
};

const MOVED: [&str; 11] = [
    "mrr_amount_atom",
    "new_mrr_amount_atom",
    "expansion_mrr_amount_atom",
    "contraction_mrr_amount_atom",
    "churned_mrr_amount_atom",
    "reactivated_mrr_amount_atom",
    "active_subscriptions",
    "trialing_subscriptions",
    "cash_amount_atom",
    "refunded_amount_atom",
    "payments",
];

/// A shop on a stack in which events are settled within seconds.
async fn shop() -> Shop {
    let environment = [("EVENTS_SETTLE_MS", "9000")];
    let mut options = Options { workers: false, ..Options::default() };
    options.environment.extend(environment.map(|(name, text)| (name.into(), text.into())));
    let api = Api::start_with(options).await;
    Shop::open_on(api, "2026-01-10T10:00:00Z", "test_success").await
}

impl Shop {
    /// Waits until all is settled that happened before the instant at which the time stands.
    async fn settles(&self) {
        let now = self.client.test_clock().await.ok().body["now"].clone();
        let before = format!("?limit=1&created_at[lt]={}", now.as_str().unwrap());
        let newest = self.client.list_events(&before).await.ok().items()[0]["created_at"].clone();
        let end = Instant::now() + Duration::from_secs(60);
        while self.revenue("").await["counted_until"] != newest {
            assert!(Instant::now() < end, "nothing is counted until {newest}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn revenue(&self, query: &str) -> Value {
        self.client.revenue(query).await.ok().body
    }

    /// The points in dollars that say something.
    async fn points(&self, query: &str) -> Vec<(String, Value)> {
        let revenue = self.revenue(query).await;
        assert_eq!(revenue["is_complete"], true, "{revenue}");
        let points = revenue["currencies"][0]["points"].as_array().unwrap().clone();
        let day = |point: &Value| point["starts_at"].as_str().unwrap()[..10].to_owned();
        let said = points.iter().filter(|point| {
            MOVED[1..].iter().any(|name| !name.ends_with("_subscriptions") && point[*name] != 0)
        });
        said.map(|point| (day(point), fields(std::slice::from_ref(point), &MOVED)[0].clone()))
            .collect()
    }
}

#[tokio::test]
async fn what_moves_is_counted_on_its_day_and_by_month() {
    let shop = shop().await;
    let (small, large) = (shop.monthly(1000).await, shop.monthly(3000).await);
    let yearly = json!({"unit_amount_atom": 12000, "billing_interval": "year"});
    let yearly = shop.price(yearly).await;
    let first = shop.subscribe(&small, json!({})).await.ok().id();
    shop.subscribe(&yearly, json!({"trial_period_days": 7})).await.ok();
    // Nothing of the instant at which the time stands is counted yet.
    let nothing = shop.revenue("").await;
    assert_eq!(json!([nothing["currencies"], nothing["counted_until"]]), json!([[], null]));
    shop.advance("2026-01-12T10:00:00Z").await;
    shop.settles().await;
    assert_eq!(
        shop.points("").await,
        [("2026-01-10".to_owned(), json!([1000, 1000, 0, 0, 0, 0, 1, 1, 1000, 0, 1]))]
    );
    let change = json!({"new_price_id": large});
    shop.client.change_plan(&first, change).await.ok();
    shop.advance("2026-01-20T10:00:00Z").await;
    let pause = json!({"behavior": "pause_immediately"});
    shop.client.pause_subscription(&first, pause).await.ok();
    shop.advance("2026-01-21T10:00:00Z").await;
    shop.client.resume_subscription(&first).await.ok();
    shop.advance("2026-01-22T10:00:00Z").await;
    let edit = json!({"action": "update", "price_id": small,
        "subscription_item_id": shop.subscription(&first).await["items"][0]["id"]});
    let change = json!({"proration_behavior": "none", "items": [edit]});
    shop.client.change_items(&first, change).await.ok();
    shop.advance("2026-02-03T10:00:00Z").await;
    let back = json!({"refund_option": "full"});
    shop.client.cancel_subscription(&first, back).await.ok();
    shop.advance("2026-02-05T10:00:00Z").await;
    shop.settles().await;
    let points = shop.points("?from=2026-01-01T00:00:00Z").await;
    let of = |day: &str| points.iter().find(|(own, _)| own == day).map(|(_, point)| point.clone());
    let moved = |day: &str| of(day).unwrap().as_array().unwrap()[..8].to_vec();
    assert_eq!(moved("2026-01-12")[..3], [json!(3000), json!(0), json!(2000)]);
    // A trial that ends is new, and a year is twelve months.
    let trial_ends = ["4000", "1000", "0", "0", "0", "0", "2", "0"];
    assert_eq!(moved("2026-01-17").iter().map(Value::to_string).collect::<Vec<_>>(), trial_ends);
    assert_eq!(moved("2026-01-20"), [1000, 0, 0, 0, 3000, 0, 1, 0].map(Value::from));
    assert_eq!(moved("2026-01-21"), [4000, 0, 0, 0, 0, 3000, 2, 0].map(Value::from));
    assert_eq!(moved("2026-01-22"), [2000, 0, 0, 2000, 0, 0, 2, 0].map(Value::from));
    assert_eq!(moved("2026-02-03"), [1000, 0, 0, 0, 1000, 0, 1, 0].map(Value::from));
    // What came in and what went out is what the payments and refunds say.
    let sum =
        |name: usize| points.iter().map(|(_, point)| point[name].as_i64().unwrap()).sum::<i64>();
    let all = shop.client.list_payment_intents("?limit=100").await.ok();
    let taken: i64 =
        all.items().iter().map(|one| one["captured_amount_atom"].as_i64().unwrap()).sum();
    let given: i64 =
        all.items().iter().map(|one| one["refunded_amount_atom"].as_i64().unwrap()).sum();
    assert_eq!((sum(8), sum(9)), (taken, given));
    assert!(given > 0 && sum(10) == i64::try_from(all.items().len()).unwrap());
    let months = shop.points("?interval=month&from=2025-12-01T00:00:00Z").await;
    let months: Vec<_> =
        months.iter().map(|(day, point)| (day.as_str(), point[0].clone())).collect();
    assert_eq!(months, [("2026-01-01", json!(2000)), ("2026-02-01", json!(1000))]);
    // A day in between stands where the one before it stood.
    let revenue = shop.revenue("?from=2026-01-18T00:00:00Z&to=2026-01-19T23:00:00Z").await;
    let stood = fields(revenue["currencies"][0]["points"].as_array().unwrap(), &MOVED[..2]);
    assert_eq!(stood, [json!([4000, 0]), json!([4000, 0])]);
    assert_eq!(shop.revenue("?currency=eur").await["currencies"], json!([]));
    shop.api.audit().await;
}

#[tokio::test]
async fn whoever_asks_at_once_counts_each_event_once() {
    let shop = shop().await;
    let price = shop.monthly(1000).await;
    for _ in 0..4 {
        shop.subscribe(&price, json!({})).await.ok();
    }
    shop.advance("2026-04-20T10:00:00Z").await;
    // The clock has to stand for a while before what was on its way has come.
    let any = "?after=evt_stg_0000000000000000&limit=1";
    let end = Instant::now() + Duration::from_secs(60);
    while shop.client.list_events(any).await.ok().body["total"] == 0 {
        assert!(Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let asked = join_all((0..6).map(|_| shop.revenue("?interval=month"))).await;
    for revenue in &asked {
        let points = revenue["currencies"][0]["points"].as_array().unwrap();
        let last = fields(&points[points.len() - 1..], &["mrr_amount_atom", "cash_amount_atom"]);
        assert_eq!(last, [json!([4000, 4000])], "{revenue}");
        assert_eq!(revenue["counted_until"], asked[0]["counted_until"]);
    }
    shop.api.audit().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_has_all_counted_anew() {
    let shop = shop().await;
    let price = shop.monthly(1000).await;
    shop.subscribe(&price, json!({})).await.ok();
    shop.advance("2026-03-20T10:00:00Z").await;
    shop.settles().await;
    assert_eq!(shop.points("?interval=month").await.len(), 3);
    shop.client.release_clock().await.ok();
    shop.client.stop_clock("2026-02-15T10:00:00Z").await.ok();
    shop.settles().await;
    let points = shop.points("?interval=month").await;
    let cash: Vec<_> =
        points.iter().map(|(month, point)| (month.as_str(), point[8].clone())).collect();
    assert_eq!(cash, [("2026-01-01", json!(1000)), ("2026-02-01", json!(1000))]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_range_that_makes_no_sense_is_refused() {
    let shop = Shop::open().await;
    for query in [
        "?from=2020-01-01T00:00:00Z",
        "?from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z",
        "?interval=week",
        "?currency=xxq",
    ] {
        shop.client.revenue(query).await.refused(400);
    }
}
