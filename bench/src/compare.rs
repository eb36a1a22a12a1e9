//! Today's build beside the build of a commit: both run alternately, on the same machine, under the same local
//! stack and database, and the medians are compared. What the neighbours do meanwhile, they do to both.
//!
//! | ratio | what is measured |
//! |---|---|
//! | `renewals_per_second` | subscriptions of one account that fall due at one instant, until all are paid |
//! | `finalized_per_second` | drafts of one staging account that become final at one instant of its clock |
//! | `list_cpu`, `create_cpu`, `get_cpu` | the function's own CPU for a page of 20 customers, to make one, to read one |
//! | `create_units` | capacity units of making a customer |
//!
//! More is better: of what is done in a second the new figure over the old one, of what is spent the old one over
//! the new one. `make compare` builds the old one, below `target/baseline`.

use crate::{
    Setup,
    api::{Api, Client},
    renewals::{subscribe, swept},
    report::{Figure, Report, Table, line, number, rounded, short},
    requests::measure,
    root, scenario,
};
use anyhow::{Context, Result, anyhow, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use local::Options;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::time::Instant;

/// What is compared, and whether more of it is better.
const FIGURES: [(&str, bool); 8] = [
    ("renewals_per_second", true),
    ("finalized_per_second", true),
    ("list_cpu", false),
    ("create_cpu", false),
    ("get_cpu", false),
    ("create_units", false),
    ("renewal_round_trips", false),
    ("renewal_units", false),
];

/// When a month's drafts of an account are made whose clock stood at the first, and when they are final.
const CLOCK: [&str; 3] = ["2030-01-31T00:00:00Z", "2030-02-28T00:00:00Z", "2030-02-28T01:00:00Z"];

/// How many clients make what is measured.
const CLIENTS: usize = 8;

/// One of the two builds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Build {
    Old,
    New,
}

/// The figures of one run, in the order of [`FIGURES`].
type Figures = [f64; FIGURES.len()];

/// Compares.
pub(crate) async fn run(setup: &Setup) -> Result<Report> {
    if !setup.binaries()?.ends_with("release") {
        bail!("only release builds are compared: run `make compare`");
    }
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for turn in 0..setup.alternations.max(1) {
        // Who is first in turn: what is left in the caches is the other one's as often.
        let order = if turn % 2 == 0 { [Build::Old, Build::New] } else { [Build::New, Build::Old] };
        for build in order {
            let figures = figures(setup, build).await?;
            let (name, all) = match build {
                Build::Old => ("old", &mut old),
                Build::New => ("new", &mut new),
            };
            let told: Vec<String> = figures.iter().copied().map(short).collect();
            line(&format!("compare: run {turn}, {name}: {}", told.join(", ")));
            all.push(figures);
        }
    }
    Ok(report(setup, &medians(&old), &medians(&new)))
}

async fn figures(setup: &Setup, build: Build) -> Result<Figures> {
    let api = Api::of(options(setup, build)?).await?;
    let count = usize::try_from(setup.requests.max(1))?;
    let mut cpu = Vec::new();
    let mut units = 0.0;
    for bin in ["customers-list", "customers-create", "customers-get"] {
        let measured =
            measure(&api, scenario::of(bin)?, count).await.with_context(|| bin.to_owned())?;
        let spent = measured.cpu.value().ok_or_else(|| anyhow!("{bin} has no CPU time"))?;
        cpu.push(spent);
        if bin == "customers-create" {
            units = measured.steady.data.units;
        }
    }
    let subscriptions = setup.compared.max(1);
    let finalized = finalized_per_second(&api, subscriptions).await?;
    api.stack.wire().record(false);
    let client = api.client().await?;
    subscribe(&client, subscriptions).await?;
    let (one, other) = swept(&api).await?;
    let renewed = one.and(&other);
    let each = |sum: f64| sum / number(subscriptions);
    let per_second = renewed.per_second(subscriptions);
    let per_second = per_second.value().ok_or_else(|| anyhow!("nothing was renewed"))?;
    api.stack.shutdown().await;
    let [list, create, get] = cpu.as_slice() else { bail!("three operations were measured") };
    Ok([
        per_second,
        finalized,
        *list,
        *create,
        *get,
        units,
        each(renewed.calls),
        each(renewed.units),
    ])
}

