//! The entry point of a function, and the order in which a request is dealt with.
//!
//! 1. The token is read (401).
//! 2. What it may do is checked (403) and its rate limit admits the request (429); a request that is
//!    forbidden counts too.
//! 3. The operation reads its arguments and runs (404, 413, 415, 400, 422).
//! 4. Where others changed the object in between, it runs again on what is there now; so two writers
//!    never lose an update, and neither has to know.
//! 5. One response, one line in the log; and, where the account keeps its requests, one item of theirs, which
//!    is written once the response is sent.
//!
//! A read whose token this process has seen before runs beside steps 1 and 2; its answer waits for
//! them and is thrown away if they refuse. A panic anywhere is a 500, and the process lives on.

use std::{pin::pin, process::ExitCode, rc::Rc};

use futures_util::future::{Either, LocalBoxFuture, select};

use super::{
    authorize::{Caller, Tokens},
    context::Context,
    describe::Description,
    handler::Handler,
    idempotency,
    process::{Process, serve_each_and},
    rate_limit::Standing,
    request::Request,
    respond::{Goes, Response},
};
use crate::{
    base::{
        error::Error,
        id::Environment,
        input::Class,
        telemetry::{LogLine, log},
        time::{Clock, Moment, Timestamp},
    },
    model::{
        auth::{PlainToken, Scope},
        rate_limit::Bucket,
        request_log::LoggedRequest,
    },
    work::{answer::Answer, deadline::within},
};

/// How often an operation runs when others keep changing what it changes.
const RUNS: u32 = 8;

type Run = Box<dyn Fn(Context) -> LocalBoxFuture<'static, Result<Answer<()>, Error>>>;

/// Serves one operation until Lambda stops the process: the whole `main` of a function.
pub async fn serve<Args, H: Handler<Args>>(scope: Scope, handler: H) -> ExitCode {
    serve_until(scope, Manner::default(), handler).await
}

/// Serves the operation that signs in: the text of the token that it makes goes into a cookie.
pub async fn serve_session<Args, H: Handler<Args>>(scope: Scope, handler: H) -> ExitCode {
    serve_until(scope, Manner { goes: Goes::Cookie, ..Manner::default() }, handler).await
}

/// Serves the operation that revokes tokens: a session that revokes itself has its cookie taken from the
/// browser, also where the request was answered before.
pub async fn serve_revocation<Args, H: Handler<Args>>(scope: Scope, handler: H) -> ExitCode {
    serve_until(scope, Manner { revokes: true, ..Manner::default() }, handler).await
}

/// Serves the operation that opens the portal: the secret that it makes goes into an address.
pub async fn serve_portal_session<Args, H: Handler<Args>>(scope: Scope, handler: H) -> ExitCode {
    serve_until(scope, Manner { goes: Goes::Address, ..Manner::default() }, handler).await
}

/// Serves one operation that clients should leave: each answer says so, and until when there is it
/// (`sunset`, an HTTP date).
pub async fn serve_deprecated<Args, H: Handler<Args>>(
    scope: Scope,
    sunset: &'static str,
    handler: H,
) -> ExitCode {
    serve_until(scope, Manner { sunset: Some(sunset), ..Manner::default() }, handler).await
}

/// How an operation's answers differ from those of others.
#[derive(Clone, Copy, Default)]
struct Manner {
    /// Until when there is the route, an HTTP date, where clients should leave it.
    sunset: Option<&'static str>,
    /// Where the secret of an answer goes.
    goes: Goes,
    /// Whether the token that its path names works no more.
    revokes: bool,
}

async fn serve_until<Args, H: Handler<Args>>(scope: Scope, manner: Manner, handler: H) -> ExitCode {
    if cfg!(debug_assertions) && std::env::args().nth(1).as_deref() == Some("--describe") {
        let mut description = H::describe();
        description.deprecated = manner.sunset.is_some();
        return described(description, scope);
    }
    let run: Run = Box::new(move |cx| handler.clone().run(cx));
    let start = async {
        let process = Process::start().await?;
        Ok(Function { scope, manner, run, tokens: Tokens::new(Clock), process })
    };
    serve_each_and(
        start,
        async |function: Rc<Function>, request| function.answer(request).await,
        async |function: &Function| function.process.keep_noted().await,
    )
    .await
}

