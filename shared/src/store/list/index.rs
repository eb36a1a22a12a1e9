//! By what its members are about: an index of a list, made when somebody asks for it.
//!
//! A member has *places* (an event: its type, its object, its customer), which never change, and nothing
//! leaves such a list. To be in a list for each place would be a write more for each of them, whoever
//! asks. So a member is written nowhere else, and what is taken out of the log is sorted by places there:
//!
//! - A **segment** is a counted tree of `<place>!<member>`, of members that are in no other segment. Each
//!   compaction of a list that has an index makes one, of the batch that it moves, and names it in the
//!   same head as the tree that has the batch. Sixteen alike become one, so that there are few of them,
//!   and a member is written three times however many there are.
//! - The index has the members of the tree that are not below its **rest**. It begins with all of them
//!   below ([`Index::begin`]), and [`extend`] takes the highest ones in, step by step. Who is moved below
//!   the rest waits there for it.
//!
//! So a member of the list is in the log, or in the tree below the rest, or in one segment, and the head
//! says which: that a reader who found it unchanged has seen each once is what the list's own proof says.
//! What is in no segment is looked at by [`sought`], as long as it is little ([`Shelf::MOST_UNREAD`]).
//!
//! A function of a deployment that knows of no index writes heads that have none. Nothing is wrong then:
//! it begins anew when somebody asks, and its nodes are garbage, which nothing names.

use std::collections::HashSet;

use super::{
    item::Head,
    log::Log,
    look::{View, look},
    read::{Window, slices_of},
    shelf::Shelf,
    tree::{Entry, Node, Sizes, Tree, amount, inner, leaves},
};
use crate::{
    base::error::Error,
    model::list::{id_of, member_at},
    store::key::{AFTER_IDS, BEFORE_IDS},
};

/// Segments grow twice: what is larger stays as it is, so that no step takes too long.
const LARGEST: u32 = 2;
/// How many batches one step takes in of what was there before.
const STEP: usize = 4;

/// Where the members of a list are by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Index {
    /// The members of the tree below this one are not in it; none, where all are.
    pub rest: Option<String>,
    pub segments: Vec<Segment>,
}

/// The places of some members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// How many members they are of.
    pub members: u64,
    pub tree: Tree,
}

impl Segment {
    /// How often it has grown.
    fn class(&self, batch: usize, factor: usize) -> u32 {
        let batches = self.members.checked_div(amount(batch)).unwrap_or(0).max(1);
        batches.checked_ilog(amount(factor)).unwrap_or(0)
    }
}

impl Index {
    /// One that has none of the tree's members.
    pub fn begin() -> Self {
        Self { rest: Some(AFTER_IDS.to_owned()), segments: Vec::new() }
    }

    /// Whether it is to have this member of the tree.
    pub fn is_about(&self, id: &str) -> bool {
        self.rest.as_deref().is_none_or(|rest| rest <= id)
    }
}

/// What an index becomes.
#[derive(Debug)]
pub(super) struct Grown {
    pub index: Index,
    pub made: Vec<(String, Node)>,
    pub retired: Vec<String>,
}

/// The index with these members, which it has not.
pub(super) async fn grow<S: Shelf>(
    shelf: &S,
    index: &Index,
    ids: &[String],
    mut name: impl FnMut() -> String,
) -> Result<Grown, Error> {
    let mut grown = Grown { index: index.clone(), made: Vec::new(), retired: Vec::new() };
    merge_alike(shelf, &mut grown, &mut name).await?;
    if ids.is_empty() {
        return Ok(grown);
    }
    let places = shelf.places(ids).await?;
    let mut members = Vec::new();
    for id in ids {
        let own = places.get(id).ok_or_else(|| Error::Internal(format!("{id} has no places")))?;
        members.extend(own.iter().map(|place| member_at(place, id)));
    }
    members.sort_unstable();
    let tree = build(S::SIZES, members, &mut name, &mut grown.made);
    grown.index.segments.push(Segment { members: amount(ids.len()), tree });
    Ok(grown)
}

