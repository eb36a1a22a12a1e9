//! Customers: whom an account bills.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{CustomerId, PaymentMethodId, kind},
        input::{Country, Email, StoredCountry, Text, input},
        metadata::Metadata,
        money::{Atoms, Currency},
        patch::{Change, Patch},
        time::TimeZoneName,
    },
    model::{
        custom_field::{FieldChanges, FieldValues, ResolvedChanges, held},
        entity::{Companion, Entity, Item, Representation, recorded},
        entity_type::EntityType,
        event_type::{CustomerEvent, created_or_updated},
        expansion::Expansion,
        external_id::{ExternalId, ExternallyNamed, claim},
        filter::{Filter, filter},
        list::List,
        record::Record,
        search::{self, Search},
        tax_id::{TaxId, TaxIds},
        tax_rate::{TaxExempt, TaxRateIds},
        words::Locale,
    },
};

/// Somebody an account bills.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    #[serde(flatten)]
    record: Record<kind::Customer>,
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
    address: Option<Address>,
    /// The currency of what names none.
    currency: Option<Currency>,
    /// Where the customer's calendar is; the account's, when null.
    timezone: Option<TimeZoneName>,
    /// The language of what the customer reads: invoices, as a page and on paper. English, when null.
    #[serde(default)]
    locale: Option<Locale>,
    /// What is charged where nothing else is named.
    pub(crate) default_payment_method_id: Option<PaymentMethodId>,
    /// The tax rates of what it is billed, where neither the line nor the product has some; the
    /// account's, where there are none.
    #[serde(default)]
    tax_rate_ids: TaxRateIds,
    /// Whether it is taxed.
    #[serde(default)]
    tax_exempt: TaxExempt,
    /// What tax offices call it.
    #[serde(default)]
    #[schemars(with = "Vec<TaxId>")]
    tax_ids: TaxIds,
    /// What it wants to read on its invoices: the number of a German authority, a cost centre.
    #[serde(default)]
    buyer_reference: Option<Text<0, 100>>,
    /// What the account owes the customer.
    #[serde(default)]
    credit_balances: Vec<CreditBalance>,
    /// What the caller's own books call it: unique among the account's customers.
    external_id: Option<ExternalId>,
    /// Free text by key.
    metadata: Metadata,
    #[serde(default)]
    #[schemars(skip)]
    custom_fields: FieldValues,
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

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// Street and number.
    line1: Option<Text<0, 200>>,
    /// What else is needed to find the door.
    line2: Option<Text<0, 200>>,
    /// The city.
    city: Option<Text<0, 100>>,
    /// The state or province.
    state: Option<Text<0, 100>>,
    /// The postal code.
    postal_code: Option<Text<0, 20>>,
    /// The country by its two letters of ISO 3166-1; what was written there before that was asked for, if
    /// it is not known by them.
    country: Option<StoredCountry>,
}

input! {
    /// An address as a client sends it. In a PATCH, parts left out stay as they are.
    pub struct AddressPatch {
        /// Street and number.
        line1: Patch<Text<0, 200>>,
        /// What else is needed to find the door.
        line2: Patch<Text<0, 200>>,
        /// The city.
        city: Patch<Text<0, 100>>,
        /// The state or province.
        state: Patch<Text<0, 100>>,
        /// The postal code.
        postal_code: Patch<Text<0, 20>>,
        /// The country, by its two letters of ISO 3166-1; `EL` is taken as GR, and `UK` as GB.
        country: Patch<Country>,
    }
}

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

    /// The same customer, at another address.
    pub(crate) fn at_address(&self, email: Email) -> Self {
        Self { email, ..self.clone() }
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
        self.locale
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
        Self { default_payment_method_id: method, ..self.clone() }
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

impl Address {
    /// What stands in one part, by its name.
    pub(crate) fn part(&self, name: &str) -> &str {
        fn text<const MAX: usize>(part: Option<&Text<0, MAX>>) -> Option<&str> {
            part.map(Text::as_str)
        }
        let part = match name {
            "line1" => text(self.line1.as_ref()),
            "line2" => text(self.line2.as_ref()),
            "city" => text(self.city.as_ref()),
            "state" => text(self.state.as_ref()),
            "postal_code" => text(self.postal_code.as_ref()),
            "country" => self.country.as_ref().map(StoredCountry::as_str),
            _ => None,
        };
        part.unwrap_or_default()
    }

    /// The country, where its code is known.
    pub(crate) fn country(&self) -> Option<Country> {
        self.country.as_ref().and_then(StoredCountry::code)
    }

    /// Whether the other one says all that this one says, and perhaps more. Text that names no country by
    /// its code says nothing.
    pub(crate) fn is_part_of(&self, other: &Self) -> bool {
        let same = |name: &str| self.part(name).is_empty() || self.part(name) == other.part(name);
        let parts = ["line1", "line2", "city", "state", "postal_code"];
        let country =
            self.country().is_none_or(|own| other.country().is_some_and(|one| one == own));
        parts.into_iter().all(same) && country
    }

    /// The address with the changes a client asks for.
    pub(crate) fn patched(self, patch: AddressPatch) -> Self {
        Self {
            line1: patch.line1.apply(self.line1),
            line2: patch.line2.apply(self.line2),
            city: patch.city.apply(self.city),
            state: patch.state.apply(self.state),
            postal_code: patch.postal_code.apply(self.postal_code),
            country: patch.country.map(StoredCountry::from).apply(self.country),
        }
    }
}

impl Representation for Customer {
    const EXPANSIONS: &'static [Expansion] =
        &[Expansion::account(), Expansion::custom_fields(EntityType::Customer)];

    fn example() -> Value {
        serde_json::json!({
            "id": "cus_prod_0mkz6k3cx9y8z7w6",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "email": "jane@example.com",
            "name": "Jane Smith",
            "first_name": null,
            "last_name": null,
            "business_name": null,
            "phone": null,
            "address": null,
            "currency": "usd",
            "timezone": "Europe/Berlin",
            "locale": null,
            "default_payment_method_id": null,
            "tax_rate_ids": [],
            "tax_exempt": "none",
            "tax_ids": [],
            "buyer_reference": null,
            "credit_balances": [],
            "external_id": null,
            "metadata": {"order": "6735"},
        })
    }
}

impl ExternallyNamed for Customer {
    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }
}

