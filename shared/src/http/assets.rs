//! Built files, served from the program: they touch no data and need no token.
//!
//! A file's name holds a hash of what is in it, so it is kept for a year. What has no such name is asked
//! for again: a page each time, a script that pages of others load by its plain name after an hour.

use std::{process::ExitCode, rc::Rc};

use super::{
    process::{Arrival, serve_each},
    request::Request,
    respond::Response,
};
use crate::{
    base::{error::Error, id::IdSource, telemetry::log, time::Clock},
    store::Consumed,
};

/// A file: its name, empty for the page itself, its media type, and what is in it.
pub type Asset = (&'static str, &'static str, &'static str);

/// What a browser may do with the page: run its own files and ask its own origin, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The files of one function.
struct Assets {
    function: &'static str,
    files: &'static [Asset],
    answer: fn(&Request, &Asset) -> Response,
}

/// Serves a page and its files until Lambda stops the process.
pub async fn serve_assets(function: &'static str, files: &'static [Asset]) -> ExitCode {
    let answer = |request: &Request, (name, media, text): &Asset| {
        let policy = name.is_empty().then_some(POLICY);
        Response::file(request, media, (*text).to_owned(), policy)
    };
    serve_files(Assets { function, files, answer }).await
}

/// Serves scripts that pages of any origin may load, until Lambda stops the process.
pub async fn serve_scripts(function: &'static str, files: &'static [Asset]) -> ExitCode {
    let answer = |request: &Request, (name, media, text): &Asset| {
        Response::script(request, media, text, name.contains('-'))
    };
    serve_files(Assets { function, files, answer }).await
}

async fn serve_files(assets: Assets) -> ExitCode {
    let start = async { Ok((assets, IdSource::new(Clock))) };
    serve_each(start, async |started: Rc<(Assets, IdSource)>, request| {
        answer(&started.0, &started.1, request)
    })
    .await
}

fn answer(assets: &Assets, ids: &IdSource, request: lambda_http::Request) -> Response {
    let arrival = Arrival::of(ids, request);
    let request = &arrival.request;
    let name = request.target.as_deref().unwrap_or_default();
    let response = match assets.files.iter().find(|(known, ..)| *known == name) {
        Some(asset) => (assets.answer)(request, asset),
        None => Response::refused(request, &Error::NoRoute),
    };
    log(&arrival.line(assets.function, &response, Consumed::default()));
    response
}
