//! Stripe, as an account meets it: at the stand-in of the stack, over HTTP.

mod shop;

use std::time::Duration;

use local::{stripe::Trouble, wire::Fault};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) use self::shop::{KEY, Shop, strike};
use crate::client::exchange;

#[tokio::test]
async fn a_key_is_tried_when_it_is_set_and_never_shown_again() {
    let shop = Shop::open().await;
    let shown = shop.client.get_processor(&shop.processor).await.ok().body;
    assert_eq!(
        (&shown["state"], &shown["secret_key_last_four"]),
        (&json!("ready"), &json!("ijkl"))
    );
    assert_eq!(shown["publishable_key"], "pk_test_1");
    let text = shop.client.list_events("?limit=100").await.ok().body.to_string()
        + &shop.client.list_processors("").await.ok().body.to_string();
    assert!(!text.contains(KEY) && !text.contains("whsec_1") && !text.contains("sealed"));
    let client = &shop.client;
    let refused = |body: Value| async move {
        let mut all = json!({"name": "Cards", "type": "stripe"});
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        client.create_processor(all).await.refused(422).faults()
    };
    assert_eq!(refused(json!({})).await, ["/secret_key required"]);
    assert_eq!(refused(json!({"secret_key": "sk_live_1"})).await, ["/secret_key live_key"]);
    assert_eq!(refused(json!({"secret_key": "pk_test_1"})).await, ["/secret_key invalid"]);
    let webhook = json!({"secret_key": KEY, "webhook_secrets": ["1"]});
    assert_eq!(refused(webhook).await, ["/webhook_secrets invalid"]);
    shop.api.stack.stripe().revoke("sk_test_gone", true);
    assert_eq!(refused(json!({"secret_key": "sk_test_gone"})).await, ["/secret_key refused"]);
    let live = shop.api.client().await;
    let body = json!({"name": "Cards", "type": "stripe", "secret_key": KEY});
    let faults = live.create_processor(body).await.refused(422).faults();
    assert_eq!(faults, ["/secret_key test_key"]);
}

#[tokio::test]
async fn an_invoice_is_charged_refunded_and_its_card_let_go() {
    let shop = Shop::with("pm_card_visa").await;
    let methods = shop.client.list_payment_methods(&shop.customer, "").await.ok();
    assert_eq!(methods.items()[0]["card"]["last_four"], "4242");
    let invoice = shop.bills(1099).await;
    assert_eq!((&invoice["state"], &invoice["paid_amount_atom"]), (&json!("paid"), &json!(1099)));
    let intent = invoice["payment_intent_id"].as_str().unwrap();
    let shown = shop.client.get_payment_intent(intent).await.ok().body;
    let charges = shop.api.stack.stripe().charges();
    assert_eq!(charges.len(), 1);
    assert_eq!(shown["processor_reference"], charges[0].id.as_str());
    assert_eq!(
        (charges[0].amount, charges[0].invoice.as_str()),
        (1099, invoice["id"].as_str().unwrap())
    );
    let body = json!({"payment_intent_id": intent, "amount_atom": 400});
    let refund = shop.client.create_refund(body).await.ok().body;
    assert_eq!(refund["state"], "succeeded");
    assert_eq!(shop.api.stack.stripe().charges()[0].refunded, 400);
    let method = methods.items()[0]["id"].as_str().unwrap();
    shop.client.delete_payment_method(&shop.customer, method).await.ok();
    let asked = shop.api.stack.stripe().requests();
    assert!(asked.iter().any(|asked| asked.ends_with("/detach")), "{asked:?}");
}

