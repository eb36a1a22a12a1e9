//! Events that a processor sends: hints, after which it is asked. However often they come, in which
//! order, from whom, or before what they tell of is written, an outcome is written once.

mod bridge;

use local::{
    Outcome,
    stripe::{Event, Telling, signature},
    wire::{Call, Fault},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    client::{Answer, Api, exchange},
    stripe::Shop,
};

const SECRET: &str = "whsec_1";
const FUNCTION: &str = "processor-events-receive";

pub(crate) fn now() -> i64 {
    shared::base::time::Clock.now().seconds()
}

impl Shop {
    /// Events of its processor come in, when `telling` says.
    pub(crate) fn listening(self, telling: Telling) -> Self {
        let url = format!("{}/api/processor-events/{}", self.api.stack.base_url(), self.processor);
        self.api.stack.stripe().listens(&url, SECRET);
        self.api.stack.stripe().tells(telling);
        self
    }

    /// A checkout session whose payer has to confirm: the session, its invoice, the charge there.
    pub(crate) async fn waiting(&self) -> (String, String) {
        let product = self.client.create_product(json!({"name": "Seat"})).await.ok().id();
        let price = json!({
            "product_id": product, "currency": "usd", "unit_amount_atom": 1000,
            "billing_interval": "month",
        });
        let price = self.client.create_price(price).await.ok().id();
        let body = json!({
            "success_url": "https://example.com/", "return_url": "https://example.com/",
            "customer_id": self.customer, "line_items": [{"price_id": price, "quantity": 1}],
        });
        let session = self.client.create_session(body).await.ok().id();
        let card = json!({"payment_method": {"token": "pm_card_threeDSecure2Required"}});
        let refused = self.client.complete_session(&session, card).await.refused(422);
        let charge = refused.body["next_action"]["processor_reference"].as_str().unwrap();
        (session, charge.to_owned())
    }

    pub(crate) fn last_event(&self) -> Event {
        self.api.stack.stripe().events().pop().unwrap()
    }

    /// Sends a body with this signature to the processor `id`.
    async fn sends(&self, id: &str, header: Option<&str>, body: &str) -> Answer {
        send(&self.api, &format!("/api/processor-events/{id}"), header, body).await
    }

    /// How many events the account has: more after any change.
    pub(crate) async fn changes(&self) -> Value {
        self.client.list_events("?limit=1").await.ok().body["total"].clone()
    }

    /// How many of its events are of this type.
    pub(crate) async fn count(&self, kind: &str) -> usize {
        let list = self.client.list_events("?limit=100").await.ok();
        assert_eq!(list.body["has_more"], false);
        list.items().iter().filter(|event| event["type"] == kind).count()
    }
}

pub(crate) async fn send(api: &Api, path: &str, header: Option<&str>, body: &str) -> Answer {
    let mut request = api.raw(Method::POST, path).header("Content-Type", "application/json");
    if let Some(header) = header {
        request = request.header("Stripe-Signature", header);
    }
    exchange(request.body(body.to_owned())).await
}

#[tokio::test]
async fn what_a_payer_has_confirmed_is_paid_when_its_event_comes() {
    let shop = Shop::open().await.listening(Telling::After);
    let (session, charge) = shop.waiting().await;
    shop.api.stack.stripe().all_told().await;
    assert_eq!(shop.client.get_session(&session).await.ok().body["state"], "open");
    // The account's clock stands still, and nothing is due.
    assert!(shop.api.stack.stripe().act(&charge, true));
    shop.api.stack.stripe().all_told().await;
    let done = shop.client.get_session(&session).await.ok().body;
    assert_eq!((&done["state"], &done["payment_status"]), (&json!("completed"), &json!("paid")));
    let invoice = shop.invoice(done["invoice_id"].as_str().unwrap()).await;
    assert_eq!((&invoice["state"], &invoice["paid_amount_atom"]), (&json!("paid"), &json!(1000)));
    let subscription = done["subscription_id"].as_str().unwrap();
    assert_eq!(shop.client.get_subscription(subscription).await.ok().body["state"], "active");
    assert_eq!((shop.succeeded(), shop.payable()), (1, 0));
}

