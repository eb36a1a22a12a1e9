//! Cancellations and refunds: what was paid is given back once.

use serde_json::json;

use super::{HALF, THREE_QUARTERS, id, item, shop};

#[tokio::test]
async fn a_removed_item_and_a_full_refund_give_back_what_was_paid() {
    let shop = shop("test_success").await;
    let (small, large) = (shop.monthly(1000).await, shop.monthly(9000).await);
    let items = json!([{"price_id": small}, {"price_id": large}]);
    let sold = shop.subscribe(&small, json!({"items": items})).await.ok().body;
    let removed = json!({"proration_behavior": "always_invoice", "items": [
        {"action": "delete", "subscription_item_id": item(&sold, 1)}]});
    shop.client.change_items(id(&sold), removed).await.ok();
    assert_eq!(shop.books().await, [10_000, 0, 9000]);
    let ended = shop.cancel(&sold, "full").await;
    assert_eq!(shop.books().await, [10_000, 1000, 9000]);
    assert_eq!(ended["cancellation"]["refunded_amount_atom"], 1000);
    // Nothing is left to be refunded by hand.
    let payment = shop.invoices(id(&sold)).await[0]["payment_intent_id"].clone();
    let refused = shop.client.create_refund(json!({"payment_intent_id": payment})).await;
    assert_eq!(refused.refused(422).faults(), ["/amount_atom more_than_paid"]);
}

#[tokio::test]
async fn a_downgrade_and_each_kind_of_cancellation() {
    // 20.00 a month, to 10.00 at the half, cancelled at three quarters: used 10.00 + 2.50.
    for (option, books) in [
        ("none", [2000, 0, 500]),
        ("prorated", [2000, 250, 500]),
        ("full", [2000, 1500, 500]),
        ("cancel_unpaid", [2000, 0, 500]),
    ] {
        let shop = shop("test_success").await;
        let (sold, small) = (shop.sold(2000).await, shop.monthly(1000).await);
        shop.advance(HALF).await;
        shop.update(&sold, "always_invoice", json!({"price_id": small})).await;
        shop.advance(THREE_QUARTERS).await;
        shop.cancel(&sold, option).await;
        assert_eq!(shop.books().await, books, "{option}");
        assert_eq!(shop.due(&sold).await, 0, "{option}");
    }
}

#[tokio::test]
async fn waiting_lines_are_netted_with_what_is_given_back() {
    // 10.00 a month, to 20.00 at the half with the next renewal.
    for (option, at, kept, balance) in [
        ("prorated", THREE_QUARTERS, 1000, 0),
        ("prorated", HALF, 500, 0),
        ("prorated", "2026-01-28T03:00:00Z", 1250, 0),
        ("full", THREE_QUARTERS, 0, 0),
        ("none", THREE_QUARTERS, 1500, 0),
        ("cancel_unpaid", THREE_QUARTERS, 1000, 0),
    ] {
        let shop = shop("test_success").await;
        let (sold, large) = (shop.sold(1000).await, shop.monthly(2000).await);
        shop.advance(HALF).await;
        shop.update(&sold, "create_prorations", json!({"price_id": large})).await;
        shop.advance(at).await;
        shop.cancel(&sold, option).await;
        let [captured, refunded, credit] = shop.books().await;
        assert_eq!((captured - refunded, credit), (kept, balance), "{option} {at}");
        shop.advance("2026-03-02T00:00:00Z").await;
        assert_eq!(shop.books().await, [captured, refunded, credit], "{option} {at}: later");
    }
}

#[tokio::test]
async fn a_waiting_downgrade_is_paid_out_with_the_rest() {
    // 20.00 a month, to 10.00 at the half with the next renewal, cancelled at three quarters.
    let shop = shop("test_success").await;
    let (sold, small) = (shop.sold(2000).await, shop.monthly(1000).await);
    shop.advance(HALF).await;
    shop.update(&sold, "create_prorations", json!({"price_id": small})).await;
    shop.advance(THREE_QUARTERS).await;
    shop.cancel(&sold, "prorated").await;
    assert_eq!(shop.books().await, [2000, 750, 0]);
}

