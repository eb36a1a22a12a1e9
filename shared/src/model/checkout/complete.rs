//! Completion: step by step from an open session to a completed one.
//!
//! 1. Somebody buys: a customer is made of an e-mail address, where the session names none.
//! 2. A card that is presented becomes a payment method of theirs.
//! 3. What the offer stands for is written, and linked to the session, which is still open.
//! 4. The invoice is finalized, and charged like any other; its payment and the completion of the
//!    session are one transaction (`invoice/collect.rs`).
//!
//! Each step is one transaction on the condition that the session, or the invoice, is what was read,
//! and is not done again by whoever finds it done. So two who complete a session at once take turns;
//! whoever comes after the payment is answered with the completed session. A process that dies leaves
//! a session whose next step anybody can do: the next request, or, once an attempt to charge is
//! written down, the invoice when it is due.
//!
//! Without a payment method to charge, step 3 completes the session, and its invoice is collected like
//! that of a subscription.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    base::{
        error::Error,
        id::PaymentMethodId,
        input::{Email, Faults, Input, Json, Location, input},
        metadata::Metadata,
    },
    model::{auth::TokenKind, payment_method::NewPaymentMethod},
};

/// What is charged, or set up.
#[derive(Clone, Debug)]
pub enum Means {
    /// A payment method of the customer.
    Saved(PaymentMethodId),
    /// A card that is presented now.
    New(Box<NewPaymentMethod>),
}

impl Input for Means {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        match value {
            Json::Object(_) => {
                NewPaymentMethod::read(value, at, faults).map(Box::new).map(Self::New)
            }
            value => PaymentMethodId::read(value, at, faults).map(Self::Saved),
        }
    }
}

impl JsonSchema for Means {
    fn schema_name() -> Cow<'static, str> {
        "Means".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let saved = generator.subschema_for::<PaymentMethodId>();
        let new = generator.subschema_for::<NewPaymentMethod>();
        json_schema!({"oneOf": [saved, new]})
    }
}

input! {
    /// How a session is completed.
    pub struct Completion {
        /// What is charged, or set up: the id of a payment method of the customer, or a token of a
        /// card. A decline is answered with 422, and the session stays open. When left out, what the
        /// customer has is charged as for any invoice, and the session is completed in any case. With a
        /// publishable token a card names no `processor_id`, `make_default` or `metadata`.
        pub(crate) payment_method: Option<Means>,
        /// Who buys, where the session names no customer: one is made.
        pub(crate) customer_email: Option<Email>,
    }
    example {
        "payment_method": {"token": "test_success", "processor_id": "proc_prod_0mkz6k3cp1r2o3c4"},
    }
}

impl Completion {
    /// The same, if a token of this kind may ask for it. What a page sends anybody may have written: it
    /// says which card, and nothing of what becomes of it.
    pub fn sent_with(self, kind: TokenKind) -> Result<Self, Error> {
        let (TokenKind::Publishable, Some(Means::New(new))) = (kind, &self.payment_method) else {
            return Ok(self);
        };
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let at = body.field("payment_method");
        let sent = [
            ("processor_id", new.processor_id.is_some()),
            ("make_default", new.make_default.is_some()),
            ("metadata", new.metadata != Metadata::default()),
        ];
        for (field, _) in sent.into_iter().filter(|(_, sent)| *sent) {
            faults.not_valid(&at.field(field), "not_allowed", "is for secret tokens");
        }
        faults.settled().map(|()| self)
    }
}

const NOUN: &str = "checkout session";
