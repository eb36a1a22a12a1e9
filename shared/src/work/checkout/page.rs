//! The page of a session: shown, and what comes of a payer's form.
//!
//! What a form did is told by the page's address (`Hosted::Again`), where it is read: whoever loads that
//! page anew presents no card anew. Only what did nothing is answered as it was sent.

use crate::{
    base::{error::Error, id::Environment, page::PageRequest, telemetry::log_delay},
    model::{
        account::Account,
        checkout::{
            CheckoutSession, CheckoutState, PublicCheckoutSession, obstacle::Obstacle,
            public::OfferedMethod,
        },
        coupon::Refusal,
        customer::Customer,
        entity::Entity,
        hosted::{
            Bank, Business, Hosted, HostedPage, Looked, Occasion, PaymentForm, in_a_header, origin,
        },
        list::List,
        payment_intent::PaymentIntentState,
        processor::{Processor, ProcessorType},
        promotion_code::Code,
        words::Locale,
    },
    store::Page,
    work::Work,
};

/// How many of an account's processors are looked at for one whose cards the page can take.
const LOOKED_AT: usize = 100;

impl Work {
    /// The page of a session, as it is.
    pub async fn checkout_page(
        &self,
        session: CheckoutSession,
        looked: Looked,
    ) -> Result<Hosted, Error> {
        let problem = looked.said.as_deref().and_then(Obstacle::named);
        self.drawn(&session, looked.locale, Occasion { problem, ..Occasion::default() }).await
    }

    /// What comes of the form that a payer has sent: completed, the payer goes on to the seller;
    /// otherwise the page says why, and keeps what was typed in.
    pub async fn pay_on_page(
        &self,
        session: CheckoutSession,
        form: PaymentForm,
        locale: Locale,
    ) -> Result<Hosted, Error> {
        if let Some(code) = form.code() {
            return self.code_on_page(session, (code, &form), locale).await;
        }
        let (session, wrong) = self.keep_answers(session, &form).await?;
        if !wrong.is_empty() {
            let (problem, wrong) = (Some(Obstacle::FieldsWrong), wrong.as_slice());
            let occasion = Occasion { problem, wrong, sent: Some(&form), ..Occasion::default() };
            return self.drawn(&session, locale, occasion).await;
        }
        let account: Account = self.own_account().await?;
        let asks = asks_for_business(&session, &account);
        let business = form.business().filter(|_| asks && form.presents()).cloned();
        if business.as_ref().is_some_and(|business| business.fault().is_some()) {
            let (problem, sent) = (Some(Obstacle::FieldsWrong), Some(&form));
            let occasion = Occasion { problem, sent, business_wrong: true, ..Occasion::default() };
            return self.drawn(&session, locale, occasion).await;
        }
        if let Some(bank @ (Bank::Confirms | Bank::Refuses)) = form.bank()
            && let Some(intent) = self.open_intent(&session).await?
        {
            self.at_test_bank(&intent, bank == Bank::Confirms).await?;
        }
        let (id, session_takes_code) = (session.id().clone(), session.takes_code());
        let other = match form.bank() {
            None => {
                let next = self.next_processor(&session, &account).await?;
                self.other_processor(next.as_ref().map(OfferedMethod::card).as_ref()).await?
            }
            Some(_) => None,
        };
        let other = other.as_ref().map(Processor::id);
        let completed = match form.completion(session.takes_address(), other) {
            Ok(completion) => {
                let how = (true, form.total(), business);
                self.complete_checkout_session(session, completion, how).await.map(|_| ())
            }
            Err(error) => Err(error),
        };
        let problem = match completed {
            Ok(()) => None,
            // The log is told of these, and the payer that it is our fault.
            Err(error @ (Error::Internal(_) | Error::Busy(_))) => return Err(error),
            Err(error) => Some(Obstacle::of(&error)),
        };
        let may_go_on = session_takes_code && problem == Some(Obstacle::CodeUsed);
        let problem = if may_go_on { Some(Obstacle::CodeRefused) } else { problem };
        // As it is now: somebody else may have completed it.
        let session: CheckoutSession = self.find(&id).await?;
        let session = match problem {
            Some(Obstacle::AmountChanged) => self.priced_by_now(session).await?,
            _ => session,
        };
        let to = in_a_header(&session.success_url);
        match (session.state(), to) {
            (CheckoutState::Completed, Some(to)) => Ok(Hosted::Redirect(to)),
            // Without an address nothing was presented, and what was typed in is kept.
            _ if form.acts() && problem != Some(Obstacle::EmailNeeded) => {
                Ok(Hosted::Again(problem.and_then(told)))
            }
            _ => {
                let occasion = Occasion { problem, sent: Some(&form), ..Occasion::default() };
                self.drawn(&session, locale, occasion).await
            }
        }
    }

