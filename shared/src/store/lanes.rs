//! Lanes: which of its counters a process adds to.
//!
//! DynamoDB rejects a transaction that meets another on an item, so a counter that everybody adds to
//! would reject most of what a busy customer sends. A counter is therefore several, one for each *lane*,
//! and what was counted is their sum. A process, which answers one request at a time, keeps to one lane:
//! the first, until it meets another process there or is throttled; then it draws one of twice as many.
//! So a customer with little usage has one counter for a day, and one with much has as many as there
//! are processes that write them.
//!
//! The largest of what is counted in an hour (`Counting::peaks`) is kept in each lane for itself. A
//! process reads what it is there, and writes on the condition that this still holds: where it does not,
//! another process was in the lane.
//!
//! A partition takes 1,000 write units a second, so the lanes are in several. Only the first is read
//! unless an item says that there are more, and that item is written before the first counter there is:
//! so a reader that does not find it began before that counter was answered.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Store,
    key::{Key, USAGE_LANES, USAGE_PARTITIONS},
    table::{Outcome, Put, Write},
};
use crate::{base::error::Error, model::entity::Item};

/// How many lanes there are.
const MOST: u8 = USAGE_LANES * USAGE_PARTITIONS;
/// Of how many customers it is remembered that they have more than one partition.
const MOST_TOLD: usize = 10_000;

/// Why a lane is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crowd {
    /// Another process was in it.
    Met,
    /// It is in a partition that is too busy.
    Throttled,
}

/// The lane of this process.
#[derive(Debug, Default)]
pub struct Lanes(Mutex<Drawn>);

#[derive(Debug)]
struct Drawn {
    lane: u8,
    of: u8,
    told: HashSet<Key>,
}

impl Default for Drawn {
    fn default() -> Self {
        Self { lane: 0, of: 1, told: HashSet::new() }
    }
}

impl Lanes {
    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, crowd: Crowd, random: u8) {
        let mut drawn = self.drawn();
        drawn.of = match crowd {
            Crowd::Met => drawn.of.saturating_mul(2).min(MOST),
            Crowd::Throttled => MOST,
        };
        drawn.lane = random % drawn.of;
    }

    fn tell(&self, spread: Key) {
        let mut drawn = self.drawn();
        if drawn.told.len() >= MOST_TOLD {
            drawn.told.clear();
        }
        drawn.told.insert(spread);
    }
}

impl Store {
    /// Moves what is counted into the lane of this process, and reads what its peaks are there.
    pub(super) async fn keep_to_lane(&self, writes: &mut [Write]) -> Result<(), Error> {
        let lane = self.lanes.drawn().lane;
        for write in writes.iter_mut() {
            let Write::Count(key, counting) = write else { continue };
            let Some((counter, spread)) = key.in_usage_lane(lane) else { continue };
            let told = lane < USAGE_LANES || self.lanes.drawn().told.contains(&spread);
            if !told {
                let put = Write::Put(Put::new(spread.clone(), Item::new()));
                match self.table.write_once(put).await? {
                    Outcome::Done => self.lanes.tell(spread),
                    _ => return Err(Error::Busy("the spread of usage was not written".to_owned())),
                }
            }
            if !counting.peaks.is_empty() {
                counting.known = self.table.numbers_at(&counter).await?;
            }
            *key = counter;
        }
        Ok(())
    }

    /// Moves what is counted into another lane, which this process keeps from now on: whether anything
    /// is.
    pub(super) async fn change_lane(
        &self,
        writes: &mut [Write],
        crowd: Crowd,
    ) -> Result<bool, Error> {
        if !writes.iter().any(|write| matches!(write, Write::Count(..))) {
            return Ok(false);
        }
        let [random] = crate::base::id::random();
        self.lanes.draw(crowd, random);
        self.keep_to_lane(writes).await.map(|()| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_stays_in_its_lane_until_it_is_crowded() {
        let lanes = Lanes::default();
        let at = || {
            let drawn = lanes.drawn();
            (drawn.lane, drawn.of)
        };
        assert_eq!(at(), (0, 1));
        lanes.draw(Crowd::Met, 255);
        assert_eq!(at(), (1, 2));
        lanes.draw(Crowd::Met, 255);
        assert_eq!(at(), (3, 4));
        lanes.draw(Crowd::Throttled, 255);
        assert_eq!(at(), (63, 64));
        lanes.draw(Crowd::Met, 200);
        assert_eq!(at(), (8, 64));
    }
}
