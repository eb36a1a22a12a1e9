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
        billing::ledger::fate,
        credit_note::{Credit, CreditReason},
        customer::Customer,
        invoice::{Invoice, ReturnedPart},
        payment_intent::PaymentIntent,
        refund::{Refund, Repayment, failed_of},
        subscription::{
            Subscription,
            ending::{Ended, Shares},
        },
    },
    work::Work,
};

/// How many payments are refunded in one transaction; what is more follows in the next.
const MOST_REFUNDS: usize = 4;

/// How an amount is paid out.
#[derive(Debug, Default)]
struct Payout {
    /// By refunds of payments of the invoice itself.
    own: Vec<Repayment>,
    /// By refunds of payments of other invoices.
    others: Vec<(Invoice, Vec<Repayment>)>,
    /// By a note on the credit balance.
    credit: Atoms,
    /// What is left for the next transaction.
    later: Option<Shares>,
}

impl Payout {
    fn repayments(&self) -> impl Iterator<Item = &Repayment> {
        self.own.iter().chain(self.others.iter().flat_map(|(_, repayments)| repayments))
    }

    fn refunded(&self) -> Result<Atoms, Overflow> {
        sum(self.repayments())
    }
}

/// What refunds come to.
fn sum<'a>(repayments: impl IntoIterator<Item = &'a Repayment>) -> Result<Atoms, Overflow> {
    Atoms::sum(repayments.into_iter().map(|one| one.amount))
}

/// The parts of `amount` that go back to the invoice's own payments, to those of other invoices, and
/// to the balance.
fn divided(invoice: &Invoice, amount: Atoms) -> Result<Shares, Overflow> {
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
    let own = amount.minus(carried)?.minus(credit)?;
    Ok(Shares { invoice_id: invoice.id().clone(), own, carried, credit })
}

