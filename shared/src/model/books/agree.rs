//! What the transactions come to is what the objects say.

use std::collections::BTreeMap;

use super::{
    About, Journal, Ledger,
    facts::{Facts, State},
};

/// Amounts by ledger, customer and currency.
pub(super) type Sums = BTreeMap<(Ledger, String, String), i128>;

impl Journal {
    /// Adds what a transaction changes of the ledgers that objects say something of.
    pub(super) fn add(&mut self, about: &About<'_>, postings: &[(Ledger, i128)]) {
        let compared = |ledger: &Ledger| {
            matches!(ledger, Ledger::Receivable | Ledger::BadDebt | Ledger::CustomerCredit)
        };
        for (ledger, amount) in postings.iter().filter(|(ledger, _)| compared(ledger)) {
            let of = (ledger.clone(), about.customer.to_owned(), about.currency.to_owned());
            *self.sums.entry(of).or_default() += amount;
        }
    }

    /// Notes where receivables, bad debt or credit are not what the account's objects say they are.
    pub(super) fn compare(&mut self, facts: &Facts) {
        let (entered, mut said) = (std::mem::take(&mut self.sums), said_by(facts));
        for (of, amount) in entered {
            let expected = said.remove(&of).unwrap_or_default();
            self.same(&of, amount, expected);
        }
        for (of, expected) in said {
            self.same(&of, 0, expected);
        }
    }

    fn same(
        &mut self,
        (ledger, customer, currency): &(Ledger, String, String),
        is: i128,
        said: i128,
    ) {
        if is != said {
            let wrong =
                format!("{customer}: {ledger} comes to {is} {currency}, and should be {said}");
            self.faults.push(wrong);
        }
    }
}

fn said_by(facts: &Facts) -> Sums {
    let mut sums = Sums::new();
    let mut add = |ledger: Ledger, customer: &str, currency: &str, amount: i128| {
        *sums.entry((ledger, customer.to_owned(), currency.to_owned())).or_default() += amount;
    };
    for invoice in facts.invoices.values() {
        let ledger = match invoice.state {
            State::Draft | State::Void => continue,
            State::Uncollectible => Ledger::BadDebt,
            State::Expected => Ledger::Receivable,
        };
        add(ledger, &invoice.customer, &invoice.currency, invoice.due);
    }
    for (id, customer) in &facts.customers {
        for (currency, amount) in &customer.credit {
            add(Ledger::CustomerCredit, id, currency, -amount);
        }
    }
    sums
}
