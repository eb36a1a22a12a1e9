//! A change whose invoice turned void, and what counts in its place.
//!
//! What was billed before the void change counts again, until the next change that counts: from that one's
//! instant on the customer has what it charged. So a void leaves each stretch of time billed by one line. The
//! credit that it takes for that is remembered beside the line, with the change that it is for: if that turns
//! void in its turn, the credit is taken back, whatever the order.
//!
//! What a void change took off an invoice before it was paid is open again; where that invoice is paid by
//! now, which is final, lines for the next bill say what is lacking. Pure.

use std::collections::BTreeMap;

use super::books::Books;
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, InvoiceItemId, SubscriptionItemId},
        money::Atoms,
        time::Timestamp,
    },
    model::{
        billing::{cycle::Period, proration::Fraction},
        invoice::{
            CreditedLine, Invoice, InvoiceItem, InvoiceState, ReturnedPart, SupersededCredit,
        },
    },
};

/// Another change that has taken the place of what a void invoice billed of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Successor {
    /// From when on.
    pub(crate) at: Timestamp,
    /// A line of it.
    pub(crate) line: InvoiceItemId,
}

/// Which change has taken the place of what an invoice billed, by item: the first that counts.
pub(crate) fn successors<'a>(
    void: &Invoice,
    invoices: impl IntoIterator<Item = &'a Invoice>,
    waiting: &'a [InvoiceItem],
) -> BTreeMap<SubscriptionItemId, Successor> {
    let others = invoices.into_iter().filter(|one| one.id() != void.id());
    let counting = others.filter(|one| one.state() != InvoiceState::Void);
    let changes = counting.flat_map(|one| one.items()).chain(waiting);
    let changes: Vec<&InvoiceItem> = changes.filter(|line| line.proration).collect();
    let mut found = BTreeMap::new();
    for own in void.items().iter().filter(|line| line.credit_of.is_none() && !line.settles) {
        let Some((item, span)) = own.subscription_item_id.as_ref().zip(own.span()) else {
            continue;
        };
        let later = changes.iter().filter(|line| line.subscription_item_id.as_ref() == Some(item));
        let later = later.filter_map(|line| line.period_start.zip(Some(&line.id)));
        let later = later.filter(|(at, _)| *at > span.start && span.contains(*at));
        if let Some((at, line)) = later.min_by_key(|(at, _)| *at) {
            found.insert(item.clone(), Successor { at, line: line.clone() });
        }
    }
    found
}

/// What a void gives back of a line and takes back of what was given back of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// The line, and what the balance had for it because of a change that is void now.
    pub(crate) taken: ReturnedPart,
    /// What the balance gets for it.
    pub(crate) given: Atoms,
    /// What a change that is void now took off it before it was paid, and nobody bills: the invoice is paid,
    /// and stays so.
    pub(crate) lacking: Atoms,
    /// The time that is about, in which the void change counted.
    pub(crate) over: Option<Period>,
    /// Whether another change has the time after that.
    pub(crate) is_followed: bool,
}

/// A line of a void invoice, or one that took the place of another's, and what its credit did.
struct Gone<'a> {
    own: &'a InvoiceItem,
    line: InvoiceItemId,
    /// What the balance had.
    taken: Atoms,
    /// What was taken off an invoice that is paid by now.
    off: Atoms,
}

/// What the credits of `void` took off what was open of a line.
fn taken_off(void: &Invoice, line: &CreditedLine) -> Result<Atoms, Error> {
    let of = void.items().iter().filter(|one| one.settles && one.span().is_some());
    let of = of.filter(|one| one.credit_of.as_ref() == Some(line));
    Ok(Atoms::sum(of.map(InvoiceItem::total).collect::<Result<Vec<_>, _>>()?)?)
}

impl Books {
    /// What the credits of an invoice that turned void took off what is open is open again, as far as that
    /// is still collected: nobody else bills that time.
    pub(crate) fn owe_again(&mut self, void: &Invoice) -> Result<(), Error> {
        for line in void.items().iter().filter(|line| line.settles && line.span().is_some()) {
            let Some(of) = &line.credit_of else { continue };
            let Some(id) = &of.invoice_id else { continue };
            if let Some((_, invoice)) = self.invoices.get_mut(id) {
                *invoice = invoice.line_owed_again(&of.invoice_item_id, line.total()?)?;
            }
        }
        Ok(())
    }

