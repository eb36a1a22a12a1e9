//! Usage between two instants, to the millisecond.
//!
//! Full hours are read from the counters. The hour that an instant cuts is read event by event from the
//! log, which costs what that hour has of events, whatever the rest of the time has.

use futures_util::future;

use super::{
    Store,
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
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Option<(Meter, Tally)>, Error> {
        let (first, last) = (Hour::of(from), Hour::of(to));
        let full = Hour::beginning(from).unwrap_or_else(|| first.next());
        let head = async {
            match Hour::beginning(from) {
                Some(_) => Ok(Tally::default()),
                None => self.usage_cut(whose, first, (from, to)).await,
            }
        };
        let tail = async {
            match Hour::beginning(to).is_none() && (first != last || full == first) {
                true => self.usage_cut(whose, last, (from, to)).await,
                false => Ok(Tally::default()),
            }
        };
        let between = async {
            let span = Span { from: full, to: last };
            match span.hours() > 0 {
                true => self.usage(whose, span).await,
                false => {
                    let meter = self.find::<Meter>(whose.account, whose.meter).await?;
                    Ok(meter.map(|meter| (meter, Tally::default())))
                }
            }
        };
        let (head, tail, between) = future::try_join3(head, tail, between).await?;
        Ok(between.map(|(meter, tally)| (meter, tally.plus(head).plus(tail))))
    }

    /// What the log of an hour says of the time from one instant up to another.
    async fn usage_cut(
        &self,
        whose: &UsageOf<'_>,
        hour: Hour,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Tally, Error> {
        let events = self.usage_log(whose, hour).await?;
        let within = events.iter().filter(|event| (from..to).contains(&event.at));
        Ok(within.fold(Tally::default(), |sum, event| sum.plus(event.tally())))
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
