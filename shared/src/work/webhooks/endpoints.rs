//! What a client does to a webhook endpoint.

use crate::{
    base::{
        error::Error,
        id::{WebhookEndpointId, kind},
        time::Clock,
    },
    model::{
        entity::{Entity, Shown},
        webhook::{
            Delivery, IssuedEndpoint, MOST, Message, NOUN, NewWebhookEndpoint, RotateSecret,
            SigningSecret, TestSend, WebhookEndpoint, WebhookEndpointPatch, example_of,
        },
    },
    store::{Consistency, Page, Tx},
    work::{
        Work,
        answer::{Answer, Deleted, Reply},
    },
};

impl Work {
    /// Makes an endpoint, and answers with its secret.
    pub async fn create_webhook_endpoint(&self, new: NewWebhookEndpoint) -> Reply<IssuedEndpoint> {
        let others = self.store().webhook_endpoints(self.account()).await?;
        let free = (0..MOST).find(|slot| others.iter().all(|other| other.slot() != *slot));
        let slot = free.ok_or_else(|| {
            Error::not_now(NOUN, "too_many", "cannot be added: the account has a hundred of them")
        })?;
        let loopback = self.store().webhooks().to_loopback;
        let (endpoint, secret) = WebhookEndpoint::new(self.record(), new, slot, loopback)?;
        let mut tx = self.begin_asked();
        tx.insert(&endpoint);
        self.commit_issued_endpoint(tx, endpoint, &secret).await
    }

    /// Gives an endpoint a new secret, and answers with that.
    pub async fn rotate_webhook_secret(
        &self,
        endpoint: WebhookEndpoint,
        rotate: &RotateSecret,
    ) -> Reply<IssuedEndpoint> {
        let (rotated, secret) = endpoint.rotated(rotate, Clock.now());
        let mut tx = self.begin_asked();
        let rotated = tx.update(&endpoint, rotated);
        self.commit_issued_endpoint(tx, rotated, &secret).await
    }

    async fn commit_issued_endpoint(
        &self,
        tx: Tx,
        endpoint: WebhookEndpoint,
        secret: &SigningSecret,
    ) -> Reply<IssuedEndpoint> {
        let version = endpoint.record().version;
        let body = IssuedEndpoint::body(&endpoint, secret)?;
        self.commit_answer(tx, Answer::new(body, Some(version))).await
    }

    /// Deletes an endpoint. When that is answered, nothing is sent there any more, also where it was gone: the
    /// request that has deleted it may have been cut short.
    pub async fn delete_webhook_endpoint(
        &self,
        id: &WebhookEndpointId,
    ) -> Reply<Deleted<kind::WebhookEndpoint>> {
        let deleted = match self.look_for::<WebhookEndpoint>(id).await? {
            Some(endpoint) => {
                let mut tx = self.begin_asked();
                tx.delete(&endpoint);
                Ok(self.commit_deleted(tx, &endpoint).await?)
            }
            None => Err(Error::NotFound),
        };
        self.outlast_what_was_read().await;
        deleted
    }

    /// Changes an endpoint; when it is enabled, what it has not received can be sent now. When it is answered
    /// that it is disabled, or elsewhere, nothing is sent any more to where it was.
    pub async fn update_webhook_endpoint(
        &self,
        endpoint: WebhookEndpoint,
        patch: WebhookEndpointPatch,
    ) -> Reply<WebhookEndpoint> {
        let (since, leaves) = (patch.replay_since, patch.leaves());
        let loopback = self.store().webhooks().to_loopback;
        let patched = endpoint.patched(patch, loopback, Clock.now())?;
        let mut tx = self.begin_asked();
        let patched = tx.update(&endpoint, patched);
        if let Some(since) = since {
            self.begin_replay(&mut tx, &patched, (since, Vec::new(), false)).await?;
        }
        let answer = self.commit_and_answer(tx, patched).await?;
        if leaves {
            self.outlast_what_was_read().await;
        }
        Ok(answer)
    }

    /// Answers with an endpoint, and how it has been doing.
    pub async fn answer_webhook_endpoint(
        &self,
        endpoint: WebhookEndpoint,
    ) -> Reply<WebhookEndpoint> {
        let health = self.store().health(self.account(), endpoint.id()).await?;
        self.answer(&endpoint.doing(health)).await
    }

    /// Answers with a page of endpoints, and how they have been doing.
    pub async fn answer_webhook_endpoints(
        &self,
        page: Page<WebhookEndpoint>,
    ) -> Reply<Page<WebhookEndpoint>> {
        let items = self.store().with_health(self.account(), page.items, Consistency::Eventual);
        let items = items.await?;
        self.answer_page(Page { items, ..page }).await
    }

    /// Sends an example to an endpoint, now, and answers with what came of it.
    pub async fn test_webhook_endpoint(
        &self,
        endpoint: WebhookEndpoint,
        test: &TestSend,
    ) -> Reply<Delivery> {
        let mut tx = self.begin_asked();
        tx.guards(&endpoint)?;
        if let Some(earlier) = self.answered_before().await? {
            return Ok(earlier);
        }
        let (event, name) = (self.id(), test.name());
        let (body, object) = example_of(&event, name, self.now())?;
        let field = |name: &str| object.get(name).cloned().unwrap_or_default();
        let (id, version) = (field("id"), field("version").as_u64().unwrap_or_default());
        let object = (id.as_str().unwrap_or_default(), version);
        let row =
            Delivery::new(self.record(), endpoint.id().clone(), (event.clone(), name), object);
        let message =
            Message { event: event.as_str(), name, delivery: row.id().as_str(), body: &body };
        let known = self.read_endpoint(endpoint.id()).await?.ok_or(Error::NotFound)?;
        let sent = self.send_webhook(&known, message).await?;
        let sent = sent.ok_or_else(|| Error::Busy("an endpoint is read too slowly".to_owned()))?;
        let row = row.tried(&sent, Clock.now(), None).being_test();
        tx.insert(&row);
        tx.proven_by(&row, "id", row.id().as_str());
        self.commit_and_answer(tx, row).await
    }
}

impl IssuedEndpoint {
    /// An endpoint as it is shown, with its secret.
    fn body(
        endpoint: &WebhookEndpoint,
        secret: &SigningSecret,
    ) -> Result<serde_json::Value, Error> {
        let mut object = Shown::of(endpoint)?.object;
        object.insert("secret".to_owned(), secret.reveal().into());
        Ok(serde_json::Value::Object(object))
    }
}
