//! What functions log as an error: what a worker could not do, which no client hears of.

use local::logs::Sink;
use std::sync::{Arc, Mutex, PoisonError};

/// How many there were, and the first.
#[derive(Clone, Default)]
pub(crate) struct Errors(Arc<Mutex<(usize, Option<String>)>>);

impl Errors {
    /// What a stack hands its log to.
    pub(crate) fn sink(&self) -> Sink {
        let own = self.clone();
        Arc::new(move |line| {
            if line.text.contains(r#""level":"error""#) || !line.text.starts_with('{') {
                let mut seen = own.seen();
                seen.0 += 1;
                seen.1.get_or_insert_with(|| format!("{}: {}", line.process, line.text));
            }
        })
    }

    /// For the report: nothing, if there was none.
    pub(crate) fn told(&self) -> Option<String> {
        let seen = self.seen();
        seen.1.as_ref().map(|first| format!("{} errors in the log, first: {first}", seen.0))
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, (usize, Option<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
