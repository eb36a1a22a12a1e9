//! Discounts, divisions, taxes and prorations: the parts are the whole.

use arbitrary::Arbitrary;
use shared::{
    base::{
        money::{Atoms, Overflow},
        time::Timestamp,
    },
    model::billing::{
        cycle::Period,
        discount::{Reduction, shares as reduced, split},
        proration::Fraction,
        tax::{Base, Levy},
    },
};

/// The lines of an invoice, and what is done to them.
#[derive(Arbitrary, Debug)]
pub struct Lines {
    amounts: Vec<i64>,
    percent: i64,
    amount: i64,
    rate: (u32, u64),
    period: (i64, i64, i64),
}

/// No atom is made or lost, and none is in a line that does not carry it.
pub fn shares(lines: Lines) {
    let amounts: Vec<Atoms> = lines.amounts.iter().take(32).copied().map(Atoms::new).collect();
    for reduction in [Reduction::Percent(lines.percent), Reduction::Fixed(Atoms::new(lines.amount))]
    {
        reduction_of(&reduction, &amounts);
    }
    divided(Atoms::new(lines.amount), &amounts);
    for amount in &amounts {
        taxed(*amount, lines.rate);
        prorated(*amount, lines.period);
    }
}

fn total(amounts: &[Atoms]) -> i128 {
    amounts.iter().map(|amount| i128::from(amount.get())).sum()
}

fn reduction_of(reduction: &Reduction, lines: &[Atoms]) {
    let charges: Vec<Atoms> = lines.iter().map(|line| *line.max(&Atoms::ZERO)).collect();
    let (charged, net) = (total(&charges), total(lines));
    let Ok(shares) = reduced(reduction, lines) else {
        // Only where the whole is too large to be said.
        return assert!(charged > i128::from(i64::MAX) || net < i128::from(i64::MIN), "{lines:?}");
    };
    assert_eq!(shares.len(), lines.len());
    for (share, charge) in shares.iter().zip(&charges) {
        assert!((Atoms::ZERO..=*charge).contains(share), "{share:?} of {charge:?}");
    }
    match reduction {
        Reduction::Fixed(amount) => {
            assert_eq!(total(&shares), i128::from(amount.get()).min(net).max(0));
        }
        Reduction::Percent(percent) => {
            let exact = charged * i128::from(*percent.clamp(&0, &100));
            assert!((2 * (exact - 100 * total(&shares))).abs() <= 100, "{percent} of {charged}");
        }
    }
}

fn divided(whole: Atoms, weights: &[Atoms]) {
    let carry = weights.iter().any(|weight| weight.is_positive());
    match split(whole, weights) {
        Ok(parts) => {
            assert_eq!((parts.len(), total(&parts)), (weights.len(), whole.get().into()));
            for (part, weight) in parts.iter().zip(weights) {
                assert!(weight.is_positive() || part.is_zero(), "{part:?} for {weight:?}");
            }
        }
        Err(Overflow) => assert!(!carry && !whole.is_zero(), "{whole:?} over {weights:?}"),
    }
}

/// A tax of up to 100 % is of the sign of what it is on, and no more than that.
fn taxed(amount: Atoms, (whole, decimals): (u32, u64)) {
    let rate = format!("{}.{:012}", whole % 100, decimals % 1_000_000_000_000).parse().unwrap();
    for contained in [None, Some(rate)] {
        let shares = Levy { rate, contained }.shares(&[Base::Open(amount)]);
        let tax = shares.expect("a part of an amount")[0];
        assert!(
            i128::from(tax.get()).abs() <= i128::from(amount.get()).abs(),
            "{rate} of {amount:?}"
        );
        assert!(tax.is_zero() || tax.is_negative() == amount.is_negative(), "{rate} of {amount:?}");
    }
}

/// What is given back and charged of the same amount differ by one at most, which rounding takes.
fn prorated(amount: Atoms, (start, end, at): (i64, i64, i64)) {
    let [Some(start), Some(end), Some(at)] = [start, end, at].map(Timestamp::from_millis) else {
        return;
    };
    let fraction = Fraction::remaining(Period { start, end }, at);
    let debit = fraction.debit(amount).expect("a part of an amount");
    assert!(i128::from(debit.get()).abs() <= i128::from(amount.get()).abs());
    match fraction.credit(amount) {
        Ok(credit) => {
            let difference = i128::from(credit.get()) + i128::from(debit.get());
            assert!((-1..=0).contains(&difference), "{fraction:?} of {amount:?}");
        }
        Err(Overflow) => assert_eq!(amount.get(), i64::MIN),
    }
}
