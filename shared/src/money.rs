//! Currencies. Amounts follow here with the first object that has one.

use std::{borrow::Cow, fmt, str::FromStr};

use iso_currency::Currency as Iso;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::input::{Faults, Input, Json, Location};

/// An ISO 4217 currency: read in any case, written in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency(Iso);

/// The text is not the code of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCurrency;

impl Currency {
    /// US dollar: what an account starts with.
    pub const USD: Self = Self(Iso::USD);
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        // What has no smallest unit is a metal or a code for tests: nobody is billed in it.
        let billable = |currency: &Iso| currency.exponent().is_some();
        Iso::from_code(&text.to_ascii_uppercase()).filter(billable).map(Self).ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.code().to_ascii_lowercase())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|UnknownCurrency| de::Error::custom("not an ISO 4217 currency"))
    }
}

impl Input for Currency {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let currency = value.text(at, faults)?.parse().ok();
        if currency.is_none() {
            let hint = "must be an ISO 4217 currency code such as usd";
            faults.not_valid(at, "unknown_currency", hint);
        }
        currency
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[A-Za-z]{3}$", "examples": ["usd"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_read_in_any_case_and_written_in_lower_case() {
        for text in ["usd", "USD", "Usd"] {
            assert_eq!(text.parse::<Currency>().unwrap().to_string(), "usd");
        }
        for text in ["", "us", "usdt", "zzz", "xxx", "xau", "€"] {
            assert_eq!(text.parse::<Currency>(), Err(UnknownCurrency));
        }
    }
}
