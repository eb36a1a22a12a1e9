//! How a list's head and nodes stand in the table.
//!
//! Ids are written one after the other in one text, without what all of them begin with: a leaf of 512
//! is two read units, and one attribute to parse instead of 512.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    index::{Index, Segment},
    operation::{MovedOf, Place},
    tree::{Entry, Node, Tree},
};
use crate::{base::error::Error, model::entity::Item};

/// What a list is but for its log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Raised whenever the tree or the number of partitions changes; 0 when there is no head.
    pub version: u64,
    /// How many partitions the log has; 0 is one, as long as nobody needed more.
    pub partitions: u8,
    /// What has been taken out of the log.
    pub tree: Tree,
    /// The operations that the tree already counts and the log may still hold.
    pub moved: Vec<Place>,
    /// The nodes that the tree before had and this one has not.
    pub retired: Vec<String>,
    /// Where its members are by their places, once somebody has asked.
    pub index: Option<Index>,
    /// What `moved` is to the list's subsets, whose trees may or may not have it yet.
    pub of_subsets: OfSubsets,
    /// Of a subset: the last batch of the whole's log that its tree has.
    pub has_batch: u64,
    /// Which compaction made this version.
    pub by: String,
}

/// What a batch that was moved is to the subsets of its list, by their filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OfSubsets {
    /// Which batch: the version of the head that named it first.
    pub batch: u64,
    pub moved: BTreeMap<String, Vec<MovedOf>>,
}

impl OfSubsets {
    /// As they stand in a head: of each subset one text.
    fn texts(&self) -> Item {
        let text = |moved: &[MovedOf]| {
            let texts: Vec<String> = moved.iter().map(MovedOf::to_string).collect();
            Value::from(packed(&texts))
        };
        self.moved.iter().map(|(filter, moved)| (filter.clone(), text(moved))).collect()
    }

    fn read(batch: u64, texts: &Value) -> Option<Self> {
        let subset = |(filter, text): (&String, &Value)| {
            let moved = unpacked(text.as_str()?);
            let moved = moved.iter().map(|moved| MovedOf::read(moved));
            Some((filter.clone(), moved.collect::<Option<_>>()?))
        };
        let moved = texts.as_object()?.iter().map(subset).collect::<Option<_>>()?;
        Some(Self { batch, moved })
    }
}

impl Head {
    /// How many partitions are read.
    pub fn partitions(&self) -> u8 {
        self.partitions.max(1)
    }

    /// Whether a subset whose tree has batches up to this one is still to take what was moved.
    pub fn is_waiting(&self, filter: &str, has_batch: u64) -> bool {
        has_batch < self.of_subsets.batch && self.of_subsets.moved.contains_key(filter)
    }

    /// The same version after what it moved and retired is gone.
    pub fn tidied(self) -> Self {
        let of_subsets = OfSubsets::default();
        Self { moved: Vec::new(), retired: Vec::new(), of_subsets, ..self }
    }

    pub fn to_item(&self) -> Item {
        let mut item = Item::new();
        item.insert(VERSION.to_owned(), json!(self.version));
        let places = self.moved.iter().map(Place::to_string).collect::<Vec<_>>();
        let mut state = json!({
            "partitions": self.partitions,
            "height": self.tree.height,
            "root": entries_text(&self.tree.root),
            "moved": packed(&places),
            "retired": self.retired.join(" "),
            "by": self.by,
        });
        if let (Some(index), Some(state)) = (&self.index, state.as_object_mut()) {
            state.insert(INDEX.to_owned(), index_value(index));
        }
        if let Some(state) = state.as_object_mut() {
            if self.has_batch > 0 {
                state.insert(HAS_BATCH.to_owned(), self.has_batch.into());
            }
            if !self.of_subsets.moved.is_empty() {
                state.insert(BATCH.to_owned(), self.of_subsets.batch.into());
                state.insert(SUBSETS.to_owned(), self.of_subsets.texts().into());
            }
        }
        item.insert(STATE.to_owned(), state);
        item
    }

