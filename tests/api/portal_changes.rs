//! What customers change about their subscriptions on the portal, as far as their seller lets them.

use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::{
    billing::Shop,
    client::exchange,
    hosted_page::sent,
    portal::{Buyer, bought, opened, path_of, says, text},
};

/// A customer whose seller lets them do all there is; and a cheaper and a dearer plan.
async fn free() -> (Buyer, String, String) {
    let buyer = bought().await;
    let (cheap, dear) = (buyer.shop.monthly(500).await, buyer.shop.monthly(3000).await);
    let portal = json!({"pause": true, "change_quantity": true, "plan_price_ids": [cheap, dear]});
    let account = buyer.shop.client.update_account(json!({"portal": portal})).await.ok();
    assert_eq!(account.body["portal"], portal);
    (buyer, cheap, dear)
}

impl Buyer {
    async fn item(&self) -> String {
        self.subscribed().await["items"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A form about the only item.
    fn wish<'a>(&'a self, item: &'a str, rest: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let whose = [("subscription", &*self.subscription), ("item", item)];
        whose.into_iter().chain(rest.iter().copied()).collect()
    }

    async fn invoices(&self) -> Vec<Value> {
        self.shop.invoices(&self.subscription).await
    }
}

#[tokio::test]
async fn what_the_account_does_not_let_customers_do_is_neither_offered_nor_done() {
    let buyer = bought().await;
    let page = buyer.look("en").await.ok();
    for absent in ["See what it costs", ">Pause<", "Plan<"] {
        assert!(!text(&page).contains(absent), "{absent} in {}", text(&page));
    }
    let item = buyer.item().await;
    let other = buyer.shop.monthly(500).await;
    let before = buyer.subscribed().await;
    for rest in [
        [("act", "change"), ("quantity", "3"), ("costs", "99999")],
        [("act", "change"), ("price", &*other), ("costs", "99999")],
    ] {
        says(&buyer.act(&buyer.wish(&item, &rest)).await, "cannot be done any more");
    }
    for act in ["pause", "go_on", "undo"] {
        assert_eq!(buyer.send(&buyer.wish(&item, &[("act", act)])).await.status, 404, "{act}");
    }
    assert_eq!(buyer.subscribed().await, before);
}

#[tokio::test]
async fn what_costs_more_is_looked_at_and_changed_at_once_for_what_was_shown() {
    let (buyer, _, dear) = free().await;
    let item = buyer.item().await;
    says(&buyer.look("en").await.ok(), "See what it costs");
    let before = buyer.subscribed().await;
    let look = buyer.wish(&item, &[("act", "look"), ("quantity", "3"), ("price", "")]);
    let page = buyer.send(&look).await.ok();
    says(&page, "You pay $24.00 now, for the time until 28 February 2026.");
    says(&page, "The next charge is then $36.00.");
    says(&page, "name=\"costs\" value=\"2400\"");
    let german = format!("{}&locale=de", buyer.path);
    says(&buyer.send_to(&german, &look).await.ok(), "Sie zahlen jetzt 24,00");
    assert_eq!(buyer.subscribed().await, before, "nothing is changed by looking");
    // Never for more than was shown.
    let wish = |costs| [("act", "change"), ("quantity", "3"), ("costs", costs)];
    let page = buyer.act(&buyer.wish(&item, &wish("2399"))).await;
    says(&page, "The amount has changed");
    assert_eq!(buyer.subscribed().await, before);
    let without = [("act", "change"), ("quantity", "3")];
    says(&buyer.act(&buyer.wish(&item, &without)).await, "The amount has changed");
    // Sent twice it is done once.
    for _ in 0..2 {
        says(&buyer.act(&buyer.wish(&item, &wish("2400"))).await, "Saved.");
    }
    assert_eq!(buyer.subscribed().await["items"][0]["quantity"], 3);
    let invoices = buyer.invoices().await;
    let sums: Vec<_> =
        invoices.iter().map(|one| (&one["total_amount_atom"], &one["state"])).collect();
    assert_eq!(sums.len(), 2, "{sums:?}");
    assert!(sums.contains(&(&json!(2400), &json!("paid"))), "{sums:?}");
    // Another plan, of those that the seller offers.
    let plan = [("act", "change"), ("price", &*dear), ("costs", "5400")];
    says(&buyer.act(&buyer.wish(&item, &plan)).await, "Saved.");
    assert_eq!(buyer.subscribed().await["items"][0]["price_id"], dear.as_str());
    let strange = buyer.shop.monthly(1).await;
    let wrong = [("act", "change"), ("price", &*strange), ("costs", "99999")];
    says(&buyer.act(&buyer.wish(&item, &wrong)).await, "cannot be done any more");
    for quantity in ["0", "-1", "x", "1.5", "99999999999"] {
        let wrong = [("act", "look"), ("quantity", quantity)];
        let answer = buyer.send(&buyer.wish(&item, &wrong)).await;
        assert_eq!(answer.status, 303, "{quantity}");
    }
    assert_eq!(buyer.subscribed().await["items"][0]["quantity"], 3);
}

#[tokio::test]
async fn what_costs_less_waits_for_the_end_of_the_period_and_can_be_taken_back() {
    let (buyer, cheap, _) = free().await;
    let item = buyer.item().await;
    let look = [("act", "look"), ("price", &*cheap)];
    let page = buyer.send(&buyer.wish(&item, &look)).await.ok();
    says(&page, "Nothing is charged now. It changes on 28 February 2026.");
    says(&page, "The next charge is then $5.00.");
    let change = [("act", "change"), ("price", &*cheap), ("costs", "0")];
    let page = buyer.act(&buyer.wish(&item, &change)).await;
    says(&page, "It changes at the end of the period.");
    says(&page, "From 28 February 2026:");
    says(&page, "Next charge: $5.00 on 28 February 2026");
    assert!(!text(&page).contains("See what it costs"), "one change after the other");
    let request = buyer.subscribed().await["change_request"]["id"].as_str().unwrap().to_owned();
    let request = buyer.shop.client.get_change_request(&request).await.ok().body;
    assert_eq!(
        (&request["state"], &request["metadata"]["made_by"]),
        (&json!("pending"), &json!("portal"))
    );
    assert_eq!(
        buyer.shop.events(request["id"].as_str().unwrap()).await,
        ["change_request.created"]
    );
    let page = buyer.act(&buyer.wish(&item, &[("act", "undo")])).await;
    says(&page, "Next charge: $12.00 on 28 February 2026");
    assert_eq!(buyer.subscribed().await["change_request"], Value::Null);
    says(&buyer.act(&buyer.wish(&item, &[("act", "undo")])).await, "cannot be done any more");
    buyer.act(&buyer.wish(&item, &change)).await;
    buyer.shop.advance("2026-03-02T10:00:00Z").await;
    assert_eq!(buyer.subscribed().await["items"][0]["price_id"], cheap.as_str());
    assert_eq!(buyer.invoices().await.last().unwrap()["total_amount_atom"], 500);
}

#[tokio::test]
async fn what_is_not_paid_does_not_change_and_can_be_given_up() {
    let (buyer, ..) = free().await;
    let item = buyer.item().await;
    let poor = buyer.method("test_decline_soft").await;
    buyer.act(&[("act", "default"), ("method", &poor)]).await;
    let change = [("act", "change"), ("quantity", "2"), ("costs", "1200")];
    let page = buyer.act(&buyer.wish(&item, &change)).await;
    says(&page, "It changes once it is paid for.");
    says(&page, "Once it is paid for: 2 ×");
    says(&page, "To be paid");
    assert_eq!(buyer.subscribed().await["items"][0]["quantity"], 1);
    says(&buyer.act(&buyer.wish(&item, &[("act", "undo")])).await, "Saved.");
    let subscription = buyer.subscribed().await;
    assert_eq!(
        (&subscription["pending_change"], &subscription["state"]),
        (&Value::Null, &json!("active"))
    );
    assert_eq!(buyer.invoices().await.last().unwrap()["state"], "void");
}

#[tokio::test]
async fn a_subscription_is_paused_at_the_end_of_its_period_and_goes_on_when_its_customer_says_so() {
    let (buyer, ..) = free().await;
    let form = |act| [("act", act), ("subscription", &*buyer.subscription)];
    says(&buyer.look("en").await.ok(), "Nothing is charged from 28 February 2026 on");
    says(&buyer.act(&form("pause")).await, "Pauses on 28 February 2026");
    says(&buyer.act(&form("go_on")).await, "The subscription goes on.");
    assert_eq!(buyer.subscribed().await["pause"], Value::Null);
    buyer.act(&form("pause")).await;
    buyer.shop.advance("2026-03-02T10:00:00Z").await;
    assert_eq!(buyer.subscribed().await["state"], "paused");
    says(&buyer.look("en").await.ok(), ">Go on<");
    says(&buyer.act(&form("go_on")).await, "The subscription goes on.");
    assert_eq!(buyer.subscribed().await["state"], "active");
}

#[tokio::test]
async fn what_meets_another_change_is_done_on_what_that_made() {
    let (buyer, ..) = free().await;
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let url = format!("{}{}", buyer.shop.api.stack.base_url(), buyer.path);
    let form = [("act", "pause"), ("subscription", &*buyer.subscription)];
    let request = exchange(sent(http.post(url), &form));
    let described = json!({"description": "Changed meanwhile"});
    let change = async {
        buyer.shop.client.update_subscription(&buyer.subscription, described).await.ok();
    };
    let answer =
        buyer.shop.api.while_held(("portal-act", "TransactWriteItems"), request, change).await;
    let location = answer.header("location").unwrap();
    assert!(!location.contains("not_now"), "{location}");
    let subscribed = buyer.subscribed().await;
    assert_eq!(subscribed["description"], "Changed meanwhile");
    assert_ne!(subscribed["pause"], Value::Null);
    buyer.shop.api.audit().await;
}

#[tokio::test]
async fn what_the_seller_has_arranged_is_not_taken_back_and_another_customer_s_is_not_there() {
    let (buyer, cheap, _) = free().await;
    let item = buyer.item().await;
    let asked = json!({"subscription_id": buyer.subscription, "changes": {
        "effective_at": "period_end",
        "items": [{"action": "update", "subscription_item_id": item, "price_id": cheap}],
    }});
    let request = buyer.shop.client.create_change_request(asked).await.ok().id();
    buyer.shop.client.apply_change_request(&request).await.ok();
    says(&buyer.act(&buyer.wish(&item, &[("act", "undo")])).await, "cannot be done any more");
    assert_eq!(buyer.shop.client.get_change_request(&request).await.ok().body["state"], "pending");
    let other =
        buyer.shop.client.create_customer(json!({"email": "b@example.com"})).await.ok().id();
    let session = opened(&buyer.shop, &other, json!({})).await;
    let theirs = path_of(&session.body["url"]);
    for act in ["look", "change", "undo", "pause", "go_on"] {
        let form = buyer.wish(&item, &[("act", act), ("quantity", "2"), ("costs", "99999")]);
        assert_eq!(buyer.send_to(&theirs, &form).await.status, 404, "{act}");
    }
}

#[tokio::test]
async fn customers_are_offered_prices_that_there_are_and_that_come_again() {
    let shop = Shop::open().await;
    let once = shop.price(json!({"unit_amount_atom": 500})).await;
    let monthly = shop.monthly(500).await;
    let sent = json!({"portal": {"plan_price_ids": [monthly, once, "price_stg_0000000000000000"]}});
    let refused = shop.client.update_account(sent).await.refused(422);
    assert_eq!(
        refused.faults(),
        ["/portal/plan_price_ids/1 not_recurring", "/portal/plan_price_ids/2 no_such_object"]
    );
    let twice = json!({"portal": {"plan_price_ids": [monthly, monthly]}});
    let refused = shop.client.update_account(twice).await.refused(422);
    assert_eq!(refused.faults(), ["/portal/plan_price_ids/1 duplicate"]);
    let many = json!({"portal": {"plan_price_ids": vec![monthly.clone(); 21]}});
    let refused = shop.client.update_account(many).await.refused(422);
    assert_eq!(refused.faults(), ["/portal/plan_price_ids too_many"]);
    shop.client.update_account(json!({"portal": {"pause": true}})).await.ok();
    let account =
        shop.client.update_account(json!({"portal": {"change_quantity": true}})).await.ok();
    let portal = json!({"pause": true, "change_quantity": true, "plan_price_ids": []});
    assert_eq!(account.body["portal"], portal);
}

#[tokio::test]
async fn a_customer_says_what_tax_offices_call_them_and_not_what_offices_say() {
    let buyer = bought().await;
    let known = json!({"tax_ids": [
        {"type": "eu_vat", "value": "DE136695976", "status": "verified"},
        {"type": "gb_vat", "value": "GB123456789"},
    ]});
    buyer.shop.client.update_customer(&buyer.shop.customer, known).await.ok();
    let ids = async || {
        buyer.shop.client.get_customer(&buyer.shop.customer).await.ok().body["tax_ids"].clone()
    };
    let before = ids().await;
    let form = |kind, value| {
        [("act", "details"), ("email", "jane@example.com"), ("tax_type", kind), ("tax_id", value)]
    };
    says(&buyer.look("en").await.ok(), "value=\"DE136695976\"");
    says(&buyer.act(&form("eu_vat", "DE136695976")).await, "Saved.");
    assert_eq!(ids().await, before, "what stays the same is verified on");
    let wrong = buyer.send(&form("eu_vat", "DE1<b>")).await;
    assert_eq!(wrong.status, 422);
    assert!(text(&wrong).contains("value=\"DE1&#60;b&#62;\""), "{}", text(&wrong));
    assert_eq!(buyer.send(&form("nonsense", "1")).await.status, 422);
    assert_eq!(ids().await, before);
    buyer.act(&form("eu_vat", "ATU12345678")).await;
    let after = ids().await;
    assert_eq!(
        (&after[0]["value"], &after[0]["status"]),
        (&json!("ATU12345678"), &json!("unverified"))
    );
    assert_eq!(after[1], before[1]);
    buyer.act(&form("eu_vat", "")).await;
    assert_eq!(ids().await, json!([before[1]]));
}
