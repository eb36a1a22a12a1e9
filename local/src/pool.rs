//! The processes of one function: started when they are needed, kept while they live, one event at
//! a time each. What Lambda calls concurrency.

use crate::{
    process::{Answer, Invocation, Process},
    spawn::Spawner,
    template::Function,
};
use bytes::Bytes;
use serde_json::json;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Semaphore, oneshot};
use uuid::Uuid;

/// How long a process may take until it asks for its first event. Lambda gives it 10 s; a debug
/// build on a busy machine gets more.
const INIT_TIMEOUT: Duration = Duration::from_secs(30);
/// How many invocations of one function may wait for a process.
const MAX_WAITING: usize = 2_000;
/// How long an invocation may wait for a process: as long as API Gateway waits for an answer.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// The largest answer of a function, in bytes; Lambda's own limit.
pub(crate) const MAX_PAYLOAD: usize = 6 * 1024 * 1024;

/// How an error says that the function's time ran out, as Lambda calls it.
pub(crate) const TIMED_OUT: &str = "Sandbox.Timedout";
/// That there was no process for it. Lambda has no word for this.
pub(crate) const CANNOT_START: &str = "Local.CannotStart";
/// That the stack ended on the way.
pub(crate) const STOPPED: &str = "Local.Stopped";

/// What came of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function's answer.
    Answer(Bytes),
    /// The function failed, died or took too long: Lambda's `{"errorType", "errorMessage"}`.
    Error(Bytes),
    /// No process was free, and too many invocations were waiting or this one waited too long.
    Throttled,
}

impl Outcome {
    fn error(kind: &str, message: &str) -> Self {
        Self::Error(json!({"errorType": kind, "errorMessage": message}).to_string().into())
    }
}

/// All processes of one function.
pub(crate) struct Pool {
    pub(crate) function: Function,
    spawner: Arc<Spawner>,
    slots: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    idle: Mutex<Vec<Arc<Process>>>,
    started: AtomicU64,
    /// Processes before this number run a program that has been replaced.
    current: AtomicU64,
}

impl Pool {
    pub(crate) fn new(function: Function, spawner: Arc<Spawner>, max_processes: usize) -> Self {
        Self {
            function,
            spawner,
            slots: Arc::new(Semaphore::new(max_processes.max(1))),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            idle: Mutex::default(),
            started: AtomicU64::new(0),
            current: AtomicU64::new(0),
        }
    }

    /// Its program has been replaced: processes that wait are ended, and those that work once they
    /// have answered. How many were ended.
    pub(crate) async fn renew(&self) -> usize {
        let idle = {
            // Under the lock, so that none is put back that was looked at before.
            let mut idle = self.idle();
            self.current.store(self.started.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            std::mem::take(&mut *idle)
        };
        for process in &idle {
            process.kill().await;
        }
        idle.len()
    }

    /// Runs the function on `payload`. It runs to its end even when the caller stops waiting, as it
    /// does in Lambda.
    pub(crate) async fn invoke(self: &Arc<Self>, payload: Bytes) -> Outcome {
        let pool = Arc::clone(self);
        match tokio::spawn(async move { pool.run(payload).await }).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::error(STOPPED, &error.to_string()),
        }
    }

    async fn run(&self, payload: Bytes) -> Outcome {
        let Ok(place) = self.waiting.try_acquire() else { return Outcome::Throttled };
        let slot = tokio::time::timeout(MAX_WAIT, self.slots.acquire()).await;
        drop(place);
        let Ok(Ok(_slot)) = slot else { return Outcome::Throttled };
        loop {
            let process = match self.process() {
                Ok(process) => process,
                Err(error) => return Outcome::error(CANNOT_START, &format!("{error:#}")),
            };
            match self.run_on(&process, payload.clone()).await {
                Some(outcome) => {
                    if let Some(outdated) = self.put_back(process) {
                        outdated.kill().await;
                    }
                    return outcome;
                }
                // It died idle, before it took this event: the event goes to another one.
                None => continue,
            }
        }
    }

    /// An idle process that lives, else a new one.
    fn process(&self) -> anyhow::Result<Arc<Process>> {
        let mut idle = self.idle();
        idle.retain(|process| !process.is_gone());
        if let Some(process) = idle.pop() {
            return Ok(process);
        }
        drop(idle);
        let instance = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        self.spawner.spawn(&self.function, instance)
    }

    /// Keeps a process for the next event; returned is one whose program has been replaced.
    fn put_back(&self, process: Arc<Process>) -> Option<Arc<Process>> {
        let mut idle = self.idle();
        if process.instance < self.current.load(Ordering::Relaxed) {
            return Some(process);
        }
        if !process.is_gone() {
            idle.push(process);
        }
        None
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Process>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outcome on this process, or nothing when it was dead before it took the event.
    async fn run_on(&self, process: &Process, payload: Bytes) -> Option<Outcome> {
        let request_id = Uuid::new_v4().to_string();
        match tokio::time::timeout(INIT_TIMEOUT, process.ready()).await {
            Ok(Ok(())) => {}
            Ok(Err(how)) => return Some(died(&request_id, &how)),
            Err(_) => {
                process.kill().await;
                let late =
                    format!("RequestId: {request_id} Error: no first event in {INIT_TIMEOUT:?}");
                return Some(Outcome::error(CANNOT_START, &late));
            }
        }
        let timeout = self.function.timeout;
        let (sender, answer) = oneshot::channel();
        process.expect(request_id.clone(), sender);
        let invocation = Invocation { request_id: request_id.clone(), payload, timeout };
        if process.outbox.send(invocation).await.is_err() {
            return Some(died(&request_id, "its mailbox is closed"));
        }
        tokio::select! {
            biased;
            Ok(answer) = answer => Some(match answer {
                Answer::Response(body) if body.len() > MAX_PAYLOAD => too_large(body.len()),
                Answer::Response(body) => Outcome::Answer(body),
                Answer::Error(body) => Outcome::Error(body),
            }),
            how = process.ended() => {
                let taken = process.reclaim().await.is_none();
                taken.then(|| died(&request_id, &how))
            }
            () = tokio::time::sleep(timeout) => {
                process.kill().await;
                Some(timed_out(&request_id, timeout))
            }
        }
    }
}

fn died(request_id: &str, how: &str) -> Outcome {
    let message = format!("RequestId: {request_id} Error: Runtime exited with error: {how}");
    Outcome::error("Runtime.ExitError", &message)
}

fn timed_out(request_id: &str, after: Duration) -> Outcome {
    let message = format!("RequestId: {request_id} Error: Task timed out after {after:.2?}");
    Outcome::error(TIMED_OUT, &message)
}

fn too_large(size: usize) -> Outcome {
    let message =
        format!("Response payload size exceeded maximum allowed payload size ({size} bytes).");
    Outcome::error("Function.ResponseSizeTooLarge", &message)
}
