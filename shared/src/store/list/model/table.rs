//! The shelf of a list and its subsets that goes one item at a time, and breaks a rule where it is told to.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    future::poll_fn,
    rc::Rc,
    task::Poll,
};

use fastrand::Rng;

use super::{Mutant, world::World};
use crate::{
    base::error::Error,
    store::{
        key::AFTER_IDS,
        list::{
            item::{Head, OfSubsets},
            operation::Place,
            shelf::{Replaced, Shelf, Stretch, Versions},
            tree::{Change, Node, Sizes},
        },
    },
};

/// Where a member is: at one of three places, and at one that few are at.
pub(super) fn places_of(id: &str) -> Vec<String> {
    let sum: u32 = id.bytes().map(u32::from).sum();
    vec![format!("t.{}", sum % 3), format!("o.{}", sum % 11)]
}

/// Which subsets the list has.
pub(super) const SUBSETS: [&str; 2] = ["state=a", "state=b"];

/// The table as one process sees it.
#[derive(Clone)]
pub(super) struct Stepping {
    pub(super) world: Rc<RefCell<World>>,
    pub(super) rng: Rc<RefCell<Rng>>,
    pub(super) mutant: Option<Mutant>,
    /// Which of the lists it is: the whole, or a subset.
    pub(super) list: usize,
    /// The versions of the heads as they were first seen, for the mutant that looks once.
    pub(super) first: Rc<RefCell<[Option<u64>; 3]>>,
    /// Which partitions this read has seen.
    pub(super) seen: Rc<Cell<u64>>,
}

impl Stepping {
    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Lets the others go on, then touches one item.
    pub(super) async fn item<T>(&self, touch: impl FnOnce(&mut World) -> T) -> T {
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
    pub(super) fn leave(&self, write: impl FnOnce(&mut World) + 'static) {
        let delay = u64::try_from(self.draw(60)).unwrap();
        let mut world = self.world.borrow_mut();
        let at = world.now + delay;
        world.late.push((at, Box::new(write)));
    }

    pub(super) fn draw(&self, below: usize) -> usize {
        self.rng.borrow_mut().usize(..below)
    }

    pub(super) fn shuffled<T>(&self, mut items: Vec<T>) -> Vec<T> {
        self.rng.borrow_mut().shuffle(&mut items);
        items
    }

    pub(super) fn name(&self) -> String {
        let mut world = self.world.borrow_mut();
        world.named += 1;
        format!("n{}", world.named)
    }

    async fn read_head(&self) -> Option<Head> {
        let list = self.list;
        let mut head = self.item(|world| world.lists[list].head.clone()).await;
        if self.is(Mutant::NoMoved) {
            head = head.map(|head| Head { moved: Vec::new(), ..head });
        }
        if self.is(Mutant::Forgets) {
            head = head.map(|head| Head { index: None, ..head });
        }
        if self.is(Mutant::TakesNothing) {
            head = head.map(|head| Head { of_subsets: OfSubsets::default(), ..head });
        }
        if self.is(Mutant::HasNothing) {
            head = head.map(|head| Head { has_batch: 0, ..head });
        }
        head
    }

    async fn read_operations(&self, partition: u8, above: &str, most: usize) -> Stretch {
        let list = self.list;
        let mut to = AFTER_IDS.to_owned();
        let mut stretch = Stretch { complete: true, ..Stretch::default() };
        let mut items = 0;
        loop {
            let next = |world: &mut World| {
                let operations = world.lists[list].log.entry(partition).or_default();
                let next = operations.range(above.to_owned()..to.clone()).next_back();
                next.map(|(sk, written)| (sk.clone(), written.clone()))
            };
            let Some((sk, written)) = self.item(next).await else { break };
            items += 1;
            if items > most {
                self.world.borrow_mut().bounded += 1;
                stretch.complete = self.is(Mutant::NoBound);
                break;
            }
            stretch.operations.extend(written.operations(&sk));
            to = sk;
        }
        stretch
    }
}

impl Shelf for Stepping {
    const SIZES: Sizes = Sizes { leaf: 4, fanout: 3, batch: 6 };
    const ALIKE: usize = 3;
    const MOST_UNREAD: u64 = 40;

