//! Change requests: gathered, looked at, and made once, by hand or when their instant comes.

use serde_json::{Value, json};

use crate::{
    billing::{Shop, fields},
    client::Answer,
};

/// Half of the subscription's first period lies before this.
const HALF: &str = "2026-01-16T12:00:00Z";
const END: &str = "2026-02-01T00:00:00.000Z";

impl Shop {
    /// A subscription to three seats of 10.00 in January, the answer, and its only item.
    async fn seats(&self) -> (String, String) {
        let price = self.monthly(1000).await;
        let items = json!([{"price_id": price, "quantity": 3}]);
        let sold = self.subscribe(&price, json!({"items": items})).await.ok();
        (sold.id(), sold.body["items"][0]["id"].as_str().unwrap().to_owned())
    }

    async fn request(&self, subscription: &str, changes: Value) -> Answer {
        let body = json!({"subscription_id": subscription, "changes": changes});
        self.client.create_change_request(body).await
    }

    async fn preview_of(&self, request: &str) -> Value {
        self.client.preview_change_request(request).await.ok().body
    }

    async fn request_now(&self, request: &str) -> Value {
        self.client.get_change_request(request).await.ok().body
    }
}

async fn shop() -> Shop {
    Shop::open_at("2026-01-01T00:00:00Z", "test_success").await
}

fn quantity(item: &str, quantity: i64) -> Value {
    json!([{"action": "update", "subscription_item_id": item, "quantity": quantity}])
}

/// What lines say: amount and span.
fn lines(items: &Value) -> Vec<Value> {
    fields(
        items.as_array().unwrap(),
        &["name", "amount_atom", "discount_amount_atom", "period_end"],
    )
}

#[tokio::test]
async fn changes_are_gathered_previewed_and_made_once() {
    let shop = shop().await;
    let (subscription, item) = shop.seats().await;
    let request = shop.request(&subscription, json!({})).await.ok();
    assert_eq!(
        (&request.body["state"], &request.body["effective_at"]),
        (&json!("draft"), &json!(null))
    );
    let on = &shop.subscription(&subscription).await["change_request"];
    assert_eq!(*on, json!({"id": request.id(), "effective_at": null}));
    let id = request.id();
    // Nothing is asked for yet.
    shop.client.preview_change_request(&id).await.refused(422);
    shop.client.apply_change_request(&id).await.refused(422);
    let coupon = json!({"discount_type": "percentage", "percent_off": 50, "duration": "forever"});
    let coupon = shop.client.create_coupon(coupon).await.ok().id();
    shop.client.add_changes(&id, json!({"items": quantity(&item, 5)})).await.ok();
    let asked = shop.client.add_changes(&id, json!({"coupon_id": coupon})).await.ok();
    assert_eq!(asked.body["changes"]["items"][0]["quantity"], 5);
    shop.advance("2026-01-16T12:00:00Z").await;
    let before = shop.subscription(&subscription).await;
    let preview = shop.preview_of(&id).await;
    assert_eq!(shop.preview_of(&id).await["items"].as_array().unwrap().len(), 2);
    assert_eq!(shop.subscription(&subscription).await, before);
    // Half of 30.00 back, half of 50.00 at half the price.
    assert_eq!(preview["proration_amount_atom"], -1500 + 1250);
    assert_eq!(preview["next_renewal_amount_atom"], 2500);

    let applied = shop.client.apply_change_request(&id).await.ok().body;
    assert_eq!(applied["state"], "applied");
    let again = shop.client.apply_change_request(&id).await.ok().body;
    assert_eq!(again, applied);
    let after = shop.subscription(&subscription).await;
    assert_eq!(
        (&after["change_request"], &after["items"][0]["quantity"]),
        (&json!(null), &json!(5))
    );
    assert_eq!(after["discount"]["coupon_id"], coupon);
    let made = shop.invoices(&subscription).await;
    assert_eq!(made.len(), 2);
    assert_eq!(made[1]["id"], applied["invoice_id"]);
    // What comes to less than nothing goes to the credit balance, by one line more.
    assert_eq!(lines(&made[1]["items"])[..2], lines(&preview["items"]));
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(shop.invoices(&subscription).await[2]["total_amount_atom"], 2500);
    // What is over can be changed, cancelled and previewed no more.
    shop.client.add_changes(&id, json!({"coupon_id": ""})).await.refused(422);
    shop.client.cancel_change_request(&id).await.refused(422);
    shop.client.preview_change_request(&id).await.refused(422);
    let types = shop.events(&id).await;
    let one = |verb: &str| format!("change_request.{verb}");
    assert_eq!(types, ["created", "updated", "updated", "applied"].map(one));
}

