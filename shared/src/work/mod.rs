//! Floor 4: what happens to things. One file a flow, each an `impl Work` that is read from the top.
//!
//! `Work` is one account at one instant: what a request and a due date have in common. A rule is a pure
//! function of the model; what takes several objects, a processor's answer or more than one transaction
//! is a flow here. It behaves the same whether a client asked for it or a due date did: a request is
//! visible only as `Asked`, what it demands of the version, what it wants to see, and how it is known
//! again when it is repeated.

pub mod accounts;
pub mod analytics;
pub mod answer;
mod answering;
pub mod backfill;
pub mod books;
pub mod checkout;
pub mod clock;
pub mod compact;
pub mod correct_usage;
pub mod coupons;
pub mod credit;
pub mod currencies;
pub mod custom_fields;
pub mod customer_state;
pub mod customers;
pub mod deadline;
pub mod disputes;
pub mod due;
pub mod events;
pub mod every;
pub(crate) mod imagine;
pub mod invoices;
mod letting_go;
pub mod passkeys;
pub mod payment_links;
pub mod payment_methods;
pub mod portal;
pub mod prices;
pub mod processors;
pub mod products;
pub mod promotion_codes;
pub mod receipt;
pub mod references;
pub mod refunds;
pub mod request_logs;
pub mod simulate;
pub mod subscriptions;
pub mod sweep;
pub mod tax_rates;
pub mod usage;
pub mod usage_events;
pub(crate) mod usage_thresholds;
pub mod webhooks;
pub mod worker;

use std::sync::Arc;

use self::{
    answer::{Answer, Reply},
    receipt::Repeatable,
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, Id, IdSource, Kind},
        page::{PageRequest, TimeRange},
        time::{Clock, Moment, Timestamp},
    },
    model::{
        entity::{Entity, decode},
        event::{Actor, ActorType, Cause},
        list::List,
        record::Record,
    },
    store::{Commit, Expand, Known, Page, Receipt, Store, Target, Tx, key::Key},
};

/// What is needed to read and change an account's objects.
#[derive(Clone, Debug)]
pub struct Work {
    store: Arc<Store>,
    ids: Arc<IdSource>,
    account: AccountId,
    moment: Moment,
    cause: Cause,
    asked: Option<Arc<Asked>>,
    known: Option<Arc<Known>>,
}

/// What a request demands beyond what it does.
#[derive(Debug)]
pub struct Asked {
    /// The object it is about, and the versions of it that it accepts.
    pub target: Target,
    /// What is to be shown beside what it is answered with.
    pub expand: Expand,
    /// Whether it may see what only those may who may change such objects.
    pub sees_secrets: bool,
    /// How it is known again, where it can be repeated.
    pub repeatable: Option<Repeatable>,
}

impl Work {
    /// Work on `account` at `moment`. `cause` is named in its events.
    pub fn new(
        store: Arc<Store>,
        ids: Arc<IdSource>,
        account: AccountId,
        moment: Moment,
        cause: Cause,
    ) -> Self {
        Self { store, ids, account, moment, cause, asked: None, known: None }
    }

    /// The same work, for a request that demands this.
    pub fn for_request(&self, asked: Asked) -> Self {
        Self { asked: Some(Arc::new(asked)), ..self.clone() }
    }

    /// The same work, which reads no object again that it has read or written. It is for what goes from
    /// one step to the next, and not for what waits for others.
    pub(crate) fn knowing(&self, known: Known) -> Self {
        Self { known: Some(Arc::new(known)), ..self.clone() }
    }

    /// The same work, of which nothing is written and nobody hears, answering nobody.
    pub(crate) fn imagining(&self) -> Self {
        Self { asked: None, ..self.knowing(Known::imagining()) }
    }

    /// What is known, where nothing of it is written.
    pub(crate) fn imagined(&self) -> Option<&Known> {
        self.known.as_deref().filter(|known| known.imagines())
    }

    /// Has what is known read again: somebody else was there.
    pub(crate) fn forget(&self) {
        if let Some(known) = &self.known {
            known.forget();
        }
    }

    /// Has what is known read again, and says that somebody else was there.
    pub(crate) fn overtaken(&self) -> Error {
        self.forget();
        Error::Stale
    }

    /// The same work, done because it is due and not because somebody asks.
    pub(crate) fn as_due(&self) -> Self {
        let actor = Actor::nameless(ActorType::Schedule);
        Self { cause: Cause { actor, ..self.cause.clone() }, ..self.clone() }
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

    /// The same, and whether it stands still.
    pub(crate) fn moment(&self) -> Moment {
        self.moment
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
        self.look_for(id).await?.ok_or(Error::NotFound)
    }

    /// The object with this id, if there is one.
    pub async fn look_for<E: Entity>(&self, id: &Id<E::Kind>) -> Result<Option<E>, Error> {
        let Some(known) = &self.known else { return self.store.find(&self.account, id).await };
        let key = Key::object(&self.account, id);
        self.store.get_once(known, &self.account, &key).await?.map(decode).transpose()
    }

    /// The objects under `keys` that exist, in the order of the keys.
    pub(crate) async fn find_all<E: Entity>(&self, keys: Vec<Key>) -> Result<Vec<E>, Error> {
        let Some(known) = &self.known else {
            return self.store.find_all(&self.account, keys).await;
        };
        let items = self.store.get_each_once(known, &self.account, &keys).await?;
        items.into_iter().map(decode).collect()
    }

    /// Reads objects that are going to be needed, together, where what is read is remembered.
    pub(crate) async fn read_ahead(&self, keys: &[Key]) -> Result<(), Error> {
        match &self.known {
            Some(known) => self.store.get_each_once(known, &self.account, keys).await.map(drop),
            None => Ok(()),
        }
    }

    /// Whether what is under `key` need not be read.
    pub(crate) fn knows(&self, key: &Key) -> bool {
        self.known.as_ref().is_some_and(|known| known.knows(key))
    }

    /// The key of an object of the account.
    pub(crate) fn key_of<K: Kind>(&self, id: &Id<K>) -> Key {
        Key::object(&self.account, id)
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
        self.write(tx, None).await.map(|_| ())
    }

    async fn write(&self, tx: Tx, receipt: Option<Receipt>) -> Result<Commit, Error> {
        match &self.known {
            Some(known) => self.store.commit_known(known, tx, receipt).await,
            None => self.store.commit(tx, receipt).await,
        }
    }
}
