//! Which list of an entity a client asks for.

use schemars::JsonSchema;

use crate::{
    base::input::{Faults, Input, Json, Location, Nothing},
    model::{entity::Entity, list::List},
};

/// Which list of its entity a filter names.
pub trait Filter: Input + JsonSchema {
    /// What is listed.
    type Entity: Entity;

    /// The list.
    fn list(&self) -> List;

    /// Whether the filters go together; if not, the parameter that does not, and what is wrong with it.
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        Ok(())
    }
}

/// The one filter that is given, if any; a second beside it is a fault.
pub fn one_of<'a>(
    filters: &[(&'static str, Option<&'a str>)],
    at: &Location<'_>,
    faults: &mut Faults,
) -> Option<Option<(&'static str, &'a str)>> {
    let mut given = filters.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let first = given.next();
    match (first, given.next()) {
        (Some((first, _)), Some((second, _))) => {
            let hint = format!("cannot be combined with {first}: give one of them");
            faults.not_valid(&at.field(second), "not_combinable", &hint);
            None
        }
        _ => Some(first),
    }
}

/// All of a resource: no filters.
#[derive(Debug)]
pub struct Unfiltered<E>(std::marker::PhantomData<E>);

impl<E: Entity> Input for Unfiltered<E> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        Nothing::read(value, at, faults).map(|Nothing| Self(std::marker::PhantomData))
    }
}

impl<E> JsonSchema for Unfiltered<E> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unfiltered".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        json_schema_of_nothing()
    }
}

fn json_schema_of_nothing() -> schemars::Schema {
    schemars::json_schema!({"type": "object", "properties": {}})
}

impl<E: Entity> Filter for Unfiltered<E> {
    type Entity = E;

    fn list(&self) -> List {
        List::all(E::RESOURCE)
    }
}
