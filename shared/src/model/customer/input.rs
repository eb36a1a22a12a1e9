//! What a client sends of a customer, and the customer that it makes.

use super::{Address, AddressPatch, Customer};
use crate::{
    base::{
        id::{PaymentMethodId, kind},
        input::{Email, Text, input},
        metadata::Metadata,
        money::Currency,
        patch::{Change, Patch},
        time::TimeZoneName,
    },
    model::{
        custom_field::{FieldChanges, FieldValues, ResolvedChanges},
        external_id::ExternalId,
        record::Record,
        tax_id::TaxIds,
        tax_rate::{TaxExempt, TaxRateIds},
        words::Locale,
    },
};

input! {
    /// What a client sends to create a customer.
    pub struct NewCustomer {
        /// Where invoices go.
        email: Email,
        /// The name; where none is given, the first and last name, else the business name.
        name: Option<Text<0, 200>>,
        /// The first name.
        first_name: Option<Text<0, 100>>,
        /// The last name.
        last_name: Option<Text<0, 100>>,
        /// The company.
        business_name: Option<Text<0, 200>>,
        /// The telephone number.
        phone: Option<Text<0, 50>>,
        /// Where the customer is.
        address: Option<AddressPatch>,
        /// The currency of what names none.
        currency: Option<Currency>,
        /// Where the customer's calendar is; the account's, when left out.
        timezone: Option<TimeZoneName>,
        /// The language of what the customer reads: invoices, as a page and on paper. English, when left
        /// out.
        locale: Option<Locale>,
        /// What is charged where nothing else is named.
        pub default_payment_method_id: Patch<PaymentMethodId>,
        /// The tax rates of what it is billed, where neither the line nor the product has some; the
        /// account's, where there are none.
        pub tax_rate_ids: Option<TaxRateIds>,
        /// Whether it is taxed; none, as everybody, when left out.
        tax_exempt: Option<TaxExempt>,
        /// What tax offices call it, at most ten.
        tax_ids: Option<TaxIds>,
        /// What it wants to read on its invoices: the number of a German authority, a cost centre.
        buyer_reference: Option<Text<0, 100>>,
        /// What the caller's own books call it: unique among the account's customers.
        external_id: Option<ExternalId>,
        /// Free text by key.
        metadata: Metadata,
        /// Values of the custom fields that are defined for customers.
        pub custom_fields: FieldChanges,
    }
    example {"email": "jane@example.com", "name": "Jane Smith", "metadata": {"order": "6735"}}
}

input! {
    /// What a client sends to change a customer.
    pub struct CustomerPatch {
        /// Where invoices go.
        email: Change<Email>,
        /// The name; where none is given, the first and last name, else the business name.
        name: Patch<Text<0, 200>>,
        /// The first name.
        first_name: Patch<Text<0, 100>>,
        /// The last name.
        last_name: Patch<Text<0, 100>>,
        /// The company.
        business_name: Patch<Text<0, 200>>,
        /// The telephone number.
        phone: Patch<Text<0, 50>>,
        /// Where the customer is; parts left out stay as they are.
        address: Patch<AddressPatch>,
        /// The currency of what names none.
        currency: Patch<Currency>,
        /// Where the customer's calendar is; the account's, when null.
        timezone: Patch<TimeZoneName>,
        /// The language of what the customer reads: invoices, as a page and on paper. English, when null.
        locale: Patch<Locale>,
        /// What is charged where nothing else is named.
        pub default_payment_method_id: Patch<PaymentMethodId>,
        /// The tax rates of what it is billed from now on: replaces all of them.
        pub tax_rate_ids: Change<TaxRateIds>,
        /// Whether it is taxed from now on.
        tax_exempt: Change<TaxExempt>,
        /// What tax offices call it: replaces all of them.
        tax_ids: Change<TaxIds>,
        /// What it wants to read on its invoices: the number of a German authority, a cost centre.
        buyer_reference: Patch<Text<0, 100>>,
        /// What the caller's own books call it: unique among the account's customers.
        external_id: Patch<ExternalId>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
        /// Values of custom fields; those left out stay, null deletes one.
        pub custom_fields: FieldChanges,
    }
    example {"name": "Jane Doe", "phone": null}
}

impl Customer {
    /// A new customer.
    pub fn new(record: Record<kind::Customer>, new: NewCustomer, fields: ResolvedChanges) -> Self {
        Self {
            record,
            email: new.email,
            name: new.name,
            first_name: new.first_name,
            last_name: new.last_name,
            business_name: new.business_name,
            phone: new.phone,
            address: new.address.map(|address| Address::default().patched(address)),
            currency: new.currency,
            timezone: new.timezone,
            locale: new.locale,
            default_payment_method_id: new.default_payment_method_id.apply(None),
            tax_rate_ids: new.tax_rate_ids.unwrap_or_default(),
            tax_exempt: new.tax_exempt.unwrap_or_default(),
            tax_ids: new.tax_ids.unwrap_or_default(),
            buyer_reference: new.buyer_reference,
            credit_balances: Vec::new(),
            external_id: new.external_id,
            metadata: new.metadata,
            custom_fields: fields.apply(FieldValues::new()),
        }
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
        }
    }

    /// The customer with the changes a client asks for.
    pub fn patched(&self, patch: CustomerPatch, fields: ResolvedChanges) -> Self {
        let current = self.clone();
        Self {
            record: current.record,
            email: patch.email.apply(current.email),
            name: patch.name.apply(current.name),
            first_name: patch.first_name.apply(current.first_name),
            last_name: patch.last_name.apply(current.last_name),
            business_name: patch.business_name.apply(current.business_name),
            phone: patch.phone.apply(current.phone),
            address: match patch.address {
                Patch::Keep => current.address,
                Patch::Clear => None,
                Patch::Set(patch) => Some(current.address.unwrap_or_default().patched(patch)),
            },
            currency: patch.currency.apply(current.currency),
            timezone: patch.timezone.apply(current.timezone),
            locale: patch.locale.apply(current.locale),
            default_payment_method_id: patch
                .default_payment_method_id
                .apply(current.default_payment_method_id),
            tax_rate_ids: patch.tax_rate_ids.apply(current.tax_rate_ids),
            tax_exempt: patch.tax_exempt.apply(current.tax_exempt),
            tax_ids: patch.tax_ids.apply(current.tax_ids),
            buyer_reference: patch.buyer_reference.apply(current.buyer_reference),
            credit_balances: current.credit_balances,
            external_id: patch.external_id.apply(current.external_id),
            metadata: patch.metadata.apply(current.metadata),
            custom_fields: fields.apply(current.custom_fields),
        }
    }
}
