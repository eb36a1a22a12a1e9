//! Operations: what a change of an object does to its place in lists, and where that stands.

use std::fmt;

/// Where an operation is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub sk: String,
    pub partition: u8,
}

/// How many digits of the version stand in a key, so that keys are in the order of their versions.
const DIGITS: usize = 9;

impl Place {
    pub fn new(id: &str, version: u64, partition: u8) -> Self {
        Self { sk: sort_key(id, version), partition }
    }

    /// Reads what `Display` wrote.
    pub fn read(text: &str) -> Option<Self> {
        match text.split_once('@') {
            Some((sk, partition)) => {
                Some(Self { sk: sk.to_owned(), partition: partition.parse().ok()? })
            }
            None => Some(Self { sk: text.to_owned(), partition: 0 }),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.partition {
            0 => f.write_str(&self.sk),
            partition => write!(f, "{}@{partition}", self.sk),
        }
    }
}

/// The version of an object that was just made.
pub(super) const FIRST: u64 = 1;

/// The sort key of the operation that the change to `version` of the object `id` makes.
pub(super) fn sort_key(id: &str, version: u64) -> String {
    format!("{id}#{version:0DIGITS$}")
}

/// The id and the version in a sort key.
pub(super) fn parts(sk: &str) -> Option<(&str, u64)> {
    let (id, version) = sk.split_once('#')?;
    Some((id, version.parse().ok()?))
}

/// The sort key above those of every operation of `id`.
pub(super) fn above(id: &str) -> String {
    format!("{id}#~")
}

/// An operation as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Operation {
    pub id: String,
    pub version: u64,
    /// +1 or −1; 0, where only subsets change.
    pub delta: i64,
    /// What it changes of the list's subsets.
    pub subsets: Subsets,
    /// Where several stand in one item, the highest id of these, under which it is; no other operation
    /// is ever made of such an id.
    pub with: Option<String>,
}

impl Operation {
    /// The operations of one item on these ids: each enters. None, where they are not ascending, or the
    /// highest is not the one in the item's key.
    pub fn together(key_id: &str, version: u64, ids: Vec<String>) -> Option<Vec<Self>> {
        let with = ids.last().filter(|last| *last == key_id && ids.is_sorted()).cloned()?;
        let one = |id| Self { id, version, delta: 1, with: Some(with.clone()), ..Self::default() };
        Some(ids.into_iter().map(one).collect())
    }

    /// The id in the key of its item.
    pub fn key_id(&self) -> &str {
        self.with.as_deref().unwrap_or(&self.id)
    }

    /// The same as an operation of a subset, if it is one.
    pub fn in_subset(self, filter: &str) -> Option<Self> {
        let delta = self.subsets.delta(filter);
        (delta != 0).then(|| Self { delta, subsets: Subsets::default(), ..self })
    }
}

/// Which subsets of its list an id enters and leaves, as a text: `+state=paid -state=open`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subsets(String);

impl Subsets {
    /// Reads the text; none, where it is none.
    pub fn read(text: String) -> Option<Self> {
        let subsets = Self(text);
        let is_read = |part: &str| part.starts_with(['+', '-']) && part.len() > 1;
        let all = !subsets.0.is_empty() && subsets.0.split(' ').all(is_read);
        all.then_some(subsets)
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each subset with +1 or −1.
    pub fn each(&self) -> impl Iterator<Item = (&str, i64)> {
        let delta = |part| match str::strip_prefix(part, "+") {
            Some(filter) => Some((filter, 1)),
            None => str::strip_prefix(part, "-").map(|filter| (filter, -1)),
        };
        self.0.split(' ').filter_map(delta)
    }

    /// What it is to one subset: +1, −1, or 0.
    pub fn delta(&self, filter: &str) -> i64 {
        self.each().find(|(own, _)| *own == filter).map_or(0, |(_, delta)| delta)
    }

    /// Adds that a subset is entered or left.
    pub fn add(&mut self, filter: &str, delta: i64) {
        let sign = if delta < 0 { '-' } else { '+' };
        let space = if self.0.is_empty() { "" } else { " " };
        self.0 = format!("{}{space}{sign}{filter}", self.0);
    }

    /// The same without what it is to one subset.
    pub fn without(&self, filter: &str) -> Self {
        let mut rest = Self::default();
        for (other, delta) in self.each().filter(|(other, _)| *other != filter) {
            rest.add(other, delta);
        }
        rest
    }
}

/// An operation of a subset that was taken out of the log of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MovedOf {
    pub id: String,
    pub version: u64,
    /// +1 or −1.
    pub delta: i64,
}

impl MovedOf {
    /// Reads what `Display` wrote.
    pub fn read(text: &str) -> Option<Self> {
        let delta = match text.chars().next_back()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        let (id, version) = parts(text.trim_end_matches(['+', '-']))?;
        Some(Self { id: id.to_owned(), version, delta })
    }

    /// As it stood in the log.
    pub fn operation(&self) -> Operation {
        let Self { id, version, delta } = self.clone();
        Operation { id, version, delta, ..Operation::default() }
    }
}

impl fmt::Display for MovedOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.delta < 0 { '-' } else { '+' };
        write!(f, "{}{sign}", sort_key(&self.id, self.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_their_versions() {
        assert!(sort_key("a", 9) < sort_key("a", 10));
        assert!(sort_key("a", 999_999_999) < above("a") && above("a") < sort_key("b", 0));
        assert_eq!(parts(&sort_key("cus_1", 42)), Some(("cus_1", 42)));
        for place in [Place::new("a", 3, 0), Place::new("a", 3, 15)] {
            assert_eq!(Place::read(&place.to_string()), Some(place));
        }
    }

    #[test]
    fn what_stands_in_one_item_is_ascending_and_under_its_highest_id() {
        let ids = |all: &[&str]| all.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert!(Operation::together("b", 1, ids(&["a", "b"])).is_some());
        for wrong in [&["a", "c"][..], &["b", "a", "b"], &["b", "a"], &[]] {
            assert_eq!(Operation::together("b", 1, ids(wrong)), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_said_of_subsets_comes_back_and_can_be_taken_back() {
        let read = |text: &str| Subsets::read(text.to_owned());
        let mut said = Subsets::default();
        said.add("state=paid", 1);
        said.add("state=open", -1);
        assert_eq!(said.text(), "+state=paid -state=open");
        assert_eq!(read(said.text()), Some(said.clone()));
        let deltas = ["state=paid", "state=open", "state=void"].map(|filter| said.delta(filter));
        assert_eq!(deltas, [1, -1, 0]);
        assert_eq!(said.without("state=paid").text(), "-state=open");
        assert!(said.without("state=paid").without("state=open").is_empty());
        for wrong in ["", "+", "state=open", "+a  -b", "+a b"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        for delta in [1, -1] {
            let moved = MovedOf { id: "in_1".to_owned(), version: 3, delta };
            assert_eq!(MovedOf::read(&moved.to_string()), Some(moved));
        }
        assert_eq!(MovedOf::read("in_1#000000003"), None);
    }
}
