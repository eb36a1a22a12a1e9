//! Tokens as text, and what they allow.
//!
//! `st_<env>_` or `pt_<env>_`, thirty random base-62 characters, and six of a CRC-32 over all that
//! precedes: a typing error or a scanner's guess is refused without a database read. The text exists
//! once, in the answer to the request that made it; what is stored is its SHA-256.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::base::{
    hash,
    id::{Environment, random},
    input::{Faults, Input, Json, Location, choice},
};

choice! {
    /// Who may hold a token.
    pub enum TokenKind {
        /// A server: everything its scopes say.
        Secret = "secret",
        /// A browser: only the few operations that are open to it.
        Publishable = "publishable",
    }
}

impl TokenKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Secret => "st",
            Self::Publishable => "pt",
        }
    }
}

/// What the secret of a portal session begins with.
const PORTAL: &str = "po";

const RANDOM_DIGITS: usize = 30;
const CHECK_DIGITS: usize = 6;
/// 62^30 needs 179 bits: two draws of fifteen digits, each below 62^15 < 2^90.
const HALF: u128 = 62_u128.pow(15);

/// A token's text. It cannot be printed or stored; `reveal` is for the one answer that shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainToken(String);

impl PlainToken {
    /// A new token from 179 random bits.
    pub fn new(kind: TokenKind, environment: Environment) -> Self {
        Self::drawn(kind.prefix(), environment)
    }

    fn drawn(prefix: &str, environment: Environment) -> Self {
        let mut text = format!("{prefix}_{environment}_");
        for _ in 0..2 {
            let drawn = u128::from_le_bytes(random()) % HALF;
            text.push_str(&format!("{:0>15}", base62::encode(drawn)));
        }
        text.push_str(&checksum(&text));
        Self(text)
    }

    /// Reads a token from an `Authorization` header's credentials.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.split_once('_')?;
        let (environment, digits) = rest.split_once('_')?;
        let known = matches!(prefix, "st" | "pt" | PORTAL) && matches!(environment, "prod" | "stg");
        let well_formed = digits.len() == RANDOM_DIGITS + CHECK_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (body, check) = text.split_at_checked(text.len().checked_sub(CHECK_DIGITS)?)?;
        (known && well_formed && checksum(body) == check).then(|| Self(text.to_owned()))
    }

    /// What opens the portal for a customer, from as many random bits. It is a key to no operation.
    pub(crate) fn of_portal(environment: Environment) -> Self {
        Self::drawn(PORTAL, environment)
    }

    /// What is stored in its place, and looked up.
    pub fn hashed(&self) -> HashedToken {
        HashedToken(hash::sha256(&self.0))
    }

    /// The text itself, for the answer that shows it once and for the key that seals that answer.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The part that a person may see later: `st_prod_`.
    pub fn prefix(&self) -> &str {
        let end = self.0.rfind('_').map_or(0, |underscore| underscore + 1);
        self.0.get(..end).unwrap_or_default()
    }

    /// The last four characters, by which a person tells tokens apart.
    pub fn last_four(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default()
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(…)")
    }
}

fn checksum(text: &str) -> String {
    format!("{:0>6}", base62::encode(crc32fast::hash(text.as_bytes())))
}

/// The SHA-256 of a token's text, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HashedToken(String);

