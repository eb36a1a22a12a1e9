//! Numbers without a gap, given to everybody who waits for one at once.
//!
//! All of an account take their numbers from one item, so their transactions can only follow one another.
//! While one is under way, others come and wait. Whose turn it is then makes the changes of all who wait, as
//! many as one transaction has room for, each with the number that follows: the item is written once for
//! all of them. Nobody waits for a group to become larger.
//!
//! A group is refused as a whole, and that says nothing about any one of its changes. Where another
//! process has taken numbers meanwhile, the group is made again with those that follow; else one of its
//! changes is out of date, and each is made alone.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{Either, select};
use tokio::sync::{
    Mutex as Queue, OwnedMutexGuard,
    oneshot::{Sender, channel, error::TryRecvError},
};

use super::{Commit, Known, Sequence, Store, Tx, key::Key};
use crate::{
    base::{error::Error, id::AccountId},
    model::entity::Item,
};

/// How often a group is put together again that came too late for its numbers.
const GROUPS: u32 = 3;

/// A change that takes a number: what it writes with this one. It is asked again if that was taken.
pub type Numbered = Box<dyn Fn(u64) -> Result<Tx, Error> + Send + Sync>;

/// The sequence that invoice numbers come from.
const NUMBERS: &str = "invoice";

/// Of each account, who waits for a number.
#[derive(Debug, Default)]
pub(super) struct Numbering(Mutex<HashMap<AccountId, Arc<Turn>>>);

#[derive(Debug, Default)]
struct Turn {
    /// Whose turn it is holds where the sequence is, as far as this process knows.
    sequence: Arc<Queue<Option<Sequence>>>,
    waiting: Mutex<VecDeque<Waiting>>,
}

struct Waiting {
    change: Numbered,
    known: Option<Arc<Known>>,
    ended: Sender<Result<(), Error>>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

impl Waiting {
    /// Tells who waits how it ended. Who has gone meanwhile finds what was written.
    fn end(self, ended: Result<(), Error>) {
        drop(self.ended.send(ended));
    }
}

impl Turn {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who waits longest, of those who still wait.
    fn first(&self) -> Option<Waiting> {
        let mut waiting = self.waiting();
        std::iter::from_fn(|| waiting.pop_front()).find(|one| !one.ended.is_closed())
    }
}

/// Changes that are made in one transaction, the numbers of which follow one another.
#[derive(Default)]
struct Group {
    tx: Option<Tx>,
    members: Vec<Member>,
}

struct Member {
    waiting: Waiting,
    objects: Vec<(Key, Option<Item>)>,
}

impl Group {
    fn count(&self) -> u64 {
        u64::try_from(self.members.len()).unwrap_or(u64::MAX)
    }

    /// Takes who waits in with the number after the others', or gives them back: there is no room.
    fn take_in(&mut self, waiting: Waiting, sequence: &Sequence) -> Result<(), Waiting> {
        let number = sequence.after(self.count()).next();
        let tx = match (waiting.change)(number).and_then(Tx::without_fault) {
            Ok(tx) => tx,
            Err(error) => {
                waiting.end(Err(error));
                return Ok(());
            }
        };
        let objects = waiting.known.as_ref().map(|_| tx.objects()).unwrap_or_default();
        match &mut self.tx {
            None => self.tx = Some(tx),
            Some(others) => {
                if others.together(tx).is_some() {
                    return Err(waiting);
                }
            }
        }
        self.members.push(Member { waiting, objects });
        Ok(())
    }

    /// The same changes with the numbers that follow where the sequence is now.
    fn again(self, sequence: &Sequence) -> Self {
        let mut group = Self::default();
        for Member { waiting, .. } in self.members {
            if let Err(waiting) = group.take_in(waiting, sequence) {
                waiting.end(Err(Error::Stale));
            }
        }
        group
    }

