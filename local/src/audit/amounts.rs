//! Money: invoices add up, and credit, payments and refunds agree with one another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    books::{Book, Books, Object},
    item::{number, text},
    report::Check,
    scan::Item,
};

/// The sum of a field of an invoice's lines, or a credit note's.
fn lines(invoice: &Object, name: &str) -> i128 {
    items(invoice).map(|line| number(line, name)).sum()
}

fn items(invoice: &Object) -> impl Iterator<Item = &Item> {
    let items = invoice.stored.get("items").and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_object)
}

/// The taxes of each line are its tax, and on what is left of it after discount; those of a rate on all
/// lines that were taxed together are the tax of their sum.
pub(super) fn taxes(books: &Books) -> Check {
    let rule = "the taxes of a line make its tax, each on its amount after discount less the tax in it; \
                those of a rate are the rate of the sum, to one for each line that credits another \
                invoice's";
    let mut check = Check::new("taxes", rule);
    for (id, invoice) in books.accounts().flat_map(|book| book.of("in")) {
        let mut rates: BTreeMap<(&str, bool), (i128, i128, i128)> = BTreeMap::new();
        let mut percents: BTreeMap<&str, i128> = BTreeMap::new();
        for line in items(invoice) {
            let (net, inside) = (
                number(line, "amount_atom") - number(line, "discount_amount_atom"),
                inclusive_tax(line),
            );
            let sum: i128 = taxes_of(line).map(|tax| number(tax, "amount_atom")).sum();
            check.expect(sum == number(line, "tax_amount_atom"), || {
                format!(
                    "{id}: a line's tax is {}, and its taxes make {sum}",
                    number(line, "tax_amount_atom")
                )
            });
            let credits = line.get("credit_of").is_some_and(Value::is_object);
            for tax in taxes_of(line) {
                let taxable = number(tax, "taxable_amount_atom");
                check.expect(taxable == net - inside, || {
                    format!("{id}: a tax is on {taxable} of a line of {net} with {inside} in it")
                });
                let key = (text(tax, "tax_rate_id"), is_inclusive(tax));
                percents.insert(key.0, ten_thousandths(text(tax, "percentage")));
                let (on, of, slack) = rates.entry(key).or_default();
                *on += taxable;
                *of += number(tax, "amount_atom");
                *slack += i128::from(credits);
            }
        }
        for ((rate, inside), (on, of, slack)) in rates {
            let percent = percents.get(rate).copied().unwrap_or_default();
            // What is on the net amount of a tax that was rounded inside a gross one is off by that too.
            let slack = (2 * slack + 1) * 1_000_000 + if inside { 5 * percent } else { 0 };
            check.expect((on * percent - of * 1_000_000).abs() * 2 <= slack, || {
                format!("{id}: {rate} is {of} on {on}")
            });
        }
    }
    check
}

fn taxes_of(line: &Item) -> impl Iterator<Item = &Item> {
    let taxes = line.get("taxes").and_then(Value::as_array);
    taxes.into_iter().flatten().filter_map(Value::as_object)
}

fn is_inclusive(tax: &Item) -> bool {
    tax.get("inclusive") == Some(&Value::Bool(true))
}

/// The tax that a line has in its amount.
pub(super) fn inclusive_tax(line: &Item) -> i128 {
    taxes_of(line).filter(|tax| is_inclusive(tax)).map(|tax| number(tax, "amount_atom")).sum()
}

/// A percentage of at most four decimals, in units of the fourth.
fn ten_thousandths(text: &str) -> i128 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = format!("{decimals:0<4}");
    format!("{whole}{decimals}").parse().unwrap_or_default()
}

/// The total is lines less discounts plus tax.
pub(super) fn totals(books: &Books) -> Check {
    let rule =
        "an invoice's total is its lines − discounts + the tax that lines do not have in them";
    let mut check = Check::new("totals", rule);
    for (id, invoice) in books.accounts().flat_map(|book| book.of("in")) {
        for (sum, line) in [
            ("subtotal_amount_atom", "amount_atom"),
            ("discount_amount_atom", "discount_amount_atom"),
            ("tax_amount_atom", "tax_amount_atom"),
        ] {
            let (stored, lines) = (invoice.number(sum), lines(invoice, line));
            check.expect(stored == lines, || format!("{id}: {sum} {stored}, its lines {lines}"));
        }
        let of = |name: &str| invoice.number(name);
        let inside: i128 = items(invoice).map(inclusive_tax).sum();
        let tax = of("tax_amount_atom") - inside;
        let total = of("subtotal_amount_atom") - of("discount_amount_atom") + tax;
        check.expect(of("total_amount_atom") == total, || {
            format!("{id}: total {}, and its sums make {total}", of("total_amount_atom"))
        });
    }
    check
}

