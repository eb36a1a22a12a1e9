//! A stack of fixture functions, and a client for it.

#![expect(clippy::unwrap_used, reason = "a test whose setting cannot be made has failed")]

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use local::{Options, Stack};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a condition may take to come true before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The fixture's template.
pub(crate) fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture/template.yaml")
}

/// A folder in which every function of the fixture's template is the fixture function.
pub(crate) fn binaries() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let target = exe.parent().and_then(Path::parent).unwrap();
    let fixture = target.join("examples/fixture");
    assert!(fixture.is_file(), "first run: cargo build --workspace --example fixture");
    let folder = target.join("fixture-functions");
    std::fs::create_dir_all(&folder).unwrap();
    for function in local::Template::load(template()).unwrap().functions() {
        // Many tests do this at once; all of them make the same link.
        let _ = std::os::unix::fs::symlink(&fixture, folder.join(&function.bin));
    }
    folder
}

pub(crate) fn options() -> Options {
    Options {
        template: template(),
        binaries: binaries(),
        workers: false,
        // A failed test shows what the functions said.
        log_sink: Some(Arc::new(|line| println!("{}: {}", line.process, line.text))),
        access_sink: Some(Arc::new(|access| println!("{access:?}"))),
        ..Options::default()
    }
}

pub(crate) async fn start() -> Stack {
    Stack::start(options()).await.unwrap()
}

/// Sends a request to `path` of `stack`.
pub(crate) async fn send(
    stack: &Stack,
    method: Method,
    path: &str,
    body: &[u8],
) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(format!("{}{path}", stack.base_url()));
    exchange(request.body(Full::new(Bytes::copy_from_slice(body))).unwrap()).await
}

pub(crate) async fn exchange(request: Request<Full<Bytes>>) -> Response<Bytes> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// The status and the JSON body of a GET.
pub(crate) async fn get(stack: &Stack, path: &str) -> (u16, Value) {
    let answer = send(stack, Method::GET, path, b"").await;
    (answer.status().as_u16(), parse(answer.body()))
}

pub(crate) fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// Waits until `check` returns something.
pub(crate) async fn eventually<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whether a process runs; one that is dead but not yet reaped does not.
pub(crate) fn is_running(pid: u32) -> bool {
    let state =
        std::process::Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output();
    let state = String::from_utf8(state.unwrap().stdout).unwrap();
    !state.trim().is_empty() && !state.trim_start().starts_with('Z')
}

/// Whether the item is in the table.
pub(crate) async fn holds(stack: &Stack, pk: &str, sk: &str) -> bool {
    let key = json!({"PK": {"S": pk}, "SK": {"S": sk}});
    let request = Request::post(stack.dynamodb_url())
        .header("x-amz-target", "DynamoDB_20120810.GetItem")
        .header("x-amz-date", "20260101T000000Z")
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=0",
        )
        .body(json!({"TableName": stack.table_name(), "Key": key}).to_string().into());
    let answer = exchange(request.unwrap()).await;
    assert_eq!(answer.status(), 200);
    parse(answer.body()).get("Item").is_some()
}
