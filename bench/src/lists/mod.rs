//! Lists: what a page costs wherever it is and however long the list, and what it costs to keep it so.
//!
//! | file | what |
//! |---|---|
//! | `rows`, `load` | the customers, and how they get into the database |
//! | `ours` | the list operation, through the function that is deployed |
//! | `skip` | the same page and total where nothing is kept for them: reading up to it, on the same engine |
//! | `postgres` | the same in PostgreSQL, on the same machine, with an index in the order asked for |
//! | `creates` | capacity units of a create, by how many lists the object is in |
//! | `writers` | many writers on one list under conflicts, and a reader that counts along |
//!
//! The rows are the same for all three, and every answer is compared with what it must be: the ids of
//! the page and the total. The offsets take turns, so that whatever else the machine does meets all of
//! them. Round trips and read units are the most of any look, latencies the median.
//!
//! Ours is measured at a client, with gateway and function in between; the other two at their
//! database, which is in their favour.

mod creates;

mod load;
mod ours;
mod postgres;
mod rows;
mod skip;
mod writers;

use crate::{
    Setup,
    api::Api,
    engine::Engine,
    report::{Figure, Report, Table, line, number, percentile, rounded},
};
use anyhow::Result;
use postgres::Postgres;
use rows::Rows;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

const PAGE: usize = 20;
const MAX_ROUND_TRIPS: f64 = 5.0;
/// Of these, 20 are the page's objects.
const MAX_READ_UNITS: f64 = 60.0;
/// How much slower than the first page the last one may be, of the longest list.
const MAX_RATIO: f64 = 3.0;
/// Looks at each offset: as many as there is time for, but at least one and not more than these.
const MOST_LOOKS: usize = 100;
const TIME: Duration = Duration::from_secs(8);

/// One page and its total, as a system gave it.
struct Look {
    took: Duration,
    round_trips: usize,
    /// DynamoDB's, where it is DynamoDB.
    read_units: Option<f64>,
}

/// What is compared.
enum System<'a> {
    Ours(&'a Api),
    Skip(&'a Engine),
    Postgres(&'a Postgres),
}

impl System<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Ours(_) => "ours",
            Self::Skip(_) => "skip",
            Self::Postgres(_) => "postgresql",
        }
    }

    async fn look(&self, rows: &Rows, offset: usize) -> Result<Look> {
        match self {
            Self::Ours(api) => ours::look(api, rows, offset, PAGE).await,
            Self::Skip(engine) => skip::look(engine, rows, offset, PAGE).await,
            Self::Postgres(postgres) => postgres.look(rows, offset, PAGE).await,
        }
    }
}

/// Measures reading, and then writing.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    let api = Api::start(setup).await?;
    api.stack.wire().record(false);
    let engine = Engine::of(&api);
    let postgres = Postgres::start().await;
    let mut told = Told::new();
    let mut results = Map::new();
    let pattern = Rows::of(&api, &engine, 0).await?;
    results.insert("batch_writes".to_owned(), load::by_requests(&engine, &pattern).await?);
    for count in &setup.entries {
        let rows = Rows::of(&api, &engine, *count).await?;
        line(&format!("lists: {count} entries are loaded …"));
        let (listed, compacted) = load::listed(&api, &engine, &rows).await?;
        let to_skip = load::to_skip(&api, &rows).await?;
        let took = json!({
            "ours": rounded(listed), "of_it_compaction": rounded(compacted), "skip": rounded(to_skip),
        });
        results.insert(format!("seconds_to_load_{count}"), took);
        let mut systems = vec![System::Ours(&api), System::Skip(&engine)];
        if let Ok(postgres) = &postgres {
            postgres.load(&rows).await?;
            systems.push(System::Postgres(postgres));
        }
        line(&format!(
            "lists: {count} entries, loaded in {listed:.0} + {to_skip:.0} s, are read …\n"
        ));
        for system in systems {
            if let Err(error) = measure(&api, &system, &rows, &mut told).await {
                api.stack.wire().record(false);
                told.failed(&system, &rows, &error);
            }
        }
    }
    let described = match &postgres {
        Ok(postgres) => json!({"version": postgres.version, "bytes": postgres.bytes().await?}),
        Err(error) => {
            let figure = Figure::missing(format!("{error:#}"));
            told.table.cell("postgresql", "all", &figure, None);
            figure.json()
        }
    };
    results.insert("postgresql".to_owned(), described);
    results.insert("missed".to_owned(), told.table.missed());
    api.stack.shutdown().await;
    drop(postgres);

    let (text, failures) = (told.table.render(), told.failures);
    let mut report = Report { text, failures, ..Report::default() };
    let mut writes = Map::new();
    for part in [creates::run(setup).await?, writers::run(setup).await?] {
        report.text.push_str(&format!("\n{}", part.text));
        writes.extend(part.results);
        report.failures.extend(part.failures);
    }
    results.insert("writes".to_owned(), Value::Object(writes));
    report.records = Some(told.records);
    report.results = results;
    Ok(report)
}

