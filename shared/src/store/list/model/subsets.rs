//! The same proof of subsets: what is in them stands in the log of the whole, and before that stood in
//! logs of their own; for a while both forms are written at once.

use std::{cell::Cell, rc::Rc};

use super::{
    Mutant, Role, Task, compact_all, count, read_once,
    stage::{Stage, each_is_found},
    table::{SUBSETS, Stepping},
    world::{World, Written},
};
use crate::{
    base::error::Error,
    store::list::{
        compact::{Compacted, Why, compact},
        operation::{Subsets, sort_key},
        spread::widened,
    },
};

/// How changes to subsets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In logs of their own: what functions do that know both.
    Own,
    /// In the log of the whole.
    Whole,
}

/// When changes in which form were made.
#[derive(Debug, Default)]
struct Forms {
    last_own: Cell<u64>,
    first_whole: Cell<Option<u64>>,
}

/// Changes ids that it shares with the others, in the whole and in both subsets.
async fn writer(table: Stepping, (ids, changes): (usize, usize), forms: Rc<Forms>, mixed: bool) {
    let mut partitions = [1, 1, 1];
    for change in 0..changes {
        if table.draw(40) == 0 {
            // It was throttled.
            let list = table.draw(3);
            let shelf = Stepping { list, ..table.clone() };
            if partitions[list] < 16
                && let Ok(Some(more)) = widened(&shelf, partitions[list]).await
            {
                partitions[list] = more;
            }
        }
        for _ in 0..table.draw(8) * table.draw(8) {
            table.item(|_| ()).await;
        }
        let form = match change * 3 / changes {
            0 if mixed => Form::Own,
            1 if mixed && table.draw(2) == 0 => Form::Own,
            _ => Form::Whole,
        };
        let id = format!("id{:03}", table.draw(ids));
        let touched = [table.draw(3) == 0, table.draw(2) == 0, table.draw(2) == 0];
        let places = partitions
            .map(|partitions: u8| u8::try_from(table.draw(usize::from(partitions))).unwrap());
        table
            .item(|world| {
                let now = world.now;
                *world.versions.entry(id.clone()).or_default() += 1;
                let sk = sort_key(&id, world.versions[&id]);
                let delta = if touched[0] { world.lists[0].turn(&id, now) } else { 0 };
                let mut subsets = Subsets::default();
                for list in [1, 2].into_iter().filter(|list| touched[*list]) {
                    let delta = world.lists[list].turn(&id, now);
                    if form == Form::Own {
                        forms.last_own.set(now);
                        let log = world.lists[list].log.entry(places[list]).or_default();
                        log.insert(sk.clone(), Written::Alone(delta, Subsets::default()));
                    } else {
                        forms.first_whole.set(forms.first_whole.get().or(Some(now)));
                        subsets.add(SUBSETS[list - 1], delta);
                    }
                }
                if delta != 0 || !subsets.is_empty() {
                    let log = world.lists[0].log.entry(places[0]).or_default();
                    log.insert(sk, Written::Alone(delta, subsets));
                }
            })
            .await;
    }
}

async fn compactor(table: Stepping) {
    loop {
        table.seen.set(0);
        let list = if table.draw(3) == 0 { table.draw(3) } else { 0 };
        let why = if list == 0 && table.draw(16) == 0 { Why::Strays } else { Why::Long };
        let shelf = Stepping { list, ..table.clone() };
        match compact(&shelf, why, || table.name()).await {
            Ok(Compacted::Moved(moved)) => table.world.borrow_mut().compacted += moved,
            Ok(_) | Err(Error::Busy(_)) => {}
            Err(error) => table.world.borrow_mut().complain((list, error)),
        }
        table.item(|_| ()).await;
    }
}

