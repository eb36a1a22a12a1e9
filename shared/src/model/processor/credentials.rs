//! What an account entrusts to us to be let in at its processor. Pure.
//!
//! A secret comes in once and never goes out: it is sealed with the deployment's key before it is
//! stored (`store/outside.rs`), and an answer says its last four characters. Which world a key is of is
//! written in it: a live key has no business in staging, nor a test key in production.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::base::{
    id::Environment,
    input::{Faults, Input, Json, Location, choice},
};

choice! {
    /// Whether a processor does what it is asked.
    pub enum ProcessorState {
        /// It does, as far as is known.
        Ready = "ready",
        /// It refuses the account's key: nothing can be charged until there is another.
        Refused = "refused",
        /// It cannot be reached.
        Unavailable = "unavailable",
    }
}

/// A secret of an account at its processor. It is never shown or logged, and stored only sealed.
#[derive(Clone)]
pub struct Secret(String);

const LONGEST: usize = 500;

impl Secret {
    /// The text, to be sealed or sent to the processor.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// What is shown of it.
    pub(crate) fn last_four(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        characters.iter().skip(characters.len().saturating_sub(4)).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Input for Secret {
    /// No fault repeats the text.
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = value.text(at, faults)?;
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if text.is_empty() || text.len() > LONGEST || !plain {
            faults.not_valid(at, "invalid", "is no key: letters, digits and _ only");
            return None;
        }
        Some(Self(text.to_owned()))
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": LONGEST, "writeOnly": true,
            "pattern": "^[A-Za-z0-9_-]+$",
        })
    }
}

/// The secrets as they are stored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sealed {
    /// What requests are sent with.
    pub(crate) secret_key: String,
    /// What its events are signed with; two while one is replaced.
    pub(crate) webhook_secrets: Vec<String>,
}

/// What keys of Stripe begin with, and whether they are secret.
const STRIPE: [(&str, bool, Environment); 6] = [
    ("sk_live_", true, Environment::Prod),
    ("rk_live_", true, Environment::Prod),
    ("pk_live_", false, Environment::Prod),
    ("sk_test_", true, Environment::Stg),
    ("rk_test_", true, Environment::Stg),
    ("pk_test_", false, Environment::Stg),
];

/// Why a key of Stripe cannot be one of an account in `environment`; `secret` says which it is to be.
pub(super) fn stripe_fault(
    key: &str,
    secret: bool,
    environment: Environment,
) -> Option<(&'static str, &'static str)> {
    let known = STRIPE.iter().find(|(prefix, ..)| key.starts_with(prefix));
    match known {
        None => Some(("invalid", "is no key of Stripe")),
        Some((_, true, _)) if !secret => Some((
            "secret",
            "is a secret key, which must be known to nobody: send the publishable one",
        )),
        Some((_, false, _)) if secret => {
            Some(("invalid", "is a publishable key: the secret or a restricted one is needed"))
        }
        Some((_, _, of)) if *of == environment => None,
        Some(_) => Some(match environment {
            Environment::Stg => ("live_key", "is a live key: staging moves no money"),
            Environment::Prod => ("test_key", "is a test key: production would move no money"),
        }),
    }
}

/// What secrets of Stripe's webhooks begin with.
pub(super) const WEBHOOK: &str = "whsec_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_key_is_refused_in_staging_and_a_test_key_in_production() {
        let code = |key, secret, environment| {
            stripe_fault(key, secret, environment).map_or("", |(code, _)| code)
        };
        for key in ["sk_test_1", "rk_test_1"] {
            assert_eq!(code(key, true, Environment::Stg), "");
            assert_eq!(code(key, true, Environment::Prod), "test_key");
        }
        for key in ["sk_live_1", "rk_live_1"] {
            assert_eq!(code(key, true, Environment::Prod), "");
            assert_eq!(code(key, true, Environment::Stg), "live_key");
        }
        assert_eq!(code("pk_test_1", true, Environment::Stg), "invalid");
        assert_eq!(code("sk_test_1", false, Environment::Stg), "secret");
        assert_eq!(code("pk_live_1", false, Environment::Stg), "live_key");
        assert_eq!(code("hello", true, Environment::Stg), "invalid");
    }

    #[test]
    fn a_secret_shows_its_end_alone() {
        let secret = Secret("sk_test_abcdefgh".to_owned());
        assert_eq!(
            (secret.last_four().as_str(), format!("{secret:?}")),
            ("efgh", "Secret(…)".into())
        );
    }
}
