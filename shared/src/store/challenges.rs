//! What this deployment signs challenges with: one key for all its functions, made by the first that
//! needs it, and kept by each process.
//!
//! Whoever read it could draw challenges, and would still have no passkey to answer them with.

use serde_json::Value;

use super::{
    Store,
    key::Key,
    table::{Condition, Outcome, Put},
};
use crate::{
    base::error::Error,
    model::{entity::Item, passkey::ChallengeKey},
};

/// The attribute that holds it.
const KEY: &str = "hmac_key";

impl Store {
    /// What challenges are signed with. Where there is nothing yet, it is made.
    pub async fn challenge_key(&self) -> Result<ChallengeKey, Error> {
        if let Some(key) = self.challenge_key.get() {
            return Ok(key.clone());
        }
        let there = match self.look_up(&Key::challenge_key()).await? {
            Some(item) => item,
            None => self.new_challenge_key().await?,
        };
        let key = read(&there)?;
        Ok(self.challenge_key.get_or_init(|| key).clone())
    }

    /// A key that is made now, or the one of whoever was quicker.
    async fn new_challenge_key(&self) -> Result<Item, Error> {
        let made = Item::from_iter([(KEY.to_owned(), ChallengeKey::draw().into())]);
        let put = Put::guarded(Key::challenge_key(), made.clone(), Condition::Absent);
        match self.table.put_once(&put).await? {
            Outcome::Done => Ok(made),
            Outcome::Refused(Some(there)) => Ok(there),
            Outcome::Refused(None) | Outcome::Unknown => {
                let there = self.look_up(&Key::challenge_key()).await?;
                there.ok_or_else(|| Error::Busy("no key for challenges could be made".to_owned()))
            }
        }
    }
}

fn read(item: &Item) -> Result<ChallengeKey, Error> {
    let kept = item.get(KEY).and_then(Value::as_str).unwrap_or_default();
    let read = ChallengeKey::read(kept);
    read.ok_or_else(|| Error::Internal("the key for challenges cannot be read".to_owned()))
}
