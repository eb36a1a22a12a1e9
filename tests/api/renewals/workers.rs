//! Workers that run twice, at once and over one another, on a table that refuses, forgets and loses.

use std::sync::{Arc, Mutex};

use fastrand::Rng;
use local::{
    Outcome,
    wire::{Call, Fault},
};
use serde_json::json;

use super::{OPENED, Shop, busy, each};
use crate::client::Api;

/// How often the same is done with other faults. `SEEDS` in the environment says another number.
const SEEDS: u64 = 20;

/// Breaks the calls of all functions but those of the test itself, as the dice say.
fn break_at_random(api: &Api, seed: u64) {
    let dice = Mutex::new(Rng::with_seed(seed));
    let hook = move |call: &Call, _: u64| {
        if call.function != "workers-sweep" && call.function != "test-clock-advance" {
            return Fault::Pass;
        }
        let transaction = call.action == "TransactWriteItems";
        let roll = dice.lock().unwrap().u32(0..100);
        match roll {
            0..=1 => Fault::KillBefore,
            2..=4 if call.is_write() => Fault::KillAfter,
            5..=9 if transaction => Fault::transaction_conflict(call.touches.len()),
            10..=12 => Fault::throughput_exceeded(),
            13..=16 if transaction => Fault::ResetAfter,
            17..=18 if transaction => Fault::internal_error_after(),
            19..=20 => Fault::internal_error(),
            21..=22 => Fault::ResetBefore,
            _ => Fault::Pass,
        }
    };
    api.stack.wire().set_fault(Some(Arc::new(hook)));
}

/// Runs the sweeper four times at once, and where `with` a shop its clock's driver beside them.
async fn sweep_at_once(api: &Api, with: Option<(&Shop, &str)>) {
    let sweep = || api.stack.invoke("workers-sweep", "{}");
    let drive = async {
        if let Some((shop, to)) = with {
            let _ = shop.client.advance_clock(to).await;
        }
    };
    let (a, b, c, d, ()) = tokio::join!(sweep(), sweep(), sweep(), sweep(), drive);
    for outcome in [a, b, c, d] {
        assert_ne!(outcome.unwrap(), Outcome::Throttled);
    }
}

/// Cards, and whether what they are charged for is paid in the end.
const CARDS: [&str; 4] = [
    "test_success",
    "test_timeout_after_charge",
    "test_timeout_before_charge",
    "test_fail_once_then_succeed",
];

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_run_twice_on_a_table_that_fails_bill_each_period_once() {
    let api = busy().await;
    let seeds = option_env!("SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for seed in 0..seeds {
        let shop = Shop::open(&api, OPENED).await;
        shop.client.update_account(json!({"finalization_delay_hours": 0})).await.ok();
        let mut subscriptions = Vec::new();
        for token in CARDS {
            let customer = shop.customer(token).await;
            subscriptions.push(shop.subscribe(&customer, json!({})).await.ok().id());
        }
        // A period later, which nobody has seen; or on the way there.
        let to = "2026-02-28T12:00:00.000Z";
        let drives = seed % 2 == 1;
        if !drives {
            shop.jump(to).await;
        }
        break_at_random(&api, seed);
        for _ in 0..2 {
            sweep_at_once(&api, drives.then_some((&shop, to))).await;
        }
        api.stack.wire().set_fault(None);
        shop.advance("2026-02-28T18:00:00.000Z").await;
        for subscription in &subscriptions {
            let invoices = shop.invoices(subscription).await;
            let starts = each(&invoices, "period_start");
            assert_eq!(starts, [OPENED, "2026-02-28T09:30:00.000Z"], "seed {seed}");
            assert_eq!(each(&invoices, "state"), ["paid"; 2], "seed {seed}");
            for invoice in &invoices {
                let paid = shop.payments(invoice["id"].as_str().unwrap()).await;
                let paid = each(&paid, "state").into_iter().filter(|state| *state == "succeeded");
                assert_eq!(paid.count(), 1, "seed {seed}: {invoice}");
            }
        }
    }
    api.audit().await;
}
