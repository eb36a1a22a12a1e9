//! What happens by itself, and what a client does to what time has made.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use local::wire::{Call, Fault, Touch};
use serde_json::{Value, json};

use crate::contract::world::World;

/// What happens by itself, on the way of a clock and in a sweep.
pub(super) async fn what_is_due(world: &World) {
    let client = world.api.client_of(&world.stg);
    client.release_clock().await.ok();
    client.stop_clock("2030-01-01T00:00:00Z").await.ok();
    // What is given up on leaves its subscription as it is.
    let kept = json!({"subscription": "keep_past_due", "invoice": "leave_open"});
    client.update_account(json!({"dunning": kept})).await.ok();
    for way in ["2030-05-01T00:00:00Z", "2030-12-01T00:00:00Z"] {
        let processor = client.post("/api/processors", json!({"name": "x", "type": "test"})).await;
        let processor = processor.ok().id();
        let price = world.referring(&world.stg, json!("<POST /api/prices>")).await;
        for (token, method) in [
            ("test_success", "charge_automatically"),
            ("test_decline_soft", "charge_automatically"),
            ("test_timeout_after_charge", "charge_automatically"),
            ("test_success", "send_invoice"),
        ] {
            let customer =
                client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
            let path = format!("/api/customers/{customer}/payment-methods");
            client.post(&path, json!({"processor_id": processor, "token": token})).await;
            let subscription = json!({
                "customer_id": customer, "items": [{"price_id": price}], "trial_period_days": 7,
                "collection_method": method, "processor_id": processor,
            });
            client.post("/api/subscriptions", subscription).await.ok();
        }
        // The second way is gone by the sweeper.
        if way.contains("12") {
            crate::test_clock::die_on_the_way(&world.api, 2);
        }
        client.advance_clock(way).await;
        world.api.stack.wire().set_fault(None);
        arrives(world).await;
    }
    let of = price_and_processor(world).await;
    meets_what_was_made(world, &of).await;
    meets_a_payment(world, &of).await;
}

/// Sweeps until the clock has come to where it was sent: one ends in time, and the next goes on. On a busy
/// machine whoever sent it has no time for all of the way, and a sweep may have none for a single instant.
async fn arrives(world: &World) {
    let client = world.api.client_of(&world.stg);
    let (mut clock, mut stands) = (client.test_clock().await.ok(), 0);
    while clock.body["status"] == "advancing" && stands < MOST_IN_VAIN {
        let before = clock.body["now"].clone();
        world.api.sweep().await;
        clock = client.test_clock().await.ok();
        stands = if clock.body["now"] == before { stands + 1 } else { 0 };
    }
    world.check(clock.body["status"] == "ready", || format!("the clock: {}", clock.body));
}

/// How many sweeps may pass in which the clock comes to no other instant.
const MOST_IN_VAIN: usize = 10;

/// A preview beside a change that waits for a payment which the processor declined for good, while
/// whoever asked for it died before it was written down.
pub(super) async fn meets_a_payment(world: &World, (price, processor): &(Value, Value)) {
    let client = world.api.client_of(&world.stg);
    let customer = client.create_customer(json!({"email": "lost@example.com"})).await.ok().id();
    let method = |token: &str| json!({"processor_id": processor, "token": token});
    client.add_payment_method(&customer, method("test_success")).await.ok();
    let begun = json!({
        "customer_id": customer, "items": [{"price_id": price}], "processor_id": processor,
    });
    let begun = client.create_subscription(begun).await.ok();
    let mut declined = method("test_decline_hard");
    declined["make_default"] = true.into();
    client.add_payment_method(&customer, declined).await.ok();
    let edit = json!({"action": "update", "quantity": 3,
        "subscription_item_id": begun.body["items"][0]["id"]});
    let change = json!({
        "proration_behavior": "always_invoice", "pay_before_change": true, "items": [edit],
    });
    let asked = AtomicBool::new(false);
    let dies = move |call: &Call, _: u64| {
        let of_charge =
            |touch: &Touch| touch.sort_key.as_deref().is_some_and(|key| key.starts_with("ch_"));
        let before = asked.load(Ordering::Relaxed);
        if call.is_write() && call.touches.iter().any(of_charge) {
            asked.store(true, Ordering::Relaxed);
        }
        match before && call.action == "TransactWriteItems" {
            true => Fault::exception(400, "ValidationException", "injected"),
            false => Fault::Pass,
        }
    };
    world.api.stack.wire().set_fault(Some(Arc::new(dies)));
    client.change_items(&begun.id(), change).await;
    world.api.stack.wire().set_fault(None);
    client.preview_items(&begun.id(), json!({"items": [edit]})).await.ok();
}

