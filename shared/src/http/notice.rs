//! Events that processors send: no token, but a signature by a secret that the account has from there.
//!
//! Whose account it is, is found by the processor that the path names. Whoever cannot sign is told one
//! thing alone, whatever the reason: there is no such processor, it has no secret, the signature is
//! another's or too old. Nothing of the body is looked at before. What is signed has a limit of its own,
//! as if a secret token stood for the processor.

use std::{future::Future, process::ExitCode, rc::Rc};

use futures_util::future::LocalBoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    describe::Description,
    process::{Process, serve_each},
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
        event::{Actor, ActorType},
        processor::Processor,
        rate_limit::{Bucket, RateLimits},
        token::LookUp,
    },
    work::{Work, answer::Answer, deadline::within},
};

/// The header that says by whom a body was signed, and when.
const SIGNATURE: &str = "Stripe-Signature";

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
    let start = async { Ok(Ears { hear, process: Process::start().await? }) };
    serve_each(start, async |ears: Rc<Ears>, request| ears.answer(request).await).await
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