/// Both are run by today's template: an operation has had the same name and route since.
fn options(setup: &Setup, build: Build) -> Result<Options> {
    let binaries = match build {
        Build::New => setup.binaries()?,
        Build::Old => setup.baseline_folder.join("target/release"),
    };
    let template = root().join("template.yaml");
    Ok(Options { template, binaries, all_binaries: false, workers: false, ..Options::default() })
}

/// How many drafts a second get their number that become final at one instant.
async fn finalized_per_second(api: &Api, count: usize) -> Result<f64> {
    api.stack.wire().record(false);
    let client = api.client_in("stg").await?;
    let ask = |path: &'static str, body: Value| client.ask(Method::POST, path, body);
    let id = |answer: &Value| {
        let id = answer.get("id").and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| anyhow!("there is no id in {answer}"))
    };
    let [opened, drafted, finalized] = CLOCK;
    ask("/api/test-clock", json!({"now": opened})).await?;
    let product = id(&ask("/api/products", json!({"name": "Team plan"})).await?)?;
    let price = json!({
        "product_id": product, "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": "month",
    });
    let price = id(&ask("/api/prices", price).await?)?;
    let one = |number: usize| {
        let price = price.clone();
        async move {
            let email = format!("{number}@example.com");
            let customer = id(&ask("/api/customers", json!({"email": email})).await?)?;
            let body = json!({
                "customer_id": customer, "items": [{"price_id": price}],
                "collection_method": "send_invoice", "net_d": 180,
            });
            ask("/api/subscriptions", body).await.map(drop)
        }
    };
    stream::iter(0..count).map(one).buffer_unordered(CLIENTS).try_collect::<Vec<()>>().await?;
    advance(&client, drafted).await?;
    let begin = Instant::now();
    advance(&client, finalized).await?;
    let took = begin.elapsed();
    let open = client.ask(Method::GET, "/api/invoices?limit=1&state=open", Value::Null).await?;
    let total = open.get("total").and_then(Value::as_u64).unwrap_or_default();
    if usize::try_from(total)? != 2 * count {
        bail!("{total} invoices are open, not {}", 2 * count);
    }
    Ok(number(count) / took.as_secs_f64())
}

/// Moves an account's clock, however many requests it takes.
async fn advance(client: &Client, to: &str) -> Result<()> {
    loop {
        let body = json!({"to": to});
        let clock = client.ask(Method::POST, "/api/test-clock/advance", body).await?;
        match clock.get("status").and_then(Value::as_str) {
            Some("ready") => return Ok(()),
            Some("advancing") => {}
            _ => bail!("the clock stands: {clock}"),
        }
    }
}

fn medians(all: &[Figures]) -> Figures {
    std::array::from_fn(|place| {
        let mut one: Vec<f64> =
            all.iter().filter_map(|figures| figures.get(place).copied()).collect();
        one.sort_by(f64::total_cmp);
        one.get(one.len() / 2).copied().unwrap_or_default()
    })
}

fn report(setup: &Setup, old: &Figures, new: &Figures) -> Report {
    let title = format!(
        "COMPARED with {}: medians of {} runs of each build in turn; {} renewals. CPU in ms.",
        setup.baseline, setup.alternations, setup.compared
    );
    let mut table = Table::new(&title, &["", "old", "new", "ratio"]);
    let (mut medians, mut ratios) = ([Map::new(), Map::new()], Map::new());
    for (((name, more), old), new) in FIGURES.iter().zip(old).zip(new) {
        let ratio = if *more { new / old } else { old / new };
        let shown = table.cell(name, "ratio", &Figure::of(ratio), None);
        table.row(vec![(*name).to_owned(), short(*old), short(*new), shown]);
        let [of_old, of_new] = &mut medians;
        of_old.insert((*name).to_owned(), rounded(*old));
        of_new.insert((*name).to_owned(), rounded(*new));
        ratios.insert((*name).to_owned(), rounded(ratio));
    }
    let mut report = Report { text: table.render(), ..Report::default() };
    let [of_old, of_new] = medians;
    let entries = [
        ("baseline", json!(setup.baseline)),
        ("runs", json!(setup.alternations)),
        ("subscriptions", json!(setup.compared)),
        ("requests", json!(setup.requests)),
        ("medians", json!({"old": of_old, "new": of_new})),
        ("ratios", Value::Object(ratios)),
    ];
    report.results.extend(entries.map(|(name, value)| (name.to_owned(), value)));
    report
}
