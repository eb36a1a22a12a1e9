//! Payments, refunds and disputes against the record of the processor that they are of, where that is
//! outside: no money moved there that nobody knows of here, none is believed to have moved that did not,
//! and none moved twice. The record is read by the adapter's own requests, which change nothing.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use shared::{
    store::outside::Outside,
    work::processors::record::{Record, Recorded, of_stripe},
};

use super::{
    books::{Book, Books, Object},
    report::Check,
};

/// The records, by the keys that they were read with.
#[derive(Default)]
pub(super) struct Records(BTreeMap<String, Result<Record, String>>);

/// An account, its book, and what its processors outside have on record of it.
struct Beside<'a> {
    book: &'a Book,
    /// Its processors outside whose record was read.
    processors: BTreeSet<&'a str>,
    charges: BTreeMap<&'a str, &'a Recorded>,
    refunds: BTreeMap<&'a str, &'a Recorded>,
    disputes: BTreeMap<&'a str, &'a Recorded>,
}

/// A processor outside, and the key that it is asked with.
fn key_of(outside: &Outside, id: &str, processor: &Object) -> Option<Result<String, String>> {
    if processor.text("type") != "stripe" {
        return None;
    }
    let sealed = processor.stored.get("sealed")?.get("secret_key")?.as_str()?;
    let why = |_| format!("{id}: its key was sealed with another key of the deployment");
    Some(outside.unseal(id, sealed).map_err(why))
}

impl Records {
    /// Reads the record of each processor outside, once.
    pub(super) async fn read(books: &Books, outside: &Outside) -> Self {
        let mut records = Self::default();
        for book in books.accounts() {
            for (id, processor) in book.of("proc") {
                let Some(Ok(key)) = key_of(outside, id, processor) else { continue };
                if let Entry::Vacant(unread) = records.0.entry(key) {
                    let read = of_stripe(outside, unread.key()).await;
                    unread.insert(read);
                }
            }
        }
        records
    }

    /// What must hold of all of them.
    pub(super) fn checks(&self, books: &Books, outside: &Outside) -> Vec<Check> {
        let mut readable = Check::new("records", "each processor's record can be read");
        let mut taken = Check::new(
            "taken",
            "each charge that a processor outside took is one payment's, of its key, amount and \
             outcome; of an invoice one at most can still be paid",
        );
        let mut returned = Check::new(
            "returned",
            "each refund that a processor outside made is one refund's, of its key, amount and outcome",
        );
        let mut contested = Check::new(
            "contested",
            "each dispute of a payment of ours is known, with its amount and state",
        );
        for (account, book) in books.named_accounts() {
            let beside = self.beside((account, book), outside, &mut readable);
            if beside.processors.is_empty() {
                continue;
            }
            beside.charges_agree(&mut taken);
            beside.refunds_agree(&mut returned);
            beside.disputes_agree(&mut contested);
        }
        vec![readable, taken, returned, contested]
    }

    fn beside<'a>(
        &'a self,
        (account, book): (&str, &'a Book),
        outside: &Outside,
        readable: &mut Check,
    ) -> Beside<'a> {
        let mut beside = Beside {
            book,
            processors: BTreeSet::new(),
            charges: BTreeMap::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
        };
        let prefix = format!("{account}:");
        for (id, processor) in book.of("proc") {
            let Some(key) = key_of(outside, id, processor) else { continue };
            let record = key.and_then(|key| match self.0.get(&key) {
                Some(Ok(record)) => Ok(record),
                Some(Err(why)) => Err(why.clone()),
                None => Err("was not read".to_owned()),
            });
            let why = record.as_ref().err().cloned();
            readable.expect(record.is_ok(), || format!("{id}: {}", why.unwrap_or_default()));
            let Ok(record) = record else { continue };
            beside.processors.insert(id);
            let all = [
                (&record.charges, &mut beside.charges),
                (&record.refunds, &mut beside.refunds),
                (&record.disputes, &mut beside.disputes),
            ];
            for (found, of_account) in all {
                let ours = found.iter().filter(|one| one.key.starts_with(&prefix));
                of_account.extend(ours.map(|one| (one.reference.as_str(), one)));
            }
        }
        beside
    }
}

