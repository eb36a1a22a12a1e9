//! What a change writes of lists: an operation for each log that it has to do with.

use serde_json::json;

use super::{
    item::{DELTA, IDS, packed},
    operation::{FIRST, parts, sort_key},
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
    let key = Key::list_place(account, list, 0, &sort_key(&list.member(id), version));
    let request = requests::now_and_then(account, list, &key);
    [Some(Write::Put(Put::new(key, item))), request].into_iter().flatten().collect()
}

/// Whether a key is that of an operation on the object `id` in the log that `list` is in.
pub(in crate::store) fn is_operation(
    key: &Key,
    account: &AccountId,
    list: &List,
    id: &str,
) -> bool {
    key.pk() == Key::list_head(account, list).pk()
        && parts(key.sk()).is_some_and(|(member, _)| member == list.member(id))
}

/// Adds to an operation what it says of its list; or, where it says the opposite already, takes that
/// back.
pub(in crate::store) fn say(item: &mut Item, _: &List, step: Step) {
    let delta = match step {
        Step::Enter => 1,
        Step::Leave => -1,
    };
    if item.shift_remove(DELTA).is_none() {
        item.insert(DELTA.to_owned(), json!(delta));
    }
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
