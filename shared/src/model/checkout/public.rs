//! What a payer's browser may know of a session: enough to draw the page on which it is paid.
//!
//! A publishable token is no secret, so whoever has a session's address reads all of this. What the
//! seller keeps beside a session (metadata, settings, ids of objects) is not in it; a test holds the
//! list of its fields.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;

use super::{CheckoutMode, CheckoutSession, CheckoutState};
use crate::{
    base::{
        id::CheckoutSessionId,
        input::{Email, WebAddress, choice},
        money::{Atoms, Currency, Decimal},
        time::Timestamp,
    },
    model::{
        account::Account,
        billing::cycle::IntervalUnit,
        brand::{Logo, is_color},
        custom_field::{
            AtCheckout, CustomFieldDefinition, DataType, FieldOption, FieldValue, FieldValues,
            Number,
        },
        entity::Representation,
        payment_intent::NextAction,
        processor::{Processor, ProcessorType},
        promotion_code::Code,
        words::Locale,
    },
};

/// What a payer sees of a checkout session: the answer to a publishable token.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PublicCheckoutSession {
    /// The id.
    pub(crate) id: CheckoutSessionId,
    /// What completing it does.
    pub(crate) mode: CheckoutMode,
    /// Where it is in its life; expired as soon as its time is over.
    pub(crate) state: CheckoutState,
    /// When the time to complete it is over.
    pub(crate) expires_at: Timestamp,
    /// Who sells.
    pub(crate) seller: Seller,
    /// The payer's e-mail address, where it is known. Of a customer whom a payment link names its first letter
    /// and its host alone, such as j•••@example.com: whoever opens the link sees it.
    pub(crate) customer_email: Option<String>,
    /// The currency of all its amounts.
    pub(crate) currency: Option<Currency>,
    /// What is offered.
    pub(crate) line_items: Vec<PublicLine>,
    /// What is charged now, before the discount.
    pub(crate) amount_subtotal_atom: Atoms,
    /// The discount.
    pub(crate) amount_discount_atom: Atoms,
    /// The tax that is added to it.
    pub(crate) amount_tax_atom: Atoms,
    /// What is left to be charged now, with tax.
    pub(crate) amount_total_atom: Atoms,
    /// Whether the payer may type a promotion code in, or take back the one that was.
    pub(crate) allow_promotion_codes: bool,
    /// The promotion code that the payer has typed in.
    pub(crate) promotion_code: Option<Code>,
    /// What is charged next, and then again and again; null where nothing is.
    pub(crate) next_charge: Option<NextCharge>,
    /// When the time without charge is over; null where there is none.
    pub(crate) trial_ends_at: Option<Timestamp>,
    /// The ways to pay that are offered; none where the seller cannot take payments yet.
    pub(crate) payment_methods: Vec<OfferedMethod>,
    /// The seller's custom fields, and their values.
    pub(crate) custom_fields: Vec<PublicField>,
    /// The language that the payer is spoken to in.
    pub(crate) locale: Locale,
    /// What the payer has to do before the payment goes on; null where there is nothing.
    pub(crate) next_action: Option<NextAction>,
    /// Where the payer goes after completion; null before.
    pub(crate) success_url: Option<WebAddress>,
    /// Where the payer goes otherwise.
    pub(crate) return_url: WebAddress,
}

/// Who sells.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Seller {
    /// The name that customers know.
    pub(crate) name: String,
    /// The address of a logo, which begins with https.
    pub(crate) logo_url: Option<String>,
    /// The main colour, such as #1a2b3c.
    pub(crate) primary_color: Option<String>,
    /// Where to write to.
    pub(crate) support_email: Option<String>,
}

