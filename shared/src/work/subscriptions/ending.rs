//! What a subscription leaves when it has ended, settled one invoice after another.
//!
//! The cancellation writes down what is still to be done; each step here is one transaction, and done
//! again it does nothing. So whoever dies on the way, the rest is due. And of a subscription with very
//! many invoices, some are settled at once, so that no request waits for all of them; the rest is due.
//!
//! 1. The invoice of a change that waited for its payment counts no longer; what was paid of it goes
//!    back to where it came from where the end gives money back, else to the balance.
//! 2. Drafts go; lines on them that were for the time before wait again. Where its time had come, those
//!    for periods that are over stay, and become final: a contract is billed to its end.
//! 3. Lines that wait are netted, against one another and against what is given back, and invoiced.
//! 4. Each invoice gives back what the ledger says, and what is open of it meets its fate.
//! 5. A redemption that never reduced a bill which was settled is given back.

mod net;

pub(super) use self::net::sum;
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, SubscriptionId},
        money::{Atoms, Overflow},
    },
    model::{
        billing::ledger::{Fate, RefundOption, fate},
        invoice::{BillingReason, Invoice, InvoiceState, of_subscription},
        subscription::{Subscription, books::Books, ending::Ending},
    },
    work::{Work, subscriptions::books::credited_by},
};

/// How many invoices are settled at once: some 200 round trips. What is more is due.
const AT_ONCE: usize = 20;

/// Whether everything of a step is done, or something has to be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Done,
    Waits,
}

impl Work {
    /// Settles what a cancelled subscription leaves, or as much of it as is done at once.
    pub(crate) async fn settle_end(&self, subscription: &Subscription) -> Result<(), Error> {
        let id = subscription.id();
        let Some(ending) = subscription.ledger.ending.clone() else { return Ok(()) };
        self.end_awaited(id, &ending).await?;
        let invoices = self.invoices_of(subscription).await?;
        let drafts: Vec<&Invoice> = invoices.iter().filter(|one| ends_with(one, &ending)).collect();
        for draft in drafts.iter().take(AT_ONCE) {
            self.end_draft(self.find(id).await?, draft, &invoices).await?;
        }
        if drafts.len() > AT_ONCE {
            return self.end_later(id, |before| before.taken_up(AT_ONCE)).await;
        }
        let last = self.end_waiting(self.find(id).await?, &ending, &invoices).await?;
        if let Some(invoice) = &last {
            self.settle_now(invoice).await;
        }
        if ending.option != RefundOption::None {
            let subscription: Subscription = self.find(id).await?;
            let invoices = self.invoices_of(&subscription).await?;
            // Of many invoices few are left to be settled: whoever takes this up again begins there.
            let mut left = unsettled(&subscription, invoices, &ending)?;
            if !left.is_empty() {
                // What a processor refused to give back is not left to be done.
                let refused = self.refused_at_end(&subscription).await?;
                left.retain(|one| is_open(one) || !refused.contains(one.id()));
            }
            for invoice in left.iter().take(AT_ONCE) {
                // As it is by now: another one may have given back what was paid for it.
                let invoice = self.find(invoice.id()).await?;
                if self.end_invoice(id, invoice, &ending).await? == Progress::Waits {
                    return self.end_later(id, |before| before.put_off(self.now())).await;
                }
            }
            if left.len() > AT_ONCE {
                return self.end_later(id, |before| before.taken_up(AT_ONCE)).await;
            }
        }
        self.end_settled(self.find(id).await?).await
    }

    /// The rest of an end is left for later.
    async fn end_later(
        &self,
        id: &SubscriptionId,
        left: impl FnOnce(&Subscription) -> Subscription,
    ) -> Result<(), Error> {
        let before: Subscription = self.find(id).await?;
        let mut tx = self.begin();
        tx.update(&before, left(&before));
        self.commit(tx).await
    }

    /// All invoices of a subscription, the newest first.
    pub(super) async fn invoices_of(
        &self,
        subscription: &Subscription,
    ) -> Result<Vec<Invoice>, Error> {
        self.every(&of_subscription(subscription.id())).await
    }

