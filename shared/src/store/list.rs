//! Lists: which object is in which, and how a page with an exact total is read.
//!
//! A list is named by its resource and, where the contract documents a filter, by the filter's value:
//! `customers`, `customers?email=…`. An entity says which lists it is in (`Entity::lists`), as a pure
//! function of its state. Each change writes the difference as *operations*, in the change's own
//! transaction: `+1` on a list it enters, `−1` on one it leaves, each under a key that no other
//! change ever uses. So writers share no item, and a list is exactly the sum of its operations:
//!
//! > an id is a member if its operations add up to 1, and the total is the sum of all.
//!
//! A page is read by one strongly consistent query over the operations (counted on read, in id order,
//! which is creation order) and one batch get of the page's objects. An object that is gone or has
//! left the list between the two makes the reader start again, so a page never disagrees with its
//! total. The price grows with the number of operations: ~100 bytes each, a read unit per 40.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    key::{self, Key},
    table::{Item, Put},
};
use crate::{
    error::Error,
    id::AccountId,
    page::{PageRequest, TimeRange},
    store::{Entity, Store},
};

/// The name of a list within an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct List(String);

impl List {
    /// Every object of a resource.
    pub fn all(resource: &str) -> Self {
        Self(resource.to_owned())
    }

    /// The objects of a resource whose `field` is `value`.
    pub fn filtered(resource: &str, field: &str, value: &str) -> Self {
        Self::all(resource).and(field, value)
    }

    /// The lists that an object with these values of its resource's filters is in: one for each
    /// combination of them, so that a client may name any of the filters together.
    pub fn combinations(resource: &str, values: &[(&str, &str)]) -> Vec<Self> {
        let mut lists = vec![Self::all(resource)];
        for (field, value) in values {
            let narrower: Vec<_> =
                lists.iter().map(|list| list.clone().and(field, value)).collect();
            lists.extend(narrower);
        }
        lists
    }

    /// The one of these that holds the objects with the values a client names. The fields are in the
    /// same order as there.
    pub fn combination(resource: &str, values: &[(&str, Option<&str>)]) -> Self {
        let named = values.iter().filter_map(|(field, value)| value.map(|value| (field, value)));
        named.fold(Self::all(resource), |list, (field, value)| list.and(field, value))
    }

    /// Of these objects, those whose `field` is `value` too.
    pub fn and(mut self, field: &str, value: &str) -> Self {
        let sign = if self.0.contains('?') { '&' } else { '?' };
        let _ = write!(self.0, "{sign}{field}={}", key::encoded(value));
        self
    }

    /// The partition that holds the list's operations.
    pub(super) fn partition(&self, account: &AccountId, number: u8) -> String {
        format!("{account}#L#{}#{number}", self.0)
    }
}

/// The attribute of an operation that holds +1 or −1.
const DELTA: &str = "d";

/// Whether an operation adds its object to the list or takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Enter,
    Leave,
}

/// The operation that a change to `version` of the object `id` makes on `list`.
pub(super) fn operation(
    account: &AccountId,
    list: &List,
    id: &str,
    version: u64,
    step: Step,
) -> Put {
    let delta = match step {
        Step::Enter => 1,
        Step::Leave => -1,
    };
    let mut item = Item::new();
    item.insert(DELTA.to_owned(), json!(delta));
    Put::new(Key::list_operation(account, list, id, version), item)
}

/// One page of a list and the whole list's total.
#[derive(Clone, Debug)]
pub struct Page<E> {
    /// The objects of the page, newest first.
    pub items: Vec<E>,
    /// How many objects the list has, whatever the page.
    pub total: usize,
    /// Whether there are more after this page.
    pub has_more: bool,
}

/// How often a reader starts again when objects move under it.
const ATTEMPTS: usize = 5;

impl Store {
    /// Reads one page of `list`. Two round trips: the operations, and the page's objects.
    pub async fn page<E: Entity>(
        &self,
        account: &AccountId,
        list: &List,
        range: &TimeRange,
        request: PageRequest,
    ) -> Result<Page<E>, Error> {
        for _ in 0..ATTEMPTS {
            let members = self.members::<E>(account, list, range).await?;
            let ids: Vec<&String> =
                members.iter().rev().skip(request.offset()).take(request.limit()).collect();
            let keys = ids.iter().map(|id| Key::object_named(account, id)).collect();
            let items: Vec<E> = self.find_all(account, keys).await?;
            let settled =
                items.len() == ids.len() && items.iter().all(|item| item.lists().contains(list));
            if settled {
                let has_more = request.offset().saturating_add(ids.len()) < members.len();
                return Ok(Page { items, total: members.len(), has_more });
            }
        }
        Err(Error::Busy(format!("{ATTEMPTS} pages of {list:?} changed while they were read")))
    }

    /// How many objects a list has.
    pub async fn total(&self, account: &AccountId, list: &List) -> Result<usize, Error> {
        Ok(self.members_between(account, list, (key::BEFORE_IDS, "~")).await?.len())
    }

    async fn members<E: Entity>(
        &self,
        account: &AccountId,
        list: &List,
        range: &TimeRange,
    ) -> Result<Vec<String>, Error> {
        let (from, to) = range.bounds::<E::Kind>(account.environment());
        self.members_between(account, list, (&from, &to)).await
    }

    async fn members_between(
        &self,
        account: &AccountId,
        list: &List,
        bounds: (&str, &str),
    ) -> Result<Vec<String>, Error> {
        let partition = list.partition(account, 0);
        Ok(members(self.query_numbers(account, &partition, bounds, DELTA).await?))
    }
}

/// The ids whose operations, which are sorted by id, add up to one.
fn members(operations: Vec<(String, i64)>) -> Vec<String> {
    let mut members: Vec<(String, i64)> = Vec::new();
    for (mut sk, delta) in operations {
        let id = sk.find('#').unwrap_or(sk.len());
        match members.last_mut() {
            Some((last, sum)) if sk.get(..id) == Some(last.as_str()) => *sum += delta,
            _ => {
                sk.truncate(id);
                members.push((sk, delta));
            }
        }
    }
    members.into_iter().filter(|(_, sum)| *sum == 1).map(|(id, _)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(sk: &str, delta: i64) -> (String, i64) {
        (sk.to_owned(), delta)
    }

    #[test]
    fn whatever_filters_are_named_the_object_is_in_their_list() {
        let lists = List::combinations("prices", &[("product_id", "p"), ("active", "true")]);
        assert_eq!(lists.len(), 4);
        for product in [None, Some("p")] {
            for active in [None, Some("true")] {
                let named = [("product_id", product), ("active", active)];
                assert!(lists.contains(&List::combination("prices", &named)));
            }
        }
        let both = List::combination("prices", &[("product_id", Some("p")), ("active", Some("&"))]);
        assert_eq!(both, List("prices?product_id=p&active=%26".to_owned()));
    }

    #[test]
    fn an_id_is_a_member_when_its_operations_add_up_to_one() {
        let log = [
            operation("cus_a#1", 1),
            operation("cus_b#1", 1),
            operation("cus_b#3", -1),
            operation("cus_c#2", 1),
            operation("cus_c#5", -1),
            operation("cus_c#9", 1),
        ];
        assert_eq!(members(log.to_vec()), ["cus_a", "cus_c"]);
    }
}
