//! Headers: the bearer token, `Idempotency-Key`, `If-Match`.

use lambda_http::{aws_lambda_events::apigw::ApiGatewayV2httpRequest, request::LambdaRequest};
use shared::{base::input::Faults, http::Request, model::auth::PlainToken};

/// A header's value, as each of them.
pub fn credentials(data: &[u8]) {
    let mut event = ApiGatewayV2httpRequest::default();
    let Ok(value) = lambda_http::http::HeaderValue::from_bytes(data) else { return };
    for name in ["authorization", "idempotency-key", "if-match"] {
        event.headers.insert(name, value.clone());
    }
    event.request_context.http.method = lambda_http::http::Method::POST;
    let request = Request::of("req_1".to_owned(), LambdaRequest::ApiGatewayV2(event));
    if let Some(bearer) = request.bearer() {
        token(bearer);
    }
    let mut faults = Faults::default();
    request.check_headers(&mut faults);
    for fault in faults.iter() {
        assert!(["Idempotency-Key", "If-Match"].contains(&fault.pointer.as_str()), "{fault:?}");
    }
    if faults.is_empty() {
        let key = request.idempotency_key().expect("a key that can be used");
        assert!(
            (1..=255).contains(&key.len()) && !key.contains(|c: char| c.is_control() && c != '\t'),
            "{key:?}"
        );
        assert_eq!(key.trim(), key);
        let tags = request.if_match().expect("a header that can be read");
        assert!(tags.iter().all(|tag| tag.trim() == tag), "{tags:?}");
    }
}

/// A token is its text, and no other text that differs in one character is one.
fn token(text: &str) {
    let Some(token) = PlainToken::parse(text) else { return };
    assert_eq!(token.reveal(), text);
    assert!(text.starts_with(token.prefix()) && text.ends_with(token.last_four()));
    assert_eq!((token.prefix().matches('_').count(), token.last_four().len()), (2, 4));
    assert_eq!(token.hashed().as_str().len(), 64);
    assert!(
        !format!("{token:?}{:?}", token.hashed()).contains(token.last_four()) || text.len() < 5
    );
    for at in token.prefix().len()..text.len() {
        let digit = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
        let other = format!("{}{digit}{}", &text[..at], &text[at + 1..]);
        assert!(
            PlainToken::parse(&other).is_none(),
            "{at}: two tokens that differ in one character"
        );
    }
}