/// One line of an offer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PublicLine {
    /// What it is called.
    pub(crate) name: String,
    /// What it is.
    pub(crate) description: Option<String>,
    /// How many.
    pub(crate) quantity: i64,
    /// What one unit is called.
    pub(crate) unit: Option<String>,
    /// What one unit, or one begun package, costs; null where tiers say it.
    pub(crate) unit_amount_decimal: Option<Decimal>,
    /// What the line costs, each time.
    pub(crate) amount_atom: Atoms,
    /// What the time between two charges is counted in; null where it is charged once.
    pub(crate) billing_interval: Option<IntervalUnit>,
    /// How many of these are between two charges.
    pub(crate) billing_interval_count: Option<i64>,
}

/// What is charged next, and then again and again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct NextCharge {
    /// How much, if nothing changes until then.
    pub(crate) amount_atom: Atoms,
    /// When, if the session is completed now.
    pub(crate) at: Timestamp,
    /// What the time from there to the one after it is counted in.
    pub(crate) billing_interval: IntervalUnit,
    /// How many of these.
    pub(crate) billing_interval_count: i64,
    /// What is charged once the discount is over; null where there is none, or it lasts.
    #[serde(default)]
    pub(crate) then: Option<LaterCharge>,
}

/// What is charged again and again from an instant on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct LaterCharge {
    /// How much.
    pub(crate) amount_atom: Atoms,
    /// From when on.
    pub(crate) at: Timestamp,
}

choice! {
    /// What can be charged.
    pub enum OfferedType {
        /// A card.
        Card = "card",
    }
}

/// A way to pay.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct OfferedMethod {
    /// What is charged.
    pub(crate) r#type: OfferedType,
    /// Whose client-side library takes it.
    pub(crate) processor: ProcessorType,
    /// What that library begins with; null where the processor has none, or it is not known.
    #[serde(default)]
    pub(crate) publishable_key: Option<String>,
}

impl OfferedMethod {
    /// A card, as a processor takes it.
    pub(crate) fn card(processor: &Processor) -> Self {
        Self {
            r#type: OfferedType::Card,
            processor: processor.r#type,
            publishable_key: processor.publishable_key().map(str::to_owned),
        }
    }

    /// Whether the hosted page can draw where it is typed in or chosen.
    pub(crate) fn is_drawn(&self) -> bool {
        self.processor == ProcessorType::Test || self.publishable_key.is_some()
    }
}

/// A custom field of the session, and its value.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PublicField {
    /// Its name for programs.
    pub(crate) key: String,
    /// Its name for people.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// What its values are.
    pub(crate) data_type: DataType,
    /// The words of a select field.
    pub(crate) options: Option<Vec<FieldOption>>,
    /// The least number allowed.
    pub(crate) min: Option<Number>,
    /// The greatest number allowed.
    pub(crate) max: Option<Number>,
    /// Whether the payer is asked for it on the hosted page.
    pub(crate) at_checkout: AtCheckout,
    /// Its value: text, a number, true or false; null where it has none.
    #[schemars(with = "Option<FieldText>")]
    pub(crate) value: Value,
}

/// A value of a custom field, as it is written in a document.
struct FieldText;

impl JsonSchema for FieldText {
    fn schema_name() -> Cow<'static, str> {
        "FieldText".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]})
    }
}

impl Seller {
    /// The account as its customers know it: what a page could not show safely is left out.
    pub(crate) fn of(account: &Account) -> Self {
        let (name, brand) = account.brand();
        Self {
            name: name.to_owned(),
            logo_url: brand.logo_url().and_then(Logo::of).map(|logo| logo.url.to_owned()),
            primary_color: brand.primary_color().filter(|one| is_color(one)).map(str::to_owned),
            support_email: brand.support_email().map(str::to_owned),
        }
    }
}

impl PublicField {
    /// A field, and what the session has for it.
    pub(crate) fn of(definition: &CustomFieldDefinition, values: &FieldValues) -> Self {
        let ((key, name, about), (min, max)) = (definition.names(), definition.bounds());
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            description: about.map(str::to_owned),
            data_type: definition.data_type(),
            options: definition.options.clone(),
            min,
            max,
            at_checkout: definition.at_checkout(),
            value: values.get(definition.id()).map(FieldValue::shown).unwrap_or_default(),
        }
    }
}

