//! The events of a customer and meter one by one, the newest first.
//!
//! They are read from the log, hour by hour, and only of the hours that the page touches: how many events
//! the others have is in the counters. So a page far back costs what one at the front does, and the total
//! is exact; what a page costs goes by the events of its hours.

use std::{cmp::Reverse, collections::BTreeMap};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{
    Consistency, Store,
    key::{Key, UsageOf},
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, MeterId},
        page::PageRequest,
        time::Timestamp,
    },
    model::{
        entity::Item,
        meter::{Hour, Logged, Span},
    },
};

/// How many hours are read at once.
const AT_ONCE: usize = 8;

impl Store {
    /// A page of the events that count, from one instant up to another, the newest first, with how many
    /// there are: all that had been answered when this began. `None` where there is no such meter.
    pub async fn usage_events(
        &self,
        whose: &UsageOf<'_>,
        (from, to): (Timestamp, Timestamp),
        page: PageRequest,
    ) -> Result<Option<(Vec<Logged>, usize)>, Error> {
        let (first, last) = (Hour::of(from), Hour::of(to));
        let span = Span { from: first, to: last.next() };
        let Some((_, counted)) = self.usage_by_hour(whose, span).await? else { return Ok(None) };
        let count = |hour: &Hour| -> usize {
            let events = counted.get(hour).map_or(0, |tally| tally.events);
            usize::try_from(events).unwrap_or(0)
        };
        // What an instant cuts has fewer events than its hour: only its log says how many.
        let is_cut =
            |hour: &Hour| (*hour == first && Hour::beginning(from).is_none()) || *hour == last;
        let mut hours: Vec<Hour> = counted.keys().copied().filter(|hour| count(hour) > 0).collect();
        hours.reverse();
        let mut read: BTreeMap<Hour, Vec<Logged>> = BTreeMap::new();
        let cut = hours.iter().copied().filter(is_cut).collect();
        self.read_hours(whose, (from, to), cut, &mut read).await?;
        let end = page.offset().saturating_add(page.limit());
        let (mut before, mut touched) = (0_usize, Vec::new());
        for hour in &hours {
            let events = read.get(hour).map_or_else(|| count(hour), Vec::len);
            let after = before.saturating_add(events);
            if after > page.offset() && before < end && !read.contains_key(hour) {
                touched.push(*hour);
            }
            before = after;
        }
        self.read_hours(whose, (from, to), touched, &mut read).await?;
        let (mut total, mut events) = (0_usize, Vec::new());
        for hour in &hours {
            let Some(logged) = read.remove(hour) else {
                total = total.saturating_add(count(hour));
                continue;
            };
            let skip = page.offset().saturating_sub(total);
            let room = page.limit().saturating_sub(events.len());
            total = total.saturating_add(logged.len());
            events.extend(logged.into_iter().skip(skip).take(room));
        }
        Ok(Some((events, total)))
    }

    /// The events of each of these hours between two instants, the newest first.
    async fn read_hours(
        &self,
        whose: &UsageOf<'_>,
        (from, to): (Timestamp, Timestamp),
        hours: Vec<Hour>,
        into: &mut BTreeMap<Hour, Vec<Logged>>,
    ) -> Result<(), Error> {
        let reads = hours.into_iter().map(|hour| async move {
            let mut events = Logged::counted(self.usage_log(whose, hour).await?);
            events.retain(|event| (from..to).contains(&event.at));
            events.sort_by(|a, b| {
                (Reverse(a.at), &b.identifier).cmp(&(Reverse(b.at), &a.identifier))
            });
            Ok::<_, Error>((hour, events))
        });
        into.extend(stream::iter(reads).buffered(AT_ONCE).try_collect::<Vec<_>>().await?);
        Ok(())
    }

    /// The events with these identifiers, as they are kept, by the identifier.
    pub async fn kept_usage(
        &self,
        account: &AccountId,
        meter: &MeterId,
        events: &[Logged],
    ) -> Result<BTreeMap<String, Item>, Error> {
        let key = |event: &Logged| Key::usage_event(account, meter, &event.identifier);
        let keys: Vec<Key> = events.iter().map(key).collect();
        let named: BTreeMap<&str, &str> = keys
            .iter()
            .zip(events)
            .map(|(key, event)| (key.pk(), event.identifier.as_str()))
            .collect();
        let items = self.batch_get(account, &keys, Consistency::Strong).await?;
        let by_name = items.into_iter().filter_map(|item| {
            let name = named.get(item.get("PK").and_then(Value::as_str)?)?;
            Some(((*name).to_owned(), item))
        });
        Ok(by_name.collect())
    }
}
