//! Disputes: what a payer's bank asks about or takes back, as Stripe tells of it at the stand-in.

use local::stripe::{Telling, Trouble, signature};
use serde_json::{Value, json};

use crate::{
    client::{Account, Api, Client},
    processor_events::{now, send},
    stripe::Shop,
};

const SECRET: &str = "whsec_1";

/// A payment of `account` that is disputed, and told of: the dispute's id.
pub(crate) async fn disputed(api: &Api, account: &Account) -> String {
    let client = api.client_of(account);
    let kind = if account.id.starts_with("acc_prod") { "live" } else { "test" };
    let processor = json!({
        "name": "Disputed", "type": "stripe", "secret_key": format!("sk_{kind}_1"),
        "webhook_secrets": [SECRET],
    });
    let processor = client.create_processor(processor).await.ok().id();
    let customer = client.create_customer(json!({"email": "bank@example.com"})).await.ok().id();
    let card = json!({"token": "pm_card_createDispute", "processor_id": processor});
    client.add_payment_method(&customer, card).await.ok();
    let bill = json!({
        "customer_id": customer, "currency": "usd", "collection_method": "charge_automatically",
        "items": [{"name": "Work", "amount_atom": 1000}],
    });
    let bill = client.create_invoice(bill).await.ok().id();
    let intent = client.finalize_invoice(&bill).await.ok().body["payment_intent_id"].clone();
    let intent = client.get_payment_intent(intent.as_str().unwrap()).await.ok().body;
    let charge = intent["processor_reference"].as_str().unwrap();
    let is_it = |event: &local::stripe::Event| {
        event.kind == "charge.dispute.created" && event.body.contains(charge)
    };
    let event = api.stack.stripe().events().into_iter().find(is_it).unwrap();
    let header = signature(SECRET, now(), &event.body);
    let path = format!("/api/processor-events/{processor}");
    assert_eq!(send(api, &path, Some(&header), &event.body).await.status, 200);
    client.list_disputes("?limit=1").await.ok().items()[0]["id"].as_str().unwrap().to_owned()
}

/// A shop with a payment of 10.00 that is disputed at Stripe: the payment, and the dispute's name there.
async fn contested() -> (Shop, String, String) {
    let shop = Shop::with("pm_card_visa").await.listening(Telling::ByHand);
    let intent = shop.bills(1000).await["payment_intent_id"].as_str().unwrap().to_owned();
    let charge = shop.client.get_payment_intent(&intent).await.ok().body;
    let charge = charge["processor_reference"].as_str().unwrap();
    let reference = shop.api.stack.stripe().dispute(charge, "product_not_received").unwrap();
    (shop, intent, reference)
}

async fn told(shop: &Shop) {
    assert_eq!(shop.api.stack.stripe().tell(&shop.last_event()).await, [200]);
}

async fn only(client: &Client) -> Value {
    let list = client.list_disputes("").await.ok().body;
    assert_eq!(list["total"], 1);
    list["items"][0].clone()
}

