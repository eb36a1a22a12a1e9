//! What stands on the documents of an invoice is the invoice, and on those of a credit note the credit note:
//! the page, from which the file is drawn too, and the electronic one are made anew and read as somebody
//! else reads them.
//!
//! What an electronic invoice needs to know of its parties most accounts have not said. Amounts do not
//! depend on it, so parties stand in who are known to every office. What the norm cannot say is refused,
//! and has no document.

use serde_json::{Value, json};
use shared::{
    base::money::Currency,
    model::{account::Account, credit_note::CreditNote, einvoice::Profile, invoice::Invoice},
};

use super::{
    books::{Book, Books, Object},
    item::{number, text},
    report::Check,
    scan::Item,
};

/// The sums on the page and in the electronic document of every invoice and credit note are its own.
pub(super) fn agree(books: &Books) -> Check {
    let rule = "on the page of an invoice the lines make the subtotal, and all rows the total and what \
                is due; its electronic invoice has its lines, its tax by rate and what is to be paid; so \
                have those of a credit note for an invoice, whose number follows from the invoice's";
    let mut check = Check::new("documents", rule);
    for book in books.accounts() {
        let Some(account) = account_of(book) else { continue };
        for (id, invoice) in book.of("in") {
            page(&mut check, (id, invoice), &account);
            electronic(&mut check, (id, invoice), &account);
        }
        let numbered = |note: &Object| !note.text("number").is_empty();
        for (id, note) in book.of("cn").filter(|(_, note)| numbered(note)) {
            match book.objects.get(note.text("invoice_id")) {
                Some(invoice) => credit_note(&mut check, (id, note), invoice, &account),
                None => check.expect(false, || format!("{id}: has a number, and no invoice")),
            }
        }
    }
    check
}

fn account_of(book: &Book) -> Option<Account> {
    let (_, account) = book.of("acc").next()?;
    serde_json::from_value(Value::Object(account.stored.clone())).ok()
}

fn lines(invoice: &Object) -> impl Iterator<Item = &Item> {
    let all = invoice.stored.get("items").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_object)
}

/// The taxes that a line's amount has in it, or those that are added to it.
fn taxes(line: &Item, inside: bool) -> i128 {
    let all = line.get("taxes").and_then(Value::as_array).into_iter().flatten();
    let all = all.filter_map(Value::as_object);
    let those = all.filter(|tax| tax.get("inclusive") == Some(&Value::Bool(inside)));
    those.map(|tax| number(tax, "amount_atom")).sum()
}

/// The text between two others, each time, and what follows the last one.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    let parts = text.split(begin).skip(1);
    parts.filter_map(|part| part.split_once(end)).map(|(inner, _)| inner).collect()
}

/// An amount as it is written, in the smallest unit: its digits and its sign.
fn amount(written: &str) -> Option<i128> {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let amount: i128 = digits.parse().ok()?;
    Some(if written.contains('-') { -amount } else { amount })
}

/// The same, where it may be written with fewer decimals than its currency has: an electronic invoice has
/// two at most.
fn in_units(written: &str, decimals: u32) -> Option<i128> {
    let places = written.split_once('.').map_or(0, |(_, places)| places.len());
    let missing = decimals.checked_sub(u32::try_from(places).ok()?)?;
    amount(written)?.checked_mul(10_i128.checked_pow(missing)?)
}

/// What a page says of amounts.
struct OnPage {
    /// What its lines come to.
    lines: i128,
    /// The rows up to the total: the subtotal, less discounts, and each tax.
    above: Vec<Option<i128>>,
    /// The total, and on an invoice at last what is to be paid.
    strong: Vec<Option<i128>>,
}

