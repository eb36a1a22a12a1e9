//! Cards that are declined, and what is done about it.

use serde_json::{Value, json};

use super::day;
use crate::stripe::Shop;

/// Later, perhaps.
const SOFT: &str = "insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded \
    processing_error issuer_not_available reenter_transaction try_again_later do_not_honor \
    generic_decline call_issuer no_action_taken duplicate_transaction invalid_amount a_code_of_next_year";
/// Not by this card.
const DEAD: &str = "incorrect_number lost_card pickup_card stolen_card revocation_of_authorization \
    revocation_of_all_authorizations highest_risk_level transaction_not_allowed expired_card \
    invalid_account new_account_information_available card_not_supported currency_not_supported \
    invalid_expiry_month invalid_expiry_year invalid_number restricted_card security_violation \
    service_not_allowed not_permitted stop_payment_order merchant_blacklist fraudulent \
    previously_declined_do_not_retry live_mode_test_card testmode_decline do_not_try_again \
    offline_pin_required online_or_offline_pin_required";
/// The payer has to correct it, or to confirm it.
const CORRECT: &str = "incorrect_cvc invalid_cvc incorrect_zip incorrect_pin pin_try_exceeded \
    incorrect_address invalid_pin";
const CONFIRM: &str = "authentication_required approve_with_id authentication_not_handled \
    mobile_device_authentication_required";
/// Whoever holds the card must not read it.
const DISCREET: &str = "fraudulent lost_card stolen_card merchant_blacklist pickup_card \
    restricted_card security_violation highest_risk_level";

/// hyperswitch #2735: of every decline only `card_declined` was kept.
#[tokio::test]
async fn report_14_every_decline_by_its_code_and_its_advice() {
    let shop = Shop::with("pm_card_visa").await;
    let method = shop.api.stack.stripe().cards().pop().unwrap();
    let classes = [
        (SOFT, "soft", "try_later"),
        (DEAD, "hard", "use_another_method"),
        (CORRECT, "hard", "correct_details"),
        (CONFIRM, "hard", "payer_must_act"),
    ];
    let advised = [
        ("do_not_try_again", "hard", "use_another_method"),
        ("confirm_card_data", "hard", "correct_details"),
        ("try_again_later", "soft", "try_later"),
    ];
    for (codes, kind, advice) in classes {
        for (number, code) in codes.split_whitespace().enumerate() {
            shop.declines(&method, code, None, (kind, advice)).await;
            // The advice outranks what the code means.
            if number % 6 == 0 {
                for (word, kind, advice) in advised {
                    shop.declines(&method, code, Some(word), (kind, advice)).await;
                }
            }
        }
    }
}

impl Shop {
    /// A charge is declined like this, and is of this kind, with this advice.
    async fn declines(
        &self,
        method: &str,
        code: &str,
        word: Option<&str>,
        (kind, advice): (&str, &str),
    ) {
        self.api.stack.stripe().decline(method, code, word);
        // By hand: what was declined for good is tried for no other invoice by itself.
        let invoice = self.to_be_paid(1000).await;
        let card = self.cards().await[0]["id"].clone();
        self.client.pay_invoice(&invoice, json!({"payment_method_id": card})).await.refused(422);
        let invoice = self.invoice(&invoice).await;
        let intent = invoice["payment_intent_id"].as_str().unwrap();
        let failure = self.client.get_payment_intent(intent).await.ok().body["failure"].clone();
        assert_eq!(
            (&failure["kind"], &failure["advice"]),
            (&json!(kind), &json!(advice)),
            "{code}"
        );
        let raw = failure["raw_code"].as_str().unwrap();
        assert!(raw.contains(code) && word.is_none_or(|word| raw.contains(word)), "{raw}");
        let told = &invoice["last_payment_error"];
        let shown = if DISCREET.contains(code) { "generic_decline" } else { code };
        assert_eq!(told["code"], shown, "{invoice}");
        assert!(!DISCREET.contains(code) || !told.to_string().contains(code));
        self.client.void_invoice(invoice["id"].as_str().unwrap()).await.ok();
    }
}

/// polar #10811: what was tried by hand was counted as dunning.
#[tokio::test]
async fn report_15_attempts_by_hand_are_no_dunning() {
    let shop = Shop::with("pm_card_chargeDeclinedInsufficientFunds").await;
    let plan = |invoice: &Value| invoice["next_payment_attempt_at"].clone();
    let [left, tried] = [shop.bills(1000).await, shop.bills(1000).await];
    assert_eq!((&left["state"], plan(&left)), (&json!("past_due"), plan(&tried)));
    let id = tried["id"].as_str().unwrap();
    for _ in 0..3 {
        shop.client.pay_invoice(id, json!({})).await.refused(422);
    }
    let left = left["id"].as_str().unwrap();
    for number in [0, 5, 10, 15, 20, 25] {
        let (one, other) = (shop.invoice(left).await, shop.invoice(id).await);
        assert_eq!((plan(&one), &one["state"]), (plan(&other), &other["state"]), "{number}");
        let attempts = |invoice: &Value| invoice["attempt_count"].as_i64().unwrap();
        assert_eq!(attempts(&one) + 3, attempts(&other), "as many by itself");
        shop.advance(&day(number)).await;
    }
}

/// stripe/stripe-php #1221, liberapay #2686: a card that was used without a customer is dead.
#[tokio::test]
async fn report_16_a_card_that_can_be_used_again_until_it_is_let_go() {
    let shop = Shop::open().await;
    let card = shop.card("pm_card_visa").await;
    for _ in 0..2 {
        assert_eq!(shop.bills(1000).await["state"], "paid");
    }
    let source = shop.api.stack.stripe().cards().pop().unwrap();
    shop.client.delete_payment_method(&shop.customer, &card).await.ok();
    let asked = shop.api.stack.stripe().requests();
    assert!(asked.contains(&format!("POST /v1/payment_methods/{source}/detach")), "{asked:?}");
    let body = json!({"token": source});
    let refused = shop.client.add_payment_method(&shop.customer, body).await.refused(422);
    assert_eq!(refused.faults(), ["/token unknown_token"]);
    shop.api.audit().await;
}
