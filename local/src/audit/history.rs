//! Events against objects: each version of each object has its events, none has two of one name, the
//! newest shows the object as it is, and none of them shows a state that may not follow.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::model::{invoice::InvoiceState, subscription::SubscriptionState};

use super::{
    books::{Book, Books},
    happened::Happened,
    report::Check,
};

/// Each version has its events, all that it had, and of each name at most one.
pub(super) fn events(books: &Books) -> Check {
    let rule = "each version of each object has an event, and of one name at most one";
    let mut check = Check::new("events", rule);
    for book in books.accounts() {
        let nothing = Vec::new();
        for (id, object) in &book.objects {
            // Events have none, and what carries them tells nobody.
            if !["evt_", "dlv_", "lane_", "pw_"].iter().any(|prefix| id.starts_with(prefix)) {
                let happened = book.history.get(id).unwrap_or(&nothing);
                complete(&mut check, id, object.derived.version, happened);
                let gone = happened.iter().any(Happened::is_deletion);
                check.expect(!gone, || format!("{id} is there, and an event says it was deleted"));
            }
        }
        for (id, happened) in &book.history {
            if !book.objects.contains_key(id) {
                let deleted = happened.iter().find(|one| one.is_deletion());
                check.expect(deleted.is_some(), || {
                    format!("{id} is gone, and no event says that it was deleted")
                });
                let last = happened.iter().map(|one| one.version).max().unwrap_or_default();
                complete(&mut check, id, last, happened);
            }
        }
    }
    check
}

fn complete(check: &mut Check, id: &str, version: u64, happened: &[Happened]) {
    let mut named: BTreeMap<(u64, &str), usize> = BTreeMap::new();
    let mut parts: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for one in happened {
        *named.entry((one.version, one.name.as_str())).or_default() += 1;
        // That it was deleted is told at the version that it was at, and counts as the next one.
        if !one.is_deletion() {
            let (count, of) = parts.entry(one.version).or_default();
            (*count, *of) = (*count + 1, one.of.max(*of));
        }
    }
    for (number, (count, of)) in parts {
        check.expect(count >= of, || {
            format!("{id}: {count} of the {of} events of its version {number}")
        });
    }
    for number in 1..=version {
        let known = named.range((number, "")..(number + 1, "")).next();
        check.expect(known.is_some(), || format!("{id}: no event of its version {number}"));
    }
    for ((number, name), count) in named {
        check.expect(count == 1, || format!("{id}: {count} events {name} of version {number}"));
        check.expect((1..=version).contains(&number), || {
            format!("{id}: an event {name} of version {number}, and it is at {version}")
        });
    }
}

/// Whether an event that says `event` shows `value`. A stored null is left out, in an event as in an
/// object. A field that came later than the event is not in it: the object has it with nothing in it.
fn is_shown(value: &Value, event: &Value) -> bool {
    match (value, event) {
        (Value::Object(fields), Value::Object(shown)) => {
            let gone = shown.iter().any(|(name, was)| !was.is_null() && !fields.contains_key(name));
            let same = |(name, value): (&String, &Value)| match shown.get(name) {
                Some(was) => is_shown(value, was),
                None => is_nothing(value),
            };
            !gone && fields.iter().all(same)
        }
        (Value::Array(values), Value::Array(shown)) => {
            values.len() == shown.len()
                && values.iter().zip(shown).all(|(value, was)| is_shown(value, was))
        }
        // Of a number that is no amount an event has 5 where the object shows 5.0.
        (Value::Number(number), Value::Number(shown)) if number.is_f64() != shown.is_f64() => {
            number.as_f64() == shown.as_f64()
        }
        (value, event) => value == event || (event.is_null() && is_nothing(value)),
    }
}

/// What a field holds that an object was stored without.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// The newest event of an object shows it as it is.
pub(super) fn newest(books: &Books) -> Check {
    let mut check = Check::new("newest", "the newest event of an object shows it as it is stored");
    for book in books.accounts() {
        for (id, object) in &book.objects {
            let shown = &object.derived.shown;
            let of_version = |one: &&Happened| one.version == object.derived.version;
            let events = book.history.get(id).into_iter().flatten().filter(of_version);
            for event in events {
                // What came later than both the object and the event is in neither.
                let later = |name: &str| {
                    !object.stored.contains_key(name) && event.object.get(name).is_none()
                };
                let differing = shown.iter().find(|(name, value)| {
                    !later(name)
                        && !is_shown(value, event.object.get(*name).unwrap_or(&Value::Null))
                });
                check.expect(differing.is_none(), || {
                    let name = differing.map_or("", |(name, _)| name.as_str());
                    format!("{id}: {name} is another than its event {} shows", event.name)
                });
            }
        }
    }
    check
}

/// No object went from one state into another that may not follow.
pub(super) fn states(books: &Books) -> Check {
    let mut check =
        Check::new("states", "an invoice or subscription only goes where its state may");
    for book in books.accounts() {
        followed(&mut check, book, "in", InvoiceState::ALL, |from, to| {
            // Where nothing is due, finalization pays in one change.
            let (opens, pays) = (from.can_become(InvoiceState::Open), to == InvoiceState::Paid);
            from == to || from.can_become(to) || (opens && pays)
        });
        followed(&mut check, book, "sub", SubscriptionState::ALL, |from, to| {
            from == to || from.can_become(to)
        });
    }
    check
}

fn followed<S: Copy + serde::Serialize>(
    check: &mut Check,
    book: &Book,
    prefix: &str,
    all: &[S],
    may_follow: impl Fn(S, S) -> bool,
) {
    let word = |state: &S| serde_json::to_value(state).ok();
    let named = |text: &str| {
        all.iter().copied().find(|one| word(one).as_ref().and_then(Value::as_str) == Some(text))
    };
    for (id, happened) in &book.history {
        if id.split('_').next() != Some(prefix) {
            continue;
        }
        let mut states: Vec<(u64, &str)> =
            happened.iter().map(|one| (one.version, one.state())).collect();
        states.sort_unstable();
        states.dedup();
        for (before, after) in states.iter().zip(states.iter().skip(1)) {
            let legal = named(before.1).zip(named(after.1)).is_some_and(|(a, b)| may_follow(a, b));
            check.expect(legal, || {
                format!("{id}: {} at version {}, then {}", before.1, before.0, after.1)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_the_same_with_and_without_a_part_of_none() {
        assert!(is_shown(&json!({"min": 5.0}), &json!({"min": 5})));
        assert!(!is_shown(&json!({"min": 5.5}), &json!({"min": 5})));
        assert!(!is_shown(&json!(7), &json!(5)));
        assert!(!is_shown(&json!(i64::MAX), &json!(i64::MAX - 1)));
    }
}
