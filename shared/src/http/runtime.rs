//! Lambda's Runtime API: the next invocation and what came of it, until Lambda stops the process.
//!
//! `lambda_runtime` has such a loop, with one line more: for each invocation it sets the environment
//! variable `_X_AMZN_TRACE_ID`, and glibc keeps every value that a variable ever had, so a process
//! would grow with each request (docs/operations.md, "Memory of a process"). Nothing here reads that
//! variable. All but the loop is the library's: its client, its context, its services and errors.

use std::{future::poll_fn, process::ExitCode, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use lambda_runtime::{Config, Context, Diagnostic, Error, LambdaEvent, Service};
use lambda_runtime_api_client::{PooledClient, body::Body, build_request};
use serde::{Serialize, de::DeserializeOwned};

use crate::base::telemetry::log_failure;

const INVOCATIONS: &str = "/2018-06-01/runtime/invocation";
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
/// By which Lambda tells the answer of an invocation that has timed out from that of the next.
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");

/// Hands each invocation to `service`, one after the other; returns when the API cannot be reached. `after` is
/// done once an invocation is answered, before the next one is asked for: whoever called has the answer by
/// then, and Lambda lets the process run until it asks for the next.
pub async fn run<E, S>(mut service: S, after: impl AsyncFn()) -> Result<(), Error>
where
    E: DeserializeOwned,
    S: Service<LambdaEvent<E>>,
    S::Response: Serialize,
    S::Error: Into<Diagnostic>,
{
    let (client, config) = (PooledClient::builder().build(), Arc::new(Config::from_env()));
    loop {
        let next = build_request().uri(format!("{INVOCATIONS}/next")).body(Body::empty())?;
        let (head, body) = client.call(next).await?.into_parts();
        let event = body.collect().await?.to_bytes();
        match head.status {
            StatusCode::OK => {}
            // Of cargo-lambda: nothing to do yet.
            StatusCode::NO_CONTENT => continue,
            status => return Err(format!("the next invocation: {status}").into()),
        }
        let id = text(&head.headers, REQUEST_ID)?;
        let context = Context::new(id, Arc::clone(&config), &head.headers)?;
        let outcome = match serde_json::from_slice(&event) {
            Ok(payload) => handled(&mut service, LambdaEvent::new(payload, context)).await,
            Err(error) => Err(Diagnostic::from(format!("the event is not understood: {error}"))),
        };
        let report = report(id, head.headers.get(INVOCATION_ID), outcome)?;
        let answer = client.call(report).await?;
        if !answer.status().is_success() {
            log_failure("Lambda did not take an answer", answer.status().as_str());
        }
        // Read to its end, the connection serves the next call.
        answer.into_body().collect().await?;
        after().await;
    }
}

/// The exit code of a runtime that has stopped.
pub(super) fn finished(result: Result<(), lambda_runtime::Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log_failure("the runtime stopped", &error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Error> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| format!("an invocation without {name}").into())
}

async fn handled<E, S>(service: &mut S, event: LambdaEvent<E>) -> Result<S::Response, Diagnostic>
where
    S: Service<LambdaEvent<E>>,
    S::Error: Into<Diagnostic>,
{
    poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
    service.call(event).await.map_err(Into::into)
}

/// What Lambda is told of an invocation.
fn report(
    id: &str,
    invocation: Option<&HeaderValue>,
    outcome: Result<impl Serialize, Diagnostic>,
) -> Result<Request<Body>, Error> {
    let mut report = build_request().method("POST");
    if let Some(invocation) = invocation {
        report = report.header(INVOCATION_ID, invocation);
    }
    let report = match outcome {
        Ok(answer) => report
            .uri(format!("{INVOCATIONS}/{id}/response"))
            .body(Body::from(serde_json::to_vec(&answer)?))?,
        Err(error) => report
            .uri(format!("{INVOCATIONS}/{id}/error"))
            .header("lambda-runtime-function-error-type", "unhandled")
            .body(Body::from(serde_json::to_vec(&error)?))?,
    };
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(outcome: Result<&str, &'static str>) -> (Request<()>, String) {
        let stale = HeaderValue::from_static("inv-7");
        let outcome = outcome.map_err(Diagnostic::from);
        let (head, body) = report("id-1", Some(&stale), outcome).unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (Request::from_parts(head, ()), String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_answer_and_an_error_are_told_with_the_invocation_they_are_of() {
        let (answer, body) = told(Ok("done")).await;
        assert_eq!(answer.uri(), "/2018-06-01/runtime/invocation/id-1/response");
        assert_eq!(
            (answer.headers()[INVOCATION_ID].as_bytes(), body.as_str()),
            (&b"inv-7"[..], "\"done\"")
        );
        let (error, body) = told(Err("why")).await;
        assert_eq!(error.uri(), "/2018-06-01/runtime/invocation/id-1/error");
        assert_eq!(error.headers()[INVOCATION_ID], "inv-7");
        assert_eq!(error.headers()["lambda-runtime-function-error-type"], "unhandled");
        assert!(body.contains(r#""errorMessage":"why""#), "{body}");
    }
}
