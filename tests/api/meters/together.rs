//! Usage that many send at once, and calls that fail on the way: each event is counted once.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn what_two_send_at_once_is_counted_once() {
    let m = Metered::start().await;
    let events: Vec<Value> = (0..12).map(|n| m.event(&format!("e{n}"), json!("0.1"))).collect();
    let body = json!({"events": events});
    let (mut accepted, mut unknown) = (0, false);
    let mut heard = |answer: Answer| {
        // One that gives up says so, and one that takes too long is cut off: it is sent again.
        let is_cut_off = answer.status == 500 && answer.body["message"].is_string();
        if matches!(answer.status.as_u16(), 409 | 503) || is_cut_off {
            unknown = true;
            return false;
        }
        accepted += verdicts(&answer.ok()).iter().filter(|one| *one == "accepted").count();
        true
    };
    for _ in 0..3 {
        let senders = (0..4).map(|_| m.client.record_usage(body.clone()));
        future::join_all(senders).await.into_iter().for_each(|answer| _ = heard(answer));
    }
    for _ in 0..10 {
        if heard(m.client.record_usage(body.clone()).await) {
            break;
        }
    }
    assert!(accepted == 12 || (unknown && accepted < 12), "{accepted} of 12 were accepted");
    assert_eq!(m.sends(&events).await, ["duplicate"; 12]);
    assert_eq!(m.used().await, ("1.2".to_owned(), 12));
    m.api.audit().await;
}

#[tokio::test]
async fn many_writers_of_one_customer_lose_nothing() {
    let m = Metered::start().await;
    let senders = (0..200).map(|n| {
        let event = m.event(&format!("e{n}"), json!(1));
        async { verdicts(&m.client.record_usage(event).await.ok()).remove(0) }
    });
    let verdicts: Vec<String> = stream::iter(senders).buffer_unordered(16).collect().await;
    assert!(verdicts.iter().all(|one| one == "accepted"), "{verdicts:?}");
    assert_eq!(m.used().await, ("200".to_owned(), 200));
    m.api.audit().await;
}

/// Loses the answer to, or throws away, what `matches` first.
fn first(matches: impl Fn(&Call) -> bool + Send + Sync + 'static, fault: Fault) -> FaultHook {
    let pending = AtomicBool::new(true);
    Arc::new(move |call, _| match matches(call) && pending.swap(false, Ordering::SeqCst) {
        true => fault.clone(),
        false => Fault::Pass,
    })
}

#[tokio::test]
async fn every_answer_lost_or_call_refused_counts_once() {
    let m = Metered::start().await;
    let events: Vec<Value> = (0..5).map(|n| m.event(&format!("e{n}"), json!(1))).collect();
    let (mut rounds, mut counted) = (0, 0);
    for action in ["PutItem", "TransactWriteItems"] {
        for fault in [Fault::ResetAfter, Fault::ResetBefore] {
            rounds += 1;
            let events: Vec<Value> =
                (0..5).map(|n| m.event(&format!("{action}{rounds}-{n}"), json!(1))).collect();
            m.api.stack.wire().set_fault(Some(first(move |call| call.action == action, fault)));
            let answer = m.client.record_usage(json!({"events": events})).await;
            m.api.stack.wire().set_fault(None);
            assert_eq!(verdicts(&answer.ok()), ["accepted"; 5], "{action}");
            assert_eq!(m.sends(&events).await, ["duplicate"; 5], "{action}");
            counted += 5;
            assert_eq!(m.used().await.1, counted, "{action}");
        }
    }
    assert_eq!(m.sends(&events).await, ["accepted"; 5]);
    m.api.audit().await;
}

/// The process dies between the events and their counting, again and again.
#[tokio::test]
async fn what_a_dead_process_put_and_did_not_count_is_counted_when_it_is_sent_again() {
    let m = Metered::start().await;
    let events: Vec<Value> = (0..5).map(|n| m.event(&format!("e{n}"), json!(2))).collect();
    let is_count = |call: &Call, _: u64| match call.action == "TransactWriteItems"
        && call.keys().any(|key| key.contains("#MU#"))
    {
        true => Fault::ResetBefore,
        false => Fault::Pass,
    };
    m.api.stack.wire().set_fault(Some(Arc::new(is_count)));
    m.client.record_usage(json!({"events": events})).await.refused(503);
    m.client.record_usage(json!({"events": events[..3]})).await.refused(503);
    m.api.stack.wire().set_fault(None);
    // What is not counted is not seen.
    assert_eq!(m.used().await, ("0".to_owned(), 0));
    m.api.audit().await;
    assert_eq!(m.sends(&events).await, ["accepted"; 5]);
    assert_eq!(m.used().await, ("10".to_owned(), 5));
    assert_eq!(m.sends(&events).await, ["duplicate"; 5]);
    m.api.audit().await;
}

