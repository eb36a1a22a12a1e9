//! Customers: whom an account bills.

mod address;
mod entity;
#[cfg(test)]
mod tests;

pub use address::{Address, AddressPatch};
pub use entity::CustomerFilter;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    base::{
        error::Error,
        id::{CustomerId, PaymentMethodId, kind},
        input::{Email, Text},
        metadata::Metadata,
        money::{Atoms, Currency},
        time::TimeZoneName,
    },
    model::{
        custom_field::{FieldChanges, FieldValues, ResolvedChanges},
        entity::entity,
        external_id::ExternalId,
        record::Record,
        tax_id::{TaxId, TaxIds},
        tax_rate::{TaxExempt, TaxRateIds},
        words::{LanguageTag, Locale},
    },
};

entity! {
    /// Somebody an account bills.
    pub struct Customer of kind::Customer;

    /// What a client sends to create a customer.
    new NewCustomer
    example {"email": "jane@example.com", "name": "Jane Smith", "metadata": {"order": "6735"}}

    /// What a client sends to change a customer.
    patch CustomerPatch
    example {"name": "Jane Doe", "phone": null}

    fields {
        /// Where invoices go.
        email: required Email,
        /// The name; where none is given, the first and last name, else the business name.
        name: optional Text<0, 200>,
        /// The first name.
        first_name: optional Text<0, 100>,
        /// The last name.
        last_name: optional Text<0, 100>,
        /// The company.
        business_name: optional Text<0, 200>,
        /// The telephone number.
        phone: optional Text<0, 50>,
        /// Where the customer is.
        address: optional Address as AddressPatch {
            new,
            /// Where the customer is; parts left out stay as they are.
            patch,
        },
        /// The currency of what names none.
        currency: optional Currency,
        /// Where the customer's calendar is; the account's, when null.
        timezone: optional TimeZoneName {
            /// Where the customer's calendar is; the account's, when left out.
            new,
            patch,
        },
        /// The language of what the customer reads: invoices, as a page and on paper. English, when null. One
        /// of `en`, `de`, `fr`, `es`, `nl`, `it`, `pt` and `ja`, with or without a region: `pt-BR`.
        #[serde(default)]
        locale: optional LanguageTag {
            /// The language of what the customer reads: invoices, as a page and on paper. English, when left
            /// out. One of `en`, `de`, `fr`, `es`, `nl`, `it`, `pt` and `ja`, with or without a region:
            /// `pt-BR`.
            new,
            patch,
        },
        /// What is charged where nothing else is named.
        pub(crate) default_payment_method_id: pub optional PaymentMethodId,
        /// The tax rates of what it is billed, where neither the line nor the product has some; the
        /// account's, where there are none.
        #[serde(default)]
        tax_rate_ids: pub default(TaxRateIds::default()) TaxRateIds {
            new,
            /// The tax rates of what it is billed from now on: replaces all of them.
            patch,
        },
        /// Whether it is taxed.
        #[serde(default)]
        tax_exempt: default(TaxExempt::None) TaxExempt {
            /// Whether it is taxed; none, as everybody, when left out.
            new,
            /// Whether it is taxed from now on.
            patch,
        },
        /// What tax offices call it.
        #[serde(default)]
        #[schemars(with = "Vec<TaxId>")]
        tax_ids: default(TaxIds::default()) TaxIds {
            /// What tax offices call it, at most ten.
            new,
            /// What tax offices call it: replaces all of them.
            patch,
        },
        /// What it wants to read on its invoices: the number of a German authority, a cost centre.
        #[serde(default)]
        buyer_reference: optional Text<0, 100>,
        /// What the account owes the customer.
        #[serde(default)]
        credit_balances: kept(Vec::new()) Vec<CreditBalance>,
        /// What the caller's own books call it: unique among the account's customers.
        external_id: optional ExternalId,
        /// Free text by key.
        metadata: required Metadata {
            new,
            /// Free text by key: replaces all of it.
            patch,
        },
        #[serde(default)]
        #[schemars(skip)]
        custom_fields: pub kept(FieldValues::new()) FieldValues as FieldChanges {
            /// Values of the custom fields that are defined for customers.
            new,
            /// Values of custom fields; those left out stay, null deletes one.
            patch,
        },
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[schemars(skip)]
        had_payment_method: kept(false) bool,
    }
}

/// What an account owes a customer in one currency.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct CreditBalance {
    /// The currency.
    currency: Currency,
    /// The balance in its smallest unit.
    amount_atom: Atoms,
}

impl Customer {
    /// A new customer.
    pub fn new(record: Record<kind::Customer>, new: NewCustomer, fields: ResolvedChanges) -> Self {
        let custom_fields = fields.apply(FieldValues::new());
        Self { custom_fields, ..Self::from_new(record, new) }
    }

    /// A customer of whom nothing is known but an e-mail address.
    pub fn of_email(record: Record<kind::Customer>, email: Email) -> Self {
        Self {
            record,
            email,
            name: None,
            first_name: None,
            last_name: None,
            business_name: None,
            phone: None,
            address: None,
            currency: None,
            timezone: None,
            locale: None,
            default_payment_method_id: None,
            tax_rate_ids: TaxRateIds::default(),
            tax_exempt: TaxExempt::None,
            tax_ids: TaxIds::default(),
            buyer_reference: None,
            credit_balances: Vec::new(),
            external_id: None,
            metadata: Metadata::default(),
            custom_fields: FieldValues::new(),
            had_payment_method: false,
        }
    }

