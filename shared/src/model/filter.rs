//! What a list of an entity can be filtered by, declared once an entity by `filter!`.
//!
//! The declaration names the fields, which of them go `together`, and which is the `same` as another.
//! From it follow: the lists that an object is in (one for each combination of its values that a client
//! may name), the query parameters and their documentation, the check of what was sent, and the list
//! that answers it. Fields that stand in no common group exclude each other.
//!
//! By a field that is `sorted` a list is in the order of its values, so that it can be asked for a range
//! of them.

#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use schemars::JsonSchema;

use crate::{
    base::{
        hash,
        id::{AFTER_IDS, BEFORE_IDS, Environment, Id, Kind},
        input::{Choice, Email, Faults, Input, Integer, Json, Location, Nothing, Text},
        money::Atoms,
        page::TimeRange,
        time::Timestamp,
    },
    model::{entity::Entity, list::List, search::Search},
};

/// How many bytes of a text are in the name of a list.
const LONGEST: usize = 255;

/// Fields that go together, in the order of a list's name, each with its value if it has one.
pub type Together = Vec<(&'static str, Option<String>)>;

/// Which list of its entity a client asks for. Implemented by `filter!`.
pub trait Filter: Input + JsonSchema {
    /// What is listed.
    type Entity: Entity;

    /// The fields by which there are lists in the order of their values.
    const SORTED: &'static [&'static str] = &[];

    /// The groups of fields that go together, with the values that are asked for.
    fn asked(&self) -> Vec<Together>;

    /// The same groups, with the values that `entity` has.
    fn had(entity: &Self::Entity) -> Vec<Together>;

    /// The sorted field that is asked for, and what of it.
    fn span(&self) -> Option<(&'static str, Span)> {
        None
    }

    /// The words that are searched for.
    fn search(&self) -> Option<&Search> {
        None
    }

    /// A field that says something else than the one that it is the same as: both names.
    fn contradiction(&self) -> Option<(&'static str, &'static str)>;

    /// The list.
    fn list(&self) -> List {
        let list = self.within(List::all(Self::Entity::RESOURCE));
        match self.span() {
            Some((field, _)) => list.by(field),
            None => list,
        }
    }

    /// Those of `list` with what is asked for: where the path says which list, and the filter which of that.
    fn within(&self, list: List) -> List {
        let groups = self.asked();
        let given = |group: &&Together| group.iter().filter(|(_, value)| value.is_some()).count();
        let named = groups.iter().max_by_key(given).map(Vec::as_slice).unwrap_or_default();
        let plain = named.iter().filter(|(name, _)| !Self::SORTED.contains(name));
        let plain: Vec<_> = plain.map(|(name, value)| (*name, value.as_deref())).collect();
        list.narrowed(&plain)
    }

    /// The lists that `entity` is in.
    fn lists(entity: &Self::Entity) -> Vec<List> {
        let mut lists = vec![List::all(Self::Entity::RESOURCE)];
        for group in Self::had(entity) {
            let values: Vec<_> =
                group.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
            let sorted = group.iter().any(|(name, _)| Self::SORTED.contains(name));
            let (place, values): (Vec<_>, Vec<_>) =
                values.into_iter().partition(|(name, _)| Self::SORTED.contains(name));
            let place = place.first().copied();
            let plain = List::combinations(Self::Entity::RESOURCE, &values).into_iter();
            let own: Vec<List> = match (sorted, place) {
                (false, _) => plain.collect(),
                (true, None) => Vec::new(),
                (true, Some((name, at))) => plain.map(|list| list.by(name).at(at)).collect(),
            };
            for list in own {
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

/// What is asked of a sorted field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// The objects at this place: the newest first.
    At(String),
    /// Those from the one place to just before the other, where these are given; the highest first.
    Between(Option<String>, Option<String>),
}

impl Span {
    /// The lowest member inside and the lowest one past it, of objects that were created in `range`; none,
    /// where both cannot be asked for.
    pub fn bounds<K: Kind>(
        &self,
        range: &TimeRange,
        environment: Environment,
    ) -> Option<(String, String)> {
        match self {
            Self::At(place) => {
                let (from, to) = range.bounds::<K>(environment);
                let list = List::named("").at(place);
                Some((list.member(&from), list.member(&to)))
            }
            Self::Between(..) if range.is_limited() => None,
            Self::Between(from, to) => {
                let or =
                    |place: &Option<String>, end: &str| place.as_deref().unwrap_or(end).to_owned();
                Some((or(from, BEFORE_IDS), or(to, AFTER_IDS)))
            }
        }
    }
}

/// What a query says of a sorted field.
pub trait Spanning {
    /// The places that it means.
    fn span(&self) -> Span;
}

impl Spanning for TimeRange {
    fn span(&self) -> Span {
        let (from, to) = self.ends();
        Span::Between(from.and_then(|at| at.place()), to.and_then(|at| at.place()))
    }
}

impl<const MIN: i64, const MAX: i64> Spanning for Integer<MIN, MAX> {
    fn span(&self) -> Span {
        Span::At(place_of(self.get()))
    }
}

/// A value by which objects are sorted.
pub trait Placed {
    /// Its place, in whose order as text the values are.
    fn place(&self) -> Option<String>;
}

impl<T: Placed> Placed for Option<T> {
    fn place(&self) -> Option<String> {
        self.as_ref().and_then(T::place)
    }
}

impl Placed for Timestamp {
    fn place(&self) -> Option<String> {
        Some(place_of(self.millis()))
    }
}

impl Placed for Atoms {
    fn place(&self) -> Option<String> {
        Some(place_of(self.get()))
    }
}

/// A number that is not negative, with as many digits as any has.
fn place_of(number: i64) -> String {
    format!("{:019}", number.max(0))
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
            _ => format!("\u{1}{}", hash::sha256(text)),
        })
    }
}

impl Value for String {
    fn listed(&self) -> Option<String> {
        Some(self.clone())
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
        $(sorted $sorted:ident with [$($with:ident),*])*
        $(words $words:ident)?
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
            const SORTED: &'static [&'static str] = &[$(stringify!($sorted)),*];

            $(fn search(&self) -> Option<&$crate::model::search::Search> {
                self.$words.as_ref()
            })?

            fn span(&self) -> Option<(&'static str, $crate::model::filter::Span)> {
                let given: &[Option<(&'static str, $crate::model::filter::Span)>] =
                    &[$(self.$sorted.as_ref().map(|field| (stringify!($sorted), $crate::model::filter::Spanning::span(field)))),*];
                given.iter().flatten().next().cloned()
            }

            fn asked(&self) -> Vec<$crate::model::filter::Together> {
                use $crate::model::filter::Value;
                let filter = self.clone();
                $(let filter = Self { $like: filter.$like.or(filter.$alias), ..filter };)?
                vec![
                    $(vec![$((stringify!($together), filter.$together.listed())),+],)+
                    $(vec![
                        $((stringify!($with), filter.$with.listed()),)*
                        (stringify!($sorted), filter.$sorted.as_ref().map(|_| String::new())),
                    ],)*
                    $(vec![(stringify!($words), filter.$words.as_ref().map(|_| String::new()))],)?
                ]
            }

            fn had(entity: &$entity) -> Vec<$crate::model::filter::Together> {
                use $crate::model::filter::Value;
                vec![
                    $(vec![$((stringify!($together), entity.$together.listed())),+],)+
                    $(vec![
                        $((stringify!($with), entity.$with.listed()),)*
                        (stringify!($sorted), $crate::model::filter::Placed::place(&entity.$sorted)),
                    ],)*
                ]
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
