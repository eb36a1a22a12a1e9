//! The wire between the functions and DynamoDB: a proxy that records every call and can break it.
//!
//! A function signs its calls with its process id as the access key id (the engine checks no
//! signature), so the proxy knows who is calling. With recording off and no fault set it looks into
//! no body.

mod call;
mod fault;
mod unconditioned;

use crate::{
    http::{Dropped, HttpClient, Reply, client, exchange, json, read_body},
    process::Registry,
    template::Table,
};
use bytes::Bytes;
pub use call::{Call, Touch};
use call::{KeyNames, touches};
pub use fault::{Fault, FaultHook, Gate};
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};
use unconditioned::unconditioned;

/// DynamoDB's own limit on a request is 16 MB.
const MAX_BODY: usize = 17 * 1024 * 1024;

/// The proxy's record and its faults.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

struct Inner {
    engine: String,
    client: HttpClient,
    names: KeyNames,
    registry: Registry,
    recording: AtomicBool,
    calls: Mutex<Vec<Call>>,
    hook: Mutex<Option<FaultHook>>,
    since_hook: AtomicU64,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("engine", &self.0.engine).finish_non_exhaustive()
    }
}

impl Wire {
    pub(crate) fn new(engine: String, table: &Table, registry: Registry, record: bool) -> Self {
        let sort = table.key_schema.iter().find(|key| key.key_type == "RANGE");
        Self(Arc::new(Inner {
            engine,
            client: client(),
            names: KeyNames {
                partition: table.partition_key().to_owned(),
                sort: sort.map(|key| key.attribute_name.clone()),
            },
            registry,
            recording: AtomicBool::new(record),
            calls: Mutex::default(),
            hook: Mutex::default(),
            since_hook: AtomicU64::new(0),
        }))
    }

    /// Turns recording on or off.
    pub fn record(&self, on: bool) {
        self.0.recording.store(on, Ordering::Relaxed);
    }

    /// Takes the calls recorded so far out of the record, in the order in which they ended.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls())
    }

    /// The calls recorded so far.
    pub fn calls(&self) -> impl std::ops::DerefMut<Target = Vec<Call>> + '_ {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many recorded calls each function made.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.calls().iter() {
            let count: &mut usize = counts.entry(call.function.clone()).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    /// Sets or removes the hook that decides each call's fault, and counts its calls from 1 again.
    pub fn set_fault(&self, hook: Option<FaultHook>) {
        let mut current = self.hook();
        self.0.since_hook.store(0, Ordering::Relaxed);
        *current = hook;
    }

    fn hook(&self) -> std::sync::MutexGuard<'_, Option<FaultHook>> {
        self.0.hook.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault of `call`, when a hook is set.
    fn fault_of(&self, call: &Call) -> Fault {
        let (hook, number) = {
            let hook = self.hook();
            let Some(hook) = hook.as_ref() else { return Fault::Pass };
            (Arc::clone(hook), self.0.since_hook.fetch_add(1, Ordering::Relaxed).saturating_add(1))
        };
        hook(call, number)
    }

    /// Passes one call on to the engine.
    pub(crate) async fn handle(self, request: Request<Incoming>) -> Result<Reply, Dropped> {
        let (parts, body) = request.into_parts();
        let Ok(Some(body)) = read_body(body, MAX_BODY).await else { return Err(Dropped) };
        let recording = self.0.recording.load(Ordering::Relaxed);
        if !recording && self.hook().is_none() {
            return self.forward(&parts, body).await.map(into_reply);
        }
        let mut call = self.describe(&parts.headers, &body);
        let fault = self.fault_of(&call);
        call.fault = fault.name();
        // A task of its own: a call that its caller has given up is still carried out and recorded,
        // as one that is already on its way to DynamoDB.
        let task = tokio::spawn(async move {
            let answer = self.carry_out(&parts, body, &fault, &mut call).await;
            if recording {
                self.calls().push(call);
            }
            answer
        });
        task.await.unwrap_or(Err(Dropped))
    }

    fn describe(&self, headers: &http::HeaderMap, body: &Bytes) -> Call {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let process = text(header::AUTHORIZATION)
            .and_then(|value| value.split_once("Credential="))
            .and_then(|(_, credential)| credential.split('/').next())
            .unwrap_or_default();
        let action = text(header::HeaderName::from_static("x-amz-target"))
            .and_then(|target| target.rsplit('.').next())
            .unwrap_or_default();
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        Call {
            function: process.rsplit_once('.').map(|(bin, _)| bin.to_owned()).unwrap_or_default(),
            process: process.to_owned(),
            action: action.to_owned(),
            touches: touches(action, &json, &self.0.names),
            request_bytes: body.len(),
            ..Call::default()
        }
    }

    async fn carry_out(
        &self,
        parts: &http::request::Parts,
        mut body: Bytes,
        fault: &Fault,
        call: &mut Call,
    ) -> Result<Reply, Dropped> {
        match fault {
            Fault::ResetBefore => return Err(Dropped),
            Fault::KillBefore => return self.kill(&call.process).await,
            Fault::Answer { status, body } => return Ok(made_up(call, *status, body)),
            Fault::Delay(time) => tokio::time::sleep(*time).await,
            Fault::Hold(gate) => gate.opened().await,
            Fault::Unconditioned => {
                if let Ok(json) = serde_json::from_slice(&body) {
                    body = unconditioned(json).to_string().into();
                }
            }
            Fault::Pass
            | Fault::ResetAfter
            | Fault::AnswerAfter { .. }
            | Fault::Late(_)
            | Fault::KillAfter => {}
        }
        let begin = Instant::now();
        let answer = self.forward(parts, body).await?;
        call.engine_time = begin.elapsed();
        call.status = answer.status().as_u16();
        call.response_bytes = answer.body().len();
        call.note_answer(&serde_json::from_slice(answer.body()).unwrap_or_default());
        match fault {
            Fault::ResetAfter => Err(Dropped),
            Fault::KillAfter => self.kill(&call.process).await,
            Fault::Late(time) => {
                tokio::time::sleep(*time).await;
                Ok(into_reply(answer))
            }
            Fault::AnswerAfter { status, body } => Ok(made_up(call, *status, body)),
            _ => Ok(into_reply(answer)),
        }
    }

    /// Kills the caller before its connection breaks, so that it cannot react to that.
    async fn kill(&self, process: &str) -> Result<Reply, Dropped> {
        if let Some(process) = self.0.registry.get(process) {
            process.kill().await;
        }
        Err(Dropped)
    }

    async fn forward(
        &self,
        parts: &http::request::Parts,
        body: Bytes,
    ) -> Result<Response<Bytes>, Dropped> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = parts.method.clone();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = format!("{}{path}", self.0.engine).parse().map_err(|_| Dropped)?;
        for (name, value) in &parts.headers {
            let by_hop = [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING];
            if !by_hop.contains(name) && name != header::CONTENT_LENGTH {
                request.headers_mut().append(name, value.clone());
            }
        }
        exchange(&self.0.client, request).await.map_err(|_| Dropped)
    }
}

fn into_reply(mut answer: Response<Bytes>) -> Reply {
    answer.headers_mut().remove(header::TRANSFER_ENCODING);
    answer.headers_mut().remove(header::CONNECTION);
    answer.map(Full::new)
}

fn made_up(call: &mut Call, status: u16, body: &str) -> Reply {
    call.status = status;
    call.response_bytes = body.len();
    call.note_answer(&serde_json::from_str(body).unwrap_or_default());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = json(status, body.to_owned());
    reply.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    reply
}
