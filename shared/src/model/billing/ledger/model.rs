//! Any sequence of changes, payments, refunds, voids and a cancellation against a second computation:
//! the price of the time that was used, second by second, which knows of no lines and no invoices.

use proptest::prelude::*;

use super::*;

const MONTH: i64 = 31 * 24 * 3600;

fn instant(second: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().plus_seconds(second)
}

fn period() -> Period {
    Period { start: instant(0), end: instant(MONTH) }
}

/// One item of a subscription in one period, and its invoices.
struct Model {
    invoices: Vec<Account>,
    /// What the item costs a month.
    rate: i64,
    /// The invoice that bills the item, whose first line it is.
    current: usize,
    captured: i64,
    refunded: i64,
    balance: i64,
    /// What the time used so far costs, by what it was: from when, and at which rate.
    used: Vec<(i64, i64)>,
}

impl Model {
    fn begin(rate: i64) -> Self {
        let mut model = Self {
            invoices: Vec::new(),
            rate,
            current: 0,
            captured: 0,
            refunded: 0,
            balance: 0,
            used: vec![(0, rate)],
        };
        model.bill(rate, period(), 0);
        model
    }

    /// An invoice for one line; a credit of `worth` for another pays it.
    fn bill(&mut self, price: i64, span: Period, worth: i64) {
        let price = Atoms::new(price);
        let entry = Entry { price, span: Some(span), ..Entry::default() };
        let settled = Atoms::new(worth.min(price.get()));
        let open = price.minus(settled).unwrap();
        self.invoices.push(Account { entries: vec![entry], settled, open });
        self.current = self.invoices.len() - 1;
    }

    fn change(&mut self, at: i64, rate: i64) {
        let left = Fraction::remaining(period(), instant(at));
        if left.is_zero() {
            return;
        }
        let value = left.credit(Atoms::new(self.rate)).unwrap().negated().unwrap();
        let account = self.invoices[self.current].clone();
        let split = account.credit(0, value).unwrap();
        self.invoices[self.current] = account.credited(0, split).unwrap();
        let (debit, worth) = (left.debit(Atoms::new(rate)).unwrap().get(), split.returned.get());
        self.balance += (worth - debit).max(0);
        let span = Period { start: instant(at), ..period() };
        self.bill(debit, span, worth);
        self.rate = rate;
        self.used.push((at, rate));
    }

    fn pay(&mut self, index: usize, amount: i64) {
        let account = &mut self.invoices[index];
        let amount = amount.min(account.open.get());
        account.open = Atoms::new(account.open.get() - amount);
        account.settled = Atoms::new(account.settled.get() + amount);
        self.captured += amount;
    }

    fn refund(&mut self, index: usize, amount: i64) {
        let account = self.invoices[index].clone();
        let shares = account.spread(Atoms::new(amount)).unwrap();
        self.refunded += Atoms::sum(shares.iter().copied()).unwrap().get();
        self.invoices[index] = account.returned(&shares).unwrap();
    }

    fn cancel(&mut self, at: i64, option: RefundOption) {
        for index in 0..self.invoices.len() {
            let account = self.invoices[index].clone();
            let given = fate(&account, option, instant(at)).unwrap();
            self.refunded += given.amount().unwrap().get();
            let again = account.returned(&given.returned).unwrap();
            let twice = fate(&again, option, instant(at)).unwrap();
            assert_eq!(twice.amount(), Ok(Atoms::ZERO), "given back twice");
            self.invoices[index] = again;
        }
    }

    /// What the time until `at` costs: exact, in parts of a month.
    fn price_of_use(&self, at: i64) -> i128 {
        let ends = self.used.iter().skip(1).map(|(from, _)| *from).chain([at]);
        let slices = self.used.iter().zip(ends);
        slices.map(|((from, rate), to)| i128::from(*rate) * i128::from((to - from).max(0))).sum()
    }

