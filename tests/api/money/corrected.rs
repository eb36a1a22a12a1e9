//! Usage that was billed, found to be too much, and credited: what is used after all is billed again, in
//! whatever order the credit note and the usage come.

use serde_json::{Value, json};

use super::{Shop, id, parts::Measured, parts::amounts, shop};

const EARLY: &str = "2026-01-05T00:00:00Z";
const BILLED: &str = "2026-02-01T02:00:00Z";
const LATER: &str = "2026-03-01T02:00:00Z";

impl Shop {
    /// What the bill of a period billed too much once an event is void or has another value.
    async fn corrects(&self, of: &Measured, at: &str, value: Option<i64>) -> Vec<Value> {
        let mut event = json!({"event_name": of.event, "identifier": at});
        let answer = match value {
            Some(value) => {
                event["value"] = json!(value);
                self.client.amend_usage(event).await
            }
            None => self.client.void_usage(event).await,
        };
        answer.ok().body["proposed_credit_notes"].as_array().unwrap().clone()
    }

    async fn credits(&self, notes: &[Value]) {
        for note in notes {
            self.client.create_credit_note(&self.customer, note.clone()).await.ok();
        }
    }

    /// What was paid and kept of a customer.
    async fn paid_and_kept(&self) -> i64 {
        let [captured, refunded, balance] = self.books().await;
        captured - refunded - balance
    }
}

/// The body of a proposal as somebody writes it who does not send it as it is.
fn by_hand(notes: &[Value], amount: i64) -> Vec<Value> {
    vec![json!({"invoice_id": notes[0]["invoice_id"], "currency": "usd", "amount_atom": amount})]
}

/// A hundred units of January, billed, and then corrected in some order.
async fn corrected(shop: &Shop, terms: Value, order: &str) -> (Measured, i64) {
    let measured = shop.measured("u", "sum", terms).await;
    shop.advance(EARLY).await;
    shop.uses(&measured, EARLY, 100).await;
    shop.arrive(BILLED).await;
    let again = "2026-01-06T00:00:00Z";
    match order {
        "credit, then use" => {
            let notes = shop.corrects(&measured, EARLY, None).await;
            shop.credits(&notes).await;
            shop.uses(&measured, again, 60).await;
        }
        "use, then credit" => {
            let notes = shop.corrects(&measured, EARLY, None).await;
            shop.uses(&measured, again, 60).await;
            shop.credits(&notes).await;
        }
        "by hand" => {
            let notes = shop.corrects(&measured, EARLY, None).await;
            let amount = notes[0]["amount_atom"].as_i64().unwrap();
            shop.credits(&by_hand(&notes, amount)).await;
            shop.uses(&measured, again, 60).await;
        }
        "in two parts" => {
            let notes = shop.corrects(&measured, EARLY, None).await;
            let amount = notes[0]["amount_atom"].as_i64().unwrap();
            shop.credits(&by_hand(&notes, amount / 3)).await;
            // What is left is proposed.
            let rest = shop.corrects(&measured, EARLY, None).await;
            assert_eq!(rest[0]["amount_atom"], amount - amount / 3, "{rest:?}");
            shop.credits(&rest).await;
            assert_eq!(shop.corrects(&measured, EARLY, None).await, Vec::<Value>::new());
            shop.uses(&measured, again, 60).await;
        }
        "down and up" => {
            let notes = shop.corrects(&measured, EARLY, Some(10)).await;
            shop.credits(&notes).await;
            shop.corrects(&measured, EARLY, Some(60)).await;
        }
        "down, up, then credit" => {
            let notes = shop.corrects(&measured, EARLY, Some(10)).await;
            shop.corrects(&measured, EARLY, Some(60)).await;
            shop.credits(&notes).await;
        }
        _ => {
            shop.corrects(&measured, EARLY, None).await;
            shop.uses(&measured, again, 60).await;
        }
    }
    shop.arrive(LATER).await;
    let kept = shop.paid_and_kept().await;
    shop.api.audit().await;
    (measured, kept)
}

const ORDERS: [&str; 6] = [
    "credit, then use",
    "use, then credit",
    "by hand",
    "in two parts",
    "down and up",
    "down, up, then credit",
];

#[tokio::test]
async fn what_is_used_after_a_correction_was_credited_is_billed_in_any_order() {
    for order in ORDERS {
        let shop = shop("test_success").await;
        let (_, kept) = corrected(&shop, json!({"unit_amount_atom": 10}), order).await;
        assert_eq!(kept, 600, "{order}");
    }
}

#[tokio::test]
async fn a_correction_that_nobody_credits_is_billed_no_second_time() {
    let shop = shop("test_success").await;
    let (measured, kept) = corrected(&shop, json!({"unit_amount_atom": 10}), "rejected").await;
    assert_eq!(kept, 1000);
    // What is too much by now is still proposed.
    let notes = shop.corrects(&measured, EARLY, None).await;
    assert_eq!(notes[0]["amount_atom"], 400);
}

#[tokio::test]
async fn a_corrected_period_costs_what_its_price_says() {
    let included = json!({"tiers_mode": "graduated", "tiers": [
        {"up_to": 50, "unit_amount_atom": 0}, {"unit_amount_atom": 10}]});
    let cheaper = json!({"tiers_mode": "volume", "tiers": [
        {"up_to": 90, "unit_amount_atom": 10}, {"unit_amount_atom": 5}]});
    let bounds = json!({"unit_amount_atom": 10, "minimum_amount_atom": 310,
        "maximum_amount_atom": 800});
    for (terms, costs) in [(included, 100), (cheaper, 600), (bounds, 600)] {
        for order in ["credit, then use", "use, then credit", "down and up"] {
            let shop = shop("test_success").await;
            // February, in which nothing is used, costs the least.
            let least = terms["minimum_amount_atom"].as_i64().unwrap_or(0);
            let (_, kept) = corrected(&shop, terms.clone(), order).await;
            assert_eq!(kept, costs + least, "{order} {terms}");
        }
    }
}

