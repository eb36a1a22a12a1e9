//! The periods of a subscription: each is billed once, and one begins where the one before it ends.
//!
//! A gap is right where nothing was to be billed, that is during a pause. How it is told: an event
//! `customer.subscription.paused` whose `pause.pauses_at` is not after the gap's beginning, and the
//! next `customer.subscription.resumed` not before its end. A trial ends where the subscription says,
//! because it may be moved after its invoice was made. Drafts that a cancellation deleted are known
//! from their events.

use std::collections::BTreeMap;

use shared::base::time::Timestamp;

use super::{
    books::{Book, Books, Object},
    happened::Happened,
    item::text,
    report::Check,
    scan::Item,
};

/// A period that was billed.
struct Billed<'a> {
    invoice: &'a str,
    start: Timestamp,
    end: Timestamp,
    trial: bool,
}

/// One invoice per subscription and period, and its claim.
pub(super) fn once(books: &Books) -> Check {
    let rule = "a period of a subscription has one invoice, which holds the claim on it";
    let mut check = Check::new("periods", rule);
    for book in books.accounts() {
        let mut invoices: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (id, invoice) in book.of("in").filter(|(_, invoice)| bills_a_period(&invoice.stored)) {
            let period = (invoice.text("subscription_id"), invoice.text("period_start"));
            invoices.entry(period).or_default().push(id);
        }
        for ((subscription, start), ids) in invoices {
            check.expect(ids.len() == 1, || {
                format!("{subscription}: the period from {start} has {}", ids.join(", "))
            });
            let account = book.objects.get(subscription).map(|one| one.text("account_id"));
            let claim =
                format!("{}#U#billed-periods/{subscription}/{start}", account.unwrap_or_default());
            let owner = book.claims.get(&claim).map(String::as_str);
            check.expect(owner.is_some_and(|owner| ids.contains(&owner)), || {
                format!("{subscription}: the claim on the period from {start} is {owner:?}'s")
            });
        }
    }
    check
}

/// Periods follow one another without overlap, and with a gap only where it was paused.
pub(super) fn tiled(books: &Books) -> Check {
    let rule =
        "a subscription's billed periods abut, but for pauses, and the last one is the current";
    let mut check = Check::new("tiling", rule);
    for book in books.accounts() {
        let mut billed = billed_periods(book);
        for (id, subscription) in book.of("sub") {
            let mut periods = billed.remove(id).unwrap_or_default();
            periods.sort_by_key(|period| period.start);
            abut(&mut check, book, (id, subscription), &periods);
            is_current(&mut check, (id, subscription), periods.last());
        }
        for id in billed.keys() {
            check.expect(false, || format!("{id} has invoices and does not exist"));
        }
    }
    check
}

fn abut(
    check: &mut Check,
    book: &Book,
    (id, subscription): (&str, &Object),
    periods: &[Billed<'_>],
) {
    let trial_end: Option<Timestamp> = subscription.text("trial_end").parse().ok();
    for (before, after) in periods.iter().zip(periods.iter().skip(1)) {
        let end = trial_end.filter(|_| before.trial).unwrap_or(before.end);
        let follows =
            end == after.start || (end < after.start && paused(book, id, end, after.start));
        check.expect(follows, || {
            let (one, other) = (before.invoice, after.invoice);
            format!("{id}: {one} bills until {end}, and {other} from {}", after.start)
        });
    }
}

fn is_current(check: &mut Check, (id, subscription): (&str, &Object), last: Option<&Billed<'_>>) {
    if !matches!(subscription.text("state"), "incomplete" | "trialing" | "active" | "past_due") {
        return;
    }
    let of = |name: &str| subscription.text(name).parse().ok();
    let current = (of("current_period_start"), of("current_period_end"));
    let billed = last.map(|last| (Some(last.start), Some(last.end)));
    let trial = last.is_some_and(|last| last.trial && Some(last.start) == current.0);
    check.expect(billed == Some(current) || trial, || {
        format!("{id}: its current period is {current:?}, and the last that was billed {billed:?}")
    });
}

fn billed_periods(book: &Book) -> BTreeMap<&str, Vec<Billed<'_>>> {
    let mut billed: BTreeMap<&str, Vec<Billed<'_>>> = BTreeMap::new();
    let deleted = book
        .history
        .values()
        .flatten()
        .filter(|happened| happened.name == "invoice.deleted")
        .map(|happened| &happened.object);
    let there = book.of("in").map(|(_, invoice)| &invoice.stored);
    for invoice in there.chain(deleted).filter(|invoice| bills_a_period(invoice)) {
        let of = |name: &str| text(invoice, name).parse().ok();
        let (Some(start), Some(end)) = (of("period_start"), of("period_end")) else { continue };
        let period = Billed {
            invoice: text(invoice, "id"),
            start,
            end,
            trial: text(invoice, "billing_reason") == "subscription_create",
        };
        billed.entry(text(invoice, "subscription_id")).or_default().push(period);
    }
    billed
}

fn bills_a_period(invoice: &Item) -> bool {
    let reason = text(invoice, "billing_reason");
    matches!(reason, "subscription_create" | "subscription_cycle")
}

/// Whether the subscription was paused all the time between two instants.
fn paused(book: &Book, id: &str, from: Timestamp, to: Timestamp) -> bool {
    let mut happened: Vec<&Happened> = book.history.get(id).into_iter().flatten().collect();
    happened.sort_by_key(|one| one.version);
    let mut since = None;
    for one in happened {
        let pause = one.object.get("pause").and_then(|pause| pause.as_object());
        let began = pause.and_then(|pause| text(pause, "pauses_at").parse().ok());
        if one.name.ends_with(".paused") {
            since = began.or(one.at);
        } else if one.name.ends_with(".resumed")
            && since.take().is_some_and(|since| since <= from)
            && one.at.is_some_and(|at| at >= to)
        {
            return true;
        }
    }
    false
}
