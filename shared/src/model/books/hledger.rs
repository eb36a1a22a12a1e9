//! A journal of hledger: <https://hledger.org/hledger.html#journal>.

use std::fmt::Write as _;

use super::format::{Entry, Head, code, currencies, decimal, ledgers, plain};

pub(super) fn written(head: &Head<'_>, entries: &[Entry<'_>]) -> String {
    // Without it 1.000 could be a thousand.
    let mut text = format!("; {}\n\ndecimal-mark .\n", plain(&head.title()));
    for currency in currencies(entries) {
        let sample = decimal(1000 * 10_i128.pow(currency.minor_units()), currency);
        let mark = if currency.minor_units() == 0 { "." } else { "" };
        let _ = writeln!(text, "commodity {sample}{mark} {}", code(currency));
    }
    for ledger in ledgers(entries) {
        let _ = writeln!(text, "account {ledger}");
    }
    for Entry { day, of } in entries {
        let what = match of.number.as_str() {
            "" => of.what.to_owned(),
            number => format!("{} {number}", of.what),
        };
        let _ = write!(text, "\n{day} * {} | {}\n", worded(&of.customer), worded(&what));
        let _ = writeln!(text, "    ; entry:{}, customer:{}", of.key, of.customer_id);
        for (ledger, amount) in &of.postings {
            let amount = decimal(*amount, of.currency);
            let _ = writeln!(text, "    {ledger}  {amount} {}", code(of.currency));
        }
    }
    text
}

/// Words of a description: without what begins a comment or ends the payee, and not beginning with what
/// would be a code or a mark.
fn worded(text: &str) -> String {
    let text = plain(&text.replace(';', ",").replace('|', "/"));
    match text.starts_with(['(', '*', '!', '=']) {
        true => format!("'{text}"),
        false => text,
    }
}
