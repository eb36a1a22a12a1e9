//! Charges by a processor that takes 50 ms to answer: how many a second, by how many ask at once, and
//! what one costs beside a charge of the test processor.
//!
//! Invoices are made and finalized first; what is measured is `POST /api/invoices/{id}/pay`. Each client
//! has a process to itself. The stand-in answers each request 50 ms late and refuses none, and nobody
//! waits for a turn: how many Stripe takes is Stripe's to say (`STRIPE_RATE`).

use crate::{
    Setup,
    api::{Api, Client},
    report::{Figure, Report, Table, line, number, rounded, short},
};
use anyhow::{Result, anyhow};
use futures_util::{StreamExt, TryStreamExt, stream};
use local::{Options, stripe::Trouble};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How many ask at once.
const WORKERS: [usize; 3] = [1, 8, 32];
/// How late the stand-in answers.
const ANSWER: Duration = Duration::from_millis(50);
/// How many charges each asks for in a second, at most.
const EACH: u64 = 8;
const MOST_EACH: u64 = 40;
const PAY: &str = "invoices-pay";

/// What some charges took.
struct Measured {
    charges: usize,
    took: Duration,
    /// Round trips to the database, and capacity units.
    calls: usize,
    units: f64,
    /// Requests to the processor.
    asked: usize,
}

/// Measures the charges.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let each = usize::try_from((setup.seconds.max(1) * EACH).min(MOST_EACH))?;
    line(&format!("charges: {each} by each of {WORKERS:?} clients …\n"));
    let title = "CHARGES: a processor that answers after 50 ms; a process for each client. Per charge: \
                 round trips to DynamoDB,\ncapacity units and requests to the processor, warm. Not a \
                 figure of AWS.";
    let head = ["processor", "at once", "charges/s", "round trips", "units", "asked"];
    let mut table = Table::new(title, &head);
    let mut report = Report::default();
    let all = WORKERS.map(|workers| ("stripe", workers)).into_iter().chain([("test", 1)]);
    for (kind, workers) in all {
        let name = format!("{kind} {workers}");
        let measured = measure(setup, kind, (workers, each)).await?;
        let per = |sum: f64| sum / number(measured.charges);
        let rate = Figure::of(number(measured.charges) / measured.took.as_secs_f64());
        let cells = vec![
            kind.to_owned(),
            workers.to_string(),
            table.cell(&name, "charges/s", &rate, None),
            short(per(number(measured.calls))),
            short(per(measured.units)),
            short(per(number(measured.asked))),
        ];
        table.row(cells);
        let mut entry = Map::new();
        entry.insert("charges_per_second".to_owned(), rate.json());
        entry.insert("round_trips".to_owned(), rounded(per(number(measured.calls))));
        entry.insert("capacity_units".to_owned(), rounded(per(measured.units)));
        entry.insert("asked".to_owned(), rounded(per(number(measured.asked))));
        report.results.insert(name, Value::Object(entry));
    }
    report.text = table.render();
    Ok(report)
}

async fn measure(setup: &Setup, kind: &str, (workers, each): (usize, usize)) -> Result<Measured> {
    let options = Options { workers: false, max_processes: workers, ..Options::default() };
    let api = Api::start_with(setup, options).await?;
    api.stack.wire().record(false);
    let client = api.client().await?;
    // The first pays for the connections.
    let mut invoices = invoices(&client, kind, workers * (each + 1)).await?;
    let measured = invoices.split_off(workers);
    pay(&client, invoices, workers).await?;

    let stand_in = api.stack.stripe();
    stand_in.set_trouble(Some(Arc::new(|_| Some(Trouble::Slow(ANSWER)))));
    let before = stand_in.requests().len();
    api.stack.wire().record(true);
    let (begin, charges) = (Instant::now(), measured.len());
    pay(&client, measured, workers).await?;
    let took = begin.elapsed();
    let calls = api.stack.wire().take();
    let of_pay: Vec<_> = calls.iter().filter(|call| call.function == PAY).collect();
    let measured = Measured {
        charges,
        took,
        calls: of_pay.len(),
        units: of_pay.iter().map(|call| call.capacity_units()).sum(),
        asked: stand_in.requests().len() - before,
    };
    api.stack.shutdown().await;
    Ok(measured)
}

/// Pays all, so many at once.
async fn pay(client: &Client, invoices: Vec<String>, at_once: usize) -> Result<()> {
    let one = |invoice: String| async move {
        let path = format!("/api/invoices/{invoice}/pay");
        client.ask(Method::POST, &path, json!({})).await.map(drop)
    };
    stream::iter(invoices).map(one).buffer_unordered(at_once).try_collect().await
}

/// Invoices that can be paid, of one customer with a card.
async fn invoices(client: &Client, kind: &str, count: usize) -> Result<Vec<String>> {
    let ask =
        |path: String, body: Value| async move { client.ask(Method::POST, &path, body).await };
    let (body, token) = match kind {
        "test" => (json!({"name": "Cards", "type": "test"}), "test_success"),
        _ => {
            let key = "sk_live_bench";
            (json!({"name": "Cards", "type": "stripe", "secret_key": key}), "pm_card_visa")
        }
    };
    let processor = id(&ask("/api/processors".to_owned(), body).await?)?;
    let customer = json!({"email": "jane@example.com"});
    let customer = id(&ask("/api/customers".to_owned(), customer).await?)?;
    let card = json!({"token": token, "processor_id": processor});
    ask(format!("/api/customers/{customer}/payment-methods"), card).await?;
    let one = |_| {
        let body = json!({
            "customer_id": customer, "currency": "usd", "collection_method": "send_invoice",
            "items": [{"name": "Work", "amount_atom": 1000}],
        });
        async {
            let invoice = id(&ask("/api/invoices".to_owned(), body).await?)?;
            ask(format!("/api/invoices/{invoice}/finalize"), json!({})).await?;
            anyhow::Ok(invoice)
        }
    };
    stream::iter(0..count).map(one).buffer_unordered(8).try_collect().await
}

fn id(answer: &Value) -> Result<String> {
    let id = answer.get("id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| anyhow!("there is no id in {answer}"))
}
