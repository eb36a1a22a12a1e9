//! Attempts that are made, and not known to have been.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join3;
use local::{
    Options, Stack,
    stripe::{Telling, Trouble},
    wire::{Fault, Gate},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::day;
use crate::{
    client::{Api, binaries, exchange, root},
    stripe::{Shop, strike},
};

/// woocommerce-gateway-stripe #3912 and #2339: several charges for one order, seconds apart, by
/// different keys.
#[tokio::test]
async fn report_01_an_order_that_was_charged_several_times() {
    let shop = Shop::with("pm_card_visa").await;
    let troubles = [
        Trouble::LostBefore,
        Trouble::LostAfter,
        Trouble::Broken,
        Trouble::MadeLater,
        Trouble::Refused(409),
        Trouble::Refused(429),
    ];
    let places = ["POST /v1/payment_intents", "/confirm"];
    let all = places.into_iter().flat_map(|place| troubles.iter().map(move |one| (place, one)));
    for (number, (place, trouble)) in all.enumerate() {
        let id = shop.owed(1000, "usd").await;
        for _ in 0..4 {
            shop.api.stack.stripe().next(place, trouble.clone());
        }
        // Two workers and a client, at once.
        let sweep = || shop.api.stack.invoke("workers-sweep", "{}");
        let _ = join3(shop.client.finalize_invoice(&id), sweep(), sweep()).await;
        let _ = join3(shop.client.pay_invoice(&id, json!({})), sweep(), sweep()).await;
        shop.api.stack.stripe().catch_up();
        // What was planned for later requests is met by them.
        shop.advance(&day(2 * number)).await;
        shop.advance(&day(2 * number + 1)).await;
        let invoice = shop.invoice(&id).await;
        assert_eq!(invoice["state"], "paid", "{place} {trouble:?} {invoice}");
        assert_eq!(shop.taken(&id), 1, "{place} {trouble:?}");
    }
    shop.api.audit().await;
}

/// The same: an answer that is lost, and a refusal of what is sent again at once, which says nothing of
/// the first.
#[tokio::test]
async fn report_01_a_repetition_that_is_refused_is_no_refusal_of_the_first() {
    let shop = Shop::with("pm_card_visa").await;
    for (number, status) in [401, 403, 400, 404].into_iter().enumerate() {
        let stripe = shop.api.stack.stripe();
        stripe.next("/confirm", Trouble::LostAfter);
        stripe.next("/confirm", Trouble::Refused(status));
        let id = shop.bills(1000).await["id"].as_str().unwrap().to_owned();
        shop.advance(&day(number)).await;
        assert_eq!((&shop.invoice(&id).await["state"], shop.taken(&id)), (&json!("paid"), 1));
    }
    shop.api.audit().await;
}

/// akash-network/console #3449: the charge is slow, the client tries again.
#[tokio::test]
async fn report_02_a_client_that_tries_again_while_the_charge_is_slow() {
    let shop = Shop::with("pm_card_visa").await;
    for key in [None, Some("impatient")] {
        let id = shop.to_be_paid(700).await;
        // Longer than our call waits, however often it is sent again.
        for _ in 0..3 {
            shop.api.stack.stripe().next("/confirm", Trouble::Slow(Duration::from_secs(12)));
        }
        let path = format!("/api/invoices/{id}/pay");
        let pay = || {
            let request = shop.client.request(Method::POST, &path).json(&json!({}));
            match key {
                Some(key) => exchange(request.header("Idempotency-Key", key)),
                None => exchange(request),
            }
        };
        let begun = std::time::Instant::now();
        let first = pay().await.refused(422);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert_eq!(first.faults(), [" payment_pending"]);
        let again = pay().await;
        let outcome = match key {
            Some(_) => again.ok().body,
            // It is paid by now: there is nothing to pay.
            None => shop.invoice(&id).await,
        };
        assert_eq!(outcome["state"], "paid", "{key:?}");
        assert_eq!(shop.taken(&id), 1, "{key:?}");
    }
    shop.api.audit().await;
}

/// lago-api #1373: an event comes before its row is there.
#[tokio::test]
async fn report_05_an_event_that_comes_before_our_row() {
    let shop = Shop::with("pm_card_visa").await.listening(Telling::First);
    // Of every step the event is there before its answer; and the process dies at any of its writes.
    for nth in 1.. {
        let id = shop.owed(1000, "usd").await;
        strike(&shop.api, "invoices-finalize", nth, Fault::KillBefore);
        let answer = shop.client.finalize_invoice(&id).await;
        shop.api.stack.wire().set_fault(None);
        if answer.status != 200 && shop.invoice(&id).await["state"] == "draft" {
            shop.client.finalize_invoice(&id).await.ok();
        }
        shop.advance(&day(nth)).await;
        assert_eq!(shop.invoice(&id).await["state"], "paid", "killed at {nth}");
        assert_eq!(shop.taken(&id), 1, "killed at {nth}");
        if answer.status == 200 {
            assert!(nth > 6, "only {nth} calls");
            break;
        }
    }
    shop.api.audit().await;
}

/// lago-api #3228, medusa #13301, #12674 and #4798: event and answer race, and a good payment is given
/// back.
#[tokio::test(flavor = "multi_thread")]
async fn report_06_event_and_answer_that_race() {
    let shop = Shop::with("pm_card_visa").await.listening(Telling::ByHand);
    for nth in 1_usize.. {
        let before = shop.succeeded();
        let id = shop.owed(1000, "usd").await;
        // Held back: the call number `nth` after the money has moved.
        let (reached, mut is_reached) = unbounded_channel();
        let (gate, calls) = (Gate::default(), AtomicUsize::new(0));
        let (closed, stripe) = (gate.clone(), shop.api.stack.stripe().clone());
        shop.api.stack.wire().set_fault(Some(Arc::new(move |call, _| {
            let moved = || stripe.charges().iter().filter(|one| one.status == "succeeded").count();
            let ours = call.function == "invoices-finalize" && moved() > before;
            match ours && calls.fetch_add(1, Ordering::SeqCst) + 1 == nth {
                true => {
                    let _ = reached.send(());
                    Fault::Hold(closed.clone())
                }
                false => Fault::Pass,
            }
        })));
        let tell = async {
            is_reached.recv().await?;
            let stripe = shop.api.stack.stripe();
            let event = shop.last_event();
            assert_eq!(event.kind, "payment_intent.succeeded");
            for _ in 0..=nth % 3 {
                stripe.tell(&event).await;
            }
            gate.open();
            Some(())
        };
        let finalize = async {
            let answer = shop.client.finalize_invoice(&id).await;
            shop.api.stack.wire().set_fault(None);
            answer
        };
        let (answer, told) = futures_util::future::join(finalize, tell).await;
        answer.ok();
        let invoice = shop.invoice(&id).await;
        assert_eq!(
            (&invoice["state"], &invoice["refunded_amount_atom"]),
            (&json!("paid"), &json!(0))
        );
        assert_eq!(shop.taken(&id), 1);
        let events = shop.client.list_events("?limit=40").await.ok();
        let is_it = |event: &&Value| {
            event["type"] == "payment_intent.succeeded"
                && event["data"]["object"]["invoice_id"] == id.as_str()
        };
        assert_eq!(events.items().iter().filter(is_it).count(), 1, "one for each payment");
        if told.is_none() {
            assert!(nth > 2, "only {nth} calls after the money has moved");
            break;
        }
    }
    assert_eq!(shop.client.list_refunds("").await.ok().body["total"], 0);
    shop.api.audit().await;
}

/// Paymenter #1260: no event ever comes.
#[tokio::test]
async fn report_17_events_that_never_come() {
    let shop = Shop::open().await;
    let (session, charge) = shop.waiting().await;
    assert!(shop.api.stack.stripe().act(&charge, true));
    shop.card("pm_card_bypassPending").await;
    let pends = shop.bills(1000).await;
    let reference = shop.api.stack.stripe().charges().last().unwrap().id.clone();
    assert!(shop.api.stack.stripe().act(&reference, true));
    shop.card("pm_card_pendingRefund").await;
    let intent = shop.bills(1000).await["payment_intent_id"].clone();
    let refund = shop.client.create_refund(json!({"payment_intent_id": intent})).await.ok().body;
    let reference = refund["processor_reference"].as_str().unwrap();
    shop.api.stack.stripe().change_refund(reference, "succeeded");
    shop.advance(&day(1)).await;
    assert_eq!(shop.client.get_session(&session).await.ok().body["state"], "completed");
    assert_eq!(shop.invoice(pends["id"].as_str().unwrap()).await["state"], "paid");
    let refund = shop.client.get_refund(refund["id"].as_str().unwrap()).await.ok().body;
    assert_eq!(refund["state"], "succeeded");
    shop.api.audit().await;
}

/// mppx #743 and pympp #155: what is repeated after a crash is repeated under a new key.
#[tokio::test]
async fn report_18_a_repetition_has_the_key_of_the_first() {
    let shop = Shop::with("pm_card_visa").await;
    let draft = shop.owed(1000, "usd").await;
    let backup = shop.api.dynamodb("Scan", json!({})).await["Items"].as_array().unwrap().clone();
    shop.api.stack.stripe().next("/confirm", Trouble::LostAfter);
    shop.api.stack.stripe().next("/confirm", Trouble::LostBefore);
    shop.client.finalize_invoice(&draft).await.ok();
    // Every process is another one from now on: a crash, and a deployment.
    shop.api.stack.kill("invoices-finalize").await;
    shop.api.stack.renew().await;
    shop.advance(&day(0)).await;
    assert_eq!((&shop.invoice(&draft).await["state"], shop.taken(&draft)), (&json!("paid"), 1));
    let confirmed = |shop: &Shop| {
        let keys = shop.api.stack.stripe().keys().into_iter();
        let of_it = keys.filter(|(key, _)| key.contains(&draft) && key.ends_with(":confirm"));
        of_it.collect::<Vec<_>>()
    };
    let first = confirmed(&shop);
    assert_eq!(first.len(), 1, "{first:?}");

    // The table is restored as it was before, and the draft is finalized once more.
    let restored = restored(&shop.api, backup).await;
    let path = format!("{}/api/invoices/{draft}", restored.base_url());
    let http = reqwest::Client::new();
    let send = |request: reqwest::RequestBuilder| exchange(request.bearer_auth(shop.token()));
    let again = send(http.post(format!("{path}/finalize")).json(&json!({}))).await.ok().body;
    assert_eq!((&again["state"], &again["paid_amount_atom"]), (&json!("paid"), &json!(1000)));
    assert_eq!(shop.taken(&draft), 1, "the charge of before");
    assert_eq!(confirmed(&shop), first);
    restored.shutdown().await;
}

/// A stack with these items, and the processor of `api`.
async fn restored(api: &Api, items: Vec<Value>) -> Stack {
    let mut options = Options {
        template: root().join("template.yaml"),
        binaries: binaries(),
        workers: false,
        ..Options::default()
    };
    let outside = api.stack.outside();
    options.environment.insert("STRIPE_URL".to_owned(), outside.stripe_url().to_owned());
    let stack = Stack::start(options).await.unwrap();
    stack.import(items).await.unwrap();
    stack
}