    pub fn from_item(item: &Item) -> Option<Self> {
        let version = item.get(VERSION)?.as_u64()?;
        let state = item.get(STATE)?;
        let text = |name: &str| state.get(name).and_then(Value::as_str);
        let number = |name: &str| state.get(name).and_then(Value::as_u64);
        let moved = unpacked(text("moved")?);
        Some(Self {
            version,
            partitions: u8::try_from(number("partitions")?).ok()?,
            tree: Tree {
                root: entries_of(text("root")?)?,
                height: u32::try_from(number("height")?).ok()?,
            },
            moved: moved.iter().map(|place| Place::read(place)).collect::<Option<_>>()?,
            retired: words(text("retired")?),
            index: match state.get(INDEX) {
                Some(index) => Some(index_of(index)?),
                None => None,
            },
            of_subsets: match state.get(SUBSETS) {
                Some(texts) => OfSubsets::read(number(BATCH)?, texts)?,
                None => OfSubsets::default(),
            },
            has_batch: number(HAS_BATCH).unwrap_or_default(),
            by: text("by")?.to_owned(),
        })
    }
}

/// The attributes of a head.
pub(super) const VERSION: &str = "version";
pub(super) const STATE: &str = "state";

/// The attribute of an operation that holds +1 or −1.
pub(super) const DELTA: &str = "d";

/// The attribute of an operation that says what it is to subsets.
pub(super) const SUBSETS: &str = "subsets";

/// In the state: what is by places, and what is of subsets.
const INDEX: &str = "index";
const BATCH: &str = "batch";
const HAS_BATCH: &str = "has_batch";

/// Of a leaf its members; of an operation of several those that enter, ascending.
pub(super) const IDS: &str = "ids";
const ENTRIES: &str = "entries";

impl Node {
    /// The attributes of the node.
    pub fn to_item(&self) -> Item {
        let mut item = Item::new();
        match self {
            Self::Leaf(ids) => item.insert(IDS.to_owned(), packed(ids).into()),
            Self::Inner(entries) => item.insert(ENTRIES.to_owned(), entries_text(entries).into()),
        };
        item
    }

    /// The node with these attributes.
    pub fn from_item(item: &Item) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        match (text(IDS), text(ENTRIES)) {
            (Some(ids), None) => Some(Self::Leaf(unpacked(ids))),
            (None, Some(entries)) => entries_of(entries).map(Self::Inner),
            _ => None,
        }
    }
}

/// An index as it stands in a head: each segment is one text.
fn index_value(index: &Index) -> Value {
    let segment = |Segment { members, tree }: &Segment| {
        format!("{members} {} {}", tree.height, entries_text(&tree.root))
    };
    let segments: Vec<String> = index.segments.iter().map(segment).collect();
    json!({"rest": index.rest, "segments": segments})
}

fn index_of(value: &Value) -> Option<Index> {
    let segment = |text: &Value| {
        let mut parts = text.as_str()?.splitn(3, ' ');
        let members = parts.next()?.parse().ok()?;
        let height = parts.next()?.parse().ok()?;
        Some(Segment { members, tree: Tree { root: entries_of(parts.next()?)?, height } })
    };
    let rest = value.get("rest").and_then(Value::as_str).map(str::to_owned);
    let segments = value.get("segments")?.as_array()?.iter().map(segment);
    Some(Index { rest, segments: segments.collect::<Option<_>>()? })
}

