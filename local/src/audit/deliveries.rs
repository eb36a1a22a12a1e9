//! Deliveries against events: what an endpoint wanted it was told, and of each object in order, and nothing
//! after it was deleted.
//!
//! Proven from the rows alone: of an object's events between two that an endpoint was told of, each that
//! it wants has a row; and what was received without being asked for again was received in the order of
//! the object's versions. An endpoint that was changed may have wanted something else before, so of one
//! only the order is looked at. What has arrived a moment ago may be on its way: the newest of an
//! object's rows is a bound, not a gap.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::base::time::Timestamp;

use super::{
    books::{Book, Books, Object},
    item::text,
    report::Check,
};

/// A request has been answered so long after it began: then the endpoint that it deletes is sent nothing.
const ANSWERED_MS: i64 = 30_000;

/// Of each endpoint and object: version, when it was received, what happened, and whether again.
type Rows<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a Object>>;

/// Nothing that an endpoint wants was left out, and what it received came in order.
pub(super) fn told(books: &Books) -> Check {
    let rule = "an endpoint has a delivery of each event it wants between two of an object, received \
                in the order of versions";
    let mut check = Check::new("told", rule);
    for book in books.accounts() {
        let mut rows: Rows<'_> = BTreeMap::new();
        for (_, row) in book.of("dlv").filter(|(_, row)| !row.is("test")) {
            let place = (row.text("endpoint_id"), row.text("object_id"));
            rows.entry(place).or_default().push(row);
        }
        for ((endpoint, object), mut rows) in rows {
            rows.sort_by_key(|row| row.number("object_version"));
            in_order(&mut check, (endpoint, object), &rows);
            complete(&mut check, book, (endpoint, object), &rows);
        }
    }
    check
}

/// No attempt began when it had been answered that its endpoint is deleted.
pub(super) fn untold(books: &Books) -> Check {
    let rule = "nothing is sent to an endpoint when it has been answered that it is deleted";
    let mut check = Check::new("untold", rule);
    // When a staging account deleted it, its own clock says.
    let real = books.named_accounts().filter(|(id, _)| id.contains("_prod_"));
    for (_, book) in real {
        for (id, row) in book.of("dlv") {
            let endpoint = row.text("endpoint_id");
            let happened = book.history.get(endpoint).into_iter().flatten();
            let deleted = happened.filter(|one| one.is_deletion()).find_map(|one| one.at);
            let began = row.text("attempted_at").parse::<Timestamp>().ok();
            let (Some(deleted), Some(began)) = (deleted, began) else { continue };
            check.expect(began <= deleted.plus_millis(ANSWERED_MS), || {
                format!("{id}: tried at {began}, and {endpoint} was deleted at {deleted}")
            });
        }
    }
    check
}

fn in_order(check: &mut Check, (endpoint, object): (&str, &str), rows: &[&Object]) {
    let received = |row: &&&Object| row.text("state") == "succeeded" && !row.is("resent");
    let received: Vec<&&Object> = rows.iter().filter(received).collect();
    for (before, after) in received.iter().zip(received.iter().skip(1)) {
        let same = before.number("object_version") == after.number("object_version");
        let right = same || before.text("delivered_at") <= after.text("delivered_at");
        check.expect(right, || {
            let version = after.number("object_version");
            format!("{endpoint}: version {version} of {object} was received before an earlier one")
        });
    }
}

fn complete(check: &mut Check, book: &Book, (endpoint, object): (&str, &str), rows: &[&Object]) {
    let Some(wants) = book.objects.get(endpoint).filter(|one| one.derived.version == 1) else {
        return;
    };
    let patterns: Vec<&str> = match wants.stored.get("events") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let wanted = |name: &str| {
        patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *pattern,
        })
    };
    let versions = rows.iter().map(|row| row.number("object_version"));
    let (Some(first), Some(last)) = (versions.clone().min(), versions.max()) else { return };
    let had: BTreeSet<(i128, &str)> = rows
        .iter()
        .map(|row| (row.number("object_version"), text(&row.stored, "event_type")))
        .collect();
    for one in book.history.get(object).into_iter().flatten() {
        let version = i128::from(one.version);
        if first < version && version < last && wanted(&one.name) {
            check.expect(had.contains(&(version, one.name.as_str())), || {
                format!("{endpoint}: no delivery of {} of {object}, version {version}", one.name)
            });
        }
    }
}
