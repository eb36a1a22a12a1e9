//! What a client can ask to see beside an object, as each entity says it.
//!
//! An entity names what it refers to by `Reference` and not by type, so that entities do not know each
//! other; `shapes` is the one table that knows them all.

use serde_json::{Map, Value};

use crate::{
    base::error::Error,
    model::{auth::Scope, entity_type::EntityType},
};

/// One thing that can stand beside an object.
#[derive(Clone, Copy, Debug)]
pub struct Expansion {
    /// Its name in `expand`, and the field it appears in.
    pub name: &'static str,
    /// Where it comes from.
    pub load: Load,
}

/// What follows from an object, by its fields.
pub type Compute = fn(&Map<String, Value>) -> Result<Value, Error>;

/// Where an expansion comes from.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// The values of the account's custom fields for this type.
    CustomFields(EntityType),
    /// What follows from the object itself, and is more than it usually says.
    Computed(Compute),
    /// The object whose id is in a field.
    Reference {
        /// The field with the id.
        field: &'static str,
        /// What the object is.
        to: Reference,
    },
}

/// The entities that others refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `/account`.
    Account,
    /// `/coupons`.
    Coupon,
    /// `/customers`.
    Customer,
    /// `/invoices`.
    Invoice,
    /// `/payment-intents`.
    PaymentIntent,
    /// `/payment-methods`.
    PaymentMethod,
    /// `/processors`.
    Processor,
    /// `/products`.
    Product,
    /// `/subscriptions`.
    Subscription,
}

impl Reference {
    /// What the token must allow for the object to be shown.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Account => Scope::AccountRead,
            Self::Coupon => Scope::CouponsRead,
            Self::Customer => Scope::CustomersRead,
            Self::Invoice => Scope::InvoicesRead,
            Self::PaymentIntent => Scope::PaymentsRead,
            Self::PaymentMethod => Scope::PaymentMethodsRead,
            Self::Processor => Scope::ProcessorsRead,
            Self::Product => Scope::ProductsRead,
            Self::Subscription => Scope::SubscriptionsRead,
        }
    }
}

impl Expansion {
    /// The object whose id is in `field`.
    pub const fn reference(name: &'static str, field: &'static str, to: Reference) -> Self {
        Self { name, load: Load::Reference { field, to } }
    }

    /// What follows from the object itself, by this function.
    pub const fn computed(name: &'static str, of: Compute) -> Self {
        Self { name, load: Load::Computed(of) }
    }

    /// The account itself.
    pub const fn account() -> Self {
        Self::reference("account", "account_id", Reference::Account)
    }

    /// The values of the custom fields of this type.
    pub const fn custom_fields(of: EntityType) -> Self {
        Self { name: "custom_fields", load: Load::CustomFields(of) }
    }
}
