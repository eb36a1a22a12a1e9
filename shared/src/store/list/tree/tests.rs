//! Splits, merges and windows of a tree, against an ordered set.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;

/// A tree with all its nodes.
#[derive(Default)]
struct Whole {
    tree: Tree,
    nodes: HashMap<String, Node>,
    named: usize,
}

impl Whole {
    fn change(&mut self, changes: &[Change]) {
        let mut reading = Reading::new(Sizes::OURS, &self.tree, changes);
        loop {
            let wanted = reading.wants();
            if wanted.is_empty() {
                break;
            }
            let node = |name: String| (name.clone(), self.nodes[&name].clone());
            reading.give(wanted.into_iter().map(node).collect()).unwrap();
        }
        let name = || {
            self.named += 1;
            format!("n{}", self.named)
        };
        let rebuilt = rebuild(Sizes::OURS, &self.tree, changes, &reading.done(), name).unwrap();
        self.nodes.extend(rebuilt.made);
        for name in rebuilt.retired {
            assert!(self.nodes.remove(&name).is_some(), "{name} was retired twice");
        }
        self.tree = rebuilt.tree;
    }

    fn members(&self) -> Vec<String> {
        let (ids, names) = walk(Sizes::OURS, &self.tree, |name| self.nodes.get(name)).unwrap();
        assert_eq!(names.len(), self.nodes.len(), "a node that nothing points to");
        ids
    }
}

fn id(number: u32) -> String {
    format!("cus_{number:09}")
}

fn entering(numbers: impl IntoIterator<Item = u32>) -> Vec<Change> {
    numbers.into_iter().map(|number| Change { id: id(number), delta: 1 }).collect()
}

fn leaving(numbers: impl IntoIterator<Item = u32>) -> Vec<Change> {
    numbers.into_iter().map(|number| Change { id: id(number), delta: -1 }).collect()
}

#[test]
fn what_arrives_in_order_fills_its_nodes() {
    let mut whole = Whole::default();
    for batch in 0..500_u32 {
        whole.change(&entering(batch * 500..(batch + 1) * 500));
    }
    assert_eq!(whole.members().len(), 250_000);
    assert_eq!(whole.tree.height, 1);
    let leaves = whole.nodes.values().filter(|node| matches!(node, Node::Leaf(_))).count();
    assert_eq!(leaves, 250_000_usize.div_ceil(Sizes::OURS.leaf));
}

#[test]
fn what_leaves_takes_its_nodes_along() {
    let mut whole = Whole::default();
    whole.change(&entering(0..200_000));
    for batch in 0..400_u32 {
        let batch = batch * 500..(batch + 1) * 500;
        whole.change(&leaving(batch.filter(|number| number % 1000 != 7)));
    }
    assert_eq!(whole.members(), (0..200).map(|n| id(n * 1000 + 7)).collect::<Vec<_>>());
    assert_eq!((whole.tree.height, whole.nodes.len()), (0, 1));
    whole.change(&leaving((0..200).map(|n| n * 1000 + 7)));
    assert_eq!((whole.tree, whole.nodes.len()), (Tree::default(), 0));
}

#[test]
fn a_member_that_comes_twice_or_goes_unseen_is_a_stray() {
    let two = || vec![id(1), id(2)];
    let two_and = |strays| Merged { ids: two(), strays };
    assert_eq!(merged(two(), &entering([2])), two_and(entering([2])));
    assert_eq!(merged(two(), &leaving([3])), two_and(leaving([3])));
    let ids = [0, 1, 2, 3].map(id).to_vec();
    assert_eq!(merged(two(), &entering([0, 3])), Merged { ids, strays: vec![] });
}

#[test]
fn a_damaged_tree_is_seen() {
    let mut whole = Whole::default();
    whole.change(&entering(0..2_000));
    let sound =
        |whole: &Whole| walk(Sizes::OURS, &whole.tree, |name| whole.nodes.get(name)).is_ok();
    assert!(sound(&whole));
    let name = whole.tree.root[1].node.clone();
    let leaf = whole.nodes.remove(&name).unwrap();
    assert!(!sound(&whole));
    let Node::Leaf(mut ids) = leaf else { panic!("a leaf") };
    ids.swap(3, 4);
    whole.nodes.insert(name.clone(), Node::Leaf(ids.clone()));
    assert!(!sound(&whole));
    ids.swap(3, 4);
    ids.pop();
    whole.nodes.insert(name, Node::Leaf(ids));
    assert!(!sound(&whole));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Members that come and go anywhere, in batches of any size.
    #[test]
    fn a_tree_holds_what_was_put_in_and_not_taken_out(
        start in 0_u32..120_000,
        batches in prop::collection::vec((0_u32..150_000, 1_u32..3_000, 1_u32..9, any::<bool>()), 1..12),
    ) {
        let mut whole = Whole::default();
        whole.change(&entering((0..start).map(|n| n * 2)));
        let mut truth: BTreeSet<u32> = (0..start).map(|n| n * 2).collect();
        for (from, length, step, comes) in batches {
            let range = (from..from + length * step).step_by(usize::try_from(step).unwrap());
            let numbers: Vec<u32> = range.filter(|n| truth.contains(n) != comes).collect();
            for number in &numbers {
                if comes { truth.insert(*number); } else { truth.remove(number); }
            }
            whole.change(&if comes { entering(numbers) } else { leaving(numbers) });
            let expected: Vec<String> = truth.iter().copied().map(id).collect();
            prop_assert_eq!(whole.members(), expected);
        }
    }
}
