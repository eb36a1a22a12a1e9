//! What is billed again of a line after the change that counted in its place turned void: what that had
//! taken off an invoice which is paid by now, and what the balance had for it and has not any more. It waits
//! for the next bill. Pure.

use crate::{
    base::{
        error::Error,
        id::InvoiceItemId,
        money::{Atoms, rounded},
        time::Timestamp,
    },
    model::{
        billing::{cycle::Period, proration::Fraction},
        invoice::{CreditedLine, Invoice, InvoiceItem, SupersededCredit},
    },
};

/// What of a line is to be billed again, after the change that counted in its place turned void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Again {
    /// The line.
    pub(crate) line: InvoiceItemId,
    /// What was taken off it before it was paid.
    pub(crate) lacking: Atoms,
    /// What the balance had for it, and has not any more.
    pub(crate) used: Atoms,
    /// The time that is about.
    pub(crate) over: Option<Period>,
    /// Whether that goes on, and is the line's to its end.
    pub(crate) goes_on: bool,
}

impl Invoice {
    /// The invoice after a part of one of its lines is billed again, and the lines that do it, which wait.
    ///
    /// Where that time goes on they bill all of it that is left, and credit what is paid of it: so a later
    /// change or end finds it on one line.
    pub(crate) fn counting_again(
        &self,
        again: &Again,
        mut id: impl FnMut() -> InvoiceItemId,
        void: &str,
        now: Timestamp,
    ) -> Result<(Self, Vec<InvoiceItem>), Error> {
        let place = self.place(&again.line);
        let found = place.and_then(|place| Some((place, self.items().get(place)?)));
        let Some((place, line)) = found else { return Ok((self.clone(), Vec::new())) };
        let whole = line.total()?;
        if !whole.is_positive() {
            return Ok((self.clone(), Vec::new()));
        }
        let (mut after, mut lines) = (self.clone(), Vec::new());
        let mut all = again.lacking.plus(again.used)?;
        if let Some(over) = again.over.filter(|_| again.goes_on) {
            let (unused, credit) = self.credited_from(place, (over, id()), now)?;
            after = unused;
            if let Some(credit) = credit {
                all = all.minus(credit.total()?)?;
                lines.push(credit);
            }
        }
        let (net, part) = (i128::from(line.net()?.get()), i128::from(all.get()));
        let amount = rounded(net * part, i128::from(whole.get()))?;
        let name = format!("Counts again, because {void} is void: {}", line.name);
        let mut own = InvoiceItem::new(id(), String::new(), line.quantity, amount).called(&name);
        own = own.taxed(&line.taxes);
        own.proration = true;
        own.price_id.clone_from(&line.price_id);
        if again.goes_on {
            own.subscription_item_id.clone_from(&line.subscription_item_id);
        }
        let own = again.over.map_or(own.clone(), |over| own.over(over));
        let mut credits = after.superseded().to_vec();
        credits.push(SupersededCredit {
            invoice_item_id: again.line.clone(),
            by: own.id.clone(),
            reduced_atom: again.lacking,
            returned_atom: again.used,
            again: true,
        });
        lines.push(own);
        Ok((after.with_superseded(credits), lines))
    }

