//! A process that dies in the middle of what a client asked for, a client that asks again with the same
//! `Idempotency-Key`, and the sweeper, which finishes what was begun: it happened once.
//!
//! The process is killed right after each write that it makes. That is every state in which it can
//! leave the table: between two writes it only reads.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use local::wire::{Call, Fault};
use reqwest::Method;
use serde_json::{Value, json};

use super::{OPENED, Shop, each};
use crate::client::{Answer, Api, exchange};

/// A few minutes after everything was asked for.
const LATER: &str = "2026-01-31T10:00:00.000Z";

/// Kills `function` after its write number `nth`; how many were killed.
fn kill_after(api: &Api, function: &'static str, nth: usize) -> Arc<AtomicUsize> {
    let (writes, kills) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let killed = Arc::clone(&kills);
    let hook = move |call: &Call, _: u64| {
        let limits = call.keys().all(|key| key.starts_with("RATE#"));
        let counts = call.function == function && call.is_write() && !limits;
        if counts && writes.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            killed.fetch_add(1, Ordering::SeqCst);
            return Fault::KillAfter;
        }
        Fault::Pass
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    kills
}

/// Sends a request with one key until a function answers it.
async fn insist(shop: &Shop, path: &str, key: &str, body: &Value) -> Answer {
    for _ in 0..20 {
        let request = shop.client.request(Method::POST, path).header("Idempotency-Key", key);
        let answer = exchange(request.json(body)).await;
        if answer.status.as_u16() < 500 && answer.status != 409 {
            return answer;
        }
    }
    panic!("{path} with the key {key} is never answered");
}

/// Sends a request with one key until it is answered, while `function` is killed after its write number
/// `nth`: the answer, and whether there was such a write.
async fn kill(
    api: &Api,
    shop: &Shop,
    (function, nth): (&'static str, usize),
    path: &str,
    body: &Value,
) -> (Answer, bool) {
    let kills = kill_after(api, function, nth);
    let answer = insist(shop, path, &format!("{function}-{nth}"), body).await;
    api.stack.wire().set_fault(None);
    (answer, kills.load(Ordering::SeqCst) > 0)
}

/// What was paid of an invoice, and by how many payments.
async fn paid(shop: &Shop, invoice: &str) -> (Value, usize) {
    let payments = shop.payments(invoice).await;
    let succeeded = each(&payments, "state").into_iter().filter(|one| *one == "succeeded");
    let invoice = shop.read(&format!("/api/invoices/{invoice}")).await;
    (invoice["paid_amount_atom"].clone(), succeeded.count())
}

#[tokio::test]
async fn a_subscription_whose_creation_is_killed_is_created_and_paid_once() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let mut customers = Vec::new();
    for nth in 1.. {
        let customer = shop.customer("test_success").await;
        let body = shop.subscription(&customer, json!({}));
        let target = ("subscriptions-create", nth);
        let (answer, killed) = kill(&api, &shop, target, "/api/subscriptions", &body).await;
        customers.push((customer, answer.ok().id()));
        if !killed {
            break;
        }
    }
    // The subscription with its numbered invoice and the first attempt, what the processor writes, what came
    // of it, the answer.
    assert!(customers.len() > 4, "only {} writes", customers.len() - 1);
    shop.advance(LATER).await;
    for (customer, id) in customers {
        let subscriptions = shop.all(&format!("/api/subscriptions?customer_id={customer}")).await;
        assert_eq!(each(&subscriptions, "id"), [&id]);
        assert_eq!(each(&subscriptions, "state"), ["active"]);
        let invoices = shop.invoices(&id).await;
        assert_eq!(each(&invoices, "state"), ["paid"]);
        assert_eq!(paid(&shop, invoices[0]["id"].as_str().unwrap()).await, (json!(1000), 1));
    }
    api.audit().await;
}

