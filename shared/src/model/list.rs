//! Which list: every object of a resource, or those with some values of its filters.
//!
//! A list is known by its name alone; where it is kept, and how its pages are found, is the store's.

use std::fmt::{self, Write};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The name of a list within an account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List(String);

/// As it is told to the log: an address that a list is filtered by is not.
impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |part: &str| match part.split_once('=') {
            Some((field, value)) if value.contains("%40") => format!("{field}=…"),
            _ => part.to_owned(),
        };
        let parts: Vec<_> = self.0.split('&').map(shown).collect();
        f.write_str(&parts.join("&"))
    }
}

/// A list of which a rule says "while none is in it": what enters it says so at its gate, an item that
/// the rule's change depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gated(List);

impl Gated {
    /// The list.
    pub fn list(&self) -> &List {
        &self.0
    }
}

impl List {
    /// The list, with a gate.
    pub fn gated(self) -> Gated {
        Gated(self)
    }

    /// Every object of a resource.
    pub fn all(resource: &str) -> Self {
        Self(resource.to_owned())
    }

    /// The objects of a resource whose `field` is `value`.
    pub fn filtered(resource: &str, field: &str, value: &str) -> Self {
        Self::all(resource).and(field, value)
    }

    /// The lists that an object with these values of its resource's filters is in: one for each
    /// combination of them, so that a client may name any of the filters together.
    pub fn combinations(resource: &str, values: &[(&str, &str)]) -> Vec<Self> {
        let mut lists = vec![Self::all(resource)];
        for (field, value) in values {
            let narrower: Vec<_> =
                lists.iter().map(|list| list.clone().and(field, value)).collect();
            lists.extend(narrower);
        }
        lists
    }

    /// The one of these that holds the objects with the values a client names. The fields are in the
    /// same order as there.
    pub fn combination(resource: &str, values: &[(&str, Option<&str>)]) -> Self {
        let named = values.iter().filter_map(|(field, value)| value.map(|value| (field, value)));
        named.fold(Self::all(resource), |list, (field, value)| list.and(field, value))
    }

    /// Of these objects, those whose `field` is `value` too.
    pub fn and(mut self, field: &str, value: &str) -> Self {
        let sign = if self.0.contains('?') { '&' } else { '?' };
        let _ = write!(self.0, "{sign}{field}={}", encoded(value));
        self
    }

    /// The list with this name, as it stands in keys.
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Its name, as it stands in keys: what a client chose is encoded, so it has no `#`.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// A value that a client chose, made safe inside a key.
fn encoded(value: &str) -> impl fmt::Display {
    utf8_percent_encode(value, NON_ALPHANUMERIC)
}
