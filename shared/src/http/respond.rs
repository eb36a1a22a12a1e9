//! Answers and problems, as API Gateway wants them.

use std::{
    future::{Future, ready},
    pin::Pin,
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lambda_http::{Body, IntoResponse};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::{
    packed::packed,
    rate_limit::Standing,
    request::{Request, SESSION_COOKIE},
};
use crate::{
    base::{
        error::Error,
        hash,
        input::{Faults, Location},
    },
    model::{
        auth::PlainToken,
        entity::{Item, Representation},
        hosted::{Hosted, HostedPage},
        token::SESSION_HOURS,
    },
    work::answer::{Answer, FileOf, Pdf},
};

/// Lambda passes on 6 MB: this much for the body, as the JSON string it becomes, and the rest for
/// what is around it.
const MAX_ANSWER: usize = 6_000_000;

/// Where the secret of an answer goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goes {
    /// Into the answer, as `token`.
    #[default]
    Token,
    /// Into a cookie.
    Cookie,
    /// Into the answer, at the end of `url`: an address without its secret is none.
    Address,
}

impl Goes {
    fn shown(self, object: &mut Item, secret: Option<&PlainToken>) {
        match (self, secret) {
            (Self::Token, Some(secret)) => {
                object.insert("token".to_owned(), secret.reveal().into());
            }
            (Self::Address, secret) => {
                let url = object.get("url").and_then(Value::as_str).zip(secret);
                let url = url.map(|(url, secret)| format!("{url}{}", secret.reveal()));
                object.insert("url".to_owned(), url.map_or(Value::Null, Value::from));
            }
            (Self::Token | Self::Cookie, _) => {}
        }
    }
}

/// Where a page's address says what came of what was sent to it.
pub(super) const SAID: &str = "said";

/// A response that is being put together.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: HeaderMap,
    body: Body,
}

/// A value as JSON, which `Display` would write piece by piece through a formatter.
fn text_of(body: &Value) -> Result<String, Error> {
    serde_json::to_string(body).map_err(|error| Error::Internal(format!("an answer: {error}")))
}

impl Response {
    /// The response to a request that was answered; refused, where Lambda would not pass it on.
    pub fn answered(request: &Request, answer: Answer<()>, goes: Goes) -> Result<Self, Error> {
        let (mut body, secret) = (answer.body, answer.secret);
        let cookie = secret.as_ref().filter(|_| goes == Goes::Cookie).map(session_cookie);
        if let Value::Object(object) = &mut body {
            goes.shown(object, secret.as_ref());
        }
        let (text, content_type) = match (body, answer.media, &answer.policy) {
            (Value::String(text), Some(media), _) => (text, media),
            (Value::String(page), None, Some(_)) => (page, "text/html; charset=utf-8"),
            (Value::String(file), None, None) if answer.file.is_some() => {
                (file, "application/octet-stream")
            }
            (body, ..) => (text_of(&body)?, "application/json"),
        };
        fits(&text)?;
        let mut response = Self::new(request, 200, content_type, text);
        if let Some(file) = answer.file {
            response.holds(&file)?;
        }
        if let Some(policy) = answer.policy {
            response.header("content-security-policy", policy);
            response.header("referrer-policy", "no-referrer".to_owned());
        }
        if let Some(version) = answer.version {
            response.header("etag", format!("\"{version}\""));
        }
        if let Some(cookie) = cookie {
            response.header("set-cookie", cookie);
        }
        if answer.replayed {
            response.header("idempotent-replayed", "true".to_owned());
        }
        Ok(response)
    }

    /// A file. A page, which has a policy, is asked for each time; anything else is kept for a year.
    pub fn file(request: &Request, media: &str, text: String, policy: Option<&str>) -> Self {
        let packed = packed(request, &text);
        let mut response = Self::new(request, 200, media, text);
        response.pack(packed);
        match policy {
            Some(policy) => {
                response.header("content-security-policy", policy.to_owned());
                response.header("cross-origin-opener-policy", "same-origin".to_owned());
                response.header("referrer-policy", "no-referrer".to_owned());
            }
            None => {
                response.header("cache-control", "public, max-age=31536000, immutable".to_owned());
            }
        }
        response
    }