/// What is due is the total less credit and payments; a state says what is paid.
pub(super) fn balances(books: &Books) -> Check {
    let rule = "an invoice's due is total − credit − reductions − paid, all of them between 0 and its \
                total, and its state says the same; a void one owes nothing";
    let mut check = Check::new("balances", rule);
    for (id, invoice) in books.accounts().flat_map(|book| book.of("in")) {
        let of = |name: &str| invoice.number(name);
        let (total, paid) = (of("total_amount_atom"), of("paid_amount_atom"));
        let (credit, due) = (of("credit_applied_amount_atom"), of("due_amount_atom"));
        let reduced = of("reduced_amount_atom");
        let draft = invoice.text("state") == "draft";
        let left = match invoice.text("state") {
            "draft" => (total - credit - reduced - paid).max(0),
            "void" => 0,
            _ => total - credit - reduced - paid,
        };
        check.expect(due == left && due >= 0, || {
            format!(
                "{id}: due {due}, total {total}, credit {credit}, reduced {reduced}, paid {paid}"
            )
        });
        let settled = paid + credit + reduced;
        let none_below = paid >= 0 && credit >= 0 && reduced >= 0;
        check.expect(none_below && (draft || settled <= total), || {
            format!("{id}: paid {paid}, credit {credit} and reduced {reduced} of {total}")
        });
        let numbered = invoice.stored.contains_key("number");
        let agrees = match invoice.text("state") {
            "draft" => !numbered && paid == 0 && credit == 0,
            "open" => numbered && paid == 0,
            // What was paid of it was given back.
            "void" => numbered && paid <= of("refunded_amount_atom") + of("credited_amount_atom"),
            "partially_paid" => numbered && paid > 0 && due > 0,
            "paid" => numbered && due == 0,
            "past_due" | "uncollectible" => numbered && due > 0,
            _ => false,
        };
        check.expect(agrees, || {
            let (state, number) = (invoice.text("state"), invoice.text("number"));
            format!("{id}: {state}, number {number:?}, paid {paid}, due {due}")
        });
    }
    check
}

/// Numbers are 1, 2, 3, … in each account.
pub(super) fn numbers(books: &Books) -> Check {
    let rule =
        "the invoice numbers of an account are 1 to the number its sequence is at, each once";
    let mut check = Check::new("numbers", rule);
    for book in books.accounts() {
        let mut holders: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for (id, invoice) in book.of("in").filter(|(_, one)| one.stored.contains_key("number")) {
            let text = invoice.text("number");
            match text.rsplit('-').next().and_then(|digits| digits.parse().ok()) {
                Some(number) => holders.entry(number).or_default().push(id),
                None => check.expect(false, || format!("{id}: {text} is no number")),
            }
        }
        let taken = book.sequences.get("invoice").copied().unwrap_or_default();
        for number in 1..=taken {
            check.expect(holders.contains_key(&number), || {
                format!("{}: no invoice has number {number} of {taken}", name_of(book))
            });
        }
        for (number, ids) in holders {
            let (one, known) = (ids.len() == 1, (1..=taken).contains(&number));
            check.expect(one && known, || {
                let (name, ids) = (name_of(book), ids.join(", "));
                format!("{name}: number {number} has {ids}, and the sequence is at {taken}")
            });
        }
    }
    check
}

fn name_of(book: &Book) -> &str {
    book.of("acc").next().map_or("an account", |(id, _)| id)
}