#[tokio::test]
async fn whatever_is_lost_an_invoice_is_charged_once() {
    let shop = Shop::with("pm_card_visa").await;
    let hour = ["11", "12", "13", "14", "15", "16", "17"];
    let troubles = [
        ("/payment_intents", Trouble::LostBefore),
        ("/payment_intents", Trouble::LostAfter),
        ("/payment_intents", Trouble::Broken),
        ("/confirm", Trouble::LostBefore),
        ("/confirm", Trouble::LostAfter),
        ("/confirm", Trouble::Broken),
        ("/confirm", Trouble::Refused(429)),
    ];
    for (index, (path, trouble)) in troubles.into_iter().enumerate() {
        // More than is sent again at once.
        for _ in 0..3 {
            shop.api.stack.stripe().next(path, trouble.clone());
        }
        let invoice = shop.bills(1000).await;
        let id = invoice["id"].as_str().unwrap();
        shop.advance(&format!("2026-01-31T{}:59:00Z", hour[index])).await;
        let after = shop.invoice(id).await;
        assert_eq!(after["state"], "paid", "{path} {trouble:?} {after}");
        let charges = shop.api.stack.stripe().charges();
        let of_it = charges.iter().filter(|charge| charge.invoice == id);
        assert_eq!(of_it.filter(|charge| charge.status == "succeeded").count(), 1);
        assert_eq!(shop.succeeded(), index + 1);
    }
}

#[tokio::test]
async fn a_payer_who_has_to_confirm_has_one_payable_attempt_whatever_time_passes() {
    let shop = Shop::with("pm_card_threeDSecure2Required").await;
    // Nobody is there: the bank wants the payer, and nothing waits at Stripe.
    let invoice = shop.bills(1000).await;
    let id = invoice["id"].as_str().unwrap();
    assert_eq!(invoice["state"], "past_due");
    assert_eq!(invoice["last_payment_error"]["code"], "authentication_required");
    assert_eq!(shop.payable(), 0);
    shop.advance("2026-02-19T10:00:00Z").await;
    assert!(shop.payable() <= 1 && shop.succeeded() == 0);
    assert_eq!(shop.invoice(id).await["paid_amount_atom"], 0);
}

#[tokio::test]
async fn a_checkout_asks_the_payer_and_completes_once_they_have_done_it() {
    let shop = Shop::open().await;
    let product = shop.client.create_product(json!({"name": "Seat"})).await.ok().id();
    let price = json!({"product_id": product, "currency": "usd", "unit_amount_atom": 1000});
    let price = shop.client.create_price(price).await.ok().id();
    let body = json!({
        "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
        "customer_id": shop.customer, "line_items": [{"price_id": price, "quantity": 1}],
    });
    let session = shop.client.create_session(body).await.ok().id();
    let card = json!({"payment_method": {"token": "pm_card_threeDSecure2Required"}});
    let first = shop.client.complete_session(&session, card.clone()).await.refused(422);
    assert_eq!(first.faults(), [" authentication_required"]);
    let action = &first.body["next_action"];
    assert_eq!(action["type"], "redirect");
    assert!(action["url"].as_str().unwrap().contains("/authenticate/"));
    // Asked again, it is the same action, and there is no other.
    let again = shop.client.complete_session(&session, card.clone()).await.refused(422);
    assert_eq!(again.body["next_action"], *action);
    assert_eq!((shop.payable(), shop.api.stack.stripe().charges().len()), (1, 1));
    // Another card: what waited is given up first.
    let other = json!({"payment_method": {"token": "pm_card_chargeCustomerFail"}});
    shop.client.complete_session(&session, other).await.refused(422);
    assert_eq!(shop.payable(), 0);
    let charge = shop.api.stack.stripe().charges()[0].id.clone();
    assert!(!shop.api.stack.stripe().act(&charge, true), "it can be paid no more");
    let third = shop.client.complete_session(&session, card.clone()).await.refused(422);
    let waiting = third.body["next_action"]["processor_reference"].as_str().unwrap().to_owned();
    assert!(shop.api.stack.stripe().act(&waiting, true));
    let done = shop.client.complete_session(&session, card).await.ok().body;
    assert_eq!(done["state"], "completed");
    assert_eq!(shop.succeeded(), 1);
}

