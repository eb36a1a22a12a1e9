//! An event of usage is corrected: it counts no longer, or it was otherwise. What it was stays.
//!
//! One transaction writes the event as it is now, takes what it was off the counter and adds what it is,
//! and writes both into the log, on the condition that the log does not say so yet: so each correction is
//! made once, whoever asks how often. Drafts read usage again when they become final; what is final stays
//! as it is, and what it billed too much is proposed as a credit note, which a person issues.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::{
    base::{
        error::Error,
        id::{InvoiceId, InvoiceItemId},
        input::{Faults, Input as _, Json, Location},
        money::{Atoms, Decimal, Overflow},
    },
    model::{
        entity::Entity as _,
        invoice::{Invoice, InvoiceState},
        list::List,
        meter::{
            CorrectedUsage, Hour, Logged, Meter, NamedUsage, RecordedUsage, Tally, UsageCorrection,
            UsageIdentifier, UsageMeter,
        },
        price::Price,
        subscription::{Subscription, of_customer, usage::MeteredSpan},
    },
    store::key::UsageOf,
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

/// How often a transaction that met others is begun anew.
const COMMITS: usize = 5;

impl Work {
    /// The event of this identifier, and the meters that have counted one.
    pub async fn usage_named(&self, identifier: &str) -> Result<NamedUsage, Error> {
        // What no event can be called is the name of none.
        let (query, mut none) = (Location::query(), Faults::default());
        let text = Json::Text(identifier.to_owned());
        let identifier = UsageIdentifier::read(&text, &query, &mut none).ok_or(Error::NotFound)?;
        let meters: Vec<Meter> = self.every(&List::all(Meter::RESOURCE)).await?;
        let has = self.store().meters_with(self.account(), &meters, identifier.as_str()).await?;
        let meters: Vec<Meter> = meters.into_iter().filter(|one| has.contains(one.id())).collect();
        match meters.is_empty() {
            true => Err(Error::NotFound),
            false => Ok(NamedUsage { identifier, meters }),
        }
    }

    /// Corrects an event, unless it is as the correction says: the one that the path names, or else the body.
    pub async fn correct_usage(
        &self,
        named: Option<NamedUsage>,
        correction: UsageCorrection,
    ) -> Reply<CorrectedUsage> {
        if let Some(answer) = self.answered_before().await? {
            return Ok(answer);
        }
        let (meter, identifier) = match named {
            Some(named) => correction.of_named(named)?,
            None => self.usage_in_body(&correction).await?,
        };
        for _ in 0..COMMITS {
            match self.corrected_usage(&meter, identifier.as_str(), &correction).await {
                Err(Error::Contended | Error::Stale) => {}
                ended => return ended,
            }
        }
        Err(Error::Contended)
    }

    async fn usage_in_body(
        &self,
        correction: &UsageCorrection,
    ) -> Result<(Meter, UsageIdentifier), Error> {
        let (meter, identifier) = correction.in_body()?;
        let meter: Option<Meter> = match meter {
            UsageMeter::Named(name) => {
                let names = HashSet::from([name]);
                self.store().meters_named(self.account(), &names).await?.remove(name)
            }
            UsageMeter::Id(id) => self.look_for(id).await?,
        };
        let meter = meter.ok_or_else(|| correction.unknown(None))?;
        Ok((meter, identifier.clone()))
    }

    async fn corrected_usage(
        &self,
        meter: &Meter,
        identifier: &str,
        correction: &UsageCorrection,
    ) -> Reply<CorrectedUsage> {
        let found = self.store().recorded_usage(self.account(), meter.id(), identifier).await?;
        let item = found.ok_or_else(|| correction.unknown(Some(meter)))?;
        let before = RecordedUsage::kept(meter.id(), identifier, &item)?;
        let after = correction.of(&before, meter, self.now())?;
        let answer = Answer::of(&self.with_credits(meter, (&before, &after)).await?, None)?;
        let (_, customer, at) = after.place();
        let whose = UsageOf { account: self.account(), meter: meter.id(), customer };
        if after.is_like(&before) {
            // Whoever made it so may have died before the hour was settled.
            self.settle_peaks(&whose, meter, [Hour::of(at)]).await?;
            self.tell_thresholds(meter, customer, &[at]).await?;
            return Ok(answer);
        }
        let peaks = self.store().peaks_to_correct(&whose, meter, (&before, &after)).await?;
        let mut tx = self.begin();
        tx.correct_usage((&before, &after), item, peaks.as_ref())?;
        let earlier = self.commit_first_answer(tx, &answer).await?;
        if let Some(peaks) = peaks {
            self.settle_peaks(&whose, meter, peaks.unsettled()).await?;
        }
        self.tell_thresholds(meter, customer, &[at]).await?;
        Ok(earlier.unwrap_or(answer))
    }

