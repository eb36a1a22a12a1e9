//! A request as API Gateway hands it over, taken apart once.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use http::HeaderMap;

use crate::base::{
    error::Error,
    input::{Faults, Json, Location},
};

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 256 * 1024;
const MAX_IDEMPOTENCY_KEY: usize = 255;

/// A request.
#[derive(Debug)]
pub struct Request {
    /// `req_…`, in every answer and log line.
    pub id: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The path without an account and a version: all its forms name the same thing.
    pub resource_path: String,
    /// The route that matched, in its shortest form: `GET /api/customers/{id}`.
    pub route: String,
    /// The account in the path, where there is one.
    pub account: Option<String>,
    /// The `{id}` in the path, where there is one.
    pub target: Option<String>,
    /// The id in the path of what is a part of the target, where there is one.
    pub part: Option<String>,
    headers: HeaderMap,
    query: String,
    body: Result<String, Error>,
}

/// What the query string says.
#[derive(Debug)]
pub struct Query {
    /// The parameters, but for `expand`.
    pub parameters: Json,
    /// The values of `expand`.
    pub expand: Vec<String>,
}

impl Request {
    /// Takes an event apart. Nothing is judged yet.
    pub fn new(id: String, event: ApiGatewayV2httpRequest) -> Self {
        let http = event.request_context.http;
        let path = event.raw_path.or(http.path).unwrap_or_else(|| "/".to_owned());
        let account = event.path_parameters.get("account_id").cloned();
        let resource_path = match &account {
            Some(account) => path.replacen(&format!("/{account}"), "", 1),
            None => path.clone(),
        };
        let route = event.route_key.unwrap_or_default().replacen("/{account_id}", "", 1);
        let part = |(name, _): &(&String, &String)| !["account_id", "id"].contains(&name.as_str());
        let part = event.path_parameters.iter().find(part).map(|(_, id)| id.clone());
        Self {
            id,
            method: http.method.to_string(),
            resource_path: unversioned(&resource_path),
            path,
            route: unversioned(&route),
            account,
            target: event.path_parameters.get("id").cloned(),
            part,
            headers: event.headers,
            query: event.raw_query_string.unwrap_or_default(),
            body: body_text(event.body, event.is_base64_encoded),
        }
    }

    /// Whether the method promises to change nothing.
    pub fn is_read(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// The credentials of `Authorization: Bearer …`.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, credentials) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| credentials.trim())
    }

    /// The key that protects this request from being done twice. Reads need none.
    pub fn idempotency_key(&self) -> Option<&str> {
        if self.is_read() { None } else { self.header("idempotency-key") }
    }

    /// Checks that `If-Match` and `Idempotency-Key`, where there are any, can be used.
    pub fn check_headers(&self, faults: &mut Faults) {
        if self.headers.get("if-match").is_some_and(|value| value.to_str().is_err()) {
            let (headers, hint) = (Location::headers(), "must be an entity tag such as \"3\"");
            faults.not_understood(&headers.field("If-Match"), "invalid_header", hint);
        }
        let Some(value) = self.headers.get("idempotency-key").filter(|_| !self.is_read()) else {
            return;
        };
        let usable =
            value.to_str().is_ok_and(|key| (1..=MAX_IDEMPOTENCY_KEY).contains(&key.trim().len()));
        if !usable {
            let headers = Location::headers();
            let hint = format!("must be 1 to {MAX_IDEMPOTENCY_KEY} printable ASCII characters");
            faults.not_understood(&headers.field("Idempotency-Key"), "invalid_header", &hint);
        }
    }

    /// The entity tags of `If-Match`.
    pub fn if_match(&self) -> Option<Vec<String>> {
        let tags = self.header("if-match")?;
        Some(tags.split(',').map(|tag| tag.trim().to_owned()).collect())
    }

    /// The query string; a parameter given twice or without a value is a fault.
    pub fn query(&self, faults: &mut Faults) -> Query {
        let mut expand = Vec::new();
        let mut fields: Vec<(String, Json)> = Vec::new();
        let root = Location::query();
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            if value.is_empty() {
                faults.not_understood(&root.field(&name), "empty", "is given without a value");
            } else if name == "expand" {
                expand.push(value.into_owned());
            } else if !insert(&mut fields, &name, Json::Param(value.into_owned())) {
                faults.not_understood(&root.field(&name), "duplicate", "is given twice");
            }
        }
        Query { parameters: Json::Object(fields), expand }
    }

    /// The body as JSON; an empty one is an empty object.
    pub fn body(&self) -> Result<Json, Error> {
        let text = self.body.as_ref().map_err(Clone::clone)?;
        if text.trim().is_empty() {
            return Ok(Json::Object(Vec::new()));
        }
        let media_type = self.header("content-type").and_then(|value| value.split(';').next());
        match media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"))
        {
            true => Json::parse(text).map_err(|why| Error::NotJson(why.0)),
            false => Err(Error::UnsupportedMediaType),
        }
    }

    /// The query as it was sent: part of what tells two requests apart.
    pub fn raw_query(&self) -> &str {
        &self.query
    }
}

