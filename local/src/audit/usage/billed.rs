//! What was used is billed, and nothing twice.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::base::time::Timestamp;

use super::{
    super::{
        books::{Books, Object},
        item::text,
        report::Check,
        scan::Item,
    },
    scaled,
};

/// A line of an invoice that bills usage.
struct Line<'a> {
    item: &'a str,
    start: &'a str,
    end: Timestamp,
    used: i128,
    draft: bool,
}

fn lines<'a>(invoice: &'a Object) -> impl Iterator<Item = Line<'a>> {
    let items = invoice.stored.get("items").and_then(Value::as_array).into_iter().flatten();
    let draft = invoice.text("state") == "draft";
    items.filter_map(Value::as_object).filter_map(move |line| {
        Some(Line {
            item: text(line, "subscription_item_id"),
            start: text(line, "period_start"),
            end: text(line, "period_end").parse().ok()?,
            // What is licensed has none.
            used: scaled(line.get("quantity_decimal").and_then(Value::as_str)?)?,
            draft,
        })
    })
}

/// What was used is billed, and nothing twice.
pub(in crate::audit) fn billed(books: &Books) -> Check {
    let rule = "of what was used in a period of an item, its lines bill what the subscription says they \
                do, and never more than the events come to; its periods do not overlap";
    let mut check = Check::new("usage billed", rule);
    for book in books.accounts() {
        let mut sums: BTreeMap<(&str, &str), (Timestamp, i128, bool)> = BTreeMap::new();
        let mut meters: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        let mut corrected: BTreeMap<(&str, &str), i128> = BTreeMap::new();
        for (_, invoice) in book.of("in") {
            for line in lines(invoice) {
                let sum = sums.entry((line.item, line.start)).or_insert((line.end, 0, false));
                *sum = (line.end, sum.1 + line.used, sum.2 || line.draft);
            }
        }
        for (id, subscription) in book.of("sub") {
            for span in spans(subscription) {
                let key = (text(span, "item"), text(span, "start"));
                meters.insert(key.0, (text(span, "meter"), subscription.text("customer_id")));
                let lines = sums.get(&key).map_or(0, |(_, used, _)| *used);
                let says = scaled(text(span, "used")).unwrap_or_default();
                let less = span.get("corrected").and_then(Value::as_object);
                let less = less.and_then(|less| scaled(text(less, "used"))).unwrap_or_default();
                corrected.insert(key, less);
                check.expect(lines == says, || {
                    format!("{id}: {key:?} has {says} billed, its lines bill {lines}")
                });
            }
        }
        let mut before: Option<(&str, Timestamp)> = None;
        for ((item, start), (end, used, draft)) in &sums {
            let Ok(from) = start.parse::<Timestamp>() else { continue };
            let apart = before.is_none_or(|(of, until)| of != *item || until <= from);
            check.expect(apart, || format!("{item}: its periods overlap at {start}"));
            before = Some((item, *end));
            let Some((meter, customer)) = meters.get(item).filter(|_| !draft) else { continue };
            let (sum, count) = book.usage.within(&format!("{meter}#{customer}"), (from, *end));
            let is_count = book.objects.get(*meter).is_some_and(|meter| {
                matches!(meter.text("aggregation_formula"), "count" | "unique")
            });
            // One of several values is no more than their sum.
            let most = if is_count { count * 1_000_000_000_000 } else { sum };
            // What was given back as too much may be billed again.
            let used = used - corrected.get(&(*item, *start)).copied().unwrap_or_default();
            check.expect(used <= most, || {
                format!("{item} from {start}: {used} is billed, the events come to {most}")
            });
        }
    }
    check
}

fn spans(subscription: &Object) -> impl Iterator<Item = &Item> {
    let ledger = subscription.stored.get("ledger").and_then(Value::as_object);
    let spans = ledger.and_then(|ledger| ledger.get("usage")).and_then(Value::as_array);
    spans.into_iter().flatten().filter_map(Value::as_object)
}
