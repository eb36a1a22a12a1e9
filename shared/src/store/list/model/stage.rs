//! What all proofs of lists have in common: who is next is drawn, and whoever works may be killed.

use std::{
    cell::RefCell,
    pin::pin,
    rc::Rc,
    task::{Context, Waker},
};

use fastrand::Rng;

use super::{Mutant, Role, Task, table::Stepping, world::World};

/// A world, the chance by which all is drawn in it, and who breaks which rule.
pub(super) struct Stage {
    world: Rc<RefCell<World>>,
    rng: Rc<RefCell<Rng>>,
    mutant: Option<(Role, Mutant)>,
}

impl Stage {
    pub(super) fn new(seed: u64, mutant: Option<(Role, Mutant)>) -> Self {
        let rng = Rc::new(RefCell::new(Rng::with_seed(seed)));
        Self { world: Rc::default(), rng, mutant }
    }

    /// The table as a process of this role sees it.
    pub(super) fn table(&self, role: Option<Role>) -> Stepping {
        Stepping {
            world: Rc::clone(&self.world),
            rng: Rc::clone(&self.rng),
            mutant: self.mutant.filter(|(by, _)| Some(*by) == role).map(|(_, mutant)| mutant),
            list: 0,
            first: Rc::default(),
            seen: Rc::default(),
        }
    }

    pub(super) fn draw(&self, below: usize) -> usize {
        self.rng.borrow_mut().usize(..below)
    }

    /// Lets writers, so many workers and two readers go on in turns that are drawn, until all is written or
    /// something is wrong. In one turn of so many a worker is killed, with whatever it was about to do.
    pub(super) fn play(
        &self,
        mut writers: Vec<Task>,
        (workers, killed): (usize, usize),
        new_worker: impl Fn(usize) -> Task,
        new_reader: impl Fn() -> Task,
    ) {
        let mut workers: Vec<Task> = (0..workers).map(&new_worker).collect();
        let mut readers = [new_reader(), new_reader()];
        let mut context = Context::from_waker(Waker::noop());
        while !writers.is_empty() && self.world.borrow().wrong.is_empty() {
            let place = self.draw(writers.len() + workers.len() + readers.len());
            if let Some(task) = writers.get_mut(place) {
                if task.as_mut().poll(&mut context).is_ready() {
                    drop(writers.swap_remove(place));
                }
                continue;
            }
            let place = place - writers.len();
            let reader = place.checked_sub(workers.len());
            match workers.get_mut(place) {
                Some(task) if self.draw(killed) == 0 => *task = new_worker(place),
                Some(task) => drop(task.as_mut().poll(&mut context)),
                None => drop(readers[reader.unwrap()].as_mut().poll(&mut context)),
            }
        }
    }

    /// Does what comes last, if nothing is wrong; what went wrong, and how much was done.
    pub(super) fn end(self, last: impl AsyncFnOnce(&Stepping)) -> World {
        if self.world.borrow().wrong.is_empty() {
            let table = self.table(None);
            let mut last = pin!(last(&table));
            let mut context = Context::from_waker(Waker::noop());
            while last.as_mut().poll(&mut context).is_pending() {}
        }
        Rc::into_inner(self.world).unwrap().into_inner()
    }
}

/// Each rule that is broken has to be found in a run with one of the first seeds.
pub(super) fn each_is_found(
    broken: &[(Role, Mutant)],
    seeds: u64,
    run: impl Fn(u64, Option<(Role, Mutant)>) -> World,
) {
    for (role, mutant) in broken {
        let found = (0..seeds).find_map(|seed| {
            let world = run(seed, Some((*role, *mutant)));
            world.wrong.into_iter().next().map(|wrong| (seed, wrong))
        });
        let (seed, wrong) = found.unwrap_or_else(|| panic!("{role:?} {mutant:?} was not found"));
        println!("{role:?} {mutant:?}: seed {seed}, {wrong}");
    }
}
