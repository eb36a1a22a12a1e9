//! What is given back of an invoice: never more than was paid for it.
//!
//! A refund returns money to the payment that it came from, a credit note for an invoice returns it
//! to the customer's balance. Both count on the invoice itself and on its lines, beside the credits
//! for unused time, in the transaction that promises them, on the condition that the invoice is as it
//! was read: so their sum never exceeds what was paid, however many are asked for at the same time. A
//! refund that fails is counted out again; what a change could not credit because of it is then made up
//! for.

use serde::{Deserialize, Serialize};

use super::{BillingReason, Invoice};
use crate::base::{
    error::Error,
    id::{InvoiceId, InvoiceItemId},
    money::Atoms,
};

impl ReturnedPart {
    /// Whether both are parts of one line.
    pub fn is_of_the_line_of(&self, other: &Self) -> bool {
        self.invoice_item_id == other.invoice_item_id
    }
}

/// A part of what was paid for a line, given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedPart {
    /// The invoice that the line is on.
    pub invoice_id: InvoiceId,
    /// The line.
    pub invoice_item_id: InvoiceItemId,
    /// How much.
    pub amount_atom: Atoms,
}

/// A credit for a line that came to less than the time was worth, because the line was refunded before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmetCredit {
    /// The line.
    pub(crate) invoice_item_id: InvoiceItemId,
    /// What its time was worth that the change gave up.
    pub(crate) value_atom: Atoms,
    /// The invoice of the change; none, where it made none by itself.
    pub(crate) invoice_id: Option<InvoiceId>,
}

/// A credit for a line, for the time that a line of a later change has since the change between them is void,
/// or that a line bills again. It counts as long as that later line does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupersededCredit {
    /// The line.
    pub(crate) invoice_item_id: InvoiceItemId,
    /// The line of the later change.
    pub(crate) by: InvoiceItemId,
    /// What it took off what was open.
    pub(crate) reduced_atom: Atoms,
    /// What it gave back of what was paid, to the balance.
    pub(crate) returned_atom: Atoms,
    /// Whether the later line bills that time again, as it was billed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) again: bool,
}

impl SupersededCredit {
    /// Whether it counts no longer once `void` is void. What an invoice that is no change's bills again is
    /// forgiven with that invoice.
    pub(crate) fn ends_with(&self, void: &Invoice) -> bool {
        let is_change = void.billing_reason() == BillingReason::SubscriptionUpdate;
        void.place(&self.by).is_some() && (is_change || !self.again)
    }
}

impl Invoice {
    /// How much of what was paid for it can still be given back, as a refund or as credit.
    pub fn returnable(&self) -> Atoms {
        self.account().and_then(|account| account.all_returnable()).unwrap_or_default()
    }

    /// The invoice with a refund of `amount` of its payments that is about to be made, and what that
    /// is of each line.
    pub fn refunded(&self, amount: Atoms) -> Result<(Self, Vec<ReturnedPart>), Error> {
        self.must_hold(amount, "refund")?;
        let (after, parts) = self.spread(amount)?;
        Ok((after.with_refund(amount)?, parts))
    }

    /// The invoice with `amount` more of its payments refunded, whatever lines that is for.
    pub fn with_refund(&self, amount: Atoms) -> Result<Self, Error> {
        let refunded_amount_atom = self.refunded_amount_atom.plus(amount)?;
        Ok(Self { refunded_amount_atom, ..self.clone() })
    }

    /// The invoice after a refund of `amount` of its payments that was counted has failed.
    pub fn unrefunded(&self, amount: Atoms) -> Result<Self, Error> {
        match self.refunded_amount_atom.minus(amount) {
            Ok(left) if !left.is_negative() => {
                Ok(Self { refunded_amount_atom: left, ..self.clone() })
            }
            _ => Err(Error::Internal(format!("{}: {amount:?} was not refunded", self.id()))),
        }
    }

    /// The invoice with a credit note of `amount` for it, and what that is of each line.
    pub fn credited(&self, amount: Atoms) -> Result<(Self, Vec<ReturnedPart>), Error> {
        self.must_hold(amount, "credit note")?;
        let (after, parts) = self.spread(amount)?;
        Ok((after.with_credit_note(amount)?, parts))
    }