    fn pack(&mut self, packed: Option<Vec<u8>>) {
        self.header("vary", "accept-encoding".to_owned());
        if let Some(packed) = packed {
            self.body = Body::Binary(packed);
            self.header("content-encoding", "gzip".to_owned());
        }
    }

    /// A script, for pages of any origin. One that is `pinned` never changes under its name and is kept for
    /// a year; another is asked for again after an hour, and sent again where it has changed.
    pub fn script(request: &Request, media: &str, text: &str, pinned: bool) -> Self {
        let tag = format!("\"{}\"", hash::sha256(text));
        let known = request.header("if-none-match").is_some_and(|known| {
            known.split(',').map(str::trim).any(|one| one == "*" || one.ends_with(&tag))
        });
        let (status, body) = if known { (304, "") } else { (200, text) };
        // Packed or not it is the same script, and not the same bytes.
        let packed = packed(request, body);
        let tag = if packed.is_some() { format!("W/{tag}") } else { tag };
        let mut response = Self::new(request, status, media, body.to_owned());
        response.pack(packed);
        let kept = if pinned { "max-age=31536000, immutable" } else { "max-age=3600" };
        response.header("cache-control", format!("public, {kept}"));
        response.header("etag", tag);
        response.header("access-control-allow-origin", "*".to_owned());
        response.header("cross-origin-resource-policy", "cross-origin".to_owned());
        response
    }

    /// The response to somebody who opens a page, or is led on from it.
    pub fn hosted(request: &Request, hosted: Hosted) -> Self {
        match hosted {
            Hosted::Page(page) => {
                let media = "text/html; charset=utf-8";
                let mut response = Self::new(request, page.status, media, page.text);
                response.header("content-security-policy", page.policy);
                response.header("referrer-policy", "no-referrer".to_owned());
                if page.again {
                    response.header("refresh", "5".to_owned());
                }
                response
            }
            Hosted::Pdf(bytes, name) => {
                let mut response = Self::new(request, 200, Pdf::MEDIA, String::new());
                response.body = Body::Binary(bytes);
                response.header("content-disposition", format!("inline; filename=\"{name}\""));
                response.header("referrer-policy", "no-referrer".to_owned());
                response
            }
            Hosted::Json(opened) => {
                let text = serde_json::to_string(&opened).unwrap_or_default();
                let mut response = Self::new(request, 200, "application/json", text);
                response.open_to_browsers();
                response
            }
            Hosted::Again(word) => {
                // Relative to the request, so that whatever stands before this deployment stays there.
                let mut query = form_urlencoded::Serializer::new(String::new());
                let sent = form_urlencoded::parse(request.raw_query().as_bytes());
                query.extend_pairs(sent.filter(|(name, _)| name != SAID));
                query.extend_pairs(word.map(|word| (SAID, word)));
                Self::hosted(request, Hosted::Redirect(format!("?{}", query.finish())))
            }
            Hosted::Redirect(to) => {
                let mut response = Self::new(request, 303, "text/plain", String::new());
                response.header("location", to);
                response.header("referrer-policy", "no-referrer".to_owned());
                response
            }
        }
    }

    /// The response to somebody who is refused what they opened.
    pub fn page_instead(request: &Request, page: HostedPage, error: &Error) -> Self {
        let mut response = Self::hosted(request, Hosted::Page(page));
        response.wait(error);
        response
    }

    /// The response to a request that was refused.
    pub fn refused(request: &Request, error: &Error) -> Self {
        let problem = error.problem(&uri_reference(&request.path), &request.id);
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let mut response = Self::new(request, error.status(), "application/problem+json", body);
        response.wait(error);
        match error {
            Error::Unauthorized | Error::UnknownPasskey => {
                response.header("www-authenticate", "Bearer".to_owned());
            }
            Error::MethodNotAllowed(allow) => response.header("allow", allow.clone()),
            _ => {}
        }
        response
    }

    /// The response to a browser that asks whether it may call.
    pub fn preflight(request: &Request) -> Self {
        let mut response = Self::new(request, 200, "application/json", "{}".to_owned());
        response.header("access-control-allow-methods", "GET, POST".to_owned());
        let headers = "Authorization, Content-Type, Idempotency-Key, If-Match";
        response.header("access-control-allow-headers", headers.to_owned());
        response.header("access-control-max-age", "86400".to_owned());
        response.open_to_browsers();
        response
    }

