//! Usage on invoices: it is billed when its period is over, exactly, and once. Each test ends with an
//! audit of the whole table, which recounts the events.

mod ends;

use serde_json::{Value, json};

use crate::{
    client::Api,
    renewals::{OPENED, Shop},
};

/// A shop whose clock is stopped at [`OPENED`], with a meter that sums `gb`, and a customer.
pub(crate) struct Metered {
    pub(crate) api: Api,
    pub(crate) shop: Shop,
    pub(crate) meter: String,
    pub(crate) customer: String,
    product: String,
}

impl Metered {
    pub(crate) async fn open() -> Self {
        let api = Api::start().await;
        let shop = Shop::open(&api, OPENED).await;
        let meter = json!({
            "display_name": "Traffic", "event_name": "gb", "aggregation_formula": "sum",
        });
        let meter = shop.client.create_meter(meter).await.ok().id();
        let customer = shop.customer("test_success").await;
        let product = json!({"name": "Traffic"});
        let product = shop.client.create_product(product).await.ok().id();
        Self { api, shop, meter, customer, product }
    }

    /// A monthly price of what the meter counts, with `rest`, which says the amount.
    pub(crate) async fn price(&self, rest: Value) -> String {
        let mut body = json!({
            "product_id": self.product, "currency": "usd", "billing_interval": "month",
            "usage_type": "metered", "meter_id": self.meter,
        });
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.shop.client.create_price(body).await.ok().id()
    }

    /// Subscribes the customer to these prices, with `rest` beside them.
    pub(crate) async fn subscribe(&self, prices: &[&str], rest: Value) -> Value {
        let items: Vec<Value> = prices.iter().map(|price| json!({"price_id": price})).collect();
        let mut body = json!({"customer_id": self.customer, "items": items});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.shop.client.create_subscription(body).await.ok().body
    }

    /// Uses so much at an instant.
    pub(crate) async fn uses(&self, at: &str, value: &str) {
        let payload = json!({"customer_id": self.customer, "value": value});
        let event = json!({
            "event_name": "gb", "identifier": format!("{at}/{value}"), "timestamp": at,
            "payload": payload,
        });
        let answer = self.shop.client.record_usage(event).await.ok();
        assert_eq!(answer.body["results"][0]["status"], "accepted");
    }

    pub(crate) async fn advance(&self, to: &str) {
        self.shop.client.advance_clock(to).await.ok();
    }

    /// The invoices of a subscription, the oldest first.
    pub(crate) async fn invoices(&self, subscription: &Value) -> Vec<Value> {
        self.shop.invoices(subscription["id"].as_str().unwrap()).await
    }
}

/// What the lines of usage on an invoice bill: how much, for how much, and from when on.
pub(crate) fn used(invoice: &Value) -> Vec<(String, i64, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = invoice["items"].as_array().unwrap().iter();
    lines
        .filter(|line| !line["quantity_decimal"].is_null())
        .map(|line| {
            let start = text(&line["period_start"]).chars().take(10).collect();
            (text(&line["quantity_decimal"]), line["amount_atom"].as_i64().unwrap(), start)
        })
        .collect()
}

pub(crate) fn line(quantity: &str, amount: i64, start: &str) -> (String, i64, String) {
    (quantity.to_owned(), amount, start.to_owned())
}

