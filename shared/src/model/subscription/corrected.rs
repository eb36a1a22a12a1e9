//! Usage that was billed, found to be too much, and given back by a credit note.
//!
//! What lines of invoices bill of a span stays as it is on these lines. What was given back of it because
//! it was too much is kept beside that, and counts as not billed: so what is sent afterwards, or amended
//! upwards, is billed again. Pure.

use serde::{Deserialize, Serialize};

use super::{
    Subscription,
    span::{MeteredSpan, Readings},
};
use crate::{
    base::{
        error::Error,
        id::InvoiceItemId,
        money::{Atoms, Decimal, Overflow},
    },
    model::{
        billing::bounds::Part,
        invoice::{CorrectedLine, Invoice},
        meter::Tally,
    },
};

/// What of a span counts as billed no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Corrected {
    /// How much.
    pub(crate) used: Decimal,
    /// What that came to before discount.
    pub(crate) amount: Atoms,
}

impl MeteredSpan {
    /// How much of it counts as billed: what its lines bill, less what was given back as too much.
    pub(crate) fn used_billed(&self) -> Result<Decimal, Overflow> {
        self.used.minus(self.corrected.unwrap_or_default().used)
    }

    /// The same of what that comes to before discount.
    pub(crate) fn amount_billed(&self) -> Result<Atoms, Overflow> {
        self.amount.minus(self.corrected.unwrap_or_default().amount)
    }

    /// The span, of which `used` and `amount` count as billed.
    fn counted_as(&mut self, used: Decimal, amount: Atoms) -> Result<(), Overflow> {
        let corrected =
            Corrected { used: self.used.minus(used)?, amount: self.amount.minus(amount)? };
        self.corrected = Some(corrected).filter(|one| *one != Corrected::default());
        Ok(())
    }
}

impl Subscription {
    /// The spans that lines of an invoice bill, and those that are priced with them.
    pub(crate) fn usage_on<'a>(&'a self, invoice: &'a Invoice) -> Vec<&'a MeteredSpan> {
        let billed = self.ledger.usage.iter().filter(|span| span.invoice.is_some());
        billed.filter(|span| self.is_priced_with_a_line(span, invoice)).collect()
    }

    fn is_priced_with_a_line(&self, one: &MeteredSpan, invoice: &Invoice) -> bool {
        let mut own = self.ledger.usage.iter().filter(|span| span.is_priced_with(one));
        own.any(|span| invoice.items().iter().any(|line| line.is_usage() && span.is_of(line)))
    }

    /// What the lines of usage of a final invoice bill above what was used, before discount and tax: the
    /// lines of the last times first.
    pub(crate) fn overbilled_on(
        &self,
        invoice: &Invoice,
        readings: &Readings,
    ) -> Result<Vec<(InvoiceItemId, Atoms)>, Error> {
        let (mut over, mut known): (Vec<_>, Vec<&MeteredSpan>) = (Vec::new(), Vec::new());
        for one in self.usage_on(invoice) {
            if known.iter().any(|span| span.is_priced_with(one)) {
                continue;
            }
            known.push(one);
            let times: Vec<&MeteredSpan> = self.usage_priced_with(one).collect();
            let Some(owed) = cost(&times, readings)? else { continue };
            let billed = times.iter().map(|span| span.amount_billed());
            let mut left = Atoms::sum(billed.collect::<Result<Vec<_>, _>>()?)?.minus(owed)?;
            for span in times.iter().rev() {
                let of = |line: &&_| span.is_of(line) && line.is_usage();
                let Some(line) = invoice.items().iter().find(of) else { continue };
                let most = line.amount_atom.minus(invoice.corrected_of(&line.id).charged_atom)?;
                let part = left.min(most).min(span.amount_billed()?);
                if part.is_positive() {
                    left = left.minus(part)?;
                    over.push((line.id.clone(), part));
                }
            }
        }
        Ok(over)
    }

    /// The subscription after these parts of the lines of usage of `invoice` were given back as too much.
    /// What is read by now is what was used: where less counts as billed than that costs, because it was
    /// used since the correction, that is still to be billed.
    pub(crate) fn with_usage_corrected(
        &self,
        invoice: &Invoice,
        lines: &[CorrectedLine],
        readings: &Readings,
    ) -> Result<Self, Error> {
        let mut after = self.clone();
        for (place, span) in self.ledger.usage.iter().enumerate() {
            let times: Vec<&MeteredSpan> = self.usage_priced_with(span).collect();
            let given = |span: &MeteredSpan| {
                let own = lines.iter().filter(|part| {
                    let line = invoice.items().iter().find(|line| line.id == part.invoice_item_id);
                    line.is_some_and(|line| span.is_of(line))
                });
                Atoms::sum(own.map(|part| part.charged_atom))
            };
            let all =
                Atoms::sum(times.iter().map(|span| given(span)).collect::<Result<Vec<_>, _>>()?)?;
            let read = readings.get(&span.key()).filter(|_| span.invoice.is_some());
            let (Some(read), true) = (read, all.is_positive()) else { continue };
            let billed = times.iter().map(|span| span.amount_billed());
            let left = Atoms::sum(billed.collect::<Result<Vec<_>, _>>()?)?.minus(all)?;
            let is_short = cost(&times, readings)?.is_some_and(|owed| left < owed);
            let (used, amount) = (span.used_billed()?, span.amount_billed()?);
            let kept = amount.minus(given(span)?)?.max(Atoms::ZERO);
            let used = if is_short { part_of(used, kept, amount)? } else { used };
            if let Some(span) = after.ledger.usage.get_mut(place) {
                span.counted_as(used.min(read.used.max(Decimal::default())), kept)?;
            }
        }
        Ok(after)
    }
}

