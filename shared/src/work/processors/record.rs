//! What a processor has on record of an account, for the audit.

use super::stripe::record::record;
pub use super::stripe::record::{Record, Recorded};
use crate::{model::processor::Lost, store::outside::Outside};

/// Everything that Stripe has on record of the owner of `secret_key`, made with keys of ours.
///
/// # Errors
/// When it cannot be read; the text says why.
pub async fn of_stripe(outside: &Outside, secret_key: &str) -> Result<Record, String> {
    record(outside, secret_key).await.map_err(|Lost(why)| why)
}
