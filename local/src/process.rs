//! One running function process: its start, its one invocation at a time, its end.
//!
//! Every process is in the process group of a watchdog, a shell that waits for the end of its
//! standard input and then kills the group. The pipe is closed by [`Group::end`], and by the kernel
//! when this process dies in whatever way, so no function outlives the stack, not even after a
//! `kill -9`. (`PR_SET_PDEATHSIG` would need `unsafe`, and only Linux has it.) Being in a group of
//! their own, functions do not see a Ctrl-C in the terminal: the stack stops them in its own order.

use crate::{
    logs::{Line, Logs},
    template::{ACCOUNT, Function, REGION},
};
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::{Notify, mpsc, oneshot, watch},
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
    pub(crate) pid: OnceLock<u32>,
    pub(crate) arn: String,
    pub(crate) outbox: mpsc::Sender<Invocation>,
    pub(crate) inbox: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    pending: Mutex<Option<Pending>>,
    life: watch::Sender<Life>,
    kill: Notify,
}

impl Process {
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

    fn add(&self, process: &Arc<Process>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(process.id.clone(), Arc::clone(process));
    }

    fn remove(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// The process group of all functions of a stack, led by the watchdog.
pub(crate) struct Group {
    watchdog: Mutex<Child>,
    id: i32,
}

impl Group {
    pub(crate) fn start() -> Result<Self> {
        let watchdog = Command::new("sh")
            .args(["-c", "read -r _; kill -KILL 0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start sh, which ends the functions when the stack ends")?;
        let id = watchdog.id().ok_or_else(|| anyhow!("the watchdog ended at once"))?;
        Ok(Self { id: i32::try_from(id)?, watchdog: Mutex::new(watchdog) })
    }

    /// Kills every process of the group.
    pub(crate) fn end(&self) {
        drop(self.watchdog.lock().unwrap_or_else(PoisonError::into_inner).stdin.take());
    }
}

/// What every process of a stack is started with.
pub(crate) struct Spawner {
    pub(crate) binaries: PathBuf,
    pub(crate) runtime_api: String,
    pub(crate) dynamodb_url: String,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) group: Group,
    pub(crate) logs: Logs,
    pub(crate) registry: Registry,
}

impl Spawner {
    /// Starts process number `instance` of `function`.
    pub(crate) fn spawn(&self, function: &Function, instance: u64) -> Result<Arc<Process>> {
        let (outbox, inbox) = mpsc::channel(1);
        let process = Arc::new(Process {
            id: format!("{}.{instance}", function.bin),
            bin: function.bin.clone(),
            arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", function.name),
            pid: OnceLock::new(),
            outbox,
            inbox: tokio::sync::Mutex::new(inbox),
            pending: Mutex::new(None),
            life: watch::Sender::new(Life::Starting),
            kill: Notify::new(),
        });
        // Before it starts, for it asks for its first event at once.
        self.registry.add(&process);
        let mut child = match self.command(function, &process.id).spawn() {
            Ok(child) => child,
            Err(error) => {
                self.registry.remove(&process.id);
                return Err(error).with_context(|| format!("cannot start {}", function.bin));
            }
        };
        let _ = process.pid.set(child.id().unwrap_or_default());
        let readers = [
            child.stdout.take().map(|out| self.forward(&process, out)),
            child.stderr.take().map(|out| self.forward(&process, out)),
        ];
        tokio::spawn(attend(child, Arc::clone(&process), self.registry.clone(), readers));
        Ok(process)
    }

    fn command(&self, function: &Function, id: &str) -> Command {
        let mut command = Command::new(self.binaries.join(&function.bin));
        command
            .env_clear()
            .envs(self.environment_of(function, id))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(self.group.id)
            .kill_on_drop(true);
        command
    }

    fn environment_of(&self, function: &Function, id: &str) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::new();
        for inherited in ["PATH", "TMPDIR", "RUST_BACKTRACE", "SSL_CERT_FILE", "LLVM_PROFILE_FILE"]
        {
            if let Some(value) =
                std::env::var_os(inherited).and_then(|value| value.into_string().ok())
            {
                environment.insert(inherited.to_owned(), value);
            }
        }
        environment.extend(function.environment.clone());
        let memory = function.memory_mb.to_string();
        let group = format!("/aws/lambda/{}", function.name);
        let runtime_api = format!("{}/{id}", self.runtime_api);
        for (key, value) in [
            ("AWS_LAMBDA_FUNCTION_NAME", function.bin.as_str()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &group),
            ("AWS_LAMBDA_LOG_STREAM_NAME", id),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_RUNTIME_API", &runtime_api),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb_url),
            ("TZ", ":UTC"),
        ] {
            environment.insert(key.to_owned(), value.to_owned());
        }
        environment.extend(self.environment.clone());
        environment
    }

    fn forward(
        &self,
        process: &Process,
        output: impl AsyncRead + Unpin + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        let (logs, function, process) =
            (self.logs.clone(), process.bin.clone(), process.id.clone());
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                let text = String::from_utf8_lossy(&line).into_owned();
                logs.push(Line { function: function.clone(), process: process.clone(), text });
            }
        })
    }
}

/// Waits for the end of a process, or brings it about, and makes it known.
async fn attend(
    mut child: Child,
    process: Arc<Process>,
    registry: Registry,
    readers: [Option<tokio::task::JoinHandle<()>>; 2],
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