#[tokio::test]
async fn what_is_used_is_billed_beside_what_is_agreed() {
    let m = Metered::open().await;
    let price = m.price(json!({"unit_amount_atom": 2})).await;
    let subscription = m.subscribe(&[&m.shop.price, &price], json!({})).await;
    assert_eq!(subscription["state"], "active");
    let item = &subscription["items"][1];
    assert_eq!((&item["quantity"], &item["meter_id"]), (&json!(null), &json!(m.meter)));
    let first = m.invoices(&subscription).await;
    assert_eq!(first[0]["total_amount_atom"], 1000);
    assert_eq!(first[0]["items"][1]["quantity"], 0);

    // Before it began; then in the hour that it began in, and later.
    m.uses("2026-01-31T09:29:59.999Z", "7000").await;
    m.uses("2026-01-31T09:30:00.000Z", "10.25").await;
    m.advance("2026-02-10T00:00:00Z").await;
    m.uses("2026-02-09T23:00:00Z", "100.25").await;
    // While its invoice is a draft: what was in the period goes there, what was after it does not.
    m.advance("2026-02-28T09:31:00Z").await;
    m.uses("2026-02-28T09:29:59.999Z", "5").await;
    m.uses("2026-02-28T09:30:00.000Z", "1000").await;
    let draft = &m.invoices(&subscription).await[1];
    assert_eq!(
        (&draft["state"], used(draft)),
        (&json!("draft"), vec![line("110.5", 221, "2026-01-31")])
    );
    m.advance("2026-02-28T10:31:00Z").await;
    let second = &m.invoices(&subscription).await[1];
    assert_eq!(used(second), [line("115.5", 231, "2026-01-31")]);
    let usage = &second["items"][1];
    assert_eq!(usage["period_start"], "2026-01-31T09:30:00.000Z");
    assert_eq!(usage["period_end"], "2026-02-28T09:30:00.000Z");
    assert_eq!((&usage["quantity"], &usage["unit_amount_atom"]), (&json!(116), &json!(2)));
    assert_eq!((&second["total_amount_atom"], &second["state"]), (&json!(1231), &json!("paid")));

    m.advance("2026-03-31T10:31:00Z").await;
    m.advance("2026-04-30T10:31:00Z").await;
    let invoices = m.invoices(&subscription).await;
    assert_eq!(used(&invoices[2]), [line("1000", 2000, "2026-02-28")]);
    // Nothing used is a line of nothing.
    assert_eq!(used(&invoices[3]), [line("0", 0, "2026-03-31")]);
    assert_eq!(invoices[3]["total_amount_atom"], 1000);
    m.api.audit().await;
}

#[tokio::test]
async fn late_usage_is_a_line_of_its_own_period_at_the_tiers_of_that() {
    let m = Metered::open().await;
    let tiers = json!([
        {"up_to": 10, "unit_amount_atom": 0, "flat_amount_atom": 500},
        {"unit_amount_decimal": "1.5"},
    ]);
    let graduated = m.price(json!({"tiers_mode": "graduated", "tiers": tiers})).await;
    let volume = json!([{"up_to": 10, "unit_amount_atom": 10}, {"unit_amount_atom": 4}]);
    let volume = m.price(json!({"tiers_mode": "volume", "tiers": volume})).await;
    let packages = m.price(json!({"unit_amount_atom": 100, "quantity_divisor": 8})).await;
    let prices: [&str; 3] = [&graduated, &volume, &packages];
    let subscription = m.subscribe(&prices, json!({})).await;
    m.advance("2026-02-20T00:00:00Z").await;
    m.uses("2026-02-19T12:00:00Z", "9").await;
    m.advance("2026-02-28T10:31:00Z").await;
    let invoices = m.invoices(&subscription).await;
    let start = "2026-01-31";
    assert_eq!(
        used(&invoices[1]),
        [line("9", 500, start), line("9", 90, start), line("9", 200, start),]
    );
    // It comes late, twice, and beside what belongs to the period that now runs.
    m.uses("2026-02-19T12:00:00Z", "2").await;
    m.uses("2026-02-28T09:00:00Z", "0.5").await;
    m.uses("2026-02-28T10:00:00Z", "20").await;
    m.advance("2026-03-31T10:31:00Z").await;
    let invoices = m.invoices(&subscription).await;
    let next = "2026-02-28";
    assert_eq!(
        used(&invoices[2]),
        [
            // 1.5 above the ten that are free: 2.25, nearest 2.
            line("2.5", 2, start),
            // All of them are cheaper now: what was billed is not given back by that.
            line("2.5", 0, start),
            // Still in the second package of eight.
            line("2.5", 0, start),
            line("20", 515, next),
            line("20", 80, next),
            line("20", 300, next),
        ]
    );
    let late = &invoices[2]["items"][0];
    assert_eq!(late["description"], "Used in this period, and reported after it was billed");
    m.advance("2026-04-30T10:31:00Z").await;
    assert_eq!(m.invoices(&subscription).await[3]["total_amount_atom"], 500);
    m.api.audit().await;
}