    /// The invoice of a change that waited for its payment counts no longer. What was paid of it goes
    /// back.
    async fn end_awaited(&self, id: &SubscriptionId, ending: &Ending) -> Result<(), Error> {
        let Some(awaited) = &ending.awaited else { return Ok(()) };
        let gives = matches!(ending.option, RefundOption::Full | RefundOption::Prorated);
        loop {
            let found: Option<Invoice> = self.look_for(awaited).await?;
            let Some(invoice) = found else { return Ok(()) };
            let invoice = self.settled_attempts(invoice).await?;
            let owed = invoice.state() == InvoiceState::Draft || invoice.state().is_collected();
            if !owed {
                return Ok(());
            }
            let before: Subscription = self.find(id).await?;
            let repays = gives
                && invoice.keeps_money()
                && invoice.returned_by_voiding()?.is_positive()
                && !self.refused_at_end(&before).await?.contains(invoice.id());
            if repays {
                self.pay_awaited_back(before, &invoice).await?;
                continue;
            }
            let mut tx = self.begin();
            let credited = self.drop_awaited(&mut tx, &invoice).await?;
            self.release_credits(&mut tx, &invoice).await?;
            tx.follow(&before, before.paid_out(&[], Atoms::ZERO, credited)?);
            return self.commit(tx).await;
        }
    }

    /// A draft goes. What it was to settle of the time before waits again.
    async fn end_draft(
        &self,
        before: Subscription,
        draft: &Invoice,
        invoices: &[Invoice],
    ) -> Result<(), Error> {
        let mut tx = self.begin();
        let after = before.without_draft(draft, invoices)?;
        tx.delete(draft);
        tx.follow(&before, after);
        self.commit(tx).await
    }

    /// The lines that wait, on a last invoice.
    async fn end_waiting(
        &self,
        before: Subscription,
        ending: &Ending,
        invoices: &[Invoice],
    ) -> Result<Option<InvoiceId>, Error> {
        if before.ledger.pending.is_empty() && !before.has_unbilled_usage() {
            return Ok(None);
        }
        let (mut after, draft) = self.with_last_usage(&before, ending).await?;
        let mut lines = [before.ledger.pending.as_slice(), draft.items()].concat();
        after.ledger.pending = Vec::new();
        self.credit_unused(&mut lines, ending)?;
        let mut books = Books::default();
        if matches!(ending.option, RefundOption::Full | RefundOption::Prorated) {
            let is_final = |one: &&Invoice| one.state() != InvoiceState::Draft;
            let all = invoices.iter().filter(is_final).cloned().collect();
            let giving = unsettled(&before, all, ending)?;
            books = self.books(giving.iter().map(Invoice::id), Vec::new()).await?;
            self.net(&mut lines, &mut books, ending)?;
            let owed = self.pay_out(&mut lines)?;
            if let Some(ending) = &mut after.ledger.ending {
                ending.owed.extend(owed);
            }
        }
        let forgiven = ending.option == RefundOption::CancelUnpaid && sum(&lines)?.is_positive();
        if forgiven {
            // Neither is charged what waits, nor is credited what was to be set against it.
            books = self.books(credited_by(&lines), Vec::new()).await?;
            books.release(&lines, Atoms::ZERO)?;
        }
        let mut tx = self.begin();
        let mut last = None;
        if forgiven {
            after.ledger.usage = Vec::new();
        } else {
            let invoice = draft.with_lines(lines)?;
            after.latest_invoice_id = Some(invoice.id().clone());
            tx.insert(&invoice);
            last = Some(invoice.id().clone()).filter(|_| !invoice.bills_usage());
        }
        books.write(&mut tx);
        tx.update(&before, after);
        self.commit(tx).await?;
        Ok(last)
    }