#[tokio::test]
async fn a_key_that_is_revoked_is_no_decline_and_what_is_owed_is_taken_when_there_is_another() {
    let shop = Shop::with("pm_card_visa").await;
    let paid = shop.bills(1000).await["payment_intent_id"].clone();
    shop.api.stack.stripe().revoke(KEY, true);
    let invoice = shop.bills(1000).await;
    let id = invoice["id"].as_str().unwrap();
    assert_eq!(
        (&invoice["state"], invoice["last_payment_error"]["code"].as_str()),
        (&json!("open"), Some("processor_unavailable"))
    );
    let processor = shop.client.get_processor(&shop.processor).await.ok().body;
    assert_eq!(processor["state"], "refused");
    // A day without a key: nobody is dunned.
    shop.advance("2026-02-01T10:00:00Z").await;
    assert_eq!(shop.invoice(id).await["state"], "open");
    // Nor can a card be added, or money be given back, and that is no fault of the card's.
    let token = json!({"token": "pm_card_mastercard"});
    let refused = shop.client.add_payment_method(&shop.customer, token).await.refused(422);
    assert_eq!(refused.faults(), ["/processor_id processor_unavailable"]);
    let back = json!({"payment_intent_id": paid, "amount_atom": 400});
    let refund = shop.client.create_refund(back).await.ok().body;
    assert_eq!(refund["state"], "pending");
    let patch = json!({"secret_key": "rk_test_another1234"});
    let changed = shop.client.update_processor(&shop.processor, patch).await.ok().body;
    assert_eq!(
        (&changed["state"], &changed["secret_key_last_four"]),
        (&json!("ready"), &json!("1234"))
    );
    shop.advance("2026-02-02T10:00:00Z").await;
    assert_eq!(shop.invoice(id).await["state"], "paid");
    assert_eq!(shop.succeeded(), 2);
    let refund = shop.client.get_refund(refund["id"].as_str().unwrap()).await.ok().body;
    let made = shop.api.stack.stripe().refunds().len();
    assert_eq!((&refund["state"], made), (&json!("succeeded"), 1));
}

#[tokio::test]
async fn what_is_less_than_stripe_takes_is_said_and_nobody_is_dunned() {
    let shop = Shop::with("pm_card_visa").await;
    let invoice = shop.bills(30).await;
    let id = invoice["id"].as_str().unwrap();
    assert_eq!(
        (&invoice["state"], invoice["last_payment_error"]["code"].as_str()),
        (&json!("open"), Some("amount_too_small"))
    );
    shop.advance("2026-03-15T10:00:00Z").await;
    assert_eq!(shop.invoice(id).await["state"], "open");
    let next = shop.bills(5000).await;
    assert_eq!(next["state"], "paid");
}

#[tokio::test]
async fn amounts_are_those_of_the_invoice_in_every_currency() {
    let shop = Shop::with("pm_card_visa").await;
    let table = [
        ("usd", 1099, 1099),
        ("jpy", 1099, 1099),
        ("isk", 1099, 109_900),
        ("ugx", 5000, 500_000),
        ("kwd", 1230, 1230),
        ("huf", 100_000, 100_000),
    ];
    for (currency, atoms, at_stripe) in table {
        let id = shop.owed(atoms, currency).await;
        let invoice = shop.client.finalize_invoice(&id).await.ok().body;
        assert_eq!(invoice["state"], "paid", "{currency} {invoice}");
        let charges = shop.api.stack.stripe().charges();
        let charge = charges.iter().find(|charge| charge.invoice == id).unwrap();
        assert_eq!((charge.amount, charge.currency.as_str()), (at_stripe, currency));
        let body = json!({"payment_intent_id": invoice["payment_intent_id"]});
        shop.client.create_refund(body).await.ok();
    }
    assert!(shop.api.stack.stripe().charges().iter().all(|one| one.refunded == one.amount));
    let id = shop.owed(1234, "kwd").await;
    let refused = shop.client.finalize_invoice(&id).await.ok().body;
    let error = &refused["last_payment_error"];
    assert_eq!(error["code"], "amount_not_payable");
    assert_eq!(
        error["message"],
        "The amount is 1234, and stripe takes only multiples of 10 in kwd"
    );
}