/// An address as somebody knows it again who knows it already.
fn masked(email: &Email) -> String {
    let (own, host) = email.as_str().rsplit_once('@').unwrap_or_default();
    let first: String = own.chars().take(1).collect();
    format!("{first}•••@{host}")
}

impl CheckoutSession {
    /// The payer's address as a browser may see it. A link is open to whoever has it, so a customer whom it
    /// names is known to the seller and not to the browser; an address that was typed in there is the
    /// payer's own.
    pub(crate) fn shown_email(&self) -> Option<String> {
        let of_link = self.payment_link_id.is_some() && !self.introduced;
        let shown = |email: &Email| if of_link { masked(email) } else { email.as_str().to_owned() };
        self.customer_email.as_ref().map(shown)
    }

    /// Where it is in its life at `now`.
    pub(crate) fn state_at(&self, now: Timestamp) -> CheckoutState {
        match self.state {
            CheckoutState::Open if self.is_expired(now) => CheckoutState::Expired,
            state => state,
        }
    }
}

impl Representation for PublicCheckoutSession {
    fn example() -> Value {
        json!({
            "id": "cs_prod_0mkz6k3cs1e2s3s4",
            "mode": "payment",
            "state": "open",
            "expires_at": "2026-02-01T09:30:00.000Z",
            "seller": {
                "name": "Acme", "logo_url": null, "primary_color": "#1a2b3c",
                "support_email": "help@example.com",
            },
            "customer_email": "jane@example.com",
            "currency": "usd",
            "line_items": [{
                "name": "Team plan", "description": null, "quantity": 1, "unit": "seat",
                "unit_amount_decimal": "1200", "amount_atom": 1200,
                "billing_interval": "month", "billing_interval_count": 1,
            }],
            "amount_subtotal_atom": 1200,
            "amount_discount_atom": 0,
            "amount_tax_atom": 0,
            "amount_total_atom": 1200,
            "allow_promotion_codes": false,
            "promotion_code": null,
            "next_charge": {
                "amount_atom": 1200, "at": "2026-02-28T09:30:00.000Z",
                "billing_interval": "month", "billing_interval_count": 1,
                "then": null,
            },
            "trial_ends_at": null,
            "payment_methods": [{"type": "card", "processor": "test", "publishable_key": null}],
            "custom_fields": [],
            "locale": "en",
            "next_action": null,
            "success_url": null,
            "return_url": "https://example.com/cart",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_link_is_known_by_its_first_letter_and_its_host() {
        let email = |text: &str| serde_json::from_value::<Email>(json!(text)).unwrap();
        for (address, shown) in [
            ("jane.smith@example.com", "j•••@example.com"),
            ("j@example.com", "j•••@example.com"),
            ("\"a@b\"@example.com", "\"•••@example.com"),
            ("éva@example.com", "é•••@example.com"),
        ] {
            assert_eq!(masked(&email(address)), shown);
        }
    }

    #[test]
    fn a_payer_sees_these_fields_and_no_others() {
        let session: PublicCheckoutSession =
            serde_json::from_value(PublicCheckoutSession::example()).unwrap();
        let shown = serde_json::to_value(&session).unwrap();
        assert_eq!(shown, PublicCheckoutSession::example());
        let names = |value: &Value| {
            value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
        };
        let mut all: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        all.sort_unstable();
        assert_eq!(
            all.join(" "),
            "allow_promotion_codes amount_discount_atom amount_subtotal_atom amount_tax_atom \
             amount_total_atom currency custom_fields customer_email expires_at id line_items \
             locale mode next_action next_charge payment_methods promotion_code return_url seller \
             state success_url trial_ends_at"
        );
        assert_eq!(names(&shown["seller"]), "name logo_url primary_color support_email");
        assert_eq!(
            names(&shown["line_items"][0]),
            "name description quantity unit unit_amount_decimal amount_atom billing_interval \
             billing_interval_count"
        );
        assert_eq!(names(&shown["payment_methods"][0]), "type processor publishable_key");
    }
}