/// What is told of the looks.
struct Told {
    table: Table,
    records: Vec<Value>,
    failures: Vec<String>,
}

impl Told {
    fn new() -> Self {
        let title = format!(
            "LISTS: a page of {PAGE} and the exact total. The most round trips and read units of any \
             look; p50 in ms.\nours: through gateway and function; skip: reads up to the page and \
             counts the rest, on the same database;\npostgresql: LIMIT … OFFSET and COUNT(*)."
        );
        let round_trips = format!("r/t ≤{MAX_ROUND_TRIPS}");
        let read_units = format!("read units ≤{MAX_READ_UNITS}");
        let ratio = format!("÷ first ≤{MAX_RATIO}");
        let head =
            ["system", "entries", "offset", &round_trips, &read_units, "p50", &ratio, "looks"];
        Self { table: Table::new(&title, &head), records: Vec::new(), failures: Vec::new() }
    }

    /// That a system did not give what it must; the others are measured all the same.
    fn failed(&mut self, system: &System<'_>, rows: &Rows, error: &anyhow::Error) {
        let name = format!("{}, {}", system.name(), rows.count);
        let figure = Figure::missing(format!("{error:#}"));
        self.table.cell(&name, "all", &figure, None);
        self.records.push(json!({
            "system": system.name(), "entries": rows.count, "not_measured": format!("{error:#}"),
        }));
        self.failures.push(format!("{name}: {error:#}"));
    }
}

/// Looks at the first page, at the middle and near the end, again and again.
async fn measure(api: &Api, system: &System<'_>, rows: &Rows, told: &mut Told) -> Result<()> {
    let last = rows.count.saturating_sub((rows.count / 5).min(100));
    let offsets = [0, rows.count / 2, last];
    let is_ours = matches!(system, System::Ours(_));
    api.stack.wire().record(is_ours);
    system.look(rows, 0).await?; // So that no connection and no cold page is in the first one.
    let mut looks: [Vec<Look>; 3] = Default::default();
    let begin = Instant::now();
    for round in 0..MOST_LOOKS {
        if round > 0 && begin.elapsed() > TIME {
            break;
        }
        for (offset, looks) in offsets.iter().zip(&mut looks) {
            looks.push(system.look(rows, *offset).await?);
        }
    }
    api.stack.wire().record(false);

    let mut first = None;
    for (offset, looks) in offsets.iter().zip(&looks) {
        let name = format!("{}, {} at {offset}", system.name(), rows.count);
        let round_trips = looks.iter().map(|look| look.round_trips).max().unwrap_or_default();
        let units = looks.iter().filter_map(|look| look.read_units).reduce(f64::max);
        let times: Vec<f64> = looks.iter().map(|look| look.took.as_secs_f64() * 1e3).collect();
        let p50 = percentile(&times, 50);
        let ratio = p50.value().map(|p50| p50 / *first.get_or_insert(p50));
        let aim = |most| is_ours.then_some(most);
        let table = &mut told.table;
        let cells = vec![
            system.name().to_owned(),
            rows.count.to_string(),
            offset.to_string(),
            table.cell(
                &name,
                "round trips",
                &Figure::of(number(round_trips)),
                aim(MAX_ROUND_TRIPS),
            ),
            match units {
                Some(units) => {
                    table.cell(&name, "read units", &Figure::of(units), aim(MAX_READ_UNITS))
                }
                None => "-".to_owned(),
            },
            table.cell(&name, "p50", &p50, None),
            match ratio {
                Some(ratio) => table.cell(&name, "÷ first", &Figure::of(ratio), aim(MAX_RATIO)),
                None => "-".to_owned(),
            },
            looks.len().to_string(),
        ];
        table.row(cells);
        told.records.push(json!({
            "system": system.name(),
            "entries": rows.count,
            "offset": offset,
            "round_trips": round_trips,
            "read_units": units.map(rounded),
            "p50_ms": p50.json(),
        }));
    }
    Ok(())
}
