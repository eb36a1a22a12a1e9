//! Usage: events are judged, put, and counted; and what was counted is told.
//!
//! Every event has a verdict of its own, and what the answer accepts is counted: `store/usage.rs` says
//! how, and what happens if the process dies in between or two send the same event at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    base::{error::Error, id::CustomerId, input::Faults, time::Timestamp},
    model::{
        customer::Customer,
        meter::{
            Entry, EventPlace, Meter, NewUsageEvent, Recording, SentUsage, Usage, UsageEvent,
            UsageQuery, UsageResult, UsageResults, UsageVerdict,
        },
    },
    store::{UsageBatch, key::UsageOf},
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

/// How many counters, values and entries of the log one transaction writes: beside them it writes the batch's
/// record and a receipt.
const MOST_WRITES: usize = 90;
/// How often events are put anew because others had abandoned their batch.
const ROUNDS: usize = 4;
/// How often a transaction that met others is begun anew.
const COMMITS: usize = 4;

/// An event, and what became of it.
struct Judged {
    identifier: Option<String>,
    event: Result<UsageEvent, Faults>,
    accepted: bool,
}

/// An event as it was sent, where, and what can be read of it, with its meter, where there is one.
struct Sent<'a> {
    entry: &'a Entry,
    place: EventPlace,
    event: Option<(&'a NewUsageEvent, Option<&'a Meter>)>,
}

impl Sent<'_> {
    /// The customer whom it names, whether there is one or not.
    fn customer(&self) -> Option<CustomerId> {
        let (event, meter) = self.event?;
        meter?.customer_of(event, self.place)
    }

    /// What its meter makes of it, or all that is wrong with it.
    fn judged(&self, known: &HashSet<CustomerId>, now: Timestamp) -> Judged {
        let (mut faults, mut measured) = (self.entry.faults.clone(), None);
        match self.event {
            Some((event, Some(meter))) => {
                match meter.measured(event, self.place, now) {
                    Ok(event) => measured = Some(event),
                    Err(more) => faults.extend(more),
                }
                if self.customer().is_some_and(|customer| !known.contains(&customer)) {
                    faults.extend(meter.unknown_customer(event, self.place));
                }
            }
            Some((_, None)) => faults.extend(Meter::unknown(self.place)),
            None => {}
        }
        let event = measured.filter(|_| faults.is_empty()).ok_or(faults);
        Judged { identifier: self.entry.identifier.clone(), event, accepted: false }
    }
}

impl Work {
    /// Counts events, each once, and says of each what became of it.
    pub async fn record_usage(&self, sent: SentUsage) -> Reply<UsageResults> {
        if let Some(answer) = self.answered_before().await? {
            return Ok(answer);
        }
        let recording = sent.recording()?;
        let alone = !recording.batch;
        let (mut judged, meters) = self.judged_usage(recording).await?;
        if let (true, Some(Judged { event: Err(faults), .. })) = (alone, judged.first()) {
            return Err(Error::Faulty(faults.clone()));
        }
        let parts = parts(&judged);
        let count = parts.len();
        for (number, part) in parts.into_iter().enumerate() {
            let is_last = number + 1 == count;
            if let Some(answer) = self.counted_usage(&mut judged, &part, is_last).await? {
                return Ok(answer);
            }
        }
        self.watch_usage(&meters, &judged).await?;
        // An equal request that was sent beside this one may have counted what is a duplicate here.
        if let Some(answer) = self.answered_before().await? {
            return Ok(answer);
        }
        Answer::of(&results(&judged), None)
    }

    /// What a customer used.
    pub async fn customer_usage(&self, customer: &Customer, query: &UsageQuery) -> Reply<Usage> {
        let time = query.time(self.now())?;
        let (account, meter) = (self.account(), &query.meter_id);
        let whose = UsageOf { account, meter, customer: customer.id() };
        let found = self.store().usage_within(&whose, time).await?;
        let (meter, tally) = found.ok_or_else(UsageQuery::no_meter)?;
        Answer::of(&Usage::new(&meter, time, tally), None)
    }

    /// Tells of thresholds that what is counted by now has reached: also where an event was counted before,
    /// because whoever counted it may have died before that.
    async fn watch_usage(
        &self,
        meters: &HashMap<String, Meter>,
        judged: &[Judged],
    ) -> Result<(), Error> {
        for meter in meters.values().filter(|meter| !meter.thresholds().is_empty()) {
            let mut times: BTreeMap<&CustomerId, Vec<Timestamp>> = BTreeMap::new();
            let sound = judged.iter().filter_map(|one| one.event.as_ref().ok());
            for event in sound.filter(|event| event.meter == *meter.id()) {
                times.entry(&event.customer).or_default().push(event.timestamp);
            }
            for (customer, instants) in times {
                self.tell_thresholds(meter, customer, &instants).await?;
            }
        }
        Ok(())
    }

