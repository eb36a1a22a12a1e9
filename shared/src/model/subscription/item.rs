//! What is subscribed to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    base::{
        error::Error,
        id::{InvoiceItemId, MeterId, PriceId, SubscriptionItemId},
        input::{Integer, input},
        money::{Atoms, Decimal},
    },
    model::{
        billing::{cycle::Period, proration::Fraction},
        invoice::{Calculation, InvoiceItem},
        price::Price,
        priced::Priced,
    },
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
    /// How many; null where a meter measures it.
    pub quantity: Option<i64>,
    /// What measures its quantity, where that is not agreed beforehand.
    #[serde(default)]
    pub meter_id: Option<MeterId>,
}

input! {
    /// One price of a new subscription.
    pub struct NewSubscriptionItem {
        /// What it is billed by.
        pub price_id: PriceId,
        /// How many; 1, when left out. Not of a metered price.
        pub quantity: Option<ItemQuantity>,
    }
}

impl NewSubscriptionItem {
    /// The item.
    pub fn made(&self, id: SubscriptionItemId) -> SubscriptionItem {
        let quantity = Some(self.quantity.map_or(1, Integer::get));
        SubscriptionItem { id, price_id: self.price_id.clone(), quantity, meter_id: None }
    }
}

impl SubscriptionItem {
    /// What a whole period costs.
    pub fn amount(&self, price: &Price) -> Result<Atoms, Error> {
        Ok(price.amount(self.quantity.unwrap_or(0))?)
    }

    /// What a part of a period costs in which a whole one costs its price less `off`, rounded once.
    pub(crate) fn amount_for(
        &self,
        price: &Price,
        part: Fraction,
        off: Atoms,
    ) -> Result<Atoms, Error> {
        Ok(price.amount_for(self.quantity.unwrap_or(0), part, off)?)
    }

    /// The item as its price says: with a meter that measures its quantity, or with a quantity.
    pub(crate) fn measured_as(self, prices: &Priced) -> Self {
        let Some((price, _)) = prices.get(&self.price_id) else { return self };
        match price.meter_id() {
            Some(meter) => Self { quantity: None, meter_id: Some(meter.clone()), ..self },
            None => Self { quantity: self.quantity.or(Some(1)), meter_id: None, ..self },
        }
    }

    /// That a whole period costs `full`.
    pub(crate) fn calculation(&self, price: &Price, full: Atoms) -> Calculation {
        let quantity = Decimal::from_atoms(Atoms::new(self.quantity.unwrap_or(0)));
        Calculation::of(&price.pricing(), quantity, full)
    }

    /// A line that bills this item for `period`.
    pub fn line(
        &self,
        id: InvoiceItemId,
        (price, name): (&Price, &str),
        period: Period,
        amount: Atoms,
    ) -> InvoiceItem {
        let mut line =
            InvoiceItem::new(id, name.to_owned(), self.quantity.unwrap_or(0), amount).over(period);
        line.price_id = Some(self.price_id.clone());
        line.unit_amount_atom = price.unit_amount_atom();
        line.subscription_item_id = Some(self.id.clone());
        line
    }
}
