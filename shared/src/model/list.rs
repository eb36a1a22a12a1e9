//! Which list: every object of a resource, or those with some values of its filters.
//!
//! A list is known by its name; where it is kept, and how its pages are found, is the store's. The
//! members of most lists are in the order of their ids, which is that in which they were made. Those of a
//! list *by* something are in the order of that: each has a place in it, before which its id comes last.

use std::fmt::{self, Write};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A list within an account, and where in it a member is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List {
    name: String,
    /// What its member is sorted by; none, where that is the id alone.
    place: Option<String>,
}

/// What stands between a member's place and its id. No place has it in it, and no name of a list.
const BEFORE_ID: char = '!';

/// The resources whose lists with the last filter `state` or `active` are subsets: kept with the list that
/// is without it ([`List::subset_of`]). Both are of few values, and no object of these was stored before
/// they were.
const WITH_SUBSETS: [&str; 10] = [
    "checkout-sessions",
    "coupons",
    "disputes",
    "invoices",
    "payment-intents",
    "prices",
    "products",
    "promotion-codes",
    "refunds",
    "subscriptions",
];
const OF_SUBSETS: [&str; 2] = ["state=", "active="];

/// As it is told to the log: an address that a list is filtered by is not.
impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |part: &str| match part.split_once('=') {
            Some((field, value)) if value.contains("%40") || field.ends_with("?search") => {
                format!("{field}=…")
            }
            _ => part.to_owned(),
        };
        let parts: Vec<_> = self.name.split('&').map(shown).collect();
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
        Self::named(resource)
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

    /// Of these objects, those with the values that are given. The fields are in the same order as in
    /// `combinations`.
    pub fn narrowed(self, values: &[(&str, Option<&str>)]) -> Self {
        let given = values.iter().filter_map(|(field, value)| value.map(|value| (field, value)));
        given.fold(self, |list, (field, value)| list.and(field, value))
    }

    /// Of these objects, those whose `field` is `value` too.
    pub fn and(mut self, field: &str, value: &str) -> Self {
        let sign = self.sign();
        let _ = write!(self.name, "{sign}{field}={}", encoded(value));
        self
    }

    /// These objects by `field`: in the order of their places.
    pub fn by(mut self, field: &str) -> Self {
        let sign = self.sign();
        let _ = write!(self.name, "{sign}{field}");
        self
    }

    /// The list with a member's place in it: letters, digits, `%`, `.` and `-`.
    pub fn at(self, place: &str) -> Self {
        Self { place: Some(place.to_owned()), ..self }
    }

    fn sign(&self) -> char {
        if self.name.contains('?') { '&' } else { '?' }
    }

    /// The list with this name, as it stands in keys.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), place: None }
    }

    /// Its name, as it stands in keys: what a client chose is encoded, so it has no `#`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the object with this id is called in it.
    pub fn member(&self, id: &str) -> String {
        match &self.place {
            Some(place) => member_at(place, id),
            None => id.to_owned(),
        }
    }

    /// The whole that this list is a subset of, and which, such as `state=open`; none, where it is kept by
    /// itself. Every member of a subset is one of the whole, and changes to both stand in one log.
    pub fn subset_of(&self) -> Option<(Self, &str)> {
        let (whole, filter) = self.name.rsplit_once(['?', '&']).filter(|_| self.place.is_none())?;
        let resource = whole.split('?').next()?;
        let is_one = WITH_SUBSETS.contains(&resource)
            && OF_SUBSETS.iter().any(|field| filter.starts_with(field));
        is_one.then(|| (Self::named(whole), filter))
    }

    /// The subset of this list with this last filter.
    pub fn subset(&self, filter: &str) -> Self {
        let sign = self.sign();
        Self::named(&format!("{}{sign}{filter}", self.name))
    }

    /// The list in whose log its changes are: its own, or that of the whole.
    pub fn logged_in(&self) -> Self {
        self.subset_of().map_or_else(|| self.clone(), |(whole, _)| whole)
    }

    /// Whether it is a list that has come with one of these filters.
    pub fn is_of(&self, fields: &[&str]) -> bool {
        let named = self.name.split_once('?').map_or("", |(_, filters)| filters);
        let mut names =
            named.split('&').map(|part| part.split_once('=').map_or(part, |(name, _)| name));
        names.any(|name| fields.contains(&name))
    }

    /// As it is noted on an object of `resource` that is in it.
    pub(crate) fn noted(&self) -> String {
        let name = self.name.split_once('?').map_or("", |(_, filters)| filters);
        match &self.place {
            Some(place) => format!("{name}{BEFORE_ID}{place}"),
            None => name.to_owned(),
        }
    }

    /// The list of `resource` that was noted so.
    pub(crate) fn of_note(resource: &str, noted: &str) -> Self {
        let (name, place) = match noted.split_once(BEFORE_ID) {
            Some((name, place)) => (name, Some(place.to_owned())),
            None => (noted, None),
        };
        Self { name: format!("{resource}?{name}"), place }
    }
}

/// What the object with this id is called at a place.
pub fn member_at(place: &str, id: &str) -> String {
    format!("{place}{BEFORE_ID}{id}")
}

/// The id of the object that is called so in a list.
pub fn id_of(member: &str) -> &str {
    member.rsplit(BEFORE_ID).next().unwrap_or(member)
}

/// A value that a client chose, made safe inside a key.
fn encoded(value: &str) -> impl fmt::Display {
    utf8_percent_encode(value, NON_ALPHANUMERIC)
}