#[tokio::test]
async fn a_discount_and_a_tax_go_through_a_correction() {
    for order in ORDERS {
        let shop = shop("test_success").await;
        let off = json!({"discount_type": "percentage", "percent_off": 30, "duration": "forever"});
        let coupon = shop.client.create_coupon(off).await.ok().id();
        let measured = shop.measured("t", "sum", json!({"unit_amount_atom": 7})).await;
        let discount = json!({"coupon_id": coupon});
        shop.client.update_subscription(id(&measured.sold), discount).await.ok();
        shop.advance(EARLY).await;
        shop.uses(&measured, EARLY, 99).await;
        shop.arrive(BILLED).await;
        let notes = shop.corrects(&measured, EARLY, None).await;
        // 693 less 30 percent.
        assert_eq!(notes[0]["amount_atom"], 485);
        if order == "use, then credit" {
            shop.uses(&measured, "2026-01-06T00:00:00Z", 99).await;
            shop.credits(&notes).await;
        } else {
            shop.credits(&notes).await;
            shop.uses(&measured, "2026-01-06T00:00:00Z", 99).await;
        }
        shop.arrive(LATER).await;
        assert_eq!(shop.paid_and_kept().await, 485, "{order}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_is_sold_beside_the_usage_keeps_what_was_paid_for_it() {
    let shop = shop("test_success").await;
    let measured = shop.measured("beside", "sum", json!({"unit_amount_atom": 10})).await;
    let seat = shop.monthly(2000).await;
    let add = json!({"proration_behavior": "none",
        "items": [{"action": "add", "price_id": seat, "quantity": 1}]});
    shop.client.change_items(id(&measured.sold), add).await.ok();
    shop.advance(EARLY).await;
    shop.uses(&measured, EARLY, 100).await;
    shop.arrive(BILLED).await;
    let notes = shop.corrects(&measured, EARLY, None).await;
    assert_eq!(notes[0]["amount_atom"], 1000);
    shop.credits(&notes).await;
    // The same again would be for what is not there any more.
    let again = shop.client.create_credit_note(&shop.customer, notes[0].clone()).await;
    assert_eq!(again.refused(422).faults(), ["/amount_atom more_than_paid"]);
    shop.arrive("2026-02-15T00:00:00Z").await;
    // Half of February is left of the seat, all of which was paid.
    shop.cancel(&measured.sold, "prorated").await;
    assert_eq!(shop.books().await, [3000, 1000, 1000]);
    shop.api.audit().await;
}

#[tokio::test]
async fn times_that_are_priced_together_are_corrected_together() {
    let shop = shop("test_success").await;
    let included = json!({"tiers_mode": "graduated", "tiers": [
        {"up_to": 100, "unit_amount_atom": 0}, {"unit_amount_atom": 10}]});
    let measured = shop.measured("paused", "sum", included).await;
    shop.advance(EARLY).await;
    shop.uses(&measured, EARLY, 80).await;
    shop.advance("2026-01-10T00:00:00Z").await;
    shop.pauses(&measured.sold).await;
    shop.advance("2026-01-10T01:00:00Z").await;
    shop.client.resume_subscription(id(&measured.sold)).await.ok();
    shop.uses(&measured, "2026-01-10T01:00:00Z", 80).await;
    shop.arrive(BILLED).await;
    // The first 80 were billed at nothing: without them, the other 80 cost nothing.
    let notes = shop.corrects(&measured, EARLY, None).await;
    assert_eq!(notes[0]["amount_atom"], 600);
    shop.credits(&notes).await;
    shop.uses(&measured, "2026-01-06T00:00:00Z", 60).await;
    shop.arrive(LATER).await;
    assert_eq!(shop.paid_and_kept().await, 400);
    assert_eq!(amounts(&shop.newest(&measured.sold).await)[0], 400);
    shop.api.audit().await;
}

#[tokio::test]
async fn an_apology_for_usage_that_was_right_is_a_gift() {
    let shop = shop("test_success").await;
    let measured = shop.measured("gift", "sum", json!({"unit_amount_atom": 10})).await;
    shop.advance(EARLY).await;
    shop.uses(&measured, EARLY, 100).await;
    shop.arrive(BILLED).await;
    let bill = shop.newest(&measured.sold).await;
    let gift = json!({"invoice_id": bill["id"], "currency": "usd", "amount_atom": 300});
    shop.client.create_credit_note(&shop.customer, gift).await.ok();
    shop.uses(&measured, "2026-01-06T00:00:00Z", 20).await;
    shop.arrive(LATER).await;
    assert_eq!(shop.paid_and_kept().await, 1000 - 300 + 200);
    // It corrects usage only where there is an invoice that bills some.
    let note = json!({"currency": "usd", "amount_atom": 1, "corrects_usage": true});
    let refused = shop.client.create_credit_note(&shop.customer, note).await.refused(422);
    assert_eq!(refused.faults(), ["/corrects_usage no_invoice"]);
    shop.api.audit().await;
}