#[expect(clippy::print_stdout, reason = "the answer to --describe")]
fn described(description: Description, scope: Scope) -> ExitCode {
    println!("{}", description.into_json(Some(scope)));
    ExitCode::SUCCESS
}

/// One operation, ready to run.
struct Function {
    scope: Scope,
    manner: Manner,
    run: Run,
    tokens: Tokens,
    process: Process,
}

/// What became known of a request on the way to its answer.
#[derive(Default)]
struct Trace {
    caller: Option<Caller>,
    standing: Option<Standing>,
    rate_limit_error: Option<Error>,
}

impl Function {
    async fn answer(&self, request: lambda_http::Request) -> Response {
        let arrival = self.process.arrived(request);
        let request = &arrival.request;
        if self.scope.publishable() && request.method == "OPTIONS" {
            return Response::preflight(request);
        }
        let mut trace = Trace::default();
        let left = arrival.time_left();
        let ends_at = arrival.started.plus_millis(i64::try_from(left.as_millis()).unwrap_or(0));
        let result = within(left, self.respond(request, ends_at, &mut trace)).await;
        let replayed = result.as_ref().is_ok_and(|answer| answer.replayed);
        let result =
            result.and_then(|answer| Response::answered(request, answer, self.manner.goes));
        let error = result.as_ref().err().cloned();
        let mut response = result.unwrap_or_else(|error| Response::refused(request, &error));
        if let Some(standing) = &trace.standing {
            response.limited(standing);
        }
        if let Some(sunset) = self.manner.sunset {
            response.deprecated(sunset);
        }
        if self.scope.publishable() {
            response.open_to_browsers();
        }
        let look_up = trace.caller.as_ref().map(|caller| &caller.look_up);
        if self.manner.revokes && request.is_from_dashboard() && request.is_from_own_page() {
            let own = look_up.is_some_and(|look_up| request.names(look_up.token_id.as_str()));
            // Who is not known any more has asked for this before, and was not told what came of it.
            if (own && error.is_none()) || matches!(error, Some(Error::Unauthorized)) {
                response.end_session();
            }
        }
        let line = LogLine {
            account_id: look_up.map(|look_up| look_up.account_id.as_str()),
            token_id: look_up.map(|look_up| look_up.token_id.as_str()),
            replayed,
            error: error.as_ref().and_then(Error::for_the_log),
            rate_limit_error: trace.rate_limit_error.as_ref().and_then(Error::for_the_log),
            ..self.process.line(&arrival, &response)
        };
        log(&line);
        if let Some(caller) = trace.caller.as_ref().filter(|caller| self.is_logged(caller)) {
            let request = logged(caller, request, &line, error.as_ref());
            self.process.note(caller.account().clone(), request, ends_at);
        }
        response
    }

    /// Whether the account keeps this caller's requests: all but those that read what is kept.
    fn is_logged(&self, caller: &Caller) -> bool {
        caller.look_up.limits.are_logged() && self.scope != Scope::RequestLogsRead
    }

    async fn respond(
        &self,
        request: &Rc<Request>,
        ends_at: Timestamp,
        trace: &mut Trace,
    ) -> Result<Answer<()>, Error> {
        let token = request.credentials().and_then(PlainToken::parse).ok_or(Error::Unauthorized)?;
        match self.tokens.remembered(&token).filter(|_| request.is_read()) {
            Some(caller) => {
                let admitted = pin!(self.admit(&token, request, trace));
                let early = pin!(self.run(caller, request, ends_at));
                // What is refused without asking anybody never begins to read.
                match select(admitted, early).await {
                    Either::Left((admitted, early)) => {
                        admitted?;
                        early.await
                    }
                    Either::Right((answer, admitted)) => admitted.await.and(answer),
                }
            }
            None => {
                let caller = self.admit(&token, request, trace).await?;
                self.run(caller, request, ends_at).await
            }
        }
    }

