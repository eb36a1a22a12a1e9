//! Usage: events that are counted once, and what was counted.
//!
//! An event is an item of its own under (account, meter, identifier), so whoever sends it again meets
//! it for as long as it is kept, which is for good. It is put by itself and not in a transaction, at
//! half the price; so it is counted in three steps:
//!
//! 1. Each event is put, if there is none of its identifier, with the name of a *batch* that nobody
//!    used before.
//! 2. One transaction writes the batch's record, if there is none, and adds to the counters what the
//!    events that name it come to. From then on they are counted, all at once.
//! 3. The answer goes out.
//!
//! | if the process dies, or two come at once | then |
//! |---|---|
//! | between 1 and 2 | the events name a batch without a record: they are not counted. Whoever sends one of them again writes a record that the batch is *abandoned*, so that it never can be counted, and puts the event with the name of its own batch in place of that one |
//! | between 2 and 3 | the batch's record says that it is counted: the event is a duplicate |
//! | another has put the event, and has not come to 2 | it is waited for a little, then its batch is abandoned; its transaction fails, and it begins again |
//! | the transaction is sent twice | it fails the second time, because the record is there |
//! | a put is sent twice | the second finds the event with the name of its own batch |
//!
//! An event changes its batch only after a record says that the batch it names is abandoned, and no
//! record ever changes: so the events that name a counted batch are those that its transaction counted.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::{FutureExt, StreamExt, TryStreamExt, future, stream};
use serde_json::{Value, json};

use super::{
    Consistency, Store,
    key::{Key, USAGE_PARTITIONS, UsageOf},
    open, open_partition,
    table::{Condition, Outcome, Put, back_off},
    tx::{COUNTED, EVENTS, PEAK, SUM, UsageBatch, owner_of},
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, CustomerId},
        time::Timestamp,
    },
    model::{
        entity::{Item, decode},
        meter::{CLAIM, Hour, Meter, Span, Tally, UNIQUE, UsageEvent},
    },
};

/// How many events are put at once.
const AT_ONCE: usize = 32;
/// How often another's batch is looked at before it is abandoned.
const PATIENCE: u32 = 4;
/// How often an event is put when others keep putting it.
const ROUNDS: usize = 5;

/// An event that another batch's name stands in.
struct Taken<'a> {
    event: &'a UsageEvent,
    place: usize,
    by: String,
}

impl Store {
    /// The meters that count events of these names, by the name.
    pub async fn meters_named(
        &self,
        account: &AccountId,
        names: &HashSet<&str>,
    ) -> Result<HashMap<String, Meter>, Error> {
        let keys: Vec<Key> = names.iter().map(|name| Key::unique(account, CLAIM, name)).collect();
        let items = self.batch_get(account, &keys, Consistency::Strong).await?;
        let copies = items.into_iter().filter_map(|mut item| item.remove("meter"));
        let meter = |copy: Value| match copy {
            Value::Object(meter) => decode::<Meter>(meter),
            other => Err(Error::Internal(format!("not a meter: {other}"))),
        };
        let named = |meter: Meter| (meter.event_name().to_owned(), meter);
        copies.map(|copy| meter(copy).map(named)).collect()
    }

    /// Those of the customers that the account has.
    pub async fn existing_customers(
        &self,
        account: &AccountId,
        ids: &HashSet<&CustomerId>,
    ) -> Result<HashSet<CustomerId>, Error> {
        let keys: Vec<Key> = ids.iter().map(|id| Key::object(account, id)).collect();
        let items = self.batch_get(account, &keys, Consistency::Strong).await?;
        let id = |item: Item| item.get("id").and_then(Value::as_str)?.parse().ok();
        Ok(items.into_iter().filter_map(id).collect())
    }

