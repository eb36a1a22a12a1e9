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

use std::{collections::HashMap, ops::Range};

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
    fn entry(&self, node: String) -> Entry {
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

/// What a set of changes makes of a tree.
#[derive(Debug, Default)]
pub(super) struct Rebuilt {
    pub tree: Tree,
    pub made: Vec<(String, Node)>,
    pub retired: Vec<String>,
    /// What changed nothing: see [`Merged`].
    pub strays: Vec<Change>,
}

/// How many members are below these entries.
pub(super) fn counted(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.count).sum()
}

/// A length as a count of members.
pub(super) fn amount(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The part of sorted `changes` that each of sorted `entries` takes: all from its first id to the next
/// one's. What is lower than every id is the first one's.
pub(super) fn shares(entries: &[Entry], changes: &[Change]) -> Vec<Range<usize>> {
    let ends =
        entries.iter().skip(1).map(|next| changes.partition_point(|change| change.id < next.first));
    let mut from = 0;
    ends.chain([changes.len()])
        .take(entries.len())
        .map(|end| std::mem::replace(&mut from, end)..end)
        .collect()
}

/// What `changes` add to a count.
pub(super) fn sum(changes: &[Change]) -> i64 {
    changes.iter().map(|change| change.delta).sum()
}

/// Neighbours that are rewritten as one.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    entries: Range<usize>,
    changes: Range<usize>,
}

/// The runs of entries at `height` that the changes touch.
fn runs(sizes: Sizes, entries: &[Entry], changes: &[Change], height: u32) -> Vec<Run> {
    let shares = shares(entries, changes);
    let mut touched = vec![false; entries.len()];
    let few = sizes.capacity(height) / 8;
    for (place, (entry, share)) in entries.iter().zip(&shares).enumerate() {
        if share.is_empty() {
            continue;
        }
        let left = changes.get(share.clone()).map_or(0, sum).saturating_add_unsigned(entry.count);
        let neighbour = if place > 0 { place - 1 } else { place + 1 };
        let along = (left < few).then_some(neighbour);
        for place in [Some(place), along].into_iter().flatten() {
            if let Some(touched) = touched.get_mut(place) {
                *touched = true;
            }
        }
    }
    let mut runs: Vec<Run> = Vec::new();
    for (place, share) in shares.into_iter().enumerate() {
        match runs.last_mut() {
            _ if touched.get(place) != Some(&true) => {}
            Some(run) if run.entries.end == place => {
                run.entries.end = place + 1;
                run.changes.end = share.end;
            }
            _ => runs.push(Run { entries: place..place + 1, changes: share }),
        }
    }
    runs
}

/// What has to be read of a tree before changes can be made to it: the nodes of one height after the
/// other, from the root down.
pub(super) struct Reading<'a> {
    sizes: Sizes,
    changes: &'a [Change],
    height: Option<u32>,
    level: Vec<(Vec<Entry>, Range<usize>)>,
    read: HashMap<String, Node>,
}

impl<'a> Reading<'a> {
    pub fn new(sizes: Sizes, tree: &Tree, changes: &'a [Change]) -> Self {
        let level = vec![(tree.root.clone(), 0..changes.len())];
        Self { sizes, changes, height: Some(tree.height), level, read: HashMap::new() }
    }

    /// The names of the next nodes; none at the end.
    pub fn wants(&self) -> Vec<String> {
        let Some(height) = self.height else { return Vec::new() };
        let mut names = Vec::new();
        for (entries, share) in &self.level {
            let changes = self.changes.get(share.clone()).unwrap_or_default();
            for run in runs(self.sizes, entries, changes, height) {
                let entries = entries.get(run.entries).unwrap_or_default();
                names.extend(entries.iter().map(|entry| entry.node.clone()));
            }
        }
        names
    }

    /// Takes in the nodes that were wanted.
    pub fn give(&mut self, nodes: HashMap<String, Node>) -> Result<(), Error> {
        let Some(height) = self.height else { return Ok(()) };
        self.read.extend(nodes);
        self.height = height.checked_sub(1);
        let mut next = Vec::new();
        for (entries, share) in self.level.drain(..) {
            let changes = self.changes.get(share.clone()).unwrap_or_default();
            for run in runs(self.sizes, &entries, changes, height) {
                let entries = entries.get(run.entries).unwrap_or_default();
                if height > 0 {
                    let from = share.start;
                    let share = from + run.changes.start..from + run.changes.end;
                    next.push((inner(entries, &self.read)?, share));
                }
            }
        }
        self.level = next;
        Ok(())
    }

    pub fn done(self) -> HashMap<String, Node> {
        self.read
    }
}

fn inner(entries: &[Entry], read: &HashMap<String, Node>) -> Result<Vec<Entry>, Error> {
    let mut all = Vec::new();
    for entry in entries {
        match read.get(&entry.node) {
            Some(Node::Inner(below)) => all.extend_from_slice(below),
            other => return Err(unexpected(entry, other)),
        }
    }
    Ok(all)
}

fn leaves(entries: &[Entry], read: &HashMap<String, Node>) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    for entry in entries {
        match read.get(&entry.node) {
            Some(Node::Leaf(ids)) => all.extend_from_slice(ids),
            other => return Err(unexpected(entry, other)),
        }
    }
    Ok(all)
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

