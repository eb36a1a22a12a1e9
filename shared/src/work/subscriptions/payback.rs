//! Paying out what an invoice gives back at a cancellation: money to the payments that it came from,
//! credit to the balance, and to the balance too what was paid out of band.
//!
//! What settled the invoice says how it is divided. The part that credits carried here from other
//! lines goes back to the payments of the subscription's other invoices, the newest first.

use std::collections::BTreeSet;

use crate::{
    base::{
        error::Error,
        id::InvoiceId,
        metadata::Metadata,
        money::{Atoms, Overflow, rounded},
    },
    model::{
        credit_note::{Credit, CreditReason},
        customer::Customer,
        invoice::{Invoice, ReturnedPart},
        payment_intent::PaymentIntent,
        refund::{Refund, Repayment, failed_of},
        subscription::{Subscription, ending::Ended},
    },
    work::Work,
};

/// How many payments are refunded in one transaction; what is more follows in the next.
const MOST_REFUNDS: usize = 4;

/// How an amount is paid out.
#[derive(Debug, Default)]
struct Payout {
    /// By refunds: of which payment, and the invoice it was for.
    refunds: Vec<(Repayment, Option<Invoice>)>,
    /// By a note on the credit balance.
    credit: Atoms,
}

impl Payout {
    fn refunded(&self) -> Result<Atoms, Overflow> {
        Atoms::sum(self.refunds.iter().map(|(repayment, _)| repayment.amount))
    }
}

/// The parts of `amount` that go back to the invoice's own payments, to those of other invoices, and
/// to the balance.
fn divided(invoice: &Invoice, amount: Atoms) -> Result<(Atoms, Atoms, Atoms), Overflow> {
    let account = invoice.account()?;
    let share = |part: Atoms| -> Result<Atoms, Overflow> {
        match account.settled.is_positive() {
            true => rounded(
                i128::from(amount.get()) * i128::from(part.get()),
                i128::from(account.settled.get()),
            ),
            false => Ok(Atoms::ZERO),
        }
    };
    let carried = share(invoice.carried()?)?.min(amount);
    let credit = share(invoice.credit_applied())?.min(amount.minus(carried)?);
    Ok((amount.minus(carried)?.minus(credit)?, carried, credit))
}

impl Work {
    /// Pays out what an invoice gives back, `returned` of its lines and what is owed of it, as far as
    /// one transaction goes, and returns the invoice as it then is.
    pub(crate) async fn pay_back(
        &self,
        subscription: Subscription,
        invoice: &Invoice,
        returned: &[Atoms],
    ) -> Result<Invoice, Error> {
        let owed = subscription.owed_of(invoice);
        let parts = [owed, invoice.parts(returned)].concat();
        let all = Atoms::sum(parts.iter().map(|part| part.amount_atom))?;
        let (own, carried, credit) = divided(invoice, all)?;
        let mut payout = Payout::default();
        let unpaid = self.repay(&mut payout, invoice, own).await?;
        let left = self.repay_elsewhere(&mut payout, &subscription, invoice, carried).await?;
        let full = payout.refunds.len() >= MOST_REFUNDS;
        payout.credit = if full { Atoms::ZERO } else { credit.plus(unpaid)?.plus(left)? };
        let paid = payout.refunded()?.plus(payout.credit)?;
        self.write_payout(subscription, invoice, (parts, paid), payout).await
    }

    async fn write_payout(
        &self,
        before: Subscription,
        invoice: &Invoice,
        (parts, paid): (Vec<ReturnedPart>, Atoms),
        payout: Payout,
    ) -> Result<Invoice, Error> {
        let mut tx = self.begin();
        let done = up_to(parts, paid)?;
        let owed = before.owed_of(invoice);
        let (old, new) = apart(&done, &owed)?;
        let own: Vec<&Repayment> =
            payout.refunds.iter().filter(|(_, of)| of.is_none()).map(|(one, _)| one).collect();
        let mut after = invoice.with_returned(&new)?;
        after = after.with_refund(Atoms::sum(own.iter().map(|one| one.amount))?)?;
        let mut rest = done;
        let mut refunds: Vec<Refund> = Vec::new();
        for (repayment, of) in &payout.refunds {
            if let Some(other) = of {
                tx.update(other, other.with_refund(repayment.amount)?);
            }
            let mine = up_to(rest.clone(), repayment.amount)?;
            rest = without(rest, &mine)?;
            let why = (None, Metadata::default());
            let refund = Refund::new(self.record(), repayment, mine, why).at_end_of(before.id());
            refunds.push(self.begin_refund(&mut tx, repayment, refund)?);
        }
        if payout.credit.is_positive() {
            let customer: Customer = self.find(invoice.customer_id()).await?;
            let mut credit = Credit::of_invoice(invoice, payout.credit, CreditReason::Issued);
            credit.description = Some("Given back at the end of its subscription".to_owned());
            after = after.with_credit_note(payout.credit)?;
            // What no refund is for.
            self.credit(&mut tx, &customer, credit.giving_back(&after, &rest)?)?;
        }
        tx.update(invoice, after);
        tx.update(&before, before.paid_out(&old, payout.refunded()?, payout.credit)?);
        self.commit(tx).await?;
        for refund in refunds {
            self.settle_refund(refund).await;
        }
        self.find(invoice.id()).await
    }

