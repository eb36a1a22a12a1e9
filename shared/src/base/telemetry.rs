//! One line of JSON per request: what an operator searches by.

use std::io::Write as _;

use serde::Serialize;

/// What is said of a request.
#[derive(Debug, Default, Serialize)]
pub struct LogLine<'a> {
    /// `info`, or `error` for a status of 500 and above.
    pub level: &'a str,
    /// The instant at which the request was answered.
    pub time: String,
    /// `req_…`, as in the answer.
    pub request_id: &'a str,
    /// Lambda's own id of the invocation.
    pub aws_request_id: &'a str,
    /// The function.
    pub function: &'a str,
    /// The account, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<&'a str>,
    /// The token, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<&'a str>,
    /// The route that matched.
    pub route: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// From the event to the answer, in milliseconds.
    pub duration_ms: i64,
    /// Requests to DynamoDB.
    pub round_trips: u32,
    /// What they consumed, read and write units together.
    pub capacity_units: f64,
    /// Whether the answer is that of an earlier request.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
    /// What the client is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a str>,
    /// Why the rate limit was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit_error: Option<&'a str>,
}

/// Writes a line to the log.
pub fn log(line: &impl Serialize) {
    if let Ok(mut text) = serde_json::to_vec(line) {
        text.push(b'\n');
        // A log that cannot be written is no reason to fail a request.
        let _ = std::io::stdout().lock().write_all(&text);
    }
}

/// Writes what went wrong outside of a request.
pub fn log_failure(what: &str, error: &str) {
    log(&serde_json::json!({"level": "error", "message": what, "error": error}));
}

/// Writes what did not happen this time, and will be tried again.
pub fn log_delay(what: &str, error: &str) {
    log(&serde_json::json!({"level": "warn", "message": what, "error": error}));
}
