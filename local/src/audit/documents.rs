//! What stands on the documents of an invoice is the invoice: its page, from which the file is drawn too,
//! and the electronic one are made anew and read as somebody else reads them.
//!
//! What an electronic invoice needs to know of its parties most accounts have not said. Amounts do not
//! depend on it, so parties stand in who are known to every office. What the norm cannot say is refused,
//! and has no document.

use serde_json::{Value, json};
use shared::{
    base::money::Currency,
    model::{account::Account, einvoice::Profile, invoice::Invoice},
};

use super::{
    books::{Book, Books, Object},
    item::{number, text},
    report::Check,
    scan::Item,
};

/// The sums on the page and in the electronic invoice of every invoice are those of the invoice.
pub(super) fn agree(books: &Books) -> Check {
    let rule = "on the page of an invoice the lines make the subtotal, and all rows the total and what \
                is due; its electronic invoice has its lines, its tax by rate and what is to be paid";
    let mut check = Check::new("documents", rule);
    for book in books.accounts() {
        let Some(account) = account_of(book) else { continue };
        for (id, invoice) in book.of("in") {
            page(&mut check, (id, invoice), &account);
            electronic(&mut check, (id, invoice), &account);
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

fn page(check: &mut Check, (id, invoice): (&str, &Object), account: &Account) {
    let read = serde_json::from_value::<Invoice>(Value::Object(invoice.stored.clone())).ok();
    let Some(text) = read.and_then(|invoice| invoice.page_text(account, None).ok()) else {
        return check.expect(false, || format!("{id}: has no page"));
    };
    let body = between(&text, "<tbody>", "</tbody>").first().copied().unwrap_or_default();
    let totals = between(&text, "<dl class=\"totals\">", "</dl>");
    let rows = totals.first().map(|rows| between(rows, "<div", "</div>")).unwrap_or_default();
    let cell = |row: &&str| amount(between(row, "<dd>", "</dd>").first()?);
    let above: Vec<&str> = rows.iter().copied().take_while(|row| !row.contains("strong")).collect();
    let strong: Vec<_> = rows.iter().filter(|row| row.contains("strong")).map(&cell).collect();
    // Of each line the last cell, up to its discount.
    let of_line = |row: &str| amount(row.rsplit_once("<td>")?.1.split('<').next()?);
    let on_lines: i128 =
        between(body, "<tr>", "</tr>").into_iter().filter_map(of_line).sum::<i128>();
    let (subtotal, total) =
        (invoice.number("subtotal_amount_atom"), invoice.number("total_amount_atom"));
    let first = above.first().and_then(cell);
    check.expect(on_lines == subtotal && first == Some(subtotal), || {
        format!("{id}: on the page the lines are {on_lines}, the subtotal {first:?}, and it is {subtotal}")
    });
    let inside: i128 = lines(invoice).map(|line| taxes(line, true)).sum();
    let sum: i128 = above.iter().filter_map(cell).sum();
    check.expect(sum - inside == total && strong.first() == Some(&Some(total)), || {
        format!(
            "{id}: on the page {sum} less {inside} makes {:?}, and it is {total}",
            strong.first()
        )
    });
    let due = match invoice.text("state") {
        "paid" | "void" => 0,
        _ => invoice.number("due_amount_atom"),
    };
    check.expect(strong.last() == Some(&Some(due)), || {
        format!("{id}: on the page {:?} is to be paid, of {due}", strong.last())
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

fn electronic(check: &mut Check, (id, invoice): (&str, &Object), account: &Account) {
    if invoice.text("number").is_empty() || invoice.text("state") == "void" {
        return;
    }
    let mut stored = invoice.stored.clone();
    for side in ["seller", "billed_to"] {
        stored.insert(side.to_owned(), party());
    }
    let read = serde_json::from_value::<Invoice>(Value::Object(stored)).ok();
    let written = read.map(|invoice| invoice.ubl(account, None, Profile::Peppol));
    let Some(Ok(document)) = written else { return };
    let currency = text(&invoice.stored, "currency");
    let decimals = currency.parse().map(|one: Currency| one.minor_units()).unwrap_or_default();
    let amounts = |name: &str| -> Vec<i128> {
        let all =
            between(&document, &format!("<cbc:{name} currencyID="), &format!("</cbc:{name}>"));
        all.iter().filter_map(|one| in_units(one.split_once('>')?.1, decimals)).collect()
    };
    let billed = || lines(invoice).filter(|line| line.get("settles") != Some(&Value::Bool(true)));
    let net = |line: &Item| {
        number(line, "amount_atom") - number(line, "discount_amount_atom") - taxes(line, true)
    };
    let tax = |line: &Item| number(line, "tax_amount_atom");
    let (nets, with_tax): (Vec<i128>, i128) =
        (billed().map(net).collect(), billed().map(|line| net(line) + tax(line)).sum());
    let lines = amounts("LineExtensionAmount");
    // The first is their sum.
    let agree = lines.split_first() == Some((&nets.iter().sum(), nets.as_slice()));
    check.expect(agree, || format!("{id}: its electronic invoice has {lines:?}, of {nets:?}"));
    let all: i128 = billed().map(tax).sum();
    let taxed = amounts("TaxAmount");
    let agree = taxed.first() == Some(&all) && taxed.iter().skip(1).sum::<i128>() == all;
    check.expect(agree, || {
        format!("{id}: its electronic invoice has the taxes {taxed:?}, of {all}")
    });
    let payable =
        invoice.number("total_amount_atom") - invoice.number("credit_applied_amount_atom");
    let (inclusive, asked) = (amounts("TaxInclusiveAmount"), amounts("PayableAmount"));
    check.expect(inclusive == [with_tax] && asked == [payable], || {
        format!(
            "{id}: its electronic invoice has {inclusive:?} and asks for {asked:?}, of {with_tax} and \
             {payable} {currency}"
        )
    });
}
