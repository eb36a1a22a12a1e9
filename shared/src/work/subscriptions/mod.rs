//! TODO-DOC

pub mod cancel;
pub mod change;
pub mod create;
pub mod pause;
pub mod renew;
pub mod schedule;
pub mod update;
