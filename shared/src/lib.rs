//! The program. A function is a route and five lines; what it does is here.
//!
//! Five floors, each of which uses only those below it. `docs/architecture.md` has the picture, and the
//! paths of a request and of a due date through these files.
//!
//! | floor | holds |
//! |---|---|
//! | `http/` | a request in, an answer out: what is the same for every operation |
//! | `work/` | what happens: one file a flow |
//! | `store/` | the table: keys, transactions, counted lists, the due index |
//! | `model/` | what things are, and their rules as pure functions |
//! | `base/` | errors, input and its faults, ids, time, money |
//!
//! Where each invariant lives:
//!
//! | invariant | home |
//! |---|---|
//! | arrows go down, rooms use each other in no circle | `tests/api/floors.rs`, over every `use` |
//! | every operation authenticates and has a scope | `http/serve.rs`: there is no `Context` without |
//! | one account never sees another's | `store/key.rs`: keys take the account, the store asserts it |
//! | an id is of its kind | `base/id.rs`: parsed or made, never built |
//! | amounts never mix currencies, overflow or become floats | `base/money/`: no operators, and a lint |
//! | only legal changes of state | `can_become` of each sort of state: one match, and a test of all pairs |
//! | no lost update, uniqueness, one event per thing that happened | `store/tx.rs`: conditions in the one transaction |
//! | a rule across two entities holds whoever comes first | `store/tx/guard.rs`: both meet on an item; `docs/data-model.md` lists the rules |
//! | no object outgrows its item; limits are said with their number | `model/entity/size.rs`, and each limit beside its entity |
//! | "all" of a list is all of it | `work/every.rs` |
//! | a repeated request happens once | `work/receipt.rs`: its record is in the change's transaction |
//! | an error has one status and tells a client nothing internal | `base/error.rs` |
//! | what is due is done once, however often it is triggered | `work/due.rs`, conditions in `store/tx.rs` |
//! | time and randomness enter once | `base/time.rs`, `base/id.rs`; the lints of `clippy.toml` |
//! | time zones are those of one bundled database | `base/time/zone.rs`; the lints of `clippy.toml` |
//! | a function may do to the table what it does, and nothing else | `template.yaml`; `tests/api/contract/access.rs` |
// The example of an answer with many fields is one `json!`.
#![recursion_limit = "256"]

pub mod base;
pub mod http;
pub mod model;
pub mod store;
pub mod work;