    type Objects = ();

    async fn log(&self, partition: u8, above: &str, most: Option<usize>) -> Result<Stretch, Error> {
        let most = most.unwrap_or(usize::MAX);
        // Of two that are asked for at once, one may come late.
        if self.draw(8) == 0 {
            for _ in 0..self.draw(40) {
                self.item(|_| ()).await;
            }
        }
        if self.is(Mutant::OwnUnseen) && self.list > 0 {
            let head = if partition == 0 { self.read_head().await } else { None };
            return Ok(Stretch { head, complete: true, ..Stretch::default() });
        }
        let bit = 1_u64 << (usize::from(partition) + 20 * self.list);
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
        let version = stretch.head.as_ref().map_or(0, |head| head.version);
        self.first.borrow_mut()[self.list].get_or_insert(version);
        Ok(stretch)
    }

    async fn head(&self) -> Result<Option<Head>, Error> {
        Ok(self.read_head().await)
    }

    async fn versions_and(&self, _: &[String]) -> Result<(Versions, ()), Error> {
        let version = async |table: &Self, is_once: bool| {
            let first = table.first.borrow_mut()[table.list].take();
            match first.filter(|_| is_once) {
                Some(first) => first,
                None => table.read_head().await.map_or(0, |head| head.version),
            }
        };
        let whole = match Shelf::whole(self) {
            Some((whole, _)) => {
                let is_once = self.is(Mutant::NoSecondLook) || self.is(Mutant::WholeOnce);
                version(&whole, is_once).await
            }
            None => 0,
        };
        let own = version(self, self.is(Mutant::NoSecondLook)).await;
        Ok((Versions { own, whole }, ()))
    }

    fn whole(&self) -> Option<(Self, String)> {
        let filter = SUBSETS.get(self.list.checked_sub(1)?)?;
        let is_seen = !self.is(Mutant::OwnAlone);
        is_seen.then(|| (Self { list: 0, ..self.clone() }, (*filter).to_owned()))
    }

    fn subset(&self, filter: &str) -> Self {
        let place = SUBSETS.iter().position(|own| *own == filter).unwrap();
        Self { list: place + 1, ..self.clone() }
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
        let mut next = head.clone();
        if self.is(Mutant::OldIndex) {
            // The index as it was, beside a tree that has more.
            let there = self.world.borrow();
            let there = there.lists[self.list].head.as_ref().and_then(|head| head.index.clone());
            next.index = there.or(next.index);
        }
        if self.is(Mutant::NothingWaits)
            && let Some(index) = &mut next.index
        {
            index.rest = None;
        }
        let list = self.list;
        let replace = move |world: &mut World| {
            let own = &mut world.lists[list].head;
            let there = own.as_ref().map_or(0, |head| head.version);
            let fits = unconditional || there == version;
            if fits {
                *own = Some(next);
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
        let list = self.list;
        for place in self.shuffled(operations.to_vec()) {
            if self.is(Mutant::NotRemoved) && self.draw(4) == 0 {
                continue;
            }
            if self.draw(400) == 0 {
                let gone = move |world: &mut World| {
                    let log = &mut world.lists[list].log;
                    log.entry(place.partition).or_default().remove(&place.sk);
                };
                self.leave(gone);
                return Err(Error::Busy("no answer".to_owned()));
            }
            let gone = |world: &mut World| {
                let log = &mut world.lists[list].log;
                log.entry(place.partition).or_default().remove(&place.sk)
            };
            self.item(gone).await;
        }
        if self.is(Mutant::LostOperation) && !operations.is_empty() {
            self.item(|world| world.lists[list].log.entry(0).or_default().pop_last()).await;
        }
        for name in self.shuffled(nodes.to_vec()) {
            self.item(|world| world.nodes.remove(&name)).await;
        }
        Ok(())
    }

    async fn places(&self, ids: &[String]) -> Result<HashMap<String, Vec<String>>, Error> {
        Ok(ids.iter().map(|id| (id.clone(), places_of(id))).collect())
    }

    /// Here every object enters before it leaves.
    fn tolerate(&self, strays: &[Change]) -> Result<(), Error> {
        Err(Error::Internal(format!("strays: {strays:?}")))
    }
}