#[tokio::test]
async fn an_invoice_whose_payment_is_killed_is_paid_once_and_as_far_as_was_asked() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let (mut paying, mut kills) = (Vec::new(), 0);
    for amount in [1000, 400] {
        for nth in 1.. {
            let customer = shop.customer("test_success").await;
            let invoice = shop.draft(&customer, "send_invoice").await;
            let path = format!("/api/invoices/{invoice}");
            shop.client.post(&format!("{path}/finalize"), json!({})).await.ok();
            let (path, body) = (format!("{path}/pay"), json!({"amount_atom": amount}));
            let struck = kill_after(&api, "invoices-pay", nth);
            insist(&shop, &path, &format!("{amount}-{nth}"), &body).await.ok();
            api.stack.wire().set_fault(None);
            let killed = struck.load(Ordering::SeqCst) > 0;
            kills += usize::from(killed);
            paying.push((invoice, amount));
            if !killed {
                break;
            }
        }
    }
    assert!(kills >= 6, "only {kills} kills");
    shop.advance(LATER).await;
    for (invoice, amount) in paying {
        assert_eq!(paid(&shop, &invoice).await, (json!(amount), 1), "{invoice}");
    }
    api.audit().await;
}

#[tokio::test]
async fn a_declined_payment_is_refused_each_time_it_is_asked_for_whoever_died() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    for nth in 1.. {
        let customer = shop.customer("test_decline_soft").await;
        let invoice = shop.draft(&customer, "send_invoice").await;
        let path = format!("/api/invoices/{invoice}");
        shop.client.post(&format!("{path}/finalize"), json!({})).await.ok();
        let (path, body) = (format!("{path}/pay"), json!({}));
        let (_, killed) = kill(&api, &shop, ("invoices-pay", nth), &path, &body).await;
        shop.advance(&format!("2026-02-{nth:02}T00:00:00Z")).await;
        // Whatever was told meanwhile: nothing is paid, and asking again tries again.
        assert_eq!(paid(&shop, &invoice).await, (json!(0), 0));
        let card = shop.add_card(&customer, "test_success").await;
        let body = json!({"payment_method_id": card});
        insist(&shop, &path, &format!("again-{nth}"), &body).await.ok();
        assert_eq!(paid(&shop, &invoice).await, (json!(1000), 1));
        if !killed {
            break;
        }
    }
    api.audit().await;
}

#[tokio::test]
async fn an_invoice_whose_finalization_is_killed_has_one_number_and_is_paid_once() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let mut drafts = Vec::new();
    for nth in 1.. {
        let customer = shop.customer("test_success").await;
        let draft = shop.draft(&customer, "charge_automatically").await;
        let path = format!("/api/invoices/{draft}/finalize");
        let target = ("invoices-finalize", nth);
        let (answer, killed) = kill(&api, &shop, target, &path, &json!({})).await;
        answer.ok();
        drafts.push(draft);
        if !killed {
            break;
        }
    }
    assert!(drafts.len() > 5, "only {} writes", drafts.len() - 1);
    shop.advance(LATER).await;
    for draft in drafts {
        assert_eq!(paid(&shop, &draft).await, (json!(1000), 1), "{draft}");
    }
    api.audit().await;
}

#[tokio::test]
async fn what_a_partial_payment_leaves_of_an_invoice_is_still_collected() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let customer = shop.customer("test_success").await;
    let draft = shop.draft(&customer, "charge_automatically").await;
    let path = format!("/api/invoices/{draft}");
    // It is final, and the process dies before it takes the money.
    kill_after(&api, "invoices-finalize", 1);
    let finalized = shop.client.post(&format!("{path}/finalize"), json!({})).await;
    assert!(finalized.status.is_server_error());
    api.stack.wire().set_fault(None);
    shop.client.post(&format!("{path}/pay"), json!({"amount_atom": 400})).await.ok();
    assert_eq!(shop.read(&path).await["state"], "partially_paid");
    shop.advance(LATER).await;
    assert_eq!(paid(&shop, &draft).await, (json!(1000), 2));
    api.audit().await;
}

