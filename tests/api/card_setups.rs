//! Cards that are set up at Stripe to be charged later: whose bank wants the payer to confirm that, whose
//! answer was lost, and what becomes of them there later. What Stripe tells of them is a hint, after which it is asked.

use local::stripe::{Telling, Trouble, signature};
use serde_json::{Value, json};

use crate::{
    client::Answer,
    processor_events::{now, send},
    stripe::Shop,
};

const SECRET: &str = "whsec_1";
const ASKS: &str = "pm_card_authenticationRequired";

impl Shop {
    async fn adds(&self, body: Value) -> Answer {
        self.client.add_payment_method(&self.customer, body).await
    }

    /// The customer's cards.
    pub(crate) async fn cards(&self) -> Vec<Value> {
        let list = self.client.list_payment_methods(&self.customer, "").await.ok();
        assert_eq!(list.body["total"], list.items().len());
        list.items().to_vec()
    }

    async fn tells_all(&self) {
        for event in self.api.stack.stripe().events().iter().rev() {
            assert_eq!(self.api.stack.stripe().tell(event).await, [200], "{}", event.kind);
        }
    }

    /// A card is saved, and whoever sent it never hears of it.
    async fn loses(&self, token: &str) {
        for _ in 0..2 {
            self.api.stack.stripe().next("/v1/setup_intents", Trouble::LostAfter);
        }
        self.adds(json!({"token": token})).await.refused(503);
        assert!(self.cards().await.is_empty());
    }
}

#[tokio::test]
async fn a_card_that_its_bank_wants_confirmed_is_added_once_that_is_done() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let nowhere = shop.adds(json!({"token": ASKS})).await.refused(422);
    assert_eq!(nowhere.faults(), ["/token authentication_required"]);
    assert_eq!(nowhere.body["next_action"]["type"], "in_page");
    let body = json!({"token": ASKS, "return_url": "https://example.com/cards"});
    let asked = shop.adds(body.clone()).await.refused(422);
    let action = &asked.body["next_action"];
    assert_eq!((&action["type"], &action["payment_intent_id"]), (&json!("redirect"), &Value::Null));
    assert!(action["url"].as_str().unwrap().contains("/authenticate/"));
    // Not yet: it is the same action, and there is no other setup.
    assert_eq!(shop.adds(body.clone()).await.refused(422).body["next_action"], *action);
    let setup = action["processor_reference"].as_str().unwrap();
    assert!(shop.api.stack.stripe().act(setup, true));
    let card = shop.adds(body.clone()).await.ok();
    assert_eq!(card.body["card"]["last_four"], "3184");
    // Told of it, and sent again: it is one card.
    shop.tells_all().await;
    assert_eq!(shop.adds(body).await.ok().id(), card.id());
    assert_eq!(shop.cards().await.len(), 1);
    assert_eq!(shop.bills(1000).await["state"], "paid");
    shop.api.audit().await;
}

#[tokio::test]
async fn a_card_that_is_confirmed_in_another_tab_is_added_by_its_event() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let body = json!({"token": ASKS, "return_url": "https://example.com/cards"});
    let asked = shop.adds(body).await.refused(422);
    let setup = asked.body["next_action"]["processor_reference"].as_str().unwrap();
    shop.tells_all().await;
    assert!(shop.cards().await.is_empty(), "nothing was confirmed");
    let owed = shop.bills(1000).await;
    assert!(shop.api.stack.stripe().act(setup, true));
    // Stripe does not answer the question: it is to tell again.
    for _ in 0..2 {
        shop.api.stack.stripe().next("/v1/setup_intents", Trouble::LostBefore);
    }
    assert_eq!(shop.api.stack.stripe().tell(&shop.last_event()).await, [503]);
    assert!(shop.cards().await.is_empty());
    shop.tells_all().await;
    shop.tells_all().await;
    let cards = shop.cards().await;
    assert_eq!((cards.len(), &cards[0]["card"]["last_four"]), (1, &json!("3184")));
    let customer = shop.client.get_customer(&shop.customer).await.ok().body;
    assert_eq!(customer["default_payment_method_id"], cards[0]["id"]);
    // What was past due for want of a card is taken.
    let id = owed["id"].as_str().unwrap();
    assert_eq!((&shop.invoice(id).await["state"], shop.taken(id)), (&json!("paid"), 1));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_confirmation_that_fails_is_a_decline_and_adds_nothing() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let body = json!({"token": ASKS, "return_url": "https://example.com/cards"});
    let asked = shop.adds(body.clone()).await.refused(422);
    let setup = asked.body["next_action"]["processor_reference"].as_str().unwrap();
    assert!(shop.api.stack.stripe().act(setup, false));
    shop.tells_all().await;
    let declined = shop.adds(body).await.refused(422);
    assert_eq!(declined.faults(), ["/token setup_intent_authentication_failure"]);
    assert!(shop.cards().await.is_empty());
}

