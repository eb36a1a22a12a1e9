//! A burst: subscriptions of one account that fall due at one instant, and the sweeper, which is invoked
//! until all are renewed, finalized and paid.
//!
//! They are made through the API, by eight clients, each with a customer and a card of its own; their
//! first period ended just before now, so that the first sweep finds all of them due. The account
//! finalizes at once: the first sweep drafts, because a draft is due after the sweep began, and those
//! after it finalize and collect. At the end the whole table is audited.
//!
//! Numbers come from one sequence per account, so finalization is one transaction after another
//! whatever else is done at once; how long that takes is the database's. A transaction that was
//! cancelled is counted with its reasons: a storm of conflicts would be seen.

use crate::{
    Setup,
    api::{Api, Client},
    report::{Figure, Report, Table, line, number, rounded},
};
use anyhow::{Result, anyhow, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use local::{Outcome, audit::audit, wire::Call};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;
/// More sweeps than any burst takes: each works for up to a minute.
const MOST_SWEEPS: usize = 100;
const SWEEPER: &str = "workers-sweep";
/// How often they are billed.
const PERIOD: &str = "day";

/// What a phase took.
#[derive(Default)]
struct Phase {
    took: Duration,
    sweeps: usize,
    calls: f64,
    units: f64,
    cancelled: BTreeMap<String, usize>,
}

impl Phase {
    fn add(&mut self, took: Duration, calls: &[Call]) {
        self.took += took;
        self.sweeps += 1;
        for call in calls.iter().filter(|call| call.function == SWEEPER) {
            self.calls += 1.0;
            self.units += call.capacity_units();
            for reason in &call.reasons {
                *self.cancelled.entry(reason.clone()).or_default() += 1;
            }
            let throttled = call.error.as_deref().filter(|_| call.reasons.is_empty());
            if let Some(error) = throttled {
                *self.cancelled.entry(error.to_owned()).or_default() += 1;
            }
        }
    }

    fn per_second(&self, count: usize) -> Figure {
        match self.took.is_zero() {
            true => Figure::missing("it took no time"),
            false => Figure::of(number(count) / self.took.as_secs_f64()),
        }
    }

    fn json(&self, count: usize) -> Value {
        json!({
            "seconds": rounded(self.took.as_secs_f64()),
            "sweeps": self.sweeps,
            "per_second": self.per_second(count).json(),
            "round_trips": rounded(self.calls / number(count)),
            "units": rounded(self.units / number(count)),
            "cancelled": self.cancelled,
        })
    }
}

/// Measures the burst.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let count = setup.subscriptions.max(1);
    let api = Api::start(setup).await?;
    api.stack.wire().record(false);
    let client = api.client().await?;
    line(&format!("renewals: {count} subscriptions are made …"));
    let begin = Instant::now();
    subscribe(&client, count).await?;
    line(&format!("renewals: made in {:.0?}; they are swept …\n", begin.elapsed()));

    let (mut drafting, mut collecting) = (Phase::default(), Phase::default());
    api.stack.wire().record(true);
    for sweep in 0.. {
        let (invoices, paid) = progress(&client).await?;
        if paid >= 2 * count {
            break;
        }
        if sweep == MOST_SWEEPS {
            bail!("{paid} invoices of {invoices} are paid after {sweep} sweeps");
        }
        api.stack.wire().take();
        let begin = Instant::now();
        match api.stack.invoke(SWEEPER, "{}").await? {
            Outcome::Answer(_) => {}
            other => bail!("a sweep ended with {other:?}"),
        }
        let phase = if invoices < 2 * count { &mut drafting } else { &mut collecting };
        phase.add(begin.elapsed(), &api.stack.wire().take());
    }
    api.stack.wire().record(false);

    let audited = audit(api.stack.dynamodb_url(), api.stack.table_name(), |_| {}).await?;
    let mut report = report(count, &drafting, &collecting);
    report.results.insert("items_audited".to_owned(), json!(audited.items));
    report.failures.extend(audited.findings());
    api.stack.shutdown().await;
    Ok(report)
}

