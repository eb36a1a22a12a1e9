//! What is counted of usage, recounted from the events.

mod billed;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::base::time::Timestamp;

use super::{
    books::Books,
    item::{number, text},
    report::Check,
    scan::Item,
};

pub(super) use self::billed::billed;

/// Meter and customer, day, hour, and `n` for how many or `v` for their sum.
type Place = (String, String, String, char);

/// Meter and customer, the month and the value, and the day and the hour in it.
type Use = (String, String, String);

/// The items of an account that are about usage.
#[derive(Debug, Default)]
pub(super) struct UsageBook {
    /// Of each batch whether it is counted, and how many events it says it has.
    batches: BTreeMap<String, (bool, i128)>,
    /// Of each batch how many events name it.
    named: BTreeMap<String, i128>,
    /// What the events of each batch come to.
    events: Vec<(String, Place, i128)>,
    /// Those that count: their batch, when, where a lane would have them, and their value.
    current: Vec<(String, String, Place, i128)>,
    /// What the counters say, all lanes together.
    counters: BTreeMap<Place, i128>,
    /// Of meters that count different values: whose, the month and the value, its hour, and how often it was
    /// used by the events of a batch.
    uses: Vec<(String, Use, i128)>,
    /// The same, as the items of the values say, all lanes together.
    values: BTreeMap<Use, i128>,
    /// Of an hour the largest rank that a lane has (`m`), how often it was corrected (`g`), and whether only
    /// the log says which event counts (`d`).
    peaks: BTreeMap<Place, i128>,
    /// The events that are kept: whose, when, their batch and identifier, and their value.
    kept: BTreeMap<Row, i128>,
    /// The events that the log has.
    logged: BTreeMap<Row, i128>,
}

/// What stands in the log in place of a batch where an event counts no longer as it did.
const VOID: &str = "~";
/// The same where it counts as it was amended.
const AMENDED: &str = "+";

/// What an event was before it was amended: when, how much, and its value where different ones are counted.
fn previous(item: &Item) -> Result<Vec<(String, i128, String)>, String> {
    let before = item.get("previous").and_then(Value::as_array).into_iter().flatten();
    let state = |one: &Value| {
        let one = one.as_object().ok_or("an amendment of nothing")?;
        let value = scaled(text(one, "value")).ok_or("an amendment of no value")?;
        Ok((text(one, "timestamp").to_owned(), value, text(one, "unique_value").to_owned()))
    };
    before.map(state).collect()
}

/// The batch of an entry of the log; of a correction, which it is and the how manieth of its event.
fn row_name(batch: &str) -> String {
    let sign = [VOID, AMENDED].into_iter().find(|sign| batch.starts_with(*sign));
    match (sign, batch.split_once('.')) {
        (None, _) => batch.to_owned(),
        (Some(sign), None) => format!("{sign}0"),
        (Some(sign), Some((_, number))) => format!("{sign}{number}"),
    }
}

fn is_correction(name: &str) -> bool {
    name.starts_with(VOID) || name.starts_with(AMENDED)
}

/// Meter and customer, instant, batch, and identifier; behind it the value, where different ones are counted.
type Row = (String, String, String, String);

