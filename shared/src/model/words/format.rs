//! Amounts and days as they are written in each language. How many decimals a currency has is said by
//! our own table (`base/money/currency.rs`), the same that amounts are counted by.

use jiff::tz::TimeZone;

use super::{Locale, said};
use crate::base::{
    money::{Atoms, Currency, Decimal},
    time::Timestamp,
};

/// How a language writes numbers and puts the currency to them.
struct Style {
    group: &'static str,
    decimal: &'static str,
    /// Whether four digits before the decimals stand together.
    four_together: bool,
    /// Whether the currency stands before the number.
    before: bool,
    /// Whether a sign such as € is apart from the number.
    apart: bool,
    dollar: &'static str,
}

const APART: &str = "\u{a0}";

impl Locale {
    const fn style(self) -> Style {
        let (group, decimal) = match self {
            Self::En | Self::Ja => (",", "."),
            Self::Fr => ("\u{202f}", ","),
            Self::De | Self::Es | Self::Nl | Self::It | Self::Pt => (".", ","),
        };
        let before = matches!(self, Self::En | Self::Nl | Self::Pt | Self::Ja);
        let dollar = match self {
            Self::En | Self::De | Self::Ja => "$",
            Self::Fr => "$US",
            Self::Es | Self::Nl | Self::Pt => "US$",
            Self::It => "USD",
        };
        let apart = !matches!(self, Self::En | Self::Ja);
        Style { group, decimal, four_together: matches!(self, Self::Es), before, apart, dollar }
    }

    /// An amount, with a sign that nobody in the language takes for another currency's.
    pub(crate) fn amount(self, amount: Atoms, currency: Currency) -> String {
        self.exact_amount(Decimal::from_atoms(amount), currency)
    }

    /// A number, such as a quantity or a percentage.
    pub(crate) fn number(self, number: Decimal) -> String {
        let minus = if number.is_negative() { "-" } else { "" };
        format!("{minus}{}", written(number.to_string().trim_start_matches('-'), &self.style()))
    }

    /// So many of the smallest unit, which may have a fraction of it: 0.0025 $.
    pub(crate) fn exact_amount(self, amount: Decimal, currency: Currency) -> String {
        let style = self.style();
        let code = currency.to_string().to_ascii_uppercase();
        let sign = match code.as_str() {
            "USD" => style.dollar,
            "EUR" => "€",
            "GBP" if self != Self::Fr => "£",
            "GBP" => "£GB",
            "JPY" if self == Self::Ja => "￥",
            "JPY" if self == Self::En => "¥",
            code => code,
        };
        let is_code = sign == code;
        let digits = currency.major_digits(amount);
        let number = written(digits.trim_start_matches('-'), &style);
        let minus = if amount.is_negative() { "-" } else { "" };
        let between = if style.apart || is_code { APART } else { "" };
        match style.before {
            true if style.apart && !matches!(self, Self::Pt) => {
                format!("{sign}{between}{minus}{number}")
            }
            true => format!("{minus}{sign}{between}{number}"),
            false => format!("{minus}{number}{between}{sign}"),
        }
    }

    /// A day, in words.
    pub(crate) fn day(self, at: Timestamp, zone: &TimeZone) -> String {
        let (words, local) = (self.words(), at.local(zone));
        let month = usize::try_from(local.month()).unwrap_or(1).saturating_sub(1);
        let named = words.months.get(month).copied().unwrap_or_default();
        let (day, number, year) =
            (local.day().to_string(), local.month().to_string(), local.year().to_string());
        let filled = [("day", &*day), ("month", named), ("number", &*number), ("year", &*year)];
        said(words.date, &filled)
    }
}

/// A number that is digits and a point, as the language writes it.
fn written(digits: &str, style: &Style) -> String {
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(index);
        let together = style.four_together && whole.len() == 4;
        if index > 0 && left.is_multiple_of(3) && !together {
            text.push_str(style.group);
        }
        text.push(digit);
    }
    match decimals {
        "" => text,
        decimals => format!("{text}{}{decimals}", style.decimal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dollars as `Intl.NumberFormat` writes them, which `make web` compares; a currency whose sign
    /// another shares stands there by its code.
    #[test]
    fn amounts_are_written_as_in_the_language() {
        let amount = |locale: Locale, amount: i64, currency: &str| {
            let text = locale.amount(Atoms::new(amount), currency.parse().unwrap());
            text.replace(['\u{a0}', '\u{202f}'], " ")
        };
        for (locale, expected) in [
            (Locale::En, ["$1,234.50", "€0.05", "¥1,234", "KWD 1.500", "-$2.00"]),
            (Locale::De, ["1.234,50 $", "0,05 €", "1.234 JPY", "1,500 KWD", "-2,00 $"]),
            (Locale::Fr, ["1 234,50 $US", "0,05 €", "1 234 JPY", "1,500 KWD", "-2,00 $US"]),
            (Locale::Es, ["1234,50 US$", "0,05 €", "1234 JPY", "1,500 KWD", "-2,00 US$"]),
            (Locale::Nl, ["US$ 1.234,50", "€ 0,05", "JPY 1.234", "KWD 1,500", "US$ -2,00"]),
            (Locale::It, ["1.234,50 USD", "0,05 €", "1.234 JPY", "1,500 KWD", "-2,00 USD"]),
            (Locale::Pt, ["US$ 1.234,50", "€ 0,05", "JPY 1.234", "KWD 1,500", "-US$ 2,00"]),
            (Locale::Ja, ["$1,234.50", "€0.05", "￥1,234", "KWD 1.500", "-$2.00"]),
        ] {
            let written = [
                amount(locale, 123_450, "usd"),
                amount(locale, 5, "eur"),
                amount(locale, 1234, "jpy"),
                amount(locale, 1500, "kwd"),
                amount(locale, -200, "usd"),
            ];
            assert_eq!(written, expected, "{locale}");
        }
        assert_eq!(amount(Locale::Es, 1_234_567, "eur"), "12.345,67 €");
        // Digits are those of our own table: locale data has had 0 and 2 for each of these.
        for currency in ["huf", "cop", "idr", "rsd"] {
            assert!(amount(Locale::De, 1234, currency).starts_with("12,34"), "{currency}");
        }
    }

    #[test]
    fn numbers_and_prices_below_the_smallest_unit_keep_their_decimals() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        let eur = "eur".parse().unwrap();
        assert_eq!(Locale::De.number(decimal("-15000.25")), "-15.000,25");
        assert_eq!(Locale::En.number(decimal("150000")), "150,000");
        assert_eq!(Locale::En.exact_amount(decimal("0.25"), eur), "€0.0025");
        assert_eq!(Locale::De.exact_amount(decimal("2000"), eur), "20,00\u{a0}€");
    }

    #[test]
    fn days_are_written_as_in_the_language() {
        let at: Timestamp = "2026-03-01T09:30:00Z".parse().unwrap();
        let days = Locale::ALL.iter().map(|locale| locale.day(at, &TimeZone::UTC));
        assert_eq!(
            days.collect::<Vec<_>>(),
            [
                "1 March 2026",
                "1. März 2026",
                "1 mars 2026",
                "1 de marzo de 2026",
                "1 maart 2026",
                "1 marzo 2026",
                "1 de março de 2026",
                "2026年3月1日",
            ]
        );
    }
}
