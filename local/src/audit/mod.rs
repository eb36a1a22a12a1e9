//! The auditor: what must hold of a table whatever happened to the functions that wrote it, checked
//! item by item over all of it. It reads raw items and writes nothing.
//!
//! | file | what |
//! |---|---|
//! | `scan` | reading every item, as plain JSON |
//! | `books` | the items of one account, sorted by what they are |
//! | `kinds` | what each kind of object says of itself: its lists, its due date, its claims |
//! | `amounts` | invoices add up; credit, payments and refunds agree with one another |
//! | `explained` | every amount of an invoice is what the sum comes to that explains it |
//! | `documents` | what stands on the page and in the electronic document of an invoice or credit note is that |
//! | `lines` | no line gives back more than was paid for it; the books of each subscription balance |
//! | `periods` | one invoice per period, and no time between two of them that no pause explains |
//! | `processor` | what the test processor has on record is what the intents and refunds say |
//! | `reconcile` | what a processor outside has on record is what the payments, refunds and disputes say |
//! | `index` | lists, due dates and claims are those that the objects ask for, also of later filters; accounts are woken |
//! | `entries` | the same in double entry, which comes to what the objects say |
//! | `happened` | what an event says |
//! | `deliveries` | what webhook endpoints wanted they were told, in order, and nothing after they were deleted |
//! | `figures` | what is counted of MRR and cash is what the events come to |
//! | `usage` | what is counted of usage is what the events come to, and is billed once |
//! | `history` | each version has its event, and no state was reached that may not follow |
//!
//! Sums are computed here again, from the stored numbers and not by the code that stored them. Which
//! lists, claims and due dates an object has is asked of the object itself: that is one definition,
//! and what is audited is that the table followed it.
//!
//! An audit is of a table at rest: what is written while it is read may look like half a change.

mod amounts;
mod books;
mod deliveries;
mod documents;
mod entries;
mod explained;
mod figures;
mod happened;
mod history;
mod index;
mod item;
mod kinds;
mod lines;
mod periods;
mod processor;
mod reconcile;
mod report;
mod scan;
mod usage;

use anyhow::Result;
use shared::{model::books::Journal, store::outside::Outside};

pub use self::report::{Check, Report};
use self::{books::Books, reconcile::Records};
use crate::engine::Endpoint;

/// Audits the table at `url`, which speaks DynamoDB. `progress` is told from time to time how many
/// items have been read.
///
/// # Errors
/// When the table cannot be read. What is wrong in it is no error: it is in the report.
pub async fn audit(url: &str, table: &str, progress: impl FnMut(usize)) -> Result<Report> {
    let mut books = Books::default();
    let items = scan::each(&Endpoint::new(url), table, |item| books.enter(item), progress).await?;
    Ok(audited(items, &books))
}

/// The books of every account of the table at `url`, in double entry, by the accounts' ids.
///
/// # Errors
/// When the table cannot be read. Where an account's books do not agree with its objects is no error:
/// it is among its faults.
pub async fn journals(url: &str, table: &str, progress: impl FnMut(usize)) -> Result<Vec<Journal>> {
    let mut books = Books::default();
    scan::each(&Endpoint::new(url), table, |item| books.enter(item), progress).await?;
    Ok(entries::journals(&books))
}

/// The same, and the records of the processors `outside` against it.
///
/// # Errors
/// When the table cannot be read. A processor whose record cannot be read is a finding.
pub async fn audit_with_processors(
    url: &str,
    table: &str,
    outside: &Outside,
    progress: impl FnMut(usize),
) -> Result<Report> {
    let mut books = Books::default();
    let items = scan::each(&Endpoint::new(url), table, |item| books.enter(item), progress).await?;
    let records = Records::read(&books, outside).await;
    let mut report = audited(items, &books);
    report.checks.extend(records.checks(&books, outside));
    Ok(report)
}

fn audited(items: usize, books: &Books) -> Report {
    let checks = vec![
        books.readable(),
        amounts::totals(books),
        amounts::taxes(books),
        amounts::balances(books),
        explained::sums(books),
        documents::agree(books),
        amounts::numbers(books),
        amounts::credit(books),
        amounts::payments(books),
        amounts::refunds(books),
        entries::double_entry(books),
        lines::given_back(books),
        lines::subscriptions(books),
        processor::charges(books),
        processor::refunds(books),
        periods::once(books),
        periods::tiled(books),
        index::lists(books),
        index::backfilled(books),
        index::due(books),
        index::wakes(books),
        index::claims(books),
        history::events(books),
        history::newest(books),
        history::states(books),
        deliveries::told(books),
        deliveries::untold(books),
        usage::counted(books),
        usage::logged(books),
        usage::peaks(books),
        usage::values(books),
        usage::billed(books),
        figures::counted(books),
    ];
    Report { items, accounts: books.accounts().count(), checks }
}
