//! Events of the gateway: each becomes a request, is answered, and the answer becomes what the gateway
//! wants, by `lambda_http`.

use std::{future::Future, process::ExitCode};

use futures_util::TryFutureExt as _;
use lambda_http::{
    Adapter, LambdaEvent, RequestExt as _, Service, request::LambdaRequest, service_fn,
};
use tokio::task::{LocalSet, spawn_local};

use super::{
    presentable::presentable,
    respond::Response,
    runtime::{self, finished},
};

/// Hands requests to `answer` until Lambda stops the process. What that does stays on this thread, so
/// it is a task of its own: `lambda_http` asks for a future that need not stay. `after` is done once a request
/// is answered.
pub(super) async fn until_stopped_http<F, Fut>(answer: F, after: impl AsyncFn()) -> ExitCode
where
    F: Fn(lambda_http::Request) -> Fut,
    Fut: Future<Output = Response> + 'static,
{
    let handle = |request| spawn_local(answer(request)).map_err(lambda_http::Error::from);
    let mut adapter = Adapter::from(service_fn(handle));
    let service = service_fn(move |event: LambdaEvent<LambdaRequest>| {
        adapter.call(LambdaEvent::new(presentable(event.payload), event.context))
    });
    finished(LocalSet::new().run_until(runtime::run(service, after)).await)
}

/// Lambda's id of the invocation, and when it must have ended.
pub(super) fn invocation(request: &lambda_http::Request) -> (String, u64) {
    request
        .lambda_context_ref()
        .map(|context| (context.request_id.clone(), context.deadline))
        .unwrap_or_default()
}