/// Makes `changes`, which are sorted, to a tree of which `read` was read. `name` names the new nodes.
pub(super) fn rebuild(
    sizes: Sizes,
    tree: &Tree,
    changes: &[Change],
    read: &HashMap<String, Node>,
    name: impl FnMut() -> String,
) -> Result<Rebuilt, Error> {
    let (made, retired, strays) = (Vec::new(), Vec::new(), Vec::new());
    let mut builder = Builder { sizes, read, name, made, retired, strays };
    let mut height = tree.height;
    let mut root = match tree.root.is_empty() {
        true => {
            let ids = builder.merge(Vec::new(), changes);
            builder.divide(ids, sizes.leaf, true, Node::Leaf)
        }
        false => builder.level(&tree.root, changes, height, true)?,
    };
    while root.len() > sizes.fanout {
        root = builder.divide(root, sizes.fanout, true, Node::Inner);
        height += 1;
    }
    while let ([only], true) = (root.as_slice(), height > 0) {
        let Some(below) = builder.take_back(&only.node) else { break };
        root = below;
        height -= 1;
    }
    let height = if root.is_empty() { 0 } else { height };
    let Builder { made, retired, strays, .. } = builder;
    Ok(Rebuilt { tree: Tree { root, height }, made, retired, strays })
}

struct Builder<'a, F> {
    sizes: Sizes,
    read: &'a HashMap<String, Node>,
    name: F,
    made: Vec<(String, Node)>,
    retired: Vec<String>,
    strays: Vec<Change>,
}

impl<F: FnMut() -> String> Builder<'_, F> {
    fn merge(&mut self, ids: Vec<String>, changes: &[Change]) -> Vec<String> {
        let Merged { ids, strays } = merged(ids, changes);
        self.strays.extend(strays);
        ids
    }

    /// The entries that stand in the place of `entries`, which are at `height`.
    fn level(
        &mut self,
        entries: &[Entry],
        changes: &[Change],
        height: u32,
        rightmost: bool,
    ) -> Result<Vec<Entry>, Error> {
        let mut result = Vec::new();
        let mut kept = 0;
        for run in runs(self.sizes, entries, changes, height) {
            result.extend_from_slice(entries.get(kept..run.entries.start).unwrap_or_default());
            kept = run.entries.end;
            let rightmost = rightmost && kept == entries.len();
            let entries = entries.get(run.entries).unwrap_or_default();
            let changes = changes.get(run.changes).unwrap_or_default();
            self.retired.extend(entries.iter().map(|entry| entry.node.clone()));
            result.extend(match height.checked_sub(1) {
                None => {
                    let ids = self.merge(leaves(entries, self.read)?, changes);
                    self.divide(ids, self.sizes.leaf, rightmost, Node::Leaf)
                }
                Some(below) => {
                    let below =
                        self.level(&inner(entries, self.read)?, changes, below, rightmost)?;
                    self.divide(below, self.sizes.fanout, rightmost, Node::Inner)
                }
            });
        }
        result.extend_from_slice(entries.get(kept..).unwrap_or_default());
        Ok(result)
    }

    /// Nodes of at most `most` items each: full ones where new items arrive, even ones elsewhere.
    fn divide<T: Clone>(
        &mut self,
        items: Vec<T>,
        most: usize,
        rightmost: bool,
        node: impl Fn(Vec<T>) -> Node,
    ) -> Vec<Entry> {
        let pieces = items.len().div_ceil(most);
        let mut entries = Vec::with_capacity(pieces);
        let mut rest = items.as_slice();
        for left in (1..=pieces).rev() {
            let size = if rightmost { most.min(rest.len()) } else { rest.len().div_ceil(left) };
            let (piece, after) = rest.split_at(size);
            rest = after;
            let node = node(piece.to_vec());
            let name = (self.name)();
            entries.push(node.entry(name.clone()));
            self.made.push((name, node));
        }
        entries
    }

    /// The entries of an inner node that was made and is not needed.
    fn take_back(&mut self, name: &str) -> Option<Vec<Entry>> {
        let place = self.made.iter().position(|(made, _)| made == name)?;
        match self.made.swap_remove(place).1 {
            Node::Inner(entries) => Some(entries),
            Node::Leaf(_) => None,
        }
    }
}

/// Ids after changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Merged {
    pub ids: Vec<String>,
    /// The changes that changed nothing: who came was there, or who went was not. A list whose objects
    /// enter it before they leave it has none.
    pub strays: Vec<Change>,
}

/// `ids` after `changes`; both are sorted. That what comes was not there and what goes was is the proof
/// that no operation was counted twice or lost: a change of which that is not so is a stray.
pub(super) fn merged(ids: Vec<String>, changes: &[Change]) -> Merged {
    let mut result = Merged { ids: Vec::with_capacity(ids.len() + changes.len()), strays: vec![] };
    let mut ids = ids.into_iter().peekable();
    for change in changes {
        while let Some(lower) = ids.next_if(|there| *there < change.id) {
            result.ids.push(lower);
        }
        let there = ids.next_if(|there| *there == change.id).is_some();
        if there != (change.delta < 0) {
            result.strays.push(change.clone());
        }
        if change.delta > 0 {
            result.ids.push(change.id.clone());
        }
    }
    result.ids.extend(ids);
    result
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
