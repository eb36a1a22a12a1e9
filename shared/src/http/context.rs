//! What an operation has at hand, and the one way in which it answers.

use crate::work::answer::Deleted;
use crate::work::answer::Reply;
use std::rc::Rc;

use super::{authorize::Caller, request::Request};
use crate::{
    base::{
        error::Error,
        id::{AccountId, Id, Kind, TokenId},
        time::{Clock, Timestamp},
    },
    model::{
        auth::{Grant, PlainToken, TokenKind},
        checkout::Audience,
        entity::Entity,
        record::Record,
        test_clock::AccountClock,
        token::{IssuedToken, Token},
        words::Locale,
    },
    store::{Page, Store, Tx},
    work::Work,
};

/// One request of one account. There is none without a token that may do what the operation does.
#[derive(Clone, Debug)]
pub struct Context {
    pub(super) work: Work,
    pub(super) caller: Caller,
    pub(super) request: Rc<Request>,
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

    /// Which kind the caller's token is of.
    pub fn token_kind(&self) -> TokenKind {
        self.caller.look_up.kind
    }

    /// Where this deployment was reached.
    pub fn origin(&self) -> Option<String> {
        self.request.origin()
    }

    /// Who reads the answer: a publishable token is a payer's browser, in the language it asks for.
    pub fn audience(&self) -> Audience {
        match self.caller.look_up.kind {
            TokenKind::Secret => Audience::Seller,
            TokenKind::Publishable => {
                let accepted = self.request.header("accept-language").unwrap_or_default();
                Audience::Payer(Locale::preferred(accepted))
            }
        }
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

    /// Begins a change.
    pub fn begin(&self) -> Tx {
        self.work.begin_asked()
    }

    /// Makes the change and answers with `entity` as it then is.
    pub async fn commit<E: Entity>(&self, tx: Tx, entity: E) -> Reply<E> {
        self.work.commit_and_answer(tx, entity).await
    }

    /// Makes the change and answers that `entity` is gone.
    pub async fn commit_deleted<E: Entity>(&self, tx: Tx, entity: &E) -> Reply<Deleted<E::Kind>> {
        self.work.commit_deleted(tx, entity).await
    }

    /// Makes the change, while the caller's own token works, and answers with the new token and, this
    /// once, its text.
    pub async fn commit_issued(
        &self,
        mut tx: Tx,
        token: Token,
        text: PlainToken,
    ) -> Reply<IssuedToken> {
        let mut answer = self.work.answer(&token).await?.retyped();
        answer.secret = Some(text);
        tx.while_works(&self.caller.bearer.hashed());
        self.work.commit_answer(tx, answer).await
    }

    /// Makes the change, while the caller's own token works, and answers with the new session, whose
    /// secret goes into a cookie or an address.
    pub async fn commit_session<E: Entity>(
        &self,
        mut tx: Tx,
        session: E,
        text: PlainToken,
    ) -> Reply<E> {
        let mut answer = self.work.answer(&session).await?;
        answer.secret = Some(text);
        tx.while_works(&self.caller.bearer.hashed());
        self.work.commit_answer(tx, answer).await
    }

    /// Makes the change, while the caller's own token works, and answers with `entity`, which outlives it.
    pub async fn commit_lasting<E: Entity>(&self, mut tx: Tx, entity: E) -> Reply<E> {
        tx.while_works(&self.caller.bearer.hashed());
        self.work.commit_and_answer(tx, entity).await
    }

    /// Answers with `entity`.
    pub async fn reply<E: Entity>(&self, entity: E) -> Reply<E> {
        self.work.answer(&entity).await
    }

    /// Answers with `page`.
    pub async fn reply_page<E: Entity>(&self, page: Page<E>) -> Reply<Page<E>> {
        self.work.answer_page(page).await
    }
}
