//! The customer portal. What is done there is done by the flows that the API has for it, one act at a
//! time; what belongs to another customer is not there.

mod act;
mod change;
mod next_charge;
mod page;

use crate::{
    base::{
        error::Error,
        time::{Clock, Timestamp},
    },
    model::{
        auth::PlainToken,
        customer::Customer,
        portal::{NOUN, NewPortalSession, PortalSession},
    },
    work::Work,
};

impl Work {
    /// A new session for a customer there is, and the secret that opens it. It expires by `now`, which
    /// is real time: no test clock moves it.
    pub async fn new_portal_session(
        &self,
        new: NewPortalSession,
        now: Timestamp,
    ) -> Result<(PortalSession, PlainToken), Error> {
        let found: Option<Customer> = self.look_for(&new.customer_id).await?;
        let hint = "names a customer who does not exist";
        found.ok_or_else(|| Error::rule(NOUN, "customer_id", "no_such_object", hint))?;
        Ok(PortalSession::new(self.record(), new, now))
    }
}

/// Whether a session opens the portal now.
fn is_open(session: &PortalSession) -> bool {
    session.is_open(Clock.now())
}
