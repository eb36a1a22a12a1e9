//! The caller's own id of an object: found by it, and no two of a sort in an account have the same.
//!
//! It is a claim, written and given up in the transaction of its object, and a list of one: so it is
//! unique at every instant, and a filter like any other.

use crate::{
    base::input::Text,
    model::entity::{Companion, Item, Place},
};

/// What the caller's own books call it.
pub type ExternalId = Text<1, 255>;

/// The claim of an object of `resource`, which a fault calls `noun`.
pub(crate) fn claim(
    noun: &'static str,
    resource: &str,
    id: Option<&ExternalId>,
) -> Option<Companion> {
    id.map(|id| Companion {
        place: Place::Unique {
            what: format!("{resource}?external_id"),
            value: id.as_str().to_owned(),
        },
        item: Item::new(),
        claims: Some((noun, "external_id")),
    })
}
