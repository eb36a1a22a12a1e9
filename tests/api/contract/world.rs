//! A stack, three accounts on it, and every operation of template.yaml with what it takes.

use std::{cell::RefCell, collections::BTreeMap, pin::Pin};

use local::{Binaries, Options, Template};
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{Sample, before, causes, query, sample, word};
use crate::{
    client::{Account, Answer, Api, binaries, exchange, root},
    disputes,
    passkeys::{
        self,
        soft::{client_data, encoded},
    },
    payments,
};

/// One function that answers HTTP requests.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// `/api/customers/{id}`.
    pub(crate) path: String,
    /// Every path it answers at.
    pub(crate) paths: Vec<String>,
    /// `customers:read`, as the function says.
    pub(crate) scope: String,
    pub(crate) publishable: bool,
    /// What can be expanded, as the function says: `account,custom_fields`.
    pub(crate) expansions: String,
    /// What it answers with, as the function says: `application/json`.
    pub(crate) media: String,
    /// The JSON Schema of what it answers, as the function says.
    pub(crate) answer: Value,
    /// The JSON Schema of the body that it takes, as the function says; null, where it takes none.
    pub(crate) body: Value,
    /// The names of the query parameters that it takes, as the function says.
    pub(crate) parameters: Vec<String>,
}

