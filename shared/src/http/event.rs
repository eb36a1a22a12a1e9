//! Events of the gateway: each becomes a request, is answered, and the answer becomes what the gateway
//! wants, by `lambda_http`.

use std::{future::Future, process::ExitCode};

use futures_util::{TryFutureExt as _, future::Either};
use lambda_http::{
    Adapter, Context, LambdaEvent, RequestExt as _, Service, request::LambdaRequest, service_fn,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::value::RawValue;
use tokio::task::{LocalSet, spawn_local};

use super::{
    presentable::presentable,
    respond::Response,
    runtime::{self, finished},
};
use crate::base::error::Error;

/// Hands requests to `answer` until Lambda stops the process. What that does stays on this thread, so
/// it is a task of its own: `lambda_http` asks for a future that need not stay. `after` is done once a request
/// is answered.
pub(super) async fn until_stopped_http<F, Fut>(answer: F, after: impl AsyncFn()) -> ExitCode
where
    F: Fn(lambda_http::Request) -> Fut,
    Fut: Future<Output = Response> + 'static,
{
    // In a box: it is large, and would be copied each time it is handed on.
    let handle = |request| spawn_local(Box::pin(answer(request))).map_err(lambda_http::Error::from);
    let mut adapter = Adapter::from(service_fn(handle));
    let service = service_fn(move |event: LambdaEvent<LambdaRequest>| {
        adapter.call(LambdaEvent::new(presentable(event.payload), event.context))
    });
    finished(LocalSet::new().run_until(runtime::run(service, after)).await)
}

/// What a function is invoked with that has a route and a rule of EventBridge.
enum Incoming {
    Bridged(Bridged),
    Gateway(Box<LambdaRequest>),
}

impl<'de> Deserialize<'de> for Incoming {
    /// By hand: `lambda_http` reads its request out of the text itself, which an untagged enumeration no
    /// longer has.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str(event.get()) {
            Ok(bridged) => Ok(Self::Bridged(bridged)),
            Err(_) => {
                let request = serde_json::from_str(event.get()).map_err(D::Error::custom)?;
                Ok(Self::Gateway(Box::new(request)))
            }
        }
    }
}

/// A processor's event that EventBridge hands over, as the rule's `InputTemplate` writes it. The gateway
/// makes no such event of any request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bridged {
    /// The processor of ours that the rule names.
    pub(super) processor_id: String,
    /// What the processor has sent.
    pub(super) event: Box<RawValue>,
}

/// What the gateway, or EventBridge, is told.
#[derive(Serialize)]
#[serde(untagged)]
enum Answered<R> {
    Gateway(R),
    Bridged(()),
}

/// The same where EventBridge invokes the function, too: what that hands over goes to `bridged`, whose
/// failure Lambda tries again.
pub(super) async fn until_stopped_bridged<F, Fut, B, Bridging>(answer: F, bridged: B) -> ExitCode
where
    F: Fn(lambda_http::Request) -> Fut,
    Fut: Future<Output = Response> + 'static,
    B: Fn(Bridged, Context) -> Bridging,
    Bridging: Future<Output = Result<(), Error>> + 'static,
{
    // In a box: it is large, and would be copied each time it is handed on.
    let handle = |request| spawn_local(Box::pin(answer(request))).map_err(lambda_http::Error::from);
    let mut adapter = Adapter::from(service_fn(handle));
    let service = service_fn(move |event: LambdaEvent<Incoming>| match event.payload {
        Incoming::Gateway(request) => {
            let request = LambdaEvent::new(presentable(*request), event.context);
            Either::Left(adapter.call(request).map_ok(Answered::Gateway))
        }
        Incoming::Bridged(one) => {
            let done = spawn_local(bridged(one, event.context));
            Either::Right(async move {
                let failed = |error: Error| lambda_http::Error::from(error.explained());
                done.await?.map(Answered::Bridged).map_err(failed)
            })
        }
    });
    finished(LocalSet::new().run_until(runtime::run(service, async || {})).await)
}

/// Lambda's id of the invocation, and when it must have ended.
pub(super) fn invocation(request: &lambda_http::Request) -> (String, u64) {
    request
        .lambda_context_ref()
        .map(|context| (context.request_id.clone(), context.deadline))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_rule_writes_is_told_from_what_the_gateway_makes() {
        let read = |text: &str| serde_json::from_str::<Incoming>(text);
        let bridged =
            read(r#"{"processor_id": "proc_1", "event": {"id": "evt_1", "amount": 1.0}}"#);
        let Ok(Incoming::Bridged(bridged)) = bridged else { panic!("not of the rule") };
        assert_eq!(bridged.processor_id, "proc_1");
        assert_eq!(bridged.event.get(), r#"{"id": "evt_1", "amount": 1.0}"#);
        let body = r#"{\"processor_id\": \"proc_1\", \"event\": {}}"#;
        let request = format!(
            r#"{{"version": "2.0", "routeKey": "POST /api/x", "rawPath": "/api/x", "headers": {{}},
            "requestContext": {{"http": {{"method": "POST", "path": "/api/x"}}}}, "body": "{body}",
            "isBase64Encoded": false}}"#
        );
        assert!(
            matches!(read(&request), Ok(Incoming::Gateway(_))),
            "its body is no event of the rule"
        );
    }
}
