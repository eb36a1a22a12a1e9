//! An account's webhook endpoints, and how they have been doing.

use serde_json::{Value, json};

use crate::{
    base::{
        error::Error,
        id::{AccountId, WebhookEndpointId},
        time::Timestamp,
    },
    model::{
        entity::{Item, decode},
        webhook::{CLAIM, Health, WebhookEndpoint},
    },
    store::{Consistency, Store, Update, key::Key},
};

/// A success is written down once in so long, because nobody needs to know better.
const NOTED_EVERY_MS: i64 = 60_000;

impl Store {
    /// The endpoints of an account, by the places that they have.
    pub async fn webhook_endpoints(
        &self,
        account: &AccountId,
    ) -> Result<Vec<WebhookEndpoint>, Error> {
        let partition = Key::unique_partition(account, CLAIM);
        let items = self.query(account, &partition, "!", "~").await?;
        let copies = items.into_iter().filter_map(|mut item| item.remove("endpoint"));
        copies
            .map(|copy| match copy {
                Value::Object(endpoint) => decode(endpoint),
                other => Err(Error::Internal(format!("not an endpoint: {other}"))),
            })
            .collect()
    }

    /// The endpoints, with how they have been doing.
    pub async fn with_health(
        &self,
        account: &AccountId,
        mut endpoints: Vec<WebhookEndpoint>,
        consistency: Consistency,
    ) -> Result<Vec<WebhookEndpoint>, Error> {
        let keys: Vec<Key> = endpoints.iter().map(|one| Key::health(account, one.id())).collect();
        for item in self.batch_get(account, &keys, consistency).await? {
            let pk = item.get("PK").and_then(Value::as_str).unwrap_or_default();
            let of_this = |one: &&mut WebhookEndpoint| pk.ends_with(one.id().as_str());
            if let Some(endpoint) = endpoints.iter_mut().find(of_this) {
                endpoint.health = Some(health_of(&item));
            }
        }
        Ok(endpoints)
    }

    /// How an endpoint has been doing.
    pub async fn health(
        &self,
        account: &AccountId,
        endpoint: &WebhookEndpointId,
    ) -> Result<Option<Health>, Error> {
        let item = self.get(account, &Key::health(account, endpoint)).await?;
        Ok(item.as_ref().map(health_of))
    }

    /// Notes that an endpoint received an event at `now`.
    pub async fn note_success(
        &self,
        account: &AccountId,
        endpoint: &WebhookEndpointId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let update = Update {
            key: Key::health(account, endpoint),
            change: "SET last_success_at = :now REMOVE failing_since, next_attempt_at, hung_at",
            condition: "attribute_not_exists(last_success_at) OR last_success_at < :before \
                        OR attribute_exists(failing_since)",
            values: vec![
                (":now", now.millis().into()),
                (":before", now.plus_millis(-NOTED_EVERY_MS).millis().into()),
            ],
        };
        self.update(update).await.map(|_| ())
    }

    /// Notes that an endpoint failed at `now`, whether that took seconds, and when it is tried again; since
    /// when it has done nothing else.
    pub async fn note_failure(
        &self,
        account: &AccountId,
        endpoint: &WebhookEndpointId,
        (now, hung): (Timestamp, bool),
        next: Option<Timestamp>,
    ) -> Result<Timestamp, Error> {
        let update = Update {
            key: Key::health(account, endpoint),
            change: match hung {
                true => {
                    "SET failing_since = if_not_exists(failing_since, :now), \
                     next_attempt_at = :next, hung_at = :now"
                }
                false => {
                    "SET failing_since = if_not_exists(failing_since, :now), next_attempt_at = :next"
                }
            },
            condition: "attribute_not_exists(no_such_attribute)",
            values: vec![
                (":now", now.millis().into()),
                (":next", next.map_or(json!(0), |next| next.millis().into())),
            ],
        };
        let item = self.update(update).await?.unwrap_or_else(|item| item);
        Ok(health_of(&item).failing_since.unwrap_or(now))
    }
}

fn health_of(item: &Item) -> Health {
    let instant = |name: &str| {
        let millis = item.get(name).and_then(Value::as_i64).filter(|millis| *millis > 0);
        millis.and_then(Timestamp::from_millis)
    };
    Health {
        last_success_at: instant("last_success_at"),
        failing_since: instant("failing_since"),
        next_attempt_at: instant("next_attempt_at"),
        hung_at: instant("hung_at"),
    }
}
