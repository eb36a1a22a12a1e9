//! Who is on an invoice: who sold it, and who is billed.
//!
//! An invoice keeps both as they were when it became final, so that it says the same for ever. A draft, and
//! an invoice that became final before they were kept, shows the account and the customer as they are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Invoice;
use crate::{
    base::time::TimeZoneName,
    model::{
        account::Account,
        customer::{Address, Customer},
        postal::Parts,
        tax_id::{TaxId, TaxIds},
        words::Locale,
    },
};

/// Somebody on an invoice.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Party {
    /// What it is called.
    pub(crate) name: Option<String>,
    /// What it is called as a company.
    pub(crate) legal_name: Option<String>,
    /// Its number in the register of companies.
    pub(crate) legal_id: Option<String>,
    /// Where one writes to.
    pub(crate) email: Option<String>,
    /// Its telephone number.
    pub(crate) phone: Option<String>,
    /// Where it is.
    pub(crate) address: Option<Address>,
    /// What tax offices call it.
    #[schemars(with = "Vec<TaxId>")]
    pub(crate) tax_ids: TaxIds,
    /// What it wants to read on its invoices.
    pub(crate) buyer_reference: Option<String>,
    /// Where its calendar is.
    pub(crate) timezone: TimeZoneName,
}

impl Party {
    pub(crate) fn of_account(account: &Account) -> Self {
        let (name, brand) = account.brand();
        let (legal_name, legal_id, phone) = account.in_the_register();
        let (address, tax_ids) = account.in_the_books();
        Self {
            name: Some(name.to_owned()),
            legal_name: legal_name.map(str::to_owned),
            legal_id: legal_id.map(str::to_owned),
            email: brand.support_email().map(str::to_owned),
            phone: phone.map(str::to_owned),
            address: address.cloned(),
            tax_ids: tax_ids.clone(),
            buyer_reference: None,
            timezone: account.timezone().clone(),
        }
    }

    pub(crate) fn of_customer(customer: &Customer, account: &Account) -> Self {
        let (legal_name, address, tax_ids, reference) = customer.as_a_party();
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
        Self {
            name: customer.display_name(),
            legal_name: legal_name.and_then(filled),
            legal_id: None,
            email: Some(customer.email().as_str().to_owned()),
            phone: None,
            address: address.cloned(),
            tax_ids: tax_ids.clone(),
            buyer_reference: reference.and_then(filled),
            timezone: customer.timezone().unwrap_or(account.timezone()).clone(),
        }
    }

    /// As on an envelope, in the order of its country, which is named in the language `locale`; and what
    /// tax offices call it.
    pub(super) fn on_an_envelope(&self, locale: Locale) -> Vec<String> {
        let name = self.name.as_deref().unwrap_or_default();
        let company = self.legal_name.as_deref().filter(|company| *company != name);
        let part = |part: &str| self.address.as_ref().map_or("", |address| address.part(part));
        let parts = Parts {
            name,
            company: company.unwrap_or_default(),
            street: [part("line1"), part("line2")],
            city: part("city"),
            state: part("state"),
            postal_code: part("postal_code"),
            country: part("country"),
        };
        let ids = self.legal_id.iter().cloned().chain(self.tax_ids.usable().map(TaxId::line));
        let lines = parts.lines(locale).into_iter().chain(self.email.clone()).chain(ids);
        lines.filter(|line| !line.is_empty()).collect()
    }

    /// What tax offices call it, each on a line.
    pub(super) fn taxed_as(&self) -> Vec<String> {
        self.tax_ids.usable().map(TaxId::line).collect()
    }

    /// Whether more is known of it than a name and an e-mail address.
    fn is_told(&self) -> bool {
        self.address.is_some() || self.legal_id.is_some() || !self.tax_ids.is_empty()
    }
}

impl Invoice {
    /// The invoice, which becomes final, with who sold it and who is billed.
    pub(super) fn between(mut self, account: &Account, customer: &Customer) -> Self {
        self.seller = Some(Box::new(Party::of_account(account)));
        self.billed_to = Some(Box::new(Party::of_customer(customer, account)));
        self
    }

    /// Who sells, and who is billed: as they were when it became final, else as they are. A customer who is
    /// gone is none.
    pub(crate) fn parties(
        &self,
        account: &Account,
        customer: Option<&Customer>,
    ) -> (Party, Option<Party>) {
        let now = |customer| Party::of_customer(customer, account);
        let kept = |party: &Option<Box<Party>>| party.as_deref().cloned();
        let seller = kept(&self.seller).unwrap_or_else(|| Party::of_account(account));
        (seller, kept(&self.billed_to).or_else(|| customer.map(now)))
    }

    /// Who sells, for the page: nobody, where the account has said no more than its name.
    pub(super) fn sold_by(&self, seller: &Party, locale: Locale) -> Vec<String> {
        if seller.is_told() { seller.on_an_envelope(locale) } else { Vec::new() }
    }
}
