//! Payments that wait: for the payer, for the bank.

use fastrand::Rng;
use local::stripe::Telling;
use serde_json::json;

use super::day;
use crate::stripe::Shop;

/// getlago/lago-api #3876: a confirmation that was abandoned is pending for ever.
#[tokio::test]
async fn report_03_a_confirmation_that_is_abandoned() {
    let shop = Shop::open().await;
    let (session, old) = shop.waiting().await;
    shop.api.stack.stripe().act(&old, false);
    // The payer tries another card; whatever they do about the first one, it is over.
    let card = json!({"payment_method": {"token": "pm_card_visa"}});
    let done = shop.client.complete_session(&session, card).await.ok().body;
    assert_eq!(done["state"], "completed");
    assert!(!shop.api.stack.stripe().act(&old, true), "it can be paid no more");
    assert_eq!((shop.succeeded(), shop.payable()), (1, 0));
    let intents = shop.client.list_payment_intents("?state=failed").await.ok();
    assert_eq!(intents.body["total"], 1);

    // One of whom nothing is heard any more.
    let (_, old) = shop.waiting().await;
    for number in 0..12 {
        shop.advance(&day(number)).await;
        assert!(shop.payable() <= 1);
    }
    assert!(!shop.api.stack.stripe().act(&old, true), "it was given up");
    assert_eq!((shop.succeeded(), shop.payable()), (1, 0));
    shop.api.audit().await;
}

/// lago-api #4336: confirmations were impossible, and one that was asked for was shown as a failure.
#[tokio::test(flavor = "multi_thread")]
async fn report_04_a_confirmation_while_a_retry_runs() {
    let shop = Shop::with("pm_card_threeDSecure2Required").await;
    // A run without the payer: no card failed for good, and nothing is left that could be paid.
    let price = shop.monthly(1000).await;
    let body = json!({"customer_id": shop.customer, "items": [{"price_id": price}]});
    let subscription = shop.client.create_subscription(body).await.ok().body;
    let invoice = subscription["latest_invoice_id"].as_str().unwrap().to_owned();
    shop.advance(&day(0)).await;
    let intents = shop.client.list_payment_intents("?state=failed").await.ok();
    assert_eq!(intents.items()[0]["failure"]["code"], "authentication_required");
    assert_eq!(shop.payable(), 0);
    shop.card("pm_card_visa").await;
    shop.advance(&day(20)).await;
    assert_eq!((&shop.invoice(&invoice).await["state"], shop.taken(&invoice)), (&json!("paid"), 1));

    // With the payer: they confirm while everybody asks.
    let (session, charge) = shop.waiting().await;
    let card = json!({"payment_method": {"token": "pm_card_visa"}});
    let confirms = async { shop.api.stack.stripe().act(&charge, true) };
    let sweep = || shop.api.stack.invoke("workers-sweep", "{}");
    let completes = || shop.client.complete_session(&session, card.clone());
    let (confirmed, first, second, ..) =
        tokio::join!(confirms, completes(), completes(), sweep(), sweep());
    shop.advance(&day(21)).await;
    let done = shop.client.get_session(&session).await.ok().body;
    assert_eq!(done["state"], "completed", "{confirmed} {first:?} {second:?}");
    assert_eq!((shop.taken(done["invoice_id"].as_str().unwrap()), shop.payable()), (1, 0));
    let subscription = done["subscription_id"].as_str().unwrap();
    assert_eq!(shop.client.get_subscription(subscription).await.ok().body["state"], "active");
    shop.api.audit().await;
}

