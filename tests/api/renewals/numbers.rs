//! Many clients at once on what only one of them may have: the next number, an invoice's payment.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use local::wire::{Call, Fault, Gate};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{OPENED, Shop, busy, each};
use crate::client::{Answer, Api};

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

/// When the drafts of a month are there that begins at [`OPENED`], and when they are final.
const DRAFTED: &str = "2026-02-28T09:30:00.000Z";
const FINAL: &str = "2026-02-28T10:30:00.000Z";

/// A shop with so many drafts that become final at one instant, each of another customer.
async fn with_drafts(api: &Api, count: usize) -> (Shop, Vec<Value>) {
    let shop = Shop::open(api, OPENED).await;
    for _ in 0..count {
        let customer = shop.customer("test_success").await;
        let sent = json!({"collection_method": "send_invoice", "net_d": 30});
        shop.subscribe(&customer, sent).await.ok();
    }
    shop.advance(DRAFTED).await;
    let drafts = shop.all("/api/invoices?state=draft").await;
    assert_eq!(drafts.len(), count);
    (shop, drafts)
}

fn takes_a_number(call: &Call) -> bool {
    call.action == "TransactWriteItems" && call.keys().any(|key| key.ends_with("#SEQ"))
}

/// Holds the first transaction that takes a number, until the gate is opened.
fn hold_first_number(api: &Api) -> (UnboundedReceiver<()>, Gate) {
    let (reached, is_reached) = unbounded_channel();
    let (gate, held) = (Gate::default(), AtomicBool::new(false));
    let closed = gate.clone();
    api.stack.wire().set_fault(Some(Arc::new(move |call: &Call, _| {
        if !takes_a_number(call) || held.swap(true, Ordering::SeqCst) {
            return Fault::Pass;
        }
        // Nobody listens any more once the test has failed.
        let _ = reached.send(());
        Fault::Hold(closed.clone())
    })));
    (is_reached, gate)
}

/// The numbers of all invoices that are final, and that they have no gap.
async fn numbers(shop: &Shop, count: usize) -> BTreeSet<String> {
    let invoices = shop.all("/api/invoices?state=open").await;
    let numbers: BTreeSet<String> =
        each(&invoices, "number").into_iter().map(str::to_owned).collect();
    let expected: BTreeSet<String> = (1..=count).map(|number| format!("INV-{number:04}")).collect();
    assert_eq!(numbers, expected);
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_number_gets_it_with_others_in_one_transaction() {
    let api = busy().await;
    let (shop, drafts) = with_drafts(&api, 24).await;
    api.stack.wire().take();
    shop.advance(FINAL).await;
    let calls = api.stack.wire().take();
    let taken: Vec<&Call> =
        calls.iter().filter(|call| takes_a_number(call) && call.error.is_none()).collect();
    // Eight are run at once: one begins alone, and those who wait for it follow together.
    assert!((1..=drafts.len() / 2).contains(&taken.len()), "{} transactions", taken.len());
    numbers(&shop, 48).await;
    api.audit().await;
}

/// One of those who wait is changed meanwhile: the others have their numbers, and it has the next.
#[tokio::test(flavor = "multi_thread")]
async fn one_change_that_is_out_of_date_holds_nobody_up() {
    let api = busy().await;
    let (shop, drafts) = with_drafts(&api, 7).await;
    let (mut reached, gate) = hold_first_number(&api);
    let advance = {
        let shop = shop.clone();
        tokio::spawn(async move { shop.advance(FINAL).await })
    };
    reached.recv().await.unwrap();
    // Which of them is the first is not known. It is held before it is carried out, so it is refused
    // like the others' is.
    for draft in drafts.iter().skip(2).step_by(3) {
        let path = format!("/api/invoices/{}", draft["id"].as_str().unwrap());
        shop.client.patch(&path, json!({"description": "Thank you"})).await.ok();
    }
    gate.open();
    advance.await.unwrap();
    api.stack.wire().set_fault(None);
    numbers(&shop, 14).await;
    let invoices = shop.all("/api/invoices?state=open").await;
    let thanked = invoices.iter().filter(|one| one["description"] == "Thank you").count();
    assert_eq!(thanked, 2);
    api.audit().await;
}

/// Another process takes a number while a group is under way: its members get those that follow.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_too_late_for_its_numbers_gets_the_next() {
    let api = busy().await;
    let (shop, _) = with_drafts(&api, 6).await;
    let customer = shop.customer("test_success").await;
    let other = shop.draft(&customer, "send_invoice").await;
    let (mut reached, gate) = hold_first_number(&api);
    let advance = {
        let shop = shop.clone();
        tokio::spawn(async move { shop.advance(FINAL).await })
    };
    reached.recv().await.unwrap();
    shop.client.post(&format!("/api/invoices/{other}/finalize"), json!({})).await.ok();
    gate.open();
    advance.await.unwrap();
    api.stack.wire().set_fault(None);
    numbers(&shop, 13).await;
    api.audit().await;
}

/// The draft of a period that lost its number to others is not overtaken by the next period's.
#[tokio::test(flavor = "multi_thread")]
async fn a_period_whose_number_others_took_is_numbered_before_the_next() {
    let api = busy().await;
    let shop = Shop::open(&api, "2026-06-01T00:00:00.000Z").await;
    shop.client.update_account(json!({"finalization_delay_hours": 0})).await.ok();
    let customer = shop.customer("test_success").await;
    let since = json!({"period_start": "2026-01-01T00:00:00Z"});
    let sold = shop.subscribe(&customer, since).await.ok().id();
    let lost = AtomicBool::new(false);
    api.stack.wire().set_fault(Some(Arc::new(move |call: &Call, _| {
        match takes_a_number(call) && !lost.swap(true, Ordering::SeqCst) {
            true => {
                Fault::transaction_cancelled(&vec!["ConditionalCheckFailed"; call.keys().count()])
            }
            false => Fault::Pass,
        }
    })));
    shop.advance("2026-06-01T00:30:00.000Z").await;
    api.stack.wire().set_fault(None);
    let invoices = shop.invoices(&sold).await;
    let (starts, numbers) = (each(&invoices, "period_start"), each(&invoices, "number"));
    assert_eq!(starts.len(), 6);
    assert!(starts.is_sorted() && numbers.is_sorted(), "{starts:?} {numbers:?}");
    api.audit().await;
}