/// Refunds of payments that come to `amount` at most, and no more than `room` of them; what they do not
/// reach, and whether other payments could take something of that.
fn refunds_of(
    intents: Vec<PaymentIntent>,
    amount: Atoms,
    room: usize,
) -> Result<(Vec<Repayment>, Atoms, bool), Overflow> {
    let (mut refunds, mut left) = (Vec::new(), amount);
    for intent in intents {
        let part = left.min(intent.refundable());
        if !part.is_positive() {
            continue;
        }
        if refunds.len() >= room {
            return Ok((refunds, left, true));
        }
        left = left.minus(part)?;
        refunds.push(Repayment { intent, amount: part });
    }
    Ok((refunds, left, false))
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
        let shares = divided(invoice, all)?;
        self.pay_shares(subscription, invoice, (parts, shares)).await
    }

    /// Pays out what was paid of the invoice of a change that did not happen, as far as one transaction
    /// goes: what notes gave back of it before was of what the balance had paid.
    pub(super) async fn pay_awaited_back(
        &self,
        subscription: Subscription,
        invoice: &Invoice,
    ) -> Result<Invoice, Error> {
        let all = invoice.returned_by_voiding()?;
        let parts = invoice.parts(&invoice.account()?.spread(all)?);
        let credit = invoice.credit_applied().minus(invoice.credited_back())?;
        let credit = credit.max(Atoms::ZERO).min(all);
        let (invoice_id, own) = (invoice.id().clone(), all.minus(credit)?);
        let shares = Shares { invoice_id, own, carried: Atoms::ZERO, credit };
        self.pay_shares(subscription, invoice, (parts, shares)).await
    }

    /// Pays out `parts` of an invoice's lines, by these shares; what is left of a payout that was begun,
    /// by what is left of its shares.
    async fn pay_shares(
        &self,
        subscription: Subscription,
        invoice: &Invoice,
        (parts, mut shares): (Vec<ReturnedPart>, Shares),
    ) -> Result<Invoice, Error> {
        let begun = subscription.ledger.ending.as_ref().and_then(|ending| ending.shares.as_ref());
        if let Some(begun) = begun.filter(|begun| begun.is_rest_of(&shares)) {
            shares = begun.clone();
        }
        let intents = self.payments_of(invoice).await?;
        let (own, unpaid, more) = refunds_of(intents, shares.own, MOST_REFUNDS)?;
        let room = MOST_REFUNDS.saturating_sub(own.len());
        let mut payout = Payout { own, credit: shares.credit, ..Payout::default() };
        let credit = Atoms::ZERO;
        if more {
            payout.later = Some(Shares { own: unpaid, credit, ..shares });
        } else {
            let carried = shares.carried;
            let (others, left, more) =
                self.repay_elsewhere(&subscription, invoice, carried, room).await?;
            payout.others = others;
            match more {
                true => {
                    let own = Atoms::ZERO;
                    payout.later = Some(Shares { own, carried: left, credit: unpaid, ..shares });
                }
                false => payout.credit = payout.credit.plus(unpaid)?.plus(left)?,
            }
        }
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
        let mut after = invoice.with_returned(&new)?.with_refund(sum(&payout.own)?)?;
        for (other, repayments) in &payout.others {
            tx.update(other, other.with_refund(sum(repayments)?)?);
        }
        let mut rest = done;
        let mut refunds: Vec<Refund> = Vec::new();
        for repayment in payout.repayments() {
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
        let (refunded, credited) = (payout.refunded()?, payout.credit);
        let paid_out = before.paid_out(&old, refunded, credited)?;
        tx.update(&before, paid_out.with_shares(payout.later));
        self.commit(tx).await?;
        for refund in refunds {
            self.settle_refund(refund).await;
        }
        self.find(invoice.id()).await
    }

    /// Refunds of payments of the subscription's other invoices, as far as those are not for what the end
    /// gives back of their own lines, no more than `room`; what they do not reach, and whether other
    /// payments could take something of that.
    async fn repay_elsewhere(
        &self,
        subscription: &Subscription,
        invoice: &Invoice,
        amount: Atoms,
        mut room: usize,
    ) -> Result<(Vec<(Invoice, Vec<Repayment>)>, Atoms, bool), Error> {
        let (mut found, mut left) = (Vec::new(), amount);
        if !left.is_positive() {
            return Ok((found, left, false));
        }
        for other in self.invoices_of(subscription).await? {
            let spare = subscription.spare_of(&other)?.min(left);
            if other.id() == invoice.id() || !spare.is_positive() {
                continue;
            }
            let (refunds, rest, more) = refunds_of(self.payments_of(&other).await?, spare, room)?;
            room = room.saturating_sub(refunds.len());
            left = left.minus(spare.minus(rest)?)?;
            if !refunds.is_empty() {
                found.push((other, refunds));
            }
            if more {
                return Ok((found, left, true));
            }
        }
        Ok((found, left, false))
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

    /// The subscription with what is left to be paid out of an invoice.
    fn with_shares(mut self, shares: Option<Shares>) -> Self {
        if let Some(ending) = &mut self.ledger.ending {
            ending.shares = shares;
        }
        self
    }

    /// What of the payments of an invoice is not for what its end gives back of that invoice's own lines.
    fn spare_of(&self, invoice: &Invoice) -> Result<Atoms, Overflow> {
        let own = match &self.ledger.ending {
            Some(ending) => {
                let given = fate(&invoice.account()?, ending.option, ending.at)?.amount()?;
                let owed = self.owed_of(invoice);
                given.plus(Atoms::sum(owed.iter().map(|part| part.amount_atom))?)?
            }
            None => invoice.account()?.all_returnable()?,
        };
        let left = invoice.money_kept()?.minus(divided(invoice, own)?.own)?;
        Ok(left.max(Atoms::ZERO))
    }

    /// What credits gave back of an invoice and is still to be paid out.
    fn owed_of(&self, invoice: &Invoice) -> Vec<ReturnedPart> {
        let owed = self.ledger.ending.iter().flat_map(|ending| &ending.owed);
        owed.filter(|part| part.invoice_id == *invoice.id()).cloned().collect()
    }

    /// The subscription after a payout, by which the `old` parts are owed no longer.
    pub(crate) fn paid_out(
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
