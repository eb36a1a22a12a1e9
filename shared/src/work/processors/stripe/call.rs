//! One request to Stripe, sent until there is an answer, or no time.
//!
//! A request that changes something carries its idempotency key, so it may be sent again whatever
//! became of it. What is sent again at once: a connection that broke, once, because a function that was
//! frozen finds its connections dead; 409 and 429, which did nothing; and whatever Stripe asks for by
//! `Stripe-Should-Retry`, which is obeyed first.

use std::time::Duration;

use http::Method;
use serde::de::DeserializeOwned;

use super::object::{Fault, Refusal};
use crate::{
    base::hash::random_text,
    model::processor::Lost,
    store::{
        back_off,
        outside::{Call, Outside, Reply},
    },
};

/// The version whose published document the stand-in checks every request and answer against.
pub(super) const VERSION: &str = "2026-08-26.dahlia";
/// How often a request is sent at most.
const SENDINGS: u32 = 3;
/// How long all of them may take: two steps, after a turn each, end before a function that charges does.
const BUDGET: Duration = Duration::from_secs(9);
/// How long a turn is waited for.
const LONGEST_TURN: Duration = Duration::from_secs(4);
/// Too many requests.
const TOO_MANY: u16 = 429;
/// From here on nobody knows what was done.
pub(super) const BROKEN: u16 = 500;
/// Which step of `back_off` the first pause is.
const FIRST_PAUSE: u32 = 4;

/// Stripe, for one account.
pub(super) struct Line<'a> {
    pub(super) outside: &'a Outside,
    pub(super) secret_key: &'a str,
}

/// What is asked: a form, by its fields.
pub(super) type Form<'a> = &'a [(&'a str, &'a str)];

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) fault: Fault,
    /// Whether the same was sent before, and nobody knows what came of that.
    pub(super) repeated: bool,
}

impl Refused {
    /// Whether it is a failure that comes again with the same key.
    fn is_kept(&self) -> bool {
        self.status >= BROKEN || self.fault.r#type == "idempotency_error"
    }

    /// Whether its key stands for another request there.
    pub(super) fn is_of_another(&self) -> bool {
        self.status == 400 && self.fault.r#type == "idempotency_error"
    }
}

/// What came of a request.
pub(super) type Answered<T> = Result<Result<T, Refused>, Lost>;

impl Line<'_> {
    /// Makes something that moves no money, under `key`. Stripe keeps a failure of its own with a key; then
    /// another key will do.
    pub(super) async fn post_harmless<T: DeserializeOwned>(
        &self,
        path: &str,
        form: Form<'_>,
        key: &str,
    ) -> Answered<T> {
        match self.post(path, form, key).await? {
            Err(refused) if refused.is_kept() => {
                self.post(path, form, &format!("{key}:{}", random_text::<8>())).await
            }
            made => Ok(made),
        }
    }

    /// Changes something, under `key`.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: Form<'_>,
        key: &str,
    ) -> Answered<T> {
        let body = encoded(form);
        let headers = vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("idempotency-key", key.to_owned()),
        ];
        self.within(Method::POST, path, body, headers).await
    }

    /// Reads something.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: Form<'_>,
    ) -> Answered<T> {
        let query = encoded(query);
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        self.within(Method::GET, &path, String::new(), Vec::new()).await
    }

    /// Deletes something, which needs no key: it is gone, however often that is asked for.
    pub(super) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Answered<T> {
        self.within(Method::DELETE, path, String::new(), Vec::new()).await
    }

    async fn within<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: String,
        mut headers: Vec<(&'static str, String)>,
    ) -> Answered<T> {
        headers.push(("authorization", format!("Bearer {}", self.secret_key)));
        headers.push(("stripe-version", VERSION.to_owned()));
        let call =
            Call { method, url: format!("{}{path}", self.outside.stripe_url()), headers, body };
        self.outside.stripe_turn(self.secret_key, LONGEST_TURN).await;
        match tokio::time::timeout(BUDGET, self.sent(&call)).await {
            Ok(sent) => {
                let (reply, repeated) = sent?;
                read(reply, repeated)
            }
            Err(_) => Err(Lost("Stripe did not answer in time".to_owned())),
        }
    }

    /// The answer, and whether it is that to a repetition of which nobody knows what came of the first.
    async fn sent(&self, call: &Call) -> Result<(Reply, bool), Lost> {
        let (mut broken, mut repeated) = (false, false);
        for sending in 1.. {
            let last = sending >= SENDINGS;
            let answer = self.outside.call(call).await;
            if answer.as_ref().is_ok_and(|reply| reply.status == TOO_MANY) {
                self.outside.stripe_rests(self.secret_key);
            }
            match answer {
                Ok(reply) if last || !is_worth_another(&reply) => return Ok((reply, repeated)),
                Ok(reply) => {
                    repeated |= reply.status >= BROKEN;
                    back_off(FIRST_PAUSE.saturating_add(sending)).await;
                }
                Err(error) if last || broken => return Err(Lost(format!("Stripe: {error}"))),
                Err(_) => (broken, repeated) = (true, true),
            }
        }
        Err(Lost("Stripe was not asked".to_owned()))
    }
}

/// Whether the same is sent again at once.
fn is_worth_another(reply: &Reply) -> bool {
    match reply.header("stripe-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => matches!(reply.status, 409 | 429),
    }
}

fn read<T: DeserializeOwned>(reply: Reply, repeated: bool) -> Answered<T> {
    let unreadable = |error: serde_json::Error| {
        Lost(format!("Stripe answered {} with something unreadable: {error}", reply.status))
    };
    match reply.status {
        200 => serde_json::from_str(&reply.body).map(Ok).map_err(unreadable),
        status @ 400..=499 => {
            let refusal: Refusal = serde_json::from_str(&reply.body).map_err(unreadable)?;
            Ok(Err(Refused { status, fault: refusal.error, repeated }))
        }
        status if status >= BROKEN => {
            Ok(Err(Refused { status, fault: Fault::default(), repeated: true }))
        }
        status => Err(Lost(format!("Stripe answered {status}"))),
    }
}

fn encoded(form: Form<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, should_retry: Option<&str>) -> Reply {
        let header = |value: &str| ("stripe-should-retry".to_owned(), value.to_owned());
        let headers = should_retry.map(header).into_iter().collect();
        Reply { status, headers, body: String::new() }
    }

    #[test]
    fn the_header_is_obeyed_first() {
        for (status, header, again) in [
            (200, None, false),
            (409, None, true),
            (429, None, true),
            (500, None, false),
            (402, None, false),
            (429, Some("false"), false),
            (500, Some("true"), true),
        ] {
            assert_eq!(is_worth_another(&reply(status, header)), again, "{status} {header:?}");
        }
    }

    #[test]
    fn a_form_has_brackets_and_escapes() {
        let form = encoded(&[("metadata[key]", "acc:in:1"), ("expand[0]", "a b")]);
        assert_eq!(form, "metadata%5Bkey%5D=acc%3Ain%3A1&expand%5B0%5D=a+b");
    }
}
