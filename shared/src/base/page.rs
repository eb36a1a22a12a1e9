//! Which part of a list a client asks for.

use crate::base::{
    id::{AFTER_IDS, BEFORE_IDS, Environment, Id, Kind},
    input::{Integer, input},
    time::Timestamp,
};

/// `limit` and `offset`.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest {
    limit: usize,
    offset: usize,
}

/// How many objects a page has at most.
pub type Limit = Integer<1, 100>;
/// How many objects come before the page.
pub type Offset = Integer<0, { i64::MAX }>;

impl PageRequest {
    const DEFAULT_LIMIT: i64 = 50;

    /// The page a client asked for, with what it left out filled in.
    pub fn new(limit: Option<Limit>, offset: Option<Offset>) -> Self {
        let limit = limit.map_or(Self::DEFAULT_LIMIT, Integer::get);
        let offset = offset.map_or(0, Integer::get);
        Self {
            limit: usize::try_from(limit).unwrap_or_default(),
            offset: usize::try_from(offset).unwrap_or(usize::MAX),
        }
    }

    /// The newest `limit` objects.
    pub const fn first(limit: usize) -> Self {
        Self { limit, offset: 0 }
    }

    /// The `limit` objects after the first `offset`.
    pub const fn after(offset: usize, limit: usize) -> Self {
        Self { limit, offset }
    }

    /// At most this many objects.
    pub const fn limit(self) -> usize {
        self.limit
    }

    /// After this many.
    pub const fn offset(self) -> usize {
        self.offset
    }
}

input! {
    /// A range of time: `created_at[gte]` and its like.
    #[derive(Default)]
    pub struct TimeRange {
        /// Created at this instant or later.
        gte: Option<Timestamp>,
        /// Created later than this instant.
        gt: Option<Timestamp>,
        /// Created at this instant or earlier.
        lte: Option<Timestamp>,
        /// Created earlier than this instant.
        lt: Option<Timestamp>,
    }
}

impl TimeRange {
    /// Whether it leaves anything out.
    pub fn is_limited(&self) -> bool {
        [self.gte, self.gt, self.lte, self.lt].iter().any(Option::is_some)
    }

    /// From one instant to another, both included.
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self { gte: Some(from), lte: Some(to), ..Self::default() }
    }

    /// The first instant inside the range, and the first one past it.
    pub fn ends(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let next = |at: Timestamp| Timestamp::from_millis(at.millis() + 1).unwrap_or(at);
        let from = self.gte.max(self.gt.map(next));
        let to = [self.lt, self.lte.map(next)].into_iter().flatten().min();
        (from, to)
    }

    /// The lowest sort key inside the range and the lowest one past it. An id carries its object's
    /// creation in milliseconds, so bounds in time are bounds in ids.
    pub fn bounds<K: Kind>(&self, environment: Environment) -> (String, String) {
        let (from, to) = self.ends();
        let bound = |at: Timestamp| Id::<K>::lowest(environment, at);
        (
            from.map_or_else(|| BEFORE_IDS.to_owned(), bound),
            to.map_or_else(|| AFTER_IDS.to_owned(), bound),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{CustomerId, IdSource, kind};

    fn at(millis: i64) -> Option<Timestamp> {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_range_holds_exactly_the_ids_created_in_it() {
        let ids = IdSource::new(crate::base::time::Clock);
        let inside = |range: TimeRange| {
            let (from, to) = range.bounds::<kind::Customer>(Environment::Prod);
            let made = (1..=5).map(|millis| {
                (millis, CustomerId::new(Environment::Prod, at(millis).unwrap(), &ids))
            });
            let within = |id: &str| from.as_str() <= id && id < to.as_str();
            made.filter(|(_, id)| within(id.as_str())).map(|(millis, _)| millis).collect::<Vec<_>>()
        };
        let all = TimeRange::default;
        assert_eq!(inside(all()), [1, 2, 3, 4, 5]);
        assert_eq!(inside(TimeRange { gte: at(3), ..all() }), [3, 4, 5]);
        assert_eq!(inside(TimeRange { gt: at(3), ..all() }), [4, 5]);
        assert_eq!(inside(TimeRange { lte: at(3), ..all() }), [1, 2, 3]);
        assert_eq!(inside(TimeRange { lt: at(3), ..all() }), [1, 2]);
        assert_eq!(inside(TimeRange { gt: at(1), lt: at(4), gte: at(3), ..all() }), [3]);
        assert!(inside(TimeRange { gt: at(4), lt: at(4), ..all() }).is_empty());
    }
}
