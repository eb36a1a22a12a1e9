//! Everything that can keep a request from being answered with its object, and the one place that
//! knows statuses.
//!
//! Each error has two messages. `Problem` is what a client reads. What an operator reads is in
//! `Internal` and `Busy`, which have no `Display`: it reaches the log through `for_the_log` and
//! nothing else. Errors are reported in a fixed order of precedence, the same for every operation:
//! 401, 403, 429, 404, 413, 415, 400, 422, then 409 and 412.

use serde::Serialize;

use crate::base::input::{Class, Fault, Faults, Location};

/// Why a request is refused.
#[derive(Clone, Debug)]
pub enum Error {
    /// No valid token. Never says why.
    Unauthorized,
    /// No passkey that is known here signed what was asked for. Never says why.
    UnknownPasskey,
    /// A valid token that may not do this.
    Forbidden(&'static str),
    /// The token's requests have used up its limit; the next is admitted after so many seconds.
    RateLimited(u64),
    /// No such object for this token.
    NotFound,
    /// No such route.
    NoRoute,
    /// The route exists with other methods: the value of `Allow`.
    MethodNotAllowed(String),
    /// The body is larger than is read.
    TooLarge,
    /// The body is not declared to be JSON.
    UnsupportedMediaType,
    /// The body is not a JSON document: why.
    NotJson(String),
    /// Faults in the request, of either class.
    Faulty(Faults),
    /// Somebody else has to act before what is asked for can happen.
    ActionNeeded(Faults, Box<ActionAsked>),
    /// The object has changed since it was read; the request can be run again.
    Stale,
    /// Other changes kept coming between; nothing was done.
    Contended,
    /// The object is not at the version that `If-Match` demands.
    PreconditionFailed,
    /// It collides with something that exists.
    Conflict(Faults),
    /// The `Idempotency-Key` protects another request.
    KeyReused,
    /// The store could not be reached in time. Nothing is known to have changed; the same request
    /// with the same `Idempotency-Key` can be sent again. The text is for the log.
    Busy(String),
    /// A defect. The text is for the log.
    Internal(String),
}

/// What somebody has to do before a payment is made.
#[derive(Clone, Debug, Serialize)]
pub struct ActionAsked {
    /// How: `redirect` or `in_page`.
    pub r#type: String,
    /// Where, if it is an address.
    pub url: Option<String>,
    /// Which payment it is; none, where a card is to be confirmed that pays nothing yet.
    pub payment_intent_id: Option<String>,
    /// The processor's name for that.
    pub processor_reference: Option<String>,
}

impl Faults {
    /// What is to be done about them: nothing, if there are none.
    pub fn settled(self) -> Result<(), Error> {
        if self.is_empty() { Ok(()) } else { Err(Error::Faulty(self)) }
    }

