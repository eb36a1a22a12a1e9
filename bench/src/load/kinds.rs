//! What is asked: one kind of request each, of one account with some customers.

use crate::api::Client;
use anyhow::{Result, anyhow};
use reqwest::Method;
use serde_json::{Value, json};

const CUSTOMERS: usize = 100;
const CREATE: &str = r#"{"email": "load@example.com", "name": "Jane Smith"}"#;

/// A kind of request.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) body: Option<&'static str>,
    pub(crate) token: String,
    /// Requests per second in the mix: about a quarter of what two cores can do, so that the mix is
    /// steady.
    pub(crate) rate: u32,
}

/// A read, a list, and a create, of an account that has a hundred customers.
pub(crate) async fn all(client: &Client, base: &str) -> Result<Vec<Kind>> {
    let mut id = None;
    for number in 0..CUSTOMERS {
        let body = json!({"email": format!("c{number}@example.com"), "name": "Jane Smith"});
        let made = client.ask(Method::POST, "/api/customers", body).await?;
        id = made.get("id").and_then(Value::as_str).map(str::to_owned);
    }
    let id = id.ok_or_else(|| anyhow!("no customer was made"))?;
    let kind = |name, method, path: &str, body, rate| Kind {
        name,
        method,
        url: format!("{base}{path}"),
        body,
        token: client.token.clone(),
        rate,
    };
    Ok(vec![
        kind("read", Method::GET, &format!("/api/customers/{id}"), None, 100),
        kind("list", Method::GET, "/api/customers?limit=20", None, 30),
        kind("create", Method::POST, "/api/customers", Some(CREATE), 30),
    ])
}
