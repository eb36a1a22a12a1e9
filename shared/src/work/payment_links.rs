//! Payment links: checked when they are made, and what comes of opening one.

use crate::{
    base::{
        error::Error,
        hash::random_text,
        input::{Faults, Location},
    },
    model::{
        checkout::CheckoutSession,
        hosted::{Hosted, closed_page, in_a_header},
        payment_link::{NOUN, NewPaymentLink, OpenedLink, PaymentLink},
        words::Locale,
    },
    work::Work,
};

/// Where the deployment was reached, in which language it is to answer, and whether with JSON.
type Asked = (Option<String>, Locale, bool);

impl Work {
    /// A new link, with what it refers to checked: as if it were opened now.
    pub async fn new_payment_link(&self, new: NewPaymentLink) -> Result<PaymentLink, Error> {
        let mut faults = Faults::default();
        new.check(&self.priced(&new.price_ids()).await?, &mut faults);
        let opened = self.new_session_of(new.session(), None, &Location::body(NOUN)).await;
        faults.noting(opened)?;
        faults.settled()?;
        let secret = random_text::<32>();
        Ok(PaymentLink::new(self.record(), new, secret))
    }

    /// Makes a session for whoever opens a link. A browser is led to its page; what asks for JSON is
    /// answered with what a payer may know of it. Where the link was switched off, or what it offers
    /// cannot be sold any more, a browser is told so by a page.
    pub async fn open_payment_link(
        &self,
        link: PaymentLink,
        asked: Asked,
    ) -> Result<Hosted, Error> {
        let (_, locale, wants_json) = asked;
        match self.session_of_link(&link, asked).await {
            Err(Error::Faulty(_)) if !wants_json => Ok(Hosted::Page(closed_page(locale)?)),
            opened => opened,
        }
    }

    /// The link is not guarded: an opening that has read it may make its session while it is switched
    /// off, as one that was a moment earlier would. A guard would let openings of one link fail for
    /// each other, and a link is opened by many at once.
    async fn session_of_link(
        &self,
        link: &PaymentLink,
        (origin, locale, wants_json): Asked,
    ) -> Result<Hosted, Error> {
        link.open()?;
        let body = Location::body(NOUN);
        let session = self.new_session_of(link.session(), Some(link), &body).await?;
        let session = session.hosted_at(origin);
        // Known before it is written, so that nothing is made that nobody is led to.
        let answer = self.lead_on(&session, locale, wants_json).await?;
        let mut tx = self.begin();
        tx.insert(&session);
        self.commit(tx).await?;
        Ok(answer)
    }

    async fn lead_on(
        &self,
        session: &CheckoutSession,
        locale: Locale,
        wants_json: bool,
    ) -> Result<Hosted, Error> {
        if wants_json {
            let shown = self.public_checkout_session(session, locale).await?;
            return Ok(Hosted::Json(Box::new(OpenedLink {
                session: shown,
                secure_token: session.secure_token.clone(),
                url: session.url.clone(),
            })));
        }
        let page = session.url.as_ref().and_then(in_a_header);
        page.map(Hosted::Redirect)
            .ok_or_else(|| Error::Internal("nobody knows where this deployment is".to_owned()))
    }
}
