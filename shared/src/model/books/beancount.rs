//! A file of beancount: <https://beancount.github.io/docs/beancount_language_syntax.html>.

use std::fmt::Write as _;

use super::format::{Entry, Head, code, currencies, decimal, ledgers, plain};

pub(super) fn written(head: &Head<'_>, entries: &[Entry<'_>]) -> String {
    let mut text =
        format!("; {}\n\noption \"title\" {}\n", head.title(), quoted(&head.journal.name));
    for currency in currencies(entries) {
        let _ = writeln!(text, "option \"operating_currency\" \"{}\"", code(currency));
    }
    if let Some(first) = entries.iter().map(|one| one.day).min() {
        text.push('\n');
        for ledger in ledgers(entries) {
            let _ = writeln!(text, "{first} open {ledger}");
        }
    }
    for Entry { day, of } in entries {
        let narration = match of.number.as_str() {
            "" => of.what.to_owned(),
            number => format!("{} {number}", of.what),
        };
        let (payee, narration) = (quoted(&of.customer), quoted(&narration));
        let _ = write!(text, "\n{day} * {payee} {narration}\n");
        for (name, value) in [("entry", &of.key), ("customer", &of.customer_id)] {
            let _ = writeln!(text, "  {name}: {}", quoted(value));
        }
        for (ledger, amount) in &of.postings {
            let amount = decimal(*amount, of.currency);
            let _ = writeln!(text, "  {ledger}  {amount} {}", code(of.currency));
        }
    }
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text).replace('\\', "\\\\").replace('"', "\\\""))
}
