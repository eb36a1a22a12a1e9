//! The account whose subscriptions fall due, made through the API.

use crate::{api::Client, engine::Engine};
use anyhow::{Result, anyhow};
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    base::time::Clock,
    store::key::{DUE_SHARDS, Key},
};

const CLIENTS: usize = 8;
/// How often a question is asked that is answered too late.
const TRIES: usize = 10;
/// How often they are billed.
const PERIOD: &str = "day";

/// Makes the subscriptions: each bills its first period, which is over, and is due.
pub(crate) async fn subscribe(client: &Client, count: usize) -> Result<()> {
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

/// How many invoices are paid. Asked again when the answer takes too long: the list is as long as the
/// burst was large, and this is no measurement.
pub(super) async fn paid(client: &Client) -> Result<usize> {
    let mut last = anyhow!("it was not asked");
    for _ in 0..TRIES {
        match client.ask(Method::GET, "/api/invoices?limit=1&state=paid", Value::Null).await {
            Ok(page) => {
                let total = page.get("total").and_then(Value::as_u64).unwrap_or_default();
                return Ok(usize::try_from(total)?);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What is due now, by the index that the sweeper reads: subscriptions, and everything.
pub(super) async fn due(engine: &Engine) -> Result<(usize, usize)> {
    let now = format!("{}#~", Clock.now());
    let mut due = (0, 0);
    for shard in 0..DUE_SHARDS {
        let partition = Key::due_partition(shard);
        for key in engine.sort_keys_up_to(&partition, &now).await? {
            due = (due.0 + usize::from(key.contains("#sub_")), due.1 + 1);
        }
    }
    Ok(due)
}
