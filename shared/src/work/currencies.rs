//! The currencies, and what processors expect of them.

use super::processors::stripe_amounts;
use crate::{
    base::money::Currency,
    model::currency::{CurrencyPage, CurrencyQuery, SupportedCurrency},
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

impl Work {
    /// Answers with the currencies that are asked for. They are the program's own: nothing is read.
    pub fn currencies(&self, query: &CurrencyQuery) -> Reply<CurrencyPage> {
        let with_processors = |currency: Currency| {
            SupportedCurrency::new(currency, stripe_amounts(currency).into_iter().collect())
        };
        let all = Currency::current().into_iter().map(with_processors).collect();
        Answer::of(&CurrencyPage::of(all, query), None)
    }
}
