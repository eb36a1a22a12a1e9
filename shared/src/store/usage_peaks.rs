//! Usage of which one event counts: the largest, or the last.
//!
//! Each lane of a day's counter keeps for each hour the largest rank (`model/meter/peak.rs`) of what was
//! counted in it, so the largest of the lanes is the one that counts. What is counted only ever raises
//! them. A correction takes an event away, and which one is next stands in the log alone; so:
//!
//! 1. The transaction of a correction removes the rank of the event from the lanes that have it, on the
//!    condition that they still do, and says that the hour is *unsettled*. From then on, whoever reads the
//!    hour reads its log. What is counted meanwhile goes into the lanes as ever.
//! 2. The log is read for the largest rank. One transaction raises a lane to it and says that the hour is
//!    settled, if nobody corrected an event of it since.
//!
//! Both write a number of the hour, in an item of the day that counting never touches, on the condition
//! that it is as it was read: so corrections of an hour meet there, each sees what the one before did, and
//! none of them meets what is counted. If the process dies between the two, reads are right, and cost the
//! events of that hour until it is settled: by the same request, sent again, or the next correction.
//!
//! A rank in a lane is always that of an event that counts: it was put there by its own batch or by 2, and
//! goes in the transaction that takes the event away.
//!
//! A query is no snapshot. So a reader reads the corrections before the lanes and after them; an hour that
//! was corrected or settled in between is read from the log.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, future, stream};

use super::{
    Store,
    key::{CORRECTIONS, Key, USAGE_PARTITIONS, UsageOf},
    open_partition,
    table::{Hold, NumberChange},
    tx::{GUARD, PEAK, UNSETTLED},
};
use crate::{
    base::error::Error,
    model::meter::{Hour, Logged, Meter, RecordedUsage, Span, Tally},
};

/// How many hours are read at once.
const AT_ONCE: usize = 8;

/// What corrections came to in a time: for each name of a number its value, hour by hour.
type Corrections = BTreeMap<(String, Hour), i128>;

/// What was read of the hours that a correction concerns.
#[derive(Debug, Default)]
pub struct CorrectedPeaks {
    /// Of each hour by how many corrections it was made; whether it is unsettled from now on.
    hours: BTreeMap<Hour, (Option<i128>, bool)>,
    /// The lanes that have the rank of the event that goes.
    lanes: Vec<(Key, NumberChange)>,
}

impl CorrectedPeaks {
    /// What changes in the corrections of a day, with what is added to its sums.
    pub(super) fn change(&self, day: &str, add: Vec<(String, i128)>) -> NumberChange {
        let mut change = NumberChange { add, ..NumberChange::default() };
        for (hour, (guard, unsettled)) in self.hours.iter().filter(|(hour, _)| hour.day() == day) {
            let name = |what: &str| format!("{what}{}", hour.of_day());
            change.add.push((name(GUARD), 1));
            change.hold.push((name(GUARD), Hold::Is(*guard)));
            if *unsettled {
                change.set.push((name(UNSETTLED), 1));
            }
        }
        change
    }

    /// What changes in the lanes.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (Key, NumberChange)> {
        self.lanes.iter().cloned()
    }

    /// The hours that are to be settled then.
    pub fn unsettled(&self) -> impl Iterator<Item = Hour> {
        self.hours.iter().filter(|(_, (_, unsettled))| *unsettled).map(|(hour, _)| *hour)
    }
}

impl Store {
    /// What the corrections of a time came to.
    async fn corrections(&self, whose: &UsageOf<'_>, span: Span) -> Result<Corrections, Error> {
        let ((first, last), partition) = (span.days(), whose.partition(0));
        open_partition(whose.account, &partition)?;
        let (from, to) = (format!("{CORRECTIONS}{first}"), format!("{CORRECTIONS}{last}"));
        let mut found = Corrections::new();
        for (sk, numbers) in self.table.numbers(&partition, &from, &to).await? {
            let day = sk.strip_prefix(CORRECTIONS).unwrap_or_default();
            for (name, number) in numbers {
                let Some((what, hour)) = name.split_at_checked(1) else { continue };
                if let Some(hour) = Hour::named(day, hour).filter(|hour| span.has(*hour)) {
                    found.insert((what.to_owned(), hour), number);
                }
            }
        }
        Ok(found)
    }

