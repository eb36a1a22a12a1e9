//! Counting a list again from all of its items: what the auditor does.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::{
    index::Index,
    item::{DELTA, Head, IDS, SUBSETS, unpacked},
    log::Log,
    operation::{Operation, Place, Subsets, parts},
    tree::{Merged, Node, Sizes, amount, merged, walk},
};
use crate::{
    model::{entity::Item, list::id_of},
    store::key::LIST_HEAD,
};

/// The items of one list.
#[derive(Debug, Default)]
pub struct Recount {
    pub(super) head: Option<Head>,
    pub(super) operations: BTreeMap<u8, Vec<Operation>>,
}

/// What a list is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recounted {
    /// Its members, ascending.
    pub members: Vec<String>,
    /// The names of its nodes.
    pub nodes: Vec<String>,
    /// Its strays: the members that came twice, or went unseen.
    pub strays: Vec<String>,
    /// Of the members that its index has, each at each of its places, as it stands there.
    pub placed: Vec<String>,
}

impl Recount {
    /// Takes an item of the list's log in: an operation, or the head.
    pub fn enter(&mut self, partition: u8, sk: &str, item: &Item) -> Result<(), String> {
        if sk == LIST_HEAD {
            self.head = Some(Head::from_item(item).ok_or("a list's head that cannot be read")?);
            return Ok(());
        }
        let (id, version) = parts(sk).ok_or("a list operation of no object")?;
        let operations = self.operations.entry(partition).or_default();
        if let Some(ids) = item.get(IDS).and_then(Value::as_str) {
            let several = Operation::together(id, version, unpacked(ids));
            operations.extend(several.ok_or("a list operation of several, under another key")?);
            return Ok(());
        }
        let subsets = match item.get(SUBSETS).and_then(Value::as_str) {
            Some(text) => Subsets::read(text.to_owned()).ok_or("a list operation of no subset")?,
            None => Subsets::default(),
        };
        let delta = item.get(DELTA).map_or(Some(0), Value::as_i64);
        let is_one = |delta: &i64| delta.abs() == 1 || (*delta == 0 && !subsets.is_empty());
        let delta = delta.filter(is_one).ok_or("a list operation of no sign")?;
        operations.push(Operation { id: id.to_owned(), version, delta, subsets, with: None });
        Ok(())
    }

    /// The filters of the list's subsets of which its log says something.
    pub fn subsets(&self) -> BTreeSet<String> {
        let operations = self.operations.values().flatten();
        let named = operations.flat_map(|operation| operation.subsets.each());
        named.map(|(filter, _)| filter.to_owned()).collect()
    }

    /// The list's members, from its tree and its log, and of a subset from that of the whole; or what is
    /// wrong with it.
    pub fn members(
        &self,
        whole: Option<(&Self, &str)>,
        nodes: &HashMap<String, Node>,
    ) -> Result<Recounted, String> {
        self.recount(Sizes::OURS, whole, nodes)
    }

    /// The same of a list whose parts have these sizes.
    pub(super) fn recount(
        &self,
        sizes: Sizes,
        whole: Option<(&Self, &str)>,
        nodes: &HashMap<String, Node>,
    ) -> Result<Recounted, String> {
        let none = Head::default();
        let head = self.head.as_ref().unwrap_or(&none);
        let mut log = self.log(None)?;
        if let Some((whole, filter)) = whole {
            log = log.and(whole.log(Some((filter, head.has_batch)))?);
        }
        recount(sizes, head, &log, nodes)
    }

    /// The log without what was moved; or, where a subset is asked for, what it is to that, whose tree has
    /// batches up to this one.
    fn log(&self, subset: Option<(&str, u64)>) -> Result<Log, String> {
        let none = Head::default();
        let head = self.head.as_ref().unwrap_or(&none);
        let is_waiting =
            subset.is_some_and(|(filter, has_batch)| head.is_waiting(filter, has_batch));
        let moved = head.moved.iter().filter(|_| !is_waiting);
        let moved: HashSet<Place> = moved.cloned().collect();
        let mut log = Log::default();
        for (partition, operations) in &self.operations {
            if *partition >= head.partitions() {
                return Err(format!("operations in partition {partition}, which nobody reads"));
            }
            let of = |operation: Operation| match subset {
                Some((filter, _)) => operation.in_subset(filter),
                None => Some(operation),
            };
            log.add(*partition, operations.iter().cloned().filter_map(of).collect(), &moved);
        }
        Ok(log)
    }
}

/// Counts a list with this head and log again.
fn recount(
    sizes: Sizes,
    head: &Head,
    log: &Log,
    nodes: &HashMap<String, Node>,
) -> Result<Recounted, String> {
    let (tree, names) = walk(sizes, &head.tree, |name| nodes.get(name))?;
    let mut names = names;
    let placed = match &head.index {
        Some(index) => placed(sizes, index, &tree, &mut names, nodes)?,
        None => Vec::new(),
    };
    let Merged { ids: members, mut strays } = merged(tree, &log.changes());
    strays.extend(log.uneven());
    let strays = strays.into_iter().map(|stray| stray.id).collect();
    Ok(Recounted { members, nodes: names, strays, placed })
}

/// What an index has, if it is of the members of the tree that it should be of, each in one segment.
fn placed(
    sizes: Sizes,
    index: &Index,
    tree: &[String],
    names: &mut Vec<String>,
    nodes: &HashMap<String, Node>,
) -> Result<Vec<String>, String> {
    let (mut placed, mut seen) = (Vec::new(), BTreeSet::new());
    for segment in &index.segments {
        let (members, own) = walk(sizes, &segment.tree, |name| nodes.get(name))?;
        let of: BTreeSet<String> = members.iter().map(|member| id_of(member).to_owned()).collect();
        if amount(of.len()) != segment.members {
            return Err(format!("{} are in a segment of {}", of.len(), segment.members));
        }
        for id in of {
            if let Some(twice) = seen.replace(id) {
                return Err(format!("{twice} is in two segments"));
            }
        }
        placed.extend(members);
        names.extend(own);
    }
    let wanted: BTreeSet<&String> = tree.iter().filter(|id| index.is_about(id)).collect();
    match wanted.symmetric_difference(&seen.iter().collect()).next() {
        Some(id) => Err(format!("{id} is in the tree or in the index, and not in both")),
        None => Ok(placed),
    }
}
