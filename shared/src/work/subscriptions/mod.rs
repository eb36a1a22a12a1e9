//! Flows of subscriptions: how one begins, is billed, changes, and ends.

pub mod books;
pub mod cancel;
pub mod change;
pub mod create;
pub mod ending;
pub mod metered;
mod pause;
pub mod payback;
pub mod pending;
pub mod prorate;
pub mod renew;
pub mod requested;
pub mod requests;
pub mod schedule;
pub mod update;
