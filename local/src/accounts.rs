//! Accounts of a running stack, made through the operator's function, and the file that remembers
//! the two that a developer starts with.
//!
//! It talks to the stack over HTTP alone, so it serves `make dev` and `make watch` alike.

use crate::http::{HttpClient, client, exchange};
use anyhow::{Context, Result, anyhow, bail};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

/// The function that makes an account. It has no route.
const OPERATOR: &str = "operator-create-account";

/// An account and its first tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `acc_<env>_…`.
    pub account_id: String,
    /// `st_<env>_…`.
    pub secret_token: String,
    /// `pt_<env>_…`.
    pub publishable_token: String,
}

/// The content of `.dev/credentials.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// `http://127.0.0.1:9000/api`.
    pub base_url: String,
    /// The demo account in the environment `prod`.
    pub prod: Account,
    /// The demo account in the environment `stg`.
    pub stg: Account,
}

/// Makes an account on the stack at `endpoint` (`http://127.0.0.1:9000`); the operator function's
/// whole answer.
///
/// # Errors
/// When nothing answers there, or the function refuses.
pub async fn create(
    endpoint: &str,
    environment: &str,
    name: &str,
    requests_per_second: Option<u32>,
) -> Result<Value> {
    let mut payload = json!({"environment": environment, "name": name});
    if let (Some(rate), Some(map)) = (requests_per_second, payload.as_object_mut()) {
        map.insert("requests_per_second".to_owned(), rate.into());
    }
    operate(endpoint, OPERATOR, &payload).await
}

/// Invokes one of the operator's functions of the stack at `endpoint`; its whole answer.
///
/// # Errors
/// When nothing answers there, or the function refuses.
pub async fn operate(endpoint: &str, function: &str, payload: &Value) -> Result<Value> {
    let endpoint = endpoint.trim_end_matches('/');
    let request = Request::post(format!("{endpoint}/2015-03-31/functions/{function}/invocations"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(payload.to_string()))?;
    let answer = exchange(&client(), request)
        .await
        .map_err(|_| anyhow!("nothing answers at {endpoint}; start it with `make dev`"))?;
    let body: Value = serde_json::from_slice(answer.body())
        .with_context(|| format!("{function} answered {} and no JSON", answer.status()))?;
    let failed =
        answer.headers().contains_key("x-amz-function-error") || body.get("errorMessage").is_some();
    if failed || !answer.status().is_success() {
        let message = body.get("errorMessage").or_else(|| body.get("Message"));
        bail!(
            "{function} failed: {}",
            message.and_then(Value::as_str).unwrap_or("it does not say why")
        );
    }
    Ok(body)
}

/// The demo accounts of the stack at `endpoint`: those in `file` if they still work there, else new
/// ones. Either way `file` is up to date afterwards.
///
/// # Errors
/// When an account cannot be made or `file` cannot be written.
pub async fn ensure(endpoint: &str, file: &Path) -> Result<Credentials> {
    let base_url = format!("{}/api", endpoint.trim_end_matches('/'));
    let known = std::fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let credentials = match known {
        Some(Credentials { prod, stg, .. })
            if works(&base_url, &prod).await && works(&base_url, &stg).await =>
        {
            Credentials { base_url, prod, stg }
        }
        _ => {
            let prod = serde_json::from_value(create(endpoint, "prod", "Demo", None).await?)?;
            let stg = serde_json::from_value(create(endpoint, "stg", "Demo", None).await?)?;
            Credentials { base_url, prod, stg }
        }
    };
    write(file, &credentials).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(credentials)
}

/// Where the stack ran whose accounts `file` remembers.
#[must_use]
pub fn last_endpoint(file: &Path) -> Option<String> {
    let known: Credentials = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    known.base_url.strip_suffix("/api").map(str::to_owned)
}

/// Whether the account's token is still known. Only a clear refusal counts as no, so that a broken
/// function does not cost anyone their accounts.
async fn works(base_url: &str, account: &Account) -> bool {
    let status = status(&client(), &format!("{base_url}/account"), &account.secret_token).await;
    !matches!(status, Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
}

async fn status(client: &HttpClient, url: &str, token: &str) -> Result<StatusCode> {
    let request = Request::get(url)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Full::default())?;
    Ok(exchange(client, request).await?.status())
}

/// Writes the file in one step: a reader sees the old one or the new one.
fn write(file: &Path, credentials: &Credentials) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let new = file.with_extension("json.new");
    std::fs::write(&new, format!("{}\n", serde_json::to_string_pretty(credentials)?))?;
    Ok(std::fs::rename(&new, file)?)
}
