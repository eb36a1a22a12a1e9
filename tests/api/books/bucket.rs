//! Books that the worker writes to a bucket: the same as those that are exported, and all or nothing.

use std::time::{Duration, Instant};

use local::{Options, Outcome, books::Format, s3::StandIn};
use serde_json::{Value, json};

use super::year::Year;
use crate::client::{Account, Api};

/// How a stack is started that writes books to `bucket`.
pub(crate) fn options(bucket: &StandIn, accounts: &str) -> Options {
    let mut options = Options { workers: false, ..Options::default() };
    let environment = [
        ("BOOKS_BUCKET", "books"),
        ("BOOKS_ACCOUNTS", accounts),
        ("AWS_ENDPOINT_URL_S3", bucket.url()),
        ("EVENTS_SETTLE_MS", "6000"),
    ];
    options.environment.extend(environment.map(|(name, text)| (name.into(), text.into())));
    options
}

/// What the worker answers to an event: what it has written, or why it has not.
async fn asked(api: &Api, event: Value) -> Result<Vec<Value>, String> {
    match api.stack.invoke("workers-books", event.to_string()).await.unwrap() {
        Outcome::Answer(answer) => {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            Ok(answer["written"].as_array().unwrap().clone())
        }
        Outcome::Error(error) => Err(String::from_utf8_lossy(&error).into_owned()),
        other => panic!("{other:?}"),
    }
}

