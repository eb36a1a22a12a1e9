//! The page of a session: shown, and what comes of a payer's form.

use crate::{
    base::error::Error,
    model::{
        account::Account,
        checkout::{CheckoutSession, CheckoutState, obstacle::Obstacle},
        hosted::{Bank, Hosted, HostedPage, PaymentForm, in_a_header, origin},
        payment_intent::PaymentIntentState,
        words::Locale,
    },
    work::Work,
};

impl Work {
    /// The page of a session, as it is.
    pub async fn checkout_page(
        &self,
        session: CheckoutSession,
        locale: Locale,
    ) -> Result<Hosted, Error> {
        self.drawn(&session, locale, (None, &PaymentForm::default())).await
    }

    /// What comes of the form that a payer has sent: completed, the payer goes on to the seller;
    /// otherwise the page says why, and keeps what was typed in.
    pub async fn pay_on_page(
        &self,
        session: CheckoutSession,
        form: PaymentForm,
        locale: Locale,
    ) -> Result<Hosted, Error> {
        if let Some(bank @ (Bank::Confirms | Bank::Refuses)) = form.bank()
            && let Some(intent) = self.open_intent(&session).await?
        {
            self.at_test_bank(&intent, bank == Bank::Confirms).await?;
        }
        let known = session.customer_email.is_some();
        let id = session.id().clone();
        let completed = match form.completion(known) {
            Ok(completion) => {
                self.complete_checkout_session(session, completion, true).await.map(|_| ())
            }
            Err(error) => Err(error),
        };
        let problem = match completed {
            Ok(()) => None,
            // The log is told of these, and the payer that it is our fault.
            Err(error @ (Error::Internal(_) | Error::Busy(_))) => return Err(error),
            Err(error) => Some(Obstacle::of(&error)),
        };
        // As it is now: somebody else may have completed it.
        let session: CheckoutSession = self.find(&id).await?;
        let to = in_a_header(&session.success_url);
        match (session.state(), to) {
            (CheckoutState::Completed, Some(to)) => Ok(Hosted::Redirect(to)),
            _ => self.drawn(&session, locale, (problem, &form)).await,
        }
    }

    async fn drawn(
        &self,
        session: &CheckoutSession,
        locale: Locale,
        (problem, form): (Option<Obstacle>, &PaymentForm),
    ) -> Result<Hosted, Error> {
        let shown = self.public_checkout_session(session, locale).await?;
        let account: Account = self.own_account().await?;
        let open = self.open_intent(session).await?.map(|intent| intent.state());
        let pending =
            matches!(open, Some(PaymentIntentState::Processing | PaymentIntentState::Unknown));
        let leads_to = origin(&session.success_url);
        let page = HostedPage::new(&shown, account.timezone(), (problem, form), pending, leads_to)?;
        Ok(Hosted::Page(page))
    }
}
