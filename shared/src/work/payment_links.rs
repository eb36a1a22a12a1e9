//! Payment links: checked when they are made, and what comes of opening one.

use crate::{
    base::{
        error::Error,
        id::random,
        input::{Faults, Several},
    },
    model::{
        checkout::{CheckoutSession, LineItem},
        hosted::{Hosted, in_a_header},
        payment_link::{NewPaymentLink, OpenedLink, PaymentLink, check_mode},
        words::Locale,
    },
    work::Work,
};

impl Work {
    /// A new link, with what it refers to checked: as if it were opened now.
    pub async fn new_payment_link(&self, new: NewPaymentLink) -> Result<PaymentLink, Error> {
        let mut faults = Faults::default();
        new.check(&mut faults);
        let session = new.session();
        let lines = session.line_items.clone().into_iter().flat_map(Several::into_iter);
        let ids: Vec<_> = lines.map(|line| LineItem::from(line).price_id).collect();
        check_mode(&new, &self.priced(&ids).await?, &mut faults);
        faults.settled()?;
        self.new_checkout_session(session).await?;
        let secret = data_encoding::HEXLOWER.encode(&random::<32>());
        Ok(PaymentLink::new(self.record(), new, secret))
    }

    /// Makes a session for whoever opens a link. A browser is led to its page; what asks for JSON is
    /// answered with what a payer may know of it.
    pub async fn open_payment_link(
        &self,
        link: PaymentLink,
        (origin, locale, wants_json): (Option<String>, Locale, bool),
    ) -> Result<Hosted, Error> {
        if !link.is_active() {
            return Err(Error::NotFound);
        }
        let session = self.new_session_of(link.session(), Some(&link)).await?.hosted_at(origin);
        let mut tx = self.begin();
        tx.insert(&session);
        self.commit(tx).await?;
        self.lead_on(session, locale, wants_json).await
    }

    async fn lead_on(
        &self,
        session: CheckoutSession,
        locale: Locale,
        wants_json: bool,
    ) -> Result<Hosted, Error> {
        if wants_json {
            let shown = self.public_checkout_session(&session, locale).await?;
            return Ok(Hosted::Json(Box::new(OpenedLink {
                session: shown,
                secure_token: session.secure_token.clone(),
                url: session.url,
            })));
        }
        let page = session.url.as_ref().and_then(in_a_header);
        page.map(Hosted::Redirect)
            .ok_or_else(|| Error::Internal("nobody knows where this deployment is".to_owned()))
    }
}
