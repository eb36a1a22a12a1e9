//! Money: currencies in `currency`, whole amounts in `atoms`, exact decimals in `decimal`.
//!
//! An amount does not know its currency: the object that holds it names one for all its amounts, and
//! is where amounts of two currencies are kept from meeting.

mod atoms;
mod currency;
mod decimal;

pub use self::{
    atoms::{Atoms, Overflow, rounded, rounded_by_size},
    currency::{Currency, UnknownCurrency},
    decimal::{Decimal, NotDecimal, NotWhole},
};
