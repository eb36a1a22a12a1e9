//! What is answered where no route matches: 404, or 405 with the methods that there are.

use std::{process::ExitCode, rc::Rc};

use super::{
    process::{Arrival, serve_each},
    respond::Response,
};
use crate::{
    base::{error::Error, id::IdSource, telemetry::log, time::Clock},
    store::Consumed,
};

/// A route of the API: a method and a path such as `/api/customers/{id}`.
pub type Route = (&'static str, &'static str);

/// Serves the gateway's catch-all route until Lambda stops the process.
pub async fn serve_unrouted(routes: &'static [Route]) -> ExitCode {
    let start = async { Ok(IdSource::new(Clock)) };
    serve_each(start, async |ids: Rc<IdSource>, request| answer(routes, &ids, request)).await
}

fn answer(routes: &[Route], ids: &IdSource, request: lambda_http::Request) -> Response {
    let arrival = Arrival::of(ids, request);
    let request = &arrival.request;
    let response = Response::refused(request, &refusal(routes, &request.path));
    log(&arrival.line("not-found", &response, Consumed::default()));
    response
}

fn refusal(routes: &[Route], path: &str) -> Error {
    let matching = routes.iter().filter(|(_, pattern)| matches(pattern, path));
    let mut methods: Vec<&str> = matching.map(|(method, _)| *method).collect();
    methods.sort_unstable();
    methods.dedup();
    match methods.is_empty() {
        true => Error::NoRoute,
        false => Error::MethodNotAllowed(methods.join(", ")),
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(pattern, path)| match pattern.starts_with('{') {
            true => !path.is_empty(),
            false => pattern == path,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[Route] = &[
        ("POST", "/api/customers"),
        ("GET", "/api/customers"),
        ("GET", "/api/customers/{id}"),
        ("GET", "/api/{account_id}/customers"),
    ];

    #[test]
    fn a_known_path_with_another_method_names_those_there_are() {
        let Error::MethodNotAllowed(allow) = refusal(ROUTES, "/api/customers") else {
            panic!("405")
        };
        assert_eq!(allow, "GET, POST");
    }

    #[test]
    fn anything_else_is_no_route() {
        for path in ["/", "/api", "/api/custmers", "/api/customers/", "/api/customers/a/b"] {
            assert!(matches!(refusal(ROUTES, path), Error::NoRoute), "{path}");
        }
    }
}
