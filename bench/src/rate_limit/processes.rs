//! Who served the requests: what the functions log says which process it was, and whether the limit
//! was checked at all.

use local::logs::Sink;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// What was seen in the log.
#[derive(Clone, Default)]
pub(crate) struct Processes(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    admitting: BTreeSet<String>,
    unchecked: usize,
}

impl Processes {
    /// What a stack hands its log to.
    pub(crate) fn sink(&self) -> Sink {
        let own = self.clone();
        Arc::new(move |line| {
            let Ok(Value::Object(told)) = serde_json::from_str::<Value>(&line.text) else { return };
            let mut seen = own.seen();
            if told.get("status") == Some(&Value::from(200)) {
                seen.admitting.insert(line.process.clone());
            }
            // The request was admitted because its bucket could not be reached.
            if told.contains_key("rate_limit_error") {
                seen.unchecked += 1;
            }
        })
    }

    /// Forgets what was seen so far.
    pub(crate) fn forget(&self) {
        *self.seen() = Seen::default();
    }

    /// How many processes have admitted a request.
    pub(crate) fn admitting(&self) -> usize {
        self.seen().admitting.len()
    }

    /// How many requests were admitted although the limit could not be checked.
    pub(crate) fn unchecked(&self) -> usize {
        self.seen().unchecked
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