/// What is sent, where it differs from what is right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    /// The value of `Authorization`.
    pub(crate) authorization: Option<String>,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct World {
    pub(crate) api: Api,
    pub(crate) operations: Vec<Operation>,
    /// The account whose objects are asked for.
    pub(crate) own: Account,
    /// Another account of the same environment.
    pub(crate) other: Account,
    /// An account of the other environment.
    pub(crate) stg: Account,
    findings: RefCell<Vec<String>>,
    made: RefCell<BTreeMap<(String, String), Vec<String>>>,
    /// The right bodies of operations, whose objects are made: for who says that nothing is changed.
    ready: RefCell<BTreeMap<String, Value>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        // Quiet: what thousands of requests log would bury the findings.
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let api = Api::start_with(Options { workers: false, ..options }).await;
        let operations = operations(api.stack.template());
        let (own, other) = (api.account("prod").await, api.account("prod").await);
        let stg = api.account("stg").await;
        let (findings, made, ready) = Default::default();
        let world = Self { api, operations, own, other, stg, findings, made, ready };
        world.require_samples();
        world
    }

    /// Fails with the name of every route that the table in samples.rs does not know.
    fn require_samples(&self) {
        let unknown: Vec<String> = self
            .operations
            .iter()
            .filter(|one| [Method::POST, Method::PATCH, Method::PUT].contains(&one.method))
            .map(Operation::route)
            .filter(|route| sample(route).is_none())
            .collect();
        assert!(
            unknown.is_empty(),
            "tests/api/contract/samples.rs has no body for {}",
            unknown.join(", ")
        );
    }

    /// Notes what is wrong, unless `right`.
    pub(crate) fn check(&self, right: bool, wrong: impl FnOnce() -> String) {
        if !right {
            self.findings.borrow_mut().push(wrong());
        }
    }

    /// Fails with everything that was noted.
    #[track_caller]
    pub(crate) fn report(self) {
        let findings = self.findings.into_inner();
        assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
    }

    /// The operation behind `METHOD /path`.
    pub(crate) fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|one| one.method == *method && one.path == path)
    }

    /// The account that `operation` is right for: only a staging account has a test clock.
    pub(crate) fn account_of(&self, operation: &Operation) -> &Account {
        if operation.of_staging() { &self.stg } else { &self.own }
    }

    /// Two others: one of the same environment and one of the other, where there are both.
    pub(crate) fn strangers_to(&self, operation: &Operation) -> [&Account; 2] {
        if operation.of_staging() { [&self.other, &self.own] } else { [&self.other, &self.stg] }
    }

    /// The operations that `account` may use.
    pub(crate) fn operations_of(&self, account: &Account) -> impl Iterator<Item = &Operation> {
        let staging = account.id == self.stg.id;
        self.operations.iter().filter(move |one| staging || !one.of_staging())
    }

    /// Those of them that read, and need no query for it.
    pub(crate) fn reads_of(&self, account: &Account) -> impl Iterator<Item = &Operation> {
        let asks_more = |one: &Operation| query(&one.route()) != json!({});
        self.operations_of(account).filter(move |one| !one.changes() && !asks_more(one))
    }

    /// Makes what the right request for `operation` names in its path, its query and its body, once.
    pub(crate) async fn make_ready(&self, operation: &Operation) {
        let account = self.account_of(operation);
        self.ids(operation, account).await;
        self.with_query(operation, operation.path.clone()).await;
        if let Some(sample) = operation.sample() {
            let body = self.referring(account, sample.accepted).await;
            self.ready.borrow_mut().insert(operation.route(), body);
        }
    }

    /// The right request for `operation`, at `path`, with objects that exist.
    pub(crate) async fn right(&self, operation: &Operation, path: &str) -> Ask {
        let account = self.account_of(operation);
        let ids = self.ids(operation, account).await;
        let path = self.with_query(operation, fill(path, &account.id, &ids)).await;
        let ready = self.ready.borrow().get(&operation.route()).cloned();
        match ready {
            Some(body) => {
                let authorization = Some(bearer(&account.secret));
                Ask { authorization, path, ..Ask::default() }.json(&body)
            }
            None => self.asked(operation, &account.secret, path).await,
        }
    }

    /// `path` with the query without which the operation cannot be asked.
    async fn with_query(&self, operation: &Operation, path: String) -> String {
        let query = self.referring(self.account_of(operation), query(&operation.route())).await;
        let parameters = query.as_object().into_iter().flatten();
        let said = parameters.map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
        let path = Ask { path, ..Ask::default() };
        said.fold(path, |path, one| path.asking(&one)).path
    }

    /// What the query has to say beside `name`, for an operation that cannot be asked without.
    pub(crate) async fn query_beside(&self, operation: &Operation, name: &str) -> String {
        let mut query = query(&operation.route());
        query.as_object_mut().unwrap().remove(name);
        let query = self.referring(self.account_of(operation), query).await;
        let said = query.as_object().unwrap().iter();
        said.map(|(name, value)| format!("&{name}={}", value.as_str().unwrap())).collect()
    }

    /// The same, with objects that no other request has been told of.
    pub(crate) async fn fresh(&self, operation: &Operation, path: &str) -> Ask {
        let account = self.account_of(operation);
        let ids = self.made_for(operation, account).await;
        let path = self.with_query(operation, fill(path, &account.id, &ids)).await;
        self.asked(operation, &account.secret, path).await
    }

    /// The right body for `operation`, with `token`, at the path `path`.
    pub(crate) async fn asked(&self, operation: &Operation, token: &str, path: String) -> Ask {
        let ask = Ask { authorization: Some(bearer(token)), path, ..Ask::default() };
        match operation.sample() {
            Some(sample) => {
                ask.json(&self.referring(self.account_of(operation), sample.accepted).await)
            }
            None => ask,
        }
    }

    /// `body` with each `<POST /api/…>` in it replaced by the id of an object of `account` that such a
    /// request makes, and each `<GET /api/…>` by that of one in such a list, always the same one; each
    /// `<NEW /api/…>` by that of a new one, and `<PAYER of>` by that of a customer who can be charged; `<METER of>`
    /// by the name of the events that a meter counts; `<CHALLENGE of>` by what a browser says that registers a passkey now.
    pub(crate) fn referring<'a>(
        &'a self,
        account: &'a Account,
        body: Value,
    ) -> Pin<Box<dyn Future<Output = Value> + 'a>> {
        Box::pin(async move {
            match body {
                Value::Object(fields) => {
                    let mut filled = serde_json::Map::new();
                    for (name, value) in fields {
                        filled.insert(name, self.referring(account, value).await);
                    }
                    Value::Object(filled)
                }
                Value::Array(values) => {
                    let mut filled = Vec::new();
                    for value in values {
                        filled.push(self.referring(account, value).await);
                    }
                    Value::Array(filled)
                }
                Value::String(text) => {
                    let named = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
                    match named.and_then(|route| route.split_once(' ')) {
                        Some(("POST", path)) => self.reference(account, path).await.into(),
                        Some(("NEW", path)) => self.new_one(account, path).await.into(),
                        Some(("METER", _)) => self.metered(account).await.into(),
                        Some(("CHALLENGE", _)) => self.answered(account).await.into(),
                        Some(("PAYER", _)) => self.payer(account).await.into(),
                        Some(("GET", path)) => self.listed(account, path).await.into(),
                        _ => Value::String(text),
                    }
                }
                other => other,
            }
        })
    }

    /// The id of the object that `POST path` makes for references to it.
    async fn reference(&self, account: &Account, path: &str) -> String {
        let place = (account.id.clone(), format!("POST {path}"));
        let known = self.made.borrow().get(&place).cloned();
        if let Some(id) = known.and_then(|ids| ids.last().cloned()) {
            return id;
        }
        let operation = self.operation(&Method::POST, path);
        let operation = operation.unwrap_or_else(|| panic!("there is no POST {path}")).clone();
        let ids = self.ids(&operation, account).await;
        let made = self.create(&operation, account, &fill(path, &account.id, &ids)).await;
        self.made.borrow_mut().insert(place, vec![made.clone()]);
        made
    }

    /// The id of an object that `POST path` makes for this reference alone.
    async fn new_one(&self, account: &Account, path: &str) -> String {
        let operation = self.operation(&Method::POST, path);
        let operation = operation.unwrap_or_else(|| panic!("there is no POST {path}")).clone();
        self.create(&operation, account, path).await
    }

    /// The identifier of a new event of that meter.
    async fn used(&self, account: &Account) -> String {
        let operation = self.operation(&Method::POST, "/api/meter-events").unwrap();
        let mut event = self.referring(account, operation.sample().unwrap().accepted).await;
        // It says whose it is, as an id does: the tests of who sees what ask for it in every other form.
        let environment = account.id.split('_').nth(1).unwrap_or_default();
        let identifier = word(&format!("req_{environment}_"));
        event["identifier"] = json!(identifier);
        self.api.client_of(account).record_usage(event).await.ok();
        identifier
    }

    /// The name of the events of a meter, always the same one.
    async fn metered(&self, account: &Account) -> String {
        let id = self.reference(account, "/api/meters").await;
        let meter = self.api.client_of(account).get_meter(&id).await.ok();
        meter.body["event_name"].as_str().unwrap().to_owned()
    }

    /// What a browser says when it answers a new challenge.
    async fn answered(&self, account: &Account) -> String {
        let challenge = passkeys::challenge(&self.api.client_of(account)).await;
        let origin = self.api.stack.base_url();
        encoded(client_data("webauthn.create", &challenge, &origin))
    }

    /// The id of a customer who can be charged, always the same one.
    async fn payer(&self, account: &Account) -> String {
        let place = (account.id.clone(), "PAYER".to_owned());
        let known = self.made.borrow().get(&place).cloned();
        if let Some(id) = known.and_then(|ids| ids.last().cloned()) {
            return id;
        }
        let processor = self.reference(account, "/api/processors").await;
        let client = self.api.client_of(account);
        // With what an electronic invoice needs of whom it bills.
        let payer = json!({
            "email": "payer@example.com", "address": {"country": "DE"},
            "tax_ids": [{"type": "eu_vat", "value": "DE136695976"}],
        });
        let customer = client.create_customer(payer).await.ok();
        let method = json!({"processor_id": processor, "token": "test_success"});
        client.add_payment_method(&customer.id(), method).await.ok();
        self.made.borrow_mut().insert(place, vec![customer.id()]);
        customer.id()
    }

    /// The id of an object in the list at `path`, always the same one.
    async fn listed(&self, account: &Account, path: &str) -> String {
        let place = (account.id.clone(), format!("GET {path}"));
        let known = self.made.borrow().get(&place).cloned();
        if let Some(id) = known.and_then(|ids| ids.last().cloned()) {
            return id;
        }
        let id = self.newest(account, path, path).await;
        self.made.borrow_mut().insert(place, vec![id.clone()]);
        id
    }

    /// The id of the newest object in the list at `path`, an instance of `within`, after what makes
    /// one has been done.
    async fn newest(&self, account: &Account, within: &str, path: &str) -> String {
        let client = self.api.client_of(account);
        for (method, path, body) in causes(within) {
            let body = self.referring(account, body).await;
            exchange(client.request(method, path).json(&body)).await.ok();
        }
        if within == "/api/payments/intents" {
            payments::paid(&self.api, account, 1_000_000).await;
        }
        if within == "/api/disputes" {
            disputes::disputed(&self.api, account).await;
        }
        let newest = client.get(&format!("{path}?limit=1")).await;
        assert!(
            newest.body["items"][0]["id"].is_string(),
            "nothing makes an object below {within}: {}",
            newest.body
        );
        newest.body["items"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Makes an object with the sample for `operation`, which creates them, and returns its id.
    async fn create(&self, operation: &Operation, account: &Account, path: &str) -> String {
        let sample = operation.sample().expect("checked when the world began");
        let body = self.referring(account, sample.accepted).await;
        self.api.client_of(account).post(path, body).await.ok().id()
    }

    /// Ids of objects of `account` for the parameters of the operation's path, always the same.
    pub(crate) async fn ids(&self, operation: &Operation, account: &Account) -> Vec<String> {
        let route = if before(&operation.route()).is_empty() {
            collection(&operation.path).to_owned()
        } else {
            operation.route()
        };
        let place = (account.id.clone(), route);
        if let Some(ids) = self.made.borrow().get(&place) {
            return ids.clone();
        }
        let ids = self.made_for(operation, account).await;
        self.made.borrow_mut().insert(place, ids.clone());
        ids
    }

    /// Ids of objects that are made for this call; of those that cannot be made, the newest.
    async fn made_for(&self, operation: &Operation, account: &Account) -> Vec<String> {
        let mut ids = Vec::new();
        for (at, _) in operation.path.match_indices("/{") {
            let within = &operation.path[..at];
            let path = fill(within, "", &ids);
            let id = match self.operation(&Method::POST, within).cloned() {
                _ if operation.path[at..].starts_with("/{external_id}") => {
                    self.named_externally(account).await
                }
                _ if operation.path[at..].starts_with("/{identifier}") => self.used(account).await,
                Some(creates) => self.create(&creates, account, &path).await,
                None if within == "/api/credit-notes" => Box::pin(self.credited(account)).await,
                None => self.newest(account, within, &path).await,
            };
            ids.push(id);
        }
        for (method, below, body) in before(&operation.route()) {
            let path = match below.starts_with("/api/") {
                true => fill(below, "", &ids),
                false => format!("{}{below}", fill(collection(&operation.path), "", &ids)),
            };
            let body = self.referring(account, body).await;
            exchange(self.api.client_of(account).request(method, &path).json(&body)).await.ok();
        }
        ids
    }

    /// The id of a new credit note for an invoice that was paid.
    async fn credited(&self, account: &Account) -> String {
        let (client, payer) = (self.api.client_of(account), self.payer(account).await);
        let invoice = json!({
            "customer_id": payer, "currency": "usd", "items": [{"name": "Use", "amount": "12.50"}],
            "collection_method": "send_invoice",
        });
        let invoice = client.create_invoice(invoice).await.ok().id();
        client.finalize_invoice(&invoice).await.ok();
        client.pay_invoice(&invoice, json!({"paid_out_of_band": true})).await.ok();
        let note = json!({"currency": "usd", "amount_atom": 500, "invoice_id": invoice});
        client.create_credit_note(&payer, note).await.ok().id()
    }

    /// The external id of a new customer.
    async fn named_externally(&self, account: &Account) -> String {
        let environment = account.id.split('_').nth(1).unwrap_or_default();
        let id = word(&format!("crm_{environment}_"));
        let customer = json!({"email": "crm@example.com", "external_id": id});
        self.api.client_of(account).create_customer(customer).await.ok();
        id
    }

    /// Sends a request, and holds the answer to what is true of every answer.
    pub(crate) async fn send(&self, operation: &Operation, ask: &Ask) -> Answer {
        let answer = self.send_as(operation.method.clone(), ask).await;
        self.check_answer(operation, ask, &answer);
        answer
    }

    pub(crate) async fn send_as(&self, method: Method, ask: &Ask) -> Answer {
        let mut request = self.api.raw(method, &ask.path);
        if let Some(authorization) = &ask.authorization {
            request = request.header("Authorization", authorization);
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if !ask.body.is_empty() {
            request = request.body(ask.body.clone());
        }
        exchange(request).await
    }

    /// Sends a request that must be answered with `status`.
    pub(crate) async fn expect(
        &self,
        status: u16,
        operation: &Operation,
        ask: &Ask,
        about: &str,
    ) -> Answer {
        let answer = self.send(operation, ask).await;
        self.check(answer.status == status, || {
            format!(
                "{} {} ({about}): {} in place of {status}: {}",
                operation.method,
                ask.path,
                answer.status.as_u16(),
                answer.body
            )
        });
        answer
    }

    fn check_answer(&self, operation: &Operation, ask: &Ask, answer: &Answer) {
        let place = || format!("{} {}: {}", operation.method, ask.path, answer.status.as_u16());
        let status = answer.status.as_u16();
        for wrong in standard_faults(answer, &ask.path) {
            self.check(false, || format!("{}: {wrong}", place()));
        }
        if status == 200 {
            let media = answer.header("content-type").unwrap_or_default().split(';').next();
            self.check(media == Some(&operation.media), || format!("{}: {media:?}", place()));
        }
        // A 401 has no limit to tell of.
        let limited = ["ratelimit", "ratelimit-policy"];
        let told = limited.iter().filter(|name| answer.header(name).is_some()).count();
        let expected = if status == 401 { 0 } else { 2 };
        self.check(told == expected, || format!("{}: {told} RateLimit headers", place()));
        let open = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
        self.check(open == operation.publishable, || format!("{}: CORS headers: {open}", place()));
    }
}

/// What is wrong with an answer of any route, or of none.
pub(crate) fn standard_faults(answer: &Answer, path: &str) -> Vec<String> {
    let (status, body) = (answer.status.as_u16(), &answer.body);
    let mut wrong = Vec::new();
    let mut require = |right: bool, what: &str| {
        if !right {
            wrong.push(what.to_owned());
        }
    };
    let id = answer.header("request-id").unwrap_or_default();
    require(id.len() == 20 && id.starts_with("req_"), "Request-Id");
    require(answer.header("cache-control") == Some("no-store"), "Cache-Control");
    require(answer.header("x-content-type-options") == Some("nosniff"), "nosniff");
    let hsts = answer.header("strict-transport-security").unwrap_or_default();
    require(hsts.starts_with("max-age=31536000"), "Strict-Transport-Security");
    require(
        (status == 401) == (answer.header("www-authenticate") == Some("Bearer")),
        "WWW-Authenticate",
    );
    require((status == 405) == answer.header("allow").is_some(), "Allow");
    require(status < 500, "it failed");
    if status != 200 {
        require(answer.header("content-type") == Some("application/problem+json"), "Content-Type");
        let names: Vec<&str> = body.as_object().into_iter().flatten().map(|(k, _)| &**k).collect();
        let standard = ["type", "title", "status", "detail", "instance", "request_id"];
        require(
            names.iter().filter(|name| **name != "errors").eq(standard.iter()),
            "the members of the problem",
        );
        require(body["status"] == status, "status");
        require(body["type"] == "about:blank", "type");
        require(body["request_id"] == id, "request_id is not Request-Id");
        let sent = path.split('?').next().unwrap_or_default();
        require(sent.contains('%') || body["instance"] == sent, "instance is not the path");
    }
    wrong
}

impl Operation {
    /// `POST /api/customers`.
    pub(crate) fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn sample(&self) -> Option<Sample> {
        sample(&self.route())
    }

    /// Whether only a staging account may use it.
    pub(crate) fn of_staging(&self) -> bool {
        self.path.starts_with("/api/test-clock")
    }

    /// Whether the path names an object.
    pub(crate) fn has_target(&self) -> bool {
        self.path.contains('{')
    }

    pub(crate) fn changes(&self) -> bool {
        self.method != Method::GET
    }

    /// Whether it changes an object that exists, and so obeys `If-Match`. An event of usage has no version.
    pub(crate) fn changes_existing(&self) -> bool {
        let is_named = self.path.contains("{identifier}");
        self.changes() && (self.method != Method::POST || self.has_target()) && !is_named
    }
}

impl Ask {
    pub(crate) fn token(&self, token: &str) -> Self {
        Self { authorization: Some(bearer(token)), ..self.clone() }
    }

    pub(crate) fn at(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self.clone() }
    }

    /// With `query` beside the query that it has.
    pub(crate) fn asking(&self, query: &str) -> Self {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        self.at(format!("{}{sign}{query}", self.path))
    }

    pub(crate) fn header(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut asked = self.clone();
        asked.headers.retain(|(other, _)| *other != name);
        asked.headers.push((name, value.into()));
        asked
    }

    pub(crate) fn json(&self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// A body that claims to be JSON.
    pub(crate) fn text(&self, body: &str) -> Self {
        Self { body: body.into(), ..self.header("Content-Type", "application/json") }
    }
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// `path` with its parameters filled in, the account's and the objects' in order.
pub(crate) fn fill(path: &str, account: &str, ids: &[String]) -> String {
    let mut ids = ids.iter();
    let part = |part: &str| match part {
        "{account_id}" => account.to_owned(),
        part if part.starts_with('{') => ids.next().cloned().unwrap_or_default(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A path up to and including its last parameter.
fn collection(path: &str) -> &str {
    path.rfind('}').map_or("", |at| &path[..=at])
}

fn operations(template: &Template) -> Vec<Operation> {
    let functions = template.functions().iter();
    // Pages are no operations: they are below other paths, and have tests of their own.
    let routed =
        functions.filter(|one| one.routes().iter().any(|route| route.path.starts_with("/api/")));
    // Nor is what needs no token, because somebody signs it: `tests/api/processor_events.rs`.
    let described = routed.map(|function| (function, described(&function.bin)));
    described
        .filter(|(_, says)| says["scope"].is_string())
        .map(|(function, says)| {
            // What a browser asks beforehand is a route of its own at the same path.
            let routes = function.routes().iter().filter(|one| one.method != "OPTIONS");
            let paths: Vec<String> = routes.map(|one| one.path.clone()).collect();
            // Where what a path may name can stand in the body, other tests send it so.
            let names = paths.iter().any(|path| path.contains("{identifier}"));
            let named = |path: &String| !names || path.contains("{identifier}");
            let paths: Vec<String> = paths.into_iter().filter(named).collect();
            let own = paths.iter().find(|path| !path.contains("{account_id}"));
            let parameters = || says["parameters"].as_array().into_iter().flatten();
            let names = parameters().filter_map(|one| one["name"].as_str().map(str::to_owned));
            let expansions = parameters()
                .filter(|one| one["name"] == "expand")
                .flat_map(|one| {
                    one["schema"]["items"]["enum"].as_array().cloned().unwrap_or_default()
                })
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect::<Vec<_>>();
            Operation {
                method: function.routes()[0].method.parse().unwrap(),
                path: own.cloned().unwrap_or_else(|| panic!("{} has no short path", function.bin)),
                paths,
                scope: says["scope"].as_str().unwrap().to_owned(),
                publishable: says["publishable"].as_bool().unwrap(),
                expansions: expansions.join(","),
                media: says["media"].as_str().unwrap().to_owned(),
                answer: says["response"].clone(),
                body: says["request"]["schema"].clone(),
                parameters: names.collect(),
            }
        })
        .collect()
}

/// What a function says about itself.
fn described(bin: &str) -> Value {
    let mut function = Binaries::at(&binaries()).unwrap().command(bin);
    let output = function
        .arg("--describe")
        .current_dir(root())
        .output()
        .unwrap_or_else(|error| panic!("{bin}: {error}"));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{bin}: {error}"))
}