/// A path or a route without the version that some may be asked for with: `/api/v1/processors` is
/// `/api/processors`.
fn unversioned(path: &str) -> String {
    path.replacen("/api/v1/", "/api/", 1)
}

fn body_text(body: Option<String>, base64: bool) -> Result<String, Error> {
    let body = body.unwrap_or_default();
    let bytes = match base64 {
        true => data_encoding::BASE64
            .decode(body.as_bytes())
            .map_err(|error| Error::NotJson(error.to_string()))?,
        false => body.into_bytes(),
    };
    if bytes.len() > MAX_BODY {
        return Err(Error::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| Error::NotJson("it is not UTF-8".to_owned()))
}

/// Puts `name` or `name[sub]` into `fields`; false if it is there already.
fn insert(fields: &mut Vec<(String, Json)>, name: &str, value: Json) -> bool {
    let nested = name.strip_suffix(']').and_then(|name| name.split_once('['));
    let (name, sub) = nested.map_or((name, None), |(name, sub)| (name, Some(sub)));
    let existing = fields.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value);
    match (existing, sub) {
        (None, None) => fields.push((name.to_owned(), value)),
        (None, Some(sub)) => {
            let object = Json::Object(vec![(sub.to_owned(), value)]);
            fields.push((name.to_owned(), object));
        }
        (Some(Json::Object(inner)), Some(sub)) if inner.iter().all(|(key, _)| key != sub) => {
            inner.push((sub.to_owned(), value));
        }
        (Some(_), _) => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str, body: &str, content_type: &str) -> Request {
        let event = serde_json::json!({
            "rawPath": "/api/acc_prod_x/customers/cus_1",
            "rawQueryString": query,
            "headers": {"content-type": content_type, "authorization": "bearer  abc "},
            "pathParameters": {"account_id": "acc_prod_x", "id": "cus_1"},
            "requestContext": {"http": {"method": "POST"}},
            "body": body,
        });
        Request::new("req_1".into(), serde_json::from_value(event).unwrap())
    }

    #[test]
    fn both_path_forms_name_the_same_resource() {
        let request = request("", "", "");
        assert_eq!(request.resource_path, "/api/customers/cus_1");
        assert_eq!(request.account.as_deref(), Some("acc_prod_x"));
        assert_eq!(request.target.as_deref(), Some("cus_1"));
        assert_eq!(request.bearer(), Some("abc"));
    }

    #[test]
    fn a_versioned_path_names_the_same_resource() {
        assert_eq!(unversioned("/api/v1/processors/proc_1"), "/api/processors/proc_1");
        assert_eq!(unversioned("POST /api/v1/processors"), "POST /api/processors");
        assert_eq!(unversioned("/api/customers/v1"), "/api/customers/v1");
    }

    #[test]
    fn a_parameter_given_twice_or_empty_is_a_fault() {
        let mut faults = Faults::default();
        let query = request(
            "limit=1&limit=2&offset=&expand=a,b&expand=c&created_at%5Bgte%5D=x&created_at[lt]=y",
            "",
            "",
        )
        .query(&mut faults);
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["?limit", "?offset"]);
        assert_eq!(query.expand, ["a,b", "c"]);
        let Json::Object(fields) = query.parameters else { panic!("an object") };
        assert_eq!(fields.len(), 2);
    }

    #[test]
    fn a_body_must_be_declared_and_small() {
        let status = |body: &str, content_type: &str| {
            request("", body, content_type).body().map_err(|error| error.status()).err()
        };
        assert_eq!(status("{}", "application/json; charset=utf-8"), None);
        assert_eq!(status("", ""), None);
        assert_eq!(status("{}", "text/plain"), Some(415));
        assert_eq!(status("{}", ""), Some(415));
        assert_eq!(status("{", "application/json"), Some(400));
        assert_eq!(status(&" ".repeat(MAX_BODY + 1), "application/json"), Some(413));
    }
}
