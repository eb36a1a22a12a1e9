//! DynamoDB: the only folder that names its SDK.
//!
//! `read` gets items; `write` is what can be written and on which conditions, `transact` writes it. What both stand on: `connection` is the client, what it
//! believes and how long it waits, and what is counted; `wire` takes an answer's items off its text, and
//! `stored` reads them.
//!
//! What is sent is awaited in a box (`boxed`): the SDK's futures are large, and nested deeper than the
//! compiler likes below a flow of ours.
//!
//! Time-outs are short, because a request has a person at its other end: 0.5 s to connect, 0.8 s for
//! an attempt to read, 1.5 s for a transaction, four attempts. Region and credentials come from the
//! environment, as Lambda sets it.

mod connection;
mod read;
mod single;
mod stored;
mod transact;
mod wire;
mod write;

pub use self::{
    connection::{AMAZON_ROOTS, Consumed, Table, key_of},
    read::{BATCH, Consistency, Update},
    single::{Hold, NumberChange},
    transact::{ATTEMPTS, NotCommitted, Outcome, back_off, new_token},
    wire::Row,
    write::{Condition, Counting, Put, Write},
};
