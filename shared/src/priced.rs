//! The prices that a request or a subscription names, read together, with the names of their products.

use std::collections::HashMap;

use crate::{
    error::Error,
    id::PriceId,
    input::{Faults, Location},
    money::Currency,
    price::Price,
    product::Product,
    store::{Entity, key::Key},
    work::Work,
};

/// Prices by id.
#[derive(Clone, Debug, Default)]
pub struct Priced(HashMap<PriceId, (Price, String)>);

impl Priced {
    /// The price and what an invoice calls it.
    pub fn get(&self, id: &PriceId) -> Option<(&Price, &str)> {
        self.0.get(id).map(|(price, name)| (price, name.as_str()))
    }

    /// The price and its name, where it can be billed in `currency` from now on; otherwise a fault.
    pub fn usable(
        &self,
        id: &PriceId,
        currency: Currency,
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Option<(&Price, &str)> {
        let Some((price, name)) = self.get(id) else {
            faults.not_valid(at, "no_such_object", "names a price that does not exist");
            return None;
        };
        if price.currency() != currency {
            let hint = format!("is a price in {}, not in {currency}", price.currency());
            faults.not_valid(at, "currency_mismatch", &hint);
            return None;
        }
        if !price.is_active() {
            faults.not_valid(at, "inactive", "is a price that is not active any more");
            return None;
        }
        Some((price, name))
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
        let keys = ids.iter().map(|id| Key::object(self.account(), id)).collect();
        let prices: Vec<Price> = self.store().find_all(self.account(), keys).await?;
        let mut products: Vec<_> = prices.iter().map(|price| price.product_id().clone()).collect();
        products.sort_unstable();
        products.dedup();
        let keys = products.iter().map(|id| Key::object(self.account(), id)).collect();
        let products: Vec<Product> = self.store().find_all(self.account(), keys).await?;
        let names: HashMap<_, _> =
            products.iter().map(|product| (product.record().id.clone(), product.name())).collect();
        let named = prices.into_iter().map(|price| {
            let product = names.get(price.product_id()).copied().unwrap_or_default();
            let name = price.describe(product).to_owned();
            (price.record().id.clone(), (price, name))
        });
        Ok(Priced(named.collect()))
    }
}
