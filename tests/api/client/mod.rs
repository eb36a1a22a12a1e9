//! What a test talks to: a stack, accounts on it, and a client with a method per operation.

pub(crate) mod operations;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use local::{
    Options, Outcome, Stack,
    audit::audit_with_processors,
    engine::Endpoint,
    wire::{Fault, Gate},
};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use shared::model::{auth::PlainToken, packed};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A running stack. When a test is done with it, no function may have logged a secret.
pub(crate) struct Api {
    pub(crate) stack: Stack,
    http: reqwest::Client,
    leaks: Arc<Mutex<Vec<String>>>,
}

impl Drop for Api {
    fn drop(&mut self) {
        let leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(std::thread::panicking() || leaks.is_empty(), "secrets in the log: {leaks:#?}");
    }
}

/// One account and its tokens, as the operator's function returns them.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) publishable: String,
}

/// A client that sends one token.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    pub(crate) account: String,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Where template.yaml is.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the functions are: the program of all of them, or what `FUNCTIONS` says in its place, such as
/// the folder of a binary for each.
pub(crate) fn binaries() -> PathBuf {
    let other = std::env::var_os("FUNCTIONS").filter(|path| !path.is_empty());
    other.map_or_else(|| env!("CARGO_BIN_EXE_functions").into(), PathBuf::from)
}

/// Where what the stand-in for Stripe is asked is kept, if it is: `make stripe-conformance`.
fn exchanges() -> Option<PathBuf> {
    std::env::var_os("STRIPE_EXCHANGES").filter(|path| !path.is_empty()).map(PathBuf::from)
}

impl Api {
    pub(crate) async fn start() -> Self {
        // A failed test shows what the functions said.
        let log_sink: local::logs::Sink =
            Arc::new(|line| println!("{}: {}", line.process, line.text));
        // What a schedule does in the middle of a test, the test would not expect: it asks for it.
        let options = Options { log_sink: Some(log_sink), workers: false, ..Options::default() };
        Self::start_with(options).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let leaks = Arc::<Mutex<Vec<String>>>::default();
        let (found, wanted) = (Arc::clone(&leaks), options.log_sink);
        let log_sink: local::logs::Sink = Arc::new(move |line| {
            if shows_a_token(&line.text) {
                found.lock().unwrap_or_else(PoisonError::into_inner).push(line.text.clone());
            }
            if let Some(sink) = &wanted {
                sink(line);
            }
        });
        let (template, binaries) = (root().join("template.yaml"), binaries());
        let (log_sink, stripe_exchanges) = (Some(log_sink), exchanges());
        let options = Options { template, binaries, log_sink, stripe_exchanges, ..options };
        let stack = Stack::start(options).await.unwrap();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            // A page leads to addresses that are not on this machine.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { stack, http, leaks }
    }

    /// A new account in `environment`.
    pub(crate) async fn account(&self, environment: &str) -> Account {
        let limit = 1_000_000;
        self.account_of(json!({
            "environment": environment, "name": "Acme", "requests_per_second": limit,
        }))
        .await
    }

    /// A new account, as the operator asks for it.
    pub(crate) async fn account_of(&self, event: Value) -> Account {
        let outcome = self.stack.invoke("operator-create-account", event.to_string()).await;
        let Outcome::Answer(answer) = outcome.unwrap() else { panic!("no account was made") };
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Account {
            id: text("account_id"),
            secret: text("secret_token"),
            publishable: text("publishable_token"),
        }
    }

    /// A client with the secret token of a new production account.
    pub(crate) async fn client(&self) -> Client {
        let account = self.account("prod").await;
        self.client_of(&account)
    }

    pub(crate) fn client_of(&self, account: &Account) -> Client {
        self.client_with(&account.secret, &account.id)
    }

    pub(crate) fn client_with(&self, token: &str, account: &str) -> Client {
        Client {
            http: self.http.clone(),
            base: self.stack.base_url(),
            token: token.to_owned(),
            account: account.to_owned(),
        }
    }

    /// Holds what must hold of a table against the one that the test has made.
    #[track_caller]
    pub(crate) fn audit(&self) -> impl Future<Output = ()> {
        let (url, table) = (self.stack.dynamodb_url(), self.stack.table_name());
        let outside = self.stack.outside();
        async move {
            let report = audit_with_processors(url, table, &outside, |_| {}).await.unwrap();
            assert!(report.is_clean(), "{report}");
        }
    }

    /// Holds the first `action` by `function` back until the gate is opened, and tells when it is there.
    pub(crate) fn hold(
        &self,
        (function, action): (&'static str, &'static str),
    ) -> (UnboundedReceiver<()>, Gate) {
        let (reached, is_reached) = unbounded_channel();
        let (gate, first) = (Gate::default(), AtomicBool::new(true));
        let closed = gate.clone();
        self.stack.wire().set_fault(Some(Arc::new(move |call, _| {
            let held = call.function == function && call.action == action;
            if !held || !first.swap(false, Ordering::SeqCst) {
                return Fault::Pass;
            }
            // Nobody listens any more once the test has failed.
            let _ = reached.send(());
            Fault::Hold(closed.clone())
        })));
        (is_reached, gate)
    }

