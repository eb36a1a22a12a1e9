//! What forty processes admit of one token, beside its limit.
//!
//! | file | what |
//! |---|---|
//! | `clients` | who sends the requests, as fast as they are answered or somewhat below the limit |
//! | `processes` | who served them, from what the functions log |
//! | `admitted` | what was admitted, beside what may be: in all, and in any stretch of time |
//!
//! Each limit is held against more clients than there are processes, who send several times as much as
//! it allows: what is admitted must be what the limit, and the burst at the beginning, allow, within one
//! percent; and no stretch of time may see more than a second's worth and what the rate adds to it.
//! Then against clients who stay a twentieth below: nothing of theirs should be refused.

mod admitted;
mod clients;
mod processes;

use crate::{
    Setup,
    api::{Api, Ask},
    report::{Report, Table, line, number, rounded, short},
};
use admitted::Admitted;
use anyhow::Result;
use clients::{Pace, Sent};
use local::Options;
use processes::Processes;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::time::Duration;

const PROCESSES: usize = 40;
/// Always one more than each process has in hand, and one more in line.
const CLIENTS: usize = 2 * PROCESSES;
const WARM_UP: Duration = Duration::from_secs(3);
const MOST_INACCURATE: f64 = 0.01;
/// Of what the limit allows, when all clients send as fast as they are answered.
const LEAST_OFFERED: f64 = 2.0;
/// Of the limit, when they stay below it.
const BELOW: f64 = 0.95;

/// Holds each limit against too many requests, and against as many as it allows.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let seen = Processes::default();
    let options = Options {
        max_processes: PROCESSES,
        workers: false,
        record_wire: false,
        log_sink: Some(seen.sink()),
        ..Options::default()
    };
    let api = Api::start_with(setup, options).await?;
    let ask = Ask::new(Method::GET, "/api/account", &Value::Null);
    clients::send(&api.client().await?, &ask, CLIENTS, &Pace::AsAnswered, WARM_UP).await?;
    let time = Duration::from_secs(2 * setup.seconds.max(1));
    line(&format!("rate-limit: {CLIENTS} clients of {PROCESSES} processes, {time:?} each …\n"));
    let (mut report, mut limits) = (Report::default(), Map::new());
    let mut over = over_table(time);
    let mut below = below_table();
    for limit in &setup.limits {
        let mut entry = Map::new();
        for (name, pace, table) in [
            ("over", Pace::AsAnswered, &mut over),
            ("below", Pace::PerSecond(f64::from(*limit) * BELOW), &mut below),
        ] {
            seen.forget();
            let client = api.client_limited("prod", *limit).await?;
            let sent = clients::send(&client, &ask, CLIENTS, &pace, time).await?;
            let (result, wrong) = judge(*limit, &pace, &sent, &seen, table);
            entry.insert(name.to_owned(), result);
            report.failures.extend(wrong.into_iter().map(|why| format!("{limit}, {name}: {why}")));
        }
        limits.insert(limit.to_string(), Value::Object(entry));
    }
    api.stack.shutdown().await;
    report.text = format!("{}\n{}", over.render(), below.render());
    report.results.insert("clients".to_owned(), json!(CLIENTS));
    report.results.insert("seconds".to_owned(), json!(time.as_secs()));
    report.results.insert("limits".to_owned(), Value::Object(limits));
    Ok(report)
}

fn over_table(time: Duration) -> Table {
    let title = format!(
        "RATE LIMIT, over: {CLIENTS} clients send as fast as they are answered, {time:?}. Admitted is \
         beside what\nthe limit and the burst allow; the fullest stretch, of a second or longer, beside \
         a second's worth and the rate."
    );
    let head = [
        "limit/s",
        "processes",
        "offered",
        "admitted",
        "of allowed",
        "steadily/s",
        "fullest",
        "429",
    ];
    Table::new(&title, &head)
}

fn below_table() -> Table {
    let title = format!("RATE LIMIT, below: they send {BELOW} of the limit, at random instants.");
    Table::new(&title, &["limit/s", "processes", "offered", "admitted", "429", "refused %"])
}

/// The figures of one limit, and what is wrong with them.
fn judge(
    limit: u32,
    pace: &Pace,
    sent: &[Sent],
    seen: &Processes,
    table: &mut Table,
) -> (Value, Vec<String>) {
    let admitted = Admitted::of(sent, limit);
    let refused = sent.iter().filter(|one| one.status == 429).count();
    let (served, unchecked) = (seen.admitting(), seen.unchecked());
    let (accuracy, offered) = (admitted.accuracy(), admitted.offered());
    let refused_share = number(refused) / number(sent.len());
    let mut wrong = Vec::new();
    let mut must = |holds: bool, why: String| {
        if !holds {
            wrong.push(why);
        }
    };
    let others = sent.len() - refused - admitted.count();
    must(others == 0, format!("{others} answers are neither 200 nor 429"));
    let untold = sent.iter().filter(|one| one.status == 429 && !one.retry_after).count();
    must(untold == 0, format!("{untold} refusals do not say when to come back"));
    must(unchecked == 0, format!("{unchecked} requests were admitted unchecked"));
    let excess = admitted.excess();
    must(excess <= 0, format!("{excess} more than allowed in some stretch of time"));
    let name = limit.to_string();
    let mut result = Map::new();
    let mut keep = |key: &str, value: Value| result.insert(key.to_owned(), value);
    keep("processes", json!(served));
    keep("offered_of_limit", rounded(offered));
    keep("admitted", json!(admitted.count()));
    keep("refused", json!(refused));
    keep("fullest_of_allowed", rounded(admitted.fullest()));
    if matches!(pace, Pace::AsAnswered) {
        let percent = format!("{:.2} %", 100.0 * accuracy);
        must((accuracy - 1.0).abs() <= MOST_INACCURATE, format!("{percent} of allowed admitted"));
        must(offered >= LEAST_OFFERED, format!("only {} times the limit offered", short(offered)));
        must(served == PROCESSES, format!("{served} processes served, not {PROCESSES}"));
        keep("admitted_of_allowed", rounded(accuracy));
        keep("steadily_per_second", rounded(admitted.steadily()));
        table.row(vec![
            name,
            served.to_string(),
            format!("× {}", short(offered)),
            admitted.count().to_string(),
            percent,
            short(admitted.steadily()),
            format!("{:.1} %", 100.0 * admitted.fullest()),
            refused.to_string(),
        ]);
    } else {
        must(
            refused_share <= MOST_INACCURATE,
            format!("{:.2} % refused below the limit", 100.0 * refused_share),
        );
        table.row(vec![
            name,
            served.to_string(),
            format!("× {}", short(offered)),
            admitted.count().to_string(),
            refused.to_string(),
            format!("{:.2}", 100.0 * refused_share),
        ]);
    }
    (Value::Object(result), wrong)
}
