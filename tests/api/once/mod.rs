//! Charged once, whatever fails and wherever: random stories of a shop that bills, is paid, gives back
//! and is told of it, with the `test` processor and with Stripe's stand-in. A seed says what its calls
//! to the database meet (the weather of `journeys`: processes die before and after each of them) and
//! what its calls to the processor meet (`storm`); events come first, late, doubled, in any order or
//! never; clients lose patience, two of them pay at once, and workers run beside them. In the end:
//!
//! - at the processor each invoice has one charge that succeeded if it is paid, and none if it is not,
//! - nothing can still be paid of what is settled,
//! - the auditor finds nothing, in the table and on the processor's record.
//!
//! `matrix` is the table beside it: each call and each event, with each fault.
//!
//! `make soak ONLY=once` goes on for as long as it is asked to.

mod matrix;
mod stories;
mod storm;
mod there;

use std::{ops::Range, sync::Arc};

use futures_util::{StreamExt, stream};

use self::{stories::Till, storm::Storms};
use crate::{
    client::Api,
    journeys::{Asked, Weather, stack},
};

/// How many seeds each run of the tests takes.
const SEEDS: u64 = 320;
/// How many accounts live at once.
const AT_ONCE: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn every_invoice_is_charged_once_whatever_fails() {
    round(0..SEEDS).await;
}

/// Goes on for `SECONDS`, from `SEED` on; with `SEEDS`, for so many.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it goes on for as long as it is asked to: `make soak`"]
async fn soak() {
    Asked::read()
        .rounds("once", async |seeds| {
            let (met, charges) = round(seeds).await;
            println!("      {met} troubles at the processors, {charges} charges");
        })
        .await;
}

/// Tells the stories of `seeds` on one table, and audits it; how much trouble there was at the
/// processors, and how many charges succeeded.
async fn round(seeds: Range<u64>) -> (u64, usize) {
    let api = Arc::new(stack().await);
    let (weather, storms) = (Weather::over(&api), Storms::over(&api));
    let stories = stream::iter(seeds).map(|seed| {
        let (api, weather, storms) = (Arc::clone(&api), weather.clone(), storms.clone());
        let story = tokio::spawn(async move { tell(&api, &weather, &storms, seed).await });
        async move { (seed, story.await) }
    });
    let mut stories = stories.buffer_unordered(AT_ONCE);
    let (mut failed, mut met) = (Vec::new(), 0);
    while let Some((seed, story)) = stories.next().await {
        match story {
            Ok(troubles) => met += troubles,
            Err(_) => failed.push(seed),
        }
    }
    let repeat = failed.first().copied().unwrap_or_default();
    let how = "make soak ONLY=once SEEDS=1";
    assert!(failed.is_empty(), "{failed:?}: `{how} SEED={repeat}` repeats the first");
    api.stack.wire().set_fault(None);
    api.stack.stripe().set_trouble(None);
    api.stack.stripe().all_told().await;
    api.audit().await;
    let charges = api.stack.stripe().charges();
    (met, charges.iter().filter(|charge| charge.status == "succeeded").count())
}

/// Tells one story; how much trouble there was at its processor.
async fn tell(api: &Api, weather: &Weather, storms: &Storms, seed: u64) -> u64 {
    let mut till = Till::open(api, seed).await;
    weather.breaks(till.account(), seed);
    storms.break_over(till.key(), seed);
    till.trades().await;
    let met = storms.clear(till.key());
    weather.clears(till.account());
    till.settles().await;
    met
}
