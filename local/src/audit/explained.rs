//! What an invoice says of how its amounts came about is true: each sum is computed again, in fractions,
//! from nothing but the numbers that stand in it; what is computed from something else has to stand in a
//! sum before it or be a fact that is stored; and prices are those of the price.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::model::invoice::Invoice;

use super::{
    books::{Book, Books, Object},
    item::{number, text},
    report::Check,
    scan::Item,
};

/// A fraction; its denominator is above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ratio(i128, i128);

impl Ratio {
    fn new(above: i128, below: i128) -> Option<Self> {
        let (mut a, mut b) = (above.unsigned_abs(), below.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let common = i128::try_from(a.max(1)).ok()? * below.signum();
        (below != 0).then_some(Self(above / common, below / common))
    }

    /// A decimal number as it is written.
    fn read(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = u32::try_from(decimals.len()).ok()?;
        Self::new(format!("{whole}{decimals}").parse().ok()?, 10_i128.checked_pow(digits)?)
    }

    fn plus(self, other: Self) -> Option<Self> {
        let above = self.0.checked_mul(other.1)?.checked_add(other.0.checked_mul(self.1)?)?;
        Self::new(above, self.1.checked_mul(other.1)?)
    }

    fn times(self, other: Self) -> Option<Self> {
        // What both have in common goes first, so that little is too large.
        let (one, two) = (Self::new(self.0, other.1)?, Self::new(other.0, self.1)?);
        Self::new(one.0.checked_mul(two.0)?, one.1.checked_mul(two.1)?)
    }

    fn over(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.1, other.0)?)
    }

    fn is_below(self, other: Self) -> bool {
        self.0.saturating_mul(other.1) < other.0.saturating_mul(self.1)
    }

    fn rounded(self, how: &str) -> Option<Self> {
        let (below, rest) = (self.0.div_euclid(self.1), self.0.rem_euclid(self.1));
        let up = match how {
            "exact" => return (rest == 0).then_some(self),
            "down" => false,
            "up" => rest > 0,
            "half_down" => 2 * rest > self.1,
            "half_up" => 2 * rest >= self.1,
            "half_away" if self.0 < 0 => 2 * rest > self.1,
            "half_away" => 2 * rest >= self.1,
            _ => return None,
        };
        Self::new(below + i128::from(up), 1)
    }
}

fn all<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn ratio(of: &Value, name: &str) -> Option<Ratio> {
    Ratio::read(of.get(name)?.as_str()?)
}

/// What a sum comes to.
fn computed(sum: &Value) -> Option<Ratio> {
    let mut total = Ratio(0, 1);
    for term in all(sum, "terms") {
        let mut product = Ratio(1, 1);
        for factor in all(term, "factors") {
            product = product.times(Ratio::read(factor.as_str()?)?)?;
        }
        if let Some(by) = ratio(term, "divided_by") {
            product = product.over(by)?;
        }
        total = total.plus(product)?;
    }
    let mut result = total.rounded(sum.get("rounding")?.as_str()?)?;
    if let Some(least) = ratio(sum, "at_least").filter(|least| result.is_below(*least)) {
        result = least;
    }
    if let Some(most) = ratio(sum, "at_most").filter(|most| most.is_below(result)) {
        result = most;
    }
    Some(result)
}

/// Every sum of every invoice comes to its result, and the results are the amounts of the invoice.
pub(super) fn sums(books: &Books) -> Check {
    let rule = "each amount of an invoice is what the sum comes to that explains it, from numbers that \
                are stored or results of sums before, at the price that its line names";
    let mut check = Check::new("explained", rule);
    for book in books.accounts() {
        for (id, invoice) in book.of("in") {
            let read = serde_json::from_value::<Invoice>(Value::Object(invoice.stored.clone()));
            let explained = read.ok().and_then(|invoice| invoice.explained().ok());
            let Some(explained) = explained.and_then(|one| serde_json::to_value(one).ok()) else {
                check.expect(false, || format!("{id}: cannot be explained"));
                continue;
            };
            one_invoice(&mut check, (id, invoice), &explained, book);
        }
    }
    check
}

