//! Every kind of object that is stored, written down once. Whoever must know all of them asks here, so that none can
//! be forgotten: the backfill, the audit, the examples of events.

/// Does with the type of an object what depends on it: of all kinds, with the first `E` where `is` holds.
///
/// `entity_of!(E where E::RESOURCE == "customers" => E::example(), else Value::Null)`
#[macro_export]
macro_rules! entity_of {
    ($entity:ident where $is:expr => $then:expr, else $else:expr) => {
        $crate::entity_of!(
            @every $entity, $is, $then, $else;
            account::Account, change_request::ChangeRequest, checkout::CheckoutSession, coupon::Coupon,
            credit_note::CreditNote, custom_field::CustomFieldDefinition, customer::Customer,
            dispute::Dispute, event::Event, invoice::Invoice, meter::Meter, passkey::Passkey, payment_intent::PaymentIntent,
            payment_link::PaymentLink, payment_method::PaymentMethod, portal::PortalSession, price::Price,
            processor::Processor, processor::ProcessorRoute, processor::watch::Watch, product::Product,
            promotion_code::PromotionCode, refund::Refund, subscription::Subscription, tax_rate::TaxRate,
            token::Token, webhook::Delivery, webhook::Lane, webhook::WebhookEndpoint,
        )
    };
    (@every $entity:ident, $is:expr, $then:expr, $else:expr; $($($part:ident)::+,)+) => {
        'found: {
            $({
                type $entity = $crate::model::$($part)::+;
                if $is {
                    break 'found $then;
                }
            })+
            $else
        }
    };
}
