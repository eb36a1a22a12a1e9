//! The keys of usage: its events, and what was counted of them.

use super::{Key, shard};
use crate::base::id::{AccountId, CustomerId, MeterId};

impl Key {
    /// An event of usage. Its identifier is a client's, and the last part of the key.
    pub fn usage_event(account: &AccountId, meter: &MeterId, identifier: &str) -> Self {
        Self::new(format!("{account}#ME#{meter}#{identifier}"), "event")
    }

    /// Whether the events that name this batch are counted.
    pub fn usage_batch(account: &AccountId, name: &str) -> Self {
        Self::new(format!("{account}#MB#{name}"), "batch")
    }

    /// What was counted on a day by those who write in a lane.
    pub fn usage_counter(whose: &UsageOf<'_>, day: &str, lane: u8) -> Self {
        let partition = whose.partition(lane / USAGE_LANES);
        Self::new(partition, format!("{day}#{lane:02}"))
    }

    /// The same counter in another lane, and whose it is; none, where this is the key of no counter.
    pub(in crate::store) fn in_usage_lane(&self, lane: u8) -> Option<(Self, Self)> {
        let is_counter = |whose: &str| whose.contains("#MU#") || whose.contains("#MV#");
        let (whose, _) = self.pk.rsplit_once('#').filter(|(whose, _)| is_counter(whose))?;
        let (time, rest) = self.sk.split_once('#')?;
        // Behind the lane, of a value: that.
        let value = rest.get(2..)?;
        let partition = format!("{whose}#{}", lane / USAGE_LANES);
        let counter = Self::new(partition, format!("{time}#{lane:02}{value}"));
        Some((counter, Self::new(whose.replacen("#MV#", "#MU#", 1), "spread")))
    }

    /// How often a value was used in a month, such as `2026-01`, by those who write in a lane.
    pub fn usage_value(whose: &UsageOf<'_>, (month, value): (&str, &str), lane: u8) -> Self {
        let partition = whose.values(lane / USAGE_LANES);
        Self::new(partition, format!("{month}#{lane:02}#{value}"))
    }

    /// What corrections of a day's events came to, of a meter of which one event counts.
    pub fn usage_corrections(whose: &UsageOf<'_>, day: &str) -> Self {
        Self::new(whose.partition(0), format!("{CORRECTIONS}{day}"))
    }

    /// Whether there are counters of this usage in more than the first partition.
    pub fn usage_spread(whose: &UsageOf<'_>) -> Self {
        Self::new(whose.name(), "spread")
    }

    /// The events of an hour, such as `2026-01-31T09`, that a batch counted.
    pub fn usage_log(whose: &UsageOf<'_>, hour: &str, batch: &str) -> Self {
        let number = shard(batch) % USAGE_PARTITIONS;
        Self::new(whose.log(number), format!("{hour}#{batch}"))
    }
}

/// Whose usage: a customer's, counted by a meter.
#[derive(Clone, Copy, Debug)]
pub struct UsageOf<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The meter.
    pub meter: &'a MeterId,
    /// The customer.
    pub customer: &'a CustomerId,
}

impl UsageOf<'_> {
    fn name(&self) -> String {
        format!("{}#MU#{}#{}", self.account, self.meter, self.customer)
    }

    /// One of the partitions of its log.
    pub fn log(&self, number: u8) -> String {
        format!("{}#MX#{}#{}#{number}", self.account, self.meter, self.customer)
    }

    /// One of the partitions of its values, of a meter that counts different ones.
    pub fn values(&self, number: u8) -> String {
        format!("{}#MV#{}#{}#{number}", self.account, self.meter, self.customer)
    }

    /// One of the partitions of its counters.
    pub fn partition(&self, number: u8) -> String {
        format!("{}#{number}", self.name())
    }
}

/// How many partitions the counters of a customer's usage have at most: each takes 1,000 write units a
/// second.
pub const USAGE_PARTITIONS: u8 = 4;

/// What the sort keys of corrections of usage begin with: no day does.
pub const CORRECTIONS: &str = "fix#";

/// How many lanes a partition of them has.
pub const USAGE_LANES: u8 = 16;
