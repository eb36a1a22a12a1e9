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

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use fastrand::Rng;

use super::{
    compact::{Compacted, compact},
    item::Head,
    log::{Operation, Place, parts, sort_key},
    read::{Slice, Window, read},
    recount::recount,
    shelf::{Replaced, Shelf, Stretch},
    spread::widened,
    tree::{Node, Sizes},
};
use crate::{
    base::error::Error,
    store::key::{AFTER_IDS, BEFORE_IDS},
};

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

/// The items of one list, and what is true of it.
#[derive(Default)]
struct World {
    head: Option<Head>,
    log: BTreeMap<u8, BTreeMap<String, i64>>,
    nodes: HashMap<String, Node>,
    /// Of each id when it came and went, in turn.
    history: BTreeMap<String, Vec<u64>>,
    /// How many items have been touched: the time.
    now: u64,
    named: u64,
    wrong: Vec<String>,
    /// Writes of which nobody knows, and when they arrive.
    late: Vec<(u64, Write)>,
    reads: u64,
    compacted: usize,
    /// How many looks did not see all of a partition.
    bounded: u64,
}

type Write = Box<dyn FnOnce(&mut World)>;

impl World {
    /// Whether an id is a member at an instant.
    fn has_at(&self, id: &str, at: u64) -> bool {
        let turns = self
            .history
            .get(id)
            .map_or(0, |turns| turns.iter().filter(|turn| **turn <= at).count());
        turns % 2 == 1
    }

