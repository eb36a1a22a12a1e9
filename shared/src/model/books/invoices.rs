//! Invoices: what of one version is another in the next.

use std::collections::BTreeMap;

use super::{
    About, Journal, Ledger,
    facts::{Facts, Said, State},
};
use crate::base::time::Timestamp;

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
    /// What it said before; nothing, when it was a draft.
    before: Option<Said>,
    /// What is owed of it, whoever expects it.
    owed: i128,
    /// What of that was written off.
    written_off: i128,
}

impl Journal {
    pub(super) fn enter_invoices(&mut self, facts: &Facts) {
        let mut rests = rests(facts);
        for (id, invoice) in facts.invoices.iter().filter(|(_, one)| !one.number.is_empty()) {
            let mut rest = rests.remove(id.as_str()).unwrap_or_default();
            let mut standing = Standing::default();
            for (version, said) in &invoice.versions {
                let about = About {
                    object: id,
                    version: *version,
                    at: said.at,
                    customer: &invoice.customer,
                    invoice: id,
                    currency: &invoice.currency,
                };
                self.enter_version((facts, &about), said, &mut standing, &mut rest);
            }
            for left in &rest.captures {
                self.faults.push(format!("{id}: no version of it says that {} paid", left.intent));
            }
        }
        for (invoice, rest) in rests {
            let what = match facts.invoices.contains_key(invoice) {
                true => "is not final",
                false => "does not exist",
            };
            for Capture { intent, .. } in rest.captures {
                self.faults.push(format!("{intent} paid {invoice:?}, which {what}"));
            }
        }
    }

    fn enter_version(
        &mut self,
        (facts, about): (&Facts, &About<'_>),
        now: &Said,
        standing: &mut Standing,
        rest: &mut Rest<'_>,
    ) {
        if standing.before.is_none() {
            standing.owed = now.total;
            let postings = [
                (Ledger::Receivable, now.total),
                (Ledger::Discounts, now.discount),
                (Ledger::Tax, -now.tax),
                (Ledger::Sales, now.tax - now.total - now.discount),
            ];
            self.enter((facts, about), (0, "finalized", "Invoice finalized"), postings);
        }
        let before = standing.before.take().unwrap_or_default();
        // The credit note says this.
        standing.owed -= now.credit - before.credit;
        let reduced = now.reduced - before.reduced;
        standing.owed -= reduced;
        let postings = [(Ledger::Credits, reduced), (Ledger::Receivable, -reduced)];
        let what = if reduced < 0 { "Reduction taken back" } else { "Invoice reduced" };
        self.enter((facts, about), (2, "reduced", what), postings);
        let paid = now.paid - before.paid;
        standing.owed -= paid;
        self.enter_payment((facts, about), now, paid, rest);
        self.enter_end((facts, about), (&before, now), standing, rest.returned);
        let expected = if now.state == State::Void { 0 } else { now.due };
        if standing.owed != expected {
            let (id, version, owed) = (about.object, about.version, standing.owed);
            let wrong = format!(
                "{id}: at version {version} {owed} is owed by its entries, due is {expected}"
            );
            self.faults.push(wrong);
        }
        standing.before = Some(now.clone());
    }

    fn enter_payment(
        &mut self,
        (facts, about): (&Facts, &About<'_>),
        now: &Said,
        paid: i128,
        rest: &mut Rest<'_>,
    ) {
        if paid == 0 {
            return;
        }
        let mut fitting = rest.captures.iter().enumerate().filter(|(_, one)| one.amount == paid);
        let (by_id, at_once) = (
            fitting.clone().find(|(_, one)| Some(one.intent) == now.intent.as_deref()),
            fitting.find(|(_, one)| one.at == about.at),
        );
        let (to, what) = match by_id.or(at_once).map(|(index, _)| index) {
            Some(index) => {
                let capture = rest.captures.remove(index);
                (Ledger::Processor(capture.processor.to_owned()), "Invoice paid")
            }
            None => (Ledger::PaidElsewhere, "Invoice paid elsewhere"),
        };
        let postings = [(to, paid), (Ledger::Receivable, -paid)];
        self.enter((facts, about), (3, "paid", what), postings);
    }

    /// What is expected no longer: written off, which can be taken back by a payment, or void.
    fn enter_end(
        &mut self,
        (facts, about): (&Facts, &About<'_>),
        (before, now): (&Said, &Said),
        standing: &mut Standing,
        returned: i128,
    ) {
        let written_off = if now.state == State::Uncollectible { now.due } else { 0 };
        let more = written_off - standing.written_off;
        standing.written_off = written_off;
        let what = if more < 0 { "Invoice expected again" } else { "Invoice written off" };
        let postings = [(Ledger::BadDebt, more), (Ledger::Receivable, -more)];
        self.enter((facts, about), (4, "written-off", what), postings);
        if now.state == State::Void && before.state != State::Void {
            let owed = standing.owed + returned;
            // Of the tax as much as of the whole.
            let tax = if now.total == 0 { 0 } else { owed * now.tax / now.total };
            let postings =
                [(Ledger::Voided, owed - tax), (Ledger::Tax, tax), (Ledger::Receivable, -owed)];
            self.enter((facts, about), (5, "voided", "Invoice voided"), postings);
            standing.owed = 0;
        }
    }
}

/// What payments took for each invoice, and how much of its credit was returned.
fn rests(facts: &Facts) -> BTreeMap<&str, Rest<'_>> {
    let mut rests: BTreeMap<&str, Rest<'_>> = BTreeMap::new();
    for (id, intent) in facts.intents.iter().filter(|(_, one)| one.captured != 0) {
        rests.entry(&intent.invoice).or_default().captures.push(Capture {
            intent: id,
            processor: &intent.processor,
            amount: intent.captured,
            at: intent.taken.and_then(|(_, at)| at),
        });
    }
    for note in facts.notes.values().filter(|note| note.reason == "returned") {
        rests.entry(&note.invoice).or_default().returned += note.amount;
    }
    rests
}
