//! In double entry, by what an account's books are made of when they are written (`shared::model::books`):
//! what the transactions come to is what the objects say.

use shared::model::books::{Facts, Journal};

use super::{
    books::{Book, Books},
    item::text,
    report::Check,
};

/// Every account's books, by the account's id.
pub(super) fn journals(books: &Books) -> Vec<Journal> {
    let facts = books.named_accounts().map(|(account, book)| facts(account, book));
    facts.map(|facts| Journal::of(&facts, None)).collect()
}

/// What the events say of an account's objects, and at last the objects themselves.
fn facts(account: &str, book: &Book) -> Facts {
    let owner = book.of("acc").next().map(|(_, one)| &one.stored);
    let field = |name: &str| owner.map(|item| text(item, name)).unwrap_or_default();
    let mut facts = Facts::of(account, field("name"), field("timezone"));
    for (id, object) in &book.objects {
        for one in book.history.get(id).into_iter().flatten().filter(|one| !one.is_deletion()) {
            facts.version(id, (one.version, one.at), &one.object);
        }
        facts.object(id, &object.stored);
    }
    facts
}

/// What all transactions come to is what the objects say.
pub(super) fn double_entry(books: &Books) -> Check {
    let rule = "in double entry every transaction sums to 0; for each customer and currency receivables \
                come to what invoices are due, bad debt to what was written off, and customer credit to \
                the balance";
    let mut check = Check::new("double entry", rule);
    for journal in journals(books) {
        check.count += journal.transactions.len();
        check.findings.extend(journal.faults);
    }
    check
}
