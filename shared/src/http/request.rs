//! A request as API Gateway hands it over, taken apart once.

use std::net::IpAddr;

use http::HeaderMap;
use lambda_http::{
    Body, RequestExt as _,
    request::{LambdaRequest, RequestContext},
};

use super::{
    presentable::{REQUESTED_HOST, presentable},
    query::Query,
};
use crate::base::{
    error::Error,
    input::{Faults, Json, Location, Media},
};

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 256 * 1024;
const MAX_IDEMPOTENCY_KEY: usize = 255;
/// The parameters of a path that are the caller's own name of something.
const OWN: [&str; 2] = ["external_id", "identifier"];

/// The name of a session's cookie, which browsers take for this host alone.
pub(super) const SESSION_COOKIE: &str = "__Host-paymentkit";
/// What must be beside it.
const SESSION_HEADER: &str = "paymentkit-session";

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
    /// The `{external_id}` or `{identifier}` in the path, where there is one: the caller's own name of something.
    pub own_name: Option<String>,
    source: Option<String>,
    headers: HeaderMap,
    query: String,
    body: Result<String, Error>,
}

impl Request {
    /// The request that an event of the gateway holds.
    pub fn of(id: String, event: LambdaRequest) -> Self {
        Self::new(id, presentable(event).into())
    }

    /// Takes a request apart. Nothing is judged yet.
    pub fn new(id: String, request: lambda_http::Request) -> Self {
        let (parts, body) = request.into_parts();
        let context = match parts.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => Some(context),
            _ => None,
        };
        let path = match parts.raw_http_path() {
            "" => context.and_then(|context| context.http.path.as_deref()).unwrap_or("/"),
            path => path,
        };
        let path = path.to_owned();
        let parameters = parts.path_parameters();
        let account = parameters.first("account_id").map(str::to_owned);
        let resource_path = match &account {
            Some(account) => path.replacen(&format!("/{account}"), "", 1),
            None => path.clone(),
        };
        let route = context.and_then(|context| context.route_key.as_deref()).unwrap_or_default();
        let route = route.replacen("/{account_id}", "", 1);
        let part =
            |(name, _): &(&str, &str)| !["account_id", "id"].contains(name) && !OWN.contains(name);
        let part = parameters.iter().find(part).map(|(_, id)| id.to_owned());
        Self {
            id,
            method: parts.method.to_string(),
            resource_path: unversioned(&resource_path),
            path,
            route: unversioned(&route),
            account,
            source: context.and_then(|context| context.http.source_ip.clone()),
            target: parameters.first("id").map(str::to_owned),
            own_name: OWN.iter().find_map(|name| parameters.first(name)).map(str::to_owned),
            part,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: body_text(body),
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

    /// Whether JSON is asked for, and no page.
    pub fn wants_json(&self) -> bool {
        let accepted = self.header("accept").unwrap_or_default();
        accepted.contains("json") && !accepted.contains("text/html")
    }

    /// Where in the network the request comes from: the address, or of IPv6 the network that one
    /// customer of a provider has.
    pub fn network(&self) -> String {
        match self.source.as_deref().and_then(|text| text.parse().ok()) {
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
            None => "unknown".to_owned(),
        }
    }

    /// The credentials of `Authorization: Bearer …`.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, credentials) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| credentials.trim())
    }

    /// The token that the request is sent with: in `Authorization`, or else in a session's cookie. That
    /// counts only beside a header that a page of another site cannot send.
    pub fn credentials(&self) -> Option<&str> {
        if self.headers.contains_key("authorization") {
            return self.bearer();
        }
        if !self.is_from_own_page() {
            return None;
        }
        let mut cookies = self.header("cookie")?.split(';').map(str::trim);
        cookies.find_map(|cookie| cookie.strip_prefix(SESSION_COOKIE)?.strip_prefix('='))
    }

    /// Whether its path names this object.
    pub fn names(&self, id: &str) -> bool {
        self.target.as_deref() == Some(id)
    }

    /// Whether it has the header that a page of another site cannot send.
    pub fn is_from_own_page(&self) -> bool {
        self.header(SESSION_HEADER) == Some("1")
    }

