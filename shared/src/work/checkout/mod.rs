//! Checkout sessions: created, shown, completed or expired.

mod asked;
pub mod begin;
mod buyer;
pub mod complete;
pub mod create;
pub mod expire;
pub mod page;
pub mod pay;
mod promote;
pub mod public;
pub mod show;
