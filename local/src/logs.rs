//! What the functions print, line by line.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

/// How many lines are kept for [`Logs::lines`].
const KEPT: usize = 20_000;

/// How long [`Logs::find`] waits for a line.
const PATIENCE: Duration = Duration::from_secs(20);

/// One line a function printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The function's binary: `customers-create`.
    pub function: String,
    /// The process: `customers-create.3`.
    pub process: String,
    /// The text, without its line break.
    pub text: String,
}

/// Receives every line as it is printed.
pub type Sink = Arc<dyn Fn(&Line) + Send + Sync>;

/// The last lines of all functions, in the order they arrived.
#[derive(Clone)]
pub struct Logs {
    lines: Arc<Mutex<VecDeque<Line>>>,
    arrived: Arc<Notify>,
    sink: Option<Sink>,
}

impl Logs {
    pub(crate) fn new(sink: Option<Sink>) -> Self {
        Self { lines: Arc::default(), arrived: Arc::default(), sink }
    }

    pub(crate) fn push(&self, line: Line) {
        if let Some(sink) = &self.sink {
            sink(&line);
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
        drop(lines);
        self.arrived.notify_waiters();
    }

    /// What `read` makes of the lines, as soon as it makes something of them; `None` when it does not in
    /// twenty seconds. A line travels by another way than the answer, and may arrive after it.
    pub async fn find<T>(&self, mut read: impl FnMut(&[Line]) -> Option<T>) -> Option<T> {
        let search = async {
            loop {
                let mut arrived = std::pin::pin!(self.arrived.notified());
                arrived.as_mut().enable();
                if let Some(found) = read(&self.lines()) {
                    return found;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(PATIENCE, search).await.ok()
    }

    /// Every line that is still kept.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The lines of one function.
    pub fn of(&self, function: &str) -> Vec<String> {
        self.lines().into_iter().filter(|l| l.function == function).map(|l| l.text).collect()
    }

    /// Forgets the lines so far.
    pub fn clear(&self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl std::fmt::Debug for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logs").finish_non_exhaustive()
    }
}
