//! What a customer does on the portal. Each act is a flow of the API, and is told by the page's address
//! (`Hosted::Again`): whoever loads that page anew does nothing anew.

use serde_json::json;

use super::is_open;
use futures_util::FutureExt;

use crate::{
    base::{
        error::Error,
        id::{InvoiceId, PaymentMethodId, SubscriptionId},
    },
    model::{
        account::Account,
        checkout::{CheckoutMode, CheckoutSession, NewCheckoutSession, obstacle::Obstacle},
        customer::{Customer, CustomerPatch},
        hosted::{Hosted, Looked, in_a_header},
        invoice::{Invoice, InvoiceState, Payment},
        payment_intent::PaymentIntent,
        payment_method::PaymentMethod,
        portal::{Act, PortalForm, PortalSession, Shown, Told, Wish, closed},
        subscription::cancel::ScheduledCancellation,
        typed::read,
    },
    store::back_off,
    work::{Work, invoices::collect::Patience},
};

/// How often an act is done again that met another change.
const RUNS: u32 = 4;

impl Work {
    /// What comes of the form that a customer has sent.
    pub async fn act_on_portal(
        &self,
        session: PortalSession,
        form: &PortalForm,
        looked: Looked,
        origin: Option<String>,
    ) -> Result<Hosted, Error> {
        let account: Account = self.own_account().await?;
        if !is_open(&session) {
            return Ok(Hosted::Page(closed(&session, &account, looked.locale)?));
        }
        let mut run = 0;
        loop {
            let customer: Customer = self.find(session.customer_id()).await?;
            let (_, _, tax_ids, _) = customer.as_a_party();
            let done = match form.act(customer.address_part("country"), tax_ids) {
                Ok(Act::Add) => return self.add_method(&session, origin).await,
                Ok(Act::Look(wish)) => {
                    match self.looked_at(&account, &customer, wish).boxed_local().await {
                        Ok(shown) => {
                            let of = (&account, &customer);
                            return self.portal_shown(&session, of, &looked, shown).await;
                        }
                        Err(error) => Err(error),
                    }
                }
                // Each is a flow of its own, and together they are nested deeper than the compiler likes.
                Ok(act) => self.done(&account, &customer, act).boxed_local().await,
                Err(error) => Err(error),
            };
            return match done {
                Ok(told) => Ok(Hosted::Again(Some(told.word()))),
                // Something else has changed what this changes: it is done on what is there now.
                Err(Error::Stale) if run < RUNS => {
                    back_off(run).await;
                    run += 1;
                    continue;
                }
                // What was typed in is kept beside what is said of it: nothing was done.
                Err(Error::Faulty(_)) if form.is_typed() => {
                    let told = Some(Told::Wrong);
                    let shown = Shown { told, sent: Some(form), ..Shown::default() };
                    self.portal_shown(&session, (&account, &customer), &looked, shown).await
                }
                Err(Error::Faulty(_) | Error::Conflict(_) | Error::Stale | Error::Contended) => {
                    Ok(Hosted::Again(Some(Told::NotNow.word())))
                }
                Err(error) => Err(error),
            };
        }
    }

