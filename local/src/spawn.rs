//! The start of a function process: its environment, where its output goes, and what ends it.
//!
//! Every process is in the process group of a watchdog, a shell that waits for the end of its
//! standard input and then kills the group. The pipe is closed by [`Group::end`], and by the kernel
//! when this process dies in whatever way, so no function outlives the stack, not even after a
//! `kill -9`. (`PR_SET_PDEATHSIG` would need `unsafe`, and only Linux has it.) Being in a group of
//! their own, functions do not see a Ctrl-C in the terminal: the stack stops them in its own order.

use crate::{
    binaries::Binaries,
    logs::{Line, Logs},
    process::{Process, Registry, attend},
    template::{Function, REGION},
};
use anyhow::{Context, Result, anyhow};
use std::{
    collections::BTreeMap,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

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
    pub(crate) binaries: Binaries,
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
        let process = Arc::new(Process::new(function, instance));
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
        let mut command = Command::from(self.binaries.command(&function.bin));
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
    ) -> JoinHandle<()> {
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
