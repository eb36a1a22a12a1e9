//! An event of each type in which nothing happened, to try an endpoint with.

use serde_json::{Value, json};

use super::envelope::written;
use crate::{
    base::{
        error::Error,
        id::{Environment, EventId},
        input::input,
        time::Timestamp,
    },
    model::{
        account::Account,
        change_request::ChangeRequest,
        checkout::CheckoutSession,
        coupon::Coupon,
        credit_note::CreditNote,
        custom_field::CustomFieldDefinition,
        customer::Customer,
        entity::Representation,
        event_type::ALL,
        invoice::Invoice,
        passkey::Passkey,
        payment_intent::PaymentIntent,
        payment_link::PaymentLink,
        payment_method::PaymentMethod,
        portal::PortalSession,
        price::Price,
        processor::{Processor, ProcessorRoute},
        product::Product,
        promotion_code::PromotionCode,
        refund::Refund,
        subscription::Subscription,
        token::Token,
        webhook::{Pattern, WebhookEndpoint},
    },
};

input! {
    /// What an endpoint is tried with.
    pub struct TestSend {
        /// The type of the event; `customer.created`, when left out.
        r#type: Option<Pattern>,
    }
    example {"type": "invoice.paid"}
}

impl TestSend {
    /// The type of the event: of several that are meant, the first.
    pub fn name(&self) -> &'static str {
        let meant = |name: &str| match &self.r#type {
            Some(pattern) => pattern.matches(name),
            None => name == "customer.created",
        };
        ALL.iter().map(|(name, _)| *name).find(|name| meant(name)).unwrap_or("customer.created")
    }
}

/// The object that events of this type show in the documentation.
fn object(name: &str) -> Value {
    match name.rsplit_once('.').map_or(name, |(subject, _)| subject) {
        "account" => Account::example(),
        "change_request" => ChangeRequest::example(),
        "checkout_session" => CheckoutSession::example(),
        "coupon" => Coupon::example(),
        "credit_note" => CreditNote::example(),
        "custom_field_definition" => CustomFieldDefinition::example(),
        "customer.subscription" => Subscription::example(),
        "invoice" => Invoice::example(),
        "passkey" => Passkey::example(),
        "payment_intent" => PaymentIntent::example(),
        "payment_link" => PaymentLink::example(),
        "payment_method" => PaymentMethod::example(),
        "portal_session" => PortalSession::example(),
        "price" => Price::example(),
        "processor" => Processor::example(),
        "processor_route" => ProcessorRoute::example(),
        "product" => Product::example(),
        "promotion_code" => PromotionCode::example(),
        "refund" => Refund::example(),
        "token" => Token::example(),
        "webhook_endpoint" => WebhookEndpoint::example(),
        _ => Customer::example(),
    }
}

/// The envelope of an example, and the object it shows.
pub fn example_of(id: &EventId, name: &str, now: Timestamp) -> Result<(String, Value), Error> {
    let object = object(name);
    let event = json!({
        "id": id, "type": name, "created": now.seconds(),
        "livemode": id.environment() == Environment::Prod,
        "data": {"object": object.clone(), "previous_attributes": null},
    });
    let event = event.as_object().cloned().unwrap_or_default();
    Ok((written(&event, None, true)?, object))
}
