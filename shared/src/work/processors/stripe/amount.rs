//! How much, as Stripe writes it. Pure.
//!
//! Both count in a currency's smallest unit, and differ in two currencies: Stripe writes the krona and
//! the shilling of Uganda with two decimals that they have not had for years, and takes whole ones
//! only. Of currencies with three decimals it takes amounts whose last digit is 0.

use crate::{
    base::money::{Atoms, Currency},
    model::{currency::ProcessorAmounts, processor::ProcessorType},
};

/// Written with two decimals though they have none.
const WITHOUT_PARTS: [&str; 2] = ["isk", "ugx"];
/// Of three decimals, the last is 0.
const TENTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];
const HUNDRED: i64 = 100;
const TEN: i64 = 10;

/// How Stripe's amounts of a currency differ from ours, where they do.
pub(in crate::work) fn differing(currency: Currency) -> Option<ProcessorAmounts> {
    let code = currency.to_string();
    let differing = |digits, multiple_of_atom| ProcessorAmounts {
        kind: ProcessorType::Stripe,
        digits,
        multiple_of_atom,
    };
    if WITHOUT_PARTS.contains(&code.as_str()) {
        return Some(differing(2, 1));
    }
    TENTHS.contains(&code.as_str()).then(|| differing(currency.minor_units(), TEN))
}

/// An amount as it is sent; none, where Stripe cannot take it.
pub(super) fn sent(amount: Atoms, currency: Currency) -> Option<i64> {
    let (amount, code) = (amount.get(), currency.to_string());
    if WITHOUT_PARTS.contains(&code.as_str()) {
        return amount.checked_mul(HUNDRED);
    }
    let sayable = !TENTHS.contains(&code.as_str()) || amount % TEN == 0;
    sayable.then_some(amount)
}

/// An amount as it is answered; none, where it is none that we can keep.
pub(super) fn answered(amount: i64, currency: Currency) -> Option<Atoms> {
    if !WITHOUT_PARTS.contains(&currency.to_string().as_str()) {
        return Some(Atoms::new(amount));
    }
    (amount % HUNDRED == 0).then(|| Atoms::new(amount / HUNDRED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn the_table() {
        let table = [
            ("usd", 1099, Some(1099)),
            ("jpy", 1099, Some(1099)),
            ("isk", 1099, Some(109_900)),
            ("ugx", 5, Some(500)),
            ("huf", 10_000, Some(10_000)),
            ("kwd", 1230, Some(1230)),
            ("kwd", 1234, None),
            ("tnd", 5, None),
            ("lyd", 1234, Some(1234)),
            ("isk", i64::MAX, None),
        ];
        for (code, atoms, expected) in table {
            assert_eq!(sent(Atoms::new(atoms), currency(code)), expected, "{code} {atoms}");
        }
        assert_eq!(answered(109_950, currency("isk")), None);
    }

    #[test]
    fn what_is_said_to_differ_is_what_is_sent() {
        for currency in Currency::current() {
            let said = differing(currency);
            let (digits, multiple) = said
                .map_or((currency.minor_units(), 1), |said| (said.digits, said.multiple_of_atom));
            let shift = 10_i64.pow(digits - currency.minor_units());
            for amount in 1..=20 {
                let expected = (amount % multiple == 0).then_some(amount * shift);
                assert_eq!(sent(Atoms::new(amount), currency), expected, "{currency} {amount}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_comes_back_as_it_was(
            code in prop::sample::select(vec!["usd", "jpy", "isk", "ugx", "kwd", "huf", "mga"]),
            atoms in 1_i64..1_000_000_000,
        ) {
            if let Some(sent) = sent(Atoms::new(atoms), currency(code)) {
                prop_assert_eq!(answered(sent, currency(code)), Some(Atoms::new(atoms)));
            }
        }
    }
}
