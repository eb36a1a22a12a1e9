//! The Lambda Runtime API: the four calls by which a function process gets its events and returns
//! its answers.
//!
//! One server for all processes. A process is told apart by the first part of its path, because
//! `AWS_LAMBDA_RUNTIME_API` may be a URL with a path: `http://127.0.0.1:1234/customers-create.3`.
//! Source: AWS, "Using the Lambda runtime API for custom runtimes".

use crate::{
    clock::now,
    http::{Dropped, Reply, json, read_body},
    pool::MAX_PAYLOAD,
    process::{Answer, Invocation, Process, Registry},
};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use std::sync::Arc;

/// Somewhat more than an answer may be, so that one that is too large is reported as such.
const READ_LIMIT: usize = MAX_PAYLOAD * 2;

/// Answers one call of a process.
pub(crate) async fn handle(
    registry: Registry,
    request: Request<Incoming>,
) -> Result<Reply, Dropped> {
    let path = request.uri().path().to_owned();
    let mut parts = path.trim_start_matches('/').splitn(2, "/2018-06-01/runtime/");
    let (id, call) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Some(process) = registry.get(id) else {
        return Ok(json(StatusCode::FORBIDDEN, format!(r#"{{"errorMessage":"no process {id}"}}"#)));
    };
    let call: Vec<_> = call.split('/').collect();
    match (request.method(), call.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(&process).await,
        (&Method::POST, ["invocation", request_id, "response"]) => {
            answer(&process, request_id, request, Answer::Response).await
        }
        (&Method::POST, ["invocation", request_id, "error"]) => {
            answer(&process, request_id, request, Answer::Error).await
        }
        // The process reports that it cannot start, and ends: its end is what the pool waits for,
        // and what it printed says why.
        (&Method::POST, ["init", "error"]) => Ok(accepted()),
        _ => Ok(json(StatusCode::NOT_FOUND, r#"{"errorMessage":"no such call"}"#)),
    }
}

async fn next(process: &Arc<Process>) -> Result<Reply, Dropped> {
    process.is_ready();
    let invocation = process.inbox.lock().await.recv().await;
    let Some(Invocation { request_id, payload, timeout }) = invocation else { return Err(Dropped) };
    let deadline = now()
        .as_millisecond()
        .saturating_add_unsigned(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
    let trace = format!("Root=1-{:08x}-{}", now().as_second(), trace_tail(&request_id));
    let mut reply = Response::new(Full::new(payload));
    for (name, value) in [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", request_id.as_str()),
        ("lambda-runtime-deadline-ms", &deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", &process.arn),
        ("lambda-runtime-trace-id", &trace),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            reply.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(reply)
}

/// 24 hexadecimal digits that go with the request.
fn trace_tail(request_id: &str) -> String {
    request_id.chars().filter(char::is_ascii_hexdigit).take(24).collect()
}

async fn answer(
    process: &Arc<Process>,
    request_id: &str,
    request: Request<Incoming>,
    kind: fn(bytes::Bytes) -> Answer,
) -> Result<Reply, Dropped> {
    // A body that breaks off is a process that died; the pool hears of that by itself.
    let body = read_body(request.into_body(), READ_LIMIT).await.map_err(|_| Dropped)?;
    let (status, answer) = match body {
        Some(body) if body.len() > MAX_PAYLOAD => (StatusCode::PAYLOAD_TOO_LARGE, kind(body)),
        Some(body) => (StatusCode::ACCEPTED, kind(body)),
        None => {
            let body = vec![b' '; MAX_PAYLOAD + 1];
            (StatusCode::PAYLOAD_TOO_LARGE, kind(body.into()))
        }
    };
    if !process.answer(request_id, answer) {
        return Ok(json(StatusCode::BAD_REQUEST, r#"{"errorMessage":"nobody waits for this"}"#));
    }
    Ok(if status == StatusCode::ACCEPTED { accepted() } else { json(status, "{}") })
}

fn accepted() -> Reply {
    json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
}
