//! Why a payment does not go on, in words for a payer.
//!
//! What a seller is told names the field, the object and the processor's reason. A payer can do nothing
//! with most of it, and must not be told some: whoever pays by a stolen card does not learn that it was
//! reported. So a payer is told one of these few things, in the payer's language.

use super::public::Seller;
use crate::{
    base::{
        error::Error,
        input::{Class, Fault, Faults},
    },
    model::words::{Locale, Words, said},
};

/// What stands between a payer and the end of the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    Declined,
    InsufficientFunds,
    ExpiredCard,
    WrongDetails,
    Confirm,
    Pending,
    NotReady,
    EmailNeeded,
    FieldsWrong,
    CodeUsed,
    CodeRefused,
    AmountChanged,
    Unavailable,
    Expired,
    Failed,
}

impl Obstacle {
    const ALL: [Self; 15] = [
        Self::Declined,
        Self::InsufficientFunds,
        Self::ExpiredCard,
        Self::WrongDetails,
        Self::Confirm,
        Self::Pending,
        Self::NotReady,
        Self::EmailNeeded,
        Self::FieldsWrong,
        Self::CodeUsed,
        Self::CodeRefused,
        Self::AmountChanged,
        Self::Unavailable,
        Self::Expired,
        Self::Failed,
    ];

    /// What `error` means to a payer.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Faulty(faults) | Error::Conflict(faults) => {
                faults.iter().next().map_or(Self::Failed, Self::of_fault)
            }
            Error::ActionNeeded(..) => Self::Confirm,
            _ => Self::Failed,
        }
    }

    fn of_fault(fault: &Fault) -> Self {
        let within = |place: &str| fault.pointer.starts_with(place);
        match fault.code.as_str() {
            _ if within("/coupon_id") || within("/promotion_code") => Self::CodeUsed,
            "insufficient_funds" => Self::InsufficientFunds,
            "expired_card" => Self::ExpiredCard,
            "authentication_required" => Self::Confirm,
            "payment_pending" => Self::Pending,
            "illegal_state" => Self::Expired,
            "amount_changed" => Self::AmountChanged,
            "no_customer" => Self::Unavailable,
            "no_processor" | "not_active" | "processor_unavailable" => Self::NotReady,
            "incorrect_number"
            | "invalid_number"
            | "incorrect_cvc"
            | "invalid_cvc"
            | "invalid_expiry_month"
            | "invalid_expiry_year"
            | "incorrect_zip" => Self::WrongDetails,
            _ if fault.pointer.ends_with("/processor_id") => Self::NotReady,
            _ if within("/customer_email") => Self::EmailNeeded,
            _ if within("/line_items") || within("/cascade") => Self::Unavailable,
            _ if within("/payment_method") || within("/token") => Self::WrongDetails,
            _ => Self::Declined,
        }
    }

    /// The one with this word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == word)
    }

    /// The word for programs: the same for whatever a payer is told the same about.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Declined => "card_declined",
            Self::InsufficientFunds => "insufficient_funds",
            Self::ExpiredCard => "expired_card",
            Self::WrongDetails => "incorrect_details",
            Self::Confirm => "authentication_required",
            Self::Pending => "payment_pending",
            Self::NotReady => "not_ready",
            Self::EmailNeeded => "customer_email",
            Self::FieldsWrong => "custom_fields",
            Self::CodeUsed => "promotion_code",
            Self::CodeRefused => "promotion_code_refused",
            Self::AmountChanged => "amount_changed",
            Self::Unavailable => "unavailable",
            Self::Expired => "illegal_state",
            Self::Failed => "failed",
        }
    }

    /// The sentence.
    pub(crate) fn said(self, words: &Words, seller: &Seller) -> String {
        let sentence = match self {
            Self::Declined => words.declined,
            Self::InsufficientFunds => words.insufficient_funds,
            Self::ExpiredCard => words.expired_card,
            Self::WrongDetails => words.wrong_details,
            Self::Confirm => words.confirm,
            Self::Pending => words.pending_text,
            Self::NotReady => words.not_ready,
            Self::EmailNeeded => words.email_needed,
            Self::FieldsWrong => words.fields_wrong,
            Self::CodeUsed => words.code_used,
            Self::CodeRefused => words.code_refused,
            Self::AmountChanged => words.amount_changed,
            Self::Unavailable => words.unavailable,
            Self::Expired => words.expired_text,
            Self::Failed => words.failed,
        };
        said(sentence, &[("seller", &seller.name)])
    }
}

/// `error` as a payer's browser is told it. What is wrong with the request itself is said to whoever
/// wrote the page, as always.
pub(crate) fn worded(error: Error, locale: Locale, seller: &Seller) -> Error {
    let obstacle = Obstacle::of(&error);
    let reworded =
        |faults: Faults| faults.reworded(obstacle.code(), obstacle.said(locale.words(), seller));
    match error {
        Error::Faulty(faults) if faults.class() == Class::NotValid => {
            Error::Faulty(reworded(faults))
        }
        Error::Conflict(faults) => Error::Conflict(reworded(faults)),
        Error::ActionNeeded(faults, next) => Error::ActionNeeded(reworded(faults), next),
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seller() -> Seller {
        let name = "Acme".to_owned();
        Seller { name, logo_url: None, primary_color: None, support_email: None }
    }

    #[test]
    fn nobody_is_told_that_a_card_was_reported() {
        for code in ["stolen_card", "lost_card", "fraudulent", "pickup_card", "do_not_honor"] {
            let error =
                Error::not_now("payment", code, "was declined: the card was reported stolen");
            let Error::Faulty(faults) = worded(error, Locale::En, &seller()) else { panic!("422") };
            let told: Vec<_> = faults.iter().map(|one| (&*one.code, &*one.detail)).collect();
            assert_eq!(told, [("card_declined", "The card was declined. Please try another one.")]);
        }
    }

    #[test]
    fn a_payer_is_told_what_a_payer_can_do() {
        let of = |field: &str, code: &str| Obstacle::of(&Error::rule("x", field, code, "is wrong"));
        assert_eq!(of("processor_id", "required"), Obstacle::NotReady);
        assert_eq!(of("customer_email", "required"), Obstacle::EmailNeeded);
        assert_eq!(of("promotion_code", "used_up"), Obstacle::CodeUsed);
        assert_eq!(of("promotion_code", "not_active"), Obstacle::CodeUsed);
        assert_eq!(of("line_items", "inactive"), Obstacle::Unavailable);
        let now = |code: &str| Obstacle::of(&Error::not_now("x", code, "is wrong"));
        assert_eq!(now("payment_pending"), Obstacle::Pending);
        assert_eq!(now("amount_changed"), Obstacle::AmountChanged);
        assert_eq!(now("authentication_required"), Obstacle::Confirm);
        assert_eq!(now("illegal_state"), Obstacle::Expired);
        assert_eq!(Obstacle::of(&Error::Contended), Obstacle::Failed);
    }

    #[test]
    fn a_fault_of_the_page_is_said_to_whoever_wrote_it() {
        let mut faults = Faults::default();
        let at = crate::base::input::Location::body("checkout session");
        faults.not_understood(&at.field("nonsense"), "unknown_field", "is not known");
        let Error::Faulty(told) = worded(Error::Faulty(faults), Locale::De, &seller()) else {
            panic!("400")
        };
        assert_eq!(told.iter().next().unwrap().code, "unknown_field");
    }
}
