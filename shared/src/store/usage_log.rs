//! Usage between two instants, to the millisecond.
//!
//! Full hours are read from the counters. The hour that an instant cuts is read event by event from the
//! log, which costs what that hour has of events, whatever the rest of the time has.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::future;
use serde_json::Value;

use super::{
    Consistency, Store,
    key::{Key, USAGE_PARTITIONS, UsageOf},
    tx::owner_of,
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, MeterId},
        time::Timestamp,
    },
    model::{
        entity::Item,
        meter::{Hour, Logged, Meter, Span, Tally},
    },
};

impl Store {
    /// The meter, if there is one, and what it counted of a customer's usage from one instant up to
    /// another: all that had been answered when this began.
    pub async fn usage_within(
        &self,
        whose: &UsageOf<'_>,
        time: (Timestamp, Timestamp),
    ) -> Result<Option<(Meter, Tally)>, Error> {
        self.usage_as_if(whose, time, &[]).await
    }

    /// The same, as it were if the log had `more` beside what it has.
    pub async fn usage_as_if(
        &self,
        whose: &UsageOf<'_>,
        (from, to): (Timestamp, Timestamp),
        more: &[Logged],
    ) -> Result<Option<(Meter, Tally)>, Error> {
        let span = Span { from: Hour::of(from), to: Hour::of(to).next() };
        let full = Span {
            from: Hour::beginning(from).unwrap_or_else(|| span.from.next()),
            to: Hour::of(to),
        };
        // Hours that an instant cuts, and those of which there is more, are read event by event.
        let ends = [(span.from, Hour::beginning(from)), (full.to, Hour::beginning(to))];
        let cut = ends.iter().filter(|(_, whole)| whole.is_none()).map(|(hour, _)| *hour);
        let concerned = more.iter().map(|event| Hour::of(event.at));
        let read: BTreeSet<Hour> = cut.chain(concerned).filter(|hour| span.has(*hour)).collect();
        let logs = read.iter().map(|hour| async move {
            let mut rows = self.usage_log(whose, *hour).await?;
            rows.extend(more.iter().filter(|event| Hour::of(event.at) == *hour).cloned());
            rows.retain(|event| (from..to).contains(&event.at));
            Ok::<_, Error>(rows)
        });
        let between = async {
            match full.hours() > 0 {
                true => self.usage_by_hour(whose, full).await,
                false => {
                    let meter = self.find::<Meter>(whose.account, whose.meter).await?;
                    Ok(meter.map(|meter| (meter, BTreeMap::new())))
                }
            }
        };
        let (logs, between) = future::try_join(future::try_join_all(logs), between).await?;
        let Some((meter, hours)) = between else { return Ok(None) };
        let values = match meter.counts_values() {
            true => self.different_values(whose, (full, &read), &logs).await?,
            false => 0,
        };
        let whole = hours.into_iter().filter(|(hour, _)| !read.contains(hour));
        let sum = whole.fold(Tally::default(), |sum, (_, tally)| sum.plus(tally));
        let sum = logs.into_iter().fold(sum, |sum, rows| sum.plus(meter.tally_of(rows)));
        Ok(Some((meter, Tally { values, ..sum })))
    }

    /// The event with this identifier, if the meter has counted it, as it is kept.
    pub async fn recorded_usage(
        &self,
        account: &AccountId,
        meter: &MeterId,
        identifier: &str,
    ) -> Result<Option<Item>, Error> {
        let key = Key::usage_event(account, meter, identifier);
        let Some(item) = self.get(account, &key).await? else { return Ok(None) };
        let batch = owner_of(&item).unwrap_or_default();
        Ok(self.is_usage_counted(account, batch).await?.then_some(item))
    }

    /// Those of the meters that have counted an event of this identifier.
    pub async fn meters_with(
        &self,
        account: &AccountId,
        meters: &[Meter],
        identifier: &str,
    ) -> Result<HashSet<MeterId>, Error> {
        let key = |meter: &Meter| Key::usage_event(account, meter.id(), identifier);
        let keys: Vec<Key> = meters.iter().map(key).collect();
        let events = self.batch_get(account, &keys, Consistency::Strong).await?;
        let mut found = HashSet::new();
        for event in events {
            let pk = event.get("PK").and_then(Value::as_str);
            let place = keys.iter().position(|key| Some(key.pk()) == pk);
            let meter = place.and_then(|place| meters.get(place));
            if self.is_usage_counted(account, owner_of(&event).unwrap_or_default()).await? {
                found.extend(meter.map(|meter| meter.id().clone()));
            }
        }
        Ok(found)
    }

    /// What was counted in an hour, and what of it was made void, event by event.
    pub async fn usage_log(&self, whose: &UsageOf<'_>, hour: Hour) -> Result<Vec<Logged>, Error> {
        let name = hour.name();
        let (from, to) = (format!("{name}#"), format!("{name}#~~"));
        let partitions: Vec<String> = (0..USAGE_PARTITIONS).map(|n| whose.log(n)).collect();
        let entries = partitions.iter().map(|pk| self.query(whose.account, pk, &from, &to));
        let mut events = Vec::new();
        for entry in future::try_join_all(entries).await?.into_iter().flatten() {
            events.extend(Logged::read(hour, &entry)?);
        }
        Ok(events)
    }
}
