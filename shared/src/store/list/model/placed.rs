//! The same proof of what is asked for by places: members come and none goes, an index begins and grows
//! at any instant, and some compactors are of a deployment that knows of no index.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use super::{
    Mutant, Role, Task, compact_all, compactor,
    stage::{Stage, each_is_found},
    table::{Stepping, places_of},
    world::{World, Written},
};
use crate::{
    base::error::Error,
    model::list::member_at,
    store::{
        key::{AFTER_IDS, BEFORE_IDS},
        list::{
            compact::{Compacted, extend},
            index::sought,
            operation::{Subsets, sort_key},
            read::{Slice, Window},
            shelf::Shelf,
        },
    },
};

type Pool = Rc<RefCell<VecDeque<String>>>;

/// Adds what is next, or nearly: ids arrive out of their order, as those of events do.
async fn writer(table: Stepping, pool: Pool) {
    loop {
        for _ in 0..table.draw(6) * table.draw(6) {
            table.item(|_| ()).await;
        }
        let mut ids = Vec::new();
        for _ in 0..1 + table.draw(4) {
            let near = table.draw(pool.borrow().len().clamp(1, 8));
            ids.extend(pool.borrow_mut().remove(near));
        }
        ids.sort();
        let Some(highest) = ids.last().cloned() else { return };
        table
            .item(|world| {
                let now = world.now;
                for id in &ids {
                    world.lists[0].turn(id, now);
                }
                let written = match ids.len() {
                    1 => Written::Alone(1, Subsets::default()),
                    _ => Written::Together(ids),
                };
                let log = world.lists[0].log.entry(0).or_default();
                log.insert(sort_key(&highest, 1), written);
            })
            .await;
    }
}

async fn indexer(table: Stepping) {
    loop {
        for _ in 0..table.draw(60) {
            table.item(|_| ()).await;
        }
        table.seen.set(0);
        match extend(&table, || table.name()).await {
            Ok(_) | Err(Error::Busy(_)) => {}
            Err(error) => table.world.borrow_mut().complain(error),
        }
        table.item(|_| ()).await;
    }
}

async fn reader(table: Stepping, ids: usize) {
    loop {
        let ends = [0, ids].map(|_| format!("id{:03}", table.draw(ids + 1)));
        let (from, to) = match table.draw(3) {
            0 => (ends[0].as_str(), AFTER_IDS),
            1 => (BEFORE_IDS, ends[1].as_str()),
            _ => (BEFORE_IDS, AFTER_IDS),
        };
        let place = match table.draw(2) {
            0 => format!("t.{}", table.draw(3)),
            _ => format!("o.{}", table.draw(11)),
        };
        let offset = u64::try_from(table.draw(9)).unwrap();
        let limit = u64::try_from(table.draw(6)).unwrap();
        let window = Window { from, to, offset, limit, lowest_first: false };
        let began = table.world.borrow().now;
        table.first.take();
        table.seen.set(0);
        let answer = sought(&table, &place, window).await;
        let slice = answer.map(|seen| {
            let (ids, total) = seen?.0.ids?;
            Some(Slice { ids, total, strays: Vec::new() })
        });
        let is_at = |id: &str| places_of(id).contains(&place);
        table.world.borrow_mut().judge_those((0, began), &window, is_at, slice);
        table.item(|_| ()).await;
    }
}

/// Runs one interleaving to its end; what went wrong, and how much was done.
fn run(seed: u64, mutant: Option<(Role, Mutant)>) -> World {
    let stage = Stage::new(seed, mutant);
    let ids = 40 + stage.draw(160);
    let pool: Pool = Rc::new(RefCell::new((0..ids).map(|id| format!("id{id:03}")).collect()));
    let mut writers: Vec<Task> = Vec::new();
    for _ in 0..2 + stage.draw(2) {
        writers.push(Box::pin(writer(stage.table(None), Rc::clone(&pool))));
    }
    let is_old = stage.draw(3) == 0;
    let new_worker = |place: usize| -> Task {
        let table = stage.table(Some(Role::Compactor));
        match place {
            0 => Box::pin(compactor(table)),
            1 if is_old => Box::pin(compactor(Stepping { mutant: Some(Mutant::Forgets), ..table })),
            1 => Box::pin(compactor(table)),
            _ => Box::pin(indexer(table)),
        }
    };
    let new_reader = || -> Task { Box::pin(reader(stage.table(Some(Role::Reader)), ids)) };
    stage.play(writers, (3, 80), new_worker, new_reader);
    stage.end(finish)
}