    /// The ids that were members all the time, and those that were at some time.
    fn members(&self, from: u64, to: u64, window: &Window<'_>) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let (mut always, mut sometimes) = (BTreeSet::new(), BTreeSet::new());
        let inside = |id: &str| window.from <= id && id < window.to;
        for (id, turns) in self.history.iter().filter(|(id, _)| inside(id)) {
            let changed = turns.iter().any(|turn| (from + 1..=to).contains(turn));
            match (self.has_at(id, from), changed) {
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
    fn judge(&mut self, began: u64, window: &Window<'_>, answer: Result<Option<Slice>, Error>) {
        let slice = match answer {
            Ok(Some(slice)) => slice,
            Ok(None) => return,
            Err(error) => return self.complain(error),
        };
        self.reads += 1;
        let (always, sometimes) = self.members(began, self.now, window);
        if let Some(wrong) = wrong_with(&slice, window, &always, &sometimes) {
            self.complain((wrong, window, &slice));
        }
    }

    fn complain(&mut self, what: impl Debug) {
        self.wrong.push(format!("at {}: {what:?}", self.now));
    }
}

/// The table as one process sees it.
#[derive(Clone)]
struct Stepping {
    world: Rc<RefCell<World>>,
    rng: Rc<RefCell<Rng>>,
    mutant: Option<Mutant>,
    /// The head as it was first seen, for the mutant that looks once.
    first: Rc<RefCell<Option<Head>>>,
    /// Which partitions this read has seen.
    seen: Rc<Cell<u32>>,
}

impl Stepping {
    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Lets the others go on, then touches one item.
    async fn item<T>(&self, touch: impl FnOnce(&mut World) -> T) -> T {
        let mut waited = false;
        poll_fn(|_| match std::mem::replace(&mut waited, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        let mut world = self.world.borrow_mut();
        world.now += 1;
        let now = world.now;
        while let Some(place) = world.late.iter().position(|(at, _)| *at <= now) {
            let (_, write) = world.late.swap_remove(place);
            write(&mut world);
        }
        touch(&mut world)
    }

    /// Leaves a write on its way: it arrives when nobody waits for it any more.
    fn leave(&self, write: impl FnOnce(&mut World) + 'static) {
        let delay = u64::try_from(self.draw(60)).unwrap();
        let mut world = self.world.borrow_mut();
        let at = world.now + delay;
        world.late.push((at, Box::new(write)));
    }

    fn draw(&self, below: usize) -> usize {
        self.rng.borrow_mut().usize(..below)
    }

    fn shuffled<T>(&self, mut items: Vec<T>) -> Vec<T> {
        self.rng.borrow_mut().shuffle(&mut items);
        items
    }

    fn name(&self) -> String {
        let mut world = self.world.borrow_mut();
        world.named += 1;
        format!("n{}", world.named)
    }

    async fn read_head(&self) -> Option<Head> {
        let mut head = self.item(|world| world.head.clone()).await;
        if self.is(Mutant::NoMoved) {
            head = head.map(|head| Head { moved: Vec::new(), ..head });
        }
        head
    }

    async fn read_operations(&self, partition: u8, above: &str, most: usize) -> Stretch {
        let mut to = AFTER_IDS.to_owned();
        let mut stretch = Stretch { complete: true, ..Stretch::default() };
        loop {
            let next = |world: &mut World| {
                let operations = world.log.entry(partition).or_default();
                let next = operations.range(above.to_owned()..to.clone()).next_back();
                next.map(|(sk, delta)| (sk.clone(), *delta))
            };
            let Some((sk, delta)) = self.item(next).await else { break };
            if stretch.operations.len() == most {
                self.world.borrow_mut().bounded += 1;
                stretch.complete = self.is(Mutant::NoBound);
                break;
            }
            let (id, version) = parts(&sk).unwrap();
            stretch.operations.push(Operation { id: id.to_owned(), version, delta });
            to = sk;
        }
        stretch
    }
}

impl Shelf for Stepping {
    const SIZES: Sizes = Sizes { leaf: 4, fanout: 3, batch: 6 };

    type Objects = ();

    async fn log(&self, partition: u8, above: &str, most: Option<usize>) -> Result<Stretch, Error> {
        let most = most.unwrap_or(usize::MAX);
        let bit = 1 << partition;
        if self.is(Mutant::Torn) && self.seen.get() & bit != 0 {
            return Ok(Stretch { complete: true, ..Stretch::default() });
        }
        self.seen.set(self.seen.get() | bit);
        if partition > 0 {
            return Ok(self.read_operations(partition, above, most).await);
        }
        let stretch = match self.is(Mutant::LogBeforeHead) {
            true => {
                let stretch = self.read_operations(0, above, most).await;
                Stretch { head: self.read_head().await, ..stretch }
            }
            false => {
                let head = self.read_head().await;
                let most = most.saturating_sub(usize::from(head.is_some()));
                Stretch { head, ..self.read_operations(0, above, most).await }
            }
        };
        self.first.borrow_mut().get_or_insert(stretch.head.clone().unwrap_or_default());
        Ok(stretch)
    }

    async fn head_and(&self, _: &[String]) -> Result<(Option<Head>, ()), Error> {
        if self.is(Mutant::NoSecondLook)
            && let Some(first) = self.first.borrow_mut().take()
        {
            return Ok((Some(first), ()));
        }
        Ok((self.read_head().await, ()))
    }

    async fn nodes(&self, names: &[String]) -> Result<HashMap<String, Node>, Error> {
        let mut found = HashMap::new();
        for name in self.shuffled(names.to_vec()) {
            if let Some(node) = self.item(|world| world.nodes.get(&name).cloned()).await {
                found.insert(name, node);
            }
        }
        Ok(found)
    }

    async fn write(&self, nodes: &[(String, Node)]) -> Result<(), Error> {
        for (name, node) in self.shuffled(nodes.to_vec()) {
            if self.draw(400) == 0 {
                self.leave(|world| drop(world.nodes.insert(name, node)));
                return Err(Error::Busy("no answer".to_owned()));
            }
            self.item(|world| world.nodes.insert(name, node)).await;
        }
        Ok(())
    }

    async fn replace(&self, version: u64, head: &Head) -> Result<Replaced, Error> {
        let unconditional = self.is(Mutant::Unconditional);
        let next = head.clone();
        let replace = move |world: &mut World| {
            let there = world.head.as_ref().map_or(0, |head| head.version);
            let fits = unconditional || there == version;
            if fits {
                world.head = Some(next);
            }
            fits
        };
        let answered = match self.draw(12) {
            // It never arrives, or when nobody waits for it, or its answer does not.
            0 => None,
            1 => {
                self.leave(|world| {
                    replace(world);
                });
                None
            }
            2 => {
                self.item(replace).await;
                None
            }
            _ => Some(self.item(replace).await),
        };
        Ok(match answered {
            Some(true) => Replaced::Yes,
            Some(false) => Replaced::No,
            None if self.is(Mutant::UnknownIsNo) => Replaced::No,
            None => Replaced::Unknown,
        })
    }

    async fn remove(&self, operations: &[Place], nodes: &[String]) -> Result<(), Error> {
        for place in self.shuffled(operations.to_vec()) {
            if self.is(Mutant::NotRemoved) && self.draw(4) == 0 {
                continue;
            }
            if self.draw(400) == 0 {
                let gone = move |world: &mut World| {
                    world.log.entry(place.partition).or_default().remove(&place.sk);
                };
                self.leave(gone);
                return Err(Error::Busy("no answer".to_owned()));
            }
            self.item(|world| world.log.entry(place.partition).or_default().remove(&place.sk))
                .await;
        }
        if self.is(Mutant::LostOperation) && !operations.is_empty() {
            self.item(|world| world.log.entry(0).or_default().pop_last()).await;
        }
        for name in self.shuffled(nodes.to_vec()) {
            self.item(|world| world.nodes.remove(&name)).await;
        }
        Ok(())
    }
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
                let now = world.now;
                let turns = world.history.entry(id.clone()).or_default();
                turns.push(now);
                let delta = if turns.len() % 2 == 1 { 1 } else { -1 };
                // Some changes of an object are of no consequence to the list.
                let version = u64::try_from(turns.len() * 2 - 1).unwrap();
                let place = world.log.entry(partition).or_default();
                place.insert(sort_key(&id, version), delta);
            })
            .await;
    }
}

async fn compactor(table: Stepping) {
    loop {
        table.seen.set(0);
        match compact(&table, || table.name()).await {
            Ok(Compacted::Moved(moved)) => table.world.borrow_mut().compacted += moved,
            Ok(_) | Err(Error::Busy(_)) => {}
            Err(error) => table.world.borrow_mut().complain(error),
        }
        table.item(|_| ()).await;
    }
}

async fn reader(table: Stepping, ids: usize) {
    loop {
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
        let window = Window { from, to, offset, limit };
        let began = table.world.borrow().now;
        table.first.take();
        table.seen.set(0);
        let seen = read(&table, window).await;
        table.world.borrow_mut().judge(began, &window, seen.map(|seen| Some(seen?.slice)));
        table.item(|_| ()).await;
    }
}

/// What is wrong with an answer, if the list could not have given it.
fn wrong_with(
    Slice { ids, total }: &Slice,
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

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Runs one interleaving to its end; what went wrong, and how much was done.
fn run(seed: u64, mutant: Option<(Role, Mutant)>) -> World {
    let rng = Rc::new(RefCell::new(Rng::with_seed(seed)));
    let world = Rc::new(RefCell::new(World::default()));
    let table = |role| Stepping {
        world: Rc::clone(&world),
        rng: Rc::clone(&rng),
        mutant: mutant.filter(|(by, _)| Some(*by) == role).map(|(_, mutant)| mutant),
        first: Rc::default(),
        seen: Rc::default(),
    };
    let draw = |below: usize| rng.borrow_mut().usize(..below);
    let ids = 4 + draw(60);
    let changes = 20 + draw(60);
    let mut writers: Vec<Task> = Vec::new();
    for _ in 0..2 + draw(2) {
        writers.push(Box::pin(writer(table(None), ids, changes)));
    }
    let new_compactor = || -> Task { Box::pin(compactor(table(Some(Role::Compactor)))) };
    let mut compactors = [new_compactor(), new_compactor()];
    let new_reader = || -> Task { Box::pin(reader(table(Some(Role::Reader)), ids)) };
    let mut readers = [new_reader(), new_reader()];
    let mut context = Context::from_waker(Waker::noop());
    while !writers.is_empty() && world.borrow().wrong.is_empty() {
        let place = draw(writers.len() + compactors.len() + readers.len());
        if let Some(task) = writers.get_mut(place) {
            if task.as_mut().poll(&mut context).is_ready() {
                drop(writers.swap_remove(place));
            }
            continue;
        }
        let place = place - writers.len();
        match compactors.get_mut(place) {
            // It is killed, with whatever it was about to do.
            Some(task) if draw(60) == 0 => *task = new_compactor(),
            Some(task) => drop(task.as_mut().poll(&mut context)),
            None => drop(readers[place - 2].as_mut().poll(&mut context)),
        }
    }
    drop((compactors, readers));
    if world.borrow().wrong.is_empty() {
        finish(&table(None), &mut context);
    }
    drop((writers, table));
    Rc::into_inner(world).unwrap().into_inner()
}

/// Compacts until nothing is left to compact, and counts everything again.
fn finish(table: &Stepping, context: &mut Context<'_>) {
    let last = async {
        loop {
            match compact(table, || table.name()).await {
                Ok(Compacted::Nothing) => break,
                Ok(_) | Err(Error::Busy(_)) => {}
                Err(error) => return table.world.borrow_mut().complain(error),
            }
        }
    };
    let mut last = Box::pin(last);
    while last.as_mut().poll(context).is_pending() {}
    let mut world = table.world.borrow_mut();
    let now = world.now;
    let truth: Vec<String> =
        world.history.keys().filter(|id| world.has_at(id, now)).cloned().collect();
    let head = world.head.clone().unwrap_or_default();
    let read = |(sk, delta): (&String, &i64)| {
        let (id, version) = parts(sk).unwrap();
        Operation { id: id.to_owned(), version, delta: *delta }
    };
    let partitions = world.log.iter().filter(|(_, operations)| !operations.is_empty());
    let operations = partitions.map(|(number, part)| (*number, part.iter().map(read).collect()));
    match recount(Stepping::SIZES, &head, &operations.collect(), &world.nodes) {
        Ok(recounted) if recounted.members == truth => {}
        other => world.complain(("at the end", other, truth)),
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
        let head = world.head.unwrap_or_default();
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
    for (role, mutant) in Mutant::ALL {
        let found = (0..2_500).find_map(|seed| {
            let world = run(seed, Some((role, mutant)));
            world.wrong.into_iter().next().map(|wrong| (seed, wrong))
        });
        let (seed, wrong) = found.unwrap_or_else(|| panic!("{role:?} {mutant:?} was not found"));
        println!("{role:?} {mutant:?}: seed {seed}, {wrong}");
    }
}