    /// What one invoice gives back, and what becomes of what is open of it.
    async fn end_invoice(
        &self,
        id: &SubscriptionId,
        mut invoice: Invoice,
        ending: &Ending,
    ) -> Result<Progress, Error> {
        loop {
            invoice = self.asked(invoice).await?;
            if invoice.open_attempt().is_some() {
                return Ok(Progress::Waits);
            }
            if matches!(invoice.state(), InvoiceState::Draft | InvoiceState::Void) {
                return Ok(Progress::Done);
            }
            let given = fate(&invoice.account()?, ending.option, ending.at)?;
            let subscription: Subscription = self.find(id).await?;
            let gives = given.amount()?.is_positive() || subscription.owes(invoice.id());
            if gives && !self.refused_at_end(&subscription).await?.contains(invoice.id()) {
                invoice = self.pay_back(subscription, &invoice, &given.returned).await?;
                continue;
            }
            self.end_open(&invoice, (&given.reduced, given.fate), ending.option).await?;
            return Ok(Progress::Done);
        }
    }

    async fn end_open(
        &self,
        invoice: &Invoice,
        (reduced, fate): (&[Atoms], Fate),
        option: RefundOption,
    ) -> Result<(), Error> {
        if !invoice.state().is_collected() {
            return Ok(());
        }
        let (mut tx, now) = (self.begin(), self.now());
        match fate {
            Fate::Kept => return Ok(()),
            Fate::Closed if invoice.keeps_money() => {
                tx.update(invoice, invoice.closed(now)?);
            }
            Fate::Closed => {
                self.give_back(&mut tx, invoice).await?;
                match option {
                    // What its credits gave back is given back of their own lines with the rest.
                    RefundOption::Full | RefundOption::Prorated => {
                        self.release_credits(&mut tx, invoice).await?;
                    }
                    RefundOption::None | RefundOption::CancelUnpaid => {
                        self.take_credits_back(&mut tx, invoice).await?;
                    }
                }
                tx.update(invoice, invoice.voided(now)?);
            }
            Fate::WrittenOff => {
                let nothing = vec![Atoms::ZERO; reduced.len()];
                let after = invoice.given_back(reduced, &nothing, now)?;
                let after = match after.state().is_collected() {
                    true => after.uncollectible(now)?,
                    false => after,
                };
                tx.update(invoice, after);
            }
        }
        self.commit(tx).await
    }

    /// Everything is settled.
    async fn end_settled(&self, before: Subscription) -> Result<(), Error> {
        if before.ledger.ending.is_none() {
            // Somebody else took it up, and has settled it.
            return Ok(());
        }
        let mut open = Vec::new();
        if before.has_unearned() {
            open = self.invoices_of(&before).await?;
            open.retain(|one| is_open(one) || one.state() == InvoiceState::Draft);
        }
        let (mut after, returned) = before.without_unearned(&open);
        after.ledger.ending = None;
        let mut tx = self.begin();
        self.redemptions_undone(&mut tx, &returned).await?;
        tx.update(&before, after);
        self.commit(tx).await
    }
}

/// Whether an invoice is a draft of which something becomes at an end.
fn ends_with(invoice: &Invoice, ending: &Ending) -> bool {
    // A last invoice that bills usage stays a draft for a while.
    let is_last =
        invoice.bills_usage() && invoice.billing_reason() == BillingReason::SubscriptionUpdate;
    let becomes_final = ending.in_time && invoice.bills_what_is_over(ending.at);
    invoice.state() == InvoiceState::Draft && !is_last && !becomes_final
}

/// Whether something is still to be paid of an invoice, or is being paid.
fn is_open(invoice: &Invoice) -> bool {
    invoice.open_attempt().is_some() || invoice.state().is_collected()
}

/// Those of a subscription's invoices that give something back, are owed something of or are open.
fn unsettled(
    subscription: &Subscription,
    invoices: Vec<Invoice>,
    ending: &Ending,
) -> Result<Vec<Invoice>, Overflow> {
    let mut left = Vec::new();
    for invoice in invoices {
        let gives = fate(&invoice.account()?, ending.option, ending.at)?.amount()?.is_positive();
        if is_open(&invoice) || gives || subscription.owes(invoice.id()) {
            left.push(invoice);
        }
    }
    Ok(left)
}
