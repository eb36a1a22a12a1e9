//! The request log: what an account's tokens asked and what they were answered, for seven days.
//!
//! Only an account that wants one has it (`request_logging`). Kept is what helps to find a fault: which
//! operation, by which token, how it ended, what was wrong and where. Kept is neither a body nor a query, in
//! which there may be secrets; and what looks like the number of a card is not kept wherever it stands.
//! Time is real, also where a test clock stands still.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    base::{
        error::Error,
        id::TokenId,
        input::{Fault, Faults, Integer, Location, Text, input},
        page::{Limit, Offset, PageRequest},
        time::Timestamp,
    },
    model::{
        entity::{Item, Representation},
        event::ActorType,
    },
};

/// For how many days a request is kept.
pub const DAYS: i64 = 7;
/// How many requests are looked at for an answer, the newest of those that failed and of those that did not.
pub const MOST: usize = 1_000;
/// From which status on a request has failed.
const FAILED: u16 = 400;
/// The attribute that holds a request.
const KEPT: &str = "kept";
/// How many faults of a request are kept.
const FAULTS: usize = 5;
/// How many characters of a text that a client sent are kept.
const LONGEST: usize = 200;
/// So many digits in a row may be the number of a card.
const DIGITS_OF_A_CARD: usize = 12;

/// What was wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct LoggedFault {
    /// Where, as in the answer.
    pointer: String,
    /// What, as in the answer.
    code: String,
}

/// A request as the log has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedRequest {
    /// `req_…`, as in the answer.
    pub id: String,
    /// When it was answered.
    pub created_at: Timestamp,
    /// The operation: `POST /api/customers`.
    pub route: String,
    /// Its path, without a query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The code of what was wrong first; null, where nothing was, or the status says it all.
    pub code: Option<String>,
    /// What was wrong, the first five of it.
    pub errors: Vec<LoggedFault>,
    /// The token that it was sent with.
    pub token_id: TokenId,
    /// Who sent it: a token, somebody in the dashboard, or a payer's browser.
    pub actor: ActorType,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Requests to the database.
    pub round_trips: u32,
    /// What these consumed, read and write units together.
    pub capacity_units: f64,
    /// Whether the answer is that of an earlier request with the same `Idempotency-Key`.
    pub replayed: bool,
}

impl LoggedRequest {
    /// With what was wrong with it, where anything was.
    pub fn failing<'a>(self, faults: impl Iterator<Item = &'a Fault>) -> Self {
        let fault = |fault: &Fault| LoggedFault {
            pointer: without_cards(&fault.pointer),
            code: without_cards(&fault.code),
        };
        let errors: Vec<LoggedFault> = faults.take(FAULTS).map(fault).collect();
        let code = errors.first().map(|first| first.code.clone());
        Self { path: without_cards(&self.path), code, errors, ..self }
    }

    /// Whether it failed.
    pub fn has_failed(&self) -> bool {
        self.status >= FAILED
    }

    /// Where it stands among the others: by when it was answered, and then by its id.
    pub fn place(&self) -> String {
        format!("{}#{}", self.created_at, self.id)
    }

    /// It, as it is kept: until a second since 1970, at which the table may forget it.
    pub fn kept(&self) -> Result<(String, i64), Error> {
        let text = serde_json::to_string(self);
        let text = text.map_err(|error| Error::Internal(format!("a logged request: {error}")))?;
        Ok((text, self.created_at.plus_days(DAYS).seconds()))
    }

    /// Reads it back.
    pub fn read(item: &Item) -> Result<Self, Error> {
        let text = item.get(KEPT).and_then(Value::as_str).unwrap_or_default();
        serde_json::from_str(text)
            .map_err(|error| Error::Internal(format!("a logged request: {error}")))
    }
}

/// The beginning of a text, with what may be the number of a card in it left out.
fn without_cards(text: &str) -> String {
    let (mut kept, mut digits) = (String::new(), String::new());
    let flush = |digits: &mut String, kept: &mut String| {
        kept.push_str(if digits.len() < DIGITS_OF_A_CARD { digits.as_str() } else { "…" });
        digits.clear();
    };
    for letter in text.chars().take(LONGEST) {
        match letter.is_ascii_digit() {
            true => digits.push(letter),
            false => {
                flush(&mut digits, &mut kept);
                kept.push(letter);
            }
        }
    }
    flush(&mut digits, &mut kept);
    kept
}