/// Reads any of the lists. Whoever reads a subset while both forms are written may miss one of two
/// changes to an object: what it says is not judged.
async fn reader(table: Stepping, ids: usize, forms: Rc<Forms>) {
    loop {
        let list = table.draw(3);
        let shelf = Stepping { list, ..table.clone() };
        let (began, wrong) = (table.world.borrow().now, table.world.borrow().wrong.len());
        read_once(&shelf, ids).await;
        let is_mixed =
            list > 0 && forms.last_own.get() >= began && forms.first_whole.get().is_some();
        if is_mixed {
            table.world.borrow_mut().wrong.truncate(wrong);
        }
        table.item(|_| ()).await;
    }
}

/// Runs one interleaving to its end; what went wrong, and how much was done.
fn run(seed: u64, mutant: Option<(Role, Mutant)>) -> World {
    let stage = Stage::new(seed, mutant);
    let (ids, changes) = (4 + stage.draw(40), 30 + stage.draw(60));
    let mixed = stage.draw(2) == 0;
    let forms = Rc::<Forms>::default();
    let mut writers: Vec<Task> = Vec::new();
    for _ in 0..2 + stage.draw(2) {
        let forms = Rc::clone(&forms);
        writers.push(Box::pin(writer(stage.table(None), (ids, changes), forms, mixed)));
    }
    let new_compactor = |_| -> Task { Box::pin(compactor(stage.table(Some(Role::Compactor)))) };
    let new_reader =
        || -> Task { Box::pin(reader(stage.table(Some(Role::Reader)), ids, Rc::clone(&forms))) };
    stage.play(writers, (2, 60), new_compactor, new_reader);
    stage.end(finish)
}

/// Compacts until nothing is left to compact, and counts everything again.
async fn finish(table: &Stepping) {
    for list in [0, 1, 2] {
        if !compact_all(&Stepping { list, ..table.clone() }).await {
            return;
        }
    }
    for list in [0, 1, 2] {
        count(&mut table.world.borrow_mut(), list);
    }
}

#[test]
fn a_subset_is_never_wrong() {
    const SEEDS: std::ops::Range<u64> = 0..1_250;
    let (mut reads, mut compacted, mut grew, mut spread, mut own) = (0, 0, 0, 0, 0);
    for seed in SEEDS {
        let world = run(seed, None);
        assert!(world.wrong.is_empty(), "seed {seed}: {:#?}", world.wrong);
        reads += world.reads;
        compacted += world.compacted;
        let [whole, subset, _] = world.lists;
        spread += u64::from(whole.head.unwrap_or_default().partitions > 1);
        let head = subset.head.unwrap_or_default();
        grew += u64::from(head.tree.height > 0 && head.has_batch > 0);
        own += u64::from(head.has_batch > 0 && subset.log.values().any(|log| !log.is_empty()));
    }
    println!(
        "seeds {SEEDS:?}: {reads} reads, {compacted} operations moved, {grew} subsets grew, \
         {spread} logs had several partitions, {own} subsets still had a log of their own"
    );
    assert!(reads > 20_000 && compacted > 10_000);
    assert!(grew > 400 && spread > 400 && own > 200);
}

#[test]
fn what_is_broken_of_subsets_is_found() {
    let broken = [
        (Role::Reader, Mutant::NoSecondLook),
        (Role::Reader, Mutant::NoMoved),
        (Role::Reader, Mutant::WholeOnce),
        (Role::Reader, Mutant::TakesNothing),
        (Role::Reader, Mutant::HasNothing),
        (Role::Reader, Mutant::OwnUnseen),
        (Role::Reader, Mutant::Torn),
        (Role::Compactor, Mutant::TakesNothing),
        (Role::Compactor, Mutant::HasNothing),
        (Role::Compactor, Mutant::OwnUnseen),
        (Role::Compactor, Mutant::OwnAlone),
        (Role::Compactor, Mutant::NotRemoved),
        (Role::Compactor, Mutant::Unconditional),
        (Role::Compactor, Mutant::UnknownIsNo),
    ];
    each_is_found(&broken, 2_500, run);
}
