//! What the transactions come to is what the objects say.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Journal, Ledger};
use crate::audit::{
    books::Book,
    item::{number, text},
};

/// Amounts by ledger, customer and currency.
type Sums = BTreeMap<(Ledger, String, String), i128>;

impl Journal {
    /// Notes where receivables, bad debt or credit are not what the account's objects say they are.
    pub(super) fn compare(&mut self, book: &Book) {
        let (entered, mut said) = (self.sums(), sums_of(book));
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

    /// What the transactions come to, for the ledgers that objects say something of.
    fn sums(&self) -> Sums {
        let mut sums = Sums::new();
        for one in &self.transactions {
            let compared = |ledger: &Ledger| {
                matches!(ledger, Ledger::Receivable | Ledger::BadDebt | Ledger::CustomerCredit)
            };
            for (ledger, amount) in one.postings.iter().filter(|(ledger, _)| compared(ledger)) {
                let of = (ledger.clone(), one.customer_id.clone(), one.currency.to_string());
                *sums.entry(of).or_default() += amount;
            }
        }
        sums
    }
}

fn sums_of(book: &Book) -> Sums {
    let mut sums = Sums::new();
    let mut add = |ledger: Ledger, customer: &str, currency: &str, amount: i128| {
        *sums.entry((ledger, customer.to_owned(), currency.to_owned())).or_default() += amount;
    };
    for (_, invoice) in book.of("in") {
        let ledger = match invoice.text("state") {
            "draft" | "void" => continue,
            "uncollectible" => Ledger::BadDebt,
            _ => Ledger::Receivable,
        };
        let due = invoice.number("due_amount_atom");
        add(ledger, invoice.text("customer_id"), invoice.text("currency"), due);
    }
    for (id, customer) in book.of("cus") {
        let balances = customer.stored.get("credit_balances").and_then(Value::as_array);
        for balance in balances.into_iter().flatten().filter_map(Value::as_object) {
            let owed = -number(balance, "amount_atom");
            add(Ledger::CustomerCredit, id, text(balance, "currency"), owed);
        }
    }
    sums
}
