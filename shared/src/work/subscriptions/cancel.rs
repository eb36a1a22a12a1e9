//! Cancellation: what ends now, what is given back, what is voided.

use crate::work::subscriptions::renew::Bill;
use crate::{
    base::{
        error::Error, id::InvoiceId, metadata::Metadata, page::PageRequest, telemetry::log_failure,
        time::Timestamp,
    },
    model::{
        billing::proration::Fraction,
        invoice::{BillingReason, Invoice, InvoiceState, of_subscription},
        payment_intent::PaymentIntent,
        refund::{Refund, Repayment},
        subscription::{
            Subscription,
            cancel::{Cancellation, RefundOption, ScheduledCancellation},
        },
    },
    store::{Page, Tx},
    work::{Work, answer::Reply},
};

impl Work {
    /// A scheduled cancellation is due.
    pub(super) async fn end_subscription(
        &self,
        subscription: &Subscription,
        at: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.begin();
        self.write_end(&mut tx, subscription, subscription.ended(at))?;
        self.commit(tx).await
    }

    /// Ends a subscription; the lines that waited for its next renewal are billed now.
    fn write_end(
        &self,
        tx: &mut Tx,
        before: &Subscription,
        mut after: Subscription,
    ) -> Result<(Subscription, Option<InvoiceId>), Error> {
        let pending = before.ledger.pending.clone();
        if pending.is_empty() {
            return Ok((tx.update(before, after), None));
        }
        let bill = Bill {
            reason: BillingReason::SubscriptionUpdate,
            index: None,
            period: before.current_period(),
            from: None,
            finalize_at: self.now(),
        };
        let invoice = self.draft(before, bill, pending)?;
        after.latest_invoice_id = Some(invoice.id().clone());
        tx.insert(&invoice);
        Ok((tx.update(before, after), Some(invoice.id().clone())))
    }

    /// What is given back of what was paid for the current period.
    async fn repayments(
        &self,
        subscription: &Subscription,
        option: RefundOption,
    ) -> Result<Vec<Repaid>, Error> {
        let prorated = match option {
            RefundOption::None | RefundOption::CancelUnpaid => return Ok(Vec::new()),
            RefundOption::Full => false,
            RefundOption::Prorated => true,
        };
        let since = subscription.current_period_start;
        let mut repaid = Vec::new();
        for invoice in self.invoices_of(subscription).await? {
            let of_period = invoice.period_start().is_some_and(|start| start >= since);
            if !of_period || !invoice.paid().is_positive() {
                continue;
            }
            let of_invoice = PaymentIntent::of_invoice(invoice.id());
            let payments: Page<PaymentIntent> =
                self.page(&of_invoice, PageRequest::first(100)).await?;
            let (mut returnable, mut repayments) = (invoice.returnable(), Vec::new());
            for intent in payments.items {
                let left = intent.refundable().min(returnable);
                // Of what the invoice bills, which for a change is the rest of the period it was made in.
                let amount = match invoice.period().filter(|_| prorated) {
                    Some(period) => {
                        Fraction::remaining(period, self.now()).debit(intent.amount())?.min(left)
                    }
                    None => left,
                };
                if amount.is_positive() {
                    returnable = returnable.minus(amount)?;
                    repayments.push(Repayment { intent, amount });
                }
            }
            if !repayments.is_empty() {
                repaid.push(Repaid { invoice, payments: repayments });
            }
        }
        if repaid.iter().map(|one| one.payments.len()).sum::<usize>() > MOST_REFUNDS {
            let hint = format!(
                "cannot refund more than {MOST_REFUNDS} payments at once; refund some of them first"
            );
            return Err(Error::rule("cancellation", "refund_option", "too_many_payments", &hint));
        }
        Ok(repaid)
    }

    /// The newest hundred invoices of a subscription.
    async fn invoices_of(&self, subscription: &Subscription) -> Result<Vec<Invoice>, Error> {
        let list = of_subscription(subscription.id());
        let page: Page<Invoice> = self.page(&list, PageRequest::first(100)).await?;
        Ok(page.items)
    }

