//! Pages that strangers open: no token, but a path that names an object, and its secret.
//!
//! The secret stands in the query, which no log of the gateway's holds. Whoever has it may do what a
//! publishable token may do with it, and as often. What goes wrong is a page too, in the language of the
//! browser.

use std::{future::Future, process::ExitCode, rc::Rc, sync::Arc};

use futures_util::future::LocalBoxFuture;

use super::{
    event::{invocation, until_stopped_http},
    opened::same,
    rate_limit::RateLimiter,
    request::Request,
    respond::Response,
    serve::time_left,
};
use crate::{
    base::{
        config::Config,
        error::Error,
        id::{AccountId, CheckoutSessionId, Id, IdSource, PaymentLinkId, TokenId},
        telemetry::{self, LogLine, log, log_failure},
        time::Clock,
    },
    model::{
        auth::TokenKind,
        checkout::CheckoutSession,
        entity::Secured,
        hosted::{Hosted, PaymentForm, unknown_page},
        payment_link::PaymentLink,
        rate_limit::{Bucket, Limit, RateLimits},
        words::Locale,
    },
    store::Store,
    work::{Work, deadline::within},
};

/// What a stranger may open who has its address.
pub trait Opens: Secured {
    /// Whether a program may ask for JSON in place of a page, on any page of the web.
    const TO_PROGRAMS: bool = false;

    /// Which bucket a request for it is taken from, and how many there may be.
    fn limit(request: &Request, account: &AccountId, id: &Id<Self::Kind>) -> (String, Limit);
}

impl Opens for CheckoutSession {
    /// Each session has a limit of its own, as if a publishable token stood for it.
    fn limit(request: &Request, _: &AccountId, id: &CheckoutSessionId) -> (String, Limit) {
        let limits = RateLimits::default().of(TokenKind::Publishable);
        (id.to_string(), limits.of(bucket_of(request)))
    }
}

impl Opens for PaymentLink {
    const TO_PROGRAMS: bool = true;

    /// Each opening makes something, so each address of the network has a limit of its own.
    fn limit(request: &Request, account: &AccountId, _: &PaymentLinkId) -> (String, Limit) {
        (format!("{account} {}", request.network()), Limit::per(OPENINGS, 60))
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
    form: PaymentForm,
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
        self.form.clone()
    }

    /// The language that the browser asks for.
    pub fn locale(&self) -> Locale {
        self.locale
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
    telemetry::start();
    let show: Show<E> = Box::new(move |visit| Box::pin(show(visit)));
    match Pages::start(show).await {
        Ok(pages) => {
            let pages = Rc::new(pages);
            until_stopped_http(move |request| {
                let pages = Rc::clone(&pages);
                async move { pages.answer(request).await }
            })
            .await
        }
        Err(error) => {
            log_failure("the function cannot start", &error);
            ExitCode::FAILURE
        }
    }
}

/// What a process keeps from one request to the next.
struct Pages<E> {
    show: Show<E>,
    name: String,
    ids: Arc<IdSource>,
    store: Arc<Store>,
    limiter: RateLimiter,
}

impl<E: Opens> Pages<E> {
    async fn start(show: Show<E>) -> Result<Self, String> {
        let config = Config::from_env()?;
        let store = Arc::new(Store::new(&config)?);
        if config.connect_at_init {
            store.connect().await;
        }
        let ids = Arc::new(IdSource::new(Clock));
        Ok(Self { show, name: config.function, ids, store, limiter: RateLimiter::new(Clock) })
    }

    async fn answer(&self, request: lambda_http::Request) -> Response {
        let started = Clock.now();
        let (aws_request_id, deadline) = invocation(&request);
        let request = Request::new(self.ids.request_id(), request);
        let _ = self.store.take_consumed();
        let result = within(time_left(deadline, started), self.shown(&request)).await;
        let error = result.as_ref().err().cloned();
        let response = result.map_or_else(
            |error| Self::refused(&request, &error),
            |hosted| Response::hosted(&request, hosted),
        );
        let (consumed, now) = (self.store.take_consumed(), Clock.now());
        log(&LogLine {
            time: now.to_string(),
            request_id: &request.id,
            aws_request_id: &aws_request_id,
            function: &self.name,
            account_id: request.account.as_deref(),
            route: &request.route,
            status: response.status(),
            duration_ms: now.millis() - started.millis(),
            round_trips: consumed.round_trips,
            capacity_units: consumed.capacity_units,
            error: error.as_ref().and_then(Error::for_the_log),
            ..LogLine::default()
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
        self.limiter.admit_at(of, limit, &self.store).await.0?;
        let found: Option<E> = self.store.find(&account, &id).await?;
        let object = found.ok_or(Error::NotFound)?;
        let secret = form_urlencoded::parse(request.raw_query().as_bytes())
            .find(|(name, _)| name == "secure_token")
            .map(|(_, value)| value.into_owned());
        if !secret.is_some_and(|secret| same(&secret, object.secret())) {
            return Err(Error::NotFound);
        }
        let form = match request.is_read() {
            true => PaymentForm::default(),
            false => PaymentForm::read(request.text()?),
        };
        let work = self.work(&account, request).await?;
        let (locale, origin) = (locale_of(request), request.origin());
        let wants_json = E::TO_PROGRAMS && request.wants_json();
        Ok(Visit { work, object, form, locale, origin, wants_json })
    }

    async fn work(&self, account: &AccountId, request: &Request) -> Result<Work, Error> {
        let moment = self.store.moment_of(account, Clock.now()).await?;
        let (store, ids) = (Arc::clone(&self.store), Arc::clone(&self.ids));
        Ok(Work::new(store, ids, account.clone(), moment, request.id.clone()))
    }
}

/// The bucket of this name: beside those of tokens, as if it were the account's token.
fn named(account: &AccountId, name: &str) -> Result<TokenId, Error> {
    let digest = ring::digest::digest(&ring::digest::SHA256, name.as_bytes());
    let tail: String = data_encoding::HEXLOWER.encode(digest.as_ref()).chars().take(16).collect();
    format!("tok_{}_{tail}", account.environment()).parse().map_err(|_| Error::NotFound)
}

fn locale_of(request: &Request) -> Locale {
    // A choice in the address goes before the browser's.
    let chosen = form_urlencoded::parse(request.raw_query().as_bytes())
        .find(|(name, _)| name == "locale")
        .map(|(_, value)| value.into_owned());
    Locale::preferred(
        chosen.as_deref().or_else(|| request.header("accept-language")).unwrap_or_default(),
    )
}