fn report(count: usize, drafting: &Phase, collecting: &Phase) -> Report {
    let title = format!(
        "RENEWALS: {count} subscriptions of one account, due at one instant; one sweeper. Per renewal \
         and per\ninvoice: round trips to DynamoDB (r/t) and capacity units; not a figure of AWS."
    );
    let head = ["", "seconds", "sweeps", "per second", "r/t", "units", "cancelled writes"];
    let mut table = Table::new(&title, &head);
    let mut results = Map::new();
    results.insert("subscriptions".to_owned(), json!(count));
    for (name, key, phase) in
        [("drafted", "drafted", drafting), ("finalized and paid", "collected", collecting)]
    {
        let each = |sum: f64| Figure::of(sum / number(count));
        let cells = vec![
            name.to_owned(),
            table.cell(name, "seconds", &Figure::of(phase.took.as_secs_f64()), None),
            phase.sweeps.to_string(),
            table.cell(name, "per second", &phase.per_second(count), None),
            table.cell(name, "r/t", &each(phase.calls), None),
            table.cell(name, "units", &each(phase.units), None),
            match phase.cancelled.is_empty() {
                true => "none".to_owned(),
                false => format!("{:?}", phase.cancelled),
            },
        ];
        table.row(cells);
        results.insert(key.to_owned(), phase.json(count));
    }
    Report { text: table.render(), results, size: Some(count.to_string()), ..Report::default() }
}

/// Makes the subscriptions: each bills its first period, which is over, and is due.
async fn subscribe(client: &Client, count: usize) -> Result<()> {
    let ask = |path: &'static str, body: Value| client.ask(Method::POST, path, body);
    let processor = ask("/api/processors", json!({"name": "Cards", "type": "test"})).await?;
    let settings = json!({"default_processor_id": id(&processor)?, "finalization_delay_hours": 0});
    let account = client.ask(Method::PATCH, "/api/account", settings).await?;
    let product = ask("/api/products", json!({"name": "Team plan"})).await?;
    let price = json!({
        "product_id": id(&product)?, "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": PERIOD,
    });
    let price = id(&ask("/api/prices", price).await?)?;
    let begun = begun_before(account.get("updated_at"))?;
    let one = |number: usize| {
        let (price, begun) = (price.clone(), begun.clone());
        async move {
            let email = format!("{number}@example.com");
            let customer = id(&ask("/api/customers", json!({"email": email})).await?)?;
            let path = format!("/api/customers/{customer}/payment-methods");
            client.ask(Method::POST, &path, json!({"token": "test_success"})).await?;
            let body = json!({
                "customer_id": customer, "items": [{"price_id": price}], "period_start": begun,
            });
            ask("/api/subscriptions", body).await.map(drop)
        }
    };
    stream::iter(0..count).map(one).buffer_unordered(CLIENTS).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// The instant that the day before an account's time began at: one period of a day has ended by then,
/// and the second will not end during the run.
fn begun_before(now: Option<&Value>) -> Result<String> {
    let now: jiff::Timestamp =
        now.and_then(Value::as_str).ok_or_else(|| anyhow!("an account without a time"))?.parse()?;
    let begun = now.checked_sub(jiff::SignedDuration::from_hours(25))?;
    Ok(begun.to_string())
}

fn id(answer: &Value) -> Result<String> {
    let id = answer.get("id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| anyhow!("there is no id in {answer}"))
}

/// How many invoices there are, and how many of them are paid.
async fn progress(client: &Client) -> Result<(usize, usize)> {
    let total = |query: &'static str| async move {
        let path = format!("/api/invoices?limit=1{query}");
        let page = client.ask(Method::GET, &path, Value::Null).await?;
        let total = page.get("total").and_then(Value::as_u64).unwrap_or_default();
        anyhow::Ok(usize::try_from(total)?)
    };
    Ok((total("").await?, total("&state=paid").await?))
}