    /// Voids what a cancelled subscription still owes, one invoice after another; drafts go.
    pub(super) async fn void_unpaid(&self, subscription: Subscription) -> Result<(), Error> {
        for invoice in self.invoices_of(&subscription).await? {
            match invoice.state() {
                InvoiceState::Draft => {
                    let mut tx = self.begin();
                    tx.delete(&invoice);
                    self.commit(tx).await?;
                }
                InvoiceState::Open | InvoiceState::PastDue if !invoice.paid().is_positive() => {
                    self.void_one(&invoice).await?;
                }
                InvoiceState::Open
                | InvoiceState::PastDue
                | InvoiceState::PartiallyPaid
                | InvoiceState::Paid
                | InvoiceState::Void
                | InvoiceState::Uncollectible => {}
            }
        }
        let before: Subscription = self.find(subscription.id()).await?;
        let mut after = before.clone();
        after.ledger.voids_unpaid = false;
        let mut tx = self.begin();
        tx.update(&before, after);
        self.commit(tx).await
    }

    async fn void_one(&self, invoice: &Invoice) -> Result<(), Error> {
        if invoice.open_attempt().is_some() {
            // Its outcome first: when it is known, this is due again.
            return Err(Error::Busy(format!("{} has an open payment attempt", invoice.id())));
        }
        let mut tx = self.begin();
        self.give_back(&mut tx, invoice).await?;
        tx.update(invoice, invoice.voided(self.now())?);
        self.commit(tx).await
    }
}

impl Work {
    /// Cancels a subscription now.
    pub async fn cancel_subscription(
        &self,
        subscription: Subscription,
        request: Cancellation,
    ) -> Reply<Subscription> {
        let option = request.refund_option.unwrap_or(RefundOption::None);
        let mut after = subscription.cancelled(self.now())?;
        after.change_reason = request.reason.map(|reason| reason.as_str().to_owned());
        after.ledger.voids_unpaid = option == RefundOption::CancelUnpaid;
        let repaid = self.repayments(&subscription, option).await?;
        let mut tx = self.begin_asked();
        let (after, invoice) = self.write_end(&mut tx, &subscription, after)?;
        let mut refunds = Vec::new();
        for Repaid { invoice, payments } in &repaid {
            let why = (None, Metadata::default());
            refunds.extend(self.reserve_refunds(&mut tx, Some(invoice), payments, why)?);
        }
        if let Some(earlier) = self.commit_first(tx, &after).await? {
            return Ok(earlier);
        }
        self.finish_cancellation(&after, refunds).await;
        self.settled_subscription(after, invoice.as_ref()).await
    }

    /// Schedules a cancellation, or takes it back.
    pub async fn schedule_cancellation(
        &self,
        subscription: Subscription,
        request: ScheduledCancellation,
    ) -> Reply<Subscription> {
        let mut tx = self.begin_asked();
        let after = subscription.scheduled_to_end(&request, self.now())?.with_contract_end()?;
        let after = tx.update(&subscription, after);
        self.commit_and_answer(tx, after).await
    }
}

impl Work {
    /// Does what a cancellation has promised. What cannot be done now is due.
    async fn finish_cancellation(&self, subscription: &Subscription, refunds: Vec<Refund>) {
        for refund in refunds {
            self.settle_refund(refund).await;
        }
        if !subscription.ledger.voids_unpaid {
            return;
        }
        if let Err(error) = self.void_unpaid(subscription.clone()).await {
            log_failure("unpaid invoices are voided later", &format!("{error:?}"));
        }
    }
}

/// How many payments of one period a cancellation refunds: what fits into its transaction.
const MOST_REFUNDS: usize = 5;

/// What a cancellation gives back of one invoice.
struct Repaid {
    invoice: Invoice,
    payments: Vec<Repayment>,
}
