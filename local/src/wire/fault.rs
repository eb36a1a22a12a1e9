//! What can go wrong between a function and DynamoDB, to be injected on purpose.
//!
//! Neither local engine ever reports a transaction conflict or a throttle, and no engine loses an
//! answer when asked to. A billing API must survive all of them.

use super::Call;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Decides the fault of each call. The number counts the calls since the hook was set, from 1.
pub type FaultHook = Arc<dyn Fn(&Call, u64) -> Fault + Send + Sync>;

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// The connection breaks; the engine never sees the call.
    ResetBefore,
    /// The engine carries the call out; the connection breaks before the answer arrives.
    ResetAfter,
    /// This answer, and the engine never sees the call.
    Answer {
        /// The status.
        status: u16,
        /// The JSON body.
        body: String,
    },
    /// The engine carries the call out; this answer takes the place of the engine's.
    AnswerAfter {
        /// The status.
        status: u16,
        /// The JSON body.
        body: String,
    },
    /// The call is held back for this long, then passes.
    Delay(Duration),
    /// The engine carries a write out without its conditions.
    Unconditioned,
    /// The engine carries the call out; its answer is held back for this long.
    Late(Duration),
    /// The call is held back until the gate is opened, then passes.
    Hold(Gate),
    /// The calling process is killed; the engine never sees the call.
    KillBefore,
    /// The engine carries the call out; the calling process is killed before the answer arrives.
    KillAfter,
}

/// Holds calls back until it is opened; whoever has a clone can open it.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<tokio::sync::watch::Sender<bool>>);

impl Gate {
    /// Lets all calls pass, those that wait and those to come.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    /// Resolves once the gate is open.
    pub(crate) async fn opened(&self) {
        // The sender lives in `self`, so waiting ends in no other way.
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

impl PartialEq for Gate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Gate {}

impl Fault {
    /// The transaction was cancelled, with one reason code per item: `None`,
    /// `TransactionConflict`, `ThrottlingError`, `ConditionalCheckFailed`, …
    pub fn transaction_cancelled(reasons: &[&str]) -> Self {
        let list = reasons.join(", ");
        let reasons: Vec<Value> = reasons
            .iter()
            .map(|code| match *code {
                "None" => json!({"Code": code}),
                code => json!({"Code": code, "Message": message_of(code)}),
            })
            .collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{list}]"
        );
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": message,
            "CancellationReasons": reasons,
        });
        Self::Answer { status: 400, body: body.to_string() }
    }

    /// Every item of the transaction met another transaction.
    pub fn transaction_conflict(items: usize) -> Self {
        Self::transaction_cancelled(&vec!["TransactionConflict"; items])
    }

    /// A single-item write met a transaction.
    pub fn write_conflict() -> Self {
        Self::exception(
            400,
            "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            message_of("TransactionConflict"),
        )
    }

    /// A transaction with the same token is still running.
    pub fn transaction_in_progress() -> Self {
        Self::exception(
            400,
            "com.amazonaws.dynamodb.v20120810#TransactionInProgressException",
            "Transaction is in progress for the given ClientRequestToken",
        )
    }

    /// The partition has no capacity left.
    pub fn throughput_exceeded() -> Self {
        Self::exception(
            400,
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            message_of("ProvisionedThroughputExceeded"),
        )
    }

    /// The account or the table is throttled.
    pub fn throttled() -> Self {
        Self::exception(
            400,
            "com.amazon.coral.availability#ThrottlingException",
            "Rate of requests exceeds the allowed throughput.",
        )
    }

    /// DynamoDB failed. Whether the call was carried out is unknown to the caller; it was not.
    pub fn internal_error() -> Self {
        Self::exception(
            500,
            "com.amazonaws.dynamodb.v20120810#InternalServerError",
            "Internal server error",
        )
    }

    /// DynamoDB failed after it carried the call out.
    pub fn internal_error_after() -> Self {
        match Self::internal_error() {
            Self::Answer { status, body } => Self::AnswerAfter { status, body },
            other => other,
        }
    }

    /// An answer of which only the beginning arrives. The engine never sees the call.
    pub fn garbled() -> Self {
        Self::Answer { status: 200, body: r#"{"Item":{"PK":{"S":"acc"#.to_owned() }
    }

    /// The same; the engine carries the call out.
    pub fn garbled_after() -> Self {
        match Self::garbled() {
            Self::Answer { status, body } => Self::AnswerAfter { status, body },
            other => other,
        }
    }

    /// Any exception: `kind` with its namespace.
    pub fn exception(status: u16, kind: &str, message: &str) -> Self {
        Self::Answer { status, body: json!({"__type": kind, "message": message}).to_string() }
    }

    /// Its name, for [`Call::fault`].
    pub(super) fn name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Pass => return None,
            Self::ResetBefore => "ResetBefore",
            Self::ResetAfter => "ResetAfter",
            Self::Answer { .. } => "Answer",
            Self::AnswerAfter { .. } => "AnswerAfter",
            Self::Delay(_) => "Delay",
            Self::Late(_) => "Late",
            Self::Unconditioned => "Unconditioned",
            Self::Hold(_) => "Hold",
            Self::KillBefore => "KillBefore",
            Self::KillAfter => "KillAfter",
        })
    }
}

fn message_of(code: &str) -> &'static str {
    match code {
        "TransactionConflict" => "Transaction is ongoing for the item",
        "ConditionalCheckFailed" => "The conditional request failed",
        "ThrottlingError" => "Throughput exceeds the current capacity of your table or index.",
        _ => {
            "The level of configured provisioned throughput for the table was exceeded. \
             Consider increasing your provisioning level with the UpdateTable API."
        }
    }
}
