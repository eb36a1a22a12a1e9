//! Searching objects by words: by the beginning of any word of their texts, whatever its case.
//!
//! A text is its words: `Jane van Smith` is `jane-van-smith`. An object is in the list of its resource
//! by words with an *entry* for each word, which goes on to the end of the text, so that `van smi` finds
//! it too; one that another entry of the object begins with is left out. Each list holds the entries
//! that begin with the same two letters, sorted by themselves: what begins with a text stands together.
//!
//! Two entries of one object may begin alike (`jane-smith`, `jane-example-com`), and for `jane` it counts
//! once. So of two entries that are next to each other there is also a *pair*: what both begin with. Of
//! the entries that begin with a text, each object has one more than it has pairs that do. The difference
//! is how many objects there are, to the one, for the price of two counts in one list.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    base::input::{Faults, Input, Json, Location, Text},
    model::list::List,
};

/// How many entries an object has at most, the words of its first texts first.
pub const MOST_ENTRIES: usize = 12;
/// How many characters of an entry count.
const LONGEST: usize = 40;
/// How many letters the entries of a list begin with alike.
const ALIKE: usize = 2;

/// The filter.
const FIELD: &str = "search";

/// What is kept as it is in a place.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

/// The text that words are searched by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search(String);

impl Input for Search {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = Text::<1, 200>::read(value, at, faults)?;
        let entry = entry_of(&words(text.as_str()));
        if list_of("", &entry).is_none() {
            let hint = "needs two letters or digits to begin with";
            faults.not_understood(at, "too_short", hint);
            return None;
        }
        Some(Self(entry))
    }
}

impl JsonSchema for Search {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Search".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "minLength": 1, "maxLength": 200})
    }
}

impl Search {
    /// The list that what is searched for is in.
    pub fn list(&self, resource: &str) -> List {
        list_of(resource, &self.0).unwrap_or_else(|| List::all(resource))
    }

    /// The ends of the entries that begin with it.
    pub fn entries(&self) -> (String, String) {
        self.ends(ENTRY)
    }

    /// The ends of the pairs that do.
    pub fn pairs(&self) -> (String, String) {
        self.ends(PAIR)
    }

    fn ends(&self, sort: char) -> (String, String) {
        let from = format!("{sort}{}", encoded(&self.0));
        let to = format!("{from}~");
        (from, to)
    }
}

/// What the place of an entry begins with, and that of a pair.
const ENTRY: char = 'e';
const PAIR: char = 'p';

/// The lists that an object with these texts is in, the most telling text first. Of the last word of an
/// address there is no entry of its own: half of all end with it.
pub fn lists<'a>(
    resource: &str,
    texts: impl IntoIterator<Item = &'a str>,
    address: Option<&str>,
) -> Vec<List> {
    let texts = texts.into_iter().map(|text| (words(text), 0));
    let texts = texts.chain(address.map(|address| (words(address), 1)));
    let mut entries: BTreeSet<String> = BTreeSet::new();
    for (words, left_out) in texts {
        let last = words.len().saturating_sub(left_out).max(words.len().min(1));
        for first in 0..last {
            if entries.len() < MOST_ENTRIES {
                entries.insert(entry_of(words.get(first..).unwrap_or_default()));
            }
        }
    }
    let entries: Vec<String> = entries.into_iter().collect();
    // What another one begins with stands just before it.
    let is_whole = |place: &usize| match (entries.get(*place), entries.get(place + 1)) {
        (Some(entry), Some(next)) => !next.starts_with(entry.as_str()),
        _ => true,
    };
    let whole: Vec<&String> =
        (0..entries.len()).filter(is_whole).filter_map(|place| entries.get(place)).collect();
    let mut lists = Vec::new();
    let mut before: Option<(List, String)> = None;
    for (number, entry) in whole.into_iter().enumerate() {
        let Some(list) = list_of(resource, entry) else { continue };
        let entry = encoded(entry);
        if let Some((other, last)) = &before
            && *other == list
        {
            let alike = entry.bytes().zip(last.bytes()).take_while(|(one, two)| one == two).count();
            // Three entries may begin alike: each pair is one of its own.
            let common = entry.get(..alike).unwrap_or_default();
            lists.push(list.clone().at(&format!("{PAIR}{common}.{number}")));
        }
        lists.push(list.clone().at(&format!("{ENTRY}{entry}")));
        before = Some((list, entry));
    }
    lists
}

