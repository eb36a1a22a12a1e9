//! A stand-in for S3, for tests: it takes files that are signed as S3 wants it, and keeps them.
//!
//! The signature is computed here once more, by what AWS says of it and not by the library that signed:
//! "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)".

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use ring::{
    digest::{SHA256, digest},
    hmac,
};
use tokio::task::JoinSet;

use crate::http::{Dropped, Reply, listen, serve};

/// The secret of every function of a stack.
const SECRET: &str = "local";

/// A file that was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The bucket and the key: `books/acc_…/2026-01-01_2026-01-31.csv`.
    pub path: String,
    /// What it is said to be.
    pub media_type: String,
    /// What is in it.
    pub text: String,
}

/// The stand-in. It ends with this.
#[derive(Debug)]
pub struct StandIn {
    url: String,
    state: Arc<Mutex<State>>,
    _server: JoinSet<()>,
}

#[derive(Debug, Default)]
struct State {
    puts: Vec<Put>,
    refusals: VecDeque<(u16, &'static str)>,
    refused: usize,
}

impl StandIn {
    /// One on a free port of this machine.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> Result<Self> {
        let (listener, address) = listen(0).await?;
        let state = Arc::<Mutex<State>>::default();
        let asked = Arc::clone(&state);
        let mut server = JoinSet::new();
        server.spawn(serve(listener, move |request| answer(Arc::clone(&asked), request)));
        Ok(Self { url: format!("http://{address}"), state, _server: server })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was put, in order.
    pub fn puts(&self) -> Vec<Put> {
        lock(&self.state).puts.clone()
    }

    /// What is under a path now.
    pub fn file(&self, path: &str) -> Option<Put> {
        lock(&self.state).puts.iter().rev().find(|put| put.path == path).cloned()
    }

    /// Has it refuse what comes next, once for each, with this status and code.
    pub fn refuse(&self, refusals: impl IntoIterator<Item = (u16, &'static str)>) {
        lock(&self.state).refusals.extend(refusals);
    }

    /// How many files it has refused.
    pub fn refused(&self) -> usize {
        lock(&self.state).refused
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Reply, Dropped> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let path = head.uri.path();
    let mut state = lock(&state);
    let planned = state.refusals.pop_front();
    let (status, code) = match planned {
        Some(planned) => planned,
        None if head.method != Method::PUT => (405, "MethodNotAllowed"),
        None if head.uri.query().is_some() => (400, "InvalidArgument"),
        None => match fault(&head.headers, path, &body) {
            Some(code) => (403, code),
            None => (200, ""),
        },
    };
    let text = String::from_utf8_lossy(&body).into_owned();
    if status == 200 {
        let media_type = value(&head.headers, "content-type").to_owned();
        state.puts.push(Put { path: path.trim_start_matches('/').to_owned(), media_type, text });
    } else {
        state.refused += 1;
    }
    let said = match status {
        200 => String::new(),
        _ => format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>"),
    };
    let mut reply = Response::new(Full::new(Bytes::from(said)));
    *reply.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    Ok(reply)
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What S3 would say is wrong with a request to put a file.
fn fault(headers: &HeaderMap, path: &str, body: &[u8]) -> Option<&'static str> {
    let hash = digest(&SHA256, body);
    let of_body = HEXLOWER.encode(hash.as_ref());
    if value(headers, "x-amz-content-sha256") != of_body {
        return Some("XAmzContentSHA256Mismatch");
    }
    if value(headers, "x-amz-checksum-sha256") != BASE64.encode(hash.as_ref()) {
        return Some("BadDigest");
    }
    let authorization = value(headers, "authorization");
    let Some(authorization) = authorization.strip_prefix("AWS4-HMAC-SHA256 ") else {
        return Some("AccessDenied");
    };
    let part = |name: &str| {
        let mut parts = authorization.split(", ");
        parts.find_map(|one| one.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
    };
    let names: Vec<&str> = part("SignedHeaders").split(';').collect();
    // Whatever is said of the file must be said by who signed.
    let must =
        ["content-type", "host", "x-amz-checksum-sha256", "x-amz-content-sha256", "x-amz-date"];
    if must.iter().any(|name| !names.contains(name)) {
        return Some("AccessDenied");
    }
    let lines: String =
        names.iter().map(|name| format!("{name}:{}\n", value(headers, name).trim())).collect();
    let canonical = format!("PUT\n{path}\n\n{lines}\n{}\n{of_body}", part("SignedHeaders"));
    let scope = part("Credential").split_once('/').map_or("", |(_, scope)| scope);
    let canonical = HEXLOWER.encode(digest(&SHA256, canonical.as_bytes()).as_ref());
    let signed =
        format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{canonical}", value(headers, "x-amz-date"));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = keyed(&key, part);
    }
    let is_signed = HEXLOWER.encode(&keyed(&key, &signed)) == part("Signature");
    (!is_signed || !scope.ends_with("/s3/aws4_request")).then_some("SignatureDoesNotMatch")
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}
