//! What a client asks to see beside an object: `?expand=account,custom_fields`, nested with dots.
//!
//! Each entity lists what can be expanded, so a name that is not on its list is refused before
//! anything is read. The objects of one depth are read together: one batch get per depth, each object
//! once, however many refer to it.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Consistency, Store, key::Key};
use crate::{
    base::{
        error::Error,
        id::AccountId,
        input::{Faults, Location},
        time::Timestamp,
    },
    model::{
        auth::Scope,
        entity::{Item, Shown},
        expansion::{Expansion, Load},
        shapes::Shape,
    },
};

/// How deep a path may be.
const MAX_DEPTH: usize = 4;

/// What a client asked for, as a tree.
#[derive(Clone, Debug, Default)]
pub struct Expand(BTreeMap<&'static str, (Load, Expand)>);

impl Expand {
    /// Reads the values of `expand`; a name that cannot be expanded is a fault.
    pub fn parse(paths: &[String], known: &'static [Expansion], faults: &mut Faults) -> Self {
        let mut expand = Self::default();
        for path in paths.iter().flat_map(|value| value.split(',')) {
            if let Err(hint) = expand.add(path, known, 1) {
                let query = Location::query();
                faults.not_understood(&query.field("expand"), "unknown_expansion", &hint);
            }
        }
        expand
    }

    /// The scopes without which what was asked for is not shown.
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes = Vec::new();
        for (load, below) in self.0.values() {
            if let Load::Reference { to, .. } = load {
                scopes.push(to.scope());
            }
            scopes.extend(below.scopes());
        }
        scopes
    }

    fn add(&mut self, path: &str, known: &'static [Expansion], depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("goes deeper than {MAX_DEPTH} levels"));
        }
        let (name, rest) = path.split_once('.').map_or((path, None), |(n, r)| (n, Some(r)));
        let Some(expansion) = known.iter().find(|expansion| expansion.name == name) else {
            let names: Vec<_> = known.iter().map(|expansion| expansion.name).collect();
            return Err(match names.is_empty() {
                true => format!("has nothing called '{name}' here; nothing can be expanded"),
                false => format!("has nothing called '{name}' here; known: {}", names.join(", ")),
            });
        };
        let (_, below) = self.0.entry(expansion.name).or_insert((expansion.load, Self::default()));
        match (rest, expansion.load) {
            (None, _) => Ok(()),
            (Some(rest), Load::Reference { to, .. }) => {
                below.add(rest, Shape::of(to).expansions, depth + 1)
            }
            (Some(_), Load::CustomFields(_) | Load::Computed(_)) => {
                Err(format!("has nothing below '{name}'"))
            }
        }
    }
}

/// An object in the tree that is being put together, and where its expansions go.
struct Node<'e> {
    shown: Shown,
    expand: &'e Expand,
    /// The field of each expanded reference and the node it refers to, if that exists.
    children: Vec<(&'static str, Option<usize>)>,
}

/// A reference that the next depth reads.
struct Wanted<'e> {
    from: usize,
    name: &'static str,
    id: String,
    shape: Shape,
    expand: &'e Expand,
}

impl Store {
    /// Puts beside each object what `expand` asks for.
    pub async fn expanded(
        &self,
        account: &AccountId,
        objects: Vec<Shown>,
        expand: &Expand,
        now: Timestamp,
    ) -> Result<Vec<Item>, Error> {
        let count = objects.len();
        let mut nodes: Vec<Node<'_>> =
            objects.into_iter().map(|shown| Node { shown, expand, children: Vec::new() }).collect();
        let mut depth = 0..nodes.len();
        while !depth.is_empty() {
            self.fill_in(account, nodes.get_mut(depth.clone()).unwrap_or_default()).await?;
            let wanted: Vec<Wanted<'_>> = depth
                .clone()
                .flat_map(|index| nodes.get(index).map_or_else(Vec::new, |n| wanted(index, n)))
                .collect();
            let start = nodes.len();
            self.read_depth(account, &mut nodes, wanted, now).await?;
            depth = start..nodes.len();
        }
        Ok(assembled(nodes, count))
    }

