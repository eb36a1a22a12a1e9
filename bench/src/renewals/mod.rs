//! A burst: subscriptions of one account that fall due at one instant, and the sweeper, which is invoked
//! until all are renewed, finalized and paid.
//!
//! They are made through the API, by eight clients, each with a customer and a card of its own; their
//! first period ended just before now, so that the first sweep finds all of them due. The account
//! finalizes at once, so a renewal numbers its invoice and takes the money, or leaves a draft that is due to
//! a later sweep. At the end the whole table is audited.
//!
//! Numbers come from one sequence per account, so finalization is one transaction after another
//! whatever else is done at once; how long that takes is the database's. A transaction that was
//! cancelled is counted with its reasons: a storm of conflicts would be seen.
//!
//! `make bench` runs a burst that is over in two minutes; a larger one, which takes long to make, has an
//! entry of its own in the results:
//! `cargo run --release --locked -p bench -- renewals --subscriptions 10000`.
//!
//! The local database carries out one write after the other. So beside the renewals stands how many
//! there could be if their transactions were all that is done: as many transactions of the same size
//! as it carries out in a second when nothing else is asked of it.

mod phase;
mod shop;

use crate::{
    Setup,
    api::Api,
    engine::Engine,
    process,
    report::{Figure, Report, Table, line, number, rounded, short},
};
use anyhow::{Result, bail};
use local::{Outcome, audit::audit};
pub(crate) use phase::Phase;
use serde_json::{Map, json};
pub(crate) use shop::subscribe;
use shop::{due, paid};
use std::time::{Duration, Instant};

/// More sweeps than any burst takes: each works for up to a minute.
const MOST_SWEEPS: usize = 100;
const SWEEPER: &str = "workers-sweep";

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

    let (drafting, collecting) = swept(&api).await?;
    let paid = paid(&client).await?;
    if paid != 2 * count {
        bail!("nothing is due and {paid} invoices are paid, not {}", 2 * count);
    }

    let engine = Engine::of(&api);
    // Before the database is asked for anything that no function writes.
    let audited = audit(api.stack.dynamodb_url(), api.stack.table_name(), |_| {}).await?;
    let both = drafting.and(&collecting);
    let each = |sum: usize| sum / both.transactions.max(1);
    let (items, bytes) = (each(both.items), each(both.bytes) / each(both.items).max(1));
    let raw = engine.transactions_per_second(items, bytes).await?;
    api.stack.shutdown().await;

    let phases = [
        ("while any was due", "drafted", &drafting),
        ("after that", "collected", &collecting),
        ("renewed, all in all", "renewed", &both),
    ];
    let mut report = report(count, &phases);
    let bound = raw * number(count) / number(both.transactions.max(1));
    report.text.push_str(&format!(
        "\n  The database alone: {} transactions of {items} items a second, which are those of {} \
         renewals.\n",
        short(raw),
        short(bound),
    ));
    report.results.insert(
        "database_alone".to_owned(),
        json!({
            "items_per_transaction": items,
            "transactions_per_second": rounded(raw),
            "renewals_per_second": rounded(bound),
        }),
    );
    report.results.insert("items_audited".to_owned(), json!(audited.items));
    report.failures.extend(audited.findings());
    Ok(report)
}

/// Sweeps until nothing is due: what it took while subscriptions were due, and after that.
pub(crate) async fn swept(api: &Api) -> Result<(Phase, Phase)> {
    let engine = Engine::of(api);
    let (mut drafting, mut collecting) = (Phase::new(), Phase::new());
    for sweep in 0.. {
        let (subscriptions, all) = due(&engine).await?;
        if all == 0 {
            break;
        }
        if sweep == MOST_SWEEPS {
            bail!(
                "{all} objects are due after {sweep} sweeps, {subscriptions} of them subscriptions"
            );
        }
        api.stack.wire().record(true);
        let (begin, before) = (Instant::now(), used(api));
        match api.stack.invoke(SWEEPER, "{}").await? {
            Outcome::Answer(_) => {}
            other => bail!("a sweep ended with {other:?}"),
        }
        let took = begin.elapsed();
        api.stack.wire().record(false);
        let cpu = used(api).zip(before).and_then(|(after, before)| after.checked_sub(before));
        let phase = if subscriptions > 0 { &mut drafting } else { &mut collecting };
        phase.add(took, cpu, &api.stack.wire().take());
        line(&format!("renewals: a sweep took {took:.0?}; {all} had been due"));
    }
    Ok((drafting, collecting))
}

/// What CPU time the sweeper's process has used: none, before there is one.
fn used(api: &Api) -> Option<Duration> {
    match api.stack.pids(SWEEPER).as_slice() {
        [] => Some(Duration::ZERO),
        [pid] => process::cpu(*pid).ok(),
        _ => None,
    }
}

fn report(count: usize, phases: &[(&str, &str, &Phase)]) -> Report {
    let title = format!(
        "RENEWALS: {count} subscriptions of one account, due at one instant; one sweeper. Per renewal: \
         round trips\nto DynamoDB (r/t), transactions and capacity units, those for the test processor's own \
         record beside them, the sweeper's own CPU in ms. At once: how many\ncalls were at the database at the same time; numbering: how much of the \
         time one was there that gives a number.\nNot a figure of AWS."
    );
    let head = [
        "",
        "seconds",
        "sweeps",
        "per second",
        "r/t",
        "transactions",
        "units",
        "processor's r/t",
        "and units",
        "CPU ms",
        "at once",
        "numbering %",
        "cancelled writes",
    ];
    let mut table = Table::new(&title, &head);
    let mut results = Map::new();
    results.insert("subscriptions".to_owned(), json!(count));
    for (name, key, phase) in phases {
        let each = |sum: f64| short(sum / number(count));
        let cells = vec![
            (*name).to_owned(),
            table.cell(name, "seconds", &Figure::of(phase.took.as_secs_f64()), None),
            phase.sweeps.to_string(),
            table.cell(name, "per second", &phase.per_second(count), None),
            each(phase.calls),
            each(number(phase.transactions)),
            each(phase.units),
            each(phase.processor.0),
            each(phase.processor.1),
            table.cell(name, "CPU ms", &phase.cpu_per(count), None),
            short(phase.at_once()),
            short(phase.numbering()),
            match phase.cancelled.is_empty() {
                true => "none".to_owned(),
                false => format!("{:?}", phase.cancelled),
            },
        ];
        table.row(cells);
        results.insert((*key).to_owned(), phase.json(count));
    }
    let size = Some(count.to_string());
    Report { text: table.render(), results, size, ..Report::default() }
}
