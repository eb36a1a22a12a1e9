//! Credit notes and refunds.

use super::{
    About, Journal, Ledger,
    facts::{Facts, Outcome},
};

impl Journal {
    pub(super) fn enter_credit_notes(&mut self, facts: &Facts) {
        for (id, note) in &facts.notes {
            let about = About {
                object: id,
                version: 1,
                at: note.at,
                customer: &note.customer,
                invoice: &note.invoice,
                currency: &note.currency,
            };
            let (against, word, what) = match note.reason.as_str() {
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
            let postings = [(against, note.amount), (Ledger::CustomerCredit, -note.amount)];
            self.enter((facts, &about), (1, word, what), postings);
        }
    }

    pub(super) fn enter_refunds(&mut self, facts: &Facts) {
        for (id, refund) in &facts.refunds {
            let Some(intent) = facts.intents.get(&refund.intent) else {
                self.faults.push(format!("{id}: the payment that it gives back does not exist"));
                continue;
            };
            let (amount, mut is_made) = (refund.amount, false);
            for (version, (outcome, at)) in &refund.outcomes {
                let about = About {
                    object: id,
                    version: *version,
                    at: *at,
                    customer: &refund.customer,
                    invoice: &refund.invoice,
                    currency: &refund.currency,
                };
                let (words, amount) = match (is_made, outcome) {
                    (false, Outcome::Succeeded) => ((6, "refunded", "Refund made"), amount),
                    // The bank sent the money back.
                    (true, Outcome::Failed) => ((6, "refund-failed", "Refund sent back"), -amount),
                    _ => continue,
                };
                is_made = amount > 0;
                let from = Ledger::Processor(intent.processor.clone());
                let postings = [(Ledger::Refunds, amount), (from, -amount)];
                self.enter((facts, &about), words, postings);
            }
        }
    }
}
