//! Cold starts: from the exec of a binary to its first answer.
//!
//! `coldstart.py` starts each process afresh against a stub of the Runtime API and a stub of DynamoDB,
//! which has learnt its answers from the database of a stack that runs here: so the first request
//! reads a real token and real data and is answered 200, and the stub answers from memory. A run
//! whose first answer is another is no measurement.
//!
//! Two places, and each with and without the connection that a function opens before its first
//! request (`CONNECT_AT_INIT=0`):
//!
//! | place | what it is like |
//! |---|---|
//! | `full` | a whole core, DynamoDB over plain HTTP on this machine: the least there is |
//! | `256 MB` | 0.14 of a core, which is what Lambda gives a function of 256 MB, and TLS |
//!
//! Not in it: the download of the code and the start of the sandbox, which only AWS can measure, and
//! the network to DynamoDB. Lambda may also give the init phase more CPU than the function's share.

use crate::{
    Setup,
    api::{Api, Ask, Client},
    report::{Figure, Report, Table, line},
    scenario,
};
use anyhow::{Context, Result, bail};
use local::router::Router;
use serde_json::{Map, Value, json};
use std::process::Command;

const OPERATIONS: [&str; 3] = ["customers-get", "customers-create", "customers-list"];
const PLACES: [(&str, &[&str]); 2] =
    [("full", &["--ddb"]), ("256 MB", &["--ddb-tls", "--cpu", "0.14"])];
/// Table heading, key of the results, and name in the output of coldstart.py.
const FIGURES: [(&str, &str, &str); 7] = [
    ("answer", "answer_ms", ""),
    ("init", "init_ms", "init_ms"),
    ("first", "first_ms", "first_ms"),
    ("warm", "warm_p50_ms", "warm_p50_ms"),
    ("init CPU", "init_cpu_ms", "init_cpu_ms"),
    ("first CPU", "first_cpu_ms", "first_cpu_ms"),
    ("peak MB", "peak_memory_mb", "rss_mib"),
];

/// Measures three operations that stand for all: a read, a write, a list.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let api = Api::start(setup).await?;
    api.stack.wire().record(false);
    line(&format!("cold-starts: {} starts per case …\n", setup.starts));
    let title = format!(
        "COLD STARTS: medians of {} starts, in ms; answer = init (exec to the first /next) + first \
         (to the first answer).\nfull: a whole core, plain HTTP; 256 MB: 0.14 of a core, TLS. \
         Connected: the connection is opened in init.",
        setup.starts
    );
    let mut head = vec!["operation", "place", "connected"];
    head.extend(FIGURES.map(|(name, _, _)| name));
    let mut table = Table::new(&title, &head);
    let mut cases = Map::new();
    for bin in OPERATIONS {
        let mut requests = scenario::of(bin)?.on(&api).await?;
        let ask = requests.next().await?;
        for (place, flags) in PLACES {
            for connected in [true, false] {
                let measured = measure(setup, &api, requests.client(), bin, &ask, flags, connected);
                let kept = row(&mut table, [bin, place], connected, measured);
                let how = if connected { "connected" } else { "not connected" };
                cases.insert(format!("{bin}, {place}, {how}"), kept);
            }
        }
    }
    api.stack.shutdown().await;
    let mut report = Report { text: table.render(), ..Report::default() };
    report.results.insert("starts_per_case".to_owned(), json!(setup.starts));
    report.results.insert("cases".to_owned(), Value::Object(cases));
    Ok(report)
}

/// Adds a case to the table; what the results keep of it.
fn row(table: &mut Table, names: [&str; 2], connected: bool, measured: Result<Value>) -> Value {
    let [bin, place] = names;
    let how = if connected { "yes" } else { "no" };
    let mut cells = vec![bin.to_owned(), place.to_owned(), how.to_owned()];
    let measured = match measured {
        Ok(measured) => measured,
        Err(error) => {
            let figure = Figure::missing(format!("{error:#}"));
            cells.push(table.cell(&format!("{bin} at {place}, {how}"), "all", &figure, None));
            table.row(cells);
            return figure.json();
        }
    };
    let read = |name: &str| measured.get(name).and_then(Value::as_f64);
    let mut kept = Map::new();
    for (heading, key, name) in FIGURES {
        let value = match name {
            "" => read("init_ms").zip(read("first_ms")).map(|(init, first)| init + first),
            "rss_mib" => read(name).map(|mebibytes| mebibytes * 1.048_576),
            name => read(name),
        };
        let figure = value.map_or_else(|| Figure::missing("it is not in the output"), Figure::of);
        cells.push(table.cell(&format!("{bin} at {place}, {how}"), heading, &figure, None));
        kept.insert(key.to_owned(), figure.json());
    }
    table.row(cells);
    Value::Object(kept)
}

/// Runs coldstart.py; the line of JSON it prints.
fn measure(
    setup: &Setup,
    api: &Api,
    client: &Client,
    bin: &str,
    ask: &Ask,
    flags: &[&str],
    connected: bool,
) -> Result<Value> {
    let mut command = Command::new("python3");
    command.arg(&setup.coldstart).args(["--json", "--warm", "10", "--expect-status", "200"]);
    command.args(["-n", &setup.starts.to_string()]).args(flags);
    command.args(["--ddb-from", api.stack.dynamodb_url()]);
    command.args(["--env", &format!("TABLE_NAME={}", api.stack.table_name())]);
    command.args(["--env", &format!("CONNECT_AT_INIT={}", u8::from(connected))]);
    command.args(["--header", &format!("authorization: Bearer {}", client.token)]);
    describe(&mut command, api, ask);
    command.arg(setup.binaries()?.join(bin));
    let output = command.output().context("python3 cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let Ok(measured) = serde_json::from_str::<Value>(text.trim()) else {
        let last = |text: &str| text.trim().lines().last().unwrap_or_default().to_owned();
        bail!("coldstart.py said: {} {}", last(&text), last(&complaint));
    };
    match measured.get("status").and_then(Value::as_i64) {
        Some(200) if measured.get("failed") == Some(&json!(0)) => Ok(measured),
        _ => bail!("its first answer was not 200, or a start failed: {measured}"),
    }
}

/// The request, as the arguments from which coldstart.py makes the gateway's event.
fn describe(command: &mut Command, api: &Api, ask: &Ask) {
    let (path, query) = ask.path.split_once('?').unwrap_or((&ask.path, ""));
    command.args(["--method", ask.method.as_str(), "--path", path]);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        command.args(["--query", pair]);
    }
    let found = Router::new(api.stack.template()).find(ask.method.as_str(), path);
    for (name, value) in found.map(|found| found.parameters).unwrap_or_default() {
        command.args(["--path-param", &format!("{name}={value}")]);
    }
    if let Some(body) = &ask.body {
        command.args(["--body", body]);
    }
}
