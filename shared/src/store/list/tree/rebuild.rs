//! Writes anew the nodes that changes reach.

use std::{collections::HashMap, ops::Range};

use super::{
    Change, Entry, Node, Sizes, Tree,
    reading::{inner, leaves},
    sum,
};
use crate::base::error::Error;

/// What a set of changes makes of a tree.
#[derive(Debug, Default)]
pub(in crate::store::list) struct Rebuilt {
    pub tree: Tree,
    pub made: Vec<(String, Node)>,
    pub retired: Vec<String>,
    /// What changed nothing: see [`Merged`].
    pub strays: Vec<Change>,
}

/// The part of sorted `changes` that each of sorted `entries` takes: all from its first id to the next
/// one's. What is lower than every id is the first one's.
pub(in crate::store::list) fn shares(entries: &[Entry], changes: &[Change]) -> Vec<Range<usize>> {
    let ends =
        entries.iter().skip(1).map(|next| changes.partition_point(|change| change.id < next.first));
    let mut from = 0;
    ends.chain([changes.len()])
        .take(entries.len())
        .map(|end| std::mem::replace(&mut from, end)..end)
        .collect()
}

/// Neighbours that are rewritten as one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) entries: Range<usize>,
    pub(super) changes: Range<usize>,
}

/// The runs of entries at `height` that the changes touch.
pub(super) fn runs(sizes: Sizes, entries: &[Entry], changes: &[Change], height: u32) -> Vec<Run> {
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

/// Makes `changes`, which are sorted, to a tree of which `read` was read. `name` names the new nodes.
pub(in crate::store::list) fn rebuild(
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
pub(in crate::store::list) struct Merged {
    pub ids: Vec<String>,
    /// The changes that changed nothing: who came was there, or who went was not. A list whose objects
    /// enter it before they leave it has none.
    pub strays: Vec<Change>,
}

/// `ids` after `changes`; both are sorted. That what comes was not there and what goes was is the proof
/// that no operation was counted twice or lost: a change of which that is not so is a stray.
pub(in crate::store::list) fn merged(ids: Vec<String>, changes: &[Change]) -> Merged {
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
