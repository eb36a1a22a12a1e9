//! Processors: which one is asked, how, and the one that is built in for tests.

pub mod boundary;
pub mod credentials;
pub mod find;
pub mod hear;
pub(super) mod payable;
pub mod record;
pub mod route;
mod stripe;
pub mod test;

pub(super) use self::stripe::amount::differing as stripe_amounts;
