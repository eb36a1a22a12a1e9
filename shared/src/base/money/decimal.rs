//! Exact decimal numbers: prices finer than a cent, amounts in major units, percentages.
//!
//! A decimal is never a float: it is read digit by digit, kept as a whole number of millionths of a
//! millionth, and becomes an amount by multiplying first and rounding once.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    atoms::{Atoms, Overflow, rounded},
    currency::Currency,
};
use crate::base::{
    error::Error,
    input::{Faults, Input, Json, Location},
};

/// How many digits may follow the point.
const DECIMALS: usize = 12;

/// A decimal number with at most 12 decimals whose whole part fits in an `i64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

/// Why a text is not a [`Decimal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDecimal {
    /// Not digits, with or without a sign before and decimals after.
    Malformed,
    /// More than 12 decimals.
    TooManyDecimals,
    /// A whole part beyond an `i64`.
    OutOfRange,
}

/// Why a number of major units is no amount of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWhole {
    /// It has a fraction of the smallest unit: `10.005` US dollars.
    Fraction,
    /// It is too large.
    Overflow,
}

impl Decimal {
    /// What the number inside is a multiple of: 10⁻¹².
    pub(crate) const SCALE: i128 = 1_000_000_000_000;

    /// The number of smallest units in `amount`.
    pub fn from_atoms(amount: Atoms) -> Self {
        Self(i128::from(amount.get()) * Self::SCALE)
    }

    /// This number of smallest units as an amount; `None` when it has decimals.
    pub fn atoms(self) -> Option<Atoms> {
        let whole = i64::try_from(self.0 / Self::SCALE).ok().map(Atoms::new);
        whole.filter(|_| self.0 % Self::SCALE == 0)
    }

    /// Whether it is less than nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// So many units of 10⁻¹²: a sum may have more digits than a number that is read.
    pub(crate) const fn from_scaled(scaled: i128) -> Self {
        Self(scaled)
    }

    /// The number, in units of 10⁻¹².
    pub(crate) const fn scaled(self) -> i128 {
        self.0
    }

    /// The sum of both, if it can be kept.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)?.kept()
    }

    /// What is left of this without the other, if it can be kept.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(Overflow)?.kept()
    }

    /// The number itself, if its whole part fits in an `i64`: what is kept has to be read again.
    pub fn kept(self) -> Result<Self, Overflow> {
        i64::try_from(self.0 / Self::SCALE).map(|_| self).map_err(|_| Overflow)
    }

    /// The whole number that is not smaller.
    pub fn ceiling(self) -> Result<i64, Overflow> {
        let begun = i128::from(self.0.rem_euclid(Self::SCALE) != 0);
        i64::try_from(self.0.div_euclid(Self::SCALE) + begun).map_err(|_| Overflow)
    }

    /// `quantity` times this number, in units of 10⁻¹², not yet rounded.
    pub(crate) fn scaled_times(self, quantity: i64) -> Result<i128, Overflow> {
        self.0.checked_mul(i128::from(quantity)).ok_or(Overflow)
    }

    /// The price of `quantity` at this many smallest units each, rounded once.
    pub fn times(self, quantity: i64) -> Result<Atoms, Overflow> {
        rounded(self.scaled_times(quantity)?, Self::SCALE)
    }

    /// The price of `quantity` at this many major units (dollars, dinars) each, rounded once.
    pub fn major_times(self, quantity: i64, currency: Currency) -> Result<Atoms, Overflow> {
        let major = self.scaled_times(quantity)?;
        let minor = major.checked_mul(currency.minor_per_major()).ok_or(Overflow)?;
        rounded(minor, Self::SCALE)
    }

    /// This number of major units (dollars, dinars) in smallest units, if it can be kept.
    pub(crate) fn major_to_minor(self, currency: Currency) -> Result<Self, Overflow> {
        self.0.checked_mul(currency.minor_per_major()).map(Self).ok_or(Overflow)?.kept()
    }

    /// This number of major units (dollars, dinars) as an amount. Never rounds.
    pub fn major_to_atoms(self, currency: Currency) -> Result<Atoms, NotWhole> {
        let minor = self.0.checked_mul(currency.minor_per_major()).ok_or(NotWhole::Overflow)?;
        if minor % Self::SCALE != 0 {
            return Err(NotWhole::Fraction);
        }
        i64::try_from(minor / Self::SCALE).map(Atoms::new).map_err(|_| NotWhole::Overflow)
    }
}

