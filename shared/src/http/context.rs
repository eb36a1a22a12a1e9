//! What an operation has at hand, and the one way in which it answers.

use std::rc::Rc;

use serde::Serialize;
use serde_json::Value;

use super::{
    authorize::Caller,
    extract::{Filter, Listing},
    handler::{Answer, Deleted, Html, Reply},
    idempotency::{self, First},
    request::Request,
};
use crate::{
    auth::{Grant, PlainToken},
    custom_field::{EntityType, FieldChanges, ResolvedChanges},
    error::Error,
    id::{AccountId, Id, Kind, PaymentIntentId, TokenId},
    input::{Faults, Location},
    patch::Patch,
    record::Record,
    store::{Commit, Entity, Expand, Item, List, Page, Shown, Store, Target, Tx, key::Key},
    telemetry::log_failure,
    test_clock::AccountClock,
    time::{Clock, Timestamp},
    token::{IssuedToken, Token},
    work::Work,
};

/// One request of one account. There is none without a token that may do what the operation does.
#[derive(Clone, Debug)]
pub struct Context {
    pub(super) work: Work,
    pub(super) caller: Caller,
    pub(super) request: Rc<Request>,
    pub(super) expand: Rc<Expand>,
    /// The account's clock, where it has one of its own.
    pub(super) clock: Option<AccountClock>,
    pub(super) ends_at: Timestamp,
}

impl Context {
    /// The account whose data is visible.
    pub fn account(&self) -> &AccountId {
        self.caller.account()
    }

    /// The account's time.
    pub fn now(&self) -> Timestamp {
        self.work.now()
    }

    /// Real time: of tokens, which no test clock moves.
    pub fn real_now(&self) -> Timestamp {
        Clock.now()
    }

    /// When, in real time, the request must have been answered.
    pub fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// The store, for reads.
    pub fn store(&self) -> &Store {
        self.work.store()
    }

    /// What this request has in common with a due date: for what takes more than one change.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// The caller's own token.
    pub fn token(&self) -> &TokenId {
        &self.caller.look_up.token_id
    }

    /// What the caller's token may pass on.
    pub fn grants(&self) -> &[Grant] {
        self.caller.grants()
    }

    /// The record of an object that is being made.
    pub fn record<K: Kind>(&self) -> Record<K> {
        self.work.record()
    }

    /// The object with this id.
    pub async fn find<E: Entity>(&self, id: &Id<E::Kind>) -> Result<E, Error> {
        self.work.find(id).await
    }