fn one_invoice(check: &mut Check, (id, invoice): (&str, &Object), explained: &Value, book: &Book) {
    let items: Vec<&Item> = all_of(&invoice.stored, "items").collect();
    let lines: Vec<&Value> = all(explained, "lines").collect();
    check.expect(items.len() == lines.len(), || format!("{id}: explains {} lines", lines.len()));
    for (item, line) in items.iter().zip(&lines) {
        let name = format!("{id}, {}", text(item, "name"));
        let taxes = all_of(item, "taxes").map(|tax| number(tax, "amount_atom"));
        let mut facts = facts_of(item);
        facts.insert(-taxes.sum::<i128>());
        let amounts = follow(check, &name, line, Some(facts));
        for (of, field) in [("amount", "amount_atom"), ("discount", "discount_amount_atom")] {
            let (explained, stored) = (amount(&amounts, of), number(item, field));
            check.expect(explained == stored, || {
                format!("{name}: {field} is {stored}, explained {explained}")
            });
        }
        priced(check, &name, item, book);
    }
    let amounts = follow(check, id, explained, None);
    for (of, field) in [
        ("subtotal", "subtotal_amount_atom"),
        ("discount", "discount_amount_atom"),
        ("tax", "tax_amount_atom"),
        ("total", "total_amount_atom"),
        ("due", "due_amount_atom"),
    ] {
        let (explained, stored) = (amount(&amounts, of), invoice.number(field));
        check.expect(explained == stored, || {
            format!("{id}: {field} is {stored}, explained {explained}")
        });
    }
    by_rate(check, id, &items, explained);
}

/// The last sum of each rate is what its lines say.
fn by_rate(check: &mut Check, id: &str, items: &[&Item], explained: &Value) {
    let mut rates: Vec<(&str, i128)> = Vec::new();
    for tax in items.iter().flat_map(|item| all_of(item, "taxes")) {
        let (rate, amount) = (text(tax, "tax_rate_id"), number(tax, "amount_atom"));
        match rates.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, sum)) => *sum += amount,
            None => rates.push((rate, amount)),
        }
    }
    for (rate, stored) in rates {
        let of = |sum: &&Value| sum.get("tax_rate_id").and_then(Value::as_str) == Some(rate);
        let results: Vec<i128> = all(explained, "sums")
            .filter(of)
            .filter_map(|sum| ratio(sum, "result").map(|result| result.0))
            .collect();
        // One percentage with one last sum; where the rate counted in several ways, several of them.
        let last = results.last().copied().unwrap_or_default();
        let agrees = last == stored || subset_sums(&results).contains(&stored);
        check.expect(agrees, || format!("{id}: {rate} is {stored}, explained {results:?}"));
    }
}

fn subset_sums(parts: &[i128]) -> BTreeSet<i128> {
    parts.iter().take(12).fold(BTreeSet::from([0]), |sums, part| {
        sums.iter().flat_map(|sum| [*sum, sum + part]).collect()
    })
}

/// Computes each sum, and says what each is of. Whatever a sum is made of is one of `facts` or the
/// result of a sum before it, where facts are given.
fn follow<'a>(
    check: &mut Check,
    name: &str,
    of: &'a Value,
    facts: Option<BTreeSet<i128>>,
) -> Vec<(&'a str, i128)> {
    let mut known = facts;
    let mut amounts = Vec::new();
    for sum in all(of, "sums") {
        let kind = sum.get("of").and_then(Value::as_str).unwrap_or_default();
        let (stated, computed) = (ratio(sum, "result"), computed(sum));
        check.expect(stated.is_some() && stated == computed, || {
            format!("{name}: {kind} is {stated:?}, and its terms make {computed:?}: {sum}")
        });
        let Some(Ratio(result, 1)) = stated else { continue };
        if let Some(known) = &mut known {
            for factor in all(sum, "terms").flat_map(|term| all(term, "factors")) {
                let factor = factor.as_str().and_then(Ratio::read);
                // A number with decimals is a price or a quantity; the price is compared itself. What
                // rounding left over is less than there are lines.
                let whole = factor.filter(|one| one.1 == 1 && one.0.abs() > 250);
                let is_known = whole.is_none_or(|one| known.contains(&one.0));
                check.expect(is_known, || format!("{name}: {kind} has {factor:?} from nowhere"));
            }
            known.insert(result);
            known.insert(-result);
        }
        amounts.push((kind, result));
    }
    amounts
}

