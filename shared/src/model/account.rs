//! The account: one company in one environment. Everything else belongs to one.
//!
//! An account is made by the operator, never over HTTP, together with its first two tokens.

mod dunning;
mod entity;
mod look;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    dunning::{Dunning, DunningPatch, InvoiceOutcome, SubscriptionOutcome},
    look::{Brand, BrandPatch},
};
use crate::{
    base::{
        id::{AccountId, Environment, Id, IdSource, ProcessorId, kind},
        input::{Integer, Text, Word, input},
        money::Currency,
        patch::{Change, Patch},
        time::{TimeZoneName, Timestamp},
    },
    model::{
        auth::{Grant, PlainToken, TokenKind},
        customer::{Address, AddressPatch},
        origin::Origins,
        portal_settings::{PortalSettings, PortalSettingsPatch},
        rate_limit::RateLimits,
        record::Record,
        tax_id::{TaxId, TaxIds},
        tax_rate::TaxRateIds,
        token::{NewToken, Token},
    },
};

/// A company's settings in one environment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    #[serde(flatten)]
    record: Record<kind::Account>,
    /// What the company is called.
    name: Text<1, 200>,
    /// Its name in the register of companies, on invoices; `name`, when null.
    #[serde(default)]
    legal_name: Option<Text<0, 200>>,
    /// Its number in the register of companies.
    #[serde(default)]
    legal_id: Option<Text<0, 50>>,
    /// Where it is, on invoices.
    #[serde(default)]
    address: Option<Address>,
    /// Its telephone number, on e-invoices.
    #[serde(default)]
    phone: Option<Text<0, 50>>,
    /// What tax offices call it.
    #[serde(default)]
    #[schemars(with = "Vec<TaxId>")]
    tax_ids: TaxIds,
    /// Production or staging; never changes.
    environment: Environment,
    /// The currency of objects that name none.
    default_currency: Currency,
    /// Where calendar steps happen for customers who have no time zone.
    timezone: TimeZoneName,
    /// What invoice numbers begin with.
    invoice_prefix: Word<20>,
    /// Days until an invoice that names no term is due.
    payment_terms_days: Integer<0, 365>,
    /// Hours between the draft of a renewal's invoice and its finalization.
    #[serde(default = "one_hour")]
    finalization_delay_hours: Integer<0, 72>,
    /// The processor of subscriptions that name none.
    default_processor_id: Option<ProcessorId>,
    /// The tax rates of what has none by its line, product or customer.
    #[serde(default)]
    default_tax_rate_ids: TaxRateIds,
    /// What happens when a payment fails.
    dunning: Dunning,
    /// How invoices and checkout pages look.
    brand: Brand,
    /// The origins of pages that may embed a checkout by PaymentKit.js, such as `https://shop.example`; any
    /// page may, when there are none.
    #[serde(default)]
    allowed_origins: Origins,
    /// Whether requests are kept for seven days, to be read at `/api/request-logs`.
    #[serde(default)]
    request_logging: bool,
    /// What customers may do on their portal, beside what they always may.
    #[serde(default)]
    portal: PortalSettings,
    #[schemars(skip)]
    rate_limits: RateLimits,
    /// Whether it has tax rates: without any, nothing else has to be read for them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(skip)]
    has_tax_rates: bool,
}

fn one_hour() -> Integer<0, 72> {
    Integer::clamped(1)
}

input! {
    /// What a client sends to change the account.
    pub struct AccountPatch {
        /// What the company is called.
        name: Change<Text<1, 200>>,
        /// Its name in the register of companies, on invoices; `name`, when null.
        legal_name: Patch<Text<0, 200>>,
        /// Its number in the register of companies.
        legal_id: Patch<Text<0, 50>>,
        /// Where it is, on invoices; parts left out stay as they are.
        address: Patch<AddressPatch>,
        /// Its telephone number, on e-invoices.
        phone: Patch<Text<0, 50>>,
        /// What tax offices call it, at most ten: replaces all of them.
        tax_ids: Change<TaxIds>,
        /// The currency of objects that name none.
        default_currency: Change<Currency>,
        /// Where calendar steps happen for customers who have no time zone.
        timezone: Change<TimeZoneName>,
        /// What invoice numbers begin with.
        invoice_prefix: Change<Word<20>>,
        /// Days until an invoice that names no term is due.
        payment_terms_days: Change<Integer<0, 365>>,
        /// Hours between the draft of a renewal's invoice and its finalization.
        finalization_delay_hours: Change<Integer<0, 72>>,
        /// The processor of subscriptions that name none.
        pub(crate) default_processor_id: Patch<ProcessorId>,
        /// The tax rates of what has none by its line, product or customer: replaces all of them.
        pub(crate) default_tax_rate_ids: Change<TaxRateIds>,
        /// What happens when a payment fails; settings left out stay as they are.
        dunning: Change<DunningPatch>,
        /// How invoices and checkout pages look; settings left out stay as they are.
        pub(crate) brand: Change<BrandPatch>,
        /// The origins of pages that may embed a checkout by PaymentKit.js, at most fifty: replaces all of
        /// them. Empty or null: any page may.
        allowed_origins: Patch<Origins>,
        /// Whether requests are kept for seven days, to be read at `/api/request-logs`. It takes effect
        /// within 30 seconds.
        pub(crate) request_logging: Change<bool>,
        /// What customers may do on their portal, beside what they always may; settings left out stay as
        /// they are.
        pub(crate) portal: Change<PortalSettingsPatch>,
    }
    example {"timezone": "Europe/Berlin", "brand": {"primary_color": "#1a2b3c"}}
}

