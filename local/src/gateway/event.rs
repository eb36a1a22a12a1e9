//! The event a function gets for a request: API Gateway's payload format 2.0.
//!
//! As an HTTP API does it: header names in lower case, a repeated header or query parameter joined
//! with commas, cookies apart, `rawQueryString` untouched but `rawPath` and `http.path` *decoded*
//! (REST APIs and function URLs leave them encoded, HTTP APIs do not).
//! Source: AWS, "Create AWS Lambda proxy integrations for HTTP APIs"; live captures in
//! <https://github.com/hotsock/voker/pull/8>.

use crate::{
    router::{Match, decode},
    template::{ACCOUNT, REGION},
};
use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, header, request::Parts};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

const API_ID: &str = "local";

/// The event of one request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: String,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'static str,
    api_id: &'static str,
    domain_name: String,
    domain_prefix: &'static str,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'static str,
    time: String,
    time_epoch: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: String,
    protocol: &'static str,
    source_ip: &'static str,
    user_agent: &'a str,
}

impl<'a> Event<'a> {
    pub(super) fn new(
        parts: &'a Parts,
        found: &'a Match,
        body: &Bytes,
        request_id: &'a str,
        now: Timestamp,
    ) -> Self {
        let path = decode(parts.uri.path());
        let query = parts.uri.query().unwrap_or_default();
        let (body, is_base64_encoded) = encode(body);
        Self {
            version: "2.0",
            route_key: &found.route_key,
            raw_path: path.clone(),
            raw_query_string: query,
            cookies: cookies(&parts.headers),
            headers: headers(&parts.headers, now),
            query_string_parameters: parameters(query),
            request_context: RequestContext {
                account_id: ACCOUNT,
                api_id: API_ID,
                domain_name: format!("{API_ID}.execute-api.{REGION}.amazonaws.com"),
                domain_prefix: API_ID,
                http: Http {
                    method: parts.method.as_str(),
                    path,
                    protocol: "HTTP/1.1",
                    source_ip: "127.0.0.1",
                    user_agent: parts
                        .headers
                        .get(header::USER_AGENT)
                        .and_then(|value| value.to_str().ok())
                        .unwrap_or_default(),
                },
                request_id,
                route_key: &found.route_key,
                stage: "$default",
                time: now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                time_epoch: now.as_millisecond(),
            },
            path_parameters: &found.parameters,
            body,
            is_base64_encoded,
        }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        // Text and numbers under text keys: serialization has nothing to fail on.
        serde_json::to_vec(&self).unwrap_or_default().into()
    }
}

fn encode(body: &Bytes) -> (Option<String>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(body) {
        Ok(text) => (Some(text.to_owned()), false),
        Err(_) => (Some(BASE64.encode(body)), true),
    }
}

fn headers(all: &HeaderMap, now: Timestamp) -> BTreeMap<&str, String> {
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in all {
        if matches!(*name, header::CONNECTION | header::TRANSFER_ENCODING | header::COOKIE) {
            continue;
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str())
            .and_modify(|earlier| {
                earlier.push(',');
                earlier.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    for (name, value) in [
        ("x-amzn-trace-id", format!("Root=1-{:08x}-000000000000000000000000", now.as_second())),
        ("x-forwarded-for", "127.0.0.1".to_owned()),
        ("x-forwarded-port", "443".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
    ] {
        joined.insert(name, value);
    }
    joined
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .map(|cookie| String::from_utf8_lossy(cookie).trim().to_owned())
        .collect()
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        joined
            .entry(name.into_owned())
            .and_modify(|earlier| {
                earlier.push(',');
                earlier.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined
}
