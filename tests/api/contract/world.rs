//! A stack, three accounts on it, and every operation of template.yaml with what it takes.

mod ask;
mod objects;
mod operation;

use std::{cell::RefCell, collections::BTreeMap};

use local::Options;
use reqwest::Method;
use serde_json::{Value, json};

use self::operation::operations;
pub(crate) use self::{
    ask::{Ask, bearer, fill, standard_faults},
    operation::Operation,
};
use super::samples::{query, sample};
use crate::client::{Account, Answer, Api, exchange};

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

/// A path up to and including its last parameter.
fn collection(path: &str) -> &str {
    path.rfind('}').map_or("", |at| &path[..=at])
}
