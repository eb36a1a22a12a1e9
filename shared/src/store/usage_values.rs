//! Usage of which different values are counted: the users of a month, the machines of a day.
//!
//! How many different values there were between two instants does not add up over hours. So each value is an
//! item of its own, for each month, that says how often the value was used in each hour of it. Counting adds
//! to it in the transaction that counts the event, and a correction takes away from it, in the lane of the
//! process as with all counters: nothing has to be read for that, and those who write one value at once part.
//!
//! Reading adds up: a value counts, where it was used more often than not at all in the hours that are asked
//! for. That costs the values of the months that these touch, however often each was used; and the events of
//! an hour that an instant cuts, as with every meter.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future;

use super::{
    Store,
    key::{USAGE_PARTITIONS, UsageOf},
    open_partition,
    tx::USES,
};
use crate::{
    base::error::Error,
    model::meter::{Hour, Logged, Span},
};

impl Store {
    /// How many different values were used: in the hours of `span`, but for those that were `read` event by
    /// event, and by the events that were.
    pub(super) async fn different_values(
        &self,
        whose: &UsageOf<'_>,
        (span, read): (Span, &BTreeSet<Hour>),
        logs: &[Vec<Logged>],
    ) -> Result<i128, Error> {
        let mut uses: BTreeMap<String, i128> = BTreeMap::new();
        if span.hours() > 0 {
            let all = (0..USAGE_PARTITIONS).map(|number| self.values_in(whose, (number, span)));
            for (value, hour, times) in future::try_join_all(all).await?.into_iter().flatten() {
                if !read.contains(&hour) {
                    *uses.entry(value).or_default() += times;
                }
            }
        }
        for event in logs.iter().flatten() {
            if let Some(value) = &event.unique_value {
                *uses.entry(value.clone()).or_default() += event.uses();
            }
        }
        let used = uses.into_values().filter(|times| *times > 0).count();
        i128::try_from(used).map_err(|_| Error::Internal(format!("{used} values")))
    }

    /// What a partition says: which value was used in which hour, and how often.
    async fn values_in(
        &self,
        whose: &UsageOf<'_>,
        (number, span): (u8, Span),
    ) -> Result<Vec<(String, Hour, i128)>, Error> {
        let ((first, last), partition) = (span.months(), whose.values(number));
        open_partition(whose.account, &partition)?;
        // `$` comes after `#`, so this is up to the last value of the last month, whatever it is.
        let (from, to) = (format!("{first}#"), format!("{last}$"));
        let mut found = Vec::new();
        for (sk, numbers) in self.table.numbers(&partition, &from, &to).await? {
            let mut parts = sk.splitn(3, '#');
            let (Some(month), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            for (name, times) in numbers {
                let hour = name.strip_prefix(USES);
                let hour = hour.and_then(|hour| Hour::of_a_month(month, hour));
                if let Some(hour) = hour.filter(|hour| span.has(*hour)) {
                    found.push((value.to_owned(), hour, times));
                }
            }
        }
        Ok(found)
    }
}