#[tokio::test]
async fn only_time_is_prorated_and_only_that_of_the_line_itself() {
    // What is sold once stays sold.
    let shop = shop("test_success").await;
    let (month, once) =
        (shop.monthly(1000).await, shop.price(json!({"unit_amount_atom": 1500})).await);
    let session = json!({
        "success_url": "https://e.example/s", "return_url": "https://e.example/r",
        "customer_id": shop.customer,
        "line_items": [{"price_id": month}, {"price_id": once}],
    });
    let session = shop.client.create_session(session).await.ok().id();
    let card = json!({"payment_method": {"token": "test_success"}});
    let done = shop.client.complete_session(&session, card).await.ok().body;
    let sold = shop.subscription(done["subscription_id"].as_str().unwrap()).await;
    shop.advance(HALF).await;
    shop.cancel(&sold, "prorated").await;
    assert_eq!(shop.books().await, [2500, 500, 0]);
}

#[tokio::test]
async fn what_waited_from_the_period_before_is_not_given_back() {
    let shop = shop("test_success").await;
    let sold = shop.sold(1000).await;
    shop.advance(HALF).await;
    shop.update(&sold, "create_prorations", json!({"quantity": 2})).await;
    shop.advance("2026-02-15T00:00:00Z").await;
    shop.cancel(&sold, "prorated").await;
    assert_eq!(shop.books().await, [3500, 1000, 0]);
}

#[tokio::test]
async fn a_period_that_began_in_its_middle_has_all_of_its_own_time_left() {
    let shop = shop("test_success").await;
    let sold = shop.sold(3100).await;
    shop.advance(HALF).await;
    shop.client.pause_subscription(id(&sold), json!({})).await.ok();
    shop.advance("2026-03-16T12:00:00Z").await;
    shop.client.resume_subscription(id(&sold)).await.ok();
    shop.cancel(&sold, "prorated").await;
    assert_eq!(shop.books().await, [4650, 1550, 0]);
}

#[tokio::test]
async fn a_draft_goes_with_its_subscription_and_is_never_charged() {
    for option in ["none", "full", "prorated", "cancel_unpaid"] {
        let shop = shop("test_success").await;
        let sold = shop.sold(1000).await;
        shop.advance("2026-02-01T00:10:00Z").await;
        shop.cancel(&sold, option).await;
        shop.advance("2026-02-02T00:00:00Z").await;
        assert_eq!(shop.books().await, [1000, 0, 0], "{option}");
        assert_eq!(shop.invoices(id(&sold)).await.len(), 1, "{option}");
    }
}

#[tokio::test]
async fn a_payment_of_unknown_outcome_is_asked_about_before_anything_is_given_back() {
    for token in ["test_timeout_after_charge", "test_timeout_before_charge"] {
        let shop = shop("test_success").await;
        let sold = shop.sold(1000).await;
        shop.pays_by(token).await;
        shop.advance("2026-02-01T01:00:00Z").await;
        shop.cancel(&sold, "full").await;
        shop.advance("2026-02-03T00:00:00Z").await;
        let [captured, refunded, balance] = shop.books().await;
        assert_eq!((captured - refunded, balance), (1000, 0), "{token}");
    }
}

#[tokio::test]
async fn what_the_balance_paid_returns_to_the_balance() {
    for (option, books) in [("full", [600, 600, 400]), ("prorated", [600, 300, 200])] {
        let shop = shop("test_success").await;
        let credit = json!({"currency": "usd", "amount_atom": 400});
        shop.client.create_credit_note(&shop.customer, credit).await.ok();
        let sold = shop.sold(1000).await;
        shop.advance(HALF).await;
        let ended = shop.cancel(&sold, option).await;
        assert_eq!(shop.books().await, books, "{option}");
        assert_eq!(ended["cancellation"]["credited_amount_atom"], books[2]);
    }
}

