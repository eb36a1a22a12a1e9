//! The proof that a list is never wrong: the very code that runs, on a table that stops between any two
//! items.
//!
//! Writers, readers and compactors are tasks; whoever is next is drawn, and each goes one item further:
//! a query reads one key and stops, a batch writes one item and stops. Compactors are killed anywhere
//! and begin again; what they ask for may be answered or not. Of every id it is known when it was a
//! member, so of every answer it can be said whether it is one that the list could give at some instant
//! of the read. The sizes are small, so that trees grow, split and shrink within one run.
//!
//! A checker that finds nothing proves nothing, so the protocol is also broken on purpose, one rule at a
//! time, and each of these mutants must be found.

use std::pin::Pin;

use self::{
    stage::{Stage, each_is_found},
    table::{SUBSETS, Stepping},
    world::{World, Written},
};
use super::{
    compact::{Compacted, Why, compact},
    operation::{Subsets, sort_key},
    read::{Window, read},
    shelf::Shelf,
    spread::widened,
};
use crate::{
    base::error::Error,
    store::key::{AFTER_IDS, BEFORE_IDS},
};

mod placed;
mod stage;
mod subsets;
mod table;
mod world;

/// Who breaks a rule; the others keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Reader,
    Compactor,
}

/// A rule of the protocol that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    /// A reader does not look at the head again.
    NoSecondLook,
    /// What was moved is not left out.
    NoMoved,
    /// The log is read before the head.
    LogBeforeHead,
    /// What may be torn across partitions is not read again.
    Torn,
    /// One operation more than what was moved is removed.
    LostOperation,
    /// What was moved is not removed before the next batch is.
    NotRemoved,
    /// A part of a partition is taken for all of it.
    NoBound,
    /// The head is replaced whatever its version.
    Unconditional,
    /// The nodes of a compaction that may have succeeded are removed.
    UnknownIsNo,
    /// A batch does not enter the index.
    OldIndex,
    /// What was there before an index is taken to be in it.
    NothingWaits,
    /// Nothing is known of an index, as in an earlier deployment: this is allowed.
    Forgets,
    /// What was moved is removed before subsets have it; or is left out where they have it not.
    TakesNothing,
    /// What a subset has taken is not known.
    HasNothing,
    /// What stands in a subset's own log is not seen.
    OwnUnseen,
    /// A subset's own log is compacted whatever the log of the whole has.
    OwnAlone,
    /// A reader of a subset does not look at the head of the whole again.
    WholeOnce,
}

impl Mutant {
    const ALL: [(Role, Self); 12] = [
        (Role::Reader, Self::NoSecondLook),
        (Role::Reader, Self::NoMoved),
        (Role::Reader, Self::LogBeforeHead),
        (Role::Reader, Self::Torn),
        (Role::Compactor, Self::NoMoved),
        (Role::Compactor, Self::LogBeforeHead),
        (Role::Compactor, Self::Torn),
        (Role::Compactor, Self::LostOperation),
        (Role::Compactor, Self::NotRemoved),
        (Role::Compactor, Self::NoBound),
        (Role::Compactor, Self::Unconditional),
        (Role::Compactor, Self::UnknownIsNo),
    ];
}

/// Changes ids that it shares with the others: each one's membership in turn.
async fn writer(table: Stepping, ids: usize, changes: usize) {
    let mut partitions = 1;
    for _ in 0..changes {
        if table.draw(40) == 0 && partitions < 16 {
            // It was throttled.
            if let Ok(Some(more)) = widened(&table, partitions).await {
                partitions = more;
            }
        }
        // In bursts, with time to read between them.
        for _ in 0..table.draw(8) * table.draw(8) {
            table.item(|_| ()).await;
        }
        let id = format!("id{:03}", table.draw(ids));
        let partition = u8::try_from(table.draw(usize::from(partitions))).unwrap();
        table
            .item(|world| {
                let (now, list) = (world.now, &mut world.lists[0]);
                let delta = list.turn(&id, now);
                // Some changes of an object are of no consequence to the list.
                let version = u64::try_from(list.history[&id].len() * 2 - 1).unwrap();
                let place = list.log.entry(partition).or_default();
                place.insert(sort_key(&id, version), Written::Alone(delta, Subsets::default()));
            })
            .await;
    }
}

async fn compactor(table: Stepping) {
    loop {
        table.seen.set(0);
        let why = if table.draw(16) == 0 { Why::Strays } else { Why::Long };
        match compact(&table, why, || table.name()).await {
            Ok(Compacted::Moved(moved)) => table.world.borrow_mut().compacted += moved,
            Ok(_) | Err(Error::Busy(_)) => {}
            Err(error) => table.world.borrow_mut().complain(error),
        }
        table.item(|_| ()).await;
    }
}