input! {
    /// Which requests of the log a client asks for.
    pub struct RequestLogQuery {
        /// Those that failed, with a status of 400 or above; or those that did not. Both, when left out.
        failed: Option<bool>,
        /// Those that were answered with this status.
        status: Option<Integer<100, 599>>,
        /// Those of which this was wrong first.
        code: Option<Text<1, 100>>,
        /// Those of this operation, such as `POST /api/customers`.
        route: Option<Text<1, 200>>,
        /// Those of this instant or later; of the last seven days, when left out.
        from: Option<Timestamp>,
        /// Those before this instant; until now, when left out.
        to: Option<Timestamp>,
        /// How many to return, 50 when left out.
        limit: Option<Limit>,
        /// How many to skip, from the newest. With `limit` at most 1,000: what is older than those is reached
        /// by `to`.
        offset: Option<Offset>,
    }
}

input! {
    /// Of which requests a client asks for the groups.
    pub struct RequestGroupQuery {
        /// Those that failed, with a status of 400 or above; or those that did not. Both, when left out.
        failed: Option<bool>,
        /// Those of this instant or later; of the last seven days, when left out.
        from: Option<Timestamp>,
        /// Those before this instant; until now, when left out.
        to: Option<Timestamp>,
        /// How many groups to return, 50 when left out.
        limit: Option<Limit>,
        /// How many groups to skip, from the one with the newest request.
        offset: Option<Offset>,
    }
}

/// Which requests are looked at: those that failed, those that did not, or both; from one instant to another,
/// the second not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Whether those that failed are.
    pub failed: bool,
    /// Whether those that did not fail are.
    pub succeeded: bool,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

impl Looked {
    fn of(
        failed: Option<bool>,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (query, mut faults) = (Location::query(), Faults::default());
        if from.zip(to).is_some_and(|(from, to)| to <= from) {
            faults.not_understood(&query.field("to"), "not_after_from", "must be after from");
        }
        faults.settled()?;
        // What the table has not forgotten yet is over all the same.
        let oldest = now.plus_days(-DAYS);
        Ok(Self {
            failed: failed != Some(false),
            succeeded: failed != Some(true),
            from: from.map_or(oldest, |from| from.max(oldest)),
            to: to.unwrap_or_else(|| now.plus_millis(1)),
        })
    }
}

impl RequestLogQuery {
    /// Which requests are looked at, at `now` of real time.
    pub fn looked(&self, now: Timestamp) -> Result<Looked, Error> {
        let page = self.page();
        if page.offset().saturating_add(page.limit()) > MOST {
            let (query, mut faults) = (Location::query(), Faults::default());
            let hint = format!(
                "and limit are above {MOST} together: of the log no more is listed; older requests are \
                 reached by to"
            );
            faults.not_understood(&query.field("offset"), "too_large", &hint);
            return Err(Error::Faulty(faults));
        }
        // What says how a request failed says that it did.
        let status = self.status.map(|status| status.get() >= i64::from(FAILED));
        let said = self.failed.or(status).or(self.code.as_ref().map(|_| true));
        Looked::of(said, (self.from, self.to), now)
    }

    /// Which part of them.
    pub fn page(&self) -> PageRequest {
        PageRequest::new(self.limit, self.offset)
    }

    /// Whether a request is one that is asked for.
    pub fn wants(&self, request: &LoggedRequest) -> bool {
        let is = |wanted: &Option<Text<1, 100>>, known: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| Some(wanted.as_str()) == known)
        };
        self.failed.is_none_or(|failed| failed == request.has_failed())
            && self.status.is_none_or(|status| status.get() == i64::from(request.status))
            && is(&self.code, request.code.as_deref())
            && self.route.as_ref().is_none_or(|route| route.as_str() == request.route)
    }
}

impl RequestGroupQuery {
    /// Which requests are looked at, at `now` of real time.
    pub fn looked(&self, now: Timestamp) -> Result<Looked, Error> {
        Looked::of(self.failed, (self.from, self.to), now)
    }

    /// Which part of the groups.
    pub fn page(&self) -> PageRequest {
        PageRequest::new(self.limit, self.offset)
    }
}