#[tokio::test]
async fn what_was_paid_out_of_band_comes_back_as_credit() {
    let shop = shop("").await;
    let price = shop.monthly(1000).await;
    let sent = json!({"collection_method": "send_invoice"});
    let sold = shop.subscribe(&price, sent).await.ok().body;
    let invoice = sold["latest_invoice_id"].as_str().unwrap();
    shop.client.pay_invoice(invoice, json!({"paid_out_of_band": true})).await.ok();
    shop.advance(HALF).await;
    let ended = shop.cancel(&sold, "prorated").await;
    assert_eq!(shop.books().await, [0, 0, 500]);
    assert_eq!(ended["cancellation"]["credited_amount_atom"], 500);
    assert_eq!(ended["cancellation"]["refunded_amount_atom"], 0);
}

#[tokio::test]
async fn credit_for_unpaid_time_reduces_what_is_open_and_is_no_credit() {
    for end in ["cancel_unpaid", "void", "mark_uncollectible", "pay"] {
        let shop = shop("test_success").await;
        let (small, large) = (shop.monthly(100).await, shop.monthly(9000).await);
        let items = json!([{"price_id": small}, {"price_id": large}]);
        let sent = json!({"items": items, "collection_method": "send_invoice"});
        let sold = shop.subscribe(&small, sent).await.ok().body;
        let removed = json!({"proration_behavior": "always_invoice", "items": [
            {"action": "delete", "subscription_item_id": item(&sold, 1)}]});
        let changed = shop.client.change_items(id(&sold), removed).await.ok().body;
        assert_eq!(changed["proration_amount_atom"], -9000);
        assert_eq!((shop.due(&sold).await, shop.books().await), (100, [0, 0, 0]), "{end}");
        let first = sold["latest_invoice_id"].as_str().unwrap();
        match end {
            "cancel_unpaid" => drop(shop.cancel(&sold, end).await),
            "void" => drop(shop.client.void_invoice(first).await.ok()),
            "pay" => drop(shop.client.pay_invoice(first, json!({})).await.ok()),
            _ => drop(shop.client.write_off_invoice(first).await.ok()),
        }
        let paid = if end == "pay" { 100 } else { 0 };
        assert_eq!(shop.books().await, [paid, 0, 0], "{end}");
    }
}

#[tokio::test]
async fn of_a_part_payment_a_change_gives_back_what_is_beyond_what_was_used() {
    let shop = shop("test_success").await;
    let (large, small) = (shop.monthly(5000).await, shop.monthly(1000).await);
    let sent = json!({"collection_method": "send_invoice"});
    let sold = shop.subscribe(&large, sent).await.ok().body;
    let first = sold["latest_invoice_id"].as_str().unwrap();
    shop.client.pay_invoice(first, json!({"amount_atom": 2000})).await.ok();
    shop.update(&sold, "always_invoice", json!({"price_id": small})).await;
    // 20.00 were paid for a month of 10.00.
    assert_eq!((shop.books().await, shop.due(&sold).await), ([2000, 0, 1000], 0));
}

#[tokio::test]
async fn an_invoice_can_be_voided_once_its_payments_are_refunded() {
    let shop = shop("test_success").await;
    let invoice = json!({
        "customer_id": shop.customer, "currency": "usd", "collection_method": "send_invoice",
        "items": [{"name": "Work", "amount": "100.00"}],
    });
    let invoice = shop.client.create_invoice(invoice).await.ok().id();
    shop.client.finalize_invoice(&invoice).await.ok();
    let paid = shop.client.pay_invoice(&invoice, json!({"amount_atom": 2500})).await.ok().body;
    let refused = shop.client.void_invoice(&invoice).await.refused(422);
    assert!(refused.body["detail"].as_str().unwrap().contains("refund"), "{}", refused.body);
    let payment = json!({"payment_intent_id": paid["payment_intent_id"]});
    shop.client.create_refund(payment).await.ok();
    let void = shop.client.void_invoice(&invoice).await.ok().body;
    assert_eq!((&void["state"], &void["due_amount_atom"]), (&json!("void"), &json!(0)));
    let page = shop.client.show_invoice(&invoice).await;
    let page = page.body.as_str().unwrap_or_default().to_owned();
    assert!(page.contains("Amount due</dt><dd>USD 0.00"), "{page}");
}

