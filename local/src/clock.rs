//! The real time. The development stack is outside the program whose time a test clock moves, so
//! it is the one other place that may look at a clock.

use jiff::Timestamp;

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "API Gateway, Lambda and EventBridge use real time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
