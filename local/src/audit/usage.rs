//! What is counted of usage, recounted from the events.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    books::Books,
    item::{number, text},
    report::Check,
    scan::Item,
};

/// Meter and customer, day, hour, and `n` for how many or `v` for their sum.
type Place = (String, String, String, char);

/// The items of an account that are about usage.
#[derive(Debug, Default)]
pub(super) struct UsageBook {
    /// Of each batch whether it is counted, and how many events it says it has.
    batches: BTreeMap<String, (bool, i128)>,
    /// Of each batch how many events name it.
    named: BTreeMap<String, i128>,
    /// What the events of each batch come to.
    events: Vec<(String, Place, i128)>,
    /// What the counters say, all lanes together.
    counters: BTreeMap<Place, i128>,
}

impl UsageBook {
    /// Takes an event in: `rest` is its meter and its identifier.
    pub(super) fn event(&mut self, rest: &str, item: &Item) -> Result<(), String> {
        let (meter, _) = rest.split_once('#').ok_or("an event of no meter")?;
        let (day, time) = text(item, "timestamp").split_once('T').ok_or("an event of no day")?;
        let whose = format!("{meter}#{}", text(item, "customer_id"));
        let hour: String = time.chars().take(2).collect();
        let value = scaled(text(item, "value")).ok_or("an event of no value")?;
        let batch = text(item, "owned_by").to_owned();
        *self.named.entry(batch.clone()).or_default() += 1;
        for (what, amount) in [('n', 1), ('v', value)] {
            let place = (whose.clone(), day.to_owned(), hour.clone(), what);
            self.events.push((batch.clone(), place, amount));
        }
        Ok(())
    }

    /// Takes a batch's record in.
    pub(super) fn batch(&mut self, name: &str, item: &Item) {
        let counted = item.get("counted") == Some(&Value::Bool(true));
        self.batches.insert(name.to_owned(), (counted, number(item, "events")));
    }

    /// Takes a counter in: `rest` is its meter, its customer and its partition.
    pub(super) fn counter(&mut self, rest: &str, sk: &str, item: &Item) -> Result<(), String> {
        if sk == "spread" {
            return Ok(());
        }
        let (whose, _) = rest.rsplit_once('#').ok_or("a counter of nobody")?;
        let (day, _) = sk.split_once('#').ok_or("a counter of no day")?;
        for (name, value) in item.iter().filter(|(name, _)| *name != "PK" && *name != "SK") {
            let (what, hour) = name.split_at_checked(1).ok_or("a counter of no hour")?;
            let what = what.chars().next().filter(|what| matches!(what, 'n' | 'v'));
            let what = what.ok_or_else(|| format!("a counter called {name}"))?;
            let amount = match value {
                Value::String(digits) => digits.parse().ok(),
                value => value.as_i64().map(i128::from),
            };
            let amount = amount.ok_or_else(|| format!("{name} is no whole number"))?;
            let place = (whose.to_owned(), day.to_owned(), hour.to_owned(), what);
            *self.counters.entry(place).or_default() += amount;
        }
        Ok(())
    }
}

/// A decimal in units of 10⁻¹².
fn scaled(text: &str) -> Option<i128> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<12}").parse().ok()
}

/// What was counted is what the events come to that were accepted.
pub(super) fn counted(books: &Books) -> Check {
    let rule = "each counter of usage is what the events of counted batches come to, hour by hour; a \
                counted batch has the events that it counted";
    let mut check = Check::new("usage", rule);
    for book in books.accounts() {
        let book = &book.usage;
        let mut expected: BTreeMap<&Place, i128> = BTreeMap::new();
        let counted = |batch: &str| book.batches.get(batch).is_some_and(|(counted, _)| *counted);
        for (_, place, amount) in book.events.iter().filter(|(batch, ..)| counted(batch)) {
            *expected.entry(place).or_default() += amount;
        }
        let places = expected.keys().copied().chain(book.counters.keys());
        for place in places.collect::<std::collections::BTreeSet<_>>() {
            let should = expected.get(place).copied().unwrap_or_default();
            let is = book.counters.get(place).copied().unwrap_or_default();
            let (whose, day, hour, what) = place;
            check.expect(should == is, || {
                format!("{whose} on {day} at {hour}, {what}: {is} is counted, the events come to {should}")
            });
        }
        for (name, (_, says)) in book.batches.iter().filter(|(_, (counted, _))| *counted) {
            let has = book.named.get(name).copied().unwrap_or_default();
            check.expect(has == *says, || {
                format!("batch {name} counted {says} events, {has} name it")
            });
        }
    }
    check
}

#[cfg(test)]
mod tests {
    use super::scaled;

    #[test]
    fn a_value_is_read_digit_by_digit() {
        assert_eq!(scaled("12.5"), Some(12_500_000_000_000));
        assert_eq!(scaled("0.000000000001"), Some(1));
        assert_eq!(scaled("7"), Some(7_000_000_000_000));
        assert_eq!(scaled("x"), None);
    }
}