#[tokio::test]
async fn events_that_are_doubled_reordered_or_at_once_write_an_outcome_once() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let (session, charge) = shop.waiting().await;
    shop.api.stack.stripe().act(&charge, true);
    let events = shop.api.stack.stripe().events();
    let last = shop.last_event();
    assert_eq!(last.kind, "payment_intent.succeeded");
    let stripe = shop.api.stack.stripe();
    let (one, two) = futures_util::future::join(stripe.tell(&last), stripe.tell(&last)).await;
    assert_eq!((one, two), (vec![200], vec![200]));
    assert_eq!(shop.client.get_session(&session).await.ok().body["state"], "completed");
    let after = shop.changes().await;
    for event in events.iter().rev().chain(&events) {
        assert_eq!(shop.api.stack.stripe().tell(event).await, [200], "{}", event.kind);
    }
    assert_eq!(shop.changes().await, after, "nothing was left to write");
    assert_eq!(shop.count("payment_intent.succeeded").await, 1);
    assert_eq!(shop.succeeded(), 1);
}

#[tokio::test]
async fn what_still_waits_is_not_asked_about_later_because_of_an_event() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    shop.waiting().await;
    let (event, before) = (shop.last_event(), shop.changes().await);
    assert_eq!(event.kind, "payment_intent.requires_action");
    for _ in 0..3 {
        assert_eq!(shop.api.stack.stripe().tell(&event).await, [200]);
    }
    assert_eq!(shop.changes().await, before);
    assert_eq!(shop.payable(), 1);
}

#[tokio::test]
async fn an_event_that_overtakes_its_answer_is_written_once() {
    let shop = Shop::with("pm_card_visa").await.listening(Telling::First);
    let invoice = shop.bills(1000).await;
    assert_eq!((&invoice["state"], &invoice["paid_amount_atom"]), (&json!("paid"), &json!(1000)));
    assert_eq!(shop.count("payment_intent.succeeded").await, 1);
    let body = json!({"payment_intent_id": invoice["payment_intent_id"], "amount_atom": 400});
    assert_eq!(shop.client.create_refund(body).await.ok().body["state"], "succeeded");
    // An attempt that waits, is given up for another card, and is paid by a third.
    let (session, charge) = shop.waiting().await;
    let card = |token: &str| json!({"payment_method": {"token": token}});
    let declined = card("pm_card_chargeCustomerFail");
    shop.client.complete_session(&session, declined).await.refused(422);
    assert!(!shop.api.stack.stripe().act(&charge, true), "it can be paid no more");
    let done = shop.client.complete_session(&session, card("pm_card_mastercard")).await.ok().body;
    assert_eq!(done["state"], "completed");
    assert_eq!((shop.succeeded(), shop.payable()), (2, 0));
    assert_eq!(shop.count("payment_intent.succeeded").await, 2);
}

#[tokio::test]
async fn a_payer_who_fails_is_told_of_too() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let (session, charge) = shop.waiting().await;
    shop.api.stack.stripe().act(&charge, false);
    assert_eq!(shop.api.stack.stripe().tell(&shop.last_event()).await, [200]);
    let intents = shop.client.list_payment_intents("?state=failed").await.ok();
    assert_eq!(intents.body["total"], 1);
    let card = json!({"payment_method": {"token": "pm_card_visa"}});
    let done = shop.client.complete_session(&session, card).await.ok().body;
    assert_eq!((&done["state"], shop.succeeded()), (&json!("completed"), 1));
}

#[tokio::test]
async fn a_refund_that_pended_is_made_or_fails_when_its_event_comes() {
    let shop = Shop::with("pm_card_pendingRefund").await.listening(Telling::ByHand);
    let intent = shop.bills(1000).await["payment_intent_id"].as_str().unwrap().to_owned();
    for (status, refunded) in [("succeeded", 300), ("failed", 300)] {
        let body = json!({"payment_intent_id": intent, "amount_atom": 300});
        let refund = shop.client.create_refund(body).await.ok().body;
        let id = refund["id"].as_str().unwrap();
        assert_eq!(refund["state"], "pending");
        let before = shop.changes().await;
        assert_eq!(shop.api.stack.stripe().tell(&shop.last_event()).await, [200]);
        assert_eq!(shop.changes().await, before, "a hint that it pends puts nothing off");
        let reference = refund["processor_reference"].as_str().unwrap();
        shop.api.stack.stripe().change_refund(reference, status);
        let event = shop.last_event();
        for _ in 0..2 {
            assert_eq!(shop.api.stack.stripe().tell(&event).await, [200]);
        }
        assert_eq!(shop.client.get_refund(id).await.ok().body["state"], status);
        let shown = shop.client.get_payment_intent(&intent).await.ok().body;
        assert_eq!(shown["refunded_amount_atom"], refunded);
    }
}

