//! The caller's own id of an object: found by it, and no two of a sort in an account have the same.
//!
//! It is a claim, written and given up in the transaction of its object, and a list of one: so it is
//! unique at every instant, and a filter like any other.

use crate::{
    base::input::Text,
    model::entity::{Companion, Entity, Item, Place},
};

/// What the caller's own books call it.
pub type ExternalId = Text<1, 255>;

/// An object that is found by the caller's own id, in its path.
pub trait ExternallyNamed: Entity {
    /// What the caller's own books call it.
    fn external_id(&self) -> Option<&ExternalId>;
}

/// What an external id is unique within: the objects of `resource`.
pub(crate) fn unique_within(resource: &str) -> String {
    format!("{resource}?external_id")
}

/// The claim of an object of `resource`, which a fault calls `noun`.
pub(crate) fn claim(
    noun: &'static str,
    resource: &str,
    id: Option<&ExternalId>,
) -> Option<Companion> {
    id.map(|id| Companion {
        place: Place::Unique { what: unique_within(resource), value: id.as_str().to_owned() },
        item: Item::new(),
        claims: Some((noun, "external_id")),
    })
}
