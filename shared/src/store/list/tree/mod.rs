//! The counted tree: the members that compaction has taken out of the log, in id order.
//!
//! A leaf holds at most 512 ids, an inner node at most 128 entries ([`Sizes`]); an entry says where a
//! node is, its lowest id and how many members are below it. The root's entries stand in the head, so
//! a list of up to 65,536 members is one node deep, of 8 million two, of a thousand million three.
//!
//! Nodes are immutable. A set of changes makes new ones for what it touches and for the path to the
//! root; the rest is shared with the tree before. Neighbours that are touched are rewritten as one and
//! divided again, and one that would be left nearly empty takes a neighbour along: so a node may arrive
//! in any place, leave any place, and the tree stays as dense as its members allow. On the right, where
//! new ids arrive, nodes are filled to the brim.

mod reading;
mod rebuild;

pub(super) use self::{
    reading::{Reading, inner, leaves},
    rebuild::{Merged, Rebuilt, merged, rebuild, shares},
};
use crate::base::error::Error;

/// How large the parts of a list become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// How many ids a leaf holds at most.
    pub leaf: usize,
    /// How many entries an inner node holds at most, and the head.
    pub fanout: usize,
    /// How long a log is left alone, and how many operations a compaction moves.
    pub batch: usize,
}

impl Sizes {
    /// Those of every list: a leaf and an inner node are two read units each.
    pub const OURS: Self = Self { leaf: 512, fanout: 128, batch: 512 };

    /// How many members a node at `height` can hold.
    fn capacity(self, height: u32) -> i64 {
        let nodes = self.fanout.saturating_pow(height);
        i64::try_from(self.leaf.saturating_mul(nodes)).unwrap_or(i64::MAX)
    }
}

/// A member that comes or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub id: String,
    /// +1 or −1.
    pub delta: i64,
}

/// A node as its parent knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The lowest id below it when it was made.
    pub first: String,
    /// How many members are below it.
    pub count: u64,
    /// Its name.
    pub node: String,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Ids, ascending.
    Leaf(Vec<String>),
    /// Entries, in the order of their ids.
    Inner(Vec<Entry>),
}

impl Node {
    pub(super) fn entry(&self, node: String) -> Entry {
        let (first, count) = match self {
            Self::Leaf(ids) => (ids.first(), amount(ids.len())),
            Self::Inner(entries) => (entries.first().map(|entry| &entry.first), counted(entries)),
        };
        Entry { first: first.cloned().unwrap_or_default(), count, node }
    }
}

/// A root, and how many nodes are between it and a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub root: Vec<Entry>,
    /// 0 when the root's entries are leaves.
    pub height: u32,
}

/// How many members are below these entries.
pub(super) fn counted(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.count).sum()
}

/// A length as a count of members.
pub(super) fn amount(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// What `changes` add to a count.
pub(super) fn sum(changes: &[Change]) -> i64 {
    changes.iter().map(|change| change.delta).sum()
}

/// A node is missing, or another kind of node.
pub(super) fn unexpected(entry: &Entry, found: Option<&Node>) -> Error {
    let found = match found {
        None => "nothing",
        Some(Node::Leaf(_)) => "a leaf",
        Some(Node::Inner(_)) => "an inner node",
    };
    Error::Internal(format!("a list's node {} is {found}", entry.node))
}

/// Every member of a tree, ascending, after everything that must hold of it was looked at; and the
/// names of its nodes.
pub(super) fn walk<'a>(
    sizes: Sizes,
    tree: &Tree,
    node: impl Fn(&str) -> Option<&'a Node> + Copy,
) -> Result<(Vec<String>, Vec<String>), String> {
    let (mut ids, mut names) = (Vec::new(), Vec::new());
    descend(sizes, &tree.root, tree.height, node, &mut ids, &mut names)?;
    match ids.windows(2).find(|pair| matches!(pair, [one, next] if one >= next)) {
        Some(pair) => Err(format!("{pair:?} are not in order")),
        None => Ok((ids, names)),
    }
}

fn descend<'a>(
    sizes: Sizes,
    entries: &[Entry],
    height: u32,
    node: impl Fn(&str) -> Option<&'a Node> + Copy,
    ids: &mut Vec<String>,
    names: &mut Vec<String>,
) -> Result<(), String> {
    if entries.len() > sizes.fanout {
        return Err(format!("{} entries in a node", entries.len()));
    }
    for entry in entries {
        let before = ids.len();
        names.push(entry.node.clone());
        match (node(&entry.node), height.checked_sub(1)) {
            (Some(Node::Leaf(below)), None) if (1..=sizes.leaf).contains(&below.len()) => {
                ids.extend_from_slice(below);
            }
            (Some(Node::Inner(below)), Some(height)) if !below.is_empty() => {
                descend(sizes, below, height, node, ids, names)?;
            }
            (None, _) => return Err(format!("node {} is missing", entry.node)),
            _ => return Err(format!("node {} does not fit its place", entry.node)),
        }
        if amount(ids.len() - before) != entry.count {
            let found = ids.len() - before;
            return Err(format!("node {} says {} and has {found}", entry.node, entry.count));
        }
        if ids.get(before) != Some(&entry.first) {
            return Err(format!("node {} does not begin with {}", entry.node, entry.first));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
