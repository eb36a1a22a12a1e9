//! Random customer journeys with injected faults: a customer subscribes, is renewed, does not pay, pays
//! and is refunded; tokens are rolled; many write at once; a checkout is raced. A seed says which faults
//! the functions' calls to the database meet (`weather`); the clients lose patience and connections and
//! send again (`insist`); and in the end:
//!
//! - the books say what they say when nothing goes wrong,
//! - everything that a client was told was so (`truth`),
//! - the auditor finds nothing in the whole table.
//!
//! `make soak` goes on for as long as it is asked to, and repeats a seed.

mod insist;
mod stories;
mod truth;
mod weather;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use local::Options;
use serde_json::Value;

pub(crate) use self::{insist::Insistent, weather::Weather};
use self::{
    stories::{LIVES, Scene},
    weather::Struck,
};
use crate::client::Api;

/// How many seeds each run of the tests takes.
const SEEDS: u64 = 320;
/// How many accounts live at once.
const AT_ONCE: usize = 6;
/// How many seeds share a table. What is in it makes the audit and the sweeper slower.
const ROUND: u64 = 320;

#[tokio::test(flavor = "multi_thread")]
async fn journeys_with_faults_end_as_those_without() {
    round(&fair_books(0..SEEDS).await, 0..SEEDS).await;
}

/// Goes on for `SECONDS`, from `SEED` on; with `SEEDS`, for so many.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it goes on for as long as it is asked to: `make soak`"]
async fn soak() {
    let asked = Asked::read();
    println!("each journey is first run without faults");
    let all = asked.seeds.map_or(0..LIVES * STORIES, |seeds| asked.seed..asked.seed + seeds);
    let fair = fair_books(all).await;
    asked
        .rounds("journeys", async |seeds| {
            let struck = round(&fair, seeds).await;
            println!("      {} faults: {struck:?}", struck.values().sum::<u64>());
        })
        .await;
}

/// What a person asks of a soak.
pub(crate) struct Asked {
    time: Duration,
    pub(crate) seed: u64,
    seeds: Option<u64>,
    pub(crate) objects: Option<usize>,
}

impl Asked {
    pub(crate) fn read() -> Self {
        let asked = |name: &str| asked_for(name).and_then(|text| text.parse::<u64>().ok());
        Self {
            time: Duration::from_secs(asked("SECONDS").unwrap_or(600)),
            seed: asked("SEED").unwrap_or_else(|| fastrand::u64(0..1 << 32)),
            seeds: asked("SEEDS"),
            objects: asked("OBJECTS").and_then(|count| count.try_into().ok()),
        }
    }

    /// Runs rounds of seeds for as long, or as many.
    pub(crate) async fn rounds(&self, what: &str, round: impl AsyncFn(Range<u64>)) {
        let (begin, seed, mut next) = (Instant::now(), self.seed, self.seed);
        println!("soak of {what}: SEED={seed}");
        while self.seeds.map_or(begin.elapsed() < self.time, |seeds| next < seed + seeds) {
            let count = self.seeds.map_or(ROUND, |seeds| ROUND.min(seed + seeds - next));
            round(next..next + count).await;
            next += count;
            let rate = (next - seed) * 60 / begin.elapsed().as_secs().max(1);
            println!("soak of {what}: {} seeds, {rate} a minute", next - seed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "what a person asks of a test comes in no other way")]
fn asked_for(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// How many stories there are.
const STORIES: u64 = 4;

/// Which life a seed tells, where it tells one.
fn life_of(seed: u64) -> u64 {
    seed / STORIES % LIVES
}

/// What the books of each life say in the end.
type Books = Arc<BTreeMap<u64, Value>>;

/// A stack on which many are served at once.
pub(crate) async fn stack() -> Api {
    Api::start_with(Options { workers: false, max_processes: 8, ..Options::default() }).await
}

/// The books of each life that one of `seeds` tells, when nothing goes wrong.
async fn fair_books(seeds: Range<u64>) -> Books {
    let api = &stack().await;
    let told: BTreeSet<u64> = seeds.filter(|seed| seed % STORIES == 0).map(life_of).collect();
    let lives = stream::iter(told).map(|life| async move {
        (life, Scene::open(api, life).await.life_of_a_subscriber(life).await)
    });
    Arc::new(lives.buffer_unordered(AT_ONCE).collect().await)
}

/// Lives through `seeds` on one table and audits it; what struck.
async fn round(fair: &Books, seeds: Range<u64>) -> Struck {
    let api = Arc::new(stack().await);
    let weather = Weather::over(&api);
    let lives = stream::iter(seeds).map(|seed| {
        let (api, weather, fair) = (Arc::clone(&api), weather.clone(), Arc::clone(fair));
        let life = tokio::spawn(async move { live(&api, &weather, &fair, seed).await });
        async move { (seed, life.await) }
    });
    let mut struck = Struck::new();
    let mut lives = lives.buffer_unordered(AT_ONCE);
    let mut failed = Vec::new();
    while let Some((seed, life)) = lives.next().await {
        match life {
            Ok(faults) => {
                for (kind, count) in faults {
                    *struck.entry(kind).or_default() += count;
                }
            }
            Err(_) => failed.push(seed),
        }
    }
    let repeat = failed.first().copied().unwrap_or_default();
    assert!(failed.is_empty(), "{failed:?}: `make soak SEED={repeat} SEEDS=1` repeats the first");
    api.stack.wire().set_fault(None);
    api.audit().await;
    struck
}

/// Tells one story in the weather of `seed`; what struck.
async fn live(api: &Api, weather: &Weather, fair: &Books, seed: u64) -> Struck {
    let scene = Scene::open(api, seed).await;
    let account = &scene.account;
    weather.breaks(account, seed);
    let others = match seed % STORIES {
        0 => {
            let life = life_of(seed);
            let books = scene.life_of_a_subscriber(life).await;
            assert_eq!(books, fair[&life], "seed {seed}");
            vec![]
        }
        1 => scene.tokens_are_rolled().await,
        2 => scene.many_write_at_once().await,
        _ => scene.a_checkout_is_raced().await,
    };
    let struck = weather.clears(account);
    truth::was_told(&scene.client, others.iter().chain([&scene.client])).await;
    struck
}
