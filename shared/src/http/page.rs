//! Pages that strangers open: no token, but a path that names a checkout session and its secret.
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
        id::{AccountId, CheckoutSessionId, Environment, IdSource, TokenId},
        telemetry::{self, LogLine, log, log_failure},
        time::{Clock, Moment},
    },
    model::{
        auth::TokenKind,
        checkout::CheckoutSession,
        entity::Secured,
        hosted::{Hosted, PaymentForm, unknown_page},
        rate_limit::{Bucket, RateLimits},
        token::LookUp,
        words::Locale,
    },
    store::Store,
    work::{Work, deadline::within},
};

/// A request for the page of a session, by somebody who has its address.
#[derive(Clone, Debug)]
pub struct Visit {
    work: Work,
    session: CheckoutSession,
    form: PaymentForm,
    locale: Locale,
}

impl Visit {
    /// What is needed to read and change the seller's objects.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// The session.
    pub fn session(&self) -> CheckoutSession {
        self.session.clone()
    }

    /// What was sent.
    pub fn form(&self) -> PaymentForm {
        self.form.clone()
    }

    /// The language that the browser asks for.
    pub fn locale(&self) -> Locale {
        self.locale
    }
}

type Show = Box<dyn Fn(Visit) -> LocalBoxFuture<'static, Result<Hosted, Error>>>;

/// Serves one page until Lambda stops the process.
pub async fn serve_page<F, Fut>(show: F) -> ExitCode
where
    F: Fn(Visit) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<Hosted, Error>> + 'static,
{
    telemetry::start();
    let show: Show = Box::new(move |visit| Box::pin(show(visit)));
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
struct Pages {
    show: Show,
    name: String,
    ids: Arc<IdSource>,
    store: Arc<Store>,
    limiter: RateLimiter,
}

impl Pages {
    async fn start(show: Show) -> Result<Self, String> {
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
        let locale = locale_of(request);
        match unknown_page(locale, error.status()) {
            Ok(page) => Response::hosted(request, Hosted::Page(page)),
            Err(_) => Response::refused(request, error),
        }
    }

    async fn shown(&self, request: &Request) -> Result<Hosted, Error> {
        let visit = self.visit(request).await?;
        (self.show)(visit).await
    }

    async fn visit(&self, request: &Request) -> Result<Visit, Error> {
        let account = request.account.as_deref().and_then(|text| text.parse::<AccountId>().ok());
        let id = request.target.as_deref().and_then(|text| text.parse::<CheckoutSessionId>().ok());
        let (account, id) = account.zip(id).ok_or(Error::NotFound)?;
        if account.environment() != id.environment() {
            return Err(Error::NotFound);
        }
        self.admit(request, &account, &id).await?;
        let found: Option<CheckoutSession> = self.store.find(&account, &id).await?;
        let session = found.ok_or(Error::NotFound)?;
        let secret = form_urlencoded::parse(request.raw_query().as_bytes())
            .find(|(name, _)| name == "secure_token")
            .map(|(_, value)| value.into_owned());
        if !secret.is_some_and(|secret| same(&secret, session.secret())) {
            return Err(Error::NotFound);
        }
        let form = match request.is_read() {
            true => PaymentForm::default(),
            false => PaymentForm::read(request.text()?),
        };
        let work = self.work(&account, request).await?;
        Ok(Visit { work, session, form, locale: locale_of(request) })
    }

    async fn work(&self, account: &AccountId, request: &Request) -> Result<Work, Error> {
        let now = Clock.now();
        let moment = match account.environment() {
            Environment::Prod => Moment::from(now),
            Environment::Stg => self.store.clock_of(account).await?.moment(now),
        };
        let (store, ids) = (Arc::clone(&self.store), Arc::clone(&self.ids));
        Ok(Work::new(store, ids, account.clone(), moment, request.id.clone()))
    }

    /// Each session has a limit of its own, as if a publishable token stood for it.
    async fn admit(
        &self,
        request: &Request,
        account: &AccountId,
        id: &CheckoutSessionId,
    ) -> Result<(), Error> {
        let number = id.as_str().rsplit('_').next().unwrap_or_default();
        let token = format!("tok_{}_{number}", id.environment());
        let token_id: TokenId = token.parse().map_err(|_| Error::NotFound)?;
        let look_up = LookUp {
            account_id: account.clone(),
            token_id,
            kind: TokenKind::Publishable,
            scopes: Vec::new(),
            limits: RateLimits::default().of(TokenKind::Publishable),
            expires_at: None,
        };
        let bucket = if request.is_read() { Bucket::Read } else { Bucket::Write };
        self.limiter.admit(&look_up, bucket, &self.store).await.0
    }
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