#[tokio::test]
async fn a_disputed_payment_is_told_of_until_the_bank_has_decided() {
    let (shop, intent, reference) = contested().await;
    told(&shop).await;
    let dispute = only(&shop.client).await;
    let expected = json!({
        "payment_intent_id": intent, "customer_id": shop.customer, "processor_id": shop.processor,
        "processor_reference": reference, "amount_atom": 1000, "currency": "usd",
        "state": "needs_response", "status": "needs_response", "reason": "product_not_received",
        "is_refundable": false,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(dispute[name], *value, "{name}");
    }
    assert!(dispute["evidence_due_by"].is_string());
    let id = dispute["id"].as_str().unwrap();
    let shown = shop.client.get_payment_intent(&intent).await.ok().body;
    assert_eq!(shown["dispute_id"], dispute["id"]);
    for (status, event) in
        [("under_review", "dispute.updated"), ("won", "dispute.closed"), ("lost", "dispute.closed")]
    {
        shop.api.stack.stripe().change_dispute(&reference, status);
        let closed = shop.count(event).await;
        told(&shop).await;
        told(&shop).await;
        assert_eq!(shop.client.get_dispute(id).await.ok().body["state"], status);
        assert_eq!(shop.count(event).await, closed + 1, "once, however often it is told");
    }
    assert_eq!(shop.count("dispute.created").await, 1);
    // The invoice was paid, and nobody owes it again.
    let invoice = shop.invoice(dispute["invoice_id"].as_str().unwrap()).await;
    assert_eq!((&invoice["state"], &invoice["due_amount_atom"]), (&json!("paid"), &json!(0)));
    shop.api.audit().await;
}

#[tokio::test]
async fn events_of_a_dispute_may_come_in_any_order_and_at_once() {
    let (shop, _, reference) = contested().await;
    let created = shop.last_event();
    shop.api.stack.stripe().change_dispute(&reference, "under_review");
    let reviewed = shop.last_event();
    shop.api.stack.stripe().change_dispute(&reference, "lost");
    let closed = shop.last_event();
    let stripe = shop.api.stack.stripe();
    let all = [&closed, &created, &reviewed, &closed].map(|event| stripe.tell(event));
    for statuses in futures_util::future::join_all(all).await {
        assert_eq!(statuses, [200]);
    }
    assert_eq!(only(&shop.client).await["state"], "lost");
    assert_eq!((shop.count("dispute.created").await, shop.count("dispute.closed").await), (1, 1));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_dispute_whose_events_stop_coming_is_asked_about_once_a_day() {
    let (shop, _, reference) = contested().await;
    told(&shop).await;
    shop.api.stack.stripe().change_dispute(&reference, "under_review");
    shop.client.advance_clock("2026-02-01T09:00:00Z").await.ok();
    assert_eq!(only(&shop.client).await["state"], "needs_response");
    // That nobody answers, or nothing new, is nothing that happened to it.
    let (version, events) = (only(&shop.client).await["version"].clone(), "dispute.updated");
    assert_eq!((&version, shop.count(events).await), (&json!(1), 0));
    // Nobody answers, and it is asked about an hour later.
    shop.api.stack.stripe().next("/v1/disputes/", Trouble::Refused(403));
    shop.client.advance_clock("2026-02-01T10:30:00Z").await.ok();
    assert_eq!(only(&shop.client).await["state"], "needs_response");
    shop.client.advance_clock("2026-02-01T11:30:00Z").await.ok();
    assert_eq!(only(&shop.client).await["state"], "under_review");
    shop.client.advance_clock("2026-02-04T12:00:00Z").await.ok();
    let still = only(&shop.client).await;
    assert_eq!((&still["version"], shop.count(events).await), (&json!(2), 1), "asked about thrice");
    shop.api.stack.stripe().change_dispute(&reference, "won");
    shop.client.advance_clock("2026-02-06T00:00:00Z").await.ok();
    assert_eq!(only(&shop.client).await["state"], "won");
    let asked = || {
        let all = shop.api.stack.stripe().requests();
        all.iter().filter(|one| one.starts_with("GET /v1/disputes/")).count()
    };
    let before = asked();
    shop.client.advance_clock("2026-02-10T00:00:00Z").await.ok();
    assert_eq!(asked(), before, "it is closed");
    shop.api.audit().await;
}

#[tokio::test]
async fn a_dispute_of_which_no_event_ever_told_is_found_by_asking() {
    let (shop, intent, reference) = contested().await;
    shop.client.advance_clock("2026-02-01T09:00:00Z").await.ok();
    assert_eq!(shop.client.list_disputes("").await.ok().body["total"], 0);
    // Nobody answers, and it is asked an hour later.
    shop.api.stack.stripe().next("GET /v1/disputes", Trouble::Refused(403));
    shop.client.advance_clock("2026-02-01T10:30:00Z").await.ok();
    assert_eq!(shop.client.list_disputes("").await.ok().body["total"], 0);
    shop.client.advance_clock("2026-02-01T11:30:00Z").await.ok();
    let dispute = only(&shop.client).await;
    assert_eq!(
        (&dispute["processor_reference"], &dispute["payment_intent_id"], &dispute["state"]),
        (&json!(reference), &json!(intent), &json!("needs_response"))
    );
    // Its event comes after all, and it is asked again.
    told(&shop).await;
    let listed = || {
        let all = shop.api.stack.stripe().requests();
        all.iter().filter(|one| *one == "GET /v1/disputes").count()
    };
    let before = listed();
    shop.client.advance_clock("2026-02-05T12:00:00Z").await.ok();
    assert_eq!(listed(), before + 4, "once a day");
    only(&shop.client).await;
    assert_eq!(shop.count("dispute.created").await, 1);
    assert_eq!(shop.count("processor.updated").await, 1, "of its first card alone");
    shop.api.audit().await;
}

#[tokio::test]
async fn what_is_disputed_is_not_refunded_and_can_be_once_it_is_won() {
    let (shop, intent, reference) = contested().await;
    told(&shop).await;
    let body = json!({"payment_intent_id": intent});
    let refused = shop.client.create_refund(body.clone()).await.ok().body;
    assert_eq!(
        (&refused["state"], &refused["failure"]["code"]),
        (&json!("failed"), &json!("charge_disputed"))
    );
    let shown = shop.client.get_payment_intent(&intent).await.ok().body;
    assert_eq!(shown["refunded_amount_atom"], 0);
    shop.api.stack.stripe().change_dispute(&reference, "won");
    told(&shop).await;
    assert_eq!(shop.client.create_refund(body).await.ok().body["state"], "succeeded");
}

#[tokio::test]
async fn a_dispute_of_what_was_not_paid_here_is_none_of_ours() {
    let (shop, ..) = contested().await;
    let other = json!({"name": "Other", "type": "stripe", "secret_key": "sk_test_2",
        "webhook_secrets": [SECRET]});
    let other = shop.client.create_processor(other).await.ok().id();
    let event = shop.last_event();
    let before = shop.changes().await;
    let sends = async |body: &str| {
        let header = signature(SECRET, now(), body);
        send(&shop.api, &format!("/api/processor-events/{other}"), Some(&header), body).await.status
    };
    // It is of a charge of another processor; it does not exist; Stripe does not answer.
    assert_eq!(sends(&event.body).await, 200);
    let unknown = event.body.replace("dp_", "dp_x");
    assert_eq!(sends(&unknown).await, 200);
    shop.api.stack.stripe().next("/v1/disputes/", Trouble::Refused(403));
    assert_eq!(sends(&event.body).await, 503);
    assert_eq!(shop.changes().await, before);
    assert_eq!(shop.client.list_disputes("").await.ok().body["total"], 0);
}

/// A dispute of before there were watches, as an earlier program left it: it says itself when it is asked
/// about.
#[tokio::test]
async fn an_open_dispute_of_before_gets_a_watch_of_its_own_and_is_asked_about() {
    let (shop, _, reference) = contested().await;
    told(&shop).await;
    let dispute = only(&shop.client).await;
    let id = dispute["id"].as_str().unwrap();
    let items = || async { shop.api.dynamodb("Scan", json!({})).await["Items"].clone() };
    let key = |item: &Value| json!({"PK": item["PK"], "SK": item["SK"]});
    let all = items().await;
    let all = all.as_array().unwrap();
    let is_watch = |item: &&Value| {
        let named = item["id"]["S"].as_str().is_some_and(|name| name.starts_with("pw_"));
        named && item["dispute_id"]["S"] == id
    };
    let watch = all.iter().find(is_watch).unwrap();
    let due = |item: &&Value| {
        let [partition, at] = ["PK", "SK"].map(|name| item[name]["S"].as_str().unwrap());
        partition.ends_with("#DUE") && at.ends_with(watch["id"]["S"].as_str().unwrap())
    };
    let due = all.iter().find(due).unwrap();
    for item in [watch, due] {
        shop.api.dynamodb("DeleteItem", json!({"Key": key(item)})).await;
    }
    let at = "2026-02-01T10:00:00.000Z";
    let mut old = all.iter().find(|item| item["id"]["S"] == id).unwrap().clone();
    old["ask_at"] = json!({"S": at});
    shop.api.dynamodb("PutItem", json!({"Item": old})).await;
    let mut entry = due.clone();
    entry["SK"] = json!({"S": format!("{at}#{}#{id}", shop.client.account)});
    entry["owned_by"] = json!({"S": id});
    shop.api.dynamodb("PutItem", json!({"Item": entry})).await;
    shop.api.audit().await;

    shop.api.stack.stripe().change_dispute(&reference, "under_review");
    shop.advance("2026-02-01T09:00:00Z").await;
    assert_eq!(only(&shop.client).await["state"], "needs_response");
    shop.advance("2026-02-01T11:00:00Z").await;
    assert_eq!(only(&shop.client).await["state"], "under_review");
    assert_eq!(items().await.as_array().unwrap().iter().filter(is_watch).count(), 1);
    // From then on it is asked about each day, and by nobody else.
    let asked = || {
        let all = shop.api.stack.stripe().requests();
        all.iter().filter(|one| one.starts_with("GET /v1/disputes/")).count()
    };
    let before = asked();
    shop.advance("2026-02-04T12:00:00Z").await;
    assert_eq!(asked(), before + 3);
    shop.api.audit().await;
}
