//! The built-in test processor: it moves no money, and behaves like one that does.
//!
//! It stands on the far side of the boundary: text comes in, and text goes back or is lost. It keeps a
//! record of its own, below the account and apart from its objects, which it never reads. An
//! idempotency key names one entry of that record; whoever writes it first decides the answer, and
//! everybody who asks with that key, at the same time or later, gets that answer. So however often a
//! charge is asked for it is made once, and when an answer is lost the record knows.
//!
//! How a card behaves is said by the token that it is added with:
//!
//! | token | a charge | a refund |
//! |---|---|---|
//! | `test_success` | succeeds | succeeds |
//! | `test_decline_soft` | is declined softly: `insufficient_funds` | |
//! | `test_decline_hard` | is declined hard: `stolen_card` | |
//! | `test_requires_action` | needs the payer to do something, which they can do on the hosted page (`bank`) | succeeds |
//! | `test_timeout_after_charge` | is made, and its answer is lost | succeeds |
//! | `test_timeout_before_charge` | is lost before it arrives; the same key again succeeds | succeeds |
//! | `test_fail_once_then_succeed` | is declined softly under the first key for a statement; under others succeeds | succeeds |
//! | `test_refund_declined` | succeeds | is declined |
//! | `test_refund_timeout_after` | succeeds | is made, and its answer is lost |
//! | `test_refund_timeout_before` | succeeds | is lost before it arrives; the same key again succeeds |
//! | `test_action_completed` | needs the payer to do something, who does it at once: it has succeeded when somebody asks, or gives it up | succeeds |
//! | `test_action_abandoned` | needs the payer to do something, who fails to: it is declined when somebody asks | |
//! | `test_processing` | is pending, and has succeeded when somebody asks | succeeds |
//! | `test_rejected` | is rejected: less than the processor takes | |
//! | `test_key_refused` | is rejected: the processor refuses the account's key | |
//! | `test_attach_declined` | cannot be added: its bank declines | |
//! | `test_attach_requires_action` | cannot be added before the payer did something | |
//! | `test_refund_pending` | succeeds | is pending, and has succeeded when somebody asks |
//! | `test_refund_pending_fails` | succeeds | is pending, and has failed when somebody asks |

mod answer;
mod bank;
#[cfg(test)]
mod tests;
mod token;

use serde_json::Value;

use self::{
    answer::{
        ChargeAsked, RefundAsked, action, attached, declined, digest_of, gone_on, reference,
        refunded, rejected, succeeded,
    },
    token::Token,
};
use crate::{
    base::{error::Error, id::AccountId},
    model::{
        entity::{Item, decode, encode},
        processor::{
            Entry, EntryKind, Lost,
            wire::{Blame, DeclineKind, Envelope, Order, Request, Response},
        },
    },
    store::{Condition, Put, Store, key::Key},
};

/// The processor, at work for one account.
pub(super) struct TestProcessor<'a> {
    store: &'a Store,
    account: &'a AccountId,
}

/// How often a change of the record is tried when others change the same entry at the same time.
const ATTEMPTS: u32 = 8;

impl<'a> TestProcessor<'a> {
    pub(super) fn new(store: &'a Store, account: &'a AccountId) -> Self {
        Self { store, account }
    }

    /// Takes a request, and answers it; or the answer is lost.
    pub(super) async fn receive(&self, document: &str) -> Result<String, Lost> {
        let answer = match serde_json::from_str::<Envelope>(document) {
            Ok(envelope) => self.answer(envelope).await?,
            Err(error) => Response::Invalid { message: error.to_string() },
        };
        serde_json::to_string(&answer).map_err(|error| Lost(error.to_string()))
    }

    async fn answer(&self, Envelope { merchant, request }: Envelope) -> Result<Response, Lost> {
        match request {
            Request::Attach(card) => Ok(attached(&card)),
            Request::Detach { .. } | Request::Forget { .. } => Ok(Response::Detached),
            Request::Check => Ok(Response::Ready),
            Request::Open(order) => {
                let reference = reference(EntryKind::Charge, &merchant, &order.idempotency_key);
                Ok(Response::Opened { reference })
            }
            Request::Charge(order) => self.charge(ChargeAsked::of(merchant, order)).await,
            Request::Cancel(order) => self.cancel(ChargeAsked::of(merchant, order)).await,
            Request::Refund { idempotency_key: key, charge, amount, currency: _ } => {
                self.refund(RefundAsked { merchant, key, charge, amount }).await
            }
            Request::FindCharge(Order { idempotency_key: key, .. }) => {
                self.find(EntryKind::Charge, &merchant, &key).await
            }
            Request::FindRefund { idempotency_key: key, charge: _ } => {
                self.find(EntryKind::Refund, &merchant, &key).await
            }
            // Its cards stay as they are.
            Request::FindMethod { source } => Ok(match Token::of_source(&source) {
                Some(token) => Response::Attached { source, payer: None, card: token.card() },
                None => Response::NotFound,
            }),
            // Nobody disputes what moved no money, or confirms a card later.
            Request::FindDisputes { .. } => Ok(Response::Disputes { references: Vec::new() }),
            Request::FindDispute { .. } | Request::FindSetup { .. } => Ok(Response::NotFound),
        }
    }