impl UsageBook {
    /// Takes an event in: `rest` is its meter and its identifier.
    pub(super) fn event(&mut self, rest: &str, item: &Item) -> Result<(), String> {
        let (meter, identifier) = rest.split_once('#').ok_or("an event of no meter")?;
        let (day, time) = text(item, "timestamp").split_once('T').ok_or("an event of no day")?;
        let whose = format!("{meter}#{}", text(item, "customer_id"));
        let hour: String = time.chars().take(2).collect();
        let value = scaled(text(item, "value")).ok_or("an event of no value")?;
        let batch = text(item, "owned_by").to_owned();
        let void = !text(item, "voided_at").is_empty();
        *self.named.entry(batch.clone()).or_default() += 1;
        let mut states = previous(item)?;
        let unique = text(item, "unique_value");
        states.push((text(item, "timestamp").to_owned(), value, unique.to_owned()));
        let count = states.len();
        for (number, (at, value, unique)) in states.into_iter().enumerate() {
            let row = |name: String| (whose.clone(), at.clone(), name, named(identifier, &unique));
            // The first is what its batch counted; each other one what a correction made of it.
            let name = match number.checked_sub(1) {
                None => batch.clone(),
                Some(correction) => format!("{AMENDED}{correction}"),
            };
            self.kept.insert(row(name), value);
            if void || number + 1 < count {
                self.kept.insert(row(format!("{VOID}{number}")), value);
            }
        }
        if !void {
            let place = (whose.clone(), day.to_owned(), hour.clone(), 'm');
            let at = text(item, "timestamp").to_owned();
            self.current.push((batch.clone(), at, place, value));
        }
        if !void && !unique.is_empty() {
            let (month, of_month) = day.split_at_checked(7).ok_or("an event of no month")?;
            let of_month = format!("{}{hour}", of_month.trim_start_matches('-'));
            let of = (whose.clone(), format!("{month}#{unique}"), of_month);
            self.uses.push((batch.clone(), of, 1));
        }
        for (what, amount) in [('n', 1), ('v', value)].into_iter().filter(|_| !void) {
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

    /// Takes an entry of the log in: `rest` is its meter, its customer and its partition.
    pub(super) fn log(&mut self, rest: &str, sk: &str, item: &Item) -> Result<(), String> {
        let (whose, _) = rest.rsplit_once('#').ok_or("a log of nobody")?;
        let (hour, batch) = sk.split_once('#').ok_or("a log of no hour")?;
        let begins: Timestamp =
            format!("{hour}:00:00Z").parse().map_err(|_| "a log of no hour".to_owned())?;
        let instead = batch.replacen(VOID, AMENDED, 1);
        for (texts, name) in [("events", batch), ("instead", instead.as_str())] {
            let rows = Some(text(item, texts)).filter(|rows| !rows.is_empty()).unwrap_or("[]");
            let rows: Vec<Vec<Value>> =
                serde_json::from_str(rows).map_err(|error| error.to_string())?;
            for row in rows {
                let of = |place: usize| row.get(place).and_then(Value::as_str).unwrap_or_default();
                let ms = row.first().and_then(Value::as_i64).ok_or("an entry of no instant")?;
                let at = begins.plus_millis(ms).to_string();
                let value = scaled(of(1)).ok_or("an entry of no value")?;
                let row = (whose.to_owned(), at, row_name(name), named(of(2), of(3)));
                self.logged.insert(row, value);
            }
        }
        Ok(())
    }

    /// How much of a customer's usage was ever counted from one instant up to another: the values of the
    /// events, what they were before they were corrected too, and how many they are.
    fn within(&self, whose: &str, (from, to): (Timestamp, Timestamp)) -> (i128, i128) {
        let counted = |batch: &str| self.batches.get(batch).is_some_and(|(counted, _)| *counted);
        let mut sum = (0, 0);
        for ((of, at, batch, _), value) in &self.kept {
            let within = at.parse::<Timestamp>().is_ok_and(|at| (from..to).contains(&at));
            let counts = counted(batch) || batch.starts_with(AMENDED);
            if of == whose && within && counts {
                sum = (sum.0 + value, sum.1 + 1);
            }
        }
        sum
    }

    /// Takes in what is said of a value: `rest` is its meter, its customer and its partition.
    pub(super) fn value(&mut self, rest: &str, sk: &str, item: &Item) -> Result<(), String> {
        let (whose, _) = rest.rsplit_once('#').ok_or("a value of nobody")?;
        let mut parts = sk.splitn(3, '#');
        let (Some(month), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("a value of no month".to_owned());
        };
        for (name, _) in item.iter().filter(|(name, _)| *name != "PK" && *name != "SK") {
            let hour = name.strip_prefix('n').ok_or_else(|| format!("uses called {name}"))?;
            let of = (whose.to_owned(), format!("{month}#{value}"), hour.to_owned());
            *self.values.entry(of).or_default() += number(item, name);
        }
        Ok(())
    }

    /// Takes a counter in: `rest` is its meter, its customer and its partition.
    pub(super) fn counter(&mut self, rest: &str, sk: &str, item: &Item) -> Result<(), String> {
        if sk == "spread" {
            return Ok(());
        }
        let (whose, _) = rest.rsplit_once('#').ok_or("a counter of nobody")?;
        let day = match sk.strip_prefix("fix#") {
            Some(day) => day,
            None => sk.split_once('#').ok_or("a counter of no day")?.0,
        };
        for (name, value) in item.iter().filter(|(name, _)| *name != "PK" && *name != "SK") {
            let (what, hour) = name.split_at_checked(1).ok_or("a counter of no hour")?;
            let what = what.chars().next().filter(|what| "nvmgd".contains(*what));
            let what = what.ok_or_else(|| format!("a counter called {name}"))?;
            let amount = match value {
                Value::String(digits) => digits.parse().ok(),
                value => value.as_i64().map(i128::from),
            };
            let amount = amount.ok_or_else(|| format!("{name} is no whole number"))?;
            let place = (whose.to_owned(), day.to_owned(), hour.to_owned(), what);
            match what {
                'n' | 'v' => *self.counters.entry(place).or_default() += amount,
                // Of the lanes the largest; of corrections there is one.
                _ => {
                    let known = self.peaks.entry(place).or_insert(amount);
                    *known = amount.max(*known);
                }
            }
        }
        Ok(())
    }
}

/// An event's identifier, with its value behind where different ones are counted.
fn named(identifier: &str, unique: &str) -> String {
    if unique.is_empty() { identifier.to_owned() } else { format!("{identifier}\n{unique}") }
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
        for place in places.collect::<BTreeSet<_>>() {
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

/// Of an hour's events the largest rank: of `max` the value, of `last` the instant with the value behind.
fn ranks(book: &UsageBook, is_last: impl Fn(&str) -> Option<bool>) -> BTreeMap<Place, i128> {
    let mut ranks: BTreeMap<Place, i128> = BTreeMap::new();
    let counted = |batch: &str| book.batches.get(batch).is_some_and(|(counted, _)| *counted);
    for (batch, at, place, value) in &book.current {
        let Some(is_last) = is_last(&place.0).filter(|_| counted(batch)) else { continue };
        let Ok(at) = at.parse::<Timestamp>() else { continue };
        let within = i128::from(at.millis().rem_euclid(3_600_000));
        let rank = if is_last { within * 10_i128.pow(28) + value } else { *value };
        let known = ranks.entry(place.clone()).or_insert(rank);
        *known = rank.max(*known);
    }
    ranks
}

/// What was counted of meters of which one event counts is that event.
pub(super) fn peaks(books: &Books) -> Check {
    let rule = "of an hour the largest rank that the lanes have is that of its events, unless the hour \
                says that only the log knows";
    let mut check = Check::new("usage peaks", rule);
    for book in books.accounts() {
        let is_last = |whose: &str| {
            let meter = book.objects.get(whose.split('#').next()?)?;
            match meter.text("aggregation_formula") {
                "max" => Some(false),
                "last" => Some(true),
                _ => None,
            }
        };
        let expected = ranks(&book.usage, is_last);
        let said = &book.usage.peaks;
        let places = said.keys().filter(|place| place.3 == 'm').chain(expected.keys());
        for place in places.collect::<BTreeSet<_>>() {
            let (whose, day, hour, _) = place;
            let unsettled = (whose.clone(), day.clone(), hour.clone(), 'd');
            if said.contains_key(&unsettled) {
                continue;
            }
            let (should, is) = (expected.get(place), said.get(place));
            check.expect(should == is, || {
                format!("{whose} on {day} at {hour}: {is:?} is the largest rank, of its events {should:?}")
            });
        }
    }
    check
}

/// What was counted of meters that count different values is what the events come to.
pub(super) fn values(books: &Books) -> Check {
    let rule =
        "how often a value was used in an hour is how many events of counted batches have it";
    let mut check = Check::new("usage values", rule);
    for book in books.accounts() {
        let book = &book.usage;
        let counted = |batch: &str| book.batches.get(batch).is_some_and(|(counted, _)| *counted);
        let mut expected: BTreeMap<&Use, i128> = BTreeMap::new();
        for (_, of, times) in book.uses.iter().filter(|(batch, ..)| counted(batch)) {
            *expected.entry(of).or_default() += times;
        }
        for of in expected.keys().copied().chain(book.values.keys()).collect::<BTreeSet<_>>() {
            let should = expected.get(of).copied().unwrap_or_default();
            let is = book.values.get(of).copied().unwrap_or_default();
            check.expect(should == is, || {
                format!("{of:?}: used {is} times, the events come to {should}")
            });
        }
    }
    check
}

/// The log has the events that are counted.
pub(super) fn logged(books: &Books) -> Check {
    let rule = "the log of usage has the events of counted batches, and no others";
    let mut check = Check::new("usage log", rule);
    for book in books.accounts() {
        let book = &book.usage;
        let counted = |row: &Row| {
            is_correction(&row.2) || book.batches.get(&row.2).is_some_and(|(counted, _)| *counted)
        };
        let kept = book.kept.iter().filter(|(row, _)| counted(row));
        for row in kept.map(|(row, _)| row).chain(book.logged.keys()).collect::<BTreeSet<_>>() {
            let (kept, logged) = (book.kept.get(row), book.logged.get(row));
            check.expect(kept == logged, || {
                format!("{row:?}: {kept:?} is kept, {logged:?} is in the log")
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
