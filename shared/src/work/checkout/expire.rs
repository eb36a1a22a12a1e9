//! The end of a session that nobody completed: what was made for it is undone.
//!
//! While a processor has not told what became of a payment, the session does not end: it may turn out
//! to be completed.

use crate::{
    base::error::Error,
    model::checkout::{CheckoutSession, CheckoutState},
    store::Tx,
    work::{Work, answer::Reply},
};

/// A session whose open payment was asked about.
enum Settled {
    /// Nothing is open: it can end, in this transaction.
    Ends(CheckoutSession),
    /// The processor did not tell.
    Waits(CheckoutSession),
}

impl Work {
    /// What is due of a session: its end.
    pub async fn run_session(&self, session: CheckoutSession) -> Result<(), Error> {
        let mut tx = self.begin();
        match self.settled_session(session).await? {
            Settled::Ends(session) if session.state() != CheckoutState::Open => return Ok(()),
            Settled::Ends(session) => self.end_session(&mut tx, &session).await.map(|_| ())?,
            Settled::Waits(session) => {
                tx.update(&session, session.waiting(self.now()));
            }
        }
        self.commit(tx).await
    }

    async fn settled_session(&self, session: CheckoutSession) -> Result<Settled, Error> {
        let Some(attempt) = &session.attempt else { return Ok(Settled::Ends(session)) };
        let Some(invoice) = self.made_for(attempt).await?.invoice else {
            return Ok(Settled::Ends(session));
        };
        if invoice.open_attempt().is_none() {
            return Ok(Settled::Ends(session));
        }
        let open = self.asked(invoice).await?.open_attempt().is_some();
        let session = self.find(session.id()).await?;
        Ok(if open { Settled::Waits(session) } else { Settled::Ends(session) })
    }

    pub(super) async fn end_session(
        &self,
        tx: &mut Tx,
        session: &CheckoutSession,
    ) -> Result<CheckoutSession, Error> {
        if let Some(attempt) = &session.attempt {
            let made = self.made_for(attempt).await?;
            self.undo(tx, made).await?;
        }
        Ok(tx.update(session, session.expired()))
    }
}

impl Work {
    /// Ends a session.
    pub async fn expire_checkout_session(
        &self,
        session: CheckoutSession,
    ) -> Reply<CheckoutSession> {
        session.must_be_open("expired", self.now())?;
        let mut tx = self.begin_asked();
        tx.guards(&session)?;
        match self.settled_session(session).await? {
            Settled::Ends(session) => {
                session.must_be_open("expired", self.now())?;
                let expired = self.end_session(&mut tx, &session).await?;
                self.commit_and_answer(tx, expired).await
            }
            Settled::Waits(_) => {
                let hint = "has a payment whose outcome the processor has not told yet; try again in \
                            a minute";
                Err(Error::not_now("checkout session", "payment_pending", hint))
            }
        }
    }
}
