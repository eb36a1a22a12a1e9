//! Tax rates: those that a request names, and those that lines for a customer are made with.

use std::collections::{BTreeSet, HashMap};

use crate::{
    base::{
        error::Error,
        id::{CustomerId, PriceId, TaxRateId},
        input::{Faults, Location},
    },
    model::{
        customer::Customer,
        priced::{Priced, Taxation},
        tax_rate::{TaxRate, TaxRateIds},
    },
    store::Tx,
    work::Work,
};

impl Work {
    /// Notes tax rates, in the field at `at`, that the account does not have, or that do not go
    /// together. Those that exist are returned.
    pub async fn named_tax_rates(
        &self,
        named: Option<&TaxRateIds>,
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<Vec<TaxRate>, Error> {
        let ids = named.map_or(&[][..], TaxRateIds::ids);
        let rates = self.rates(ids.iter()).await?;
        for (index, id) in ids.iter().enumerate().filter(|(_, id)| !rates.contains_key(id)) {
            let hint = format!("names {id}, a tax rate that does not exist");
            faults.not_valid(&at.index(index), "no_such_object", &hint);
        }
        let inside: BTreeSet<bool> = rates.values().map(TaxRate::is_inclusive).collect();
        if inside.len() > 1 {
            let hint = "names rates that are in amounts beside rates that are added to them";
            faults.not_valid(at, "not_combinable", hint);
        }
        Ok(ids.iter().filter_map(|id| rates.get(id).cloned()).collect())
    }

    /// The same, for objects whose other fields refer to nothing.
    pub async fn settled_tax_rates(
        &self,
        named: Option<&TaxRateIds>,
        noun: &'static str,
    ) -> Result<(), Error> {
        let (body, mut faults) = (Location::body(noun), Faults::default());
        self.named_tax_rates(named, &body.field("tax_rate_ids"), &mut faults).await?;
        faults.settled()
    }

    async fn rates(
        &self,
        ids: impl Iterator<Item = &TaxRateId>,
    ) -> Result<HashMap<TaxRateId, TaxRate>, Error> {
        let ids: BTreeSet<&TaxRateId> = ids.collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let keys = ids.into_iter().map(|id| self.key_of(id)).collect();
        let rates: Vec<TaxRate> = self.find_all(keys).await?;
        Ok(rates.into_iter().map(|rate| (rate.id().clone(), rate)).collect())
    }

    /// The prices with these ids that exist, and how lines for `customer` are taxed now.
    pub(crate) async fn billable(
        &self,
        customer: Option<&CustomerId>,
        ids: &[PriceId],
    ) -> Result<Priced, Error> {
        self.billable_with(customer, ids, &[]).await
    }

    /// The same, where lines name rates of their own.
    pub(crate) async fn billable_with(
        &self,
        customer: Option<&CustomerId>,
        ids: &[PriceId],
        named: &[TaxRate],
    ) -> Result<Priced, Error> {
        let prices = self.priced(ids).await?;
        let account = self.own_account().await?;
        if !account.has_tax_rates() {
            return Ok(prices);
        }
        let customer: Option<Customer> = match customer {
            Some(id) => self.look_for(id).await?,
            None => None,
        };
        let own = customer.as_ref().map(Customer::tax_rate_ids).filter(|own| !own.is_empty());
        let usual = own.unwrap_or(account.default_tax_rate_ids()).clone();
        let exempt = customer.as_ref().map(Customer::tax_exempt).unwrap_or_default();
        let mut rates = match exempt.is_taxed() {
            true => self.rates(usual.ids().iter().chain(prices.named_rates())).await?,
            false => HashMap::new(),
        };
        rates.extend(named.iter().map(|rate| (rate.id().clone(), rate.clone())));
        rates.retain(|_, rate| rate.counts(self.now()));
        Ok(prices.under(Taxation { exempt, usual, rates }))
    }

    /// Begins to write a new tax rate. The first one says so on the account.
    pub async fn begin_tax_rate(&self, rate: &TaxRate) -> Result<Tx, Error> {
        let account = self.own_account().await?;
        let mut tx = self.begin_asked();
        tx.insert(rate);
        if !account.has_tax_rates() {
            tx.update(&account, account.with_tax_rates());
        }
        Ok(tx)
    }
}
