//! Answers and problems, as API Gateway wants them.

use crate::work::answer::Answer;
use serde_json::{Map, Value, json};

use super::{rate_limit::Standing, request::Request};
use crate::base::{
    error::Error,
    input::{Faults, Location},
};

/// Lambda passes on 6 MB: this much for the body, as the JSON string it becomes, and the rest for
/// what is around it.
const MAX_ANSWER: usize = 6_000_000;

/// A response that is being put together.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Map<String, Value>,
    body: String,
}

impl Response {
    /// The response to a request that was answered; refused, where Lambda would not pass it on.
    pub fn answered(request: &Request, answer: Answer<()>) -> Result<Self, Error> {
        let mut body = answer.body;
        if let (Value::Object(object), Some(secret)) = (&mut body, answer.secret) {
            object.insert("token".to_owned(), secret.reveal().into());
        }
        let (text, content_type) = match (body, &answer.policy) {
            (Value::String(page), Some(_)) => (page, "text/html; charset=utf-8"),
            (body, _) => (body.to_string(), "application/json"),
        };
        fits(&text)?;
        let mut response = Self::new(request, 200, content_type, text);
        if let Some(policy) = answer.policy {
            response.header("Content-Security-Policy", policy);
            response.header("Referrer-Policy", "no-referrer".to_owned());
        }
        if let Some(version) = answer.version {
            response.header("ETag", format!("\"{version}\""));
        }
        if answer.replayed {
            response.header("Idempotent-Replayed", "true".to_owned());
        }
        Ok(response)
    }

    /// The response to a request that was refused.
    pub fn refused(request: &Request, error: &Error) -> Self {
        let problem = error.problem(&request.path, &request.id);
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let mut response = Self::new(request, error.status(), "application/problem+json", body);
        if let Some(seconds) = error.retry_after() {
            response.header("Retry-After", seconds.to_string());
        }
        match error {
            Error::Unauthorized => response.header("WWW-Authenticate", "Bearer".to_owned()),
            Error::MethodNotAllowed(allow) => response.header("Allow", allow.clone()),
            _ => {}
        }
        response
    }

    /// The response to a browser that asks whether it may call.
    pub fn preflight(request: &Request) -> Self {
        let mut response = Self::new(request, 200, "application/json", "{}".to_owned());
        response.header("Access-Control-Allow-Methods", "GET, POST".to_owned());
        let headers = "Authorization, Content-Type, Idempotency-Key, If-Match";
        response.header("Access-Control-Allow-Headers", headers.to_owned());
        response.header("Access-Control-Max-Age", "86400".to_owned());
        response.open_to_browsers();
        response
    }

    fn new(request: &Request, status: u16, content_type: &str, body: String) -> Self {
        let mut response = Self { status, headers: Map::new(), body };
        response.header("Content-Type", content_type.to_owned());
        response.header("Request-Id", request.id.clone());
        response.header("Cache-Control", "no-store".to_owned());
        response.header("X-Content-Type-Options", "nosniff".to_owned());
        let year = "max-age=31536000; includeSubDomains";
        response.header("Strict-Transport-Security", year.to_owned());
        response
    }

    /// Adds how the token stands with its limit.
    pub fn limited(&mut self, standing: &Standing) {
        self.header("RateLimit-Policy", standing.policy());
        self.header("RateLimit", standing.state());
    }

    /// Lets any web page read the response: only for routes that take a publishable token.
    pub fn open_to_browsers(&mut self) {
        self.header("Access-Control-Allow-Origin", "*".to_owned());
        let exposed =
            "ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Request-Id, Retry-After";
        self.header("Access-Control-Expose-Headers", exposed.to_owned());
    }

    /// Says that the route will be gone after `sunset`, an HTTP date.
    pub fn deprecated(&mut self, sunset: &str) {
        self.header("Deprecation", "true".to_owned());
        self.header("Sunset", sunset.to_owned());
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    fn header(&mut self, name: &str, value: String) {
        self.headers.insert(name.to_owned(), value.into());
    }

    /// The response in the payload format 2.0 of API Gateway.
    pub fn into_payload(self) -> Value {
        json!({
            "statusCode": self.status,
            "headers": self.headers,
            "body": self.body,
            "cookies": [],
            "isBase64Encoded": false,
        })
    }
}

/// Refuses a body that is too large once it is a JSON string itself, in which every quotation mark and
/// backslash is two characters: only a page of large objects can be one.
fn fits(body: &str) -> Result<(), Error> {
    let escaped = body.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    if body.len().saturating_add(escaped) <= MAX_ANSWER {
        return Ok(());
    }
    let (mut faults, query) = (Faults::default(), Location::query());
    let hint = "makes a page of more than 6 MB of these objects; ask for fewer at a time";
    faults.not_understood(&query.field("limit"), "too_large", hint);
    Err(Error::Faulty(faults))
}
