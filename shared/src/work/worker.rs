//! Work that a schedule or the table's stream begins: what it has at hand, and what it reports.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::{
    base::{
        id::{AccountId, IdSource},
        time::{Moment, Timestamp},
    },
    model::event::{Actor, ActorType, Cause},
    store::Store,
    work::Work,
};

/// One run of a worker.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The store.
    pub store: Arc<Store>,
    /// Where ids come from.
    pub ids: Arc<IdSource>,
    /// The invocation, which its events name as their cause.
    pub invocation: String,
    /// What it was invoked with.
    pub event: Arc<Value>,
    /// When it was started, in real time.
    pub started: Timestamp,
    /// When, in real time, it must have ended.
    pub ends_at: Timestamp,
}

/// What a worker has done.
pub trait Report: Serialize {
    /// Whether there was nothing to do.
    fn is_idle(&self) -> bool;
}

impl Worker {
    /// When it was started, in real time.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// When, in real time, it must have ended.
    pub fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Work on an account at a moment of its time.
    pub fn work(&self, account: AccountId, moment: Moment) -> Work {
        let (store, ids) = (Arc::clone(&self.store), Arc::clone(&self.ids));
        let actor = Actor::nameless(ActorType::Schedule);
        let cause = Cause { request_id: self.invocation.clone(), actor };
        Work::new(store, ids, account, moment, cause)
    }
}
