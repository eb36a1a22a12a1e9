//! Checkout sessions: created, completed or expired.

pub mod begin;
pub mod complete;
pub mod create;
pub mod expire;
pub mod pay;
