//! What events are called, an enum for each entity: the one table of all event types.
//!
//! An entity names its enum (`Entity::Event`), and `store::Tx` writes no event of any other type, but for
//! `customer.state_changed`, which is beside those of a subscription or invoice (`Entity::moves_customer`).
//! What is in no enum cannot be emitted, and what is in one is in openapi.yaml and docs/events.md.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::base::input::{Faults, Input, Json, Location};

/// The types of the events of one entity: implemented by the table below alone.
pub trait EventType: Copy + 'static {
    /// What the events are about, as their types begin: `customer.subscription`.
    const SUBJECT: &'static str;

    /// The type, as it is written: `customer.created`.
    fn as_str(self) -> &'static str;
}

/// Of an entity that says when it is new.
pub trait Creates: EventType {
    /// It is new.
    const CREATED: Self;
}

/// Of an entity that can change.
pub trait Updates: EventType {
    /// It has changed.
    const UPDATED: Self;
}

/// Of an entity that can be deleted.
pub trait Deletes: EventType {
    /// It is gone.
    const DELETED: Self;
}

/// The event of an entity that only distinguishes new and changed.
pub fn created_or_updated<T: Creates + Updates, E>(before: Option<&E>) -> Vec<T> {
    vec![before.map_or(T::CREATED, |_| T::UPDATED)]
}

