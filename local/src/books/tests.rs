use super::*;
use crate::audit::Ledger;

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
    let wanted = Wanted { account: None, format, from: None, to: None };
    written(&journal(name), &wanted).unwrap()
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
        let wanted =
            Wanted { account: None, format: Format::Csv, from: from.map(day), to: to.map(day) };
        written(&journal("Jane"), &wanted).unwrap().lines().count() - 1
    };
    // Half past midnight in Berlin.
    assert_eq!(count(Some("2026-02-01"), Some("2026-02-01")), 2);
    assert_eq!(count(None, Some("2026-01-31")), 0);
    assert_eq!(count(Some("2026-02-02"), None), 0);
}

#[test]
fn books_that_do_not_agree_are_not_written() {
    let wanted = Wanted { account: None, format: Format::Csv, from: None, to: None };
    let faults = vec!["cus_1: 1 too much".to_owned(), "cus_2".to_owned()];
    let error = written(&Journal { faults, ..journal("Jane") }, &wanted).unwrap_err().to_string();
    assert!(error.contains("cus_1: 1 too much (and 1 more)"), "{error}");
}

#[test]
fn an_account_is_named_where_there_are_several() {
    let of = |id: &str| Journal { account: id.to_owned(), ..Journal::default() };
    let two = [of("acc_prod_1"), of("acc_stg_1")];
    let said = |journals: &[Journal], named: Option<&str>| {
        chosen(journals, named).map(|one| one.account.clone()).map_err(|error| error.to_string())
    };
    assert_eq!(said(&two[..1], None).unwrap(), "acc_prod_1");
    assert_eq!(said(&two, Some("acc_stg_1")).unwrap(), "acc_stg_1");
    let error = said(&two, None).unwrap_err();
    assert_eq!(error, "name one of the 2 accounts with --account: acc_prod_1, acc_stg_1");
    assert!(said(&two, Some("acc_prod_2")).unwrap_err().contains("no account acc_prod_2"));
    assert!(said(&[], None).unwrap_err().contains("no account"));
}
