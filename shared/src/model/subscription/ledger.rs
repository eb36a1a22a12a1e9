//! What is remembered of a subscription's billing.

use serde::{Deserialize, Serialize};

use super::{BilledItems, Ending, change, discount, pending, usage};
use crate::{
    base::{
        id::InvoiceId,
        time::{TimeZoneName, Timestamp},
    },
    model::invoice::InvoiceItem,
};

/// What is remembered of a subscription's billing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// Where its calendar is.
    pub(crate) zone: TimeZoneName,
    /// Which period, counted from the anchor, is the current one; none before the first paid one.
    pub(crate) period: Option<i64>,
    /// The last period that was billed.
    pub(crate) billed_period: Option<i64>,
    /// What was last billed for each item.
    #[serde(default)]
    pub(crate) billed: BilledItems,
    /// In which time the usage of its items is measured, and what of it is on invoices.
    #[serde(default)]
    pub(crate) usage: Vec<usage::MeteredSpan>,
    /// Lines that wait for the next renewal.
    #[serde(default)]
    pub(crate) pending: Vec<InvoiceItem>,
    /// Invoices whose payment has failed.
    #[serde(default)]
    pub(crate) unpaid: Vec<InvoiceId>,
    /// The coupons that it had before, whose redemptions may have to be given back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) former_discounts: Vec<discount::FormerDiscount>,
    /// Whether redemptions were not given back at its end, because invoices that they reduce can still
    /// be paid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) holds_redemptions: bool,
    /// Whether the end of the trial was announced.
    #[serde(default)]
    pub(crate) reminded: bool,
    /// What else is known of a change that waits for its payment.
    #[serde(default)]
    pub(crate) waiting_change: Option<pending::Waiting>,
    /// The instant at which somebody had it end. Where its contract ends before that, `cancel_at` is the
    /// contract's end, and this one counts again once the contract goes on. Not known of those that were
    /// stored before it was kept: there `cancel_at` is it, where that is not the contract's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ends_by_hand: Option<Timestamp>,
    /// What is still to be settled of its end.
    #[serde(default)]
    pub(crate) ending: Option<Ending>,
    /// What was added to invoices on the day it was last changed.
    #[serde(default)]
    pub(crate) activity: change::Activity,
}