    /// Credits again what counts again of lines that `void` had credited, or that had been credited because
    /// it had taken the place of another: for the time that its own successor (`since`, by item) has. What
    /// that moves, by invoice.
    pub(crate) fn superseded(
        &mut self,
        void: &Invoice,
        since: &BTreeMap<SubscriptionItemId, Successor>,
        now: Timestamp,
    ) -> Result<BTreeMap<InvoiceId, Vec<Moved>>, Error> {
        let mut moved: BTreeMap<InvoiceId, Vec<Moved>> = BTreeMap::new();
        let ids: Vec<InvoiceId> = self.invoices.keys().cloned().collect();
        for id in ids {
            let Some((_, found)) = self.invoices.get_mut(&id) else { continue };
            if found.state() == InvoiceState::Void {
                continue;
            }
            let (mut invoice, credits) = found.without_superseded(void)?;
            for gone in invoice.gone_with(void, credits)? {
                let next = gone.own.subscription_item_id.as_ref().and_then(|item| since.get(item));
                let (after, given, lacking) = match next {
                    Some(next) => invoice.superseded_by(&gone, next, now)?,
                    None => (invoice, Atoms::ZERO, gone.off),
                };
                invoice = after;
                if [gone.taken, given, lacking].into_iter().any(Atoms::is_positive) {
                    let (invoice_id, invoice_item_id) = (id.clone(), gone.line);
                    let taken =
                        ReturnedPart { invoice_id, invoice_item_id, amount_atom: gone.taken };
                    let until = next.map(|next| next.at).or(gone.own.period_end);
                    let over = gone.own.period_start.zip(until);
                    let over = over.map(|(start, end)| Period { start, end });
                    let is_followed = next.is_some();
                    let all = moved.entry(id.clone()).or_default();
                    all.push(Moved { taken, given, lacking, over, is_followed });
                }
            }
            *found = invoice;
        }
        Ok(moved)
    }
}

impl Invoice {
    /// Whether a line of it was credited for what a line of `void` billed in the place of another's.
    pub(crate) fn gave_way_to(&self, void: &Invoice) -> bool {
        self.superseded().iter().any(|credit| credit.ends_with(void))
    }