/// A customer's balance is the sum of the credit notes.
pub(super) fn credit(books: &Books) -> Check {
    let rule = "a customer's balance is the sum of the credit notes, each of which began where another \
                ended; never below 0; an invoice's credit is what its notes say, and what a note gives \
                back line by line is the note";
    let mut check = Check::new("credit", rule);
    for book in books.accounts() {
        let mut notes: BTreeMap<(&str, &str), Vec<(i128, i128)>> = BTreeMap::new();
        let mut applied: BTreeMap<&str, i128> = BTreeMap::new();
        for (id, note) in book.of("cn") {
            let amount = note.number("amount_atom");
            by_line(&mut check, id, note);
            let change = (amount, note.number("balance_atom"));
            let of = (note.text("customer_id"), note.text("currency"));
            notes.entry(of).or_default().push(change);
            if matches!(note.text("reason"), "applied" | "returned") {
                *applied.entry(note.text("invoice_id")).or_default() -= amount;
            }
        }
        for (id, customer) in book.of("cus") {
            let balances = customer.stored.get("credit_balances").and_then(Value::as_array);
            for balance in balances.into_iter().flatten().filter_map(Value::as_object) {
                let (currency, amount) =
                    (text(balance, "currency"), number(balance, "amount_atom"));
                let of_currency = notes.remove(&(id, currency)).unwrap_or_default();
                ledger(&mut check, (id, currency, amount), &of_currency);
            }
        }
        for ((id, currency), changes) in notes {
            ledger(&mut check, (id, currency, 0), &changes);
        }
        for (id, invoice) in book.of("in") {
            let used = applied.remove(id).unwrap_or_default();
            let applied = invoice.number("credit_applied_amount_atom");
            // What a void one does not return is among what it was credited before.
            let agrees = match invoice.text("state") {
                "void" => (0..=applied.min(invoice.number("credited_amount_atom"))).contains(&used),
                _ => used == applied,
            };
            check.expect(agrees, || {
                format!("{id}: credit {applied} by itself, and {used} by its notes")
            });
        }
    }
    check
}

/// What a note gives back of each line comes to the note, and its taxes to its tax.
fn by_line(check: &mut Check, id: &str, note: &Object) {
    let sum = lines(note, "amount_atom");
    let numbered = !note.text("number").is_empty();
    check.expect(!numbered || sum == note.number("amount_atom"), || {
        format!("{id}: its lines come to {sum}")
    });
    for item in items(note) {
        let taxes = item.get("taxes").and_then(Value::as_array).into_iter().flatten();
        let taxes = taxes.filter_map(Value::as_object);
        let tax: i128 = taxes.map(|tax| number(tax, "amount_atom")).sum();
        let said = number(item, "tax_amount_atom");
        check.expect(tax == said, || format!("{id}: taxes of {tax}, and a tax of {said}"));
    }
}

fn ledger(
    check: &mut Check,
    (id, currency, balance): (&str, &str, i128),
    changes: &[(i128, i128)],
) {
    let sum: i128 = changes.iter().map(|(amount, _)| amount).sum();
    check.expect(balance == sum && balance >= 0, || {
        format!("{id}: balance {balance} {currency}, and its notes make {sum}")
    });
    // Whatever their order: where a note began is 0 or where another ended, and one ended at the end.
    let mut began: Vec<i128> = changes.iter().map(|(amount, after)| after - amount).collect();
    let mut ended: Vec<i128> = changes.iter().map(|(_, after)| *after).collect();
    began.push(balance);
    ended.push(0);
    began.sort_unstable();
    ended.sort_unstable();
    check.expect(began == ended && ended.iter().all(|one| *one >= 0), || {
        format!("{id}: the balances in {currency} after each note are no chain from 0 to {balance}")
    });
}

/// What was paid is what its payments captured.
pub(super) fn payments(books: &Books) -> Check {
    let rule = "an invoice's payments captured what it says is paid (at most that, where a payment was \
                recorded by hand), and it counts its attempts";
    let mut check = Check::new("payments", rule);
    for book in books.accounts() {
        let mut attempts: BTreeMap<&str, Vec<(&str, &Object)>> = BTreeMap::new();
        for (id, intent) in book.of("pi") {
            let (amount, captured) =
                (intent.number("amount_atom"), intent.number("captured_amount_atom"));
            let expected = if intent.text("state") == "succeeded" { amount } else { 0 };
            check.expect(captured == expected && amount > 0, || {
                format!("{id}: {}, {captured} captured of {amount}", intent.text("state"))
            });
            attempts.entry(intent.text("invoice_id")).or_default().push((id, intent));
        }
        for (id, invoice) in book.of("in") {
            let attempts = attempts.remove(id).unwrap_or_default();
            attempted(&mut check, id, invoice, &attempts);
        }
        for (id, attempts) in attempts.into_iter().filter(|(id, _)| !id.is_empty()) {
            let (intent, _) = attempts.first().copied().unzip();
            check.expect(false, || format!("{intent:?} is for {id}, which does not exist"));
        }
    }
    check
}