    /// Whether the token it is sent with is a session's, in a browser's cookie.
    pub fn is_from_dashboard(&self) -> bool {
        !self.headers.contains_key("authorization")
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
        // A header that is sent twice arrives as one, joined by a comma.
        let usable = value.to_str().is_ok_and(|key| {
            (1..=MAX_IDEMPOTENCY_KEY).contains(&key.trim().len()) && !key.contains(',')
        });
        if !usable {
            let headers = Location::headers();
            let hint = format!(
                "must be 1 to {MAX_IDEMPOTENCY_KEY} printable ASCII characters, none of them a \
                 comma, and sent once"
            );
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
        Query::read(&self.query, faults)
    }

    /// The body as JSON.
    pub fn body(&self) -> Result<Json, Error> {
        self.body_as(&[Media::Plain]).map(|(_, json)| json)
    }

    /// The body as JSON of one of these kinds, and which one it is; an empty one is an empty object, but
    /// for a change, which must say what.
    pub fn body_as(&self, kinds: &[Media]) -> Result<(Media, Json), Error> {
        let text = self.body.as_ref().map_err(Clone::clone)?;
        if text.trim().is_empty() {
            if self.method == "PATCH" {
                return Err(Error::NotJson("it is empty; send {} to change nothing".to_owned()));
            }
            return Ok((Media::Plain, Json::Object(Vec::new())));
        }
        let declared = self.header("content-type").and_then(|value| value.split(';').next());
        let declared = declared.unwrap_or_default().trim();
        let kind = kinds.iter().find(|kind| declared.eq_ignore_ascii_case(kind.name()));
        let kind = kind.ok_or(Error::UnsupportedMediaType)?;
        Json::parse(text).map(|json| (*kind, json)).map_err(|why| Error::NotJson(why.0))
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str, Error> {
        self.body.as_deref().map_err(Clone::clone)
    }

    /// Where this deployment was reached: `https://billing.example.com`. A machine that reaches itself
    /// is spoken to without TLS.
    pub fn origin(&self) -> Option<String> {
        let host = self.header(REQUESTED_HOST)?;
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let own = ["127.0.0.1", "localhost", "[::1]"].contains(&name);
        Some(format!("{}://{host}", if own { "http" } else { "https" }))
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

fn body_text(body: Body) -> Result<String, Error> {
    if body.len() > MAX_BODY {
        return Err(Error::TooLarge);
    }
    match body {
        Body::Text(text) => Ok(text),
        body => String::from_utf8(body.to_vec())
            .map_err(|_| Error::NotJson("it is not UTF-8".to_owned())),
    }
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
        Request::of("req_1".into(), serde_json::from_value(event).unwrap())
    }

    #[test]
    fn whatever_was_sent_becomes_a_request() {
        let hostile = "a=\"<>` {}|\\^#b=\u{e9}\u{1f600}&c=%&d=%zz&e[]=\u{7f}\t&email=a+b@c.de";
        let event = serde_json::json!({
            "rawPath": "//[/api/ \u{e9}<%>",
            "rawQueryString": hostile,
            "headers": {"host": "a b:x/", "x-forwarded-proto": "no scheme"},
            "requestContext": {"http": {"method": "GET"}, "domainName": "[", "stage": " "},
        });
        let event: LambdaRequest = serde_json::from_value(event).unwrap();
        let request = Request::of("req_1".into(), event);
        assert_eq!(request.path, "//[/api/ \u{e9}<%>");
        let mut faults = Faults::default();
        let sent: Vec<_> = form_urlencoded::parse(hostile.as_bytes()).collect();
        let read: Vec<_> = form_urlencoded::parse(request.raw_query().as_bytes()).collect();
        assert_eq!(read, sent);
        request.query(&mut faults);
        assert_eq!(request.method, "GET");
    }

    #[test]
    fn a_network_is_an_address_or_what_one_customer_of_a_provider_has() {
        let network = |address: &str| {
            let event = serde_json::json!({
                "requestContext": {"http": {"method": "GET", "sourceIp": address}},
            });
            Request::of("req_1".into(), serde_json::from_value(event).unwrap()).network()
        };
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2::"));
        assert_ne!(network("2001:db8:1:2::"), network("2001:db8:1:3::"));
        assert_eq!([network(""), network("x")], ["unknown", "unknown"]);
    }

    #[test]
    fn json_is_asked_for_by_whoever_takes_no_page() {
        let wants = |accept: &str| {
            let event = serde_json::json!({
                "headers": {"accept": accept},
                "requestContext": {"http": {"method": "GET"}},
            });
            Request::of("req_1".into(), serde_json::from_value(event).unwrap()).wants_json()
        };
        assert!(wants("application/json") && wants("application/problem+json, */*"));
        assert!(!wants("text/html,application/json;q=0.9") && !wants("*/*") && !wants(""));
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
    fn a_session_counts_beside_its_header_and_after_a_token() {
        let sent = |headers: serde_json::Value| {
            let event = serde_json::json!({
                "headers": headers, "cookies": ["a=b", "__Host-paymentkit=st_1", "c=d"],
                "requestContext": {"http": {"method": "GET"}},
            });
            let event = serde_json::from_value(event).unwrap();
            Request::of("req_1".into(), event).credentials().map(str::to_owned)
        };
        assert_eq!(sent(serde_json::json!({"paymentkit-session": "1"})).as_deref(), Some("st_1"));
        assert_eq!(sent(serde_json::json!({})), None);
        assert_eq!(sent(serde_json::json!({"paymentkit-session": "2"})), None);
        let both = serde_json::json!({"paymentkit-session": "1", "authorization": "Bearer st_2"});
        assert_eq!(sent(both).as_deref(), Some("st_2"));
        let other = serde_json::json!({"paymentkit-session": "1", "authorization": "Basic x"});
        assert_eq!(sent(other), None);
    }

    #[test]
    fn a_versioned_path_names_the_same_resource() {
        assert_eq!(unversioned("/api/v1/processors/proc_1"), "/api/processors/proc_1");
        assert_eq!(unversioned("POST /api/v1/processors"), "POST /api/processors");
        assert_eq!(unversioned("/api/customers/v1"), "/api/customers/v1");
    }

    #[test]
    fn a_key_that_was_sent_twice_is_no_key() {
        let keys = |key: &str| {
            let event = serde_json::json!({
                "headers": {"idempotency-key": key},
                "requestContext": {"http": {"method": "POST"}},
            });
            let mut faults = Faults::default();
            Request::of("req_1".into(), serde_json::from_value(event).unwrap())
                .check_headers(&mut faults);
            faults.count()
        };
        assert_eq!([keys("k1"), keys("k 1;x=y")], [0, 0]);
        assert_eq!([keys("k1,k2"), keys("k1, k1"), keys(","), keys(" ")], [1, 1, 1, 1]);
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
        assert_eq!(status("{}", "application/cloudevents+json"), Some(415));
        let batch = request("", "[]", "Application/CloudEvents-Batch+json; charset=utf-8");
        assert!(matches!(batch.body_as(&Media::ALL), Ok((Media::CloudEvents, Json::Array(_)))));
    }
}
