//! TODO-DOC

pub mod begin;
pub mod complete;
pub mod create;
pub mod expire;
pub mod pay;
