//! A table as files, and a table made of them again: what a backup is worth is what can be restored.
//!
//! | file | what |
//! |---|---|
//! | `manifest` | what an export says of itself |
//! | `export` | a table as files |
//! | `restore` | the items of an export, once its files are what the manifest says |
//! | `answers` | what the API answers to a token: every list, every object |
//! | `drill` | a table exported, restored, audited, and asked the same |
//!
//! The files are those of DynamoDB's own export to S3 in the format `DYNAMODB_JSON`, which its import
//! takes too: so what is written here can be imported in AWS, and what was exported there can be
//! restored, audited and run on one machine.

mod answers;
mod drill;
mod export;
mod manifest;
mod restore;

pub use answers::{Answers, answers};
pub use drill::{Drilled, drill};
pub use export::export;
pub use manifest::Summary;
pub use restore::restore;