/// The same, once all is settled that the account's clock has passed.
pub(super) async fn settled(api: &Api, event: Value) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        match asked(api, event.clone()).await {
            Ok(written) => return written[0].clone(),
            Err(why) => assert!(why.contains("is not over yet") && Instant::now() < end, "{why}"),
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_what_is_exported_and_again_the_same() {
    let bucket = StandIn::start().await.unwrap();
    let api = Api::start_with(options(&bucket, "")).await;
    let year = Year::lived(&api, 1).await;
    let event = |from: &str, to: &str, format: Format| json!({"account_id": year.account(), "from": from, "to": to, "format": format.as_str()});
    for format in [Format::Csv, Format::Beancount, Format::Hledger] {
        for (from, to) in [("2026-01-01", "2026-12-31"), ("2026-03-05", "2026-03-05")] {
            let expected = year.books_of(format, Some(from), Some(to)).await;
            let written = settled(&api, event(from, to, format)).await;
            let key = format!("{}/{from}_{to}.{}", year.account(), format.extension());
            assert_eq!(written["key"], key);
            assert_eq!(written["bytes"], expected.len());
            let file = bucket.file(&format!("books/{key}")).unwrap();
            assert!(file.text == expected, "{key}:\n{}\n{expected}", file.text);
            assert_eq!(file.media_type, format.media_type());
        }
    }
    let whole = event("2026-01-01", "2026-12-31", Format::Csv);
    let first = bucket.puts()[0].clone();
    assert!(first.text.lines().count() > 100, "{}", first.text);
    let again = settled(&api, whole.clone()).await;
    assert_eq!(bucket.puts().last(), Some(&first));
    assert!(again["entries"].as_u64().unwrap() > 50, "{again}");

    // What does not arrive is sent again; what is refused for good is not, and nothing is there.
    bucket.refuse([(503, "SlowDown"), (500, "InternalError")]);
    settled(&api, whole.clone()).await;
    assert_eq!((bucket.refused(), bucket.puts().len()), (2, 8));
    bucket.refuse([(403, "AccessDenied")]);
    let why = asked(&api, whole).await.unwrap_err();
    assert!(why.contains("was not put: 403 AccessDenied"), "{why}");
    assert_eq!((bucket.refused(), bucket.puts().len()), (3, 8));
    api.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_writes_the_month_before_of_the_accounts_that_are_named() {
    let (bucket, data) = (StandIn::start().await.unwrap(), tempfile::tempdir().unwrap());
    let on_disk =
        |accounts: &str| Options { data: Some(data.path().into()), ..options(&bucket, accounts) };
    let api = Api::start_with(on_disk("")).await;
    let [own, other]: [Account; 2] = [api.account("prod").await, api.account("prod").await];
    let nobody = "acc_prod_0000000000000001";
    drop(api);
    let api = Api::start_with(on_disk(&format!("{},{nobody},{}", own.id, other.id))).await;
    // As its schedule says it: one of them is nobody, and the others' are written nevertheless.
    let why = asked(&api, json!({})).await.unwrap_err();
    assert!(
        why.contains(&format!("the books of {nobody} were not written: there is no such")),
        "{why}"
    );
    let puts = bucket.puts();
    assert_eq!(puts.len(), 2);
    for (put, account) in puts.iter().zip([own, other]) {
        let month = put.path.strip_prefix(&format!("books/{}/", account.id)).unwrap();
        let (from, to) = month.strip_suffix(".csv").unwrap().split_once('_').unwrap();
        assert!(from.ends_with("-01") && from[..7] == to[..7] && to[8..] >= *"28", "{month}");
        // Nothing has happened before there was an account, and the file says so.
        assert!(put.text.starts_with("date,time,entry,") && put.text.lines().count() == 1);
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_with_its_reason() {
    let bucket = StandIn::start().await.unwrap();
    let api = Api::start_with(options(&bucket, "")).await;
    let account = api.account("prod").await.id;
    let of = |more: Value| {
        let mut event = json!({"account_id": account});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let today = "2999-12-31";
    let refusals = [
        (of(json!({"from": "2026-02-01", "to": "2026-01-31"})), "is after"),
        (of(json!({"from": "2026-02-01"})), "give from and to"),
        (of(json!({"to": "2026-02-01"})), "give from and to"),
        (of(json!({"from": "2026-02-30", "to": "2026-03-01"})), "must be a day"),
        (of(json!({"from": "2026-01-01", "to": today})), "is not over yet"),
        (of(json!({"format": "xlsx"})), "csv, beancount, hledger"),
        (of(json!({"until": "2026-01-01"})), "until"),
        (json!({"account_id": "acc_prod_0000000000000001"}), "there is no such account"),
        (json!({"account_id": "cus_prod_0000000000000001"}), "account_id"),
    ];
    for (event, part) in refusals {
        let why = asked(&api, event.clone()).await.unwrap_err();
        assert!(why.contains(part), "{event}: {why}");
    }
    assert_eq!(bucket.puts(), []);
    // Nobody is named, so there is nothing to do.
    assert_eq!(asked(&api, json!({})).await.unwrap().len(), 0);

    let api = Api::start_with(Options { workers: false, ..Options::default() }).await;
    let why = asked(&api, json!({})).await.unwrap_err();
    assert!(why.contains("give it BooksAccounts or BooksBucket"), "{why}");
}

/// Whatever is being done at the instant up to which events are settled, what they say agrees.
#[tokio::test(flavor = "multi_thread")]
async fn books_that_are_read_while_others_write_agree() {
    let bucket = StandIn::start().await.unwrap();
    let api = Api::start_with(options(&bucket, "")).await;
    let client = api.client().await;
    let processor = json!({"name": "Test", "type": "test"});
    let processor = client.post("/api/processors", processor).await.ok().id();
    client.update_account(json!({"default_processor_id": processor})).await.ok();
    let product = client.create_product(json!({"name": "Plan"})).await.ok().id();
    let price = json!({"product_id": product, "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": "month"});
    let price = client.create_price(price).await.ok().id();
    let begun = Instant::now();
    let sells = async {
        while begun.elapsed() < Duration::from_secs(14) {
            let customer =
                client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
            let card = json!({"token": "test_success"});
            client.add_payment_method(&customer, card).await.ok();
            let sold = json!({"customer_id": customer, "items": [{"price_id": price}]});
            let sold = client.create_subscription(sold).await.ok().id();
            let end = json!({"refund_option": "prorated"});
            client.cancel_subscription(&sold, end).await.ok();
        }
    };
    let reads = async {
        let mut count = 0;
        while begun.elapsed() < Duration::from_secs(22) {
            asked(&api, json!({"account_id": client.account})).await.unwrap();
            count += 1;
        }
        count
    };
    let ((), count) = futures_util::future::join(sells, reads).await;
    assert!(count > 5, "{count}");
    api.audit().await;
}
