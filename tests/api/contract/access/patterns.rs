//! The table of keys of `docs/data-model.md` against the calls that were recorded: every key that is reached
//! has a row there, and every row is reached.

use std::collections::{BTreeMap, BTreeSet};

use local::wire::Call;

use super::policy::is_like;
use crate::client::root;

/// What is in the cells of the table below the line that begins with `head`.
fn rows(page: &str, head: &str) -> Vec<Vec<String>> {
    let rows = page.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

/// What a cell has between backticks.
fn spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// One part of a key as the page writes it, as `is_like` reads it: what stands for something is a star, and
/// an id has its two underscores.
fn part(text: &str) -> String {
    let mut like = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let (name, left) = after.split_once('>').unwrap();
        like.push_str(before);
        like.push_str(match name {
            "account" => "acc_*_*",
            "id" | "endpoint" | "customer" | "meter" => "*_*_*",
            _ => "*",
        });
        rest = left;
    }
    like.push_str(rest);
    like.replace('…', "*")
}

/// Whether `key` is of the form that the page writes. Only a last part that may be anything has number signs
/// in it.
fn is_of(key: &str, form: &str) -> bool {
    let forms: Vec<String> = form.split('#').map(part).collect();
    let parts: Vec<&str> = match forms.last().is_some_and(|last| last == "*") {
        true => key.splitn(forms.len(), '#').collect(),
        false => key.split('#').collect(),
    };
    parts.len() == forms.len() && forms.iter().zip(parts).all(|(form, part)| is_like(form, part))
}

/// A row of the table of keys.
struct Row {
    name: String,
    partition: Vec<String>,
    sort: Vec<String>,
}

impl Row {
    fn has(&self, partition: &str, sort: Option<&str>) -> bool {
        self.partition.iter().any(|form| is_of(partition, form))
            && sort.is_none_or(|sort| self.sort.iter().any(|form| is_of(sort, form)))
    }
}

/// The table of keys. `the same` stands for what the row above has.
fn keys(page: &str) -> Vec<Row> {
    let mut keys: Vec<Row> = Vec::new();
    for row in rows(page, "| item | PK |") {
        let own = |cell: &str| spans(cell).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let sort = match row[2].as_str() {
            "the same" => keys.last().unwrap().sort.clone(),
            cell => own(cell),
        };
        keys.push(Row { name: row[0].clone(), partition: own(&row[1]), sort });
    }
    keys
}

/// Keys without a row, and rows without a key. A scan names none.
pub(super) fn differences(calls: &[Call]) -> BTreeSet<String> {
    let page = std::fs::read_to_string(root().join("docs/data-model.md")).unwrap();
    let (keys, mut unknown, mut reached) = (keys(&page), BTreeMap::new(), BTreeSet::new());
    for call in calls {
        for touch in call.touches.iter().filter(|touch| !touch.partition_key.is_empty()) {
            let key = (&*touch.partition_key, touch.sort_key.as_deref());
            let rows = keys.iter().filter(|row| row.has(key.0, key.1));
            let names: Vec<&str> = rows.map(|row| &*row.name).collect();
            if names.is_empty() {
                unknown.entry(key).or_insert(&*call.function);
            }
            reached.extend(names);
        }
    }
    let idle = keys.iter().filter(|row| !reached.contains(&*row.name));
    let mut wrong: BTreeSet<String> =
        idle.map(|row| format!("nobody reaches the key of `{}`", row.name)).collect();
    for ((partition, sort), by) in unknown {
        wrong.insert(format!("no row for the key {partition} {sort:?}, which {by} reaches"));
    }
    wrong
}

#[test]
fn a_key_is_told_from_one_of_another_form() {
    let object = "acc_prod_0000000000000001#cus_prod_0000000000000001";
    assert!(is_of(object, "<account>#<id>"));
    assert!(!is_of("acc_prod_0000000000000001#SEQ", "<account>#<id>"));
    assert!(!is_of("acc_prod_0000000000000001#ME#mtr_prod_1#x", "<account>#<id>"));
    let event = "acc_prod_0000000000000001#ME#mtr_prod_0000000000000001#a#b";
    assert!(is_of(event, "<account>#ME#<meter>#<identifier>"));
    assert!(is_of("DUE#s3", "DUE#s<0..3>"));
    assert!(!is_of("DUE#stg", "DUE#w<0..3>"));
}
