//! What is true of lists at each instant, and whether an answer could have been given.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
};

use crate::{
    base::error::Error,
    store::list::{
        item::Head,
        operation::{Operation, Subsets, parts},
        read::{Slice, Window},
        recount::Recount,
        tree::Node,
    },
};

/// One of the lists: the items that are its own, and what is true of it.
#[derive(Default)]
pub(super) struct OfList {
    pub(super) head: Option<Head>,
    pub(super) log: BTreeMap<u8, BTreeMap<String, Written>>,
    /// Of each id when it came and went, in turn.
    pub(super) history: BTreeMap<String, Vec<u64>>,
}

impl OfList {
    /// Whether an id is a member at an instant.
    pub(super) fn has_at(&self, id: &str, at: u64) -> bool {
        let turns = self
            .history
            .get(id)
            .map_or(0, |turns| turns.iter().filter(|turn| **turn <= at).count());
        turns % 2 == 1
    }

    /// Notes that an id comes or goes: +1 or −1.
    pub(super) fn turn(&mut self, id: &str, now: u64) -> i64 {
        let turns = self.history.entry(id.to_owned()).or_default();
        turns.push(now);
        if turns.len() % 2 == 1 { 1 } else { -1 }
    }

    /// As the auditor sees it.
    pub(super) fn counted(&self) -> Recount {
        let read = |(sk, written): (&String, &Written)| written.operations(sk);
        let partitions = self.log.iter().filter(|(_, operations)| !operations.is_empty());
        let operations =
            partitions.map(|(number, part)| (*number, part.iter().flat_map(read).collect()));
        Recount { head: self.head.clone(), operations: operations.collect() }
    }
}

/// The items of a list and of its two subsets, and what is true of them.
#[derive(Default)]
pub(super) struct World {
    /// The whole first.
    pub(super) lists: [OfList; 3],
    pub(super) nodes: HashMap<String, Node>,
    /// How often each id was changed.
    pub(super) versions: BTreeMap<String, u64>,
    /// How many items have been touched: the time.
    pub(super) now: u64,
    pub(super) named: u64,
    pub(super) wrong: Vec<String>,
    /// Writes of which nobody knows, and when they arrive.
    pub(super) late: Vec<(u64, Write)>,
    pub(super) reads: u64,
    pub(super) compacted: usize,
    /// How many looks did not see all of a partition.
    pub(super) bounded: u64,
}

/// An operation as it stands in the log.
#[derive(Clone, Debug)]
pub(super) enum Written {
    /// Of the id in its key: +1 or −1, or 0 where only subsets change, and what it is to these.
    Alone(i64, Subsets),
    /// Of several ids that enter, the last of which is in its key.
    Together(Vec<String>),
}

impl Written {
    /// What it says under its key.
    pub(super) fn operations(&self, sk: &str) -> Vec<Operation> {
        let (id, version) = parts(sk).unwrap();
        match self {
            Self::Alone(delta, subsets) => {
                let (delta, subsets) = (*delta, subsets.clone());
                vec![Operation { id: id.to_owned(), version, delta, subsets, with: None }]
            }
            Self::Together(ids) => Operation::together(id, version, ids.clone()).unwrap(),
        }
    }
}

pub(super) type Write = Box<dyn FnOnce(&mut World)>;

impl World {
    /// The ids that were members all the time, and those that were at some time.
    pub(super) fn members(
        &self,
        list: usize,
        (from, to): (u64, u64),
        window: &Window<'_>,
    ) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let (mut always, mut sometimes) = (BTreeSet::new(), BTreeSet::new());
        let inside = |id: &str| window.from <= id && id < window.to;
        let of = &self.lists[list];
        for (id, turns) in of.history.iter().filter(|(id, _)| inside(id)) {
            let changed = turns.iter().any(|turn| (from + 1..=to).contains(turn));
            match (of.has_at(id, from), changed) {
                (true, false) => {
                    always.insert(id.as_str());
                    sometimes.insert(id.as_str());
                }
                (_, true) => {
                    sometimes.insert(id.as_str());
                }
                (false, false) => {}
            }
        }
        (always, sometimes)
    }

    /// Holds the answer to a read that began at an instant against what was true since then.
    pub(super) fn judge(
        &mut self,
        (list, began): (usize, u64),
        window: &Window<'_>,
        answer: Result<Option<Slice>, Error>,
    ) {
        self.judge_those((list, began), window, |_| true, answer);
    }

    /// The same of those members that are meant.
    pub(super) fn judge_those(
        &mut self,
        (list, began): (usize, u64),
        window: &Window<'_>,
        are_meant: impl Fn(&str) -> bool,
        answer: Result<Option<Slice>, Error>,
    ) {
        let slice = match answer {
            Ok(Some(slice)) => slice,
            Ok(None) => return,
            Err(error) => return self.complain(error),
        };
        self.reads += 1;
        let (mut always, mut sometimes) = self.members(list, (began, self.now), window);
        always.retain(|id| are_meant(id));
        sometimes.retain(|id| are_meant(id));
        if let Some(wrong) = wrong_with(&slice, window, &always, &sometimes) {
            self.complain((wrong, window, &slice));
        }
    }

    pub(super) fn complain(&mut self, what: impl Debug) {
        self.wrong.push(format!("at {}: {what:?}", self.now));
    }
}

/// What is wrong with an answer, if the list could not have given it.
fn wrong_with(
    Slice { ids, total, .. }: &Slice,
    window: &Window<'_>,
    always: &BTreeSet<&str>,
    sometimes: &BTreeSet<&str>,
) -> Option<&'static str> {
    let length = |set: &BTreeSet<&str>| u64::try_from(set.len()).unwrap();
    if !(length(always)..=length(sometimes)).contains(total) {
        return Some("the total");
    }
    let expected = total.saturating_sub(window.offset).min(window.limit);
    if u64::try_from(ids.len()).unwrap() != expected {
        return Some("the length of the page");
    }
    if ids.windows(2).any(|pair| pair[0] <= pair[1]) {
        return Some("the order");
    }
    for (place, id) in (window.offset..).zip(ids) {
        if !sometimes.contains(id.as_str()) {
            return Some("a member that is none");
        }
        let above = |set: &BTreeSet<&str>| {
            u64::try_from(set.iter().filter(|other| **other > id.as_str()).count()).unwrap()
        };
        if !(above(always)..=above(sometimes)).contains(&place) {
            return Some("the place of a member");
        }
    }
    // Between two of a page, nobody is left out.
    let left_out =
        |pair: &[String]| always.iter().any(|id| pair[1].as_str() < *id && *id < pair[0].as_str());
    ids.windows(2).any(left_out).then_some("a member that is left out")
}
