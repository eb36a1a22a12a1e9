//! The arithmetic of billing: when a period begins, what a line costs, what a change gives back.
//!
//! Everything here is a pure function of instants and amounts: no store, no clock, no float. So every
//! amount can be computed again, by a preview as by the change it announces. A fraction stays an exact
//! ratio until the one rounding that makes a number to be stored; totals are sums of stored numbers.
//!
//! | question | file |
//! |---|---|
//! | when a period begins and ends | `cycle` |
//! | what a quantity costs | `price` |
//! | what was used costs, which may have a fraction | `used` |
//! | what a change in the middle of a period gives back and charges | `proration` |
//! | what each line is reduced by | `discount` |
//! | the tax of one rate on several lines | `tax` |
//! | the taxes of several lines | `levied` |
//! | when a failed payment is tried again | `dunning` |
//! | what was paid for each line, and what can be given back of it | `ledger` |

pub mod bounds;
pub mod cycle;
pub mod discount;
pub mod dunning;
pub mod ledger;
pub mod levied;
pub mod price;
pub mod proration;
pub mod tax;
pub mod used;
