//! What one request of each operation costs, through the real binaries, with one client that sends
//! one request at a time.
//!
//! | figure | how it is taken |
//! |---|---|
//! | round trips, units | the calls of the function's process, recorded at the wire |
//! | `first` | the first request of a process that was just started: no token is known yet |
//! | `alone` | a request after a second without any: it pays the whole rate-limit lease |
//! | p50, p99 | at the client: gateway, Runtime API, function, wire and database are all in it |
//! | engine | how long the wire waited for the database; the sum over the calls of a request |
//! | ratio | p50 ÷ engine. `not-found` has no call: its p50 is what the local stack itself takes |
//! | CPU | the median over the many requests of what the function's process used for one |
//! | memory | the most its process had (`VmHWM`) |

mod measure;

use crate::{
    Setup,
    api::Api,
    cost::Cost,
    report::{Figure, Report, Table, line, short},
    scenario::{all as scenarios, check},
};
use anyhow::{Context, Result};
pub(crate) use measure::measure;
use measure::{Measured, WARM_UP, alone};
use serde_json::{Map, Value, json};

const MAX_CPU_MS: f64 = 1.0;
const MAX_MEMORY_MB: f64 = 30.0;

/// Measures every operation of the template.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let api = Api::start(setup).await?;
    check(api.stack.template())?;
    let count = usize::try_from(setup.requests.max(1))?;
    line(&format!("requests: {} scenarios, {count} requests each …\n", scenarios().count()));
    let mut all = Vec::new();
    for scenario in scenarios() {
        let measured = measure(&api, scenario, count).await;
        all.push(measured.with_context(|| format!("cannot measure {}", scenario.name()))?);
    }
    alone(&api, &mut all).await?;
    api.stack.shutdown().await;

    let title = format!(
        "REQUESTS: round trips to DynamoDB (r/t) and capacity units per request; times in ms.\n\
         {count} requests per operation after {WARM_UP} to warm up, one client; a sixth of both, \
         where each takes much to\nmake. The lease is a request's share in its token's rate limit; \
         first: of a new process; alone: of a known\ntoken after a second without requests."
    );
    let cpu = format!("CPU ≤{MAX_CPU_MS}");
    let memory = format!("peak MB ≤{MAX_MEMORY_MB}");
    let head = [
        "operation",
        "r/t",
        "aim",
        "units",
        "first r/t",
        "units",
        "alone r/t",
        "units",
        "p50",
        "p99",
        "engine",
        "ratio",
        &cpu,
        &memory,
    ];
    let mut table = Table::new(&title, &head);
    let mut operations = Map::new();
    for measured in &all {
        table_row(&mut table, measured);
        operations.insert(measured.scenario.name(), entry(measured));
    }
    let mut report = Report { text: table.render(), ..Report::default() };
    report.results.insert("operations".to_owned(), Value::Object(operations));
    report.results.insert("missed".to_owned(), table.missed());
    Ok(report)
}

fn table_row(table: &mut Table, measured: &Measured) {
    let name = measured.scenario.name();
    let (steady, aim) = (measured.steady, measured.scenario.aim());
    let (first, alone) = (measured.first.with_lease_and_token(), measured.alone.with_lease());
    let mark = aim.map(|aim| table.mark(&name, "round trips", steady.data.calls, aim));
    let cells = vec![
        name.clone(),
        format!("{}{}", round_trips(&steady), mark.unwrap_or_default()),
        aim.map_or_else(|| "-".to_owned(), short),
        units(&steady),
        short(first.calls),
        short(first.units),
        short(alone.calls),
        short(alone.units),
        table.cell(&name, "p50", &measured.p50, None),
        table.cell(&name, "p99", &measured.p99, None),
        table.cell(&name, "engine", &measured.engine, None),
        ratio(measured).value().map_or_else(|| "-".to_owned(), short),
        table.cell(&name, "CPU ms", &measured.cpu, Some(MAX_CPU_MS)),
        table.cell(&name, "memory MB", &measured.memory, Some(MAX_MEMORY_MB)),
    ];
    table.row(cells);
}

/// `1 (+lease 0.01)`: what a request takes, and its share of what many take together.
fn round_trips(cost: &Cost) -> String {
    let shared = [("lease", cost.lease.calls), ("token", cost.token.calls)];
    let shared = shared.iter().filter(|(_, calls)| *calls > 0.0);
    let shared: Vec<_> = shared.map(|(name, calls)| format!("+{name} {calls:.2}")).collect();
    match shared.is_empty() {
        true => short(cost.data.calls),
        false => format!("{} ({})", short(cost.data.calls), shared.join(", ")),
    }
}

/// `1 (+0.01)`, likewise.
fn units(cost: &Cost) -> String {
    match cost.lease.units + cost.token.units {
        shared if shared > 0.0 => format!("{} (+{shared:.2})", short(cost.data.units)),
        _ => short(cost.data.units),
    }
}

fn ratio(measured: &Measured) -> Figure {
    match (measured.p50.value(), measured.engine.value()) {
        (Some(p50), Some(engine)) if engine > 0.0 => Figure::of(p50 / engine),
        _ => Figure::missing("it does not call the database"),
    }
}

fn entry(measured: &Measured) -> Value {
    json!({
        "requests": measured.count,
        "aim_round_trips": measured.scenario.aim(),
        "steady": measured.steady.json(),
        "first": measured.first.json(),
        "alone": measured.alone.json(),
        "p50_ms": measured.p50.json(),
        "p99_ms": measured.p99.json(),
        "engine_p50_ms": measured.engine.json(),
        "ratio": ratio(measured).json(),
        "cpu_ms": measured.cpu.json(),
        "cpu_mean_ms": measured.mean_cpu.json(),
        "peak_memory_mb": measured.memory.json(),
    })
}