#[tokio::test]
async fn a_card_whose_answer_was_lost_is_added_by_its_event_and_stays_away_once_removed() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    shop.loses("pm_card_visa").await;
    shop.tells_all().await;
    let cards = shop.cards().await;
    assert_eq!((cards.len(), &cards[0]["card"]["last_four"]), (1, &json!("4242")));
    // Whoever sends it again finds it, and may say more of it.
    let body = json!({"token": "pm_card_visa", "metadata": {"colour": "red"}});
    let again = shop.adds(body).await.ok().body;
    assert_eq!((&again["id"], &again["metadata"]["colour"]), (&cards[0]["id"], &json!("red")));
    assert_eq!(shop.cards().await.len(), 1);
    // It is removed, and Stripe does not hear of it: no event brings it back.
    for _ in 0..2 {
        shop.api.stack.stripe().next("/detach", Trouble::LostBefore);
    }
    let id = cards[0]["id"].as_str().unwrap();
    shop.client.delete_payment_method(&shop.customer, id).await.ok();
    shop.tells_all().await;
    assert!(shop.cards().await.is_empty());
    let refused = shop.adds(json!({"token": "pm_card_visa"})).await.refused(422);
    assert_eq!(refused.faults(), ["/token was_removed"]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_card_that_is_presented_at_a_checkout_is_confirmed_and_pays_and_is_kept_only_then() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let product = shop.client.create_product(json!({"name": "Seat"})).await.ok().id();
    let price = json!({"product_id": product, "currency": "usd", "unit_amount_atom": 1000});
    let price = shop.client.create_price(price).await.ok().id();
    let body = json!({
        "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
        "customer_id": shop.customer, "line_items": [{"price_id": price, "quantity": 1}],
    });
    let session = shop.client.create_session(body).await.ok().id();
    let card = json!({"payment_method": {"token": ASKS}});
    let asked = shop.client.complete_session(&session, card.clone()).await.refused(422);
    assert_eq!(asked.faults(), ["/payment_method/token authentication_required"]);
    let action = &asked.body["next_action"];
    assert!(action["url"].is_string(), "{action}");
    let setup = action["processor_reference"].as_str().unwrap();
    assert!(shop.api.stack.stripe().act(setup, true));
    shop.tells_all().await;
    assert!(shop.cards().await.is_empty(), "it has bought nothing yet");
    let done = shop.client.complete_session(&session, card).await.ok().body;
    assert_eq!((&done["state"], shop.succeeded()), (&json!("completed"), 1));
    assert_eq!(shop.cards().await.len(), 1);
    shop.tells_all().await;
    assert_eq!(shop.cards().await.len(), 1);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_card_whose_bank_gives_it_another_number_is_that_card_and_pays_what_the_old_one_did_not()
{
    let shop = Shop::with("pm_card_visa").await.listening(Telling::ByHand);
    let stripe = shop.api.stack.stripe();
    let card = stripe.cards().pop().unwrap();
    stripe.decline(&card, "expired_card", None);
    let owed = shop.bills(1000).await;
    assert_eq!(
        (&owed["state"], &owed["last_payment_error"]["code"]),
        (&json!("past_due"), &json!("expired_card"))
    );
    // For other reasons, and not by this card.
    let other = shop.to_be_paid(500).await;
    // It is noted on the card that it was declined for good.
    let noted = shop.count("payment_method.updated").await;
    stripe.pays_again(&card);
    stripe.renew(&card, "5454", 2050);
    let event = shop.last_event();
    assert_eq!(event.kind, "payment_method.automatically_updated");
    // Stripe does not answer the question: it is to tell again.
    for _ in 0..2 {
        stripe.next("GET /v1/payment_methods", Trouble::LostBefore);
    }
    assert_eq!(stripe.tell(&event).await, [503]);
    assert_eq!(shop.cards().await[0]["card"]["exp_year"], 2040);
    for _ in 0..3 {
        assert_eq!(stripe.tell(&event).await, [200]);
    }
    let cards = shop.cards().await;
    let shown = json!({"brand": "visa", "last_four": "5454", "exp_month": 12, "exp_year": 2050});
    assert_eq!((cards.len(), &cards[0]["card"]), (1, &shown));
    let told = shop.count("payment_method.updated").await - noted;
    assert_eq!(told, 1, "once, however often it is told");
    // Nor is it kept from what is billed next.
    assert_eq!(shop.bills(700).await["state"], "paid");
    let id = owed["id"].as_str().unwrap();
    assert_eq!((&shop.invoice(id).await["state"], shop.taken(id)), (&json!("paid"), 1));
    assert_eq!(shop.invoice(&other).await["state"], "open");
    shop.api.audit().await;
}

#[tokio::test]
async fn a_card_that_is_let_go_at_stripe_is_the_customers_no_more() {
    let shop = Shop::with("pm_card_visa").await.listening(Telling::ByHand);
    let stripe = shop.api.stack.stripe();
    let first = stripe.cards().pop().unwrap();
    let second = shop.adds(json!({"token": "pm_card_mastercard"})).await.ok().id();
    stripe.let_go(&first);
    let event = shop.last_event();
    assert_eq!(event.kind, "payment_method.detached");
    // What its event says of it is not believed.
    let forged = event.body.replace(&first, stripe.cards().pop().unwrap().as_str());
    let header = signature(SECRET, now(), &forged);
    let path = format!("/api/processor-events/{}", shop.processor);
    assert_eq!(send(&shop.api, &path, Some(&header), &forged).await.status, 200);
    assert_eq!(shop.cards().await.len(), 2);
    for _ in 0..2 {
        assert_eq!(stripe.tell(&event).await, [200]);
    }
    let cards = shop.cards().await;
    assert_eq!((cards.len(), cards[0]["id"].as_str()), (1, Some(second.as_str())));
    let customer = shop.client.get_customer(&shop.customer).await.ok().body;
    assert_eq!(customer["default_payment_method_id"], Value::Null);
    assert_eq!(shop.count("payment_method.deleted").await, 1);
    // Whatever else is told of it brings it back no more, and the other one pays.
    shop.tells_all().await;
    assert_eq!(shop.cards().await.len(), 1);
    assert_eq!(shop.bills(1000).await["state"], "paid");
    // One that somebody else keeps at Stripe is nothing that is asked about.
    let before = stripe.requests().len();
    let foreign = event.body.replace(&first, "pm_of_another");
    let header = signature(SECRET, now(), &foreign);
    assert_eq!(send(&shop.api, &path, Some(&header), &foreign).await.status, 200);
    assert_eq!(stripe.requests().len(), before);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_customer_who_was_deleted_at_stripe_gets_another_there_with_the_next_card() {
    let shop = Shop::with("pm_card_visa").await;
    let stripe = shop.api.stack.stripe();
    stripe.forget(&stripe.customers().pop().unwrap());
    let owed = shop.bills(1000).await;
    assert_eq!((&owed["state"], shop.succeeded()), (&json!("past_due"), 0), "{owed}");
    for token in ["pm_card_mastercard", "pm_card_visa"] {
        shop.adds(json!({"token": token, "make_default": true})).await.ok();
    }
    assert_eq!((shop.cards().await.len(), stripe.customers().len()), (3, 1));
    let id = owed["id"].as_str().unwrap();
    assert_eq!((&shop.invoice(id).await["state"], shop.taken(id)), (&json!("paid"), 1));
    shop.api.audit().await;
}

/// As a developer does who tries a card of which the bank asks: the stand-in has the page of the bank.
#[tokio::test]
async fn the_bank_of_the_stand_in_asks_the_payer_and_sends_them_back() {
    let shop = Shop::open().await;
    let body = json!({"token": ASKS, "return_url": "https://example.com/cards?from=shop"});
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let browser = browser.build().unwrap();
    let says = async |outcome: &str| {
        let asked = shop.adds(body.clone()).await.refused(422);
        let url = asked.body["next_action"]["url"].as_str().unwrap().to_owned();
        let page = browser.get(&url).send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert!(page.text().await.unwrap().contains("value=confirm"));
        let form = format!("outcome={outcome}");
        let answer = browser.post(&url).body(form).send().await.unwrap();
        let back = answer.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(browser.get(&url).send().await.unwrap().status(), 404, "it waits no more");
        (answer.status().as_u16(), back)
    };
    let (status, back) = says("confirm").await;
    assert_eq!(status, 303);
    assert!(back.starts_with("https://example.com/cards?from=shop&setup_intent=seti_"), "{back}");
    assert!(back.ends_with("&redirect_status=succeeded"), "{back}");
    assert_eq!(shop.adds(body.clone()).await.ok().body["card"]["last_four"], "3184");
}
