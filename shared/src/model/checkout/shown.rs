//! A session as whoever asks may see it: all of it, or what a payer may know.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{CheckoutSession, PublicCheckoutSession};
use crate::model::{entity::Representation, expansion::Expansion, words::Locale};

/// Who reads an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The seller's own server, with a secret token.
    Seller,
    /// A payer's browser, in this language.
    Payer(Locale),
}

/// A session as whoever asks may see it.
#[derive(Debug)]
pub struct ShownCheckoutSession;

impl JsonSchema for ShownCheckoutSession {
    fn schema_name() -> Cow<'static, str> {
        "ShownCheckoutSession".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let seller = generator.subschema_for::<CheckoutSession>();
        let payer = generator.subschema_for::<PublicCheckoutSession>();
        json_schema!({
            "description": "The session: all of it for a secret token, what a payer may know for a \
                            publishable one.",
            "oneOf": [seller, payer],
        })
    }
}

impl Representation for ShownCheckoutSession {
    const EXPANSIONS: &'static [Expansion] = CheckoutSession::EXPANSIONS;

    fn example() -> Value {
        CheckoutSession::example()
    }
}
