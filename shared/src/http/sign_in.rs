//! The dashboard's door for passkeys: no token, but what an authenticator signed.
//!
//! `GET` draws a challenge, which costs the table nothing but the rate limit; `POST` takes the answer and
//! opens a session, in a cookie as `POST /api/sessions` does. Whose passkey it is, the authenticator says; a
//! passkey that is not there, was removed or did not sign is told one thing alone. Each address of the
//! network has a limit of its own, because nobody is known before.
//!
//! `POST` needs the header that requests with a session need: no page of another site can have a browser
//! sign in as somebody else.

use std::{process::ExitCode, rc::Rc};

use serde::Serialize;

use super::{
    process::{Process, serve_each},
    request::Request,
    respond::{Goes, Response},
};
use crate::{
    base::{
        error::Error,
        hash,
        id::TokenId,
        input::{Faults, Input, Location},
        telemetry::{LogLine, log},
        time::{Clock, Timestamp},
    },
    model::{
        event::{Actor, ActorType},
        passkey::{Presented, Purpose, SignIn},
        rate_limit::{Bucket, Limit},
        token::Token,
    },
    work::{
        answer::{Answer, Reply},
        deadline::within,
        passkeys::address,
    },
};

/// How often challenges are drawn or answered from one address of the network, in a minute.
const ATTEMPTS: i64 = 30;
/// How often a sign-in runs when others keep using the same passkey.
const RUNS: u32 = 8;

/// What a browser needs to sign in.
#[derive(Debug, Serialize)]
struct SignInChallenge {
    /// What is to be answered, in base64url: once.
    challenge: String,
    /// Until when.
    expires_at: Timestamp,
    /// The `rpId`: the host of the address that was asked.
    host: String,
}

/// Serves the dashboard's sign-in by passkeys until Lambda stops the process.
pub async fn serve_sign_in() -> ExitCode {
    let start = async { Ok(Door { process: Process::start().await? }) };
    serve_each(start, async |door: Rc<Door>, request| door.answer(request).await).await
}

struct Door {
    process: Process,
}

impl Door {
    async fn answer(&self, request: lambda_http::Request) -> Response {
        let arrival = self.process.arrived(request);
        let request = &arrival.request;
        let mut known = None;
        let result = within(arrival.time_left(), self.opened(request, &mut known)).await;
        let result = result.and_then(|answer| Response::answered(request, answer, Goes::Cookie));
        let error = result.as_ref().err().cloned();
        let response = result.unwrap_or_else(|error| Response::refused(request, &error));
        log(&LogLine {
            account_id: known.as_deref(),
            error: error.as_ref().and_then(Error::for_the_log),
            ..self.process.line(&arrival, &response)
        });
        response
    }

    async fn opened(&self, request: &Request, known: &mut Option<String>) -> Reply<()> {
        let Process { limiter, store, .. } = &self.process;
        let of = (bucket_of(request)?, Bucket::Write);
        limiter.admit_at(of, Limit::per(ATTEMPTS, 60), store).await.0?;
        let (at, now) = (address(request.origin())?, Clock.now());
        if request.is_read() {
            let (challenge, expires_at) = store.challenge_key().await?.ask(Purpose::SignIn, now);
            let host = at.host().to_owned();
            return Answer::of(&SignInChallenge { challenge, expires_at, host }, None);
        }
        if !request.is_from_own_page() {
            let hint = "Signing in needs the header PaymentKit-Session: 1";
            return Err(Error::Forbidden(hint));
        }
        let sign_in = sent(request)?;
        let presented = sign_in.presented(&at, &store.challenge_key().await?, now)?;
        let mut result = Err(Error::Contended);
        for attempt in 0..RUNS {
            result = self.session(request, &presented, known).await;
            if !matches!(result, Err(Error::Stale)) {
                break;
            }
            crate::store::back_off(attempt.min(4)).await;
        }
        match result {
            Err(Error::Stale) => Err(Error::Contended),
            result => result.map(Answer::retyped),
        }
    }

    /// The session that is opened by what was `presented`.
    async fn session(
        &self,
        request: &Request,
        presented: &Presented,
        known: &mut Option<String>,
    ) -> Reply<Token> {
        let (store, now) = (&self.process.store, Clock.now());
        let account = presented.account();
        let found = store.passkey_called(account, presented.credential_id()).await?;
        let passkey = found.ok_or(Error::UnknownPasskey)?;
        *known = Some(account.to_string());
        let moment = store.moment_of(account, now).await?;
        let actor = Actor::new(ActorType::Passkey, passkey.id().as_str());
        let work = self.process.work(account.clone(), moment, (request, actor));
        work.open_session(&passkey, presented, now).await
    }
}

/// What was sent to sign in with.
fn sent(request: &Request) -> Result<SignIn, Error> {
    let (json, mut faults) = (request.body()?, Faults::default());
    let read = SignIn::read(&json, &Location::body("passkey"), &mut faults);
    faults.settled()?;
    read.ok_or_else(|| Error::Internal("a fault was not noted".to_owned()))
}

/// The bucket of whoever asks: beside those of tokens, as if their address were one.
fn bucket_of(request: &Request) -> Result<TokenId, Error> {
    let name = format!("sign-in {}", request.network());
    let tail: String = hash::sha256(name).chars().take(16).collect();
    format!("tok_prod_{tail}").parse().map_err(|_| Error::NotFound)
}