/// One has put its events and not counted them, when another sends the same.
#[tokio::test]
async fn of_two_that_meet_between_put_and_count_one_counts() {
    let mut m = Metered::start().await;
    let account = m.api.account("prod").await;
    let slow = m.api.client_of(&account);
    m.client = m.api.client_of(&account);
    m.meter = m.client.create_meter(sum("api_call")).await.ok().id();
    m.customer = customer(&m.client).await;
    let event = m.event("1", json!(3));
    let (mut is_reached, gate) = hold_first_count(&m.api);
    let sent = event.clone();
    let slow = tokio::spawn(async move { slow.record_usage(sent).await });
    is_reached.recv().await.unwrap();
    assert_eq!(verdicts(&m.client.record_usage(event.clone()).await.ok()), ["accepted"]);
    assert_eq!(m.used().await, ("3".to_owned(), 1));
    gate.open();
    let answer = slow.await.unwrap();
    m.api.stack.wire().set_fault(None);
    // Where it was held for so long that it gave up, its client sends it again.
    let answer = match answer.status.as_u16() {
        500.. => m.client.record_usage(event).await,
        _ => answer,
    };
    assert_eq!(verdicts(&answer.ok()), ["duplicate"]);
    assert_eq!(m.used().await, ("3".to_owned(), 1));
    m.api.audit().await;
}

/// Holds the counting of the first batch back, however often it is tried, until the gate is opened.
fn hold_first_count(api: &Api) -> (UnboundedReceiver<()>, Gate) {
    let (reached, is_reached) = unbounded_channel();
    let (gate, batch) = (Gate::default(), OnceLock::new());
    let closed = gate.clone();
    api.stack.wire().set_fault(Some(Arc::new(move |call: &Call, _| {
        let is_count = call.action == "TransactWriteItems" && call.keys().any(has("#MU#"));
        let Some(name) = call.keys().find(|key| has("#MB#")(key)).filter(|_| is_count) else {
            return Fault::Pass;
        };
        if batch.get_or_init(|| name.to_owned()) != name {
            return Fault::Pass;
        }
        // Nobody listens any more once the test has failed.
        let _ = reached.send(());
        Fault::Hold(closed.clone())
    })));
    (is_reached, gate)
}

fn has(kind: &'static str) -> impl Fn(&str) -> bool {
    move |key| key.contains(kind)
}

/// A customer who is busy in a lane is counted in others, and in other partitions, and all is read.
#[tokio::test]
async fn counters_that_are_throttled_are_spread_and_read_together() {
    let m = Metered::start().await;
    for n in 0..12 {
        if n == 2 {
            let busy = |call: &Call| {
                call.action == "TransactWriteItems"
                    && call.keys().any(|key| key.contains("#MU#") && key.ends_with("#0"))
            };
            let throttled = || Fault::transaction_cancelled(&["None", "ThrottlingError"]);
            m.api.stack.wire().set_fault(Some(Arc::new(move |call, _| match busy(call) {
                true => throttled(),
                false => Fault::Pass,
            })));
        }
        let answer = m.client.record_usage(m.event(&format!("e{n}"), json!(1))).await;
        // Four draws of a lane may all be in the first partition, which takes nothing.
        if answer.status != 200 {
            answer.refused(503);
            m.api.stack.wire().set_fault(None);
            m.sends(&[m.event(&format!("e{n}"), json!(1))]).await;
        }
    }
    m.api.stack.wire().set_fault(None);
    assert_eq!(m.used().await, ("12".to_owned(), 12));
    let calls = m.api.stack.wire().take();
    let partitions: BTreeSet<String> = (calls.iter())
        .filter(|call| call.action == "Query")
        .flat_map(Call::keys)
        .filter(|key| key.contains("#MU#"))
        .map(str::to_owned)
        .collect();
    assert_eq!(partitions.len(), 4, "{partitions:?}");
    m.api.audit().await;
}
