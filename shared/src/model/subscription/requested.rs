//! The change request that a subscription has: a draft, or one that waits for its instant.
//!
//! It stands on the subscription, so that there is at most one, and so that it is done in its turn
//! among the other things that happen to the subscription at one instant: before the renewal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Subscription;
use crate::base::{error::Error, id::ChangeRequestId, time::Timestamp};

/// A change request that is neither applied nor over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ActiveChangeRequest {
    /// The request.
    pub id: ChangeRequestId,
    /// When its changes are made; null while it is a draft.
    pub effective_at: Option<Timestamp>,
}

impl Subscription {
    /// When something is to be done about its change request: at its instant or, where the
    /// subscription has ended, at once.
    pub(crate) fn request_due_at(&self) -> Option<Timestamp> {
        let request = self.change_request.as_ref()?;
        match self.has_ended() {
            true => self.cancelled_at.or(Some(self.record.updated_at)),
            false => request.effective_at,
        }
    }

    /// Refuses another change request.
    pub(crate) fn takes_request(&self) -> Result<(), Error> {
        if self.has_ended() {
            let hint = "is cancelled and cannot be changed";
            return Err(Error::not_now("subscription", "illegal_state", hint));
        }
        match &self.change_request {
            None => Ok(()),
            Some(active) => {
                let hint = format!(
                    "has a change request already, {}: apply or cancel that one first",
                    active.id
                );
                Err(Error::pending("subscription", "has_change_request", &hint))
            }
        }
    }

    /// The subscription with this change request, which waits for `effective_at` if it says when.
    pub(crate) fn with_request(
        &self,
        id: &ChangeRequestId,
        effective_at: Option<Timestamp>,
    ) -> Self {
        let change_request = Some(ActiveChangeRequest { id: id.clone(), effective_at });
        Self { change_request, ..self.clone() }
    }

    /// The subscription, if it has this change request, without it.
    pub(crate) fn without_request(&self, id: &ChangeRequestId) -> Self {
        let change_request = self.change_request.clone().filter(|active| active.id != *id);
        Self { change_request, ..self.clone() }
    }

    /// The subscription as if all that it was billed for were paid.
    pub(crate) fn paid_up(mut self) -> Self {
        self.ledger.billed.values_mut().for_each(super::Billed::paid);
        self
    }
}
