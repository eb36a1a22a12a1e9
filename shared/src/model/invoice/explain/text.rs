//! A sum in words: `3 × USD 20.00 × 864000 / 2678400 = USD 19.35, rounded to the nearest`.

use super::{Sum, SumOf, Term};
use crate::{
    base::money::{Currency, Decimal},
    model::invoice::Rounding,
};

/// The sum in words. Numbers of its terms that are amounts of money are in major units.
pub(super) fn of(sum: &Sum, currency: Currency) -> String {
    let money = |amount: Decimal| currency.display_decimal(amount);
    let shown = |number: Decimal| match sum.of {
        SumOf::Packages => number.to_string(),
        _ => money(number),
    };
    let mut text = String::new();
    for (place, term) in sum.terms.iter().enumerate() {
        // What is taken off stands with a minus before it, not in it.
        let below = place > 0 && term.factors.first().is_some_and(|first| first.is_negative());
        text.push_str(match (place, below) {
            (0, _) => "",
            (_, true) => " − ",
            (_, false) => " + ",
        });
        let size = if below { term.negated() } else { term.clone() };
        text.push_str(&of_term(&size, sum, currency));
    }
    for (word, bound) in [("at least", sum.at_least), ("at most", sum.at_most)] {
        if let Some(bound) = bound {
            text.push_str(&format!(", {word} {}", shown(bound)));
        }
    }
    let result = shown(sum.result);
    if text != result {
        text.push_str(&format!(" = {result}"));
    }
    match rounding(sum.rounding) {
        Some(how) => format!("{text}, {how}"),
        None => text,
    }
}

fn of_term(term: &Term, sum: &Sum, currency: Currency) -> String {
    let money = |amount: &Decimal| currency.display_decimal(*amount);
    let number = |number: &Decimal| number.to_string();
    let (factors, by) = (&term.factors, term.divided_by.as_ref());
    let parts: Vec<String> = match (sum.of, factors.as_slice()) {
        (SumOf::Packages, all) => all.iter().map(number).collect(),
        (_, [one]) => vec![money(one)],
        // A share is an amount in proportion to others; what else is multiplied is not money.
        (SumOf::Share, [whole, own]) => vec![money(whole), money(own)],
        (SumOf::Price | SumOf::Amount, [quantity, unit]) if by.is_none() => {
            vec![number(quantity), money(unit)]
        }
        (SumOf::WholeDiscount | SumOf::TaxOfRate, [of, percent]) => {
            let rest = by.filter(|by| by.to_string() != "100");
            let over = rest.map(|by| format!(" / {by}")).unwrap_or_default();
            let sign = if over.is_empty() { " %" } else { "" };
            return format!("{} × {percent}{sign}{over}", money(of));
        }
        (_, [amount, rest @ ..]) => {
            [money(amount)].into_iter().chain(rest.iter().map(number)).collect()
        }
        (_, []) => Vec::new(),
    };
    let product = parts.join(" × ");
    match (sum.of, by) {
        (_, None) => product,
        (SumOf::Share, Some(by)) => format!("{product} / {}", money(by)),
        (SumOf::Packages, Some(by)) => format!("{product} / {by}"),
        (_, Some(by)) => format!("{product} / {by} seconds"),
    }
}

const fn rounding(rounding: Rounding) -> Option<&'static str> {
    match rounding {
        Rounding::Exact => None,
        Rounding::HalfDown => Some("to the nearest, a half down"),
        Rounding::HalfUp => Some("to the nearest, a half up"),
        Rounding::HalfAway => Some("to the nearest, a half away from zero"),
        Rounding::Down => Some("rounded down"),
        Rounding::Up => Some("rounded up"),
    }
}
