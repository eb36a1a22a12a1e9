//! Reads the nodes of a tree that hold given places.

use std::{collections::HashMap, ops::Range};

use super::{Change, Entry, Node, Sizes, Tree, rebuild::runs, unexpected};
use crate::base::error::Error;

/// What has to be read of a tree before changes can be made to it: the nodes of one height after the
/// other, from the root down.
pub(in crate::store::list) struct Reading<'a> {
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

/// What is below these entries, of inner nodes.
pub(in crate::store::list) fn inner(
    entries: &[Entry],
    read: &HashMap<String, Node>,
) -> Result<Vec<Entry>, Error> {
    let mut all = Vec::new();
    for entry in entries {
        match read.get(&entry.node) {
            Some(Node::Inner(below)) => all.extend_from_slice(below),
            other => return Err(unexpected(entry, other)),
        }
    }
    Ok(all)
}

/// The members below these entries, of leaves.
pub(in crate::store::list) fn leaves(
    entries: &[Entry],
    read: &HashMap<String, Node>,
) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    for entry in entries {
        match read.get(&entry.node) {
            Some(Node::Leaf(ids)) => all.extend_from_slice(ids),
            other => return Err(unexpected(entry, other)),
        }
    }
    Ok(all)
}