#[tokio::test]
async fn a_change_of_items_that_is_killed_is_charged_once() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let mut subscriptions = Vec::new();
    for nth in 1.. {
        let customer = shop.customer("test_success").await;
        let subscription = shop.subscribe(&customer, json!({})).await.ok();
        let (id, item) = (subscription.id(), &subscription.body["items"][0]["id"]);
        let body = json!({
            "proration_behavior": "always_invoice",
            "items": [{"action": "update", "subscription_item_id": item, "quantity": 3}],
        });
        let path = format!("/api/subscriptions/{id}/items");
        let (answer, killed) = kill(&api, &shop, ("subscriptions-items", nth), &path, &body).await;
        answer.ok();
        subscriptions.push(id);
        if !killed {
            break;
        }
    }
    assert!(subscriptions.len() > 5, "only {} writes", subscriptions.len() - 1);
    shop.advance(LATER).await;
    for id in subscriptions {
        let invoices = shop.invoices(&id).await;
        assert_eq!(each(&invoices, "state"), ["paid", "paid"]);
        assert_eq!(paid(&shop, invoices[1]["id"].as_str().unwrap()).await, (json!(2000), 1));
        let subscription = shop.read(&format!("/api/subscriptions/{id}")).await;
        assert_eq!(subscription["items"][0]["quantity"], 3);
    }
    api.audit().await;
}

#[tokio::test]
async fn a_cancellation_that_is_killed_refunds_once() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    let mut subscriptions = Vec::new();
    for nth in 1.. {
        let customer = shop.customer("test_success").await;
        let id = shop.subscribe(&customer, json!({})).await.ok().id();
        let (path, body) =
            (format!("/api/subscriptions/{id}/cancel"), json!({"refund_option": "full"}));
        let (answer, killed) = kill(&api, &shop, ("subscriptions-cancel", nth), &path, &body).await;
        answer.ok();
        subscriptions.push(id);
        if !killed {
            break;
        }
    }
    assert!(subscriptions.len() > 4, "only {} writes", subscriptions.len() - 1);
    shop.advance(LATER).await;
    for id in subscriptions {
        let subscription = shop.read(&format!("/api/subscriptions/{id}")).await;
        assert_eq!(subscription["state"], "cancelled");
        let invoices = shop.invoices(&id).await;
        let invoice = invoices[0]["id"].as_str().unwrap();
        let refunds = shop.all(&format!("/api/payments/refunds?invoice_id={invoice}")).await;
        assert_eq!(each(&refunds, "state"), ["succeeded"]);
        assert_eq!(refunds[0]["amount_atom"], 1000);
    }
    api.audit().await;
}

#[tokio::test]
async fn a_refund_that_is_killed_is_made_once() {
    let api = Api::start().await;
    let shop = Shop::open(&api, OPENED).await;
    for (round, token) in ["test_success", "test_refund_timeout_after"].into_iter().enumerate() {
        let mut intents = Vec::new();
        for nth in 1.. {
            let customer = shop.customer(token).await;
            let draft = shop.draft(&customer, "charge_automatically").await;
            shop.client.post(&format!("/api/invoices/{draft}/finalize"), json!({})).await.ok();
            let payments = shop.payments(&draft).await;
            let intent = payments[0]["id"].as_str().unwrap().to_owned();
            let body = json!({"payment_intent_id": intent, "amount_atom": 300});
            let kills = kill_after(&api, "payments-refunds-create", nth);
            insist(&shop, "/api/payments/refunds", &format!("{round}-{nth}"), &body).await.ok();
            api.stack.wire().set_fault(None);
            intents.push(intent);
            if kills.load(Ordering::SeqCst) == 0 {
                break;
            }
        }
        assert!(intents.len() > 3, "only {} writes", intents.len() - 1);
        shop.advance(&format!("2026-01-31T1{round}:50:00.000Z")).await;
        for intent in intents {
            let path = format!("/api/payments/refunds?payment_intent_id={intent}");
            let refunds = shop.all(&path).await;
            assert_eq!(each(&refunds, "state"), ["succeeded"]);
            assert_eq!(refunds[0]["amount_atom"], 300);
        }
    }
    api.audit().await;
}
