//! Refunds: never more than was captured, never twice, and never lost.

use std::sync::Arc;

use local::wire::{Call, Fault};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    base::money::Atoms,
    model::{
        processor::EntryKind,
        refund::{Refund, RefundState},
    },
};

use crate::{
    client::{Answer, exchange},
    payments::Payer,
};

impl Payer {
    async fn refunded(&self, intent: &str) -> (Value, Value) {
        let intent = self.client.get_payment_intent(intent).await.ok().body;
        (intent["captured_amount_atom"].clone(), intent["refunded_amount_atom"].clone())
    }

    /// How much the processor has given back.
    async fn given_back(&self) -> i64 {
        let refunds = self.entries(EntryKind::Refund).await;
        refunds.iter().filter(|one| one.succeeded).map(|one| one.amount.get()).sum()
    }

    /// Every refund of the account, and none of them too much.
    async fn audited(&self) -> Vec<Value> {
        let refunds = self.client.list_refunds("?limit=100").await.ok();
        let of = |state: &str| {
            let of_state = refunds.items().iter().filter(|one| one["state"] == state);
            of_state.map(|one| one["amount_atom"].as_i64().unwrap()).sum::<i64>()
        };
        let intents = self.client.list_payment_intents("?limit=100").await.ok();
        let sum = |field: &str| {
            intents.items().iter().map(|one| one[field].as_i64().unwrap()).sum::<i64>()
        };
        assert_eq!(sum("refunded_amount_atom"), of("succeeded") + of("pending"));
        assert!(sum("refunded_amount_atom") <= sum("captured_amount_atom"));
        if of("pending") == 0 {
            assert_eq!(self.given_back().await, of("succeeded"));
        }
        for state in ["pending", "succeeded", "failed"] {
            let listed = self.client.list_refunds(&format!("?state={state}")).await.ok();
            let count = refunds.items().iter().filter(|one| one["state"] == state).count();
            assert_eq!(listed.body["total"], count);
        }
        refunds.items().to_vec()
    }
}

#[tokio::test]
async fn a_payment_is_given_back_in_parts_and_then_no_more() {
    let payer = Payer::with("test_success").await;
    let intent = payer.pays(1000).await;
    let id = intent.id().to_string();
    let part = json!({
        "payment_intent_id": id, "amount_atom": 300, "reason": "duplicate",
        "metadata": {"ticket": "7"},
    });
    let first = payer.client.create_refund(part).await.ok();
    assert_eq!(first.body["state"], "succeeded", "{}", first.body);
    assert_eq!(first.body["status"], "succeeded");
    assert_eq!(first.body["amount_atom"], 300);
    assert_eq!(first.body["currency"], "usd");
    assert_eq!(first.body["customer_id"], payer.customer);
    assert_eq!(first.body["invoice_id"], intent.invoice_id().unwrap().as_str());
    assert_eq!(first.body["reason"], "duplicate");
    assert_eq!(payer.refunded(&id).await, (json!(1000), json!(300)));
    let more = json!({"payment_intent_id": id, "amount_atom": 701});
    let refused = payer.client.create_refund(more).await.refused(422);
    assert_eq!(refused.faults(), ["/amount_atom more_than_paid"]);
    let rest = payer.client.create_refund(json!({"payment_intent_id": id})).await.ok();
    assert_eq!(rest.body["amount_atom"], 700);
    let refused = payer.client.create_refund(json!({"payment_intent_id": id})).await.refused(422);
    assert_eq!(refused.faults(), [" already_refunded"]);
    assert_eq!(payer.refunded(&id).await, (json!(1000), json!(1000)));
    assert_eq!(payer.audited().await, [rest.body, first.body.clone()]);
    assert_eq!(payer.client.get_refund(&first.id()).await.ok().body, first.body);
    for filter in [
        format!("?payment_intent_id={id}"),
        format!("?customer_id={}&state=succeeded", payer.customer),
        format!("?invoice_id={}&status=succeeded", intent.invoice_id().unwrap()),
    ] {
        assert_eq!(payer.client.list_refunds(&filter).await.ok().body["total"], 2, "{filter}");
    }
    let events = payer.client.list_events("?limit=100").await.ok();
    let count = |name: &str| events.items().iter().filter(|event| event["type"] == name).count();
    assert_eq!((count("refund.created"), count("refund.updated")), (2, 2));
}