#[tokio::test]
async fn a_refund_that_the_bank_sends_back_can_be_made_again() {
    let shop = Shop::with("pm_card_visa").await.listening(Telling::ByHand);
    let invoice = shop.bills(1000).await;
    let intent = invoice["payment_intent_id"].as_str().unwrap().to_owned();
    let body = json!({"payment_intent_id": intent, "amount_atom": 700});
    let refund = shop.client.create_refund(body.clone()).await.ok().body;
    assert_eq!(refund["state"], "succeeded");
    shop.client.create_refund(body.clone()).await.refused(422);
    let reference = refund["processor_reference"].as_str().unwrap();
    shop.api.stack.stripe().change_refund(reference, "failed");
    let event = shop.last_event();
    for _ in 0..2 {
        assert_eq!(shop.api.stack.stripe().tell(&event).await, [200]);
    }
    let id = refund["id"].as_str().unwrap();
    assert_eq!(shop.client.get_refund(id).await.ok().body["state"], "failed");
    let refunded = async || {
        let intent = shop.client.get_payment_intent(&intent).await.ok().body;
        let invoice = shop.client.get_invoice(invoice["id"].as_str().unwrap()).await.ok().body;
        [intent["refunded_amount_atom"].clone(), invoice["refunded_amount_atom"].clone()]
    };
    assert_eq!(refunded().await, [json!(0), json!(0)]);
    assert_eq!(shop.client.create_refund(body).await.ok().body["state"], "succeeded");
    assert_eq!(refunded().await, [json!(700), json!(700)]);
    shop.api.audit().await;
}

#[tokio::test]
async fn what_nobody_signed_changes_nothing_and_is_told_nothing() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let (_, charge) = shop.waiting().await;
    shop.api.stack.stripe().act(&charge, true);
    let test = shop.client.create_processor(json!({"name": "x", "type": "test"})).await.ok().id();
    let (body, before) = (shop.last_event().body, shop.changes().await);
    let body = body.as_str();
    let right = signature(SECRET, now(), body);
    let forged = right.replace("v1=", "v1=00");
    let (own, unknown) = (shop.processor.as_str(), "proc_stg_0000000000000000");
    let other = signature("whsec_2", now(), body);
    let (old, ahead) = (signature(SECRET, now() - 310, body), signature(SECRET, now() + 310, body));
    let of_another_body = signature(SECRET, now(), "{}");
    let mut answers = Vec::new();
    for (id, header) in [
        (own, None),
        (own, Some("")),
        (own, Some("t=1,v1=")),
        (own, Some(forged.as_str())),
        (own, Some(&other)),
        (own, Some(&old)),
        (own, Some(&ahead)),
        (own, Some(&of_another_body)),
        (unknown, Some(&right)),
        ("nonsense", Some(&right)),
        (&test, Some(&right)),
    ] {
        let mut problem = shop.sends(id, header, body).await.refused(400).body;
        for name in ["instance", "request_id"] {
            problem[name] = Value::Null;
        }
        answers.push(problem);
    }
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:#?}");
    assert_eq!(shop.changes().await, before, "nothing changed");
    // In the path of another account it is not there either.
    let stranger = shop.api.account("stg").await;
    let path = format!("/api/{}/processor-events/{own}", stranger.id);
    send(&shop.api, &path, Some(&right), body).await.refused(400);
    assert_eq!(shop.changes().await, before, "nothing changed");
    shop.sends(own, Some(&right), body).await.ok();
    assert_ne!(shop.changes().await, before);
}

#[tokio::test]
async fn a_processor_of_another_account_cannot_speak_of_what_is_not_its_own() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let (session, charge) = shop.waiting().await;
    shop.api.stack.stripe().act(&charge, true);
    let body = shop.last_event().body;
    let stranger = shop.api.client_of(&shop.api.account("stg").await);
    let new = json!({
        "name": "Cards", "type": "stripe", "secret_key": "sk_test_other",
        "webhook_secrets": ["whsec_other"],
    });
    let theirs = stranger.create_processor(new.clone()).await.ok().id();
    let beside = shop.client.create_processor(new).await.ok().id();
    for processor in [theirs, beside] {
        let before = shop.changes().await;
        let signed = signature("whsec_other", now(), &body);
        shop.sends(&processor, Some(&signed), &body).await.ok();
        assert_eq!(shop.changes().await, before);
    }
    assert_eq!(shop.client.get_session(&session).await.ok().body["state"], "open");
}

