//! Credit notes and refunds.

use super::{About, Journal, Ledger, invoices::versions};
use crate::audit::books::Book;

impl Journal {
    pub(super) fn enter_credit_notes(&mut self, book: &Book) {
        for (id, note) in book.of("cn") {
            let about = About {
                object: id,
                version: 1,
                at: note.text("created_at").parse().ok(),
                customer: note.text("customer_id"),
                invoice: note.text("invoice_id"),
                currency: note.text("currency"),
            };
            let (against, word, what) = match note.text("reason") {
                "issued" => (Ledger::Credits, "issued", "Credit given"),
                "voided" => (Ledger::Credits, "voided", "Credit taken back"),
                "surplus" => (Ledger::Credits, "surplus", "Credit by an invoice"),
                "applied" => (Ledger::Receivable, "applied", "Credit applied"),
                "returned" => (Ledger::Receivable, "returned", "Credit returned"),
                other => {
                    self.faults.push(format!("{id}: nobody knows the reason {other:?}"));
                    continue;
                }
            };
            let amount = note.number("amount_atom");
            let postings = [(against, amount), (Ledger::CustomerCredit, -amount)];
            self.enter(&about, (1, word, what), postings);
        }
    }

    pub(super) fn enter_refunds(&mut self, book: &Book) {
        for (id, refund) in book.of("re") {
            let Some(intent) = book.objects.get(refund.text("payment_intent_id")) else {
                self.faults.push(format!("{id}: the payment that it gives back does not exist"));
                continue;
            };
            let (amount, mut made) = (refund.number("amount_atom"), false);
            for version in versions(book, id) {
                let about = About {
                    object: id,
                    version: version.version,
                    at: version.at,
                    customer: refund.text("customer_id"),
                    invoice: refund.text("invoice_id"),
                    currency: refund.text("currency"),
                };
                let (words, amount) = match (made, version.state()) {
                    (false, "succeeded") => ((6, "refunded", "Refund made"), amount),
                    // The bank sent the money back.
                    (true, "failed") => ((6, "refund-failed", "Refund sent back"), -amount),
                    _ => continue,
                };
                made = amount > 0;
                let from = Ledger::Processor(intent.text("processor_id").to_owned());
                self.enter(&about, words, [(Ledger::Refunds, amount), (from, -amount)]);
            }
        }
    }
}
