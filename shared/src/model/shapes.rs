//! The one table of what expansions lead to: the only file of this floor that knows every entity that
//! others refer to.

use crate::{
    base::{error::Error, time::Timestamp},
    model::{
        account::Account,
        coupon::Coupon,
        customer::Customer,
        entity::{Entity, Item, Shown},
        expansion::{Expansion, Reference},
        invoice::Invoice,
        payment_intent::PaymentIntent,
        payment_method::PaymentMethod,
        processor::Processor,
        product::Product,
        subscription::Subscription,
    },
};

/// What is needed of an entity's type to read and show an object that is referred to.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What can be expanded below it.
    pub expansions: &'static [Expansion],
    /// How a stored item is shown at an instant.
    pub show: fn(Item, Timestamp) -> Result<Shown, Error>,
}

impl Shape {
    /// The shape of what a reference leads to.
    pub fn of(reference: Reference) -> Self {
        match reference {
            Reference::Account => Self::like::<Account>(),
            Reference::Coupon => Self::like::<Coupon>(),
            Reference::Customer => Self::like::<Customer>(),
            Reference::Invoice => Self::like::<Invoice>(),
            Reference::PaymentIntent => Self::like::<PaymentIntent>(),
            Reference::PaymentMethod => Self::like::<PaymentMethod>(),
            Reference::Processor => Self::like::<Processor>(),
            Reference::Product => Self::like::<Product>(),
            Reference::Subscription => Self::like::<Subscription>(),
        }
    }

    fn like<E: Entity>() -> Self {
        Self { expansions: E::EXPANSIONS, show: Shown::stored::<E> }
    }
}
