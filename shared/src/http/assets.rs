//! The built files of a page, served from the program: they touch no data and need no token.
//!
//! A file's name holds a hash of what is in it, so it is kept for a year; the page that names the files
//! is asked for each time.

use std::{process::ExitCode, rc::Rc};

use super::{
    event::{invocation, until_stopped_http},
    request::Request,
    respond::Response,
};
use crate::base::{
    error::Error,
    id::IdSource,
    telemetry::{self, LogLine, log},
    time::Clock,
};

/// A file: its name, empty for the page itself, its media type, and what is in it.
pub type Asset = (&'static str, &'static str, &'static str);

/// What a browser may do with the page: run its own files and ask its own origin, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Serves files until Lambda stops the process.
pub async fn serve_assets(files: &'static [Asset]) -> ExitCode {
    telemetry::start();
    let ids = Rc::new(IdSource::new(Clock));
    until_stopped_http(move |request| {
        let ids = Rc::clone(&ids);
        async move { answer(files, &ids, request) }
    })
    .await
}

fn answer(files: &[Asset], ids: &IdSource, request: lambda_http::Request) -> Response {
    let started = Clock.now();
    let (aws_request_id, _) = invocation(&request);
    let request = Request::new(ids.request_id(), request);
    let name = request.target.as_deref().unwrap_or_default();
    let response = match files.iter().find(|(known, ..)| *known == name) {
        Some((_, media, text)) => {
            let policy = name.is_empty().then_some(POLICY);
            Response::file(&request, media, (*text).to_owned(), policy)
        }
        None => Response::refused(&request, &Error::NoRoute),
    };
    let now = Clock.now();
    log(&LogLine {
        time: now.to_string(),
        request_id: &request.id,
        aws_request_id: &aws_request_id,
        function: "dashboard-asset",
        route: &request.route,
        status: response.status(),
        duration_ms: now.millis() - started.millis(),
        ..LogLine::default()
    });
    response
}
