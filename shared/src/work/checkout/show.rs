//! A session, answered to whoever asks: all of it to its seller, to a payer what a payer may know.

use crate::{
    model::{
        checkout::{
            Audience, CheckoutSession, Completion, ShownCheckoutSession, obstacle, public::Seller,
        },
        entity::Entity,
    },
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

impl Work {
    /// Answers with a session, as whoever asks may see it.
    pub async fn show_checkout_session(
        &self,
        session: CheckoutSession,
        audience: Audience,
    ) -> Reply<ShownCheckoutSession> {
        match audience {
            Audience::Seller => self.answer(&session).await.map(Answer::retyped),
            Audience::Payer(locale) => {
                let shown = self.public_checkout_session(&session, locale).await?;
                Answer::of(&shown, Some(session.record().version))
            }
        }
    }

    /// Completes a session, and answers with it as whoever asks may see it. What a payer is answered is
    /// read again afterwards: what is kept for a repeated request is the seller's.
    pub async fn complete_and_show_checkout_session(
        &self,
        session: CheckoutSession,
        completion: Completion,
        audience: Audience,
    ) -> Reply<ShownCheckoutSession> {
        let id = session.id().clone();
        let by_payer = matches!(audience, Audience::Payer(_));
        let completed =
            self.complete_checkout_session(session, completion, (by_payer, None, None)).await;
        let Audience::Payer(locale) = audience else { return completed.map(Answer::retyped) };
        match completed {
            Ok(completed) => {
                let session: CheckoutSession = self.find(&id).await?;
                let mut answer = self.show_checkout_session(session, audience).await?;
                answer.replayed = completed.replayed;
                Ok(answer)
            }
            Err(error) => {
                let seller = Seller::of(&self.own_account().await?);
                Err(obstacle::worded(error, locale, &seller))
            }
        }
    }
}