    /// What comes of a promotion code that a payer types in, or takes back.
    async fn code_on_page(
        &self,
        session: CheckoutSession,
        (code, form): (&str, &PaymentForm),
        locale: Locale,
    ) -> Result<Hosted, Error> {
        let id = session.id().clone();
        let used = match (code, Code::typed(code)) {
            ("", _) => self.use_code(session, None).await,
            (_, Some(code)) => self.use_code(session, Some(&code)).await,
            (_, None) => Err(Refusal::of_nothing().into_error("promotion_code")),
        };
        let problem = match used {
            Ok(_) => return Ok(Hosted::Again(None)),
            Err(error @ (Error::Internal(_) | Error::Busy(_))) => return Err(error),
            Err(error) => Some(Obstacle::of(&error)),
        };
        let problem = match problem {
            Some(Obstacle::CodeUsed) => Some(Obstacle::CodeRefused),
            problem => problem,
        };
        let session: CheckoutSession = self.find(&id).await?;
        let occasion = Occasion { problem, sent: Some(form), ..Occasion::default() };
        self.drawn(&session, locale, occasion).await
    }

    async fn drawn<'a>(
        &self,
        session: &'a CheckoutSession,
        locale: Locale,
        occasion: Occasion<'a>,
    ) -> Result<Hosted, Error> {
        let mut shown = self.public_checkout_session(session, locale).await?;
        let account: Account = self.own_account().await?;
        let other = self.other_processor(shown.payment_methods.first()).await?;
        shown.payment_methods.extend(other.as_ref().map(OfferedMethod::card));
        self.say_what_is_missing(&shown);
        let open = self.open_intent(session).await?.map(|intent| intent.state());
        let pending =
            matches!(open, Some(PaymentIntentState::Processing | PaymentIntentState::Unknown));
        let (leads_to, takes_address) = (origin(&session.success_url), session.takes_address());
        let business = match occasion.sent.and_then(PaymentForm::business) {
            _ if !asks_for_business(session, &account) => None,
            Some(typed) => Some(typed.clone()),
            None => Some(self.business_of(session).await?),
        };
        let occasion = Occasion { pending, leads_to, takes_address, business, ..occasion };
        Ok(Hosted::Page(HostedPage::new(&shown, account.timezone(), &occasion)?))
    }

    /// The company that is known to buy; nothing, where nobody has said so yet.
    async fn business_of(&self, session: &CheckoutSession) -> Result<Business, Error> {
        let Some(id) = &session.customer_id else { return Ok(Business::default()) };
        let customer: Option<Customer> = self.look_for(id).await?;
        Ok(customer.as_ref().map(Business::of).unwrap_or_default())
    }

    /// The processor whose cards are taken on the page in place of the one that is next, where the page
    /// cannot draw what that one takes: one of Stripe without a publishable key. In staging that is the
    /// account's test processor, if it still has one, so that a session can be tried out; in production
    /// there is none.
    async fn other_processor(
        &self,
        next: Option<&OfferedMethod>,
    ) -> Result<Option<Processor>, Error> {
        let undrawn = next.is_some_and(|one| !one.is_drawn());
        if !undrawn || self.account().environment() != Environment::Stg {
            return Ok(None);
        }
        let all = List::all(Processor::RESOURCE);
        let page: Page<Processor> = self.page(&all, PageRequest::first(LOOKED_AT)).await?;
        let drawn = |one: &&Processor| one.is_active() && one.r#type == ProcessorType::Test;
        Ok(page.items.into_iter().find(|one| drawn(&one)))
    }

    /// Tells the log, for the seller, why a payer is told that the seller cannot take payments yet.
    fn say_what_is_missing(&self, shown: &PublicCheckoutSession) {
        if shown.state != CheckoutState::Open {
            return;
        }
        let why = match shown.payment_methods.first() {
            None => "the account has no active default processor",
            Some(_) if shown.payment_methods.iter().any(OfferedMethod::is_drawn) => return,
            Some(_) => "the processor has no publishable_key, which its card field begins with",
        };
        log_delay("a checkout page takes no payment", &format!("{}: {why}", shown.id));
    }
}

/// Whether whoever pays is asked for a company: where taxes are charged, and the seller does not know them.
fn asks_for_business(session: &CheckoutSession, account: &Account) -> bool {
    account.has_tax_rates() && session.takes_address()
}

/// The word for what came of a form. Of a payment whose outcome is not known the page says so by itself,
/// for as long as that is so.
fn told(problem: Obstacle) -> Option<&'static str> {
    (problem != Obstacle::Pending).then(|| problem.code())
}
