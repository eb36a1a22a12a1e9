//! What a change writes of lists: an operation for each log that it has to do with.

use serde_json::{Value, json};

use super::{
    item::{DELTA, IDS, SUBSETS, packed},
    operation::{FIRST, Subsets, parts, sort_key},
    requests,
};
use crate::{
    base::id::AccountId,
    model::{entity::Item, list::List},
    store::{
        key::Key,
        table::{Put, Write},
    },
};

/// Whether an operation adds its object to the list or takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Step {
    Enter,
    Leave,
}

/// What the change to `version` of the object `id` writes to be in `list`, or not any more: the
/// operation, and now and then a request to compact the list.
pub(in crate::store) fn operation(
    account: &AccountId,
    list: &List,
    id: &str,
    version: u64,
    step: Step,
) -> Vec<Write> {
    let mut item = Item::new();
    say(&mut item, list, step);
    let logged = list.logged_in();
    let key = Key::list_place(account, &logged, 0, &sort_key(&list.member(id), version));
    let request = requests::now_and_then(account, &logged, &key);
    [Some(Write::Put(Put::new(key, item))), request].into_iter().flatten().collect()
}

/// Whether a key is that of an operation on the object `id` in the log that `list` is in.
pub(in crate::store) fn is_operation(
    key: &Key,
    account: &AccountId,
    list: &List,
    id: &str,
) -> bool {
    key.pk() == Key::list_head(account, &list.logged_in()).pk()
        && parts(key.sk()).is_some_and(|(member, _)| member == list.member(id))
}

/// Adds to an operation what it says of one more list of its log; or, where it says the opposite
/// already, takes that back.
pub(in crate::store) fn say(item: &mut Item, list: &List, step: Step) {
    let delta = match step {
        Step::Enter => 1,
        Step::Leave => -1,
    };
    let Some((_, filter)) = list.subset_of() else {
        if item.shift_remove(DELTA).is_none() {
            item.insert(DELTA.to_owned(), json!(delta));
        }
        return;
    };
    let mut said = subsets(item);
    match said.delta(filter) {
        0 => said.add(filter, delta),
        _ => said = said.without(filter),
    }
    match said.is_empty() {
        true => item.shift_remove(SUBSETS),
        false => item.insert(SUBSETS.to_owned(), said.text().into()),
    };
}

fn subsets(item: &Item) -> Subsets {
    let text = item.get(SUBSETS).and_then(Value::as_str);
    text.and_then(|text| Subsets::read(text.to_owned())).unwrap_or_default()
}

/// What is written once where one change has all these ids enter `list`, in which members only enter.
pub(in crate::store) fn operation_of_all(
    account: &AccountId,
    list: &List,
    mut ids: Vec<String>,
) -> Option<Write> {
    ids.sort_unstable();
    let key = Key::list_place(account, list, 0, &sort_key(ids.last()?, FIRST));
    let item = Item::from_iter([(IDS.to_owned(), packed(&ids).into())]);
    Some(Write::Put(Put::new(key, item)))
}

/// The id that enters the list of this head with an operation under `key`, if it is one of a new object.
pub(in crate::store) fn new_member<'a>(key: &'a Key, head: &Key) -> Option<&'a str> {
    let (id, version) = parts(key.sk()).filter(|_| key.pk() == head.pk())?;
    (version == FIRST).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_operation_says_all_of_one_log_until_it_is_taken_back() {
        let account: AccountId = "acc_prod_0000000000000001".parse().unwrap();
        let (all, open) = (List::all("invoices"), List::filtered("invoices", "state", "open"));
        let paid = List::filtered("invoices", "state", "paid");
        let mut writes = operation(&account, &all, "in_1", 1, Step::Enter).into_iter();
        let Some(Write::Put(put)) = writes.next() else { panic!() };
        let (key, mut item) = (put.parts().0.clone(), put.parts().1.clone());
        let is_its = |list: &List, id: &str| is_operation(&key, &account, list, id);
        let of_another = List::filtered("invoices", "customer_id", "cus_1").and("state", "open");
        assert!(is_its(&all, "in_1") && is_its(&open, "in_1"));
        assert!(!is_its(&open, "in_2") && !is_its(&of_another, "in_1"));
        say(&mut item, &open, Step::Enter);
        say(&mut item, &paid, Step::Leave);
        assert_eq!(json!(item), json!({"d": 1, "subsets": "+state=open -state=paid"}));
        say(&mut item, &open, Step::Leave);
        say(&mut item, &all, Step::Leave);
        assert_eq!(json!(item), json!({"subsets": "-state=paid"}));
        say(&mut item, &paid, Step::Enter);
        assert!(item.is_empty());
    }
}
