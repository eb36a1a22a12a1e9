//! The table: its rows, its columns, where each call leaves the process, and which cells cannot be.

use std::fmt;

use super::trap::{Place, Strike};

/// A call of the boundary, or what an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// The first half of `Attach`: the payer is made.
    AttachPayer,
    Attach,
    Detach,
    Forget,
    Check,
    Open,
    Charge,
    Cancel,
    FindCharge,
    Refund,
    FindRefund,
    FindSetup,
    FindMethod,
    FindDisputes,
    FindDispute,
    ChargeEvent,
    RefundEvent,
    SetupEvent,
    MethodEvent,
    DisputeEvent,
}

pub(super) const ROWS: [Row; 20] = [
    Row::AttachPayer,
    Row::Attach,
    Row::Detach,
    Row::Forget,
    Row::Check,
    Row::Open,
    Row::Charge,
    Row::Cancel,
    Row::FindCharge,
    Row::Refund,
    Row::FindRefund,
    Row::FindSetup,
    Row::FindMethod,
    Row::FindDisputes,
    Row::FindDispute,
    Row::ChargeEvent,
    Row::RefundEvent,
    Row::SetupEvent,
    Row::MethodEvent,
    Row::DisputeEvent,
];

/// What a row meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Struck(Strike),
    /// Stripe tells of what was done before it answers.
    EventFirst,
}

pub(super) const COLUMNS: [Column; 6] = [
    Column::Struck(Strike::KilledBefore),
    Column::Struck(Strike::KilledAfter),
    Column::Struck(Strike::Lost),
    Column::Struck(Strike::Late),
    Column::Struck(Strike::Overtaken),
    Column::EventFirst,
];

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) row: Row,
    pub(super) column: Column,
    /// At Stripe; otherwise at the test processor.
    pub(super) stripe: bool,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processor = if self.stripe { "stripe" } else { "test" };
        write!(f, "{:?} × {:?} × {processor}", self.row, self.column)
    }
}

impl Row {
    /// As the boundary names it: a variant of `Request`, or of `Subject`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AttachPayer | Self::Attach => "Request::Attach",
            Self::Detach => "Request::Detach",
            Self::Forget => "Request::Forget",
            Self::Check => "Request::Check",
            Self::Open => "Request::Open",
            Self::Charge => "Request::Charge",
            Self::Cancel => "Request::Cancel",
            Self::FindCharge => "Request::FindCharge",
            Self::Refund => "Request::Refund",
            Self::FindRefund => "Request::FindRefund",
            Self::FindSetup => "Request::FindSetup",
            Self::FindMethod => "Request::FindMethod",
            Self::FindDisputes => "Request::FindDisputes",
            Self::FindDispute => "Request::FindDispute",
            Self::ChargeEvent => "Subject::Charge",
            Self::RefundEvent => "Subject::Refund",
            Self::SetupEvent => "Subject::Setup",
            Self::MethodEvent => "Subject::Method",
            Self::DisputeEvent => "Subject::Dispute",
        }
    }

    /// Whether it changes nothing at the processor.
    pub(super) fn is_question(self) -> bool {
        matches!(
            self,
            Self::FindCharge
                | Self::FindRefund
                | Self::FindSetup
                | Self::FindMethod
                | Self::FindDisputes
                | Self::FindDispute
        )
    }

    pub(super) fn is_event(self) -> bool {
        matches!(
            self,
            Self::ChargeEvent
                | Self::RefundEvent
                | Self::SetupEvent
                | Self::MethodEvent
                | Self::DisputeEvent
        )
    }

    /// Where it leaves the process: an event by the question that it is a hint for.
    pub(super) fn at_stripe(self) -> Place {
        let (begin, end) = match self {
            Self::AttachPayer => ("POST /v1/customers", ""),
            Self::Attach => ("POST /v1/setup_intents", ""),
            Self::Detach => ("POST /v1/payment_methods/", "/detach"),
            Self::Forget => ("DELETE /v1/customers/", ""),
            Self::Check => ("GET /v1/payment_intents", "/payment_intents"),
            Self::Open => ("POST /v1/payment_intents", "/payment_intents"),
            Self::Charge => ("POST /v1/payment_intents/", "/confirm"),
            Self::Cancel => ("POST /v1/payment_intents/", "/cancel"),
            Self::FindCharge | Self::ChargeEvent => ("GET /v1/payment_intents/", ""),
            Self::Refund => ("POST /v1/refunds", ""),
            Self::FindRefund | Self::RefundEvent => ("GET /v1/refunds", ""),
            Self::FindSetup | Self::SetupEvent => ("GET /v1/setup_intents/", ""),
            Self::FindMethod | Self::MethodEvent => ("GET /v1/payment_methods/", ""),
            Self::FindDisputes => ("GET /v1/disputes", "/disputes"),
            Self::FindDispute | Self::DisputeEvent => ("GET /v1/disputes/", ""),
        };
        Place::Request(begin, end)
    }

    /// The same at the test processor, or why it does not.
    pub(super) fn at_test(self) -> Result<Place, &'static str> {
        match self {
            Self::Charge | Self::Cancel | Self::Refund => Ok(Place::Write),
            Self::FindCharge | Self::FindRefund => Ok(Place::Read),
            Self::AttachPayer | Self::Attach | Self::Detach | Self::Forget | Self::Check => {
                Err("the test processor answers it in the process: nothing is written or read")
            }
            Self::Open => Err("a charge of the test processor has one step"),
            Self::FindSetup => {
                Err("the test processor answers at once whether a card can be added")
            }
            Self::FindMethod => Err("cards of the test processor stay as they are"),
            Self::FindDisputes | Self::FindDispute => Err("nobody disputes what moved no money"),
            Self::ChargeEvent
            | Self::RefundEvent
            | Self::SetupEvent
            | Self::MethodEvent
            | Self::DisputeEvent => Err(SILENT),
        }
    }
}

const SILENT: &str = "the test processor tells of nothing by itself";

impl Cell {
    /// The whole table.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let of = |row| COLUMNS.into_iter().map(move |column| (row, column));
        let pairs = ROWS.into_iter().flat_map(of);
        pairs.flat_map(|(row, column)| [true, false].map(|stripe| Self { row, column, stripe }))
    }

    /// Where it strikes; or why there is no such cell.
    pub(super) fn place(self) -> Result<Place, &'static str> {
        let event_first = self.column == Column::EventFirst;
        if !self.stripe {
            let place = self.row.at_test()?;
            return if event_first { Err(SILENT) } else { Ok(place) };
        }
        match self.row {
            Row::AttachPayer | Row::Detach | Row::Forget | Row::Check if event_first => {
                Err("no event that is heard tells of it")
            }
            row if event_first && row.is_event() => {
                Err("it is the cell of the call that the event tells of")
            }
            row => Ok(row.at_stripe()),
        }
    }
}
