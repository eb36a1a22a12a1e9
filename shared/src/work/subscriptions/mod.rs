//! Subscriptions: created, renewed, changed, paused, cancelled.

pub mod cancel;
pub mod change;
pub mod create;
pub mod pause;
pub mod renew;
pub mod schedule;
pub mod update;
