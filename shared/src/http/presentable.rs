//! Events in a form that `lambda_http` makes requests of.

use std::borrow::Cow;

use lambda_http::request::LambdaRequest;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What a client may send in a query, and `lambda_http` cannot put into a URI.
const NOT_IN_A_URI: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// An event in a form in which `lambda_http` makes a request of it, whatever the client sent.
///
/// It builds a URI, and panics where that is none. Of that URI the query alone is read here; so the
/// query's unusual characters are encoded, which changes no parameter, and the host is left out.
pub(super) fn presentable(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(event) = &mut event {
        event.headers.remove(http::header::HOST);
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