    async fn admit(
        &self,
        token: &PlainToken,
        request: &Request,
        trace: &mut Trace,
    ) -> Result<Caller, Error> {
        let caller = self.tokens.caller(token, &self.process.store).await?;
        trace.caller = Some(caller.clone());
        let bucket = if self.scope.is_write() { Bucket::Write } else { Bucket::Read };
        let (admitted, standing, error) =
            self.process.limiter.admit(&caller.look_up, bucket, &self.process.store).await;
        trace.standing = Some(standing);
        trace.rate_limit_error = error;
        caller.may(self.scope, request)?;
        admitted.map(|()| caller)
    }

    /// Runs the operation, again while others change what it changes.
    async fn run(
        &self,
        caller: Caller,
        request: &Rc<Request>,
        ends_at: Timestamp,
    ) -> Result<Answer<()>, Error> {
        let mut cx = self.context(caller, request, ends_at).await?;
        let mut result = Err(Error::Contended);
        for attempt in 0..RUNS {
            result = (self.run)(cx.clone()).await;
            if !matches!(result, Err(Error::Stale)) {
                break;
            }
            crate::store::back_off(attempt.min(4)).await;
            cx = self.context(cx.caller, request, ends_at).await?;
        }
        match result {
            Err(error) if may_follow_success(&error) => match earlier(&cx).await? {
                Some(answer) => Ok(answer),
                None if matches!(error, Error::Stale) => Err(Error::Contended),
                None => Err(error),
            },
            result => result,
        }
    }

    /// What the operation has at hand. The time of a staging account is what its clock says; that of a
    /// production account is real, and costs no read.
    async fn context(
        &self,
        caller: Caller,
        request: &Rc<Request>,
        ends_at: Timestamp,
    ) -> Result<Context, Error> {
        let clock = match caller.account().environment() {
            Environment::Prod => None,
            Environment::Stg => Some(self.process.store.clock_of(caller.account()).await?),
        };
        let now = Clock.now();
        let moment = clock.as_ref().map_or_else(|| Moment::from(now), |clock| clock.moment(now));
        let actor = caller.actor(request);
        let work = self.process.work(caller.account().clone(), moment, (request, actor));
        let request = Rc::clone(request);
        Ok(Context { work, caller, request, clock, ends_at })
    }
}

/// A request as the log of its account has it.
fn logged(
    caller: &Caller,
    request: &Request,
    line: &LogLine<'_>,
    error: Option<&Error>,
) -> LoggedRequest {
    let answered = LoggedRequest {
        id: request.id.clone(),
        created_at: Clock.now(),
        route: request.route.clone(),
        path: request.path.clone(),
        status: line.status,
        code: None,
        errors: Vec::new(),
        token_id: caller.look_up.token_id.clone(),
        actor: caller.actor_type(request),
        duration_ms: line.duration_ms,
        round_trips: line.round_trips,
        capacity_units: line.capacity_units,
        replayed: line.replayed,
    };
    answered.failing(error.into_iter().flat_map(Error::told))
}

/// The answer that an earlier, equal request was given.
async fn earlier(cx: &Context) -> Result<Option<Answer<()>>, Error> {
    match idempotency::repeatable(cx)? {
        Some(repeatable) => repeatable.earlier(cx.store(), cx.account()).await,
        None => Ok(None),
    }
}

/// Whether a request may be refused with this because an equal one succeeded before.
fn may_follow_success(error: &Error) -> bool {
    match error {
        Error::Faulty(faults) => faults.class() == Class::NotValid,
        Error::NotFound
        | Error::Stale
        | Error::Contended
        | Error::PreconditionFailed
        | Error::Conflict(_)
        | Error::Busy(_) => true,
        _ => false,
    }
}