    fn end(self, ended: &Result<(), Error>) {
        for Member { waiting, objects } in self.members {
            match (&waiting.known, ended) {
                (Some(known), Ok(())) => known.written(objects),
                (Some(known), Err(_)) => known.forget(),
                (None, _) => {}
            }
            waiting.end(match ended {
                Ok(()) => Ok(()),
                Err(Error::Busy(text)) => Err(Error::Busy(text.clone())),
                Err(Error::Internal(text)) => Err(Error::Internal(text.clone())),
                Err(Error::Contended) => Err(Error::Contended),
                Err(_) => Err(Error::Stale),
            });
        }
    }
}

impl Store {
    /// The turn to take a number of an account, for a change that is made alone, and what this process knows
    /// of where the sequence is. Other processes are kept apart by the sequence's own condition, which
    /// also tells when what is known is out of date.
    pub async fn turn_to_number(&self, account: &AccountId) -> OwnedMutexGuard<Option<Sequence>> {
        Arc::clone(&self.turn(account).sequence).lock_owned().await
    }

    /// Where the account's sequence of invoice numbers is.
    pub async fn numbers(&self, account: &AccountId) -> Result<Sequence, Error> {
        self.sequence(account, NUMBERS).await
    }

    /// The same, read only where it is not known. It is taken out of `known`, to be put back as it is once
    /// numbers were taken from it.
    pub async fn known_numbers(
        &self,
        account: &AccountId,
        known: &mut Option<Sequence>,
    ) -> Result<Sequence, Error> {
        match known.take() {
            Some(sequence) => Ok(sequence),
            None => self.numbers(account).await,
        }
    }

    /// Makes `change` with the account's next number, in one transaction with others that wait for
    /// one. What it writes is kept in `known`. `Error::Stale` means that nothing was written, or that
    /// nobody knows: what is there has to be read again.
    pub async fn number(
        &self,
        account: &AccountId,
        known: Option<Arc<Known>>,
        change: Numbered,
    ) -> Result<(), Error> {
        let turn = self.turn(account);
        let (sender, mut ended) = channel();
        turn.waiting().push_back(Waiting { change, known, ended: sender });
        let mine = pin!(Arc::clone(&turn.sequence).lock_owned());
        let mut sequence = match select(&mut ended, mine).await {
            Either::Left((ended, _)) => return ended.unwrap_or(Err(Error::Stale)),
            Either::Right((sequence, _)) => sequence,
        };
        loop {
            match ended.try_recv() {
                Ok(ended) => return ended,
                // Whoever had taken it along was stopped.
                Err(TryRecvError::Closed) => return Err(Error::Stale),
                Err(TryRecvError::Empty) => {}
            }
            self.number_group(account, &turn, &mut sequence).await?;
        }
    }

    fn turn(&self, account: &AccountId) -> Arc<Turn> {
        let mut all = self.numbering.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(account.clone()).or_default())
    }

    /// Makes the changes of who waits longest, as many as there is room for.
    async fn number_group(
        &self,
        account: &AccountId,
        turn: &Turn,
        place: &mut Option<Sequence>,
    ) -> Result<(), Error> {
        let mut sequence = self.known_numbers(account, place).await?;
        let mut group = Group::default();
        while let Some(next) = turn.first() {
            if let Err(next) = group.take_in(next, &sequence) {
                turn.waiting().push_front(next);
                break;
            }
        }
        for _ in 0..GROUPS {
            let ended = self.make(&mut group, &sequence).await;
            if !(matches!(ended, Err(Error::Stale)) && group.count() > 1) {
                *place = ended.is_ok().then(|| sequence.after(group.count()));
                group.end(&ended);
                return Ok(());
            }
            let read = self.numbers(account).await?;
            if read == sequence {
                break;
            }
            sequence = read;
            group = group.again(&sequence);
        }
        // One of them is out of date, or others are too quick.
        for Member { waiting, .. } in group.members {
            let mut alone = Group::default();
            let sequence = self.numbers(account).await?;
            drop(alone.take_in(waiting, &sequence));
            let ended = self.make(&mut alone, &sequence).await;
            alone.end(&ended);
        }
        Ok(())
    }

    async fn make(&self, group: &mut Group, sequence: &Sequence) -> Result<(), Error> {
        let Some(mut tx) = group.tx.take() else { return Ok(()) };
        tx.take(sequence, group.count());
        self.commit(tx, None).await.map(|ended| match ended {
            Commit::Done | Commit::Repeated(_) => (),
        })
    }
}
