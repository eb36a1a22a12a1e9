use jiff::{civil::Date, tz::TimeZone};
use serde_json::json;

use super::{format::decimal, *};
use crate::{base::time::zone_named, model::entity::Item};

fn berlin() -> TimeZone {
    zone_named("Europe/Berlin").unwrap()
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// Books with one entry of a customer who is called `name`.
fn journal(name: &str) -> Journal {
    let postings = vec![(Ledger::Receivable, 1250), (Ledger::Sales, -1250)];
    Journal {
        account: "acc_prod_0000000000000001".to_owned(),
        name: "Acme \"Ltd\"".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        transactions: vec![Transaction::example("2026-01-31T23:30:00.000Z", name, postings)],
        ..Journal::default()
    }
}

fn text(name: &str, format: Format) -> String {
    journal(name).written(format, &berlin(), (None, None)).unwrap()
}

#[test]
fn an_amount_has_all_its_decimals() {
    let table = [
        ("usd", 1250, "12.50"),
        ("usd", -5, "-0.05"),
        ("usd", 0, "0.00"),
        ("jpy", 500, "500"),
        ("jpy", -1, "-1"),
        ("kwd", 1, "0.001"),
        ("kwd", -1000, "-1.000"),
    ];
    for (code, amount, shown) in table {
        assert_eq!(decimal(amount, currency(code)), shown);
    }
    let largest = i128::from(i64::MIN);
    assert_eq!(decimal(largest, currency("usd")), "-92233720368547758.08");
}

#[test]
fn the_three_formats() {
    let csv = "date,time,entry,what,invoice,customer,name,account,currency,debit,credit\r\n\
               2026-02-01,2026-01-31T23:30:00.000Z,in_1.2.finalized,Invoice finalized,INV-0001,cus_1,\
               Jane,Assets:Receivable,USD,12.50,\r\n\
               2026-02-01,2026-01-31T23:30:00.000Z,in_1.2.finalized,Invoice finalized,INV-0001,cus_1,\
               Jane,Income:Sales,USD,,12.50\r\n";
    assert_eq!(text("Jane", Format::Csv), csv);
    let title = "(acc_prod_0000000000000001): everything; days are those of Europe/Berlin";
    let beancount = format!(
        "; Acme \"Ltd\" {title}\n\noption \"title\" \"Acme \\\"Ltd\\\"\"\n\
         option \"operating_currency\" \"USD\"\n\n\
         2026-02-01 open Assets:Receivable\n2026-02-01 open Income:Sales\n\n\
         2026-02-01 * \"Jane\" \"Invoice finalized INV-0001\"\n  entry: \"in_1.2.finalized\"\n  \
         customer: \"cus_1\"\n  Assets:Receivable  12.50 USD\n  Income:Sales  -12.50 USD\n"
    );
    assert_eq!(text("Jane", Format::Beancount), beancount);
    let hledger = format!(
        "; Acme \"Ltd\" {title}\n\ndecimal-mark .\ncommodity 1000.00 USD\n\
         account Assets:Receivable\naccount Income:Sales\n\n\
         2026-02-01 * Jane | Invoice finalized INV-0001\n    \
         ; entry:in_1.2.finalized, customer:cus_1\n    \
         Assets:Receivable  12.50 USD\n    Income:Sales  -12.50 USD\n"
    );
    assert_eq!(text("Jane", Format::Hledger), hledger);
}

#[test]
fn a_name_is_never_read_as_anything_else() {
    let name = "=(a) \"b\\\" ; c | d\ne,\u{2028}f";
    let csv = text(name, Format::Csv);
    assert!(csv.contains(r#","'=(a) ""b\"" ; c | d e, f","#), "{csv}");
    let beancount = text(name, Format::Beancount);
    assert!(beancount.contains(r#" * "=(a) \"b\\\" ; c | d e, f" "#), "{beancount}");
    let hledger = text(name, Format::Hledger);
    assert!(hledger.contains(r#" * '=(a) "b\" , c / d e, f | Invoice"#), "{hledger}");
}

#[test]
fn days_are_those_of_the_account_and_both_ends_are_included() {
    let count = |from: Option<&str>, to: Option<&str>| {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let days = (from.map(day), to.map(day));
        journal("Jane").written(Format::Csv, &berlin(), days).unwrap().lines().count() - 1
    };
    // Half past midnight in Berlin.
    assert_eq!(count(Some("2026-02-01"), Some("2026-02-01")), 2);
    assert_eq!(count(None, Some("2026-01-31")), 0);
    assert_eq!(count(Some("2026-02-02"), None), 0);
}

#[test]
fn books_that_do_not_agree_are_not_written() {
    let faults = vec!["cus_1: 1 too much".to_owned(), "cus_2".to_owned()];
    let journal = Journal { faults, ..journal("Jane") };
    let error = journal.written(Format::Csv, &berlin(), (None, None)).unwrap_err();
    assert!(error.contains("cus_1: 1 too much (and 1 more)"), "{error}");
}

#[test]
fn a_ledger_is_named_as_beancount_asks() {
    let processor = Ledger::Processor("proc_prod_0mkz6k3cp1r2o3c4".to_owned());
    assert_eq!(processor.to_string(), "Assets:Processors:Proc-prod-0mkz6k3cp1r2o3c4");
    assert_eq!(Ledger::Receivable.to_string(), "Assets:Receivable");
}

/// A version of an object.
fn item(value: serde_json::Value) -> Item {
    value.as_object().unwrap().clone()
}

/// An invoice of 12.50 that is finalized in January and paid in February.
fn facts() -> Facts {
    let invoice = |state: &str, paid: i64| {
        item(json!({
            "number": "INV-0001", "state": state, "customer_id": "cus_1", "currency": "usd",
            "total_amount_atom": 1250, "paid_amount_atom": paid, "due_amount_atom": 1250 - paid,
        }))
    };
    let at = |text: &str| Some(text.parse().unwrap());
    let mut facts = Facts::of("acc_prod_0000000000000001", "Acme", "Europe/Berlin");
    // In whatever order, and more than once.
    facts.version("in_1", (3, at("2026-02-10T09:00:00.000Z")), &invoice("paid", 1250));
    facts.version("in_1", (2, at("2026-01-10T09:00:00.000Z")), &invoice("open", 0));
    facts.version("in_1", (1, at("2026-01-09T09:00:00.000Z")), &invoice("draft", 0));
    facts.version("in_1", (3, at("2026-02-10T09:00:00.000Z")), &invoice("paid", 1250));
    facts
}

#[test]
fn what_is_kept_of_a_period_is_what_all_books_have_of_it() {
    let facts = facts();
    let all = Journal::of(&facts, None);
    assert_eq!((all.transactions.len(), all.faults.len()), (2, 0));
    let period = Period { from: "2026-02-01".parse().unwrap(), to: "2026-02-28".parse().unwrap() };
    let kept = Journal::of(&facts, period.instants(&berlin()));
    assert_eq!((kept.transactions.len(), kept.faults.len()), (1, 0));
    let days = (Some(period.from), Some(period.to));
    for format in Format::ALL {
        let written = |journal: &Journal| journal.written(*format, &berlin(), days).unwrap();
        assert_eq!(written(&kept), written(&all));
    }
    assert!(kept.transactions[0].key.ends_with(".3.paid"));
}

#[test]
fn what_comes_to_something_else_is_a_fault_also_beyond_the_period() {
    let mut facts = facts();
    // Somebody took 10.00 that no invoice knows of.
    let taken = json!({"invoice_id": "in_1", "processor_id": "proc_1", "state": "succeeded",
        "captured_amount_atom": 1000});
    facts.version("pi_1", (1, Some("2026-02-10T09:00:00.000Z".parse().unwrap())), &item(taken));
    // And there is credit that no note gave.
    let owed = json!({"credit_balances": [{"currency": "usd", "amount_atom": 5}]});
    facts.version("cus_1", (1, None), &item(owed));
    let period = Period { from: "2025-01-01".parse().unwrap(), to: "2025-01-31".parse().unwrap() };
    let journal = Journal::of(&facts, period.instants(&berlin()));
    assert_eq!(
        journal.faults,
        [
            "in_1: no version of it says that pi_1 paid",
            "cus_1: Liabilities:CustomerCredit comes to 0 usd, and should be -5",
        ]
    );
    assert!(journal.written(Format::Csv, &berlin(), (None, None)).is_err());
}
