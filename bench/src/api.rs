//! A running stack of release binaries, and clients of it.

use crate::{Setup, root};
use anyhow::{Context, Result, anyhow, bail};
use local::{Options, Outcome, Stack};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::Duration;

/// The stack.
pub(crate) struct Api {
    /// The stack itself.
    pub(crate) stack: Stack,
    http: reqwest::Client,
}

/// Sends an account's secret token.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    /// The token.
    pub(crate) token: String,
}

/// One request, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The method.
    pub(crate) method: Method,
    /// The path with its query.
    pub(crate) path: String,
    /// The JSON body.
    pub(crate) body: Option<String>,
    /// The `Idempotency-Key`.
    pub(crate) key: Option<String>,
    /// The status it has to be answered with.
    pub(crate) status: u16,
}

impl Api {
    /// Starts a stack: data in memory, at most four processes of each function. Streams and schedules
    /// are not delivered, because workers would take CPU from what is measured.
    pub(crate) async fn start(setup: &Setup) -> Result<Self> {
        Self::start_with(setup, Options { workers: false, ..Options::default() }).await
    }

    /// Starts a stack with these options, of the binaries that are measured.
    pub(crate) async fn start_with(setup: &Setup, options: Options) -> Result<Self> {
        let (template, binaries) = (root().join("template.yaml"), setup.binaries()?);
        Self::of(Options { template, binaries, ..options }).await
    }

    /// Starts a stack of some build.
    pub(crate) async fn of(options: Options) -> Result<Self> {
        let stack = Stack::start(options).await?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { stack, http })
    }

    /// A client of a new account in production, whose rate limit is out of the way.
    pub(crate) async fn client(&self) -> Result<Client> {
        self.client_in("prod").await
    }

    /// The same, in one of the environments.
    pub(crate) async fn client_in(&self, environment: &str) -> Result<Client> {
        self.client_limited(environment, 1_000_000).await
    }

    /// A client of a new account whose tokens may make so many requests a second.
    pub(crate) async fn client_limited(&self, environment: &str, limit: u32) -> Result<Client> {
        let event = json!({
            "environment": environment, "name": "Bench", "requests_per_second": limit,
        });
        let answer = match self.stack.invoke("operator-create-account", event.to_string()).await? {
            Outcome::Answer(answer) => serde_json::from_slice::<Value>(&answer)?,
            other => bail!("no account was made: {other:?}"),
        };
        let token = answer.get("secret_token").and_then(Value::as_str);
        Ok(Client {
            http: self.http.clone(),
            base: self.stack.base_url(),
            token: token.ok_or_else(|| anyhow!("no account was made: {answer}"))?.to_owned(),
        })
    }
}

impl Ask {
    /// A request with a JSON body.
    pub(crate) fn new(method: Method, path: &str, body: &Value) -> Self {
        let body = (!body.is_null()).then(|| body.to_string());
        Self { method, path: path.to_owned(), body, key: None, status: 200 }
    }
}

impl Client {
    /// Sends a request with a JSON body; its answer.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Value) -> Result<Value> {
        Ok(serde_json::from_str(&self.send(&Ask::new(method, path, &body)).await?)?)
    }

    /// Sends a request and waits for its whole answer, which must have the status expected.
    pub(crate) async fn send(&self, ask: &Ask) -> Result<String> {
        let response = self.answer(ask).await?;
        let name = || format!("{} {}", ask.method, ask.path);
        let status = response.status().as_u16();
        let text = response.text().await.with_context(name)?;
        if status != ask.status {
            bail!("{} was answered {status}: {text}", name());
        }
        Ok(text)
    }

    /// Sends a request; the head of its answer, whatever its status.
    pub(crate) async fn answer(&self, ask: &Ask) -> Result<Response> {
        let name = || format!("{} {}", ask.method, ask.path);
        let url = format!("{}{}", self.base, ask.path);
        let mut request = self.http.request(ask.method.clone(), url).bearer_auth(&self.token);
        if let Some(body) = &ask.body {
            request = request.header("content-type", "application/json").body(body.clone());
        }
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key);
        }
        request.send().await.with_context(name)
    }
}
