//! The payer's bank: the page that a `next_action` leads to, on which a payer confirms what waits for them,
//! or does not, and from which they are sent back.

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;

use super::StandIn;
use crate::http::Reply;

/// Where the page of something is, below the stand-in's own address.
pub(super) const PATH: &str = "/authenticate/";

impl StandIn {
    /// Shows the page of the intent or setup `id`, or does what its form says.
    pub(super) fn bank(&self, method: &Method, id: &str, form: &[u8]) -> Reply {
        let waits = self.lock().state.waits(id);
        if *method != Method::POST || waits.is_none() {
            return page(id, waits.is_some());
        }
        let succeeds = form_urlencoded::parse(form).any(|pair| pair.1 == "confirm");
        self.act(id, succeeds);
        let said = if succeeds { "succeeded" } else { "failed" };
        let name = if id.starts_with("seti_") { "setup_intent" } else { "payment_intent" };
        let back = waits.flatten().unwrap_or_default();
        let joint = if back.contains('?') { '&' } else { '?' };
        let back = format!("{back}{joint}{name}={id}&redirect_status={said}");
        match HeaderValue::from_str(&back) {
            Ok(back) => {
                let mut reply = answer(StatusCode::SEE_OTHER, String::new());
                reply.headers_mut().insert(header::LOCATION, back);
                reply
            }
            Err(_) => page(id, false),
        }
    }
}

fn page(id: &str, waits: bool) -> Reply {
    let known = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !waits || !known {
        let text = "<!doctype html><title>Bank</title><p>Nothing waits for you here.";
        return answer(StatusCode::NOT_FOUND, text.to_owned());
    }
    let text = format!(
        "<!doctype html><html lang=en><title>Bank</title><h1>Is it you?</h1><p>This plays the bank of a \
         test card. It asks about {id}.<form method=post><button name=outcome value=confirm>Confirm\
         </button> <button name=outcome value=fail>It is not me</button></form></html>"
    );
    answer(StatusCode::OK, text)
}

fn answer(status: StatusCode, text: String) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(text)));
    *reply.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    reply.headers_mut().insert(header::CONTENT_TYPE, html);
    reply
}
