//! One running function process: its one invocation at a time, and its end.

use crate::template::{ACCOUNT, Function, REGION};
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{
    process::Child,
    sync::{Notify, mpsc, oneshot, watch},
    task::JoinHandle,
};

/// One event on its way to a process.
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    pub(crate) timeout: Duration,
}

/// What a process answered to an invocation.
pub(crate) enum Answer {
    Response(Bytes),
    Error(Bytes),
}

/// Where a process is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Life {
    /// It has not asked for its first event yet.
    Starting,
    /// It has asked for an event.
    Ready,
    /// It is gone; this is how.
    Ended(String),
}

type Pending = (String, oneshot::Sender<Answer>);

/// One process of a function.
pub(crate) struct Process {
    /// `customers-create.3`; also its access key id, which is how the wire proxy knows its calls.
    pub(crate) id: String,
    pub(crate) bin: String,
    /// The number of its start among those of its function.
    pub(crate) instance: u64,
    pub(crate) pid: OnceLock<u32>,
    pub(crate) arn: String,
    pub(crate) outbox: mpsc::Sender<Invocation>,
    pub(crate) inbox: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    pending: Mutex<Option<Pending>>,
    life: watch::Sender<Life>,
    kill: Notify,
}

impl Process {
    /// Process number `instance` of `function`, which has yet to be started.
    pub(crate) fn new(function: &Function, instance: u64) -> Self {
        let (outbox, inbox) = mpsc::channel(1);
        Self {
            id: format!("{}.{instance}", function.bin),
            bin: function.bin.clone(),
            instance,
            pid: OnceLock::new(),
            arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", function.name),
            outbox,
            inbox: tokio::sync::Mutex::new(inbox),
            pending: Mutex::new(None),
            life: watch::Sender::new(Life::Starting),
            kill: Notify::new(),
        }
    }

    /// Notes who waits for the answer to `request_id`.
    pub(crate) fn expect(&self, request_id: String, answer: oneshot::Sender<Answer>) {
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some((request_id, answer));
    }

    /// Passes an answer on to whoever waits for it; false when nobody waits for `request_id`.
    pub(crate) fn answer(&self, request_id: &str, answer: Answer) -> bool {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        match pending.take_if(|(expected, _)| expected == request_id) {
            Some((_, sender)) => sender.send(answer).is_ok(),
            None => false,
        }
    }

    /// It asked for its next event, so its initialization is over.
    pub(crate) fn is_ready(&self) {
        self.life.send_if_modified(|life| {
            let first = *life == Life::Starting;
            if first {
                *life = Life::Ready;
            }
            first
        });
    }

    /// Waits until it can take an event; the error is how it ended instead.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        match self.reached(|life| *life != Life::Starting).await {
            Life::Ended(how) => Err(how),
            Life::Starting | Life::Ready => Ok(()),
        }
    }

    /// Waits until it is gone, and says how it went.
    pub(crate) async fn ended(&self) -> String {
        match self.reached(|life| matches!(life, Life::Ended(_))).await {
            Life::Ended(how) => how,
            Life::Starting | Life::Ready => String::new(),
        }
    }

    async fn reached(&self, wanted: impl FnMut(&Life) -> bool) -> Life {
        let mut life = self.life.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        match life.wait_for(wanted).await {
            Ok(life) => life.clone(),
            Err(_) => Life::Ended("it was forgotten".to_owned()),
        }
    }

    /// Takes back an event that a dead process never took.
    pub(crate) async fn reclaim(&self) -> Option<Invocation> {
        // Its connection ends with it, and with the connection the call that holds the inbox.
        let inbox = tokio::time::timeout(Duration::from_millis(100), self.inbox.lock()).await;
        inbox.ok()?.try_recv().ok()
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(*self.life.borrow(), Life::Ended(_))
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) async fn kill(&self) {
        self.kill.notify_one();
        self.ended().await;
    }
}

/// Every live process, by id.
#[derive(Clone, Default)]
pub(crate) struct Registry(Arc<Mutex<HashMap<String, Arc<Process>>>>);

impl Registry {
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Process>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Process>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn add(&self, process: &Arc<Process>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(process.id.clone(), Arc::clone(process));
    }

    pub(crate) fn remove(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Waits for the end of a process, or brings it about, and makes it known.
pub(crate) async fn attend(
    mut child: Child,
    process: Arc<Process>,
    registry: Registry,
    readers: [Option<JoinHandle<()>>; 2],
) {
    let ended = tokio::select! {
        ended = child.wait() => ended,
        () = process.kill.notified() => {
            let _ = child.start_kill();
            child.wait().await
        }
    };
    let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
    // What it printed last is most often why it ended. A child of its own may hold the pipe open.
    for reader in readers.into_iter().flatten() {
        let _ = tokio::time::timeout(Duration::from_millis(500), reader).await;
    }
    registry.remove(&process.id);
    process.life.send_replace(Life::Ended(how));
}
