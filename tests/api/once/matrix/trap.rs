//! What the one call that a cell is about meets, where it leaves the process: at Stripe's stand-in, or
//! at the test processor's record in the table.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use local::{
    stripe::{Asked, Trouble},
    wire::{Call, Fault, Gate},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::client::{Account, Api};

/// By what a call is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A request to Stripe, by how its method and path begin and end.
    Request(&'static str, &'static str),
    /// The test processor writes its record.
    Write,
    /// The test processor reads its record.
    Read,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strike {
    /// Whoever makes it is killed before it arrives.
    KilledBefore,
    /// It is carried out, and whoever made it is killed before the answer arrives.
    KilledAfter,
    /// It is carried out, and its answer is lost, however often it is sent again at once.
    Lost,
    /// It is held back on its way, while others go on.
    Late,
    /// It is carried out, and its answer is held back while others go on. At the test processor, whose
    /// answer is the write itself, it is held back on its way.
    Overtaken,
}

/// A call that was struck.
pub(super) struct Met {
    /// The process that made it, where it is still to be killed.
    pub(super) kill: Option<String>,
    /// What lets it go on.
    pub(super) gate: Gate,
}

struct Trap {
    place: Place,
    strike: Strike,
    /// How many calls are struck yet.
    left: usize,
    reached: UnboundedSender<Met>,
}

/// What one account's calls meet.
struct Watched {
    /// The key by which it is known at Stripe.
    key: String,
    /// The process of its last call to the table: the one that asks the processor next.
    process: String,
    trap: Option<Trap>,
}

/// More than a call to Stripe is sent again at once: three of them, each twice.
const LOST_REQUESTS: usize = 2;
/// More than a call to the table is sent again at once.
const LOST_CALLS: usize = 5;

/// The traps of all cells.
#[derive(Clone, Default)]
pub(super) struct Traps(Arc<Mutex<BTreeMap<String, Watched>>>);

impl Traps {
    /// None is set yet.
    pub(super) fn over(api: &Api) -> Self {
        let traps = Self::default();
        let (calls, requests) = (traps.clone(), traps.clone());
        api.stack.wire().set_fault(Some(Arc::new(move |call, _| calls.called(call))));
        api.stack.stripe().set_trouble(Some(Arc::new(move |asked| requests.asked(asked))));
        traps
    }

    /// From now on the calls of an account are known.
    pub(super) fn watch(&self, account: &Account, key: &str) {
        let watched = Watched { key: key.to_owned(), process: String::new(), trap: None };
        self.all().insert(account.id.clone(), watched);
    }

    /// The next call at `place` is struck; what comes of it is told.
    pub(super) fn set(
        &self,
        account: &Account,
        place: Place,
        strike: Strike,
    ) -> UnboundedReceiver<Met> {
        let (reached, is_reached) = unbounded_channel();
        let left = match (strike, place) {
            (Strike::Lost, Place::Request(..)) => LOST_REQUESTS,
            (Strike::Lost, _) => LOST_CALLS,
            _ => 1,
        };
        if let Some(watched) = self.all().get_mut(&account.id) {
            watched.trap = Some(Trap { place, strike, left, reached });
        }
        is_reached
    }

    /// Nothing is struck any more.
    pub(super) fn clear(&self, account: &Account) {
        if let Some(watched) = self.all().get_mut(&account.id) {
            watched.trap = None;
        }
    }

    fn called(&self, call: &Call) -> Fault {
        let mut all = self.all();
        let key = call.keys().next().unwrap_or_default();
        let Some(watched) = all.get_mut(key.split('#').next().unwrap_or_default()) else {
            return Fault::Pass;
        };
        watched.process.clone_from(&call.process);
        let is_record = key.contains("#TESTPROC#");
        let is_it = |trap: &&mut Trap| match trap.place {
            Place::Request(..) => false,
            Place::Write => is_record && call.is_write(),
            Place::Read => is_record && !call.is_write(),
        };
        let Some(trap) = watched.trap.as_mut().filter(is_it) else { return Fault::Pass };
        let Some(gate) = trap.springs(None) else { return Fault::Pass };
        match trap.strike {
            Strike::KilledBefore => Fault::KillBefore,
            Strike::KilledAfter => Fault::KillAfter,
            Strike::Lost => Fault::ResetAfter,
            Strike::Late | Strike::Overtaken => Fault::Hold(gate),
        }
    }

    fn asked(&self, asked: &Asked) -> Option<Trouble> {
        let mut all = self.all();
        let watched = all.values_mut().find(|watched| watched.key == asked.key)?;
        let process = watched.process.clone();
        let is_it = |trap: &&mut Trap| match trap.place {
            Place::Request(begin, end) => {
                asked.what.starts_with(begin) && asked.what.ends_with(end)
            }
            Place::Write | Place::Read => false,
        };
        let trap = watched.trap.as_mut().filter(is_it)?;
        let kills = matches!(trap.strike, Strike::KilledBefore | Strike::KilledAfter);
        let gate = trap.springs(kills.then_some(process))?;
        Some(match trap.strike {
            Strike::KilledBefore => Trouble::Held(gate, Some(Box::new(Trouble::LostBefore))),
            Strike::Late => Trouble::Held(gate, None),
            Strike::KilledAfter | Strike::Overtaken => Trouble::HeldAfter(gate),
            Strike::Lost => Trouble::LostAfter,
        })
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Watched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trap {
    /// Strikes a call, if any is struck yet: what lets it go on.
    fn springs(&mut self, kill: Option<String>) -> Option<Gate> {
        self.left = self.left.checked_sub(1)?;
        let gate = Gate::default();
        // Nobody listens any more once the cell has failed.
        let _ = self.reached.send(Met { kill, gate: gate.clone() });
        Some(gate)
    }
}
