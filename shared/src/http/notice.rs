//! Events that processors send: no token, but a signature by a secret that the account has from there.
//!
//! Whose account it is, is found by the processor that the path names. Whoever cannot sign is told one
//! thing alone, whatever the reason: there is no such processor, it has no secret, the signature is
//! another's or too old. Nothing of the body is looked at before. What is signed has a limit of its own,
//! as if a secret token stood for the processor.
//!
//! What EventBridge hands over nobody signs: Stripe has put it on a bus of the operator's own, whose rule
//! names the processor, and nobody else may invoke the function. It is as much of a hint.

use std::{future::Future, process::ExitCode, rc::Rc, sync::Arc, time::Duration};

use futures_util::future::LocalBoxFuture;
use lambda_http::Context;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    describe::Description,
    event::{Bridged, until_stopped_bridged},
    process::{MARGIN_MS, Process, started},
    request::Request,
    respond::{Goes, Response},
};
use crate::{
    base::{
        error::Error,
        id::{ProcessorId, TokenId, kind},
        input::{Faults, Location},
        telemetry::{LogLine, log},
        time::Clock,
    },
    model::{
        auth::TokenKind,
        entity::Representation,
        event::{Actor, ActorType, Cause},
        processor::Processor,
        rate_limit::{Bucket, RateLimits},
        token::LookUp,
    },
    work::{Work, answer::Answer, deadline::within},
};

/// The header that says by whom a body was signed, and when.
const SIGNATURE: &str = "Stripe-Signature";
/// How long an event that EventBridge hands over may take.
const LONGEST_BRIDGED_MS: i64 = 29_000;

/// An event that its processor has signed.
#[derive(Clone, Debug)]
pub struct Notice {
    work: Work,
    processor: Processor,
    body: String,
}

impl Notice {
    /// What is needed to read and change the account's objects.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Who sent it.
    pub fn processor(&self) -> &Processor {
        &self.processor
    }

    /// What was signed.
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// That an event has been dealt with.
#[derive(Debug, Serialize, JsonSchema)]
struct ProcessorEventReceived {
    /// Always true.
    received: bool,
}

impl Representation for ProcessorEventReceived {
    fn example() -> Value {
        json!({"received": true})
    }
}

type Hear = Box<dyn Fn(Notice) -> LocalBoxFuture<'static, Result<(), Error>>>;

/// Serves the events of processors until Lambda stops the process.
pub async fn serve_notices<F, Fut>(hear: F) -> ExitCode
where
    F: Fn(Notice) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<(), Error>> + 'static,
{
    if cfg!(debug_assertions) && std::env::args().nth(1).as_deref() == Some("--describe") {
        return described();
    }
    let hear: Hear = Box::new(move |notice| Box::pin(hear(notice)));
    let ears = match started(async { Ok(Ears { hear, process: Process::start().await? }) }).await {
        Ok(ears) => Rc::new(ears),
        Err(code) => return code,
    };
    let bridging = Rc::clone(&ears);
    let answer = move |request| {
        let ears = Rc::clone(&ears);
        async move { ears.answer(request).await }
    };
    let bridged = move |bridged, context| {
        let ears = Rc::clone(&bridging);
        async move { ears.bridged(bridged, context).await }
    };
    until_stopped_bridged(answer, bridged).await
}

#[expect(clippy::print_stdout, reason = "the answer to --describe")]
fn described() -> ExitCode {
    let mut description = Description::of::<ProcessorEventReceived>();
    description.target::<kind::Processor>();
    let about = "When the body was signed, and what with: `t=…,v1=…`, over its bytes.";
    description.header(SIGNATURE, about);
    description.document("ProcessorEvent", "An event, as the processor writes it.");
    println!("{}", description.into_json(None));
    ExitCode::SUCCESS
}

/// What hears.
struct Ears {
    hear: Hear,
    process: Process,
}

impl Ears {
    async fn answer(&self, request: lambda_http::Request) -> Response {
        let arrival = self.process.arrived(request);
        let request = &arrival.request;
        let mut account = None;
        let heard = self.heard(request, &mut account);
        let result = within(arrival.time_left(), heard).await.and_then(|()| {
            let answer = Answer::of(&ProcessorEventReceived { received: true }, None)?;
            Response::answered(request, answer, Goes::Token)
        });
        let error = result.as_ref().err().cloned();
        let response = result.unwrap_or_else(|error| Response::refused(request, &error));
        log(&LogLine {
            account_id: account.as_deref(),
            error: error.as_ref().and_then(Error::for_the_log),
            ..self.process.line(&arrival, &response)
        });
        response
    }

