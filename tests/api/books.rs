//! Books for an accounting program: a year of what customers do, exported, and held against what the API
//! says.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    process::Command,
};

use fastrand::Rng;
use futures_util::future::join_all;
use local::books::{Format, Wanted, export};
use serde_json::{Value, json};

use crate::{
    client::{Api, Client, root},
    renewals::Shop,
};

const BEGIN: &str = "2026-01-01T08:00:00.000Z";
/// The ends of the months that a year is told in, on the way to the next year.
const MONTHS: [&str; 12] = [
    "2026-02-01T12:00:00.000Z",
    "2026-03-01T12:00:00.000Z",
    "2026-04-01T12:00:00.000Z",
    "2026-05-01T12:00:00.000Z",
    "2026-06-01T12:00:00.000Z",
    "2026-07-01T12:00:00.000Z",
    "2026-08-01T12:00:00.000Z",
    "2026-09-01T12:00:00.000Z",
    "2026-10-01T12:00:00.000Z",
    "2026-11-01T12:00:00.000Z",
    "2026-12-01T12:00:00.000Z",
    "2027-01-01T12:00:00.000Z",
];
const CARDS: [&str; 6] = [
    "test_success",
    "test_success",
    "test_decline_soft",
    "test_fail_once_then_succeed",
    "test_timeout_after_charge",
    "test_refund_pending_fails",
];
const CURRENCIES: [&str; 3] = ["usd", "jpy", "kwd"];

/// An account in its year.
struct Year<'a> {
    shop: Shop,
    client: Client,
    rng: Rng,
    /// A price per month in each currency.
    prices: Vec<String>,
    customers: Vec<String>,
    api: &'a Api,
    account: String,
}

impl<'a> Year<'a> {
    /// The account, after a year of what `seed` says.
    async fn lived(api: &'a Api, seed: u64) -> Self {
        let account = api.account("stg").await;
        let client = api.client_of(&account);
        client.update_account(json!({"timezone": "Pacific/Auckland"})).await.ok();
        let shop = Shop::of(client.clone(), BEGIN).await;
        let mut prices = Vec::new();
        for currency in CURRENCIES {
            let product = client.create_product(json!({"name": "Plan"})).await.ok().id();
            let price = json!({
                "product_id": product, "currency": currency, "unit_amount_atom": 1990,
                "billing_interval": "month",
            });
            prices.push(client.create_price(price).await.ok().id());
        }
        let (rng, customers) = (Rng::with_seed(seed), Vec::new());
        let mut year =
            Self { shop, client, rng, prices, customers, api, account: account.id.clone() };
        for month in MONTHS {
            year.month().await;
            year.shop.advance(month).await;
        }
        year.void_what_credit_paid_in_part().await;
        year
    }