#[tokio::test]
async fn a_partly_paid_invoice_is_owed_no_longer_after_cancel_unpaid() {
    let shop = shop("test_success").await;
    let price = shop.monthly(1000).await;
    let sent = json!({"collection_method": "send_invoice"});
    let sold = shop.subscribe(&price, sent).await.ok().body;
    let first = sold["latest_invoice_id"].as_str().unwrap();
    shop.client.pay_invoice(first, json!({"amount_atom": 400})).await.ok();
    shop.cancel(&sold, "cancel_unpaid").await;
    let after = shop.client.get_invoice(first).await.ok().body;
    assert_eq!(after["due_amount_atom"], 0);
    assert_eq!((&after["state"], &after["reduced_amount_atom"]), (&json!("paid"), &json!(600)));
}

#[tokio::test]
async fn a_refund_that_is_refused_at_an_end_is_asked_for_once() {
    for (option, refused, credited) in [("full", 600, 400), ("prorated", 150, 100)] {
        let shop = shop("test_refund_declined").await;
        let credit = json!({"currency": "usd", "amount_atom": 400});
        shop.client.create_credit_note(&shop.customer, credit).await.ok();
        let sold = shop.sold(1000).await;
        shop.arrive(THREE_QUARTERS).await;
        let ended = shop.cancel(&sold, option).await;
        let given = |name: &str| ended["cancellation"][name].as_i64().unwrap();
        // What was paid by the balance is back there; what a card paid, and its bank refused, is not.
        assert_eq!((given("refunded_amount_atom"), given("credited_amount_atom")), (0, credited));
        assert_eq!(shop.books().await, [600, 0, credited]);
        let failed = shop.client.list_refunds("?state=failed").await.ok();
        assert_eq!(failed.body["total"], 1, "{}", failed.body);
        assert_eq!(failed.items()[0]["amount_atom"], refused);
        shop.arrive("2026-01-25T00:00:00Z").await;
        assert_eq!(shop.client.list_refunds("").await.ok().body["total"], 1);
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_is_forgiven_takes_its_credits_along() {
    for when in [THREE_QUARTERS, "2026-02-01T00:30:00Z"] {
        let shop = shop("test_success").await;
        let sold = shop.sold(1000).await;
        shop.arrive(HALF).await;
        let dearer = shop.monthly(2000).await;
        shop.update(&sold, "create_prorations", json!({"price_id": dearer})).await;
        shop.arrive(when).await;
        shop.cancel(&sold, "cancel_unpaid").await;
        assert_eq!((shop.books().await, shop.due(&sold).await), ([1000, 0, 0], 0));
        let paid = shop.client.get_invoice(sold["latest_invoice_id"].as_str().unwrap()).await.ok();
        assert_eq!(paid.body["items"][0]["given_back_amount_atom"], 0);
        shop.api.audit().await;
        let all = json!({"payment_intent_id": paid.body["payment_intent_id"], "amount_atom": 1000});
        shop.client.create_refund(all).await.ok();
        assert_eq!(shop.books().await, [1000, 1000, 0]);
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn an_invoice_is_not_voided_while_it_is_not_known_what_became_of_a_refund() {
    for (token, then) in [("test_refund_pending", 200), ("test_refund_pending_fails", 422)] {
        let shop = shop(token).await;
        let invoice = json!({"customer_id": shop.customer, "currency": "usd",
            "collection_method": "send_invoice",
            "items": [{"name": "Work", "amount_atom": 10_000}]});
        let invoice = shop.client.create_invoice(invoice).await.ok().id();
        shop.client.finalize_invoice(&invoice).await.ok();
        let paid = shop.client.pay_invoice(&invoice, json!({"amount_atom": 2000})).await.ok().body;
        let refund = json!({"payment_intent_id": paid["payment_intent_id"]});
        shop.client.create_refund(refund).await.ok();
        let refused = shop.client.void_invoice(&invoice).await.refused(422);
        assert_eq!(refused.faults(), [" refund_pending"]);
        shop.advance("2026-01-10T00:00:00Z").await;
        let answer = shop.client.void_invoice(&invoice).await;
        assert_eq!(answer.status.as_u16(), then, "{token}: {}", answer.body);
    }
}