    /// Says of hours which event counts, of a meter of which one does. One that is not settled because
    /// others correct events of it is left as it is: reads are right, and cost the events of the hour.
    async fn settle_peaks(
        &self,
        whose: &UsageOf<'_>,
        meter: &Meter,
        hours: impl IntoIterator<Item = Hour>,
    ) -> Result<(), Error> {
        for hour in hours.into_iter().filter(|_| meter.has_peaks()) {
            for _ in 0..COMMITS {
                let found = self.store().unsettled_peak(whose, meter, hour).await?;
                let Some((rank, corrections)) = found else { break };
                let mut tx = self.begin();
                tx.settle_peak(whose, (hour, rank), corrections);
                match self.commit(tx).await {
                    Ok(()) => break,
                    Err(Error::Contended | Error::Stale | Error::Busy(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// The event as it is `after`, with what final invoices billed of it and what of that is too much.
    async fn with_credits(
        &self,
        meter: &Meter,
        (before, after): (&RecordedUsage, &RecordedUsage),
    ) -> Result<CorrectedUsage, Error> {
        let mut corrected = CorrectedUsage::from(after.clone());
        let (_, customer, _) = after.place();
        let subscriptions: Vec<Subscription> = self.every(&of_customer(customer)).await?;
        let (instants, mut over) = (after.instants(), Overbilled::default());
        for subscription in &subscriptions {
            let mut known: Vec<&MeteredSpan> = Vec::new();
            for span in subscription.usage_billed(meter.id(), &instants) {
                let times: Vec<&MeteredSpan> = subscription.usage_priced_with(span).collect();
                let found = self.final_invoices_of(&times).await?;
                let own = found.iter().find(|invoice| span.invoice.as_ref() == Some(invoice.id()));
                let Some(own) = own else { continue };
                corrected.billed_by(own, Atoms::ZERO);
                if known.iter().any(|one| one.is_priced_with(span)) {
                    continue;
                }
                known.push(span);
                // What a draft bills with them is read again, and comes to the right amount there.
                let all_final = times.iter().all(|span| {
                    found.iter().any(|invoice| span.invoice.as_ref() == Some(invoice.id()))
                });
                if all_final {
                    let less = self.billed_too_much(meter, &times, (before, after)).await?;
                    over.note(found, &times, less)?;
                }
            }
        }
        // One invoice may bill the event in several items: what is too much of it is one amount.
        for (invoice, lines) in over.0.values() {
            let lines: Vec<_> = lines
                .iter()
                .filter_map(|(id, part)| Some((invoice.items().get(invoice.place(id)?)?, *part)))
                .collect();
            corrected.billed_by(invoice, invoice.overcharged(&lines)?);
        }
        Ok(corrected)
    }

    /// The final invoices that have billed spans, each once.
    async fn final_invoices_of(&self, times: &[&MeteredSpan]) -> Result<Vec<Invoice>, Error> {
        let ids: BTreeSet<&InvoiceId> =
            times.iter().filter_map(|span| span.invoice.as_ref()).collect();
        let mut found: Vec<Invoice> = Vec::new();
        for id in ids {
            let invoice: Option<Invoice> = self.look_for(id).await?;
            found.extend(invoice.filter(|one| one.state() != InvoiceState::Draft));
        }
        Ok(found)
    }

    /// What is billed of spans that are priced together above what their usage comes to once an event is
    /// corrected.
    async fn billed_too_much(
        &self,
        meter: &Meter,
        times: &[&MeteredSpan],
        (before, after): (&RecordedUsage, &RecordedUsage),
    ) -> Result<Atoms, Error> {
        let (_, customer, _) = after.place();
        let whose = UsageOf { account: self.account(), meter: meter.id(), customer };
        // What is void already, or amended, is in the log.
        let gone = Logged { void: true, ..before.logged() };
        let now = Some(after.logged()).filter(|_| !after.is_void());
        let more: Vec<Logged> = match after.is_like(before) {
            true => Vec::new(),
            false => [Some(gone), now].into_iter().flatten().collect(),
        };
        let (mut tally, mut parts) = (Tally::default(), Vec::new());
        for span in times {
            let Some(over) = span.over() else { continue };
            let read = self.store().usage_as_if(&whose, (over.start, over.end), &more).await?;
            let Some((_, found)) = read else { return Ok(Atoms::ZERO) };
            tally = tally.plus(found);
            parts.extend(span.part());
        }
        let Some(first) = times.first() else { return Ok(Atoms::ZERO) };
        let used = meter.value_of(tally).kept()?;
        let price: Price = self.find(&first.price).await?;
        let (owed, _) = price.amount_used(used.max(Decimal::default()), &parts)?;
        let billed = times.iter().map(|span| span.amount_billed());
        Ok(Atoms::sum(billed.collect::<Result<Vec<_>, _>>()?)?.minus(owed)?)
    }
}

/// Invoices, and what of which of their lines is too much, before discount and tax.
#[derive(Default)]
struct Overbilled(BTreeMap<InvoiceId, (Invoice, Vec<(InvoiceItemId, Atoms)>)>);

impl Overbilled {
    /// Notes what of `less`, which spans billed too much together, each of their lines gives back: the last
    /// first.
    fn note(
        &mut self,
        invoices: Vec<Invoice>,
        times: &[&MeteredSpan],
        less: Atoms,
    ) -> Result<(), Overflow> {
        let mut left = less.max(Atoms::ZERO);
        for invoice in invoices {
            self.0.entry(invoice.id().clone()).or_insert((invoice, Vec::new()));
        }
        for span in times.iter().rev() {
            let found = span.invoice.as_ref().and_then(|id| self.0.get_mut(id));
            let Some((invoice, lines)) = found else { continue };
            let line = invoice.items().iter().find(|line| line.is_usage() && span.is_of(line));
            let Some(line) = line else { continue };
            let most = line.charged().minus(invoice.corrected_of(&line.id).charged_atom)?;
            let part = left.min(most);
            left = left.minus(part)?;
            lines.push((line.id.clone(), part));
        }
        Ok(())
    }
}
