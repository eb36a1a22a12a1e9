//! What somebody decides about an invoice: to pay it now, to record that it was paid elsewhere, to
//! void it, to write it off.

use super::{Invoice, InvoiceState, collect::Settled};
use crate::{
    credit_note::{Credit, CreditReason},
    customer::Customer,
    error::Error,
    http::{Context, First, Reply},
    id::{InvoiceId, PaymentIntentId, PaymentMethodId},
    input::input,
    money::Atoms,
    payment_intent::{PaymentIntent, PaymentIntentState},
    payment_method::PaymentMethod,
    store::{Tx, back_off},
    time::Timestamp,
};

input! {
    /// How an invoice is paid.
    pub struct Payment {
        /// What is charged; when left out, what would be charged automatically.
        payment_method_id: Option<PaymentMethodId>,
        /// How much is paid; everything that is due, when left out.
        amount_atom: Option<Atoms>,
        /// Records a payment that no processor made: cash, a bank transfer.
        paid_out_of_band: Option<bool>,
    }
    example {"paid_out_of_band": true}
}

/// How often an outcome is written when others come between.
const WRITES: u32 = 16;
/// How often an open attempt is asked about before the client is told to wait.
const QUESTIONS: u32 = 3;

impl Invoice {
    /// How much of it a payment pays.
    fn payable(&self, amount: Option<Atoms>) -> Result<Atoms, Error> {
        if !self.state.is_payable() {
            self.moved(InvoiceState::Paid, "paid")?;
        }
        let amount = amount.unwrap_or(self.due_amount_atom);
        let hint = if !amount.is_positive() {
            "must be more than 0".to_owned()
        } else if amount > self.due_amount_atom {
            format!("is more than the {} that are due", self.due_amount_atom.get())
        } else {
            return Ok(amount);
        };
        Err(Error::rule("payment", "amount_atom", "out_of_range", &hint))
    }

    fn without_open_attempt(&self) -> Result<(), Error> {
        match self.open_attempt() {
            None => Ok(()),
            Some(_) => {
                let hint = "has a payment whose outcome the processor has not told yet; try again in a \
                            minute";
                Err(Error::not_now("invoice", "payment_pending", hint))
            }
        }
    }

    /// The invoice, void.
    pub fn voided(&self, now: Timestamp) -> Result<Self, Error> {
        let mut invoice = self.moved(InvoiceState::Void, "voided")?;
        self.without_open_attempt()?;
        if self.keeps_money() {
            let hint = "has payments and cannot be voided; refund them, or mark it uncollectible";
            return Err(Error::not_now("invoice", "illegal_state", hint));
        }
        invoice.voided_at = Some(now);
        Ok(invoice.given_up().totalled()?)
    }

    /// The invoice, written off.
    pub fn uncollectible(&self, now: Timestamp) -> Result<Self, Error> {
        let mut invoice = self.moved(InvoiceState::Uncollectible, "marked uncollectible")?;
        self.without_open_attempt()?;
        invoice.marked_uncollectible_at = Some(now);
        Ok(invoice.given_up())
    }
}

impl Context {
    /// Finalizes a draft, and takes its money at once where it is charged automatically.
    pub async fn finalize_invoice(&self, draft: Invoice) -> Reply<Invoice> {
        let mut tx = self.begin();
        let invoice = self.work().finalization(&mut tx, &draft).await?;
        if let Some(earlier) = self.commit_first(tx, &invoice).await? {
            return Ok(earlier);
        }
        // It is final; whatever comes of the collection, this request has happened.
        let collected = self.work().collect(invoice.id()).await;
        self.conclude(&collected.unwrap_or(invoice)).await
    }

    /// Pays an invoice, wholly or in part.
    pub async fn pay_invoice(&self, invoice: Invoice, payment: Payment) -> Reply<Invoice> {
        if let Some(first) = self.earlier_payment().await? {
            return self.paid_before(first).await;
        }
        let invoice = self.without_open_attempt(invoice).await?;
        let amount = invoice.payable(payment.amount_atom)?;
        if payment.paid_out_of_band == Some(true) {
            if payment.payment_method_id.is_some() {
                let hint = "cannot be combined with paid_out_of_band";
                return Err(Error::rule("payment", "payment_method_id", "not_combinable", hint));
            }
            let mut tx = self.begin();
            let mut paid = invoice.received(amount, self.now())?;
            paid.paid_out_of_band = true;
            let invoice = tx.update(&invoice, paid);
            self.work().followed(&mut tx, &invoice).await?;
            return self.commit(tx, invoice).await;
        }
        // What a client demands of the version is checked before any money moves.
        self.begin().guards(&invoice)?;
        let method = self.method_for(&invoice, payment.payment_method_id.as_ref()).await?;
        let (tx, attempt) = self.work().attempt(&invoice, method, amount).await?;
        let intent = attempt.id().clone();
        if let Some(first) = self.commit_attempt(tx, &intent).await? {
            return self.paid_before(first).await;
        }
        let settled = self.work().charged(attempt).await?;
        self.written(invoice.id(), &intent, Some(settled)).await
    }