impl<'a> Beside<'a> {
    /// The objects of a sort that are of a processor whose record was read.
    fn of(&self, prefix: &str) -> impl Iterator<Item = (&'a str, &'a Object)> {
        self.book.of(prefix).filter(|(_, object)| {
            let of_intent = || {
                let intent = self.book.objects.get(object.text("payment_intent_id"));
                intent.map_or("", |intent| intent.text("processor_id"))
            };
            let processor = match object.text("processor_id") {
                "" => of_intent(),
                processor => processor,
            };
            self.processors.contains(processor)
        })
    }

    fn charges_agree(&self, check: &mut Check) {
        let mut left = self.charges.clone();
        let mut open: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, intent) in self.of("pi") {
            let charge = left.remove(intent.text("processor_reference"));
            let status = charge.map(|charge| charge.status.as_str());
            let agrees = match intent.text("state") {
                "succeeded" => status == Some("succeeded"),
                "failed" => status.is_none_or(|status| !is_open(status) && status != "succeeded"),
                // What became of it may not have been heard of yet.
                _ => true,
            };
            check.expect(agrees, || format!("{id}: {}, there {status:?}", intent.text("state")));
            let Some(charge) = charge else { continue };
            let took = i128::from(charge.amount.get());
            let same = charge.key == intent.text("idempotency_key")
                && charge.currency.to_string() == intent.text("currency")
                && (charge.status != "succeeded" || took == intent.number("amount_atom"));
            check.expect(same, || format!("{id}: {} is of something else", charge.reference));
            *open.entry(intent.text("invoice_id")).or_default() +=
                usize::from(is_open(&charge.status));
        }
        for charge in left.values() {
            // Prepared by somebody who died before its name was written: nobody confirms it.
            let harmless = matches!(charge.status.as_str(), "requires_confirmation" | "canceled");
            check.expect(harmless, || format!("{} took for no payment", charge.reference));
        }
        for (invoice, open) in open {
            check.expect(open <= 1, || format!("{invoice}: {open} charges can still be paid"));
        }
    }

    fn refunds_agree(&self, check: &mut Check) {
        let mut left: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
        for refund in self.refunds.values() {
            left.entry(refund.key.as_str()).or_default().push(refund);
        }
        for (id, refund) in self.of("re") {
            let key = format!("{}:{id}", refund.text("account_id"));
            let made = left.remove(key.as_str()).unwrap_or_default();
            check.expect(made.len() <= 1, || format!("{id}: was made {} times", made.len()));
            let made = made.first();
            let status = made.map(|made| made.status.as_str());
            let agrees = match refund.text("state") {
                "succeeded" => status == Some("succeeded"),
                "failed" => matches!(status, None | Some("failed" | "canceled")),
                _ => true,
            };
            check.expect(agrees, || format!("{id}: {}, there {status:?}", refund.text("state")));
            let Some(made) = made else { continue };
            let intent = self.book.objects.get(refund.text("payment_intent_id"));
            let charge = intent.map_or("", |intent| intent.text("processor_reference"));
            let same = i128::from(made.amount.get()) == refund.number("amount_atom")
                && made.charge == charge;
            check.expect(same, || format!("{id}: {} is of something else", made.reference));
        }
        for refund in left.values().flatten() {
            check.expect(false, || format!("{} is nobody's refund", refund.reference));
        }
    }

    fn disputes_agree(&self, check: &mut Check) {
        let mut left = self.disputes.clone();
        for (id, dispute) in self.of("dp") {
            let there = left.remove(dispute.text("processor_reference"));
            check.expect(there.is_some(), || format!("{id} is not there"));
            let Some(there) = there else { continue };
            let same = i128::from(there.amount.get()) == dispute.number("amount_atom")
                && there.status.replace("appeal_", "") == dispute.text("state");
            check.expect(same, || {
                format!("{id}: {}, there {}", dispute.text("state"), there.status)
            });
        }
        for dispute in left.values() {
            check.expect(false, || format!("{} is not known here", dispute.reference));
        }
    }
}

/// Whether a charge can still be paid, or is being paid.
fn is_open(status: &str) -> bool {
    matches!(status, "requires_action" | "processing")
}
