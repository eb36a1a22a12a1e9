//! The API Gateway of the local stack: an HTTP API with payload format 2.0 in front of the
//! functions, and Lambda's Invoke API for those that have no route.
//!
//! It reads the whole request before it takes a process, so a client that trickles its body holds
//! up nobody but itself.

mod answer;
mod event;

use crate::{
    clock::now,
    http::{Dropped, Reply, json, read_body},
    options::{Access, AccessSink},
    pool::{MAX_PAYLOAD, Outcome, Pool},
    router::Router,
};
use event::Event;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// The largest request body, in bytes.
const MAX_BODY: usize = 10 * 1024 * 1024;
/// The largest request line and headers together, in bytes.
const MAX_HEADERS: usize = 10_240;

/// What the gateway needs to answer a request.
pub(crate) struct Gateway {
    pub(crate) router: Router,
    /// The pools by binary name.
    pub(crate) pools: BTreeMap<String, Arc<Pool>>,
    /// How long a function may take before the gateway gives up: 30 s in AWS.
    pub(crate) timeout: Duration,
    pub(crate) access: Option<AccessSink>,
}

impl Gateway {
    /// Answers one request.
    pub(crate) async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Reply, Dropped> {
        let begin = Instant::now();
        if let Some(name) = invoked(request.uri().path()) {
            let name = name.to_owned();
            return self.invoke(&name, request).await;
        }
        let mut access = Access {
            method: request.method().to_string(),
            path: request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            ..Access::default()
        };
        let reply = self.route(request, &mut access).await?;
        access.status = reply.status().as_u16();
        access.duration = begin.elapsed();
        if let Some(sink) = &self.access {
            sink(&access);
        }
        Ok(reply)
    }

    async fn route(
        &self,
        request: Request<Incoming>,
        access: &mut Access,
    ) -> Result<Reply, Dropped> {
        let (parts, body) = request.into_parts();
        if size_of(&parts) > MAX_HEADERS {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Ok(message(status, "Request Header Fields Too Large"));
        }
        let body = match read_body(body, MAX_BODY).await {
            Ok(Some(body)) => body,
            Ok(None) => return Ok(too_large()),
            Err(_) => return Err(Dropped),
        };
        let Some(found) = self.router.find(parts.method.as_str(), parts.uri.path()) else {
            return Ok(message(StatusCode::NOT_FOUND, "Not Found"));
        };
        access.function.clone_from(&found.bin);
        let Some(pool) = self.pools.get(&found.bin) else {
            return Ok(message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"));
        };
        let request_id = Uuid::new_v4().to_string();
        let payload = Event::new(&parts, &found, &body, &request_id, now()).into_bytes();
        if payload.len() > MAX_PAYLOAD {
            return Ok(too_large());
        }
        let mut reply = match tokio::time::timeout(self.timeout, pool.invoke(payload)).await {
            Ok(Outcome::Answer(answer)) => answer::reply(&answer).unwrap_or_else(|| {
                message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }),
            Ok(Outcome::Error(error)) => {
                access.error = Some(String::from_utf8_lossy(&error).into_owned());
                let (status, text) = answer::failure(&error);
                message(status, text)
            }
            Ok(Outcome::Throttled) | Err(_) => {
                message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
            }
        };
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            reply.headers_mut().insert(HeaderName::from_static("apigw-requestid"), value);
        }
        Ok(reply)
    }

    /// Lambda's Invoke API.
    async fn invoke(&self, name: &str, request: Request<Incoming>) -> Result<Reply, Dropped> {
        let Some(pool) = self.pool(name) else {
            let body = format!(r#"{{"Type":"User","Message":"Function not found: {name}"}}"#);
            return Ok(json(StatusCode::NOT_FOUND, body));
        };
        let asynchronous = is(request.headers(), "x-amz-invocation-type", "Event");
        let payload = match read_body(request.into_body(), MAX_PAYLOAD).await {
            Ok(Some(body)) if body.is_empty() => "{}".into(),
            Ok(Some(body)) => body,
            Ok(None) => return Ok(too_large()),
            Err(_) => return Err(Dropped),
        };
        if asynchronous {
            let pool = Arc::clone(pool);
            tokio::spawn(async move { pool.invoke(payload).await });
            return Ok(json(StatusCode::ACCEPTED, ""));
        }
        let mut reply = match pool.invoke(payload).await {
            Outcome::Answer(answer) => json(StatusCode::OK, answer),
            Outcome::Error(error) => {
                let mut reply = json(StatusCode::OK, error);
                let value = HeaderValue::from_static("Unhandled");
                reply.headers_mut().insert(HeaderName::from_static("x-amz-function-error"), value);
                reply
            }
            Outcome::Throttled => {
                json(StatusCode::TOO_MANY_REQUESTS, r#"{"Type":"User","Message":"Rate Exceeded."}"#)
            }
        };
        reply.headers_mut().insert(
            HeaderName::from_static("x-amz-executed-version"),
            HeaderValue::from_static("$LATEST"),
        );
        Ok(reply)
    }

    /// The pool of a function, named by its binary or its deployed name.
    pub(crate) fn pool(&self, name: &str) -> Option<&Arc<Pool>> {
        self.pools.get(name).or_else(|| self.pools.values().find(|pool| pool.function.name == name))
    }
}

/// The function that a path of the Invoke API names.
fn invoked(path: &str) -> Option<&str> {
    path.strip_prefix("/2015-03-31/functions/")?.strip_suffix("/invocations")
}

fn is(headers: &HeaderMap, name: &str, wanted: &str) -> bool {
    headers.get(name).is_some_and(|value| value == wanted)
}

/// The bytes of the request line and the headers.
fn size_of(parts: &http::request::Parts) -> usize {
    let line = parts.method.as_str().len()
        + parts.uri.path_and_query().map_or(1, |path| path.as_str().len())
        + " HTTP/1.1\r\n".len();
    parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
        + line
}

fn too_large() -> Reply {
    message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
}

/// An answer the gateway gives by itself.
fn message(status: StatusCode, text: &str) -> Reply {
    json(status, format!(r#"{{"message":"{text}"}}"#))
}
