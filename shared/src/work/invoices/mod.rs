//! Invoices: drafted, finalized, collected, settled.

pub mod collect;
pub mod draft;
pub mod finalize;
pub mod heard;
pub mod html;
pub mod sale;
pub mod settle;
pub mod ubl;