impl From<NotWhole> for Error {
    fn from(fault: NotWhole) -> Self {
        match fault {
            NotWhole::Fraction => {
                let hint = "has more decimals than its currency";
                Self::rule("amount", "amount", "too_many_decimals", hint)
            }
            NotWhole::Overflow => Overflow.into(),
        }
    }
}

impl FromStr for Decimal {
    type Err = NotDecimal;

    fn from_str(text: &str) -> Result<Self, NotDecimal> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) {
            return Err(NotDecimal::Malformed);
        }
        if decimals.len() > DECIMALS {
            return Err(NotDecimal::TooManyDecimals);
        }
        let size: i128 =
            format!("{whole}{decimals:0<DECIMALS$}").parse().map_err(|_| NotDecimal::OutOfRange)?;
        let number = if text.starts_with('-') { -size } else { size };
        let fits = i64::try_from(number / Self::SCALE).is_ok();
        Some(Self(number)).filter(|_| fits).ok_or(NotDecimal::OutOfRange)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, scale) = (self.0.unsigned_abs(), Self::SCALE.unsigned_abs());
        let sign = if self.is_negative() { "-" } else { "" };
        let text = format!("{sign}{}.{:0DECIMALS$}", size / scale, size % scale);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|_: NotDecimal| de::Error::custom("not a decimal number"))
    }
}