input! {
    /// What an operator sends to create an account.
    pub struct NewAccount {
        /// Production or staging.
        environment: Environment,
        /// What the company is called.
        name: Text<1, 200>,
        /// The limit of every token and bucket, for a bench or a load test.
        requests_per_second: Option<Integer<1, 1_000_000>>,
    }
}

impl Account {
    /// A new account with the settings every account begins with.
    pub fn new(new: NewAccount, now: Timestamp, ids: &IdSource) -> Self {
        let id: AccountId = Id::new(new.environment, now, ids);
        Self {
            record: Record::new(id.clone(), id, now),
            name: new.name,
            legal_name: None,
            legal_id: None,
            address: None,
            phone: None,
            tax_ids: TaxIds::default(),
            environment: new.environment,
            default_currency: Currency::USD,
            timezone: TimeZoneName::utc(),
            invoice_prefix: Word::of("INV"),
            payment_terms_days: Integer::clamped(30),
            finalization_delay_hours: one_hour(),
            default_processor_id: None,
            default_tax_rate_ids: TaxRateIds::default(),
            dunning: Dunning {
                window_days: Integer::clamped(30),
                subscription: SubscriptionOutcome::Cancel,
                invoice: InvoiceOutcome::MarkUncollectible,
            },
            brand: Brand::default(),
            allowed_origins: Origins::default(),
            request_logging: false,
            portal: PortalSettings::default(),
            rate_limits: new
                .requests_per_second
                .map_or_else(RateLimits::default, |limit| RateLimits::all(limit.get())),
            has_tax_rates: false,
        }
    }

    /// The account's first token of a kind, and its text.
    pub fn first_token(
        &self,
        kind: TokenKind,
        now: Timestamp,
        ids: &IdSource,
    ) -> (Token, PlainToken) {
        let record = Record::new(Id::new(self.environment, now, ids), self.id().clone(), now);
        let new = NewToken::first(kind);
        Token::new(record, new, &Grant::ALL, self.rate_limits())
    }

    /// The account's id.
    pub fn id(&self) -> &AccountId {
        &self.record.id
    }

    /// The account, charged by this processor where nothing else is named.
    pub fn charged_by(self, processor: Option<&ProcessorId>) -> Self {
        Self { default_processor_id: processor.cloned().or(self.default_processor_id), ..self }
    }

    /// The processor of what names none.
    pub fn default_processor_id(&self) -> Option<&ProcessorId> {
        self.default_processor_id.as_ref()
    }

    /// The tax rates of what has none by its line, product or customer.
    pub fn default_tax_rate_ids(&self) -> &TaxRateIds {
        &self.default_tax_rate_ids
    }

    /// Whether it has tax rates.
    pub fn has_tax_rates(&self) -> bool {
        self.has_tax_rates
    }

    /// The account with tax rates.
    pub fn with_tax_rates(&self) -> Self {
        Self { has_tax_rates: true, ..self.clone() }
    }

    /// What it is called in the dashboard.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// What its tokens may do per second, and whether that is logged.
    pub fn rate_limits(&self) -> RateLimits {
        self.rate_limits.logged(self.request_logging)
    }

    /// Whether requests are kept in the request log.
    pub fn request_logging(&self) -> bool {
        self.request_logging
    }

    /// What customers may do on their portal.
    pub(crate) fn portal(&self) -> &PortalSettings {
        &self.portal
    }

    /// Whether a page may embed a checkout of which a browser says that its origin is this.
    pub fn is_embedded_at(&self, origin: &str) -> bool {
        self.allowed_origins.allow(origin)
    }

    /// The number of the `n`-th invoice.
    pub fn invoice_number(&self, n: u64) -> String {
        format!("{}-{n:04}", self.invoice_prefix.as_str())
    }