    /// What a change would come to. One that is none shows the page as it is.
    async fn looked_at(
        &self,
        account: &Account,
        customer: &Customer,
        wish: Wish,
    ) -> Result<Shown<'static>, Error> {
        let subscription = self.customers_own(customer, &wish.subscription).await?;
        let costs = self.worked_out(account, &subscription, &wish).await?;
        Ok(Shown { asked: costs.map(|costs| (wish, costs)), ..Shown::default() })
    }

    async fn done(&self, account: &Account, customer: &Customer, act: Act) -> Result<Told, Error> {
        match act {
            Act::Pay(invoice, method) => self.pay_as(customer, &invoice, method).await,
            Act::AtBank(invoice, confirms) => self.at_bank_as(customer, &invoice, confirms).await,
            Act::MakeDefault(method) => self.charge_from_now_on(customer, &method).await,
            Act::Remove(method) => {
                let method = self.method_of(customer, &method).await?;
                self.remove_payment_method(customer.clone(), method).await?;
                Ok(Told::Removed)
            }
            Act::Cancel(subscription, cancels) => {
                self.end_or_keep(customer, &subscription, cancels).await
            }
            Act::Change(patch) => self.change(customer, *patch).await,
            Act::Subscribe(wish) => self.change_plan_as(account, customer, &wish).await,
            Act::Undo(subscription) => self.undo_as(account, customer, &subscription).await,
            Act::Pause(subscription, pauses) => {
                self.pause_or_go_on(account, customer, (&subscription, pauses)).await
            }
            Act::Add | Act::Look(_) => Err(Error::Internal("done before".to_owned())),
        }
    }

    async fn change(&self, customer: &Customer, patch: CustomerPatch) -> Result<Told, Error> {
        let (tx, _) = self.begin_customer_update(customer, patch).await?;
        self.commit(tx).await?;
        Ok(Told::Saved)
    }

    async fn end_or_keep(
        &self,
        customer: &Customer,
        id: &SubscriptionId,
        cancels: bool,
    ) -> Result<Told, Error> {
        let subscription = self.customers_own(customer, id).await?;
        if subscription.ends_at().is_some() == cancels && !subscription.has_ended() {
            // It is so already: the form was sent twice.
            return Ok(if cancels { Told::Cancelled } else { Told::Kept });
        }
        let request = ScheduledCancellation::at_period_end(cancels);
        self.schedule_cancellation(subscription, request).await?;
        Ok(if cancels { Told::Cancelled } else { Told::Kept })
    }

    async fn method_of(
        &self,
        customer: &Customer,
        id: &PaymentMethodId,
    ) -> Result<PaymentMethod, Error> {
        let method: PaymentMethod = self.find(id).await?;
        let own = method.customer_id() == customer.id() && method.is_kept();
        if own { Ok(method) } else { Err(Error::NotFound) }
    }

    /// Has a card charged for everything: for what has a card of its own too, which was the one it was
    /// bought with. The customer's own comes last, so that whoever dies before is asked again.
    async fn charge_from_now_on(
        &self,
        customer: &Customer,
        id: &PaymentMethodId,
    ) -> Result<Told, Error> {
        let method = self.method_of(customer, id).await?;
        for subscription in self.subscriptions_of(customer).await? {
            let other =
                subscription.default_payment_method_id().is_some_and(|own| own != method.id());
            if other && !subscription.has_ended() {
                let body = json!({
                    "default_payment_method_id": method.id(), "processor_id": method.processor_id(),
                });
                self.update_subscription(subscription, read("subscription", &body)?).await?;
            }
        }
        let patch = read("customer", &json!({"default_payment_method_id": method.id()}))?;
        self.change(customer, patch).await
    }

    /// Pays what is due of an invoice.
    async fn pay_as(
        &self,
        customer: &Customer,
        id: &InvoiceId,
        method: PaymentMethodId,
    ) -> Result<Told, Error> {
        let invoice = self.invoice_of_customer(id, customer).await?;
        self.method_of(customer, &method).await?;
        let payment =
            Payment { payment_method_id: Some(method), amount_atom: None, paid_out_of_band: None };
        let paid = self.pay_invoice(invoice, payment).await.map(|_| ());
        self.paid(id, paid).await
    }

    /// What a payment came to: the invoice says it, whoever was faster.
    async fn paid(&self, id: &InvoiceId, paid: Result<(), Error>) -> Result<Told, Error> {
        let invoice: Invoice = self.find(id).await?;
        let obstacle = match paid {
            _ if invoice.state() == InvoiceState::Paid => return Ok(Told::Paid),
            Ok(()) => Obstacle::Pending,
            Err(error @ (Error::Internal(_) | Error::Busy(_))) => return Err(error),
            Err(error) => Obstacle::of(&error),
        };
        Ok(match obstacle {
            // Its bank would have to be asked with the customer there, and no payment waits for that.
            Obstacle::Confirm if invoice.open_attempt().is_none() => Told::Not(Obstacle::Declined),
            // It cannot be paid as it is now, or the card is gone.
            Obstacle::Expired | Obstacle::WrongDetails => Told::NotNow,
            obstacle => Told::Not(obstacle),
        })
    }

    /// What is done at the test processor's bank, and what came of it.
    async fn at_bank_as(
        &self,
        customer: &Customer,
        id: &InvoiceId,
        confirms: bool,
    ) -> Result<Told, Error> {
        let invoice = self.invoice_of_customer(id, customer).await?;
        let Some(intent) = invoice.open_attempt() else { return self.paid(id, Ok(())).await };
        let intent: PaymentIntent = self.find(intent).await?;
        self.at_test_bank(&intent, confirms).await?;
        self.heard(invoice, Patience::Waits).await?;
        let intent: PaymentIntent = self.find(intent.id()).await?;
        let failed = Error::not_now("payment", "card_declined", "was not confirmed");
        let told = if intent.failure().is_some() { Err(failed) } else { Ok(()) };
        self.paid(id, told).await
    }

    /// Leads to the page on which a card is added: that of a checkout session which sells nothing.
    async fn add_method(
        &self,
        session: &PortalSession,
        origin: Option<String>,
    ) -> Result<Hosted, Error> {
        let body = json!({
            "mode": CheckoutMode::Setup, "customer_id": session.customer_id(),
            "success_url": session.return_url(), "return_url": session.return_url(),
            "expires_in_hours": 1,
        });
        let new: NewCheckoutSession = read("checkout session", &body)?;
        let setup: CheckoutSession = self.new_checkout_session(new).await?.hosted_at(origin);
        let to = setup.url.as_ref().and_then(in_a_header);
        let to =
            to.ok_or_else(|| Error::Internal("nobody knows where this deployment is".to_owned()))?;
        let mut tx = self.begin();
        tx.insert(&setup);
        self.commit(tx).await?;
        Ok(Hosted::Redirect(to))
    }
}
