//! What is sent, and what is wrong with any answer.

use serde_json::Value;

use crate::client::Answer;

/// What is sent, where it differs from what is right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    /// The value of `Authorization`.
    pub(crate) authorization: Option<String>,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
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