    /// Notes a reference, in the field at `at`, to an object that the account does not have.
    pub async fn refers_to<K: Kind>(
        &self,
        reference: &Patch<Id<K>>,
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<(), Error> {
        let Some(id) = reference.value() else { return Ok(()) };
        if self.store().get(self.account(), &Key::object(self.account(), id)).await?.is_none() {
            let hint = format!("names a {} that does not exist", K::NOUN);
            faults.not_valid(at, "no_such_object", &hint);
        }
        Ok(())
    }

    /// Checks changes of custom fields against the account's definitions; reads only if there are any.
    pub async fn custom_fields(
        &self,
        entity_type: EntityType,
        changes: &FieldChanges,
        faults: &mut Faults,
    ) -> Result<ResolvedChanges, Error> {
        if changes.is_empty() {
            return Ok(ResolvedChanges::default());
        }
        let known = self.store().custom_field_definitions(self.account(), entity_type).await?;
        Ok(changes.resolved(&known, entity_type.as_str(), faults))
    }

    /// The same, for objects whose other fields refer to nothing.
    pub async fn settled_fields(
        &self,
        entity_type: EntityType,
        changes: &FieldChanges,
    ) -> Result<ResolvedChanges, Error> {
        let mut faults = Faults::default();
        let fields = self.custom_fields(entity_type, changes, &mut faults).await?;
        faults.settled().map(|()| fields)
    }

    /// Begins a change.
    pub fn begin(&self) -> Tx {
        // The last object that the path names; where it names none, the account itself.
        let named = self.request.part.as_ref().or(self.request.target.as_ref());
        let id = named.cloned().unwrap_or_else(|| self.account().to_string());
        let target = Target { id: Some(id), if_match: self.request.if_match() };
        self.work.begin_for(target)
    }

    /// Makes the change and answers with `entity` as it then is.
    pub async fn commit<E: Entity>(&self, tx: Tx, entity: E) -> Reply<E> {
        let answer = self.shown(&entity).await?;
        self.settle(tx, answer).await
    }

    /// Makes the change, while the caller's own token works, and answers with the new token and, this
    /// once, its text.
    pub async fn commit_issued(
        &self,
        mut tx: Tx,
        token: Token,
        text: PlainToken,
    ) -> Reply<IssuedToken> {
        let mut answer = self.shown(&token).await?.retyped();
        answer.secret = Some(text);
        tx.while_works(&self.caller.bearer.hashed());
        self.settle(tx, answer).await
    }

    /// Makes the first of several changes. Its answer, `entity` as it is then, is kept for a repeated
    /// request until `conclude` replaces it: if the process dies in between, the request has happened,
    /// and what is left is done when it is due. `Some` is the answer to an earlier, equal request.
    pub async fn commit_first<E: Entity>(
        &self,
        tx: Tx,
        entity: &E,
    ) -> Result<Option<Answer<E>>, Error> {
        let answer = self.shown(entity).await?;
        self.settle_first(tx, answer).await
    }

    pub(crate) async fn settle_first<T>(
        &self,
        tx: Tx,
        answer: Answer<T>,
    ) -> Result<Option<Answer<T>>, Error> {
        let receipt = idempotency::receipt(self, &answer)?;
        match self.store().commit(tx, receipt).await? {
            Commit::Done => Ok(None),
            Commit::Repeated(record) => {
                idempotency::replay(self, record).map(|answer| Some(answer.retyped()))
            }
        }
    }

    /// What an earlier, equal request came to, where a request begins a payment.
    pub(crate) async fn earlier_payment(&self) -> Result<Option<First>, Error> {
        idempotency::first(self).await
    }

    /// Writes an attempt to pay down, before the processor is asked: from then on a repeated request
    /// is about this attempt. `Some` is what an earlier, equal request came to.
    pub(crate) async fn commit_attempt(
        &self,
        tx: Tx,
        payment: &PaymentIntentId,
    ) -> Result<Option<First>, Error> {
        let receipt = idempotency::receipt_of_payment(self, payment)?;
        match self.store().commit(tx, receipt).await? {
            Commit::Done => Ok(None),
            Commit::Repeated(record) => idempotency::repeated(self, record).map(Some),
        }
    }

    /// The answer that an earlier, equal request was given: for an operation that answers with what is
    /// there when it finds its work done.
    pub async fn answered_before<T>(&self) -> Result<Option<Answer<T>>, Error> {
        Ok(idempotency::earlier(self).await?.map(Answer::retyped))
    }

    /// Answers with `entity` after the last of several changes, and keeps that answer for a repeated
    /// request. The changes are made: that this answer cannot be kept is no reason to refuse it.
    pub async fn conclude<E: Entity>(&self, entity: &E) -> Reply<E> {
        let answer = self.shown(entity).await?;
        self.settled(answer).await
    }

    pub(crate) async fn settled<T>(&self, answer: Answer<T>) -> Reply<T> {
        if let Some(receipt) = idempotency::receipt(self, &answer)? {
            let kept = self.store().replace_receipt(self.account(), receipt).await;
            let text = kept.as_ref().err().and_then(Error::for_the_log);
            text.into_iter().for_each(|text| log_failure("an answer was not kept", text));
        }
        Ok(answer)
    }

    /// Makes the change and answers that `entity` is gone.
    pub async fn commit_deleted<E: Entity>(&self, tx: Tx, entity: &E) -> Reply<Deleted<E::Kind>> {
        let deleted = Deleted::new(entity.record().id.clone());
        let body = serde_json::to_value(deleted)
            .map_err(|error| Error::Internal(format!("an answer: {error}")))?;
        self.settle(tx, Answer::new(body, None)).await
    }

    pub(crate) async fn settle<T>(&self, tx: Tx, answer: Answer<T>) -> Reply<T> {
        let receipt = idempotency::receipt(self, &answer)?;
        match self.store().commit(tx, receipt).await? {
            Commit::Done => Ok(answer),
            Commit::Repeated(record) => idempotency::replay(self, record).map(Answer::retyped),
        }
    }

    /// Answers with what is no entity.
    pub(crate) fn answer<T: Serialize>(&self, value: &T, version: u64) -> Reply<T> {
        let body = serde_json::to_value(value)
            .map_err(|error| Error::Internal(format!("an answer: {error}")))?;
        Ok(Answer::new(body, Some(version)))
    }

    /// Answers with a page, for which a browser may load what `policy` names.
    pub(crate) fn page_of_html(&self, text: String, policy: String) -> Reply<Html> {
        let mut answer = Answer::new(Value::String(text), None);
        answer.policy = Some(policy);
        Ok(answer)
    }

    /// Answers with `entity`.
    pub async fn reply<E: Entity>(&self, entity: E) -> Reply<E> {
        self.shown(&entity).await
    }

    /// Answers with a page of the list that was asked for.
    pub async fn list<F: Filter>(&self, listing: Listing<F>) -> Reply<Page<F::Entity>> {
        let page = self.page(listing).await?;
        self.reply_page(page).await
    }

    /// Answers with a page of `list`: where the path, and no filter, says which.
    pub async fn list_in<F: Filter>(
        &self,
        list: &List,
        listing: Listing<F>,
    ) -> Reply<Page<F::Entity>> {
        let Listing { range, page, .. } = listing;
        let page = self.store().page(self.account(), list, &range, page).await?;
        self.reply_page(page).await
    }

    /// A page of the list that was asked for.
    pub async fn page<F: Filter>(&self, listing: Listing<F>) -> Result<Page<F::Entity>, Error> {
        let Listing { filter, range, page } = listing;
        self.store().page(self.account(), &filter.list(), &range, page).await
    }

    /// Answers with `page`.
    pub async fn reply_page<E: Entity>(&self, page: Page<E>) -> Reply<Page<E>> {
        let shown =
            page.items.iter().map(|item| Shown::at(item, self.now())).collect::<Result<_, _>>()?;
        let items = self.beside(shown).await?;
        let body = serde_json::json!({
            "items": items, "total": page.total, "has_more": page.has_more,
        });
        Ok(Answer::new(body, None))
    }

    /// Objects, with what was asked to be shown beside them.
    async fn beside(&self, objects: Vec<Shown>) -> Result<Vec<Item>, Error> {
        self.store().expanded(self.account(), objects, &self.expand, self.now()).await
    }

    async fn shown<E: Entity>(&self, entity: &E) -> Reply<E> {
        let expanded = self.beside(vec![Shown::at(entity, self.now())?]).await?;
        let body = expanded.into_iter().next().map_or(Value::Null, Value::Object);
        Ok(Answer::new(body, Some(entity.record().version)))
    }
}