/// What an item that cannot be read is reported as.
pub(super) fn damaged(what: &str, of: &str) -> Error {
    Error::Internal(format!("{what} of {of} cannot be read"))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Sorted texts: first what all begin with, then the rest of each.
pub(super) fn packed<T: AsRef<str>>(texts: &[T]) -> String {
    let ends = texts.first().zip(texts.last());
    let common = ends.map_or(0, |(first, last)| {
        let pairs = first.as_ref().bytes().zip(last.as_ref().bytes());
        pairs.take_while(|(one, other)| one == other).count()
    });
    // A text that is nothing but the common beginning would be lost between two spaces.
    let shortest = texts.iter().map(|text| text.as_ref().len()).min().unwrap_or(0);
    let common = common.min(shortest.saturating_sub(1));
    let all_begin = |common: &str| texts.iter().all(|text| text.as_ref().starts_with(common));
    let beginning = ends.and_then(|(first, _)| first.as_ref().get(..common));
    let beginning = beginning.filter(|common| all_begin(common)).unwrap_or_default();
    let mut text = format!("{beginning}|");
    for (place, one) in texts.iter().enumerate() {
        if place > 0 {
            text.push(' ');
        }
        text.push_str(one.as_ref().strip_prefix(beginning).unwrap_or_default());
    }
    text
}

pub(super) fn unpacked(text: &str) -> Vec<String> {
    let (beginning, rest) = text.split_once('|').unwrap_or(("", text));
    rest.split_whitespace().map(|end| format!("{beginning}{end}")).collect()
}

fn entries_text(entries: &[Entry]) -> String {
    let written =
        entries.iter().map(|Entry { first, count, node }| format!("{first}:{count}:{node}"));
    packed(&written.collect::<Vec<_>>())
}

fn entries_of(text: &str) -> Option<Vec<Entry>> {
    let read = |text: String| {
        let mut parts = text.splitn(3, ':');
        let first = parts.next()?.to_owned();
        let count = parts.next()?.parse().ok()?;
        let node = parts.next()?.to_owned();
        Some(Entry { first, count, node })
    };
    unpacked(text).into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::list::tree::Sizes;

    fn id(number: usize) -> String {
        format!("cus_prod_0mwtx{number:011}")
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_packed_comes_back() {
        assert_eq!(packed(&[id(17), id(18)]), "cus_prod_0mwtx0000000001|7 8");
        for all in [texts(&[]), texts(&["a"]), texts(&["a", "ab"]), texts(&["ab", "b", "bc"])] {
            assert_eq!(unpacked(&packed(&all)), all);
        }
    }

    #[test]
    fn heads_and_nodes_come_back_from_the_table() {
        let entry = |number| Entry { first: id(number), count: 7, node: format!("n{number}") };
        let entries: Vec<Entry> = (0..100).map(entry).collect();
        let head = Head {
            version: 12,
            partitions: 4,
            tree: Tree { root: entries.clone(), height: 1 },
            moved: vec![Place::new(&id(3), 1, 0), Place::new(&id(3), 2, 3)],
            retired: texts(&["x", "y"]),
            by: "z".to_owned(),
            ..Head::default()
        };
        let of = |version, delta| MovedOf { id: id(3), version, delta };
        let moved = [("state=open", vec![of(1, 1), of(2, -1)]), ("state=paid", vec![of(2, 1)])];
        let moved = moved.map(|(filter, moved)| (filter.to_owned(), moved)).into();
        let of_subsets = OfSubsets { batch: 11, moved };
        let whole = Head { of_subsets, has_batch: 9, ..head.clone() };
        assert_eq!(Head::from_item(&whole.to_item()), Some(whole));
        let tree = Tree { root: vec![entry(7)], height: 2 };
        let index = Index { rest: Some(id(5)), segments: vec![Segment { members: 512, tree }] };
        for index in [index, Index { rest: None, segments: Vec::new() }] {
            let indexed = Head { index: Some(index), ..head.clone() };
            assert_eq!(Head::from_item(&indexed.to_item()), Some(indexed));
        }
        assert_eq!(Head::from_item(&head.to_item()), Some(head));
        let empty = Head { version: 1, ..Head::default() };
        assert_eq!(Head::from_item(&empty.to_item()), Some(empty));
        for node in [Node::Leaf((0..512).map(id).collect()), Node::Inner(entries)] {
            assert_eq!(Node::from_item(&node.to_item()), Some(node));
        }
        assert_eq!(Head::from_item(&Item::new()), None);
    }

    #[test]
    fn a_full_node_is_read_for_two_units() {
        let leaf = Node::Leaf((0..Sizes::OURS.leaf).map(|n| id(n * 7919)).collect());
        let entry =
            |n| Entry { first: id(n * 99_991), count: 512, node: "A-_bcdefghijklmn".into() };
        let inner = Node::Inner((0..Sizes::OURS.fanout).map(entry).collect());
        for node in [leaf, inner] {
            let text: String = node.to_item().values().filter_map(Value::as_str).collect();
            assert!(text.len() < 8_000, "{} bytes", text.len());
        }
    }
}
