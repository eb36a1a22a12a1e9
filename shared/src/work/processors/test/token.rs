//! The tokens of the test processor, each a card that behaves in its own way: the table at the head of
//! `test.rs`.

use crate::{base::input::choice, model::processor::wire::Card};

choice! {
    /// A token, as the test processor's client-side library would return it.
    pub(super) enum Token {
        Success = "test_success",
        DeclineSoft = "test_decline_soft",
        DeclineHard = "test_decline_hard",
        RequiresAction = "test_requires_action",
        TimeoutAfterCharge = "test_timeout_after_charge",
        TimeoutBeforeCharge = "test_timeout_before_charge",
        FailOnceThenSucceed = "test_fail_once_then_succeed",
        RefundDeclined = "test_refund_declined",
        RefundTimeoutAfter = "test_refund_timeout_after",
        RefundTimeoutBefore = "test_refund_timeout_before",
        ActionCompleted = "test_action_completed",
        ActionAbandoned = "test_action_abandoned",
        Processing = "test_processing",
        Rejected = "test_rejected",
        KeyRefused = "test_key_refused",
        AttachDeclined = "test_attach_declined",
        AttachRequiresAction = "test_attach_requires_action",
        RefundPending = "test_refund_pending",
        RefundPendingFails = "test_refund_pending_fails",
    }
}

impl Token {
    pub(super) fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|token| token.as_str() == text).copied()
    }

    /// The card's name once it is attached.
    pub(super) fn source(self) -> String {
        self.as_str().replacen("test_", "card_", 1)
    }

    pub(super) fn of_source(source: &str) -> Option<Self> {
        Self::ALL.iter().find(|token| token.source() == source).copied()
    }

    pub(super) fn card(self) -> Card {
        let (brand, last_four) = match self {
            Self::Success => ("visa", "4242"),
            Self::DeclineSoft => ("visa", "9995"),
            Self::DeclineHard => ("visa", "9979"),
            Self::RequiresAction => ("visa", "3220"),
            Self::TimeoutAfterCharge => ("mastercard", "0119"),
            Self::TimeoutBeforeCharge => ("mastercard", "0127"),
            Self::FailOnceThenSucceed => ("mastercard", "0341"),
            Self::RefundDeclined => ("amex", "0005"),
            Self::RefundTimeoutAfter => ("amex", "0013"),
            Self::RefundTimeoutBefore => ("amex", "0021"),
            Self::ActionCompleted => ("visa", "3155"),
            Self::ActionAbandoned => ("visa", "3063"),
            Self::Processing => ("visa", "0077"),
            Self::Rejected => ("visa", "0010"),
            Self::KeyRefused => ("visa", "0028"),
            Self::AttachDeclined => ("visa", "0002"),
            Self::AttachRequiresAction => ("visa", "3184"),
            Self::RefundPending => ("amex", "7726"),
            Self::RefundPendingFails => ("amex", "5126"),
        };
        Card {
            brand: brand.to_owned(),
            last_four: last_four.to_owned(),
            exp_month: 12,
            exp_year: 2099,
        }
    }
}