    /// The result, or its faults noted beside the others; `None` means that they were.
    pub fn noting<T>(&mut self, result: Result<T, Error>) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Faulty(faults)) => {
                self.extend(faults);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Error {
    /// One fault of a rule: 422, at the field `pointer` names.
    pub fn rule(noun: &'static str, field: &str, code: &str, hint: &str) -> Self {
        let mut faults = Faults::default();
        faults.not_valid(&Location::body(noun).field(field), code, hint);
        Self::Faulty(faults)
    }

    /// The same error, of which the faults below `pointer` are at the place that was sent.
    pub fn moved(self, pointer: &str, to: &Location<'_>) -> Self {
        match self {
            Self::Faulty(faults) => Self::Faulty(faults.moved(pointer, to)),
            other => other,
        }
    }

    /// What is asked of an object is not allowed in the state that it is in: 422. `hint` continues
    /// "Invoice …".
    pub fn not_now(noun: &'static str, code: &str, hint: &str) -> Self {
        let mut faults = Faults::default();
        faults.not_valid(&Location::body(noun), code, hint);
        Self::Faulty(faults)
    }

    /// What is asked of an object is not done before somebody else acts: 422, with what is to be done.
    pub fn needs_action(noun: &'static str, code: &str, hint: &str, next: ActionAsked) -> Self {
        match Self::not_now(noun, code, hint) {
            Self::Faulty(faults) => Self::ActionNeeded(faults, Box::new(next)),
            other => other,
        }
    }

    /// A collision with what exists: 409, at the field `pointer` names.
    pub fn conflict(noun: &'static str, field: &str, code: &str, hint: &str) -> Self {
        match Self::rule(noun, field, code, hint) {
            Self::Faulty(faults) => Self::Conflict(faults),
            other => other,
        }
    }

    /// What is asked of an object has to wait for something that goes on: 409. `hint` continues
    /// "Subscription …".
    pub fn pending(noun: &'static str, code: &str, hint: &str) -> Self {
        match Self::not_now(noun, code, hint) {
            Self::Faulty(faults) => Self::Conflict(faults),
            other => other,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotJson(_) => 400,
            Self::Faulty(faults) => match faults.class() {
                Class::NotUnderstood => 400,
                Class::NotValid => 422,
            },
            Self::Unauthorized | Self::UnknownPasskey => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound | Self::NoRoute => 404,
            Self::MethodNotAllowed(_) => 405,
            Self::Stale | Self::Contended | Self::Conflict(_) => 409,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::KeyReused | Self::ActionNeeded(..) => 422,
            Self::UnsupportedMediaType => 415,
            Self::RateLimited(_) => 429,
            Self::Internal(_) => 500,
            Self::Busy(_) => 503,
        }
    }

    /// After how many seconds the same request may succeed, where waiting helps.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited(seconds) => Some(*seconds),
            Self::Stale | Self::Contended | Self::Busy(_) => Some(1),
            _ => None,
        }
    }

    /// What an operator should know beyond the status.
    pub fn for_the_log(&self) -> Option<&str> {
        match self {
            Self::Internal(text) | Self::Busy(text) => Some(text),
            _ => None,
        }
    }

    /// What the client reads.
    pub fn problem(&self, instance: &str, request_id: &str) -> Problem {
        Problem {
            kind: "about:blank",
            title: title(self.status()),
            status: self.status(),
            detail: self.detail(),
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            errors: self.faults().map(|faults| faults.iter().cloned().collect()),
            next_action: match self {
                Self::ActionNeeded(_, next) => Some((**next).clone()),
                _ => None,
            },
        }
    }

    /// What is wrong with the request, as the answer says it.
    pub fn told(&self) -> impl Iterator<Item = &Fault> {
        self.faults().into_iter().flat_map(Faults::iter)
    }

    fn faults(&self) -> Option<&Faults> {
        match self {
            Self::Faulty(faults) | Self::Conflict(faults) | Self::ActionNeeded(faults, _) => {
                Some(faults)
            }
            _ => None,
        }
    }

    /// All that there is to say, for the log and for an operator.
    pub fn explained(&self) -> String {
        match self {
            Self::Internal(text) | Self::Busy(text) => text.clone(),
            Self::Faulty(faults) | Self::Conflict(faults) | Self::ActionNeeded(faults, _) => {
                faults.iter().map(|fault| fault.detail.clone()).collect::<Vec<_>>().join("; ")
            }
            other => format!("{other:?}"),
        }
    }