    /// The customer with the changes a client asks for.
    pub fn patched(&self, patch: CustomerPatch, fields: ResolvedChanges) -> Self {
        let custom_fields = fields.apply(self.custom_fields.clone());
        Self { custom_fields, ..self.with_patch(patch) }.after(self)
    }

    /// The same, which notes that `before` had a payment method where it names none any more: others may be
    /// left.
    fn after(self, before: &Self) -> Self {
        let lost = before.default_payment_method_id.is_some();
        let lost = lost && self.default_payment_method_id.is_none();
        Self { had_payment_method: self.had_payment_method || lost, ..self }
    }

    /// Whether it may have payment methods. The first one becomes its default, so who never had a default
    /// has none, and nothing is read to find that out.
    pub(crate) fn may_have_payment_methods(&self) -> bool {
        self.default_payment_method_id.is_some() || self.had_payment_method
    }

    /// The same customer, at another address.
    pub(crate) fn at_address(&self, email: Email) -> Self {
        Self { email, ..self.clone() }
    }

    /// What the account owes the customer in a currency.
    pub fn credit(&self, currency: Currency) -> Atoms {
        let of_currency = |balance: &&CreditBalance| balance.currency == currency;
        let found = self.credit_balances.iter().find(of_currency);
        found.map_or(Atoms::ZERO, |balance| balance.amount_atom)
    }

    /// The customer with `amount` more credit. A balance is never below zero.
    pub fn credited(&self, currency: Currency, amount: Atoms) -> Result<Self, Error> {
        let balance = self.credit(currency).plus(amount)?;
        if balance.is_negative() {
            let hint = "is more than the customer's credit balance";
            return Err(Error::rule("credit note", "amount_atom", "balance_too_low", hint));
        }
        let mut after = self.clone();
        after.credit_balances.retain(|other| other.currency != currency);
        if !balance.is_zero() {
            after.credit_balances.push(CreditBalance { currency, amount_atom: balance });
        }
        after.credit_balances.sort_by_key(|balance| balance.currency.to_string());
        Ok(after)
    }

    /// Whether something is on its credit balance, in whatever currency.
    pub fn has_credit(&self) -> bool {
        self.credit_balances.iter().any(|balance| !balance.amount_atom.is_zero())
    }

    /// Its id.
    pub fn id(&self) -> &CustomerId {
        &self.record.id
    }

    /// Where invoices go.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// The name that the customer was given.
    pub(crate) fn own_name(&self) -> &str {
        self.name.as_ref().map(Text::as_str).unwrap_or_default()
    }

    /// What stands in one part of the address, by the part's name.
    pub(crate) fn address_part(&self, name: &str) -> &str {
        self.address.as_ref().map(|address| address.part(name)).unwrap_or_default()
    }

    /// The tax rates of what it is billed.
    pub fn tax_rate_ids(&self) -> &TaxRateIds {
        &self.tax_rate_ids
    }

    /// Whether it is taxed.
    pub fn tax_exempt(&self) -> TaxExempt {
        self.tax_exempt
    }

    /// What it is called as a company, where its address is, what tax offices call it, and what it wants to
    /// read on its invoices.
    pub(crate) fn as_a_party(&self) -> (Option<&str>, Option<&Address>, &TaxIds, Option<&str>) {
        let business = self.business_name.as_ref().map(Text::as_str);
        let reference = self.buyer_reference.as_ref().map(Text::as_str);
        (business, self.address.as_ref(), &self.tax_ids, reference)
    }

    /// The language of what the customer reads, where it is known.
    pub fn locale(&self) -> Option<Locale> {
        self.locale.as_ref().and_then(LanguageTag::locale)
    }

    /// Where the customer's calendar is, if not where the account's is.
    pub fn timezone(&self) -> Option<&TimeZoneName> {
        self.timezone.as_ref()
    }

    /// The currency of what names none.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// The customer, charged by `method` where nothing else is named.
    pub fn with_default_payment_method(&self, method: Option<PaymentMethodId>) -> Self {
        Self { default_payment_method_id: method, ..self.clone() }.after(self)
    }

    /// The customer after one of its payment methods is gone.
    pub fn without_payment_method(&self, gone: &PaymentMethodId) -> Self {
        match self.default_payment_method_id.as_ref() == Some(gone) {
            true => self.with_default_payment_method(None),
            false => self.clone(),
        }
    }

    /// What is charged where nothing else is named.
    pub fn default_payment_method_id(&self) -> Option<&PaymentMethodId> {
        self.default_payment_method_id.as_ref()
    }

    /// What the caller's own books call it.
    pub fn own_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    /// What it has in credit.
    pub fn balances(&self) -> &[CreditBalance] {
        &self.credit_balances
    }

    /// What the customer is called.
    pub fn display_name(&self) -> Option<String> {
        let given = |text: &Option<Text<0, 200>>| {
            text.as_ref().map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty())
        };
        let parts: Vec<&str> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(Text::as_str).collect();
        let full = parts.join(" ").trim().to_owned();
        given(&self.name)
            .or_else(|| Some(full).filter(|full| !full.is_empty()))
            .or_else(|| given(&self.business_name))
    }
}