    /// The invoice, of whose line at `place` all that was paid for the time `over`, its last, is credited;
    /// and the line that does it, if anything was.
    fn credited_from(
        &self,
        place: usize,
        (over, id): (Period, InvoiceItemId),
        now: Timestamp,
    ) -> Result<(Self, Option<InvoiceItem>), Error> {
        let found = self.items().get(place);
        let Some((line, span)) = found.and_then(|line| Some((line, line.span()?))) else {
            return Ok((self.clone(), None));
        };
        let (whole, gone) = (line.total()?, line.gone()?);
        let value = Fraction::remaining(span, over.start).credit(whole)?.negated()?;
        let split = self.account()?.credit(place, value)?;
        let amount = split.amount()?;
        if !amount.is_positive() {
            return Ok((self.clone(), None));
        }
        let name = format!("Unused time on {}", line.name);
        let mut credit = InvoiceItem::new(id, String::new(), line.quantity, Atoms::ZERO)
            .called(&name)
            .over(over);
        credit.proration = true;
        credit.price_id.clone_from(&line.price_id);
        credit.subscription_item_id.clone_from(&line.subscription_item_id);
        let (invoice_id, invoice_item_id) = (Some(self.id().clone()), line.id.clone());
        credit.credit_of = Some(CreditedLine { invoice_id, invoice_item_id });
        let credit = credit.crediting(&line.taxes, whole, (gone, amount))?;
        Ok((self.line_credited(place, split, now)?, Some(credit)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::entity::Representation;

    fn day(day: u8) -> String {
        format!("2026-01-{day:02}T00:00:00.000Z")
    }

    /// 42.00 from the 11th to the end of the month, with a tax of a fifth, all paid but for what was taken
    /// off: 10.00 and the tax of that.
    fn paid() -> Invoice {
        let mut line = Invoice::example()["items"][0].clone();
        line["id"] = "ii_prod_0000000000000001".into();
        line["amount_atom"] = 4200.into();
        line["period_start"] = day(11).into();
        line["period_end"] = "2026-02-01T00:00:00.000Z".into();
        line["taxes"] = json!([{"tax_rate_id": "txr_prod_0mkz6k3ct1a2x3r4",
            "display_name": "VAT", "percentage": "20", "inclusive": false, "amount_atom": 840,
            "taxable_amount_atom": 4200}]);
        line["tax_amount_atom"] = 840.into();
        line["reduced_amount_atom"] = 1200.into();
        let mut invoice = Invoice::example();
        for (name, value) in [
            ("state", json!("paid")),
            ("items", json!([line])),
            ("total_amount_atom", json!(5040)),
            ("paid_amount_atom", json!(3840)),
            ("due_amount_atom", json!(0)),
        ] {
            invoice[name] = value;
        }
        serde_json::from_value(invoice).unwrap()
    }

    fn again(lacking: i64, used: i64, over: (u8, Option<u8>)) -> Again {
        let end = over.1.map_or("2026-02-01T00:00:00.000Z".to_owned(), day);
        Again {
            line: "ii_prod_0000000000000001".parse().unwrap(),
            lacking: Atoms::new(lacking),
            used: Atoms::new(used),
            over: Some(Period { start: day(over.0).parse().unwrap(), end: end.parse().unwrap() }),
            goes_on: over.1.is_none(),
        }
    }

    fn billed(invoice: &Invoice, again: &Again) -> (Invoice, Vec<InvoiceItem>) {
        let mut names = 2..;
        let id = || format!("ii_prod_{:016}", names.next().unwrap()).parse().unwrap();
        let now = day(22).parse().unwrap();
        invoice.counting_again(again, id, "INV-0002", now).unwrap()
    }

    fn amounts(lines: &[InvoiceItem]) -> Vec<i64> {
        lines.iter().map(|line| line.amount_atom.get()).collect()
    }

    #[test]
    fn time_that_is_over_is_billed_by_what_is_lacking() {
        let (after, lines) = billed(&paid(), &again(720, 480, (16, Some(22))));
        assert_eq!((amounts(&lines), lines[0].taxes.len()), (vec![1000], 1));
        assert_eq!(lines[0].subscription_item_id, None);
        assert!(lines[0].proration && lines[0].name.contains("INV-0002"));
        assert_eq!(after.items(), paid().items());
        let credit = &after.superseded()[0];
        assert_eq!((credit.reduced_atom.get(), credit.returned_atom.get()), (720, 480));
        assert!(credit.again && credit.by == lines[0].id);
    }

    #[test]
    fn time_that_goes_on_is_on_one_line() {
        // From the 22nd on it is worth 20.00 and the tax; half of that is lacking.
        let (after, lines) = billed(&paid(), &again(1200, 0, (22, None)));
        assert_eq!(amounts(&lines), [-1000, 2000]);
        assert_eq!(lines[0].total().unwrap().get(), -1200);
        assert_eq!(lines[1].span(), again(0, 0, (22, None)).over);
        assert_eq!(after.items()[0].given_back_amount_atom.get(), 1200);
        // Nothing of it is left on the invoice.
        let (_, lines) = billed(&after, &again(0, 100, (22, None)));
        assert_eq!(lines.len(), 1);
    }

    #[test]
    fn of_a_line_that_is_not_there_nothing_is_billed() {
        let mut other = again(100, 0, (22, None));
        other.line = "ii_prod_0000000000000007".parse().unwrap();
        let (after, lines) = billed(&paid(), &other);
        assert!(lines.is_empty() && after.superseded().is_empty());
    }

    #[test]
    fn it_ends_with_the_change_that_took_it_along_and_not_with_a_renewal() {
        let (after, lines) = billed(&paid(), &again(1200, 0, (22, None)));
        for (reason, ends) in [("subscription_update", true), ("subscription_cycle", false)] {
            let mut void = Invoice::example();
            void["billing_reason"] = reason.into();
            void["items"] = serde_json::to_value(&lines).unwrap();
            let void: Invoice = serde_json::from_value::<Invoice>(Value::clone(&void)).unwrap();
            assert_eq!(after.gave_way_to(&void), ends, "{reason}");
        }
    }
}
