//! Currencies: ISO 4217, and how many decimals each has.

use std::{borrow::Cow, fmt, str::FromStr};

use iso_currency::Currency as Iso;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{atoms::Atoms, decimal::Decimal};
use crate::base::input::{Faults, Input, Json, Location};

/// An ISO 4217 currency: read in any case, written in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency(Iso);

/// The text is not the code of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCurrency;

impl Currency {
    /// US dollar: what an account starts with.
    pub const USD: Self = Self(Iso::USD);

    /// Every currency that something new may be billed in, by its code.
    pub fn current() -> Vec<Self> {
        let letters = || 'a'..='z';
        let pairs = letters().flat_map(|a| letters().map(move |b| (a, b)));
        let codes = pairs.flat_map(|(a, b)| letters().map(move |c| String::from_iter([a, b, c])));
        codes.filter_map(|code| code.parse().ok()).filter(|one: &Self| one.is_current()).collect()
    }

    /// How many decimals its amounts have, per ISO 4217. The ariary has none, as at the processors:
    /// its smallest unit in the standard is a fifth.
    pub fn minor_units(self) -> u32 {
        match self.0 {
            Iso::MGA => 0,
            other => other.exponent().map_or(0, u32::from),
        }
    }

    /// Whether something new may be billed in it: not in a fund's unit or a unit of account, and not
    /// in a currency that was withdrawn, which what is stored may still have.
    pub(crate) fn is_current(self) -> bool {
        // The library calls the bolívar superseded; ISO 4217 has it beside its successor.
        self.0 == Iso::VES || self.0.flags().is_empty()
    }

    /// How many smallest units are one major unit.
    pub(crate) fn minor_per_major(self) -> i128 {
        10_i128.pow(self.minor_units())
    }

    /// So many of the smallest unit, which may have a fraction of it, in major units: `USD 0.0025`.
    pub fn display_decimal(self, amount: Decimal) -> String {
        format!("{} {}", self.0.code(), self.major_digits(amount))
    }

    /// The digits of that, with no fewer decimals than the currency has.
    pub(crate) fn major_digits(self, amount: Decimal) -> String {
        let decimals = usize::try_from(self.minor_units()).unwrap_or_default();
        let (size, all) = (amount.scaled().unsigned_abs(), decimals.saturating_add(12));
        let digits = format!("{size:0>width$}", width = all.saturating_add(1));
        let (whole, rest) = digits.split_at(digits.len().saturating_sub(all));
        let (own, finer) = rest.split_at(decimals);
        let rest = [own, finer.trim_end_matches('0')].concat();
        let sign = if amount.is_negative() { "-" } else { "" };
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{rest}")
    }

    /// The amount as an invoice shows it: `USD 12.50`, `JPY 500`, `KWD -0.001`.
    pub fn display(self, amount: Atoms) -> String {
        let (size, unit) = (amount.get().unsigned_abs(), 10_u64.pow(self.minor_units()));
        let sign = if amount.is_negative() { "-" } else { "" };
        let major = format!("{} {sign}{}", self.0.code(), size / unit);
        match usize::try_from(self.minor_units()) {
            Ok(0) | Err(_) => major,
            Ok(decimals) => format!("{major}.{:0decimals$}", size % unit),
        }
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.code().cmp(other.0.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
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
        let known: Option<Self> = value.text(at, faults)?.parse().ok();
        let hint = match known {
            Some(currency) if currency.is_current() => return known,
            Some(_) => "is no currency that is in use: it was withdrawn, or is a unit of account",
            None => "must be an ISO 4217 currency code such as usd",
        };
        faults.not_valid(at, "unknown_currency", hint);
        None
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

    #[test]
    fn a_currency_has_the_decimals_that_processors_give_it() {
        let by_decimals = |decimals: u32| -> Vec<String> {
            let (letters, mut codes) = (b'a'..=b'z', Vec::new());
            for (a, b, c) in letters.clone().flat_map(|a| {
                letters.clone().flat_map(move |b| (b'a'..=b'z').map(move |c| (a, b, c)))
            }) {
                let code = String::from_utf8(vec![a, b, c]).unwrap();
                if code.parse().is_ok_and(|known: Currency| known.minor_units() == decimals) {
                    codes.push(code);
                }
            }
            codes
        };
        let none = "bif clp djf gnf isk jpy kmf krw mga pyg rwf ugx uyi vnd vuv xaf xof xpf";
        assert_eq!(by_decimals(0).join(" "), none);
        assert_eq!(by_decimals(3).join(" "), "bhd iqd jod kwd lyd omr tnd");
        assert_eq!(by_decimals(4).join(" "), "clf uyw");
        assert!(by_decimals(1).is_empty() && by_decimals(2).len() > 100);
    }

    #[test]
    fn what_is_withdrawn_or_no_money_is_read_where_stored_and_refused_where_new() {
        let read = |code: &str| {
            let mut faults = Faults::default();
            let (body, json) = (Location::body("price"), Json::Text(code.to_owned()));
            let read = Currency::read(&json, &body.field("currency"), &mut faults);
            assert_eq!(read.is_some(), faults.is_empty());
            read
        };
        let withdrawn = ["hrk", "sll", "zwl", "bgn", "cuc"];
        let funds = ["bov", "che", "chw", "clf", "cou", "mxv", "usn", "uyi", "uyw", "xad"];
        for code in withdrawn.into_iter().chain(funds) {
            assert!(read(code).is_none(), "{code}");
            let stored: Currency = serde_json::from_value(code.into()).unwrap();
            assert_eq!(stored.to_string(), code);
        }
        // The library has forgotten this one, so nothing was ever stored in it.
        assert!(read("ang").is_none() && "ang".parse::<Currency>().is_err());
        for code in ["ves", "ved", "sle", "zwg", "xcg", "eur", "cup", "USD", "xof", "kwd"] {
            assert!(read(code).is_some(), "{code}");
        }
    }

    #[test]
    fn the_current_currencies_are_those_that_are_accepted_in_the_order_of_their_codes() {
        let codes: Vec<String> = Currency::current().iter().map(Currency::to_string).collect();
        assert!(codes.is_sorted() && codes.len() > 150, "{}", codes.len());
        for code in &codes {
            let mut faults = Faults::default();
            let body = Location::body("price");
            let read =
                Currency::read(&Json::Text(code.clone()), &body.field("currency"), &mut faults);
            assert!(read.is_some(), "{code}");
        }
        assert!(
            ["usd", "jpy", "kwd", "ves", "xcg"].iter().all(|one| codes.iter().any(|c| c == one))
        );
        assert!(["hrk", "xad", "clf", "xau"].iter().all(|one| codes.iter().all(|c| c != one)));
    }

    #[test]
    fn an_amount_is_shown_in_major_units() {
        let table = [
            ("usd", 1250, "USD 12.50"),
            ("usd", -300, "USD -3.00"),
            ("usd", -5, "USD -0.05"),
            ("jpy", 500, "JPY 500"),
            ("mga", -500, "MGA -500"),
            ("kwd", 1, "KWD 0.001"),
            ("usd", 0, "USD 0.00"),
            ("usd", i64::MIN, "USD -92233720368547758.08"),
        ];
        for (code, atoms, shown) in table {
            assert_eq!(code.parse::<Currency>().unwrap().display(Atoms::new(atoms)), shown);
        }
    }
}