    /// Puts the events in the name of `batch`: for each whether it is the batch's now, or was counted
    /// before.
    pub async fn claim_usage(
        &self,
        account: &AccountId,
        batch: &UsageBatch,
        events: &[&UsageEvent],
        now: Timestamp,
    ) -> Result<Vec<bool>, Error> {
        let mut ours = vec![false; events.len()];
        let mut open: Vec<_> = (events.iter().enumerate())
            .map(|(place, event)| (place, *event, Condition::Absent))
            .collect();
        for _ in 0..ROUNDS {
            let mut taken = Vec::new();
            let puts = open.into_iter().map(|(place, event, condition)| {
                self.put_event(account, batch, (place, event), condition, now).boxed_local()
            });
            let put: Vec<_> = stream::iter(puts).buffered(AT_ONCE).try_collect().await?;
            for (place, other) in put {
                match other {
                    Some(other) => taken.push(other),
                    None => ours.get_mut(place).into_iter().for_each(|one| *one = true),
                }
            }
            if taken.is_empty() {
                return Ok(ours);
            }
            let by = taken.iter().map(|one| one.by.clone()).collect();
            let counted = self.settled(account, by).await?;
            let abandoned = taken.into_iter().filter(|one| counted.get(&one.by) != Some(&true));
            open =
                abandoned.map(|one| (one.place, one.event, Condition::OwnedBy(one.by))).collect();
            if open.is_empty() {
                return Ok(ours);
            }
        }
        Err(Error::Contended)
    }

    /// Puts an event if `condition` holds; which batch's name stands in it, if another's does.
    async fn put_event<'a>(
        &self,
        account: &AccountId,
        batch: &UsageBatch,
        (place, event): (usize, &'a UsageEvent),
        condition: Condition,
        now: Timestamp,
    ) -> Result<(usize, Option<Taken<'a>>), Error> {
        let key = Key::usage_event(account, &event.meter, event.identifier.as_str());
        open(account, [&key])?;
        let put = Put::guarded(key.clone(), item_of(batch, event, now), condition);
        let there = match self.table.put_once(&put).await? {
            Outcome::Done => return Ok((place, None)),
            Outcome::Refused(Some(there)) => Some(there),
            Outcome::Refused(None) => self.table.get(&key).await?,
            Outcome::Unknown => return Err(Error::Contended),
        };
        let by = there.as_ref().and_then(owner_of).unwrap_or_default().to_owned();
        let taken = (by != batch.name()).then_some(Taken { event, place, by });
        Ok((place, taken))
    }

    /// Of each of these batches whether it is counted: one that is neither counted nor abandoned is
    /// waited for, and then abandoned.
    async fn settled(
        &self,
        account: &AccountId,
        names: HashSet<String>,
    ) -> Result<HashMap<String, bool>, Error> {
        let mut known = HashMap::new();
        for attempt in 0..PATIENCE {
            let keys: Vec<Key> = (names.iter())
                .filter(|name| !known.contains_key(*name))
                .map(|name| Key::usage_batch(account, name))
                .collect();
            for item in self.batch_get(account, &keys, Consistency::Strong).await? {
                let pk = item.get("PK").and_then(Value::as_str).unwrap_or_default();
                let name = pk.rsplit('#').next().unwrap_or_default().to_owned();
                known.insert(name, is_counted(&item));
            }
            if known.len() == names.len() {
                return Ok(known);
            }
            back_off(attempt).await;
        }
        for name in names.into_iter().filter(|name| !known.contains_key(name)).collect::<Vec<_>>() {
            let counted = self.abandoned(account, &name).await?;
            known.insert(name, counted);
        }
        Ok(known)
    }

    /// Abandons a batch, unless it is counted: whether it is.
    async fn abandoned(&self, account: &AccountId, name: &str) -> Result<bool, Error> {
        let record = Item::from_iter([(COUNTED.to_owned(), json!(false))]);
        let key = Key::usage_batch(account, name);
        let put = Put::guarded(key, record, Condition::Absent);
        match self.put_if(account, vec![put]).await? {
            true => Ok(false),
            false => self.is_usage_counted(account, name).await,
        }
    }

    /// Whether a batch is counted.
    pub async fn is_usage_counted(&self, account: &AccountId, name: &str) -> Result<bool, Error> {
        let item = self.get(account, &Key::usage_batch(account, name)).await?;
        Ok(item.is_some_and(|item| is_counted(&item)))
    }

