//! The HTTP response that a function's answer stands for.
//!
//! As payload format 2.0 has it: an object with a `statusCode` is a response with `headers`,
//! `cookies` and `body`; any other JSON is the body of a `200`. There is no `multiValueHeaders` in
//! this format, and AWS ignores it, so this gateway does too.

use crate::{
    http::{Reply, json},
    pool::{CANNOT_START, STOPPED, TIMED_OUT},
};
use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: Option<Value>,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response, or nothing when the answer is not a valid one.
pub(super) fn reply(answer: &Bytes) -> Option<Reply> {
    let value: Value = serde_json::from_slice(answer).ok()?;
    if value.get("statusCode").is_none() {
        return Some(json(StatusCode::OK, answer.clone()));
    }
    let answer: Answer = serde_json::from_value(value).ok()?;
    let body = match answer.body.unwrap_or_default() {
        Value::String(text) if answer.is_base64_encoded => {
            Bytes::from(BASE64.decode(text.as_bytes()).ok()?)
        }
        Value::String(text) => Bytes::from(text),
        Value::Null => Bytes::new(),
        other => Bytes::from(other.to_string()),
    };
    let status = match answer.status_code? {
        Value::Number(number) => u16::try_from(number.as_u64()?).ok()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = StatusCode::from_u16(status).ok()?;
    for (name, value) in answer.headers.into_iter().flatten() {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        // The gateway measures the body itself.
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            reply.headers_mut().append(name, HeaderValue::from_str(&text).ok()?);
        }
    }
    for cookie in answer.cookies.into_iter().flatten() {
        reply.headers_mut().append(header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    reply
        .headers_mut()
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("text/plain;charset=utf-8"));
    Some(reply)
}

/// What a client is told of a function that failed. AWS answers 500 to all of it. Here a machine may be too
/// busy, which is no defect of the function: that is not a 500, and says what it is.
pub(super) fn failure(error: &Bytes) -> (StatusCode, &'static str) {
    let value: Value = serde_json::from_slice(error).unwrap_or_default();
    match value.get("errorType").and_then(Value::as_str) {
        Some(TIMED_OUT) => (
            StatusCode::GATEWAY_TIMEOUT,
            "The local stack ended the function: its time ran out. AWS answers 500 then",
        ),
        Some(CANNOT_START | STOPPED) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The local stack could not run the function")
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

#[cfg(test)]
mod tests {
    use super::reply;
    use http::header::{CONTENT_TYPE, SET_COOKIE};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    async fn read(answer: &Value) -> (u16, String, Vec<String>, String) {
        let reply = reply(&answer.to_string().into()).unwrap();
        let (parts, body) = reply.into_parts();
        let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
        (
            parts.status.as_u16(),
            text(&parts.headers[CONTENT_TYPE]),
            parts.headers.get_all(SET_COOKIE).iter().map(text).collect(),
            String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap(),
        )
    }

    #[tokio::test]
    async fn an_answer_becomes_its_response() {
        let full = json!({"statusCode": 201, "headers": {"Content-Type": "a/b"},
            "cookies": ["x=1", "y=2"], "body": "aGk=", "isBase64Encoded": true});
        let cookies = vec!["x=1".to_owned(), "y=2".to_owned()];
        assert_eq!(read(&full).await, (201, "a/b".to_owned(), cookies, "hi".to_owned()));
        let bare = json!({"statusCode": 204, "body": null});
        let plain = "text/plain;charset=utf-8".to_owned();
        assert_eq!(read(&bare).await, (204, plain, Vec::new(), String::new()));
        let any = json!({"a": 1});
        let inferred = (200, "application/json".to_owned(), Vec::new(), any.to_string());
        assert_eq!(read(&any).await, inferred);
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for answer in ["not json", r#"{"statusCode": 9999, "body": ""}"#, r#"{"statusCode": []}"#] {
            assert!(reply(&answer.as_bytes().to_vec().into()).is_none(), "{answer}");
        }
    }
}
