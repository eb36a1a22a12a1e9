//! What went wrong elsewhere, where others took money by Stripe: each report is a test here, named by
//! its number in `docs/testing.md`, which says whose it was.

mod amounts;
mod attempts;
mod declines;
mod payers;
mod refunds;

/// The days after the shop opened, from 0.
fn day(number: usize) -> String {
    format!("2026-{:02}-{:02}T10:00:00Z", 2 + number / 28, 1 + number % 28)
}
