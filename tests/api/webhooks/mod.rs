//! Webhooks: whoever wants to be told is told, in order, and nobody else.

mod deleted;
mod deliveries;
mod endpoints;
mod failing;
mod order;
mod outage;
mod receiver;
mod replayed;
mod together;
mod weather;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use local::Options;
use serde_json::{Value, json};

use crate::client::{Api, Client};
pub(crate) use receiver::{Message, Reaction, Receiver};

/// A stack whose workers run, that tries again at once, and waits half a second for an answer.
pub(crate) async fn telling() -> Api {
    telling_after("0,0,0,0,0,0,0").await
}

/// The same, with other seconds between attempts.
pub(crate) async fn telling_after(seconds: &str) -> Api {
    telling_by(seconds, Some(Duration::from_secs(1)), "500").await
}

/// The same, whose schedule runs as it does on AWS: it is the stream that tells.
pub(crate) async fn telling_each_minute() -> Api {
    telling_by("0,0,0,0,0,0,0", None, "500").await
}

/// The same, that waits two seconds for an answer, and never tries again.
pub(crate) async fn telling_patiently() -> Api {
    telling_by("3600", None, "2000").await
}

/// One whose schedule runs each second, and that waits so long for an answer that none is late.
pub(crate) async fn telling_unhurriedly() -> Api {
    telling_by("3600", Some(Duration::from_secs(1)), "9000").await
}

async fn telling_by(seconds: &str, schedule_override: Option<Duration>, timeout_ms: &str) -> Api {
    let environment = [
        ("TEST_PROCESSOR_IN_PROD", "1"),
        ("WEBHOOKS_TO_LOOPBACK", "1"),
        ("WEBHOOK_RETRY_SECONDS", seconds),
        ("WEBHOOK_TIMEOUT_MS", timeout_ms),
    ];
    let environment: BTreeMap<String, String> =
        environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let log_sink: local::logs::Sink = Arc::new(|line| println!("{}: {}", line.process, line.text));
    let log_sink = Some(log_sink);
    Api::start_with(Options { environment, schedule_override, log_sink, ..Options::default() })
        .await
}

/// The id of an endpoint that is told of `events`.
pub(crate) async fn endpoint(client: &Client, receiver: &Receiver, events: Value) -> String {
    let body = json!({"url": receiver.url, "events": events});
    client.create_webhook_endpoint(body).await.ok().id()
}
