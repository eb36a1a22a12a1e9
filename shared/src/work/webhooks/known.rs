//! For how long an endpoint counts as it was read, and how long whoever takes it back waits for that.
//!
//! An attempt begins, and connects, within half a second of the reading of its endpoint; later, the endpoint
//! is read once more. A request that deletes or disables an endpoint, or moves it to another address, is
//! answered a little more than half a second after its change. What was read before the change has run out
//! by then, and who reads after it knows. So no attempt begins after the answer, and nobody had to ask for
//! leave to send.

use std::time::{Duration, Instant};

use crate::{
    base::{error::Error, id::WebhookEndpointId},
    model::{entity::Entity, webhook::WebhookEndpoint},
    work::Work,
};

/// For how long an endpoint is as it was read. It is measured from before the reading, and by a clock that
/// nobody sets.
const FRESH: Duration = Duration::from_millis(500);
/// How much longer a change waits: clocks run differently, and between a look at one and a connection a
/// process is held up.
const SPARE: Duration = Duration::from_millis(100);
/// How often an endpoint is read once more, where reading alone takes longer than it is fresh.
const READS: u32 = 3;

/// Whether something may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum May {
    /// It may, at this moment.
    Send,
    /// Nobody can say: the database takes too long.
    NotNow,
}

/// An endpoint as it was read.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) endpoint: WebhookEndpoint,
    asked: Instant,
}

impl Known {
    /// An endpoint that was asked for at `asked`.
    pub(super) fn new(endpoint: WebhookEndpoint, asked: Instant) -> Self {
        Self { endpoint, asked }
    }

    /// Whether it was read just now.
    pub(super) fn is_fresh(&self) -> bool {
        self.asked.elapsed() < FRESH
    }
}

impl Work {
    /// An endpoint as it is now.
    pub(super) async fn read_endpoint(
        &self,
        id: &WebhookEndpointId,
    ) -> Result<Option<Known>, Error> {
        let asked = Instant::now();
        let endpoint = self.store().find::<WebhookEndpoint>(self.account(), id).await?;
        Ok(endpoint.map(|endpoint| Known::new(endpoint, asked)))
    }

    /// Whether something may be sent at this moment to an endpoint that was read earlier: an error, if it has
    /// been changed or deleted since.
    pub(super) async fn may_send(&self, known: &Known) -> Result<May, Error> {
        if known.is_fresh() {
            return Ok(May::Send);
        }
        let (id, version) = (known.endpoint.id(), known.endpoint.record().version);
        for _ in 0..READS {
            let now = self.read_endpoint(id).await?;
            let same = now.filter(|now| now.endpoint.record().version == version);
            let Some(now) = same else { return Err(Error::Stale) };
            if now.is_fresh() {
                return Ok(May::Send);
            }
        }
        Ok(May::NotNow)
    }

    /// Waits until what others had read of an endpoint before it was changed has run out.
    pub(super) async fn outlast_what_was_read(&self) {
        tokio::time::sleep(FRESH + SPARE).await;
    }
}
