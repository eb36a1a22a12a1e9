//! CSV (RFC 4180): a line for each amount.

use super::format::{Entry, code, decimal, plain};

const HEAD: [&str; 11] = [
    "date", "time", "entry", "what", "invoice", "customer", "name", "account", "currency", "debit",
    "credit",
];

pub(super) fn written(entries: &[Entry<'_>]) -> String {
    let mut lines = vec![HEAD.join(",")];
    for Entry { day, of } in entries {
        for (ledger, amount) in &of.postings {
            let size = decimal(amount.abs(), of.currency);
            let (debit, credit) =
                if *amount < 0 { (String::new(), size) } else { (size, String::new()) };
            let fields = [
                day.to_string(),
                of.at.to_string(),
                of.key.clone(),
                of.what.to_owned(),
                of.number.clone(),
                of.customer_id.clone(),
                plain(&of.customer),
                ledger.to_string(),
                code(of.currency),
                debit,
                credit,
            ];
            lines.push(fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(","));
        }
    }
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

/// A field; one that a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula { format!("'{field}") } else { field.to_owned() };
    match field.contains([',', '"', '\r', '\n']) || formula {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    }
}
