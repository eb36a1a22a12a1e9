//! What the API answers to a token: every list to its end, every object of every list, and what is
//! below each of them. Which there are is read from the template.

use crate::{
    http::{HttpClient, client, exchange},
    template::{Route, Template},
};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// Answers, by the path that was asked for.
pub type Answers = BTreeMap<String, Value>;

/// What is different whenever it is asked for: when a token was last used is what asking changes, and
/// what a running clock shows, also as the instant of an answer.
const FLEETING: [&str; 3] = ["last_used_at", "now", "at"];

/// Asks the API at `base_url` everything that there is to read for `token`.
///
/// # Errors
/// When it does not answer, or says that something is wrong with itself.
pub async fn answers(template: &Template, base_url: &str, token: &str) -> Result<Answers> {
    let reader = Reader { client: client(), base_url, token };
    let mut routes: Vec<&Route> = template.routes().map(|(_, route)| route).collect();
    // Pages below other paths than /api are the program's, not the table's; a challenge is drawn anew.
    routes.retain(|route| {
        route.method == "GET"
            && route.path.starts_with("/api/")
            && !route.path.ends_with("/challenge")
            && !route.path.contains("{account_id}")
    });
    // What is below a list is asked for once it is known what is in it.
    routes.sort_by_key(|route| route.path.split('/').count());
    let mut answers = Answers::new();
    for route in routes {
        for path in concrete(&route.path, &answers) {
            let answer = reader.whole(&path).await.with_context(|| path.clone())?;
            answers.insert(path, answer);
        }
    }
    Ok(answers)
}

/// The paths that a pattern stands for: with the ids of the list that is above each parameter.
fn concrete(pattern: &str, known: &Answers) -> Vec<String> {
    let mut paths = vec![String::new()];
    for segment in pattern.split('/').skip(1) {
        let below = |path: &String| -> Vec<String> {
            if !segment.starts_with('{') {
                return vec![format!("{path}/{segment}")];
            }
            let items = known.get(path).into_iter().flat_map(items_of);
            let ids = items.filter_map(|item| item.get("id")?.as_str());
            ids.map(|id| format!("{path}/{id}")).collect()
        };
        paths = paths.iter().flat_map(below).collect();
    }
    paths
}

/// What is in a list; nothing, where an answer is no list.
fn items_of(answer: &Value) -> impl Iterator<Item = &Value> {
    answer.get("items").and_then(Value::as_array).into_iter().flatten()
}

struct Reader<'a> {
    client: HttpClient,
    base_url: &'a str,
    token: &'a str,
}

impl Reader<'_> {
    /// An answer; of a list all pages, as one.
    async fn whole(&self, path: &str) -> Result<Value> {
        let mut whole = self.get(path).await?;
        if whole.get("has_more").is_none() {
            return Ok(whole);
        }
        let mut items: Vec<Value> = Vec::new();
        loop {
            let page = self.get(&format!("{path}?limit=100&offset={}", items.len())).await?;
            items.extend(items_of(&page).cloned());
            if page.get("has_more").and_then(Value::as_bool) != Some(true) {
                break;
            }
        }
        if let Some(whole) = whole.as_object_mut() {
            whole.insert("items".to_owned(), items.into());
            whole.insert("has_more".to_owned(), false.into());
        }
        Ok(whole)
    }

    async fn get(&self, path: &str) -> Result<Value> {
        loop {
            let request = Request::get(format!("{}{path}", self.base_url))
                .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
                .body(Full::<Bytes>::default())?;
            let answer = exchange(&self.client, request).await?;
            match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => tokio::time::sleep(retry_after(&answer)).await,
                StatusCode::OK => return Ok(lasting(answer.body())),
                // What a token may not read is an answer too; what it says has its request's id.
                status if status.is_client_error() => return Ok(status.as_u16().into()),
                status => bail!("{status}: {}", String::from_utf8_lossy(answer.body())),
            }
        }
    }
}

/// How long the limit of a token says to wait.
fn retry_after(answer: &Response<Bytes>) -> Duration {
    let header = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    Duration::from_secs(header.and_then(|text| text.parse().ok()).unwrap_or(1))
}

/// A body without what is fleeting in it; a page of HTML is its text.
fn lasting(body: &[u8]) -> Value {
    let Ok(mut value) = serde_json::from_slice(body) else {
        return String::from_utf8_lossy(body).into_owned().into();
    };
    forget(&mut value);
    value
}

fn forget(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(forget),
        Value::Object(fields) => {
            fields.retain(|name, _| !FLEETING.contains(&name.as_str()));
            fields.values_mut().for_each(forget);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_below_a_list_is_asked_for_each_of_it() {
        let list = json!({"items": [{"id": "cus_1"}, {"id": "cus_2"}], "has_more": false});
        let methods = json!({"items": [{"id": "pm_1"}], "has_more": false});
        let known = Answers::from([
            ("/api/customers".to_owned(), list),
            ("/api/customers/cus_2/payment-methods".to_owned(), methods),
        ]);
        let paths = |pattern| concrete(pattern, &known);
        assert_eq!(paths("/api/account"), ["/api/account"]);
        assert_eq!(paths("/api/customers/{id}"), ["/api/customers/cus_1", "/api/customers/cus_2"]);
        assert_eq!(
            paths("/api/customers/{id}/payment-methods/{payment_method_id}"),
            ["/api/customers/cus_2/payment-methods/pm_1"]
        );
        assert!(paths("/api/invoices/{id}").is_empty());
    }
}