    /// The answer to `request`, whose first `action` by `function` is held back until `change` is done.
    pub(crate) async fn while_held<R, C>(
        &self,
        held: (&'static str, &'static str),
        request: R,
        change: C,
    ) -> Answer
    where
        R: Future<Output = Answer> + Send + 'static,
        C: Future<Output = ()>,
    {
        let (mut is_reached, gate) = self.hold(held);
        let request = tokio::spawn(request);
        is_reached.recv().await.unwrap();
        change.await;
        gate.open();
        let answer = request.await.unwrap();
        self.stack.wire().set_fault(None);
        answer
    }

    /// Has the sweeper do what is due, as its schedule would.
    pub(crate) async fn sweep(&self) {
        let outcome = self.stack.invoke("workers-sweep", "{}").await.unwrap();
        assert!(matches!(outcome, Outcome::Answer(_)), "{outcome:?}");
    }

    /// Has the long lists compacted that were asked for, as the stream would.
    pub(crate) async fn compact(&self) -> Outcome {
        self.stack.invoke("workers-compact", "{}").await.unwrap()
    }

    /// Calls DynamoDB, past the API.
    pub(crate) async fn dynamodb(&self, action: &str, mut body: Value) -> Value {
        if action != "BatchWriteItem" {
            body["TableName"] = self.stack.table_name().into();
        }
        let endpoint = Endpoint::new(self.stack.dynamodb_url());
        endpoint.call(&format!("DynamoDB_20120810.{action}"), &body).await.unwrap()
    }

    /// Puts items into the table, past the API.
    pub(crate) async fn put_items(&self, items: &[Value]) {
        for batch in items.chunks(25) {
            let puts = batch.iter().map(|item| json!({"PutRequest": {"Item": item}}));
            let table = self.stack.table_name();
            let body = json!({"RequestItems": {table: puts.collect::<Vec<_>>()}});
            self.dynamodb("BatchWriteItem", body).await;
        }
    }

    /// The data of an event's stored item, unpacked.
    pub(crate) fn data_of(item: &Value) -> Value {
        let kept = item["data"]["S"].as_str().unwrap_or_else(|| panic!("not packed: {item}"));
        packed::plain(kept.into()).unwrap()
    }

    /// A request as it is, for what no client would send.
    pub(crate) fn raw(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.stack.base_url()))
    }
}

/// A value under DynamoDB's word for its type.
pub(crate) fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(value) => json!({"BOOL": value}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(values) => json!({"L": values.iter().map(attribute).collect::<Vec<_>>()}),
        Value::Object(item) => {
            let all = item.iter().map(|(name, value)| (name.clone(), attribute(value)));
            json!({"M": all.collect::<serde_json::Map<_, _>>()})
        }
    }
}

/// Whether the text of a token, which is the secret itself, is anywhere in `text`.
pub(crate) fn shows_a_token(text: &str) -> bool {
    let starts = ["st_prod_", "st_stg_", "pt_prod_", "pt_stg_"];
    starts.iter().flat_map(|start| text.match_indices(start)).any(|(at, start)| {
        let end = at + start.len() + 36;
        text.get(at..end).is_some_and(|token| PlainToken::parse(token).is_some())
    })
}

/// Sends `request` and takes the answer apart. A body that is not JSON is kept as a string. Neither a
/// refusal nor an event shows a token.
pub(crate) async fn exchange(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let is_event = response.url().path().contains("/events");
    let text = response.text().await.unwrap();
    assert!((status == 200 && !is_event) || !shows_a_token(&text), "a secret is shown: {text}");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, headers, body }
}

impl Client {
    /// A request with the token, before it is sent.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    /// The text of the token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        exchange(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        exchange(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        exchange(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        exchange(self.request(Method::DELETE, path)).await
    }
}

impl Answer {
    /// The answer, which must be a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self
    }

    /// The problem, which must have this status.
    #[track_caller]
    pub(crate) fn refused(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.body["status"], status);
        self
    }

    /// The id of the object in the body.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().expect("an object with an id").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// `pointer code` of each fault.
    pub(crate) fn faults(&self) -> Vec<String> {
        let faults = self.body["errors"].as_array().into_iter().flatten();
        let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
        faults.map(|fault| format!("{} {}", text(fault, "pointer"), text(fault, "code"))).collect()
    }

    /// The items of a page.
    pub(crate) fn items(&self) -> &[Value] {
        self.body["items"].as_array().expect("a page")
    }
}

/// What `look` finds, once it finds something.
pub(crate) async fn eventually<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let patience = Duration::from_secs(180);
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            // One that awaits nothing would never be given up.
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(patience, found).await.expect("it never came")
}

/// Runs all of `futures` at once.
pub(crate) async fn all<F>(futures: impl IntoIterator<Item = F>) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}
