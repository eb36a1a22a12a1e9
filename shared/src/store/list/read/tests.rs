//! A slice is what a sorted list of the same members says.

use std::cell::RefCell;

use futures_util::FutureExt;

use super::*;
use crate::store::list::{
    item::Head,
    operation::Place,
    shelf::{Replaced, Stretch, Versions},
    tree::{Sizes, rebuild},
};

/// A list whose log is empty, and how many nodes were read at each height.
struct Still {
    head: Head,
    nodes: HashMap<String, Node>,
    asked: RefCell<Vec<usize>>,
}

impl Shelf for Still {
    type Objects = ();

    async fn log(&self, _: u8, _: &str, _: Option<usize>) -> Result<Stretch, Error> {
        let head = Some(self.head.clone());
        Ok(Stretch { head, complete: true, ..Stretch::default() })
    }

    fn subset(&self, _: &str) -> Self {
        unreachable!("it has none")
    }

    async fn head(&self) -> Result<Option<Head>, Error> {
        Ok(Some(self.head.clone()))
    }

    async fn versions_and(&self, _: &[String]) -> Result<(Versions, ()), Error> {
        Ok((Versions { own: self.head.version, whole: 0 }, ()))
    }

    async fn nodes(&self, names: &[String]) -> Result<HashMap<String, Node>, Error> {
        self.asked.borrow_mut().push(names.len());
        let node = |name: &String| Some((name.clone(), self.nodes.get(name)?.clone()));
        Ok(names.iter().filter_map(node).collect())
    }

    async fn write(&self, _: &[(String, Node)]) -> Result<(), Error> {
        Err(Error::Contended)
    }

    async fn replace(&self, _: u64, _: &Head) -> Result<Replaced, Error> {
        Ok(Replaced::No)
    }

    async fn remove(&self, _: &[Place], _: &[String]) -> Result<(), Error> {
        Err(Error::Contended)
    }

    fn tolerate(&self, _: &[Change]) -> Result<(), Error> {
        Err(Error::Contended)
    }

    async fn places(&self, _: &[String]) -> Result<HashMap<String, Vec<String>>, Error> {
        Err(Error::Contended)
    }
}

const MEMBERS: u64 = 1_000_000;

fn id(number: u64) -> String {
    format!("cus_prod_{number:016}")
}

fn a_million() -> Still {
    let entering: Vec<Change> =
        (0..MEMBERS).map(|number| Change { id: id(number), delta: 1 }).collect();
    let mut named = 0;
    let name = || {
        named += 1;
        format!("n{named}")
    };
    let tree = Default::default();
    let rebuilt = rebuild(Sizes::OURS, &tree, &entering, &HashMap::new(), name).unwrap();
    let head = Head { version: 1, tree: rebuilt.tree, ..Head::default() };
    Still { head, nodes: rebuilt.made.into_iter().collect(), asked: RefCell::default() }
}

/// Two round trips for nodes, of which there are few, wherever the page and the ends of the range
/// are: each is one read unit, or a half.
#[test]
fn any_page_of_any_range_of_a_million_is_two_levels_of_few_nodes_away() {
    let list = a_million();
    let ends = [0, 1, 300, 65_536, 499_999, 500_000, 999_700, MEMBERS];
    for from in ends {
        for to in ends.into_iter().filter(|to| *to > from) {
            let total = to - from;
            for offset in [0, 1, 700, total / 2, total - 1] {
                let (lowest, highest) = (id(from), id(to));
                let (from, to) = match (from, to) {
                    (0, MEMBERS) => (BEFORE_IDS, AFTER_IDS),
                    _ => (lowest.as_str(), highest.as_str()),
                };
                let window = Window { from, to, offset, limit: 20, lowest_first: false };
                list.asked.borrow_mut().clear();
                let seen = read(&list, window).now_or_never().unwrap().unwrap().unwrap();
                let asked = list.asked.borrow().clone();
                assert_eq!(seen.slice.total, total);
                let page = total.saturating_sub(offset).min(20);
                let newest = highest_below(to);
                let places = offset..offset + page;
                let expected: Vec<String> = places.map(|place| id(newest - place)).collect();
                assert_eq!(seen.slice.ids, expected);
                assert!(asked.len() <= 2, "{asked:?}");
                assert!(asked.iter().all(|nodes| *nodes <= 6), "{window:?}: {asked:?}");
            }
        }
    }
}

fn highest_below(to: &str) -> u64 {
    to.rsplit('_').next().unwrap().parse().map_or(MEMBERS, |to: u64| to) - 1
}
