//! A session is completed once, whatever dies, is lost, or races.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use local::wire::{Call, Fault};
use reqwest::Method;
use serde_json::json;

use super::card;
use crate::{
    billing::Shop,
    client::{Answer, Api, exchange},
};

#[tokio::test]
async fn an_answer_that_a_processor_loses_is_asked_for() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let price = shop.monthly(1000).await;
    for (index, token) in
        ["test_timeout_after_charge", "test_timeout_before_charge"].into_iter().enumerate()
    {
        let id = shop.offer(&[&price], json!({})).await.id();
        let done = shop.client.complete_session(&id, card(token)).await.ok().body;
        assert_eq!(done["state"], "completed");
        assert_eq!(shop.count().await, [index + 1, index + 1, index + 1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_complete_a_session_at_once_one_pays() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let (monthly, setup) = (shop.monthly(1000).await, shop.once(500).await);
    for (round, token) in [(1, Some("test_success")), (2, None)] {
        let id = shop.offer(&[&monthly, &setup], json!({})).await.id();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (client, id) = (shop.client.clone(), id.clone());
                let body = token.map_or(json!({}), card);
                tokio::spawn(async move { client.complete_session(&id, body).await })
            })
            .collect();
        let mut completed = 0;
        for task in tasks {
            let answer = task.await.unwrap();
            assert!([200, 409, 422].contains(&answer.status.as_u16()), "{}", answer.body);
            completed += usize::from(answer.status == 200 && answer.body["state"] == "completed");
        }
        assert!(completed > 0);
        assert_eq!(shop.client.get_session(&id).await.ok().body["state"], "completed");
        assert_eq!(shop.count().await, [round, round, round]);
    }
}

/// Strikes the completion of a session at its `nth` call.
fn strike(api: &Api, nth: usize, fault: Fault) {
    let count = AtomicUsize::new(0);
    let hook = move |call: &Call, _: u64| {
        let ours = call.function == "checkout-sessions-complete";
        if ours && count.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            fault.clone()
        } else {
            Fault::Pass
        }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
}

#[tokio::test]
async fn a_process_killed_at_any_call_of_a_completion_charges_once() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let (monthly, setup) = (shop.monthly(1000).await, shop.once(500).await);
    let (mut made, mut kills) = (0, 0);
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for nth in 1.. {
            let id = shop.offer(&[&monthly, &setup], json!({})).await.id();
            let path = format!("/api/checkout-sessions/{id}/complete");
            strike(&shop.api, nth, fault.clone());
            let mut answers = Vec::new();
            for _ in 0..5 {
                let request = shop.client.request(Method::POST, &path);
                let request = request.header("Idempotency-Key", format!("{fault:?}-{nth}"));
                let answer = exchange(request.json(&card("test_success"))).await;
                let is_answered = answer.status.as_u16() < 500;
                answers.push(answer);
                if is_answered {
                    break;
                }
            }
            shop.api.stack.wire().set_fault(None);
            // A process that was killed answers nothing: the first answer tells whether one was.
            let was_killed = answers.len() > 1;
            made += 1;
            let answer = answers.pop().unwrap().ok();
            assert_eq!(answer.body["state"], "completed", "{fault:?} at {nth}");
            assert_eq!(shop.count().await, [made, made, made], "{fault:?} at {nth}");
            if !was_killed {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 40, "only {kills} calls were killed");
}

#[tokio::test]
async fn a_completion_that_nobody_takes_up_again_is_whole_or_undone() {
    let shop = Shop::open_at("2026-01-01T00:00:00Z", "").await;
    let monthly = shop.monthly(1000).await;
    let mut ends = std::collections::BTreeMap::new();
    for nth in (1..).step_by(3) {
        let id = shop.offer(&[&monthly], json!({"expires_in_hours": 1})).await.id();
        strike(&shop.api, nth, Fault::KillAfter);
        // Whether a call was struck is recorded after its process has died: the answer tells it first.
        let last = shop.client.complete_session(&id, card("test_success")).await.status == 200;
        shop.api.stack.wire().set_fault(None);
        let day = format!("2026-01-01T{:02}:00:00Z", 0);
        let to = day.replace("01-01", &format!("01-{:02}", nth / 3 + 2));
        shop.advance(&to).await;
        let end =
            shop.client.get_session(&id).await.ok().body["state"].as_str().unwrap().to_owned();
        *ends.entry(end).or_insert(0) += 1;
        if last {
            break;
        }
    }
    assert!(ends.contains_key("expired") && !ends.contains_key("open"), "{ends:?}");
    let of = format!("?limit=100&customer_id={}", shop.customer);
    let total = |list: Answer| list.body["total"].clone();
    let paid = shop.client.list_payment_intents(&format!("{of}&state=succeeded")).await.ok();
    let active = shop.client.list_subscriptions(&format!("{of}&state=active")).await.ok();
    let incomplete = shop.client.list_subscriptions(&format!("{of}&state=incomplete")).await.ok();
    let open = shop.client.list_invoices(&format!("{of}&state=open")).await.ok();
    let completed = json!(ends["completed"]);
    assert_eq!([total(paid), total(active)], [completed.clone(), completed]);
    assert_eq!([total(incomplete), total(open)], [0, 0]);
}
