//! The test processor's record against the objects: no money moved there that nobody knows of here,
//! none is believed to have moved that did not, and none moved twice. What another processor has on
//! its record is not looked at.

use std::collections::BTreeMap;

use shared::model::processor::{Entry, EntryKind};

use super::{
    books::{Book, Books, Object},
    report::Check,
};

/// Each charge is one payment intent's.
pub(super) fn charges(books: &Books) -> Check {
    let rule =
        "each charge on the processor's record is one payment's, of its key, amount and outcome";
    let mut check = Check::new("charges", rule);
    for book in books.accounts() {
        let mut entries = by_key(&mut check, book, EntryKind::Charge);
        for (id, intent) in book.of("pi").filter(|(_, intent)| !is_elsewhere(book, intent)) {
            let entry = entries.remove(intent.text("idempotency_key"));
            let (state, known) = (intent.text("state"), entry.map(|entry| entry.succeeded));
            let agrees = match (state, known) {
                ("succeeded", Some(succeeded)) => succeeded,
                ("failed" | "requires_action", Some(succeeded)) => !succeeded,
                // Where the answer is not known here, the processor may have given it or not.
                ("processing" | "unknown", _) => true,
                _ => false,
            };
            check.expect(agrees, || format!("{id}: {state}, and the processor's answer {known:?}"));
            if let Some(entry) = entry {
                let same = entry.amount.get() == i64_of(intent, "amount_atom")
                    && entry.currency.to_string() == intent.text("currency")
                    && entry.merchant == intent.text("processor_id")
                    && (state != "succeeded"
                        || entry.reference == intent.text("processor_reference"));
                check.expect(same, || format!("{id}: {} is of something else", entry.reference));
            }
        }
        for entry in entries.values() {
            check.expect(false, || format!("{} was charged for no payment", entry.reference));
        }
    }
    check
}

/// Each refund is one refund's, and within its charge.
pub(super) fn refunds(books: &Books) -> Check {
    let rule = "each refund on the processor's record is one refund's, of its key, amount and outcome; \
                a charge counts its refunds";
    let mut check = Check::new("repayments", rule);
    for book in books.accounts() {
        let mut entries = by_key(&mut check, book, EntryKind::Refund);
        let mut refunded: BTreeMap<&str, i64> = BTreeMap::new();
        let is_paid_here = |refund: &Object| {
            let intent = book.objects.get(refund.text("payment_intent_id"));
            !intent.is_some_and(|intent| is_elsewhere(book, intent))
        };
        for (id, refund) in book.of("re").filter(|(_, refund)| is_paid_here(refund)) {
            let entry = entries.remove(format!("{}:{id}", refund.text("account_id")).as_str());
            let (state, known) = (refund.text("state"), entry.map(|entry| entry.succeeded));
            let agrees = match (state, known) {
                ("succeeded", Some(succeeded)) => succeeded,
                ("failed", Some(succeeded)) => !succeeded,
                ("pending", _) => true,
                _ => false,
            };
            check.expect(agrees, || format!("{id}: {state}, and the processor's answer {known:?}"));
            if let Some(entry) = entry {
                let same = entry.amount.get() == i64_of(refund, "amount_atom");
                check.expect(same, || format!("{id}: {} is of something else", entry.reference));
                let amount = if entry.succeeded { entry.amount.get() } else { 0 };
                *refunded.entry(entry.of.as_str()).or_default() += amount;
            }
        }
        for entry in entries.values() {
            check.expect(false, || format!("{} is nobody's refund", entry.reference));
        }
        for charge in book.entries.iter().filter(|entry| entry.kind == EntryKind::Charge) {
            let sum = refunded.remove(charge.reference.as_str()).unwrap_or_default();
            let counted = charge.refunded.get();
            check.expect(counted == sum && counted <= charge.amount.get(), || {
                format!("{}: {counted} refunded, its refunds {sum}", charge.reference)
            });
        }
    }
    check
}

/// Whether a payment was made with a processor that is not the test processor.
fn is_elsewhere(book: &Book, intent: &Object) -> bool {
    let processor = book.objects.get(intent.text("processor_id"));
    processor.is_some_and(|processor| processor.text("type") != "test")
}

fn i64_of(object: &Object, name: &str) -> i64 {
    i64::try_from(object.number(name)).unwrap_or(i64::MAX)
}

/// The entries of a kind by the key they were asked with, of which no two have the same.
fn by_key<'a>(check: &mut Check, book: &'a Book, kind: EntryKind) -> BTreeMap<&'a str, &'a Entry> {
    let mut entries = BTreeMap::new();
    for entry in book.entries.iter().filter(|entry| entry.kind == kind) {
        let other = entries.insert(entry.idempotency_key.as_str(), entry);
        check.expect(other.is_none(), || {
            format!("{} was asked for twice with {}", entry.reference, entry.idempotency_key)
        });
    }
    entries
}
