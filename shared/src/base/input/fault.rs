//! What is wrong with a request, and where.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Whether a request was not understood (400) or understood and not valid (422).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Wrong JSON type, missing or unknown field, bad query parameter.
    NotUnderstood,
    /// A value that no object may have.
    NotValid,
}

/// One thing wrong with a request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Fault {
    /// Where: a JSON Pointer into the body, or `?name` for a query parameter, or a header's name.
    pub pointer: String,
    /// What, for a program: `required`, `unknown_field`, `too_long`, …
    pub code: String,
    /// What, for a person.
    pub detail: String,
    #[serde(skip)]
    class: Class,
    /// The detail without the name of the place.
    #[serde(skip)]
    hint: String,
}

/// What was found in place of what was expected, in words.
pub trait Described {
    /// The words: "a number".
    fn described(&self) -> String;
}

/// Every fault found in a request so far; beyond a hundred they are counted and not told, so that no
/// request makes an answer many times its size.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    told: Vec<Fault>,
    untold: usize,
}

const MOST_TOLD: usize = 100;
/// Of a name that a client made up, this much is repeated to it.
pub(super) const MOST_OF_A_NAME: usize = 100;

impl Faults {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.told.len().saturating_add(self.untold)
    }

    /// The faults, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.told.iter()
    }

    /// Notes those of another part of the request beside these.
    pub fn extend(&mut self, faults: Self) {
        self.untold = self.untold.saturating_add(faults.untold);
        self.told.extend(faults.told);
    }

    /// The same faults of a part of the body, which is at `pointer` in the whole.
    pub fn below(mut self, pointer: &str) -> Self {
        for fault in &mut self.told {
            fault.pointer = format!("{pointer}{}", fault.pointer);
        }
        self
    }

    /// The same faults, of which those below `pointer` are at the place that was sent.
    pub fn moved(mut self, pointer: &str, to: &Location<'_>) -> Self {
        for fault in self.told.iter_mut().filter(|fault| fault.pointer.starts_with(pointer)) {
            fault.pointer = to.to_string();
            fault.detail = format!("{} {}", to.described(), fault.hint);
        }
        self
    }

    /// One fault in place of these, where the first of them is: its code, and a sentence for a person.
    pub fn reworded(mut self, code: &str, detail: String) -> Self {
        self.told.truncate(1);
        self.untold = 0;
        if let Some(fault) = self.told.first_mut() {
            code.clone_into(&mut fault.code);
            fault.detail = detail;
        }
        self
    }

    /// What the whole request is: not understood if any part of it is not.
    pub fn class(&self) -> Class {
        match self.told.iter().any(|fault| fault.class == Class::NotUnderstood) {
            true => Class::NotUnderstood,
            false => Class::NotValid,
        }
    }

    /// Notes that the value at `at` could not be understood. `hint` continues "Customer email …".
    pub fn not_understood(&mut self, at: &Location<'_>, code: &str, hint: &str) {
        self.note(at, code, hint, Class::NotUnderstood);
    }

    /// Notes that the value at `at` is understood and not allowed. A query parameter is either
    /// understood or not.
    pub fn not_valid(&mut self, at: &Location<'_>, code: &str, hint: &str) {
        let class = if at.is_query() { Class::NotUnderstood } else { Class::NotValid };
        self.note(at, code, hint, class);
    }

    /// Notes that the value at `at` should be `expected` ("a string"). Always `None`.
    pub fn wrong_type<T>(
        &mut self,
        at: &Location<'_>,
        expected: &str,
        found: &impl Described,
    ) -> Option<T> {
        let hint = format!("must be {expected}, not {}", found.described());
        self.not_understood(at, "wrong_type", &hint);
        None
    }

    /// Notes that there must be a value at `at`, and is none. Always `None`.
    pub fn missing<T>(&mut self, at: &Location<'_>) -> Option<T> {
        self.not_understood(at, "required", "is required");
        None
    }

    fn note(&mut self, at: &Location<'_>, code: &str, hint: &str, class: Class) {
        let decides = class == Class::NotUnderstood && self.class() == Class::NotValid;
        if self.told.len() >= MOST_TOLD && !decides {
            self.untold = self.untold.saturating_add(1);
            return;
        }
        let detail = format!("{} {hint}", at.described());
        let (pointer, code, hint) = (at.to_string(), code.to_owned(), hint.to_owned());
        self.told.push(Fault { pointer, code, detail, class, hint });
    }
}

