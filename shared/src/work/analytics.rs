//! The figures: events that were not counted yet are counted by whoever asks, and each once.
//!
//! Nothing is counted where something happens, so that costs nothing; and an account that never asks is
//! never counted. What is counted are events that are settled: nothing comes before them any more.

use crate::{
    base::{
        error::Error,
        id::{Id, PriceId, kind},
        time::{Clock, Timestamp},
    },
    model::{
        analytics::{Change, Days, Figures, FiguresQuery, Prices, Standing, add, day_of},
        event::Event,
        price::Price,
    },
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

/// How many events are read at once.
const PAGE: usize = 100;
/// How many days are written at once, at most.
const MOST_DAYS: usize = 60;
/// After so long no more is counted in this request: what is left is the next one's.
const PATIENCE_MS: i64 = 10_000;
/// How often counting begins again because others were faster.
const ATTEMPTS: u32 = 16;

impl Work {
    /// The figures, with what has happened since they were last asked for.
    pub async fn figures(&self, query: &FiguresQuery, ends_at: Timestamp) -> Reply<Figures> {
        let range = query.range(self.now())?;
        let until = ends_at.min(Clock.now().plus_millis(PATIENCE_MS));
        let is_complete = self.count_until(until).await?;
        // The days last: what is counted between the two reads would be in both.
        for attempt in 0..ATTEMPTS {
            let before = self.stands().await?;
            let first = range.first_day();
            let days = self.store().counted_from(self.account(), (before.turn, &first)).await?;
            let after = self.stands().await?;
            if before.version == after.version {
                return Answer::of(&range.figures(&after, &days, is_complete)?, None);
            }
            crate::store::back_off(attempt.min(4)).await;
        }
        Err(Error::Contended)
    }

    async fn stands(&self) -> Result<Standing, Error> {
        Ok(self.store().standing(self.account()).await?.seen_at(self.now()))
    }

    /// Counts what is settled and not counted yet until real time is `until`: whether that is all.
    async fn count_until(&self, until: Timestamp) -> Result<bool, Error> {
        let mut met = 0;
        loop {
            let before = self.stands().await?;
            let above = match &before.counted_to {
                Some(event) => format!("{event}!"),
                None => Id::<kind::Event>::lowest(self.account().environment(), Timestamp::EPOCH),
            };
            let page = (self.moment(), PAGE);
            let page = self.store().events_above(self.account(), &above, page).await?;
            let Some(last) = page.items.last() else { return Ok(true) };
            let (counted, found) = within_days(&page.items);
            let all = counted.len() == page.items.len() && !page.has_more;
            let last = counted.last().unwrap_or(last);
            let mut after = Standing {
                version: before.version.saturating_add(1),
                turn: before.turn,
                events: before.events.saturating_add(counted.len().try_into().unwrap_or(0)),
                counted_to: Some(last.id().to_string()),
                counted_until: Some(last.happened_at()),
                all: before.all.clone(),
            };
            let days = self.with_counted(counted, found, &mut after).await?;
            match self.store().count_on(self.account(), &before, &after, &days).await {
                Ok(true) if all => return Ok(true),
                Ok(true) if Clock.now() >= until => return Ok(false),
                Ok(true) => {}
                Ok(false) | Err(Error::Contended) if met < ATTEMPTS => {
                    met += 1;
                    crate::store::back_off(met.min(4)).await;
                }
                Ok(false) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// The days that `events` are of, with what they count.
    async fn with_counted(
        &self,
        events: &[Event],
        found: Vec<(Timestamp, Change)>,
        after: &mut Standing,
    ) -> Result<Days, Error> {
        let mut days = Days::default();
        let Some(first) = events.iter().map(|event| day_of(event.happened_at())).min() else {
            return Ok(days);
        };
        let prices = self.prices_of(&found).await?;
        let mut counted = Vec::new();
        for (at, change) in &found {
            if let Some((currency, one)) = change.counted(&prices)? {
                counted.push((*at, currency, one));
            }
        }
        if counted.is_empty() {
            return Ok(days);
        }
        let touched: Vec<String> = counted.iter().map(|(at, ..)| day_of(*at)).collect();
        let there = self.store().counted_from(self.account(), (after.turn, &first)).await?;
        days.0.extend(there.0.into_iter().filter(|(day, _)| touched.contains(day)));
        for (at, currency, one) in counted {
            days.add(at, currency, &one)?;
            add(&mut after.all, currency, &one)?;
        }
        Ok(days)
    }

    async fn prices_of(&self, changes: &[(Timestamp, Change)]) -> Result<Prices, Error> {
        let mut ids: Vec<PriceId> =
            changes.iter().flat_map(|(_, change)| change.price_ids()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Prices::new());
        }
        let prices: Vec<Price> =
            self.find_all(ids.iter().map(|id| self.key_of(id)).collect()).await?;
        Ok(prices.into_iter().map(|price| (price.id().clone(), price)).collect())
    }
}

/// The first of `events` that are of so many days that one transaction can write them, and of these
/// the changes.
fn within_days(events: &[Event]) -> (&[Event], Vec<(Timestamp, Change)>) {
    let mut days = std::collections::BTreeSet::new();
    let mut changes = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let at = event.happened_at();
        if days.insert(day_of(at)) && days.len() > MOST_DAYS {
            return (events.get(..place).unwrap_or_default(), changes);
        }
        changes.extend(Change::of(event).map(|change| (at, change)));
    }
    (events, changes)
}
