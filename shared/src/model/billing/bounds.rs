//! The least and the most that the usage of a period costs.
//!
//! Both are for a whole period. Of a period that is measured in part, because an item was added, removed
//! or paused in it, they are that part; of one that is measured in several parts they are these together.
//! All parts of a period come to the whole exactly, whatever rounding does to each.

use super::cycle::Period;
use crate::base::{
    money::{Atoms, Overflow, rounded},
    time::Timestamp,
};

/// The least and the most that the usage of a whole period costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub least: Option<Atoms>,
    /// The most.
    pub most: Option<Atoms>,
}

/// Which of them decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// What was used costs less.
    Least,
    /// What was used costs more.
    Most,
}

/// A time of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The whole period.
    pub period: Period,
    /// The time that is measured.
    pub time: Period,
}

impl Part {
    /// What of `amount`, which is for the whole period, is for the time.
    fn of(self, amount: Atoms) -> Result<Atoms, Overflow> {
        let whole = self.period.end.millis() - self.period.start.millis();
        if whole <= 0 {
            return Ok(amount);
        }
        let until = |at: Timestamp| {
            let passed = (at.millis() - self.period.start.millis()).clamp(0, whole);
            rounded(i128::from(amount.get()) * i128::from(passed), i128::from(whole))
        };
        until(self.time.end)?.minus(until(self.time.start)?)
    }
}

impl Bounds {
    /// What usage that comes to `amount` in these parts of a period costs, and which bound decides that.
    /// Without parts it is a whole period.
    pub fn hold(self, amount: Atoms, parts: &[Part]) -> Result<(Atoms, Option<Bound>), Overflow> {
        let of = |bound: Option<Atoms>| match bound.filter(|_| !parts.is_empty()) {
            Some(bound) => {
                let each = parts.iter().map(|part| part.of(bound));
                Atoms::sum(each.collect::<Result<Vec<_>, _>>()?).map(Some)
            }
            None => Ok(bound),
        };
        let (least, most) = (of(self.least)?, of(self.most)?);
        if let Some(most) = most.filter(|most| amount > *most) {
            return Ok((most, Some(Bound::Most)));
        }
        match least.filter(|least| amount < *least) {
            Some(least) => Ok((least, Some(Bound::Least))),
            None => Ok((amount, None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn period(start: i64, end: i64) -> Period {
        Period { start: at(start), end: at(end) }
    }

    #[test]
    fn an_amount_is_held_between_its_bounds() {
        let bounds = Bounds { least: Some(Atoms::new(500)), most: Some(Atoms::new(900)) };
        let of = |start, end| Part { period: period(0, 1000), time: period(start, end) };
        let (half, three) = ([of(500, 1000)], [of(0, 250), of(500, 1000)]);
        let cases: [(i64, &[Part], i64, Option<Bound>); 9] = [
            (0, &[], 500, Some(Bound::Least)),
            (499, &[], 500, Some(Bound::Least)),
            (500, &[], 500, None),
            (900, &[], 900, None),
            (901, &[], 900, Some(Bound::Most)),
            (0, &half, 250, Some(Bound::Least)),
            (451, &half, 450, Some(Bound::Most)),
            (0, &three, 375, Some(Bound::Least)),
            (676, &three, 675, Some(Bound::Most)),
        ];
        for (amount, parts, held, bound) in cases {
            let found = bounds.hold(Atoms::new(amount), parts).unwrap();
            assert_eq!(found, (Atoms::new(held), bound), "{amount}");
        }
        let none = Bounds::default().hold(Atoms::new(7), &half).unwrap();
        assert_eq!(none, (Atoms::new(7), None));
    }

    proptest! {
        #[test]
        fn the_parts_of_a_period_come_to_the_whole(
            mut cuts in proptest::collection::vec(0_i64..=2_678_400_000, 0..6),
            amount in 0_i64..=i64::MAX,
        ) {
            let whole = period(0, 2_678_400_000);
            cuts.extend([0, 2_678_400_000]);
            cuts.sort_unstable();
            let parts = cuts.windows(2).map(|cut| {
                let part = Part { period: whole, time: period(cut[0], cut[1]) };
                part.of(Atoms::new(amount)).unwrap().get()
            });
            prop_assert_eq!(parts.sum::<i64>(), amount);
        }
    }
}