    /// The answer to a payment that was asked for before: the same, or what became of it.
    async fn paid_before(&self, first: First) -> Reply<Invoice> {
        let intent: PaymentIntent = match first {
            First::Answer(answer) => return Ok(answer.retyped()),
            First::Payment(id) => self.find(&id).await?,
        };
        let invoice = intent.invoice_id().ok_or(Error::NotFound)?;
        self.written(invoice, intent.id(), None).await
    }

    /// Writes what became of a payment that somebody waits for, whoever else writes it, and answers.
    /// The attempt is written: nothing from here on may run the request again.
    async fn written(
        &self,
        id: &InvoiceId,
        intent: &PaymentIntentId,
        mut settled: Option<Settled>,
    ) -> Reply<Invoice> {
        for attempt in 0..WRITES {
            let Settled { tx, invoice, intent, .. } = match settled.take() {
                Some(settled) => settled,
                None => {
                    let invoice: Invoice = self.find(id).await?;
                    if invoice.open_attempt() != Some(intent) {
                        return self.answer_to(&invoice, &self.find(intent).await?).await;
                    }
                    self.work().resolved(invoice, intent).await?
                }
            };
            match self.work().commit(tx).await {
                Ok(()) => return self.answer_to(&invoice, &intent).await,
                Err(Error::Stale | Error::Contended) => back_off(attempt.min(4)).await,
                Err(error) => return Err(error),
            }
        }
        self.answer_to(&self.find(id).await?, &self.find(intent).await?).await
    }

    /// What is said of a payment.
    async fn answer_to(&self, invoice: &Invoice, intent: &PaymentIntent) -> Reply<Invoice> {
        let (code, hint) = match (intent.state(), intent.failure(), intent.next_action_url()) {
            (PaymentIntentState::Succeeded, ..) => return self.conclude(invoice).await,
            (PaymentIntentState::Failed, Some(failure), _) => {
                (failure.code.as_str(), format!("was declined: {}", failure.message))
            }
            (PaymentIntentState::RequiresAction, _, Some(url)) => {
                let hint = format!("needs the customer's confirmation at {url}");
                ("authentication_required", hint)
            }
            _ => {
                let hint = "has not been answered by the processor in time; the invoice shows its \
                            outcome once it is known";
                ("payment_pending", hint.to_owned())
            }
        };
        Err(Error::not_now("payment", code, &hint))
    }

    async fn method_for(
        &self,
        invoice: &Invoice,
        named: Option<&PaymentMethodId>,
    ) -> Result<PaymentMethod, Error> {
        let at = "payment_method_id";
        let none = || {
            let hint = "is needed: the customer has no payment method that can be charged";
            Error::rule("payment", at, "no_payment_method", hint)
        };
        let Some(id) = named else {
            return self.work().next_method(invoice, None).await?.ok_or_else(none);
        };
        let found = match self.find::<PaymentMethod>(id).await {
            Ok(method) if method.customer_id() == invoice.customer_id() => Some(method),
            Ok(_) | Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        found.ok_or_else(|| {
            let hint = "names a payment method that the invoice's customer does not have";
            Error::rule("payment", at, "no_such_object", hint)
        })
    }

    /// The invoice once no attempt is open: what became of one that is, is asked for.
    async fn without_open_attempt(&self, mut invoice: Invoice) -> Result<Invoice, Error> {
        for attempt in 0..QUESTIONS {
            let Some(intent) = invoice.open_attempt().cloned() else { return Ok(invoice) };
            let id = invoice.id().clone();
            let settled = self.work().resolved(invoice, &intent).await?;
            match self.work().commit(settled.tx).await {
                Ok(()) => {}
                Err(Error::Stale) => back_off(attempt).await,
                Err(error) => return Err(error),
            }
            invoice = self.find(&id).await?;
        }
        invoice.without_open_attempt().map(|()| invoice)
    }

    /// Voids an invoice; what the customer's credit paid of it is given back.
    pub async fn void_invoice(&self, invoice: Invoice) -> Reply<Invoice> {
        let before = self.without_open_attempt(invoice).await?;
        let mut tx = self.begin();
        let void = before.voided(self.now())?;
        self.work().give_back(&mut tx, &before).await?;
        self.work().release_credits(&mut tx, &before).await?;
        let invoice = tx.update(&before, void);
        self.work().followed(&mut tx, &invoice).await?;
        self.commit(tx, invoice).await
    }

    /// Writes an invoice off. It can still be paid.
    pub async fn write_off_invoice(&self, invoice: Invoice) -> Reply<Invoice> {
        let before = self.without_open_attempt(invoice).await?;
        let mut tx = self.begin();
        let invoice = tx.update(&before, before.uncollectible(self.now())?);
        self.work().followed(&mut tx, &invoice).await?;
        self.commit(tx, invoice).await
    }
}

impl crate::work::Work {
    /// Puts into `tx` the return of the credit that an invoice used.
    pub(crate) async fn give_back(&self, tx: &mut Tx, invoice: &Invoice) -> Result<(), Error> {
        let amount = invoice.returned_by_voiding()?;
        if amount.is_zero() {
            return Ok(());
        }
        let customer: Customer = self.find(invoice.customer_id()).await?;
        let credit = Credit::of_invoice(invoice, amount, CreditReason::Returned);
        self.credit(tx, &customer, credit).map(|_| ())
    }
}
