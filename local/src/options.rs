//! How a stack is started, and what it reports while it runs.

use crate::logs::Sink;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// One answered request, for an access log.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The request's method.
    pub method: String,
    /// The path and the query string as they were sent.
    pub path: String,
    /// The function's binary; empty when none was called.
    pub function: String,
    /// The status of the answer.
    pub status: u16,
    /// From the request's head to the answer's.
    pub duration: Duration,
    /// Lambda's description of the failure, when the function failed.
    pub error: Option<String>,
}

/// Receives each request once it is answered.
pub type AccessSink = Arc<dyn Fn(&Access) + Send + Sync>;

/// How a stack is started.
#[derive(Clone)]
pub struct Options {
    /// The template; `template.yaml` by default.
    pub template: PathBuf,
    /// The functions: one program with all of them, `target/debug/functions` by default, or the folder
    /// of a binary for each.
    pub binaries: PathBuf,
    /// Whether there must be a binary for each function; yes by default. Of those that have none, none is
    /// asked for.
    pub all_binaries: bool,
    /// The port of the gateway on 127.0.0.1; 0, the default, is any free one.
    pub port: u16,
    /// The folder of the data; in memory by default.
    pub data: Option<PathBuf>,
    /// Another DynamoDB in place of the one in this process.
    pub dynamodb_endpoint: Option<String>,
    /// The most processes of one function; 4 by default.
    pub max_processes: usize,
    /// How long the gateway waits for a function; 30 s by default, as in AWS.
    pub gateway_timeout: Duration,
    /// More environment variables for every function; by default those that let an account in
    /// production have the test processor, and webhooks go to this machine.
    pub environment: BTreeMap<String, String>,
    /// Receives every line that functions print, as it is printed.
    pub log_sink: Option<Sink>,
    /// Receives every request once it is answered.
    pub access_sink: Option<AccessSink>,
    /// Whether streams and schedules are delivered; yes by default.
    pub workers: bool,
    /// Runs every schedule this often, whatever its expression says.
    pub schedule_override: Option<Duration>,
    /// Whether calls to DynamoDB are recorded; yes by default.
    pub record_wire: bool,
    /// The folder in which what the stand-in for Stripe was asked, and its answers, are kept; none by
    /// default.
    pub stripe_exchanges: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            template: PathBuf::from("template.yaml"),
            binaries: PathBuf::from("target/debug/functions"),
            all_binaries: true,
            port: 0,
            data: None,
            dynamodb_endpoint: None,
            max_processes: 4,
            gateway_timeout: Duration::from_secs(30),
            // Nobody pays real money on one machine.
            environment: BTreeMap::from(
                ["TEST_PROCESSOR_IN_PROD", "WEBHOOKS_TO_LOOPBACK"]
                    .map(|name| (name.into(), "1".into())),
            ),
            log_sink: None,
            access_sink: None,
            workers: true,
            schedule_override: None,
            record_wire: true,
            stripe_exchanges: None,
        }
    }
}
