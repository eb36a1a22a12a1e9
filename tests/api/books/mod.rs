//! Books for an accounting program: a year of what customers do, exported, and held against what the API
//! says.

pub(crate) mod bucket;
mod year;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    process::Command,
};

use futures_util::future::join_all;
use local::{books::Format, s3::StandIn};
use serde_json::json;

use self::year::Year;
use crate::client::{Api, root};

/// A line of the CSV.
struct Line {
    date: String,
    entry: String,
    what: String,
    ledger: String,
    currency: String,
    amount: i64,
}

/// The lines of a CSV, each field of which may be quoted.
fn lines(text: &str) -> Vec<Line> {
    let fields = |line: &str| -> Vec<String> {
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        for one in line.chars() {
            match one {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(std::mem::take(&mut field)),
                one => field.push(one),
            }
        }
        fields.push(field);
        fields
    };
    let atoms = |text: &str| text.replace('.', "").parse::<i64>().unwrap_or_default();
    let mut rows = text.split("\r\n").filter(|line| !line.is_empty()).map(fields);
    assert_eq!(rows.next().unwrap().len(), 11);
    rows.map(|row| Line {
        date: row[0].clone(),
        entry: row[2].clone(),
        what: row[3].clone(),
        ledger: row[7].clone(),
        currency: row[8].clone(),
        amount: atoms(&row[9]) - atoms(&row[10]),
    })
    .collect()
}