impl OnPage {
    fn read(text: &str) -> Self {
        let body = between(text, "<tbody>", "</tbody>").first().copied().unwrap_or_default();
        let totals = between(text, "<dl class=\"totals\">", "</dl>");
        let rows = totals.first().map(|rows| between(rows, "<div", "</div>")).unwrap_or_default();
        let cell = |row: &&str| amount(between(row, "<dd>", "</dd>").first()?);
        let above = rows.iter().take_while(|row| !row.contains("strong"));
        // Of each line the last cell, up to its discount.
        let of_line = |row: &str| amount(row.rsplit_once("<td>")?.1.split('<').next()?);
        Self {
            lines: between(body, "<tr>", "</tr>").into_iter().filter_map(of_line).sum(),
            above: above.map(cell).collect(),
            strong: rows.iter().filter(|row| row.contains("strong")).map(cell).collect(),
        }
    }

    /// Whether the lines make the subtotal, and all rows less the taxes inside of them the total.
    fn comes_to(&self, subtotal: i128, (inside, total): (i128, i128)) -> bool {
        let sum: i128 = self.above.iter().flatten().sum();
        self.lines == subtotal
            && self.above.first() == Some(&Some(subtotal))
            && sum - inside == total
            && self.strong.first() == Some(&Some(total))
    }
}

fn page(check: &mut Check, (id, invoice): (&str, &Object), account: &Account) {
    let read = serde_json::from_value::<Invoice>(Value::Object(invoice.stored.clone())).ok();
    let Some(text) = read.and_then(|invoice| invoice.page_text(account, None).ok()) else {
        return check.expect(false, || format!("{id}: has no page"));
    };
    let shown = OnPage::read(&text);
    let (subtotal, total) =
        (invoice.number("subtotal_amount_atom"), invoice.number("total_amount_atom"));
    let inside: i128 = lines(invoice).map(|line| taxes(line, true)).sum();
    check.expect(shown.comes_to(subtotal, (inside, total)), || {
        format!(
            "{id}: on the page the lines are {}, and {:?} less {inside} makes {:?}; it is {subtotal} and \
             {total}",
            shown.lines,
            shown.above,
            shown.strong.first()
        )
    });
    let due = match invoice.text("state") {
        "paid" | "void" => 0,
        _ => invoice.number("due_amount_atom"),
    };
    check.expect(shown.strong.last() == Some(&Some(due)), || {
        format!("{id}: on the page {:?} is to be paid, of {due}", shown.strong.last())
    });
}

/// Somebody of whom everything is known.
fn party() -> Value {
    json!({
        "name": "Somebody", "legal_name": "Somebody GmbH", "legal_id": "HRB 1",
        "email": "somebody@example.com", "phone": "+49 30 1", "buyer_reference": "1",
        "address": {
            "line1": "Torstraße 1", "line2": null, "city": "Berlin", "state": null,
            "postal_code": "10119", "country": "DE",
        },
        "tax_ids": [{"type": "eu_vat", "value": "DE136695976", "status": "unverified"}],
        "timezone": "UTC",
    })
}

/// What an electronic document says of amounts, in the smallest unit.
struct Electronic {
    /// The sum of the lines, and then each of them.
    lines: Vec<i128>,
    /// The sum of the taxes, and then each of them.
    taxes: Vec<i128>,
    /// What the lines come to with tax.
    inclusive: Vec<i128>,
    /// What is to be paid.
    asked: Vec<i128>,
}

impl Electronic {
    fn read(document: &str, currency: &str) -> Self {
        let decimals = currency.parse().map(|one: Currency| one.minor_units()).unwrap_or_default();
        let amounts = |name: &str| -> Vec<i128> {
            let all =
                between(document, &format!("<cbc:{name} currencyID="), &format!("</cbc:{name}>"));
            all.iter().filter_map(|one| in_units(one.split_once('>')?.1, decimals)).collect()
        };
        Self {
            lines: amounts("LineExtensionAmount"),
            taxes: amounts("TaxAmount"),
            inclusive: amounts("TaxInclusiveAmount"),
            asked: amounts("PayableAmount"),
        }
    }

