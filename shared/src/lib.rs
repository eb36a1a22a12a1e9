//! The program. A function is a route and five lines; what it does is here.
//!
//! The path of a request, and the file that each step is in:
//!
//! | step | where |
//! |---|---|
//! | the next event of Lambda's runtime API | `http/runtime.rs` |
//! | the event becomes a request, and that is taken apart | `http/event.rs`, `http/request.rs` |
//! | the token is looked up, its scope checked, its rate limit asked | `http/authorize.rs`, `http/rate_limit.rs` |
//! | the operation's arguments are read, every fault noted | `http/extract.rs`, `input/` |
//! | a rule decides: a pure function on an entity | `account.rs`, `customer.rs`, `product.rs`, `price/`, `coupon/`, … |
//! | it asks what a period, a price, a proration, a discount or a tax comes to | `billing/`, `money/` |
//! | a processor is asked for money, or for what became of it | `processor/` |
//! | object, lists, event, idempotency record: one transaction | `store/tx.rs`, `http/idempotency.rs` |
//! | the answer, or the problem | `http/respond.rs`, `error.rs` |
//!
//! What happens without a request: `sweep.rs` looks every minute, `test_clock/` where an account's time
//! is moved, and both do what `due.rs` says, on entities, by the same rules.
//!
//! Where each invariant lives:
//!
//! | invariant | home |
//! |---|---|
//! | every operation authenticates and has a scope | `http/serve.rs`: there is no `Context` without |
//! | one account never sees another's | `store/key.rs`: keys take the account, the store asserts it |
//! | an id is of its kind | `id.rs`: parsed or made, never built |
//! | no lost update, uniqueness, one event per change | `store/tx.rs`: conditions in the one transaction |
//! | a repeated request happens once | `http/idempotency.rs` |
//! | an error has one status and tells a client nothing internal | `error.rs` |
//! | what is due is done once, however often it is triggered | `due.rs`, conditions in `store/tx.rs` |
//! | time and randomness enter once | `time.rs`, `id.rs` |

pub mod base;
pub mod http;
pub mod model;
pub mod store;
pub mod work;
