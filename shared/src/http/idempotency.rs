//! By what a request is known again when a client repeats it: account, route (method and path pattern)
//! and `Idempotency-Key` say where its record is, path, query and body whether it asks for the same.
//!
//! What is then done about it is `work/receipt.rs`.

use super::{context::Context, request::Request};
use crate::{
    base::{error::Error, hash::sha256, input::Media},
    model::auth::TokenKind,
    store::key::Key,
    work::receipt::Repeatable,
};

/// How this request is known again, where it has a key.
pub fn repeatable(cx: &Context) -> Result<Option<Repeatable>, Error> {
    let Some(key) = cx.request.idempotency_key() else { return Ok(None) };
    // What a browser sends is never answered with what a server was told.
    let scope = match cx.caller.look_up.kind {
        TokenKind::Secret => format!("{}\n{key}", cx.request.route),
        TokenKind::Publishable => format!("{}\n\n{key}", cx.request.route),
    };
    Ok(Some(Repeatable {
        key: Key::idempotency(cx.account(), &sha256(scope)),
        fingerprint: fingerprint(&cx.request)?,
        bearer: cx.caller.bearer.clone(),
    }))
}

/// The same for two requests that ask for the same thing.
fn fingerprint(request: &Request) -> Result<String, Error> {
    let mut body = String::new();
    // Whether the operation takes what it is, is said where it is read.
    request.body_as(&Media::ALL)?.1.canonical(&mut body);
    let path = request.resource_path.as_bytes();
    let parts: [&[u8]; 5] = [path, b"?", request.raw_query().as_bytes(), b"\n", body.as_bytes()];
    Ok(sha256(parts.concat()))
}
