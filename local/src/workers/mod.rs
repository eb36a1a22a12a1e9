//! What invokes the functions that have no route: the table's stream and the schedules.

mod batches;
mod cron;
mod filter;
mod schedule;
mod stream;

use crate::{engine::Endpoint, pool::Pool};
use anyhow::{Context, Result};
use schedule::Timetable;
use std::{path::PathBuf, sync::Arc, time::Duration};
use stream::Follower;
use tokio::task::JoinSet;

/// What the workers need besides their functions.
pub(crate) struct Setting {
    pub(crate) endpoint: Endpoint,
    pub(crate) table: String,
    /// Where they note how far they have read; nowhere when the data does not last either.
    pub(crate) folder: Option<PathBuf>,
    /// Runs every schedule this often instead.
    pub(crate) every: Option<Duration>,
}

/// Starts a task for each stream and each schedule of `pools`; they end with the set.
pub(crate) fn start<'a>(
    pools: impl Iterator<Item = &'a Arc<Pool>>,
    setting: &Setting,
) -> Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    for pool in pools {
        let function = &pool.function;
        for source in &function.streams {
            let follower = Follower::new(source, Arc::clone(pool), setting)
                .with_context(|| format!("the stream of {}", function.bin))?;
            tasks.spawn(follower.run());
        }
        for schedule in &function.schedules {
            let timetable = Timetable::new(schedule, setting.every)
                .with_context(|| format!("the schedule {} of {}", schedule.name, function.bin))?;
            tasks.spawn(schedule::run(schedule.clone(), timetable, Arc::clone(pool)));
        }
    }
    Ok(tasks)
}