/// A page of the log.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestLogPage {
    /// The page, the newest first.
    items: Vec<LoggedRequest>,
    /// How many there are, whatever the page: of the newest 1,000 that failed and the newest 1,000 that did
    /// not, between `from` and `to`; at most 1,000.
    total: usize,
    /// Whether there are more after this page.
    has_more: bool,
}

/// Requests of one operation that ended alike.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RequestGroup {
    /// The operation.
    route: String,
    /// The status of the answers.
    status: u16,
    /// What was wrong first; null, where nothing was, or the status says it all.
    code: Option<String>,
    /// How many there are.
    count: usize,
    /// When the oldest of them was answered.
    first_at: Timestamp,
    /// When the newest of them was answered.
    last_at: Timestamp,
    /// The newest of them.
    last_request_id: String,
    /// How long the longest of them took, in milliseconds.
    longest_ms: i64,
}

/// A page of the groups.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestGroupPage {
    /// The page, the group with the newest request first.
    items: Vec<RequestGroup>,
    /// How many groups there are, whatever the page.
    total: usize,
    /// Whether there are more after this page.
    has_more: bool,
}

fn cut<T>(all: Vec<T>, page: PageRequest) -> (Vec<T>, usize, bool) {
    let total = all.len();
    let has_more = page.offset().saturating_add(page.limit()) < total;
    (all.into_iter().skip(page.offset()).take(page.limit()).collect(), total, has_more)
}

impl RequestLogPage {
    /// The part of these requests, the newest first, that is asked for.
    pub fn of(mut requests: Vec<LoggedRequest>, page: PageRequest) -> Self {
        requests.truncate(MOST);
        let (items, total, has_more) = cut(requests, page);
        Self { items, total, has_more }
    }
}

impl RequestGroupPage {
    /// The part of the groups of these requests, the newest first, that is asked for.
    pub fn of(requests: &[LoggedRequest], page: PageRequest) -> Self {
        let mut groups: Vec<RequestGroup> = Vec::new();
        let mut places: HashMap<(&str, u16, Option<&str>), usize> = HashMap::new();
        for request in requests {
            let alike = (request.route.as_str(), request.status, request.code.as_deref());
            match places.get(&alike).and_then(|place| groups.get_mut(*place)) {
                Some(group) => {
                    group.count = group.count.saturating_add(1);
                    group.first_at = request.created_at;
                    group.longest_ms = group.longest_ms.max(request.duration_ms);
                }
                None => {
                    places.insert(alike, groups.len());
                    groups.push(RequestGroup {
                        route: request.route.clone(),
                        status: request.status,
                        code: request.code.clone(),
                        count: 1,
                        first_at: request.created_at,
                        last_at: request.created_at,
                        last_request_id: request.id.clone(),
                        longest_ms: request.duration_ms,
                    });
                }
            }
        }
        let (items, total, has_more) = cut(groups, page);
        Self { items, total, has_more }
    }
}

impl Representation for LoggedRequest {
    fn example() -> Value {
        json!({
            "id": "req_0mkz6k3cx9y8z7w6",
            "created_at": "2026-01-31T09:30:00.000Z",
            "route": "POST /api/customers",
            "path": "/api/customers",
            "status": 422,
            "code": "invalid_email",
            "errors": [{"pointer": "/email", "code": "invalid_email"}],
            "token_id": "tok_prod_0mkz6k3ct1o2k3e4",
            "actor": "token",
            "duration_ms": 4,
            "round_trips": 0,
            "capacity_units": 0.0,
            "replayed": false,
        })
    }
}

impl Representation for RequestLogPage {
    fn example() -> Value {
        json!({"items": [LoggedRequest::example()], "total": 1, "has_more": false})
    }
}

impl Representation for RequestGroupPage {
    fn example() -> Value {
        let group = json!({
            "route": "POST /api/customers",
            "status": 422,
            "code": "invalid_email",
            "count": 3,
            "first_at": "2026-01-30T18:12:00.000Z",
            "last_at": "2026-01-31T09:30:00.000Z",
            "last_request_id": "req_0mkz6k3cx9y8z7w6",
            "longest_ms": 11,
        });
        json!({"items": [group], "total": 1, "has_more": false})
    }
}