    async fn void_what_credit_paid_in_part(&self) {
        let customer = self.shop.customer("test_success").await;
        let note = json!({"currency": "usd", "amount_atom": 300});
        self.client.post(&format!("/api/customers/{customer}/credit-notes"), note).await.ok();
        let bill = self.shop.draft(&customer, "send_invoice").await;
        self.client.finalize_invoice(&bill).await.ok();
        self.client.post(&format!("/api/invoices/{bill}/void"), json!({})).await.ok();
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.rng.usize(..of.len())].clone())
    }

    /// What happens in a month. What an object's state refuses did not happen.
    async fn month(&mut self) {
        let name = self.one(&["=Jane \"J\" Doe; (x) | y", "(Bob)", "Zoë\\"]);
        let body = json!({"email": "a@example.com", "name": name});
        let customer = self.client.create_customer(body).await.ok().id();
        let card = self.one(&CARDS).unwrap();
        self.shop.add_card(&customer, card).await;
        let price = self.one(&self.prices.clone());
        let method = self.one(&["charge_automatically", "send_invoice"]);
        let begun = json!({
            "customer_id": customer, "collection_method": method,
            "items": [{"price_id": price, "quantity": 3}],
        });
        self.client.create_subscription(begun).await;
        self.customers.push(customer);
        for _ in 0..12 {
            self.act().await;
        }
    }

    async fn act(&mut self) {
        let customer = self.one(&self.customers.clone()).unwrap();
        let amount = self.rng.i64(1..3000);
        let currency = self.one(&CURRENCIES).unwrap();
        let client = self.client.clone();
        let list = async |path: &str| -> Vec<Value> {
            client.get(&format!("{path}limit=100")).await.ok().items().to_vec()
        };
        let invoices = list(&format!("/api/invoices?customer_id={customer}&")).await;
        let subscriptions = list(&format!("/api/subscriptions?customer_id={customer}&")).await;
        let act = self.rng.u32(0..12);
        let invoice = self.one(&invoices).map(|one| one["id"].as_str().unwrap().to_owned());
        let at = |act: &str| format!("/api/invoices/{}/{act}", invoice.clone().unwrap_or_default());
        match (act, self.one(&subscriptions)) {
            (0, _) => {
                let bill = json!({
                    "customer_id": customer, "currency": currency,
                    "collection_method": "send_invoice",
                    "items": [{"name": "Work", "amount_atom": amount}],
                });
                let bill = client.create_invoice(bill).await.ok().id();
                client.finalize_invoice(&bill).await.ok();
            }
            (1 | 2, _) => {
                let part = json!({"paid_out_of_band": true, "amount_atom": amount});
                let all = json!({"paid_out_of_band": true});
                let body = if self.rng.bool() { part } else { all };
                client.post(&at("pay"), body).await;
            }
            (3, _) => drop(client.post(&at("void"), json!({})).await),
            (4, _) => drop(client.post(&at("mark-uncollectible"), json!({})).await),
            (5, _) => drop(client.post(&at("pay"), json!({})).await),
            (6, _) => {
                let note = json!({"currency": currency, "amount_atom": amount});
                client.post(&format!("/api/customers/{customer}/credit-notes"), note).await.ok();
            }
            (7, _) => {
                let note = json!({
                    "currency": currency, "amount_atom": amount.min(300), "invoice_id": invoice,
                });
                client.post(&format!("/api/customers/{customer}/credit-notes"), note).await;
            }
            (8, _) => {
                let payments = format!("/api/payments/intents?customer_id={customer}&");
                let payment = self.one(&list(&payments).await).map(|one| one["id"].clone());
                let refund = json!({"payment_intent_id": payment, "amount_atom": amount});
                client.create_refund(refund).await;
            }
            (9 | 10, Some(subscription)) => {
                let behavior = self.one(&["always_invoice", "create_prorations"]);
                let change = json!({"proration_behavior": behavior, "items": [{
                    "action": "update", "quantity": self.rng.u32(1..9),
                    "subscription_item_id": subscription["items"][0]["id"],
                }]});
                client.change_items(subscription["id"].as_str().unwrap(), change).await;
            }
            (_, Some(subscription)) => {
                let option = self.one(&["prorated", "none", "full", "cancel_unpaid"]);
                let end = json!({"refund_option": option});
                client.cancel_subscription(subscription["id"].as_str().unwrap(), end).await;
            }
            (_, None) => {}
        }
    }

    /// The account's books.
    async fn books(&self, format: Format) -> String {
        self.books_of(format, None, None).await
    }

    async fn books_of(&self, format: Format, from: Option<&str>, to: Option<&str>) -> String {
        let (url, table) = (self.api.stack.dynamodb_url(), self.api.stack.table_name());
        let day = |text: &str| text.parse().unwrap();
        let (from, to) = (from.map(day), to.map(day));
        let wanted = Wanted { account: Some(self.account.clone()), format, from, to };
        export(url, table, &wanted, |_| {}).await.unwrap()
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = format!("{path}limit=100&offset={}", all.len());
            let page = self.client.get(&page).await.ok();
            all.extend(page.items().iter().cloned());
            if page.body["has_more"] == false {
                return all;
            }
        }
    }

    /// What the API says the books should come to, by account and currency.
    async fn said(&self) -> BTreeMap<(String, String), i64> {
        let mut said: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut add = |ledger: &str, currency: &Value, amount: i64| {
            let currency = currency.as_str().unwrap().to_uppercase();
            *said.entry((ledger.to_owned(), currency)).or_default() += amount;
        };
        for invoice in self.all("/api/invoices?").await {
            let ledger = match invoice["state"].as_str().unwrap() {
                "draft" | "void" => continue,
                "uncollectible" => "Expenses:BadDebt",
                _ => "Assets:Receivable",
            };
            add(ledger, &invoice["currency"], invoice["due_amount_atom"].as_i64().unwrap());
        }
        for customer in self.all("/api/customers?").await {
            for balance in customer["credit_balances"].as_array().unwrap() {
                let owed = balance["amount_atom"].as_i64().unwrap();
                add("Liabilities:CustomerCredit", &balance["currency"], -owed);
            }
        }
        for payment in self.all("/api/payments/intents?").await {
            let taken = payment["captured_amount_atom"].as_i64().unwrap();
            add("Assets:Processors", &payment["currency"], taken);
        }
        for refund in self.all("/api/payments/refunds?state=succeeded&").await {
            let given = refund["amount_atom"].as_i64().unwrap();
            add("Assets:Processors", &refund["currency"], -given);
            add("Income:Refunds", &refund["currency"], given);
        }
        said.retain(|_, amount| *amount != 0);
        said
    }
}

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
    let api = Api::start().await;
    let year = Year::lived(&api, 3).await;
    let folder = tempfile::tempdir().unwrap();
    let expected = sums(&lines(&year.books(Format::Csv).await));
    let written = async |name: &str, format: Format| {
        let path = folder.path().join(name);
        std::fs::write(&path, year.books(format).await).unwrap();
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