#[tokio::test]
async fn usage_in_a_trial_or_a_pause_is_not_billed() {
    let m = Metered::open().await;
    let price = m.price(json!({"unit_amount_atom": 1})).await;
    let trial = json!({"trial_end": "2026-02-10T09:15:00Z"});
    let subscription = m.subscribe(&[&price], trial).await;
    m.uses("2026-01-31T09:30:00Z", "1000").await;
    m.advance("2026-02-10T09:16:00Z").await;
    m.uses("2026-02-10T09:14:59.999Z", "2000").await;
    m.uses("2026-02-10T09:15:00Z", "1").await;
    m.advance("2026-02-20T09:00:00Z").await;
    let path = format!("/api/subscriptions/{}", subscription["id"].as_str().unwrap());
    m.uses("2026-02-20T09:00:00Z", "3000").await;
    m.shop.client.post(&format!("{path}/pause"), json!({})).await.ok();
    m.advance("2026-02-21T09:00:00Z").await;
    m.uses("2026-02-20T12:00:00Z", "4000").await;
    m.shop.client.post(&format!("{path}/resume"), json!({})).await.ok();
    m.uses("2026-02-21T09:00:00Z", "5").await;
    m.advance("2026-03-10T10:16:00Z").await;
    let invoices = m.invoices(&subscription).await;
    let totals: Vec<_> = invoices.iter().map(|one| one["total_amount_atom"].as_i64()).collect();
    assert_eq!(totals, [Some(0), Some(0), Some(6)]);
    assert_eq!(used(&invoices[2]), [line("1", 1, "2026-02-10"), line("5", 5, "2026-02-21")]);
    m.api.audit().await;
}

#[tokio::test]
async fn a_preview_shows_what_was_used_so_far() {
    let m = Metered::open().await;
    let price = m.price(json!({"unit_amount_atom": 3})).await;
    let subscription = m.subscribe(&[&m.shop.price, &price], json!({})).await;
    let path = format!("/api/subscriptions/{}", subscription["id"].as_str().unwrap());
    let edit = json!({"items": [{
        "action": "update", "subscription_item_id": subscription["items"][0]["id"],
        "quantity": 2,
    }]});
    let preview = || async {
        let answer = m.shop.client.post(&format!("{path}/preview"), edit.clone()).await.ok().body;
        let amount = answer["next_renewal_amount_atom"].as_i64().unwrap();
        (amount, used(&json!({"items": answer["next_renewal_items"]})))
    };
    assert_eq!(preview().await, (2000, vec![line("0", 0, "2026-01-31")]));
    m.uses("2026-01-31T09:30:00Z", "4").await;
    assert_eq!(preview().await, (2012, vec![line("4", 12, "2026-01-31")]));
    m.uses("2026-01-31T09:30:01Z", "1").await;
    assert_eq!(preview().await.0, 2015);
    m.api.audit().await;
}

/// A renewal whose draft goes because the subscription ends: its usage is on the last invoice.
/// What is accepted while the invoice of its period is a draft goes there, and is seen there at once.
#[tokio::test]
async fn a_draft_is_read_with_what_is_counted_by_now() {
    let m = Metered::open().await;
    let flat = m.price(json!({"unit_amount_atom": 1})).await;
    let subscription = m.subscribe(&[&flat], json!({})).await;
    m.uses("2026-01-31T09:30:00Z", "100").await;
    m.advance("2026-02-28T09:31:00Z").await;
    let draft = m.invoices(&subscription).await.remove(1);
    let read = async || m.shop.client.get_invoice(draft["id"].as_str().unwrap()).await.ok().body;
    assert_eq!((&draft["state"], &read().await), (&json!("draft"), &draft));
    m.uses("2026-02-27T12:00:00Z", "7").await;
    let shown = read().await;
    assert_eq!(used(&shown), [line("107", 107, "2026-01-31")]);
    assert_eq!(
        (&shown["total_amount_atom"], &shown["due_amount_atom"]),
        (&json!(107), &json!(107))
    );
    let same = |name: &str| assert_eq!(shown[name], draft[name], "{name}");
    ["id", "version", "state", "updated_at"].into_iter().for_each(same);
    assert_eq!(shown["items"][0]["id"], draft["items"][0]["id"]);
    assert_eq!(read().await, shown);
    m.advance("2026-02-28T10:31:00Z").await;
    let last = read().await;
    assert_eq!((&last["state"], &last["total_amount_atom"]), (&json!("paid"), &json!(107)));
    m.api.audit().await;
}