#[tokio::test]
async fn while_a_secret_is_replaced_either_will_do() {
    let shop = Shop::open().await;
    let body = r#"{"type": "customer.created", "data": {"object": {"id": "cus_1"}}}"#;
    let [old, new] = [SECRET, "whsec_2"].map(|secret| signature(secret, now(), body));
    let both = format!("{old},{}", new.split_once(',').unwrap().1);
    let send = |header: String| {
        let shop = &shop;
        async move { shop.sends(&shop.processor, Some(&header), body).await.status.as_u16() }
    };
    assert_eq!((send(old.clone()).await, send(new.clone()).await), (200, 400));
    let secrets = json!({"webhook_secrets": [SECRET, "whsec_2"]});
    shop.client.update_processor(&shop.processor, secrets).await.ok();
    for header in [&old, &new, &both] {
        assert_eq!(send(header.clone()).await, 200);
    }
    let secrets = json!({"webhook_secrets": ["whsec_2"]});
    shop.client.update_processor(&shop.processor, secrets).await.ok();
    assert_eq!((send(old).await, send(new).await, send(both).await), (400, 200, 200));
    let path = format!("/api/processors/{}", shop.processor);
    shop.client.delete(&path).await.ok();
    assert_eq!(send(signature("whsec_2", now(), body)).await, 400, "it is gone");
}

#[tokio::test]
async fn what_is_none_of_ours_is_taken_and_does_nothing() {
    let shop = Shop::open().await;
    let before = shop.changes().await;
    let account = shop.client.get("/api/account").await.ok().id();
    let intent = |key: &str| {
        json!({
            "id": "evt_1", "type": "payment_intent.succeeded",
            "data": {"object": {"id": "pi_1", "object": "payment_intent", "status": "succeeded",
                                "amount": 1, "metadata": {"key": key}}},
        })
    };
    let bodies = [
        json!({"type": "of.next_year", "data": {"object": {"id": 3, "object": []}}}),
        json!({"type": "customer.created", "data": {"object": {"id": "cus_1"}}}),
        intent(""),
        intent("order 66"),
        intent(&format!("{account}:in_stg_0000000000000000:1")),
        intent(&format!("{account}:")),
        intent("acc_stg_0000000000000000:in_stg_0000000000000000:1"),
    ];
    for body in bodies {
        let text = body.to_string();
        let signed = signature(SECRET, now(), &text);
        let answer = shop.sends(&shop.processor, Some(&signed), &text).await.ok();
        assert_eq!(answer.body, json!({"received": true}), "{text}");
    }
    let signed = signature(SECRET, now(), "no JSON");
    shop.sends(&shop.processor, Some(&signed), "no JSON").await.refused(400);
    assert_eq!(shop.changes().await, before);
}

/// The first write of the function that takes events meets `fault`.
fn strike_write(api: &Api, fault: Fault) -> Arc<AtomicUsize> {
    let struck = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&struck);
    let hook = move |call: &Call, _: u64| {
        let is_it = call.function == FUNCTION && call.action == "TransactWriteItems";
        let first = is_it && count.fetch_add(1, Ordering::SeqCst) == 0;
        if first { fault.clone() } else { Fault::Pass }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
    struck
}

#[tokio::test]
async fn who_is_killed_between_the_question_and_the_write_is_told_again() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    for (made, fault) in [Fault::KillBefore, Fault::KillAfter].into_iter().enumerate() {
        let (session, charge) = shop.waiting().await;
        shop.api.stack.stripe().act(&charge, true);
        let event = shop.last_event();
        let struck = strike_write(&shop.api, fault.clone());
        assert_ne!(shop.api.stack.stripe().tell(&event).await, [200], "{fault:?}");
        assert!(struck.load(Ordering::SeqCst) > 0);
        shop.api.stack.wire().set_fault(None);
        assert_eq!(shop.api.stack.stripe().tell(&event).await, [200]);
        let done = shop.client.get_session(&session).await.ok().body;
        assert_eq!(done["state"], "completed", "{fault:?}");
        assert_eq!(shop.succeeded(), made + 1);
        assert_eq!(shop.count("payment_intent.succeeded").await, made + 1);
    }
}

#[tokio::test]
async fn an_event_whose_processor_does_not_answer_is_to_be_sent_again() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let (session, charge) = shop.waiting().await;
    shop.api.stack.stripe().act(&charge, true);
    let event = shop.last_event();
    for _ in 0..3 {
        let path = format!("/payment_intents/{charge}");
        shop.api.stack.stripe().next(&path, local::stripe::Trouble::LostBefore);
    }
    let before = shop.changes().await;
    let answer = shop.api.stack.stripe().tell(&event).await;
    assert_eq!((answer, shop.changes().await), (vec![503], before));
    shop.api.stack.stripe().tell(&event).await;
    shop.api.stack.stripe().tell(&event).await;
    assert_eq!(shop.client.get_session(&session).await.ok().body["state"], "completed");
}
