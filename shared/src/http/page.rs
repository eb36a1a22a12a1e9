//! Pages that strangers open: no token, but a path that names an object, and its secret.
//!
//! The secret stands in the query, which no log of the gateway's holds. Whoever has it may do what a
//! publishable token may do with it, and as often. What goes wrong is a page too, in the language of the
//! browser.

use std::{future::Future, process::ExitCode, rc::Rc};

use futures_util::future::LocalBoxFuture;

use super::{
    opened::{embeddable, same},
    process::{Process, serve_each},
    request::Request,
    respond::{Response, SAID},
};
use crate::{
    base::{
        error::Error,
        hash,
        id::{AccountId, CheckoutSessionId, Id, PaymentLinkId, PortalSessionId, TokenId},
        telemetry::{LogLine, log},
        time::Clock,
    },
    model::{
        auth::TokenKind,
        checkout::CheckoutSession,
        entity::{Entity, Secured},
        event::{Actor, ActorType},
        hosted::{Hosted, Looked, PaymentForm, unknown_page},
        payment_link::PaymentLink,
        portal::{PortalForm, PortalSession},
        rate_limit::{Bucket, Limit, RateLimits},
        words::Locale,
    },
    work::{Work, deadline::within},
};

/// What a stranger may open who has its address.
pub trait Opens: Entity {
    /// Whether a program may ask for JSON in place of a page, on any page of the web.
    const TO_PROGRAMS: bool = false;

    /// Whether this is its secret.
    fn is_opened_by(&self, secret: &str) -> bool;

    /// Which bucket a request for it is taken from, and how many there may be.
    fn limit(request: &Request, account: &AccountId, id: &Id<Self::Kind>) -> (String, Limit);
}

impl Opens for CheckoutSession {
    fn is_opened_by(&self, secret: &str) -> bool {
        same(secret, self.secret())
    }

    /// Each session has a limit of its own, as if a publishable token stood for it.
    fn limit(request: &Request, _: &AccountId, id: &CheckoutSessionId) -> (String, Limit) {
        let limits = RateLimits::default().of(TokenKind::Publishable);
        (id.to_string(), limits.of(bucket_of(request)))
    }
}

impl Opens for PaymentLink {
    const TO_PROGRAMS: bool = true;

    fn is_opened_by(&self, secret: &str) -> bool {
        same(secret, self.secret())
    }

    /// Each opening makes something, so each address of the network has a limit of its own.
    fn limit(request: &Request, account: &AccountId, _: &PaymentLinkId) -> (String, Limit) {
        (format!("{account} {}", request.network()), Limit::per(OPENINGS, 60))
    }
}

impl Opens for PortalSession {
    fn is_opened_by(&self, secret: &str) -> bool {
        same(&hash::sha256(secret), self.digest())
    }

    /// Each session has a limit of its own, as if a publishable token stood for it.
    fn limit(request: &Request, _: &AccountId, id: &PortalSessionId) -> (String, Limit) {
        let limits = RateLimits::default().of(TokenKind::Publishable);
        (id.to_string(), limits.of(bucket_of(request)))
    }
}

/// How often links of an account are opened from one address, in a minute.
const OPENINGS: i64 = 10;

fn bucket_of(request: &Request) -> Bucket {
    if request.is_read() { Bucket::Read } else { Bucket::Write }
}

/// A request for a page, by somebody who has its address.
#[derive(Clone, Debug)]
pub struct Visit<E> {
    work: Work,
    object: E,
    sent: String,
    query: String,
    locale: Locale,
    origin: Option<String>,
    wants_json: bool,
}

impl<E: Clone> Visit<E> {
    /// What is needed to read and change the seller's objects.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// What is opened.
    pub fn object(&self) -> E {
        self.object.clone()
    }

    /// What was sent.
    pub fn form(&self) -> PaymentForm {
        PaymentForm::read(&self.sent)
    }

    /// What was sent to the portal.
    pub fn portal_form(&self) -> PortalForm {
        PortalForm::read(&self.sent)
    }

    /// How the page was asked for.
    pub fn looked(&self) -> Looked {
        let own: Vec<_> = form_urlencoded::parse(self.query.as_bytes())
            .filter(|(name, _)| ["secure_token", "locale"].contains(&&**name))
            .collect();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(own);
        Looked {
            query: query.finish(),
            said: in_query(&self.query, SAID),
            invoice: in_query(&self.query, "invoice"),
            credit_note: in_query(&self.query, "credit_note"),
            as_file: in_query(&self.query, "as").is_some_and(|form| form == "pdf"),
            older: in_query(&self.query, "older").and_then(|count| count.parse().ok()),
            locale: self.locale,
        }
    }

