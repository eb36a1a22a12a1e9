//! Why a card was declined, and what to do about it. Pure.
//!
//! The order of judgement: the advice that Stripe gives; the codes for which its own retries send
//! nothing before there is another card; what a code means; and for a code that nobody knows, that the
//! same may succeed later. What the payer must not read is told as a plain decline; the word itself is
//! kept beside it.

use crate::model::processor::{Advice, DeclineKind, Failure};

/// What Stripe says of a decline.
#[derive(Clone, Debug, Default)]
pub(super) struct Said<'a> {
    pub(super) code: &'a str,
    pub(super) decline_code: Option<&'a str>,
    pub(super) advice_code: Option<&'a str>,
    pub(super) message: &'a str,
}

/// Never again by this card.
const DEAD: [&str; 33] = [
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "stolen_card",
    "revocation_of_authorization",
    "revocation_of_all_authorizations",
    "highest_risk_level",
    "transaction_not_allowed",
    "expired_card",
    "invalid_account",
    "new_account_information_available",
    "card_not_supported",
    "currency_not_supported",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "restricted_card",
    "security_violation",
    "service_not_allowed",
    "not_permitted",
    "stop_payment_order",
    "merchant_blacklist",
    "fraudulent",
    "previously_declined_do_not_retry",
    "live_mode_test_card",
    "testmode_decline",
    "test_mode_live_card",
    "do_not_try_again",
    "card_decline_rate_limit_exceeded",
    "payment_method_customer_decline",
    "india_recurring_payment_mandate_canceled",
    "offline_pin_required",
    "online_or_offline_pin_required",
];
/// Something was typed in wrongly.
const TYPED: [&str; 7] = [
    "incorrect_cvc",
    "invalid_cvc",
    "incorrect_zip",
    "incorrect_address",
    "incorrect_pin",
    "invalid_pin",
    "pin_try_exceeded",
];
/// The payer has to confirm it.
const CONFIRM: [&str; 6] = [
    "authentication_required",
    "authentication_not_handled",
    "mobile_device_authentication_required",
    "approve_with_id",
    "payment_intent_authentication_failure",
    "setup_intent_authentication_failure",
];
/// What must not be told to whoever holds the card.
const DISCREET: [&str; 8] = [
    "fraudulent",
    "lost_card",
    "stolen_card",
    "pickup_card",
    "restricted_card",
    "security_violation",
    "merchant_blacklist",
    "highest_risk_level",
];

/// What a decline means here.
pub(super) fn judged(said: &Said<'_>) -> Failure {
    let word = said.decline_code.filter(|word| !word.is_empty()).unwrap_or(said.code);
    let (kind, advice) = class(word, said.advice_code);
    let discreet = DISCREET.contains(&word);
    let (code, message) = match discreet {
        true => ("generic_decline", "The card was declined"),
        false => (word, said.message),
    };
    let mut failure = Failure::new(code, message, kind);
    failure.advice = Some(advice);
    let full = match said.advice_code {
        Some(advice) => format!("{}/{word}/{advice}", said.code),
        None => format!("{}/{word}", said.code),
    };
    failure.raw_code = Some(full);
    failure
}

fn class(word: &str, advice: Option<&str>) -> (DeclineKind, Advice) {
    match advice {
        Some("do_not_try_again") => return (DeclineKind::Hard, Advice::UseAnotherMethod),
        Some("confirm_card_data") => return (DeclineKind::Hard, Advice::CorrectDetails),
        Some("try_again_later") => return (DeclineKind::Soft, Advice::TryLater),
        Some(_) | None => {}
    }
    if DEAD.contains(&word) {
        (DeclineKind::Hard, Advice::UseAnotherMethod)
    } else if TYPED.contains(&word) {
        (DeclineKind::Hard, Advice::CorrectDetails)
    } else if CONFIRM.contains(&word) {
        (DeclineKind::Hard, Advice::PayerMustAct)
    } else {
        (DeclineKind::Soft, Advice::TryLater)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'a>(decline_code: &'a str, advice_code: Option<&'a str>) -> Said<'a> {
        let decline_code = Some(decline_code);
        Said { code: "card_declined", decline_code, advice_code, message: "Your card" }
    }

    #[test]
    fn each_code_is_of_its_class_and_an_advice_outranks_it() {
        let soft = [
            "insufficient_funds",
            "card_velocity_exceeded",
            "withdrawal_count_limit_exceeded",
            "processing_error",
            "issuer_not_available",
            "reenter_transaction",
            "try_again_later",
            "do_not_honor",
            "generic_decline",
            "call_issuer",
            "no_action_taken",
            "duplicate_transaction",
            "a_code_of_next_year",
        ];
        for code in soft {
            let failure = judged(&said(code, None));
            assert_eq!(failure.kind, DeclineKind::Soft, "{code}");
            let told = judged(&said(code, Some("do_not_try_again")));
            assert_eq!(told.advice, Some(Advice::UseAnotherMethod), "{code}");
            assert_eq!(told.kind, DeclineKind::Hard, "{code}");
        }
        for code in DEAD {
            assert_eq!(judged(&said(code, None)).advice, Some(Advice::UseAnotherMethod), "{code}");
            let later = judged(&said(code, Some("try_again_later")));
            assert_eq!(later.kind, DeclineKind::Soft, "{code}");
        }
        for code in CONFIRM {
            assert_eq!(judged(&said(code, None)).advice, Some(Advice::PayerMustAct), "{code}");
        }
        for code in TYPED {
            let corrects = judged(&said(code, None));
            assert_eq!(corrects.advice, Some(Advice::CorrectDetails), "{code}");
        }
    }

    #[test]
    fn what_would_reveal_something_is_told_as_a_plain_decline_and_kept() {
        for code in DISCREET {
            let failure = judged(&said(code, None));
            assert_eq!(failure.code, "generic_decline");
            assert!(!failure.message.contains(code) && failure.raw_code.unwrap().contains(code));
        }
    }

    #[test]
    fn a_decline_without_a_decline_code_is_its_code() {
        let said = Said { code: "expired_card", message: "Expired", ..Said::default() };
        assert_eq!(judged(&said).code, "expired_card");
    }
}
