//! The compaction of lists that were asked for, by whichever trigger.

use std::collections::VecDeque;

use futures_util::FutureExt;
use serde::Serialize;

use crate::{
    base::{error::Error, id::AccountId, telemetry::log_failure, time::Clock},
    model::list::List,
    store::{
        Compacted, Consistency, INDEX, STRAYS, by_list,
        key::{BEFORE_IDS, COMPACTIONS, Key},
    },
    work::worker::{Report, Worker},
};

/// How many requests are read at once.
const PAGE: i32 = 1000;
/// How many batches of a list are moved in one turn.
const TURN: usize = 8;
/// A turn that is begun may take this long.
const TURN_MS: i64 = 10_000;

/// What a run of the worker has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compactions {
    /// Lists that were asked for.
    lists: usize,
    /// Operations that moved from a log into a tree.
    moved: usize,
    /// Lists that could not be compacted, and are asked for still.
    failed: usize,
}

impl Report for Compactions {
    fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

impl Worker {
    /// Compacts the lists of which it is asked, whoever invoked it.
    pub async fn compact(self) -> Result<Compactions, Error> {
        // Boxed: its future is as large as all that a compaction may wait for.
        self.answer_all().boxed_local().await
    }

    async fn answer_all(&self) -> Result<Compactions, Error> {
        let mut done = Compactions::default();
        let mut after = BEFORE_IDS.to_owned();
        let until = self.ends_at().plus_millis(-TURN_MS);
        loop {
            let (requests, more) = self
                .store()
                .query_keys(COMPACTIONS, (&after, "~"), PAGE, Consistency::Strong)
                .await?;
            let mut waiting = VecDeque::from_iter(by_list(&requests));
            done.lists += waiting.len();
            let begin = usize::from(u16::from_le_bytes(crate::base::id::random()));
            waiting.rotate_left(begin.checked_rem(waiting.len()).unwrap_or(0));
            while let Some((list, keys)) = waiting.pop_front() {
                if Clock.now() >= until {
                    return Ok(done);
                }
                match self.take_turn(&list, &keys).await {
                    Ok((moved, last)) => {
                        done.moved += moved;
                        // One that another worker is at is left to it; the requests are still there.
                        if matches!(last, Compacted::Moved(_)) {
                            waiting.push_back((list, keys));
                        }
                    }
                    Err(error) => {
                        done.failed += 1;
                        log_failure(&format!("{list:?} was not compacted"), &error.explained());
                    }
                }
            }
            match requests.into_iter().next_back().filter(|_| more) {
                Some(last) => after = last,
                None => return Ok(done),
            }
        }
    }

    async fn take_turn(
        &self,
        (account, list): &(AccountId, List),
        requests: &[Key],
    ) -> Result<(usize, Compacted), Error> {
        let asks = |why: &str| requests.iter().any(|key| key.sk().ends_with(&format!("#{why}")));
        let strays = asks(STRAYS);
        let (moved, last) = self.store().compact(account, list, (strays, TURN)).await?;
        let entered = match asks(INDEX) {
            true => self.store().extend_index(account, list, TURN).await?,
            false => Compacted::Nothing,
        };
        // One with strays is done once all that was there is moved: others may always be adding to it.
        let mended = strays && matches!(last, Compacted::Moved(_));
        let last = if mended { Compacted::Nothing } else { last };
        let last = if entered == Compacted::Nothing { last } else { entered };
        if last == Compacted::Nothing {
            let gone = requests.iter().map(|key| (key.clone(), None)).collect();
            self.store().batch_write(account, gone).await?;
        }
        Ok((moved, last))
    }
}