/// What the lines come to, by account and currency.
fn sums(lines: &[Line]) -> BTreeMap<(String, String), i64> {
    together(lines.iter().map(|one| (one.ledger.clone(), one.currency.clone(), one.amount)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_customers_comes_to_what_the_api_says() {
    let api = Api::start().await;
    let mut happened = BTreeSet::new();
    let years = join_all((0..2).map(|seed| Year::lived(&api, seed))).await;
    for (seed, year) in years.iter().enumerate() {
        let text = year.books(Format::Csv).await;
        let lines = lines(&text);
        let mut by_entry: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for line in &lines {
            *by_entry.entry((&line.entry, &line.currency)).or_default() += line.amount;
        }
        assert!(by_entry.values().all(|sum| *sum == 0), "{by_entry:?}");
        let entries: BTreeSet<&str> = lines.iter().map(|line| &*line.entry).collect();
        assert_eq!(entries.len(), by_entry.len(), "an entry has one currency");
        let (sums, mut said) = (sums(&lines), year.said().await);
        for (of, amount) in &sums {
            let compared = ["Assets:Receivable", "Assets:Processors", "Liabilities:CustomerCredit"]
                .into_iter()
                .chain(["Expenses:BadDebt", "Income:Refunds"])
                .any(|one| one == of.0);
            assert!(!compared || said.remove(of) == Some(*amount), "seed {seed}: {of:?}");
        }
        assert!(said.is_empty(), "seed {seed}: {said:?}");
        assert!(lines.is_sorted_by(|a, b| a.date <= b.date));
        assert_eq!(text, year.books(Format::Csv).await, "the same again");
        // Half a year and the other half are the year.
        let half = year.books_of(Format::Csv, None, Some("2026-06-30")).await;
        let other = year.books_of(Format::Csv, Some("2026-07-01"), None).await;
        let other = other.split_once("\r\n").unwrap().1;
        assert_eq!(format!("{half}{other}"), text);
        assert_eq!(together(journal(&year.books(Format::Hledger).await).into_iter()), sums);
        happened.extend(lines.into_iter().map(|line| line.what));
    }
    let happened: Vec<&str> = happened.iter().map(String::as_str).collect();
    let all = [
        "Credit applied",
        "Credit by an invoice",
        "Credit given",
        "Credit returned",
        "Invoice expected again",
        "Invoice finalized",
        "Invoice paid",
        "Invoice paid elsewhere",
        "Invoice reduced",
        "Invoice voided",
        "Invoice written off",
        "Refund made",
    ];
    assert_eq!(happened, all);
    api.audit().await;
}

/// The amounts of a journal of hledger, each of whose lines has one of the forms that are used of it:
/// <https://hledger.org/hledger.html#journal>.
fn journal(text: &str) -> Vec<(String, String, i64)> {
    let declared = |word: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
        lines.map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
    };
    let (accounts, commodities) = (declared("account"), declared("commodity"));
    let (mut amounts, mut sum) = (Vec::new(), 0);
    for block in text.split("\n\n").skip(2) {
        let mut lines = block.lines();
        let (head, tags) = (lines.next().unwrap(), lines.next().unwrap());
        let (date, description) = head.split_once(" * ").unwrap();
        let midnight = format!("{date}T00:00:00.000Z");
        assert!(midnight.parse::<shared::base::time::Timestamp>().is_ok(), "{head}");
        let (payee, what) = description.split_once(" | ").unwrap();
        assert!(!payee.starts_with(['(', '*', '!']) && !payee.contains(';'), "{head}");
        assert!(!what.contains([';', '|']), "{head}");
        assert!(tags.starts_with("    ; entry:") && tags.contains(", customer:cus_"), "{tags}");
        for line in lines {
            let (account, amount) = line.strip_prefix("    ").unwrap().split_once("  ").unwrap();
            let (amount, currency) = amount.split_once(' ').unwrap();
            assert!(accounts.contains(account) && commodities.contains(currency), "{line}");
            let atoms: i64 = amount.replace('.', "").parse().unwrap();
            sum += atoms;
            amounts.push((account.to_owned(), currency.to_owned(), atoms));
        }
        assert_eq!(sum, 0, "{block}");
    }
    assert!(text.split("\n\n").nth(1).unwrap().starts_with("decimal-mark .\n"));
    amounts
}

/// `beancount` has to be there; `hledger` need not.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it needs beancount: `make books-check`"]
async fn accounting_programs_read_the_books_and_come_to_the_same() {
    let bucket = StandIn::start().await.unwrap();
    let api = Api::start_with(bucket::options(&bucket, "")).await;
    let year = Year::lived(&api, 3).await;
    let folder = tempfile::tempdir().unwrap();
    let days = (Some("2026-01-01"), Some("2026-12-31"));
    let expected = sums(&lines(&year.books_of(Format::Csv, days.0, days.1).await));
    // What the programs read is what the worker wrote.
    let written = async |name: &str, format: Format| {
        let event = json!({"account_id": year.account(), "from": "2026-01-01", "to": "2026-12-31",
            "format": format.as_str()});
        let key = bucket::settled(&api, event).await["key"].as_str().unwrap().to_owned();
        let path = folder.path().join(name);
        std::fs::write(&path, bucket.file(&format!("books/{key}")).unwrap().text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let path = written("books.beancount", Format::Beancount).await;
    printed("bean-check", &[&path]).expect("bean-check is installed by `make books-check`");
    let script = root().join("tools/books.py");
    let read = printed("python3", &[script.to_str().unwrap(), &path]).unwrap();
    assert_eq!(balances(&read), expected, "beancount");
    println!("beancount reads {} balances", read.lines().count());

    let path = written("books.journal", Format::Hledger).await;
    if printed("hledger", &["-f", &path, "check", "--strict"]).is_none() {
        return println!("hledger is not installed here");
    }
    let bare = ["balance", "--flat", "--no-total", "--layout", "bare", "--output-format", "csv"];
    let read = printed("hledger", &[&["-f", &path], bare.as_slice()].concat()).unwrap();
    // Each line is "account","commodity","balance", after one that says so.
    let rows = read.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').map(|field| field.trim_matches('"')).collect();
        format!("{},{},{}\n", fields[0], fields[2], fields[1])
    });
    assert_eq!(balances(&rows.collect::<Vec<_>>().concat()), expected, "hledger");
    println!("hledger reads {} balances", read.lines().count() - 1);
}

/// What a program prints; none, where it is not there.
fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new(program).args(arguments).output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => panic!("{program}: {error}"),
    };
    let [said, complained] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{program}: {said} {complained}");
    Some(said)
}

/// Balances that a program printed as `account,amount,currency`.
fn balances(text: &str) -> BTreeMap<(String, String), i64> {
    let line = |line: &str| {
        let [ledger, amount, currency] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        (ledger.to_owned(), currency.to_owned(), amount.replace('.', "").parse().unwrap())
    };
    together(text.lines().map(line))
}

/// Sums by account and currency, of which all processors are one.
fn together(
    amounts: impl Iterator<Item = (String, String, i64)>,
) -> BTreeMap<(String, String), i64> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (ledger, currency, amount) in amounts {
        let processor = ledger.starts_with("Assets:Processors:");
        let ledger = if processor { "Assets:Processors".to_owned() } else { ledger };
        *sums.entry((ledger, currency)).or_default() += amount;
    }
    sums.retain(|_, amount| *amount != 0);
    sums
}
