//! What a client sends, read into types with *every* fault found, not only the first.
//!
//! `json` holds the text as a tree that keeps each number's digits (money is never a float) and knows
//! duplicate keys. `Input` reads a tree into a type; `input!` writes the reader and the JSON Schema of
//! a struct from its one definition, so that what is accepted and what is documented cannot differ.
//! A body and a query string are read by the same code: a query is an object whose leaves are text.

mod address;
mod cloud;
mod country;
mod fault;
mod json;
mod object;
mod reader;
pub mod rule;
mod several;
mod text;
mod words;

pub(crate) use self::object::{choice, input, plain};
pub use self::{
    address::WebAddress,
    cloud::{CloudEvent, FromCloudEvents, Media, described},
    country::{Country, StoredCountry},
    fault::{Class, Fault, Faults, Location},
    json::{Json, NotJson},
    object::ObjectReader,
    reader::{Input, Integer, Nothing},
    several::Several,
    text::{Email, Text, Word},
    words::{Choice, plain_words},
};
