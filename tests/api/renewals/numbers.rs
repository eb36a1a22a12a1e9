//! Many clients at once on what only one of them may have: the next number, an invoice's payment.

use std::collections::BTreeSet;

use serde_json::json;

use super::{OPENED, Shop, busy, each};
use crate::client::Answer;

#[tokio::test(flavor = "multi_thread")]
async fn drafts_that_are_finalized_at_once_are_numbered_without_a_gap() {
    let api = busy().await;
    let shop = Shop::open(&api, OPENED).await;
    let customer = shop.customer("test_success").await;
    let mut drafts = Vec::new();
    for _ in 0..32 {
        drafts.push(shop.draft(&customer, "send_invoice").await);
    }
    let tasks: Vec<_> = drafts
        .into_iter()
        .map(|draft| {
            let client = shop.client.clone();
            tokio::spawn(async move {
                let path = format!("/api/invoices/{draft}/finalize");
                for _ in 0..20 {
                    let answer = client.post(&path, json!({})).await;
                    // Others came between, as often as a request tries.
                    if answer.status != 409 {
                        return answer.ok();
                    }
                }
                panic!("{draft} does not get its turn");
            })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for task in tasks {
        numbers.insert(task.await.unwrap().body["number"].as_str().unwrap().to_owned());
    }
    let expected: BTreeSet<String> = (1..=32).map(|number| format!("INV-{number:04}")).collect();
    assert_eq!(numbers, expected);
    api.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_that_are_billed_at_once_are_numbered_in_their_order() {
    let api = busy().await;
    let shop = Shop::open(&api, "2026-06-01T00:00:00.000Z").await;
    let mut subscriptions = Vec::new();
    for _ in 0..3 {
        let customer = shop.customer("test_success").await;
        let since = json!({"period_start": "2025-09-01T00:00:00Z"});
        subscriptions.push(shop.subscribe(&customer, since).await.ok().id());
    }
    // What was missed becomes drafts at once, all of which are final an hour later.
    shop.advance("2026-06-01T02:00:00.000Z").await;
    for subscription in subscriptions {
        let invoices = shop.invoices(&subscription).await;
        let (starts, numbers) = (each(&invoices, "period_start"), each(&invoices, "number"));
        assert_eq!(starts.len(), 10);
        assert!(starts.is_sorted() && numbers.is_sorted(), "{starts:?} {numbers:?}");
    }
    api.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_is_paid_by_many_at_once_is_charged_once() {
    let api = busy().await;
    let shop = Shop::open(&api, OPENED).await;
    let customer = shop.customer("test_success").await;
    let draft = shop.draft(&customer, "send_invoice").await;
    shop.client.post(&format!("/api/invoices/{draft}/finalize"), json!({})).await.ok();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (client, path) = (shop.client.clone(), format!("/api/invoices/{draft}/pay"));
            tokio::spawn(async move { client.post(&path, json!({})).await })
        })
        .collect();
    let mut answers: Vec<Answer> = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    // Who finds the attempt of another, asks what became of it and is told that the invoice is paid.
    let status = |answer: &Answer| answer.status.as_u16();
    assert!(answers.iter().any(|answer| status(answer) == 200), "{answers:?}");
    assert!(answers.iter().all(|answer| [200, 409, 422].contains(&status(answer))), "{answers:?}");
    let payments = shop.payments(&draft).await;
    assert_eq!(each(&payments, "state"), ["succeeded"]);
    api.audit().await;
}