    /// Puts refunds of the invoice's own payments into the payout; what they do not reach is returned.
    async fn repay(
        &self,
        payout: &mut Payout,
        invoice: &Invoice,
        amount: Atoms,
    ) -> Result<Atoms, Error> {
        let mut left = amount;
        for intent in self.payments_of(invoice).await? {
            let part = left.min(intent.refundable());
            if payout.refunds.len() < MOST_REFUNDS && part.is_positive() {
                left = left.minus(part)?;
                payout.refunds.push((Repayment { intent, amount: part }, None));
            }
        }
        Ok(left)
    }

    /// Puts refunds of payments of the subscription's other invoices into the payout, as far as those
    /// are not for what their own lines can still give back; what they do not reach is returned.
    async fn repay_elsewhere(
        &self,
        payout: &mut Payout,
        subscription: &Subscription,
        invoice: &Invoice,
        amount: Atoms,
    ) -> Result<Atoms, Error> {
        let mut left = amount;
        if !left.is_positive() {
            return Ok(left);
        }
        for other in self.invoices_of(subscription).await? {
            if !left.is_positive() || payout.refunds.len() >= MOST_REFUNDS {
                break;
            }
            let mut spare = other.spare()?.min(left);
            if other.id() == invoice.id() || !spare.is_positive() {
                continue;
            }
            // One payment of each: an invoice is written once in a transaction.
            let intents = self.payments_of(&other).await?;
            let intent = intents.into_iter().find(|intent| intent.refundable().is_positive());
            let Some(intent) = intent else { continue };
            spare = spare.min(intent.refundable());
            left = left.minus(spare)?;
            payout.refunds.push((Repayment { intent, amount: spare }, Some(other)));
        }
        Ok(left)
    }

    async fn payments_of(&self, invoice: &Invoice) -> Result<Vec<PaymentIntent>, Error> {
        self.every(&PaymentIntent::of_invoice(invoice.id())).await
    }
}

impl Work {
    /// Of which invoices a processor did not give back what the end of a subscription asked it to. It is
    /// not asked again: a person may make that refund.
    pub(super) async fn refused_at_end(
        &self,
        subscription: &Subscription,
    ) -> Result<BTreeSet<InvoiceId>, Error> {
        let failed: Vec<Refund> = self.every(&failed_of(subscription.customer_id())).await?;
        let own = failed.iter().filter(|refund| refund.ends() == Some(subscription.id()));
        Ok(own.flat_map(Refund::invoices).cloned().collect())
    }
}

impl Subscription {
    /// The subscription after a refund of its end was not made.
    pub(crate) fn without_refund(&self, amount: Atoms) -> Result<Self, Overflow> {
        let mut after = self.clone();
        if let Some(ended) = &mut after.cancellation {
            let left = ended.refunded_amount_atom.minus(amount)?;
            ended.refunded_amount_atom = left.max(Atoms::ZERO);
        }
        Ok(after)
    }

    /// What credits gave back of an invoice and is still to be paid out.
    fn owed_of(&self, invoice: &Invoice) -> Vec<ReturnedPart> {
        let owed = self.ledger.ending.iter().flat_map(|ending| &ending.owed);
        owed.filter(|part| part.invoice_id == *invoice.id()).cloned().collect()
    }

    /// The subscription after a payout, by which the `old` parts are owed no longer.
    fn paid_out(
        &self,
        old: &[ReturnedPart],
        refunded: Atoms,
        credited: Atoms,
    ) -> Result<Self, Error> {
        let mut after = self.clone();
        if let Some(ending) = &mut after.ledger.ending {
            ending.owed = without(std::mem::take(&mut ending.owed), old)?;
        }
        after.cancellation = match after.cancellation {
            Some(ended) => Some(Ended {
                refunded_amount_atom: ended.refunded_amount_atom.plus(refunded)?,
                credited_amount_atom: ended.credited_amount_atom.plus(credited)?,
                ..ended
            }),
            None => None,
        };
        Ok(after)
    }
}

/// The first of `parts` that come to `amount`, the last of them cut.
fn up_to(parts: Vec<ReturnedPart>, amount: Atoms) -> Result<Vec<ReturnedPart>, Overflow> {
    let (mut left, mut taken) = (amount, Vec::new());
    for part in parts {
        let amount_atom = part.amount_atom.min(left);
        if amount_atom.is_positive() {
            left = left.minus(amount_atom)?;
            taken.push(ReturnedPart { amount_atom, ..part });
        }
    }
    Ok(taken)
}

/// What is left of `parts` without those `taken`.
fn without(
    parts: Vec<ReturnedPart>,
    taken: &[ReturnedPart],
) -> Result<Vec<ReturnedPart>, Overflow> {
    let mut taken = taken.to_vec();
    let mut left = Vec::new();
    for mut part in parts {
        for one in &mut taken {
            if !one.is_of_the_line_of(&part) {
                continue;
            }
            let amount = one.amount_atom.min(part.amount_atom);
            one.amount_atom = one.amount_atom.minus(amount)?;
            part.amount_atom = part.amount_atom.minus(amount)?;
        }
        if part.amount_atom.is_positive() {
            left.push(part);
        }
    }
    Ok(left)
}

/// Those parts that were `owed` before, and those that are new.
fn apart(
    parts: &[ReturnedPart],
    owed: &[ReturnedPart],
) -> Result<(Vec<ReturnedPart>, Vec<ReturnedPart>), Overflow> {
    let new = without(parts.to_vec(), owed)?;
    Ok((without(parts.to_vec(), &new)?, new))
}