    /// What `void` had credited of its lines, or counted in the place of.
    fn gone_with<'a>(
        &self,
        void: &'a Invoice,
        credits: Vec<SupersededCredit>,
    ) -> Result<Vec<Gone<'a>>, Error> {
        // What is open again is no longer off.
        let off = |amount| if self.state() == InvoiceState::Paid { amount } else { Atoms::ZERO };
        let mut all = Vec::new();
        for credit in credits {
            let by = void.items().iter().find(|line| line.id == credit.by);
            let (line, taken) = (credit.invoice_item_id, credit.returned_atom);
            all.extend(by.map(|own| Gone { own, line, taken, off: off(credit.reduced_atom) }));
        }
        for own in void.items().iter().filter(|line| !line.settles) {
            let of = own.credit_of.as_ref();
            let Some(of) = of.filter(|of| of.invoice_id.as_ref() == Some(self.id())) else {
                continue;
            };
            let (line, off) = (of.invoice_item_id.clone(), off(taken_off(void, of)?));
            all.push(Gone { own, line, taken: Atoms::ZERO, off });
        }
        Ok(all)
    }

    /// The invoice without the credits for what lines of `void` billed in the place of others, and these
    /// credits.
    fn without_superseded(&self, void: &Invoice) -> Result<(Self, Vec<SupersededCredit>), Error> {
        let (gone, kept): (Vec<_>, Vec<_>) =
            self.superseded().iter().cloned().partition(|one| one.ends_with(void));
        let mut after = self.with_superseded(kept);
        for credit in &gone {
            after = after.line_owed_again(&credit.invoice_item_id, credit.reduced_atom)?;
            after = after.line_kept(&credit.invoice_item_id, credit.returned_atom)?;
        }
        Ok((after, gone))
    }

    /// The invoice after a credit for the time of a line that `next` has, what that gives back of what was
    /// paid, and what of that which was taken off the line before it was paid is nobody's.
    fn superseded_by(
        &self,
        gone: &Gone<'_>,
        next: &Successor,
        now: Timestamp,
    ) -> Result<(Self, Atoms, Atoms), Error> {
        let place = self.place(&gone.line);
        let billed = place.and_then(|place| self.items().get(place));
        let found = place.zip(billed.and_then(|one| Some((one.span()?, one.total().ok()?))));
        let Some((place, (span, total))) = found else {
            return Ok((self.clone(), Atoms::ZERO, Atoms::ZERO));
        };
        let value = Fraction::remaining(span, next.at).credit(total)?.negated()?;
        let split = self.account()?.credit(place, value)?;
        // What stays off it counts for the time that is left first.
        let off = gone.off.min(value).max(Atoms::ZERO);
        let credit = SupersededCredit {
            invoice_item_id: gone.line.clone(),
            by: next.line.clone(),
            reduced_atom: split.reduced.plus(off)?,
            returned_atom: split.returned,
            again: false,
        };
        let mut all = self.superseded().to_vec();
        let counts = split.amount()?.plus(off)?.is_positive();
        all.extend(Some(credit).filter(|_| counts));
        let after = self.line_credited(place, split, now)?.with_superseded(all);
        Ok((after, split.returned, gone.off.minus(off)?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::entity::Representation;

    const ITEM: &str = "si_prod_0000000000000001";

    fn day(day: u8) -> String {
        format!("2026-01-{day:02}T00:00:00.000Z")
    }

    /// A line of a change: from a day of January to its end, of an item, and what it credits.
    fn line(name: u8, amount: i64, from: u8, of: Option<(u8, u8)>) -> Value {
        let mut line = Invoice::example()["items"][0].clone();
        line["id"] = format!("ii_prod_{name:016}").into();
        line["amount_atom"] = amount.into();
        line["subscription_item_id"] = ITEM.into();
        line["period_start"] = day(from).into();
        line["period_end"] = "2026-02-01T00:00:00.000Z".into();
        line["proration"] = true.into();
        if let Some((invoice, line_of)) = of {
            line["credit_of"] = json!({"invoice_id": format!("in_prod_{invoice:016}"),
                "invoice_item_id": format!("ii_prod_{line_of:016}")});
        }
        line
    }

    fn invoice(name: u8, state: &str, items: Vec<Value>, paid: i64) -> Invoice {
        let mut invoice = Invoice::example();
        let total: i64 = items.iter().map(|line| line["amount_atom"].as_i64().unwrap()).sum();
        invoice["id"] = format!("in_prod_{name:016}").into();
        invoice["state"] = state.into();
        invoice["items"] = items.into();
        invoice["total_amount_atom"] = total.into();
        invoice["paid_amount_atom"] = paid.into();
        invoice["due_amount_atom"] = if state == "open" { total - paid } else { 0 }.into();
        serde_json::from_value(invoice).unwrap()
    }

    /// 2.00 a day from the 11th on, of which a change on the 16th credited the rest.
    fn first() -> Invoice {
        let mut line = line(1, 4200, 11, None);
        line["given_back_amount_atom"] = 3200.into();
        invoice(1, "paid", vec![line], 4200)
    }

    fn void() -> Invoice {
        let lines = vec![line(2, -3200, 16, Some((1, 1))), line(3, 4800, 16, None)];
        invoice(2, "open", lines, 0)
    }

    fn later(name: u8, from: u8, state: &str) -> Invoice {
        invoice(name, state, vec![line(4 + name, 1600, from, None)], 1600)
    }

    fn since(invoices: &[Invoice], waiting: &[InvoiceItem]) -> Option<String> {
        let found = successors(&void(), invoices, waiting);
        found.values().next().map(|next| next.at.to_string())
    }

    #[test]
    fn the_first_later_change_that_counts_has_taken_the_place() {
        let own = || vec![first(), void()];
        assert_eq!(since(&own(), &[]), None);
        let all = |more: &[Invoice]| [own(), more.to_vec()].concat();
        let (third, fourth) = (later(3, 28, "open"), later(4, 30, "paid"));
        assert_eq!(since(&all(&[fourth.clone(), third]), &[]), Some(day(28)));
        assert_eq!(since(&all(&[fourth, later(3, 28, "void")]), &[]), Some(day(30)));
        let waiting = later(5, 29, "open").items().to_vec();
        assert_eq!(since(&own(), &waiting), Some(day(29)));
        // A line of a renewal, of another item, or of the very beginning is no such change.
        let mut others = waiting;
        others[0].proration = false;
        assert_eq!(since(&own(), &others), None);
        assert_eq!(since(&all(&[later(6, 16, "paid")]), &[]), None);
        let mut other = later(7, 28, "paid").items().to_vec();
        other[0].subscription_item_id = Some("si_prod_0000000000000002".parse().unwrap());
        assert_eq!(since(&own(), &other), None);
    }

    fn books(own: &Invoice) -> Books {
        let mut books = Books::default();
        books.invoices.insert(own.id().clone(), (own.clone(), own.clone()));
        books
    }

    fn now() -> Timestamp {
        day(31).parse().unwrap()
    }

    #[test]
    fn what_a_void_change_had_credited_counts_again_until_the_next_change() {
        let own = first();
        let mut books = books(&own);
        books.release_of(&void()).unwrap();
        let line = |books: &Books| books.invoices[own.id()].1.items()[0].clone();
        assert_eq!(line(&books).given_back_amount_atom, Atoms::ZERO);
        let next = later(3, 28, "paid");
        let since = successors(&void(), std::slice::from_ref(&next), &[]);
        let moved = books.superseded(&void(), &since, now()).unwrap().remove(own.id()).unwrap();
        // Four days of 2.00.
        assert_eq!(line(&books).given_back_amount_atom.get(), 800);
        assert_eq!((moved[0].given.get(), moved[0].taken.amount_atom), (800, Atoms::ZERO));
        // Again, it is nothing.
        assert!(books.superseded(&void(), &since, now()).unwrap().is_empty());
        // And where that change is void in its turn, all of it counts again.
        assert!(books.invoices[own.id()].1.gave_way_to(&next));
        let moved = books.superseded(&next, &BTreeMap::new(), now()).unwrap();
        let moved = &moved[own.id()][0];
        assert_eq!((moved.given, moved.taken.amount_atom.get()), (Atoms::ZERO, 800));
        assert_eq!(moved.over.map(|over| over.start.to_string()), Some(day(28)));
        assert_eq!(line(&books).given_back_amount_atom, Atoms::ZERO);
        assert!(!books.invoices[own.id()].1.gave_way_to(&next));
    }

    #[test]
    fn of_two_that_followed_the_later_one_keeps_its_part() {
        let own = first();
        let mut books = books(&own);
        books.release_of(&void()).unwrap();
        let (third, fourth) = (later(3, 28, "paid"), later(4, 30, "paid"));
        let since = successors(&void(), &[third.clone(), fourth.clone()], &[]);
        books.superseded(&void(), &since, now()).unwrap();
        let since = successors(&third, std::slice::from_ref(&fourth), &[]);
        let moved = books.superseded(&third, &since, now()).unwrap();
        let moved = &moved[own.id()][0];
        // Of four days of 2.00, two are the fourth's.
        assert_eq!((moved.taken.amount_atom.get(), moved.given.get()), (800, 400));
        let ends = moved.over.map(|over| (over.start.to_string(), over.end.to_string()));
        assert_eq!(ends, Some((day(28), day(30))));
        let after = &books.invoices[own.id()].1;
        assert_eq!(after.items()[0].given_back_amount_atom.get(), 400);
        assert!(after.gave_way_to(&fourth) && !after.gave_way_to(&third));
    }

    #[test]
    fn of_what_is_open_nothing_goes_back() {
        let mut line = line(1, 4200, 11, None);
        line["reduced_amount_atom"] = 0.into();
        let own = invoice(1, "open", vec![line], 0);
        let mut books = books(&own);
        let next = later(3, 28, "paid");
        let since = successors(&void(), std::slice::from_ref(&next), &[]);
        assert!(books.superseded(&void(), &since, now()).unwrap().is_empty());
        let after = books.invoices[own.id()].1.clone();
        assert_eq!(after.items()[0].reduced_amount_atom.get(), 800);
        assert_eq!(after.due().get(), 3400);
        // It is open again once that change is void as well.
        assert!(books.superseded(&next, &BTreeMap::new(), now()).unwrap().is_empty());
        assert_eq!(books.invoices[own.id()].1.due().get(), 4200);
    }

    #[test]
    fn what_a_void_change_took_off_what_is_open_is_open_again() {
        for (state, reduced) in [("open", 0), ("paid", 1000), ("uncollectible", 1000)] {
            let mut line_of = line(1, 4200, 11, None);
            line_of["reduced_amount_atom"] = 1000.into();
            let own = invoice(1, state, vec![line_of], 0);
            let mut taken = line(9, 1000, 16, Some((1, 1)));
            taken["settles"] = true.into();
            let void = invoice(2, "open", vec![line(2, -1000, 16, Some((1, 1))), taken], 0);
            let mut books = books(&own);
            books.owe_again(&void).unwrap();
            let after = &books.invoices[own.id()].1;
            assert_eq!(after.items()[0].reduced_amount_atom.get(), reduced, "{state}");
        }
    }
}
