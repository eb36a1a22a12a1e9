//! Prices: what a new one refers to, and many read at once with the names of their products.

use crate::model::price::NewPrice;
use crate::model::priced::Priced;
use crate::work::Work;
use crate::{
    base::{
        error::Error,
        id::PriceId,
        input::{Faults, Location},
        patch::Patch,
    },
    model::{
        entity::Entity,
        entity_type::EntityType,
        price::{NOUN, Price},
        product::Product,
    },
    store::Tx,
};
use std::collections::HashMap;

impl Work {
    /// A new price of one of the account's products.
    pub async fn new_price(&self, new: NewPrice) -> Result<Price, Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let product = Patch::Set(new.product_id.clone());
        self.refers_to(&product, &body.field("product_id"), &mut faults).await?;
        if let Some(meter) = &new.meter_id {
            let meter = Patch::Set(meter.clone());
            self.refers_to(&meter, &body.field("meter_id"), &mut faults).await?;
        }
        let fields = self.custom_fields(EntityType::Price, &new.custom_fields, &mut faults).await?;
        Price::new(self.record(), new, fields, faults)
    }

    /// Begins to write a new price. The first one of a product takes care that the product stays: from
    /// then on it cannot be deleted, and further prices share no item with each other.
    pub async fn begin_price(&self, price: &Price) -> Result<Tx, Error> {
        let mut tx = self.begin_asked();
        if self.store().mark(self.account(), price.product_id()).await?.is_none() {
            tx.while_exists(price.product_id());
            tx.mark(price.product_id(), price.id());
        }
        Ok(tx)
    }
}

impl Work {
    /// The prices with these ids that exist.
    pub async fn priced(&self, ids: &[PriceId]) -> Result<Priced, Error> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Priced::default());
        }
        let keys = ids.iter().map(|id| self.key_of(id)).collect();
        let prices: Vec<Price> = self.find_all(keys).await?;
        let mut products: Vec<_> = prices.iter().map(|price| price.product_id().clone()).collect();
        products.sort_unstable();
        products.dedup();
        let keys = products.iter().map(|id| self.key_of(id)).collect();
        let products: Vec<Product> = self.find_all(keys).await?;
        let names: HashMap<_, _> =
            products.iter().map(|product| (product.record().id.clone(), product.name())).collect();
        let taxed = products.iter().filter(|product| !product.tax_rate_ids().is_empty());
        let rates =
            taxed.map(|product| (product.id().clone(), product.tax_rate_ids().clone())).collect();
        let named = prices.into_iter().map(|price| {
            let product = names.get(price.product_id()).copied().unwrap_or_default();
            let name = price.describe(product).to_owned();
            (price.record().id.clone(), (price, name))
        });
        Ok(Priced::new(named.collect(), rates))
    }
}