    /// The sentence that a client reads.
    pub fn detail(&self) -> String {
        let fixed = match self {
            Self::Unauthorized => {
                "A valid token is required: send `Authorization: Bearer st_…` or `pt_…`"
            }
            Self::UnknownPasskey => {
                "This passkey is not known here, or was removed; sign in by a secret token or a link"
            }
            Self::Forbidden(detail) => detail,
            Self::RateLimited(_) => "Too many requests; see Retry-After",
            Self::NotFound => "No such object",
            Self::NoRoute => "No such route; every route is below /api",
            Self::MethodNotAllowed(_) => "The route exists, but not with this method; see Allow",
            Self::TooLarge => "The body is larger than 256 KB",
            Self::UnsupportedMediaType => "Send the body with `Content-Type: application/json`",
            Self::NotJson(why) => return format!("The body is not a JSON document: {why}"),
            Self::Stale | Self::Contended => {
                "The object was being changed by others; nothing was done, try again"
            }
            Self::PreconditionFailed => {
                "The object is not at the version If-Match asks for; read it again"
            }
            Self::KeyReused => {
                "This Idempotency-Key was sent with another request before; use a new key"
            }
            Self::Busy(_) => {
                "The request could not be completed in time; send it again, with the same \
                 Idempotency-Key where it changes something"
            }
            Self::Internal(_) => "Something went wrong on our end",
            Self::Faulty(faults) | Self::Conflict(faults) | Self::ActionNeeded(faults, _) => {
                let first = faults.iter().next().map_or("", |fault| fault.detail.as_str());
                return match faults.count() {
                    0 | 1 => first.to_owned(),
                    2 => format!("{first} (and 1 more fault: see errors)"),
                    count => format!("{first} (and {} more faults: see errors)", count - 1),
                };
            }
        };
        fixed.to_owned()
    }
}

const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Server Error",
    }
}

/// An RFC 9457 problem: the body of every refusal.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    instance: String,
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Fault>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_action: Option<ActionAsked>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faulty(faults: &[(&str, Class)]) -> Error {
        let (mut all, body) = (Faults::default(), Location::body("customer"));
        for (field, class) in faults {
            match class {
                Class::NotUnderstood => {
                    all.not_understood(&body.field(field), "required", "is required");
                }
                Class::NotValid => all.not_valid(&body.field(field), "invalid", "is not valid"),
            }
        }
        Error::Faulty(all)
    }

    #[test]
    fn the_table_of_statuses() {
        use Class::{NotUnderstood, NotValid};
        let table = [
            (faulty(&[("email", NotUnderstood)]), 400),
            (faulty(&[("email", NotValid)]), 422),
            (faulty(&[("email", NotValid), ("name", NotUnderstood)]), 400),
            (Error::NotJson("eof".into()), 400),
            (Error::Unauthorized, 401),
            (Error::UnknownPasskey, 401),
            (Error::Forbidden("no"), 403),
            (Error::NotFound, 404),
            (Error::NoRoute, 404),
            (Error::MethodNotAllowed("GET".into()), 405),
            (Error::Stale, 409),
            (Error::Contended, 409),
            (Error::conflict("coupon", "code", "taken", "is taken"), 409),
            (Error::PreconditionFailed, 412),
            (Error::TooLarge, 413),
            (Error::UnsupportedMediaType, 415),
            (Error::KeyReused, 422),
            (Error::RateLimited(3), 429),
            (Error::Internal("secret".into()), 500),
            (Error::Busy("secret".into()), 503),
        ];
        for (error, status) in table {
            assert_eq!(error.status(), status, "{error:?}");
            assert!(!title(status).is_empty());
        }
    }

    #[test]
    fn a_problem_reads_like_the_reference() {
        let problem = faulty(&[("email", Class::NotUnderstood)]).problem("/api/customers", "req_1");
        assert_eq!(
            serde_json::to_value(problem).unwrap(),
            serde_json::json!({
                "type": "about:blank", "title": "Bad Request", "status": 400,
                "detail": "Customer email is required", "instance": "/api/customers",
                "request_id": "req_1",
                "errors": [{
                    "pointer": "/email", "code": "required", "detail": "Customer email is required"
                }],
            })
        );
    }

    #[test]
    fn what_the_operator_reads_never_reaches_a_client() {
        for error in [Error::Internal("canary".into()), Error::Busy("canary".into())] {
            let problem = serde_json::to_string(&error.problem("/", "req_1")).unwrap();
            assert!(!problem.contains("canary") && error.for_the_log() == Some("canary"));
        }
    }
}