    /// Makes of the text of a body, which is base64, the file that it is.
    fn holds(&mut self, file: &FileOf) -> Result<(), Error> {
        let Body::Text(text) = &self.body else { return Ok(()) };
        let bytes = data_encoding::BASE64.decode(text.as_bytes());
        let bytes = bytes.map_err(|error| Error::Internal(format!("a file: {error}")))?;
        self.body = Body::Binary(bytes);
        self.header("content-type", file.media.to_owned());
        self.header("content-disposition", format!("inline; filename=\"{}\"", file.name));
        Ok(())
    }

    fn new(request: &Request, status: u16, content_type: &str, body: String) -> Self {
        let mut response = Self { status, headers: HeaderMap::new(), body: Body::Text(body) };
        response.header("content-type", content_type.to_owned());
        response.header("request-id", request.id.clone());
        response.header("cache-control", "no-store".to_owned());
        response.header("x-content-type-options", "nosniff".to_owned());
        let year = "max-age=31536000; includeSubDomains";
        response.header("strict-transport-security", year.to_owned());
        response
    }

    /// Adds how the token stands with its limit.
    pub fn limited(&mut self, standing: &Standing) {
        self.header("ratelimit-policy", standing.policy());
        self.header("ratelimit", standing.state());
    }

    /// Lets any web page read the response: only for routes that take a publishable token.
    pub fn open_to_browsers(&mut self) {
        self.header("access-control-allow-origin", "*".to_owned());
        let exposed =
            "ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Request-Id, Retry-After";
        self.header("access-control-expose-headers", exposed.to_owned());
    }

    /// Takes the cookie of a session from the browser.
    pub fn end_session(&mut self) {
        self.header("set-cookie", cookie_of("", 0));
    }

    /// Says that the route will be gone after `sunset`, an HTTP date.
    pub fn deprecated(&mut self, sunset: &str) {
        self.header("deprecation", "true".to_owned());
        self.header("sunset", sunset.to_owned());
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Says after how long the same request may succeed, where waiting helps.
    fn wait(&mut self, error: &Error) {
        if let Some(seconds) = error.retry_after() {
            self.header("retry-after", seconds.to_string());
        }
    }

    fn header(&mut self, name: &'static str, value: String) {
        // What cannot be in a header is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

impl IntoResponse for Response {
    fn into_response(self) -> Pin<Box<dyn Future<Output = http::Response<Body>> + Send>> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        Box::pin(ready(response))
    }
}

/// The cookie of a session.
fn session_cookie(token: &PlainToken) -> String {
    cookie_of(token.reveal(), SESSION_HOURS.saturating_mul(3600))
}

/// A cookie that is kept for `age` seconds: for this host alone, over TLS, unseen by scripts and by other
/// sites. A browser drops one of no seconds, and the one of the same name that it has.
fn cookie_of(text: &str, age: i64) -> String {
    format!("{SESSION_COOKIE}={text}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Strict")
}

/// Refuses a body that is too large once it is a JSON string itself, in which every quotation mark and
/// backslash is two characters: only a page of large objects can be one.
fn fits(body: &str) -> Result<(), Error> {
    // Most are far from it, whatever is in them.
    if body.len() <= MAX_ANSWER / 2 {
        return Ok(());
    }
    let escaped = body.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    if body.len().saturating_add(escaped) <= MAX_ANSWER {
        return Ok(());
    }
    let (mut faults, query) = (Faults::default(), Location::query());
    let hint = "makes a page of more than 6 MB of these objects; ask for fewer at a time";
    faults.not_understood(&query.field("limit"), "too_large", hint);
    Err(Error::Faulty(faults))
}

/// What a path may not hold unless it is encoded.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A path as a problem names it: the gateway has decoded it.
fn uri_reference(path: &str) -> String {
    utf8_percent_encode(path, NOT_IN_A_PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::uri_reference;

    #[test]
    fn the_instance_of_a_problem_is_a_uri_reference() {
        assert_eq!(uri_reference("/api/customers/cus_1"), "/api/customers/cus_1");
        let encoded = "/api/a%20b/%3C%C3%A9%3E%3F%23%5B%25%5D";
        assert_eq!(uri_reference("/api/a b/<\u{e9}>?#[%]"), encoded);
    }
}