    /// Hears what EventBridge hands over. A failure is in the log, and Lambda's to try again.
    async fn bridged(&self, bridged: Bridged, context: Context) -> Result<(), Error> {
        let (started, _) = (Clock.now(), self.process.store.take_consumed());
        let deadline = i64::try_from(context.deadline).unwrap_or(i64::MAX);
        let left = (deadline - started.millis() - MARGIN_MS).clamp(0, LONGEST_BRIDGED_MS);
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let mut account = None;
        let heard = self.heard_bridged(&bridged, &mut account);
        let result = within(left, heard).await;
        let (now, consumed) = (Clock.now(), self.process.store.take_consumed());
        log(&LogLine {
            time: now.to_string(),
            aws_request_id: &context.request_id,
            function: &self.process.name,
            route: "EventBridge",
            status: if result.is_ok() { 200 } else { 500 },
            account_id: account.as_deref(),
            duration_ms: now.millis() - started.millis(),
            round_trips: consumed.round_trips,
            capacity_units: consumed.capacity_units,
            error: result.as_ref().err().and_then(Error::for_the_log),
            ..LogLine::default()
        });
        result
    }

    async fn heard_bridged(
        &self,
        bridged: &Bridged,
        named: &mut Option<String>,
    ) -> Result<(), Error> {
        let unknown = || {
            let id = &bridged.processor_id;
            Error::Internal(format!("StripeEventProcessor is {id}, and no processor"))
        };
        let id = bridged.processor_id.parse::<ProcessorId>().map_err(|_| unknown())?;
        let store = &self.process.store;
        let account = store.account_of_processor(&id).await?.ok_or_else(unknown)?;
        *named = Some(account.to_string());
        let processor: Option<Processor> = store.find(&account, &id).await?;
        let processor = processor.ok_or_else(unknown)?;
        let moment = store.moment_of(&account, Clock.now()).await?;
        let actor = Actor::new(ActorType::Processor, id.as_str());
        let cause = Cause { request_id: self.process.ids.request_id(), actor };
        let (store, ids) = (Arc::clone(store), Arc::clone(&self.process.ids));
        let work = Work::new(store, ids, account, moment, cause);
        let body = bridged.event.get().to_owned();
        (self.hear)(Notice { work, processor, body }).await
    }

    async fn heard(&self, request: &Request, account: &mut Option<String>) -> Result<(), Error> {
        let notice = self.notice(request).await?;
        *account = Some(notice.work.account().to_string());
        self.admit(&notice).await?;
        (self.hear)(notice).await
    }

    /// The event, if its processor has signed it.
    async fn notice(&self, request: &Request) -> Result<Notice, Error> {
        let signature = request.header(SIGNATURE).ok_or_else(unsigned)?;
        let body = request.text()?;
        let id = request.target.as_deref().and_then(|text| text.parse::<ProcessorId>().ok());
        let id = id.ok_or_else(unsigned)?;
        let store = &self.process.store;
        let account = store.account_of_processor(&id).await?.ok_or_else(unsigned)?;
        if request.account.as_deref().is_some_and(|named| named != account.as_str()) {
            return Err(unsigned());
        }
        let processor: Option<Processor> = store.find(&account, &id).await?;
        let processor = processor.ok_or_else(unsigned)?;
        let now = Clock.now();
        let moment = store.moment_of(&account, now).await?;
        let actor = Actor::new(ActorType::Processor, id.as_str());
        let work = self.process.work(account, moment, (request, actor));
        // The processor signs in real time, whatever the account's clock says.
        match work.has_signed(&processor, (signature, body), now)? {
            true => Ok(Notice { work, processor, body: body.to_owned() }),
            false => Err(unsigned()),
        }
    }

    async fn admit(&self, notice: &Notice) -> Result<(), Error> {
        let id = notice.processor.id();
        let number = id.as_str().rsplit('_').next().unwrap_or_default();
        let token = format!("tok_{}_{number}", id.environment());
        let token_id: TokenId = token.parse().map_err(|_| unsigned())?;
        let look_up = LookUp {
            account_id: notice.work.account().clone(),
            token_id,
            kind: TokenKind::Secret,
            scopes: Vec::new(),
            limits: RateLimits::default().of(TokenKind::Secret),
            expires_at: None,
        };
        let Process { limiter, store, .. } = &self.process;
        limiter.admit(&look_up, Bucket::Write, store).await.0
    }
}

/// What is said of every event that nobody signed whom the path names.
fn unsigned() -> Error {
    let (headers, mut faults) = (Location::headers(), Faults::default());
    let hint = "is no signature of this processor's, or too old";
    faults.not_understood(&headers.field(SIGNATURE), "invalid_signature", hint);
    Error::Faulty(faults)
}
