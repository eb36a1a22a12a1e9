//! A request that is repeated is answered, not done again.
//!
//! A client that lost an answer repeats its request with the same `Idempotency-Key`. The record of
//! the first answer is written in the same transaction as the change it protects, on the condition
//! that there is none: so of any number of equal requests at any moments exactly one makes the
//! change, and whoever finds the record answers with what it holds. Where a repeated request is
//! refused by a rule *because* the first one succeeded (what it deletes is gone, say), the record is
//! looked for before the refusal goes out. A refusal itself is not kept: it changed nothing.
//!
//! A payment has no answer when it is written down, because the processor is asked afterwards. Its
//! record names the payment intent instead, until the answer is known: whoever repeats the request
//! hears what became of that payment, and none is made again (`first`).
//!
//! A record lives for 24 hours and belongs to account, route (method and path
//! pattern) and key; the path's own id is part of what two equal requests have in common. It holds no secret: the
//! text of a new token is sealed with a key that is made from the caller's own token, of which only a
//! digest is stored anywhere.

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{AccountId, PaymentIntentId, random},
        time::{Clock, Timestamp},
    },
    model::{
        auth::PlainToken,
        entity::{Item, decode, encode, size},
    },
    store::{Receipt, Store, key::Key},
    work::answer::Answer,
};

/// How a request is known again: by the key that the client gave it, and by what it asks for.
#[derive(Clone, Debug)]
pub struct Repeatable {
    /// Where its record is.
    pub key: Key,
    /// The same for two requests that ask for the same thing.
    pub fingerprint: String,
    /// The caller's token, which seals what the record holds of another token.
    pub bearer: PlainToken,
}

const KEPT_HOURS: i64 = 24;

/// What is kept of an answer.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    fingerprint: String,
    body: String,
    version: Option<u64>,
    sealed: Option<String>,
    /// The payment that the request began, while its answer is not known.
    #[serde(default)]
    payment: Option<PaymentIntentId>,
    expires_at: i64,
}

/// What a request that is repeated came to the first time.
#[derive(Debug)]
pub enum First {
    /// It was answered.
    Answer(Answer<()>),
    /// It began a payment.
    Payment(PaymentIntentId),
}

impl Repeatable {
    /// What to write beside the change.
    pub fn receipt<T>(&self, answer: &Answer<T>) -> Result<Receipt, Error> {
        let seal = |secret: &PlainToken| seal(self.bearer.reveal(), self.key.pk(), secret.reveal());
        self.kept(Kept {
            fingerprint: self.fingerprint.clone(),
            body: answer.body.to_string(),
            version: answer.version,
            sealed: answer.secret.as_ref().map(seal).transpose()?,
            payment: None,
            expires_at: 0,
        })
    }

    /// What to write beside the attempt to pay that the request begins.
    pub fn receipt_of_payment(&self, payment: &PaymentIntentId) -> Result<Receipt, Error> {
        self.kept(Kept {
            fingerprint: self.fingerprint.clone(),
            body: String::new(),
            version: None,
            sealed: None,
            payment: Some(payment.clone()),
            expires_at: 0,
        })
    }

    fn kept(&self, kept: Kept) -> Result<Receipt, Error> {
        let now = Clock.now();
        let expires_at = now.plus_hours(KEPT_HOURS).seconds();
        let item = encode(&Kept { expires_at, ..kept })?;
        let size = size::of(&item);
        if size > size::MOST_KEPT {
            let hint = format!(
                "is {size} bytes large with what is expanded in it, and cannot be kept for a request \
                 that is repeated (at most {}); expand less, or send no Idempotency-Key",
                size::MOST_KEPT
            );
            return Err(Error::not_now("answer", "too_large", &hint));
        }
        Ok(Receipt { item, now: now.seconds(), key: self.key.clone() })
    }

    /// The first answer, if `record` is that of the same request and it was answered.
    pub fn replay(&self, record: Item) -> Result<Answer<()>, Error> {
        match self.repeated(record)? {
            First::Answer(answer) => Ok(answer),
            First::Payment(payment) => Err(Error::Busy(format!("{payment} is not answered yet"))),
        }
    }