/// Makes one of segments of which there are enough alike, the smallest first.
async fn merge_alike<S: Shelf>(
    shelf: &S,
    grown: &mut Grown,
    name: &mut impl FnMut() -> String,
) -> Result<(), Error> {
    let class = |segment: &Segment| segment.class(S::SIZES.batch, S::ALIKE);
    let of = |wanted: u32| grown.index.segments.iter().filter(move |one| class(one) == wanted);
    let Some(wanted) = (0..LARGEST).find(|wanted| of(*wanted).count() >= S::ALIKE) else {
        return Ok(());
    };
    let (mut all, mut members) = (Vec::new(), 0);
    let mut kept = Vec::new();
    for segment in std::mem::take(&mut grown.index.segments) {
        if class(&segment) != wanted {
            kept.push(segment);
            continue;
        }
        let (below, names) = whole(shelf, &segment.tree).await?;
        all.extend(below);
        grown.retired.extend(names);
        members += segment.members;
    }
    all.sort_unstable();
    let tree = build(S::SIZES, all, name, &mut grown.made);
    kept.push(Segment { members, tree });
    grown.index.segments = kept;
    Ok(())
}

/// All members of a tree, and the names of its nodes.
async fn whole<S: Shelf>(shelf: &S, tree: &Tree) -> Result<(Vec<String>, Vec<String>), Error> {
    let (mut level, mut height, mut names) = (tree.root.clone(), tree.height, Vec::new());
    loop {
        let wanted: Vec<String> = level.iter().map(|entry| entry.node.clone()).collect();
        let nodes = shelf.nodes(&wanted).await?;
        names.extend(wanted);
        match height.checked_sub(1) {
            None => return Ok((leaves(&level, &nodes)?, names)),
            Some(below) => (level, height) = (inner(&level, &nodes)?, below),
        }
    }
}

/// A tree of these members, with one entry in its root: the head has one for each segment. Its leaves
/// are half as large as a list's, because with its place a member is twice as long.
fn build(
    sizes: Sizes,
    members: Vec<String>,
    name: &mut impl FnMut() -> String,
    made: &mut Vec<(String, Node)>,
) -> Tree {
    let mut keep = |node: Node| {
        let name = name();
        let entry = node.entry(name.clone());
        made.push((name, node));
        entry
    };
    let most = (sizes.leaf / 2).max(1);
    let mut root: Vec<Entry> = Vec::new();
    let mut members = members.into_iter().peekable();
    while members.peek().is_some() {
        root.push(keep(Node::Leaf(members.by_ref().take(most).collect())));
    }
    let mut height = 0;
    while root.len() > 1 {
        root = root.chunks(sizes.fanout).map(|some| keep(Node::Inner(some.to_vec()))).collect();
        height += 1;
    }
    Tree { root, height }
}

/// The head whose index has a step more of the tree's members, and its new nodes; none, where it has all
/// of them. Nothing of the head's own is left to be removed.
pub(super) async fn extend<S: Shelf>(
    shelf: &S,
    head: &Head,
    mut name: impl FnMut() -> String,
) -> Result<Option<(Head, Vec<(String, Node)>)>, Error> {
    let index = head.index.clone().unwrap_or_else(Index::begin);
    let Some(rest) = &index.rest else { return Ok(None) };
    let limit = amount(S::SIZES.batch.saturating_mul(STEP));
    let window = Window { from: BEFORE_IDS, to: rest, offset: 0, limit, lowest_first: false };
    let slice = slices_of(shelf, &[(&head.tree, window)]).await?.pop().unwrap_or_default();
    let Grown { mut index, made, retired } = grow(shelf, &index, &slice.ids, &mut name).await?;
    // The lowest comes last.
    index.rest = slice.ids.last().filter(|_| limit < slice.total).cloned();
    let version = head.version + 1;
    let next = Head { version, index: Some(index), retired, by: name(), ..head.clone() };
    Ok(Some((next, made)))
}