#[tokio::test]
async fn an_amount_that_stripe_does_not_take_is_refused_at_the_door() {
    let shop = Shop::with("pm_card_visa").await;
    let id = shop.owed(1230, "kwd").await;
    let paid = shop.client.finalize_invoice(&id).await.ok().body;
    let refund = |amount: i64| json!({"payment_intent_id": paid["payment_intent_id"], "amount_atom": amount});
    let before = shop.changes().await;
    let faults = shop.client.create_refund(refund(5)).await.refused(422).faults();
    assert_eq!(faults, ["/amount_atom amount_not_payable"]);
    // By hand, in part and in whole.
    let body = json!({
        "customer_id": shop.customer, "currency": "kwd", "collection_method": "send_invoice",
        "items": [{"name": "Work", "amount_atom": 12_957}],
    });
    let owed = shop.client.create_invoice(body).await.ok().id();
    shop.client.finalize_invoice(&owed).await.ok();
    let requests = shop.api.stack.stripe().requests().len();
    let pays = async |body: Value| shop.client.pay_invoice(&owed, body).await.refused(422).faults();
    assert_eq!(pays(json!({"amount_atom": 957})).await, ["/amount_atom amount_not_payable"]);
    assert_eq!(pays(json!({})).await, [" amount_not_payable"]);
    assert_eq!(shop.api.stack.stripe().requests().len(), requests, "it was not asked");
    let part = json!({"amount_atom": 12_950});
    assert_eq!(shop.client.pay_invoice(&owed, part).await.ok().body["due_amount_atom"], 7);
    let rest = json!({"paid_out_of_band": true});
    assert_eq!(shop.client.pay_invoice(&owed, rest).await.ok().body["state"], "paid");
    // A checkout says it to the seller, and not to the payer.
    let product = shop.client.create_product(json!({"name": "Seat"})).await.ok().id();
    let price =
        |amount: i64| json!({"product_id": product, "currency": "kwd", "unit_amount_atom": amount});
    let session = async |amount: i64| {
        let price = shop.client.create_price(price(amount)).await.ok().id();
        let body = json!({
            "success_url": "https://example.com/", "return_url": "https://example.com/",
            "customer_id": shop.customer, "line_items": [{"price_id": price, "quantity": 1}],
        });
        shop.client.create_session(body).await
    };
    assert_eq!(session(1234).await.refused(422).faults(), [" amount_not_payable"]);
    session(1240).await.ok();
    shop.client.create_refund(refund(10)).await.ok();
    assert_ne!(shop.changes().await, before);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_made_once_and_one_that_pends_is_told_later() {
    let shop = Shop::with("pm_card_visa").await;
    let intent = shop.bills(1000).await["payment_intent_id"].clone();
    for trouble in [Trouble::LostBefore, Trouble::LostAfter, Trouble::Broken] {
        for _ in 0..3 {
            shop.api.stack.stripe().next("/refunds", trouble.clone());
        }
        let body = json!({"payment_intent_id": intent, "amount_atom": 100});
        let refund = shop.client.create_refund(body).await.ok().body;
        assert_eq!(refund["state"], "pending", "{trouble:?}");
    }
    shop.advance("2026-01-31T12:00:00Z").await;
    let refunds = shop.client.list_refunds("?state=succeeded").await.ok();
    assert_eq!(refunds.body["total"], 3);
    assert_eq!(shop.api.stack.stripe().refunds().len(), 3);
    let pends = json!({"token": "pm_card_pendingRefund", "make_default": true});
    shop.client.add_payment_method(&shop.customer, pends).await.ok();
    let intent = shop.bills(500).await["payment_intent_id"].clone();
    let refund = shop.client.create_refund(json!({"payment_intent_id": intent})).await.ok().body;
    assert_eq!(refund["state"], "pending");
    shop.advance("2026-02-03T12:00:00Z").await;
    let id = refund["id"].as_str().unwrap();
    assert_eq!(shop.client.get_refund(id).await.ok().body["state"], "pending");
    let reference = shop.client.get_refund(id).await.ok().body["processor_reference"].clone();
    shop.api.stack.stripe().change_refund(reference.as_str().unwrap(), "succeeded");
    shop.advance("2026-02-04T12:00:00Z").await;
    assert_eq!(shop.client.get_refund(id).await.ok().body["state"], "succeeded");
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_call_charges_once() {
    let shop = Shop::with("pm_card_visa").await;
    let (mut made, mut kills, mut hour) = (0, 0, 11);
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for nth in 3.. {
            let id = shop.owed(1000, "usd").await;
            strike(&shop.api, "invoices-finalize", nth, fault.clone());
            let answer = shop.client.finalize_invoice(&id).await;
            shop.api.stack.wire().set_fault(None);
            made += 1;
            let answered = answer.status == 200;
            if !answered && shop.invoice(&id).await["state"] == "draft" {
                shop.client.finalize_invoice(&id).await.ok();
            }
            shop.advance(&format!("2026-0{}-{:02}T10:00:00Z", 2 + hour / 28, 1 + hour % 28)).await;
            hour += 1;
            assert_eq!(shop.invoice(&id).await["state"], "paid", "{fault:?} at {nth}");
            assert_eq!(shop.succeeded(), made, "{fault:?} at {nth}");
            if answered {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 6, "only {kills} calls were killed");
}

#[tokio::test]
async fn an_impatient_client_pays_once_with_and_without_a_key() {
    let shop = Shop::with("pm_card_visa").await;
    for key in [None, Some("again")] {
        let body = json!({
            "customer_id": shop.customer, "currency": "usd", "collection_method": "send_invoice",
            "items": [{"name": "Work", "amount_atom": 700}],
        });
        let id = shop.client.create_invoice(body).await.ok().id();
        shop.client.finalize_invoice(&id).await.ok();
        let before = shop.succeeded();
        shop.api.stack.stripe().next("/confirm", Trouble::Slow(Duration::from_millis(400)));
        let path = format!("/api/invoices/{id}/pay");
        let pay = || {
            let request = shop.client.request(Method::POST, &path).json(&json!({}));
            match key {
                Some(key) => exchange(request.header("Idempotency-Key", key)),
                None => exchange(request),
            }
        };
        let answers = futures_util::future::join3(pay(), pay(), pay()).await;
        let answers = [answers.0, answers.1, answers.2];
        assert!(answers.iter().any(|answer| answer.status == 200), "{answers:?}");
        assert_eq!(shop.succeeded(), before + 1);
        assert_eq!(shop.invoice(&id).await["state"], "paid");
    }
}

#[tokio::test]
async fn a_cancellation_that_meets_a_payment_gives_back_what_it_takes() {
    let shop = Shop::with("pm_card_visa").await;
    let product = shop.client.create_product(json!({"name": "Seat"})).await.ok().id();
    let price = json!({
        "product_id": product, "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": "month",
    });
    let price = shop.client.create_price(price).await.ok().id();
    for round in 0..4_u64 {
        let body = json!({
            "customer_id": shop.customer, "items": [{"price_id": price, "quantity": 1}],
            "collection_method": "send_invoice",
        });
        let subscription = shop.client.create_subscription(body).await.ok().body;
        let invoice = subscription["latest_invoice_id"].as_str().unwrap().to_owned();
        shop.client.finalize_invoice(&invoice).await;
        shop.api.stack.stripe().next("/confirm", Trouble::Slow(Duration::from_millis(150)));
        let id = subscription["id"].as_str().unwrap().to_owned();
        let pays = shop.client.pay_invoice(&invoice, json!({}));
        let cancels = async {
            tokio::time::sleep(Duration::from_millis(round * 60)).await;
            shop.client.cancel_subscription(&id, json!({"refund_option": "full"})).await
        };
        let (paid, cancelled) = futures_util::future::join(pays, cancels).await;
        if cancelled.status != 200 {
            shop.client.cancel_subscription(&id, json!({"refund_option": "full"})).await.ok();
        }
        shop.advance(&format!("2026-02-{:02}T10:00:00Z", round + 1)).await;
        let charges = shop.api.stack.stripe().charges();
        let of_it = charges.iter().filter(|charge| charge.invoice == invoice);
        let kept = of_it.filter(|charge| charge.status == "succeeded");
        let kept: i64 = kept.map(|charge| charge.amount - charge.refunded).sum();
        assert_eq!(kept, 0, "{round}: {paid:?} {cancelled:?}");
    }
}
