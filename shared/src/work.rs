//! One account's work at one instant: what a request and a worker have in common.
//!
//! A rule is a pure function on entities; what takes several of them, a processor's answer or more
//! than one transaction is an `impl Work` in the entity's file. It behaves the same whether a client
//! asked for it or a due date did, because neither the request nor the schedule is visible here.

use std::sync::Arc;

use crate::{
    error::Error,
    id::{AccountId, Id, IdSource, Kind},
    page::{PageRequest, TimeRange},
    record::Record,
    store::{Entity, List, Page, Store, Target, Tx},
    time::{Clock, Moment, Timestamp},
};

/// What is needed to read and change an account's objects.
#[derive(Clone, Debug)]
pub struct Work {
    store: Arc<Store>,
    ids: Arc<IdSource>,
    account: AccountId,
    moment: Moment,
    cause: String,
}

impl Work {
    /// Work on `account` at `moment`. `cause` names the request or invocation in its events.
    pub fn new(
        store: Arc<Store>,
        ids: Arc<IdSource>,
        account: AccountId,
        moment: Moment,
        cause: String,
    ) -> Self {
        Self { store, ids, account, moment, cause }
    }

    /// The same work at another moment.
    pub fn at(&self, moment: Moment) -> Self {
        Self { moment, ..self.clone() }
    }

    /// The same work now: later than before, unless the account's time stands still.
    pub fn now_on(&self) -> Self {
        match self.moment.stopped_at() {
            Some(_) => self.clone(),
            None => self.at(Moment::from(Clock.now())),
        }
    }

    /// The account whose data is visible.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The account's time.
    pub fn now(&self) -> Timestamp {
        self.moment.now()
    }

    /// The store, for reads.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The id of an object, or of a part of one, that is being made.
    pub fn id<K: Kind>(&self) -> Id<K> {
        Id::new(self.account.environment(), self.moment, &self.ids)
    }

    /// The record of an object that is being made.
    pub fn record<K: Kind>(&self) -> Record<K> {
        Record::new(self.id(), self.account.clone(), self.now())
    }

    /// The object with this id.
    pub async fn find<E: Entity>(&self, id: &Id<E::Kind>) -> Result<E, Error> {
        self.store.find(&self.account, id).await?.ok_or(Error::NotFound)
    }

    /// A page of a list, whenever its objects were made.
    pub async fn page<E: Entity>(
        &self,
        list: &List,
        request: PageRequest,
    ) -> Result<Page<E>, Error> {
        self.store.page(&self.account, list, &TimeRange::default(), request).await
    }

    /// Begins a change that no precondition of a client guards.
    pub fn begin(&self) -> Tx {
        self.begin_for(Target::default())
    }

    /// Begins a change that is guarded by what a client demands of `target`.
    pub fn begin_for(&self, target: Target) -> Tx {
        let (ids, cause) = (Arc::clone(&self.ids), self.cause.clone());
        Tx::new(self.account.clone(), self.moment, ids, cause, target)
    }

    /// Makes the change.
    pub async fn commit(&self, tx: Tx) -> Result<(), Error> {
        self.store.commit(tx, None).await.map(|_| ())
    }
}