    async fn read_depth<'e>(
        &self,
        account: &AccountId,
        nodes: &mut Vec<Node<'e>>,
        wanted: Vec<Wanted<'e>>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut ids: Vec<&str> = wanted.iter().map(|wanted| wanted.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(());
        }
        let keys: Vec<Key> = ids.iter().map(|id| Key::object_named(account, id)).collect();
        let mut items: HashMap<String, Item> = HashMap::new();
        for item in self.batch_get(account, &keys, Consistency::Strong).await? {
            let id = item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            items.insert(id, item);
        }
        // One object referred to from several places with the same demands below is one node.
        let mut made: HashMap<(String, *const Expand), usize> = HashMap::new();
        for want in wanted {
            let place = (want.id.clone(), std::ptr::from_ref(want.expand));
            let child = match (made.get(&place), items.get(&want.id)) {
                (Some(index), _) => Some(*index),
                (None, Some(item)) => {
                    let shown = (want.shape.show)(item.clone(), now)?;
                    nodes.push(Node { shown, expand: want.expand, children: Vec::new() });
                    made.insert(place, nodes.len() - 1);
                    Some(nodes.len() - 1)
                }
                (None, None) => None,
            };
            if let Some(parent) = nodes.get_mut(want.from) {
                parent.children.push((want.name, child));
            }
        }
        Ok(())
    }

    /// Puts beside each of `nodes` what is not another object.
    async fn fill_in(&self, account: &AccountId, nodes: &mut [Node<'_>]) -> Result<(), Error> {
        let mut definitions = BTreeMap::new();
        for node in nodes {
            for (name, (load, _)) in &node.expand.0 {
                if let Load::Computed(of) = load {
                    let value = of(&node.shown.object)?;
                    node.shown.object.insert((*name).to_owned(), value);
                }
                let Load::CustomFields(entity_type) = load else { continue };
                if !definitions.contains_key(entity_type) {
                    let found = self.custom_field_definitions(account, *entity_type).await?;
                    definitions.insert(*entity_type, found);
                }
                let known = definitions.get(entity_type).map(Vec::as_slice).unwrap_or_default();
                let stored = node.shown.hidden.get("custom_fields").cloned().unwrap_or_default();
                let values = crate::model::custom_field::shown(known, stored)?;
                node.shown.object.insert((*name).to_owned(), values);
            }
        }
        Ok(())
    }
}

fn wanted<'e>(index: usize, node: &Node<'e>) -> Vec<Wanted<'e>> {
    let reference = |(name, (load, below)): (&&'static str, &'e (Load, Expand))| {
        let Load::Reference { field, to } = load else { return None };
        let id = node.shown.object.get(*field).and_then(Value::as_str)?.to_owned();
        Some(Wanted { from: index, name, id, shape: Shape::of(*to), expand: below })
    };
    node.expand.0.iter().filter_map(reference).collect()
}

/// Puts the nodes into one another, the deepest first, and returns the first `count`.
fn assembled(mut nodes: Vec<Node<'_>>, count: usize) -> Vec<Item> {
    for index in (0..nodes.len()).rev() {
        let children = nodes.get(index).map(|node| node.children.clone()).unwrap_or_default();
        for (name, child) in children {
            let child = child.and_then(|child| nodes.get(child));
            let value =
                child.map_or(Value::Null, |child| Value::Object(child.shown.object.clone()));
            if let Some(node) = nodes.get_mut(index) {
                node.shown.object.insert(name.to_owned(), value);
            }
        }
    }
    nodes.into_iter().take(count).map(|node| node.shown.object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{customer::Customer, entity::Representation};

    fn faults_of(paths: &[&str]) -> usize {
        let mut faults = Faults::default();
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let _ = Expand::parse(&paths, Customer::EXPANSIONS, &mut faults);
        faults.iter().count()
    }

    #[test]
    fn a_name_that_is_not_on_the_list_is_refused() {
        assert_eq!(faults_of(&["custom_fields,account", "account"]), 0);
        assert_eq!(faults_of(&["custom_fields,emial", "account.nothing", ""]), 3);
        assert_eq!(faults_of(&["custom_fields.more"]), 1);
    }
}