    /// The language that the browser asks for.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// Where the deployment was reached.
    pub fn origin(&self) -> Option<String> {
        self.origin.clone()
    }

    /// Where the deployment was reached, in which language it is to answer, and whether with JSON.
    pub fn how(&self) -> (Option<String>, Locale, bool) {
        (self.origin.clone(), self.locale, self.wants_json)
    }
}

type Show<E> = Box<dyn Fn(Visit<E>) -> LocalBoxFuture<'static, Result<Hosted, Error>>>;

/// Serves one page until Lambda stops the process.
pub async fn serve_page<E, F, Fut>(show: F) -> ExitCode
where
    E: Opens + 'static,
    F: Fn(Visit<E>) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<Hosted, Error>> + 'static,
{
    let show: Show<E> = Box::new(move |visit| Box::pin(show(visit)));
    let start = async { Ok(Pages { show, process: Process::start().await? }) };
    serve_each(start, async |pages: Rc<Pages<E>>, request| pages.answer(request).await).await
}

/// The pages of one function.
struct Pages<E> {
    show: Show<E>,
    process: Process,
}

impl<E: Opens> Pages<E> {
    async fn answer(&self, request: lambda_http::Request) -> Response {
        let arrival = self.process.arrived(request);
        let request = &arrival.request;
        let result = within(arrival.time_left(), self.shown(request)).await;
        let error = result.as_ref().err().cloned();
        let response = result.map_or_else(
            |error| Self::refused(request, &error),
            |hosted| Response::hosted(request, hosted),
        );
        log(&LogLine {
            account_id: request.account.as_deref(),
            error: error.as_ref().and_then(Error::for_the_log),
            ..self.process.line(&arrival, &response)
        });
        response
    }

    fn refused(request: &Request, error: &Error) -> Response {
        if E::TO_PROGRAMS && request.wants_json() {
            let mut response = Response::refused(request, error);
            response.open_to_browsers();
            return response;
        }
        match unknown_page(locale_of(request), error.status()) {
            Ok(page) => Response::page_instead(request, page, error),
            Err(_) => Response::refused(request, error),
        }
    }

    async fn shown(&self, request: &Request) -> Result<Hosted, Error> {
        let visit = self.visit(request).await?;
        (self.show)(visit).await
    }

    async fn visit(&self, request: &Request) -> Result<Visit<E>, Error> {
        let account = request.account.as_deref().and_then(|text| text.parse::<AccountId>().ok());
        let id = request.target.as_deref().and_then(|text| text.parse::<Id<E::Kind>>().ok());
        let (account, id) = account.zip(id).ok_or(Error::NotFound)?;
        if account.environment() != id.environment() {
            return Err(Error::NotFound);
        }
        let (name, limit) = E::limit(request, &account, &id);
        let of = (named(&account, &name)?, bucket_of(request));
        let Process { limiter, store, .. } = &self.process;
        limiter.admit_at(of, limit, store).await.0?;
        let found: Option<E> = store.find(&account, &id).await?;
        let object = found.ok_or(Error::NotFound)?;
        let secret = in_query(request.raw_query(), "secure_token");
        if !secret.is_some_and(|secret| object.is_opened_by(&secret)) {
            return Err(Error::NotFound);
        }
        let sent = if request.is_read() { String::new() } else { request.text()?.to_owned() };
        let query = request.raw_query().to_owned();
        let moment = store.moment_of(&account, Clock.now()).await?;
        let actor = Actor::new(ActorType::Payer, id.as_str());
        let work = self.process.work(account, moment, (request, actor));
        let (locale, origin) = (locale_of(request), request.origin());
        let wants_json = E::TO_PROGRAMS && request.wants_json();
        if wants_json {
            embeddable(&work, request).await?;
        }
        Ok(Visit { work, object, sent, query, locale, origin, wants_json })
    }
}

/// The bucket of this name: beside those of tokens, as if it were the account's token.
fn named(account: &AccountId, name: &str) -> Result<TokenId, Error> {
    let tail: String = hash::sha256(name).chars().take(16).collect();
    format!("tok_{}_{tail}", account.environment()).parse().map_err(|_| Error::NotFound)
}

/// The first value of a name in the address.
fn in_query(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

fn locale_of(request: &Request) -> Locale {
    // A choice in the address goes before the browser's.
    let chosen = in_query(request.raw_query(), "locale");
    Locale::preferred(
        chosen.as_deref().or_else(|| request.header("accept-language")).unwrap_or_default(),
    )
}
