//! A request's change is made together with what its answer will be, so that a repeated one is answered
//! as it was the first time.

use serde::Serialize;
use serde_json::Value;

use super::{
    Work,
    answer::{Answer, Deleted, Reply},
    receipt::{First, Repeatable},
};
use crate::{
    base::{error::Error, id::PaymentIntentId, telemetry::log_failure},
    model::entity::{Entity, Item, Shown},
    store::{Commit, Expand, Page, Tx},
};

impl Work {
    /// Begins a change that is guarded by what the request demands of the object it is about.
    pub fn begin_asked(&self) -> Tx {
        self.begin_for(self.asked.as_ref().map(|asked| asked.target.clone()).unwrap_or_default())
    }

    /// Makes the change and answers with `entity` as it then is.
    pub async fn commit_and_answer<E: Entity>(&self, tx: Tx, entity: E) -> Reply<E> {
        let answer = self.answer(&entity).await?;
        self.commit_answer(tx, answer).await
    }

    /// Makes the change and answers that `entity` is gone.
    pub async fn commit_deleted<E: Entity>(&self, tx: Tx, entity: &E) -> Reply<Deleted<E::Kind>> {
        let deleted = Deleted::new(entity.record().id.clone());
        self.commit_answer(tx, Answer::of(&deleted, None)?).await
    }

    /// Answers with what was found out about `entity`, on the conditions of the request: nothing but the
    /// answer is written, for a repeated one.
    pub async fn commit_found<E: Entity, T: Serialize>(&self, entity: &E, found: &T) -> Reply<T> {
        let mut tx = self.begin_asked();
        tx.update(entity, entity.clone());
        self.commit_answer(tx, Answer::of(found, Some(entity.record().version))?).await
    }

    /// Makes the change and answers with `answer`; a repeated request with what it was answered before.
    pub async fn commit_answer<T>(&self, tx: Tx, answer: Answer<T>) -> Reply<T> {
        Ok(self.commit_first_answer(tx, &answer).await?.unwrap_or(answer))
    }

    /// Makes the first of several changes. Its answer, `entity` as it is then, is kept for a repeated
    /// request until `conclude` replaces it: if the process dies in between, the request has happened,
    /// and what is left is done when it is due. `Some` is the answer to an earlier, equal request.
    pub async fn commit_first<E: Entity>(
        &self,
        tx: Tx,
        entity: &E,
    ) -> Result<Option<Answer<E>>, Error> {
        let answer = self.answer(entity).await?;
        self.commit_first_answer(tx, &answer).await
    }

    /// The same, for an answer that is no entity.
    pub async fn commit_first_answer<T>(
        &self,
        tx: Tx,
        answer: &Answer<T>,
    ) -> Result<Option<Answer<T>>, Error> {
        let receipt = self.repeatable().map(|one| one.receipt(answer)).transpose()?;
        match (self.write(tx, receipt).await?, self.repeatable()) {
            (Commit::Repeated(record), Some(repeatable)) => {
                repeatable.replay(record).map(|answer| Some(answer.retyped()))
            }
            (Commit::Done | Commit::Repeated(_), _) => Ok(None),
        }
    }

    /// Writes an attempt to pay down, before the processor is asked: from then on a repeated request
    /// is about this attempt. `Some` is what an earlier, equal request came to.
    pub async fn commit_attempt(
        &self,
        tx: Tx,
        payment: &PaymentIntentId,
    ) -> Result<Option<First>, Error> {
        let receipt = self.repeatable().map(|one| one.receipt_of_payment(payment)).transpose()?;
        match (self.write(tx, receipt).await?, self.repeatable()) {
            (Commit::Repeated(record), Some(repeatable)) => repeatable.repeated(record).map(Some),
            (Commit::Done | Commit::Repeated(_), _) => Ok(None),
        }
    }

    /// What an earlier, equal request came to, if there was one.
    pub async fn first_time(&self) -> Result<Option<First>, Error> {
        match self.repeatable() {
            Some(repeatable) => repeatable.first(&self.store, &self.account).await,
            None => Ok(None),
        }
    }

    /// The answer that an earlier, equal request was given: for an operation that answers with what is
    /// there when it finds its work done.
    pub async fn answered_before<T>(&self) -> Result<Option<Answer<T>>, Error> {
        match self.repeatable() {
            Some(repeatable) => {
                let earlier = repeatable.earlier(&self.store, &self.account).await?;
                Ok(earlier.map(Answer::retyped))
            }
            None => Ok(None),
        }
    }

    /// Answers with `entity` after the last of several changes, and keeps that answer for a repeated
    /// request.
    pub async fn conclude<E: Entity>(&self, entity: &E) -> Reply<E> {
        let answer = self.answer(entity).await?;
        self.conclude_with(answer).await
    }

    /// The same, for an answer that is no entity. The changes are made: that this answer cannot be kept
    /// is no reason to refuse it.
    pub async fn conclude_with<T>(&self, answer: Answer<T>) -> Reply<T> {
        let receipt = self.repeatable().map(|one| one.receipt(&answer)).transpose();
        let kept = match receipt {
            Ok(Some(receipt)) => self.store.replace_receipt(&self.account, receipt).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            log_failure("an answer was not kept", &error.explained());
        }
        Ok(answer)
    }

    /// Answers with `entity`, and beside it what was asked for.
    pub async fn answer<E: Entity>(&self, entity: &E) -> Reply<E> {
        let shown = vec![self.shown(entity)?];
        let mut expanded = self.expanded(shown).await?;
        let body = expanded.pop().map_or(Value::Null, Value::Object);
        Ok(Answer::new(body, Some(entity.record().version)))
    }

    fn shown<E: Entity>(&self, entity: &E) -> Result<Shown, Error> {
        let shown = Shown::at(entity, self.now())?;
        let sees = self.asked.as_ref().is_some_and(|asked| asked.sees_secrets);
        Ok(if sees { shown.revealing::<E>() } else { shown })
    }

    /// Answers with a page.
    pub async fn answer_page<E: Entity>(&self, page: Page<E>) -> Reply<Page<E>> {
        let shown = page.items.iter().map(|item| self.shown(item)).collect::<Result<_, _>>()?;
        let items = self.expanded(shown).await?;
        // By hand: the macro would copy all of them.
        let items = items.into_iter().map(Value::Object).collect();
        let mut body = Item::new();
        body.insert("items".to_owned(), Value::Array(items));
        body.insert("total".to_owned(), page.total.into());
        body.insert("has_more".to_owned(), page.has_more.into());
        Ok(Answer::new(Value::Object(body), None))
    }

    /// Objects, with what was asked to be shown beside them.
    async fn expanded(&self, objects: Vec<Shown>) -> Result<Vec<Item>, Error> {
        let nothing = Expand::default();
        let expand = self.asked.as_ref().map_or(&nothing, |asked| &asked.expand);
        self.store.expanded(&self.account, objects, expand, self.now()).await
    }

    fn repeatable(&self) -> Option<&Repeatable> {
        self.asked.as_ref()?.repeatable.as_ref()
    }
}
