//! A processor that does not answer, or not as fast as it is asked: what is said of it, and that nothing
//! but time is lost.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use local::{
    Options,
    stripe::{Asked, Trouble},
};
use serde_json::{Value, json};

use crate::{client::Api, stripe::Shop};

impl Shop {
    /// Every request to the processor meets this from now on.
    fn meets(&self, trouble: Option<Trouble>) {
        let hook = trouble.map(|trouble| {
            let hook: local::stripe::TroubleHook = Arc::new(move |_: &Asked| Some(trouble.clone()));
            hook
        });
        self.api.stack.stripe().set_trouble(hook);
    }

    async fn state(&self) -> Value {
        self.client.get_processor(&self.processor).await.ok().body["state"].clone()
    }
}

#[tokio::test]
async fn a_processor_that_is_down_for_a_day_is_no_decline_and_what_is_owed_is_taken_afterwards() {
    for trouble in [Trouble::LostBefore, Trouble::Refused(503), Trouble::Refused(429)] {
        let shop = Shop::with("pm_card_visa").await;
        let body = json!({
            "customer_id": shop.customer,
            "items": [{"price_id": shop.monthly(1000).await, "quantity": 1}],
        });
        let id = shop.client.create_subscription(body).await.ok().id();
        shop.advance("2026-02-27T10:00:00Z").await;
        assert_eq!((shop.succeeded(), shop.state().await), (1, json!("ready")));
        shop.meets(Some(trouble.clone()));
        shop.advance("2026-03-01T10:00:00Z").await;
        let subscription = shop.client.get_subscription(&id).await.ok().body;
        let renewal = subscription["latest_invoice_id"].as_str().unwrap();
        let invoice = shop.invoice(renewal).await;
        assert_eq!(
            (&invoice["state"], &invoice["last_payment_error"]["code"], &invoice["attempt_count"]),
            (&json!("open"), &json!("processor_unavailable"), &json!(1)),
            "{trouble:?}"
        );
        assert_eq!(
            (&subscription["state"], shop.state().await),
            (&json!("active"), json!("unavailable"))
        );
        assert_eq!(shop.count("invoice.payment_failed").await, 0, "nobody is dunned");
        assert_eq!(shop.count("processor.updated").await, 2, "told once, as that it is used was");
        // Somebody who pays by hand is told that nobody knows.
        let by_hand = shop.to_be_paid(500).await;
        let told = shop.client.pay_invoice(&by_hand, json!({})).await.refused(422);
        assert_eq!(told.faults(), [" payment_pending"]);
        shop.meets(None);
        shop.advance("2026-03-01T12:00:00Z").await;
        for id in [renewal, &by_hand] {
            let invoice = shop.invoice(id).await;
            assert_eq!(
                (&invoice["state"], &invoice["last_payment_error"]),
                (&json!("paid"), &Value::Null)
            );
            assert_eq!(shop.taken(id), 1);
        }
        assert_eq!(shop.state().await, "ready");
        assert_eq!(shop.count("processor.updated").await, 3);
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_tried_is_not_refused() {
    let shop = Shop::open().await;
    for trouble in [Trouble::LostBefore, Trouble::Refused(429), Trouble::Refused(409)] {
        shop.meets(Some(trouble));
        let key = json!({"secret_key": "sk_test_another"});
        shop.client.update_processor(&shop.processor, key).await.refused(503);
        let token = json!({"token": "pm_card_visa"});
        shop.client.add_payment_method(&shop.customer, token).await.refused(503);
    }
    shop.meets(None);
    let shown = shop.client.get_processor(&shop.processor).await.ok().body;
    assert_eq!(shown["secret_key_last_four"], "ijkl");
}

#[tokio::test]
async fn many_that_are_due_at_once_are_asked_for_no_faster_than_is_taken() {
    let mut options = Options { workers: false, ..Options::default() };
    options.environment.insert("STRIPE_RATE".to_owned(), "10".to_owned());
    let shop = Shop::of(Api::start_with(options).await).await;
    shop.client.update_account(json!({"finalization_delay_hours": 0})).await.ok();
    shop.card("pm_card_visa").await;
    let price = shop.monthly(1000).await;
    let subscribe = || {
        let items = json!([{"price_id": price, "quantity": 1}]);
        let body = json!({"customer_id": shop.customer, "items": items});
        async { shop.client.create_subscription(body).await.ok() }
    };
    join_all((0..12).map(|_| subscribe())).await;
    assert_eq!(shop.succeeded(), 12);
    // They are all due before anybody looks.
    shop.client.release_clock().await.ok();
    shop.client.stop_clock("2026-03-02T00:00:00Z").await.ok();
    shop.api.stack.stripe().takes(16);
    let begun = Instant::now();
    for _ in 0..20 {
        shop.api.stack.invoke("workers-sweep", "{}").await.unwrap();
        if shop.succeeded() == 24 {
            break;
        }
    }
    assert_eq!((shop.succeeded(), shop.api.stack.stripe().came_too_fast()), (24, 0));
    // 24 requests, of which five may come at once.
    assert!(begun.elapsed() > Duration::from_millis(1_700), "{:?}", begun.elapsed());
    shop.api.audit().await;
}