    /// What is wrong with each event, all of it, or what its meter makes of it; and the meters, by the names
    /// of their events.
    async fn judged_usage(
        &self,
        recording: Recording,
    ) -> Result<(Vec<Judged>, HashMap<String, Meter>), Error> {
        let readable = recording.entries.iter().filter_map(|entry| entry.event.as_ref());
        let names: HashSet<&str> = readable.map(|event| event.event_name()).collect();
        let meters = self.store().meters_named(self.account(), &names).await?;
        let places = (0..recording.entries.len()).map(|index| recording.place(index));
        let sent: Vec<_> = recording
            .entries
            .iter()
            .zip(places)
            .map(|(entry, place)| {
                let event = entry.event.as_ref();
                Sent { entry, place, event: event.map(|one| (one, meters.get(one.event_name()))) }
            })
            .collect();
        let customers: Vec<CustomerId> = sent.iter().filter_map(Sent::customer).collect();
        let customers = customers.iter().collect();
        let known = self.store().existing_customers(self.account(), &customers).await?;
        let judged = sent.iter().map(|one| one.judged(&known, self.now())).collect();
        Ok((judged, meters))
    }

    /// Counts those of `part` that were not counted before. `Some` is the answer to an earlier, equal
    /// request.
    async fn counted_usage(
        &self,
        judged: &mut [Judged],
        part: &[usize],
        is_last: bool,
    ) -> Result<Option<Answer<UsageResults>>, Error> {
        for _ in 0..ROUNDS {
            let batch = UsageBatch::drawn();
            let events = events_of(judged, part);
            let ours =
                self.store().claim_usage(self.account(), &batch, &events, self.now()).await?;
            for (place, ours) in part.iter().zip(ours) {
                judged.get_mut(*place).into_iter().for_each(|one| one.accepted = ours);
            }
            let accepted = |place: &&usize| judged.get(**place).is_some_and(|one| one.accepted);
            let ours: Vec<usize> = part.iter().filter(accepted).copied().collect();
            if ours.is_empty() {
                return Ok(None);
            }
            match self.commit_usage(&batch, judged, &ours, is_last).await {
                // Somebody waited for this batch in vain and took what it had.
                Err(Error::Stale)
                    if !self.store().is_usage_counted(self.account(), batch.name()).await? => {}
                Err(Error::Stale) => return Ok(None),
                ended => return ended,
            }
        }
        Err(Error::Contended)
    }

    /// Counts the events that are the batch's; with the last ones goes the receipt of the answer.
    async fn commit_usage(
        &self,
        batch: &UsageBatch,
        judged: &[Judged],
        ours: &[usize],
        is_last: bool,
    ) -> Result<Option<Answer<UsageResults>>, Error> {
        let answer = Answer::of(&results(judged), None)?;
        for _ in 0..COMMITS {
            let mut tx = self.begin();
            tx.count_usage(batch, &events_of(judged, ours));
            let done = match is_last {
                true => self.commit_first_answer(tx, &answer).await,
                false => self.commit(tx).await.map(|()| None),
            };
            match done {
                Err(Error::Contended) => {}
                ended => return ended,
            }
        }
        Err(Error::Contended)
    }
}

fn events_of<'a>(judged: &'a [Judged], places: &[usize]) -> Vec<&'a UsageEvent> {
    let event = |place: &usize| judged.get(*place)?.event.as_ref().ok();
    places.iter().filter_map(event).collect()
}

fn results(judged: &[Judged]) -> UsageResults {
    let result = |one: &Judged| match &one.event {
        Err(faults) => UsageResult::refused(one.identifier.clone(), faults),
        Ok(_) if one.accepted => UsageResult::new(one.identifier.clone(), UsageVerdict::Accepted),
        Ok(_) => UsageResult::new(one.identifier.clone(), UsageVerdict::Duplicate),
    };
    UsageResults { results: judged.iter().map(result).collect() }
}

/// The places of the events that can be counted, each identifier of a meter once, in parts that one
/// transaction can count.
fn parts(judged: &[Judged]) -> Vec<Vec<usize>> {
    let (mut seen, mut counters, mut entries) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut values = HashSet::new();
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for (place, one) in judged.iter().enumerate() {
        let Ok(event) = &one.event else { continue };
        if !seen.insert((&event.meter, event.identifier.as_str())) {
            continue;
        }
        let entry = (event.counter(), event.hour());
        let value = event.value_counted();
        let is_new_value = value.as_ref().is_some_and(|value| !values.contains(value));
        let more = [!counters.contains(&entry.0), !entries.contains(&entry), is_new_value];
        let more = more.into_iter().map(usize::from).sum::<usize>();
        let writes = counters.len() + entries.len() + values.len() + more;
        if parts.is_empty() || writes > MOST_WRITES {
            counters.clear();
            entries.clear();
            values.clear();
            parts.push(Vec::new());
        }
        counters.insert(event.counter());
        entries.insert(entry);
        values.extend(value);
        parts.last_mut().into_iter().for_each(|part| part.push(place));
    }
    parts
}
