//! The figures that were counted: an item for each day, and where counting has come to.
//!
//! Whoever counts more writes the days and where it has come to in one transaction, on the condition that
//! nobody has come further: so each event is counted once, however many count at once.

use serde_json::Value;

use crate::{
    base::{error::Error, id::AccountId, time::Moment},
    model::{
        analytics::{ByCurrency, Days, Standing},
        entity::{Entity, Item, decode, encode},
        event::Event,
        list::List,
    },
    store::{
        Page, Store,
        key::Key,
        table::{Condition, Put},
    },
};

impl Store {
    /// Where counting has come to.
    pub(crate) async fn standing(&self, account: &AccountId) -> Result<Standing, Error> {
        let item = self.get(account, &Key::standing(account)).await?;
        item.map_or_else(|| Ok(Standing::default()), decode)
    }

    /// What is counted in a turn of the days from `first` on.
    pub(crate) async fn counted_from(
        &self,
        account: &AccountId,
        (turn, first): (u64, &str),
    ) -> Result<Days, Error> {
        let (from, to) = (Key::figures(account, turn, first), Key::figures(account, turn, "~"));
        let items = self.query(account, from.pk(), from.sk(), to.sk()).await?;
        let mut days = Days::default();
        for mut item in items {
            let place = item.get("SK").and_then(Value::as_str).unwrap_or_default();
            let day = place.split('#').next_back().unwrap_or_default().to_owned();
            let by: ByCurrency = match item.remove("counted") {
                Some(Value::Object(counted)) => decode(counted)?,
                _ => return Err(Error::Internal(format!("nothing is counted of {day}"))),
            };
            days.0.insert(day, by);
        }
        Ok(days)
    }

    /// Writes what is counted now: false, where somebody else has come further.
    pub(crate) async fn count_on(
        &self,
        account: &AccountId,
        before: &Standing,
        after: &Standing,
        days: &Days,
    ) -> Result<bool, Error> {
        let condition = Condition::at_version(before.version);
        let key = Key::standing(account);
        let mut puts = vec![Put::guarded(key, encode(after)?, condition)];
        for (day, by) in &days.0 {
            let item = Item::from_iter([("counted".to_owned(), Value::Object(encode(by)?))]);
            puts.push(Put::new(Key::figures(account, after.turn, day), item));
        }
        self.put_if(account, puts).await
    }

    /// The events above this text that are settled, the oldest first, at most `limit`.
    pub(crate) async fn events_above(
        &self,
        account: &AccountId,
        above: &str,
        (moment, limit): (Moment, usize),
    ) -> Result<Page<Event>, Error> {
        let below = self.events_settled_below(account, moment);
        if below.as_str() <= above {
            return Ok(Page { items: Vec::new(), total: 0, has_more: false });
        }
        self.page_from(account, &List::all(Event::RESOURCE), (above, &below), limit).await
    }
}