macro_rules! event_types {
    ($(
        $(#[doc = $about:expr])*
        $name:ident = $subject:literal {
            $($(#[doc = $doc:literal])* $variant:ident = $verb:literal),* $(,)?
        }
    )*) => {
        $(
            $(#[doc = $about])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $name {
                $($(#[doc = $doc])* $variant,)*
            }

            impl EventType for $name {
                const SUBJECT: &'static str = $subject;

                fn as_str(self) -> &'static str {
                    match self { $(Self::$variant => concat!($subject, ".", $verb),)* }
                }
            }

            $(event_types!(@trait $name $variant);)*
        )*

        /// Every event type, with when it happens.
        pub const ALL: &[(&str, &str)] =
            &[$($((concat!($subject, ".", $verb), concat!($($doc),*)),)*)*];
    };
    (@trait $name:ident Created) => {
        impl Creates for $name {
            const CREATED: Self = Self::Created;
        }
    };
    (@trait $name:ident Updated) => {
        impl Updates for $name {
            const UPDATED: Self = Self::Updated;
        }
    };
    (@trait $name:ident Deleted) => {
        impl Deletes for $name {
            const DELETED: Self = Self::Deleted;
        }
    };
    (@trait $name:ident $other:ident) => {};
}

event_types! {
    /// Of the account itself.
    AccountEvent = "account" {
        /// The account was opened.
        Created = "created",
        /// Its settings were changed.
        Updated = "updated",
    }
    /// Of access tokens.
    TokenEvent = "token" {
        /// A token was made.
        Created = "created",
        /// A token was changed or revoked.
        Updated = "updated",
    }
    /// Of passkeys.
    PasskeyEvent = "passkey" {
        /// A passkey was registered.
        Created = "created",
        /// A passkey opened a session.
        Used = "used",
        /// A passkey was removed.
        Deleted = "deleted",
    }
    /// Of customers.
    CustomerEvent = "customer" {
        /// A customer was created.
        Created = "created",
        /// A customer was changed.
        Updated = "updated",
        /// A customer was deleted.
        Deleted = "deleted",
        /// What a customer has or owes has changed, by the subscription or invoice that the event shows.
        StateChanged = "state_changed",
    }
    /// Of subscriptions.
    SubscriptionEvent = "customer.subscription" {
        /// A subscription was created.
        Created = "created",
        /// A subscription was renewed or changed in another way.
        Updated = "updated",
        /// A subscription was paused.
        Paused = "paused",
        /// A paused subscription goes on.
        Resumed = "resumed",
        /// A subscription has ended.
        Cancelled = "cancelled",
        /// A subscription's trial ends in three days.
        TrialWillEnd = "trial_will_end",
        /// What an item of a subscription used in a period has reached a threshold of its meter.
        UsageThresholdReached = "usage_threshold_reached",
    }
    /// Of products.
    ProductEvent = "product" {
        /// A product was created.
        Created = "created",
        /// A product was changed.
        Updated = "updated",
        /// A product was deleted.
        Deleted = "deleted",
    }
    /// Of prices.
    PriceEvent = "price" {
        /// A price was created.
        Created = "created",
        /// A price was changed or archived.
        Updated = "updated",
    }
    /// Of coupons.
    CouponEvent = "coupon" {
        /// A coupon was created.
        Created = "created",
        /// A coupon was changed or redeemed.
        Updated = "updated",
        /// A coupon was deleted.
        Deleted = "deleted",
    }
    /// Of meters, which are never deleted.
    MeterEvent = "meter" {
        /// A meter was created.
        Created = "created",
        /// A meter was changed or archived.
        Updated = "updated",
    }
    /// Of tax rates, which are never deleted.
    TaxRateEvent = "tax_rate" {
        /// A tax rate was created.
        Created = "created",
        /// A tax rate was changed or archived.
        Updated = "updated",
    }
    /// Of promotion codes.
    PromotionCodeEvent = "promotion_code" {
        /// A promotion code was created.
        Created = "created",
        /// A promotion code was changed or redeemed.
        Updated = "updated",
        /// A promotion code was deleted.
        Deleted = "deleted",
    }
    /// Of custom field definitions.
    CustomFieldDefinitionEvent = "custom_field_definition" {
        /// A custom field was defined.
        Created = "created",
        /// The definition of a custom field was changed.
        Updated = "updated",
        /// The definition of a custom field was deleted.
        Deleted = "deleted",
    }
    /// Of invoices.
    InvoiceEvent = "invoice" {
        /// An invoice was created.
        Created = "created",
        /// An invoice was changed in a way not named below.
        Updated = "updated",
        /// A draft was deleted.
        Deleted = "deleted",
        /// An invoice's amounts are locked and it has a number.
        Finalized = "finalized",
        /// An invoice is paid in full.
        Paid = "paid",
        /// A payment of an invoice failed.
        PaymentFailed = "payment_failed",
        /// An invoice was not paid in time.
        PastDue = "past_due",
        /// An invoice is void.
        Voided = "voided",
        /// An invoice is not expected to be paid.
        MarkedUncollectible = "marked_uncollectible",
    }
    /// Of credit notes, which never change.
    CreditNoteEvent = "credit_note" {
        /// A customer's credit balance changed.
        Created = "created",
    }
    /// Of payments.
    PaymentIntentEvent = "payment_intent" {
        /// A payment is about to be asked for.
        Created = "created",
        /// A payment was changed in a way not named below.
        Updated = "updated",
        /// A payment was made.
        Succeeded = "succeeded",
        /// A payment was not made.
        Failed = "failed",
    }
    /// Of refunds.
    RefundEvent = "refund" {
        /// A refund is about to be asked for.
        Created = "created",
        /// A refund succeeded, failed, or was changed.
        Updated = "updated",
    }
    /// Of disputes.
    DisputeEvent = "dispute" {
        /// A payer disputes a payment, or their bank asks about one.
        Created = "created",
        /// A dispute was changed in a way not named below.
        Updated = "updated",
        /// The bank has decided a dispute.
        Closed = "closed",
    }
    /// Of payment methods.
    PaymentMethodEvent = "payment_method" {
        /// A customer has a new payment method.
        Created = "created",
        /// A payment method was changed.
        Updated = "updated",
        /// A payment method was deleted.
        Deleted = "deleted",
    }
    /// Of processors.
    ProcessorEvent = "processor" {
        /// A processor was connected.
        Created = "created",
        /// A processor was changed.
        Updated = "updated",
        /// A processor was deleted.
        Deleted = "deleted",
    }
    /// Of processor routes.
    ProcessorRouteEvent = "processor_route" {
        /// A processor route was created.
        Created = "created",
        /// A processor route was changed.
        Updated = "updated",
        /// A processor route was deleted.
        Deleted = "deleted",
    }
    /// Of checkout sessions.
    CheckoutSessionEvent = "checkout_session" {
        /// A checkout session was created.
        Created = "created",
        /// A checkout session was changed in a way not named below.
        Updated = "updated",
        /// A checkout session made what it was for.
        Completed = "completed",
        /// A checkout session can no longer be completed.
        Expired = "expired",
    }
    /// Of payment links.
    PaymentLinkEvent = "payment_link" {
        /// A payment link was created.
        Created = "created",
        /// A payment link was changed or switched off.
        Updated = "updated",
    }
    /// Of change requests.
    ChangeRequestEvent = "change_request" {
        /// A change request was created.
        Created = "created",
        /// What a change request asks for was changed, or it waits for its instant now.
        Updated = "updated",
        /// The changes of a change request were made.
        Applied = "applied",
        /// A change request was taken back, or its subscription has ended.
        Cancelled = "cancelled",
        /// The changes of a change request were not allowed when their instant had come.
        Failed = "failed",
    }
    /// Of portal sessions.
    PortalSessionEvent = "portal_session" {
        /// The portal was opened for a customer.
        Created = "created",
    }
    /// Of webhook endpoints.
    WebhookEndpointEvent = "webhook_endpoint" {
        /// A webhook endpoint was created.
        Created = "created",
        /// A webhook endpoint was changed in a way not named below, or its secret was replaced.
        Updated = "updated",
        /// A webhook endpoint was deleted.
        Deleted = "deleted",
        /// A webhook endpoint has done nothing but fail for two and a half days.
        Failing = "failing",
        /// A webhook endpoint is disabled: it did nothing but fail for five days, or answered 410.
        Disabled = "disabled",
    }
    /// Of events themselves: none.
    NoEvent = "event" {}
}

/// The type of an event, as it is stored and shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypeName(Cow<'static, str>);

impl TypeName {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: EventType> From<T> for TypeName {
    fn from(happened: T) -> Self {
        Self(Cow::Borrowed(happened.as_str()))
    }
}

impl Input for TypeName {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let name = value.text(at, faults)?;
        let known = ALL.iter().map(|(known, _)| *known).find(|known| *known == name);
        if known.is_none() {
            let hint = "is no type of an event, such as invoice.paid";
            faults.not_valid(at, "unknown_value", hint);
        }
        known.map(|known| Self(Cow::Borrowed(known)))
    }
}

impl JsonSchema for TypeName {
    fn schema_name() -> Cow<'static, str> {
        "EventType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
        let lines = ALL.iter().map(|(name, about)| format!("- `{name}`: {}", about.trim()));
        let about = lines.collect::<Vec<_>>().join("\n");
        json_schema!({
            "type": "string",
            "enum": names,
            "description": format!("What happened to an object.\n\n{about}"),
        })
    }
}
