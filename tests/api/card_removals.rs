//! What a processor is told of cards that are removed, and of customers who are deleted: in the end no card
//! can be charged there that nobody here has.

use futures_util::join;
use local::{
    stripe::{Asked, Telling, Trouble},
    wire::Gate,
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

use crate::stripe::Shop;

impl Shop {
    async fn has(&self, token: &str) -> String {
        self.client.add_payment_method(&self.customer, json!({"token": token})).await.ok().id()
    }

    /// The cards that can be charged at Stripe.
    fn attached(&self) -> Vec<String> {
        self.api.stack.stripe().attached("")
    }

    /// What is still to be asked without anybody asking, but for the daily question about disputes.
    async fn left_to_do(&self) -> Vec<Value> {
        let items = self.api.dynamodb("Scan", json!({})).await["Items"].clone();
        let is_release = |item: &Value| {
            let id = item["id"]["S"].as_str().unwrap_or_default();
            id.starts_with("pw_") && item.get("release").is_some()
        };
        items.as_array().unwrap().iter().filter(|item| is_release(item)).cloned().collect()
    }

    fn asked(&self, what: &str) -> usize {
        let asked = self.api.stack.stripe().requests();
        asked.iter().filter(|asked| asked.starts_with(what)).count()
    }
}

#[tokio::test]
async fn a_customer_who_is_deleted_is_deleted_at_stripe_with_every_card() {
    let shop = Shop::open().await;
    let mut cards = vec![shop.has("pm_card_visa").await, shop.has("pm_card_mastercard").await];
    assert_eq!((shop.attached().len(), shop.api.stack.stripe().customers().len()), (2, 1));
    shop.client.delete_customer(&shop.customer).await.ok();
    shop.advance("2026-01-31T10:01:00Z").await;
    assert_eq!(shop.attached(), Vec::<String>::new());
    assert_eq!(shop.api.stack.stripe().customers(), Vec::<String>::new());
    assert_eq!(shop.asked("DELETE /v1/customers/"), 1);
    // They are gone here, too, and that is told of.
    let told = shop.client.list_events("?type=payment_method.deleted").await.ok();
    let mut gone: Vec<&str> =
        told.items().iter().map(|event| event["data"]["object"]["id"].as_str().unwrap()).collect();
    gone.sort_unstable();
    cards.sort_unstable();
    assert_eq!(gone, cards);
    assert_eq!(shop.left_to_do().await, Vec::<Value>::new());
    shop.api.audit().await;
}

#[tokio::test]
async fn a_customer_who_has_cards_but_no_default_is_deleted_with_them() {
    for by_removal in [false, true] {
        let shop = Shop::open().await;
        let first = shop.has("pm_card_visa").await;
        shop.has("pm_card_mastercard").await;
        match by_removal {
            true => drop(shop.client.delete_payment_method(&shop.customer, &first).await.ok()),
            false => {
                let none = json!({"default_payment_method_id": null});
                shop.client.update_customer(&shop.customer, none).await.ok();
            }
        }
        shop.client.delete_customer(&shop.customer).await.ok();
        shop.advance("2026-01-31T10:01:00Z").await;
        assert_eq!(shop.attached(), Vec::<String>::new(), "{by_removal}");
    }
}

#[tokio::test]
async fn a_customer_without_cards_leaves_nothing_to_do() {
    let shop = Shop::open().await;
    shop.client.delete_customer(&shop.customer).await.ok();
    assert_eq!(shop.left_to_do().await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_stripe_does_not_answer_is_asked_for_until_it_does() {
    let shop = Shop::open().await;
    let card = shop.has("pm_card_visa").await;
    shop.has("pm_card_mastercard").await;
    // A card: at once, an hour later, and then two hours after that.
    for trouble in [Trouble::LostBefore, Trouble::Refused(500)] {
        for _ in 0..2 {
            shop.api.stack.stripe().next("/detach", trouble.clone());
        }
    }
    shop.client.delete_payment_method(&shop.customer, &card).await.ok();
    assert_eq!(shop.attached().len(), 2);
    shop.advance("2026-01-31T22:00:00Z").await;
    assert_eq!(shop.attached().len(), 1);
    assert_eq!(shop.left_to_do().await, Vec::<Value>::new());
    // A customer, whose deletion is carried out and not answered.
    for trouble in [Trouble::LostBefore, Trouble::LostAfter] {
        for _ in 0..2 {
            shop.api.stack.stripe().next("DELETE /v1/customers/", trouble.clone());
        }
    }
    shop.client.delete_customer(&shop.customer).await.ok();
    shop.advance("2026-02-01T22:00:00Z").await;
    assert_eq!(shop.attached(), Vec::<String>::new());
    assert_eq!(shop.left_to_do().await, Vec::<Value>::new());
    shop.api.audit().await;
}

#[tokio::test]
async fn a_key_that_is_refused_leaves_it_to_be_done() {
    let shop = Shop::open().await;
    shop.has("pm_card_visa").await;
    shop.api.stack.stripe().revoke(crate::stripe::KEY, true);
    shop.client.delete_customer(&shop.customer).await.ok();
    shop.advance("2026-02-03T10:00:00Z").await;
    assert_eq!((shop.attached().len(), shop.left_to_do().await.len()), (1, 1));
    let asked = shop.asked("DELETE /v1/customers/");
    assert!((4..=8).contains(&asked), "{asked}: less and less often");
    shop.api.stack.stripe().revoke(crate::stripe::KEY, false);
    shop.advance("2026-02-05T10:00:00Z").await;
    assert_eq!((shop.attached().len(), shop.left_to_do().await.len()), (0, 0));
}

/// The card is attached at Stripe when the customer is deleted here, and not yet written down.
#[tokio::test]
async fn a_card_that_is_added_while_its_customer_is_deleted_is_let_go() {
    for has_another in [false, true] {
        let shop = Shop::open().await;
        if has_another {
            shop.has("pm_card_visa").await;
        }
        let (tell, mut reached) = unbounded_channel();
        let gate = Gate::default();
        let closed = gate.clone();
        shop.api.stack.stripe().set_trouble(Some(Arc::new(move |asked: &Asked| {
            (asked.what == "POST /v1/setup_intents").then(|| {
                tell.send(()).unwrap();
                Trouble::HeldAfter(closed.clone())
            })
        })));
        let body = json!({"token": "pm_card_mastercard"});
        let adds = shop.client.add_payment_method(&shop.customer, body);
        let deletes = async {
            reached.recv().await.unwrap();
            shop.client.delete_customer(&shop.customer).await.ok();
            gate.open();
        };
        let (added, ()) = join!(adds, deletes);
        added.refused(404);
        shop.api.stack.stripe().set_trouble(None);
        shop.advance("2026-01-31T10:03:00Z").await;
        assert_eq!(shop.attached(), Vec::<String>::new(), "{has_another}");
        assert_eq!(shop.left_to_do().await, Vec::<Value>::new());
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn a_card_that_is_confirmed_after_its_customer_was_deleted_is_let_go() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let body = json!({
        "token": "pm_card_authenticationRequired", "return_url": "https://example.com/cards",
    });
    let asked = shop.client.add_payment_method(&shop.customer, body).await.refused(422);
    let setup = asked.body["next_action"]["processor_reference"].as_str().unwrap();
    shop.client.delete_customer(&shop.customer).await.ok();
    assert!(shop.api.stack.stripe().act(setup, true));
    assert_eq!(shop.attached().len(), 1);
    let event = shop.api.stack.stripe().events().pop().unwrap();
    // Stripe tells again of what could not be done.
    for _ in 0..2 {
        shop.api.stack.stripe().next("/detach", Trouble::LostBefore);
    }
    assert_eq!(shop.api.stack.stripe().tell(&event).await, [503]);
    assert_eq!(shop.api.stack.stripe().tell(&event).await, [200]);
    assert_eq!(shop.attached(), Vec::<String>::new());
}
