//! Giving back: of each line at most what was paid for it, and the books of each subscription.
//!
//! What settled an invoice is what was paid, the credit it used, and what credits on it were worth
//! that went nowhere else. Over all invoices of a subscription, what came in and was not given back is
//! what its lines still stand for, less what is owed or was forgiven: nothing is lost between two
//! invoices, and nothing is given twice.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    amounts::inclusive_tax,
    books::{Books, Object},
    item::number,
    report::Check,
    scan::Item,
};

/// A line of an invoice, by its amounts.
struct Line<'a> {
    total: i128,
    reduced: i128,
    returned: i128,
    credit: Option<&'a Item>,
    settles: bool,
}

impl Line<'_> {
    /// What is billed by it: nothing, by a line that credits another or says where a credit went.
    fn price(&self) -> i128 {
        if self.credit.is_some() || self.settles { 0 } else { self.total.max(0) }
    }
}

fn lines(invoice: &Object) -> Vec<Line<'_>> {
    let items = invoice.stored.get("items").and_then(Value::as_array).into_iter().flatten();
    let read = |of| Line {
        total: total(of),
        reduced: number(of, "reduced_amount_atom"),
        returned: number(of, "given_back_amount_atom"),
        credit: of.get("credit_of").and_then(Value::as_object),
        settles: of.get("settles") == Some(&Value::Bool(true)),
    };
    items.filter_map(Value::as_object).map(read).collect()
}

/// What credits on an invoice were worth that went nowhere else.
fn carried(lines: &[Line<'_>]) -> i128 {
    let credits = lines.iter().filter(|line| line.settles || line.credit.is_some());
    (-credits.map(|line| line.total).sum::<i128>()).max(0)
}

/// Of each line at most what was paid for it, and of each invoice at most what settled it.
pub(super) fn given_back(books: &Books) -> Check {
    let rule = "of a line is given back at most what was paid for it, and its reductions and what was \
                given back are together at most what it billed; of an invoice at most what settled it";
    let mut check = Check::new("given back", rule);
    for (id, invoice) in books.accounts().flat_map(|book| book.of("in")) {
        let lines = lines(invoice);
        let settled = invoice.number("paid_amount_atom")
            + invoice.number("credit_applied_amount_atom")
            + carried(&lines);
        let void = invoice.text("state") == "void";
        let of_all = |of: fn(&Line<'_>) -> i128| lines.iter().map(of).sum::<i128>();
        let (returned, reduced) = (of_all(|line| line.returned), of_all(|line| line.reduced));
        check.expect(returned <= settled || void, || {
            format!("{id}: {returned} given back of {settled} that settled it")
        });
        check.expect(reduced == invoice.number("reduced_amount_atom"), || {
            format!("{id}: reductions of its lines make {reduced}")
        });
        for line in &lines {
            let (price, gone) = (line.price(), line.returned + line.reduced);
            check.expect(gone <= price && line.returned >= 0 && line.reduced >= 0, || {
                format!("{id}: a line of {price} has {gone} given back or taken off")
            });
        }
    }
    check
}

/// What credits for a line say they gave back is what the line says.
pub(super) fn subscriptions(books: &Books) -> Check {
    let rule = "what credits, refunds and notes gave back of a subscription's lines is what the lines \
                say: captured + credit used − refunded − credited = price of the lines that is kept";
    let mut check = Check::new("subscriptions", rule);
    for book in books.accounts() {
        let mut sums: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
        for (_, invoice) in book.of("in") {
            let (came, stands) = match invoice.text("state") {
                // Nothing of it counts, but what notes gave back of the value that it had of others.
                "void" => (came_and_stayed(invoice).min(0), 0),
                _ => books_of(invoice),
            };
            let sum = sums.entry(invoice.text("subscription_id")).or_default();
            *sum = (sum.0 + came, sum.1 + stands);
        }
        for (id, subscription) in book.of("sub") {
            let (came, stands) = sums.remove(id).unwrap_or_default();
            // Credits for lines whose credit waits count on the lines already.
            let waiting = waiting(subscription);
            check.expect(came == stands + waiting, || {
                format!("{id}: {came} came in and stayed, and its lines stand for {stands} and {waiting}")
            });
        }
    }
    check
}

/// What came in for an invoice and stayed, and what its lines still stand for, as far as it is settled.
fn books_of(invoice: &Object) -> (i128, i128) {
    let (lines, of) = (lines(invoice), |name: &str| invoice.number(name));
    let surplus: i128 = lines
        .iter()
        .filter(|line| line.settles && line.credit.is_none())
        .map(|one| one.total)
        .sum();
    // Of a draft that gives back more than it charges, this will be credit.
    let surplus = match invoice.text("state") {
        "draft" => surplus - of("total_amount_atom").min(0),
        _ => surplus,
    };
    let came = came_and_stayed(invoice) - surplus;
    let kept: i128 = lines.iter().map(|one| one.price() - one.reduced - one.returned).sum();
    (came, kept - of("due_amount_atom"))
}

/// What was paid for an invoice, and not given back by refunds and notes.
fn came_and_stayed(invoice: &Object) -> i128 {
    let of = |name: &str| invoice.number(name);
    of("paid_amount_atom") + of("credit_applied_amount_atom")
        - of("refunded_amount_atom")
        - of("credited_amount_atom")
}

/// What waiting credits, and what is still to be paid out, have given back of lines on invoices.
fn waiting(subscription: &Object) -> i128 {
    let ledger = subscription.stored.get("ledger").and_then(Value::as_object);
    let list = |of: Option<&Item>, name: &str| -> Vec<Item> {
        let items = of.and_then(|of| of.get(name)).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_object).cloned().collect()
    };
    let credits: i128 =
        list(ledger, "pending").iter().filter(|line| of_an_invoice(line)).map(total).sum();
    let ending = ledger.and_then(|ledger| ledger.get("ending")).and_then(Value::as_object);
    let owed: i128 = list(ending, "owed").iter().map(|part| number(part, "amount_atom")).sum();
    owed - credits
}

fn of_an_invoice(line: &Item) -> bool {
    let of = line.get("credit_of").and_then(Value::as_object);
    of.is_some_and(|of| of.get("invoice_id").is_some_and(|id| !id.is_null()))
}

fn total(line: &Item) -> i128 {
    let net = number(line, "amount_atom") - number(line, "discount_amount_atom");
    net + number(line, "tax_amount_atom") - inclusive_tax(line)
}
