//! A client that loses patience and connections, and asks until it is answered.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use reqwest::Method;
use serde_json::Value;

use crate::client::{Answer, Client, exchange};

/// How often a request is sent before the story fails: nothing of what the weather does lasts so long.
const TIRES: u64 = 200;

/// A client that insists, and remembers what it was told.
pub(crate) struct Insistent {
    client: Client,
    rng: Mutex<Rng>,
    seed: u64,
    asked: AtomicU64,
    told: Mutex<Vec<Value>>,
}

impl Insistent {
    pub(crate) fn new(client: Client, seed: u64) -> Self {
        Self {
            client,
            rng: Mutex::new(Rng::with_seed(seed)),
            seed,
            asked: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }

    /// The answer to a request, which is sent again, with the same `Idempotency-Key`, for as long as
    /// nobody can say what came of it.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        let key = self.key();
        self.insist(method, path, body, &[("idempotency-key", &key)]).await
    }

    /// The same, on the condition that the object is at `version`.
    pub(crate) async fn ask_at(&self, path: &str, body: &Value, version: u64) -> Answer {
        let key = self.key();
        let version = format!("\"{version}\"");
        let headers = [("idempotency-key", key.as_str()), ("if-match", &version)];
        self.insist(Method::PATCH, path, body, &headers).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, &body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PATCH, path, &body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, &Value::Null).await
    }

    pub(crate) async fn read(&self, path: &str) -> Value {
        self.insist(Method::GET, path, &Value::Null, &[]).await.ok().body
    }

    /// All successful answers until now.
    pub(crate) fn told(&self) -> Vec<Value> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A key that no other client of the account has.
    fn key(&self) -> String {
        format!("{}-{}", self.seed, self.asked.fetch_add(1, Ordering::Relaxed))
    }

    async fn insist(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        for attempt in 1..=TIRES {
            let mut request = self.client.request(method.clone(), path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            if !body.is_null() {
                request = request.json(body);
            }
            let Ok(answer) = tokio::time::timeout(self.patience(), exchange(request)).await else {
                continue;
            };
            let nobody_knows = answer.status.is_server_error() || answer.status == 429;
            let is_running = answer.status == 409 && answer.header("retry-after").is_some();
            if !nobody_knows && !is_running {
                if answer.status == 200 {
                    let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                    told.push(answer.body.clone());
                }
                return answer;
            }
            // A client's back-off; it is told to wait a second, and waits less.
            tokio::time::sleep(Duration::from_millis(5 * attempt.min(20))).await;
        }
        panic!("{method} {path} is never answered");
    }

    /// How long it waits for an answer: mostly until there is one, sometimes not even for a fast one.
    fn patience(&self) -> Duration {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        match rng.u32(0..12) {
            0 => Duration::from_millis(rng.u64(1..150)),
            _ => Duration::from_secs(60),
        }
    }
}
