//! The token that a processor's client-side library gives for a card.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::base::input::{Faults, Input, Json, Location};

/// A token of a processor's client-side library. It is never shown, logged or stored.
#[derive(Clone)]
pub struct PaymentToken(String);

const MAX_TOKEN: usize = 500;

impl PaymentToken {
    /// The text, for the processor alone.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentToken(…)")
    }
}

/// Whether a text may be the number of a card, however its digits are grouped.
fn may_be_a_card_number(text: &str) -> bool {
    let grouped = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '-' | '.');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (12..=19).contains(&digits) && text.chars().all(grouped)
}

impl Input for PaymentToken {
    /// No fault repeats the text, because nobody knows what it is.
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let digits = match value {
            Json::Number(digits) => digits,
            value => value.text(at, faults)?,
        };
        let fault = if may_be_a_card_number(digits) {
            let hint = "looks like a card number, which must never be sent here: give the card to \
                        the processor's client-side library and send the token that it returns";
            Some(("card_number", hint.to_owned()))
        } else if matches!(value, Json::Number(_)) {
            return faults.wrong_type(at, "a string", value);
        } else if digits.trim().is_empty() {
            Some(("too_short", "cannot be empty".to_owned()))
        } else if digits.chars().count() > MAX_TOKEN {
            Some(("too_long", format!("is longer than {MAX_TOKEN} characters")))
        } else if digits.chars().any(char::is_control) {
            Some(("invalid_characters", "contains control characters".to_owned()))
        } else {
            None
        };
        match fault {
            Some((code, hint)) => {
                faults.not_valid(at, code, &hint);
                None
            }
            None => Some(Self(digits.to_owned())),
        }
    }
}

impl JsonSchema for PaymentToken {
    fn schema_name() -> Cow<'static, str> {
        "PaymentToken".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": MAX_TOKEN, "writeOnly": true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(body: &str) -> Result<PaymentToken, String> {
        let mut faults = Faults::default();
        let json = Json::parse(body).unwrap();
        let read = PaymentToken::read(
            &json,
            &Location::body("payment method").field("token"),
            &mut faults,
        );
        let told = || faults.iter().map(|fault| format!("{} {}", fault.code, fault.detail));
        read.ok_or_else(|| told().collect())
    }

    #[test]
    fn a_card_number_is_refused_however_it_is_written_and_never_repeated() {
        for number in [
            "\"4242424242424242\"",
            "\"4242 4242 4242 4242\"",
            "\"3782-822463-10005\"",
            "\" 6304000000000000000 \"",
            "424242424242",
            "4242424242424242",
        ] {
            let fault = token(number).unwrap_err();
            assert!(fault.starts_with("card_number") && !fault.contains("4242"), "{fault}");
        }
        for text in ["\"tok_4242424242424242\"", "\"12345678901\"", "\"test_success\""] {
            assert!(token(text).is_ok(), "{text}");
        }
        assert!(token("5").unwrap_err().starts_with("wrong_type"));
    }

    #[test]
    fn a_token_never_prints_itself() {
        let token = token("\"test_success\"").unwrap();
        assert_eq!(format!("{token:?}"), "PaymentToken(…)");
    }
}