    /// The meter, if there is one, and what it counted of a customer's usage in these hours, hour by hour: all
    /// that had been answered when this began. Of an hour in which nothing was counted there may be nothing.
    pub(super) async fn usage_by_hour(
        &self,
        whose: &UsageOf<'_>,
        span: Span,
    ) -> Result<Option<(Meter, BTreeMap<Hour, Tally>)>, Error> {
        let spread = Key::usage_spread(whose);
        let keys = [Key::object(whose.account, whose.meter), spread.clone()];
        let beside = self.batch_get(whose.account, &keys, Consistency::Strong);
        let first = self.counted_in(whose, (0, span), None);
        let (beside, mut hours) = future::try_join(beside, first).await?;
        let of = |item: &Item, key: &Key| item.get("PK").and_then(Value::as_str) == Some(key.pk());
        let (is_spread, meter): (Vec<Item>, Vec<Item>) =
            beside.into_iter().partition(|item| of(item, &spread));
        let Some(meter) = meter.into_iter().next() else { return Ok(None) };
        let meter: Meter = decode(meter)?;
        if meter.has_peaks() {
            // What its lanes have is told by what is read before and after them.
            let hours = self.peaks_by_hour(whose, (&meter, span), !is_spread.is_empty()).await?;
            return Ok(Some((meter, hours)));
        }
        if !is_spread.is_empty() {
            let others =
                (1..USAGE_PARTITIONS).map(|number| self.counted_in(whose, (number, span), None));
            for (hour, tally) in future::try_join_all(others).await?.into_iter().flatten() {
                let sum: &mut Tally = hours.entry(hour).or_default();
                *sum = sum.plus(tally);
            }
        }
        Ok(Some((meter, hours)))
    }

    /// What the counters of a partition have, with peaks of `meter`.
    pub(super) async fn counted_in(
        &self,
        whose: &UsageOf<'_>,
        (number, span): (u8, Span),
        meter: Option<&Meter>,
    ) -> Result<BTreeMap<Hour, Tally>, Error> {
        let ((first, last), partition) = (span.days(), whose.partition(number));
        open_partition(whose.account, &partition)?;
        let days =
            self.table.numbers(&partition, &format!("{first}#"), &format!("{last}#~")).await?;
        let mut hours: BTreeMap<Hour, Tally> = BTreeMap::new();
        for (sk, numbers) in days {
            let day = sk.split('#').next().unwrap_or_default();
            for (name, number) in numbers {
                let Some((what, hour)) = name.split_at_checked(1) else { continue };
                let Some(hour) = Hour::named(day, hour).filter(|hour| span.has(*hour)) else {
                    continue;
                };
                let sum = hours.entry(hour).or_default();
                let one = match what {
                    EVENTS => Tally { events: number, ..Tally::default() },
                    SUM => Tally { scaled: number, ..Tally::default() },
                    PEAK => Tally {
                        peak: meter.map(|meter| meter.peak(hour, number)),
                        ..Tally::default()
                    },
                    _ => continue,
                };
                *sum = sum.plus(one);
            }
        }
        Ok(hours)
    }
}

fn is_counted(batch: &Item) -> bool {
    batch.get(COUNTED).and_then(Value::as_bool) == Some(true)
}

/// An event as it is kept.
fn item_of(batch: &UsageBatch, event: &UsageEvent, now: Timestamp) -> Item {
    let texts = [
        ("owned_by", batch.name().to_owned()),
        ("customer_id", event.customer.to_string()),
        ("timestamp", event.timestamp.to_string()),
        ("value", event.value.to_string()),
        ("payload", event.payload.clone()),
        ("recorded_at", now.to_string()),
    ];
    let unique = event.unique_value.clone().map(|value| (UNIQUE, value));
    let texts = texts.into_iter().chain(unique);
    texts.map(|(name, text)| (name.to_owned(), Value::String(text))).collect()
}
