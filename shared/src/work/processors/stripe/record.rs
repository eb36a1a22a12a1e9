//! What Stripe has on record of an account: read to be compared with ours, and never to decide anything.
//!
//! Of charges that were made with a key of ours, alone: an account at Stripe may have others.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    amount::answered,
    call::{Answered, Form, Line},
    object::{Keyed, Listed},
    silent,
};
use crate::{
    base::money::{Atoms, Currency},
    model::processor::Lost,
    store::outside::Outside,
};

/// Everything that moved money, or may.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Charges, also those that were only prepared.
    pub charges: Vec<Recorded>,
    /// Refunds.
    pub refunds: Vec<Recorded>,
    /// Disputes; their key is that of the charge.
    pub disputes: Vec<Recorded>,
}

/// One thing on the record.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Stripe's name for it.
    pub reference: String,
    /// The key of ours.
    pub key: String,
    /// The charge that it is of; its own name, where it is one.
    pub charge: String,
    /// How much; of a charge, how much was taken.
    pub amount: Atoms,
    /// The currency.
    pub currency: Currency,
    /// Its state, in Stripe's words.
    pub status: String,
}

/// Anything that is listed, as far as it is read.
#[derive(Debug, Deserialize)]
struct Thing {
    id: String,
    #[serde(default)]
    amount: i64,
    amount_received: Option<i64>,
    currency: String,
    status: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    payment_intent: Option<Charge>,
}

/// A charge's name, or the charge.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Charge {
    Named(String),
    Whole(Keyed),
}

const LIMIT: &str = "100";

/// Reads all of it.
pub(in crate::work::processors) async fn record(
    outside: &Outside,
    secret_key: &str,
) -> Result<Record, Lost> {
    let line = Line { outside, secret_key };
    let whole = [("expand[]", "data.payment_intent")];
    Ok(Record {
        charges: every(&line, "/v1/payment_intents", &[]).await?,
        refunds: every(&line, "/v1/refunds", &[]).await?,
        disputes: every(&line, "/v1/disputes", &whole).await?,
    })
}

async fn every(line: &Line<'_>, path: &str, rest: Form<'_>) -> Result<Vec<Recorded>, Lost> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("limit", LIMIT)];
        query.extend(rest);
        query.extend(after.as_deref().map(|after| ("starting_after", after)));
        let page: Listed<Thing> = read(line, path, &query).await?;
        after = page.data.last().map(|last| last.id.clone()).filter(|_| page.has_more);
        for thing in page.data {
            all.extend(thing.recorded()?);
        }
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn read<T: DeserializeOwned>(
    line: &Line<'_>,
    path: &str,
    query: Form<'_>,
) -> Result<T, Lost> {
    let answer: Answered<T> = line.get(path, query).await;
    answer?.map_err(|refused| silent(&refused))
}

impl Thing {
    /// It, where it was made with a key of ours.
    fn recorded(self) -> Result<Option<Recorded>, Lost> {
        let mut key = self.metadata.get("key").cloned();
        let charge = match self.payment_intent {
            None => self.id.clone(),
            Some(Charge::Named(name)) => name,
            Some(Charge::Whole(charge)) => {
                key = charge.metadata.get("key").cloned();
                charge.id
            }
        };
        let Some(key) = key else { return Ok(None) };
        let unread = |what: &str| Lost(format!("{}: {what} cannot be read", self.id));
        let currency = self.currency.parse().map_err(|_| unread("its currency"))?;
        let amount = self.amount_received.unwrap_or(self.amount);
        let amount = answered(amount, currency).ok_or_else(|| unread("its amount"))?;
        let status = self.status.unwrap_or_default();
        Ok(Some(Recorded { reference: self.id, key, charge, amount, currency, status }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn recorded(thing: Value) -> Result<Option<Recorded>, Lost> {
        serde_json::from_value::<Thing>(thing).unwrap().recorded()
    }

    #[test]
    fn what_was_made_with_a_key_of_ours_is_read_as_we_write_it() {
        let charge = recorded(json!({
            "id": "pi_1", "amount": 500_000, "amount_received": 100_000, "currency": "isk",
            "status": "succeeded", "metadata": {"key": "acc:in:1"},
        }));
        let charge = charge.unwrap().unwrap();
        assert_eq!((charge.amount.get(), charge.charge.as_str()), (1_000, "pi_1"));
        let refund = recorded(json!({
            "id": "re_1", "amount": 5, "currency": "usd", "status": "pending",
            "metadata": {"key": "acc:re"}, "payment_intent": "pi_1",
        }));
        let refund = refund.unwrap().unwrap();
        assert_eq!((refund.key.as_str(), refund.charge.as_str()), ("acc:re", "pi_1"));
        let dispute = recorded(json!({
            "id": "dp_1", "amount": 5, "currency": "usd", "status": "lost", "metadata": {},
            "payment_intent": {"id": "pi_1", "metadata": {"key": "acc:in:1"}},
        }));
        assert_eq!(dispute.unwrap().unwrap().key, "acc:in:1");
        let foreign = json!({"id": "pi_2", "amount": 5, "currency": "usd", "metadata": {}});
        assert!(recorded(foreign).unwrap().is_none());
        let strange = json!({"id": "pi_3", "currency": "x", "metadata": {"key": "k"}});
        assert!(recorded(strange).is_err());
    }
}
