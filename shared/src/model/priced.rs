//! The prices that a request or a subscription names, read together, with the names of their products.

use std::collections::HashMap;

use crate::{
    base::{
        id::{PriceId, ProductId, TaxRateId},
        input::{Faults, Location},
        money::Currency,
    },
    model::{
        billing::{levied::LineTax, tax::TaxBehavior},
        price::Price,
        tax_rate::{TaxExempt, TaxRate, TaxRateIds},
    },
};

/// Prices by id, and the taxes on what is sold at them.
#[derive(Clone, Debug, Default)]
pub struct Priced {
    prices: HashMap<PriceId, (Price, String)>,
    /// The tax rates of the prices' products, where they have some of their own.
    products: HashMap<ProductId, TaxRateIds>,
    taxation: Taxation,
}

/// How lines for a customer are taxed at an instant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taxation {
    /// Whether the customer is taxed.
    pub(crate) exempt: TaxExempt,
    /// The rates of what has none of its own: the customer's, else the account's.
    pub(crate) usual: TaxRateIds,
    /// Those rates, and all that products or lines name, which count at that instant.
    pub(crate) rates: HashMap<TaxRateId, TaxRate>,
}

impl Priced {
    /// These prices, and the tax rates of products.
    pub(crate) fn new(
        prices: HashMap<PriceId, (Price, String)>,
        products: HashMap<ProductId, TaxRateIds>,
    ) -> Self {
        Self { prices, products, taxation: Taxation::default() }
    }

    /// The same, taxed.
    pub(crate) fn under(self, taxation: Taxation) -> Self {
        Self { taxation, ..self }
    }

    /// The prices.
    pub(crate) fn prices(&self) -> impl Iterator<Item = &Price> {
        self.prices.values().map(|(price, _)| price)
    }

    /// The tax rates that products have of their own.
    pub(crate) fn named_rates(&self) -> impl Iterator<Item = &TaxRateId> {
        self.products.values().flat_map(TaxRateIds::ids)
    }

    /// The price and what an invoice calls it.
    pub fn get(&self, id: &PriceId) -> Option<(&Price, &str)> {
        self.prices.get(id).map(|(price, name)| (price, name.as_str()))
    }

    /// Why lines are made without tax, where their customer is why.
    pub(crate) fn exempt(&self) -> TaxExempt {
        self.taxation.exempt
    }

    /// The taxes on a line of this price, not computed yet.
    pub(crate) fn taxes_on(&self, id: &PriceId) -> Vec<LineTax> {
        self.taxes_named(None, Some(id))
    }

    /// The taxes on a line that may name its rates, and may be of a price: those that it names, else
    /// those of the product, else the usual ones.
    pub(crate) fn taxes_named(
        &self,
        named: Option<&TaxRateIds>,
        price: Option<&PriceId>,
    ) -> Vec<LineTax> {
        if !self.taxation.exempt.is_taxed() {
            return Vec::new();
        }
        let price = price.and_then(|id| self.get(id)).map(|(price, _)| price);
        let product = price.and_then(|price| self.products.get(price.product_id()));
        let ids = named.or(product).unwrap_or(&self.taxation.usual);
        let contained = price.is_some_and(|price| price.tax_behavior() == TaxBehavior::Inclusive);
        let rates = ids.ids().iter().filter_map(|id| self.taxation.rates.get(id));
        rates.map(|rate| rate.on_line(contained)).collect()
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
