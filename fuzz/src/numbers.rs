//! Integers, decimals, currencies and amounts of money.

use serde_json::Value;
use shared::{
    base::{
        input::Json,
        money::{Atoms, Currency, Decimal},
    },
    model::custom_field::Number,
};

use crate::read;

/// A text: as a number, and as a currency with a number behind it.
pub fn numbers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    integer(text);
    decimal(text);
    let Some((code, number)) = text.split_at_checked(3) else { return };
    let Ok(currency) = code.parse::<Currency>() else { return };
    assert_eq!(currency.to_string(), code.to_ascii_lowercase());
    assert_eq!(currency.to_string().parse(), Ok(currency));
    amount(currency, number);
}

/// An integer is what Rust takes for one, but for a plus.
fn integer(text: &str) {
    let number = Json::Number(text.to_owned());
    let ours = read::<i64>(&number).0;
    let theirs = text.parse::<i64>().ok().filter(|_| !text.starts_with('+'));
    assert_eq!(ours, theirs, "{text}");
    assert_eq!(read::<Atoms>(&number).0.map(Atoms::get), theirs, "{text}");
}

/// A decimal is written as it is read again, and is the number that serde_json takes it for.
fn decimal(text: &str) {
    for json in [Json::Number(text.to_owned()), Json::Text(text.to_owned())] {
        let read = read::<Decimal>(&json).0;
        assert_eq!(read, text.parse().ok(), "{text}");
    }
    let Ok(decimal) = text.parse::<Decimal>() else { return };
    let written = decimal.to_string();
    assert_eq!(written.parse(), Ok(decimal), "{text}");
    assert_eq!(written.parse::<Decimal>().unwrap().to_string(), written, "{text}");
    let float = |text: &str| text.parse::<f64>().expect("a decimal is a float");
    assert_eq!(float(&written), float(text), "{text}");
    assert_eq!(decimal.is_negative(), float(text) < 0.0, "{text}");
    if let Some(atoms) = decimal.atoms() {
        assert_eq!(Decimal::from_atoms(atoms), decimal, "{text}");
        assert_eq!(decimal.times(1), Ok(atoms), "{text}");
    }
    field(text);
}

/// A number of a custom field is the same before and after it was stored.
fn field(text: &str) {
    let Some(number) = read::<Number>(&Json::Number(text.to_owned())).0 else { return };
    let stored = serde_json::to_string(&number).unwrap();
    assert_eq!(serde_json::from_str::<Number>(&stored).unwrap(), number, "{text}");
    let Value::Number(shown) = serde_json::from_str(&stored).unwrap() else { panic!("{stored}") };
    assert_eq!(shown.as_f64(), text.parse().ok(), "{text}");
    assert!(shown.as_f64() != Some(0.0) || stored == "0.0", "{text} is {stored}");
}

/// Major units are the amount that is shown of them, or more decimals than the currency has.
fn amount(currency: Currency, text: &str) {
    let Ok(major) = text.parse::<Decimal>() else { return };
    if let Ok(atoms) = major.major_to_atoms(currency) {
        let shown = currency.display(atoms);
        let (code, number) = shown.split_once(' ').expect("a code and a number");
        assert_eq!(code.parse(), Ok(currency));
        assert_eq!(number.parse(), Ok(major), "{text} is {shown}");
        assert_eq!(major.major_times(1, currency), Ok(atoms), "{text}");
    }
}
