//! Invoices: what of one version is another in the next.

use std::collections::BTreeMap;

use shared::base::time::Timestamp;

use super::{About, Journal, Ledger};
use crate::audit::{
    books::Book,
    happened::Happened,
    item::{number, text},
    scan::Item,
};

/// What a version of an invoice says of money.
#[derive(Clone, Debug, Default)]
struct Said {
    state: String,
    total: i128,
    discount: i128,
    tax: i128,
    credit: i128,
    reduced: i128,
    paid: i128,
    due: i128,
}

impl Said {
    fn by(invoice: &Item) -> Self {
        let of = |name: &str| number(invoice, name);
        Self {
            state: text(invoice, "state").to_owned(),
            total: of("total_amount_atom"),
            discount: of("discount_amount_atom"),
            tax: of("tax_amount_atom"),
            credit: of("credit_applied_amount_atom"),
            reduced: of("reduced_amount_atom"),
            paid: of("paid_amount_atom"),
            due: of("due_amount_atom"),
        }
    }

    fn is(&self, state: &str) -> bool {
        self.state == state
    }
}

/// Money that a processor took.
struct Capture<'a> {
    intent: &'a str,
    processor: &'a str,
    amount: i128,
    at: Option<Timestamp>,
}

/// What is still to be entered of an invoice's payments, and the returns of its credit.
#[derive(Default)]
struct Rest<'a> {
    captures: Vec<Capture<'a>>,
    returned: i128,
}

/// Where the books of an invoice are.
#[derive(Default)]
struct Standing {
    before: Said,
    /// What is owed of it, whoever expects it.
    owed: i128,
    /// What of that was written off.
    written_off: i128,
}

impl Journal {
    pub(super) fn enter_invoices(&mut self, book: &Book) {
        let mut rests = rests(book);
        for (id, invoice) in book.of("in").filter(|(_, one)| !one.text("number").is_empty()) {
            let mut rest = rests.remove(id).unwrap_or_default();
            let mut standing = Standing::default();
            for version in versions(book, id) {
                let about = About {
                    object: id,
                    version: version.version,
                    at: version.at,
                    customer: invoice.text("customer_id"),
                    invoice: id,
                    currency: invoice.text("currency"),
                };
                self.enter_version(&about, &version.object, &mut standing, &mut rest);
            }
            for left in &rest.captures {
                self.faults.push(format!("{id}: no version of it says that {} paid", left.intent));
            }
        }
        for (invoice, rest) in rests {
            let what =
                if book.objects.contains_key(invoice) { "is not final" } else { "does not exist" };
            for Capture { intent, .. } in rest.captures {
                self.faults.push(format!("{intent} paid {invoice:?}, which {what}"));
            }
        }
    }

    fn enter_version(
        &mut self,
        about: &About<'_>,
        invoice: &Item,
        standing: &mut Standing,
        rest: &mut Rest<'_>,
    ) {
        let now = Said::by(invoice);
        if now.is("draft") {
            return;
        }
        let before = standing.before.clone();
        if before.state.is_empty() {
            standing.owed = now.total;
            let postings = [
                (Ledger::Receivable, now.total),
                (Ledger::Discounts, now.discount),
                (Ledger::Tax, -now.tax),
                (Ledger::Sales, now.tax - now.total - now.discount),
            ];
            self.enter(about, (0, "finalized", "Invoice finalized"), postings);
        }
        // The credit note says this.
        standing.owed -= now.credit - before.credit;
        let reduced = now.reduced - before.reduced;
        standing.owed -= reduced;
        let postings = [(Ledger::Credits, reduced), (Ledger::Receivable, -reduced)];
        let what = if reduced < 0 { "Reduction taken back" } else { "Invoice reduced" };
        self.enter(about, (2, "reduced", what), postings);
        let paid = now.paid - before.paid;
        standing.owed -= paid;
        self.enter_payment(about, invoice, paid, rest);
        self.enter_end(about, &now, standing, rest.returned);
        let expected = if now.is("void") { 0 } else { now.due };
        if standing.owed != expected {
            let (id, version, owed) = (about.object, about.version, standing.owed);
            let wrong = format!(
                "{id}: at version {version} {owed} is owed by its entries, due is {expected}"
            );
            self.faults.push(wrong);
        }
        standing.before = now;
    }

    fn enter_payment(
        &mut self,
        about: &About<'_>,
        invoice: &Item,
        paid: i128,
        rest: &mut Rest<'_>,
    ) {
        if paid == 0 {
            return;
        }
        let newest = text(invoice, "payment_intent_id");
        let mut fitting = rest.captures.iter().enumerate().filter(|(_, one)| one.amount == paid);
        let (by_id, at_once) = (
            fitting.clone().find(|(_, one)| one.intent == newest),
            fitting.find(|(_, one)| one.at == about.at),
        );
        let (to, what) = match by_id.or(at_once).map(|(index, _)| index) {
            Some(index) => {
                let capture = rest.captures.remove(index);
                (Ledger::Processor(capture.processor.to_owned()), "Invoice paid")
            }
            None => (Ledger::PaidElsewhere, "Invoice paid elsewhere"),
        };
        self.enter(about, (3, "paid", what), [(to, paid), (Ledger::Receivable, -paid)]);
    }

    /// What is expected no longer: written off, which can be taken back by a payment, or void.
    fn enter_end(
        &mut self,
        about: &About<'_>,
        now: &Said,
        standing: &mut Standing,
        returned: i128,
    ) {
        let written_off = if now.is("uncollectible") { now.due } else { 0 };
        let more = written_off - standing.written_off;
        standing.written_off = written_off;
        let what = if more < 0 { "Invoice expected again" } else { "Invoice written off" };
        let postings = [(Ledger::BadDebt, more), (Ledger::Receivable, -more)];
        self.enter(about, (4, "written-off", what), postings);
        if now.is("void") && !standing.before.is("void") {
            let owed = standing.owed + returned;
            // Of the tax as much as of the whole.
            let tax = if now.total == 0 { 0 } else { owed * now.tax / now.total };
            let postings =
                [(Ledger::Voided, owed - tax), (Ledger::Tax, tax), (Ledger::Receivable, -owed)];
            self.enter(about, (5, "voided", "Invoice voided"), postings);
            standing.owed = 0;
        }
    }
}

/// The versions of an object, in order, each once.
pub(super) fn versions<'a>(book: &'a Book, id: &str) -> Vec<&'a Happened> {
    let history = book.history.get(id).into_iter().flatten();
    let by_version: BTreeMap<u64, &Happened> =
        history.filter(|one| !one.is_deletion()).map(|one| (one.version, one)).collect();
    by_version.into_values().collect()
}

/// What payments took for each invoice, and how much of its credit was returned.
fn rests(book: &Book) -> BTreeMap<&str, Rest<'_>> {
    let mut rests: BTreeMap<&str, Rest<'_>> = BTreeMap::new();
    for (id, intent) in book.of("pi").filter(|(_, one)| one.number("captured_amount_atom") != 0) {
        let taken = versions(book, id).into_iter().find(|one| one.state() == "succeeded");
        rests.entry(intent.text("invoice_id")).or_default().captures.push(Capture {
            intent: id,
            processor: intent.text("processor_id"),
            amount: intent.number("captured_amount_atom"),
            at: taken.and_then(|one| one.at),
        });
    }
    for (_, note) in book.of("cn").filter(|(_, note)| note.text("reason") == "returned") {
        rests.entry(note.text("invoice_id")).or_default().returned += note.number("amount_atom");
    }
    rests
}