fn attempted(check: &mut Check, id: &str, invoice: &Object, attempts: &[(&str, &Object)]) {
    let captured: i128 = attempts.iter().map(|(_, one)| one.number("captured_amount_atom")).sum();
    let paid = invoice.number("paid_amount_atom");
    let agrees = if invoice.is("paid_out_of_band") { captured <= paid } else { captured == paid };
    check.expect(agrees, || format!("{id}: paid {paid}, and its payments captured {captured}"));
    let numbers: BTreeSet<i128> = attempts.iter().map(|(_, one)| one.number("attempt")).collect();
    let count = invoice.number("attempt_count");
    let whole = numbers.len() == attempts.len() && numbers.iter().copied().eq(1..=count);
    check.expect(whole, || format!("{id}: {count} attempts, and payments {numbers:?}"));
    let collection = invoice.stored.get("collection").and_then(Value::as_object);
    let open = collection.map_or("", |collection| text(collection, "open"));
    // One that waits for the payer is open, until another is made.
    let not_at_bank = |one: &Object| one.text("state") != "requires_action";
    for (intent, one) in attempts.iter().filter(|(_, one)| not_at_bank(one)) {
        let undecided = matches!(one.text("state"), "processing" | "unknown");
        check.expect(undecided == (open == *intent), || {
            let state = one.text("state");
            format!("{id}: its open attempt is {open:?}, and {intent} is {state}")
        });
    }
}

/// Refunds are within what was captured and paid.
pub(super) fn refunds(books: &Books) -> Check {
    let rule = "a payment and an invoice count their refunds, an invoice its credit notes too: refunds \
                are at most what was captured";
    let mut check = Check::new("refunds", rule);
    for book in books.accounts() {
        let mut of_intent: BTreeMap<&str, i128> = BTreeMap::new();
        let mut of_invoice: BTreeMap<&str, i128> = BTreeMap::new();
        let mut credited: BTreeMap<&str, i128> = BTreeMap::new();
        for (_, refund) in book.of("re").filter(|(_, refund)| refund.text("state") != "failed") {
            let amount = refund.number("amount_atom");
            *of_intent.entry(refund.text("payment_intent_id")).or_default() += amount;
            *of_invoice.entry(refund.text("invoice_id")).or_default() += amount;
        }
        // What was taken back of a note that an invoice counts is one of its own.
        let counts = |note: &Object| matches!(note.text("reason"), "issued" | "voided");
        for (_, note) in book.of("cn").filter(|(_, note)| counts(note)) {
            *credited.entry(note.text("invoice_id")).or_default() += note.number("amount_atom");
        }
        for (id, intent) in book.of("pi") {
            let refunds = of_intent.remove(id).unwrap_or_default();
            let (counted, captured) =
                (intent.number("refunded_amount_atom"), intent.number("captured_amount_atom"));
            check.expect(counted == refunds && counted <= captured, || {
                format!("{id}: captured {captured}, refunded {counted}, its refunds {refunds}")
            });
        }
        for id in of_intent.keys() {
            check.expect(false, || format!("a refund is of {id}, which does not exist"));
        }
        for (id, invoice) in book.of("in") {
            let paid = invoice.number("paid_amount_atom");
            let refunded = invoice.number("refunded_amount_atom");
            for (name, sums) in
                [("refunded_amount_atom", &of_invoice), ("credited_amount_atom", &credited)]
            {
                let (counted, sum) = (invoice.number(name), sums.get(id).copied().unwrap_or(0));
                check.expect(counted == sum, || format!("{id}: {name} {counted}, in sum {sum}"));
            }
            check.expect(refunded <= paid, || format!("{id}: {refunded} refunded of {paid}"));
        }
    }
    check
}
