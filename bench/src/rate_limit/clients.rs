//! Who sends the requests, and notes when.

use crate::{
    api::{Ask, Client},
    report::number,
};
use anyhow::Result;
use futures_util::future::try_join_all;
use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

/// When the next request is sent.
pub(crate) enum Pace {
    /// By each client once its last one is answered.
    AsAnswered,
    /// So many a second of all together, at random instants: a Poisson process, as of many customers
    /// who do not know of each other.
    PerSecond(f64),
}

/// One request, with instants in microseconds from the beginning.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) at: i64,
    pub(crate) answered_at: i64,
    pub(crate) status: u16,
    /// Whether it says when to come back.
    pub(crate) retry_after: bool,
}

/// Sends `ask` again and again for `time`, and waits for all answers.
pub(crate) async fn send(
    client: &Client,
    ask: &Ask,
    clients: usize,
    pace: &Pace,
    time: Duration,
) -> Result<Vec<Sent>> {
    let (begin, sent) = (Instant::now(), RefCell::new(Vec::new()));
    let micros = || i64::try_from(begin.elapsed().as_micros());
    let one_client = async |mut random: fastrand::Rng| {
        let mut due = begin;
        loop {
            if let Pace::PerSecond(rate) = pace {
                // The time between two of a Poisson process, of which each client has its share.
                let mean = number(clients) / rate;
                due += Duration::from_secs_f64(-mean * (1.0 - random.f64()).ln());
                tokio::time::sleep_until(due.into()).await;
            }
            if begin.elapsed() >= time {
                return anyhow::Ok(());
            }
            let at = micros()?;
            let answer = client.answer(ask).await?;
            let (status, told) = (answer.status().as_u16(), answer.headers().get("retry-after"));
            let seconds = told.and_then(|text| text.to_str().ok()?.parse::<u64>().ok());
            let retry_after = seconds.is_some_and(|seconds| seconds > 0);
            answer.bytes().await?;
            sent.borrow_mut().push(Sent { at, answered_at: micros()?, status, retry_after });
        }
    };
    try_join_all((0..clients).map(|number| {
        // Seeded, so that two runs differ in what is measured only.
        one_client(fastrand::Rng::with_seed(u64::try_from(number).unwrap_or_default()))
    }))
    .await?;
    Ok(sent.into_inner())
}
