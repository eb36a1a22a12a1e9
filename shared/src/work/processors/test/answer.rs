//! What the test processor answers to a charge, a refund and a card: from what is asked, and by which
//! token it is paid.

use super::Token;
use crate::{
    base::{
        hash::sha256,
        money::{Atoms, Currency},
    },
    model::processor::{
        Entry, EntryKind,
        wire::{
            Action, ActionType, Attachment, Blame, DeclineKind, Failure, Order, Rejection,
            Response, Taken,
        },
    },
};

/// The entry of a refund and, if money moves, the charge after it.
pub(super) fn refunded(
    charge: &Entry,
    asked: &RefundAsked,
    name: &str,
    token: Option<Token>,
) -> (Entry, Option<Entry>) {
    let total = charge.refunded.plus(asked.amount).ok();
    let total = total.filter(|total| asked.amount.is_positive() && *total <= charge.amount);
    let answer = match total {
        None => declined("amount_too_large", "More than the charge has left", DeclineKind::Hard),
        Some(_) if token == Some(Token::RefundDeclined) => {
            declined("refund_declined", "The card takes no refunds", DeclineKind::Hard)
        }
        Some(_) if matches!(token, Some(Token::RefundPending | Token::RefundPendingFails)) => {
            Response::Pending { reference: name.to_owned() }
        }
        Some(_) => succeeded(name, asked.amount, charge.currency),
    };
    // One that waits has left the merchant's balance.
    let moved = matches!(answer, Response::Succeeded { .. } | Response::Pending { .. });
    let succeeded = matches!(answer, Response::Succeeded { .. });
    let entry = Entry {
        kind: EntryKind::Refund,
        reference: name.to_owned(),
        merchant: asked.merchant.clone(),
        idempotency_key: asked.key.clone(),
        amount: asked.amount,
        currency: charge.currency,
        of: asked.charge.clone(),
        succeeded,
        refunded: Atoms::ZERO,
        answer,
        version: 1,
    };
    let after = total.filter(|_| moved).map(|total| Entry {
        refunded: total,
        version: charge.version.saturating_add(1),
        ..charge.clone()
    });
    (entry, after)
}

/// The name of what is asked for with a key: found by it, and known once it is.
pub(super) fn reference(kind: EntryKind, merchant: &str, key: &str) -> String {
    let prefix = match kind {
        EntryKind::Charge => "ch",
        EntryKind::Refund => "re",
    };
    format!("{prefix}_{}", digest_of(&[merchant, key]))
}

pub(super) fn digest_of(parts: &[&str]) -> String {
    let mut digest = sha256(parts.join("\n"));
    digest.truncate(24);
    digest
}

pub(super) fn declined(code: &str, message: &str, kind: DeclineKind) -> Response {
    Response::Declined(Failure::new(code, message, kind))
}

pub(super) fn rejected(code: &str, message: &str, blame: Blame) -> Response {
    Response::Rejected(Rejection { code: code.to_owned(), message: message.to_owned(), blame })
}

pub(super) fn succeeded(name: &str, amount: Atoms, currency: Currency) -> Response {
    Response::Succeeded { reference: name.to_owned(), taken: Some(Taken { amount, currency }) }
}

pub(super) fn action(name: &str) -> Action {
    Action {
        r#type: ActionType::Redirect,
        url: Some(format!("https://test-processor.invalid/{name}")),
        reference: Some(name.to_owned()),
    }
}

pub(super) fn attached(card: &Attachment) -> Response {
    match Token::named(&card.token) {
        None => Response::NotFound,
        Some(Token::AttachDeclined) => {
            declined("card_declined", "The card was declined", DeclineKind::Hard)
        }
        Some(Token::AttachRequiresAction) => Response::ActionNeeded(action("setup")),
        Some(token) => {
            Response::Attached { source: token.source(), payer: None, card: token.card() }
        }
    }
}

/// An entry that waited, as it is by the time that somebody asks about it.
pub(super) fn gone_on(entry: &Entry, token: Option<Token>) -> Option<Entry> {
    let (name, amount) = (entry.reference.as_str(), entry.amount);
    let done = || succeeded(name, amount, entry.currency);
    let answer = match (&entry.answer, token) {
        (Response::ActionNeeded(_), Some(Token::ActionCompleted)) => done(),
        (Response::ActionNeeded(_), Some(Token::ActionAbandoned)) => {
            let message = "The payer did not confirm the payment";
            declined("authentication_failed", message, DeclineKind::Soft)
        }
        (Response::Pending { .. }, Some(Token::RefundPendingFails)) => {
            let message = "The card's bank did not take the money back";
            declined("expired_or_canceled_card", message, DeclineKind::Hard)
        }
        (Response::Pending { .. }, Some(_)) => done(),
        _ => return None,
    };
    let succeeded = matches!(answer, Response::Succeeded { .. });
    Some(Entry { answer, succeeded, version: entry.version.saturating_add(1), ..entry.clone() })
}

/// A charge as it is asked for.
pub(super) struct ChargeAsked {
    pub(super) merchant: String,
    pub(super) key: String,
    pub(super) amount: Atoms,
    pub(super) currency: Currency,
    pub(super) source: String,
    pub(super) statement: String,
}

/// A refund as it is asked for.
pub(super) struct RefundAsked {
    pub(super) merchant: String,
    pub(super) key: String,
    pub(super) charge: String,
    pub(super) amount: Atoms,
}

impl ChargeAsked {
    pub(super) fn of(merchant: String, order: Order) -> Self {
        Self {
            merchant,
            key: order.idempotency_key,
            amount: order.amount,
            currency: order.currency,
            source: order.source,
            statement: order.statement,
        }
    }

    pub(super) fn entry(&self, reference: String, answer: Response) -> Entry {
        Entry {
            kind: EntryKind::Charge,
            reference,
            merchant: self.merchant.clone(),
            idempotency_key: self.key.clone(),
            amount: self.amount,
            currency: self.currency,
            of: self.source.clone(),
            succeeded: matches!(answer, Response::Succeeded { .. }),
            refunded: Atoms::ZERO,
            answer,
            version: 1,
        }
    }
}