#[tokio::test]
async fn a_draft_that_goes_leaves_its_usage_to_the_next_invoice() {
    let m = Metered::open().await;
    let price = m.price(json!({"unit_amount_atom": 1})).await;
    let subscription = m.subscribe(&[&m.shop.price, &price], json!({})).await;
    m.uses("2026-01-31T09:30:00Z", "8").await;
    m.advance("2026-02-28T09:40:00Z").await;
    m.uses("2026-02-28T09:35:00Z", "3").await;
    assert_eq!(m.invoices(&subscription).await[1]["state"], "draft");
    let path = format!("/api/subscriptions/{}/cancel", subscription["id"].as_str().unwrap());
    m.shop.client.post(&path, json!({})).await.ok();
    m.advance("2026-02-28T10:50:00Z").await;
    let invoices = m.invoices(&subscription).await;
    assert_eq!(invoices.len(), 2);
    assert_eq!(used(&invoices[1]), [line("8", 8, "2026-01-31"), line("3", 3, "2026-02-28")]);
    assert_eq!(invoices[1]["total_amount_atom"], 11);
    m.api.audit().await;
}

#[tokio::test]
async fn what_an_item_used_until_it_was_removed_is_billed_with_the_next_renewal() {
    let m = Metered::open().await;
    let (cheap, dear) =
        (m.price(json!({"unit_amount_atom": 1})), m.price(json!({"unit_amount_atom": 9})));
    let (cheap, dear) = (cheap.await, dear.await);
    let subscription = m.subscribe(&[&m.shop.price, &cheap], json!({})).await;
    let path = format!("/api/subscriptions/{}/items", subscription["id"].as_str().unwrap());
    let change = |edit: Value| json!({"proration_behavior": "always_invoice", "items": [edit]});
    let item = &subscription["items"][1]["id"];
    let counted = json!({"action": "update", "subscription_item_id": item, "quantity": 3});
    let refused = m.shop.client.post(&path, change(counted)).await.refused(422);
    assert_eq!(refused.faults(), ["/items/0/quantity not_allowed"]);
    m.advance("2026-02-10T12:20:00Z").await;
    m.uses("2026-02-10T12:19:59.999Z", "10").await;
    let dearer = json!({"action": "update", "subscription_item_id": item, "price_id": dear});
    let changed = m.shop.client.post(&path, change(dearer)).await.ok().body;
    assert_eq!(
        (&changed["floating_items_created"], &changed["invoice_id"]),
        (&json!(0), &json!(null))
    );
    m.uses("2026-02-10T12:20:00Z", "2").await;
    m.advance("2026-02-20T12:40:00Z").await;
    let gone = json!({"action": "delete", "subscription_item_id": item});
    m.shop.client.post(&path, change(gone)).await.ok();
    m.uses("2026-02-20T12:40:00Z", "500").await;
    m.advance("2026-03-31T12:00:00Z").await;
    let invoices = m.invoices(&subscription).await;
    assert_eq!(used(&invoices[1]), [line("10", 10, "2026-01-31"), line("2", 18, "2026-02-10")]);
    assert_eq!((invoices.len(), used(&invoices[2]).len()), (3, 0));
    m.api.audit().await;
}

