//! Functions that a schedule or the table's stream invokes. They have no route and no caller; their event says nothing that
//! matters. What one has done is one line in the log, and where there was nothing to do, none.

use crate::work::deadline::within;
use crate::work::worker::Report;
use crate::work::worker::Worker;
use std::{future::Future, process::ExitCode, rc::Rc, sync::Arc, time::Duration};

use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::Value;

use super::{
    process::started,
    runtime::{self, finished},
};
use crate::{
    base::{
        config::Config,
        error::Error,
        id::IdSource,
        telemetry::{log_failure, log_report},
        time::{Clock, Timestamp},
    },
    store::Store,
};

/// What is kept back of the function's time to end in.
const MARGIN_MS: i64 = 5_000;

#[derive(Serialize)]
struct LogLine<'a, R> {
    time: String,
    aws_request_id: &'a str,
    function: &'a str,
    #[serde(flatten)]
    report: &'a R,
    duration_ms: i64,
    round_trips: u32,
    capacity_units: f64,
}

/// Serves a worker until Lambda stops the process: the whole `main` of its function.
pub async fn serve_worker<R, F, Fut>(run: F) -> ExitCode
where
    R: Report,
    F: Fn(Worker) -> Fut + 'static,
    Fut: Future<Output = Result<R, Error>>,
{
    let start = async {
        let config = Config::from_env()?;
        Store::new(&config).map(|store| (config.function, Arc::new(store)))
    };
    let (function, store) = match started(start).await {
        Ok(started) => started,
        Err(code) => return code,
    };
    let (ids, run, function) = (Arc::new(IdSource::new(Clock)), Rc::new(run), Rc::new(function));
    let handle = move |event: LambdaEvent<Value>| {
        let (invocation, started) = (event.context.request_id.clone(), Clock.now());
        let deadline = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
        let worker = Worker {
            store: Arc::clone(&store),
            ids: Arc::clone(&ids),
            invocation,
            event: Arc::new(event.payload),
            started,
            ends_at: Timestamp::from_millis(deadline.saturating_sub(MARGIN_MS)).unwrap_or(started),
        };
        let (run, function) = (Rc::clone(&run), Rc::clone(&function));
        async move { once(&*run, worker, &function).await }
    };
    finished(runtime::run(service_fn(handle), async || {}).await)
}

/// Runs the worker once. That it failed is Lambda's to know, which tries again.
async fn once<R, F, Fut>(
    run: &F,
    worker: Worker,
    function: &str,
) -> Result<(), lambda_runtime::Error>
where
    R: Report,
    F: Fn(Worker) -> Fut,
    Fut: Future<Output = Result<R, Error>>,
{
    let _ = worker.store.take_consumed();
    let left = u64::try_from(worker.ends_at.millis() - worker.started.millis()).unwrap_or(0);
    let result = within(Duration::from_millis(left), run(worker.clone())).await;
    let (consumed, now) = (worker.store.take_consumed(), Clock.now());
    match result {
        Ok(report) if report.is_idle() => Ok(()),
        Ok(report) => {
            log_report(&LogLine {
                time: now.to_string(),
                aws_request_id: &worker.invocation,
                function,
                report: &report,
                duration_ms: now.millis() - worker.started.millis(),
                round_trips: consumed.round_trips,
                capacity_units: consumed.capacity_units,
            });
            Ok(())
        }
        Err(error) => {
            log_failure(&format!("{function} failed"), &error.explained());
            Err(lambda_runtime::Error::from(error.explained()))
        }
    }
}
