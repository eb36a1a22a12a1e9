//! Two changes made as one.

use super::{Rule, Tx, Write, commit::MAX_WRITES};
use crate::model::entity::size;

/// How many items of a transaction are left for what is written beside the changes: the sequence that
/// they take their numbers from, and a wake.
const BESIDE: usize = 2;
/// How many bytes are written together. DynamoDB takes four million.
const MOST_BYTES: usize = 1_000_000;

impl Tx {
    /// Makes `other` with this change; or gives it back, where both would write or look at one item or are
    /// too much for one transaction.
    pub(crate) fn together(&mut self, other: Self) -> Option<Self> {
        let fits = self.items() + other.items() + BESIDE <= MAX_WRITES
            && self.bytes() + other.bytes() <= MOST_BYTES;
        let alike = |write: &Write| self.all().any(|(own, _)| own.key() == write.key());
        let has_lane = |change: &Self| change.all().any(|(_, rule)| *rule == Rule::Lane);
        if !fits
            || self.account != other.account
            || other.all().any(|(write, _)| alike(write))
            || has_lane(self)
            || has_lane(&other)
        {
            return Some(other);
        }
        // All are written by the time by which the earliest has to be. Where time stands still there is none.
        let (own, others) = (self.moment, other.moment);
        let is_earlier = match (own.stopped_at(), others.stopped_at()) {
            (Some(_), None) => true,
            (None, Some(_)) => false,
            _ => others.now() < own.now(),
        };
        if is_earlier {
            self.moment = others;
        }
        self.planned.extend(other.planned);
        self.checks.extend(other.checks);
        // Either proves both.
        self.proof = self.proof.take().or(other.proof);
        self.has_events |= other.has_events;
        self.fault = self.fault.take().or(other.fault);
        None
    }

    fn all(&self) -> impl Iterator<Item = &(Write, Rule)> {
        self.planned.iter().chain(&self.checks)
    }

    fn items(&self) -> usize {
        self.planned.len() + self.checks.len()
    }

    fn bytes(&self) -> usize {
        let bytes = |(write, _): &(Write, Rule)| match write {
            Write::Put(put) => size::of(put.parts().1),
            _ => 0,
        };
        self.planned.iter().map(bytes).sum()
    }
}