    /// What was counted of a meter of which one event counts, hour by hour.
    pub(super) async fn peaks_by_hour(
        &self,
        whose: &UsageOf<'_>,
        (meter, span): (&Meter, Span),
        is_spread: bool,
    ) -> Result<BTreeMap<Hour, Tally>, Error> {
        let before = self.corrections(whose, span).await?;
        let partitions = if is_spread { USAGE_PARTITIONS } else { 1 };
        let lanes =
            (0..partitions).map(|number| self.counted_in(whose, (number, span), Some(meter)));
        let mut hours: BTreeMap<Hour, Tally> = BTreeMap::new();
        for (hour, tally) in future::try_join_all(lanes).await?.into_iter().flatten() {
            let sum = hours.entry(hour).or_default();
            *sum = sum.plus(tally);
        }
        let after = self.corrections(whose, span).await?;
        for ((what, hour), number) in &after {
            let sum = hours.entry(*hour).or_default();
            match what.as_str() {
                super::tx::EVENTS => sum.events = sum.events.saturating_add(*number),
                super::tx::SUM => sum.scaled = sum.scaled.saturating_add(*number),
                _ => {}
            }
        }
        let unsettled = unsettled(&before, &after).into_iter().map(|hour| async move {
            Ok::<_, Error>((hour, meter.tally_of(self.usage_log(whose, hour).await?)))
        });
        let read: Vec<_> = stream::iter(unsettled).buffered(AT_ONCE).try_collect().await?;
        hours.extend(read);
        Ok(hours)
    }

    /// What is to be known to correct an event of a meter of which one counts: `None` for others.
    pub async fn peaks_to_correct(
        &self,
        whose: &UsageOf<'_>,
        meter: &Meter,
        (before, after): (&RecordedUsage, &RecordedUsage),
    ) -> Result<Option<CorrectedPeaks>, Error> {
        if !meter.has_peaks() {
            return Ok(None);
        }
        let (gone, now) = (before.logged(), after.logged());
        let from = Hour::of(gone.at);
        let mut peaks = CorrectedPeaks::default();
        // What is amended is found by nobody but in the log, until its hour is settled.
        let to = (!after.is_void()).then(|| Hour::of(now.at));
        for hour in [Some(from), to].into_iter().flatten() {
            let known = self.corrections(whose, Span { from: hour, to: hour.next() }).await?;
            let guard = known.get(&(GUARD.to_owned(), hour)).copied();
            peaks.hours.insert(hour, (guard, to == Some(hour)));
        }
        let Some(rank) = meter.rank(gone.at, gone.value) else { return Ok(None) };
        for number in 0..USAGE_PARTITIONS {
            let partition = whose.partition(number);
            open_partition(whose.account, &partition)?;
            let day = from.day();
            let (first, last) = (format!("{day}#"), format!("{day}#~"));
            let lanes = self.table.numbers(&partition, &first, &last);
            let name = format!("{PEAK}{}", from.of_day());
            let has = (name.clone(), rank);
            for (sk, _) in lanes.await?.into_iter().filter(|(_, numbers)| numbers.contains(&has)) {
                let change = NumberChange {
                    remove: vec![name.clone()],
                    hold: vec![(name.clone(), Hold::Is(Some(rank)))],
                    ..NumberChange::default()
                };
                peaks.lanes.push((Key::from_parts(partition.clone(), sk), change));
            }
        }
        if !peaks.lanes.is_empty()
            && let Some((_, unsettled)) = peaks.hours.get_mut(&from)
        {
            *unsettled = true;
        }
        Ok(Some(peaks))
    }

    /// The largest rank of an hour that is unsettled, and by how many corrections that is; `None`, where
    /// the hour is settled.
    pub async fn unsettled_peak(
        &self,
        whose: &UsageOf<'_>,
        meter: &Meter,
        hour: Hour,
    ) -> Result<Option<(Option<i128>, i128)>, Error> {
        let known = self.corrections(whose, Span { from: hour, to: hour.next() }).await?;
        let of = |what: &str| known.get(&(what.to_owned(), hour)).copied();
        let (Some(guard), Some(_)) = (of(GUARD), of(UNSETTLED)) else { return Ok(None) };
        let events = Logged::counted(self.usage_log(whose, hour).await?);
        Ok(Some((meter.top_rank(&events), guard)))
    }
}

/// The hours of which only the log says which event counts.
fn unsettled(before: &Corrections, after: &Corrections) -> BTreeSet<Hour> {
    let said = before.iter().chain(after).filter(|((what, _), _)| what == UNSETTLED);
    let said: BTreeSet<Hour> = said.map(|((_, hour), _)| *hour).collect();
    let guards = |of: &Corrections| -> BTreeMap<Hour, i128> {
        let guards = of.iter().filter(|((what, _), _)| what == GUARD);
        guards.map(|((_, hour), number)| (*hour, *number)).collect()
    };
    let (was, is) = (guards(before), guards(after));
    let met = is.into_iter().filter(|(hour, number)| was.get(hour) != Some(number));
    said.into_iter().chain(met.map(|(hour, _)| hour)).collect()
}
