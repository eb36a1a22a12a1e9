//! What is done to a request in place of, or beside, answering it.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    StandIn,
    answer::{Answer, fault},
};
use crate::wire::Gate;

/// What is done to a request in place of, or beside, answering it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is lost before it arrives.
    LostBefore,
    /// It is carried out, and its answer is lost.
    LostAfter,
    /// It is answered with this status, and nothing is done.
    Refused(u16),
    /// It is carried out, and answered with a 500 that its key keeps.
    Broken,
    /// It is answered with such a 500, and carried out when [`StandIn::catch_up`] says.
    MadeLater,
    /// It is carried out, and answered so much later.
    Slow(Duration),
    /// It is held back until the gate is opened, and then meets this, or nothing.
    Held(Gate, Option<Box<Trouble>>),
    /// It is carried out, and its answer is held back until the gate is opened.
    HeldAfter(Gate),
}

/// A request, before anything is done about it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The secret key that it is sent with.
    pub key: String,
    /// Its method and path.
    pub what: String,
}

/// Decides what each request meets.
pub type TroubleHook = Arc<dyn Fn(&Asked) -> Option<Trouble> + Send + Sync>;

/// Trouble that waits for a request.
struct Planned {
    /// A part of its path.
    path: String,
    trouble: Trouble,
}

/// All that requests meet.
#[derive(Default)]
pub(super) struct Troubles {
    planned: Vec<Planned>,
    hook: Option<TroubleHook>,
    /// How many requests a second are taken, and when the last ones came.
    limit: Option<usize>,
    arrived: VecDeque<Instant>,
    too_many: usize,
}

impl Troubles {
    /// What a request meets.
    pub(super) fn met(&mut self, asked: &Asked) -> Option<Trouble> {
        if self.is_too_fast() {
            self.too_many += 1;
            return Some(Trouble::Refused(429));
        }
        let place = self.planned.iter().position(|planned| asked.what.contains(&planned.path));
        match place {
            Some(place) => Some(self.planned.remove(place).trouble),
            None => self.hook.as_ref().and_then(|hook| hook(asked)),
        }
    }

    fn is_too_fast(&mut self) -> bool {
        let Some(limit) = self.limit else { return false };
        let now = Instant::now();
        let is_past = |at: &Instant| now.duration_since(*at) >= Duration::from_secs(1);
        while self.arrived.front().is_some_and(is_past) {
            self.arrived.pop_front();
        }
        if self.arrived.len() >= limit {
            return true;
        }
        self.arrived.push_back(now);
        false
    }
}

impl StandIn {
    /// The next request whose path contains `path` meets this.
    pub fn next(&self, path: &str, trouble: Trouble) {
        self.lock().troubles.planned.push(Planned { path: path.to_owned(), trouble });
    }

    /// From now on this decides what each request meets that nothing was planned for.
    pub fn set_trouble(&self, hook: Option<TroubleHook>) {
        self.lock().troubles.hook = hook;
    }

    /// So many requests are taken in any second, and others answered with 429.
    pub fn takes(&self, per_second: usize) {
        self.lock().troubles.limit = Some(per_second);
    }

    /// How many requests came too fast.
    pub fn came_too_fast(&self) -> usize {
        self.lock().troubles.too_many
    }

    /// What was answered with a 500 and was to be made later is made now.
    pub fn catch_up(&self) {
        self.lock().state.catch_up();
        self.send_news();
    }
}

/// A refusal that looks at nothing.
pub(super) fn refused(status: u16) -> Answer {
    match status {
        401 => fault(401, "invalid_request_error", "api_key_expired", "Expired API Key"),
        409 => {
            let message = "There is currently another in-progress request using this key";
            fault(409, "idempotency_error", "idempotency_key_in_use", message)
        }
        429 => fault(429, "invalid_request_error", "rate_limit", "Too many requests"),
        status => fault(status, "api_error", "", "Something went wrong"),
    }
}