/// medusa #14205: events that come early are taken for the end, and numbers have gaps.
#[tokio::test]
async fn report_07_events_of_all_kinds_in_any_order() {
    let shop = Shop::with("pm_card_bypassPending").await.listening(Telling::ByHand);
    let mut numbers = Vec::new();
    for seed in 0..8 {
        let mut rng = Rng::with_seed(seed);
        let seen = shop.api.stack.stripe().events().len();
        let invoice = shop.bills(1000).await;
        let id = invoice["id"].as_str().unwrap();
        let charge = shop.api.stack.stripe().charges().last().unwrap().id.clone();
        let tell = async |rng: &mut Rng| {
            let mut events = shop.api.stack.stripe().events()[seen..].to_vec();
            rng.shuffle(&mut events);
            for event in &events {
                assert_eq!(shop.api.stack.stripe().tell(event).await, [200], "{}", event.kind);
            }
        };
        tell(&mut rng).await;
        assert_eq!(shop.invoice(id).await["state"], "open", "seed {seed}");
        let succeeds = seed % 3 != 0;
        shop.api.stack.stripe().act(&charge, succeeds);
        tell(&mut rng).await;
        let after = shop.invoice(id).await;
        let state = if succeeds { "paid" } else { "past_due" };
        assert_eq!((&after["state"], shop.taken(id)), (&json!(state), usize::from(succeeds)));
        numbers.push(after["number"].as_str().unwrap().to_owned());
    }
    let expected: Vec<String> = (1..=8).map(|number| format!("INV-{number:04}")).collect();
    assert_eq!(numbers, expected);
    shop.api.audit().await;
}

/// killbill-stripe-plugin #33 and #27: a failed confirmation never leaves `pending`.
#[tokio::test]
async fn report_12_every_state_that_a_charge_can_be_in() {
    let shop = Shop::with("pm_card_bypassPending").await;
    let table = [
        ("succeeded", None, "succeeded"),
        ("requires_payment_method", Some("insufficient_funds"), "failed"),
        ("canceled", None, "failed"),
        ("canceled", Some("stolen_card"), "failed"),
        ("requires_action", None, "requires_action"),
        ("processing", None, "processing"),
        // Nobody of us asks for that: a person has to look.
        ("requires_capture", None, "unknown"),
    ];
    for (number, (status, code, state)) in table.into_iter().enumerate() {
        let intent = shop.bills(1000).await["payment_intent_id"].as_str().unwrap().to_owned();
        let shown = shop.client.get_payment_intent(&intent).await.ok().body;
        assert_eq!(shown["state"], "processing");
        let reference = shown["processor_reference"].as_str().unwrap();
        shop.api.stack.stripe().force(reference, status, code);
        shop.advance(&format!("2026-02-01T{:02}:00:00Z", 10 + number)).await;
        let shown = shop.client.get_payment_intent(&intent).await.ok().body;
        assert_eq!(shown["state"], state, "{status} {code:?}: {shown}");
    }
}

/// lago-api #1223: `processing` was an error.
#[tokio::test]
async fn report_13_payments_that_take_days() {
    let shop = Shop::with("pm_card_bypassPending").await.listening(Telling::ByHand);
    let mut charges = Vec::new();
    for _ in 0..3 {
        let invoice = shop.bills(1000).await;
        assert_eq!(
            (&invoice["state"], &invoice["last_payment_error"]),
            (&json!("open"), &json!(null))
        );
        let charge = shop.api.stack.stripe().charges().last().unwrap().id.clone();
        charges.push((invoice["id"].as_str().unwrap().to_owned(), charge));
    }
    let [(paid, first), (failed, second), (disputed, third)] = &charges[..] else { panic!() };
    shop.api.stack.stripe().act(first, true);
    shop.advance(&day(2)).await;
    assert_eq!(shop.invoice(paid).await["state"], "paid");
    assert_eq!(shop.invoice(failed).await["state"], "open", "nobody is dunned meanwhile");
    shop.card("pm_card_visa").await;
    shop.advance(&day(5)).await;
    assert_eq!(shop.invoice(failed).await["attempt_count"], 1, "nothing else is tried meanwhile");
    shop.api.stack.stripe().act(second, false);
    shop.api.stack.stripe().act(third, true);
    shop.advance(&day(30)).await;
    assert_eq!((&shop.invoice(failed).await["state"], shop.taken(failed)), (&json!("paid"), 1));
    let dispute = shop.api.stack.stripe().dispute(third, "fraudulent");
    assert!(dispute.is_some());
    assert_eq!(shop.api.stack.stripe().tell(&shop.last_event()).await, [200]);
    assert_eq!(shop.client.list_disputes("").await.ok().body["total"], 1);
    assert_eq!(shop.invoice(disputed).await["state"], "paid");
    shop.api.audit().await;
}