#[tokio::test]
async fn a_coupon_takes_off_usage_as_off_any_line() {
    let m = Metered::open().await;
    let client = &m.shop.client;
    let half = json!({"discount_type": "percentage", "percent_off": 50, "duration": "once"});
    let half = client.post("/api/coupons", half).await.ok().id();
    let fixed = json!({
        "discount_type": "fixed_amount", "amount_off_atom": 300, "currency": "usd",
        "duration": "forever",
    });
    let fixed = client.post("/api/coupons", fixed).await.ok().id();
    let price = m.price(json!({"unit_amount_atom": 2})).await;
    // Nothing is reduced at first, because there is nothing: the coupon is good for one invoice yet.
    let once = m.subscribe(&[&price], json!({"coupon_id": half})).await;
    let always = m.subscribe(&[&m.shop.price, &price], json!({"coupon_id": fixed})).await;
    m.advance("2026-02-28T09:31:00Z").await;
    m.uses("2026-02-28T09:00:00Z", "100").await;
    m.advance("2026-03-01T00:00:00Z").await;
    m.uses("2026-03-01T00:00:00Z", "7").await;
    m.advance("2026-03-31T10:31:00Z").await;
    let totals = |invoices: Vec<Value>| -> Vec<i64> {
        invoices.iter().map(|one| one["total_amount_atom"].as_i64().unwrap()).collect()
    };
    assert_eq!(totals(m.invoices(&once).await), [0, 100, 14]);
    assert_eq!(totals(m.invoices(&always).await), [700, 900, 714]);
    m.api.audit().await;
}

#[tokio::test]
async fn a_void_event_is_billed_no_more_and_what_was_billed_is_not_given_back_unasked() {
    let m = Metered::open().await;
    let price = m.price(json!({"unit_amount_atom": 1})).await;
    let subscription = m.subscribe(&[&price], json!({})).await;
    m.uses("2026-01-31T09:30:00Z", "100").await;
    m.uses("2026-01-31T09:30:01Z", "20").await;
    let void = |at: &str, value: &str| {
        let identifier = format!("{at}/{value}");
        m.shop.client.void_usage(json!({"event_name": "gb", "identifier": identifier}))
    };
    // In the hour that the period began in: the log has to know of it too. Twice is once.
    let first = void("2026-01-31T09:30:00Z", "100").await.ok().body;
    assert_eq!((&first["state"], &first["value"]), (&json!("voided"), &json!("100")));
    assert_eq!(void("2026-01-31T09:30:00Z", "100").await.ok().body, first);
    let usage = m.shop.client.get_usage(&m.customer, &format!("?meter_id={}", m.meter)).await.ok();
    assert_eq!((&usage.body["value"], &usage.body["events"]), (&json!("20"), &json!(1)));
    m.advance("2026-02-28T09:31:00Z").await;
    m.uses("2026-02-27T12:00:00Z", "7").await;
    m.uses("2026-02-27T12:00:01Z", "3").await;
    void("2026-02-27T12:00:00Z", "7").await.ok();
    m.advance("2026-02-28T10:31:00Z").await;
    let billed = m.invoices(&subscription).await.remove(1);
    assert_eq!(used(&billed), [line("23", 23, "2026-01-31")]);

    let late = void("2026-02-27T12:00:01Z", "3").await.ok().body;
    assert_eq!(late["final_invoice_ids"], json!([billed["id"]]));
    // What comes late makes up for that first.
    m.uses("2026-02-27T13:00:00Z", "5").await;
    m.advance("2026-03-31T10:31:00Z").await;
    let next = m.invoices(&subscription).await.remove(2);
    assert_eq!(used(&next), [line("2", 2, "2026-01-31"), line("0", 0, "2026-02-28")]);
    let old = void("2026-01-31T09:30:01Z", "20").await.refused(422);
    assert_eq!(old.faults(), [" too_old"]);
    let unknown = json!({"event_name": "gb", "identifier": "never"});
    m.shop.client.void_usage(unknown).await.refused(404);
    m.api.audit().await;
}