    fn check(&self) {
        for account in &self.invoices {
            let paid = account.paid().unwrap();
            for (entry, paid) in account.entries.iter().zip(paid) {
                assert!(entry.returned <= paid, "{entry:?} of {paid:?}");
                assert!(entry.reduced.get() + entry.returned.get() <= entry.price.get());
            }
        }
        assert!(self.refunded + self.balance <= self.captured, "more given than came");
    }
}

#[derive(Clone, Debug)]
enum Move {
    Change(i64),
    Pay(usize, i64),
    Refund(usize, i64),
}

fn moves() -> impl Strategy<Value = Vec<(i64, Move)>> {
    let one = prop_oneof![
        3 => (0_i64..5000).prop_map(Move::Change),
        3 => (any::<usize>(), 1_i64..6000).prop_map(|(index, part)| Move::Pay(index, part)),
        1 => (any::<usize>(), 1_i64..3000).prop_map(|(index, part)| Move::Refund(index, part)),
    ];
    prop::collection::vec((0_i64..MONTH / 4, one), 0..12)
}

fn options() -> impl Strategy<Value = RefundOption> {
    prop::sample::select(vec![RefundOption::None, RefundOption::Full, RefundOption::Prorated])
}

proptest! {
    #[test]
    fn no_way_of_giving_back_gives_what_nobody_paid(
        rate in 0_i64..5000, moves in moves(), option in options(), later in 0_i64..MONTH / 4,
    ) {
        let (mut model, mut at) = (Model::begin(rate), 0);
        for (wait, one) in moves {
            at = (at + wait).min(MONTH - 1);
            match one {
                Move::Change(rate) => model.change(at, rate),
                Move::Pay(index, part) => model.pay(index % model.invoices.len(), part),
                Move::Refund(index, part) => model.refund(index % model.invoices.len(), part),
            }
            model.check();
        }
        model.cancel((at + later).min(MONTH), option);
        model.check();
    }

    #[test]
    fn what_was_paid_and_kept_is_the_price_of_the_time_used(
        rate in 0_i64..5000,
        changes in prop::collection::vec((0_i64..MONTH / 4, 0_i64..5000), 0..8),
        later in 0_i64..MONTH / 4,
        refund in 0_i64..400,
    ) {
        let (mut model, mut at) = (Model::begin(rate), 0);
        model.pay(0, i64::MAX);
        for (wait, rate) in &changes {
            at = (at + wait).min(MONTH - 1);
            model.change(at, *rate);
            let newest = model.invoices.len() - 1;
            model.pay(newest, i64::MAX);
        }
        let newest = model.invoices.len() - 1;
        model.refund(newest, refund);
        at = (at + later).min(MONTH);
        let unused = model.invoices[newest].entries[0].price.get();
        model.cancel(at, RefundOption::Prorated);
        model.check();
        let kept = model.captured - model.refunded - model.balance;
        let price = model.price_of_use(at);
        // Each line is rounded to a whole atom twice: when it is charged and when it is credited.
        let slack = i128::try_from(2 * changes.len() + 2).unwrap() * i128::from(MONTH);
        let off = i128::from(kept) * i128::from(MONTH) - price;
        // A refund of what was used is the merchant's own decision: it is not asked back.
        let given = i128::from(refund.min(unused)) * i128::from(MONTH);
        prop_assert!(off <= slack && off >= -slack - given, "kept {kept}, used {price}");
        if refund == 0 {
            prop_assert!(off.abs() <= slack, "kept {kept}, used {price}");
        }
    }

    #[test]
    fn a_full_refund_leaves_only_what_went_to_the_balance(
        rate in 0_i64..5000,
        changes in prop::collection::vec((0_i64..MONTH / 4, 0_i64..5000), 0..8),
    ) {
        let (mut model, mut at) = (Model::begin(rate), 0);
        model.pay(0, i64::MAX);
        for (wait, rate) in changes {
            at = (at + wait).min(MONTH - 1);
            model.change(at, rate);
            let newest = model.invoices.len() - 1;
            model.pay(newest, i64::MAX);
        }
        model.cancel(at, RefundOption::Full);
        prop_assert_eq!(model.captured, model.refunded + model.balance);
    }
}
