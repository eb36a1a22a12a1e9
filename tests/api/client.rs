//! What a test talks to: a stack, accounts on it, and a client with a method per operation.

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
    engine::Endpoint,
    wire::{Fault, Gate},
};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use shared::model::auth::PlainToken;
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
        let options = Options { template, binaries, log_sink: Some(log_sink), ..options };
        let stack = Stack::start(options).await.unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
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
        async move {
            let report = local::audit::audit(url, table, |_| {}).await.unwrap();
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

    /// A request as it is, for what no client would send.
    pub(crate) fn raw(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.stack.base_url()))
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

    pub(crate) async fn create_customer(&self, body: Value) -> Answer {
        self.post("/api/customers", body).await
    }

    pub(crate) async fn get_customer(&self, id: &str) -> Answer {
        self.get(&format!("/api/customers/{id}")).await
    }

    pub(crate) async fn list_customers(&self, query: &str) -> Answer {
        self.get(&format!("/api/customers{query}")).await
    }

    pub(crate) async fn update_customer(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/customers/{id}"), body).await
    }

    pub(crate) async fn delete_customer(&self, id: &str) -> Answer {
        self.delete(&format!("/api/customers/{id}")).await
    }

    pub(crate) async fn create_token(&self, body: Value) -> Answer {
        self.post("/api/tokens", body).await
    }

    pub(crate) async fn get_token(&self, id: &str) -> Answer {
        self.get(&format!("/api/tokens/{id}")).await
    }

    pub(crate) async fn list_tokens(&self, query: &str) -> Answer {
        self.get(&format!("/api/tokens{query}")).await
    }

    pub(crate) async fn revoke_token(&self, id: &str) -> Answer {
        self.delete(&format!("/api/tokens/{id}")).await
    }

    pub(crate) async fn roll_token(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/tokens/{id}/roll"), body).await
    }

    pub(crate) async fn get_account(&self) -> Answer {
        self.get("/api/account").await
    }

    pub(crate) async fn update_account(&self, body: Value) -> Answer {
        self.patch("/api/account", body).await
    }

    pub(crate) async fn define_field(&self, body: Value) -> Answer {
        self.post("/api/custom-field-definitions", body).await
    }

    pub(crate) async fn get_field(&self, id: &str) -> Answer {
        self.get(&format!("/api/custom-field-definitions/{id}")).await
    }

    pub(crate) async fn list_fields(&self, query: &str) -> Answer {
        self.get(&format!("/api/custom-field-definitions{query}")).await
    }

    pub(crate) async fn update_field(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/custom-field-definitions/{id}"), body).await
    }

    pub(crate) async fn delete_field(&self, id: &str) -> Answer {
        self.delete(&format!("/api/custom-field-definitions/{id}")).await
    }

    pub(crate) async fn create_product(&self, body: Value) -> Answer {
        self.post("/api/products", body).await
    }

    pub(crate) async fn get_product(&self, id: &str) -> Answer {
        self.get(&format!("/api/products/{id}")).await
    }

    pub(crate) async fn list_products(&self, query: &str) -> Answer {
        self.get(&format!("/api/products{query}")).await
    }

    pub(crate) async fn update_product(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/products/{id}"), body).await
    }

    pub(crate) async fn delete_product(&self, id: &str) -> Answer {
        self.delete(&format!("/api/products/{id}")).await
    }

    pub(crate) async fn create_price(&self, body: Value) -> Answer {
        self.post("/api/prices", body).await
    }

    pub(crate) async fn get_price(&self, id: &str) -> Answer {
        self.get(&format!("/api/prices/{id}")).await
    }

    pub(crate) async fn list_prices(&self, query: &str) -> Answer {
        self.get(&format!("/api/prices{query}")).await
    }

    pub(crate) async fn update_price(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/prices/{id}"), body).await
    }

    pub(crate) async fn create_coupon(&self, body: Value) -> Answer {
        self.post("/api/coupons", body).await
    }

    pub(crate) async fn get_coupon(&self, id: &str) -> Answer {
        self.get(&format!("/api/coupons/{id}")).await
    }

    pub(crate) async fn list_coupons(&self, query: &str) -> Answer {
        self.get(&format!("/api/coupons{query}")).await
    }

    pub(crate) async fn update_coupon(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/coupons/{id}"), body).await
    }

    pub(crate) async fn delete_coupon(&self, id: &str) -> Answer {
        self.delete(&format!("/api/coupons/{id}")).await
    }

    pub(crate) async fn create_promotion_code(&self, body: Value) -> Answer {
        self.post("/api/promotion-codes", body).await
    }

    pub(crate) async fn get_promotion_code(&self, id: &str) -> Answer {
        self.get(&format!("/api/promotion-codes/{id}")).await
    }

    pub(crate) async fn list_promotion_codes(&self, query: &str) -> Answer {
        self.get(&format!("/api/promotion-codes{query}")).await
    }

    pub(crate) async fn update_promotion_code(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/promotion-codes/{id}"), body).await
    }

    pub(crate) async fn delete_promotion_code(&self, id: &str) -> Answer {
        self.delete(&format!("/api/promotion-codes/{id}")).await
    }

    pub(crate) async fn test_clock(&self) -> Answer {
        self.get("/api/test-clock").await
    }

    pub(crate) async fn stop_clock(&self, now: &str) -> Answer {
        self.post("/api/test-clock", json!({"now": now})).await
    }

    pub(crate) async fn advance_clock(&self, to: &str) -> Answer {
        self.post("/api/test-clock/advance", json!({"to": to})).await
    }

    pub(crate) async fn release_clock(&self) -> Answer {
        self.delete("/api/test-clock").await
    }

    pub(crate) async fn create_processor(&self, body: Value) -> Answer {
        self.post("/api/processors", body).await
    }

    pub(crate) async fn get_processor(&self, id: &str) -> Answer {
        self.get(&format!("/api/processors/{id}")).await
    }

    pub(crate) async fn list_processors(&self, query: &str) -> Answer {
        self.get(&format!("/api/processors{query}")).await
    }

    pub(crate) async fn update_processor(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/processors/{id}"), body).await
    }

    pub(crate) async fn delete_processor(&self, id: &str) -> Answer {
        self.delete(&format!("/api/processors/{id}")).await
    }

    pub(crate) async fn create_processor_route(&self, body: Value) -> Answer {
        self.post("/api/processor-routes", body).await
    }

    pub(crate) async fn get_processor_route(&self, id: &str) -> Answer {
        self.get(&format!("/api/processor-routes/{id}")).await
    }

    pub(crate) async fn update_processor_route(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/processor-routes/{id}"), body).await
    }

    pub(crate) async fn delete_processor_route(&self, id: &str) -> Answer {
        self.delete(&format!("/api/processor-routes/{id}")).await
    }

    pub(crate) async fn add_payment_method(&self, customer: &str, body: Value) -> Answer {
        self.post(&format!("/api/customers/{customer}/payment-methods"), body).await
    }

    pub(crate) async fn list_payment_methods(&self, customer: &str, query: &str) -> Answer {
        self.get(&format!("/api/customers/{customer}/payment-methods{query}")).await
    }

    pub(crate) async fn delete_payment_method(&self, customer: &str, id: &str) -> Answer {
        self.delete(&format!("/api/customers/{customer}/payment-methods/{id}")).await
    }

    pub(crate) async fn get_payment_intent(&self, id: &str) -> Answer {
        self.get(&format!("/api/payments/intents/{id}")).await
    }

    pub(crate) async fn list_payment_intents(&self, query: &str) -> Answer {
        self.get(&format!("/api/payments/intents{query}")).await
    }

    pub(crate) async fn create_refund(&self, body: Value) -> Answer {
        self.post("/api/payments/refunds", body).await
    }

    pub(crate) async fn get_refund(&self, id: &str) -> Answer {
        self.get(&format!("/api/payments/refunds/{id}")).await
    }

    pub(crate) async fn list_refunds(&self, query: &str) -> Answer {
        self.get(&format!("/api/payments/refunds{query}")).await
    }

    pub(crate) async fn create_subscription(&self, body: Value) -> Answer {
        self.post("/api/subscriptions", body).await
    }

    pub(crate) async fn get_subscription(&self, id: &str) -> Answer {
        self.get(&format!("/api/subscriptions/{id}")).await
    }

    pub(crate) async fn list_subscriptions(&self, query: &str) -> Answer {
        self.get(&format!("/api/subscriptions{query}")).await
    }

    pub(crate) async fn update_subscription(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/subscriptions/{id}"), body).await
    }

    pub(crate) async fn change_items(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/items"), body).await
    }

    pub(crate) async fn preview_items(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/preview"), body).await
    }

    pub(crate) async fn change_plan(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/change-plan"), body).await
    }

    pub(crate) async fn pause_subscription(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/pause"), body).await
    }

    pub(crate) async fn remove_pending_change(&self, id: &str) -> Answer {
        self.delete(&format!("/api/subscriptions/{id}/pending-change")).await
    }

    pub(crate) async fn remove_scheduled_pause(&self, id: &str) -> Answer {
        self.delete(&format!("/api/subscriptions/{id}/scheduled-pause")).await
    }

    pub(crate) async fn resume_subscription(&self, id: &str) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/resume"), json!({})).await
    }

    pub(crate) async fn cancel_subscription(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/cancel"), body).await
    }

    pub(crate) async fn schedule_cancellation(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/schedule-cancellation"), body).await
    }

    pub(crate) async fn create_invoice(&self, body: Value) -> Answer {
        self.post("/api/invoices", body).await
    }

    pub(crate) async fn create_session(&self, body: Value) -> Answer {
        self.post("/api/checkout-sessions", body).await
    }

    pub(crate) async fn get_session(&self, id: &str) -> Answer {
        self.get(&format!("/api/checkout-sessions/{id}")).await
    }

    pub(crate) async fn list_sessions(&self, query: &str) -> Answer {
        self.get(&format!("/api/checkout-sessions{query}")).await
    }

    pub(crate) async fn complete_session(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/checkout-sessions/{id}/complete"), body).await
    }

    pub(crate) async fn expire_session(&self, id: &str) -> Answer {
        self.post(&format!("/api/checkout-sessions/{id}/expire"), json!({})).await
    }

    pub(crate) async fn get_invoice(&self, id: &str) -> Answer {
        self.get(&format!("/api/invoices/{id}")).await
    }

    pub(crate) async fn list_invoices(&self, query: &str) -> Answer {
        self.get(&format!("/api/invoices{query}")).await
    }

    pub(crate) async fn update_invoice(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/invoices/{id}"), body).await
    }

    pub(crate) async fn delete_invoice(&self, id: &str) -> Answer {
        self.delete(&format!("/api/invoices/{id}")).await
    }

    pub(crate) async fn finalize_invoice(&self, id: &str) -> Answer {
        self.post(&format!("/api/invoices/{id}/finalize"), json!({})).await
    }

    pub(crate) async fn pay_invoice(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/invoices/{id}/pay"), body).await
    }

    pub(crate) async fn void_invoice(&self, id: &str) -> Answer {
        self.post(&format!("/api/invoices/{id}/void"), json!({})).await
    }

    pub(crate) async fn write_off_invoice(&self, id: &str) -> Answer {
        self.post(&format!("/api/invoices/{id}/mark-uncollectible"), json!({})).await
    }

    pub(crate) async fn show_invoice(&self, id: &str) -> Answer {
        self.get(&format!("/api/invoices/{id}/html")).await
    }

    pub(crate) async fn set_credit_balance(&self, customer: &str, body: Value) -> Answer {
        self.patch(&format!("/api/customers/{customer}/credit-balance"), body).await
    }

    pub(crate) async fn create_credit_note(&self, customer: &str, body: Value) -> Answer {
        self.post(&format!("/api/customers/{customer}/credit-notes"), body).await
    }

    pub(crate) async fn list_credit_notes(&self, customer: &str, query: &str) -> Answer {
        self.get(&format!("/api/customers/{customer}/credit-notes{query}")).await
    }

    pub(crate) async fn get_event(&self, id: &str) -> Answer {
        self.get(&format!("/api/events/{id}")).await
    }

    pub(crate) async fn list_events(&self, query: &str) -> Answer {
        self.get(&format!("/api/events{query}")).await
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