/// A price and a processor of the staging account.
pub(super) async fn price_and_processor(world: &World) -> (Value, Value) {
    let refer = |text: &str| world.referring(&world.stg, json!(text));
    (refer("<POST /api/prices>").await, refer("<POST /api/processors>").await)
}

/// What a client does to objects that time has made: renewals that are drafts, invoices that wait for
/// a way to pay them.
pub(super) async fn meets_what_was_made(world: &World, (price, processor): &(Value, Value)) {
    let client = world.api.client_of(&world.stg);
    let coupon = world.referring(&world.stg, json!("<NEW /api/coupons>")).await;
    for renewal in 0..2 {
        let customer = json!({"email": "late@example.com"});
        let customer = client.create_customer(customer).await.ok().id();
        let begun = json!({
            "customer_id": customer, "items": [{"price_id": price}], "processor_id": processor,
            "period_start": "2030-11-01T00:00:00Z", "net_d": 60,
            "collection_method": "send_invoice",
        });
        let subscription = client.create_subscription(begun).await.ok().id();
        client.advance_clock(&format!("2030-12-01T00:0{}:00Z", renewal + 1)).await.ok();
        arrives(world).await;
        let draft = format!("?customer_id={customer}&state=draft");
        let draft = client.list_invoices(&draft).await.ok().items()[0]["id"].clone();
        if renewal == 0 {
            let coupon = json!({"coupon_id": coupon});
            client.update_subscription(&subscription, coupon).await.ok();
            client.finalize_invoice(draft.as_str().unwrap()).await.ok();
        } else {
            let unpaid = json!({"refund_option": "cancel_unpaid"});
            client.cancel_subscription(&subscription, unpaid).await.ok();
        }
    }
    let named = |id: &str| json!({"email": "broke@example.com", "external_id": id});
    let customer = client.create_customer(named("broke")).await.ok().id();
    let begun = json!({
        "customer_id": customer, "items": [{"price_id": price}], "processor_id": processor,
    });
    client.create_subscription(begun).await.ok();
    let method = json!({"processor_id": processor, "token": "test_success"});
    // The first is the default already.
    client.add_payment_method(&customer, method.clone()).await.ok();
    let other = client.add_payment_method(&customer, method.clone()).await.ok().id();
    let third = client.add_payment_method(&customer, method).await.ok().id();
    let default = |method: &str| json!({"default_payment_method_id": method});
    client.update_customer(&customer, default(&other)).await.ok();
    client.update_customer_externally("broke", default(&third)).await.ok();
    // Whose only draft is gone again.
    for id in ["free", "free again"] {
        let customer = client.create_customer(named(id)).await.ok().id();
        let draft = json!({"customer_id": customer, "currency": "usd", "items": [
            {"name": "Work", "amount_atom": 100},
        ]});
        let draft = client.create_invoice(draft).await.ok().id();
        client.delete(&format!("/api/invoices/{draft}")).await.ok();
        match id {
            "free" => client.delete_customer(&customer).await.ok(),
            id => client.delete_customer_externally(id).await.ok(),
        };
    }
}
