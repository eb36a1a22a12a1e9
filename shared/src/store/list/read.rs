//! Reading a list: what is there, and any slice of it.

use std::collections::HashMap;

use super::{
    look::{View, look},
    shelf::Shelf,
    tree::{Change, Entry, Merged, Node, Tree, amount, merged, shares, sum, unexpected},
};
use crate::{
    base::error::Error,
    store::key::{AFTER_IDS, BEFORE_IDS},
};

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slice {
    /// The ids, newest first.
    pub ids: Vec<String>,
    /// How many members the range has.
    pub total: u64,
    /// What was found that came twice or went unseen, in what was read.
    pub strays: Vec<Change>,
}

/// What a reader saw, once it is certain that it was all there at once.
#[derive(Debug)]
pub(super) struct Seen<O> {
    pub slice: Slice,
    /// The objects of the slice that were still there afterwards, in its order.
    pub objects: O,
    /// How many operations the log had.
    pub operations: usize,
}

/// Reads a slice; none, if the list was compacted in the meantime.
pub(super) async fn read<S: Shelf>(
    shelf: &S,
    window: Window<'_>,
) -> Result<Option<Seen<S::Objects>>, Error> {
    let view = look(shelf).await?;
    let slice = match view.slice(shelf, window).await {
        Ok(slice) => slice,
        // What does not add up may have been compacted while it was looked at.
        Err(error) => return view.unless_replaced(shelf, error).await,
    };
    let (versions, objects) = shelf.versions_and(&slice.ids).await?;
    let unchanged = versions == view.versions;
    Ok(unchanged.then(|| Seen { slice, objects, operations: view.log.len() }))
}

/// What is asked for: of the members from `from` to just before `to` the `limit` that come after the
/// `offset` newest, or the `offset` lowest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub offset: u64,
    pub limit: u64,
    pub lowest_first: bool,
}

impl<'a> Window<'a> {
    /// The same, of what is below `to`.
    pub fn up_to(self, to: &'a str) -> Self {
        Self { to: self.to.min(to), ..self }
    }
}

impl Window<'_> {
    /// No member, but the count of all.
    pub const NONE_OF_ALL: Window<'static> =
        Window { from: BEFORE_IDS, to: AFTER_IDS, offset: 0, limit: 0, lowest_first: false };

    pub fn has(&self, id: &str) -> bool {
        self.from <= id && id < self.to
    }

    /// Whether a range of ids lies inside: wholly, not at all, or in part.
    fn covers(&self, from: &str, to: &str) -> Option<bool> {
        match () {
            () if to <= self.from || self.to <= from => Some(false),
            () if self.from <= from && to <= self.to => Some(true),
            () => None,
        }
    }

    /// Whether members of which between `least` and `most` are newer may be on the page.
    fn may_show(&self, least: u64, most: u64, members: u64) -> bool {
        least < self.offset.saturating_add(self.limit) && self.offset < most.saturating_add(members)
    }
}

/// A stretch of the list, between two ids.
enum Part {
    /// Members of the range, newest first.
    Read(Vec<String>),
    /// What is below a node, with the changes to it.
    Below { entry: Entry, height: u32, from: String, to: String, changes: Vec<Change> },
}

impl Part {
    /// How many members of the range it has: at least and at most.
    fn members(&self, window: &Window<'_>) -> (u64, u64) {
        let Self::Below { entry, from, to, changes, .. } = self else {
            let Self::Read(ids) = self else { return (0, 0) };
            return (amount(ids.len()), amount(ids.len()));
        };
        // More cannot have left than there were: whoever opens it finds the strays.
        let Some(all) = entry.count.checked_add_signed(sum(changes)) else {
            return (0, entry.count);
        };
        match window.covers(from, to) {
            Some(true) => (all, all),
            Some(false) => (0, 0),
            None => (0, all),
        }
    }
}

/// A window, and what of the list it has to do with: a row of parts, the newest first.
struct Pane<'a> {
    window: Window<'a>,
    parts: Vec<Part>,
    strays: Vec<Change>,
}

impl Pane<'_> {
    fn read(&mut self, Merged { ids, strays }: Merged) -> Part {
        self.strays.extend(strays);
        members(ids, &self.window)
    }

    /// Replaces the parts that are below these nodes by what these have.
    fn open(&mut self, nodes: &HashMap<String, Node>, wanted: &[String]) -> Result<(), Error> {
        let mut opened = Vec::new();
        for part in std::mem::take(&mut self.parts) {
            match part {
                Part::Below { entry, height, from, to, changes }
                    if wanted.contains(&entry.node) =>
                {
                    match (nodes.get(&entry.node), height.checked_sub(1)) {
                        (Some(Node::Leaf(ids)), None) => {
                            opened.push(self.read(merged(ids.clone(), &changes)));
                        }
                        (Some(Node::Inner(entries)), Some(height)) => {
                            opened.extend(below(entries, height, (&from, &to), &changes));
                        }
                        (found, _) => return Err(unexpected(&entry, found)),
                    }
                }
                part => opened.push(part),
            }
        }
        self.parts = opened;
        Ok(())
    }
}