    /// The invoice with a credit note of `amount` more, whatever lines that is for.
    pub fn with_credit_note(&self, amount: Atoms) -> Result<Self, Error> {
        let credited_amount_atom = self.credited_amount_atom.plus(amount)?;
        let count = self.credit_notes.unwrap_or_default().saturating_add(1);
        let credit_notes = if amount.is_positive() { Some(count) } else { self.credit_notes };
        Ok(Self { credited_amount_atom, credit_notes, ..self.clone() })
    }

    /// The invoice after `amount` of what credit notes gave back of it was taken back.
    pub(crate) fn with_credit_taken_back(&self, amount: Atoms) -> Result<Self, Error> {
        let credited_amount_atom = self.credited_amount_atom.minus(amount)?;
        Ok(Self { credited_amount_atom, ..self.clone() })
    }

    /// The credits for its lines that count as long as a later change does.
    pub(crate) fn superseded(&self) -> &[SupersededCredit] {
        &self.collection.superseded
    }

    /// The invoice with these credits that count as long as a later change does.
    pub(crate) fn with_superseded(&self, credits: Vec<SupersededCredit>) -> Self {
        let mut after = self.clone();
        after.collection.superseded = credits;
        after
    }

    /// The number of its newest credit note: its own, and which of its credit notes that is.
    pub(crate) fn credit_note_number(&self) -> Option<String> {
        self.number
            .as_ref()
            .zip(self.credit_notes)
            .map(|(number, of)| format!("{number}-CN-{of:02}"))
    }

    /// The invoice with `amount` given back of it, divided over its lines.
    pub(super) fn spread(&self, amount: Atoms) -> Result<(Self, Vec<ReturnedPart>), Error> {
        let shares = self.account()?.spread(amount)?;
        let parts = self.parts(&shares);
        let mut after = self.clone();
        for (item, share) in after.items.iter_mut().zip(shares) {
            item.given_back_amount_atom = item.given_back_amount_atom.plus(share)?;
        }
        Ok((after, parts))
    }

    /// What `amounts` are of its lines, those of nothing left out.
    pub fn parts(&self, amounts: &[Atoms]) -> Vec<ReturnedPart> {
        let given = self.items.iter().zip(amounts).filter(|(_, amount)| amount.is_positive());
        given
            .map(|(item, amount)| ReturnedPart {
                invoice_id: self.id().clone(),
                invoice_item_id: item.id.clone(),
                amount_atom: *amount,
            })
            .collect()
    }

    /// The invoice with these parts of its lines given back.
    pub fn with_returned(&self, parts: &[ReturnedPart]) -> Result<Self, Error> {
        let mut after = self.clone();
        for part in parts {
            for item in after.items.iter_mut().filter(|item| item.id == part.invoice_item_id) {
                item.given_back_amount_atom = item.given_back_amount_atom.plus(part.amount_atom)?;
            }
        }
        Ok(after)
    }

    /// The invoice after parts of it, of which others may be of other invoices, were not given back
    /// after all.
    pub fn kept(&self, parts: &[ReturnedPart]) -> Result<Self, Error> {
        let own = parts.iter().filter(|part| part.invoice_id == *self.id());
        own.clone().try_fold(self.clone(), |after, part| {
            after.line_kept(&part.invoice_item_id, part.amount_atom)
        })
    }

    /// The invoice, which remembers what a change gave up of a line and could not credit.
    pub(crate) fn with_unmet(&self, unmet: UnmetCredit) -> Self {
        let mut after = self.clone();
        after.collection.unmet.push(unmet);
        after
    }

