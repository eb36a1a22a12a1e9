//! How every function starts; and, of those that answer over HTTP, whoever may ask them, how long a
//! request may take, and the line in the log for its answer.

use std::{cell::RefCell, future::Future, process::ExitCode, rc::Rc, sync::Arc, time::Duration};

use super::{
    event::{invocation, until_stopped_http},
    rate_limit::RateLimiter,
    request::Request,
    respond::Response,
};
use crate::{
    base::{
        config::Config,
        id::{AccountId, IdSource},
        telemetry::{self, LogLine, log_delay, log_failure},
        time::{Clock, Moment, Timestamp},
    },
    model::{
        event::{Actor, Cause},
        request_log::LoggedRequest,
    },
    store::{Consumed, Store},
    work::{Work, deadline::within},
};

/// What is kept back of the function's time to answer in.
pub(super) const MARGIN_MS: i64 = 500;
/// API Gateway waits no longer.
const LONGEST_MS: i64 = 29_000;

/// Starts a function, and answers requests until Lambda stops it.
pub(super) async fn serve_each<S, F, Fut>(
    start: impl Future<Output = Result<S, String>>,
    answer: F,
) -> ExitCode
where
    F: Fn(Rc<S>, lambda_http::Request) -> Fut,
    Fut: Future<Output = Response> + 'static,
{
    serve_each_and(start, answer, async |_: &S| {}).await
}

/// The same, with something to do once a request is answered.
pub(super) async fn serve_each_and<S, F, Fut>(
    start: impl Future<Output = Result<S, String>>,
    answer: F,
    after: impl AsyncFn(&S),
) -> ExitCode
where
    F: Fn(Rc<S>, lambda_http::Request) -> Fut,
    Fut: Future<Output = Response> + 'static,
{
    match started(start).await {
        Ok(started) => {
            let started = Rc::new(started);
            let kept = Rc::clone(&started);
            let answer = move |request| answer(Rc::clone(&started), request);
            until_stopped_http(answer, async || after(&kept).await).await
        }
        Err(code) => code,
    }
}

/// Starts a function with the log open; or says there why it cannot, and what the process ends with.
pub(super) async fn started<S>(
    start: impl Future<Output = Result<S, String>>,
) -> Result<S, ExitCode> {
    telemetry::start();
    start.await.map_err(|error| {
        log_failure("the function cannot start", &error);
        ExitCode::FAILURE
    })
}

/// What a process that touches data keeps from one request to the next.
pub(super) struct Process {
    /// The function's name.
    pub(super) name: String,
    pub(super) ids: Arc<IdSource>,
    pub(super) store: Arc<Store>,
    pub(super) limiter: RateLimiter,
    /// What is to be kept in the request log, and until when there is time for that.
    noted: RefCell<Vec<Noted>>,
}

/// A request that is to be kept in the log.
struct Noted {
    account: AccountId,
    request: LoggedRequest,
    until: Timestamp,
}

/// How long the log may take, in milliseconds: whoever comes next to this process waits for it.
const LOG_MS: i64 = 1_000;

impl Process {
    /// As the environment says; with its connection made, where that costs nothing.
    pub(super) async fn start() -> Result<Self, String> {
        let config = Config::from_env()?;
        let store = Arc::new(Store::new(&config)?);
        if config.connect_at_init {
            store.connect().await;
        }
        let ids = Arc::new(IdSource::new(Clock));
        let (limiter, noted) = (RateLimiter::new(Clock), RefCell::default());
        Ok(Self { name: config.function, ids, store, limiter, noted })
    }

    /// A request that has come. What is consumed from now on is consumed for it.
    pub(super) fn arrived(&self, request: lambda_http::Request) -> Arrival {
        let _ = self.store.take_consumed();
        Arrival::of(&self.ids, request)
    }

    /// The line in the log for the answer to a request.
    pub(super) fn line<'a>(&'a self, arrival: &'a Arrival, response: &Response) -> LogLine<'a> {
        arrival.line(&self.name, response, self.store.take_consumed())
    }

    /// Notes a request for the log, which is written once it is answered.
    pub(super) fn note(&self, account: AccountId, request: LoggedRequest, until: Timestamp) {
        self.noted.borrow_mut().push(Noted { account, request, until });
    }

    /// Keeps in the log what was noted for it. The requests are answered: that one cannot be kept is for the
    /// operator to know, and for nobody else.
    pub(super) async fn keep_noted(&self) {
        let noted = self.noted.take();
        for Noted { account, request, until } in noted {
            let left = (until.millis() - Clock.now().millis()).clamp(0, LOG_MS);
            let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
            if let Err(error) = within(left, self.store.keep_request(&account, &request)).await {
                log_delay("a request is not in the request log", &error.explained());
            }
        }
    }

    /// What reads and changes an account's objects for a request.
    pub(super) fn work(
        &self,
        account: AccountId,
        moment: Moment,
        (request, actor): (&Request, Actor),
    ) -> Work {
        let (store, ids) = (Arc::clone(&self.store), Arc::clone(&self.ids));
        let cause = Cause { request_id: request.id.clone(), actor };
        Work::new(store, ids, account, moment, cause)
    }
}

/// A request that has come.
pub(super) struct Arrival {
    pub(super) request: Rc<Request>,
    pub(super) started: Timestamp,
    aws_request_id: String,
    deadline: u64,
}

impl Arrival {
    /// A request as the gateway hands it over.
    pub(super) fn of(ids: &IdSource, request: lambda_http::Request) -> Self {
        let started = Clock.now();
        let (aws_request_id, deadline) = invocation(&request);
        let request = Rc::new(Request::new(ids.request_id(), request));
        Self { request, started, aws_request_id, deadline }
    }

    /// How long it may take. Lambda's deadline is an instant in milliseconds; cargo-lambda sends a
    /// length instead, which as an instant was long ago.
    pub(super) fn time_left(&self) -> Duration {
        let started = self.started.millis();
        let deadline = i64::try_from(self.deadline).unwrap_or(i64::MAX);
        let left = match deadline < started / 2 {
            true => LONGEST_MS,
            false => (deadline - started - MARGIN_MS).clamp(0, LONGEST_MS),
        };
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// The line in the log for its answer. Whoever answered adds what is known of who asked.
    pub(super) fn line<'a>(
        &'a self,
        function: &'a str,
        response: &Response,
        consumed: Consumed,
    ) -> LogLine<'a> {
        let now = Clock.now();
        LogLine {
            time: now.to_string(),
            request_id: &self.request.id,
            aws_request_id: &self.aws_request_id,
            function,
            route: &self.request.route,
            status: response.status(),
            duration_ms: now.millis() - self.started.millis(),
            round_trips: consumed.round_trips,
            capacity_units: consumed.capacity_units,
            ..LogLine::default()
        }
    }
}
