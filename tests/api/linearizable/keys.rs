//! Keys that one request alone may have: an `Idempotency-Key`, and a key that is unique.

use std::sync::Mutex;

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Asker, Object, Sequence};
use crate::renewals::Shop;

/// What is made by requests that all have one `Idempotency-Key`.
pub(super) struct OneKey {
    key: String,
    email: String,
}

/// What there is of it. One that was made without anybody hearing of it has an empty id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct AtMostOne(Option<String>);

#[derive(Clone, Debug)]
pub(super) enum Make {
    Make,
    /// Which there are.
    Look,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Made {
    /// It, now or earlier.
    Is(String),
    Busy,
    Are(Vec<String>),
}

impl Sequence for AtMostOne {
    type Op = Make;
    type Ret = Made;

    const LOOK: Make = Make::Look;

    fn answers(&mut self, op: &Make, heard: Option<&Made>) -> bool {
        match (op, heard) {
            (_, Some(Made::Busy)) | (Make::Look, None) => true,
            (Make::Make, None) => {
                self.0.get_or_insert_default();
                true
            }
            (Make::Make, Some(Made::Is(id))) => {
                self.0.get_or_insert_default();
                is(&mut self.0, id)
            }
            (Make::Look, Some(Made::Are(ids))) => are(&mut self.0, ids),
            (_, Some(_)) => false,
        }
    }
}

/// Whether what there is has this id; where nobody heard of its id, this is it from now on.
fn is(there: &mut Option<String>, id: &str) -> bool {
    match there {
        Some(unheard) if unheard.is_empty() => {
            *unheard = id.to_owned();
            true
        }
        there => there.as_deref() == Some(id),
    }
}

/// Whether these are all that there is.
fn are(there: &mut Option<String>, ids: &[String]) -> bool {
    match ids {
        [] => there.is_none(),
        [id] => is(there, id),
        _ => false,
    }
}

impl Object for OneKey {
    type Is = AtMostOne;

    async fn made(_: &Shop) -> Self {
        let key = format!("{:x}", fastrand::u64(..));
        let email = format!("{key}@example.com");
        Self { key, email }
    }

    fn drawn(&self, rng: &mut Rng) -> Make {
        if rng.u32(0..4) == 0 { Make::Look } else { Make::Make }
    }

    async fn ask(&self, asker: &Asker, op: &Make) -> Option<Made> {
        if matches!(op, Make::Look) {
            let page = asker.read(&format!("/api/customers?email={}", self.email)).await?;
            return Some(Made::Are(ids(&page)));
        }
        let request = asker.client.request(Method::POST, "/api/customers");
        let request = request.header("idempotency-key", &self.key);
        let answer = asker.send(request.json(&json!({"email": self.email}))).await?;
        Some(if answer.status == 409 { Made::Busy } else { Made::Is(answer.ok().id()) })
    }
}

/// A custom field's key, which one definition at a time may have.
pub(super) struct UniqueKey {
    key: String,
    /// The last definition that anybody heard of.
    newest: Mutex<String>,
}

/// Who holds it. A definition that nobody heard of has an empty id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Held(Option<String>);

#[derive(Clone, Debug)]
pub(super) enum Claim {
    Define,
    /// Remove what holds it, if it is the newest that was heard of.
    Remove(String),
    Look,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Claimed {
    By(String),
    Taken,
    Removed,
    /// There is no such definition (any more).
    Absent,
    Busy,
    Are(Vec<String>),
}

impl Sequence for Held {
    type Op = Claim;
    type Ret = Claimed;

    const LOOK: Claim = Claim::Look;

    fn answers(&mut self, op: &Claim, heard: Option<&Claimed>) -> bool {
        match (op, heard) {
            (_, Some(Claimed::Busy)) | (Claim::Look, None) => true,
            (Claim::Look, Some(Claimed::Are(ids))) => are(&mut self.0, ids),
            (Claim::Define, None) => {
                self.0.get_or_insert_default();
                true
            }
            (Claim::Define, Some(Claimed::By(id))) => self.0.replace(id.clone()).is_none(),
            (Claim::Define, Some(Claimed::Taken)) => self.0.is_some(),
            // One that nobody heard of is none that anybody asks to remove.
            (Claim::Remove(id), heard) => {
                let removed = self.0.take_if(|holder| holder == id).is_some();
                let answer = if removed { Claimed::Removed } else { Claimed::Absent };
                heard.is_none_or(|heard| *heard == answer)
            }
            (_, Some(_)) => false,
        }
    }
}

impl Object for UniqueKey {
    type Is = Held;

    async fn made(_: &Shop) -> Self {
        let key = format!("key_{:x}", fastrand::u32(..));
        Self { key, newest: Mutex::default() }
    }

    fn drawn(&self, rng: &mut Rng) -> Claim {
        let newest = self.newest.lock().unwrap().clone();
        match rng.u32(0..4) {
            0 => Claim::Look,
            1 if !newest.is_empty() => Claim::Remove(newest),
            _ => Claim::Define,
        }
    }

    async fn ask(&self, asker: &Asker, op: &Claim) -> Option<Claimed> {
        const PATH: &str = "/api/custom-field-definitions";
        match op {
            Claim::Look => {
                let mut page = asker.read(&format!("{PATH}?limit=100")).await?;
                let items = page["items"].as_array_mut().unwrap();
                items.retain(|definition| definition["key"] == self.key);
                Some(Claimed::Are(ids(&page)))
            }
            Claim::Define => {
                let body = json!({
                    "entity_type": "customer", "key": self.key, "data_type": "text",
                });
                let answer = asker.post(PATH, body).await?;
                if answer.status == 409 {
                    // Of one that could be made after a while it is said when.
                    let busy = answer.header("retry-after").is_some();
                    return Some(if busy { Claimed::Busy } else { Claimed::Taken });
                }
                let id = answer.ok().id();
                self.newest.lock().unwrap().clone_from(&id);
                Some(Claimed::By(id))
            }
            Claim::Remove(id) => {
                let path = format!("{PATH}/{id}");
                let answer = asker.send(asker.client.request(Method::DELETE, &path)).await?;
                Some(match answer.status.as_u16() {
                    200 => Claimed::Removed,
                    404 => Claimed::Absent,
                    409 => Claimed::Busy,
                    _ => panic!("{}", answer.body),
                })
            }
        }
    }
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}