#[tokio::test]
async fn at_the_end_of_the_period_it_comes_before_the_renewal_and_costs_nothing() {
    let shop = shop().await;
    let (subscription, item) = shop.seats().await;
    let changes = json!({"effective_at": "period_end", "items": quantity(&item, 1)});
    let id = shop.request(&subscription, changes).await.ok().id();
    shop.advance(HALF).await;
    let preview = shop.preview_of(&id).await;
    assert_eq!(preview["effective_at"], END);
    assert_eq!((&preview["items"], &preview["proration_amount_atom"]), (&json!([]), &json!(0)));
    assert_eq!(preview["next_renewal_amount_atom"], 1000);
    let pending = shop.client.apply_change_request(&id).await.ok().body;
    assert_eq!((&pending["state"], &pending["effective_at"]), (&json!("pending"), &json!(END)));
    let again = shop.client.apply_change_request(&id).await.ok().body;
    assert_eq!(again, pending);
    let on = &shop.subscription(&subscription).await["change_request"];
    assert_eq!(*on, json!({"id": id, "effective_at": END}));
    assert_eq!(shop.preview_of(&id).await["next_renewal_amount_atom"], 1000);
    shop.advance("2026-02-01T02:00:00Z").await;
    let done = shop.request_now(&id).await;
    assert_eq!((&done["state"], &done["invoice_id"]), (&json!("applied"), &json!(null)));
    let invoices = shop.invoices(&subscription).await;
    assert_eq!(
        fields(&invoices, &["total_amount_atom", "state"]),
        [json!([3000, "paid"]), json!([1000, "paid"]),]
    );
}

#[tokio::test]
async fn a_coupon_for_the_end_of_the_period_is_not_spent_on_the_draft_of_its_beginning() {
    let shop = shop().await;
    let (subscription, _) = shop.seats().await;
    // The hour in which February's invoice is a draft.
    shop.advance("2026-02-01T00:20:00Z").await;
    let half = json!({"discount_type": "percentage", "percent_off": 50, "duration": "once"});
    let coupon = shop.client.create_coupon(half).await.ok().id();
    let changes = json!({"effective_at": "period_end", "coupon_id": coupon});
    let id = shop.request(&subscription, changes).await.ok().id();
    assert_eq!(shop.preview_of(&id).await["next_renewal_amount_atom"], 1500);
    shop.client.apply_change_request(&id).await.ok();
    shop.advance("2026-04-01T02:00:00Z").await;
    let totals = fields(&shop.invoices(&subscription).await, &["total_amount_atom"]);
    assert_eq!(json!(totals), json!([[3000], [3000], [1500], [3000]]));
}

#[tokio::test]
async fn at_an_instant_in_a_later_period_it_comes_to_what_was_previewed() {
    let shop = shop().await;
    let (subscription, item) = shop.seats().await;
    let at = "2026-03-11T00:00:00.000Z";
    let changes = json!({"effective_at": at, "items": quantity(&item, 4)});
    let id = shop.request(&subscription, changes).await.ok().id();
    let preview = shop.preview_of(&id).await;
    assert_eq!(
        (&preview["effective_at"], &preview["next_renewal_amount_atom"]),
        (&json!(at), &json!(4000))
    );
    shop.client.apply_change_request(&id).await.ok();
    shop.advance("2026-03-11T00:00:00Z").await;
    let done = shop.request_now(&id).await;
    assert_eq!(done["state"], "applied", "{done}");
    let invoice = done["invoice_id"].as_str().unwrap();
    let invoice = shop.client.get_invoice(invoice).await.ok().body;
    assert_eq!(lines(&invoice["items"]), lines(&preview["items"]));
    assert_eq!(invoice["total_amount_atom"], preview["proration_amount_atom"]);
    shop.advance("2026-04-01T02:00:00Z").await;
    assert_eq!(shop.invoices(&subscription).await.last().unwrap()["total_amount_atom"], 4000);
}