    /// Days until an invoice that names no term is due.
    pub fn payment_terms_days(&self) -> i64 {
        self.payment_terms_days.get()
    }

    /// When a renewal's draft of this instant is finalized.
    pub fn finalization_after(&self, drafted: Timestamp) -> Timestamp {
        drafted.plus_hours(self.finalization_delay_hours.get())
    }

    /// What happens when a payment fails.
    pub fn dunning(&self) -> &Dunning {
        &self.dunning
    }

    /// Where calendar steps happen for customers who have no time zone.
    pub fn timezone(&self) -> &TimeZoneName {
        &self.timezone
    }

    /// The currency of objects that name none.
    pub fn default_currency(&self) -> Currency {
        self.default_currency
    }

    /// Its name in the register, its number there, and its telephone number.
    pub(crate) fn in_the_register(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        let filled = |text: Option<&'_ str>| text.is_some_and(|text| !text.trim().is_empty());
        let name = self.legal_name.as_ref().map(Text::as_str).filter(|name| filled(Some(name)));
        let id = self.legal_id.as_ref().map(Text::as_str).filter(|id| filled(Some(id)));
        let phone = self.phone.as_ref().map(Text::as_str).filter(|phone| filled(Some(phone)));
        (name.or(Some(self.name.as_str())), id, phone)
    }

    /// Where it is, and what tax offices call it.
    pub(crate) fn in_the_books(&self) -> (Option<&Address>, &TaxIds) {
        (self.address.as_ref(), &self.tax_ids)
    }

    /// How invoices look: the name customers know, and the brand.
    pub fn brand(&self) -> (&str, &Brand) {
        let display = self.brand.display_name.as_ref().map(Text::as_str);
        (display.filter(|name| !name.is_empty()).unwrap_or(self.name.as_str()), &self.brand)
    }

    /// The account with the changes a client asks for.
    pub fn patched(&self, patch: AccountPatch) -> Self {
        Self {
            record: self.record.clone(),
            name: patch.name.apply(self.name.clone()),
            legal_name: patch.legal_name.apply(self.legal_name.clone()),
            legal_id: patch.legal_id.apply(self.legal_id.clone()),
            address: match patch.address {
                Patch::Keep => self.address.clone(),
                Patch::Clear => None,
                Patch::Set(patch) => Some(self.address.clone().unwrap_or_default().patched(patch)),
            },
            phone: patch.phone.apply(self.phone.clone()),
            tax_ids: patch.tax_ids.apply(self.tax_ids.clone()),
            environment: self.environment,
            default_currency: patch.default_currency.apply(self.default_currency),
            timezone: patch.timezone.apply(self.timezone.clone()),
            invoice_prefix: patch.invoice_prefix.apply(self.invoice_prefix.clone()),
            payment_terms_days: patch.payment_terms_days.apply(self.payment_terms_days),
            finalization_delay_hours: patch
                .finalization_delay_hours
                .apply(self.finalization_delay_hours),
            default_processor_id: patch
                .default_processor_id
                .apply(self.default_processor_id.clone()),
            default_tax_rate_ids: patch
                .default_tax_rate_ids
                .apply(self.default_tax_rate_ids.clone()),
            dunning: match patch.dunning {
                Change::Keep => self.dunning.clone(),
                Change::To(dunning) => self.dunning.patched(&dunning),
            },
            brand: match patch.brand {
                Change::Keep => self.brand.clone(),
                Change::To(brand) => self.brand.clone().patched(brand),
            },
            allowed_origins: match patch.allowed_origins {
                Patch::Keep => self.allowed_origins.clone(),
                Patch::Clear => Origins::default(),
                Patch::Set(origins) => origins,
            },
            request_logging: patch.request_logging.apply(self.request_logging),
            portal: match patch.portal {
                Change::Keep => self.portal.clone(),
                Change::To(portal) => self.portal.patched(portal),
            },
            rate_limits: self.rate_limits,
            has_tax_rates: self.has_tax_rates,
        }
    }
}

/// What an operator gets: the only time the two texts are shown.
#[derive(Debug, Serialize)]
pub struct Credentials {
    /// The new account.
    pub account_id: AccountId,
    /// For servers.
    pub secret_token: String,
    /// For browsers.
    pub publishable_token: String,
}

impl Credentials {
    /// The credentials of a new account.
    pub fn new(account: &Account, secret: &PlainToken, publishable: &PlainToken) -> Self {
        Self {
            account_id: account.id().clone(),
            secret_token: secret.reveal().to_owned(),
            publishable_token: publishable.reveal().to_owned(),
        }
    }
}
