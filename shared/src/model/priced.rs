//! The prices that a request or a subscription names, read together, with the names of their products.

use std::collections::HashMap;

use crate::{
    base::{
        id::PriceId,
        input::{Faults, Location},
        money::Currency,
    },
    model::price::Price,
};

/// Prices by id.
#[derive(Clone, Debug, Default)]
pub struct Priced(pub(crate) HashMap<PriceId, (Price, String)>);

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