    /// What the first request came to, if `record` is that of the same request.
    pub fn repeated(&self, record: Item) -> Result<First, Error> {
        let kept: Kept = decode(record)?;
        if kept.fingerprint != self.fingerprint {
            return Err(Error::KeyReused);
        }
        if let Some(payment) = kept.payment {
            return Ok(First::Payment(payment));
        }
        let body: Value = serde_json::from_str(&kept.body)
            .map_err(|error| Error::Internal(format!("a kept answer: {error}")))?;
        let opened =
            kept.sealed.and_then(|sealed| open(self.bearer.reveal(), self.key.pk(), &sealed));
        let mut answer = Answer::new(body, kept.version);
        answer.replayed = true;
        answer.secret = opened.as_deref().and_then(PlainToken::parse);
        Ok(First::Answer(answer))
    }

    /// What an earlier, equal request of `account` came to, if there was one.
    pub async fn first(&self, store: &Store, account: &AccountId) -> Result<Option<First>, Error> {
        match store.get(account, &self.key).await? {
            Some(record) if !has_expired(&record, Clock.now()) => self.repeated(record).map(Some),
            _ => Ok(None),
        }
    }

    /// The first answer to a request that is now refused, if there was one. A payment that the request
    /// began is no answer: that it is refused is what became of it.
    pub async fn earlier(
        &self,
        store: &Store,
        account: &AccountId,
    ) -> Result<Option<Answer<()>>, Error> {
        Ok(match self.first(store, account).await? {
            Some(First::Answer(answer)) => Some(answer),
            Some(First::Payment(_)) | None => None,
        })
    }
}

fn has_expired(record: &Item, now: Timestamp) -> bool {
    record.get("expires_at").and_then(Value::as_i64).is_none_or(|end| end <= now.seconds())
}

fn sealing_key(bearer: &str, place: &str) -> Result<LessSafeKey, Error> {
    let material = [b"answer\n", bearer.as_bytes(), b"\n", place.as_bytes()].concat();
    UnboundKey::new(&CHACHA20_POLY1305, digest(&SHA256, &material).as_ref())
        .map(LessSafeKey::new)
        .map_err(|_| Error::Internal("a sealing key of the wrong size".to_owned()))
}

fn seal(bearer: &str, place: &str, secret: &str) -> Result<String, Error> {
    let nonce: [u8; NONCE_LEN] = random();
    let mut text = secret.as_bytes().to_vec();
    sealing_key(bearer, place)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text)
        .map_err(|_| Error::Internal("a secret could not be sealed".to_owned()))?;
    Ok(data_encoding::BASE64.encode(&[nonce.as_slice(), &text].concat()))
}

/// What was sealed, if it was sealed by the holder of the same token.
fn open(bearer: &str, place: &str, sealed: &str) -> Option<String> {
    let bytes = data_encoding::BASE64.decode(sealed.as_bytes()).ok()?;
    let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>()?;
    let mut text = text.to_vec();
    let opened = sealing_key(bearer, place)
        .ok()?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut text)
        .ok()?;
    String::from_utf8(opened.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_that_sealed_a_secret_opens_it() {
        let sealed = seal("st_prod_a", "place", "secret").unwrap();
        assert_eq!(open("st_prod_a", "place", &sealed).as_deref(), Some("secret"));
        assert_eq!(open("st_prod_b", "place", &sealed), None);
        assert_eq!(open("st_prod_a", "elsewhere", &sealed), None);
        assert!(!sealed.contains("secret"));
    }

    #[test]
    fn a_record_counts_until_it_expires() {
        let now = Clock.now();
        let record = |expires_at: i64| {
            let Value::Object(item) = serde_json::json!({"expires_at": expires_at}) else {
                panic!("an object")
            };
            item
        };
        assert!(has_expired(&record(now.seconds()), now));
        assert!(!has_expired(&record(now.seconds() + 1), now));
    }
}