/// The last amount of a kind; none where there is none.
fn amount(amounts: &[(&str, i128)], of: &str) -> i128 {
    amounts.iter().rev().find(|(kind, _)| *kind == of).map_or(0, |(_, amount)| *amount)
}

fn all_of<'a>(of: &'a Item, name: &str) -> impl Iterator<Item = &'a Item> + use<'a> {
    of.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Every whole number that a line holds, in whatever it holds.
fn facts_of(item: &Item) -> BTreeSet<i128> {
    fn gather(value: &Value, facts: &mut BTreeSet<i128>) {
        match value {
            Value::Number(number) => facts.extend(number.as_i64().map(i128::from)),
            Value::String(text) => {
                if let Some(Ratio(whole, 1)) = Ratio::read(text) {
                    facts.insert(whole);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| gather(value, facts)),
            Value::Object(object) => object.values().for_each(|value| gather(value, facts)),
            Value::Null | Value::Bool(_) => {}
        }
    }
    let mut facts = BTreeSet::new();
    item.values().for_each(|value| gather(value, &mut facts));
    let below: Vec<i128> = facts.iter().map(|one| -one).collect();
    facts.extend(below);
    facts
}

/// A line that has a price calculates with what the price says, which never changes.
fn priced(check: &mut Check, name: &str, item: &Item, book: &Book) {
    let price = book.objects.get(text(item, "price_id"));
    let calculation = item.get("calculation").and_then(Value::as_object);
    let (Some(price), Some(calculation)) = (price, calculation) else { return };
    if item.get("credit_of").is_some_and(Value::is_object) {
        return;
    }
    let mode = |of: &Item| text(of, "tiers_mode").to_owned();
    let unit = |of: &Item| text(of, "unit_amount_decimal").to_owned();
    let same = mode(calculation) == mode(&price.stored)
        && unit(calculation) == unit(&price.stored)
        && number(calculation, "quantity_divisor") == number(&price.stored, "quantity_divisor");
    check.expect(same, || format!("{name}: is calculated otherwise than its price says"));
    for tier in all_of(calculation, "tiers") {
        let is_tier = |one: &&Item| {
            let whole = |name: &str| (number(one, name), number(tier, name));
            let (up_to, flat) = (whole("up_to"), whole("flat_amount_atom"));
            up_to.0 == up_to.1 && flat.0 == flat.1 && unit(one) == unit(tier)
        };
        let known = all_of(&price.stored, "tiers").any(|one| is_tier(&one));
        check.expect(known, || format!("{name}: has a tier that its price has not"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(terms: &Value, rounding: &str, bounds: (Option<&str>, Option<&str>)) -> Option<i128> {
        let sum = json!({
            "terms": terms, "rounding": rounding, "at_least": bounds.0, "at_most": bounds.1,
        });
        computed(&sum).map(|ratio| ratio.0)
    }

    #[test]
    fn a_sum_is_computed_in_fractions_and_rounded_as_it_says() {
        let half = json!([{"factors": ["3", "0.5"], "divided_by": null}]);
        let below = json!([{"factors": ["-3", "0.5"], "divided_by": null}]);
        let rounded = |terms, how| of(terms, how, (None, None));
        assert_eq!(rounded(&half, "half_down"), Some(1));
        assert_eq!(rounded(&half, "half_up"), Some(2));
        assert_eq!(rounded(&half, "half_away"), Some(2));
        assert_eq!(rounded(&below, "half_away"), Some(-2));
        assert_eq!(rounded(&below, "half_down"), Some(-2));
        assert_eq!(rounded(&below, "half_up"), Some(-1));
        assert_eq!((rounded(&half, "down"), rounded(&half, "up")), (Some(1), Some(2)));
        assert_eq!(rounded(&half, "exact"), None);
    }

    #[test]
    fn a_sum_stays_between_its_bounds() {
        let part = json!([
            {"factors": ["2000", "800000"], "divided_by": "2400000"},
            {"factors": ["-700"], "divided_by": null},
        ]);
        assert_eq!(of(&part, "half_down", (None, None)), Some(-33));
        assert_eq!(of(&part, "half_down", (Some("0"), None)), Some(0));
        assert_eq!(of(&part, "half_down", (None, Some("-50"))), Some(-50));
    }
}
