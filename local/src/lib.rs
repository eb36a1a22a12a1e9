//! A small AWS for development: what `make dev`, the black-box tests and the bench run against.
//!
//! The functions are the same code that is deployed, in one program while developing. Everything around them is here, and is
//! told what to do by the one file that is deployed too, `template.yaml`:
//!
//! ```text
//!  client ─▶ gateway ─▶ router ─▶ pool ─▶ process ◀─▶ runtime     the function, one of N processes
//!                                                        │
//!            workers ◀── stream, schedules    wire ◀─────┘         records, and breaks on request
//!                              └───────────────▶ engine            DynamoDB, in this process
//! ```
//!
//! Why not an existing emulator: `cargo lambda watch` deadlocks under load, never restarts a dead
//! function and does not decode path parameters; `sam local` needs Docker; and none of them can
//! lose an answer on purpose, which is the failure a billing API has to survive.

pub mod accounts;
pub mod audit;
pub mod backup;
mod binaries;
pub mod books;
mod clock;
pub mod contents;
pub mod demo;
pub mod engine;
mod gateway;
mod http;
pub mod logs;
pub mod openapi;
mod options;
mod pool;
mod process;
pub mod router;
mod runtime;
pub mod s3;
mod spawn;
mod stack;
pub mod stripe;
pub mod template;
pub mod watch;
pub mod wire;
mod workers;

pub use binaries::Binaries;
pub use options::{Access, AccessSink, Options};
pub use pool::Outcome;
pub use stack::Stack;
pub use template::Template;