impl HashedToken {
    /// The digest in hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

choice! {
    /// What a function does, as a permission. Each function names one.
    pub enum Scope {
        /// Read the account.
        AccountRead = "account:read",
        /// Change the account.
        AccountWrite = "account:write",
        /// Read one checkout session, with its secret.
        CheckoutRead = "checkout:read",
        /// Complete a checkout session, with its secret.
        CheckoutWrite = "checkout:write",
        /// List checkout sessions.
        CheckoutSessionsRead = "checkout_sessions:read",
        /// Create and expire checkout sessions.
        CheckoutSessionsWrite = "checkout_sessions:write",
        /// Read coupons.
        CouponsRead = "coupons:read",
        /// Create, change and delete coupons.
        CouponsWrite = "coupons:write",
        /// Read credit notes.
        CreditNotesRead = "credit_notes:read",
        /// Issue credit and void it.
        CreditNotesWrite = "credit_notes:write",
        /// Read the currencies.
        CurrenciesRead = "currencies:read",
        /// Read custom-field definitions.
        CustomFieldDefinitionsRead = "custom_field_definitions:read",
        /// Create, change and delete custom-field definitions.
        CustomFieldDefinitionsWrite = "custom_field_definitions:write",
        /// Read customers.
        CustomersRead = "customers:read",
        /// Create, change and delete customers.
        CustomersWrite = "customers:write",
        /// Read events.
        EventsRead = "events:read",
        /// Read invoices.
        InvoicesRead = "invoices:read",
        /// Create, change, finalize, pay and void invoices.
        InvoicesWrite = "invoices:write",
        /// Send usage to be counted.
        MeterEventsWrite = "meter_events:write",
        /// Read meters, and what customers used.
        MetersRead = "meters:read",
        /// Create and change meters.
        MetersWrite = "meters:write",
        /// Read payment links.
        PaymentLinksRead = "payment_links:read",
        /// Create and change payment links.
        PaymentLinksWrite = "payment_links:write",
        /// Read payment methods.
        PaymentMethodsRead = "payment_methods:read",
        /// Add and remove payment methods.
        PaymentMethodsWrite = "payment_methods:write",
        /// Read payment intents and refunds.
        PaymentsRead = "payments:read",
        /// Refund payments.
        PaymentsWrite = "payments:write",
        /// Open the portal for a customer, who may do there what a customer may.
        PortalWrite = "portal:write",
        /// Read prices.
        PricesRead = "prices:read",
        /// Create and change prices.
        PricesWrite = "prices:write",
        /// Read processors and their routes.
        ProcessorsRead = "processors:read",
        /// Create, change and delete processors and their routes.
        ProcessorsWrite = "processors:write",
        /// Read products.
        ProductsRead = "products:read",
        /// Create, change and delete products.
        ProductsWrite = "products:write",
        /// Read promotion codes.
        PromotionCodesRead = "promotion_codes:read",
        /// Create, change and delete promotion codes.
        PromotionCodesWrite = "promotion_codes:write",
        /// Read the request log.
        RequestLogsRead = "request_logs:read",
        /// Read subscriptions.
        SubscriptionsRead = "subscriptions:read",
        /// Create, change, pause and cancel subscriptions.
        SubscriptionsWrite = "subscriptions:write",
        /// Read tax rates.
        TaxRatesRead = "tax_rates:read",
        /// Create and change tax rates.
        TaxRatesWrite = "tax_rates:write",
        /// Read the test clock.
        TestClockRead = "test_clock:read",
        /// Stop, move and release the test clock.
        TestClockWrite = "test_clock:write",
        /// Read tokens (never their text).
        TokensRead = "tokens:read",
        /// Create, roll and revoke tokens.
        TokensWrite = "tokens:write",
        /// Read webhook endpoints and deliveries.
        WebhooksRead = "webhooks:read",
        /// Create, change, test and delete webhook endpoints, and send events again.
        WebhooksWrite = "webhooks:write",
    }
}

impl Scope {
    /// Whether a publishable token may use it. A new scope has to decide.
    pub const fn publishable(self) -> bool {
        match self {
            Self::CheckoutRead | Self::CheckoutWrite => true,
            Self::AccountRead
            | Self::AccountWrite
            | Self::CheckoutSessionsRead
            | Self::CheckoutSessionsWrite
            | Self::CouponsRead
            | Self::CouponsWrite
            | Self::CreditNotesRead
            | Self::CreditNotesWrite
            | Self::CurrenciesRead
            | Self::CustomFieldDefinitionsRead
            | Self::CustomFieldDefinitionsWrite
            | Self::CustomersRead
            | Self::CustomersWrite
            | Self::EventsRead
            | Self::InvoicesRead
            | Self::InvoicesWrite
            | Self::MeterEventsWrite
            | Self::MetersRead
            | Self::MetersWrite
            | Self::PaymentLinksRead
            | Self::PaymentLinksWrite
            | Self::PaymentMethodsRead
            | Self::PaymentMethodsWrite
            | Self::PaymentsRead
            | Self::PaymentsWrite
            | Self::PortalWrite
            | Self::PricesRead
            | Self::PricesWrite
            | Self::ProcessorsRead
            | Self::ProcessorsWrite
            | Self::ProductsRead
            | Self::ProductsWrite
            | Self::PromotionCodesRead
            | Self::PromotionCodesWrite
            | Self::RequestLogsRead
            | Self::SubscriptionsRead
            | Self::SubscriptionsWrite
            | Self::TaxRatesRead
            | Self::TaxRatesWrite
            | Self::TestClockRead
            | Self::TestClockWrite
            | Self::TokensRead
            | Self::TokensWrite
            | Self::WebhooksRead
            | Self::WebhooksWrite => false,
        }
    }

    /// Whether it changes anything: decides the rate limit's bucket.
    pub fn is_write(self) -> bool {
        self.as_str().ends_with(":write")
    }
}

/// What a secret token may be given: everything of one sort, or one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Grant {
    /// Every scope that reads.
    Read,
    /// Every scope that changes something.
    Write,
    /// One scope.
    Only(Scope),
}

impl Grant {
    /// What a token gets whose creator names nothing: everything.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    fn named(word: &str) -> Option<Self> {
        match word {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            word => Scope::ALL.iter().find(|scope| scope.as_str() == word).copied().map(Self::Only),
        }
    }

    fn names() -> impl Iterator<Item = &'static str> {
        ["read", "write"].into_iter().chain(Scope::ALL.iter().map(|scope| scope.as_str()))
    }

    /// Whether this grant lets its holder use `scope`.
    pub fn allows(self, scope: Scope) -> bool {
        match self {
            Self::Read => !scope.is_write(),
            Self::Write => scope.is_write(),
            Self::Only(granted) => granted == scope,
        }
    }

    /// Whether a holder of this grant may pass `other` on.
    pub fn covers(self, other: Self) -> bool {
        match other {
            Self::Read | Self::Write => self == other,
            Self::Only(scope) => self.allows(scope),
        }
    }
}

impl From<Grant> for &'static str {
    fn from(grant: Grant) -> Self {
        match grant {
            Grant::Read => "read",
            Grant::Write => "write",
            Grant::Only(scope) => scope.as_str(),
        }
    }
}

impl TryFrom<String> for Grant {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, &'static str> {
        Self::named(&word).ok_or("not a scope")
    }
}

impl Input for Grant {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let grant = Self::named(value.text(at, faults)?);
        if grant.is_none() {
            let words: Vec<_> = Self::names().collect();
            let hint = format!("must be one of {}", words.join(", "));
            faults.not_valid(at, "unknown_value", &hint);
        }
        grant
    }
}

impl JsonSchema for Grant {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": Self::names().collect::<Vec<_>>()})
    }
}
