//! Floor 1: what every other floor stands on: errors, input and its faults, ids, time, money.
//!
//! Nothing here knows a customer.

pub mod config;
pub mod error;
pub mod hash;
pub mod id;
pub mod input;
pub mod metadata;
pub mod money;
pub mod page;
pub mod patch;
pub mod telemetry;
pub mod time;
