//! Events in a form that `lambda_http` makes requests of.

use std::borrow::Cow;

use lambda_http::request::LambdaRequest;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What a client may send in a query, and `lambda_http` cannot put into a URI.
const NOT_IN_A_URI: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// Where the host that a client asked for is kept; no client can send it.
pub(super) const REQUESTED_HOST: &str = "x-requested-host";

fn is_of_a_host(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
}

/// An event in a form in which `lambda_http` makes a request of it, whatever the client sent.
///
/// It builds a URI, and panics where that is none. Of that URI the query alone is read here; so the
/// query's unusual characters are encoded, which changes no parameter, and the host is put elsewhere.
pub(super) fn presentable(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(event) = &mut event {
        event.headers.remove(REQUESTED_HOST);
        if let Some(host) = event.headers.remove(http::header::HOST)
            && host.as_bytes().iter().all(is_of_a_host)
        {
            event.headers.insert(REQUESTED_HOST, host);
        }
        event.request_context.domain_name = None;
        event.request_context.stage = None;
        if let Some(query) = &mut event.raw_query_string
            && let Cow::Owned(encoded) = utf8_percent_encode(query, NOT_IN_A_URI).into()
        {
            *query = encoded;
        }
    }
    event
}
