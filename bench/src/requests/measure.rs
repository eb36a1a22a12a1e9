//! One operation, measured: its first request, then many, and much later one alone.

use crate::{
    api::Api,
    cost::Cost,
    process,
    report::{Figure, number, percentile},
    scenario::{Requests, Scenario},
};
use anyhow::{Context, Result, anyhow};
use local::wire::Call;
use std::time::{Duration, Instant};

/// Requests before the many: they fill the token cache and let the lease grow to the rate.
pub(super) const WARM_UP: usize = 30;

/// The figures of one operation.
pub(crate) struct Measured {
    pub(super) scenario: &'static Scenario,
    /// How many the many were.
    pub(super) count: usize,
    /// The first request of a fresh process.
    pub(super) first: Cost,
    /// One of the many.
    pub(crate) steady: Cost,
    /// A request after more than a second without any.
    pub(super) alone: Cost,
    /// From the client's request to the whole answer, in ms.
    pub(super) p50: Figure,
    pub(super) p99: Figure,
    /// The part of it in which the database was at work: the sum over a request's calls, in ms.
    pub(super) engine: Figure,
    /// The function's own CPU time per request, in ms: the median, which a busy machine moves less,
    /// and the mean.
    pub(crate) cpu: Figure,
    pub(super) mean_cpu: Figure,
    /// The most memory its process had, in MB.
    pub(super) memory: Figure,
    requests: Requests,
}

/// Measures `scenario` with `count` requests on an account of its own, and in a process of its own.
pub(crate) async fn measure(
    api: &Api,
    scenario: &'static Scenario,
    count: usize,
) -> Result<Measured> {
    let (count, warm_up) = (scenario.share(count), scenario.share(WARM_UP));
    let mut requests = scenario.on(api).await?;
    api.stack.kill(scenario.bin).await;
    let first = Cost::of(&send(api, scenario, &mut requests, 1).await?.calls);
    send(api, scenario, &mut requests, warm_up).await?;
    let pid = only_process(api, scenario.bin)?;
    let (many, cpu) = watched(api, scenario, &mut requests, count, pid).await?;
    let (cpu, mean_cpu) = match cpu {
        Ok(spent) => {
            (percentile(&spent, 50), Figure::of(spent.iter().sum::<f64>() / number(count)))
        }
        Err(error) => (Figure::missing(&error), Figure::missing(&error)),
    };
    Ok(Measured {
        scenario,
        count,
        first,
        steady: Cost::of(&many.calls).per_request(count),
        alone: Cost::default(),
        p50: percentile(&many.latencies, 50),
        p99: percentile(&many.latencies, 99),
        engine: percentile(&many.engine, 50),
        cpu,
        mean_cpu,
        memory: process::peak_memory(pid).into(),
        requests,
    })
}

/// Sends each operation one request that comes alone: more than a second after its last, so that no
/// lease is left, and with a token that is known. All wait for the same second.
pub(super) async fn alone(api: &Api, all: &mut [Measured]) -> Result<()> {
    for measured in all.iter_mut() {
        send(api, measured.scenario, &mut measured.requests, 1).await?;
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for measured in all.iter_mut() {
        let sent = send(api, measured.scenario, &mut measured.requests, 1).await?;
        measured.alone = Cost::of(&sent.calls);
    }
    Ok(())
}

/// What is known of some requests.
#[derive(Default)]
struct Many {
    calls: Vec<Call>,
    latencies: Vec<f64>,
    engine: Vec<f64>,
}

impl Many {
    fn add(&mut self, one: Self) {
        self.calls.extend(one.calls);
        self.latencies.extend(one.latencies);
        self.engine.extend(one.engine);
    }
}

/// Sends requests, and reads before the first, between two and after the last what CPU time the
/// process has used: what each request used, in ms. What a function does after it has answered counts
/// for the request, unless the next one comes sooner.
async fn watched(
    api: &Api,
    scenario: &Scenario,
    requests: &mut Requests,
    count: usize,
    pid: u32,
) -> Result<(Many, Result<Vec<f64>>)> {
    let (mut many, mut used) = (Many::default(), vec![process::cpu(pid)]);
    for _ in 0..count {
        many.add(send(api, scenario, requests, 1).await?);
        used.push(process::cpu(pid));
    }
    let used: Result<Vec<Duration>> = used.into_iter().collect();
    let spent = used.and_then(|used| {
        let pairs = used.iter().zip(used.iter().skip(1));
        let spent = pairs.map(|(before, after)| after.checked_sub(*before).map(millis));
        spent.collect::<Option<Vec<_>>>().context("the process's CPU time went down")
    });
    Ok((many, spent))
}

/// Sends requests one after the other, and knows each one's calls because no other is on its way.
async fn send(
    api: &Api,
    scenario: &Scenario,
    requests: &mut Requests,
    count: usize,
) -> Result<Many> {
    let mut many = Many::default();
    for _ in 0..count {
        let ask = requests.next().await?;
        api.stack.wire().take();
        let begin = Instant::now();
        let answer = requests.client().send(&ask).await?;
        many.latencies.push(millis(begin.elapsed()));
        let mut own = api.stack.wire().take();
        requests.undo(&answer).await?;
        own.retain(|call| call.function == scenario.bin);
        many.engine.push(own.iter().fold(0.0, |sum, call| sum + millis(call.engine_time)));
        many.calls.extend(own);
    }
    Ok(many)
}

/// A single client never has more than one process.
fn only_process(api: &Api, bin: &str) -> Result<u32> {
    match api.stack.pids(bin).as_slice() {
        [pid] => Ok(*pid),
        pids => Err(anyhow!("{bin} has {} processes, not one", pids.len())),
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