/// A slice of what is at a place.
#[derive(Debug)]
pub(super) struct Sought {
    /// None, where too much is in no segment yet.
    pub ids: Option<(Vec<String>, u64)>,
    /// Whether there is no index yet, or some of the tree had to be looked at.
    pub is_behind: bool,
    /// How many operations the log had.
    pub operations: usize,
}

/// What is at a place, once it is certain that it was all there at once; none, if the list was compacted
/// in the meantime.
pub(super) async fn sought<S: Shelf>(
    shelf: &S,
    place: &str,
    window: Window<'_>,
) -> Result<Option<(Sought, S::Objects)>, Error> {
    let view = look(shelf).await?;
    let sought = match at_place(&view, shelf, place, window).await {
        Ok(sought) => sought,
        // What does not add up may have been compacted while it was looked at.
        Err(error) => return view.unless_replaced(shelf, error).await,
    };
    let ids = sought.ids.as_ref().map_or(&[][..], |(ids, _)| ids.as_slice());
    let (versions, objects) = shelf.versions_and(ids).await?;
    let unchanged = versions == view.versions;
    Ok(unchanged.then_some((sought, objects)))
}

async fn at_place<S: Shelf>(
    view: &View,
    shelf: &S,
    place: &str,
    window: Window<'_>,
) -> Result<Sought, Error> {
    let begun = Index::begin();
    let index = view.head.index.as_ref().unwrap_or(&begun);
    let mut unread = entering(&view.log, &window);
    let mut most = amount(unread.len());
    // Whoever asks while all is in the log has the index begin, too: later it may have too much to read.
    let (mut is_behind, operations) = (view.head.index.is_none(), view.log.len());
    if let Some(rest) = &index.rest {
        let below = Window { offset: 0, limit: S::MOST_UNREAD, ..window.up_to(rest) };
        let slice = slices_of(shelf, &[(&view.head.tree, below)]).await?.pop().unwrap_or_default();
        is_behind |= slice.total > 0;
        most = most.saturating_add(slice.total);
        unread.extend(slice.ids);
    }
    if most > S::MOST_UNREAD {
        return Ok(Sought { ids: None, is_behind, operations });
    }
    let unread: Vec<String> = unread.into_iter().collect();
    let places = shelf.places(&unread).await?;
    let is_there = |id: &String| {
        places.get(id).is_some_and(|own: &Vec<String>| own.iter().any(|one| one == place))
    };
    let mut ids: Vec<String> = unread.into_iter().filter(is_there).collect();
    let mut total = amount(ids.len());
    let ends = [window.from, window.to].map(|end| member_at(place, end));
    let [from, to] = ends.each_ref().map(String::as_str);
    let limit = window.offset.saturating_add(window.limit);
    let within = Window { from, to, offset: 0, limit, ..window };
    let trees: Vec<_> = index.segments.iter().map(|segment| (&segment.tree, within)).collect();
    for slice in slices_of(shelf, &trees).await? {
        total = total.saturating_add(slice.total);
        ids.extend(slice.ids.iter().map(|member| id_of(member).to_owned()));
    }
    ids.sort_unstable();
    if !window.lowest_first {
        ids.reverse();
    }
    let [offset, limit] =
        [window.offset, window.limit].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    let ids = ids.into_iter().skip(offset).take(limit).collect();
    Ok(Sought { ids: Some((ids, total)), is_behind, operations })
}

/// The members that the log has and the tree has not.
fn entering(log: &Log, window: &Window<'_>) -> HashSet<String> {
    let changes = log.changes().into_iter();
    let enters = changes.filter(|change| change.delta > 0 && window.has(&change.id));
    enters.map(|change| change.id).collect()
}