impl Entity for Customer {
    recorded!(kind::Customer);
    type Event = CustomerEvent;
    const RESOURCE: &'static str = "customers";
    const HIDDEN: &'static [&'static str] = &["custom_fields"];
    const LATER: &'static [&'static str] = &["search"];

    fn lists(&self) -> Vec<List> {
        let mut lists = CustomerFilter::lists(self);
        lists.extend(held(&self.custom_fields));
        let names =
            [self.display_name(), self.business_name.as_ref().map(|name| name.as_str().to_owned())];
        let names = names.iter().flatten().map(String::as_str);
        lists.extend(search::lists(Self::RESOURCE, names, Some(self.email.as_str())));
        lists
    }

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let claim = claim("customer", Self::RESOURCE, self.external_id.as_ref());
        Ok(claim.into_iter().collect())
    }

    fn complete(&self, object: &mut Item) {
        object.insert("name".to_owned(), self.display_name().map_or(Value::Null, Value::from));
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<CustomerEvent> {
        created_or_updated(before)
    }
}

filter! {
    /// Which customers to list.
    pub struct CustomerFilter of Customer {
        /// Only those with exactly this e-mail address.
        email: Email,
        /// Only the one with this id of the caller's own.
        external_id: ExternalId,
        /// Only those of whose name, business name or e-mail address a word begins with this, whatever
        /// the case, in the order of these words: `smi` and `jane smi` find Jane Smith. Two letters at
        /// least. Of those that are found the first 500 can be listed, and `total` counts all. Not
        /// together with `created_at`.
        search: Search,
    }
    together [email]
    together [external_id]
    words search
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::input::Faults;
    use crate::base::input::Location;
    use crate::{
        base::{
            id::{AccountId, IdSource},
            input::{Input, Json},
            time::Clock,
        },
        model::entity::Shown,
    };

    fn read<T: Input>(body: &str) -> T {
        let mut faults = Faults::default();
        let json = Json::parse(body).unwrap();
        T::read(&json, &Location::body("customer"), &mut faults).expect(body)
    }

    fn customer(body: &str) -> Customer {
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let id = CustomerId::new(account.environment(), Clock.now(), &IdSource::new(Clock));
        let record = Record::new(id, account, Clock.now());
        Customer::new(record, read(body), ResolvedChanges::default())
    }

    fn name_of(body: &str) -> Value {
        Shown::of(&customer(body)).unwrap().object.get("name").cloned().unwrap()
    }

    #[test]
    fn without_a_name_a_customer_is_called_by_person_then_by_company() {
        let full = r#""first_name": "Jane", "last_name": "Smith""#;
        let company = r#""business_name": "Acme""#;
        let email = r#""email": "jane@example.com""#;
        assert_eq!(name_of(&format!("{{{email}, {full}, {company}}}")), "Jane Smith");
        assert_eq!(name_of(&format!("{{{email}, {company}}}")), "Acme");
        assert_eq!(name_of(&format!(r#"{{{email}, "name": "J.", {full}}}"#)), "J.");
        assert_eq!(name_of(&format!("{{{email}}}")), Value::Null);
    }

    #[test]
    fn a_patch_reaches_into_the_address() {
        let body = r#"{"email": "a@example.com", "address": {"line1": "1 Road", "city": "Bern"}}"#;
        let patch = read(r#"{"address": {"city": null, "line2": "c/o"}}"#);
        let patched = customer(body).patched(patch, ResolvedChanges::default());
        let expected = Address {
            line1: Some(Text::of("1 Road")),
            line2: Some(Text::of("c/o")),
            ..Address::default()
        };
        assert_eq!(patched.address, Some(expected));
        let cleared = patched.patched(read(r#"{"address": null}"#), ResolvedChanges::default());
        assert_eq!(cleared.address, None);
    }

    #[test]
    fn an_address_of_before_is_read_and_may_be_changed_part_by_part() {
        let stored = |country: &str| {
            let mut stored =
                serde_json::to_value(customer(r#"{"email": "a@example.com"}"#)).unwrap();
            stored["address"] = serde_json::json!({
                "line1": null, "line2": null, "city": "Athens", "state": null, "postal_code": null,
                "country": country,
            });
            serde_json::from_value::<Customer>(stored).unwrap()
        };
        for (country, shown) in [("EL", "GR"), ("gr", "GR"), ("Greece", "Greece")] {
            let patch = read(r#"{"address": {"city": "Patras"}}"#);
            let patched = stored(country).patched(patch, ResolvedChanges::default());
            assert_eq!(
                (patched.address_part("city"), patched.address_part("country")),
                ("Patras", shown)
            );
        }
    }

    #[test]
    fn a_change_of_address_moves_the_customer_between_lists() {
        let before = customer(r#"{"email": "a@example.com"}"#);
        let patch = read(r#"{"email": "b@example.com"}"#);
        let after = before.patched(patch, ResolvedChanges::default());
        assert_ne!(before.lists(), after.lists());
        assert_eq!(before.lists().first(), after.lists().first());
    }
}