#[tokio::test]
async fn a_cancellation_gives_back_what_was_previewed() {
    let shop = shop().await;
    let (subscription, item) = shop.seats().await;
    // Lines that wait for the renewal are netted with what is given back.
    shop.advance("2026-01-11T00:00:00Z").await;
    let change = json!({"proration_behavior": "create_prorations", "items": quantity(&item, 5)});
    shop.client.change_items(&subscription, change).await.ok();
    let changes = json!({"effective_at": HALF, "cancellation": {"refund_option": "prorated"}});
    let id = shop.request(&subscription, changes).await.ok().id();
    let preview = shop.preview_of(&id).await;
    assert_eq!(preview["next_renewal_amount_atom"], json!(null));
    shop.client.apply_change_request(&id).await.ok();
    shop.advance("2026-01-16T13:00:00Z").await;
    assert_eq!(shop.request_now(&id).await["state"], "applied");
    let ended = shop.subscription(&subscription).await;
    assert_eq!((&ended["state"], &ended["change_request"]), (&json!("cancelled"), &json!(null)));
    let given = &ended["cancellation"];
    let sum =
        ["refunded_amount_atom", "credited_amount_atom"].map(|name| given[name].as_i64().unwrap());
    assert!(sum[0] + sum[1] > 0);
    assert_eq!(preview["given_back_amount_atom"], sum[0] + sum[1]);
}

