//! What is subscribed to, and what was last billed for it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    base::{
        error::Error,
        id::{InvoiceItemId, PriceId, SubscriptionItemId},
        input::{Integer, input},
        money::{Atoms, Overflow, rounded},
    },
    model::{billing::cycle::Period, invoice::InvoiceItem, price::Price},
};

/// How many of a price.
pub type ItemQuantity = Integer<0, 1_000_000_000>;

/// One price of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct SubscriptionItem {
    /// The item's id.
    pub id: SubscriptionItemId,
    /// What it is billed by.
    pub price_id: PriceId,
    /// How many.
    pub quantity: i64,
}

input! {
    /// One price of a new subscription.
    pub struct NewSubscriptionItem {
        /// What it is billed by.
        pub price_id: PriceId,
        /// How many; 1, when left out.
        pub quantity: Option<ItemQuantity>,
    }
}

impl NewSubscriptionItem {
    /// The item.
    pub fn made(&self, id: SubscriptionItemId) -> SubscriptionItem {
        let quantity = self.quantity.map_or(1, Integer::get);
        SubscriptionItem { id, price_id: self.price_id.clone(), quantity }
    }
}

/// What was last billed for an item: the basis of what a change gives back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// What a whole period costs.
    amount: Atoms,
    /// What the line charged.
    gross: Atoms,
    /// What was left of that after the discount that the line actually got.
    net: Atoms,
}

/// What was last billed, by item.
pub type BilledItems = BTreeMap<SubscriptionItemId, Billed>;

impl Billed {
    /// What the invoice line `line` billed for an item whose whole period costs `amount`.
    pub fn by(line: &InvoiceItem, amount: Atoms) -> Result<Self, Overflow> {
        Ok(Self { amount, gross: line.amount_atom, net: line.net()? })
    }

    /// The same item, after the line that billed it got another discount.
    pub fn rebilled(&mut self, line: &InvoiceItem) -> Result<(), Overflow> {
        *self = Self::by(line, self.amount)?;
        Ok(())
    }

    /// What the customer paid, or owes, for a whole period: the amount, less the part of it that was
    /// discounted.
    pub fn basis(&self) -> Result<Atoms, Overflow> {
        match self.gross.is_positive() {
            true => rounded(
                i128::from(self.amount.get()) * i128::from(self.net.get()),
                i128::from(self.gross.get()),
            ),
            false => Ok(self.amount),
        }
    }
}

impl SubscriptionItem {
    /// What a whole period costs.
    pub fn amount(&self, price: &Price) -> Result<Atoms, Error> {
        Ok(price.amount(self.quantity)?)
    }

    /// A line that bills this item for `period`.
    pub fn line(
        &self,
        id: InvoiceItemId,
        (price, name): (&Price, &str),
        period: Period,
        amount: Atoms,
    ) -> InvoiceItem {
        let mut line = InvoiceItem::new(id, name.to_owned(), self.quantity, amount).over(period);
        line.price_id = Some(self.price_id.clone());
        line.unit_amount_atom = price.unit_amount_atom();
        line.subscription_item_id = Some(self.id.clone());
        line
    }
}
