//! One message to an endpoint, and what it means for an endpoint that it fails.

use super::{known::Known, lane::ATTEMPTS, send::post};
use crate::{
    base::{
        error::Error,
        time::{Clock, Timestamp},
    },
    model::webhook::{DisabledBecause, Message, Sent, WebhookEndpoint},
    store::back_off,
    work::Work,
};

impl Work {
    /// Sends a message to an endpoint, signed with what is valid now. Where the endpoint is not any more what
    /// was read, that is an error; where nobody can say, nothing comes of it. Either way nothing is sent.
    pub(super) async fn send_webhook(
        &self,
        known: &Known,
        message: Message<'_>,
    ) -> Result<Option<Sent>, Error> {
        let settings = self.store().webhooks();
        match known.endpoint.target(settings.to_loopback) {
            Ok(target) => {
                let headers = message.headers(known.endpoint.secrets(), Clock.now());
                let may_begin = async || self.may_send(known).await;
                post(&target, (&headers, message.body), settings.timeout_ms, may_begin).await
            }
            Err(_) => Ok(Some(Sent {
                began_at: Some(Clock.now()),
                is_refused: true,
                failure: Some("the address is not one that webhooks are sent to"),
                ..Sent::default()
            })),
        }
    }

    /// Notes that an endpoint failed, and does what follows if it has done nothing else for long, or if it
    /// answered an attempt that began at `gone_at` that it is gone.
    pub(super) async fn note_failing(
        &self,
        endpoint: &WebhookEndpoint,
        (now, hung): (Timestamp, bool),
        next: Option<Timestamp>,
        gone_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        let store = self.store();
        let since = store.note_failure(self.account(), endpoint.id(), (now, hung), next).await?;
        if gone_at.is_none() && endpoint.after_failing(since, now).is_none() {
            return Ok(());
        }
        let work = self.at_its_time().await?;
        for attempt in 0..ATTEMPTS {
            let Some(endpoint) =
                work.store().find::<WebhookEndpoint>(work.account(), endpoint.id()).await?
            else {
                return Ok(());
            };
            let after = match gone_at {
                _ if !endpoint.is_enabled() => None,
                Some(began) if endpoint.is_the_same_since(began) => {
                    Some(endpoint.disabled(DisabledBecause::Gone))
                }
                _ => endpoint.after_failing(since, now),
            };
            let Some(after) = after else { return Ok(()) };
            let mut tx = work.begin();
            tx.update(&endpoint, after);
            match work.commit(tx).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt.min(5)).await,
                done => return done,
            }
        }
        Err(Error::Contended)
    }
}