/// The words of a text: letters and digits, in lower case.
fn words(text: &str) -> Vec<String> {
    let folded = text.to_lowercase();
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn entry_of(words: &[String]) -> String {
    let entry: String = words.join("-").chars().take(LONGEST).collect();
    entry.trim_end_matches('-').to_owned()
}

/// The list of the entries that begin as this one does; none, where it has no such beginning. A sign of
/// a script that is no alphabet says as much as two letters do.
fn list_of(resource: &str, entry: &str) -> Option<List> {
    let first = entry.chars().next()?;
    let alike = if first.is_ascii() { ALIKE } else { 1 };
    let beginning: String = entry.chars().take(alike).collect();
    let long = beginning.chars().count() == alike;
    long.then(|| List::filtered(resource, FIELD, &beginning))
}

fn encoded(entry: &str) -> String {
    utf8_percent_encode(entry, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn shown(texts: &[&str], address: &str) -> Vec<String> {
        let lists = lists("customers", texts.iter().copied(), Some(address));
        lists.iter().map(|list| format!("{}/{}", list.name(), list.member("1"))).collect()
    }

    fn search(text: &str) -> Search {
        let mut faults = Faults::default();
        let value = Json::Param(text.to_owned());
        Search::read(&value, &Location::query(), &mut faults).unwrap()
    }

    #[test]
    fn a_customer_has_an_entry_for_each_word_and_no_more() {
        let places = shown(&["Jane Smith"], "jane@example.com");
        assert_eq!(
            places,
            [
                "customers?search=ex/eexample-com!1",
                "customers?search=ja/ejane-example-com!1",
                "customers?search=ja/pjane-.2!1",
                "customers?search=ja/ejane-smith!1",
                "customers?search=sm/esmith!1",
            ]
        );
        // What the address says already needs no entry of its own.
        let places = shown(&["Jane Smith"], "jane.smith@example.com");
        assert_eq!(places.len(), 3);
        assert_eq!(shown(&["\u{674e}\u{660e}"], "a@b.co").len(), 3);
        let long = (0..40).map(|word| format!("w{word}")).collect::<Vec<_>>().join(" ");
        assert!(shown(&[&long], "a@b.co").len() <= 2 * MOST_ENTRIES);
    }

    #[test]
    fn a_search_needs_a_beginning() {
        let refused = |text: &str| {
            let mut faults = Faults::default();
            let value = Json::Param(text.to_owned());
            Search::read(&value, &Location::query(), &mut faults).is_none()
        };
        assert!(refused("j") && refused("--") && refused("j@"));
        assert_eq!(search(" JANE  Smi"), Search("jane-smi".to_owned()));
        assert_eq!(search("\u{674e}").list("customers").name(), "customers?search=%E6%9D%8E");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Counted by entries and pairs, a text is found as often as there are objects that have it.
        #[test]
        fn what_begins_alike_is_counted_once(
            objects in prop::collection::vec(
                (prop::collection::vec("[abAB]{1,4}", 1..4), "[ab]{1,3}(\\.[ab]{1,2})?@[ab]{2}\\.a"),
                1..6,
            ),
            text in "[ab]{2,4}( [ab]{1,2})?",
        ) {
            let search = search(&text);
            let (list, entries, pairs) = (search.list("x"), search.entries(), search.pairs());
            let within = |(from, to): &(String, String), member: &String| from <= member && member < to;
            let (mut members, mut found): (BTreeMap<String, usize>, _) = (BTreeMap::new(), 0);
            let wanted = words(&text).join("-");
            for (number, (names, address)) in objects.iter().enumerate() {
                let name = names.join(" ");
                let lists = lists("x", [name.as_str()], Some(address.as_str()));
                let mut own: Vec<String> = lists
                    .iter()
                    .filter(|one| one.name() == list.name())
                    .map(|one| one.member(&number.to_string()))
                    .collect();
                own.sort();
                let count = own.len();
                own.dedup();
                prop_assert_eq!(own.len(), count, "two places alike");
                own.into_iter().for_each(|member| *members.entry(member).or_default() += 1);
                let texts = [(words(&name), 0), (words(address), 1)];
                let has = |(words, last): &(Vec<String>, usize)| {
                    (0..words.len() - last)
                        .any(|first| words[first..].join("-").starts_with(&wanted))
                };
                found += usize::from(texts.iter().any(has));
            }
            let count = |ends: &(String, String)| {
                members.keys().filter(|member| within(ends, member)).count()
            };
            prop_assert_eq!(count(&entries) - count(&pairs), found);
        }
    }
}