/// What times that are priced together cost by what is read of them; none, where one is not read.
fn cost(times: &[&MeteredSpan], readings: &Readings) -> Result<Option<Atoms>, Error> {
    let read: Option<Vec<_>> = times.iter().map(|span| readings.get(&span.key())).collect();
    let Some(first) = read.as_ref().and_then(|read| read.first()) else { return Ok(None) };
    let tally = read.iter().flatten().map(|reading| reading.tally);
    let used = first.meter.value_of(tally.fold(Tally::default(), Tally::plus)).kept()?;
    let parts: Vec<Part> = times.iter().filter_map(|span| span.part()).collect();
    Ok(Some(first.price.amount_used(used.max(Decimal::default()), &parts)?.0))
}

/// `part` of `whole` of a quantity.
fn part_of(used: Decimal, part: Atoms, whole: Atoms) -> Result<Decimal, Overflow> {
    if !whole.is_positive() || part >= whole {
        return Ok(used);
    }
    let scaled = used.scaled().checked_mul(i128::from(part.get())).ok_or(Overflow)?;
    Ok(Decimal::from_scaled(scaled.div_euclid(i128::from(whole.get()))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::{
        entity::Representation,
        subscription::span::tests::{bill, reading_at, three_times},
    };

    /// A subscription whose one item was measured in three times of a period, and its invoices.
    struct Books {
        subscription: Subscription,
        invoices: Vec<Invoice>,
        used: [i128; 3],
        terms: serde_json::Value,
    }

    impl Books {
        fn of(terms: serde_json::Value) -> Self {
            let mut subscription = Subscription::example();
            subscription["ledger"] = json!({"zone": "UTC", "period": 1, "billed_period": 1});
            let mut subscription: Subscription = serde_json::from_value(subscription).unwrap();
            subscription.ledger.usage = three_times();
            Self { subscription, invoices: Vec::new(), used: [0; 3], terms }
        }

        fn read(&self) -> Readings {
            let read = self.used.map(|used| reading_at(used, "graduated", &self.terms));
            self.subscription.ledger.usage.iter().map(MeteredSpan::key).zip(read).collect()
        }

        /// An invoice for what is not billed yet, paid.
        fn bill(&mut self) {
            let name = format!("in_prod_{:016}", self.invoices.len());
            let read = self.used.map(|used| reading_at(used, "graduated", &self.terms));
            let lines = bill(&mut self.subscription.ledger.usage, &name, &read);
            let total: i64 = lines.iter().map(|line| line.amount_atom.get()).sum();
            let mut invoice = Invoice::example();
            let mut items = serde_json::to_value(lines).unwrap();
            for (place, item) in items.as_array_mut().unwrap().iter_mut().enumerate() {
                item["id"] = format!("ii_prod_{:08}{place:08}", self.invoices.len()).into();
            }
            invoice["id"] = name.into();
            invoice["items"] = items;
            invoice["total_amount_atom"] = total.into();
            invoice["paid_amount_atom"] = total.into();
            self.invoices.push(serde_json::from_value(invoice).unwrap());
        }

        fn over(&self, place: usize) -> Vec<(InvoiceItemId, Atoms)> {
            self.subscription.overbilled_on(&self.invoices[place], &self.read()).unwrap()
        }

        fn credit(&mut self, place: usize, amount: i64, corrects: bool) {
            let (over, invoice) = (self.over(place), &self.invoices[place]);
            let most = invoice.returnable().get();
            let amount = Atoms::new(amount.min(most));
            if !amount.is_positive() {
                return;
            }
            let counted = invoice.credited_for(amount, corrects, &over).unwrap();
            let given = counted.parts.iter().map(|part| part.amount_atom);
            assert_eq!(Atoms::sum(given), Ok(amount));
            let read = self.read();
            let after =
                self.subscription.with_usage_corrected(invoice, &counted.corrects, &read).unwrap();
            (self.subscription, self.invoices[place]) = (after, counted.invoice);
        }

        /// What counts as billed.
        fn billed(&self) -> i64 {
            let spans = self.subscription.ledger.usage.iter();
            spans.map(|span| span.amount_billed().unwrap().get()).sum()
        }

        /// What the lines bill, less what was given back.
        fn kept(&self) -> i64 {
            let lines = self.invoices.iter().flat_map(Invoice::items);
            lines.map(|line| line.amount_atom.get() - line.given_back_amount_atom.get()).sum()
        }

        fn owed(&self) -> i64 {
            let times: Vec<&MeteredSpan> = self.subscription.ledger.usage.iter().collect();
            cost(&times, &self.read()).unwrap().unwrap().get()
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Use(usize, i128),
        Bill,
        Credit(usize, i64, bool),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let one = prop_oneof![
            3 => (0_usize..3, 0_i128..3000).prop_map(|(place, used)| Step::Use(place, used)),
            2 => Just(Step::Bill),
            2 => (any::<usize>(), 1_i64..60, any::<bool>())
                .prop_map(|(place, amount, corrects)| Step::Credit(place, amount, corrects)),
        ];
        prop::collection::vec(one, 0..14)
    }

    proptest! {
        /// Whatever is used, corrected, billed and credited, in whatever order: once what is too much is
        /// credited and what is missing is billed, what is kept is the price of what was used.
        #[test]
        fn corrections_in_any_order_come_to_the_price_of_what_was_used(
            steps in steps(), least in 0_i64..30, room in 0_i64..60,
        ) {
            let terms = json!({"minimum_amount_atom": least, "maximum_amount_atom": least + room});
            let mut books = Books::of(terms);
            books.bill();
            for step in steps {
                match step {
                    Step::Use(place, used) => books.used[place] = used,
                    Step::Bill => books.bill(),
                    Step::Credit(place, amount, corrects) => {
                        let place = place % books.invoices.len();
                        // What is too much is credited, or more than that by a proposal that is old.
                        let over: i64 = books.over(place).iter().map(|(_, one)| one.get()).sum();
                        let amount = if corrects { amount } else { amount.min(over) };
                        books.credit(place, amount, corrects);
                    }
                }
                prop_assert_eq!(books.billed(), books.kept());
                let is_sound = books.subscription.ledger.usage.iter().all(|span| {
                    let used = span.used_billed().unwrap();
                    used >= Decimal::default() && span.amount_billed().unwrap() >= Atoms::ZERO
                });
                prop_assert!(is_sound);
            }
            books.bill();
            prop_assert!(books.billed() >= books.owed(), "{} of {}", books.billed(), books.owed());
            for place in 0..books.invoices.len() {
                let over: i64 = books.over(place).iter().map(|(_, one)| one.get()).sum();
                books.credit(place, over, false);
            }
            prop_assert_eq!((books.billed(), books.kept()), (books.owed(), books.owed()));
            books.bill();
            prop_assert_eq!(books.billed(), books.owed());
        }
    }

    #[test]
    fn what_is_more_than_was_too_much_is_a_gift_and_stays_billed() {
        let mut books = Books::of(json!({}));
        books.used = [1000, 0, 0];
        books.bill();
        books.used = [800, 0, 0];
        // 12 were billed, and 11 are owed.
        books.credit(0, 4, false);
        assert_eq!((books.billed(), books.kept(), books.owed()), (11, 8, 11));
        assert_eq!(books.over(0), []);
        books.bill();
        assert_eq!(books.kept(), 8);
        books.used = [1000, 0, 0];
        books.bill();
        assert_eq!((books.billed(), books.kept()), (12, 9));
    }

    #[test]
    fn what_is_used_after_a_correction_is_billed_as_that_quantity() {
        let mut books = Books::of(json!({}));
        books.used = [1000, 0, 0];
        books.bill();
        books.used = [0; 3];
        books.credit(0, 5, false);
        assert_eq!((books.billed(), books.owed()), (7, 7));
        books.used = [600, 0, 0];
        books.bill();
        let line = &books.invoices[1].items()[0];
        let quantity = line.quantity_decimal.unwrap().to_string();
        assert_eq!((quantity.as_str(), line.amount_atom.get()), ("6", 3));
    }

    #[test]
    fn a_correction_is_of_usage_and_of_no_more_than_was_paid_for_it() {
        let mut books = Books::of(json!({}));
        books.used = [1000, 0, 0];
        books.bill();
        let refused = books.invoices[0].credited_for(Atoms::new(13), true, &[]).unwrap_err();
        assert_eq!(refused.status(), 422);
        books.credit(0, 12, true);
        assert_eq!((books.billed(), books.kept()), (0, 0));
        // Used since: all of it is billed again.
        books.bill();
        assert_eq!((books.billed(), books.kept()), (12, 12));
        let line = books.invoices[1].items().iter().find(|line| line.amount_atom.is_positive());
        assert_eq!(line.unwrap().quantity_decimal.unwrap().to_string(), "10");
    }
}