async fn reader(table: Stepping, ids: usize) {
    loop {
        read_once(&table, ids).await;
        table.item(|_| ()).await;
    }
}

/// Reads a slice that is drawn, and has it judged.
async fn read_once(table: &Stepping, ids: usize) {
    let mut ends = [0, ids].map(|_| format!("id{:03}", table.draw(ids + 1)));
    ends.sort();
    let [from, to] = ends;
    let (from, to) = match table.draw(3) {
        0 => (from.as_str(), to.as_str()),
        1 => (from.as_str(), AFTER_IDS),
        _ => (BEFORE_IDS, AFTER_IDS),
    };
    let offset = u64::try_from(table.draw(ids)).unwrap() / 2;
    let limit = u64::try_from(table.draw(6)).unwrap();
    let window = Window { from, to, offset, limit, lowest_first: false };
    let began = table.world.borrow().now;
    table.first.take();
    table.seen.set(0);
    let seen = match read(table, window).await {
        Ok(Some(seen)) if !seen.slice.strays.is_empty() => {
            table.tolerate(&seen.slice.strays).map(|()| Some(seen))
        }
        seen => seen,
    };
    let slice = seen.map(|seen| Some(seen?.slice));
    table.world.borrow_mut().judge((table.list, began), &window, slice);
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Runs one interleaving to its end; what went wrong, and how much was done.
fn run(seed: u64, mutant: Option<(Role, Mutant)>) -> World {
    let stage = Stage::new(seed, mutant);
    let (ids, changes) = (4 + stage.draw(60), 20 + stage.draw(60));
    let mut writers: Vec<Task> = Vec::new();
    for _ in 0..2 + stage.draw(2) {
        writers.push(Box::pin(writer(stage.table(None), ids, changes)));
    }
    let new_compactor = |_| -> Task { Box::pin(compactor(stage.table(Some(Role::Compactor)))) };
    let new_reader = || -> Task { Box::pin(reader(stage.table(Some(Role::Reader)), ids)) };
    stage.play(writers, (2, 60), new_compactor, new_reader);
    stage.end(finish)
}

/// Compacts until nothing is left to compact, and counts everything again.
async fn finish(table: &Stepping) {
    if compact_all(table).await {
        count(&mut table.world.borrow_mut(), 0);
    }
}

/// Compacts until nothing is left to compact: whether that went well.
async fn compact_all(table: &Stepping) -> bool {
    loop {
        match compact(table, Why::Long, || table.name()).await {
            Ok(Compacted::Nothing) => return true,
            Ok(_) | Err(Error::Busy(_)) => {}
            Err(error) => {
                table.world.borrow_mut().complain(error);
                return false;
            }
        }
    }
}

/// Counts a list again, at the end.
fn count(world: &mut World, list: usize) {
    let (now, of) = (world.now, &world.lists[list]);
    let truth: Vec<String> = of.history.keys().filter(|id| of.has_at(id, now)).cloned().collect();
    let whole = world.lists[0].counted();
    let whole = list.checked_sub(1).map(|place| (&whole, SUBSETS[place]));
    match of.counted().recount(Stepping::SIZES, whole, &world.nodes) {
        Ok(recounted) if recounted.members == truth && recounted.strays.is_empty() => {}
        other => world.complain(("at the end", list, other, truth)),
    }
}

#[test]
fn a_list_is_never_wrong() {
    const SEEDS: std::ops::Range<u64> = 0..2_500;
    let (mut reads, mut compacted, mut higher, mut spread, mut bounded) = (0, 0, 0, 0, 0);
    for seed in SEEDS {
        let world = run(seed, None);
        assert!(world.wrong.is_empty(), "seed {seed}: {:#?}", world.wrong);
        reads += world.reads;
        compacted += world.compacted;
        bounded += world.bounded;
        let [whole, ..] = world.lists;
        let head = whole.head.unwrap_or_default();
        higher += u64::from(head.tree.height > 0);
        spread += u64::from(head.partitions > 1);
    }
    println!(
        "seeds {SEEDS:?}: {reads} reads, {compacted} operations moved, {higher} trees grew, \
         {spread} logs had several partitions, {bounded} were longer than was read"
    );
    assert!(reads > 10_000 && compacted > 50_000);
    assert!(higher > 1_000 && spread > 1_000 && bounded > 1_000);
}

#[test]
fn every_mutant_is_found() {
    each_is_found(&Mutant::ALL, 2_500, run);
}