    /// What became of what was asked for with a key. What waited has gone on since.
    async fn find(&self, kind: EntryKind, merchant: &str, key: &str) -> Result<Response, Lost> {
        for _ in 0..ATTEMPTS {
            let Some(entry) = self.entry(&reference(kind, merchant, key)).await? else {
                return Ok(Response::NotFound);
            };
            let charge = match kind {
                EntryKind::Charge => None,
                EntryKind::Refund => self.entry(&entry.of).await?,
            };
            let source = charge.as_ref().map_or(entry.of.as_str(), |charge| charge.of.as_str());
            let Some(after) = gone_on(&entry, Token::of_source(source)) else {
                return Ok(entry.answer);
            };
            let mut puts = vec![self.replacement(&entry, &after)?];
            if let (Some(charge), Response::Declined(_)) = (&charge, &after.answer) {
                let refunded = charge.refunded.minus(entry.amount).unwrap_or_default();
                let version = charge.version.saturating_add(1);
                let returned = Entry { refunded, version, ..charge.clone() };
                puts.push(self.replacement(charge, &returned)?);
            }
            if self.put_entries(puts).await? {
                return Ok(after.answer);
            }
        }
        Err(lost("an entry that many ask about at once"))
    }

    /// Gives a charge up: under its key nothing is taken any more, or it was taken already.
    async fn cancel(&self, asked: ChargeAsked) -> Result<Response, Lost> {
        let name = reference(EntryKind::Charge, &asked.merchant, &asked.key);
        for _ in 0..ATTEMPTS {
            let Some(entry) = self.entry(&name).await? else {
                let entry = asked.entry(name.clone(), Response::Cancelled);
                match self.put_entries(vec![self.new_entry(&entry)?]).await? {
                    true => return Ok(Response::Cancelled),
                    false => continue,
                }
            };
            let waits = matches!(entry.answer, Response::ActionNeeded(_));
            let given_up = || Entry {
                answer: Response::Cancelled,
                version: entry.version.saturating_add(1),
                ..entry.clone()
            };
            let after = gone_on(&entry, Token::of_source(&entry.of));
            let after = after.or_else(|| waits.then(given_up));
            let Some(after) = after else { return Ok(entry.answer) };
            if self.put_entries(vec![self.replacement(&entry, &after)?]).await? {
                return Ok(after.answer);
            }
        }
        Err(lost("a charge that many give up at once"))
    }

    fn replacement(&self, before: &Entry, after: &Entry) -> Result<Put, Lost> {
        let unchanged = Condition::Version(before.version);
        Ok(Put::guarded(self.key(&after.reference), encoded(after)?, unchanged))
    }

    async fn charge(&self, asked: ChargeAsked) -> Result<Response, Lost> {
        let name = reference(EntryKind::Charge, &asked.merchant, &asked.key);
        if let Some(entry) = self.entry(&name).await? {
            return Ok(entry.answer_again(asked.amount, &asked.source));
        }
        if !asked.amount.is_positive() {
            return Ok(Response::Invalid { message: "an amount must be positive".to_owned() });
        }
        let token = Token::of_source(&asked.source);
        if token == Some(Token::TimeoutBeforeCharge) {
            self.lost_once(&asked.merchant, &asked.key).await?;
        }
        let answer = match token {
            Some(token) => self.judged(token, &asked, &name).await?,
            None => declined("unknown_source", "There is no such card", DeclineKind::Hard),
        };
        let (amount, source) = (asked.amount, asked.source.clone());
        let entry = asked.entry(name.clone(), answer.clone());
        match self.put_entries(vec![self.new_entry(&entry)?]).await? {
            true if token == Some(Token::TimeoutAfterCharge) => Err(lost("after the charge")),
            true => Ok(answer),
            false => {
                let first = self.entry(&name).await?;
                let first = first.ok_or_else(|| lost("an entry has disappeared"))?;
                Ok(first.answer_again(amount, &source))
            }
        }
    }