    /// The credits that came to less because of what was refunded of these parts.
    pub(crate) fn unmet_by<'a>(
        &'a self,
        parts: &'a [ReturnedPart],
    ) -> impl Iterator<Item = &'a UnmetCredit> {
        let is_of = |unmet: &&UnmetCredit| {
            parts.iter().any(|part| part.invoice_item_id == unmet.invoice_item_id)
        };
        self.collection.unmet.iter().filter(is_of)
    }

    /// The credits that came to less in the change of this invoice.
    pub(crate) fn unmet_of<'a>(
        &'a self,
        change: &'a InvoiceId,
    ) -> impl Iterator<Item = &'a UnmetCredit> {
        self.collection.unmet.iter().filter(|unmet| unmet.invoice_id.as_ref() == Some(change))
    }

    /// The invoice with a credit note for what a credit came to less than by now, and what that is of its
    /// line; none, where that is nothing.
    pub(crate) fn making_up_for(
        &self,
        unmet: &UnmetCredit,
    ) -> Result<(Self, Option<ReturnedPart>), Error> {
        let left = self.account()?.returnable()?;
        let place = self.place(&unmet.invoice_item_id);
        let found = place.and_then(|place| self.items.get(place).zip(left.get(place)));
        let Some((line, most)) = found else { return Ok((self.clone(), None)) };
        let amount_atom = unmet.value_atom.minus(line.gone()?)?.min(*most).max(Atoms::ZERO);
        if !amount_atom.is_positive() {
            return Ok((self.clone(), None));
        }
        let (invoice_id, invoice_item_id) = (self.id().clone(), line.id.clone());
        let part = ReturnedPart { invoice_id, invoice_item_id, amount_atom };
        let after = self.with_returned(std::slice::from_ref(&part))?;
        Ok((after.with_credit_note(amount_atom)?, Some(part)))
    }

    pub(super) fn must_hold(&self, amount: Atoms, noun: &'static str) -> Result<(), Error> {
        let left = self.returnable();
        let hint = match left.get() {
            _ if amount <= left => return Ok(()),
            0 if self.paid_amount_atom.is_zero() && self.credit_applied_amount_atom.is_zero() => {
                "is for an invoice of which nothing was paid".to_owned()
            }
            0 => "is for an invoice of which everything paid was given back already".to_owned(),
            left => format!(
                "is more than the {left} that are left of what was paid for the invoice and not yet \
                 given back"
            ),
        };
        Err(Error::rule(noun, "amount_atom", "more_than_paid", &hint))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::entity::Representation;

    /// An invoice of which `paid` was paid.
    fn paid(paid: i64) -> Invoice {
        let mut example = Invoice::example();
        example["paid_amount_atom"] = paid.into();
        serde_json::from_value(example).unwrap()
    }

    #[test]
    fn refunds_and_credit_share_what_was_paid() {
        let (invoice, parts) = paid(1000).refunded(Atoms::new(400)).unwrap();
        assert!(invoice.credited(Atoms::new(601)).is_err());
        let (invoice, parts_of_credit) = invoice.credited(Atoms::new(600)).unwrap();
        assert_eq!(parts_of_credit.first().unwrap().amount_atom, Atoms::new(600));
        assert_eq!(invoice.credit_note_number().as_deref(), Some("INV-0001-CN-01"));
        assert_eq!(invoice.returnable(), Atoms::ZERO);
        assert!(invoice.refunded(Atoms::new(1)).is_err());
        let failed = invoice.unrefunded(Atoms::new(400)).unwrap().kept(&parts).unwrap();
        assert_eq!(failed.returnable(), Atoms::new(400));
        assert!(failed.unrefunded(Atoms::new(1)).is_err());
    }

    #[test]
    fn an_invoice_of_which_nothing_was_paid_gives_nothing_back() {
        assert_eq!(paid(0).credited(Atoms::new(1)).unwrap_err().status(), 422);
        assert_eq!(paid(0).refunded(Atoms::new(1)).unwrap_err().status(), 422);
    }

    proptest! {
        #[test]
        fn never_more_than_was_paid_is_given_back(
            amount in 0_i64..1000,
            steps in prop::collection::vec((0_u8..3, 1_i64..700), 0..40),
        ) {
            let (mut invoice, mut refunds, mut credited) = (paid(amount), Vec::new(), 0);
            for (step, part) in steps {
                let next = match step {
                    0 => invoice.refunded(Atoms::new(part)).map(|(invoice, parts)| {
                        refunds.push((part, parts));
                        invoice
                    }),
                    1 => invoice.credited(Atoms::new(part)).map(|(invoice, _)| {
                        credited += part;
                        invoice
                    }),
                    _ => match refunds.pop() {
                        Some((part, parts)) => invoice
                            .unrefunded(Atoms::new(part))
                            .and_then(|invoice| invoice.kept(&parts)),
                        None => continue,
                    },
                };
                invoice = next.unwrap_or(invoice);
                let given = refunds.iter().map(|(part, _)| part).sum::<i64>() + credited;
                prop_assert!(given <= amount);
                prop_assert_eq!(invoice.returnable(), Atoms::new(amount - given));
            }
        }
    }
}
