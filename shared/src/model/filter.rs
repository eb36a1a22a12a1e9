//! What a list of an entity can be filtered by, declared once an entity by `filter!`.
//!
//! The declaration names the fields, which of them go `together`, and which is the `same` as another.
//! From it follow: the lists that an object is in (one for each combination of its values that a client
//! may name), the query parameters and their documentation, the check of what was sent, and the list
//! that answers it. Fields that stand in no common group exclude each other.

#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use schemars::JsonSchema;

use crate::{
    base::{
        id::Id,
        input::{Choice, Email, Faults, Input, Json, Location, Nothing, Text},
    },
    model::{entity::Entity, list::List},
};

/// How many bytes of a text are in the name of a list.
const LONGEST: usize = 255;

/// Fields that go together, in the order of a list's name, each with its value if it has one.
pub type Together = Vec<(&'static str, Option<String>)>;

/// Which list of its entity a client asks for. Implemented by `filter!`.
pub trait Filter: Input + JsonSchema {
    /// What is listed.
    type Entity: Entity;

    /// The groups of fields that go together, with the values that are asked for.
    fn asked(&self) -> Vec<Together>;

    /// The same groups, with the values that `entity` has.
    fn had(entity: &Self::Entity) -> Vec<Together>;

    /// A field that says something else than the one that it is the same as: both names.
    fn contradiction(&self) -> Option<(&'static str, &'static str)>;

    /// The list.
    fn list(&self) -> List {
        let groups = self.asked();
        let given = |group: &&Together| group.iter().filter(|(_, value)| value.is_some()).count();
        let named = groups.iter().max_by_key(given).map(Vec::as_slice).unwrap_or_default();
        let named: Vec<_> = named.iter().map(|(name, value)| (*name, value.as_deref())).collect();
        List::combination(Self::Entity::RESOURCE, &named)
    }

    /// The lists that `entity` is in.
    fn lists(entity: &Self::Entity) -> Vec<List> {
        let mut lists = vec![List::all(Self::Entity::RESOURCE)];
        for group in Self::had(entity) {
            let values: Vec<_> =
                group.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
            for list in List::combinations(Self::Entity::RESOURCE, &values) {
                if !lists.contains(&list) {
                    lists.push(list);
                }
            }
        }
        lists
    }

    /// Whether the filters go together; if not, the parameter that does not, and what is wrong with it.
    fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some((name, other)) = self.contradiction() {
            return Err((name, format!("is another than {other}; send one of the two")));
        }
        excluded(&self.asked())
    }
}

/// The first field that has a value and goes with no group of those before it.
fn excluded(groups: &[Together]) -> Result<(), (&'static str, String)> {
    let mut given: Vec<&'static str> = Vec::new();
    for (name, value) in groups.iter().flatten() {
        if value.is_none() || given.contains(name) {
            continue;
        }
        let with = |others: &[&str]| {
            let has = |group: &Together, wanted: &str| group.iter().any(|(one, _)| *one == wanted);
            groups
                .iter()
                .any(|group| has(group, name) && others.iter().all(|other| has(group, other)))
        };
        if !with(&given) {
            let alone: Vec<_> = given.iter().copied().filter(|other| !with(&[other])).collect();
            let others = if alone.is_empty() { given } else { alone }.join(" and ");
            return Err((name, format!("cannot be combined with {others}: give one of them")));
        }
        given.push(name);
    }
    Ok(())
}

/// A value that an object can be listed by.
pub trait Value {
    /// As it stands in the name of a list, if there is one.
    fn listed(&self) -> Option<String>;
}

impl<T: Value> Value for Option<T> {
    fn listed(&self) -> Option<String> {
        self.as_ref().and_then(T::listed)
    }
}

impl<T: Choice> Value for T {
    fn listed(&self) -> Option<String> {
        Some(self.word().to_owned())
    }
}

impl<K> Value for Id<K> {
    fn listed(&self) -> Option<String> {
        Some(self.as_str().to_owned())
    }
}

impl Value for Email {
    fn listed(&self) -> Option<String> {
        Some(self.as_str().to_owned())
    }
}

impl<const MIN: usize, const MAX: usize> Value for Text<MIN, MAX> {
    fn listed(&self) -> Option<String> {
        let text = self.as_str();
        Some(match text.len() {
            ..=LONGEST => text.to_owned(),
            // A partition key has room for no more. No text begins like this.
            _ => {
                let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
                format!("\u{1}{}", data_encoding::HEXLOWER.encode(digest.as_ref()))
            }
        })
    }
}

impl Value for bool {
    fn listed(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Declares what an entity's lists can be filtered by. A field in no group of `together` is a warning
/// of the compiler: nothing reads it.
macro_rules! filter {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident of $entity:ident {
            $($(#[doc = $doc:expr])* $field:ident: $type:ty),* $(,)?
        }
        $(same $alias:ident = $like:ident)?
        $(together [$($together:ident),+])+
    ) => {
        $crate::base::input::input! {
            $(#[$meta])*
            #[derive(Default)]
            $visibility struct $name {
                $($(#[doc = $doc])* $field: Option<$type>,)*
            }
        }

        impl $crate::model::filter::Filter for $name {
            type Entity = $entity;

            fn asked(&self) -> Vec<$crate::model::filter::Together> {
                use $crate::model::filter::Value;
                let filter = self.clone();
                $(let filter = Self { $like: filter.$like.or(filter.$alias), ..filter };)?
                vec![$(vec![$((stringify!($together), filter.$together.listed())),+]),+]
            }

            fn had(entity: &$entity) -> Vec<$crate::model::filter::Together> {
                use $crate::model::filter::Value;
                vec![$(vec![$((stringify!($together), entity.$together.listed())),+]),+]
            }

            fn contradiction(&self) -> Option<(&'static str, &'static str)> {
                $(if self.$like.is_some() && self.$alias.is_some() && self.$like != self.$alias {
                    return Some((stringify!($alias), stringify!($like)));
                })?
                None
            }
        }
    };
}

pub(crate) use filter;

/// All of a resource: no filters.
#[derive(Debug)]
pub struct Unfiltered<E>(PhantomData<E>);

impl<E: Entity> Input for Unfiltered<E> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        Nothing::read(value, at, faults).map(|Nothing| Self(PhantomData))
    }
}

impl<E> JsonSchema for Unfiltered<E> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unfiltered".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "object", "properties": {}})
    }
}

impl<E: Entity> Filter for Unfiltered<E> {
    type Entity = E;

    fn asked(&self) -> Vec<Together> {
        Vec::new()
    }

    fn had(_: &E) -> Vec<Together> {
        Vec::new()
    }

    fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        None
    }
}