/// A place in what a client sent: prints as the pointer of a fault.
#[derive(Clone, Copy, Debug)]
pub struct Location<'a> {
    root: Root<'a>,
    parent: Option<&'a Location<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Root<'a> {
    Body(&'a str),
    /// With the parameters that are read elsewhere, to be named beside the others.
    Query(&'static [&'static str]),
    Headers,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    None,
    Field(&'a str),
    Index(usize),
}

impl<'a> Location<'a> {
    /// The body, of what a person would call a `noun`.
    pub const fn body(noun: &'a str) -> Self {
        Self { root: Root::Body(noun), parent: None, step: Step::None }
    }
}

impl Location<'static> {
    /// The request's headers.
    pub const fn headers() -> Self {
        Self { root: Root::Headers, parent: None, step: Step::None }
    }

    /// The query string.
    pub const fn query() -> Self {
        Self::query_beside(&[])
    }

    /// The query string, some of whose parameters are read elsewhere.
    pub const fn query_beside(others: &'static [&'static str]) -> Self {
        Self { root: Root::Query(others), parent: None, step: Step::None }
    }
}

impl<'a> Location<'a> {
    /// The field `name` of the object here.
    pub fn field(&'a self, name: &'a str) -> Location<'a> {
        let end = name.char_indices().nth(MOST_OF_A_NAME).map_or(name.len(), |(end, _)| end);
        let name = name.get(..end).unwrap_or(name);
        Location { root: self.root, parent: Some(self), step: Step::Field(name) }
    }

    /// The element `index` of the array here.
    pub const fn index(&'a self, index: usize) -> Location<'a> {
        Location { root: self.root, parent: Some(self), step: Step::Index(index) }
    }

    /// Whether this is a query parameter.
    pub const fn is_query(&self) -> bool {
        matches!(self.root, Root::Query(_))
    }

    /// The names that are known here beside those that are read here.
    pub const fn known_elsewhere(&self) -> &'static [&'static str] {
        match (self.root, self.step) {
            (Root::Query(others), Step::None) => others,
            _ => &[],
        }
    }

    fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = self.parent.map(Location::steps).unwrap_or_default();
        if !matches!(self.step, Step::None) {
            steps.push(self.step);
        }
        steps
    }

    /// How a sentence about this place begins: "Customer address.country", "Parameter limit".
    fn described(&self) -> String {
        let noun = match self.root {
            Root::Body(noun) => noun,
            Root::Query(_) => "parameter",
            Root::Headers => "header",
        };
        let mut characters = noun.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        let mut text: String = first.into_iter().chain(characters).collect();
        for (depth, step) in self.steps().iter().enumerate() {
            match step {
                Step::Field(name) if depth == 0 => text.push_str(&format!(" {name}")),
                Step::Field(name) if self.is_query() => text.push_str(&format!("[{name}]")),
                Step::Field(name) => text.push_str(&format!(".{name}")),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
                Step::None => {}
            }
        }
        text
    }
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.steps().iter().enumerate() {
            match (self.root, step) {
                (Root::Query(_), Step::Field(name)) if depth == 0 => write!(f, "?{name}")?,
                (Root::Query(_), Step::Field(name)) => write!(f, "[{name}]")?,
                (Root::Headers, Step::Field(name)) => f.write_str(name)?,
                (Root::Body(_), Step::Field(name)) => {
                    write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))?;
                }
                (_, Step::Index(index)) => write!(f, "/{index}")?,
                (_, Step::None) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_body_is_a_json_pointer() {
        let body = Location::body("customer");
        let (items, first) = (body.field("a/b~c"), 0);
        assert_eq!(items.index(first).to_string(), "/a~1b~0c/0");
        assert_eq!(body.to_string(), "");
    }

    #[test]
    fn a_query_parameter_is_named_as_it_was_written() {
        let query = Location::query();
        assert_eq!(query.field("created_at").field("gte").to_string(), "?created_at[gte]");
    }

    #[test]
    fn one_part_not_understood_makes_the_request_not_understood() {
        let (body, mut faults) = (Location::body("customer"), Faults::default());
        faults.not_valid(&body.field("email"), "invalid_email", "is not an e-mail address");
        assert_eq!(faults.class(), Class::NotValid);
        faults.not_understood(&body.field("email"), "required", "is required");
        assert_eq!(faults.class(), Class::NotUnderstood);
    }
}
