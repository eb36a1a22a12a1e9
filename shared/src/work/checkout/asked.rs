//! What a payer answers to the custom fields that the hosted page asks for: kept with the session before
//! anything is charged, so that what was paid for has its answers, and a page that is shown again has them.

use crate::{
    base::error::Error,
    model::{
        checkout::CheckoutSession,
        entity_type::EntityType,
        hosted::{PaymentForm, Wrong},
    },
    store::back_off,
    work::Work,
};

/// How often answers are written when others come between.
const ATTEMPTS: u32 = 8;

impl Work {
    /// The session with what a payer answers; and what is wrong with it, where anything is: then nothing is
    /// kept. A session that cannot be paid any more is left as it is.
    pub(super) async fn keep_answers(
        &self,
        mut session: CheckoutSession,
        form: &PaymentForm,
    ) -> Result<(CheckoutSession, Vec<Wrong>), Error> {
        if !form.presents() {
            return Ok((session, Vec::new()));
        }
        let of_type = EntityType::CheckoutSession;
        let known = self.store().custom_field_definitions(self.account(), of_type).await?;
        for attempt in 0..ATTEMPTS {
            if session.must_be_open("answered", self.now()).is_err() {
                return Ok((session, Vec::new()));
            }
            let answers = match form.answers(&known) {
                Ok(answers) => answers,
                Err(wrong) => return Ok((session, wrong)),
            };
            let next = session.answered(answers);
            if next.custom_fields == session.custom_fields {
                return Ok((session, Vec::new()));
            }
            let mut tx = self.begin();
            let next = tx.update(&session, next);
            match self.commit(tx).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt).await,
                written => return written.map(|()| (next, Vec::new())),
            }
            session = self.find(session.id()).await?;
        }
        Err(Error::Contended)
    }
}