    /// Whether it has these lines, each without its tax and with it, and asks for `payable`.
    fn expect(&self, check: &mut Check, id: &str, (lines, payable): (&[(i128, i128)], i128)) {
        let nets: Vec<i128> = lines.iter().map(|(net, _)| *net).collect();
        let tax: i128 = lines.iter().map(|(_, tax)| tax).sum();
        let agree = self.lines.split_first() == Some((&nets.iter().sum(), nets.as_slice()));
        check.expect(agree, || {
            format!("{id}: its electronic document has {:?}, of {nets:?}", self.lines)
        });
        let agree =
            self.taxes.first() == Some(&tax) && self.taxes.iter().skip(1).sum::<i128>() == tax;
        check.expect(agree, || {
            format!("{id}: its electronic document has the taxes {:?}, of {tax}", self.taxes)
        });
        let with_tax = nets.iter().sum::<i128>() + tax;
        check.expect(self.inclusive == [with_tax] && self.asked == [payable], || {
            format!(
                "{id}: its electronic document has {:?} and asks for {:?}, of {with_tax} and {payable}",
                self.inclusive, self.asked
            )
        });
    }
}

/// The invoice as it would be between parties of whom everything is known.
fn between_parties(invoice: &Object) -> Option<Invoice> {
    let mut stored = invoice.stored.clone();
    for side in ["seller", "billed_to"] {
        stored.insert(side.to_owned(), party());
    }
    serde_json::from_value(Value::Object(stored)).ok()
}

fn electronic(check: &mut Check, (id, invoice): (&str, &Object), account: &Account) {
    if invoice.text("number").is_empty() || invoice.text("state") == "void" {
        return;
    }
    let read = between_parties(invoice);
    let written = read.map(|invoice| invoice.ubl(account, None, Profile::Peppol));
    let Some(Ok(document)) = written else { return };
    let billed = lines(invoice).filter(|line| line.get("settles") != Some(&Value::Bool(true)));
    let billed: Vec<(i128, i128)> = billed
        .map(|line| {
            let discounted = number(line, "amount_atom") - number(line, "discount_amount_atom");
            (discounted - taxes(line, true), number(line, "tax_amount_atom"))
        })
        .collect();
    let payable =
        invoice.number("total_amount_atom") - invoice.number("credit_applied_amount_atom");
    Electronic::read(&document, text(&invoice.stored, "currency")).expect(
        check,
        id,
        (&billed, payable),
    );
}

fn credit_note(
    check: &mut Check,
    (id, note): (&str, &Object),
    invoice: &Object,
    account: &Account,
) {
    let (own, of) = (note.text("number"), invoice.text("number"));
    check.expect(own.strip_prefix(of).is_some_and(|rest| rest.starts_with("-CN-")), || {
        format!("{id}: its number is {own}, and that of its invoice {of}")
    });
    let gives = note.number("amount_atom");
    let back: i128 = lines(note).map(|item| number(item, "amount_atom")).sum();
    check.expect(back == gives, || format!("{id}: gives {back} of lines back, of {gives}"));
    let read = serde_json::from_value::<CreditNote>(Value::Object(note.stored.clone())).ok();
    let Some((read, invoice)) = read.zip(between_parties(invoice)) else {
        return check.expect(false, || format!("{id}: has no documents"));
    };
    let Ok(page) = read.page_text(&invoice, account) else {
        return check.expect(false, || format!("{id}: has no page"));
    };
    let shown = OnPage::read(&page);
    let inside: i128 = lines(note).map(|item| taxes(item, true)).sum();
    let subtotal = shown.lines;
    check.expect(shown.comes_to(subtotal, (inside, gives)), || {
        format!(
            "{id}: on the page {:?} less {inside} makes {:?}, of {gives}",
            shown.above, shown.strong
        )
    });
    let Ok(document) = read.ubl(&invoice, account, Profile::Peppol) else { return };
    let credited: Vec<(i128, i128)> = lines(note)
        .map(|item| {
            let tax = number(item, "tax_amount_atom");
            (number(item, "amount_atom") - tax, tax)
        })
        .collect();
    let said = Electronic::read(&document, note.text("currency"));
    said.expect(check, id, (&credited, gives));
}