impl Input for Decimal {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let (Json::Number(text) | Json::Text(text) | Json::Param(text)) = value else {
            return faults.wrong_type(at, "a number, or a string with one", value);
        };
        let (code, hint) = match text.parse() {
            Ok(number) => return Some(number),
            Err(NotDecimal::Malformed) => {
                ("invalid_decimal", "must be a decimal number such as 12.50, without an exponent")
            }
            Err(NotDecimal::TooManyDecimals) => {
                ("too_many_decimals", "has more than 12 digits after the point")
            }
            Err(NotDecimal::OutOfRange) => ("out_of_range", "is larger than a 64-bit integer"),
        };
        faults.not_valid(at, code, hint);
        None
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// It is written as text, and read as text or as a number.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = json_schema!({
            "type": "string",
            "pattern": format!("^-?[0-9]+(\\.[0-9]{{1,{DECIMALS}}})?$"),
            "examples": ["12.50"],
        });
        match generator.contract().is_serialize() {
            true => text,
            false => json_schema!({"oneOf": [text, {"type": "number"}]}),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect(text)
    }

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn a_decimal_is_written_in_its_shortest_form() {
        let table = [
            ("0.0025", "0.0025"),
            ("12.50", "12.5"),
            ("012", "12"),
            ("100", "100"),
            ("-3.25", "-3.25"),
            ("-0.5", "-0.5"),
            ("-0.00", "0"),
            ("0.000000000001", "0.000000000001"),
            ("9223372036854775807.999999999999", "9223372036854775807.999999999999"),
        ];
        for (text, shortest) in table {
            assert_eq!(decimal(text).to_string(), shortest);
        }
        let stored = serde_json::to_string(&decimal("0.00250")).unwrap();
        assert_eq!(stored, r#""0.0025""#);
        assert_eq!(serde_json::from_str::<Decimal>(&stored).unwrap(), decimal("0.0025"));
    }

    #[test]
    fn a_decimal_is_read_from_a_number_or_a_string_digit_by_digit() {
        let read = |json: &str| {
            let (json, mut faults) = (Json::parse(json).unwrap(), Faults::default());
            let read = Decimal::read(&json, &Location::body("price"), &mut faults);
            let code = faults.iter().next().map(|fault| fault.code.clone());
            read.map(|number| number.to_string()).ok_or(code.unwrap_or_default())
        };
        for (json, number) in [("0.1", "0.1"), (r#""12.50""#, "12.5"), ("-3.25", "-3.25")] {
            assert_eq!(read(json), Ok(number.to_owned()));
        }
        let refused = [
            ("1e2", "invalid_decimal"),
            (r#""""#, "invalid_decimal"),
            (r#""-""#, "invalid_decimal"),
            (r#"".5""#, "invalid_decimal"),
            (r#""5.""#, "invalid_decimal"),
            (r#""+5""#, "invalid_decimal"),
            (r#""1,5""#, "invalid_decimal"),
            (r#"" 5""#, "invalid_decimal"),
            (r#""٣""#, "invalid_decimal"),
            ("0.0000000000001", "too_many_decimals"),
            ("9223372036854775808", "out_of_range"),
            ("99999999999999999999999999999999999999999", "out_of_range"),
            ("true", "wrong_type"),
        ];
        for (json, code) in refused {
            assert_eq!(read(json), Err(code.to_owned()), "{json}");
        }
    }

    #[test]
    fn a_price_is_multiplied_first_and_rounded_once() {
        assert_eq!(decimal("0.0025").times(1000), Ok(Atoms::new(2)));
        assert_eq!(decimal("0.0025").times(1001), Ok(Atoms::new(3)));
        assert_eq!(decimal("1.5").times(3), Ok(Atoms::new(4)));
        assert_eq!(decimal("9223372036854775807").times(2), Err(Overflow));
        assert_eq!(decimal("9223372036854775807").times(i64::MAX), Err(Overflow));
    }

    #[test]
    fn major_units_become_atoms_exactly_or_not_at_all() {
        assert_eq!(decimal("10").major_to_atoms(currency("kwd")), Ok(Atoms::new(10_000)));
        assert_eq!(decimal("12.50").major_to_atoms(currency("usd")), Ok(Atoms::new(1250)));
        assert_eq!(decimal("-3").major_to_atoms(currency("jpy")), Ok(Atoms::new(-3)));
        let refused = decimal("10.005").major_to_atoms(currency("usd"));
        assert_eq!(refused, Err(NotWhole::Fraction));
        assert_eq!(decimal("0.5").major_to_atoms(currency("jpy")), Err(NotWhole::Fraction));
        let large = decimal("9223372036854775807").major_to_atoms(currency("usd"));
        assert_eq!(large, Err(NotWhole::Overflow));
        assert_eq!(Error::from(NotWhole::Fraction).status(), 422);
    }

    #[test]
    fn a_quantity_of_major_units_is_rounded_once_to_atoms() {
        assert_eq!(decimal("0.005").major_times(3, currency("usd")), Ok(Atoms::new(1)));
        assert_eq!(decimal("0.0051").major_times(3, currency("usd")), Ok(Atoms::new(2)));
        assert_eq!(decimal("19.99").major_times(2, currency("usd")), Ok(Atoms::new(3998)));
    }

    #[test]
    fn a_decimal_is_an_amount_only_where_it_has_no_decimals() {
        assert_eq!(decimal("4.00").atoms(), Some(Atoms::new(4)));
        assert_eq!(decimal("4.01").atoms(), None);
    }

    proptest! {
        #[test]
        fn an_amount_survives_being_a_decimal_and_a_text(atoms: i64) {
            let number = Decimal::from_atoms(Atoms::new(atoms));
            prop_assert_eq!(decimal(&number.to_string()), number);
            prop_assert_eq!(number.atoms(), Some(Atoms::new(atoms)));
            prop_assert_eq!(number.times(1), Ok(Atoms::new(atoms)));
        }
    }
}