impl View {
    /// The slice that `window` asks for.
    pub async fn slice<S: Shelf>(&self, shelf: &S, window: Window<'_>) -> Result<Slice, Error> {
        let slices = self.slices(shelf, &[window]).await?;
        Ok(slices.into_iter().next().unwrap_or_default())
    }

    /// The slices that `windows` ask for.
    ///
    /// The list is a row of parts, the newest first, to begin with the root's. As long as the end of
    /// the range or the page may be in a part, it is opened: replaced by what its node has. All that
    /// may be open at once are read at once, so slices cost one round trip for each height of the
    /// tree, wherever they are.
    pub async fn slices<S: Shelf>(
        &self,
        shelf: &S,
        windows: &[Window<'_>],
    ) -> Result<Vec<Slice>, Error> {
        let (changes, tree) = (self.log.changes(), &self.head.tree);
        let mut panes = Vec::new();
        for window in windows {
            let mut pane = Pane { window: *window, parts: vec![], strays: self.log.uneven() };
            pane.parts = match tree.root.is_empty() {
                true => vec![pane.read(merged(Vec::new(), &changes))],
                false => below(&tree.root, tree.height, (BEFORE_IDS, AFTER_IDS), &changes),
            };
            panes.push(pane);
        }
        open_all(shelf, panes).await
    }
}

/// The slices of trees that no log belongs to, each by its window.
pub(super) async fn slices_of<S: Shelf>(
    shelf: &S,
    sought: &[(&Tree, Window<'_>)],
) -> Result<Vec<Slice>, Error> {
    let mut panes = Vec::new();
    for (tree, window) in sought {
        let parts = below(&tree.root, tree.height, (BEFORE_IDS, AFTER_IDS), &[]);
        panes.push(Pane { window: *window, parts, strays: Vec::new() });
    }
    open_all(shelf, panes).await
}

/// Opens what the windows have to do with, height by height, and takes their slices.
async fn open_all<S: Shelf>(shelf: &S, mut panes: Vec<Pane<'_>>) -> Result<Vec<Slice>, Error> {
    loop {
        let mut all: Vec<String> = Vec::new();
        for name in panes.iter().flat_map(|pane| wanted(&pane.parts, &pane.window)) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        if all.is_empty() {
            let slice =
                |pane: Pane<'_>| Slice { strays: pane.strays, ..slice(pane.parts, &pane.window) };
            return Ok(panes.into_iter().map(slice).collect());
        }
        let nodes = shelf.nodes(&all).await?;
        for pane in &mut panes {
            pane.open(&nodes, &all)?;
        }
    }
}

/// A part that is read.
fn members(ids: Vec<String>, window: &Window<'_>) -> Part {
    Part::Read(ids.into_iter().rev().filter(|id| window.has(id)).collect())
}

/// The parts that `entries` are, newest first. Together they hold the ids from `from` to `to`.
fn below(
    entries: &[Entry],
    height: u32,
    (from, to): (&str, &str),
    changes: &[Change],
) -> Vec<Part> {
    let shares = shares(entries, changes);
    let firsts = entries.iter().skip(1).map(|entry| entry.first.as_str());
    let froms = [from].into_iter().chain(firsts.clone());
    let tos = firsts.chain([to]);
    let parts = entries.iter().zip(shares).zip(froms.zip(tos));
    let mut parts: Vec<Part> = parts
        .map(|((entry, share), (from, to))| Part::Below {
            entry: entry.clone(),
            height,
            from: from.to_owned(),
            to: to.to_owned(),
            changes: changes.get(share).unwrap_or_default().to_vec(),
        })
        .collect();
    parts.reverse();
    parts
}

/// The nodes that the answer cannot do without.
fn wanted(parts: &[Part], window: &Window<'_>) -> Vec<String> {
    let (mut least, mut most) = (0_u64, 0_u64);
    let mut wanted = Vec::new();
    let mut parts: Vec<&Part> = parts.iter().collect();
    if window.lowest_first {
        parts.reverse();
    }
    for part in parts {
        let (at_least, at_most) = part.members(window);
        if let Part::Below { entry, .. } = part {
            let in_part = at_least < at_most;
            if in_part || (at_most > 0 && window.may_show(least, most, at_most)) {
                wanted.push(entry.node.clone());
            }
        }
        least = least.saturating_add(at_least);
        most = most.saturating_add(at_most);
    }
    wanted
}

fn slice(mut parts: Vec<Part>, window: &Window<'_>) -> Slice {
    let mut slice = Slice::default();
    if window.lowest_first {
        parts.reverse();
    }
    for part in parts {
        let (members, _) = part.members(window);
        if let Part::Read(mut ids) = part {
            if window.lowest_first {
                ids.reverse();
            }
            let skipped = window.offset.saturating_sub(slice.total);
            let taken = window.limit.saturating_sub(amount(slice.ids.len()));
            let (skipped, taken) = (usize::try_from(skipped), usize::try_from(taken));
            let (skipped, taken) = (skipped.unwrap_or(usize::MAX), taken.unwrap_or(usize::MAX));
            slice.ids.extend(ids.into_iter().skip(skipped).take(taken));
        }
        slice.total = slice.total.saturating_add(members);
    }
    slice
}

#[cfg(test)]
mod tests;