/// Compacts all, has all enter the index, and counts everything again.
async fn finish(table: &Stepping) {
    if !compact_all(table).await {
        return;
    }
    loop {
        match extend(table, || table.name()).await {
            Ok(Compacted::Nothing) => break,
            Ok(_) | Err(Error::Busy(_)) => {}
            Err(error) => return table.world.borrow_mut().complain(error),
        }
    }
    let all: Vec<String> = table.world.borrow().lists[0].history.keys().cloned().collect();
    for place in (0..11).map(|number| format!("o.{number}")) {
        for lowest_first in [false, true] {
            let window = Window { from: "id003", to: "id150", offset: 1, limit: 3, lowest_first };
            let seen = sought(table, &place, window).await;
            let is_there = |id: &&String| window.has(id) && places_of(id).contains(&place);
            let mut expected: Vec<String> = all.iter().filter(is_there).cloned().collect();
            let total = u64::try_from(expected.len()).unwrap();
            if !lowest_first {
                expected.reverse();
            }
            let expected: Vec<String> = expected.into_iter().skip(1).take(3).collect();
            match seen {
                Ok(Some((seen, ()))) if seen.ids.as_ref() == Some(&(expected.clone(), total)) => {}
                other => {
                    let seen = other.map(|seen| seen.map(|seen| seen.0.ids));
                    table.world.borrow_mut().complain((place.clone(), seen, expected, total));
                }
            }
        }
    }
    let mut world = table.world.borrow_mut();
    let list = &world.lists[0];
    let read = |(sk, written): (&String, &Written)| written.operations(sk);
    let in_log: Vec<String> =
        list.log.values().flat_map(|log| log.iter().flat_map(read)).map(|one| one.id).collect();
    let in_tree: Vec<&String> = all.iter().filter(|id| !in_log.contains(id)).collect();
    let mut expected: Vec<String> = in_tree
        .iter()
        .flat_map(|id| places_of(id).into_iter().map(move |place| member_at(&place, id)))
        .collect();
    expected.sort();
    let recounted = list.counted().recount(Stepping::SIZES, None, &world.nodes);
    let placed = recounted.map(|recounted| {
        let mut placed = recounted.placed;
        placed.sort();
        placed
    });
    if placed.as_ref() != Ok(&expected) {
        world.complain(("at the end", placed, expected));
    }
}

#[test]
fn what_is_at_a_place_is_never_wrong() {
    const SEEDS: std::ops::Range<u64> = 0..800;
    let (mut reads, mut compacted, mut grown) = (0, 0, 0);
    for seed in SEEDS {
        let world = run(seed, None);
        assert!(world.wrong.is_empty(), "seed {seed}: {:#?}", world.wrong);
        reads += world.reads;
        compacted += world.compacted;
        let [list, ..] = world.lists;
        let index = list.head.and_then(|head| head.index);
        let is_large = |index: &crate::store::list::index::Index| {
            index.segments.iter().any(|segment| segment.members >= 18)
        };
        grown += u64::from(index.as_ref().is_some_and(is_large));
    }
    println!("seeds {SEEDS:?}: {reads} reads, {compacted} operations moved, {grown} merged");
    assert!(reads > 5_000 && compacted > 20_000 && grown > 200);
}

#[test]
fn what_is_broken_of_an_index_is_found() {
    let broken = [
        (Role::Reader, Mutant::NoSecondLook),
        (Role::Reader, Mutant::NoMoved),
        (Role::Compactor, Mutant::OldIndex),
        (Role::Compactor, Mutant::NothingWaits),
        (Role::Compactor, Mutant::Unconditional),
    ];
    each_is_found(&broken, 800, run);
}