    /// What becomes of a charge that is asked for with a new key.
    async fn judged(
        &self,
        token: Token,
        asked: &ChargeAsked,
        name: &str,
    ) -> Result<Response, Lost> {
        let short = || {
            let message = "The card has insufficient funds";
            declined("insufficient_funds", message, DeclineKind::Soft)
        };
        let succeeded = succeeded(name, asked.amount, asked.currency);
        Ok(match token {
            Token::DeclineSoft => short(),
            Token::DeclineHard => {
                declined("stolen_card", "The card was reported stolen", DeclineKind::Hard)
            }
            Token::RequiresAction | Token::ActionCompleted | Token::ActionAbandoned => {
                Response::ActionNeeded(action(name))
            }
            Token::Processing => Response::Pending { reference: name.to_owned() },
            Token::Rejected => {
                rejected("amount_too_small", "The processor takes no such amount", Blame::Request)
            }
            Token::KeyRefused => {
                rejected("api_key_expired", "The processor refuses the key", Blame::Account)
            }
            Token::FailOnceThenSucceed => {
                let about = ["first", &asked.merchant, &asked.source, &asked.statement];
                match self.first(&about, &asked.key).await? == asked.key {
                    true => short(),
                    false => succeeded,
                }
            }
            Token::Success
            | Token::TimeoutAfterCharge
            | Token::TimeoutBeforeCharge
            | Token::RefundDeclined
            | Token::RefundTimeoutAfter
            | Token::RefundTimeoutBefore
            | Token::RefundPending
            | Token::RefundPendingFails => succeeded,
            Token::AttachDeclined | Token::AttachRequiresAction => {
                declined("unknown_source", "There is no such card", DeclineKind::Hard)
            }
        })
    }

    async fn refund(&self, asked: RefundAsked) -> Result<Response, Lost> {
        let name = reference(EntryKind::Refund, &asked.merchant, &asked.key);
        for _ in 0..ATTEMPTS {
            if let Some(entry) = self.entry(&name).await? {
                return Ok(entry.answer_again(asked.amount, &asked.charge));
            }
            let charge = self.entry(&asked.charge).await?;
            let charge = charge.filter(|charge| charge.succeeded);
            let Some(charge) = charge.filter(|charge| charge.merchant == asked.merchant) else {
                return Ok(Response::Invalid { message: "there is no such charge".to_owned() });
            };
            let token = Token::of_source(&charge.of);
            if token == Some(Token::RefundTimeoutBefore) {
                self.lost_once(&asked.merchant, &asked.key).await?;
            }
            let (refund, charge_after) = refunded(&charge, &asked, &name, token);
            let mut puts = vec![self.new_entry(&refund)?];
            if let Some(after) = charge_after {
                puts.push(self.replacement(&charge, &after)?);
            }
            match self.put_entries(puts).await? {
                true if token == Some(Token::RefundTimeoutAfter) => {
                    return Err(lost("after the refund"));
                }
                true => return Ok(refund.answer),
                false => {}
            }
        }
        Err(lost("a charge that many refund at once"))
    }

    /// Loses the first request with `key`, as if it had never arrived.
    async fn lost_once(&self, merchant: &str, key: &str) -> Result<(), Lost> {
        let mut item = Item::new();
        item.insert("value".to_owned(), Value::from(key));
        let put = Put::guarded(self.memory(&["lost", merchant, key]), item, Condition::Absent);
        match self.put_entries(vec![put]).await? {
            true => Err(lost("before it arrived")),
            false => Ok(()),
        }
    }

    /// The first value that was ever given for `about`; `value`, if this is the first.
    async fn first(&self, about: &[&str], value: &str) -> Result<String, Lost> {
        let key = self.memory(about);
        let mut item = Item::new();
        item.insert("value".to_owned(), Value::from(value));
        if self.put_entries(vec![Put::guarded(key.clone(), item, Condition::Absent)]).await? {
            return Ok(value.to_owned());
        }
        let known = self.store.get(self.account, &key).await.map_err(unreachable)?;
        let known = known.as_ref().and_then(|item| item.get("value")).and_then(Value::as_str);
        known.map(str::to_owned).ok_or_else(|| lost("a memory has disappeared"))
    }

    async fn entry(&self, name: &str) -> Result<Option<Entry>, Lost> {
        let item = self.store.get(self.account, &self.key(name)).await.map_err(unreachable)?;
        item.map(decode).transpose().map_err(unreachable)
    }

    async fn put_entries(&self, puts: Vec<Put>) -> Result<bool, Lost> {
        self.store.put_if(self.account, puts).await.map_err(unreachable)
    }

    fn new_entry(&self, entry: &Entry) -> Result<Put, Lost> {
        Ok(Put::guarded(self.key(&entry.reference), encoded(entry)?, Condition::Absent))
    }

    fn key(&self, name: &str) -> Key {
        Key::test_processor(self.account, name)
    }

    /// Where something is remembered that is no entry; sorts after all of them.
    fn memory(&self, about: &[&str]) -> Key {
        self.key(&format!("x_{}", digest_of(about)))
    }
}

fn encoded(entry: &Entry) -> Result<Item, Lost> {
    encode(entry).map_err(unreachable)
}

fn lost(when: &str) -> Lost {
    Lost(format!("the test processor's answer was lost: {when}"))
}

fn unreachable(error: Error) -> Lost {
    let text = error.for_the_log().unwrap_or("its record").to_owned();
    Lost(format!("the test processor cannot be reached: {text}"))
}