#[tokio::test]
async fn a_pause_begins_when_it_was_asked_for() {
    let shop = shop().await;
    let (subscription, _) = shop.seats().await;
    let changes = json!({"effective_at": "period_end", "pause": {"pause_for_cycles": 1}});
    let id = shop.request(&subscription, changes).await.ok().id();
    shop.client.apply_change_request(&id).await.ok();
    shop.advance("2026-02-02T00:00:00Z").await;
    let paused = shop.subscription(&subscription).await;
    assert_eq!((&paused["state"], &paused["pause"]["pauses_at"]), (&json!("paused"), &json!(END)));
    assert_eq!(paused["pause"]["resumes_at"], "2026-03-01T00:00:00.000Z");
    assert_eq!(shop.invoices(&subscription).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_allowed_when_its_instant_comes_has_failed_and_says_why() {
    let shop = shop().await;
    let (subscription, item) = shop.seats().await;
    let changes = json!({"effective_at": HALF, "items": quantity(&item, 4)});
    let id = shop.request(&subscription, changes).await.ok().id();
    shop.client.apply_change_request(&id).await.ok();
    shop.client.pause_subscription(&subscription, json!({})).await.ok();
    shop.advance("2026-01-17T00:00:00Z").await;
    let failed = shop.request_now(&id).await;
    assert_eq!(
        (&failed["state"], &failed["problem"]["code"]),
        (&json!("failed"), &json!("illegal_state"))
    );
    assert_eq!(shop.events(&id).await.last().unwrap(), "change_request.failed");
    let after = shop.subscription(&subscription).await;
    assert_eq!(
        (&after["change_request"], &after["items"][0]["quantity"]),
        (&json!(null), &json!(3))
    );
    shop.client.apply_change_request(&id).await.refused(422);
    shop.request(&subscription, json!({})).await.ok();
}

#[tokio::test]
async fn the_end_of_a_subscription_ends_its_request() {
    let shop = shop().await;
    let (subscription, _) = shop.seats().await;
    let id = shop.request(&subscription, json!({"coupon_id": ""})).await.ok().id();
    shop.client.cancel_subscription(&subscription, json!({})).await.ok();
    shop.client.apply_change_request(&id).await.refused(422);
    shop.advance("2026-01-02T00:00:00Z").await;
    let over = shop.request_now(&id).await;
    let said = (&over["state"], &over["problem"]["code"]);
    assert_eq!(said, (&json!("cancelled"), &json!("subscription_ended")));
    assert_eq!(shop.subscription(&subscription).await["change_request"], json!(null));
    shop.request(&subscription, json!({})).await.refused(422);
}

#[tokio::test]
async fn a_subscription_has_at_most_one_active_request() {
    let shop = shop().await;
    let (subscription, _) = shop.seats().await;
    let first = shop.request(&subscription, json!({})).await.ok();
    let told = shop.request(&subscription, json!({})).await.refused(409);
    assert_eq!(told.body["errors"][0]["code"], "has_change_request");
    let cancelled = shop.client.cancel_change_request(&first.id()).await.ok().body;
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(shop.client.cancel_change_request(&first.id()).await.ok().body, cancelled);
    shop.client.apply_change_request(&first.id()).await.refused(422);
    // Of two at once one wins.
    let both = tokio::join!(
        shop.request(&subscription, json!({})),
        shop.request(&subscription, json!({})),
    );
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let made = shop.client.list_change_requests(&format!("?subscription_id={subscription}")).await;
    assert_eq!(made.ok().body["total"], 2);
    let drafts = format!("?subscription_id={subscription}&state=draft");
    assert_eq!(shop.client.list_change_requests(&drafts).await.ok().body["total"], 1);
}

#[tokio::test]
async fn the_second_of_two_that_both_saw_none_is_told_of_the_first() {
    let shop = shop().await;
    let (subscription, _) = shop.seats().await;
    let held = ("change-requests-create", "TransactWriteItems");
    let (client, body) = (shop.client.clone(), json!({"subscription_id": subscription}));
    let late = async move { client.create_change_request(body).await };
    let first = async {
        shop.request(&subscription, json!({})).await.ok();
    };
    shop.api.while_held(held, late, first).await.refused(409);
}

#[tokio::test]
async fn two_that_apply_it_at_once_make_one_change() {
    let shop = shop().await;
    let (subscription, item) = shop.seats().await;
    let changes = json!({"items": quantity(&item, 4)});
    let id = shop.request(&subscription, changes).await.ok().id();
    shop.advance(HALF).await;
    let held = ("change-requests-apply", "TransactWriteItems");
    let (client, named) = (shop.client.clone(), id.clone());
    let late = async move { client.apply_change_request(&named).await };
    let first = async {
        shop.client.apply_change_request(&id).await.ok();
    };
    let late = shop.api.while_held(held, late, first).await;
    assert_eq!(late.ok().body["state"], "applied");
    assert_eq!(shop.invoices(&subscription).await.len(), 2);
}

#[tokio::test]
async fn what_does_not_go_together_is_refused_where_it_stands() {
    let shop = shop().await;
    let (subscription, item) = shop.seats().await;
    let refused = async |changes: Value, status: u16| {
        let told = shop.request(&subscription, changes).await.refused(status);
        let of = |fault: &Value| fault["pointer"].as_str().unwrap().to_owned();
        told.body["errors"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let both = json!({"items": quantity(&item, 4), "cancellation": {}});
    assert_eq!(refused(both, 422).await, ["/changes/cancellation"]);
    let both = json!({"coupon_id": "", "pause": {}});
    assert_eq!(refused(both, 422).await, ["/changes/pause"]);
    let past = json!({"effective_at": "2025-12-31T00:00:00Z"});
    assert_eq!(refused(past, 422).await, ["/changes/effective_at"]);
    let strange = json!({"items": [{"action": "add", "price_id": "price_stg_0000000000000000"}]});
    assert_eq!(refused(strange, 422).await, ["/changes/items/0/price_id"]);
    let strange = json!({"items": quantity("si_stg_0000000000000000", 2)});
    assert_eq!(refused(strange, 422).await, ["/changes/items/0/subscription_item_id"]);
    // What is known to be refused at its instant is refused when it is scheduled.
    let changes = json!({"effective_at": "period_end", "trial_period_days": 700});
    let id = shop.request(&subscription, changes).await.ok().id();
    shop.client.apply_change_request(&id).await.refused(422);
    assert_eq!(shop.request_now(&id).await["state"], "draft");
}
