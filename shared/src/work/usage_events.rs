//! The events of a meter one by one.

use crate::{
    base::error::Error,
    model::meter::{RecordedUsage, UsageEventPage, UsageEventQuery, UsageEventsAsked},
    store::key::UsageOf,
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

impl Work {
    /// The events that are asked for, the newest first. What the account does not have has none.
    pub async fn usage_events(&self, query: &UsageEventQuery) -> Reply<UsageEventPage> {
        let (account, meter, page) = (self.account(), &query.meter_id, query.page());
        let (events, total) = match query.asked(self.now())? {
            UsageEventsAsked::One(identifier) => {
                let item = self.store().recorded_usage(account, meter, &identifier).await?;
                let kept = |item| RecordedUsage::kept(meter, &identifier, &item);
                let all: Vec<_> = item.map(kept).transpose()?.into_iter().collect();
                let total = all.len();
                (all.into_iter().skip(page.offset()).take(page.limit()).collect(), total)
            }
            UsageEventsAsked::Of(customer, time) => {
                let whose = UsageOf { account, meter, customer: &customer };
                let found = self.store().usage_events(&whose, time, page).await?;
                let (logged, total) = found.unwrap_or_default();
                let kept = self.store().kept_usage(account, meter, &logged).await?;
                let event = |identifier: &String| {
                    let item = kept.get(identifier).ok_or_else(|| {
                        Error::Internal(format!("{meter} has lost its event {identifier:?}"))
                    })?;
                    RecordedUsage::kept(meter, identifier, item)
                };
                let events = logged.iter().map(|one| event(&one.identifier));
                (events.collect::<Result<Vec<_>, Error>>()?, total)
            }
        };
        Answer::of(&UsageEventPage::of(events, total, page), None)
    }
}