#[tokio::test]
async fn what_was_not_paid_cannot_be_given_back() {
    let payer = Payer::with("test_decline_soft").await;
    let id = payer.pays(1000).await.id().to_string();
    let refused = payer.client.create_refund(json!({"payment_intent_id": id})).await.refused(422);
    assert_eq!(refused.faults(), [" not_succeeded"]);
    let unknown = json!({"payment_intent_id": "pi_stg_0000000000000000"});
    let refused = payer.client.create_refund(unknown).await.refused(422);
    assert_eq!(refused.faults(), ["/payment_intent_id no_such_object"]);
    assert!(payer.audited().await.is_empty());
}

#[tokio::test]
async fn a_refund_that_the_processor_refuses_can_be_made_again() {
    let payer = Payer::with("test_refund_declined").await;
    let id = payer.pays(1000).await.id().to_string();
    let failed = payer.client.create_refund(json!({"payment_intent_id": id})).await.ok();
    assert_eq!(failed.body["state"], "failed");
    assert_eq!(failed.body["failure"]["code"], "refund_declined");
    assert_eq!(payer.refunded(&id).await, (json!(1000), json!(0)));
    payer.audited().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_at_once_never_exceed_what_was_captured() {
    let payer = Payer::with("test_success").await;
    let id = payer.pays(1000).await.id().to_string();
    let asks = (0..12).map(|_| {
        let (client, id) = (payer.client.clone(), id.clone());
        let body = json!({"payment_intent_id": id, "amount_atom": 300});
        tokio::spawn(async move { client.create_refund(body).await })
    });
    let mut made = 0;
    for ask in asks.collect::<Vec<_>>() {
        let answer = ask.await.unwrap();
        made += usize::from(answer.status == 200);
        assert!([200, 409, 422].contains(&answer.status.as_u16()), "{}", answer.body);
    }
    assert_eq!(made, 3);
    assert_eq!(payer.audited().await.len(), 3);
    assert_eq!(payer.given_back().await, 900);
}

async fn keyed(payer: &Payer, key: &str, body: &Value) -> Answer {
    let request = payer.client.request(Method::POST, "/api/payments/refunds");
    exchange(request.header("Idempotency-Key", key).json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_requests_give_back_once() {
    let payer = Payer::with("test_success").await;
    let id = payer.pays(1000).await.id().to_string();
    let body = json!({"payment_intent_id": id, "amount_atom": 100});
    let asks = (0..8).map(|_| {
        let request = payer.client.request(Method::POST, "/api/payments/refunds");
        let request = request.header("Idempotency-Key", "once").json(&body);
        tokio::spawn(exchange(request))
    });
    for ask in asks.collect::<Vec<_>>() {
        ask.await.unwrap().ok();
    }
    let last = keyed(&payer, "once", &body).await.ok();
    assert_eq!(last.header("idempotent-replayed"), Some("true"));
    assert_eq!(last.body["state"], "succeeded");
    assert_eq!(payer.given_back().await, 100);
    assert_eq!(payer.audited().await.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_when_the_refund_is_due() {
    for (token, known) in [("test_refund_timeout_after", 1), ("test_refund_timeout_before", 0)] {
        let payer = Payer::with(token).await;
        let id = payer.pays(1000).await.id().to_string();
        let pending = payer.client.create_refund(json!({"payment_intent_id": id})).await.ok();
        assert_eq!(pending.body["state"], "pending", "{token}");
        assert_eq!(payer.refunded(&id).await, (json!(1000), json!(1000)));
        assert_eq!(payer.entries(EntryKind::Refund).await.len(), known);
        let refund = pending.id().parse().unwrap();
        payer.work().resume_refund(&refund).await.unwrap();
        let settled = payer.client.get_refund(&pending.id()).await.ok();
        assert_eq!(settled.body["state"], "succeeded");
        assert_eq!(payer.entries(EntryKind::Refund).await.len(), 1);
        payer.work().resume_refund(&refund).await.unwrap();
        assert_eq!(payer.client.get_refund(&pending.id()).await.ok().body, settled.body);
        payer.audited().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_resumed_twice_at_once_is_made_once() {
    let payer = Payer::with("test_refund_timeout_before").await;
    let id = payer.pays(1000).await.id().to_string();
    let pending = payer.client.create_refund(json!({"payment_intent_id": id})).await.ok().id();
    let resumed = (0..6).map(|_| {
        let (work, refund) = (payer.work(), pending.parse().unwrap());
        tokio::spawn(async move { work.resume_refund(&refund).await })
    });
    for resume in resumed.collect::<Vec<_>>() {
        resume.await.unwrap().unwrap();
    }
    assert_eq!(payer.refund(&pending).await.state(), RefundState::Succeeded);
    assert_eq!(payer.given_back().await, 1000);
    let events = payer.client.list_events("?limit=100").await.ok();
    let updated = events.items().iter().filter(|event| event["type"] == "refund.updated");
    assert_eq!(updated.count(), 1);
    payer.audited().await;
}

#[tokio::test]
async fn a_processor_that_cannot_be_reached_is_asked_later_and_later() {
    let payer = Payer::with("test_success").await;
    let id = payer.pays(1000).await.id().to_string();
    let fault = Fault::internal_error();
    payer.api.stack.wire().set_fault(Some(Arc::new(move |call: &Call, _| {
        let of_processor = call.keys().any(|key| key.contains("#TESTPROC#"));
        if of_processor { fault.clone() } else { Fault::Pass }
    })));
    let pending = payer.client.create_refund(json!({"payment_intent_id": id})).await.ok();
    assert_eq!(pending.body["state"], "pending");
    payer.work().resume_refund(&pending.id().parse().unwrap()).await.unwrap();
    payer.api.stack.wire().set_fault(None);
    let before = payer.refund(&pending.id()).await;
    assert_eq!(before.state(), RefundState::Pending);
    payer.work().resume_refund(&pending.id().parse().unwrap()).await.unwrap();
    assert_eq!(payer.refund(&pending.id()).await.state(), RefundState::Succeeded);
    payer.audited().await;
}

/// Injects `fault` at the `nth` call of the function that makes refunds.
fn at(payer: &Payer, nth: usize, fault: Fault) {
    let count = std::sync::atomic::AtomicUsize::new(0);
    payer.api.stack.wire().set_fault(Some(Arc::new(move |call: &Call, _| {
        let ours = call.function == "payments-refunds-create";
        let order = std::sync::atomic::Ordering::SeqCst;
        if ours && count.fetch_add(1, order) + 1 == nth { fault.clone() } else { Fault::Pass }
    })));
}

#[tokio::test]
async fn a_refund_whose_process_is_killed_at_any_call_is_made_once() {
    for token in ["test_success", "test_refund_declined", "test_refund_timeout_after"] {
        let payer = Payer::with(token).await;
        let id = payer.pays(1_000_000).await.id().to_string();
        let (mut kills, mut made) = (0, 0);
        for fault in [Fault::KillBefore, Fault::KillAfter, Fault::ResetAfter] {
            for nth in 1..40 {
                payer.api.stack.wire().take();
                at(&payer, nth, fault.clone());
                let (key, body) = (
                    format!("{fault:?}-{nth}"),
                    json!({"payment_intent_id": id, "amount_atom": 7}),
                );
                let mut answer = keyed(&payer, &key, &body).await;
                while answer.status.as_u16() >= 500 {
                    answer = keyed(&payer, &key, &body).await;
                }
                made += 1;
                let refund = answer.ok().id();
                let struck = payer.api.stack.wire().take().iter().any(|call| call.fault.is_some());
                payer.api.stack.wire().set_fault(None);
                kills += usize::from(struck);
                // The first time it may be the processor that is asked first, and its answer lost.
                for _ in 0..2 {
                    payer.work().resume_refund(&refund.parse().unwrap()).await.unwrap();
                }
                let refund = payer.refund(&refund).await;
                assert_ne!(refund.state(), RefundState::Pending, "{key}");
                let entries = payer.entries(EntryKind::Refund).await;
                assert_eq!(entries.len(), made, "{token} {key}: one entry for each refund");
                if !struck {
                    break;
                }
            }
        }
        assert!(kills >= 10, "only {kills} calls were struck");
        let list = payer.client.list_refunds("?limit=1").await.ok();
        assert_eq!(list.body["total"], made);
        let given = payer.given_back().await;
        assert_eq!(payer.refunded(&id).await.1, given);
        let expected = if token == "test_refund_declined" { 0 } else { 7 * made };
        assert_eq!(usize::try_from(given).unwrap(), expected);
    }
}

#[tokio::test]
async fn a_refund_without_a_request_takes_the_same_steps() {
    let payer = Payer::with("test_success").await;
    let intent = payer.pays(1000).await;
    let work = payer.work();
    let refund: Refund =
        work.refund_payment(intent.id(), Atoms::new(400), Some("cancelled")).await.unwrap();
    assert_eq!(refund.state(), RefundState::Succeeded);
    let shown = payer.client.get_refund(refund.id().as_str()).await.ok().body;
    assert_eq!((&shown["reason"], &shown["amount_atom"]), (&json!("cancelled"), &json!(400)));
    let error = work.refund_payment(intent.id(), Atoms::new(601), None).await.unwrap_err();
    assert_eq!(error.status(), 422);
    payer.audited().await;
}
